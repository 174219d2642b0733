/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature files of any size: batches of rows are typed, scored and written as lines by whichever worker has them, and taken
 * in the order of the files. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "csv/batches.h"
#include "score/run.h"

typedef struct scoring {
    wbi_score_run run;
    const wb_read_options *reading;
    wbi_dialect dialect;
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    wbi_typed_column *columns; /* the id and what is kept, the plan's features, and the cutoff when there is one */
    size_t *places, *numbers;  /* of these in the file, from 0 and from 1 */
    size_t n_columns, n_texts, cutoff; /* cutoff: SIZE_MAX when there is none */
    uint64_t n_bytes; /* read so far */
} scoring;

/* ---- inputs ---- */

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
    const wb_read_options *reading = s->reading;
    s->dialect = (wbi_dialect)WBI_DIALECT_INIT;
    s->dialect.delimiter = reading->delimiter;
    s->dialect.decimal = reading->decimal;
    s->dialect.na = reading->na;
    s->dialect.n_na = reading->n_na;
    WBI_TRY(expand_inputs(&s->paths, inputs, n_inputs, err));
    WBI_TRY(wbi_bad_rows_create(&s->bad, reading->on_error, reading->rejects, reading->log, err));
    return wbi_csv_open(&s->reader, &s->paths, &s->dialect, s->bad, err);
}

/* ---- columns ---- */

/* The file's column whose name is nearest to a feature's, of those that no model reads; NULL when none is near. */
static wb_status find_nearest(const char **nearest, const scoring *s, const char *name, wb_error *err)
{
    const size_t n_columns = wbi_csv_n_columns(s->reader);
    size_t n = 0;
    const char **names = wbi_alloc_array(n_columns, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, n_columns * sizeof *names);
    for (size_t place = 0; place < n_columns; place++) {
        const char *column = wbi_csv_column(s->reader, place);
        size_t f = 0;
        while (f < s->run.plan.n_features && strcmp(s->run.plan.features[f].name, column) != 0)
            f++;
        if (f == s->run.plan.n_features)
            names[n++] = column;
    }
    *nearest = wbi_nearest(name, names, n);
    wbi_free(names);
    return WB_OK;
}

/* Names the first feature that the files lack, its nearest spelling, and how many others there are. */
static wb_status tell_lacking(const scoring *s, const char *first, size_t n, wb_error *err)
{
    char others[200] = "";
    size_t length = 0;
    const char *nearest = NULL;
    const wbi_where where = {s->paths.paths[0], 1, 0};
    WBI_TRY(find_nearest(&nearest, s, first, err));
    wb_status status;
    if (n == s->run.plan.n_features && nearest == NULL)
        status = wbi_csv_no_column(s->reader, first, err);
    else if (nearest == NULL)
        status = wbi_fail_at(err, WB_ERR_INCONSISTENT, where, NULL, 0, "no column '%s', which the model reads", first);
    else
        status = wbi_fail_at(err, WB_ERR_INCONSISTENT, where, NULL, 0,
                             "no column '%s' (did you mean '%s'?)", first, nearest);
    for (size_t f = 0; n > 1 && f < s->run.plan.n_features; f++) {
        const char *name = s->run.plan.features[f].name;
        if (strcmp(name, first) == 0 || wbi_csv_find(s->reader, name) != SIZE_MAX)
            continue;
        const int written = snprintf(others + length, sizeof others - length, "%s%.60s", length > 0 ? ", " : "", name);
        if (written < 0 || length + (size_t)written >= sizeof others - 4) {
            memcpy(others + length, "…", sizeof "…");
            break;
        }
        length += (size_t)written;
    }
    if (n > 1)
        wbi_advise(err, "the model reads %zu more that %s not there: %s", n - 1, n == 2 ? "is" : "are", others);
    return status;
}

