/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "design/design.h"
#include "design/quantile.h"
#include "test_frame.h"

static int by_value(const void *left, const void *right)
{
    double a = ((const wbi_weighted *)left)->value, b = ((const wbi_weighted *)right)->value;
    return (a > b) - (a < b);
}

static void radix_sort_sorts(void **state)
{
    (void)state;
    enum { N = 5000 };
    static wbi_weighted values[N], spare[N], expected[N];
    uint64_t random = 3;
    for (size_t i = 0; i < N; i++) {
        double u = frame_uniform(&random) - 0.5;
        double value = i % 5 == 0 ? floor(20 * u) : i % 5 == 1 ? u * 1e300 : i % 5 == 2 ? u * 1e-310 : u;
        values[i] = (wbi_weighted){value, 1};
    }
    memcpy(expected, values, sizeof values);
    qsort(expected, N, sizeof *expected, by_value);
    wbi_sort_weighted(values, spare, N);
    for (size_t i = 0; i < N; i++)
        assert_true(values[i].value == expected[i].value);
    wbi_sort_weighted(values, spare, 0);
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

enum { N_KINDS = 12 };

/* Values of one binade, of all magnitudes, with many ties, all the same, sorted beforehand, written with few digits, all
 * the same but for a few, with heavy tails, mostly 0, sorted but for a few far off, too far apart for their distance to be a
 * number, and, last, such that the first 64 of every 1024 are others than the rest. */
static double drawn_value(int kind, size_t i, uint64_t *random)
{
    const double u = frame_uniform(random);
    switch (kind) {
    case 0:
        return 1000 + u / 1e6;
    case 1:
        return (i % 2 ? -1 : 1) * pow(10, 600 * (u - 0.5));
    case 2:
        return floor(5 * u) - 2;
    case 3:
        return -7.25;
    case 4:
        return (double)i - 1e4 * (i % 7 == 0);
    case 5:
        return round(300 * u) / 1000;
    case 6:
        return i % 1001 == 1 ? u : 0.1;
    case 7:
        return tan(3.14159 * (u - 0.5));
    case 8:
        return u < 0.9 ? 0 : u - 0.95;
    case 9:
        return i % 777 == 3 ? 1e18 * (u - 0.5) : sqrt((double)i);
    case 10:
        return (i % 3 ? 1.7e308 : -1.7e308) * (1 - u / 100);
    default:
        return i % 1024 < 64 ? u : 0.3 + u;
    }
}

static size_t at_most_as_large(double value, const double *values, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += values[i] <= value;
    return count;
}

static void order_statistics_are_those_of_sorted_values(void **state)
{
    (void)state;
    enum { N = 50000, N_RANKS = 9, N_DECILES = 11, MANY = 1 << 15 };
    static double values[N], spare[2 * N], sorted[N];
    static wbi_weighted weighted[N];
    static const size_t sizes[] = {1, 2, 3, 64, 65, 1000, MANY - 1, MANY, MANY + 1, N};
    uint64_t random = 7;
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const size_t n = sizes[s];
            size_t ranks[N_RANKS], up_to[N_DECILES];
            double statistics[N_RANKS], deciles[N_DECILES];
            for (size_t i = 0; i < n; i++)
                values[i] = sorted[i] = drawn_value(kind, i, &random);
            qsort(sorted, n, sizeof *sorted, ascending);
            for (size_t k = 0; k < N_RANKS; k++)
                ranks[k] = k * (n - 1) / (N_RANKS - 1);
            wbi_order_statistics(statistics, ranks, N_RANKS, values, n, spare);
            for (size_t k = 0; k < N_RANKS; k++)
                assert_true(statistics[k] == sorted[ranks[k]]);
            for (size_t i = 0; i < n; i++)
                weighted[i] = (wbi_weighted){sorted[i], 1};
            assert_true(wbi_finite_quantiles(deciles, up_to, N_DECILES, (wbi_numbers){.wide = values}, n, spare));
            for (size_t q = 0; q < N_DECILES; q++) {
                assert_true(deciles[q] == wbi_quantile(weighted, n, (double)q / (N_DECILES - 1)));
                assert_int_equal(up_to[q], at_most_as_large(deciles[q], values, n));
            }
        }
    }
}

