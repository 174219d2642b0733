/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_run.h"

#include <sys/stat.h>

#include <winback/audit.h>

#include "base/memory.h"

#define CASES(columns)                                                                                         \
    "tables:\n"                                                                                                \
    "  cases:\n"                                                                                               \
    "    file: cases.csv\n"                                                                                    \
    "    time: opened_at\n"                                                                                    \
    "    columns: {resolved_at: time, seen_at: time, priority: category" columns "}\n"                         \
    "  people: {file: people.csv, columns: {country: {type: category, fixed: true}, left_at: time}}\n"         \
    "population: {table: cases}\n"                                                                             \
    "features:\n"                                                                                              \
    "  use: []\n"                                                                                              \
    "  define:\n"                                                                                              \
    "    - {name: csat_mean, table: cases, agg: mean, of: csat}\n"                                             \
    "    - {name: n, table: cases, agg: count}\n"                                                              \
    "    - {name: country, table: people, agg: last, of: country}\n"

#define SILENT ""
#define DECLARED ", csat: {type: number, known_at: resolved_at}"

/* Its last case says that it was made on 2024-02-01 or later; what was known before that day counts. */
static const char older[] = "customer_id,opened_at,resolved_at,seen_at,csat,priority\n"
                            "A,2024-01-05,2024-01-06,,5,low\n"
                            "A,2024-01-10,,,,low\n"
                            "B,2024-01-20,,,,high\n"
                            "G,2024-01-15,,,,low\n"
                            "C,2024-02-01,,,,low\n";
static const char newer[] = "customer_id,opened_at,resolved_at,seen_at,csat,priority\n"
                            "C,2024-02-01,2024-02-02,,3,high\n"
                            "D,2024-01-28T12:00,,,,low\n"
                            "B,2024-01-20,2024-02-20,2024-01-21,2,urgent\n"
                            "A,2024-01-10,2024-02-01,,1,low\n"
                            "A,2024-01-05,2024-01-06,,5,low\n"
                            "C,2024-02-10,,,,low\n";

static void put_exports(char old_folder[RUN_PATH_CHARS], const char *folder, const char *cases)
{
    put(folder, "cases.csv", newer);
    put(folder, "people.csv", "customer_id,country,left_at\nA,DE,2024-02-15\nB,FR,\nD,NL,\n");
    snprintf(old_folder, RUN_PATH_CHARS, "%s-old", folder);
    assert_int_equal(mkdir(old_folder, 0700), 0);
    put(old_folder, "cases.csv", cases);
    put(old_folder, "people.csv", "customer_id,country,left_at\nB,IT,\nA,DE,\nG,DE,\n");
}

static void remove_export(const char *old_folder)
{
    char *copy = strdup(old_folder);
    void *state = copy;
    assert_int_equal(remove_folder(&state), 0);
}

static wb_status against(wb_export_audit *out, wb_engine **engine, const char *folder, const char *project,
                         const char *old_folder, wb_error *err)
{
    char path[RUN_PATH_CHARS];
    wb_project *old;
    assert_ok(make_engine(engine, folder, project, err), err);
    assert_ok(wb_project_read(&old, path_in(path, folder, "winback.yml"), err), err);
    assert_ok(wb_project_move_files(old, old_folder, err), err);
    wb_status status = wb_audit_against(out, *engine, old, NULL, err);
    wb_project_free(old);
    return status;
}

static const wb_changed_column *change_of(const wb_export_audit *audit, const char *table, const char *column,
                                          wb_change kind)
{
    for (size_t k = 0; k < audit->n_changed; k++) {
        const wb_changed_column *c = &audit->changed[k];
        if (strcmp(c->table, table) == 0 && c->kind == kind &&
            (column == NULL ? c->column == NULL : c->column != NULL && strcmp(c->column, column) == 0))
            return c;
    }
    fail_msg("no change of %s.%s", table, column == NULL ? "(rows)" : column);
    return NULL;
}

static void check_time(int64_t time_us, const char *expected)
{
    char text[WB_TIME_CHARS];
    wb_time_format(time_us, text);
    assert_string_equal(text, expected);
}

