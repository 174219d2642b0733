/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "readout/readout.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"

enum { RESAMPLES = 2000, LEAST_RESAMPLES = 400, MOST_RESAMPLES = 1000000 };
static const double MOST_DRAWS = 4e8; /* of customers, an arm's and a measure's */
const char wbi_readout_control_word[] = "control", wbi_readout_list_word[] = "list";

const char *wb_readout_verdict_name(wb_readout_verdict verdict)
{
    static const char *const names[] = {"unknown", "not distinguishable from zero", "higher", "lower"};
    return verdict >= WB_READOUT_UNKNOWN && verdict <= WB_READOUT_LOWER ? names[verdict] : NULL;
}

/* ---- what it holds ---- */

wb_status wbi_readout_keep(wbi_readout *r, const char **out, const char *bytes, size_t n, wb_error *err)
{
    char *copy = wbi_strndup(bytes, n);
    wbi_str text = {copy, n + 1};
    if (copy == NULL || !wbi_arena_copy(&r->texts, &text)) {
        wbi_free(copy);
        return wbi_fail_nomem(err, n + 1);
    }
    wbi_free(copy);
    *out = text.data;
    return WB_OK;
}

wb_status wbi_readout_add_measure(wbi_readout *r, const char *name, wb_readout_kind kind, wb_error *err)
{
    wb_readout_measure *measure = &r->measures[r->result.n_measures];
    measure->kind = kind;
    WBI_TRY(wbi_readout_keep(r, &measure->name, name, strlen(name), err));
    r->result.n_measures++;
    return WB_OK;
}

static wb_status start_parting(wbi_readout_parting *parting, size_t n, wb_error *err)
{
    parting->code = wbi_alloc_array(n, sizeof *parting->code);
    if (parting->code == NULL)
        return wbi_fail_nomem(err, n * sizeof *parting->code);
    return wbi_dictionary_create(&parting->values, err);
}

wb_status wbi_readout_reserve(wbi_readout *r, size_t n, const wb_readout_options *o, int with_scores, wb_error *err)
{
    wbi_readout_trial_rows *rows = &r->rows;
    rows->capacity = n;
    rows->arm = wbi_alloc_array(n, sizeof *rows->arm);
    rows->score = with_scores ? wbi_alloc_array(n, sizeof *rows->score) : NULL;
    rows->partings = wbi_alloc_zeroed(o->n_by, sizeof *rows->partings);
    if (rows->arm == NULL || rows->partings == NULL || (with_scores && rows->score == NULL))
        return wbi_fail_nomem(err, n * sizeof *rows->score);
    while (rows->n_partings < o->n_by) {
        wbi_readout_parting *parting = &rows->partings[rows->n_partings];
        const char *by = o->by[rows->n_partings++];
        WBI_TRY(wbi_readout_keep(r, &parting->by, by, strlen(by), err));
        WBI_TRY(start_parting(parting, n, err));
    }
    return WB_OK;
}

wb_status wbi_readout_reserve_outcomes(wbi_readout *r, wb_error *err)
{
    wbi_readout_trial_rows *rows = &r->rows;
    for (size_t m = 0; m < r->result.n_measures; m++) {
        const int is_rate = r->measures[m].kind == WB_READOUT_RATE;
        if (is_rate)
            rows->outcome[m] = wbi_alloc_zeroed(rows->n, sizeof *rows->outcome[m]);
        else
            rows->cents[m] = wbi_alloc_zeroed(rows->n, sizeof *rows->cents[m]);
        if (is_rate ? rows->outcome[m] == NULL : rows->cents[m] == NULL)
            return wbi_fail_nomem(err, rows->n * sizeof **rows->cents);
    }
    return WB_OK;
}

wb_status wbi_readout_arm(wbi_readout *r, uint8_t *arm, wbi_str name, wb_error *err)
{
    wbi_readout_trial_rows *rows = &r->rows;
    for (*arm = 0; *arm < rows->n_arms; ++*arm)
        if (wbi_str_is(name, rows->arms[*arm]))
            return WB_OK;
    if (rows->n_arms > WBI_READOUT_ARMS_AT_MOST)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "more than %d arms: is the column of arms the right one?", WBI_READOUT_ARMS_AT_MOST);
    return wbi_readout_keep(r, &rows->arms[rows->n_arms++], name.data, name.length, err);
}

static void free_rows(wbi_readout_trial_rows *rows)
{
    for (size_t k = 0; rows->partings != NULL && k < rows->n_partings; k++) {
        wbi_free(rows->partings[k].code);
        wbi_dictionary_free(rows->partings[k].values);
    }
    for (size_t m = 0; m < sizeof rows->cents / sizeof *rows->cents; m++) {
        wbi_free(rows->cents[m]);
        wbi_free(rows->outcome[m]);
    }
    wbi_dictionary_free(rows->ids);
    wbi_free(rows->arm);
    wbi_free(rows->score);
    wbi_free(rows->partings);
    wbi_free(rows->redeemed);
    *rows = (wbi_readout_trial_rows){0};
}

void wb_readout_free(wb_readout *readout)
{
    wbi_readout *r = (wbi_readout *)readout;
    if (r == NULL)
        return;
    free_rows(&r->rows);
    for (size_t g = 0; r->groups != NULL && g < r->result.n_groups; g++)
        wbi_free(r->groups[g].effects);
    wbi_free(r->groups);
    wbi_free(r->worth);
    wbi_free(r->sentences);
    wbi_arena_free(&r->texts);
    wbi_free(r);
}

/* ---- making it ---- */

