/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as they are, or log1p of them. A missing one takes the training median and, when training had any, a column of
 * its own. */
#include <math.h>

#include "base/memory.h"
#include "design/number.h"

enum { VALUE = 0, INDICATOR = 1 };

typedef struct linear {
    wbi_term base;
    wbi_number number;
} linear;

static linear *linear_create(const wbi_term_kind *kind, const wbi_number *number)
{
    linear *term = wbi_alloc_zeroed(1, sizeof *term);
    if (term != NULL) {
        term->base = (wbi_term){.kind = kind, .n_columns = number->missing_share > 0 ? 2 : 1};
        term->number = *number;
    }
    return term;
}

static void linear_free(wbi_term *term)
{
    wbi_free(term);
}

static bool has_missing(const wb_table *table, size_t column)
{
    const wbi_numbers values = wbi_table_numbers(table, column);
    size_t row = 0;
    while (row < wb_table_n_rows(table) && isfinite(wbi_numbers_at(values, row)))
        row++;
    return row < wb_table_n_rows(table);
}

static wb_status fit_kind(wbi_term **out, const wbi_term_kind *kind, const wbi_sample *sample, size_t column,
                          wb_error *err)
{
    wbi_number found = wbi_number_complete();
    if (!sample->this_table_only || has_missing(sample->table, column))
        WBI_TRY(wbi_number_learn(&found, sample, wbi_table_numbers(sample->table, column), err));
    linear *term = linear_create(kind, &found);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    *out = &term->base;
    return WB_OK;
}

static wb_status linear_fit(wbi_term **out, const wbi_sample *sample, size_t column, bool penalised, wb_error *err)
{
    (void)penalised;
    return fit_kind(out, &wbi_term_linear, sample, column, err);
}

static wb_status linear_describe(wbi_buffer *name, const wbi_term *term, size_t part, wb_error *err)
{
    WBI_TRY(wbi_buffer_append_text(name, term->feature, err));
    return part == INDICATOR ? wbi_buffer_append_text(name, " (missing)", err) : WB_OK;
}

static wbi_plain linear_plain(const wbi_term *base, size_t part)
{
    const linear *term = (const linear *)base;
    return part == INDICATOR ? (wbi_plain){.missing = 1, .indicator = true} : (wbi_plain){.missing = term->number.median};
}

static wbi_typical linear_typical(const wbi_term *base)
{
    return wbi_number_typical(&((const linear *)base)->number);
}

static wbi_reference linear_reference(const wbi_term *base)
{
    return wbi_number_reference(&((const linear *)base)->number);
}

static int linear_to_json(json_t *object, const wbi_term *base)
{
    return wbi_number_to_json(object, &((const linear *)base)->number);
}

static wb_status read_kind(wbi_term **out, const wbi_term_kind *kind, const wbi_json_at *at, wb_error *err)
{
    wbi_number number;
    WBI_TRY(wbi_number_from_json(&number, at, err));
    linear *term = linear_create(kind, &number);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    *out = &term->base;
    return WB_OK;
}

static wb_status linear_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    return read_kind(out, &wbi_term_linear, at, err);
}

/* A line over what the value becomes; `median` is what the median becomes. */
static void compile_line(wbi_contribution *out, const linear *term, const wbi_weighed *parts, double median)
{
    const wbi_weighed value = parts[VALUE], indicator = term->base.n_columns > 1 ? parts[INDICATOR] : (wbi_weighed){0, 0};
    out->saw_missing = term->number.missing_share > 0;
    out->constant = -indicator.coefficient * indicator.mean;
    out->line = (wbi_score_line){.slope = value.coefficient,
                                 .centre = value.mean,
                                 .missing = value.coefficient * (median - value.mean) + indicator.coefficient,
                                 .low = term->number.deciles[0],
                                 .high = term->number.deciles[WBI_N_DECILES - 1]};
}

static wb_status linear_compile(wbi_contribution *out, const wbi_term *base, const wbi_weighed *parts, wb_error *err)
{
    (void)err;
    const linear *term = (const linear *)base;
    out->form = WBI_CONTRIBUTION_LINE;
    compile_line(out, term, parts, term->number.median);
    return WB_OK;
}

const wbi_term_kind wbi_term_linear = {
    .name = "linear",
    .type = WB_TYPE_NUMBER,
    .fit = linear_fit,
    .free = linear_free,
    .describe = linear_describe,
    .plain = linear_plain,
    .to_json = linear_to_json,
    .typical = linear_typical,
    .reference = linear_reference,
    .from_json = linear_from_json,
    .compile = linear_compile,
};

/* ---- log1p ---- */

static wb_status log1p_fit(wbi_term **out, const wbi_sample *sample, size_t column, bool penalised, wb_error *err)
{
    const wbi_numbers values = wbi_table_numbers(sample->table, column);
    (void)penalised;
    for (size_t i = 0; i < sample->n; i++) {
        const double value = wbi_numbers_at(values, sample->rows[i]);
        if (value < 0)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s is %g in a row: log1p takes numbers >= 0",
                            wb_table_name(sample->table, column), value);
    }
    return fit_kind(out, &wbi_term_log1p, sample, column, err);
}

static wb_status log1p_describe(wbi_buffer *name, const wbi_term *term, size_t part, wb_error *err)
{
    if (part == INDICATOR)
        return linear_describe(name, term, part, err);
    WBI_TRY(wbi_buffer_append_text(name, "log1p(", err));
    WBI_TRY(wbi_buffer_append_text(name, term->feature, err));
    return wbi_buffer_append_text(name, ")", err);
}

/* Training had no value below 0. */
static double log1p_of(double value)
{
    return log1p(value > 0 ? value : 0);
}

static void log1p_encode(wbi_encoding *out, const wbi_term *base, const wbi_term_binding *binding)
{
    const linear *term = (const linear *)base;
    const wbi_numbers values = wbi_table_numbers(binding->table, binding->column);
    size_t value_at = out->place[VALUE], indicator_at = base->n_columns > 1 ? out->place[INDICATOR] : SIZE_MAX;
    double *x = out->x;
    for (size_t i = 0; i < out->n; i++, x += out->stride) {
        double value = wbi_numbers_at(values, out->rows == NULL ? out->begin + i : out->rows[out->begin + i]);
        bool missing = !isfinite(value);
        if (value_at != SIZE_MAX)
            x[value_at] = log1p_of(missing ? term->number.median : value);
        if (indicator_at != SIZE_MAX)
            x[indicator_at] = missing;
    }
}

static wb_status log1p_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    return read_kind(out, &wbi_term_log1p, at, err);
}

static wb_status log1p_compile(wbi_contribution *out, const wbi_term *base, const wbi_weighed *parts, wb_error *err)
{
    (void)err;
    const linear *term = (const linear *)base;
    out->form = WBI_CONTRIBUTION_LOG_LINE;
    compile_line(out, term, parts, log1p_of(term->number.median));
    return WB_OK;
}

const wbi_term_kind wbi_term_log1p = {
    .name = "log1p",
    .type = WB_TYPE_NUMBER,
    .fit = log1p_fit,
    .free = linear_free,
    .describe = log1p_describe,
    .encode = log1p_encode,
    .to_json = linear_to_json,
    .typical = linear_typical,
    .reference = linear_reference,
    .from_json = log1p_from_json,
    .compile = log1p_compile,
};
