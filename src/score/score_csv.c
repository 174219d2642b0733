/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature files of any size: the source reads a block of rows into a table of the columns that the model names, workers
 * score and print it, the sink writes. Rows are converted in the source, where they come in order, so that bad rows are
 * reported and kept in order too. */
#include <winback/score.h>

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "csv/reader.h"
#include "csv/typed.h"
#include "io/output.h"
#include "model/model.h"
#include "par/par.h"
#include "score/print.h"

enum { BLOCK_ROWS = 4096 };
static const size_t block_ceiling_bytes = (size_t)1 << 31;

typedef struct block {
    wb_table *table;     /* made anew for each block, so that levels nobody knows do not pile up */
    double *probability; /* BLOCK_ROWS for each model */
    wbi_buffer lines;
    wb_score_report *reports; /* of each model */
} block;

typedef struct scoring {
    const wb_score_models *models;
    const wb_read_options *options;
    wbi_dialect dialect;
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    wbi_typed_column *columns; /* the id, the model's features, and the cutoff when there is one */
    size_t *numbers;           /* their places in the file, from 1 */
    size_t n_columns;
    wbi_score_key key;
    wbi_output *output;
    block *blocks; /* one a slot */
    size_t n_blocks;
    uint64_t n_read;
    wb_score_report *reports; /* of each model; the mean is a sum until the end */
} scoring;

static wb_status new_table(wb_table **out, const scoring *s, wb_error *err)
{
    WBI_TRY(wbi_table_create(out, err));
    for (size_t k = 0; k < s->n_columns; k++)
        WBI_TRY(wbi_table_add_column(*out, s->columns[k].name, s->columns[k].type, NULL, err));
    return wbi_table_reserve(*out, BLOCK_ROWS, err);
}

static wb_status read_block(void *context, size_t slot, int *more, wb_error *err)
{
    scoring *s = context;
    block *b = &s->blocks[slot];
    const wbi_cells *cells;
    *more = 0;
    if (wbi_output_closed(s->output))
        return WB_OK;
    WBI_TRY(wbi_csv_next(s->reader, BLOCK_ROWS, &cells, err));
    if (cells->n_rows == 0)
        return WB_OK;
    *more = 1;
    wb_table_free(b->table);
    b->table = NULL;
    WBI_TRY(new_table(&b->table, s, err));
    WBI_TRY(wbi_typed_append(b->table, cells, s->columns, s->numbers, s->options->decimal, s->bad, NULL, err));
    s->n_read += cells->n_rows;
    return wbi_progress(s->options->log, "score", s->n_read, 0, err);
}

static wb_status score_block(void *context, size_t slot, int worker, wb_error *err)
{
    (void)worker;
    scoring *s = context;
    block *b = &s->blocks[slot];
    b->lines.length = 0;
    for (size_t m = 0; m < s->models->n; m++)
        WBI_TRY(wb_score_table(s->models->models[m], b->table, b->probability + m * BLOCK_ROWS, &b->reports[m], 1, err));
    const wbi_scores scores = {b->probability, s->models->n, BLOCK_ROWS};
    return wbi_score_rows(&b->lines, b->table, &s->key, &scores, 0, b->table->n_rows, err);
}

static wb_status write_block(void *context, size_t slot, wb_error *err)
{
    scoring *s = context;
    const block *b = &s->blocks[slot];
    WBI_TRY(wbi_output_write(s->output, b->lines.data, b->lines.length, err));
    for (size_t m = 0; m < s->models->n; m++) {
        wb_score_report *report = &s->reports[m];
        report->n_rows += b->table->n_rows;
        report->n_imputed += b->reports[m].n_imputed;
        report->n_unseen += b->reports[m].n_unseen;
        for (size_t row = 0; row < b->table->n_rows; row++)
            report->mean_probability += b->probability[m * BLOCK_ROWS + row];
    }
    return WB_OK;
}

