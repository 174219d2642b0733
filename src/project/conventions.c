/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tables of the usual names hold when the project does not say. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "project/records.h"

typedef struct convention {
    const char *table, *time;
    wbi_conventional_column columns[12]; /* ends with a NULL name */
} convention;

#define COLUMN(name, type) {name, type, NULL, false}
#define NUMBER(name) COLUMN(name, WB_TYPE_NUMBER)
#define CATEGORY(name) COLUMN(name, WB_TYPE_CATEGORY)
#define TIME(name) COLUMN(name, WB_TYPE_TIME)

/* A column known at the table's own time was there from the start, though it may hold a later time. */
static const convention conventions[] = {
    {"orders",
     "ordered_at",
     {NUMBER("amount"),
      NUMBER("discount"),
      CATEGORY("channel"),
      CATEGORY("category"),
      {"promised_at", WB_TYPE_TIME, "ordered_at", false},
      TIME("delivered_at"),
      TIME("returned_at"),
      {"returned_amount", WB_TYPE_NUMBER, "returned_at", false}}},
    {"tickets",
     "opened_at",
     {TIME("first_reply_at"),
      TIME("resolved_at"),
      CATEGORY("priority"),
      CATEGORY("channel"),
      CATEGORY("type"),
      {"due_at", WB_TYPE_TIME, "opened_at", false},
      {"tags", WB_TYPE_CATEGORY, "resolved_at", false},
      {"reopens", WB_TYPE_NUMBER, "resolved_at", false},
      {"messages", WB_TYPE_NUMBER, "resolved_at", false},
      {"csat", WB_TYPE_NUMBER, "resolved_at", false}}},
    {"returns", "returned_at", {NUMBER("amount")}},
    {"surveys",
     "sent_at",
     {TIME("answered_at"), CATEGORY("kind"), {"score", WB_TYPE_NUMBER, "answered_at", false}}},
    {"visits", "visited_at", {NUMBER("pages"), NUMBER("seconds")}},
    {"loyalty", "booked_at", {NUMBER("points"), NUMBER("balance"), CATEGORY("tier")}},
    {"referrals", "referred_at", {TIME("joined_at")}},
    {"cancellations", "cancelled_at", {CATEGORY("reason")}},
    {"costs", "spent_at", {NUMBER("amount"), CATEGORY("kind")}},
    {"customers",
     NULL,
     {TIME("signup_date"),
      {"country", WB_TYPE_CATEGORY, NULL, true},
      {"channel", WB_TYPE_CATEGORY, NULL, true}}},
};

static const convention *convention_of(const char *table)
{
    for (size_t i = 0; i < sizeof conventions / sizeof conventions[0]; i++)
        if (strcmp(conventions[i].table, table) == 0)
            return &conventions[i];
    return NULL;
}

const char *wbi_convention_time(const char *table)
{
    const convention *known = convention_of(table);
    return known != NULL ? known->time : NULL;
}

bool wbi_convention_is_of_facts(const char *table)
{
    const convention *known = convention_of(table);
    return known != NULL && known->time == NULL;
}

const wbi_conventional_column *wbi_convention_column(const char *table, const char *column)
{
    const convention *known = convention_of(table);
    for (const wbi_conventional_column *c = known != NULL ? known->columns : NULL; c != NULL && c->name != NULL; c++)
        if (strcmp(c->name, column) == 0)
            return c;
    return NULL;
}

static bool is_text(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

const char *wbi_conventional_known_at(const wbi_conventional_column *column, const wbi_table_def *table)
{
    const char *usual = wbi_convention_time(table->name);
    return column->known_at != NULL && is_text(usual, column->known_at) ? table->time : column->known_at;
}

/* Whether the project has its own word on that column of the file. */
static bool is_spoken_for(const wbi_table_def *table, const char *column)
{
    if (is_text(table->time, column) || is_text(table->customer, column))
        return true;
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, column) == 0 || is_text(table->columns[i].source, column))
            return true;
    return false;
}

static wb_status reserve_columns(wbi_table_def *table, size_t n, wb_error *err)
{
    wbi_column_def *columns = wbi_realloc_array(table->columns, table->n_columns + n, sizeof *columns);
    if (columns == NULL)
        return wbi_fail_nomem(err, n * sizeof *columns);
    table->columns = columns;
    return WB_OK;
}

void wbi_column_time_default(wbi_time_format *format, const wbi_table_def *table)
{
    *format = table->time_format;
    format->zone_offset_s = table->zone_offset_s;
    format->zone = table->zone;
}

/* Into memory that is reserved. */
static wb_status add_column(wbi_table_def *table, const wbi_conventional_column *column, bool conventional,
                            wb_error *err)
{
    wbi_column_def def = {.name = (char *)column->name,
                          .source = (char *)column->name,
                          .type = column->type,
                          .type_said = true,
                          .known_at = (char *)wbi_conventional_known_at(column, table),
                          .fixed = column->fixed,
                          .conventional = conventional};
    wbi_column_time_default(&def.time, table);
    WBI_TRY(wbi_record_copy(&table->columns[table->n_columns], &def, &wbi_record_column, err));
    table->n_columns++;
    return WB_OK;
}

static int compare_columns(const void *a, const void *b)
{
    return strcmp(((const wbi_column_def *)a)->name, ((const wbi_column_def *)b)->name);
}

static void sort_columns(wbi_table_def *table)
{
    if (table->n_columns > 0)
        qsort(table->columns, table->n_columns, sizeof *table->columns, compare_columns);
}

/* Among the first `n` columns, which are sorted. */
static const wbi_column_def *find_column(const wbi_table_def *table, size_t n, const char *name)
{
    const wbi_column_def wanted = {.name = (char *)name};
    return n == 0 ? NULL : bsearch(&wanted, table->columns, n, sizeof wanted, compare_columns);
}

const wbi_column_def *wbi_table_column(const wbi_table_def *table, const char *name)
{
    return find_column(table, table->n_columns, name);
}

wb_status wbi_add_conventional_columns(wbi_table_def *table, wb_error *err)
{
    const convention *known = convention_of(table->name);
    if (known != NULL) {
        WBI_TRY(reserve_columns(table, sizeof known->columns / sizeof known->columns[0], err));
        for (const wbi_conventional_column *c = known->columns; c->name != NULL; c++)
            if (!is_spoken_for(table, c->name))
                WBI_TRY(add_column(table, c, true, err));
    }
    sort_columns(table);
    return WB_OK;
}

/* Of neighbours of one name the first stays; it is conventional when all are. */
static void drop_doubles(wbi_table_def *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        wbi_column_def *column = &table->columns[i], *last = kept > 0 ? &table->columns[kept - 1] : NULL;
        if (last != NULL && strcmp(last->name, column->name) == 0) {
            last->conventional = last->conventional && column->conventional;
            wbi_record_clear(column, &wbi_record_column);
        } else {
            table->columns[kept++] = *column;
        }
    }
    table->n_columns = kept;
}

wb_status wbi_add_known_at_columns(wbi_table_def *table, wb_error *err)
{
    size_t n = table->n_columns;
    WBI_TRY(reserve_columns(table, n, err));
    for (size_t i = 0; i < n; i++) {
        const char *name = table->columns[i].known_at;
        if (name == NULL || is_text(table->time, name) || find_column(table, n, name) != NULL)
            continue;
        WBI_TRY(add_column(table, &(wbi_conventional_column){name, WB_TYPE_TIME, NULL, false},
                           table->columns[i].conventional, err));
    }
    sort_columns(table);
    drop_doubles(table);
    return WB_OK;
}
