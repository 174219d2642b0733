/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions: the page's examples, cases worked by hand, types, errors, limits. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "expr_table.h"

static void answer(char *out, size_t size, table *t, const char *text, wbi_expr_type wanted)
{
    wb_error err;
    wbi_expr *expr = NULL;
    wbi_expr_scratch *scratch = NULL;
    wbi_vector slots[MAX_COLUMNS], result;
    t->asked[0] = '\0';
    for (size_t i = 0; i < t->n_columns; i++)
        slots[i] = column_from(&t->columns[i], 0);
    assert_ok(wbi_expr_scratch_create(&scratch, &err), &err);
    if (wbi_expr_parse(&expr, text, (wbi_where){0}, &err) == WB_OK &&
        wbi_expr_bind(expr, &(wbi_scope){resolve, t}, wanted, &err) == WB_OK &&
        wbi_expr_eval(expr, slots, t->n_rows, t->cutoff_us, scratch, &result, &err) == WB_OK) {
        assert_int_equal(result.type, wbi_expr_result(expr));
        show(out, size, &result, 0);
    } else {
        snprintf(out, size, "error: %s", err.message);
    }
    wbi_expr_free(expr);
    wbi_expr_scratch_free(scratch);
}

static void expect_as(table *t, const char *text, wbi_expr_type wanted, const char *expected)
{
    char got[1024];
    answer(got, sizeof got, t, text, wanted);
    if (strcmp(got, expected) != 0)
        fail_msg("%s\n  gives    %s\n  expected %s", text, got, expected);
}

static void expect(table *t, const char *text, const char *expected)
{
    expect_as(t, text, WBI_EXPR_ANY, expected);
}

/* --- the page --- */

static char *trim(char *text)
{
    while (*text == ' ')
        text++;
    for (size_t n = strlen(text); n > 0 && strchr(" \n", text[n - 1]) != NULL; n--)
        text[n - 1] = '\0';
    return text;
}

/* A row "| `name` | type | value |" of the page's example table. */
static void read_column(table *t, char *line)
{
    char *name = trim(strtok(line, "|")), *type = trim(strtok(NULL, "|")), *value = trim(strtok(NULL, "|"));
    bool missing = strcmp(value, "missing") == 0;
    name[strlen(name) - 1] = '\0';
    column *c = add_column(t, name + 1, WBI_EXPR_TEXT);
    wb_error err;
    if (strcmp(type, "number") == 0) {
        c->type = WBI_EXPR_NUMBER;
        c->numbers[0] = NAN;
        assert_true(missing || wbi_double_read(&c->numbers[0], value, strlen(value), '.'));
    } else if (strcmp(type, "time") == 0) {
        c->type = WBI_EXPR_TIME;
        c->times[0] = WB_TIME_MISSING;
        if (!missing)
            assert_ok(wb_time_parse(&c->times[0], value, 0, &err), &err);
    } else {
        assert_string_equal(type, "text");
        set_text(c, 0, missing ? NULL : value);
    }
}

static void page_examples_hold(void **state)
{
    (void)state;
    static table t;
    char line[1024];
    size_t n_examples = 0;
    bool fenced = false;
    FILE *page = fopen("../docs/expressions.md", "r");
    wb_error err;
    assert_non_null(page);
    t = (table){.n_rows = 1};
    assert_ok(wb_time_parse(&t.cutoff_us, "2024-07-01", 0, &err), &err);
    bool examples = false;
    while (fgets(line, sizeof line, page) != NULL) {
        examples |= strncmp(line, "## Examples", 11) == 0;
        if (strncmp(line, "```", 3) == 0)
            fenced = strncmp(line, "```examples", 11) == 0;
        else if (examples && strncmp(line, "| `", 3) == 0)
            read_column(&t, line);
        char *arrow = fenced ? strstr(line, "=> ") : NULL;
        if (arrow == NULL)
            continue;
        *arrow = '\0';
        expect(&t, trim(line), trim(arrow + 3));
        n_examples++;
    }
    fclose(page);
    assert_true(n_examples >= 40);
    assert_int_equal(t.n_columns, 11);
}

/* --- worked by hand --- */

