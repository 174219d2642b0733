/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors in expressions name the place in the project file. In these projects the character at fault is the first '%', or
 * else what `faults` lists. */
#include "test_run.h"

#define HEAD "tables: {orders: {file: orders.csv}}\nfeatures:\n  use: []\n  define:\n"
#define LATER "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n"

static wb_status fail_to_make(const char *folder, const char *project, wb_error *err)
{
    wb_features *features = NULL;
    put(folder, "orders.csv", "customer_id,ordered_at,amount\nA,2024-01-01,1\n");
    wb_status status = make_features(&features, folder, project, "2024-02-01", 1, err);
    assert_int_not_equal(status, WB_OK);
    assert_null(features);
    return status;
}

/* Line and character of a byte in a text. */
static void place_of(size_t *line, size_t *column, const char *text, const char *at)
{
    *line = *column = 1;
    for (; text < at; text++) {
        bool continuation = ((unsigned char)*text & 0xc0) == 0x80;
        *column = *text == '\n' ? 1 : *column + !continuation;
        *line += *text == '\n';
    }
}

static void test_the_place_is_that_in_the_file(void **state)
{
    static const char *const projects[] = {
        HEAD "    - {name: a, table: orders, agg: sum, of: amount + %}\n",
        HEAD "    - {name: a, table: orders, agg: sum, of: 'amount % 1'}\n",
        HEAD "    - {name: a, table: orders, agg: sum, of:   \"amount % 1\" , window: 30d}\n",
        HEAD "    - {name: a, table: orders, agg: sum, of: lower(amount)}\n",
        HEAD "    - name: a\n      table: orders\n      agg: count\n      where:   amount > 1 and % > 2   \n",
        HEAD "    - name: a\n      table: orders\n      agg: count\n      where:\n        amount > %\n",
        HEAD "    - {name: a, table: orders, agg: sum, of: amount, where: \"'\xc3\xa4\xe2\x82\xac' = 'x' or % \"}\n",
        HEAD "    - {name: a, table: orders, agg: count}\n    - {name: b, expr: 1 + amuont}\n",
        HEAD "    - {name: a, table: orders, agg: count}\n    - {name: b, expr: 'a + '}\n",
        "tables: {orders: {file: orders.csv, where: \"amount > 1 %\"}}\n" LATER,
        "tables:\n  orders:\n    file: orders.csv\n    columns:\n      x: {expr: '2 * %'}\n" LATER,
        "tables: {orders: {file: orders.csv}}\npopulation: {table: orders, where: \"1 < %\"}\n" LATER,
        "tables: {orders: {file: orders.csv}}\npopulation: {table: orders, since: amount}\n" LATER,
        "tables: {orders: {file: orders.csv}}\nlabel: {name: x, absent: orders, where: 'amount < %'}\n" LATER,
        "tables: {orders: {file: orders.csv}}\nlabel: {name: x, at: orders.amount}\n" LATER,
    };
    static const struct {
        const char *text;
        size_t at;
    } faults[] = {{"lower(amount)", 6}, {"1 + amuont", 4}, {"'a + '", 5}, {"since: amount", 7}, {"at: orders.amount", 11}};
    for (size_t i = 0; i < sizeof projects / sizeof projects[0]; i++) {
        wb_error err;
        size_t line, column;
        const char *at = strchr(projects[i], '%');
        for (size_t k = 0; at == NULL && k < sizeof faults / sizeof faults[0]; k++)
            at = strstr(projects[i], faults[k].text) == NULL ? NULL : strstr(projects[i], faults[k].text) + faults[k].at;
        assert_non_null(at);
        place_of(&line, &column, projects[i], at);
        fail_to_make(*state, projects[i], &err);
        if (err.line != line || err.column != column || strstr(err.file, "winback.yml") == NULL)
            fail_msg("%s:%zu:%zu: %s, not at %zu:%zu of\n%s", err.file, err.line, err.column, err.message, line, column,
                     projects[i]);
        assert_null(strstr(err.message, "of the expression"));
    }
}

static void test_expressions_that_do_not_stand_as_they_are(void **state)
{
    static const struct {
        const char *project, *words;
    } cases[] = {
        {HEAD "    - name: a\n      table: orders\n      agg: count\n      where: |\n        amount > 1\n        and %\n",
         "(at character 16 of the expression)"},
        {HEAD "    - name: a\n      table: orders\n      agg: count\n      where: amount > 1\n       and )\n",
         "(at character 16 of the expression)"},
        {HEAD "    -\n      name: a\n      table: orders\n      agg: count\n      where: 'x = ''y'' % '\n",
         "(at character 9 of the expression)"},
        {HEAD "    -\n      name: a\n      table: orders\n      agg: count\n      where: \"x = \\\"y % \"\n",
         "(at character 5 of the expression)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_error err;
        size_t line, column;
        place_of(&line, &column, cases[i].project, strstr(cases[i].project, "where"));
        fail_to_make(*state, cases[i].project, &err);
        if (err.line != line || err.column != 0 || strstr(err.message, cases[i].words) == NULL)
            fail_msg("%zu:%zu: %s, not on line %zu, '%s', of\n%s", err.line, err.column, err.message, line,
                     cases[i].words, cases[i].project);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_place_is_that_in_the_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_expressions_that_do_not_stand_as_they_are, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
