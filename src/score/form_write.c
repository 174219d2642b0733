/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of a scores file. */
#include <math.h>
#include <string.h>

#include "base/json_text.h"
#include "csv/writer.h"
#include "model/model.h"
#include "score/form.h"
#include "score/reason.h"
#include "score/scorer.h"

/* A row while it is written: cell after cell. */
typedef struct pen {
    wbi_form_lines *lines;
    const wbi_score_form *form;
    char *at;
    size_t cell, reason;
    bool json;
} pen;

static size_t text_room(size_t n)
{
    return wbi_json_text_room(n); /* doubled quotes take less */
}

/* Room for `n` more bytes. */
static wb_status make_room(pen *p, size_t n, wb_error *err)
{
    wbi_buffer *text = &p->lines->text;
    if (p->at != NULL)
        text->length = (size_t)(p->at - text->data);
    WBI_TRY(wbi_buffer_reserve(text, n, err));
    p->at = text->data + text->length;
    return WB_OK;
}

static inline void put(pen *p, const char *bytes, size_t n)
{
    memcpy(p->at, bytes, n);
    p->at += n;
}

/* Short pieces of the form, as many bytes at once as nearly all have. */
static inline void put_piece(pen *p, const char *bytes, size_t n)
{
    memcpy(p->at, bytes, WBI_FORM_PIECE_BYTES);
    if (n > WBI_FORM_PIECE_BYTES)
        memcpy(p->at, bytes, n);
    p->at += n;
}

static inline void begin_cell(pen *p)
{
    const size_t *ends = p->form->before_ends, begin = p->cell == 0 ? 0 : ends[p->cell - 1];
    put_piece(p, p->form->before.data + begin, ends[p->cell] - begin);
    p->cell++;
}

static void put_missing(pen *p)
{
    if (p->json)
        put(p, "null", 4);
}

static void put_text(pen *p, wbi_str text)
{
    begin_cell(p);
    if (text.length == 0)
        put_missing(p);
    else
        p->at = p->json ? wbi_json_put_text(p->at, text.data, text.length)
                        : wbi_csv_put_text(p->at, text.data, text.length);
}

static void put_word(pen *p, const char *word)
{
    put_text(p, wbi_str_from(word));
}

static inline void put_bare_number(pen *p, double number)
{
    const int n_digits = p->form->plan->options->n_digits;
    if (!isfinite(number))
        put_missing(p);
    else
        p->at += n_digits > 0 ? wbi_double_print_digits(p->at, number, n_digits) : wbi_double_print(p->at, number);
}

static inline void put_number(pen *p, double number)
{
    begin_cell(p);
    put_bare_number(p, number);
}

static void put_time(pen *p, int64_t time_us)
{
    char text[WB_TIME_CHARS];
    put_text(p, (wbi_str){text, wb_time_format(time_us, text)});
}

/* A term's number of a row; NaN: its value is a level. */
static double number_of(const wbi_plan_model *model, const wbi_score_rows *rows, size_t term, size_t row)
{
    const size_t *reads, n = wbi_scorer_reads(model->scorer, term, &reads);
    wbi_score_column columns[WBI_SCORER_READS];
    double room;
    for (size_t k = 0; k < n; k++) {
        columns[k] = (wbi_score_column){rows->features[model->features[reads[k]]].numbers, NULL};
        if (columns[k].numbers == NULL)
            return NAN;
    }
    return *wbi_scorer_values(model->scorer, term, columns, row, 1, &room).numbers;
}

static wbi_str level_of(const wbi_plan_model *model, const wbi_score_rows *rows, size_t term, size_t row)
{
    const size_t *reads, n = wbi_scorer_reads(model->scorer, term, &reads);
    const wbi_score_source *source = &rows->features[model->features[reads[0]]];
    return n > 1 || source->numbers != NULL ? (wbi_str){NULL, 0} : wbi_score_level(source, row);
}

static wb_status put_reason_text(pen *p, const wbi_plan_model *model, const wbi_score_rows *rows, size_t term, size_t row,
                                 wb_error *err)
{
    wbi_buffer *spare = &p->lines->spare;
    const wbi_str level = level_of(model, rows, term, row);
    spare->length = 0;
    WBI_TRY(wbi_reasons_append(spare, model->reasons, term, number_of(model, rows, term, row), level.data, level.length, err));
    WBI_TRY(make_room(p, text_room(spare->length) + p->form->row_bytes, err));
    put_text(p, (wbi_str){spare->data, spare->length});
    return WB_OK;
}

