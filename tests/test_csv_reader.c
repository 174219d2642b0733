/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <csv.h>

#include "base/memory.h"
#include "csv_testing.h"

/* What t.csv, holding the bytes, gives. */
static transcript read_bytes(const char *bytes, size_t n, const reading *how)
{
    wb_error err;
    transcript got;
    write_file("t.csv", bytes, n);
    (void)read_all(&got, "t.csv", how, &err);
    return got;
}

static void check_bytes(const char *bytes, size_t n, const char *expected, const reading *how)
{
    transcript got = read_bytes(bytes, n, how);
    assert_string_equal(got.text, expected);
    free(got.text);
}

static void check(const char *text, const char *expected, const reading *how)
{
    check_bytes(text, strlen(text), expected, how);
}

static const reading plain = READING_INIT;

static void rows_cells_and_lines(void **state)
{
    (void)state;
    check("a,b\n1,2\n3,4\n", "2:1|2\n3:3|4\n", &plain);
    check("a,b\n1,2\n3,4", "2:1|2\n3:3|4\n", &plain);
    check("a,b\r\n1,2\r\n3,4\r\n", "2:1|2\n3:3|4\n", &plain);
    check("a,b\r1,2\r3,4\r", "2:1|2\n3:3|4\n", &plain);
    check("a,b\r1,2\n3,4\r\n5,6\r", "2:1|2\n3:3|4\n4:5|6\n", &plain);
    check("a,b\n", "", &plain);
    check("a,b", "", &plain);
    check("\xef\xbb\xbf" "a,b\n1,2\n", "2:1|2\n", &plain);
    check("a,b\n 1 ,\t2\n", "2: 1 |\\x092\n", &plain);
    check("a,b\n,\n\"\",x\n", "2:~|~\n3:|x\n", &plain);
    check("\"a\",\"b,c\"\n\"1\"\"2\",\"x,y\"\n", "2:1\"2|x,y\n", &plain);
    check("a,b\n1,Z\xc3\xbcrich\n", "2:1|Z\xc3\xbcrich\n", &plain);
}

static void quotes_span_lines(void **state)
{
    (void)state;
    check("a,b\n1,\"x\ny\n\nz\"\n2,w\n", "2:1|x\\x0ay\\x0a\\x0az\n6:2|w\n", &plain);
    check("a,b\r\n1,\"x\r\ny\"\r\n2,w\r\n", "2:1|x\\x0d\\x0ay\n4:2|w\n", &plain);
    check("a,b\r\"x\ry\",1\r2,w", "2:x\\x0dy|1\n4:2|w\n", &plain);
    check("\"a\nb\",c\n1,2\n", "3:1|2\n", &plain);
    check("a,b\n\"#\n#\",2\n#c,d\n", "2:#\\x0a#|2\n4:#c|d\n", &plain);
}

static void blank_and_comment_lines(void **state)
{
    (void)state;
    reading how = plain;
    check("\n\na,b\n\n1,2\r\n\r\n\r\r3,4\n\n", "5:1|2\n9:3|4\n", &plain);
    check("id\n1\n\n3\n\n", "2:1\n3:~\n4:3\n5:~\n", &plain);
    how.dialect.comment = '#';
    check("# made today\na,b\n# \"\n1,2\n#\n3,#4\n\"#5\",6\n", "4:1|2\n6:3|#4\n7:#5|6\n", &how);
}

