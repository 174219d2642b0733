/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drift: population stability indices by hand and as properties, and what training keeps for them. */
#include "test_util.h"

#include <gsl/gsl_cdf.h>
#include <winback/drift.h>
#include <winback/score.h>
#include <winback/scorer.h>

#include "model/model.h"
#include "train_testing.h"

/* ---- by hand ---- */

enum { TRAINED = 200 };

/* 200 customers: a count that is 0 (120 rows), 1 (50), 2 (20) or 5 (6), and missing in 4; a channel that is web (110), app (72), or one
 * of three that are rare (18 rows); and a label that follows from neither. */
static wb_features *trained_frame(void)
{
    static char names[TRAINED][8];
    static const char *id[TRAINED], *channel[TRAINED];
    static double visits[TRAINED], churned[TRAINED];
    static const char *const rare[] = {"fax", "post", "desk"};
    for (size_t i = 0; i < TRAINED; i++) {
        snprintf(names[i], sizeof names[i], "c%03zu", i);
        id[i] = names[i];
        visits[i] = i < 120 ? 0 : i < 170 ? 1 : i < 190 ? 2 : i < 196 ? 5 : (double)NAN;
        channel[i] = i * 7 % TRAINED < 110 ? "web" : i * 7 % TRAINED < 182 ? "app" : rare[i % 3];
        churned[i] = i % 3 == 0 || i % 7 == 1;
    }
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, TRAINED);
    frame_numbers(frame, "visits", visits, TRAINED);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, channel, TRAINED);
    frame_numbers(frame, "churned", churned, TRAINED);
    return frame;
}

enum { NOW = 50 };

/* 50 customers: 0 (20), 1 (10), 2 (5), 4 (6), 9 (4) and missing (5); web (15), app (10), fax (5), never seen (8), missing (12). */
static wb_features *frame_of_now(void)
{
    static const char *channel[NOW];
    static double visits[NOW];
    for (size_t i = 0; i < NOW; i++) {
        visits[i] = i < 20 ? 0 : i < 30 ? 1 : i < 35 ? 2 : i < 41 ? 4 : i < 45 ? 9 : (double)NAN;
        channel[i] = i < 15 ? "web" : i < 25 ? "app" : i < 30 ? "fax" : i < 38 ? "drone" : NULL;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "visits", visits, NOW);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, channel, NOW);
    return frame;
}

static wb_model *trained_model(const wb_features *frame)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.lambda = 0.01;
    options.n_folds = 5;
    return train(frame, &options);
}

static wb_drift *measure(const wb_model *model, const wb_features *now, int n_threads)
{
    wb_drift *drift = NULL;
    wb_error err;
    assert_ok(wb_drift_measure(&drift, model, now, n_threads, &err), &err);
    return drift;
}

/* A worked table: counts before and now of each bin. */
typedef struct worked {
    const char *label;
    double before, now;
} worked;

static void check_worked(const wb_drift_feature *feature, const worked *bins, size_t n_bins, size_t n_features)
{
    const double n = TRAINED, m = NOW, b = (double)n_bins;
    double psi = 0;
    assert_int_equal(feature->n_bins, n_bins);
    for (size_t k = 0; k < n_bins; k++) {
        const double before = (bins[k].before + 0.5) / (n + 0.5 * b), now = (bins[k].now + 0.5) / (m + 0.5 * b);
        assert_string_equal(feature->bins[k].label, bins[k].label);
        assert_close(feature->bins[k].share_before, before, 1e-12);
        assert_close(feature->bins[k].share_now, now, 1e-12);
        psi += (now - before) * log(now / before);
    }
    assert_close(feature->psi, psi, 1e-12);
    assert_close(feature->critical, (1 / n + 1 / m) * gsl_cdf_chisq_Pinv(1 - 0.05 / (double)n_features, b - 1), 1e-9);
}

