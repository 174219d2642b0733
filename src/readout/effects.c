/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences of each arm from the control: of all customers, by tenth of the score, by values of columns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/number.h"
#include "readout/readout.h"

static const double cents_a_unit = 100;

/* Rows of a group, arm by arm: those of arm a are row[start[a]] to row[start[a + 1]]. */
typedef struct members {
    uint32_t *row;
    size_t start[WBI_READOUT_ARMS_AT_MOST + 2];
} members;

typedef struct study {
    wbi_readout *r;
    const wb_readout_options *o;
    uint8_t *tenth, *stratum; /* by row; NULL without scores */
    double *values;           /* scratch, one a row */
    members at;
    wbi_readout_bootstrap how;
    size_t n_done, n_expected; /* groups */
} study;

wb_readout_verdict wbi_readout_verdict_of(const wb_readout_estimate *e)
{
    if (isnan(e->low) || isnan(e->high))
        return WB_READOUT_UNKNOWN;
    return e->low > 0 ? WB_READOUT_HIGHER : e->high < 0 ? WB_READOUT_LOWER : WB_READOUT_NOT_DISTINGUISHABLE;
}

/* `code` NULL: all rows; else those of that value. */
static void gather(study *s, const int32_t *code, int32_t value)
{
    const wbi_readout_trial_rows *rows = &s->r->rows;
    size_t *start = s->at.start, next[WBI_READOUT_ARMS_AT_MOST + 1];
    memset(start, 0, sizeof s->at.start);
    for (size_t i = 0; i < rows->n; i++)
        if (code == NULL || code[i] == value)
            start[rows->arm[i] + 1]++;
    for (size_t a = 0; a < rows->n_arms; a++) {
        start[a + 1] += start[a];
        next[a] = start[a];
    }
    for (size_t i = 0; i < rows->n; i++)
        if (code == NULL || code[i] == value)
            s->at.row[next[rows->arm[i]]++] = (uint32_t)i;
}

static size_t n_of(const study *s, size_t arm)
{
    return s->at.start[arm + 1] - s->at.start[arm];
}

/* ---- rates ---- */

static int64_t count(const study *s, size_t measure, size_t arm)
{
    int64_t n = 0;
    for (size_t k = s->at.start[arm]; k < s->at.start[arm + 1]; k++)
        n += s->r->rows.outcome[measure][s->at.row[k]];
    return n;
}

static void compare_rates(wb_readout_effect *e, const study *s, size_t measure, size_t arm)
{
    e->sum = count(s, measure, arm);
    e->sum_control = count(s, measure, WBI_READOUT_CONTROL);
    e->mean = (double)e->sum / (double)e->n;
    e->mean_control = (double)e->sum_control / (double)e->n_control;
    e->difference = wb_readout_rate_difference((double)e->sum, (double)e->n, (double)e->sum_control, (double)e->n_control, s->o->level);
}

static void adjust_rates(wb_readout_effect *e, const study *s, size_t measure, size_t arm)
{
    uint64_t x[2][WBI_READOUT_TENTHS] = {{0}}, n[2][WBI_READOUT_TENTHS] = {{0}};
    for (size_t side = 0; side < 2; side++) {
        const size_t of = side == 0 ? arm : WBI_READOUT_CONTROL;
        for (size_t k = s->at.start[of]; k < s->at.start[of + 1]; k++) {
            n[side][s->stratum[s->at.row[k]]]++;
            x[side][s->stratum[s->at.row[k]]] += s->r->rows.outcome[measure][s->at.row[k]];
        }
    }
    const wbi_readout_rate_strata strata = {{x[0], x[1]}, {n[0], n[1]}, s->r->result.n_strata};
    e->adjusted = wbi_readout_rate_difference_weighted(&strata, s->o->level);
}

/* ---- money ---- */

