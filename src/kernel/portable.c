/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERNEL_SET  wbi_kernels_portable
#define KERNEL_NAME "portable"
#define LANES       2
#ifdef __SSE2__
#define LANE_BITS(mask) ((uint64_t)(unsigned)__builtin_ia32_movmskps((floats)(mask)))
#endif
#include "kernel/vector.h"
