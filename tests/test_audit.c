/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_run.h"

#include <winback/audit.h>

#include "audit/compare.h"
#include "base/memory.h"
#include "features/engine.h"
#include "features/features.h"
#include "test_frame.h"

static int64_t at(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

/* --- deletion --------------------------------------------------------------------------------------------------- */

/* Known before 2024-02-01, of rows that arrive a day late: the first three. */
static const char tickets[] = "customer_id,opened_at,resolved_at,promised_at,csat,replies,channel\n"
                              "A,2024-01-05,2024-01-07,2024-03-01,5,1,web\n"
                              "A,2024-01-10,2024-02-01,,4,2,app\n"
                              "B,2024-01-30T23:59:59,,2024-01-31,3,3,web\n"
                              "B,2024-01-31,2024-01-31,,2,4,web\n"
                              "C,2024-02-01,,,1,5,app\n";

#define TICKETS                                                                                                \
    "  tickets:\n"                                                                                             \
    "    file: tickets.csv\n"                                                                                  \
    "    time: opened_at\n"                                                                                    \
    "    delay: 1d\n"                                                                                          \
    "    columns:\n"                                                                                           \
    "      resolved_at: time\n"                                                                                \
    "      promised_at: {type: time, known_at: opened_at}\n"                                                   \
    "      csat: {type: number, known_at: resolved_at}\n"                                                      \
    "      replies: number\n"                                                                                  \
    "      rating: {column: csat}\n"                                                                           \
    "      channel: category\n"

static void rows_and_cells_are_deleted(void **state)
{
    wb_engine *engine;
    wb_project *project;
    wb_error err;
    char path[RUN_PATH_CHARS];
    put(*state, "tickets.csv", tickets);
    put(*state, "winback.yml",
        "tables:\n" TICKETS "population: {table: tickets}\n"
        "features: {use: [], define: [{name: n, table: tickets, agg: sum, of: csat + rating}]}\n");
    assert_ok(wb_project_read(&project, path_in(path, *state, "winback.yml"), &err), &err);
    wb_project_set_data_until(project, at("2024-03-01"));
    assert_ok(wbi_engine_create_redacted(&engine, project, NULL, at("2024-02-01"), NULL, &err), &err);
    const wbi_packed_rows *rows = &engine->events.tables[0].rows;
    assert_int_equal(rows->n_rows, 3);
    static const uint32_t all[] = {0, 1, 2};
    int64_t resolved[3], promised[3];
    double csat[3], replies[3], rating[3];
    const struct {
        const char *name;
        void *values;
    } wanted[] = {{"resolved_at", resolved}, {"promised_at", promised}, {"csat", csat}, {"replies", replies}, {"rating", rating}};
    size_t n_found = 0;
    const wbi_binding *b = engine->plan->bindings[0];
    for (size_t s = 0; s < b->n_slots; s++) {
        const char *name = b->slots[s].name;
        if (b->slots[s].kind != WBI_SLOT_READ)
            continue;
        for (size_t i = 0; i < 5; i++)
            if (strcmp(name, wanted[i].name) == 0) {
                wbi_packed_gather(&rows->columns[b->slots[s].read + 2], all, 3, wanted[i].values);
                n_found++;
            }
    }
    assert_int_equal(n_found, 5);
    assert_true(resolved[0] == at("2024-01-07") && resolved[1] == WB_TIME_MISSING && resolved[2] == WB_TIME_MISSING);
    assert_true(promised[0] == at("2024-03-01") && promised[1] == WB_TIME_MISSING && promised[2] == at("2024-01-31"));
    assert_true(csat[0] == 5 && isnan(csat[1]) && isnan(csat[2]));
    assert_true(rating[0] == 5 && isnan(rating[1]) && isnan(rating[2])); /* a new name changes nothing */
    assert_true(replies[0] == 1 && replies[1] == 2 && replies[2] == 3);
    wb_engine_free(engine);
    wb_project_free(project);
}

/* --- the audit --------------------------------------------------------------------------------------------------- */

typedef struct audited {
    wb_engine *engine;
    wb_features *features;
    wb_audit audit;
} audited;

static void run_audit(audited *a, const char *folder, const char *project, const char *cutoffs)
{
    wb_error err;
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, cutoffs);
    assert_ok(make_engine(&a->engine, folder, project, &err), &err);
    assert_ok(wb_engine_features(a->engine, &a->features,
                                 &(wb_features_options){cutoffs_us, n, has_label(a->engine), 1, NULL}, &err), &err);
    assert_ok(wb_audit_features(&a->audit, a->engine, a->features, NULL, &err), &err);
}