static wb_status sum_of(int64_t *sum, const study *s, size_t measure, size_t arm, wb_error *err)
{
    *sum = 0;
    for (size_t k = s->at.start[arm]; k < s->at.start[arm + 1]; k++)
        if (__builtin_add_overflow(*sum, s->r->rows.cents[measure][s->at.row[k]], sum))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "the sum of %s is beyond 9e16", s->r->measures[measure].name);
    return WB_OK;
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Sorted, so that what is drawn does not depend on the order of the rows. */
static wbi_readout_money_arm sorted(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_size);
    return (wbi_readout_money_arm){values, n};
}

/* Fills `values` with the arm's less their mean. */
static wbi_readout_money_arm centre(const study *s, double *values, size_t measure, size_t arm, double mean)
{
    const size_t n = n_of(s, arm);
    for (size_t k = 0; k < n; k++)
        values[k] = (double)s->r->rows.cents[measure][s->at.row[s->at.start[arm] + k]] / cents_a_unit - mean;
    return sorted(values, n);
}

static wb_status compare_money(wb_readout_effect *e, const study *s, size_t measure, size_t arm, wb_error *err)
{
    WBI_TRY(sum_of(&e->sum, s, measure, arm, err));
    WBI_TRY(sum_of(&e->sum_control, s, measure, WBI_READOUT_CONTROL, err));
    e->mean = (double)e->sum / cents_a_unit / (double)e->n;
    e->mean_control = (double)e->sum_control / cents_a_unit / (double)e->n_control;
    e->difference.value = e->mean - e->mean_control;
    if (e->n < WB_READOUT_LEAST_CUSTOMERS || e->n_control < WB_READOUT_LEAST_CUSTOMERS)
        return WB_OK;
    const wbi_readout_money_arm treated = centre(s, s->values, measure, arm, e->mean);
    const wbi_readout_money_arm control = centre(s, s->values + treated.n, measure, WBI_READOUT_CONTROL, e->mean_control);
    return wbi_readout_bootstrap_t(&e->difference, &treated, &control, &s->how, err);
}

/* Customers of a stratum in an arm, and what they spent. */
typedef struct stratum_sums {
    double n[WBI_READOUT_TENTHS], mean[WBI_READOUT_TENTHS];
} stratum_sums;

static void sum_strata(stratum_sums *sums, const study *s, size_t measure, size_t arm)
{
    *sums = (stratum_sums){{0}, {0}};
    for (size_t k = s->at.start[arm]; k < s->at.start[arm + 1]; k++) {
        const uint32_t row = s->at.row[k];
        sums->n[s->stratum[row]]++;
        sums->mean[s->stratum[row]] += (double)s->r->rows.cents[measure][row];
    }
    for (size_t t = 0; t < s->r->result.n_strata; t++)
        sums->mean[t] /= cents_a_unit * sums->n[t];
}

/* What each customer moves the weighted mean by, so that the variance of these numbers' mean is that of the strata's means weighted:
 * the sum over strata of w^2 s^2 / n. */
static wbi_readout_money_arm deviate(const study *s, double *values, size_t measure, size_t arm, const stratum_sums *own, const double *weight)
{
    const size_t n = n_of(s, arm);
    double by[WBI_READOUT_TENTHS];
    for (size_t t = 0; t < s->r->result.n_strata; t++)
        by[t] = weight[t] * (double)n / own->n[t] * sqrt(own->n[t] / (own->n[t] - 1) * (double)(n - 1) / (double)n);
    for (size_t k = 0; k < n; k++) {
        const uint32_t row = s->at.row[s->at.start[arm] + k];
        const uint8_t t = s->stratum[row];
        values[k] = by[t] * ((double)s->r->rows.cents[measure][row] / cents_a_unit - own->mean[t]);
    }
    return sorted(values, n);
}

