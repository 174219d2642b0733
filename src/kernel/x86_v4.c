/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers enough for crossproduct tiles of two vectors side by side. Quadratic forms of eight lanes made scores with intervals
 * slower than those of four. */
#include <immintrin.h>

#define KERNEL_SET     wbi_kernels_x86_v4
#define KERNEL_NAME    "x86-64-v4"
#define LANES          8
#define SQUARE_VECTORS 2
#define FORM_LANES     4
#define LOWER          _mm512_min_pd
#define HIGHER         _mm512_max_pd
#define IF_FINITE(v, a, b) _mm512_mask_blend_pd(_mm512_fpclass_pd_mask(v, NOT_FINITE), a, b)
#define ABOVE(x, y)    ((uint64_t)_mm512_cmp_ps_mask((__m512)(x), (__m512)(y), _CMP_GT_OQ))
#define AT_LEAST(x, y) ((uint64_t)_mm512_cmp_ps_mask((__m512)(x), (__m512)(y), _CMP_GE_OQ))
#define QUOTIENTS(digits, places) quotients_by_eight((__m256i)(digits), (__m256i)(places))

#include <math.h>

#include "base/decimals.h"

enum { NOT_FINITE = 0x81 | 0x18 }; /* NaN, infinities */

/* Of digits and powers of ten. A double next to the quotient is corrected by what is left over, which is exact (Markstein 1990);
 * digits are too few for a quotient so near to halfway between doubles that this could round to the wrong one. */
static inline __m512d quotients_by_eight(__m256i digits, __m256i places)
{
    const __m512i place = _mm512_cvtepu32_epi64(places);
    const __m512d inverse_low = _mm512_setr_pd(1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7);
    const __m512d inverse_high = _mm512_setr_pd(1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, NAN);
    const __m512d power = _mm512_permutex2var_pd(_mm512_loadu_pd(wbi_decimal_powers), place,
                                                 _mm512_loadu_pd(wbi_decimal_powers + 8));
    const __m512d inverse = _mm512_permutex2var_pd(inverse_low, place, inverse_high);
    const __m512d whole = _mm512_cvtepi32_pd(digits), near = _mm512_mul_pd(whole, inverse);
    return _mm512_fmadd_pd(_mm512_fnmadd_pd(near, power, whole), inverse, near);
}
#include "kernel/vector.h"
