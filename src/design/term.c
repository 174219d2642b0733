/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/term.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "design/basis.h"

static const wbi_term_kind *const kinds[] = {&wbi_term_linear, &wbi_term_category, &wbi_term_log1p, &wbi_term_spline};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const wbi_term_kind *wbi_term_kind_for(wb_type type)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i]->type == type)
            return kinds[i];
    return NULL;
}

/* Names go into the model file, which is UTF-8 text. */
static wb_status copy_name(char **out, const char *name, wb_error *err)
{
    size_t n = strlen(name);
    if (wbi_utf8_check(name, n) < n)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, name, n, "a column name is not UTF-8");
    *out = wbi_strdup(name);
    return *out == NULL ? wbi_fail_nomem(err, n + 1) : WB_OK;
}

static wb_status name_term(wbi_term **out, wbi_term *term, const char *name, wb_error *err)
{
    const wb_status status = copy_name(&term->feature, name, err);
    if (status == WB_OK)
        *out = term;
    else
        wbi_term_free(term);
    return status;
}

static const wbi_term_kind *kind_of_form(wbi_form form)
{
    switch (form) {
    case WBI_FORM_LOG1P:
        return &wbi_term_log1p;
    case WBI_FORM_SPLINE:
        return &wbi_term_spline;
    case WBI_FORM_LINEAR:
        break;
    }
    return &wbi_term_linear;
}

wb_status wbi_term_fit(wbi_term **out, const wbi_sample *sample, size_t column, const wbi_term_options *options,
                       wb_error *err)
{
    const wbi_term_kind *usual = wbi_term_kind_for(wb_table_type(sample->table, column));
    const wbi_term_kind *kind = usual == &wbi_term_linear ? kind_of_form(options->form) : usual;
    wbi_term *term = NULL;
    wbi_view view;
    WBI_TRY(wbi_view_open(&view, sample->table, column, err));
    wbi_sample at_hand = *sample;
    at_hand.table = &view.table;
    wb_status status = kind->fit(&term, &at_hand, column, options->penalised, err);
    if (status == WB_OK && term == NULL)
        status = usual->fit(&term, &at_hand, column, options->penalised, err);
    wbi_view_close(&view);
    WBI_TRY(status);
    return name_term(out, term, wb_table_name(sample->table, column), err);
}

/* What is made is most often near 0 and seldom large, so a straight line is one over its logarithm. */
static wb_status fit_made(wbi_term **out, const wbi_sample *sample, const wbi_term_options *options, wb_error *err)
{
    const wbi_term_kind *kind = options->form == WBI_FORM_SPLINE ? &wbi_term_spline : &wbi_term_log1p;
    WBI_TRY(kind->fit(out, sample, 0, options->penalised, err));
    return *out != NULL ? WB_OK : wbi_term_log1p.fit(out, sample, 0, options->penalised, err);
}

wb_status wbi_term_fit_purchases(wbi_term **out, const wbi_sample *sample, const wbi_purchases_wanted *wanted,
                                 const wbi_term_options *options, int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_term *term = NULL;
    wbi_purchases *purchases = NULL;
    wbi_column column = {.type = WB_TYPE_NUMBER, .length = sample->n};
    const wb_table table = {.n_rows = sample->n, .n_columns = 1, .columns = &column};
    wbi_sample made = *sample;
    size_t *rows = wbi_alloc_array(sample->n, sizeof *rows);
    column.numbers = wbi_alloc_array(sample->n, sizeof *column.numbers);
    if (rows == NULL || column.numbers == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, sample->n * sizeof *rows));
    for (size_t i = 0; i < sample->n; i++)
        rows[i] = i;
    made.table = &table;
    made.rows = rows;
    made.one_run = true;
    made.this_table_only = false; /* it will read other rows than these */
    WBI_TRY_CLEANUP(wbi_purchases_fit(&purchases, column.numbers, sample, wanted, n_threads, err));
    WBI_TRY_CLEANUP(fit_made(&term, &made, options, err));
    term->purchases = purchases;
    purchases = NULL;
    status = name_term(out, term, wanted->name, err);
cleanup:
    wbi_purchases_free(purchases);
    wbi_free(column.numbers);
    wbi_free(rows);
    return status;
}

bool wbi_term_reads(const wbi_term *term, const char *name)
{
    if (term->purchases == NULL)
        return strcmp(term->feature, name) == 0;
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++)
        if (strcmp(term->purchases->reads[k], name) == 0)
            return true;
    return false;
}

static wb_status find_reads(wbi_term_binding *out, const wbi_purchases *purchases, wb_error *err)
{
    out->column = SIZE_MAX;
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++)
        WBI_TRY(wbi_feature_find(&out->reads[k], out->table, purchases->reads[k], WB_TYPE_NUMBER, err));
    return wbi_table_in_memory(out->table, "a btyd term", err);
}

