/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches by the Arrow C data interface, made by hand, in all layouts, and made wrong in every way. */
#include "test_util.h"

#include <winback/scorer.h>

#include "test_frame.h"

enum { N = 9, MAX_CHILDREN = 6 };

static wb_model *model;
static wb_scorer *scorer;
static const double recency[N] = {3, 250, 40, 0, 90, 17, 1, 1, 100}, csat[N] = {5, NAN, 1, 3, NAN, 2, 4, 4, 1};
static const char *const channel[N] = {"web", "store", NULL, "fax", "pigeon", "app", "web", "", "phone"};
static double expected[N];

/* ---- batches ---- */

typedef struct child {
    struct ArrowSchema schema, dictionary_schema;
    struct ArrowArray array, dictionary;
    const void *buffers[6], *dictionary_buffers[6];
} child;

typedef struct batch {
    struct ArrowSchema schema, *schemas[MAX_CHILDREN];
    struct ArrowArray array, *arrays[MAX_CHILDREN];
    child children[MAX_CHILDREN];
    const void *buffers[1];
} batch;

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
    fail_msg("what was given was released");
}

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
    fail_msg("what was given was released");
}

static void start(batch *b, size_t n_rows)
{
    memset(b, 0, sizeof *b);
    b->schema = (struct ArrowSchema){.format = "+s", .name = "", .children = b->schemas, .release = release_schema};
    b->array = (struct ArrowArray){.length = (int64_t)n_rows, .n_buffers = 1, .buffers = b->buffers, .children = b->arrays,
                                   .release = release_array};
}

/* A column whose bitmap and data are these; the texts' bytes come third. */
static child *add(batch *b, const char *name, const char *format, const void *valid, const void *data, const void *bytes)
{
    const size_t k = (size_t)b->schema.n_children++;
    b->array.n_children++;
    child *c = &b->children[k];
    c->buffers[0] = valid;
    c->buffers[1] = data;
    c->buffers[2] = bytes;
    c->schema = (struct ArrowSchema){.format = format, .name = name, .flags = ARROW_FLAG_NULLABLE, .release = release_schema};
    c->array = (struct ArrowArray){.length = b->array.length + b->array.offset,
                                   .null_count = -1,
                                   .n_buffers = bytes == NULL ? 2 : 3,
                                   .buffers = c->buffers,
                                   .release = release_array};
    b->schemas[k] = &c->schema;
    b->arrays[k] = &c->array;
    return c;
}

static void set_dictionary(child *c, const char *format, size_t n, const void *data, const void *bytes)
{
    c->dictionary_buffers[1] = data;
    c->dictionary_buffers[2] = bytes;
    c->dictionary_schema = (struct ArrowSchema){.format = format, .release = release_schema};
    c->dictionary = (struct ArrowArray){.length = (int64_t)n, .n_buffers = 3, .buffers = c->dictionary_buffers, .release = release_array};
    c->schema.dictionary = &c->dictionary_schema;
    c->array.dictionary = &c->dictionary;
}

static wb_status score(const batch *b, struct ArrowSchema *out_schema, struct ArrowArray *out, wb_error *err)
{
    return wb_scorer_arrow(scorer, &b->schema, &b->array, out_schema, out, err);
}

static void assert_scores(const batch *b, const double *want, size_t n)
{
    struct ArrowSchema schema;
    struct ArrowArray out;
    wb_error err;
    assert_ok(score(b, &schema, &out, &err), &err);
    assert_string_equal(schema.format, "g");
    assert_int_equal(schema.n_children, 0);
    assert_int_equal(out.length, n);
    assert_int_equal(out.null_count, 0);
    assert_int_equal(out.offset, 0);
    assert_int_equal(out.n_buffers, 2);
    assert_null(out.buffers[0]);
    for (size_t i = 0; i < n; i++)
        assert_true(((const double *)out.buffers[1])[i] == want[i]);
    out.release(&out);
    schema.release(&schema);
    assert_null(out.release);
    assert_null(schema.release);
}

static void assert_refused(const batch *b, wb_status code, const char *part)
{
    struct ArrowSchema schema;
    struct ArrowArray out;
    wb_error err;
    assert_int_equal(score(b, &schema, &out, &err), code);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' lacks '%s'", err.message, part);
    assert_null(schema.release);
    assert_null(out.release);
}

