/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splines as terms: their columns against the recursion that defines them, and their penalties by properties. */
#include "test_util.h"

#include "design/basis.h"
#include "design/penalty.h"
#include "test_frame.h"

enum { N = 211, MAX_KNOTS = 21, MAX_SPLINES = MAX_KNOTS + 2 };

/* A table of one column, the sample of all its rows, and the basis that is fitted to it. */
typedef struct fixture {
    wb_features *frame;
    size_t rows[N];
    double weight[N];
    uint32_t customer[N];
    wbi_sample sample;
    wbi_basis *basis;
} fixture;

static void fit(fixture *f, const double *x, size_t n, wbi_form form)
{
    const wbi_basis_options options = {.penalised = true, .n_threads = 1, .forms = &form};
    const size_t feature = 0;
    wb_error err;
    f->frame = frame_create();
    frame_numbers(f->frame, "x", x, n);
    for (size_t i = 0; i < n; i++) {
        f->rows[i] = i;
        f->weight[i] = 1;
        f->customer[i] = (uint32_t)i;
    }
    f->sample = (wbi_sample){.table = f->frame->table, .rows = f->rows, .weight = f->weight, .customer = f->customer, .n = n};
    f->basis = NULL;
    assert_ok(wbi_basis_fit(&f->basis, &f->sample, &feature, 1, &options, &err), &err);
}

static void release(fixture *f)
{
    wbi_basis_free(f->basis);
    wb_features_free(f->frame);
}

/* The columns of one row, per unit, as a term that knows them encodes a table's row. */
static void columns_of(double *out, const wbi_basis *basis, double value)
{
    wb_features *frame = frame_create();
    wbi_encoder *encoder;
    frame_numbers(frame, "x", &value, 1);
    assert_int_equal(wbi_encoder_create(&encoder, basis, frame->table, NULL), WB_OK);
    double *x = wbi_alloc_aligned(encoder->stride, sizeof *x);
    wbi_encoder_fill(encoder, x, NULL, 0, 1);
    for (size_t j = 0; j < basis->n_columns; j++)
        out[j] = basis->columns[j].mean + basis->columns[j].sd * x[j + 1];
    wbi_free(x);
    wbi_encoder_free(encoder);
    wb_features_free(frame);
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The distinct ones of R's quantile(x, (0:20)/20), from sorted values. */
static size_t quantiles(double *knots, const double *x, size_t n)
{
    double sorted[N];
    size_t n_knots = 0;
    memcpy(sorted, x, n * sizeof *x);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t q = 0; q <= 20; q++) {
        const double at = (double)q / 20 * (double)(n - 1);
        const size_t i = (size_t)at;
        const double up = at - (double)i, value = up > 0 ? (1 - up) * sorted[i] + up * sorted[i + 1] : sorted[i];
        if (n_knots == 0 || value > knots[n_knots - 1])
            knots[n_knots++] = value;
    }
    return n_knots;
}

/* Each end four times. */
static double extended(const double *knots, size_t n_knots, size_t i)
{
    return knots[i < 3 ? 0 : i - 3 < n_knots ? i - 3 : n_knots - 1];
}

/* Cox and de Boor: the j-th B-spline of an order; at the last knot the last interval's. */
static double b_spline(const double *knots, size_t n_knots, size_t j, size_t order, double x)
{
    const double t0 = extended(knots, n_knots, j), t1 = extended(knots, n_knots, j + 1);
    if (order == 1)
        return x >= t0 && (x < t1 || (x == knots[n_knots - 1] && t1 == x && t0 < t1));
    const double tk = extended(knots, n_knots, j + order), tk1 = extended(knots, n_knots, j + order - 1);
    double value = 0;
    if (tk1 > t0)
        value += (x - t0) / (tk1 - t0) * b_spline(knots, n_knots, j, order - 1, x);
    if (tk > t1)
        value += (tk - x) / (tk - t1) * b_spline(knots, n_knots, j + 1, order - 1, x);
    return value;
}

static void assert_splines(const wbi_basis *basis, const double *knots, size_t n_knots, double x, double at)
{
    double columns[MAX_SPLINES + 1], sum = 0;
    columns_of(columns, basis, x);
    for (size_t j = 0; j < n_knots + 1; j++) {
        assert_close(columns[j], b_spline(knots, n_knots, j, 4, at), 1e-13);
        sum += columns[j];
    }
    assert_close(sum + b_spline(knots, n_knots, n_knots + 1, 4, at), 1, 1e-13);
}