static void bad_rows_have_a_place(void **state)
{
    (void)state;
    check("a,b,c\n1,2\n1,2,3,4\n5,6,7\n7\n",
          "! t.csv:2:3: row has 2 cells, the header has 3\n! t.csv:3:4: row has 4 cells, the header has 3\n4:5|6|7\n"
          "! t.csv:5:2: row has 1 cell, the header has 3\n! t.csv: 3 bad rows left out\n",
          &plain);
    check("a,b\n1,x\"y\n2,\"z\" w\n3,4\n",
          "! t.csv:2:2: quote in a cell that does not begin with one (in 'x\"y')\n"
          "! t.csv:3:2: text follows a closing quote (in '\"z\" w')\n4:3|4\n! t.csv: 2 bad rows left out\n",
          &plain);
    check("a,b\na,b\n1,2\n\"a\",\"b\"\n",
          "! t.csv:2:1: the header again (a row was expected)\n3:1|2\n! t.csv:4:1: the header again (a row was expected)\n! t.csv: 2 bad rows left out\n",
          &plain);
    check("a,b\n1,x\xffy\n\"\xc3\",2\n3,\"p\nq\xe2\x82\"\n5,6\n",
          "! t.csv:2:2: byte \\xff is not UTF-8\n! t.csv:3:1: byte \\xc3 is not UTF-8\n"
          "! t.csv:4:2: byte \\xe2 is not UTF-8\n6:5|6\n! t.csv: 3 bad rows left out\n",
          &plain);
    static const char nul[] = "a,b\n1,x\0y\n2,3\n";
    check_bytes(nul, sizeof nul - 1,
                "! t.csv:2:2: NUL byte \\x00 (text was expected)\n3:2|3\n! t.csv: 1 bad row left out\n", &plain);
    /* A row of several lines whose error lies within one of them. */
    check("a,b\n\"x\ny\",1\"\n3,4\n",
          "! t.csv:3:2: quote in a cell that does not begin with one (in '1\"')\n4:3|4\n! t.csv: 1 bad row left out\n",
          &plain);
}

static void only_the_first_are_shown(void **state)
{
    (void)state;
    check("a,b\n1\n2\n3\n4\n5\n6\n7\n8,9\n",
          "! t.csv:2:2: row has 1 cell, the header has 2\n! t.csv:3:2: row has 1 cell, the header has 2\n"
          "! t.csv:4:2: row has 1 cell, the header has 2\n! t.csv:5:2: row has 1 cell, the header has 2\n"
          "! t.csv:6:2: row has 1 cell, the header has 2\n9:8|9\n! t.csv: 7 bad rows left out\n",
          &plain);
}

static void open_quotes_fail_at_their_opening(void **state)
{
    (void)state;
    check("a,b,c\n1,2,3\n4,5,\"six\n7,8,9\n", "2:1|2|3\nE t.csv:3:3: quote opened here is never closed\n", &plain);
    check("a,b\n1,\"", "E t.csv:2:2: quote opened here is never closed\n", &plain);
    check("a,b\n1,\"x\ny\",\"z\nw\n", "E t.csv:3:3: quote opened here is never closed\n", &plain);
    check("a,b\n1,\"x\n2,\"y\"\n3,4\n",
          "E t.csv:2:2: quote opened here is never closed: the next quote, on line 3, has text behind it\n", &plain);
    check("a,\"b\n1,2\n", "E t.csv:1:2: quote opened here is never closed\n", &plain);
    reading lenient = plain;
    lenient.dialect.strict_quotes = false;
    check("a,b\n1,\"x\n2,y\n", "E t.csv:2:2: quote opened here is never closed\n", &lenient);
    wb_error err;
    transcript got;
    write_file("t.csv", "a\n\"1\n", 6);
    assert_int_equal(read_all(&got, "t.csv", &plain, &err), WB_ERR_MALFORMED);
    assert_non_null(strstr(err.advice, "--on-error"));
    free(got.text);
}

static void lenient_quotes(void **state)
{
    (void)state;
    reading how = plain;
    how.dialect.strict_quotes = false;
    how.dialect.na = (const char *const[]){"NA"};
    how.dialect.n_na = 1;
    check("a,b,c\n5\" pipe,\"x\"y\",NA\n\"NA\",\"a,\"b\",NA\n", "2:5\" pipe|x\"y|~\n3:NA|a,\"b|~\n", &how);
}

static void na_words_match_unquoted_cells(void **state)
{
    (void)state;
    reading how = plain;
    how.dialect.na = (const char *const[]){"NA", "-"};
    how.dialect.n_na = 2;
    check("a,b,c\nNA,\"NA\",\"x\ny\"\n\"a\"\"b\",-,NA\n-,-,NAN\n\"x,NA\",\"-\",N\n",
          "2:~|NA|x\\x0ay\n4:a\"b|~|~\n5:~|~|NAN\n6:x,NA|-|N\n", &how);
}

