/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "base/memory.h"
#include "csv/flat_sizes.h"
#include "csv_testing.h"

enum { N_COLUMNS = 4 };

static const wbi_typed_column typed_columns[N_COLUMNS] = {
    {.name = "customer_id", .type = WB_TYPE_TEXT, .required = true},
    {.name = "ordered_at", .type = WB_TYPE_TIME},
    {.name = "amount", .type = WB_TYPE_NUMBER},
    {.name = "channel", .type = WB_TYPE_CATEGORY},
};

/* Reads t.csv, whose columns are amount, customer_id, unused, channel, ordered_at, into the columns above. */
typedef struct typed_file {
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    wb_table *table;
    uint8_t keep[16];
    wbi_dialect dialect;
} typed_file;

static void close_typed(typed_file *file)
{
    wbi_csv_close(file->reader);
    wbi_bad_rows_free(file->bad);
    wbi_paths_free(&file->paths);
    wb_table_free(file->table);
}

static wb_status read_typed(typed_file *file, const char *rows, wb_on_error policy, const wb_log *log, wb_error *err)
{
    static const size_t numbers[N_COLUMNS] = {2, 5, 1, 4};
    char text[4096];
    const wbi_cells *cells;
    snprintf(text, sizeof text, "amount,customer_id,unused,channel,ordered_at\n%s", rows);
    write_file("t.csv", text, strlen(text));
    *file = (typed_file){.dialect = WBI_DIALECT_INIT};
    WBI_TRY(wbi_paths_expand(&file->paths, "t.csv", err));
    WBI_TRY(wbi_bad_rows_create(&file->bad, policy, NULL, log, err));
    WBI_TRY(wbi_csv_open(&file->reader, &file->paths, &file->dialect, file->bad, err));
    WBI_TRY(wbi_csv_want(file->reader, (const size_t[]){1, 4, 0, 3}, N_COLUMNS, err));
    WBI_TRY(wbi_table_create(&file->table, err));
    for (size_t k = 0; k < N_COLUMNS; k++)
        WBI_TRY(wbi_table_add_column(file->table, typed_columns[k].name, typed_columns[k].type, NULL, err));
    WBI_TRY(wbi_csv_next(file->reader, 16, &cells, err));
    WBI_TRY(wbi_typed_append(file->table, cells, typed_columns, numbers, '.', file->bad, file->keep, err));
    return wbi_bad_rows_finish(file->bad, err);
}

static void assert_text(const wb_table *table, size_t column, size_t row, const char *expected)
{
    size_t n;
    const char *text = wb_table_text(table, column, row, &n);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
}

static void assert_level(const wb_table *table, size_t column, size_t row, const char *expected)
{
    size_t n;
    const char *level = wb_table_level(table, column, wb_table_codes(table, column)[row], &n);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(level, expected, n);
}

static void cells_become_values(void **state)
{
    (void)state;
    typed_file file;
    wb_error err;
    assert_ok(read_typed(&file,
                         "12.5,c1,,web,1970-01-02\n-3e2,c2,x,shop,1970-01-01T00:00:01Z\n,c3,,,\n\"\",c4,,\"\",\"\"\n"
                         "TRUE,c5,,web,\nno,c6,,\"shop\",1970-01-01 01:00:00+01:00\nYes,c7,,w b,\nFalse,c8,,,\n",
                         WB_ON_ERROR_FAIL, NULL, &err), &err);
    const wb_table *table = file.table;
    static const double amounts[] = {12.5, -300, NAN, NAN, 1, 0, 1, 0};
    static const int64_t times[] = {WB_DAY_US, 1000000, WB_TIME_MISSING, WB_TIME_MISSING, WB_TIME_MISSING, 0,
                                    WB_TIME_MISSING, WB_TIME_MISSING};
    static const int32_t channels[] = {0, 1, -1, -1, 0, 1, 2, -1};
    assert_int_equal(wb_table_n_rows(table), 8);
    for (size_t row = 0; row < 8; row++) {
        char id[8];
        snprintf(id, sizeof id, "c%zu", row + 1);
        assert_text(table, 0, row, id);
        assert_int_equal(wb_table_times(table, 1)[row], times[row]);
        assert_close(wb_table_numbers(table, 2)[row], amounts[row], 0);
        assert_int_equal(wb_table_codes(table, 3)[row], channels[row]);
        assert_int_equal(file.keep[row], 1);
    }
    assert_level(table, 3, 6, "w b");
    close_typed(&file);
}

