/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a btyd term learns from: its own rows, whatever their order and however many threads; and where nothing can be learned. */
#include "test_util.h"

#include <winback/score.h>

#include "btyd_testing.h"
#include "design/basis.h"
#include "table/spill.h"
#include "train/train.h"

enum { N_ROWS = 1500 };

/* ---- what it learns from ---- */

/* Histories that would move the parameters, and numbers that are none, in the rows that `use` leaves out. */
static wb_features *with_others(const uint8_t *use, size_t variant)
{
    wb_features *frame = frame_buyers(N_ROWS, 8);
    for (size_t i = 0; i < N_ROWS; i++) {
        if (use[i])
            continue;
        numbers_of(frame, "orders_x")[i] = variant == 1 ? 50 : 7;
        numbers_of(frame, "orders_t_x")[i] = variant == 1 ? 300 : (double)INFINITY;
        numbers_of(frame, "orders_T")[i] = variant == 1 ? 350 : -4;
    }
    return frame;
}

static void rows_left_out_move_nothing(void **state)
{
    (void)state;
    static uint8_t use[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++)
        use[i] = i % 3 != 1;
    for (size_t k = 0; k < 2; k++) {
        wb_train_options options = btyd_options(k == 0 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, false);
        char *bytes[3];
        wb_term_btyd some, all;
        for (size_t variant = 0; variant < 3; variant++) {
            static uint8_t everyone[N_ROWS];
            memset(everyone, 1, sizeof everyone);
            wb_features *frame = with_others(variant == 0 ? everyone : use, variant);
            options.use_row = use;
            options.n_folds = 3;
            wb_model *model = train(frame, &options);
            bytes[variant] = model_bytes(model);
            btyd_term(model, &some);
            wb_model_free(model);
            wb_features_free(frame);
        }
        assert_string_equal(bytes[0], bytes[1]);
        assert_string_equal(bytes[0], bytes[2]);
        for (size_t variant = 0; variant < 3; variant++)
            wbi_free(bytes[variant]);
        wb_features *frame = frame_buyers(N_ROWS, 8);
        options.use_row = NULL;
        wb_model *model = train(frame, &options);
        btyd_term(model, &all);
        assert_true(fabs(all.r - some.r) > 1e-6); /* which they do where they are not left out */
        wb_model_free(model);
        wb_features_free(frame);
    }
}

static char *basis_of_part(const wb_features *frame, const size_t *rows, size_t n, bool smooth)
{
    static double weight[N_ROWS];
    static uint32_t customer[N_ROWS];
    wbi_purchases_wanted wanted = {EXPECTED, {0}, 90};
    static const char *const names[] = {"orders_x", "orders_t_x", "orders_T"};
    wb_error err;
    wbi_basis *basis = NULL;
    for (size_t i = 0; i < n; i++) {
        weight[i] = 1 + (double)(i % 3); /* of which the term's parameters know nothing */
        customer[i] = (uint32_t)i;
    }
    for (size_t k = 0; k < 3; k++)
        wanted.columns[k] = wb_table_find(frame->table, names[k]);
    const size_t feature = wb_table_find(frame->table, "csat");
    const wbi_sample sample = {.table = frame->table, .rows = rows, .weight = weight, .customer = customer, .n = n};
    const wbi_basis_options options = {.penalised = true, .n_threads = 1, .purchases = &wanted,
                                       .purchases_form = smooth ? WBI_FORM_SPLINE : WBI_FORM_LOG1P};
    assert_ok(wbi_basis_fit(&basis, &sample, &feature, 1, &options, &err), &err);
    assert_int_equal(basis->n_terms, 2);
    json_t *object = wbi_term_to_json(basis->terms[1]);
    char *text = json_dumps(object, JSON_SORT_KEYS);
    json_decref(object);
    wbi_basis_free(basis);
    return text;
}

/* As a fold does it: what the others hold moves nothing, what its own rows hold does. */
static void a_part_learns_from_itself(void **state)
{
    (void)state;
    static size_t rows[N_ROWS];
    static uint8_t use[N_ROWS];
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++) {
        use[i] = i % 4 != 3;
        if (use[i])
            rows[n++] = i;
    }
    for (int smooth = 0; smooth < 2; smooth++) {
        wb_features *frame = frame_buyers(N_ROWS, 8), *other = with_others(use, 1), *third = with_others(use, 2);
        char *texts[4] = {basis_of_part(frame, rows, n, smooth), basis_of_part(other, rows, n, smooth),
                          basis_of_part(third, rows, n, smooth), NULL};
        assert_string_equal(texts[0], texts[1]);
        assert_string_equal(texts[0], texts[2]);
        numbers_of(frame, "orders_T")[rows[0]] = 1000;
        texts[3] = basis_of_part(frame, rows, n, smooth);
        assert_string_not_equal(texts[0], texts[3]);
        for (size_t k = 0; k < 4; k++)
            free(texts[k]);
        wb_features_free(frame);
        wb_features_free(other);
        wb_features_free(third);
    }
}

