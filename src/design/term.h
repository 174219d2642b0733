/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms: how one feature becomes columns of the design. Everything learned from data (medians, levels) is held by the
 * term. A new kind is one file and one line in term.c. Kinds of numbers do not know whether the number is a column of the table or
 * is made of several (design/purchases.h). */
#ifndef WINBACK_DESIGN_TERM_H
#define WINBACK_DESIGN_TERM_H

#include <stdbool.h>
#include <winback/table.h>

#include "design/contribution.h"
#include "design/json.h"
#include "design/purchases.h"
#include "table/spill.h"

/* The rows something is fitted on. All borrowed. */
typedef struct wbi_sample {
    const wb_table *table;
    const size_t *rows;       /* indices into the table */
    const double *weight;     /* of each row, > 0 */
    const uint32_t *customer; /* of each row; rows of one customer stand together */
    size_t n;
    bool this_table_only; /* the terms will read no other table: what only other tables could need may stay unknown */
    bool one_run;       /* rows follow one on the other in the table; false where nobody looked */
    bool equal_weights; /* all weigh the same; false where nobody looked */
} wbi_sample;

/* Whether rows follow one on the other in the table, so that the first says all. */
static inline bool wbi_rows_are_run(const size_t *rows, size_t n)
{
    size_t difference = 0;
    for (size_t i = 0; i < n; i++)
        difference |= rows[i] ^ (rows[0] + i);
    return difference == 0;
}

typedef struct wbi_term_kind wbi_term_kind;

/* What all kinds share; each kind's own struct begins with it. */
typedef struct wbi_term {
    const wbi_term_kind *kind;
    char *feature;    /* column of the table it reads, or the name of what it makes of several */
    size_t n_columns; /* it can encode; a basis may use fewer */
    wbi_purchases *purchases; /* what makes the number that the kind encodes; NULL: it is the column */
} wbi_term;

/* A term's way into one table. */
typedef struct wbi_term_binding {
    const wb_table *table;
    size_t column;                       /* SIZE_MAX: the number is made of */
    size_t reads[WBI_PURCHASES_READS];   /* these */
    int32_t *level_of_code; /* kinds that read categories: what each dictionary code means */
} wbi_term_binding;

/* Where columns are written. */
typedef struct wbi_encoding {
    double *x; /* n rows of `stride` doubles, zeroed */
    size_t stride;
    const size_t *place;  /* place[part] is the column of the term's part; SIZE_MAX: not wanted */
    const size_t *rows;   /* row i is rows[begin + i] of the table; NULL: begin + i */
    size_t begin, n;
} wbi_encoding;

/* A column of the design that holds the numbers that the term reads as they are, missing ones aside. */
typedef struct wbi_plain {
    double missing; /* what a missing one becomes */
    bool indicator; /* the others become 0 */
} wbi_plain;

/* A function of a number, cubic between knots and constant beyond them. */
enum { WBI_MAX_INTERVALS = 20 };
typedef struct wbi_shape {
    size_t n_intervals;
    double knots[WBI_MAX_INTERVALS + 1];
    double cubic[WBI_MAX_INTERVALS][4]; /* by power of u, which goes from 0 to 1 over the interval */
    double missing;                     /* the number that a missing one is taken for */
} wbi_shape;

/* What most training rows had: the median of a number (NaN: none had any), the most frequent level of a category, those
 * pooled as (other) aside (NULL: none, or missing cells are more frequent). Borrowed from the term. */
typedef struct wbi_typical {
    double number;
    const char *level;
} wbi_typical;

/* How the training rows' values were spread, each row counting the same. Borrowed from the term. */
enum { WBI_N_DECILES = 11 };
typedef struct wbi_reference {
    double missing;        /* share of the rows */
    const double *deciles; /* numbers: least and greatest included; NULL: no row had a value */
    const double *shares;  /* numbers: of those that had a value, by stretch between deciles (wbi_number), NULL: not known;
                              categories: of all rows, a named level each, then `missing` and `other` where there are such */
    char *const *levels;   /* named ones */
    size_t n_levels;
    bool has_missing, has_other;
} wbi_reference;

