/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of the highest scores. */
#ifndef WINBACK_SCORE_TOP_H
#define WINBACK_SCORE_TOP_H

#include "base/error.h"
#include "base/text.h"
#include "io/output.h"

typedef struct wbi_top wbi_top;

/* Keeps `n` lines at most. */
WB_WARN_UNUSED wb_status wbi_top_create(wbi_top **out, size_t n, wb_error *err);
void wbi_top_free(wbi_top *top); /* NULL-safe */
/* Probabilities that tie, as calibration makes them, are told apart by the model's log-odds. */
typedef struct wbi_rank {
    double probability, log_odds;
} wbi_rank;
/* Takes a line, or leaves it: of equal ranks those that come first stay. Memory: what is kept. */
WB_WARN_UNUSED wb_status wbi_top_offer(wbi_top *top, wbi_rank rank, wbi_str line, wb_error *err);
/* Writes the lines, highest rank first, equals in the order in which they came; nothing may be offered any more. */
WB_WARN_UNUSED wb_status wbi_top_write(wbi_top *top, wbi_output *output, wb_error *err);

#endif
