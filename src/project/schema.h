/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a project file. One table of keys drives reading, 'unknown key', writing as JSON and the reference; each
 * kind of value reads and writes itself, side by side in one file. */
#ifndef WINBACK_PROJECT_SCHEMA_H
#define WINBACK_PROJECT_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "project/project.h"
#include "project/yaml.h"

typedef struct wbi_key wbi_key;

/* What all of one file's reading shares. */
typedef struct wbi_reader {
    yaml_document_t *document;
    const char *file; /* for messages and for what relative paths start at; NULL: a text without a file */
    wb_project *project;
} wbi_reader;

/* A value and the way to it. */
typedef struct wbi_at {
    const wbi_reader *reader;
    const struct wbi_at *up; /* NULL at the root */
    const char *name;        /* its key; NULL at the root and in lists */
    const yaml_node_t *node;
    size_t line; /* of its key, or of itself in a list */
} wbi_at;

typedef struct wbi_kind {
    const char *name;  /* of the values, for the reference; NULL: the key's choices */
    const char *below; /* what stands in a path between such a key and the keys under it */
    /* `field` is the record of the mapping that holds the key, plus the key's offset. */
    wb_status (*read)(void *field, const wbi_at *at, const wbi_key *key, wb_error *err);
    /* *out stays NULL when there is nothing to say. NULL for kinds of local keys and of keys of models only. */
    wb_status (*write)(json_t **out, const void *field, const wbi_key *key, wb_error *err);
} wbi_kind;

struct wbi_key {
    const char *name; /* NULL ends the table */
    const wbi_kind *kind;
    size_t offset;
    const char *fallback; /* the default, as the reference says it; NULL: none */
    const char *meaning;
    const wbi_key *children;    /* keys under it, where it may be a mapping */
    const char *const *choices; /* ends with NULL */
    bool required;
    bool local; /* where files lie and how models are made: not part of what features mean, so not in JSON */
};

extern const wbi_key wbi_project_keys[];

/* Reads a mapping with the given keys into one record, in the order of the table: what is read may rely on the keys
 * before it. */
WB_WARN_UNUSED wb_status wbi_read_mapping(void *record, const wbi_at *at, const wbi_key *keys, wb_error *err);
WB_WARN_UNUSED wb_status wbi_write_mapping(json_t **out, const void *record, const wbi_key *keys, wb_error *err);
/* `n` records of `size` bytes that begin with their name: a mapping of names, or a list. */
typedef enum wbi_shape { WBI_NAMED, WBI_LISTED } wbi_shape;
WB_WARN_UNUSED wb_status wbi_write_records(json_t **out, wbi_shape shape, const void *all, size_t n, size_t size,
                                           const wbi_key *keys, wb_error *err);
/* The reference of all keys in Markdown. */
WB_WARN_UNUSED wb_status wbi_project_reference(wbi_buffer *out, wb_error *err);

/* Going down. */
bool wbi_at_is_text(const wbi_at *at);
bool wbi_at_is_mapping(const wbi_at *at);
bool wbi_at_is_list(const wbi_at *at);
const char *wbi_at_text(const wbi_at *at);
size_t wbi_at_length(const wbi_at *at); /* pairs of a mapping, items of a list */
wbi_at wbi_at_child(const wbi_at *at, size_t index);
/* False, and `at` itself, when the mapping has no such key. */
bool wbi_at_find(wbi_at *out, const wbi_at *at, const char *name);
/* For the `line` of definitions: 0 without a file. */
size_t wbi_at_line(const wbi_at *at);

/* The value's text and where it stands: for errors in it when it is bound. */
WB_WARN_UNUSED wb_status wbi_set_placed(wbi_placed *placed, const wbi_at *at, const char *text, wb_error *err);

