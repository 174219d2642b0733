/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole project in one go: read, compute, train, test, score. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/population.h"
#include "cli/tables.h"
#include "cli/training.h"

typedef struct run_options {
    cli_common common;
    cli_tables tables;
    int64_t horizon_us;
    const char *output;
} run_options;

#define AT(member) offsetof(run_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--horizon", CLI_DURATION, AT(horizon_us), "DURATION", "label: no order in this long after the cutoff (usual: 90d)"},
    {"-o", CLI_TEXT, AT(output), "DIR", "folder for what is written, made when absent"},
};

static const run_options defaults = {.common = CLI_COMMON_INIT, .horizon_us = -1, .output = "out"};

enum { N_CUTOFFS_USUAL = 4, PATH_CHARS = 4096, N_TOP = 10, N_FILES = 3 };
static const char *const file_names[N_FILES] = {"features.csv", "model.json", "scores.csv"};

/* Everything a run makes; freed in one place. */
typedef struct run_state {
    const run_options *o;
    wb_read_options reading;
    wb_train_options train;
    wb_project *project;
    wb_engine *engine;
    wb_features *features, *now;
    wb_model *tested, *model;
    const int64_t *cutoffs_us; /* the project's, or `usual_us` */
    int64_t usual_us[N_CUTOFFS_USUAL];
    size_t n_cutoffs, n_open; /* n_open: earlier cutoffs whose label windows reach past the test's cutoff */
    wb_metrics test;
    double *now_probability;
    wb_score_report scores;
} run_state;

static void free_state(run_state *s)
{
    free(s->now_probability);
    wb_model_free(s->tested);
    wb_model_free(s->model);
    wb_features_free(s->features);
    wb_features_free(s->now);
    wb_engine_free(s->engine);
    wb_project_free(s->project);
}

static wb_status out_of_memory(wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_NOMEM};
    snprintf(err->message, sizeof err->message, "out of memory");
    return WB_ERR_NOMEM;
}

static const char *path_of(const run_state *s, const char *name, char path[PATH_CHARS])
{
    snprintf(path, PATH_CHARS, "%s/%s", s->o->output, name);
    return path;
}

static wb_status make_folder(const char *path, wb_error *err)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return WB_OK;
    *err = (wb_error){.code = WB_ERR_IO};
    snprintf(err->file, sizeof err->file, "%s", path);
    snprintf(err->message, sizeof err->message, "cannot make the folder: %s", strerror(errno));
    return WB_ERR_IO;
}

static wb_status open_project(run_state *s, wb_error *err)
{
    wb_status status = cli_open_project(&s->project, &s->o->common, err);
    if (status == WB_OK)
        status = cli_set_tables(s->project, &s->o->tables, err);
    if (status == WB_OK && wb_project_n_tables(s->project) == 0)
        status = cli_find_tables(s->project, err);
    if (status == WB_OK && s->o->horizon_us > 0)
        status = wb_project_set_horizon(s->project, s->o->horizon_us, err);
    if (status == WB_OK && wb_project_label(s->project, NULL, NULL) == NULL)
        status = wb_project_set_horizon(s->project, 90 * WB_DAY_US, err);
    return status;
}

static wb_status read_events(run_state *s, wb_error *err)
{
    cli_step step = cli_step_begin(&s->o->common);
    wb_status status = wb_engine_create(&s->engine, s->project, &s->reading, err);
    if (status == WB_OK)
        cli_report_tables(&step, s->engine, &s->o->common);
    return status;
}

/* The last cutoff whose label window the data cover, and up to three before it, gap and horizon apart, that have a horizon
 * of history. */
static wb_status choose_cutoffs(run_state *s, wb_error *err)
{
    int64_t first_us, until_us, gap_us, horizon_us;
    wb_engine_data_range(s->engine, &first_us, &until_us);
    wb_project_label(s->project, &gap_us, &horizon_us);
    int64_t step_us = gap_us + horizon_us, last_us = until_us - step_us;
    wb_status status = wb_engine_check_cutoff(s->engine, last_us, 1, err);
    if (status != WB_OK)
        return status;
    s->n_cutoffs = 1;
    while (s->n_cutoffs < N_CUTOFFS_USUAL && last_us - (int64_t)s->n_cutoffs * step_us - horizon_us >= first_us)
        s->n_cutoffs++;
    for (size_t i = 0; i < s->n_cutoffs; i++)
        s->usual_us[i] = last_us - (int64_t)(s->n_cutoffs - 1 - i) * step_us;
    s->cutoffs_us = s->usual_us;
    if (s->n_cutoffs < N_CUTOFFS_USUAL)
        cli_note(&s->o->common, "%zu earlier cutoff%s left out: less than a horizon of history",
                 N_CUTOFFS_USUAL - s->n_cutoffs, N_CUTOFFS_USUAL - s->n_cutoffs == 1 ? "" : "s");
    return WB_OK;
}

