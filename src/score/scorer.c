/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/scorer.h"

#include <string.h>

#include "base/memory.h"
#include "design/contribution.h"
#include "model/model.h"

enum { LANES = WBI_SCORE_LANES, CHUNK_ROWS = WBI_SCORE_CHUNK_ROWS };

typedef struct scorer_feature {
    wbi_contribution adds;
    char *name;
    wb_type type;
    size_t lane; /* of the sums that a line is added to */
} scorer_feature;

struct wb_scorer {
    const wbi_score_kernels *kernels;
    scorer_feature *features;
    size_t n_features;
    size_t *lines, *others; /* features by form, in order */
    size_t n_lines, n_others;
    double base, base_of_lines; /* the latter with the constants of the lines */
};

/* ---- making ---- */

/* As a vector of LANES neighbouring columns reads them: the last one of a row overlaps the one before. */
static size_t lane_of(size_t feature, size_t n_features)
{
    const size_t whole = n_features / LANES * LANES;
    return feature < whole || n_features < LANES ? feature % LANES : feature + LANES - n_features;
}

static wb_status add_feature(wb_scorer *scorer, const wb_model *model, size_t f, wb_error *err)
{
    scorer_feature *feature = &scorer->features[scorer->n_features++];
    const char *name = wbi_model_feature(model, f, &feature->type);
    feature->lane = lane_of(f, wbi_model_n_features(model));
    feature->name = wbi_strdup(name);
    if (feature->name == NULL)
        return wbi_fail_nomem(err, strlen(name) + 1);
    WBI_TRY(wbi_contribution_compile(&feature->adds, model->basis, model->beta, f, err));
    if (feature->adds.form == WBI_CONTRIBUTION_LINE) {
        scorer->lines[scorer->n_lines++] = f;
        scorer->base_of_lines += feature->adds.constant;
    } else {
        scorer->others[scorer->n_others++] = f;
    }
    return WB_OK;
}

wb_status wb_scorer_create(wb_scorer **out, const wb_model *model, wb_error *err)
{
    wb_status status = WB_OK;
    const size_t n = wbi_model_n_features(model);
    wb_scorer *scorer = wbi_alloc_zeroed(1, sizeof *scorer);
    if (scorer == NULL)
        return wbi_fail_nomem(err, sizeof *scorer);
    scorer->kernels = wbi_score_kernels_best();
    scorer->base = scorer->base_of_lines = model->beta[0];
    scorer->features = wbi_alloc_zeroed(n, sizeof *scorer->features);
    scorer->lines = wbi_alloc_array(n, sizeof *scorer->lines);
    scorer->others = wbi_alloc_array(n, sizeof *scorer->others);
    if (scorer->features == NULL || scorer->lines == NULL || scorer->others == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *scorer->features));
    for (size_t f = 0; f < n; f++)
        WBI_TRY_CLEANUP(add_feature(scorer, model, f, err));
    *out = scorer;
cleanup:
    if (status != WB_OK)
        wb_scorer_free(scorer);
    return status;
}

void wb_scorer_free(wb_scorer *scorer)
{
    if (scorer == NULL)
        return;
    for (size_t f = 0; f < scorer->n_features; f++) {
        wbi_contribution_clear(&scorer->features[f].adds);
        wbi_free(scorer->features[f].name);
    }
    wbi_free(scorer->features);
    wbi_free(scorer->lines);
    wbi_free(scorer->others);
    wbi_free(scorer);
}

size_t wb_scorer_n_features(const wb_scorer *scorer)
{
    return scorer->n_features;
}

const char *wb_scorer_feature(const wb_scorer *scorer, size_t feature, wb_type *type)
{
    *type = scorer->features[feature].type;
    return scorer->features[feature].name;
}

int32_t wbi_scorer_level(const wb_scorer *scorer, size_t feature, const char *bytes, size_t n)
{
    const wbi_contribution *adds = &scorer->features[feature].adds;
    const int32_t code = wbi_dictionary_find(adds->names, bytes, n);
    return code < 0 ? adds->levels.n : code;
}

double wbi_scorer_base(const wb_scorer *scorer)
{
    return scorer->base;
}

/* ---- scoring ---- */

/* Adds to n <= CHUNK_ROWS sums what the feature's values from `begin` on add. */
static void add_values(const wb_scorer *scorer, size_t f, double *sums, const wbi_score_column *column, size_t begin, size_t n,
                       wbi_score_tally *tally)
{
    const wbi_score_kernels *kernels = scorer->kernels;
    const wbi_contribution *adds = &scorer->features[f].adds;
    switch (adds->form) {
    case WBI_CONTRIBUTION_LINE:
        kernels->line(sums, tally, &adds->line, column->numbers + begin, n);
        break;
    case WBI_CONTRIBUTION_LOG_LINE:
        kernels->log_line(sums, tally, &adds->line, column->numbers + begin, n);
        break;
    case WBI_CONTRIBUTION_CURVE:
        kernels->curve(sums, tally, &adds->curve, column->numbers + begin, n);
        break;
    case WBI_CONTRIBUTION_LEVELS:
        kernels->levels(sums, tally, &adds->levels, column->codes + begin, n);
        break;
    }
}

/* Lines in lanes first, then all others in order: rows are added up likewise. */
static void score_chunk(const wb_scorer *scorer, const wbi_score_column *columns, size_t begin, size_t n, double *log_odds,
                        wbi_score_tally *tallies)
{
    double lanes[LANES][CHUNK_ROWS];
    wbi_score_tally nobodys;
    memset(lanes, 0, sizeof lanes);
    for (size_t k = 0; k < scorer->n_lines; k++) {
        const size_t f = scorer->lines[k];
        add_values(scorer, f, lanes[scorer->features[f].lane], &columns[f], begin, n, tallies == NULL ? &nobodys : &tallies[f]);
    }
    for (size_t i = 0; i < n; i++)
        log_odds[i] = wbi_score_join(scorer->base_of_lines, lanes[0][i], lanes[1][i], lanes[2][i], lanes[3][i]);
    for (size_t k = 0; k < scorer->n_others; k++) {
        const size_t f = scorer->others[k];
        add_values(scorer, f, log_odds, &columns[f], begin, n, tallies == NULL ? &nobodys : &tallies[f]);
    }
}

void wbi_scorer_columns(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, double *log_odds,
                        wbi_score_tally *tallies)
{
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS)
        score_chunk(scorer, columns, at, n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS, log_odds + at, tallies);
}

void wbi_scorer_contributions(const wb_scorer *scorer, const wbi_score_column *columns, size_t row_begin, size_t n_rows,
                              double *contributions)
{
    const size_t n_features = scorer->n_features;
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const size_t n = n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS;
        for (size_t f = 0; f < n_features; f++) {
            double adds[CHUNK_ROWS];
            wbi_score_tally nobodys;
            for (size_t i = 0; i < n; i++)
                adds[i] = scorer->features[f].adds.constant;
            add_values(scorer, f, adds, &columns[f], row_begin + at, n, &nobodys);
            for (size_t i = 0; i < n; i++)
                contributions[(at + i) * n_features + f] = adds[i];
        }
    }
}
