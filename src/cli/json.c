/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/json.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *cli_number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The least digits that read back as the same number: 0.95, not 0.94999999999999996. */
static void print_number(const char *token, size_t n)
{
    enum { MOST_CHARS = 40, MOST_DIGITS = 17 };
    char shown[MOST_CHARS];
    const double value = strtod(token, NULL);
    int digits = 1;
    if (value == floor(value)) {
        fwrite(token, 1, n, stdout);
        return;
    }
    do
        snprintf(shown, sizeof shown, "%.*g", digits, value);
    while (strtod(shown, NULL) != value && ++digits < MOST_DIGITS);
    json_t *number = json_real(value);
    json_dumpf(number, stdout, JSON_ENCODE_ANY | JSON_REAL_PRECISION((size_t)digits));
    json_decref(number);
}

/* The length of the string that begins there, quotes included. */
static size_t string_length(const char *text)
{
    size_t n = 1;
    while (text[n] != '"')
        n += text[n] == '\\' ? 2 : 1;
    return n + 1;
}

void cli_print_json(json_t *json)
{
    static const char of_numbers[] = "+-.0123456789eE";
    char *text = json_dumps(json, JSON_INDENT(2));
    size_t n;
    for (const char *at = text; at != NULL && *at != '\0'; at += n) {
        const bool is_number = *at == '-' || (*at >= '0' && *at <= '9');
        n = is_number ? strspn(at, of_numbers) : *at == '"' ? string_length(at) : 1;
        if (is_number)
            print_number(at, n);
        else
            fwrite(at, 1, n, stdout);
    }
    putchar('\n');
    free(text);
    json_decref(json);
}
