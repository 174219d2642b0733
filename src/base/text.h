/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of bytes, UTF-8, and the nearest spelling of a mistyped name. */
#ifndef WINBACK_BASE_TEXT_H
#define WINBACK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes, not terminated. */
typedef struct wbi_str {
    const char *data;
    size_t length;
} wbi_str;

wbi_str wbi_str_from(const char *text);
bool wbi_str_equal(wbi_str a, wbi_str b);
bool wbi_str_is(wbi_str a, const char *text);
/* Order by bytes, shorter first on a tie: negative, 0, positive. */
int wbi_str_compare(wbi_str a, wbi_str b);
bool wbi_starts_with(wbi_str text, wbi_str prefix);
bool wbi_contains(wbi_str text, wbi_str part);

/* Length in bytes of the well-formed UTF-8 sequence at `bytes` (at most `n` bytes), 0 when there is none. */
size_t wbi_utf8_width(const char *bytes, size_t n);
/* Index of the first byte that is NUL or not part of well-formed UTF-8; `n` when all is well. */
size_t wbi_utf8_check(const char *bytes, size_t n);

/* How many characters there are in well-formed UTF-8. */
size_t wbi_utf8_characters(const char *bytes, size_t n);

/* The candidate with the least edit distance to `name` (case ignored), NULL when none is near enough to be meant: at
 * most a third of the longer length, at least 1. The first of equals. */
const char *wbi_nearest(const char *name, const char *const *candidates, size_t n);

/* Whether two names are equal but for the case of ASCII letters, blanks, - and _. */
bool wbi_is_alike(const char *a, const char *b);

#endif
