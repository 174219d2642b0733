/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/report.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/output.h"
#include "report/page.h"

enum { SHEET_COLUMNS = 3, SHEET_GAP = 20, PICTURES_AT_MOST = 32, LIST_CHARS = 256 };

/* Everything is made before the file is opened. */
static wb_status write_out(const wbi_writer *w, const char *path, wb_error *err)
{
    wbi_output *output = NULL;
    if (w->status != WB_OK)
        return w->status;
    WBI_TRY(wbi_output_open(&output, path, err));
    wb_status status = wbi_output_write(output, w->text.data, w->text.length, err);
    if (status == WB_OK)
        return wbi_output_commit(output, err);
    wbi_output_abort(output);
    return status;
}

wb_status wb_report_write(const wb_report_parts *parts, const char *path, wb_error *err)
{
    wbi_writer w = wbi_writer_make(err);
    wbi_page_write(&w, parts);
    wb_status status = write_out(&w, path, err);
    wbi_writer_free(&w);
    return status;
}

const char *wb_report_picture(size_t index)
{
    const wbi_picture *picture = wbi_picture_at(index);
    return picture == NULL ? NULL : picture->name;
}

static wb_status fail_unknown(const char *name, wb_error *err)
{
    const char *names[PICTURES_AT_MOST], *nearest;
    char list[LIST_CHARS] = "";
    size_t n = 0, used = 0;
    for (; n < PICTURES_AT_MOST && wb_report_picture(n) != NULL; n++) {
        names[n] = wb_report_picture(n);
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", n == 0 ? "" : ", ", names[n]);
    }
    if ((nearest = wbi_nearest(name, names, n)) != NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "there is no picture '%s'; did you mean '%s'?", name, nearest);
    return wbi_fail(err, WB_ERR_ARGUMENT, "there is no picture '%s'; there are %s", name, list);
}

/* The height of the row of a sheet that begins with an effect. */
static double row_height(const wb_explanation *explanation, size_t from)
{
    double tallest = 0;
    for (size_t i = from; i < from + SHEET_COLUMNS && i < explanation->n_effects; i++)
        tallest = fmax(tallest, wbi_effect_height(&explanation->effects[i], WBI_WITHIN));
    return tallest + SHEET_GAP;
}

/* All effects, row by row. */
static void draw_sheet(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_explanation *explanation = parts->explanation;
    const double width = WBI_EFFECT_WIDTH + SHEET_GAP;
    double height = SHEET_GAP, y = SHEET_GAP;
    for (size_t i = 0; i < explanation->n_effects; i += SHEET_COLUMNS)
        height += row_height(explanation, i);
    const size_t n_columns = explanation->n_effects < SHEET_COLUMNS ? explanation->n_effects : SHEET_COLUMNS;
    wbi_sheet_begin(w, "What drives the score", SHEET_GAP + width * (double)n_columns, height);
    for (size_t i = 0; i < explanation->n_effects; i++) {
        const size_t column = i % SHEET_COLUMNS;
        if (column == 0 && i > 0)
            y += row_height(explanation, i - SHEET_COLUMNS);
        wbi_draw_effect((wbi_canvas){w, WBI_WITHIN, SHEET_GAP + width * (double)column, y}, parts, i);
    }
    wbi_sheet_end(w);
}

static wb_status draw_effects(wbi_writer *w, const wb_report_parts *parts, const char *feature, wb_error *err)
{
    const wb_explanation *explanation = parts->explanation;
    if (feature == NULL) {
        draw_sheet(w, parts);
        return w->status;
    }
    for (size_t i = 0; i < explanation->n_effects; i++)
        if (strcmp(explanation->effects[i].feature, feature) == 0 && explanation->effects[i].n_points > 0) {
            wbi_draw_effect((wbi_canvas){w, WBI_ALONE, 0, 0}, parts, i);
            return w->status;
        }
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the model has no feature '%s' with an effect to draw", feature);
}

wb_status wb_report_write_picture(const wb_report_parts *parts, const char *picture, const char *feature, const char *path,
                                  wb_error *err)
{
    const wbi_picture *wanted = wbi_picture_named(picture);
    if (wanted == NULL)
        return fail_unknown(picture, err);
    if (!wanted->has(parts))
        return wbi_fail(err, WB_ERR_INCONSISTENT, "there is nothing to draw '%s' from", picture);
    wbi_writer w = wbi_writer_make(err);
    wbi_put(&w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    wb_status status = WB_OK;
    if (wanted->draw == NULL)
        status = draw_effects(&w, parts, feature, err);
    else
        wanted->draw((wbi_canvas){&w, WBI_ALONE, 0, 0}, parts);
    if (status == WB_OK)
        status = write_out(&w, path, err);
    wbi_writer_free(&w);
    return status;
}
