/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features in memory: blocks of rows are scored and written as lines by workers, and taken in order. */
#include <string.h>

#include "base/memory.h"
#include "csv/writer.h"
#include "design/basis.h"
#include "par/par.h"
#include "score/run.h"
#include "table/spill.h"
#include "table/table.h"

enum { BLOCK_ROWS = 1024 };
static const size_t kept_ceiling_bytes = (size_t)1 << 31;

/* What is made of one block of rows. */
typedef struct slot {
    wbi_score_block block;
    wbi_score_rows rows;
    size_t begin; /* the first of them */
    wbi_score_source *features;
    wbi_str **texts;    /* BLOCK_ROWS each */
    size_t *kept_ends;  /* of the cells of one kept column */
    wbi_buffer *kept;   /* by kept column: its cells, printed */
} slot;

typedef struct scoring {
    wbi_score_run run;
    const wb_read_options *reading;
    const wb_table *table;
    size_t id, cutoff;   /* columns; cutoff: SIZE_MAX when there is none */
    size_t *features;    /* by feature of the plan: its column */
    size_t *keep;        /* columns */
    slot *slots;
    size_t n_slots, next_row;
    bool stopped;
} scoring;

/* ---- columns ---- */

/* Customers are the column customer_id, or under another name the first text. */
static wb_status find_key(scoring *s, wb_error *err)
{
    const wb_table *table = s->table;
    s->id = wb_table_find(table, "customer_id");
    s->cutoff = wb_table_find(table, "cutoff");
    for (size_t k = 0; s->id == SIZE_MAX && k < table->n_columns; k++)
        if (table->columns[k].type == WB_TYPE_TEXT)
            s->id = k;
    if (s->id == SIZE_MAX || table->columns[s->id].type != WB_TYPE_TEXT)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the features have no customer_id");
    if (s->cutoff != SIZE_MAX && table->columns[s->cutoff].type != WB_TYPE_TIME)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the column cutoff does not hold times");
    return WB_OK;
}

static wb_status find_columns(scoring *s, wb_error *err)
{
    const wbi_score_plan *plan = &s->run.plan;
    const wb_score_options *o = plan->options;
    WBI_TRY(find_key(s, err));
    s->features = wbi_alloc_array(plan->n_features, sizeof *s->features);
    s->keep = wbi_alloc_array(o->n_keep, sizeof *s->keep);
    if (s->features == NULL || s->keep == NULL)
        return wbi_fail_nomem(err, plan->n_features * sizeof *s->features);
    for (size_t f = 0; f < plan->n_features; f++)
        WBI_TRY(wbi_feature_find(&s->features[f], s->table, plan->features[f].name, plan->features[f].type, err));
    for (size_t k = 0; k < o->n_keep; k++) {
        s->keep[k] = wb_table_find(s->table, o->keep[k]);
        if (s->keep[k] == SIZE_MAX)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s', which is to be kept: the features are those that the models read",
                            o->keep[k]);
    }
    return WB_OK;
}

/* ---- blocks ---- */

static wb_status make_slot(slot *to, const scoring *s, wb_error *err)
{
    const size_t n_keep = s->run.plan.options->n_keep;
    to->features = wbi_alloc_zeroed(s->run.plan.n_features, sizeof *to->features);
    to->texts = wbi_alloc_zeroed(1 + n_keep, sizeof *to->texts);
    to->kept = wbi_alloc_zeroed(n_keep, sizeof *to->kept);
    to->kept_ends = wbi_alloc_array(BLOCK_ROWS, sizeof *to->kept_ends);
    if (to->features == NULL || to->texts == NULL || to->kept == NULL || to->kept_ends == NULL)
        return wbi_fail_nomem(err, BLOCK_ROWS * sizeof *to->kept_ends);
    for (size_t k = 0; k < n_keep; k++)
        to->kept[k] = wbi_buffer_make(kept_ceiling_bytes);
    for (size_t k = 0; k < 1 + n_keep; k++) {
        to->texts[k] = wbi_alloc_array(BLOCK_ROWS, sizeof **to->texts);
        if (to->texts[k] == NULL)
            return wbi_fail_nomem(err, BLOCK_ROWS * sizeof **to->texts);
    }
    return wbi_score_block_make(&to->block, &s->run.plan, &s->run.form, err);
}

