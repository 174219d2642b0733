/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page and what stands on it. Sections write themselves where the parts hold something for them. */
#ifndef WINBACK_REPORT_PAGE_H
#define WINBACK_REPORT_PAGE_H

#include "report/pictures.h"
#include "report/table.h"

void wbi_page_write(wbi_writer *w, const wb_report_parts *parts);

void wbi_put_summary(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_advice(wbi_writer *w, const wb_report_parts *parts);
/* Sections, in the order of the page. */
typedef struct wbi_section {
    const char *id, *title;
    bool (*has)(const wb_report_parts *parts);
    void (*put)(wbi_writer *w, const wb_report_parts *parts);
} wbi_section;
const wbi_section *wbi_sections(size_t *n);

/* The picture of that name, where the parts have what it shows. */
void wbi_put_figure(wbi_writer *w, const wb_report_parts *parts, const char *name);
/* A picture that a page shows and --only writes. */
typedef struct wbi_picture {
    const char *name, *title;
    const char *caption; /* how to read it */
    bool (*has)(const wb_report_parts *parts);
    void (*draw)(wbi_canvas canvas, const wb_report_parts *parts); /* NULL: effects, which are several */
} wbi_picture;
/* NULL: there is none of that name. */
const wbi_picture *wbi_picture_named(const char *name);
const wbi_picture *wbi_picture_at(size_t index);
bool wbi_has_effects(const wb_report_parts *parts);
bool wbi_has_drift(const wb_report_parts *parts);
bool wbi_has_kpi(const wb_report_parts *parts);
bool wbi_has_cohorts(const wb_report_parts *parts);

void wbi_put_uplift_text(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_uplift_tables(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_figures_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_depths_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_confusion(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_segments_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_pairs_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_backtest_tables(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_effects_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_drift_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_readout_tables(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_rfm_table(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_quality_tables(wbi_writer *w, const wb_report_parts *parts);
bool wbi_has_campaign(const wb_report_parts *parts);
void wbi_put_campaign(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_customers(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_kpi(wbi_writer *w, const wb_report_parts *parts);
void wbi_put_facts(wbi_writer *w, const wb_report_parts *parts);

#endif
