/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A radix sort from both ends: rows are dealt by the leading bits of their first word into buckets that fit a cache, by all
 * threads; then each bucket is sorted by one of them digit by digit, the last digit first. Digits that all rows of a
 * bucket share cost nothing, so ties are cheap. */
#include <string.h>

#include "base/memory.h"
#include "metrics/sorted.h"
#include "par/par.h"
#include "par/team.h"

enum {
    DIGIT_BITS = 8,
    N_VALUES = 1 << DIGIT_BITS,
    WORD_DIGITS = 64 / DIGIT_BITS,
    MAX_WORDS = 2,
    MAX_BUCKET_BITS = 11,
    BUCKET_ROWS = 256, /* that a bucket is to have on average */
    PART_ROWS = 1 << 16,
    SCATTER_BITS = 15,
    FEW_ROWS = 24 /* are sorted by insertion */
};

#define INLINE static inline __attribute__((always_inline))

typedef struct sorting {
    uint64_t *rows, *spare;
    size_t n, n_words, n_keys; /* of wbi_word_rows */
    size_t n_parts, part_rows;
    uint64_t (*ranges)[2]; /* of each part's first words */
    uint64_t low;          /* the least of all */
    unsigned shift;        /* of a first word above the least, to its bucket */
    size_t n_buckets;
    uint32_t *scatter; /* 2^SCATTER_BITS a worker */
    size_t *places; /* of each part and bucket: how many rows, then where the next one goes, at last where they end */
} sorting;

static wb_status find_range(void *context, size_t part, size_t begin, size_t end, int worker, wb_error *err)
{
    sorting *s = context;
    uint64_t low = UINT64_MAX, high = 0;
    (void)worker, (void)err;
    for (size_t i = begin; i < end; i++) {
        const uint64_t key = s->rows[i * s->n_words];
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    s->ranges[part][0] = low;
    s->ranges[part][1] = high;
    return WB_OK;
}

static void choose_buckets(sorting *s)
{
    uint64_t high = s->ranges[0][1];
    unsigned bits = 1;
    s->low = s->ranges[0][0];
    for (size_t part = 1; part < s->n_parts; part++) {
        s->low = s->ranges[part][0] < s->low ? s->ranges[part][0] : s->low;
        high = s->ranges[part][1] > high ? s->ranges[part][1] : high;
    }
    while (bits < MAX_BUCKET_BITS && s->n >> bits > BUCKET_ROWS)
        bits++;
    while (s->shift < 64 && (high - s->low) >> s->shift >= (uint64_t)1 << bits)
        s->shift++;
    s->n_buckets = (size_t)((high - s->low) >> s->shift) + 1;
}

static wb_status count_buckets(void *context, size_t part, size_t begin, size_t end, int worker, wb_error *err)
{
    sorting *s = context;
    size_t *counts = s->places + part * s->n_buckets;
    (void)worker, (void)err;
    memset(counts, 0, s->n_buckets * sizeof *counts);
    for (size_t i = begin; i < end; i++)
        counts[(s->rows[i * s->n_words] - s->low) >> s->shift]++;
    return WB_OK;
}

static void place_buckets(sorting *s)
{
    size_t next = 0;
    for (size_t k = 0; k < s->n_buckets; k++) {
        for (size_t part = 0; part < s->n_parts; part++) {
            size_t *place = s->places + part * s->n_buckets + k, count = *place;
            *place = next;
            next += count;
        }
    }
}

static wb_status deal(void *context, size_t part, size_t begin, size_t end, int worker, wb_error *err)
{
    const sorting *s = context;
    size_t *places = s->places + part * s->n_buckets;
    const uint64_t *row = s->rows + begin * s->n_words;
    (void)worker, (void)err;
    for (size_t i = begin; i < end; i++, row += s->n_words) {
        uint64_t *to = s->spare + places[(row[0] - s->low) >> s->shift]++ * s->n_words;
        to[0] = row[0];
        if (s->n_words == 2)
            to[1] = row[1];
    }
    return WB_OK;
}

INLINE void insert_rows(uint64_t *rows, size_t n, size_t n_words, size_t n_keys)
{
    for (size_t i = 1; i < n; i++) {
        const uint64_t first = rows[i * n_words], second = n_words == 2 ? rows[i * n_words + 1] : 0;
        size_t k = i;
        for (; k > 0; k--) {
            uint64_t *before = rows + (k - 1) * n_words;
            if (before[0] < first || (before[0] == first && (n_keys == 1 || before[1] <= second)))
                break;
            memcpy(before + n_words, before, n_words * sizeof *before);
        }
        rows[k * n_words] = first;
        if (n_words == 2)
            rows[k * n_words + 1] = second;
    }
}

/* Rows of which no first word is below `low`, or so much above it that it belongs to another bucket. */
typedef struct bucket {
    uint64_t low;
    unsigned shift; /* bits above which all are 0 */
    size_t n, n_words, n_keys;
} bucket;

/* Deals rows by their leading bits into about as many places as there are rows, near to where they belong, and inserts them
 * there. Not done (0) when many would share a place. */
INLINE int scatter_rows(uint64_t *home, const uint64_t *from, const bucket *b, uint32_t *places)
{
    const size_t n = b->n, n_words = b->n_words;
    unsigned bits = 0;
    uint32_t most = 0, next = 0;
    while (bits < SCATTER_BITS && n >> bits > 1)
        bits++;
    const unsigned shift = b->shift > bits ? b->shift - bits : 0;
    const size_t n_places = (size_t)1 << (b->shift > bits ? bits : b->shift);
    memset(places, 0, n_places * sizeof *places);
    for (size_t i = 0; i < n; i++)
        places[(from[i * n_words] - b->low) >> shift]++;
    for (size_t k = 0; k < n_places; k++) {
        const uint32_t count = places[k];
        most = count > most ? count : most;
        places[k] = next;
        next += count;
    }
    if (most > FEW_ROWS)
        return 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t *to = home + places[(from[i * n_words] - b->low) >> shift]++ * n_words;
        memcpy(to, from + i * n_words, n_words * sizeof *to);
    }
    insert_rows(home, n, n_words, b->n_keys);
    return 1;
}