static void bad_cells_say_what_they_should_be(void **state)
{
    (void)state;
    static const struct {
        const char *rows, *message, *value;
    } cases[] = {
        {"1,c,,,\n1,c1,,,2023-02-29\n",
         "t.csv:3:5: ordered_at '2023-02-29' is not a date (wanted: YYYY-MM-DD or an ISO instant)", "2023-02-29"},
        {"\n\"x12\",c1,,,\n", "t.csv:3:1: amount 'x12' is not a number", "x12"},
        {"1,,,,\n", "t.csv:2:2: customer_id is missing", ""},
        {"1,\"\",,,\n", "t.csv:2:2: customer_id is missing", ""},
        {" 1,c,,,\n", "t.csv:2:1: amount ' 1' is not a number", " 1"},
        {"\"1\n2\",c,,,\n", "t.csv:2:1: amount '1\\x0a2' is not a number", "1\\x0a2"},
        {"1,c,,,yesterday\n",
         "t.csv:2:5: ordered_at 'yesterday' is not a date (wanted: YYYY-MM-DD or an ISO instant)", "yesterday"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        typed_file file;
        wb_error err;
        char text[2048];
        assert_int_equal(read_typed(&file, cases[i].rows, WB_ON_ERROR_FAIL, NULL, &err), WB_ERR_MALFORMED);
        assert_string_equal(wb_error_text(&err, text, sizeof text), cases[i].message);
        assert_string_equal(err.value, cases[i].value);
        assert_non_null(strstr(err.advice, "--on-error skip"));
        close_typed(&file);
    }
}

static void other_times_name_their_format(void **state)
{
    (void)state;
    wb_error err;
    char text[2048];
    typed_file file;
    wbi_typed_column column = {.name = "day", .type = WB_TYPE_TIME};
    assert_ok(wbi_time_format_parse(&column.time, "%d/%m/%Y", &err), &err);
    assert_ok(read_typed(&file, "", WB_ON_ERROR_SKIP, NULL, &err), &err);
    wb_table *table;
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "day", WB_TYPE_TIME, NULL, &err), &err);
    wbi_str cell = wbi_str_from("02/01/1970");
    wbi_str raw = {NULL, 0};
    size_t line = 9, number = 3;
    wbi_cells cells = {1, 1, &cell, &line, &raw, "u.csv"};
    assert_ok(wbi_typed_append(table, &cells, &column, &number, '.', file.bad, NULL, &err), &err);
    assert_int_equal(wb_table_times(table, 0)[0], WB_DAY_US);
    cell = wbi_str_from("1970-01-02");
    wbi_bad_rows *strict;
    assert_ok(wbi_bad_rows_create(&strict, WB_ON_ERROR_FAIL, NULL, NULL, &err), &err);
    assert_int_equal(wbi_typed_append(table, &cells, &column, &number, '.', strict, NULL, &err), WB_ERR_MALFORMED);
    assert_string_equal(wb_error_text(&err, text, sizeof text),
                        "u.csv:9:3: day '1970-01-02' is not a date (wanted: a time like %d/%m/%Y)");
    wbi_bad_rows_free(strict);
    wb_table_free(table);
    close_typed(&file);
}

static void bad_rows_leave_no_trace(void **state)
{
    (void)state;
    typed_file file;
    wb_error err;
    transcript said = {0};
    wb_log log = {add_log, NULL, &said};
    assert_ok(read_typed(&file, "1,c1,,web,1970-01-02\n2,c2,,fax,never\nx,c3,,post,\n4,,,tv,\n5,c5,,shop,\n",
                         WB_ON_ERROR_SKIP, &log, &err), &err);
    assert_int_equal(wb_table_n_rows(file.table), 2);
    assert_int_equal(wb_table_n_levels(file.table, 3), 2);
    for (size_t k = 0; k < N_COLUMNS; k++)
        assert_int_equal(file.table->columns[k].length, 2);
    assert_text(file.table, 0, 1, "c5");
    assert_close(wb_table_numbers(file.table, 2)[1], 5, 0);
    assert_level(file.table, 3, 1, "shop");
    assert_memory_equal(file.keep, ((const uint8_t[]){1, 0, 0, 0, 1}), 5);
    assert_int_equal(wbi_bad_rows_count(file.bad), 3);
    assert_string_equal(said.text,
                        "! t.csv:3:5: ordered_at 'never' is not a date (wanted: YYYY-MM-DD or an ISO instant)\n"
                        "! t.csv:4:1: amount 'x' is not a number\n! t.csv:5:2: customer_id is missing\n"
                        "! t.csv: 3 bad rows left out\n");
    free(said.text);
    close_typed(&file);
}

