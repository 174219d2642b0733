/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recursive-descent parser, one function a level of precedence; docs/expressions.md has the grammar. */
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "expr/lexer.h"
#include "expr/tree.h"

typedef struct parser {
    wbi_expr *expr;
    wbi_token *tokens;
    size_t at;    /* token */
    size_t depth; /* of the recursion */
    wb_error *err;
} parser;

typedef struct operator_name {
    const char *text;
    wbi_op op;
} operator_name;

typedef struct function {
    const char *name;
    wbi_op op;
    size_t least, most; /* arguments */
} function;

static const operator_name sums[] = {{"+", WBI_OP_ADD}, {"-", WBI_OP_SUBTRACT}, {NULL, WBI_OP_NULL}};
static const operator_name products[] = {{"*", WBI_OP_MULTIPLY}, {"/", WBI_OP_DIVIDE}, {NULL, WBI_OP_NULL}};
static const operator_name comparisons[] = {
    {"=", WBI_OP_EQUAL},      {"==", WBI_OP_EQUAL},         {"!=", WBI_OP_NOT_EQUAL},
    {"<>", WBI_OP_NOT_EQUAL}, {"<", WBI_OP_LESS},           {"<=", WBI_OP_LESS_EQUAL},
    {">", WBI_OP_GREATER},    {">=", WBI_OP_GREATER_EQUAL}, {NULL, WBI_OP_NULL}};

