/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A compiled model against its terms as the model file writes them, applied in long double. */
#include "test_util.h"

#include <stdlib.h>

#include "kernel/kernel.h"
#include "model/model.h"
#include "par/par.h"
#include "score/scorer.h"
#include "test_frame.h"

enum { N_TRAIN = 1200, N_ROWS = 300, MAX_FEATURES = 12 };

/* ---- models of all kinds ---- */

static const char *const words[] = {"red", "green", "blue", "rare", "fax", NULL};

/* Numbers of several scales, some missing, a category with levels of few customers, and a label that follows from some. */
static wb_features *training_rows(size_t n_numbers)
{
    wb_features *frame = frame_create();
    static double values[MAX_FEATURES][N_TRAIN], label[N_TRAIN];
    static const char *color[N_TRAIN];
    uint64_t random = 5;
    for (size_t i = 0; i < N_TRAIN; i++) {
        double eta = -0.5;
        for (size_t j = 0; j < n_numbers; j++) {
            const double u = frame_uniform(&random);
            values[j][i] = j % 4 == 0 ? u : j % 4 == 1 ? exp(8 * u) : j % 4 == 2 ? floor(6 * u) : 1e6 + u;
            if (j % 3 == 1 && frame_uniform(&random) < 0.2)
                values[j][i] = (double)NAN;
            eta += sin(5 * u + (double)j);
        }
        const double u = frame_uniform(&random);
        color[i] = words[u < 0.002 ? 3 : u < 0.004 ? 4 : u < 0.1 ? 5 : (size_t)(3 * frame_uniform(&random))];
        label[i] = frame_uniform(&random) < 1 / (1 + exp(-eta));
    }
    for (size_t j = 0; j < n_numbers; j++) {
        char name[32];
        snprintf(name, sizeof name, "x%zu", j);
        frame_numbers(frame, name, values[j], N_TRAIN);
        if (j == 1)
            frame_words(frame, "color", WB_TYPE_CATEGORY, color, N_TRAIN);
    }
    frame_numbers(frame, "label_y", label, N_TRAIN);
    return frame;
}

typedef struct fixture {
    wb_features *frame;
    wb_model *model;
    wb_scorer *scorer;
    size_t n_features;
    double x[N_ROWS * MAX_FEATURES]; /* rows to score */
    double columns[MAX_FEATURES][N_ROWS];
    int32_t codes[MAX_FEATURES][N_ROWS];
    wb_scorer_column by_column[MAX_FEATURES];
    double log_odds[N_ROWS];
} fixture;

static fixture shared;

/* Values within and beyond the range of training, missing and infinite ones, and those at and beside the knots of curves. */
static double drawn(const fixture *f, size_t feature, uint64_t *random)
{
    const double *seen = wb_table_numbers(f->frame->table, wb_table_find(f->frame->table, wb_scorer_feature(f->scorer, feature, &(wb_type){0})));
    const double value = seen[(size_t)(N_TRAIN * frame_uniform(random))];
    switch ((int)(24 * frame_uniform(random))) {
    case 0:
        return (double)NAN;
    case 1:
        return frame_uniform(random) < 0.5 ? (double)INFINITY : -(double)INFINITY;
    case 2:
        return -1e3 * value;
    case 3:
        return 1e3 * value;
    case 4:
        return -0.0;
    case 5:
        return nextafter(value, -INFINITY);
    case 6:
        return nextafter(value, INFINITY);
    case 7:
        return 1e300;
    default:
        return value;
    }
}

static void draw_rows(fixture *f)
{
    uint64_t random = 99;
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        wb_scorer_feature(f->scorer, j, &type);
        for (size_t i = 0; i < N_ROWS; i++) {
            const double code = floor(-2 + (double)(wb_scorer_n_levels(f->scorer, j) + 4) * frame_uniform(&random));
            const double value = type == WB_TYPE_CATEGORY ? code : drawn(f, j, &random);
            f->codes[j][i] = type == WB_TYPE_CATEGORY ? (int32_t)code : -77;
            f->columns[j][i] = f->x[i * f->n_features + j] = value;
        }
        f->by_column[j] = type == WB_TYPE_CATEGORY ? (wb_scorer_column){NULL, f->codes[j]} : (wb_scorer_column){f->columns[j], NULL};
    }
}

