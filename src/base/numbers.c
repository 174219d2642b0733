/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/numbers.h"

#include <math.h>
#include <stdbool.h>

char *wbi_doubles_print_portable(char *out, const double *values, size_t n, char separator)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = separator;
        if (isfinite(values[i]))
            out += wbi_double_print(out, values[i]);
    }
    return out;
}

#ifdef WBI_NUMBERS_X86_V4
static bool runs_v4(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi");
}
#endif

char *wbi_doubles_print(char *out, const double *values, size_t n, char separator)
{
#ifdef WBI_NUMBERS_X86_V4
    if (runs_v4())
        return wbi_doubles_print_x86_v4(out, values, n, separator);
#endif
    return wbi_doubles_print_portable(out, values, n, separator);
}
