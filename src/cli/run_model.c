/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_model.h"

#include "cli/contacted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_run_model_init(cli_run_model *model, const wb_project *project, size_t index, const cli_common *common)
{
    size_t label;
    wb_error err;
    const wb_project_model wanted = wb_project_model_at(project, index);
    *model = (cli_run_model){.train = WB_TRAIN_OPTIONS_INIT, .common = common, .project = project};
    if (wb_project_model_label(&label, project, index, &err) != WB_OK)
        return cli_fail(&err);
    if (!cli_training_options(&model->train, wanted.penalty, wanted.basis, common) ||
        !cli_read_validation(&model->train, wanted.validate) || !cli_read_calibration(&model->train, wanted.calibrate))
        return CLI_USAGE;
    model->name = wb_project_n_models(project) > 1 ? wanted.name : NULL;
    model->label = wb_project_label_at(project, label);
    model->train.target = model->label.name;
    model->train.lambda = wanted.lambda;
    model->train.class_weight = wanted.class_weight;
    model->train.balanced = wanted.balanced;
    model->train.sample_negatives = wanted.sample_negatives;
    model->train.lambda_rule = wanted.one_standard_error ? WB_LAMBDA_ONE_STANDARD_ERROR : WB_LAMBDA_LEAST;
    model->train.alpha = wanted.alpha;
    model->train.log1p = wanted.log1p;
    model->train.n_log1p = wanted.n_log1p;
    model->train.btyd_horizon_us = wanted.btyd_horizon_us;
    model->train.n_folds = 5;
    return cli_check_basis(&model->train) ? CLI_DONE : CLI_USAGE;
}

void cli_run_model_clear(cli_run_model *model)
{
    wb_model_free(model->tested);
    wb_model_free(model->model);
}

/* Whether the label window of a cutoff has ended at the test's cutoff: only then could it have been learned from. */
static bool is_closed(const cli_run_model *m, int64_t cutoff_us)
{
    return cutoff_us + m->label.gap_us + m->label.horizon_us <= m->tested_us;
}

/* Finds the test's cutoff; returns how many before it can be learned from. */
static size_t count_closed(cli_run_model *m, const cli_cutoffs *cutoffs)
{
    size_t n_known = cutoffs->n, n_closed = 0;
    while (n_known > 1 && cutoffs->us[n_known - 1] + m->label.gap_us + m->label.horizon_us > cutoffs->until_us)
        n_known--;
    m->tested_us = cutoffs->us[n_known - 1];
    for (size_t i = 0; i + 1 < n_known; i++)
        n_closed += is_closed(m, cutoffs->us[i]);
    m->n_open = n_known - 1 - n_closed;
    return n_closed;
}

/* Figures of the model trained on the earlier cutoffs, on the rows of the last. */
static wb_status measure(cli_run_model *m, const wb_table *table, double *probability, uint8_t *outcome, wb_error *err)
{
    char name[256];
    size_t n = 0, n_rows = wb_table_n_rows(table);
    const int64_t *cutoff_us = wb_table_times(table, wb_table_find(table, "cutoff"));
    snprintf(name, sizeof name, "label_%s", m->label.name);
    const double *label = wb_table_numbers(table, wb_table_find(table, name));
    wb_status status = wb_score_table(m->tested, table, probability, NULL, m->train.n_threads, err);
    if (status != WB_OK)
        return status;
    for (size_t i = 0; i < n_rows; i++)
        if (cutoff_us[i] == m->tested_us && !isnan(label[i])) {
            probability[n] = probability[i];
            outcome[n++] = label[i] > 0;
        }
    return wb_metrics_compute(&m->test, &(wb_outcomes){probability, outcome, NULL, NULL, n}, NULL, err);
}

static wb_status out_of_memory(wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_NOMEM};
    snprintf(err->message, sizeof err->message, "out of memory");
    return WB_ERR_NOMEM;
}

