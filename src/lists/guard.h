/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place that keeps spreadsheets from taking text for a formula (CWE-1236). Safe from many threads. */
#ifndef WINBACK_LISTS_GUARD_H
#define WINBACK_LISTS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Whether text begins as a formula does: with = + - @ tab CR LF or NUL, or the full-width forms of the first four (U+FF1D,
 * U+FF0B, U+FF0D, U+FF20), blanks before them passed over. OWASP ASVS 5.0, 1.2.10. */
bool wbi_guard_is_formula(const char *bytes, size_t n);
/* Whether a text cell wants a ' in front: behind any ' of its own it begins as a formula and is no plain decimal number (-0.42,
 * +49171…), which can only become itself. */
bool wbi_guard_is_needed(const char *bytes, size_t n);
/* How many bytes (0 or 1) in front of a cell are such a ', for readers of our own lists. */
size_t wbi_guard_length(const char *bytes, size_t n);
/* Bytes of blanks at the beginning of text, and of the text without those at its end: ASCII's and Unicode's. */
size_t wbi_blank_length(const char *bytes, size_t n);
size_t wbi_trimmed_length(const char *bytes, size_t n);

#endif
