/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What terms add to the log-odds: lines over numbers, dots for levels. */
#include <math.h>

#include "report/pictures.h"

enum { LEVELS_SHOWN = 14, LEVEL_LETTERS = 16, LEVEL_ROW = 20, LEVEL_FRAME = 58, POINTS_SHOWN = 400, EFFECT_HEIGHT = 230 };
static const double missing_gap = 0.08; /* of the line's width, between its end and the dot of the missing */
static const double rare = 0.02;

static bool is_number(const wb_effect *effect)
{
    return effect->n_points > 0 && isfinite(effect->points[0].value);
}

static size_t n_levels_of(const wb_effect *effect)
{
    return effect->n_points < LEVELS_SHOWN ? effect->n_points : LEVELS_SHOWN;
}

double wbi_effect_height(const wb_effect *effect, wbi_place place)
{
    return (is_number(effect) ? EFFECT_HEIGHT + WBI_LEGEND_ROW : (double)(LEVEL_FRAME + LEVEL_ROW * n_levels_of(effect))) +
           (place == WBI_ON_PAGE ? 0 : WBI_TITLE_ROW);
}

/* Of numbers what is drawn; of levels those of so few rows not, which would stretch the axis of all pictures for nothing. */
static bool is_telling(const wb_effect *effect, const wb_effect_point *p)
{
    return isfinite(p->value) ? !(p->value < effect->usual_low || p->value > effect->usual_high) : p->share >= rare;
}

/* What all effects lie between, so that they can be compared. */
static void find_range(const wb_explanation *explanation, double *low, double *high)
{
    *low = *high = 0;
    for (size_t e = 0; e < explanation->n_effects; e++)
        for (size_t i = 0; i < explanation->effects[e].n_points; i++) {
            const wb_effect_point *p = &explanation->effects[e].points[i];
            if (!is_telling(&explanation->effects[e], p))
                continue;
            *low = fmin(*low, p->log_odds);
            *high = fmax(*high, p->log_odds);
        }
    wbi_ticks_widen(low, high, 5);
}

/* The points of a number's curve, from `from` to `to`. */
typedef struct curve {
    double value[POINTS_SHOWN], log_odds[POINTS_SHOWN], low[POINTS_SHOWN], high[POINTS_SHOWN];
    size_t n;
} curve;

static curve curve_of(const wb_effect *effect, double from, double to)
{
    curve c = {.n = 0};
    for (size_t i = 0; i < effect->n_points && c.n < POINTS_SHOWN; i++) {
        const wb_effect_point *p = &effect->points[i];
        if (!isfinite(p->value) || p->value < from || p->value > to)
            continue;
        c.value[c.n] = p->value;
        c.log_odds[c.n] = p->log_odds;
        c.low[c.n] = p->low;
        c.high[c.n++] = p->high;
    }
    return c;
}

static const wb_effect_point *missing_of(const wb_effect *effect)
{
    const wb_effect_point *last = &effect->points[effect->n_points - 1];
    return isfinite(last->value) ? NULL : last;
}

/* Strokes on the axis between which lie a tenth of the rows each. */
static void draw_tenths(const wbi_chart *c, const wb_effect *effect)
{
    const double top = c->y.low + 0.03 * (c->y.high - c->y.low);
    for (size_t i = 0; i < effect->n_points; i++) {
        const wb_effect_point *p = &effect->points[i];
        if (p->is_decile && p->value > c->x.low && p->value < c->x.high)
            wbi_chart_segment(c, "thin", p->value, c->y.low, p->value, top);
    }
}

static void put_point(wbi_writer *w, const wb_effect_point *p)
{
    wbi_put(w, wbi_with_interval(p->log_odds, p->low, p->high, 2).text);
}

static void describe_curve(wbi_writer *w, const wb_effect *effect, const curve *points)
{
    wbi_put_text(w, effect->sentence);
    for (size_t i = 0; i < 5 && points->n > 0; i++) {
        const size_t at = i * (points->n - 1) / 4;
        wbi_putf(w, "%s at %s: %s", i == 0 ? ". On the log-odds," : ";", wbi_short(points->value[at]).text,
                 wbi_number(points->log_odds[at], 2).text);
    }
    wbi_put(w, ".");
}

/* At the end of the axis, behind that of the line. */
static void draw_missing(const wbi_chart *c, const wb_effect_point *missing)
{
    const double at = c->x.high;
    if (isfinite(missing->low) && isfinite(missing->high))
        wbi_chart_segment(c, "error two", at, missing->low, at, missing->high);
    wbi_chart_dot(c, "two", at, missing->log_odds);
    wbi_put(c->canvas.w, "missing: ");
    put_point(c->canvas.w, missing);
    wbi_chart_dot_end(c);
}