/* Numbers: how many; `log1p`: the name of a column or NULL. */
static fixture *make(size_t n_numbers, wb_basis basis, wb_penalty penalty, const char *log1p)
{
    fixture *f = &shared;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_error err;
    options.basis = basis;
    options.penalty = penalty;
    options.n_folds = 0;
    options.log1p = &log1p;
    options.n_log1p = log1p != NULL;
    if (basis == WB_BASIS_LINEAR && penalty == WB_PENALTY_RIDGE)
        options.lambda = 0.01;
    f->frame = training_rows(n_numbers);
    assert_ok(wb_train(&f->model, f->frame, &options, &err), &err);
    assert_ok(wb_scorer_create(&f->scorer, f->model, &err), &err);
    f->n_features = wb_scorer_n_features(f->scorer);
    assert_in_range(f->n_features, 1, MAX_FEATURES);
    draw_rows(f);
    wbi_scorer_columns(f->scorer, f->by_column, N_ROWS, f->log_odds, NULL);
    return f;
}

static void drop(fixture *f)
{
    wb_scorer_free(f->scorer);
    wb_model_free(f->model);
    wb_features_free(f->frame);
}

static void for_each_kind(void (*test)(fixture *f))
{
    static const struct {
        size_t n_numbers;
        wb_basis basis;
        wb_penalty penalty;
        const char *log1p;
    } kinds[] = {{1, WB_BASIS_LINEAR, WB_PENALTY_RIDGE, NULL},   {2, WB_BASIS_LINEAR, WB_PENALTY_NONE, NULL},
                 {3, WB_BASIS_LINEAR, WB_PENALTY_RIDGE, "x1"},   {4, WB_BASIS_AUTO, WB_PENALTY_RIDGE, NULL},
                 {5, WB_BASIS_LINEAR, WB_PENALTY_NONE, NULL},    {6, WB_BASIS_AUTO, WB_PENALTY_RIDGE, "x5"},
                 {10, WB_BASIS_LINEAR, WB_PENALTY_RIDGE, "x0"}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        fixture *f = make(kinds[k].n_numbers, kinds[k].basis, kinds[k].penalty, kinds[k].log1p);
        test(f);
        drop(f);
    }
}

/* ---- against long double ---- */

