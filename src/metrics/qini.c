/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well a score tells whom treatment serves (Radcliffe, Using control groups to target on predicted lift, 2007). */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/gsl.h"
#include "metrics/intervals.h"
#include "metrics/wilson.h"
#include "par/par.h"
#include "par/team.h"

/* What rows weigh by arm and outcome: [arm][outcome]. */
typedef struct cells {
    double of[2][2];
} cells;

/* Rows, the highest score first. */
typedef struct ranking {
    size_t n, n_groups;
    uint64_t *words;    /* room for sorting: the score's place and the row, and as much again */
    uint32_t *row;
    uint32_t *end;      /* of each group of equal scores: the place behind its last row */
    uint32_t *customer;
    double *weight;     /* NULL: all 1 */
    uint8_t *cell;      /* 2 arm + outcome */
    wbi_customers customers;
} ranking;

/* ---- order ---- */

static wb_status check_row(const wb_trial_rows *rows, size_t i, wb_error *err)
{
    if (isnan(rows->score[i]))
        return wbi_fail(err, WB_ERR_ARGUMENT, "the score of row %zu is missing", i + 1);
    if (rows->outcome[i] > 1)
        return wbi_fail(err, WB_ERR_ARGUMENT, "outcome %d of row %zu is not 0 or 1", rows->outcome[i], i + 1);
    if (rows->treated[i] > 1)
        return wbi_fail(err, WB_ERR_ARGUMENT, "treated %d of row %zu is not 0 or 1", rows->treated[i], i + 1);
    if (rows->weight != NULL && !(rows->weight[i] >= 0 && isfinite(rows->weight[i])))
        return wbi_fail(err, WB_ERR_ARGUMENT, "weight %g of row %zu is not a number >= 0", rows->weight[i], i + 1);
    return WB_OK;
}

static wb_status allocate(ranking *r, const wb_trial_rows *rows, wb_error *err)
{
    const size_t n = r->n = rows->n;
    if (n >= UINT32_MAX)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows are too many; at most 2^32 - 2 are taken", n);
    r->words = wbi_alloc_aligned(n, 4 * sizeof *r->words);
    r->row = wbi_alloc_array(n, sizeof *r->row);
    r->end = wbi_alloc_array(n, sizeof *r->end);
    r->customer = wbi_alloc_array(n, sizeof *r->customer);
    r->cell = wbi_alloc_array(n, 1);
    r->weight = rows->weight == NULL ? NULL : wbi_alloc_array(n, sizeof *r->weight);
    const bool all = r->words != NULL && r->row != NULL && r->end != NULL && r->customer != NULL && r->cell != NULL;
    return all && (rows->weight == NULL || r->weight != NULL) ? WB_OK : wbi_fail_nomem(err, n * 4 * sizeof *r->words);
}

static void take_row(ranking *r, const wb_trial_rows *rows, size_t at)
{
    const size_t row = (size_t)r->words[2 * at + 1];
    r->row[at] = (uint32_t)row;
    r->cell[at] = (uint8_t)(2 * rows->treated[row] + rows->outcome[row]);
    r->customer[at] = r->customers.of_row == NULL ? (uint32_t)row : r->customers.of_row[row];
    if (r->weight != NULL)
        r->weight[at] = rows->weight[row];
    if (at > 0 && r->words[2 * at] != r->words[2 * at - 2])
        r->n_groups++;
    r->end[r->n_groups] = (uint32_t)(at + 1);
}

static wb_status rank(ranking *r, const wb_trial_rows *rows, int n_threads, wb_error *err)
{
    const wb_outcomes who = {.customer = rows->customer, .n = rows->n};
    WBI_TRY(allocate(r, rows, err));
    WBI_TRY(wbi_customers_make(&r->customers, &who, n_threads, err));
    for (size_t i = 0; i < r->n; i++) {
        WBI_TRY(check_row(rows, i, err));
        r->words[2 * i] = wbi_place_of_score(rows->score[i]);
        r->words[2 * i + 1] = i;
    }
    WBI_TRY(wbi_sort(&(wbi_word_rows){r->words, r->words + 2 * r->n, r->n, 2, 1}, n_threads, err));
    for (size_t at = 0; at < r->n; at++)
        take_row(r, rows, at);
    r->n_groups += r->n > 0;
    return WB_OK;
}

static void clear(ranking *r)
{
    wbi_free(r->words);
    wbi_free(r->row);
    wbi_free(r->end);
    wbi_free(r->customer);
    wbi_free(r->weight);
    wbi_free(r->cell);
    wbi_free(r->customers.of_row);
}