static void what_was_filled_in_is_named(void **state)
{
    char old_folder[RUN_PATH_CHARS];
    wb_export_audit audit;
    wb_engine *engine;
    wb_error err;
    put_exports(old_folder, *state, older);
    assert_ok(against(&audit, &engine, *state, CASES(SILENT), old_folder, &err), &err);
    check_time(audit.cutoff_us, "2024-02-01");
    assert_int_equal(audit.n_changed, 7);
    const wb_changed_column *c = change_of(&audit, "cases", "csat", WB_CHANGE_VALUE);
    assert_int_equal(c->n_rows, 3);
    assert_int_equal(c->n_changed, 2); /* C's case is of the day itself */
    assert_int_equal(c->n_filled, 2);
    assert_string_equal(c->known_at, "resolved_at"); /* it came on 1 and 20 February, seen_at before that or never */
    assert_int_equal(c->n_explained, 2);
    assert_false(c->declared);
    assert_string_equal(c->customer, "A");
    check_time(c->time_us, "2024-01-10");
    assert_string_equal(c->before, "");
    assert_string_equal(c->after, "1");
    c = change_of(&audit, "cases", "priority", WB_CHANGE_VALUE);
    assert_int_equal(c->n_changed, 1);
    assert_int_equal(c->n_filled, 0);
    assert_true(c->declared);
    assert_string_equal(c->before, "high");
    assert_string_equal(c->after, "urgent");
    c = change_of(&audit, "cases", "seen_at", WB_CHANGE_VALUE); /* written into the past */
    assert_string_equal(c->after, "2024-01-21");
    c = change_of(&audit, "cases", NULL, WB_CHANGE_LATER);
    assert_int_equal(c->n_changed, 1);
    assert_int_equal(c->delay_us, 4 * WB_DAY_US); /* three and a half days */
    assert_string_equal(c->customer, "D");
    assert_string_equal(change_of(&audit, "cases", NULL, WB_CHANGE_GONE)->customer, "G");
    c = change_of(&audit, "people", "country", WB_CHANGE_VALUE);
    assert_string_equal(c->customer, "B");
    assert_string_equal(c->before, "IT");
    assert_int_equal(c->time_us, WB_TIME_MISSING);
    assert_null(c->known_at);
    assert_string_equal(change_of(&audit, "people", NULL, WB_CHANGE_GONE)->customer, "G"); /* D may be new: no change */
    /* G is no customer any more and D is one; the means of A and B move, as does B's country. */
    assert_int_equal(audit.n_moved, 3);
    assert_null(audit.moved[0].feature);
    assert_int_equal(audit.moved[0].n_rows, 2);
    assert_string_equal(audit.moved[1].feature, "csat_mean");
    assert_int_equal(audit.moved[1].n_rows, 2);
    assert_string_equal(audit.moved[1].before, "5");
    assert_string_equal(audit.moved[1].after, "3");
    assert_string_equal(audit.moved[2].feature, "country");
    wb_export_audit_clear(&audit);
    wb_engine_free(engine);
    remove_export(old_folder);
}

static void what_is_declared_is_equal(void **state)
{
    static const char same[] = "customer_id,opened_at,resolved_at,seen_at,csat,priority\n"
                               "B,2024-01-20,,2024-01-21,,urgent\n"
                               "A,2024-01-05,2024-01-06,,5,low\n"
                               "A,2024-01-10,,,,low\n"
                               "D,2024-01-28T12:00,,,,low\n"
                               "C,2024-02-01,,,,\n";
    char old_folder[RUN_PATH_CHARS];
    wb_export_audit audit;
    wb_engine *engine;
    wb_error err;
    put_exports(old_folder, *state, same);
    put(old_folder, "people.csv", "customer_id,country,left_at\nA,DE,\nB,FR,\n");
    assert_ok(against(&audit, &engine, *state, CASES(DECLARED) "cutoffs: [2024-01-15, 2024-02-05]\n", old_folder, &err),
              &err);
    assert_int_equal(audit.n_changed, 0);
    assert_int_equal(audit.n_moved, 1); /* the one thing that an export cannot tell: D's country, had it been there */
    assert_string_equal(audit.moved[0].feature, "country");
    assert_string_equal(audit.moved[0].customer, "D");
    assert_int_equal(audit.n_rows, 4); /* A on 15 January; A, B, D at the end */
    wb_export_audit_clear(&audit);
    wb_engine_free(engine);
    remove_export(old_folder);
}

