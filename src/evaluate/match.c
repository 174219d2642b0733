/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which score goes with which label. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "evaluate/evaluate.h"
#include "evaluate/keys.h"

/* ---- rows ---- */

wb_status wbi_trial_allocate(wbi_trial *trial, size_t n, size_t n_scores, wb_error *err)
{
    *trial = (wbi_trial){.outcome = wbi_alloc_array(n, 1),
                         .row = wbi_alloc_array(n, sizeof *trial->row),
                         .probability = wbi_alloc_zeroed(n_scores, sizeof *trial->probability)};
    if (trial->outcome == NULL || trial->row == NULL || trial->probability == NULL)
        return wbi_fail_nomem(err, n * sizeof *trial->row);
    for (; trial->n_scores < n_scores; trial->n_scores++) {
        trial->probability[trial->n_scores] = wbi_alloc_array(n, sizeof(double));
        if (trial->probability[trial->n_scores] == NULL)
            return wbi_fail_nomem(err, n * sizeof(double));
    }
    return WB_OK;
}

void wbi_trial_free(wbi_trial *trial)
{
    for (size_t s = 0; s < trial->n_scores; s++)
        wbi_free(trial->probability[s]);
    wbi_free(trial->probability);
    wbi_free(trial->outcome);
    wbi_free(trial->weight);
    wbi_free(trial->customer);
    wbi_free(trial->row);
}

static const int64_t *cutoffs_of(const wb_table *table, size_t column)
{
    return column == SIZE_MAX ? NULL : table->columns[column].times;
}

static wb_status take_weights(wbi_trial *trial, const wbi_truth *truth, wb_error *err)
{
    if (truth->weight == SIZE_MAX)
        return WB_OK;
    trial->weight = wbi_alloc_array(trial->n, sizeof *trial->weight);
    if (trial->weight == NULL)
        return wbi_fail_nomem(err, trial->n * sizeof *trial->weight);
    for (size_t i = 0; i < trial->n; i++)
        trial->weight[i] = truth->table->columns[truth->weight].numbers[trial->row[i]];
    return WB_OK;
}

/* Numbers customers by first appearance; `number` has room for each row of the table: that of the customer whose first row
 * it is. */
static wb_status number(wbi_trial *trial, wbi_keys *keys, uint32_t *number_of, wb_error *err)
{
    uint32_t first[WBI_KEYS_AT_ONCE];
    trial->n_customers = 0;
    for (size_t begin = 0; begin < trial->n; begin += WBI_KEYS_AT_ONCE) {
        const size_t n = trial->n - begin < WBI_KEYS_AT_ONCE ? trial->n - begin : WBI_KEYS_AT_ONCE;
        WBI_TRY(wbi_keys_add(keys, first, trial->row + begin, n, err));
        for (size_t i = 0; i < n; i++) {
            if (first[i] == trial->row[begin + i])
                number_of[first[i]] = (uint32_t)trial->n_customers++;
            trial->customer[begin + i] = number_of[first[i]];
        }
    }
    return WB_OK;
}

/* Where nobody has two rows, there are no numbers. */
static wb_status take_customers(wbi_trial *trial, const wbi_truth *truth, bool may_repeat, wb_error *err)
{
    const wbi_key_rows rows = {truth->table, truth->id, NULL};
    wbi_keys keys = {.places = NULL};
    wb_status status = WB_OK;
    trial->n_customers = trial->n;
    if (!may_repeat)
        return WB_OK;
    uint32_t *number_of = wbi_alloc_array(truth->table->n_rows, sizeof *number_of);
    trial->customer = wbi_alloc_array(trial->n, sizeof *trial->customer);
    if (trial->customer == NULL || number_of == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, truth->table->n_rows * sizeof *number_of));
    WBI_TRY_CLEANUP(wbi_keys_create(&keys, &rows, NULL, trial->n, err));
    WBI_TRY_CLEANUP(number(trial, &keys, number_of, err));
    if (trial->n_customers == trial->n) {
        wbi_free(trial->customer);
        trial->customer = NULL;
    }
cleanup:
    wbi_free(number_of);
    wbi_keys_free(&keys);
    return status;
}

static wb_status finish(wbi_trial *trial, const wbi_truth *truth, bool may_repeat, wb_error *err)
{
    WBI_TRY(take_weights(trial, truth, err));
    return take_customers(trial, truth, may_repeat, err);
}

/* ---- two files ---- */