static wb_status find_columns(wbi_term_binding *out, const wbi_term *term, const wb_table *table, wb_error *err)
{
    *out = (wbi_term_binding){.table = table};
    return term->purchases != NULL ? find_reads(out, term->purchases, err)
                                   : wbi_feature_find(&out->column, table, term->feature, term->kind->type, err);
}

wb_status wbi_term_bind(wbi_term_binding *out, const wbi_term *term, const wb_table *table, wb_error *err)
{
    WBI_TRY(find_columns(out, term, table, err));
    return term->kind->bind == NULL ? WB_OK : term->kind->bind(out, term, err);
}

wb_status wbi_term_open(wbi_term_binding *out, wbi_view *view, const wbi_term *term, const wb_table *table, wb_error *err)
{
    *view = (wbi_view){.values = NULL};
    WBI_TRY(find_columns(out, term, table, err));
    if (out->column == SIZE_MAX)
        return WB_OK;
    WBI_TRY(wbi_view_open(view, table, out->column, err));
    out->table = &view->table;
    return WB_OK;
}

void wbi_term_numbers(double *out, const wbi_term *term, const wbi_term_binding *binding, const size_t *rows, size_t begin,
                      size_t n)
{
    const size_t *from = rows == NULL ? NULL : rows + begin;
    const size_t first = rows == NULL ? begin : 0;
    if (binding->column == SIZE_MAX) {
        const double *columns[WBI_PURCHASES_READS];
        for (size_t k = 0; k < WBI_PURCHASES_READS; k++)
            columns[k] = wb_table_numbers(binding->table, binding->reads[k]) + first;
        wbi_purchases_expect(out, &term->purchases->model, term->purchases->horizon_days, columns, from, n);
        return;
    }
    const wbi_numbers values = wbi_numbers_from(wbi_table_numbers(binding->table, binding->column), first);
    for (size_t i = 0; i < n; i++)
        out[i] = wbi_numbers_at(values, from == NULL ? i : from[i]);
}

void wbi_term_free(wbi_term *term)
{
    if (term == NULL)
        return;
    wbi_free(term->feature);
    wbi_purchases_free(term->purchases);
    term->kind->free(term);
}

wb_status wbi_term_column_name(char **out, const wbi_term *term, size_t part, wb_error *err)
{
    wbi_buffer name = wbi_buffer_make((size_t)1 << 30);
    wb_status status = term->kind->describe(&name, term, part, err);
    if (status == WB_OK) {
        *out = wbi_strndup(name.data, name.length);
        if (*out == NULL)
            status = wbi_fail_nomem(err, name.length + 1);
    }
    wbi_buffer_free(&name);
    return status;
}

json_t *wbi_term_to_json(const wbi_term *term)
{
    json_t *object = json_object();
    if (json_object_set_new(object, "kind", json_string(term->kind->name)) == 0 &&
        json_object_set_new(object, "feature", json_string(term->feature)) == 0 &&
        (term->purchases == NULL || json_object_set_new(object, "btyd", wbi_purchases_to_json(term->purchases)) == 0) &&
        term->kind->to_json(object, term) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static wb_status find_kind(const wbi_term_kind **out, const wbi_json_at *at, wb_error *err)
{
    char *name = NULL;
    WBI_TRY(wbi_json_text(&name, at, "kind", err));
    *out = NULL;
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            *out = kinds[i];
    wb_status status = WB_OK;
    if (*out == NULL)
        status = wbi_json_wrong(at, "kind", err, "'%.40s' is no kind of term that this version knows", name);
    wbi_free(name);
    return status;
}

static wb_status read_purchases(wbi_term *term, const wbi_json_at *at, wb_error *err)
{
    if (term->kind != &wbi_term_log1p && term->kind != &wbi_term_spline)
        return wbi_json_wrong(at, "btyd", err, "expected purchases are log1p or spline, not %s", term->kind->name);
    return wbi_purchases_from_json(&term->purchases, at, "btyd", err);
}

wb_status wbi_term_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    const wbi_term_kind *kind;
    wbi_term *term = NULL;
    WBI_TRY(find_kind(&kind, at, err));
    WBI_TRY(kind->from_json(&term, at, err));
    wb_status status = wbi_json_text(&term->feature, at, "feature", err);
    if (status == WB_OK && json_object_get(at->value, "btyd") != NULL)
        status = read_purchases(term, at, err);
    if (status == WB_OK)
        *out = term;
    else
        wbi_term_free(term);
    return status;
}

size_t wbi_term_n_penalised(const wbi_term *term)
{
    return term->kind->n_penalised == NULL ? 0 : term->kind->n_penalised(term);
}

double wbi_shape_at(const wbi_shape *shape, double value)
{
    const double *knots = shape->knots;
    const double at = fmax(knots[0], fmin(isfinite(value) ? value : shape->missing, knots[shape->n_intervals]));
    size_t i = 0;
    while (i + 1 < shape->n_intervals && at >= knots[i + 1])
        i++;
    const double u = (at - knots[i]) / (knots[i + 1] - knots[i]), *c = shape->cubic[i];
    return c[0] + u * (c[1] + u * (c[2] + u * c[3]));
}
