/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models that are calibrated: what training makes of folds, what the file keeps, and what every way of scoring gives. */
#include "scores_testing.h"
#include "edit_testing.h"

#include <winback/scorer.h>

#include "train/train.h"

enum { N = 900, N_NEW = 400, N_FOLDS = 4 };

static wb_train_options calibrating(wb_calibration how)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.02;
    options.n_folds = N_FOLDS;
    options.seed = 3;
    options.calibrate = how;
    return options;
}

static wb_model *shop(wb_calibration how)
{
    wb_features *frame = frame_shop(N);
    const wb_train_options options = calibrating(how);
    wb_model *model = train(frame, &options);
    wb_features_free(frame);
    return model;
}

/* What the model's map should make of an uncalibrated probability, by its public figures. */
static double map_by_hand(const wb_model *model, double p)
{
    const wb_calibration_summary c = wb_model_summarise(model).calibration;
    const double *from, *to;
    const size_t n = wb_model_calibration_knots(model, &from, &to);
    if (c.method == WB_CALIBRATION_PLATT)
        return 1 / (1 + exp(-c.intercept - c.slope * log(p / (1 - p))));
    assert_int_equal(c.method, WB_CALIBRATION_ISOTONIC);
    assert_int_equal(n, c.n_knots);
    if (p <= from[0])
        return to[0];
    for (size_t k = 1; k < n; k++)
        if (p <= from[k])
            return to[k - 1] + (to[k] - to[k - 1]) * (p - from[k - 1]) / (from[k] - from[k - 1]);
    return to[n - 1];
}

/* ---- what folds make of it ---- */

typedef struct out_of_fold {
    double log_odds[N];
    wbi_part part;
    wbi_training training;
} out_of_fold;

/* Each row by the model of the rows that are in no fold of its own. */
static void try_folds(out_of_fold *out, const wb_features *frame, const wb_train_options *options)
{
    static double all[N];
    static uint8_t use[N];
    wbi_splits splits = {0};
    wb_error err;
    const wbi_split_options how = {N_FOLDS, options->seed, WB_VALIDATE_CUSTOMERS};
    assert_ok(wbi_training_prepare(&out->training, frame->table, options, &err), &err);
    assert_ok(wbi_splits_make(&splits, &out->training, frame, &how, &err), &err);
    out->part = out->training.all;
    for (int k = 0; k < N_FOLDS; k++) {
        wb_train_options part = *options;
        for (size_t i = 0; i < N; i++)
            use[out->part.rows[i]] = splits.fold[i] != k;
        part.use_row = use;
        part.n_folds = 0;
        part.calibrate = WB_CALIBRATION_NONE;
        wb_model *others = train(frame, &part);
        assert_ok(wb_score_table(others, frame->table, all, NULL, 1, &err), &err);
        for (size_t i = 0; i < N; i++)
            if (splits.fold[i] == k)
                out->log_odds[i] = log(all[out->part.rows[i]] / (1 - all[out->part.rows[i]]));
        wb_model_free(others);
    }
    wbi_splits_free(&splits);
}

