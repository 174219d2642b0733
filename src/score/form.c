/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of a scores file. */
#include "score/form.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "csv/writer.h"

static const size_t header_ceiling_bytes = (size_t)1 << 26;
/* Of a number, a time, or a word. */
enum { CELL_BYTES = WBI_DOUBLE_CHARS > WB_TIME_CHARS ? WBI_DOUBLE_CHARS : WB_TIME_CHARS, ROW_END_BYTES = 2 + WBI_FORM_PIECE_BYTES };

static wb_status append_before(wbi_score_form *form, const char *name, wb_error *err)
{
    const size_t n = strlen(name);
    const bool first = form->n_cells == 0;
    if (form->plan->options->format == WB_SCORE_CSV) {
        WBI_TRY(wbi_buffer_append_text(&form->before, first ? "" : ",", err));
        WBI_TRY(wbi_buffer_append_text(&form->header, first ? "" : ",", err));
        return wbi_csv_text(&form->header, name, n, err);
    }
    WBI_TRY(wbi_buffer_append_text(&form->before, first ? "{" : ",", err));
    WBI_TRY(wbi_buffer_reserve(&form->before, wbi_json_text_room(n), err));
    form->before.length = (size_t)(wbi_json_put_text(form->before.data + form->before.length, name, n) - form->before.data);
    return wbi_buffer_append_text(&form->before, ":", err);
}

static wb_status add_cell(wbi_score_form *form, const char *name, wb_error *err)
{
    for (size_t k = 0; k < form->n_cells; k++)
        if (strcmp(form->names[k], name) == 0)
            return wbi_fail(err, WB_ERR_ARGUMENT, "two columns of the scores would be named %s", name);
    WBI_TRY(wbi_array_grow(&form->before_ends, &form->capacity, form->n_cells, sizeof *form->before_ends, err));
    WBI_TRY(wbi_array_grow(&form->names, &form->names_capacity, form->n_cells, sizeof *form->names, err));
    WBI_TRY(append_before(form, name, err));
    form->names[form->n_cells] = wbi_strdup(name);
    if (form->names[form->n_cells] == NULL)
        return wbi_fail_nomem(err, strlen(name) + 1);
    form->before_ends[form->n_cells++] = form->before.length;
    return WB_OK;
}

/* A column of model m: its own name, and with several models that of the model. */
static wb_status add_model_cell(wbi_score_form *form, size_t m, const char *name, wb_error *err)
{
    const wb_score_models *models = form->plan->models;
    if (models->names == NULL)
        return add_cell(form, name, err);
    wbi_buffer full = wbi_buffer_make(header_ceiling_bytes);
    wb_status status = wbi_buffer_printf(&full, err, "%s_%s%c", name, models->names[m], '\0');
    if (status == WB_OK)
        status = add_cell(form, full.data, err);
    wbi_buffer_free(&full);
    return status;
}

static wb_status add_reason(wbi_score_form *form, size_t m, const char *direction, size_t rank, wb_error *err)
{
    static const char *const parts[] = {"", "_contribution", "_actionable", "_text"};
    const size_t n_parts = form->plan->options->reason_text ? 4 : 3;
    WBI_TRY(wbi_array_grow(&form->reason_cells, &form->reasons_capacity, form->n_reasons, sizeof *form->reason_cells, err));
    form->reason_cells[form->n_reasons++] = form->n_cells;
    for (size_t part = 0; part < n_parts; part++) {
        char name[64];
        snprintf(name, sizeof name, "reason_%s%zu%s", direction, rank, parts[part]);
        WBI_TRY(add_model_cell(form, m, name, err));
    }
    return WB_OK;
}

static wb_status add_model_cells(wbi_score_form *form, size_t m, wb_error *err)
{
    const wb_score_options *o = form->plan->options;
    WBI_TRY(add_model_cell(form, m, "probability", err));
    if (form->plan->each[m].treated != NULL)
        WBI_TRY(add_model_cell(form, m, "uplift", err));
    if (o->interval) {
        WBI_TRY(add_model_cell(form, m, "probability_low", err));
        WBI_TRY(add_model_cell(form, m, "probability_high", err));
    }
    if (o->logit)
        WBI_TRY(add_model_cell(form, m, "logit", err));
    if (o->decile)
        WBI_TRY(add_model_cell(form, m, "decile", err));
    if (!isnan(o->band_low))
        WBI_TRY(add_model_cell(form, m, "band", err));
    for (size_t rank = 1; rank <= o->n_reasons; rank++)
        WBI_TRY(add_reason(form, m, "", rank, err));
    for (size_t rank = 1; rank <= o->n_reasons_down; rank++)
        WBI_TRY(add_reason(form, m, "down_", rank, err));
    return WB_OK;
}

static wb_status append_piece_before(wbi_buffer *to, const wbi_score_form *form, size_t cell, wb_error *err)
{
    const size_t begin = cell == 0 ? 0 : form->before_ends[cell - 1];
    return wbi_buffer_append(to, form->before.data + begin, form->before_ends[cell] - begin, err);
}

