/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/scorer.h"

#include <math.h>
#include <string.h>

#include "score/compiled.h"

enum { LANES = WBI_SCORE_LANES, CHUNK_ROWS = WBI_SCORE_GROUP_ROWS };

size_t wb_scorer_n_features(const wb_scorer *scorer)
{
    return scorer->n_features;
}

const char *wb_scorer_feature(const wb_scorer *scorer, size_t feature, wb_type *type)
{
    *type = scorer->features[feature].type;
    return scorer->features[feature].name;
}

size_t wb_scorer_n_terms(const wb_scorer *scorer)
{
    return scorer->n_terms;
}

/* Of a category, which is a term's only feature. */
static const wbi_contribution *adds_of(const wb_scorer *scorer, size_t feature)
{
    return &scorer->terms[scorer->features[feature].term].adds;
}

int32_t wbi_scorer_level(const wb_scorer *scorer, size_t feature, const char *bytes, size_t n)
{
    const wbi_contribution *adds = adds_of(scorer, feature);
    const int32_t code = wbi_dictionary_find(adds->names, bytes, n);
    return code < 0 ? adds->levels.n : code;
}

size_t wbi_scorer_n_levels(const wb_scorer *scorer, size_t term)
{
    return (size_t)scorer->terms[term].adds.levels.n;
}

bool wbi_scorer_saw_missing(const wb_scorer *scorer, size_t term)
{
    return scorer->terms[term].adds.saw_missing;
}

size_t wbi_scorer_reads(const wb_scorer *scorer, size_t term, const size_t **features)
{
    *features = scorer->terms[term].reads;
    return scorer->terms[term].made ? WBI_SCORER_READS : 1;
}

double wb_scorer_base(const wb_scorer *scorer)
{
    return scorer->base;
}

/* ---- scoring ---- */

/* A line over log(1 + value). Training had no value below 0. */
static void add_log_line(const wbi_score_kernels *kernels, const wbi_score_line *line, double *sums, wbi_score_tally *tally,
                         const double *values, size_t n)
{
    double logarithms[CHUNK_ROWS];
    for (size_t i = 0; i < n; i++) {
        const bool known = isfinite(values[i]);
        logarithms[i] = known ? log1p(values[i] > 0 ? values[i] : 0) : (double)NAN;
        if (tally != NULL) {
            tally->n_imputed += !known;
            tally->n_outside += known && (values[i] < line->low || values[i] > line->high);
        }
    }
    kernels->line(sums, NULL, line, logarithms, n);
}

wbi_score_column wbi_scorer_values(const wb_scorer *scorer, size_t term, const wbi_score_column reads[WBI_SCORER_READS],
                                   size_t begin, size_t n, double *room)
{
    const wbi_scorer_term *of = &scorer->terms[term];
    if (!of->made)
        return of->adds.form == WBI_CONTRIBUTION_LEVELS ? (wbi_score_column){NULL, reads[0].codes + begin}
                                                        : (wbi_score_column){reads[0].numbers + begin, NULL};
    const double *columns[WBI_SCORER_READS];
    for (size_t k = 0; k < WBI_SCORER_READS; k++)
        columns[k] = reads[k].numbers + begin;
    wbi_purchases_expect(room, &of->purchases, of->horizon_days, columns, NULL, n);
    return (wbi_score_column){room, NULL};
}

/* The same of all features' columns. */
static wbi_score_column values_of(const wb_scorer *scorer, size_t term, const wbi_score_column *columns, size_t begin, size_t n,
                                  double *room)
{
    const wbi_scorer_term *of = &scorer->terms[term];
    wbi_score_column reads[WBI_SCORER_READS];
    for (size_t k = 0; k < (of->made ? WBI_SCORER_READS : 1); k++)
        reads[k] = columns[of->reads[k]];
    return wbi_scorer_values(scorer, term, reads, begin, n, room);
}

/* Adds to n <= CHUNK_ROWS sums what the term's values add. */
static void add_values(const wb_scorer *scorer, size_t term, double *sums, const wbi_score_column *values, size_t n,
                       wbi_score_tally *tally)
{
    const wbi_score_kernels *kernels = scorer->kernels;
    const wbi_contribution *adds = &scorer->terms[term].adds;
    switch (adds->form) {
    case WBI_CONTRIBUTION_LINE:
        kernels->line(sums, tally, &adds->line, values->numbers, n);
        break;
    case WBI_CONTRIBUTION_LOG_LINE:
        add_log_line(kernels, &adds->line, sums, tally, values->numbers, n);
        break;
    case WBI_CONTRIBUTION_CURVE:
        kernels->curve(sums, tally, &adds->curve, values->numbers, n);
        break;
    case WBI_CONTRIBUTION_LEVELS:
        kernels->levels(sums, tally, &adds->levels, values->codes, n);
        break;
    }
}

