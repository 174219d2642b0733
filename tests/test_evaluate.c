/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores against labels: the join against a plain one, groups by hand, memory that runs out. */
#include "test_util.h"

#include <math.h>

#include "base/memory.h"
#include "evaluate/evaluate.h"
#include "evaluate_testing.h"

static const wb_evaluated *group(const wb_evaluation *e, const char *score, const char *segment)
{
    for (size_t k = 0; k < e->n_groups; k++) {
        const wb_evaluated *g = &e->groups[k];
        if (strcmp(g->score, score) == 0 &&
            (segment == NULL ? g->by == NULL : g->segment != NULL && strcmp(g->segment, segment) == 0))
            return g;
    }
    fail_msg("no group %s of %s", segment == NULL ? "(all)" : segment, score);
    return NULL;
}

/* ---- by hand ---- */

/* Two positives (0.9, 0.4) and two negatives (0.5, 0.1): of four pairs, three are in order. Others are lost on either side. */
static void by_hand(void **state)
{
    (void)state;
    wb_evaluate_options options = plain_options();
    const char *const by[] = {"country"};
    wb_evaluation *e;
    wb_error err;
    put("scores.csv", "customer_id,probability,probability_low,probability_high,note\n"
                      "d,0.1,0,1,x\nb,0.5,0,1,\nx,0.7,0,1,\na,0.9,0,1,\nc,0.4,0,1,\n");
    put("labels.csv", "customer_id,country,orders_days_since_last,label_churned,label_other\n"
                      "a,DE,10,1,0\nb,DE,95,0,0\nc,FR,20,1,0\nd,,,0,0\ne,FR,1,,0\nf,FR,1,1,0\ny,DE,1,0,1\n");
    options.by = by;
    options.n_by = 1;
    options.seen_within_us = 90 * WB_DAY_US;
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_string_equal(e->target, "churned");
    assert_int_equal(e->n_rows, 4);
    assert_int_equal(e->n_customers, 4);
    assert_int_equal(e->n_without_label, 1);
    assert_string_equal(e->without_label[0], "x");
    assert_null(e->without_label[1]);
    assert_int_equal(e->n_without_score, 2); /* f, y; e has no label */
    assert_string_equal(e->without_score[0], "f");
    assert_string_equal(e->without_score[1], "y");
    assert_int_equal(e->n_scores, 1); /* ends of intervals are no scores */
    assert_close(group(e, "probability", NULL)->metrics.auc, 0.75, 1e-15);
    assert_close(group(e, "probability", NULL)->metrics.brier, (0.01 + 0.25 + 0.36 + 0.01) / 4, 1e-15);
    assert_int_equal(e->n_groups, 1 + 1 + 3);
    assert_string_equal(e->groups[1].by, "orders_days_since_last"); /* a and c */
    assert_null(e->groups[1].segment);
    assert_int_equal(e->groups[1].metrics.n, 2);
    assert_true(isnan(e->groups[1].metrics.auc)); /* one class */
    assert_string_equal(e->groups[2].segment, "DE");
    assert_close(e->groups[2].metrics.auc, 1, 0);
    assert_int_equal(group(e, "probability", "FR")->metrics.n_positive, 1);
    assert_int_equal(group(e, "probability", "(missing)")->metrics.n, 1);
    assert_null(e->profit_from);
    wb_evaluation_free(e);
}

/* Weights and what a customer is worth come from the labels' file; the mean is weighted. */
static void weights_and_worth(void **state)
{
    (void)state;
    wb_evaluate_options options = plain_options();
    wb_evaluation *e;
    wb_error err;
    put("scores.csv", "customer_id,probability\na,0.9\nb,0.5\nc,0.4\nd,0.1\n");
    put("labels.csv", "customer_id,w,worth,churned\na,2,100,1\nb,1,50,0\nc,1,,1\nd,3,10,0\n");
    options.weights = "w";
    options.value_column = "worth";
    assert_ok(evaluate(&e, &options, &err), &err);
    /* pairs by weight: a>b 2, a>d 6, c<b 1 lost, c>d 3: 11 of 12 */
    assert_close(e->groups[0].metrics.auc, 11.0 / 12, 1e-15);
    assert_close(e->profit.value, (2 * 100 + 50 + 3 * 10) / 6.0, 1e-12);
    assert_string_equal(e->weights, "w");
    wb_evaluation_free(e);
}

/* ---- against a plain join ---- */

enum { N = 1500 };

typedef struct row {
    char id[16];
    int cutoff, label, has_score, has_label; /* label -1: missing */
    double probability, other;
} row;

