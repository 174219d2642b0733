/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short decimals stand for the numbers that they were made of, and are made of all that have one. */
#include "test_util.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimals.h"

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 32;
}

static double parse(long long digits, int places)
{
    char text[64];
    snprintf(text, sizeof text, "%llde-%d", digits, places);
    return strtod(text, NULL);
}

/* By the C library alone: whether x, written with few digits, is read as x again. A number that is nearest to a decimal is
 * written as that decimal. */
static bool has_short_decimal(double x)
{
    for (int places = 0; places <= WBI_DECIMAL_PLACES && fabs(x) < 1e9; places++) {
        char text[64], digits[64];
        size_t n = 0;
        snprintf(text, sizeof text, "%.*f", places, x);
        for (const char *c = text; *c != '\0'; c++)
            if (*c != '.')
                digits[n++] = *c;
        digits[n] = '\0';
        if (strtod(text, NULL) == x && fabs(strtod(digits, NULL)) <= WBI_DECIMAL_MOST)
            return true;
    }
    return false;
}

/* It is made if it has one, and stands for x then. */
static bool check(double x)
{
    int32_t decimal;
    const bool made = wbi_decimals_make(&decimal, &x, 1);
    if (made != has_short_decimal(x))
        fail_msg("%.17g: made %d", x, made);
    if (made && wbi_decimal_number(decimal) != x)
        fail_msg("%.17g: read %.17g", x, wbi_decimal_number(decimal));
    return made;
}

/* At both ends of the digits and of the places, and a step beyond. */
static void limits_are_exact(void **state)
{
    (void)state;
    static const long long digits[] = {0, 1, 2, 3, 7, 9, 10, 99, 101, 99999999, 100000000, 100000001};
    for (int places = 0; places <= WBI_DECIMAL_PLACES; places++) {
        for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
            assert_true(check(parse(digits[i], places)) && check(parse(-digits[i], places)));
        for (long long k = -3; k <= 0; k++)
            assert_true(check(parse(WBI_DECIMAL_MOST + k, places)) && check(parse(-WBI_DECIMAL_MOST - k, places)));
        for (long long k = 1; k <= 1000; k++) {
            check(parse(WBI_DECIMAL_MOST + k, places)); /* 134217730 has one digit less */
            check(parse(-WBI_DECIMAL_MOST - k, places));
        }
        assert_false(check(parse(WBI_DECIMAL_MOST + 1LL, places)));
        assert_false(check(parse(-WBI_DECIMAL_MOST - 1LL, places)));
    }
    for (int places = WBI_DECIMAL_PLACES + 1; places < 25; places++)
        assert_false(check(parse(1, places)) || check(parse(-7, places)) || check(parse(99999999, places)));
    assert_true(check(parse(10, WBI_DECIMAL_PLACES + 1)));
    assert_false(check(123456789.5) || check(1e9) || check(12345678901234567.0));
    assert_true(check(134217727) && check(-13421772.7));
}

static void what_is_not_finite_is_missing_or_none(void **state)
{
    (void)state;
    const double missing[] = {NAN, copysign(NAN, -1)}, others[] = {INFINITY, -INFINITY};
    int32_t decimal;
    for (size_t i = 0; i < 2; i++) {
        assert_true(wbi_decimals_make(&decimal, &missing[i], 1));
        assert_int_equal(decimal, WBI_DECIMAL_MISSING);
        assert_true(isnan(wbi_decimal_number(decimal)));
        assert_false(wbi_decimals_make(&decimal, &others[i], 1));
    }
    for (int32_t digits = -WBI_DECIMAL_MOST; digits < WBI_DECIMAL_MOST; digits += 999983)
        assert_true(isnan(wbi_decimal_number(wbi_decimal_make(digits, WBI_DECIMAL_MISSING))));
}

static void zero_has_no_sign(void **state)
{
    (void)state;
    const double zeros[] = {0.0, -0.0};
    int32_t decimals[2];
    assert_true(wbi_decimals_make(decimals, zeros, 2));
    for (size_t i = 0; i < 2; i++)
        assert_true(wbi_decimal_number(decimals[i]) == 0 && !signbit(wbi_decimal_number(decimals[i])));
}

/* Decimals, and their neighbours, which mostly are none. */
static void decimals_are_told_from_their_neighbours(void **state)
{
    (void)state;
    uint64_t random = 1;
    size_t n_neighbours = 0;
    enum { N = 2000 };
    for (size_t i = 0; i < N; i++)
        for (int places = 0; places <= WBI_DECIMAL_PLACES; places++) {
            const unsigned shift = (unsigned)(next_random(&random) % 27);
            const long long digits = (long long)(next_random(&random) % (WBI_DECIMAL_MOST + 1LL)) >> shift;
            const double x = parse(i % 2 ? digits : -digits, places);
            assert_true(check(x));
            n_neighbours += check(nextafter(x, INFINITY));
            n_neighbours += check(nextafter(x, -INFINITY));
        }
    assert_int_equal(n_neighbours, 0);
}

static void numbers_of_any_bits_are_judged(void **state)
{
    (void)state;
    static const double some[] = {1.0 / 3, 0.1 + 0.2, DBL_MIN, DBL_MAX, 5e-324, 1e-300, 1e300, 0x1p-11, 0x1p-12,
                                  0x1p26, 0x1p27, 0x1p51, 0x1.8p52, 0x1p53};
    uint64_t random = 2;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        check(some[i]);
        check(-some[i]);
    }
    assert_true(check(0x1p-11) && check(0x1p26)); /* 48828125e-11 */
    assert_false(check(0x1p-12) || check(0x1p27));
    for (size_t i = 0; i < 40000; i++) {
        uint64_t bits = next_random(&random) << 32 | next_random(&random);
        double x;
        if (i % 2) /* of the size of decimals, and few bits */
            bits = (bits & ~UINT64_C(0x7fffffffffffffff)) | (1023 - 20 + bits % 48) << 52 | bits >> (12 + bits % 40);
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x))
            check(x);
    }
}

/* Whatever stands before a number: what is made of each is the same number, and one that has none spoils them all. */
static void many_are_made_as_each_alone(void **state)
{
    (void)state;
    enum { N = 500 };
    double numbers[N];
    int32_t decimals[N];
    uint64_t random = 3;
    for (size_t i = 0; i < N; i++)
        numbers[i] = i % 11 == 4 ? NAN : parse((long long)(next_random(&random) % 100000000), (int)(next_random(&random) % 15));
    assert_true(wbi_decimals_make(decimals, numbers, 0));
    assert_true(wbi_decimals_make(decimals, numbers, N));
    for (size_t i = 0; i < N; i++)
        assert_true(isnan(numbers[i]) ? decimals[i] == WBI_DECIMAL_MISSING : wbi_decimal_number(decimals[i]) == numbers[i]);
    for (size_t i = 0; i < N; i++) {
        const double kept = numbers[i];
        numbers[i] = i % 2 ? 1.0 / 3 : 123456789.5;
        assert_false(wbi_decimals_make(decimals, numbers, N));
        numbers[i] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(what_is_not_finite_is_missing_or_none),
        cmocka_unit_test(zero_has_no_sign),
        cmocka_unit_test(decimals_are_told_from_their_neighbours),
        cmocka_unit_test(numbers_of_any_bits_are_judged),
        cmocka_unit_test(many_are_made_as_each_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