/* The likelihood's gradient by intercept and slope vanishes at the line of all rows tried. */
static void a_line_is_fitted_to_folds(void **state)
{
    (void)state;
    static out_of_fold held;
    double weight[N];
    wb_features *frame = frame_shop(N);
    for (size_t i = 0; i < N; i++)
        weight[i] = 0.25 * (double)(1 + i * 5 % 13);
    frame_numbers(frame, "w", weight, N);
    wb_train_options options = calibrating(WB_CALIBRATION_PLATT);
    options.weights = "w";
    for (int balanced = 0; balanced < 2; balanced++) {
        size_t count[11] = {0};
        double total = 0, in_decile[11] = {0}, gradient[2] = {0, 0};
        options.balanced = balanced; /* undone, so the line is near that of the probabilities as they are scored */
        options.sample_negatives = balanced ? 0.6 : 1;
        wb_model *model = train(frame, &options);
        const wb_calibration_summary c = wb_model_summarise(model).calibration;
        assert_int_equal(c.method, WB_CALIBRATION_PLATT);
        assert_true(c.slope > 0.6 && c.slope < 1.4 && fabs(c.intercept) < 0.4);
        try_folds(&held, frame, &options);
        for (size_t i = 0; i < N; i++) {
            const double p = 1 / (1 + exp(-c.intercept - c.slope * held.log_odds[i])), w = held.part.weight[i];
            const int decile = wb_model_decile(model, p);
            gradient[0] += w * (p - held.part.outcome[i]);
            gradient[1] += w * (p - held.part.outcome[i]) * held.log_odds[i];
            total += w;
            in_decile[decile] += w;
            count[decile]++;
        }
        assert_close(gradient[0] / total, 0, 1e-7);
        assert_close(gradient[1] / total, 0, 1e-7);
        for (size_t decile = 1; decile <= 10; decile++)
            assert_true(fabs(in_decile[decile] - total / 10) < 7);
        wbi_training_free(&held.training);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* Nothing else changes: neither coefficients nor what folds say of the model itself. */
static void all_else_stays(void **state)
{
    (void)state;
    wb_model *plain = shop(WB_CALIBRATION_NONE), *model = shop(WB_CALIBRATION_ISOTONIC);
    const wb_model_summary a = wb_model_summarise(plain), b = wb_model_summarise(model);
    assert_int_equal(wb_model_n_coefficients(plain), wb_model_n_coefficients(model));
    for (size_t j = 0; j < wb_model_n_coefficients(plain); j++)
        assert_true(wb_model_coefficient(plain, j).raw == wb_model_coefficient(model, j).raw);
    assert_memory_equal(&a.out_of_fold, &b.out_of_fold, sizeof a.out_of_fold);
    assert_true(b.calibration.log_loss == b.out_of_fold.log_loss);
    assert_int_equal(a.calibration.tried, WB_CALIBRATION_NONE);
    assert_true(isnan(a.calibration.log_loss) && isnan(a.calibration.slope) && isnan(b.calibration.slope));
    wb_model_free(plain);
    wb_model_free(model);
}

/* Rows whose outcome follows from the first of their columns, by the truth given. */
static wb_features *columns_of(size_t n, size_t n_columns, double (*truth)(double))
{
    static double values[2000];
    double *label = wbi_alloc_array(n, sizeof *label);
    uint64_t random = 21;
    wb_features *frame = frame_create();
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t i = 0; i < n; i++) {
            values[i] = 4 * frame_uniform(&random) - 2;
            if (c == 0)
                label[i] = frame_uniform(&random) < 1 / (1 + exp(-truth(values[i])));
        }
        frame_numbers(frame, numbered("x", c, ""), values, n);
    }
    frame_numbers(frame, "label_y", label, n);
    wbi_free(label);
    return frame;
}

static double straight(double x)
{
    return x - 0.5;
}

static double step(double x)
{
    return x < 1 ? -3 : 3;
}

static void auto_is_honest(void **state)
{
    (void)state;
    static const struct {
        size_t n, n_columns;
        double (*truth)(double);
        wb_calibration expected;
    } cases[] = {{2000, 2, straight, WB_CALIBRATION_NONE}, /* the model is right */
                 {400, 60, straight, WB_CALIBRATION_PLATT}, /* it has learned by heart */
                 {2000, 1, step, WB_CALIBRATION_ISOTONIC}}; /* it cannot be right */
    for (size_t c = 0; c < 3; c++) {
        wb_features *frame = columns_of(cases[c].n, cases[c].n_columns, cases[c].truth);
        wb_train_options options = calibrating(WB_CALIBRATION_AUTO);
        options.penalty = WB_PENALTY_NONE;
        options.lambda = WB_LAMBDA_AUTO;
        wb_model *model = train(frame, &options);
        const wb_calibration_summary said = wb_model_summarise(model).calibration;
        assert_int_equal(said.method, cases[c].expected);
        assert_true(said.tried != WB_CALIBRATION_NONE && said.difference_se > 0);
        if (cases[c].expected == WB_CALIBRATION_NONE)
            assert_true(said.log_loss_calibrated > said.log_loss - said.difference_se);
        else
            assert_true(said.log_loss_calibrated < said.log_loss - said.difference_se);
        if (cases[c].expected == WB_CALIBRATION_PLATT)
            assert_true(said.slope < 0.9);
        wb_model_free(model);
        wb_features_free(frame);
    }
}

/* ---- every way of scoring ---- */

