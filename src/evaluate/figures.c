/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of all rows, of those of customers seen within the horizon, and of each segment. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "evaluate/evaluate.h"

typedef struct work {
    wbi_evaluation *e;
    const wbi_trial *trial;
    const wbi_truth *truth;
    const char *const *scores;
    const wb_evaluate_options *options;
    wb_metrics_options metrics;
    wb_interval_options intervals;
    size_t n_groups;              /* of each score */
    uint32_t *chosen, *number;    /* rows of the trial; the number of a customer among those chosen */
    wbi_trial part;               /* the chosen rows; of `probability` there is one, filled anew for each score */
} work;

/* ---- how ---- */

size_t wbi_evaluation_resamples(const wbi_trial *trial, size_t asked)
{
    enum { DRAWS = 20000000, MOST = 1000, FEWEST = 200, AT_LEAST = 100, MOST_DRAWS = 50000000 };
    if (asked != WB_RESAMPLES_AUTO)
        return asked;
    size_t n = DRAWS / trial->n;
    n = n > MOST ? MOST : n - n % 100;
    if (n >= FEWEST)
        return n;
    const bool has_delong = trial->weight == NULL && trial->customer == NULL;
    return has_delong || trial->n > MOST_DRAWS / AT_LEAST ? 0 : AT_LEAST;
}

/* What a customer is worth: the mean over the rows where it is known. */
static wb_status mean_value(double *mean, const wbi_trial *trial, const wbi_truth *truth, wb_error *err)
{
    const wbi_column *column = &truth->table->columns[truth->value];
    double sum = 0, total = 0;
    for (size_t i = 0; i < trial->n; i++) {
        const double value = column->numbers[trial->row[i]], weight = trial->weight == NULL ? 1 : trial->weight[i];
        if (isnan(value))
            continue;
        sum += weight * value;
        total += weight;
    }
    *mean = sum / total;
    return total > 0 ? WB_OK : wbi_fail(err, WB_ERR_INCONSISTENT, "%s, what a customer is worth, is missing in every row",
                                        column->name);
}

static wb_status keep_text(wbi_evaluation *e, const char **out, const char *text, wb_error *err)
{
    return text == NULL ? WB_OK : wbi_evaluation_keep(e, out, text, strlen(text), err);
}

/* Zero days cannot be asked for; where nobody asked, the horizon stands for them. */
static void choose_seen(wb_evaluation *result, const work *w)
{
    const int64_t asked = w->options->seen_within_us;
    result->seen_within_us = w->truth->seen == SIZE_MAX || asked < 0 ? 0 : asked > 0 ? asked : w->truth->horizon_us;
}

static wb_status describe(work *w, wb_error *err)
{
    const wb_evaluate_options *o = w->options;
    wb_evaluation *result = &w->e->result;
    const wb_table *table = w->truth->table;
    w->metrics = o->metrics;
    if (w->truth->value != SIZE_MAX)
        WBI_TRY(mean_value(&w->metrics.profit.value, w->trial, w->truth, err));
    w->intervals = o->intervals;
    w->intervals.n_resamples = wbi_evaluation_resamples(w->trial, o->intervals.n_resamples);
    w->intervals.log = o->intervals.log != NULL ? o->intervals.log : o->log;
    choose_seen(result, w);
    result->profit = w->metrics.profit;
    result->value_unsaid = o->value_unsaid;
    result->threshold = o->metrics.threshold;
    result->level = o->intervals.level;
    result->n_resamples = w->intervals.n_resamples;
    result->seed = o->intervals.seed;
    result->n_scores = w->trial->n_scores;
    result->n_rows = w->trial->n;
    result->n_customers = w->trial->n_customers;
    const char *target = wb_table_name(table, w->truth->target);
    WBI_TRY(keep_text(w->e, &result->target, target + (strncmp(target, "label_", 6) == 0 ? 6 : 0), err));
    WBI_TRY(keep_text(w->e, &result->weights, o->weights, err));
    WBI_TRY(keep_text(w->e, &result->value_column, o->value_column, err));
    WBI_TRY(keep_text(w->e, &result->profit_from, o->profit_from, err));
    return result->seen_within_us == 0 ? WB_OK
                                       : keep_text(w->e, &result->seen_column, wb_table_name(table, w->truth->seen), err);
}

/* ---- groups ---- */

static wb_outcomes outcomes_of(const wbi_trial *trial, size_t score)
{
    return (wb_outcomes){trial->probability[score], trial->outcome, trial->weight, trial->customer, trial->n};
}

static wb_status compute(const work *w, wb_evaluated *group, const wb_outcomes *rows, wb_error *err)
{
    return wb_metrics_interval_of(&group->interval, &group->metrics, rows, &w->metrics, &w->intervals, err);
}

