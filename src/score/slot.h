/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows on their way from a source to the scores file: where their values lie, and what is made of them. A source has several
 * such places, in each of which one worker at a time is at work. */
#ifndef WINBACK_SCORE_SLOT_H
#define WINBACK_SCORE_SLOT_H

#include "score/block.h"

/* Zero-initialised it may be freed. */
typedef struct wbi_score_slot {
    wbi_score_block block;
    wbi_score_rows rows;
    wbi_score_source *features; /* by feature of the plan */
    wbi_str **texts;            /* the id, then what is kept */
    wbi_buffer *cells;          /* by kept column: its texts, where they had to be printed */
    int64_t *cutoffs_us;
    size_t capacity;            /* rows of texts and cutoffs */
} wbi_score_slot;

/* Plan and form are borrowed. */
WB_WARN_UNUSED wb_status wbi_score_slot_make(wbi_score_slot *slot, const wbi_score_plan *plan, const wbi_score_form *form,
                                             wb_error *err);
void wbi_score_slot_free(wbi_score_slot *slot, const wbi_score_plan *plan);
/* Room for the texts and cutoffs of `n` rows; what they held is lost. */
WB_WARN_UNUSED wb_status wbi_score_slot_reserve(wbi_score_slot *slot, size_t n, wb_error *err);
/* Has the first `n` texts of the k-th kept column, whose lengths are set, lie one behind the other in its cells. */
void wbi_score_slot_place(wbi_score_slot *slot, size_t k, size_t n);
/* Scores and writes `n` rows, whose features and texts are set; `cutoffs_us` (NULL: none) has one each. `same_levels` as in
 * wbi_score_rows. */
WB_WARN_UNUSED wb_status wbi_score_slot_fill(wbi_score_slot *slot, size_t n, const int64_t *cutoffs_us, bool same_levels,
                                             wb_error *err);

#endif