static table *small_table(void)
{
    static table t;
    t = (table){.n_rows = 1, .cutoff_us = 19905 * WB_DAY_US}; /* 2024-07-01 */
    add_column(&t, "x", WBI_EXPR_NUMBER)->numbers[0] = 7;
    add_column(&t, "gone", WBI_EXPR_NUMBER)->numbers[0] = NAN;
    set_text(add_column(&t, "word", WBI_EXPR_TEXT), 0, "b");
    set_text(add_column(&t, "nothing", WBI_EXPR_TEXT), 0, NULL);
    add_column(&t, "wait", WBI_EXPR_DURATION)->times[0] = 3 * WB_HOUR_US;
    add_column(&t, "last_us", WBI_EXPR_TIME)->times[0] = INT64_MAX;
    add_column(&t, "first_us", WBI_EXPR_TIME)->times[0] = -INT64_MAX;
    add_column(&t, "never", WBI_EXPR_TIME)->times[0] = WB_TIME_MISSING;
    return &t;
}

/* Kleene's tables: false < unknown < true, and is the least, or the greatest, not turns the order round. */
static void logic_is_three_valued(void **state)
{
    (void)state;
    static const char *const spelled[3] = {"false", "(1 = null)", "true"}, *const shown[3] = {"false", "unknown",
                                                                                              "true"};
    char text[128];
    for (int a = 0; a < 3; a++) {
        snprintf(text, sizeof text, "not %s", spelled[a]);
        expect(small_table(), text, shown[2 - a]);
        for (int b = 0; b < 3; b++) {
            snprintf(text, sizeof text, "%s and %s", spelled[a], spelled[b]);
            expect(small_table(), text, shown[a < b ? a : b]);
            snprintf(text, sizeof text, "%s or %s", spelled[a], spelled[b]);
            expect(small_table(), text, shown[a > b ? a : b]);
        }
    }
}

/* Each comparison of less, equal and greater operands of each type, and of a missing one on either side. */
static void comparisons_of_every_type(void **state)
{
    (void)state;
    static const char *const operands[][3] = {
        /* small, great, missing */
        {"1.5", "x", "gone"},
        {"'a'", "word", "nothing"},
        {"'b'", "'ba'", "nothing"},
        {"first_us", "cutoff", "never"},
        {"minutes(3)", "wait", "minutes(gone)"},
        {"false", "true", "gone"},
    };
    static const struct {
        const char *op;
        bool less, equal, greater;
    } ops[] = {{"=", 0, 1, 0}, {"==", 0, 1, 0}, {"!=", 1, 0, 1}, {"<>", 1, 0, 1},
               {"<", 1, 0, 0}, {"<=", 1, 1, 0}, {">", 0, 0, 1},  {">=", 0, 1, 1}};
    for (size_t k = 0; k < sizeof operands / sizeof *operands; k++)
        for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
            for (int a = 0; a < 3; a++)
                for (int b = 0; b < 3; b++) {
                    char text[128];
                    snprintf(text, sizeof text, "%s %s %s", operands[k][a], ops[o].op, operands[k][b]);
                    bool truth = a < b ? ops[o].less : a == b ? ops[o].equal : ops[o].greater;
                    bool bare = k == 5 && a == 2 && b == 2; /* two numbers then, still unknown */
                    expect(small_table(), text, a == 2 || b == 2 || bare ? "unknown" : truth ? "true" : "false");
                }
}

