/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As x86-64-v3, which is as fast where numbers come from memory, but that crossproducts use the wide registers of AVX-512, and
 * columns become rows eight by eight. */
#define KERNEL_SET     wbi_kernels_x86_v4
#define KERNEL_NAME    "x86-64-v4"
#define LANES          4
#define SQUARE_LANES   8
#define SQUARE_VECTORS 2
#define SQUARE_ROWS    8
#define LOWER          __builtin_ia32_minpd256
#define HIGHER         __builtin_ia32_maxpd256
#define INTERLEAVE     interleave_by_eight
#include "kernel/vector.h"
