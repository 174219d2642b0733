/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features files read into short decimals: whoever asks for doubles gets the numbers that were written. */
#include "test_util.h"

#include "csv/flat_sizes.h"
#include "csv_testing.h"
#include "par/par.h"
#include "table/spill.h"
#include "test_frame.h"

enum { N_ROWS = 14000, N_NUMBERS = 12, N_THREADS = 4 };

/* The cell of a row, of columns side by side: whole numbers, amounts, all places, some missing, long in the last row, in the
 * middle, from the first row on, in quotes, nearly all missing, all missing, -0, and long only before it is known to be a
 * number. */
static const char *cell_of(size_t row, size_t k)
{
    static char text[64];
    const unsigned u = (unsigned)(row * 2654435761u >> 7) % 100000;
    const char *sign = row % 3 == 0 ? "-" : "";
    switch (k) {
    case 0:
        snprintf(text, sizeof text, "%s%u", sign, u);
        break;
    case 1:
        snprintf(text, sizeof text, "%u.%02u", u % 1000, u % 100);
        break;
    case 2:
        snprintf(text, sizeof text, "%s%ue-%zu", sign, u, row % 15);
        break;
    case 3:
        if (row % 5 == 2)
            return "";
        snprintf(text, sizeof text, "%s%u.%u", sign, u % 100, u % 10);
        break;
    case 4:
        snprintf(text, sizeof text, row == N_ROWS - 1 ? "123456789.5" : "%u", u);
        break;
    case 5:
        snprintf(text, sizeof text, row == N_ROWS / 2 ? "0.3333333333333333" : "%u.5", u);
        break;
    case 6:
        snprintf(text, sizeof text, "%u.%012u", u, u);
        break;
    case 7:
        snprintf(text, sizeof text, row % 4 == 0 ? "\"\"" : "\"%u.25\"", u);
        break;
    case 8:
        if (row % 1000 != 7)
            return "";
        snprintf(text, sizeof text, "%u", u);
        break;
    case 9:
        return "";
    case 10:
        snprintf(text, sizeof text, row % 2 ? "-0" : "%u", u % 4);
        break;
    default:
        snprintf(text, sizeof text, row == 17 ? "1e-300" : "%u", u);
    }
    return text;
}

/* Whether all of the column are short decimals. */
static bool is_short(size_t k)
{
    return k != 4 && k != 5 && k != 6 && k != 11;
}

static void write_rows(const char *path, size_t n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("customer_id", file);
    for (size_t k = 0; k < N_NUMBERS; k++)
        fprintf(file, ",x%zu", k);
    for (size_t row = 0; row < n; row++) {
        fprintf(file, "\nc%zu", row);
        for (size_t k = 0; k < N_NUMBERS; k++)
            fprintf(file, ",%s", cell_of(row, k));
    }
    fputs("\n", file);
    assert_int_equal(fclose(file), 0);
}

static double written(size_t row, size_t k)
{
    const char *cell = cell_of(row, k);
    cell += *cell == '"';
    return *cell == '\0' || *cell == '"' ? (double)NAN : strtod(cell, NULL);
}

static wb_features *read_rows(size_t memory_limit_bytes, int n_threads)
{
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_features *features = NULL;
    wb_error err;
    options.memory_limit_bytes = memory_limit_bytes;
    options.n_threads = n_threads;
    assert_ok(wb_features_read(&features, "f.csv", NULL, NULL, 0, &options, &err), &err);
    assert_int_equal(wb_table_n_rows(features->table), N_ROWS);
    return features;
}

static void check_numbers(const double *numbers, size_t k)
{
    assert_non_null(numbers);
    for (size_t row = 0; row < N_ROWS; row++) {
        const double x = written(row, k);
        if (!(numbers[row] == x || (isnan(x) && isnan(numbers[row]))))
            fail_msg("row %zu of x%zu is %.17g, written %.17g", row, k, numbers[row], x);
    }
}

static void numbers_are_those_written(void **state)
{
    (void)state;
    for (int n_threads = 1; n_threads <= 2; n_threads++) {
        wb_features *features = read_rows(0, n_threads), *wide = read_rows((size_t)1 << 30, n_threads);
        for (size_t k = 0; k < N_NUMBERS; k++) {
            const wbi_column *column = &features->table->columns[1 + k];
            assert_int_equal(column->decimals != NULL, is_short(k));
            assert_null(wide->table->columns[1 + k].decimals);
            check_numbers(wb_table_numbers(features->table, 1 + k), k);
            check_numbers(wb_table_numbers(wide->table, 1 + k), k);
            for (size_t row = 0; row < N_ROWS; row++) {
                const double x = wbi_numbers_at(wbi_table_numbers(features->table, 1 + k), row);
                assert_memory_equal(&x, &column->numbers[row], sizeof x);
            }
        }
        assert_null(wb_table_numbers(features->table, 0));
        wb_features_free(features);
        wb_features_free(wide);
    }
}

