/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"
#include "solve/smoothing.h"
#include "table/spill.h"
#include "train/train.h"

wb_status wbi_smooth_minimise(wbi_newton_state *out, double *freedom, wbi_smooth *problem, wb_error *err)
{
    const wbi_smoothing_options options = {.n_rows = problem->n_rows,
                                           .roughly = problem->roughly,
                                           .warm = problem->warm,
                                           .lambda = problem->lambda};
    wbi_smoothing *smoothing = NULL;
    wb_status status = wbi_smoothing_create(&smoothing, problem->newton, problem->ridge, problem->terms, &options, err);
    while (status == WB_OK && !wbi_smoothing_now(smoothing).done)
        status = wbi_smoothing_step(smoothing, err);
    if (status == WB_OK) {
        const wbi_smoothing_state at = wbi_smoothing_now(smoothing);
        *out = at.newton;
        out->converged = at.converged;
        problem->lambda = at.lambda;
        for (size_t j = 0; freedom != NULL && j < wbi_newton_likelihood(problem->newton)->design->n_columns; j++)
            freedom[j] = fmax(0, at.freedom[j]); /* but for rounding */
    }
    wbi_smoothing_free(smoothing);
    return status;
}

void wbi_smooth_warm(wbi_smooth *problem, const wbi_basis *basis, const wbi_fit *from)
{
    problem->warm = true;
    problem->lambda = from->last_lambda;
    for (size_t p = 0; p < problem->terms->n; p++) {
        wbi_penalty *penalty = &problem->terms->of[p];
        const bool is_bend = p % 2 == 0;
        for (size_t t = 0; t < from->basis->n_terms; t++) {
            const wbi_smoothness_term *term = &from->smoothness->terms[t];
            if (strcmp(from->basis->terms[t]->feature, basis->terms[penalty->term]->feature) == 0 && term->bend > 0)
                penalty->lambda = is_bend ? term->bend : term->slope;
        }
    }
}

/* ---- what is kept ---- */

typedef struct spreading {
    wbi_fit *fit;
    const wbi_training *training;
    const wbi_part *part;
} spreading;

static double spread(const wbi_shape *shape, const spreading *work, const double *values)
{
    double sum = 0, squares = 0, total = 0;
    for (size_t i = 0; i < work->part->n; i++) {
        const double at = wbi_shape_at(shape, values[work->part->rows[i]]), weight = work->part->weight[i];
        sum += weight * at;
        squares += weight * at * at;
        total += weight;
    }
    return sqrt(fmax(0, squares / total - sum / total * (sum / total)));
}

static wb_status spread_terms(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const spreading *work = context;
    const wb_table *table = work->training->table;
    (void)block;
    (void)worker;
    for (size_t t = begin; t < end; t++) {
        const size_t column = wb_table_find(table, work->fit->basis->terms[t]->feature);
        wbi_shape shape;
        wbi_view view;
        if (!wbi_basis_shape(&shape, work->fit->basis, work->fit->beta, t))
            continue;
        WBI_TRY(wbi_view_open(&view, table, column, err));
        work->fit->smoothness->terms[t].spread = spread(&shape, work, wb_table_numbers(&view.table, column));
        wbi_view_close(&view);
    }
    return WB_OK;
}

wb_status wbi_smooth_keep(wbi_fit *fit, const wbi_training *training, const wbi_part *part, const wbi_smooth *problem,
                          const double *freedom, wb_error *err)
{
    spreading work = {fit, training, part};
    fit->last_lambda = problem->lambda;
    WBI_TRY(wbi_smoothness_create(&fit->smoothness, fit->basis->n_terms, err));
    for (size_t j = 0; j < fit->basis->n_columns; j++)
        fit->smoothness->terms[fit->basis->columns[j].term].freedom += freedom[j + 1];
    for (size_t p = 0; p < problem->terms->n; p += 2) {
        wbi_smoothness_term *term = &fit->smoothness->terms[problem->terms->of[p].term];
        term->bend = problem->terms->of[p].lambda;
        term->slope = problem->terms->of[p + 1].lambda;
    }
    return wbi_par_for(fit->basis->n_terms, 1, training->n_threads, spread_terms, &work, err);
}
