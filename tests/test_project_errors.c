/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong in a project file is said in one line, at its place. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "project/project.h"

typedef struct mistake {
    const char *text;
    size_t line, column;
    const char *message; /* the beginning of it */
} mistake;

static void check(const mistake *mistakes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const mistake *m = &mistakes[i];
        wb_project *project = NULL;
        wb_error err = {0};
        wb_status status = wb_project_parse(&project, m->text, &err);
        if (status != WB_ERR_MALFORMED || err.code != status || err.line != m->line || err.column != m->column ||
            strncmp(err.message, m->message, strlen(m->message)) != 0 || strchr(err.message, '\n') != NULL) {
            print_error("%s\n  gave %d at %zu:%zu: %s\n  not at %zu:%zu: %s\n", m->text, (int)status, err.line,
                        err.column, err.message, m->line, m->column, m->message);
            fail();
        }
        assert_null(project);
    }
}

#define CHECK(mistakes) check(mistakes, sizeof(mistakes) / sizeof(mistakes)[0])

static void of_yaml(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"tables: {a: {}\n", 1, 9, "not well-formed YAML: while parsing a flow mapping up to the end"},
        {"tables: {a: {}\nlabel: {}\n", 2, 1,
         "not well-formed YAML: did not find expected ',' or '}' while parsing a flow mapping that begins on line 1"},
        {"tables:\n  a: {file: \"x.csv}\n", 2, 13,
         "not well-formed YAML: while scanning a quoted scalar up to the end"},
        {"a: [1, 2}\n", 1, 9,
         "not well-formed YAML: did not find expected ',' or ']' while parsing a flow sequence that "
         "begins on line 1"},
        {"a:\n\tb: 1\n", 2, 1, "not well-formed YAML: found character that cannot start any token"},
        {"a: \x01\n", 1, 4, "not well-formed YAML: control characters are not allowed"},
        {"x: \xc3\xa9\nb: \xff\n", 2, 4, "not well-formed YAML: invalid leading UTF-8 octet"},
        {"a: &x 1\n", 1, 4, "anchors (&) and aliases (*) are not supported"},
        {"a: *x\n", 1, 4, "anchors (&) and aliases (*) are not supported"},
        {"a: !!str 1\n", 1, 4, "tags (!) are not supported"},
        {"a: 1\n---\nb: 2\n", 2, 1, "a second document begins; only one is wanted"},
        {"label:\n  name: x\n  gap: 1d\n  name: y\n", 4, 3, "key 'name' stands here twice (first on line 2)"},
        {"tables:\n  a: {}\n  b: {}\n  a: {}\n", 4, 3, "key 'a' stands here twice (first on line 2)"},
        {"[a, b]: c\n", 1, 1, "a key must be a text"},
        {"data_until: \"2024\\0\"\n", 1, 13, "the text holds a character that is not allowed (byte 0x00)"},
        {"population: {where: \"a\\u2028\"}\n", 1, 21, "the text holds a character that is not allowed"},
        {"- a\n", 1, 1, "the project must be a mapping"},
        {"tables\n", 1, 1, "the project must be a mapping"},
    };
    CHECK(mistakes);
}

static void of_keys(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"tables:\n  orders:\n    file: orders.csv\n    custommer: id\n", 4, 5,
         "unknown key 'custommer' in tables.orders (did you mean 'customer'?)"},
        {"seasons: {name: autumn}\n", 1, 1, "unknown key 'seasons'"},
        {"tabels: {}\n", 1, 1, "unknown key 'tabels' (did you mean 'tables'?)"},
        {"tables: {a: {dialect: {delimeter: ';'}}}\n", 1, 24,
         "unknown key 'delimeter' in tables.a.dialect (did you mean 'delimiter'?)"},
        {"tables: {a: {time: t, columns: {b: {typ: text}}}}\n", 1, 37,
         "unknown key 'typ' in tables.a.columns.b (did you mean 'type'?)"},
        {"features:\n  define:\n  - {nam: x}\n", 3, 6, "unknown key 'nam' in features.define (did you mean 'name'?)"},
        {"cutoffs: {every: 30d, form: 2024-01-01}\n", 1, 23, "unknown key 'form' in cutoffs (did you mean 'from'?)"},
        {"models: {m: {sigma: 1}}\n", 1, 14, "unknown key 'sigma' in models.m"},
        {"\"a\\nb\": 1\n", 1, 1, "unknown key 'a\\x0ab'"},
    };
    CHECK(mistakes);
}

