/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event tables. */
#include <string.h>

#include "base/memory.h"
#include "project/records.h"
#include "project/schema.h"

#define AT(member) offsetof(wbi_table_def, member)

/* Reads a key that is a mapping, or the one text of it that matters most. */
static wb_status read_text_or_mapping(void *record, char **text, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    if (wbi_at_is_mapping(at))
        return wbi_read_mapping(record, at, key->children, err);
    WBI_TRY(wbi_at_want_text(at, err));
    return wbi_set_text(text, wbi_at_text(at), err);
}

static wb_status read_through(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_table_def *table = field;
    WBI_TRY(wbi_read_mapping(table, at, key->children, err));
    if (table->through_file == NULL && at->reader->file != NULL)
        return wbi_at_fail(at, err, "needs the key 'file'");
    if (table->through_key == NULL)
        WBI_TRY(wbi_set_text(&table->through_key, table->customer, err));
    if (table->through_customer == NULL)
        WBI_TRY(wbi_set_text(&table->through_customer, "customer_id", err));
    return WB_OK;
}

static wb_status read_customer(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    return read_text_or_mapping(field, &((wbi_table_def *)field)->customer, at, key, err);
}

static wb_status read_zone(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_table_def *table = field;
    WBI_TRY(wbi_read_zone(&table->zone_offset_s, &table->zone, at, err));
    table->time_format.zone_offset_s = table->zone_offset_s;
    table->time_format.zone = table->zone;
    return WB_OK;
}

static wb_status write_zone(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_table_def *table = field;
    return wbi_write_zone(out, table->zone_offset_s, table->zone, err);
}

static wb_status read_time_zone(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_time_format *format = field;
    return wbi_read_zone(&format->zone_offset_s, &format->zone, at, err);
}

static wb_status write_time_zone(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_time_format *format = field;
    return wbi_write_zone(out, format->zone_offset_s, format->zone, err);
}

static wb_status read_format(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_read_time_format(field, at, err);
}

static wb_status write_format(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_write_time_format(out, field, err);
}

static wb_status read_time(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_table_def *table = field;
    WBI_TRY(read_text_or_mapping(table, &table->time, at, key, err));
    return table->time != NULL ? WB_OK : wbi_at_fail(at, err, "needs the key 'column'");
}

static wb_status write_time(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return ((const wbi_table_def *)field)->time != NULL ? wbi_write_mapping(out, field, key->children, err) : WB_OK;
}

static wb_status write_customer(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return wbi_write_mapping(out, field, key->children, err);
}

static wb_status write_through(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    const wbi_table_def *table = field;
    return table->through_key != NULL ? wbi_write_mapping(out, field, key->children, err) : WB_OK;
}

static const wbi_kind kind_through = {"mapping", "", read_through, write_through};
static const wbi_kind kind_customer = {"column of the file, or mapping", "", read_customer, write_customer};
static const wbi_kind kind_zone = {"`UTC`, an offset, or a zone", "", read_zone, write_zone};
static const wbi_kind kind_time_zone = {"`UTC`, an offset, or a zone", "", read_time_zone, write_time_zone};
static const wbi_kind kind_format = {"time format", "", read_format, write_format};
static const wbi_kind kind_time = {"column of the file, or mapping", "", read_time, write_time};

static const wbi_key through_keys[] = {
    {"file", &wbi_kind_file, AT(through_file), "required", .meaning = "the file, with one row a key", .local = true},
    {"key", &wbi_kind_text, AT(through_key), "as `column`", .meaning = "the key's column in that file"},
    {"customer", &wbi_kind_text, AT(through_customer), "`customer_id`",
     .meaning = "the customer's column in that file"},
    {.name = NULL}};

static const wbi_key customer_keys[] = {
    {"column", &wbi_kind_text, AT(customer), "`customer_id`", .meaning = "the column of the table's file"},
    {"through", &kind_through, 0, NULL,
     .meaning = "the column holds a key that another file maps to a customer, many to one", .children = through_keys},
    {.name = NULL}};

