/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backtests of a small shop against the same steps taken one by one. */
#include "test_util.h"

#include "backtest_testing.h"
#include "base/hash.h"
#include "base/memory.h"
#include "io/input.h"

enum { MAX_ROWS = 4 * N_CUSTOMERS, MAX_COLUMNS = 160 };

/* ---- the same, step by step ---- */

typedef struct plain_figures {
    size_t n, n_train;
    double base_rate, auc, log_loss;
} plain_figures;

/* AUC by all pairs, log loss term by term: their definitions. */
static plain_figures figures_of(const double *p, const uint8_t *y, size_t n)
{
    plain_figures out = {.n = n};
    double right = 0, pairs = 0, loss = 0, positive = 0;
    for (size_t i = 0; i < n; i++) {
        loss -= log(fmax(y[i] ? p[i] : 1 - p[i], 2.2e-16));
        positive += y[i];
        for (size_t j = 0; y[i] && j < n; j++) {
            pairs += !y[j];
            right += y[j] ? 0 : p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
        }
    }
    out.base_rate = positive / (double)n;
    out.auc = right / pairs;
    out.log_loss = loss / (double)n;
    return out;
}

static wb_features *features_at(const int64_t *at_us, size_t n)
{
    wb_features *out = NULL;
    wb_error err;
    assert_ok(wb_engine_features(engine, &out, &(wb_features_options){at_us, n, 1, 1, NULL}, &err), &err);
    return out;
}

static bool is_tried(const wb_table *table, size_t row, uint64_t seed)
{
    char salt[32];
    size_t length;
    const char *id = wb_table_text(table, 0, row, &length);
    snprintf(salt, sizeof salt, "%llu", (unsigned long long)seed);
    return wbi_hash_unit("holdout", salt, id, length) < 0.5;
}

static plain_figures try_plainly(const wb_model *model, const wb_features *features, bool disjoint, uint64_t seed)
{
    static double p[MAX_ROWS];
    static uint8_t y[MAX_ROWS];
    const wb_table *table = wb_features_table(features);
    const double *label = wb_table_numbers(table, wb_table_find(table, "label_churned"));
    size_t n = 0;
    wb_error err;
    assert_ok(wb_score_table(model, table, p, NULL, 1, &err), &err);
    for (size_t i = 0; i < wb_table_n_rows(table); i++)
        if (!disjoint || is_tried(table, i, seed)) {
            p[n] = p[i];
            y[n++] = label[i] > 0;
        }
    return figures_of(p, y, n);
}

static wb_model *train_plainly(const wb_features *features, const wb_train_options *given, bool disjoint, uint64_t seed)
{
    static uint8_t mark[MAX_ROWS];
    wb_train_options train = *given;
    wb_model *model = NULL;
    wb_error err;
    for (size_t i = 0; i < wb_table_n_rows(wb_features_table(features)); i++)
        mark[i] = !is_tried(wb_features_table(features), i, seed);
    train.use_row = disjoint ? mark : NULL;
    train.target = "churned";
    train.n_folds = 0;
    assert_ok(wb_train(&model, features, &train, &err), &err);
    return model;
}

static plain_figures step_by_step(const int64_t *train_us, size_t n_train, int64_t tried_us, const wb_backtest_options *o)
{
    wb_features *learned = features_at(train_us, n_train), *tried = features_at(&tried_us, 1);
    wb_model *model = train_plainly(learned, o->train, o->disjoint, o->seed);
    plain_figures out = try_plainly(model, tried, o->disjoint, o->seed);
    out.n_train = wb_model_summarise(model).n_rows;
    wb_model_free(model);
    wb_features_free(learned);
    wb_features_free(tried);
    return out;
}

static void assert_trial(const wb_backtest_trial *trial, const plain_figures *plain)
{
    assert_int_equal(trial->n_train_rows, plain->n_train);
    assert_int_equal(trial->metrics.n, plain->n);
    assert_close(trial->metrics.base_rate, plain->base_rate, 1e-12);
    assert_close(trial->metrics.auc, plain->auc, 1e-12);
    assert_close(trial->metrics.log_loss, plain->log_loss, 1e-12);
}

