/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every term of numbers learns of its column, whatever it makes of the values. */
#ifndef WINBACK_DESIGN_NUMBER_H
#define WINBACK_DESIGN_NUMBER_H

#include <math.h>

#include "design/term.h"

typedef struct wbi_number {
    double median;                 /* by weight; what a missing value is taken for */
    double missing_share;          /* of the training rows */
    double deciles[WBI_N_DECILES]; /* of the values that are not missing, each row counting the same, least and greatest
                                      included; NaN without any */
    double shares[WBI_N_DECILES - 1]; /* of these values, by stretch: above one decile, up to the next; the first holds all up to
                                         its upper end, the last all above its lower. Where deciles tie the first of them has
                                         all. NaN: not known, as of models that were made before there were any */
} wbi_number;

/* Whether two deciles are one value, but for what interpolation between equal values may be off by. */
static inline bool wbi_number_ties(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

/* Numbers one behind the other as doubles: where they are kept, or else in `room`, which has n. */
const double *wbi_number_run(wbi_numbers numbers, size_t n, double *room);

/* Of the finite values of a sample. */
typedef struct wbi_quantiles {
    size_t n;   /* of these values */
    bool equal; /* all of them weigh the same */
    double at[WBI_MAX_INTERVALS + 1];
    size_t up_to[WBI_MAX_INTERVALS + 1]; /* how many values are at most as large as each */
} wbi_quantiles;

/* At 0, 1 / (n_quantiles - 1) … 1, not weighted; not set where n is 0. */
WB_WARN_UNUSED wb_status wbi_number_quantiles(wbi_quantiles *out, size_t n_quantiles, const wbi_sample *sample,
                                              wbi_numbers values, wb_error *err);

/* Of a column about which nothing needs to be known: none is missing. */
wbi_number wbi_number_complete(void);
WB_WARN_UNUSED wb_status wbi_number_learn(wbi_number *out, const wbi_sample *sample, wbi_numbers values, wb_error *err);

wbi_typical wbi_number_typical(const wbi_number *number);
wbi_reference wbi_number_reference(const wbi_number *number);

/* Members median and reference of a term's object; non-zero when memory ran out. */
int wbi_number_to_json(json_t *object, const wbi_number *number);
WB_WARN_UNUSED wb_status wbi_number_from_json(wbi_number *out, const wbi_json_at *at, wb_error *err);

#endif
