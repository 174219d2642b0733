/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The backtest from JSON. The file is not trusted: whatever passes here can be shown. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "backtest/ages.h"
#include "backtest/json.h"
#include "base/memory.h"
#include "design/json.h"
#include "io/input.h"
#include "metrics/metrics.h"

enum { MAX_FILE_BYTES = 1 << 26, MAX_TRAIN_CUTOFFS = 1000000 };
/* Whole numbers up to here are doubles. */
static const uint64_t MAX_ROWS = UINT64_C(1) << 53;
static const uint64_t MAX_SPAN_US = (uint64_t)36525 * 86400 * 1000000; /* a hundred years, the longest duration */
/* What figures that are computed again may be off by. */
static const double ROUNDING = 1e-9;

static wb_status read_format(const wbi_json_at *at, wb_error *err)
{
    char *format = NULL;
    uint64_t version;
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(wbi_json_text(&format, at, "format", err));
    wb_status status = strcmp(format, WBI_BACKTEST_FORMAT) == 0
                           ? WB_OK
                           : wbi_json_wrong(at, "format", err, "expected '%s', found '%.40s'", WBI_BACKTEST_FORMAT, format);
    wbi_free(format);
    WBI_TRY(status);
    WBI_TRY(wbi_json_count(&version, at, "version", INT64_MAX, err));
    if (version == WBI_BACKTEST_VERSION)
        return WB_OK;
    wbi_json_wrong(at, "version", err, "this program reads version %d, not %" PRIu64, WBI_BACKTEST_VERSION, version);
    wbi_advise(err, "run winback backtest again with this winback, or read the file with the one that wrote it");
    return WB_ERR_MALFORMED;
}

static wb_status read_head(wb_backtest *b, const wbi_json_at *at, wb_error *err)
{
    uint64_t gap_us, horizon_us, n_train;
    bool disjoint;
    WBI_TRY(wbi_json_text(&b->label, at, "label", err));
    WBI_TRY(wbi_json_count(&gap_us, at, "gap_us", MAX_SPAN_US, err));
    WBI_TRY(wbi_json_count(&horizon_us, at, "horizon_us", MAX_SPAN_US, err));
    WBI_TRY(wbi_json_count(&n_train, at, "train_cutoffs", MAX_TRAIN_CUTOFFS, err));
    WBI_TRY(wbi_json_bool(&disjoint, at, "disjoint", err));
    if (horizon_us == 0 || n_train == 0)
        return wbi_json_wrong(at, horizon_us == 0 ? "horizon_us" : "train_cutoffs", err, "0 is not more than 0");
    b->gap_us = (int64_t)gap_us;
    b->horizon_us = (int64_t)horizon_us;
    b->n_train_cutoffs = (size_t)n_train;
    b->disjoint = disjoint;
    return wbi_json_seed(&b->seed, at, "seed", err);
}

static wb_status read_time(int64_t *time_us, const wbi_json_at *at, const char *key, wb_error *err)
{
    char *text = NULL;
    WBI_TRY(wbi_json_text(&text, at, key, err));
    const wb_status status = wb_time_parse(time_us, text, 0, NULL) == WB_OK
                                 ? WB_OK
                                 : wbi_json_wrong(at, key, err, "'%.40s' is no date or instant", text);
    wbi_free(text);
    return status;
}

static wb_status check_range(double value, double least, double most, const wbi_json_at *at, const char *key, wb_error *err)
{
    if (isnan(value) || (value >= least && value <= most && isfinite(value)))
        return WB_OK;
    return wbi_json_wrong(at, key, err, "%g is not in %g..%g", value, least, most);
}

static wb_status read_metrics(wb_metrics *out, const wbi_json_at *at, wb_error *err)
{
    WBI_TRY(wbi_json_count(&out->n, at, "n", MAX_ROWS, err));
    WBI_TRY(wbi_json_count(&out->n_positive, at, "n_positive", out->n, err));
    for (size_t i = 0; i < wbi_n_figure_keys; i++) {
        const wbi_figure_key *figure = &wbi_figure_keys[i];
        double *value = wbi_number_at(out, figure->offset);
        WBI_TRY(wbi_json_number_or_null(value, at, figure->key, err));
        WBI_TRY(check_range(*value, figure->least, figure->most, at, figure->key, err));
    }
    return WB_OK;
}

