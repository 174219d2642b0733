/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of customers who were mailed within the window of their label: found, left out, learned from. */
#include "test_util.h"

#include "base/memory.h"
#include "model/model.h"
#include "people_testing.h"
#include "train_testing.h"

#define HEADER "customer_id,at,campaign,arm,offer\n"

/* Labels look at [cutoff + 10 d, cutoff + 40 d). */
static const char definitions[] =
    "{\"tables\": {\"orders\": {}}, \"label\": {\"name\": \"churned\", \"absent\": \"orders\", \"gap\": \"10d\", \"horizon\": \"30d\"}}";

static wb_features *define(wb_features *frame)
{
    frame->definitions = wbi_strdup(definitions);
    return frame;
}

/* a at days 0 and 40, b to e at day 0; the label of e is missing. */
static wb_features *frame_few(void)
{
    static const char *const ids[] = {"a", "b", "a", "c", "d", "e"};
    static const int64_t cutoffs_us[] = {0, 0, 40 * WB_DAY_US, 0, 0, 0};
    static const double labels[] = {0, 1, 1, 0, 1, NAN};
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, ids, 6);
    frame_times(frame, "cutoff", cutoffs_us, 6);
    frame_numbers(frame, "label_churned", labels, 6);
    return define(frame);
}

static heard ears;
static const wb_log listening = {hear, NULL, &ears};

static wb_train_options options_of(void)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "churned";
    options.n_threads = 1;
    options.log = &listening;
    ears = (heard){.text = ""};
    return options;
}

static void assert_bytes(const uint8_t *bytes, const char *expected)
{
    for (size_t i = 0; expected[i] != '\0'; i++)
        if (bytes[i] != expected[i] - '0')
            fail_msg("byte %zu is %d, expected %s", i, bytes[i], expected);
}

/* By hand. Windows: [1970-01-11, 1970-02-10) of cutoff 0, [1970-02-20, 1970-03-22) of a's second. */
static void found(void **state)
{
    (void)state;
    uint8_t mailed[6], use_row[6];
    wb_contacted_rows rows;
    wb_error err;
    wb_features *frame = frame_few();
    const wb_train_options options = options_of();
    put("contacts.csv", HEADER "a,1970-01-11,w,list,\n"               /* the first moment */
                               "b,1970-01-10T23:59:59.999999Z,w,list,\n" /* too early */
                               "c,1970-02-10,w,list,\n"               /* the end is exclusive */
                               "d,1970-02-09T23:59:59.999999Z,w,control,\n"
                               "e,1970-01-20,w,list,\n"
                               "z,1970-01-20,w,list,\n");
    assert_ok(wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_KEEP, "contacts.csv", &err), &err);
    assert_bytes(mailed, "100001");
    assert_bytes(use_row, "111111");
    assert_int_equal(rows.n_rows, 5);
    assert_int_equal(rows.n_mailed, 1);
    assert_int_equal(rows.n_held_out, 1);
    assert_int_equal(rows.n_left_out, 0);
    assert_int_equal(ears.n_warnings, 1);
    assert_non_null(strstr(ears.text, "20.0 % of the rows (1 of 5) are of customers who were mailed within the window of the label"));
    wb_features_free(frame);
}

/* A customer that was held out stays, whoever else mailed it; rows that were not to be used are not used. */
static void dropped(void **state)
{
    (void)state;
    uint8_t mailed[6], use_row[6];
    const uint8_t wanted[] = {1, 1, 1, 1, 0, 1};
    wb_contacted_rows rows;
    wb_error err;
    wb_features *frame = frame_few();
    wb_train_options options = options_of();
    options.use_row = wanted;
    put("contacts.csv", HEADER "a,1970-03-01,w,list,\nb,1970-01-20,w,list,\nb,1970-01-20,v,control,\nc,1970-01-20,v,control,\nd,1970-01-20,w,list,\n");
    assert_ok(wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_DROP, "contacts.csv", &err), &err);
    assert_bytes(mailed, "011010");
    assert_bytes(use_row, "110101");
    assert_int_equal(rows.n_rows, 4);
    assert_int_equal(rows.n_mailed, 2);
    assert_int_equal(rows.n_held_out, 2);
    assert_int_equal(rows.n_left_out, 1);
    assert_int_equal(ears.n_warnings, 0);
    assert_non_null(strstr(ears.text, "1 of 4 rows left out"));
    unlink("contacts.csv"); /* before the first campaign */
    assert_ok(wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_DROP, "contacts.csv", &err), &err);
    assert_bytes(mailed, "000000");
    assert_bytes(use_row, "111101");
    wb_features_free(frame);
}

