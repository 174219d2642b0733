/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A project written as JSON and read back is the same project; bytes that are no project are refused. */
#include "test_util.h"

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "project/project.h"

static const char example[] =
    "timezone: +05:30\n"
    "tables:\n"
    "  orders:\n"
    "    file: orders.csv\n"
    "    dialect: {delimiter: tab, na: [\"\", NA], decimal: ',', header: false, names: [a b, \"c\\td\"]}\n"
    "    customer: {column: sub id, through: {key: id, customer: account_id}}\n"
    "    time: {column: ordered_at, format: '%d/%m/%Y %H:%M', timezone: -03:00}\n"
    "    delay: 1.5h\n"
    "    where: |\n"
    "      not starts_with(invoice_no, \"C\\\\\")\n"
    "      and amount > 0\n"
    "    group_by: invoice_no\n"
    "    event_time: paid_at\n"
    "    order_by: [amount, paid]\n"
    "    columns: {amount: {expr: \"quantity * unit_price\", agg: max}, channel: {type: category, agg: last}, paid: {type: number, known_at: "
    "paid_at}}\n"
    "  tickets: {columns: {csat: {type: number, known_at: opened_at}, reopens: number, closed: {column: resolved_at, "
    "type: time}}}\n"
    "  customers: {timezone: UTC, columns: {signup_date: time, country: {type: category, fixed: false}, n: {type: "
    "number, expr: '1'}}}\n"
    "population: {table: orders, within: 365d, since: a, not_after: b, where: c > 0}\n"
    "label: {name: lost, absent: orders, horizon: 60d, gap: 36h, where: amount > 5}\n"
    "data_until: 2024-12-31\n"
    "cutoffs: [2024-01-01, 2024-04-01T12:00:00.25Z, 2024-07-01]\n"
    "features:\n"
    "  windows: [30d, 36h]\n"
    "  use: [rfm, {tickets: help}]\n"
    "  define:\n"
    "    - {name: big_orders_90d, table: orders, agg: count, where: \"amount > 100\", window: 90d}\n"
    "    - {name: discounted, table: orders, agg: share, of: \"discount > 0\", window: {from: 365d, to: 90d}}\n"
    "    - {name: old, table: orders, agg: sum, of: amount, window: {to: 90d}}\n"
    "    - {name: half, expr: \"old / 2\", reason: half of it, actionable: true}\n"
    "models: {m: {penalty: none}}\n";

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void assert_same_texts(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++)
        assert_string_equal(a[i], b[i]);
}

static void assert_same_zone(const wbi_zone *a, const wbi_zone *b)
{
    assert_same_text(a != NULL ? wbi_zone_name(a) : NULL, b != NULL ? wbi_zone_name(b) : NULL);
}

static void assert_same_format(const wbi_time_format *a, const wbi_time_format *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->format, b->format);
    assert_int_equal(a->zone_offset_s, b->zone_offset_s);
    assert_same_zone(a->zone, b->zone);
}

static void assert_same_column(const wbi_column_def *a, const wbi_column_def *b)
{
    assert_same_text(a->name, b->name);
    assert_same_text(a->source, b->source);
    assert_same_text(a->expr, b->expr);
    assert_same_text(a->known_at, b->known_at);
    assert_true(a->type == b->type && a->type_said == b->type_said && a->fixed == b->fixed);
    assert_true(a->conventional == b->conventional && a->agg == b->agg);
    if (a->type == WB_TYPE_TIME && a->expr == NULL)
        assert_same_format(&a->time, &b->time);
}

