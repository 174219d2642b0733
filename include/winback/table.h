/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of typed columns, and how CSV files become tables and tables CSV files. */
#ifndef WINBACK_TABLE_H
#define WINBACK_TABLE_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A table is immutable once a function of the library has returned it, and may then be read from many threads.
 * Value buffers have Arrow's layout (contiguous doubles, int64 microseconds, int32 dictionary indices, int64 offsets
 * into bytes); missing is NaN, WB_TIME_MISSING, -1, and a text of length 0 respectively. */
typedef struct wb_table wb_table;

typedef enum wb_type {
    WB_TYPE_NUMBER = 0, /* double */
    WB_TYPE_CATEGORY,   /* int32 code into the column's levels */
    WB_TYPE_TEXT,       /* UTF-8 bytes */
    WB_TYPE_TIME        /* int64 microseconds UTC */
} wb_type;

typedef enum wb_on_error {
    WB_ON_ERROR_FAIL = 0, /* the first bad row is an error */
    WB_ON_ERROR_SKIP,     /* bad rows are left out and counted; the first ones are reported to the log */
    WB_ON_ERROR_REJECT    /* as skip, and kept, byte for byte, in the file `rejects` */
} wb_on_error;

/* How CSV files are read. Start from WB_READ_OPTIONS_INIT. Strings are borrowed during the call only. Where a project
 * file has a dialect for a table, that one rules. */
typedef struct wb_read_options {
    char delimiter;          /* one byte; ' ' means runs of blanks; default ',' */
    char decimal;            /* '.' or ',' */
    const char *const *na;   /* words that mean missing in unquoted cells; NULL: only the empty cell */
    size_t n_na;
    wb_on_error on_error;
    const char *rejects;     /* path for WB_ON_ERROR_REJECT, else NULL */
    int n_threads;           /* 0: as many as the machine has */
    const wb_log *log;       /* NULL: silence */
    size_t memory_limit_bytes; /* of an engine and its features: WB_ERR_NOMEM, with the size needed, as soon as the rows
                                * that were read say that it will take more; of a features file: see wb_features_read; 0: no
                                * limit */
} wb_read_options;

#define WB_READ_OPTIONS_INIT {',', '.', NULL, 0, WB_ON_ERROR_FAIL, NULL, 0, NULL, 0}

WB_API void wb_table_free(wb_table *table); /* NULL-safe */
WB_API size_t wb_table_n_rows(const wb_table *table);
WB_API size_t wb_table_n_columns(const wb_table *table);
/* The name of a column, borrowed from the table. */
WB_API const char *wb_table_name(const wb_table *table, size_t column);
WB_API wb_type wb_table_type(const wb_table *table, size_t column);
/* The index of the column of that name, SIZE_MAX when there is none. */
WB_API size_t wb_table_find(const wb_table *table, const char *name);

/* The n_rows values of a column, borrowed from the table; NULL when the column has another type, and for numbers and
 * categories of a features file that was too large for its memory limit. Numbers of a features file that are short decimals are
 * kept in 4 bytes each until they are first asked for here, by any thread; NULL when memory for 8 bytes more runs out. */
WB_API const double *wb_table_numbers(const wb_table *table, size_t column);
WB_API const int64_t *wb_table_times(const wb_table *table, size_t column);
WB_API const int32_t *wb_table_codes(const wb_table *table, size_t column);

/* The levels of a category column: how many, and the bytes of one (not terminated, borrowed from the table). */
WB_API size_t wb_table_n_levels(const wb_table *table, size_t column);
WB_API const char *wb_table_level(const wb_table *table, size_t column, int32_t code, size_t *length);
/* One cell of a text column (not terminated, borrowed from the table). */
WB_API const char *wb_table_text(const wb_table *table, size_t column, size_t row, size_t *length);

#ifdef __cplusplus
}
#endif
#endif