/* The 196 values have deciles 0 0 0 0 0 0 0 1 1 2 5 (R: quantile(rep(c(0, 1, 2, 5), c(120, 50, 20, 6)), (0:10) / 10), type 7: at
 * 0.6 lies value 118 of 196, still 0; at 0.8 value 157, at 0.9 value 176.5: 2), of which those between the ends are 0, 1, 2, so the
 * stretches are up to 0, 0 to 1, 1 to 2 and above 2: 120, 50, 20 and 6 rows, and 4 without. With B = 5:
 *
 *   bin        before             now                 (now - before) ln(now / before)
 *   up to 0    120.5/202.5 .5951  20.5/52.5  .3905    -.2046 * -.4213 = .0862
 *   0 to 1      50.5/202.5 .2494  10.5/52.5  .2       -.0494 * -.2207 = .0109
 *   1 to 2      20.5/202.5 .1012   5.5/52.5  .1048     .0035 *  .0343 = .0001
 *   above 2      6.5/202.5 .0321  10.5/52.5  .2        .1679 * 1.8295 = .3072
 *   (missing)    4.5/202.5 .0222   5.5/52.5  .1048     .0825 * 1.5506 = .1280
 *                                                                       PSI .5323
 * of which chance explains up to (1/200 + 1/50) chi2(4, 1 - 0.05/2) = 0.025 * 11.1433 = 0.2786: major.
 *
 * Levels: web 110, app 72, (other) 18; now 15, 10, 5 + 8 unseen = 13, and 12 missing, a bin though training had none. B = 4. */
static void by_hand(void **state)
{
    (void)state;
    wb_features *frame = trained_frame(), *now = frame_of_now();
    wb_model *model = trained_model(frame);
    wb_drift *drift = measure(model, now, 1);
    static const worked visits[] = {{"up to 0", 120, 20}, {"0 to 1", 50, 10}, {"1 to 2", 20, 5}, {"above 2", 6, 10}, {"(missing)", 4, 5}};
    static const worked channel[] = {{"app", 72, 10}, {"web", 110, 15}, {"(other)", 18, 13}, {"(missing)", 0, 12}};
    assert_int_equal(drift->n_features, 2);
    assert_int_equal(drift->n_before, TRAINED);
    assert_int_equal(drift->n_now, NOW);
    const wb_drift_feature *first = &drift->features[0], *second = &drift->features[1];
    assert_string_equal(first->feature, "visits");
    check_worked(first, visits, 5, 2);
    assert_true(fabs(first->psi - 0.5323) < 1e-4 && fabs(first->critical - 0.2786) < 1e-4);
    assert_int_equal(first->verdict, WB_DRIFT_MAJOR);
    assert_int_equal(first->moved, 3);
    assert_close(first->missing_before, 0.02, 1e-15);
    assert_close(first->missing_now, 0.1, 1e-15);
    assert_close(first->outside_now, 4.0 / 50, 1e-15);
    assert_true(first->unseen_now == 0 && !first->approximate);
    assert_string_equal(second->feature, "channel");
    check_worked(second, channel, 4, 2);
    assert_true(second->missing_before == 0);
    assert_close(second->missing_now, 0.24, 1e-15);
    assert_close(second->unseen_now, 0.16, 1e-15);
    assert_int_equal(second->verdict, WB_DRIFT_MAJOR);
    assert_int_equal(drift->worst, WB_DRIFT_MAJOR);
    wb_drift_free(drift);
    wb_model_free(model);
    wb_features_free(now);
    wb_features_free(frame);
}

