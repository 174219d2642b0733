/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions: random ones against an evaluator of one row, hostile text, failing memory. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "expr_table.h"

/* --- random expressions against an evaluator of one row --- */

typedef struct value {
    wbi_expr_type type;
    bool missing, truth;
    double number;
    int64_t us;
    char text[CELL_CHARS];
} value;

static uint64_t seed;

static unsigned any_of(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

enum { MAX_TREE = 512, MAX_CHILDREN = 4, RANDOM_ROWS = 97 };

/* Strength of binding, for brackets only where they are needed. */
typedef enum strength { OR = 1, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, PRIMARY } strength;

typedef struct tree {
    char op[16]; /* as written; "#": leaf */
    strength binds;
    wbi_expr_type type;
    int children[MAX_CHILDREN];
    int n;
    value constant;
    int column; /* -1: constant */
} tree;

typedef struct forest {
    tree nodes[MAX_TREE];
    int n;
} forest;

static int grow(forest *f, wbi_expr_type type, int depth);

static int leaf(forest *f, wbi_expr_type type)
{
    static const char *const texts[] = {"", "a", "ab", "B", "it's"};
    int at = f->n++;
    tree *node = &f->nodes[at];
    *node = (tree){.op = "#", .binds = PRIMARY, .type = type, .column = -1};
    node->constant = (value){.type = type};
    if (type == WBI_EXPR_BOOL) {
        node->constant.truth = any_of(2);
    } else if (type == WBI_EXPR_DURATION || any_of(3) > 0) {
        node->column = (int)((type - WBI_EXPR_NUMBER) * 2 + any_of(2));
    } else if (type == WBI_EXPR_NUMBER) {
        node->constant.number = any_of(7);
    } else if (type == WBI_EXPR_TEXT) {
        snprintf(node->constant.text, CELL_CHARS, "%s", texts[any_of(5)]);
    } else {
        node->column = -2; /* cutoff */
    }
    return at;
}

/* A node with operands of the types given by letters: n number, s text, t time, d duration, b bool, 0 null (a leaf). */
static int inner(forest *f, wbi_expr_type type, const char *op, strength binds, const char *letters, int depth)
{
    int children[MAX_CHILDREN], n = 0;
    for (; letters[n] != '\0'; n++) {
        static const char alphabet[] = " nstdb";
        if (letters[n] == '0') {
            children[n] = leaf(f, type);
            f->nodes[children[n]].column = -3;
        } else {
            children[n] = grow(f, (wbi_expr_type)(strchr(alphabet, letters[n]) - alphabet), depth - 1);
        }
    }
    int at = f->n++;
    f->nodes[at] = (tree){.binds = binds, .type = type, .n = n};
    snprintf(f->nodes[at].op, sizeof f->nodes[at].op, "%s", op);
    memcpy(f->nodes[at].children, children, sizeof children);
    return at;
}

typedef struct rule {
    wbi_expr_type type;
    const char *op;
    strength binds;
    const char *operands;
} rule;

static const rule rules[] = {
    {WBI_EXPR_NUMBER, "+", SUM, "nn"},
    {WBI_EXPR_NUMBER, "-", SUM, "nn"},
    {WBI_EXPR_NUMBER, "*", PRODUCT, "nn"},
    {WBI_EXPR_NUMBER, "/", PRODUCT, "nn"},
    {WBI_EXPR_NUMBER, "neg", UNARY, "n"},
    {WBI_EXPR_NUMBER, "/", PRODUCT, "dd"},
    {WBI_EXPR_NUMBER, "hours", PRIMARY, "d"},
    {WBI_EXPR_NUMBER, "abs", PRIMARY, "n"},
    {WBI_EXPR_NUMBER, "log1p", PRIMARY, "n"},
    {WBI_EXPR_NUMBER, "if", PRIMARY, "bnn"},
    {WBI_EXPR_NUMBER, "least", PRIMARY, "nn0"},
    {WBI_EXPR_NUMBER, "greatest", PRIMARY, "nnn"},
    {WBI_EXPR_NUMBER, "coalesce", PRIMARY, "0nn"},
    {WBI_EXPR_TEXT, "lower", PRIMARY, "s"},
    {WBI_EXPR_TEXT, "if", PRIMARY, "bss"},
    {WBI_EXPR_TEXT, "coalesce", PRIMARY, "ss"},
    {WBI_EXPR_TEXT, "least", PRIMARY, "ss"},
    {WBI_EXPR_TEXT, "greatest", PRIMARY, "sss"},
    {WBI_EXPR_TIME, "+", SUM, "td"},
    {WBI_EXPR_TIME, "+", SUM, "dt"},
    {WBI_EXPR_TIME, "-", SUM, "td"},
    {WBI_EXPR_TIME, "least", PRIMARY, "tt"},
    {WBI_EXPR_TIME, "greatest", PRIMARY, "tt"},
    {WBI_EXPR_TIME, "coalesce", PRIMARY, "t0t"},
    {WBI_EXPR_TIME, "if", PRIMARY, "btt"},
    {WBI_EXPR_DURATION, "-", SUM, "tt"},
    {WBI_EXPR_DURATION, "+", SUM, "dd"},
    {WBI_EXPR_DURATION, "-", SUM, "dd"},
    {WBI_EXPR_DURATION, "*", PRODUCT, "dn"},
    {WBI_EXPR_DURATION, "*", PRODUCT, "nd"},
    {WBI_EXPR_DURATION, "/", PRODUCT, "dn"},
    {WBI_EXPR_DURATION, "neg", UNARY, "d"},
    {WBI_EXPR_DURATION, "abs", PRIMARY, "d"},
    {WBI_EXPR_DURATION, "hours", PRIMARY, "n"},
    {WBI_EXPR_DURATION, "least", PRIMARY, "dd"},
    {WBI_EXPR_BOOL, "<", COMPARE, "nn"},
    {WBI_EXPR_BOOL, ">=", COMPARE, "ss"},
    {WBI_EXPR_BOOL, "<=", COMPARE, "tt"},
    {WBI_EXPR_BOOL, ">", COMPARE, "dd"},
    {WBI_EXPR_BOOL, "=", COMPARE, "ss"},
    {WBI_EXPR_BOOL, "!=", COMPARE, "bb"},
    {WBI_EXPR_BOOL, "=", COMPARE, "nn"},
    {WBI_EXPR_BOOL, "and", AND, "bb"},
    {WBI_EXPR_BOOL, "or", OR, "bb"},
    {WBI_EXPR_BOOL, "and", AND, "bbb"},
    {WBI_EXPR_BOOL, "or", OR, "bnb"},
    {WBI_EXPR_BOOL, "not", NOT, "b"},
    {WBI_EXPR_BOOL, "not", NOT, "n"},
    {WBI_EXPR_BOOL, "is null", COMPARE, "n"},
    {WBI_EXPR_BOOL, "is not null", COMPARE, "s"},
    {WBI_EXPR_BOOL, "is null", COMPARE, "b"},
    {WBI_EXPR_BOOL, "in", COMPARE, "nn0n"},
    {WBI_EXPR_BOOL, "in", COMPARE, "sss"},
    {WBI_EXPR_BOOL, "not in", COMPARE, "ttt"},
    {WBI_EXPR_BOOL, "starts_with", PRIMARY, "ss"},
    {WBI_EXPR_BOOL, "contains", PRIMARY, "ss"},
    {WBI_EXPR_BOOL, "if", PRIMARY, "bbb"},
    {WBI_EXPR_BOOL, "coalesce", PRIMARY, "bb"},
};

static int grow(forest *f, wbi_expr_type type, int depth)
{
    if (depth == 0 || f->n > MAX_TREE / 2 || any_of(6) == 0)
        return leaf(f, type);
    for (;;) {
        const rule *r = &rules[any_of(sizeof rules / sizeof *rules)];
        if (r->type == type)
            return inner(f, type, r->op, r->binds, r->operands, depth);
    }
}

static const char *plain_literal(const char *text)
{
    static char literal[CELL_CHARS + 2];
    snprintf(literal, sizeof literal, "'%s'", text);
    return literal;
}

static void write_leaf(FILE *out, const tree *node)
{
    static const char *const columns[] = {"n1", "n2", "s1", "s2", "t1", "t2", "d1", "d2"};
    if (node->column == -3)
        fputs("null", out);
    else if (node->column == -2)
        fputs("cutoff", out);
    else if (node->column >= 0)
        fputs(columns[node->column], out);
    else if (node->type == WBI_EXPR_NUMBER)
        fprintf(out, "%g", node->constant.number);
    else if (node->type == WBI_EXPR_BOOL)
        fputs(node->constant.truth ? "true" : "false", out);
    else
        fputs(strcmp(node->constant.text, "it's") == 0 ? "'it''s'" : plain_literal(node->constant.text), out);
}

static void write_tree(FILE *out, const forest *f, int at, strength needed);

static void write_list(FILE *out, const forest *f, const tree *node, int from)
{
    fputc('(', out);
    for (int i = from; i < node->n; i++) {
        fputs(i > from ? ", " : "", out);
        write_tree(out, f, node->children[i], OR);
    }
    fputc(')', out);
}

static void write_infix(FILE *out, const forest *f, const tree *node)
{
    bool list = strstr(node->op, "in") == node->op || strcmp(node->op, "not in") == 0;
    /* left to right: the right operand of one level needs brackets, comparisons need them on both sides */
    strength left = node->binds == COMPARE ? SUM : node->binds, right = (strength)(node->binds + 1);
    if (node->binds == OR || node->binds == AND)
        left = right;
    write_tree(out, f, node->children[0], left);
    for (int i = 1; i < (list ? 2 : node->n); i++) {
        fprintf(out, " %s ", node->op);
        if (list)
            write_list(out, f, node, 1);
        else
            write_tree(out, f, node->children[i], right);
    }
    if (node->n == 1)
        fprintf(out, " %s", node->op);
}

static void write_tree(FILE *out, const forest *f, int at, strength needed)
{
    const tree *node = &f->nodes[at];
    bool bracket = node->binds < needed || any_of(12) == 0;
    fputs(bracket ? "(" : "", out);
    if (node->n == 0) {
        write_leaf(out, node);
    } else if (node->binds == PRIMARY) {
        fputs(node->op, out);
        write_list(out, f, node, 0);
    } else if (node->binds == UNARY || node->binds == NOT) {
        fputs(node->binds == NOT ? "not " : "-", out);
        write_tree(out, f, node->children[0], node->binds);
    } else {
        write_infix(out, f, node);
    }
    fputs(bracket ? ")" : "", out);
}

/* -1, 0, 1 */
static int order(const value *a, const value *b)
{
    switch (a->type) {
    case WBI_EXPR_NUMBER:
        return (a->number > b->number) - (a->number < b->number);
    case WBI_EXPR_TEXT: {
        int c = strcmp(a->text, b->text);
        return (c > 0) - (c < 0);
    }
    case WBI_EXPR_BOOL:
        return a->truth - b->truth;
    default:
        return (a->us > b->us) - (a->us < b->us);
    }
}

static value number_value(double x)
{
    return (value){.type = WBI_EXPR_NUMBER, .missing = !isfinite(x), .number = x};
}

static value bool_value(bool missing, bool truth)
{
    return (value){.type = WBI_EXPR_BOOL, .missing = missing, .truth = !missing && truth};
}

__extension__ typedef __int128 wide;

/* What does not fit into 64 bits is missing. */
static value us_value(wbi_expr_type type, bool missing, wide us)
{
    missing = missing || us > INT64_MAX || us <= INT64_MIN;
    return (value){.type = type, .missing = missing, .us = missing ? 0 : (int64_t)us};
}

static value scaled_value(bool missing, double us)
{
    missing = missing || !(us < 9.2233720368547758e18 && us > -9.2233720368547758e18);
    return us_value(WBI_EXPR_DURATION, missing, missing ? 0 : (wide)rint(us));
}

static value as_bool(value v)
{
    return v.type == WBI_EXPR_NUMBER ? bool_value(v.missing, v.number != 0) : v;
}

static value plain_arithmetic(const tree *node, const value *a, const value *b)
{
    char op = node->op[0];
    bool missing = a->missing || b->missing;
    if (missing)
        return (value){.type = node->type, .missing = true};
    if (a->type == WBI_EXPR_NUMBER && b->type == WBI_EXPR_NUMBER) {
        double x = a->number, y = b->number;
        return number_value(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y);
    }
    if (op == '+' || op == '-')
        return us_value(node->type, false, op == '+' ? (wide)a->us + b->us : (wide)a->us - b->us);
    if (op == '/' && b->type == WBI_EXPR_DURATION)
        return number_value((double)a->us / (double)b->us);
    if (op == '*')
        return scaled_value(false, a->type == WBI_EXPR_NUMBER ? a->number * (double)b->us : (double)a->us * b->number);
    return scaled_value(false, (double)a->us / b->number);
}

static value plain_compare(const char *op, const value *a, const value *b)
{
    int c = order(a, b);
    bool truth = strcmp(op, "<") == 0    ? c < 0
                 : strcmp(op, "<=") == 0 ? c <= 0
                 : strcmp(op, ">") == 0  ? c > 0
                 : strcmp(op, ">=") == 0 ? c >= 0
                 : strcmp(op, "=") == 0  ? c == 0
                                         : c != 0;
    return bool_value(a->missing || b->missing, truth);
}

/* true when one operand is `decisive`, else unknown when one is missing: or; and is its mirror. */
static value plain_logic(bool decisive, const value *operands, int n)
{
    bool missing = false;
    for (int i = 0; i < n; i++) {
        value v = as_bool(operands[i]);
        if (!v.missing && v.truth == decisive)
            return bool_value(false, decisive);
        missing |= v.missing;
    }
    return bool_value(missing, !decisive);
}

static value plain_in(const value *v, int n)
{
    bool missing = v[0].missing;
    for (int i = 1; i < n; i++) {
        if (!v[0].missing && !v[i].missing && order(&v[0], &v[i]) == 0)
            return bool_value(false, true);
        missing |= v[i].missing;
    }
    return bool_value(missing, false);
}

static value plain_pick(const char *op, const value *v, int n)
{
    value best = v[0];
    for (int i = 1; i < n; i++) {
        if (v[i].missing)
            continue;
        int c = best.missing                  ? 1
                : strcmp(op, "least") == 0    ? order(&best, &v[i])
                : strcmp(op, "greatest") == 0 ? order(&v[i], &best)
                                              : 0;
        if (c > 0)
            best = v[i];
    }
    return best;
}

static value plain_function(const tree *node, value *v)
{
    const char *op = node->op;
    if (strcmp(op, "if") == 0)
        return !as_bool(v[0]).missing && as_bool(v[0]).truth ? v[1] : v[2];
    if (strcmp(op, "neg") == 0 || (strcmp(op, "abs") == 0 && (v[0].number < 0 || v[0].us < 0))) {
        v[0].number = -v[0].number;
        v[0].us = -v[0].us;
        return v[0];
    }
    if (strcmp(op, "lower") == 0)
        for (char *c = v[0].text; *c != '\0'; c++)
            *c = *c == 'B' ? 'b' : *c;
    if (strcmp(op, "hours") == 0 && node->type == WBI_EXPR_NUMBER)
        return v[0].missing ? number_value(NAN) : number_value((double)v[0].us / 3.6e9);
    if (strcmp(op, "hours") == 0)
        return scaled_value(v[0].missing, v[0].number * 3.6e9);
    if (strcmp(op, "log1p") == 0)
        return v[0].missing ? v[0] : number_value(log1p(v[0].number));
    if (strcmp(op, "starts_with") == 0)
        return bool_value(v[0].missing || v[1].missing, strncmp(v[0].text, v[1].text, strlen(v[1].text)) == 0);
    if (strcmp(op, "contains") == 0)
        return bool_value(v[0].missing || v[1].missing, strstr(v[0].text, v[1].text) != NULL);
    return v[0]; /* lower, abs of what is not negative */
}

static value cell(const table *t, const tree *node, size_t row)
{
    if (node->column == -1)
        return node->constant;
    if (node->column < 0)
        return (value){.type = node->type, .missing = node->column == -3, .us = t->cutoff_us};
    const column *c = &t->columns[node->column];
    value v = {.type = c->type};
    if (c->type == WBI_EXPR_NUMBER)
        v = number_value(c->numbers[row]);
    else if (c->type == WBI_EXPR_TEXT)
        v.missing = c->texts[row].data == NULL, snprintf(v.text, sizeof v.text, "%s", c->bytes[row]);
    else
        v.missing = c->times[row] == WB_TIME_MISSING, v.us = v.missing ? 0 : c->times[row];
    return v;
}

static value plain(const table *t, const forest *f, int at, size_t row)
{
    const tree *node = &f->nodes[at];
    value v[MAX_CHILDREN];
    for (int i = 0; i < node->n; i++)
        v[i] = plain(t, f, node->children[i], row);
    if (node->n == 0)
        return cell(t, node, row);
    if (node->binds == SUM || node->binds == PRODUCT)
        return plain_arithmetic(node, &v[0], &v[1]);
    if (node->binds == AND || node->binds == OR)
        return plain_logic(node->binds == OR, v, node->n);
    if (node->binds == NOT)
        return bool_value(v[0].missing, !as_bool(v[0]).truth);
    if (strcmp(node->op, "is null") == 0 || strcmp(node->op, "is not null") == 0)
        return bool_value(false, v[0].missing == (strcmp(node->op, "is null") == 0));
    if (strcmp(node->op, "in") == 0)
        return plain_in(v, node->n);
    if (strcmp(node->op, "not in") == 0)
        return bool_value(plain_in(v, node->n).missing, !plain_in(v, node->n).truth);
    if (node->binds == COMPARE)
        return plain_compare(node->op, &v[0], &v[1]);
    bool pick =
        strcmp(node->op, "least") == 0 || strcmp(node->op, "greatest") == 0 || strcmp(node->op, "coalesce") == 0;
    return pick ? plain_pick(node->op, v, node->n) : plain_function(node, v);
}

static bool same(const value *want, const wbi_vector *got, size_t row)
{
    switch (got->type) {
    case WBI_EXPR_NUMBER:
        return want->missing ? isnan(got->numbers[row]) : got->numbers[row] == want->number;
    case WBI_EXPR_TEXT:
        return want->missing ? got->texts[row].data == NULL
                             : got->texts[row].data != NULL && wbi_str_is(got->texts[row], want->text);
    case WBI_EXPR_BOOL:
        return got->bools[row] == (want->missing ? WBI_UNKNOWN : want->truth ? WBI_TRUE : WBI_FALSE);
    default:
        return want->missing ? got->times[row] == WB_TIME_MISSING : got->times[row] == want->us;
    }
}

static void fill_random(table *t)
{
    static const char *const names[] = {"n1", "n2", "s1", "s2", "t1", "t2", "d1", "d2"};
    static const char *const texts[] = {"", "a", "ab", "B", "it's", NULL};
    static const int64_t times[] = {INT64_MAX, -INT64_MAX, WB_TIME_MISSING, 0, 1, -1};
    *t = (table){.n_rows = RANDOM_ROWS, .cutoff_us = 1720000000 * INT64_C(1000000)};
    for (unsigned k = 0; k < 8; k++) {
        column *c = add_column(t, names[k], (wbi_expr_type)(WBI_EXPR_NUMBER + k / 2));
        for (size_t row = 0; row < RANDOM_ROWS; row++) {
            c->numbers[row] = any_of(5) == 0 ? NAN : any_of(12) == 0 ? 1e200 : (double)any_of(15) / 2 - 2;
            set_text(c, row, texts[any_of(6)]);
            int64_t hours = (int64_t)any_of(4000) - 1000;
            c->times[row] = any_of(4) == 0 ? times[any_of(6)] : (k > 5 ? 0 : t->cutoff_us) + hours * WB_HOUR_US;
        }
    }
}

/* Evaluates rows [from, to) and compares each with the row-by-row evaluator. */
static void compare_rows(table *t, const forest *f, int root, const wbi_expr *expr, const char *text, size_t from,
                         size_t to, wbi_expr_scratch *scratch)
{
    wbi_vector slots[8], result;
    wb_error err;
    for (size_t i = 0; i < 8; i++)
        slots[i] = column_from(&t->columns[i], from);
    assert_ok(wbi_expr_eval(expr, slots, to - from, t->cutoff_us, scratch, &result, &err), &err);
    assert_int_equal(result.type, f->nodes[root].type);
    for (size_t row = from; row < to; row++) {
        value want = plain(t, f, root, row);
        if (!same(&want, &result, row - from)) {
            char got[256];
            show(got, sizeof got, &result, row - from);
            fail_msg("row %zu of %s gives %s", row, text, got);
        }
    }
    wbi_expr_scratch_reset(scratch);
}

static void random_expressions_match_row_by_row(void **state)
{
    (void)state;
    static table t;
    static forest f;
    wbi_expr_scratch *scratch;
    wb_error err;
    assert_ok(wbi_expr_scratch_create(&scratch, &err), &err);
    seed = 20240701;
    fill_random(&t);
    for (int round = 0; round < 4000; round++) {
        char *text = NULL;
        size_t size;
        f.n = 0;
        int root = grow(&f, (wbi_expr_type)(WBI_EXPR_NUMBER + any_of(5)), 1 + (int)any_of(5));
        FILE *out = open_memstream(&text, &size);
        write_tree(out, &f, root, OR);
        fclose(out);
        wbi_expr *expr;
        assert_ok(wbi_expr_parse(&expr, text, (wbi_where){0}, &err), &err);
        if (wbi_expr_bind(expr, &(wbi_scope){resolve, &t}, f.nodes[root].type, &err) != WB_OK)
            fail_msg("%s: %s", text, err.message);
        compare_rows(&t, &f, root, expr, text, 0, RANDOM_ROWS, scratch);
        size_t cut = any_of(RANDOM_ROWS);
        compare_rows(&t, &f, root, expr, text, cut, cut, scratch);
        compare_rows(&t, &f, root, expr, text, cut, cut + 1, scratch);
        compare_rows(&t, &f, root, expr, text, cut, RANDOM_ROWS, scratch);
        wbi_expr_free(expr);
        free(text);
    }
    wbi_expr_scratch_free(scratch);
}

/* --- hostile text and failing memory --- */

/* Whatever the text, it is refused with a message or it evaluates. */
static void survive(const char *text)
{
    static table t;
    static const double numbers[3] = {1, NAN, -2};
    static const wbi_str texts[3] = {{"a", 1}, {NULL, 0}, {"", 0}};
    static const int64_t times[3] = {0, WB_TIME_MISSING, INT64_MAX};
    const wbi_vector slots[4] = {{.type = WBI_EXPR_NUMBER, .numbers = numbers},
                                 {.type = WBI_EXPR_TEXT, .texts = texts},
                                 {.type = WBI_EXPR_TIME, .times = times},
                                 {.type = WBI_EXPR_DURATION, .times = times}};
    wbi_expr *expr = NULL;
    wbi_expr_scratch *scratch;
    wb_error err;
    t.asked[0] = '\0';
    assert_ok(wbi_expr_scratch_create(&scratch, &err), &err);
    if (wbi_expr_parse(&expr, text, (wbi_where){0}, &err) == WB_OK &&
        wbi_expr_bind(expr, &(wbi_scope){oblige, &t}, (wbi_expr_type)any_of(6), &err) == WB_OK) {
        wbi_vector result;
        assert_ok(wbi_expr_eval(expr, slots, 3, 0, scratch, &result, &err), &err);
    } else {
        assert_true(err.message[0] != '\0');
    }
    wbi_expr_free(expr);
    wbi_expr_scratch_free(scratch);
}

static void random_text_is_survived(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "(",      ")",      ",",     "+",         "-",    "*",     "/",    "=",
        "<",      "and",    "or",    "not",       "in",   "is",    "null", "true",
        "cutoff", "a",      "\"b\"", "'x'",       "1",    "2.5",   "if(",  "least(",
        "hours(", "lower(", "'",     "coalesce(", "abs(", "days(", ">=",   "'2024-01-01'",
        "\xc3",   "1e",     "."};
    char text[512];
    seed = 7;
    for (int round = 0; round < 20000; round++) {
        size_t used = 0, n = 1 + any_of(14);
        text[0] = '\0';
        for (size_t i = 0; i < n; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s ",
                                     tokens[any_of(sizeof tokens / sizeof *tokens)]);
        survive(text);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)any_of(256);
        text[n] = '\0';
        survive(text);
    }
}