static wb_status make_slots(scoring *s, size_t n, wb_error *err)
{
    s->slots = wbi_alloc_zeroed(n, sizeof *s->slots);
    if (s->slots == NULL)
        return wbi_fail_nomem(err, n * sizeof *s->slots);
    s->n_slots = n;
    for (size_t k = 0; k < n; k++)
        WBI_TRY(make_slot(&s->slots[k], s, err));
    return WB_OK;
}

static wbi_str text_at(const wb_table *table, size_t column, size_t row)
{
    size_t n;
    const char *bytes = wb_table_text(table, column, row, &n);
    return (wbi_str){bytes, n};
}

/* One cell as a features file has it, but for quotes. */
static wb_status print_cell(wbi_buffer *cells, const wbi_column *column, size_t row, wb_error *err)
{
    switch (column->type) {
    case WB_TYPE_NUMBER:
        return wbi_csv_number(cells, column->numbers[row], err);
    case WB_TYPE_TIME:
        return wbi_csv_time(cells, column->times[row], err);
    case WB_TYPE_CATEGORY:
        if (column->codes[row] < 0)
            return WB_OK;
        const wbi_str level = wbi_dictionary_at(column->dictionary, column->codes[row]);
        return wbi_buffer_append(cells, level.data, level.length, err);
    case WB_TYPE_TEXT:
        break;
    }
    return WB_OK;
}

static wb_status keep_column(slot *to, const scoring *s, size_t k, wb_error *err)
{
    const size_t column = s->keep[k];
    wbi_buffer *cells = &to->kept[k];
    wbi_str *texts = to->texts[1 + k];
    if (s->table->columns[column].type == WB_TYPE_TEXT) {
        for (size_t row = 0; row < to->rows.n_rows; row++)
            texts[row] = text_at(s->table, column, to->begin + row);
        return WB_OK;
    }
    cells->length = 0;
    for (size_t row = 0; row < to->rows.n_rows; row++) {
        WBI_TRY(print_cell(cells, &s->table->columns[column], to->begin + row, err));
        to->kept_ends[row] = cells->length;
    }
    for (size_t row = 0, at = 0; row < to->rows.n_rows; at = to->kept_ends[row++])
        texts[row] = (wbi_str){cells->data + at, to->kept_ends[row] - at};
    return WB_OK;
}

static wb_status next_block(void *context, size_t at, int *more, wb_error *err)
{
    (void)err;
    scoring *s = context;
    slot *to = &s->slots[at];
    const wb_table *table = s->table;
    const size_t left = table->n_rows - s->next_row, begin = s->next_row;
    to->rows = (wbi_score_rows){.n_rows = left < BLOCK_ROWS ? left : BLOCK_ROWS,
                                .texts = (const wbi_str *const *)to->texts,
                                .cutoffs_us = s->cutoff == SIZE_MAX ? NULL : table->columns[s->cutoff].times + begin,
                                .features = to->features,
                                .same_levels = true};
    for (size_t f = 0; f < s->run.plan.n_features; f++) {
        const wbi_column *column = &table->columns[s->features[f]];
        to->features[f] = column->type == WB_TYPE_NUMBER
                              ? (wbi_score_source){.numbers = column->numbers + begin}
                              : (wbi_score_source){.codes = column->codes + begin, .levels = column->dictionary};
    }
    to->begin = begin;
    s->next_row += to->rows.n_rows;
    *more = left > 0;
    return WB_OK;
}

static wb_status score_block(void *context, size_t at, int worker, wb_error *err)
{
    (void)worker;
    scoring *s = context;
    slot *to = &s->slots[at];
    const size_t n_keep = s->run.plan.options->n_keep;
    for (size_t row = 0; row < to->rows.n_rows; row++)
        to->texts[0][row] = text_at(s->table, s->id, to->begin + row);
    for (size_t k = 0; k < n_keep; k++)
        WBI_TRY(keep_column(to, s, k, err));
    return wbi_score_block_fill(&to->block, &to->rows, err);
}

