/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/evaluate.h"

#include <stdio.h>
#include <string.h>

#include <winback/score.h>

#include "base/memory.h"
#include "features/features.h"

wb_status wbi_evaluation_keep(wbi_evaluation *e, const char **out, const char *bytes, size_t n, wb_error *err)
{
    char *terminated = wbi_strndup(bytes, n);
    if (terminated == NULL)
        return wbi_fail_nomem(err, n + 1);
    wbi_str text = {terminated, n + 1};
    const bool kept = wbi_arena_copy(&e->texts, &text);
    wbi_free(terminated);
    if (!kept)
        return wbi_fail_nomem(err, n + 1);
    *out = text.data;
    return WB_OK;
}

void wb_evaluation_free(wb_evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    wbi_evaluation *e = (wbi_evaluation *)evaluation;
    for (size_t k = 0; k < evaluation->n_groups; k++)
        wbi_free(evaluation->groups[k].curves);
    wbi_free(evaluation->groups);
    wbi_free(evaluation->pairs);
    wbi_free(evaluation->columns);
    wbi_arena_free(&e->texts);
    wbi_free(e);
}

static wb_status create(wbi_evaluation **out, wb_error *err)
{
    *out = wbi_alloc_zeroed(1, sizeof **out);
    return *out != NULL ? WB_OK : wbi_fail_nomem(err, sizeof **out);
}

/* Gives the evaluation when all went well. */
static wb_status settle(wb_evaluation **out, wbi_evaluation *e, wb_status status)
{
    if (status == WB_OK)
        *out = &e->result;
    else if (e != NULL)
        wb_evaluation_free(&e->result);
    return status;
}

/* ---- two files ---- */

static wb_status evaluate_matched(wbi_evaluation *e, const wbi_score_file *scores, const wbi_truth *truth,
                                  const wb_evaluate_options *options, wb_error *err)
{
    wbi_trial trial = {.n = 0};
    const char **names = wbi_alloc_array(scores->n_columns, sizeof *names);
    wb_status status = names != NULL ? WB_OK : wbi_fail_nomem(err, scores->n_columns * sizeof *names);
    for (size_t s = 0; status == WB_OK && s < scores->n_columns; s++)
        names[s] = wb_table_name(scores->table, scores->columns[s]);
    if (status == WB_OK)
        status = wbi_trial_match(&trial, e, scores, truth, err);
    if (status == WB_OK)
        status = wbi_evaluation_figures(e, &trial, truth, names, options, err);
    wbi_trial_free(&trial);
    wbi_free(names);
    return status;
}

wb_status wb_evaluate_files(wb_evaluation **out, const char *scores, const char *labels, const wb_evaluate_options *options,
                            const wb_read_options *reading, wb_error *err)
{
    static const wb_evaluate_options usual = WB_EVALUATE_OPTIONS_INIT;
    static const wb_read_options plain = WB_READ_OPTIONS_INIT;
    wbi_evaluation *e = NULL;
    wbi_truth truth = {.file = labels};
    wbi_score_file score_file = {.file = scores};
    wb_status status;
    if (options == NULL)
        options = &usual;
    if (reading == NULL)
        reading = &plain;
    WBI_TRY_CLEANUP(create(&e, err));
    WBI_TRY_CLEANUP(wbi_score_file_read(&score_file, scores, options, reading, err));
    WBI_TRY_CLEANUP(wbi_truth_read(&truth, labels, options, reading, err));
    status = evaluate_matched(e, &score_file, &truth, options, err);
cleanup:
    wbi_truth_free(&truth);
    wbi_score_file_free(&score_file);
    return settle(out, e, status);
}

/* ---- models ---- */

/* "probability", or "probability_churn". */
static wb_status name_scores(const char **out, wbi_evaluation *e, const char *const *names, size_t n_models, wb_error *err)
{
    for (size_t m = 0; m < n_models; m++) {
        char name[512];
        const bool named = names != NULL && names[m] != NULL && n_models > 1;
        const int n = snprintf(name, sizeof name, "probability%s%s", named ? "_" : "", named ? names[m] : "");
        WBI_TRY(wbi_evaluation_keep(e, &out[m], name, (size_t)n < sizeof name ? (size_t)n : sizeof name - 1, err));
    }
    return WB_OK;
}

/* All rows are scored, for a table is scored whole; those with a label are taken. */
static wb_status score(wbi_trial *trial, const wbi_truth *truth, const wb_model *const *models, size_t n_models, int n_threads,
                       wb_error *err)
{
    const size_t n = truth->table->n_rows;
    double *all = wbi_alloc_array(n, sizeof *all);
    wb_status status = all != NULL ? WB_OK : wbi_fail_nomem(err, n * sizeof *all);
    for (size_t m = 0; m < n_models && status == WB_OK; m++) {
        status = wb_score_table(models[m], truth->table, all, NULL, n_threads, err);
        for (size_t i = 0; status == WB_OK && i < trial->n; i++)
            trial->probability[m][i] = all[trial->row[i]];
    }
    wbi_free(all);
    return status;
}

static wb_status evaluate_models(wbi_evaluation *e, const wb_model *const *models, const char *const *names, size_t n_models,
                                 const wbi_truth *truth, const wb_evaluate_options *options, wb_error *err)
{
    wbi_trial trial = {.n = 0};
    const char **scores = wbi_alloc_array(n_models, sizeof *scores);
    wb_status status = scores != NULL ? WB_OK : wbi_fail_nomem(err, n_models * sizeof *scores);
    if (status == WB_OK)
        status = name_scores(scores, e, names, n_models, err);
    if (status == WB_OK)
        status = wbi_trial_take(&trial, e, truth, n_models, err);
    if (status == WB_OK)
        status = score(&trial, truth, models, n_models, options->metrics.n_threads, err);
    if (status == WB_OK)
        status = wbi_evaluation_figures(e, &trial, truth, scores, options, err);
    wbi_trial_free(&trial);
    wbi_free(scores);
    return status;
}

wb_status wb_evaluate_models(wb_evaluation **out, const wb_model *const *models, const char *const *names, size_t n_models,
                             const wb_features *features, const wb_evaluate_options *options, wb_error *err)
{
    static const wb_evaluate_options usual = WB_EVALUATE_OPTIONS_INIT;
    wbi_evaluation *e = NULL;
    wbi_truth truth = {.file = NULL};
    wb_status status;
    if (options == NULL)
        options = &usual;
    if (n_models == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no models to evaluate");
    WBI_TRY_CLEANUP(create(&e, err));
    WBI_TRY_CLEANUP(wbi_truth_find(&truth, features, options, err));
    status = evaluate_models(e, models, names, n_models, &truth, options, err);
cleanup:
    wbi_truth_free(&truth);
    return settle(out, e, status);
}
