/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backtests of a small shop against the same steps taken one by one, and by hand. */
#include "test_util.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winback/winback.h>

#include "base/hash.h"
#include "base/memory.h"
#include "io/input.h"

enum { N_CUSTOMERS = 400, N_CUTOFFS = 5, MAX_ROWS = 4 * N_CUSTOMERS, MAX_COLUMNS = 160 };

static const int64_t horizon_us = 60 * WB_DAY_US;
static const int64_t first_cutoff_us = INT64_C(1688169600000000); /* 2023-07-01 */

static char dir[] = "/tmp/winback_backtest_XXXXXX";
static wb_engine *engine;
static int64_t cutoffs_us[N_CUTOFFS]; /* a horizon apart, but the last, which is half of one */

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static size_t next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", dir, name);
    return out;
}

static wb_engine *open_shop(const char *orders, bool with_tickets)
{
    wb_error err;
    wb_project *project;
    wb_engine *out;
    assert_ok(wb_project_create(&project, &err), &err);
    assert_ok(wb_project_set_file(project, "orders", orders, &err), &err);
    if (with_tickets)
        assert_ok(wb_project_set_file(project, "tickets", in_dir("tickets.csv"), &err), &err);
    assert_ok(wb_project_set_horizon(project, horizon_us, &err), &err);
    assert_ok(wb_engine_create(&out, project, NULL, &err), &err);
    wb_project_free(project);
    return out;
}

static int make_shop(void **state)
{
    (void)state;
    wb_error err;
    wb_simulate_options simulate = WB_SIMULATE_OPTIONS_INIT;
    simulate.n_customers = N_CUSTOMERS;
    assert_non_null(mkdtemp(dir));
    assert_ok(wb_simulate(dir, &simulate, NULL, &err), &err);
    engine = open_shop(in_dir("orders.csv"), true);
    for (size_t k = 0; k < N_CUTOFFS; k++)
        cutoffs_us[k] = first_cutoff_us + (int64_t)k * horizon_us;
    cutoffs_us[N_CUTOFFS - 1] -= horizon_us / 2;
    return 0;
}

static int remove_shop(void **state)
{
    (void)state;
    static const char *const files[] = {"customers.csv", "orders.csv", "tickets.csv", "surveys.csv", "truth.csv",
                                        "other.csv",     "a.json",     "b.json"};
    wb_engine_free(engine);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(in_dir(files[i]));
    return rmdir(dir);
}

static wb_train_options plain_training(void)
{
    wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    train.lambda = 0.05;
    return train;
}

static wb_backtest_options plain_options(const wb_train_options *train)
{
    wb_backtest_options options = WB_BACKTEST_OPTIONS_INIT;
    options.cutoffs_us = cutoffs_us;
    options.n_cutoffs = N_CUTOFFS;
    options.train = train;
    return options;
}

static wb_backtest *run(const wb_engine *of, const wb_backtest_options *options)
{
    wb_backtest *out = NULL;
    wb_error err;
    assert_ok(wb_backtest_run(&out, of, options, &err), &err);
    return out;
}

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

/* ---- cutoffs ---- */

static void check_refused(const int64_t *us, size_t n, wb_status code, const char *message, const char *advice)
{
    wb_backtest_options options = WB_BACKTEST_OPTIONS_INIT;
    wb_backtest *out = NULL;
    wb_error err;
    options.cutoffs_us = us;
    options.n_cutoffs = n;
    assert_int_equal(wb_backtest_run(&out, engine, &options, &err), code);
    assert_null(out);
    if (strstr(err.message, message) == NULL || strstr(err.advice, advice) == NULL)
        fail_msg("'%s', '%s'", err.message, err.advice);
}

/* The data end with 2024-12-31, so the last cutoff of a horizon of 60 days is 2024-11-02. */
static void windows_that_do_not_fit_are_named(void **state)
{
    (void)state;
    const int64_t late_us[] = {INT64_C(1735689600000000), INT64_C(1738368000000000)}; /* 2025-01-01, 2025-02-01 */
    const int64_t close_us[] = {first_cutoff_us, first_cutoff_us + 30 * WB_DAY_US};
    const int64_t last_us[] = {INT64_C(1730505600000000)}; /* 2024-11-02 */
    const int64_t early_us[] = {INT64_C(1640995200000000), first_cutoff_us}; /* 2022-01-01 */
    const int64_t twice_us[] = {first_cutoff_us, first_cutoff_us};
    check_refused(late_us, 2, WB_ERR_INCONSISTENT, "the last usable cutoff is 2024-11-02", "a shorter horizon");
    check_refused(close_us, 2, WB_ERR_INCONSISTENT, "that of the first, 2023-07-01, ends on 2023-08-30",
                  "from 2023-08-30 to 2024-11-02 can be tried by what 2023-07-01 teaches");
    check_refused(last_us, 1, WB_ERR_INCONSISTENT, "none of 1 cutoff can be tried", "one of 2024-09-03 or before could teach it");
    check_refused(early_us, 2, WB_ERR_INCONSISTENT, "cutoff 2022-01-01 is not after the first event", "");
    check_refused(twice_us, 2, WB_ERR_ARGUMENT, "not ascending", "");
}

typedef struct heard {
    char text[4096];
    uint64_t done, total, cancel_at;
    size_t n_calls;
} heard;

static void hear(void *user, wb_log_level level, const char *text)
{
    heard *ears = user;
    const size_t used = strlen(ears->text);
    (void)level;
    snprintf(ears->text + used, sizeof ears->text - used, "%s\n", text);
}