static wb_status read_flat(wb_table **table, const wb_read_options *options, wb_error *err)
{
    static const char *const texts[] = {"customer_id", "elsewhere"};
    static const char *const categories[] = {"zip"};
    wbi_flat_options flat = {.text_columns = texts, .n_text_columns = 2, .categories = categories, .n_categories = 1};
    return wbi_typed_read_flat(table, "t.csv", &flat, options, err);
}

static void flat_types_come_from_the_cells(void **state)
{
    (void)state;
    static const char text[] = "customer_id,cutoff,n,zip,word,flag,none,mixed,quoted\n"
                               "001,2024-01-01,1,8001,a,true,,1,\"1\"\n"
                               "002,2024-01-02,,8002,,false,,-,\"\"\n"
                               "003,,2.5,,b,true,,2.50,\"3\"\n";
    wb_error err;
    wb_table *table;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    write_file("t.csv", text, sizeof text - 1);
    assert_ok(read_flat(&table, &options, &err), &err);
    static const wb_type types[] = {WB_TYPE_TEXT, WB_TYPE_TIME, WB_TYPE_NUMBER, WB_TYPE_CATEGORY, WB_TYPE_CATEGORY,
                                    WB_TYPE_CATEGORY, WB_TYPE_NUMBER, WB_TYPE_CATEGORY, WB_TYPE_NUMBER};
    assert_int_equal(wb_table_n_rows(table), 3);
    assert_int_equal(wb_table_n_columns(table), 9);
    for (size_t k = 0; k < 9; k++)
        assert_int_equal(wb_table_type(table, k), types[k]);
    assert_text(table, 0, 2, "003");
    assert_int_equal(wb_table_times(table, 1)[1] - wb_table_times(table, 1)[0], WB_DAY_US);
    assert_close(wb_table_numbers(table, 2)[1], NAN, 0);
    assert_close(wb_table_numbers(table, 6)[2], NAN, 0);
    assert_int_equal(wb_table_codes(table, 4)[1], -1);
    assert_level(table, 7, 0, "1");
    assert_level(table, 7, 2, "2.50");
    assert_close(wb_table_numbers(table, 8)[2], 3, 0);
    wb_table_free(table);
}

/* `n` rows of customer, zip and x; x is `odd` in row `at` (from 0), empty in every third row when `gaps`. */
static void write_long_file(size_t n, size_t at, const char *odd, bool gaps)
{
    FILE *file = fopen("t.csv", "wb");
    assert_non_null(file);
    fprintf(file, "customer_id,zip,cutoff,x\n");
    for (size_t row = 0; row < n; row++) {
        fprintf(file, "%zu,z,,", row);
        if (row == at)
            fputs(odd, file);
        else if (!gaps || row % 3 > 0)
            fprintf(file, "%zu.50", row);
        fputc('\n', file);
    }
    assert_int_equal(fclose(file), 0);
}

