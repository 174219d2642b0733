/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From events to features: point-in-time aggregates of every eligible customer at every cutoff. */
#ifndef WINBACK_FEATURES_H
#define WINBACK_FEATURES_H

#include <winback/project.h>
#include <winback/table.h>
#include <winback/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The built-in catalogue, to be read: names and columns are those of bundles bound to their usual tables. */
typedef struct wb_catalogue wb_catalogue;
typedef struct wb_catalogue_entry {
    const char *bundle, *table;    /* the bundle, and the table that it binds to unless the project says another */
    const char *name;              /* of the feature over all history; in a window, "_90d" stands behind it */
    const char *unit, *meaning;
    const char *reason;            /* "first reply took … on average": how it is said why a customer has a score */
    int actionable;                /* the company can act on that reason: on replies, but not on tenure */
    const char *window;            /* NULL: all history; "each": that, and each window of the project; or a duration */
    const char *const *columns;    /* of the table that it needs, beside customer and time */
    size_t n_columns;
    const char *const *features;   /* that it is computed from */
    size_t n_features;
    int bound;                     /* a project computes it (wb_catalogue_bind) */
    const char *left_out;          /* why it does not; NULL when it does, and without a project */
} wb_catalogue_entry;
WB_API WB_WARN_UNUSED wb_status wb_catalogue_create(wb_catalogue **out, wb_error *err);
WB_API void wb_catalogue_free(wb_catalogue *catalogue); /* NULL-safe */
/* Marks the entries that the project computes, and says why the others are left out. Reads the headers of its tables, no
 * rows. */
WB_API WB_WARN_UNUSED wb_status wb_catalogue_bind(wb_catalogue *catalogue, const wb_project *project,
                                                  const wb_read_options *options, wb_error *err);
WB_API size_t wb_catalogue_n_entries(const wb_catalogue *catalogue);
WB_API wb_catalogue_entry wb_catalogue_at(const wb_catalogue *catalogue, size_t index); /* strings borrowed */

/* Features: a table whose columns are customer_id (text), cutoff (time, absent in flat tables), features (number or
 * category) and label_<name>, one a label (number: 0, 1 or missing), and the definitions they came from. */
typedef struct wb_features wb_features;

/* An engine holds the events of a project and computes its features at any cutoff. It is immutable once created. */
typedef struct wb_engine wb_engine;

/* Reads the headers of the project's tables, binds features, label and population to their columns, and reads the
 * events. The project is copied. Memory: the used columns of all events, packed (a number or time takes 4 or 8 bytes, a
 * category 1 or 4), beside 4 bytes a row; while a table is sorted, 8 bytes for each of its rows; about 60 bytes a
 * customer. An engine that would take more than options->memory_limit_bytes fails with WB_ERR_NOMEM, naming the size
 * needed, as soon as a first part of a file shows it. */
WB_API WB_WARN_UNUSED wb_status wb_engine_create(wb_engine **out, const wb_project *project,
                                                 const wb_read_options *options, wb_error *err);
WB_API void wb_engine_free(wb_engine *engine); /* NULL-safe */

/* Time of the first event, and the exclusive end of the data (as the project says, else the end of the day of the last
 * row of the label's table; of several labels' tables the one that ends first; of any event table without a label, or when no
 * label's table has a time). */
WB_API void wb_engine_data_range(const wb_engine *engine, int64_t *first_us, int64_t *until_us);

/* The table of events whose last row says where the data end; NULL when the project says, or when any table's does.
 * Borrowed. */
WB_API const char *wb_engine_end_table(const wb_engine *engine);

/* One table as it was read. Borrowed strings. */
typedef struct wb_engine_table {
    const char *name, *file;
    uint64_t n_rows;          /* rows that were kept; the table's `where` is not asked yet */
    uint64_t n_bad;           /* bad rows left out by on_error, unresolved keys among them */
    uint64_t n_without_key;   /* rows without a customer */
    uint64_t n_after_end;     /* rows at or after the end of the data */
    int64_t last_us;          /* time of the last row; WB_TIME_MISSING without rows or time */
    int64_t max_age_us;       /* how old it may be when scoring, by the project; 0: it does not say */
    uint64_t n_customers;     /* with rows here */
    uint64_t n_matched;       /* of these, with rows in the population's table too */
} wb_engine_table;
WB_API size_t wb_engine_n_tables(const wb_engine *engine);
WB_API wb_engine_table wb_engine_table_info(const wb_engine *engine, size_t table);

WB_API size_t wb_engine_n_features(const wb_engine *engine);
/* Catalogue entries that were left out, mostly because a column is absent: "name: why", borrowed; NULL past the last. */
WB_API const char *wb_engine_left_out(const wb_engine *engine, size_t index);
/* The column for want of which an entry was left out (with the file's own spelling behind it, where only case, blanks, - or
 * _ differ), and its table; NULL when that was not why. Borrowed. */
WB_API const char *wb_engine_missing_column(const wb_engine *engine, size_t index, const char **table);
/* The project as the engine uses it: defaults filled in. Borrowed. */
WB_API const wb_project *wb_engine_project(const wb_engine *engine);

/* Fails with WB_ERR_INCONSISTENT, naming the last usable cutoff, when the cutoff is before the first event or, with
 * `with_label`, when its label window passes the end of the data: of several labels, those of all. */
WB_API WB_WARN_UNUSED wb_status wb_engine_check_cutoff(const wb_engine *engine, int64_t cutoff_us, int with_label,
                                                       wb_error *err);

