/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project as parsed: the only home of libyaml is this folder. All strings are owned by the project; NULL means
 * unsaid. `line` is where the thing stands in the project file, 0 when it did not come from one. */
#ifndef WINBACK_PROJECT_INTERNAL_H
#define WINBACK_PROJECT_INTERNAL_H

#include <stdbool.h>
#include <winback/project.h>
#include <winback/table.h>

#include "base/error.h"
#include "base/time.h"
#include "csv/reader.h"

typedef enum wbi_aggregate {
    WBI_AGG_NONE = 0,
    WBI_AGG_COUNT, WBI_AGG_SUM, WBI_AGG_MEAN, WBI_AGG_MIN, WBI_AGG_MAX, WBI_AGG_STD, WBI_AGG_MEDIAN,
    WBI_AGG_FIRST, WBI_AGG_LAST, WBI_AGG_DISTINCT, WBI_AGG_SHARE, WBI_AGG_DAYS_SINCE_LAST, WBI_AGG_DAYS_SINCE_FIRST,
    WBI_AGG_ACTIVE_DAYS, WBI_AGG_GAP_DAYS_MEAN, WBI_AGG_GAP_DAYS_STD, WBI_AGG_GAP_DAYS_MAX, WBI_AGG_TREND,
    WBI_AGG_REPEAT_DAYS, WBI_AGG_REPEAT_SPAN_DAYS, WBI_AGG_OBSERVED_DAYS, WBI_AGG_CLUMPINESS
} wbi_aggregate;
const char *wbi_aggregate_name(wbi_aggregate aggregate); /* NULL past the last */

/* A text that is bound to columns later, and where it stands. Column 0: the text's characters do not stand in the file as
 * they are (a block, several lines, escapes); `line` is then where they begin. */
typedef struct wbi_placed {
    char *text;
    size_t line, column;
} wbi_placed;
/* `member`, whose place is `member_at`. */
#define WBI_PLACED(member)  \
    union {                 \
        char *member;       \
        wbi_placed member##_at; \
    }
/* For errors in it: its own place, or else the line of what it belongs to. */
static inline wbi_where wbi_place(const wbi_placed *placed, size_t line)
{
    return (wbi_where){NULL, placed->line != 0 ? placed->line : line, placed->column};
}

/* [cutoff - from, cutoff - to); from_us 0 = all history. */
typedef struct wbi_window {
    int64_t from_us, to_us;
} wbi_window;

typedef struct wbi_column_def {
    char *name;         /* name in expressions and features */
    char *source;       /* column of the file; NULL when computed */
    WBI_PLACED(expr);   /* computed columns */
    wb_type type;       /* of a computed column: only when `type_said` */
    bool type_said;
    wbi_time_format time;
    char *known_at;     /* name of a time column of the table ("the row's own time" is that column's name); NULL: known
                           at the row's time */
    wbi_aggregate agg;  /* of the lines of an event, with group_by; WBI_AGG_NONE: sum of numbers, first of others */
    bool fixed;         /* a constant of the customer: a feature of its own */
    bool conventional;  /* added by convention: silently absent when the file lacks it */
    size_t line;
} wbi_column_def;

typedef struct wbi_dialect_def { /* owned counterpart of wbi_dialect */
    wbi_dialect dialect;  /* its name and na pointers point to the two below; ready to use */
    char **names;
    size_t n_names;
    char **na;
    size_t n_na;
    bool said;            /* the table has a dialect: */
} wbi_dialect_def;

typedef struct wbi_table_def {
    char *name;
    char *file;            /* joined with the project's folder, ${WINBACK_DATA} expanded; NULL: none */
    wbi_dialect_def dialect;
    char *customer;        /* key column; default customer_id. With `through` it is the key into that file */
    char *through_file, *through_key, *through_customer; /* NULL: direct */
    int32_t zone_offset_s; /* of the times without an offset in this table, unless there is a zone */
    const wbi_zone *zone;  /* one of the project's; NULL: a fixed offset */
    char *time;            /* NULL: a table without time (customers) */
    wbi_time_format time_format;
    int64_t delay_us;
    int64_t max_age_us;    /* 0: unsaid */
    WBI_PLACED(where);
    char *group_by;
    char *event_time;      /* column whose value is the event's time; NULL: the earliest line's time */
    char **order_by;       /* columns that order the lines of an event, before their time */
    size_t n_order_by;
    wbi_column_def *columns; /* in the order of their names */
    size_t n_columns;
    size_t line;
} wbi_table_def;

typedef struct wbi_feature_def {
    char *name;
    char *table;          /* NULL with `expr` over features */
    wbi_aggregate agg;
    WBI_PLACED(of);
    WBI_PLACED(where);
    WBI_PLACED(expr);     /* over other features */
    wbi_window window;
    char *after_last;     /* only events later than the customer's last event of this table; NULL: all */
    int64_t within_us;    /* … and at most so much later; 0: no limit */
    char *reason;         /* what it is, where it is given as a reason; NULL: its name */
    bool actionable;      /* a reason that something can be done about */
    size_t line;
} wbi_feature_def;