static void check_row(const grid *plain, const grid *given, const wb_model *model, size_t row)
{
    static const char *const same[] = {"customer_id", "reason_1", "reason_1_contribution", "reason_down_1"};
    const double p = grid_number(given, row, "probability");
    assert_close(p, map_by_hand(model, grid_number(plain, row, "probability")), 1e-14);
    assert_close(p, wb_model_calibrate(model, grid_number(plain, row, "logit")), 0);
    assert_close(grid_number(given, row, "logit"), log(p / (1 - p)), 1e-12);
    assert_close(grid_number(given, row, "probability_low"), map_by_hand(model, grid_number(plain, row, "probability_low")), 1e-13);
    assert_close(grid_number(given, row, "probability_high"), map_by_hand(model, grid_number(plain, row, "probability_high")),
                 1e-13);
    assert_true(grid_number(given, row, "probability_low") <= p && p <= grid_number(given, row, "probability_high"));
    assert_int_equal((int)grid_number(given, row, "decile"), wb_model_decile(model, p));
    assert_string_equal(grid_at(given, row, "band"), p < 0.3 ? "low" : p < 0.6 ? "medium" : "high");
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
        assert_string_equal(grid_at(given, row, same[k]), grid_at(plain, row, same[k]));
}

static scoring_run run_with_all(const char *folder, wb_model *const *model)
{
    scoring_run run = run_in(folder, model);
    run.options.interval = run.options.logit = run.options.decile = 1;
    run.options.n_reasons = run.options.n_reasons_down = 1;
    run.options.band_low = 0.3;
    run.options.band_high = 0.6;
    return run;
}

static void scores_go_through_the_map(void **state)
{
    wb_features *rows = frame_newcomers(N_NEW);
    wb_model *plain = shop(WB_CALIBRATION_NONE);
    scoring_run run = run_with_all(*state, &plain);
    grid before = score_grid(&run, rows);
    write_in(*state, rows);
    for (wb_calibration how = WB_CALIBRATION_PLATT; how < WB_CALIBRATION_AUTO; how++) {
        wb_model *model = shop(how);
        double table[N_NEW];
        wb_score_report report = {.features = NULL};
        wb_error err;
        run.models = one_model(&model);
        run.reports = &report;
        char *from_memory = score_bytes(&run, rows), *from_file = score_bytes(&run, NULL);
        assert_string_equal(from_memory, from_file);
        free(from_file);
        grid given = grid_parse(from_memory);
        for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
            double sum = 0;
            assert_ok(wb_score_table(model, rows->table, table, NULL, n_threads, &err), &err);
            for (size_t row = 0; row < N_NEW; row++) {
                assert_true(table[row] == grid_number(&given, row, "probability"));
                sum += table[row];
            }
            assert_close(report.mean_probability, sum / N_NEW, 1e-15);
        }
        for (size_t row = 0; row < N_NEW; row++)
            check_row(&before, &given, model, row);
        grid_free(&given);
        wb_model_free(model);
    }
    grid_free(&before);
    wb_model_free(plain);
    wb_features_free(rows);
}

/* Probabilities that the map has made equal are told apart by what went in. */
static void the_top_keeps_its_order(void **state)
{
    wb_features *rows = frame_newcomers(N_NEW);
    wb_model *models[] = {shop(WB_CALIBRATION_NONE), shop(WB_CALIBRATION_ISOTONIC), shop(WB_CALIBRATION_PLATT)};
    grid grids[3];
    size_t n_ties = 0;
    for (size_t m = 0; m < 3; m++) {
        scoring_run run = run_in(*state, &models[m]);
        run.options.n_top = 120;
        grids[m] = score_grid(&run, rows);
        assert_int_equal(grids[m].n_rows, 120);
    }
    for (size_t row = 0; row < 120; row++) {
        assert_string_equal(grid_at(&grids[1], row, "customer_id"), grid_at(&grids[0], row, "customer_id"));
        assert_string_equal(grid_at(&grids[2], row, "customer_id"), grid_at(&grids[0], row, "customer_id"));
        n_ties += row > 0 && grid_number(&grids[1], row, "probability") == grid_number(&grids[1], row - 1, "probability");
    }
    assert_true(n_ties > 20);
    for (size_t m = 0; m < 3; m++) {
        grid_free(&grids[m]);
        wb_model_free(models[m]);
    }
    wb_features_free(rows);
}

static void keep_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void keep_array(struct ArrowArray *array)
{
    array->release = NULL;
}

