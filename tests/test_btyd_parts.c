/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of scores of models with a btyd term: parts, importance, bands, intervals and drift. */
#include "btyd_fixture.h"

#include <winback/drift.h>
#include <winback/explain.h>

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
    static const char before[] = "purchases expected in the next 90 days: ";
    wb_term_btyd by;
    wb_error err;
    btyd_term(f->model, &by);
    for (size_t i = 0; i < 60; i++) {
        char id[24];
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
            assert_non_null(strstr(part->sentence, "when and how often the customer bought is not known"));
        } else {
            assert_close(atof(part->value), expected, 1e-11);
            assert_int_equal(strncmp(part->sentence, before, strlen(before)), 0);
            assert_true(fabs(strtod(part->sentence + strlen(before), NULL) - expected) < 0.0051 * fmax(1, expected));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contributions_add_up),
        cmocka_unit_test(a_customer_is_explained),
        cmocka_unit_test(importance_is_the_mean_part),
        cmocka_unit_test(all_is_as_of_a_column),
        cmocka_unit_test(rows_of_training_do_not_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
