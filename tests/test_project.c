/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a project file says is what the project holds. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "project/schema.h"

#define DAYS(n) ((n)*WB_DAY_US)

static const char example[] =
    "timezone: UTC                       # for times without an offset, dates, and cutoffs; per table overridable\n"
    "tables:\n"
    "  orders:\n"
    "    file: orders.csv                # .csv, .csv.gz, .csv.zst, \"-\" or a glob\n"
    "    dialect: {delimiter: \",\", na: [\"\"], decimal: \".\", header: true}\n"
    "    customer: customer_id\n"
    "    time: {column: ordered_at, format: iso}\n"
    "    delay: 0d                       # rows arrive this much later than their time\n"
    "    max_age: 7d\n"
    "    where: \"not starts_with(invoice_no, 'C')\"\n"
    "    group_by: invoice_no\n"
    "    columns: {amount: {expr: \"quantity * unit_price\"}, channel: category}\n"
    "  tickets:\n"
    "    file: tickets.csv\n"
    "    columns: {csat: {type: number, known_at: resolved_at}, reopens: number}\n"
    "  customers:\n"
    "    file: customers.csv             # one row a customer\n"
    "    columns: {signup_date: time, country: {type: category, fixed: true}}\n"
    "population: {table: orders, within: 365d}\n"
    "label: {name: churned, absent: orders, horizon: 90d, gap: 0d}\n"
    "data_until: 2024-12-31              # optional; when the data end\n"
    "cutoffs: [2024-01-01, 2024-04-01, 2024-07-01]\n"
    "features:\n"
    "  windows: [30d, 90d, 180d, 365d]\n"
    "  use: [rfm, tickets, profile]\n"
    "  define:\n"
    "    - {name: big_orders_90d, table: orders, agg: count, where: \"amount > 100\", window: 90d}\n"
    "    - {name: reply_hours, table: tickets, agg: mean, of: \"hours(first_reply_at - opened_at)\"}\n"
    "    - {name: discounted, table: orders, agg: share, of: \"discount > 0\", window: {from: 365d, to: 90d}}\n"
    "    - {name: reply_days, expr: \"reply_hours / 24\"}          # over other features\n"
    "models: {churn: {target: churned, penalty: ridge, basis: linear}}\n";

static wb_project *parsed(const char *text)
{
    wb_project *project = NULL;
    wb_error err = {0};
    assert_ok(wb_project_parse(&project, text, &err), &err);
    return project;
}

static const wbi_column_def *column(const wb_project *project, const char *table, const char *name)
{
    const wbi_table_def *def = wbi_project_table(project, table);
    assert_non_null(def);
    for (size_t i = 0; i < def->n_columns; i++)
        if (strcmp(def->columns[i].name, name) == 0)
            return &def->columns[i];
    return NULL;
}

/* The names of a table's columns, conventional ones in brackets. */
static const char *columns_of(const wb_project *project, const char *table, char text[512])
{
    const wbi_table_def *def = wbi_project_table(project, table);
    text[0] = '\0';
    for (size_t i = 0; i < def->n_columns; i++) {
        bool conventional = def->columns[i].conventional;
        size_t n = strlen(text);
        snprintf(text + n, 512 - n, "%s%s%s%s", i > 0 ? " " : "", conventional ? "(" : "", def->columns[i].name,
                 conventional ? ")" : "");
    }
    return text;
}