static void draw_number(wbi_chart *c, const wb_effect *effect)
{
    static const wbi_legend legend[] = {{"line one", "Effect, 95 %"}, {"dot two", "Missing"}};
    wbi_writer *w = c->canvas.w;
    curve points = curve_of(effect, effect->usual_low, effect->usual_high);
    if (points.n < 2)
        points = curve_of(effect, -INFINITY, INFINITY);
    const wb_effect_point *missing = missing_of(effect);
    c->legend = legend;
    c->n_legend = missing != NULL ? 2 : 1;
    c->x = (wbi_axis){.title = effect->feature, .unit = effect->unit, .low = points.value[0]};
    c->x.high = points.value[points.n - 1];
    if (c->x.high <= c->x.low)
        wbi_ticks_widen(&c->x.low, &c->x.high, 4);
    if (missing != NULL)
        c->x.high += missing_gap * (c->x.high - c->x.low);
    c->y.title = "Effect on the log-odds";
    wbi_chart_begin(c);
    describe_curve(w, effect, &points);
    wbi_chart_axes(c);
    wbi_chart_segment(c, "mark", c->x.low, 0, c->x.high, 0);
    wbi_chart_band(c, "band", points.value, points.low, points.high, points.n);
    wbi_chart_line(c, "line one", points.value, points.log_odds, points.n);
    draw_tenths(c, effect);
    if (missing != NULL)
        draw_missing(c, missing);
    wbi_chart_end(c);
}

/* The levels of most rows, in the order of their effects. */
static size_t choose_levels(const wb_effect *effect, size_t chosen[LEVELS_SHOWN])
{
    size_t n = 0;
    for (size_t i = 0; i < effect->n_points; i++) {
        size_t more = 0;
        for (size_t j = 0; j < effect->n_points; j++)
            more += effect->points[j].share > effect->points[i].share ||
                    (!(effect->points[j].share < effect->points[i].share) && j < i);
        if (more < LEVELS_SHOWN && n < LEVELS_SHOWN)
            chosen[n++] = i;
    }
    return n;
}

static void draw_level(const wbi_chart *c, const wb_effect_point *p, double y)
{
    wbi_writer *w = c->canvas.w;
    wbi_putf(w, "<text class=\"level\" text-anchor=\"end\" x=\"%s\" y=\"%s\">", wbi_at(c->across.from - 8).text,
             wbi_at(wbi_scale_at(&c->up, y) + 4).text);
    wbi_put_text_cut(w, p->level == NULL ? "" : p->level, LEVEL_LETTERS);
    wbi_put(w, "</text>\n");
    if (isfinite(p->low) && isfinite(p->high))
        wbi_chart_segment(c, "error", p->low, y, p->high, y);
    if (!isfinite(p->log_odds))
        return;
    wbi_chart_dot(c, "one", p->log_odds, y);
    wbi_put_text(w, p->level);
    wbi_put(w, ": ");
    put_point(w, p);
    wbi_chart_dot_end(c);
}

static void draw_levels(wbi_chart *c, const wb_effect *effect)
{
    size_t chosen[LEVELS_SHOWN];
    const size_t n = choose_levels(effect, chosen);
    wbi_writer *w = c->canvas.w;
    c->margin_left = 20 + 7.2 * LEVEL_LETTERS;
    c->height = (double)(LEVEL_FRAME + LEVEL_ROW * n);
    c->x = c->y;
    c->x.title = "Effect on the log-odds";
    c->y = (wbi_axis){.form = WBI_FORM_NONE, .low = 0, .high = (double)n};
    wbi_chart_begin(c);
    wbi_put_text(w, effect->sentence);
    wbi_put(w, ". On the log-odds:");
    for (size_t i = 0; i < n; i++) {
        wbi_put(w, i == 0 ? " " : "; ");
        wbi_put_text(w, effect->points[chosen[i]].level);
        wbi_put(w, " ");
        put_point(w, &effect->points[chosen[i]]);
    }
    wbi_put(w, ".");
    wbi_chart_axes(c);
    wbi_chart_segment(c, "mark", 0, 0, 0, (double)n);
    for (size_t i = 0; i < n; i++)
        draw_level(c, &effect->points[chosen[i]], (double)(n - i) - 0.5);
    wbi_chart_end(c);
}

void wbi_draw_effect(wbi_canvas canvas, const wb_report_parts *parts, size_t at)
{
    const wb_explanation *explanation = parts->explanation;
    const wb_effect *effect = &explanation->effects[at];
    wbi_chart c = {.canvas = canvas, .id = "effect", .number = at + 1, .title = effect->feature, .width = WBI_EFFECT_WIDTH,
                   .height = EFFECT_HEIGHT};
    if (effect->n_points == 0)
        return;
    find_range(explanation, &c.y.low, &c.y.high);
    if (is_number(effect))
        draw_number(&c, effect);
    else
        draw_levels(&c, effect);
}
