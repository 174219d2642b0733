/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "customers.h"

#include <stdio.h>
#include <string.h>

#include "random.h"

typedef enum number_kind { AMOUNT, SHARE, COUNT, DAYS } number_kind;

/* How many decimals a kind has. */
static const int decimals[] = {2, 4, 0, 3};

static number_kind kind_of(size_t column)
{
    static const number_kind turn[] = {AMOUNT, SHARE, AMOUNT, COUNT, AMOUNT, DAYS, AMOUNT, SHARE, AMOUNT, SHARE};
    return turn[column % (sizeof turn / sizeof turn[0])];
}

/* The value in units of its last decimal, from a standard normal number. */
static int64_t units_of(number_kind kind, double z)
{
    if (kind == AMOUNT)
        return (int64_t)(100 * exp(6.1 + 1.1 * z));
    if (kind == SHARE)
        return (int64_t)(10000 / (1 + exp(-z)));
    if (kind == COUNT)
        return (int64_t)exp(1.5 + 0.8 * z);
    return (int64_t)(1000 * exp(4.5 + 0.8 * z));
}

static char *put_number(char *at, int64_t units, int n_decimals)
{
    char reversed[24];
    int n = 0;
    for (; units > 0 || n <= n_decimals; units /= 10)
        reversed[n++] = (char)('0' + units % 10);
    while (n > 0) {
        if (n == n_decimals)
            *at++ = '.';
        *at++ = reversed[--n];
    }
    return at;
}

static char *put_key(char *at, size_t row)
{
    char digits[24];
    size_t n = (size_t)snprintf(digits, sizeof digits, "c%07zu", row);
    memcpy(at, digits, n);
    return at + n;
}

static char *put_quote(char *at, customers_form form)
{
    *at = '"';
    return at + form.quoted;
}

/* What stands between two cells. */
static char *put_delimiter(char *at, customers_form form)
{
    at = put_quote(at, form);
    *at = ',';
    return put_quote(at + 1, form);
}

size_t customers_header(char out[CUSTOMER_CHARS], customers_form form)
{
    static const char *const names[] = {"amount", "share", "count", "days"};
    char *at = put_quote(out, form);
    at += sprintf(at, "customer_id");
    for (size_t j = 0; j < N_NUMBERS; j++) {
        at = put_delimiter(at, form);
        at += sprintf(at, "%s_%zu", names[kind_of(j)], j);
    }
    if (form.labelled) {
        at = put_delimiter(at, form);
        at += sprintf(at, "label_y");
    }
    at = put_quote(at, form);
    *at++ = '\n';
    return (size_t)(at - out);
}

/* The truth: log-odds of -1 plus, for each column, a seventh of its standard normal number, of alternating sign. */
size_t customers_row(char out[CUSTOMER_CHARS], size_t row, uint64_t *state, customers_form form)
{
    double log_odds = -1;
    char *at = put_key(put_quote(out, form), row);
    for (size_t j = 0; j < N_NUMBERS; j++) {
        const double z = normal(state);
        const number_kind kind = kind_of(j);
        at = put_number(put_delimiter(at, form), units_of(kind, z), decimals[kind]);
        log_odds += (j % 2 == 0 ? 1.0 : -1.0) / 7 * z;
    }
    const bool left = uniform(state) < 1 / (1 + exp(-log_odds));
    if (form.labelled)
        at = put_number(put_delimiter(at, form), left, 0);
    at = put_quote(at, form);
    *at++ = '\n';
    return (size_t)(at - out);
}