static wb_status adjust_money(wb_readout_effect *e, const study *s, size_t measure, size_t arm, wb_error *err)
{
    stratum_sums own, control;
    double weight[WBI_READOUT_TENTHS];
    sum_strata(&own, s, measure, arm);
    sum_strata(&control, s, measure, WBI_READOUT_CONTROL);
    e->adjusted.value = 0;
    for (size_t t = 0; t < s->r->result.n_strata; t++) {
        weight[t] = (own.n[t] + control.n[t]) / (double)(e->n + e->n_control);
        e->adjusted.value += weight[t] * (own.mean[t] - control.mean[t]);
    }
    if (e->n < WB_READOUT_LEAST_CUSTOMERS || e->n_control < WB_READOUT_LEAST_CUSTOMERS)
        return WB_OK;
    const wbi_readout_money_arm treated = deviate(s, s->values, measure, arm, &own, weight);
    const wbi_readout_money_arm held_out = deviate(s, s->values + treated.n, measure, WBI_READOUT_CONTROL, &control, weight);
    return wbi_readout_bootstrap_t(&e->adjusted, &treated, &held_out, &s->how, err);
}

/* ---- an arm of a group ---- */

static wb_readout_estimate scaled(const wb_readout_estimate *e, double by)
{
    return (wb_readout_estimate){by * e->value, by * e->low, by * e->high};
}

/* Margin is a share of revenue, the first money. */
static void scale_margin(wb_readout_effect *e, const wb_readout_effect *revenue, double margin)
{
    *e = *revenue;
    e->sum = llround(margin * (double)revenue->sum);
    e->sum_control = llround(margin * (double)revenue->sum_control);
    e->mean *= margin;
    e->mean_control *= margin;
    e->difference = scaled(&revenue->difference, margin);
    e->adjusted = scaled(&revenue->adjusted, margin);
}

static const wb_readout_effect *revenue_of(const wbi_readout *r, const wb_readout_effect *of_arm)
{
    size_t m = 0;
    while (r->measures[m].kind != WB_READOUT_MONEY)
        m++;
    return &of_arm[m];
}

static wb_status compare(wb_readout_effect *of_arm, const study *s, size_t measure, size_t arm, int adjust, wb_error *err)
{
    const wbi_readout *r = s->r;
    wb_readout_effect *e = &of_arm[measure];
    const int is_rate = r->measures[measure].kind == WB_READOUT_RATE;
    e->n = n_of(s, arm);
    e->n_control = n_of(s, WBI_READOUT_CONTROL);
    e->adjusted = e->difference = (wb_readout_estimate){NAN, NAN, NAN};
    const int can_adjust = adjust && e->n > 1 && e->n_control > 1;
    if (is_rate) {
        compare_rates(e, s, measure, arm);
        if (can_adjust)
            adjust_rates(e, s, measure, arm);
    } else if (r->rows.cents[measure] == NULL) {
        scale_margin(e, revenue_of(r, of_arm), s->o->costs.margin);
    } else {
        WBI_TRY(compare_money(e, s, measure, arm, err));
        if (can_adjust)
            WBI_TRY(adjust_money(e, s, measure, arm, err));
    }
    e->verdict = wbi_readout_verdict_of(&e->difference);
    return WB_OK;
}

static wb_status add_group(study *s, const char *by, const char *value, wb_error *err)
{
    wbi_readout *r = s->r;
    const size_t n_measures = r->result.n_measures, n = r->result.n_arms * n_measures;
    const int adjust = by == NULL && s->tenth != NULL;
    WBI_TRY(wbi_array_grow(&r->groups, &r->groups_capacity, r->result.n_groups, sizeof *r->groups, err));
    r->result.groups = r->groups;
    wb_readout_group *group = &r->groups[r->result.n_groups];
    *group = (wb_readout_group){by, value, wbi_alloc_zeroed(n, sizeof *group->effects)};
    if (group->effects == NULL)
        return wbi_fail_nomem(err, n * sizeof *group->effects);
    r->result.n_groups++;
    for (size_t a = 0; a < r->result.n_arms; a++)
        for (size_t m = 0; m < n_measures; m++)
            WBI_TRY(compare(group->effects + a * n_measures, s, m, a + 1, adjust, err));
    return wbi_progress(s->o->log, "compare", ++s->n_done, s->n_expected, err);
}

