/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A campaign's settings made whole: what must be said is, what may be left out has its default. */
#ifndef WINBACK_CAMPAIGN_SETTINGS_H
#define WINBACK_CAMPAIGN_SETTINGS_H

#include "base/error.h"
#include "campaign/worth.h"
#include "project/project.h"

enum { WBI_UNSAID_OFFER_COST = 1, WBI_UNSAID_CONTACT_COST = 2, WBI_UNSAID_KEEP_RATE = 4 };

/* *unsaid: bits of what has the default. Errors in what is missing name the project file and the line of `campaign:`. */
WB_WARN_UNUSED wb_status wbi_settings_complete(wb_campaign *out, int *unsaid, const wb_campaign *given, const wb_project *project,
                                               wb_error *err);
wbi_terms wbi_settings_terms(const wb_campaign *settings);

/* "campaign.KEY …" at the line of `campaign:`. */
wb_status wbi_settings_fail(const wb_project *project, wb_error *err, const char *format, ...) WBI_PRINTF(3, 4);

#endif
