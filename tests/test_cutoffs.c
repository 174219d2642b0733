/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of several cutoffs computed together are, row for row, those of each cutoff alone. */
#include "test_run.h"

enum { N_CUSTOMERS = 400, N_AT_ONCE = 7, PROJECT_CHARS = 32768 };

static const char *const cutoffs[N_AT_ONCE] = {"2024-02-01", "2024-03-01", "2024-03-01T06:00:00Z", "2024-04-01",
                                               "2024-05-01", "2024-06-01", "2024-08-15"};

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(2685821657736338717) >> 33;
}

static FILE *begin(const char *folder, const char *name, const char *header)
{
    char path[RUN_PATH_CHARS];
    FILE *file = fopen(path_in(path, folder, name), "wb");
    assert_non_null(file);
    fprintf(file, "%s\n", header);
    return file;
}

/* A time of 2024, of which some are the same. */
static const char *time_of(char text[WB_TIME_CHARS], uint64_t *x)
{
    const int64_t days = (int64_t)(next_random(x) % 260), hours = (int64_t)(next_random(x) % 3) * 6;
    wb_time_format((19723 + days) * WB_DAY_US + hours * (WB_DAY_US / 24), text);
    return text;
}

static void put_events(const char *folder, const char *name, const char *header, uint64_t *x)
{
    FILE *file = begin(folder, name, header);
    char at[WB_TIME_CHARS], until[WB_TIME_CHARS], amount[32];
    for (int c = 0; c < N_CUSTOMERS; c++) {
        const uint64_t n = c % 97 == 5 ? 200 : c % 11 == 0 ? 0 : next_random(x) % 9;
        for (uint64_t i = 0; i < n; i++) {
            snprintf(amount, sizeof amount, "%.2f", (double)(next_random(x) % 10000) / 100);
            fprintf(file, "c%d,%s,%s,%s,%d,%s\n", c, time_of(at, x), next_random(x) % 8 == 0 ? "" : amount,
                    (const char *[]){"web", "app", "", "shop"}[next_random(x) % 4], (int)(next_random(x) % 5),
                    next_random(x) % 3 == 0 ? "" : time_of(until, x));
        }
    }
    fclose(file);
}

static void put_people(const char *folder, uint64_t *x)
{
    FILE *file = begin(folder, "people.csv", "customer_id,plan,seats");
    for (int c = 0; c < N_CUSTOMERS; c += 1 + (int)(next_random(x) % 2))
        fprintf(file, "c%d,%s,%d\n", c, next_random(x) % 2 == 0 ? "basic" : "full", (int)(next_random(x) % 30));
    fclose(file);
}

/* Orders are the same at every cutoff once they have arrived. What is known of tickets changes, visits look at the cutoff, and
 * steps of one case are one event. */
static const char tables[] = "tables:\n"
                             "  orders:\n"
                             "    file: orders.csv\n"
                             "    delay: 12h\n"
                             "    where: kind != 4\n"
                             "    columns: {twice: {expr: amount * 2}, channel: category, kind: number}\n"
                             "  tickets: {file: tickets.csv, time: at, columns: {amount: {type: number, known_at: until}}}\n"
                             "  visits: {file: visits.csv, time: at, columns: {age: {expr: days(cutoff - at)}}}\n"
                             "  steps: {file: steps.csv, time: at, group_by: kind, columns: {kind: category, amount: number}}\n"
                             "  people: {file: people.csv, columns: {plan: category}}\n";

static void define(char *text, const char *table, const char *rest)
{
    static int n;
    const size_t at = strlen(text);
    assert_true(snprintf(text + at, PROJECT_CHARS - at, "    - {name: f%d, table: %s, %s}\n", n++, table, rest) <
                (int)(PROJECT_CHARS - at));
}

static void define_aggregates(char *text, const char *table, const char *condition)
{
    static const char *const numbers[] = {"sum", "mean", "min", "max", "std", "median", "first", "last", "distinct"};
    static const char *const times[] = {"count",         "days_since_last", "days_since_first", "active_days",
                                        "gap_days_mean", "gap_days_std",    "gap_days_max"};
    static const char *const windows[] = {"", ", window: 30d", ", window: {from: 90d, to: 20d}"};
    char rest[256];
    for (size_t w = 0; w < 3; w++) {
        for (size_t a = 0; a < sizeof numbers / sizeof *numbers; a++) {
            snprintf(rest, sizeof rest, "agg: %s, of: amount%s%s", numbers[a], windows[w], condition);
            define(text, table, rest);
        }
        for (size_t a = 0; a < sizeof times / sizeof *times; a++) {
            snprintf(rest, sizeof rest, "agg: %s%s%s", times[a], windows[w], condition);
            define(text, table, rest);
        }
    }
    snprintf(rest, sizeof rest, "agg: trend, window: 60d%s", condition);
    define(text, table, rest);
}