/* How often each digit has each value; zeros in front are not counted. */
INLINE void count_digits(size_t (*counts)[N_VALUES], const uint64_t *rows, const bucket *b)
{
    memset(counts, 0, b->n_keys * WORD_DIGITS * sizeof *counts);
    for (size_t i = 0; i < b->n; i++)
        for (size_t key = 0; key < b->n_keys; key++) {
            uint64_t word = rows[i * b->n_words + key] - (key == 0 ? b->low : 0);
            for (size_t digit = key * WORD_DIGITS; word > 0; digit++, word >>= DIGIT_BITS)
                counts[digit][word % N_VALUES]++;
        }
}

/* Whether there is more than one digit; then its counts become places. */
static int place_digits(size_t counts[N_VALUES], size_t n)
{
    size_t next = n;
    for (size_t value = 1; value < N_VALUES; value++)
        next -= counts[value];
    counts[0] = next;
    next = 0;
    for (size_t value = 0; value < N_VALUES; value++) {
        const size_t count = counts[value];
        if (count == n)
            return 0;
        counts[value] = next;
        next += count;
    }
    return 1;
}

INLINE void deal_digits(uint64_t *to, const uint64_t *from, const bucket *b, size_t digit, size_t *places)
{
    const size_t key = digit / WORD_DIGITS;
    const unsigned shift = (unsigned)(digit % WORD_DIGITS) * DIGIT_BITS;
    for (size_t i = 0; i < b->n; i++, from += b->n_words) {
        const uint64_t word = from[key] - (key == 0 ? b->low : 0);
        memcpy(to + places[(word >> shift) % N_VALUES]++ * b->n_words, from, b->n_words * sizeof *to);
    }
}

