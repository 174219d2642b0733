/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key figures of retention over a range of dates: who stayed, who left, who came back, and what that is worth. docs/kpi.md has
 * every formula. */
#ifndef WINBACK_KPI_H
#define WINBACK_KPI_H

#include <math.h>
#include <winback/project.h>
#include <winback/table.h>
#include <winback/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum wb_kpi_unit {
    WB_KPI_COUNT = 0, /* a number of things */
    WB_KPI_MONEY,     /* in the currency of the amounts */
    WB_KPI_RATE,      /* a share: 0.953 is 95.3 % */
    WB_KPI_RATIO,     /* one thing over another: 2.4 orders a buyer */
    WB_KPI_DAYS,
    WB_KPI_POINTS     /* of NPS, -100 to 100 */
} wb_kpi_unit;

/* A key figure is `over` divided by `under`, or `over` alone where `under` is NULL. Both are formulas in the expression language
 * over terms (wb_kpi_term_at) and over figures before this one, named by their keys. Static strings. */
typedef struct wb_kpi_definition {
    const char *key, *topic, *name;
    wb_kpi_unit unit;
    const char *over, *under;
    int is_share; /* `over` counts some of those that `under` counts: it has Wilson's 95 % interval */
    const char *meaning;
} wb_kpi_definition;
WB_API size_t wb_kpi_n(void);
WB_API wb_kpi_definition wb_kpi_at(size_t kpi);

/* What the formulas are made of. */
typedef struct wb_kpi_term {
    const char *key, *name;
    wb_kpi_unit unit;
    const char *meaning;
} wb_kpi_term;
WB_API size_t wb_kpi_n_terms(void);
WB_API wb_kpi_term wb_kpi_term_at(size_t term);

/* NaN: could not be made, as over and under then say (0 customers at the start), or the reason why it was left out. */
typedef struct wb_kpi_figure {
    double value, over, under; /* under is NaN where there is none */
    double low, high;          /* Wilson's 95 % interval of a share of customers or answers, else NaN */
} wb_kpi_figure;

/* [from_us, to_us) */
typedef struct wb_kpi_period {
    int64_t from_us, to_us;
} wb_kpi_period;

/* Customers by the month of their first order, and how many of them ordered in each month after it. */
typedef struct wb_kpi_cohorts {
    size_t n_months;
    wb_kpi_period *months; /* the calendar months of the range, cut at its ends; cohorts are those of customers new in it */
    uint64_t *n_customers; /* by month of the first order */
    uint64_t *n_ordered;   /* [cohort * n_months + months since]; as far as months go */
} wb_kpi_cohorts;

/* One table as it was read. */
typedef struct wb_kpi_table {
    char *name, *file;
    uint64_t n_rows, n_bad, n_without_key, n_after_end;
} wb_kpi_table;

/* Everything of one call. Cells are numbered [period * n_groups + group]: period 0 is the whole range, those behind it its months
 * where they were asked for; group 0 is everybody, those behind it the levels of `by` in the order of their bytes, and last who has none. */
typedef struct wb_kpis {
    wb_kpi_period *periods;
    size_t n_periods;
    char **groups; /* groups[0] is NULL; who has none is in "(none)", or where a level is called that, in "((none))", and so on */
    size_t n_groups;
    char *by;      /* NULL: not asked for */
    wb_kpi_figure *figures; /* [cell * wb_kpi_n() + kpi] */
    double *terms;          /* [cell * wb_kpi_n_terms() + term]; money in its currency, NaN where it is not known */
    char **why;             /* by kpi: why it was left out; NULL: it was not */
    char **reasons;         /* stated by customers who were lost; the last is "(none stated)", in more parentheses where one is called so */
    size_t n_reasons;       /* 0: no table says */
    char *no_reasons;       /* why there are none */
    uint64_t *n_lost;       /* [cell * n_reasons + reason] */
    wb_kpi_cohorts cohorts;
    int64_t active_within_us, first_us, until_us; /* the look-back; the data */
    wb_kpi_table *tables;
    size_t n_tables;
} wb_kpis;

/* A grouping that the caller knows: `prepare` is called once the range is known, then `of` for each customer: a name, or NULL for
 * none, borrowed until the next call. Both from the calling thread. */
typedef struct wb_kpi_grouping {
    const char *name;
    wb_status (*prepare)(void *user, int64_t from_us, wb_error *err);
    const char *(*of)(void *user, const char *customer_id);
    void *user;
} wb_kpi_grouping;

/* Start from WB_KPI_OPTIONS_INIT. What it points to is borrowed during the call only. */
typedef struct wb_kpi_options {
    int64_t from_us, to_us;     /* WB_TIME_MISSING: the last twelve whole months, or as far as the data go */
    int by_month;               /* also each calendar month of the range, in the project's zone */
    int64_t active_within_us;   /* a customer is active who ordered so lately; 0: the label's horizon, without a label 90 days */
    const char *by;             /* a column of the customers' table */
    const wb_kpi_grouping *grouping; /* instead */
    double margin;              /* 0 to 1, of revenue; NaN: not known */
} wb_kpi_options;

#define WB_KPI_OPTIONS_INIT {WB_TIME_MISSING, WB_TIME_MISSING, 0, 0, NULL, NULL, NAN}

/* Reads the project's orders, and of tickets, surveys, visits, loyalty, referrals, cancellations, costs and customers what is
 * there, as known at the end of the data, and computes all figures. Orders are the table to which the project's features bind
 * `rfm` (usually orders). Amounts are rounded to whole hundredths (int64), halves away from zero, and added as such. What the data
 * lack for a figure is said in `why`. The same bits for any number of threads. Memory: the events, and about 16 bytes for each
 * customer and period with an order.
 * WB_ERR_ARGUMENT: the range is empty, a margin or a look-back out of range. WB_ERR_INCONSISTENT: the range lies outside the data, a
 * column is not there or is no category, sums pass int64. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_kpi_compute(wb_kpis **out, const wb_project *project, const wb_kpi_options *options,
                                               const wb_read_options *reading, wb_error *err);
WB_API void wb_kpi_free(wb_kpis *kpis); /* NULL-safe */

/* The formula of a figure with its numbers filled in, "retained 143 / active at start 150", always terminated, cut at `size` bytes.
 * Returns `text`. */
WB_API const char *wb_kpi_explain(char *text, size_t size, const wb_kpis *kpis, size_t cell, size_t kpi);

/* Writes a CSV file ("-": standard output), one row a period, group and figure: from, to, by, group, kpi, value, over, under, low,
 * high. What was left out has no rows. */
WB_API WB_WARN_UNUSED wb_status wb_kpi_write(const wb_kpis *kpis, const char *path, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