static wb_status append_name(wbi_buffer *to, const wbi_score_form *form, const char *name, wb_error *err)
{
    const size_t n = strlen(name);
    WBI_TRY(wbi_buffer_reserve(to, wbi_json_text_room(n), err));
    char *at = to->data + to->length;
    at = form->plan->options->format == WB_SCORE_CSV ? wbi_csv_put_text(at, name, n) : wbi_json_put_text(at, name, n);
    to->length = (size_t)(at - to->data);
    return WB_OK;
}

static wb_status fill_reason(wbi_score_form *form, size_t reason, wb_error *err)
{
    const wbi_score_plan *plan = form->plan;
    const size_t cell = form->reason_cells[reason];
    for (size_t m = 0; m < plan->models->n; m++)
        for (size_t t = 0; t < plan->each[m].n_terms; t++) {
            WBI_TRY(append_piece_before(&form->reasons, form, cell, err));
            WBI_TRY(append_name(&form->reasons, form, wb_model_term(plan->each[m].model, t).feature, err));
            WBI_TRY(append_piece_before(&form->reasons, form, cell + 1, err));
            form->reason_ends[reason * plan->n_terms + plan->each[m].first_term + t] = form->reasons.length;
        }
    for (size_t flag = 0; flag < 2; flag++) {
        WBI_TRY(append_piece_before(&form->flags, form, cell + 2, err));
        WBI_TRY(wbi_buffer_append_text(&form->flags, flag ? "true" : "false", err));
        form->flag_ends[2 * reason + flag] = form->flags.length;
    }
    return WB_OK;
}

/* Once all cells are there. */
static wb_status fill_reasons(wbi_score_form *form, wb_error *err)
{
    const size_t n = form->n_reasons;
    form->reason_ends = wbi_alloc_array(n * form->plan->n_terms, sizeof *form->reason_ends);
    form->flag_ends = wbi_alloc_array(n, 2 * sizeof *form->flag_ends);
    if (form->reason_ends == NULL || form->flag_ends == NULL)
        return wbi_fail_nomem(err, n * form->plan->n_terms * sizeof *form->reason_ends);
    for (size_t reason = 0; reason < n; reason++)
        WBI_TRY(fill_reason(form, reason, err));
    WBI_TRY(wbi_buffer_reserve(&form->before, WBI_FORM_PIECE_BYTES, err));
    WBI_TRY(wbi_buffer_reserve(&form->reasons, WBI_FORM_PIECE_BYTES, err));
    return wbi_buffer_reserve(&form->flags, WBI_FORM_PIECE_BYTES, err);
}

/* What the reasons' pieces take at most in a row. */
static size_t reason_bytes(const wbi_score_form *form)
{
    size_t longest = 0;
    for (size_t k = 0, begin = 0; k < form->n_reasons * form->plan->n_terms; begin = form->reason_ends[k++])
        longest = form->reason_ends[k] - begin > longest ? form->reason_ends[k] - begin : longest;
    return form->n_reasons * (longest + WBI_FORM_PIECE_BYTES);
}

wb_status wbi_score_form_make(wbi_score_form *form, const wbi_score_plan *plan, bool has_cutoff, wb_error *err)
{
    const wb_score_options *o = plan->options;
    *form = (wbi_score_form){.plan = plan,
                       .n_texts = 1 + o->n_keep,
                       .header = wbi_buffer_make(header_ceiling_bytes),
                       .before = wbi_buffer_make(header_ceiling_bytes),
                       .reasons = wbi_buffer_make(header_ceiling_bytes),
                       .flags = wbi_buffer_make(header_ceiling_bytes)};
    WBI_TRY(add_cell(form, "customer_id", err));
    if (has_cutoff)
        WBI_TRY(add_cell(form, "cutoff", err));
    for (size_t k = 0; k < o->n_keep; k++)
        WBI_TRY(add_cell(form, o->keep[k], err));
    for (size_t m = 0; m < plan->models->n; m++)
        WBI_TRY(add_model_cells(form, m, err));
    if (form->header.length > 0)
        WBI_TRY(wbi_buffer_append(&form->header, "\n", 1, err));
    WBI_TRY(fill_reasons(form, err));
    form->row_bytes = form->before.length + form->n_cells * CELL_BYTES + reason_bytes(form) + ROW_END_BYTES;
    return WB_OK;
}

void wbi_score_form_free(wbi_score_form *form)
{
    for (size_t k = 0; k < form->n_cells; k++)
        wbi_free(form->names[k]);
    wbi_free(form->names);
    wbi_free(form->before_ends);
    wbi_free(form->reason_ends);
    wbi_free(form->flag_ends);
    wbi_free(form->reason_cells);
    wbi_buffer_free(&form->reasons);
    wbi_buffer_free(&form->flags);
    wbi_buffer_free(&form->header);
    wbi_buffer_free(&form->before);
}