/* ---- tenths of the score ---- */

static wb_status make_strata(study *s, wb_error *err)
{
    const wbi_readout_trial_rows *rows = &s->r->rows;
    uint64_t counts[WBI_READOUT_TENTHS][WBI_READOUT_ARMS_AT_MOST + 1] = {{0}};
    uint8_t into[WBI_READOUT_TENTHS];
    size_t n_filled = 0;
    s->tenth = wbi_alloc_array(rows->n, sizeof *s->tenth);
    s->stratum = wbi_alloc_array(rows->n, sizeof *s->stratum);
    if (s->tenth == NULL || s->stratum == NULL)
        return wbi_fail_nomem(err, rows->n);
    WBI_TRY(wbi_readout_tenths_of(s->tenth, rows->score, rows->n, err));
    for (size_t i = 0; i < rows->n; i++)
        counts[s->tenth[i]][rows->arm[i]]++;
    s->r->result.n_strata = wbi_readout_pool_tenths(into, counts, rows->n_arms);
    for (size_t i = 0; i < rows->n; i++)
        s->stratum[i] = into[s->tenth[i]];
    for (size_t t = 0; t < WBI_READOUT_TENTHS; t++)
        for (size_t a = 0; a < rows->n_arms; a++)
            if (counts[t][a] > 0) {
                n_filled++;
                break;
            }
    s->r->result.n_pooled = n_filled - s->r->result.n_strata;
    return WB_OK;
}

static wb_status add_tenths(study *s, wb_error *err)
{
    const wbi_readout_trial_rows *rows = &s->r->rows;
    int32_t *code = wbi_alloc_array(rows->n, sizeof *code);
    wb_status status = code == NULL ? wbi_fail_nomem(err, rows->n * sizeof *code) : WB_OK;
    for (size_t i = 0; i < rows->n && status == WB_OK; i++)
        code[i] = s->tenth[i];
    for (int32_t t = 0; t < WBI_READOUT_TENTHS && status == WB_OK; t++) {
        char text[WBI_INT_CHARS];
        const char *value;
        gather(s, code, t);
        if (s->at.start[rows->n_arms] == 0)
            continue;
        status = wbi_readout_keep(s->r, &value, text, wbi_int_print(text, t + 1), err);
        if (status == WB_OK)
            status = add_group(s, "decile", value, err);
    }
    wbi_free(code);
    return status;
}

/* ---- columns ---- */

typedef struct shown_value {
    wbi_str text;
    size_t n;
    int32_t code;
    double number; /* NaN: none */
} shown_value;

static int by_count(const void *left, const void *right)
{
    const shown_value *a = left, *b = right;
    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    return wbi_str_compare(a->text, b->text);
}

static int by_number(const void *left, const void *right)
{
    const shown_value *a = left, *b = right;
    if (isnan(a->number) || isnan(b->number))
        return isnan(a->number) - isnan(b->number);
    return (a->number > b->number) - (a->number < b->number);
}

/* All values, most customers first; of those that are shown numbers ascend if they are all such, the missing ones last. */
static wb_status list_values(shown_value **out, size_t *n, const wbi_readout_parting *parting, size_t n_rows, wb_error *err)
{
    *n = wbi_dictionary_size(parting->values);
    *out = wbi_alloc_zeroed(*n, sizeof **out);
    if (*out == NULL)
        return wbi_fail_nomem(err, *n * sizeof **out);
    for (size_t k = 0; k < *n; k++) {
        const wbi_str text = wbi_dictionary_at(parting->values, (int32_t)k);
        (*out)[k] = (shown_value){.text = text, .code = (int32_t)k};
        if (!wbi_double_read(&(*out)[k].number, text.data, text.length, '.'))
            (*out)[k].number = NAN;
    }
    for (size_t i = 0; i < n_rows; i++)
        (*out)[parting->code[i]].n++;
    qsort(*out, *n, sizeof **out, by_count);
    const size_t n_shown = *n < WBI_READOUT_VALUES_SHOWN ? *n : WBI_READOUT_VALUES_SHOWN;
    for (size_t k = 0; k < n_shown; k++)
        if (isnan((*out)[k].number) && (*out)[k].text.length > 0)
            return WB_OK;
    qsort(*out, n_shown, sizeof **out, by_number);
    return WB_OK;
}

