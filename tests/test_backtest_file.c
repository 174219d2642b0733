/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How models age, by hand; and the file of a backtest, which is not to be trusted. */
#include "test_util.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winback/winback.h>

#include "backtest/ages.h"
#include "base/memory.h"
#include "io/input.h"
#include "metrics/metrics.h"

enum { MOST = 4 };
static const int64_t first_us = INT64_C(1704067200000000), month_us = 30 * WB_DAY_US; /* 2024-01-01 */

/* AUCs (log losses: 1 less these) of the models at each cutoff, the freshest first; below 0: no AUC. */
typedef struct figures {
    double auc[MOST];
    size_t n;
} figures;

/* Cutoffs a month apart; a model's label window is a month, so the freshest learned at the one before. */
static wb_backtest *make(const figures *cutoffs, size_t n)
{
    wb_error err;
    wb_backtest *b = wbi_alloc_zeroed(1, sizeof *b);
    b->label = wbi_strdup("churned");
    b->horizon_us = month_us;
    b->n_train_cutoffs = 1;
    b->seed = UINT64_MAX;
    b->cutoffs = wbi_alloc_zeroed(n, sizeof *b->cutoffs);
    b->trials = wbi_alloc_zeroed(n * MOST, sizeof *b->trials);
    for (size_t i = 0; i < n; i++) {
        wb_backtest_cutoff *cutoff = &b->cutoffs[b->n_cutoffs++];
        cutoff->cutoff_us = first_us + (int64_t)i * month_us;
        cutoff->recency = wbi_no_metrics();
        for (size_t k = 0; k < cutoffs[i].n; k++) {
            wb_backtest_trial *trial = &b->trials[b->n_trials++];
            *trial = (wb_backtest_trial){.tried_at_us = cutoff->cutoff_us,
                                         .trained_at_us = cutoff->cutoff_us - (int64_t)(k + 1) * month_us,
                                         .n_train_rows = 1000,
                                         .auc_se = NAN,
                                         .auc_95 = {NAN, NAN}};
            trial->metrics = wbi_no_metrics();
            trial->metrics.n = 500;
            trial->metrics.n_positive = 100;
            trial->metrics.auc = cutoffs[i].auc[k] < 0 ? (double)NAN : cutoffs[i].auc[k];
            trial->metrics.log_loss = 1 - fabs(cutoffs[i].auc[k]);
            trial->metrics.lift[WB_DEPTH_TENTH] = 10 * fabs(cutoffs[i].auc[k]);
        }
    }
    b->cutoffs[0].recency.n = 500;
    b->cutoffs[0].recency.auc = 0.25;
    assert_ok(wbi_backtest_conclude(b, &err), &err);
    return b;
}

/* Lost: 0.02, 0.01, 0.01: mean 0.04/3; deviations 0.02/3, -0.01/3, -0.01/3, squares 6e-4/9, over 2 and 3: se = 1e-2/3. */
static const figures losing[] = {{{0.80, 0.78}, 2}, {{0.82, 0.81}, 2}, {{0.81, 0.80}, 2}};

static void losses_are_paired_by_cutoff(void **state)
{
    (void)state;
    wb_backtest *b = make(losing, 3);
    assert_int_equal(b->n_ages, 2);
    assert_int_equal(b->ages[1].n_trials, 3);
    assert_close(b->ages[0].age_days, 0, 0);
    assert_close(b->ages[1].age_days, 30, 0);
    assert_close(b->ages[0].auc, 0.81, 1e-15);
    assert_close(b->ages[1].auc, 2.39 / 3, 1e-15);
    assert_close(b->ages[1].lift_10, 23.9 / 3, 1e-14);
    assert_close(b->ages[0].auc_lost, 0, 0);
    assert_close(b->ages[1].auc_lost, 0.04 / 3, 1e-15);
    assert_close(b->ages[1].auc_lost_se, 0.01 / 3, 1e-15);
    assert_close(b->ages[1].log_loss_lost, 0.04 / 3, 1e-15);
    assert_close(b->ages[1].log_loss_lost_se, 0.01 / 3, 1e-15);
    wb_backtest_free(b);
}