/* A project file in a folder of its own, read and removed again. */
static wb_status read_file(wb_project **out, const char *text, char folder[64], wb_error *err)
{
    strcpy(folder, "/tmp/winback_project_XXXXXX");
    assert_non_null(mkdtemp(folder));
    char path[128];
    snprintf(path, sizeof path, "%s/winback.yml", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    wb_status status = wb_project_read(out, path, err);
    unlink(path);
    rmdir(folder);
    return status;
}

static void check_orders(const wb_project *project, const char *folder)
{
    char path[128];
    const wbi_table_def *orders = wbi_project_table(project, "orders");
    assert_non_null(orders);
    snprintf(path, sizeof path, "%s/orders.csv", folder);
    assert_string_equal(orders->file, path);
    assert_true(orders->dialect.said);
    assert_int_equal(orders->dialect.dialect.delimiter, ',');
    assert_int_equal(orders->dialect.dialect.decimal, '.');
    assert_int_equal(orders->dialect.dialect.comment, '\0');
    assert_true(orders->dialect.dialect.header && orders->dialect.dialect.strict_quotes);
    assert_int_equal(orders->dialect.dialect.n_na, 1);
    assert_string_equal(orders->dialect.dialect.na[0], "");
    assert_string_equal(orders->customer, "customer_id");
    assert_null(orders->through_key);
    assert_string_equal(orders->time, "ordered_at");
    assert_int_equal(orders->time_format.kind, WBI_TIME_ISO);
    assert_true(orders->delay_us == 0 && orders->max_age_us == DAYS(7));
    assert_string_equal(orders->where, "not starts_with(invoice_no, 'C')");
    assert_int_equal(orders->where_at.line, 10);
    assert_string_equal(orders->group_by, "invoice_no");
    assert_int_equal(orders->line, 3);
    char text[512];
    assert_string_equal(columns_of(project, "orders", text), "amount (category) channel (delivered_at) (discount) "
                                                                  "(promised_at) (returned_amount) (returned_at)");
    const wbi_column_def *amount = column(project, "orders", "amount");
    assert_string_equal(amount->expr, "quantity * unit_price");
    assert_null(amount->source);
    assert_false(amount->type_said);
    assert_int_equal(amount->line, 12);
    const wbi_column_def *channel = column(project, "orders", "channel");
    assert_true(channel->type_said && channel->type == WB_TYPE_CATEGORY && !channel->fixed);
    assert_string_equal(channel->source, "channel");
}

static void check_other_tables(const wb_project *project)
{
    char text[512];
    assert_int_equal(project->n_tables, 3);
    const wbi_table_def *tickets = wbi_project_table(project, "tickets");
    assert_string_equal(tickets->time, "opened_at");
    assert_false(tickets->dialect.said);
    assert_string_equal(columns_of(project, "tickets", text),
                        "(channel) csat (due_at) (first_reply_at) (messages) (priority) "
                        "reopens (resolved_at) (tags) (type)");
    assert_string_equal(column(project, "tickets", "csat")->known_at, "resolved_at");
    assert_string_equal(column(project, "tickets", "reopens")->known_at, "resolved_at");
    assert_int_equal(column(project, "tickets", "resolved_at")->type, WB_TYPE_TIME);
    const wbi_table_def *customers = wbi_project_table(project, "customers");
    assert_null(customers->time);
    assert_string_equal(columns_of(project, "customers", text), "(channel) country signup_date");
    assert_true(column(project, "customers", "country")->fixed);
    assert_true(column(project, "customers", "channel")->fixed);
    assert_int_equal(column(project, "customers", "signup_date")->type, WB_TYPE_TIME);
}

static void check_features(const wb_project *project)
{
    assert_int_equal(project->n_windows, 4);
    assert_true(project->windows_us[0] == DAYS(30) && project->windows_us[3] == DAYS(365));
    assert_true(project->uses_said);
    assert_int_equal(project->n_uses, 3);
    assert_string_equal(project->uses[2].bundle, "profile");
    assert_null(project->uses[2].table);
    assert_int_equal(project->n_features, 4);
    const wbi_feature_def *f = project->features;
    assert_string_equal(f[0].name, "big_orders_90d");
    assert_string_equal(f[0].table, "orders");
    assert_int_equal(f[0].agg, WBI_AGG_COUNT);
    assert_null(f[0].of);
    assert_string_equal(f[0].where, "amount > 100");
    assert_true(f[0].window.from_us == DAYS(90) && f[0].window.to_us == 0);
    assert_int_equal(f[0].line, 27);
    assert_int_equal(f[1].agg, WBI_AGG_MEAN);
    assert_string_equal(f[1].of, "hours(first_reply_at - opened_at)");
    assert_true(f[1].window.from_us == 0 && f[1].window.to_us == 0);
    assert_true(f[2].window.from_us == DAYS(365) && f[2].window.to_us == DAYS(90));
    assert_string_equal(f[3].expr, "reply_hours / 24");
    assert_null(f[3].table);
    assert_int_equal(f[3].agg, WBI_AGG_NONE);
}

static void reads_the_example(void **state)
{
    (void)state;
    char folder[64];
    wb_project *project = NULL;
    wb_error err = {0};
    assert_ok(read_file(&project, example, folder, &err), &err);
    assert_int_equal(project->zone_offset_s, 0);
    assert_null(project->zone);
    check_orders(project, folder);
    check_other_tables(project);
    check_features(project);
    assert_string_equal(project->population.table, "orders");
    assert_true(project->population.within_us == DAYS(365));
    assert_null(project->population.since);
    assert_int_equal(project->label.kind, WBI_LABEL_ABSENT);
    assert_string_equal(project->label.table, "orders");
    assert_int_equal(project->label.line, 20);
    int64_t gap_us = -1, horizon_us = -1;
    assert_string_equal(wb_project_label(project, &gap_us, &horizon_us), "churned");
    assert_true(gap_us == 0 && horizon_us == DAYS(90));
    assert_true(project->data_until_us == DAYS(20088)); /* 55 years with 14 leap days, less a day */
    size_t n = 0;
    const int64_t *cutoffs_us = wb_project_cutoffs(project, &n);
    assert_int_equal(n, 3);
    assert_true(cutoffs_us[0] == DAYS(19723) && cutoffs_us[1] == DAYS(19723 + 91) &&
                cutoffs_us[2] == DAYS(19723 + 182));
    wb_project_model model = wb_project_model_at(project, 0);
    assert_string_equal(model.name, "churn");
    assert_string_equal(model.target, "churned");
    assert_string_equal(model.penalty, "ridge");
    assert_string_equal(model.basis, "linear");
    assert_true(isnan(model.lambda));
    assert_true(!model.balanced && model.class_weight == 1 && model.sample_negatives == 1);
    wb_project_free(project);
}

static void nothing_is_an_empty_project(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n", "{}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wb_project *project = parsed(texts[i]);
        int64_t gap_us, horizon_us;
        assert_int_equal(wb_project_n_tables(project), 0);
        assert_null(wb_project_label(project, &gap_us, &horizon_us));
        assert_true(project->data_until_us == WB_TIME_MISSING);
        assert_int_equal(project->n_windows, 4);
        assert_true(project->windows_us[1] == DAYS(90));
        assert_false(project->uses_said);
        assert_null(wb_project_model_at(project, 0).name);
        assert_true(isnan(wb_project_model_at(project, 0).lambda));
        assert_true(wb_project_model_at(project, 0).class_weight == 1);
        assert_true(wb_project_model_at(project, 0).sample_negatives == 1);
        wb_project_free(project);
    }
}

