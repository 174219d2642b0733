/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores and labels: which columns are wanted of a file, and what is in them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "evaluate/evaluate.h"
#include "features/features.h"
#include "table/spill.h"

static const char usual_id[] = "customer_id", usual_seen[] = "orders_days_since_last";

/* Names the file that an error is about, where whoever found it had a table only. */
static wb_status blame(wb_status status, const char *path, wb_error *err)
{
    const bool about_data = status == WB_ERR_MALFORMED || status == WB_ERR_INCONSISTENT || status == WB_ERR_DEGENERATE;
    if (about_data && err != NULL && err->file[0] == '\0' && path != NULL)
        snprintf(err->file, sizeof err->file, "%s", strcmp(path, "-") == 0 ? "(standard input)" : path);
    return status;
}

/* A table without rows that has a file's columns, for those that look for names in tables. */
static wb_status make_header(wb_table **out, const char *const *names, size_t n, wb_error *err)
{
    wb_status status = wbi_table_create(out, err);
    for (size_t k = 0; k < n && status == WB_OK; k++)
        status = wbi_table_add_column(*out, names[k], WB_TYPE_NUMBER, NULL, err);
    return status;
}

static wb_status need_id(size_t *id, const wb_table *table, const wb_evaluate_options *o, wb_error *err)
{
    const wb_status status = wbi_need_column(id, table, o->id != NULL ? o->id : usual_id, "the customer's id", err);
    if (status == WB_ERR_INCONSISTENT && err != NULL && err->advice[0] == '\0')
        wbi_advise(err, "--id COL says which column names the customers");
    return status;
}

/* ---- labels ---- */

/* Finds the columns by name; those that nobody asks for by name may be absent. */
static wb_status find_columns(wbi_truth *t, const wb_table *table, const wb_evaluate_options *o, wb_error *err)
{
    const bool needs_seen = o->seen_column != NULL || o->seen_within_us > 0;
    const char *seen = o->seen_column != NULL ? o->seen_column : usual_seen;
    t->weight = t->value = t->treatment = SIZE_MAX;
    t->cutoff = wb_table_find(table, "cutoff");
    t->seen = wb_table_find(table, seen);
    WBI_TRY(need_id(&t->id, table, o, err));
    WBI_TRY(wbi_label_find(&t->target, table, o->target, err));
    if (o->weights != NULL)
        WBI_TRY(wbi_need_column(&t->weight, table, o->weights, "the weights", err));
    if (o->value_column != NULL)
        WBI_TRY(wbi_need_column(&t->value, table, o->value_column, "what a customer is worth", err));
    if (o->treatment != NULL)
        WBI_TRY(wbi_need_column(&t->treatment, table, o->treatment, "the treatment", err));
    return needs_seen ? wbi_need_column(&t->seen, table, seen, "when the customer was last seen", err) : WB_OK;
}

typedef struct label_choice {
    wbi_truth *truth;
    const wb_evaluate_options *options;
} label_choice;

static wb_status choose_labels(void *context, const char *const *names, size_t n, uint8_t *wanted, wb_error *err)
{
    const label_choice *choice = context;
    const wb_evaluate_options *o = choice->options;
    wbi_truth *t = choice->truth;
    wb_table *header = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(make_header(&header, names, n, err));
    WBI_TRY_CLEANUP(find_columns(t, header, o, err));
    const size_t columns[] = {t->id,    t->cutoff,    t->target, t->weight,
                              t->value, t->treatment, o->seen_within_us < 0 ? SIZE_MAX : t->seen};
    memset(wanted, 0, n);
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        if (columns[k] != SIZE_MAX)
            wanted[columns[k]] = 1;
    for (size_t k = 0; k < o->n_by; k++) {
        size_t column;
        WBI_TRY_CLEANUP(wbi_need_column(&column, header, o->by[k], "for segments", err));
        wanted[column] = 1;
    }
cleanup:
    wb_table_free(header);
    return status;
}

static wb_status need_type(const wb_table *table, size_t column, wb_type type, const char *what, wb_error *err)
{
    static const char *const names[] = {"numbers", "categories", "text", "times"};
    if (column == SIZE_MAX || table->columns[column].type == type)
        return WB_OK;
    return wbi_fail(err, WB_ERR_INCONSISTENT, "%s, %s, holds %s, expected %s", wb_table_name(table, column), what,
                    names[table->columns[column].type], names[type]);
}

