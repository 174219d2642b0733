/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A nasty table gives the same scores wherever the reader cuts it, and those that an independent scorer finds. */
#include "test_util.h"

#include <csv.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "test_frame.h"

static char folder[] = "/tmp/winback-score-hostile-XXXXXX";
static char paths[6][64];
enum { TABLE, ZIPPED, PIPE, SCORES, MODEL, COVARIANCE };
static wb_model *model;
static const char *const na[] = {"NA", "n/a"};

static int make_model(void **state)
{
    (void)state;
    static const char *const names[] = {"f.csv", "f.csv.gz", "pipe", "s.csv", "model.json", "model.json.cov"};
    if (mkdtemp(folder) == NULL)
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    wb_features *frame = frame_shop(2000);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_error err;
    options.lambda = 0.001;
    options.n_folds = 3;
    assert_ok(wb_train(&model, frame, &options, &err), &err);
    assert_ok(wb_model_write(model, paths[MODEL], &err), &err);
    wb_features_free(frame);
    return mkfifo(paths[PIPE], 0600);
}

static int remove_files(void **state)
{
    (void)state;
    wb_model_free(model);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        remove(paths[i]);
    return rmdir(folder);
}

static void put(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void put_zipped(const char *path, const char *bytes, size_t n)
{
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)n), n);
    assert_int_equal(gzclose(file), Z_OK);
}

/* A child that writes into the pipe, in pieces of an odd size. */
static pid_t feed(const char *path, const char *bytes, size_t n)
{
    const pid_t child = fork();
    if (child != 0)
        return child;
    FILE *file = fopen(path, "wb");
    for (size_t at = 0; file != NULL && at < n; at += 7919) {
        fwrite(bytes + at, 1, n - at < 7919 ? n - at : 7919, file);
        fflush(file);
    }
    _exit(file == NULL || fclose(file) != 0);
}

/* ---- what scoring says ---- */

typedef struct said {
    char *scores;
    char log[4096];
    wb_score_report report;
} said;

static void note(void *user, wb_log_level level, const char *text)
{
    (void)level;
    said *to = user;
    const size_t n = strlen(to->log);
    /* The file's name differs by the way the rows came. */
    const char *colon = strchr(text, ':');
    snprintf(to->log + n, sizeof to->log - n, "%s\n", colon == NULL ? text : colon);
}

static void score(said *to, const char *input, int n_threads, wb_score_format format)
{
    const char *const inputs[] = {input}, *const keep[] = {"word", "csat"}, *const covariances[] = {paths[COVARIANCE]};
    const wb_score_models models = {(const wb_model *const *)&model, NULL, covariances, 1};
    wb_score_options options = WB_SCORE_OPTIONS_INIT;
    wb_error err;
    *to = (said){0};
    const wb_log log = {note, NULL, to};
    const wb_read_options reading = {.delimiter = ',', .decimal = '.', .na = na, .n_na = 2, .on_error = WB_ON_ERROR_SKIP,
                                     .n_threads = n_threads, .log = &log};
    options.output = paths[SCORES];
    options.format = format;
    options.keep = keep;
    options.n_keep = 2;
    options.interval = options.logit = options.decile = options.reason_text = 1;
    options.n_reasons = 2;
    options.n_reasons_down = 1;
    options.check_ids = 1;
    assert_ok(wb_score_files(&models, inputs, 1, &options, &reading, &to->report, &err), &err);
    size_t n;
    assert_ok(wbi_input_slurp(&to->scores, &n, paths[SCORES], (size_t)1 << 26, &err), &err);
}

