/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flat file is read as the plain rule says (types from the first cells, then row by row with libcsv), to the last bit and
 * word, whatever the chunks and threads. */
#include "test_util.h"

#include "base/memory.h"
#include "flat_testing.h"

static const size_t chunk_sizes[] = {1, 2, 63, 64, 100, 4096, 0}, deciding[] = {1, 2, 3, 7, 10000};
enum { N_CHUNK_SIZES = 7, N_DECIDINGS = 5, N_POLICIES = 3 };

static const char *const na_words[] = {"NA", "-"};
static const char *const texts[] = {"id", "elsewhere"}, *const categories[] = {"zip"};

static flat_reading usual_reading(void)
{
    flat_reading how = {WB_READ_OPTIONS_INIT, WBI_FLAT_SIZES_INIT, {.text_columns = texts, .n_text_columns = 2, .categories = categories}};
    how.sizes.csv.window_bytes = 4096;
    how.options.n_threads = 1;
    return how;
}

static void set_policy(flat_reading *how, int policy)
{
    static const wb_on_error policies[N_POLICIES] = {WB_ON_ERROR_FAIL, WB_ON_ERROR_SKIP, WB_ON_ERROR_REJECT};
    how->options.on_error = policies[policy];
    how->options.rejects = policies[policy] == WB_ON_ERROR_REJECT ? "rejects.csv" : NULL;
}

/* All policies, sizes of chunks, numbers of threads and of deciding cells. */
static void check_all_ways(const char *path, flat_reading how)
{
    static const int threads[] = {1, 2, 4};
    for (size_t i = 0; i < N_POLICIES * N_DECIDINGS; i++) {
        wb_error err;
        transcript expected;
        set_policy(&how, (int)(i % N_POLICIES));
        how.sizes.n_deciding = deciding[i / N_POLICIES];
        (void)!flat_by_rule(&expected, path, &how, &err);
        for (size_t w = 0; w < 3 * N_CHUNK_SIZES; w++) { /* threads with every third size */
            how.sizes.chunk_bytes = chunk_sizes[w % N_CHUNK_SIZES];
            how.options.n_threads = threads[w / N_CHUNK_SIZES];
            how.sizes.csv.window_bytes = w < N_CHUNK_SIZES ? 7 : 4096;
            if (w < N_CHUNK_SIZES || w % 3 == 0)
                assert_true(same_as_rule(&expected, path, &how));
        }
        free(expected.text);
    }
}

/* What a letter of `dialect` does: ; t(ab) b(lanks) delimit, N(A words), d(ecimal comma), z(ip is a category). */
static flat_reading reading_of(const char *dialect)
{
    flat_reading how = usual_reading();
    how.options.na = na_words;
    for (; *dialect != '\0'; dialect++)
        switch (*dialect) {
        case ';':
            how.options.delimiter = ';';
            break;
        case 't':
            how.options.delimiter = '\t';
            break;
        case 'b':
            how.options.delimiter = ' ';
            break;
        case 'N':
            how.options.n_na = 2;
            break;
        case 'd':
            how.options.decimal = ',';
            break;
        default:
            how.flat.n_categories = 1;
        }
    return how;
}

typedef struct hard_case {
    const char *dialect, *bytes;
    size_t n;
} hard_case;

#define CASE(dialect, text) {dialect, text, sizeof(text) - 1}

