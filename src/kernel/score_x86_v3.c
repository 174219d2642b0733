/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoring by AVX2. Ends of blocks run through the same code on padded copies. */
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/score.h"

enum { LANES = WBI_SCORE_LANES, VECTORS = 8, BLOCK = LANES * VECTORS };

#define INLINE static inline __attribute__((always_inline))

/* All bits of a lane where the number is finite: its size is below infinity. */
INLINE __m256d known(__m256d v)
{
    return _mm256_cmp_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), v), _mm256_set1_pd((double)INFINITY), _CMP_LT_OQ);
}

INLINE __m256d line_at(__m256d v, __m256d slope, __m256d centre, __m256d missing)
{
    return _mm256_blendv_pd(missing, _mm256_mul_pd(_mm256_sub_pd(v, centre), slope), known(v));
}

/* ---- rows ---- */

/* Sums of the lanes of four rows, as wbi_score_join adds them. */
INLINE __m256d join(double base, const __m256d sum[LANES])
{
    const __m256d low = _mm256_hadd_pd(sum[0], sum[1]), high = _mm256_hadd_pd(sum[2], sum[3]);
    const __m256d first = _mm256_permute2f128_pd(low, high, 0x20), second = _mm256_permute2f128_pd(low, high, 0x31);
    return _mm256_add_pd(_mm256_set1_pd(base), _mm256_add_pd(first, second));
}

INLINE void add_rows(double *sums, const wbi_score_lines *lines, const double *const x[LANES])
{
    __m256d sum[LANES];
    for (size_t r = 0; r < LANES; r++)
        sum[r] = _mm256_setzero_pd();
    for (size_t g = 0; g < lines->n_groups; g++) {
        const __m256d slope = _mm256_loadu_pd(lines->slope + g * LANES), centre = _mm256_loadu_pd(lines->centre + g * LANES);
        const __m256d missing = _mm256_loadu_pd(lines->missing + g * LANES);
        for (size_t r = 0; r < LANES; r++)
            sum[r] = _mm256_add_pd(sum[r], line_at(_mm256_loadu_pd(x[r] + lines->at[g]), slope, centre, missing));
    }
    _mm256_storeu_pd(sums, join(lines->base, sum));
}

/* Rows too short for a vector, and those behind the last four. */
static void add_last_rows(double *sums, const wbi_score_lines *lines, const double *x, size_t stride, size_t n_rows)
{
    const size_t n = lines->n_columns;
    const double *at[LANES];
    double room[LANES][LANES] = {{0}}, last[LANES];
    for (size_t r = 0; r < LANES; r++) {
        at[r] = x + (r < n_rows ? r : n_rows - 1) * stride;
        if (n < LANES) {
            memcpy(room[r], at[r], n * sizeof *x);
            at[r] = room[r];
        }
    }
    add_rows(last, lines, at);
    memcpy(sums, last, n_rows * sizeof *sums);
}

static void rows(double *sums, const wbi_score_lines *lines, const double *x, size_t stride, size_t n_rows)
{
    const size_t whole = lines->n_columns < LANES ? 0 : n_rows / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        const double *const at[LANES] = {x + i * stride, x + (i + 1) * stride, x + (i + 2) * stride, x + (i + 3) * stride};
        add_rows(sums + i, lines, at);
    }
    for (size_t i = whole; i < n_rows; i += LANES)
        add_last_rows(sums + i, lines, x + i * stride, stride, n_rows - i < LANES ? n_rows - i : LANES);
}

/* ---- columns of numbers ---- */

/* Each lane counts for itself, down from 0. */
typedef struct counts {
    __m256i known, outside;
} counts;

INLINE void count(counts *found, __m256d v, __m256d is_known, double low, double high)
{
    const __m256d outside = _mm256_or_pd(_mm256_cmp_pd(v, _mm256_set1_pd(low), _CMP_LT_OQ),
                                         _mm256_cmp_pd(v, _mm256_set1_pd(high), _CMP_GT_OQ));
    found->known = _mm256_add_epi64(found->known, _mm256_castpd_si256(is_known));
    found->outside = _mm256_add_epi64(found->outside, _mm256_castpd_si256(_mm256_and_pd(is_known, outside)));
}

