/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/whole.h"

#define ONES(front, back) \
    front "0" back front "1" back front "2" back front "3" back front "4" back \
    front "5" back front "6" back front "7" back front "8" back front "9" back
#define TENS(front, back) \
    ONES(front "0", back) ONES(front "1", back) ONES(front "2", back) ONES(front "3", back) ONES(front "4", back) \
    ONES(front "5", back) ONES(front "6", back) ONES(front "7", back) ONES(front "8", back) ONES(front "9", back)
const char wbi_below_1000[] =
    ONES("", "\0\0\1")
    ONES("1", "\0\2") ONES("2", "\0\2") ONES("3", "\0\2") ONES("4", "\0\2") ONES("5", "\0\2")
    ONES("6", "\0\2") ONES("7", "\0\2") ONES("8", "\0\2") ONES("9", "\0\2")
    TENS("1", "\3") TENS("2", "\3") TENS("3", "\3") TENS("4", "\3") TENS("5", "\3")
    TENS("6", "\3") TENS("7", "\3") TENS("8", "\3") TENS("9", "\3");

static size_t print_below_ten_8(char *out, uint64_t value)
{
    const uint64_t digits = wbi_split_eight(value);
    const unsigned n_zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    wbi_put_eight(out, wbi_digits_text(digits >> 8 * n_zeros));
    return 8 - n_zeros;
}

size_t wbi_print_unsigned(char *out, uint64_t value)
{
    if (value < WBI_TEN_8)
        return print_below_ten_8(out, value);
    const size_t n = wbi_print_unsigned(out, value / WBI_TEN_8);
    wbi_put_eight(out + n, wbi_digits_text(wbi_split_eight(value % WBI_TEN_8)));
    return n + 8;
}
