/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in lower case, the same in every locale. */
#ifndef WINBACK_LISTS_LOWER_H
#define WINBACK_LISTS_LOWER_H

#include <stddef.h>

/* Unicode's simple lower case of Latin, Greek, Cyrillic and Armenian letters; other bytes stay, malformed UTF-8 too. Writes at
 * most `n` bytes to `out`, which may be `bytes`, and returns how many. */
size_t wbi_lower(char *out, const char *bytes, size_t n);

#endif