static wb_status find_cutoffs(run_state *s, wb_error *err)
{
    s->cutoffs_us = wb_project_cutoffs(s->project, &s->n_cutoffs);
    return s->n_cutoffs > 0 ? WB_OK : choose_cutoffs(s, err);
}

/* Whether the label window of a cutoff has ended at the test's cutoff: only then could it have been learned from. */
static bool is_closed(const run_state *s, int64_t cutoff_us)
{
    int64_t gap_us, horizon_us;
    wb_project_label(s->project, &gap_us, &horizon_us);
    return cutoff_us + gap_us + horizon_us <= s->cutoffs_us[s->n_cutoffs - 1];
}

static wb_status compute(const run_state *s, wb_features **out, const int64_t *cutoffs_us, size_t n, bool with_label,
                         wb_error *err)
{
    const wb_features_options wanted = {.cutoffs_us = cutoffs_us,
                                        .n_cutoffs = n,
                                        .with_label = with_label,
                                        .n_threads = (int)s->o->common.n_threads,
                                        .log = s->reading.log};
    return wb_engine_features(s->engine, out, &wanted, err);
}

static wb_status compute_features(run_state *s, wb_error *err)
{
    char path[PATH_CHARS], rows[CLI_TEXT_CHARS];
    cli_step step = cli_step_begin(&s->o->common);
    wb_status status = find_cutoffs(s, err);
    if (status == WB_OK)
        status = compute(s, &s->features, s->cutoffs_us, s->n_cutoffs, true, err);
    if (status == WB_OK)
        status = make_folder(s->o->output, err);
    if (status == WB_OK)
        status = wb_features_write(s->features, path_of(s, "features.csv", path), (int)s->o->common.n_threads, err);
    if (status != WB_OK)
        return status;
    cli_step_end(&step, "features", "%zu cutoff%s × %zu features · %s rows   %s", s->n_cutoffs,
                 s->n_cutoffs == 1 ? "" : "s", wb_engine_n_features(s->engine),
                 cli_count(rows, wb_table_n_rows(wb_features_table(s->features))), path);
    size_t n;
    const wb_population *population = wb_features_population(s->features, &n);
    cli_tell_population(population, n, true, &s->o->common);
    return WB_OK;
}

/* Figures of the model trained on the earlier cutoffs, on the rows of the last. */
static wb_status measure(run_state *s, const wb_table *table, const int64_t *cutoff_us, const double *label,
                         double *probability, uint8_t *outcome, wb_error *err)
{
    size_t n = 0, n_rows = wb_table_n_rows(table);
    wb_status status = wb_score_table(s->tested, table, probability, NULL, (int)s->o->common.n_threads, err);
    if (status != WB_OK)
        return status;
    for (size_t i = 0; i < n_rows; i++)
        if (cutoff_us[i] == s->cutoffs_us[s->n_cutoffs - 1] && !isnan(label[i])) {
            probability[n] = probability[i];
            outcome[n++] = label[i] > 0;
        }
    return wb_metrics_compute(&s->test, probability, outcome, NULL, n, err);
}

static wb_status test_on_last(run_state *s, wb_error *err)
{
    const wb_table *table = wb_features_table(s->features);
    size_t n_rows = wb_table_n_rows(table);
    const int64_t *cutoff_us = wb_table_times(table, wb_table_find(table, "cutoff"));
    const double *label = wb_table_numbers(table, wb_table_n_columns(table) - 1);
    double *probability = malloc((n_rows + 1) * sizeof *probability);
    uint8_t *mark = malloc(n_rows + 1);
    wb_status status = probability == NULL || mark == NULL ? out_of_memory(err) : WB_OK;
    if (status == WB_OK) {
        wb_train_options earlier = s->train;
        wb_log only_progress = {NULL, s->train.log->progress, s->train.log->user}; /* it was all said of the model */
        earlier.log = &only_progress;
        for (size_t i = 0; i < n_rows; i++)
            mark[i] = is_closed(s, cutoff_us[i]);
        earlier.use_row = mark;
        status = wb_train(&s->tested, s->features, &earlier, err);
    }
    if (status == WB_OK)
        status = measure(s, table, cutoff_us, label, probability, mark, err);
    free(probability);
    free(mark);
    return status;
}

