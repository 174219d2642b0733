/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One customer's score in its parts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <winback/explain.h>
#include <winback/time.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/model.h"
#include "score/feature_column.h"
#include "score/reason.h"
#include "table/spill.h"

enum { SENTENCE_BYTES = 1 << 20 };

void wb_explained_rows_free(wb_explained_row *rows, size_t n)
{
    for (size_t i = 0; rows != NULL && i < n; i++) {
        for (size_t k = 0; k < rows[i].n_parts; k++) {
            wbi_free(rows[i].parts[k].feature);
            wbi_free(rows[i].parts[k].value);
            wbi_free(rows[i].parts[k].sentence);
        }
        wbi_free(rows[i].parts);
        wbi_free(rows[i].customer);
        wbi_free(rows[i].cutoff);
    }
    wbi_free(rows);
}

typedef struct explaining {
    const wb_table *table;
    wb_scorer *scorer;
    wb_reasons *reasons;
    const wb_model *model;
    size_t id, cutoff, n_features, n_terms;
    wbi_feature_column *columns;
    wbi_score_column *row; /* one a feature, as is */
    int32_t *level;        /* of a category in that row */
    wbi_buffer text;
} explaining;

static wb_status copy_text(char **out, const char *bytes, size_t n, wb_error *err)
{
    *out = wbi_strndup(bytes, n);
    return *out == NULL ? wbi_fail_nomem(err, n + 1) : WB_OK;
}

/* A cell as a reader of the table would see it; NULL where a category's is missing. */
static const char *level_at(const explaining *work, size_t f, size_t row, size_t *length)
{
    const wbi_feature_column *column = &work->columns[f];
    *length = 0;
    return column->codes[row] < 0 ? NULL : wb_table_level(work->table, column->column, column->codes[row], length);
}

static wb_status fill_part(wb_part *part, explaining *work, size_t t, size_t row, wb_error *err)
{
    double made, value = NAN;
    const size_t *reads, n_reads = wbi_scorer_reads(work->scorer, t, &reads);
    size_t length = 0;
    char number[WBI_DOUBLE_CHARS];
    const char *name = wb_model_term(work->model, t).feature, *level = NULL;
    wbi_score_column columns[WBI_SCORER_READS];
    for (size_t k = 0; k < n_reads; k++)
        columns[k] = work->row[reads[k]];
    const wbi_score_column values = wbi_scorer_values(work->scorer, t, columns, 0, 1, &made);
    if (values.numbers == NULL) {
        level = level_at(work, reads[0], row, &length);
        WBI_TRY(copy_text(&part->value, level == NULL ? "" : level, length, err));
    } else {
        value = values.numbers[0];
        const size_t n = isfinite(value) ? wbi_double_print(number, value) : 0;
        WBI_TRY(copy_text(&part->value, number, n, err));
    }
    work->text.length = 0;
    WBI_TRY(wbi_reasons_append(&work->text, work->reasons, t, value, level, length, err));
    WBI_TRY(copy_text(&part->sentence, work->text.data, work->text.length, err));
    wbi_scorer_adds(work->scorer, t, &part->contribution, &values, 1, NULL);
    part->actionable = wb_reasons_actionable(work->reasons, t);
    return copy_text(&part->feature, name, strlen(name), err);
}

/* Insertion keeps equals in the order of the model. */
static void order_parts(wb_explained_row *out)
{
    double log_odds = out->base;
    for (size_t i = 1; i < out->n_parts; i++) {
        const wb_part part = out->parts[i];
        size_t at = i;
        for (; at > 0 && fabs(out->parts[at - 1].contribution) < fabs(part.contribution); at--)
            out->parts[at] = out->parts[at - 1];
        out->parts[at] = part;
    }
    for (size_t i = 0; i < out->n_parts; i++) {
        log_odds += out->parts[i].contribution;
        out->parts[i].probability_after = 1 / (1 + exp(-log_odds));
    }
}

static wb_status name_row(wb_explained_row *out, const explaining *work, size_t row, wb_error *err)
{
    size_t length;
    const char *id = wb_table_text(work->table, work->id, row, &length);
    WBI_TRY(copy_text(&out->customer, id, length, err));
    if (work->cutoff == SIZE_MAX)
        return WB_OK;
    char text[WB_TIME_CHARS];
    wb_time_format(wb_table_times(work->table, work->cutoff)[row], text);
    return copy_text(&out->cutoff, text, strlen(text), err);
}

