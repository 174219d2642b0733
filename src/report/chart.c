/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/chart.h"

#include <math.h>
#include <string.h>
#include <winback/time.h>

#include "report/embedded.h"

enum { MARGIN_LEFT = 56, MARGIN_TITLE = 30 /* of the axis, and what parts it from numbers */, MARGIN_RIGHT = 16, MARGIN_TOP = 12, MARGIN_BOTTOM = 46, TICKS_ACROSS = 5, TICKS_UP = 5 };
enum { PAD_ACROSS = 14, PAD_UP = 10 }; /* about a picture of its own */
static const double letter_px = 7.4; /* a wide face at 12 px */

static double top_of(const wbi_chart *c)
{
    return MARGIN_TOP + (c->canvas.place == WBI_ON_PAGE ? 0 : WBI_TITLE_ROW);
}

/* Where the legend's next entry stands. */
typedef struct spot {
    double x, y;
} spot;

static spot next_spot(const wbi_chart *c, spot at, const char *name)
{
    const double wide = 32 + letter_px * (double)wbi_text_letters(name);
    if (at.x > 0 && at.x + wide > c->width)
        at = (spot){0, at.y + WBI_LEGEND_ROW};
    return at;
}

static spot after_spot(spot at, const char *name)
{
    at.x += 32 + 14 + letter_px * (double)wbi_text_letters(name);
    return at;
}

static double legend_height(const wbi_chart *c)
{
    spot at = {0, 0};
    for (size_t i = 0; i < c->n_legend; i++)
        at = after_spot(next_spot(c, at, c->legend[i].name), c->legend[i].name);
    return c->n_legend == 0 ? 0 : at.y + WBI_LEGEND_ROW;
}

static void put_id(const wbi_chart *c, const char *part)
{
    if (c->number > 0)
        wbi_putf(c->canvas.w, "%s-%zu-%s", c->id, c->number, part);
    else
        wbi_putf(c->canvas.w, "%s-%s", c->id, part);
}

static void put_style(wbi_writer *w, int x, int y)
{
    wbi_put(w, "<style>");
    wbi_put(w, wbi_embedded_chart_css);
    wbi_putf(w, "</style>\n<rect class=\"paper\" x=\"%d\" y=\"%d\" width=\"100%%\" height=\"100%%\"/>\n", x, y);
}

static void put_named(const wbi_chart *c, const char *element, const char *part)
{
    wbi_putf(c->canvas.w, "<%s id=\"", element);
    put_id(c, part);
    wbi_put(c->canvas.w, "\">");
}

double wbi_chart_height(const wbi_chart *c)
{
    return c->height + legend_height(c) + top_of(c) - MARGIN_TOP;
}

/* What an axis writes beside a tick. */
static wbi_figure tick_text(const wbi_axis *axis, double at)
{
    wbi_figure date = {{0}};
    const int decimals = axis->ticks.decimals;
    switch (axis->form) {
    case WBI_FORM_PERCENT:
    case WBI_FORM_POINTS:
        return wbi_number(100 * at, decimals > 2 ? decimals - 2 : 0);
    case WBI_FORM_TIMES:
        return wbi_times(at, decimals);
    case WBI_FORM_DATE:
        wb_time_format((int64_t)at, date.text);
        date.text[sizeof "2024-12-31" - 1] = '\0';
        return date;
    default:
        return decimals == 0 && fabs(at) >= 1e5 ? wbi_short(at) : wbi_number(at, decimals);
    }
}

static void set_left_margin(wbi_chart *c)
{
    size_t widest = 0;
    for (size_t i = 0; i < c->y.ticks.n; i++) {
        const size_t letters = wbi_text_letters(tick_text(&c->y, c->y.ticks.at[i]).text);
        widest = letters > widest ? letters : widest;
    }
    c->margin_left = fmax(MARGIN_LEFT, MARGIN_TITLE + letter_px * (double)widest);
}

