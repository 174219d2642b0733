/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments by recency, frequency and monetary value: by hand, against plain loops over the orders, and against what SQL and
 * NumPy made of public data. */
#include "test_run.h"

#include <winback/segment.h>

#include "base/memory.h"
#include "segment/names.h"

static const char usual_project[] = "tables: {orders: {file: orders.csv}}\n";

static wb_project *project_of(const char *folder, const char *text)
{
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_error err;
    put(folder, "winback.yml", text);
    assert_ok(wb_project_read(&project, path_in(path, folder, "winback.yml"), &err), &err);
    return project;
}

static int64_t instant(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

static wb_status try_segments(wb_segments **out, const char *folder, const char *text, const wb_segments_options *o, wb_error *err)
{
    wb_project *project = project_of(folder, text);
    *out = NULL;
    const wb_status status = wb_segments_create(out, project, o, NULL, err);
    wb_project_free(project);
    return status;
}

static wb_segments *segments_at(const char *folder, const char *text, const char *cutoff, const char *edges)
{
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    wb_segments *segments;
    wb_error err;
    o.cutoff_us = instant(cutoff);
    o.edges = edges;
    assert_ok(try_segments(&segments, folder, text, &o, &err), &err);
    return segments;
}

/* ---- by hand ---- */

/* Ten customers at 2024-03-01, a leap year: b ordered on 2024-02-29, a day before, c two days before, … k ten days before. They
 * have 1 order but d and e, who have 2, and f, who has 4; amounts are 10, 20, …, 100 a customer, b the least. */
static const char by_hand_orders[] = "customer_id,ordered_at,amount\n"
                                     "b,2024-02-29,10\n"
                                     "c,2024-02-28,20\n"
                                     "d,2024-02-27,20\nd,2024-01-01,10\n"
                                     "e,2024-02-26,35\ne,2024-01-01,5\n"
                                     "f,2024-02-25,50\nf,2024-02-25,-10\nf,2024-01-01,4\nf,2024-01-03,6\n"
                                     "g,2024-02-24,60\n"
                                     "h,2024-02-23,70\n"
                                     "i,2024-02-22,80\n"
                                     "j,2024-02-21,90\n"
                                     "k,2024-02-20,100\n"
                                     "z,2024-03-01,1000\n"; /* at the cutoff: not known yet */

/* Type 7 at 0.2 of 10 values lies 9 * 0.2 = 1.8 above the first: recency 1 … 10 has edges 2.8, 4.6, 6.4, 8.2; amounts 10 … 100 have
 * 28, 46, 64, 82. Numbers of orders, sorted 1 1 1 1 1 1 1 2 2 4, have 1 at 0.2, 0.4, 0.6 (place 5.4) and 1 + 0.2 * 1 = 1.2 at 0.8
 * (place 7.2, between 2 and 2: 2). Places count from 0: place 7 is 2, place 8 is 2. So the edges are 1, 1, 1, 2. */
static void by_hand(void **state)
{
    static const double recency[] = {2.8, 4.6, 6.4, 8.2}, frequency[] = {1, 1, 1, 2}, monetary[] = {28, 46, 64, 82};
    static const struct {
        const char *id, *segment;
        int r, f, m;
    } expected[] = {
        {"b", "New", 5, 1, 1},
        {"c", "New", 5, 1, 1},
        {"d", "Potential loyalists", 4, 4, 2},         /* FM (4 + 2) / 2 = 3 */
        {"e", "Potential loyalists", 4, 4, 2},
        {"f", "Loyal", 3, 5, 3},                       /* FM 4 */
        {"g", "About to sleep", 3, 1, 3},              /* FM 2 */
        {"h", "At risk", 2, 1, 4},                     /* FM 2.5, so 3 */
        {"i", "At risk", 2, 1, 4},
        {"j", "At risk", 1, 1, 5},
        {"k", "At risk", 1, 1, 5},
    };
    put(*state, "orders.csv", by_hand_orders);
    wb_segments *s = segments_at(*state, usual_project, "2024-03-01", NULL);
    const wb_segment_edges edges = wb_segments_edges(s);
    for (size_t k = 0; k < WB_SEGMENT_EDGES; k++) {
        assert_close(edges.recency_days[k], recency[k], 1e-12);
        assert_true(edges.frequency[k] == frequency[k]);
        assert_close(edges.monetary[k], monetary[k], 1e-12);
    }
    assert_null(wb_segments_edges_file(s));
    assert_int_equal(edges.n_customers, 10);
    assert_int_equal(wb_segments_n_customers(s), 10);
    assert_int_equal(wb_segments_cutoff(s), instant("2024-03-01"));
    for (size_t i = 0; i < 10; i++) {
        const wb_segment_customer c = wb_segments_customer(s, i);
        assert_string_equal(c.customer_id, expected[i].id);
        assert_true(c.recency_days == (double)(i + 1) && c.monetary == 10 * (double)(i + 1));
        assert_true(c.r == expected[i].r && c.f == expected[i].f && c.m == expected[i].m);
        assert_string_equal(wb_segments_segment(s, c.segment).name, expected[i].segment);
        assert_string_equal(wb_segments_of(s, expected[i].id), expected[i].segment);
    }
    assert_null(wb_segments_of(s, "z"));
    assert_null(wb_segments_of(s, ""));
    assert_null(wb_segments_of(s, "bb"));
    wb_segments_free(s);
}

/* Of h, i, j and k above: 8.5 days, an order and 85 each on average, and 340 of 550 in all. */
static void sums_by_hand(void **state)
{
    put(*state, "orders.csv", by_hand_orders);
    wb_segments *s = segments_at(*state, usual_project, "2024-03-01", NULL);
    const wb_segment all = wb_segments_all(s);
    uint64_t n = 0;
    int64_t cents = 0;
    assert_int_equal(wb_segments_n_segments(s), 11);
    for (size_t i = 0; i < wb_segments_n_segments(s); i++) {
        const wb_segment segment = wb_segments_segment(s, i);
        n += segment.n;
        cents += segment.monetary_cents;
        if (segment.n == 0)
            assert_true(isnan(segment.monetary) && segment.share == 0 && segment.monetary_share == 0);
        if (strcmp(segment.name, "At risk") != 0)
            continue;
        assert_int_equal(segment.n, 4);
        assert_close(segment.share, 0.4, 1e-15);
        assert_close(segment.recency_days, 8.5, 1e-15);
        assert_close(segment.frequency, 1, 0);
        assert_close(segment.monetary, 85, 1e-15);
        assert_close(segment.r, 1.5, 0);
        assert_close(segment.f, 1, 0);
        assert_close(segment.m, 4.5, 0);
        assert_int_equal(segment.monetary_cents, 34000);
        assert_close(segment.monetary_share, 340.0 / 550, 1e-15);
    }
    assert_true(all.n == n && n == 10 && all.share == 1 && all.monetary_share == 1);
    assert_true(all.monetary_cents == cents && cents == 55000);
    assert_string_equal(all.name, "all");
    wb_segments_free(s);
}

/* ---- against plain loops ---- */

enum { SHOP_CUSTOMERS = 400, SHOP_ORDERS = 1500, DAYS = 300 };

typedef struct shop {
    size_t n; /* customers with an order before the cutoff */
    char id[SHOP_CUSTOMERS][8];
    double values[3][SHOP_CUSTOMERS]; /* recency, frequency, monetary */
} shop;

static uint64_t step(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Orders of whole days and amounts of quarters, many of them alike; returned are the measures at a cutoff, by customer. `window`:
 * days in which orders count and amounts are summed. */
static void make_shop(shop *out, const char *folder, uint64_t seed, size_t n_customers, int cutoff, int window)
{
    static char text[64 * SHOP_ORDERS];
    int last[SHOP_CUSTOMERS];
    double count[SHOP_CUSTOMERS] = {0}, sum[SHOP_CUSTOMERS] = {0};
    size_t used = (size_t)sprintf(text, "customer_id,ordered_at,amount\n");
    for (size_t c = 0; c < n_customers; c++)
        last[c] = -1;
    for (size_t i = 0; i < SHOP_ORDERS; i++) {
        const size_t c = step(&seed) % n_customers * (step(&seed) % 4) / 3;
        const int day = (int)(step(&seed) % DAYS), quarters = (int)(step(&seed) % 40) - 2;
        char date[WB_TIME_CHARS];
        wb_time_format((19000 + (int64_t)day) * WB_DAY_US, date);
        used += (size_t)sprintf(text + used, "c%04zu,%s,%.2f\n", c, date, quarters / 4.0);
        if (day >= cutoff)
            continue;
        last[c] = day > last[c] ? day : last[c];
        count[c] += day >= cutoff - window;
        sum[c] += day >= cutoff - window ? quarters / 4.0 : 0;
    }
    put(folder, "orders.csv", text);
    out->n = 0;
    for (size_t c = 0; c < n_customers; c++) {
        if (last[c] < 0)
            continue;
        sprintf(out->id[out->n], "c%04zu", c);
        out->values[0][out->n] = cutoff - last[c];
        out->values[1][out->n] = count[c];
        out->values[2][out->n++] = sum[c];
    }
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* R's type 7 by its definition, in fifths. */
static void quintiles(double edges[4], const double *values, size_t n)
{
    double sorted[SHOP_CUSTOMERS];
    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t k = 1; k <= 4; k++) {
        const size_t at = k * (n - 1) / 5;
        const double part = (double)(k * (n - 1) % 5) / 5;
        edges[k - 1] = part == 0 ? sorted[at] : sorted[at] + part * (sorted[at + 1] - sorted[at]);
    }
}

/* By value <= edge, from the best for recency and from the worst for the others. */
static int score_of(const double edges[4], double value, bool falling)
{
    for (int k = 0; k < 4; k++)
        if (value <= edges[k])
            return falling ? 5 - k : 1 + k;
    return falling ? 1 : 5;
}

/* The table of names as a picture: rows are R 5 to 1, columns FM 1 to 5. */
static const char *named(int r, int f, int m)
{
    static const char *const grid[5][5] = {
        {"Potential loyalists", "Potential loyalists", "Potential loyalists", "Champions", "Champions"},
        {"Potential loyalists", "Potential loyalists", "Potential loyalists", "Loyal", "Loyal"},
        {"About to sleep", "About to sleep", "Needs attention", "Loyal", "Loyal"},
        {"Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose them"},
        {"Lost", "Lost", "At risk", "At risk", "Cannot lose them"},
    };
    if (r >= 4 && f == 1)
        return r == 5 ? "New" : "Promising";
    return grid[5 - r][(int)floor((f + m) / 2.0 + 0.5) - 1];
}

static void check_customers(const wb_segments *s, const shop *made, double edges[3][4])
{
    assert_int_equal(wb_segments_n_customers(s), made->n);
    for (size_t i = 0; i < made->n; i++) {
        const wb_segment_customer c = wb_segments_customer(s, i);
        assert_string_equal(c.customer_id, made->id[i]);
        assert_true(c.recency_days == made->values[0][i] && c.frequency == made->values[1][i] && c.monetary == made->values[2][i]);
        assert_int_equal(c.r, score_of(edges[0], c.recency_days, true));
        assert_int_equal(c.f, score_of(edges[1], c.frequency, false));
        assert_int_equal(c.m, score_of(edges[2], c.monetary, false));
        assert_string_equal(wb_segments_segment(s, c.segment).name, named(c.r, c.f, c.m));
        assert_string_equal(wb_segments_of(s, c.customer_id), named(c.r, c.f, c.m));
    }
}

static void learn_plainly(double edges[3][4], const shop *made)
{
    for (size_t k = 0; k < 3; k++)
        quintiles(edges[k], made->values[k], made->n);
}

static void check_shop(const char *folder, uint64_t seed, size_t n_customers, int window)
{
    static shop made;
    double edges[3][4];
    char project[160], cutoff[WB_TIME_CHARS];
    make_shop(&made, folder, seed, n_customers, 250, window);
    learn_plainly(edges, &made);
    snprintf(project, sizeof project, "%ssegments: {%s%.0d%s}\n", usual_project, window < DAYS ? "window: " : "",
             window < DAYS ? window : 0, window < DAYS ? "d" : "");
    wb_time_format(INT64_C(19250) * WB_DAY_US, cutoff);
    wb_segments *s = segments_at(folder, project, cutoff, NULL);
    const wb_segment_edges learned = wb_segments_edges(s);
    for (size_t k = 0; k < 4; k++) {
        assert_close(learned.recency_days[k], edges[0][k], 1e-12);
        assert_close(learned.frequency[k], edges[1][k], 1e-12);
        assert_close(learned.monetary[k], edges[2][k], 1e-12);
    }
    assert_int_equal(learned.window_us, window < DAYS ? window * WB_DAY_US : 0);
    check_customers(s, &made, edges);
    wb_segments_free(s);
}

static void against_plain_loops(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        check_shop(*state, seed, SHOP_CUSTOMERS, DAYS);
        check_shop(*state, seed, SHOP_CUSTOMERS, 60);
        check_shop(*state, seed, 3 + seed, DAYS); /* a few customers, so that edges lie between two and on one */
    }
}

static void one_customer_scores_five_one_one(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nonly,2024-01-05,12.34\n");
    wb_segments *s = segments_at(*state, usual_project, "2024-02-01", NULL);
    assert_int_equal(wb_segments_n_customers(s), 1);
    const wb_segment_customer c = wb_segments_customer(s, 0);
    assert_true(c.r == 5 && c.f == 1 && c.m == 1);
    assert_int_equal(wb_segments_all(s).monetary_cents, 1234);
    wb_segments_free(s);
}

/* One value everywhere is at most as large as every edge: the best recency, the least of the others. */
static void one_value_everywhere(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at,amount\na,2024-01-05,0.1\nb,2024-01-05,0.1\nc,2024-01-05,0.1\nd,2024-01-05,0.1\n"
                              "e,2024-01-05,0.1\nf,2024-01-05,0.1\n");
    wb_segments *s = segments_at(*state, usual_project, "2024-02-01", NULL);
    for (size_t i = 0; i < 6; i++) {
        const wb_segment_customer c = wb_segments_customer(s, i);
        assert_true(c.r == 5 && c.f == 1 && c.m == 1);
        assert_string_equal(wb_segments_of(s, c.customer_id), "New");
    }
    wb_segments_free(s);
}

