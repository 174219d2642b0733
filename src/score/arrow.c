/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "score/arrow_column.h"

enum { CHUNK_ROWS = 256 };

/* ---- what is given ---- */

static wb_status check_batch(wbi_arrow_batch *out, const struct ArrowSchema *schema, const struct ArrowArray *array, wb_error *err)
{
    if (schema->release == NULL || array->release == NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the batch has been released");
    if (schema->format == NULL || strcmp(schema->format, "+s") != 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the batch is not a struct of columns: its Arrow format is '%.40s', expected '+s'",
                        schema->format == NULL ? "" : schema->format);
    if (schema->n_children < 0 || schema->n_children != array->n_children ||
        (schema->n_children > 0 && (schema->children == NULL || array->children == NULL)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "the batch has %lld columns, its schema %lld", (long long)array->n_children,
                        (long long)schema->n_children);
    for (int64_t k = 0; k < schema->n_children; k++)
        if (schema->children[k] == NULL || array->children[k] == NULL || schema->children[k]->release == NULL ||
            array->children[k]->release == NULL)
            return wbi_fail(err, WB_ERR_ARGUMENT, "column %lld of the batch is missing or released", (long long)k);
    if (array->length < 0 || array->offset < 0 || array->offset > INT64_MAX - array->length)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the batch has %lld rows from %lld on", (long long)array->length,
                        (long long)array->offset);
    *out = (wbi_arrow_batch){schema, array, (size_t)array->length, (size_t)array->offset, NULL};
    if (array->null_count != 0 && array->n_buffers > 0 && array->buffers != NULL)
        out->valid = array->buffers[0];
    return WB_OK;
}

/* ---- what is returned ---- */

typedef struct result {
    const void *buffers[2]; /* no bitmap: nothing is null */
    double *probability;
} result;

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    result *held = array->private_data;
    wbi_free(held->probability);
    wbi_free(held);
    array->release = NULL;
}

static wb_status create_array(struct ArrowArray *out, size_t n_rows, wb_error *err)
{
    result *held = wbi_alloc_zeroed(1, sizeof *held);
    double *probability = wbi_alloc_aligned(n_rows, sizeof *probability);
    if (held == NULL || probability == NULL) {
        wbi_free(held);
        wbi_free(probability);
        return wbi_fail_nomem(err, n_rows * sizeof *probability);
    }
    held->buffers[1] = held->probability = probability;
    *out = (struct ArrowArray){
        .length = (int64_t)n_rows, .n_buffers = 2, .buffers = held->buffers, .release = release_array, .private_data = held};
    return WB_OK;
}

/* ---- scoring ---- */

typedef struct work {
    const wb_scorer *scorer;
    wbi_arrow_batch batch;
    wbi_arrow_column *columns;
    wbi_score_column *chunk;
    double *room; /* CHUNK_ROWS a column */
    size_t n_columns;
} work;

static wb_status bind_columns(work *w, wb_error *err)
{
    const size_t n = w->n_columns;
    w->columns = wbi_alloc_zeroed(n, sizeof *w->columns);
    w->chunk = wbi_alloc_array(n, sizeof *w->chunk);
    w->room = wbi_alloc_array(n, CHUNK_ROWS * sizeof *w->room);
    if (w->columns == NULL || w->chunk == NULL || w->room == NULL)
        return wbi_fail_nomem(err, n * CHUNK_ROWS * sizeof *w->room);
    for (size_t f = 0; f < n; f++)
        WBI_TRY(wbi_arrow_column_bind(&w->columns[f], w->scorer, f, &w->batch, err));
    return WB_OK;
}

static void free_work(work *w)
{
    for (size_t f = 0; w->columns != NULL && f < w->n_columns; f++)
        wbi_arrow_column_clear(&w->columns[f]);
    wbi_free(w->columns);
    wbi_free(w->chunk);
    wbi_free(w->room);
}

static wb_status score_all(double *probability, const work *w, wb_error *err)
{
    for (size_t at = 0; at < w->batch.n_rows; at += CHUNK_ROWS) {
        const size_t n = w->batch.n_rows - at < CHUNK_ROWS ? w->batch.n_rows - at : CHUNK_ROWS;
        const wb_scores out = {probability + at, NULL};
        for (size_t f = 0; f < w->n_columns; f++)
            WBI_TRY(wbi_arrow_column_read(&w->chunk[f], &w->columns[f], w->scorer, &w->batch, at, n,
                                          w->room + f * CHUNK_ROWS, err));
        wb_scorer_columns(w->scorer, &out, w->chunk, n);
    }
    return WB_OK;
}

wb_status wb_scorer_arrow(const wb_scorer *scorer, const struct ArrowSchema *schema, const struct ArrowArray *batch,
                          struct ArrowSchema *out_schema, struct ArrowArray *out, wb_error *err)
{
    wb_status status = WB_OK;
    work w = {.scorer = scorer, .n_columns = wb_scorer_n_features(scorer)};
    out_schema->release = NULL;
    out->release = NULL;
    WBI_TRY(check_batch(&w.batch, schema, batch, err));
    WBI_TRY_CLEANUP(bind_columns(&w, err));
    WBI_TRY_CLEANUP(create_array(out, w.batch.n_rows, err));
    WBI_TRY_CLEANUP(score_all(((result *)out->private_data)->probability, &w, err));
    *out_schema = (struct ArrowSchema){.format = "g", .name = "probability", .release = release_schema};
cleanup:
    if (status != WB_OK && out->release != NULL)
        out->release(out);
    free_work(&w);
    return status;
}
