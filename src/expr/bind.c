/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types. A guess is made upwards first (which types may each node come to have?), so that an operand whose type is
 * known tells the names beside it what is wanted of them; then names are resolved and the real types are checked. */
#include <assert.h>

#include "base/time.h"
#include "expr/tree.h"

typedef struct binder {
    wbi_expr *expr;
    const wbi_scope *scope;
    wb_error *err;
} binder;

/* What an operator makes of its operands; `right` is WBI_EXPR_ANY where there is one operand only. Of several that
 * fit, the first is taken: names are numbers or times rather than durations. */
typedef struct signature {
    wbi_op op;
    wbi_expr_type left, right, result;
} signature;

static const signature signatures[] = {
    {WBI_OP_NEGATE, WBI_EXPR_NUMBER, WBI_EXPR_ANY, WBI_EXPR_NUMBER},
    {WBI_OP_NEGATE, WBI_EXPR_DURATION, WBI_EXPR_ANY, WBI_EXPR_DURATION},
    {WBI_OP_ADD, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER},
    {WBI_OP_ADD, WBI_EXPR_TIME, WBI_EXPR_DURATION, WBI_EXPR_TIME},
    {WBI_OP_ADD, WBI_EXPR_DURATION, WBI_EXPR_TIME, WBI_EXPR_TIME},
    {WBI_OP_ADD, WBI_EXPR_DURATION, WBI_EXPR_DURATION, WBI_EXPR_DURATION},
    {WBI_OP_SUBTRACT, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER},
    {WBI_OP_SUBTRACT, WBI_EXPR_TIME, WBI_EXPR_TIME, WBI_EXPR_DURATION},
    {WBI_OP_SUBTRACT, WBI_EXPR_TIME, WBI_EXPR_DURATION, WBI_EXPR_TIME},
    {WBI_OP_SUBTRACT, WBI_EXPR_DURATION, WBI_EXPR_DURATION, WBI_EXPR_DURATION},
    {WBI_OP_MULTIPLY, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER},
    {WBI_OP_MULTIPLY, WBI_EXPR_DURATION, WBI_EXPR_NUMBER, WBI_EXPR_DURATION},
    {WBI_OP_MULTIPLY, WBI_EXPR_NUMBER, WBI_EXPR_DURATION, WBI_EXPR_DURATION},
    {WBI_OP_DIVIDE, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER, WBI_EXPR_NUMBER},
    {WBI_OP_DIVIDE, WBI_EXPR_DURATION, WBI_EXPR_NUMBER, WBI_EXPR_DURATION},
    {WBI_OP_DIVIDE, WBI_EXPR_DURATION, WBI_EXPR_DURATION, WBI_EXPR_NUMBER},
    {WBI_OP_MINUTES, WBI_EXPR_DURATION, WBI_EXPR_ANY, WBI_EXPR_NUMBER},
    {WBI_OP_MINUTES, WBI_EXPR_NUMBER, WBI_EXPR_ANY, WBI_EXPR_DURATION},
    {WBI_OP_HOURS, WBI_EXPR_DURATION, WBI_EXPR_ANY, WBI_EXPR_NUMBER},
    {WBI_OP_HOURS, WBI_EXPR_NUMBER, WBI_EXPR_ANY, WBI_EXPR_DURATION},
    {WBI_OP_DAYS, WBI_EXPR_DURATION, WBI_EXPR_ANY, WBI_EXPR_NUMBER},
    {WBI_OP_DAYS, WBI_EXPR_NUMBER, WBI_EXPR_ANY, WBI_EXPR_DURATION},
    {WBI_OP_STARTS_WITH, WBI_EXPR_TEXT, WBI_EXPR_TEXT, WBI_EXPR_BOOL},
    {WBI_OP_CONTAINS, WBI_EXPR_TEXT, WBI_EXPR_TEXT, WBI_EXPR_BOOL},
    {WBI_OP_LOWER, WBI_EXPR_TEXT, WBI_EXPR_ANY, WBI_EXPR_TEXT},
    {WBI_OP_LOG1P, WBI_EXPR_NUMBER, WBI_EXPR_ANY, WBI_EXPR_NUMBER},
    {WBI_OP_ABS, WBI_EXPR_NUMBER, WBI_EXPR_ANY, WBI_EXPR_NUMBER},
    {WBI_OP_ABS, WBI_EXPR_DURATION, WBI_EXPR_ANY, WBI_EXPR_DURATION},
};
enum { N_SIGNATURES = sizeof signatures / sizeof *signatures };

