/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying and freeing definitions: a definition is plain but for the texts that it owns, their places listed once. */
#ifndef WINBACK_PROJECT_RECORDS_H
#define WINBACK_PROJECT_RECORDS_H

#include "project/project.h"

typedef struct wbi_record {
    size_t size;
    const size_t *texts; /* offsets of the char * members */
    size_t n_texts;
} wbi_record;

extern const wbi_record wbi_record_text; /* a char * by itself */
extern const wbi_record wbi_record_column, wbi_record_feature, wbi_record_use, wbi_record_label, wbi_record_population,
    wbi_record_model, wbi_record_segment;

/* One definition: `copy` takes over the plain members and copies the texts; on failure the copy owns nothing. */
WB_WARN_UNUSED wb_status wbi_record_copy(void *copy, const void *from, const wbi_record *record, wb_error *err);
void wbi_record_clear(void *one, const wbi_record *record); /* frees the texts and zeroes everything */
/* Arrays, freed with what they hold; an array of 0 may be NULL. */
WB_WARN_UNUSED wb_status wbi_records_copy(void **copy, const void *from, size_t n, const wbi_record *record,
                                          wb_error *err);
void wbi_records_free(void *all, size_t n, const wbi_record *record);

/* `campaign:`, with everything unsaid; a copy (on failure it owns nothing); freeing what it owns. */
wb_campaign wbi_campaign_unsaid(void);
WB_WARN_UNUSED wb_status wbi_campaign_copy_def(wbi_campaign_def *copy, const wbi_campaign_def *from, wb_error *err);
void wbi_campaign_clear_def(wbi_campaign_def *campaign);

/* Makes the dialect that readers take point to the words and names of the definition. */
void wbi_dialect_bind(wbi_dialect_def *dialect);
#define WBI_DEFAULT_HORIZON_US (90 * WB_DAY_US)

/* A table with every default and no columns yet, in the project's zone. */
WB_WARN_UNUSED wb_status wbi_table_init(wbi_table_def *table, const char *name, const wb_project *project, wb_error *err);
void wbi_table_clear_def(wbi_table_def *table);

/* Replaces a list of times or durations by `n` others, sorted and unique. */
WB_WARN_UNUSED wb_status wbi_set_sorted(int64_t **values, size_t *n_values, const int64_t *from, size_t n,
                                        wb_error *err);

/* Conventions: the columns that tables of some names have unless the project says otherwise. */
typedef struct wbi_conventional_column {
    const char *name;
    wb_type type;
    const char *known_at; /* NULL: the row's time */
    bool fixed;
} wbi_conventional_column;
const char *wbi_convention_time(const char *table); /* NULL: none */
/* NULL: no such column. */
const wbi_conventional_column *wbi_convention_column(const char *table, const char *column);
/* The time at which it is known in that table, which may call its own time as it likes; NULL: with the row. */
const char *wbi_conventional_known_at(const wbi_conventional_column *column, const wbi_table_def *table);
/* Adds the conventional columns that the table neither declares nor gives another name, and sorts the columns. */
WB_WARN_UNUSED wb_status wbi_add_conventional_columns(wbi_table_def *table, wb_error *err);
/* Adds a time column for every `known_at` that names neither a column nor the table's own time, and sorts. */
WB_WARN_UNUSED wb_status wbi_add_known_at_columns(wbi_table_def *table, wb_error *err);
/* How the table's time columns are written unless they say: as its own time, in its zone. */
void wbi_column_time_default(wbi_time_format *format, const wbi_table_def *table);
/* In a table whose columns are sorted; NULL when there is none. */
const wbi_column_def *wbi_table_column(const wbi_table_def *table, const char *name);

#endif
