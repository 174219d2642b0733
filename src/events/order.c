/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "events/view.h"

enum { ROWS_A_BLOCK = 8192, SMALL_SORT = 24 };

/* One key: values by row, of a column or computed. Text is compared by the rank of its code. */
typedef struct order_key {
    const wbi_packed *column; /* NULL: computed */
    wbi_expr_type type;       /* NUMBER, TIME, TEXT or BOOL */
    void *computed;
    int32_t *rank; /* TEXT: by code */
} order_key;

struct wbi_order {
    const wbi_packed *times; /* NULL without time */
    order_key *keys;
    size_t n_keys;
};

void wbi_order_free(wbi_order *order)
{
    if (order == NULL)
        return;
    for (size_t k = 0; order->keys != NULL && k < order->n_keys; k++) {
        wbi_free(order->keys[k].computed);
        wbi_free(order->keys[k].rank);
    }
    wbi_free(order->keys);
    wbi_free(order);
}

static wb_status add_read_key(wbi_order *order, const wbi_binding *b, size_t slot, const wbi_packed_rows *rows,
                              wb_error *err)
{
    order_key *key = &order->keys[order->n_keys++];
    *key = (order_key){.column = &rows->columns[b->slots[slot].read + (b->def->time != NULL ? 2 : 1)],
                       .type = b->slots[slot].type};
    return key->column->type == WB_TYPE_CATEGORY ? wbi_dictionary_ranks(key->column->dictionary, &key->rank, err)
                                                 : WB_OK;
}

/* Text that was computed gets codes of its own. */
static wb_status store_text(int32_t *codes, const wbi_str *texts, size_t n, wbi_dictionary *dictionary, wb_error *err)
{
    for (size_t i = 0; i < n; i++) {
        codes[i] = -1;
        if (texts[i].data != NULL)
            WBI_TRY(wbi_dictionary_intern(dictionary, texts[i].data, texts[i].length, &codes[i], err));
    }
    return WB_OK;
}

static wb_status compute_key(order_key *key, wbi_view *view, size_t slot, size_t n_rows, wb_error *err)
{
    size_t width = key->type == WBI_EXPR_TEXT ? sizeof(int32_t) : wbi_vector_width(key->type);
    wbi_dictionary *dictionary = NULL;
    wb_status status = WB_OK;
    key->computed = wbi_alloc_array(n_rows, width);
    if (key->computed == NULL)
        return wbi_fail_nomem(err, n_rows * width);
    if (key->type == WBI_EXPR_TEXT)
        WBI_TRY_CLEANUP(wbi_dictionary_create(&dictionary, err));
    for (size_t begin = 0; begin < n_rows; begin += ROWS_A_BLOCK) {
        size_t end = n_rows - begin < ROWS_A_BLOCK ? n_rows : begin + ROWS_A_BLOCK;
        wbi_vector values;
        WBI_TRY_CLEANUP(wbi_view_rows(view, begin, end, err));
        WBI_TRY_CLEANUP(wbi_view_slot(view, slot, &values, err));
        if (key->type == WBI_EXPR_TEXT)
            WBI_TRY_CLEANUP(store_text((int32_t *)key->computed + begin, values.texts, end - begin, dictionary, err));
        else
            memcpy((char *)key->computed + begin * width, values.numbers, (end - begin) * width);
    }
    if (key->type == WBI_EXPR_TEXT)
        WBI_TRY_CLEANUP(wbi_dictionary_ranks(dictionary, &key->rank, err));
cleanup:
    wbi_dictionary_free(dictionary);
    return status;
}

static wb_status add_key(wbi_order *order, const wbi_binding *b, size_t slot, const wbi_packed_rows *rows,
                         wbi_view **view,
                         wb_error *err)
{
    if (b->slots[slot].kind == WBI_SLOT_READ)
        return add_read_key(order, b, slot, rows, err);
    if (*view == NULL)
        WBI_TRY(wbi_view_create(view, b, rows, err));
    order_key *key = &order->keys[order->n_keys++];
    *key = (order_key){.type = b->slots[slot].type};
    return compute_key(key, *view, slot, rows->n_rows, err);
}