/* Only probabilities and log-odds. */
static void score_plainly(said *to, int n_threads)
{
    const char *const inputs[] = {paths[TABLE]};
    const wb_score_models models = {(const wb_model *const *)&model, NULL, NULL, 1};
    const wb_read_options reading = {
        .delimiter = ',', .decimal = '.', .na = na, .n_na = 2, .on_error = WB_ON_ERROR_SKIP, .n_threads = n_threads};
    wb_score_options options = WB_SCORE_OPTIONS_INIT;
    wb_error err;
    size_t n;
    *to = (said){0};
    options.output = paths[SCORES];
    options.logit = 1;
    assert_ok(wb_score_files(&models, inputs, 1, &options, &reading, &to->report, &err), &err);
    assert_ok(wbi_input_slurp(&to->scores, &n, paths[SCORES], (size_t)1 << 26, &err), &err);
}

static void assert_same(const said *a, const said *b, const char *how, size_t moved)
{
    const bool same = strcmp(a->scores, b->scores) == 0 && strcmp(a->log, b->log) == 0 &&
                      a->report.n_rows == b->report.n_rows && a->report.n_bad == b->report.n_bad &&
                      a->report.n_duplicates == b->report.n_duplicates && a->report.n_imputed == b->report.n_imputed &&
                      a->report.n_unseen == b->report.n_unseen && a->report.n_outside == b->report.n_outside &&
                      a->report.mean_probability == b->report.mean_probability;
    if (!same)
        fail_msg("%s, moved by %zu: not the same\n%s%s----\n%s%s", how, moved, a->scores, a->log, b->scores, b->log);
}

/* ---- the chunk's end, moved across every byte ---- */

static const char header[] = "customer_id,note,recency,csat,word,channel\n";
/* Rows that the fast reader takes, but for those that are bad. */
static const char regular[] =
    "a,,1,2,x,web\r\n"
    "\"b, \"\"the\"\" second\",,\"12.5\",\"3\",\"say \"\"hi\"\",\r\nhi\",\"store\"\n"
    "c,,12.345678901234567890123,5,,phone\n"
    "d,,1e2,-1E-3,1e2,app\r\n"
    "\n"
    "e,,,,,\n"
    "f,,NA,n/a,NA,NA\n"
    "\"g\",\"\",\"\",\"\",\"\",\"\"\n"
    "h,,true,No,true,unheard of\n"
    "i,,soon,1,x,web\n"
    "j,,1,2,x\n"
    ",,1,2,x,web\n"
    "\r\n"
    "k,,1,2,x,web,\n"
    "l,,+7.,.5,\xc3\xa4\xe2\x82\xac,w\xc3\xa9" "b\n"
    "m,,1,2,\xff,web\n"
    "a,,999999999999999999999,0.00000000000000000000000000001,again,fax\n"
    "customer_id,note,recency,csat,word,channel\n"
    "n,,0x10,1,x,web\n"
    "o,,1,\"\"\"2\"\"\",x,web\n"
    "p,,5e-324,1.7976931348623157e308,\"\"\"\",\"\"\n";
/* With some that only libcsv can read. */
static const char irregular[] = "q,,1,2,x,web\rr,,3,4,\"y\r\rz\",app\r\r\n"
                                "s,,1,2,st\"ray,web\n"
                                "t,,\"1\" ,2,x,web\n"
                                " u ,, 4 ,3, x , web\n"
                                "v,,8,2,\"last\",\"phone\"";

enum { CHUNK_BYTES = 128 << 10, N_FILLERS = 70, FILLER_BYTES = 1800, OTHERWISE_EVERY = 3 };

/* Fillers, the last of which ends at byte `end`, and the section. Returns how many bytes these are. */
static size_t write_padded(char *to, size_t end, const char *section)
{
    char *at = to + sprintf(to, "%s", header);
    for (size_t i = 0; i < N_FILLERS; i++) {
        const bool last = i + 1 == N_FILLERS;
        const char tail[] = ",7,3,w,app\n";
        at += sprintf(at, "f%02zu,", i);
        const size_t n = last ? end - (size_t)(at - to) - (sizeof tail - 1) : FILLER_BYTES;
        memset(at, 'x', n);
        at += n;
        at += sprintf(at, "%s", tail);
    }
    assert_int_equal(at - to, end);
    return (size_t)(at - to) + (size_t)sprintf(at, "%s", section);
}

