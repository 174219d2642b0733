/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects against the model's own functions and by the definition of their intervals; a customer's parts against the score. */
#include "test_util.h"

#include <unistd.h>
#include <winback/explain.h>
#include <winback/score.h>

#include "model/model.h"
#include "train_testing.h"

enum { N = 900 };

/* With a rare channel, which is pooled. */
static wb_features *shop_frame(size_t n)
{
    wb_features *frame = frame_shop(n);
    wbi_column *channel = &frame->table->columns[wb_table_find(frame->table, "channel")];
    int32_t code;
    assert_int_equal(wbi_dictionary_intern(channel->dictionary, "telex", 5, &code, NULL), WB_OK);
    for (size_t i = 0; i < 5; i++)
        channel->codes[7 * i] = code;
    return frame;
}

static wb_model *shop_model(const wb_features *frame, wb_basis basis, wb_penalty penalty)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.basis = basis;
    options.penalty = penalty;
    if (basis == WB_BASIS_LINEAR && penalty == WB_PENALTY_RIDGE)
        options.lambda = 0.01;
    options.n_threads = 1;
    return train(frame, &options);
}

static wb_explanation *explain(const wb_model *model, const wb_features *features, int n_threads)
{
    wb_explanation *explanation = NULL;
    wb_error err;
    assert_ok(wb_explain_model(&explanation, model, features, NULL, n_threads, &err), &err);
    return explanation;
}

static const wb_effect *effect_of(const wb_explanation *explanation, const char *feature)
{
    for (size_t f = 0; f < explanation->n_effects; f++)
        if (strcmp(explanation->effects[f].feature, feature) == 0)
            return &explanation->effects[f];
    fail_msg("no effect of %s", feature);
    return NULL;
}

static size_t term_of(const wb_model *model, const char *feature)
{
    size_t t = 0;
    while (strcmp(wb_model_term(model, t).feature, feature) != 0)
        t++;
    return t;
}

/* ---- one column of values in a table with everything else at one row's */

/* The model's columns of a row: 0 is the intercept, the others standardised; from names, means and deviations alone. Of linear,
 * unpenalised or ridge, models without splines. */
static void encode(double *x, const wb_model *model, double recency, double csat, const char *channel)
{
    const wbi_basis *basis = model->basis;
    const double median = basis->terms[1]->kind->typical(basis->terms[1]).number;
    x[0] = 1;
    for (size_t j = 0; j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        const char *name = column->name, *level = strchr(name, '=');
        double value;
        if (strcmp(name, "recency") == 0)
            value = recency;
        else if (strcmp(name, "csat") == 0)
            value = isnan(csat) ? median : csat;
        else if (strcmp(name, "csat (missing)") == 0)
            value = isnan(csat);
        else
            value = strcmp(level + 1, channel) == 0;
        x[j + 1] = (value - column->mean) / column->sd;
    }
}

/* What the columns of a feature come to, and x'Vx over them; of x - y where there is a y. */
static void add_up(double *log_odds, double *variance, const wb_model *model, const double *covariance, size_t term,
                   const double *x, const double *y)
{
    const size_t n = wb_model_n_coefficients(model);
    *log_odds = *variance = 0;
    for (size_t j = 1; j < n; j++) {
        if (model->basis->columns[j - 1].term != term)
            continue;
        const double xj = x[j] - (y == NULL ? 0 : y[j]);
        *log_odds += wb_model_coefficient(model, j).per_sd * xj;
        for (size_t k = 1; k < n; k++)
            if (model->basis->columns[k - 1].term == term)
                *variance += xj * covariance[j * n + k] * (x[k] - (y == NULL ? 0 : y[k]));
    }
}

static void check_point(const wb_model *model, const double *covariance, const wb_effect *effect, size_t k)
{
    enum { MOST = 32 };
    const wb_effect_point *points[2] = {&effect->points[k], &effect->points[effect->typical]};
    const size_t term = term_of(model, effect->feature);
    double x[2][MOST], log_odds, variance;
    for (size_t i = 0; i < 2; i++) {
        const char *level = points[i]->level == NULL ? "" : points[i]->level;
        encode(x[i], model, points[i]->value, points[i]->value, level);
    }
    add_up(&log_odds, &variance, model, covariance, term, x[0], NULL);
    assert_close(points[0]->log_odds, log_odds, 1e-10);
    assert_close(points[0]->low, log_odds - 1.959963984540054 * sqrt(variance), 1e-9);
    assert_close(points[0]->high, log_odds + 1.959963984540054 * sqrt(variance), 1e-9);
    add_up(&log_odds, &variance, model, covariance, term, x[0], x[1]);
    assert_close(points[0]->odds_ratio, exp(log_odds), 1e-10);
    assert_close(points[0]->odds_low, exp(log_odds - 1.959963984540054 * sqrt(variance)), 1e-9);
    assert_close(points[0]->odds_high, exp(log_odds + 1.959963984540054 * sqrt(variance)), 1e-9);
}

