/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everybody of a scores file, and what the table of customers says of them. */
#ifndef WINBACK_CAMPAIGN_PEOPLE_H
#define WINBACK_CAMPAIGN_PEOPLE_H

#include "csv/typed.h"
#include "events/facts.h"

typedef struct wbi_people_options {
    const char *id;               /* column of the scores; NULL, or where there is none of that name: customer_id */
    const char *probability;      /* NULL: `probability`, or the only probability_NAME */
    const char *const *columns;   /* also wanted, where the scores or the customers have them */
    size_t n_columns;
    int64_t at_us;                /* cutoff of scores without such a column; WB_TIME_MISSING: not known */
} wbi_people_options;

/* Zero-initialised it may be freed. Immutable once read. */
typedef struct wbi_people {
    size_t n;                     /* rows of the scores, in the order of the file */
    const char *file;             /* of the scores; borrowed */
    wb_table *scores;             /* numbers: probability, uplift; cutoff a time; all else text */
    wbi_row_lines lines;          /* of the scores' rows */
    size_t id, probability, uplift, cutoff; /* columns of scores; SIZE_MAX: none */
    wbi_facts facts;
    uint32_t *fact;               /* by row: the customer's row of facts; UINT32_MAX: none */
    wbi_dictionary *ids;          /* of the scores; the code of a customer is its row */
    uint32_t *by_id;              /* rows in the order of the ids' bytes */
    int64_t cutoff_us;            /* of all rows; WB_TIME_MISSING: not known */
    uint64_t n_without_facts;     /* rows without one of the customers */
    char decimal;                 /* mark of the scores' numbers */
} wbi_people;

/* A column of the scores or, as facts, of the customers. */
typedef struct wbi_people_column {
    enum { WBI_PEOPLE_NOWHERE = 0, WBI_PEOPLE_SCORES, WBI_PEOPLE_FACTS } where;
    size_t column;
} wbi_people_column;

/* Reads a scores file, and of the project's customers the columns that `settings` and `options` name (email, phone,
 * first_name, last_name, country and zip too, where they exist). Strings of `out` are borrowed from the arguments. Fails with
 * WB_ERR_INCONSISTENT (a column that the settings name is nowhere; several columns of probabilities; a customer twice, with
 * both lines), WB_ERR_MALFORMED (a missing id, a second cutoff), and as readers do. A probability outside 0 to 1, an uplift
 * outside -1 to 1, and either that is missing or no number, make a bad row. */
WB_WARN_UNUSED wb_status wbi_people_read(wbi_people *out, const char *scores, const wb_project *project,
                                         const wb_campaign *settings, const wbi_people_options *options,
                                         const wb_read_options *reading, wb_error *err);
/* How a campaign reads all else: the file of rejected rows is one table's, the scores', and bad rows of others are left out. */
wb_read_options wbi_people_beside(const wb_read_options *reading);
void wbi_people_free(wbi_people *people);

/* Where a column is: in the scores, else in the facts; or, what should be as new as can be, the other way round. */
wbi_people_column wbi_people_find(const wbi_people *people, const char *name);
wbi_people_column wbi_people_find_fact(const wbi_people *people, const char *name);
/* A cell as it stands in its file, borrowed; length 0: missing. Of the scores' numbers and cutoff it is always missing. */
wbi_str wbi_people_cell(const wbi_people *people, wbi_people_column column, size_t row);
/* The same of any column: the scores' numbers, in their fewest digits, and the cutoff are printed into `text`. */
enum { WBI_PEOPLE_PRINT_CHARS = 64 };
wbi_str wbi_people_print(char text[WBI_PEOPLE_PRINT_CHARS], const wbi_people *people, wbi_people_column column, size_t row);
/* Whether it is one of the scores' columns of numbers. */
bool wbi_people_is_number(const wbi_people *people, wbi_people_column column);
/* Where a cell stands: of customers the file, of scores the line, too. */
wbi_where wbi_people_where(const wbi_people *people, wbi_people_column column, size_t row);
/* A cell as a number, NaN where it is missing; WB_ERR_MALFORMED when it is none, with the customer and the line of the
 * scores. */
WB_WARN_UNUSED wb_status wbi_people_number(double *out, const wbi_people *people, wbi_people_column column, const char *name,
                                           size_t row, wb_error *err);
wbi_str wbi_people_id(const wbi_people *people, size_t row);
/* SIZE_MAX when there is none. */
size_t wbi_people_row(const wbi_people *people, wbi_str id);
double wbi_people_probability(const wbi_people *people, size_t row);
double wbi_people_uplift(const wbi_people *people, size_t row); /* NaN: the scores say none */

#endif
