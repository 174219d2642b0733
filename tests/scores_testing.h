/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores files in tests: rows to be scored, what scores them, and the cells that come out. */
#ifndef WINBACK_TESTS_SCORES_TESTING_H
#define WINBACK_TESTS_SCORES_TESTING_H

#include "test_run.h"
#include "train_testing.h"

#include <winback/reasons.h>
#include <winback/score.h>

#include "csv/writer.h"

/* The cells of a CSV file, quotes undone as RFC 4180 has it; row 0 is behind the header. */
typedef struct grid {
    char *bytes;
    char **cells;
    size_t n_columns, n_rows;
} grid;

FRAME_FUNCTION grid grid_parse(char *bytes)
{
    grid g = {bytes, wbi_alloc_array(strlen(bytes) + 1, sizeof(char *)), 0, 0};
    size_t n_cells = 0, n_lines = 0;
    char *to = bytes;
    for (const char *at = bytes; *at != '\0';) {
        g.cells[n_cells++] = to;
        if (*at == '"') {
            for (at++; *at != '"' || at[1] == '"'; at++) {
                at += *at == '"';
                *to++ = *at;
            }
            at++;
        } else {
            while (*at != ',' && *at != '\n')
                *to++ = *at++;
        }
        assert_true(*at == ',' || *at == '\n');
        const bool ends_line = *at++ == '\n';
        *to++ = '\0';
        if (!ends_line)
            continue;
        g.n_columns = n_lines == 0 ? n_cells : g.n_columns;
        assert_int_equal(n_cells, ++n_lines * g.n_columns);
    }
    assert_true(n_lines > 0);
    g.n_rows = n_lines - 1;
    return g;
}

FRAME_FUNCTION void grid_free(grid *g)
{
    free(g->bytes);
    wbi_free(g->cells);
}

FRAME_FUNCTION const char *grid_at(const grid *g, size_t row, const char *name)
{
    for (size_t c = 0; c < g->n_columns; c++)
        if (strcmp(g->cells[c], name) == 0)
            return g->cells[(row + 1) * g->n_columns + c];
    fail_msg("no column %s", name);
    return NULL;
}

/* NaN where the cell is empty. */
FRAME_FUNCTION double grid_number(const grid *g, size_t row, const char *name)
{
    const char *cell = grid_at(g, row, name);
    char *end;
    const double number = *cell == '\0' ? (double)NAN : strtod(cell, &end);
    assert_true(*cell == '\0' || *end == '\0');
    return number;
}

/* "name" with a number: reason_2. Four at a time. */
FRAME_FUNCTION const char *numbered(const char *before, size_t number, const char *after)
{
    static char names[4][128];
    static unsigned next;
    char *name = names[next++ % 4];
    snprintf(name, sizeof names[0], "%s%zu%s", before, number, after);
    return name;
}

/* Rows that training has not seen: unheard levels, missing cells, numbers beyond those of training. */
FRAME_FUNCTION wb_features *frame_newcomers(size_t n)
{
    static const char *const channels[] = {"web", "app", "store", "phone", "fax", "letter", NULL};
    double *recency = wbi_alloc_array(n, sizeof *recency), *csat = wbi_alloc_array(n, sizeof *csat);
    const char **channel = wbi_alloc_array(n, sizeof *channel), **id = wbi_alloc_array(n, sizeof *id);
    int64_t *cutoff = wbi_alloc_array(n, sizeof *cutoff);
    char(*names)[32] = wbi_alloc_array(n, sizeof *names);
    uint64_t state = 5;
    for (size_t i = 0; i < n; i++) {
        const double u = frame_uniform(&state);
        snprintf(names[i], sizeof names[i], "n%05zu", i);
        id[i] = names[i];
        cutoff[i] = (int64_t)(i % 7) * WB_DAY_US + (i % 3 == 0 ? WB_DAY_US / 7 : 0);
        recency[i] = u < 0.1 ? (double)NAN : u < 0.15 ? 5000.25 : u < 0.2 ? -3 : floor(4000 * u) / 8;
        csat[i] = frame_uniform(&state) < 0.2 ? (double)NAN : 1 + floor(5 * frame_uniform(&state));
        channel[i] = channels[(size_t)(7 * frame_uniform(&state))];
    }
    wb_features *frame = frame_create();
    frame_words(frame, "channel", WB_TYPE_CATEGORY, channel, n);
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, n);
    frame_numbers(frame, "csat", csat, n);
    frame_times(frame, "cutoff", cutoff, n);
    frame_numbers(frame, "recency", recency, n);
    wbi_free(recency);
    wbi_free(csat);
    wbi_free(channel);
    wbi_free(id);
    wbi_free(cutoff);
    wbi_free(names);
    return frame;
}