/* Beyond these, sums and squares of weights would not be numbers. */
static const double MOST_WEIGHT = 1e100;

static wb_status check_weights(const wbi_truth *t, wb_error *err)
{
    for (size_t row = 0; t->weight != SIZE_MAX && row < t->table->n_rows; row++) {
        const double weight = t->table->columns[t->weight].numbers[row];
        const wbi_where where = {t->file, row < t->lines.n ? t->lines.of[row] : 0, 0};
        if (weight != 0 && !(weight >= 1 / MOST_WEIGHT && weight <= MOST_WEIGHT))
            return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "weight %s of row %zu is %g, expected 0 or a number from %g to %g",
                               wb_table_name(t->table, t->weight), row + 1, weight, 1 / MOST_WEIGHT, MOST_WEIGHT);
    }
    return WB_OK;
}

/* Who was treated; of rows without a label nobody asks. */
static wb_status find_arms(wbi_truth *t, const wb_evaluate_options *o, wb_error *err)
{
    const wbi_arm_choice choice = {o->treatment, o->treated, o->control, t->target};
    const size_t n = t->table->n_rows;
    if (o->treatment == NULL)
        return WB_OK;
    uint8_t *labelled = wbi_alloc_array(n, 1);
    if (labelled == NULL)
        return wbi_fail_nomem(err, n);
    for (size_t row = 0; row < n; row++)
        labelled[row] = t->label[row] >= 0;
    const wb_status status = wbi_arms_find(&t->arms, t->table, &choice, labelled, err);
    wbi_free(labelled);
    if (status == WB_OK)
        wbi_arms_say_left_out(&t->arms, o->treatment, o->log);
    return status;
}

wb_status wbi_truth_find(wbi_truth *t, const wb_features *features, const wb_evaluate_options *o, wb_error *err)
{
    wbi_label_window window;
    t->table = features->table;
    WBI_TRY(wbi_table_in_memory(t->table, "evaluating", err));
    WBI_TRY(find_columns(t, t->table, o, err));
    if (o->seen_within_us < 0)
        t->seen = SIZE_MAX;
    if (t->table->columns[t->id].type != WB_TYPE_CATEGORY)
        WBI_TRY(need_type(t->table, t->id, WB_TYPE_TEXT, "the customer's id", err));
    WBI_TRY(need_type(t->table, t->cutoff, WB_TYPE_TIME, "the instant of a row", err));
    WBI_TRY(need_type(t->table, t->weight, WB_TYPE_NUMBER, "the weights", err));
    WBI_TRY(need_type(t->table, t->value, WB_TYPE_NUMBER, "what a customer is worth", err));
    WBI_TRY(need_type(t->table, t->seen, WB_TYPE_NUMBER, "when the customer was last seen", err));
    WBI_TRY(check_weights(t, err));
    WBI_TRY(wbi_label_find_window(&window, features, wbi_label_name(t->table, t->target), err));
    t->horizon_us = window.known ? window.horizon_us : 0;
    t->label = wbi_alloc_array(t->table->n_rows, sizeof *t->label);
    if (t->label == NULL)
        return wbi_fail_nomem(err, t->table->n_rows);
    WBI_TRY(wbi_label_values(t->label, t->table, t->target, o->positive, NULL, err));
    return find_arms(t, o, err);
}

/* What is known of the horizon matters only where the file says when customers were last seen. */
static wb_status read_labels(wbi_truth *t, const char *path, const wb_evaluate_options *o, const wb_read_options *reading,
                             wb_error *err)
{
    const char *texts[] = {o->id != NULL ? o->id : usual_id};
    label_choice choice = {t, o};
    const wbi_flat_options flat = {
        .text_columns = texts, .n_text_columns = 1, .only = {choose_labels, &choice}, .lines = &t->lines};
    t->owned = wbi_alloc_zeroed(1, sizeof *t->owned);
    if (t->owned == NULL)
        return wbi_fail_nomem(err, sizeof *t->owned);
    WBI_TRY(wbi_typed_read_flat(&t->owned->table, path, &flat, reading, err));
    if (o->seen_within_us == 0 && t->seen != SIZE_MAX)
        WBI_TRY(wbi_features_read_definitions(&t->owned->definitions, path, reading->log, err));
    return wbi_truth_find(t, t->owned, o, err);
}