INLINE uint64_t add_lanes(__m256i down)
{
    int64_t lanes[LANES];
    _mm256_storeu_si256((__m256i *)lanes, down);
    return (uint64_t)-(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
}

typedef void add_block(double *sums, counts *counts, const void *what, const double *values);

/* `counts` NULL: nobody counts. */
INLINE void add_blocks(add_block *add, counts *found, double *sums, const void *what, const double *values, size_t n)
{
    const size_t whole = n / BLOCK * BLOCK;
    for (size_t i = 0; i < whole; i += BLOCK)
        add(sums + i, found, what, values + i);
    if (whole < n) {
        double last[BLOCK], last_sums[BLOCK] = {0};
        for (size_t i = 0; i < BLOCK; i++)
            last[i] = (double)NAN;
        memcpy(last, values + whole, (n - whole) * sizeof *last);
        memcpy(last_sums, sums + whole, (n - whole) * sizeof *last);
        add(last_sums, found, what, last);
        memcpy(sums + whole, last_sums, (n - whole) * sizeof *last);
    }
}

INLINE void add_numbers(add_block *add, double *sums, wbi_score_tally *tally, const void *what, const double *values, size_t n)
{
    counts found = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    if (tally == NULL) {
        add_blocks(add, NULL, sums, what, values, n);
        return;
    }
    add_blocks(add, &found, sums, what, values, n);
    tally->n_imputed += n - add_lanes(found.known);
    tally->n_outside += add_lanes(found.outside);
}

INLINE void add_line(double *sums, counts *found, const void *what, const double *values)
{
    const wbi_score_line *line = what;
    const __m256d slope = _mm256_set1_pd(line->slope), centre = _mm256_set1_pd(line->centre);
    for (size_t i = 0; i < BLOCK; i += LANES) {
        const __m256d v = _mm256_loadu_pd(values + i);
        if (found != NULL)
            count(found, v, known(v), line->low, line->high);
        const __m256d adds = line_at(v, slope, centre, _mm256_set1_pd(line->missing));
        _mm256_storeu_pd(sums + i, _mm256_add_pd(_mm256_loadu_pd(sums + i), adds));
    }
}

static void line(double *sums, wbi_score_tally *tally, const wbi_score_line *line, const double *values, size_t n)
{
    add_numbers(add_line, sums, tally, line, values, n);
}

/* ---- curves ---- */

/* The high halves of doubles, which are in order as these are if no sign is set. */
INLINE __m256i high_halves(__m256d a, __m256d b)
{
    return _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b), 0xdd));
}

/* Two doubles of four intervals, as two vectors of four: that of power 0 and that of power 1. */
INLINE void take_pairs(__m256d *first, __m256d *second, const double *const of[LANES], size_t pair)
{
    const __m256d even = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(of[0] + pair)), _mm_loadu_pd(of[2] + pair), 1);
    const __m256d odd = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(of[1] + pair)), _mm_loadu_pd(of[3] + pair), 1);
    *first = _mm256_unpacklo_pd(even, odd);
    *second = _mm256_unpackhi_pd(even, odd);
}

/* The cubics at u, each value in the interval of its own. */
INLINE __m256d cubics_at(__m256d u, const double *const of[LANES])
{
    __m256d c0, c1, c2, c3;
    take_pairs(&c0, &c1, of, 0);
    take_pairs(&c2, &c3, of, 2);
    const __m256d slope = _mm256_add_pd(c1, _mm256_mul_pd(u, _mm256_add_pd(c2, _mm256_mul_pd(u, c3))));
    return _mm256_add_pd(c0, _mm256_mul_pd(u, slope));
}

/* Where a value and a knot above it have the same high half, the interval that was found is too high. */
static void find_exactly(const double *of[LANES], const double values[LANES])
{
    for (size_t a = 0; a < LANES; a++)
        while (values[a] < of[a][LANES])
            of[a] -= WBI_SCORE_INTERVAL;
}