static void free_audit(audited *a)
{
    wb_audit_clear(&a->audit);
    wb_features_free(a->features);
    wb_engine_free(a->engine);
}

#define AUDITED(columns)                                                                                       \
    "tables:\n"                                                                                                \
    "  orders: {file: orders.csv, where: amount > 0, columns: {channel: category, note: {type: text}}}\n"      \
    "  tickets:\n"                                                                                             \
    "    file: tickets.csv\n"                                                                                  \
    "    time: opened_at\n"                                                                                    \
    "    columns: {resolved_at: time, " columns "}\n"                                                          \
    "population: {table: orders}\n"                                                                            \
    "features:\n"                                                                                              \
    "  use: []\n"                                                                                              \
    "  define:\n"                                                                                              \
    "    - {name: spent, table: orders, agg: sum, of: amount}\n"                                               \
    "    - {name: channels, table: orders, agg: distinct, of: channel}\n"                                      \
    "    - {name: csat_mean, table: tickets, agg: mean, of: csat}\n"                                           \
    "    - {name: csat_twice, expr: csat_mean * 2}\n"                                                          \
    "    - {name: fast, table: tickets, agg: count, where: quick}\n"

static void put_audited(const char *folder)
{
    put(folder, "orders.csv",
        "customer_id,ordered_at,amount,channel,note\nA,2024-01-01,10,web,x\nB,2024-01-02,5,app,y\nB,2024-03-01,7,web,z\n");
    put(folder, "tickets.csv",
        "customer_id,opened_at,resolved_at,csat,minutes\n"
        "A,2024-01-05,2024-01-06,5,10\n"
        "A,2024-01-10,2024-02-10,1,90\n"
        "B,2024-01-20,2024-02-20,2,5\n");
}

#define HONEST "csat: {type: number, known_at: resolved_at}, quick: {expr: minutes < 30}"
#define LEAKING "csat: {type: number, known_at: opened_at}, quick: {expr: minutes < 30}"

static void honest_features_pass(void **state)
{
    audited a;
    put_audited(*state);
    run_audit(&a, *state, AUDITED(HONEST), "2024-02-01 2024-03-01");
    assert_int_equal(a.audit.n_moved, 0);
    assert_int_equal(a.audit.n_rows, 4);
    assert_int_equal(a.audit.n_cutoffs, 2);
    const char *columns[] = {"amount", "channel", "minutes"}, *first[] = {"spent", "channels", "fast"};
    assert_int_equal(a.audit.n_assumed, 3); /* note is used by nobody, csat says when it is known */
    for (size_t k = 0; k < 3; k++) {
        assert_string_equal(a.audit.assumed[k].column, columns[k]);
        assert_string_equal(a.audit.assumed[k].table, k < 2 ? "orders" : "tickets");
        assert_string_equal(a.audit.assumed[k].feature, first[k]);
        assert_int_equal(a.audit.assumed[k].n_features, 1);
        assert_false(a.audit.assumed[k].at_every_cutoff);
    }
    /* csat_mean at the cutoffs: A 5, B missing; then both known. At the end, 2024-03-02: both. */
    assert_int_equal(a.audit.n_missing, 5);
    assert_string_equal(a.audit.missing[2].feature, "csat_mean");
    assert_close(a.audit.missing[2].at_cutoffs, 0.25, 0);
    assert_close(a.audit.missing[2].at_end, 0, 0);
    assert_false(a.audit.missing[2].differ); /* of six rows nothing can be said */
    free_audit(&a);
}