typedef struct matching {
    wbi_trial *trial;
    wbi_evaluation *e;
    const wbi_score_file *scores;
    const wbi_truth *truth;
    wbi_keys keys;      /* rows of the truth, then of the scores */
    uint32_t *score_of; /* by row of the truth: the row of its score; UINT32_MAX: none */
} matching;

enum { SHOWN_CHARS = 64 };

/* "customer 'c01'", "customer 'c01' at 2024-07-01" */
static const char *show_key(char text[2 * SHOWN_CHARS], const wbi_key_rows *rows, size_t row)
{
    char id[SHOWN_CHARS], cutoff[WB_TIME_CHARS];
    const wbi_str bytes = wbi_key_id(rows, row);
    wbi_printable(id, sizeof id, bytes.data, bytes.length);
    int n = snprintf(text, 2 * SHOWN_CHARS, "customer '%s'", id);
    if (rows->cutoffs != NULL && wb_time_format(rows->cutoffs[row], cutoff) > 0)
        snprintf(text + n, 2 * SHOWN_CHARS - (size_t)n, " at %s", cutoff);
    return text;
}

static wb_status refuse_twice(const matching *m, size_t side, size_t first, size_t again, wb_error *err)
{
    const wbi_row_lines *lines = side == 0 ? &m->truth->lines : &m->scores->lines;
    const char *file = side == 0 ? m->truth->file : m->scores->file;
    char key[2 * SHOWN_CHARS];
    const wbi_where where = {strcmp(file, "-") == 0 ? "(standard input)" : file, lines->of[again], 0};
    const wbi_str id = wbi_key_id(&m->keys.of[side], again);
    wbi_fail_at(err, WB_ERR_INCONSISTENT, where, id.data, id.length, "%s has a second row (the first is line %u)",
                show_key(key, &m->keys.of[side], again), lines->of[first]);
    if (m->keys.of[side].cutoffs == NULL && cutoffs_of(m->truth->table, m->truth->cutoff) == NULL)
        wbi_advise(err, "rows of several cutoffs are told apart by a column cutoff in both files");
    return err != NULL ? err->code : WB_ERR_INCONSISTENT;
}

/* The least and the greatest of a side's cutoffs. */
static void span(const int64_t *cutoffs, size_t n, int64_t *first, int64_t *last)
{
    *first = INT64_MAX;
    *last = INT64_MIN;
    for (size_t row = 0; row < n; row++) {
        *first = cutoffs[row] < *first ? cutoffs[row] : *first;
        *last = cutoffs[row] > *last ? cutoffs[row] : *last;
    }
}

/* One side has cutoffs, the other none: that says whom it means only when there is one. */
static wb_status check_alone(const char *file, const int64_t *cutoffs, size_t n, const char *has, const char *lacks,
                             wb_error *err)
{
    int64_t first, last;
    char from[WB_TIME_CHARS], to[WB_TIME_CHARS];
    span(cutoffs, n, &first, &last);
    if (n == 0 || first == last)
        return WB_OK;
    wb_time_format(first, from);
    wb_time_format(last, to);
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){file, 0, 0}, NULL, 0,
                                   "the %s are of several cutoffs (%s to %s), and the %s have no column cutoff: which of them "
                                   "belong together cannot be told",
                                   has, from, to, lacks);
    wbi_advise(err, strcmp(has, "labels") == 0
                        ? "score features with a cutoff column (winback score passes it on), or take labels of one cutoff"
                        : "take labels with a cutoff column (winback features writes it), or scores of one cutoff");
    return status;
}

static wb_status choose_key(matching *m, wbi_key_rows of[2], wb_error *err)
{
    const wb_table *labels = m->truth->table, *scores = m->scores->table;
    const int64_t *known = cutoffs_of(labels, m->truth->cutoff), *given = cutoffs_of(scores, m->scores->cutoff);
    if (known != NULL && given == NULL)
        WBI_TRY(check_alone(m->truth->file, known, labels->n_rows, "labels", "scores", err));
    if (known == NULL && given != NULL)
        WBI_TRY(check_alone(m->scores->file, given, scores->n_rows, "scores", "labels", err));
    const bool both = known != NULL && given != NULL;
    of[0] = (wbi_key_rows){labels, m->truth->id, both ? known : NULL};
    of[1] = (wbi_key_rows){scores, m->scores->id, both ? given : NULL};
    if (labels->n_rows >= UINT32_MAX - scores->n_rows)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu labels and %zu scores: more than %u rows", labels->n_rows, scores->n_rows,
                        UINT32_MAX - 1);
    return WB_OK;
}