static void look_at(const wb_scorer *scorer, const wbi_scorer_wanted *to, wbi_score_group *group, size_t n)
{
    if (to->up->n > 0)
        scorer->kernels->strongest(to->up, group, n);
    if (to->down->n > 0)
        scorer->kernels->strongest(to->down, group, n);
    group->n = 0;
}

/* As add_values; what each row gets joins the group, which is looked at when it is full. */
static void add_and_group(const wb_scorer *scorer, size_t term, double *sums, const wbi_score_column *values, size_t n,
                          wbi_score_tally *tally, wbi_score_group *group)
{
    double *adds = group->adds + group->n * CHUNK_ROWS;
    memset(adds, 0, n * sizeof *adds);
    add_values(scorer, term, adds, values, n, tally);
    for (size_t i = 0; i < n; i++)
        sums[i] += adds[i];
    group->constant[group->n] = scorer->terms[term].adds.constant;
    group->feature[group->n++] = (double)term;
}

/* Lines in lanes, all others in one sum: rows are added up likewise. */
static void score_chunk(const wb_scorer *scorer, const wbi_score_column *columns, size_t begin, size_t n,
                        const wbi_scorer_wanted *to)
{
    double sums[LANES + 1][CHUNK_ROWS] = {{0}}, adds[WBI_SCORE_GROUP * CHUNK_ROWS], made[CHUNK_ROWS];
    wbi_score_group group = {.adds = adds};
    for (size_t t = 0; t < scorer->n_terms; t++) {
        wbi_score_tally *tally = to->tallies == NULL ? NULL : &to->tallies[t];
        const wbi_score_column values = values_of(scorer, t, columns, begin, n, made);
        double *sum = sums[scorer->terms[t].lane];
        if (to->up == NULL)
            add_values(scorer, t, sum, &values, n, tally);
        else
            add_and_group(scorer, t, sum, &values, n, tally, &group);
        if (group.n == WBI_SCORE_GROUP || (group.n > 0 && t + 1 == scorer->n_terms))
            look_at(scorer, to, &group, n);
    }
    for (size_t i = 0; i < n; i++)
        to->log_odds[i] = wbi_score_join(scorer->row.base, (double[LANES]){sums[0][i], sums[1][i], sums[2][i], sums[3][i]});
    for (size_t i = 0; scorer->n_others > 0 && i < n; i++)
        to->log_odds[i] += sums[LANES][i];
}

void wbi_scorer_columns(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, double *log_odds,
                        wbi_score_tally *tallies)
{
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const wbi_scorer_wanted to = {log_odds + at, tallies, NULL, NULL};
        score_chunk(scorer, columns, at, n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS, &to);
    }
}

static void begin_strongest(const wbi_score_strongest *of, size_t n_rows)
{
    for (size_t rank = 0; rank < of->n; rank++)
        for (size_t i = 0; i < n_rows; i++) {
            of->adds[rank * of->stride + i] = 0;
            of->feature[rank * of->stride + i] = -1;
        }
}

static wbi_score_strongest from_row(const wbi_score_strongest *of, size_t begin)
{
    return (wbi_score_strongest){of->adds + begin, of->feature + begin, of->n, of->stride, of->sign};
}

void wbi_scorer_explain(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, const wbi_scorer_wanted *to)
{
    begin_strongest(to->up, n_rows);
    begin_strongest(to->down, n_rows);
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const wbi_score_strongest up = from_row(to->up, at), down = from_row(to->down, at);
        const wbi_scorer_wanted here = {to->log_odds + at, to->tallies, &up, &down};
        score_chunk(scorer, columns, at, n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS, &here);
    }
}

void wbi_scorer_adds(const wb_scorer *scorer, size_t term, double *adds, const wbi_score_column *values, size_t n,
                     wbi_score_tally *tally)
{
    for (size_t i = 0; i < n; i++)
        adds[i] = 0;
    add_values(scorer, term, adds, values, n, tally);
    for (size_t i = 0; i < n; i++)
        adds[i] += scorer->terms[term].adds.constant;
}

/* ---- what is public ---- */

/* Rows that stay in a cache while feature after feature is read. */
enum { BLOCK_ROWS = 32, LINE_BYTES = 64 };

/* From the model's log-odds of n <= CHUNK_ROWS rows to what is asked for, calibrated. `log_odds` is room, or where they are
 * asked for. */
static void conclude(const wb_scorer *scorer, const wb_scores *out, size_t at, double *log_odds, size_t n)
{
    const wbi_calibration *map = &scorer->calibration;
    double room[CHUNK_ROWS], *probability = out->probability == NULL ? room : out->probability + at;
    if (out->probability != NULL || map->method != WB_CALIBRATION_NONE)
        wbi_calibrate(map, probability, log_odds, n);
    for (size_t i = 0; map->method != WB_CALIBRATION_NONE && out->log_odds != NULL && i < n; i++)
        log_odds[i] = wbi_calibrated_log_odds(map, log_odds[i], probability[i]);
}

