/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many numbers print as each of them does alone. */
#include "test_util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"

enum { MAX_NUMBERS = 200 };

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

static double random_number(uint64_t *x)
{
    static double (*const kinds[])(uint64_t *) = {any_bits,        unit, few_decimals, mean, of_any_size, tie,
                                                  binary_fraction, neighbour_of_a_power, special};
    return signed_at_random(kinds[next_random(x) % (sizeof kinds / sizeof *kinds)](x), x);
}

/* Into exactly the room that is asked for, so that the sanitizer sees a byte too many. */
static void check(char *(*print)(char *, const double *, size_t, char), const double *values, size_t n)
{
    char expected[MAX_NUMBERS * WBI_SEPARATED_CHARS];
    char *end = expected, *out = malloc(n * WBI_SEPARATED_CHARS + 1);
    for (size_t i = 0; i < n; i++) {
        *end++ = ';';
        end += isfinite(values[i]) ? wbi_double_print(end, values[i]) : 0;
    }
    const size_t length = (size_t)(print(out, values, n, ';') - out);
    if (length != (size_t)(end - expected) || memcmp(out, expected, length) != 0)
        fail_msg("expected %.*s, printed %.*s", (int)(end - expected), expected, (int)length, out);
    free(out);
}

static void many_print_as_one_by_one(void **state)
{
    (void)state;
    double values[MAX_NUMBERS];
    uint64_t x = 7;
    for (size_t round = 0; round < 20000; round++) {
        const size_t n = round % (MAX_NUMBERS + 1);
        for (size_t i = 0; i < n; i++)
            values[i] = random_number(&x);
        check(wbi_doubles_print, values, n);
        check(wbi_doubles_print_portable, values, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_print_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
