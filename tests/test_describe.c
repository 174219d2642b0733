/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <stdbool.h>
#include <winback/describe.h>

#include "base/hash.h"
#include "test_frame.h"

static wb_description *describe(const wb_features *frame, size_t *n, int n_threads)
{
    wb_description *out;
    wb_error err;
    const wb_describe_options options = {.n_threads = n_threads};
    assert_ok(wb_describe(&out, n, frame, &options, &err), &err);
    return out;
}

/* The only feature of `frame`, which is freed; its names are not to be read. */
static wb_description describe_only(wb_features *frame)
{
    size_t n;
    wb_description *all = describe(frame, &n, 1), one = all[0];
    assert_int_equal(n, 1);
    wb_descriptions_free(all);
    wb_features_free(frame);
    return one;
}

static void numbers_by_hand(void **state)
{
    (void)state;
    double x[] = {4, NAN, 1, 3, 2};
    const double quantiles[] = {1, 1.15, 1.75, 2.5, 3.25, 3.85, 4}; /* 1 + 3 share */
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, 5);
    wb_description d = describe_only(frame);
    assert_int_equal(d.n, 4);
    assert_int_equal(d.n_missing, 1);
    assert_close(d.mean, 2.5, 1e-15);
    assert_close(d.std, sqrt(5.0 / 3), 1e-15);
    for (size_t q = 0; q < WB_DESCRIBED_QUANTILES; q++)
        assert_close(d.quantiles[q], quantiles[q], 1e-15);
    assert_true(isnan(d.auc));
}

static void too_few_values_are_missing_figures(void **state)
{
    (void)state;
    double none[] = {NAN, NAN}, one[] = {7, NAN}, label[] = {1, 1};
    wb_features *frame = frame_create();
    frame_numbers(frame, "none", none, 2);
    frame_numbers(frame, "one", one, 2);
    frame_numbers(frame, "label_y", label, 2);
    size_t n;
    wb_description *d = describe(frame, &n, 1);
    assert_int_equal(n, 2);
    assert_int_equal(d[0].n, 0);
    assert_true(isnan(d[0].mean) && isnan(d[0].std) && isnan(d[0].quantiles[3]));
    assert_close(d[1].mean, 7, 0);
    assert_close(d[1].quantiles[0], 7, 0);
    assert_true(isnan(d[1].std));
    assert_true(isnan(d[0].auc) && isnan(d[1].auc)); /* one class */
    wb_descriptions_free(d);
    wb_features_free(frame);
}

/* Positives 2 and missing, negatives 1, missing and 2. Missing at the bottom: 2 beats 1 and missing and ties with 2, the
 * missing one ties once: 3 of 6 pairs. At the top: 2 beats 1 and ties once, missing beats 1 and 2 and ties once: 4 of 6. A
 * row without a label is in no pair. */
static void missing_numbers_stand_where_they_separate(void **state)
{
    (void)state;
    double x[] = {2, NAN, 1, NAN, 2, 100}, y[] = {1, 1, 0, 0, 0, NAN}, mirrored[6];
    for (size_t i = 0; i < 6; i++)
        mirrored[i] = -x[i];
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, 6);
    frame_numbers(frame, "mirrored", mirrored, 6);
    frame_numbers(frame, "label_y", y, 6);
    size_t n;
    wb_description *d = describe(frame, &n, 1);
    assert_close(d[0].auc, 4.0 / 6, 1e-15);
    assert_int_equal(d[0].n, 4);
    assert_close(d[1].auc, 2.0 / 6, 1e-15);
    wb_descriptions_free(d);
    wb_features_free(frame);
}

static void levels_by_hand(void **state)
{
    (void)state;
    const char *words[] = {"b", "a", "c", NULL, "b", "d", "a", "e", "f"};
    wb_features *frame = frame_create();
    frame_words(frame, "x", WB_TYPE_CATEGORY, words, 9);
    size_t n;
    wb_description *d = describe(frame, &n, 1);
    assert_int_equal(d->n_missing, 1);
    assert_int_equal(d->n_levels, 6);
    assert_true(d->too_many_levels); /* 6 levels of 9 rows */
    const char *shown[] = {"a", "b", "c", "d", "e"};
    assert_int_equal(d->n_shown, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_memory_equal(d->levels[i].name, shown[i], d->levels[i].length);
        assert_int_equal(d->levels[i].n, i < 2 ? 2 : 1);
    }
    wb_descriptions_free(d);
    wb_features_free(frame);
}

