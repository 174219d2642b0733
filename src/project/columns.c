/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of a table. */
#include <string.h>

#include "base/memory.h"
#include "project/records.h"
#include "project/schema.h"

static const char *const type_names[] = {"number", "category", "text", "time"};
enum { N_TYPES = sizeof type_names / sizeof type_names[0] };

static wb_status read_type(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_column_def *column = field;
    WBI_TRY(wbi_at_want_text(at, err));
    for (size_t i = 0; i < N_TYPES; i++) {
        if (strcmp(type_names[i], wbi_at_text(at)) == 0) {
            column->type = (wb_type)i;
            column->type_said = true;
            return WB_OK;
        }
    }
    return wbi_at_refuse_choice(at, type_names, N_TYPES, err);
}

static wb_status write_type(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_column_def *column = field;
    return column->type_said ? wbi_write_string(out, type_names[column->type], err) : WB_OK;
}

static bool is_time_of_file(const wbi_column_def *column)
{
    return column->type_said && column->type == WB_TYPE_TIME && column->expr == NULL;
}

static wb_status read_format(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_read_time_format(&((wbi_column_def *)field)->time, at, err);
}

static wb_status write_format(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_column_def *column = field;
    return is_time_of_file(column) ? wbi_write_time_format(out, &column->time, err) : WB_OK;
}

static const wbi_kind kind_type = {"`number`, `category`, `text` or `time`", "", read_type, write_type};
static const wbi_kind kind_format = {"time format", "", read_format, write_format};

#define AT(member) offsetof(wbi_column_def, member)
const wbi_key wbi_column_keys[] = {
    {"type", &kind_type, 0, "as the convention has it, else `number`; of `expr`: what it gives",
     .meaning = "what the cells are"},
    {"column", &wbi_kind_text, AT(source), "its name", .meaning = "the column of the file"},
    {"expr", &wbi_kind_expression, AT(expr), NULL,
     .meaning = "computes the column, instead, from others of the table, after masking"},
    {"known_at", &wbi_kind_text, AT(known_at), "as the convention has it, else the row's time",
     .meaning = "the time column from which on the value is known; before, it is missing. Must be written once, never "
                "changed. The table's own time column: known with the row"},
    {"agg", &wbi_kind_line_agg, AT(agg), "`sum` of numbers, `first` of others",
     .meaning = "with `group_by`: how an event's value is made of its lines' values: `sum`, `mean`, `min`, `max` of "
                "those that are not missing (missing when all are), `count` of them, `distinct` ones; `first` and "
                "`last` are that line's value, be it missing"},
    {"fixed", &wbi_kind_bool, AT(fixed), "as the convention has it, else `false`",
     .meaning = "whether it is a constant of the customer, and so a feature by itself"},
    {"format", &kind_format, 0, "that of the table's time", .meaning = "how a time is written"},
    {"conventional", &wbi_kind_bool, AT(conventional), "`false`",
     .meaning = "written by the program: a column that may be absent from the file"},
    {.name = NULL}};

static wb_status check_column(const wbi_column_def *column, const wbi_at *at, wb_error *err)
{
    wbi_at value;
    if (column->expr != NULL && wbi_at_find(&value, at, "column"))
        return wbi_at_fail(&value, err, "and 'expr' exclude each other");
    if (!is_time_of_file(column) && wbi_at_find(&value, at, "format"))
        return wbi_at_fail(&value, err, "needs 'type: time' and no 'expr'");
    return WB_OK;
}

/* A name of the convention says when the value is known even where the declaration does not: it must not leak. */
static wb_status inherit(wbi_column_def *column, const wbi_conventional_column *usual, const wbi_table_def *table,
                         wb_error *err)
{
    const char *known_at = wbi_conventional_known_at(usual, table);
    column->fixed = usual->fixed;
    return known_at != NULL ? wbi_set_text(&column->known_at, known_at, err) : WB_OK;
}

/* The convention of a column: by its own name, or by that of the file's column that it renames. */
static const wbi_conventional_column *find_convention(const wbi_table_def *table, const wbi_at *at)
{
    wbi_at source;
    const wbi_conventional_column *usual = wbi_convention_column(table->name, at->name);
    if (usual == NULL && wbi_at_is_mapping(at) && wbi_at_find(&source, at, "column") && wbi_at_is_text(&source))
        usual = wbi_convention_column(table->name, wbi_at_text(&source));
    return usual;
}

