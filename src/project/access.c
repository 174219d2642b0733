/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at a project and changing it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "project/records.h"
#include "project/schema.h"

wbi_table_def *wbi_project_table(const wb_project *project, const char *name)
{
    for (size_t i = 0; i < project->n_tables; i++)
        if (strcmp(project->tables[i].name, name) == 0)
            return &project->tables[i];
    return NULL;
}

const char *wbi_project_bound_table(const wb_project *project, const char *bundle, const char *usual)
{
    for (size_t i = 0; i < project->n_uses; i++)
        if (strcmp(project->uses[i].bundle, bundle) == 0 && project->uses[i].table != NULL)
            return project->uses[i].table;
    return usual;
}

const char *wb_project_bound_table(const wb_project *project, const char *bundle, const char *usual)
{
    return wbi_project_bound_table(project, bundle, usual);
}

static wb_status add_table(wb_project *project, const char *name, const char *file, wb_error *err)
{
    if (!wbi_is_name(name))
        return wbi_fail(err, WB_ERR_ARGUMENT, "a table's name must be a letter or _, then letters, digits and _");
    wbi_table_def *tables = wbi_realloc_array(project->tables, project->n_tables + 1, sizeof *tables);
    if (tables == NULL)
        return wbi_fail_nomem(err, (project->n_tables + 1) * sizeof *tables);
    project->tables = tables;
    wbi_table_def *table = &tables[project->n_tables];
    WBI_TRY(wbi_table_init(table, name, project, err));
    wb_status status = wbi_set_text(&table->file, file, err);
    if (status == WB_OK)
        status = wbi_add_conventional_columns(table, err);
    if (status == WB_OK)
        status = wbi_add_known_at_columns(table, err);
    if (status == WB_OK)
        project->n_tables++;
    else
        wbi_table_clear_def(table);
    return status;
}

wb_status wb_project_set_file(wb_project *project, const char *table, const char *file, wb_error *err)
{
    wbi_table_def *known = wbi_project_table(project, table);
    return known != NULL ? wbi_set_text(&known->file, file, err) : add_table(project, table, file, err);
}

static wb_status take_text(char **to, const char *from, wb_error *err)
{
    if (from != NULL)
        return wbi_set_text(to, from, err);
    wbi_free(*to);
    *to = NULL;
    return WB_OK;
}

wb_status wb_project_take_files(wb_project *project, const wb_project *from, wb_error *err)
{
    for (size_t i = 0; i < project->n_tables; i++) {
        wbi_table_def *table = &project->tables[i];
        const wbi_table_def *source = wbi_project_table(from, table->name);
        if (source == NULL) {
            WBI_TRY(take_text(&table->file, NULL, err));
            continue;
        }
        if (table->through_key != NULL && source->through_file == NULL)
            return wbi_fail(err, WB_ERR_INCONSISTENT,
                            "the project's table '%s' does not say through which file its customers are found",
                            table->name);
        table->max_age_us = source->max_age_us;
        WBI_TRY(take_text(&table->file, source->file, err));
        if (table->through_key != NULL)
            WBI_TRY(take_text(&table->through_file, source->through_file, err));
    }
    return WB_OK;
}

static wb_status move_file(char **file, const char *folder, wb_error *err)
{
    if (*file == NULL || strcmp(*file, "-") == 0)
        return WB_OK;
    const char *slash = strrchr(*file, '/'), *name = slash == NULL ? *file : slash + 1;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *moved = wbi_alloc_array(size, 1);
    if (moved == NULL)
        return wbi_fail_nomem(err, size);
    snprintf(moved, size, "%s/%s", folder, name);
    wbi_free(*file);
    *file = moved;
    return WB_OK;
}

wb_status wb_project_move_files(wb_project *project, const char *folder, wb_error *err)
{
    for (size_t i = 0; i < project->n_tables; i++) {
        WBI_TRY(move_file(&project->tables[i].file, folder, err));
        WBI_TRY(move_file(&project->tables[i].through_file, folder, err));
    }
    return WB_OK;
}

wb_status wb_project_set_cutoffs(wb_project *project, const int64_t *cutoffs_us, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (cutoffs_us[i] == WB_TIME_MISSING)
            return wbi_fail(err, WB_ERR_ARGUMENT, "a cutoff must not be missing");
    return wbi_set_sorted(&project->cutoffs_us, &project->n_cutoffs, cutoffs_us, n, err);
}