static void reads_the_other_forms(void **state)
{
    (void)state;
    wb_project *project = parsed(
        "timezone: +02:00\n"
        "tables:\n"
        "  visits:\n"
        "    file: /data/visits-*.csv.gz\n"
        "    dialect: {delimiter: space, header: false, names: [id, day], na: [NA, null], comment: '#', decimal: ',',\n"
        "              quotes: lenient}\n"
        "    customer: {column: subscription_id, through: {file: subs.csv, key: sid, customer: account_id}}\n"
        "    timezone: UTC-5\n"
        "    time: {column: day, format: '%Y%m%d', timezone: +01:00}\n"
        "    delay: 36h\n"
        "    group_by: visit\n"
        "    columns:\n"
        "      pages: {column: n pages}\n"
        "      note: text\n"
        "      left: {type: time, format: unix_ms}\n"
        "      back: time\n"
        "      late: {type: number, expr: \"if(pages > 3, 1, 0)\", known_at: checked}\n"
        "  trips: {file: '-', dialect: {delimiter: tab}, customer: who, time: {column: at}, timezone: +03:00}\n"
        "population: {since: signup_date, not_after: cancelled_at, where: pages > 1}\n"
        "label: {name: upgraded, present: plans, where: \"level > 1\", gap: 1w}\n"
        "data_until: 2024-03-01\n"
        "cutoffs: {every: 30d, from: 2024-01-01, to: 2024-03-01}\n"
        "features: {windows: [4w, 1d, 28d], use: [{rfm: purchases}, profile]}\n"
        "models: {b: {penalty: elastic_net, alpha: 0.9, lambda: 0.25, class_weight: balanced, sample_negatives: 0.1},"
        " a: {lambda: auto}}\n");
    const wbi_table_def *visits = wbi_project_table(project, "visits");
    assert_string_equal(visits->file, "/data/visits-*.csv.gz");
    const wbi_dialect *dialect = &visits->dialect.dialect;
    assert_true(dialect->delimiter == ' ' && dialect->comment == '#' && dialect->decimal == ',');
    assert_true(!dialect->header && !dialect->strict_quotes && dialect->n_names == 2 && dialect->n_na == 2);
    assert_string_equal(dialect->names[1], "day");
    assert_string_equal(dialect->na[1], "null");
    assert_string_equal(visits->customer, "subscription_id");
    assert_string_equal(visits->through_file, "subs.csv");
    assert_string_equal(visits->through_key, "sid");
    assert_string_equal(visits->through_customer, "account_id");
    assert_int_equal(visits->zone_offset_s, -5 * 3600);
    assert_int_equal(visits->time_format.zone_offset_s, 3600);
    assert_int_equal(visits->time_format.kind, WBI_TIME_FORMAT);
    assert_string_equal(visits->time_format.format, "%Y%m%d");
    assert_true(visits->delay_us == 36 * WB_HOUR_US);
    assert_string_equal(visits->group_by, "visit");
    char text[512];
    assert_string_equal(columns_of(project, "visits", text), "back checked late left note pages (seconds)");
    assert_string_equal(column(project, "visits", "pages")->source, "n pages");
    assert_int_equal(column(project, "visits", "pages")->type, WB_TYPE_NUMBER);
    assert_int_equal(column(project, "visits", "note")->type, WB_TYPE_TEXT);
    assert_int_equal(column(project, "visits", "left")->time.kind, WBI_TIME_UNIX_MS);
    assert_string_equal(column(project, "visits", "back")->time.format, "%Y%m%d");
    assert_int_equal(column(project, "visits", "back")->time.zone_offset_s, -5 * 3600);
    assert_true(column(project, "visits", "late")->type_said);
    assert_string_equal(column(project, "visits", "checked")->time.format, "%Y%m%d");
    assert_int_equal(column(project, "visits", "checked")->type, WB_TYPE_TIME);
    const wbi_table_def *trips = wbi_project_table(project, "trips");
    assert_string_equal(trips->file, "-");
    assert_int_equal(trips->dialect.dialect.delimiter, '\t');
    assert_string_equal(trips->customer, "who");
    assert_int_equal(trips->time_format.zone_offset_s, 3 * 3600);
    assert_string_equal(project->population.table, "orders");
    assert_string_equal(project->population.since, "signup_date");
    assert_string_equal(project->population.not_after, "cancelled_at");
    assert_int_equal(project->label.kind, WBI_LABEL_PRESENT);
    assert_string_equal(project->label.table, "plans");
    assert_true(project->label.gap_us == DAYS(7) && project->label.horizon_us == DAYS(90));
    assert_true(project->data_until_us == DAYS(19783) - 2 * WB_HOUR_US);
    assert_int_equal(project->n_cutoffs, 3);
    assert_true(project->cutoffs_us[0] == DAYS(19723) - 2 * WB_HOUR_US);
    assert_true(project->cutoffs_us[2] == DAYS(19783) - 2 * WB_HOUR_US);
    assert_int_equal(project->n_windows, 2); /* four weeks are 28 days */
    assert_true(project->windows_us[0] == DAYS(1) && project->windows_us[1] == DAYS(28));
    assert_string_equal(project->uses[0].table, "purchases");
    assert_string_equal(wb_project_model_at(project, 0).name, "b");
    assert_close(wb_project_model_at(project, 0).lambda, 0.25, 0);
    assert_true(wb_project_model_at(project, 0).balanced && wb_project_model_at(project, 0).class_weight == 1);
    assert_close(wb_project_model_at(project, 0).sample_negatives, 0.1, 0);
    assert_close(wb_project_model_at(project, 0).alpha, 0.9, 0);
    wb_project_free(project);
}