/* A PSI between 0.1 and 0.25, one above, and one that is large but of ten rows. */
static void verdicts_need_both(void **state)
{
    (void)state;
    enum { MOST = 1000, N_VALUES = 5 };
    static const double values[N_VALUES] = {0, 1, 2, 5, NAN};
    static const struct {
        size_t n[N_VALUES];
        wb_drift_verdict verdict;
    } cases[] = {
        {{3, 7, 0, 0, 0}, WB_DRIFT_NONE},
        {{750, 150, 60, 20, 20}, WB_DRIFT_SOME},
        {{100, 600, 100, 100, 100}, WB_DRIFT_MAJOR},
    };
    wb_features *frame = trained_frame();
    wb_model *model = trained_model(frame);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        static double visits[MOST];
        static const char *channel[MOST];
        size_t n = 0;
        for (size_t v = 0; v < N_VALUES; v++)
            for (size_t i = 0; i < cases[k].n[v]; i++, n++) {
                visits[n] = values[v];
                channel[n] = "web";
            }
        wb_features *now = frame_create();
        frame_numbers(now, "visits", visits, n);
        frame_words(now, "channel", WB_TYPE_CATEGORY, channel, n);
        wb_drift *drift = measure(model, now, 1);
        const wb_drift_feature *feature = &drift->features[0];
        assert_int_equal(feature->verdict, cases[k].verdict);
        assert_true(feature->psi >= 0.1 && (feature->psi >= 0.25) == (k != 1));
        assert_true((feature->psi > feature->critical) == (k != 0));
        wb_drift_free(drift);
        wb_features_free(now);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- what training keeps ---- */

static void check_shares(const wb_features *frame, const wbi_term *term)
{
    const wbi_reference reference = term->kind->reference(term);
    const double *values = wb_table_numbers(frame->table, wb_table_find(frame->table, term->feature));
    const size_t n_rows = wb_table_n_rows(frame->table);
    double n = 0, total = 0;
    for (size_t i = 0; i < n_rows; i++)
        n += !isnan(values[i]);
    for (size_t k = 0; k < WBI_N_DECILES - 1; k++) {
        double inside = 0;
        for (size_t i = 0; i < n_rows; i++)
            inside += (k == 0 || values[i] > reference.deciles[k]) &&
                      (k + 2 == WBI_N_DECILES ? !isnan(values[i]) : values[i] <= reference.deciles[k + 1]);
        assert_close(reference.shares[k], inside / n, 1e-14);
        total += reference.shares[k];
    }
    assert_close(total, 1, 1e-12);
}

/* Of whole numbers, of which many are equal, and of numbers that all differ. */
static void shares_are_counted(void **state)
{
    (void)state;
    enum { N = 1500 };
    uint64_t random = 3;
    for (int whole = 0; whole < 2; whole++) {
        wb_features *frame = frame_shop(N);
        double *recency = frame->table->columns[wb_table_find(frame->table, "recency")].numbers;
        for (size_t i = 0; i < N; i++)
            recency[i] += whole ? 0 : frame_uniform(&random);
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.lambda = 0.01;
        wb_model *model = train(frame, &options);
        for (size_t t = 0; t < model->basis->n_terms; t++)
            if (model->basis->terms[t]->kind->type == WB_TYPE_NUMBER)
                check_shares(frame, model->basis->terms[t]);
        wb_model_free(model);
        wb_features_free(frame);
    }
}

/* Mean |contribution| by scoring the training rows, weighted. */
static void importance_is_that_of_scoring(void **state)
{
    (void)state;
    enum { N = 700 };
    for (int basis = WB_BASIS_LINEAR; basis <= WB_BASIS_AUTO; basis++) {
        wb_features *frame = frame_shop(N);
        double weight[N];
        for (size_t i = 0; i < N; i++)
            weight[i] = 0.5 + (double)(i % 5);
        frame_numbers(frame, "w", weight, N);
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        const char *log1p[] = {"recency"};
        options.weights = "w";
        options.basis = (wb_basis)basis;
        if (basis == WB_BASIS_LINEAR) {
            options.lambda = 0.01;
            options.log1p = log1p;
            options.n_log1p = 1;
        }
        wb_model *model = train(frame, &options);
        wb_scorer *scorer;
        wb_error err;
        assert_ok(wb_scorer_create(&scorer, model, &err), &err);
        const size_t n = wb_scorer_n_features(scorer);
        wb_scorer_column columns[8];
        int32_t codes[N];
        double *adds = malloc(N * n * sizeof *adds);
        for (size_t f = 0; f < n; f++) {
            wb_type type;
            const size_t column = wb_table_find(frame->table, wb_scorer_feature(scorer, f, &type));
            columns[f] = (wb_scorer_column){wb_table_numbers(frame->table, column), codes};
            for (size_t i = 0; type == WB_TYPE_CATEGORY && i < N; i++) {
                const int32_t code = wb_table_codes(frame->table, column)[i];
                size_t length = 0;
                const char *level = code < 0 ? NULL : wb_table_level(frame->table, column, code, &length);
                codes[i] = code < 0 ? -1 : wb_scorer_code(scorer, f, level, length);
            }
        }
        wb_scorer_contributions(scorer, adds, columns, N);
        for (size_t f = 0; f < n; f++) {
            double sum = 0, total = 0;
            for (size_t i = 0; i < N; i++) {
                sum += weight[i] * fabs(adds[i * n + f]);
                total += weight[i];
            }
            assert_true(sum > 0);
            assert_close(wb_model_term(model, f).importance, sum / total, 1e-12);
        }
        free(adds);
        wb_scorer_free(scorer);
        wb_model_free(model);
        wb_features_free(frame);
    }
}

/* ---- properties ---- */

static wb_features *shop_frame(size_t n, double shift)
{
    wb_features *frame = frame_shop(n);
    double *recency = frame->table->columns[wb_table_find(frame->table, "recency")].numbers;
    for (size_t i = 0; i < n; i++)
        recency[i] += shift;
    return frame;
}

static wb_model *shop_model(const wb_features *frame, wb_basis basis)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.basis = basis;
    options.n_threads = 1;
    return train(frame, &options);
}