/* What is tried out of fold is a model of the other folds' rows, the parameters of its term among what they learn. */
static void folds_learn_their_own(void **state)
{
    (void)state;
    enum { N_FOLDS = 3 };
    static double all[N_ROWS];
    static uint8_t use[N_ROWS];
    double sum = 0, r[N_FOLDS];
    wb_term_btyd by;
    wbi_training training = {0};
    wbi_splits splits = {0};
    wb_error err;
    wb_features *frame = frame_buyers(N_ROWS, 8);
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, true);
    options.n_folds = N_FOLDS;
    wb_model *model = train(frame, &options);
    assert_ok(wbi_training_prepare(&training, frame->table, &options, &err), &err);
    assert_ok(wbi_splits_make(&splits, &training, frame, &(wbi_split_options){N_FOLDS, options.seed, WB_VALIDATE_CUSTOMERS}, &err),
              &err);
    options.n_folds = 0;
    options.use_row = use;
    for (int k = 0; k < N_FOLDS; k++) {
        for (size_t i = 0; i < N_ROWS; i++)
            use[training.all.rows[i]] = splits.fold[i] != k;
        wb_model *others = train(frame, &options);
        btyd_term(others, &by);
        r[k] = by.r;
        assert_ok(wb_score_table(others, frame->table, all, NULL, 1, &err), &err);
        for (size_t i = 0; i < N_ROWS; i++) {
            const double p = all[training.all.rows[i]];
            if (splits.fold[i] == k)
                sum -= (training.all.outcome[i] > 0.5 ? log(p) : log(1 - p)) / N_ROWS;
        }
        wb_model_free(others);
    }
    assert_true(r[0] != r[1] && r[1] != r[2] && r[0] != r[2]);
    assert_int_equal(wb_model_summarise(model).out_of_fold.n, N_ROWS);
    assert_close(wb_model_summarise(model).out_of_fold.log_loss, sum, 1e-12);
    wbi_splits_free(&splits);
    wbi_training_free(&training);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Each counts once, whatever its weight. */
static void weights_do_not_count(void **state)
{
    (void)state;
    static double weight[N_ROWS];
    wb_term_btyd one, other;
    wb_features *frame = frame_buyers(N_ROWS, 8);
    for (size_t i = 0; i < N_ROWS; i++)
        weight[i] = 0.5 + (double)(i % 7);
    frame_numbers(frame, "w", weight, N_ROWS);
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    options.weights = "w";
    wb_model *weighed = train(frame, &options);
    const char *const exclude[] = {"w"};
    options.weights = NULL;
    options.exclude = exclude;
    options.n_exclude = 1;
    wb_model *plain = train(frame, &options);
    btyd_term(weighed, &one);
    btyd_term(plain, &other);
    assert_true(one.r == other.r && one.alpha == other.alpha && one.a == other.a && one.b == other.b);
    assert_true(raw(weighed, "log1p(" EXPECTED ")") != raw(plain, "log1p(" EXPECTED ")"));
    wb_model_free(weighed);
    wb_model_free(plain);
    wb_features_free(frame);
}

/* ---- the same bytes ---- */

static void threads_give_the_same_bytes(void **state)
{
    (void)state;
    enum { MANY = 9001 };
    wb_features *frame = frame_buyers(MANY, 6);
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    char *bytes[3];
    options.n_folds = 2;
    for (int k = 0; k < 3; k++) {
        options.n_threads = 1 << k;
        wb_model *model = train(frame, &options);
        bytes[k] = model_bytes(model);
        wb_model_free(model);
    }
    assert_string_equal(bytes[0], bytes[1]);
    assert_string_equal(bytes[0], bytes[2]);
    for (int k = 0; k < 3; k++)
        wbi_free(bytes[k]);
    wb_features_free(frame);
}