/* The first line of `text` goes. */
static const char *without_header(const char *text)
{
    return strchr(text, '\n') + 1;
}

/* The scores of the fillers are followed by those that the section has alone. */
static void assert_goes_on(const said *whole, const char *section)
{
    static char alone_text[1 << 14];
    said alone;
    const size_t n = (size_t)snprintf(alone_text, sizeof alone_text, "%s%s", header, section);
    put(paths[TABLE], alone_text, n);
    score(&alone, paths[TABLE], 1, WB_SCORE_CSV);
    const char *lines = without_header(alone.scores);
    const size_t n_whole = strlen(whole->scores), n_lines = strlen(lines);
    assert_true(alone.report.n_rows > 2 && alone.report.n_bad > 1);
    assert_true(n_whole > n_lines);
    assert_string_equal(whole->scores + n_whole - n_lines, lines);
    assert_int_equal(whole->report.n_rows, alone.report.n_rows + N_FILLERS);
    assert_int_equal(whole->report.n_bad, alone.report.n_bad);
    assert_int_equal(whole->report.n_duplicates, alone.report.n_duplicates);
    assert_int_equal(whole->report.n_imputed, alone.report.n_imputed);
    assert_int_equal(whole->report.n_unseen, alone.report.n_unseen);
    assert_int_equal(whole->report.n_outside, alone.report.n_outside);
    wbi_free(alone.scores);
}

