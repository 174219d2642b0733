/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments of customers: their sizes as areas, and their figures as a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/page.h"
#include "report/treemap.h"

enum { WIDTH = 520, HEIGHT = 340, EDGE = 1, ROW_PX = 16, PAD_PX = 6, MOST_LETTERS = 40, MOST_BYTES = 256, N_BANDS = 3 };
#define LETTER_PX 7.8 /* of a bold face at 12 px */

/* How long ago customers ordered, by their mean score; the first band that a mean is in. */
static const struct {
    double least;
    const char *tile;
    wbi_legend legend;
} bands[N_BANDS] = {
    {3.5, "tile one", {"dot one", "Lately (R 4 to 5)"}},
    {2.5, "tile three", {"dot three", "A while ago (R 3)"}},
    {0, "tile two", {"dot two", "Long ago (R 1 to 2)"}},
};

bool wbi_has_segments(const wb_report_parts *parts)
{
    return parts->segments != NULL && wb_segments_n_customers(parts->segments) > 0;
}

static int by_size(const void *left, const void *right)
{
    const wb_segment *a = left, *b = right;
    return a->n != b->n ? (a->n < b->n ? 1 : -1) : strcmp(a->name, b->name);
}

/* Those with customers, the largest first. */
static size_t take_segments(wb_segment *out, const wb_segments *segments)
{
    size_t n = 0;
    for (size_t i = 0; i < wb_segments_n_segments(segments); i++) {
        const wb_segment segment = wb_segments_segment(segments, i);
        if (segment.n > 0)
            out[n++] = segment;
    }
    qsort(out, n, sizeof *out, by_size);
    return n;
}

static const char *tile_style(const wb_segment *segment)
{
    size_t band = 0;
    while (band + 1 < N_BANDS && segment->r < bands[band].least)
        band++;
    return bands[band].tile;
}

static void put_figures(wbi_writer *w, const wb_segment *segment)
{
    wbi_putf(w, "%s, %s", wbi_count(segment->n).text, wbi_percent(segment->share, 1).text);
}

static void put_line(wbi_writer *w, const char *style, const wbi_tile *tile, int row)
{
    wbi_putf(w, "<text class=\"%s\" x=\"%s\" y=\"%s\">", style, wbi_at(tile->x + PAD_PX).text,
             wbi_at(tile->y + PAD_PX + ROW_PX * row - 4).text);
}

/* How many bytes of a name stand on its first line: up to the last blank by which it fits; all, where there is none. */
static size_t first_line(const char *name, size_t n_letters)
{
    char line[MOST_BYTES];
    size_t found = strlen(name);
    if (wbi_text_letters(name) <= n_letters)
        return found;
    for (size_t i = 1; name[i] != '\0' && i < sizeof line; i++) {
        if (name[i] != ' ')
            continue;
        memcpy(line, name, i);
        line[i] = '\0';
        if (wbi_text_letters(line) <= n_letters)
            found = i;
    }
    return found;
}

/* On as many lines as it takes and there are; returns how many. */
static int put_name(wbi_writer *w, const char *name, const wbi_tile *tile, size_t n_letters, int n_lines)
{
    char line[MOST_BYTES];
    for (int row = 1;; row++) {
        const size_t n = row < n_lines ? first_line(name, n_letters) : strlen(name);
        put_line(w, "tile-name", tile, row);
        if (name[n] == '\0') {
            wbi_put_text_cut(w, name, n_letters);
            wbi_put(w, "</text>\n");
            return row;
        }
        memcpy(line, name, n);
        line[n] = '\0';
        wbi_put_text(w, line);
        wbi_put(w, "</text>\n");
        name += n + 1;
    }
}

/* What there is room for. */
static void put_words(wbi_writer *w, const wb_segment *segment, const wbi_tile *tile)
{
    enum { FEWEST = 6, FIGURES = 13 };
    const double room = floor((tile->width - 2 * PAD_PX) / LETTER_PX);
    const size_t n = room < MOST_LETTERS ? (size_t)fmax(room, 0) : MOST_LETTERS;
    const int n_lines = (int)floor((tile->height - PAD_PX) / ROW_PX);
    if ((n < FEWEST && n < wbi_text_letters(segment->name)) || n_lines < 1)
        return;
    const int row = 1 + put_name(w, segment->name, tile, n, n_lines);
    if (row > n_lines || n < FEWEST)
        return;
    put_line(w, "tile-text", tile, row);
    if (n >= FIGURES)
        put_figures(w, segment);
    else
        wbi_put(w, wbi_percent(segment->share, 1).text);
    wbi_put(w, "</text>\n");
}