/* The files that all inputs mean, in the order given. */
static wb_status expand_inputs(wbi_paths *all, const char *const *inputs, size_t n_inputs, wb_error *err)
{
    for (size_t i = 0; i < n_inputs; i++) {
        wbi_paths some = {NULL, 0};
        WBI_TRY(wbi_paths_expand(&some, inputs[i], err));
        char **grown = wbi_realloc_array(all->paths, all->n + some.n, sizeof *grown);
        if (grown == NULL) {
            wbi_paths_free(&some);
            return wbi_fail_nomem(err, (all->n + some.n) * sizeof *grown);
        }
        all->paths = grown;
        memcpy(all->paths + all->n, some.paths, some.n * sizeof *some.paths);
        all->n += some.n;
        wbi_free(some.paths);
    }
    if (all->n == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no file to score");
    return WB_OK;
}

static wb_status open_inputs(scoring *s, const char *const *inputs, size_t n_inputs, wb_error *err)
{
    const wb_read_options *options = s->options;
    s->dialect = (wbi_dialect)WBI_DIALECT_INIT;
    s->dialect.delimiter = options->delimiter;
    s->dialect.decimal = options->decimal;
    s->dialect.na = options->na;
    s->dialect.n_na = options->n_na;
    WBI_TRY(expand_inputs(&s->paths, inputs, n_inputs, err));
    WBI_TRY(wbi_bad_rows_create(&s->bad, options->on_error, options->rejects, options->log, err));
    return wbi_csv_open(&s->reader, &s->paths, &s->dialect, s->bad, err);
}

/* Adds a column to read; `name` is borrowed. */
static wb_status choose_column(scoring *s, const char *name, wb_type type, bool required, wb_error *err)
{
    size_t number = wbi_csv_find(s->reader, name);
    if (number == SIZE_MAX)
        return wbi_csv_no_column(s->reader, name, err);
    s->columns[s->n_columns] = (wbi_typed_column){.name = name, .type = type, .required = required};
    s->numbers[s->n_columns++] = number;
    return WB_OK;
}

/* Columns of the file that are neither the key, nor a label, nor read by the model. */
static uint64_t count_ignored(const scoring *s, const wb_model *model)
{
    uint64_t n = 0;
    for (size_t number = 0; number < wbi_csv_n_columns(s->reader); number++) {
        const char *name = wbi_csv_column(s->reader, number);
        bool used = number == s->numbers[s->key.id] || strncmp(name, "label_", 6) == 0 ||
                    (s->key.cutoff != SIZE_MAX && number == s->numbers[s->key.cutoff]);
        wb_type type;
        for (size_t f = 0; f < wbi_model_n_features(model) && !used; f++)
            used = wbi_csv_find(s->reader, wbi_model_feature(model, f, &type)) == number;
        n += !used;
    }
    return n;
}

/* Chooses a feature unless another model has. */
static wb_status choose_feature(scoring *s, const char *name, wb_type type, wb_error *err)
{
    for (size_t k = s->key.id + 1; k < s->n_columns; k++) {
        if (strcmp(s->columns[k].name, name) != 0)
            continue;
        return s->columns[k].type == type
                   ? WB_OK
                   : wbi_fail(err, WB_ERR_INCONSISTENT,
                              "%s is a number to one model and a category to another: score with one at a time", name);
    }
    return choose_column(s, name, type, false, err);
}

static wb_status choose_features(scoring *s, const wb_model *model, wb_error *err)
{
    for (size_t f = 0; f < wbi_model_n_features(model); f++) {
        wb_type type;
        const char *feature = wbi_model_feature(model, f, &type);
        WBI_TRY(choose_feature(s, feature, type, err));
    }
    return WB_OK;
}

/* The id, the features of the models and, when there is one, the cutoff; all others are ignored. */
static wb_status choose_columns(scoring *s, const char *id, wb_error *err)
{
    size_t most = 2;
    for (size_t m = 0; m < s->models->n; m++)
        most += wbi_model_n_features(s->models->models[m]);
    s->columns = wbi_alloc_zeroed(most, sizeof *s->columns);
    s->numbers = wbi_alloc_array(most, sizeof *s->numbers);
    if (s->columns == NULL || s->numbers == NULL)
        return wbi_fail_nomem(err, most * sizeof *s->columns);
    s->key = (wbi_score_key){0, SIZE_MAX};
    WBI_TRY(choose_column(s, id, WB_TYPE_TEXT, true, err));
    for (size_t m = 0; m < s->models->n; m++)
        WBI_TRY(choose_features(s, s->models->models[m], err));
    if (wbi_csv_find(s->reader, "cutoff") != SIZE_MAX) {
        s->key.cutoff = s->n_columns;
        WBI_TRY(choose_column(s, "cutoff", WB_TYPE_TIME, false, err));
    }
    for (size_t m = 0; m < s->models->n; m++)
        s->reports[m].n_ignored_columns = count_ignored(s, s->models->models[m]);
    WBI_TRY(wbi_csv_want(s->reader, s->numbers, s->n_columns, err));
    for (size_t k = 0; k < s->n_columns; k++)
        s->numbers[k]++; /* places are indices to the reader, and from 1 in messages */
    return WB_OK;
}

static wb_status create_blocks(scoring *s, size_t n, wb_error *err)
{
    s->blocks = wbi_alloc_zeroed(n, sizeof *s->blocks);
    if (s->blocks == NULL)
        return wbi_fail_nomem(err, n * sizeof *s->blocks);
    s->n_blocks = n;
    for (size_t i = 0; i < n; i++) {
        s->blocks[i].lines = wbi_buffer_make(block_ceiling_bytes);
        s->blocks[i].probability = wbi_alloc_array(s->models->n, BLOCK_ROWS * sizeof(double));
        s->blocks[i].reports = wbi_alloc_array(s->models->n, sizeof *s->blocks[i].reports);
        if (s->blocks[i].probability == NULL || s->blocks[i].reports == NULL)
            return wbi_fail_nomem(err, s->models->n * BLOCK_ROWS * sizeof(double));
    }
    return WB_OK;
}

static wb_status open_output(scoring *s, const char *output, wb_error *err)
{
    wbi_buffer *lines = &s->blocks[0].lines;
    WBI_TRY(wbi_output_open(&s->output, output, err));
    WBI_TRY(wbi_score_header(lines, &s->key, s->models, err));
    return wbi_output_write(s->output, lines->data, lines->length, err);
}

/* The rejected rows first: scores that lack them must not appear where those could not be kept. */
static wb_status commit(scoring *s, wb_error *err)
{
    WBI_TRY(wbi_bad_rows_finish(s->bad, err));
    wbi_output *written = s->output;
    s->output = NULL;
    return wbi_output_commit(written, err);
}

static void free_scoring(scoring *s)
{
    wbi_output_abort(s->output);
    for (size_t i = 0; i < s->n_blocks; i++) {
        wb_table_free(s->blocks[i].table);
        wbi_buffer_free(&s->blocks[i].lines);
        wbi_free(s->blocks[i].probability);
        wbi_free(s->blocks[i].reports);
    }
    wbi_free(s->blocks);
    wbi_free(s->reports);
    wbi_free(s->columns);
    wbi_free(s->numbers);
    wbi_csv_close(s->reader);
    wbi_bad_rows_free(s->bad);
    wbi_paths_free(&s->paths);
}

static void finish_reports(const scoring *s, wb_score_report *reports)
{
    for (size_t m = 0; m < s->models->n; m++) {
        wb_score_report *report = &s->reports[m];
        report->n_bad = wbi_bad_rows_count(s->bad);
        report->mean_probability = report->n_rows > 0 ? report->mean_probability / (double)report->n_rows : (double)NAN;
        if (reports != NULL)
            reports[m] = *report;
    }
}

wb_status wb_models_score_csv(const wb_score_models *models, const char *const *inputs, size_t n_inputs, const char *id,
                              const char *output, const wb_read_options *options, wb_score_report *reports,
                              wb_error *err)
{
    scoring s = {.models = models, .options = options};
    wb_status status;
    int n_threads = wbi_par_threads(options->n_threads);
    WBI_TRY(wbi_score_check(models, err));
    s.reports = wbi_alloc_zeroed(models->n, sizeof *s.reports);
    if (s.reports == NULL)
        return wbi_fail_nomem(err, models->n * sizeof *s.reports);
    WBI_TRY_CLEANUP(open_inputs(&s, inputs, n_inputs, err));
    WBI_TRY_CLEANUP(choose_columns(&s, id == NULL ? "customer_id" : id, err));
    WBI_TRY_CLEANUP(create_blocks(&s, 2 * (size_t)n_threads, err));
    WBI_TRY_CLEANUP(open_output(&s, output, err));
    wbi_pipeline pipeline = {read_block, score_block, write_block, &s, s.n_blocks};
    WBI_TRY_CLEANUP(wbi_par_pipeline(&pipeline, n_threads, err));
    WBI_TRY_CLEANUP(commit(&s, err));
    finish_reports(&s, reports);
cleanup:
    free_scoring(&s);
    return status;
}

wb_status wb_score_csv(const wb_model *model, const char *const *inputs, size_t n_inputs, const char *id,
                       const char *output, const wb_read_options *options, wb_score_report *report, wb_error *err)
{
    return wb_models_score_csv(&(wb_score_models){&model, NULL, 1}, inputs, n_inputs, id, output, options, report, err);
}
