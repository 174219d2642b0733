/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as a page to read, and as single pictures. */
#ifndef WINBACK_REPORT_H
#define WINBACK_REPORT_H

#include <winback/backtest.h>
#include <winback/campaign.h>
#include <winback/describe.h>
#include <winback/drift.h>
#include <winback/evaluate.h>
#include <winback/explain.h>
#include <winback/kpi.h>
#include <winback/readout.h>
#include <winback/segment.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A line of the table that says how the page came about: "model", "out/model.json". */
typedef struct wb_report_fact {
    const char *name, *value;
} wb_report_fact;

/* What the report shows; what is NULL is left out, with its headings. All borrowed during the call. */
typedef struct wb_report_parts {
    const char *title;
    const wb_model *model;
    const wb_evaluation *evaluation; /* with curves; its first score is shown, others are compared */
    const char *evaluated_on;        /* "customers at 2024-10-02, which training did not see" */
    const wb_explanation *explanation;
    const wb_drift *drift;
    const wb_backtest *backtest;
    const wb_segments *segments;
    const wb_campaign_summary *campaign;
    const wb_kpis *kpi;
    const wb_readout *readout;
    const wb_description *descriptions; /* of the features evaluated */
    size_t n_descriptions;
    const wb_explained_row *customers;  /* with their ids: only when the user asked for them */
    size_t n_customers;
    const wb_report_fact *facts;     /* versions, options, seeds, files, hashes */
    size_t n_facts;
} wb_report_parts;

/* One HTML file without a network: "-" is standard output. */
WB_API WB_WARN_UNUSED wb_status wb_report_write(const wb_report_parts *parts, const char *path, wb_error *err);

/* The pictures there are; NULL past the last. */
WB_API const char *wb_report_picture(size_t index); /* "roc", "pr", "gains", "lift", "calibration", "histogram", "backtest",
                                                       "effects", "drift", "profit", "segments", "campaign", "cohorts",
                                                       "qini", "readout", "readout_money" */
/* One of them as an SVG file. WB_ERR_ARGUMENT for another name, WB_ERR_INCONSISTENT where the parts that it shows are NULL.
 * "effects" is a picture for each term side by side; `feature` (NULL: all) picks one. */
WB_API WB_WARN_UNUSED wb_status wb_report_write_picture(const wb_report_parts *parts, const char *picture,
                                                        const char *feature, const char *path, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