static void assert_same_dialect(const wbi_dialect_def *a, const wbi_dialect_def *b)
{
    const wbi_dialect *x = &a->dialect, *y = &b->dialect;
    assert_true(a->said == b->said && x->delimiter == y->delimiter && x->comment == y->comment);
    assert_true(x->decimal == y->decimal && x->strict_quotes == y->strict_quotes && x->header == y->header);
    assert_same_texts(a->names, a->n_names, b->names, b->n_names);
    assert_same_texts(a->na, a->n_na, b->na, b->n_na);
    assert_true(y->n_names == b->n_names && (b->n_names == 0 || y->names[0] == b->names[0]));
    assert_true(y->n_na == b->n_na && (b->n_na == 0 || y->na[0] == b->na[0]));
}

static void assert_same_table(const wbi_table_def *a, const wbi_table_def *b)
{
    assert_same_text(a->name, b->name);
    assert_same_text(a->customer, b->customer);
    assert_same_text(a->through_key, b->through_key);
    assert_same_text(a->through_customer, b->through_customer);
    assert_same_text(a->time, b->time);
    assert_same_text(a->where, b->where);
    assert_same_text(a->group_by, b->group_by);
    assert_same_text(a->event_time, b->event_time);
    assert_same_texts(a->order_by, a->n_order_by, b->order_by, b->n_order_by);
    assert_same_zone(a->zone, b->zone);
    assert_true(a->delay_us == b->delay_us && a->zone_offset_s == b->zone_offset_s);
    assert_same_dialect(&a->dialect, &b->dialect);
    assert_same_format(&a->time_format, &b->time_format);
    assert_int_equal(a->n_columns, b->n_columns);
    for (size_t i = 0; i < a->n_columns; i++) {
        assert_same_column(&a->columns[i], &b->columns[i]);
        assert_true(i == 0 || strcmp(a->columns[i - 1].name, a->columns[i].name) < 0);
    }
}

static void assert_same_feature(const wbi_feature_def *a, const wbi_feature_def *b)
{
    assert_same_text(a->name, b->name);
    assert_same_text(a->table, b->table);
    assert_same_text(a->of, b->of);
    assert_same_text(a->where, b->where);
    assert_same_text(a->expr, b->expr);
    assert_same_text(a->reason, b->reason);
    assert_int_equal(a->actionable, b->actionable);
    assert_true(a->agg == b->agg && a->window.from_us == b->window.from_us && a->window.to_us == b->window.to_us);
}

static void assert_same_int64s(const int64_t *a, size_t n_a, const int64_t *b, size_t n_b)
{
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++)
        assert_true(a[i] == b[i]);
}

/* All but what JSON leaves out: files, max_age, models, and where things stand. */
static void assert_same(const wb_project *a, const wb_project *b)
{
    assert_int_equal(a->zone_offset_s, b->zone_offset_s);
    assert_same_zone(a->zone, b->zone);
    assert_int_equal(a->n_tables, b->n_tables);
    for (size_t i = 0; i < a->n_tables; i++)
        assert_same_table(&a->tables[i], &b->tables[i]);
    assert_same_text(a->population.table, b->population.table);
    assert_same_text(a->population.since, b->population.since);
    assert_same_text(a->population.not_after, b->population.not_after);
    assert_same_text(a->population.where, b->population.where);
    assert_true(a->population.within_us == b->population.within_us);
    assert_same_text(a->label.name, b->label.name);
    assert_same_text(a->label.table, b->label.table);
    assert_same_text(a->label.where, b->label.where);
    assert_same_text(a->label.column, b->label.column);
    assert_true(a->label.kind == b->label.kind && a->label.horizon_us == b->label.horizon_us &&
                a->label.gap_us == b->label.gap_us);
    assert_true(a->data_until_us == b->data_until_us && a->uses_said == b->uses_said);
    assert_same_int64s(a->cutoffs_us, a->n_cutoffs, b->cutoffs_us, b->n_cutoffs);
    assert_same_int64s(a->windows_us, a->n_windows, b->windows_us, b->n_windows);
    assert_int_equal(a->n_uses, b->n_uses);
    for (size_t i = 0; i < a->n_uses; i++) {
        assert_same_text(a->uses[i].bundle, b->uses[i].bundle);
        assert_same_text(a->uses[i].table, b->uses[i].table);
    }
    assert_int_equal(a->n_features, b->n_features);
    for (size_t i = 0; i < a->n_features; i++)
        assert_same_feature(&a->features[i], &b->features[i]);
}