static double member(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* The j-th B-spline of an order over knots whose ends count four times (Cox and de Boor), at the last knot the last
 * interval's. */
static long double b_spline(const json_t *knots, size_t j, size_t order, long double x)
{
    const size_t n = json_array_size(knots);
#define KNOT(i) ((long double)json_number_value(json_array_get(knots, (i) < 3 ? 0 : (i) - 3 < n ? (i) - 3 : n - 1)))
    const long double t0 = KNOT(j), t1 = KNOT(j + 1), last = KNOT(n + 3);
    if (order == 1)
        return x >= t0 && (x < t1 || (x == last && t1 == x && t0 < t1));
    const long double tk = KNOT(j + order), tk1 = KNOT(j + order - 1);
    long double value = 0;
    if (tk1 > t0)
        value += (x - t0) / (tk1 - t0) * b_spline(knots, j, order - 1, x);
    if (tk > t1)
        value += (tk - x) / (tk - t1) * b_spline(knots, j + 1, order - 1, x);
#undef KNOT
    return value;
}

/* A column's value for a number, by the term's kind and the column's name. */
static long double number_column(const json_t *term, size_t part, double given)
{
    const char *kind = json_string_value(json_object_get(term, "kind"));
    const json_t *knots = json_object_get(term, "knots");
    const size_t n_curve = knots == NULL ? 1 : json_array_size(knots) + 1;
    const long double value = isfinite(given) ? given : member(term, "median");
    if (part >= n_curve)
        return !isfinite(given);
    if (strcmp(kind, "log1p") == 0)
        return log1pl(value > 0 ? value : 0);
    if (strcmp(kind, "linear") == 0)
        return value;
    const long double first = json_number_value(json_array_get(knots, 0));
    const long double last = json_number_value(json_array_get(knots, json_array_size(knots) - 1));
    return b_spline(knots, part, 4, value < first ? first : value > last ? last : value);
}

/* Whether the column is that of the level which a code stands for. */
static long double level_column(const fixture *f, size_t feature, const json_t *term, const char *name, int32_t code)
{
    char level[64] = "(other)", wanted[96];
    size_t length;
    if (code == -1 && json_is_true(json_object_get(term, "missing")))
        snprintf(level, sizeof level, "(missing)");
    if (code >= 0 && (size_t)code < wb_scorer_n_levels(f->scorer, feature)) {
        const char *bytes = wb_scorer_level(f->scorer, feature, code, &length);
        bool named = length == 9 && memcmp(bytes, "(missing)", 9) == 0;
        for (size_t k = 0; k < json_array_size(json_object_get(term, "levels")); k++)
            named |= strncmp(json_string_value(json_array_get(json_object_get(term, "levels"), k)), bytes, length) == 0;
        if (named)
            snprintf(level, sizeof level, "%.*s", (int)length, bytes);
    }
    snprintf(wanted, sizeof wanted, "color=%s", level);
    return strcmp(name, wanted) == 0;
}

/* Log-odds of a row, and the sum of the sizes of what is added. */
static long double by_terms(const fixture *f, json_t *const *terms, size_t row, long double *size)
{
    const wbi_basis *basis = f->model->basis;
    long double sum = f->model->beta[0];
    *size = fabsl(sum);
    for (size_t j = 0; j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        const double given = f->x[row * f->n_features + column->term];
        const bool category = basis->terms[column->term]->kind->type == WB_TYPE_CATEGORY;
        const long double x = category ? level_column(f, column->term, terms[column->term], column->name, (int32_t)given)
                                       : number_column(terms[column->term], column->part, given);
        const long double adds = f->model->beta[j + 1] * (x - column->mean) / column->sd;
        sum += adds;
        *size += fabsl(adds);
    }
    return sum;
}

static void assert_terms(fixture *f)
{
    json_t *terms[MAX_FEATURES];
    for (size_t t = 0; t < f->n_features; t++)
        assert_non_null(terms[t] = wbi_term_to_json(f->model->basis->terms[t]));
    for (size_t i = 0; i < N_ROWS; i++) {
        long double size;
        const long double want = by_terms(f, terms, i, &size);
        if (!(fabsl(f->log_odds[i] - want) <= 1e-12L * size))
            fail_msg("row %zu of %zu features: %.17g, expected %.17Lg", i, f->n_features, f->log_odds[i], want);
    }
    for (size_t t = 0; t < f->n_features; t++)
        json_decref(terms[t]);
}

static void log_odds_are_those_of_the_terms(void **state)
{
    (void)state;
    for_each_kind(assert_terms);
}

/* ---- contributions ---- */

static void assert_sums(fixture *f)
{
    static double contributions[N_ROWS * MAX_FEATURES];
    static double some[MAX_FEATURES];
    wb_scorer_contributions(f->scorer, contributions, f->by_column, N_ROWS);
    for (size_t i = 0; i < N_ROWS; i++) {
        double sum = wb_scorer_base(f->scorer), size = fabs(sum);
        for (size_t j = 0; j < f->n_features; j++) {
            sum += contributions[i * f->n_features + j];
            size += fabs(contributions[i * f->n_features + j]);
        }
        assert_true(fabs(sum - f->log_odds[i]) <= 1e-12 * size);
    }
    wb_scorer_column from[MAX_FEATURES];
    for (size_t j = 0; j < f->n_features; j++)
        from[j] = f->by_column[j].codes != NULL ? (wb_scorer_column){NULL, f->by_column[j].codes + N_ROWS - 200}
                                                : (wb_scorer_column){f->by_column[j].numbers + N_ROWS - 200, NULL};
    wb_scorer_contributions(f->scorer, some, from, 1);
    assert_memory_equal(some, contributions + (N_ROWS - 200) * f->n_features, f->n_features * sizeof *some);
}

static void contributions_add_up(void **state)
{
    (void)state;
    for_each_kind(assert_sums);
}

/* Over the training rows each feature adds 0 on average, and all is the base then. */
static void contributions_are_centred(void **state)
{
    (void)state;
    fixture *f = make(4, WB_BASIS_AUTO, WB_PENALTY_RIDGE, "x1");
    static double adds[N_TRAIN * MAX_FEATURES];
    static int32_t codes[N_TRAIN];
    wb_scorer_column columns[MAX_FEATURES];
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        const size_t column = wb_table_find(f->frame->table, wb_scorer_feature(f->scorer, j, &type));
        columns[j] = (wb_scorer_column){wb_table_numbers(f->frame->table, column), codes};
        for (size_t i = 0; type == WB_TYPE_CATEGORY && i < N_TRAIN; i++) {
            const int32_t code = wb_table_codes(f->frame->table, column)[i];
            size_t length;
            const char *level = code < 0 ? NULL : wb_table_level(f->frame->table, column, code, &length);
            codes[i] = code < 0 ? -1 : wb_scorer_code(f->scorer, j, level, length);
        }
    }
    wb_scorer_contributions(f->scorer, adds, columns, N_TRAIN);
    for (size_t j = 0; j < f->n_features; j++) {
        double sum = 0, most = 0;
        for (size_t i = 0; i < N_TRAIN; i++) {
            sum += adds[i * f->n_features + j];
            most = fmax(most, fabs(adds[i * f->n_features + j]));
        }
        assert_true(most > 1e-6);
        assert_close(sum / N_TRAIN, 0, 1e-11);
    }
    drop(f);
}