/* Adds the entries from `begin` on, at most as many as go at once; *n: how many. */
static wb_status add_some(wbi_keys *keys, uint32_t first[WBI_KEYS_AT_ONCE], size_t begin, size_t end, size_t *n, wb_error *err)
{
    uint32_t entries[WBI_KEYS_AT_ONCE];
    *n = end - begin < WBI_KEYS_AT_ONCE ? end - begin : WBI_KEYS_AT_ONCE;
    for (size_t i = 0; i < *n; i++)
        entries[i] = (uint32_t)(begin + i);
    return wbi_keys_add(keys, first, entries, *n, err);
}

static wb_status add_labels(matching *m, wb_error *err)
{
    uint32_t first[WBI_KEYS_AT_ONCE];
    const size_t n = m->truth->table->n_rows;
    for (size_t begin = 0, n_now; begin < n; begin += n_now) {
        WBI_TRY(add_some(&m->keys, first, begin, n, &n_now, err));
        for (size_t i = 0; i < n_now; i++)
            if (first[i] != begin + i)
                return refuse_twice(m, 0, first[i], begin + i, err);
    }
    return WB_OK;
}

/* Of the first ones without a partner the id is kept. */
static wb_status count_lost(matching *m, size_t side, size_t row, wb_error *err)
{
    wb_evaluation *e = &m->e->result;
    uint64_t *n = side == 0 ? &e->n_without_score : &e->n_without_label;
    const char **shown = side == 0 ? e->without_score : e->without_label;
    const wbi_str id = wbi_key_id(&m->keys.of[side], row);
    if (*n < WB_UNMATCHED_SHOWN)
        WBI_TRY(wbi_evaluation_keep(m->e, &shown[*n], id.data, id.length, err));
    ++*n;
    return WB_OK;
}

static wb_status take_score(matching *m, size_t score, uint32_t first, wb_error *err)
{
    const size_t n_labels = m->truth->table->n_rows;
    wbi_trial *trial = m->trial;
    if (first >= n_labels && first - n_labels != score)
        return refuse_twice(m, 1, first - n_labels, score, err);
    if (first < n_labels && m->score_of[first] != UINT32_MAX)
        return refuse_twice(m, 1, m->score_of[first], score, err);
    if (first < n_labels)
        m->score_of[first] = (uint32_t)score;
    if (first >= n_labels || m->truth->label[first] < 0)
        return count_lost(m, 1, score, err);
    for (size_t s = 0; s < trial->n_scores; s++)
        trial->probability[s][trial->n] = m->scores->table->columns[m->scores->columns[s]].numbers[score];
    trial->outcome[trial->n] = (uint8_t)m->truth->label[first];
    trial->row[trial->n++] = first;
    return WB_OK;
}

static wb_status take_scores(matching *m, wb_error *err)
{
    uint32_t first[WBI_KEYS_AT_ONCE];
    const size_t n_labels = m->truth->table->n_rows, n = m->scores->table->n_rows;
    for (size_t begin = 0, n_now; begin < n; begin += n_now) {
        WBI_TRY(add_some(&m->keys, first, n_labels + begin, n_labels + n, &n_now, err));
        for (size_t i = 0; i < n_now; i++)
            WBI_TRY(take_score(m, begin + i, first[i], err));
    }
    for (size_t row = 0; row < n_labels; row++)
        if (m->truth->label[row] >= 0 && m->score_of[row] == UINT32_MAX)
            WBI_TRY(count_lost(m, 0, row, err));
    return WB_OK;
}

static wb_status refuse_nothing(const matching *m, wb_error *err)
{
    const wb_table *labels = m->truth->table, *scores = m->scores->table;
    char of_score[2 * SHOWN_CHARS], of_label[2 * SHOWN_CHARS];
    if (scores->n_rows == 0)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){m->scores->file, 0, 0}, NULL, 0, "there are no scores");
    if (m->e->result.n_without_score == 0)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){m->truth->file, 0, 0}, NULL, 0,
                           labels->n_rows == 0 ? "there are no labels" : "label %s is missing in every row that has a score",
                           wb_table_name(labels, m->truth->target));
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){m->scores->file, 0, 0}, NULL, 0,
                                   "none of the %zu scores has a label", scores->n_rows);
    wbi_advise(err, "the first score is of %s, the first label of %s", show_key(of_score, &m->keys.of[1], 0),
               show_key(of_label, &m->keys.of[0], 0));
    return status;
}

