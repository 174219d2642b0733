/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const size_t text_texts[] = {0};
static const size_t column_texts[] = {offsetof(wbi_column_def, name), offsetof(wbi_column_def, source),
                                      offsetof(wbi_column_def, expr), offsetof(wbi_column_def, known_at)};
static const size_t feature_texts[] = {offsetof(wbi_feature_def, name), offsetof(wbi_feature_def, table),
                                       offsetof(wbi_feature_def, of), offsetof(wbi_feature_def, where),
                                       offsetof(wbi_feature_def, expr), offsetof(wbi_feature_def, after_last),
                                       offsetof(wbi_feature_def, reason)};
static const size_t use_texts[] = {offsetof(wbi_bundle_use, bundle), offsetof(wbi_bundle_use, table)};
static const size_t label_texts[] = {offsetof(wbi_label_def, name), offsetof(wbi_label_def, table),
                                     offsetof(wbi_label_def, where), offsetof(wbi_label_def, column)};
static const size_t population_texts[] = {offsetof(wbi_population_def, table), offsetof(wbi_population_def, since),
                                          offsetof(wbi_population_def, not_after), offsetof(wbi_population_def, where)};
static const size_t model_texts[] = {offsetof(wbi_model_def, name), offsetof(wbi_model_def, target),
                                     offsetof(wbi_model_def, penalty), offsetof(wbi_model_def, basis),
                                     offsetof(wbi_model_def, validate), offsetof(wbi_model_def, calibrate),
                                     offsetof(wbi_model_def, label.name), offsetof(wbi_model_def, label.table),
                                     offsetof(wbi_model_def, label.where), offsetof(wbi_model_def, label.column)};
static const size_t table_texts[] = {offsetof(wbi_table_def, name),        offsetof(wbi_table_def, file),
                                     offsetof(wbi_table_def, customer),    offsetof(wbi_table_def, through_file),
                                     offsetof(wbi_table_def, through_key), offsetof(wbi_table_def, through_customer),
                                     offsetof(wbi_table_def, time),        offsetof(wbi_table_def, where),
                                     offsetof(wbi_table_def, group_by),    offsetof(wbi_table_def, event_time)};
static const size_t segment_texts[] = {offsetof(wbi_segment_def, name)};
static const size_t project_texts[] = {offsetof(wb_project, path), offsetof(wb_project, segments.edges),
                                       offsetof(wb_project, contacted)};

const wbi_record wbi_record_text = {sizeof(char *), text_texts, COUNT(text_texts)};
const wbi_record wbi_record_column = {sizeof(wbi_column_def), column_texts, COUNT(column_texts)};
const wbi_record wbi_record_feature = {sizeof(wbi_feature_def), feature_texts, COUNT(feature_texts)};
const wbi_record wbi_record_use = {sizeof(wbi_bundle_use), use_texts, COUNT(use_texts)};
const wbi_record wbi_record_label = {sizeof(wbi_label_def), label_texts, COUNT(label_texts)};
const wbi_record wbi_record_population = {sizeof(wbi_population_def), population_texts, COUNT(population_texts)};
const wbi_record wbi_record_model = {sizeof(wbi_model_def), model_texts, COUNT(model_texts)};
const wbi_record wbi_record_segment = {sizeof(wbi_segment_def), segment_texts, COUNT(segment_texts)};
static const wbi_record record_table = {sizeof(wbi_table_def), table_texts, COUNT(table_texts)};
static const wbi_record record_project = {sizeof(wb_project), project_texts, COUNT(project_texts)};

static char **text_of(void *one, const wbi_record *record, size_t i)
{
    return (char **)(void *)((char *)one + record->texts[i]);
}

void wbi_record_clear(void *one, const wbi_record *record)
{
    for (size_t i = 0; i < record->n_texts; i++)
        wbi_free(*text_of(one, record, i));
    memset(one, 0, record->size);
}

/* Copies the texts into a record whose own have been forgotten. */
static wb_status copy_texts(void *copy, const void *from, const wbi_record *record, wb_error *err)
{
    for (size_t i = 0; i < record->n_texts; i++) {
        const char *text = *text_of((void *)from, record, i);
        if (text == NULL)
            continue;
        *text_of(copy, record, i) = wbi_strdup(text);
        if (*text_of(copy, record, i) == NULL)
            return wbi_fail_nomem(err, strlen(text) + 1);
    }
    return WB_OK;
}