static void conventions_yield_to_the_project(void **state)
{
    (void)state;
    char text[512];
    wb_project *project = parsed("tables:\n"
                                 "  orders: {time: channel, columns: {price: {column: amount}, discount: text}}\n"
                                 "  tickets: {time: resolved_at, columns: {csat: number}}\n"
                                 "  surveys: {columns: {answer: {column: answered_at, type: time}}}\n"
                                 "  customers: {time: since}\n");
    assert_string_equal(columns_of(project, "orders", text), "(category) (delivered_at) discount price (promised_at) "
                                                                  "(returned_amount) (returned_at)");
    assert_int_equal(column(project, "orders", "price")->type, WB_TYPE_NUMBER);
    assert_int_equal(column(project, "orders", "discount")->type, WB_TYPE_TEXT);
    assert_string_equal(columns_of(project, "tickets", text), "(channel) csat (due_at) (first_reply_at) (messages) "
                                                                   "(priority) (reopens) (tags) (type)");
    assert_string_equal(column(project, "tickets", "csat")->known_at, "resolved_at"); /* the row's own time */
    assert_string_equal(column(project, "tickets", "due_at")->known_at, "resolved_at"); /* known from the start */
    assert_string_equal(columns_of(project, "surveys", text), "answer (answered_at) (kind) (score)");
    assert_string_equal(wbi_project_table(project, "customers")->time, "since");
    wb_project_free(project);

    project =
        parsed("tables: {tickets: {columns: {done: {column: resolved_at, type: time}, x: {known_at: resolved_at}}}}");
    assert_string_equal(columns_of(project, "tickets", text),
                        "(channel) (csat) done (due_at) (first_reply_at) (messages) (priority) "
                        "(reopens) resolved_at (tags) (type) x");
    assert_string_equal(column(project, "tickets", "resolved_at")->source, "resolved_at");
    wb_project_free(project);

    project = parsed("tables: {customers: {columns: {country: {column: land}, x: {known_at: seen}, y: {type: text, "
                     "known_at: seen}}}}");
    assert_string_equal(columns_of(project, "customers", text), "(channel) country seen (signup_date) x y");
    assert_int_equal(column(project, "customers", "country")->type, WB_TYPE_CATEGORY);
    assert_true(column(project, "customers", "country")->fixed);
    wb_project_free(project);
}