struct wbi_term_kind {
    const char *name; /* in model files */
    wb_type type;     /* of the column it reads */
    /* Fits a term to the column's values in the sample; *out stays NULL where they do not suit the kind. `penalised`: all
     * columns of it will be. */
    wb_status (*fit)(wbi_term **out, const wbi_sample *sample, size_t column, bool penalised, wb_error *err);
    void (*free)(wbi_term *term); /* half-built-safe */
    /* Appends the name of one of its columns. */
    wb_status (*describe)(wbi_buffer *name, const wbi_term *term, size_t part, wb_error *err);
    /* Prepares the binding for the codes that its column has; NULL when there is nothing to prepare. */
    wb_status (*bind)(wbi_term_binding *binding, const wbi_term *term, wb_error *err);
    /* What the columns are, for a kind whose columns are all plain; such a kind has no `encode`. */
    wbi_plain (*plain)(const wbi_term *term, size_t part);
    /* Writes the values that are not zero. */
    void (*encode)(wbi_encoding *out, const wbi_term *term, const wbi_term_binding *binding);
    /* Adds the kind's own members to `object`; non-zero when memory ran out. */
    int (*to_json)(json_t *object, const wbi_term *term);
    wbi_typical (*typical)(const wbi_term *term);
    wbi_reference (*reference)(const wbi_term *term);
    wb_status (*from_json)(wbi_term **out, const wbi_json_at *at, wb_error *err);
    /* Fills the contribution, which is zeroed, from how its columns are weighed, a part each. */
    wb_status (*compile)(wbi_contribution *out, const wbi_term *term, const wbi_weighed *parts, wb_error *err);

    /* The following are NULL for kinds whose columns have the ridge. */
    /* How many of the term's columns, the first ones, have penalties of their own. */
    size_t (*n_penalised)(const wbi_term *term);
    /* The two matrices of these n columns' penalties, n x n, symmetric, on coefficients per unit: `bend`, of rank n - 1, is
     * 0 for straight lines; `slope`, of rank 1, is 0 for all that is orthogonal to them. */
    void (*penalties)(double *bend, double *slope, const wbi_term *term);
    /* What these columns come to with such coefficients, a part each. */
    void (*shape)(wbi_shape *out, const wbi_term *term, const double *coefficients);
};

extern const wbi_term_kind wbi_term_linear, wbi_term_category, wbi_term_log1p, wbi_term_spline;

/* The kind that reads a column of that type; NULL when none does. */
const wbi_term_kind *wbi_term_kind_for(wb_type type);

/* What is made of a number; of too few different values it is linear in any case. */
typedef enum wbi_form { WBI_FORM_LINEAR = 0, WBI_FORM_LOG1P, WBI_FORM_SPLINE } wbi_form;

typedef struct wbi_term_options {
    bool penalised;
    wbi_form form;
} wbi_term_options;

WB_WARN_UNUSED wb_status wbi_term_fit(wbi_term **out, const wbi_sample *sample, size_t column,
                                      const wbi_term_options *options, wb_error *err);
/* Of the number that the purchase model makes, which is fitted to the sample, too; the rows lie in memory. */
WB_WARN_UNUSED wb_status wbi_term_fit_purchases(wbi_term **out, const wbi_sample *sample, const wbi_purchases_wanted *wanted,
                                                const wbi_term_options *options, int n_threads, wb_error *err);
void wbi_term_free(wbi_term *term); /* NULL-safe */
/* Whether the term reads a column of that name. */
bool wbi_term_reads(const wbi_term *term, const char *name);
/* Finds the columns of the table (borrowed) and prepares them for the kind's `encode`; an absent one, or one of another type, is
 * WB_ERR_INCONSISTENT. */
WB_WARN_UNUSED wb_status wbi_term_bind(wbi_term_binding *out, const wbi_term *term, const wb_table *table, wb_error *err);
/* Finds them only, to be read; where the term reads one, that may lie on disk, and the view, which the caller closes, brings it
 * back. */
WB_WARN_UNUSED wb_status wbi_term_open(wbi_term_binding *out, wbi_view *view, const wbi_term *term, const wb_table *table,
                                       wb_error *err);
/* Of a term of numbers that is bound, the numbers that its kind encodes: out[i] is row rows[begin + i]'s (`rows` NULL: row
 * begin + i's). */
void wbi_term_numbers(double *out, const wbi_term *term, const wbi_term_binding *binding, const size_t *rows, size_t begin,
                      size_t n);
/* A new string, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_term_column_name(char **out, const wbi_term *term, size_t part, wb_error *err);
/* A new object with kind, feature and what the kind adds; NULL when memory ran out. */
json_t *wbi_term_to_json(const wbi_term *term);
WB_WARN_UNUSED wb_status wbi_term_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err);
/* 0 for terms whose columns all have the ridge. */
size_t wbi_term_n_penalised(const wbi_term *term);
double wbi_shape_at(const wbi_shape *shape, double value);

/* What categories call the cells without a value, and the levels that have no column of their own: "(missing)", "(other)". */
extern const char wbi_missing_level[10], wbi_other_level[8];

#endif
