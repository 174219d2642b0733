/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numeric kernels over rows of doubles: no I/O, no allocation, no threads. A row's results do not depend on its place
 * in the call, so any cut into blocks gives the same bits per row. */
#ifndef WINBACK_KERNEL_KERNEL_H
#define WINBACK_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows are padded with zeros to a multiple of this many doubles and start at multiples of 64 bytes. */
enum { WBI_KERNEL_PAD = 8, WBI_KERNEL_FUSED_COLUMNS = 64 };

/* Rows of a matrix: row i begins at x + i * stride; the columns from n_columns to stride are zero. */
typedef struct wbi_matrix_rows {
    const double *x;
    size_t stride, n_rows, n_columns;
} wbi_matrix_rows;

/* Where moments are added up: the sum of the weights, then, for each column, sums of w d and w d^2, and the range. */
typedef struct wbi_kernel_moments {
    double *weight, *first, *second, *low, *high;
} wbi_kernel_moments;

/* How the columns of a matrix are standardised: to (x - mean) * inverse_sd. */
typedef struct wbi_kernel_scale {
    const double *mean, *inverse_sd;
} wbi_kernel_scale;

/* A column of numbers on its way into rows. What is not finite is missing. */
typedef struct wbi_kernel_column {
    const double *values;    /* one a row */
    const int32_t *decimals; /* or these short decimals, where `values` is NULL */
    size_t place;         /* in each row */
    bool indicator;       /* known values become 0, else they stay */
    double missing;       /* what a missing value becomes, before it is standardised */
    double mean, inverse_sd;
} wbi_kernel_column;

/* eta = intercept + slope x, and the weight of the rows at each x by outcome. */
typedef struct wbi_kernel_line {
    double intercept, slope;
    const double *x, *negative, *positive;
} wbi_kernel_line;

/* Numbers above `low` and below `high`, and of some values how many are above the former and how many not below the latter. */
typedef struct wbi_kernel_gap {
    float low;
    size_t n_above_low;
    float high;
    size_t n_from_high;
} wbi_kernel_gap;

/* Its loss, and with r and v as the first and second derivatives of that by eta the sums of r, r x, v, v x and v x^2. */
enum { WBI_LINE_LOSS, WBI_LINE_R, WBI_LINE_RX, WBI_LINE_V, WBI_LINE_VX, WBI_LINE_VXX, WBI_LINE_SUMS };

