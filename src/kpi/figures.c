/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "expr/expr.h"
#include "metrics/wilson.h"

/* Slots are terms, then figures, each a column of as many values as there are cells. */
typedef struct evaluating {
    wb_kpis *kpis;
    size_t n_cells, n_slots;
    double *columns;
    wbi_vector *slots;
    wbi_expr_scratch *scratch;
} evaluating;

static bool resolve(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type, wb_error *err)
{
    (void)user;
    (void)wanted;
    (void)err;
    *type = WBI_EXPR_NUMBER;
    *slot = wbi_kpi_find_term(name);
    if (*slot != SIZE_MAX)
        return true;
    const size_t kpi = wbi_kpi_find(name);
    *slot = WBI_N_TERMS + kpi;
    return kpi != SIZE_MAX;
}

/* values[cell] of a formula. */
static wb_status evaluate(double *values, const evaluating *e, const char *formula, wb_error *err)
{
    wbi_expr *expr;
    wbi_vector result;
    wb_error why = {0};
    wb_status status = wbi_expr_parse(&expr, formula, (wbi_where){0}, &why);
    if (status == WB_OK)
        status = wbi_expr_bind(expr, &(wbi_scope){resolve, NULL}, WBI_EXPR_NUMBER, &why);
    if (status == WB_OK)
        status = wbi_expr_eval(expr, e->slots, e->n_cells, 0, e->scratch, &result, &why);
    if (status == WB_OK)
        memcpy(values, result.numbers, e->n_cells * sizeof *values);
    else if (err != NULL)
        *err = why;
    wbi_expr_scratch_reset(e->scratch);
    wbi_expr_free(expr);
    return status;
}

static const double normal_quantile = 1.959963984540054; /* of 97.5 % */

static wb_kpi_figure figure_of(const wb_kpi_definition *kpi, double over, double under)
{
    wb_kpi_figure f = {over, over, NAN, NAN, NAN};
    if (kpi->under == NULL)
        return f;
    f.under = under;
    f.value = under == 0 ? NAN : over / under;
    if (kpi->is_share && under > 0) {
        const wbi_wilson ends = wbi_wilson_of(f.value, under, normal_quantile);
        f.low = ends.low;
        f.high = ends.high;
    }
    return f;
}

static wb_status make_figure(const evaluating *e, size_t k, double *over, double *under, wb_error *err)
{
    const wb_kpi_definition kpi = wb_kpi_at(k);
    WBI_TRY(evaluate(over, e, kpi.over, err));
    if (kpi.under != NULL)
        WBI_TRY(evaluate(under, e, kpi.under, err));
    for (size_t cell = 0; cell < e->n_cells; cell++) {
        const wb_kpi_figure f = figure_of(&kpi, over[cell], under[cell]);
        e->kpis->figures[cell * wb_kpi_n() + k] = f;
        e->columns[(WBI_N_TERMS + k) * e->n_cells + cell] = f.value;
    }
    return WB_OK;
}

/* ---- what is left out ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

/* The next name in a formula, at *at, which then stands behind it; its length, 0 past the last. */
static size_t next_name(const char **name, const char **at)
{
    while (**at != '\0' && !is_letter(**at))
        ++*at;
    *name = *at;
    while (is_letter(**at))
        ++*at;
    return (size_t)(*at - *name);
}

enum { KEY_CHARS = 64 };

static void copy_key(char key[KEY_CHARS], const char *name, size_t n)
{
    snprintf(key, KEY_CHARS, "%.*s", (int)n, name);
}

/* Why a formula cannot be evaluated; NULL: it can. Figures before this one have been asked already. */
static const char *why_not(const wb_kpis *kpis, const char *formula, char *const needs[WBI_N_NEEDS])
{
    const char *at = formula, *name;
    char key[KEY_CHARS];
    for (size_t n; formula != NULL && (n = next_name(&name, &at)) > 0;) {
        copy_key(key, name, n);
        const size_t term = wbi_kpi_find_term(key);
        const char *why = term != SIZE_MAX ? needs[wbi_kpi_term_need(term)] : kpis->why[wbi_kpi_find(key)];
        if (why != NULL)
            return why;
    }
    return NULL;
}

static wb_status leave_out(wb_kpis *kpis, size_t k, char *const needs[WBI_N_NEEDS], wb_error *err)
{
    const wb_kpi_definition kpi = wb_kpi_at(k);
    const char *why = why_not(kpis, kpi.over, needs);
    if (why == NULL)
        why = why_not(kpis, kpi.under, needs);
    if (why == NULL)
        return WB_OK;
    kpis->why[k] = wbi_strdup(why);
    return kpis->why[k] == NULL ? wbi_fail_nomem(err, strlen(why) + 1) : WB_OK;
}