static void headers(void **state)
{
    (void)state;
    check("", "E t.csv: empty file (a header line was expected)\n", &plain);
    check("\xef\xbb\xbf", "E t.csv: empty file (a header line was expected)\n", &plain);
    check("\n\n", "E t.csv: empty file (a header line was expected)\n", &plain);
    check("id,amount,\"amount\"\n", "E t.csv:1:3: column 'amount' stands twice in the header\n", &plain);
    check("\nid,x\xff\n", "E t.csv:2:2: byte \\xff is not UTF-8\n", &plain);
    check_bytes("i\0d,x\n", 6, "E t.csv:1:1: NUL byte \\x00 (text was expected)\n", &plain);
    check("a,b\"c\n1,2\n", "E t.csv:1:2: quote in a cell that does not begin with one (in 'b\"c')\n", &plain);
    reading how = plain;
    how.dialect.header = false;
    how.dialect.names = (const char *const[]){"p", "q"};
    how.dialect.n_names = 2;
    check("p,q\n1\n1,2,3\n",
          "1:p|q\n! t.csv:2:2: row has 1 cell, 2 names are given\n! t.csv:3:3: row has 3 cells, 2 names are given\n"
          "! t.csv: 2 bad rows left out\n",
          &how);
    check("", "E t.csv: empty file (rows were expected)\n", &how);
    check("\xef\xbb\xbf", "E t.csv: empty file (rows were expected)\n", &how);
    how.dialect.names = (const char *const[]){"p", "p"};
    check("1,2\n", "E column 'p' stands twice among the given names\n", &how);
    how.dialect.n_names = 0;
    check("1,2\n", "E a file without a header needs the names of its columns\n", &how);
}

static void delimiters(void **state)
{
    (void)state;
    reading how = plain;
    how.dialect.delimiter = ';';
    check("a;b\n1,5;\"2;3\"\n", "2:1,5|2;3\n", &how);
    how.dialect.delimiter = '\t';
    check("a\tb\n\t\n 1\t\"2\t3\"\n", "2:~|~\n3: 1|2\\x093\n", &how);
    how.dialect.delimiter = '"';
    check("a\n", "E the delimiter must be a printable ASCII character or a tab, and no quote\n", &how);
    how.dialect.delimiter = ' ';
    how.dialect.na = (const char *const[]){"."};
    how.dialect.n_na = 1;
    how.dialect.comment = '%';
    check("  a \t b\n\n  1   \"x  \n \t \n%c\n2 . \n3 4 5\n6 \xff\n",
          "3:1|\"x\n6:2|~\n! t.csv:7:3: row has 3 cells, the header has 2\n! t.csv:8:2: byte \\xff is not UTF-8\n"
          "! t.csv: 2 bad rows left out\n",
          &how);
    check("a\n1\n  \n2", "2:1\n3:~\n4:2\n", &how);
}

static void the_first_bad_row_fails(void **state)
{
    (void)state;
    reading how = plain;
    how.policy = WB_ON_ERROR_FAIL;
    wb_error err;
    transcript got;
    write_file("t.csv", "a,b\n1,2\n3\n", 10);
    assert_int_equal(read_all(&got, "t.csv", &how, &err), WB_ERR_MALFORMED);
    assert_string_equal(got.text, "2:1|2\nE t.csv:3:2: row has 1 cell, the header has 2\n");
    assert_string_equal(err.advice, "1 bad row so far; --on-error skip leaves such rows out, --on-error reject "
                                    "--rejects FILE keeps them aside");
    free(got.text);
}

static void check_file(const char *name, const char *expected)
{
    char bytes[4096] = {0};
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    assert_true(fread(bytes, 1, sizeof bytes - 1, file) < sizeof bytes - 1);
    fclose(file);
    assert_string_equal(bytes, expected);
}

static void rejected_rows_are_kept_as_they_were(void **state)
{
    (void)state;
    reading how = plain;
    how.policy = WB_ON_ERROR_REJECT;
    how.rejects = "rejects.csv";
    check("\xef\xbb\xbf\"a\",b\r\n1,2\r\n3\r\n\"x\r\ny\",2,3\r\n4,5",
          "2:1|2\n! t.csv:3:2: row has 1 cell, the header has 2\n"
          "! t.csv:4:3: row has 3 cells, the header has 2\n6:4|5\n"
          "! t.csv: 2 bad rows left out, kept in rejects.csv\n",
          &how);
    check_file("rejects.csv", "\"a\",b\n3\n\"x\r\ny\",2,3\n");
    unlink("rejects.csv");
    check("a,b\n1\n2,\"", "! t.csv:2:2: row has 1 cell, the header has 2\n"
                          "E t.csv:3:2: quote opened here is never closed\n", &how);
    assert_int_equal(access("rejects.csv", F_OK), -1);
    how.rejects = NULL;
    check("a\n", "E no file is named to keep bad rows in\n", &how);
}