/* One set of implementations; all sets agree to rounding. */
typedef struct wbi_kernels {
    const char *name;
    /* eta[i] = sum over columns of x[i][j] beta[j] */
    void (*eta)(double *eta, const wbi_matrix_rows *rows, const double *beta);
    /* sums[j] += sum over rows of residual[i] x[i][j] */
    void (*gradient)(double *sums, const wbi_matrix_rows *rows, const double *residual);
    /* sums[j * n_columns + k] += sum over rows of v[i] x[i][j] x[i][k] for k <= j; at most WBI_KERNEL_FUSED_COLUMNS
     * columns. v of any sign. Other entries are not touched. */
    void (*crossproduct)(double *sums, const wbi_matrix_rows *rows, const double *v);
    /* Returns the sum of weight[i] loss_i with loss = log(1 + exp(eta)) - y eta, and gives its first and second
     * derivatives by eta: residual = weight (p - y), curvature = weight p (1 - p). weight NULL: all 1. */
    double (*logistic)(double *residual, double *curvature, const double *eta, const uint8_t *outcome,
                       const double *weight, size_t n);
    /* p[i] = 1 / (1 + exp(-eta[i])) */
    void (*sigmoid)(double *p, const double *eta, size_t n);
    /* Of rows of any alignment and without padding: adds to the moments of d = x - shift. weight NULL: all 1. */
    void (*moments)(const wbi_kernel_moments *to, const wbi_matrix_rows *rows, const double *shift, const double *weight);
    /* From such rows to ones with an intercept of 1 and the columns standardised behind it, `stride` apart; what lies behind is
     * zeroed. */
    void (*standardise)(double *out, size_t stride, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale);
    /* What `eta` and `gradient` find of those rows, without writing them. */
    void (*matrix_eta)(double *eta, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale, const double *beta);
    void (*matrix_gradient)(double *sums, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale, const double *residual);
    /* What `matrix_eta`, `logistic` and `matrix_gradient` find after each other, looking at each row once: returns the loss. */
    double (*matrix_loss)(double *sums, double *curvature, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale,
                          const double *beta, const uint8_t *outcome, const double *weight);
    /* What `crossproduct` finds of those rows. */
    void (*matrix_crossproduct)(double *sums, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale, const double *v);
    /* out[i * stride + place] = (value i - mean) * inverse_sd, for each of the columns; what lies between stays. All sets
     * give the same bits. */
    void (*interleave)(double *out, size_t stride, const wbi_kernel_column *columns, size_t n_columns, size_t n_rows);
    /* The numbers that short decimals stand for (wbi_decimal_number). All sets give the same bits. */
    void (*decimals)(double *out, const int32_t *values, size_t n);
    /* bucket[i] = (value i - low) * per_unit without its fraction, the value taken for `low` where it is less or none, for `high`
     * where it is more. All sets give the same. */
    void (*buckets)(int32_t *bucket, const double *values, double low, double high, double per_unit, size_t n);
    /* Adds what there is to say of n values, at most 64, to the gaps. Bit i of what is returned: value i is in none of them. A
     * value counts as the float that is nearest to it. All sets give the same. */
    uint64_t (*sift)(wbi_kernel_gap *gaps, size_t n_gaps, const double *values, size_t n);
    /* place[i] = the least k for which value i is of[k]; n_of, of which there are at most 127, where there is none. All sets
     * give the same. */
    void (*places)(int8_t *place, const double *values, size_t n, const double *of, size_t n_of);
    /* values[i] = x_i' M x_i, M symmetric and packed by wbi_kernel_pack for rows of this stride. */
    void (*quadratic)(double *values, const wbi_matrix_rows *rows, const double *packed);
    /* What predicting p costs when it comes true, -log(p), and when not, -log(1 - p), with p kept `least` away from 0 and 1. */
    void (*log_losses)(double *if_true, double *if_false, const double *p, double least, size_t n);
    /* Adds to the sums those of a logistic regression on one number, over n values of it, each with weights of either outcome. */
    void (*line)(double sums[WBI_LINE_SUMS], const wbi_kernel_line *of, size_t n);
} wbi_kernels;

extern const wbi_kernels wbi_kernels_portable;
#ifdef WBI_KERNEL_X86
extern const wbi_kernels wbi_kernels_x86_v3; /* AVX2 and FMA */
extern const wbi_kernels wbi_kernels_x86_v4; /* and AVX-512 */
#endif

/* The best set this processor runs. */
const wbi_kernels *wbi_kernels_best(void);
/* The i-th best, the last of which runs on all processors; NULL behind that. */
const wbi_kernels *wbi_kernels_at(size_t i);

/* Packs a symmetric matrix (n x n, of which the lower triangle is read) for `quadratic` over rows of n columns, `stride`
 * apart; `packed` has stride * stride doubles. */
void wbi_kernel_pack(double *packed, const double *matrix, size_t n, size_t stride);

/* Crossproduct of any width by BLAS, same sums, v >= 0; `scratch` holds n_rows * stride doubles at a 64-byte boundary. */
void wbi_blas_crossproduct(double *sums, const wbi_matrix_rows *rows, const double *v, double *scratch);
/* squares[i] = |L^-1 x_i|^2 = x_i' (L L')^-1 x_i, L the lower triangle of `factor` (n_columns x n_columns); `scratch` holds
 * n_rows * n_columns doubles. */
void wbi_blas_squares(double *squares, const wbi_matrix_rows *rows, const double *factor, double *scratch);
/* Tells OpenBLAS to use the calling thread only; to be called before the first use, any number of times. The setting is
 * one for the process. */
void wbi_blas_single_thread(void);

#endif
