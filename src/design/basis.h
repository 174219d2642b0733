/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A basis: the terms of a model and the columns of them that are in use, each with its scale. Column 0 of a design is
 * the intercept; the basis lists the others. */
#ifndef WINBACK_DESIGN_BASIS_H
#define WINBACK_DESIGN_BASIS_H

#include "design/term.h"
#include "kernel/kernel.h"

typedef struct wbi_basis_column {
    size_t term, part; /* the part-th column of that term */
    char *name;
    double mean, sd;   /* of the training rows, weighted; the population's standard deviation */
    double reach;      /* the largest distance of a training row from the mean, in deviations; 0 in a model that was read */
} wbi_basis_column;

typedef struct wbi_basis {
    wbi_term **terms;
    size_t n_terms;
    wbi_basis_column *columns; /* in the order of terms and parts */
    size_t n_columns;
} wbi_basis;

typedef struct wbi_basis_options {
    bool penalised;
    int n_threads;
    const wb_log *log; /* hears of columns that are left out; NULL: silence */
    const wbi_form *forms; /* of each feature, for numbers; NULL: all linear */
    const wbi_purchases_wanted *purchases; /* behind them one more term, of these; NULL: none */
    wbi_form purchases_form;
} wbi_basis_options;

/* Fits a term to each of the table's columns `features`, and to the purchases that are wanted, and scales their columns. Constant
 * columns, and terms that are left without any, are dropped; of columns with penalties of their own all or none. */
WB_WARN_UNUSED wb_status wbi_basis_fit(wbi_basis **out, const wbi_sample *sample, const size_t *features,
                                       size_t n_features, const wbi_basis_options *options, wb_error *err);
void wbi_basis_free(wbi_basis *basis); /* NULL-safe */
/* Whether a term makes its number of several columns, which costs more than to read one. */
bool wbi_basis_makes_any(const wbi_basis *basis);
/* How many columns of a term are in use. */
size_t wbi_basis_columns_of(const wbi_basis *basis, size_t term);
/* Finds mean, deviation and reach of each column on the sample's rows. */
WB_WARN_UNUSED wb_status wbi_basis_scale(wbi_basis *basis, const wbi_sample *sample, int n_threads, wb_error *err);
/* Names the columns whose drop[column] is not 0 and why, in one line of the log, or nothing when there are none. */
void wbi_basis_say_left_out(const wbi_basis *basis, const uint8_t *drop, const char *why, const wb_log *log);
/* Drops the columns whose drop[column] is not 0, and terms without columns. */
void wbi_basis_drop(wbi_basis *basis, const uint8_t *drop);

/* WB_ERR_INCONSISTENT: none of the names is the feature's; says which is nearest. */
wb_status wbi_feature_missing(const char *feature, const char *const *names, size_t n_names, wb_error *err);
/* The column of that name. An absent one, or one of another type, is WB_ERR_INCONSISTENT. */
WB_WARN_UNUSED wb_status wbi_feature_find(size_t *column, const wb_table *table, const char *feature, wb_type type,
                                          wb_error *err);

typedef struct wbi_encoder_plain {
    size_t source;            /* column of the table; SIZE_MAX: the same number in every row */
    wbi_kernel_column column; /* its values are not set */
} wbi_encoder_plain;

/* Writes rows of the design from a table's columns. Immutable, so many threads may fill from one. */
typedef struct wbi_encoder {
    const wbi_basis *basis;
    const wb_table *table;
    wbi_term_binding *bindings; /* one a term */
    size_t *place;         /* column of the design per part, of all terms in a row */
    size_t *first_part;    /* where each term's parts begin in `place` */
    wbi_encoder_plain *plain; /* columns that hold numbers of the table as they are, the intercept and the padding, by place */
    size_t n_plain;
    bool any_encoded; /* there are other columns */
    const wbi_kernels *kernels;
    double *mean, *scale;  /* of `stride` columns; scale = 1 / sd */
    const uint8_t *treated; /* by row of the table: 1 treated, else not; NULL: there is no treatment */
    size_t n_own;          /* the basis's columns, with the intercept */
    size_t n_columns;      /* that are filled: with a treatment twice as many */
    size_t stride;         /* padded for the kernels */
} wbi_encoder;

/* Finds the features' columns by name. An absent one, or one of another type, is WB_ERR_INCONSISTENT. Basis and table
 * are borrowed. */
WB_WARN_UNUSED wb_status wbi_encoder_create(wbi_encoder **out, const wbi_basis *basis, const wb_table *table,
                                            wb_error *err);
/* The same; with `treated` (borrowed, one byte a row of the table, which lies in memory; NULL: none) the design goes on, behind its
 * own columns, with each of them, the intercept's too, times WBI_ARM where the row was treated and -WBI_ARM where it was not: so
 * the own columns' coefficients are the mean of the two arms', and the others what the treatment adds. */
#define WBI_ARM 0.5
WB_WARN_UNUSED wb_status wbi_encoder_create_arms(wbi_encoder **out, const wbi_basis *basis, const wb_table *table,
                                                 const uint8_t *treated, wb_error *err);
/* Over a table that has a column named by each term, with what the term encodes, be it read or made. */
WB_WARN_UNUSED wb_status wbi_encoder_create_made(wbi_encoder **out, const wbi_basis *basis, const wb_table *table, wb_error *err);
void wbi_encoder_free(wbi_encoder *encoder); /* NULL-safe */

/* Fills x (n rows of `stride` doubles) with the standardised design of the rows rows[begin .. begin + n), or, with rows
 * NULL, of the rows begin .. begin + n themselves. */
void wbi_encoder_fill(const wbi_encoder *encoder, double *x, const size_t *rows, size_t begin, size_t n);

#endif
