/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/filler.h"

#include "base/memory.h"
#include "table/spill.h"

enum { ROWS_AT_ONCE = 256 };

/* A worker's window, and the encoder bound to it. */
typedef struct pane {
    wbi_stripe_window window;
    wbi_encoder encoder;
    wbi_term_binding *bindings;
} pane;

struct wbi_filler {
    const wbi_encoder *encoder;
    const size_t *rows;
    bool one_run;
    size_t *wanted; /* columns of the table */
    size_t n_wanted;
    pane *panes; /* NULL: the table lies in memory */
    int n_panes;
};

static wb_status list_columns(wbi_filler *filler, wb_error *err)
{
    const wbi_encoder *encoder = filler->encoder;
    const size_t n_terms = encoder->basis->n_terms;
    filler->wanted = wbi_alloc_array(n_terms, sizeof *filler->wanted);
    if (filler->wanted == NULL)
        return wbi_fail_nomem(err, n_terms * sizeof *filler->wanted);
    for (size_t t = 0; t < n_terms; t++)
        filler->wanted[filler->n_wanted++] = encoder->bindings[t].column;
    return WB_OK;
}

static wb_status open_pane(pane *out, const wbi_filler *filler, wb_error *err)
{
    const wbi_encoder *encoder = filler->encoder;
    const size_t n_terms = encoder->basis->n_terms;
    out->bindings = wbi_alloc_array(n_terms, sizeof *out->bindings);
    if (out->bindings == NULL)
        return wbi_fail_nomem(err, n_terms * sizeof *out->bindings);
    for (size_t t = 0; t < n_terms; t++) {
        out->bindings[t] = encoder->bindings[t];
        out->bindings[t].table = &out->window.table;
    }
    out->encoder = *encoder;
    out->encoder.table = &out->window.table;
    out->encoder.bindings = out->bindings;
    return wbi_window_open(&out->window, encoder->table, filler->wanted, filler->n_wanted, err);
}

wb_status wbi_filler_create(wbi_filler **out, const wbi_encoder *encoder, const size_t *rows, size_t n_rows, int n_workers,
                            wb_error *err)
{
    wb_status status = WB_OK;
    wbi_filler *filler = wbi_alloc_zeroed(1, sizeof *filler);
    if (filler == NULL)
        return wbi_fail_nomem(err, sizeof *filler);
    filler->encoder = encoder;
    filler->rows = rows;
    filler->one_run = wbi_rows_are_run(rows, n_rows);
    if (encoder->table->spill != NULL) {
        WBI_TRY_CLEANUP(list_columns(filler, err));
        filler->panes = wbi_alloc_zeroed((size_t)n_workers, sizeof *filler->panes);
        if (filler->panes == NULL)
            WBI_TRY_CLEANUP(wbi_fail_nomem(err, (size_t)n_workers * sizeof *filler->panes));
        filler->n_panes = n_workers;
        for (int w = 0; w < n_workers; w++)
            WBI_TRY_CLEANUP(open_pane(&filler->panes[w], filler, err));
    }
    *out = filler;
    return WB_OK;
cleanup:
    wbi_filler_free(filler);
    return status;
}

void wbi_filler_free(wbi_filler *filler)
{
    if (filler == NULL)
        return;
    for (int w = 0; w < filler->n_panes; w++) {
        wbi_window_close(&filler->panes[w].window);
        wbi_free(filler->panes[w].bindings);
    }
    wbi_free(filler->panes);
    wbi_free(filler->wanted);
    wbi_free(filler);
}

/* The first rows that lie in one stripe, as that numbers them. */
static size_t take_rows(size_t *out, const size_t *rows, size_t n)
{
    const size_t first = rows[0] / WBI_STRIPE_ROWS * WBI_STRIPE_ROWS;
    size_t n_taken = 0;
    for (; n_taken < n && n_taken < ROWS_AT_ONCE && rows[n_taken] - first < WBI_STRIPE_ROWS; n_taken++)
        out[n_taken] = rows[n_taken] - first;
    return n_taken;
}

wb_status wbi_filler_fill(const wbi_filler *filler, int worker, double *x, size_t begin, size_t n, wb_error *err)
{
    const size_t *rows = filler->rows + begin;
    size_t near[ROWS_AT_ONCE], n_taken;
    if (filler->panes == NULL) {
        if (filler->one_run)
            wbi_encoder_fill(filler->encoder, x, NULL, filler->rows[0] + begin, n);
        else
            wbi_encoder_fill(filler->encoder, x, rows, 0, n);
        return WB_OK;
    }
    pane *through = &filler->panes[worker];
    for (size_t i = 0; i < n; i += n_taken) {
        n_taken = take_rows(near, rows + i, n - i);
        WBI_TRY(wbi_window_move(&through->window, rows[i], err));
        wbi_encoder_fill(&through->encoder, x + i * filler->encoder->stride, near, 0, n_taken);
    }
    return WB_OK;
}