/* ---- the curve ---- */

static double weight_at(const ranking *r, size_t at)
{
    return r->weight == NULL ? 1 : r->weight[at];
}

static double total_of(const cells *c)
{
    return c->of[0][0] + c->of[0][1] + (c->of[1][0] + c->of[1][1]);
}

/* Adds the rows of a group, each as often as its customer was `drawn` (NULL: once). */
static void add_group(cells *to, const ranking *r, size_t group, const uint32_t *drawn)
{
    for (size_t at = group == 0 ? 0 : r->end[group - 1]; at < r->end[group]; at++)
        to->of[r->cell[at] >> 1][r->cell[at] & 1] += drawn == NULL ? weight_at(r, at) : drawn[r->customer[at]] * weight_at(r, at);
}

static double gain_of(const cells *c)
{
    const double n_treated = c->of[1][0] + c->of[1][1], n_control = c->of[0][0] + c->of[0][1];
    return c->of[1][1] - (n_control > 0 ? c->of[0][1] * n_treated / n_control : 0);
}

static double coefficient_of(const ranking *r, const uint32_t *drawn)
{
    cells within = {{{0}}};
    double depth = 0, gain = 0, area = 0;
    for (size_t group = 0; group < r->n_groups; group++) {
        const double depth_before = depth, gain_before = gain;
        add_group(&within, r, group, drawn);
        depth = total_of(&within);
        gain = gain_of(&within);
        area += (depth - depth_before) * (gain + gain_before) / 2;
    }
    const bool both = within.of[0][0] + within.of[0][1] > 0 && within.of[1][0] + within.of[1][1] > 0;
    return both ? area / depth - gain / 2 : (double)NAN;
}

/* One point in each of so many steps of the depth, the last in it. */
static void draw_curve(wb_qini *out, const ranking *r, const wb_trial_rows *rows, double total)
{
    cells within = {{{0}}};
    double step = 0;
    out->points[0] = (wb_qini_point){NAN, 0, 0};
    for (size_t group = 0; group < r->n_groups; group++) {
        add_group(&within, r, group, NULL);
        const double depth = fmin(1, total_of(&within) / total), here = ceil(depth * WB_CURVE_POINTS);
        if (!(here > 0))
            continue; /* what weighs nothing */
        out->n_points += here > step;
        step = here;
        out->points[out->n_points] = (wb_qini_point){rows->score[r->row[r->end[group] - 1]], depth, gain_of(&within)};
    }
    out->n_points++;
}

/* ---- rates ---- */

/* Rows whose rates are wanted. */
typedef struct tally {
    cells weight, squares;
    double scores;
} tally;

static void add_row(tally *to, const ranking *r, const wb_trial_rows *rows, size_t at)
{
    const double weight = weight_at(r, at);
    const size_t arm = r->cell[at] >> 1, outcome = r->cell[at] & 1;
    to->weight.of[arm][outcome] += weight;
    to->squares.of[arm][outcome] += weight * weight;
    to->scores += weight * rows->score[r->row[at]];
}

static wb_arm_rates rates_of(const tally *t, double z)
{
    double n[2], rate[2], n_effective[2]; /* Kish's: of weights that differ */
    for (size_t arm = 0; arm < 2; arm++) {
        const double *weight = t->weight.of[arm], *squares = t->squares.of[arm];
        n[arm] = weight[0] + weight[1];
        rate[arm] = weight[1] / n[arm];
        n_effective[arm] = n[arm] * (n[arm] / (squares[0] + squares[1]));
    }
    const wbi_wilson ends = wbi_newcombe_of(rate[1], n_effective[1], rate[0], n_effective[0], z);
    return (wb_arm_rates){.n_treated = n[1],
                          .n_control = n[0],
                          .rate_treated = rate[1],
                          .rate_control = rate[0],
                          .difference = rate[1] - rate[0],
                          .low = ends.low,
                          .high = ends.high,
                          .mean_score = t->scores / (n[0] + n[1])};
}

static void find_rates(wb_qini *out, const ranking *r, const wb_trial_rows *rows, double level)
{
    const double z = gsl_cdf_ugaussian_Pinv((1 + level) / 2);
    tally all = {.scores = 0}, tenths[WB_N_TENTHS] = {{.scores = 0}};
    double before = 0;
    for (size_t at = 0; at < r->n; at++)
        add_row(&all, r, rows, at);
    const double total = total_of(&all.weight);
    for (size_t group = 0, at = 0; group < r->n_groups; group++) {
        cells here = {{{0}}};
        add_group(&here, r, group, NULL);
        const double weight = total_of(&here), middle = (before + weight / 2) / total * WB_N_TENTHS;
        const size_t tenth = middle < WB_N_TENTHS ? (size_t)middle : WB_N_TENTHS - 1;
        for (; at < r->end[group]; at++)
            add_row(&tenths[tenth], r, rows, at);
        before += weight;
    }
    out->all = rates_of(&all, z);
    for (size_t k = 0; k < WB_N_TENTHS; k++)
        out->tenths[k] = rates_of(&tenths[k], z);
}

