/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels of scoring: all sets give the same bits and counts, on values chosen to be awkward. */
#include "test_util.h"

#include <stdbool.h>
#include <string.h>

#include "kernel/score.h"

enum { N = 203, N_COLUMNS = 13 };

static uint64_t random_state = 3;

static double uniform(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) * 0x1p-53;
}

/* Every set that this processor runs, the portable one first. */
static size_t sets(const wbi_score_kernels *out[2])
{
    out[0] = &wbi_score_kernels_portable;
    out[1] = wbi_score_kernels_best();
    return out[1] == out[0] ? 1 : 2;
}

static double awkward(double near)
{
    const double odd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e308, -1e308, 5e-324, nextafter(near, -INFINITY), near, nextafter(near, INFINITY)};
    const size_t n = sizeof odd / sizeof *odd;
    return uniform() < 0.4 ? odd[(size_t)((double)n * uniform())] : near + uniform() - 0.5;
}

/* Sums over numbers or codes by one set, for all lengths up to N, beside what the portable set says of each value alone. */
static void assert_alike(void (*add)(const wbi_score_kernels *set, double *sums, wbi_score_tally *tally, size_t n, size_t begin))
{
    const wbi_score_kernels *set[2];
    const size_t n_sets = sets(set);
    for (size_t s = 0; s < n_sets; s++)
        for (size_t n = 0; n <= N; n += n < 70 ? 1 : 19) {
            double sums[N], want[N];
            wbi_score_tally tally = {1, 2, 3}, wanted = {1, 2, 3};
            for (size_t i = 0; i < N; i++)
                sums[i] = want[i] = (double)i / 7;
            add(set[s], sums, &tally, n, 0);
            for (size_t i = 0; i < n; i++)
                add(set[0], want + i, &wanted, 1, i);
            assert_memory_equal(sums, want, sizeof sums);
            assert_memory_equal(&tally, &wanted, sizeof tally);
            add(set[s], sums, NULL, n, 0);
        }
}

static double numbers[N];
static int32_t codes[N];
static wbi_score_line line;
static wbi_score_curve curve;
static double adds[12];
static const wbi_score_levels levels = {adds, 10};

static void add_line(const wbi_score_kernels *set, double *sums, wbi_score_tally *tally, size_t n, size_t begin)
{
    set->line(sums, tally, &line, numbers + begin, n);
}

static void lines(void **state)
{
    (void)state;
    line = (wbi_score_line){.slope = 1.7, .centre = 0.3, .missing = -2.25, .low = 0.2, .high = 0.9};
    for (size_t i = 0; i < N; i++)
        numbers[i] = awkward(i % 2 == 0 ? line.low : line.high);
    assert_alike(add_line);
}

static void add_curve(const wbi_score_kernels *set, double *sums, wbi_score_tally *tally, size_t n, size_t begin)
{
    set->curve(sums, tally, &curve, numbers + begin, n);
}

/* From one interval to as many as there may be; knots evenly apart, at powers of two, so close that only the last bits tell them
 * apart, and about 0. */
static void curves(void **state)
{
    (void)state;
    for (size_t n_intervals = 1; n_intervals <= WBI_SCORE_INTERVALS; n_intervals++)
        for (int spacing = 0; spacing < 4; spacing++) {
            double knots[WBI_SCORE_INTERVALS + 1];
            for (size_t k = 0; k <= n_intervals; k++) {
                const double at = (double)k;
                knots[k] = spacing == 0 ? 3 + at / 8 : spacing == 1 ? exp2(at) : spacing == 2 ? 1 + at * 0x1p-40 : at - 9;
            }
            memset(&curve, 0, sizeof curve);
            curve.missing = 0.125;
            curve.low = knots[0];
            curve.high = knots[n_intervals];
            wbi_score_curve_place(&curve, knots, n_intervals);
            for (size_t k = 0; k < n_intervals; k++)
                for (size_t c = 0; c < 4; c++)
                    curve.intervals[k * WBI_SCORE_INTERVAL + c] = uniform() - 0.5;
            for (size_t i = 0; i < N; i++)
                numbers[i] = awkward(knots[i % (n_intervals + 1)]);
            assert_alike(add_curve);
        }
}

static void add_levels(const wbi_score_kernels *set, double *sums, wbi_score_tally *tally, size_t n, size_t begin)
{
    set->levels(sums, tally, &levels, codes + begin, n);
}

static void levels_of_all_codes(void **state)
{
    (void)state;
    static const int32_t odd[] = {-1, -2, 10, 11, INT32_MAX, INT32_MIN, 9, 0};
    for (size_t k = 0; k < 12; k++)
        adds[k] = uniform();
    for (size_t i = 0; i < N; i++)
        codes[i] = i % 3 == 0 ? odd[i / 3 % 8] : (int32_t)(10 * uniform());
    assert_alike(add_levels);
    double sums[] = {0, 0, 0, 0};
    wbi_score_tally tally = {0, 0, 0};
    wbi_score_kernels_best()->levels(sums, &tally, &levels, (const int32_t[]){-1, 0, 9, 10}, 4);
    assert_memory_equal(sums, ((double[]){adds[0], adds[1], adds[10], adds[11]}), sizeof sums);
    assert_int_equal(tally.n_imputed, 1);
    assert_int_equal(tally.n_unseen, 1);
}

