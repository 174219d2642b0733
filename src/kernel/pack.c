/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/kernel.h"

/* Panels of WBI_KERNEL_PAD columns, row after row. Entries off the diagonal stand for both triangles, so they count twice and
 * what is above the diagonal is 0. */
void wbi_kernel_pack(double *packed, const double *matrix, size_t n, size_t stride)
{
    for (size_t panel = 0; panel < stride; panel += WBI_KERNEL_PAD)
        for (size_t j = 0; j < stride; j++)
            for (size_t k = panel; k < panel + WBI_KERNEL_PAD; k++)
                *packed++ = j >= n || k > j ? 0 : (j == k ? 1 : 2) * matrix[j * n + k];
}
