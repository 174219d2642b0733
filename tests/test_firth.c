/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <unistd.h>

#include "edit_testing.h"
#include "train_testing.h"

static const double CHI_SQUARE_95 = 3.841458820694124; /* with 1 degree of freedom */

static wb_train_options firth_options(void)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_FIRTH;
    return options;
}

static wb_coefficient coefficient(const wb_model *model, const char *column)
{
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++)
        if (strcmp(wb_model_coefficient(model, j).column, column) == 0)
            return wb_model_coefficient(model, j);
    fail_msg("no coefficient %s", column);
    return (wb_coefficient){.column = NULL};
}

/* ---- closed forms ---- */

/* Of k ones in n rows of one log-odds t: loss n log(1 + e^t) - k t, information n e^t / (1 + e^t)^2. */
static double cell(double n, double k, double t)
{
    return (n + 1) * log1p(exp(t)) - (k + 0.5) * t;
}

static double cell_optimum(double n, double k)
{
    return log((k + 0.5) / (n - k + 0.5));
}

/* Least of the two cells together, their log-odds `apart`, by bisection of the derivative. */
static double two_cells(const double n[2], const double k[2], double apart)
{
    double low = -50, high = 50;
    for (int i = 0; i < 200; i++) {
        const double t = (low + high) / 2;
        const double slope = (n[0] + 1) / (1 + exp(-t)) - (k[0] + 0.5) + (n[1] + 1) / (1 + exp(-t - apart)) - (k[1] + 0.5);
        *(slope < 0 ? &low : &high) = t;
    }
    return cell(n[0], k[0], low) + cell(n[1], k[1], low + apart);
}

/* A table of two by two, in which nobody of the second group is positive: as if each cell had half a row more. */
static void two_by_two(void **state)
{
    (void)state;
    enum { N = 30 };
    const double n[2] = {18, 12}, k[2] = {7, 0};
    double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = i >= 18;
        y[i] = i < 7;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_y", y, N);
    const wb_train_options options = firth_options();
    wb_model *model = train(frame, &options);
    const double first = cell_optimum(n[0], k[0]), second = cell_optimum(n[1], k[1]), best = two_cells(n, k, second - first);
    const wb_coefficient intercept = coefficient(model, "(intercept)"), c = coefficient(model, "x");
    assert_close(intercept.raw, first, 1e-8);
    assert_close(c.raw, second - first, 1e-8);
    const double v[2] = {18 * 7.5 * 11.5 / 19 / 19, 12 * 0.5 * 12.5 / 13 / 13};
    assert_close(intercept.se_raw, sqrt(1 / v[0]), 1e-8);
    assert_close(c.se_raw, sqrt(1 / v[0] + 1 / v[1]), 1e-8);
    assert_true(c.raw_95.low < c.raw && c.raw < c.raw_95.high && intercept.raw_95.low < intercept.raw_95.high);
    assert_close(2 * (two_cells(n, k, c.raw_95.low) - best), CHI_SQUARE_95, 1e-7);
    assert_close(2 * (two_cells(n, k, c.raw_95.high) - best), CHI_SQUARE_95, 1e-7);
    assert_close(2 * (cell(n[0], k[0], intercept.raw_95.low) - cell(n[0], k[0], first)), CHI_SQUARE_95, 1e-7);
    assert_close(2 * (cell(n[0], k[0], intercept.raw_95.high) - cell(n[0], k[0], first)), CHI_SQUARE_95, 1e-7);
    const double chi_square = 2 * (two_cells(n, k, 0) - best);
    assert_close(c.p, erfc(sqrt(chi_square / 2)), 1e-9);
    assert_close(wb_model_term_test(model, 0).chi_square, chi_square, 1e-8);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- against R and NumPy ---- */

typedef struct expected {
    const char *column;
    double raw, se, low, high, chi_square, p;
} expected;

static void check(const wb_model *model, const expected *want, size_t n)
{
    assert_true(wb_model_summarise(model).converged);
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_HESSIAN);
    for (size_t j = 0; j < n; j++) {
        const wb_coefficient c = coefficient(model, want[j].column);
        assert_close(c.raw, want[j].raw, 1e-7);
        assert_close(c.se_raw, want[j].se, 1e-7);
        assert_close(c.raw_95.low, want[j].low, 1e-7);
        assert_close(c.raw_95.high, want[j].high, 1e-7);
        assert_close(c.p / want[j].p, 1, 1e-6);
        assert_true(isnan(c.z));
        if (j > 0) /* per standard deviation all is so much more */
            assert_close(c.per_sd_95.high / c.raw_95.high, c.per_sd / c.raw, 1e-12);
    }
}