static void check_arrow(const wb_scorer *scorer, const double *const columns[2], size_t n, const double *expected)
{
    const void *buffers[2][2] = {{NULL, columns[0]}, {NULL, columns[1]}}, *none[1] = {NULL};
    struct ArrowSchema schemas[2], *of[2] = {&schemas[0], &schemas[1]}, out_schema;
    struct ArrowArray arrays[2], *in[2] = {&arrays[0], &arrays[1]}, out;
    wb_error err;
    for (size_t j = 0; j < 2; j++) {
        wb_type type;
        schemas[j] = (struct ArrowSchema){.format = "g", .name = wb_scorer_feature(scorer, j, &type), .release = keep_schema};
        arrays[j] = (struct ArrowArray){.length = (int64_t)n, .n_buffers = 2, .buffers = buffers[j], .release = keep_array};
    }
    const struct ArrowSchema schema = {.format = "+s", .name = "", .n_children = 2, .children = of, .release = keep_schema};
    const struct ArrowArray batch = {
        .length = (int64_t)n, .n_buffers = 1, .n_children = 2, .buffers = none, .children = in, .release = keep_array};
    assert_ok(wb_scorer_arrow(scorer, &schema, &batch, &out_schema, &out, &err), &err);
    assert_memory_equal(out.buffers[1], expected, n * sizeof *expected);
    out.release(&out);
    out_schema.release(&out_schema);
}

/* By rows, by columns, by Arrow and as a table, cut anywhere, what is wanted alone or together. */
static void a_scorer_gives_the_same_bits(void **state)
{
    (void)state;
    enum { ROWS = 700 };
    static double x[2 * ROWS], columns[2][ROWS], table[ROWS], p[ROWS], eta[ROWS], alone[ROWS];
    wb_features *frame = columns_of(ROWS, 2, step);
    for (wb_calibration how = WB_CALIBRATION_PLATT; how < WB_CALIBRATION_AUTO; how++) {
        const wb_train_options options = calibrating(how);
        wb_model *model = train(frame, &options);
        wb_scorer *scorer;
        wb_error err;
        assert_ok(wb_scorer_create(&scorer, model, &err), &err);
        assert_ok(wb_score_table(model, frame->table, table, NULL, 1, &err), &err);
        wb_model_free(model);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < 2; j++)
                columns[j][i] = x[2 * i + j] = wb_table_numbers(frame->table, j)[i];
        for (size_t begin = 0, n; begin < ROWS; begin += n) {
            n = begin % 3 == 0 ? 131 : 64;
            n = begin + n < ROWS ? n : ROWS - begin;
            wb_scorer_rows(scorer, &(wb_scores){p + begin, eta + begin}, x + 2 * begin, 2, n);
        }
        assert_memory_equal(p, table, sizeof p);
        wb_scorer_rows(scorer, &(wb_scores){NULL, alone}, x, 2, ROWS);
        assert_memory_equal(alone, eta, sizeof eta);
        const wb_scorer_column by_column[2] = {{columns[0], NULL}, {columns[1], NULL}};
        wb_scorer_columns(scorer, &(wb_scores){p, alone}, by_column, ROWS);
        assert_memory_equal(p, table, sizeof p);
        assert_memory_equal(alone, eta, sizeof eta);
        wb_scorer_columns(scorer, &(wb_scores){NULL, alone}, by_column, ROWS);
        assert_memory_equal(alone, eta, sizeof eta);
        for (size_t i = 0; i < ROWS; i++)
            assert_close(eta[i], log(p[i] / (1 - p[i])), 1e-12);
        check_arrow(scorer, (const double *const[2]){columns[0], columns[1]}, ROWS, table);
        wb_scorer_free(scorer);
    }
    wb_features_free(frame);
}

/* Base and contributions lead to the calibrated probability by wb_model_calibrate. */
static void contributions_are_of_the_model_itself(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    double adds[2 * ROWS], p[ROWS];
    wb_features *frame = columns_of(ROWS, 2, straight);
    const wb_train_options options = calibrating(WB_CALIBRATION_PLATT);
    wb_model *model = train(frame, &options);
    wb_scorer *scorer;
    wb_error err;
    assert_ok(wb_scorer_create(&scorer, model, &err), &err);
    const wb_scorer_column columns[2] = {{wb_table_numbers(frame->table, 0), NULL}, {wb_table_numbers(frame->table, 1), NULL}};
    wb_scorer_contributions(scorer, adds, columns, ROWS);
    wb_scorer_columns(scorer, &(wb_scores){p, NULL}, columns, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(wb_model_calibrate(model, wb_scorer_base(scorer) + adds[2 * i] + adds[2 * i + 1]), p[i], 1e-14);
    assert_true(isnan(wb_model_calibrate(model, NAN)));
    wb_scorer_free(scorer);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- options ---- */

static void folds_are_made_for_it(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(N);
    wb_train_options options = calibrating(WB_CALIBRATION_PLATT);
    wb_model *model = NULL;
    wb_error err;
    options.n_folds = -1;
    model = train(frame, &options);
    assert_int_equal(wb_model_summarise(model).n_folds, 5);
    wb_model_free(model);
    options.n_folds = 0;
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "0 folds give none"));
    options.n_folds = 5;
    options.calibrate = (wb_calibration)(WB_CALIBRATION_AUTO + 1);
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "no calibration 4"));
    wb_features_free(frame);
}

