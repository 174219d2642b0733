/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows parted by the values of a column: levels of a category, and the values of numbers and times that have few. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "evaluate/evaluate.h"

enum { MOST_VALUES = 1000 };

/* The distinct values of numbers or times, ascending; their codes are their places once all are known. */
typedef struct values {
    double of[MOST_VALUES];
    size_t n;
} values;

/* Times as doubles are exact to a microsecond for 285 years around 1970, and to 2 for ten thousand. */
static double value_at(const wbi_column *column, size_t row)
{
    if (column->type == WB_TYPE_NUMBER)
        return column->numbers[row];
    return column->times[row] == WB_TIME_MISSING ? (double)NAN : (double)column->times[row];
}

/* Where the value is, or belongs. */
static size_t place_of(const values *v, double value)
{
    size_t low = 0, high = v->n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (v->of[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static wb_status collect(values *v, const wbi_column *column, const wbi_trial *trial, wb_error *err)
{
    for (size_t i = 0; i < trial->n; i++) {
        const double value = value_at(column, trial->row[i]);
        const size_t at = isnan(value) ? SIZE_MAX : place_of(v, value);
        if (at == SIZE_MAX || (at < v->n && v->of[at] == value))
            continue;
        if (v->n == MOST_VALUES)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s has more than %d values: segments are made of columns with few",
                            column->name, MOST_VALUES);
        memmove(v->of + at + 1, v->of + at, (v->n - at) * sizeof *v->of);
        v->of[at] = value;
        v->n++;
    }
    return WB_OK;
}

/* code: -1 missing. */
static wb_status find_codes(int32_t *code, values *v, const wbi_column *column, const wbi_trial *trial, wb_error *err)
{
    if (column->type == WB_TYPE_TEXT)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "%s holds text: segments are made of columns with few values", column->name);
    if (column->type == WB_TYPE_CATEGORY) {
        for (size_t i = 0; i < trial->n; i++)
            code[i] = column->codes[trial->row[i]];
        return WB_OK;
    }
    WBI_TRY(collect(v, column, trial, err));
    for (size_t i = 0; i < trial->n; i++) {
        const double value = value_at(column, trial->row[i]);
        code[i] = isnan(value) ? -1 : (int32_t)place_of(v, value);
    }
    return WB_OK;
}

static wb_status keep_name(wbi_segment *segment, wbi_evaluation *e, const values *v, const wbi_column *column, wb_error *err)
{
    char text[WBI_DOUBLE_CHARS + WB_TIME_CHARS];
    size_t n;
    if (segment->code < 0)
        return wbi_evaluation_keep(e, &segment->name, "(missing)", strlen("(missing)"), err);
    if (column->type == WB_TYPE_CATEGORY) {
        const wbi_str level = wbi_dictionary_at(column->dictionary, segment->code);
        return wbi_evaluation_keep(e, &segment->name, level.data, level.length, err);
    }
    const double value = v->of[segment->code];
    if (column->type == WB_TYPE_TIME)
        n = wb_time_format((int64_t)value, text);
    else
        n = isfinite(value) ? wbi_double_print(text, value) : (size_t)(stpcpy(text, value > 0 ? "inf" : "-inf") - text);
    return wbi_evaluation_keep(e, &segment->name, text, n, err);
}

/* Whether a segment stands before another: more rows, or of equals the smaller value. */
static bool is_before(const wbi_column *column, const wbi_segment *a, const wbi_segment *b)
{
    if (a->n != b->n)
        return a->n > b->n;
    if (column->type != WB_TYPE_CATEGORY || a->code < 0 || b->code < 0)
        return a->code < b->code;
    return wbi_str_compare(wbi_dictionary_at(column->dictionary, a->code), wbi_dictionary_at(column->dictionary, b->code)) < 0;
}

/* Keeps the list in order and as long as may be. */
static void insert(wbi_segments *s, const wbi_column *column, wbi_segment segment)
{
    size_t at = s->n;
    while (at > 0 && is_before(column, &segment, &s->list[at - 1]))
        at--;
    if (at == WB_SEGMENTS_SHOWN)
        return;
    s->n += s->n < WB_SEGMENTS_SHOWN;
    memmove(s->list + at + 1, s->list + at, (s->n - at - 1) * sizeof *s->list);
    s->list[at] = segment;
}

static wb_status choose(wbi_segments *out, wb_segmented *about, const wbi_column *column, size_t n_codes,
                        const wbi_trial *trial, wb_error *err)
{
    size_t *count = wbi_alloc_zeroed(n_codes + 1, sizeof *count); /* the missing ones first */
    if (count == NULL)
        return wbi_fail_nomem(err, n_codes * sizeof *count);
    for (size_t i = 0; i < trial->n; i++)
        count[out->code[i] + 1]++;
    about->n_rows_left_out = trial->n;
    for (size_t k = 0; k <= n_codes; k++) {
        if (count[k] == 0)
            continue;
        about->n_segments++;
        insert(out, column, (wbi_segment){NULL, count[k], (int32_t)k - 1});
    }
    for (size_t k = 0; k < out->n; k++)
        about->n_rows_left_out -= out->list[k].n;
    about->n_left_out = about->n_segments - out->n;
    wbi_free(count);
    return WB_OK;
}

wb_status wbi_segments_find(wbi_segments *out, wb_segmented *about, wbi_evaluation *e, const wbi_trial *trial,
                            const wb_table *table, size_t column_index, wb_error *err)
{
    const wbi_column *column = &table->columns[column_index];
    values *v = wbi_alloc_zeroed(1, sizeof *v);
    wb_status status;
    *out = (wbi_segments){.code = wbi_alloc_array(trial->n, sizeof *out->code)};
    if (out->code == NULL || v == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, trial->n * sizeof *out->code));
    WBI_TRY_CLEANUP(find_codes(out->code, v, column, trial, err));
    WBI_TRY_CLEANUP(wbi_evaluation_keep(e, &about->by, column->name, strlen(column->name), err));
    const size_t n_codes = column->type == WB_TYPE_CATEGORY ? wbi_dictionary_size(column->dictionary) : v->n;
    WBI_TRY_CLEANUP(choose(out, about, column, n_codes, trial, err));
    for (size_t k = 0; k < out->n; k++)
        WBI_TRY_CLEANUP(keep_name(&out->list[k], e, v, column, err));
cleanup:
    wbi_free(v);
    return status;
}

void wbi_segments_free(wbi_segments *segments)
{
    wbi_free(segments->code);
}