/* Skewed values, values far from 0, and ones that repeat so that quantiles do. */
static double drawn(int kind, uint64_t *random)
{
    const double u = frame_uniform(random);
    return kind == 0 ? exp(6 * u) : kind == 1 ? 1e6 + u : kind == 2 ? floor(12 * u * u * u) : 1e-9 * (u - 0.5);
}

static void columns_are_b_splines(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int kind = 0; kind < 4; kind++) {
        double x[N], knots[MAX_KNOTS];
        fixture f;
        for (size_t i = 0; i < N; i++)
            x[i] = drawn(kind, &random);
        const size_t n_knots = quantiles(knots, x, N);
        const double last = knots[n_knots - 1];
        fit(&f, x, N, WBI_FORM_SPLINE);
        assert_int_equal(f.basis->n_columns, n_knots + 1);
        assert_true(kind == 2 ? n_knots < 12 : n_knots == MAX_KNOTS);
        for (size_t i = 0; i < N; i += 3)
            assert_splines(f.basis, knots, n_knots, x[i], x[i]);
        for (size_t k = 0; k < n_knots; k++)
            assert_splines(f.basis, knots, n_knots, knots[k], knots[k]);
        /* Constant beyond what training saw. */
        assert_splines(f.basis, knots, n_knots, knots[0] - 1, knots[0]);
        assert_splines(f.basis, knots, n_knots, -1e300, knots[0]);
        assert_splines(f.basis, knots, n_knots, last + 1e7, last);
        release(&f);
    }
}

static void missing_takes_the_median_and_a_column(void **state)
{
    (void)state;
    double x[N], knots[MAX_KNOTS], columns[MAX_SPLINES + 1], of_median[MAX_SPLINES + 1];
    fixture f;
    for (size_t i = 0; i < N; i++)
        x[i] = i % 4 == 0 ? (double)NAN : i % 9 == 0 ? (double)INFINITY : (double)i;
    double finite[N];
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        if (isfinite(x[i]))
            finite[n++] = x[i];
    const size_t n_knots = quantiles(knots, finite, n);
    fit(&f, x, N, WBI_FORM_SPLINE);
    assert_int_equal(f.basis->n_columns, n_knots + 2);
    assert_string_equal(f.basis->columns[0].name, "x[1]");
    assert_string_equal(f.basis->columns[n_knots + 1].name, "x (missing)");
    columns_of(columns, f.basis, NAN);
    columns_of(of_median, f.basis, n % 2 ? finite[n / 2] : (finite[n / 2 - 1] + finite[n / 2]) / 2);
    for (size_t j = 0; j < n_knots + 1; j++)
        assert_close(columns[j], of_median[j], 1e-15);
    assert_close(columns[n_knots + 1], 1, 1e-15);
    assert_close(of_median[n_knots + 1], 0, 1e-15);
    release(&f);
}

static void few_values_stay_linear(void **state)
{
    (void)state;
    for (size_t n_values = 9; n_values <= 10; n_values++) {
        double x[N];
        fixture f;
        for (size_t i = 0; i < N; i++)
            x[i] = (double)(i % n_values);
        fit(&f, x, N, WBI_FORM_SPLINE);
        assert_string_equal(f.basis->terms[0]->kind->name, n_values == 9 ? "linear" : "spline");
        release(&f);
    }
    /* A range that is no number, and values that differ in their last bits only. */
    for (int kind = 0; kind < 2; kind++) {
        double x[N];
        fixture f;
        for (size_t i = 0; i < N; i++)
            x[i] = kind == 0 ? ((double)i / N - 0.5) * 2.2 * 1.7e308 : 1 + (double)i * 1e-15;
        fit(&f, x, N, WBI_FORM_SPLINE);
        assert_true(f.basis->n_terms == 0 || strcmp(f.basis->terms[0]->kind->name, "linear") == 0);
        release(&f);
    }
}

/* ---- penalties ---- */

typedef struct penalties {
    double bend[MAX_SPLINES * MAX_SPLINES], slope[MAX_SPLINES * MAX_SPLINES];
    size_t n;
} penalties;

static void find(penalties *out, const wbi_basis *basis)
{
    out->n = wbi_term_n_penalised(basis->terms[0]);
    basis->terms[0]->kind->penalties(out->bend, out->slope, basis->terms[0]);
}

static double square(const double *matrix, const double *b, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            sum += b[j] * matrix[j * n + k] * b[k];
    return sum;
}