/* Customers of the population who have ordered nothing yet have no segment. */
static void who_has_no_order_has_no_segment(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at,amount\na,2024-01-05,1\nb,2024-01-09,\nc,2024-03-05,1\nx,2024-01-01,1\n");
    put(*state, "customers.csv", "customer_id,country\na,DE\nb,FR\nc,IT\nd,ES\n");
    wb_segments *s = segments_at(*state, "tables:\n  orders: {file: orders.csv}\n  customers: {file: customers.csv}\n"
                                         "population: {table: customers}\n", "2024-02-01", NULL);
    assert_int_equal(wb_segments_n_customers(s), 2);
    assert_int_equal(wb_segments_n_without(s), 2); /* c, later, and d, never; x is none of the population */
    assert_non_null(wb_segments_of(s, "a"));
    assert_true(wb_segments_customer(s, 1).monetary == 0); /* b's amount is missing: a sum of none */
    assert_null(wb_segments_of(s, "c"));
    assert_null(wb_segments_of(s, "x"));
    wb_segments_free(s);
}

/* The table that `rfm` is bound to, and the end of the data where nothing else is said. */
static void orders_of_another_name(void **state)
{
    put(*state, "buys.csv", "customer_id,at,amount\na,2024-01-05,1\nb,2024-01-09T12:00:00Z,2\n");
    wb_project *project = project_of(*state, "tables: {buys: {file: buys.csv, time: at, columns: {amount: number}}}\n"
                                             "population: {table: buys}\nfeatures: {use: [{rfm: buys}]}\n");
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    wb_segments *s;
    wb_error err;
    assert_ok(wb_segments_create(&s, project, &o, NULL, &err), &err);
    assert_int_equal(wb_segments_cutoff(s), instant("2024-01-10"));
    assert_true(wb_segments_customer(s, 1).recency_days == 0.5);
    wb_segments_free(s);
    wb_project_free(project);
}

