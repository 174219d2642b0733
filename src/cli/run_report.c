/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/evaluation.h"
#include "cli/report.h"

/* What there is to say of these features and rows was said before. */
static wb_log only_progress(const cli_run_report *run)
{
    return (wb_log){NULL, run->reading->log->progress, run->reading->log->user};
}

/* Features and label at the cutoff of the test. */
static wb_status compute_tested(wb_features **out, const cli_run_report *run, wb_error *err)
{
    const wb_log log = only_progress(run);
    const wb_features_options wanted = {.cutoffs_us = &run->model->tested_us,
                                        .n_cutoffs = 1,
                                        .with_label = 1,
                                        .n_threads = run->reading->n_threads,
                                        .log = &log};
    return wb_engine_features(run->engine, out, &wanted, err);
}

/* A page with a campaign reckons with what that reckoned with, so that it does not contradict itself. */
static void take_plan(wb_evaluate_options *how, cli_campaign_texts *texts, const wb_campaign_plan *plan)
{
    const wb_campaign_summary *s = wb_campaign_plan_summary(plan);
    if (!(s->mean_value > 0))
        return;
    how->metrics.profit.value = s->mean_value;
    how->metrics.profit.offer_cost = s->settings.offer_cost;
    how->metrics.profit.contact_cost = s->settings.contact_cost;
    how->value_column = NULL;
    how->value_unsaid = 0;
    how->profit_from = texts->from;
    snprintf(texts->from, sizeof texts->from, "the campaign %.400s, whose mean value that is", s->settings.name);
}

/* Of the model that did not learn from them. */
static wb_status evaluate(cli_results *results, const cli_run_report *run, const wb_features *tested, wb_error *err)
{
    const char *const names[] = {run->model->name == NULL ? run->model->label.name : run->model->name};
    const cli_common *common = run->model->common;
    const wb_log log = only_progress(run);
    wb_evaluate_options how = WB_EVALUATE_OPTIONS_INIT;
    cli_campaign_texts campaign;
    how.target = run->model->label.name;
    how.with_curves = 1;
    how.metrics.n_threads = run->reading->n_threads;
    how.intervals.seed = common->seed;
    how.log = &log;
    wb_status status = cli_take_campaign(&how, &campaign, common, err);
    if (status == WB_OK && run->act != NULL && run->act->plan != NULL)
        take_plan(&how, &campaign, run->act->plan);
    return status != WB_OK ? status
                           : wb_evaluate_models(&results->evaluation, (const wb_model *const *)&run->model->tested, names, 1, tested,
                                                &how, err);
}

static void say_facts(cli_results *results, const cli_run_report *run)
{
    char at[WB_TIME_CHARS];
    const cli_run_model *m = run->model;
    wb_time_format(m->tested_us, at);
    cli_report_title(results, m->label.name);
    cli_report_fact(results, "Model", "%s", run->model_path);
    if (m->tested != NULL) {
        cli_report_fact(results, "Tested", "at %s, by a model trained on the cutoffs before", at);
        snprintf(results->evaluated_on, sizeof results->evaluated_on, "customers at %s, a later cutoff than any that it had learned from", at);
    }
    cli_report_usual_facts(results, m->common);
    cli_report_assemble(results);
    results->parts.model = m->model;
    if (run->act == NULL)
        return;
    results->parts.campaign = run->act->plan != NULL ? wb_campaign_plan_summary(run->act->plan) : NULL;
    results->parts.kpi = run->act->kpis;
    results->parts.segments = run->act->segments;
}

wb_status cli_run_report_write(const cli_run_report *run, const char *path, wb_error *err)
{
    const int n_threads = run->reading->n_threads;
    const wb_describe_options describing = {.target = run->model->label.name, .n_threads = n_threads};
    wb_features *tested = NULL;
    cli_results *results = calloc(1, sizeof *results);
    if (results == NULL) {
        *err = (wb_error){.code = WB_ERR_NOMEM, .message = "out of memory"};
        return WB_ERR_NOMEM;
    }
    wb_status status = compute_tested(&tested, run, err);
    if (status == WB_OK && run->model->tested != NULL)
        status = evaluate(results, run, tested, err);
    if (status == WB_OK)
        status = wb_describe(&results->descriptions, &results->parts.n_descriptions, tested, &describing, err);
    if (status == WB_OK)
        status = wb_explain_model(&results->explanation, run->model->model, run->now, NULL, n_threads, err);
    if (status == WB_OK)
        status = wb_drift_measure(&results->drift, run->model->model, run->now, n_threads, err);
    if (status == WB_OK) {
        say_facts(results, run);
        status = wb_report_write(&results->parts, path, err);
    }
    wb_features_free(tested);
    cli_report_clear(results);
    free(results);
    return status;
}
