/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of merit against scikit-learn and numpy: their answers lie in tests/peers, with the script that asked. */
#include "test_util.h"

#include <jansson.h>
#include <string.h>
#include <zlib.h>

#include "metrics_testing.h"

static json_t *answers;

static double answer(const json_t *of, const char *name)
{
    const json_t *value = json_object_get(of, name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static double element(const json_t *of, const char *name, size_t i)
{
    return json_number_value(json_array_get(json_object_get(of, name), i));
}

static void compare_figures(const wb_metrics *m, const json_t *with)
{
    assert_close(m->auc, answer(with, "auc"), 1e-12);
    assert_close(m->pr_auc, answer(with, "pr_auc"), 1e-12);
    assert_close(m->log_loss, answer(with, "log_loss"), 1e-12);
    assert_close(m->brier, answer(with, "brier"), 1e-12);
    assert_close(m->ks, answer(with, "ks"), 1e-12);
    assert_close(m->brier_uncertainty - m->brier_discrimination, answer(with, "brier_recalibrated"), 1e-12);
    assert_close(m->brier_miscalibration, m->brier - answer(with, "brier_recalibrated"), 1e-12);
    /* scikit-learn stops on its own tolerance */
    assert_close(m->calibration_slope, answer(with, "calibration_slope"), 1e-7);
}

/* scikit-learn's curve has no weights, and one bin's share of outcomes and mean probability a point. */
static void compare_bins(const wb_outcomes *rows, const wb_metrics *m, const json_t *with)
{
    wb_error err;
    wb_curves *curves = malloc(sizeof *curves);
    double ece = 0;
    assert_non_null(curves);
    assert_ok(wb_metrics_curves(curves, rows, NULL, &err), &err);
    assert_int_equal(curves->n_bins, json_array_size(json_object_get(with, "observed")));
    for (size_t b = 0; b < curves->n_bins; b++) {
        assert_close(curves->bins[b].observed, element(with, "observed", b), 1e-12);
        assert_close(curves->bins[b].mean_predicted, element(with, "predicted", b), 1e-12);
        ece += curves->bins[b].n * fabs(element(with, "observed", b) - element(with, "predicted", b));
    }
    assert_close(m->ece, ece / (double)rows->n, 1e-12);
    free(curves);
}

/* DeLong's variance, and the covariance of two scores, of the same rows without weights. */
static void compare_delong(const sample *s, const json_t *with)
{
    const wb_outcomes rows = unweighted(s);
    const json_t *covariance = json_object_get(with, "delong");
    const wb_interval_options delong_alone = {0, 1, 0.95, NULL};
    wb_metrics_interval interval;
    wb_metrics_difference difference;
    wb_error err;
    double v[2][2];
    for (size_t a = 0; a < 2; a++)
        for (size_t b = 0; b < 2; b++)
            v[a][b] = json_number_value(json_array_get(json_array_get(covariance, a), b));
    assert_ok(wb_metrics_interval_of(&interval, NULL, &rows, NULL, &delong_alone, &err), &err);
    assert_int_equal(interval.auc_by, WB_INTERVAL_DELONG);
    assert_close(interval.auc_se / sqrt(v[0][0]), 1, 1e-12);
    assert_ok(wb_metrics_compare(&difference, &rows, s->other, NULL, &delong_alone, &err), &err);
    const double se = sqrt(v[0][0] + v[1][1] - 2 * v[0][1]);
    assert_close(difference.interval.auc_se / se, 1, 1e-11);
    assert_close(difference.auc_p, erfc(fabs(difference.difference.auc / se) / sqrt(2)), 1e-10);
}

static void random_sets(void **state)
{
    (void)state;
    const json_t *sets = json_object_get(answers, "sets");
    assert_int_equal(json_array_size(sets), 20);
    for (size_t number = 0; number < 20; number++) {
        sample s = sample_make(number, 150 + 97 * number);
        const json_t *with = json_array_get(sets, number);
        const wb_outcomes rows = number % 2 == 1 ? weighted(&s) : unweighted(&s);
        wb_metrics m;
        wb_error err;
        assert_ok(wb_metrics_compute(&m, &rows, NULL, &err), &err);
        compare_figures(&m, with);
        if (number % 2 == 0)
            compare_bins(&rows, &m, with);
        compare_delong(&s, with);
        sample_free(&s);
    }
}

/* What empChurn of R's EMP 2.0.6 says of three sets, given the hull that R's chull finds (EMP asks ROCR for it): by its own
 * amounts, and with alpha = 2, beta = 3, clv = 50, d = 20, f = 5. */
static void empc_of_r(void **state)
{
    (void)state;
    const double expected[3][4] = {{16.6932693609404, 0.85739474929095, 0.534094984991842, 0.103706918921105},
                                   {17.959869571107, 0.829583198597018, 0.14653865894781, 0.0621759854725389},
                                   {21.4533782838125, 0.875532774854153, 0.63691851889584, 0.138208741944335}};
    for (size_t k = 0; k < 3; k++) {
        sample s = sample_make(2 * k, 150 + 97 * 2 * k);
        const wb_outcomes rows = unweighted(&s);
        const wb_metrics_options other = {0.5, {2, 3, 50, 20, 5}, 1};
        wb_metrics m;
        wb_error err;
        assert_ok(wb_metrics_compute(&m, &rows, NULL, &err), &err);
        assert_close(m.empc, expected[k][0], 1e-12);
        assert_close(m.empc_fraction, expected[k][1], 1e-12);
        assert_ok(wb_metrics_compute(&m, &rows, &other, &err), &err);
        assert_close(m.empc, expected[k][2], 1e-12);
        assert_close(m.empc_fraction, expected[k][3], 1e-12);
        sample_free(&s);
    }
}

/* The cell of that column; IBM's file has no quotes. */
static char *cell(char *line, size_t column)
{
    static char text[64];
    while (column-- > 0)
        line = strchr(line, ',') + 1;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(line, ",\r\n"), line);
    return text;
}

static size_t column_of(const char *header, const char *name)
{
    size_t column = 0;
    const char *at = strstr(header, name);
    assert_non_null(at);
    for (const char *c = header; c < at; c++)
        column += *c == ',';
    return column;
}

/* The scores that metrics.py made by the coefficients it stored. */
static void score_telco(sample *s, gzFile file, const json_t *models)
{
    char header[1024], line[1024];
    assert_non_null(gzgets(file, header, sizeof header));
    const size_t tenure = column_of(header, "tenure"), charges = column_of(header, "MonthlyCharges");
    const size_t contract = column_of(header, "Contract"), churn = column_of(header, "Churn");
    for (size_t i = 0; i < s->n; i++) {
        const json_t *b = json_array_get(models, i % 5);
        assert_non_null(gzgets(file, line, sizeof line));
        double eta = json_number_value(json_array_get(b, 0)) + atof(cell(line, tenure)) * json_number_value(json_array_get(b, 1));
        eta += atof(cell(line, charges)) * json_number_value(json_array_get(b, 2));
        eta += (strcmp(cell(line, contract), "Month-to-month") == 0) * json_number_value(json_array_get(b, 3));
        s->p[i] = 1 / (1 + exp(-eta));
        s->y[i] = strcmp(cell(line, churn), "Yes") == 0;
    }
}

static void telco(void **state)
{
    (void)state;
    const char *folder = getenv("WINBACK_DATA");
    const json_t *with = json_object_get(answers, "telco");
    char path[1024];
    wb_metrics m;
    wb_error err;
    assert_non_null(with);
    snprintf(path, sizeof path, "%s/telco_ibm/WA_Fn-UseC_-Telco-Customer-Churn.csv.gz", folder == NULL ? "" : folder);
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        print_message("skipped: WINBACK_DATA has no Telco customers\n");
        skip();
    }
    sample s = sample_of((size_t)answer(with, "n"));
    score_telco(&s, file, json_object_get(with, "models"));
    gzclose(file);
    const wb_outcomes rows = unweighted(&s);
    assert_ok(wb_metrics_compute(&m, &rows, NULL, &err), &err);
    compare_figures(&m, with);
    compare_bins(&rows, &m, with);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_sets), cmocka_unit_test(empc_of_r), cmocka_unit_test(telco)};
    answers = json_load_file("peers/metrics.json", JSON_REJECT_DUPLICATES, NULL);
    if (answers == NULL) {
        fprintf(stderr, "peers/metrics.json cannot be read\n");
        return 1;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(answers);
    return failed;
}