static wb_status take_block(void *context, size_t at, wb_error *err)
{
    scoring *s = context;
    const slot *from = &s->slots[at];
    WBI_TRY(wbi_score_run_take(&s->run, &from->block, &from->rows, err));
    s->stopped = wbi_score_run_is_over(&s->run);
    if (s->stopped)
        return wbi_fail(err, WB_ERR_CANCELLED, "nobody reads the scores");
    return wbi_progress(s->reading->log, "score", s->run.n_rows, s->table->n_rows, err);
}

/* ---- the whole ---- */

static void free_slot(slot *of, size_t n_keep)
{
    for (size_t k = 0; of->texts != NULL && k < 1 + n_keep; k++)
        wbi_free(of->texts[k]);
    for (size_t k = 0; of->kept != NULL && k < n_keep; k++)
        wbi_buffer_free(&of->kept[k]);
    wbi_free(of->texts);
    wbi_free(of->kept);
    wbi_free(of->kept_ends);
    wbi_free(of->features);
    wbi_score_block_free(&of->block);
}

static void free_scoring(scoring *s, size_t n_keep)
{
    for (size_t k = 0; k < s->n_slots; k++)
        free_slot(&s->slots[k], n_keep);
    wbi_free(s->slots);
    wbi_free(s->features);
    wbi_free(s->keep);
    wbi_score_run_free(&s->run);
}

static bool is_read(const scoring *s, size_t column, const wbi_plan_model *model)
{
    for (size_t k = 0; k < s->run.plan.options->n_keep; k++)
        if (s->keep[k] == column)
            return true;
    for (size_t f = 0; f < model->n_features; f++)
        if (s->features[model->features[f]] == column)
            return true;
    return column == s->id || column == s->cutoff;
}

/* As of files: columns that are neither the key, nor a label, nor kept, nor read by the model. */
static uint64_t count_ignored(const scoring *s, const wbi_plan_model *model)
{
    uint64_t n = 0;
    for (size_t column = 0; column < s->table->n_columns; column++)
        n += strncmp(s->table->columns[column].name, "label_", 6) != 0 && !is_read(s, column, model);
    return n;
}

static void report(const scoring *s, wb_score_report *reports)
{
    wbi_score_run_report(&s->run, reports);
    for (size_t m = 0; reports != NULL && m < s->run.plan.models->n; m++) {
        reports[m].n_ignored_columns = count_ignored(s, &s->run.plan.each[m]);
    }
}

wb_status wb_score_features(const wb_score_models *models, const wb_features *features, const wb_score_options *options,
                            const wb_read_options *reading, wb_score_report *reports, wb_error *err)
{
    scoring s = {.reading = reading, .table = wb_features_table(features)};
    const int n_threads = wbi_par_threads(reading->n_threads);
    wb_status status;
    WBI_TRY_CLEANUP(wbi_table_in_memory(s.table, "scoring", err));
    WBI_TRY_CLEANUP(wbi_score_run_plan(&s.run, models, options, reading->log, err));
    WBI_TRY_CLEANUP(find_columns(&s, err));
    WBI_TRY_CLEANUP(wbi_score_run_open(&s.run, s.cutoff != SIZE_MAX, err));
    WBI_TRY_CLEANUP(make_slots(&s, 2 * (size_t)n_threads, err));
    const wbi_pipeline pipeline = {next_block, score_block, take_block, &s, s.n_slots};
    status = wbi_par_pipeline(&pipeline, n_threads, err);
    if (s.stopped)
        status = WB_OK;
    WBI_TRY_CLEANUP(status);
    WBI_TRY_CLEANUP(wbi_score_run_finish(&s.run, err));
    report(&s, reports);
cleanup:
    free_scoring(&s, options->n_keep);
    return status;
}
