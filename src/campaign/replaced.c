/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows of the table of contacts a plan will replace. */
#include "campaign/plan.h"
#include "contacts/contacts.h"

static wb_status count_contact(void *context, const wbi_contact *contact, wb_error *err)
{
    wb_campaign_summary *s = context;
    (void)err;
    if (!wbi_str_is(contact->campaign, s->settings.name))
        return WB_OK;
    s->n_replaced++;
    if (contact->at_us != s->cutoff_us && s->n_replaced_other++ == 0)
        s->replaced_at_us = contact->at_us;
    return WB_OK;
}

wb_status wbi_plan_count_replaced(wb_campaign_plan *plan, wb_error *err)
{
    wb_campaign_summary *s = &plan->summary;
    s->replaced_at_us = WB_TIME_MISSING;
    return s->settings.contacts != NULL && wbi_contacts_exist(s->settings.contacts)
               ? wbi_contacts_read(s->settings.contacts, count_contact, s, err)
               : WB_OK;
}