wb_status wbi_truth_read(wbi_truth *out, const char *path, const wb_evaluate_options *options, const wb_read_options *reading,
                         wb_error *err)
{
    *out = (wbi_truth){.file = path};
    return blame(read_labels(out, path, options, reading, err), path, err);
}

void wbi_truth_free(wbi_truth *truth)
{
    wb_features_free(truth->owned);
    wbi_free(truth->lines.of);
    wbi_free(truth->label);
    wbi_arms_free(&truth->arms);
}

/* ---- scores ---- */

static const char probability[] = "probability", uplift[] = "uplift";
enum { STEM = sizeof probability - 1 };

/* probability, or probability_NAME; likewise of uplift. */
static bool is_called(const char *name, const char *stem)
{
    const size_t n = strlen(stem);
    return strncmp(name, stem, n) == 0 && (name[n] == '\0' || name[n] == '_');
}

/* Whether the column is an end of an interval: there is the other end, and what both are about. */
static bool is_end(const wb_table *header, const char *name)
{
    static const char *const ends[] = {"_low", "_high"};
    for (size_t e = 0; e < 2; e++) {
        const size_t n = strlen(ends[e]);
        const char *rest = name + STEM + n;
        if (strncmp(name + STEM, ends[e], n) != 0 || (*rest != '\0' && *rest != '_'))
            continue;
        char about[512], other[512];
        snprintf(about, sizeof about, "%s%s", probability, rest);
        snprintf(other, sizeof other, "%s%s%s", probability, ends[1 - e], rest);
        return wb_table_find(header, about) != SIZE_MAX && wb_table_find(header, other) != SIZE_MAX;
    }
    return false;
}

typedef struct score_choice {
    wbi_score_file *scores;
    const wb_evaluate_options *options;
} score_choice;

/* In the order in which they were asked for, or else of the file. */
static wb_status list_scores(wbi_score_file *s, const wb_table *header, const wb_evaluate_options *o, wb_error *err)
{
    wbi_free(s->columns);
    s->n_columns = 0;
    s->columns = wbi_alloc_array(header->n_columns + o->n_scores, sizeof *s->columns);
    if (s->columns == NULL)
        return wbi_fail_nomem(err, header->n_columns * sizeof *s->columns);
    for (size_t k = 0; k < o->n_scores; k++)
        WBI_TRY(wbi_need_column(&s->columns[s->n_columns++], header, o->scores[k], "a score", err));
    for (size_t k = 0; o->n_scores == 0 && k < header->n_columns; k++)
        if (is_called(header->columns[k].name, probability) && !is_end(header, header->columns[k].name))
            s->columns[s->n_columns++] = k;
    s->n_probabilities = s->n_columns;
    for (size_t k = 0; o->treatment != NULL && k < header->n_columns; k++)
        if (is_called(header->columns[k].name, uplift))
            s->columns[s->n_columns++] = k;
    if (s->n_columns > 0)
        return WB_OK;
    wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT, "no column probability, and none probability_NAME");
    wbi_advise(err, "say which columns hold scores (--score COL,…)");
    return status;
}

static wb_status find_scores(wbi_score_file *s, const wb_table *table, const wb_evaluate_options *o, wb_error *err)
{
    s->id = o->id != NULL ? wb_table_find(table, o->id) : SIZE_MAX;
    if (s->id == SIZE_MAX)
        s->id = wb_table_find(table, usual_id); /* winback score calls it so, whatever it was */
    if (s->id == SIZE_MAX)
        WBI_TRY(need_id(&s->id, table, o, err));
    s->cutoff = wb_table_find(table, "cutoff");
    return list_scores(s, table, o, err);
}

