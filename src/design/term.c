/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/term.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "table/spill.h"

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
    status = copy_name(&term->feature, wb_table_name(sample->table, column), err);
    if (status == WB_OK)
        *out = term;
    else
        wbi_term_free(term);
    return status;
}

void wbi_term_free(wbi_term *term)
{
    if (term == NULL)
        return;
    wbi_free(term->feature);
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

wb_status wbi_term_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    const wbi_term_kind *kind;
    wbi_term *term = NULL;
    WBI_TRY(find_kind(&kind, at, err));
    WBI_TRY(kind->from_json(&term, at, err));
    wb_status status = wbi_json_text(&term->feature, at, "feature", err);
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