/* A table without time is seen at every cutoff: who computed `worth` yesterday has it in features of last year. */
static void facts_are_assumed_known(void **state)
{
    audited a;
    put_audited(*state);
    put(*state, "people.csv", "customer_id,joined,worth,country,since,note\nA,2023-01-01,5,DE,2023-02-01,x\nB,2023-01-01,7,FR,,y\n");
    run_audit(&a, *state,
              "tables:\n"
              "  orders: {file: orders.csv}\n"
              "  people:\n"
              "    file: people.csv\n"
              "    columns:\n"
              "      joined: time\n"
              "      since: time\n"
              "      worth: {type: number, fixed: true}\n"
              "      country: {type: category, known_at: since}\n"
              "features:\n"
              "  use: []\n"
              "  define:\n"
              "    - {name: age, table: people, agg: max, of: days(cutoff - joined)}\n"
              "    - {name: worth, table: people, agg: last, of: worth}\n"
              "    - {name: country, table: people, agg: last, of: country}\n",
              "2024-02-01");
    assert_int_equal(a.audit.n_assumed, 1);
    assert_string_equal(a.audit.assumed[0].table, "people");
    assert_string_equal(a.audit.assumed[0].column, "worth");
    assert_string_equal(a.audit.assumed[0].feature, "worth");
    assert_true(a.audit.assumed[0].at_every_cutoff);
    free_audit(&a);
}

/* Features that were computed with csat taken for known: A's mean at 2024-02-01 is 3 and not 5, B has one and should not. */
static void what_saw_the_future_is_named(void **state)
{
    audited honest;
    wb_features *leaking;
    wb_audit audit;
    wb_error err;
    put_audited(*state);
    run_audit(&honest, *state, AUDITED(HONEST), "2024-02-01 2024-03-01");
    assert_ok(make_features(&leaking, *state, AUDITED(LEAKING), "2024-02-01 2024-03-01", 1, &err), &err);
    assert_ok(wb_audit_features(&audit, honest.engine, leaking, NULL, &err), &err);
    assert_int_equal(audit.n_moved, 2);
    const wb_moved_feature *m = audit.moved;
    assert_string_equal(m[0].feature, "csat_mean");
    assert_string_equal(m[0].table, "tickets");
    assert_int_equal(m[0].n_rows, 2);
    assert_string_equal(m[0].customer, "A");
    assert_int_equal(m[0].cutoff_us, at("2024-02-01"));
    assert_string_equal(m[0].before, "3");
    assert_string_equal(m[0].after, "5");
    assert_string_equal(m[1].feature, "csat_twice");
    assert_null(m[1].table);
    wb_audit_clear(&audit);
    wb_features_free(leaking);
    free_audit(&honest);
}

static void missing_shares_that_differ(void **state)
{
    audited a;
    static char text[40000];
    size_t used = (size_t)snprintf(text, sizeof text, "customer_id,ordered_at,rating\n");
    for (int c = 0; c < 200; c++) /* 200 customers in January, rated but for every tenth; 200 more in March, unrated */
        used += (size_t)snprintf(text + used, sizeof text - used, "a%03d,2024-01-0%d,%s\nb%03d,2024-03-01,\n", c, 1 + c % 9,
                                 c % 10 == 0 ? "" : "4", c);
    put(*state, "orders.csv", text);
    run_audit(&a, *state,
              "tables: {orders: {file: orders.csv, columns: {rating: number}}}\n"
              "features:\n"
              "  use: []\n"
              "  define:\n"
              "    - {name: rating, table: orders, agg: last, of: rating}\n"
              "    - {name: n, table: orders, agg: count}\n",
              "2024-02-01");
    assert_close(a.audit.missing[0].at_cutoffs, 0.1, 1e-15);
    assert_close(a.audit.missing[0].at_end, 0.55, 1e-15);
    assert_true(a.audit.missing[0].differ);
    assert_false(a.audit.missing[1].differ);
    free_audit(&a);
}

static void standard_input_is_refused(void **state)
{
    audited a;
    wb_audit audit;
    wb_error err;
    put_audited(*state);
    run_audit(&a, *state, AUDITED(HONEST), "2024-02-01");
    assert_ok(wb_project_set_file(a.engine->plan->project, "tickets", "-", &err), &err);
    assert_int_equal(wb_audit_features(&audit, a.engine, a.features, NULL, &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "tickets"));
    free_audit(&a);
}

