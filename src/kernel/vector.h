/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of a kernel set, written once on GCC's vector extension and compiled per instruction set; the including
 * file defines KERNEL_SET, KERNEL_NAME, and LANES, the doubles in a register. Multiplications and additions may be fused here
 * (-ffp-contract=fast), and every tail runs through the vector code on padded copies, so that a row's bits never depend
 * on where a block ends. */
#include "base/decimals.h"
#include "kernel/kernel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { PANEL_ROWS = 32, AHEAD_ROWS = 128, PARTS = WBI_KERNEL_PAD / LANES, PADS_AT_ONCE = 4 };

/* Tiles of a crossproduct; a vector's columns times SQUARE_VECTORS are WBI_KERNEL_PAD or twice that. */
#ifndef SQUARE_VECTORS
#define SQUARE_VECTORS PARTS
#endif

/* Of quadratic forms. */
#ifndef FORM_LANES
#define FORM_LANES LANES
#endif
enum { TILE_ROWS = FORM_LANES, FORM_PARTS = WBI_KERNEL_PAD / FORM_LANES };

typedef double form_vec __attribute__((vector_size(8 * FORM_LANES), aligned(8), may_alias));
typedef double vec __attribute__((vector_size(8 * LANES), may_alias));
typedef double vec_unaligned __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
typedef uint64_t vec_bits __attribute__((vector_size(8 * LANES), may_alias));
typedef int32_t half __attribute__((vector_size(4 * LANES), may_alias));
typedef double vec_twice __attribute__((vector_size(16 * LANES), aligned(8), may_alias));
typedef float floats __attribute__((vector_size(8 * LANES)));
typedef int32_t halves __attribute__((vector_size(8 * LANES)));
typedef int8_t bytes __attribute__((vector_size(LANES), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define LOAD(p) (*(const vec_unaligned *)(p))
#define STORE(p, v) (*(vec_unaligned *)(p) = (v))
#define SPLAT(a) ((a) - (vec){0})
/* mask ? a : b, lane by lane */
#define SELECT(mask, a, b) ((vec)(((vec_bits)(mask) & (vec_bits)(a)) | (~(vec_bits)(mask) & (vec_bits)(b))))
/* a where v is finite, else b, lane by lane */
#ifndef IF_FINITE
#define IF_FINITE(v, a, b) SELECT((vec)((vec_bits)(v) & ~(vec_bits)SPLAT(-0.0)) < SPLAT((double)INFINITY), a, b)
#endif
/* The lower and the higher of two numbers, lane by lane, and b where one is none. */
#ifndef LOWER
#define LOWER(a, b) SELECT((a) < (b), a, b)
#define HIGHER(a, b) SELECT((a) > (b), a, b)
#endif

#ifdef __clang__
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, ...) __builtin_shuffle(a, b, (vec_bits){__VA_ARGS__})
#endif

/* x[i][j] becomes x[j][i]. */
INLINE void transpose(vec x[LANES])
{
#if LANES == 8
    vec pairs[LANES], fours[LANES];
    for (size_t a = 0; a < LANES; a += 2) {
        pairs[a] = PICK(x[a], x[a + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        pairs[a + 1] = PICK(x[a], x[a + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (size_t i = 0; i < LANES / 2; i++) {
        const size_t a = i / 2 * 4 + i % 2;
        fours[a] = PICK(pairs[a], pairs[a + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        fours[a + 2] = PICK(pairs[a], pairs[a + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (size_t a = 0; a < LANES / 2; a++) {
        x[a] = PICK(fours[a], fours[a + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        x[a + 4] = PICK(fours[a], fours[a + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#elif LANES == 4
    const vec even_a = PICK(x[0], x[1], 0, 4, 2, 6), odd_a = PICK(x[0], x[1], 1, 5, 3, 7);
    const vec even_b = PICK(x[2], x[3], 0, 4, 2, 6), odd_b = PICK(x[2], x[3], 1, 5, 3, 7);
    x[0] = PICK(even_a, even_b, 0, 1, 4, 5);
    x[1] = PICK(odd_a, odd_b, 0, 1, 4, 5);
    x[2] = PICK(even_a, even_b, 2, 3, 6, 7);
    x[3] = PICK(odd_a, odd_b, 2, 3, 6, 7);
#else
    const vec first = PICK(x[0], x[1], 0, 2);
    x[1] = PICK(x[0], x[1], 1, 3);
    x[0] = first;
#endif
}

INLINE double sum_lanes(const double *lanes)
{
    double sum = 0;
    for (size_t i = 0; i < LANES; i++)
        sum += lanes[i];
    return sum;
}

/* The polynomial with the n coefficients, the constant first, at x: even and odd powers side by side, for the sums that wait
 * for each other are then half as many. */
INLINE vec polynomial(const double *coefficients, size_t n, const vec *x)
{
    const vec square = *x * *x;
    vec last = SPLAT(coefficients[n - 1]), other = SPLAT(coefficients[n - 2]);
    for (size_t i = n - 2; i-- > 0;) {
        const vec sum = last * square + SPLAT(coefficients[i]);
        last = other;
        other = sum;
    }
    return last * *x + other;
}

/* exp(x) for x <= 0, as 2^k exp(r) with |r| <= ln(2)/2 and the Chebyshev interpolant of degree 11 there (off by less than
 * 2e-17). Below -708 the result stays at exp(-708), a normal number. */
INLINE void exp_negative(vec *out, const vec *at)
{
    static const double coefficients[] = {1.0,
                                          1.0,
                                          0.5000000000000019,
                                          0.1666666666666668,
                                          0.0416666666664881,
                                          0.008333333333319601,
                                          0.0013888888952314775,
                                          0.00019841269890047113,
                                          2.4801485482328494e-05,
                                          2.755724091857897e-06,
                                          2.763263963904103e-07,
                                          2.5110037605963777e-08};
    const vec to_integer = SPLAT(0x1.8p52); /* adding it rounds to a whole number, held in the low bits */
    vec x = SELECT(*at < SPLAT(-708.0), SPLAT(-708.0), *at);
    vec shifted = x * SPLAT(1.4426950408889634) + to_integer;
    vec k = shifted - to_integer;
    vec r = (x - k * SPLAT(6.93147180369123816490e-01)) - k * SPLAT(1.90821492927058770002e-10);
    vec p = polynomial(coefficients, sizeof coefficients / sizeof *coefficients, &r);
    *out = (vec)((vec_bits)p + ((vec_bits)shifted << 52));
}

/* atanh(s) / s for |s| <= 1/3 as the Chebyshev interpolant of degree 10 in s^2 (off by less than 3e-18). */
enum { N_ATANH = 11 };
static const double atanh_coefficients[N_ATANH] = {
    1.0,                 0.33333333333333076, 0.20000000000092874,  0.14285714272727057, 0.11111112040373837, 0.09090870416252403,
    0.07693307021152004, 0.06650187016337313, 0.06055084364034609, 0.0416225325593041,  0.08522081781390699};

/* log(1 + t) for 0 <= t <= 1, as 2 atanh(s) with s = t / (2 + t) <= 1/3. */
INLINE void log1p_unit(vec *out, const vec *t)
{
    vec s = *t / (SPLAT(2.0) + *t), z = s * s;
    *out = SPLAT(2.0) * s * polynomial(atanh_coefficients, N_ATANH, &z);
}

/* What logistic loss needs at LANES values of eta: p, t = exp(-|eta|) and q = 1 / (1 + t). */
INLINE void sigmoid_parts(vec *p, vec *t, vec *q, const vec *eta)
{
    vec minus_abs = (vec)((vec_bits)*eta | (vec_bits)SPLAT(-0.0));
    exp_negative(t, &minus_abs);
    *q = SPLAT(1.0) / (SPLAT(1.0) + *t);
    *p = SELECT(*eta >= SPLAT(0.0), *q, *t * *q);
}

static void sigmoid_lanes(double *p, const double *eta)
{
    vec at = LOAD(eta), value, t, q;
    sigmoid_parts(&value, &t, &q, &at);
    STORE(p, value);
}

static void sigmoid(double *p, const double *eta, size_t n)
{
    size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        sigmoid_lanes(p + i, eta + i);
    if (whole < n) {
        double in[LANES] = {0}, out[LANES];
        memcpy(in, eta + whole, (n - whole) * sizeof *eta);
        sigmoid_lanes(out, in);
        memcpy(p + whole, out, (n - whole) * sizeof *p);
    }
}

INLINE void logistic_lanes(double *loss, double *residual, double *curvature, const double *eta, const uint8_t *outcome,
                      const double *weight)
{
    vec at = LOAD(eta), w = LOAD(weight), p, t, q, log_term;
    double as_number[LANES];
    for (size_t i = 0; i < LANES; i++)
        as_number[i] = outcome[i];
    vec y = LOAD(as_number);
    sigmoid_parts(&p, &t, &q, &at);
    log1p_unit(&log_term, &t);
    vec positive_part = SELECT(at > SPLAT(0.0), at, SPLAT(0.0));
    STORE(loss, LOAD(loss) + w * (log_term + (positive_part - y * at)));
    STORE(residual, w * (p - y));
    STORE(curvature, w * (t * q * q));
}

static double logistic(double *residual, double *curvature, const double *eta, const uint8_t *outcome,
                       const double *weight, size_t n)
{
    double loss[LANES] = {0}, ones[LANES];
    size_t whole = n / LANES * LANES, rest = n - whole;
    for (size_t i = 0; i < LANES; i++)
        ones[i] = 1;
    for (size_t i = 0; i < whole; i += LANES)
        logistic_lanes(loss, residual + i, curvature + i, eta + i, outcome + i, weight == NULL ? ones : weight + i);
    if (rest > 0) {
        double last_eta[LANES] = {0}, last_weight[LANES] = {0}, r[LANES], v[LANES];
        uint8_t last_outcome[LANES] = {0};
        memcpy(last_eta, eta + whole, rest * sizeof *eta);
        memcpy(last_weight, weight == NULL ? ones : weight + whole, rest * sizeof *weight);
        memcpy(last_outcome, outcome + whole, rest);
        logistic_lanes(loss, r, v, last_eta, last_outcome, last_weight);
        memcpy(residual + whole, r, rest * sizeof *residual);
        memcpy(curvature + whole, v, rest * sizeof *curvature);
    }
    return sum_lanes(loss);
}

static void eta(double *out, const wbi_matrix_rows *rows, const double *beta)
{
    size_t whole = rows->n_columns / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
    double last[WBI_KERNEL_PAD] = {0};
    memcpy(last, beta + whole, (rows->n_columns - whole) * sizeof *beta);
    for (size_t i = 0; i < rows->n_rows; i++) {
        const double *x = rows->x + i * rows->stride;
        vec sum[PARTS];
        for (size_t a = 0; a < PARTS; a++)
            sum[a] = SPLAT(0.0);
        if (whole < rows->stride)
            for (size_t a = 0; a < PARTS; a++)
                sum[a] = LOAD(x + whole + a * LANES) * LOAD(last + a * LANES);
        for (size_t j = 0; j < whole; j += WBI_KERNEL_PAD)
            for (size_t a = 0; a < PARTS; a++)
                sum[a] += LOAD(x + j + a * LANES) * LOAD(beta + j + a * LANES);
        double total[LANES];
        for (size_t a = 1; a < PARTS; a++)
            sum[0] += sum[a];
        STORE(total, sum[0]);
        out[i] = sum_lanes(total);
    }
}

/* Of the columns from j on that fill `n_pads` pads, whose sums do not wait for each other. */
INLINE void gradient_tile(double *sums, const wbi_matrix_rows *rows, const double *residual, size_t j, size_t n_pads)
{
    const double *x = rows->x + j;
    vec sum[PADS_AT_ONCE * PARTS];
    double total[PADS_AT_ONCE * WBI_KERNEL_PAD];
    for (size_t a = 0; a < n_pads * PARTS; a++)
        sum[a] = SPLAT(0.0);
    for (size_t i = 0; i < rows->n_rows; i++, x += rows->stride)
        for (size_t a = 0; a < n_pads * PARTS; a++)
            sum[a] += SPLAT(residual[i]) * LOAD(x + a * LANES);
    for (size_t a = 0; a < n_pads * PARTS; a++)
        STORE(total + a * LANES, sum[a]);
    for (size_t k = 0; k < n_pads * WBI_KERNEL_PAD && j + k < rows->n_columns; k++)
        sums[j + k] += total[k];
}

static void gradient(double *sums, const wbi_matrix_rows *rows, const double *residual)
{
    size_t j = 0;
    for (; j + PADS_AT_ONCE * WBI_KERNEL_PAD <= rows->stride; j += PADS_AT_ONCE * WBI_KERNEL_PAD)
        gradient_tile(sums, rows, residual, j, PADS_AT_ONCE);
    for (; j < rows->n_columns; j += WBI_KERNEL_PAD)
        gradient_tile(sums, rows, residual, j, 1);
}

/* Of the crossproduct, of rows `stride` wide, LANES rows by `n_vectors` vectors, with those of one panel added: as many
 * accumulators as registers hold. */
INLINE void crossproduct_tile(double *tile, const double *weighted, const double *x, size_t stride, size_t n_rows, size_t n_vectors)
{
    vec sum[LANES][SQUARE_VECTORS];
    for (size_t a = 0; a < LANES; a++)
        for (size_t b = 0; b < n_vectors; b++)
            sum[a][b] = *(const vec *)(tile + a * stride + b * LANES);
    for (size_t i = 0; i < n_rows; i++, weighted += stride, x += stride)
        for (size_t a = 0; a < LANES; a++)
            for (size_t b = 0; b < n_vectors; b++)
                sum[a][b] += SPLAT(weighted[a]) * *(const vec *)(x + b * LANES);
    for (size_t a = 0; a < LANES; a++)
        for (size_t b = 0; b < n_vectors; b++)
            *(vec *)(tile + a * stride + b * LANES) = sum[a][b];
}

/* Of each tile's rows what lies up to the diagonal, or, as rows are padded, a little further. */
static void crossproduct_tiles(double *square, const wbi_matrix_rows *panel, const double *weighted)
{
    enum { TILE_COLUMNS = SQUARE_VECTORS * LANES };
    const size_t stride = panel->stride;
    for (size_t j = 0; j < panel->n_columns; j += LANES) {
        const size_t end = (j + LANES + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
        size_t k = 0;
        for (; k + TILE_COLUMNS <= end; k += TILE_COLUMNS)
            crossproduct_tile(square + j * stride + k, weighted + j, panel->x + k, stride, panel->n_rows, SQUARE_VECTORS);
        if (k < end)
            crossproduct_tile(square + j * stride + k, weighted + j, panel->x + k, stride, panel->n_rows, SQUARE_VECTORS / 2);
    }
}

/* Panels are so small that the weighted copy and the rows stay in the first-level cache while all tiles pass over them. */
static void crossproduct_panel(double *square, const wbi_matrix_rows *panel, const double *v)
{
    double weighted[PANEL_ROWS * WBI_KERNEL_FUSED_COLUMNS] __attribute__((aligned(64)));
    const size_t stride = panel->stride;
    for (size_t i = 0; i < panel->n_rows; i++)
        for (size_t j = 0; j < stride; j += LANES)
            STORE(weighted + i * stride + j, SPLAT(v[i]) * LOAD(panel->x + i * stride + j));
    crossproduct_tiles(square, panel, weighted);
}

/* The next PANEL_ROWS rows, or what there is. */
INLINE wbi_matrix_rows panel_at(const wbi_matrix_rows *rows, size_t begin)
{
    const size_t left = rows->n_rows - begin;
    return (wbi_matrix_rows){rows->x + begin * rows->stride, rows->stride, left < PANEL_ROWS ? left : PANEL_ROWS,
                             rows->n_columns};
}

INLINE void add_lower(double *sums, const double *square, size_t n, size_t stride)
{
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k <= j; k++)
            sums[j * n + k] += square[j * stride + k];
}

static void crossproduct(double *sums, const wbi_matrix_rows *rows, const double *v)
{
    double square[WBI_KERNEL_FUSED_COLUMNS * WBI_KERNEL_FUSED_COLUMNS] __attribute__((aligned(64)));
    memset(square, 0, rows->stride * rows->stride * sizeof *square);
    for (size_t begin = 0; begin < rows->n_rows; begin += PANEL_ROWS) {
        const wbi_matrix_rows panel = panel_at(rows, begin);
        crossproduct_panel(square, &panel, v + begin);
    }
    add_lower(sums, square, rows->n_columns, rows->stride);
}

#include "kernel/vector_matrix.h"

/* digits / 10^places */
#ifndef QUOTIENTS
#define QUOTIENTS quotients
INLINE vec quotients(half digits, half places)
{
    vec power;
    for (size_t a = 0; a < LANES; a++)
        power[a] = wbi_decimal_powers[places[a]];
    return __builtin_convertvector(digits, vec) / power;
}
#endif

INLINE vec decimal_lanes(const int32_t *values)
{
    half decimals;
    memcpy(&decimals, values, sizeof decimals);
    return QUOTIENTS(decimals >> WBI_DECIMAL_SHIFT, decimals & WBI_DECIMAL_MISSING);
}

static void decimals(double *out, const int32_t *values, size_t n)
{
    const size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        __builtin_prefetch(values + i + AHEAD_ROWS);
        STORE(out + i, decimal_lanes(values + i));
    }
    for (size_t i = whole; i < n; i++)
        out[i] = wbi_decimal_number(values[i]);
}

/* Values of one column, standardised, and as many as go into registers at once. */
enum { STRETCH_ROWS = 64 };

/* LANES values standardised. */
INLINE vec standard_lanes(const wbi_kernel_column *column, vec v)
{
    const vec known = (vec)((vec_bits)v & (column->indicator ? (vec_bits){0} : ~(vec_bits){0}));
    const vec x = IF_FINITE(v, known, SPLAT(column->missing));
    return (x - SPLAT(column->mean)) * SPLAT(column->inverse_sd);
}

/* So many columns are read that the processor does not see what comes next. */
INLINE void standardise_whole(double *out, const wbi_kernel_column *column, size_t row, size_t n, bool narrow)
{
    const wbi_kernel_column c = *column;
    for (size_t i = row; i < row + n; i += LANES) {
        if (narrow)
            __builtin_prefetch(c.decimals + i + AHEAD_ROWS);
        else
            __builtin_prefetch(c.values + i + AHEAD_ROWS);
        STORE(out + i - row, standard_lanes(&c, narrow ? decimal_lanes(c.decimals + i) : (vec)LOAD(c.values + i)));
    }
}

/* Of `n` rows, at most STRETCH_ROWS, and others up to a whole number of LANES. */
static void standardise_stretch(double *out, const wbi_kernel_column *column, size_t row, size_t n)
{
    const size_t whole = n / LANES * LANES;
    double last[LANES] = {0};
    if (column->values == NULL)
        standardise_whole(out, column, row, whole, true);
    else
        standardise_whole(out, column, row, whole, false);
    for (size_t i = whole; i < n; i++)
        last[i - whole] = column->values == NULL ? wbi_decimal_number(column->decimals[row + i]) : column->values[row + i];
    if (whole < n)
        STORE(out + whole, standard_lanes(column, LOAD(last)));
}

/* Of columns that stand side by side. */
INLINE void place_squares(double *out, size_t stride, const double *columns, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        vec x[LANES];
        for (size_t k = 0; k < LANES; k++)
            x[k] = LOAD(columns + k * STRETCH_ROWS + i);
        transpose(x);
        for (size_t a = 0; a < LANES && i + a < n; a++)
            STORE(out + (i + a) * stride, x[a]);
    }
}

static void interleave(double *out, size_t stride, const wbi_kernel_column *columns, size_t n_columns, size_t n_rows)
{
    double stretch[LANES * STRETCH_ROWS] __attribute__((aligned(64)));
    for (size_t row = 0; row < n_rows; row += STRETCH_ROWS) {
        const size_t n = n_rows - row < STRETCH_ROWS ? n_rows - row : STRETCH_ROWS;
        for (size_t k = 0, n_side; k < n_columns; k += n_side) {
            double *to = out + row * stride + columns[k].place;
            const bool square = k + LANES <= n_columns && columns[k + LANES - 1].place == columns[k].place + LANES - 1;
            n_side = square ? LANES : 1;
            for (size_t c = 0; c < n_side; c++)
                standardise_stretch(stretch + c * STRETCH_ROWS, &columns[k + c], row, n);
            if (square)
                place_squares(to, stride, stretch, n);
            else
                for (size_t i = 0; i < n; i++)
                    to[i * stride] = stretch[i];
        }
    }
}

static void buckets(int32_t *bucket, const double *values, double low, double high, double per_unit, size_t n)
{
    const size_t whole = n / LANES * LANES;
    double last[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        if (i == whole)
            memcpy(last, values + whole, (n - whole) * sizeof *last);
        const vec v = LOAD(i == whole ? last : values + i), above = HIGHER(v, SPLAT(low)), within = LOWER(above, SPLAT(high));
        const half found = __builtin_convertvector((within - SPLAT(low)) * SPLAT(per_unit), half);
        memcpy(bucket + i, &found, (i == whole ? n - whole : LANES) * sizeof *bucket);
    }
}

/* Bit by lane: whether it is all ones; whether x is above y, or at least y. */
#ifndef LANE_BITS
#define LANE_BITS lane_bits
INLINE uint64_t lane_bits(halves mask)
{
    uint64_t bits = 0;
    for (size_t a = 0; a < 2 * LANES; a++)
        bits |= (uint64_t)(mask[a] & 1) << a;
    return bits;
}
#endif
#ifndef ABOVE
#define ABOVE(x, y)    LANE_BITS((x) > (y))
#define AT_LEAST(x, y) LANE_BITS((x) >= (y))
#endif

static uint64_t sift(wbi_kernel_gap *gaps, size_t n_gaps, const double *values, size_t n)
{
    enum { MOST = 64, TWICE = 2 * LANES };
    floats x[MOST / TWICE];
    double all[MOST];
    uint64_t within = 0;
    if (n < MOST) {
        for (size_t i = 0; i < MOST; i++)
            all[i] = i < n ? values[i] : (double)NAN;
        values = all;
    }
    for (size_t k = 0; k < MOST / TWICE; k++)
        x[k] = __builtin_convertvector(*(const vec_twice *)(values + k * TWICE), floats);
    for (size_t g = 0; g < n_gaps; g++) {
        uint64_t above = 0, from = 0;
        for (size_t k = 0; k < MOST / TWICE; k++) {
            above |= ABOVE(x[k], gaps[g].low - (floats){0}) << k * TWICE;
            from |= AT_LEAST(x[k], gaps[g].high - (floats){0}) << k * TWICE;
        }
        gaps[g].n_above_low += (size_t)__builtin_popcountll(above);
        gaps[g].n_from_high += (size_t)__builtin_popcountll(from);
        within |= above & ~from;
    }
    return ~within & (n < MOST ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0);
}

static void places(int8_t *place, const double *values, size_t n, const double *of, size_t n_of)
{
    const size_t whole = n / LANES * LANES;
    double last[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        if (i == whole)
            memcpy(last, values + whole, (n - whole) * sizeof *last);
        const vec v = LOAD(i == whole ? last : values + i);
        vec at = SPLAT((double)n_of);
        for (size_t k = n_of; k-- > 0;)
            at = SELECT(v == SPLAT(of[k]), SPLAT((double)k), at);
        const bytes found = __builtin_convertvector(__builtin_convertvector(at, half), bytes);
        memcpy(place + i, &found, i == whole ? n - whole : LANES);
    }
}

/* TILE_ROWS rows times one panel of the packed matrix, whose columns begin at k: eight accumulators. The matrix has nothing
 * above its diagonal. */
INLINE void quadratic_tile(double *values, const double *const *x, size_t stride, const double *panel, size_t k)
{
    form_vec sum[TILE_ROWS][FORM_PARTS];
    for (size_t a = 0; a < TILE_ROWS; a++)
        for (size_t b = 0; b < FORM_PARTS; b++)
            sum[a][b] = (form_vec){0};
    for (size_t j = k; j < stride; j++)
        for (size_t a = 0; a < TILE_ROWS; a++)
            for (size_t b = 0; b < FORM_PARTS; b++)
                sum[a][b] += (x[a][j] - (form_vec){0}) * *(const form_vec *)(panel + j * WBI_KERNEL_PAD + b * FORM_LANES);
    for (size_t a = 0; a < TILE_ROWS; a++) {
        form_vec total = {0};
        for (size_t b = 0; b < FORM_PARTS; b++)
            total += sum[a][b] * *(const form_vec *)(x[a] + k + b * FORM_LANES);
        values[a] = 0;
        for (size_t b = 0; b < FORM_LANES; b++)
            values[a] += total[b];
    }
}

/* Panel by panel, which stays in a cache for all rows. A last tile that is not whole has its last row several times. */
static void quadratic(double *values, const wbi_matrix_rows *rows, const double *packed)
{
    const size_t n = rows->n_rows, stride = rows->stride;
    for (size_t k = 0; k < stride; k += WBI_KERNEL_PAD)
        for (size_t i = 0; i < n; i += TILE_ROWS) {
            const double *x[TILE_ROWS];
            double tile[TILE_ROWS];
            for (size_t a = 0; a < TILE_ROWS; a++)
                x[a] = rows->x + (i + a < n ? i + a : n - 1) * stride;
            quadratic_tile(tile, x, stride, packed + k * stride, k);
            for (size_t a = 0; a < TILE_ROWS && i + a < n; a++)
                values[i + a] = k == 0 ? tile[a] : values[i + a] + tile[a];
        }
}

/* log(x) for normal x > 0: x = 2^k m with m between the roots of 1/2 and 2, log m = 2 atanh((m - 1) / (m + 1)), by log1p_unit's
 * polynomial. The exponent becomes a number in the low bits of 2^52. */
INLINE void log_normal(vec *out, const vec *x)
{
    const vec_bits root_half = (vec_bits)SPLAT(0x1.6a09e667f3bcdp-1), one = (vec_bits)SPLAT(1.0);
    const vec_bits u = (vec_bits)*x + (one - root_half);
    const vec k = (vec)((u >> 52) | (vec_bits)SPLAT(0x1p52)) - SPLAT(0x1p52 + 1023);
    const vec m = (vec)((u & (((vec_bits){0} + ((uint64_t)1 << 52)) - 1)) + root_half);
    const vec s = (m - SPLAT(1.0)) / (m + SPLAT(1.0)), z = s * s;
    const vec log_m = SPLAT(2.0) * s * polynomial(atanh_coefficients, N_ATANH, &z);
    *out = k * SPLAT(6.93147180369123816490e-01) + (k * SPLAT(1.90821492927058770002e-10) + log_m);
}

static void log_losses_lanes(double *if_true, double *if_false, const double *p, double least)
{
    const vec given = LOAD(p), low = SELECT(given < SPLAT(least), SPLAT(least), given);
    const vec x = SELECT(low > SPLAT(1 - least), SPLAT(1 - least), low);
    const vec rest = SPLAT(1.0) - x, lost = (SPLAT(1.0) - rest) - x; /* 1 - x = rest + lost */
    vec of_x, of_rest;
    log_normal(&of_x, &x);
    log_normal(&of_rest, &rest);
    STORE(if_true, -of_x);
    STORE(if_false, -(of_rest + lost / rest));
}

static void log_losses(double *if_true, double *if_false, const double *p, double least, size_t n)
{
    const size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        log_losses_lanes(if_true + i, if_false + i, p + i, least);
    if (whole < n) {
        double last[LANES] = {0}, last_true[LANES], last_false[LANES];
        memcpy(last, p + whole, (n - whole) * sizeof *p);
        log_losses_lanes(last_true, last_false, last, least);
        memcpy(if_true + whole, last_true, (n - whole) * sizeof *last);
        memcpy(if_false + whole, last_false, (n - whole) * sizeof *last);
    }
}

INLINE void line_lanes(vec sums[WBI_LINE_SUMS], const wbi_kernel_line *of, size_t i)
{
    const vec x = LOAD(of->x + i), positive = LOAD(of->positive + i), total = LOAD(of->negative + i) + positive;
    const vec eta_at = SPLAT(of->intercept) + SPLAT(of->slope) * x;
    vec p, t, q, log_term;
    sigmoid_parts(&p, &t, &q, &eta_at);
    log1p_unit(&log_term, &t);
    const vec above = SELECT(eta_at > SPLAT(0.0), eta_at, SPLAT(0.0));
    const vec r = total * p - positive, v = total * (t * q * q);
    sums[WBI_LINE_LOSS] += total * (log_term + above) - positive * eta_at;
    sums[WBI_LINE_R] += r;
    sums[WBI_LINE_RX] += r * x;
    sums[WBI_LINE_V] += v;
    sums[WBI_LINE_VX] += v * x;
    sums[WBI_LINE_VXX] += v * x * x;
}

static void line(double sums[WBI_LINE_SUMS], const wbi_kernel_line *of, size_t n)
{
    const size_t whole = n / LANES * LANES;
    double last[3][LANES] = {{0}}, lanes[LANES];
    vec in_lanes[WBI_LINE_SUMS];
    for (size_t k = 0; k < WBI_LINE_SUMS; k++)
        in_lanes[k] = SPLAT(0.0);
    for (size_t i = 0; i < whole; i += LANES)
        line_lanes(in_lanes, of, i);
    if (whole < n) {
        memcpy(last[0], of->x + whole, (n - whole) * sizeof *lanes);
        memcpy(last[1], of->negative + whole, (n - whole) * sizeof *lanes);
        memcpy(last[2], of->positive + whole, (n - whole) * sizeof *lanes);
        line_lanes(in_lanes, &(wbi_kernel_line){of->intercept, of->slope, last[0], last[1], last[2]}, 0);
    }
    for (size_t k = 0; k < WBI_LINE_SUMS; k++) {
        STORE(lanes, in_lanes[k]);
        sums[k] += sum_lanes(lanes);
    }
}

const wbi_kernels KERNEL_SET = {KERNEL_NAME, eta,         gradient,   crossproduct,    logistic,    sigmoid,
                                moments,     standardise, matrix_eta, matrix_gradient, matrix_loss, matrix_crossproduct,
                                interleave,  decimals,    buckets,    sift,            places,      quadratic,
                                log_losses,  line};
