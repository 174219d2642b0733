/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluation: a walk over the tree, each node over all rows. A node's own cells are taken from the scratch before those
 * of its operands, which are given back as soon as they have been used: what is held grows with the depth of the tree,
 * not with its size. Only text keeps its operands, for its cells may point into them. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "expr/kernels.h"
#include "expr/scratch.h"

/* What became of numbers that passed the range of a double. */
typedef struct overflows {
    bool any;
    uint8_t *marks; /* by row; NULL: nobody wants to know which */
} overflows;

typedef struct run {
    const wbi_expr *expr;
    const wbi_vector *slots;
    size_t n;
    int64_t cutoff_us;
    wbi_expr_scratch *scratch;
    overflows *overflows;
    wb_error *err;
} run;

static wb_status eval_node(wbi_operand *out, const run *r, const wbi_node *node);

static const wbi_node *child_of(const run *r, const wbi_node *node)
{
    return &r->expr->nodes[node->first];
}

static const wbi_node *sibling_of(const run *r, const wbi_node *node)
{
    return node->next == WBI_NO_NODE ? NULL : &r->expr->nodes[node->next];
}

static wb_status take_cells(void **out, const run *r, wbi_expr_type type)
{
    return wbi_scratch_take(out, r->scratch, r->n, wbi_cell_bytes(type), r->err);
}

static wbi_vector missing_of(wbi_expr_type type)
{
    static const double number = NAN;
    static const int64_t time_us = WB_TIME_MISSING;
    static const wbi_str text = {NULL, 0};
    static const uint8_t truth = WBI_UNKNOWN;
    switch (type) {
    case WBI_EXPR_NUMBER:
        return wbi_vector_of(type, &number);
    case WBI_EXPR_TEXT:
        return wbi_vector_of(type, &text);
    case WBI_EXPR_BOOL:
        return wbi_vector_of(type, &truth);
    default:
        return wbi_vector_of(type, &time_us);
    }
}

/* A leaf's values are where they are: nothing is copied. */
static wbi_operand eval_leaf(const run *r, const wbi_node *node)
{
    switch (node->op) {
    case WBI_OP_NAME:
        assert(r->slots[node->slot].type == node->type);
        return (wbi_operand){r->slots[node->slot], 1};
    case WBI_OP_NUMBER:
        return (wbi_operand){wbi_vector_of(node->type, &node->number), 0};
    case WBI_OP_STRING:
        return (wbi_operand){node->as == WBI_EXPR_TIME ? wbi_vector_of(node->as, &node->time_us)
                                                       : wbi_vector_of(node->as, &node->string),
                             0};
    case WBI_OP_TRUTH:
        return (wbi_operand){wbi_vector_of(node->type, &node->truth), 0};
    case WBI_OP_CUTOFF:
        return (wbi_operand){wbi_vector_of(node->type, &r->cutoff_us), 0};
    default:
        return (wbi_operand){missing_of(node->type), 0};
    }
}

static wb_status eval_lower(wbi_str *cells, const run *r, wbi_operand a)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < r->n; i++) {
        wbi_str text = a.values.texts[i * a.step];
        if (text.data != NULL && __builtin_add_overflow(n_bytes, text.length, &n_bytes))
            return wbi_fail_nomem(r->err, SIZE_MAX);
    }
    void *bytes;
    WBI_TRY(wbi_scratch_take(&bytes, r->scratch, n_bytes, 1, r->err));
    wbi_apply_lower(cells, bytes, a, r->n);
    return WB_OK;
}

/* The first operand in any of the others: an or of comparisons, as in SQL. */
static wb_status eval_in(uint8_t *cells, const run *r, const wbi_node *node)
{
    wbi_operand needle, item;
    void *hits;
    const wbi_node *child = child_of(r, node);
    WBI_TRY(eval_node(&needle, r, child));
    WBI_TRY(take_cells(&hits, r, WBI_EXPR_BOOL));
    memset(cells, WBI_FALSE, r->n);
    wbi_scratch_mark mark = wbi_scratch_here(r->scratch);
    while ((child = sibling_of(r, child)) != NULL) {
        WBI_TRY(eval_node(&item, r, child));
        wbi_apply_compare(hits, WBI_OP_EQUAL, needle, item, r->n);
        wbi_apply_fold(cells, WBI_OP_OR, (wbi_operand){wbi_vector_of(WBI_EXPR_BOOL, hits), 1}, r->n);
        wbi_scratch_back(r->scratch, mark);
    }
    return WB_OK;
}

static wb_status eval_if(void *cells, const run *r, const wbi_node *node)
{
    wbi_operand condition, yes, no;
    const wbi_node *child = child_of(r, node);
    WBI_TRY(eval_node(&condition, r, child));
    child = sibling_of(r, child);
    WBI_TRY(eval_node(&yes, r, child));
    child = sibling_of(r, child);
    WBI_TRY(eval_node(&no, r, child));
    wbi_apply_if(cells, condition, yes, no, r->n);
    return WB_OK;
}

static wb_status eval_fold(void *cells, const run *r, const wbi_node *node)
{
    wbi_operand operand;
    const wbi_node *child = child_of(r, node);
    wbi_scratch_mark mark = wbi_scratch_here(r->scratch);
    WBI_TRY(eval_node(&operand, r, child));
    wbi_apply_copy(cells, operand, r->n);
    while ((child = sibling_of(r, child)) != NULL) {
        if (node->type != WBI_EXPR_TEXT)
            wbi_scratch_back(r->scratch, mark);
        WBI_TRY(eval_node(&operand, r, child));
        wbi_apply_fold(cells, node->op, operand, r->n);
    }
    return WB_OK;
}

