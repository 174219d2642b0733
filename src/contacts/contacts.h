/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of contacts: who was mailed or held out, when, by which campaign. A CSV file with the columns customer_id, at (a
 * date, or an instant in UTC), campaign, arm (list or control) and offer; others are kept as they are. */
#ifndef WINBACK_CONTACTS_CONTACTS_H
#define WINBACK_CONTACTS_CONTACTS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "io/output.h"

typedef enum wbi_arm { WBI_ARM_LIST = 0, WBI_ARM_CONTROL } wbi_arm;

typedef struct wbi_contact {
    wbi_str customer_id, campaign, offer; /* borrowed during the call; an offer of length 0 is none */
    int64_t at_us;
    wbi_arm arm;
    size_t line; /* of the file */
    const wbi_str *more; /* cells of the other columns that were asked for, borrowed likewise; length 0: missing */
} wbi_contact;
typedef wb_status (*wbi_contact_fn)(void *context, const wbi_contact *contact, wb_error *err);

/* Whether the file can be found: before the first campaign it cannot. */
bool wbi_contacts_exist(const char *path);
/* Gives every row, in the order of the file. WB_ERR_INCONSISTENT without one of the columns; WB_ERR_MALFORMED, with line and
 * value, for a row without customer or campaign, a time that is none, or an arm that is neither. Memory: a block of rows. */
WB_WARN_UNUSED wb_status wbi_contacts_read(const char *path, wbi_contact_fn take, void *context, wb_error *err);

/* Columns that are asked for beside the five. */
typedef struct wbi_contacts_more {
    const char *const *columns;
    size_t n;
    /* Called before the first row: whether there is each of them. */
    wb_status (*begin)(void *context, const bool *found, wb_error *err);
} wbi_contacts_more;
/* The same with other columns, and also of a table without offers. */
WB_WARN_UNUSED wb_status wbi_contacts_read_more(const char *path, const wbi_contacts_more *more, wbi_contact_fn take, void *context,
                                                wb_error *err);

/* The rows of one campaign. */
typedef struct wbi_campaign_contacts {
    const char *campaign;
    const char *offer; /* NULL: none */
    int64_t at_us;
    size_t n;
    /* Row i of n: whose it is and its arm. */
    wbi_str (*row)(const void *data, size_t i, wbi_arm *arm);
    const void *data;
    wbi_output_set *together; /* with which the file appears; NULL: at once */
} wbi_campaign_contacts;

/* Writes the rows of a campaign where its first row stood, in the place of all that it had, else behind all others; other rows
 * stay as they are. The same rows give the same bytes. Makes the file where there is none. It appears whole or not at all, with
 * mode 0600. Fails as wbi_contacts_read does. */
WB_WARN_UNUSED wb_status wbi_contacts_write(const char *path, const wbi_campaign_contacts *contacts, wb_error *err);

#endif
