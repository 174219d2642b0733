/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much each term moves the log-odds of the rows that it was learned from. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"
#include "table/spill.h"
#include "train/train.h"

enum { CHUNK_ROWS = 256 };

typedef struct weighing {
    wb_model *model;
    const wbi_training *training;
} weighing;

/* What the model calls the levels of a column. */
static wb_status find_levels(int32_t **out, const wbi_contribution *adds, const wb_table *table, size_t column, wb_error *err)
{
    const size_t n = wb_table_n_levels(table, column);
    int32_t *level_of_code = wbi_alloc_array(n, sizeof *level_of_code);
    if (level_of_code == NULL)
        return wbi_fail_nomem(err, n * sizeof *level_of_code);
    for (size_t code = 0; code < n; code++) {
        size_t length;
        const char *name = wb_table_level(table, column, (int32_t)code, &length);
        level_of_code[code] = wbi_dictionary_find(adds->names, name, length);
    }
    *out = level_of_code;
    return WB_OK;
}

static void add_numbers(double *sums, const wbi_contribution *adds, const double *values, const size_t *rows, size_t n)
{
    const wbi_score_kernels *kernels = wbi_score_kernels_best();
    double numbers[CHUNK_ROWS];
    for (size_t i = 0; i < n; i++) {
        const double value = values[rows[i]];
        numbers[i] = adds->form == WBI_CONTRIBUTION_LOG_LINE && isfinite(value) ? log1p(fmax(value, 0)) : value;
    }
    if (adds->form == WBI_CONTRIBUTION_CURVE)
        kernels->curve(sums, NULL, &adds->curve, numbers, n);
    else
        kernels->line(sums, NULL, &adds->line, numbers, n);
}

static void add_levels(double *sums, const wbi_contribution *adds, const int32_t *level_of_code, const int32_t *codes,
                       const size_t *rows, size_t n)
{
    int32_t levels[CHUNK_ROWS];
    for (size_t i = 0; i < n; i++)
        levels[i] = codes[rows[i]] < 0 ? -1 : level_of_code[codes[rows[i]]];
    wbi_score_kernels_best()->levels(sums, NULL, &adds->levels, levels, n);
}

/* The weighted mean of what the term adds, taken as positive. */
static double weigh(const wbi_contribution *adds, const int32_t *level_of_code, const wbi_part *part, const wb_table *table,
                    size_t column)
{
    double sum = 0, total = 0;
    for (size_t at = 0; at < part->n; at += CHUNK_ROWS) {
        const size_t n = part->n - at < CHUNK_ROWS ? part->n - at : CHUNK_ROWS;
        double sums[CHUNK_ROWS] = {0};
        if (adds->form == WBI_CONTRIBUTION_LEVELS)
            add_levels(sums, adds, level_of_code, wb_table_codes(table, column), part->rows + at, n);
        else
            add_numbers(sums, adds, wb_table_numbers(table, column), part->rows + at, n);
        for (size_t i = 0; i < n; i++) {
            sum += part->weight[at + i] * fabs(sums[i] + adds->constant);
            total += part->weight[at + i];
        }
    }
    return sum / total;
}

static wb_status weigh_terms(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const weighing *work = context;
    const wb_model *model = work->model;
    const wb_table *table = work->training->table;
    (void)block;
    (void)worker;
    for (size_t t = begin; t < end; t++) {
        const size_t column = wb_table_find(table, model->basis->terms[t]->feature);
        wb_status status = WB_OK;
        wbi_contribution adds = {0};
        int32_t *level_of_code = NULL;
        wbi_view view = {0};
        WBI_TRY_CLEANUP(wbi_contribution_compile(&adds, model->basis, model->beta, t, err));
        if (adds.form == WBI_CONTRIBUTION_LEVELS)
            WBI_TRY_CLEANUP(find_levels(&level_of_code, &adds, table, column, err));
        WBI_TRY_CLEANUP(wbi_view_open(&view, table, column, err));
        model->importance[t] = weigh(&adds, level_of_code, &work->training->all, &view.table, column);
cleanup:
        wbi_view_close(&view);
        wbi_free(level_of_code);
        wbi_contribution_clear(&adds);
        WBI_TRY(status);
    }
    return WB_OK;
}

wb_status wbi_find_importance(wb_model *model, const wbi_training *training, wb_error *err)
{
    const size_t n = model->basis->n_terms;
    weighing work = {model, training};
    model->importance = wbi_alloc_array(n, sizeof *model->importance);
    if (model->importance == NULL)
        return wbi_fail_nomem(err, n * sizeof *model->importance);
    return wbi_par_for(n, 1, training->n_threads, weigh_terms, &work, err);
}