static void report_test(const run_state *s, const cli_step *step)
{
    char cutoff[WB_TIME_CHARS];
    const wb_metrics *m = &s->test;
    wb_time_format(s->cutoffs_us[s->n_cutoffs - 1], cutoff);
    cli_step_end(step, "test", "%s %s · AUC %.3f · log loss %.3f · top tenth holds %.1f × its share",
                 s->tested != NULL ? "cutoff" : "five folds at", cutoff, m->auc, m->log_loss, m->lift_10);
    if (s->n_open > 0)
        cli_note(&s->o->common, "%zu cutoff%s not learned from for the test: the label window was still open", s->n_open,
                 s->n_open == 1 ? "" : "s");
}

static size_t count_closed(run_state *s)
{
    size_t n_closed = 0;
    for (size_t i = 0; i + 1 < s->n_cutoffs; i++)
        n_closed += is_closed(s, s->cutoffs_us[i]);
    s->n_open = s->n_cutoffs - 1 - n_closed;
    return n_closed;
}

/* The model that is tested chooses lambda; the one that is shipped is fitted with it on all rows. */
static wb_status test(run_state *s, cli_step *step, wb_error *err)
{
    *step = cli_step_begin(&s->o->common);
    if (count_closed(s) == 0)
        return WB_OK;
    wb_status status = test_on_last(s, err);
    if (status == WB_OK)
        s->train.lambda = wb_model_summarise(s->tested).lambda;
    cli_step_stop(step);
    return status;
}

static wb_status train(run_state *s, wb_error *err)
{
    char path[PATH_CHARS], rows[CLI_TEXT_CHARS];
    cli_step test_step, step;
    wb_project_model wanted = wb_project_first_model(s->project);
    s->train.target = wanted.target != NULL ? wanted.target : wb_project_label(s->project, NULL, NULL);
    s->train.lambda = wanted.lambda;
    s->train.class_weight = wanted.class_weight;
    s->train.balanced = wanted.balanced;
    s->train.sample_negatives = wanted.sample_negatives;
    s->train.lambda_rule = wanted.one_standard_error ? WB_LAMBDA_ONE_STANDARD_ERROR : WB_LAMBDA_LEAST;
    s->train.alpha = wanted.alpha;
    s->train.n_folds = 5;
    wb_status status = test(s, &test_step, err);
    step = cli_step_begin(&s->o->common);
    if (status == WB_OK)
        status = wb_train(&s->model, s->features, &s->train, err);
    if (status == WB_OK)
        status = wb_model_write(s->model, path_of(s, "model.json", path), err);
    if (status != WB_OK)
        return status;
    wb_model_summary m = wb_model_summarise(s->model);
    cli_step_end(&step, "train", "%s · %s rows · base rate %.1f %% · %zu terms   %s", m.target,
                 cli_count(rows, m.n_rows), 100 * m.base_rate, m.n_terms, path);
    cli_describe_model(s->tested != NULL ? s->tested : s->model, s->model, &s->o->common);
    if (s->tested == NULL)
        s->test = m.out_of_fold;
    report_test(s, &test_step);
    return WB_OK;
}

static wb_status score_now(run_state *s, wb_error *err)
{
    int64_t first_us, until_us;
    char path[PATH_CHARS], rows[CLI_TEXT_CHARS], at[WB_TIME_CHARS];
    cli_step step = cli_step_begin(&s->o->common);
    wb_engine_data_range(s->engine, &first_us, &until_us);
    wb_status status = compute(s, &s->now, &until_us, 1, false, err);
    if (status == WB_OK)
        status = wb_score_features(s->model, s->now, path_of(s, "scores.csv", path), (int)s->o->common.n_threads,
                                   &s->scores, err);
    if (status == WB_OK) {
        s->now_probability = malloc((wb_table_n_rows(wb_features_table(s->now)) + 1) * sizeof(double));
        status = s->now_probability == NULL
                     ? out_of_memory(err)
                     : wb_score_table(s->model, wb_features_table(s->now), s->now_probability, NULL,
                                      (int)s->o->common.n_threads, err);
    }
    wb_time_format(until_us, at);
    if (status == WB_OK)
        cli_step_end(&step, "score", "%s customers at %s · mean probability %.3f   %s",
                     cli_count(rows, s->scores.n_rows), at, s->scores.mean_probability, path);
    return status;
}