/* Texts one behind the other: "web", "store", (null), "fax", "pigeon", "app", "web", "", "phone". */
static const char bytes[] = "webstorefaxpigeonappwebphone";
static const int32_t ends[N + 1] = {0, 3, 8, 8, 11, 17, 20, 23, 23, 28};
static const uint8_t valid_texts[] = {0xfb, 0xff};

static void plain(batch *b)
{
    start(b, N);
    add(b, "extra", "tdD", NULL, NULL, NULL); /* a date, which nobody reads */
    add(b, "channel", "u", valid_texts, ends, bytes);
    add(b, "csat", "g", NULL, csat, NULL);
    add(b, "recency", "g", NULL, recency, NULL);
}

static int set_up(void **state)
{
    (void)state;
    wb_features *shop = frame_shop(1500), *new = frame_create();
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_error err;
    const char *given[N];
    options.lambda = 0.02;
    assert_ok(wb_train(&model, shop, &options, &err), &err);
    assert_ok(wb_scorer_create(&scorer, model, &err), &err);
    for (size_t i = 0; i < N; i++) /* a text without bytes is missing */
        given[i] = channel[i] != NULL && *channel[i] == '\0' ? NULL : channel[i];
    frame_numbers(new, "recency", recency, N);
    frame_numbers(new, "csat", csat, N);
    frame_words(new, "channel", WB_TYPE_CATEGORY, given, N);
    assert_ok(wb_score_table(model, new->table, expected, NULL, 1, &err), &err);
    wb_features_free(new);
    wb_features_free(shop);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    wb_scorer_free(scorer);
    wb_model_free(model);
    return 0;
}

/* ---- layouts ---- */

static void a_batch_is_scored_as_a_table(void **state)
{
    (void)state;
    batch b;
    plain(&b);
    assert_scores(&b, expected, N);
}

/* The whole numbers of `recency`, which all types hold. */
static void numbers_of_all_types(void **state)
{
    (void)state;
    int8_t c[N];
    uint8_t C[N];
    int16_t s[N];
    uint16_t S[N];
    int32_t i4[N];
    uint32_t I[N];
    int64_t l[N];
    uint64_t L[N];
    float f[N];
    char odd[N * sizeof(double) + 1];
    double small[N];
    double want[N];
    const struct {
        const char *format;
        const void *data;
    } types[] = {{"c", c}, {"C", C}, {"s", s}, {"S", S}, {"i", i4}, {"I", I}, {"l", l}, {"L", L}, {"f", f}, {"g", odd + 1}};
    for (size_t k = 0; k < N; k++) {
        small[k] = fmin(recency[k], 100);
        c[k] = (int8_t)small[k];
        C[k] = (uint8_t)small[k];
        s[k] = (int16_t)small[k];
        S[k] = (uint16_t)small[k];
        i4[k] = (int32_t)small[k];
        I[k] = (uint32_t)small[k];
        l[k] = (int64_t)small[k];
        L[k] = (uint64_t)small[k];
        f[k] = (float)small[k];
    }
    memcpy(odd + 1, small, sizeof small);
    batch b;
    plain(&b);
    b.children[3].buffers[1] = small;
    struct ArrowSchema schema;
    struct ArrowArray out;
    assert_int_equal(score(&b, &schema, &out, NULL), WB_OK);
    memcpy(want, out.buffers[1], sizeof want);
    out.release(&out);
    schema.release(&schema);
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        b.children[3].schema.format = types[k].format;
        b.children[3].buffers[1] = types[k].data;
        assert_scores(&b, want, N);
    }
}

static void bits_nulls_and_nothing(void **state)
{
    (void)state;
    static const uint8_t bits[] = {0x5a, 0x01}, known[] = {0xed, 0x01};
    double numbers[N], want[N];
    for (size_t i = 0; i < N; i++)
        numbers[i] = (known[i / 8] >> i % 8 & 1) != 0 ? bits[i / 8] >> i % 8 & 1 : (double)NAN;
    batch b;
    struct ArrowSchema schema;
    struct ArrowArray out;
    plain(&b);
    b.children[2].buffers[1] = numbers;
    assert_int_equal(score(&b, &schema, &out, NULL), WB_OK);
    memcpy(want, out.buffers[1], sizeof want);
    out.release(&out);
    schema.release(&schema);
    plain(&b);
    b.children[2].schema.format = "b";
    b.children[2].buffers[0] = known;
    b.children[2].buffers[1] = bits;
    assert_scores(&b, want, N);
    for (size_t i = 0; i < N; i++)
        numbers[i] = i == 1 || i == 4 ? -5 : numbers[i]; /* what a null hides does not matter */
    plain(&b);
    b.children[2].buffers[0] = known;
    b.children[2].buffers[1] = numbers;
    assert_scores(&b, want, N);
    plain(&b);
    b.children[2].schema.format = "n";
    b.children[2].array.n_buffers = 0;
    b.children[2].array.buffers = NULL;
    for (size_t i = 0; i < N; i++)
        numbers[i] = (double)NAN;
    assert_int_equal(score(&b, &schema, &out, NULL), WB_OK);
    memcpy(want, out.buffers[1], sizeof want);
    out.release(&out);
    schema.release(&schema);
    plain(&b);
    b.children[2].buffers[1] = numbers;
    assert_scores(&b, want, N);
}

