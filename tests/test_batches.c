/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows read in batches are those that libcsv gives one by one, to the last bit and word. */
#include "test_util.h"

#include <zlib.h>

#include "base/memory.h"
#include "batches_testing.h"

static const size_t chunk_sizes[] = {1, 2, 63, 64, 65, 100, 4096, 0};
enum { N_CHUNK_SIZES = sizeof chunk_sizes / sizeof *chunk_sizes, N_POLICIES = 3 };

static const char *const na_words[] = {"NA", "-"};
static const char *const given_names[] = {"p", "q"};

/* What a letter of `dialect` does: ; t(ab) b(lanks) | delimit, # begins comments, l(enient quotes), g(iven names instead of a
 * header), N(A words), d(ecimal comma), z(one of two hours east), w(anted from the last to the first). */
static typed_reading reading_of(const char *dialect, const char *types)
{
    typed_reading how = TYPED_READING_INIT;
    how.types = types;
    how.how.dialect.names = given_names;
    how.how.dialect.n_names = 2;
    how.how.dialect.na = na_words;
    how.how.sizes.window_bytes = 4096;
    for (; *dialect != '\0'; dialect++)
        switch (*dialect) {
        case 't':
            how.how.dialect.delimiter = '\t';
            break;
        case 'b':
            how.how.dialect.delimiter = ' ';
            break;
        case '#':
            how.how.dialect.comment = '#';
            break;
        case 'l':
            how.how.dialect.strict_quotes = false;
            break;
        case 'g':
            how.how.dialect.header = false;
            break;
        case 'N':
            how.how.dialect.n_na = 2;
            break;
        case 'd':
            how.how.dialect.decimal = ',';
            break;
        case 'z':
            how.zone_offset_s = 7200;
            break;
        case 'w':
            how.backwards = true;
            break;
        default:
            how.how.dialect.delimiter = *dialect;
        }
    return how;
}

static void set_policy(typed_reading *how, int policy)
{
    static const wb_on_error policies[N_POLICIES] = {WB_ON_ERROR_FAIL, WB_ON_ERROR_SKIP, WB_ON_ERROR_REJECT};
    how->how.policy = policies[policy];
    how->how.rejects = policies[policy] == WB_ON_ERROR_REJECT ? "rejects.csv" : NULL;
}

/* Rows in blocks are those one by one, whatever the bad rows among them; log lines may come earlier. */
static void check_blocks(const transcript *expected, const char *path, typed_reading how)
{
    wb_error err;
    transcript rows = {0}, blocks;
    add_text(&rows, expected->text);
    how.how.max_rows = 5;
    assert_ok(read_typed(&blocks, path, &how, false, &err), &err);
    strip(rows.text);
    strip(blocks.text);
    assert_string_equal(rows.text, blocks.text);
    free(rows.text);
    free(blocks.text);
}

/* All policies, sizes of chunks and numbers of threads. */
static void check_all_ways(const char *path, typed_reading how)
{
    static const int threads[] = {1, 2, 4};
    for (int policy = 0; policy < N_POLICIES; policy++) {
        wb_error err;
        transcript expected;
        set_policy(&how, policy);
        wb_status status = read_typed(&expected, path, &how, false, &err);
        if (status == WB_OK)
            check_blocks(&expected, path, how);
        for (size_t i = 0; i < 3 * N_CHUNK_SIZES; i++) { /* threads with every third size */
            how.chunk_bytes = chunk_sizes[i % N_CHUNK_SIZES];
            how.n_threads = threads[i / N_CHUNK_SIZES];
            how.how.sizes.window_bytes = i < N_CHUNK_SIZES ? 7 : 4096;
            if (i < N_CHUNK_SIZES || i % 3 == 0)
                assert_true(same_in_batches(&expected, path, &how));
        }
        free(expected.text);
    }
}

/* One thread, few sizes; the policy and the window come with `how`. */
static void check_some_ways(const char *path, typed_reading how, size_t first, size_t step)
{
    wb_error err;
    transcript expected;
    (void)!read_typed(&expected, path, &how, false, &err);
    for (size_t i = first % step; i < N_CHUNK_SIZES; i += step) {
        how.chunk_bytes = chunk_sizes[i];
        assert_true(same_in_batches(&expected, path, &how));
    }
    free(expected.text);
}

