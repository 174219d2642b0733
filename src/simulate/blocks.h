/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of customers through a pipeline: workers draw them and print their lines, the sink writes the files in order. */
#ifndef WINBACK_SIMULATE_BLOCKS_H
#define WINBACK_SIMULATE_BLOCKS_H

#include <winback/simulate.h>

#include "simulate/outcomes.h"
#include "simulate/rows.h"

/* What a thread draws with: no allocation but ours, so GSL's error handler has nothing to say. */
typedef struct wbi_shop_worker {
    gsl_rng rng;
    wbi_life life;
    wbi_shop_outcomes outcomes;
} wbi_shop_worker;

enum { WBI_SHOP_MOST_COUNTS = 12 };

typedef struct wbi_shop_blocks {
    const wb_simulate_options *options;
    wbi_shop_file first, end; /* which files are written: [first, end) */
    uint32_t n_calendar_days; /* days that can be printed, from the start of the period */
    /* Draws customer `number`, appends its lines to the buffers of the files and adds to `counts`, which are summed over all. */
    wb_status (*draw)(const void *context, wbi_shop_worker *worker, uint64_t number, const wbi_calendar *calendar,
                      wbi_buffer rows[WBI_SHOP_N_FILES], int64_t counts[WBI_SHOP_MOST_COUNTS], wb_error *err);
    const void *context;
} wbi_shop_blocks;

/* WB_ERR_ARGUMENT says which option is out of range. */
WB_WARN_UNUSED wb_status wbi_shop_blocks_check(const wb_simulate_options *options, wb_error *err);
/* Writes the files into the directory `dir`, made when absent; whole or not at all. */
WB_WARN_UNUSED wb_status wbi_shop_blocks_run(const wbi_shop_blocks *blocks, const char *dir,
                                             int64_t counts[WBI_SHOP_MOST_COUNTS], wb_error *err);

#endif