static void texts_of_all_layouts(void **state)
{
    (void)state;
    int64_t large[N + 1];
    for (size_t i = 0; i <= N; i++)
        large[i] = ends[i];
    batch b;
    plain(&b);
    b.children[1].schema.format = "U";
    b.children[1].buffers[1] = large;
    assert_scores(&b, expected, N);

    /* A view of at most 12 bytes holds them; of more the place in a buffer. */
    static const char longer[] = "xxa level of more than twelve bytes";
    static const int64_t longer_bytes[] = {sizeof longer - 1};
    struct {
        int32_t length;
        char inlined[12];
    } views[N];
    memset(views, 0, sizeof views);
    for (size_t i = 0; i < N; i++) {
        views[i].length = ends[i + 1] - ends[i];
        memcpy(views[i].inlined, bytes + ends[i], (size_t)views[i].length);
    }
    const int32_t place[] = {0, 2};
    views[4].length = (int32_t)sizeof longer - 3; /* unseen, as "pigeon" is */
    memcpy(views[4].inlined, longer + 2, 4);
    memcpy(views[4].inlined + 4, place, sizeof place);
    b.children[1].schema.format = "vu";
    b.children[1].buffers[1] = views;
    b.children[1].buffers[2] = longer;
    b.children[1].buffers[3] = longer_bytes;
    b.children[1].array.n_buffers = 4;
    assert_scores(&b, expected, N);
    views[4].length++;
    assert_refused(&b, WB_ERR_ARGUMENT, "'channel' is no Arrow array: the text of row 4 leads nowhere");
    views[4].length = -1;
    assert_refused(&b, WB_ERR_ARGUMENT, "row 4");
    views[4].length = 20;
    const int32_t nowhere[] = {1, 0}, before[] = {0, -1};
    memcpy(views[4].inlined + 4, nowhere, sizeof nowhere);
    assert_refused(&b, WB_ERR_ARGUMENT, "row 4");
    memcpy(views[4].inlined + 4, before, sizeof before);
    assert_refused(&b, WB_ERR_ARGUMENT, "row 4");
}

/* "app", "fax", null, "phone", "pigeon", "store", "web", "" and more entries than there are rows. */
static void dictionaries(void **state)
{
    (void)state;
    static const char level_bytes[] = "appfaxphonepigeonstorewebmoremoremore";
    static const int32_t level_ends[] = {0, 3, 6, 6, 11, 17, 22, 25, 25, 29, 33, 37};
    static const uint8_t valid_levels[] = {0xfb, 0x07};
    static const int index[N] = {6, 5, 2, 1, 4, 0, 6, 7, 3};
    static const char formats[][2] = {"c", "C", "s", "S", "i", "I", "l", "L"};
    for (size_t n_levels = 8; n_levels <= 11; n_levels += 3)
        for (size_t k = 0; k < 8; k++) {
            int64_t indices[N + 1];
            const size_t size = (size_t)1 << k / 2;
            for (size_t i = 0; i < N; i++)
                memcpy((char *)indices + i * size, &index[i], size < 4 ? size : 4);
            for (size_t i = 0; i < N && size == 8; i++)
                indices[i] = index[i];
            batch b;
            plain(&b);
            b.children[1].schema.format = formats[k];
            b.children[1].buffers[0] = NULL;
            b.children[1].buffers[1] = indices;
            b.children[1].array.n_buffers = 2;
            set_dictionary(&b.children[1], "u", n_levels, level_ends, level_bytes);
            b.children[1].dictionary_buffers[0] = valid_levels;
            b.children[1].dictionary.null_count = 1;
            assert_scores(&b, expected, N);
            memset((char *)indices + 3 * size, k % 2 == 0 ? 0xff : 0x7f, size); /* -1, or beyond the last */
            assert_refused(&b, WB_ERR_ARGUMENT, "'channel' is no Arrow array: the index of row 3 leads nowhere");
            static const uint8_t all_but_one[] = {0xf7, 0xff};
            b.children[1].buffers[0] = all_but_one;
            b.children[1].array.null_count = 1;
            struct ArrowSchema schema;
            struct ArrowArray out;
            assert_int_equal(score(&b, &schema, &out, NULL), WB_OK); /* what a null hides does not matter */
            out.release(&out);
            schema.release(&schema);
        }
}