#define BIT(type) (1U << (unsigned)(type))
static const unsigned EVERY_TYPE =
    BIT(WBI_EXPR_NUMBER) | BIT(WBI_EXPR_TEXT) | BIT(WBI_EXPR_TIME) | BIT(WBI_EXPR_DURATION) | BIT(WBI_EXPR_BOOL);
/* What files hold. Columns of durations are computed, and say so when they are resolved. */
static const unsigned COLUMN_TYPES = BIT(WBI_EXPR_NUMBER) | BIT(WBI_EXPR_TEXT) | BIT(WBI_EXPR_TIME);

static wb_status bind_node(binder *b, wbi_node *node, wbi_expr_type wanted);

static wbi_node *node_at(const binder *b, uint32_t index)
{
    return index == WBI_NO_NODE ? NULL : &b->expr->nodes[index];
}

static bool is_single(unsigned guess)
{
    return (guess & (guess - 1)) == 0;
}

static wbi_expr_type single_type(unsigned guess)
{
    for (unsigned type = WBI_EXPR_NUMBER; type <= WBI_EXPR_BOOL; type++)
        if (guess == BIT(type))
            return (wbi_expr_type)type;
    return WBI_EXPR_ANY;
}

static bool admits(unsigned guess, wbi_expr_type type)
{
    return type == WBI_EXPR_ANY || (guess & BIT(type)) != 0;
}

/* --- the guess --- */

static unsigned guess_common(const wbi_expr *expr, uint32_t first)
{
    unsigned common = EVERY_TYPE;
    for (uint32_t i = first; i != WBI_NO_NODE; i = expr->nodes[i].next)
        common &= expr->nodes[i].guess;
    return common != 0 ? common : EVERY_TYPE;
}

/* The results that are possible with what the operands may be. */
static unsigned guess_operator(const wbi_expr *expr, const wbi_node *node)
{
    const wbi_node *left = &expr->nodes[node->first];
    unsigned right = left->next == WBI_NO_NODE ? EVERY_TYPE : expr->nodes[left->next].guess, results = 0;
    for (size_t i = 0; i < N_SIGNATURES; i++) {
        const signature *s = &signatures[i];
        if (s->op == node->op && admits(left->guess, s->left) && admits(right, s->right))
            results |= BIT(s->result);
    }
    return results != 0 ? results : EVERY_TYPE;
}

static unsigned guess_node(const wbi_expr *expr, const wbi_node *node)
{
    switch (node->op) {
    case WBI_OP_NUMBER:
        return BIT(WBI_EXPR_NUMBER);
    case WBI_OP_STRING:
        return BIT(WBI_EXPR_TEXT);
    case WBI_OP_CUTOFF:
        return BIT(WBI_EXPR_TIME);
    case WBI_OP_NULL:
        return EVERY_TYPE;
    case WBI_OP_NAME:
        return COLUMN_TYPES;
    case WBI_OP_IF:
        return guess_common(expr, expr->nodes[node->first].next);
    case WBI_OP_LEAST:
    case WBI_OP_GREATEST:
    case WBI_OP_COALESCE:
        return guess_common(expr, node->first);
    case WBI_OP_TRUTH:
    case WBI_OP_EQUAL:
    case WBI_OP_NOT_EQUAL:
    case WBI_OP_LESS:
    case WBI_OP_LESS_EQUAL:
    case WBI_OP_GREATER:
    case WBI_OP_GREATER_EQUAL:
    case WBI_OP_AND:
    case WBI_OP_OR:
    case WBI_OP_NOT:
    case WBI_OP_IN:
    case WBI_OP_IS_NULL:
        return BIT(WBI_EXPR_BOOL);
    default:
        return guess_operator(expr, node);
    }
}

/* --- demands --- */

static const char *type_name(wbi_expr_type type)
{
    static const char *const names[] = {"anything", "a number", "text", "a time", "a duration", "true or false"};
    return names[type];
}

