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
    wbi_free(evaluation->uplifts);
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
        status = wbi_evaluation_figures(e, &trial, truth, &(wbi_score_names){names, scores->n_probabilities}, options, err);
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

/* Models, and what is scored: the probabilities of all, then the uplift of those that know a treatment, where that is asked for. */
typedef struct scoring {
    const wb_model *const *models;
    const char *const *names;
    size_t n_models, n_scores;
    const wb_model **uplift; /* by score behind the probabilities */
    const char **scores;
} scoring;

/* "probability", or "probability_churn". */
static wb_status name_score(scoring *s, wbi_evaluation *e, const char *stem, size_t m, wb_error *err)
{
    char text[512];
    const bool named = s->names != NULL && s->names[m] != NULL && s->n_models > 1;
    const int n = snprintf(text, sizeof text, "%s%s%s", stem, named ? "_" : "", named ? s->names[m] : "");
    return wbi_evaluation_keep(e, &s->scores[s->n_scores++], text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, err);
}

static wb_status list_scores(scoring *s, wbi_evaluation *e, const wb_evaluate_options *options, wb_error *err)
{
    s->scores = wbi_alloc_array(s->n_models, 2 * sizeof *s->scores);
    s->uplift = wbi_alloc_array(s->n_models, sizeof *s->uplift);
    if (s->scores == NULL || s->uplift == NULL)
        return wbi_fail_nomem(err, s->n_models * 2 * sizeof *s->scores);
    for (size_t m = 0; m < s->n_models; m++)
        WBI_TRY(name_score(s, e, "probability", m, err));
    for (size_t m = 0; options->treatment != NULL && m < s->n_models; m++) {
        wb_treatment ignored;
        if (!wb_model_treatment(s->models[m], &ignored))
            continue;
        s->uplift[s->n_scores - s->n_models] = s->models[m];
        WBI_TRY(name_score(s, e, "uplift", m, err));
    }
    return WB_OK;
}

/* All rows are scored, for a table is scored whole; those with a label are taken. */
static wb_status score(wbi_trial *trial, const wbi_truth *truth, const scoring *s, int n_threads, wb_error *err)
{
    const size_t n = truth->table->n_rows;
    double *all = wbi_alloc_array(n, sizeof *all);
    wb_status status = all != NULL ? WB_OK : wbi_fail_nomem(err, n * sizeof *all);
    for (size_t k = 0; k < s->n_scores && status == WB_OK; k++) {
        status = k < s->n_models ? wb_score_table(s->models[k], truth->table, all, NULL, n_threads, err)
                                 : wb_score_uplift(s->uplift[k - s->n_models], truth->table, all, n_threads, err);
        for (size_t i = 0; status == WB_OK && i < trial->n; i++)
            trial->probability[k][i] = all[trial->row[i]];
    }
    wbi_free(all);
    return status;
}

static wb_status evaluate_models(wbi_evaluation *e, scoring *s, const wbi_truth *truth, const wb_evaluate_options *options,
                                 wb_error *err)
{
    wbi_trial trial = {.n = 0};
    wb_status status = list_scores(s, e, options, err);
    if (status == WB_OK)
        status = wbi_trial_take(&trial, e, truth, s->n_scores, err);
    if (status == WB_OK)
        status = score(&trial, truth, s, options->metrics.n_threads, err);
    if (status == WB_OK)
        status = wbi_evaluation_figures(e, &trial, truth, &(wbi_score_names){s->scores, s->n_models}, options, err);
    wbi_trial_free(&trial);
    wbi_free(s->scores);
    wbi_free(s->uplift);
    return status;
}

/* Where nobody says what the treatment's values mean, the first model that knows it does. */
static wb_evaluate_options with_arms(const wb_evaluate_options *options, const wb_model *const *models, size_t n_models)
{
    wb_evaluate_options chosen = *options;
    for (size_t m = 0; m < n_models && chosen.treatment != NULL && chosen.treated == NULL && chosen.control == NULL; m++) {
        wb_treatment known;
        if (!wb_model_treatment(models[m], &known) || strcmp(known.column, chosen.treatment) != 0)
            continue;
        chosen.treated = known.treated;
        chosen.control = known.control;
    }
    return chosen;
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
    const wb_evaluate_options chosen = with_arms(options, models, n_models);
    WBI_TRY_CLEANUP(create(&e, err));
    WBI_TRY_CLEANUP(wbi_truth_find(&truth, features, &chosen, err));
    status = evaluate_models(e, &(scoring){.models = models, .names = names, .n_models = n_models}, &truth, &chosen, err);
cleanup:
    wbi_truth_free(&truth);
    return settle(out, e, status);
}
