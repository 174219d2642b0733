/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of models with a btyd term: the same bits from all that scores, their parts, intervals, drift, and the model's file. */
#include "scores_testing.h"

#include <winback/drift.h>
#include <winback/explain.h>
#include <winback/scorer.h>

#include "btyd_testing.h"
#include "edit_testing.h"

enum { N_ROWS = 700, MOST = 8 };

/* ---- the same bits ---- */

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
static void fill_columns(fixture *f)
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

static fixture *make(wb_basis basis, bool alone)
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

static void drop(fixture *f)
{
    wb_scorer_free(f->scorer);
    wb_model_free(f->model);
    wb_features_free(f->frame);
    wb_features_free(f->rows);
}

static void for_each_kind(void (*test)(fixture *f))
{
    for (int k = 0; k < 4; k++) {
        fixture *f = make(k < 2 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, k % 2 == 1);
        test(f);
        drop(f);
    }
}

static void assert_reads(fixture *f)
{
    static const char *const all[] = {"csat", "orders_t_x", "channel", "orders_x", "orders_T"};
    static const char *const alone[] = {"csat", "channel", "orders_x", "orders_t_x", "orders_T"};
    const bool is_alone = wb_model_summarise(f->model).n_terms == 3;
    wb_type type;
    assert_int_equal(f->n_features, 5);
    assert_int_equal(wb_scorer_n_terms(f->scorer), is_alone ? 3 : 6);
    for (size_t j = 0; j < f->n_features; j++) {
        const char *name = wb_scorer_feature(f->scorer, j, &type);
        assert_string_equal(name, (is_alone ? alone : all)[j]);
        assert_int_equal(type, strcmp(name, "channel") == 0 ? WB_TYPE_CATEGORY : WB_TYPE_NUMBER);
        assert_int_equal(wb_scorer_n_levels(f->scorer, j), strcmp(name, "channel") == 0 ? 4 : 0); /* three, and (missing) */
    }
}

static void features_are_those_that_are_read(void **state)
{
    (void)state;
    for_each_kind(assert_reads);
}

static void assert_same_bits(fixture *f)
{
    static double p[N_ROWS], wide[N_ROWS * (MOST + 3)];
    const size_t n = f->n_features, stride = n + 3;
    wb_error err;
    assert_ok(wb_score_table(f->model, f->rows->table, p, NULL, 3, &err), &err);
    assert_memory_equal(p, f->p, sizeof p);
    wb_scorer_rows(f->scorer, &(wb_scores){p, NULL}, f->x, n, N_ROWS);
    assert_memory_equal(p, f->p, sizeof p);
    memset(p, 0, sizeof p);
    wb_scorer_columns(f->scorer, &(wb_scores){p, NULL}, f->columns, N_ROWS);
    assert_memory_equal(p, f->p, sizeof p);
    for (size_t i = 0; i < N_ROWS; i++)
        for (size_t j = 0; j < stride; j++)
            wide[i * stride + j] = j < n ? f->x[i * n + j] : 1e300;
    for (size_t at = 0, step = 1; at < N_ROWS; at += step, step = step * 3 % 271 + 1) {
        step = step < N_ROWS - at ? step : N_ROWS - at;
        wb_scorer_column from[MOST];
        for (size_t j = 0; j < n; j++)
            from[j] = f->columns[j].codes != NULL ? (wb_scorer_column){NULL, f->codes[j] + at}
                                                  : (wb_scorer_column){f->numbers[j] + at, NULL};
        double part[300];
        wb_scorer_rows(f->scorer, &(wb_scores){part, NULL}, wide + at * stride, stride, step);
        assert_memory_equal(part, f->p + at, step * sizeof *part);
        wb_scorer_columns(f->scorer, &(wb_scores){part, NULL}, from, step);
        assert_memory_equal(part, f->p + at, step * sizeof *part);
    }
}

static void rows_columns_and_tables_give_the_same_bits(void **state)
{
    (void)state;
    for_each_kind(assert_same_bits);
}

static void keep_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
    fail_msg("what was given was released");
}

static void keep_array(struct ArrowArray *array)
{
    array->release = NULL;
    fail_msg("what was given was released");
}