static void worked_cases(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        /* precedence and association */
        {"2 + 3 * 4", "14"},
        {"(2 + 3) * 4", "20"},
        {"10 - 4 - 3", "3"},
        {"24 / 4 / 2", "3"},
        {"24 / 4 * 2", "12"},
        {"-2 * -3 - -1", "7"},
        {"--2", "2"},
        {"- x + 1", "-6"},
        {"1 + 1 = 2 and 2 < 1 + 2", "true"},
        {"true or true and false", "true"},
        {"(true or true) and false", "false"},
        {"not false and false", "false"},
        {"not (false and false)", "true"},
        {"not x = 8", "true"},
        {"not not x in (7)", "true"},
        {"x in (1, 2) or x not in (1, 2)", "true"},
        {"x + 1 is not null", "true"},
        {"NOT x IS NULL AND X_IS_NOT_NULL(1)", "error: there is no function 'X_IS_NOT_NULL'"},
        {"NOT x IS NULL AND Abs(-x) In (7, NULL)", "true"},
        {".5 + 1.5e1 + 2E-1 + 3.", "18.7"},
        /* missing */
        {"x + gone", "missing"},
        {"-gone", "missing"},
        {"0 * gone", "missing"},
        {"gone = gone", "unknown"},
        {"null = null", "unknown"},
        {"null is null", "true"},
        {"nothing is null and never is null and gone is null", "true"},
        {"(gone > 1) is null", "true"},
        {"word is null", "false"},
        {"null", "missing"},
        {"-null", "missing"},
        {"x in (7, null)", "true"},
        {"x in (8, null)", "unknown"},
        {"x not in (8, null)", "unknown"},
        {"x not in (7, null)", "false"},
        {"gone in (7)", "unknown"},
        {"null in (7, 8)", "unknown"},
        {"if(gone > 0, 1, 2)", "2"},
        {"if(gone, 1, 2)", "2"},
        {"if(x, 1, 2)", "1"},
        {"if(x - 7, 1, 2)", "2"},
        {"if(true, null, word)", "missing"},
        {"if(false, null, word)", "'b'"},
        {"coalesce(nothing, null, word)", "'b'"},
        {"coalesce(gone, null)", "missing"},
        {"coalesce(never, cutoff)", "2024-07-01"},
        {"coalesce(gone > 1, true)", "true"},
        {"least(gone, x, 9)", "7"},
        {"greatest(gone, x, 9)", "9"},
        {"least(gone, null)", "missing"},
        {"greatest('a', word, nothing)", "'b'"},
        {"least(wait, hours(2), null)", "2h"},
        {"least(never, '2024-03-01', cutoff)", "2024-03-01"},
        {"greatest(false, gone is null)", "true"},
        {"starts_with(nothing, 'a')", "unknown"},
        {"starts_with(word, null)", "unknown"},
        {"starts_with('', '')", "true"},
        {"starts_with('ab', 'abc')", "false"},
        {"contains(nothing, 'a')", "unknown"},
        {"contains(word, null)", "unknown"},
        {"contains('late,refund', 'refund')", "true"},
        {"contains('refun', 'refund')", "false"},
        {"contains('', '')", "true"},
        {"lower(nothing)", "missing"},
        {"lower('AbZ[@\xc3\x84')", "'abz[@\xc3\x84'"},
        {"lower('X') = 'x'", "true"},
        /* numbers */
        {"0 / 0", "missing"},
        {"-1 / 0", "missing"},
        {"1e308 * 10", "missing"},
        {"1e308 + 1e308", "missing"},
        {"1e308 * 10 is null", "true"},
        {"log1p(-1)", "missing"},
        {"log1p(-2)", "missing"},
        {"log1p(0)", "0"},
        {"abs(-x)", "7"},
        {"abs(gone)", "missing"},
        /* times and durations */
        {"hours(wait)", "3"},
        {"minutes(wait)", "180"},
        {"days(wait)", "0.125"},
        {"hours(1.5)", "1.5h"},
        {"days(1) + hours(1)", "25h"},
        {"days(1) - hours(25)", "-1h"},
        {"-wait", "-3h"},
        {"abs(-wait)", "3h"},
        {"wait * 2", "6h"},
        {"0.5 * wait", "1.5h"},
        {"wait / 4", "0.75h"},
        {"wait / hours(2)", "1.5"},
        {"wait / 0", "missing"},
        {"wait / minutes(0)", "missing"},
        {"wait * gone", "missing"},
        {"cutoff + wait", "2024-07-01T03:00:00Z"},
        {"wait + cutoff", "2024-07-01T03:00:00Z"},
        {"cutoff - days(1)", "2024-06-30"},
        {"cutoff - (cutoff - wait)", "3h"},
        {"cutoff - never", "missing"},
        {"never + wait", "missing"},
        {"last_us + wait", "missing"},
        {"first_us - wait", "missing"},
        {"first_us - minutes(1e-6 / 60)", "missing"},
        {"first_us - last_us", "missing"},
        {"last_us - first_us", "missing"},
        {"(last_us - cutoff) * 1000", "missing"},
        {"days(1e300)", "missing"},
        {"-days(-1e300)", "missing"},
        {"minutes(1.5e-6 / 60) = minutes(2e-6 / 60)", "true"}, /* rounded to the microsecond, ties to even */
        {"cutoff in ('2024-06-30', '2024-07-01T02:00:00+02:00')", "true"},
        {"cutoff < '2024-07-01T00:00:01'", "true"},
        {"'2024-07-01' = cutoff", "true"},
        /* numbers for bools */
        {"x and true", "true"},
        {"x - 7 or false", "false"},
        {"not gone", "unknown"},
        {"true = x", "true"},
        {"x = (1 > 0)", "true"},
        {"true in (x, false)", "true"},
        /* names */
        {"\"x\" * 2", "14"},
        {"days", "error: no column 'days'"},
        {"\"in\"", "error: no column 'in'"},
        {"\"a\"\"b\"", "error: no column 'a\"b'"},
        {"masked > 1", "error: masked is not to be named here"},
        {"'it''s'", "'it's'"},
        {"''", "''"},
        {"'\"'", "'\"'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(small_table(), cases[i][0], cases[i][1]);
}

static void whole_expression_conversions(void **state)
{
    (void)state;
    expect_as(small_table(), "x > 3", WBI_EXPR_NUMBER, "1");
    expect_as(small_table(), "x < 3", WBI_EXPR_NUMBER, "0");
    expect_as(small_table(), "gone < 3", WBI_EXPR_NUMBER, "missing");
    expect_as(small_table(), "true", WBI_EXPR_NUMBER, "1");
    expect_as(small_table(), "x", WBI_EXPR_BOOL, "true");
    expect_as(small_table(), "gone", WBI_EXPR_BOOL, "unknown");
    expect_as(small_table(), "0", WBI_EXPR_BOOL, "false");
    expect_as(small_table(), "null", WBI_EXPR_BOOL, "unknown");
    expect_as(small_table(), "null", WBI_EXPR_TEXT, "missing");
    expect_as(small_table(), "null", WBI_EXPR_TIME, "missing");
    expect_as(small_table(), "'2024-07-01'", WBI_EXPR_TIME, "2024-07-01");
    expect_as(small_table(), "word", WBI_EXPR_NUMBER, "error: word is text, a number is needed");
    expect_as(small_table(), "word", WBI_EXPR_BOOL, "error: word is text, true or false is needed");
    expect_as(small_table(), "cutoff - cutoff", WBI_EXPR_NUMBER,
              "error: 'cutoff - cutoff' is a duration, a number is needed");
}

static void types_are_checked(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"word + 1", "word is text, a number is needed in 'word + 1'"},
        {"1 + word", "word is text, a number is needed in '1 + word'"},
        {"-word", "word is text, a number is needed in '-word'"},
        {"cutoff + cutoff", "cutoff is a time, a duration is needed in 'cutoff + cutoff'"},
        {"x - cutoff", "x is a number, a time is needed in 'x - cutoff'"},
        {"wait - cutoff", "wait is a duration, a time is needed in 'wait - cutoff'"},
        {"wait * wait", "wait is a duration, a number is needed in 'wait * wait'"},
        {"(x > 1) + 1", "'x > 1' is true or false, a number is needed in '(x > 1) + 1'"},
        {"if(x > 1, true, x)", "x is a number, true or false is needed in 'if(x > 1, true, x)'"},
        {"if(x > 1, 1, 'a')", "'a' is text, a number is needed in 'if(x > 1, 1, 'a')'"},
        {"coalesce(gone, x > 1)", "gone is a number, true or false is needed in 'coalesce(gone, x > 1)'"},
        {"word and true", "word is text, true or false is needed in 'word and true'"},
        {"not cutoff", "cutoff is a time, true or false is needed in 'not cutoff'"},
        {"x = 'a'", "'a' is text, a number is needed in 'x = 'a''"},
        {"word in (1, 2)", "word is text, a number is needed in 'word in (1, 2)'"},
        {"x < wait", "wait is a duration, a number is needed in 'x < wait'"},
        {"least(x, cutoff)", "x is a number, a time is needed in 'least(x, cutoff)'"},
        {"cutoff > '2023-02-29'", "'2023-02-29' is not a time (wanted: YYYY-MM-DD or an ISO instant)"},
        {"starts_with(x, '7')", "x is a number, text is needed in 'starts_with(x, '7')'"},
        {"log1p(wait)", "wait is a duration, a number is needed in 'log1p(wait)'"},
        {"hours(cutoff)", "cutoff is a time, a duration is needed in 'hours(cutoff)'"},
        {"abs(word)", "word is text, a number is needed in 'abs(word)'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[512];
        snprintf(expected, sizeof expected, "error: %s", cases[i][1]);
        expect(small_table(), cases[i][0], expected);
    }
}