static void just_five_percent(void **state)
{
    (void)state;
    uint8_t mailed[2000], use_row[2000];
    wb_contacted_rows rows;
    wb_error err;
    static const size_t n_mailed[] = {100, 101};
    for (size_t k = 0; k < 2; k++) {
        wb_features *frame = frame_create();
        static char names[2000][8];
        const char *ids[2000];
        int64_t cutoffs_us[2000] = {0};
        double labels[2000];
        FILE *file = fopen("contacts.csv", "w");
        fputs(HEADER, file);
        for (size_t i = 0; i < 2000; i++) {
            snprintf(names[i], sizeof names[i], "c%zu", i);
            ids[i] = names[i];
            labels[i] = i % 2 == 0;
            if (i < n_mailed[k])
                fprintf(file, "c%zu,1970-01-20,w,list,\n", i);
        }
        fclose(file);
        frame_words(frame, "customer_id", WB_TYPE_TEXT, ids, 2000);
        frame_times(frame, "cutoff", cutoffs_us, 2000);
        frame_numbers(frame, "label_churned", labels, 2000);
        const wb_train_options options = options_of();
        assert_ok(wb_find_contacted(mailed, use_row, &rows, define(frame), &options, WB_CONTACTED_KEEP, "contacts.csv", &err), &err);
        assert_int_equal(rows.n_mailed, n_mailed[k]);
        assert_int_equal(ears.n_warnings, k);
        wb_features_free(frame);
    }
}

static void refused(void **state)
{
    (void)state;
    uint8_t mailed[6], use_row[6];
    wb_contacted_rows rows;
    wb_error err;
    wb_features *frame = frame_few();
    const wb_train_options options = options_of();
    put("contacts.csv", HEADER "a,yesterday,w,list,\n");
    assert_int_not_equal(wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_KEEP, "contacts.csv", &err), WB_OK);
    assert_told(&err, WB_ERR_MALFORMED, "contacts.csv", 2, "at 'yesterday'");
    put("contacts.csv", HEADER);
    wbi_free(frame->definitions);
    frame->definitions = NULL;
    assert_int_not_equal(wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_KEEP, "contacts.csv", &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "", 0, "the features do not say how far the label churned looks ahead");
    wb_features_free(frame);
    frame = frame_create();
    static const double labels[] = {0, 1};
    frame_numbers(frame, "label_churned", labels, 2);
    assert_int_not_equal(wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_KEEP, "contacts.csv", &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "", 0, "no column 'customer_id'");
    wb_features_free(frame);
}

static void allocations_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_few();
    wb_train_options options = options_of();
    options.log = NULL;
    put("contacts.csv", HEADER "a,1970-01-11,w,list,\n");
    uint64_t n_failed = 0;
    for (uint64_t n = 1;; n++) {
        uint8_t mailed[6], use_row[6];
        wb_contacted_rows rows;
        wb_error err;
        wbi_alloc_fail_at(n);
        const wb_status status = wb_find_contacted(mailed, use_row, &rows, frame, &options, WB_CONTACTED_KEEP, "contacts.csv", &err);
        const bool reached = wbi_alloc_count() >= n;
        wbi_alloc_fail_at(0);
        if (!reached)
            break;
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        n_failed += status == WB_ERR_NOMEM;
    }
    assert_true(n_failed > 10);
    wb_features_free(frame);
}

/* ---- the feature ---- */

enum { N = 3000 };

/* The shop, in which a third was mailed, and stayed for it; as `name` the same is a column. */
static wb_features *mailed_shop(uint8_t mailed[N], const char *name)
{
    wb_features *frame = frame_shop(N);
    double column[N], *label = frame->table->columns[wb_table_find(frame->table, "label_churned")].numbers;
    uint64_t state = 5;
    for (size_t i = 0; i < N; i++) {
        mailed[i] = frame_uniform(&state) < 1 / 3.0;
        if (mailed[i] && frame_uniform(&state) < 0.5)
            label[i] = 0;
        column[i] = mailed[i];
    }
    if (name != NULL)
        frame_numbers(frame, name, column, N);
    return frame;
}

/* Fits with the column as one of the features, which is then set to 0 by hand, and lets training do the same: the same
 * probabilities, intervals and coefficients. */