static void names_keep_what_is_unsaid(void **state)
{
    (void)state;
    static const struct {
        const char *table, *declared, *name, *known_at;
        bool fixed;
    } cases[] = {
        {"tickets", "csat: number", "csat", "resolved_at", false},
        {"tickets", "csat: text", "csat", "resolved_at", false},
        {"tickets", "csat: {column: satisfaction_score, type: number}", "csat", "resolved_at", false},
        {"tickets", "csat: {expr: 'rating / 20'}", "csat", "resolved_at", false},
        {"tickets", "csat: {}", "csat", "resolved_at", false},
        {"tickets", "csat: {type: number, known_at: opened_at}", "csat", "opened_at", false},
        {"tickets", "csat: {known_at: rated_at}", "csat", "rated_at", false},
        {"tickets", "reopens: {column: n}", "reopens", "resolved_at", false},
        {"tickets", "priority: category", "priority", NULL, false},
        {"tickets", "channel: category", "channel", NULL, false},
        {"tickets", "resolved_at: {column: closed, type: time}", "resolved_at", NULL, false},
        {"tickets", "rating: {column: csat}", "rating", "resolved_at", false},
        {"tickets", "score: number", "score", NULL, false},
        {"surveys", "score: {column: nps}", "score", "answered_at", false},
        {"surveys", "kind: category", "kind", NULL, false},
        {"orders", "amount: number", "amount", NULL, false},
        {"orders", "csat: number", "csat", NULL, false},
        {"visits", "csat: number", "csat", NULL, false},
        {"customers", "country: category", "country", NULL, true},
        {"customers", "channel: {column: source}", "channel", NULL, true},
        {"customers", "country: {type: category, fixed: false}", "country", NULL, false},
        {"customers", "country: {known_at: signup_date}", "country", "signup_date", true},
        {"customers", "signup_date: time", "signup_date", NULL, false},
        {"customers", "plan: category", "plan", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "tables: {%s: {columns: {%s}}}", cases[i].table, cases[i].declared);
        wb_project *project = parsed(text);
        const wbi_column_def *def = column(project, cases[i].table, cases[i].name);
        assert_non_null(def);
        if ((def->known_at == NULL) != (cases[i].known_at == NULL))
            fail_msg("%s: known_at %s", text, def->known_at != NULL ? def->known_at : "unsaid");
        if (def->known_at != NULL)
            assert_string_equal(def->known_at, cases[i].known_at);
        assert_int_equal(def->fixed, cases[i].fixed);
        assert_false(def->conventional);
        wb_project_free(project);
    }
}