static void eval_arithmetic(void *cells, const run *r, wbi_op op, wbi_operand a, wbi_operand b)
{
    if (!wbi_apply_arithmetic(cells, op, a, b, r->n))
        return;
    r->overflows->any = true;
    if (r->overflows->marks != NULL)
        wbi_mark_overflows(r->overflows->marks, op, a, b, r->n);
}

static wb_status eval_one_or_two(void *cells, const run *r, const wbi_node *node)
{
    wbi_operand a, b;
    const wbi_node *left = child_of(r, node), *right = sibling_of(r, left);
    WBI_TRY(eval_node(&a, r, left));
    if (node->op == WBI_OP_LOWER)
        return eval_lower(cells, r, a);
    if (right == NULL) {
        wbi_apply_unary(cells, node->op, a, r->n);
        return WB_OK;
    }
    WBI_TRY(eval_node(&b, r, right));
    if (node->op == WBI_OP_STARTS_WITH)
        wbi_apply_starts_with(cells, a, b, r->n);
    else if (node->op == WBI_OP_CONTAINS)
        wbi_apply_contains(cells, a, b, r->n);
    else if (node->type == WBI_EXPR_BOOL)
        wbi_apply_compare(cells, node->op, a, b, r->n);
    else
        eval_arithmetic(cells, r, node->op, a, b);
    return WB_OK;
}

static wb_status eval_cells(void *cells, const run *r, const wbi_node *node)
{
    switch (node->op) {
    case WBI_OP_IN:
        return eval_in(cells, r, node);
    case WBI_OP_IF:
        return eval_if(cells, r, node);
    case WBI_OP_AND:
    case WBI_OP_OR:
    case WBI_OP_LEAST:
    case WBI_OP_GREATEST:
    case WBI_OP_COALESCE:
        return eval_fold(cells, r, node);
    default:
        return eval_one_or_two(cells, r, node);
    }
}

/* A node as what it computes, before any conversion. */
static wb_status eval_plain(wbi_operand *out, const run *r, const wbi_node *node)
{
    if (node->first == WBI_NO_NODE) {
        *out = eval_leaf(r, node);
        return WB_OK;
    }
    void *cells;
    WBI_TRY(take_cells(&cells, r, node->type));
    wbi_scratch_mark mark = wbi_scratch_here(r->scratch);
    WBI_TRY(eval_cells(cells, r, node));
    if (node->type != WBI_EXPR_TEXT)
        wbi_scratch_back(r->scratch, mark);
    *out = (wbi_operand){wbi_vector_of(node->type, cells), 1};
    return WB_OK;
}

static wb_status eval_node(wbi_operand *out, const run *r, const wbi_node *node)
{
    if (node->as == node->type || node->op == WBI_OP_STRING)
        return eval_plain(out, r, node);
    wbi_operand plain;
    void *cells;
    WBI_TRY(take_cells(&cells, r, node->as));
    wbi_scratch_mark mark = wbi_scratch_here(r->scratch);
    WBI_TRY(eval_plain(&plain, r, node));
    wbi_apply_convert(cells, node->as, plain, r->n);
    wbi_scratch_back(r->scratch, mark);
    *out = (wbi_operand){wbi_vector_of(node->as, cells), 1};
    return WB_OK;
}

static wb_status eval_root(wbi_vector *out, const run *r)
{
    const wbi_node *root = &r->expr->nodes[r->expr->root];
    wbi_operand result;
    WBI_TRY(eval_node(&result, r, root));
    *out = result.values;
    if (result.step == 1)
        return WB_OK;
    void *cells;
    WBI_TRY(take_cells(&cells, r, root->as));
    wbi_apply_copy(cells, result, r->n);
    *out = wbi_vector_of(root->as, cells);
    return WB_OK;
}

/* Evaluates once more to see in which rows numbers overflew: of these, the missing ones count. What the result does not
 * hang on (a branch not taken, a coalesced value) does no harm. */
static wb_status eval_marked(wbi_vector *out, const run *r)
{
    void *marks, *missing;
    WBI_TRY(take_cells(&marks, r, WBI_EXPR_BOOL));
    WBI_TRY(take_cells(&missing, r, WBI_EXPR_BOOL));
    memset(marks, 0, r->n);
    r->overflows->marks = marks;
    WBI_TRY(eval_root(out, r));
    wbi_apply_unary(missing, WBI_OP_IS_NULL, (wbi_operand){*out, 1}, r->n);
    for (size_t i = 0; i < r->n; i++)
        out->n_overflows += ((const uint8_t *)marks)[i] & ((const uint8_t *)missing)[i];
    return WB_OK;
}

wb_status wbi_expr_eval(const wbi_expr *expr, const wbi_vector *slots, size_t n_rows, int64_t cutoff_us,
                        wbi_expr_scratch *scratch, wbi_vector *out, wb_error *err)
{
    assert(expr->bound);
    overflows seen = {0};
    const run r = {expr, slots, n_rows, cutoff_us, scratch, &seen, err};
    wbi_scratch_mark mark = wbi_scratch_here(scratch);
    WBI_TRY(eval_root(out, &r));
    out->n_overflows = 0;
    if (!seen.any)
        return WB_OK;
    wbi_scratch_back(scratch, mark);
    return eval_marked(out, &r);
}