/* "amount is text, a number is needed in 'amount * 2'" */
static wb_status wrong_type(const binder *b, const wbi_node *node, wbi_expr_type needed, const wbi_node *parent)
{
    char self[WBI_QUOTE_CHARS], place[WBI_QUOTE_CHARS];
    wbi_str text = wbi_node_text(b->expr, node);
    const char *quote = node->first == WBI_NO_NODE ? "" : "'";
    wbi_expr_quote(self, text);
    wbi_expr_quote(place, parent == NULL ? (wbi_str){"", 0} : wbi_node_text(b->expr, parent));
    return wbi_expr_fail(b->expr, b->err, WB_ERR_INCONSISTENT, node->start, text, "%s%s%s is %s, %s is needed%s%s%s",
                         quote, self, quote, type_name(node->type), type_name(needed), parent == NULL ? "" : " in '",
                         place, parent == NULL ? "" : "'");
}

static wb_status read_time(const binder *b, wbi_node *node)
{
    static const wbi_time_format iso = {0};
    if (!wbi_time_read(&node->time_us, node->string.data, node->string.length, &iso)) {
        char quote[WBI_QUOTE_CHARS], wanted[WBI_TIME_FORMAT_CHARS];
        return wbi_expr_fail(b->expr, b->err, WB_ERR_INCONSISTENT, node->start, node->string,
                             "'%s' is not a time (wanted: %s)", wbi_expr_quote(quote, node->string),
                             wbi_time_wanted(&iso, wanted, sizeof wanted));
    }
    node->as = WBI_EXPR_TIME;
    return WB_OK;
}

/* What a bound node has to be for its parent. null is whatever is needed; a text literal where a time is needed is
 * read as one; with `numbers_as_bools` a number stands for a bool. */
static wb_status demand(const binder *b, wbi_node *node, wbi_expr_type needed, bool numbers_as_bools,
                        const wbi_node *parent)
{
    if (node->type == WBI_EXPR_ANY)
        node->type = node->as = needed;
    if (node->type == needed)
        return WB_OK;
    if (needed == WBI_EXPR_TIME && node->op == WBI_OP_STRING)
        return read_time(b, node);
    if (needed != WBI_EXPR_BOOL || node->type != WBI_EXPR_NUMBER || !numbers_as_bools)
        return wrong_type(b, node, needed, parent);
    node->as = needed;
    return WB_OK;
}

/* --- names --- */

static wb_status no_column(const binder *b, const wbi_node *node, const char *name)
{
    char quote[WBI_QUOTE_CHARS];
    wbi_str text = wbi_str_from(name);
    return wbi_expr_fail(b->expr, b->err, WB_ERR_INCONSISTENT, node->start, text, "no column '%s'",
                         wbi_expr_quote(quote, text));
}

static wb_status bind_name(binder *b, wbi_node *node, wbi_expr_type wanted)
{
    const char *name = b->expr->names[node->name];
    wb_error refusal = {.code = WB_OK};
    if (b->scope->resolve(b->scope->user, name, wanted, &node->slot, &node->type, &refusal)) {
        assert(node->type != WBI_EXPR_ANY);
        return WB_OK;
    }
    if (refusal.code == WB_OK)
        return no_column(b, node, name);
    if (b->expr->line != 0 && refusal.line == 0 && refusal.file[0] == '\0' && refusal.advice[0] == '\0')
        return wbi_expr_fail(b->expr, b->err, refusal.code, node->start, wbi_str_from(name), "%s", refusal.message);
    if (b->err != NULL)
        *b->err = refusal;
    return refusal.code;
}

/* --- operators --- */

static const signature *find_signature(wbi_op op, const unsigned guess[2], wbi_expr_type result)
{
    for (size_t i = 0; i < N_SIGNATURES; i++) {
        const signature *s = &signatures[i];
        if (s->op == op && admits(guess[0], s->left) && admits(guess[1], s->right) &&
            (result == WBI_EXPR_ANY || result == s->result))
            return s;
    }
    return NULL;
}