/* Of the batch and of each column, and rows of the batch that are null: all of them missing. */
static void offsets(void **state)
{
    (void)state;
    double shifted[N + 3];
    for (size_t i = 0; i < N + 3; i++)
        shifted[i] = i < 3 ? 1e9 : recency[i - 3];
    batch b;
    plain(&b);
    b.array.offset = 2;
    b.array.length = N - 2;
    assert_scores(&b, expected + 2, N - 2);
    b.children[3].buffers[1] = shifted;
    b.children[3].array.offset = 3;
    assert_scores(&b, expected + 2, N - 2);
    static const uint8_t valid[] = {0xef, 0x01};
    b.buffers[0] = valid;
    b.array.null_count = 1;
    double want[N];
    memcpy(want, expected, sizeof want);
    double row[3] = {NAN, NAN, NAN};
    wb_scorer_rows(scorer, &(wb_scores){&want[4], NULL}, row, 3, 1);
    assert_true(want[4] != expected[4]);
    assert_scores(&b, want + 2, N - 2);
}

static void many_rows_and_none(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static double more_recency[MANY], more_csat[MANY], want[MANY];
    static int32_t more_ends[MANY + 1];
    static char more_bytes[3 * MANY + 1];
    for (size_t i = 0; i < MANY; i++) {
        more_recency[i] = recency[0];
        more_csat[i] = csat[0];
        memcpy(more_bytes + 3 * i, "web", 3);
        more_ends[i + 1] = more_ends[i] + 3;
        want[i] = expected[0];
    }
    batch b;
    start(&b, MANY);
    add(&b, "recency", "g", NULL, more_recency, NULL);
    add(&b, "csat", "g", NULL, more_csat, NULL);
    add(&b, "channel", "u", NULL, more_ends, more_bytes);
    assert_scores(&b, want, MANY);
    start(&b, 0);
    add(&b, "recency", "g", NULL, NULL, NULL);
    add(&b, "csat", "g", NULL, NULL, NULL);
    add(&b, "channel", "u", NULL, NULL, bytes);
    assert_scores(&b, want, 0);
}

/* ---- what is wrong ---- */

static void columns_that_do_not_suit(void **state)
{
    (void)state;
    static const char *const numbers[] = {"d:10,2", "u", "tsu:UTC", "e", "z", "+l", "+s", "", "gg", "w:8"};
    batch b;
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        plain(&b);
        b.children[3].schema.format = numbers[k];
        assert_refused(&b, WB_ERR_INCONSISTENT, "column 'recency' has the Arrow format '");
    }
    assert_refused(&b, WB_ERR_INCONSISTENT, "'w:8', the model reads numbers");
    static const char *const texts[] = {"g", "z", "b", "i", "d:3,1"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        plain(&b);
        b.children[1].schema.format = texts[k];
        assert_refused(&b, WB_ERR_INCONSISTENT, "the model reads categories");
    }
    plain(&b);
    b.children[3].schema.name = "recensy";
    assert_refused(&b, WB_ERR_INCONSISTENT, "no column 'recency', which the model reads; did you mean 'recensy'?");
    b.children[3].schema.name = NULL;
    assert_refused(&b, WB_ERR_INCONSISTENT, "no column 'recency', which the model reads");
    plain(&b);
    b.children[0].schema.name = "csat";
    assert_refused(&b, WB_ERR_INCONSISTENT, "2 columns are named 'csat'");
    plain(&b);
    set_dictionary(&b.children[3], "g", 1, recency, NULL);
    b.children[3].schema.format = "c";
    assert_refused(&b, WB_ERR_INCONSISTENT, "the Arrow format 'dictionary', the model reads numbers");
    plain(&b);
    set_dictionary(&b.children[1], "g", 1, recency, NULL);
    b.children[1].schema.format = "c";
    b.children[1].array.n_buffers = 2;
    assert_refused(&b, WB_ERR_INCONSISTENT, "the model reads categories");
}