/* What depends on the cutoff has no place in an order that holds at all of them. */
static bool may_decide(const wbi_slot *slot)
{
    return slot->kind == WBI_SLOT_READ || (slot->kind == WBI_SLOT_COMPUTED && !wbi_expr_uses_cutoff(slot->expr));
}

wb_status wbi_order_slots(size_t **slots, size_t *n, const wbi_binding *b, wb_error *err)
{
    size_t *list = wbi_alloc_array(b->n_slots, sizeof *list), length = 0;
    if (list == NULL)
        return wbi_fail_nomem(err, b->n_slots * sizeof *list);
    if (b->group_by != WBI_NO_SLOT && may_decide(&b->slots[b->group_by]))
        list[length++] = b->group_by;
    for (size_t i = 0; i < b->def->n_columns; i++) {
        size_t slot = wbi_binding_slot(b, b->def->columns[i].name, WBI_EXPR_ANY);
        if (slot != WBI_NO_SLOT && slot != b->group_by && may_decide(&b->slots[slot]))
            list[length++] = slot;
    }
    for (size_t s = 0; s < b->n_slots; s++)
        if (!b->slots[s].declared && s != b->group_by && may_decide(&b->slots[s]))
            list[length++] = s;
    *slots = list;
    *n = length;
    return WB_OK;
}

wb_status wbi_order_create(wbi_order **out, const wbi_binding *b, const wbi_packed_rows *rows, wb_error *err)
{
    wbi_view *view = NULL;
    size_t *slots = NULL, n_slots = 0;
    wbi_order *order = wbi_alloc_zeroed(1, sizeof *order);
    if (order == NULL)
        return wbi_fail_nomem(err, sizeof *order);
    wb_status status;
    order->times = b->def->time != NULL ? &rows->columns[1] : NULL;
    WBI_TRY_CLEANUP(wbi_order_slots(&slots, &n_slots, b, err));
    order->keys = wbi_alloc_zeroed(n_slots, sizeof *order->keys);
    if (order->keys == NULL) {
        status = wbi_fail_nomem(err, n_slots * sizeof *order->keys);
        goto cleanup;
    }
    for (size_t k = 0; k < n_slots; k++)
        WBI_TRY_CLEANUP(add_key(order, b, slots[k], rows, &view, err));
    *out = order;
    order = NULL;
cleanup:
    wbi_free(slots);
    wbi_view_free(view);
    wbi_order_free(order);
    return status;
}

static int compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(b) - isnan(a);
    return (a > b) - (a < b);
}

static int compare_texts(wbi_str a, wbi_str b)
{
    if (a.data == NULL || b.data == NULL)
        return (a.data != NULL) - (b.data != NULL);
    return wbi_str_compare(a, b);
}

int wbi_compare_values(wbi_expr_type type, const void *values, size_t a, size_t b)
{
    switch (type) {
    case WBI_EXPR_NUMBER:
    case WBI_EXPR_ANY:
        return compare_numbers(((const double *)values)[a], ((const double *)values)[b]);
    case WBI_EXPR_TEXT:
        return compare_texts(((const wbi_str *)values)[a], ((const wbi_str *)values)[b]);
    case WBI_EXPR_BOOL: {
        /* unknown first, then false, then true */
        int x = (((const uint8_t *)values)[a] + 1) % 3, y = (((const uint8_t *)values)[b] + 1) % 3;
        return x - y;
    }
    case WBI_EXPR_TIME:
    case WBI_EXPR_DURATION: {
        int64_t x = ((const int64_t *)values)[a], y = ((const int64_t *)values)[b];
        return (x > y) - (x < y);
    }
    }
    return 0;
}