static wb_status test_on_last(cli_run_model *m, const wb_features *features, wb_error *err)
{
    const wb_table *table = wb_features_table(features);
    const size_t n_rows = wb_table_n_rows(table);
    const int64_t *cutoff_us = wb_table_times(table, wb_table_find(table, "cutoff"));
    double *probability = malloc((n_rows + 1) * sizeof *probability);
    uint8_t *mark = malloc(n_rows + 1);
    wb_status status = probability == NULL || mark == NULL ? out_of_memory(err) : WB_OK;
    if (status == WB_OK) {
        wb_train_options earlier = m->train;
        wb_log only_progress = {NULL, m->train.log->progress, m->train.log->user}; /* it was all said of the model */
        earlier.log = &only_progress;
        earlier.n_folds = -1;
        for (size_t i = 0; i < n_rows; i++)
            mark[i] = is_closed(m, cutoff_us[i]) && (m->train.use_row == NULL || m->train.use_row[i]);
        earlier.use_row = mark;
        status = wb_train(&m->tested, features, &earlier, err);
    }
    if (status == WB_OK)
        status = measure(m, table, probability, mark, err);
    free(probability);
    free(mark);
    return status;
}

/* The model that is tested chooses lambda; the one that is shipped is fitted with it on all rows, or with the basis auto finds
 * its own. */
static wb_status test(cli_run_model *m, const wb_features *features, const cli_cutoffs *cutoffs, wb_error *err)
{
    m->test_step = cli_step_begin(m->common);
    if (count_closed(m, cutoffs) == 0)
        return WB_OK;
    wb_status status = test_on_last(m, features, err);
    if (status == WB_OK && m->train.basis != WB_BASIS_AUTO)
        m->train.lambda = wb_model_summarise(m->tested).lambda;
    cli_step_stop(&m->test_step);
    return status;
}

wb_status cli_run_model_train(cli_run_model *m, const wb_features *features, const cli_cutoffs *cutoffs, wb_error *err)
{
    cli_contacted contacted;
    wb_status status = cli_take_contacts(&contacted, &m->train, features, m->project, err);
    if (status == WB_OK)
        status = test(m, features, cutoffs, err);
    m->train_step = cli_step_begin(m->common);
    if (status == WB_OK)
        status = wb_train(&m->model, features, &m->train, err);
    if (status == WB_OK && m->tested == NULL)
        m->test = wb_model_summarise(m->model).out_of_fold;
    m->train.use_row = m->train.contacted = NULL;
    cli_contacted_free(&contacted);
    return status;
}

static void report_test(const cli_run_model *m)
{
    char cutoff[WB_TIME_CHARS];
    wb_time_format(m->tested_us, cutoff);
    cli_step_end(&m->test_step, "test", "%s %s · AUC %.3f · log loss %.3f · top tenth holds %.1f × its share",
                 m->tested != NULL ? "cutoff" : "five folds at", cutoff, m->test.auc, m->test.log_loss, m->test.lift[WB_DEPTH_TENTH]);
    if (m->n_open > 0)
        cli_note(m->common, "%zu cutoff%s not learned from for the test: the label window was still open", m->n_open,
                 m->n_open == 1 ? "" : "s");
}

void cli_run_model_report(cli_run_model *m, const char *path)
{
    char rows[CLI_TEXT_CHARS], name[2 * CLI_TEXT_CHARS] = "";
    const wb_model_summary s = wb_model_summarise(m->model);
    if (m->name != NULL && strcmp(m->name, s.target) != 0)
        snprintf(name, sizeof name, "%s: ", m->name);
    cli_step_end(&m->train_step, "train", "%s%s · %s rows · base rate %.1f %% · %zu terms   %s", name, s.target,
                 cli_count(rows, s.n_rows), 100 * s.base_rate, s.n_terms, path);
    cli_describe_model(m->tested != NULL ? m->tested : m->model, m->model, m->common);
    report_test(m);
}