static wb_status all_rows(const work *w, size_t at, wb_error *err)
{
    for (size_t s = 0; s < w->trial->n_scores; s++) {
        wb_evaluated *group = &w->e->result.groups[s * w->n_groups + at];
        const wb_outcomes rows = outcomes_of(w->trial, s);
        WBI_TRY(compute(w, group, &rows, err));
        if (!w->options->with_curves)
            continue;
        group->curves = wbi_alloc_zeroed(1, sizeof *group->curves);
        if (group->curves == NULL)
            return wbi_fail_nomem(err, sizeof *group->curves);
        WBI_TRY(wb_metrics_curves(group->curves, &rows, &w->metrics, err));
    }
    return WB_OK;
}

/* Customers of the chosen rows get numbers from 0 on; where nobody has two of the rows, none. */
static void number_customers(work *w, size_t n)
{
    const wbi_trial *trial = w->trial;
    uint32_t n_customers = 0;
    memset(w->number, 0xff, (size_t)trial->n_customers * sizeof *w->number);
    for (size_t i = 0; i < n; i++) {
        uint32_t *number = &w->number[trial->customer[w->chosen[i]]];
        if (*number == UINT32_MAX)
            *number = n_customers++;
        w->part.row[i] = *number;
    }
    w->part.customer = n_customers < n ? w->part.row : NULL;
}

/* The first n of `chosen`; groups without rows have no figures to make. */
static wb_status chosen_rows(work *w, size_t at, size_t n, wb_error *err)
{
    const wbi_trial *trial = w->trial;
    wbi_trial *part = &w->part;
    part->n = n;
    for (size_t i = 0; i < n; i++)
        part->outcome[i] = trial->outcome[w->chosen[i]];
    for (size_t i = 0; trial->weight != NULL && i < n; i++)
        part->weight[i] = trial->weight[w->chosen[i]];
    if (trial->customer != NULL)
        number_customers(w, n);
    for (size_t s = 0; s < trial->n_scores; s++) {
        for (size_t i = 0; i < n; i++)
            part->probability[0][i] = trial->probability[s][w->chosen[i]];
        const wb_outcomes rows = outcomes_of(part, 0);
        WBI_TRY(compute(w, &w->e->result.groups[s * w->n_groups + at], &rows, err));
    }
    return WB_OK;
}

static wb_status seen_rows(work *w, size_t at, wb_error *err)
{
    const double within_days = (double)w->e->result.seen_within_us / (double)WB_DAY_US;
    const double *days = w->truth->table->columns[w->truth->seen].numbers;
    size_t n = 0;
    for (uint32_t i = 0; i < w->trial->n; i++)
        if (days[w->trial->row[i]] <= within_days)
            w->chosen[n++] = i;
    for (size_t s = 0; s < w->trial->n_scores; s++)
        w->e->result.groups[s * w->n_groups + at].by = w->e->result.seen_column;
    return chosen_rows(w, at, n, err);
}

static wb_status segment_rows(work *w, size_t at, const wbi_segments *segments, const char *by, wb_error *err)
{
    for (size_t k = 0; k < segments->n; k++) {
        size_t n = 0;
        for (uint32_t i = 0; i < w->trial->n; i++)
            if (segments->code[i] == segments->list[k].code)
                w->chosen[n++] = i;
        for (size_t s = 0; s < w->trial->n_scores; s++) {
            wb_evaluated *group = &w->e->result.groups[s * w->n_groups + at + k];
            group->by = by;
            group->segment = segments->list[k].name;
        }
        WBI_TRY(chosen_rows(w, at + k, n, err));
    }
    return WB_OK;
}

static wb_status make_room(work *w, wb_error *err)
{
    const wbi_trial *trial = w->trial;
    wb_evaluation *result = &w->e->result;
    result->groups = wbi_alloc_zeroed(w->n_groups * trial->n_scores, sizeof *result->groups);
    result->pairs = wbi_alloc_zeroed(trial->n_scores - 1, sizeof *result->pairs);
    if (result->groups == NULL || result->pairs == NULL)
        return wbi_fail_nomem(err, w->n_groups * trial->n_scores * sizeof *result->groups);
    result->n_groups = w->n_groups * trial->n_scores;
    for (size_t k = 0; k < result->n_groups; k++)
        WBI_TRY(keep_text(w->e, &result->groups[k].score, w->scores[k / w->n_groups], err));
    if (w->n_groups == 1)
        return WB_OK;
    WBI_TRY(wbi_trial_allocate(&w->part, trial->n, 1, err));
    w->chosen = wbi_alloc_array(trial->n, sizeof *w->chosen);
    w->number = wbi_alloc_array(trial->n_customers, sizeof *w->number);
    w->part.weight = trial->weight == NULL ? NULL : wbi_alloc_array(trial->n, sizeof *w->part.weight);
    const bool whole = w->chosen != NULL && w->number != NULL && (trial->weight == NULL || w->part.weight != NULL);
    return whole ? WB_OK : wbi_fail_nomem(err, trial->n * sizeof *w->chosen);
}