static void several_files(void **state)
{
    (void)state;
    wb_error err;
    transcript got;
    write_file("m2.csv", "\"a\",b\n3,4\n", 10);
    write_file("m1.csv", "a,b\n1,2\n5\n", 10);
    assert_ok(read_all(&got, "m?.csv", &plain, &err), &err);
    assert_string_equal(got.text, "2:1|2\n! m1.csv:3:2: row has 1 cell, the header has 2\n2:3|4\n"
                                  "! m1.csv: 1 bad row left out\n");
    free(got.text);
    static const struct {
        const char *header, *expected;
    } cases[] = {
        {"a,c\n", "E m2.csv:1:2: column 'c' where m1.csv has 'b'\n"},
        {"\na\n", "E m2.csv:2:2: column 'b' of m1.csv is not here\n"},
        {"a,b,c\n", "E m2.csv:1:3: column 'c' is not in m1.csv\n"},
    };
    write_file("m1.csv", "a,b\n", 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("m2.csv", cases[i].header, strlen(cases[i].header));
        assert_int_equal(read_all(&got, "m?.csv", &plain, &err), WB_ERR_INCONSISTENT);
        assert_string_equal(got.text, cases[i].expected);
        free(got.text);
    }
    write_file("m2.csv", "", 0);
    assert_int_equal(read_all(&got, "m?.csv", &plain, &err), WB_ERR_MALFORMED);
    assert_string_equal(got.text, "E m2.csv: empty file (a header line was expected)\n");
    free(got.text);
}

static void columns_by_name(void **state)
{
    (void)state;
    wb_error err;
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    const wbi_cells *cells;
    write_file("t.csv", "customer_id,ordered_at,x\n7,8,9\n", 31);
    assert_ok(wbi_paths_expand(&paths, "t.csv", &err), &err);
    assert_ok(wbi_bad_rows_create(&bad, WB_ON_ERROR_FAIL, NULL, NULL, &err), &err);
    assert_ok(wbi_csv_open(&reader, &paths, &plain.dialect, bad, &err), &err);
    assert_int_equal(wbi_csv_n_columns(reader), 3);
    assert_string_equal(wbi_csv_column(reader, 1), "ordered_at");
    assert_int_equal(wbi_csv_find(reader, "x"), 2);
    assert_true(wbi_csv_find(reader, "y") == SIZE_MAX);
    assert_int_equal(wbi_csv_no_column(reader, "custmer_id", &err), WB_ERR_INCONSISTENT);
    char text[1024];
    assert_string_equal(wb_error_text(&err, text, sizeof text),
                        "t.csv:1: no column 'custmer_id' (did you mean 'customer_id'?)");
    assert_int_equal(wbi_csv_no_column(reader, "revenue", &err), WB_ERR_INCONSISTENT);
    assert_string_equal(wb_error_text(&err, text, sizeof text),
                        "t.csv:1: no column 'revenue' (there are customer_id, ordered_at, x)");
    assert_ok(wbi_csv_want(reader, (const size_t[]){2, 0, 2}, 3, &err), &err);
    assert_ok(wbi_csv_next(reader, 5, &cells, &err), &err);
    assert_int_equal(cells->n_rows, 1);
    assert_string_equal(cells->file, "t.csv");
    assert_true(wbi_str_is(cells->cells[0], "9") && wbi_str_is(cells->cells[1], "7") &&
                wbi_str_is(cells->cells[2], "9"));
    assert_ok(wbi_csv_next(reader, 5, &cells, &err), &err);
    assert_int_equal(cells->n_rows, 0);
    assert_ok(wbi_csv_next(reader, 5, &cells, &err), &err);
    assert_int_equal(cells->n_rows, 0);
    wbi_csv_close(reader);
    wbi_bad_rows_free(bad);
    wbi_paths_free(&paths);
}

