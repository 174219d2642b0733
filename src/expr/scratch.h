/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stack of memory in chunks that are kept from one evaluation to the next. */
#ifndef WINBACK_EXPR_SCRATCH_H
#define WINBACK_EXPR_SCRATCH_H

#include "expr/expr.h"

/* `n` elements of `size` bytes, uninitialised, at a 64-byte boundary. */
WB_WARN_UNUSED wb_status wbi_scratch_take(void **out, wbi_expr_scratch *scratch, size_t n, size_t size, wb_error *err);

/* How full the scratch is; going back there frees all that was taken since. */
typedef struct wbi_scratch_mark {
    size_t chunk, used;
} wbi_scratch_mark;
wbi_scratch_mark wbi_scratch_here(const wbi_expr_scratch *scratch);
void wbi_scratch_back(wbi_expr_scratch *scratch, wbi_scratch_mark mark);

#endif
