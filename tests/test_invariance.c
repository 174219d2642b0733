/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must not change a byte of the features: the order of rows, how they are split into files, threads, what happens
 * at or after the cutoff, and which other features are asked for. On random tables full of ties and of sums that depend
 * on their order. */
#include "test_run.h"

enum { N_CUSTOMERS = 1300, MAX_ROWS = 40000, ROW_CHARS = 160, N_DAYS = 60 };

/* Rows of one table, as text. */
typedef struct rows {
    const char *header;
    char (*text)[ROW_CHARS];
    size_t n;
} rows;

static rows make_rows(const char *header)
{
    rows r = {header, malloc(MAX_ROWS * sizeof *r.text), 0};
    assert_non_null(r.text);
    return r;
}

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

static void add_row(rows *r, const char *text)
{
    assert_true(r->n < MAX_ROWS);
    snprintf(r->text[r->n++], ROW_CHARS, "%s", text);
}

/* Day 0 is 2024-01-01; days 0 .. 90 are January, February and March. */
static const char *day_text(char text[24], uint32_t day, uint32_t hour)
{
    unsigned month = day < 31 ? 1 : day < 60 ? 2 : 3;
    unsigned before = month == 1 ? 0 : month == 2 ? 31 : 60;
    snprintf(text, 24, "2024-%02u-%02uT%02u:00", month, day - before + 1, hour);
    return text;
}

static const char *number_text(char text[24], uint64_t *seed)
{
    if (below(seed, 8) == 0)
        text[0] = '\0';
    else
        snprintf(text, 24, "%u.%02u", below(seed, 50), below(seed, 100));
    return text;
}

static const char *channel(uint64_t *seed)
{
    static const char *names[] = {"web", "shop", "mail", "\xc3\xbc", ""};
    return names[below(seed, 5)];
}

static void add_order(rows *orders, uint64_t *seed, uint32_t first_day, uint32_t n_days)
{
    char row[ROW_CHARS], time[24], quantity[24], price[24];
    snprintf(row, sizeof row, "%u,i%u,%s,%s,%s,%s", below(seed, N_CUSTOMERS), below(seed, 60),
             day_text(time, first_day + below(seed, n_days), below(seed, 2) * 12), number_text(quantity, seed),
             number_text(price, seed), channel(seed));
    add_row(orders, row);
}

/* What becomes of a ticket: replies and resolutions before `known_days` are as drawn; later ones as `later` says. */
static void add_ticket(rows *tickets, uint64_t *seed, uint32_t first_day, uint32_t n_days, uint32_t known_days,
                       uint64_t *later)
{
    char row[ROW_CHARS], opened[24], replied[24] = "", resolved[24] = "", csat[24] = "";
    uint32_t customer = below(seed, N_CUSTOMERS), day = first_day + below(seed, n_days), hour = below(seed, 2) * 12;
    uint32_t reply_day = day + below(seed, 8), resolved_day = reply_day + below(seed, 12);
    const char *priority = below(seed, 3) == 0 ? "high" : "low", *where = channel(seed);
    uint32_t score = 1 + below(seed, 5), reopens = below(seed, 3);
    if (reply_day < known_days)
        day_text(replied, reply_day, 23);
    else if (below(later, 2) == 0)
        day_text(replied, known_days + below(later, 20), 0);
    if (resolved_day >= known_days) { /* neither when nor with what is known */
        score = 1 + below(later, 5);
        reopens = below(later, 3);
        if (below(later, 2) == 0)
            day_text(resolved, known_days + below(later, 20), 0);
    } else {
        day_text(resolved, resolved_day, 23);
    }
    snprintf(csat, sizeof csat, "%u", score);
    snprintf(row, sizeof row, "%u,%s,%s,%s,%s,%s,%u,%s", customer, day_text(opened, day, hour), replied, resolved,
             priority, where, reopens, csat);
    add_row(tickets, row);
}

static rows make_orders(uint64_t seed)
{
    rows orders = make_rows("customer_id,invoice,ordered_at,quantity,price,channel");
    for (size_t i = 0; i < 12000; i++)
        add_order(&orders, &seed, 0, N_DAYS);
    return orders;
}

static rows make_tickets(uint64_t seed, uint64_t later)
{
    rows tickets = make_rows("customer_id,opened_at,first_reply_at,resolved_at,priority,channel,reopens,csat");
    for (size_t i = 0; i < 15000; i++)
        add_ticket(&tickets, &seed, 0, N_DAYS, N_DAYS, &later);
    return tickets;
}