static char *json_of(const wb_project *project)
{
    char *text = NULL;
    wb_error err = {0};
    assert_ok(wbi_project_to_json(&text, project, &err), &err);
    return text;
}

static void check_round_trip(const wb_project *project)
{
    wb_project *again = NULL, *copy = NULL;
    wb_error err = {0};
    char *first = json_of(project);
    if (wb_project_parse(&again, first, &err) != WB_OK) {
        print_error("%zu:%zu: %s in\n%s\n", err.line, err.column, err.message, first);
        fail();
    }
    assert_same(project, again);
    char *second = json_of(again);
    assert_string_equal(first, second);
    assert_ok(wbi_project_copy(&copy, project, &err), &err);
    assert_same(project, copy);
    char *third = json_of(copy);
    assert_string_equal(first, third);
    wbi_free(first);
    wbi_free(second);
    wbi_free(third);
    wb_project_free(copy);
    wb_project_free(again);
}

static void the_example_survives(void **state)
{
    (void)state;
    wb_project *project = NULL;
    wb_error err = {0};
    assert_ok(wb_project_parse(&project, example, &err), &err);
    check_round_trip(project);
    char *json = json_of(project);
    assert_null(strstr(json, ".csv"));
    assert_null(strstr(json, "penalty"));
    assert_non_null(strstr(json, "\"2024-12-30T18:30:00Z\"")); /* midnight, five and a half hours east */
    assert_non_null(strstr(json, "\"conventional\": true"));
    wbi_free(json);
    wb_project_free(project);
}

/* The conventions that a declaration relies on stand in the JSON, as does what switches them off. */
static void conventions_are_spelled_out(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"tables: {tickets: {columns: {csat: number}}}",
         "tables: {tickets: {columns: {csat: {column: csat, type: number, known_at: resolved_at}}}}"},
        {"tables: {customers: {columns: {country: {column: land}}}}",
         "tables: {customers: {columns: {country: {column: land, type: category, fixed: true}}}}"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *json[2];
        for (size_t k = 0; k < 2; k++) {
            wb_project *project = NULL;
            wb_error err = {0};
            assert_ok(wb_project_parse(&project, pairs[i][k], &err), &err);
            check_round_trip(project);
            json[k] = json_of(project);
            wb_project_free(project);
        }
        assert_string_equal(json[0], json[1]);
        wbi_free(json[0]);
        wbi_free(json[1]);
    }
    wb_project *project = NULL;
    wb_error err = {0};
    assert_ok(wb_project_parse(&project, example, &err), &err);
    char *json = json_of(project);
    assert_non_null(strstr(json, "\"known_at\": \"opened_at\""));
    assert_non_null(strstr(json, "\"known_at\": \"resolved_at\""));
    wbi_free(json);
    wb_project_free(project);
}

static void copies_hold_what_json_does_not(void **state)
{
    (void)state;
    wb_project *project = NULL, *copy = NULL;
    wb_error err = {0};
    assert_ok(wb_project_parse(&project, example, &err), &err);
    assert_ok(wbi_project_copy(&copy, project, &err), &err);
    wb_project_free(project);
    assert_int_equal(copy->zone_offset_s, 5 * 3600 + 1800);
    assert_string_equal(wb_project_table_file(copy, 0), "orders.csv");
    assert_string_equal(wb_project_model_at(copy, 0).penalty, "none");
    wb_project_free(copy);
}