typedef struct hard_case {
    const char *dialect, *types, *bytes;
    size_t n;
} hard_case;

#define CASE(dialect, types, text) {dialect, types, text, sizeof(text) - 1}

static const hard_case hard_cases[] = {
    /* quotes at every place */
    CASE("", "cnc", "a,b,c\n\"x\",1,y\nx,\"2\",y\nx,3,\"y\"\n\"x\",\"4\",\"y\"\n\"\",\"\",\"\"\n"),
    CASE("", "cnc", "a,b,c\nx\",1,y\nx,1\"2,y\nx,3,y\"\nx,3,y\"y\n\"x\"z,1,y\nx,\"1\"2,y\nx,1,\"y\"z\nx,4,y\n"),
    CASE("", "cnc", "a,b,c\n \"x\",1,y\n\"x\" ,1,y\nx, \"1\",y\nx,5,y\n"),
    CASE("l", "cnc", "a,b,c\nx\",1,y\nx,1\"2,y\nx,3,y\"y\n\"x\"z,1,y\nx,\"1\"2,y\n\"x,y\" z\",1,y\nx,4,y\n"),
    CASE("l", "cc", "a,b\n\"x\"\"\n,y\n\"p\"q\"r\",s\nx\"\",\"\"\"\n\"t\",u\n"),
    CASE("", "cc", "a,b\n\"x\"\"y\",\"\"\"\"\n\"\"\"\",\"\"\"x\"\n\"x\"\"\",\"\"\"\"\"\"\n\"\"\"a\"\"\",\"b\"\"c\"\"d\"\n"),
    CASE("", "cc", "a,b\n\"x\"\"y\",1\n\"x\"\"y\",2\nx,\"x\"\"y\"\n\"x\",\"x\"\"y\"\n"),
    CASE("", "cc", "a,b\n\"x,y\",\"y\n\"\n\"x\r\ny\",\"\r\n\r\n\"\n\"\n\n\",z\n"),
    CASE("", "nc", "a,b\n\"x\ny\",\"y\n\"\n\"1\n2\",z\n1,z\nw,\"v\n\"\n2,u\n"),
    CASE("", "cc", "a,b\n\"x\ry\",z\n\"x\r\",z\n\"\r\",\"\n\r\"\nlast,row\n"),
    CASE("", "cn", "a,b\nx,1\n\"open,2\ny,3\n"),
    CASE("", "cn", "a,b\nx,bad\n\"open,2\ny,3\n"),
    CASE("", "cn", "a,b\nx,bad\nq\"q,bad\ny,4\n\"open,2\ny,\"3\"\n"),
    CASE("l", "cn", "a,b\nx,bad\nq\"q,bad\ny,4\n\"open,2\ny,\"3\"\n"),
    CASE("", "cn", "a,b\nx,1\ny,\""),
    CASE("", "cn", "a,b\nx,1\ny,\"\""),
    CASE("", "cn", "a,b\nx,1\ny,\"2\"\r"),
    CASE("", "cn", "a,b\nx,1\ny,\"2\r"),
    /* line ends and blank lines */
    CASE("", "nc", "a,b\r\n1,x\r\n2,y\r\n,\r\n3,\r\n4,z"),
    CASE("", "nc", "a,b\r1,x\r2,y\r\r3,\r4,z\r"),
    CASE("", "nc", "a,b\n1,x\r2,y\n3,z\r\n4,w\r\r\n5,v\n\r6,u\n"),
    CASE("", "nc", "a,b\n1,x\n2,y\r"),
    CASE("", "nc", "a,b\n1,x\n2,\r"),
    CASE("", "nc", "a,b\n1,x\n2,y"),
    CASE("", "nc", "a,b\n1,x\n2"),
    CASE("", "nc", "a,b\n1,x\n2,"),
    CASE("", "nc", "\n\r\n\ra,b\n\n\n1,x\n\r\n\n2,y\n\n\r\n\n"),
    CASE("", "n", "a\n\n1\n\n\n2\n\n"),
    CASE("", "N", "a\n\n1\n\n\n2\n\n"),
    CASE("", "c", "a\n\nx\n\"\"\n\r\n\"\n\"\ny\n\r"),
    CASE("", "C", "a\r\n\r\nx\r\n\"\"\r\n\r\ny\r\n\r\n"),
    CASE("N", "N", "a\n-\n1\nNA\n\"NA\"\n2\n\"-\"\n"),
    CASE("", "c", "\"\"\n\nx\n\"\"\n\n"),
    CASE("", "c", "\"\"\r\n\r\nx\r\n\"\"\r\n\r\n"),
    CASE("", "-n", ",b\n,1\n,b\n,2\n\"\",b\n\"\",3\n,\n"),
    CASE("", "nn", "a,b\n1\n1,2,3\n,\n,,\n1,2\n\n3,4,\n5,6\n"),
    /* the whole file */
    CASE("", "nc", ""),
    CASE("", "nc", "\n"),
    CASE("", "nc", "a,b"),
    CASE("", "nc", "a,b\n"),
    CASE("", "nc", "a,b\r\n\r\n"),
    CASE("", "nc", "\xef\xbb\xbf" "a,b\n1,x\n\xef\xbb\xbf" "2,y\n3,\xef\xbb\xbf\n"),
    CASE("", "nc", "a,a\n1,2\n"),
    CASE("g", "nc", "1,x\n2,y\np,q\n\n3\n"),
    CASE("g", "nc", ""),
    CASE("g", "nc", "\n\n"),
    CASE("#", "nc", "#c\na,b\n#1,x\n1,#x\n\"#\",y\n #,z\n2,\"\n#\n\"\n#"),
    CASE("b", "nc", "a b\n1 x\n  2\ty  \n\n \t \n3 \"z w\"\n4\n5 \"u\"\n6 v"),
    CASE(";d", "nn", "a;b\n1,5;-,5\n1.5;2\n\"3,25\";,\n1,2,3;4\n5;6\n"),
    CASE("t", "cn", "a\tb\nx y\t1\n\"x\ty\"\t2\nx\"\t3\nx\t4\n"),
    CASE("|", "cn", "a|b\nx,y|1\n\"x|y\"|2\nx|x\nx|4\n"),
    CASE("N", "cnt", "a,b,c\nNA,NA,NA\n\"NA\",1,-\nx,\"NA\",\nx,\"-\",\nNAN,-,\"-\"\n-,-1,NA\nna,2,\nx,3,\n"),
    CASE("N", "CNT", "a,b,c\nx,1,2024-01-01\nNA,1,2024-01-01\n\"NA\",1,2024-01-01\nx,-,2024-01-01\nx,1,\n\"\",1,2024-01-01\n"),
    CASE("w", "cnt", "a,b,c\nx,1,2024-01-01\ny,bad,bad\nz,2,bad\nz,bad,2024-01-01\nv,3,\n"),
    /* the header again */
    CASE("", "cn", "a,b\nx,1\na,b\n\"a\",\"b\"\na,1\na,x\n\"a\",2\na,\"b\"\nab,3\na,b,c\na\ny,4\n"),
    CASE("", "cc", "a,b\nx,1\na,c\nz,d\na,b\nw,e\n"),
    CASE("", "cc", "a,b\nx,p\na,q\nz,r\nw,s\n"),
    CASE("", "c", "a\nx\na\n\"a\"\ny\naa\n"),
    CASE("", "cc", "\"a\"\"b\",c\nx,1\n\"a\"\"b\",c\n\"a\"\"b\",d\ny,2\n"),
    CASE("", "cc", "\"\"\"\",c\nx,1\n\"\"\"\",c\n\"\"\"\",d\ny,2\n"),
    CASE("", "cc", "\"a,b\",c\nx,1\n\"a,b\",c\n\"a,b\",d\na,b,c\ny,2\n"),
    CASE("", "cc", "\"a\r\nb\",c\nx,1\n\"a\r\nb\",c\n\"a\r\nb\",d\n\"a\nb\",c\ny,2\n"),
    CASE("", "cn", "\xc3\xa9,b\nx,1\n\xc3\xa9,b\n\"\xc3\xa9\",b\n\xc3\xa9,2\n"),
    CASE("l", "cc", "a\"b,c\nx,1\na\"b,c\n\"a\"\"b\",c\n\"a\"\"b\",d\ny,2\n"),
    CASE("N", "cc", "NA,-\nx,y\nNA,-\n\"NA\",-\nNA,z\n"),
    /* bytes that are no text */
    CASE("", "nc", "a,b\n1,x\0y\n2,z\n\0,w\n3,v\n"),
    CASE("", "nc", "a,b\n1,\xff\n2,\xc3\n3,\xc3\xa9\n4,\xed\xa0\x80\n5,\xf0\x9f\x98\x80\n6,\xa9\n7,ok\n"),
    CASE("", "nc", "a,b\n1,\"\xff\n\"\nx\xff,2\n\"\n\",\xfe\n8,\"\0\"\n9,ok\n"),
    CASE("", "nc", "a,b\nx,\xff\n\xff,1,2\n\xff\n\xff\"\xff,1\n3,ok\n"),
    /* numbers */
    CASE("", "n", "a\n1\n-1\n+1\n0\n-0\n+0\n-0.0\n.5\n5.\n.\n-\n+\n-.5\n-5.\n00012\n1e3\n1E-3\n1e\n1e400\n-1e400\n1e-400\n"),
    CASE("", "n", "a\n123456789012345\n1234567890123456\n12345678901234567\n999999999999999.9\n1234567890123456789012345\n"
                  "0.123456789012345\n0.1234567890123456\n.12345678901234567890\n-123456789012345\n-12345678.9012345\n"
                  "9007199254740993\n9007199254740992.5\n000000000000000000001\n1.000000000000000\n0.00000000000000\n"),
    CASE("", "n", "a\ntrue\nYES\nno\nFalse\ntru\nnone\nnan\ninf\n0x10\n1 \n 1\n1_000\n1,000\n--1\n1-\n1.2.3\n\"1\"\n\"1.5\"\n\"\"\n"),
    CASE("", "NcN", "a,b,c\n1,x,1\n,x,1\n1,,1\n1,x,\n\"\",x,1\n,,\n"),
    /* times */
    CASE("z", "tT", "a,b\n2024-02-29,2024-02-29T12:34:56Z\n2023-02-29,2024-01-01\n1900-02-29,2000-02-29\n2000-02-29,1900-02-28\n"
                    "2024-01-01 00:00:00,2024-12-31T23:59:59\n2024-01-01T00:00,2024-01-01 00:00Z\n2024-13-01,2024-01-01\n"
                    "2024-00-01,2024-01-01\n2024-01-00,2024-01-01\n2024-01-32,2024-04-31\n,2024-04-30\n2024-04-30,\n"),
    CASE("", "t", "a\n2024-01-01T24:00:00\n2024-01-01T24:00:00Z\n2024-01-01T23:59:60Z\n2024-01-01T12:60:00Z\n"
                  "2024-01-01T12:34:56.5Z\n2024-01-01T12:34:56,5\n2024-01-01T12:34:56.123456789+01:00\n"
                  "2024-01-01 12:34:56+0130\n2024-01-01T12:34:56-05\n2024-01-01T12:34:56z\n2024-01-01t12:34:56\n"
                  "2024-01-01x12:34:56\n2024-01-01T12-34-56\n2024-01-01 \n 2024-01-01\n20240101\n2024-1-1\n2024/01/01\n"),
    CASE("z", "t", "a\n0000-01-01\n0000-12-31T23:59:59Z\n0001-01-01\n0001-01-01T00:00:00\n0001-01-01T02:00:00\n0002-01-01\n"
                   "9998-12-31T23:59:59\n9999-12-31\n9999-12-31T23:59:59Z\n-001-01-01\n10000-01-01\n1969-12-31T23:59:59Z\n"),
    CASE("z", "t", "a\n\"2024-01-01\"\n\"2024-01-01T01:02:03Z\"\n\"2024-01-01\n\"\n2024-01-01\r\n2024-01-0\r\n\"\"\n2024-0a-01\n20:4-01-01\n"
                   "2024-01-01T0a:00:00\n2024-01-01T00:00:0:\n2024-01-01T00:00:00+\n2024-01-01T00:00:00Y\n"),
    CASE("", "uf", "a,b\n1700000000,01/02/2024\n1700000000.5,29/02/2023\n-1,1/2/2024\nx,\n,x\n2024-01-01,31/12/1999\n"),
    /* more bad rows than are shown, and many levels of which some go */
    CASE("", "cn", "a,b\nk1,x\nk2,x\nk3,x\nk4,1\nk5,x\nk6,x\nk7,x\nk8,2\nk9,x\nk1,x\nk2,3\n\xff,1\nk3\nk5,4\n"),
    CASE("", "-c--n", "a,b,c,d,e\n1,2,3,4,5\n\xff,2,3,4,5\n1,\"2\"\"\",3,4,\"5\"\n1,2,3,4\n1,2,3,4,5,6\n\"\n\",y,,,7\n"),
    CASE("", "", "a,b\n1,2\n3\n4,\xff\n5,6\n"),
};