static void assert_same(const wb_train_options *like)
{
    uint8_t mailed[N];
    static double expected[N], probability[N], low[2][N], high[2][N];
    wb_error err;
    wb_features *plain = mailed_shop(mailed, NULL), *with = mailed_shop(mailed, "was_mailed");
    wb_train_options options = *like;
    wb_model *full = train(with, &options);
    options.contacted = mailed;
    wb_model *folded = train(plain, &options);
    assert_true(has_column(full, "was_mailed"));
    assert_false(has_column(folded, "contacted"));
    assert_true(raw(full, "was_mailed") < -0.2);
    memset(with->table->columns[wb_table_find(with->table, "was_mailed")].numbers, 0, N * sizeof(double));
    assert_ok(wb_score_table(full, with->table, expected, NULL, 1, &err), &err);
    assert_ok(wb_score_table(folded, plain->table, probability, NULL, 1, &err), &err);
    for (size_t i = 0; i < N; i++)
        assert_close(probability[i], expected[i], 1e-12);
    for (size_t j = 0; j < wb_model_n_coefficients(folded); j++) {
        const wb_coefficient c = wb_model_coefficient(folded, j);
        size_t k = 0;
        while (strcmp(wb_model_coefficient(full, k).column, c.column) != 0)
            k++;
        const wb_coefficient was = wb_model_coefficient(full, k);
        assert_close(c.raw, was.raw, 1e-9);
        assert_close(c.se_raw, was.se_raw, 1e-9);
        assert_close(c.p, was.p, 1e-9);
        assert_close(c.raw_95.low, was.raw_95.low, 1e-9);
    }
    if (wb_score_intervals(full, NULL, with->table, low[0], high[0], 1, &err) == WB_OK) {
        assert_ok(wb_score_intervals(folded, NULL, plain->table, low[1], high[1], 1, &err), &err);
        for (size_t i = 0; i < N; i++) {
            assert_close(low[1][i], low[0][i], 1e-10);
            assert_close(high[1][i], high[0][i], 1e-10);
        }
    }
    char *bytes = model_bytes(folded); /* and it can be kept */
    assert_null(strstr(bytes, "contacted"));
    wbi_free(bytes);
    wb_model_free(full);
    wb_model_free(folded);
    wb_features_free(plain);
    wb_features_free(with);
}

static void set_to_zero(void **state)
{
    (void)state;
    wb_train_options options = options_of();
    options.n_folds = 0;
    options.lambda = 0.01;
    assert_same(&options);
    assert_non_null(strstr(ears.text, "contacted adds -"));
    options.penalty = WB_PENALTY_NONE;
    options.lambda = WB_LAMBDA_AUTO;
    assert_same(&options);
    options.penalty = WB_PENALTY_LASSO;
    options.lambda = 0.001;
    assert_same(&options);
}

static void set_to_zero_of_curves(void **state)
{
    (void)state;
    wb_train_options options = options_of();
    options.basis = WB_BASIS_AUTO;
    options.n_folds = 3;
    options.calibrate = WB_CALIBRATION_PLATT;
    assert_same(&options);
}

/* Nobody mailed: a constant, which is no term. A column of that name would be meant twice. */
static void nobody_mailed(void **state)
{
    (void)state;
    static uint8_t mailed[N], none[N];
    wb_features *plain = mailed_shop(mailed, NULL), *with = mailed_shop(mailed, "contacted");
    wb_train_options options = options_of();
    wb_error err;
    options.lambda = 0.01;
    options.n_folds = 0;
    wb_model *expected = train(plain, &options), *none_mailed;
    options.contacted = none;
    none_mailed = train(plain, &options);
    char *a = model_bytes(expected), *b = model_bytes(none_mailed);
    assert_string_equal(a, b);
    wbi_free(a);
    wbi_free(b);
    wb_model_free(expected);
    wb_model_free(none_mailed);
    wb_model *refused_model = NULL;
    assert_int_equal(wb_train(&refused_model, with, &options, &err), WB_ERR_INCONSISTENT);
    assert_told(&err, WB_ERR_INCONSISTENT, "", 0, "have a column contacted already");
    wb_features_free(plain);
    wb_features_free(with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(found), CASE(dropped), CASE(just_five_percent), CASE(refused), CASE(allocations_fail),
                                       CASE(set_to_zero), CASE(set_to_zero_of_curves), CASE(nobody_mailed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
