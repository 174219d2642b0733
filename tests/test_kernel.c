/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <dlfcn.h>
#include <gsl/gsl_cblas.h>
#include <string.h>

#include "base/decimals.h"
#include "base/memory.h"
#include "kernel/kernel.h"
#include "kernel_testing.h"

typedef struct fixture {
    wbi_matrix_rows rows;
    double *x, *beta, *v;
} fixture;

static fixture make(size_t n_rows, size_t n_columns)
{
    fixture f;
    size_t stride = (n_columns + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
    f.x = wbi_alloc_aligned(n_rows * stride, sizeof(double));
    f.beta = wbi_alloc_array(n_columns, sizeof(double));
    f.v = wbi_alloc_array(n_rows, sizeof(double));
    for (size_t i = 0; i < n_rows; i++) {
        f.v[i] = fabs(number(7 * i + 3));
        for (size_t j = 0; j < stride; j++)
            f.x[i * stride + j] = j < n_columns ? number(i * n_columns + j) : 0;
    }
    for (size_t j = 0; j < n_columns; j++)
        f.beta[j] = number(13 * j + 5);
    f.rows = (wbi_matrix_rows){f.x, stride, n_rows, n_columns};
    return f;
}

static void drop(fixture *f)
{
    wbi_free(f->x);
    wbi_free(f->beta);
    wbi_free(f->v);
}

static double naive_crossproduct(const fixture *f, size_t j, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < f->rows.n_rows; i++)
        sum += f->v[i] * f->x[i * f->rows.stride + j] * f->x[i * f->rows.stride + k];
    return sum;
}

static void check_linear_algebra(const wbi_kernels *kernels, size_t n_rows, size_t n_columns)
{
    fixture f = make(n_rows, n_columns);
    double *eta = wbi_alloc_array(n_rows, sizeof *eta), *gradient = wbi_alloc_zeroed(n_columns, sizeof *gradient);
    double *cross = wbi_alloc_zeroed(n_columns * n_columns, sizeof *cross);
    kernels->eta(eta, &f.rows, f.beta);
    kernels->gradient(gradient, &f.rows, f.v);
    kernels->crossproduct(cross, &f.rows, f.v);
    for (size_t i = 0; i < n_rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < n_columns; j++)
            sum += f.x[i * f.rows.stride + j] * f.beta[j];
        assert_close(eta[i], sum, 1e-13);
    }
    for (size_t j = 0; j < n_columns; j++) {
        double sum = 0;
        for (size_t i = 0; i < n_rows; i++)
            sum += f.x[i * f.rows.stride + j] * f.v[i];
        assert_close(gradient[j], sum, 1e-12);
        for (size_t k = 0; k < n_columns; k++)
            assert_close(cross[j * n_columns + k], k <= j ? naive_crossproduct(&f, j, k) : 0.0, 1e-12);
    }
    wbi_free(eta);
    wbi_free(gradient);
    wbi_free(cross);
    drop(&f);
}

static void linear_algebra(void **state)
{
    (void)state;
    static const size_t columns[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 31, 37, 63, 64};
    static const size_t rows[] = {1, 2, 127, 128, 129, 300};
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                check_linear_algebra(wbi_kernels_at(s), rows[r], columns[c]);
}