/* ---- names ---- */

static void every_combination_has_a_name(void **state)
{
    (void)state;
    for (int r = 1; r <= 5; r++)
        for (int f = 1; f <= 5; f++)
            for (int m = 1; m <= 5; m++)
                assert_string_equal(wb_segment_name(NULL, r, f, m), named(r, f, m));
    assert_null(wb_segment_name(NULL, 0, 1, 1));
    assert_null(wb_segment_name(NULL, 1, 6, 1));
    assert_null(wb_segment_name(NULL, 1, 1, -1));
}

static const char own_names[] =
    "tables: {orders: {file: orders.csv}}\n"
    "segments:\n"
    "  - {name: Best, recency: [4, 5], fm: 5}\n"
    "  - {name: Spenders, monetary: [4, 5]}\n"
    "  - {name: Best, recency: 5, frequency: 5}\n"
    "  - {name: Gone, recency: 1}\n";

static const char *own_name(int r, int f, int m)
{
    if (r >= 4 && f + m >= 9)
        return "Best";
    if (m >= 4)
        return "Spenders";
    if (r == 5 && f == 5)
        return "Best";
    return r == 1 ? "Gone" : "Other";
}

static void names_of_the_project(void **state)
{
    static const char *const order[] = {"Best", "Spenders", "Gone", "Other"};
    put(*state, "orders.csv", by_hand_orders);
    wb_project *project = project_of(*state, own_names), *copy;
    wb_error err;
    assert_ok(wbi_project_copy(&copy, project, &err), &err);
    wb_project_free(project);
    for (int r = 1; r <= 5; r++)
        for (int f = 1; f <= 5; f++)
            for (int m = 1; m <= 5; m++)
                assert_string_equal(wb_segment_name(copy, r, f, m), own_name(r, f, m));
    wb_project_free(copy);
    wb_segments *s = segments_at(*state, own_names, "2024-03-01", NULL);
    assert_int_equal(wb_segments_n_segments(s), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(wb_segments_segment(s, i).name, order[i]);
    for (size_t i = 0; i < wb_segments_n_customers(s); i++) {
        const wb_segment_customer c = wb_segments_customer(s, i);
        assert_string_equal(wb_segments_of(s, c.customer_id), own_name(c.r, c.f, c.m));
    }
    wb_segments_free(s);
}

/* How customers are grouped does not change what features mean. */
static void they_are_no_part_of_definitions(void **state)
{
    wb_project *project = project_of(*state, own_names);
    wb_error err;
    char *json;
    assert_ok(wbi_project_to_json(&json, project, &err), &err);
    assert_null(strstr(json, "Spenders"));
    wbi_free(json);
    wb_project_free(project);
}

static void mistakes_in_names_are_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"segments: loyal", "segments must be a mapping, or a list of mappings"},
        {"segments: []", "segments is empty (wanted: at least one mapping such as {name: Best, recency: 5, fm: [4, 5]})"},
        {"segments: {names: {}}", "segments.names must be a list"},
        {"segments: {windows: 3d}", "unknown key 'windows' in segments (did you mean 'window'?)"},
        {"segments: {window: 0d}", "segments.window must be more than 0"},
        {"segments: {edges: \"-\"}", "segments.edges '-' is not the name of a file"},
        {"segments: [{recency: 5}]", "segments needs the key 'name'"},
        {"segments: [{name: A, recency: 6}]", "segments.recency '6' is not a score from 1 to 5"},
        {"segments: [{name: A, fm: 0}]", "segments.fm '0' is not a score from 1 to 5"},
        {"segments: [{name: A, frequency: high}]", "segments.frequency 'high' is not a score from 1 to 5"},
        {"segments: [{name: A, monetary: [1, 2.5]}]", "segments.monetary '2.5' is not a score from 1 to 5"},
        {"segments: [{name: A, monetary: [1]}]", "segments.monetary has 1 items (wanted: two scores, the lowest and the highest)"},
        {"segments: [{name: A, monetary: [5, 4]}]", "segments.monetary must name the lowest score (4) before the highest (5)"},
        {"segments: {names: [{name: A, recency: [1, 3]}, {name: B, recency: 2, fm: 5}]}",
         "segments.names never gives anybody the name 'B': no scores are left for it, or none fit all its ranges"},
        {"segments: [{name: A, frequency: 1, monetary: 1, fm: 5}]",
         "segments never gives anybody the name 'A': no scores are left for it, or none fit all its ranges"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_project *project = NULL;
        wb_error err = {0};
        assert_int_equal(wb_project_parse(&project, cases[i].text, &err), WB_ERR_MALFORMED);
        assert_string_equal(err.message, cases[i].message);
        assert_true(err.line == 1);
    }
}

