/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/wanted.h"

#include <string.h>

#include "base/memory.h"

enum { N_SINGLE = 10 };

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

/* Where a column of the usual name need not exist. */
static void add_usual(wbi_wanted *wanted, const char *said, const char *usual)
{
    add(wanted, said != NULL ? said : usual, said != NULL);
}

static void add_all(wbi_wanted *wanted, const wb_campaign *s, const wbi_people_options *o)
{
    for (size_t k = 0; k < s->n_consents; k++)
        add(wanted, s->consents[k].column, true);
    add(wanted, s->objected, true);
    add_usual(wanted, s->email, "email");
    add_usual(wanted, s->phone, "phone");
    add_usual(wanted, s->first_name, "first_name");
    add_usual(wanted, s->last_name, "last_name");
    add_usual(wanted, s->country, "country");
    add_usual(wanted, s->zip, "zip");
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