static void hard_cases_come_out_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hard_cases / sizeof *hard_cases; i++) {
        const hard_case *c = &hard_cases[i];
        write_file("t.csv", c->bytes, c->n);
        check_all_ways("t.csv", reading_of(c->dialect, c->types));
    }
}

/* With texts instead of categories. */
static void texts_come_out_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hard_cases / sizeof *hard_cases; i++) {
        char types[MAX_TYPED + 1];
        const hard_case *c = &hard_cases[i];
        size_t n = 0;
        for (; c->types[n] != '\0'; n++)
            types[n] = c->types[n] == 'c' ? 'x' : c->types[n] == 'C' ? 'X' : c->types[n];
        types[n] = '\0';
        write_file("t.csv", c->bytes, c->n);
        for (int policy = 0; policy < N_POLICIES; policy++) {
            typed_reading how = reading_of(c->dialect, types);
            set_policy(&how, policy);
            how.n_threads = policy + 1;
            check_some_ways("t.csv", how, 0, 1);
        }
    }
}

/* The hard place at each distance from the border of a block: behind a first row of many lengths. */
static void borders_of_blocks_do_not_show(void **state)
{
    (void)state;
    static char text[8192];
    for (size_t i = 0; i < sizeof hard_cases / sizeof *hard_cases; i++) {
        const hard_case *c = &hard_cases[i];
        const char *line_end = memchr(c->bytes, '\n', c->n);
        size_t head = line_end == NULL ? 0 : (size_t)(line_end + 1 - c->bytes);
        if (head == 0 || strchr(c->dialect, 'g') != NULL)
            continue;
        for (size_t pad = 0; pad <= 64; pad++) {
            typed_reading how = reading_of(c->dialect, c->types);
            memcpy(text, c->bytes, head);
            memset(text + head, '1', pad);
            text[head + pad] = '\n';
            memcpy(text + head + pad + 1, c->bytes + head, c->n - head);
            write_file("t.csv", text, c->n + pad + 1);
            set_policy(&how, 1 + (int)(pad % 2));
            check_some_ways("t.csv", how, 2 + pad % 6, N_CHUNK_SIZES);
        }
    }
}