#define WRONG(member, value, part)                 \
    do {                                           \
        plain(&b);                                 \
        b.member = value;                          \
        assert_refused(&b, WB_ERR_ARGUMENT, part); \
    } while (0)

static void structs_that_contradict_themselves(void **state)
{
    (void)state;
    batch b;
    WRONG(schema.release, NULL, "released");
    WRONG(array.release, NULL, "released");
    WRONG(schema.format, NULL, "not a struct of columns");
    WRONG(schema.format, "g", "not a struct of columns");
    WRONG(schema.n_children, -1, "columns");
    WRONG(array.n_children, 3, "3 columns, its schema 4");
    WRONG(schema.children, NULL, "columns");
    WRONG(array.children, NULL, "columns");
    WRONG(schemas[0], NULL, "column 0");
    WRONG(arrays[3], NULL, "column 3");
    WRONG(children[1].schema.release, NULL, "column 1");
    WRONG(children[1].array.release, NULL, "column 1");
    WRONG(array.length, -1, "-1 rows");
    WRONG(array.length, INT64_MIN, "rows");
    WRONG(array.offset, -1, "from -1 on");
    WRONG(array.offset, INT64_MAX, "from 9223372036854775807 on");
    WRONG(array.offset, 1, "shorter than the batch");
    WRONG(array.length, N + 1, "shorter than the batch");
    WRONG(children[3].array.length, -1, "'recency' is no Arrow array: its length or offset is negative");
    WRONG(children[3].array.offset, -1, "negative");
    WRONG(children[3].array.offset, INT64_MAX, "too large");
    WRONG(children[3].array.length, N - 1, "shorter than the batch");
    WRONG(children[3].array.buffers, NULL, "a buffer is missing");
    WRONG(children[3].buffers[1], NULL, "a buffer is missing");
    WRONG(children[3].array.n_buffers, 1, "another number of buffers");
    WRONG(children[3].array.n_buffers, INT64_MIN, "another number of buffers");
    WRONG(children[1].array.n_buffers, 2, "another number of buffers");
    WRONG(children[3].array.null_count, 1, "no bitmap");
    WRONG(children[3].schema.format, NULL, "its format is missing");
    WRONG(children[1].buffers[2], NULL, "the text of row 0 leads nowhere");
    int32_t falling[N + 1];
    memcpy(falling, ends, sizeof ends);
    falling[5] = 2;
    WRONG(children[1].buffers[1], falling, "the text of row 4 leads nowhere");
    falling[5] = INT32_MIN;
    WRONG(children[1].buffers[1], falling, "the text of row 4 leads nowhere");
    plain(&b);
    set_dictionary(&b.children[1], "u", 3, ends, bytes);
    assert_refused(&b, WB_ERR_ARGUMENT, "not indexed by integers");
    b.children[1].schema.format = "c";
    b.children[1].array.n_buffers = 2;
    b.children[1].dictionary.length = -1;
    assert_refused(&b, WB_ERR_ARGUMENT, "negative");
    b.children[1].dictionary.length = 3;
    b.children[1].dictionary.release = NULL;
    assert_refused(&b, WB_ERR_ARGUMENT, "its dictionary is missing");
    b.children[1].array.dictionary = NULL;
    assert_refused(&b, WB_ERR_ARGUMENT, "its dictionary is missing");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const int8_t indices[N] = {0, 1, 0, 1, 0, 1, 0, 1, 0};
    batch b;
    plain(&b);
    b.children[1].schema.format = "c";
    b.children[1].buffers[1] = indices;
    b.children[1].array.n_buffers = 2;
    set_dictionary(&b.children[1], "u", 2, ends, bytes);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        struct ArrowSchema schema;
        struct ArrowArray out;
        wbi_alloc_fail_at(n);
        status = score(&b, &schema, &out, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || (status == WB_ERR_NOMEM && out.release == NULL && schema.release == NULL));
        assert_true(n < 20);
        if (status == WB_OK) {
            out.release(&out);
            schema.release(&schema);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_scored_as_a_table),
        cmocka_unit_test(numbers_of_all_types),
        cmocka_unit_test(bits_nulls_and_nothing),
        cmocka_unit_test(texts_of_all_layouts),
        cmocka_unit_test(dictionaries),
        cmocka_unit_test(offsets),
        cmocka_unit_test(many_rows_and_none),
        cmocka_unit_test(columns_that_do_not_suit),
        cmocka_unit_test(structs_that_contradict_themselves),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