/* The time that a value is known at by convention is there under its name even where its column got another one. */
static void inherited_times_are_declared(void **state)
{
    (void)state;
    char text[512];
    wb_project *project = parsed("tables:\n"
                                 "  tickets: {columns: {csat: number, done: {column: resolved_at, type: time}}}\n"
                                 "  surveys: {columns: {score: {column: nps}}}\n");
    assert_string_equal(columns_of(project, "tickets", text),
                        "(channel) csat done (due_at) (first_reply_at) (messages) (priority) "
                        "(reopens) resolved_at (tags) (type)");
    assert_int_equal(column(project, "tickets", "resolved_at")->type, WB_TYPE_TIME);
    assert_string_equal(columns_of(project, "surveys", text), "(answered_at) (kind) score");
    wb_project_free(project);
    project = parsed("tables: {tickets: {time: resolved_at, columns: {csat: number, resolved_at: text}}}");
    assert_int_equal(column(project, "tickets", "resolved_at")->type, WB_TYPE_TEXT);
    wb_project_free(project);
}

static void files_start_at_the_folder(void **state)
{
    (void)state;
    char folder[64], path[128];
    wb_project *project = NULL;
    wb_error err = {0};
    setenv("WINBACK_DATA", "/srv/data", 1);
    assert_ok(read_file(&project,
                        "tables: {a: {file: \"${WINBACK_DATA}/a.csv\"}, b: {file: sub/b.csv}, c: {file: \"-\"},\n"
                        "  d: {file: /d.csv, customer: {column: k, through: {file: \"x/${WINBACK_DATA}\"}}}}",
                        folder, &err),
              &err);
    assert_string_equal(wb_project_table_name(project, 0), "a");
    assert_string_equal(wb_project_table_file(project, 0), "/srv/data/a.csv");
    snprintf(path, sizeof path, "%s/sub/b.csv", folder);
    assert_string_equal(wb_project_table_file(project, 1), path);
    assert_string_equal(wb_project_table_file(project, 2), "-");
    assert_string_equal(wb_project_table_file(project, 3), "/d.csv");
    snprintf(path, sizeof path, "%s/x//srv/data", folder);
    assert_string_equal(project->tables[3].through_file, path);
    assert_string_equal(project->tables[3].through_key, "k");
    assert_string_equal(project->tables[3].through_customer, "customer_id");
    wb_project_free(project);
    unsetenv("WINBACK_DATA");
    assert_int_equal(wb_project_read(&project, "/no/such/winback.yml", &err), WB_ERR_IO);
}

