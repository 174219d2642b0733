/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packed columns give back what was put into them, bit for bit. */
#include "test_util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "table/packed.h"

enum { N_ROWS = 3000 };

typedef struct columns {
    double numbers[N_ROWS];
    int64_t times[N_ROWS];
    int32_t levels[N_ROWS]; /* -1: missing */
} columns;

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Rows begin to end as one part, in wide columns or, as far as they fit, in narrow ones. */
static void put_rows(wbi_packed_rows *part, wbi_dictionary *levels, const columns *c, size_t begin, size_t end)
{
    wb_error err;
    part->n_rows = 0;
    assert_ok(wbi_packed_reserve(part, N_ROWS, &err), &err);
    for (size_t i = begin; i < end; i++) {
        char text[16];
        int32_t *code = &wbi_packed_codes(&part->columns[2])[i - begin];
        int n = snprintf(text, sizeof text, "%d", c->levels[i]);
        assert_ok(wbi_packed_set_number(part, 0, i - begin, c->numbers[i], i - begin, &err), &err);
        assert_ok(wbi_packed_set_time(part, 1, i - begin, c->times[i], i - begin, &err), &err);
        *code = -1;
        if (c->levels[i] >= 0)
            assert_ok(wbi_dictionary_intern(levels, text, (size_t)n, code, &err), &err);
    }
    part->n_rows = end - begin;
}

/* Appends the rows piece by piece, in wide and in narrow parts by turns. */
static void pack(wbi_packed_rows *packed, const columns *c, size_t n_rows, size_t piece, size_t n_expected)
{
    wb_error err;
    wbi_packed_rows parts[2] = {{0}, {0}};
    *packed = (wbi_packed_rows){0};
    assert_ok(wbi_packed_add_column(packed, WBI_PACKED_HUNDREDTHS, NULL, &err), &err);
    assert_ok(wbi_packed_add_column(packed, WBI_PACKED_SECONDS, NULL, &err), &err);
    assert_ok(wbi_packed_add_column(packed, WBI_PACKED_SMALL_CODES, NULL, &err), &err);
    wbi_dictionary *levels = packed->columns[2].dictionary;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(wbi_packed_add_column(&parts[i], i == 0 ? WBI_PACKED_HUNDREDTHS : WBI_PACKED_DOUBLES, NULL, &err), &err);
        assert_ok(wbi_packed_add_column(&parts[i], i == 0 ? WBI_PACKED_SECONDS : WBI_PACKED_MICROSECONDS, NULL, &err), &err);
        assert_ok(wbi_packed_add_column(&parts[i], WBI_PACKED_CODES, levels, &err), &err);
    }
    for (size_t begin = 0, end, turn = 0; begin < n_rows || begin == 0; begin = end, turn++) {
        end = n_rows - begin < piece ? n_rows : begin + piece;
        put_rows(&parts[turn % 2], levels, c, begin, end);
        assert_ok(wbi_packed_append(packed, &parts[turn % 2], n_expected, &err), &err);
        if (end == n_rows)
            break;
    }
    wbi_packed_free(&parts[0]);
    wbi_packed_free(&parts[1]);
}

static int order_of_numbers(double x, double y)
{
    if (isnan(x) || isnan(y))
        return (isnan(y) != 0) - (isnan(x) != 0);
    return (x > y) - (x < y);
}

static void check_comparisons(const wbi_packed_rows *packed, const columns *c, size_t n_rows)
{
    uint64_t state = 5;
    for (size_t i = 0; i < 4 * n_rows; i++) {
        size_t a = next_random(&state) % n_rows, b = next_random(&state) % n_rows;
        assert_int_equal(wbi_packed_compare(&packed->columns[0], NULL, a, b),
                         order_of_numbers(c->numbers[a], c->numbers[b]));
        assert_int_equal(wbi_packed_compare(&packed->columns[1], NULL, a, b),
                         (c->times[a] > c->times[b]) - (c->times[a] < c->times[b]));
    }
}