/* What undeclared names are asked to be. */
static void names_are_asked_for_what_is_needed(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"priority in ('high', 'urgent')", "priority:text"},
        {"least(first_reply_at, cutoff)", "first_reply_at:time"},
        {"opened_at + minutes(x)", "x:number opened_at:time"},
        {"opened_at - days(30) < cutoff", "opened_at:time"},
        {"hours(resolved_at - opened_at) > 24", "resolved_at:time opened_at:time"},
        {"hours(resolved_at - opened_at)", "resolved_at:time opened_at:time"},
        {"resolved_at - opened_at > days(2)", "resolved_at:time opened_at:time"},
        {"a + b * 2", "b:number a:number"},
        {"a - b", "a:number b:number"},
        {"days(a)", "a:number"},
        {"a = b", "a:any b:text"},
        {"a = 1 and b = 'x' and c", "a:number b:text c:bool"},
        {"2 < a and a < 'z'", "a:number a:text"},
        {"starts_with(a, b)", "a:text b:text"},
        {"lower(a) = b", "a:text b:text"},
        {"a is null", "a:any"},
        {"if(a, b, 0) / c", "a:bool b:number c:number"},
        {"coalesce(a, 'none')", "a:text"},
        {"cutoff - a", "a:time"},
        {"a > cutoff", "a:time"},
        {"log1p(a) + abs(b)", "a:number b:number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        table *t = small_table();
        wbi_expr *expr;
        wb_error err;
        assert_ok(wbi_expr_parse(&expr, cases[i][0], (wbi_where){0}, &err), &err);
        assert_ok(wbi_expr_bind(expr, &(wbi_scope){oblige, t}, WBI_EXPR_ANY, &err), &err);
        assert_string_equal(t->asked, cases[i][1]);
        wbi_expr_free(expr);
    }
}