/* Where the splines' coefficients lie: the mean of the three knots inside each support. */
static double abscissa(const double *knots, size_t n_knots, size_t j)
{
    return (extended(knots, n_knots, j + 1) + extended(knots, n_knots, j + 2) + extended(knots, n_knots, j + 3)) / 3;
}

static void straight_lines_do_not_bend(void **state)
{
    (void)state;
    uint64_t random = 8;
    double x[N], knots[MAX_KNOTS], line[MAX_SPLINES], any[MAX_SPLINES], columns[MAX_SPLINES + 1];
    penalties p;
    fixture f;
    for (size_t i = 0; i < N; i++)
        x[i] = drawn(0, &random);
    const size_t n_knots = quantiles(knots, x, N), n = n_knots + 1;
    fit(&f, x, N, WBI_FORM_SPLINE);
    find(&p, f.basis);
    assert_int_equal(p.n, n);
    for (size_t j = 0; j < n; j++)
        line[j] = 3 * (abscissa(knots, n_knots, j) - knots[n_knots - 1]);
    /* It is the line 3 (x - last knot), ... */
    columns_of(columns, f.basis, 7.5);
    double value = 0, size = 0;
    for (size_t j = 0; j < n; j++) {
        value += line[j] * columns[j];
        size += line[j] * line[j];
    }
    assert_close(value, 3 * (7.5 - knots[n_knots - 1]), 1e-12);
    /* ... costs nothing where it does not bend, and all of its square as a slope. */
    assert_close(square(p.bend, line, n) / size, 0, 1e-14);
    assert_close(square(p.slope, line, n) / size, 1, 1e-12);
    /* Any other: twice its distances from the chords of the neighbours, the last coefficient being 0. */
    double expected = 0, along = 0;
    for (size_t j = 0; j < n; j++) {
        any[j] = frame_uniform(&random) - 0.5;
        along += any[j] * line[j];
    }
    for (size_t j = 0; j + 2 <= n; j++) {
        const double a = abscissa(knots, n_knots, j), b = abscissa(knots, n_knots, j + 1), c = abscissa(knots, n_knots, j + 2);
        const double after = j + 2 < n ? any[j + 2] : 0, chord = any[j] + (after - any[j]) * (b - a) / (c - a);
        expected += 4 * (any[j + 1] - chord) * (any[j + 1] - chord);
    }
    assert_close(square(p.bend, any, n), expected, 1e-12);
    assert_close(square(p.slope, any, n), along * along / size, 1e-12);
    release(&f);
}

/* Where knots are equally far apart they are second differences; and no unit changes them. */
static void equal_knots_have_second_differences(void **state)
{
    (void)state;
    double x[N], y[N];
    static penalties p, q;
    fixture f, g;
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)i;
        y[i] = 1e5 + 4096 * (double)i;
    }
    fit(&f, x, N, WBI_FORM_SPLINE);
    fit(&g, y, N, WBI_FORM_SPLINE);
    find(&p, f.basis);
    find(&q, g.basis);
    for (size_t j = 5; j + 5 < p.n; j++) {
        const double *row = p.bend + j * p.n + j;
        assert_close(row[0], 6, 1e-12);
        assert_close(row[1], -4, 1e-12);
        assert_close(row[2], 1, 1e-12);
        assert_close(row[3], 0, 1e-12);
    }
    for (size_t i = 0; i < p.n * p.n; i++) {
        assert_close(q.bend[i], p.bend[i], 1e-9);
        assert_close(q.slope[i], p.slope[i], 1e-9);
    }
    release(&f);
    release(&g);
}