static wb_status read_interval(wb_interval *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    wbi_json_at ends;
    double values[2];
    WBI_TRY(wbi_json_array(&ends, at, key, err));
    if (json_array_size(ends.value) != 2)
        return wbi_json_wrong(at, key, err, "expected 2 numbers, found %zu", json_array_size(ends.value));
    for (size_t i = 0; i < 2; i++) {
        const json_t *end = json_array_get(ends.value, i);
        if (!json_is_null(end) && !json_is_number(end))
            return wbi_json_wrong(at, key, err, "item %zu is no number", i);
        values[i] = json_is_null(end) ? (double)NAN : json_number_value(end);
        WBI_TRY(check_range(values[i], 0, 1, at, key, err));
    }
    if (values[0] > values[1])
        return wbi_json_wrong(at, key, err, "%g follows on %g, which is more", values[1], values[0]);
    *out = (wb_interval){values[0], values[1]};
    return WB_OK;
}

/* `younger` NULL: the first of its cutoff. */
static wb_status read_trial(wb_backtest_trial *out, const wb_backtest *b, const wb_backtest_trial *younger, const wbi_json_at *at,
                            wb_error *err)
{
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(read_time(&out->trained_at_us, at, "trained_at", err));
    if (out->trained_at_us > out->tried_at_us - b->gap_us - b->horizon_us)
        return wbi_json_wrong(at, "trained_at", err, "its label window had not ended at the cutoff");
    if (younger != NULL && out->trained_at_us >= younger->trained_at_us)
        return wbi_json_wrong(at, "trained_at", err, "it is not before that of the trial above it");
    WBI_TRY(wbi_json_count(&out->n_train_rows, at, "train_rows", MAX_ROWS, err));
    WBI_TRY(read_metrics(&out->metrics, at, err));
    WBI_TRY(wbi_json_number_or_null(&out->auc_se, at, "auc_se", err));
    WBI_TRY(check_range(out->auc_se, 0, 1, at, "auc_se", err));
    return read_interval(&out->auc_95, at, "auc_95", err);
}

static wb_status read_recency(wb_metrics *out, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at recency;
    *out = wbi_no_metrics();
    if (wbi_json_is_null(at, "recency"))
        return WB_OK;
    WBI_TRY(wbi_json_object(&recency, at, "recency", err));
    return read_metrics(out, &recency, err);
}

/* There is room for its trials. */
static wb_status read_cutoff(wb_backtest *b, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at trials;
    wb_backtest_cutoff *cutoff = &b->cutoffs[b->n_cutoffs];
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(read_time(&cutoff->cutoff_us, at, "cutoff", err));
    if (b->n_cutoffs > 0 && cutoff->cutoff_us <= cutoff[-1].cutoff_us)
        return wbi_json_wrong(at, "cutoff", err, "it is not after the cutoff above it");
    WBI_TRY(read_recency(&cutoff->recency, at, err));
    WBI_TRY(wbi_json_array(&trials, at, "trials", err));
    if (json_array_size(trials.value) == 0)
        return wbi_json_wrong(at, "trials", err, "there are none");
    for (size_t i = 0; i < json_array_size(trials.value); i++) {
        const wbi_json_at item = wbi_json_item(&trials, i);
        wb_backtest_trial *trial = &b->trials[b->n_trials];
        trial->tried_at_us = cutoff->cutoff_us;
        WBI_TRY(read_trial(trial, b, i > 0 ? trial - 1 : NULL, &item, err));
        b->n_trials++;
    }
    b->n_cutoffs++;
    return WB_OK;
}

