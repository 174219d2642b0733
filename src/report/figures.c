/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as readers are used to, whatever the locale. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/writer.h"

static const char none[] = "–";

/* Beyond what int64 holds: powers of ten. */
static wbi_figure huge(double value, const char *minus)
{
    wbi_figure figure;
    const int power = isfinite(value) ? (int)floor(log10(fabs(value))) : 0;
    if (power > 0)
        snprintf(figure.text, sizeof figure.text, "%s1e%d", value < 0 ? minus : "", power);
    else
        snprintf(figure.text, sizeof figure.text, "%s", none);
    return figure;
}

static char *copy(char *at, const char *text)
{
    const size_t n = strlen(text);
    memcpy(at, text, n + 1);
    return at + n;
}

/* Sign, digits in groups of three, decimals. */
static wbi_figure decimal(double value, int decimals, const char *minus, const char *comma)
{
    const double scaled = fabs(value) * pow(10, decimals);
    char digits[32]; /* the last first */
    int n = 0;
    if (!isfinite(value) || scaled >= 9e18)
        return huge(value, minus);
    const int64_t units = llround(scaled);
    for (int64_t rest = units; rest > 0 || n <= decimals; rest /= 10)
        digits[n++] = (char)('0' + rest % 10);
    wbi_figure figure;
    char *at = copy(figure.text, value < 0 && units > 0 ? minus : "");
    for (int i = n - 1; i >= 0; i--) {
        *at++ = digits[i];
        if (i == decimals && decimals > 0)
            *at++ = '.';
        else if (i > decimals && (i - decimals) % 3 == 0)
            at = copy(at, comma);
    }
    *at = '\0';
    return figure;
}

wbi_figure wbi_fixed(double value, int decimals)
{
    return decimal(value, decimals, "-", "");
}

wbi_figure wbi_number(double value, int decimals)
{
    return decimal(value, decimals, "−", ",");
}

wbi_figure wbi_percent(double share, int decimals)
{
    wbi_figure figure = wbi_number(100 * share, decimals);
    if (isfinite(share))
        strcat(figure.text, "\u00A0%");
    return figure;
}

wbi_figure wbi_times(double value, int decimals)
{
    wbi_figure figure = wbi_number(value, decimals);
    strcat(figure.text, "×");
    return figure;
}

wbi_figure wbi_count(uint64_t n)
{
    return wbi_number((double)n, 0);
}

wbi_figure wbi_short(double value)
{
    const double size = fabs(value);
    if (size == 0 || !isfinite(value))
        return wbi_number(value, 0);
    int decimals = 2 - (int)floor(log10(size));
    decimals = decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
    wbi_figure figure = wbi_number(value, decimals);
    if (decimals > 0) {
        char *end = figure.text + strlen(figure.text);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            end[-1] = '\0';
    }
    return figure;
}

wbi_figure wbi_p_value(double p)
{
    return p < 0.0001 ? (wbi_figure){"under 0.0001"} : wbi_number(p, 4);
}

static wbi_figure with_interval(wbi_figure value, wbi_figure low, wbi_figure high, bool has_minus)
{
    strcat(value.text, " (");
    strcat(value.text, low.text);
    strcat(value.text, has_minus ? " to " : "–");
    strcat(value.text, high.text);
    strcat(value.text, ")");
    return value;
}

wbi_figure wbi_with_interval(double value, double low, double high, int decimals)
{
    const wbi_figure figure = wbi_number(value, decimals);
    if (!isfinite(value) || !isfinite(low) || !isfinite(high))
        return figure;
    return with_interval(figure, wbi_number(low, decimals), wbi_number(high, decimals), low < 0 || high < 0);
}

wbi_figure wbi_percent_with_interval(double share, double low, double high, int decimals)
{
    const wbi_figure figure = wbi_percent(share, decimals);
    if (!isfinite(share) || !isfinite(low) || !isfinite(high))
        return figure;
    return with_interval(figure, wbi_number(100 * low, decimals), wbi_percent(high, decimals), low < 0 || high < 0);
}

wbi_figure wbi_points(double difference, int decimals)
{
    return wbi_number(100 * difference, decimals);
}

wbi_figure wbi_points_with_interval(double difference, double low, double high, int decimals)
{
    wbi_figure figure = wbi_points(difference, decimals);
    if (!isfinite(difference))
        return figure;
    strcat(figure.text, "\u00A0points");
    if (!isfinite(low) || !isfinite(high))
        return figure;
    return with_interval(figure, wbi_points(low, decimals), wbi_points(high, decimals), low < 0 || high < 0);
}

wbi_figure wbi_at(double coordinate)
{
    wbi_figure figure = wbi_fixed(coordinate, 1);
    const size_t n = strlen(figure.text);
    if (n > 2 && strcmp(figure.text + n - 2, ".0") == 0)
        figure.text[n - 2] = '\0';
    return figure;
}
