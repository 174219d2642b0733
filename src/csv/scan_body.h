/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scanner, compiled once for each kind of machine; WBI_SCANNER is its name there. The quote mask by prefix-xor
 * follows Langdale and Lemire, "Parsing gigabytes of JSON per second" (2019), section 3.1.1. */
#include <string.h>

#include "csv/scan.h"

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

enum { BLOCK = 64 };

#if defined(__AVX512VBMI2__)
typedef __m512i block;

static inline block load(const char *at)
{
    return _mm512_loadu_si512(at);
}

static inline uint64_t equal(block b, char byte)
{
    return _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8(byte));
}

static inline uint64_t high_bits(block b)
{
    return _mm512_movepi8_mask(b);
}
#elif defined(__AVX2__)
typedef struct block {
    __m256i low, high;
} block;

static inline block load(const char *at)
{
    return (block){_mm256_loadu_si256((const __m256i *)(const void *)at),
                   _mm256_loadu_si256((const __m256i *)(const void *)(at + 32))};
}

static inline uint64_t join(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t equal(block b, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    return join(_mm256_cmpeq_epi8(b.low, wanted), _mm256_cmpeq_epi8(b.high, wanted));
}

static inline uint64_t high_bits(block b)
{
    return join(b.low, b.high);
}
#elif defined(__SSE2__)
typedef struct block {
    __m128i part[4];
} block;

static inline block load(const char *at)
{
    block b;
    for (int i = 0; i < 4; i++)
        b.part[i] = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
    return b;
}

static inline uint64_t equal(block b, char byte)
{
    __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(b.part[i], wanted)) << (16 * i);
    return mask;
}

static inline uint64_t high_bits(block b)
{
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(b.part[i]) << (16 * i);
    return mask;
}
#else
typedef struct block {
    unsigned char bytes[BLOCK];
} block;

static inline block load(const char *at)
{
    block b;
    memcpy(b.bytes, at, BLOCK);
    return b;
}

static inline uint64_t equal(block b, char byte)
{
    uint64_t mask = 0;
    for (int i = 0; i < BLOCK; i++)
        mask |= (uint64_t)(b.bytes[i] == (unsigned char)byte) << i;
    return mask;
}

static inline uint64_t high_bits(block b)
{
    uint64_t mask = 0;
    for (int i = 0; i < BLOCK; i++)
        mask |= (uint64_t)(b.bytes[i] >> 7) << i;
    return mask;
}
#endif

/* Bits of the bytes that are there, of the block at `at` of `n` bytes. */
static inline uint64_t present(size_t at, size_t n)
{
    return n - at >= BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << (n - at)) - 1;
}

/* Bit i: whether an odd number of quotes stands in bytes 0 to i, that is, from an opening quote up to its closing one. */
static inline uint64_t inside_quotes(uint64_t quotes)
{
    for (int shift = 1; shift < BLOCK; shift *= 2)
        quotes ^= quotes << shift;
    return quotes;
}

/* All ones when the last bit is set. */
static inline uint64_t spread_last(uint64_t mask)
{
    return 0 - (mask >> (BLOCK - 1));
}

/* What the block before hands on. */
typedef struct carry {
    uint64_t inside;                /* all ones within quotes */
    uint64_t ended, closed, returned; /* 1: its last byte was a delimiter or line end, a closing quote, a \r */
    uint64_t doubled;               /* not 0: a quote has been doubled */
} carry;

/* The bytes of a block at which, or before which, something is not regular. */
static inline uint64_t irregularities(block b, uint64_t there, uint64_t quotes, uint64_t returns, uint64_t newlines,
                                      char delimiter, carry *c, uint64_t *row_ends)
{
    const uint64_t inside = inside_quotes(quotes) ^ c->inside;
    const uint64_t open = quotes & inside, closed = quotes & ~inside;
    const uint64_t ends = ((equal(b, delimiter) & there) | newlines) & ~inside;
    const uint64_t behind_end = ends << 1 | c->ended, behind_closed = closed << 1 | c->closed;
    const uint64_t behind_return = returns << 1 | c->returned;
    *row_ends = newlines & ~inside;
    c->doubled |= behind_closed & open;
    c->inside = spread_last(inside);
    c->ended = ends >> (BLOCK - 1);
    c->closed = closed >> (BLOCK - 1);
    c->returned = returns >> (BLOCK - 1);
    return ((open & ~(behind_end | behind_closed)) | (behind_closed & ~(ends | returns | open)) |
            (behind_return & ~newlines)) &
           there;
}

/* What most files are: no quote, no \r, nothing but text. Then a row ends with each line, and these need only be counted. */
static bool all_text(wbi_regular *found, const char *bytes, size_t n)
{
    size_t n_lines = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        const block b = load(bytes + at);
        const uint64_t there = present(at, n);
        if (((equal(b, '"') | equal(b, '\r') | equal(b, '\0') | high_bits(b)) & there) != 0)
            return false;
        n_lines += (size_t)__builtin_popcountll(equal(b, '\n') & there);
    }
    while (n > 0 && bytes[n - 1] != '\n')
        n--;
    *found = (wbi_regular){.n_bytes = n, .n_lines = n_lines, .plain = true};
    return true;
}