/* Of the shop: with folds, ridge. */
FRAME_FUNCTION wb_model *train_shop(wb_basis basis, int n_folds)
{
    wb_features *frame = frame_shop(700);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.basis = basis;
    options.lambda = basis == WB_BASIS_LINEAR ? 0.01 : WB_LAMBDA_AUTO;
    options.n_folds = n_folds;
    wb_model *model = train(frame, &options);
    wb_features_free(frame);
    return model;
}

FRAME_FUNCTION wb_score_models one_model(wb_model *const *model)
{
    return (wb_score_models){(const wb_model *const *)model, NULL, NULL, 1};
}

/* What scores are made of, and where they go. */
typedef struct scoring_run {
    const char *folder;
    wb_score_models models;
    wb_score_options options; /* the output is set by whoever scores */
    wb_read_options reading;
    wb_score_report *reports;
} scoring_run;

FRAME_FUNCTION scoring_run run_in(const char *folder, wb_model *const *model)
{
    return (scoring_run){folder, one_model(model), WB_SCORE_OPTIONS_INIT, WB_READ_OPTIONS_INIT, NULL};
}

/* Scores a table in memory, or, where `frame` is NULL, the file in.csv, into the file "scores". */
FRAME_FUNCTION wb_status try_to_score(const scoring_run *run, const wb_features *frame, wb_error *err)
{
    char in[RUN_PATH_CHARS], out[RUN_PATH_CHARS];
    const char *const inputs[] = {path_in(in, run->folder, "in.csv")};
    wb_score_options options = run->options;
    options.output = path_in(out, run->folder, "scores");
    unlink(out);
    const wb_status status =
        frame != NULL ? wb_score_features(&run->models, frame, &options, &run->reading, run->reports, err)
                      : wb_score_files(&run->models, inputs, 1, &options, &run->reading, run->reports, err);
    assert_int_equal(access(out, F_OK), status == WB_OK ? 0 : -1);
    return status;
}

/* The bytes that come out; to be freed. */
FRAME_FUNCTION char *score_bytes(const scoring_run *run, const wb_features *frame)
{
    char path[RUN_PATH_CHARS];
    wb_error err = {0};
    assert_ok(try_to_score(run, frame, &err), &err);
    return get(path_in(path, run->folder, "scores"));
}

FRAME_FUNCTION grid score_grid(const scoring_run *run, const wb_features *frame)
{
    return grid_parse(score_bytes(run, frame));
}

FRAME_FUNCTION void write_in(const char *folder, const wb_features *frame)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    assert_ok(wbi_csv_write_table(frame->table, path_in(path, folder, "in.csv"), 1, NULL, &err), &err);
}

/* It fails with the code, its message or advice contains the words, and there is no file. */
#define assert_not_scored(run, frame, code, words)                                                             \
    do {                                                                                                       \
        wb_error not_scored = {0};                                                                             \
        char not_scored_text[2048];                                                                            \
        assert_int_equal(try_to_score(run, frame, &not_scored), code);                                         \
        wb_error_text(&not_scored, not_scored_text, sizeof not_scored_text);                                   \
        if (strstr(not_scored_text, words) == NULL && strstr(not_scored.advice, words) == NULL)                \
            fail_msg("'%s' does not say '%s'", not_scored_text, words);                                        \
    } while (0)

#endif
