/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/number.h"
#include "events/redact.h"

/* More pairs of rows of one customer and time than this are not tried: the rows are paired as they come. */
enum { MAX_TRIED = 1 << 20 };

/* A delay is believed when at least one in so many of the rows of its days came later: some come at once whatever the
 * delay, but of the days of a few rows that were merely missing nearly all had come. */
enum { LATE_ONE_IN = 4 };

/* One export's known rows, ordered by customer, then time, then place. */
typedef struct side {
    const wbi_packed_rows *rows;
    const wbi_packed *times; /* NULL without time */
    uint32_t *row;
    size_t n;
} side;

/* Everything one comparison works on. */
typedef struct comparing {
    const wbi_exports *x;
    wbi_known_rule *rules;
    side older, newer;
    uint64_t *explained;       /* by column, then time column: rows changed while that time had not come */
    wb_changed_column *values; /* by column */
    wb_changed_column later, gone;
    uint8_t *paired; /* scratch: of the newer rows of one group */
    size_t paired_capacity;
    int64_t *late_us; /* by row that came later: how old it was at the cutoff */
    size_t n_late, late_capacity;
    uint64_t n_both;
} comparing;

static int64_t time_of(const side *s, size_t row)
{
    return s->times == NULL ? WB_TIME_MISSING : wbi_packed_time(s->times, row);
}

static int by_customer_and_time(const void *left, const void *right, void *context)
{
    const side *s = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const int32_t *codes = wbi_packed_codes(&s->rows->columns[0]);
    if (codes[a] != codes[b])
        return codes[a] > codes[b] ? 1 : -1;
    int64_t time_a = time_of(s, a), time_b = time_of(s, b);
    if (time_a != time_b)
        return time_a > time_b ? 1 : -1;
    return (a > b) - (a < b);
}

static wb_status sort_side(side *s, const wbi_exports *x, const wbi_packed_rows *rows, wb_error *err)
{
    *s = (side){.rows = rows, .times = x->binding->def->time != NULL ? &rows->columns[1] : NULL};
    s->row = wbi_alloc_array(rows->n_rows, sizeof *s->row);
    if (s->row == NULL)
        return wbi_fail_nomem(err, rows->n_rows * sizeof *s->row);
    for (size_t i = 0; i < rows->n_rows; i++)
        if (wbi_packed_code(&rows->columns[0], i) >= 0 && wbi_row_known(x->binding, rows, i, x->cutoff_us))
            s->row[s->n++] = (uint32_t)i;
    if (s->n > 0)
        qsort_r(s->row, s->n, sizeof *s->row, by_customer_and_time, s);
    return WB_OK;
}

/* Negative, 0, positive: which side's current group of customer and time comes first. */
static int compare_groups(const side *a, size_t i, const side *b, size_t j)
{
    if (i == a->n || j == b->n)
        return (i == a->n) - (j == b->n);
    uint32_t x = a->row[i], y = b->row[j];
    int32_t code_x = wbi_packed_code(&a->rows->columns[0], x), code_y = wbi_packed_code(&b->rows->columns[0], y);
    if (code_x != code_y)
        return code_x > code_y ? 1 : -1;
    int64_t time_x = time_of(a, x), time_y = time_of(b, y);
    return (time_x > time_y) - (time_x < time_y);
}

static size_t group_end(const side *s, size_t begin)
{
    size_t end = begin;
    while (end < s->n && compare_groups(s, begin, s, end) == 0)
        end++;
    return end;
}

static const wbi_packed *column_of(const comparing *c, const wbi_packed_rows *rows, size_t k)
{
    return &rows->columns[k + (c->x->binding->def->time != NULL ? 2 : 1)];
}

static bool is_missing(const wbi_packed *column, size_t row)
{
    if (column->type == WB_TYPE_NUMBER)
        return isnan(wbi_packed_number(column, row));
    return column->type == WB_TYPE_TIME ? wbi_packed_time(column, row) == WB_TIME_MISSING : wbi_packed_code(column, row) < 0;
}