wb_status wbi_record_copy(void *copy, const void *from, const wbi_record *record, wb_error *err)
{
    memcpy(copy, from, record->size);
    for (size_t i = 0; i < record->n_texts; i++)
        *text_of(copy, record, i) = NULL;
    wb_status status = copy_texts(copy, from, record, err);
    if (status != WB_OK)
        wbi_record_clear(copy, record);
    return status;
}

wb_status wbi_records_copy(void **copy, const void *from, size_t n, const wbi_record *record, wb_error *err)
{
    *copy = NULL;
    if (n == 0)
        return WB_OK;
    char *all = wbi_alloc_zeroed(n, record->size);
    if (all == NULL)
        return wbi_fail_nomem(err, n * record->size);
    for (size_t i = 0; i < n; i++) {
        wb_status status = wbi_record_copy(all + i * record->size, (const char *)from + i * record->size, record, err);
        if (status != WB_OK) {
            wbi_records_free(all, n, record);
            return status;
        }
    }
    *copy = all;
    return WB_OK;
}

void wbi_records_free(void *all, size_t n, const wbi_record *record)
{
    for (size_t i = 0; i < n; i++)
        wbi_record_clear((char *)all + i * record->size, record);
    wbi_free(all);
}

static wb_status copy_int64s(int64_t **copy, const int64_t *from, size_t n, wb_error *err)
{
    *copy = wbi_alloc_array(n, sizeof **copy);
    if (*copy == NULL)
        return wbi_fail_nomem(err, n * sizeof **copy);
    if (n > 0)
        memcpy(*copy, from, n * sizeof **copy);
    return WB_OK;
}

