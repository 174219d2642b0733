/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi/data.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "events/need.h"

/* Tables as projects usually call them, and the bundle that may be bound to another name. */
static const struct {
    const char *name, *bundle;
} tables[WBI_KPI_N_TABLES] = {{"orders", "rfm"},         {"tickets", "tickets"},     {"surveys", "surveys"},       {"visits", "activity"},
                              {"loyalty", "loyalty"},    {"referrals", "referrals"}, {"cancellations", NULL},      {"customers", "profile"}};

static const struct {
    wbi_kpi_table_id table;
    const char *name;
    wbi_expr_type type;
} columns[WBI_KPI_N_COLUMNS] = {{WBI_KPI_ORDERS, "amount", WBI_EXPR_NUMBER},      {WBI_KPI_TICKETS, "csat", WBI_EXPR_NUMBER},
                                {WBI_KPI_SURVEYS, "score", WBI_EXPR_NUMBER},      {WBI_KPI_SURVEYS, "kind", WBI_EXPR_TEXT},
                                {WBI_KPI_LOYALTY, "points", WBI_EXPR_NUMBER},     {WBI_KPI_REFERRALS, "joined_at", WBI_EXPR_TIME},
                                {WBI_KPI_CANCELLATIONS, "reason", WBI_EXPR_TEXT}, {WBI_KPI_CUSTOMERS, NULL, WBI_EXPR_TEXT}};

static const struct {
    wbi_kpi_table_id table;
    wbi_kpi_column_id column; /* WBI_KPI_N_COLUMNS: rows alone */
} needs[WBI_N_NEEDS] = {
    [WBI_NEED_ORDERS] = {WBI_KPI_ORDERS, WBI_KPI_N_COLUMNS},   [WBI_NEED_AMOUNT] = {WBI_KPI_ORDERS, WBI_KPI_AMOUNT},
    [WBI_NEED_TICKET_CSAT] = {WBI_KPI_TICKETS, WBI_KPI_CSAT},  [WBI_NEED_SCORE] = {WBI_KPI_SURVEYS, WBI_KPI_SCORE},
    [WBI_NEED_VISITS] = {WBI_KPI_VISITS, WBI_KPI_N_COLUMNS},   [WBI_NEED_POINTS] = {WBI_KPI_LOYALTY, WBI_KPI_POINTS},
    [WBI_NEED_REFERRALS] = {WBI_KPI_REFERRALS, WBI_KPI_N_COLUMNS}, [WBI_NEED_JOINED] = {WBI_KPI_REFERRALS, WBI_KPI_JOINED_AT},
};

wbi_kpi_table_id wbi_kpi_table_of(wbi_kpi_column_id column)
{
    return columns[column].table;
}

const wbi_event_table *wbi_kpi_table(const wbi_kpi_data *data, wbi_kpi_table_id table)
{
    return data->place[table] == SIZE_MAX ? NULL : &data->events.tables[data->place[table]];
}

int64_t wbi_kpi_cutoff(const wbi_kpi_data *data, const wbi_event_table *table)
{
    return data->until_us + table->binding->def->delay_us;
}

void wbi_kpi_data_clear(wbi_kpi_data *data)
{
    wbi_events_clear(&data->events);
    wbi_events_clear(&data->costs);
    for (size_t t = 0; t <= WBI_KPI_N_TABLES; t++) {
        wbi_binding_free(data->bindings[t]);
        wbi_source_close(data->sources[t]);
    }
    for (size_t k = 0; k < WBI_N_NEEDS; k++)
        wbi_free(data->why[k]);
    wbi_free(data->no_reasons);
    wbi_bad_rows_free(data->bad);
    wb_project_free(data->project);
    *data = (wbi_kpi_data){0};
}

static wb_status say(char **why, wb_error *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *why = wbi_strdup(text);
    return *why == NULL ? wbi_fail_nomem(err, strlen(text) + 1) : WB_OK;
}

/* What the project calls the table: as its bundle is bound, else by the usual name. */
static const char *name_of(const wb_project *project, size_t table)
{
    const char *usual = tables[table].name, *bundle = tables[table].bundle;
    return bundle != NULL ? wbi_project_bound_table(project, bundle, usual) : usual;
}

/* ---- headers ---- */

static wb_status open_table(wbi_kpi_data *data, size_t table, const wbi_table_def *def, const wb_read_options *reading, wb_error *err)
{
    WBI_TRY(wbi_source_open(&data->sources[table], def, data->bad, reading, err));
    return wbi_binding_create(&data->bindings[table], def, data->sources[table], data->project->path, err);
}