static bool is_shown(const comparing *c, const wbi_packed_rows *rows, size_t row, size_t k)
{
    return !is_missing(column_of(c, rows, k), row) &&
           wbi_cell_known(c->x->binding, c->rules, rows, row, k, c->x->cutoff_us);
}

/* Whether the cell says the same in both, what was not known counting as missing. */
static bool same_cell(const comparing *c, size_t old_row, size_t new_row, size_t k)
{
    const wbi_packed *a = column_of(c, c->older.rows, k), *b = column_of(c, c->newer.rows, k);
    bool shown = is_shown(c, c->older.rows, old_row, k);
    if (shown != is_shown(c, c->newer.rows, new_row, k))
        return false;
    if (!shown)
        return true;
    if (a->type == WB_TYPE_NUMBER)
        return wbi_packed_number(a, old_row) == wbi_packed_number(b, new_row);
    if (a->type == WB_TYPE_TIME)
        return wbi_packed_time(a, old_row) == wbi_packed_time(b, new_row);
    return wbi_str_equal(wbi_dictionary_at(a->dictionary, wbi_packed_code(a, old_row)),
                         wbi_dictionary_at(b->dictionary, wbi_packed_code(b, new_row)));
}

/* Rows of one group_by value belong together, whatever else differs. */
static size_t distance(const comparing *c, size_t old_row, size_t new_row)
{
    const wbi_binding *b = c->x->binding;
    size_t n = 0, key = b->group_by != WBI_NO_SLOT ? b->slots[b->group_by].read : SIZE_MAX;
    for (size_t k = 0; k < b->n_columns; k++)
        if (!same_cell(c, old_row, new_row, k))
            n += k == key ? b->n_columns : 1;
    return n;
}

static void print_cell(char text[WB_AUDIT_TEXT], const comparing *c, const wbi_packed_rows *rows, size_t row, size_t k)
{
    const wbi_packed *column = column_of(c, rows, k);
    text[0] = '\0';
    if (!is_shown(c, rows, row, k))
        return;
    if (column->type == WB_TYPE_NUMBER) {
        text[wbi_double_print(text, wbi_packed_number(column, row))] = '\0';
    } else if (column->type == WB_TYPE_TIME) {
        wb_time_format(wbi_packed_time(column, row), text);
    } else {
        wbi_str word = wbi_dictionary_at(column->dictionary, wbi_packed_code(column, row));
        wbi_printable(text, WB_AUDIT_TEXT, word.data, word.length);
    }
}

/* Counts a change; true for the first of its kind, of which customer and time are kept. */
static bool count(wb_changed_column *change, const side *s, size_t row)
{
    if (change->n_changed++ > 0)
        return false;
    const wbi_packed *customer = &s->rows->columns[0];
    wbi_str id = wbi_dictionary_at(customer->dictionary, wbi_packed_code(customer, row));
    wbi_printable(change->customer, sizeof change->customer, id.data, id.length);
    change->time_us = time_of(s, row);
    return true;
}

static void compare_pair(comparing *c, size_t old_row, size_t new_row)
{
    const wbi_binding *b = c->x->binding;
    c->n_both++;
    for (size_t k = 0; k < b->n_columns; k++) {
        wb_changed_column *change = &c->values[k];
        if (same_cell(c, old_row, new_row, k))
            continue;
        if (count(change, &c->newer, new_row)) {
            print_cell(change->before, c, c->older.rows, old_row, k);
            print_cell(change->after, c, c->newer.rows, new_row, k);
        }
        change->n_filled += !is_shown(c, c->older.rows, old_row, k);
        for (size_t j = 0; j < b->n_columns; j++) {
            const wbi_packed *time = column_of(c, c->newer.rows, j);
            if (time->type == WB_TYPE_TIME && j != k && wbi_packed_time(time, new_row) >= c->x->cutoff_us)
                c->explained[k * b->n_columns + j]++;
        }
    }
}