static void of_dated_labels(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"label: {at: customers.cancelled_at}\n", 1, 8, "label needs the key 'name'"},
        {"label: {name: x, at: cancelled_at}\n", 1, 22,
         "label.at 'cancelled_at' is not a table and its time column (wanted: such as customers.cancelled_at)"},
        {"label: {name: x, at: customers.}\n", 1, 22, "label.at 'customers.' is not a table and its time column"},
        {"label: {name: x, at: a b.c}\n", 1, 22, "label.at 'a b' is not a name"},
        {"label: {name: x, at: .c}\n", 1, 22, "label.at '' is not a name"},
        {"label: {name: x, present: orders, at: a.b}\n", 1, 39, "label.at and 'present' exclude each other"},
        {"label: {name: x, absent: orders, present: a}\n", 1, 43, "label.present and 'absent' exclude each other"},
    };
    CHECK(mistakes);
}

static void of_lines(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"tables: {a: {time: t, event_time: x}}\n", 1, 35, "tables.a.event_time needs 'group_by' for the table"},
        {"tables: {a: {time: t, order_by: [x]}}\n", 1, 33, "tables.a.order_by needs 'group_by' for the table"},
        {"tables: {a: {time: t, columns: {b: {agg: max}}}}\n", 1, 42,
         "tables.a.columns.b.agg needs 'group_by' for the table"},
        {"tables: {a: {time: t, group_by: g, columns: {b: {agg: median}}}}\n", 1, 55,
         "tables.a.columns.b.agg 'median' is not one of sum, mean, min, max, first, last, count, distinct"},
        {"tables: {a: {time: t, group_by: g, order_by: [t, sequence]}}\n", 1, 50,
         "tables.a.order_by 'sequence' is not declared under 'columns' (wanted: a column that is, as a number, time, "
         "category or text)"},
        {"tables: {a: {time: t, group_by: g, order_by: sequense, columns: {sequence: number}}}\n", 1, 46,
         "tables.a.order_by 'sequense' is not declared under 'columns' (wanted: a column that is, as a number, time, "
         "category or text; did you mean 'sequence'?)"},
        {"tables: {a: {time: t, group_by: g, order_by: [[t]]}}\n", 1, 47, "tables.a.order_by must be a list of texts"},
        {"tables: {a: {time: t, group_by: g, order_by: {t: 1}}}\n", 1, 46,
         "tables.a.order_by must be a single value, not a mapping"},
    };
    CHECK(mistakes);
}

