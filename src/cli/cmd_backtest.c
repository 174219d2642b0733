/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models of past cutoffs on the cutoffs after them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/run_model.h"
#include "cli/tables.h"

typedef struct backtest_options {
    cli_common common;
    cli_tables tables;
    cli_list cutoffs;
    int64_t horizon_us;
    uint64_t n_train_cutoffs;
    bool disjoint;
    const char *model, *output;
} backtest_options;

#define AT(member) offsetof(backtest_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--cutoff", CLI_TEXTS, AT(cutoffs), "DATE", "learn from and try these cutoffs instead of the project's"},
    {"--horizon", CLI_DURATION, AT(horizon_us), "DURATION", "label: no order in this long after the cutoff (usual: 90d)"},
    {"--train-cutoffs", CLI_WHOLE, AT(n_train_cutoffs), "N", "learn from the last N cutoffs whose label windows had ended"},
    {"--disjoint", CLI_FLAG, AT(disjoint), NULL, "learn from half of the customers, try the other half (by --seed)"},
    {"--model", CLI_TEXT, AT(model), "NAME", "which of the project's models (usual: the first)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "write all figures as JSON, for winback report --backtest; - is standard output"},
};

static const backtest_options defaults = {.common = CLI_COMMON_INIT, .horizon_us = -1, .n_train_cutoffs = 1};

/* What a run holds; freed in one place. */
typedef struct backtest_run {
    const backtest_options *o;
    wb_read_options reading;
    wb_project *project;
    wb_engine *engine;
    cli_run_model model; /* its settings alone */
    wb_backtest *backtest;
} backtest_run;

static wb_status open_project(backtest_run *r, wb_error *err)
{
    int64_t times_us[CLI_LIST_LIMIT];
    const backtest_options *o = r->o;
    wb_status status = cli_open_labelled_project(&r->project, &o->common, &o->tables, o->horizon_us, err);
    if (status == WB_OK)
        status = cli_times(times_us, "--cutoff", &o->cutoffs, r->project, err);
    if (status == WB_OK && o->cutoffs.n > 0)
        status = wb_project_set_cutoffs(r->project, times_us, o->cutoffs.n, err);
    return status;
}

static int choose_model(backtest_run *r)
{
    const char *names[CLI_LIST_LIMIT], *wanted = r->o->model;
    const size_t n = wb_project_n_models(r->project);
    size_t model = 0, n_names = 0;
    while (wanted != NULL && model < n && strcmp(wb_project_model_at(r->project, model).name, wanted) != 0)
        model++;
    if (wanted == NULL || model < n)
        return cli_run_model_init(&r->model, r->project, model, &r->o->common);
    for (; n_names < n && n_names < CLI_LIST_LIMIT; n_names++)
        names[n_names] = wb_project_model_at(r->project, n_names).name;
    const char *near = cli_nearest(wanted, names, n_names);
    return cli_usage_error("--model: the project has no model '%s'%s%s%s", wanted, near != NULL ? " (did you mean '" : "",
                           near != NULL ? near : "", near != NULL ? "'?)" : "");
}

/* How many models there are: as many as different trainings. */
static size_t count_models(const wb_backtest *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_trials; i++) {
        bool seen = false;
        for (size_t before = 0; before < i && !seen; before++)
            seen = b->trials[before].trained_at_us == b->trials[i].trained_at_us;
        n += !seen;
    }
    return n;
}