static wb_status count_later(comparing *c, size_t row, wb_error *err)
{
    count(&c->later, &c->newer, row);
    WBI_TRY(wbi_array_grow(&c->late_us, &c->late_capacity, c->n_late, sizeof *c->late_us, err));
    c->late_us[c->n_late++] = c->x->cutoff_us - time_of(&c->newer, row);
    return WB_OK;
}

static int by_length(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The longest delay, in whole days, that is believed and explains most of the rows that came later. */
static wb_status find_delay(comparing *c, wb_error *err)
{
    size_t n_known = 0, n_late = 0;
    if (c->n_late == 0)
        return WB_OK;
    int64_t *known_us = wbi_alloc_array(c->newer.n, sizeof *known_us);
    if (known_us == NULL)
        return wbi_fail_nomem(err, c->newer.n * sizeof *known_us);
    for (size_t i = 0; i < c->newer.n; i++)
        known_us[i] = c->x->cutoff_us - time_of(&c->newer, c->newer.row[i]);
    qsort(known_us, c->newer.n, sizeof *known_us, by_length);
    qsort(c->late_us, c->n_late, sizeof *c->late_us, by_length);
    while (n_late < c->n_late) {
        int64_t delay_us = (c->late_us[n_late] + WB_DAY_US - 1) / WB_DAY_US * WB_DAY_US;
        while (n_late < c->n_late && c->late_us[n_late] <= delay_us)
            n_late++;
        while (n_known < c->newer.n && known_us[n_known] <= delay_us)
            n_known++;
        if (n_late * LATE_ONE_IN >= n_known && n_late * 2 > c->n_late) {
            c->later.delay_us = delay_us;
            c->later.n_explained = n_late;
        }
    }
    wbi_free(known_us);
    return WB_OK;
}

/* Pairs the older row with the free newer row that is most like it, if that is within `limit`. */
static bool pair_one(comparing *c, size_t old_row, size_t begin, size_t end, size_t limit)
{
    size_t best = SIZE_MAX, least = limit;
    for (size_t j = begin; j < end && !(best != SIZE_MAX && least == 0); j++) {
        size_t d = c->paired[j - begin] ? SIZE_MAX : distance(c, old_row, c->newer.row[j]);
        if (d < least || (d == least && best == SIZE_MAX)) {
            best = j;
            least = d;
        }
    }
    if (best == SIZE_MAX)
        return false;
    c->paired[best - begin] = 1;
    compare_pair(c, old_row, c->newer.row[best]);
    return true;
}

/* Pairs the older rows [i, i_end) that find a row within `limit`, and moves the others to the front: returns their end. */
static size_t pair_alike(comparing *c, size_t i, size_t i_end, size_t j, size_t j_end, size_t limit)
{
    size_t left = i;
    for (size_t at = i; at < i_end; at++) {
        uint32_t row = c->older.row[at];
        if (!pair_one(c, row, j, j_end, limit))
            c->older.row[left++] = row;
    }
    return left;
}

/* The rows of one customer and time: equal ones first, then the most alike. */
static wb_status pair_group(comparing *c, size_t i, size_t i_end, size_t j, size_t j_end, wb_error *err)
{
    size_t n_old = i_end - i, n_new = j_end - j;
    if (n_new > 0)
        WBI_TRY(wbi_array_grow(&c->paired, &c->paired_capacity, n_new - 1, 1, err));
    memset(c->paired, 0, n_new);
    if (n_old * n_new <= MAX_TRIED) {
        i_end = pair_alike(c, i, i_end, j, j_end, 0);
        i_end = pair_alike(c, i, i_end, j, j_end, SIZE_MAX - 1);
    } else {
        for (size_t at = j; i < i_end && at < j_end; at++) {
            c->paired[at - j] = 1;
            compare_pair(c, c->older.row[i++], c->newer.row[at]);
        }
    }
    for (; i < i_end; i++)
        count(&c->gone, &c->older, c->older.row[i]);
    for (size_t at = j; at < j_end; at++)
        if (!c->paired[at - j] && c->newer.times != NULL)
            WBI_TRY(count_later(c, c->newer.row[at], err));
    return WB_OK;
}

static wb_status pair_all(comparing *c, wb_error *err)
{
    size_t i = 0, j = 0;
    while (i < c->older.n || j < c->newer.n) {
        int order = compare_groups(&c->older, i, &c->newer, j);
        size_t i_end = order <= 0 ? group_end(&c->older, i) : i;
        size_t j_end = order >= 0 ? group_end(&c->newer, j) : j;
        WBI_TRY(pair_group(c, i, i_end, j, j_end, err));
        i = i_end;
        j = j_end;
    }
    return WB_OK;
}

static const wbi_slot *slot_reading(const wbi_binding *b, size_t k)
{
    for (size_t s = 0; s < b->n_slots; s++)
        if (b->slots[s].kind == WBI_SLOT_READ && b->slots[s].read == k)
            return &b->slots[s];
    return NULL;
}

/* The time that explains most of the changes, and at least half of them. */
static void explain(const comparing *c, size_t k)
{
    const wbi_binding *b = c->x->binding;
    wb_changed_column *change = &c->values[k];
    for (size_t j = 0; j < b->n_columns; j++) {
        uint64_t n = c->explained[k * b->n_columns + j];
        const wbi_slot *slot = slot_reading(b, j);
        if (slot == NULL || n <= change->n_explained || n * 2 < change->n_changed)
            continue;
        change->n_explained = n;
        change->known_at = slot->name;
    }
}

static wb_status add(wbi_changes *changes, const comparing *c, wb_changed_column change, wb_error *err)
{
    if (change.n_changed == 0)
        return WB_OK;
    change.table = c->x->binding->def->name;
    change.n_rows = c->n_both;
    WBI_TRY(wbi_array_grow(&changes->items, &changes->capacity, changes->n, sizeof *changes->items, err));
    changes->items[changes->n++] = change;
    return WB_OK;
}

static wb_status report(wbi_changes *changes, comparing *c, wb_error *err)
{
    const wbi_binding *b = c->x->binding;
    for (size_t k = 0; k < b->n_columns; k++) {
        const wbi_slot *slot = slot_reading(b, k);
        c->values[k].column = slot != NULL ? slot->name : b->columns[k].name;
        c->values[k].declared = slot != NULL && slot->declared;
        c->values[k].type = b->columns[k].type;
        explain(c, k);
        WBI_TRY(add(changes, c, c->values[k], err));
    }
    c->later.kind = WB_CHANGE_LATER;
    c->gone.kind = WB_CHANGE_GONE;
    WBI_TRY(find_delay(c, err));
    WBI_TRY(add(changes, c, c->later, err));
    return add(changes, c, c->gone, err);
}

wb_status wbi_compare_exports(wbi_changes *changes, const wbi_exports *exports, wb_error *err)
{
    comparing c = {.x = exports};
    size_t n = exports->binding->n_columns;
    wb_status status;
    c.explained = wbi_alloc_zeroed(n * n, sizeof *c.explained);
    c.values = wbi_alloc_zeroed(n, sizeof *c.values);
    c.paired = wbi_alloc_array(1, 1);
    c.paired_capacity = 1;
    if (c.explained == NULL || c.values == NULL || c.paired == NULL) {
        status = wbi_fail_nomem(err, n * sizeof *c.values);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(wbi_known_rules(&c.rules, exports->binding, err));
    WBI_TRY_CLEANUP(sort_side(&c.older, exports, exports->older, err));
    WBI_TRY_CLEANUP(sort_side(&c.newer, exports, exports->newer, err));
    WBI_TRY_CLEANUP(pair_all(&c, err));
    WBI_TRY_CLEANUP(report(changes, &c, err));
cleanup:
    wbi_free(c.rules);
    wbi_free(c.older.row);
    wbi_free(c.newer.row);
    wbi_free(c.explained);
    wbi_free(c.values);
    wbi_free(c.paired);
    wbi_free(c.late_us);
    return status;
}
