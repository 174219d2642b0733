/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether features saw the future. */
#ifndef WINBACK_AUDIT_H
#define WINBACK_AUDIT_H

#include <winback/features.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WB_AUDIT_TEXT 64

/* A feature that is not the same in two computations, and the first row in which it is not. */
typedef struct wb_moved_feature {
    const char *feature; /* NULL: whether the customer is in the population */
    const char *table;   /* the table it sums up; NULL: it is computed from other features */
    uint64_t n_rows;     /* rows that differ */
    char customer[128];
    int64_t cutoff_us;
    char before[WB_AUDIT_TEXT], after[WB_AUDIT_TEXT]; /* its values there, "" when missing */
} wb_moved_feature;

/* A column, not a time, that a feature depends on, and of which the project does not say when it is known: in a table with
 * time it is taken as known with its row, in one without at every cutoff, whether it is `fixed` or not. */
typedef struct wb_assumed_column {
    const char *table, *column; /* of the file */
    const char *feature;        /* the first that depends on it; NULL: only the table's where, or the population */
    size_t n_features;
    int at_every_cutoff;        /* the table has no time */
} wb_assumed_column;

/* How often a feature is missing at the cutoffs, and at the end of the data. */
typedef struct wb_missing_shares {
    const char *feature;
    double at_cutoffs, at_end;
    int differ; /* by at least 0.1, and by more than 4 standard errors */
} wb_missing_shares;

typedef struct wb_audit {
    uint64_t n_rows;
    size_t n_cutoffs;
    int64_t until_us;
    wb_moved_feature *moved;
    size_t n_moved;
    wb_assumed_column *assumed;
    size_t n_assumed;
    wb_missing_shares *missing; /* of every feature */
    size_t n_missing;
} wb_audit;

/* Reads the tables again for every cutoff that `features`, which the engine made, has; deletes every row and value that was
 * not known then; computes the features once more, and compares. `before` is what the engine had computed, `after` what
 * came out after deleting. Names in the result are borrowed from the engine. `options` as for wb_engine_create; bad rows
 * are not reported again. Fails with WB_ERR_ARGUMENT when a table comes from standard input. Memory: that of the events
 * once more. */
WB_API WB_WARN_UNUSED wb_status wb_audit_features(wb_audit *out, const wb_engine *engine, const wb_features *features,
                                                  const wb_read_options *options, wb_error *err);
WB_API void wb_audit_clear(wb_audit *audit);

/* How a table of an older export differs from the same table now, as far as both were known at the older one's end. */
typedef enum wb_change {
    WB_CHANGE_VALUE = 0, /* cells of a column have another value */
    WB_CHANGE_LATER,     /* rows that only the newer export has: with a delay they arrived later than the table's says */
    WB_CHANGE_GONE       /* rows that only the older export has */
} wb_change;

typedef struct wb_changed_column {
    wb_change kind;
    const char *table;
    const char *column;    /* its name in the project, of the file where the project does not declare it; NULL: rows */
    wb_type type;
    int declared;          /* the project's `columns` has it */
    uint64_t n_rows, n_changed; /* rows known in both exports, and those that differ */
    uint64_t n_filled;     /* of these, empty in the older export */
    const char *known_at;  /* a time column of the table that had not come in at least half of the changed rows; NULL */
    uint64_t n_explained;  /* in how many it had not; of WB_CHANGE_LATER, how many the delay covers */
    int64_t delay_us;      /* WB_CHANGE_LATER: the least whole days that would have covered most of them; 0: they are old
                              rows, whose days had come but for a few */
    char customer[128];    /* the first row: customer, time (WB_TIME_MISSING without), values ("" when missing) */
    int64_t time_us;
    char before[WB_AUDIT_TEXT], after[WB_AUDIT_TEXT];
} wb_changed_column;

typedef struct wb_export_audit {
    int64_t cutoff_us; /* the end of the older export: its last row */
    uint64_t n_rows;   /* rows of features compared */
    wb_changed_column *changed;
    size_t n_changed;
    wb_moved_feature *moved; /* `before` in the older export, `after` in the newer */
    size_t n_moved;
} wb_export_audit;

/* Compares the engine's tables with those of an older export, whose files `old` names (by tables of the same names; their
 * definitions do not count). What was known before the older export ended must be the same in both: rows are matched by
 * customer and time, of several the most alike, and the columns that differ are named. Features are compared there and at
 * the project's earlier cutoffs. Names in the result are borrowed from the engine. Fails with WB_ERR_ARGUMENT when a table
 * comes from standard input. Memory: both exports' events twice. */
WB_API WB_WARN_UNUSED wb_status wb_audit_against(wb_export_audit *out, const wb_engine *engine, const wb_project *old,
                                                 const wb_read_options *options, wb_error *err);
WB_API void wb_export_audit_clear(wb_export_audit *audit);

#ifdef __cplusplus
}
#endif
#endif
