/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is computed of a column of few levels once a level is what comes out row by row: an expression that mentions a
 * number as well is never computed by level. */
#include "test_run.h"

enum { N_ROWS = 3000 };

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

/* Words w0, w1 … and none, and grades that are known a while after the visit, or never. */
static void put_visits(const char *folder, uint32_t n_words)
{
    char path[RUN_PATH_CHARS];
    FILE *file = fopen(path_in(path, folder, "visits.csv"), "wb");
    uint64_t seed = n_words;
    assert_non_null(file);
    fprintf(file, "customer_id,at,amount,word,graded_at,grade\n");
    for (uint32_t i = 0; i < N_ROWS; i++) {
        uint32_t day = 1 + below(&seed, 28), word = below(&seed, n_words + 1);
        fprintf(file, "%u,2024-01-%02u,%u,", below(&seed, 40), day, below(&seed, 5));
        if (word < n_words)
            fprintf(file, "w%u", word);
        if (below(&seed, 4) == 0)
            fprintf(file, ",,");
        else
            fprintf(file, ",2024-02-%02u,", 1 + below(&seed, 20));
        fprintf(file, "g%u\n", below(&seed, 3));
    }
    assert_int_equal(fclose(file), 0);
}

/* A project over visits, in which @word and @grade stand for the columns, or for the same by row. */
static char *run_as(const char *folder, bool by_row)
{
    static const char template[] =
        "tables: {visits: {file: visits.csv, time: at, where: \"@word <> 'w2' or @word is null\",\n"
        "  columns: {amount: number, word: category, grade: {type: category, known_at: graded_at},\n"
        "    initial: {expr: \"if(@word = 'w0', 'zero', lower(@word))\"}}}}\n"
        "population: {table: visits}\nfeatures:\n"
        "  use: []\n"
        "  define:\n"
        "    - {name: ones, table: visits, agg: count, where: \"@word = 'w1'\"}\n"
        "    - {name: share, table: visits, agg: share, of: \"@word in ('w0', 'w3')\", window: 20d}\n"
        "    - {name: none, table: visits, agg: count, where: \"@word is null\"}\n"
        "    - {name: words, table: visits, agg: distinct, of: \"@word\"}\n"
        "    - {name: some_words, table: visits, agg: distinct, of: \"@word\", where: amount > 2, window: 15d}\n"
        "    - {name: grades, table: visits, agg: distinct, of: \"@grade\"}\n"
        "    - {name: good, table: visits, agg: share, of: \"@grade = 'g1'\"}\n"
        "    - {name: grade, table: visits, agg: last, of: \"@grade\"}\n"
        "    - {name: points, table: visits, agg: sum, of: \"if(@grade = 'g2', 2.5, 1)\"}\n"
        "    - {name: seen, table: visits, agg: max, of: \"if(@grade is null, cutoff, null) - at > days(9)\"}\n"
        "    - {name: first_initial, table: visits, agg: first, of: initial}\n"
        "    - {name: initials, table: visits, agg: distinct, of: initial}\n";
    char text[8192];
    size_t n = 0;
    for (const char *at = template; *at != '\0';) {
        const char *name = strncmp(at, "@word", 5) == 0 ? "word" : strncmp(at, "@grade", 6) == 0 ? "grade" : NULL;
        assert_true(n + 64 < sizeof text);
        if (name == NULL)
            text[n++] = *at++;
        else {
            at += 1 + strlen(name);
            n += (size_t)snprintf(text + n, 64, by_row ? "if(amount is null, %s, %s)" : "%s", name, name);
        }
    }
    text[n] = '\0';
    return run(folder, text, "2024-01-20 2024-02-10", 1);
}

/* At the limits of what a word of bits, and a byte, hold. */
static void test_by_level_is_by_row(void **state)
{
    static const uint32_t n_words[] = {1, 5, 62, 63, 64, 65, 254, 255, 256, 300};
    for (size_t i = 0; i < sizeof n_words / sizeof n_words[0]; i++) {
        put_visits(*state, n_words[i]);
        char *by_level = run_as(*state, false), *by_row = run_as(*state, true);
        assert_string_equal(by_level, by_row);
        assert_true(strlen(by_level) > 4000);
        free(by_level);
        free(by_row);
    }
}

/* 80 rows of one customer: word k is there k + 1 times, the rest have none; 30 grades are known in time, ten of them
 * the better one. */
static void test_by_hand(void **state)
{
    char text[8192] = "customer_id,at,graded_at,grade,word\n";
    for (int i = 0; i < 80; i++) {
        int word = i < 1 ? 0 : i < 3 ? 1 : i < 6 ? 2 : i < 10 ? 3 : -1;
        size_t n = strlen(text);
        n += (size_t)snprintf(text + n, sizeof text - n, "A,2024-01-01,2024-0%d-01,g%d,", i < 30 ? 1 : 2,
                              i < 10 || i > 50);
        snprintf(text + n, sizeof text - n, word < 0 ? "\n" : "w%d\n", word);
    }
    put(*state, "visits.csv", text);
    assert_features(*state,
                    "tables: {visits: {file: visits.csv, time: at, columns:\n"
                    "  {word: category, grade: {type: category, known_at: graded_at}}}}\n"
                    "population: {table: visits}\nfeatures:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: twos, table: visits, agg: count, where: \"word = 'w2'\"}\n"
                    "    - {name: share, table: visits, agg: share, of: \"word in ('w3', 'w9')\"}\n"
                    "    - {name: words, table: visits, agg: distinct, of: word}\n"
                    "    - {name: none, table: visits, agg: count, where: word is null}\n"
                    "    - {name: points, table: visits, agg: sum, of: \"if(word is null, 0.5, 2)\"}\n"
                    "    - {name: better, table: visits, agg: share, of: grade = 'g1'}\n"
                    "    - {name: grades, table: visits, agg: distinct, of: grade}\n"
                    "    - {name: unknown, table: visits, agg: count, where: grade is null}\n",
                    "2024-02-01",
                    "customer_id,cutoff,twos,share,words,none,points,better,grades,unknown\n"
                    "A,2024-02-01,3,0.4,4,70,55,0.3333333333333333,2,50\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_level_is_by_row, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_by_hand, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