/* Wherever they are, whether a sample sees them or not; so without them, though, there are quantiles. */
static void quantiles_of_what_is_not_finite_are_none(void **state)
{
    (void)state;
    enum { N = 50000 };
    static double values[N], spare[2 * N];
    static const size_t sizes[] = {1, 64, 1000, N}, places[] = {0, 1, 17, 195, 777, 40000, N - 1};
    const double none[] = {NAN, copysign(NAN, -1), INFINITY, -INFINITY};
    enum { N_NONE = sizeof none / sizeof *none };
    uint64_t random = 11;
    double deciles[11];
    size_t up_to[11];
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < N; i++)
            values[i] = drawn_value(kind, i, &random);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t k = 0; k < N_NONE * sizeof places / sizeof *places; k++) {
                const size_t place = places[k / N_NONE] % sizes[s];
                const double kept = values[place];
                values[place] = none[k % N_NONE];
                assert_false(wbi_finite_quantiles(deciles, up_to, 11, (wbi_numbers){.wide = values}, sizes[s], spare));
                values[place] = kept;
                assert_true(wbi_finite_quantiles(deciles, up_to, 11, (wbi_numbers){.wide = values}, sizes[s], spare));
            }
    }
}

static void quantiles_reach_infinity(void **state)
{
    (void)state;
    enum { N = 40000 };
    static double values[N], spare[2 * N];
    double fifths[6];
    for (size_t i = 0; i < N; i++)
        values[i * 7919 % N] = i < N / 3 ? -INFINITY : i < N / 3 * 2 ? (double)i : INFINITY;
    wbi_equal_quantiles(fifths, 6, values, N, spare);
    assert_true(fifths[0] == -INFINITY && fifths[4] == INFINITY && fifths[5] == INFINITY);
    assert_close(fifths[2], 0.4 * (N - 1), 1e-15);
    assert_close(fifths[3], 0.6 * (N - 1), 1e-15);
}

static void quantiles_by_hand(void **state)
{
    (void)state;
    const wbi_weighted five[] = {{1, 1}, {2, 1}, {4, 1}, {8, 1}, {16, 1}}, weighted[] = {{1, 1}, {5, 3}, {9, 4}};
    assert_close(wbi_quantile(five, 5, 0.5), 4, 0);
    assert_close(wbi_quantile(five, 5, 0.1), 1.4, 1e-15); /* R: quantile(c(1,2,4,8,16), 0.1) */
    assert_close(wbi_quantile(five, 5, 1), 16, 0);
    assert_close(wbi_quantile(five, 1, 0.3), 1, 0);
    assert_close(wbi_weighted_median(five, 5), 4, 0);
    assert_close(wbi_weighted_median(five, 4), 3, 0);
    assert_close(wbi_weighted_median(weighted, 3), 7, 0); /* of 1 5 5 5 9 9 9 9 */
    assert_close(wbi_weighted_median(weighted, 2), 5, 0); /* of 1 5 5 5 */
}

/* A sample of all rows, each its own customer. */
typedef struct sample {
    wbi_sample of;
    size_t *rows;
    double *weight;
    uint32_t *customer;
} sample;

static sample sample_all(const wb_features *frame)
{
    size_t n = wb_table_n_rows(frame->table);
    sample s = {.rows = wbi_alloc_array(n, sizeof *s.rows),
                .weight = wbi_alloc_array(n, sizeof *s.weight),
                .customer = wbi_alloc_array(n, sizeof *s.customer)};
    for (size_t i = 0; i < n; i++) {
        s.rows[i] = i;
        s.weight[i] = 1;
        s.customer[i] = (uint32_t)i;
    }
    s.of = (wbi_sample){
        .table = frame->table, .rows = s.rows, .weight = s.weight, .customer = s.customer, .n = n};
    return s;
}

static void sample_free(sample *s)
{
    wbi_free(s->rows);
    wbi_free(s->weight);
    wbi_free(s->customer);
}

static wbi_basis *fit(const sample *s, bool penalised)
{
    size_t features[16], n = wb_table_n_columns(s->of.table);
    for (size_t c = 0; c < n; c++)
        features[c] = c;
    wbi_basis *basis = NULL;
    wb_error err;
    wbi_basis_options options = {.penalised = penalised, .n_threads = 1};
    assert_ok(wbi_basis_fit(&basis, &s->of, features, n, &options, &err), &err);
    return basis;
}

