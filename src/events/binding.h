/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table's definition bound to the columns its file has: which values expressions can name (slots), how they are
 * masked and computed, and the expressions over its events. */
#ifndef WINBACK_EVENTS_BINDING_H
#define WINBACK_EVENTS_BINDING_H

#include "events/source.h"
#include "expr/expr.h"

#define WBI_NO_SLOT SIZE_MAX

typedef enum wbi_slot_kind {
    WBI_SLOT_TIME = 0, /* the row's own time, never masked */
    WBI_SLOT_READ,     /* a column of the file */
    WBI_SLOT_COMPUTED  /* an expression over other slots */
} wbi_slot_kind;

typedef struct wbi_slot {
    char *name;
    wbi_slot_kind kind;
    wbi_expr_type type;
    size_t read;          /* WBI_SLOT_READ: index into wbi_binding.columns */
    wbi_expr *expr;       /* WBI_SLOT_COMPUTED */
    size_t known_at;      /* slot of the time it became known; WBI_NO_SLOT: at the row's time */
    bool known_from_start; /* known_at is the row's own time: not masked even when it is a later time */
    wbi_aggregate agg;    /* of the lines of an event; WBI_AGG_NONE: sum of numbers, first of others */
    size_t line;          /* where it is declared */
    bool declared;        /* part of the canonical order of events */
} wbi_slot;

/* An expression over the table's events, evaluated once a view however many features use it. */
typedef struct wbi_event_expr {
    char *text;
    wbi_expr_type wanted;
    wbi_expr *expr;
} wbi_event_expr;

typedef struct wbi_binding {
    const wbi_table_def *def;
    const wbi_source *source;
    wbi_slot *slots; /* slot 0 is the time, in tables that have one */
    size_t n_slots, slots_capacity;
    wbi_typed_column *columns; /* to be read, in the order of wb_table columns behind customer and time */
    size_t n_columns, columns_capacity;
    wbi_expr *where;
    size_t group_by;            /* slot or WBI_NO_SLOT */
    bool redacts;               /* what was not known at redact_us is deleted while reading */
    int64_t redact_us;
    size_t event_time;          /* slot or WBI_NO_SLOT: the earliest line's time */
    size_t *order_by, n_order_by; /* slots */
    wbi_event_expr *exprs;
    size_t n_exprs, exprs_capacity;
    bool over_events; /* what is being bound sees events, not lines */
    const char *asking, *asking_column; /* the key of the project that is being bound, the column it is of or "" */
    size_t asking_line;
} wbi_binding;

/* Declares the table's columns that the file has (a column that is declared, not conventional, and absent is an error),
 * its computed columns, `where` and `group_by`. Definition and source are borrowed. `project`:
 * its path, for advice on who asks for a column that the file lacks; may be NULL. */
WB_WARN_UNUSED wb_status wbi_binding_create(wbi_binding **out, const wbi_table_def *def, const wbi_source *source,
                                            const char *project, wb_error *err);
void wbi_binding_free(wbi_binding *binding); /* NULL-safe */

/* To be called when all expressions are bound: a column of the file that nothing declares, but that is declared under
 * another name, or read as a time elsewhere, is masked as it is there. */
void wbi_binding_finish(wbi_binding *binding);

/* The index of `text` among the expressions over events, bound now when it is new. `where` is its place in the project
 * file. Equal texts wanted as equal types share one index. */
WB_WARN_UNUSED wb_status wbi_binding_expr(wbi_binding *binding, const char *text, wbi_where where,
                                          wbi_expr_type wanted, size_t *index, wb_error *err);
/* Whether every name in `text` can be bound: a slot, or a column of the file. The first that cannot (or the time
 * at which it is known, where the file lacks that) is copied to `missing`, cut at 63 bytes. Fails when the text does not parse. */
WB_WARN_UNUSED wb_status wbi_binding_can(const wbi_binding *binding, const char *text, bool *can, char missing[64],
                                         wb_error *err);
/* The slot of that name and type (WBI_EXPR_ANY: any type); WBI_NO_SLOT when there is none. */
size_t wbi_binding_slot(const wbi_binding *binding, const char *name, wbi_expr_type type);
/* The type that `name` has, or would have, as a column of events; WBI_EXPR_ANY for an undeclared one, *found = false for none. */
wbi_expr_type wbi_binding_type(const wbi_binding *binding, const char *name, bool *found);

#endif
