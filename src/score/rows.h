/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows on their way through scoring: what goes in, and what models say of them. */
#ifndef WINBACK_SCORE_ROWS_H
#define WINBACK_SCORE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "kernel/score.h"
#include "table/dictionary.h"

/* The values of one feature of the plan, a row each. */
typedef struct wbi_score_source {
    const double *numbers; /* NULL for a category, whose levels are */
    const wbi_str *texts;  /* these (empty: missing), or if NULL */
    const int32_t *codes;  /* codes of `levels`; negative: missing */
    const wbi_dictionary *levels;
} wbi_score_source;

static inline wbi_str wbi_score_level(const wbi_score_source *source, size_t row)
{
    if (source->texts != NULL)
        return source->texts[row];
    return source->codes[row] < 0 ? (wbi_str){NULL, 0} : wbi_dictionary_at(source->levels, source->codes[row]);
}

/* Rows to be scored. Borrowed. */
typedef struct wbi_score_rows {
    size_t n_rows;
    const wbi_str *const *texts;      /* the id, then what is kept: n_rows each; missing ones are empty */
    const int64_t *cutoffs_us;        /* NULL: none */
    const wbi_score_source *features; /* as the plan has them */
    bool same_levels; /* the dictionaries are those of the rows before, with what they have learned since */
} wbi_score_rows;

/* What one model says of the rows: a value each, or NULL where nobody wants it. */
typedef struct wbi_scored {
    double *log_odds, *probability, *low, *high;
    double *uplift;  /* what treatment adds to the probability */
    wbi_score_strongest up, down; /* the reasons; n is 0 where nobody wants them */
} wbi_scored;

#endif