typedef struct asking {
    const wb_table *table;
    const double *got[N_THREADS][N_NUMBERS];
} asking;

static wb_status ask(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    asking *work = context;
    (void)begin;
    (void)end;
    (void)worker;
    (void)err;
    for (size_t k = 0; k < N_NUMBERS; k++) {
        const double *numbers = work->got[block][k] = wb_table_numbers(work->table, 1 + k);
        for (size_t row = 0; row < N_ROWS; row += 1009)
            if (numbers == NULL || !(numbers[row] == numbers[row] || isnan(numbers[row])))
                abort();
    }
    return WB_OK;
}

static void threads_get_the_same_numbers(void **state)
{
    (void)state;
    wb_error err;
    for (int turn = 0; turn < 5; turn++) {
        wb_features *features = read_rows(0, 1);
        asking work = {.table = features->table};
        assert_ok(wbi_par_for(N_THREADS, 1, N_THREADS, ask, &work, &err), &err);
        for (size_t k = 0; k < N_NUMBERS; k++) {
            for (size_t i = 1; i < N_THREADS; i++)
                assert_ptr_equal(work.got[i][k], work.got[0][k]);
            check_numbers(work.got[0][k], k);
        }
        wb_features_free(features);
    }
}

/* Asked for again, they are there. */
static void doubles_may_find_no_room(void **state)
{
    (void)state;
    wb_error err;
    wb_features *features = read_rows(0, 1);
    const wb_table *table = features->table;
    wbi_alloc_fail_at(1);
    assert_null(wb_table_numbers(table, 1));
    wbi_alloc_fail_at(0);
    for (size_t k = 0; k < N_NUMBERS; k++)
        if (is_short(k)) {
            wbi_alloc_fail_at(1);
            assert_int_equal(wbi_table_in_memory(table, "a test", &err), WB_ERR_NOMEM);
            assert_int_equal(err.code, WB_ERR_NOMEM);
            wbi_alloc_fail_at(0);
            assert_null(table->columns[1 + k].numbers);
            check_numbers(wb_table_numbers(table, 1 + k), k);
        }
    wbi_alloc_fail_at(1); /* nothing is left to be made */
    assert_ok(wbi_table_in_memory(table, "a test", &err), &err);
    wbi_alloc_fail_at(0);
    wb_features_free(features);
}

/* In many small batches of a few rows that make columns numbers, and wide. */
static void reading_may_find_no_room(void **state)
{
    (void)state;
    static const char text[] = "customer_id,x,y\na,1.5,1\nb,,2\nc,2.25,3\nd,3,-4\ne,4,0.1\nf,123456789.5,5\ng,1e-20,6\nh,7,8\n";
    static const double x[] = {1.5, NAN, 2.25, 3, 4, 123456789.5, 1e-20, 7}, y[] = {1, 2, 3, -4, 0.1, 5, 6, 8};
    const char *const id = "customer_id";
    const wbi_flat_options flat = {.text_columns = &id, .n_text_columns = 1, .decimals = true};
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wbi_flat_sizes sizes = WBI_FLAT_SIZES_INIT;
    wb_status status = WB_ERR_NOMEM;
    wb_table *table = NULL;
    options.n_threads = 1;
    write_file("f.csv", text, sizeof text - 1);
    for (size_t n_deciding = 1; n_deciding <= 9; n_deciding += 4)
        for (sizes.chunk_bytes = 16; sizes.chunk_bytes <= 64; sizes.chunk_bytes *= 2) {
            status = WB_ERR_NOMEM;
            sizes.n_deciding = n_deciding;
            for (uint64_t call = 1; status != WB_OK; call++) {
                wb_error err;
                wbi_alloc_fail_at(call);
                status = wbi_typed_read_flat_sized(&table, "f.csv", &flat, &options, sizes, &err);
                wbi_alloc_fail_at(0);
                assert_true(call < 1000 && (status == WB_OK || status == WB_ERR_NOMEM));
                assert_int_equal(table != NULL, status == WB_OK);
            }
            assert_true(table->columns[1].decimals == NULL && table->columns[2].decimals != NULL);
            for (size_t row = 0; row < 8; row++) {
                const double got[] = {wb_table_numbers(table, 1)[row], wb_table_numbers(table, 2)[row]};
                assert_true(got[0] == x[row] || (isnan(got[0]) && isnan(x[row])));
                assert_true(got[1] == y[row]);
            }
            wb_table_free(table);
        }
}