/* ---- the same bits ---- */

static void assert_same_bits(fixture *f)
{
    static double log_odds[N_ROWS], probability[N_ROWS], wide[N_ROWS * (MAX_FEATURES + 5)];
    const size_t stride = f->n_features + 5;
    wb_scorer_rows(f->scorer, &(wb_scores){probability, log_odds}, f->x, f->n_features, N_ROWS);
    assert_memory_equal(log_odds, f->log_odds, sizeof log_odds);
    for (size_t i = 0; i < N_ROWS; i++) {
        assert_close(probability[i], 1 / (1 + exp(-log_odds[i])), 1e-15);
        memcpy(wide + i * stride, f->x + i * f->n_features, f->n_features * sizeof *wide);
        for (size_t j = f->n_features; j < stride; j++)
            wide[i * stride + j] = (double)NAN;
    }
    for (size_t at = 0, n = 1; at < N_ROWS; at += n, n = n * 3 % 71 + 1) {
        if (n > N_ROWS - at)
            n = N_ROWS - at;
        wb_scorer_column from[MAX_FEATURES];
        for (size_t j = 0; j < f->n_features; j++)
            from[j] = (wb_scorer_column){f->columns[j] + at, f->codes[j] + at};
        double part[80], other[80];
        wb_scorer_rows(f->scorer, &(wb_scores){NULL, part}, wide + at * stride, stride, n);
        assert_memory_equal(part, f->log_odds + at, n * sizeof *part);
        wb_scorer_columns(f->scorer, &(wb_scores){other, part}, from, n);
        assert_memory_equal(part, f->log_odds + at, n * sizeof *part);
        assert_memory_equal(other, probability + at, n * sizeof *other);
        wb_scorer_rows(f->scorer, &(wb_scores){other, NULL}, wide + at * stride, stride, n);
        assert_memory_equal(other, probability + at, n * sizeof *other);
    }
}

static void rows_columns_and_cuts_give_the_same_bits(void **state)
{
    (void)state;
    for_each_kind(assert_same_bits);
}

static void no_rows(void **state)
{
    (void)state;
    fixture *f = make(4, WB_BASIS_AUTO, WB_PENALTY_RIDGE, NULL);
    wbi_score_tally tallies[MAX_FEATURES] = {{0, 0, 0}};
    wb_scorer_rows(f->scorer, &(wb_scores){NULL, NULL}, NULL, f->n_features, 0);
    wb_scorer_columns(f->scorer, &(wb_scores){NULL, NULL}, f->by_column, 0);
    wbi_scorer_columns(f->scorer, f->by_column, 0, NULL, tallies);
    wb_scorer_contributions(f->scorer, NULL, f->by_column, 0);
    for (size_t j = 0; j < MAX_FEATURES; j++)
        assert_int_equal(tallies[j].n_imputed + tallies[j].n_unseen + tallies[j].n_outside, 0);
    drop(f);
}

/* ---- counts ---- */