static wb_status read_column(wbi_column_def *column, const wbi_table_def *table, const wbi_at *at, const wbi_key *keys,
                             wb_error *err)
{
    WBI_TRY(wbi_at_want_name(at, at->name, err));
    column->line = wbi_at_line(at);
    wbi_column_time_default(&column->time, table);
    WBI_TRY(wbi_set_text(&column->name, at->name, err));
    const wbi_conventional_column *usual = find_convention(table, at);
    if (usual != NULL)
        WBI_TRY(inherit(column, usual, table, err));
    if (wbi_at_is_text(at))
        WBI_TRY(read_type(column, at, NULL, err));
    else
        WBI_TRY(wbi_read_mapping(column, at, keys, err));
    if (column->expr == NULL && !column->type_said) {
        column->type = usual != NULL ? usual->type : WB_TYPE_NUMBER;
        column->type_said = true;
    }
    WBI_TRY(check_column(column, at, err));
    if (column->expr == NULL && column->source == NULL)
        WBI_TRY(wbi_set_text(&column->source, column->name, err));
    return WB_OK;
}

static bool is_no_time(const wbi_column_def *column)
{
    return column != NULL && column->type_said && column->type != WB_TYPE_TIME;
}

static bool is_own_time(const wbi_table_def *table, const char *name)
{
    return table->time != NULL && strcmp(table->time, name) == 0;
}

/* What a declared known_at names must be, or may be taken for, a time. */
static wb_status check_known_at(const wbi_table_def *table, const wbi_at *column, wb_error *err)
{
    wbi_at value;
    if (!wbi_at_find(&value, column, "known_at"))
        return WB_OK;
    const char *name = wbi_at_text(&value);
    if (is_own_time(table, name))
        return WB_OK;
    WBI_TRY(wbi_at_want_name(&value, name, err));
    if (strcmp(name, column->name) == 0)
        return wbi_at_fail(&value, err, "'%s' is the column itself", name);
    const wbi_column_def *time = wbi_table_column(table, name);
    if (is_no_time(time))
        return wbi_at_fail(&value, err, "'%s' is a %s column, not a time", name, type_names[time->type]);
    return WB_OK;
}

/* What columns are known at by convention may have been declared as something else. */
static wb_status check_inherited(const wbi_table_def *table, const wbi_at *columns, wb_error *err)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const char *name = table->columns[i].known_at;
        wbi_at time;
        if (name != NULL && !is_own_time(table, name) && wbi_at_find(&time, columns, name) &&
            is_no_time(wbi_table_column(table, name)))
            return wbi_at_fail(&time, err, "must be a time: %s is known at it", table->columns[i].name);
    }
    return WB_OK;
}

static wb_status read_columns(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_table_def *table = field;
    WBI_TRY(wbi_at_want_mapping(at, err));
    size_t n = wbi_at_length(at);
    table->columns = wbi_alloc_zeroed(n, sizeof *table->columns);
    if (table->columns == NULL)
        return wbi_fail_nomem(err, n * sizeof *table->columns);
    while (table->n_columns < n) {
        wbi_at column = wbi_at_child(at, table->n_columns);
        WBI_TRY(read_column(&table->columns[table->n_columns++], table, &column, key->children, err));
    }
    return WB_OK;
}

wb_status wbi_complete_columns(wbi_table_def *table, const wbi_at *at, wb_error *err)
{
    WBI_TRY(wbi_add_conventional_columns(table, err));
    wbi_at columns;
    if (wbi_at_find(&columns, at, "columns")) {
        for (size_t i = 0; i < wbi_at_length(&columns); i++) {
            wbi_at column = wbi_at_child(&columns, i);
            WBI_TRY(check_known_at(table, &column, err));
        }
        WBI_TRY(check_inherited(table, &columns, err));
    }
    return wbi_add_known_at_columns(table, err);
}

static wb_status write_columns(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    const wbi_table_def *table = field;
    return wbi_write_records(out, WBI_NAMED, table->columns, table->n_columns, sizeof *table->columns, key->children,
                             err);
}

const wbi_kind wbi_kind_columns = {"mapping of names to a type or a mapping", ".NAME", read_columns, write_columns};
