/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat files read with other sizes than the usual ones: for tests. */
#ifndef WINBACK_CSV_FLAT_SIZES_H
#define WINBACK_CSV_FLAT_SIZES_H

#include "csv/lines.h"
#include "csv/typed.h"

typedef struct wbi_flat_sizes {
    wbi_csv_sizes csv;
    size_t chunk_bytes; /* as in wbi_batch_options */
    size_t n_deciding;  /* so many cells that are not missing make a column a number; at least 1 */
} wbi_flat_sizes;

#define WBI_FLAT_SIZES_INIT {WBI_CSV_SIZES_INIT, 0, 10000}

/* As wbi_typed_read_flat. */
WB_WARN_UNUSED wb_status wbi_typed_read_flat_sized(wb_table **out, const char *path, const wbi_flat_options *wanted,
                                                   const wb_read_options *options, wbi_flat_sizes sizes, wb_error *err);

#endif
