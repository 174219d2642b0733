/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERNEL_SET  wbi_kernels_x86_v3
#define KERNEL_NAME "x86-64-v3"
#define LANES       4
#define LOWER       __builtin_ia32_minpd256
#define HIGHER      __builtin_ia32_maxpd256
#define LANE_BITS(mask) ((uint64_t)(unsigned)__builtin_ia32_movmskps256((floats)(mask)))
#include "kernel/vector.h"