/* The rows of the highest probabilities, best first; of equals the first. Returns how many. */
static size_t find_top(const double *probability, size_t n, size_t top[N_TOP])
{
    size_t n_top = 0;
    for (size_t i = 0; i < n; i++) {
        if (n_top == N_TOP && probability[i] <= probability[top[N_TOP - 1]])
            continue;
        size_t at = n_top < N_TOP ? n_top++ : N_TOP - 1;
        for (; at > 0 && probability[top[at - 1]] < probability[i]; at--)
            top[at] = top[at - 1];
        top[at] = i;
    }
    return n_top;
}

static void print_top(const run_state *s)
{
    size_t top[N_TOP];
    const wb_table *table = wb_features_table(s->now);
    size_t n = find_top(s->now_probability, wb_table_n_rows(table), top);
    if (s->o->common.quiet || s->o->common.json)
        return;
    printf("\nmost likely %s\n", wb_model_summarise(s->model).target);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *id = wb_table_text(table, 0, top[i], &length);
        double p = s->now_probability[top[i]];
        printf(p < 0.99995 ? "  %-24.*s %.4f\n" : "  %-24.*s >0.9999\n", (int)length, id, p);
    }
}

static json_t *population_json(const run_state *s)
{
    size_t n;
    const wb_population *population = wb_features_population(s->features, &n);
    return cli_population_json(population, n, true);
}

static void print_json(const run_state *s)
{
    char path[PATH_CHARS];
    json_t *files = json_array();
    for (size_t i = 0; i < N_FILES; i++)
        json_array_append_new(files, json_string(path_of(s, file_names[i], path)));
    json_t *json = json_pack("{s:o, s:o, s:o, s:I, s:o, s:o}", "population", population_json(s), "model", cli_model_json(s->model), "test",
                             cli_metrics_json(&s->test), "scored", (json_int_t)s->scores.n_rows, "mean_probability",
                             cli_number_json(s->scores.mean_probability), "files", files);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static wb_status run_steps(run_state *s, wb_error *err)
{
    wb_status status = read_events(s, err);
    if (status == WB_OK)
        status = compute_features(s, err);
    if (status == WB_OK)
        status = train(s, err);
    if (status == WB_OK)
        status = score_now(s, err);
    if (status == WB_OK)
        print_top(s);
    if (status == WB_OK && s->o->common.json)
        print_json(s);
    return status;
}

static int run(const void *given)
{
    run_state s = {.o = given, .train = WB_TRAIN_OPTIONS_INIT};
    wb_error err;
    int code = CLI_DONE;
    if (s.o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    if (!cli_read_options(&s.o->common, &s.reading))
        return CLI_USAGE;
    wb_status status = open_project(&s, &err);
    if (status == WB_OK && wb_project_n_tables(s.project) == 0)
        code = cli_usage_error("there is nothing to run on: no winback.yml and no orders.csv here (--project FILE, or "
                               "--orders FILE)");
    if (status == WB_OK && wb_project_n_models(s.project) > 1) {
        err = (wb_error){.code = WB_ERR_INCONSISTENT};
        snprintf(err.message, sizeof err.message, "the project has %zu models; winback run fits one",
                 wb_project_n_models(s.project));
        status = WB_ERR_INCONSISTENT;
    }
    for (size_t i = 0; status == WB_OK && i < N_FILES; i++) {
        char path[PATH_CHARS];
        status = cli_check_outputs(&s.o->common, path_of(&s, file_names[i], path), (const char *const[]){NULL}, s.project,
                                   &err);
    }
    wb_project_model wanted = {0};
    if (status == WB_OK)
        wanted = wb_project_first_model(s.project);
    if (code == CLI_DONE && status == WB_OK &&
        !cli_training_options(&s.train, wanted.penalty, wanted.basis, &s.o->common))
        code = CLI_USAGE;
    if (code == CLI_DONE && status == WB_OK)
        status = run_steps(&s, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    free_state(&s);
    return code;
}

const cli_command cli_run = {
    .name = "run",
    .summary = "the whole project: features, model, test, scores",
    .usage = "[OPTION…]",
    .text = "Reads the project file (winback.yml, or --project), or the tables that lie in this folder under their usual\n"
            "names (orders.csv, tickets.csv, customers.csv, surveys.csv and so on: winback help features), and writes\n"
            "features.csv, model.json and scores.csv. Unsaid: label = no order in the 90 days after the cutoff; the\n"
            "last cutoff is gap and horizon before the end of the data, up to three earlier ones as far apart. The last\n"
            "is the test of a model that learned from the earlier ones whose label windows had ended by then; the model\n"
            "that is kept is fitted on all. Scores are at the end of the data.",
    .example = "  winback run\n  winback run --project winback.yml -o out\n  winback run --orders orders.csv --horizon 60d",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS | CLI_SEEDED,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