static const hard_case hard_cases[] = {
    /* numbers for a while */
    CASE("", "id,x,y\na,1,2\nb,2,x\nc,,3\nd,w,4\ne,5,\nf,6,6\ng,v,7\nh,8,8\n"),
    CASE("", "x\n1\n1.0\n01\n1e0\n\n-0\n0\nw\n1\n1.0\n\nw\n"),
    CASE("", "x,y\n,\n,\n1,\n,\n2,\n,\nw,1\n,w\n,\n3,2\n"),
    CASE("", "x,y,z\n1,true,nan\n2,false,inf\n3,yes,0x1\n4,no,1e999\n5,1,1\n"),
    CASE("", "x,y\ntrue,1\n1,true\n2,2\n3,yes\n"),
    /* bad rows have their say on what columns are, but leave no level and no value */
    CASE("", "cutoff,x\n2024-01-01,1\nnever,w\n2024-01-02,2\n2024-01-03,v\n"),
    CASE("", "cutoff,x\n2024-01-01,1\nnever,2\n2024-01-02,w\nnever,w\n2024-01-03,3\nnever,v\n"),
    CASE("", "x,cutoff,y\n1,never,1\n2,never,w\nw,never,2\nv,2024-01-01,3\n,2024-01-01,\nu,never,u\n"),
    CASE("", "x,y,cutoff\n1,1,2024-01-01\n2,2,2024-01-02\n3,w,2024-01-03\nw,3,bad\n4,v,2024-01-04\nu,t,2024-01-05\n"),
    CASE("", "x,y\n1,2\n1\nw,2,3\n\xff,1\n2,\"a\"b\n3,\xff\nx,y\nv,4\n5,6\n"),
    CASE("", "x,y,k\n1,2,a\n2,3,b\n3,w,c\n4,4,d\nw,5,c\n5,6,e\n6,v,f\n7,7,a\n"),
    CASE("z", "zip,x\n1,1\n2,w\n3,2\nw,3\n2,v\n,u\n"),
    CASE("z", "zap,x\n1,1\n"),
    CASE("z", "id,zip\n1,1\n,2\n\"\",\"\"\nb,2\n"),
    /* quotes, line ends, words that mean missing */
    CASE("", "id,x\n\"a\",\"1\"\n\"b\"\"c\",\"2\"\n\"d\ne\",\"w\"\n\"f\",\"3\n4\"\ng,\"v\"\"u\"\n"),
    CASE("", "id,x\r\na,1\r\nb,2\r\nc,w\r\n\r\nd,\r\n"),
    CASE("", "id,x\ra,1\rb,2\rc,w\r\rd,\r"),
    CASE("", "id,x\na,1\nb,2\rc,w\nd,3\r\ne,v\n\"f\ng\",4\n"),
    CASE("", "id,x\na,1\n\"open,2\nb,w\n"),
    CASE("", "x,id\nw,a\n1,\"open\n2,b\n"),
    CASE("", "x\n1\n\n2\n\n\n\"\"\nw\n\n"),
    CASE("N", "id,x,y\nNA,NA,1\n\"NA\",2,-\n-,\"-\",NA\na,3,w\nb,NA,\"NA\"\n"),
    CASE("N", "x\n-\nNA\n1\n\"NA\"\n"),
    CASE(";d", "x;y\n1,5;1.5\n2,5;2\n3.5;3\n4;w\n"),
    CASE("t", "id\tx\na b\t1\n\"c\td\"\tw\n"),
    CASE("b", "id x\n a  1\nb\t2\n c \"w\n\n d v \n"),
    /* the whole file */
    CASE("", ""),
    CASE("", "x,y"),
    CASE("", "x,x\n1,2\n"),
    CASE("", "\xef\xbb\xbf" "x,y\n1,w\n2,v"),
    CASE("", "id,cutoff,label_churn\na,2024-01-01T00:00:00Z,1\nb,2024-01-01T00:00:00.5Z,0\nc,,\n"),
};

static void hard_cases_come_out_as_the_rule_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hard_cases / sizeof *hard_cases; i++) {
        const hard_case *c = &hard_cases[i];
        write_file("t.csv", c->bytes, c->n);
        check_all_ways("t.csv", reading_of(c->dialect));
    }
}