static void no_memory(void **state)
{
    audited a;
    wb_audit audit;
    wb_error err;
    put_audited(*state);
    run_audit(&a, *state, AUDITED(HONEST), "2024-02-01");
    const wb_read_options options = {.delimiter = ',', .decimal = '.', .n_threads = 1};
    for (uint64_t n = 1;; n++) {
        wbi_alloc_fail_at(n);
        wb_status status = wb_audit_features(&audit, a.engine, a.features, &options, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK)
            break;
        assert_int_equal(status, WB_ERR_NOMEM);
    }
    assert_int_equal(audit.n_moved, 0);
    wb_audit_clear(&audit);
    free_audit(&a);
}

/* --- two ways to one answer --------------------------------------------------------------------------------------- */

static uint64_t seed;

static unsigned draw(unsigned n)
{
    return (unsigned)(frame_uniform(&seed) * n);
}

static const char *one_of(const char *const *words, unsigned n)
{
    return words[draw(n)];
}

/* Rows of ten customers, with times before, at and after the cutoffs, and many ties. */
static void put_random_tickets(const char *folder)
{
    char text[16384];
    size_t used = (size_t)snprintf(text, sizeof text, "customer_id,at,t1,t2,x,y,word,line,raw\n");
    for (int i = 0; i < 80; i++) {
        char t1[24] = "", t2[24] = "";
        unsigned day = draw(40);
        if (draw(4) > 0)
            snprintf(t1, sizeof t1, "2024-01-%02u", 1 + draw(31));
        if (draw(4) > 0)
            snprintf(t2, sizeof t2, "2024-01-%02uT12:00", 1 + draw(31));
        used += (size_t)snprintf(text + used, sizeof text - used, "c%u,2024-%02u-%02u,%s,%s,%u,%s,%s,%u,%u\n", draw(10),
                                 1 + day / 31, 1 + day % 31, t1, t2, draw(5), draw(3) ? "0.7" : "", draw(2) ? "web" : "app",
                                 draw(12), draw(9));
    }
    put(folder, "tickets.csv", text);
}

static void random_project(char text[4096])
{
    static const char *const known[] = {"", ", known_at: t1", ", known_at: t2", ", known_at: at"};
    static const char *const own[] = {"", ", known_at: at"};
    static const char *const delays[] = {"", "    delay: 36h\n"};
    static const char *const wheres[] = {"", "    where: x > 1 or word = 'web'\n", "    where: t1 is null or late\n"};
    static const char *const groups[] = {"", "    group_by: line\n", "    group_by: word\n"};
    snprintf(text, 4096,
             "tables:\n"
             "  tickets:\n"
             "    file: tickets.csv\n"
             "    time: at\n%s%s%s"
             "    columns:\n"
             "      t1: {type: time%s}\n"
             "      t2: {type: time%s}\n"
             "      x: {type: number%s}\n"
             "      y: {type: number%s}\n"
             "      again: {type: number, column: x%s}\n"
             "      word: {type: text%s}\n"
             "      cooked: {type: number, column: raw%s}\n"
             "      late: {expr: t2 - t1 > days(3)}\n"
             "      due: {expr: t1 + days(5)}\n"
             "      waited: {expr: \"hours(coalesce(t2, cutoff) - at)\"}\n"
             "population: {table: tickets, not_after: t2}\n"
             "data_until: 2024-03-01\n"
             "features:\n"
             "  use: []\n"
             "  define:\n"
             "    - {name: x_sum, table: tickets, agg: sum, of: x * 0.1 + again}\n"
             "    - {name: y_last, table: tickets, agg: last, of: y}\n"
             "    - {name: word_first, table: tickets, agg: first, of: word}\n"
             "    - {name: waited_mean, table: tickets, agg: mean, of: waited}\n"
             "    - {name: late_share, table: tickets, agg: share, of: late}\n"
             "    - {name: due, table: tickets, agg: count, where: due is not null}\n"
             "    - {name: raw_sum, table: tickets, agg: sum, of: raw}\n"
             "    - {name: line_last, table: tickets, agg: last, of: line}\n"
             "    - {name: n, table: tickets, agg: count, where: t1 is null, window: 20d}\n",
             one_of(delays, 2), one_of(wheres, 3), one_of(groups, 3), one_of(own, 2), one_of(own, 2), one_of(known, 4),
             one_of(known, 4), one_of(known, 4), one_of(known, 4), one_of(known, 4));
}

