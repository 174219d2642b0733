/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores and labels in files of a folder of their own, and their evaluation. Include behind test_util.h. */
#ifndef WINBACK_TESTS_EVALUATE_TESTING_H
#define WINBACK_TESTS_EVALUATE_TESTING_H

#include <winback/evaluate.h>

#include "csv_testing.h"

#define OUT_FILES "scores.csv", "labels.csv", NULL

static inline int leave(void **state)
{
    static const char *const files[] = {OUT_FILES};
    return leave_folder(state, files);
}

static inline void put(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static inline wb_evaluate_options plain_options(void)
{
    wb_evaluate_options options = WB_EVALUATE_OPTIONS_INIT;
    options.target = "churned";
    options.intervals.n_resamples = 0;
    options.metrics.n_threads = 1;
    return options;
}

static inline wb_status evaluate(wb_evaluation **out, const wb_evaluate_options *options, wb_error *err)
{
    wb_read_options how_to_read = WB_READ_OPTIONS_INIT;
    *out = NULL;
    how_to_read.n_threads = 1;
    return wb_evaluate_files(out, "scores.csv", "labels.csv", options, &how_to_read, err);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave)

#endif
