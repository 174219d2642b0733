/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far features have moved since training. */
#include <math.h>
#include <stdio.h>

#include "report/pictures.h"

enum { FEATURES_SHOWN = 15, NAME_LETTERS = 20, BAR_ROW = 22, BAR_FRAME = 58 };
static const double longest = 1; /* bars end there, numbers do not */

/* The score, where its drift is known, and the features that moved most, farthest first. */
static size_t choose(const wb_drift *drift, const wb_drift_feature *chosen[FEATURES_SHOWN])
{
    const size_t first = drift->score.n_bins > 0 ? 1 : 0;
    size_t n = first;
    chosen[0] = &drift->score;
    for (size_t i = 0; i < drift->n_features; i++) {
        const wb_drift_feature *f = &drift->features[i];
        size_t at = n;
        while (at > first && f->psi > chosen[at - 1]->psi)
            at--;
        if (at == FEATURES_SHOWN)
            continue;
        n = n < FEATURES_SHOWN ? n + 1 : n;
        for (size_t j = n - 1; j > at; j--)
            chosen[j] = chosen[j - 1];
        chosen[at] = f;
    }
    return n;
}

static const char *verdict_word(wb_drift_verdict verdict)
{
    return verdict == WB_DRIFT_MAJOR ? " major" : verdict == WB_DRIFT_SOME ? " some" : "";
}

static void draw_bar(const wbi_chart *c, const wb_drift_feature *f, double y)
{
    static const char *const styles[] = {"bar faint", "bar one", "bar two"};
    wbi_writer *w = c->canvas.w;
    char note[192];
    wbi_putf(w, "<text class=\"level\" text-anchor=\"end\" x=\"%s\" y=\"%s\">", wbi_at(c->across.from - 8).text,
             wbi_at(wbi_scale_at(&c->up, y) + 4).text);
    wbi_put_text_cut(w, f->feature, NAME_LETTERS);
    wbi_put(w, "</text>\n");
    if (!isfinite(f->psi))
        return;
    wbi_chart_bar(c, styles[f->verdict], 0, y - 0.3, f->psi, y + 0.3);
    snprintf(note, sizeof note, "%s%s", wbi_number(f->psi, 2).text, verdict_word(f->verdict));
    wbi_chart_note(c, "start", c->x.high, y, 8, 4, note);
}

void wbi_draw_drift(wbi_canvas canvas, const wb_report_parts *parts)
{
    const wb_drift_feature *chosen[FEATURES_SHOWN];
    const size_t n = choose(parts->drift, chosen);
    wbi_chart c = {.canvas = canvas, .id = "drift", .title = "Drift since training"};
    double low = 0, high = 0.3;
    for (size_t i = 0; i < n; i++)
        high = fmin(fmax(high, chosen[i]->psi), longest);
    wbi_ticks_widen(&low, &high, 5);
    c.margin_right = 84;
    c.margin_left = 20 + 7.2 * NAME_LETTERS;
    c.height = (double)(BAR_FRAME + BAR_ROW * n);
    c.x = (wbi_axis){.title = "Population stability index", .low = 0, .high = high};
    c.y = (wbi_axis){.form = WBI_FORM_NONE, .low = 0, .high = (double)n};
    wbi_chart_begin(&c);
    wbi_put(canvas.w, "Population stability index, farthest first; 0.1 is some drift, 0.25 major.");
    for (size_t i = 0; i < n; i++) {
        wbi_put(canvas.w, " ");
        wbi_put_text(canvas.w, chosen[i]->feature);
        wbi_putf(canvas.w, ": %s%s.", wbi_number(chosen[i]->psi, 3).text, verdict_word(chosen[i]->verdict));
    }
    wbi_chart_axes(&c);
    for (size_t i = 0; i < n; i++)
        draw_bar(&c, chosen[i], (double)(n - i) - 0.5);
    wbi_chart_segment(&c, "mark", WB_DRIFT_SOME_FROM, 0, WB_DRIFT_SOME_FROM, (double)n);
    wbi_chart_segment(&c, "mark", WB_DRIFT_MAJOR_FROM, 0, WB_DRIFT_MAJOR_FROM, (double)n);
    wbi_chart_end(&c);
}