/* R: qt(0.975, 2) is 4.302652729749464; of two cutoffs (0.02, 0.01: se 0.005) qt(0.975, 1) is 12.706204736174698. */
static void losses_have_students_intervals(void **state)
{
    (void)state;
    wb_backtest *b = make(losing, 3);
    assert_close(b->ages[1].auc_lost_95.low, (0.04 - 4.302652729749464 * 0.01) / 3, 1e-12);
    assert_close(b->ages[1].auc_lost_95.high, (0.04 + 4.302652729749464 * 0.01) / 3, 1e-12);
    assert_close(b->ages[1].log_loss_lost_95.low, (0.04 - 4.302652729749464 * 0.01) / 3, 1e-12);
    assert_close(b->ages[1].log_loss_lost_95.high, (0.04 + 4.302652729749464 * 0.01) / 3, 1e-12);
    wb_backtest_free(b);
    b = make(losing, 2);
    assert_close(b->ages[1].auc_lost_95.low, 0.015 - 12.706204736174698 * 0.005, 1e-12);
    wb_backtest_free(b);
    b = make(losing, 1);
    assert_true(isnan(b->ages[1].auc_lost_95.low) && isnan(b->ages[1].log_loss_lost_95.high));
    wb_backtest_free(b);
}

/* Student's t at 95 % with 2 degrees of freedom is 2.920: 0.01333 lies above 2.920 x 0.00333. */
static void a_loss_beyond_chance_is_advised_against(void **state)
{
    (void)state;
    char text[WB_BACKTEST_SENTENCE_CHARS];
    wb_backtest *b = make(losing, 3);
    assert_close(b->advice.retrain_every_days, 0, 0);
    assert_close(b->advice.lost_days, 30, 0);
    assert_close(b->advice.kept_days, 0, 0);
    wb_backtest_sentence(text, b);
    assert_string_equal(text, "retrain as soon as new labels are complete: models only 30 days (4.3 weeks) older than the freshest lost "
                              "(AUC -0.0133 ± 0.0033, log loss +0.0133 ± 0.0033, over 3 cutoffs)");
    wb_backtest_free(b);
}

/* A month older loses 0.001 each time, two months 0.01, 0.011, 0.012. */
static void models_are_kept_as_long_as_nothing_is_lost(void **state)
{
    (void)state;
    const figures kept[] = {{{0.80, 0.799, 0.790}, 3}, {{0.81, 0.809, 0.799}, 3}, {{0.82, 0.819, 0.808}, 3}};
    const figures only[] = {{{0.80, 0.799}, 2}, {{0.81, 0.809}, 2}, {{0.82, 0.819}, 2}};
    char text[WB_BACKTEST_SENTENCE_CHARS];
    wb_backtest *b = make(kept, 3);
    assert_close(b->advice.retrain_every_days, 30, 0);
    assert_close(b->advice.kept_days, 30, 0);
    assert_close(b->advice.lost_days, 60, 0);
    assert_non_null(strstr(wb_backtest_sentence(text, b), "retrain every 30 days (4.3 weeks): models 60 days (8.6 weeks) older"));
    wb_backtest_free(b);
    b = make(only, 3);
    assert_true(isinf(b->advice.retrain_every_days) && isnan(b->advice.lost_days));
    assert_close(b->advice.kept_days, 30, 0);
    assert_non_null(strstr(wb_backtest_sentence(text, b), "no need to retrain was seen: models up to 30 days (4.3 weeks) older"));
    wb_backtest_free(b);
}

/* Two cutoffs are too few, and so are three whose losses (0, 0.02, 0.001) leave both open. */
static void what_chance_could_have_done_is_left_open(void **state)
{
    (void)state;
    const figures unclear[] = {{{0.80, 0.80}, 2}, {{0.81, 0.79}, 2}, {{0.82, 0.819}, 2}};
    char text[WB_BACKTEST_SENTENCE_CHARS];
    for (size_t k = 0; k < 2; k++) {
        wb_backtest *b = k == 0 ? make(losing, 2) : make(unclear, 3);
        assert_true(isnan(b->advice.retrain_every_days) && isnan(b->advice.lost_days));
        assert_non_null(strstr(wb_backtest_sentence(text, b), "too few cutoffs to say"));
        wb_backtest_free(b);
    }
}