static void ceilings(void **state)
{
    (void)state;
    enum { CELL = 1 << 20, BYTES = 3 << 20 };
    reading how = plain;
    how.sizes.row_ceiling_bytes = 10;
    for (how.sizes.window_bytes = 1; how.sizes.window_bytes < 40; how.sizes.window_bytes++) {
        check("a,b\n12345,7890\r\n1,2\n", "2:12345|7890\n3:1|2\n", &how);
        check("a,b\n1,2\n12345,67890\n", "2:1|2\nE t.csv:3: row is longer than 10 bytes\n", &how);
        check("a,b\n1,\"\n\n\n\n\n\n\n\n\n\n\n\n", "E t.csv:2: row is longer than 10 bytes\n", &how);
    }
    char *bytes = malloc(BYTES);
    memset(bytes, 'x', BYTES);
    memcpy(bytes, "a,b\n1,", 6);
    memcpy(bytes + 6 + CELL, "\n2,3\n", 5);
    transcript got = read_bytes(bytes, 6 + CELL + 5, &plain);
    assert_true(strncmp(got.text, "2:1|xxx", 7) == 0 && strstr(got.text, "\n3:2|3\n") != NULL);
    free(got.text);
    memcpy(bytes + 6 + CELL, "x\n2,3\n", 6);
    got = read_bytes(bytes, 6 + CELL + 6, &plain);
    assert_non_null(strstr(got.text, "! t.csv:2:2: cell 'xxx"));
    assert_non_null(strstr(got.text, "is longer than 1048576 bytes\n3:2|3\n! t.csv: 1 bad row left out\n"));
    free(got.text);
    memset(bytes + 6, 'x', BYTES - 6);
    bytes[6] = '"';
    for (size_t i = 100; i < BYTES; i += 100)
        bytes[i] = '\n';
    check_bytes(bytes, BYTES, "E t.csv:2:2: quote opened here is not closed within 1048576 bytes\n", &plain);
    free(bytes);
}

/* Texts of the bytes that matter, by a small generator of their own. */
static size_t random_text(char *text, size_t size, uint64_t *seed)
{
    static const char alphabet[] = "aab,,,\"\"\n\n\r #\xc3\xbc";
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    size_t n = (size_t)(*seed >> 33) % size;
    for (size_t i = 0; i < n; i++) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        text[i] = alphabet[(size_t)(*seed >> 33) % (sizeof alphabet - 1)];
    }
    return n;
}

/* Neither the size of reads nor that of blocks shows in what is read. */
static void windows_and_blocks_do_not_show(void **state)
{
    (void)state;
    uint64_t seed = 1;
    char text[64];
    for (int round = 0; round < 2000; round++) {
        reading how = plain;
        how.dialect.header = false;
        how.dialect.names = (const char *const[]){"p", "q"};
        how.dialect.n_names = (size_t)round % 2 + 1;
        how.dialect.comment = round % 3 == 0 ? '#' : '\0';
        how.dialect.delimiter = round % 7 == 0 ? ' ' : ',';
        how.dialect.strict_quotes = round % 5 != 0;
        how.dialect.na = (const char *const[]){"a", ""};
        how.dialect.n_na = 2;
        how.policy = round % 20 == 0 ? WB_ON_ERROR_REJECT : WB_ON_ERROR_SKIP;
        how.rejects = "rejects.csv";
        size_t n = random_text(text, sizeof text, &seed);
        transcript whole = read_bytes(text, n, &how);
        for (size_t window = 1; window < 9; window += 3) {
            how.sizes.window_bytes = window;
            check_bytes(text, n, whole.text, &how);
        }
        if (strstr(whole.text, "E ") == NULL) { /* an error hides the rows of its block */
            how.max_rows = 3;
            transcript blocks = read_bytes(text, n, &how);
            strip(blocks.text);
            strip(whole.text);
            assert_string_equal(blocks.text, whole.text);
            free(blocks.text);
        }
        free(whole.text);
    }
}

/* libcsv itself, fed the whole text. */
typedef struct reference {
    transcript all, row;
    size_t n_cells, n_wanted, n_others;
} reference;

static void reference_cell(void *data, size_t n, void *context)
{
    reference *to = context;
    char shown[256];
    add_text(&to->row, to->n_cells++ == 0 ? "" : "|");
    add_text(&to->row, data == NULL ? "~" : wbi_printable(shown, sizeof shown, data, n));
}

static void reference_row(int end, void *context)
{
    (void)end;
    reference *to = context;
    if (to->n_cells == to->n_wanted) {
        add_text(&to->all, to->row.text);
        add_text(&to->all, "\n");
    } else {
        to->n_others++;
    }
    to->n_cells = to->row.length = 0;
}