static wb_status compute(backtest_run *r, wb_error *err)
{
    const backtest_options *o = r->o;
    wb_backtest_options how = WB_BACKTEST_OPTIONS_INIT;
    how.n_train_cutoffs = (size_t)o->n_train_cutoffs;
    how.disjoint = o->disjoint;
    how.train = &r->model.train;
    how.label = r->model.label.name;
    how.seed = o->common.seed;
    how.n_threads = (int)o->common.n_threads;
    how.log = r->reading.log;
    cli_step step = cli_step_begin(&o->common);
    wb_status status = wb_backtest_run(&r->backtest, r->engine, &how, err);
    if (status != WB_OK)
        return status;
    const wb_backtest *b = r->backtest;
    const size_t n_models = count_models(b);
    cli_step_end(&step, "backtest", "%s · %zu model%s on %zu cutoff%s · %zu features%s%s", b->label, n_models,
                 n_models == 1 ? "" : "s", b->n_cutoffs, b->n_cutoffs == 1 ? "" : "s", wb_engine_n_features(r->engine),
                 o->output != NULL ? "   " : "", o->output != NULL ? o->output : "");
    return WB_OK;
}

/* ---- tables ---- */

static const char *figure(char text[CLI_TEXT_CHARS], int n_digits, double value)
{
    if (isnan(value))
        snprintf(text, CLI_TEXT_CHARS, "-");
    else
        snprintf(text, CLI_TEXT_CHARS, "%.*f", n_digits, value);
    return text;
}

static void print_cutoff(const wb_backtest_cutoff *c)
{
    char cutoff[WB_TIME_CHARS], trained[WB_TIME_CHARS], rows[CLI_TEXT_CHARS];
    char rate[CLI_TEXT_CHARS], auc[CLI_TEXT_CHARS], ends[CLI_TEXT_CHARS] = "", lift[CLI_TEXT_CHARS], slope[CLI_TEXT_CHARS];
    char recency[CLI_TEXT_CHARS], previous[CLI_TEXT_CHARS];
    const wb_metrics *m = &c->fresh.metrics;
    wb_time_format(c->cutoff_us, cutoff);
    wb_time_format(c->fresh.trained_at_us, trained);
    if (!isnan(c->fresh.auc_95.low))
        snprintf(ends, sizeof ends, "%.3f to %.3f", c->fresh.auc_95.low, c->fresh.auc_95.high);
    printf("%-12s%-12s%12s%11s%8s  %-16s%10s%8s%10s%10s\n", cutoff, trained, cli_count(rows, m->n),
           figure(rate, 1, 100 * m->base_rate), figure(auc, 3, m->auc), ends,
           figure(lift, 2, m->lift[WB_DEPTH_TENTH]), figure(slope, 2, m->calibration_slope),
           figure(recency, 3, c->recency.auc), figure(previous, 3, c->previous.auc));
}

static const char *loss(char text[CLI_TEXT_CHARS], double mean, wb_interval ends)
{
    const int n = snprintf(text, CLI_TEXT_CHARS, "%.4f", mean);
    if (!isnan(ends.low))
        snprintf(text + n, CLI_TEXT_CHARS - (size_t)n, "  %.4f to %.4f", ends.low, ends.high);
    return text;
}

static void print_age(const wb_backtest_age *a, bool is_freshest)
{
    char age[CLI_TEXT_CHARS] = "freshest", auc[CLI_TEXT_CHARS], log_loss[CLI_TEXT_CHARS], lift[CLI_TEXT_CHARS];
    char auc_lost[CLI_TEXT_CHARS], log_loss_lost[CLI_TEXT_CHARS];
    if (!is_freshest)
        snprintf(age, sizeof age, "+%.0f days", a->age_days);
    printf("%-12s%8zu%10s%10s%11s", age, a->n_trials, figure(auc, 4, a->auc), figure(log_loss, 4, a->log_loss),
           figure(lift, 2, a->lift_10));
    if (!is_freshest)
        printf("   %-28s%s", loss(auc_lost, a->auc_lost, a->auc_lost_95),
               loss(log_loss_lost, a->log_loss_lost, a->log_loss_lost_95));
    putchar('\n');
}