/* ---- edges that are kept ---- */

/* What is learned at one cutoff scores the customers of another as plain loops do with the same edges. */
static void edges_are_used_again(void **state)
{
    static shop first, later;
    char path[RUN_PATH_CHARS], cutoff[WB_TIME_CHARS];
    double edges[3][4];
    wb_error err;
    path_in(path, *state, "segments.json");
    make_shop(&first, *state, 11, SHOP_CUSTOMERS, 150, DAYS);
    wb_time_format(INT64_C(19150) * WB_DAY_US, cutoff);
    wb_segments *s = segments_at(*state, usual_project, cutoff, path); /* no such file yet */
    assert_null(wb_segments_edges_file(s));
    assert_ok(wb_segments_write_edges(s, path, &err), &err);
    wb_segments_free(s);
    learn_plainly(edges, &first);
    make_shop(&later, *state, 12, 150, 280, DAYS);
    wb_time_format(INT64_C(19280) * WB_DAY_US, cutoff);
    s = segments_at(*state, usual_project, cutoff, path);
    assert_string_equal(wb_segments_edges_file(s), path);
    const wb_segment_edges again = wb_segments_edges(s);
    assert_int_equal(again.cutoff_us, INT64_C(19150) * WB_DAY_US);
    assert_int_equal(again.n_customers, first.n);
    check_customers(s, &later, edges);
    wb_segments_free(s);
    /* the project may name the file, and --refit does without */
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    char project[128];
    snprintf(project, sizeof project, "%ssegments: {edges: segments.json}\n", usual_project);
    assert_ok(try_segments(&s, *state, project, &o, &err), &err);
    assert_string_equal(wb_segments_edges_file(s), path);
    wb_segments_free(s);
    o.cutoff_us = INT64_C(19280) * WB_DAY_US;
    o.refit = 1;
    assert_ok(try_segments(&s, *state, project, &o, &err), &err);
    assert_null(wb_segments_edges_file(s));
    learn_plainly(edges, &later);
    check_customers(s, &later, edges);
    wb_segments_free(s);
}