const int64_t *wb_project_cutoffs(const wb_project *project, size_t *n)
{
    *n = project->n_cutoffs;
    return project->cutoffs_us;
}

static wb_status need_label(wb_project *project, wb_error *err)
{
    if (project->label.kind != WBI_LABEL_NONE)
        return WB_OK;
    if (wb_project_n_labels(project) > 0)
        return wbi_fail(err, WB_ERR_ARGUMENT,
                        "the project's labels are models' own: horizon and gap stand there (models: {%s: {label: …}})",
                        wbi_project_label_at(project, 0)->name);
    const wbi_label_def label = {.kind = WBI_LABEL_ABSENT,
                                 .name = (char *)"churned",
                                 .table = (char *)"orders",
                                 .horizon_us = WBI_DEFAULT_HORIZON_US};
    return wbi_record_copy(&project->label, &label, &wbi_record_label, err);
}

wb_status wb_project_set_horizon(wb_project *project, int64_t horizon_us, wb_error *err)
{
    if (horizon_us <= 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the horizon must be more than 0");
    WBI_TRY(need_label(project, err));
    project->label.horizon_us = horizon_us;
    return WB_OK;
}

wb_status wb_project_set_gap(wb_project *project, int64_t gap_us, wb_error *err)
{
    if (gap_us < 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the gap must be 0 or more");
    WBI_TRY(need_label(project, err));
    project->label.gap_us = gap_us;
    return WB_OK;
}

void wb_project_clear_label(wb_project *project)
{
    wbi_record_clear(&project->label, &wbi_record_label);
    for (size_t i = 0; i < project->n_models; i++)
        wbi_record_clear(&project->models[i].label, &wbi_record_label);
}

size_t wb_project_n_labels(const wb_project *project)
{
    size_t n = project->label.kind != WBI_LABEL_NONE;
    for (size_t i = 0; i < project->n_models; i++)
        n += project->models[i].label.kind != WBI_LABEL_NONE;
    return n;
}

const wbi_label_def *wbi_project_label_at(const wb_project *project, size_t index)
{
    if (project->label.kind != WBI_LABEL_NONE && index-- == 0)
        return &project->label;
    for (size_t i = 0; i < project->n_models; i++)
        if (project->models[i].label.kind != WBI_LABEL_NONE && index-- == 0)
            return &project->models[i].label;
    return NULL;
}

wb_label wb_project_label_at(const wb_project *project, size_t index)
{
    const wbi_label_def *label = wbi_project_label_at(project, index);
    return label == NULL ? (wb_label){0} : (wb_label){label->name, label->gap_us, label->horizon_us};
}

const char *wb_project_label(const wb_project *project, int64_t *gap_us, int64_t *horizon_us)
{
    wb_label label = wb_project_label_at(project, 0);
    if (gap_us != NULL)
        *gap_us = label.gap_us;
    if (horizon_us != NULL)
        *horizon_us = label.horizon_us;
    return label.name;
}

void wb_project_set_data_until(wb_project *project, int64_t until_us)
{
    project->data_until_us = until_us;
}

wb_status wb_project_set_windows(wb_project *project, const int64_t *windows_us, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (windows_us[i] <= 0)
            return wbi_fail(err, WB_ERR_ARGUMENT, "a window must be more than 0");
    return wbi_set_sorted(&project->windows_us, &project->n_windows, windows_us, n, err);
}

wb_status wb_project_read_time(const wb_project *project, int64_t *time_us, const char *text, wb_error *err)
{
    const wbi_time_format format = {.zone_offset_s = project->zone_offset_s, .zone = project->zone};
    return wbi_time_parse(time_us, text, &format, err);
}

size_t wb_project_n_tables(const wb_project *project)
{
    return project->n_tables;
}

const char *wb_project_table_name(const wb_project *project, size_t table)
{
    return project->tables[table].name;
}

const char *wb_project_table_file(const wb_project *project, size_t table)
{
    return project->tables[table].file;
}

const char *wb_project_table_through(const wb_project *project, size_t table)
{
    return project->tables[table].through_file;
}

size_t wb_project_n_models(const wb_project *project)
{
    return project->n_models;
}

wb_project_model wb_project_model_at(const wb_project *project, size_t index)
{
    if (index >= project->n_models)
        return (wb_project_model){.lambda = NAN, .alpha = NAN, .class_weight = 1, .sample_negatives = 1};
    const wbi_model_def *model = &project->models[index];
    bool balanced = isnan(model->class_weight);
    return (wb_project_model){.name = model->name,
                              .target = model->target,
                              .penalty = model->penalty,
                              .basis = model->basis,
                              .validate = model->validate,
                              .calibrate = model->calibrate,
                              .lambda = model->lambda.value,
                              .one_standard_error = model->lambda.one_standard_error,
                              .alpha = model->alpha,
                              .log1p = (const char *const *)model->log1p,
                              .n_log1p = model->n_log1p,
                              .class_weight = balanced ? 1 : model->class_weight,
                              .balanced = balanced,
                              .sample_negatives = model->sample_negatives,
                              .btyd_horizon_us = model->btyd_horizon_us};
}

wb_contacted wb_project_contacted(const wb_project *project)
{
    const char *said = project->contacted;
    return said == NULL || strcmp(said, "keep") == 0 ? WB_CONTACTED_KEEP
           : strcmp(said, "drop") == 0               ? WB_CONTACTED_DROP
                                                     : WB_CONTACTED_FEATURE;
}

int wb_project_campaign(const wb_project *project, wb_campaign *out)
{
    *out = project->campaign.said ? project->campaign.settings : wbi_campaign_unsaid();
    return project->campaign.said;
}

static wb_status bad_model(const wb_project *project, const wbi_model_def *model, wb_error *err, const char *what)
{
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){project->path, model->line, 0}, NULL, 0, "model %s: %s",
                       model->name, what);
}