static void of_kinds(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"tables: 5\n", 1, 9, "tables must be a mapping"},
        {"tables:\n  orders: orders.csv\n", 2, 11, "tables.orders must be a mapping"},
        {"tables: {a: {columns: [x]}}\n", 1, 23, "tables.a.columns must be a mapping"},
        {"tables: {a: {file: [x]}}\n", 1, 20, "tables.a.file must be a single value, not a list"},
        {"tables: {a: {file: {x: y}}}\n", 1, 20, "tables.a.file must be a single value, not a mapping"},
        {"tables: {a: {file: ''}}\n", 1, 20, "tables.a.file is empty"},
        {"tables:\n  orders:\n    delay: 3x\n", 3, 12, "tables.orders.delay '3x' is not a duration (wanted"},
        {"tables: {orders: {max_age: 0d}}\n", 1, 28, "tables.orders.max_age must be more than 0"},
        {"label: {horizon: 0d}\n", 1, 18, "label.horizon must be more than 0"},
        {"label: {gap: -1d}\n", 1, 14, "label.gap '-1d' is not a duration"},
        {"population: {within: 200y}\n", 1, 22, "population.within '200y' is not a duration"},
        {"features: {windows: [30d, 0d]}\n", 1, 27, "features.windows must be more than 0"},
        {"features: {windows: 30d}\n", 1, 21, "features.windows must be a list"},
        {"data_until: 2023-02-29\n", 1, 13, "data_until '2023-02-29' is not a date (wanted"},
        {"cutoffs: [2024-01-01, soon]\n", 1, 23, "cutoffs 'soon' is not a date (wanted"},
        {"timezone: Europe/Berlim\n", 1, 11,
         "timezone 'Europe/Berlim' is not a known time zone (wanted: UTC, an offset such as +02:00, or a name such as "
         "Europe/Berlin) (did you mean 'Europe/Berlin'?)"},
        {"tables: {a: {timezone: ../a}}\n", 1, 24, "tables.a.timezone '../a' is not a known time zone"},
        {"tables: {a: {timezone: +19:00}}\n", 1, 24, "tables.a.timezone '+19:00' is not a known time zone"},
        {"tables: {a: {time: {column: t, format: '%Q'}}}\n", 1, 40, "tables.a.time.format is wrong: unknown directive"},
        {"tables: {1a: {}}\n", 1, 14, "tables.1a '1a' is not a name"},
        {"tables: {a: {time: t, columns: {a-b: text}}}\n", 1, 38, "tables.a.columns.a-b 'a-b' is not a name"},
        {"tables: {a: {time: t, columns: {b: txt}}}\n", 1, 36,
         "tables.a.columns.b 'txt' is not one of number, category, text, time (did you mean 'text'?)"},
        {"tables: {a: {time: t, columns: {b: {fixed: yes}}}}\n", 1, 44,
         "tables.a.columns.b.fixed 'yes' is not true or false"},
        {"features:\n  define:\n  - {name: x, table: a, agg: meen, of: b}\n", 3, 30,
         "features.define.agg 'meen' is not one of count, sum, mean, min"},
        {"models: {m: {penalty: rige}}\n", 1, 23,
         "models.m.penalty 'rige' is not one of none, ridge, lasso, elastic_net, firth (did you mean 'ridge'?)"},
        {"models: {m: {basis: cubic}}\n", 1, 21, "models.m.basis 'cubic' is not one of linear, auto"},
        {"models: {m: {class_weight: 0}}\n", 1, 28,
         "models.m.class_weight '0' is not a number of more than 0, or balanced"},
        {"models: {m: {class_weight: nan}}\n", 1, 28,
         "models.m.class_weight 'nan' is not a number of more than 0, or balanced"},
        {"models: {m: {sample_negatives: 0}}\n", 1, 32,
         "models.m.sample_negatives '0' is not a share of more than 0 and at most 1"},
        {"models: {m: {sample_negatives: 1.5}}\n", 1, 32,
         "models.m.sample_negatives '1.5' is not a share of more than 0 and at most 1"},
        {"models: {m: {lambda: -1}}\n", 1, 22, "models.m.lambda '-1' is not a number of 0 or more, auto, or 1se"},
        {"models: {m: {penalty: elastic_net, alpha: 1.5}}\n", 1, 43, "models.m.alpha '1.5' is not a number from 0 to 1"},
        {"models: {m: {lambda: nan}}\n", 1, 22, "models.m.lambda 'nan' is not a number of 0 or more, auto, or 1se"},
        {"features: {use: rfm}\n", 1, 17, "features.use must be a list"},
        {"features: {use: [{a: b, c: d}]}\n", 1, 18, "features.use must hold names of bundles"},
        {"features: {define: {}}\n", 1, 20, "features.define must be a list"},
    };
    CHECK(mistakes);
}

