/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "design/number.h"
#include "table/table.h"

enum { N_STEPS = 16, MOST_NUMBERS = WBI_N_DECILES + WBI_MAX_INTERVALS + 2 + N_STEPS + 1 };

static wb_status make_room(wb_effect *out, size_t n, wb_error *err)
{
    out->points = wbi_alloc_zeroed(n, sizeof *out->points);
    return out->points == NULL ? wbi_fail_nomem(err, n * sizeof *out->points) : WB_OK;
}

static wb_status add_point(wb_effect *out, double value, const char *level, double share, wb_error *err)
{
    wb_effect_point *point = &out->points[out->n_points++];
    *point = (wb_effect_point){value, NULL, NAN, NAN, NAN, NAN, NAN, NAN, share, 0};
    if (level != NULL && (point->level = wbi_strdup(level)) == NULL)
        return wbi_fail_nomem(err, strlen(level) + 1);
    return WB_OK;
}

/* ---- numbers ---- */

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool is_decile(const double *deciles, double value)
{
    for (size_t k = 0; k < WBI_N_DECILES; k++)
        if (wbi_number_ties(deciles[k], value))
            return true;
    return false;
}

/* By straight lines between deciles. */
static double share_below(const double *deciles, double value)
{
    size_t k = 0;
    while (k < WBI_N_DECILES && deciles[k] < value && !wbi_number_ties(deciles[k], value))
        k++;
    if (k == 0 || k == WBI_N_DECILES)
        return k == 0 ? 0 : 1;
    const double part = (value - deciles[k - 1]) / (deciles[k] - deciles[k - 1]);
    return ((double)(k - 1) + fmin(1, part)) / (WBI_N_DECILES - 1);
}

/* Deciles at 1, 5 and 9 tenths say how far most rows reach; where they tie, the least and the greatest do. */
static void find_usual(wb_effect *out, const double *deciles)
{
    static const double reach = 1.5;
    const double least = deciles[0], most = deciles[WBI_N_DECILES - 1];
    const double below = deciles[1], middle = deciles[WBI_N_DECILES / 2], above = deciles[WBI_N_DECILES - 2];
    out->usual_low = middle > below ? fmax(least, below - reach * (middle - below)) : least;
    out->usual_high = above > middle ? fmin(most, above + reach * (above - middle)) : most;
}

static size_t list_numbers(double *out, const wb_model *model, size_t term, const wbi_reference *reference, const wb_effect *effect)
{
    const wbi_term *of = model->basis->terms[term];
    wbi_shape shape;
    size_t n = 0, n_distinct = 0;
    memcpy(out, reference->deciles, WBI_N_DECILES * sizeof *out);
    n = WBI_N_DECILES;
    out[n++] = of->kind->typical(of).number;
    const size_t stride = strcmp(of->kind->name, "linear") == 0 ? N_STEPS : 1;
    for (size_t k = 0; k <= N_STEPS; k += stride)
        out[n++] = effect->usual_low + (effect->usual_high - effect->usual_low) * (double)k / N_STEPS;
    if (wbi_basis_shape(&shape, model->basis, model->beta, term))
        for (size_t k = 0; k <= shape.n_intervals; k++)
            out[n++] = shape.knots[k];
    qsort(out, n, sizeof *out, ascending);
    for (size_t i = 0; i < n; i++)
        if (n_distinct == 0 || !wbi_number_ties(out[i], out[n_distinct - 1]))
            out[n_distinct++] = out[i];
    return n_distinct;
}

static wb_status place_numbers(wb_effect *out, const wb_model *model, size_t term, const wbi_reference *reference, wb_error *err)
{
    const wbi_term *of = model->basis->terms[term];
    const double typical = of->kind->typical(of).number;
    double values[MOST_NUMBERS];
    size_t n = 0;
    out->usual_low = out->usual_high = NAN;
    if (reference->deciles != NULL) {
        find_usual(out, reference->deciles);
        n = list_numbers(values, model, term, reference, out);
    }
    WBI_TRY(make_room(out, n + 1, err));
    for (size_t i = 0; i < n; i++) {
        WBI_TRY(add_point(out, values[i], NULL, share_below(reference->deciles, values[i]), err));
        out->points[i].is_decile = is_decile(reference->deciles, values[i]);
        if (wbi_number_ties(values[i], typical))
            out->typical = i;
    }
    return reference->missing > 0 || n == 0 ? add_point(out, NAN, wbi_missing_level, reference->missing, err) : WB_OK;
}

/* ---- levels ---- */

static wb_status place_levels(wb_effect *out, const wbi_reference *reference, wb_error *err)
{
    const size_t n = reference->n_levels;
    out->usual_low = out->usual_high = NAN;
    WBI_TRY(make_room(out, n + 2, err));
    for (size_t k = 0; k < n; k++)
        WBI_TRY(add_point(out, NAN, reference->levels[k], reference->shares[k], err));
    if (reference->has_missing)
        WBI_TRY(add_point(out, NAN, wbi_missing_level, reference->missing, err));
    if (reference->has_other)
        WBI_TRY(add_point(out, NAN, wbi_other_level, reference->shares[n + reference->has_missing], err));
    for (size_t k = 1; k < out->n_points; k++)
        if (out->points[k].share > out->points[out->typical].share)
            out->typical = k;
    return WB_OK;
}

wb_status wbi_points_place(wb_effect *out, const wb_model *model, size_t term, wb_error *err)
{
    const wbi_term *of = model->basis->terms[term];
    const wbi_reference reference = of->kind->reference(of);
    return of->kind->type == WB_TYPE_CATEGORY ? place_levels(out, &reference, err)
                                              : place_numbers(out, model, term, &reference, err);
}

/* ---- as a table ---- */

static wb_status push_point(wbi_column *column, const wb_effect_point *point, wb_error *err)
{
    int32_t code = -1;
    if (column->type == WB_TYPE_NUMBER)
        return wbi_column_push_number(column, point->value, err);
    if (strcmp(point->level, wbi_missing_level) != 0)
        WBI_TRY(wbi_dictionary_intern(column->dictionary, point->level, strlen(point->level), &code, err));
    return wbi_column_push_code(column, code, err);
}

static wb_status fill_table(wb_table *table, const wb_effect *effects, const wb_model *model, wb_error *err)
{
    const size_t n_terms = model->basis->n_terms;
    size_t n_rows = 1;
    for (size_t t = 0; t < n_terms; t++) {
        n_rows = effects[t].n_points + 1 > n_rows ? effects[t].n_points + 1 : n_rows;
        WBI_TRY(wbi_table_add_column(table, model->basis->terms[t]->feature, model->basis->terms[t]->kind->type, NULL, err));
    }
    for (size_t t = 0; t < n_terms; t++) {
        const wb_effect *effect = &effects[t];
        WBI_TRY(push_point(&table->columns[t], &effect->points[effect->typical], err));
        for (size_t row = 1; row < n_rows; row++) {
            const size_t point = row <= effect->n_points ? row - 1 : effect->n_points - 1;
            WBI_TRY(push_point(&table->columns[t], &effect->points[point], err));
        }
    }
    table->n_rows = n_rows;
    return WB_OK;
}

wb_status wbi_points_table(wb_table **out, const wb_effect *effects, const wb_model *model, wb_error *err)
{
    wb_table *table = NULL;
    WBI_TRY(wbi_table_create(&table, err));
    wb_status status = fill_table(table, effects, model, err);
    if (status == WB_OK)
        *out = table;
    else
        wb_table_free(table);
    return status;
}
