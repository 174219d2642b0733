/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/spill.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

static bool can_be_spilled(wb_type type)
{
    return type == WB_TYPE_NUMBER || type == WB_TYPE_CATEGORY;
}

static size_t width_of(const wbi_column *column)
{
    return column->type == WB_TYPE_NUMBER ? sizeof *column->numbers : sizeof *column->codes;
}

static void *values_of(const wbi_column *column)
{
    return column->type == WB_TYPE_NUMBER ? (void *)column->numbers : (void *)column->codes;
}

static void set_values(wbi_column *column, void *values)
{
    column->numbers = column->type == WB_TYPE_NUMBER ? values : NULL;
    column->codes = column->type == WB_TYPE_CATEGORY ? values : NULL;
}

/* Every column has room for numbers in every stripe, so that it may become a category later. */
static uint64_t offset_of(const wb_table *table, size_t stripe, size_t column)
{
    return ((uint64_t)stripe * table->n_columns + column) * WBI_STRIPE_ROWS * sizeof(double);
}

bool wbi_is_spilled(const wb_table *table, size_t column)
{
    return table->spill != NULL && can_be_spilled(table->columns[column].type);
}

wb_status wbi_table_in_memory(const wb_table *table, const char *what, wb_error *err)
{
    if (table->spill == NULL)
        return wbi_table_need_doubles(table, err);
    return wbi_fail(err, WB_ERR_ARGUMENT, "%s needs features that lie in memory: read them with a larger memory limit", what);
}

size_t wbi_stripe_rows(const wb_table *table, size_t stripe)
{
    const size_t left = table->spill->n_rows - stripe * WBI_STRIPE_ROWS;
    return left < WBI_STRIPE_ROWS ? left : WBI_STRIPE_ROWS;
}

wb_status wbi_spill_write(wb_table *table, size_t stripe, size_t column, const void *values, wb_error *err)
{
    const size_t n_bytes = wbi_stripe_rows(table, stripe) * width_of(&table->columns[column]);
    table->spill->sums[stripe * table->n_columns + column] = wbi_hash_bytes(values, n_bytes);
    return wbi_scratch_write(table->spill->file, values, n_bytes, offset_of(table, stripe, column), err);
}

wb_status wbi_spill_read(void *values, const wb_table *table, size_t stripe, size_t column, wb_error *err)
{
    const size_t n_bytes = wbi_stripe_rows(table, stripe) * width_of(&table->columns[column]);
    WBI_TRY(wbi_scratch_read(table->spill->file, values, n_bytes, offset_of(table, stripe, column), err));
    if (wbi_hash_bytes(values, n_bytes) != table->spill->sums[stripe * table->n_columns + column])
        return wbi_scratch_corrupt(table->spill->file, err);
    return WB_OK;
}

/* ---- making ---- */

static wb_status make_room(wb_table *table, wb_error *err)
{
    wbi_spill *spill = table->spill;
    if (spill->n_stripes < spill->sums_capacity)
        return WB_OK;
    const size_t capacity = 2 * spill->sums_capacity + 16;
    uint64_t *sums = wbi_realloc_array(spill->sums, capacity, table->n_columns * sizeof *sums);
    if (sums == NULL)
        return wbi_fail_nomem(err, capacity * table->n_columns * sizeof *sums);
    spill->sums = sums;
    spill->sums_capacity = capacity;
    return WB_OK;
}

/* The `n_rows` first rows that the columns have. */
static wb_status move_stripe(wb_table *table, size_t n_rows, size_t first, wb_error *err)
{
    WBI_TRY(make_room(table, err));
    const size_t stripe = table->spill->n_stripes++;
    table->spill->n_rows += n_rows;
    for (size_t k = 0; k < table->n_columns; k++) {
        const wbi_column *column = &table->columns[k];
        if (can_be_spilled(column->type))
            WBI_TRY(wbi_spill_write(table, stripe, k, (const char *)values_of(column) + first * width_of(column), err));
    }
    return WB_OK;
}

static void forget_rows(wb_table *table, size_t n)
{
    for (size_t k = 0; k < table->n_columns; k++) {
        wbi_column *column = &table->columns[k];
        if (!can_be_spilled(column->type))
            continue;
        char *values = values_of(column);
        column->length -= n;
        memmove(values, values + n * width_of(column), column->length * width_of(column));
    }
}

wb_status wbi_spill_go_on(wb_table *table, wb_error *err)
{
    const size_t n_left = table->n_rows - table->spill->n_rows, n = n_left / WBI_STRIPE_ROWS * WBI_STRIPE_ROWS;
    for (size_t first = 0; first < n; first += WBI_STRIPE_ROWS)
        WBI_TRY(move_stripe(table, WBI_STRIPE_ROWS, first, err));
    if (n > 0)
        forget_rows(table, n);
    return WB_OK;
}

