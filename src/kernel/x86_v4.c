/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers enough for crossproduct tiles of two vectors side by side. Quadratic forms of eight lanes made scores with intervals
 * slower than those of four. */
#include <immintrin.h>

#define KERNEL_SET     wbi_kernels_x86_v4
#define KERNEL_NAME    "x86-64-v4"
#define LANES          8
#define SQUARE_VECTORS 2
#define FORM_LANES     4
#define LOWER          _mm512_min_pd
#define HIGHER         _mm512_max_pd
#include "kernel/vector.h"
