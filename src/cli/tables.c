/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LABEL_CHARS = 520 };

wb_status cli_set_tables(wb_project *project, const cli_tables *tables, wb_error *err)
{
    const char *const names[] = {"orders", "tickets", "customers"}, *const bundles[] = {"rfm", "tickets", "profile"};
    const char *files[] = {tables->orders, tables->tickets, tables->customers};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (files[i] == NULL)
            continue;
        wb_status status = wb_project_set_file(project, wb_project_bound_table(project, bundles[i], names[i]), files[i], err);
        if (status != WB_OK)
            return status;
    }
    return WB_OK;
}

wb_status cli_find_table(wb_project *project, const char *name, wb_error *err)
{
    static const char *const endings[] = {"csv", "csv.gz", "csv.zst"};
    for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
        char file[64];
        snprintf(file, sizeof file, "%s.%s", name, endings[e]);
        if (access(file, F_OK) == 0)
            return wb_project_set_file(project, name, file, err);
    }
    return WB_OK;
}

wb_status cli_find_tables(wb_project *project, wb_error *err)
{
    wb_catalogue *catalogue;
    wb_status status = wb_catalogue_create(&catalogue, err);
    if (status != WB_OK)
        return status;
    const char *last = "";
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue) && status == WB_OK; i++) {
        const char *table = wb_catalogue_at(catalogue, i).table;
        if (strcmp(table, last) != 0)
            status = cli_find_table(project, table, err);
        last = table;
    }
    wb_catalogue_free(catalogue);
    return status;
}

/* The table's file, behind the table's name where the file bears another: returns (orders.csv). */
static const char *label_of(char text[LABEL_CHARS], const wb_engine_table *table)
{
    const char *slash = strrchr(table->file, '/'), *file = slash == NULL ? table->file : slash + 1;
    size_t n = strlen(table->name);
    if (strncmp(file, table->name, n) == 0 && (file[n] == '.' || file[n] == '\0'))
        snprintf(text, LABEL_CHARS, "%s", file);
    else
        snprintf(text, LABEL_CHARS, "%.255s (%.255s)", table->name, file);
    return text;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Fewer than half of a table's customers in the population's table: their keys may be written in two ways. */
static void warn_of_strangers(const wb_engine_table *table, const cli_common *common)
{
    char label[LABEL_CHARS], matched[CLI_TEXT_CHARS], count[CLI_TEXT_CHARS];
    if (table->n_matched * 2 >= table->n_customers)
        return;
    cli_warn(common, "%s: only %s of its %s customers are in the population's table (are the keys written alike?)",
             label_of(label, table), cli_count(matched, table->n_matched), cli_count(count, table->n_customers));
}

/* `end_table`: the table with whose last row the data end; NULL when it is not that one's. Bad rows are not told of here: the
 * reader has warned of them. */
static void note_lost_rows(const wb_engine_table *table, const char *end_table, const cli_common *common)
{
    char label[LABEL_CHARS], count[CLI_TEXT_CHARS], why[LABEL_CHARS] = "";
    if (end_table != NULL)
        snprintf(why, sizeof why, ": they end with %.255s, the label's table, unless data_until: in the project says otherwise",
                 end_table);
    if (table->n_without_key > 0)
        cli_note(common, "%s: %s row%s without a customer left out", label_of(label, table),
                 cli_count(count, table->n_without_key), plural(table->n_without_key));
    if (table->n_after_end > 0)
        cli_note(common, "%s: %s row%s after the end of the data left out%s", label_of(label, table),
                 cli_count(count, table->n_after_end), plural(table->n_after_end), why);
}

/* Whether an entry before `index` was left out for want of the same column. */
static bool is_told(const wb_engine *engine, size_t index, const char *table, const char *column)
{
    for (size_t i = 0; i < index; i++) {
        const char *other_table, *other = wb_engine_missing_column(engine, i, &other_table);
        if (other != NULL && strcmp(other_table, table) == 0 && strcmp(other, column) == 0)
            return true;
    }
    return false;
}

/* How many entries want columns that the table has not, and which columns. */
static size_t gather_missing(char *columns, size_t size, const wb_engine *engine, const char *table)
{
    size_t n = 0, used = 0;
    for (size_t i = 0; wb_engine_left_out(engine, i) != NULL; i++) {
        const char *of, *column = wb_engine_missing_column(engine, i, &of);
        if (column == NULL || strcmp(of, table) != 0)
            continue;
        if (!is_told(engine, i, table, column) && used < size)
            used += (size_t)snprintf(columns + used, size - used, "%s%s", n > 0 ? ", " : "", column);
        n++;
    }
    return n;
}

/* One line a table for entries without their columns, one line each for others. */
static void report_left_out(const wb_engine *engine, const cli_common *common)
{
    char columns[512];
    const char *table;
    for (size_t t = 0; t < wb_engine_n_tables(engine); t++) {
        table = wb_engine_table_info(engine, t).name;
        size_t n = gather_missing(columns, sizeof columns, engine, table);
        if (n > 0)
            cli_note(common, "left out  %zu feature%s of %s, which has no column %s", n, plural(n), table, columns);
    }
    for (size_t i = 0; wb_engine_left_out(engine, i) != NULL; i++)
        if (wb_engine_missing_column(engine, i, &table) == NULL)
            cli_note(common, "left out  %s", wb_engine_left_out(engine, i));
}

void cli_report_tables(const cli_step *step, const wb_engine *engine, const cli_common *common)
{
    char line[1024] = "", label[LABEL_CHARS], count[CLI_TEXT_CHARS], first[WB_TIME_CHARS], until[WB_TIME_CHARS];
    int64_t first_us, until_us;
    size_t used = 0;
    for (size_t t = 0; t < wb_engine_n_tables(engine) && used < sizeof line; t++) {
        wb_engine_table table = wb_engine_table_info(engine, t);
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %s%s", t > 0 ? " · " : "",
                                 label_of(label, &table), cli_count(count, table.n_rows), t == 0 ? " rows" : "");
    }
    cli_step_end(step, "read", "%s", line);
    wb_engine_data_range(engine, &first_us, &until_us);
    wb_time_format(first_us, first);
    wb_time_format(until_us, until);
    cli_note(common, "events from %s, data until %s", first, until);
    for (size_t t = 0; t < wb_engine_n_tables(engine); t++) {
        wb_engine_table table = wb_engine_table_info(engine, t);
        note_lost_rows(&table, wb_engine_end_table(engine), common);
        warn_of_strangers(&table, common);
    }
    report_left_out(engine, common);
}