/* Each of the rows is a customer's only one unless keys have cutoffs, and more than one. */
static bool may_repeat(const matching *m)
{
    int64_t first, last;
    if (m->keys.of[0].cutoffs == NULL)
        return false;
    span(m->keys.of[0].cutoffs, m->truth->table->n_rows, &first, &last);
    return first != last;
}

static wb_status match(matching *m, wb_error *err)
{
    const size_t n_labels = m->truth->table->n_rows, n_scores = m->scores->table->n_rows;
    wbi_key_rows of[2];
    WBI_TRY(choose_key(m, of, err));
    WBI_TRY(wbi_keys_create(&m->keys, &of[0], &of[1], n_labels, err));
    WBI_TRY(wbi_trial_allocate(m->trial, n_labels < n_scores ? n_labels : n_scores, m->scores->n_columns, err));
    m->score_of = wbi_alloc_array(n_labels, sizeof *m->score_of);
    if (m->score_of == NULL)
        return wbi_fail_nomem(err, n_labels * sizeof *m->score_of);
    for (size_t row = 0; row < n_labels; row++)
        m->score_of[row] = UINT32_MAX;
    WBI_TRY(add_labels(m, err));
    WBI_TRY(take_scores(m, err));
    return m->trial->n > 0 ? finish(m->trial, m->truth, may_repeat(m), err) : refuse_nothing(m, err);
}

wb_status wbi_trial_match(wbi_trial *trial, wbi_evaluation *e, const wbi_score_file *scores, const wbi_truth *truth,
                          wb_error *err)
{
    matching m = {.trial = trial, .e = e, .scores = scores, .truth = truth};
    const wb_status status = match(&m, err);
    wbi_keys_free(&m.keys);
    wbi_free(m.score_of);
    return status;
}

/* ---- one table ---- */

/* With cutoffs a customer has one row at each. */
static wb_status refuse_repeats(const wbi_truth *truth, wb_error *err)
{
    const wbi_key_rows rows = {truth->table, truth->id, cutoffs_of(truth->table, truth->cutoff)};
    const size_t n = truth->table->n_rows;
    uint32_t first[WBI_KEYS_AT_ONCE];
    char key[2 * SHOWN_CHARS];
    wbi_keys keys = {.places = NULL};
    wb_status status;
    if (rows.cutoffs == NULL)
        return WB_OK;
    WBI_TRY_CLEANUP(wbi_keys_create(&keys, &rows, NULL, n, err));
    for (size_t begin = 0, n_now; begin < n; begin += n_now) {
        WBI_TRY_CLEANUP(add_some(&keys, first, begin, n, &n_now, err));
        for (size_t i = 0; i < n_now; i++)
            if (first[i] != begin + i)
                WBI_TRY_CLEANUP(wbi_fail(err, WB_ERR_INCONSISTENT, "%s has a second row (row %zu; the first is row %zu)",
                                         show_key(key, &rows, begin + i), begin + i + 1, (size_t)first[i] + 1));
    }
cleanup:
    wbi_keys_free(&keys);
    return status;
}

wb_status wbi_trial_take(wbi_trial *trial, wbi_evaluation *e, const wbi_truth *truth, size_t n_scores, wb_error *err)
{
    const size_t n = truth->table->n_rows;
    const wbi_key_rows rows = {truth->table, truth->id, NULL};
    wb_evaluation *result = &e->result;
    if (n >= UINT32_MAX)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows: more than %u", n, UINT32_MAX - 1);
    WBI_TRY(refuse_repeats(truth, err));
    WBI_TRY(wbi_trial_allocate(trial, n, n_scores, err));
    for (size_t row = 0; row < n; row++) {
        if (truth->label[row] >= 0) {
            trial->outcome[trial->n] = (uint8_t)truth->label[row];
            trial->row[trial->n++] = (uint32_t)row;
            continue;
        }
        const wbi_str id = wbi_key_id(&rows, row);
        if (result->n_without_label < WB_UNMATCHED_SHOWN)
            WBI_TRY(wbi_evaluation_keep(e, &result->without_label[result->n_without_label], id.data, id.length, err));
        result->n_without_label++;
    }
    if (trial->n == 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, n == 0 ? "there are no rows" : "label %s is missing in every row",
                        wb_table_name(truth->table, truth->target));
    return finish(trial, truth, true, err);
}