static wb_status add_parting(study *s, const wbi_readout_parting *parting, wb_error *err)
{
    static const char missing[] = "(missing)";
    shown_value *values;
    size_t n;
    wb_status status = list_values(&values, &n, parting, s->r->rows.n, err);
    for (size_t k = 0; k < n && k < WBI_READOUT_VALUES_SHOWN && status == WB_OK; k++) {
        const wbi_str text = values[k].text.length > 0 ? values[k].text : wbi_str_from(missing);
        const char *value;
        gather(s, parting->code, values[k].code);
        status = wbi_readout_keep(s->r, &value, text.data, text.length, err);
        if (status == WB_OK)
            status = add_group(s, parting->by, value, err);
    }
    s->r->result.n_values_left_out += n > WBI_READOUT_VALUES_SHOWN ? n - WBI_READOUT_VALUES_SHOWN : 0;
    wbi_free(values);
    return status;
}

/* ---- all ---- */

static wb_status add_groups(study *s, wb_error *err)
{
    const wbi_readout_trial_rows *rows = &s->r->rows;
    if (rows->score != NULL)
        WBI_TRY(make_strata(s, err));
    gather(s, NULL, 0);
    WBI_TRY(add_group(s, NULL, NULL, err));
    if (rows->score != NULL)
        WBI_TRY(add_tenths(s, err));
    for (size_t k = 0; k < rows->n_partings; k++)
        WBI_TRY(add_parting(s, &rows->partings[k], err));
    return WB_OK;
}

static size_t n_groups_expected(const wbi_readout_trial_rows *rows)
{
    size_t n = 1 + (rows->score != NULL ? WBI_READOUT_TENTHS : 0);
    for (size_t k = 0; k < rows->n_partings; k++) {
        const size_t n_values = wbi_dictionary_size(rows->partings[k].values);
        n += n_values < WBI_READOUT_VALUES_SHOWN ? n_values : WBI_READOUT_VALUES_SHOWN;
    }
    return n;
}

static int has_money(const wbi_readout *r)
{
    for (size_t m = 0; m < r->result.n_measures; m++)
        if (r->measures[m].kind == WB_READOUT_MONEY)
            return 1;
    return 0;
}

wb_status wbi_readout_effects(wbi_readout *r, const wb_readout_options *o, wb_error *err)
{
    const wbi_readout_trial_rows *rows = &r->rows;
    study s = {.r = r, .o = o, .how = {r->result.n_resamples, o->seed, o->level, o->n_threads}, .n_expected = n_groups_expected(rows)};
    wb_status status = WB_OK;
    if (!isnan(o->costs.margin) && has_money(r))
        WBI_TRY(wbi_readout_add_measure(r, "margin", WB_READOUT_MONEY, err));
    s.at.row = wbi_alloc_array(rows->n, sizeof *s.at.row);
    s.values = wbi_alloc_array(rows->n, sizeof *s.values);
    if (s.at.row == NULL || s.values == NULL)
        status = wbi_fail_nomem(err, rows->n * sizeof *s.values);
    else
        status = add_groups(&s, err);
    wbi_free(s.tenth);
    wbi_free(s.stratum);
    wbi_free(s.values);
    wbi_free(s.at.row);
    return status;
}
