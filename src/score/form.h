/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How scored rows are written: which cells, in which form. */
#ifndef WINBACK_SCORE_FORM_H
#define WINBACK_SCORE_FORM_H

#include "base/buffer.h"
#include "score/plan.h"
#include "score/rows.h"

enum { WBI_FORM_PIECE_BYTES = 32 /* may be read of each of these pieces, however short it is */ };

/* Zero-initialised it may be freed. */
typedef struct wbi_score_form {
    const wbi_score_plan *plan;
    size_t n_texts;     /* the id, and what is kept */
    wbi_buffer header;  /* what stands before all rows; empty with JSON lines */
    wbi_buffer before;  /* what stands before each cell of a row, one behind the other */
    size_t *before_ends; /* by cell */
    char **names;        /* by cell */
    size_t n_cells, capacity, names_capacity;
    /* Of each reason, by term of all models: what stands before its name, the name, and what stands before its contribution; and
     * what stands before the word whether it can be acted on, with `false` and with `true`. */
    wbi_buffer reasons, flags;
    size_t *reason_ends, *flag_ends;
    size_t *reason_cells; /* by reason: the first of its cells */
    size_t n_reasons, reasons_capacity;
    size_t row_bytes;   /* of a row whose texts are all empty, at most */
} wbi_score_form;

/* The plan is borrowed. WB_ERR_ARGUMENT where two columns would have one name. */
WB_WARN_UNUSED wb_status wbi_score_form_make(wbi_score_form *form, const wbi_score_plan *plan, bool has_cutoff, wb_error *err);
void wbi_score_form_free(wbi_score_form *form);

/* Where rows are written. */
typedef struct wbi_form_lines {
    wbi_buffer text;
    size_t *ends; /* by row: where its line ends */
    wbi_buffer spare;
} wbi_form_lines;

/* Writes all rows; `scored` has an entry for each model. */
WB_WARN_UNUSED wb_status wbi_score_form_write(wbi_form_lines *lines, const wbi_score_form *form, const wbi_score_rows *rows,
                                        const wbi_scored *scored, wb_error *err);

#endif