void cli_warn_past_end(const wb_engine *engine, int64_t cutoff_us, const cli_common *common)
{
    int64_t first_us, until_us;
    char cutoff[WB_TIME_CHARS], until[WB_TIME_CHARS];
    wb_engine_data_range(engine, &first_us, &until_us);
    if (cutoff_us <= until_us)
        return;
    wb_time_format(cutoff_us, cutoff);
    wb_time_format(until_us, until);
    double days = round((double)(cutoff_us - until_us) / (double)WB_DAY_US * 10) / 10;
    cli_warn(common, "cutoff %s is %.10g day%s after the end of the data (%s)", cutoff, days, days == 1 ? "" : "s", until);
}

/* How many days the last event lies before the cutoff, to a tenth. */
static double age_days(int64_t last_us, int64_t cutoff_us)
{
    return round((double)(cutoff_us - last_us) / (double)WB_DAY_US * 10) / 10;
}

static void note_last_events(const wb_engine *engine, const cli_common *common)
{
    char line[1024] = "", last[WB_TIME_CHARS];
    size_t used = 0;
    for (size_t t = 0; t < wb_engine_n_tables(engine) && used < sizeof line; t++) {
        const wb_engine_table table = wb_engine_table_info(engine, t);
        if (table.last_us == WB_TIME_MISSING)
            continue;
        wb_time_format(table.last_us, last);
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.255s %s", used > 0 ? " · " : "", table.name, last);
    }
    cli_note(common, "last event: %s", line);
}

wb_status cli_check_ages(const wb_engine *engine, int64_t cutoff_us, bool strict, const cli_common *common, wb_error *err)
{
    note_last_events(engine, common);
    wb_status status = wb_engine_check_age(engine, cutoff_us, err);
    for (size_t t = 0; status == WB_OK && t < wb_engine_n_tables(engine); t++) {
        const wb_engine_table table = wb_engine_table_info(engine, t);
        if (table.n_rows == 0 && strict) {
            snprintf(err->message, sizeof err->message, "table %.100s has no rows", table.name);
            err->advice[0] = '\0';
            status = err->code = WB_ERR_INCONSISTENT;
            continue;
        }
        if (table.last_us == WB_TIME_MISSING || table.max_age_us > 0 || cutoff_us - table.last_us <= WB_DAY_US)
            continue;
        const double days = age_days(table.last_us, cutoff_us);
        if (!strict) {
            cli_warn(common, "the last event of table %s is %.10g day%s before the cutoff (max_age: in the project says how old it may be)",
                     table.name, days, days == 1 ? "" : "s");
            continue;
        }
        snprintf(err->message, sizeof err->message, "the last event of table %.100s is %.10g day%s before the cutoff",
                 table.name, days, days == 1 ? "" : "s");
        snprintf(err->advice, sizeof err->advice, "max_age: in the project says how old it may be");
        status = err->code = WB_ERR_INCONSISTENT;
    }
    return status;
}

wb_status cli_open_tables(wb_project **project, const cli_common *common, const cli_tables *tables, wb_error *err)
{
    wb_status status = cli_open_project(project, common, err);
    if (status == WB_OK && tables != NULL)
        status = cli_set_tables(*project, tables, err);
    return status == WB_OK && wb_project_n_tables(*project) == 0 ? cli_find_tables(*project, err) : status;
}

int cli_need_orders(const wb_project *project)
{
    return wb_project_n_tables(project) > 0
               ? CLI_DONE
               : cli_usage_error("there are no orders: no winback.yml and no orders.csv here (--project FILE, or --orders FILE)");
}

wb_status cli_open_labelled_project(wb_project **project, const cli_common *common, const cli_tables *tables, int64_t horizon_us,
                                    wb_error *err)
{
    wb_status status = cli_open_tables(project, common, tables, err);
    if (status == WB_OK && horizon_us > 0)
        status = wb_project_set_horizon(*project, horizon_us, err);
    if (status == WB_OK && wb_project_n_labels(*project) == 0)
        status = wb_project_set_horizon(*project, 90 * WB_DAY_US, err);
    return status;
}

wb_status cli_read_events(wb_engine **engine, const wb_project *project, const wb_read_options *reading, const cli_common *common,
                          wb_error *err)
{
    cli_step step = cli_step_begin(common);
    wb_status status = wb_engine_create(engine, project, reading, err);
    if (status == WB_OK)
        cli_report_tables(&step, *engine, common);
    return status;
}