static void the_order_of_rows_does_not_matter(void **state)
{
    (void)state;
    static size_t order[N_ROWS];
    uint64_t random = 4;
    for (size_t i = 0; i < N_ROWS; i++) {
        const size_t k = (size_t)((double)(i + 1) * frame_uniform(&random));
        order[i] = order[k];
        order[k] = i;
    }
    wb_features *frame = frame_buyers(N_ROWS, 6), *shuffled = frame_reorder(frame, order, N_ROWS);
    for (int k = 0; k < 4; k++) {
        wb_train_options options = btyd_options(k < 2 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, k % 2 == 1);
        options.n_folds = 3;
        options.n_threads = 2;
        wb_model *model = train(frame, &options), *other = train(shuffled, &options);
        char *bytes = model_bytes(model), *others = model_bytes(other);
        assert_string_equal(bytes, others);
        wbi_free(bytes);
        wbi_free(others);
        wb_model_free(model);
        wb_model_free(other);
    }
    wb_features_free(frame);
    wb_features_free(shuffled);
}

/* ---- what it is made of, and what cannot be ---- */

static void rename_column(wb_features *frame, const char *from, const char *to)
{
    wbi_column *column = &frame->table->columns[wb_table_find(frame->table, from)];
    wbi_free(column->name);
    column->name = wbi_strdup(to);
}

static void assert_untrained(const wb_features *frame, const wb_train_options *options, wb_status code, const char *message,
                             const char *advice)
{
    wb_model *model = NULL;
    wb_error err = {0};
    assert_int_equal(wb_train(&model, frame, options, &err), code);
    assert_null(model);
    assert_string_equal(err.message, message);
    if (strstr(err.advice, advice) == NULL)
        fail_msg("'%s' does not advise '%s'", err.advice, advice);
}

/* Of the one table that has all three. */
static void another_table_may_have_them(void **state)
{
    (void)state;
    wb_term_btyd by;
    wb_features *frame = frame_buyers(N_ROWS, 3);
    const wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    static double half[N_ROWS];
    rename_column(frame, "orders_t_x", "buys_t_x");
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT,
                     "no column orders_t_x: a btyd term is made of orders_x, orders_t_x and orders_T", "");
    rename_column(frame, "orders_x", "buys_x");
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT,
                     "no column orders_x: a btyd term is made of orders_x, orders_t_x and orders_T", "");
    rename_column(frame, "orders_T", "buys_T");
    for (size_t i = 0; i < N_ROWS; i++)
        half[i] = (double)(i % 11) / 2;
    frame_numbers(frame, "buys_t_x_by_T", half, N_ROWS); /* begins like one of them */
    frame_numbers(frame, "visits_t_x", half, N_ROWS);    /* is alone */
    wb_model *model = train(frame, &options);
    btyd_term(model, &by);
    assert_string_equal(by.reads[0], "buys_x");
    assert_string_equal(by.reads[1], "buys_t_x");
    assert_string_equal(by.reads[2], "buys_T");
    wb_model_free(model);
    frame_numbers(frame, "visits_x", half, N_ROWS);
    frame_numbers(frame, "visits_T", half, N_ROWS);
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT,
                     "both buys_t_x and visits_t_x could be what a btyd term is made of: leave one out of the features", "");
    rename_column(frame, "visits_x", "orders_x");
    rename_column(frame, "visits_t_x", "orders_t_x");
    rename_column(frame, "visits_T", "orders_T");
    for (size_t i = 0; i < N_ROWS; i++) {
        numbers_of(frame, "orders_x")[i] = numbers_of(frame, "buys_x")[i];
        numbers_of(frame, "orders_t_x")[i] = numbers_of(frame, "buys_t_x")[i];
        numbers_of(frame, "orders_T")[i] = numbers_of(frame, "buys_T")[i];
    }
    model = train(frame, &options);
    btyd_term(model, &by);
    assert_string_equal(by.reads[1], "orders_t_x");
    wb_model_free(model);
    wb_features_free(frame);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    wb_features *frame = frame_shop(300);
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT,
                     "no columns orders_x, orders_t_x and orders_T, of which a btyd term is made", "use: [rfm]");
    wb_features_free(frame);
    frame = frame_buyers(N_ROWS, 3);
    options.btyd_horizon_us = WB_HORIZON_OF_LABEL;
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT,
                     "how far the label label_churned looks ahead is not known, so neither how far the btyd term is to look",
                     "--btyd 90d");
    options.btyd_horizon_us = -2;
    assert_untrained(frame, &options, WB_ERR_ARGUMENT, "a btyd term looks more than 0 ahead", "");
    options.btyd_horizon_us = INT64_MAX; /* more than a model file may say */
    assert_untrained(frame, &options, WB_ERR_ARGUMENT, "a btyd term looks at most 1000000 days ahead", "");
    options.btyd_horizon_us = 90 * WB_DAY_US;
    frame_numbers(frame, EXPECTED, numbers_of(frame, "csat"), N_ROWS);
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT,
                     "the features have a column " EXPECTED " already, which the btyd term would be called: give it another name", "");
    options.btyd_horizon_us = 91 * WB_DAY_US;
    wb_model *model = train(frame, &options);
    wb_model_free(model);
    wb_features_free(frame);
}