/* Nobody to score is nobody to learn from, but no mistake where edges are there. */
static void kept_edges_need_nobody(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    path_in(path, *state, "segments.json");
    put(*state, "orders.csv", by_hand_orders);
    wb_segments *s = segments_at(*state, usual_project, "2024-03-01", NULL);
    assert_ok(wb_segments_write_edges(s, path, &err), &err);
    wb_segments_free(s);
    static const char short_memory[] = "tables: {orders: {file: orders.csv}}\npopulation: {within: 1d}\n";
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    o.cutoff_us = instant("2024-05-01");
    assert_int_equal(try_segments(&s, *state, short_memory, &o, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "nobody has an order before 2024-05-01, so there are no quintiles to learn");
    s = segments_at(*state, short_memory, "2024-05-01", path);
    assert_int_equal(wb_segments_n_customers(s), 0);
    assert_int_equal(wb_segments_all(s).n, 0);
    assert_true(isnan(wb_segments_all(s).monetary) && isnan(wb_segments_segment(s, 0).share));
    wb_segments_free(s);
}

#define EDGES_HEAD "{\"format\": \"winback segments\", \"version\": 1, \"cutoff\": \"2024-01-01\", \"n_customers\": 5, \"window_us\": 0, "
#define EDGES_GOOD "\"recency_days\": [1, 2, 3, 4], \"frequency\": [1, 1, 2, 3], \"monetary\": [-1, 2, 3, 4.5]}"

static void hostile_edges_are_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "no file of segments' edges: '[' or '{' expected near end of file"},
        {"[]", "expected an object, found an array"},
        {"{\"format\": \"winback backtest\"}", "format: expected 'winback segments', found 'winback backtest'"},
        {"{\"format\": \"winback segments\", \"version\": 2}", "version: this program reads version 1, not 2"},
        {EDGES_HEAD "\"recency_days\": [1, 2, 3], \"frequency\": [1, 1, 2, 3], \"monetary\": [1, 2, 3, 4]}",
         "recency_days: expected 4 numbers, found 3"},
        {EDGES_HEAD "\"recency_days\": [-1, 2, 3, 4], \"frequency\": [1, 1, 2, 3], \"monetary\": [1, 2, 3, 4]}",
         "recency_days: -1 is not a number of at least 0"},
        {EDGES_HEAD "\"recency_days\": [1, 2, 3, 4], \"frequency\": [1, 3, 2, 3], \"monetary\": [1, 2, 3, 4]}",
         "frequency: 2 follows on 3, which is more"},
        {EDGES_HEAD "\"recency_days\": [1, 2, 3, 4], \"frequency\": [1, 1, 2, 3], \"monetary\": [1, 2, null, 4]}", NULL},
        {EDGES_HEAD "\"recency_days\": [1, 2, 3, 4], \"frequency\": [1, 1, 2, 3], \"monetary\": [1, 2, 3, 1e999]}", NULL},
        {EDGES_HEAD "\"recency_days\": [1, 2, 3, 4], \"frequency\": [1, 1, 2, 3]}", NULL},
        {"{\"format\": \"winback segments\", \"version\": 1, \"cutoff\": \"soon\"}", "cutoff: 'soon' is no date or instant"},
        {"{\"format\": \"winback segments\", \"version\": 1, \"cutoff\": \"2024-01-01\", \"n_customers\": -5}", NULL},
        {"{\"format\": \"winback segments\", \"format\": \"winback segments\"}", NULL},
        {EDGES_HEAD EDGES_GOOD "}", NULL},
    };
    char path[RUN_PATH_CHARS];
    wb_segment_edges edges;
    path_in(path, *state, "segments.json");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_error err = {0};
        put(*state, "segments.json", cases[i].text);
        assert_int_equal(wbi_segment_read_edges(&edges, path, &err), WB_ERR_MALFORMED);
        assert_string_equal(err.file, path);
        assert_non_null(strstr(err.advice, "--refit"));
        if (cases[i].message != NULL && strcmp(err.message, cases[i].message) != 0)
            fail_msg("'%s', not '%s'", err.message, cases[i].message);
    }
    wb_error err;
    put(*state, "segments.json", EDGES_HEAD EDGES_GOOD);
    assert_ok(wbi_segment_read_edges(&edges, path, &err), &err);
    assert_true(edges.monetary[0] == -1 && edges.monetary[3] == 4.5 && edges.n_customers == 5);
}

