/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/decimals.h"

const double wbi_decimal_powers[WBI_DECIMAL_MISSING + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, NAN};

static bool make_decimal(int32_t *out, double number, unsigned places)
{
    const double digits = wbi_nearest_whole(number * wbi_decimal_powers[places]);
    if (!(fabs(digits) <= WBI_DECIMAL_MOST) || digits / wbi_decimal_powers[places] != number)
        return false;
    *out = wbi_decimal_make((int32_t)digits, places);
    return true;
}

/* Numbers behind each other mostly have as many places, so that is tried first; then from none on. */
bool wbi_decimals_make(int32_t *out, const double *numbers, size_t n)
{
    unsigned places = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned tried = 0;
        if (isnan(numbers[i])) {
            out[i] = WBI_DECIMAL_MISSING;
            continue;
        }
        while (!make_decimal(&out[i], numbers[i], places)) {
            if (tried > WBI_DECIMAL_PLACES)
                return false;
            places = tried++;
        }
    }
    return true;
}
