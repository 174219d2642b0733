/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the table of customers says of each, as it stands in the file now: addresses, consent, objections. Nothing is masked,
 * so this is for acting on customers, never for features. */
#ifndef WINBACK_EVENTS_FACTS_H
#define WINBACK_EVENTS_FACTS_H

#include "project/project.h"
#include "table/packed.h"

typedef struct wbi_wanted_fact {
    const char *name; /* of a column that the table declares, or of the file's */
    bool required;    /* else left out where the file lacks it */
} wbi_wanted_fact;

/* Zero-initialised it is empty and may be freed. Immutable once read. */
typedef struct wbi_facts {
    const char *file;          /* borrowed from the project; NULL: the project has no such table, or it no file */
    wbi_packed_rows rows;      /* column 0 is the customer */
    wbi_dictionary *customers;
    uint32_t *row;             /* by code of a customer; UINT32_MAX: none */
    const char **names;        /* of columns 1, 2, …; borrowed from the caller */
    size_t n_columns;
    char decimal;              /* mark of its numbers */
    bool strict;               /* a bad row is an error: it may say that somebody objects */
} wbi_facts;

/* Reads the wanted columns of the table that the bundle profile is bound to, usually customers. A column that the table declares
 * under that name is read from where it says; computed ones are WB_ERR_INCONSISTENT, as is a required one that the file lacks (with
 * the nearest spelling), and a second row of a customer (with both lines) is a bad row; where the campaign names a column
 * `objected`, bad rows are errors whatever `reading` says of them. Names are borrowed. */
WB_WARN_UNUSED wb_status wbi_facts_read(wbi_facts *out, const wb_project *project, const wbi_wanted_fact *wanted, size_t n,
                                        const wb_read_options *reading, wb_error *err);
/* Finds the same mistakes but for those of rows, of which it reads none. *has: whether the project has such a table with a file. */
WB_WARN_UNUSED wb_status wbi_facts_check(bool *has, const wb_project *project, const wbi_wanted_fact *wanted, size_t n,
                                         const wb_read_options *reading, wb_error *err);
void wbi_facts_free(wbi_facts *facts);

/* SIZE_MAX when there is none. */
size_t wbi_facts_find(const wbi_facts *facts, const char *name);
/* The row of a customer; UINT32_MAX: none. */
uint32_t wbi_facts_row(const wbi_facts *facts, wbi_str customer);
/* The cell as the file has it, borrowed; length 0 where it is missing or row is UINT32_MAX. */
wbi_str wbi_facts_cell(const wbi_facts *facts, uint32_t row, size_t column);
/* The customer of a row; length 0: it has none. */
wbi_str wbi_facts_customer(const wbi_facts *facts, uint32_t row);

/* What a cell says that answers a question: yes, y, true, t, on, 1, 1.0 in any case, blanks at the ends left aside, mean yes;
 * no, n, false, f, off, 0, 0.0 mean no. */
typedef enum wbi_answer { WBI_ANSWER_NONE = 0 /* blank */, WBI_ANSWER_NO, WBI_ANSWER_YES, WBI_ANSWER_UNKNOWN } wbi_answer;
wbi_answer wbi_answer_read(wbi_str cell);
/* Without blanks, tabs and line ends at its ends. */
wbi_str wbi_fact_trim(wbi_str cell);

#endif