/* Rows without padding, and moments added in two parts. */
static void check_scaling(const wbi_kernels *kernels, size_t n_rows, size_t n_columns)
{
    const size_t row_stride = n_columns + 3, stride = (n_columns / WBI_KERNEL_PAD + 1) * WBI_KERNEL_PAD, part = n_rows / 3;
    fixture f = make(n_rows, row_stride);
    double *shift = f.beta, *inverse = f.beta + 1, *out = wbi_alloc_aligned(n_rows * stride, sizeof *out);
    double *sums = wbi_alloc_zeroed(1 + 4 * n_columns, sizeof *sums);
    const wbi_kernel_moments to = {sums, sums + 1, sums + 1 + n_columns, sums + 1 + 2 * n_columns,
                                   sums + 1 + 3 * n_columns};
    const wbi_matrix_rows first = {f.x, f.rows.stride, part, n_columns};
    const wbi_matrix_rows second = {f.x + part * f.rows.stride, f.rows.stride, n_rows - part, n_columns};
    const wbi_matrix_rows all = {f.x, f.rows.stride, n_rows, n_columns};
    const wbi_kernel_scale scale = {shift, inverse};
    for (size_t j = 0; j < n_columns; j++) {
        to.low[j] = INFINITY;
        to.high[j] = -INFINITY;
    }
    kernels->moments(&to, &first, shift, f.v);
    kernels->moments(&to, &second, shift, f.v + part);
    memset(out, 0xff, n_rows * stride * sizeof *out);
    kernels->standardise(out, stride, &all, &scale);
    double weight = 0;
    for (size_t i = 0; i < n_rows; i++) {
        weight += f.v[i];
        for (size_t j = 0; j < stride; j++) {
            const double x = j == 0 || j > n_columns ? 0 : f.x[i * f.rows.stride + j - 1];
            assert_true(out[i * stride + j] ==
                        (j == 0 ? 1 : j > n_columns ? 0 : (x - shift[j - 1]) * inverse[j - 1]));
        }
    }
    assert_close(*to.weight, weight, 1e-13);
    for (size_t j = 0; j < n_columns; j++) {
        double w1 = 0, w2 = 0, low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < n_rows; i++) {
            const double x = f.x[i * f.rows.stride + j], d = x - shift[j];
            w1 += f.v[i] * d;
            w2 += f.v[i] * d * d;
            low = fmin(low, x);
            high = fmax(high, x);
        }
        assert_close(to.first[j], w1, 1e-13);
        assert_close(to.second[j], w2, 1e-13);
        assert_true(to.low[j] == low && to.high[j] == high);
    }
    wbi_free(sums);
    wbi_free(out);
    drop(&f);
}

static void scaling(void **state)
{
    (void)state;
    static const size_t columns[] = {1, 2, 3, 4, 5, 7, 8, 9, 30, 31, 64};
    static const size_t rows[] = {1, 2, 3, 127, 128, 300};
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                check_scaling(wbi_kernels_at(s), rows[r], columns[c]);
}

enum { MAX_PLAIN = 19, PLAIN_STRIDE = 32, MAX_PLAIN_ROWS = 67 };

typedef struct plain {
    wbi_kernel_column columns[MAX_PLAIN];
    double values[MAX_PLAIN][MAX_PLAIN_ROWS];
    int32_t decimals[MAX_PLAIN][MAX_PLAIN_ROWS];
} plain;

/* The third column an indicator, each fourth one of short decimals, each 7th value missing or infinite; places side by side, or
 * with a gap. */
static void make_plain(plain *p, size_t gap)
{
    for (size_t k = 0; k < MAX_PLAIN; k++) {
        const bool narrow = k % 4 == 1;
        for (size_t i = 0; i < MAX_PLAIN_ROWS; i++) {
            const double value = number(i * MAX_PLAIN + k);
            p->values[k][i] = (i + k) % 7 != 0 ? value : i % 3 == 0 || narrow ? (double)NAN : -INFINITY;
            if (!narrow)
                continue;
            p->decimals[k][i] = (i + k) % 7 != 0 ? wbi_decimal_make((int32_t)(value * 1000), (unsigned)i % 9) : WBI_DECIMAL_MISSING;
            p->values[k][i] = wbi_decimal_number(p->decimals[k][i]);
        }
        p->columns[k] = (wbi_kernel_column){.values = narrow ? NULL : p->values[k],
                                            .decimals = narrow ? p->decimals[k] : NULL,
                                            .place = k + 1 + (k > 5 ? gap : 0),
                                            .indicator = k == 2,
                                            .missing = 0.25 + (double)k,
                                            .mean = number(k),
                                            .inverse_sd = 3 + number(2 * k)};
    }
}

static void check_interleaving(const wbi_kernels *set, size_t n_columns, size_t n_rows, size_t gap)
{
    double out[(MAX_PLAIN_ROWS + 1) * PLAIN_STRIDE];
    plain p;
    make_plain(&p, gap);
    const wbi_kernel_column *columns = p.columns;
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        out[i] = -99;
    set->interleave(out, PLAIN_STRIDE, columns, n_columns, n_rows);
    for (size_t i = 0; i <= n_rows; i++)
        for (size_t j = 0; j < PLAIN_STRIDE; j++) {
            double expected = -99;
            for (size_t k = 0; k < n_columns && i < n_rows; k++) {
                const double value = !isfinite(p.values[k][i]) ? columns[k].missing : k == 2 ? 0 : p.values[k][i];
                if (columns[k].place == j)
                    expected = (value - columns[k].mean) * columns[k].inverse_sd;
            }
            assert_true(out[i * PLAIN_STRIDE + j] == expected);
        }
}