typedef struct row_block {
    const double *x;
    size_t stride, n;
    bool more; /* as many rows at least follow */
} row_block;

/* The k-th term's share of the next rows is asked for while these are worked on: processors foresee what one loop reads, but not
 * the loop behind the next. */
static void ask_for_next(const wb_scorer *scorer, size_t k, const row_block *rows)
{
    const size_t begin = rows->n * k / scorer->n_others, end = rows->n * (k + 1) / scorer->n_others;
    for (size_t i = begin; rows->more && i < end; i++)
        for (size_t j = 0; j < scorer->n_features; j += LINE_BYTES / sizeof *rows->x)
            __builtin_prefetch(rows->x + (rows->n + i) * rows->stride + j);
}

static void take_values(double *values, const row_block *rows, size_t feature)
{
    for (size_t i = 0; i < rows->n; i++)
        values[i] = rows->x[i * rows->stride + feature];
}

static void score_row_block(const wb_scorer *scorer, const row_block *rows, double *log_odds)
{
    double taken[WBI_SCORER_READS][BLOCK_ROWS], made[BLOCK_ROWS], rest[BLOCK_ROWS] = {0};
    int32_t codes[BLOCK_ROWS];
    const wbi_score_column reads[WBI_SCORER_READS] = {{taken[0], codes}, {taken[1], NULL}, {taken[2], NULL}};
    scorer->kernels->rows(log_odds, &scorer->row, rows->x, rows->stride, rows->n);
    for (size_t k = 0; k < scorer->n_others; k++) {
        const size_t *features, t = scorer->others[k], n_reads = wbi_scorer_reads(scorer, t, &features);
        for (size_t r = 0; r < n_reads; r++)
            take_values(taken[r], rows, features[r]);
        ask_for_next(scorer, k, rows);
        if (scorer->terms[t].adds.form == WBI_CONTRIBUTION_LEVELS)
            scorer->kernels->codes(codes, taken[0], rows->n);
        const wbi_score_column values = wbi_scorer_values(scorer, t, reads, 0, rows->n, made);
        add_values(scorer, t, rest, &values, rows->n, NULL);
    }
    for (size_t i = 0; scorer->n_others > 0 && i < rows->n; i++)
        log_odds[i] += rest[i];
}

void wb_scorer_rows(const wb_scorer *scorer, const wb_scores *out, const double *x, size_t stride, size_t n_rows)
{
    for (size_t at = 0; at < n_rows; at += BLOCK_ROWS) {
        const size_t left = n_rows - at, n = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        const row_block rows = {x + at * stride, stride, n, left >= 2 * BLOCK_ROWS};
        double room[BLOCK_ROWS], *log_odds = out->log_odds == NULL ? room : out->log_odds + at;
        score_row_block(scorer, &rows, log_odds);
        conclude(scorer, out, at, log_odds, n);
    }
}

void wb_scorer_columns(const wb_scorer *scorer, const wb_scores *out, const wb_scorer_column *columns, size_t n_rows)
{
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const size_t n = n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS;
        double room[CHUNK_ROWS], *log_odds = out->log_odds == NULL ? room : out->log_odds + at;
        score_chunk(scorer, columns, at, n, &(wbi_scorer_wanted){log_odds, NULL, NULL, NULL});
        conclude(scorer, out, at, log_odds, n);
    }
}

void wb_scorer_contributions(const wb_scorer *scorer, double *contributions, const wb_scorer_column *columns, size_t n_rows)
{
    const size_t n_terms = scorer->n_terms;
    double adds[CHUNK_ROWS], made[CHUNK_ROWS];
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const size_t n = n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS;
        for (size_t t = 0; t < n_terms; t++) {
            const wbi_score_column values = values_of(scorer, t, columns, at, n, made);
            wbi_scorer_adds(scorer, t, adds, &values, n, NULL);
            for (size_t i = 0; i < n; i++)
                contributions[(at + i) * n_terms + t] = adds[i];
        }
    }
}

size_t wb_scorer_n_levels(const wb_scorer *scorer, size_t feature)
{
    const size_t term = scorer->features[feature].term;
    return term == SIZE_MAX ? 0 : wbi_scorer_n_levels(scorer, term);
}

const char *wb_scorer_level(const wb_scorer *scorer, size_t feature, int32_t code, size_t *length)
{
    const wbi_str name = wbi_dictionary_at(adds_of(scorer, feature)->names, code);
    *length = name.length;
    return name.data;
}

int32_t wb_scorer_code(const wb_scorer *scorer, size_t feature, const char *level, size_t length)
{
    return wbi_scorer_level(scorer, feature, level, length);
}
