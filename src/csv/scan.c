/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/scan.h"

const wbi_scanner *wbi_scanner_best(void)
{
#ifdef WBI_SCAN_X86_V3
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt"))
        return &wbi_scanner_x86_v3;
#endif
    return &wbi_scanner_portable;
}
