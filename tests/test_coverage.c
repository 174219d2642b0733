/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether 95 % intervals hold the truth in 95 % of samples. */
#include "test_util.h"

#include "train_testing.h"

enum { N_FITS = 500, N_ROWS = 2000, N_COLUMNS = 10 };

static double normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(1 - frame_uniform(state)));
    return radius * cos(6.283185307179586 * frame_uniform(state));
}

static double truth(size_t column)
{
    return 0.1 * (double)column - 0.4;
}

/* Independent columns of mean 0 and deviation 1, and outcomes of odds exp(-0.5 + sum of truth x). */
static wb_features *sample(uint64_t *state)
{
    static double x[N_COLUMNS][N_ROWS], y[N_ROWS];
    wb_features *frame = frame_create();
    for (size_t i = 0; i < N_ROWS; i++) {
        double eta = -0.5;
        for (size_t j = 0; j < N_COLUMNS; j++)
            eta += truth(j) * (x[j][i] = normal(state));
        y[i] = frame_uniform(state) < 1 / (1 + exp(-eta));
    }
    for (size_t j = 0; j < N_COLUMNS; j++) {
        char name[8];
        snprintf(name, sizeof name, "x%zu", j);
        frame_numbers(frame, name, x[j], N_ROWS);
    }
    frame_numbers(frame, "label_y", y, N_ROWS);
    return frame;
}

static size_t count_held(const wb_model *model)
{
    size_t n = 0;
    assert_int_equal(wb_model_n_coefficients(model), 1 + N_COLUMNS);
    for (size_t j = 0; j < N_COLUMNS; j++) {
        const wb_interval at = wb_model_coefficient(model, 1 + j).raw_95;
        n += at.low <= truth(j) && truth(j) <= at.high;
    }
    return n;
}

static void intervals_hold_the_truth(void **state)
{
    (void)state;
    uint64_t random = 5;
    size_t n_held = 0;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.n_threads = 1;
    for (size_t fit = 0; fit < N_FITS; fit++) {
        wb_features *frame = sample(&random);
        wb_model *model = train(frame, &options);
        n_held += count_held(model);
        wb_model_free(model);
        wb_features_free(frame);
    }
    const double share = (double)n_held / (N_FITS * N_COLUMNS);
    print_message("%.2f %% of %d intervals hold the truth\n", 100 * share, N_FITS * N_COLUMNS);
    assert_true(share >= 0.94 && share <= 0.96);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_hold_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
