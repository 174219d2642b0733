/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much each term moves the log-odds of the rows that it was learned from. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/number.h"
#include "par/par.h"
#include "table/spill.h"
#include "train/train.h"

enum { BLOCK_ROWS = 1024, LANES = 4 };

/* What a term is weighed by. */
typedef struct weighed {
    wbi_contribution adds;
    const wbi_term *term;
    wbi_term_binding binding;
    wbi_view view; /* of its column, where it reads one */
    int32_t *level_of_code; /* what the model calls the levels of the column; NULL: numbers */
} weighed;

/* Some of the terms, whose columns are at hand. */
typedef struct weighing {
    const wbi_part *part;
    weighed *terms;
    size_t n_terms;
} weighing;

static wb_status find_levels(weighed *term, const wb_table *table, wb_error *err)
{
    const size_t column = term->binding.column, n = wb_table_n_levels(table, column);
    term->level_of_code = wbi_alloc_array(n, sizeof *term->level_of_code);
    if (term->level_of_code == NULL)
        return wbi_fail_nomem(err, n * sizeof *term->level_of_code);
    for (size_t code = 0; code < n; code++) {
        size_t length;
        const char *name = wb_table_level(table, column, (int32_t)code, &length);
        term->level_of_code[code] = wbi_dictionary_find(term->adds.names, name, length);
    }
    return WB_OK;
}

static wb_status open_term(weighed *term, const wb_model *model, const wb_table *table, size_t t, wb_error *err)
{
    term->term = model->basis->terms[t];
    WBI_TRY(wbi_term_open(&term->binding, &term->view, term->term, table, err));
    WBI_TRY(wbi_contribution_compile(&term->adds, model->basis, model->beta, t, err));
    return term->adds.form == WBI_CONTRIBUTION_LEVELS ? find_levels(term, table, err) : WB_OK;
}

static void close_term(weighed *term)
{
    wbi_view_close(&term->view);
    wbi_free(term->level_of_code);
    wbi_contribution_clear(&term->adds);
}

static void add_numbers(double *sums, const weighed *term, const size_t *rows, size_t n, bool together)
{
    const wbi_score_kernels *kernels = wbi_score_kernels_best();
    const wbi_contribution *adds = &term->adds;
    const bool in_place = together && adds->form != WBI_CONTRIBUTION_LOG_LINE && term->binding.column != SIZE_MAX;
    double gathered[BLOCK_ROWS];
    const double *numbers = gathered;
    if (in_place)
        numbers = wbi_number_run(wbi_numbers_from(wbi_table_numbers(term->binding.table, term->binding.column), rows[0]), n,
                                 gathered);
    else
        wbi_term_numbers(gathered, term->term, &term->binding, rows, 0, n);
    for (size_t i = 0; adds->form == WBI_CONTRIBUTION_LOG_LINE && i < n; i++)
        gathered[i] = isfinite(gathered[i]) ? log1p(fmax(gathered[i], 0)) : gathered[i];
    if (adds->form == WBI_CONTRIBUTION_CURVE)
        kernels->curve(sums, NULL, &adds->curve, numbers, n);
    else
        kernels->line(sums, NULL, &adds->line, numbers, n);
}

static void add_levels(double *sums, const weighed *term, const size_t *rows, size_t n)
{
    const int32_t *codes = wb_table_codes(term->binding.table, term->binding.column);
    int32_t levels[BLOCK_ROWS];
    for (size_t i = 0; i < n; i++)
        levels[i] = codes[rows[i]] < 0 ? -1 : term->level_of_code[codes[rows[i]]];
    wbi_score_kernels_best()->levels(sums, NULL, &term->adds.levels, levels, n);
}

/* The weighted sum of what a term adds, taken as positive. */
static double weigh(const double *sums, double constant, const double *weight, size_t n)
{
    double lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += weight[i + l] * fabs(sums[i + l] + constant);
    for (; i < n; i++)
        lanes[0] += weight[i] * fabs(sums[i] + constant);
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/* A sum a term, and that of the weights. */
static wb_status weigh_block(void *context, size_t block, size_t begin, size_t end, int worker, double *partial, wb_error *err)
{
    const weighing *work = context;
    const size_t *rows = work->part->rows + begin, n = end - begin;
    const double *weight = work->part->weight + begin;
    const bool together = wbi_rows_are_run(rows, n);
    (void)block, (void)worker, (void)err;
    for (size_t t = 0; t < work->n_terms; t++) {
        const weighed *term = &work->terms[t];
        double sums[BLOCK_ROWS] = {0};
        if (term->adds.form == WBI_CONTRIBUTION_LEVELS)
            add_levels(sums, term, rows, n);
        else
            add_numbers(sums, term, rows, n, together);
        partial[t] = weigh(sums, term->adds.constant, weight, n);
    }
    if (work->part->alike)
        partial[work->n_terms] = (double)n;
    else
        for (size_t i = 0; i < n; i++)
            partial[work->n_terms] += weight[i];
    return WB_OK;
}

static bool is_spilled(const wb_table *table, const wbi_term *term)
{
    return term->purchases == NULL && wbi_is_spilled(table, wb_table_find(table, term->feature));
}

/* Those in memory go together, for rows and weights are then read once; of spilled columns one is brought back at a time. */
static size_t end_of_group(const wb_model *model, const wb_table *table, size_t first)
{
    const wbi_basis *basis = model->basis;
    size_t end = first;
    while (end < basis->n_terms && !is_spilled(table, basis->terms[end]))
        end++;
    return end > first ? end : first + 1;
}

static wb_status weigh_group(wb_model *model, const wbi_training *training, size_t first, size_t end, wb_error *err)
{
    const size_t n = end - first;
    double *sums = wbi_alloc_array(n + 1, sizeof *sums);
    weighing work = {&training->all, wbi_alloc_zeroed(n, sizeof *work.terms), n};
    wb_status status = WB_OK;
    if (sums == NULL || work.terms == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *work.terms));
    for (size_t t = 0; t < n; t++)
        WBI_TRY_CLEANUP(open_term(&work.terms[t], model, training->table, first + t, err));
    WBI_TRY_CLEANUP(wbi_par_sum(training->all.n, BLOCK_ROWS, training->n_threads, n + 1, weigh_block, &work, sums, err));
    for (size_t t = 0; t < n; t++)
        model->importance[first + t] = sums[t] / sums[n];
cleanup:
    for (size_t t = 0; work.terms != NULL && t < n; t++)
        close_term(&work.terms[t]);
    wbi_free(work.terms);
    wbi_free(sums);
    return status;
}

wb_status wbi_find_importance(wb_model *model, const wbi_training *training, wb_error *err)
{
    const size_t n = model->basis->n_terms;
    model->importance = wbi_alloc_array(n, sizeof *model->importance);
    if (model->importance == NULL)
        return wbi_fail_nomem(err, n * sizeof *model->importance);
    for (size_t t = 0, end; t < n; t = end) {
        end = end_of_group(model, training->table, t);
        WBI_TRY(weigh_group(model, training, t, end, err));
    }
    return WB_OK;
}