/* Errors at a value: its path is put before the message. */
wb_status wbi_at_fail(const wbi_at *at, wb_error *err, const char *format, ...) WBI_PRINTF(3, 4);
/* "PATH 'VALUE' is not WANTED". */
wb_status wbi_at_refuse(const wbi_at *at, wb_error *err, const char *wanted);
/* The same, wanting one of `n` words; the nearest is named. */
wb_status wbi_at_refuse_choice(const wbi_at *at, const char *const *choices, size_t n, wb_error *err);
WB_WARN_UNUSED wb_status wbi_at_want_text(const wbi_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_at_want_mapping(const wbi_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_at_want_list(const wbi_at *at, wb_error *err);
/* [A-Za-z_][A-Za-z0-9_]*, at most 200 characters. `text` is the value itself or the key it stands under. */
bool wbi_is_name(const char *text);
WB_WARN_UNUSED wb_status wbi_at_want_name(const wbi_at *at, const char *text, wb_error *err);

/* Replaces a text. */
WB_WARN_UNUSED wb_status wbi_set_text(char **field, const char *text, wb_error *err);
/* A list of texts. */
WB_WARN_UNUSED wb_status wbi_read_words(char ***words, size_t *n_words, const wbi_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_write_words(json_t **out, char *const *words, size_t n, wb_error *err);
/* JSON values; *out NULL stays NULL on failure. */
WB_WARN_UNUSED wb_status wbi_write_string(json_t **out, const char *text, wb_error *err);
/* Adds `value`, taking it over whatever happens, under `name`, or to the list when `name` is NULL. */
WB_WARN_UNUSED wb_status wbi_write_add(json_t *to, const char *name, json_t *value, wb_error *err);

/* Kinds of single values; the comment says what the field is. */
extern const wbi_kind wbi_kind_mapping;    /* a record */
extern const wbi_kind wbi_kind_text;       /* char *, not empty */
extern const wbi_kind wbi_kind_name;       /* char * */
extern const wbi_kind wbi_kind_expression; /* wbi_placed */
extern const wbi_kind wbi_kind_placed;     /* the name of a column: wbi_placed */
extern const wbi_kind wbi_kind_choice;     /* char * */
extern const wbi_kind wbi_kind_bool;       /* bool, always written */
extern const wbi_kind wbi_kind_duration;   /* int64_t, 0 or more, always written */
extern const wbi_kind wbi_kind_span;       /* int64_t, more than 0; 0 is not written */
extern const wbi_kind wbi_kind_instant;    /* int64_t in the project's zone */
extern const wbi_kind wbi_kind_aggregate;  /* wbi_aggregate */
extern const wbi_kind wbi_kind_file;       /* char *, joined with the project's folder */
/* Used by several kinds. */
WB_WARN_UNUSED wb_status wbi_read_zone(int32_t *offset_s, const wbi_zone **zone, const wbi_at *at,
                                       wb_error *err);
WB_WARN_UNUSED wb_status wbi_write_zone(json_t **out, int32_t offset_s, const wbi_zone *zone, wb_error *err);
WB_WARN_UNUSED wb_status wbi_read_time_format(wbi_time_format *format, const wbi_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_write_time_format(json_t **out, const wbi_time_format *format, wb_error *err);
WB_WARN_UNUSED wb_status wbi_read_whole(uint64_t *field, const wbi_at *at, int64_t least, wb_error *err); /* `least` or more */
WB_WARN_UNUSED wb_status wbi_read_span(int64_t *span_us, const wbi_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_write_duration(json_t **out, int64_t duration_us, wb_error *err);
WB_WARN_UNUSED wb_status wbi_read_instant(int64_t *time_us, const wbi_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_write_instant(json_t **out, int64_t time_us, wb_error *err);

/* The parts of a project: the keys of each, and the kind under which they stand. The comment is the kind's field. */
extern const wbi_key wbi_dialect_keys[], wbi_column_keys[], wbi_table_keys[], wbi_population_keys[], wbi_label_keys[],
    wbi_cutoff_keys[], wbi_features_keys[], wbi_model_keys[], wbi_campaign_keys[], wbi_consent_keys[], wbi_exclude_keys[],
    wbi_route_keys[], wbi_segments_keys[];
extern const wbi_kind wbi_kind_dialect;    /* wbi_dialect_def */
extern const wbi_kind wbi_kind_columns;    /* wbi_table_def */
extern const wbi_kind wbi_kind_order_by;   /* wbi_table_def */
extern const wbi_kind wbi_kind_line_agg;   /* wbi_aggregate */
extern const wbi_kind wbi_kind_tables;     /* wb_project */
extern const wbi_kind wbi_kind_population; /* wbi_population_def */
extern const wbi_kind wbi_kind_label;      /* wbi_label_def */
extern const wbi_kind wbi_kind_cutoffs;    /* wb_project */
extern const wbi_kind wbi_kind_windows;    /* wb_project */
extern const wbi_kind wbi_kind_models;     /* wb_project */
extern const wbi_kind wbi_kind_campaign;   /* wbi_campaign_def */
extern const wbi_kind wbi_kind_consent, wbi_kind_caps, wbi_kind_exclude, wbi_kind_route, wbi_kind_files,
    wbi_kind_calling_code; /* wb_campaign; the last: char * */
extern const wbi_kind wbi_kind_segments;   /* wbi_segments_def */

/* Adds the columns that a table, read so far, does not name, and checks what each `known_at` names. */
WB_WARN_UNUSED wb_status wbi_complete_columns(wbi_table_def *table, const wbi_at *at, wb_error *err);
/* Checks what `event_time`, `order_by` and `agg` ask of a table whose columns are complete. */
WB_WARN_UNUSED wb_status wbi_check_lines(const wbi_table_def *table, const wbi_at *at, wb_error *err);

#endif