static void cutoffs_without_an_auc_are_no_evidence(void **state)
{
    (void)state;
    const figures with_gaps[] = {{{0.80, 0.78}, 2}, {{-1, -1}, 2}, {{0.82, 0.81}, 2}, {{0.81, 0.80}, 2}};
    wb_backtest *b = make(with_gaps, 4);
    assert_int_equal(b->ages[1].n_trials, 3);
    assert_close(b->ages[1].auc_lost, 0.04 / 3, 1e-15);
    assert_close(b->advice.lost_days, 30, 0);
    wb_backtest_free(b);
}

/* ---- the file ---- */

static char path[] = "/tmp/winback_backtest_XXXXXX";

static char *written(const wb_backtest *b)
{
    wb_error err;
    char *bytes = NULL;
    size_t n;
    assert_ok(wb_backtest_write(b, path, &err), &err);
    assert_ok(wbi_input_slurp(&bytes, &n, path, (size_t)1 << 26, &err), &err);
    return bytes;
}

static char *sample(void)
{
    const figures kept[] = {{{0.80, 0.799, 0.790}, 3}, {{0.81, 0.809, -1}, 3}, {{0.82, 0.819, 0.808}, 3}};
    wb_backtest *b = make(kept, 3);
    char *bytes = written(b);
    wb_backtest_free(b);
    return bytes;
}

static void put(const char *bytes, size_t n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(bytes, 1, n, file);
    fclose(file);
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    wb_error err;
    wb_backtest *again = NULL;
    char *bytes = sample();
    assert_ok(wb_backtest_read(&again, path, &err), &err);
    assert_int_equal(again->n_trials, 9);
    assert_true(again->seed == UINT64_MAX && again->horizon_us == month_us);
    assert_close(again->cutoffs[0].previous.auc, 0.799, 0);
    assert_close(again->cutoffs[0].recency.auc, 0.25, 0);
    assert_int_equal(again->cutoffs[1].recency.n, 0);
    char *second = written(again);
    assert_string_equal(second, bytes);
    wbi_free(bytes);
    wbi_free(second);
    wb_backtest_free(again);
}

static void check_malformed(const char *words)
{
    wb_error err = {.code = WB_OK};
    wb_backtest *b = NULL;
    assert_int_equal(wb_backtest_read(&b, path, &err), WB_ERR_MALFORMED);
    assert_null(b);
    assert_string_equal(err.file, path);
    if (strstr(err.message, words) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, words);
}

typedef struct edit {
    const char *from, *to, *words;
} edit;

static void every_number_is_checked(void **state)
{
    (void)state;
    static const edit edits[] = {
        {"\"winback-backtest\"", "\"winback-model\"", "format: expected 'winback-backtest'"},
        {"\"version\": 1", "\"version\": 2", "this program reads version 1, not 2"},
        {"\"horizon_us\": 2592000000000", "\"horizon_us\": 0", "horizon_us: 0 is not more than 0"},
        {"\"gap_us\": 0", "\"gap_us\": -1", "gap_us: -1 is not in"},
        {"\"seed\": \"18", "\"seed\": \"x8", "is no seed"},
        {"\"seed\": \"18", "\"seed\": \"28", "is no seed"}, /* past 2^64 */
        {"\"disjoint\": false", "\"disjoint\": 0", "disjoint: expected true or false"},
        {"\"auc\": 0.799,\n          \"pr", "\"auc\": 1.799,\n          \"pr", "auc: 1.799 is not in 0..1"},
        {"\"auc\": 0.799,\n          \"pr", "\"auc\": 0.798,\n          \"pr", "is not what the trials give"},
        {"\"n_positive\": 100", "\"n_positive\": 501", "n_positive: 501 is not in 0..500"},
        {"\"lift_10\": 8", "\"lift_10\": -8", "lift_10"},
        {"\"log_loss\": 0.", "\"log_loss\": 1e999, \"x\": 0.", "no backtest"},
        {"\"cutoff\": \"2024-01-31\"", "\"cutoff\": \"2023-01-31\"", "not after the cutoff above it"},
        {"\"cutoff\": \"2024-01-31\"", "\"cutoff\": \"2024-02-31\"", "is no date or instant"},
        {"\"trained_at\": \"2023-12-02\"", "\"trained_at\": \"2023-12-03\"", "its label window had not ended"},
        {"\"trained_at\": \"2023-11-02\"", "\"trained_at\": \"2023-12-02\"", "not before that of the trial above it"},
        {"\"n_trials\": 3", "\"n_trials\": 4", "n_trials: 4 is not what the trials give, 3"},
        {"\"retrain_every_days\": null", "\"retrain_every_days\": 7", "retrain_every_days"},
        {"\"auc_95\": [null, null]", "\"auc_95\": [0.9, 0.8]", "0.8 follows on 0.9"},
        {"\"auc_95\": [null, null]", "\"auc_95\": [null]", "expected 2 numbers, found 1"},
    };
    char *bytes = sample();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        const char *at = strstr(bytes, edits[i].from);
        if (at == NULL)
            fail_msg("the file has no '%s'", edits[i].from);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "%.*s%s%s", (int)(at - bytes), bytes, edits[i].to, at + strlen(edits[i].from));
        fclose(file);
        check_malformed(edits[i].words);
    }
    wbi_free(bytes);
}