/* By the names of the columns, in another order. */
static void assert_same_by_arrow(fixture *f)
{
    static struct ArrowSchema children[MOST];
    static struct ArrowArray arrays[MOST];
    static const void *buffers[MOST][3];
    static int32_t ends[N_ROWS + 1];
    static char text[N_ROWS * 8];
    struct ArrowSchema *schemas[MOST], out_schema, schema = {.format = "+s", .name = "", .children = schemas, .release = keep_schema};
    struct ArrowArray *columns[MOST], out, array = {.length = N_ROWS, .n_buffers = 1, .buffers = (const void *[1]){NULL},
                                                    .children = columns, .release = keep_array};
    wb_error err;
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        const char *name = wb_scorer_feature(f->scorer, j, &type);
        const size_t c = wb_table_find(f->rows->table, name);
        for (size_t i = 0; type == WB_TYPE_CATEGORY && i < N_ROWS; i++) {
            size_t length = 0;
            const int32_t code = wb_table_codes(f->rows->table, c)[i];
            const char *level = code < 0 ? "" : wb_table_level(f->rows->table, c, code, &length);
            memcpy(text + ends[i], level, length);
            ends[i + 1] = ends[i] + (int32_t)length;
        }
        buffers[j][1] = type == WB_TYPE_CATEGORY ? (const void *)ends : f->numbers[j];
        buffers[j][2] = text;
        children[j] = (struct ArrowSchema){.format = type == WB_TYPE_CATEGORY ? "u" : "g", .name = name, .release = keep_schema};
        arrays[j] = (struct ArrowArray){.length = N_ROWS, .n_buffers = type == WB_TYPE_CATEGORY ? 3 : 2, .buffers = buffers[j],
                                        .release = keep_array};
        schemas[f->n_features - 1 - j] = &children[j];
        columns[f->n_features - 1 - j] = &arrays[j];
    }
    schema.n_children = array.n_children = (int64_t)f->n_features;
    assert_ok(wb_scorer_arrow(f->scorer, &schema, &array, &out_schema, &out, &err), &err);
    assert_memory_equal(out.buffers[1], f->p, sizeof f->p);
    out.release(&out);
    out_schema.release(&out_schema);
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        children[j].name = "another";
        assert_int_equal(wb_scorer_arrow(f->scorer, &schema, &array, &out_schema, &out, &err), WB_ERR_INCONSISTENT);
        assert_non_null(strstr(err.message, wb_scorer_feature(f->scorer, j, &type)));
        children[j].name = wb_scorer_feature(f->scorer, j, &type);
    }
}

static void batches_give_the_same_bits(void **state)
{
    (void)state;
    for_each_kind(assert_same_by_arrow);
}

/* Whether the term is a reason of the row; then it tells the row's number. */
static size_t check_reason(const grid *g, size_t row, const fixture *f)
{
    wb_term_btyd by;
    size_t k = 1;
    while (k <= 3 && strcmp(grid_at(g, row, numbered("reason_", k, "")), EXPECTED) != 0)
        k++;
    btyd_term(f->model, &by);
    const double expected = expected_of_row(f->rows->table, row, &by);
    if (k > 3 || isnan(expected))
        return 0;
    const char *text = grid_at(g, row, numbered("reason_", k, "_text")), *said = strstr(text, ": ");
    assert_non_null(said);
    assert_true(fabs(strtod(said + 2, NULL) / expected - 1) < 0.0051); /* three digits */
    return 1;
}

static void files_give_the_same_numbers(void **state)
{
    for (int k = 0; k < 4; k++) {
        fixture *f = make(k < 2 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, k % 2 == 1);
        scoring_run run = run_in(*state, &f->model);
        size_t n_said = 0;
        run.options.n_reasons = 3;
        run.options.n_reasons_down = 2;
        run.options.reason_text = 1;
        run.options.interval = 1;
        write_in(*state, f->rows);
        char *bytes = score_bytes(&run, NULL), *of_frame = score_bytes(&run, f->rows);
        assert_string_equal(bytes, of_frame);
        free(of_frame);
        run.reading.n_threads = 3;
        of_frame = score_bytes(&run, NULL);
        assert_string_equal(bytes, of_frame);
        free(of_frame);
        grid g = grid_parse(bytes);
        assert_int_equal(g.n_rows, N_ROWS);
        for (size_t i = 0; i < N_ROWS; i++) {
            assert_true(grid_number(&g, i, "probability") == f->p[i]);
            n_said += check_reason(&g, i, f);
        }
        assert_true(n_said > N_ROWS / 10);
        grid_free(&g);
        drop(f);
    }
}