static int not_space(unsigned char byte)
{
    (void)byte;
    return 0;
}

static bool parse_reference(reference *to, const char *text, size_t n)
{
    struct csv_parser parser;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL);
    csv_set_space_func(&parser, not_space);
    bool good = csv_parse(&parser, text, n, reference_cell, reference_row, to) == n &&
                csv_fini(&parser, reference_cell, reference_row, to) == 0;
    csv_free(&parser);
    return good;
}

static bool is_utf8(const char *text, size_t n)
{
    return wbi_utf8_check(text, n) == n;
}

static void rows_are_those_of_libcsv(void **state)
{
    (void)state;
    uint64_t seed = 2;
    char text[48];
    size_t n_good = 0, n_refused = 0;
    for (int round = 0; round < 20000; round++) {
        size_t n = random_text(text, sizeof text, &seed);
        reading how = plain;
        how.dialect.header = false;
        how.dialect.names = (const char *const[]){"p", "q", "r"};
        how.dialect.n_names = (size_t)round % 2 + 2;
        how.sizes.window_bytes = (size_t)round % 9 + 1;
        if (n == 0 || !is_utf8(text, n))
            continue;
        reference wanted = {.n_wanted = how.dialect.n_names};
        add_text(&wanted.all, "");
        bool good = parse_reference(&wanted, text, n);
        transcript got = read_bytes(text, n, &how);
        if (good) {
            char count[64] = "";
            if (wanted.n_others > 0)
                snprintf(count, sizeof count, "! t.csv: %zu bad row", wanted.n_others);
            assert_non_null(strstr(got.text, count));
            strip(got.text);
            assert_string_equal(got.text, wanted.all.text);
            n_good++;
        } else {
            assert_true(strstr(got.text, "quote") != NULL || strstr(got.text, "bad row") != NULL);
            n_refused++;
        }
        free(got.text);
        free(wanted.all.text);
        free(wanted.row.text);
    }
    assert_true(n_good > 1000 && n_refused > 1000);
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,NA\n2,\"x\ny\"\n3\n4,5\n";
    reading how = plain;
    how.policy = WB_ON_ERROR_REJECT;
    how.rejects = "rejects.csv";
    how.dialect.na = (const char *const[]){"NA"};
    how.dialect.n_na = 1;
    how.sizes.window_bytes = 4;
    write_file("t.csv", text, sizeof text - 1);
    wb_status status = WB_ERR_NOMEM;
    size_t n_failed = 0;
    for (uint64_t call = 1; status != WB_OK; call++) {
        wb_error err;
        transcript got;
        wbi_alloc_fail_at(call);
        status = read_all(&got, "t.csv", &how, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        n_failed += status != WB_OK;
        if (status == WB_OK)
            assert_string_equal(got.text, "2:1|~\n3:2|x\\x0ay\n! t.csv:5:2: row has 1 cell, the header has 2\n6:4|5\n"
                                          "! t.csv: 1 bad row left out, kept in rejects.csv\n");
        free(got.text);
        if (call > 1000)
            fail();
    }
    assert_true(n_failed > 5);
}

static int leave(void **state)
{
    return leave_folder(state, (const char *const[]){"t.csv", "m1.csv", "m2.csv", "rejects.csv", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_cells_and_lines),
        cmocka_unit_test(quotes_span_lines),
        cmocka_unit_test(blank_and_comment_lines),
        cmocka_unit_test(bad_rows_have_a_place),
        cmocka_unit_test(only_the_first_are_shown),
        cmocka_unit_test(open_quotes_fail_at_their_opening),
        cmocka_unit_test(lenient_quotes),
        cmocka_unit_test(na_words_match_unquoted_cells),
        cmocka_unit_test(headers),
        cmocka_unit_test(delimiters),
        cmocka_unit_test(the_first_bad_row_fails),
        cmocka_unit_test(rejected_rows_are_kept_as_they_were),
        cmocka_unit_test(several_files),
        cmocka_unit_test(columns_by_name),
        cmocka_unit_test(ceilings),
        cmocka_unit_test(windows_and_blocks_do_not_show),
        cmocka_unit_test(rows_are_those_of_libcsv),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave);
}
