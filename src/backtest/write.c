/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "backtest/json.h"
#include "base/memory.h"
#include "design/json.h"
#include "io/output.h"

/* JSON has neither NaN nor infinities. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *time_text(int64_t time_us)
{
    char text[WB_TIME_CHARS];
    wb_time_format(time_us, text);
    return json_string(text);
}

/* NULL is passed on, so that one check at the end does. */
static json_t *unless(int failed, json_t *value)
{
    if (failed == 0)
        return value;
    json_decref(value);
    return NULL;
}

static int put_metrics(json_t *object, const wb_metrics *metrics)
{
    wb_metrics m = *metrics;
    int failed = json_object_set_new(object, "n", json_integer((json_int_t)m.n));
    failed |= json_object_set_new(object, "n_positive", json_integer((json_int_t)m.n_positive));
    for (size_t i = 0; i < wbi_n_figure_keys; i++)
        failed |= json_object_set_new(object, wbi_figure_keys[i].key, number(*wbi_number_at(&m, wbi_figure_keys[i].offset)));
    return failed;
}

static json_t *trial_json(const wb_backtest_trial *trial)
{
    json_t *object = json_object();
    json_t *interval = json_array();
    int failed = json_array_append_new(interval, number(trial->auc_95.low));
    failed |= json_array_append_new(interval, number(trial->auc_95.high));
    failed |= json_object_set_new(object, "trained_at", time_text(trial->trained_at_us));
    failed |= json_object_set_new(object, "train_rows", json_integer((json_int_t)trial->n_train_rows));
    failed |= put_metrics(object, &trial->metrics);
    failed |= json_object_set_new(object, "auc_se", number(trial->auc_se));
    failed |= json_object_set_new(object, "auc_95", interval);
    return unless(failed, object);
}

static json_t *recency_json(const wb_metrics *recency)
{
    if (recency->n == 0)
        return json_null();
    json_t *object = json_object();
    return unless(put_metrics(object, recency), object);
}

/* *next: the first trial of the cutoff, then that behind its last. */
static json_t *cutoff_json(const wb_backtest *b, const wb_backtest_cutoff *cutoff, size_t *next)
{
    json_t *object = json_object(), *trials = json_array();
    int failed = 0;
    for (; *next < b->n_trials && b->trials[*next].tried_at_us == cutoff->cutoff_us; (*next)++)
        failed |= json_array_append_new(trials, trial_json(&b->trials[*next]));
    failed |= json_object_set_new(object, "cutoff", time_text(cutoff->cutoff_us));
    failed |= json_object_set_new(object, "trials", trials);
    failed |= json_object_set_new(object, "recency", recency_json(&cutoff->recency));
    return unless(failed, object);
}

static json_t *cutoffs_json(const wb_backtest *b)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0, next = 0; i < b->n_cutoffs; i++)
        failed |= json_array_append_new(array, cutoff_json(b, &b->cutoffs[i], &next));
    return unless(failed, array);
}

static json_t *ages_json(const wb_backtest *b)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0; i < b->n_ages; i++) {
        wb_backtest_age age = b->ages[i];
        json_t *object = json_object();
        failed |= json_object_set_new(object, "n_trials", json_integer((json_int_t)age.n_trials));
        for (size_t k = 0; k < wbi_n_age_keys; k++)
            failed |= json_object_set_new(object, wbi_age_keys[k].key, number(*wbi_number_at(&age, wbi_age_keys[k].offset)));
        failed |= json_array_append_new(array, object);
    }
    return unless(failed, array);
}

/* For readers; who reads the file back works it out from the trials. */
static json_t *advice_json(const wb_backtest *b)
{
    char sentence[WB_BACKTEST_SENTENCE_CHARS];
    json_t *object = json_object();
    int failed = json_object_set_new(object, "retrain_every_days", number(b->advice.retrain_every_days));
    failed |= json_object_set_new(object, "kept_days", number(b->advice.kept_days));
    failed |= json_object_set_new(object, "lost_days", number(b->advice.lost_days));
    failed |= json_object_set_new(object, "sentence", json_string(wb_backtest_sentence(sentence, b)));
    return unless(failed, object);
}

static json_t *backtest_json(const wb_backtest *b)
{
    json_t *object = json_object();
    int failed = json_object_set_new(object, "format", json_string(WBI_BACKTEST_FORMAT));
    failed |= json_object_set_new(object, "version", json_integer(WBI_BACKTEST_VERSION));
    failed |= json_object_set_new(object, "label", json_string(b->label));
    failed |= json_object_set_new(object, "gap_us", json_integer(b->gap_us));
    failed |= json_object_set_new(object, "horizon_us", json_integer(b->horizon_us));
    failed |= json_object_set_new(object, "train_cutoffs", json_integer((json_int_t)b->n_train_cutoffs));
    failed |= json_object_set_new(object, "disjoint", json_boolean(b->disjoint));
    failed |= json_object_set_new(object, "seed", json_sprintf("%llu", (unsigned long long)b->seed));
    failed |= json_object_set_new(object, "advice", advice_json(b));
    failed |= json_object_set_new(object, "ages", ages_json(b));
    failed |= json_object_set_new(object, "cutoffs", cutoffs_json(b));
    return unless(failed, object);
}

wb_status wb_backtest_write(const wb_backtest *backtest, const char *path, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_buffer text = wbi_buffer_make((size_t)1 << 30);
    wbi_output *output = NULL;
    json_t *object = backtest_json(backtest);
    if (object == NULL)
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory while the backtest was written");
    WBI_TRY_CLEANUP(wbi_json_print(&text, object, err));
    WBI_TRY_CLEANUP(wbi_buffer_append_text(&text, "\n", err));
    WBI_TRY_CLEANUP(wbi_output_open(&output, path, err));
    WBI_TRY_CLEANUP(wbi_output_write(output, text.data, text.length, err));
    status = wbi_output_commit(output, err);
    output = NULL;
cleanup:
    wbi_output_abort(output);
    wbi_buffer_free(&text);
    json_decref(object);
    return status;
}