/* What to ask of the operand `side`: by the wanted result if that is possible, by both guesses, by the other's. */
static wbi_expr_type ask(wbi_op op, const unsigned guess[2], size_t side, wbi_expr_type wanted)
{
    unsigned other[2] = {side == 0 ? EVERY_TYPE : guess[0], side == 1 ? EVERY_TYPE : guess[1]};
    const unsigned every[2] = {EVERY_TYPE, EVERY_TYPE};
    const signature *s = find_signature(op, guess, wanted);
    if (s == NULL)
        s = find_signature(op, guess, WBI_EXPR_ANY);
    if (s == NULL)
        s = find_signature(op, other, wanted);
    if (s == NULL)
        s = find_signature(op, other, WBI_EXPR_ANY);
    if (s == NULL)
        s = find_signature(op, every, WBI_EXPR_ANY);
    return side == 0 ? s->left : s->right;
}

/* Operators and functions of the table: the operand whose type is known is bound first. */
static wb_status bind_operator(binder *b, wbi_node *node, wbi_expr_type wanted)
{
    wbi_node *operands[2] = {node_at(b, node->first), NULL};
    operands[1] = node_at(b, operands[0]->next);
    size_t n = operands[1] == NULL ? 1 : 2;
    unsigned guess[2] = {operands[0]->guess, n == 2 ? operands[1]->guess : EVERY_TYPE};
    unsigned bound[2] = {EVERY_TYPE, EVERY_TYPE};
    size_t first = n == 2 && is_single(guess[1]) && !is_single(guess[0]);
    for (size_t k = 0; k < n; k++) {
        size_t side = k ^ first;
        wbi_expr_type needed = ask(node->op, guess, side, wanted);
        WBI_TRY(bind_node(b, operands[side], needed));
        if (operands[side]->type == WBI_EXPR_ANY)
            WBI_TRY(demand(b, operands[side], needed, false, node));
        guess[side] = bound[side] = BIT(operands[side]->type);
        if (find_signature(node->op, bound, WBI_EXPR_ANY) == NULL)
            return wrong_type(b, operands[side], needed, node);
    }
    node->type = find_signature(node->op, bound, WBI_EXPR_ANY)->result;
    return WB_OK;
}

/* --- conditions, and operands of one type --- */

static wb_status bind_condition(binder *b, wbi_node *node, const wbi_node *parent)
{
    WBI_TRY(bind_node(b, node, WBI_EXPR_BOOL));
    return demand(b, node, WBI_EXPR_BOOL, true, parent);
}

/* The turn at which an operand is bound: those of known type, the others, text literals (they may be times), nulls. */
enum { N_TURNS = 4 };
static int turn_of(const wbi_node *node)
{
    if (node->op == WBI_OP_NULL)
        return 3;
    if (node->op == WBI_OP_STRING)
        return 2;
    return is_single(node->guess) ? 0 : 1;
}

/* What to ask for while no operand of known type has been bound. */
static wbi_expr_type first_wish(const binder *b, uint32_t first, wbi_expr_type wanted)
{
    if (wanted != WBI_EXPR_ANY)
        return wanted;
    for (const wbi_node *child = node_at(b, first); child != NULL; child = node_at(b, child->next))
        if (child->op == WBI_OP_STRING)
            return WBI_EXPR_TEXT;
    return single_type(guess_common(b->expr, first));
}

/* Operands from `first` on, all of one type, which is *common. With `numbers_as_bools` numbers may stand beside bools.
 */
static wb_status bind_alike(wbi_expr_type *common, binder *b, const wbi_node *parent, uint32_t first,
                            wbi_expr_type wanted, bool numbers_as_bools)
{
    wbi_expr_type wish = first_wish(b, first, wanted), known = WBI_EXPR_ANY;
    for (int turn = 0; turn < N_TURNS; turn++)
        for (wbi_node *child = node_at(b, first); child != NULL; child = node_at(b, child->next)) {
            if (turn_of(child) != turn)
                continue;
            WBI_TRY(bind_node(b, child, known != WBI_EXPR_ANY ? known : wish));
            if (known == WBI_EXPR_ANY || (numbers_as_bools && child->type == WBI_EXPR_BOOL && known == WBI_EXPR_NUMBER))
                known = child->type;
        }
    *common = known != WBI_EXPR_ANY ? known : WBI_EXPR_NUMBER;
    for (wbi_node *child = node_at(b, first); child != NULL; child = node_at(b, child->next))
        WBI_TRY(demand(b, child, *common, numbers_as_bools, parent));
    return WB_OK;
}