/* Two models that share features, of which some are read by a btyd term alone in the one, and terms in the other: each one's scores
 * are those that it gives alone. */
static void two_models_in_one_run(void **state)
{
    fixture *f = make(WB_BASIS_AUTO, true);
    wb_error err;
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    options.btyd_horizon_us = 30 * WB_DAY_US;
    wb_model *second = train(f->frame, &options), *third = NULL;
    options.btyd_horizon_us = 0;
    third = train(f->frame, &options);
    const wb_model *const orders[2][3] = {{f->model, second, third}, {third, second, f->model}};
    static const char *const names[] = {"one", "two", "three"};
    write_in(*state, f->rows);
    for (int k = 0; k < 2; k++) {
        scoring_run run = run_in(*state, &f->model);
        run.models = (wb_score_models){orders[k], names, NULL, 3};
        run.options.n_reasons = 2;
        for (int from_frame = 0; from_frame < 2; from_frame++) {
            grid g = score_grid(&run, from_frame ? f->rows : NULL);
            for (size_t m = 0; m < 3; m++) {
                static double p[N_ROWS];
                char column[32];
                snprintf(column, sizeof column, "probability_%s", names[m]);
                assert_ok(wb_score_table(orders[k][m], f->rows->table, p, NULL, 1, &err), &err);
                for (size_t i = 0; i < N_ROWS; i++)
                    assert_true(grid_number(&g, i, column) == p[i]);
            }
            grid_free(&g);
        }
    }
    wb_model_free(second);
    wb_model_free(third);
    drop(f);
}

static void what_it_reads_must_be_there(void **state)
{
    fixture *f = make(WB_BASIS_LINEAR, true);
    const char *const names[] = {"orders_x", "orders_t_x", "orders_T"};
    wb_error err;
    for (size_t k = 0; k < 3; k++) {
        wbi_column *column = &f->rows->table->columns[wb_table_find(f->rows->table, names[k])];
        char *name = column->name;
        column->name = wbi_strdup("other");
        scoring_run run = run_in(*state, &f->model);
        assert_int_equal(wb_score_table(f->model, f->rows->table, f->p, NULL, 1, &err), WB_ERR_INCONSISTENT);
        assert_non_null(strstr(err.message, names[k]));
        assert_not_scored(&run, f->rows, WB_ERR_INCONSISTENT, names[k]);
        write_in(*state, f->rows);
        assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, names[k]);
        wbi_free(column->name);
        column->name = name;
    }
    drop(f);
}

/* Rows without a history, where those of training all had one. */
static void a_strict_run_looks_at_what_is_made(void **state)
{
    wb_term_btyd by = {.reads = {"orders_x", "orders_t_x", "orders_T"}, .r = 1, .alpha = 1, .a = 2, .b = 1, .horizon_days = 1};
    wb_features *frame = frame_buyers(1200, 3), *rows = frame_buyers(N_ROWS, 3);
    for (size_t i = 0; i < 1200; i++)
        if (isnan(expected_of_row(frame->table, i, &by)))
            numbers_of(frame, "orders_x")[i] = numbers_of(frame, "orders_t_x")[i] = 0;
    for (size_t i = 0; i < N_ROWS; i++)
        if (isnan(expected_of_row(rows->table, i, &by)))
            numbers_of(rows, "orders_x")[i] = numbers_of(rows, "orders_t_x")[i] = 0;
    const wb_train_options options = btyd_options(WB_BASIS_LINEAR, true);
    wb_model *model = train(frame, &options);
    scoring_run run = run_in(*state, &model);
    run.options.strict = 1;
    free(score_bytes(&run, rows));
    numbers_of(rows, "orders_t_x")[5] = 0.5;
    assert_not_scored(&run, rows, WB_ERR_INCONSISTENT, EXPECTED);
    wb_model_free(model);
    wb_features_free(frame);
    wb_features_free(rows);
}

/* ---- parts ---- */