static wb_status fill_row(wb_explained_row *out, explaining *work, size_t row, wb_error *err)
{
    *out = (wb_explained_row){.base = wb_scorer_base(work->scorer)};
    WBI_TRY(name_row(out, work, row, err));
    out->parts = wbi_alloc_zeroed(work->n_terms, sizeof *out->parts);
    if (out->parts == NULL)
        return wbi_fail_nomem(err, work->n_terms * sizeof *out->parts);
    for (size_t f = 0; f < work->n_features; f++)
        work->row[f] = wbi_feature_column_rows(&work->columns[f], row, 1, &work->level[f]);
    for (; out->n_parts < work->n_terms; out->n_parts++) {
        const wb_status status = fill_part(&out->parts[out->n_parts], work, out->n_parts, row, err);
        if (status != WB_OK) {
            out->n_parts++;
            return status;
        }
    }
    wbi_scorer_columns(work->scorer, work->row, 1, &out->log_odds, NULL); /* before calibration */
    wb_scorer_columns(work->scorer, &(wb_scores){&out->probability, NULL}, work->row, 1);
    if (isnan(out->probability))
        return wbi_fail(err, WB_ERR_INCONSISTENT, "a score is not a number: the row's values overflow the model's");
    order_parts(out);
    return WB_OK;
}

/* ---- who ---- */

static bool is_customer(const explaining *work, size_t row, const char *customer, size_t n)
{
    size_t length;
    const char *id = wb_table_text(work->table, work->id, row, &length);
    return length == n && memcmp(id, customer, n) == 0;
}

static wb_status find_rows(wb_explained_row **out, size_t *n_found, const explaining *work, const char *customer, wb_error *err)
{
    const size_t n_rows = wb_table_n_rows(work->table), n = strlen(customer);
    *n_found = 0;
    for (size_t row = 0; n > 0 && row < n_rows; row++)
        *n_found += is_customer(work, row, customer, n);
    if (*n_found == 0)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, customer, n, "no row of customer '%.60s' among %zu rows",
                           customer, n_rows);
    *out = wbi_alloc_zeroed(*n_found, sizeof **out);
    return *out == NULL ? wbi_fail_nomem(err, *n_found * sizeof **out) : WB_OK;
}

static wb_status open_work(explaining *work, const wb_model *model, wb_error *err)
{
    WBI_TRY(wbi_table_in_memory(work->table, "explaining", err));
    WBI_TRY(wbi_find_key(&work->id, &work->cutoff, work->table, err));
    WBI_TRY(wb_scorer_create(&work->scorer, model, err));
    WBI_TRY(wb_reasons_create(&work->reasons, model, err));
    const size_t n = wb_scorer_n_features(work->scorer);
    work->model = model;
    work->n_terms = wb_scorer_n_terms(work->scorer);
    work->columns = wbi_alloc_zeroed(n, sizeof *work->columns);
    work->row = wbi_alloc_array(n, sizeof *work->row);
    work->level = wbi_alloc_array(n, sizeof *work->level);
    if (work->columns == NULL || work->row == NULL || work->level == NULL)
        return wbi_fail_nomem(err, n * sizeof *work->columns);
    for (; work->n_features < n; work->n_features++)
        WBI_TRY(wbi_feature_column_open(&work->columns[work->n_features], work->scorer, work->n_features, work->table, err));
    return WB_OK;
}

static void close_work(explaining *work)
{
    for (size_t f = 0; f < work->n_features; f++)
        wbi_feature_column_close(&work->columns[f]);
    wbi_free(work->columns);
    wbi_free(work->row);
    wbi_free(work->level);
    wbi_buffer_free(&work->text);
    wb_reasons_free(work->reasons);
    wb_scorer_free(work->scorer);
}

wb_status wb_explain_customer(wb_explained_row **out, size_t *n, const wb_model *model, const wb_features *features,
                              const char *customer, wb_error *err)
{
    wb_status status = WB_OK;
    wb_explained_row *rows = NULL;
    size_t n_found = 0, n_filled = 0;
    explaining work = {.table = wb_features_table(features), .text = wbi_buffer_make(SENTENCE_BYTES)};
    const size_t length = strlen(customer);
    WBI_TRY_CLEANUP(open_work(&work, model, err));
    WBI_TRY_CLEANUP(find_rows(&rows, &n_found, &work, customer, err));
    for (size_t row = 0; n_filled < n_found && row < wb_table_n_rows(work.table); row++)
        if (is_customer(&work, row, customer, length))
            WBI_TRY_CLEANUP(fill_row(&rows[n_filled++], &work, row, err));
    *out = rows;
    *n = n_found;
    rows = NULL;
cleanup:
    wb_explained_rows_free(rows, n_found);
    close_work(&work);
    return status;
}