static wb_features *separated(const json_t *data)
{
    double x1[10], x2[10], y[10];
    for (size_t i = 0; i < 10; i++) {
        const json_t *row = json_array_get(data, i);
        x1[i] = json_number_value(json_object_get(row, "x1"));
        x2[i] = json_number_value(json_object_get(row, "x2"));
        y[i] = json_number_value(json_object_get(row, "y"));
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x1", x1, 10);
    frame_numbers(frame, "x2", x2, 10);
    frame_numbers(frame, "label_y", y, 10);
    return frame;
}

static json_t *separated_data(void)
{
    return json_pack("[{s:f,s:i,s:i},{s:f,s:i,s:i},{s:f,s:i,s:i},{s:f,s:i,s:i},{s:f,s:i,s:i},{s:f,s:i,s:i},{s:f,s:i,s:i},"
                     "{s:f,s:i,s:i},{s:f,s:i,s:i},{s:f,s:i,s:i}]",
                     "x1", 0.2, "x2", 1, "y", 0, "x1", 0.5, "x2", 0, "y", 0, "x1", 0.9, "x2", 1, "y", 0, "x1", 1.1, "x2",
                     1, "y", 0, "x1", 1.6, "x2", 0, "y", 0, "x1", 2.0, "x2", 0, "y", 1, "x1", 2.2, "x2", 1, "y", 1, "x1",
                     2.9, "x2", 0, "y", 1, "x1", 3.1, "x2", 1, "y", 1, "x1", 3.7, "x2", 0, "y", 1);
}

/* brglm2's coefficients and standard errors, in the reference answers. */
static void separated_classes_as_brglm2(void **state)
{
    (void)state;
    json_t *reference = frame_reference("firth_separated.json"), *value;
    const char *name;
    if (reference == NULL)
        skip();
    wb_features *frame = separated(json_object_get(reference, "data"));
    const wb_train_options options = firth_options();
    wb_model *model = train(frame, &options);
    json_object_foreach(json_object_get(reference, "coefficients"), name, value)
    {
        const wb_coefficient c = coefficient(model, strcmp(name, "(Intercept)") == 0 ? "(intercept)" : name);
        const double se = json_number_value(json_object_get(json_object_get(reference, "std_errors"), name));
        assert_close(c.raw / json_number_value(value), 1, 1e-6);
        assert_close(c.se_raw / se, 1, 1e-6);
    }
    wb_model_free(model);
    wb_features_free(frame);
    json_decref(reference);
}

/* NumPy and SciPy: f(b) = sum(w (logaddexp(0, Xb) - y Xb)) - slogdet(X' diag(w p q) X) / 2, least by Newton's method with a
 * Hessian of differences of the gradient; ends by brentq where the least f with b[j] = t is chi2.ppf(.95, 1) / 2 above it;
 * chi-square 2 (f(b[j] = 0) - f). The intervals are those of firthmodels, too. */
static void profiles_as_numpy(void **state)
{
    (void)state;
    static const expected plain[] = {
        {"(intercept)", -3.77091553967, 2.66047385861, -21.4373031449, 0.0691430146611, 3.66794338314, 0.0554685886115},
        {"x1", 2.09357040789, 1.24912414753, 0.365980761122, 11.8249094773, 6.63041727995, 0.0100251776656},
        {"x2", 0.113582368423, 1.8586570411, -3.69033803746, 7.93969657315, 0.00410517591571, 0.94891317807}};
    json_t *data = separated_data();
    wb_features *frame = separated(data);
    const wb_train_options options = firth_options();
    wb_model *model = train(frame, &options);
    check(model, plain, 3);
    assert_close(wb_model_term_test(model, 0).chi_square, plain[1].chi_square, 1e-8);
    wb_model_free(model);
    wb_features_free(frame);
    json_decref(data);
}

/* 36 rows in three groups, of which the first has no positive. */
static wb_features *three_groups(void)
{
    enum { N = 36 };
    static const char *const names[] = {"a", "b", "c"};
    const char *g[N];
    double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        g[i] = names[i % 3];
        x[i] = (double)(7 * i % 36) / 6;
        y[i] = i % 3 != 0 && i * 5 % 7 < 3;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, N);
    frame_words(frame, "g", WB_TYPE_CATEGORY, g, N);
    frame_numbers(frame, "label_y", y, N);
    return frame;
}

/* As above; the term's statistic with both b[g=b] and b[g=c] at 0. */
static const expected of_groups[] = {
    {"(intercept)", -3.781694487998, 1.663250571165, -8.806107731769, -1.292316585824, 11.27904693201, 0.000783867885004},
    {"x", 0.2057449563649, 0.2394294950823, -0.2388277334328, 0.6943437971146, 0.8139348504559, 0.3669594622669},
    {"g=b", 3.181605031934, 1.579318706716, 0.8147079746751, 8.111807254779, 7.826322567536, 0.005149075505616},
    {"g=c", 2.511899072638, 1.587003195122, 0.08861497347086, 7.446359221875, 4.175232640843, 0.04101893084675}};