static void assert_sums(fixture *f)
{
    static double adds[N_ROWS * MOST], log_odds[N_ROWS];
    const size_t n = wb_scorer_n_terms(f->scorer);
    wb_scorer_columns(f->scorer, &(wb_scores){NULL, log_odds}, f->columns, N_ROWS);
    wb_scorer_contributions(f->scorer, adds, f->columns, N_ROWS);
    for (size_t i = 0; i < N_ROWS; i++) {
        double sum = wb_scorer_base(f->scorer);
        for (size_t t = 0; t < n; t++)
            sum += adds[i * n + t];
        assert_close(sum, log_odds[i], 1e-9);
    }
}

static void contributions_add_up(void **state)
{
    (void)state;
    for_each_kind(assert_sums);
}

static const wb_part *part_of(const wb_explained_row *row, const char *feature)
{
    for (size_t k = 0; k < row->n_parts; k++)
        if (strcmp(row->parts[k].feature, feature) == 0)
            return &row->parts[k];
    fail_msg("no part %s", feature);
    return NULL;
}

/* Parts are those of the terms, and the btyd term's value is what the paper expects. */
static void assert_explained(fixture *f)
{
    wb_term_btyd by;
    wb_error err;
    btyd_term(f->model, &by);
    for (size_t i = 0; i < 60; i++) {
        char id[24], said[128];
        wb_explained_row *rows = NULL;
        size_t n;
        snprintf(id, sizeof id, "c%06zu", i);
        assert_ok(wb_explain_customer(&rows, &n, f->model, f->rows, id, &err), &err);
        assert_true(n == 1 && rows->n_parts == wb_scorer_n_terms(f->scorer));
        double sum = rows->base;
        for (size_t k = 0; k < rows->n_parts; k++)
            sum += rows->parts[k].contribution;
        assert_close(sum, rows->log_odds, 1e-9);
        assert_true(rows->probability == f->p[i]);
        const wb_part *part = part_of(rows, EXPECTED);
        const double expected = expected_of_row(f->rows->table, i, &by);
        if (isnan(expected)) {
            assert_string_equal(part->value, "");
            assert_non_null(strstr(part->sentence, "no order so far"));
        } else {
            assert_close(atof(part->value), expected, 1e-11);
            snprintf(said, sizeof said, "%.3g", expected);
            assert_non_null(strstr(part->sentence, "purchases expected in the next 90 days"));
            if (strstr(part->sentence, said) == NULL)
                fail_msg("'%s' does not say %s", part->sentence, said);
        }
        wb_explained_rows_free(rows, n);
    }
}

static void a_customer_is_explained(void **state)
{
    (void)state;
    for_each_kind(assert_explained);
}

static const wb_effect *effect_of(const wb_explanation *explanation, const char *feature)
{
    for (size_t k = 0; k < explanation->n_effects; k++)
        if (strcmp(explanation->effects[k].feature, feature) == 0)
            return &explanation->effects[k];
    fail_msg("no effect %s", feature);
    return NULL;
}

/* What the term adds more at one value than at another. */
static double adds_beyond(const wb_model *model, size_t term, double value, double from)
{
    if (wb_model_summarise(model).basis == WB_BASIS_AUTO)
        return wb_model_contribution(model, term, value) - wb_model_contribution(model, term, from);
    return raw(model, "log1p(" EXPECTED ")") * (log1p(value) - log1p(from));
}

/* Importance: mean |contribution|, over the rows of training and over others. */
static void assert_importance(fixture *f)
{
    static double adds[N_ROWS * MOST];
    wb_explanation *explanation = NULL;
    wb_term_btyd by;
    wb_error err;
    const size_t n = wb_scorer_n_terms(f->scorer), term = btyd_term(f->model, &by);
    double sum = 0;
    wb_scorer_contributions(f->scorer, adds, f->columns, N_ROWS);
    for (size_t i = 0; i < N_ROWS; i++)
        sum += fabs(adds[i * n + term]) / N_ROWS;
    assert_ok(wb_explain_model(&explanation, f->model, f->rows, NULL, 2, &err), &err);
    const wb_effect *effect = effect_of(explanation, EXPECTED);
    assert_int_equal(explanation->n_effects, n);
    assert_close(effect->importance, sum, 1e-12);
    assert_true(explanation->has_bands && effect->importance > 0.01);
    for (size_t k = 0; k < effect->n_points; k++) {
        const wb_effect_point *at = &effect->points[k], *from = &effect->points[effect->typical];
        assert_true(at->low < at->log_odds && at->log_odds < at->high);
        if (isfinite(at->value))
            assert_close(at->log_odds - from->log_odds, adds_beyond(f->model, term, at->value, from->value), 1e-10);
    }
    assert_true(effect->direction == -1 || wb_model_summarise(f->model).basis == WB_BASIS_AUTO); /* who buys does not leave */
    wb_explanation_free(explanation);
}

