/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/basis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"

size_t wbi_basis_columns_of(const wbi_basis *basis, size_t term)
{
    size_t n = 0;
    for (size_t j = 0; j < basis->n_columns; j++)
        n += basis->columns[j].term == term;
    return n;
}

bool wbi_basis_makes_any(const wbi_basis *basis)
{
    for (size_t t = 0; t < basis->n_terms; t++)
        if (basis->terms[t]->purchases != NULL)
            return true;
    return false;
}

void wbi_basis_free(wbi_basis *basis)
{
    if (basis == NULL)
        return;
    for (size_t t = 0; basis->terms != NULL && t < basis->n_terms; t++)
        wbi_term_free(basis->terms[t]);
    for (size_t j = 0; basis->columns != NULL && j < basis->n_columns; j++)
        wbi_free(basis->columns[j].name);
    wbi_free(basis->terms);
    wbi_free(basis->columns);
    wbi_free(basis);
}

/* ---- fitting the terms ---- */

typedef struct fitting {
    wbi_term **terms;
    const wbi_sample *sample;
    const size_t *features;
    const wbi_basis_options *options;
} fitting;

static wb_status fit_terms(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    (void)worker;
    const fitting *work = context;
    for (size_t t = begin; t < end; t++) {
        const wbi_form *forms = work->options->forms;
        const wbi_term_options options = {work->options->penalised, forms == NULL ? WBI_FORM_LINEAR : forms[t]};
        WBI_TRY(wbi_term_fit(&work->terms[t], work->sample, work->features[t], &options, err));
    }
    return WB_OK;
}

static wb_status fit_purchases(wbi_term **out, const wbi_sample *sample, const wbi_basis_options *options, int n_threads,
                               wb_error *err)
{
    const wbi_term_options of_it = {options->penalised, options->purchases_form};
    return wbi_term_fit_purchases(out, sample, options->purchases, &of_it, n_threads, err);
}

/* What makes fitting terms cheaper. */
static wbi_sample looked_at(const wbi_sample *given)
{
    wbi_sample sample = *given;
    size_t n_others = 0;
    for (size_t i = 1; i < sample.n && !sample.equal_weights; i++)
        n_others += sample.weight[i] != sample.weight[0];
    sample.one_run = wbi_rows_are_run(sample.rows, sample.n);
    sample.equal_weights = n_others == 0;
    return sample;
}

static wb_status list_columns(wbi_basis *basis, wb_error *err)
{
    size_t n = 0;
    for (size_t t = 0; t < basis->n_terms; t++)
        n += basis->terms[t]->n_columns;
    basis->columns = wbi_alloc_zeroed(n, sizeof *basis->columns);
    if (basis->columns == NULL)
        return wbi_fail_nomem(err, n * sizeof *basis->columns);
    for (size_t t = 0; t < basis->n_terms; t++) {
        for (size_t part = 0; part < basis->terms[t]->n_columns; part++) {
            wbi_basis_column *column = &basis->columns[basis->n_columns++];
            *column = (wbi_basis_column){.term = t, .part = part, .mean = 0, .sd = 1};
            WBI_TRY(wbi_term_column_name(&column->name, basis->terms[t], part, err));
        }
    }
    return WB_OK;
}

/* ---- leaving columns out ---- */

static bool is_huge(const wbi_basis_column *column)
{
    return !isfinite(column->mean) || !isfinite(column->sd);
}

/* A deviation of rounding errors, none at all, or one whose inverse overflows. */
static bool is_constant(const wbi_basis_column *column)
{
    return !is_huge(column) && !(isfinite(1 / column->sd) && column->sd > 1e-12 * fabs(column->mean));
}