/* Cutoffs 0, 60, 120, 180 and 210 days after the first, horizon 60 days. */
static void assert_every_trial(const wb_backtest *b, const wb_backtest_options *o)
{
    static const size_t trained[] = {0, 1, 0, 2, 1, 0, 2, 1, 0}, tried[] = {1, 2, 2, 3, 3, 3, 4, 4, 4};
    assert_int_equal(b->n_trials, 9);
    assert_int_equal(b->n_cutoffs, 4);
    for (size_t i = 0; i < 9; i++) {
        const size_t last = trained[i], n = last + 1 < o->n_train_cutoffs ? last + 1 : o->n_train_cutoffs;
        const plain_figures plain = step_by_step(&cutoffs_us[last + 1 - n], n, cutoffs_us[tried[i]], o);
        assert_true(b->trials[i].trained_at_us == cutoffs_us[last] && b->trials[i].tried_at_us == cutoffs_us[tried[i]]);
        assert_trial(&b->trials[i], &plain);
    }
}

static void trials_are_what_separate_steps_give(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    wb_backtest *b = run(engine, &options);
    assert_every_trial(b, &options);
    assert_memory_equal(&b->cutoffs[3].fresh, &b->trials[6], sizeof b->trials[6]);
    assert_memory_equal(&b->cutoffs[3].previous, &b->trials[7].metrics, sizeof b->trials[7].metrics);
    assert_int_equal(b->cutoffs[0].previous.n, 0);
    wb_backtest_free(b);
}

static void several_training_cutoffs_are_the_last_that_had_ended(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    options.n_train_cutoffs = 2;
    wb_backtest *b = run(engine, &options);
    assert_every_trial(b, &options);
    wb_backtest_free(b);
}

static void disjoint_customers_are_not_tried_by_what_learned_from_them(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    options.disjoint = 1;
    options.seed = 7;
    wb_backtest *b = run(engine, &options);
    assert_every_trial(b, &options);
    assert_true(b->trials[0].metrics.n < N_CUSTOMERS * 2 / 3);
    wb_backtest_free(b);
}

/* The engine has the feature itself: a model that reads nothing else. */
static void recency_is_a_model_of_the_days_since_the_last_event(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    wb_backtest *b = run(engine, &options);
    wb_features *learned = features_at(&cutoffs_us[2], 1), *tried = features_at(&cutoffs_us[4], 1);
    const char *others[MAX_COLUMNS];
    wb_train_options alone = WB_TRAIN_OPTIONS_INIT;
    alone.penalty = WB_PENALTY_NONE;
    for (size_t c = 2; c < wb_table_n_columns(wb_features_table(learned)); c++) {
        const char *name = wb_table_name(wb_features_table(learned), c);
        if (strcmp(name, "orders_days_since_last") != 0 && strncmp(name, "label_", 6) != 0)
            others[alone.n_exclude++] = name;
    }
    alone.exclude = others;
    wb_model *model = train_plainly(learned, &alone, false, 1);
    const plain_figures plain = try_plainly(model, tried, false, 1);
    assert_int_equal(wb_model_n_coefficients(model), 2);
    assert_int_equal(b->cutoffs[3].recency.n, plain.n);
    assert_close(b->cutoffs[3].recency.auc, plain.auc, 1e-12);
    assert_close(b->cutoffs[3].recency.log_loss, plain.log_loss, 1e-12);
    wb_model_free(model);
    wb_features_free(learned);
    wb_features_free(tried);
    wb_backtest_free(b);
}

/* ---- lambda ---- */

/* Rows grow by less than half here, so the first model's lambda is that of all. */
static void lambda_is_chosen_once(void **state)
{
    (void)state;
    wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    wb_backtest_options options = plain_options(&train);
    options.cutoffs_us = &cutoffs_us[1];
    options.n_cutoffs = 3;
    wb_backtest *chosen = run(engine, &options);
    wb_features *features = features_at(&cutoffs_us[1], 1);
    wb_model *model = NULL;
    wb_error err;
    train.target = "churned";
    assert_ok(wb_train(&model, features, &train, &err), &err);
    train.lambda = wb_model_summarise(model).lambda;
    wb_backtest *given = run(engine, &options);
    assert_int_equal(chosen->n_trials, 3);
    assert_memory_equal(chosen->trials, given->trials, given->n_trials * sizeof *given->trials);
    wb_model_free(model);
    wb_features_free(features);
    wb_backtest_free(chosen);
    wb_backtest_free(given);
}

