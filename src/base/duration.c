/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/time.h>

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

static const int64_t limit_us = 36525 * WB_DAY_US; /* 100 years */

static int64_t unit_of(char letter)
{
    switch (letter) {
    case 'h':
        return WB_HOUR_US;
    case 'd':
        return WB_DAY_US;
    case 'w':
        return 7 * WB_DAY_US;
    default:
        return 0;
    }
}

/* Reads `n` bytes, digits with or without a fraction, times `unit_us`; anything longer than the limit as limit_us + 1.
 * The whole part is multiplied as an integer, so that no microsecond is lost. */
static bool read_duration(int64_t *duration_us, const char *bytes, size_t n, int64_t unit_us)
{
    double number;
    if (strspn(bytes, "0123456789.") < n || !wbi_double_read(&number, bytes, n, '.'))
        return false;
    *duration_us = limit_us + 1;
    if (number > (double)(limit_us / unit_us + 1))
        return true;
    const size_t n_whole = strspn(bytes, "0123456789");
    int64_t whole = 0;
    double fraction = 0;
    if ((n_whole > 0 && !wbi_int_read(&whole, bytes, n_whole)) ||
        (n > n_whole + 1 && !wbi_double_read(&fraction, bytes + n_whole, n - n_whole, '.')))
        return false;
    const int64_t sum_us = whole * unit_us + llround(fraction * (double)unit_us);
    if (sum_us <= limit_us)
        *duration_us = sum_us;
    return true;
}

wb_status wb_duration_parse(int64_t *duration_us, const char *text, wb_error *err)
{
    const size_t length = strlen(text);
    const int64_t unit_us = length > 0 ? unit_of(text[length - 1]) : 0;
    char shown[64];
    int64_t read_us;
    if (unit_us == 0 || !read_duration(&read_us, text, length - 1, unit_us))
        return wbi_fail_at(err, WB_ERR_ARGUMENT, (wbi_where){0}, text, length,
                           "'%s' is not a duration (wanted: a number and h, d or w, like 90d)",
                           wbi_printable(shown, sizeof shown, text, length));
    if (read_us > limit_us)
        return wbi_fail_at(err, WB_ERR_ARGUMENT, (wbi_where){0}, text, length,
                           "'%s' is too long a duration (at most 100 years, 36525d)",
                           wbi_printable(shown, sizeof shown, text, length));
    *duration_us = read_us;
    return WB_OK;
}

size_t wb_duration_format(int64_t duration_us, char text[WB_TIME_CHARS])
{
    if (duration_us % WB_DAY_US == 0)
        return (size_t)snprintf(text, WB_TIME_CHARS, "%" PRId64 "d", duration_us / WB_DAY_US);
    if (duration_us % WB_HOUR_US == 0)
        return (size_t)snprintf(text, WB_TIME_CHARS, "%" PRId64 "h", duration_us / WB_HOUR_US);
    /* Ten decimals of an hour, even cut off, tell microseconds apart: 10^10 / 3.6e9 = 25/9. */
    const int64_t decimals = duration_us % WB_HOUR_US * 25 / 9;
    int n = snprintf(text, WB_TIME_CHARS, "%" PRId64 ".%010" PRId64, duration_us / WB_HOUR_US, decimals);
    while (text[n - 1] == '0')
        n--;
    text[n++] = 'h';
    text[n] = '\0';
    return (size_t)n;
}