static int compare_key(const order_key *key, uint32_t a, uint32_t b)
{
    if (key->column != NULL)
        return wbi_packed_compare(key->column, key->rank, a, b);
    if (key->type != WBI_EXPR_TEXT)
        return wbi_compare_values(key->type, key->computed, a, b);
    int32_t x = ((const int32_t *)key->computed)[a], y = ((const int32_t *)key->computed)[b];
    x = x < 0 ? -1 : key->rank[x];
    y = y < 0 ? -1 : key->rank[y];
    return (x > y) - (x < y);
}

/* A row and its time, side by side, so that most comparisons look no further. */
typedef struct timed_row {
    int64_t time_us;
    uint32_t row;
} timed_row;

static int compare_keys(const wbi_order *order, uint32_t a, uint32_t b)
{
    int c = 0;
    for (size_t k = 0; k < order->n_keys && c == 0; k++)
        c = compare_key(&order->keys[k], a, b);
    return c;
}

static int compare_rows(const wbi_order *order, timed_row a, timed_row b)
{
    if (a.time_us != b.time_us)
        return a.time_us > b.time_us ? 1 : -1;
    return compare_keys(order, a.row, b.row);
}

static int compare_for_qsort(const void *left, const void *right, void *order)
{
    return compare_rows(order, *(const timed_row *)left, *(const timed_row *)right);
}

static void sort_few(const wbi_order *order, timed_row *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        timed_row moved = rows[i];
        size_t at = i;
        for (; at > 0 && compare_rows(order, rows[at - 1], moved) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = moved;
    }
}

/* Of the rows behind `begin`, how many are not later than the one before. */
static size_t n_not_later(const wbi_packed *times, size_t begin, size_t end)
{
    const int32_t *seconds = times->values;
    const int64_t *microseconds = times->values;
    size_t n = 0;
    if (times->packing == WBI_PACKED_SECONDS)
        for (size_t row = begin + 1; row < end; row++)
            n += seconds[row] <= seconds[row - 1];
    else
        for (size_t row = begin + 1; row < end; row++)
            n += microseconds[row] <= microseconds[row - 1];
    return n;
}

/* Counted over all rows and taken back where customers begin, as most have few rows. */
bool wbi_order_is_of_times(const wbi_order *order, const size_t *first, size_t n_customers)
{
    if (order->times == NULL)
        return false;
    size_t n = n_not_later(order->times, first[0], first[n_customers]);
    for (size_t c = 1; c < n_customers; c++)
        if (first[c] > first[0] && first[c] < first[c + 1])
            n -= n_not_later(order->times, first[c] - 1, first[c] + 1);
    return n == 0;
}

bool wbi_order_holds(const wbi_order *order, size_t begin, size_t n)
{
    int64_t before_us = INT64_MIN;
    for (size_t i = begin; i < begin + n; i++) {
        const int64_t time_us = order->times == NULL ? 0 : wbi_packed_time(order->times, i);
        if (i > begin && (time_us < before_us ||
                          (time_us == before_us && compare_keys(order, (uint32_t)(i - 1), (uint32_t)i) > 0)))
            return false;
        before_us = time_us;
    }
    return true;
}

wb_status wbi_order_sort(const wbi_order *order, uint32_t *row, size_t n, wb_error *err)
{
    timed_row few[SMALL_SORT], *rows = few;
    if (n > SMALL_SORT)
        rows = wbi_alloc_array(n, sizeof *rows);
    if (rows == NULL)
        return wbi_fail_nomem(err, n * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (timed_row){order->times == NULL ? 0 : wbi_packed_time(order->times, row[i]), row[i]};
    if (n > SMALL_SORT)
        qsort_r(rows, n, sizeof *rows, compare_for_qsort, (void *)(uintptr_t)order);
    else
        sort_few(order, rows, n);
    for (size_t i = 0; i < n; i++)
        row[i] = rows[i].row;
    if (rows != few)
        wbi_free(rows);
    return WB_OK;
}