static void the_same_rows_do_not_drift(void **state)
{
    (void)state;
    enum { N = 1200 };
    wb_features *frame = shop_frame(N, 0);
    for (int basis = WB_BASIS_LINEAR; basis <= WB_BASIS_AUTO; basis++) {
        wb_model *model = shop_model(frame, (wb_basis)basis);
        wb_drift *drift = measure(model, frame, 2);
        assert_int_equal(drift->n_features, 3);
        for (size_t f = 0; f < drift->n_features; f++) {
            assert_true(drift->features[f].psi < 1e-20);
            assert_close(drift->features[f].importance, wb_model_term(model, f).importance, 1e-12);
        }
        assert_true(drift->score.n_bins == 10 && drift->score.psi < 0.02); /* before: out of fold */
        assert_int_equal(drift->worst, WB_DRIFT_NONE);
        assert_close(drift->mean_now, drift->mean_before, 1e-9);
        wb_drift_free(drift);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

static void a_shift_is_found(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(1200, 0);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR);
    double last = -1;
    for (int step = 0; step < 5; step++) {
        wb_features *shifted = shop_frame(600, 30.0 * step);
        wb_drift *drift = measure(model, shifted, 1);
        const wb_drift_feature *recency = &drift->features[0];
        assert_true(recency->psi > last);
        last = recency->psi;
        assert_int_equal(recency->verdict, step == 0 ? WB_DRIFT_NONE : WB_DRIFT_MAJOR);
        assert_int_equal(drift->features[1].verdict, WB_DRIFT_NONE);
        assert_int_equal(drift->features[2].verdict, WB_DRIFT_NONE);
        assert_true((drift->score.verdict != WB_DRIFT_NONE) == (step > 0));
        assert_true(step == 0 || drift->mean_now > drift->mean_before);
        wb_drift_free(drift);
        wb_features_free(shifted);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

/* Of 400 draws of rows from the same source about one in twenty has any feature above its limit: 0.05 + 4 standard errors. */
static void the_limit_is_seldom_passed_by_chance(void **state)
{
    (void)state;
    enum { N = 6000, M = 300, DRAWS = 400 };
    uint64_t random = 5;
    wb_features *frame = frame_shop(N);
    size_t train_rows[N / 2], drawn[M], n_alarms = 0;
    for (size_t i = 0; i < N / 2; i++)
        train_rows[i] = i;
    wb_features *first = frame_reorder(frame, train_rows, N / 2);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    wb_model *model = train(first, &options);
    for (size_t d = 0; d < DRAWS; d++) {
        for (size_t i = 0; i < M; i++)
            drawn[i] = N / 2 + (size_t)(frame_uniform(&random) * N / 2);
        wb_features *now = frame_reorder(frame, drawn, M);
        wb_drift *drift = measure(model, now, 1);
        bool above = false;
        for (size_t f = 0; f < drift->n_features; f++)
            above = above || drift->features[f].psi > drift->features[f].critical;
        n_alarms += above;
        wb_drift_free(drift);
        wb_features_free(now);
    }
    assert_true((double)n_alarms <= DRAWS * (0.05 + 4 * sqrt(0.05 * 0.95 / DRAWS)));
    wb_model_free(model);
    wb_features_free(first);
    wb_features_free(frame);
}

/* ---- edges ---- */

/* Every value the same, all missing, or none at all; only categories; a single row. */
static void odd_features(void **state)
{
    (void)state;
    enum { N = 120 };
    static double constant[N], gaps[N], label[N], other[N];
    static const char *only[N];
    for (size_t i = 0; i < N; i++) {
        constant[i] = i % 4 == 0 ? (double)NAN : 7; /* its gaps vary */
        gaps[i] = NAN;
        only[i] = i % 2 ? "a" : "b";
        label[i] = i % 3 == 0;
        other[i] = i % 4 == 0 ? (double)NAN : i % 8 < 4 ? 7 : 9;
    }
    wb_features *frame = frame_create(), *now = frame_create();
    frame_numbers(frame, "constant", constant, N);
    frame_words(frame, "only", WB_TYPE_CATEGORY, only, N);
    frame_numbers(frame, "churned", label, N);
    frame_numbers(now, "constant", gaps, N);
    frame_words(now, "only", WB_TYPE_CATEGORY, only, N);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.lambda = 0.01;
    wb_model *model = train(frame, &options);
    wb_drift *drift = measure(model, now, 1);
    assert_int_equal(drift->n_features, 2);
    assert_int_equal(drift->features[0].n_bins, 2);
    assert_string_equal(drift->features[0].bins[0].label, "any value");
    /* (90.5 and 30.5)/121 before, (0.5 and 120.5)/121 now */
    assert_close(drift->features[0].psi, (0.5 - 90.5) / 121 * log(0.5 / 90.5) + (120.5 - 30.5) / 121 * log(120.5 / 30.5), 1e-12);
    assert_int_equal(drift->features[0].verdict, WB_DRIFT_MAJOR);
    assert_close(drift->features[1].psi, 0, 1e-15);
    assert_int_equal(drift->score.n_bins, 0); /* no folds */
    wb_drift_free(drift);
    wb_features_free(now);
    now = frame_create();
    frame_numbers(now, "constant", other, 1);
    frame_words(now, "only", WB_TYPE_CATEGORY, only, 1);
    drift = measure(model, now, 1);
    assert_int_equal(drift->n_now, 1);
    assert_int_equal(drift->worst, WB_DRIFT_NONE); /* one row says nothing */
    wb_drift_free(drift);
    wb_model_free(model);
    wb_features_free(now);
    wb_features_free(frame);
}

/* A model of one category has few different scores: tenths tie, and their shares are those that were counted. */
static void tied_scores(void **state)
{
    (void)state;
    enum { N = 400 };
    static const char *level[N];
    static double label[N];
    for (size_t i = 0; i < N; i++) {
        level[i] = i % 4 == 0 ? "few" : "many";
        label[i] = i % 4 == 0 ? i % 3 > 0 : i % 5 == 0;
    }
    wb_features *frame = frame_create();
    frame_words(frame, "level", WB_TYPE_CATEGORY, level, N);
    frame_numbers(frame, "churned", label, N);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.lambda = 0.01;
    options.n_folds = 2;
    wb_model *model = train(frame, &options);
    double below = 0, total = 0;
    for (size_t k = 0; k < 10; k++)
        total += model->tenths.shares[k];
    assert_close(total, 1, 1e-12);
    /* the two folds give a quarter of the rows a high probability, and the others a low one */
    for (size_t k = 0; k < 9; k++)
        below += model->tenths.edges[k] < 0.4 ? model->tenths.shares[k] : 0;
    assert_true(below <= 0.75 && model->tenths.shares[0] < 0.5);
    wb_drift *drift = measure(model, frame, 1);
    double before = 0;
    for (size_t b = 0; b < drift->score.n_bins; b++)
        before += drift->score.bins[b].share_before;
    assert_close(before, 1, 1e-12);
    wb_drift_free(drift);
    wb_model_free(model);
    wb_features_free(frame);
}

/* An older file has no shares: tenths are taken, and it says so. */
static void older_models_say_so(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(1000, 0);
    wb_model *model = shop_model(frame, WB_BASIS_LINEAR);
    char *bytes = model_bytes(model), path[] = "/tmp/winback-test-XXXXXX";
    wb_model *old = NULL;
    wb_error err;
    static const char *const keys[] = {"\"decile_shares\"", "\"importance\"", "],\n        \"shares\""};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (char *at = bytes; (at = strstr(at, keys[k])) != NULL; at++)
            memcpy(strchr(at, '"') + 1, "x_", 2);
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(bytes, file);
    fclose(file);
    assert_ok(wb_model_read(&old, path, &err), &err);
    remove(path);
    wb_drift *drift = measure(old, frame, 1);
    assert_true(isnan(wb_model_term(old, 0).importance));
    assert_true(drift->score.approximate && drift->features[0].approximate && drift->features[1].approximate);
    assert_false(drift->features[2].approximate); /* levels */
    for (size_t b = 0; b < 10; b++)
        assert_close(drift->features[0].bins[b].share_before, (100 + 0.5) / (1000 + 0.5 * 11), 1e-12);
    assert_true(drift->features[0].psi < 0.01); /* few values repeat */
    wb_drift_free(drift);
    wb_model_free(old);
    wb_model_free(model);
    wbi_free(bytes);
    wb_features_free(frame);
}

static void wrong_features(void **state)
{
    (void)state;
    static double number[3] = {1, 2, 3};
    static const char *const words[3] = {"a", "b", "c"};
    wb_features *frame = trained_frame();
    wb_model *model = trained_model(frame);
    wb_drift *drift = NULL;
    wb_error err;
    for (int k = 0; k < 3; k++) {
        wb_features *now = frame_create();
        if (k == 0) {
            frame_numbers(now, "visits", number, 0);
            frame_words(now, "channel", WB_TYPE_CATEGORY, words, 0);
        } else if (k == 1) {
            frame_numbers(now, "visit", number, 3);
            frame_words(now, "channel", WB_TYPE_CATEGORY, words, 3);
        } else {
            frame_words(now, "visits", WB_TYPE_CATEGORY, words, 3);
            frame_words(now, "channel", WB_TYPE_CATEGORY, words, 3);
        }
        assert_int_equal(wb_drift_measure(&drift, model, now, 1, &err), WB_ERR_INCONSISTENT);
        assert_non_null(strstr(err.message, k == 0 ? "no rows" : "visits"));
        assert_null(drift);
        wb_features_free(now);
    }
    assert_null(wb_drift_verdict_name((wb_drift_verdict)3));
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- the same bits, and no memory ---- */

static void threads_do_not_matter(void **state)
{
    (void)state;
    wb_features *frame = shop_frame(1200, 0), *now = shop_frame(700, 12);
    wb_model *model = shop_model(frame, WB_BASIS_AUTO);
    wb_drift *one = measure(model, now, 1), *four = measure(model, now, 4);
    for (size_t f = 0; f <= one->n_features; f++) {
        const wb_drift_feature *a = f < one->n_features ? &one->features[f] : &one->score;
        const wb_drift_feature *b = f < one->n_features ? &four->features[f] : &four->score;
        assert_memory_equal(&a->psi, &b->psi, sizeof a->psi);
        assert_memory_equal(&a->importance, &b->importance, sizeof a->importance);
        assert_int_equal(a->n_bins, b->n_bins);
        for (size_t k = 0; k < a->n_bins; k++)
            assert_memory_equal(&a->bins[k].share_now, &b->bins[k].share_now, sizeof(double));
    }
    assert_memory_equal(&one->mean_now, &four->mean_now, sizeof one->mean_now);
    wb_drift_free(one);
    wb_drift_free(four);
    wb_model_free(model);
    wb_features_free(now);
    wb_features_free(frame);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = trained_frame(), *now = frame_of_now();
    wb_model *model = trained_model(frame);
    wb_error err;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t k = 1; status != WB_OK; k++) {
        wb_drift *drift = NULL;
        wbi_alloc_fail_at(k);
        status = wb_drift_measure(&drift, model, now, 1, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true((drift == NULL) == (status != WB_OK));
        wb_drift_free(drift);
    }
    wb_model_free(model);
    wb_features_free(now);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(verdicts_need_both),
        cmocka_unit_test(shares_are_counted),
        cmocka_unit_test(importance_is_that_of_scoring),
        cmocka_unit_test(the_same_rows_do_not_drift),
        cmocka_unit_test(a_shift_is_found),
        cmocka_unit_test(the_limit_is_seldom_passed_by_chance),
        cmocka_unit_test(odd_features),
        cmocka_unit_test(tied_scores),
        cmocka_unit_test(older_models_say_so),
        cmocka_unit_test(wrong_features),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