static wb_status bind_comparison(binder *b, wbi_node *node)
{
    wbi_expr_type compared;
    node->type = WBI_EXPR_BOOL;
    return bind_alike(&compared, b, node, node->first, WBI_EXPR_ANY, true);
}

static wb_status bind_logic(binder *b, wbi_node *node)
{
    node->type = WBI_EXPR_BOOL;
    for (wbi_node *child = node_at(b, node->first); child != NULL; child = node_at(b, child->next))
        WBI_TRY(bind_condition(b, child, node));
    return WB_OK;
}

static wb_status bind_is_null(binder *b, wbi_node *node)
{
    wbi_node *child = node_at(b, node->first);
    node->type = WBI_EXPR_BOOL;
    WBI_TRY(bind_node(b, child, WBI_EXPR_ANY));
    return demand(b, child, child->type == WBI_EXPR_ANY ? WBI_EXPR_NUMBER : child->type, false, node);
}

static wb_status bind_if(binder *b, wbi_node *node, wbi_expr_type wanted)
{
    wbi_node *condition = node_at(b, node->first);
    WBI_TRY(bind_condition(b, condition, node));
    return bind_alike(&node->type, b, node, condition->next, wanted, false);
}

/* --- the whole --- */

static wb_status bind_inner(binder *b, wbi_node *node, wbi_expr_type wanted)
{
    switch (node->op) {
    case WBI_OP_NUMBER:
    case WBI_OP_STRING:
    case WBI_OP_TRUTH:
    case WBI_OP_CUTOFF:
        node->type = single_type(node->guess);
        return WB_OK;
    case WBI_OP_NULL:
        node->type = WBI_EXPR_ANY;
        return WB_OK;
    case WBI_OP_NAME:
        return bind_name(b, node, wanted);
    case WBI_OP_AND:
    case WBI_OP_OR:
    case WBI_OP_NOT:
        return bind_logic(b, node);
    case WBI_OP_EQUAL:
    case WBI_OP_NOT_EQUAL:
    case WBI_OP_LESS:
    case WBI_OP_LESS_EQUAL:
    case WBI_OP_GREATER:
    case WBI_OP_GREATER_EQUAL:
    case WBI_OP_IN:
        return bind_comparison(b, node);
    case WBI_OP_IS_NULL:
        return bind_is_null(b, node);
    case WBI_OP_IF:
        return bind_if(b, node, wanted);
    case WBI_OP_LEAST:
    case WBI_OP_GREATEST:
    case WBI_OP_COALESCE:
        return bind_alike(&node->type, b, node, node->first, wanted, false);
    default:
        return bind_operator(b, node, wanted);
    }
}

static wb_status bind_node(binder *b, wbi_node *node, wbi_expr_type wanted)
{
    WBI_TRY(bind_inner(b, node, wanted));
    node->as = node->type;
    return WB_OK;
}

/* The only place where a bool is taken for a number: the whole. */
static wb_status bind_root(binder *b, wbi_node *root, wbi_expr_type wanted)
{
    WBI_TRY(bind_node(b, root, wanted));
    if (wanted == WBI_EXPR_ANY)
        wanted = root->type == WBI_EXPR_ANY ? WBI_EXPR_NUMBER : root->type;
    if (wanted != WBI_EXPR_NUMBER || root->type != WBI_EXPR_BOOL)
        return demand(b, root, wanted, true, NULL);
    root->as = WBI_EXPR_NUMBER;
    return WB_OK;
}

wb_status wbi_expr_bind(wbi_expr *expr, const wbi_scope *scope, wbi_expr_type wanted, wb_error *err)
{
    binder b = {expr, scope, err};
    expr->bound = false;
    for (size_t i = 0; i < expr->n_nodes; i++)
        expr->nodes[i].guess = guess_node(expr, &expr->nodes[i]);
    WBI_TRY(bind_root(&b, &expr->nodes[expr->root], wanted));
    expr->bound = true;
    return WB_OK;
}