static wb_status check_features(const scoring *s, wb_error *err)
{
    const char *first = NULL;
    size_t n = 0;
    for (size_t f = 0; f < s->run.plan.n_features; f++) {
        const char *name = s->run.plan.features[f].name;
        if (wbi_csv_find(s->reader, name) == SIZE_MAX && n++ == 0)
            first = name;
    }
    return n == 0 ? WB_OK : tell_lacking(s, first, n, err);
}

static wb_status choose_column(scoring *s, const char *name, wb_type type, bool required, wb_error *err)
{
    const size_t place = wbi_csv_find(s->reader, name);
    if (place == SIZE_MAX)
        return wbi_csv_no_column(s->reader, name, err);
    s->columns[s->n_columns] = (wbi_typed_column){.name = name, .type = type, .required = required};
    s->places[s->n_columns] = place;
    s->numbers[s->n_columns++] = place + 1;
    return WB_OK;
}

static wb_status choose_id(scoring *s, const char *name, wb_error *err)
{
    const wb_status status = choose_column(s, name, WB_TYPE_TEXT, true, err);
    if (status == WB_ERR_INCONSISTENT && err != NULL && err->advice[0] == '\0')
        wbi_advise(err, "--id COL says which column names the customers");
    return status;
}

static uint64_t count_ignored(const scoring *s, size_t m)
{
    uint64_t n = 0;
    for (size_t place = 0; place < wbi_csv_n_columns(s->reader); place++)
        n += wbi_score_plan_ignores(&s->run.plan, m, s->columns[0].name, wbi_csv_column(s->reader, place));
    return n;
}

static wb_status choose_columns(scoring *s, wb_error *err)
{
    const wb_score_options *o = s->run.plan.options;
    const wbi_score_plan *plan = &s->run.plan;
    const size_t most = 2 + o->n_keep + plan->n_features;
    s->columns = wbi_alloc_zeroed(most, sizeof *s->columns);
    s->places = wbi_alloc_array(most, sizeof *s->places);
    s->numbers = wbi_alloc_array(most, sizeof *s->numbers);
    if (s->columns == NULL || s->places == NULL || s->numbers == NULL)
        return wbi_fail_nomem(err, most * sizeof *s->columns);
    WBI_TRY(choose_id(s, o->id == NULL ? "customer_id" : o->id, err));
    for (size_t k = 0; k < o->n_keep; k++)
        WBI_TRY(choose_column(s, o->keep[k], WB_TYPE_TEXT, false, err));
    s->n_texts = s->n_columns;
    WBI_TRY(check_features(s, err));
    for (size_t f = 0; f < plan->n_features; f++)
        WBI_TRY(choose_column(s, plan->features[f].name, plan->features[f].type, false, err));
    s->cutoff = SIZE_MAX;
    if (wbi_csv_find(s->reader, "cutoff") != SIZE_MAX) {
        s->cutoff = s->n_columns;
        WBI_TRY(choose_column(s, "cutoff", WB_TYPE_TIME, false, err));
    }
    return wbi_csv_want(s->reader, s->places, s->n_columns, err);
}

/* ---- batches ---- */

static void read_texts(wbi_str *texts, const wbi_packed *column, size_t n)
{
    const int32_t *codes = wbi_packed_codes(column);
    for (size_t row = 0; row < n; row++)
        texts[row] = codes[row] < 0 ? (wbi_str){NULL, 0} : wbi_dictionary_at(column->dictionary, codes[row]);
}