static void of_dialects(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"tables: {a: {dialect: {delimiter: tabs}}}\n", 1, 35, "tables.a.dialect.delimiter 'tabs' is not a delimiter"},
        {"tables: {a: {dialect: {delimiter: '\"'}}}\n", 1, 35, "tables.a.dialect.delimiter '\"' is not a delimiter"},
        {"tables: {a: {dialect: {delimiter: \xc2\xa7}}}\n", 1, 35,
         "tables.a.dialect.delimiter '\xc2\xa7' is not a delimiter"},
        {"tables: {a: {dialect: {decimal: ;}}}\n", 1, 33, "tables.a.dialect.decimal ';' is not a decimal mark"},
        {"tables: {a: {dialect: {decimal: ','}}}\n", 1, 23,
         "tables.a.dialect uses ',' both as delimiter and as decimal mark"},
        {"tables: {a: {dialect: {comment: ','}}}\n", 1, 23,
         "tables.a.dialect uses ',' both as delimiter and for comments"},
        {"tables: {a: {dialect: {comment: //}}}\n", 1, 33, "tables.a.dialect.comment '//' is not one character"},
        {"tables: {a: {dialect: {quotes: loose}}}\n", 1, 32,
         "tables.a.dialect.quotes 'loose' is not strict or lenient"},
        {"tables: {a: {dialect: {header: false}}}\n", 1, 23, "tables.a.dialect needs the names of the columns"},
        {"tables: {a: {dialect: {names: [b]}}}\n", 1, 23, "tables.a.dialect has names, which need 'header: false'"},
        {"tables: {a: {dialect: {header: false, names: []}}}\n", 1, 46, "tables.a.dialect.names is empty"},
        {"tables: {a: {dialect: {header: false, names: [b, c, b]}}}\n", 1, 46,
         "tables.a.dialect.names names 'b' twice"},
        {"tables: {a: {dialect: {header: false, names: [b, '']}}}\n", 1, 46,
         "tables.a.dialect.names must not hold an empty name"},
        {"tables: {a: {dialect: {na: [[b]]}}}\n", 1, 29, "tables.a.dialect.na must be a list of texts"},
        {"tables: {a: {dialect: {na: NA}}}\n", 1, 28, "tables.a.dialect.na must be a list"},
    };
    CHECK(mistakes);
}

static void of_meaning(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"tables: {a: {time: {format: iso}}}\n", 1, 20, "tables.a.time needs the key 'column'"},
        {"tables: {a: {group_by: x}}\n", 1, 24, "tables.a.group_by needs a 'time' for the table"},
        {"tables: {a: {max_age: 1d}}\n", 1, 23, "tables.a.max_age needs a 'time' for the table"},
        {"tables: {a: {columns: {b: {column: c, expr: d}}}}\n", 1, 36,
         "tables.a.columns.b.column and 'expr' exclude each other"},
        {"tables: {a: {columns: {b: {type: text, format: iso}}}}\n", 1, 48,
         "tables.a.columns.b.format needs 'type: time' and no 'expr'"},
        {"tables: {a: {columns: {c: number, b: {known_at: c}}}}\n", 1, 49,
         "tables.a.columns.b.known_at 'c' is a number column, not a time"},
        {"tables: {tickets: {columns: {b: {known_at: priority}}}}\n", 1, 44,
         "tables.tickets.columns.b.known_at 'priority' is a category column, not a time"},
        {"tables: {a: {columns: {b: {type: time, known_at: b}}}}\n", 1, 50,
         "tables.a.columns.b.known_at 'b' is the column itself"},
        {"tables: {a: {columns: {b: {known_at: c d}}}}\n", 1, 38, "tables.a.columns.b.known_at 'c d' is not a name"},
        {"tables:\n  tickets: {columns: {resolved_at: text}}\n", 2, 36,
         "tables.tickets.columns.resolved_at must be a time: csat is known at it"},
        {"tables:\n  surveys: {columns: {kind: text, answered_at: number, score: {column: nps}}}\n", 2, 48,
         "tables.surveys.columns.answered_at must be a time: score is known at it"},
        {"label: {absent: a, present: b}\n", 1, 29, "label.present and 'absent' exclude each other"},
        {"label: {present: b}\n", 1, 8, "label needs the key 'name'"},
        {"cutoffs: {from: 2024-01-01, to: 2024-02-01}\n", 1, 10, "cutoffs needs the key 'every'"},
        {"cutoffs: {every: 1d, from: 2024-01-02, to: 2024-01-01}\n", 1, 10, "cutoffs must not end"},
        {"cutoffs: {every: 1h, from: 0001-01-01, to: 9999-01-01}\n", 1, 10, "cutoffs would be 87"},
        {"features: {define: [{table: a}]}\n", 1, 21, "features.define needs the key 'name'"},
        {"features: {define: [{name: x, agg: count}]}\n", 1, 21,
         "features.define needs the key 'table' (or 'expr') for x"},
        {"features: {define: [{name: x, table: a}]}\n", 1, 21, "features.define needs the key 'agg' for x"},
        {"features: {define: [{name: x, table: a, agg: sum}]}\n", 1, 21,
         "features.define needs the key 'of' for x: sum is of values"},
        {"features: {define: [{name: x, table: a, agg: count, of: b}]}\n", 1, 57,
         "features.define.of does nothing for count"},
        {"features: {define: [{name: x, expr: y, where: z}]}\n", 1, 47,
         "features.define.where and 'expr' exclude each other"},
        {"features: {define: [{name: x, table: a, agg: count, window: {from: 9d, to: 9d}}]}\n", 1, 61,
         "features.define.window must begin ('from') longer before the cutoff"},
        {"features:\n  define:\n  - {name: x, expr: y}\n  - {name: z, expr: y}\n  - {name: x, expr: z}\n", 5, 12,
         "features.define.name 'x' is defined twice"},
    };
    CHECK(mistakes);
}