/* ---- many side by side ---- */

enum { N_BESIDE = 19, N_LONG = 3, ROWS_BESIDE = 1200, CELL_BYTES = 24 };
static const size_t long_columns[N_LONG] = {3, 9, 18}; /* from these rows on a cell may be no short decimal */
static const size_t long_rows[N_LONG] = {30, 500, ROWS_BESIDE - 1};

typedef struct rows_beside {
    char cells[ROWS_BESIDE][N_BESIDE][CELL_BYTES];
    bool bad[ROWS_BESIDE];
} rows_beside;

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(2685821657736338717) >> 11;
}

/* Mostly short decimals, and now and then something else; later, when all columns are known to be numbers, also words. */
static void make_cell(char cell[CELL_BYTES], size_t row, uint64_t *x)
{
    static const char *const others[] = {"", "\"1.5\"", "1e-05", "-2.5E3", "0000000000000.25", "+7", "-0", "\"\"", "word"};
    const uint64_t kind = next_random(x) % 500;
    if (kind < 8 || (kind == 8 && row > 40))
        snprintf(cell, CELL_BYTES, "%s", others[kind]);
    else
        snprintf(cell, CELL_BYTES, "%.*f", (int)(kind % 7), ((double)(next_random(x) % 2000001) - 1000000) / pow(10, (int)(kind % 7)));
}

static void make_rows(rows_beside *rows, const char *path, uint64_t *x)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t k = 0; k < N_BESIDE; k++)
        fprintf(file, "%sx%zu", k > 0 ? "," : "", k);
    for (size_t row = 0; row < ROWS_BESIDE; row++) {
        rows->bad[row] = false;
        for (size_t k = 0; k < N_BESIDE; k++)
            make_cell(rows->cells[row][k], row, x);
        for (size_t i = 0; i < N_LONG; i++)
            if (row == long_rows[i] || (row > long_rows[i] && next_random(x) % 50 == 0))
                snprintf(rows->cells[row][long_columns[i]], CELL_BYTES, "%zu.3333333333", row);
        for (size_t k = 0; k < N_BESIDE; k++) {
            rows->bad[row] = rows->bad[row] || strcmp(rows->cells[row][k], "word") == 0;
            fprintf(file, "%c%s", k > 0 ? ',' : '\n', rows->cells[row][k]);
        }
    }
    fputs("\n", file);
    assert_int_equal(fclose(file), 0);
}

static void check_rows(const wb_table *table, const rows_beside *rows)
{
    for (size_t k = 0; k < N_BESIDE; k++) {
        const double *numbers = wb_table_numbers(table, k);
        size_t at = 0;
        for (size_t row = 0; row < ROWS_BESIDE; row++) {
            const char *cell = rows->cells[row][k] + (rows->cells[row][k][0] == '"');
            const double x = *cell == '\0' || *cell == '"' ? (double)NAN : strtod(cell, NULL);
            if (rows->bad[row])
                continue;
            if (!(numbers[at] == x || (isnan(x) && isnan(numbers[at]))))
                fail_msg("row %zu of x%zu is %.17g, written %s", row, k, numbers[at], rows->cells[row][k]);
            at++;
        }
        assert_int_equal(at, wb_table_n_rows(table));
    }
}

static void many_side_by_side_are_those_written(void **state)
{
    (void)state;
    static rows_beside rows;
    static const size_t chunks[] = {300, 1000, 2500, 9000, 0};
    const wbi_flat_options flat = {.decimals = true};
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wbi_flat_sizes sizes = WBI_FLAT_SIZES_INIT;
    uint64_t x = 5;
    options.on_error = WB_ON_ERROR_SKIP;
    sizes.n_deciding = 3;
    for (size_t turn = 0; turn < 40; turn++) {
        wb_error err;
        wb_table *table;
        make_rows(&rows, "g.csv", &x);
        sizes.chunk_bytes = chunks[turn % 5];
        options.n_threads = 1 + (int)(turn / 5 % 2);
        assert_ok(wbi_typed_read_flat_sized(&table, "g.csv", &flat, &options, sizes, &err), &err);
        check_rows(table, &rows);
        wb_table_free(table);
    }
}

static int enter(void **state)
{
    const int failed = enter_folder(state);
    write_rows("f.csv", N_ROWS);
    return failed;
}

static int leave(void **state)
{
    static const char *const files[] = {"f.csv", "g.csv", NULL};
    return leave_folder(state, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_written),
        cmocka_unit_test(threads_get_the_same_numbers),
        cmocka_unit_test(doubles_may_find_no_room),
        cmocka_unit_test(reading_may_find_no_room),
        cmocka_unit_test(many_side_by_side_are_those_written),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