static int compare_int64s(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

wb_status wbi_set_sorted(int64_t **values, size_t *n_values, const int64_t *from, size_t n, wb_error *err)
{
    int64_t *sorted;
    WBI_TRY(copy_int64s(&sorted, from, n, err));
    qsort(sorted, n, sizeof *sorted, compare_int64s);
    size_t n_unique = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[n_unique++] = sorted[i];
    wbi_free(*values);
    *values = sorted;
    *n_values = n_unique;
    return WB_OK;
}

void wbi_dialect_bind(wbi_dialect_def *dialect)
{
    dialect->dialect.names = (const char *const *)dialect->names;
    dialect->dialect.n_names = dialect->n_names;
    dialect->dialect.na = (const char *const *)dialect->na;
    dialect->dialect.n_na = dialect->n_na;
}

wb_status wbi_table_init(wbi_table_def *table, const char *name, const wb_project *project, wb_error *err)
{
    const wbi_table_def defaults = {
        .name = (char *)name,
        .customer = (char *)"customer_id",
        .time = (char *)wbi_convention_time(name),
        .dialect.dialect = WBI_DIALECT_INIT,
        .zone_offset_s = project->zone_offset_s,
        .zone = project->zone,
        .time_format = {.zone_offset_s = project->zone_offset_s, .zone = project->zone},
    };
    return wbi_record_copy(table, &defaults, &record_table, err);
}

void wbi_table_clear_def(wbi_table_def *table)
{
    wbi_records_free(table->dialect.names, table->dialect.n_names, &wbi_record_text);
    wbi_records_free(table->dialect.na, table->dialect.n_na, &wbi_record_text);
    wbi_records_free(table->order_by, table->n_order_by, &wbi_record_text);
    wbi_records_free(table->columns, table->n_columns, &wbi_record_column);
    wbi_record_clear(table, &record_table);
}

static wb_status copy_table(wbi_table_def *copy, const wbi_table_def *from, wb_error *err)
{
    WBI_TRY(wbi_record_copy(copy, from, &record_table, err));
    void *names = NULL, *na = NULL, *order_by = NULL, *columns = NULL;
    wb_status status = wbi_records_copy(&names, from->dialect.names, from->dialect.n_names, &wbi_record_text, err);
    if (status == WB_OK)
        status = wbi_records_copy(&na, from->dialect.na, from->dialect.n_na, &wbi_record_text, err);
    if (status == WB_OK)
        status = wbi_records_copy(&order_by, from->order_by, from->n_order_by, &wbi_record_text, err);
    if (status == WB_OK)
        status = wbi_records_copy(&columns, from->columns, from->n_columns, &wbi_record_column, err);
    copy->dialect.names = names;
    copy->dialect.n_names = names != NULL ? from->dialect.n_names : 0;
    copy->dialect.na = na;
    copy->dialect.n_na = na != NULL ? from->dialect.n_na : 0;
    copy->order_by = (char **)order_by;
    copy->n_order_by = order_by != NULL ? from->n_order_by : 0;
    copy->columns = columns;
    copy->n_columns = columns != NULL ? from->n_columns : 0;
    wbi_dialect_bind(&copy->dialect);
    return status;
}

wb_status wb_project_create(wb_project **out, wb_error *err)
{
    const int64_t windows_us[] = {30 * WB_DAY_US, 90 * WB_DAY_US, 180 * WB_DAY_US, 365 * WB_DAY_US};
    wb_project *project = wbi_alloc_zeroed(1, sizeof *project);
    if (project == NULL)
        return wbi_fail_nomem(err, sizeof *project);
    wb_status status;
    project->data_until_us = WB_TIME_MISSING;
    status = wbi_set_sorted(&project->windows_us, &project->n_windows, windows_us, COUNT(windows_us), err);
    if (status == WB_OK)
        *out = project;
    else
        wb_project_free(project);
    return status;
}

void wb_project_free(wb_project *project)
{
    if (project == NULL)
        return;
    for (size_t i = 0; i < project->n_tables; i++)
        wbi_table_clear_def(&project->tables[i]);
    wbi_free(project->tables);
    wbi_record_clear(&project->population, &wbi_record_population);
    wbi_record_clear(&project->label, &wbi_record_label);
    wbi_free(project->cutoffs_us);
    wbi_free(project->windows_us);
    wbi_records_free(project->uses, project->n_uses, &wbi_record_use);
    wbi_records_free(project->features, project->n_features, &wbi_record_feature);
    for (size_t i = 0; i < project->n_models; i++)
        wbi_records_free(project->models[i].log1p, project->models[i].n_log1p, &wbi_record_text);
    wbi_records_free(project->models, project->n_models, &wbi_record_model);
    wbi_campaign_clear_def(&project->campaign);
    wbi_records_free(project->segments.names, project->segments.n_names, &wbi_record_segment);
    for (size_t i = 0; i < project->n_zones; i++)
        wbi_zone_free(project->zones[i]);
    wbi_free(project->zones);
    wbi_record_clear(project, &record_project);
    wbi_free(project);
}

/* The copy holds the same zones, so what points to them stays as it is. */
static wb_status copy_zones(wb_project *copy, const wb_project *from, wb_error *err)
{
    copy->zones = wbi_alloc_array(from->n_zones, sizeof *copy->zones);
    if (copy->zones == NULL)
        return wbi_fail_nomem(err, from->n_zones * sizeof *copy->zones);
    for (; copy->n_zones < from->n_zones; copy->n_zones++)
        copy->zones[copy->n_zones] = wbi_zone_share(from->zones[copy->n_zones]);
    return WB_OK;
}

static wb_status copy_tables(wb_project *copy, const wb_project *from, wb_error *err)
{
    copy->tables = wbi_alloc_zeroed(from->n_tables, sizeof *copy->tables);
    if (copy->tables == NULL)
        return wbi_fail_nomem(err, from->n_tables * sizeof *copy->tables);
    for (; copy->n_tables < from->n_tables; copy->n_tables++) {
        wb_status status = copy_table(&copy->tables[copy->n_tables], &from->tables[copy->n_tables], err);
        if (status != WB_OK) {
            wbi_table_clear_def(&copy->tables[copy->n_tables]);
            return status;
        }
    }
    return WB_OK;
}

static wb_status copy_models(wb_project *copy, const wb_project *from, wb_error *err)
{
    void *models, *words;
    WBI_TRY(wbi_records_copy(&models, from->models, from->n_models, &wbi_record_model, err));
    copy->models = models;
    copy->n_models = from->n_models;
    for (size_t i = 0; i < copy->n_models; i++) {
        copy->models[i].log1p = NULL;
        copy->models[i].n_log1p = 0;
    }
    for (size_t i = 0; i < copy->n_models; i++) {
        const wbi_model_def *model = &from->models[i];
        if (model->n_log1p == 0)
            continue;
        WBI_TRY(wbi_records_copy(&words, model->log1p, model->n_log1p, &wbi_record_text, err));
        copy->models[i].log1p = words;
        copy->models[i].n_log1p = model->n_log1p;
    }
    return WB_OK;
}

static wb_status copy_segments(wb_project *copy, const wb_project *from, wb_error *err)
{
    void *names;
    WBI_TRY(wbi_records_copy(&names, from->segments.names, from->segments.n_names, &wbi_record_segment, err));
    copy->segments.names = names;
    copy->segments.n_names = from->segments.n_names;
    return WB_OK;
}

static wb_status copy_wishes(wb_project *copy, const wb_project *from, wb_error *err)
{
    void *uses, *features;
    WBI_TRY(wbi_record_copy(&copy->population, &from->population, &wbi_record_population, err));
    WBI_TRY(wbi_record_copy(&copy->label, &from->label, &wbi_record_label, err));
    WBI_TRY(wbi_campaign_copy_def(&copy->campaign, &from->campaign, err));
    WBI_TRY(wbi_set_sorted(&copy->cutoffs_us, &copy->n_cutoffs, from->cutoffs_us, from->n_cutoffs, err));
    WBI_TRY(wbi_set_sorted(&copy->windows_us, &copy->n_windows, from->windows_us, from->n_windows, err));
    WBI_TRY(wbi_records_copy(&uses, from->uses, from->n_uses, &wbi_record_use, err));
    copy->uses = uses;
    copy->n_uses = from->n_uses;
    WBI_TRY(wbi_records_copy(&features, from->features, from->n_features, &wbi_record_feature, err));
    copy->features = features;
    copy->n_features = from->n_features;
    WBI_TRY(copy_segments(copy, from, err));
    return copy_models(copy, from, err);
}

wb_status wbi_project_copy(wb_project **out, const wb_project *project, wb_error *err)
{
    wb_project *copy = wbi_alloc_zeroed(1, sizeof *copy);
    if (copy == NULL)
        return wbi_fail_nomem(err, sizeof *copy);
    const wb_project plain = {.path = project->path,
                              .zone = project->zone,
                              .zone_offset_s = project->zone_offset_s,
                              .data_until_us = project->data_until_us,
                              .uses_said = project->uses_said,
                              .contacted = project->contacted,
                              .segments = {.edges = project->segments.edges, .window_us = project->segments.window_us}};
    wb_status status = wbi_record_copy(copy, &plain, &record_project, err);
    if (status == WB_OK)
        status = copy_zones(copy, project, err);
    if (status == WB_OK)
        status = copy_tables(copy, project, err);
    if (status == WB_OK)
        status = copy_wishes(copy, project, err);
    if (status == WB_OK)
        *out = copy;
    else
        wb_project_free(copy);
    return status;
}

static bool is_table(const char *named, const char *name)
{
    return named != NULL && strcmp(named, name) == 0;
}

static bool is_used(const wb_project *project, const char *name)
{
    bool used = strcmp(project->population.table != NULL ? project->population.table : "orders", name) == 0;
    for (size_t l = 0; l < wb_project_n_labels(project) && !used; l++)
        used = is_table(wbi_project_label_at(project, l)->table, name);
    for (size_t f = 0; f < project->n_features && !used; f++)
        used = is_table(project->features[f].table, name) || is_table(project->features[f].after_last, name);
    return used;
}

void wbi_project_forget_unused_tables(wb_project *project)
{
    size_t kept = 0;
    for (size_t t = 0; t < project->n_tables; t++)
        if (is_used(project, project->tables[t].name))
            project->tables[kept++] = project->tables[t];
        else
            wbi_table_clear_def(&project->tables[t]);
    project->n_tables = kept;
}