/* Edges of one window do not score values of another. */
static void edges_of_another_window_are_refused(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_segments *s;
    wb_error err;
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    put(*state, "orders.csv", by_hand_orders);
    put(*state, "segments.json", EDGES_HEAD EDGES_GOOD);
    o.edges = path_in(path, *state, "segments.json");
    assert_int_equal(try_segments(&s, *state, "tables: {orders: {file: orders.csv}}\nsegments: {window: 30d}\n", &o, &err),
                     WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "its edges are of the orders of all history, and the project's segments of those of the last 30 days");
    assert_string_equal(err.file, path);
}

/* ---- what cannot be ---- */

static void impossible_wishes_are_refused(void **state)
{
    static const struct {
        const char *project, *orders, *cutoff, *message;
    } cases[] = {
        {"tables: {tickets: {file: orders.csv}}\n", "x\n", "2024-01-01", "segments are made of orders, and there is no table 'orders'"},
        {"tables: {orders: {file: orders.csv}}\n", "customer_id,ordered_at,amount\na,2024-01-05,1\n", "2024-01-01",
         "cutoff 2024-01-01 is not after the first event (2024-01-05): nothing is known then"},
        {"tables: {orders: {file: orders.csv}}\n", "customer_id,ordered_at\na,2024-01-05\n", "2024-02-01", NULL},
        {"tables: {orders: {file: orders.csv}}\n", "customer_id,ordered_at,amount\na,2024-01-05,1e300\n", "2024-02-01",
         "the amounts of customer 'a' add up to 1e+300, which is too much to be counted in cents"},
        {"tables: {orders: {file: orders.csv}}\n", "customer_id,ordered_at,amount\na,2024-01-05,1e308\na,2024-01-05,1e308\n", "2024-02-01",
         "the amounts of customer 'a' add up to nan, which is too much to be counted in cents"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
        wb_segments *s;
        wb_error err = {0};
        put(*state, "orders.csv", cases[i].orders);
        o.cutoff_us = instant(cases[i].cutoff);
        assert_int_not_equal(try_segments(&s, *state, cases[i].project, &o, &err), WB_OK);
        assert_null(s);
        if (cases[i].message != NULL)
            assert_string_equal(err.message, cases[i].message);
    }
}

static void an_engine_of_other_features_is_refused(void **state)
{
    wb_engine *engine;
    wb_segments *s = NULL;
    wb_error err;
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    put(*state, "orders.csv", by_hand_orders);
    assert_ok(make_engine(&engine, *state, usual_project, &err), &err);
    assert_int_equal(wb_segments_compute(&s, engine, &o, &err), WB_ERR_ARGUMENT);
    assert_null(s);
    wb_engine_free(engine);
}

/* ---- files, threads, memory ---- */

static void the_file_by_hand(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    put(*state, "orders.csv", "customer_id,ordered_at,amount\n\"x, y\",2024-01-30T12:00:00Z,1.5\na,2024-01-02,2\n");
    wb_segments *s = segments_at(*state, "tables: {orders: {file: orders.csv}}\nsegments: [{name: \"All, \\\"both\\\"\"}]\n",
                                 "2024-02-01T00:00:00Z", NULL);
    assert_ok(wb_segments_write(s, path_in(path, *state, "s.csv"), &err), &err);
    char *text = get(path);
    /* edges of recency, 1.5 and 30 days: 7.2, 12.9, 18.6, 24.3; of amounts 1.5 and 2: 1.6, 1.7, 1.8, 1.9 */
    assert_string_equal(text, "customer_id,cutoff,recency_days,frequency,monetary,r,f,m,segment\n"
                              "a,2024-02-01,30,1,2,1,1,5,\"All, \"\"both\"\"\"\n"
                              "\"x, y\",2024-02-01,1.5,1,1.5,5,1,1,\"All, \"\"both\"\"\"\n");
    free(text);
    assert_string_equal(wb_segments_of(s, "x, y"), "All, \"both\"");
    wb_segments_free(s);
}

static char *file_by_threads(const char *folder, int n_threads)
{
    char path[RUN_PATH_CHARS];
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    wb_segments *s;
    wb_error err;
    o.cutoff_us = INT64_C(19250) * WB_DAY_US;
    o.n_threads = n_threads;
    assert_ok(try_segments(&s, folder, usual_project, &o, &err), &err);
    assert_ok(wb_segments_write(s, path_in(path, folder, "s.csv"), &err), &err);
    wb_segments_free(s);
    return get(path);
}

static void threads_do_not_matter(void **state)
{
    static shop made;
    make_shop(&made, *state, 3, SHOP_CUSTOMERS, 250, DAYS);
    char *expected = file_by_threads(*state, 1);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        char *text = file_by_threads(*state, n_threads);
        assert_string_equal(text, expected);
        free(text);
    }
    free(expected);
}