static wb_status need_orders(const wbi_kpi_data *data, const wbi_table_def *def, wb_error *err)
{
    const char *name = name_of(data->project, WBI_KPI_ORDERS);
    if (def == NULL) {
        wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT, "there is no table '%s', from which key figures are made", name);
        wbi_advise(err, "a table of another name: features: {use: [{rfm: TABLE}]}");
        return status;
    }
    return def->time != NULL ? WB_OK : wbi_fail(err, WB_ERR_INCONSISTENT, "table %s has no time, so nobody is active at one", name);
}

static wb_status open_tables(wbi_kpi_data *data, const wb_read_options *reading, wb_error *err)
{
    size_t n = 0;
    for (size_t t = 0; t < WBI_KPI_N_TABLES; t++) {
        const wbi_table_def *def = wbi_project_table(data->project, name_of(data->project, t));
        data->place[t] = SIZE_MAX;
        if (t == WBI_KPI_ORDERS)
            WBI_TRY(need_orders(data, def, err));
        if (def == NULL || def->file == NULL || (def->time == NULL && t != WBI_KPI_CUSTOMERS))
            continue;
        WBI_TRY(open_table(data, t, def, reading, err));
        data->place[t] = n++;
    }
    return WB_OK;
}

/* Costs belong to no customer; the key that every table has is their time. */
static wb_status open_costs(wbi_kpi_data *data, const wb_read_options *reading, wb_error *err)
{
    const wbi_table_def *def = wbi_project_table(data->project, "costs");
    data->cost_amount = data->cost_kind = SIZE_MAX;
    if (def == NULL || def->file == NULL || def->time == NULL)
        return say(&data->why[WBI_NEED_COSTS], err, "there is no table costs with a time");
    data->cost_def = *def;
    data->cost_def.customer = def->time;
    return open_table(data, WBI_KPI_N_TABLES, &data->cost_def, reading, err);
}

/* ---- columns ---- */

static wb_status bind_column(size_t *index, wbi_binding *binding, const char *name, wbi_expr_type type, char missing[64], wb_error *err)
{
    bool can;
    WBI_TRY(wbi_binding_can(binding, name, &can, missing, err));
    return can ? wbi_binding_expr(binding, name, (wbi_where){0}, type, index, err) : WB_OK;
}

static wb_status bind_columns(wbi_kpi_data *data, char missing[WBI_KPI_N_COLUMNS][64], wb_error *err)
{
    for (size_t c = 0; c < WBI_KPI_N_COLUMNS; c++) {
        wbi_binding *binding = data->bindings[columns[c].table];
        data->column[c] = SIZE_MAX;
        missing[c][0] = '\0';
        if (binding != NULL && columns[c].name != NULL)
            WBI_TRY(bind_column(&data->column[c], binding, columns[c].name, columns[c].type, missing[c], err));
    }
    return WB_OK;
}

static wb_status bind_costs(wbi_kpi_data *data, wb_error *err)
{
    char missing[64];
    wbi_binding *binding = data->bindings[WBI_KPI_N_TABLES];
    if (binding == NULL)
        return WB_OK;
    WBI_TRY(bind_column(&data->cost_amount, binding, "amount", WBI_EXPR_NUMBER, missing, err));
    if (data->cost_amount == SIZE_MAX)
        return say(&data->why[WBI_NEED_COSTS], err, "table costs has no column %s", missing);
    return bind_column(&data->cost_kind, binding, "kind", WBI_EXPR_TEXT, missing, err);
}

/* A number is no name of a group. */
static wb_status bind_by(wbi_kpi_data *data, const char *by, wb_error *err)
{
    wbi_binding *binding = data->bindings[WBI_KPI_CUSTOMERS];
    bool found;
    if (binding == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "there is no table %s whose column %s could be looked at",
                        name_of(data->project, WBI_KPI_CUSTOMERS), by);
    const wbi_expr_type type = wbi_binding_type(binding, by, &found);
    if (found && (type == WBI_EXPR_NUMBER || type == WBI_EXPR_TIME || type == WBI_EXPR_DURATION))
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, by, strlen(by),
                           "column %s of table %s is no category: groups need names (a computed column makes some: {expr: \"if(…, 'a', 'b')\"})",
                           by, binding->def->name);
    if (!found)
        return wbi_source_no_column(data->sources[WBI_KPI_CUSTOMERS], by, err);
    return wbi_binding_expr(binding, by, (wbi_where){0}, WBI_EXPR_TEXT, &data->column[WBI_KPI_BY], err);
}

static wb_status explain_need(wbi_kpi_data *data, size_t need, const char *missing, wb_error *err)
{
    const size_t t = needs[need].table;
    const char *name = name_of(data->project, t);
    if (data->place[t] == SIZE_MAX)
        return say(&data->why[need], err, "there is no table %s", name);
    if (missing[0] != '\0')
        return say(&data->why[need], err, "table %s has no column %s", name, missing);
    return WB_OK;
}