static void columns_become_rows(void **state)
{
    (void)state;
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t n_columns = 1; n_columns <= MAX_PLAIN; n_columns++)
            for (size_t n_rows = 1; n_rows <= MAX_PLAIN_ROWS; n_rows++)
                for (size_t gap = 0; gap < 3; gap += 2)
                    check_interleaving(wbi_kernels_at(s), n_columns, n_rows, gap);
}

/* Whose numbers are quotients, for which one division is correctly rounded. */
static void decimals_are_quotients(void **state)
{
    (void)state;
    enum { N = 1003 };
    int32_t decimals[N];
    double expected[N], out[N + 1];
    uint64_t random = 5;
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t round = 0; round < 3000; round++) {
            const size_t n = round % N;
            for (size_t i = 0; i < n; i++) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                const int32_t digits = (int32_t)(random >> 36) >> (random >> 32) % 28;
                const unsigned places = (unsigned)(random >> 20) % (WBI_DECIMAL_PLACES + 1);
                const bool missing = (random >> 8) % 16 == 0;
                const int32_t size = digits % (WBI_DECIMAL_MOST + 1), signed_size = (random >> 62) % 2 == 0 ? size : -size;
                decimals[i] = missing ? WBI_DECIMAL_MISSING : wbi_decimal_make(signed_size, places);
                expected[i] = missing ? (double)NAN : signed_size / pow(10, places);
            }
            out[n] = -99;
            wbi_kernels_at(s)->decimals(out, decimals, n);
            for (size_t i = 0; i < n; i++)
                assert_true(isnan(expected[i]) ? isnan(out[i]) : out[i] == expected[i]);
            assert_true(out[n] == -99);
        }
}

/* What is sifted lies where one by one says, as a float. */
static void sifted_values_lie_in_no_gap(void **state)
{
    (void)state;
    enum { N = 64, N_GAPS = 3 };
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 0.5, -0.0, 1 + 1e-12, -0.5, 1};
    static const float low[N_GAPS] = {-INFINITY, 0, 1}, high[N_GAPS] = {-0.5F, 0.5F, INFINITY};
    double values[N];
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t n = 0; n <= N; n++)
            for (size_t n_gaps = 0; n_gaps <= N_GAPS; n_gaps++) {
                wbi_kernel_gap gaps[N_GAPS];
                uint64_t expected = 0;
                for (size_t g = 0; g < n_gaps; g++)
                    gaps[g] = (wbi_kernel_gap){low[g], 5, high[g], 7};
                for (size_t i = 0; i < n; i++)
                    values[i] = i % 3 == 2 ? odd[(i + n) % 10] : 2 * number(i + n);
                const uint64_t bits = wbi_kernels_at(s)->sift(gaps, n_gaps, values, n);
                size_t n_above[N_GAPS] = {5, 5, 5}, n_from[N_GAPS] = {7, 7, 7};
                for (size_t i = 0; i < n; i++) {
                    const float value = (float)values[i];
                    bool within = false;
                    for (size_t g = 0; g < n_gaps; g++) {
                        n_above[g] += value > low[g];
                        n_from[g] += value >= high[g];
                        within = within || (value > low[g] && value < high[g]);
                    }
                    expected |= (uint64_t)!within << i;
                }
                assert_true(bits == expected);
                for (size_t g = 0; g < n_gaps; g++) {
                    assert_int_equal(gaps[g].n_above_low, n_above[g]);
                    assert_int_equal(gaps[g].n_from_high, n_from[g]);
                }
            }
}

/* A value's place is that of the first that equals it, zeros being one value and NaN none. */
static void places_are_of_equals(void **state)
{
    (void)state;
    enum { N = 67, MOST = 9 };
    const double of[MOST] = {2.5, -0.0, 7, 2.5, -INFINITY, 1e300, 3, NAN, 4}, others[] = {NAN, INFINITY, 2.75, 0.0};
    double values[N];
    int8_t out[N + 1];
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t n = 0; n <= N; n++)
            for (size_t n_of = 0; n_of <= MOST; n_of++) {
                for (size_t i = 0; i < n; i++)
                    values[i] = i % 4 == 1 ? others[(i + n) / 4 % 4] : of[(5 * i + n) % MOST];
                out[n] = -99;
                wbi_kernels_at(s)->places(out, values, n, of, n_of);
                for (size_t i = 0; i < n; i++) {
                    size_t place = 0;
                    while (place < n_of && values[i] != of[place])
                        place++;
                    assert_int_equal(out[i], place);
                }
                assert_int_equal(out[n], -99);
            }
}