static wb_status read_cutoffs(wb_backtest *b, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at cutoffs;
    size_t n_trials = 0;
    WBI_TRY(wbi_json_array(&cutoffs, at, "cutoffs", err));
    const size_t n = json_array_size(cutoffs.value);
    for (size_t i = 0; i < n; i++)
        n_trials += json_array_size(json_object_get(json_array_get(cutoffs.value, i), "trials"));
    b->cutoffs = wbi_alloc_zeroed(n, sizeof *b->cutoffs);
    b->trials = wbi_alloc_zeroed(n_trials, sizeof *b->trials);
    if (b->cutoffs == NULL || b->trials == NULL)
        return wbi_fail_nomem(err, n_trials * sizeof *b->trials);
    if (n == 0)
        return wbi_json_wrong(at, "cutoffs", err, "there are none");
    for (size_t i = 0; i < n; i++) {
        const wbi_json_at item = wbi_json_item(&cutoffs, i);
        WBI_TRY(read_cutoff(b, &item, err));
    }
    return WB_OK;
}

/* ---- what follows from the trials ---- */

/* In the file there is null for all that is not finite. */
static wb_status check_number(double computed, const wbi_json_at *at, const char *key, wb_error *err)
{
    double value;
    WBI_TRY(wbi_json_number_or_null(&value, at, key, err));
    if (isfinite(computed) ? fabs(value - computed) <= ROUNDING * fmax(1, fabs(computed)) : isnan(value))
        return WB_OK;
    return wbi_json_wrong(at, key, err, "%.17g is not what the trials give, %.17g", value, computed);
}

static wb_status check_age(const wb_backtest_age *computed, const wbi_json_at *at, wb_error *err)
{
    wb_backtest_age age = *computed;
    uint64_t n;
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(wbi_json_count(&n, at, "n_trials", MAX_ROWS, err));
    if (n != age.n_trials)
        return wbi_json_wrong(at, "n_trials", err, "%" PRIu64 " is not what the trials give, %zu", n, age.n_trials);
    for (size_t k = 0; k < wbi_n_age_keys; k++)
        WBI_TRY(check_number(*wbi_number_at(&age, wbi_age_keys[k].offset), at, wbi_age_keys[k].key, err));
    return WB_OK;
}

static wb_status check_conclusions(const wb_backtest *b, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at ages, advice;
    WBI_TRY(wbi_json_array(&ages, at, "ages", err));
    if (json_array_size(ages.value) != b->n_ages)
        return wbi_json_wrong(at, "ages", err, "%zu are not what the trials give, %zu", json_array_size(ages.value), b->n_ages);
    for (size_t i = 0; i < b->n_ages; i++) {
        const wbi_json_at item = wbi_json_item(&ages, i);
        WBI_TRY(check_age(&b->ages[i], &item, err));
    }
    WBI_TRY(wbi_json_object(&advice, at, "advice", err));
    WBI_TRY(check_number(b->advice.retrain_every_days, &advice, "retrain_every_days", err));
    WBI_TRY(check_number(b->advice.kept_days, &advice, "kept_days", err));
    return check_number(b->advice.lost_days, &advice, "lost_days", err);
}

static wb_status read_backtest(wb_backtest **out, const wbi_json_at *at, wb_error *err)
{
    wb_status status = WB_OK;
    wb_backtest *b = wbi_alloc_zeroed(1, sizeof *b);
    if (b == NULL)
        return wbi_fail_nomem(err, sizeof *b);
    WBI_TRY_CLEANUP(read_format(at, err));
    WBI_TRY_CLEANUP(read_head(b, at, err));
    WBI_TRY_CLEANUP(read_cutoffs(b, at, err));
    WBI_TRY_CLEANUP(wbi_backtest_conclude(b, err));
    WBI_TRY_CLEANUP(check_conclusions(b, at, err));
    *out = b;
    b = NULL;
cleanup:
    wb_backtest_free(b);
    return status;
}

wb_status wb_backtest_read(wb_backtest **out, const char *path, wb_error *err)
{
    char *bytes = NULL;
    size_t n;
    json_t *object;
    WBI_TRY(wbi_input_slurp(&bytes, &n, path, MAX_FILE_BYTES, err));
    wb_status status = wbi_json_parse(&object, bytes, n, path, "backtest", err);
    wbi_free(bytes);
    if (status != WB_OK)
        return status;
    const wbi_json_at at = {.value = object, .file = path};
    status = read_backtest(out, &at, err);
    json_decref(object);
    return status;
}
