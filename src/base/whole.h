/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole numbers as text. Private to base. */
#ifndef WINBACK_BASE_WHOLE_H
#define WINBACK_BASE_WHOLE_H

#include "base/digits.h"

/* The numbers below 1000: four bytes each, the last of them the length. */
extern const char wbi_below_1000[];

/* Returns the length; out has room for 24 bytes, all of which may be written. */
size_t wbi_print_unsigned(char *out, uint64_t value);

/* The same, fastest where most numbers are small. */
static inline size_t wbi_print_whole(char *out, uint64_t value)
{
    if (value >= 1000)
        return wbi_print_unsigned(out, value);
    memcpy(out, wbi_below_1000 + 4 * value, 4);
    return (unsigned char)wbi_below_1000[4 * value + 3];
}

#endif