static void intervals_by_their_definition(void **state)
{
    (void)state;
    static const wb_penalty penalties[] = {WB_PENALTY_RIDGE, WB_PENALTY_NONE};
    wb_features *frame = shop_frame(N);
    for (size_t p = 0; p < 2; p++) {
        wb_model *model = shop_model(frame, WB_BASIS_LINEAR, penalties[p]);
        const size_t n = wb_model_n_coefficients(model);
        double *covariance = malloc(n * n * sizeof *covariance);
        wb_error err;
        assert_ok(wb_model_covariance(covariance, model, NULL, &err), &err);
        wb_explanation *explanation = explain(model, NULL, 1);
        assert_int_equal(explanation->n_effects, 3);
        assert_true(explanation->has_bands);
        for (size_t f = 0; f < explanation->n_effects; f++)
            for (size_t k = 0; k < explanation->effects[f].n_points; k++)
                check_point(model, covariance, &explanation->effects[f], k);
        wb_explanation_free(explanation);
        free(covariance);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

static void facts_are_the_model_s(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_RIDGE);
    wb_explanation *explanation = explain(model, NULL, 1);
    const wb_effect *recency = effect_of(explanation, "recency"), *csat = effect_of(explanation, "csat");
    const wb_effect *channel = effect_of(explanation, "channel");
    const wb_coefficient slope = wb_model_coefficient(model, 1);
    assert_string_equal(explanation->target, "churned");
    assert_close(explanation->base, model->beta[0], 0);
    assert_int_equal(explanation->n_rows, 0);
    assert_string_equal(slope.column, "recency");
    assert_close(recency->odds_ratio, exp(slope.per_sd), 1e-14);
    assert_close(recency->odds_low, exp(slope.per_sd_95.low), 1e-14);
    assert_close(recency->odds_high, exp(slope.per_sd_95.high), 1e-14);
    assert_close(recency->p, wb_model_term_test(model, 0).p, 0);
    assert_true(recency->direction == 1 && csat->direction == -1 && channel->direction == 0);
    assert_true(isnan(channel->odds_ratio));
    for (size_t f = 0; f < 3; f++) {
        const wb_effect *effect = &explanation->effects[f];
        assert_close(effect->importance, wb_model_term(model, term_of(model, effect->feature)).importance, 0);
        assert_true(f == 0 || effect->importance <= explanation->effects[f - 1].importance);
        assert_true(effect->points[effect->typical].odds_ratio == 1 && effect->points[effect->typical].odds_low == 1);
    }
    /* csat has the values 1 to 5, each in a fifth of those rated, and gaps */
    assert_int_equal(csat->n_points, 6);
    for (size_t k = 0; k < 5; k++) {
        assert_true(csat->points[k].value == (double)k + 1 && csat->points[k].is_decile && csat->points[k].level == NULL);
        assert_true(fabs(csat->points[k].share - 0.2 * (double)k) < 0.11);
    }
    assert_string_equal(csat->points[5].level, "(missing)");
    for (size_t k = 1; k < channel->n_points; k++)
        assert_true(channel->points[k].log_odds <= channel->points[k - 1].log_odds);
    assert_int_equal(channel->n_points, 6); /* four channels, telex as (other), and none */
    /* odds_of the best level against the worst, said in the sentence */
    char said[256];
    const wb_effect_point *best = &channel->points[0], *worst = &channel->points[5];
    snprintf(said, sizeof said, "odds are %.3g times as high where \"channel is %s\"", exp(best->log_odds - worst->log_odds),
             best->level);
    assert_non_null(strstr(channel->sentence, said));
    wb_explanation_free(explanation);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Counts of which most are 0 and a few are huge: pictures begin at the 0 and end 1.5 times as far beyond the 90th percentile as
 * that is from the median, or at the greatest value. A logarithm has points between. */
static void pictures_reach_where_rows_lie(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    static double count[ROWS], flag[ROWS], label[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        count[i] = i % 10 < 6 ? 0 : i == 399 ? 500 : (double)(i % 10 - 5); /* 60 % zeros, then 1 to 4; deciles 0 … 0, 1, 2, 3, 500 */
        flag[i] = i % 20 == 3;
        label[i] = (i * 7919 + 13) % 100 < 30 + 10 * fmin(count[i], 4);
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "orders", count, ROWS);
    frame_numbers(frame, "flag", flag, ROWS);
    frame_numbers(frame, "churned", label, ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.lambda = 0.01;
    options.basis = WB_BASIS_LINEAR;
    wb_model *model = train(frame, &options);
    wb_explanation *explanation = explain(model, NULL, 1);
    const wb_effect *orders = effect_of(explanation, "orders"), *rare = effect_of(explanation, "flag");
    const double ninth = model->basis->terms[term_of(model, "orders")]->kind->reference(model->basis->terms[term_of(model, "orders")]).deciles[9];
    assert_true(orders->usual_low == 0 && ninth > 0);
    assert_close(orders->usual_high, ninth + 1.5 * ninth, 1e-12);
    assert_true(rare->usual_low == 0 && rare->usual_high == 1);
    assert_true(isnan(orders->points[0].value) == 0 && orders->points[0].value == 0);
    bool ends = false;
    for (size_t k = 0; k < orders->n_points; k++)
        ends = ends || (fabs(orders->points[k].value - orders->usual_high) < 1e-12 && !orders->points[k].is_decile);
    assert_true(ends);
    assert_non_null(strstr(orders->sentence, "orders is 0\""));
    wb_explanation_free(explanation);
    wb_model_free(model);
    wb_features_free(frame);
}

/* No effect of the number that one could see, but one of its absence. */
static void absence_is_compared_where_it_counts(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    static double answer[ROWS], noise[ROWS], label[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        const bool is_missing = i % 4 == 0;
        answer[i] = is_missing ? (double)NAN : (double)(i % 5);
        noise[i] = (double)(i / 4 % 10);
        label[i] = is_missing ? i % 8 == 0 || i % 3 == 0 : i / 20 % 5 == 0;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "answer", answer, ROWS);
    frame_numbers(frame, "noise", noise, ROWS);
    frame_numbers(frame, "churned", label, ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.lambda = 1;
    options.basis = WB_BASIS_LINEAR;
    wb_model *model = train(frame, &options);
    wb_explanation *explanation = explain(model, NULL, 1);
    const wb_effect *effect = effect_of(explanation, "answer");
    const wb_effect_point *missing = &effect->points[effect->n_points - 1];
    char said[128];
    snprintf(said, sizeof said, "odds are %.3g times as high where \"", exp(missing->log_odds - effect->points[effect->typical].log_odds));
    assert_true(strncmp(effect->sentence, said, strlen(said)) == 0);
    assert_non_null(strstr(effect->sentence, "as where \"answer is 2\""));
    for (size_t f = 0; f < 2; f++) {
        const wb_effect *other = &explanation->effects[f];
        const bool is_visible = strstr(other->sentence, "no visible effect") == NULL;
        assert_true(is_visible || fabs(other->points[0].log_odds - other->points[other->n_points - 1].log_odds) < 0.05);
    }
    wb_explanation_free(explanation);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Curves at their points, and bands against those of whole rows: where all but one feature stay, the variance of the difference of
 * two rows' log-odds is that of the feature alone. */
static void splines_are_their_curves(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N);
    wb_model *model = shop_model(frame, WB_BASIS_AUTO, WB_PENALTY_RIDGE);
    wb_explanation *explanation = explain(model, NULL, 2);
    const wb_effect *recency = effect_of(explanation, "recency");
    const size_t term = term_of(model, "recency");
    assert_string_equal(recency->kind, "spline");
    assert_true(recency->n_points > 11);
    assert_int_equal(recency->direction, wb_model_term(model, term).direction);
    assert_true(isnan(recency->odds_ratio));
    for (size_t k = 0; k < recency->n_points; k++) {
        const wb_effect_point *point = &recency->points[k];
        assert_close(point->log_odds, wb_model_contribution(model, term, point->value), 1e-12);
        assert_true(point->low < point->log_odds && point->log_odds < point->high);
        assert_true(k == 0 || (point->value > recency->points[k - 1].value && point->share >= recency->points[k - 1].share));
    }
    assert_true(recency->points[0].share == 0 && recency->points[recency->n_points - 1].share == 1);
    wb_explanation_free(explanation);
    wb_model_free(model);
    wb_features_free(frame);
}

/* With features importance is theirs: here of a part of the rows, against the contributions of the scorer. */
static void importance_over_given_rows(void **state)
{
    (void)state;
    enum { PART = 300 };
    size_t rows[PART];
    wb_features *frame = shop_frame(N);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_RIDGE);
    for (size_t i = 0; i < PART; i++)
        rows[i] = 2 * i + 1;
    wb_features *part = frame_reorder(frame, rows, PART);
    wb_explanation *explanation = explain(model, part, 1);
    const wb_effect *recency = effect_of(explanation, "recency");
    const double *values = wb_table_numbers(part->table, wb_table_find(part->table, "recency"));
    const wbi_basis_column *column = &model->basis->columns[0];
    double sum = 0;
    for (size_t i = 0; i < PART; i++)
        sum += fabs((values[i] - column->mean) / column->sd * wb_model_coefficient(model, 1).per_sd);
    assert_close(recency->importance, sum / PART, 1e-12);
    assert_int_equal(explanation->n_rows, PART);
    wb_explanation_free(explanation);
    wb_features_free(part);
    wb_model_free(model);
    wb_features_free(frame);
}

/* A file without importance: reckoned from the points, right for levels, near for numbers (recency has a long tail, of which only the
 * end is known). */
static void importance_of_older_models(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_RIDGE);
    double kept[3];
    for (size_t t = 0; t < 3; t++)
        kept[t] = wb_model_term(model, t).importance;
    wbi_free(model->importance);
    model->importance = NULL;
    wb_explanation *explanation = explain(model, NULL, 1);
    assert_true(explanation->approximate);
    for (size_t f = 0; f < 3; f++) {
        const wb_effect *effect = &explanation->effects[f];
        const double expected = kept[term_of(model, effect->feature)];
        assert_true(fabs(effect->importance - expected) <= (strcmp(effect->kind, "category") == 0 ? 1e-10 : 0.25 * expected));
    }
    wb_explanation_free(explanation);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- a customer ---- */

static void parts_add_up_to_the_score(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N);
    for (int basis = WB_BASIS_LINEAR; basis <= WB_BASIS_AUTO; basis++) {
        wb_model *model = shop_model(frame, (wb_basis)basis, WB_PENALTY_RIDGE);
        double *probability = malloc(N * sizeof *probability);
        wb_error err = {0};
        assert_ok(wb_score_table(model, frame->table, probability, NULL, 1, &err), &err);
        const size_t id_column = wb_table_find(frame->table, "customer_id");
        for (size_t row = 0; row < N;) {
            size_t length, n = 0, n_same = 1;
            const char *id = wb_table_text(frame->table, id_column, row, &length);
            char customer[16];
            snprintf(customer, sizeof customer, "%.*s", (int)length, id);
            while (row + n_same < N) {
                const char *next = wb_table_text(frame->table, id_column, row + n_same, &length);
                if (strncmp(next, customer, length) != 0)
                    break;
                n_same++;
            }
            wb_explained_row *rows = NULL;
            assert_ok(wb_explain_customer(&rows, &n, model, frame, customer, &err), &err);
            assert_int_equal(n, n_same);
            for (size_t i = 0; i < n; i++) {
                double sum = rows[i].base;
                for (size_t k = 0; k < rows[i].n_parts; k++) {
                    const wb_part *part = &rows[i].parts[k];
                    sum += part->contribution;
                    assert_close(part->probability_after, 1 / (1 + exp(-sum)), 1e-12);
                    assert_true(k == 0 || fabs(part->contribution) <= fabs(part[-1].contribution));
                }
                assert_int_equal(rows[i].n_parts, 3);
                assert_close(sum, rows[i].log_odds, 1e-12);
                assert_true(rows[i].probability == probability[row + i]);
                assert_string_equal(rows[i].customer, customer);
                assert_non_null(rows[i].cutoff);
            }
            wb_explained_rows_free(rows, n);
            row += n_same;
        }
        free(probability);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* A calibrated model's parts add up to the log-odds before; its probability is that of scoring. */
static void calibration_comes_last(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.calibrate = WB_CALIBRATION_PLATT;
    wb_model *model = train(frame, &options);
    static double probability[N];
    wb_explained_row *rows = NULL;
    size_t n;
    wb_error err;
    assert_ok(wb_score_table(model, frame->table, probability, NULL, 1, &err), &err);
    assert_ok(wb_explain_customer(&rows, &n, model, frame, "c000001", &err), &err);
    double sum = rows->base;
    for (size_t k = 0; k < rows->n_parts; k++)
        sum += rows->parts[k].contribution;
    assert_close(sum, rows->log_odds, 1e-12);
    assert_true(rows->probability == probability[0]);
    assert_true(fabs(rows->probability - 1 / (1 + exp(-sum))) > 1e-6);
    wb_explained_rows_free(rows, n);
    wb_model_free(model);
    wb_features_free(frame);
}

static void values_are_shown(void **state)
{
    (void)state;
    static const char *const id[] = {"ann", "bob"}, *const channel[] = {"store", NULL};
    static const double recency[] = {12.5, 3}, csat[] = {NAN, 4};
    wb_features *frame = shop_frame(N), *two = frame_create();
    frame_words(two, "who", WB_TYPE_TEXT, id, 2);
    frame_numbers(two, "recency", recency, 2);
    frame_numbers(two, "csat", csat, 2);
    frame_words(two, "channel", WB_TYPE_CATEGORY, channel, 2);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_RIDGE);
    wb_explained_row *rows = NULL;
    size_t n, n_seen = 0;
    wb_error err;
    assert_ok(wb_explain_customer(&rows, &n, model, two, "ann", &err), &err);
    assert_int_equal(n, 1);
    assert_null(rows->cutoff);
    for (size_t k = 0; k < 3; k++) {
        const wb_part *part = &rows->parts[k];
        if (strcmp(part->feature, "recency") == 0)
            n_seen += strcmp(part->value, "12.5") == 0 && strstr(part->sentence, "recency is 12.5; typical is ") != NULL;
        else if (strcmp(part->feature, "csat") == 0)
            n_seen += strcmp(part->value, "") == 0;
        else
            n_seen += strcmp(part->value, "store") == 0 && strstr(part->sentence, "channel is store; typical is ") != NULL;
    }
    assert_int_equal(n_seen, 3);
    wb_explained_rows_free(rows, n);
    wb_model_free(model);
    wb_features_free(two);
    wb_features_free(frame);
}

/* ---- what cannot be ---- */

static void wrong_input(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N), *empty = frame_create(), *huge = frame_create();
    static const double too_much[] = {1e308}, one[] = {1};
    static const char *const id[] = {"x"};
    frame_numbers(empty, "recency", one, 0);
    frame_words(huge, "customer_id", WB_TYPE_TEXT, id, 1);
    frame_numbers(huge, "recency", too_much, 1);
    frame_numbers(huge, "csat", one, 1);
    frame_words(huge, "channel", WB_TYPE_CATEGORY, id, 1);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_RIDGE);
    wb_model *lasso = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_LASSO);
    wb_explanation *explanation = NULL;
    wb_explained_row *rows = NULL;
    size_t n = 0;
    wb_error err;
    assert_int_equal(wb_explain_customer(&rows, &n, model, frame, "nobody", &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "no row of customer 'nobody' among 900 rows");
    assert_int_equal(wb_explain_customer(&rows, &n, model, frame, "", &err), WB_ERR_INCONSISTENT);
    assert_int_equal(wb_explain_customer(&rows, &n, model, empty, "x", &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "customer_id"));
    assert_int_equal(wb_explain_model(&explanation, model, empty, NULL, 1, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "no rows"));
    assert_int_equal(wb_explain_model(&explanation, lasso, NULL, "/nowhere/model.cov", 1, &err), WB_ERR_INCONSISTENT);
    assert_null(explanation);
    explanation = explain(lasso, NULL, 1);
    assert_false(explanation->has_bands);
    assert_true(isnan(explanation->effects[0].points[0].low) && isnan(explanation->effects[0].p));
    assert_true(explanation->effects[0].points[0].odds_ratio > 0);
    wb_explanation_free(explanation);
    /* numbers far out: a score of 1, and no other */
    assert_ok(wb_explain_customer(&rows, &n, model, huge, "x", &err), &err);
    assert_true(rows->probability == 1);
    wb_explained_rows_free(rows, n);
    wb_model_free(lasso);
    wb_model_free(model);
    wb_features_free(huge);
    wb_features_free(empty);
    wb_features_free(frame);
}

/* A feature that training never saw, and one of a single value whose gaps count. */
static void odd_terms(void **state)
{
    (void)state;
    enum { ROWS = 120 };
    static double constant[ROWS], label[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        constant[i] = i % 4 == 0 ? (double)NAN : 7;
        label[i] = i % 4 == 0 ? i % 3 > 0 : i % 5 == 0;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "constant", constant, ROWS);
    frame_numbers(frame, "churned", label, ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.lambda = 0.01;
    wb_model *model = train(frame, &options);
    wb_explanation *explanation = explain(model, NULL, 1);
    const wb_effect *effect = &explanation->effects[0];
    assert_int_equal(effect->n_points, 2);
    assert_true(effect->points[0].value == 7);
    assert_true(effect->points[1].log_odds > effect->points[0].log_odds);
    assert_int_equal(effect->direction, 0);
    assert_true(isnan(effect->odds_ratio));
    assert_non_null(strstr(effect->sentence, "as where \"constant is 7\""));
    wb_explanation_free(explanation);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- the same bits, the same from a file, and no memory ---- */

static void assert_same(const wb_explanation *a, const wb_explanation *b)
{
    assert_int_equal(a->n_effects, b->n_effects);
    for (size_t f = 0; f < a->n_effects; f++) {
        const wb_effect *left = &a->effects[f], *right = &b->effects[f];
        assert_string_equal(left->feature, right->feature);
        assert_string_equal(left->sentence, right->sentence);
        assert_memory_equal(&left->importance, &right->importance, sizeof left->importance);
        assert_int_equal(left->n_points, right->n_points);
        for (size_t k = 0; k < left->n_points; k++) {
            assert_memory_equal(&left->points[k].log_odds, &right->points[k].log_odds, sizeof(double));
            assert_memory_equal(&left->points[k].high, &right->points[k].high, sizeof(double));
            assert_memory_equal(&left->points[k].odds_low, &right->points[k].odds_low, sizeof(double));
        }
    }
}

static void threads_and_files_do_not_matter(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(N);
    wb_model *model = shop_model(frame, WB_BASIS_AUTO, WB_PENALTY_RIDGE), *back = NULL;
    wb_explanation *one = explain(model, frame, 1), *four = explain(model, frame, 4), *read = NULL;
    char path[] = "/tmp/winback-test-XXXXXX", beside[sizeof path + 4];
    wb_error err;
    close(mkstemp(path));
    snprintf(beside, sizeof beside, "%s.cov", path);
    assert_same(one, four);
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    assert_ok(wb_explain_model(&read, back, frame, beside, 1, &err), &err);
    assert_same(one, read);
    wb_explanation_free(read);
    read = NULL;
    assert_int_equal(wb_explain_model(&read, back, frame, "/nowhere/model.cov", 1, &err), WB_ERR_IO);
    assert_ok(wb_explain_model(&read, back, frame, NULL, 1, &err), &err);
    assert_false(read->has_bands);
    remove(path);
    remove(beside);
    wb_explanation_free(one);
    wb_explanation_free(four);
    wb_explanation_free(read);
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(200);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR, WB_PENALTY_RIDGE);
    wb_error err;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t k = 1; status != WB_OK; k++) {
        wb_explanation *explanation = NULL;
        wbi_alloc_fail_at(k);
        status = wb_explain_model(&explanation, model, frame, NULL, 1, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true((explanation == NULL) == (status != WB_OK));
        wb_explanation_free(explanation);
    }
    status = WB_ERR_NOMEM;
    for (uint64_t k = 1; status != WB_OK; k++) {
        wb_explained_row *rows = NULL;
        size_t n = 0;
        wbi_alloc_fail_at(k);
        status = wb_explain_customer(&rows, &n, model, frame, "c000001", &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true((rows == NULL) == (status != WB_OK));
        wb_explained_rows_free(rows, n);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_by_their_definition),
        cmocka_unit_test(facts_are_the_model_s),
        cmocka_unit_test(pictures_reach_where_rows_lie),
        cmocka_unit_test(absence_is_compared_where_it_counts),
        cmocka_unit_test(splines_are_their_curves),
        cmocka_unit_test(importance_over_given_rows),
        cmocka_unit_test(importance_of_older_models),
        cmocka_unit_test(parts_add_up_to_the_score),
        cmocka_unit_test(calibration_comes_last),
        cmocka_unit_test(values_are_shown),
        cmocka_unit_test(wrong_input),
        cmocka_unit_test(odd_terms),
        cmocka_unit_test(threads_and_files_do_not_matter),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