/* On standardised columns a penalty says the same of the same function. */
static void penalties_follow_the_scale(void **state)
{
    (void)state;
    uint64_t random = 3;
    double x[N], raw[MAX_SPLINES], beta[MAX_SPLINES + 1], gradient[MAX_SPLINES + 1] = {0};
    static double hessian[(MAX_SPLINES + 1) * (MAX_SPLINES + 1)];
    penalties p;
    fixture f;
    wbi_penalties found;
    for (size_t i = 0; i < N; i++)
        x[i] = drawn(0, &random);
    fit(&f, x, N, WBI_FORM_SPLINE);
    find(&p, f.basis);
    assert_int_equal(wbi_penalties_find(&found, f.basis, NULL), WB_OK);
    assert_int_equal(found.n, 2);
    beta[0] = 3;
    for (size_t j = 0; j < p.n; j++) {
        raw[j] = frame_uniform(&random) - 0.5;
        beta[j + 1] = raw[j] * f.basis->columns[j].sd;
    }
    assert_close(wbi_penalty_square(&found.of[0], beta), square(p.bend, raw, p.n), 1e-12);
    assert_close(wbi_penalty_square(&found.of[1], beta), square(p.slope, raw, p.n), 1e-12);
    assert_int_equal(found.of[0].rank + found.of[1].rank, p.n);
    found.of[0].lambda = 0.25;
    found.of[1].lambda = 8;
    const double value = wbi_penalties_value(&found, beta);
    assert_close(value, (0.25 * square(p.bend, raw, p.n) + 8 * square(p.slope, raw, p.n)) / 2, 1e-12);
    /* A quadratic: its gradient and Hessian give its value. */
    wbi_penalties_add_gradient(gradient, &found, beta, NULL);
    wbi_penalties_add_hessian(hessian, p.n + 1, &found, NULL);
    double by_gradient = 0, by_hessian = 0;
    for (size_t j = 0; j <= p.n; j++) {
        by_gradient += gradient[j] * beta[j] / 2;
        for (size_t k = 0; k <= j; k++)
            by_hessian += beta[j] * hessian[j * (p.n + 1) + k] * beta[k] / (j == k ? 2 : 1);
    }
    assert_close(by_gradient, value, 1e-12);
    assert_close(by_hessian, value, 1e-12);
    assert_true(gradient[0] == 0 && hessian[0] == 0);
    wbi_penalties_clear(&found);
    release(&f);
}

static void the_shape_is_the_sum_of_the_columns(void **state)
{
    (void)state;
    uint64_t random = 4;
    double x[N], coefficients[MAX_SPLINES], columns[MAX_SPLINES + 1];
    wbi_shape shape;
    fixture f;
    for (size_t i = 0; i < N; i++)
        x[i] = i == 7 ? (double)NAN : drawn(0, &random);
    fit(&f, x, N, WBI_FORM_SPLINE);
    const size_t n = wbi_term_n_penalised(f.basis->terms[0]);
    for (size_t j = 0; j < n; j++)
        coefficients[j] = frame_uniform(&random) - 0.5;
    f.basis->terms[0]->kind->shape(&shape, f.basis->terms[0], coefficients);
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        columns_of(columns, f.basis, x[i]);
        for (size_t j = 0; j < n; j++)
            sum += coefficients[j] * columns[j];
        assert_close(wbi_shape_at(&shape, x[i]), sum, 1e-12);
    }
    assert_close(wbi_shape_at(&shape, -5), wbi_shape_at(&shape, 0), 0);
    release(&f);
}

/* ---- log1p ---- */