/* Room for what is left of the rows that were there. */
static wb_status shrink(wb_table *table, wb_error *err)
{
    for (size_t k = 0; k < table->n_columns; k++)
        if (can_be_spilled(table->columns[k].type))
            WBI_TRY(wbi_column_set_capacity(&table->columns[k], WBI_STRIPE_ROWS, err));
    return WB_OK;
}

wb_status wbi_spill_begin(wb_table *table, const char *beside, wb_error *err)
{
    table->spill = wbi_alloc_zeroed(1, sizeof *table->spill);
    if (table->spill == NULL)
        return wbi_fail_nomem(err, sizeof *table->spill);
    WBI_TRY(wbi_scratch_create(&table->spill->file, beside, err));
    WBI_TRY(wbi_spill_go_on(table, err));
    return shrink(table, err);
}

wb_status wbi_spill_end(wb_table *table, wb_error *err)
{
    WBI_TRY(wbi_spill_go_on(table, err));
    if (table->n_rows > table->spill->n_rows)
        WBI_TRY(move_stripe(table, table->n_rows - table->spill->n_rows, 0, err));
    for (size_t k = 0; k < table->n_columns; k++) {
        wbi_column *column = &table->columns[k];
        if (!can_be_spilled(column->type))
            continue;
        wbi_free(values_of(column));
        set_values(column, NULL);
        column->capacity = 0;
        column->length = table->n_rows;
    }
    return WB_OK;
}

void wbi_spill_free(wbi_spill *spill)
{
    if (spill == NULL)
        return;
    wbi_scratch_free(spill->file);
    wbi_free(spill->sums);
    wbi_free(spill);
}

/* ---- looking ---- */

static wb_status copy_columns(wbi_column **out, const wb_table *table, wb_error *err)
{
    const size_t n_bytes = table->n_columns * sizeof **out;
    *out = wbi_alloc_array(table->n_columns, sizeof **out);
    if (*out == NULL)
        return wbi_fail_nomem(err, n_bytes);
    memcpy(*out, table->columns, n_bytes);
    return WB_OK;
}

static wb_status read_column(void *values, const wb_table *table, size_t column, wb_error *err)
{
    const size_t stripe_bytes = WBI_STRIPE_ROWS * width_of(&table->columns[column]);
    for (size_t stripe = 0; stripe < table->spill->n_stripes; stripe++)
        WBI_TRY(wbi_spill_read((char *)values + stripe * stripe_bytes, table, stripe, column, err));
    return WB_OK;
}

wb_status wbi_view_open(wbi_view *view, const wb_table *table, size_t column, wb_error *err)
{
    wb_status status;
    *view = (wbi_view){.table = *table};
    if (!wbi_is_spilled(table, column))
        return WB_OK;
    const size_t width = width_of(&table->columns[column]);
    WBI_TRY_CLEANUP(copy_columns(&view->columns, table, err));
    view->values = wbi_alloc_aligned(table->n_rows, width);
    if (view->values == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, table->n_rows * width));
    WBI_TRY_CLEANUP(read_column(view->values, table, column, err));
    view->table.columns = view->columns;
    set_values(&view->columns[column], view->values);
    return WB_OK;
cleanup:
    wbi_view_close(view);
    return status;
}

void wbi_view_close(wbi_view *view)
{
    wbi_free(view->columns);
    wbi_free(view->values);
    *view = (wbi_view){.values = NULL};
}

wb_status wbi_window_open(wbi_stripe_window *window, const wb_table *table, const size_t *wanted, size_t n_wanted, wb_error *err)
{
    *window = (wbi_stripe_window){
        .table = *table, .of = table, .wanted = wanted, .n_wanted = n_wanted, .stripe = SIZE_MAX};
    WBI_TRY(copy_columns(&window->columns, table, err));
    window->values = wbi_alloc_aligned(n_wanted, WBI_STRIPE_ROWS * sizeof *window->values);
    if (window->values == NULL)
        return wbi_fail_nomem(err, n_wanted * WBI_STRIPE_ROWS * sizeof *window->values);
    window->table.columns = window->columns;
    for (size_t i = 0; i < n_wanted; i++)
        set_values(&window->columns[wanted[i]], window->values + i * WBI_STRIPE_ROWS);
    return WB_OK;
}

wb_status wbi_window_move(wbi_stripe_window *window, size_t row, wb_error *err)
{
    const size_t stripe = row / WBI_STRIPE_ROWS;
    if (stripe == window->stripe)
        return WB_OK;
    window->stripe = SIZE_MAX;
    window->table.n_rows = wbi_stripe_rows(window->of, stripe);
    for (size_t i = 0; i < window->n_wanted; i++)
        WBI_TRY(wbi_spill_read(window->values + i * WBI_STRIPE_ROWS, window->of, stripe, window->wanted[i], err));
    window->stripe = stripe;
    return WB_OK;
}

void wbi_window_close(wbi_stripe_window *window)
{
    wbi_free(window->columns);
    wbi_free(window->values);
    *window = (wbi_stripe_window){.values = NULL};
}