/* A bucket is found by the same steps one by one. */
static void buckets_are_as_one_by_one(void **state)
{
    (void)state;
    enum { N = 67 };
    double values[N];
    int32_t out[N + 1];
    const double low = -1.5, high = 2.25, per_unit = 100.0 / 3, odd[] = {NAN, -INFINITY, INFINITY, low, high, -1.6, 2.3, -0.0};
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t n = 0; n <= N; n++) {
            for (size_t i = 0; i < n; i++)
                values[i] = i % 5 == 2 ? odd[(i + n) % 8] : 3 * number(i + n);
            out[n] = -99;
            wbi_kernels_at(s)->buckets(out, values, low, high, per_unit, n);
            for (size_t i = 0; i < n; i++) {
                const double within = !(values[i] > low) ? low : values[i] > high ? high : values[i];
                assert_int_equal(out[i], (int)((within - low) * per_unit));
            }
            assert_int_equal(out[n], -99);
        }
}

static void eta_does_not_depend_on_the_block(void **state)
{
    (void)state;
    fixture f = make(37, 19);
    double whole[37], part[37];
    wbi_kernels_best()->eta(whole, &f.rows, f.beta);
    for (size_t i = 0; i < 37; i++) {
        wbi_matrix_rows one = f.rows;
        one.x += i * one.stride;
        one.n_rows = 1;
        wbi_kernels_best()->eta(part + i, &one, f.beta);
    }
    assert_memory_equal(whole, part, sizeof whole);
    drop(&f);
}

/* Against libm, over the whole range of eta, in calls of every length so that tails meet every value. */
static void logistic_against_libm(void **state)
{
    (void)state;
    enum { N = 4001 };
    static double eta[N], weight[N], r[N], v[N], p[N], tail[N];
    static uint8_t outcome[N];
    for (size_t i = 0; i < N; i++) {
        eta[i] = ((double)i - N / 2) * (i % 3 == 0 ? 0.35 : i % 3 == 1 ? 0.01 : 0.0003);
        weight[i] = 0.5 + fabs(number(i));
        outcome[i] = number(3 * i) > 0;
    }
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++) {
        double loss = wbi_kernels_at(s)->logistic(r, v, eta, outcome, weight, N), expected = 0;
        wbi_kernels_at(s)->sigmoid(p, eta, N);
        for (size_t i = 0; i < N; i++) {
            double t = exp(-fabs(eta[i])), want = eta[i] >= 0 ? 1 / (1 + t) : t / (1 + t);
            assert_true(fabs(p[i] - want) <= 1e-15 * want);
            assert_true(fabs(r[i] - weight[i] * (want - outcome[i])) <= 1e-15 * weight[i]);
            assert_true(fabs(v[i] - weight[i] * t / (1 + t) / (1 + t)) <= 2e-15 * v[i]);
            expected += weight[i] * (log1p(t) + fmax(eta[i], 0) - outcome[i] * eta[i]);
            wbi_kernels_at(s)->sigmoid(tail + i, eta + i, 1);
            double one_r, one_v, one = wbi_kernels_at(s)->logistic(&one_r, &one_v, eta + i, outcome + i, weight + i, 1);
            assert_true(one_r == r[i] && one_v == v[i]);
            assert_close(one, weight[i] * (log1p(t) + fmax(outcome[i] ? -eta[i] : eta[i], 0)), 1e-14);
        }
        assert_memory_equal(p, tail, sizeof p);
        assert_close(loss, expected, 1e-13);
    }
}