static wb_status choose_scores(void *context, const char *const *names, size_t n, uint8_t *wanted, wb_error *err)
{
    const score_choice *choice = context;
    wbi_score_file *s = choice->scores;
    wb_table *header = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(make_header(&header, names, n, err));
    WBI_TRY_CLEANUP(find_scores(s, header, choice->options, err));
    memset(wanted, 0, n);
    wanted[s->id] = 1;
    if (s->cutoff != SIZE_MAX)
        wanted[s->cutoff] = 1;
    for (size_t k = 0; k < s->n_columns; k++)
        wanted[s->columns[k]] = 1;
cleanup:
    wb_table_free(header);
    return status;
}

/* The k-th score. */
static int least_of(const wbi_score_file *s, size_t k)
{
    return k < s->n_probabilities ? 0 : -1; /* uplift */
}

static wb_status refuse_score(const wbi_score_file *s, size_t k, size_t row, wbi_str cell, wb_error *err)
{
    char shown[64];
    const wbi_where where = {s->file, s->lines.of[row], 0};
    const char *name = wb_table_name(s->table, s->columns[k]);
    if (cell.length == 0)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "%s is missing, expected a number from %d to 1", name,
                           least_of(s, k));
    return wbi_fail_at(err, WB_ERR_MALFORMED, where, cell.data, cell.length, "%s '%s' is not a number from %d to 1", name,
                       wbi_printable(shown, sizeof shown, cell.data, cell.length), least_of(s, k));
}

/* A column of words: the first that is no number, or that is missing. */
static wb_status refuse_words(const wbi_score_file *s, size_t k, wb_error *err)
{
    const wbi_column *words = &s->table->columns[s->columns[k]];
    for (size_t row = 0; row < s->table->n_rows; row++) {
        const wbi_str cell = words->codes[row] < 0 ? (wbi_str){"", 0} : wbi_dictionary_at(words->dictionary, words->codes[row]);
        double number;
        if (!wbi_double_read(&number, cell.data, cell.length, s->decimal) || !(number >= least_of(s, k) && number <= 1))
            return refuse_score(s, k, row, cell, err);
    }
    return wbi_fail(err, WB_ERR_MALFORMED, "%s does not hold numbers", words->name);
}

static wb_status check_scores(const wbi_score_file *s, wb_error *err)
{
    for (size_t k = 0; k < s->n_columns; k++) {
        const wbi_column *column = &s->table->columns[s->columns[k]];
        if (column->type == WB_TYPE_CATEGORY)
            return refuse_words(s, k, err);
        WBI_TRY(need_type(s->table, s->columns[k], WB_TYPE_NUMBER, "a score", err));
        for (size_t row = 0; row < s->table->n_rows; row++) {
            const double p = column->numbers[row];
            char text[WBI_DOUBLE_CHARS];
            if (p >= least_of(s, k) && p <= 1)
                continue;
            return refuse_score(s, k, row, isinf(p) ? (wbi_str){"inf", 3} : (wbi_str){text, isnan(p) ? 0 : wbi_double_print(text, p)},
                                err);
        }
    }
    return WB_OK;
}

static wb_status read_scores(wbi_score_file *s, const char *path, const wb_evaluate_options *o, const wb_read_options *reading,
                             wb_error *err)
{
    const char *texts[] = {usual_id, o->id};
    score_choice choice = {s, o};
    const wbi_flat_options flat = {.text_columns = texts,
                                   .n_text_columns = o->id != NULL ? 2 : 1,
                                   .only = {choose_scores, &choice},
                                   .lines = &s->lines};
    WBI_TRY(wbi_typed_read_flat(&s->table, path, &flat, reading, err));
    WBI_TRY(wbi_table_in_memory(s->table, "evaluating", err));
    WBI_TRY(find_scores(s, s->table, o, err));
    WBI_TRY(need_type(s->table, s->cutoff, WB_TYPE_TIME, "the instant of a row", err));
    return check_scores(s, err);
}

wb_status wbi_score_file_read(wbi_score_file *out, const char *path, const wb_evaluate_options *options,
                              const wb_read_options *reading, wb_error *err)
{
    *out = (wbi_score_file){.file = path, .decimal = reading->decimal};
    return blame(read_scores(out, path, options, reading, err), path, err);
}

void wbi_score_file_free(wbi_score_file *scores)
{
    wb_table_free(scores->table);
    wbi_free(scores->lines.of);
    wbi_free(scores->columns);
}
