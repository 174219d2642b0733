/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles of short decimals are those of the doubles that they stand for, whichever way the values are gone through
 * (test_design holds those of doubles against sorted values). */
#include "test_util.h"

#include "design/quantile.h"
#include "test_frame.h"

enum { N_KINDS = 12 };

/* Short decimals: all the same, two of them, many ties, cents, of as many digits as there are, of any number of places, the
 * same but for a few, sorted beforehand, all but 0 with some far off, as small as there are, and such that the first 64 of
 * every 1024 are others than the rest, or of every 128, of which the first is always the same. */
static int32_t drawn_decimal(int kind, size_t i, uint64_t *random)
{
    const double u = frame_uniform(random);
    switch (kind) {
    case 0:
        return wbi_decimal_make(-725, 2);
    case 1:
        return wbi_decimal_make(u < 0.3 ? 1 : 0, i % 2 == 0); /* 1, 0.1 and two ways to write 0 */
    case 2:
        return wbi_decimal_make((int32_t)(5 * u) - 2, 0);
    case 3:
        return wbi_decimal_make((int32_t)(1e6 * u), 2);
    case 4:
        return wbi_decimal_make((int32_t)((2 * u - 1) * WBI_DECIMAL_MOST), 1);
    case 5:
        return wbi_decimal_make((int32_t)(1e5 * u) - 50000, (unsigned)(i % (WBI_DECIMAL_PLACES + 1)));
    case 6:
        return wbi_decimal_make(i % 1001 == 1 ? (int32_t)(1e4 * u) : 1000, 4);
    case 7:
        return wbi_decimal_make((int32_t)i - 100, 3);
    case 8:
        return wbi_decimal_make(u < 0.999 ? 0 : (int32_t)(WBI_DECIMAL_MOST * (u - 0.9995)), 0);
    case 9:
        return wbi_decimal_make((int32_t)(300 * u) - 150, WBI_DECIMAL_PLACES);
    case 10:
        return wbi_decimal_make((int32_t)(i % 1024 < 64 ? 1e4 * u : 3000 + 1e4 * u), 4);
    default:
        return wbi_decimal_make((int32_t)(i % 128 == 0 ? 5000 : i % 128 < 64 ? 1e4 * u : 3000 + 1e4 * u), 4);
    }
}

/* Nothing is there that an earlier call left. */
static void clear(double *spare, size_t n)
{
    for (size_t i = 0; i < 2 * n; i++)
        spare[i] = NAN;
}

static void check_quantiles(const int32_t *decimals, const double *values, size_t n, double *spare)
{
    enum { N_DECILES = 11 };
    double expected[N_DECILES], deciles[N_DECILES];
    size_t expected_up_to[N_DECILES], up_to[N_DECILES];
    clear(spare, n);
    assert_true(wbi_finite_quantiles(expected, expected_up_to, N_DECILES, (wbi_numbers){.wide = values}, n, spare));
    clear(spare, n);
    assert_true(wbi_finite_quantiles(deciles, up_to, N_DECILES, (wbi_numbers){.decimals = decimals}, n, spare));
    assert_memory_equal(up_to, expected_up_to, sizeof up_to);
    for (size_t q = 0; q < N_DECILES; q++)
        assert_true(deciles[q] == expected[q]);
}

static void quantiles_of_decimals_are_those_of_doubles(void **state)
{
    (void)state;
    enum { N = 50000, MANY = 1 << 15 };
    static int32_t decimals[N];
    static double values[N], spare[2 * N];
    static const size_t sizes[] = {1, 2, 3, 64, 65, 1000, MANY - 1, MANY, MANY + 1, N};
    static const size_t places[] = {0, 1, 17, 195, 777, 40000, N - 1};
    uint64_t random = 13;
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < N; i++) {
            decimals[i] = drawn_decimal(kind, i, &random);
            values[i] = wbi_decimal_number(decimals[i]);
        }
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            check_quantiles(decimals, values, sizes[s], spare);
        for (size_t k = 0; k < 2 * sizeof places / sizeof *places; k++) {
            const size_t n = k % 2 ? N : 1000, place = places[k / 2] % n;
            const int32_t kept = decimals[place];
            size_t up_to[2];
            double ends[2];
            decimals[place] = WBI_DECIMAL_MISSING;
            assert_false(wbi_finite_quantiles(ends, up_to, 2, (wbi_numbers){.decimals = decimals}, n, spare));
            decimals[place] = kept;
            check_quantiles(decimals, values, n, spare);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_decimals_are_those_of_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