static void log1p_is_a_straight_line_over_logarithms(void **state)
{
    (void)state;
    const double x[] = {0, 3, NAN, 20, 7, 1000}, bad[] = {1, 2, -0.5, 4};
    double columns[2];
    fixture f;
    fit(&f, x, 6, WBI_FORM_LOG1P);
    assert_string_equal(f.basis->columns[0].name, "log1p(x)");
    assert_string_equal(f.basis->columns[1].name, "x (missing)");
    columns_of(columns, f.basis, 20);
    assert_close(columns[0], log(21), 1e-14);
    columns_of(columns, f.basis, NAN);
    assert_close(columns[0], log(8), 1e-14); /* the median is 7 */
    assert_close(columns[1], 1, 1e-15);
    columns_of(columns, f.basis, -3);
    assert_close(columns[0], 0, 1e-14);
    release(&f);
    const wbi_form form = WBI_FORM_LOG1P;
    const wbi_basis_options options = {.penalised = true, .n_threads = 1, .forms = &form};
    const size_t feature = 0;
    wbi_basis *basis = NULL;
    wb_error err;
    f.frame = frame_create();
    frame_numbers(f.frame, "x", bad, 4);
    f.sample = (wbi_sample){.table = f.frame->table, .rows = f.rows, .weight = f.weight, .customer = f.customer, .n = 4};
    assert_int_equal(wbi_basis_fit(&basis, &f.sample, &feature, 1, &options, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "x is -0.5 in a row: log1p takes numbers >= 0");
    wb_features_free(f.frame);
}

/* ---- the model file ---- */

static json_t *spline_json(double step)
{
    json_t *knots = json_array(), *deciles = json_null();
    for (int i = 0; i < 5; i++)
        json_array_append_new(knots, json_real(i * step));
    return json_pack("{s:s, s:s, s:f, s:{s:f, s:o}, s:o}", "kind", "spline", "feature", "x", "median", 2.0, "reference",
                     "missing", 0.0, "deciles", deciles, "knots", knots);
}

static void assert_refused(json_t *object, const char *message)
{
    const wbi_json_at at = {.value = object, .file = "m"};
    wbi_term *term = NULL;
    wb_error err;
    if (wbi_term_from_json(&term, &at, &err) != WB_ERR_MALFORMED)
        fail_msg("not refused: %s", message);
    if (strstr(err.message, message) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, message);
    json_decref(object);
}

static json_t *with_knots(json_t *knots)
{
    json_t *object = spline_json(1);
    json_object_set_new(object, "knots", knots);
    return object;
}

static void files_are_checked(void **state)
{
    (void)state;
    json_t *object = spline_json(1), *many = json_array();
    const wbi_json_at at = {.value = object, .file = "m"};
    wbi_term *term = NULL;
    wb_error err;
    assert_ok(wbi_term_from_json(&term, &at, &err), &err);
    json_t *again = wbi_term_to_json(term);
    assert_true(json_equal(object, again));
    json_decref(again);
    json_decref(object);
    wbi_term_free(term);
    for (int i = 0; i < 22; i++)
        json_array_append_new(many, json_real(i));
    assert_refused(with_knots(json_pack("[f]", 1.0)), "knots: expected 2 to 21 numbers, found 1");
    assert_refused(with_knots(many), "knots: expected 2 to 21 numbers, found 22");
    assert_refused(with_knots(json_pack("[f, f, f]", 1.0, 3.0, 2.0)), "knots: 2 does not lie above 3");
    assert_refused(with_knots(json_pack("[f, f, f]", 1.0, 1.0, 2.0)), "knots: 1 does not lie above 1");
    assert_refused(with_knots(json_pack("[f, f]", -1.7e308, 1.7e308)), "too close");
    assert_refused(with_knots(json_pack("[f, f, f]", 0.0, 1e-300, 1.0)), "too close");
    assert_refused(with_knots(json_pack("[f, s]", 0.0, "1")), "knots");
    assert_refused(with_knots(json_null()), "knots: expected an array");
    object = spline_json(1);
    json_object_set_new(object, "median", json_null());
    assert_refused(object, "median");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    double x[N];
    fixture f;
    uint64_t random = 2;
    for (size_t i = 0; i < N; i++)
        x[i] = drawn(0, &random);
    fit(&f, x, N, WBI_FORM_SPLINE);
    const wbi_form form = WBI_FORM_SPLINE;
    const wbi_basis_options options = {.penalised = true, .n_threads = 1, .forms = &form};
    const size_t feature = 0;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_basis *basis = NULL;
        wbi_penalties found = {0};
        wbi_alloc_fail_at(n);
        status = wbi_basis_fit(&basis, &f.sample, &feature, 1, &options, NULL);
        if (status == WB_OK)
            status = wbi_penalties_find(&found, basis, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_penalties_clear(&found);
        wbi_basis_free(basis);
        assert_true(n < 1000);
    }
    release(&f);
}

/* Counts: the quantile 1/20 falls between the values 1 and 2, so that a spline would have no value within its support; 10 of
 * 11 values at the other end, where rounding leaves 1e-17 of one. */
static void counts_lose_no_column(void **state)
{
    (void)state;
    for (int last = 0; last < 2; last++) {
        double x[200];
        size_t n = 0;
        for (size_t value = 0; value < 12; value++)
            for (size_t k = 0; k < (value == 0 ? 9 : value == 1 ? 17 : 15) && n < 200; k++, n++)
                x[n] = last ? 11 - (double)value : (double)value;
        fixture f;
        fit(&f, x, n, WBI_FORM_SPLINE);
        assert_int_equal(f.basis->n_terms, 1);
        assert_true(f.basis->terms[0]->kind == &wbi_term_spline);
        assert_int_equal(f.basis->n_columns, f.basis->terms[0]->n_columns);
        for (size_t j = 0; j < f.basis->n_columns; j++)
            assert_true(f.basis->columns[j].sd > 1e-6);
        release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_b_splines),
        cmocka_unit_test(missing_takes_the_median_and_a_column),
        cmocka_unit_test(few_values_stay_linear),
        cmocka_unit_test(counts_lose_no_column),
        cmocka_unit_test(straight_lines_do_not_bend),
        cmocka_unit_test(equal_knots_have_second_differences),
        cmocka_unit_test(penalties_follow_the_scale),
        cmocka_unit_test(the_shape_is_the_sum_of_the_columns),
        cmocka_unit_test(log1p_is_a_straight_line_over_logarithms),
        cmocka_unit_test(files_are_checked),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