static void importance_is_the_mean_part(void **state)
{
    (void)state;
    for_each_kind(assert_importance);
}

/* Cells are counted a term. */
static void assert_same_tallies(fixture *f, const wb_model *plain, const wb_features *wide)
{
    static double p[N_ROWS];
    wb_score_tally tallies[2][MOST] = {{{0, 0, 0, 0}}};
    wb_score_report reports[2] = {{.features = tallies[0]}, {.features = tallies[1]}};
    wb_term_btyd by;
    wb_error err;
    const size_t term = btyd_term(f->model, &by);
    uint64_t n_missing = 0;
    assert_ok(wb_score_table(f->model, f->rows->table, p, &reports[0], 2, &err), &err);
    assert_ok(wb_score_table(plain, wide->table, p, &reports[1], 1, &err), &err);
    for (size_t i = 0; i < N_ROWS; i++)
        n_missing += isnan(expected_of_row(f->rows->table, i, &by)) ? 1 : 0;
    assert_true(tallies[0][term].n_imputed == n_missing && n_missing > 20);
    assert_memory_equal(tallies[0], tallies[1], wb_scorer_n_terms(f->scorer) * sizeof tallies[0][0]);
    assert_true(reports[0].n_imputed == reports[1].n_imputed && reports[0].n_outside == reports[1].n_outside);
}

/* Against what a model tells that has the expected purchases as a column, of bands, intervals and drift. */
static void assert_as_of_a_column(fixture *f)
{
    static const char *const logs[] = {EXPECTED};
    static double low[2][N_ROWS], high[2][N_ROWS];
    wb_term_btyd by;
    wb_error err;
    btyd_term(f->model, &by);
    const bool curved = wb_model_summarise(f->model).basis == WB_BASIS_AUTO;
    const double near = curved ? 1e-6 : 1e-9;
    wb_train_options options = btyd_options(curved ? WB_BASIS_AUTO : WB_BASIS_LINEAR, wb_scorer_n_terms(f->scorer) == 3);
    options.btyd_horizon_us = 0;
    options.log1p = logs;
    options.n_log1p = !curved;
    wb_features *wide = with_expected(f->frame, &by), *wide_rows = with_expected(f->rows, &by);
    wb_model *plain = train(wide, &options);
    assert_same_tallies(f, plain, wide_rows);
    assert_ok(wb_score_intervals(f->model, NULL, f->rows->table, low[0], high[0], 2, &err), &err);
    assert_ok(wb_score_intervals(plain, NULL, wide_rows->table, low[1], high[1], 1, &err), &err);
    for (size_t i = 0; i < N_ROWS; i++) {
        assert_true(low[0][i] <= f->p[i] && f->p[i] <= high[0][i]);
        assert_close(low[0][i], low[1][i], near);
        assert_close(high[0][i], high[1][i], near);
    }
    wb_explanation *made = NULL, *read = NULL;
    assert_ok(wb_explain_model(&made, f->model, NULL, NULL, 1, &err), &err);
    assert_ok(wb_explain_model(&read, plain, NULL, NULL, 1, &err), &err);
    const wb_effect *a = effect_of(made, EXPECTED), *b = effect_of(read, EXPECTED);
    assert_int_equal(a->n_points, b->n_points);
    for (size_t k = 0; k < a->n_points; k++) {
        assert_close(a->points[k].value, b->points[k].value, 1e-9);
        assert_close(a->points[k].log_odds, b->points[k].log_odds, near);
        assert_close(a->points[k].low, b->points[k].low, near);
        assert_close(a->points[k].high, b->points[k].high, near);
        assert_close(a->points[k].share, b->points[k].share, 1e-9);
    }
    wb_explanation_free(made);
    wb_explanation_free(read);
    wb_drift *drift = NULL, *other = NULL;
    assert_ok(wb_drift_measure(&drift, f->model, f->rows, 2, &err), &err);
    assert_ok(wb_drift_measure(&other, plain, wide_rows, 1, &err), &err);
    assert_int_equal(drift->n_features, other->n_features);
    for (size_t k = 0; k < drift->n_features; k++) {
        assert_string_equal(drift->features[k].feature, other->features[k].feature);
        assert_close(drift->features[k].psi, other->features[k].psi, 1e-9);
        assert_close(drift->features[k].importance, other->features[k].importance, near);
        assert_close(drift->features[k].missing_now, other->features[k].missing_now, 0);
    }
    wb_drift_free(drift);
    wb_drift_free(other);
    wb_model_free(plain);
    wb_features_free(wide);
    wb_features_free(wide_rows);
}

