/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kernel/gsl.h"
#include "metrics/intervals.h"

/* One or two scores of the same rows, and all that intervals are made from. */
typedef struct study {
    const wb_outcomes *rows;
    const wb_metrics_options *metrics;
    const wb_interval_options *options;
    wbi_customers customers;
    wbi_score_sample samples[2];
    size_t n_scores;
    wb_metrics figures[2];
    wbi_logit_line lines[2][2];
    bool independent; /* all weigh 1 and nobody has two rows */
} study;

static wb_status check(const study *s, wb_error *err)
{
    WBI_TRY(wbi_check_options(s->metrics, err));
    if (!(s->options->level > 0 && s->options->level < 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "level %g is not between 0 and 1", s->options->level);
    return WB_OK;
}

static bool weighs_one(const wb_outcomes *rows)
{
    for (size_t i = 0; rows->weight != NULL && i < rows->n; i++)
        if (rows->weight[i] != 1)
            return false;
    return true;
}

static wb_status begin(study *s, const double *other_probability, wb_error *err)
{
    const int n_threads = s->metrics->n_threads;
    wbi_disarm_gsl();
    WBI_TRY(check(s, err));
    WBI_TRY(wbi_customers_make(&s->customers, s->rows, n_threads, err));
    for (size_t k = 0; k < s->n_scores; k++) {
        wb_outcomes rows = *s->rows;
        if (k == 1)
            rows.probability = other_probability;
        WBI_TRY(wbi_metrics_of(&s->figures[k], s->lines[k], &rows, s->metrics, err));
        WBI_TRY(wbi_score_sample_make(&s->samples[k], &rows, &s->customers, n_threads, err));
    }
    s->independent = s->customers.n == s->rows->n && weighs_one(s->rows);
    return WB_OK;
}

static void end(study *s)
{
    wbi_free(s->customers.of_row);
    for (size_t k = 0; k < s->n_scores; k++)
        wbi_score_sample_free(&s->samples[k]);
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* R's quantile type 7. */
static double quantile(const double *sorted, size_t n, double share)
{
    const double at = (double)(n - 1) * share;
    const size_t below = (size_t)at;
    return below + 1 < n ? sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

void wbi_spread(double *low, double *high, double *sd, double *values, size_t n, double level)
{
    size_t known = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[known++] = values[i];
    *low = *high = *sd = NAN;
    if (known == 0)
        return;
    qsort(values, known, sizeof *values, by_size);
    *low = quantile(values, known, (1 - level) / 2);
    *high = quantile(values, known, (1 + level) / 2);
    for (size_t i = 0; i < known; i++)
        sum += values[i];
    for (size_t i = 0; i < known; i++)
        squares += (values[i] - sum / (double)known) * (values[i] - sum / (double)known);
    *sd = known > 1 ? sqrt(squares / (double)(known - 1)) : NAN;
}

/* A resample fits its bins and pools to chance once more: these figures lie above those of the rows, by as much as they spread and
 * more where probabilities are nearly true, so that percentiles would not hold the figure. */
static void clear_biased(wb_metrics *end)
{
    end->ece = end->brier_miscalibration = end->brier_discrimination = NAN;
}

static wb_status bootstrap(wb_metrics_interval *out, const study *s, wb_error *err)
{
    const size_t n = s->options->n_resamples;
    wb_status status;
    wbi_resampling resampling = {.n_scores = s->n_scores,
                                 .n_customers = s->customers.n,
                                 .metrics = s->metrics,
                                 .options = s->options};
    if (n == 0 || s->rows->n == 0)
        return WB_OK;
    for (size_t k = 0; k < s->n_scores; k++) {
        resampling.samples[k] = &s->samples[k];
        resampling.start[k] = s->lines[k];
    }
    double *values = wbi_alloc_array(n, WBI_N_FIGURES * sizeof *values);
    if (values == NULL)
        return wbi_fail_nomem(err, n * WBI_N_FIGURES * sizeof *values);
    WBI_TRY_CLEANUP(wbi_resample(values, &resampling, err));
    out->n_resamples = n;
    for (size_t f = 0; f < WBI_N_FIGURES; f++) {
        double sd;
        wbi_spread(&wbi_figures(&out->low)[f], &wbi_figures(&out->high)[f], &sd, values + f * n, n, s->options->level);
        if (&wbi_figures(&out->low)[f] == &out->low.auc)
            out->auc_se = sd;
    }
    clear_biased(&out->low);
    clear_biased(&out->high);
    out->auc_by = isnan(out->low.auc) ? WB_INTERVAL_NONE : WB_INTERVAL_BOOTSTRAP;
cleanup:
    wbi_free(values);
    return status;
}

static void set_auc(wb_metrics_interval *out, double low, double high, double se)
{
    out->low.auc = low;
    out->high.auc = high;
    out->auc_se = se;
    out->auc_by = WB_INTERVAL_DELONG;
}

/* Symmetric on the logit scale, for there the area has no ends. */
static wb_status delong(wb_metrics_interval *out, const study *s, wb_error *err)
{
    const wbi_score_sample *samples[2] = {&s->samples[0], NULL};
    wbi_delong by;
    WBI_TRY(wbi_delong_of(&by, samples, 1, err));
    const double area = by.area[0], se = sqrt(by.covariance[0][0]);
    if (!(se > 0 && area > 0 && area < 1))
        return WB_OK;
    const double logit = log(area / (1 - area)), half = gsl_cdf_ugaussian_Pinv((1 + s->options->level) / 2) * se;
    const double half_logit = half / (area * (1 - area));
    set_auc(out, 1 / (1 + exp(half_logit - logit)), 1 / (1 + exp(-half_logit - logit)), se);
    out->low.gini = 2 * out->low.auc - 1;
    out->high.gini = 2 * out->high.auc - 1;
    return WB_OK;
}

static void start_interval(wb_metrics_interval *out, const wb_metrics *figures)
{
    *out = (wb_metrics_interval){.low = wbi_no_metrics(), .high = wbi_no_metrics(), .auc_se = NAN};
    out->low.n = out->high.n = figures->n;
    out->low.n_positive = out->high.n_positive = figures->n_positive;
}

static study start_study(const wb_outcomes *rows, const wb_metrics_options *metrics, const wb_interval_options *options,
                         size_t n_scores)
{
    static const wb_metrics_options usual_metrics = WB_METRICS_OPTIONS_INIT;
    static const wb_interval_options usual = WB_INTERVAL_OPTIONS_INIT;
    return (study){.rows = rows,
                   .metrics = metrics == NULL ? &usual_metrics : metrics,
                   .options = options == NULL ? &usual : options,
                   .n_scores = n_scores};
}

wb_status wb_metrics_interval_of(wb_metrics_interval *out, wb_metrics *figures, const wb_outcomes *rows,
                                 const wb_metrics_options *metrics, const wb_interval_options *options, wb_error *err)
{
    study s = start_study(rows, metrics, options, 1);
    wb_status status;
    WBI_TRY_CLEANUP(begin(&s, NULL, err));
    start_interval(out, &s.figures[0]);
    WBI_TRY_CLEANUP(bootstrap(out, &s, err));
    if (s.independent)
        WBI_TRY_CLEANUP(delong(out, &s, err));
    if (figures != NULL)
        *figures = s.figures[0];
cleanup:
    end(&s);
    return status;
}

/* Of a difference over its standard error; equal scores differ in nothing. */
static double two_sided(double difference, double se)
{
    return difference == 0 ? 1 : 2 * gsl_cdf_ugaussian_Q(fabs(difference / se));
}

static wb_status delong_difference(wb_metrics_difference *out, const study *s, wb_error *err)
{
    const wbi_score_sample *samples[2] = {&s->samples[0], &s->samples[1]};
    wbi_delong by;
    WBI_TRY(wbi_delong_of(&by, samples, 2, err));
    const double variance = by.covariance[0][0] + by.covariance[1][1] - 2 * by.covariance[0][1];
    if (isnan(variance))
        return WB_OK;
    const double se = sqrt(fmax(0, variance)), difference = out->difference.auc;
    const double half = gsl_cdf_ugaussian_Pinv((1 + s->options->level) / 2) * se;
    set_auc(&out->interval, difference - half, difference + half, se);
    out->interval.low.gini = 2 * out->interval.low.auc;
    out->interval.high.gini = 2 * out->interval.high.auc;
    return WB_OK;
}

wb_status wb_metrics_compare(wb_metrics_difference *out, const wb_outcomes *rows, const double *other_probability,
                             const wb_metrics_options *metrics, const wb_interval_options *options, wb_error *err)
{
    study s = start_study(rows, metrics, options, 2);
    wb_status status;
    WBI_TRY_CLEANUP(begin(&s, other_probability, err));
    out->difference = s.figures[0];
    for (size_t f = 0; f < WBI_N_FIGURES; f++)
        wbi_figures(&out->difference)[f] -= wbi_figures(&s.figures[1])[f];
    start_interval(&out->interval, &s.figures[0]);
    WBI_TRY_CLEANUP(bootstrap(&out->interval, &s, err));
    if (s.independent)
        WBI_TRY_CLEANUP(delong_difference(out, &s, err));
    out->auc_p = two_sided(out->difference.auc, out->interval.auc_se);
cleanup:
    end(&s);
    return status;
}