static void shuffle(rows *r, uint64_t seed)
{
    for (size_t i = r->n; i > 1; i--) {
        char row[ROW_CHARS];
        size_t j = below(&seed, (uint32_t)i);
        memcpy(row, r->text[i - 1], ROW_CHARS);
        memcpy(r->text[i - 1], r->text[j], ROW_CHARS);
        memcpy(r->text[j], row, ROW_CHARS);
    }
}

static int compare_customers(const void *left, const void *right)
{
    const char *a = left, *b = right;
    size_t n_a = strcspn(a, ","), n_b = strcspn(b, ","), n = n_a < n_b ? n_a : n_b;
    int order = memcmp(a, b, n);
    return order != 0 ? order : (n_a > n_b) - (n_a < n_b);
}

/* Each customer's rows together, in no order of theirs. */
static void group_by_customer(rows *r)
{
    qsort(r->text, r->n, ROW_CHARS, compare_customers);
}

/* Rows [begin, end) as a file. */
static void put_rows(const char *folder, const char *name, const rows *r, size_t begin, size_t end)
{
    char path[RUN_PATH_CHARS];
    FILE *file = fopen(path_in(path, folder, name), "wb");
    assert_non_null(file);
    fprintf(file, "%s\n", r->header);
    for (size_t i = begin; i < end; i++)
        fprintf(file, "%s\n", r->text[i]);
    assert_int_equal(fclose(file), 0);
}

static void put_shop(const char *folder, const rows *orders, const rows *tickets)
{
    put_rows(folder, "orders.csv", orders, 0, orders->n);
    put_rows(folder, "tickets.csv", tickets, 0, tickets->n);
}

#define PROJECT(orders_file, grouping, define)                                                                 \
    "tables:\n"                                                                                                \
    "  orders:\n"                                                                                              \
    "    file: " orders_file "\n" grouping "    columns:\n"                                                    \
    "      amount: {expr: quantity * price}\n"                                                                 \
    "      quantity: number\n"                                                                                 \
    "      price: number\n"                                                                                    \
    "      channel: category\n"                                                                                \
    "  tickets: {file: tickets.csv}\n"                                                                         \
    "features:\n"                                                                                              \
    "  windows: [7d, 30d]\n"                                                                                   \
    "  define:\n" define "    - {name: first_channel, table: orders, agg: first, of: channel}\n"               \
    "    - {name: last_price, table: orders, agg: last, of: price}\n"                                          \
    "    - {name: price_sum, table: orders, agg: sum, of: price}\n"                                            \
    "    - {name: last_priority, table: tickets, agg: last, of: priority}\n"

#define CUTOFFS "2024-02-01 2024-03-01" /* days 31 and N_DAYS */

static const char plain[] = PROJECT("orders.csv", "", "");
static const char grouped[] = PROJECT("orders.csv", "    group_by: invoice\n", "");

static void check_same(const char *folder, const char *project, const char *expected, const char *what)
{
    char *text = run(folder, project, CUTOFFS, 2);
    if (strcmp(text, expected) != 0)
        fail_msg("%s changed the features", what);
    free(text);
}

static void test_order_and_files(void **state)
{
    static const char *projects[] = {plain, grouped};
    static const char *split[] = {PROJECT("orders-*.csv", "", ""),
                                  PROJECT("orders-*.csv", "    group_by: invoice\n", "")};
    for (int k = 0; k < 2; k++) {
        rows orders = make_orders(1), tickets = make_tickets(2, 3);
        put_shop(*state, &orders, &tickets);
        char *expected = run(*state, projects[k], CUTOFFS, 2);
        assert_true(strlen(expected) > 100 * N_CUSTOMERS);
        for (uint64_t seed = 1; seed <= 2; seed++) {
            shuffle(&orders, seed);
            shuffle(&tickets, seed);
            put_shop(*state, &orders, &tickets);
            check_same(*state, projects[k], expected, "shuffling the rows");
        }
        group_by_customer(&orders);
        put_shop(*state, &orders, &tickets);
        check_same(*state, projects[k], expected, "ordering one table by customer");
        group_by_customer(&tickets);
        put_shop(*state, &orders, &tickets);
        check_same(*state, projects[k], expected, "ordering all tables by customer");
        put_rows(*state, "orders-1.csv", &orders, 0, 11);
        put_rows(*state, "orders-2.csv", &orders, 11, orders.n / 2);
        put_rows(*state, "orders-3.csv", &orders, orders.n / 2, orders.n);
        check_same(*state, split[k], expected, "splitting the file");
        free(expected);
        free(orders.text);
        free(tickets.text);
    }
}

