/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/text.h"
#include "table/spill.h"
#include "train/train.h"

static const char prefix[] = "label_";
/* Enough for every spelling of two classes that is worth accepting. */
enum { MAX_VALUES = 8, VALUE_CHARS = 64 };

bool wbi_is_label(const char *column_name)
{
    return strncmp(column_name, prefix, sizeof prefix - 1) == 0;
}

const char *wbi_label_name(const wb_table *table, size_t column)
{
    const char *name = wb_table_name(table, column);
    return wbi_is_label(name) ? name + sizeof prefix - 1 : name;
}

static wb_status find_only(size_t *column, const wb_table *table, wb_error *err)
{
    *column = SIZE_MAX;
    for (size_t c = 0; c < wb_table_n_columns(table); c++) {
        if (!wbi_is_label(wb_table_name(table, c)))
            continue;
        if (*column != SIZE_MAX)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "there are several labels (%s, %s): say which one is the target",
                            wb_table_name(table, *column), wb_table_name(table, c));
        *column = c;
    }
    return *column != SIZE_MAX ? WB_OK : wbi_fail(err, WB_ERR_INCONSISTENT, "no column label_*: name the target");
}

wb_status wbi_label_find(size_t *column, const wb_table *table, const char *target, wb_error *err)
{
    if (target == NULL)
        return find_only(column, table, err);
    for (size_t c = 0; c < wb_table_n_columns(table); c++) {
        const char *name = wb_table_name(table, c);
        if (wbi_is_label(name) && strcmp(name + sizeof prefix - 1, target) == 0) {
            *column = c;
            return WB_OK;
        }
    }
    return wbi_need_column(column, table, target, "the target", err);
}

wb_status wbi_label_find_window(wbi_label_window *out, const wb_features *features, const char *target, wb_error *err)
{
    wb_project *project = NULL;
    *out = (wbi_label_window){0};
    if (wb_features_definitions(features) == NULL)
        return WB_OK;
    wb_status status = wb_project_parse(&project, wb_features_definitions(features), err);
    for (size_t l = 0; status == WB_OK && l < wb_project_n_labels(project); l++) {
        wb_label label = wb_project_label_at(project, l);
        if (strcmp(label.name, target) == 0)
            *out = (wbi_label_window){true, label.gap_us, label.horizon_us};
    }
    wb_project_free(project);
    return status == WB_ERR_NOMEM ? status : WB_OK; /* whoever scores says what is wrong with definitions */
}

/* The distinct values of the label, as numbers: of a category, its codes. */
typedef struct values {
    const wb_table *table;
    size_t column;
    const double *numbers; /* what the column has of both */
    const int32_t *codes;
    double of[MAX_VALUES];
    size_t n;
    bool more; /* than fit */
} values;

static double cell(const values *of, size_t row)
{
    if (of->numbers != NULL)
        return of->numbers[row];
    return of->codes[row] < 0 ? (double)NAN : (double)of->codes[row];
}

static size_t place_of(const values *seen, double value)
{
    size_t k = 0;
    while (k < seen->n && seen->of[k] != value)
        k++;
    return k;
}

static void collect(values *seen, const uint8_t *use_row)
{
    for (size_t row = 0, n = wb_table_n_rows(seen->table); row < n && !seen->more; row++) {
        double value = cell(seen, row);
        if ((use_row != NULL && !use_row[row]) || isnan(value) || place_of(seen, value) < seen->n)
            continue;
        if (seen->n == MAX_VALUES)
            seen->more = true;
        else
            seen->of[seen->n++] = value;
    }
}

/* A value as the file has it, for comparing and for messages. */
static const char *value_text(char text[VALUE_CHARS], const values *seen, size_t k)
{
    if (wb_table_type(seen->table, seen->column) == WB_TYPE_NUMBER) {
        size_t n = isfinite(seen->of[k]) ? wbi_double_print(text, seen->of[k]) : 0;
        text[n] = '\0';
        return text;
    }
    size_t length;
    const char *level = wb_table_level(seen->table, seen->column, (int32_t)seen->of[k], &length);
    return wbi_printable(text, VALUE_CHARS, level, length);
}

static const char *list_values(char *text, size_t size, const values *seen)
{
    size_t used = 0;
    for (size_t k = 0; k < seen->n && used < size; k++) {
        char value[VALUE_CHARS];
        used += (size_t)snprintf(text + used, size - used, "%s'%s'", k == 0 ? "" : ", ", value_text(value, seen, k));
    }
    if (seen->more && used < size)
        snprintf(text + used, size - used, ", ...");
    return text;
}