static void all_is_as_of_a_column(void **state)
{
    (void)state;
    for_each_kind(assert_as_of_a_column);
}

static void assert_no_drift(fixture *f)
{
    wb_drift *drift = NULL;
    wb_error err;
    assert_ok(wb_drift_measure(&drift, f->model, f->frame, 2, &err), &err);
    assert_int_equal(drift->n_features, wb_scorer_n_terms(f->scorer));
    assert_int_equal(drift->worst, WB_DRIFT_NONE);
    for (size_t k = 0; k < drift->n_features; k++)
        assert_close(drift->features[k].psi, 0, 1e-15);
    wb_drift_free(drift);
    for (size_t i = 0; i < 1200; i++) /* all have waited for long, which nobody's own number tells as clearly */
        numbers_of(f->frame, "orders_x")[i] = numbers_of(f->frame, "orders_t_x")[i] = 0;
    assert_ok(wb_drift_measure(&drift, f->model, f->frame, 1, &err), &err);
    wb_term_btyd by;
    assert_int_equal(drift->features[btyd_term(f->model, &by)].verdict, WB_DRIFT_MAJOR);
    wb_drift_free(drift);
}

static void rows_of_training_do_not_drift(void **state)
{
    (void)state;
    for_each_kind(assert_no_drift);
}

/* ---- the file ---- */

static void assert_file(fixture *f)
{
    static double p[N_ROWS];
    char path[] = "/tmp/winback-test-XXXXXX";
    wb_term_btyd a, b;
    wb_model *back = NULL;
    wb_error err;
    assert_true(mkstemp(path) >= 0);
    assert_ok(wb_model_write(f->model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    char *bytes = model_bytes(f->model), *again = model_bytes(back);
    assert_string_equal(bytes, again);
    assert_ok(wb_score_table(back, f->rows->table, p, NULL, 2, &err), &err);
    assert_memory_equal(p, f->p, sizeof p);
    assert_int_equal(btyd_term(f->model, &a), btyd_term(back, &b));
    assert_true(a.r == b.r && a.alpha == b.alpha && a.a == b.a && a.b == b.b && a.horizon_days == b.horizon_days);
    for (size_t k = 0; k < 3; k++)
        assert_string_equal(a.reads[k], b.reads[k]);
    wbi_free(bytes);
    wbi_free(again);
    wb_model_free(back);
    remove(path);
    char beside[sizeof path + 4];
    snprintf(beside, sizeof beside, "%s.cov", path);
    remove(beside);
}

static void a_model_survives_its_file(void **state)
{
    (void)state;
    for_each_kind(assert_file);
}

static void nonsense_in_a_file_is_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"r\": ", "\"r\": 0, \"was\": ", "terms[2].btyd.r: 0 is not from 0.0001 to 10000"},
        {"\"alpha\": 4", "\"alpha\": null, \"was\": 4", "terms[2].btyd.alpha: expected a number, found null"},
        {"\"a\": ", "\"a\": -1, \"was\": ", "terms[2].btyd.a: -1 is not from"},
        {"\"b\": ", "\"b\": 1e9, \"was\": ", "terms[2].btyd.b: 1e+09 is not from"},
        {"\"b\": ", "\"was\": ", "terms[2].btyd.b: expected a number, found nothing"},
        {"\"horizon_days\": 90", "\"horizon_days\": -1", "terms[2].btyd.horizon_days: -1 days cannot be looked ahead"},
        {"\"horizon_days\": 90", "\"horizon_days\": 0", "terms[2].btyd.horizon_days: 0 days cannot be looked ahead"},
        {"\"horizon_days\": 90", "\"horizon_days\": \"90d\"", "terms[2].btyd.horizon_days: expected a number, found text"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", \"orders_T\"], \"was\": [", "terms[2].btyd.reads: expected 3 names, found 2"},
        {"\"reads\": [", "\"reads\": [\"orders\", ", "terms[2].btyd.reads: expected 3 names, found 4"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", \"orders_T\", \"orders_x\"], \"was\": [",
         "terms[2].btyd.reads: 'orders_x' is read twice"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", \"channel\", \"orders_T\"], \"was\": [",
         "terms[2].btyd: 'channel' is a category to terms[1]"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", 3, \"orders_T\"], \"was\": [", "terms[2].btyd.reads"},
        {"\"reads\": [", "\"was\": [", "terms[2].btyd.reads"},
        {"\"btyd\": {", "\"btyd\": 3, \"was\": {", "terms[2].btyd: expected an object, found"},
        {"\"btyd\": {", "\"btyd\": null, \"was\": {", "terms[2].btyd: expected an object, found null"},
    };
    fixture *f = make(WB_BASIS_LINEAR, true);
    char *good = model_bytes(f->model);
    /* of the one that has it, for which the others have no r, a, b */
    assert_edits_refused(good, cases, sizeof cases / sizeof *cases);
    /* on the first term, which is a line */
    const char *object = strstr(good, "\"btyd\": {"), *end = strchr(object, '}');
    char moved[1024];
    snprintf(moved, sizeof moved, "\"kind\": \"linear\", %.*s,", (int)(end + 1 - object), object);
    const file_edit linear[] = {{"\"kind\": \"linear\",", moved, "terms[0].btyd: expected purchases are log1p or spline, not linear"}};
    assert_edits_refused(good, linear, 1);
    wbi_free(good);
    drop(f);
}

