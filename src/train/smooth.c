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

enum { CHUNK_ROWS = 256 };

typedef struct spreading {
    wbi_fit *fit;
    const wbi_training *training;
    const wbi_part *part;
} spreading;

static double spread(const wbi_shape *shape, const spreading *work, const wbi_term *term, const wbi_term_binding *binding)
{
    const wbi_part *part = work->part;
    double numbers[CHUNK_ROWS], sum = 0, squares = 0, total = 0;
    for (size_t i = 0; i < part->n; i++) {
        if (i % CHUNK_ROWS == 0)
            wbi_term_numbers(numbers, term, binding, part->rows, i, part->n - i < CHUNK_ROWS ? part->n - i : CHUNK_ROWS);
        const double at = wbi_shape_at(shape, numbers[i % CHUNK_ROWS]), weight = part->weight[i];
        sum += weight * at;
        squares += weight * at * at;
        total += weight;
    }
    return sqrt(fmax(0, squares / total - sum / total * (sum / total)));
}

/* Of a term that is a curve, whose column, where it reads one, may lie on disk. */
static wb_status spread_term(const spreading *work, size_t t, const wbi_shape *shape, wb_error *err)
{
    const wbi_term *term = work->fit->basis->terms[t];
    wbi_term_binding binding;
    wbi_view view;
    WBI_TRY(wbi_term_open(&binding, &view, term, work->training->table, err));
    work->fit->smoothness->terms[t].spread = spread(shape, work, term, &binding);
    wbi_view_close(&view);
    return WB_OK;
}

static wb_status spread_terms(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const spreading *work = context;
    wbi_shape shape;
    (void)block;
    (void)worker;
    for (size_t t = begin; t < end; t++)
        if (wbi_basis_shape(&shape, work->fit->basis, work->fit->beta, t))
            WBI_TRY(spread_term(work, t, &shape, err));
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