/* With every penalty, with curves, and by time. */
static void with_all_that_folds_try(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(N);
    for (wb_penalty penalty = WB_PENALTY_NONE; penalty <= WB_PENALTY_FIRTH; penalty++)
        for (int how = 0; how < 3; how++) {
            wb_train_options options = calibrating(WB_CALIBRATION_ISOTONIC);
            options.penalty = penalty;
            options.lambda = penalty == WB_PENALTY_NONE || penalty == WB_PENALTY_FIRTH || how == 1 ? WB_LAMBDA_AUTO : 0.01;
            options.basis = how == 1 ? WB_BASIS_AUTO : WB_BASIS_LINEAR;
            options.validate = how == 2 ? WB_VALIDATE_TIME : WB_VALIDATE_AUTO;
            if (how == 1 && penalty != WB_PENALTY_RIDGE)
                continue;
            wb_model *model = train(frame, &options);
            const wb_model_summary s = wb_model_summarise(model);
            assert_int_equal(s.calibration.method, WB_CALIBRATION_ISOTONIC);
            assert_true(isfinite(s.calibration.log_loss_calibrated));
            assert_int_equal(s.validated, how == 2 ? WB_VALIDATE_TIME : WB_VALIDATE_CUSTOMERS);
            wb_model_free(model);
        }
    wb_features_free(frame);
}

/* ---- the file ---- */

static void check_file(const char *folder, wb_model *model)
{
    char path[RUN_PATH_CHARS];
    wb_model *back = NULL;
    wb_error err;
    char *bytes = model_bytes(model), *again;
    assert_ok(wb_model_write(model, path_in(path, folder, "model.json"), &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    again = model_bytes(back);
    assert_string_equal(bytes, again);
    const wb_calibration_summary a = wb_model_summarise(model).calibration, b = wb_model_summarise(back).calibration;
    assert_memory_equal(&a, &b, sizeof a);
    for (double log_odds = -5; log_odds < 5; log_odds += 0.01)
        assert_true(wb_model_calibrate(model, log_odds) == wb_model_calibrate(back, log_odds));
    wbi_free(bytes);
    wbi_free(again);
    wb_model_free(back);
}

static void the_file_keeps_it(void **state)
{
    for (wb_calibration how = WB_CALIBRATION_NONE; how <= WB_CALIBRATION_AUTO; how++) {
        wb_model *model = shop(how);
        char *bytes = model_bytes(model);
        assert_int_equal(strstr(bytes, "\"calibration\"") != NULL, how != WB_CALIBRATION_NONE);
        check_file(*state, model);
        wbi_free(bytes);
        wb_model_free(model);
    }
}

/* One change to a good file, and what must be said about it. */
static void impossible_lines_are_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"method\": \"platt\"", "\"method\": \"auto\"", "calibration.method: expected 'none', 'platt' or 'isotonic', found 'auto'"},
        {"\"method\": \"platt\"", "\"method\": \"plat\"", "calibration.method: expected 'none', 'platt' or 'isotonic', found 'plat'"},
        {"\"method\": \"platt\"", "\"method\": 1", "calibration.method: expected text"},
        {"\"method\": \"platt\"", "\"method\": \"none\"", "calibration.tried: expected text, found nothing"},
        {"\"method\": \"platt\"", "\"method\": \"none\", \"tried\": \"none\"", "calibration.tried: expected 'platt' or 'isotonic'"},
        {"\"method\": \"platt\"", "\"method\": \"isotonic\"", "calibration.from: expected an array, found nothing"},
        {"\"slope\": ", "\"slope\": -", "calibration.slope: -"},
        {"\"slope\": ", "\"slope\": 0, \"was\": ", "calibration.slope: 0 is not more than 0"},
        {"\"slope\": ", "\"slope\": null, \"was\": ", "calibration.slope: expected a number, found null"},
        {"\"slope\": ", "\"slope\": 1e999, \"was\": ", "real number overflow"},
        {"\"difference_se\": ", "\"difference_se\": -", "calibration.difference_se: -"},
        {"\"calibration\": {", "\"calibration\": null, \"was\": {", "calibration: expected an object, found null"},
        {"\"folds\": {", "\"folds\": null, \"was\": {", "calibration: there are no folds that it could come from"},
    };
    wb_model *model = shop(WB_CALIBRATION_PLATT);
    char *bytes = model_bytes(model);
    assert_edits_refused(bytes, cases, sizeof cases / sizeof *cases);
    wbi_free(bytes);
    wb_model_free(model);
}

