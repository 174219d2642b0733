/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole chain on a shop whose truth is known: what makes customers leave must come out as such. */
#include "test_util.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winback/winback.h>

enum { N_CUSTOMERS = 50000, MAX_COLUMNS = 128 };

static const int64_t cutoff_us = INT64_C(1727740800000000); /* 2024-10-01 */

static char dir[] = "/tmp/winback_shop_XXXXXX";
static wb_features *features;

static void in_shop(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", dir, name);
}

static int make_features(void **state)
{
    (void)state;
    wb_error err;
    wb_project *project;
    wb_engine *engine;
    wb_simulate_options simulate = WB_SIMULATE_OPTIONS_INIT;
    simulate.n_customers = N_CUSTOMERS;
    assert_non_null(mkdtemp(dir));
    assert_ok(wb_simulate(dir, &simulate, NULL, &err), &err);
    assert_ok(wb_project_create(&project, &err), &err);
    static const char *const tables[] = {"orders", "tickets", "customers"};
    for (size_t i = 0; i < 3; i++) {
        char name[32], path[256];
        snprintf(name, sizeof name, "%s.csv", tables[i]);
        in_shop(path, name);
        assert_ok(wb_project_set_file(project, tables[i], path, &err), &err);
    }
    assert_ok(wb_project_set_horizon(project, 90 * WB_DAY_US, &err), &err);
    assert_ok(wb_engine_create(&engine, project, NULL, &err), &err);
    assert_ok(wb_engine_features(engine, &features, &(wb_features_options){&cutoff_us, 1, 1, 0, NULL}, &err), &err);
    wb_engine_free(engine);
    wb_project_free(project);
    return 0;
}

static int remove_shop(void **state)
{
    (void)state;
    static const char *const files[] = {"customers.csv", "orders.csv", "tickets.csv", "surveys.csv", "truth.csv"};
    wb_features_free(features);
    for (size_t i = 0; i < 5; i++) {
        char path[256];
        in_shop(path, files[i]);
        unlink(path);
    }
    return rmdir(dir);
}

/* A model of the named features alone; all when `n` is 0. */
static wb_model *train_on(const char *const *names, size_t n)
{
    const wb_table *table = wb_features_table(features);
    const char *exclude[MAX_COLUMNS];
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    for (size_t k = 2; k < wb_table_n_columns(table); k++) {
        const char *name = wb_table_name(table, k);
        bool wanted = n == 0 || strncmp(name, "label_", 6) == 0;
        for (size_t i = 0; i < n; i++)
            wanted = wanted || strcmp(name, names[i]) == 0;
        if (!wanted)
            exclude[options.n_exclude++] = name;
    }
    options.exclude = exclude;
    options.lambda = 1e-4;
    options.n_folds = 5;
    wb_model *model;
    wb_error err;
    assert_ok(wb_train(&model, features, &options, &err), &err);
    return model;
}

/* The coefficient per standard deviation of a feature beside recency, frequency and tenure. */
static double effect_beside_rfm(const char *name)
{
    const char *names[] = {"orders_days_since_last", "orders_count", "orders_days_since_first", name};
    wb_model *model = train_on(names, 4);
    double effect = NAN;
    for (size_t i = 0; i < wb_model_n_coefficients(model); i++)
        if (strcmp(wb_model_coefficient(model, i).column, name) == 0)
            effect = wb_model_coefficient(model, i).per_sd;
    wb_model_free(model);
    return effect;
}

static void slow_replies_make_customers_leave(void **state)
{
    (void)state;
    assert_true(effect_beside_rfm("tickets_first_reply_hours_mean") > 0.1);
}

static void reopened_tickets_make_customers_leave(void **state)
{
    (void)state;
    assert_true(effect_beside_rfm("tickets_reopened_share") > 0.05);
}

static void the_model_knows_more_than_recency(void **state)
{
    (void)state;
    const char *recency[] = {"orders_days_since_last"};
    wb_model *alone = train_on(recency, 1), *full = train_on(NULL, 0);
    double auc_alone = wb_model_summarise(alone).out_of_fold.auc, auc_full = wb_model_summarise(full).out_of_fold.auc;
    print_message("AUC out of fold: recency alone %.4f, all features %.4f\n", auc_alone, auc_full);
    assert_true(auc_full >= auc_alone + 0.02);
    wb_model_free(alone);
    wb_model_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_replies_make_customers_leave),
        cmocka_unit_test(reopened_tickets_make_customers_leave),
        cmocka_unit_test(the_model_knows_more_than_recency),
    };
    return cmocka_run_group_tests(tests, make_features, remove_shop);
}