static const function functions[] = {
    {"if", WBI_OP_IF, 3, 3},
    {"minutes", WBI_OP_MINUTES, 1, 1},
    {"hours", WBI_OP_HOURS, 1, 1},
    {"days", WBI_OP_DAYS, 1, 1},
    {"starts_with", WBI_OP_STARTS_WITH, 2, 2},
    {"contains", WBI_OP_CONTAINS, 2, 2},
    {"lower", WBI_OP_LOWER, 1, 1},
    {"log1p", WBI_OP_LOG1P, 1, 1},
    {"abs", WBI_OP_ABS, 1, 1},
    {"least", WBI_OP_LEAST, 1, SIZE_MAX},
    {"greatest", WBI_OP_GREATEST, 1, SIZE_MAX},
    {"coalesce", WBI_OP_COALESCE, 1, SIZE_MAX},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static wb_status parse_or(uint32_t *out, parser *p);

/* --- tokens --- */

static wbi_str token_text(const parser *p, size_t at)
{
    const wbi_token *token = &p->tokens[at];
    return (wbi_str){p->expr->text + token->start, token->end - token->start};
}

static bool is_symbol(const parser *p, const char *symbol)
{
    return p->tokens[p->at].kind == WBI_TOKEN_SYMBOL && wbi_str_is(token_text(p, p->at), symbol);
}

/* Keywords and functions are written in any case, as in SQL. */
static bool same_word(wbi_str text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

static bool accept_symbol(parser *p, const char *symbol)
{
    bool found = is_symbol(p, symbol);
    p->at += found;
    return found;
}

static bool accept_word(parser *p, const char *word)
{
    bool found = p->tokens[p->at].kind == WBI_TOKEN_WORD && same_word(token_text(p, p->at), word);
    p->at += found;
    return found;
}

static const operator_name *find_operator(const parser *p, const operator_name *names)
{
    for (; names->text != NULL; names++)
        if (is_symbol(p, names->text))
            return names;
    return NULL;
}

static const operator_name *accept_operator(parser *p, const operator_name *names)
{
    const operator_name *found = find_operator(p, names);
    p->at += found != NULL;
    return found;
}

static wb_status unexpected(const parser *p, const char *wanted)
{
    char token[WBI_QUOTE_CHARS], text[WBI_QUOTE_CHARS];
    wbi_str value = token_text(p, p->at), whole = {p->expr->text, p->expr->text_length};
    size_t start = p->tokens[p->at].start;
    wbi_expr_quote(text, whole);
    if (p->tokens[p->at].kind == WBI_TOKEN_END)
        return wbi_expr_fail(p->expr, p->err, WB_ERR_MALFORMED, start, value, "unexpected end of '%s': %s", text,
                             wanted);
    return wbi_expr_fail(p->expr, p->err, WB_ERR_MALFORMED, start, value, "unexpected '%s' in '%s': %s",
                         wbi_expr_quote(token, value), text, wanted);
}

static wb_status expect_symbol(parser *p, const char *symbol, const char *wanted)
{
    return accept_symbol(p, symbol) ? WB_OK : unexpected(p, wanted);
}

static wb_status expect_word(parser *p, const char *word, const char *wanted)
{
    return accept_word(p, word) ? WB_OK : unexpected(p, wanted);
}

/* --- nodes --- */

/* Room for one more element, doubling. */
static wb_status grow(void **elements, size_t *capacity, size_t n, size_t size, wb_error *err)
{
    if (n < *capacity)
        return WB_OK;
    size_t wanted = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = wbi_realloc_array(*elements, wanted, size);
    if (grown == NULL)
        return wbi_fail_nomem(err, wanted * size);
    *elements = grown;
    *capacity = wanted;
    return WB_OK;
}

static wb_status too_deep(const parser *p, size_t at)
{
    char text[WBI_QUOTE_CHARS];
    wbi_str whole = {p->expr->text, p->expr->text_length};
    return wbi_expr_fail(p->expr, p->err, WB_ERR_MALFORMED, at, (wbi_str){0}, "'%s' has more than %d levels",
                         wbi_expr_quote(text, whole), WBI_EXPR_DEPTH_LIMIT);
}

/* A node over the children that start at `first`, from byte `start` to the last token read. */
static wb_status add_node(uint32_t *out, parser *p, wbi_op op, uint32_t start, uint32_t first)
{
    wbi_expr *expr = p->expr;
    void *nodes = expr->nodes;
    WBI_TRY(grow(&nodes, &expr->node_capacity, expr->n_nodes, sizeof *expr->nodes, p->err));
    expr->nodes = nodes;
    uint32_t depth = 0;
    for (uint32_t child = first; child != WBI_NO_NODE; child = expr->nodes[child].next)
        if (expr->nodes[child].depth > depth)
            depth = expr->nodes[child].depth;
    if (depth == WBI_EXPR_DEPTH_LIMIT)
        return too_deep(p, start);
    *out = (uint32_t)expr->n_nodes++;
    expr->nodes[*out] = (wbi_node){.op = op,
                                   .first = first,
                                   .next = WBI_NO_NODE,
                                   .start = start,
                                   .end = p->tokens[p->at - 1].end,
                                   .depth = depth + 1};
    return WB_OK;
}

static uint32_t here(const parser *p)
{
    return p->tokens[p->at].start;
}

/* The bytes between the quotes, doubled quotes made one, terminated. They fit: each token stands in the text with its
 * quotes or at least one byte before the next name. */
static wbi_str unquote(parser *p, wbi_str text)
{
    char quote = text.data[0], *to = p->expr->bytes + p->expr->n_bytes, *end = to;
    for (size_t i = 1; i + 1 < text.length; i++) {
        *end++ = text.data[i];
        i += text.data[i] == quote;
    }
    *end = '\0';
    p->expr->n_bytes += (size_t)(end - to) + 1;
    return (wbi_str){to, (size_t)(end - to)};
}

static wbi_str copy_word(parser *p, wbi_str text)
{
    char *to = p->expr->bytes + p->expr->n_bytes;
    memcpy(to, text.data, text.length);
    to[text.length] = '\0';
    p->expr->n_bytes += text.length + 1;
    return (wbi_str){to, text.length};
}

static wb_status index_of_name(size_t *out, parser *p, wbi_str name)
{
    wbi_expr *expr = p->expr;
    for (*out = 0; *out < expr->n_names; ++*out)
        if (wbi_str_is(name, expr->names[*out]))
            return WB_OK;
    void *names = expr->names;
    WBI_TRY(grow(&names, &expr->name_capacity, expr->n_names, sizeof *expr->names, p->err));
    expr->names = names;
    expr->names[expr->n_names++] = (char *)name.data;
    return WB_OK;
}

/* --- leaves --- */

static wb_status parse_number(uint32_t *out, parser *p)
{
    wbi_str text = token_text(p, p->at);
    uint32_t start = here(p);
    double value;
    if (!wbi_double_read(&value, text.data, text.length, '.')) {
        char quote[WBI_QUOTE_CHARS];
        return wbi_expr_fail(p->expr, p->err, WB_ERR_MALFORMED, start, text,
                             "'%s' is not a number that fits (at most 1.8e308)", wbi_expr_quote(quote, text));
    }
    p->at++;
    WBI_TRY(add_node(out, p, WBI_OP_NUMBER, start, WBI_NO_NODE));
    p->expr->nodes[*out].number = value;
    return WB_OK;
}

static wb_status parse_string(uint32_t *out, parser *p)
{
    uint32_t start = here(p);
    wbi_str string = unquote(p, token_text(p, p->at++));
    WBI_TRY(add_node(out, p, WBI_OP_STRING, start, WBI_NO_NODE));
    p->expr->nodes[*out].string = string;
    return WB_OK;
}

static wb_status parse_name(uint32_t *out, parser *p)
{
    uint32_t start = here(p);
    wbi_str text = token_text(p, p->at);
    bool quoted = p->tokens[p->at].kind == WBI_TOKEN_QUOTED_NAME;
    if (quoted && text.length == 2)
        return unexpected(p, "a name between the quotes was expected (text stands in single quotes)");
    p->at++;
    size_t name;
    WBI_TRY(index_of_name(&name, p, quoted ? unquote(p, text) : copy_word(p, text)));
    WBI_TRY(add_node(out, p, WBI_OP_NAME, start, WBI_NO_NODE));
    p->expr->nodes[*out].name = name;
    return WB_OK;
}

/* null, true, false, cutoff; else a name. */
static wb_status parse_word(uint32_t *out, parser *p)
{
    static const operator_name constants[] = {
        {"null", WBI_OP_NULL}, {"true", WBI_OP_TRUTH}, {"false", WBI_OP_TRUTH}, {"cutoff", WBI_OP_CUTOFF}};
    wbi_str text = token_text(p, p->at);
    uint32_t start = here(p);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (!accept_word(p, constants[i].text))
            continue;
        WBI_TRY(add_node(out, p, constants[i].op, start, WBI_NO_NODE));
        if (constants[i].op == WBI_OP_TRUTH)
            p->expr->nodes[*out].truth = same_word(text, "true") ? WBI_TRUE : WBI_FALSE;
        p->expr->uses_cutoff |= constants[i].op == WBI_OP_CUTOFF;
        return WB_OK;
    }
    return parse_name(out, p);
}

/* --- lists and calls --- */

/* Values separated by commas, up to the closing bracket; appended behind *last. */
static wb_status parse_values(uint32_t *first, uint32_t *last, size_t *n, parser *p)
{
    for (*n = 1;; ++*n) {
        uint32_t value;
        WBI_TRY(parse_or(&value, p));
        if (*last == WBI_NO_NODE)
            *first = value;
        else
            p->expr->nodes[*last].next = value;
        *last = value;
        if (!accept_symbol(p, ","))
            return expect_symbol(p, ")", "',' or ')' was expected");
    }
}

static wb_status find_function(const function **out, const parser *p)
{
    const char *names[N_FUNCTIONS];
    wbi_str text = token_text(p, p->at);
    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        names[i] = functions[i].name;
        if (same_word(text, functions[i].name)) {
            *out = &functions[i];
            return WB_OK;
        }
    }
    char name[WBI_QUOTE_CHARS];
    const char *nearest = wbi_nearest(wbi_expr_quote(name, text), names, N_FUNCTIONS);
    return wbi_expr_fail(p->expr, p->err, WB_ERR_MALFORMED, here(p), text, "there is no function '%s'%s%s%s", name,
                         nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                         nearest != NULL ? "'?" : "");
}

