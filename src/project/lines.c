/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the lines of one event become one: order_by, event_time, and each column's agg. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "project/records.h"
#include "project/schema.h"

enum { MAX_NAMES = 64 };

static wb_status read_order_by(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_table_def *table = field;
    if (wbi_at_is_list(at))
        return wbi_read_words(&table->order_by, &table->n_order_by, at, err);
    WBI_TRY(wbi_at_want_text(at, err));
    table->order_by = wbi_alloc_zeroed(1, sizeof *table->order_by);
    if (table->order_by == NULL)
        return wbi_fail_nomem(err, sizeof *table->order_by);
    table->n_order_by = 1;
    return wbi_set_text(&table->order_by[0], wbi_at_text(at), err);
}

static wb_status write_order_by(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_table_def *table = field;
    return table->n_order_by > 0 ? wbi_write_words(out, table->order_by, table->n_order_by, err) : WB_OK;
}

static const wbi_aggregate line_aggregates[] = {WBI_AGG_SUM,   WBI_AGG_MEAN, WBI_AGG_MIN,   WBI_AGG_MAX,
                                                WBI_AGG_FIRST, WBI_AGG_LAST, WBI_AGG_COUNT, WBI_AGG_DISTINCT};
enum { N_LINE_AGGREGATES = sizeof line_aggregates / sizeof line_aggregates[0] };

static wb_status read_line_agg(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    const char *names[N_LINE_AGGREGATES];
    WBI_TRY(wbi_at_want_text(at, err));
    for (size_t i = 0; i < N_LINE_AGGREGATES; i++) {
        names[i] = wbi_aggregate_name(line_aggregates[i]);
        if (strcmp(names[i], wbi_at_text(at)) == 0) {
            *(wbi_aggregate *)field = line_aggregates[i];
            return WB_OK;
        }
    }
    return wbi_at_refuse_choice(at, names, N_LINE_AGGREGATES, err);
}

static wb_status write_line_agg(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return wbi_kind_aggregate.write(out, field, key, err);
}

const wbi_kind wbi_kind_order_by = {"column, or list of columns", "", read_order_by, write_order_by};
const wbi_kind wbi_kind_line_agg = {"`sum`, `mean`, `min`, `max`, `first`, `last`, `count` or `distinct`", "",
                                    read_line_agg, write_line_agg};

static bool is_column(const wbi_table_def *table, const char *name)
{
    return strcmp(table->time, name) == 0 || wbi_table_column(table, name) != NULL;
}

static const char *nearest_column(const wbi_table_def *table, const char *name)
{
    const char *names[MAX_NAMES];
    size_t n = 0;
    for (; n < table->n_columns && n < MAX_NAMES; n++)
        names[n] = table->columns[n].name;
    return wbi_nearest(name, names, n);
}

/* An undeclared column would be ordered as text, "10" before "9". */
static wb_status check_order(const wbi_table_def *table, const wbi_at *order_by, wb_error *err)
{
    for (size_t i = 0; i < table->n_order_by; i++) {
        wbi_at column = wbi_at_is_list(order_by) ? wbi_at_child(order_by, i) : *order_by;
        const char *name = table->order_by[i];
        if (is_column(table, name))
            continue;
        const char *nearest = nearest_column(table, name);
        char shown[96], hint[96] = "";
        wbi_printable(shown, sizeof shown, name, strlen(name));
        if (nearest != NULL)
            snprintf(hint, sizeof hint, "; did you mean '%s'?", nearest);
        return wbi_at_fail(&column, err,
                           "'%s' is not declared under 'columns' (wanted: a column that is, as a number, time, category "
                           "or text%s)",
                           shown, hint);
    }
    return WB_OK;
}

static wb_status check_columns(const wbi_at *columns, wb_error *err)
{
    for (size_t i = 0; i < wbi_at_length(columns); i++) {
        wbi_at column = wbi_at_child(columns, i), agg;
        if (wbi_at_find(&agg, &column, "agg"))
            return wbi_at_fail(&agg, err, "needs 'group_by' for the table");
    }
    return WB_OK;
}

wb_status wbi_check_lines(const wbi_table_def *table, const wbi_at *at, wb_error *err)
{
    wbi_at value;
    if (table->group_by != NULL)
        return wbi_at_find(&value, at, "order_by") ? check_order(table, &value, err) : WB_OK;
    if (wbi_at_find(&value, at, "event_time") || wbi_at_find(&value, at, "order_by"))
        return wbi_at_fail(&value, err, "needs 'group_by' for the table");
    return wbi_at_find(&value, at, "columns") ? check_columns(&value, err) : WB_OK;
}