static wb_status score_batch(void *context, const wbi_batch *batch, wb_error *err)
{
    scoring *s = context;
    wbi_score_slot *slot = &s->run.slots[batch->slot];
    const wbi_packed *columns = batch->rows->columns;
    const size_t n = batch->rows->n_rows;
    WBI_TRY(wbi_score_slot_reserve(slot, n, err));
    for (size_t k = 0; k < s->n_texts; k++)
        read_texts(slot->texts[k], &columns[k], n);
    for (size_t f = 0; f < s->run.plan.n_features; f++) {
        const wbi_packed *column = &columns[s->n_texts + f];
        slot->features[f] = column->type == WB_TYPE_NUMBER
                                ? (wbi_score_source){.numbers = column->values}
                                : (wbi_score_source){.codes = wbi_packed_codes(column), .levels = column->dictionary};
    }
    for (size_t row = 0; s->cutoff != SIZE_MAX && row < n; row++)
        slot->cutoffs_us[row] = wbi_packed_time(&columns[s->cutoff], row);
    return wbi_score_slot_fill(slot, n, s->cutoff == SIZE_MAX ? NULL : slot->cutoffs_us, false, err);
}

/* Rows there will be if the files go on as they began; 0 where that cannot be said. */
static uint64_t expected_rows(const scoring *s)
{
    if (wbi_csv_file_bytes(s->reader) == 0 || s->n_bytes == 0)
        return 0;
    const double n = (double)s->run.n_rows * (double)wbi_paths_bytes(&s->paths) / (double)s->n_bytes;
    return n > (double)s->run.n_rows ? (uint64_t)n : s->run.n_rows;
}

static wb_status take_batch(void *context, const wbi_batch *batch, wb_error *err)
{
    scoring *s = context;
    for (size_t k = 0; k < batch->n_bad; k++)
        WBI_TRY(wbi_bad_rows_add(s->bad, batch->bad[k].error, batch->bad[k].raw, err));
    WBI_TRY(wbi_score_run_take(&s->run, &s->run.slots[batch->slot], err));
    s->n_bytes += batch->n_bytes;
    return wbi_progress(s->reading->log, "score", s->run.n_rows, expected_rows(s), err);
}

static wb_status score_batches(scoring *s, wb_error *err)
{
    const wbi_batch_options batches = {.columns = s->columns,
                                       .column_numbers = s->numbers,
                                       .n_columns = s->n_columns,
                                       .n_threads = s->reading->n_threads,
                                       .numbers = WBI_PACKED_DOUBLES,
                                       .work = score_batch};
    return wbi_score_run_status(&s->run, wbi_csv_read_batches(s->reader, &batches, take_batch, s, err));
}

/* ---- the whole ---- */

static void free_scoring(scoring *s)
{
    wbi_free(s->columns);
    wbi_free(s->places);
    wbi_free(s->numbers);
    wbi_score_run_free(&s->run);
    wbi_csv_close(s->reader);
    wbi_bad_rows_free(s->bad);
    wbi_paths_free(&s->paths);
}

static void report(const scoring *s, wb_score_report *reports)
{
    wbi_score_run_report(&s->run, reports);
    for (size_t m = 0; reports != NULL && m < s->run.plan.models->n; m++) {
        reports[m].n_bad = wbi_bad_rows_count(s->bad);
        reports[m].n_ignored_columns = count_ignored(s, m);
    }
}

wb_status wb_score_files(const wb_score_models *models, const char *const *inputs, size_t n_inputs,
                         const wb_score_options *options, const wb_read_options *reading, wb_score_report *reports,
                         wb_error *err)
{
    scoring s = {.reading = reading};
    wb_status status;
    WBI_TRY_CLEANUP(wbi_score_run_plan(&s.run, models, options, reading->log, err));
    WBI_TRY_CLEANUP(open_inputs(&s, inputs, n_inputs, err));
    WBI_TRY_CLEANUP(choose_columns(&s, err));
    WBI_TRY_CLEANUP(wbi_score_run_open(&s.run, s.cutoff != SIZE_MAX, wbi_batch_n_slots(reading->n_threads), err));
    WBI_TRY_CLEANUP(score_batches(&s, err));
    /* The rejected rows first: scores that lack them must not appear where those could not be kept. */
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(s.bad, err));
    WBI_TRY_CLEANUP(wbi_score_run_finish(&s.run, err));
    report(&s, reports);
cleanup:
    free_scoring(&s);
    return status;
}
