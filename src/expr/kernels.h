/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What operators do to whole blocks of values: no allocation, no errors. */
#ifndef WINBACK_EXPR_KERNELS_H
#define WINBACK_EXPR_KERNELS_H

#include "expr/tree.h"

/* Values of an operand: one a row (step 1), or one for all rows (step 0). */
typedef struct wbi_operand {
    wbi_vector values;
    size_t step;
} wbi_operand;

size_t wbi_cell_bytes(wbi_expr_type type);
wbi_vector wbi_vector_of(wbi_expr_type type, const void *cells);

/* `out` has room for n cells of the result's type, and is no operand of the call unless said. */
void wbi_apply_copy(void *out, wbi_operand a, size_t n);
void wbi_apply_convert(void *out, wbi_expr_type to, wbi_operand a, size_t n); /* number to bool, bool to number */
void wbi_apply_unary(void *out, wbi_op op, wbi_operand a, size_t n); /* not, is null, negate, abs, log1p, units */
/* Whether finite numbers gave some number that is not, other than by a division by zero. */
bool wbi_apply_arithmetic(void *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n);
/* marks[i] = 1 in the rows where they did. */
void wbi_mark_overflows(uint8_t *marks, wbi_op op, wbi_operand a, wbi_operand b, size_t n);
void wbi_apply_compare(uint8_t *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n);
void wbi_apply_starts_with(uint8_t *out, wbi_operand text, wbi_operand prefix, size_t n);
void wbi_apply_contains(uint8_t *out, wbi_operand text, wbi_operand part, size_t n);
void wbi_apply_if(void *out, wbi_operand condition, wbi_operand yes, wbi_operand no, size_t n);
/* out = out op b for and, or, least, greatest, coalesce. */
void wbi_apply_fold(void *out, wbi_op op, wbi_operand b, size_t n);
/* Copies with A to Z made small; `bytes` has room for all of a's bytes. */
void wbi_apply_lower(wbi_str *out, char *bytes, wbi_operand a, size_t n);

#endif
