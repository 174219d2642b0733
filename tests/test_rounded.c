/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doubles written in few digits, against rounding by hand, digit by digit, of the shortest decimal, and against printf. */
#include "test_util.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Digits without zeros at the ends; the first is worth 10^exponent. */
typedef struct decimal {
    char digits[40];
    size_t n;
    int exponent;
} decimal;

static void drop_zeros(decimal *d)
{
    while (d->n > 1 && d->digits[d->n - 1] == '0')
        d->n--;
    d->digits[d->n] = '\0';
}

/* Of "-12.5", "0.003", "1.5e-12". */
static decimal decimal_of(const char *text)
{
    decimal d = {.exponent = -1};
    bool behind_mark = false;
    for (text += *text == '-'; *text != '\0' && *text != 'e'; text++) {
        if (*text == '.') {
            behind_mark = true;
            continue;
        }
        if (d.n > 0 || *text != '0')
            d.digits[d.n++] = *text;
        if (behind_mark ? d.n == 0 : d.n > 0)
            d.exponent += behind_mark ? -1 : 1;
    }
    d.exponent += *text == 'e' ? atoi(text + 1) : 0;
    drop_zeros(&d);
    return d;
}

/* Halves away from zero. */
static decimal round_by_hand(decimal d, size_t n)
{
    if (d.n <= n)
        return d;
    const bool up = d.digits[n] >= '5';
    size_t at = d.n = n;
    for (; up && at > 0 && d.digits[at - 1] == '9'; at--)
        d.digits[at - 1] = '0';
    if (up && at > 0)
        d.digits[at - 1]++;
    if (up && at == 0) {
        d.digits[0] = '1';
        d.exponent++;
    }
    drop_zeros(&d);
    return d;
}

static const char *print(char text[WBI_DOUBLE_CHARS + 1], double value, int n_digits)
{
    const size_t n = n_digits == 0 ? wbi_double_print(text, value) : wbi_double_print_digits(text, value, n_digits);
    assert_true(n <= WBI_DOUBLE_CHARS);
    text[n] = '\0';
    return text;
}

/* As printf has it, unless what is cut off of the shortest decimal is exactly one half: any other boundary between it and the
 * double would be a decimal as short and nearer. */
static void check_against_printf(const decimal *shortest, const decimal *rounded, double value, int n)
{
    char text[64];
    if (shortest->n <= (size_t)n || (shortest->n == (size_t)n + 1 && shortest->digits[n] == '5'))
        return;
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    const decimal printed = decimal_of(text);
    if (strcmp(printed.digits, rounded->digits) != 0 || printed.exponent != rounded->exponent)
        fail_msg("%.17g: printf has %s", value, text);
}

static void check(double value)
{
    char text[WBI_DOUBLE_CHARS + 1], plain[WBI_DOUBLE_CHARS + 1];
    if (value == 0)
        return;
    const decimal shortest = decimal_of(print(text, value, 0));
    for (int n = 1; n <= 15; n++) {
        const decimal wanted = round_by_hand(shortest, (size_t)n), got = decimal_of(print(text, value, n));
        if (strcmp(got.digits, wanted.digits) != 0 || got.exponent != wanted.exponent || (*text == '-') != (bool)signbit(value))
            fail_msg("%.17g in %d digits is %s, not %se%d", value, n, text, wanted.digits, wanted.exponent);
        check_against_printf(&shortest, &wanted, value, n);
        /* So few digits are the shortest of what they read as, and are laid out likewise. */
        const double back = strtod(text, NULL);
        if (fabs(back) >= DBL_MIN && isfinite(back))
            assert_string_equal(text, print(plain, back, 0));
    }
}

static void random_doubles(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (int i = 0; i < 30000; i++) {
        uint64_t bits = next_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check(value);
        check((double)(next_random(&seed) >> 11) * 0x1p-53);
        check((double)(int64_t)(next_random(&seed) % 2000000) / 1000 - 1000);
        check((double)(int64_t)(next_random(&seed) >> (i % 64)));
    }
}

/* Around them digits run over. */
static void around_powers_of_ten(void **state)
{
    (void)state;
    for (int e = -323; e <= 308; e++) {
        char text[32];
        snprintf(text, sizeof text, "1e%d", e);
        double value = strtod(text, NULL);
        check(value);
        check(-value);
        check(nextafter(value, INFINITY));
        for (int i = 0; i < 20; i++) {
            value = nextafter(value, 0);
            if (value > 0)
                check(value);
        }
    }
    for (double nines = 9; nines < 1e15; nines = 10 * nines + 9)
        for (int e = -20; e <= 20; e += 4)
            check(nines * pow(10, e));
}

static void known_doubles(void **state)
{
    (void)state;
    static const struct {
        double value;
        int n_digits;
        const char *text;
    } cases[] = {
        {9.996, 3, "10"},
        {9.994, 3, "9.99"},
        {-9.996, 3, "-10"},
        {0.09996, 3, "0.1"},
        {0.125, 2, "0.13"}, /* where printf has 0.12 */
        {-0.125, 2, "-0.13"},
        {2.5, 1, "3"},
        {0.15, 1, "0.2"}, /* the double is less, its shortest decimal is not */
        {999999, 5, "1000000"},
        {123456, 2, "120000"},
        {1234567890123456.0, 15, "1234567890123460"},
        {9007199254740991.0, 4, "9007000000000000"},
        {1e21, 1, "1000000000000000000000"},
        {9.9e21, 1, "1e22"},
        {1.5e22, 1, "2e22"},
        {9.96e-7, 2, "0.000001"},
        {1.04e-7, 2, "1e-7"},
        {5e-324, 3, "5e-324"},
        {4.9406564584124654e-322, 2, "4.9e-322"},
        {1.7976931348623157e308, 3, "1.8e308"},
        {1e308, 15, "1e308"},
        {1.0 / 3, 15, "0.333333333333333"},
        {2.0 / 3, 1, "0.7"},
        {7, 1, "7"},
        {7, 15, "7"},
        {100, 1, "100"},
        {0, 4, "0"},
        {-0.0, 4, "-0"},
    };
    char text[WBI_DOUBLE_CHARS + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(print(text, cases[i].value, cases[i].n_digits), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_doubles),
        cmocka_unit_test(around_powers_of_ten),
        cmocka_unit_test(known_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