static void test_threads(void **state)
{
    rows orders = make_orders(4), tickets = make_tickets(5, 6);
    wb_engine *engine;
    wb_error err;
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, CUTOFFS);
    put_shop(*state, &orders, &tickets);
    char *expected = run(*state, grouped, CUTOFFS, 1);
    assert_ok(make_engine(&engine, *state, grouped, &err), &err);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        wb_features *features;
        assert_ok(wb_engine_features(engine, &features, &(wb_features_options){cutoffs_us, n, 0, n_threads, NULL},
                                     &err), &err);
        char *text = features_text(features, *state, n_threads);
        assert_string_equal(text, expected);
        free(text);
        wb_features_free(features);
    }
    wb_engine_free(engine);
    free(expected);
    free(orders.text);
    free(tickets.text);
}

/* The rows of the last cutoff, with what came later: new rows, new customers, and how tickets went on. */
static void test_the_future(void **state)
{
    static const char *projects[] = {plain, grouped};
    for (int k = 0; k < 2; k++) {
        rows orders = make_orders(7), tickets = make_tickets(8, 9);
        put_shop(*state, &orders, &tickets);
        char *expected = run(*state, projects[k], "2024-03-01", 1);
        free(tickets.text);
        tickets = make_tickets(8, 10);
        uint64_t seed = 11;
        for (int i = 0; i < 3000; i++)
            add_order(&orders, &seed, N_DAYS, 20);
        for (int i = 0; i < 500; i++)
            add_ticket(&tickets, &seed, N_DAYS, 10, 91, &seed);
        add_row(&orders, "newcomer,i1,2024-03-01,1,1,web");
        put_shop(*state, &orders, &tickets);
        char *text = run(*state, projects[k], "2024-03-01", 1);
        assert_string_equal(text, expected);
        free(text);
        free(expected);
        free(orders.text);
        free(tickets.text);
    }
}

/* The cells of one column, one a line; to be freed. No cell of these tables is quoted. */
static char *column_cells(const char *csv, const char *name)
{
    size_t column = 0, length = strlen(name), n = 0;
    const char *at = csv;
    while (strncmp(at, name, length) != 0 || strchr(",\n", at[length]) == NULL) {
        at += strcspn(at, ",\n");
        if (*at == '\n')
            fail_msg("there is no column %s", name);
        at++;
        column++;
    }
    char *cells = malloc(strlen(csv) + 1);
    assert_non_null(cells);
    for (at = csv; *at != '\0'; at += strcspn(at, "\n") + 1) {
        const char *cell = at;
        for (size_t k = 0; k < column; k++)
            cell += strcspn(cell, ",\n") + 1;
        size_t width = strcspn(cell, ",\n");
        memcpy(cells + n, cell, width);
        n += width;
        cells[n++] = '\n';
    }
    cells[n] = '\0';
    return cells;
}

#define MORE                                                                                                   \
    "    - {name: a1, table: orders, agg: last, of: quantity}\n"                                               \
    "    - {name: a2, table: orders, agg: median, of: quantity + price, window: 7d}\n"                         \
    "    - {name: a3, table: orders, agg: count, where: \"invoice < 'i3' and customer_id > '5'\"}\n"           \
    "    - {name: a4, table: tickets, agg: mean, of: hours(resolved_at - first_reply_at)}\n"                   \
    "    - {name: a5, expr: a1 / a2}\n"

static void test_other_features(void **state)
{
    static const char *projects[] = {plain, grouped};
    static const char *extended[] = {PROJECT("orders.csv", "", MORE),
                                     PROJECT("orders.csv", "    group_by: invoice\n", MORE)};
    rows orders = make_orders(12), tickets = make_tickets(13, 14);
    put_shop(*state, &orders, &tickets);
    for (int k = 0; k < 2; k++) {
        char *few = run(*state, projects[k], CUTOFFS, 1), *many = run(*state, extended[k], CUTOFFS, 1), name[256];
        for (const char *at = few;; at++) {
            size_t width = strcspn(at, ",\n");
            snprintf(name, sizeof name, "%.*s", (int)width, at);
            char *a = column_cells(few, name), *b = column_cells(many, name);
            assert_string_equal(a, b);
            free(a);
            free(b);
            at += width;
            if (*at == '\n')
                break;
        }
        free(few);
        free(many);
    }
    free(orders.text);
    free(tickets.text);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_order_and_files),
        in_folder(test_threads),
        in_folder(test_the_future),
        in_folder(test_other_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
