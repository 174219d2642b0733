/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to the cells of a view, whatever their type: columns of doubles, int64 times, wbi_str or three-valued
 * bytes, as in a wbi_vector, each done with in one loop. */
#ifndef WINBACK_EVENTS_CELLS_H
#define WINBACK_EVENTS_CELLS_H

#include "expr/expr.h"
#include "table/packed.h"

/* Missing are the cells of which known_us[i] is missing or not before the cutoff. */
void wbi_cells_mask(wbi_expr_type type, void *cells, const int64_t *known_us, size_t n, int64_t cutoff_us);
/* Times at or after the cutoff are missing. */
void wbi_cells_mask_future(int64_t *times, size_t n, int64_t cutoff_us);
/* Moves the cells, `width` bytes each, whose keep[i] is WBI_TRUE to the front. */
void wbi_cells_compact(void *cells, size_t width, const uint8_t *keep, size_t n);

/* Texts of so few levels that sets of codes fit a word: what is computed of them is computed once a level. A code is
 * below WBI_CODE_MISSING for each text, and that for none. */
bool wbi_has_few_levels(const wbi_packed *column);
void wbi_cells_codes(const wbi_packed *column, const uint32_t *row, size_t n, uint8_t *codes);
void wbi_cells_mask_codes(uint8_t *codes, const int64_t *known_us, size_t n, int64_t cutoff_us);
/* The text of each code. */
void wbi_level_texts(const wbi_packed *column, wbi_str texts[WBI_N_CODES]);
/* cells[i] = by_code[codes[i]], `width` bytes each. */
void wbi_cells_spread(void *cells, const void *by_code, size_t width, const uint8_t *codes, size_t n);

#endif