static void print_tables(const wb_backtest *b)
{
    char sentence[WB_BACKTEST_SENTENCE_CHARS];
    printf("%-12s%-12s%12s%11s%8s  %-16s%10s%8s%10s%10s\n", "cutoff", "trained at", "rows", "base %", "AUC", "95 %",
           "lift 10 %", "slope", "recency", "previous");
    for (size_t i = 0; i < b->n_cutoffs; i++)
        print_cutoff(&b->cutoffs[i]);
    printf("\n%-12s%8s%10s%10s%11s   %-28s%s\n", "model's age", "cutoffs", "AUC", "log loss", "lift 10 %",
           "AUC lost, 95 %", "log loss lost, 95 %");
    for (size_t i = 0; i < b->n_ages; i++)
        if (b->ages[i].n_trials > 0)
            print_age(&b->ages[i], i == 0);
    printf("\n%s\n", wb_backtest_sentence(sentence, b));
}

static wb_status show(const backtest_run *r, wb_error *err)
{
    const backtest_options *o = r->o;
    const bool as_json = o->common.json || cli_is_dash(o->output);
    wb_status status = WB_OK;
    if (o->output != NULL && strcmp(o->output, "-") != 0)
        status = wb_backtest_write(r->backtest, o->output, err);
    if (status == WB_OK && as_json)
        status = wb_backtest_write(r->backtest, "-", err);
    else if (status == WB_OK)
        print_tables(r->backtest);
    return status;
}

static wb_status work(backtest_run *r, wb_error *err)
{
    const backtest_options *o = r->o;
    wb_status status = cli_check_outputs(&o->common, o->output, (const char *const[]){NULL}, r->project, err);
    if (status == WB_OK)
        status = cli_check_folder(o->output, err);
    if (status == WB_OK)
        status = cli_read_events(&r->engine, r->project, &r->reading, &r->o->common, err);
    if (status == WB_OK)
        status = compute(r, err);
    return status == WB_OK ? show(r, err) : status;
}

static int check_usage(const backtest_options *o)
{
    if (o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    if (o->n_train_cutoffs == 0 || o->n_train_cutoffs > CLI_LIST_LIMIT)
        return cli_usage_error("--train-cutoffs: %llu is not in 1..%d", (unsigned long long)o->n_train_cutoffs, CLI_LIST_LIMIT);
    return CLI_DONE;
}

static int run(const void *given)
{
    backtest_run r = {.o = given};
    wb_error err;
    int code = check_usage(r.o);
    if (code != CLI_DONE || !cli_read_options(&r.o->common, &r.reading))
        return CLI_USAGE;
    wb_status status = open_project(&r, &err);
    if (status == WB_OK && wb_project_n_tables(r.project) == 0)
        code = cli_usage_error("there is nothing to try: no winback.yml and no orders.csv here (--project FILE, or --orders FILE)");
    if (status == WB_OK && code == CLI_DONE)
        code = choose_model(&r);
    if (status == WB_OK && code == CLI_DONE)
        status = work(&r, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    wb_backtest_free(r.backtest);
    wb_engine_free(r.engine);
    wb_project_free(r.project);
    return code;
}

const cli_command cli_backtest = {
    .name = "backtest",
    .summary = "try models of past cutoffs on the cutoffs after them",
    .usage = "[OPTION…]",
    .text = "What would have happened: at each cutoff, the model that had learned from the last cutoff whose label window had\n"
            "ended by then is tried on the customers of that cutoff. Reads the project file, or tables under their usual\n"
            "names; the model is trained as models: says. Cutoffs are the project's; when it has none, up to 12, gap and\n"
            "horizon apart. A first table has a line a cutoff, beside recency alone (a logistic regression on the days\n"
            "since the last event) and the previous model; a second how much older models lost against the freshest on\n"
            "the same cutoffs, with 95 % intervals; a last line says how often to retrain, as far as that tells.\n"
            "docs/backtest.md has the figures.",
    .example = "  winback backtest\n  winback backtest --cutoff 2024-01-01,2024-04-01,2024-07-01 --train-cutoffs 2\n"
               "  winback backtest --project winback.yml --disjoint -o backtest.json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS | CLI_SEEDED,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
