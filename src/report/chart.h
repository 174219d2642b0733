/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture with two axes, as SVG. */
#ifndef WINBACK_REPORT_CHART_H
#define WINBACK_REPORT_CHART_H

#include "report/scale.h"
#include "report/writer.h"

/* Where pictures are put. */
typedef enum wbi_place {
    WBI_ON_PAGE, /* the page says its title */
    WBI_ALONE,   /* a file of its own, which brings its style */
    WBI_WITHIN   /* of several in one file */
} wbi_place;
typedef struct wbi_canvas {
    wbi_writer *w;
    wbi_place place;
    double x, y; /* WBI_WITHIN: the corner */
} wbi_canvas;

typedef enum wbi_axis_form { WBI_FORM_NUMBER = 0, WBI_FORM_PERCENT, WBI_FORM_POINTS, WBI_FORM_TIMES, WBI_FORM_DATE, WBI_FORM_NONE } wbi_axis_form;
/* Percent axes hold shares, date axes microseconds. */
typedef struct wbi_axis {
    const char *title; /* NULL: none */
    const char *unit;  /* NULL or "": none */
    wbi_axis_form form;
    double low, high;
    wbi_ticks ticks;   /* none: round values */
} wbi_axis;

/* What a legend says: a line or dots of a class, and their name. */
typedef struct wbi_legend {
    const char *style; /* a class of chart.css: "line one", "dot two" */
    const char *name;
} wbi_legend;

enum { WBI_CHART_WIDTH = 420, WBI_CHART_HEIGHT = 300, WBI_EFFECT_WIDTH = 340, WBI_LEGEND_ROW = 20, WBI_TITLE_ROW = 28 };

typedef struct wbi_chart {
    wbi_canvas canvas;
    const char *id, *title; /* the id is ours, one a page */
    size_t number;          /* behind the id, of several; 0: none */
    double width, height;   /* 0: the usual */
    double margin_left, margin_right; /* 0: the usual */
    wbi_axis x, y;
    const wbi_legend *legend;
    size_t n_legend;
    /* Set by wbi_chart_begin. */
    wbi_scale across, up;
} wbi_chart;

/* Opens the picture and its description, whose text the caller writes; wbi_chart_axes closes it and draws axes. */
void wbi_chart_begin(wbi_chart *c);
void wbi_chart_axes(const wbi_chart *c);
void wbi_chart_end(const wbi_chart *c);
double wbi_chart_height(const wbi_chart *c); /* in all */

/* Values that are not finite interrupt a line. */
void wbi_chart_line(const wbi_chart *c, const char *style, const double *x, const double *y, size_t n);
void wbi_chart_band(const wbi_chart *c, const char *style, const double *x, const double *low, const double *high, size_t n);
void wbi_chart_segment(const wbi_chart *c, const char *style, double x0, double y0, double x1, double y1);
void wbi_chart_bar(const wbi_chart *c, const char *style, double x0, double y0, double x1, double y1);
/* Opens a dot, behind which the caller may write a tip, what a pointer shows; wbi_chart_dot_end closes. */
void wbi_chart_dot(const wbi_chart *c, const char *style, double x, double y);
void wbi_chart_dot_end(const wbi_chart *c);
/* Likewise an arrow at the end of the axis across, for a dot that lies beyond it. */
void wbi_chart_beyond(const wbi_chart *c, const char *style, double x, double y);
void wbi_chart_beyond_end(const wbi_chart *c);
/* A text of our own beside a place, moved by pixels; `anchor` is start, middle or end. */
void wbi_chart_note(const wbi_chart *c, const char *anchor, double x, double y, double dx, double dy, const char *text);

/* Several pictures in one file: opens it, `height` high in all. */
void wbi_sheet_begin(wbi_writer *w, const char *title, double width, double height);
void wbi_sheet_end(wbi_writer *w);

#endif