/* Masking while looking, and deleting before, are two programs with one answer. */
static void masks_and_deletion_agree(void **state)
{
    char project[4096];
    for (seed = 1; seed < 60; seed += 2) {
        audited a;
        uint64_t begun = seed;
        put_random_tickets(*state);
        random_project(project);
        run_audit(&a, *state, project, "2024-01-10 2024-01-15T12:00 2024-02-01");
        if (a.audit.n_moved > 0)
            fail_msg("seed %llu: %s of %s: %s, deleted %s\n%s", (unsigned long long)begun,
                     a.audit.moved[0].feature != NULL ? a.audit.moved[0].feature : "population",
                     a.audit.moved[0].customer, a.audit.moved[0].before, a.audit.moved[0].after, project);
        assert_true(a.audit.n_rows > 0);
        free_audit(&a);
        seed = begun;
    }
}

/* --- the comparer ------------------------------------------------------------------------------------------------- */

static wb_features *made(const char *const *ids, const int64_t *cutoffs, const double *spent, const char *const *words,
                         size_t n)
{
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, ids, n);
    frame_times(frame, "cutoff", cutoffs, n);
    frame_numbers(frame, "spent", spent, n);
    frame_words(frame, "word", WB_TYPE_CATEGORY, words, n);
    return frame;
}

static void differences_by_hand(void **state)
{
    (void)state;
    wbi_table_def orders = {.name = (char *)"orders"};
    wbi_binding binding = {.def = &orders};
    wbi_binding *bindings[] = {&binding};
    wbi_feature_def defs[] = {{.name = (char *)"spent"}, {.name = (char *)"word"}};
    wbi_planned_feature features[] = {{.def = &defs[0], .table = 0}, {.def = &defs[1], .table = WBI_NONE}};
    wbi_plan plan = {.bindings = bindings, .n_tables = 1, .features = features, .n_features = 2};
    const char *ids_a[] = {"A", "A", "B", "C", "D"}, *ids_b[] = {"A", "C", "D", "E"};
    int64_t cutoffs_a[] = {1, 2, 1, 1, 1}, cutoffs_b[] = {1, 1, 1, 1};
    double spent_a[] = {1, 100, 2, NAN, 4}, spent_b[] = {1, NAN, 5, 6};
    const char *words_a[] = {"x", "q", "y", NULL, "z"}, *words_b[] = {"x", "web", "z", "w"};
    wb_features *a = made(ids_a, cutoffs_a, spent_a, words_a, 5), *b = made(ids_b, cutoffs_b, spent_b, words_b, 4);
    wbi_comparison comparison;
    wb_moved_feature *moved;
    size_t n;
    wb_error err;
    assert_ok(wbi_comparison_create(&comparison, &plan, &err), &err);
    wbi_comparison_add(&comparison, a->table, b->table, 1); /* A's second cutoff is another matter */
    assert_int_equal(comparison.n_rows, 5);
    wbi_comparison_finish(&comparison, &moved, &n);
    assert_int_equal(n, 3);
    assert_null(moved[0].feature); /* B is gone, E is new */
    assert_int_equal(moved[0].n_rows, 2);
    assert_string_equal(moved[0].customer, "B");
    assert_string_equal(moved[0].before, "in");
    assert_string_equal(moved[1].feature, "spent");
    assert_int_equal(moved[1].n_rows, 1);
    assert_string_equal(moved[1].customer, "D");
    assert_string_equal(moved[1].before, "4");
    assert_string_equal(moved[1].after, "5");
    assert_string_equal(moved[2].feature, "word");
    assert_string_equal(moved[2].customer, "C");
    assert_string_equal(moved[2].before, "");
    assert_string_equal(moved[2].after, "web");
    wbi_free(moved);
    wb_features_free(a);
    wb_features_free(b);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(rows_and_cells_are_deleted), IN_FOLDER(honest_features_pass),
        IN_FOLDER(facts_are_assumed_known),
        IN_FOLDER(what_saw_the_future_is_named), IN_FOLDER(missing_shares_that_differ),
        IN_FOLDER(standard_input_is_refused), IN_FOLDER(no_memory),
        IN_FOLDER(masks_and_deletion_agree), cmocka_unit_test(differences_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