static void names_are_listed_once(void **state)
{
    (void)state;
    wbi_expr *expr;
    wb_error err;
    assert_ok(wbi_expr_parse(&expr, "b + \"a c\" * b - A / days(\"b\" * cutoff)", (wbi_where){0}, &err), &err);
    assert_int_equal(wbi_expr_n_names(expr), 3);
    assert_string_equal(wbi_expr_name(expr, 0), "b");
    assert_string_equal(wbi_expr_name(expr, 1), "a c");
    assert_string_equal(wbi_expr_name(expr, 2), "A");
    assert_true(wbi_expr_uses_cutoff(expr));
    wbi_expr_free(expr);
    assert_ok(wbi_expr_parse(&expr, "\"cutoff\" + 1", (wbi_where){0}, &err), &err);
    assert_false(wbi_expr_uses_cutoff(expr));
    wbi_expr_free(expr);
}

/* Bound to one table, then to another in which the columns have other types. */
static void binding_again_forgets_the_first(void **state)
{
    (void)state;
    wbi_expr *expr;
    wb_error err;
    static table t;
    assert_ok(wbi_expr_parse(&expr, "a = '2024-01-01'", (wbi_where){0}, &err), &err);
    for (int pass = 0; pass < 3; pass++) {
        t = (table){.n_rows = 1};
        column *c = add_column(&t, "a", pass == 1 ? WBI_EXPR_TEXT : WBI_EXPR_TIME);
        c->times[0] = 19723 * WB_DAY_US;
        set_text(c, 0, "2024-01-01");
        wbi_vector slot = column_from(c, 0), result;
        wbi_expr_scratch *scratch;
        assert_ok(wbi_expr_bind(expr, &(wbi_scope){resolve, &t}, WBI_EXPR_BOOL, &err), &err);
        assert_ok(wbi_expr_scratch_create(&scratch, &err), &err);
        assert_ok(wbi_expr_eval(expr, &slot, 1, 0, scratch, &result, &err), &err);
        assert_int_equal(result.bools[0], WBI_TRUE);
        wbi_expr_scratch_free(scratch);
    }
    wbi_expr_free(expr);
}

