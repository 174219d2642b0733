/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/smoothness.h"

#include <math.h>

#include "base/memory.h"

/* Of a matrix whose diagonal degrees of freedom are. */
static const double ROUNDING = 1e-6;

wb_status wbi_smoothness_create(wbi_smoothness **out, size_t n_terms, wb_error *err)
{
    wbi_smoothness *made = wbi_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return wbi_fail_nomem(err, sizeof *made);
    made->n_terms = n_terms;
    made->terms = wbi_alloc_zeroed(n_terms, sizeof *made->terms);
    if (made->terms == NULL) {
        wbi_free(made);
        return wbi_fail_nomem(err, n_terms * sizeof *made->terms);
    }
    for (size_t t = 0; t < n_terms; t++)
        made->terms[t].bend = made->terms[t].slope = made->terms[t].spread = NAN;
    *out = made;
    return WB_OK;
}

void wbi_smoothness_free(wbi_smoothness *smoothness)
{
    if (smoothness == NULL)
        return;
    wbi_free(smoothness->terms);
    wbi_free(smoothness);
}

/* The first column of the term. */
static size_t first_column(const wbi_basis *basis, size_t term)
{
    size_t column = 0;
    while (column < basis->n_columns && basis->columns[column].term < term)
        column++;
    return column;
}

bool wbi_basis_shape(wbi_shape *out, const wbi_basis *basis, const double *beta, size_t term)
{
    enum { MAX_SPLINES = WBI_MAX_INTERVALS + 3 };
    double coefficients[MAX_SPLINES] = {0}, mean = 0;
    const size_t n = wbi_term_n_penalised(basis->terms[term]);
    if (n == 0)
        return false;
    for (size_t j = first_column(basis, term); j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        if (column->term != term || column->part >= n)
            break;
        coefficients[column->part] = beta[j + 1] / column->sd;
        mean += coefficients[column->part] * column->mean;
    }
    basis->terms[term]->kind->shape(out, basis->terms[term], coefficients);
    for (size_t i = 0; i < out->n_intervals; i++)
        out->cubic[i][0] -= mean;
    return true;
}

/* ---- the model file ---- */

static json_t *curve_to_json(const wbi_shape *shape)
{
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t i = 0; failed == 0 && i < shape->n_intervals; i++)
        failed = json_array_append_new(array, wbi_json_reals(shape->cubic[i], 4));
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}

int wbi_smoothness_to_json(json_t *object, const wbi_smoothness *smoothness, const wbi_basis *basis, const double *beta,
                           size_t term)
{
    wbi_shape shape;
    if (smoothness == NULL)
        return 0;
    const wbi_smoothness_term *from = &smoothness->terms[term];
    int failed = json_object_set_new(object, "edf", wbi_json_real(from->freedom));
    if (!wbi_basis_shape(&shape, basis, beta, term))
        return failed;
    failed |= json_object_set_new(object, "lambda_bend", wbi_json_real(from->bend));
    failed |= json_object_set_new(object, "lambda_slope", wbi_json_real(from->slope));
    failed |= json_object_set_new(object, "spread", wbi_json_real(from->spread));
    failed |= json_object_set_new(object, "curve", curve_to_json(&shape));
    return failed;
}

/* The curve is for readers; it must say what the coefficients say. */
static wb_status check_curve(const wbi_shape *shape, const wbi_json_at *at, wb_error *err)
{
    const json_t *curve = json_object_get(at->value, "curve");
    double size = 0;
    if (json_array_size(curve) != shape->n_intervals)
        return wbi_json_wrong(at, "curve", err, "expected %zu cubics", shape->n_intervals);
    for (size_t i = 0; i < shape->n_intervals; i++)
        for (size_t power = 0; power < 4; power++)
            size = fmax(size, fabs(shape->cubic[i][power]));
    for (size_t i = 0; i < shape->n_intervals; i++) {
        const json_t *cubic = json_array_get(curve, i);
        bool same = json_array_size(cubic) == 4;
        for (size_t power = 0; same && power < 4; power++)
            same = json_is_number(json_array_get(cubic, power)) &&
                   fabs(json_number_value(json_array_get(cubic, power)) - shape->cubic[i][power]) <= 1e-9 * size;
        if (!same)
            return wbi_json_wrong(at, "curve", err, "cubic %zu does not follow from knots and coefficients", i);
    }
    return WB_OK;
}

static wb_status read_positive(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_number(out, at, key, err));
    return *out >= 0 && isfinite(*out) ? WB_OK : wbi_json_wrong(at, key, err, "%g is not a number >= 0", *out);
}

static wb_status read_term(wbi_smoothness_term *out, const wbi_json_at *at, const wbi_basis *basis, const double *beta,
                           size_t term, wb_error *err)
{
    wbi_shape shape;
    const size_t n_columns = wbi_basis_columns_of(basis, term);
    WBI_TRY(read_positive(&out->freedom, at, "edf", err));
    if (out->freedom > (double)n_columns * (1 + ROUNDING))
        return wbi_json_wrong(at, "edf", err, "%g are more than its columns, %zu", out->freedom, n_columns);
    if (!wbi_basis_shape(&shape, basis, beta, term))
        return WB_OK;
    WBI_TRY(read_positive(&out->bend, at, "lambda_bend", err));
    WBI_TRY(read_positive(&out->slope, at, "lambda_slope", err));
    WBI_TRY(read_positive(&out->spread, at, "spread", err));
    return check_curve(&shape, at, err);
}

wb_status wbi_smoothness_from_json(wbi_smoothness **out, const wbi_json_at *at, const wbi_basis *basis,
                                   const double *beta, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_json_at terms;
    wbi_smoothness *made = NULL;
    WBI_TRY(wbi_json_array(&terms, at, "terms", err));
    WBI_TRY(wbi_smoothness_create(&made, basis->n_terms, err));
    for (size_t t = 0; t < basis->n_terms; t++) {
        wbi_json_at item = wbi_json_item(&terms, t);
        WBI_TRY_CLEANUP(read_term(&made->terms[t], &item, basis, beta, t, err));
    }
    *out = made;
    return WB_OK;
cleanup:
    wbi_smoothness_free(made);
    return status;
}