/* `at` lies between the ends; `places` says where the intervals begin. */
INLINE __m256d curve_at(const wbi_score_curve *curve, __m256d at, const int32_t *places, const int order[LANES])
{
    const double *of[LANES];
    double values[LANES];
    __m256d knot, inverse_width;
    for (size_t a = 0; a < LANES; a++)
        of[a] = curve->intervals + places[order[a]];
    take_pairs(&knot, &inverse_width, of, LANES);
    if (__builtin_expect(_mm256_movemask_pd(_mm256_cmp_pd(at, knot, _CMP_LT_OQ)) != 0, 0)) {
        _mm256_storeu_pd(values, at);
        find_exactly(of, values);
        take_pairs(&knot, &inverse_width, of, LANES);
    }
    return cubics_at(_mm256_mul_pd(_mm256_sub_pd(at, knot), inverse_width), of);
}

/* Intervals are found by asking all knots, as many as there can be: those that are not there lie above everything. */
INLINE void add_curve(double *sums, counts *found, const void *what, const double *values)
{
    static const int order[2][LANES] = {{0, 1, 4, 5}, {2, 3, 6, 7}}; /* of high_halves */
    const wbi_score_curve *curve = what;
    const __m256d first = _mm256_set1_pd(curve->first), last = _mm256_set1_pd(curve->last);
    __m256d at[VECTORS];
    __m256i high[VECTORS / 2], place[VECTORS / 2];
    int32_t places[VECTORS / 2][2 * LANES];
    for (size_t j = 0; j < VECTORS; j++)
        at[j] = _mm256_min_pd(_mm256_max_pd(_mm256_loadu_pd(values + j * LANES), first), last);
    for (size_t j = 0; j < VECTORS / 2; j++) {
        high[j] = high_halves(_mm256_sub_pd(at[2 * j], first), _mm256_sub_pd(at[2 * j + 1], first));
        place[j] = _mm256_set1_epi32(WBI_SCORE_INTERVALS - 1);
    }
    for (size_t k = 0; k < WBI_SCORE_INTERVALS - 1; k++)
        for (size_t j = 0; j < VECTORS / 2; j++)
            place[j] = _mm256_add_epi32(place[j], _mm256_cmpgt_epi32(_mm256_set1_epi32(curve->high_halves[k]), high[j]));
    for (size_t j = 0; j < VECTORS / 2; j++)
        _mm256_storeu_si256((__m256i *)places[j], _mm256_slli_epi32(place[j], 3));
    for (size_t j = 0; j < VECTORS; j++) {
        const __m256d v = _mm256_loadu_pd(values + j * LANES), is_known = known(v);
        if (found != NULL)
            count(found, v, is_known, curve->low, curve->high);
        const __m256d adds = _mm256_blendv_pd(_mm256_set1_pd(curve->missing),
                                              curve_at(curve, at[j], places[j / 2], order[j % 2]), is_known);
        _mm256_storeu_pd(sums + j * LANES, _mm256_add_pd(_mm256_loadu_pd(sums + j * LANES), adds));
    }
}

static void curve(double *sums, wbi_score_tally *tally, const wbi_score_curve *curve, const double *values, size_t n)
{
    add_numbers(add_curve, sums, tally, curve, values, n);
}

/* ---- columns of codes ---- */

static void levels(double *sums, wbi_score_tally *tally, const wbi_score_levels *levels, const int32_t *codes, size_t n)
{
    enum { AT_ONCE = 8 };
    const size_t whole = n / AT_ONCE * AT_ONCE;
    const __m256i unseen = _mm256_set1_epi32(levels->n + 1);
    int n_imputed = 0, n_unseen = 0;
    for (size_t i = 0; i < whole; i += AT_ONCE) {
        const __m256i behind = _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(codes + i)), _mm256_set1_epi32(1));
        const __m256i place = _mm256_min_epu32(behind, unseen);
        uint32_t at[AT_ONCE];
        _mm256_storeu_si256((__m256i *)at, place);
        for (size_t a = 0; a < AT_ONCE; a += LANES) {
            const double *adds = levels->adds;
            const __m256d some = _mm256_set_pd(adds[at[a + 3]], adds[at[a + 2]], adds[at[a + 1]], adds[at[a]]);
            _mm256_storeu_pd(sums + i + a, _mm256_add_pd(_mm256_loadu_pd(sums + i + a), some));
        }
        if (tally != NULL) {
            n_imputed += __builtin_popcount((unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi32(place, _mm256_setzero_si256())));
            n_unseen += __builtin_popcount((unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi32(place, unseen)));
        }
    }
    if (tally != NULL) {
        tally->n_imputed += (uint64_t)n_imputed / sizeof *codes;
        tally->n_unseen += (uint64_t)n_unseen / sizeof *codes;
    }
    wbi_score_kernels_portable.levels(sums + whole, tally, levels, codes + whole, n - whole);
}

