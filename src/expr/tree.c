/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "expr/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void wbi_expr_free(wbi_expr *expr)
{
    if (expr == NULL)
        return;
    wbi_free(expr->text);
    wbi_free(expr->file);
    wbi_free(expr->nodes);
    wbi_free(expr->bytes);
    wbi_free(expr->names);
    wbi_free(expr);
}

size_t wbi_expr_n_names(const wbi_expr *expr)
{
    return expr->n_names;
}

const char *wbi_expr_name(const wbi_expr *expr, size_t index)
{
    return expr->names[index];
}

bool wbi_expr_uses_cutoff(const wbi_expr *expr)
{
    return expr->uses_cutoff;
}

wbi_expr_type wbi_expr_result(const wbi_expr *expr)
{
    return expr->nodes[expr->root].as;
}

bool wbi_expr_next_slot(const wbi_expr *expr, size_t *cursor, size_t *slot)
{
    while (*cursor < expr->n_nodes) {
        const wbi_node *node = &expr->nodes[(*cursor)++];
        if (node->op == WBI_OP_NAME) {
            *slot = node->slot;
            return true;
        }
    }
    return false;
}

size_t wbi_vector_width(wbi_expr_type type)
{
    switch (type) {
    case WBI_EXPR_TEXT:
        return sizeof(wbi_str);
    case WBI_EXPR_BOOL:
        return sizeof(uint8_t);
    case WBI_EXPR_NUMBER:
    case WBI_EXPR_ANY:
        return sizeof(double);
    case WBI_EXPR_TIME:
    case WBI_EXPR_DURATION:
        return sizeof(int64_t);
    }
    return sizeof(double);
}

wbi_str wbi_node_text(const wbi_expr *expr, const wbi_node *node)
{
    return (wbi_str){expr->text + node->start, node->end - node->start};
}

const char *wbi_expr_quote(char out[WBI_QUOTE_CHARS], wbi_str text)
{
    return wbi_printable(out, WBI_QUOTE_CHARS, text.data, text.length);
}

wb_status wbi_expr_fail(const wbi_expr *expr, wb_error *err, wb_status code, size_t at, wbi_str value,
                        const char *format, ...)
{
    char message[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t first = expr->column == 0 ? 1 : expr->column, character = first + wbi_utf8_characters(expr->text, at);
    if (expr->line == 0 || expr->column != 0)
        return wbi_fail_at(err, code, (wbi_where){expr->file, expr->line, character}, value.data, value.length, "%s",
                           message);
    return wbi_fail_at(err, code, (wbi_where){expr->file, expr->line, 0}, value.data, value.length,
                       "%s (at character %zu of the expression)", message, character);
}
