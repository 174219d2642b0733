/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of the scores and the customers a campaign's settings name. */
#ifndef WINBACK_CAMPAIGN_WANTED_H
#define WINBACK_CAMPAIGN_WANTED_H

#include "campaign/people.h"

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