/* Packs, and looks at all values in reverse order. */
static void check_pieces(const columns *c, size_t n_rows, size_t piece, size_t n_expected, const wbi_packing packing[3])
{
    wbi_packed_rows packed;
    pack(&packed, c, n_rows, piece, n_expected);
    assert_int_equal(packed.n_rows, n_rows);
    assert_int_equal(packed.columns[0].packing, packing[0]);
    assert_int_equal(packed.columns[1].packing, packing[1]);
    assert_int_equal(packed.columns[2].packing, packing[2]);
    uint32_t *row = malloc((n_rows + 1) * sizeof *row);
    double *number = malloc((n_rows + 1) * sizeof *number);
    int64_t *time = malloc((n_rows + 1) * sizeof *time);
    wbi_str *text = malloc((n_rows + 1) * sizeof *text);
    for (size_t i = 0; i < n_rows; i++)
        row[i] = (uint32_t)(n_rows - 1 - i);
    wbi_packed_gather(&packed.columns[0], row, n_rows, number);
    wbi_packed_gather(&packed.columns[1], row, n_rows, time);
    wbi_packed_gather(&packed.columns[2], row, n_rows, text);
    for (size_t i = 0; i < n_rows; i++) {
        char level[16];
        assert_true(isnan(number[i]) ? isnan(c->numbers[row[i]]) : memcmp(&number[i], &c->numbers[row[i]], 8) == 0);
        assert_true(time[i] == c->times[row[i]]);
        assert_true(wbi_packed_time(&packed.columns[1], row[i]) == time[i]);
        snprintf(level, sizeof level, "%d", c->levels[row[i]]);
        if (c->levels[row[i]] < 0)
            assert_null(text[i].data);
        else
            assert_true(wbi_str_is(text[i], level));
    }
    if (n_rows > 0)
        check_comparisons(&packed, c, n_rows);
    free(row);
    free(number);
    free(time);
    free(text);
    wbi_packed_free(&packed);
}

static void check(const columns *c, size_t n_rows, wbi_packing numbers, wbi_packing times, wbi_packing codes)
{
    const wbi_packing packing[3] = {numbers, times, codes};
    check_pieces(c, n_rows, N_ROWS, 0, packing);
    check_pieces(c, n_rows, 700, 0, packing);
    check_pieces(c, n_rows, 999, N_ROWS, packing);
    check_pieces(c, n_rows, 1500, 1600, packing);
}

/* Amounts in cents, whole seconds, few levels. */
static void fill(columns *c)
{
    uint64_t state = 1;
    for (size_t i = 0; i < N_ROWS; i++) {
        int64_t cents = (int64_t)(next_random(&state) % 4000000) - 2000000;
        c->numbers[i] = i % 7 == 3 ? NAN : (double)cents / 100;
        c->times[i] = i % 5 == 1 ? WB_TIME_MISSING : ((int64_t)(next_random(&state) % 4000000000u) - 2000000000) * 1000000;
        c->levels[i] = i % 11 == 0 ? -1 : (int32_t)(next_random(&state) % 200);
    }
}

static void test_narrow(void **state)
{
    (void)state;
    static columns c;
    fill(&c);
    check(&c, N_ROWS, WBI_PACKED_HUNDREDTHS, WBI_PACKED_SECONDS, WBI_PACKED_SMALL_CODES);
    check(&c, 0, WBI_PACKED_HUNDREDTHS, WBI_PACKED_SECONDS, WBI_PACKED_SMALL_CODES);
}

/* One value that does not fit, anywhere, keeps its column wide. */
static void test_wide(void **state)
{
    (void)state;
    static const double numbers[] = {0.001, 1.0 / 3, 21474836.48, -21474836.48, 1e300, 0.1 + 0.2, 5e-324};
    static const int64_t times[] = {1, -1, 1500000, INT64_C(2147483648) * 1000000, INT64_C(-2147483648) * 1000000,
                                    INT64_MAX, INT64_MIN + 1};
    static const size_t places[] = {0, 1, 1023, 1024, 1025, 2047, N_ROWS - 1};
    static columns c;
    for (size_t i = 0; i < 7; i++) {
        fill(&c);
        c.numbers[places[i]] = numbers[i];
        check(&c, N_ROWS, WBI_PACKED_DOUBLES, WBI_PACKED_SECONDS, WBI_PACKED_SMALL_CODES);
        fill(&c);
        c.times[places[6 - i]] = times[i];
        check(&c, N_ROWS, WBI_PACKED_HUNDREDTHS, WBI_PACKED_MICROSECONDS, WBI_PACKED_SMALL_CODES);
    }
}