static int watch(void *user, const char *what, uint64_t done, uint64_t total)
{
    heard *ears = user;
    assert_string_equal(what, "backtest");
    assert_true(done >= ears->done && done <= total && (ears->total == 0 || total == ears->total));
    ears->done = done;
    ears->total = total;
    return ears->cancel_at > 0 && ++ears->n_calls >= ears->cancel_at;
}

static void cutoffs_past_the_end_are_left_out_and_said(void **state)
{
    (void)state;
    heard ears = {.n_calls = 0};
    const wb_log log = {hear, watch, &ears};
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    const int64_t us[] = {first_cutoff_us, first_cutoff_us + horizon_us, INT64_C(1733011200000000)}; /* 2024-12-01 */
    options.cutoffs_us = us;
    options.n_cutoffs = 3;
    options.log = &log;
    wb_backtest *b = run(engine, &options);
    assert_int_equal(b->n_cutoffs, 1);
    assert_non_null(strstr(ears.text, "1 cutoff left out, from 2024-12-01 on"));
    assert_true(ears.done == ears.total && ears.total > 0);
    wb_backtest_free(b);
}

/* 731 days from 2023-01-01 on hold the last cutoff, 2024-11-02, and ten before it with 60 days of history. */
static void usual_cutoffs_are_a_label_window_apart(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    options.cutoffs_us = NULL;
    options.n_cutoffs = 0;
    wb_backtest *b = run(engine, &options);
    assert_int_equal(b->n_cutoffs, 10);
    assert_true(b->cutoffs[9].cutoff_us == INT64_C(1730505600000000));
    for (size_t i = 0; i < b->n_cutoffs; i++)
        assert_true(b->cutoffs[i].cutoff_us - b->cutoffs[i].fresh.trained_at_us == horizon_us);
    assert_int_equal(b->n_trials, 55);
    wb_backtest_free(b);
}

static void cancelling_ends_it(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    heard all = {.cancel_at = UINT64_MAX};
    options.log = &(wb_log){hear, watch, &all};
    wb_backtest_free(run(engine, &options));
    assert_true(all.n_calls > 20);
    for (uint64_t at = 1; at <= all.n_calls; at += 7) {
        heard ears = {.cancel_at = at};
        const wb_log log = {hear, watch, &ears};
        wb_backtest *out = NULL;
        wb_error err;
        options.log = &log;
        assert_int_equal(wb_backtest_run(&out, engine, &options, &err), WB_ERR_CANCELLED);
        assert_null(out);
    }
}

/* ---- one class ---- */

/* Customers order every few days before the first cutoff; in its window two thirds do, in the second's all, in the third's
 * half. */
static void write_one_class_shop(void)
{
    FILE *out = fopen(in_dir("other.csv"), "w");
    char time[WB_TIME_CHARS];
    assert_non_null(out);
    fputs("order_id,customer_id,ordered_at,amount,discount,channel\n", out);
    size_t order = 0;
    for (int i = 0; i < 60; i++)
        for (int window = -1; window < 3; window++) {
            if ((window == 0 && i % 3 == 0) || (window == 2 && i % 2 == 0))
                continue;
            wb_time_format(first_cutoff_us + window * horizon_us + (1 + (i * 7 + window) % 50) * WB_DAY_US, time);
            fprintf(out, "%zu,c%02d,%s,%d,0,web\n", ++order, i, time, 5 + i % 11);
        }
    wb_time_format(first_cutoff_us + 3 * horizon_us - WB_DAY_US, time);
    fprintf(out, "%zu,c01,%s,5,0,web\n", ++order, time);
    fclose(out);
}

static void a_cutoff_of_one_class_does_not_stop_the_rest(void **state)
{
    (void)state;
    heard ears = {.n_calls = 0};
    const wb_log log = {hear, watch, &ears};
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    write_one_class_shop();
    wb_engine *other = open_shop(in_dir("other.csv"), false);
    options.n_cutoffs = 3;
    options.log = &log;
    wb_backtest *b = run(other, &options);
    assert_int_equal(b->n_cutoffs, 2);
    assert_int_equal(b->n_trials, 2);
    assert_int_equal(b->trials[0].metrics.n_positive, 0);
    assert_true(isnan(b->trials[0].metrics.auc) && isnan(b->cutoffs[0].recency.auc));
    assert_true(b->trials[1].trained_at_us == cutoffs_us[0] && !isnan(b->trials[1].metrics.auc));
    assert_int_equal(b->ages[0].n_trials, 1);
    assert_non_null(strstr(ears.text, "cutoff 2023-08-30: 0 of 60 rows are positive"));
    assert_non_null(strstr(ears.text, "no model of cutoff 2023-08-30: the label label_churned is 0 in all 60 rows"));
    wb_backtest_free(b);
    options.cutoffs_us = &cutoffs_us[1]; /* only that one teaches */
    options.n_cutoffs = 2;
    options.log = NULL;
    wb_error err;
    assert_int_equal(wb_backtest_run(&b, other, &options, &err), WB_ERR_DEGENERATE);
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
        cmocka_unit_test(windows_that_do_not_fit_are_named),
        cmocka_unit_test(cutoffs_past_the_end_are_left_out_and_said),
        cmocka_unit_test(usual_cutoffs_are_a_label_window_apart),
        cmocka_unit_test(cancelling_ends_it),
        cmocka_unit_test(a_cutoff_of_one_class_does_not_stop_the_rest),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(no_allocation_may_fail_unseen),
    };
    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