/* Of probabilities at and beside 0 and 1, and between; two ulps of the larger of 1 and the loss. Tails are as the rest. */
static void log_losses_against_libm(void **state)
{
    (void)state;
    enum { N = 1003 };
    double p[N], if_true[N], if_false[N], one[2];
    const double special[] = {0,      1,   0x1p-52,                1 - 0x1p-52,            1 - 0x1p-53,
                              1e-300, 0.5, 0x1.6a09e667f3bcdp-1, 0x1.6a09e667f3bccp-1, 1e-10};
    for (size_t i = 0; i < N; i++)
        p[i] = i < 10 ? special[i] : i % 3 == 0 ? exp(-40 * fabs(number(i))) : fabs(number(i));
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++) {
        wbi_kernels_at(s)->log_losses(if_true, if_false, p, 0x1p-52, N);
        for (size_t i = 0; i < N; i++) {
            const double x = fmin(fmax(p[i], 0x1p-52), 1 - 0x1p-52);
            assert_close(if_true[i] / -log(x), 1, 1e-15);
            assert_close(if_false[i] / -log1p(-x), 1, 1e-15);
            wbi_kernels_at(s)->log_losses(one, one + 1, p + i, 0x1p-52, 1);
            assert_close(one[0], if_true[i], 0);
            assert_close(one[1], if_false[i], 0);
        }
    }
}

static void line_against_libm(void **state)
{
    (void)state;
    enum { N = 37 };
    double x[N], negative[N], positive[N];
    double expected[WBI_LINE_SUMS] = {0};
    for (size_t i = 0; i < N; i++) {
        x[i] = 9 * number(i);
        negative[i] = i % 4 == 0 ? 0 : fabs(number(3 * i));
        positive[i] = i % 5 == 0 ? 0 : fabs(number(7 * i));
        const double eta = 0.3 - 1.7 * x[i], p = 1 / (1 + exp(-eta)), total = negative[i] + positive[i];
        const double r = total * p - positive[i], v = total * p / (1 + exp(eta));
        expected[WBI_LINE_LOSS] -= positive[i] * log(p) - negative[i] * log1p(exp(eta));
        expected[WBI_LINE_R] += r;
        expected[WBI_LINE_RX] += r * x[i];
        expected[WBI_LINE_V] += v;
        expected[WBI_LINE_VX] += v * x[i];
        expected[WBI_LINE_VXX] += v * x[i] * x[i];
    }
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++) {
        double sums[WBI_LINE_SUMS] = {0};
        wbi_kernels_at(s)->line(sums, &(wbi_kernel_line){0.3, -1.7, x, negative, positive}, N);
        for (size_t k = 0; k < WBI_LINE_SUMS; k++)
            assert_close(sums[k], expected[k], 1e-13);
        wbi_kernels_at(s)->line(sums, &(wbi_kernel_line){0.3, -1.7, x, negative, positive}, N);
        assert_close(sums[WBI_LINE_R], 2 * expected[WBI_LINE_R], 1e-13);
    }
}

static void sigmoid_at_the_ends(void **state)
{
    (void)state;
    double eta[] = {1e308, -1e308, INFINITY, -INFINITY, NAN, 0.0, -0.0}, p[7];
    wbi_kernels_best()->sigmoid(p, eta, 7);
    assert_true(p[0] == 1 && p[2] == 1 && p[1] >= 0 && p[1] < 1e-300 && p[3] >= 0 && p[3] < 1e-300);
    assert_true(isnan(p[4]));
    assert_true(p[5] == 0.5 && p[6] == 0.5);
}

static void wide_crossproduct(void **state)
{
    (void)state;
    enum { N = 150, P = 91 };
    fixture f = make(N, P);
    double *scratch = wbi_alloc_aligned(N * f.rows.stride, sizeof *scratch);
    double *cross = wbi_alloc_zeroed(P * P, sizeof *cross);
    wbi_blas_single_thread();
    wbi_blas_crossproduct(cross, &f.rows, f.v, scratch);
    wbi_blas_crossproduct(cross, &f.rows, f.v, scratch);
    for (size_t j = 0; j < P; j++)
        for (size_t k = 0; k <= j; k++)
            assert_close(cross[j * P + k], 2 * naive_crossproduct(&f, j, k), 1e-12);
    wbi_free(scratch);
    wbi_free(cross);
    drop(&f);
}