/* Everything once, from the engine to the files. Where memory lacks for what can be done without (a smaller block of a file), the
 * result is the same. */
static wb_status whole_run(const wb_project *project, int refit, const char *edges, const char *file, wb_error *err)
{
    wb_segments *s = NULL;
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    o.edges = edges;
    o.refit = refit;
    o.n_threads = 1;
    wb_status status = wb_segments_create(&s, project, &o, NULL, err);
    if (status == WB_OK)
        status = wb_segments_write(s, file, err);
    if (status == WB_OK)
        status = wb_segments_write_edges(s, edges, err);
    wb_segments_free(s);
    return status;
}

static void no_allocation_may_fail_unseen(void **state)
{
    char edges[RUN_PATH_CHARS], file[RUN_PATH_CHARS];
    wb_error err;
    put(*state, "orders.csv", by_hand_orders);
    wb_project *project = project_of(*state, own_names);
    path_in(edges, *state, "segments.json");
    path_in(file, *state, "s.csv");
    assert_ok(whole_run(project, 1, edges, file, &err), &err);
    char *expected = get(file);
    for (int refit = 0; refit <= 1; refit++) { /* with edges that are read, and such that are learned */
        wbi_alloc_fail_at(0);
        assert_ok(whole_run(project, refit, edges, file, &err), &err);
        const uint64_t n = wbi_alloc_count();
        for (uint64_t at = 1; at <= n; at++) {
            wbi_alloc_fail_at(at);
            const wb_status status = whole_run(project, refit, edges, file, &err);
            wbi_alloc_fail_at(0);
            if (status != WB_OK) {
                assert_int_equal(status, WB_ERR_NOMEM);
                continue;
            }
            char *text = get(file);
            assert_string_equal(text, expected);
            free(text);
        }
    }
    free(expected);
    wb_project_free(project);
}