/* Three orders of one moment, in another order: the equal one finds itself, the others what is most like them. */
static void rows_of_one_moment_are_matched(void **state)
{
    char old_folder[RUN_PATH_CHARS];
    wb_export_audit audit;
    wb_engine *engine;
    wb_error err;
    const char *project = "tables:\n"
                          "  orders: {file: orders.csv, columns: {amount: number, channel: category, items: number}}\n";
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount,channel,items\nA,2024-01-01,3,app,1\nA,2024-01-01,2,web,9\nA,2024-01-01,1,web,1\n"
        "B,2024-01-02,1,web,1\nB,2024-03-01,1,web,1\n");
    snprintf(old_folder, sizeof old_folder, "%s-old", (char *)*state);
    assert_int_equal(mkdir(old_folder, 0700), 0);
    put(old_folder, "orders.csv",
        "customer_id,ordered_at,amount,channel,items\nA,2024-01-01,1,web,1\nA,2024-01-01,2,web,2\nA,2024-01-01,3,shop,1\n"
        "B,2024-01-02,1,web,1\n");
    assert_ok(against(&audit, &engine, *state, project, old_folder, &err), &err);
    assert_int_equal(audit.n_changed, 2);
    const wb_changed_column *c = change_of(&audit, "orders", "items", WB_CHANGE_VALUE);
    assert_int_equal(c->n_changed, 1);
    assert_int_equal(c->n_rows, 3);
    assert_string_equal(c->before, "2");
    assert_string_equal(c->after, "9");
    c = change_of(&audit, "orders", "channel", WB_CHANGE_VALUE);
    assert_string_equal(c->before, "shop");
    assert_string_equal(c->after, "app");
    wb_export_audit_clear(&audit);
    wb_engine_free(engine);
    remove_export(old_folder);
}

/* Two orders on each of the days 1 to 40 before the end; the older export lacks those of the days given. */
static const wb_changed_column *lacking(wb_export_audit *audit, const char *folder, const int *days, size_t n)
{
    char old_folder[RUN_PATH_CHARS], all[8192] = "customer_id,ordered_at\n", some[8192] = "customer_id,ordered_at\n";
    wb_engine *engine;
    wb_error err;
    for (int day = 0; day <= 40; day++) {
        char rows[128], time[WB_TIME_CHARS];
        bool lacks = false;
        wb_time_format((20000 - day) * WB_DAY_US, time);
        snprintf(rows, sizeof rows, "A,%s\nB,%s\n", time, time);
        for (size_t i = 0; i < n; i++)
            lacks |= day == days[i];
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s", rows);
        snprintf(some + strlen(some), sizeof some - strlen(some), "%s", lacks ? "" : rows);
    }
    put(folder, "orders.csv", all);
    snprintf(old_folder, sizeof old_folder, "%s-old", folder);
    assert_int_equal(mkdir(old_folder, 0700), 0);
    put(old_folder, "orders.csv", some);
    assert_ok(against(audit, &engine, folder, "tables: {orders: {file: orders.csv}}\n", old_folder, &err), &err);
    wb_engine_free(engine);
    remove_export(old_folder);
    assert_int_equal(audit->n_changed, 1);
    assert_int_equal(audit->changed[0].kind, WB_CHANGE_LATER);
    assert_int_equal(audit->changed[0].n_changed, 2 * n);
    return audit->changed;
}

