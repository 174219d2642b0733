/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The design matrix as solvers see it: four operations on fixed blocks of rows, whatever the storage. Column 0 is the
 * intercept; all others have mean 0 and standard deviation 1, but for those that treatment goes into (wbi_encoder_create_arms). */
#ifndef WINBACK_DESIGN_DESIGN_H
#define WINBACK_DESIGN_DESIGN_H

#include "design/basis.h"
#include "design/moments.h"

typedef struct wbi_design wbi_design;

/* A worker has one block at a time: `load` makes it the rows [begin, end), on which the others then work. Their eta,
 * residual, v and squares are the block's own, from 0. `worker` is below n_threads. Sums are added to, of the crossproduct the
 * lower triangle (row-major, n_columns wide) only; its v may be negative up to WBI_KERNEL_FUSED_COLUMNS columns. */
typedef struct wbi_design_ops {
    wb_status (*load)(const wbi_design *design, size_t begin, size_t end, int worker, wb_error *err);
    void (*eta)(const wbi_design *design, int worker, double *eta, const double *beta);
    void (*gradient)(const wbi_design *design, int worker, double *sums, const double *residual);
    /* NULL, or what eta, the kernels' `logistic` and gradient find after each other, at once: returns the loss. */
    double (*loss)(const wbi_design *design, int worker, double *sums, double *curvature, const double *beta,
                   const uint8_t *outcome, const double *weight);
    void (*crossproduct)(const wbi_design *design, int worker, double *sums, const double *v);
    /* squares[i] = x_i' (L L')^-1 x_i, L the lower triangle of `factor` (n_columns wide); `scratch` holds block_rows *
     * n_columns doubles. */
    void (*squares)(const wbi_design *design, int worker, double *squares, const double *factor, double *scratch);
    void (*free)(wbi_design *design);
} wbi_design_ops;

struct wbi_design {
    const wbi_design_ops *ops;
    size_t n_rows, n_columns;
    size_t block_rows; /* depends on the number of columns only */
    int n_threads; /* that passes use: as many as asked for, or fewer where rows are few */
    double *reach; /* by column: the largest absolute value */
};

void wbi_design_free(wbi_design *design); /* NULL-safe */

/* Dense storage in memory, filled by the encoder with the table's rows. Nothing is borrowed afterwards. Standardised
 * in place: the gradient is then that of the standardised problem without further algebra, and no precision is lost
 * to means that are large beside their deviations. */
WB_WARN_UNUSED wb_status wbi_design_dense(wbi_design **out, const wbi_encoder *encoder, const size_t *rows,
                                          size_t n_rows, int n_threads, wb_error *err);

/* The table's rows, encoded anew each time a block is loaded. Takes the encoder, also where it fails; its basis and
 * table, and `rows`, are borrowed. */
WB_WARN_UNUSED wb_status wbi_design_encoded(wbi_design **out, wbi_encoder *encoder, const size_t *rows, size_t n_rows,
                                            int n_threads, wb_error *err);

typedef struct wbi_design_rows {
    const wb_table *table;
    const size_t *rows;
    size_t n_rows;
    bool few_passes; /* about ten will be made */
    int n_threads;
    const uint8_t *treated; /* as wbi_encoder_create_arms; NULL: none */
} wbi_design_rows;

/* Rows of a table by the storage that suits: encoded where few passes are made, the rows lie in the order in which they are
 * wanted, and no term makes its number of several columns, for a pass then costs little more than one over rows that were encoded
 * before, and making those costs more than it saves, and always where the table does not lie in memory; else dense. Both give the
 * same bits. All is borrowed. */
WB_WARN_UNUSED wb_status wbi_design_of_rows(wbi_design **out, const wbi_basis *basis, const wbi_design_rows *what,
                                            wb_error *err);

/* The columns of `x`, borrowed, behind an intercept, standardised by their moments whenever they are looked at; constant ones
 * become 0. */
WB_WARN_UNUSED wb_status wbi_design_array(wbi_design **out, const wb_matrix *x, const wbi_moments *moments, int n_threads,
                                          wb_error *err);

/* The same rows for one worker alone, whose place in `of` (borrowed) it takes: for work that is shared out otherwise than by
 * rows. */
WB_WARN_UNUSED wb_status wbi_design_alone(wbi_design **out, const wbi_design *of, int worker, wb_error *err);

#endif
