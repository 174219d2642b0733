/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/scan.h"

#ifdef WBI_SCAN_X86
static bool runs_v3(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

static bool runs_v4(void)
{
    return runs_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}
#endif

const wbi_scanner *wbi_scanner_at(size_t i)
{
    const wbi_scanner *here[4];
    size_t n = 0;
#ifdef WBI_SCAN_X86
    if (runs_v4())
        here[n++] = &wbi_scanner_x86_v4;
    if (runs_v3())
        here[n++] = &wbi_scanner_x86_v3;
#endif
    here[n++] = &wbi_scanner_portable;
    return i < n ? here[i] : NULL;
}

const wbi_scanner *wbi_scanner_best(void)
{
    return wbi_scanner_at(0);
}
