/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What designs share whose blocks are rows of doubles: a kind of storage only says where a block's rows are. */
#ifndef WINBACK_DESIGN_ROWS_H
#define WINBACK_DESIGN_ROWS_H

#include "design/design.h"
#include "kernel/kernel.h"

typedef struct wbi_rows_worker wbi_rows_worker;

typedef struct wbi_rows_design {
    wbi_design base;
    const wbi_kernels *kernels;
    size_t stride;            /* padded for the kernels */
    wbi_rows_worker *workers; /* each one's block */
} wbi_rows_design;

/* Fills all but `base`, of which n_rows, n_columns and n_threads are set: the last may fall, block_rows is filled and reach
 * zeroed. Also where it fails,
 * wbi_rows_clear frees what there is. */
WB_WARN_UNUSED wb_status wbi_rows_init(wbi_rows_design *design, size_t stride, wb_error *err);
void wbi_rows_clear(wbi_rows_design *design);
/* Takes the reach of an encoder's columns over, those of all rows that its basis was fitted to. */
void wbi_rows_set_reach(const wbi_rows_design *design, const wbi_encoder *encoder);

/* Makes `n_rows` rows at x, borrowed, the worker's block. */
void wbi_rows_set_block(const wbi_rows_design *design, int worker, const double *x, size_t n_rows);
/* Of wbi_design_ops. */
void wbi_rows_eta(const wbi_design *base, int worker, double *eta, const double *beta);
void wbi_rows_gradient(const wbi_design *base, int worker, double *sums, const double *residual);
void wbi_rows_crossproduct(const wbi_design *base, int worker, double *sums, const double *v);
void wbi_rows_squares(const wbi_design *base, int worker, double *squares, const double *factor, double *scratch);

#endif