static bool one_of(const char *text, const char *const words[3])
{
    return strcasecmp(text, words[0]) == 0 || strcasecmp(text, words[1]) == 0 || strcasecmp(text, words[2]) == 0;
}

/* 0 or 1; -1 when the word means neither. */
static int8_t meaning(const char *text)
{
    static const char *const yes[3] = {"1", "true", "yes"}, *const no[3] = {"0", "false", "no"};
    return one_of(text, yes) ? 1 : one_of(text, no) ? 0 : -1;
}

static bool is_positive(const values *seen, size_t k, const char *positive)
{
    char text[VALUE_CHARS];
    double number;
    if (wb_table_type(seen->table, seen->column) == WB_TYPE_NUMBER)
        return wbi_double_read(&number, positive, strlen(positive), '.') && number == seen->of[k];
    return strcmp(value_text(text, seen, k), positive) == 0;
}

static wb_status too_many(const values *seen, wb_error *err)
{
    char listed[400];
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the label %s has more than two values: %s",
                    wb_table_name(seen->table, seen->column), list_values(listed, sizeof listed, seen));
}

/* class_of[k]: what the k-th value means, given the value that means 1. */
static wb_status classes_by_choice(int8_t *class_of, const values *seen, const char *positive, wb_error *err)
{
    bool found = false;
    if (seen->more || seen->n > 2)
        return too_many(seen, err);
    for (size_t k = 0; k < seen->n; k++) {
        class_of[k] = is_positive(seen, k, positive);
        found |= class_of[k] == 1;
    }
    char listed[400];
    if (!found && seen->n > 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the label %s is never '%s', which is to mean 1; it is %s",
                        wb_table_name(seen->table, seen->column), positive, list_values(listed, sizeof listed, seen));
    return WB_OK;
}

static wb_status classes_by_meaning(int8_t *class_of, const values *seen, wb_error *err)
{
    bool understood = !seen->more;
    for (size_t k = 0; k < seen->n; k++) {
        char text[VALUE_CHARS];
        class_of[k] = meaning(value_text(text, seen, k));
        understood &= class_of[k] >= 0;
    }
    if (understood)
        return WB_OK;
    if (seen->more || seen->n > 2)
        return too_many(seen, err);
    char listed[400];
    const char *name = wb_table_name(seen->table, seen->column);
    list_values(listed, sizeof listed, seen);
    if (seen->n == 1)
        return wbi_fail(err, WB_ERR_DEGENERATE, "the label %s has one value only: %s", name, listed);
    wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT,
                                "the label %s is %s: expected 1, true, yes against 0, false, no", name, listed);
    wbi_advise(err, "say which value means 1 (--positive)");
    return status;
}

static wb_status find_values(int8_t *label, const wb_table *table, size_t column, const char *positive,
                             const uint8_t *use_row, wb_error *err)
{
    wb_type type = wb_table_type(table, column);
    if (type != WB_TYPE_NUMBER && type != WB_TYPE_CATEGORY)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the label %s holds %s, expected numbers or categories",
                        wb_table_name(table, column), type == WB_TYPE_TIME ? "times" : "text");
    values seen = {.table = table,
                   .column = column,
                   .numbers = wb_table_numbers(table, column),
                   .codes = wb_table_codes(table, column)};
    int8_t class_of[MAX_VALUES + 1];
    collect(&seen, use_row);
    WBI_TRY(positive != NULL ? classes_by_choice(class_of, &seen, positive, err)
                             : classes_by_meaning(class_of, &seen, err));
    for (size_t row = 0; row < wb_table_n_rows(table); row++) {
        size_t k = place_of(&seen, cell(&seen, row));
        label[row] = (use_row != NULL && !use_row[row]) || k == seen.n ? -1 : class_of[k];
    }
    return WB_OK;
}

wb_status wbi_label_values(int8_t *label, const wb_table *table, size_t column, const char *positive,
                           const uint8_t *use_row, wb_error *err)
{
    wbi_view view;
    WBI_TRY(wbi_view_open(&view, table, column, err));
    const wb_status status = find_values(label, &view.table, column, positive, use_row, err);
    wbi_view_close(&view);
    return status;
}
