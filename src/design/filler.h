/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fills blocks from a table wherever it lies: by an encoder alone where that is memory, else each worker looks at the table
 * through a window of its own. */
#ifndef WINBACK_DESIGN_FILLER_H
#define WINBACK_DESIGN_FILLER_H

#include "design/basis.h"

typedef struct wbi_filler wbi_filler;

/* Of these rows of the table, for workers below n_workers. Encoder and rows are borrowed. Rows that are near in the table should
 * be near here. Memory: where the table does not lie there, 32 KiB a worker and column. */
WB_WARN_UNUSED wb_status wbi_filler_create(wbi_filler **out, const wbi_encoder *encoder, const size_t *rows, size_t n_rows,
                                           int n_workers, wb_error *err);
void wbi_filler_free(wbi_filler *filler); /* NULL-safe */
/* As wbi_encoder_fill, of the rows from `begin` on. */
WB_WARN_UNUSED wb_status wbi_filler_fill(const wbi_filler *filler, int worker, double *x, size_t begin, size_t n, wb_error *err);

#endif