static void assert_counts(fixture *f)
{
    wbi_score_tally tallies[MAX_FEATURES], want[MAX_FEATURES] = {{0, 0, 0}};
    for (size_t j = 0; j < MAX_FEATURES; j++)
        tallies[j] = (wbi_score_tally){10, 20, 30};
    static double log_odds[N_ROWS];
    wbi_scorer_columns(f->scorer, f->by_column, N_ROWS, log_odds, tallies);
    assert_memory_equal(log_odds, f->log_odds, sizeof log_odds);
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        const char *name = wb_scorer_feature(f->scorer, j, &type);
        const double *seen = wb_table_numbers(f->frame->table, wb_table_find(f->frame->table, name));
        double low = (double)INFINITY, high = -(double)INFINITY;
        for (size_t i = 0; seen != NULL && i < N_TRAIN; i++) {
            low = isnan(seen[i]) ? low : fmin(low, seen[i]);
            high = isnan(seen[i]) ? high : fmax(high, seen[i]);
        }
        for (size_t i = 0; i < N_ROWS; i++) {
            const double x = f->x[i * f->n_features + j];
            if (type == WB_TYPE_CATEGORY) {
                want[j].n_imputed += (uint64_t)(x == -1);
                want[j].n_unseen += (uint64_t)(x < -1 || x >= (double)wb_scorer_n_levels(f->scorer, j));
            } else {
                want[j].n_imputed += (uint64_t)!isfinite(x);
                want[j].n_outside += (uint64_t)(isfinite(x) && (x < low || x > high));
            }
        }
        assert_int_equal(tallies[j].n_imputed, want[j].n_imputed + 10);
        assert_int_equal(tallies[j].n_unseen, want[j].n_unseen + 20);
        assert_int_equal(tallies[j].n_outside, want[j].n_outside + 30);
    }
}

static void what_was_met_is_counted(void **state)
{
    (void)state;
    for_each_kind(assert_counts);
}

/* ---- odd values ---- */

static void codes_that_are_none(void **state)
{
    (void)state;
    fixture *f = make(2, WB_BASIS_LINEAR, WB_PENALTY_RIDGE, NULL);
    wb_type type;
    size_t feature = 0;
    while (strcmp(wb_scorer_feature(f->scorer, feature, &type), "color") != 0)
        feature++;
    assert_int_equal(type, WB_TYPE_CATEGORY);
    const double given[] = {(double)NAN, -1, (double)INFINITY, 0.5, -2, 1e300, 1e9, 2147483648.0, -2147483648.0, 7};
    double row[MAX_FEATURES] = {0}, missing, unseen, log_odds;
    const int32_t none = wb_scorer_code(f->scorer, feature, "mauve", 5);
    assert_true(none != -1 && (size_t)none >= wb_scorer_n_levels(f->scorer, feature));
    row[feature] = none;
    wb_scorer_rows(f->scorer, &(wb_scores){NULL, &unseen}, row, f->n_features, 1);
    row[feature] = -1;
    wb_scorer_rows(f->scorer, &(wb_scores){NULL, &missing}, row, f->n_features, 1);
    assert_true(missing != unseen);
    for (size_t k = 0; k < sizeof given / sizeof *given; k++) {
        row[feature] = given[k];
        wb_scorer_rows(f->scorer, &(wb_scores){NULL, &log_odds}, row, f->n_features, 1);
        assert_true(log_odds == (k < 3 ? missing : unseen));
    }
    for (size_t k = 0; k < wb_scorer_n_levels(f->scorer, feature); k++) {
        size_t length;
        const char *level = wb_scorer_level(f->scorer, feature, (int32_t)k, &length);
        assert_int_equal(wb_scorer_code(f->scorer, feature, level, length), k);
    }
    row[feature] = wb_scorer_code(f->scorer, feature, "rare", 4); /* of few customers, but seen: it counts as (other) does */
    assert_in_range((size_t)row[feature], 3, wb_scorer_n_levels(f->scorer, feature) - 1);
    wb_scorer_rows(f->scorer, &(wb_scores){NULL, &log_odds}, row, f->n_features, 1);
    assert_true(log_odds == unseen);
    drop(f);
}