static void set_features_replace_all(void **state)
{
    (void)state;
    wb_project *project = NULL;
    wb_error err = {0};
    const wbi_feature_def features[] = {
        {.name = (char *)"a", .table = (char *)"orders", .agg = WBI_AGG_COUNT, .window = {.from_us = WB_DAY_US}},
        {.name = (char *)"b", .expr = (char *)"a + 1"}};
    assert_ok(wb_project_parse(&project, "tables: {orders: {}}", &err), &err);
    assert_ok(wbi_project_set_features(project, features, 1, &err), &err);
    assert_true(project->uses_said);
    wb_project_free(project);
    assert_ok(wb_project_parse(&project, example, &err), &err);
    assert_ok(wbi_project_set_features(project, features, 2, &err), &err);
    assert_true(project->uses_said);
    assert_int_equal(project->n_uses, 0);
    assert_int_equal(project->n_features, 2);
    assert_same_feature(&project->features[0], &features[0]);
    assert_true(project->features[1].expr != features[1].expr);
    check_round_trip(project);
    wb_project_free(project);
}

/* ---- random projects */

static uint64_t next(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *seed, size_t n)
{
    return (size_t)(next(seed) % n);
}

typedef struct writer {
    uint64_t seed;
    wbi_buffer out;
} writer;

static void put(writer *w, const char *text)
{
    assert_int_equal(wbi_buffer_append_text(&w->out, text, NULL), WB_OK);
}

static bool coin(writer *w)
{
    return below(&w->seed, 2) == 0;
}

#define PICK(w, list) (list)[below(&(w)->seed, sizeof(list) / sizeof(list)[0])]

static const char *const awkward_texts[] = {"\"a b\"",
                                            "'it''s'",
                                            "\"\\\"quoted\\\"\"",
                                            "\"tab\\tline\\nend\"",
                                            "\" blank \"",
                                            "\xc3\xa9t\xc3\xa9",
                                            "90d",
                                            "\"# no comment\"",
                                            "'[x'",
                                            "\"\\\\n\"",
                                            "null",
                                            "\"\\x01\"",
                                            "\"a: b\"",
                                            "\"\xf0\x9f\x98\x80\"",
                                            "'- a'",
                                            "2024-01-01"};
static const char *const spans[] = {"1d", "0.3h", "36h", "2w", "1.234567d", "365d", "0.0000000003h"};
static const char *const instants[] = {"2024-01-01", "1999-12-31T23:59:59.999999", "2024-02-29T12:00:00+02:00",
                                       "2024-06-01 10:30", "2024-05-05T00:00:00Z"};
static const char *const zones[] = {"UTC", "+02:00", "-05:30", "Europe/Berlin", "America/New_York"};
static const char *const formats[] = {"iso", "unix", "unix_ms", "'%d.%m.%Y'", "\"%Y-%m-%d %H:%M:%S\""};

/* "key: value" after a comma where it is not the first, half of the time; false when left out. */
static bool maybe(writer *w, const char *key)
{
    if (coin(w))
        return false;
    char last = w->out.data[w->out.length - 1];
    put(w, last == '{' ? "" : ", ");
    put(w, key);
    put(w, ": ");
    return true;
}

static void maybe_text(writer *w, const char *key)
{
    if (maybe(w, key))
        put(w, PICK(w, awkward_texts));
}

static void put_dialect(writer *w)
{
    static const char *const delimiters[] = {"';'", "tab", "space", "'|'", "\"\\x01\""};
    put(w, "{");
    put(w, "delimiter: ");
    put(w, PICK(w, delimiters));
    if (maybe(w, "decimal"))
        put(w, coin(w) ? "','" : "'.'");
    if (maybe(w, "comment"))
        put(w, "'#'");
    if (maybe(w, "quotes"))
        put(w, coin(w) ? "strict" : "lenient");
    if (maybe(w, "na"))
        put(w, coin(w) ? "[]" : "['', NA, \"n\\ta\"]");
    if (coin(w))
        put(w, ", header: false, names: [a, 'b c', \"d\\\"\"]");
    put(w, "}");
}