/* With weights that are 1, 2 or 3. */
static const expected of_weighted_groups[] = {
    {"(intercept)", -3.914026866635, 1.560199320816, -8.856969992373, -1.610856106137, 15.81096747703, 6.999560017308e-05},
    {"x", 0.1175216830431, 0.188629825935, -0.2410043847829, 0.4953923905588, 0.4103299287039, 0.521802094079},
    {"g=b", 3.422632779295, 1.51784365405, 1.178784318043, 8.32139224198, 11.01420811864, 0.0009041614458175},
    {"g=c", 3.072376804925, 1.518713030483, 0.8169484701889, 7.971831535, 8.222940852313, 0.00413641131245}};

static void weights_as_numpy(void **state)
{
    (void)state;
    double weight[36];
    for (size_t i = 0; i < 36; i++)
        weight[i] = 1 + (i % 5 == 0) + (i % 4 == 1);
    wb_features *frame = three_groups();
    frame_numbers(frame, "w", weight, 36);
    wb_train_options options = firth_options();
    options.weights = "w";
    wb_model *model = train(frame, &options);
    check(model, of_weighted_groups, 4);
    assert_close(wb_model_term_test(model, 1).chi_square, 12.077511138602446, 1e-8);
    wb_model_free(model);
    wb_features_free(frame);
}

static void terms_as_numpy(void **state)
{
    (void)state;
    heard ears = {.n_warnings = 0};
    const wb_log log = {hear, NULL, &ears};
    wb_features *frame = three_groups();
    wb_train_options options = firth_options();
    options.log = &log;
    wb_model *model = train(frame, &options);
    check(model, of_groups, 4);
    const wb_term_test test = wb_model_term_test(model, 1);
    assert_string_equal(test.feature, "g");
    assert_int_equal(test.degrees_of_freedom, 2);
    assert_close(test.chi_square, 8.010743772942277, 1e-8);
    assert_close(test.p, 0.01821751315210516, 1e-8);
    assert_int_equal(ears.n_warnings, 0);
    assert_non_null(strstr(ears.text, "mean prediction 29.71 % beside a base rate of 27.78 %"));
    wb_model_free(model);
    wb_features_free(frame);
}

/* A narrow valley, in which Fisher's scoring would be far from the end after a thousand steps. */
static void narrow_valleys_take_few_steps(void **state)
{
    (void)state;
    static const double x0[9] = {61.3, 1.41, 2.87, 2.06, 2.2, 0.358, 0.625, 1.81, 0.0649};
    static const double x1[9] = {0.114, 0.868, 3.21, 0.145, 5.96, 52.3, 0.281, 0.597, 0.949};
    static const double y[9] = {0, 1, 1, 0, 1, 1, 1, 0, 0};
    wb_features *frame = frame_create();
    frame_numbers(frame, "x0", x0, 9);
    frame_numbers(frame, "x1", x1, 9);
    frame_numbers(frame, "label_y", y, 9);
    const wb_train_options options = firth_options();
    wb_model *model = train(frame, &options);
    assert_true(wb_model_summarise(model).converged && wb_model_summarise(model).iterations <= 30);
    assert_close(raw(model, "x0"), -0.02072223784019, 1e-8);
    assert_close(raw(model, "x1"), 0.02100334006919, 1e-8);
    assert_close(coefficient(model, "x0").se_raw, 0.04047634416193, 1e-8);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- properties ---- */

static void double_weight_is_two_rows(void **state)
{
    (void)state;
    enum { N = 90 };
    size_t order[2 * N], n = 0;
    double weight[N];
    wb_features *frame = frame_shop(N);
    for (size_t i = 0; i < N; i++) {
        weight[i] = (double)(i % 3); /* 0: not there at all */
        for (size_t k = 0; k < i % 3; k++)
            order[n++] = i;
    }
    wb_features *copies = frame_reorder(frame, order, n);
    frame_numbers(frame, "w", weight, N);
    wb_train_options options = firth_options();
    wb_model *want = train(copies, &options);
    options.weights = "w";
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_n_coefficients(model), wb_model_n_coefficients(want));
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++) {
        const wb_coefficient a = wb_model_coefficient(model, j), b = wb_model_coefficient(want, j);
        assert_close(a.raw, b.raw, 1e-7);
        assert_close(a.se_raw, b.se_raw, 1e-7);
        assert_close(a.raw_95.low, b.raw_95.low, 1e-7);
        assert_close(a.raw_95.high, b.raw_95.high, 1e-7);
        assert_close(a.p, b.p, 1e-8);
    }
    wb_model_free(model);
    wb_model_free(want);
    wb_features_free(copies);
    wb_features_free(frame);
}