static wb_status check_number(double value, double most, const char *name, const char *expected, wb_error *err)
{
    if (isnan(value) || (value >= 0 && value <= most))
        return WB_OK;
    return wbi_fail(err, WB_ERR_ARGUMENT, "%s %g, expected %s", name, value, expected);
}

static wb_status check_options(const wb_readout_options *o, wb_error *err)
{
    const wb_readout_costs *c = &o->costs;
    WBI_TRY(check_number(c->margin == 0 ? -1 : c->margin, 1, "margin", "a share above 0, at most 1", err));
    WBI_TRY(check_number(c->contact_cost, WBI_READOUT_MOST_AMOUNT, "contact cost", "an amount of 0 or more", err));
    WBI_TRY(check_number(c->offer_cost, WBI_READOUT_MOST_AMOUNT, "offer cost", "an amount of 0 or more", err));
    WBI_TRY(check_number(c->take_rate, 1, "take rate", "a share from 0 to 1", err));
    if (!(o->level > 0 && o->level < 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "level %g of intervals, expected a number above 0, below 1", o->level);
    if (o->n_resamples > MOST_RESAMPLES)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu resamples, expected at most %d", o->n_resamples, MOST_RESAMPLES);
    return WB_OK;
}

static wb_status start(wbi_readout **out, const wb_readout_options *o, wb_error *err)
{
    WBI_TRY(check_options(o, err));
    wbi_readout *r = wbi_alloc_zeroed(1, sizeof *r);
    if (r == NULL)
        return wbi_fail_nomem(err, sizeof *r);
    r->result = (wb_readout){.level = o->level,
                             .seed = o->seed,
                             .costs = o->costs,
                             .measures = r->measures,
                             .sent_at_us = WB_TIME_MISSING,
                             .until_us = WB_TIME_MISSING};
    *out = r;
    return WB_OK;
}

/* Arms in the order of their names, the control first; so the order of the rows does not matter. */
static void sort_arms(wbi_readout *r)
{
    wbi_readout_trial_rows *rows = &r->rows;
    uint8_t place[WBI_READOUT_ARMS_AT_MOST + 1] = {0}, order[WBI_READOUT_ARMS_AT_MOST + 1] = {0};
    const char *names[WBI_READOUT_ARMS_AT_MOST + 1];
    for (uint8_t a = 1; a < rows->n_arms; a++) {
        size_t at = a;
        for (; at > 1 && strcmp(rows->arms[a], rows->arms[order[at - 1]]) < 0; at--)
            order[at] = order[at - 1];
        order[at] = a;
    }
    for (uint8_t a = 0; a < rows->n_arms; a++) {
        place[order[a]] = a;
        names[a] = rows->arms[order[a]];
    }
    for (size_t i = 0; i < rows->n; i++)
        rows->arm[i] = place[rows->arm[i]];
    memcpy(rows->arms, names, rows->n_arms * sizeof *names);
}

static wb_status finish(wbi_readout *r, const wb_readout_options *o, wb_error *err)
{
    wb_readout *result = &r->result;
    sort_arms(r);
    result->n_customers = r->rows.n;
    result->control = r->rows.arms[WBI_READOUT_CONTROL];
    result->n_arms = r->rows.n_arms - 1;
    memcpy(r->arms, r->rows.arms + 1, result->n_arms * sizeof *r->arms);
    result->arms = r->arms;
    result->n_resamples = o->n_resamples;
    if (o->n_resamples == 0) {
        const double few = MOST_DRAWS / (double)r->rows.n;
        result->n_resamples = few >= RESAMPLES ? RESAMPLES : few <= LEAST_RESAMPLES ? LEAST_RESAMPLES : (size_t)few;
    }
    WBI_TRY(wbi_readout_effects(r, o, err));
    WBI_TRY(wbi_readout_worths(r, o, err));
    WBI_TRY(wbi_readout_say(r, err));
    free_rows(&r->rows);
    return WB_OK;
}

static const wb_read_options *reading_of(const wb_read_options *reading)
{
    static const wb_read_options usual = WB_READ_OPTIONS_INIT;
    return reading == NULL ? &usual : reading;
}

wb_status wb_readout_orders(wb_readout **out, const wb_project *project, const wb_readout_source *source,
                            const wb_readout_options *options, const wb_read_options *reading, wb_error *err)
{
    wbi_readout *r = NULL;
    wb_status status;
    *out = NULL;
    if (source->horizon_us <= 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "a horizon of %lld microseconds, expected more than 0", (long long)source->horizon_us);
    WBI_TRY_CLEANUP(start(&r, options, err));
    r->result.horizon_us = source->horizon_us;
    WBI_TRY_CLEANUP(wbi_readout_people(r, source, options, reading_of(reading), err));
    WBI_TRY_CLEANUP(wbi_readout_read_orders(r, project, source, reading_of(reading), err));
    WBI_TRY_CLEANUP(finish(r, options, err));
    *out = &r->result;
    r = NULL;
cleanup:
    wb_readout_free((wb_readout *)r);
    return status;
}

wb_status wb_readout_outcomes(wb_readout **out, const wb_readout_file *file, const wb_readout_options *options,
                              const wb_read_options *reading, wb_error *err)
{
    wbi_readout *r = NULL;
    wb_status status;
    *out = NULL;
    WBI_TRY_CLEANUP(start(&r, options, err));
    WBI_TRY_CLEANUP(wbi_readout_file(r, file, options, reading_of(reading), err));
    WBI_TRY_CLEANUP(finish(r, options, err));
    *out = &r->result;
    r = NULL;
cleanup:
    wb_readout_free((wb_readout *)r);
    return status;
}