/* --- overflow --- */

static size_t overflows(table *t, const char *text)
{
    wb_error err;
    wbi_expr *expr;
    wbi_expr_scratch *scratch;
    wbi_vector slot = column_from(&t->columns[0], 0), result;
    assert_ok(wbi_expr_parse(&expr, text, (wbi_where){0}, &err), &err);
    assert_ok(wbi_expr_bind(expr, &(wbi_scope){resolve, t}, WBI_EXPR_ANY, &err), &err);
    assert_ok(wbi_expr_scratch_create(&scratch, &err), &err);
    assert_ok(wbi_expr_eval(expr, &slot, t->n_rows, 0, scratch, &result, &err), &err);
    size_t n = result.n_overflows;
    wbi_expr_scratch_free(scratch);
    wbi_expr_free(expr);
    return n;
}

/* x is missing, 0, 1, 1e308, -1e308. */
static void only_what_overflew_is_counted(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {"x", 0},         {"x + x", 2},   {"x - 1e308", 1},       {"x * 2", 2},      {"x * x", 2},
        {"x / 0.5", 2},   {"x / 0", 0},   {"0 / x", 0},           {"1e308 / x", 0},  {"1 / (x - x)", 0},
        {"x / 1e-9", 2},  {"-x", 0},      {"abs(x) * 10", 2},     {"log1p(x)", 0},   {"x * 10 * 10", 2},
        {"x * 10 > 1", 2}, {"coalesce(x * 10, 0)", 0}, {"least(x * 10, x)", 0}, {"x * 10 is null", 0},
        {"if(abs(x) > 1, x, x * 10)", 0}, {"if(x > 1, x * 10, 0)", 1}, {"if(x * 10 > 1, 1, 0)", 0},
        {"x * 10 > 1 or x > 1", 1},
    };
    static const double values[] = {NAN, 0, 1, 1e308, -1e308};
    static table t;
    (void)state;
    t = (table){.n_rows = 5};
    memcpy(add_column(&t, "x", WBI_EXPR_NUMBER)->numbers, values, sizeof values);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (overflows(&t, cases[i].text) != cases[i].n)
            fail_msg("%s overflows %zu times, not %zu", cases[i].text, overflows(&t, cases[i].text), cases[i].n);
}

/* --- positions and limits --- */