static wb_status prepare(evaluating *e, wb_error *err)
{
    wb_kpis *kpis = e->kpis;
    e->columns = wbi_alloc_array(e->n_slots + 2, e->n_cells * sizeof *e->columns);
    e->slots = wbi_alloc_zeroed(e->n_slots, sizeof *e->slots);
    kpis->figures = wbi_alloc_zeroed(e->n_cells * wb_kpi_n(), sizeof *kpis->figures);
    kpis->why = wbi_alloc_zeroed(wb_kpi_n(), sizeof *kpis->why);
    if (e->columns == NULL || e->slots == NULL || kpis->figures == NULL || kpis->why == NULL)
        return wbi_fail_nomem(err, (e->n_slots + 2) * e->n_cells * sizeof *e->columns);
    for (size_t s = 0; s < e->n_slots; s++)
        e->slots[s] = (wbi_vector){.type = WBI_EXPR_NUMBER, .numbers = e->columns + s * e->n_cells};
    for (size_t t = 0; t < WBI_N_TERMS; t++)
        for (size_t cell = 0; cell < e->n_cells; cell++)
            e->columns[t * e->n_cells + cell] = kpis->terms[cell * WBI_N_TERMS + t];
    return wbi_expr_scratch_create(&e->scratch, err);
}

wb_status wbi_kpi_make_figures(wb_kpis *kpis, char *const needs[WBI_N_NEEDS], wb_error *err)
{
    evaluating e = {.kpis = kpis, .n_cells = kpis->n_periods * kpis->n_groups, .n_slots = WBI_N_TERMS + wb_kpi_n()};
    wb_status status;
    WBI_TRY_CLEANUP(prepare(&e, err));
    double *over = e.columns + e.n_slots * e.n_cells, *under = over + e.n_cells;
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        WBI_TRY_CLEANUP(leave_out(kpis, k, needs, err));
        WBI_TRY_CLEANUP(make_figure(&e, k, over, under, err));
    }
cleanup:
    wbi_expr_scratch_free(e.scratch);
    wbi_free(e.slots);
    wbi_free(e.columns);
    return status;
}

/* ---- the formula in words ---- */

typedef struct text {
    char *bytes;
    size_t used, size;
} text;

static void put(text *to, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && to->used + 1 < to->size; i++)
        to->bytes[to->used++] = bytes[i];
    to->bytes[to->used] = '\0';
}

/* "92 of 1234.5" to the reader's taste: money with two decimals, shares in percent, whole numbers whole. */
static void put_value(text *to, double value, wb_kpi_unit unit)
{
    char digits[64];
    if (isnan(value))
        snprintf(digits, sizeof digits, "?");
    else if (unit == WB_KPI_MONEY)
        snprintf(digits, sizeof digits, "%.2f", value);
    else if (unit == WB_KPI_RATE)
        snprintf(digits, sizeof digits, "%.4g %%", 100 * value);
    else
        snprintf(digits, sizeof digits, value == floor(value) ? "%.0f" : "%.4g", value);
    put(to, digits, strlen(digits));
}

static void put_named(text *to, const wb_kpis *kpis, size_t cell, const char *key)
{
    const size_t t = wbi_kpi_find_term(key), k = wbi_kpi_find(key);
    const wb_kpi_term term = t != SIZE_MAX ? wb_kpi_term_at(t) : (wb_kpi_term){0};
    const char *name = t != SIZE_MAX ? term.name : wb_kpi_at(k).name;
    name += strspn(name, " ");
    put(to, name, strlen(name));
    put(to, " ", 1);
    if (t != SIZE_MAX)
        put_value(to, kpis->terms[cell * WBI_N_TERMS + t], term.unit);
    else
        put_value(to, kpis->figures[cell * wb_kpi_n() + k].value, wb_kpi_at(k).unit);
}

static void put_formula(text *to, const wb_kpis *kpis, size_t cell, const char *formula)
{
    char key[KEY_CHARS];
    for (const char *at = formula, *from = at, *name; *from != '\0'; from = at) {
        const size_t n = next_name(&name, &at);
        put(to, from, (size_t)(name - from));
        if (n == 0)
            return;
        copy_key(key, name, n);
        put_named(to, kpis, cell, key);
    }
}

/* Whether a formula is a sum or the like, which a division would tear apart. */
static bool is_compound(const char *formula)
{
    return strpbrk(formula, "+-*/") != NULL;
}

const char *wb_kpi_explain(char *bytes, size_t size, const wb_kpis *kpis, size_t cell, size_t k)
{
    const wb_kpi_definition kpi = wb_kpi_at(k);
    text to = {bytes, 0, size};
    const char *const parts[] = {kpi.over, kpi.under};
    put(&to, "", 0);
    for (size_t i = 0; i < 2 && parts[i] != NULL; i++) {
        const bool brackets = kpi.under != NULL && is_compound(parts[i]);
        if (i > 0)
            put(&to, " / ", 3);
        put(&to, "(", brackets);
        put_formula(&to, kpis, cell, parts[i]);
        put(&to, ")", brackets);
    }
    return bytes;
}
