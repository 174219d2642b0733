/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERNEL_SET  wbi_kernels_portable
#define KERNEL_NAME "portable"
#define LANES       2
#include "kernel/vector.h"