typedef struct wbi_bundle_use { /* one entry of features.use */
    char *bundle;         /* rfm, tickets, profile, … */
    char *table;          /* table it binds to; NULL: the bundle's usual one */
    size_t line;
} wbi_bundle_use;

typedef enum wbi_label_kind { WBI_LABEL_NONE = 0, WBI_LABEL_ABSENT, WBI_LABEL_PRESENT, WBI_LABEL_AT } wbi_label_kind;

typedef struct wbi_label_def {
    wbi_label_kind kind;
    char *name, *table;
    WBI_PLACED(where);
    WBI_PLACED(column);   /* with WBI_LABEL_AT: the time column of the table */
    int64_t horizon_us, gap_us;
    size_t line;
} wbi_label_def;

typedef struct wbi_population_def {
    char *table;          /* NULL: orders, without limit */
    int64_t within_us;    /* 0: no limit */
    WBI_PLACED(since);
    WBI_PLACED(not_after);
    WBI_PLACED(where);
    size_t line;
} wbi_population_def;

typedef struct wbi_lambda_wish {
    double value;         /* NaN: to be chosen */
    bool one_standard_error;
} wbi_lambda_wish;

typedef struct wbi_model_def {
    char *name, *target, *penalty, *basis, *validate, *calibrate;
    wbi_label_def label;  /* its own, of its name; WBI_LABEL_NONE without one */
    double class_weight;  /* NaN: balanced */
    double sample_negatives;
    wbi_lambda_wish lambda;
    double alpha;         /* NaN: unsaid */
    char **log1p;         /* features */
    size_t n_log1p;
    int64_t btyd_horizon_us; /* as wb_train_options has it */
    size_t line;
} wbi_model_def;

typedef struct wbi_campaign_def {
    bool said;            /* false: nothing else is */
    wb_campaign settings; /* its texts and arrays are owned by the project */
    size_t line;
} wbi_campaign_def;

typedef struct wbi_scores { /* of 1 to 5; 0: any */
    int low, high;
} wbi_scores;

/* A line of the table of names: what customers are called whose scores are all in the ranges. */
typedef struct wbi_segment_def {
    char *name;
    wbi_scores recency, frequency, monetary;
    wbi_scores fm;        /* the mean of frequency's and monetary's, halves upwards */
    size_t line;
} wbi_segment_def;
bool wbi_segment_fits(const wbi_segment_def *segment, int r, int f, int m);

typedef struct wbi_segments_def {
    char *edges;          /* file; NULL: unsaid */
    int64_t window_us;    /* 0: all history */
    wbi_segment_def *names; /* the first that fits counts; none: the usual ones */
    size_t n_names;
} wbi_segments_def;

struct wb_project {
    char *path;           /* of the project file, NULL */
    wbi_zone **zones;     /* all that are named anywhere */
    size_t n_zones;
    int32_t zone_offset_s;
    const wbi_zone *zone; /* one of them; NULL: a fixed offset */
    wbi_table_def *tables;
    size_t n_tables;
    wbi_population_def population;
    wbi_label_def label;
    int64_t data_until_us;    /* WB_TIME_MISSING: unsaid */
    int64_t *cutoffs_us;      /* ascending; the list given, or every..from..to spelled out */
    size_t n_cutoffs;
    int64_t *windows_us;      /* ascending; default 30d 90d 180d 365d */
    size_t n_windows;
    wbi_bundle_use *uses;
    size_t n_uses;
    bool uses_said;           /* false: every bundle whose table is there */
    wbi_feature_def *features;
    size_t n_features;
    wbi_model_def *models;
    size_t n_models;
    wbi_campaign_def campaign;
    char *contacted;          /* keep, drop or feature; NULL: unsaid */
    wbi_segments_def segments;
};

/* The labels, below wb_project_n_labels: the project's own, then those that models have. */
const wbi_label_def *wbi_project_label_at(const wb_project *project, size_t index);
/* NULL when there is none. */
wbi_table_def *wbi_project_table(const wb_project *project, const char *name);
WB_WARN_UNUSED wb_status wbi_project_copy(wb_project **out, const wb_project *project, wb_error *err);
/* Replaces `features` (taking ownership of nothing: the definitions are copied) and empties `uses` (uses_said = true). */
WB_WARN_UNUSED wb_status wbi_project_set_features(wb_project *project, const wbi_feature_def *features, size_t n,
                                                  wb_error *err);
/* The table that a bundle of features is bound to; where the project does not say, `usual`. Borrowed. */
const char *wbi_project_bound_table(const wb_project *project, const char *bundle, const char *usual);
/* Forgets the tables that neither population nor labels nor features name; with `uses` it is not known which they are. */
void wbi_project_forget_unused_tables(wb_project *project);
/* What the features mean, as a project file in JSON (terminated, freed by wbi_free): zone, tables (columns, where,
 * group_by, known_at, …; no file names, no max_age), population, labels, cutoffs, data_until when said, features. Read
 * back by wb_project_parse it is the same project; writing that again gives the same bytes. */
WB_WARN_UNUSED wb_status wbi_project_to_json(char **text, const wb_project *project, wb_error *err);

/* Whether tables of that name hold facts about customers, by convention: one row each, no time. */
bool wbi_convention_is_of_facts(const char *table);

#endif
