/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/kernel.h"

#ifdef WBI_KERNEL_X86
static bool runs_v3(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool runs_v4(void)
{
    return runs_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

const wbi_kernels *wbi_kernels_at(size_t i)
{
    const wbi_kernels *here[4];
    size_t n = 0;
#ifdef WBI_KERNEL_X86
    if (runs_v4())
        here[n++] = &wbi_kernels_x86_v4;
    if (runs_v3())
        here[n++] = &wbi_kernels_x86_v3;
#endif
    here[n++] = &wbi_kernels_portable;
    return i < n ? here[i] : NULL;
}

const wbi_kernels *wbi_kernels_best(void)
{
    return wbi_kernels_at(0);
}