static void errors_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t column; /* 1-based character in the expression */
        const char *value;
    } cases[] = {{"amount > )", 10, ")"},
                 {"", 1, ""},
                 {"x >", 4, ""},
                 {"'\xc3\xa4\xc3\xa4' + )", 8, ")"},
                 {"x = 'open", 5, "'open"},
                 {"1 + 2q", 5, "2q"},
                 {"x # 2", 3, "#"},
                 {"a + \xe2\x82\xac", 5, "\xe2\x82\xac"},
                 {"1e999", 1, "1e999"},
                 {"x not 3", 7, "3"},
                 {"\"\"", 1, "\"\""},
                 {"(x", 3, ""},
                 {"x)", 2, ")"},
                 {"foo(1)", 1, "foo"},
                 {"x in 3", 6, "3"},
                 {"x in ()", 7, ")"},
                 {"least(1,)", 9, ")"},
                 {"and (x)", 1, "and"},
                 {"x + not (y)", 5, "not"},
                 {"a & b", 3, "&"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wbi_expr *expr = NULL;
        wb_error err;
        assert_int_equal(wbi_expr_parse(&expr, cases[i].text, (wbi_where){"w.yml", 7, 1}, &err), WB_ERR_MALFORMED);
        assert_null(expr);
        assert_string_equal(err.file, "w.yml");
        assert_int_equal(err.line, 7);
        assert_int_equal(err.column, cases[i].column);
        assert_string_equal(err.value, cases[i].value);
        assert_int_equal(wbi_expr_parse(&expr, cases[i].text, (wbi_where){NULL, 0, 20}, &err), WB_ERR_MALFORMED);
        assert_int_equal(err.column, cases[i].column + 19);
        assert_int_equal(wbi_expr_parse(&expr, cases[i].text, (wbi_where){0}, NULL), WB_ERR_MALFORMED);
        assert_int_equal(wbi_expr_parse(&expr, cases[i].text, (wbi_where){"w.yml", 7, 0}, &err), WB_ERR_MALFORMED);
        char words[64];
        snprintf(words, sizeof words, " (at character %zu of the expression)", cases[i].column);
        assert_int_equal(err.line, 7);
        assert_int_equal(err.column, 0);
        assert_non_null(strstr(err.message, words));
    }
    wbi_expr *expr;
    wb_error err;
    assert_ok(wbi_expr_parse(&expr, "1 + word", (wbi_where){"w.yml", 3, 10}, &err), &err);
    assert_int_equal(wbi_expr_bind(expr, &(wbi_scope){resolve, small_table()}, WBI_EXPR_ANY, &err),
                     WB_ERR_INCONSISTENT);
    assert_int_equal(err.column, 14);
    assert_int_equal(err.line, 3);
    assert_string_equal(err.value, "word");
    wbi_expr_free(expr);
    assert_int_equal(wbi_expr_parse(&expr, "x + '\xff'", (wbi_where){0}, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, "byte 6 of the expression is not UTF-8");
}

/* `n` times `before`, then `middle`, then `n` times `after`. */
static char *repeated(size_t n, const char *before, const char *middle, const char *after)
{
    size_t size = n * (strlen(before) + strlen(after)) + strlen(middle) + 1;
    char *text = malloc(size), *to = text;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        to += sprintf(to, "%s", before);
    to += sprintf(to, "%s", middle);
    for (size_t i = 0; i < n; i++)
        to += sprintf(to, "%s", after);
    return text;
}

static void limits_hold(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *before, *middle, *after, *expected;
    } cases[] = {
        {199, "(", "x", ")", "7"},
        {60000, "(", "x", "", "levels"},
        {30000, "(", "x", ")", "levels"},
        {40000, "(", "x", ")", "at most 65536"},
        {198, "-", "x", "", "7"},
        {65000, "-", "x", "", "levels"},
        {16000, "not ", "x", "", "levels"},
        {190, "not ", "true", "", "true"},
        {9000, "minutes", "x", "", "no column"},
        {9000, "abs(", "x", "", "levels"},
        {199, "", "x", " + 1", "206"},
        {200, "", "x", " + 1", "levels"},
        {6000, "", "x = 9", " or x = 8", "false"},
        {6000, "", "x = 7", " and x = 7", "true"},
        {20000, "", "x in (7", ", 8", "',' or ')'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = repeated(cases[i].n, cases[i].before, cases[i].middle, cases[i].after), got[1024];
        answer(got, sizeof got, small_table(), text, WBI_EXPR_ANY);
        if (strstr(got, cases[i].expected) == NULL)
            fail_msg("case %zu: %s", i, got);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_examples_hold),
        cmocka_unit_test(logic_is_three_valued),
        cmocka_unit_test(comparisons_of_every_type),
        cmocka_unit_test(worked_cases),
        cmocka_unit_test(whole_expression_conversions),
        cmocka_unit_test(types_are_checked),
        cmocka_unit_test(names_are_asked_for_what_is_needed),
        cmocka_unit_test(names_are_listed_once),
        cmocka_unit_test(binding_again_forgets_the_first),
        cmocka_unit_test(only_what_overflew_is_counted),
        cmocka_unit_test(errors_have_their_place),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