static void several_files_are_one(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
    } cases[] = {
        {"x,y\n1,1\n2,2\n", "x,y\n3,w\nw,4\n"}, {"x,y\n1,1\n2,2", "x,y\r\n3,3\r\n4,w"}, {"x,y\n1,w\n", "x,z\n1,2\n"},
        {"x,y\n,\n", "x,y\n,\n1,w\n"},          {"x,y\n1,1\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("m1.csv", cases[i].first, strlen(cases[i].first));
        write_file("m2.csv", cases[i].second, strlen(cases[i].second));
        check_all_ways("m*.csv", reading_of(""));
    }
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

/* Mostly numbers, times behind a `cutoff`; `wild` says how often it is something else, of a hundred. */
static const char *random_cell(const char *name, size_t wild, uint64_t *x)
{
    static const char *const numbers[] = {"1", "2", "-3.5", "0", "12.345", "1e3", "00012", "-0", "123456789012345678", "\"4\""};
    static const char *const times[] = {"2024-01-01", "2024-02-29T12:00:00Z", "\"2024-03-01\"", "2024-01-01T10:00:00.5"};
    static const char *const others[] = {"w", "v", "true", "NA", "-", "\"a\"\"b\"", "\"c,d\"", "\"e\nf\"", "\xc3\xa9",
                                         "a long cell of more than thirty-two bytes"};
    static const char *const nasty[] = {"\xff", "\"", "a\"b", ",", "\r", "\n", "\"\r\n\""};
    if (next_random(x) % 100 < wild)
        return next_random(x) % 8 == 0 ? PICK(x, nasty) : PICK(x, others);
    if (next_random(x) % 4 == 0)
        return next_random(x) % 4 == 0 ? "\"\"" : "";
    return strcmp(name, "cutoff") == 0 ? PICK(x, times) : PICK(x, numbers);
}

/* Columns differ in how often they are filled, and in how often with something else. */
static size_t random_file(char *to, size_t n_rows, uint64_t *x)
{
    static const char *const names[] = {"id", "zip", "cutoff", "p", "q", "r", "s"};
    static const char *const ends[] = {"\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\n\n", "\r"};
    static const size_t wilds[] = {0, 0, 1, 5, 20, 60};
    const char *chosen[7];
    size_t wild[7], empty[7], width = 0, n = 0;
    for (size_t i = 0; i < 7; i++)
        if (i == 1 || next_random(x) % 4 > 0) {
            chosen[width] = names[i];
            wild[width] = wilds[next_random(x) % 6];
            empty[width++] = next_random(x) % 3 == 0 ? 90 : 0;
        }
    for (size_t k = 0; k < width; k++)
        n += (size_t)sprintf(to + n, "%s%s", chosen[k], k + 1 < width ? "," : "\n");
    for (size_t row = 0; row < n_rows; row++) {
        const size_t cells = next_random(x) % 50 == 0 ? next_random(x) % 9 : width;
        for (size_t k = 0; k < cells; k++)
            n += (size_t)sprintf(to + n, "%s%s", k > 0 ? "," : "",
                                 next_random(x) % 100 < empty[k % width]
                                     ? ""
                                     : random_cell(chosen[k % width], wild[k % width], x));
        n += (size_t)sprintf(to + n, "%s", PICK(x, ends));
    }
    return n;
}

static void random_files_come_out_as_the_rule_says(void **state)
{
    (void)state;
    static const size_t windows[] = {1, 7, 64, 1000, 4096};
    enum { N_FILES = 3000, ROOM = 1 << 16 };
    char *text = malloc(ROOM);
    for (uint64_t seed = 1; seed <= N_FILES; seed++) {
        uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15);
        wb_error err;
        transcript expected;
        flat_reading how = reading_of(seed % 3 == 0 ? "N" : seed % 3 == 1 ? "z" : "");
        const size_t n = random_file(text, next_random(&x) % (seed % 10 == 0 ? 150 : 20), &x);
        assert_true(n < ROOM);
        write_file("t.csv", text, n);
        set_policy(&how, (int)(next_random(&x) % 8 > 0 ? 1 + next_random(&x) % 2 : 0));
        how.sizes.csv.window_bytes = windows[next_random(&x) % 5];
        how.sizes.n_deciding = deciding[next_random(&x) % N_DECIDINGS];
        how.options.n_threads = seed % 10 == 0 ? 2 + (int)(seed / 10 % 3) : 1;
        (void)!flat_by_rule(&expected, "t.csv", &how, &err);
        for (size_t i = next_random(&x) % 2; i < N_CHUNK_SIZES; i += 2) {
            how.sizes.chunk_bytes = chunk_sizes[i];
            assert_true(same_as_rule(&expected, "t.csv", &how));
        }
        free(expected.text);
    }
    free(text);
}