INLINE void sort_digits(uint64_t *home, uint64_t *from, const bucket *b)
{
    size_t counts[MAX_WORDS * WORD_DIGITS][N_VALUES];
    uint64_t *to = home;
    count_digits(counts, from, b);
    for (size_t key = b->n_keys; key-- > 0;) {
        for (size_t digit = key * WORD_DIGITS; digit < (key + 1) * WORD_DIGITS; digit++) {
            if (!place_digits(counts[digit], b->n))
                continue;
            deal_digits(to, from, b, digit, counts[digit]);
            uint64_t *other = from;
            from = to;
            to = other;
        }
    }
    if (from != home)
        memcpy(home, from, b->n * b->n_words * sizeof *home);
}

/* From the spare to where they belong. */
INLINE void sort_bucket(uint64_t *home, uint64_t *from, const bucket *b, uint32_t *places)
{
    if (b->n > UINT32_MAX || !scatter_rows(home, from, b, places))
        sort_digits(home, from, b);
}

static wb_status sort_buckets(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const sorting *s = context;
    const size_t *ends = s->places + (s->n_parts - 1) * s->n_buckets;
    uint32_t *places = s->scatter + ((size_t)worker << SCATTER_BITS);
    (void)block, (void)err;
    for (size_t k = begin; k < end; k++) {
        const size_t first = k == 0 ? 0 : ends[k - 1], at = first * s->n_words, n = ends[k] - first;
        const uint64_t low = s->low + ((uint64_t)k << s->shift);
        if (s->n_words == 1) /* known to the compiler */
            sort_bucket(s->rows + at, s->spare + at, &(bucket){low, s->shift, n, 1, 1}, places);
        else
            sort_bucket(s->rows + at, s->spare + at, &(bucket){low, s->shift, n, 2, s->n_keys}, places);
    }
    return WB_OK;
}

wb_status wbi_sort(const wbi_word_rows *words, int n_threads, wb_error *err)
{
    const size_t n = words->n;
    sorting s = {.rows = words->rows, .spare = words->spare, .n = n, .n_words = words->n_words, .n_keys = words->n_keys};
    wb_status status = WB_OK;
    if (n < 2)
        return WB_OK;
    s.part_rows = wbi_par_n_blocks(n, (size_t)wbi_team_size(n_threads, wbi_par_n_blocks(n, PART_ROWS)));
    s.n_parts = wbi_par_n_blocks(n, s.part_rows);
    s.ranges = wbi_alloc_array(s.n_parts, sizeof *s.ranges);
    if (s.ranges == NULL)
        return wbi_fail_nomem(err, s.n_parts * sizeof *s.ranges);
    WBI_TRY_CLEANUP(wbi_par_for(n, s.part_rows, n_threads, find_range, &s, err));
    choose_buckets(&s);
    s.places = wbi_alloc_array(s.n_parts * s.n_buckets, sizeof *s.places);
    const size_t n_blocks = wbi_par_n_blocks(n, PART_ROWS), block = wbi_par_n_blocks(s.n_buckets, n_blocks);
    s.scatter = wbi_alloc_array((size_t)wbi_team_size(n_threads, n_blocks) << SCATTER_BITS, sizeof *s.scatter);
    if (s.places == NULL || s.scatter == NULL) {
        status = wbi_fail_nomem(err, s.n_parts * s.n_buckets * sizeof *s.places);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(wbi_par_for(n, s.part_rows, n_threads, count_buckets, &s, err));
    place_buckets(&s);
    WBI_TRY_CLEANUP(wbi_par_for(n, s.part_rows, n_threads, deal, &s, err));
    WBI_TRY_CLEANUP(wbi_par_for(s.n_buckets, block, n_threads, sort_buckets, &s, err));
cleanup:
    wbi_free(s.ranges);
    wbi_free(s.places);
    wbi_free(s.scatter);
    return status;
}