/* Ids of which many share cutoffs and many lack a partner, in two unlike orders. */
static void make_rows(row *rows)
{
    for (int i = 0; i < N; i++) {
        row *r = &rows[i];
        snprintf(r->id, sizeof r->id, "c%d", i / 3);
        r->cutoff = i % 3;
        r->label = i * 7919 % 11 == 0 ? -1 : i * 6151 % 5 < 2;
        r->has_score = i % 10 != 3;
        r->has_label = i % 13 != 5;
        r->probability = (double)((unsigned)i * 2654435761u % 997) / 997;
        r->other = (double)((unsigned)i * 40503u % 31) / 31;
    }
}

static void write_rows(const row *rows)
{
    static char text[N * 80];
    static const char *const cutoffs[] = {"2024-01-01", "2024-04-01", "2024-07-01"};
    size_t n = (size_t)sprintf(text, "probability_b,cutoff,customer_id,probability_a\n");
    for (int k = 0; k < N; k++) {
        const row *r = &rows[k * 7 % N];
        if (r->has_score)
            n += (size_t)sprintf(text + n, "%.17g,%s,%s,%.17g\n", r->other, cutoffs[r->cutoff], r->id, r->probability);
    }
    write_file("scores.csv", text, n);
    n = (size_t)sprintf(text, "customer_id,cutoff,label_churned\n");
    for (int k = 0; k < N; k++) {
        const row *r = &rows[k * 11 % N];
        if (r->has_label)
            n += (size_t)sprintf(text + n, "%s,%s,%s\n", r->id, cutoffs[r->cutoff], r->label < 0 ? "" : r->label ? "1" : "0");
    }
    write_file("labels.csv", text, n);
}

static wb_metrics metrics_of(const row *rows, bool other, uint64_t *n_lost_scores, uint64_t *n_lost_labels)
{
    static double p[N];
    static uint8_t outcome[N];
    wb_outcomes of = {.probability = p, .outcome = outcome};
    wb_metrics metrics;
    wb_error err;
    *n_lost_scores = *n_lost_labels = 0;
    for (int i = 0; i < N; i++) {
        const row *r = &rows[i];
        const bool labelled = r->has_label && r->label >= 0;
        *n_lost_scores += r->has_score && !labelled;
        *n_lost_labels += labelled && !r->has_score;
        if (!labelled || !r->has_score)
            continue;
        p[of.n] = other ? r->other : r->probability;
        outcome[of.n++] = (uint8_t)r->label;
    }
    assert_ok(wb_metrics_compute(&metrics, &of, NULL, &err), &err);
    return metrics;
}

/* Customers are three rows behind each other. */
static uint64_t n_customers_of(const row *rows)
{
    uint64_t n = 0;
    for (int i = 0; i < N; i += 3) {
        bool any = false;
        for (int k = i; k < i + 3; k++)
            any = any || (rows[k].has_score && rows[k].has_label && rows[k].label >= 0);
        n += any;
    }
    return n;
}

static void as_a_plain_join(void **state)
{
    (void)state;
    static row rows[N];
    wb_evaluate_options options = plain_options();
    wb_evaluation *e;
    wb_error err;
    uint64_t n_scores, n_labels;
    make_rows(rows);
    write_rows(rows);
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_int_equal(e->n_scores, 2);
    for (int other = 0; other < 2; other++) {
        const wb_metrics wanted = metrics_of(rows, other != 0, &n_scores, &n_labels);
        const wb_evaluated *g = group(e, other ? "probability_b" : "probability_a", NULL);
        assert_int_equal(g->metrics.n, wanted.n);
        assert_int_equal(g->metrics.n_positive, wanted.n_positive);
        assert_close(g->metrics.auc, wanted.auc, 1e-13);
        assert_close(g->metrics.log_loss, wanted.log_loss, 1e-13);
    }
    assert_int_equal(e->n_without_label, n_scores);
    assert_int_equal(e->n_without_score, n_labels);
    assert_int_equal(e->n_customers, n_customers_of(rows));
    assert_int_equal(e->n_pairs, 1);
    assert_string_equal(e->pairs[0].first, "probability_b"); /* in the order of the file */
    assert_close(e->pairs[0].figures.difference.auc, e->groups[0].metrics.auc - e->groups[1].metrics.auc, 1e-13);
    wb_evaluation_free(e);
}