static void several_files_are_one(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
    } cases[] = {
        {"a,b\n1,x\n2,y\n", "a,b\n3,y\nbad,z\n"},   {"a,b\n1,x\n2", "\"a\",b\r\n3,y\r\n4,z"},
        {"a,b\nbad,x\n", "a,c\n3,y\n"},             {"a,b\n1,x\n", "a,b,c\n3,y,z\n"},
        {"a,b\nbad,x\n1,y\n", ""},                  {"a,b\n\"1\"x,y\n2,z\n", "a,b\n"},
        {"a,b\n", "a,b\n1,x\na,b\n"},               {"a,b\nx,y\n\"3,z\n", "a,b\n1,x\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("m1.csv", cases[i].first, strlen(cases[i].first));
        write_file("m2.csv", cases[i].second, strlen(cases[i].second));
        check_all_ways("m*.csv", reading_of("", "nc"));
    }
}

/* Cells of all lengths about a block, and a character of several bytes at each place of a block and of a chunk. */
static void long_cells_come_out_the_same(void **state)
{
    (void)state;
    static char text[8192];
    for (size_t length = 58; length <= 70; length++)
        for (int quoted = 0; quoted < 2; quoted++) {
            char cell[128];
            memset(cell, 'x', length);
            memcpy(cell + length - 3, "\xe2\x82\xac", 4);
            const char *quote = quoted ? "\"" : "";
            int n = snprintf(text, sizeof text, "a,b,c\n%s%s%s,1,y\n%s%s%s,2,%s\n,x,%s\nz,3,\n", quote, cell, quote, quote,
                             cell + length / 2, quote, cell, cell);
            write_file("t.csv", text, (size_t)n);
            check_all_ways("t.csv", reading_of("", "cnc"));
        }
}

