/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/wanted.h"

#include <string.h>

#include "base/memory.h"

enum { N_SINGLE = 10 };

static const char *said_column(const wb_campaign *s, wbi_list_role role)
{
    const char *const said[WBI_LIST_N_ROLES] = {
        [WBI_LIST_EMAIL] = s->email,         [WBI_LIST_PHONE] = s->phone,     [WBI_LIST_FIRST_NAME] = s->first_name,
        [WBI_LIST_LAST_NAME] = s->last_name, [WBI_LIST_COUNTRY] = s->country, [WBI_LIST_ZIP] = s->zip};
    return said[role];
}

const char *wbi_address_column(const wb_campaign *settings, wbi_list_role role)
{
    static const char *const usual[WBI_LIST_N_ROLES] = {
        [WBI_LIST_EMAIL] = "email",         [WBI_LIST_PHONE] = "phone",     [WBI_LIST_FIRST_NAME] = "first_name",
        [WBI_LIST_LAST_NAME] = "last_name", [WBI_LIST_COUNTRY] = "country", [WBI_LIST_ZIP] = "zip"};
    const char *said = said_column(settings, role);
    return said != NULL ? said : usual[role];
}

static void add(wbi_wanted *wanted, const char *name, bool required)
{
    if (name == NULL)
        return;
    for (size_t k = 0; k < wanted->n; k++)
        if (strcmp(wanted->facts[k].name, name) == 0) {
            wanted->facts[k].required |= required;
            return;
        }
    wanted->facts[wanted->n++] = (wbi_wanted_fact){name, required};
}

static void add_all(wbi_wanted *wanted, const wb_campaign *s, const wbi_people_options *o)
{
    for (size_t k = 0; k < s->n_consents; k++)
        add(wanted, s->consents[k].column, true);
    add(wanted, s->objected, true);
    for (wbi_list_role role = WBI_FIRST_ADDRESS; role <= WBI_LAST_ADDRESS; role++)
        add(wanted, wbi_address_column(s, role), said_column(s, role) != NULL); /* one of the usual name need not exist */
    add(wanted, s->value_column, false); /* it may be a feature */
    add(wanted, "reason_1", false);
    add(wanted, "decile", false);
    for (size_t k = 0; k < s->n_caps; k++)
        add(wanted, s->caps[k].column, false); /* or the segment */
    for (size_t k = 0; k < s->n_keep; k++)
        add(wanted, s->keep[k], true);
    for (size_t k = 0; k < o->n_columns; k++)
        add(wanted, o->columns[k], false);
}

/* What is read in other ways stays so. */
static bool is_number(const char *name)
{
    return strncmp(name, "probability", 11) == 0 || strncmp(name, "uplift", 6) == 0 || strcmp(name, "cutoff") == 0;
}

wb_status wbi_wanted_list(wbi_wanted *out, const wb_campaign *settings, const wbi_people_options *options, wb_error *err)
{
    const size_t most = N_SINGLE + settings->n_consents + settings->n_caps + settings->n_keep + options->n_columns;
    *out = (wbi_wanted){.facts = wbi_alloc_array(most, sizeof *out->facts), .texts = wbi_alloc_array(most + 2, sizeof *out->texts)};
    if (out->facts == NULL || out->texts == NULL)
        return wbi_fail_nomem(err, most * sizeof *out->facts);
    add_all(out, settings, options);
    for (size_t k = 0; k < out->n; k++)
        if (!is_number(out->facts[k].name))
            out->texts[out->n_texts++] = out->facts[k].name;
    out->texts[out->n_texts++] = "customer_id";
    if (options->id != NULL)
        out->texts[out->n_texts++] = options->id;
    return WB_OK;
}

void wbi_wanted_free(wbi_wanted *wanted)
{
    wbi_free(wanted->facts);
    wbi_free(wanted->texts);
}