/* The same bits, resampled and by segment, for any number of threads. */
static void threads_change_nothing(void **state)
{
    (void)state;
    static row rows[N];
    wb_evaluate_options options = plain_options();
    const char *const by[] = {"cutoff"};
    wb_evaluation *first = NULL;
    wb_error err;
    make_rows(rows);
    write_rows(rows);
    options.by = by;
    options.n_by = 1;
    options.intervals.n_resamples = 20;
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        wb_read_options how_to_read = WB_READ_OPTIONS_INIT;
        wb_evaluation *e;
        how_to_read.n_threads = options.metrics.n_threads = n_threads;
        assert_ok(wb_evaluate_files(&e, "scores.csv", "labels.csv", &options, &how_to_read, &err), &err);
        assert_int_equal(e->n_groups, 2 * (1 + 3));
        assert_string_equal(group(e, "probability_a", "2024-04-01")->by, "cutoff");
        for (size_t k = 0; first != NULL && k < e->n_groups; k++) {
            assert_memory_equal(&e->groups[k].metrics, &first->groups[k].metrics, sizeof e->groups[k].metrics);
            assert_memory_equal(&e->groups[k].interval.low, &first->groups[k].interval.low, sizeof(wb_metrics));
            assert_memory_equal(&e->groups[k].interval.high, &first->groups[k].interval.high, sizeof(wb_metrics));
        }
        if (first == NULL)
            first = e;
        else
            wb_evaluation_free(e);
    }
    wb_evaluation_free(first);
}

/* Of 30 levels the 20 with most rows are shown, and the others counted. */
static void many_segments(void **state)
{
    (void)state;
    static char scores[1 << 16], labels[1 << 16];
    wb_evaluate_options options = plain_options();
    const char *const by[] = {"level", "number"};
    wb_evaluation *e;
    wb_error err;
    size_t a = (size_t)sprintf(scores, "customer_id,probability\n"), b = (size_t)sprintf(labels, "customer_id,level,number,churned\n");
    for (int level = 0, id = 0; level < 30; level++)
        for (int k = 0; k <= level; k++, id++) {
            a += (size_t)sprintf(scores + a, "%d,0.%d\n", id, 1 + id % 8);
            b += (size_t)sprintf(labels + b, "%d,l%02d,%g,%d\n", id, level, level % 2 ? 2.5 : -1, id % 3 == 0);
        }
    put("scores.csv", scores);
    put("labels.csv", labels);
    options.by = by;
    options.n_by = 2;
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_int_equal(e->n_groups, 1 + WB_SEGMENTS_SHOWN + 2);
    assert_int_equal(e->columns[0].n_segments, 30);
    assert_int_equal(e->columns[0].n_left_out, 10);
    assert_int_equal(e->columns[0].n_rows_left_out, 55); /* 1 + 2 + … + 10 */
    assert_string_equal(e->groups[1].segment, "l29");
    assert_int_equal(e->groups[1].metrics.n, 30);
    assert_string_equal(e->groups[WB_SEGMENTS_SHOWN].segment, "l10");
    assert_string_equal(e->groups[WB_SEGMENTS_SHOWN + 1].segment, "-1"); /* in order of value, not of 225 and 240 rows */
    assert_string_equal(e->groups[WB_SEGMENTS_SHOWN + 2].segment, "2.5");
    wb_evaluation_free(e);
}

/* R: quantile(1:100, 0:5 / 5) is 1, 20.8, 40.6, 60.4, 80.2, 100; of 70 zeros and 1:30 it is 0, 0, 0, 0, 10.2, 30. */
static void numbers_of_many_values_are_parted_in_fifths(void **state)
{
    (void)state;
    static char scores[1 << 13], labels[1 << 13];
    static const struct {
        const char *name;
        size_t n;
    } wanted[] = {{"1 to 20.8", 20}, {"20.8 to 40.6", 20}, {"40.6 to 60.4", 20}, {"60.4 to 80.2", 20}, {"80.2 to 100", 20},
                  {"(missing)", 7},  {"0", 70},            {"0 to 10.2", 10},    {"10.2 to 30", 20},   {"(missing)", 7}};
    wb_evaluate_options options = plain_options();
    const char *const by[] = {"days", "spent"};
    wb_evaluation *e;
    wb_error err;
    size_t a = (size_t)sprintf(scores, "customer_id,probability\n"), b = (size_t)sprintf(labels, "customer_id,days,spent,churned\n");
    for (int id = 0; id < 107; id++) {
        a += (size_t)sprintf(scores + a, "%d,0.%d\n", id, 1 + id % 8);
        const int day = 1 + id * 37 % 100; /* each once */
        b += id < 100 ? (size_t)sprintf(labels + b, "%d,%d,%d,%d\n", id, day, day > 70 ? day - 70 : 0, id % 3 == 0)
                      : (size_t)sprintf(labels + b, "%d,,,%d\n", id, id % 3 == 0);
    }
    put("scores.csv", scores);
    put("labels.csv", labels);
    options.by = by;
    options.n_by = 2;
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_int_equal(e->n_groups, 11);
    assert_int_equal(e->columns[0].n_segments, 6);
    for (size_t k = 0; k < 10; k++) {
        assert_string_equal(e->groups[1 + k].segment, wanted[k].name);
        assert_int_equal(e->groups[1 + k].metrics.n, wanted[k].n);
    }
    wb_evaluation_free(e);
}