/* |L^-1 x|^2, by forward substitution; what lies above the diagonal is not looked at. */
static void squares_of_rows(void **state)
{
    (void)state;
    enum { N = 40, P = 70 };
    fixture f = make(N, P);
    double *scratch = wbi_alloc_array(N, P * sizeof *scratch), *factor = wbi_alloc_array(P, P * sizeof *factor);
    double squares[N];
    for (size_t j = 0; j < P; j++)
        for (size_t k = 0; k < P; k++)
            factor[j * P + k] = k > j ? (double)NAN : k == j ? 2 + 0.01 * (double)j : 0.1 * cos((double)(j * k));
    wbi_blas_single_thread();
    wbi_blas_squares(squares, &f.rows, factor, scratch);
    for (size_t i = 0; i < N; i++) {
        double z[P], sum = 0;
        for (size_t j = 0; j < P; j++) {
            z[j] = f.rows.x[i * f.rows.stride + j];
            for (size_t k = 0; k < j; k++)
                z[j] -= factor[j * P + k] * z[k];
            z[j] /= factor[j * P + j];
            sum += z[j] * z[j];
        }
        assert_close(squares[i] / sum, 1, 1e-11);
    }
    wbi_free(scratch);
    wbi_free(factor);
    drop(&f);
}

/* x'Mx in long double, for any number of rows and columns; what lies above the diagonal is not looked at. The last row on its
 * own has the same bits. */
static void check_quadratic(const wbi_kernels *kernels, size_t n_rows, size_t n_columns)
{
    fixture f = make(n_rows, n_columns);
    const size_t stride = f.rows.stride;
    double *matrix = wbi_alloc_array(n_columns * n_columns, sizeof *matrix);
    double *packed = wbi_alloc_aligned(stride * stride, sizeof *packed), *values = wbi_alloc_array(n_rows, sizeof *values);
    for (size_t j = 0; j < n_columns; j++)
        for (size_t k = 0; k < n_columns; k++)
            matrix[j * n_columns + k] = k > j ? (double)NAN : number(11 * j * n_columns + k);
    wbi_kernel_pack(packed, matrix, n_columns, stride);
    kernels->quadratic(values, &f.rows, packed);
    for (size_t i = 0; i < n_rows; i++) {
        const double *x = f.x + i * stride;
        long double sum = 0, size = 0;
        for (size_t j = 0; j < n_columns; j++)
            for (size_t k = 0; k < n_columns; k++) {
                const long double term = (long double)x[j] * matrix[j > k ? j * n_columns + k : k * n_columns + j] * x[k];
                sum += term;
                size += fabsl(term);
            }
        assert_true(fabsl(values[i] - sum) <= 1e-15L * (long double)(n_columns + 1) * size);
    }
    const wbi_matrix_rows last = {f.x + (n_rows - 1) * stride, stride, 1, n_columns};
    double alone;
    kernels->quadratic(&alone, &last, packed);
    assert_true(alone == values[n_rows - 1]);
    wbi_free(matrix);
    wbi_free(packed);
    wbi_free(values);
    drop(&f);
}

static void quadratic_forms(void **state)
{
    (void)state;
    static const size_t columns[] = {1, 2, 7, 8, 9, 16, 31, 70};
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (size_t n_rows = 1; n_rows <= 13; n_rows++)
                check_quadratic(wbi_kernels_at(s), n_rows, columns[c]);
}

static void blas_is_openblas(void **state)
{
    (void)state;
    void (*function)(const enum CBLAS_ORDER, const enum CBLAS_UPLO, const enum CBLAS_TRANSPOSE, const int, const int,
                     const double, const double *, const int, const double, double *, const int) = cblas_dsyrk;
    void *address;
    memcpy(&address, &function, sizeof address);
    Dl_info info;
    assert_true(dladdr(address, &info) != 0);
    assert_non_null(strstr(info.dli_fname, "openblas"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_algebra),        cmocka_unit_test(eta_does_not_depend_on_the_block),
        cmocka_unit_test(logistic_against_libm), cmocka_unit_test(sigmoid_at_the_ends),
        cmocka_unit_test(log_losses_against_libm), cmocka_unit_test(line_against_libm),
        cmocka_unit_test(wide_crossproduct),     cmocka_unit_test(blas_is_openblas),
        cmocka_unit_test(squares_of_rows),       cmocka_unit_test(quadratic_forms),
        cmocka_unit_test(scaling),               cmocka_unit_test(columns_become_rows), cmocka_unit_test(decimals_are_quotients),
        cmocka_unit_test(sifted_values_lie_in_no_gap),
        cmocka_unit_test(places_are_of_equals),
        cmocka_unit_test(buckets_are_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
