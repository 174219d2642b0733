/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model with a btyd term, of either basis, and rows that it has not seen, in all layouts. */
#ifndef WINBACK_TESTS_BTYD_FIXTURE_H
#define WINBACK_TESTS_BTYD_FIXTURE_H

#include "scores_testing.h"

#include <winback/scorer.h>

#include "btyd_testing.h"

enum { N_ROWS = 700, MOST = 8 };

typedef struct fixture {
    wb_features *frame, *rows; /* trained on, scored */
    wb_model *model;
    wb_scorer *scorer;
    size_t n_features;
    double p[N_ROWS];
    double numbers[MOST][N_ROWS], x[N_ROWS * MOST];
    int32_t codes[MOST][N_ROWS];
    wb_scorer_column columns[MOST];
} fixture;

static fixture shared;

/* Rows as the scorer reads them. */
FRAME_FUNCTION void fill_columns(fixture *f)
{
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        const size_t c = wb_table_find(f->rows->table, wb_scorer_feature(f->scorer, j, &type));
        for (size_t i = 0; i < N_ROWS; i++) {
            if (type == WB_TYPE_CATEGORY) {
                const int32_t code = wb_table_codes(f->rows->table, c)[i];
                size_t length;
                const char *level = code < 0 ? NULL : wb_table_level(f->rows->table, c, code, &length);
                f->codes[j][i] = level == NULL ? -1 : wb_scorer_code(f->scorer, j, level, length);
                f->x[i * f->n_features + j] = f->codes[j][i];
            } else {
                f->codes[j][i] = -77;
                f->numbers[j][i] = f->x[i * f->n_features + j] = wb_table_numbers(f->rows->table, c)[i];
            }
        }
        f->columns[j] = type == WB_TYPE_CATEGORY ? (wb_scorer_column){NULL, f->codes[j]} : (wb_scorer_column){f->numbers[j], NULL};
    }
}

FRAME_FUNCTION fixture *make(wb_basis basis, bool alone)
{
    fixture *f = &shared;
    wb_error err;
    const wb_train_options options = btyd_options(basis, alone);
    f->frame = frame_buyers(1200, 3);
    f->rows = frame_buyers(N_ROWS, 77);
    f->model = train(f->frame, &options);
    assert_ok(wb_scorer_create(&f->scorer, f->model, &err), &err);
    f->n_features = wb_scorer_n_features(f->scorer);
    fill_columns(f);
    assert_ok(wb_score_table(f->model, f->rows->table, f->p, NULL, 1, &err), &err);
    return f;
}

FRAME_FUNCTION void drop(fixture *f)
{
    wb_scorer_free(f->scorer);
    wb_model_free(f->model);
    wb_features_free(f->frame);
    wb_features_free(f->rows);
}

FRAME_FUNCTION void for_each_kind(void (*test)(fixture *f))
{
    for (int k = 0; k < 4; k++) {
        fixture *f = make(k < 2 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, k % 2 == 1);
        test(f);
        drop(f);
    }
}

#endif
