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

/* Fills all but `base`, of which n_rows, n_columns and n_threads are set; the latter may fall, and block_rows and reach are filled. Also where it fails,
 * wbi_rows_clear frees what there is. */
WB_WARN_UNUSED wb_status wbi_rows_init(wbi_rows_design *design, size_t stride, wb_error *err);
void wbi_rows_clear(wbi_rows_design *design);

/* Makes `n_rows` rows at x, borrowed, the worker's block. */
void wbi_rows_set_block(const wbi_rows_design *design, int worker, const double *x, size_t n_rows);
/* Takes the worker's block into its reach; when all blocks are taken in, gathers the design's from that of all workers. */
void wbi_rows_stretch(const wbi_rows_design *design, int worker);
void wbi_rows_gather_reach(wbi_rows_design *design);

/* Of wbi_design_ops. */
void wbi_rows_eta(const wbi_design *base, int worker, double *eta, const double *beta);
void wbi_rows_gradient(const wbi_design *base, int worker, double *sums, const double *residual);
void wbi_rows_crossproduct(const wbi_design *base, int worker, double *sums, const double *v);

#endif