static void the_first_ten_thousand_decide(void **state)
{
    (void)state;
    wb_error err;
    wb_table *table;
    char text[1024];
    wb_read_options options = WB_READ_OPTIONS_INIT;

    /* The ten thousandth: a category, with the cells before it as they were written. */
    write_long_file(12000, 9999, "none", false);
    assert_ok(read_flat(&table, &options, &err), &err);
    assert_int_equal(wb_table_type(table, 3), WB_TYPE_CATEGORY);
    assert_int_equal(wb_table_n_rows(table), 12000);
    for (size_t row = 0; row < 12000; row += 7) {
        snprintf(text, sizeof text, "%zu.50", row);
        assert_level(table, 3, row, text);
    }
    assert_level(table, 3, 9999, "none");
    wb_table_free(table);

    static const char *const words[] = {"none", "true"};
    for (size_t i = 0; i < 2; i++) { /* the next one: a bad row of a number */
        write_long_file(12000, 10000, words[i], false);
        assert_int_equal(read_flat(&table, &options, &err), WB_ERR_MALFORMED);
        assert_null(table);
        char expected[64];
        snprintf(expected, sizeof expected, "t.csv:10002:4: x '%s' is not a number", words[i]);
        assert_string_equal(wb_error_text(&err, text, sizeof text), expected);
    }
    options.on_error = WB_ON_ERROR_SKIP;
    assert_ok(read_flat(&table, &options, &err), &err);
    assert_int_equal(wb_table_type(table, 3), WB_TYPE_NUMBER);
    assert_int_equal(wb_table_n_rows(table), 11999);
    assert_text(table, 0, 10000, "10001");
    assert_close(wb_table_numbers(table, 3)[10000], 10001.5, 0);
    wb_table_free(table);

    write_long_file(16000, 14997, "none", true); /* missing cells do not count: 9,998 cells stand before this one */
    assert_ok(read_flat(&table, &options, &err), &err);
    assert_int_equal(wb_table_type(table, 3), WB_TYPE_CATEGORY);
    assert_int_equal(wb_table_codes(table, 3)[3], -1);
    assert_level(table, 3, 14995, "14995.50");
    assert_level(table, 3, 14998, "14998.50");
    wb_table_free(table);
}

static void bad_rows_before_the_type_is_known(void **state)
{
    (void)state;
    static const char start[] = "customer_id,zip,cutoff,x\n1,,2024-01-01,7\n2,,never,8\n3,,,9\n4,,,\n";
    wb_error err;
    wb_table *table;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.on_error = WB_ON_ERROR_SKIP;
    FILE *file = fopen("t.csv", "wb");
    assert_non_null(file);
    fputs(start, file);
    for (size_t row = 0; row < 5000; row++) /* into a second block */
        fputs("5,,,10\n", file);
    fputs("6,,,word\n", file);
    assert_int_equal(fclose(file), 0);
    assert_ok(read_flat(&table, &options, &err), &err);
    assert_int_equal(wb_table_n_rows(table), 5004);
    assert_level(table, 3, 0, "7");
    assert_level(table, 3, 1, "9");
    assert_int_equal(wb_table_codes(table, 3)[2], -1);
    assert_level(table, 3, 3, "10");
    assert_level(table, 3, 5003, "word");
    wb_table_free(table);
}