static wb_status explain_needs(wbi_kpi_data *data, char missing[WBI_KPI_N_COLUMNS][64], wb_error *err)
{
    for (size_t k = WBI_NEED_AMOUNT; k < WBI_NEED_COSTS; k++)
        WBI_TRY(explain_need(data, k, needs[k].column == WBI_KPI_N_COLUMNS ? "" : missing[needs[k].column], err));
    if (data->place[WBI_KPI_CANCELLATIONS] == SIZE_MAX)
        return say(&data->no_reasons, err, "there is no table cancellations");
    if (data->column[WBI_KPI_REASON] == SIZE_MAX)
        return say(&data->no_reasons, err, "table cancellations has no column reason");
    return WB_OK;
}

/* ---- rows ---- */

static bool is_standard_input(const char *file)
{
    return file != NULL && (strcmp(file, "-") == 0 || strcmp(file, "/dev/stdin") == 0);
}

static wb_status check_standard_input(const wbi_kpi_data *data, wb_error *err)
{
    const char *reader = NULL;
    for (size_t t = 0; t <= WBI_KPI_N_TABLES; t++) {
        const wbi_table_def *def = data->bindings[t] != NULL ? data->bindings[t]->def : NULL;
        if (def == NULL || !(is_standard_input(def->file) || is_standard_input(def->through_file)))
            continue;
        if (reader != NULL)
            return wbi_fail(err, WB_ERR_ARGUMENT, "standard input is named twice, by table %s and by table %s", reader, def->name);
        reader = def->name;
    }
    return WB_OK;
}

static wb_status find_range(wbi_kpi_data *data, wb_error *err)
{
    const wbi_event_table *orders = wbi_kpi_table(data, WBI_KPI_ORDERS);
    const wb_project *project = data->project;
    const wbi_clock clock = {project->zone_offset_s, project->zone};
    data->clock = wbi_time_format_clock(&orders->binding->def->time_format);
    data->first_us = orders->first_us;
    data->until_us = project->data_until_us;
    if (orders->last_us == WB_TIME_MISSING)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "table %s has no rows", orders->binding->def->name);
    if (data->until_us == WB_TIME_MISSING)
        data->until_us = wbi_day_begin(wbi_day_of(orders->last_us, clock) + 1, clock);
    if (data->until_us > data->first_us)
        return WB_OK;
    char first[WB_TIME_CHARS], until[WB_TIME_CHARS];
    wb_time_format(data->first_us, first);
    wb_time_format(data->until_us, until);
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the data end (%s) before the first order (%s)", until, first);
}

static wb_status read_rows(wbi_kpi_data *data, const wb_read_options *reading, wb_error *err)
{
    const wbi_binding *bindings[WBI_KPI_N_TABLES];
    wbi_source *sources[WBI_KPI_N_TABLES];
    wbi_allowance allowance = {reading->memory_limit_bytes, wbi_need_of_program(reading->n_threads)};
    size_t n = 0;
    for (size_t t = 0; t < WBI_KPI_N_TABLES; t++) {
        if (data->place[t] == SIZE_MAX)
            continue;
        wbi_binding_finish(data->bindings[t]);
        bindings[n] = data->bindings[t];
        sources[n++] = data->sources[t];
    }
    WBI_TRY(wbi_events_read(&data->events, bindings, sources, n, &allowance, err));
    WBI_TRY(find_range(data, err));
    WBI_TRY(wbi_events_arrange(&data->events, data->until_us, reading->n_threads, err));
    if (data->cost_amount == SIZE_MAX)
        return WB_OK;
    const wbi_binding *costs = data->bindings[WBI_KPI_N_TABLES];
    wbi_binding_finish(data->bindings[WBI_KPI_N_TABLES]);
    allowance.taken_bytes += wbi_need_of_arranged(&data->events);
    WBI_TRY(wbi_events_read(&data->costs, &costs, &data->sources[WBI_KPI_N_TABLES], 1, &allowance, err));
    return wbi_events_arrange(&data->costs, data->until_us, reading->n_threads, err);
}

wb_status wbi_kpi_read(wbi_kpi_data *data, const wb_project *project, const char *by, const wb_read_options *reading, wb_error *err)
{
    char missing[WBI_KPI_N_COLUMNS][64];
    *data = (wbi_kpi_data){0};
    WBI_TRY(wbi_project_copy(&data->project, project, err));
    WBI_TRY(wbi_bad_rows_create(&data->bad, reading->on_error, reading->rejects, reading->log, err));
    WBI_TRY(open_tables(data, reading, err));
    WBI_TRY(open_costs(data, reading, err));
    WBI_TRY(check_standard_input(data, err));
    WBI_TRY(bind_columns(data, missing, err));
    WBI_TRY(bind_costs(data, err));
    if (by != NULL)
        WBI_TRY(bind_by(data, by, err));
    WBI_TRY(explain_needs(data, missing, err));
    WBI_TRY(read_rows(data, reading, err));
    return wbi_bad_rows_finish(data->bad, err);
}