static void failing_allocations_are_reported(void **state)
{
    (void)state;
    static const char text[] =
        "if(lower(s1) in ('a', 'ab', lower(s2)) and n1 > 1 or not n2, coalesce(hours(t1 - t2), n1), "
        "least(n1, n2, 3))";
    static table t;
    wb_status status = WB_ERR_NOMEM;
    seed = 3;
    fill_random(&t);
    uint64_t n = 0;
    while (status != WB_OK) {
        wbi_expr *expr = NULL;
        wbi_expr_scratch *scratch = NULL;
        wbi_vector slots[8], result;
        wb_error err;
        for (size_t i = 0; i < 8; i++)
            slots[i] = column_from(&t.columns[i], 0);
        wbi_alloc_fail_at(++n);
        status = wbi_expr_parse(&expr, text, (wbi_where){"w.yml", 1, 1}, &err);
        if (status == WB_OK)
            status = wbi_expr_bind(expr, &(wbi_scope){resolve, &t}, WBI_EXPR_NUMBER, &err);
        if (status == WB_OK)
            status = wbi_expr_scratch_create(&scratch, &err);
        if (status == WB_OK)
            status = wbi_expr_eval(expr, slots, RANDOM_ROWS, 0, scratch, &result, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_expr_free(expr);
        wbi_expr_scratch_free(scratch);
        t.asked[0] = '\0';
    }
    assert_true(n > 8);
    wbi_expr_free(NULL);
    wbi_expr_scratch_free(NULL);
}

/* Blocks after the first take no more memory, and a block that cannot be held is refused. */
static void scratch_is_reused_and_bounded(void **state)
{
    (void)state;
    static table t;
    wbi_expr *expr;
    wbi_expr_scratch *scratch;
    wbi_vector slots[8], result;
    wb_error err;
    seed = 5;
    fill_random(&t);
    for (size_t i = 0; i < 8; i++)
        slots[i] = column_from(&t.columns[i], 0);
    assert_ok(wbi_expr_parse(&expr, "coalesce(lower(s1), lower(s2), 'x')", (wbi_where){0}, &err), &err);
    assert_ok(wbi_expr_bind(expr, &(wbi_scope){resolve, &t}, WBI_EXPR_TEXT, &err), &err);
    assert_ok(wbi_expr_scratch_create(&scratch, &err), &err);
    for (int block = 0; block < 1000; block++) {
        if (block == 1)
            wbi_alloc_fail_at(0);
        assert_ok(wbi_expr_eval(expr, slots, RANDOM_ROWS, 0, scratch, &result, &err), &err);
        wbi_expr_scratch_reset(scratch);
    }
    assert_int_equal(wbi_alloc_count(), 0);
    assert_int_equal(wbi_expr_eval(expr, slots, SIZE_MAX / 8, 0, scratch, &result, &err), WB_ERR_NOMEM);
    assert_int_equal(wbi_expr_eval(expr, slots, (size_t)1 << 28, 0, scratch, &result, &err), WB_ERR_NOMEM);
    wbi_expr_scratch_free(scratch);
    wbi_expr_free(expr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_expressions_match_row_by_row),
        cmocka_unit_test(random_text_is_survived),
        cmocka_unit_test(failing_allocations_are_reported),
        cmocka_unit_test(scratch_is_reused_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