/* A conversion that does not fit gives INT32_MIN, which is no code either. */
static void codes(int32_t *out, const double *values, size_t n)
{
    const size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        const __m256d v = _mm256_loadu_pd(values + i);
        const __m128i code = _mm256_cvttpd_epi32(v);
        const __m256d is_whole = _mm256_cmp_pd(_mm256_cvtepi32_pd(code), v, _CMP_EQ_OQ);
        const __m256d no_code = _mm256_blendv_pd(_mm256_set1_pd(-1), _mm256_set1_pd(WBI_SCORE_NO_CODE), known(v));
        _mm_storeu_si128((__m128i *)(out + i), _mm256_cvttpd_epi32(_mm256_blendv_pd(no_code, v, is_whole)));
    }
    wbi_score_kernels_portable.codes(out + whole, values + whole, n - whole);
}

/* ---- reasons ---- */

enum { MOST_RANKS = 5 }; /* that registers hold */

/* Four rows. A number that is none stays what is looked at, and never comes to stand anywhere. */
INLINE void strongest_of_four(const wbi_score_strongest *of, const wbi_score_group *group, size_t i, const size_t n_ranks)
{
    const __m256d sign = _mm256_set1_pd(of->sign);
    __m256d kept[MOST_RANKS], kept_of[MOST_RANKS];
    for (size_t rank = 0; rank < n_ranks; rank++) {
        kept[rank] = _mm256_loadu_pd(of->adds + i + rank * of->stride);
        kept_of[rank] = _mm256_loadu_pd(of->feature + i + rank * of->stride);
    }
    for (size_t k = 0; k < group->n; k++) {
        const __m256d adds = _mm256_loadu_pd(group->adds + k * WBI_SCORE_GROUP_ROWS + i);
        __m256d number = _mm256_mul_pd(_mm256_add_pd(adds, _mm256_set1_pd(group->constant[k])), sign);
        __m256d its = _mm256_set1_pd(group->feature[k]), moved = _mm256_setzero_pd();
        for (size_t rank = 0; rank < n_ranks; rank++) {
            const __m256d before = kept[rank], before_of = kept_of[rank];
            moved = _mm256_or_pd(moved, _mm256_cmp_pd(number, before, _CMP_GT_OQ)); /* it stays ahead of its equals */
            kept[rank] = _mm256_max_pd(number, before);
            kept_of[rank] = _mm256_blendv_pd(before_of, its, moved);
            number = _mm256_min_pd(before, number);
            its = _mm256_blendv_pd(its, before_of, moved);
        }
    }
    for (size_t rank = 0; rank < n_ranks; rank++) {
        _mm256_storeu_pd(of->adds + i + rank * of->stride, kept[rank]);
        _mm256_storeu_pd(of->feature + i + rank * of->stride, kept_of[rank]);
    }
}

#define STRONGEST(n_ranks)                         \
    case n_ranks:                                  \
        for (size_t i = 0; i < whole; i += LANES)  \
            strongest_of_four(of, group, i, n_ranks); \
        break

static void strongest(const wbi_score_strongest *of, const wbi_score_group *group, size_t n)
{
    const size_t whole = of->n <= MOST_RANKS ? n / LANES * LANES : 0;
    switch (of->n) {
        STRONGEST(1);
        STRONGEST(2);
        STRONGEST(3);
        STRONGEST(4);
        STRONGEST(5);
    default:
        break;
    }
    wbi_score_group rest = *group;
    rest.adds += whole;
    wbi_score_kernels_portable.strongest(
        &(wbi_score_strongest){of->adds + whole, of->feature + whole, of->n, of->stride, of->sign}, &rest, n - whole);
}

const wbi_score_kernels wbi_score_kernels_x86_v3 = {"x86-64-v3", rows, line, curve, levels, codes, strongest};