static void impossible_knots_are_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"from\": [", "\"from\": [0.001, ", "calibration.to: expected "},
        {"\"from\": [", "\"from\": [], \"was\": [", "calibration.from: expected 1 to 10000 numbers, found 0"},
        {"\"from\": [", "\"from\": [-", "is no probability"},
        {"\"from\": [0.", "\"from\": [0.9", "which is not less"},
        {"\"to\": [", "\"to\": [-", "is no probability"},
        {"\"to\": [0.", "\"to\": [1.", "is no probability"},
        {"\"to\": [0.", "\"to\": [0.99", "which is more"},
        {"\"to\": [", "\"to\": [null, ", "calibration.to: item 0: expected a number, found null"},
        {"\"to\": [", "\"to\": {\"a\": [", NULL},
    };
    wb_model *model = shop(WB_CALIBRATION_ISOTONIC);
    char *bytes = model_bytes(model);
    assert_edits_refused(bytes, cases, sizeof cases / sizeof *cases);
    wbi_free(bytes);
    wb_model_free(model);
}

/* ---- threads, memory ---- */

static void same_bytes_for_any_threads(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(4000);
    wb_train_options options = calibrating(WB_CALIBRATION_ISOTONIC);
    options.lambda = WB_LAMBDA_AUTO;
    options.n_threads = 1;
    wb_model *model = train(frame, &options);
    char *one = model_bytes(model);
    wb_model_free(model);
    for (options.n_threads = 2; options.n_threads <= 4; options.n_threads += 2) {
        model = train(frame, &options);
        char *more = model_bytes(model);
        assert_string_equal(one, more);
        wbi_free(more);
        wb_model_free(model);
    }
    wbi_free(one);
    wb_features_free(frame);
}

static wb_status train_and_score(const wb_features *frame, const wb_train_options *options, double *p)
{
    wb_model *model = NULL;
    wb_scorer *scorer = NULL;
    wb_status status = wb_train(&model, frame, options, NULL);
    if (status == WB_OK)
        status = wb_scorer_create(&scorer, model, NULL);
    if (status == WB_OK)
        status = wb_score_table(model, frame->table, p, NULL, 1, NULL);
    wb_scorer_free(scorer);
    wb_model_free(model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    double p[120];
    wb_features *frame = frame_shop(120);
    wb_train_options options = calibrating(WB_CALIBRATION_ISOTONIC);
    wb_status status = WB_ERR_NOMEM;
    options.n_folds = 2;
    options.n_threads = 1;
    for (uint64_t n = 1; status == WB_ERR_NOMEM; n++) {
        wbi_alloc_fail_at(n);
        status = train_and_score(frame, &options, p);
        wbi_alloc_fail_at(0);
    }
    assert_int_equal(status, WB_OK);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_fitted_to_folds),
        cmocka_unit_test(all_else_stays),
        cmocka_unit_test(auto_is_honest),
        cmocka_unit_test(scores_go_through_the_map),
        cmocka_unit_test(the_top_keeps_its_order),
        cmocka_unit_test(a_scorer_gives_the_same_bits),
        cmocka_unit_test(contributions_are_of_the_model_itself),
        cmocka_unit_test(folds_are_made_for_it),
        cmocka_unit_test(with_all_that_folds_try),
        cmocka_unit_test(the_file_keeps_it),
        cmocka_unit_test(impossible_lines_are_named),
        cmocka_unit_test(impossible_knots_are_named),
        cmocka_unit_test(same_bytes_for_any_threads),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