static void set_sizes(wbi_chart *c)
{
    if (c->width == 0)
        c->width = WBI_CHART_WIDTH;
    if (c->height == 0)
        c->height = WBI_CHART_HEIGHT;
    if (c->margin_right == 0)
        c->margin_right = MARGIN_RIGHT;
    if (c->x.ticks.n == 0 && c->x.form != WBI_FORM_NONE)
        c->x.ticks = wbi_ticks_make(c->x.low, c->x.high, TICKS_ACROSS);
    if (c->y.ticks.n == 0 && c->y.form != WBI_FORM_NONE)
        c->y.ticks = wbi_ticks_make(c->y.low, c->y.high, TICKS_UP);
    if (c->margin_left == 0)
        set_left_margin(c);
    const double top = top_of(c) + legend_height(c);
    c->across = (wbi_scale){c->x.low, c->x.high, c->margin_left, c->width - c->margin_right};
    c->up = (wbi_scale){c->y.low, c->y.high, wbi_chart_height(c) - MARGIN_BOTTOM, top};
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

void wbi_chart_begin(wbi_chart *c)
{
    wbi_writer *w = c->canvas.w;
    set_sizes(c);
    const bool alone = c->canvas.place == WBI_ALONE;
    const int across = alone ? PAD_ACROSS : 0, up = alone ? PAD_UP : 0;
    const double wide = c->width + 2 * across, high = wbi_chart_height(c) + 2 * up;
    wbi_put(w, "<svg class=\"chart\"");
    if (c->canvas.place == WBI_WITHIN)
        wbi_putf(w, " x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"", wbi_at(c->canvas.x).text, wbi_at(c->canvas.y).text,
                 wbi_at(c->width).text, wbi_at(wbi_chart_height(c)).text);
    if (alone)
        wbi_putf(w, " xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\"", wbi_at(2 * wide).text, wbi_at(2 * high).text);
    wbi_putf(w, " viewBox=\"%d %d %s %s\" role=\"img\" aria-labelledby=\"", -across, -up, wbi_at(wide).text, wbi_at(high).text);
    put_id(c, "title");
    wbi_put(w, "\" aria-describedby=\"");
    put_id(c, "text");
    wbi_put(w, "\">\n");
    put_named(c, "title", "title");
    wbi_put_text(w, is_blank(c->title) ? "(without a name)" : c->title);
    wbi_put(w, "</title>\n");
    put_named(c, "desc", "text");
}

static void put_axis_title(const wbi_chart *c, const wbi_axis *axis)
{
    const char *unit = axis->form == WBI_FORM_PERCENT ? "%" : axis->form == WBI_FORM_POINTS ? "points" : axis->unit;
    wbi_put_text_cut(c->canvas.w, axis->title, axis == &c->x && c->width < WBI_CHART_WIDTH ? 32 : 44);
    if (unit != NULL && *unit != '\0') {
        wbi_put(c->canvas.w, " (");
        wbi_put_text(c->canvas.w, unit);
        wbi_put(c->canvas.w, ")");
    }
    wbi_put(c->canvas.w, "</text>\n");
}

static void draw_across(const wbi_chart *c)
{
    wbi_writer *w = c->canvas.w;
    const double base = c->up.from;
    for (size_t i = 0; i < c->x.ticks.n; i++) {
        const double x = wbi_scale_at(&c->across, c->x.ticks.at[i]);
        const char *anchor = c->x.form != WBI_FORM_DATE || x < c->width - 50 ? "middle" : "end";
        wbi_putf(w, "<path class=\"grid\" d=\"M%s %sV%s\"/>", wbi_at(x).text, wbi_at(base).text, wbi_at(c->up.to).text);
        wbi_putf(w, "<text class=\"tick\" text-anchor=\"%s\" x=\"%s\" y=\"%s\">", anchor,
                 wbi_at(anchor[0] == 'e' ? c->width - 2 : x).text, wbi_at(base + 16).text);
        wbi_put(w, tick_text(&c->x, c->x.ticks.at[i]).text);
        wbi_put(w, "</text>\n");
    }
    if (c->x.form != WBI_FORM_NONE)
        wbi_putf(w, "<path class=\"axis\" d=\"M%s %sH%s\"/>\n", wbi_at(c->across.from).text, wbi_at(base).text,
                 wbi_at(c->across.to).text);
    if (c->x.title != NULL) {
        wbi_putf(w, "<text class=\"name\" text-anchor=\"middle\" x=\"%s\" y=\"%s\">",
                 wbi_at((c->across.from + c->across.to) / 2).text, wbi_at(base + 36).text);
        put_axis_title(c, &c->x);
    }
}

static void draw_up(const wbi_chart *c)
{
    wbi_writer *w = c->canvas.w;
    for (size_t i = 0; i < c->y.ticks.n; i++) {
        const double y = wbi_scale_at(&c->up, c->y.ticks.at[i]);
        wbi_putf(w, "<path class=\"grid\" d=\"M%s %sH%s\"/>", wbi_at(c->across.from).text, wbi_at(y).text,
                 wbi_at(c->across.to).text);
        wbi_putf(w, "<text class=\"tick\" text-anchor=\"end\" x=\"%s\" y=\"%s\">", wbi_at(c->across.from - 7).text,
                 wbi_at(y + 4).text);
        wbi_put(w, tick_text(&c->y, c->y.ticks.at[i]).text);
        wbi_put(w, "</text>\n");
    }
    if (c->y.title != NULL) {
        const double middle = (c->up.from + c->up.to) / 2;
        wbi_putf(w, "<text class=\"name\" text-anchor=\"middle\" transform=\"translate(13 %s) rotate(-90)\">",
                 wbi_at(middle).text);
        put_axis_title(c, &c->y);
    }
}

static void draw_legend(const wbi_chart *c)
{
    wbi_writer *w = c->canvas.w;
    spot at = {0, top_of(c)};
    for (size_t i = 0; i < c->n_legend; i++) {
        const wbi_legend *entry = &c->legend[i];
        at = next_spot(c, at, entry->name);
        const char *x = strncmp(entry->style, "dot", 3) == 0 ? "M14 0h.01" : "M2 0h24";
        wbi_putf(w, "<path class=\"%s\" transform=\"translate(%s %s)\" d=\"%s\"/>", entry->style, wbi_at(at.x).text,
                 wbi_at(at.y).text, x);
        wbi_putf(w, "<text class=\"legend\" x=\"%s\" y=\"%s\">", wbi_at(at.x + 32).text, wbi_at(at.y + 4).text);
        wbi_put_text(w, entry->name);
        wbi_put(w, "</text>\n");
        at = after_spot(at, entry->name);
    }
}

void wbi_chart_axes(const wbi_chart *c)
{
    wbi_writer *w = c->canvas.w;
    wbi_put(w, "</desc>\n");
    if (c->canvas.place == WBI_ALONE)
        put_style(w, -PAD_ACROSS, -PAD_UP);
    if (c->canvas.place != WBI_ON_PAGE) {
        wbi_put(w, "<text class=\"heading\" x=\"2\" y=\"20\">");
        wbi_put_text_cut(w, c->title, c->width < WBI_CHART_WIDTH ? 36 : 46);
        wbi_put(w, "</text>\n");
    }
    draw_legend(c);
    draw_across(c);
    draw_up(c);
}

void wbi_chart_end(const wbi_chart *c)
{
    wbi_put(c->canvas.w, "</svg>\n");
}

static void put_place(const wbi_chart *c, char command, double x, double y)
{
    wbi_putf(c->canvas.w, "%c%s %s", command, wbi_at(wbi_scale_at(&c->across, x)).text,
             wbi_at(wbi_scale_at(&c->up, y)).text);
}

void wbi_chart_line(const wbi_chart *c, const char *style, const double *x, const double *y, size_t n)
{
    bool drawing = false;
    wbi_putf(c->canvas.w, "<path class=\"%s\" d=\"", style);
    for (size_t i = 0; i < n; i++) {
        const bool there = isfinite(x[i]) && isfinite(y[i]);
        if (there)
            put_place(c, drawing ? 'L' : 'M', x[i], y[i]);
        drawing = there;
    }
    wbi_put(c->canvas.w, "\"/>\n");
}

/* One stretch of a band, out along its upper edge and back along the lower one. */
static void put_stretch(const wbi_chart *c, const double *x, const double *low, const double *high, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        put_place(c, i == from ? 'M' : 'L', x[i], high[i]);
    for (size_t i = to; i > from; i--)
        put_place(c, 'L', x[i - 1], low[i - 1]);
    wbi_put(c->canvas.w, to > from ? "Z" : "");
}

void wbi_chart_band(const wbi_chart *c, const char *style, const double *x, const double *low, const double *high, size_t n)
{
    size_t from = 0;
    wbi_putf(c->canvas.w, "<path class=\"%s\" d=\"", style);
    for (size_t i = 0; i <= n; i++) {
        if (i < n && isfinite(x[i]) && isfinite(low[i]) && isfinite(high[i]))
            continue;
        put_stretch(c, x, low, high, from, i);
        from = i + 1;
    }
    wbi_put(c->canvas.w, "\"/>\n");
}

void wbi_chart_segment(const wbi_chart *c, const char *style, double x0, double y0, double x1, double y1)
{
    wbi_chart_line(c, style, (const double[]){x0, x1}, (const double[]){y0, y1}, 2);
}

void wbi_chart_bar(const wbi_chart *c, const char *style, double x0, double y0, double x1, double y1)
{
    const double left = wbi_scale_at(&c->across, x0), right = wbi_scale_at(&c->across, x1);
    const double top = wbi_scale_at(&c->up, y1), base = wbi_scale_at(&c->up, y0);
    wbi_putf(c->canvas.w, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>\n", style,
             wbi_at(fmin(left, right)).text, wbi_at(fmin(top, base)).text, wbi_at(fabs(right - left)).text,
             wbi_at(fabs(base - top)).text);
}

void wbi_chart_dot(const wbi_chart *c, const char *style, double x, double y)
{
    wbi_putf(c->canvas.w, "<circle class=\"%s\" r=\"3.6\" cx=\"%s\" cy=\"%s\"><title>", style,
             wbi_at(wbi_scale_at(&c->across, x)).text, wbi_at(wbi_scale_at(&c->up, y)).text);
}

void wbi_chart_dot_end(const wbi_chart *c)
{
    wbi_put(c->canvas.w, "</title></circle>\n");
}

void wbi_chart_beyond(const wbi_chart *c, const char *style, double x, double y)
{
    const int outwards = x < c->x.low ? -7 : 7;
    wbi_putf(c->canvas.w, "<path class=\"%s\" d=\"M%s %sl%d 4.5l%d 4.5z\"><title>", style, wbi_at(wbi_scale_at(&c->across, x)).text,
             wbi_at(wbi_scale_at(&c->up, y) - 4.5).text, outwards, -outwards);
}

void wbi_chart_beyond_end(const wbi_chart *c)
{
    wbi_put(c->canvas.w, "</title></path>\n");
}

void wbi_chart_note(const wbi_chart *c, const char *anchor, double x, double y, double dx, double dy, const char *text)
{
    wbi_putf(c->canvas.w, "<text class=\"note\" text-anchor=\"%s\" x=\"%s\" y=\"%s\">", anchor,
             wbi_at(wbi_scale_at(&c->across, x) + dx).text, wbi_at(wbi_scale_at(&c->up, y) + dy).text);
    wbi_put_text(c->canvas.w, text);
    wbi_put(c->canvas.w, "</text>\n");
}

void wbi_sheet_begin(wbi_writer *w, const char *title, double width, double height)
{
    wbi_putf(w, "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\" ",
             wbi_at(2 * width).text, wbi_at(2 * height).text, wbi_at(width).text, wbi_at(height).text);
    wbi_put(w, "role=\"group\" aria-labelledby=\"sheet-title\">\n<title id=\"sheet-title\">");
    wbi_put_text(w, title);
    wbi_put(w, "</title>\n");
    put_style(w, 0, 0);
}

void wbi_sheet_end(wbi_writer *w)
{
    wbi_put(w, "</svg>\n");
}