static void put_tile(wbi_writer *w, const wb_segment *segment, const wbi_tile *tile)
{
    wbi_putf(w, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"><title>", tile_style(segment), wbi_at(tile->x).text,
             wbi_at(tile->y).text, wbi_at(tile->width).text, wbi_at(tile->height).text);
    wbi_put_text(w, segment->name);
    wbi_put(w, ": ");
    put_figures(w, segment);
    wbi_put(w, "</title></rect>\n");
    put_words(w, segment, tile);
}

static void draw(wbi_chart *c, const wb_segment *segments, size_t n, wbi_tile *tiles, double *sizes)
{
    wbi_writer *w = c->canvas.w;
    wbi_chart_begin(c);
    wbi_put(w, "Areas are numbers of customers, the largest first.");
    for (size_t i = 0; i < n; i++) {
        sizes[i] = (double)segments[i].n;
        wbi_put(w, " ");
        wbi_put_text(w, segments[i].name);
        wbi_put(w, ": ");
        put_figures(w, &segments[i]);
        wbi_put(w, ".");
    }
    wbi_chart_axes(c);
    wbi_treemap(tiles, sizes, n, (wbi_tile){EDGE, c->up.to, c->width - 2 * EDGE, wbi_chart_height(c) - EDGE - c->up.to});
    for (size_t i = 0; i < n; i++)
        put_tile(w, &segments[i], &tiles[i]);
    wbi_chart_end(c);
}

void wbi_draw_segments(wbi_canvas canvas, const wb_report_parts *parts)
{
    const size_t n = wb_segments_n_segments(parts->segments);
    const wbi_legend legend[N_BANDS] = {bands[0].legend, bands[1].legend, bands[2].legend};
    wbi_chart c = {.canvas = canvas,
                   .id = "segments",
                   .title = "Customers by segment",
                   .width = WIDTH,
                   .height = HEIGHT,
                   .margin_left = EDGE,
                   .margin_right = EDGE,
                   .x = {.form = WBI_FORM_NONE},
                   .y = {.form = WBI_FORM_NONE},
                   .legend = legend,
                   .n_legend = N_BANDS};
    wb_segment *segments = wbi_alloc_array(n, sizeof *segments);
    wbi_tile *tiles = wbi_alloc_array(n, sizeof *tiles);
    double *sizes = wbi_alloc_array(n, sizeof *sizes);
    if (segments != NULL && tiles != NULL && sizes != NULL)
        draw(&c, segments, take_segments(segments, parts->segments), tiles, sizes);
    else if (canvas.w->status == WB_OK)
        canvas.w->status = wbi_fail_nomem(canvas.w->err, n * (sizeof *segments + sizeof *tiles + sizeof *sizes));
    wbi_free(sizes);
    wbi_free(tiles);
    wbi_free(segments);
}

static void put_row(wbi_writer *w, const wb_segment *segment)
{
    const double sum = (double)segment->monetary_cents / 100;
    wbi_row_begin(w, segment->name);
    wbi_cell(w, wbi_count(segment->n), (double)segment->n);
    wbi_cell(w, wbi_percent(segment->share, 1), segment->share);
    wbi_cell(w, wbi_number(segment->recency_days, 1), segment->recency_days);
    wbi_cell(w, wbi_number(segment->frequency, 2), segment->frequency);
    wbi_cell(w, wbi_number(segment->monetary, 2), segment->monetary);
    wbi_cell(w, wbi_number(sum, 2), sum);
    wbi_cell(w, wbi_percent(segment->monetary_share, 1), segment->monetary_share);
    wbi_row_end(w);
}

void wbi_put_rfm_table(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Segment", "#Customers", "#Share", "#Days since last order", "#Orders", "#Amount a customer",
                                           "#Amount in all", "#Share of it"};
    const wb_segments *segments = parts->segments;
    const wb_segment all = wb_segments_all(segments);
    wbi_table_begin(w, "Segments", headings, sizeof headings / sizeof headings[0]);
    for (size_t i = 0; i < wb_segments_n_segments(segments); i++) {
        const wb_segment segment = wb_segments_segment(segments, i);
        put_row(w, &segment);
    }
    put_row(w, &all);
    wbi_table_end(w);
}