static void rows_may_be_longer_than_chunks(void **state)
{
    (void)state;
    enum { LONG_BYTES = 1 << 20, MANY = 3000 };
    typed_reading how = reading_of("", "cn");
    FILE *file = fopen("t.csv", "wb");
    assert_non_null(file);
    fputs("a,b\n", file);
    for (int i = 0; i < MANY; i++)
        fprintf(file, i % 500 == 499 ? "\"r%d\n\",x\n" : "r%d,%d\n", i, i);
    for (int extra = 0; extra < 2; extra++) { /* as long as a cell may be, and a byte longer */
        for (int i = 0; i < LONG_BYTES + extra; i++)
            fputc('x', file);
        fputs(",7\n", file);
    }
    for (int i = 0; i < MANY; i++)
        fprintf(file, "s%d,%d.5\n", i, i);
    assert_int_equal(fclose(file), 0);
    for (int policy = 0; policy < N_POLICIES; policy++) {
        set_policy(&how, policy);
        how.n_threads = policy + 1;
        check_some_ways("t.csv", how, 3, 4);
    }
}

static void too_long_rows_fail(void **state)
{
    (void)state;
    static char text[4096];
    memset(text, 'x', sizeof text);
    memcpy(text, "a,b\nx,1\ny,bad\n", 14);
    memcpy(text + 1000, ",2\nz,3\n", 7);
    write_file("t.csv", text, 1007);
    typed_reading how = reading_of("", "cn");
    how.how.sizes = (wbi_csv_sizes){16, 200};
    for (int policy = 0; policy < N_POLICIES; policy++) {
        set_policy(&how, policy);
        wb_error err;
        transcript expected;
        assert_int_equal(read_typed(&expected, "t.csv", &how, false, &err), WB_ERR_MALFORMED);
        for (how.chunk_bytes = 1; how.chunk_bytes < 500; how.chunk_bytes += 7)
            assert_true(same_in_batches(&expected, "t.csv", &how));
        free(expected.text);
    }
}