/* n customers with one row each, a positive every third. */
static wb_features *customers(size_t n, double *label)
{
    wb_features *frame = frame_create();
    wbi_column *id = frame_column(frame, "customer_id", WB_TYPE_TEXT);
    for (size_t i = 0; i < n; i++) {
        char name[16];
        int length = snprintf(name, sizeof name, "c%zu", i);
        assert_int_equal(wbi_column_push_text(id, name, (size_t)length, NULL), WB_OK);
        label[i] = i % 3 == 0;
    }
    frame->table->n_rows = n;
    frame_numbers(frame, "label_y", label, n);
    return frame;
}

static void leaks_are_suspected(void **state)
{
    (void)state;
    for (size_t n = 27; n <= 60; n += 3) {
        double label[60], told[60];
        const char *status[60];
        wb_features *frame = customers(n, label);
        for (size_t i = 0; i < n; i++) {
            told[i] = label[i] == 1 ? (double)NAN : (double)i; /* what is left empty tells as much as what is filled in */
            status[i] = label[i] == 1 ? "gone" : i % 2 ? "gold" : "silver";
        }
        frame_numbers(frame, "told", told, n);
        frame_words(frame, "status", WB_TYPE_CATEGORY, status, n);
        size_t n_found;
        wb_description *d = describe(frame, &n_found, 1);
        assert_int_equal(n_found, 2);
        assert_close(d[0].auc, 0, 0); /* missing below or above all values: the first of equals */
        assert_int_equal(d[0].suspected_leak, n / 3 >= 10);
        assert_close(d[1].auc, 1, 0);
        assert_int_equal(d[1].suspected_leak, n / 3 >= 10);
        wb_descriptions_free(d);
        wb_features_free(frame);
    }
}

/* A level of one customer would know its label; a constant would know the folds. */
static void names_and_constants_tell_nothing(void **state)
{
    (void)state;
    enum { N = 400 };
    double label[N];
    static char names[N][8];
    const char *name[N], *same[N];
    wb_features *frame = customers(N, label);
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i);
        name[i] = names[i];
        same[i] = "x";
    }
    frame_words(frame, "name", WB_TYPE_CATEGORY, name, N);
    frame_words(frame, "same", WB_TYPE_CATEGORY, same, N);
    size_t n;
    wb_description *d = describe(frame, &n, 1);
    assert_close(d[0].auc, 0.5, 0);
    assert_true(d[0].too_many_levels);
    assert_close(d[1].auc, 0.5, 0);
    assert_false(d[1].too_many_levels);
    wb_descriptions_free(d);
    wb_features_free(frame);
}

/* Three levels: half of six rows, more than half of the four customers that they are of. */
static void levels_are_counted_against_customers(void **state)
{
    (void)state;
    const char *ids[] = {"a", "a", "b", "b", "c", "d"}, *level[] = {"x", "x", "y", "y", "z", NULL};
    wb_features *frame = frame_create();
    frame_words(frame, "word", WB_TYPE_CATEGORY, level, 6);
    assert_false(wb_names_customers(frame, 0));
    frame_words(frame, "customer_id", WB_TYPE_TEXT, ids, 6);
    assert_true(wb_names_customers(frame, 0));
    assert_false(wb_names_customers(frame, 1));
    wb_features_free(frame);
}

typedef struct drawn {
    size_t n;
    const char **id, **level;
    double *label;
} drawn;

static bool same_level(const drawn *r, size_t i, size_t j)
{
    return r->level[i] == NULL || r->level[j] == NULL ? r->level[i] == r->level[j]
                                                      : strcmp(r->level[i], r->level[j]) == 0;
}

static size_t fold_of(const char *id)
{
    return (size_t)(wbi_hash_unit("fold", "1", id, strlen(id)) * 5);
}

static double score_of(const drawn *r, size_t i)
{
    double n = 0, positive = 0, all = 0, all_positive = 0;
    for (size_t j = 0; j < r->n; j++) {
        if (fold_of(r->id[j]) == fold_of(r->id[i]) || isnan(r->label[j]))
            continue;
        all++;
        all_positive += r->label[j];
        n += same_level(r, i, j);
        positive += same_level(r, i, j) ? r->label[j] : 0;
    }
    return (positive + all_positive / all) / (n + 1);
}

