/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WINBACK_KERNEL_TESTING_H
#define WINBACK_KERNEL_TESTING_H

#include <math.h>
#include <stddef.h>

/* Numbers in (-1, 1) that need no seed: the fractional parts of multiples of the golden ratio. */
static inline double number(size_t i)
{
    double whole;
    return 2 * modf((double)(i + 1) * 0.6180339887498949, &whole) - 1;
}

#endif