/* Takes the members of an object away, one at a time, all the way down. */
static void remove_members(json_t *whole, json_t *at)
{
    const char *key;
    json_t *value;
    size_t i;
    json_array_foreach(at, i, value) remove_members(whole, value);
    json_t *all = json_is_object(at) ? json_copy(at) : NULL; /* a member that is put back comes last */
    json_object_foreach(all, key, value)
    {
        remove_members(whole, value);
        if (strcmp(key, "sentence") == 0)
            continue;
        json_object_del(at, key);
        assert_int_equal(json_dump_file(whole, path, 0), 0);
        check_malformed(key);
        json_object_set(at, key, value);
    }
    json_decref(all);
}

static void every_member_is_needed(void **state)
{
    (void)state;
    const figures one[] = {{{0.80, 0.78}, 2}};
    wb_backtest *b = make(one, 1);
    char *bytes = written(b);
    json_t *whole = json_loads(bytes, 0, NULL);
    remove_members(whole, whole);
    json_decref(whole);
    wbi_free(bytes);
    wb_backtest_free(b);
}

/* A byte changed or the rest cut off, anywhere: no more than an error. */
static void broken_files_are_only_refused(void **state)
{
    (void)state;
    char *bytes = sample();
    const size_t n = strlen(bytes);
    for (size_t at = 0; at < n; at += 13) {
        static const char wrong[] = "9\"{]-";
        const char was = bytes[at];
        wb_error err;
        wb_backtest *b = NULL;
        bytes[at] = wrong[at % (sizeof wrong - 1)];
        put(bytes, n);
        const wb_status status = wb_backtest_read(&b, path, &err);
        assert_true(status == WB_OK || status == WB_ERR_MALFORMED);
        wb_backtest_free(b);
        bytes[at] = was;
        put(bytes, at);
        check_malformed("");
    }
    wbi_free(bytes);
}

static void no_allocation_may_fail_unseen(void **state)
{
    (void)state;
    char *bytes = sample();
    wb_error err;
    wb_backtest *b = NULL;
    wbi_alloc_fail_at(0);
    assert_ok(wb_backtest_read(&b, path, &err), &err);
    wb_backtest_free(b);
    const uint64_t n = wbi_alloc_count();
    for (uint64_t at = 1; at <= n; at++) {
        b = NULL;
        wbi_alloc_fail_at(at);
        const wb_status status = wb_backtest_read(&b, path, &err);
        wbi_alloc_fail_at(0);
        assert_int_equal(status, WB_ERR_NOMEM);
        assert_null(b);
    }
    wbi_free(bytes);
}

static int make_path(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_paired_by_cutoff),
        cmocka_unit_test(losses_have_students_intervals),
        cmocka_unit_test(a_loss_beyond_chance_is_advised_against),
        cmocka_unit_test(models_are_kept_as_long_as_nothing_is_lost),
        cmocka_unit_test(what_chance_could_have_done_is_left_open),
        cmocka_unit_test(cutoffs_without_an_auc_are_no_evidence),
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(every_number_is_checked),
        cmocka_unit_test(every_member_is_needed),
        cmocka_unit_test(broken_files_are_only_refused),
        cmocka_unit_test(no_allocation_may_fail_unseen),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