/* ---- public data ---- */

/* Edges by NumPy's quantile (linear, which is type 7) of what DuckDB made of the orders, scores by searchsorted(edges, value,
 * 'left'), names by the picture above. */
static void online_retail(void **state)
{
    static const double recency[] = {18.55236111111111, 50.536666666666676, 97.28305555555531, 170.43611111111113};
    static const double frequency[] = {1, 1, 2, 5}, monetary[] = {217.758, 408.016, 776.546, 1659.98};
    static const struct {
        const char *name;
        uint64_t n;
        int64_t cents;
    } expected[] = {
        {"New", 92, 2886140},           {"Promising", 148, 7249989},      {"Champions", 504, 271784178},
        {"Loyal", 723, 159135665},      {"Potential loyalists", 177, 7760873}, {"Needs attention", 158, 8535934},
        {"About to sleep", 220, 5522132}, {"Cannot lose them", 42, 15376192}, {"At risk", 435, 45247412},
        {"Hibernating", 343, 9143836},  {"Lost", 528, 12898167},
    };
    (void)state;
    if (getenv("WINBACK_DATA") == NULL) {
        print_message("skipped: WINBACK_DATA is not set\n");
        skip();
    }
    wb_segments_options o = WB_SEGMENTS_OPTIONS_INIT;
    wb_project *project;
    wb_segments *s;
    wb_error err;
    o.cutoff_us = instant("2011-09-10");
    assert_ok(wb_project_read(&project, "../datasets/online_retail/winback.yml", &err), &err);
    assert_ok(wb_segments_create(&s, project, &o, NULL, &err), &err);
    const wb_segment_edges edges = wb_segments_edges(s);
    for (size_t k = 0; k < 4; k++) {
        assert_close(edges.recency_days[k], recency[k], 1e-12);
        assert_true(edges.frequency[k] == frequency[k]);
        assert_close(edges.monetary[k], monetary[k], 1e-12);
    }
    assert_int_equal(wb_segments_n_customers(s), 3370);
    for (size_t i = 0; i < 11; i++) {
        const wb_segment segment = wb_segments_segment(s, i);
        assert_string_equal(segment.name, expected[i].name);
        assert_int_equal(segment.n, expected[i].n);
        assert_int_equal(segment.monetary_cents, expected[i].cents);
    }
    assert_int_equal(wb_segments_all(s).monetary_cents, 545540518);
    wb_segments_free(s);
    wb_project_free(project);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(by_hand),
        IN_FOLDER(sums_by_hand),
        IN_FOLDER(against_plain_loops),
        IN_FOLDER(one_customer_scores_five_one_one),
        IN_FOLDER(one_value_everywhere),
        IN_FOLDER(who_has_no_order_has_no_segment),
        IN_FOLDER(orders_of_another_name),
        cmocka_unit_test(every_combination_has_a_name),
        IN_FOLDER(names_of_the_project),
        IN_FOLDER(they_are_no_part_of_definitions),
        cmocka_unit_test(mistakes_in_names_are_said),
        IN_FOLDER(edges_are_used_again),
        IN_FOLDER(kept_edges_need_nobody),
        IN_FOLDER(hostile_edges_are_refused),
        IN_FOLDER(edges_of_another_window_are_refused),
        IN_FOLDER(impossible_wishes_are_refused),
        IN_FOLDER(an_engine_of_other_features_is_refused),
        IN_FOLDER(the_file_by_hand),
        IN_FOLDER(threads_do_not_matter),
        IN_FOLDER(no_allocation_may_fail_unseen),
        cmocka_unit_test(online_retail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