enum { MOST_NAMED = 8, NAMED_CHARS = 600 };

/* The names of the first labels, for messages; returns how many. */
static size_t label_names(const char *names[MOST_NAMED], char listed[NAMED_CHARS], const wb_project *project)
{
    size_t n = 0, used = 0;
    listed[0] = '\0';
    for (; n < MOST_NAMED && n < wb_project_n_labels(project); n++) {
        names[n] = wbi_project_label_at(project, n)->name;
        if (used < NAMED_CHARS)
            used += (size_t)snprintf(listed + used, NAMED_CHARS - used, "%s%.60s", n == 0 ? "" : ", ", names[n]);
    }
    return n;
}

static wb_status no_target(const wb_project *project, const wbi_model_def *model, wb_error *err)
{
    char what[NAMED_CHARS + 200], listed[NAMED_CHARS];
    const char *names[MOST_NAMED];
    const size_t n = label_names(names, listed, project);
    if (n == 0)
        return bad_model(project, model, err, "there is no label: the project needs one, or the model one of its own");
    if (model->target == NULL) {
        snprintf(what, sizeof what, "it says no target, and %s: %s",
                 n > 1 ? "there are several labels" : "the only label is another model's", listed);
        return bad_model(project, model, err, what);
    }
    const char *near = wbi_nearest(model->target, names, n);
    snprintf(what, sizeof what, "there is no label '%.200s'%s%.60s%s", model->target,
             near != NULL ? " (did you mean '" : " (labels: ", near != NULL ? near : listed, near != NULL ? "'?)" : ")");
    return bad_model(project, model, err, what);
}

wb_status wb_project_model_label(size_t *label, const wb_project *project, size_t index, wb_error *err)
{
    const size_t n = wb_project_n_labels(project);
    *label = 0;
    if (project->n_models == 0)
        return n > 0 ? WB_OK : wbi_fail(err, WB_ERR_INCONSISTENT, "the project has no label");
    const wbi_model_def *model = &project->models[index];
    const bool own = model->label.kind != WBI_LABEL_NONE;
    if (!own && model->target == NULL)
        return n == 1 && project->label.kind != WBI_LABEL_NONE ? WB_OK : no_target(project, model, err);
    const char *name = own ? model->name : model->target;
    while (*label < n && strcmp(wbi_project_label_at(project, *label)->name, name) != 0)
        ++*label;
    return *label < n ? WB_OK : no_target(project, model, err);
}

wb_status wbi_project_set_features(wb_project *project, const wbi_feature_def *features, size_t n, wb_error *err)
{
    void *copy;
    WBI_TRY(wbi_records_copy(&copy, features, n, &wbi_record_feature, err));
    wbi_records_free(project->features, project->n_features, &wbi_record_feature);
    wbi_records_free(project->uses, project->n_uses, &wbi_record_use);
    project->features = copy;
    project->n_features = n;
    project->uses = NULL;
    project->n_uses = 0;
    project->uses_said = true;
    return WB_OK;
}