/* The first bytes of a compressed file, up to where reading it fails. */
static void what_is_left_of_a_file_is_given(void **state)
{
    (void)state;
    enum { N_ROWS = 3000, ROOM = N_ROWS * 20 };
    char *text = malloc(ROOM);
    unsigned char *packed = malloc(ROOM);
    size_t n = (size_t)snprintf(text, ROOM, "a,b\n");
    for (size_t row = 0; row < N_ROWS; row++)
        n += (size_t)snprintf(text + n, ROOM - n, row == 900 ? "x%zu,none\n" : "x%zu,1\n", row * 2654435761u % 1000003u);
    z_stream z = {.next_in = (unsigned char *)text, .avail_in = (uInt)n, .next_out = packed, .avail_out = ROOM};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n_packed = ROOM - z.avail_out;
    deflateEnd(&z);
    write_file("t.csv", (const char *)packed, n_packed * 2 / 3);
    typed_reading how = reading_of("", "cn");
    for (int policy = 0; policy < N_POLICIES; policy++) {
        set_policy(&how, policy);
        how.n_threads = policy + 1;
        check_some_ways("t.csv", how, 1, 2);
    }
    free(text);
    free(packed);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(2685821657736338717) >> 11;
}

static const char *pick(uint64_t *x, const char *const *from, size_t n)
{
    return from[next_random(x) % n];
}

#define PICK(x, list) pick((x), (list), sizeof(list) / sizeof *(list))

