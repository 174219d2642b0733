/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole project in one go: read, compute, train, test, score, choose whom to contact, report. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/campaign.h"
#include "cli/model_json.h"
#include "cli/population.h"
#include "cli/run_act.h"
#include "cli/run_model.h"
#include "cli/run_report.h"
#include "cli/tables.h"

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

enum { N_CUTOFFS_USUAL = 4, PATH_CHARS = 4096, N_TOP = 10 };

/* Everything a run makes; freed in one place. */
typedef struct run_state {
    const run_options *o;
    wb_read_options reading;
    wb_project *project;
    wb_engine *engine;
    wb_objections *objections; /* who is not scored */
    wb_features *features, *now;
    cli_run_model *models;
    size_t n_models;
    cli_cutoffs cutoffs; /* the project's, or `usual_us` */
    int64_t usual_us[N_CUTOFFS_USUAL];
    wb_score_report *scores; /* of each model */
    cli_run_act act;
} run_state;

static void free_state(run_state *s)
{
    for (size_t i = 0; i < s->n_models; i++)
        cli_run_model_clear(&s->models[i]);
    free(s->models);
    free(s->scores);
    cli_run_act_clear(&s->act);
    wb_features_free(s->features);
    wb_features_free(s->now);
    wb_engine_free(s->engine);
    wb_objections_free(s->objections);
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

/* model.json, or of several NAME.model.json. */
static const char *model_path(const run_state *s, size_t model, char path[PATH_CHARS])
{
    const char *name = s->models[model].name;
    snprintf(path, PATH_CHARS, "%s/%s%smodel.json", s->o->output, name == NULL ? "" : name, name == NULL ? "" : ".");
    return path;
}

/* report.html, or of several NAME.report.html. */
static const char *report_path(const run_state *s, size_t model, char path[PATH_CHARS])
{
    const char *name = s->models[model].name;
    snprintf(path, PATH_CHARS, "%s/%s%sreport.html", s->o->output, name == NULL ? "" : name, name == NULL ? "" : ".");
    return path;
}

static size_t kpi_index(const run_state *s)
{
    return 2 * s->n_models + 2;
}

/* Of the list number `index` of the campaign's routes; NULL past the last. */
static const char *route_path(const run_state *s, size_t index, char path[PATH_CHARS])
{
    char list[PATH_CHARS];
    const char *name;
    wb_campaign campaign;
    if (!wb_project_campaign(s->project, &campaign))
        return NULL;
    return cli_route_path(path, PATH_CHARS, &name, &campaign, index, path_of(s, "campaign.csv", list));
}

/* The files that are written, in their order, kpi.csv only where the data allow it; NULL past the last. */
static const char *file_path(const run_state *s, size_t index, char path[PATH_CHARS])
{
    const char *const acted[] = {"kpi.csv", "campaign.csv", "control.csv"};
    const size_t n_acted = cli_run_has_campaign(s->project) ? 3 : 1, n = s->n_models;
    if (index == 0)
        return path_of(s, "features.csv", path);
    if (index <= n)
        return model_path(s, index - 1, path);
    if (index == n + 1)
        return path_of(s, "scores.csv", path);
    if (index <= 2 * n + 1)
        return report_path(s, index - n - 2, path);
    if (index < kpi_index(s) + n_acted)
        return path_of(s, acted[index - kpi_index(s)], path);
    return n_acted > 1 ? route_path(s, index - kpi_index(s) - n_acted, path) : NULL;
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

/* How far the labels look ahead, the farthest. */
static void find_span(const run_state *s, int64_t *span_us, int64_t *horizon_us)
{
    *span_us = *horizon_us = 0;
    for (size_t l = 0; l < wb_project_n_labels(s->project); l++) {
        const wb_label label = wb_project_label_at(s->project, l);
        if (label.gap_us + label.horizon_us > *span_us)
            *span_us = label.gap_us + label.horizon_us;
        if (label.horizon_us > *horizon_us)
            *horizon_us = label.horizon_us;
    }
}

/* The last cutoff whose label windows the data cover, and up to three before it, gap and horizon apart, that have a horizon
 * of history. */
static wb_status choose_cutoffs(run_state *s, wb_error *err)
{
    int64_t first_us, until_us, step_us, horizon_us;
    size_t n = 1;
    wb_engine_data_range(s->engine, &first_us, &until_us);
    find_span(s, &step_us, &horizon_us);
    const int64_t last_us = until_us - step_us;
    wb_status status = wb_engine_check_cutoff(s->engine, last_us, 1, err);
    if (status != WB_OK)
        return status;
    while (n < N_CUTOFFS_USUAL && last_us - (int64_t)n * step_us - horizon_us >= first_us)
        n++;
    for (size_t i = 0; i < n; i++)
        s->usual_us[i] = last_us - (int64_t)(n - 1 - i) * step_us;
    s->cutoffs.us = s->usual_us;
    s->cutoffs.n = n;
    if (n < N_CUTOFFS_USUAL)
        cli_note(&s->o->common, "%zu earlier cutoff%s left out: less than a horizon of history", N_CUTOFFS_USUAL - n,
                 N_CUTOFFS_USUAL - n == 1 ? "" : "s");
    return WB_OK;
}

static wb_status find_cutoffs(run_state *s, wb_error *err)
{
    int64_t first_us;
    wb_engine_data_range(s->engine, &first_us, &s->cutoffs.until_us);
    s->cutoffs.us = wb_project_cutoffs(s->project, &s->cutoffs.n);
    return s->cutoffs.n > 0 ? WB_OK : choose_cutoffs(s, err);
}

static wb_status compute(const run_state *s, wb_features **out, const int64_t *cutoffs_us, size_t n, bool with_label,
                         wb_error *err)
{
    const wb_features_options wanted = {.cutoffs_us = cutoffs_us,
                                        .n_cutoffs = n,
                                        .with_label = with_label,
                                        .n_threads = (int)s->o->common.n_threads,
                                        .log = s->reading.log};
    return wb_engine_features_without(s->engine, out, &wanted, with_label ? NULL : s->objections, err);
}

static wb_status compute_features(run_state *s, wb_error *err)
{
    char path[PATH_CHARS], rows[CLI_TEXT_CHARS];
    cli_step step = cli_step_begin(&s->o->common);
    wb_status status = find_cutoffs(s, err);
    if (status == WB_OK)
        status = compute(s, &s->features, s->cutoffs.us, s->cutoffs.n, true, err);
    if (status == WB_OK)
        status = make_folder(s->o->output, err);
    if (status == WB_OK)
        status = wb_features_write(s->features, path_of(s, "features.csv", path), (int)s->o->common.n_threads, err);
    if (status != WB_OK)
        return status;
    cli_step_end(&step, "features", "%zu cutoff%s × %zu features · %s rows   %s", s->cutoffs.n,
                 s->cutoffs.n == 1 ? "" : "s", wb_engine_n_features(s->engine),
                 cli_count(rows, wb_table_n_rows(wb_features_table(s->features))), path);
    size_t n;
    const wb_population *population = wb_features_population(s->features, &n);
    cli_tell_population(population, n, s->project, &s->o->common);
    return WB_OK;
}

static wb_status train(run_state *s, wb_error *err)
{
    char path[PATH_CHARS];
    wb_status status = WB_OK;
    for (size_t i = 0; i < s->n_models && status == WB_OK; i++) {
        status = cli_run_model_train(&s->models[i], s->features, &s->cutoffs, err);
        if (status == WB_OK)
            status = wb_model_write(s->models[i].model, model_path(s, i, path), err);
        if (status == WB_OK)
            cli_run_model_report(&s->models[i], path);
    }
    return status;
}

/* Scores by all models, side by side. */
static wb_status write_scores(run_state *s, const char *path, wb_error *err)
{
    const wb_model **models = calloc(s->n_models, sizeof *models);
    const char **names = calloc(s->n_models, sizeof *names);
    wb_status status = models == NULL || names == NULL ? out_of_memory(err) : WB_OK;
    for (size_t i = 0; status == WB_OK && i < s->n_models; i++) {
        models[i] = s->models[i].model;
        names[i] = s->models[i].name;
    }
    if (status == WB_OK) {
        const wb_score_models all = {models, s->n_models > 1 ? names : NULL, NULL, s->n_models};
        wb_score_options scoring = WB_SCORE_OPTIONS_INIT;
        scoring.output = path;
        status = wb_score_features(&all, s->now, &scoring, &s->reading, s->scores, err);
    }
    free(models);
    free(names);
    return status;
}

static wb_status score_now(run_state *s, wb_error *err)
{
    const int64_t until_us = s->cutoffs.until_us;
    char path[PATH_CHARS], rows[CLI_TEXT_CHARS], at[WB_TIME_CHARS];
    cli_step step = cli_step_begin(&s->o->common);
    wb_status status = wb_objections_read(&s->objections, s->project, &s->reading, err);
    if (status == WB_OK)
        status = compute(s, &s->now, &until_us, 1, false, err);
    if (status == WB_OK)
        status = write_scores(s, path_of(s, "scores.csv", path), err);
    if (status != WB_OK)
        return status;
    wb_time_format(until_us, at);
    cli_count(rows, s->scores[0].n_rows);
    if (s->n_models == 1)
        cli_step_end(&step, "score", "%s customers at %s · mean probability %.3f   %s", rows, at,
                     s->scores[0].mean_probability, path);
    else
        cli_step_end(&step, "score", "%s customers at %s by %zu models   %s", rows, at, s->n_models, path);
    for (size_t i = 0; s->n_models > 1 && i < s->n_models; i++)
        cli_note(&s->o->common, "%s: mean probability %.3f", s->models[i].name, s->scores[i].mean_probability);
    return WB_OK;
}

/* Customers are chosen by the first model. */
static wb_status act(run_state *s, wb_error *err)
{
    char scores[PATH_CHARS], list[PATH_CHARS], control[PATH_CHARS], kpi[PATH_CHARS], column[256] = "probability";
    if (s->n_models > 1)
        snprintf(column, sizeof column, "probability_%.200s", s->models[0].name);
    const cli_run_acting acting = {.project = s->project,
                                   .common = &s->o->common,
                                   .reading = &s->reading,
                                   .scores = path_of(s, "scores.csv", scores),
                                   .probability = column,
                                   .list = path_of(s, "campaign.csv", list),
                                   .control = path_of(s, "control.csv", control),
                                   .kpi = path_of(s, "kpi.csv", kpi),
                                   .at_us = s->cutoffs.until_us};
    return cli_run_act_make(&s->act, &acting, err);
}

/* A page a model; the first has what follows from its scores, too. */
static wb_status report(const run_state *s, wb_error *err)
{
    char path[PATH_CHARS], model[PATH_CHARS];
    wb_status status = WB_OK;
    for (size_t i = 0; i < s->n_models && status == WB_OK; i++) {
        const cli_run_report run = {s->engine, s->now, &s->models[i], &s->reading, model_path(s, i, model),
                                    i == 0 ? &s->act : NULL};
        cli_step step = cli_step_begin(&s->o->common);
        status = cli_run_report_write(&run, report_path(s, i, path), err);
        if (status == WB_OK)
            cli_step_end(&step, "report", "%s", path);
    }
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

static wb_status print_top(const run_state *s, size_t model, wb_error *err)
{
    size_t top[N_TOP];
    const wb_model *by = s->models[model].model;
    const wb_table *table = wb_features_table(s->now);
    const size_t n_rows = wb_table_n_rows(table);
    double *probability = malloc((n_rows + 1) * sizeof *probability);
    if (probability == NULL)
        return out_of_memory(err);
    wb_status status = wb_score_table(by, table, probability, NULL, (int)s->o->common.n_threads, err);
    size_t n = status == WB_OK ? find_top(probability, n_rows, top) : 0;
    if (status == WB_OK)
        printf("\nmost likely %s\n", s->models[model].name != NULL ? s->models[model].name : wb_model_summarise(by).target);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *id = wb_table_text(table, 0, top[i], &length);
        double p = probability[top[i]];
        printf(p < 0.99995 ? "  %-24.*s %.4f\n" : "  %-24.*s >0.9999\n", (int)length, id, p);
    }
    free(probability);
    return status;
}

static json_t *population_json(const run_state *s)
{
    size_t n;
    const wb_population *population = wb_features_population(s->features, &n);
    return cli_population_json(population, n, true);
}

static json_t *models_json(const run_state *s)
{
    json_t *models = json_object();
    for (size_t i = 0; i < s->n_models; i++)
        json_object_set_new(models, s->models[i].name,
                            json_pack("{s:o, s:o, s:o}", "model", cli_model_json(s->models[i].model), "test",
                                      cli_metrics_json(&s->models[i].test), "mean_probability",
                                      cli_number_json(s->scores[i].mean_probability)));
    return models;
}

/* One model's figures stand by themselves, those of several under "models" and their names. */
static void print_json(const run_state *s)
{
    char path[PATH_CHARS];
    const bool single = s->n_models == 1;
    json_t *files = json_array();
    for (size_t i = 0; file_path(s, i, path) != NULL; i++)
        if (i != kpi_index(s) || s->act.kpis != NULL)
            json_array_append_new(files, json_string(path));
    json_t *json = single ? json_pack("{s:o, s:o, s:o}", "population", population_json(s), "model",
                                      cli_model_json(s->models[0].model), "test", cli_metrics_json(&s->models[0].test))
                          : json_pack("{s:o, s:o}", "population", population_json(s), "models", models_json(s));
    json_object_set_new(json, "scored", json_integer((json_int_t)s->scores[0].n_rows));
    if (single)
        json_object_set_new(json, "mean_probability", cli_number_json(s->scores[0].mean_probability));
    if (s->act.plan != NULL)
        json_object_set_new(json, "campaign", cli_campaign_json(wb_campaign_plan_summary(s->act.plan), NAN));
    json_object_set_new(json, "files", files);
    cli_print_json(json);
}

static wb_status run_steps(run_state *s, wb_error *err)
{
    wb_status status = cli_read_events(&s->engine, s->project, &s->reading, &s->o->common, err);
    if (status == WB_OK)
        status = compute_features(s, err);
    if (status == WB_OK)
        status = train(s, err);
    if (status == WB_OK)
        status = score_now(s, err);
    if (status == WB_OK)
        status = act(s, err);
    if (status == WB_OK)
        status = report(s, err);
    for (size_t i = 0; status == WB_OK && i < s->n_models && !s->o->common.quiet && !s->o->common.json; i++)
        status = print_top(s, i, err);
    if (status == WB_OK && s->o->common.json)
        print_json(s);
    return status;
}

static int make_models(run_state *s)
{
    const size_t n = wb_project_n_models(s->project) > 0 ? wb_project_n_models(s->project) : 1;
    wb_error err;
    s->models = calloc(n, sizeof *s->models);
    s->scores = calloc(n, sizeof *s->scores);
    if (s->models == NULL || s->scores == NULL) {
        out_of_memory(&err);
        return cli_fail(&err);
    }
    for (int code; s->n_models < n; s->n_models++)
        if ((code = cli_run_model_init(&s->models[s->n_models], s->project, s->n_models, &s->o->common)) != CLI_DONE)
            return code;
    return CLI_DONE;
}

static wb_status check_each(const run_state *s, const char *const *inputs, wb_error *err)
{
    char path[PATH_CHARS];
    wb_status status = WB_OK;
    for (size_t i = 0; status == WB_OK && file_path(s, i, path) != NULL; i++)
        status = cli_check_outputs(&s->o->common, path, inputs, s->project, err);
    return status;
}

/* The suppression lists and the contacts of the campaign are no tables of the project. */
static wb_status check_files(const run_state *s, wb_error *err)
{
    const char *const none[] = {NULL};
    wb_campaign campaign;
    size_t n;
    if (!wb_project_campaign(s->project, &campaign))
        return check_each(s, none, err);
    const char **inputs = cli_campaign_inputs(&n, &campaign, 1, err);
    if (inputs == NULL)
        return err->code;
    inputs[n] = campaign.contacts;
    const wb_status status = check_each(s, inputs, err);
    free(inputs);
    return status;
}

static int run(const void *given)
{
    run_state s = {.o = given};
    wb_error err;
    int code = CLI_DONE;
    if (s.o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    if (!cli_read_options(&s.o->common, &s.reading))
        return CLI_USAGE;
    wb_status status = cli_open_labelled_project(&s.project, &s.o->common, &s.o->tables, s.o->horizon_us, &err);
    if (status == WB_OK && wb_project_n_tables(s.project) == 0)
        code = cli_usage_error("there is nothing to run on: no winback.yml and no orders.csv here (--project FILE, or "
                               "--orders FILE)");
    if (code == CLI_DONE && status == WB_OK)
        code = make_models(&s);
    if (code == CLI_DONE && status == WB_OK)
        status = check_files(&s, &err);
    if (code == CLI_DONE && status == WB_OK)
        status = cli_run_check_campaign(s.project, &s.reading, &err);
    if (code == CLI_DONE && status == WB_OK)
        status = run_steps(&s, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    free_state(&s);
    return code;
}

const cli_command cli_run = {
    .name = "run",
    .summary = "the whole project: features, model, test, scores, campaign, report",
    .usage = "[OPTION…]",
    .text = "Reads the project file (winback.yml, or --project), or the tables that lie in this folder under their usual\n"
            "names (orders.csv, tickets.csv, customers.csv, surveys.csv and so on: winback help features), and writes\n"
            "features.csv, model.json, scores.csv, kpi.csv and report.html. Unsaid: label = no order in the 90 days after the\n"
            "cutoff; the last cutoff is gap and horizon before the end of the data, up to three earlier ones as far apart. The\n"
            "last is the test of a model that learned from the earlier ones whose label windows had ended by then; the model\n"
            "that is kept is fitted on all. Scores are at the end of the data. Several models (models: in the project file) are\n"
            "trained on the same features, written to NAME.model.json and NAME.report.html each, and score side by side, as\n"
            "probability_NAME. With a campaign: that has a name, whom to contact (by the first model) goes to campaign.csv, and\n"
            "who is held out to control.csv. kpi.csv has the key figures of the last twelve months.",
    .example = "  winback run\n  winback run --project winback.yml -o out\n  winback run --orders orders.csv --horizon 60d",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS | CLI_SEEDED,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
