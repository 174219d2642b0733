/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures, each from results that the caller passes; what lacks its results is not to be drawn. */
#ifndef WINBACK_REPORT_PICTURES_H
#define WINBACK_REPORT_PICTURES_H

#include <winback/report.h>

#include "report/chart.h"

/* Plain words for the two outcomes; letters, digits and underscores alone, so that they need no escaping. */
enum { WBI_WORD_CHARS = 64 };
typedef struct wbi_words {
    char who[WBI_WORD_CHARS], others[WBI_WORD_CHARS]; /* "leavers", "stayers"; "customers with repurchase", "customers without" */
    char one[WBI_WORD_CHARS], other[WBI_WORD_CHARS];  /* "a leaver", "a stayer" */
    char did[WBI_WORD_CHARS];                         /* "left", "had repurchase" */
    char reached[WBI_WORD_CHARS];                     /* title of an axis: "Leavers reached" */
    const char *risk;                                 /* "risk" */
} wbi_words;
wbi_words wbi_words_of(const wb_report_parts *parts);
typedef struct wbi_sentence {
    char text[320];
} wbi_sentence;
/* A text of our own in which {who}, {others}, {one} and {other} stand for these words. */
wbi_sentence wbi_worded(const wb_report_parts *parts, const char *text);

enum { WBI_SCORES_SHOWN = 4 };
/* The n-th score over all rows, with or without curves; NULL past the last. */
const wb_evaluated *wbi_score_of(const wb_report_parts *parts, size_t n);
/* The first of them; NULL where there is none or nothing was evaluated. */
const wb_evaluated *wbi_first_score(const wb_report_parts *parts);
bool wbi_has_curves(const wb_report_parts *parts);

void wbi_draw_roc(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_pr(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_gains(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_lift(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_qini(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_profit(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_calibration(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_histogram(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_backtest(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_ageing(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_drift(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_readout(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_readout_money(wbi_canvas canvas, const wb_report_parts *parts);
bool wbi_has_readout(const wb_report_parts *parts);
bool wbi_has_readout_rates(const wb_report_parts *parts);
bool wbi_has_readout_money(const wb_report_parts *parts);
void wbi_draw_segments(wbi_canvas canvas, const wb_report_parts *parts);
void wbi_draw_campaign(wbi_canvas canvas, const wb_report_parts *parts);
bool wbi_has_campaign_depths(const wb_report_parts *parts);
void wbi_draw_cohorts(wbi_canvas canvas, const wb_report_parts *parts);
/* What one term adds to the log-odds. */
void wbi_draw_effect(wbi_canvas canvas, const wb_report_parts *parts, size_t effect);
double wbi_effect_height(const wb_effect *effect, wbi_place place);

/* Whether there are two cutoffs or more to draw, or two ages. */
bool wbi_has_backtest(const wb_report_parts *parts);
bool wbi_has_ageing(const wb_report_parts *parts);
bool wbi_has_segments(const wb_report_parts *parts); /* with customers */
/* The point of the profit curve that is greatest; NULL without profits. */
const wb_curve_point *wbi_best_campaign(const wb_report_parts *parts);
bool wbi_has_uplift(const wb_report_parts *parts);
bool wbi_has_profit(const wb_report_parts *parts);

#endif