static wb_status parse_call(uint32_t *out, parser *p)
{
    uint32_t start = here(p), first = WBI_NO_NODE, last = WBI_NO_NODE;
    const function *f;
    WBI_TRY(find_function(&f, p));
    p->at += 2; /* the name and its bracket */
    size_t n;
    WBI_TRY(parse_values(&first, &last, &n, p));
    if (n < f->least || n > f->most)
        return wbi_expr_fail(p->expr, p->err, WB_ERR_MALFORMED, start, wbi_str_from(f->name),
                             "%s() takes %zu value%s, not %zu", f->name, f->least, f->least == 1 ? "" : "s", n);
    return add_node(out, p, f->op, start, first);
}

/* Words that stand between or before values and are none themselves. */
static bool is_reserved(const parser *p)
{
    static const char *const reserved[] = {"and", "or", "not", "in", "is"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (same_word(token_text(p, p->at), reserved[i]))
            return true;
    return false;
}

static wb_status parse_word_or_call(uint32_t *out, parser *p)
{
    const wbi_token *next = &p->tokens[p->at + 1];
    if (is_reserved(p))
        return unexpected(p, "a value was expected");
    bool call = next->kind == WBI_TOKEN_SYMBOL && p->expr->text[next->start] == '(';
    return call ? parse_call(out, p) : parse_word(out, p);
}

static wb_status parse_primary(uint32_t *out, parser *p)
{
    switch (p->tokens[p->at].kind) {
    case WBI_TOKEN_NUMBER:
        return parse_number(out, p);
    case WBI_TOKEN_STRING:
        return parse_string(out, p);
    case WBI_TOKEN_QUOTED_NAME:
        return parse_name(out, p);
    case WBI_TOKEN_WORD:
        return parse_word_or_call(out, p);
    case WBI_TOKEN_SYMBOL:
    case WBI_TOKEN_END:
        break;
    }
    if (!accept_symbol(p, "("))
        return unexpected(p, "a value was expected");
    WBI_TRY(parse_or(out, p));
    return expect_symbol(p, ")", "an operator or ')' was expected");
}

/* --- operators, the tightest first --- */

static wb_status descend(parser *p)
{
    return p->depth++ == WBI_EXPR_DEPTH_LIMIT ? too_deep(p, here(p)) : WB_OK;
}

/* A prefix operator before what `operand` reads. */
static wb_status parse_prefixed(uint32_t *out, parser *p, wbi_op op, uint32_t start,
                                wb_status (*operand)(uint32_t *, parser *))
{
    WBI_TRY(descend(p));
    uint32_t inner;
    WBI_TRY(operand(&inner, p));
    p->depth--;
    return add_node(out, p, op, start, inner);
}

static wb_status parse_unary(uint32_t *out, parser *p)
{
    uint32_t start = here(p);
    return accept_symbol(p, "-") ? parse_prefixed(out, p, WBI_OP_NEGATE, start, parse_unary) : parse_primary(out, p);
}

static wb_status add_binary(uint32_t *out, parser *p, wbi_op op, uint32_t start, uint32_t left,
                            wb_status (*operand)(uint32_t *, parser *))
{
    uint32_t right;
    WBI_TRY(operand(&right, p));
    p->expr->nodes[left].next = right;
    return add_node(out, p, op, start, left);
}

/* Operators of one level, from the left. */
static wb_status parse_chain(uint32_t *out, parser *p, const operator_name *names,
                             wb_status (*operand)(uint32_t *, parser *))
{
    uint32_t start = here(p);
    WBI_TRY(operand(out, p));
    const operator_name *found;
    while ((found = accept_operator(p, names)) != NULL)
        WBI_TRY(add_binary(out, p, found->op, start, *out, operand));
    return WB_OK;
}

static wb_status parse_product(uint32_t *out, parser *p)
{
    return parse_chain(out, p, products, parse_unary);
}

static wb_status parse_sum(uint32_t *out, parser *p)
{
    return parse_chain(out, p, sums, parse_product);
}

static wb_status parse_in(uint32_t *out, parser *p, uint32_t start)
{
    uint32_t first = *out, last = first;
    size_t n;
    WBI_TRY(expect_symbol(p, "(", "'(' was expected behind in"));
    WBI_TRY(parse_values(&first, &last, &n, p));
    return add_node(out, p, WBI_OP_IN, start, first);
}

static wb_status parse_comparison(uint32_t *out, parser *p)
{
    uint32_t start = here(p);
    WBI_TRY(parse_sum(out, p));
    const operator_name *found = accept_operator(p, comparisons);
    if (found != NULL) {
        WBI_TRY(add_binary(out, p, found->op, start, *out, parse_sum));
        return find_operator(p, comparisons) == NULL ? WB_OK
                                                     : unexpected(p, "comparisons do not chain, join them with and");
    }
    bool is = accept_word(p, "is"), negated = accept_word(p, "not");
    if (is) {
        WBI_TRY(expect_word(p, "null", negated ? "'null' was expected" : "'null' or 'not null' was expected"));
        WBI_TRY(add_node(out, p, WBI_OP_IS_NULL, start, *out));
    } else if (negated || accept_word(p, "in")) {
        if (negated)
            WBI_TRY(expect_word(p, "in", "'in' was expected"));
        WBI_TRY(parse_in(out, p, start));
    }
    return negated ? add_node(out, p, WBI_OP_NOT, start, *out) : WB_OK;
}

static wb_status parse_not(uint32_t *out, parser *p)
{
    uint32_t start = here(p);
    return accept_word(p, "not") ? parse_prefixed(out, p, WBI_OP_NOT, start, parse_not) : parse_comparison(out, p);
}

/* Any number of operands joined by one word make one node, so that long chains stay flat. */
static wb_status parse_joined(uint32_t *out, parser *p, const char *word, wbi_op op,
                              wb_status (*operand)(uint32_t *, parser *))
{
    uint32_t start = here(p), first, last;
    WBI_TRY(operand(out, p));
    first = last = *out;
    while (accept_word(p, word)) {
        uint32_t next;
        WBI_TRY(operand(&next, p));
        p->expr->nodes[last].next = next;
        last = next;
    }
    return first == last ? WB_OK : add_node(out, p, op, start, first);
}

static wb_status parse_and(uint32_t *out, parser *p)
{
    return parse_joined(out, p, "and", WBI_OP_AND, parse_not);
}

static wb_status parse_or(uint32_t *out, parser *p)
{
    WBI_TRY(descend(p));
    WBI_TRY(parse_joined(out, p, "or", WBI_OP_OR, parse_and));
    p->depth--;
    return WB_OK;
}

/* --- the whole --- */

/* The text and its place, copied; room for names and text literals. */
static wb_status take_text(wbi_expr *expr, const char *text, wbi_where where, wb_error *err)
{
    expr->text_length = strlen(text);
    expr->line = where.line;
    expr->column = where.column;
    if (expr->text_length > WBI_EXPR_TEXT_LIMIT)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "the expression has %zu bytes, at most %d are taken",
                           expr->text_length, WBI_EXPR_TEXT_LIMIT);
    expr->text = wbi_strndup(text, expr->text_length);
    expr->bytes = wbi_alloc_array(expr->text_length + 1, 1);
    expr->file = where.file == NULL ? NULL : wbi_strdup(where.file);
    if (expr->text == NULL || expr->bytes == NULL || (expr->file == NULL && where.file != NULL))
        return wbi_fail_nomem(err, expr->text_length + 1);
    size_t bad = wbi_utf8_check(text, expr->text_length);
    if (bad < expr->text_length)
        return wbi_expr_fail(expr, err, WB_ERR_MALFORMED, bad, (wbi_str){text + bad, 1},
                             "byte %zu of the expression is not UTF-8", bad + 1);
    return WB_OK;
}

wb_status wbi_expr_parse(wbi_expr **out, const char *text, wbi_where where, wb_error *err)
{
    wb_status status = WB_OK;
    parser p = {.err = err};
    *out = NULL;
    p.expr = wbi_alloc_zeroed(1, sizeof *p.expr);
    if (p.expr == NULL)
        return wbi_fail_nomem(err, sizeof *p.expr);
    WBI_TRY_CLEANUP(take_text(p.expr, text, where, err));
    WBI_TRY_CLEANUP(wbi_expr_tokens(&p.tokens, p.expr, err));
    WBI_TRY_CLEANUP(parse_or(&p.expr->root, &p));
    if (p.tokens[p.at].kind != WBI_TOKEN_END) {
        status = unexpected(&p, "an operator or the end was expected");
        goto cleanup;
    }
    *out = p.expr;
    p.expr = NULL;
cleanup:
    wbi_free(p.tokens);
    wbi_expr_free(p.expr);
    return status;
}