static void regular(wbi_regular *found, const char *bytes, size_t n, char delimiter)
{
    carry c = {.ended = 1};
    size_t n_lines = 0;
    uint64_t odd = 0;
    if (all_text(found, bytes, n))
        return;
    *found = (wbi_regular){0};
    for (size_t at = 0; at < n && !found->irregular; at += BLOCK) {
        const block b = load(bytes + at);
        const uint64_t there = present(at, n);
        const uint64_t quotes = equal(b, '"') & there, returns = equal(b, '\r') & there;
        const uint64_t newlines = equal(b, '\n') & there;
        uint64_t row_ends = newlines;
        odd |= (high_bits(b) | equal(b, '\0')) & there;
        found->quotes |= quotes != 0;
        found->returns |= returns != 0;
        if (found->quotes || found->returns) {
            const uint64_t wrong = irregularities(b, there, quotes, returns, newlines, delimiter, &c, &row_ends);
            if (wrong != 0) {
                found->irregular = true;
                row_ends &= (wrong & -wrong) - 1;
            }
        } else {
            c.ended = at + BLOCK <= n && (bytes[at + BLOCK - 1] == delimiter || bytes[at + BLOCK - 1] == '\n');
        }
        if (row_ends != 0) {
            const int last = BLOCK - 1 - __builtin_clzll(row_ends);
            const uint64_t up_to_last = ~UINT64_C(0) >> (BLOCK - 1 - last);
            found->n_bytes = at + (size_t)last + 1;
            found->n_lines = n_lines + (size_t)__builtin_popcountll(newlines & up_to_last);
        }
        n_lines += (size_t)__builtin_popcountll(newlines);
    }
    found->plain = odd == 0;
    found->doubled = c.doubled != 0;
}

#if defined(__AVX512VBMI2__)
/* Writes the places of the bits, and behind them up to fifteen more. */
static inline uint32_t *put_places(uint32_t *mark, uint64_t bits, uint32_t at)
{
    static const char all[BLOCK] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
                                    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    uint32_t *const end = mark + __builtin_popcountll(bits);
    __m512i places = _mm512_maskz_compress_epi8(bits, load(all));
    do {
        const __m512i first = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
        _mm512_storeu_si512(mark, _mm512_add_epi32(first, _mm512_set1_epi32((int)at)));
        places = _mm512_alignr_epi32(places, places, 4);
        mark += 16;
    } while (mark < end);
    return end;
}

/* Writes which cells begin rows: those behind the row ends among the ends, of which the first block's is cell `first`. */
static inline uint32_t *put_starts(uint32_t *start, uint64_t row_ends, uint64_t ends, uint32_t first)
{
    return put_places(start, _pext_u64(row_ends, ends), first);
}
#else
/* Writes the places of the bits, and behind them up to seven more, so that hardly a branch depends on how many there are. */
static inline uint32_t *put_places(uint32_t *mark, uint64_t bits, uint32_t at)
{
    uint32_t *const end = mark + __builtin_popcountll(bits);
    do {
        for (int i = 0; i < 8; i++) {
            mark[i] = at + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << (BLOCK - 1));
            bits &= bits - 1;
        }
        mark += 8;
    } while (bits != 0);
    return end;
}

static inline uint32_t *put_starts(uint32_t *start, uint64_t row_ends, uint64_t ends, uint32_t first)
{
    for (; row_ends != 0; row_ends &= row_ends - 1)
        *start++ = first - 1 + (uint32_t)__builtin_popcountll(ends & (row_ends ^ (row_ends - 1)));
    return start;
}
#endif

static void marks(wbi_marks *found, const char *bytes, size_t n, char delimiter, bool quotes)
{
    uint32_t *mark = found->marks, *start = found->starts;
    uint64_t carried = 0;
    *mark++ = UINT32_MAX;
    *start++ = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        const block b = load(bytes + at);
        const uint64_t there = present(at, n);
        uint64_t row_ends = equal(b, '\n') & there, ends = row_ends | (equal(b, delimiter) & there);
        if (quotes) {
            const uint64_t inside = inside_quotes(equal(b, '"') & there) ^ carried;
            carried = spread_last(inside);
            row_ends &= ~inside;
            ends &= ~inside;
        }
        start = put_starts(start, row_ends, ends, (uint32_t)(mark - found->marks));
        mark = put_places(mark, ends, (uint32_t)at);
    }
    found->n_cells = (size_t)(mark - found->marks) - 1;
    found->n_rows = (size_t)(start - found->starts) - 1;
}

#if defined(__AVX512VBMI2__)
#include "csv/convert_avx512.h"
const wbi_scanner WBI_SCANNER = {regular,          marks,   hundredths, decimals_by_eight,
                                 doubles_by_eight, seconds, decimal_squares};
#elif defined(__AVX2__)
#include "csv/convert_avx2.h"

static size_t doubles(double *out, const wbi_column_cells *cells, size_t row, char decimal)
{
    return by_four((char *)out, sizeof *out, cells, row, decimal, four_doubles);
}

static size_t decimals(int32_t *out, const wbi_column_cells *cells, size_t row, char decimal)
{
    return by_four((char *)out, sizeof *out, cells, row, decimal, four_decimals);
}

static size_t seconds(int32_t *out, const wbi_column_cells *cells, size_t row, int32_t zone_offset_s)
{
    return seconds_by_one(out, cells, row, cells->n_rows, zone_offset_s);
}

const wbi_scanner WBI_SCANNER = {regular, marks, hundredths, decimals, doubles, seconds, NULL};
#else
const wbi_scanner WBI_SCANNER = {regular, marks, NULL, NULL, NULL, NULL, NULL};
#endif