static void put_columns(writer *w, bool grouped)
{
    static const char *const names[] = {"amount", "channel", "resolved_at", "x1",         "_y",
                                        "csat",   "country", "score",       "answered_at"};
    static const char *const types[] = {"number", "category", "text", "time"};
    static const char *const aggs[] = {"sum", "mean", "min", "max", "first", "last", "count", "distinct"};
    bool first = true;
    put(w, "{");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (coin(w))
            continue;
        put(w, first ? "" : ", ");
        first = false;
        put(w, names[i]);
        put(w, ": ");
        if (strstr(names[i], "_at") != NULL || coin(w)) {
            put(w, strstr(names[i], "_at") != NULL ? "time" : PICK(w, types));
            continue;
        }
        bool computed = coin(w);
        put(w, "{");
        put(w, computed ? "expr: " : "column: ");
        put(w, PICK(w, awkward_texts));
        if (maybe(w, "type"))
            put(w, PICK(w, types));
        if (maybe(w, "known_at"))
            put(w, coin(w) ? "seen_at" : "happened_at");
        if (maybe(w, "fixed"))
            put(w, coin(w) ? "true" : "false");
        if (grouped && maybe(w, "agg"))
            put(w, PICK(w, aggs));
        put(w, "}");
    }
    put(w, "}");
}

static void put_table(writer *w, const char *name)
{
    put(w, "  ");
    put(w, name);
    put(w, ": {");
    put(w, "time: {column: happened_at, ");
    put(w, "format: ");
    put(w, PICK(w, formats));
    if (maybe(w, "timezone"))
        put(w, PICK(w, zones));
    put(w, "}");
    maybe_text(w, "file");
    if (maybe(w, "dialect"))
        put_dialect(w);
    if (maybe(w, "customer"))
        put(w, coin(w) ? "{column: k, through: {customer: 'a b'}}" : "\"who \"");
    if (maybe(w, "timezone"))
        put(w, PICK(w, zones));
    if (maybe(w, "delay"))
        put(w, PICK(w, spans));
    if (maybe(w, "max_age"))
        put(w, PICK(w, spans));
    maybe_text(w, "where");
    bool grouped = maybe(w, "group_by");
    if (grouped) {
        put(w, PICK(w, awkward_texts));
        maybe_text(w, "event_time");
        if (maybe(w, "order_by"))
            put(w, coin(w) ? "happened_at" : "[happened_at, happened_at]");
    }
    if (maybe(w, "columns"))
        put_columns(w, grouped);
    put(w, "}\n");
}

static void put_features(writer *w)
{
    static const char *const windows[] = {"30d", "{from: 60d, to: 3h}", "{to: 1w}", "{from: 2d}"};
    put(w, "features: {define: [");
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s{name: f%d, ", i > 0 ? ", " : "", i);
        put(w, name);
        if (coin(w)) {
            put(w, "expr: ");
            put(w, PICK(w, awkward_texts));
        } else {
            put(w, coin(w) ? "table: t, agg: count" : "table: t, agg: median, of: ' a'");
            maybe_text(w, "where");
            if (maybe(w, "window"))
                put(w, PICK(w, windows));
        }
        maybe_text(w, "reason");
        if (maybe(w, "actionable"))
            put(w, coin(w) ? "true" : "false");
        put(w, "}");
    }
    put(w, "]");
    if (maybe(w, "windows"))
        put(w, coin(w) ? "[]" : "[3d, 0.7d, 3d]");
    if (maybe(w, "use"))
        put(w, coin(w) ? "[]" : "[rfm, {loyalty: points}, {rfm: b}]");
    put(w, "}\n");
}

