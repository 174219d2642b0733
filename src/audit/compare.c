/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/compare.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "table/table.h"

enum { KEY_COLUMNS = 2 }; /* customer_id, cutoff */

wb_status wbi_comparison_create(wbi_comparison *out, const wbi_plan *plan, wb_error *err)
{
    *out = (wbi_comparison){.plan = plan};
    out->moved = wbi_alloc_zeroed(plan->n_features + 1, sizeof *out->moved);
    if (out->moved == NULL)
        return wbi_fail_nomem(err, (plan->n_features + 1) * sizeof *out->moved);
    out->moved[0].table = plan->bindings[plan->population.table]->def->name;
    for (size_t f = 0; f < plan->n_features; f++) {
        size_t table = plan->features[f].table;
        out->moved[f + 1].feature = plan->features[f].def->name;
        out->moved[f + 1].table = table == WBI_NONE ? NULL : plan->bindings[table]->def->name;
    }
    return WB_OK;
}

static wbi_str customer_of(const wb_table *table, size_t row)
{
    wbi_str id;
    id.data = wb_table_text(table, 0, row, &id.length);
    return id;
}

static wbi_str level_of(const wb_table *table, size_t column, size_t row)
{
    wbi_str level = {0};
    int32_t code = wb_table_codes(table, column)[row];
    if (code >= 0)
        level.data = wb_table_level(table, column, code, &level.length);
    return level;
}

static bool same_value(const wb_table *a, size_t row_a, const wb_table *b, size_t row_b, size_t column)
{
    if (wb_table_type(a, column) == WB_TYPE_NUMBER) {
        double x = wb_table_numbers(a, column)[row_a], y = wb_table_numbers(b, column)[row_b];
        return x == y || (isnan(x) && isnan(y));
    }
    wbi_str x = level_of(a, column, row_a), y = level_of(b, column, row_b);
    return (x.data == NULL) == (y.data == NULL) && (x.data == NULL || wbi_str_equal(x, y));
}

static void print_value(char text[WB_AUDIT_TEXT], const wb_table *table, size_t column, size_t row)
{
    text[0] = '\0';
    if (wb_table_type(table, column) == WB_TYPE_NUMBER) {
        double value = wb_table_numbers(table, column)[row];
        if (!isnan(value))
            text[wbi_double_print(text, value)] = '\0';
        return;
    }
    wbi_str level = level_of(table, column, row);
    if (level.data != NULL)
        wbi_printable(text, WB_AUDIT_TEXT, level.data, level.length);
}

/* True when this is the first difference of its kind. */
static bool count(wb_moved_feature *moved, wbi_str customer, int64_t cutoff_us)
{
    if (moved->n_rows++ > 0)
        return false;
    wbi_printable(moved->customer, sizeof moved->customer, customer.data, customer.length);
    moved->cutoff_us = cutoff_us;
    return true;
}

static void compare_rows(wbi_comparison *c, const wb_table *a, size_t row_a, const wb_table *b, size_t row_b,
                         int64_t cutoff_us)
{
    c->n_rows++;
    for (size_t f = 0; f < c->plan->n_features; f++) {
        size_t column = f + KEY_COLUMNS;
        if (same_value(a, row_a, b, row_b, column) || !count(&c->moved[f + 1], customer_of(a, row_a), cutoff_us))
            continue;
        print_value(c->moved[f + 1].before, a, column, row_a);
        print_value(c->moved[f + 1].after, b, column, row_b);
    }
}

static void compare_membership(wbi_comparison *c, const wb_table *table, size_t row, int64_t cutoff_us, bool before)
{
    c->n_rows++;
    if (!count(&c->moved[0], customer_of(table, row), cutoff_us))
        return;
    strcpy(c->moved[0].before, before ? "in" : "out");
    strcpy(c->moved[0].after, before ? "out" : "in");
}

static size_t skip_to(const wb_table *table, size_t row, int64_t cutoff_us)
{
    const int64_t *cutoffs = wb_table_times(table, 1);
    while (row < wb_table_n_rows(table) && cutoffs[row] != cutoff_us)
        row++;
    return row;
}

void wbi_comparison_add(wbi_comparison *c, const wb_table *a, const wb_table *b, int64_t cutoff_us)
{
    size_t i = skip_to(a, 0, cutoff_us), j = skip_to(b, 0, cutoff_us);
    while (i < wb_table_n_rows(a) || j < wb_table_n_rows(b)) {
        int order = i == wb_table_n_rows(a)   ? 1
                    : j == wb_table_n_rows(b) ? -1
                                              : wbi_str_compare(customer_of(a, i), customer_of(b, j));
        if (order == 0)
            compare_rows(c, a, i, b, j, cutoff_us);
        else
            compare_membership(c, order < 0 ? a : b, order < 0 ? i : j, cutoff_us, order < 0);
        i = order <= 0 ? skip_to(a, i + 1, cutoff_us) : i;
        j = order >= 0 ? skip_to(b, j + 1, cutoff_us) : j;
    }
}

void wbi_comparison_finish(wbi_comparison *c, wb_moved_feature **moved, size_t *n)
{
    size_t kept = 0;
    for (size_t k = 0; k < c->plan->n_features + 1; k++)
        if (c->moved[k].n_rows > 0)
            c->moved[kept++] = c->moved[k];
    *moved = c->moved;
    *n = kept;
    c->moved = NULL;
}

void wbi_comparison_clear(wbi_comparison *c)
{
    wbi_free(c->moved);
    c->moved = NULL;
}
