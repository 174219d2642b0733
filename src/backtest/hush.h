/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log for what is done many times over: warnings once each, progress as a part of the whole. */
#ifndef WINBACK_BACKTEST_HUSH_H
#define WINBACK_BACKTEST_HUSH_H

#include "base/error.h"

enum { WBI_HUSH_REMEMBERED = 64 };

typedef struct wbi_hush {
    wb_log log; /* to be given to what is called */
    const wb_log *to;
    uint64_t done, total;
    uint64_t said[WBI_HUSH_REMEMBERED]; /* hashes of what was said; past that many, nothing is */
    size_t n_said;
} wbi_hush;

/* Must not be moved afterwards. `to` may be NULL. */
void wbi_hush_begin(wbi_hush *hush, const wb_log *to, uint64_t total);
/* So many more units of work are done. */
WB_WARN_UNUSED wb_status wbi_hush_add(wbi_hush *hush, uint64_t n, wb_error *err);

#endif
