/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are scored and written as lines in one go, while they are in a cache. */
#ifndef WINBACK_SCORE_BLOCK_H
#define WINBACK_SCORE_BLOCK_H

#include "score/form.h"
#include "score/scorer.h"

/* What the codes of a dictionary are to a scorer. */
typedef struct wbi_level_map {
    int32_t *level; /* by code; as long as nobody has asked, none */
    size_t n, capacity;
} wbi_level_map;

/* One model's part of a block. */
typedef struct wbi_block_model {
    wbi_score_column *columns; /* by feature of the model, as all that follow */
    wbi_level_map *maps;
    int32_t **codes;           /* of categories, translated; else NULL */
    wbi_score_tally *tallies;  /* by term, of the rows scored last */
    double *scratch;           /* of intervals; NULL: nobody wants them */
} wbi_block_model;

/* Used by one worker at a time, again and again; zero-initialised it may be freed. */
typedef struct wbi_score_block {
    const wbi_score_plan *plan;
    const wbi_score_form *form;
    size_t n_rows, capacity;
    wbi_block_model *models;
    wbi_scored *scored; /* by model */
    wbi_form_lines lines;
} wbi_score_block;

/* Plan and form are borrowed. */
WB_WARN_UNUSED wb_status wbi_score_block_make(wbi_score_block *block, const wbi_score_plan *plan, const wbi_score_form *form,
                                        wb_error *err);
void wbi_score_block_free(wbi_score_block *block);
/* Scores and writes the rows. WB_ERR_INCONSISTENT where a score is not a number. */
WB_WARN_UNUSED wb_status wbi_score_block_fill(wbi_score_block *block, const wbi_score_rows *rows, wb_error *err);

#endif
