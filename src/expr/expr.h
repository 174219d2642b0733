/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The expression language: parsed once, bound to columns with types checked, then run over column blocks. Grammar and
 * examples: docs/expressions.md. */
#ifndef WINBACK_EXPR_EXPR_H
#define WINBACK_EXPR_EXPR_H

#include <stdbool.h>
#include <winback/time.h>

#include "base/error.h"
#include "base/text.h"

typedef enum wbi_expr_type {
    WBI_EXPR_ANY = 0,  /* unknown (the null literal), or: any will do */
    WBI_EXPR_NUMBER,
    WBI_EXPR_TEXT,
    WBI_EXPR_TIME,
    WBI_EXPR_DURATION, /* microseconds */
    WBI_EXPR_BOOL      /* three-valued */
} wbi_expr_type;

enum { WBI_FALSE = 0, WBI_TRUE = 1, WBI_UNKNOWN = 2 };
enum { WBI_N_CODES = 64, WBI_CODE_MISSING = WBI_N_CODES - 1 }; /* of texts of few levels */

/* A block of values of one type; borrowed. */
typedef struct wbi_vector {
    wbi_expr_type type;
    union {
        const double *numbers;   /* NaN: missing */
        const int64_t *times;    /* also durations; WB_TIME_MISSING: missing */
        const wbi_str *texts;    /* data == NULL: missing */
        const uint8_t *bools;    /* WBI_FALSE, WBI_TRUE, WBI_UNKNOWN */
    };
    const uint8_t *codes; /* of texts: equal where these are, WBI_CODE_MISSING for missing ones; NULL: not known */
    bool all_there; /* numbers of which none is missing; false when nobody looked */
    size_t n_overflows; /* of an evaluation: rows that are missing for a number past 1.8e308, made of finite ones */
} wbi_vector;

/* Bytes of one value of a type. */
size_t wbi_vector_width(wbi_expr_type type);

typedef struct wbi_expr wbi_expr;

/* `where` is the place of the text's first character in its file: errors name the place in the file. With a line but
 * column 0 the text does not stand in one line as it is: errors name that line, and the message the character of the
 * expression; without a line the column is that character. The message quotes the expression and says what was
 * expected. WB_ERR_MALFORMED. */
WB_WARN_UNUSED wb_status wbi_expr_parse(wbi_expr **out, const char *text, wbi_where where, wb_error *err);
void wbi_expr_free(wbi_expr *expr); /* NULL-safe */

/* The names (columns) it mentions, in order of first appearance; `cutoff` is not one. Borrowed. */
size_t wbi_expr_n_names(const wbi_expr *expr);
const char *wbi_expr_name(const wbi_expr *expr, size_t index);
bool wbi_expr_uses_cutoff(const wbi_expr *expr);

/* Binding asks for every name. `wanted` says what the place needs (WBI_EXPR_ANY: anything). The callback sets the slot
 * whose vector will hold the values, and the type it has; false: there is no such column (the callback may fill err). */
typedef struct wbi_scope {
    bool (*resolve)(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type,
                    wb_error *err);
    void *user;
} wbi_scope;
/* Checks all types: WB_ERR_INCONSISTENT names the column, what it is and what was needed. A number stands for a bool
 * where one is needed (not 0). `wanted` is what the whole is to be (WBI_EXPR_ANY: anything). */
WB_WARN_UNUSED wb_status wbi_expr_bind(wbi_expr *expr, const wbi_scope *scope, wbi_expr_type wanted, wb_error *err);
wbi_expr_type wbi_expr_result(const wbi_expr *expr); /* after binding */
/* Steps through the slots that a bound expression reads: *cursor starts at 0; false past the last. A slot may come more
 * than once. */
bool wbi_expr_next_slot(const wbi_expr *expr, size_t *cursor, size_t *slot);

/* Memory for evaluation, reused from block to block; one a thread. */
typedef struct wbi_expr_scratch wbi_expr_scratch;
WB_WARN_UNUSED wb_status wbi_expr_scratch_create(wbi_expr_scratch **out, wb_error *err);
void wbi_expr_scratch_free(wbi_expr_scratch *scratch); /* NULL-safe */
/* Frees, for reuse, everything that evaluations since the last reset have returned. */
void wbi_expr_scratch_reset(wbi_expr_scratch *scratch);

/* Evaluates a bound expression over `n_rows` rows. slots[slot] holds the values of a name. The result is borrowed from
 * `scratch` until its reset (or is a slot itself). The expression is not changed: many threads may evaluate it. */
WB_WARN_UNUSED wb_status wbi_expr_eval(const wbi_expr *expr, const wbi_vector *slots, size_t n_rows, int64_t cutoff_us,
                                       wbi_expr_scratch *scratch, wbi_vector *out, wb_error *err);

#endif