static const wbi_key time_keys[] = {
    {"column", &wbi_kind_text, AT(time), "that of the convention", .meaning = "the column of the file"},
    {"format", &kind_format, AT(time_format), "`iso`",
     .meaning = "`iso`, `unix`, `unix_ms`, or a format such as `%d/%m/%Y %H:%M`"},
    {"timezone", &kind_time_zone, AT(time_format), "the table's", .meaning = "of times without an offset"},
    {.name = NULL}};

const wbi_key wbi_table_keys[] = {
    {"file", &wbi_kind_file, AT(file), NULL,
     .meaning = "its CSV files, plain or compressed. Relative to the folder of the project file; `${WINBACK_DATA}` is "
                "expanded",
     .local = true},
    {"dialect", &wbi_kind_dialect, AT(dialect), NULL, .meaning = "how the file is written",
     .children = wbi_dialect_keys},
    {"customer", &kind_customer, 0, "`customer_id`", .meaning = "whose event a row is", .children = customer_keys},
    {"timezone", &kind_zone, 0, "the project's", .meaning = "of times without an offset"},
    {"time", &kind_time, 0, "that of the convention",
     .meaning = "when the event was; a table without time holds facts about customers", .children = time_keys},
    {"delay", &wbi_kind_duration, AT(delay_us), "`0d`", .meaning = "rows arrive this much later than their time"},
    {"max_age", &wbi_kind_span, AT(max_age_us), NULL,
     .meaning = "scoring refuses the table when its last event is older", .local = true},
    {"where", &wbi_kind_expression, AT(where), NULL, .meaning = "the rows that count"},
    {"group_by", &wbi_kind_text, AT(group_by), NULL,
     .meaning = "the lines of one customer with one value of this column are one event, at its earliest line's time: "
                "numbers are summed, of others the first line's value counts (by time, then bytes), unless a column's "
                "`agg` says otherwise"},
    {"event_time", &wbi_kind_text, AT(event_time), "the earliest line's time",
     .meaning = "a time column, read or computed: an event of several lines is at its value of it, rolled up like any "
                "column (where that is missing, or not known yet, at its earliest line's time)"},
    {"order_by", &wbi_kind_order_by, 0, "the lines' time",
     .meaning = "the columns that say which line of an event is its first and its last: ascending, missing first; "
                "lines that they leave equal are ordered by time, then by the value's bytes"},
    {"columns", &wbi_kind_columns, 0, "those of the convention", .meaning = "what the columns are",
     .children = wbi_column_keys},
    {.name = NULL}};

static wb_status check_table(const wbi_table_def *table, const wbi_at *at, wb_error *err)
{
    wbi_at value;
    if (table->time == NULL && (wbi_at_find(&value, at, "max_age") || wbi_at_find(&value, at, "group_by") ||
                                (table->delay_us > 0 && wbi_at_find(&value, at, "delay"))))
        return wbi_at_fail(&value, err, "needs a 'time' for the table");
    return WB_OK;
}

static wb_status read_table(wbi_table_def *table, const wbi_at *at, const wbi_key *keys, wb_error *err)
{
    WBI_TRY(wbi_at_want_name(at, at->name, err));
    WBI_TRY(wbi_table_init(table, at->name, at->reader->project, err));
    table->line = wbi_at_line(at);
    WBI_TRY(wbi_read_mapping(table, at, keys, err));
    WBI_TRY(check_table(table, at, err));
    WBI_TRY(wbi_complete_columns(table, at, err));
    return wbi_check_lines(table, at, err);
}

static wb_status read_tables(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_project *project = field;
    WBI_TRY(wbi_at_want_mapping(at, err));
    size_t n = wbi_at_length(at);
    project->tables = wbi_alloc_zeroed(n, sizeof *project->tables);
    if (project->tables == NULL)
        return wbi_fail_nomem(err, n * sizeof *project->tables);
    while (project->n_tables < n) {
        wbi_at table = wbi_at_child(at, project->n_tables);
        WBI_TRY(read_table(&project->tables[project->n_tables++], &table, key->children, err));
    }
    return WB_OK;
}

static wb_status write_tables(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    const wb_project *project = field;
    return wbi_write_records(out, WBI_NAMED, project->tables, project->n_tables, sizeof *project->tables, key->children,
                             err);
}

const wbi_kind wbi_kind_tables = {"mapping of names", ".NAME", read_tables, write_tables};