static wb_status compare(const work *w, wb_error *err)
{
    wb_evaluation *result = &w->e->result;
    const wb_outcomes rows = outcomes_of(w->trial, 0);
    for (size_t s = 1; s < w->trial->n_scores; s++) {
        wb_compared *pair = &result->pairs[result->n_pairs++];
        pair->first = result->groups[0].score;
        pair->second = result->groups[s * w->n_groups].score;
        WBI_TRY(wb_metrics_compare(&pair->figures, &rows, w->trial->probability[s], &w->metrics, &w->intervals, err));
    }
    return WB_OK;
}

/* ---- the whole ---- */

static void warn(const work *w)
{
    const wb_metrics *all = &w->e->result.groups[0].metrics;
    if (isnan(all->base_rate))
        wbi_log(w->options->log, WB_LOG_WARNING, "all rows that have a score weigh 0: there are no figures");
    else if (all->base_rate == 0 || all->base_rate == 1)
        wbi_log(w->options->log, WB_LOG_WARNING,
                "%s is %d in every row that has a score%s: figures that set positives against negatives cannot be made",
                w->e->result.target, all->base_rate == 1, w->e->result.weights == NULL ? "" : " and weight");
    else if (all->n < WB_FEW_ROWS)
        wbi_log(w->options->log, WB_LOG_WARNING, "%llu rows are few: figures may be far off, and intervals are rough",
                (unsigned long long)all->n);
}

static wb_status find_segments(work *w, wbi_segments *segments, wb_error *err)
{
    wb_evaluation *result = &w->e->result;
    w->n_groups = 1 + (result->seen_within_us > 0);
    for (size_t k = 0; k < w->options->n_by; k++) {
        const size_t column = wb_table_find(w->truth->table, w->options->by[k]);
        if (column == SIZE_MAX)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s' (for segments)", w->options->by[k]);
        WBI_TRY(wbi_segments_find(&segments[k], &result->columns[result->n_columns++], w->e, w->trial, w->truth->table, column,
                                  err));
        w->n_groups += segments[k].n;
    }
    return WB_OK;
}

static wb_status evaluate(work *w, wbi_segments *segments, wb_error *err)
{
    wb_evaluation *result = &w->e->result;
    size_t at = 0;
    WBI_TRY(describe(w, err));
    WBI_TRY(find_segments(w, segments, err));
    if (w->trial->n_scores == 0)
        return WB_OK; /* of uplift alone */
    WBI_TRY(make_room(w, err));
    WBI_TRY(all_rows(w, at++, err));
    if (result->seen_within_us > 0)
        WBI_TRY(seen_rows(w, at++, err));
    for (size_t k = 0; k < w->options->n_by; at += segments[k++].n)
        WBI_TRY(segment_rows(w, at, &segments[k], result->columns[k].by, err));
    WBI_TRY(compare(w, err));
    warn(w);
    return WB_OK;
}

/* Of probabilities. */
static wb_status find_figures(wbi_evaluation *e, const wbi_trial *trial, const wbi_truth *truth, const char *const *scores,
                              const wb_evaluate_options *options, wb_error *err)
{
    work w = {.e = e, .trial = trial, .truth = truth, .scores = scores, .options = options};
    wbi_segments *segments = wbi_alloc_zeroed(options->n_by, sizeof *segments);
    e->result.columns = wbi_alloc_zeroed(options->n_by, sizeof *e->result.columns);
    wb_status status = segments == NULL || e->result.columns == NULL ? wbi_fail_nomem(err, options->n_by * sizeof *segments)
                                                                     : evaluate(&w, segments, err);
    for (size_t k = 0; segments != NULL && k < options->n_by; k++)
        wbi_segments_free(&segments[k]);
    wbi_free(segments);
    wbi_free(w.chosen);
    wbi_free(w.number);
    w.part.customer = NULL; /* its rows */
    wbi_trial_free(&w.part);
    return status;
}

wb_status wbi_evaluation_figures(wbi_evaluation *e, wbi_trial *trial, const wbi_truth *truth, const wbi_score_names *names,
                                 const wb_evaluate_options *options, wb_error *err)
{
    if (truth->arms.of_row != NULL)
        WBI_TRY(wbi_evaluation_uplift(e, trial, truth, names, options, err));
    wbi_trial probabilities = *trial;
    probabilities.n_scores = names->n_probabilities;
    return find_figures(e, &probabilities, truth, names->of, options, err);
}