/* A cell that is mostly right for some column, and then sometimes changed in one byte. */
static size_t random_cell(char *to, uint64_t *x)
{
    static const char *const cells[] = {
        "1",          "-2.5",       "12345678901234567", "1e3",         "0",          "-0",          "",
        "a",          "b",          "NA",                "-",           "true",       "x y",         "\xc3\xa9",
        "2024-02-29", "2023-02-29", "2024-01-01T10:00:00", "1999-12-31 23:59:59Z", "2024-01-01T10:00:00.5+01:00",
        "\"q\"",      "\"q\"\"r\"", "\"\"",              "\"a,b\"",     "\"x\ny\"",   "\"x\r\ny\"",  "\"1\"",
        "\"2024-02-29\"", "a long cell of more than thirty-two bytes", "#",          "k0",          "\"k0\"",
    };
    static const char nasty[] = {',', '"', '\n', '\r', '0', '9', '.', '-', 'T', ':', 'Z', 'a', '\0', '\xff', ' ', '#', '\xc3'};
    const char *cell = PICK(x, cells);
    size_t n = strlen(cell);
    memcpy(to, cell, n);
    if (next_random(x) % 24 == 0) {
        size_t at = next_random(x) % (n + 1);
        memmove(to + at + 1, to + at, n - at);
        to[at] = nasty[next_random(x) % sizeof nasty];
        n++;
    }
    return n;
}

/* Rows of `width` cells, mostly. */
static size_t random_rows(char *to, size_t n_rows, size_t width, uint64_t *x)
{
    static const char *const ends[] = {"\n", "\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r\n", "\n\n", "\r", ""};
    size_t n = 0;
    for (size_t row = 0; row < n_rows; row++) {
        size_t cells = next_random(x) % 40 == 0 ? next_random(x) % 5 : width;
        for (size_t k = 0; k < cells; k++) {
            if (k > 0)
                to[n++] = ',';
            n += random_cell(to + n, x);
        }
        const char *end = PICK(x, ends);
        memcpy(to + n, end, strlen(end));
        n += strlen(end);
    }
    return n;
}

static size_t random_bytes(char *to, size_t n_pieces, uint64_t *x)
{
    static const char *const pieces[] = {",", "\"", "\n", "\r", "\r\n", "0", "1", "9", ".", "-", "T", ":", "Z", "a", "\xc3\xa9",
                                         "\xff", " ", "#", ",", ",", "\n", "\n", "\"", "k0", "\xc3", "\"\""};
    size_t n = 0;
    for (size_t i = 0; i < n_pieces; i++) {
        const char *piece = PICK(x, pieces);
        size_t length = strlen(piece);
        memcpy(to + n, piece, length);
        n += length;
        if (next_random(x) % 200 == 0)
            to[n++] = '\0';
    }
    return n;
}

static typed_reading random_reading(size_t *width, uint64_t *x)
{
    static const char *const dialects[] = {"", "", "", "", "", "l", "N", "Nz", "#", ";", "t", "b", "lN", "dw", "w"};
    static const char *const types[] = {"ncct", "nct", "NcT", "cn", "cct", "n", "t", "c", "C", "-nc", "tttt", "Cnt-", "nnnn", "nnnnnnnn", "xnxt", "Xc", ""};
    static const size_t windows[] = {1, 7, 64, 1000, 4096};
    typed_reading how = reading_of(PICK(x, dialects), PICK(x, types));
    *width = strlen(how.types) == 0 ? 2 : strlen(how.types);
    how.how.sizes.window_bytes = windows[next_random(x) % 5];
    set_policy(&how, (int)(next_random(x) % 8 > 0 ? 1 + next_random(x) % 2 : 0));
    return how;
}