static void test_edges(void **state)
{
    (void)state;
    static columns c;
    fill(&c);
    c.numbers[0] = 21474836.46;
    c.numbers[1] = -21474836.46;
    c.times[0] = INT64_C(2147483647) * 1000000;
    c.times[1] = INT64_C(-2147483647) * 1000000;
    for (int32_t i = 0; i < 255; i++)
        c.levels[i] = i;
    for (size_t i = 255; i < N_ROWS; i++)
        c.levels[i] = (int32_t)(i % 255);
    check(&c, N_ROWS, WBI_PACKED_HUNDREDTHS, WBI_PACKED_SECONDS, WBI_PACKED_SMALL_CODES);
    c.levels[N_ROWS - 1] = 255;
    check(&c, N_ROWS, WBI_PACKED_HUNDREDTHS, WBI_PACKED_SECONDS, WBI_PACKED_CODES);
}

static void test_keep(void **state)
{
    (void)state;
    static columns c;
    wbi_packed_rows packed;
    uint8_t keep[N_ROWS];
    size_t n = 0;
    fill(&c);
    pack(&packed, &c, N_ROWS, 700, 0);
    for (size_t i = 0; i < N_ROWS; i++)
        keep[i] = i % 3 != 1;
    wbi_packed_set_missing(&packed.columns[0], 0);
    wbi_packed_set_missing(&packed.columns[1], 0);
    wbi_packed_set_missing(&packed.columns[2], 2);
    wbi_packed_keep(&packed, keep);
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!keep[i])
            continue;
        double number = wbi_packed_number(&packed.columns[0], n);
        assert_true(i == 0 || isnan(c.numbers[i]) ? isnan(number) : number == c.numbers[i]);
        assert_true(wbi_packed_time(&packed.columns[1], n) == (i == 0 ? WB_TIME_MISSING : c.times[i]));
        assert_int_equal(wbi_packed_code(&packed.columns[2], n) < 0, i == 2 || c.levels[i] < 0);
        n++;
    }
    assert_int_equal(packed.n_rows, n);
    wbi_packed_free(&packed);
}

/* ---- short decimals ---- */

/* Numbers of few digits, some missing. */
static void fill_decimals(double numbers[N_ROWS])
{
    static const double powers[] = {1, 10, 1e3, 1e8, 1e14};
    uint64_t state = 2;
    for (size_t i = 0; i < N_ROWS; i++)
        numbers[i] = i % 7 == 3 ? NAN : ((double)(next_random(&state) % 200000) - 100000) / powers[i % 5];
}

static void begin_numbers(wbi_packed_rows *rows, wbi_packing packing)
{
    wb_error err;
    *rows = (wbi_packed_rows){0};
    assert_ok(wbi_packed_add_column(rows, packing, NULL, &err), &err);
    assert_ok(wbi_packed_reserve(rows, N_ROWS, &err), &err);
}

static void set_numbers(wbi_packed_rows *rows, const double *numbers, size_t n)
{
    wb_error err;
    for (size_t i = 0; i < n; i++)
        assert_ok(wbi_packed_set_number(rows, 0, i, numbers[i], i, &err), &err);
    rows->n_rows = n;
}

/* Number by number, brought together in reverse, and in their order. */
static void check_numbers(const wbi_packed_rows *rows, const double *numbers, wbi_packing packing)
{
    const wbi_packed *column = &rows->columns[0];
    const size_t n = rows->n_rows;
    uint32_t row[N_ROWS];
    double got[N_ROWS];
    uint64_t state = 5;
    assert_int_equal(column->packing, packing);
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)(n - 1 - i);
    wbi_packed_gather(column, row, n, got);
    for (size_t i = 0; i < n; i++) {
        const double number = wbi_packed_number(column, row[i]);
        assert_true(number == numbers[row[i]] || (isnan(number) && isnan(numbers[row[i]])));
        assert_memory_equal(&got[i], &number, sizeof number);
    }
    for (size_t i = 0; i < 4 * n; i++) {
        const size_t a = next_random(&state) % n, b = next_random(&state) % n;
        assert_int_equal(wbi_packed_compare(column, NULL, a, b), order_of_numbers(numbers[a], numbers[b]));
    }
}

