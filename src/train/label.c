/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "table/spill.h"
#include "train/train.h"
#include "train/values.h"

static const char prefix[] = "label_";

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

static wb_status too_many(const wbi_values *seen, wb_error *err)
{
    char listed[400];
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the label %s has more than two values: %s",
                    wb_table_name(seen->table, seen->column), wbi_values_list(listed, sizeof listed, seen));
}

/* class_of[k]: what the k-th value means, given the value that means 1. */
static wb_status classes_by_choice(int8_t *class_of, const wbi_values *seen, const char *positive, wb_error *err)
{
    bool found = false;
    if (seen->more || seen->n > 2)
        return too_many(seen, err);
    for (size_t k = 0; k < seen->n; k++) {
        class_of[k] = wbi_value_is(seen, k, positive);
        found |= class_of[k] == 1;
    }
    char listed[400];
    if (!found && seen->n > 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the label %s is never '%s', which is to mean 1; it is %s",
                        wb_table_name(seen->table, seen->column), positive, wbi_values_list(listed, sizeof listed, seen));
    return WB_OK;
}

static wb_status classes_by_meaning(int8_t *class_of, const wbi_values *seen, wb_error *err)
{
    bool understood = !seen->more;
    for (size_t k = 0; k < seen->n; k++) {
        class_of[k] = wbi_value_meaning(seen, k);
        understood &= class_of[k] >= 0;
    }
    if (understood)
        return WB_OK;
    if (seen->more || seen->n > 2)
        return too_many(seen, err);
    char listed[400];
    const char *name = wb_table_name(seen->table, seen->column);
    wbi_values_list(listed, sizeof listed, seen);
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
    wbi_values seen;
    int8_t class_of[WBI_VALUES_SHOWN + 1];
    WBI_TRY(wbi_values_collect(&seen, table, column, use_row, "label", err));
    WBI_TRY(positive != NULL ? classes_by_choice(class_of, &seen, positive, err)
                             : classes_by_meaning(class_of, &seen, err));
    class_of[seen.n] = -1;
    wbi_values_places(label, &seen);
    for (size_t row = 0; row < wb_table_n_rows(table); row++)
        label[row] = use_row != NULL && !use_row[row] ? -1 : class_of[label[row]];
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