static void put_piece_of(pen *p, const wbi_buffer *pieces, const size_t *ends, size_t piece)
{
    const size_t begin = piece == 0 ? 0 : ends[piece - 1];
    put_piece(p, pieces->data + begin, ends[piece] - begin);
}

/* The name of a term, what it adds, and whether it can be acted on. */
static void put_reason(pen *p, const wbi_plan_model *model, size_t term, double adds)
{
    const wbi_score_form *form = p->form;
    const bool actionable = wb_reasons_actionable(model->reasons, term);
    put_piece_of(p, &form->reasons, form->reason_ends, p->reason * form->plan->n_terms + model->first_term + term);
    put_bare_number(p, adds);
    put_piece_of(p, &form->flags, form->flag_ends, 2 * p->reason + actionable);
    p->cell += 3;
}

/* The reasons of one direction; those that there are not are missing. */
static wb_status put_reasons(pen *p, size_t m, const wbi_score_rows *rows, const wbi_score_strongest *strongest, size_t row,
                             wb_error *err)
{
    const bool with_text = p->form->plan->options->reason_text;
    const wbi_plan_model *model = &p->form->plan->each[m];
    for (size_t rank = 0, at = row; rank < strongest->n; rank++, at += strongest->stride, p->reason++) {
        if (strongest->feature[at] < 0) {
            for (size_t part = 0; part < (with_text ? 4 : 3); part++)
                put_text(p, (wbi_str){NULL, 0});
            continue;
        }
        const size_t term = (size_t)strongest->feature[at];
        put_reason(p, model, term, strongest->sign * strongest->adds[at]);
        if (with_text)
            WBI_TRY(put_reason_text(p, model, rows, term, row, err));
    }
    return WB_OK;
}

static const char *band_of(const wb_score_options *o, double probability)
{
    return probability < o->band_low ? "low" : probability < o->band_high ? "medium" : "high";
}

static wb_status put_model(pen *p, size_t m, const wbi_score_rows *rows, const wbi_scored *scored, size_t row, wb_error *err)
{
    const wb_score_options *o = p->form->plan->options;
    const wb_model *model = p->form->plan->each[m].model;
    const double probability = scored->probability[row];
    put_number(p, probability);
    if (scored->uplift != NULL)
        put_number(p, scored->uplift[row]);
    if (o->interval) {
        put_number(p, scored->low[row]);
        put_number(p, scored->high[row]);
    }
    if (o->logit)
        put_number(p, wbi_calibrated_log_odds(&model->calibration, scored->log_odds[row], probability));
    if (o->decile)
        put_number(p, (double)wb_model_decile(model, probability));
    if (!isnan(o->band_low))
        put_word(p, band_of(o, probability));
    WBI_TRY(put_reasons(p, m, rows, &scored->up, row, err));
    return put_reasons(p, m, rows, &scored->down, row, err);
}

static wb_status put_row(pen *p, const wbi_score_rows *rows, const wbi_scored *scored, size_t row, wb_error *err)
{
    const wbi_score_form *form = p->form;
    size_t room = form->row_bytes;
    for (size_t k = 0; k < form->n_texts; k++)
        room += text_room(rows->texts[k][row].length);
    WBI_TRY(make_room(p, room, err));
    p->cell = p->reason = 0;
    put_text(p, rows->texts[0][row]);
    if (rows->cutoffs_us != NULL)
        put_time(p, rows->cutoffs_us[row]);
    for (size_t k = 1; k < form->n_texts; k++)
        put_text(p, rows->texts[k][row]);
    for (size_t m = 0; m < form->plan->models->n; m++)
        WBI_TRY(put_model(p, m, rows, &scored[m], row, err));
    put(p, p->json ? "}\n" : "\n", p->json ? 2 : 1);
    return WB_OK;
}

wb_status wbi_score_form_write(wbi_form_lines *lines, const wbi_score_form *form, const wbi_score_rows *rows, const wbi_scored *scored,
                         wb_error *err)
{
    pen p = {.lines = lines, .form = form, .json = form->plan->options->format == WB_SCORE_JSON_LINES};
    lines->text.length = 0;
    for (size_t row = 0; row < rows->n_rows; row++) {
        WBI_TRY(put_row(&p, rows, scored, row, err));
        lines->text.length = lines->ends[row] = (size_t)(p.at - lines->text.data);
    }
    return WB_OK;
}
