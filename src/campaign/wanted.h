/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of the scores and the customers a campaign's settings name. */
#ifndef WINBACK_CAMPAIGN_WANTED_H
#define WINBACK_CAMPAIGN_WANTED_H

#include "campaign/people.h"
#include "lists/lists.h"

/* The roles of a list that are columns of the customers. */
static const wbi_list_role WBI_FIRST_ADDRESS = WBI_LIST_EMAIL, WBI_LAST_ADDRESS = WBI_LIST_ZIP;
/* The column that has one of these roles: as the settings say, else the usual one. */
const char *wbi_address_column(const wb_campaign *settings, wbi_list_role role);

/* Each name once. Names are borrowed from settings and options. */
typedef struct wbi_wanted {
    wbi_wanted_fact *facts;
    size_t n;
    const char **texts; /* the same names, the ids' and `decile`: columns of the scores that are text */
    size_t n_texts;
} wbi_wanted;

WB_WARN_UNUSED wb_status wbi_wanted_list(wbi_wanted *out, const wb_campaign *settings, const wbi_people_options *options,
                                         wb_error *err);
void wbi_wanted_free(wbi_wanted *wanted);

#endif
