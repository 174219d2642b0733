/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers of a row print as each of them does alone. */
#include "test_util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"

enum { MAX_COLUMNS = 40, MAX_ROWS = 3 * WBI_ROWS_AT_ONCE + 5 };

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(2685821657736338717);
}

static double unit(uint64_t *x)
{
    return (double)(next_random(x) >> 11) * 0x1p-53;
}

static double any_bits(uint64_t *x)
{
    const uint64_t bits = next_random(x);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double signed_at_random(double value, uint64_t *x)
{
    return next_random(x) % 2 == 0 ? value : -value;
}

static double few_decimals(uint64_t *x)
{
    return (double)(next_random(x) % 10000000) / pow(10, (double)(next_random(x) % 10));
}

static double mean(uint64_t *x)
{
    return (double)(next_random(x) % 100000) / (double)(1 + next_random(x) % 97);
}

static double of_any_size(uint64_t *x)
{
    return (1 + unit(x)) * pow(10, (double)(next_random(x) % 24) - 10);
}

/* Halves of units of the sixteenth and seventeenth digit. */
static double tie(uint64_t *x)
{
    return ldexp((double)(next_random(x) >> 11), -(int)(next_random(x) % 12));
}

/* The same of numbers that are written without an e, with up to eight digits in front of the mark. */
static double binary_fraction(uint64_t *x)
{
    return ldexp((double)(next_random(x) % (UINT64_C(1) << 38)), -(int)(8 + next_random(x) % 6));
}

static double neighbour_of_a_power(uint64_t *x)
{
    const double power = next_random(x) % 2 == 0 ? ldexp(1, (int)(next_random(x) % 120) - 60)
                                                 : pow(10, (double)(next_random(x) % 30) - 12);
    const double towards[] = {0, power, INFINITY};
    return nextafter(power, towards[next_random(x) % 3]);
}

static double special(uint64_t *x)
{
    static const double values[] = {
        0.0,  NAN,  INFINITY, 1,      0.5,        0x1p-1074,  0x1.8p-1074,  0x1p-1022, 0x1.8p-1022, 0x1p52, 0x1p53,
        1e22, 1e-6, 1e-7,     9.5e-7, 999,        1000.5,     123456,       999999,    12345678.5,  123456789.5,
        9007199254740991.0};
    return values[next_random(x) % (sizeof values / sizeof *values)];
}

static double count_or_missing(uint64_t *x)
{
    const uint64_t n = next_random(x);
    return n % 4 == 0 ? NAN : (double)(n >> 8 & ((UINT64_C(1) << n % 32) - 1));
}

static double (*const kinds[])(uint64_t *) = {any_bits,        unit, few_decimals, mean, of_any_size, tie,
                                              binary_fraction, neighbour_of_a_power, special, count_or_missing};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static double random_number(uint64_t *x)
{
    return signed_at_random(kinds[next_random(x) % N_KINDS](x), x);
}

/* Into exactly the room that is asked for, so that the sanitizer sees a byte too many. */
static void check(const wbi_number_rows *rows, size_t row, size_t begin, size_t end)
{
    char expected[MAX_COLUMNS * WBI_SEPARATED_CHARS];
    char *at = expected, *out = malloc((end - begin) * WBI_SEPARATED_CHARS + 1);
    for (size_t k = begin; k < end; k++) {
        const double value = rows->columns[k][rows->first + row];
        *at++ = ';';
        at += isfinite(value) ? wbi_double_print(at, value) : 0;
    }
    const size_t length = (size_t)(wbi_number_rows_print(out, rows, row, begin, end) - out);
    if (length != (size_t)(at - expected) || memcmp(out, expected, length) != 0)
        fail_msg("expected %.*s, printed %.*s", (int)(at - expected), expected, (int)length, out);
    free(out);
}

/* A column of its own length, so that the sanitizer sees a row too many. In some, most numbers are the one above. */
static double *column_of(size_t n_rows, double (*number)(uint64_t *), uint64_t *x)
{
    const uint64_t one_of = next_random(x) % 3 == 0 ? 1 : 1 + next_random(x) % 5;
    double *values = malloc(n_rows * sizeof *values);
    for (size_t i = 0; i < n_rows; i++)
        if (i > 0 && next_random(x) % one_of != 0)
            values[i] = values[i - 1];
        else
            values[i] = number == NULL ? random_number(x) : signed_at_random(number(x), x);
    return values;
}

static void check_rows(wbi_number_rows *rows, size_t n_rows)
{
    const size_t n = rows->n_columns, without = n / 2;
    const double *left_out = rows->columns[without];
    rows->columns[without] = NULL;
    for (size_t first = 0; first < n_rows; first += WBI_ROWS_AT_ONCE) {
        wbi_number_rows_find(rows, first, n_rows - first);
        for (size_t row = 0; row < rows->n; row++) {
            check(rows, row, 0, without);
            check(rows, row, without + 1, n);
        }
    }
    rows->columns[without] = left_out;
}

/* Columns are of one kind of numbers or of all. */
static void rows_print_as_one_by_one(void **state)
{
    (void)state;
    uint64_t x = 7;
    for (size_t round = 0; round < 1000; round++) {
        const size_t n_rows = 1 + round % MAX_ROWS, n_columns = 1 + round % MAX_COLUMNS;
        wbi_number_rows rows;
        assert_int_equal(wbi_number_rows_create(&rows, n_columns, ';', NULL), WB_OK);
        for (size_t k = 0; k < n_columns; k++)
            rows.columns[k] = column_of(n_rows, next_random(&x) % 2 == 0 ? NULL : kinds[next_random(&x) % N_KINDS], &x);
        check_rows(&rows, n_rows);
        wbi_number_texts *const texts = rows.texts;
        rows.texts = NULL; /* as on any machine */
        check_rows(&rows, n_rows);
        rows.texts = texts;
        for (size_t k = 0; k < n_columns; k++)
            free((double *)(uintptr_t)rows.columns[k]);
        wbi_number_rows_free(&rows);
    }
}

static void powers_of_two_print_as_one_by_one(void **state)
{
    (void)state;
    enum { N = 300 };
    double values[2 * N];
    wbi_number_rows rows;
    assert_int_equal(wbi_number_rows_create(&rows, 1, ';', NULL), WB_OK);
    rows.columns[0] = values;
    for (int i = 0; i < 2 * N; i++)
        values[i] = ldexp(1, i - N);
    for (size_t first = 0; first < 2 * N; first += WBI_ROWS_AT_ONCE) {
        wbi_number_rows_find(&rows, first, 2 * N - first);
        for (size_t row = 0; row < rows.n; row++)
            check(&rows, row, 0, 1);
    }
    wbi_number_rows_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_print_as_one_by_one),
        cmocka_unit_test(powers_of_two_print_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