/* Value of a row in a column of the basis before it is standardised. */
static double raw_value(const wbi_basis *basis, const wb_table *table, size_t row, const char *name)
{
    wbi_encoder *encoder;
    assert_int_equal(wbi_encoder_create(&encoder, basis, table, NULL), WB_OK);
    double *x = wbi_alloc_aligned(encoder->stride, sizeof *x), value = NAN;
    wbi_encoder_fill(encoder, x, NULL, row, 1);
    for (size_t j = 0; j < basis->n_columns; j++)
        if (strcmp(basis->columns[j].name, name) == 0)
            value = basis->columns[j].mean + basis->columns[j].sd * x[j + 1];
    wbi_free(x);
    wbi_encoder_free(encoder);
    return value;
}

static size_t find(const wbi_basis *basis, const char *name)
{
    for (size_t j = 0; j < basis->n_columns; j++)
        if (strcmp(basis->columns[j].name, name) == 0)
            return j;
    return SIZE_MAX;
}

static void missing_numbers_take_the_median(void **state)
{
    (void)state;
    const double x[] = {1, NAN, 3, 10, NAN, 2};
    wb_features *frame = frame_create();
    frame_numbers(frame, "csat", x, 6);
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    assert_int_equal(basis->n_columns, 2);
    assert_string_equal(basis->columns[1].name, "csat (missing)");
    assert_close(raw_value(basis, frame->table, 1, "csat"), 2.5, 1e-15);
    assert_close(raw_value(basis, frame->table, 1, "csat (missing)"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 3, "csat"), 10, 1e-14);
    assert_close(raw_value(basis, frame->table, 3, "csat (missing)"), 0, 1e-15);
    assert_close(basis->columns[0].mean, (1 + 2.5 + 3 + 10 + 2.5 + 2) / 6, 1e-15);
    assert_close(basis->columns[1].sd, sqrt(1.0 / 3 * 2 / 3), 1e-15);
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

/* 30 rows: web 12, app 11, two rare levels 2 each, 3 missing. */
static wb_features *channels(void)
{
    const char *words[30];
    for (size_t i = 0; i < 30; i++)
        words[i] = i < 12 ? "web" : i < 23 ? "app" : i < 25 ? "fax" : i < 27 ? "telex" : NULL;
    wb_features *frame = frame_create();
    frame_words(frame, "channel", WB_TYPE_CATEGORY, words, 30);
    return frame;
}

static void categories_have_a_column_a_level(void **state)
{
    (void)state;
    wb_features *frame = channels();
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    static const char *const names[] = {"channel=app", "channel=web", "channel=(missing)", "channel=(other)"};
    assert_int_equal(basis->n_columns, 4);
    for (size_t j = 0; j < 4; j++)
        assert_string_equal(basis->columns[j].name, names[j]);
    assert_close(raw_value(basis, frame->table, 0, "channel=web"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 24, "channel=(other)"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 29, "channel=(missing)"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 29, "channel=web"), 0, 1e-15);
    wbi_basis_free(basis);
    basis = fit(&s, false); /* web is the most frequent, so the base */
    assert_int_equal(basis->n_columns, 3);
    assert_int_equal(find(basis, "channel=web"), SIZE_MAX);
    assert_close(raw_value(basis, frame->table, 13, "channel=app"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 29, "channel=(missing)"), 1, 1e-15);
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

/* Ten rows of one customer are one customer. */
static void rare_is_counted_in_customers(void **state)
{
    (void)state;
    wb_features *frame = channels();
    sample s = sample_all(frame);
    for (size_t i = 12; i < 15; i++)
        s.customer[i] = 12; /* app: 9 customers in 11 rows */
    wbi_basis *basis = fit(&s, true);
    assert_int_equal(find(basis, "channel=app"), SIZE_MAX);
    assert_close(raw_value(basis, frame->table, 13, "channel=(other)"), 1, 1e-15);
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

static void unseen_levels_are_pooled(void **state)
{
    (void)state;
    wb_features *frame = channels();
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    const char *const words[] = {"sms", "fax", "web", NULL};
    wb_features *other = frame_create();
    frame_words(other, "channel", WB_TYPE_CATEGORY, words, 4);
    assert_close(raw_value(basis, other->table, 0, "channel=(other)"), 1, 1e-15);
    assert_close(raw_value(basis, other->table, 1, "channel=(other)"), 1, 1e-15); /* fax was seen, and pooled */
    assert_close(raw_value(basis, other->table, 2, "channel=(other)"), 0, 1e-15);
    assert_close(raw_value(basis, other->table, 3, "channel=(other)"), 0, 1e-15);
    wbi_basis_free(basis);
    wb_features_free(other);
    sample_free(&s);
    wb_features_free(frame);
}

/* Levels that are called as the special ones are join them. */
static void names_of_special_levels(void **state)
{
    (void)state;
    const char *words[40];
    for (size_t i = 0; i < 40; i++)
        words[i] = i < 12 ? "web" : i < 24 ? "(missing)" : i < 25 ? NULL : i < 27 ? "fax" : "(other)";
    wb_features *frame = frame_create();
    frame_words(frame, "channel", WB_TYPE_CATEGORY, words, 40);
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    assert_int_equal(basis->n_columns, 3);
    assert_close(raw_value(basis, frame->table, 12, "channel=(missing)"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 24, "channel=(missing)"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 25, "channel=(other)"), 1, 1e-15);
    assert_close(raw_value(basis, frame->table, 39, "channel=(other)"), 1, 1e-15);
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

static void constants_are_dropped(void **state)
{
    (void)state;
    const double same[] = {0.1, 0.1, 0.1, 0.1}, none[] = {NAN, NAN, NAN, NAN}, huge[] = {1e308, -1e308, 1e308, 1e308},
                 good[] = {1, 2, 3, 4}, held[] = {7, NAN, 7, 7};
    wb_features *frame = frame_create();
    frame_numbers(frame, "same", same, 4);
    frame_numbers(frame, "none", none, 4);
    frame_numbers(frame, "huge", huge, 4);
    frame_numbers(frame, "good", good, 4);
    frame_numbers(frame, "held", held, 4);
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    assert_int_equal(basis->n_terms, 2);
    assert_int_equal(basis->n_columns, 2);
    assert_string_equal(basis->columns[0].name, "good");
    assert_string_equal(basis->columns[1].name, "held (missing)");
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

/* Mean 0 and deviation 1 also where the mean is huge beside the deviation; the three operations against plain sums. */
static void dense_design(void **state)
{
    (void)state;
    enum { N = 5000 };
    static double big[N], small[N], eta[N], r[N];
    uint64_t random = 5;
    for (size_t i = 0; i < N; i++) {
        big[i] = 1e6 + frame_uniform(&random);
        small[i] = i % 7 == 0 ? (double)NAN : frame_uniform(&random);
        r[i] = frame_uniform(&random);
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "big", big, N);
    frame_numbers(frame, "small", small, N);
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    wbi_encoder *encoder;
    wbi_design *design;
    wb_error err;
    assert_ok(wbi_encoder_create(&encoder, basis, frame->table, &err), &err);
    assert_ok(wbi_design_dense(&design, encoder, s.rows, N, 2, &err), &err);
    assert_int_equal(design->n_columns, 4);
    double *x = wbi_alloc_aligned(N * encoder->stride, sizeof *x);
    wbi_encoder_fill(encoder, x, NULL, 0, N);
    double beta[] = {0.5, -1, 2, 0.25}, gradient[4] = {0}, cross[16] = {0}, expected_gradient[4] = {0};
    double expected_cross[16] = {0}, means[4] = {0}, reach[4] = {0};
    const int last = design->n_threads - 1;
    for (size_t begin = 0; begin < N; begin += design->block_rows) {
        size_t end = begin + design->block_rows < N ? begin + design->block_rows : N;
        assert_ok(design->ops->load(design, begin, end, last, &err), &err);
        design->ops->eta(design, last, eta + begin, beta);
        design->ops->gradient(design, last, gradient, r + begin);
        design->ops->crossproduct(design, last, cross, r + begin);
    }
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = 0; j < 4; j++) {
            double value = x[i * encoder->stride + j];
            sum += beta[j] * value;
            means[j] += value / N;
            reach[j] = fmax(reach[j], fabs(value));
            expected_gradient[j] += r[i] * value;
            for (size_t k = 0; k <= j; k++)
                expected_cross[4 * j + k] += r[i] * value * x[i * encoder->stride + k];
        }
        assert_close(eta[i], sum, 1e-13);
        assert_true(x[i * encoder->stride] == 1);
        for (size_t j = 4; j < encoder->stride; j++)
            assert_true(x[i * encoder->stride + j] == 0);
    }
    for (size_t j = 0; j < 4; j++) {
        assert_close(means[j], j == 0, 1e-8);
        assert_true(design->reach[j] == reach[j]);
        assert_close(gradient[j], expected_gradient[j], 1e-12);
        for (size_t k = 0; k < 4; k++)
            assert_close(cross[4 * j + k], expected_cross[4 * j + k], 1e-12);
    }
    wbi_free(x);
    wbi_design_free(design);
    wbi_encoder_free(encoder);
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

/* Numbers with and without missing values, more than fit one call of a kernel, about a category. */
static wb_features *mixed_frame(size_t n)
{
    enum { N_NUMBERS = 11 };
    double *values = wbi_alloc_array(n, sizeof *values);
    const char **levels = wbi_alloc_array(n, sizeof *levels);
    wb_features *frame = frame_create();
    uint64_t random = 5;
    for (size_t k = 0; k < N_NUMBERS; k++) {
        char name[24];
        snprintf(name, sizeof name, "x%zu", k);
        for (size_t i = 0; i < n; i++)
            values[i] = k % 3 == 1 && i % 5 == 0 ? (double)NAN : pow(10, (double)k - 4) * (frame_uniform(&random) + 3);
        frame_numbers(frame, name, values, n);
        for (size_t i = 0; i < n; i++)
            levels[i] = i % 4 == 0 ? NULL : i % 4 == 1 ? "a" : i % 97 == 0 ? "rare" : "b";
        if (k == 4)
            frame_words(frame, "level", WB_TYPE_CATEGORY, levels, n);
    }
    wbi_free(values);
    wbi_free(levels);
    return frame;
}

/* Every number of the design is that of the row when it is encoded alone. */
static void assert_holds_rows(const wbi_design *design, const wbi_encoder *encoder, const size_t *rows)
{
    double eta[4096], beta[32];
    double *x = wbi_alloc_aligned(design->n_rows * encoder->stride, sizeof *x);
    wb_error err;
    for (size_t i = 0; i < design->n_rows; i++)
        wbi_encoder_fill(encoder, x + i * encoder->stride, NULL, rows[i], 1);
    for (size_t begin = 0; begin < design->n_rows; begin += design->block_rows) {
        const size_t end = begin + design->block_rows < design->n_rows ? begin + design->block_rows : design->n_rows;
        assert_ok(design->ops->load(design, begin, end, design->n_threads - 1, &err), &err);
        for (size_t j = 0; j < design->n_columns; j++) {
            for (size_t k = 0; k < design->n_columns; k++)
                beta[k] = k == j;
            design->ops->eta(design, design->n_threads - 1, eta, beta);
            for (size_t i = begin; i < end; i++)
                assert_true(eta[i - begin] == x[i * encoder->stride + j]);
        }
    }
    wbi_free(x);
}

static void every_storage_holds_the_same(void **state)
{
    (void)state;
    enum { N = 5000 };
    wb_features *frame = mixed_frame(N);
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    wbi_encoder *encoder[2];
    wbi_design *dense, *encoded;
    wb_error err;
    for (int order = 0; order < 3; order++) {
        for (size_t i = 0; i < N; i++) /* as they lie from the eighth on, every second one, all over */
            s.rows[i] = order == 0 ? (i + 7) % N : order == 1 ? 2 * (i % (N / 2)) : i * 1237 % N;
        for (int k = 0; k < 2; k++)
            assert_ok(wbi_encoder_create(&encoder[k], basis, frame->table, &err), &err);
        assert_ok(wbi_design_dense(&dense, encoder[0], s.rows, N, 2, &err), &err);
        assert_ok(wbi_design_encoded(&encoded, encoder[1], s.rows, N, 2, &err), &err);
        assert_memory_equal(dense->reach, encoded->reach, dense->n_columns * sizeof *dense->reach);
        assert_int_equal(dense->block_rows, encoded->block_rows);
        assert_holds_rows(dense, encoder[0], s.rows);
        assert_holds_rows(encoded, encoder[0], s.rows);
        wbi_design_free(dense);
        wbi_design_free(encoded);
        wbi_encoder_free(encoder[0]);
    }
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

/* The storage is told by its operations. */
static void rows_in_order_are_encoded_for_few_passes(void **state)
{
    (void)state;
    enum { N = 1000 };
    wb_features *frame = mixed_frame(N);
    sample s = sample_all(frame);
    wbi_basis *basis = fit(&s, true);
    wbi_encoder *encoder;
    wbi_design *dense, *design;
    wb_error err;
    assert_ok(wbi_encoder_create(&encoder, basis, frame->table, &err), &err);
    assert_ok(wbi_design_dense(&dense, encoder, s.rows, N, 1, &err), &err);
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < N / 2; i++) /* as they lie, with gaps, from the last to the first */
            s.rows[i] = kind < 2 ? i : kind == 2 ? 2 * i : N - 1 - i;
        const wbi_design_rows rows = {frame->table, s.rows, N / 2, kind != 1, 1, NULL};
        assert_ok(wbi_design_of_rows(&design, basis, &rows, &err), &err);
        assert_int_equal(design->ops == dense->ops, kind == 1 || kind == 3);
        wbi_design_free(design);
    }
    wbi_design_free(dense);
    wbi_encoder_free(encoder);
    wbi_basis_free(basis);
    sample_free(&s);
    wb_features_free(frame);
}

static void json_prints_and_complains(void **state)
{
    (void)state;
    json_t *value = json_loads("{\"a\": [1, 0.1, -1e-300], \"b\": {}, \"c\": [{\"d\": \"q\\\"\\u00e9\"}],"
                               "\"e\": null}",
                               0, NULL);
    wbi_buffer out = wbi_buffer_make(4096);
    wb_error err;
    assert_ok(wbi_json_print(&out, value, &err), &err);
    assert_ok(wbi_buffer_append(&out, "", 1, &err), &err);
    assert_string_equal(out.data, "{\n  \"a\": [1, 0.1, -1e-300],\n  \"b\": {},\n  \"c\": [\n    {\n"
                                  "      \"d\": \"q\\\"\xc3\xa9\"\n    }\n  ],\n  \"e\": null\n}");
    wbi_json_at at = {.value = value, .file = "m.json"}, array;
    double number;
    char text[256];
    assert_int_equal(wbi_json_number(&number, &at, "e", &err), WB_ERR_MALFORMED);
    assert_string_equal(wb_error_text(&err, text, sizeof text), "m.json: e: expected a number, found null");
    assert_ok(wbi_json_array(&array, &at, "c", &err), &err);
    wbi_json_at item = wbi_json_item(&array, 0);
    assert_int_equal(wbi_json_number(&number, &item, "d", &err), WB_ERR_MALFORMED);
    assert_string_equal(wb_error_text(&err, text, sizeof text), "m.json: c[0].d: expected a number, found text");
    wbi_buffer_free(&out);
    json_decref(value);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = channels();
    sample s = sample_all(frame);
    size_t feature = 0;
    wb_status status = WB_ERR_NOMEM;
    wbi_basis_options options = {.penalised = false, .n_threads = 1};
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_basis *basis = NULL;
        wbi_encoder *encoder = NULL;
        wbi_design *design = NULL, *encoded = NULL;
        wbi_alloc_fail_at(n);
        status = wbi_basis_fit(&basis, &s.of, &feature, 1, &options, NULL);
        if (status == WB_OK)
            status = wbi_encoder_create(&encoder, basis, frame->table, NULL);
        if (status == WB_OK)
            status = wbi_design_dense(&design, encoder, s.rows, s.of.n, 1, NULL);
        const wbi_design_rows rows = {frame->table, s.rows, s.of.n, true, 1, NULL};
        if (status == WB_OK)
            status = wbi_design_of_rows(&encoded, basis, &rows, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_design_free(design);
        wbi_design_free(encoded);
        wbi_encoder_free(encoder);
        wbi_basis_free(basis);
        assert_true(n < 1000);
    }
    sample_free(&s);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radix_sort_sorts),
        cmocka_unit_test(order_statistics_are_those_of_sorted_values),
        cmocka_unit_test(quantiles_of_what_is_not_finite_are_none),
        cmocka_unit_test(quantiles_reach_infinity),
        cmocka_unit_test(quantiles_by_hand),
        cmocka_unit_test(missing_numbers_take_the_median),
        cmocka_unit_test(categories_have_a_column_a_level),
        cmocka_unit_test(rare_is_counted_in_customers),
        cmocka_unit_test(unseen_levels_are_pooled),
        cmocka_unit_test(names_of_special_levels),
        cmocka_unit_test(constants_are_dropped),
        cmocka_unit_test(dense_design),
        cmocka_unit_test(every_storage_holds_the_same),
        cmocka_unit_test(rows_in_order_are_encoded_for_few_passes),
        cmocka_unit_test(json_prints_and_complains),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
