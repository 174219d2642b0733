/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long customers take to come back, and so how long a label should look. */
#ifndef WINBACK_HORIZON_H
#define WINBACK_HORIZON_H

#include <winback/features.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The Kaplan-Meier estimate at a number of days that some gap took. */
typedef struct wb_return_point {
    int64_t days;
    uint64_t n_at_risk, n_returned; /* gaps of at least so many days; those that ended then */
    double returned;                /* 1 - S(days), S being the share of gaps not ended yet */
    double returned_share;          /* the same over its value at the last point: of those who ever return */
} wb_return_point;

/* A gap leads from one date with an event to the next date of that customer; the last one is open when the data end, and
 * censored. Events of one date are one. `table` is borrowed from the engine. */
typedef struct wb_return_curve {
    const char *table;
    uint64_t n_customers;        /* with an event */
    uint64_t n_gaps, n_censored; /* all gaps, and the open ones among them: one a customer */
    int64_t until_us;            /* where observation ended */
    double ever;                 /* `returned` of the last point */
    wb_return_point *points;     /* ascending */
    size_t n_points;
} wb_return_curve;

/* The times between the events of the label's table that its `where` keeps; without a label, of the population's. As known
 * at the end of the data, dates in the table's zone. Fails with WB_ERR_INCONSISTENT when the table has no time, with
 * WB_ERR_DEGENERATE when no customer has events on two dates. Memory: 16 bytes a day of the data. */
WB_API WB_WARN_UNUSED wb_status wb_return_curve_compute(wb_return_curve *out, const wb_engine *engine, wb_error *err);
/* The first number of days by which `share` (above 0, at most 1) of those who ever return have returned. */
WB_API int64_t wb_return_curve_days(const wb_return_curve *curve, double share);
WB_API void wb_return_curve_clear(wb_return_curve *curve); /* frees the points */

#ifdef __cplusplus
}
#endif
#endif