static void nobody_came_back(void **state)
{
    (void)state;
    const wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    wb_model *model = NULL;
    wb_error err = {0};
    for (int k = 0; k < 2; k++) { /* everybody bought once; nothing is known of anybody */
        wb_features *frame = frame_buyers(N_ROWS, 3);
        for (size_t i = 0; i < N_ROWS; i++)
            numbers_of(frame, "orders_x")[i] = numbers_of(frame, "orders_t_x")[i] = k == 0 ? 0 : (double)NAN;
        assert_int_equal(wb_train(&model, frame, &options, &err), k == 0 ? WB_ERR_DEGENERATE : WB_ERR_INCONSISTENT);
        if (k == 0)
            assert_non_null(strstr(err.advice, EXPECTED " cannot be had from these "));
        else
            assert_non_null(strstr(err.message, "is a history of purchases"));
        wb_features_free(frame);
    }
}

static void not_of_spilled_features(void **state)
{
    (void)state;
    static double p[N_ROWS];
    wb_error err;
    const wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    wb_features *frame = frame_buyers(N_ROWS, 3);
    wb_model *model = train(frame, &options);
    assert_ok(wbi_spill_begin(frame->table, "here", &err), &err);
    assert_ok(wbi_spill_end(frame->table, &err), &err);
    frame->table->spill->limit_bytes = SIZE_MAX;
    assert_untrained(frame, &options, WB_ERR_ARGUMENT,
                     "a btyd term needs features that lie in memory: read them with a larger memory limit", "");
    assert_int_equal(wb_score_table(model, frame->table, p, NULL, 1, &err), WB_ERR_ARGUMENT);
    wb_model_free(model);
    wb_features_free(frame);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_buyers(400, 3);
    for (int k = 0; k < 2; k++) {
        wb_train_options options = btyd_options(k == 0 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, k == 0);
        options.n_folds = 2 * !k;
        wb_status status = WB_ERR_NOMEM;
        wb_model *model = NULL;
        for (uint64_t n = 1; status != WB_OK; n += 1 + n / 40) {
            wbi_alloc_fail_at(n);
            status = wb_train(&model, frame, &options, NULL);
            wbi_alloc_fail_at(0);
            assert_true(status == WB_OK || status == WB_ERR_NOMEM);
            assert_true(n < 20000);
        }
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* Who is scored has neither a label nor an arm. */
static void not_of_the_label_or_the_treatment(void **state)
{
    (void)state;
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    wb_features *frame = frame_buyers(N_ROWS, 3);
    for (size_t i = 0; i < N_ROWS; i++)
        numbers_of(frame, "orders_T")[i] = i % 3 == 0 ? 400 : 500;
    options.target = "orders_T";
    options.positive = "400";
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT, "orders_T is the label, so no btyd term can be made of it", "");
    options = btyd_options(WB_BASIS_LINEAR, false);
    options.treatment = "orders_T";
    options.treated = "400";
    assert_untrained(frame, &options, WB_ERR_INCONSISTENT, "orders_T is the treatment, so no btyd term can be made of it", "");
    wb_features_free(frame);
}

static void rows_without_a_history_are_told(void **state)
{
    (void)state;
    heard ears = {.text = ""};
    const wb_log log = {.message = hear, .user = &ears};
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    wb_features *frame = frame_buyers(N_ROWS, 3);
    char said[80];
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++)
        n += !is_history(numbers_of(frame, "orders_x")[i], numbers_of(frame, "orders_t_x")[i], numbers_of(frame, "orders_T")[i]);
    options.log = &log;
    wb_model_free(train(frame, &options));
    snprintf(said, sizeof said, "%zu of %d rows are no history of purchases", n, (int)N_ROWS);
    assert_true(n > 0);
    if (strstr(ears.text, said) == NULL)
        fail_msg("'%s' does not say '%s'", ears.text, said);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_left_out_move_nothing),
        cmocka_unit_test(a_part_learns_from_itself),
        cmocka_unit_test(folds_learn_their_own),
        cmocka_unit_test(weights_do_not_count),
        cmocka_unit_test(threads_give_the_same_bytes),
        cmocka_unit_test(the_order_of_rows_does_not_matter),
        cmocka_unit_test(another_table_may_have_them),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(nobody_came_back),
        cmocka_unit_test(not_of_the_label_or_the_treatment),
        cmocka_unit_test(rows_without_a_history_are_told),
        cmocka_unit_test(not_of_spilled_features),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