static void random_files_come_out_the_same(void **state)
{
    (void)state;
    static const char *const heads[] = {"k0,k1,k2,k3,k4,k5,k6,k7", "\"k0\",k1,k2,k3,k4,k5,k6,k7", ",b,c,d,e,f,g,h",
                                        "\"q\"\"r\",b,c,d,e,f,g,h"};
    enum { N_FILES = 3000, ROOM = 1 << 16 };
    char *text = malloc(ROOM);
    for (uint64_t seed = 1; seed <= N_FILES; seed++) {
        uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15);
        size_t width;
        typed_reading how = random_reading(&width, &x);
        const char *head = PICK(&x, heads);
        size_t n = 0;
        for (size_t commas = 0; head[n] != '\0' && (commas += head[n] == ',') < width; n++)
            text[n] = head[n] == ',' ? how.how.dialect.delimiter : head[n];
        text[n++] = '\n';
        bool rows = next_random(&x) % 3 > 0;
        size_t size = next_random(&x) % 10 > 0 ? next_random(&x) % 12 : next_random(&x) % 150;
        size_t body = rows ? random_rows(text + n, size, width, &x) : random_bytes(text + n, size * 8, &x);
        for (size_t i = n; i < n + body && how.how.dialect.delimiter != ','; i++)
            text[i] = text[i] == ',' ? how.how.dialect.delimiter : text[i];
        assert_true(n + body <= ROOM);
        write_file("t.csv", text, n + body);
        how.n_threads = seed % 10 == 0 ? 2 + (int)(seed / 10 % 3) : 1;
        check_some_ways("t.csv", how, next_random(&x), 3);
    }
    free(text);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "a,b,c\nx,1,2024-01-01\n\"y\"\"\",2,\nz,bad,\n\xc3\xa9,3,\na,4,\n\"q\"r,5,\nv,6,\n\"w\n\",7,\nu,8,\n";
    wb_error err;
    transcript expected, got;
    typed_reading how = reading_of("", "xnt");
    set_policy(&how, 2);
    write_file("t.csv", text, sizeof text - 1);
    assert_ok(read_typed(&expected, "t.csv", &how, false, &err), &err);
    for (size_t i = 0; i < N_CHUNK_SIZES; i++) {
        wb_status status = WB_ERR_NOMEM;
        how.chunk_bytes = chunk_sizes[i];
        for (uint64_t call = 1; status != WB_OK; call++) {
            wbi_alloc_fail_at(call);
            status = read_typed(&got, "t.csv", &how, true, &err);
            wbi_alloc_fail_at(0);
            if (status == WB_OK)
                assert_string_equal(got.text, expected.text);
            else
                assert_int_equal(status, WB_ERR_NOMEM);
            free(got.text);
            assert_true(status == WB_OK || err.code == WB_ERR_NOMEM);
            assert_true(call < 1000);
        }
    }
    free(expected.text);
}

static wb_status refuse(void *context, const wbi_batch *batch, wb_error *err)
{
    size_t *n_left = context;
    (void)batch;
    return --*n_left == 0 ? wbi_fail(err, WB_ERR_CANCELLED, "enough") : WB_OK;
}

static void a_batch_may_be_refused(void **state)
{
    (void)state;
    wb_error err;
    wbi_paths paths;
    wbi_bad_rows *bad;
    typed_reading how = reading_of("", "");
    write_file("t.csv", "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", 20);
    assert_ok(wbi_paths_expand(&paths, "t.csv", &err), &err);
    assert_ok(wbi_bad_rows_create(&bad, WB_ON_ERROR_FAIL, NULL, NULL, &err), &err);
    for (int n_threads = 1; n_threads <= 4; n_threads++) {
        wbi_csv_reader *reader;
        size_t n_left = 3;
        wbi_batch_options options = {.n_threads = n_threads, .chunk_bytes = 4};
        assert_ok(wbi_csv_open(&reader, &paths, &how.how.dialect, bad, &err), &err);
        assert_int_equal(wbi_csv_read_batches(reader, &options, refuse, &n_left, &err), WB_ERR_CANCELLED);
        assert_string_equal(err.message, "enough");
        assert_int_equal(n_left, 0);
        wbi_csv_close(reader);
    }
    wbi_bad_rows_free(bad);
    wbi_paths_free(&paths);
}

static int leave(void **state)
{
    return leave_folder(state, (const char *const[]){"t.csv", "m1.csv", "m2.csv", "rejects.csv", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_cases_come_out_the_same),
        cmocka_unit_test(texts_come_out_the_same),
        cmocka_unit_test(borders_of_blocks_do_not_show),
        cmocka_unit_test(several_files_are_one),
        cmocka_unit_test(long_cells_come_out_the_same),
        cmocka_unit_test(rows_may_be_longer_than_chunks),
        cmocka_unit_test(too_long_rows_fail),
        cmocka_unit_test(what_is_left_of_a_file_is_given),
        cmocka_unit_test(random_files_come_out_the_same),
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_batch_may_be_refused),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave);
}
