/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doubles as text: read exactly, written in the fewest digits that read back to the same double. Locale-independent. */
#ifndef WINBACK_BASE_NUMBER_H
#define WINBACK_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WBI_DOUBLE_CHARS = 32, WBI_INT_CHARS = 24 };

/* Writes the shortest decimal that reads back to `value`: plain for exponents -7 < e < 22 ("0.001", "77183.6", "12"),
 * else like "1.5e-12". -0 is "-0"; NaN and infinities are not to be passed. Returns the length; no terminator. Bytes of
 * `out` beyond it may be written too. */
size_t wbi_double_print(char out[WBI_DOUBLE_CHARS], double value);
/* The same, rounded to at most `n_digits` significant digits, 1 to 15, zeros at the end left out. What is rounded is the
 * shortest decimal, halves away from zero. */
size_t wbi_double_print_digits(char out[WBI_DOUBLE_CHARS], double value, int n_digits);
/* Writes a whole number, likewise. */
size_t wbi_int_print(char out[WBI_INT_CHARS], int64_t value);

/* Reads all `n` bytes as a decimal number ([+-]digits[.digits][e[+-]digits], a digit on at least one side of the mark
 * `decimal`), correctly rounded. False when the bytes are anything else (blanks, hex, nan, inf included), or the value
 * overflows. */
bool wbi_double_read(double *value, const char *bytes, size_t n, char decimal);
/* Reads all `n` bytes as a whole number in int64's range. */
bool wbi_int_read(int64_t *value, const char *bytes, size_t n);

#endif