/* By one way after the other. */
static void score_otherwise(said *to, const char *bytes, size_t n, size_t turn, const char **how)
{
    static const char *const ways[] = {"four threads", "gzip", "a pipe", "two threads"};
    *how = ways[turn % 4];
    if (turn % 4 == 1)
        put_zipped(paths[ZIPPED], bytes, n);
    const pid_t child = turn % 4 == 2 ? feed(paths[PIPE], bytes, n) : 0;
    score(to, paths[turn % 4 == 1 ? ZIPPED : turn % 4 == 2 ? PIPE : TABLE], turn % 4 == 3 ? 2 : 4, WB_SCORE_CSV);
    int status = 0;
    if (child > 0)
        assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void move_across(const char *section)
{
    static char bytes[CHUNK_BYTES + (1 << 14)];
    said first, other;
    write_padded(bytes, CHUNK_BYTES + 100, section);
    put(paths[TABLE], bytes, strlen(bytes));
    score(&first, paths[TABLE], 1, WB_SCORE_CSV);
    assert_goes_on(&first, section);
    for (size_t moved = 0; moved <= strlen(section) + 2; moved++) {
        const size_t n = write_padded(bytes, CHUNK_BYTES + 1 - moved, section);
        const char *how = "one thread";
        put(paths[TABLE], bytes, n);
        score(&other, paths[TABLE], 1, WB_SCORE_CSV);
        assert_same(&other, &first, how, moved);
        wbi_free(other.scores);
        if (moved % OTHERWISE_EVERY != 0)
            continue;
        score_otherwise(&other, bytes, n, moved / OTHERWISE_EVERY, &how);
        assert_same(&other, &first, how, moved);
        wbi_free(other.scores);
    }
    wbi_free(first.scores);
}

static void no_chunk_looks_different(void **state)
{
    (void)state;
    move_across(regular);
}

static void no_chunk_of_irregular_rows_looks_different(void **state)
{
    (void)state;
    move_across(irregular);
}

/* ---- an independent scorer ---- */

enum { N_NASTY = 3000, WIDTH = 6, CELL_CHARS = 64 };

typedef struct independent {
    char cells[WIDTH][CELL_CHARS];
    size_t n_cells;
    double median_recency, median_csat;
    size_t n_rows, n_bad;
    const char *scores; /* where the next line begins */
} independent;

/* A decimal number, or a word that stands for one. */
static bool read_number(double *number, const char *cell)
{
    static const char digits[] = "0123456789";
    static const char *const words[] = {"false", "true", "no", "yes"};
    for (size_t w = 0; w < 4; w++)
        if (strcasecmp(cell, words[w]) == 0) {
            *number = (double)(w % 2);
            return true;
        }
    const char *at = cell + strspn(cell, "+-");
    const size_t n_whole = strspn(at, digits), n_part = at[n_whole] == '.' ? strspn(at + n_whole + 1, digits) : 0;
    if (at > cell + 1 || n_whole + n_part == 0 || strpbrk(cell, "xXnN") != NULL)
        return false;
    char *end;
    *number = strtod(cell, &end);
    return *end == '\0' && isfinite(*number);
}

static bool is_missing(const char *cell)
{
    return cell[0] == '\0' || strcmp(cell, na[0]) == 0 || strcmp(cell, na[1]) == 0;
}

/* Of a column of the design, by its name. */
static long double value_of(const char *column, const char *feature, const double numbers[2], const bool missing[2],
                            const char *level)
{
    if (feature[0] == '\0')
        return 1;
    if (strcmp(column, "recency") == 0 || strcmp(column, "csat") == 0)
        return numbers[column[0] == 'c'];
    if (strcmp(column, "csat (missing)") == 0)
        return missing[1];
    assert_int_equal(strncmp(column, "channel=", 8), 0);
    return strcmp(column + 8, level) == 0;
}

static const char *level_of(const char *cell)
{
    char column[CELL_CHARS + 16];
    snprintf(column, sizeof column, "channel=%s", cell);
    for (size_t k = 0; k < wb_model_n_coefficients(model); k++)
        if (strcmp(wb_model_coefficient(model, k).column, column) == 0)
            return cell;
    return "(other)";
}

static void assert_next_score(independent *s, const double numbers[2], const bool missing[2])
{
    long double eta = 0, size = 1;
    const char *level = is_missing(s->cells[5]) ? "(missing)" : level_of(s->cells[5]);
    for (size_t k = 0; k < wb_model_n_coefficients(model); k++) {
        const wb_coefficient c = wb_model_coefficient(model, k);
        const long double adds = c.raw * value_of(c.column, c.feature, numbers, missing, level);
        eta += adds;
        size += fabsl(adds);
    }
    const size_t n_id = strlen(s->cells[0]);
    char *end;
    assert_int_equal(strncmp(s->scores, s->cells[0], n_id), 0);
    assert_int_equal(s->scores[n_id], ',');
    assert_close(strtod(s->scores + n_id + 1, &end), (double)(1 / (1 + expl(-eta))), 1e-12);
    assert_true(fabsl(strtod(end + 1, &end) - eta) <= 1e-13L * size);
    assert_int_equal(*end, '\n');
    s->scores = end + 1;
}

static void take_cell(void *bytes, size_t n, void *user)
{
    independent *s = user;
    if (s->n_cells < WIDTH) {
        assert_true(n < CELL_CHARS);
        memcpy(s->cells[s->n_cells], bytes, n);
        s->cells[s->n_cells][n] = '\0';
    }
    s->n_cells++;
}

static void take_row(int end, void *user)
{
    independent *s = user;
    double numbers[2] = {s->median_recency, s->median_csat};
    const bool missing[2] = {is_missing(s->cells[2]), is_missing(s->cells[3])};
    const bool sound = s->n_cells == WIDTH && s->cells[0][0] != '\0' &&
                       (missing[0] || read_number(&numbers[0], s->cells[2])) &&
                       (missing[1] || read_number(&numbers[1], s->cells[3]));
    (void)end;
    s->n_cells = 0;
    if (strcmp(s->cells[0], "customer_id") == 0)
        return;
    s->n_rows += sound;
    s->n_bad += !sound;
    if (sound)
        assert_next_score(s, numbers, missing);
}

/* No byte is a blank that may go. */
static int no_space(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void read_medians(independent *s)
{
    json_t *file = json_load_file(paths[MODEL], 0, NULL), *terms = json_object_get(file, "terms");
    s->median_recency = json_number_value(json_object_get(json_array_get(terms, 0), "median"));
    s->median_csat = json_number_value(json_object_get(json_array_get(terms, 1), "median"));
    json_decref(file);
}

static int add_number(char *at, uint64_t *random)
{
    static const char *const odd[] = {"",     "NA",    "n/a",   "true", "FALSE", "Yes", "soon", "+3",   "-0",        ".5",
                                      "7.",   "1e3",   "2E-2",  "0x10", "inf",   "nan", "--1",  "1.2.3", "1e",       "00012",
                                      "1 2",  "1e+02", "5e-324", "1.00000000000000000000000000000000001",
                                      "123456789012345678901"};
    const double u = frame_uniform(random), x = 400 * frame_uniform(random) - 20;
    const char *quote = frame_uniform(random) < 0.2 ? "\"" : "";
    if (u < 0.1)
        return sprintf(at, "%s", odd[(size_t)(frame_uniform(random) * (double)(sizeof odd / sizeof *odd))]);
    if (u < 0.3)
        return sprintf(at, "%s%.17g%s", quote, x, quote);
    if (u < 0.4)
        return sprintf(at, "%s%.25f%s", quote, x, quote);
    return u < 0.5 ? sprintf(at, "%.12e", x) : sprintf(at, "%s%.*f%s", quote, (int)(3 * u), x, quote);
}

static size_t write_nasty(char *bytes, uint64_t *random)
{
    static const char *const notes[] = {"", "x", "\"\"", "\"a, \"\"b\"\"\r\nc\"", "\xc3\xa4", "NA", "\"\"\"\"", "a b"};
    static const char *const levels[] = {"web", "app", "store", "phone", "fax", "\"web\"", "", "NA", "telex", "\"\""};
    static const char *const ends[] = {"\n", "\r\n", "\n\n", "\n", "\r\n\r\n", ",\n", "\n", "\n"};
    char *at = bytes + sprintf(bytes, "%s", header);
    for (size_t i = 0; i < N_NASTY; i++) {
        at += frame_uniform(random) < 0.01 ? 0 : sprintf(at, "r%zu", i);
        at += sprintf(at, ",%s,", notes[(size_t)(8 * frame_uniform(random))]);
        at += add_number(at, random);
        at += sprintf(at, ",");
        at += add_number(at, random);
        at += sprintf(at, ",%s,%s", notes[(size_t)(8 * frame_uniform(random))], levels[(size_t)(10 * frame_uniform(random))]);
        at += sprintf(at, "%s", ends[frame_uniform(random) < 0.8 ? 0 : (size_t)(8 * frame_uniform(random))]);
    }
    return (size_t)(at - bytes);
}

static void an_independent_scorer_agrees(void **state)
{
    (void)state;
    static char bytes[N_NASTY * 256];
    uint64_t random = 3;
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        const size_t n = write_nasty(bytes, &random);
        struct csv_parser parser;
        independent s = {.n_rows = 0};
        said whole;
        put(paths[TABLE], bytes, n);
        score_plainly(&whole, n_threads);
        read_medians(&s);
        s.scores = without_header(whole.scores);
        assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
        csv_set_space_func(&parser, no_space);
        assert_int_equal(csv_parse(&parser, bytes, n, take_cell, take_row, &s), n);
        assert_int_equal(csv_fini(&parser, take_cell, take_row, &s), 0);
        csv_free(&parser);
        assert_int_equal(*s.scores, '\0');
        assert_int_equal(whole.report.n_rows, s.n_rows);
        assert_int_equal(whole.report.n_bad, s.n_bad);
        assert_true(s.n_rows > N_NASTY / 2 && s.n_bad > N_NASTY / 50);
        wbi_free(whole.scores);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_chunk_looks_different),
        cmocka_unit_test(no_chunk_of_irregular_rows_looks_different),
        cmocka_unit_test(an_independent_scorer_agrees),
    };
    return cmocka_run_group_tests(tests, make_model, remove_files);
}
