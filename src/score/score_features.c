/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features in memory: scored at once, then blocks are printed by workers and written in order. */
#include <winback/score.h>

#include "base/memory.h"
#include "io/output.h"
#include "par/par.h"
#include "score/print.h"

enum { BLOCK_ROWS = 8192 };
static const size_t block_ceiling_bytes = (size_t)1 << 31;

typedef struct block {
    size_t begin, end;
    wbi_buffer lines;
} block;

typedef struct printing {
    const wb_table *table;
    wbi_score_key key;
    wbi_scores scores;
    wbi_output *output;
    block *blocks; /* one a slot */
    size_t n_blocks, next_row;
} printing;

static wb_status next_block(void *context, size_t slot, int *more, wb_error *err)
{
    (void)err;
    printing *p = context;
    size_t left = p->table->n_rows - p->next_row;
    p->blocks[slot].begin = p->next_row;
    p->next_row += left < BLOCK_ROWS ? left : BLOCK_ROWS;
    p->blocks[slot].end = p->next_row;
    *more = left > 0;
    return WB_OK;
}

static wb_status print_block(void *context, size_t slot, int worker, wb_error *err)
{
    (void)worker;
    printing *p = context;
    block *b = &p->blocks[slot];
    b->lines.length = 0;
    return wbi_score_rows(&b->lines, p->table, &p->key, &p->scores, b->begin, b->end, err);
}

static wb_status write_block(void *context, size_t slot, wb_error *err)
{
    printing *p = context;
    return wbi_output_write(p->output, p->blocks[slot].lines.data, p->blocks[slot].lines.length, err);
}

/* Customers are the column customer_id, or under another name the first text. */
static wb_status find_key(wbi_score_key *key, const wb_table *table, wb_error *err)
{
    *key = (wbi_score_key){wb_table_find(table, "customer_id"), wb_table_find(table, "cutoff")};
    for (size_t k = 0; key->id == SIZE_MAX && k < table->n_columns; k++)
        if (table->columns[k].type == WB_TYPE_TEXT)
            key->id = k;
    if (key->id == SIZE_MAX || table->columns[key->id].type != WB_TYPE_TEXT)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the features have no customer_id");
    if (key->cutoff != SIZE_MAX && table->columns[key->cutoff].type != WB_TYPE_TIME)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the column cutoff does not hold times");
    return WB_OK;
}

static wb_status create_blocks(printing *p, size_t n, wb_error *err)
{
    p->blocks = wbi_alloc_zeroed(n, sizeof *p->blocks);
    if (p->blocks == NULL)
        return wbi_fail_nomem(err, n * sizeof *p->blocks);
    p->n_blocks = n;
    for (size_t i = 0; i < n; i++)
        p->blocks[i].lines = wbi_buffer_make(block_ceiling_bytes);
    return WB_OK;
}

static wb_status write_header(printing *p, const wb_score_models *models, wb_error *err)
{
    wbi_buffer *lines = &p->blocks[0].lines;
    WBI_TRY(wbi_score_header(lines, &p->key, models, err));
    return wbi_output_write(p->output, lines->data, lines->length, err);
}

static void free_printing(printing *p)
{
    wbi_output_abort(p->output);
    for (size_t i = 0; i < p->n_blocks; i++)
        wbi_buffer_free(&p->blocks[i].lines);
    wbi_free(p->blocks);
}

wb_status wb_models_score_features(const wb_score_models *models, const wb_features *features, const char *output,
                                   int n_threads, wb_score_report *reports, wb_error *err)
{
    printing p = {.table = wb_features_table(features)};
    const size_t n_rows = p.table->n_rows;
    double *values = NULL;
    wb_status status;
    n_threads = wbi_par_threads(n_threads);
    WBI_TRY_CLEANUP(wbi_score_check(models, err));
    WBI_TRY_CLEANUP(find_key(&p.key, p.table, err));
    values = wbi_alloc_array(models->n * n_rows, sizeof *values);
    if (values == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, models->n * n_rows * sizeof *values));
    for (size_t k = 0; k < models->n; k++)
        WBI_TRY_CLEANUP(wb_score_table(models->models[k], p.table, values + k * n_rows,
                                       reports == NULL ? NULL : &reports[k], n_threads, err));
    p.scores = (wbi_scores){values, models->n, n_rows};
    WBI_TRY_CLEANUP(create_blocks(&p, 2 * (size_t)n_threads, err));
    WBI_TRY_CLEANUP(wbi_output_open(&p.output, output, err));
    WBI_TRY_CLEANUP(write_header(&p, models, err));
    wbi_pipeline pipeline = {next_block, print_block, write_block, &p, p.n_blocks};
    WBI_TRY_CLEANUP(wbi_par_pipeline(&pipeline, n_threads, err));
    wbi_output *written = p.output;
    p.output = NULL;
    status = wbi_output_commit(written, err);
cleanup:
    free_printing(&p);
    wbi_free(values);
    return status;
}

wb_status wb_score_features(const wb_model *model, const wb_features *features, const char *output, int n_threads,
                            wb_score_report *report, wb_error *err)
{
    return wb_models_score_features(&(wb_score_models){&model, NULL, 1}, features, output, n_threads, report, err);
}