/* ---- what was not known then ---- */

/* Orders from the second cutoff on cost ten times as much; when they were made stays. */
static void inflate(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    char line[512], id[64], customer[64], time[64], rest[128];
    double amount;
    assert_true(in != NULL && out != NULL && fgets(line, sizeof line, in) != NULL);
    fputs(line, out);
    while (fgets(line, sizeof line, in) != NULL) {
        int64_t time_us;
        assert_int_equal(sscanf(line, "%63[^,],%63[^,],%63[^,],%lf,%127[^\n]", id, customer, time, &amount, rest), 5);
        assert_int_equal(wb_time_parse(&time_us, time, 0, NULL), WB_OK);
        fprintf(out, "%s,%s,%s,%.2f,%s\n", id, customer, time, time_us >= cutoffs_us[1] ? 10 * amount : amount, rest);
    }
    fclose(in);
    fclose(out);
}

static void later_events_change_nothing(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    const wb_backtest_options options = plain_options(&train);
    inflate(in_dir("orders.csv"), in_dir("other.csv"));
    wb_engine *other = open_shop(in_dir("other.csv"), true);
    wb_backtest *a = run(engine, &options), *b = run(other, &options);
    assert_memory_equal(&a->trials[0], &b->trials[0], sizeof a->trials[0]);
    assert_memory_equal(&a->cutoffs[0], &b->cutoffs[0], sizeof a->cutoffs[0]);
    assert_true(a->trials[1].metrics.log_loss != b->trials[1].metrics.log_loss);
    wb_backtest_free(a);
    wb_backtest_free(b);
    wb_engine_free(other);
}

/* ---- the same whatever the machine does ---- */

static char *bytes_of(const wb_backtest *b, const char *path)
{
    char *bytes = NULL;
    size_t n;
    wb_error err;
    assert_ok(wb_backtest_write(b, path, &err), &err);
    assert_ok(wbi_input_slurp(&bytes, &n, path, (size_t)1 << 26, &err), &err);
    return bytes;
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    char *first = NULL;
    const wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        wb_backtest_options options = plain_options(&train);
        options.n_threads = n_threads;
        options.n_train_cutoffs = 2;
        wb_backtest *b = run(engine, &options);
        char *bytes = bytes_of(b, in_dir("a.json"));
        if (first != NULL)
            assert_string_equal(bytes, first);
        wbi_free(n_threads == 1 ? NULL : bytes);
        first = n_threads == 1 ? bytes : first;
        wb_backtest_free(b);
    }
    wbi_free(first);
}

static void no_allocation_may_fail_unseen(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    options.n_threads = 1;
    options.n_cutoffs = 3;
    options.disjoint = 1;
    wbi_alloc_fail_at(0);
    wb_backtest_free(run(engine, &options));
    const uint64_t n = wbi_alloc_count(), step = n / 150 + 1;
    for (uint64_t at = 1; at <= n; at += at < 40 || at + 40 > n ? 1 : step) {
        wb_backtest *b = NULL;
        wb_error err;
        wbi_alloc_fail_at(at);
        assert_int_equal(wb_backtest_run(&b, engine, &options, &err), WB_ERR_NOMEM);
        wbi_alloc_fail_at(0);
        assert_null(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trials_are_what_separate_steps_give),
        cmocka_unit_test(several_training_cutoffs_are_the_last_that_had_ended),
        cmocka_unit_test(disjoint_customers_are_not_tried_by_what_learned_from_them),
        cmocka_unit_test(recency_is_a_model_of_the_days_since_the_last_event),
        cmocka_unit_test(lambda_is_chosen_once),
        cmocka_unit_test(later_events_change_nothing),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(no_allocation_may_fail_unseen),
    };
    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
