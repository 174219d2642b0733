/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features in memory: blocks of rows are scored and written as lines by workers, and taken in order. */
#include <string.h>

#include "base/memory.h"
#include "csv/writer.h"
#include "design/basis.h"
#include "par/par.h"
#include "score/feature_column.h"
#include "score/run.h"
#include "table/spill.h"
#include "table/table.h"

enum { BLOCK_ROWS = 1024 };

typedef struct scoring {
    wbi_score_run run;
    const wb_read_options *reading;
    const wb_table *table;
    size_t id, cutoff;   /* columns; cutoff: SIZE_MAX when there is none */
    size_t *features;    /* by feature of the plan: its column */
    size_t *keep;        /* columns */
    size_t *begins;      /* by slot: the first of its rows */
    size_t next_row;
} scoring;

/* ---- columns ---- */

static wb_status find_columns(scoring *s, wb_error *err)
{
    const wbi_score_plan *plan = &s->run.plan;
    const wb_score_options *o = plan->options;
    WBI_TRY(wbi_find_key(&s->id, &s->cutoff, s->table, err));
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

/* Rows [begin, end) of the k-th kept column. */
static wb_status keep_column(wbi_score_slot *slot, const scoring *s, size_t k, size_t begin, size_t end, wb_error *err)
{
    const size_t column = s->keep[k];
    wbi_buffer *cells = &slot->cells[k];
    wbi_str *texts = slot->texts[1 + k];
    if (s->table->columns[column].type == WB_TYPE_TEXT) {
        for (size_t row = begin; row < end; row++)
            texts[row - begin] = text_at(s->table, column, row);
        return WB_OK;
    }
    cells->length = 0;
    for (size_t row = begin; row < end; row++) {
        const size_t before = cells->length;
        WBI_TRY(print_cell(cells, &s->table->columns[column], row, err));
        texts[row - begin].length = cells->length - before;
    }
    wbi_score_slot_place(slot, k, end - begin);
    return WB_OK;
}

static wb_status next_block(void *context, size_t at, int *more, wb_error *err)
{
    (void)err;
    scoring *s = context;
    *more = s->next_row < s->table->n_rows;
    s->begins[at] = s->next_row;
    s->next_row += BLOCK_ROWS;
    return WB_OK;
}

static wb_status score_block(void *context, size_t at, int worker, wb_error *err)
{
    (void)worker;
    scoring *s = context;
    wbi_score_slot *slot = &s->run.slots[at];
    const wb_table *table = s->table;
    const size_t begin = s->begins[at], left = table->n_rows - begin, n = left < BLOCK_ROWS ? left : BLOCK_ROWS;
    WBI_TRY(wbi_score_slot_reserve(slot, BLOCK_ROWS, err));
    for (size_t f = 0; f < s->run.plan.n_features; f++) {
        const wbi_column *column = &table->columns[s->features[f]];
        slot->features[f] = column->type == WB_TYPE_NUMBER
                                ? (wbi_score_source){.numbers = column->numbers + begin}
                                : (wbi_score_source){.codes = column->codes + begin, .levels = column->dictionary};
    }
    for (size_t row = 0; row < n; row++)
        slot->texts[0][row] = text_at(table, s->id, begin + row);
    for (size_t k = 0; k < s->run.plan.options->n_keep; k++)
        WBI_TRY(keep_column(slot, s, k, begin, begin + n, err));
    return wbi_score_slot_fill(slot, n, s->cutoff == SIZE_MAX ? NULL : table->columns[s->cutoff].times + begin, true, err);
}

static wb_status take_block(void *context, size_t at, wb_error *err)
{
    scoring *s = context;
    WBI_TRY(wbi_score_run_take(&s->run, &s->run.slots[at], err));
    return wbi_progress(s->reading->log, "score", s->run.n_rows, s->table->n_rows, err);
}

/* ---- the whole ---- */

static void free_scoring(scoring *s)
{
    wbi_free(s->begins);
    wbi_free(s->features);
    wbi_free(s->keep);
    wbi_score_run_free(&s->run);
}

static uint64_t count_ignored(const scoring *s, size_t m)
{
    const wbi_column *columns = s->table->columns;
    uint64_t n = 0;
    for (size_t k = 0; k < s->table->n_columns; k++)
        n += wbi_score_plan_ignores(&s->run.plan, m, columns[s->id].name, columns[k].name);
    return n;
}

static void report(const scoring *s, wb_score_report *reports)
{
    wbi_score_run_report(&s->run, reports);
    for (size_t m = 0; reports != NULL && m < s->run.plan.models->n; m++)
        reports[m].n_ignored_columns = count_ignored(s, m);
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
    WBI_TRY_CLEANUP(wbi_score_run_open(&s.run, s.cutoff != SIZE_MAX, 2 * (size_t)n_threads, err));
    s.begins = wbi_alloc_array(s.run.n_slots, sizeof *s.begins);
    if (s.begins == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, s.run.n_slots * sizeof *s.begins));
    const wbi_pipeline pipeline = {next_block, score_block, take_block, &s, s.run.n_slots};
    WBI_TRY_CLEANUP(wbi_score_run_status(&s.run, wbi_par_pipeline(&pipeline, n_threads, err)));
    WBI_TRY_CLEANUP(wbi_score_run_finish(&s.run, err));
    report(&s, reports);
cleanup:
    free_scoring(&s);
    return status;
}