static void put_project(writer *w)
{
    static const char *const tables[] = {"orders", "tickets", "surveys", "customers", "visits"};
    if (coin(w)) {
        put(w, "timezone: ");
        put(w, PICK(w, zones));
        put(w, "\n");
    }
    put(w, "tables:\n  none: {}\n");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (coin(w))
            put_table(w, tables[i]);
    put(w, "population: {");
    if (maybe(w, "table"))
        put(w, "visits");
    if (maybe(w, "within"))
        put(w, PICK(w, spans));
    maybe_text(w, "since");
    maybe_text(w, "not_after");
    maybe_text(w, "where");
    put(w, "}\n");
    if (coin(w)) {
        static const char *const labels[] = {"label: {name: x, present: visits", "label: {absent: visits",
                                             "label: {name: y, at: visits.seen_at"};
        put(w, PICK(w, labels));
        if (maybe(w, "horizon"))
            put(w, PICK(w, spans));
        if (maybe(w, "gap"))
            put(w, PICK(w, spans));
        maybe_text(w, "where");
        put(w, "}\n");
    }
    put(w, "data_until: ");
    put(w, PICK(w, instants));
    put(w,
        coin(w) ? "\ncutoffs: {every: 0.1d, from: 2024-01-01, to: 2024-01-02T01:00}\n" : "\ncutoffs: [2024-01-01 ]\n");
    if (coin(w))
        put_features(w);
}

static void random_projects_survive(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        writer w = {seed, wbi_buffer_make(1 << 20)};
        put_project(&w);
        assert_int_equal(wbi_buffer_append(&w.out, "", 1, NULL), WB_OK);
        wb_project *project = NULL;
        wb_error err = {0};
        if (wb_project_parse(&project, w.out.data, &err) != WB_OK) {
            print_error("%zu:%zu: %s in\n%s\n", err.line, err.column, err.message, w.out.data);
            fail();
        }
        check_round_trip(project);
        wb_project_free(project);
        wbi_buffer_free(&w.out);
    }
}

/* ---- broken bytes */

static size_t mutate(char *text, size_t n, size_t size, uint64_t *seed)
{
    static const char bytes[] = "{}[]:,-#&*!|>'\"%@`\\ \n\t?~0d\x01\x7f\x80\xc3\xff";
    size_t at = below(seed, n), length = 1 + below(seed, 12), from = below(seed, n);
    switch (below(seed, 4)) {
    case 0:
        text[at] = bytes[below(seed, sizeof bytes - 1)];
        return n;
    case 1: /* cut out */
        length = length < n - at ? length : n - at - 1;
        memmove(text + at, text + at + length, n - at - length);
        return n - length;
    case 2: /* repeat a piece elsewhere */
        if (n + length >= size || from + length > n)
            return n;
        memmove(text + at + length, text + at, n - at);
        memcpy(text + at, text + (from + length <= at ? from : at + length), from + length <= at ? length : 1);
        return n + length;
    default: /* a bit */
        text[at] = (char)(text[at] ^ (1 << below(seed, 8)));
        return n;
    }
}

static void broken_bytes_are_refused(void **state)
{
    (void)state;
    size_t n_read = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        char text[2 * sizeof example];
        size_t n = sizeof example - 1;
        uint64_t random = seed;
        memcpy(text, example, n);
        for (size_t i = 1 + below(&random, 6); i > 0; i--)
            n = mutate(text, n, sizeof text - 1, &random);
        text[n] = '\0';
        wb_project *project = NULL;
        wb_error err = {0};
        wb_status status = wb_project_parse(&project, text, &err);
        assert_true(status == WB_OK || status == WB_ERR_MALFORMED);
        if (status == WB_OK) {
            check_round_trip(project);
            n_read++;
        } else {
            assert_true(err.line > 0 && err.column > 0 && err.message[0] != '\0');
            assert_null(strchr(err.message, '\n'));
        }
        wb_project_free(project);
    }
    assert_true(n_read > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_survives),        cmocka_unit_test(copies_hold_what_json_does_not),
        cmocka_unit_test(conventions_are_spelled_out), cmocka_unit_test(set_features_replace_all),
        cmocka_unit_test(random_projects_survive),     cmocka_unit_test(broken_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