/* Over all pairs of one fold, as the definition says. */
static void levels_against_all_pairs(void **state)
{
    (void)state;
    enum { N = 300 };
    static char ids[N][8];
    static const char *const levels[] = {"web", "app", "phone", NULL, "fax", "shop"};
    const char *id[N], *level[N];
    double label[N], score[N], right = 0, pairs = 0;
    uint64_t seed = 3;
    for (size_t i = 0; i < N; i++) {
        snprintf(ids[i], sizeof ids[i], "c%zu", i / 2);
        id[i] = ids[i];
        size_t k = (size_t)(6 * frame_uniform(&seed));
        level[i] = levels[k];
        label[i] = i % 17 == 0 ? (double)NAN : frame_uniform(&seed) < 0.1 + 0.1 * (double)k;
    }
    drawn r = {N, id, level, label};
    for (size_t i = 0; i < N; i++)
        score[i] = score_of(&r, i);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            if (label[i] == 1 && label[j] == 0 && fold_of(id[i]) == fold_of(id[j])) {
                pairs++;
                right += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
            }
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, N);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, level, N);
    frame_numbers(frame, "label_y", label, N);
    assert_close(describe_only(frame).auc, right / pairs, 1e-12);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(2000);
    size_t n, m;
    wb_description *one = describe(frame, &n, 1), *four = describe(frame, &m, 4);
    assert_int_equal(n, 3);
    assert_int_equal(n, m);
    for (size_t k = 0; k < n; k++) {
        assert_memory_equal(&one[k].auc, &four[k].auc, sizeof one[k].auc);
        assert_memory_equal(&one[k].mean, &four[k].mean, sizeof one[k].mean);
        assert_memory_equal(one[k].quantiles, four[k].quantiles, sizeof one[k].quantiles);
    }
    wb_descriptions_free(one);
    wb_descriptions_free(four);
    wb_features_free(frame);
}

/* Of 12 rows that left, 12 that stayed, and one unknown: x is higher where customers left, but for one tie of the two (a half
 * of 144 pairs: 1 - 0.5/144); the target is no feature. */
static void a_flat_table_names_its_target(void **state)
{
    (void)state;
    const char *churn[25];
    double x[25];
    for (size_t i = 0; i < 25; i++) {
        churn[i] = i == 24 ? NULL : i % 2 == 0 ? "Ja" : "Nee";
        x[i] = i % 2 == 0 ? 20 : 1;
    }
    x[0] = x[1] = 10;
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, 25);
    frame_words(frame, "Churn", WB_TYPE_CATEGORY, churn, 25);
    wb_description *d;
    size_t n;
    wb_error err;
    wb_describe_options options = {.target = "Churn", .positive = "Ja", .n_threads = 1};
    assert_ok(wb_describe(&d, &n, frame, &options, &err), &err);
    assert_int_equal(n, 1);
    assert_string_equal(d[0].feature, "x");
    assert_close(d[0].auc, 1 - 0.5 / 144, 1e-15);
    assert_true(d[0].suspected_leak);
    wb_descriptions_free(d);
    options.positive = NULL;
    assert_int_equal(wb_describe(&d, &n, frame, &options, &err), WB_ERR_INCONSISTENT);
    options.target = "churn";
    assert_int_equal(wb_describe(&d, &n, frame, &options, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "did you mean 'Churn'?"));
    wb_features_free(frame);
}

static void bad_labels_and_no_memory(void **state)
{
    (void)state;
    double x[] = {1, 2}, y[] = {0, 2};
    wb_description *out;
    size_t n;
    wb_error err;
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, 2);
    frame_numbers(frame, "label_y", y, 2);
    assert_int_equal(wb_describe(&out, &n, frame, NULL, &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "label_y of row 2 is 2"));
    wb_features_free(frame);
    frame = frame_shop(100);
    const wb_describe_options named = {.target = "churned", .n_threads = 1};
    for (uint64_t at = 1;; at++) {
        wbi_alloc_fail_at(at);
        wb_status status = wb_describe(&out, &n, frame, &named, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK)
            break;
        assert_int_equal(status, WB_ERR_NOMEM);
    }
    wb_descriptions_free(out);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_by_hand),
        cmocka_unit_test(too_few_values_are_missing_figures),
        cmocka_unit_test(missing_numbers_stand_where_they_separate),
        cmocka_unit_test(levels_by_hand),
        cmocka_unit_test(leaks_are_suspected),
        cmocka_unit_test(a_flat_table_names_its_target),
        cmocka_unit_test(names_and_constants_tell_nothing),
        cmocka_unit_test(levels_are_counted_against_customers),
        cmocka_unit_test(levels_against_all_pairs),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(bad_labels_and_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
