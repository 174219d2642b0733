/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/kernel.h"

const wbi_kernels *wbi_kernels_best(void)
{
#ifdef WBI_KERNEL_X86_V3
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &wbi_kernels_x86_v3;
#endif
    return &wbi_kernels_portable;
}