/* In one line, however many; past what fits, their number. */
void wbi_basis_say_left_out(const wbi_basis *basis, const uint8_t *drop, const char *why, const wb_log *log)
{
    char names[240];
    size_t used = 0, n = 0, n_told = 0;
    for (size_t j = 0; j < basis->n_columns; j++) {
        const char *name = basis->columns[j].name;
        n += drop[j];
        if (!drop[j] || n_told + 1 < n || used + strlen(name) + 3 > sizeof names)
            continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", n_told > 0 ? ", " : "", name);
        n_told++;
    }
    if (n > n_told)
        wbi_log(log, WB_LOG_INFO, "%s and %zu more left out: %s", names, n - n_told, why);
    else if (n > 0)
        wbi_log(log, WB_LOG_INFO, "%s left out: %s", names, why);
}

/* A matrix of penalties is for all its columns, so where one of them goes, which takes weights beyond all measure, all do. */
static void keep_whole(uint8_t *drop, const wbi_basis *basis)
{
    for (size_t j = 0; j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        const size_t n = wbi_term_n_penalised(basis->terms[column->term]), first = j - column->part;
        for (size_t k = 0; drop[j] && column->part < n && k < n; k++)
            drop[first + k] = 1;
    }
}

static wb_status drop_where(wbi_basis *basis, bool (*is_useless)(const wbi_basis_column *), const char *why, const wb_log *log,
                            wb_error *err)
{
    uint8_t *drop = wbi_alloc_zeroed(basis->n_columns, 1);
    if (drop == NULL)
        return wbi_fail_nomem(err, basis->n_columns);
    for (size_t j = 0; j < basis->n_columns; j++)
        drop[j] = is_useless(&basis->columns[j]);
    keep_whole(drop, basis);
    wbi_basis_say_left_out(basis, drop, why, log);
    wbi_basis_drop(basis, drop);
    wbi_free(drop);
    return WB_OK;
}

static void keep_used_terms(wbi_basis *basis)
{
    size_t n_terms = 0, column = 0;
    for (size_t t = 0; t < basis->n_terms; t++) {
        if (column == basis->n_columns || basis->columns[column].term != t) {
            wbi_term_free(basis->terms[t]);
            continue;
        }
        for (; column < basis->n_columns && basis->columns[column].term == t; column++)
            basis->columns[column].term = n_terms;
        basis->terms[n_terms++] = basis->terms[t];
    }
    basis->n_terms = n_terms;
}

void wbi_basis_drop(wbi_basis *basis, const uint8_t *drop)
{
    size_t n = 0;
    for (size_t j = 0; j < basis->n_columns; j++) {
        if (drop[j])
            wbi_free(basis->columns[j].name);
        else
            basis->columns[n++] = basis->columns[j];
    }
    basis->n_columns = n;
    keep_used_terms(basis);
}

wb_status wbi_basis_fit(wbi_basis **out, const wbi_sample *sample, const size_t *features, size_t n_features,
                        const wbi_basis_options *options, wb_error *err)
{
    wb_status status = WB_OK;
    int n_threads = wbi_par_threads(options->n_threads);
    wbi_basis *basis = wbi_alloc_zeroed(1, sizeof *basis);
    if (basis == NULL)
        return wbi_fail_nomem(err, sizeof *basis);
    basis->n_terms = n_features + (options->purchases != NULL);
    basis->terms = wbi_alloc_zeroed(basis->n_terms, sizeof(wbi_term *));
    if (basis->terms == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, basis->n_terms * sizeof(wbi_term *)));
    const wbi_sample looked = looked_at(sample);
    if (options->purchases != NULL)
        WBI_TRY_CLEANUP(fit_purchases(&basis->terms[n_features], &looked, options, n_threads, err));
    fitting work = {basis->terms, &looked, features, options};
    WBI_TRY_CLEANUP(wbi_par_for(n_features, 1, n_threads, fit_terms, &work, err));
    WBI_TRY_CLEANUP(list_columns(basis, err));
    WBI_TRY_CLEANUP(wbi_basis_scale(basis, sample, n_threads, err));
    WBI_TRY_CLEANUP(drop_where(basis, is_huge, "numbers too large for their squares", options->log, err));
    WBI_TRY_CLEANUP(drop_where(basis, is_constant, "constant", options->log, err));
    *out = basis;
    return WB_OK;
cleanup:
    wbi_basis_free(basis);
    return status;
}