static void write_project(char *text, const char *population, const char *label)
{
    snprintf(text, PROJECT_CHARS, "%spopulation: %s\nlabel: %s\nfeatures:\n  use: []\n  define:\n", tables, population, label);
    define_aggregates(text, "orders", "");
    define_aggregates(text, "orders", ", where: channel = 'web'");
    define_aggregates(text, "tickets", "");
    define_aggregates(text, "tickets", ", where: until is null");
    define_aggregates(text, "steps", "");
    define(text, "orders", "agg: share, of: twice > 100");
    define(text, "orders", "agg: last, of: channel");
    define(text, "orders", "agg: first, of: channel, window: 45d");
    define(text, "orders", "agg: distinct, of: channel, window: 45d");
    define(text, "orders", "agg: sum, of: amount, after_last: tickets, within: 20d");
    define(text, "tickets", "agg: count, after_last: orders");
    define(text, "visits", "agg: mean, of: age");
    define(text, "visits", "agg: count, where: age < 45");
    define(text, "people", "agg: last, of: plan");
    define(text, "people", "agg: sum, of: seats");
}

static const char *end_of_line(const char *line)
{
    return line + strcspn(line, "\n") + (strchr(line, '\n') != NULL);
}

/* Which cutoff a line is of. */
static size_t cutoff_of(const char *line)
{
    const char *cutoff = strchr(line, ',') + 1;
    for (size_t j = 0; j < N_AT_ONCE; j++)
        if (strncmp(cutoff, cutoffs[j], strlen(cutoffs[j])) == 0 && cutoff[strlen(cutoffs[j])] == ',')
            return j;
    fail_msg("no cutoff in %.40s", line);
    return 0;
}

/* Tells the first column that differs. */
static void fail_difference(const char *at_once, const char *alone)
{
    size_t i = 0, column = 0, begin = 0;
    for (; at_once[i] == alone[i]; i++)
        if (at_once[i] == ',') {
            column++;
            begin = i + 1;
        }
    fail_msg("%.24s…: column %zu is %.*s at once, %.*s alone", at_once, column, (int)strcspn(at_once + begin, ",\n"),
             at_once + begin, (int)strcspn(alone + begin, ",\n"), alone + begin);
}

/* Both in the order of customers; each line of one is the next one of its cutoff alone. */
static size_t assert_same_lines(const char *at_once, char *const alone[N_AT_ONCE])
{
    const char *next[N_AT_ONCE];
    size_t n = 0;
    for (size_t j = 0; j < N_AT_ONCE; j++)
        next[j] = end_of_line(alone[j]);
    for (const char *line = end_of_line(at_once), *end; *line != '\0'; line = end, n++) {
        end = end_of_line(line);
        const size_t j = cutoff_of(line), length = (size_t)(end - line);
        if (strncmp(line, next[j], length) != 0)
            fail_difference(line, next[j]);
        next[j] += length;
    }
    for (size_t j = 0; j < N_AT_ONCE; j++)
        assert_string_equal(next[j], "");
    return n;
}

static void check(const char *folder, const char *population, const char *label)
{
    char *project = malloc(PROJECT_CHARS), all[N_AT_ONCE * 32] = "", *alone[N_AT_ONCE];
    write_project(project, population, label);
    for (size_t j = 0; j < N_AT_ONCE; j++) {
        alone[j] = run(folder, project, cutoffs[j], 1);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", j == 0 ? "" : " ", cutoffs[j]);
    }
    for (int n_threads = 1; n_threads <= 3; n_threads += 2) {
        char *at_once = run(folder, project, all, n_threads);
        const size_t n = assert_same_lines(at_once, alone);
        assert_in_range(n, N_CUSTOMERS, N_CUSTOMERS * N_AT_ONCE);
        free(at_once);
    }
    for (size_t j = 0; j < N_AT_ONCE; j++)
        free(alone[j]);
    free(project);
}

static void at_once_is_one_by_one(void **state)
{
    uint64_t x = 3;
    put_events(*state, "orders.csv", "customer_id,ordered_at,amount,channel,kind,until", &x);
    put_events(*state, "tickets.csv", "customer_id,at,amount,channel,kind,until", &x);
    put_events(*state, "visits.csv", "customer_id,at,amount,channel,kind,until", &x);
    put_events(*state, "steps.csv", "customer_id,at,amount,channel,kind,until", &x);
    put_people(*state, &x);
    check(*state, "{table: orders}", "{name: churned, absent: orders, horizon: 14d}");
    check(*state, "{table: orders, within: 40d}", "{name: back, present: orders, where: amount > 50, horizon: 14d, gap: 2d}");
    check(*state, "{table: tickets, where: until is null}", "{name: closed, at: tickets.until, horizon: 14d}");
    check(*state, "{table: people}", "{name: complains, present: tickets, horizon: 14d}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_once_is_one_by_one, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
