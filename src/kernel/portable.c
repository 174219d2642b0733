/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERNEL_SET  wbi_kernels_portable
#define KERNEL_NAME "portable"
#include "kernel/vector.h"
