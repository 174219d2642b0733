/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "score/scorer.h"
#include "test_frame.h"

enum { N_FEATURES = 3 };

static wb_scorer *compile(const wb_model *model)
{
    wb_scorer *scorer = NULL;
    wb_error err;
    assert_ok(wb_scorer_create(&scorer, model, &err), &err);
    return scorer;
}

static wb_model *train(const wb_features *frame, const wb_train_options *options)
{
    wb_model *model = NULL;
    wb_error err;
    assert_ok(wb_train(&model, frame, options, &err), &err);
    return model;
}

static void log_odds_are_those_of_the_design(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(3000);
    for (int basis = 0; basis < 2; basis++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.basis = basis ? WB_BASIS_AUTO : WB_BASIS_LINEAR;
        if (!basis)
            options.lambda = 0.01;
        wb_model *model = train(frame, &options);
        wb_scorer *scorer = compile(model);
        static double p[3000], eta[3000], c[3000 * 3];
        static int32_t codes[3000];
        const wbi_score_column columns[N_FEATURES] = {{wb_table_numbers(frame->table, 2), NULL}, {wb_table_numbers(frame->table, 3), NULL}, {NULL, codes}};
        for (size_t i = 0; i < 3000; i++) {
            const int32_t code = wb_table_codes(frame->table, 4)[i];
            size_t n;
            const char *level = code < 0 ? NULL : wb_table_level(frame->table, 4, code, &n);
            codes[i] = code < 0 ? -1 : wbi_scorer_level(scorer, 2, level, n);
        }
        wbi_score_tally tally[3] = {0};
        assert_int_equal(wb_score_table(model, frame->table, p, NULL, 1, NULL), WB_OK);
        wbi_scorer_columns(scorer, columns, 3000, eta, tally);
        wbi_scorer_contributions(scorer, columns, 0, 3000, c);
        for (size_t i = 0; i < 3000; i++) {
            assert_close(1 / (1 + exp(-eta[i])), p[i], 1e-13);
            assert_close(wbi_scorer_base(scorer) + c[3 * i] + c[3 * i + 1] + c[3 * i + 2], eta[i], 1e-13);
        }
        wb_scorer_free(scorer);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_odds_are_those_of_the_design),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