static void of_files(void **state)
{
    (void)state;
    unsetenv("WINBACK_DATA");
    static const mistake mistakes[] = {
        {"tables: {a: {file: '${WINBACK_DATA}/a.csv'}}\n", 1, 20,
         "tables.a.file needs the environment variable WINBACK_DATA, which is not set"},
        {"tables: {a: {file: '${HOME}/a.csv'}}\n", 1, 20,
         "tables.a.file '${HOME}/a.csv' is not a file name (only ${WINBACK_DATA} is expanded)"},
        {"tables: {a: {customer: {column: k, through: {file: '${WINBACK_DATA'}}}}\n", 1, 52,
         "tables.a.customer.through.file '${WINBACK_DATA' is not a file name"},
    };
    CHECK(mistakes);
}

static void of_size(void **state)
{
    (void)state;
    wb_project *project = NULL;
    wb_error err = {0};
    static char deep[4001], many[4000001];
    memset(deep, '[', 4000);
    assert_int_equal(wb_project_parse(&project, deep, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, "nested more than 32 deep");
    assert_int_equal(err.column, 33);
    for (size_t i = 0; i < 4000000; i += 2)
        memcpy(many + i, i == 0 ? "[ " : "a,", 2);
    assert_int_equal(wb_project_parse(&project, many, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, "more than 1000000 values");
    char name[300] = "tables: {";
    memset(name + strlen(name), 'a', 201);
    strcat(name, ": {}}");
    assert_int_equal(wb_project_parse(&project, name, &err), WB_ERR_MALFORMED);
    assert_non_null(strstr(err.message, "is not a name"));
}

static void of_file_size(void **state)
{
    (void)state;
    char path[] = "/tmp/winback_project_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    for (size_t i = 0; i <= 16u << 20; i++)
        putc('#', file);
    fclose(file);
    wb_project *project = NULL;
    wb_error err = {0};
    assert_int_equal(wb_project_read(&project, path, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.file, path);
    remove(path);
}

/* Errors name the file, and `through` needs one there. */
static void name_the_file(void **state)
{
    (void)state;
    char path[] = "/tmp/winback_project_XXXXXX", text[1024], expected[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    fputs("tables:\n  a: {customer: {column: k, through: {key: k}}}\n", file);
    fclose(file);
    wb_project *project = NULL;
    wb_error err = {0};
    assert_int_equal(wb_project_read(&project, path, &err), WB_ERR_MALFORMED);
    remove(path);
    snprintf(expected, sizeof expected, "%s:2:38: tables.a.customer.through needs the key 'file'", path);
    assert_string_equal(wb_error_text(&err, text, sizeof text), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_yaml),     cmocka_unit_test(of_keys),      cmocka_unit_test(of_lines),
        cmocka_unit_test(of_dated_labels),
        cmocka_unit_test(of_kinds),
        cmocka_unit_test(of_dialects), cmocka_unit_test(of_meaning),   cmocka_unit_test(of_files),
        cmocka_unit_test(of_size),     cmocka_unit_test(of_file_size), cmocka_unit_test(name_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
