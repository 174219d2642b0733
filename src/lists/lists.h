/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of customers for those who mail, call or show advertisements to them. docs/lists.md has the formats. */
#ifndef WINBACK_LISTS_LISTS_H
#define WINBACK_LISTS_LISTS_H

#include "base/error.h"
#include "base/text.h"
#include "io/output.h"

typedef enum wbi_list_format {
    WBI_LIST_CSV = 0,
    WBI_LIST_JSON_LINES,
    WBI_LIST_MAILCHIMP,
    WBI_LIST_KLAVIYO,
    WBI_LIST_HUBSPOT,
    WBI_LIST_BREVO,
    WBI_LIST_GOOGLE,
    WBI_LIST_META,
    WBI_LIST_N_FORMATS
} wbi_list_format;

/* "csv", "jsonl", "mailchimp", … */
const char *wbi_list_format_name(wbi_list_format format);
/* The format of that name; NULL is CSV. WB_ERR_ARGUMENT says which there are. */
WB_WARN_UNUSED wb_status wbi_list_format_find(wbi_list_format *out, const char *name, wb_error *err);

/* What a column is to a target. At most one column of each but the first two. */
typedef enum wbi_list_role {
    WBI_LIST_TEXT = 0,
    WBI_LIST_NUMBER, /* decimal digits as we print them; never guarded */
    WBI_LIST_CUSTOMER,
    WBI_LIST_EMAIL,
    WBI_LIST_PHONE,
    WBI_LIST_FIRST_NAME,
    WBI_LIST_LAST_NAME,
    WBI_LIST_COUNTRY,
    WBI_LIST_ZIP,
    WBI_LIST_EMAIL_CONSENT, /* "yes", "no", else unknown */
    WBI_LIST_SMS_CONSENT,
    WBI_LIST_N_ROLES
} wbi_list_role;

typedef struct wbi_list_column {
    const char *name;
    wbi_list_role role;
} wbi_list_column;

typedef struct wbi_list {
    const wbi_list_column *columns;
    size_t n_columns, n_rows;
    /* A cell: UTF-8, borrowed until the next call; length 0 is missing. */
    wbi_str (*cell)(const void *data, size_t row, size_t column);
    const void *data;
    const char *phone_country; /* calling code of numbers without one ("49"); NULL: such numbers are no address */
    const wb_log *log;         /* warned when a file is larger than its target takes; NULL: silence */
    wbi_output_set *together;  /* with which the file appears; NULL: at once */
} wbi_list;

typedef struct wbi_list_counts {
    uint64_t n_rows;            /* written */
    uint64_t n_without_address; /* left out: nothing by which the target could know them */
    uint64_t n_refused_emails;  /* addresses that begin as formulas do: such a cell stays empty */
    uint64_t n_guarded;         /* cells that got a ' in front */
    uint64_t n_cut;             /* texts shortened to what the target takes */
    uint64_t n_bytes;
} wbi_list_counts;

/* Writes the list to `path`, whole or not at all, readable by its owner alone (0600). CSV and JSON lines have all rows and
 * columns, as named, in their order; the others the target's own headers first, then, where it takes them, the other columns
 * as its properties. Google's and Meta's identifiers are SHA-256 of what they want normalised. Text that a spreadsheet would
 * take for a formula gets a ' in front (CWE-1236), in JSON lines not: no spreadsheet evaluates those. WB_ERR_MALFORMED when the
 * target needs a column that the list lacks, or when two columns get one name. `counts` may be NULL. */
WB_WARN_UNUSED wb_status wbi_list_write(const char *path, wbi_list_format format, const wbi_list *list, wbi_list_counts *counts,
                                        wb_error *err);

#endif