static void test_decimals(void **state)
{
    (void)state;
    static double numbers[N_ROWS];
    static const double wide[] = {1.0 / 3, 134217728, 1e-15, INFINITY};
    static const size_t places[] = {0, 1, 1500, N_ROWS - 1};
    wbi_packed_rows rows;
    fill_decimals(numbers);
    begin_numbers(&rows, WBI_PACKED_DECIMALS);
    set_numbers(&rows, numbers, N_ROWS);
    check_numbers(&rows, numbers, WBI_PACKED_DECIMALS);
    wbi_packed_set_missing(&rows.columns[0], 5);
    numbers[5] = NAN;
    check_numbers(&rows, numbers, WBI_PACKED_DECIMALS);
    wbi_packed_free(&rows);
    for (size_t i = 0; i < 4; i++) {
        numbers[places[i]] = wide[i];
        begin_numbers(&rows, WBI_PACKED_DECIMALS);
        set_numbers(&rows, numbers, N_ROWS);
        check_numbers(&rows, numbers, WBI_PACKED_DOUBLES);
        wbi_packed_free(&rows);
        fill_decimals(numbers);
    }
}

/* Of the values that stand there, as many as are said are kept. */
static void test_decimals_are_widened(void **state)
{
    (void)state;
    static double numbers[N_ROWS];
    static const size_t n_kept[] = {0, 1, 1234, N_ROWS};
    wb_error err;
    fill_decimals(numbers);
    for (size_t i = 0; i < 4; i++) {
        wbi_packed_rows rows;
        begin_numbers(&rows, WBI_PACKED_DECIMALS);
        set_numbers(&rows, numbers, N_ROWS);
        wbi_alloc_fail_at(1);
        assert_int_equal(wbi_packed_widen(&rows, 0, n_kept[i], &err), WB_ERR_NOMEM);
        wbi_alloc_fail_at(0);
        check_numbers(&rows, numbers, WBI_PACKED_DECIMALS);
        assert_ok(wbi_packed_widen(&rows, 0, n_kept[i], &err), &err);
        assert_ok(wbi_packed_widen(&rows, 0, n_kept[i], &err), &err);
        rows.n_rows = n_kept[i];
        check_numbers(&rows, numbers, WBI_PACKED_DOUBLES);
        wbi_packed_free(&rows);
    }
}

static void test_decimals_are_dropped(void **state)
{
    (void)state;
    static double numbers[N_ROWS];
    uint8_t keep[N_ROWS];
    wbi_packed_rows rows;
    size_t n = 0;
    fill_decimals(numbers);
    begin_numbers(&rows, WBI_PACKED_DECIMALS);
    set_numbers(&rows, numbers, N_ROWS);
    for (size_t i = 0; i < N_ROWS; i++) {
        keep[i] = i % 3 != 1;
        if (keep[i])
            numbers[n++] = numbers[i];
    }
    wbi_packed_keep(&rows, keep);
    assert_int_equal(rows.n_rows, n);
    check_numbers(&rows, numbers, WBI_PACKED_DECIMALS);
    wbi_packed_free(&rows);
}

/* Two parts of one kind and of another. Only decimals stay decimals. */
static void test_decimals_are_appended(void **state)
{
    (void)state;
    enum { N_FIRST = 1001 };
    static const wbi_packing kinds[] = {WBI_PACKED_DOUBLES, WBI_PACKED_HUNDREDTHS, WBI_PACKED_DECIMALS};
    static double numbers[N_ROWS];
    wb_error err;
    fill_decimals(numbers);
    for (size_t i = 0; i < N_ROWS; i++)
        numbers[i] = round(numbers[i]) / 4; /* whole hundredths */
    for (size_t first = 0; first < 3; first++)
        for (size_t second = 0; second < 3; second++) {
            wbi_packed_rows rows, more;
            if (kinds[first] != WBI_PACKED_DECIMALS && kinds[second] != WBI_PACKED_DECIMALS)
                continue;
            begin_numbers(&rows, kinds[first]);
            begin_numbers(&more, kinds[second]);
            set_numbers(&rows, numbers, N_FIRST);
            set_numbers(&more, numbers + N_FIRST, N_ROWS - N_FIRST);
            assert_ok(wbi_packed_append(&rows, &more, 0, &err), &err);
            assert_int_equal(rows.n_rows, N_ROWS);
            check_numbers(&rows, numbers, first == second ? WBI_PACKED_DECIMALS : WBI_PACKED_DOUBLES);
            wbi_packed_free(&rows);
            wbi_packed_free(&more);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_decimals_are_widened),
        cmocka_unit_test(test_decimals_are_dropped),
        cmocka_unit_test(test_decimals_are_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