/* Each of many columns turns out at another row, while batches of its old type are under way. */
static void columns_turn_out_one_by_one(void **state)
{
    (void)state;
    enum { N_ROWS = 1200, N_TURNING = 30 };
    flat_reading how = usual_reading();
    FILE *file = fopen("t.csv", "wb");
    assert_non_null(file);
    fputs("id", file);
    for (size_t k = 0; k < N_TURNING; k++)
        fprintf(file, ",c%zu", k);
    for (size_t row = 0; row < N_ROWS; row++) {
        fprintf(file, "\nk%zu", row);
        for (size_t k = 0; k < N_TURNING; k++) {
            if (row == 40 * k + 7 && k % 3 > 0)
                fprintf(file, ",w%zu", row);
            else if (k % 4 > 0 || row % 8 == 0)
                fprintf(file, ",%zu.%zu", row * k % 13, row % 10);
            else
                fputc(',', file);
        }
        if (row % 100 == 50)
            fputs(",one too many", file);
    }
    assert_int_equal(fclose(file), 0);
    for (int policy = 0; policy < N_POLICIES; policy++)
        for (how.sizes.n_deciding = 50; how.sizes.n_deciding <= 5000; how.sizes.n_deciding *= 10) {
            wb_error err;
            transcript expected;
            set_policy(&how, policy);
            (void)!flat_by_rule(&expected, "t.csv", &how, &err);
            for (how.options.n_threads = 1; how.options.n_threads <= 4; how.options.n_threads++) {
                how.sizes.chunk_bytes = 1000;
                assert_true(same_as_rule(&expected, "t.csv", &how));
            }
            free(expected.text);
        }
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "id,zip,cutoff,x,y\na,1,2024-01-01,1,1\nb,w,never,2,2\n\"c\"\"\",,,w,3\nd,2,,3,v\n\"e\"f,1,,1,1\n"
                               "g,3,2024-01-01,4,4\n\"h\n\",,,\"u\",5\ni,,,,w\nj,1,never,w,w\n";
    wb_error err;
    transcript expected, got;
    flat_reading how = reading_of("z");
    set_policy(&how, 2);
    how.sizes.n_deciding = 3;
    write_file("t.csv", text, sizeof text - 1);
    assert_ok(flat_by_rule(&expected, "t.csv", &how, &err), &err);
    for (size_t i = 0; i < N_CHUNK_SIZES; i++) {
        wb_status status = WB_ERR_NOMEM;
        how.sizes.chunk_bytes = chunk_sizes[i];
        for (uint64_t call = 1; status != WB_OK; call++) {
            wbi_alloc_fail_at(call);
            status = flat_as_table(&got, "t.csv", &how, &err);
            wbi_alloc_fail_at(0);
            if (status == WB_OK)
                assert_string_equal(got.text, expected.text);
            else
                assert_int_equal(status, WB_ERR_NOMEM);
            free(got.text);
            assert_true(call < 2000);
        }
    }
    free(expected.text);
}

static int leave(void **state)
{
    return leave_folder(state, (const char *const[]){"t.csv", "m1.csv", "m2.csv", "rejects.csv", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_cases_come_out_as_the_rule_says),
        cmocka_unit_test(several_files_are_one),
        cmocka_unit_test(random_files_come_out_as_the_rule_says),
        cmocka_unit_test(columns_turn_out_one_by_one),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave);
}