static void setters_do_what_they_say(void **state)
{
    (void)state;
    wb_project *project = NULL;
    wb_error err = {0};
    char text[512];
    assert_ok(wb_project_create(&project, &err), &err);
    assert_ok(wb_project_set_file(project, "tickets", "${x}/t.csv", &err), &err);
    assert_ok(wb_project_set_file(project, "tickets", "u.csv", &err), &err);
    assert_int_equal(wb_project_n_tables(project), 1);
    assert_string_equal(wb_project_table_file(project, 0), "u.csv");
    assert_string_equal(columns_of(project, "tickets", text),
                        "(channel) (csat) (due_at) (first_reply_at) (messages) (priority) "
                        "(reopens) (resolved_at) (tags) (type)");
    assert_int_equal(wb_project_set_file(project, "no name", "u.csv", &err), WB_ERR_ARGUMENT);

    const int64_t cutoffs_us[] = {DAYS(3), DAYS(1), DAYS(3), DAYS(2)};
    size_t n = 0;
    assert_ok(wb_project_set_cutoffs(project, cutoffs_us, 4, &err), &err);
    const int64_t *kept_us = wb_project_cutoffs(project, &n);
    assert_int_equal(n, 3);
    assert_true(kept_us[0] == DAYS(1) && kept_us[1] == DAYS(2) && kept_us[2] == DAYS(3));
    const int64_t missing_us = WB_TIME_MISSING, none_us = 0;
    assert_int_equal(wb_project_set_cutoffs(project, &missing_us, 1, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wb_project_set_windows(project, &none_us, 1, &err), WB_ERR_ARGUMENT);
    assert_ok(wb_project_set_windows(project, cutoffs_us, 2, &err), &err);
    assert_true(project->n_windows == 2 && project->windows_us[0] == DAYS(1));

    int64_t gap_us, horizon_us;
    assert_int_equal(wb_project_set_horizon(project, 0, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wb_project_set_gap(project, -1, &err), WB_ERR_ARGUMENT);
    assert_null(wb_project_label(project, &gap_us, &horizon_us));
    assert_ok(wb_project_set_horizon(project, DAYS(30), &err), &err);
    assert_string_equal(wb_project_label(project, &gap_us, &horizon_us), "churned");
    assert_true(gap_us == 0 && horizon_us == DAYS(30));
    assert_int_equal(project->label.kind, WBI_LABEL_ABSENT);
    assert_string_equal(project->label.table, "orders");
    assert_ok(wb_project_set_gap(project, DAYS(2), &err), &err);
    wb_project_label(project, &gap_us, &horizon_us);
    assert_true(gap_us == DAYS(2) && horizon_us == DAYS(30));
    wb_project_clear_label(project);
    assert_null(wb_project_label(project, &gap_us, &horizon_us));
    wb_project_set_data_until(project, DAYS(9));
    assert_true(project->data_until_us == DAYS(9));
    wb_project_free(project);
}

static void files_are_taken_and_nothing_else(void **state)
{
    (void)state;
    wb_error err = {0};
    wb_project *project = parsed("tables: {a: {time: t, customer: {column: k, through: {}}}, b: {delay: 0d}}");
    wb_project *from = parsed("tables: {b: {file: b.csv}, c: {file: c.csv},\n"
                              "  a: {file: a.csv, time: u, customer: {through: {file: k.csv}}}}");
    assert_ok(wb_project_take_files(project, from, &err), &err);
    assert_string_equal(project->tables[0].file, "a.csv");
    assert_string_equal(project->tables[0].through_file, "k.csv");
    assert_string_equal(project->tables[0].through_key, "k");
    assert_string_equal(project->tables[0].time, "t");
    assert_string_equal(project->tables[1].file, "b.csv");
    assert_int_equal(project->n_tables, 2);
    assert_ok(wb_project_take_files(from, project, &err), &err);
    assert_null(wbi_project_table(from, "c")->file);
    wb_project *direct = parsed("tables: {a: {file: a.csv}, b: {}}");
    assert_int_equal(wb_project_take_files(project, direct, &err), WB_ERR_INCONSISTENT);
    wb_project_free(direct);
    wb_project_free(project);
    wb_project_free(from);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_error err = {0};
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wb_project *project = NULL, *copy = NULL;
        char *json = NULL;
        const wbi_feature_def feature = {.name = (char *)"f", .table = (char *)"orders", .agg = WBI_AGG_COUNT};
        wbi_alloc_fail_at(n);
        status = wb_project_parse(&project, example, &err);
        if (status == WB_OK)
            status = wb_project_set_file(project, "surveys", "s.csv", &err);
        if (status == WB_OK)
            status = wbi_project_copy(&copy, project, &err);
        if (status == WB_OK)
            status = wb_project_take_files(copy, project, &err);
        if (status == WB_OK)
            status = wbi_project_to_json(&json, copy, &err);
        if (status == WB_OK)
            status = wbi_project_set_features(copy, &feature, 1, &err);
        if (status == WB_OK)
            status = wb_project_set_horizon(copy, 1, &err);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(status == WB_OK || err.code == WB_ERR_NOMEM);
        assert_true(n < 10000);
        wbi_free(json);
        wb_project_free(copy);
        wb_project_free(project);
    }
    wbi_alloc_fail_at(0);
}

/* docs/project.md holds the reference that the table of keys prints. */
static void the_reference_is_the_schema(void **state)
{
    (void)state;
    static char text[1 << 17];
    FILE *file = fopen("../docs/project.md", "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    wbi_buffer reference = wbi_buffer_make(1 << 20);
    wb_error err = {0};
    assert_ok(wbi_project_reference(&reference, &err), &err);
    assert_ok(wbi_buffer_append(&reference, "", 1, &err), &err);
    bool same = strstr(text, reference.data) != NULL;
    if (!same)
        fprintf(stderr, "docs/project.md must end with:\n%s", reference.data);
    wbi_buffer_free(&reference);
    assert_true(same);
}

/* What is printed reads back as the same label, but for the horizon. */
static void a_label_can_be_pasted(void **state)
{
    static const struct {
        const char *label, *printed;
    } cases[] = {
        {"label: {}", "label: {name: churned, absent: orders, horizon: 141d, gap: 0d}"},
        {"label: {name: gone, at: people.left_at, gap: 36h, horizon: 9d}",
         "label: {name: gone, at: people.left_at, horizon: 141d, gap: 36h}"},
        {"label: {name: back, present: visits, where: \"kind = 'a: {b}' and \\\"the n\\\" > 1\"}",
         "label: {name: back, present: visits, horizon: 141d, gap: 0d, where: \"kind = 'a: {b}' and \\\"the n\\\" > 1\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_project *project, *pasted;
        wb_error err;
        char text[256], again[256];
        assert_ok(wb_project_parse(&project, cases[i].label, &err), &err);
        assert_ok(wb_project_print_label(text, sizeof text, project, 141 * WB_DAY_US, &err), &err);
        assert_string_equal(text, cases[i].printed);
        assert_ok(wb_project_parse(&pasted, text, &err), &err);
        assert_ok(wb_project_print_label(again, sizeof again, pasted, 141 * WB_DAY_US, &err), &err);
        assert_string_equal(again, text);
        assert_ok(wb_project_print_label(again, strlen(text) + 1, project, 141 * WB_DAY_US, &err), &err);
        assert_int_equal(wb_project_print_label(again, strlen(text), project, WB_DAY_US * 141, &err), WB_ERR_ARGUMENT);
        wb_project_clear_label(project);
        assert_int_equal(wb_project_print_label(again, sizeof again, project, WB_DAY_US, &err), WB_ERR_ARGUMENT);
        wb_project_free(pasted);
        wb_project_free(project);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_can_be_pasted),
        cmocka_unit_test(reads_the_example),
        cmocka_unit_test(nothing_is_an_empty_project),
        cmocka_unit_test(reads_the_other_forms),
        cmocka_unit_test(conventions_yield_to_the_project),
        cmocka_unit_test(names_keep_what_is_unsaid),
        cmocka_unit_test(inherited_times_are_declared),
        cmocka_unit_test(files_start_at_the_folder),
        cmocka_unit_test(setters_do_what_they_say),
        cmocka_unit_test(files_are_taken_and_nothing_else),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(the_reference_is_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