/* Fails with WB_ERR_INCONSISTENT when the last event of a table with a `max_age` is older than that at the cutoff. */
WB_API WB_WARN_UNUSED wb_status wb_engine_check_age(const wb_engine *engine, int64_t cutoff_us, wb_error *err);

/* Who counts at one cutoff. A customer is known once a row of any table that is read was, as the tables' `where` leaves
 * them. Those left out fail the population's conditions, taken in this order: each customer is counted at the first that no
 * event passes which passed those before. known = eligible + the others. */
typedef struct wb_population {
    int64_t cutoff_us;
    uint64_t n_known, n_eligible;
    uint64_t n_no_event;  /* without an event of the population's table */
    uint64_t n_where;     /* without one that passes `where` */
    uint64_t n_within;    /* without one in `within` before the cutoff */
    uint64_t n_since;     /* whose `since` is missing, or not before the cutoff */
    uint64_t n_not_after; /* whose `not_after` is before the cutoff */
    uint64_t n_objected;  /* who would be eligible, and object */
    uint64_t n_labelled;  /* of the eligible, those whose first label is not missing; 0 without a label */
    uint64_t n_positive;  /* of these, those with label 1 */
} wb_population;

/* Customers who object to being judged, by `objected:` of `campaign:`, a column of the table of customers: its words for yes,
 * and those that are neither yes nor no, which are warned of. Immutable. */
typedef struct wb_objections wb_objections;
/* *out is NULL where the project has no `objected:`. Fails with WB_ERR_INCONSISTENT (no table of customers, no such column),
 * and as reading does. */
WB_API WB_WARN_UNUSED wb_status wb_objections_read(wb_objections **out, const wb_project *project,
                                                   const wb_read_options *options, wb_error *err);
WB_API void wb_objections_free(wb_objections *objections);           /* NULL-safe */
WB_API uint64_t wb_objections_n(const wb_objections *objections);    /* customers; 0 for NULL */

/* Which features are wanted. Start from WB_FEATURES_OPTIONS_INIT. What it points to is borrowed during the call only. */
typedef struct wb_features_options {
    const int64_t *cutoffs_us; /* ascending, at least one */
    size_t n_cutoffs;
    int with_label;            /* the project's labels, too */
    int n_threads;             /* 0: as many as the machine has */
    const wb_log *log;         /* NULL: silence */
} wb_features_options;

#define WB_FEATURES_OPTIONS_INIT {NULL, 0, 0, 0, NULL}

/* Computes all features of the eligible customers at the cutoffs, ordered by customer_id bytes, then cutoff. The same bytes
 * for any number of threads. Thread-safe. Memory: 8 bytes a row and column, beside the engine; WB_ERR_NOMEM as soon as the
 * first rows show that both pass the engine's limit. */
WB_API WB_WARN_UNUSED wb_status wb_engine_features(const wb_engine *engine, wb_features **out,
                                                   const wb_features_options *options, wb_error *err);

/* The same without the customers who object (NULL: nobody does), whom the population counts and the log is told of. */
WB_API WB_WARN_UNUSED wb_status wb_engine_features_without(const wb_engine *engine, wb_features **out,
                                                           const wb_features_options *options,
                                                           const wb_objections *objections, wb_error *err);

/* Writes the same features to the file `path` without holding them in memory, and PATH.meta.json beside it, unless `path`
 * is "-"; the bytes are those of wb_features_write. *n_rows receives the number of rows, `population` (NULL: not asked for)
 * who counts at each of the cutoffs. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_engine_write_features(const wb_engine *engine, const char *path, uint64_t *n_rows,
                                                         wb_population *population, const wb_features_options *options,
                                                         wb_error *err);

/* Reads a features file, or any flat table: columns are numbers when their first 10,000 cells that are not missing are,
 * else categories; customer_id (or the column `id`, NULL: customer_id) is text, cutoff a time. Columns in `categories`
 * are categories whatever they hold. The definitions come from PATH.meta.json when its hash is that of the file. Memory: the
 * table (8 bytes a number or time, 4 a category, text as it is; without a limit 4 a number in columns of short decimals, of at
 * most eight digits and 14 places behind the mark, until they are asked for as doubles), and a few MiB a thread. Where that and
 * training would pass options->memory_limit_bytes, numbers and categories go to a temporary file in PATH's folder, of
 * mode 0600 and without a name, which lives as long as the features: these can be trained on, with the same result, but
 * are not described, written or scored, and their rows must be in the order of customer and cutoff. WB_ERR_NOMEM, with
 * the size needed, where that passes the limit too; WB_ERR_IO where the folder takes no file. */
WB_API WB_WARN_UNUSED wb_status wb_features_read(wb_features **out, const char *path, const char *id,
                                                 const char *const *categories, size_t n_categories,
                                                 const wb_read_options *options, wb_error *err);
WB_API void wb_features_free(wb_features *features); /* NULL-safe */

/* Writes the table as CSV and, unless `path` is "-" or the features are flat, PATH.meta.json beside it. */
WB_API WB_WARN_UNUSED wb_status wb_features_write(const wb_features *features, const char *path, int n_threads,
                                                  wb_error *err);

/* The population at each cutoff of features that an engine computed, ascending; *n is 0 for features that were read.
 * Borrowed. */
WB_API const wb_population *wb_features_population(const wb_features *features, size_t *n);

WB_API const wb_table *wb_features_table(const wb_features *features); /* borrowed */
/* The definitions as JSON text, itself a project file without files; NULL when the features are flat. Borrowed. */
WB_API const char *wb_features_definitions(const wb_features *features);

#ifdef __cplusplus
}
#endif
#endif
