/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores to try figures of merit on, as tests/peers/metrics.py makes them too. Include behind test_util.h. */
#ifndef WINBACK_METRICS_TESTING_H
#define WINBACK_METRICS_TESTING_H

#include <stdlib.h>
#include <winback/metrics.h>

/* SplitMix64 (Steele, Lea and Flood 2014), as a number from 0 to 1. */
static inline double draw_unit(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return (double)((x ^ x >> 31) >> 11) * 0x1p-53;
}

typedef struct sample {
    double *p, *other, *w;
    uint8_t *y;
    uint32_t *customer;
    size_t n;
} sample;

static inline sample sample_of(size_t n)
{
    sample s = {malloc(n * sizeof *s.p), malloc(n * sizeof *s.other),    malloc(n * sizeof *s.w),
                malloc(n),               malloc(n * sizeof *s.customer), n};
    assert_true(s.p != NULL && s.other != NULL && s.w != NULL && s.y != NULL && s.customer != NULL);
    return s;
}

static inline void sample_free(sample *s)
{
    free(s->p);
    free(s->other);
    free(s->w);
    free(s->y);
    free(s->customer);
}

/* Set `number` of the peers, but of n rows; three rows a customer. */
static inline sample sample_make(size_t number, size_t n)
{
    const double levels[] = {0, 4, 20, 100};
    uint64_t state = number + 1;
    sample s = sample_of(n);
    for (size_t i = 0; i < n; i++) {
        const double many = levels[number % 4];
        double score = draw_unit(&state);
        if (many > 0)
            score = floor(score * (many + 1)) / many;
        s.y[i] = draw_unit(&state) < 0.1 + 0.7 * score;
        s.p[i] = number % 3 == 0 ? score * score : score;
        s.other[i] = 0.5 * score + 0.5 * draw_unit(&state);
        s.w[i] = number % 2 == 1 ? floor(draw_unit(&state) * 5) / 2 : 1;
        s.customer[i] = (uint32_t)(7 * (i / 3));
    }
    return s;
}

static inline wb_outcomes weighted(const sample *s)
{
    return (wb_outcomes){s->p, s->y, s->w, NULL, s->n};
}

static inline wb_outcomes unweighted(const sample *s)
{
    return (wb_outcomes){s->p, s->y, NULL, NULL, s->n};
}

#endif
