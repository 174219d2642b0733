/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small shop to run backtests of, in a folder of its own. Include behind test_util.h. */
#ifndef WINBACK_TESTS_BACKTEST_TESTING_H
#define WINBACK_TESTS_BACKTEST_TESTING_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winback/winback.h>

enum { N_CUSTOMERS = 400, N_CUTOFFS = 5 };

static const int64_t horizon_us = 60 * WB_DAY_US;
static const int64_t first_cutoff_us = INT64_C(1688169600000000); /* 2023-07-01 */

static char dir[] = "/tmp/winback_backtest_XXXXXX";
static wb_engine *engine;
static int64_t cutoffs_us[N_CUTOFFS]; /* a horizon apart, but the last, which is half of one */

static inline const char *in_dir(const char *name)
{
    static char path[4][256];
    static size_t next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", dir, name);
    return out;
}

static inline wb_engine *open_shop(const char *orders, bool with_tickets)
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

static inline int make_shop(void **state)
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

static inline int remove_shop(void **state)
{
    (void)state;
    static const char *const files[] = {"customers.csv", "orders.csv", "tickets.csv", "surveys.csv", "truth.csv",
                                        "other.csv",     "a.json",     "b.json"};
    wb_engine_free(engine);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(in_dir(files[i]));
    return rmdir(dir);
}

static inline wb_train_options plain_training(void)
{
    wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    train.lambda = 0.05;
    return train;
}

static inline wb_backtest_options plain_options(const wb_train_options *train)
{
    wb_backtest_options options = WB_BACKTEST_OPTIONS_INIT;
    options.cutoffs_us = cutoffs_us;
    options.n_cutoffs = N_CUTOFFS;
    options.train = train;
    return options;
}

static inline wb_backtest *run(const wb_engine *of, const wb_backtest_options *options)
{
    wb_backtest *out = NULL;
    wb_error err;
    assert_ok(wb_backtest_run(&out, of, options, &err), &err);
    return out;
}

#endif
