/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets a feature to 0 for good: its column moves into the intercept. Standardised, the log-odds are
 *   beta_0 + sum of beta_j (x_j - mean_j) / sd_j,
 * so with x_c = 0 the intercept becomes beta_0 - k beta_c, k = mean_c / sd_c, and its covariances follow. */
#include <string.h>

#include "base/memory.h"
#include "model/model.h"

/* V of (beta_0 - k beta_c, the others but c) from that of all, in place. */
static void fold_covariance(double *v, size_t n, size_t c, double k)
{
    for (size_t j = 0; j < n; j++)
        v[j] -= k * v[c * n + j];
    for (size_t j = 0; j < n; j++)
        v[j * n] -= k * v[j * n + c];
    size_t at = 0;
    for (size_t row = 0; row < n; row++)
        for (size_t column = 0; column < n; column++)
            if (row != c && column != c)
                v[at++] = v[row * n + column];
}

static void remove_number(double *numbers, size_t n, size_t at)
{
    if (numbers != NULL)
        memmove(numbers + at, numbers + at + 1, (n - at - 1) * sizeof *numbers);
}

static wb_status fold_inference(wb_model *model, size_t c, size_t term, double k, wb_error *err)
{
    wbi_inference *i = model->inference;
    if (i == NULL)
        return WB_OK;
    fold_covariance(i->covariance, i->n, c, k);
    double *const by_column[] = {i->se, i->vif, i->low, i->high, i->p_each};
    for (size_t a = 0; a < sizeof by_column / sizeof *by_column; a++)
        remove_number(by_column[a], i->n, c);
    remove_number(i->chi_square, i->n_terms, term);
    remove_number(i->p, i->n_terms, term);
    memmove(i->df + term, i->df + term + 1, (i->n_terms - term - 1) * sizeof *i->df);
    i->n--;
    i->n_terms--;
    return wbi_inference_complete(i, model->basis, err);
}

static void fold_smoothness(wbi_smoothness *smoothness, size_t term)
{
    if (smoothness == NULL)
        return;
    memmove(smoothness->terms + term, smoothness->terms + term + 1, (smoothness->n_terms - term - 1) * sizeof *smoothness->terms);
    smoothness->n_terms--;
}

static void fold_coefficients(double *beta, size_t n, size_t c, double k)
{
    beta[0] -= k * beta[c];
    remove_number(beta, n, c);
}

wb_status wbi_model_fold_at_zero(wb_model *model, const char *feature, double *log_odds, wb_error *err)
{
    wbi_basis *basis = model->basis;
    const size_t n = basis->n_columns + 1;
    size_t column = 0;
    while (column < basis->n_columns && strcmp(basis->terms[basis->columns[column].term]->feature, feature) != 0)
        column++;
    *log_odds = 0;
    if (column == basis->n_columns)
        return WB_OK;
    uint8_t *drop = wbi_alloc_zeroed(basis->n_columns, 1);
    if (drop == NULL)
        return wbi_fail_nomem(err, basis->n_columns);
    const double k = basis->columns[column].mean / basis->columns[column].sd;
    const size_t term = basis->columns[column].term;
    *log_odds = wbi_model_raw(model, column);
    drop[column] = 1;
    fold_coefficients(model->beta, n, column + 1, k);
    if (model->treatment != NULL)
        fold_coefficients(model->treatment->adds, n, column + 1, k);
    remove_number(model->importance, basis->n_terms, term);
    fold_smoothness(model->smoothness, term);
    wbi_basis_drop(basis, drop);
    wbi_free(drop);
    return fold_inference(model, column + 1, term, k, err);
}