static void a_category_must_be_there(void **state)
{
    (void)state;
    wb_error err;
    wb_table *table;
    char text[1024];
    wb_read_options options = WB_READ_OPTIONS_INIT;
    write_file("t.csv", "customer_id,zap\n", 16);
    assert_int_equal(read_flat(&table, &options, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(wb_error_text(&err, text, sizeof text), "t.csv:1: no column 'zip' (did you mean 'zap'?)");
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const char text[] = "customer_id,zip,cutoff,x\n1,a,2024-01-01,7\n2,b,never,8\n3,,,w\n";
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.on_error = WB_ON_ERROR_REJECT;
    options.rejects = "rejects.csv";
    write_file("t.csv", text, sizeof text - 1);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t call = 1; status != WB_OK; call++) {
        wb_error err;
        wb_table *table;
        wbi_alloc_fail_at(call);
        status = read_flat(&table, &options, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true((status == WB_OK) == (table != NULL));
        if (status == WB_OK)
            assert_int_equal(wb_table_n_rows(table), 2);
        wb_table_free(table);
        assert_true(call < 1000);
    }
}

static int leave(void **state)
{
    return leave_folder(state, (const char *const[]){"t.csv", "rejects.csv", NULL});
}

static wb_status choose_some(void *context, const char *const *names, size_t n, uint8_t *wanted, wb_error *err)
{
    (void)err;
    *(size_t *)context = n;
    for (size_t k = 0; k < n; k++)
        wanted[k] = strcmp(names[k], "n") == 0 || strcmp(names[k], "word") == 0;
    return WB_OK;
}

/* Cells of the others are not looked at; a row's line is where it begins, bad rows and those of several lines or not. */
static void some_columns_of_flat_files(void **state)
{
    (void)state;
    static const char text[] = "n,id,word\n1,x,\"a\nb\"\n2,y,c\n\nq,z,d\n4\n5,,e\n";
    size_t n_names = 0;
    wbi_row_lines lines = {NULL, 0, 0};
    wb_error err;
    wb_table *table;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    const wbi_flat_options flat = {.only = {choose_some, &n_names}, .lines = &lines};
    static const wbi_flat_sizes sizes = {.csv = WBI_CSV_SIZES_INIT, .n_deciding = 2};
    options.on_error = WB_ON_ERROR_SKIP;
    write_file("t.csv", text, sizeof text - 1);
    assert_ok(wbi_typed_read_flat_sized(&table, "t.csv", &flat, &options, sizes, &err), &err);
    assert_int_equal(n_names, 3);
    assert_int_equal(wb_table_n_columns(table), 2);
    assert_int_equal(wb_table_n_rows(table), 3);
    assert_close(wb_table_numbers(table, 0)[2], 5, 0);
    assert_level(table, 1, 2, "e");
    static const uint32_t begins[] = {2, 4, 8}; /* line 5 is blank, 6 no number, 7 too short */
    assert_int_equal(lines.n, 3);
    assert_memory_equal(lines.of, begins, sizeof begins);
    wbi_free(lines.of);
    wb_table_free(table);
}

/* Of 30,000 rows that are short cells at first, then long ones, those outside the range, missing or no numbers are bad: one in seven by
 * the rule that made them. Neither the number of threads nor the first cell, which is a word, changes what is read. */
static void numbers_in_a_range(void **state)
{
    enum { N_ROWS = 30000 };
    static const char *const wrong[] = {"high", "", "-0.01", "1.0000001", "nan", "1e3", "\"\""};
    static const wbi_flat_number numbers[] = {{"p", {0, 1, "a number from 0 to 1"}}, {NULL, {0, 0, ""}}};
    wbi_buffer text = wbi_buffer_make(SIZE_MAX);
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_error err;
    char line[64];
    (void)state;
    assert_ok(wbi_buffer_append_text(&text, "customer_id,p\n", &err), &err);
    for (int i = 0; i < N_ROWS; i++) {
        if (i % 7 == 0)
            snprintf(line, sizeof line, "c%d,%s\n", i, wrong[i / 7 % 7]);
        else
            snprintf(line, sizeof line, i < N_ROWS / 2 ? "c%d,%.2f\n" : "c%d,%.9f\n", i, i % 101 / 100.0);
        assert_ok(wbi_buffer_append_text(&text, line, &err), &err);
    }
    write_file("t.csv", text.data, text.length);
    wbi_buffer_free(&text);
    options.on_error = WB_ON_ERROR_SKIP;
    for (options.n_threads = 1; options.n_threads <= 4; options.n_threads *= 2) {
        wbi_row_lines lines = {0};
        const char *const ids[] = {"customer_id"};
        const wbi_flat_options flat = {.text_columns = ids, .n_text_columns = 1, .numbers = numbers, .n_numbers = 2, .lines = &lines};
        wb_table *table;
        assert_ok(wbi_typed_read_flat(&table, "t.csv", &flat, &options, &err), &err);
        assert_int_equal(wb_table_n_rows(table), N_ROWS - (N_ROWS + 6) / 7);
        assert_int_equal(lines.n, wb_table_n_rows(table));
        for (size_t row = 0; row < lines.n; row++) {
            const int i = (int)lines.of[row] - 2;
            assert_int_not_equal(i % 7, 0);
            assert_close(wb_table_numbers(table, 1)[row], i % 101 / 100.0, 0);
        }
        wb_table_free(table);
        wbi_free(lines.of);
    }
    options.on_error = WB_ON_ERROR_FAIL;
    const wbi_flat_options flat = {.numbers = numbers, .n_numbers = 2};
    wb_table *none;
    assert_int_equal(wbi_typed_read_flat(&none, "t.csv", &flat, &options, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, "p 'high' is not a number from 0 to 1");
    assert_int_equal(err.line, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_become_values),
        cmocka_unit_test(bad_cells_say_what_they_should_be),
        cmocka_unit_test(other_times_name_their_format),
        cmocka_unit_test(bad_rows_leave_no_trace),
        cmocka_unit_test(flat_types_come_from_the_cells),
        cmocka_unit_test(some_columns_of_flat_files),
        cmocka_unit_test(the_first_ten_thousand_decide),
        cmocka_unit_test(bad_rows_before_the_type_is_known),
        cmocka_unit_test(a_category_must_be_there),
        cmocka_unit_test(numbers_in_a_range),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave);
}
