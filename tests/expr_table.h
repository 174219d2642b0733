/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small tables of typed cells, for the tests of expressions. */
#ifndef WINBACK_EXPR_TABLE_H
#define WINBACK_EXPR_TABLE_H

#include "test_util.h"

#include <stdbool.h>
#include <string.h>

#include "base/number.h"
#include "expr/expr.h"

enum { MAX_COLUMNS = 16, MAX_ROWS = 256, CELL_CHARS = 32 };

typedef struct column {
    char name[CELL_CHARS];
    wbi_expr_type type;
    double numbers[MAX_ROWS];
    int64_t times[MAX_ROWS];
    wbi_str texts[MAX_ROWS];
    char bytes[MAX_ROWS][CELL_CHARS];
} column;

typedef struct table {
    column columns[MAX_COLUMNS];
    size_t n_columns, n_rows;
    int64_t cutoff_us;
    char asked[512]; /* "name:type " for every name that was resolved */
} table;

static const char *const type_names[] = {"any", "number", "text", "time", "duration", "bool"};

static inline bool resolve(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type,
                           wb_error *err)
{
    table *t = user;
    size_t used = strlen(t->asked);
    snprintf(t->asked + used, sizeof t->asked - used, "%s%s:%s", used > 0 ? " " : "", name, type_names[wanted]);
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0) {
            *slot = i;
            *type = t->columns[i].type;
            return true;
        }
    if (strcmp(name, "masked") == 0)
        wbi_fail(err, WB_ERR_ARGUMENT, "masked is not to be named here");
    return false;
}

/* Names are whatever is wanted of them, text when anything will do. */
static inline bool oblige(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type,
                          wb_error *err)
{
    table *t = user;
    size_t used = strlen(t->asked);
    snprintf(t->asked + used, sizeof t->asked - used, "%s%s:%s", used > 0 ? " " : "", name, type_names[wanted]);
    (void)err;
    *type = wanted == WBI_EXPR_ANY ? WBI_EXPR_TEXT : wanted == WBI_EXPR_BOOL ? WBI_EXPR_NUMBER : wanted;
    *slot = *type - WBI_EXPR_NUMBER;
    return true;
}

static inline wbi_vector column_from(const column *c, size_t row)
{
    wbi_vector v = {.type = c->type};
    if (c->type == WBI_EXPR_NUMBER)
        v.numbers = c->numbers + row;
    else if (c->type == WBI_EXPR_TEXT)
        v.texts = c->texts + row;
    else
        v.times = c->times + row;
    return v;
}

static inline column *add_column(table *t, const char *name, wbi_expr_type type)
{
    column *c = &t->columns[t->n_columns++];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->type = type;
    return c;
}

static inline void set_text(column *c, size_t row, const char *text)
{
    snprintf(c->bytes[row], CELL_CHARS, "%s", text == NULL ? "" : text);
    c->texts[row] = (wbi_str){text == NULL ? NULL : c->bytes[row], strlen(c->bytes[row])};
}

static inline void show(char *out, size_t size, const wbi_vector *v, size_t row)
{
    char number[WBI_DOUBLE_CHARS + 1] = "";
    switch (v->type) {
    case WBI_EXPR_NUMBER:
        if (isnan(v->numbers[row]))
            snprintf(out, size, "missing");
        else
            snprintf(out, size, "%.*s", (int)wbi_double_print(number, v->numbers[row]), number);
        break;
    case WBI_EXPR_TEXT:
        if (v->texts[row].data == NULL)
            snprintf(out, size, "missing");
        else
            snprintf(out, size, "'%.*s'", (int)v->texts[row].length, v->texts[row].data);
        break;
    case WBI_EXPR_BOOL:
        snprintf(out, size, "%s", v->bools[row] == WBI_UNKNOWN ? "unknown" : v->bools[row] ? "true" : "false");
        break;
    default: {
        char time[WB_TIME_CHARS];
        if (v->times[row] == WB_TIME_MISSING)
            snprintf(time, sizeof time, "missing");
        else if (v->type == WBI_EXPR_TIME)
            wb_time_format(v->times[row], time);
        else
            snprintf(time, sizeof time, "%gh", (double)v->times[row] / (double)WB_HOUR_US);
        snprintf(out, size, "%s", time);
    }
    }
}

#endif
