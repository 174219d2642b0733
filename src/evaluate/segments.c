/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows parted by the values of a column: levels of a category, the values of numbers and times that have few, and fifths of
 * numbers that have many. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "design/quantile.h"
#include "design/term.h"
#include "evaluate/evaluate.h"

enum { MOST_TIMES = 1000, FIFTHS = 5 };

/* The distinct values of numbers or times, ascending; their codes are their places once all are known. Of a number with more
 * than may be shown, the upper ends of its parts, each of which has values above the one before. */
typedef struct values {
    double of[MOST_TIMES];
    size_t n;
    bool parted;
    double least; /* of all values, where they are parted */
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

/* Says no where there are more than `most`. */
static bool collect(values *v, size_t most, const wbi_column *column, const wbi_trial *trial)
{
    for (size_t i = 0; i < trial->n; i++) {
        const double value = value_at(column, trial->row[i]);
        const size_t at = isnan(value) ? SIZE_MAX : place_of(v, value);
        if (at == SIZE_MAX || (at < v->n && v->of[at] == value))
            continue;
        if (v->n == most)
            return false;
        memmove(v->of + at + 1, v->of + at, (v->n - at) * sizeof *v->of);
        v->of[at] = value;
        v->n++;
    }
    return true;
}

/* Quintiles by R's type 7; those that are equal make one part. */
static wb_status part_in_fifths(values *v, const wbi_column *column, const wbi_trial *trial, wb_error *err)
{
    double quantiles[FIFTHS + 1], *known = wbi_alloc_array(trial->n, 3 * sizeof *known);
    size_t n = 0;
    if (known == NULL)
        return wbi_fail_nomem(err, trial->n * 3 * sizeof *known);
    for (size_t i = 0; i < trial->n; i++) {
        const double value = value_at(column, trial->row[i]);
        if (!isnan(value))
            known[n++] = value;
    }
    wbi_equal_quantiles(quantiles, FIFTHS + 1, known, n, known + n);
    wbi_free(known);
    *v = (values){.parted = true, .least = quantiles[0]};
    for (size_t k = 1; k <= FIFTHS; k++)
        if (!isnan(quantiles[k]) && (v->n == 0 || quantiles[k] > v->of[v->n - 1])) /* NaN: between infinities */
            v->of[v->n++] = quantiles[k];
    return WB_OK;
}

static wb_status find_values(values *v, const wbi_column *column, const wbi_trial *trial, wb_error *err)
{
    if (column->type == WB_TYPE_NUMBER)
        return collect(v, WB_SEGMENTS_SHOWN, column, trial) ? WB_OK : part_in_fifths(v, column, trial, err);
    if (collect(v, MOST_TIMES, column, trial))
        return WB_OK;
    return wbi_fail(err, WB_ERR_INCONSISTENT, "%s has more than %d times: segments are made of columns with few values",
                    column->name, MOST_TIMES);
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
    WBI_TRY(find_values(v, column, trial, err));
    for (size_t i = 0; i < trial->n; i++) {
        const double value = value_at(column, trial->row[i]);
        code[i] = isnan(value) ? -1 : (int32_t)place_of(v, value);
    }
    return WB_OK;
}

static size_t print_number(char text[WBI_DOUBLE_CHARS], double value)
{
    if (!isfinite(value))
        return (size_t)(stpcpy(text, value > 0 ? "inf" : "-inf") - text);
    return wbi_double_print(text, value);
}

/* "12.5 to 20", of values above 12.5 (the first: from there on) up to 20; ends between two values are rounded. */
static size_t print_part(char *text, const values *v, size_t part)
{
    const double ends[] = {part == 0 ? v->least : v->of[part - 1], v->of[part]};
    size_t used = 0;
    for (size_t e = ends[0] == ends[1]; e < 2; e++) {
        char rounded[32];
        double end = ends[e];
        snprintf(rounded, sizeof rounded, "%.6g", end);
        if (end != rint(end))
            wbi_double_read(&end, rounded, strlen(rounded), '.');
        if (used > 0)
            used += (size_t)(stpcpy(text + used, " to ") - (text + used));
        used += print_number(text + used, end);
    }
    return used;
}

static wb_status keep_name(wbi_segment *segment, wbi_evaluation *e, const values *v, const wbi_column *column, wb_error *err)
{
    char text[2 * WBI_DOUBLE_CHARS + WB_TIME_CHARS];
    size_t n;
    if (segment->code < 0)
        return wbi_evaluation_keep(e, &segment->name, wbi_missing_level, strlen(wbi_missing_level), err);
    if (column->type == WB_TYPE_CATEGORY) {
        const wbi_str level = wbi_dictionary_at(column->dictionary, segment->code);
        return wbi_evaluation_keep(e, &segment->name, level.data, level.length, err);
    }
    if (column->type == WB_TYPE_TIME)
        n = wb_time_format((int64_t)v->of[segment->code], text);
    else
        n = v->parted ? print_part(text, v, (size_t)segment->code) : print_number(text, v->of[segment->code]);
    return wbi_evaluation_keep(e, &segment->name, text, n, err);
}

/* Whether a segment stands before another: of numbers the smaller value, the missing ones last; else more rows, or of equals the
 * smaller value. */
static bool is_before(const wbi_column *column, const wbi_segment *a, const wbi_segment *b)
{
    if (column->type == WB_TYPE_NUMBER)
        return (uint32_t)a->code < (uint32_t)b->code; /* -1 is missing */
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