static void a_delay_is_proposed_where_it_fits(void **state)
{
    static const struct {
        int days[4], n, delay_days;
        uint64_t n_explained;
    } cases[] = {
        {{1, 2, 3}, 3, 3, 6},
        {{1, 2, 30}, 3, 2, 4},  /* one that is merely missing */
        {{1, 3}, 2, 3, 4},      /* some come at once */
        {{4}, 1, 4, 2},         /* a quarter of the days 1 to 4 */
        {{5}, 1, 0, 0},
        {{30}, 1, 0, 0},
        {{1, 25, 38}, 3, 0, 0}, /* of the day before, only one of three */
        {{1, 38}, 2, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_export_audit audit;
        const wb_changed_column *c = lacking(&audit, *state, cases[i].days, (size_t)cases[i].n);
        if (c->delay_us != cases[i].delay_days * WB_DAY_US || c->n_explained != cases[i].n_explained)
            fail_msg("case %zu: %g days cover %llu", i, (double)c->delay_us / (double)WB_DAY_US,
                     (unsigned long long)c->n_explained);
        wb_export_audit_clear(&audit);
    }
}

/* Made on the evening of 31 January, when A's second case was resolved; its last row is of that noon. Whatever delay is
 * declared, and of whichever table, nothing that came after noon is asked of it. */
static void a_delay_that_is_too_long_blames_nobody(void **state)
{
    static const char then[] = "customer_id,opened_at,resolved_at,seen_at,csat,priority\n"
                               "A,2024-01-05,2024-01-06,,5,low\n"
                               "A,2024-01-10,,,,low\n"
                               "B,2024-01-31T12:00,,,,high\n";
    static const char now[] = "customer_id,opened_at,resolved_at,seen_at,csat,priority\n"
                              "A,2024-01-05,2024-01-06,,5,low\n"
                              "A,2024-01-10,2024-01-31T20:00,,1,low\n"
                              "B,2024-01-31T12:00,,,,high\n"
                              "B,2024-01-31T20:30,,,,high\n"
                              "C,2024-02-10,,,,low\n";
    static const struct {
        const char *delay, *visits_delay, *csat;
        size_t n_changed;
    } cases[] = {
        {"0d", "0d", "known_at: resolved_at", 0}, {"1d", "1d", "known_at: resolved_at", 0},
        {"0d", "9d", "known_at: resolved_at", 0}, {"9d", "0d", "known_at: resolved_at", 0},
        {"1d", "3d", "known_at: opened_at", 1}, /* a leak is found all the same */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char old_folder[RUN_PATH_CHARS], project[2048];
        wb_export_audit audit;
        wb_engine *engine;
        wb_error err;
        put_exports(old_folder, *state, then);
        put(*state, "cases.csv", now);
        put(*state, "people.csv", "customer_id,country,left_at\n");
        put(old_folder, "people.csv", "customer_id,country,left_at\n");
        put(*state, "visits.csv", "customer_id,visited_at\nA,2024-01-20\nA,2024-02-01\n");
        put(old_folder, "visits.csv", "customer_id,visited_at\nA,2024-01-20\n");
        snprintf(project, sizeof project,
                 "tables:\n"
                 "  cases:\n"
                 "    file: cases.csv\n"
                 "    time: opened_at\n"
                 "    delay: %s\n"
                 "    columns: {resolved_at: time, csat: {type: number, %s}}\n"
                 "  visits: {file: visits.csv, delay: %s}\n"
                 "population: {table: cases}\n"
                 "features: {use: [], define: [{name: m, table: cases, agg: mean, of: csat}, {name: v, table: visits, agg: count}]}\n",
                 cases[i].delay, cases[i].csat, cases[i].visits_delay);
        assert_ok(against(&audit, &engine, *state, project, old_folder, &err), &err);
        check_time(audit.cutoff_us, "2024-01-31T12:00:00Z");
        if (audit.n_changed != cases[i].n_changed)
            fail_msg("case %zu: %zu changes, first of %s", i, audit.n_changed,
                     audit.n_changed > 0 ? audit.changed[0].column : "nothing");
        assert_int_equal(audit.n_moved, cases[i].n_changed);
        wb_export_audit_clear(&audit);
        wb_engine_free(engine);
        remove_export(old_folder);
    }
}

static void an_empty_or_other_export_is_refused(void **state)
{
    char old_folder[RUN_PATH_CHARS];
    wb_export_audit audit;
    wb_engine *engine;
    wb_error err;
    put_exports(old_folder, *state, "customer_id,opened_at,resolved_at,seen_at,csat,priority\n");
    assert_int_equal(against(&audit, &engine, *state, CASES(SILENT), old_folder, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "no events"));
    wb_engine_free(engine);
    put(old_folder, "cases.csv", "customer_id,opened_at,resolved_at,seen_at,priority\nA,2024-01-01,,,\n");
    assert_int_equal(against(&audit, &engine, *state, CASES(SILENT), old_folder, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "csat"));
    wb_engine_free(engine);
    remove_export(old_folder);
}

static void no_memory(void **state)
{
    char old_folder[RUN_PATH_CHARS], path[RUN_PATH_CHARS];
    wb_export_audit audit;
    wb_engine *engine;
    wb_project *old;
    wb_error err;
    const wb_read_options options = {.delimiter = ',', .decimal = '.', .n_threads = 1};
    put_exports(old_folder, *state, older);
    assert_ok(make_engine(&engine, *state, CASES(SILENT), &err), &err);
    assert_ok(wb_project_read(&old, path_in(path, *state, "winback.yml"), &err), &err);
    assert_ok(wb_project_move_files(old, old_folder, &err), &err);
    for (uint64_t n = 1;; n++) {
        wbi_alloc_fail_at(n);
        wb_status status = wb_audit_against(&audit, engine, old, &options, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK)
            break;
        assert_int_equal(status, WB_ERR_NOMEM);
    }
    assert_int_equal(audit.n_changed, 7);
    wb_export_audit_clear(&audit);
    wb_project_free(old);
    wb_engine_free(engine);
    remove_export(old_folder);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_was_filled_in_is_named),
        IN_FOLDER(what_is_declared_is_equal),
        IN_FOLDER(rows_of_one_moment_are_matched),
        IN_FOLDER(a_delay_is_proposed_where_it_fits),
        IN_FOLDER(a_delay_that_is_too_long_blames_nobody),
        IN_FOLDER(an_empty_or_other_export_is_refused),
        IN_FOLDER(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