/* 1e308 less a mean below 0, or times a slope, is infinite; infinities of both signs are no number. */
static void numbers_that_overflow(void **state)
{
    (void)state;
    fixture *f = make(2, WB_BASIS_LINEAR, WB_PENALTY_RIDGE, NULL);
    for (int signs = 0; signs < 4; signs++) {
        double row[MAX_FEATURES] = {0}, probability, log_odds;
        for (size_t j = 0, number = 0; j < f->n_features; j++) {
            wb_type type;
            wb_scorer_feature(f->scorer, j, &type);
            if (type == WB_TYPE_NUMBER)
                row[j] = (signs >> number++ & 1) != 0 ? 1e308 : -1e308;
        }
        wb_scorer_rows(f->scorer, &(wb_scores){&probability, &log_odds}, row, f->n_features, 1);
        if (isnan(log_odds))
            assert_true(isnan(probability));
        else
            assert_true(probability == (log_odds > 0) || fabs(log_odds) < 1e3 || probability < 1e-300);
    }
    drop(f);
}

/* A lasso may leave nothing but the intercept. */
static void a_model_without_terms(void **state)
{
    (void)state;
    wb_features *frame = training_rows(2);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *model = NULL;
    wb_scorer *scorer = NULL;
    wb_error err;
    options.penalty = WB_PENALTY_LASSO;
    options.lambda = 100;
    assert_ok(wb_train(&model, frame, &options, &err), &err);
    assert_ok(wb_scorer_create(&scorer, model, &err), &err);
    assert_int_equal(wb_scorer_n_features(scorer), 0);
    double log_odds[5], none = 0;
    const double rate = wb_model_summarise(model).base_rate, want = log(rate / (1 - rate));
    wb_scorer_rows(scorer, &(wb_scores){NULL, log_odds}, &none, 0, 5);
    for (size_t i = 0; i < 5; i++)
        assert_close(log_odds[i], want, 1e-9);
    wb_scorer_columns(scorer, &(wb_scores){NULL, log_odds}, NULL, 5);
    for (size_t i = 0; i < 5; i++)
        assert_close(log_odds[i], want, 1e-9);
    wb_scorer_free(scorer);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- threads, memory ---- */

static wb_status score_part(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    (void)worker;
    (void)err;
    const fixture *f = ((void **)context)[0];
    double *log_odds = ((void **)context)[1];
    wb_scorer_rows(f->scorer, &(wb_scores){NULL, log_odds + begin}, f->x + begin * f->n_features, f->n_features, end - begin);
    return WB_OK;
}

static void many_threads_use_one(void **state)
{
    (void)state;
    fixture *f = make(4, WB_BASIS_AUTO, WB_PENALTY_RIDGE, "x1");
    static double log_odds[N_ROWS];
    void *context[] = {f, log_odds};
    assert_int_equal(wbi_par_for(N_ROWS, 37, 4, score_part, context, NULL), WB_OK);
    assert_memory_equal(log_odds, f->log_odds, sizeof log_odds);
    drop(f);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    fixture *f = make(4, WB_BASIS_AUTO, WB_PENALTY_RIDGE, NULL);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wb_scorer *scorer = NULL;
        wbi_alloc_fail_at(n);
        status = wb_scorer_create(&scorer, f->model, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || (status == WB_ERR_NOMEM && scorer == NULL));
        wb_scorer_free(scorer);
        assert_true(n < 200);
    }
    const uint64_t before = wbi_alloc_count();
    static double log_odds[N_ROWS];
    wb_scorer_rows(f->scorer, &(wb_scores){NULL, log_odds}, f->x, f->n_features, N_ROWS);
    wb_scorer_columns(f->scorer, &(wb_scores){NULL, log_odds}, f->by_column, N_ROWS);
    assert_int_equal(wbi_alloc_count(), before);
    drop(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_odds_are_those_of_the_terms),
        cmocka_unit_test(contributions_add_up),
        cmocka_unit_test(contributions_are_centred),
        cmocka_unit_test(rows_columns_and_cuts_give_the_same_bits),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(what_was_met_is_counted),
        cmocka_unit_test(codes_that_are_none),
        cmocka_unit_test(numbers_that_overflow),
        cmocka_unit_test(a_model_without_terms),
        cmocka_unit_test(many_threads_use_one),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
