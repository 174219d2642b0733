/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that stand side by side become rows eight by eight, a line of the cache each. */
#ifndef WINBACK_KERNEL_INTERLEAVE_AVX512_H
#define WINBACK_KERNEL_INTERLEAVE_AVX512_H

#include <immintrin.h>

enum { EIGHT = 8 };

/* The quarters 0 and 2, or 1 and 3, of one and then of the other. */
#define EVEN_QUARTERS(a, b) _mm512_shuffle_f64x2(a, b, 0x88)
#define ODD_QUARTERS(a, b) _mm512_shuffle_f64x2(a, b, 0xdd)

/* x[i][j] becomes x[j][i]. */
INLINE void transpose_eight(__m512d x[EIGHT])
{
    __m512d pairs[2][EIGHT / 2]; /* of the even places, of the odd ones */
    for (size_t i = 0; i < EIGHT / 2; i++) {
        pairs[0][i] = _mm512_unpacklo_pd(x[2 * i], x[2 * i + 1]);
        pairs[1][i] = _mm512_unpackhi_pd(x[2 * i], x[2 * i + 1]);
    }
    for (size_t odd = 0; odd < 2; odd++) {
        const __m512d *of = pairs[odd];
        const __m512d even_a = EVEN_QUARTERS(of[0], of[1]), even_b = EVEN_QUARTERS(of[2], of[3]);
        const __m512d odd_a = ODD_QUARTERS(of[0], of[1]), odd_b = ODD_QUARTERS(of[2], of[3]);
        x[odd] = EVEN_QUARTERS(even_a, even_b);
        x[2 + odd] = EVEN_QUARTERS(odd_a, odd_b);
        x[4 + odd] = ODD_QUARTERS(even_a, even_b);
        x[6 + odd] = ODD_QUARTERS(odd_a, odd_b);
    }
}

INLINE __m512d take_eight(const wbi_kernel_column *column, size_t row, __mmask8 there)
{
    enum { NAN_OR_INFINITY = 0x99 };
    const __m512d values = _mm512_maskz_loadu_pd(there, column->values + row);
    const __m512d known = _mm512_maskz_mov_pd(column->indicator ? 0 : 0xff, values);
    const __mmask8 missing = _mm512_fpclass_pd_mask(values, NAN_OR_INFINITY);
    const __m512d x = _mm512_mask_mov_pd(known, missing, _mm512_set1_pd(column->missing));
    return _mm512_mul_pd(_mm512_sub_pd(x, _mm512_set1_pd(column->mean)), _mm512_set1_pd(column->inverse_sd));
}

/* Rows of columns that stand side by side, up to eight of them. */
INLINE void place_eight(double *out, size_t stride, const wbi_kernel_column *columns, size_t row, size_t n)
{
    __m512d x[EIGHT];
    for (size_t k = 0; k < EIGHT; k++) {
        __builtin_prefetch(columns[k].values + row + AHEAD_ROWS);
        x[k] = take_eight(&columns[k], row, (__mmask8)(0xff >> (EIGHT - n)));
    }
    transpose_eight(x);
    for (size_t a = 0; a < n; a++)
        _mm512_storeu_pd(out + a * stride + columns[0].place, x[a]);
}

static void interleave_by_eight(double *out, size_t stride, const wbi_kernel_column *columns, size_t n_columns, size_t n_rows)
{
    for (; n_columns >= EIGHT && columns[EIGHT - 1].place == columns[0].place + EIGHT - 1; columns += EIGHT, n_columns -= EIGHT)
        for (size_t i = 0; i < n_rows; i += EIGHT)
            place_eight(out + i * stride, stride, columns, i, n_rows - i < EIGHT ? n_rows - i : EIGHT);
    interleave(out, stride, columns, n_columns, n_rows);
}

#endif