/* ---- resamples ---- */

typedef struct resampling {
    const ranking *ranking;
    const wb_interval_options *options;
    uint32_t **drawn; /* by worker: how often each customer */
    int n_workers;
    double *values; /* by resample */
    size_t *resample; /* by slot */
    size_t next, n_done;
} resampling;

static wb_status source(void *context, size_t slot, int *more, wb_error *err)
{
    resampling *s = context;
    (void)err;
    *more = s->next < s->options->n_resamples;
    if (*more)
        s->resample[slot] = s->next++;
    return WB_OK;
}

static wb_status work(void *context, size_t slot, int worker, wb_error *err)
{
    const resampling *s = context;
    uint32_t *drawn = s->drawn[worker];
    (void)err;
    wbi_draw(drawn, s->ranking->customers.n, s->options->seed, s->resample[slot]);
    s->values[s->resample[slot]] = coefficient_of(s->ranking, drawn);
    return WB_OK;
}

static wb_status sink(void *context, size_t slot, wb_error *err)
{
    resampling *s = context;
    (void)slot;
    return wbi_progress(s->options->log, "resample", ++s->n_done, s->options->n_resamples, err);
}

static wb_status reserve(resampling *s, wb_error *err)
{
    const size_t n = s->ranking->customers.n, n_workers = (size_t)s->n_workers;
    s->values = wbi_alloc_array(s->options->n_resamples, sizeof *s->values);
    s->resample = wbi_alloc_array(2 * n_workers, sizeof *s->resample);
    s->drawn = wbi_alloc_zeroed(n_workers, sizeof *s->drawn);
    bool all = s->values != NULL && s->resample != NULL && s->drawn != NULL;
    for (size_t w = 0; all && w < n_workers; w++)
        all = (s->drawn[w] = wbi_alloc_array(n, sizeof **s->drawn)) != NULL;
    return all ? WB_OK : wbi_fail_nomem(err, n_workers * n * sizeof **s->drawn);
}

static wb_status resample(wb_qini *out, const ranking *r, const wb_interval_options *options, int n_threads, wb_error *err)
{
    resampling s = {.ranking = r, .options = options, .n_workers = wbi_team_size(n_threads, options->n_resamples)};
    wb_status status;
    if (options->n_resamples == 0 || isnan(out->coefficient))
        return WB_OK;
    WBI_TRY_CLEANUP(reserve(&s, err));
    WBI_TRY_CLEANUP(wbi_par_pipeline(&(wbi_pipeline){source, work, sink, &s, 2 * (size_t)s.n_workers}, s.n_workers, err));
    wbi_spread(&out->low, &out->high, &out->se, s.values, options->n_resamples, options->level);
    out->n_resamples = options->n_resamples;
cleanup:
    for (int w = 0; s.drawn != NULL && w < s.n_workers; w++)
        wbi_free(s.drawn[w]);
    wbi_free(s.drawn);
    wbi_free(s.resample);
    wbi_free(s.values);
    return status;
}

/* ---- the whole ---- */

wb_status wb_metrics_qini(wb_qini *out, const wb_trial_rows *rows, const wb_interval_options *options, int n_threads,
                          wb_error *err)
{
    static const wb_interval_options usual = WB_INTERVAL_OPTIONS_INIT;
    ranking r = {.n = 0};
    wb_status status;
    memset(out, 0, sizeof *out);
    if (options == NULL)
        options = &usual;
    if (!(options->level > 0 && options->level < 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "level %g is not between 0 and 1", options->level);
    wbi_disarm_gsl();
    WBI_TRY_CLEANUP(rank(&r, rows, n_threads, err));
    out->n = rows->n;
    for (size_t i = 0; i < rows->n; i++)
        out->n_treated += rows->treated[i];
    out->low = out->high = out->se = NAN;
    out->coefficient = coefficient_of(&r, NULL);
    find_rates(out, &r, rows, options->level);
    draw_curve(out, &r, rows, out->all.n_treated + out->all.n_control);
    status = resample(out, &r, options, n_threads, err);
cleanup:
    clear(&r);
    return status;
}