/* ---- memory ---- */

static wb_status score_all(fixture *f, const char *folder, const char *path)
{
    static double p[N_ROWS], low[N_ROWS], high[N_ROWS];
    wb_scorer *scorer = NULL;
    wb_explained_row *rows = NULL;
    wb_explanation *explanation = NULL;
    wb_drift *drift = NULL;
    wb_model *back = NULL;
    wb_error err;
    size_t n = 0;
    scoring_run run = run_in(folder, &f->model);
    run.options.n_reasons = 2;
    run.options.reason_text = 1;
    run.reading.n_threads = 1;
    wb_status status = wb_scorer_create(&scorer, f->model, &err);
    if (status == WB_OK)
        status = wb_score_table(f->model, f->rows->table, p, NULL, 1, &err);
    if (status == WB_OK)
        status = wb_score_intervals(f->model, NULL, f->rows->table, low, high, 1, &err);
    if (status == WB_OK)
        status = wb_explain_customer(&rows, &n, f->model, f->rows, "c000003", &err);
    if (status == WB_OK)
        status = wb_explain_model(&explanation, f->model, f->rows, NULL, 1, &err);
    if (status == WB_OK)
        status = wb_drift_measure(&drift, f->model, f->rows, 1, &err);
    if (status == WB_OK)
        status = wb_model_read(&back, path, &err);
    if (status == WB_OK)
        status = try_to_score(&run, f->rows, &err);
    wb_scorer_free(scorer);
    wb_explained_rows_free(rows, n);
    wb_explanation_free(explanation);
    wb_drift_free(drift);
    wb_model_free(back);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    fixture *f = make(WB_BASIS_AUTO, true);
    assert_ok(wb_model_write(f->model, path_in(path, *state, "m.json"), &err), &err);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n += 1 + n / 150) {
        wbi_alloc_fail_at(n);
        status = score_all(f, *state, path);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 50000);
    }
    drop(f);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_those_that_are_read),
        cmocka_unit_test(rows_columns_and_tables_give_the_same_bits),
        cmocka_unit_test(batches_give_the_same_bits),
        IN_FOLDER(files_give_the_same_numbers),
        IN_FOLDER(two_models_in_one_run),
        IN_FOLDER(what_it_reads_must_be_there),
        IN_FOLDER(a_strict_run_looks_at_what_is_made),
        cmocka_unit_test(contributions_add_up),
        cmocka_unit_test(a_customer_is_explained),
        cmocka_unit_test(importance_is_the_mean_part),
        cmocka_unit_test(all_is_as_of_a_column),
        cmocka_unit_test(rows_of_training_do_not_drift),
        cmocka_unit_test(a_model_survives_its_file),
        cmocka_unit_test(nonsense_in_a_file_is_named),
        IN_FOLDER(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
