/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/model_features.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_check_model_features(const cli_model_features *from, const char *command, bool need)
{
    const size_t n_files = from->common->arguments.n;
    if (from->model_path == NULL)
        return cli_usage_error("%s needs a model: --model MODEL", command);
    if (need && n_files == 0 && from->at == NULL)
        return cli_usage_error("%s needs a features file, or events: --project FILE --at DATE", command);
    if (n_files > 0 && from->at != NULL)
        return cli_usage_error("%s takes a features file or --at, not both", command);
    if (from->at == NULL && from->common->project != NULL)
        return cli_usage_error("--project goes with --at: from events, or a features file");
    if (from->id != NULL && n_files == 0)
        return cli_usage_error("--id goes with a features file");
    return cli_check_input_names((const char *const[]){from->model_path, n_files > 0 ? from->common->arguments.items[0] : NULL, NULL});
}

wb_status cli_read_features(wb_features **out, const char *path, const char *id, const cli_models *models,
                            const wb_read_options *reading, wb_error *err)
{
    size_t n_terms = 0, n = 0;
    for (size_t m = 0; m < models->n; m++)
        n_terms += wb_model_summarise(models->items[m]).n_terms;
    const char **categories = calloc(n_terms + 1, sizeof *categories);
    if (categories == NULL)
        return err->code = WB_ERR_NOMEM;
    for (size_t m = 0; m < models->n; m++)
        for (size_t t = 0; t < wb_model_summarise(models->items[m]).n_terms; t++) {
            const wb_term term = wb_model_term(models->items[m], t);
            if (strcmp(term.kind, "category") == 0)
                categories[n++] = term.feature;
        }
    wb_status status = wb_features_read(out, path, id, categories, n, reading, err);
    free(categories);
    return status;
}

const char *cli_covariance_path(char *path, size_t size, const char *model_path, const wb_model *model)
{
    snprintf(path, size, "%s.cov", model_path);
    if (wb_model_summarise(model).covariance == WB_COVARIANCE_NONE)
        return NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fclose(file);
    return path;
}

/* The model's definitions with the files of the project at hand. */
static wb_status open_project(wb_project **out, const cli_model_features *from, const wb_model *model, wb_error *err)
{
    wb_project *files = NULL, *project = NULL;
    wb_status status = cli_open_project(&files, from->common, err);
    if (status == WB_OK && wb_project_n_tables(files) == 0)
        status = cli_find_tables(files, err);
    if (status == WB_OK)
        status = cli_set_tables(files, from->tables, err);
    if (status == WB_OK) {
        status = wb_model_project(&project, model, err);
        if (status != WB_OK) {
            err->line = err->column = 0; /* of the definitions alone */
            cli_blame_file(err, from->model_path);
        }
    }
    if (status == WB_OK)
        status = wb_project_take_files(project, files, err);
    wb_project_free(files);
    if (status == WB_OK)
        *out = project;
    else
        wb_project_free(project);
    return status;
}

static wb_status compute(wb_features **out, const cli_model_features *from, const wb_model *model,
                         const wb_read_options *reading, wb_error *err)
{
    wb_project *project = NULL;
    wb_engine *engine = NULL;
    int64_t at_us = 0;
    cli_step step = cli_step_begin(from->common);
    wb_status status = open_project(&project, from, model, err);
    if (status == WB_OK)
        status = cli_time(&at_us, "--at", from->at, project, err);
    if (status == WB_OK)
        status = wb_engine_create(&engine, project, reading, err);
    if (status == WB_OK) {
        cli_report_tables(&step, engine, from->common);
        status = cli_check_ages(engine, at_us, false, from->common, err);
    }
    if (status == WB_OK) {
        wb_features_options options = WB_FEATURES_OPTIONS_INIT;
        options.cutoffs_us = &at_us;
        options.n_cutoffs = 1;
        options.n_threads = reading->n_threads;
        options.log = reading->log;
        status = wb_engine_features(engine, out, &options, err);
    }
    wb_engine_free(engine);
    wb_project_free(project);
    return status;
}

wb_status cli_read_model_features(wb_features **out, const cli_model_features *from, const wb_model *model,
                                  const wb_read_options *reading, wb_error *err)
{
    return from->at != NULL ? compute(out, from, model, reading, err)
                            : cli_read_features(out, from->common->arguments.items[0], from->id, &(cli_models){&model, 1}, reading, err);
}