static void numbers_that_are_codes(void **state)
{
    (void)state;
    const wbi_score_kernels *set[2];
    const size_t n_sets = sets(set);
    const double given[] = {0, 1, -1, 0.5, NAN, INFINITY, -INFINITY, 2147483646, 2147483647, 2147483648.0, -2147483648.0, 1e300, -0.0, 3};
    const int32_t want[] = {0, 1, -1, WBI_SCORE_NO_CODE, -1, -1, -1, 2147483646};
    for (size_t s = 0; s < n_sets; s++) {
        int32_t out[14];
        set[s]->codes(out, given, 14);
        assert_memory_equal(out, want, sizeof want);
        for (size_t i = 8; i < 12; i++)
            assert_true(out[i] < -1 || out[i] == INT32_MAX); /* no code of any feature */
        assert_int_equal(out[12], 0);
        assert_int_equal(out[13], 3);
    }
}

/* Rows against lanes by hand: neighbours in four sums, the last group over the last four columns. */
static void rows(void **state)
{
    (void)state;
    const wbi_score_kernels *set[2];
    const size_t n_sets = sets(set);
    for (size_t n_columns = 1; n_columns <= N_COLUMNS; n_columns++) {
        const size_t n_groups = (n_columns + 3) / 4, stride = n_columns + n_columns % 3;
        size_t at[4] = {0};
        double slope[16] = {0}, centre[16] = {0}, missing[16] = {0}, x[N * (N_COLUMNS + 2)], sums[N];
        for (size_t g = 1; g < n_groups; g++)
            at[g] = 4 * g + 4 <= n_columns ? 4 * g : n_columns - 4;
        for (size_t j = 0; j < n_columns; j++) {
            const size_t place = 4 * (j / 4) + (j - at[j / 4]);
            slope[place] = uniform() - 0.5;
            centre[place] = uniform();
            missing[place] = uniform();
        }
        for (size_t i = 0; i < N * stride; i++)
            x[i] = awkward(0.5);
        const wbi_score_lines of = {n_columns, n_groups, 0.75, at, slope, centre, missing};
        for (size_t s = 0; s < n_sets; s++)
            for (size_t n = 0; n <= 9; n++) {
                memset(sums, 0, sizeof sums);
                set[s]->rows(sums, &of, x, stride, n == 9 ? N : n);
                for (size_t i = 0; i < (n == 9 ? N : n); i++) {
                    double lanes[4] = {0};
                    for (size_t j = 0; j < n_columns; j++) {
                        const size_t lane = j - at[j / 4], place = 4 * (j / 4) + lane;
                        const double value = x[i * stride + j];
                        lanes[lane] += isfinite(value) ? (value - centre[place]) * slope[place] : missing[place];
                    }
                    const double want = 0.75 + ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
                    assert_true(sums[i] == want || (isnan(sums[i]) && isnan(want)));
                }
            }
    }
}

/* ---- reasons ---- */

enum { N_FEATURES = 17, N_RANKS = 7, STRIDE = N + 5 };

/* The rank-th of what is above 0 in column i, by looking through all: ties go to the feature that comes first. */
static double expected(double gains[N_FEATURES][N], size_t i, double sign, double constant, size_t rank, double *feature)
{
    bool taken[N_FEATURES] = {false};
    double best = 0;
    for (size_t r = 0; r <= rank; r++) {
        best = 0;
        *feature = -1;
        for (size_t f = 0; f < N_FEATURES; f++)
            if (!taken[f] && sign * (gains[f][i] + constant) > best) {
                best = sign * (gains[f][i] + constant);
                *feature = (double)f;
            }
        if (*feature >= 0)
            taken[(size_t)*feature] = true;
    }
    return best;
}

enum { N_TAKEN = 119 };

/* Groups of all sizes, one behind the other. */
static void take_all(const wbi_score_kernels *set, const wbi_score_strongest *of, double gains[N_FEATURES][N])
{
    static double grouped[WBI_SCORE_GROUP * WBI_SCORE_GROUP_ROWS];
    wbi_score_group group = {.adds = grouped};
    for (size_t f = 0, size = 1; f < N_FEATURES; f += group.n, size = size % WBI_SCORE_GROUP + 1) {
        for (group.n = 0; group.n < size && f + group.n < N_FEATURES; group.n++) {
            memcpy(grouped + group.n * WBI_SCORE_GROUP_ROWS, gains[f + group.n], N_TAKEN * sizeof *grouped);
            group.constant[group.n] = 0.25;
            group.feature[group.n] = (double)(f + group.n);
        }
        set->strongest(of, &group, N_TAKEN);
    }
}

static void strongest(void **state)
{
    (void)state;
    static double gains[N_FEATURES][N], kept[N_RANKS * STRIDE], features[N_RANKS * STRIDE];
    const wbi_score_kernels *set[2];
    const size_t n_sets = sets(set);
    for (size_t f = 0; f < N_FEATURES; f++)
        for (size_t i = 0; i < N; i++)
            gains[f][i] = i % 4 == 0 ? (double)(int)(5 * uniform()) - 2 : awkward(0);
    for (size_t s = 0; s < n_sets; s++)
        for (size_t n_ranks = 1; n_ranks <= N_RANKS; n_ranks++) {
            const wbi_score_strongest of = {kept, features, n_ranks, STRIDE, n_ranks % 2 ? -1 : 1};
            for (size_t k = 0; k < N_RANKS * STRIDE; k++) {
                kept[k] = 0;
                features[k] = -1;
            }
            take_all(set[s], &of, gains);
            for (size_t i = 0; i < N_TAKEN; i++)
                for (size_t rank = 0; rank < n_ranks; rank++) {
                    double feature;
                    const double number = expected(gains, i, of.sign, 0.25, rank, &feature);
                    assert_true(kept[rank * STRIDE + i] == number);
                    assert_true(features[rank * STRIDE + i] == feature);
                }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines), cmocka_unit_test(curves), cmocka_unit_test(levels_of_all_codes),
        cmocka_unit_test(numbers_that_are_codes), cmocka_unit_test(rows), cmocka_unit_test(strongest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
