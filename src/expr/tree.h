/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of an expression: an array of nodes, children before their parents. */
#ifndef WINBACK_EXPR_TREE_H
#define WINBACK_EXPR_TREE_H

#include "expr/expr.h"

enum {
    WBI_EXPR_TEXT_LIMIT = 65536, /* bytes of one expression */
    WBI_EXPR_DEPTH_LIMIT = 200   /* levels of a tree, so that recursion over it is bounded */
};

#define WBI_NO_NODE UINT32_MAX

typedef enum wbi_op {
    WBI_OP_NUMBER = 0, /* leaves */
    WBI_OP_STRING,
    WBI_OP_TRUTH,
    WBI_OP_NULL,
    WBI_OP_NAME,
    WBI_OP_CUTOFF,
    WBI_OP_NEGATE, /* operators; NOT IN and IS NOT NULL are NOT of these */
    WBI_OP_ADD,
    WBI_OP_SUBTRACT,
    WBI_OP_MULTIPLY,
    WBI_OP_DIVIDE,
    WBI_OP_EQUAL,
    WBI_OP_NOT_EQUAL,
    WBI_OP_LESS,
    WBI_OP_LESS_EQUAL,
    WBI_OP_GREATER,
    WBI_OP_GREATER_EQUAL,
    WBI_OP_AND, /* of two or more */
    WBI_OP_OR,
    WBI_OP_NOT,
    WBI_OP_IN, /* the first child in the others */
    WBI_OP_IS_NULL,
    WBI_OP_IF, /* functions */
    WBI_OP_MINUTES,
    WBI_OP_HOURS,
    WBI_OP_DAYS,
    WBI_OP_STARTS_WITH,
    WBI_OP_CONTAINS,
    WBI_OP_LOWER,
    WBI_OP_LOG1P,
    WBI_OP_ABS,
    WBI_OP_LEAST,
    WBI_OP_GREATEST,
    WBI_OP_COALESCE
} wbi_op;

typedef struct wbi_node {
    wbi_op op;
    uint32_t first, next; /* first child, next sibling; WBI_NO_NODE: none */
    uint32_t start, end;  /* its bytes in the text, for messages */
    uint32_t depth;       /* 1 for a leaf */
    unsigned guess;       /* before binding: a bit for each type it may come to have */
    wbi_expr_type type;   /* what the node computes */
    wbi_expr_type as;     /* what its parent takes it for: `type`, or what that is converted to */
    union {
        double number;
        uint8_t truth;
        wbi_str string;
        size_t name; /* index into the expression's names */
    };
    size_t slot;     /* of a name */
    int64_t time_us; /* of a text literal taken for a time */
} wbi_node;

struct wbi_expr {
    char *text;
    size_t text_length;
    char *file; /* NULL: unknown */
    size_t line, column;
    wbi_node *nodes;
    size_t n_nodes, node_capacity;
    uint32_t root;
    char *bytes; /* names (terminated) and text literals */
    size_t n_bytes;
    char **names; /* into `bytes` */
    size_t n_names, name_capacity;
    bool uses_cutoff, bound;
};

/* The bytes of the text behind a node. */
wbi_str wbi_node_text(const wbi_expr *expr, const wbi_node *node);
/* An error at a byte of the text: position, value and message. */
wb_status wbi_expr_fail(const wbi_expr *expr, wb_error *err, wb_status code, size_t at, wbi_str value,
                        const char *format, ...) WBI_PRINTF(6, 7);

enum { WBI_QUOTE_CHARS = 160 };
/* `text` printable, shortened, terminated. Returns `out`. */
const char *wbi_expr_quote(char out[WBI_QUOTE_CHARS], wbi_str text);

#endif