/* As many resamples as take little time, and a hundred where the AUC has no other interval. */
static void resamples_by_cost(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        bool weighted;
        size_t resamples;
    } cases[] = {{4, false, 1000}, {20000, false, 1000}, {30000, false, 600}, {100000, false, 200}, {100001, false, 0},
                 {100001, true, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wb_evaluate_options options = WB_EVALUATE_OPTIONS_INIT;
        wbi_trial trial = {.n = cases[i].n};
        double weight;
        if (cases[i].weighted)
            trial.weight = &weight;
        assert_int_equal(wbi_evaluation_resamples(&trial, options.intervals.n_resamples), cases[i].resamples);
        assert_int_equal(wbi_evaluation_resamples(&trial, 7), 7);
    }
}

/* Labels of one cutoff go with scores that name none, and the other way round. */
static void one_cutoff_may_be_unsaid(void **state)
{
    (void)state;
    static const char *const with = "customer_id,cutoff,%s\na,2024-01-01,1\nb,2024-01-01,0\n";
    char text[128];
    for (int side = 0; side < 2; side++) {
        wb_evaluate_options options = plain_options();
        wb_evaluation *e;
        wb_error err;
        snprintf(text, sizeof text, with, side == 0 ? "churned" : "probability");
        put(side == 0 ? "labels.csv" : "scores.csv", text);
        put(side == 0 ? "scores.csv" : "labels.csv",
            side == 0 ? "customer_id,probability\nb,0\na,1\n" : "customer_id,churned\nb,0\na,1\n");
        assert_ok(evaluate(&e, &options, &err), &err);
        assert_close(e->groups[0].metrics.auc, 1, 0);
        wb_evaluation_free(e);
    }
}

/* Each allocation failing is said, and leaks nothing. */
static void memory_runs_out(void **state)
{
    (void)state;
    wb_evaluate_options options = plain_options();
    const char *const by[] = {"country", "n"};
    wb_evaluation *e = NULL;
    put("scores.csv", "customer_id,cutoff,probability_a,probability_b\na,2024-01-01,0.9,0.1\nb,2024-01-01,0.5,0.2\n"
                      "a,2024-04-01,0.2,0.1\nz,2024-04-01,0.2,0.1\n");
    put("labels.csv", "customer_id,cutoff,country,n,orders_days_since_last,w,churned\na,2024-01-01,DE,1,3,1,1\n"
                      "b,2024-01-01,FR,2,4,1,0\na,2024-04-01,,1,5,2,0\ny,2024-04-01,,1,5,2,0\n");
    options.by = by;
    options.n_by = 2;
    options.weights = "w";
    options.seen_within_us = 4 * WB_DAY_US;
    options.with_curves = 1;
    options.intervals.n_resamples = 2;
    wb_error err = {0};
    wbi_alloc_fail_at(0);
    assert_ok(evaluate(&e, &options, &err), &err);
    const uint64_t n = wbi_alloc_count();
    uint64_t n_failed = 0;
    for (uint64_t at = 1; at <= n; at++) {
        wb_evaluation *other = NULL;
        wbi_alloc_fail_at(at);
        const wb_status status = evaluate(&other, &options, &err);
        wbi_alloc_fail_at(0);
        if (status != WB_OK && (status != WB_ERR_NOMEM || err.code != WB_ERR_NOMEM))
            fail_msg("allocation %llu: %d %s", (unsigned long long)at, (int)status, err.message);
        n_failed += status != WB_OK;
        wb_evaluation_free(other);
    }
    assert_true(n > 100 && n_failed > n * 9 / 10); /* few can be done without */
    assert_int_equal(e->n_rows, 3);
    assert_int_equal(e->n_customers, 2);
    assert_non_null(e->groups[0].curves);
    wb_evaluation_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(by_hand),
        CASE(weights_and_worth),
        CASE(as_a_plain_join),
        CASE(threads_change_nothing),
        CASE(many_segments),
        CASE(numbers_of_many_values_are_parted_in_fifths),
        CASE(resamples_by_cost),
        CASE(one_cutoff_may_be_unsaid),
        CASE(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