/* Rows of a customer are not independent, which the profile does not know; folds are judged by metrics. */
static void customers_with_several_rows_are_warned_of(void **state)
{
    (void)state;
    heard ears = {.n_warnings = 0};
    const wb_log log = {hear, NULL, &ears};
    wb_features *frame = frame_shop(600);
    wb_train_options options = firth_options();
    options.n_folds = 3;
    options.log = &log;
    wb_model *model = train(frame, &options);
    assert_int_equal(ears.n_warnings, 1);
    assert_non_null(strstr(ears.text, "takes all rows for independent"));
    const wb_model_summary summary = wb_model_summarise(model);
    assert_true(summary.n_folds == 3 && summary.out_of_fold.n == 600 && summary.out_of_fold.auc > 0.6);
    assert_true(summary.lambda == 0 && summary.alpha == 0 && isnan(summary.imbalance.intercept_shift));
    wb_model_free(model);
    wb_features_free(frame);
}

static void aliased_columns_are_dropped(void **state)
{
    (void)state;
    wb_features *frame = three_groups();
    double twice[36];
    for (size_t i = 0; i < 36; i++)
        twice[i] = 2 * wb_table_numbers(frame->table, 0)[i] + 1;
    frame_numbers(frame, "twice", twice, 36);
    const wb_train_options options = firth_options();
    wb_model *model = train(frame, &options);
    check(model, of_groups, 4);
    assert_false(has_column(model, "twice"));
    wb_model_free(model);
    wb_features_free(frame);
}

static int stop_at_third_coefficient(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    if (strcmp(what, "profile") != 0)
        return 0;
    assert_int_equal(total, 6); /* four coefficients, two terms */
    assert_true(done <= 3);
    return done == 3;
}

static void profiling_can_be_cancelled(void **state)
{
    (void)state;
    const wb_log log = {NULL, stop_at_third_coefficient, NULL};
    wb_features *frame = three_groups();
    wb_train_options options = firth_options();
    options.log = &log;
    wb_model *model = NULL;
    assert_int_equal(wb_train(&model, frame, &options, NULL), WB_ERR_CANCELLED);
    wb_features_free(frame);
}

/* ---- the file ---- */

static wb_status read_text(wb_model **out, const char *text, wb_error *err)
{
    char path[] = "/tmp/winback-firth-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    wb_status status = wb_model_read(out, path, err);
    remove(path);
    return status;
}

static void profiles_are_kept(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"intervals\": \"profile_likelihood\"", "\"interval\": 0", "inference.intervals: expected"},
        {"\"penalty\": \"firth\"", "\"penalty\": \"ridge\"", "inference.intervals: goes with penalty 'firth' only"},
        {"profile_likelihood", "wald", "inference.intervals: expected 'profile_likelihood', found 'wald'"},
        {"\"raw_95\": [", "\"raw_95\": [1, ", "intercept.raw_95: expected two numbers or null"},
        {"\"raw_95\": [-", "\"raw_95\": [", "intercept.raw_95: 8.80611 is more than -1.29232"},
        {"\"p\": ", "\"p\": 1", "p: "},
        {"\"likelihood_ratio\"", "\"wald\"", "likelihood_ratio"},
    };
    wb_features *frame = three_groups();
    const wb_train_options options = firth_options();
    wb_model *model = train(frame, &options), *back = NULL;
    char path[] = "/tmp/winback-firth-XXXXXX", beside[sizeof path + 4], *good = NULL;
    size_t n;
    wb_error err;
    close(mkstemp(path));
    snprintf(beside, sizeof beside, "%s.cov", path);
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wbi_input_slurp(&good, &n, path, (size_t)1 << 20, &err), &err);
    remove(path);
    remove(beside);
    assert_ok(read_text(&back, good, &err), &err);
    check(back, of_groups, 4);
    assert_true(wb_model_summarise(back).penalty == WB_PENALTY_FIRTH);
    assert_true(wb_model_coefficient(back, 1).raw_95.low == wb_model_coefficient(model, 1).raw_95.low);
    assert_true(wb_model_term_test(back, 1).chi_square == wb_model_term_test(model, 1).chi_square);
    wb_model_free(back);
    assert_edits_refused(good, cases, sizeof cases / sizeof *cases);
    wbi_free(good);
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_by_two),
        cmocka_unit_test(separated_classes_as_brglm2),
        cmocka_unit_test(profiles_as_numpy),
        cmocka_unit_test(terms_as_numpy),
        cmocka_unit_test(weights_as_numpy),
        cmocka_unit_test(narrow_valleys_take_few_steps),
        cmocka_unit_test(double_weight_is_two_rows),
        cmocka_unit_test(customers_with_several_rows_are_warned_of),
        cmocka_unit_test(aliased_columns_are_dropped),
        cmocka_unit_test(profiling_can_be_cancelled),
        cmocka_unit_test(profiles_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
