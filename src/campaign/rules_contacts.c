/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was contacted lately. Rows of the campaign itself never count, and of campaigns at the same cutoff only those whose rows
 * stand before its own, so that a rerun finds what the first run found. */
#include "base/memory.h"
#include "campaign/asking.h"
#include "contacts/contacts.h"
#include "table/dictionary.h"

typedef struct contacts_reading {
    wbi_asking *a;
    wbi_dictionary *addresses; /* of those who were contacted, with a score or without; NULL: not asked for */
    int64_t after_us;  /* contacts count later than this, up to the cutoff */
    bool own_seen;     /* a row of the campaign itself has come */
    uint8_t *contacted; /* by row of the people */
    uint64_t n_same_cutoff; /* rows of other campaigns' lists at the same cutoff whose customers may still be contacted */
    char other[64];    /* the first of those campaigns */
} contacts_reading;

static wb_status note_address(contacts_reading *r, wbi_str customer, wb_error *err)
{
    const wbi_people *people = r->a->people;
    const wbi_people_column email = r->a->email;
    const size_t row = wbi_people_row(people, customer);
    wbi_str cell = {"", 0};
    if (r->addresses == NULL)
        return WB_OK;
    if (email.where == WBI_PEOPLE_FACTS)
        cell = wbi_facts_cell(&people->facts, wbi_facts_row(&people->facts, customer), email.column);
    else if (row != SIZE_MAX)
        cell = wbi_people_cell(people, email, row);
    return wbi_asking_note_email(r->a, r->addresses, cell, err);
}

static wb_status note_contact(void *context, const wbi_contact *contact, wb_error *err)
{
    contacts_reading *r = context;
    const wbi_people *people = r->a->people;
    if (r->a->settings->name != NULL && wbi_str_is(contact->campaign, r->a->settings->name)) {
        r->own_seen = true;
        return WB_OK;
    }
    const bool same = contact->at_us == people->cutoff_us && !r->own_seen;
    if (contact->arm != WBI_ARM_LIST || !(same || (contact->at_us < people->cutoff_us && contact->at_us > r->after_us)))
        return WB_OK;
    WBI_TRY(note_address(r, contact->customer_id, err));
    const size_t row = wbi_people_row(people, contact->customer_id);
    if (row == SIZE_MAX)
        return WB_OK;
    if (same && !r->contacted[row] && r->a->out->rule[row] == 0 && r->n_same_cutoff++ == 0)
        wbi_printable(r->other, sizeof r->other, contact->campaign.data, contact->campaign.length);
    r->contacted[row] = 1;
    return WB_OK;
}

/* Before the first campaign there is no file. */
static wb_status read_contacts(contacts_reading *r, wb_error *err)
{
    const char *path = r->a->settings->contacts;
    r->contacted = wbi_alloc_zeroed(r->a->people->n, 1);
    if (r->contacted == NULL)
        return wbi_fail_nomem(err, r->a->people->n);
    return wbi_contacts_exist(path) ? wbi_contacts_read(path, note_contact, r, err) : WB_OK;
}

wb_status wbi_contacts_unsaid(wb_error *err)
{
    const wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT, "not_contacted_within: needs a table of contacts");
    wbi_advise(err, "contacts: contacts.csv in campaign: names it; the first campaign makes it");
    return status;
}

static wb_status check_settings(const wbi_asking *a, wb_error *err)
{
    if (a->settings->contacts == NULL)
        return wbi_contacts_unsaid(err);
    if (a->people->cutoff_us != WB_TIME_MISSING)
        return WB_OK;
    const wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){a->people->file, 0, 0}, NULL, 0,
                         "no column cutoff, so nobody knows who was contacted shortly before");
    wbi_advise(err, "score with winback score --at DATE, or say --at DATE");
    return status;
}

/* Those who were contacted, and who has the address of one of them. */
static wb_status remove_contacted(contacts_reading *r, uint16_t rule, wb_error *err)
{
    for (size_t row = 0; row < r->a->people->n; row++) {
        bool shares;
        WBI_TRY(wbi_asking_has_email(r->a, &shares, r->addresses, row, err));
        if (r->contacted[row] || shares)
            wbi_asking_remove(r->a, row, rule);
    }
    return WB_OK;
}

wb_status wbi_ask_contacted(wbi_asking *a, wb_error *err)
{
    uint16_t rule;
    char within[WB_TIME_CHARS];
    contacts_reading reading = {.a = a};
    if (a->settings->not_contacted_within_us == 0)
        return WB_OK;
    WBI_TRY(check_settings(a, err));
    reading.after_us = a->people->cutoff_us - a->settings->not_contacted_within_us;
    wb_duration_format(a->settings->not_contacted_within_us, within);
    WBI_TRY(wbi_asking_add(a, &rule, WBI_RULE_CONTACTED, NULL, err, "contacted within %s", within));
    wb_status status;
    WBI_TRY_CLEANUP(wbi_dictionary_create(&reading.addresses, err));
    WBI_TRY_CLEANUP(read_contacts(&reading, err));
    status = remove_contacted(&reading, rule, err);
cleanup:
    wbi_dictionary_free(reading.addresses);
    wbi_free(reading.contacted);
    return status;
}

wb_status wbi_warn_of_others(wbi_asking *a, wb_error *err)
{
    contacts_reading reading = {.a = a, .after_us = INT64_MAX};
    if (a->settings->contacts == NULL || a->settings->not_contacted_within_us > 0 || a->people->cutoff_us == WB_TIME_MISSING)
        return WB_OK;
    const wb_status status = read_contacts(&reading, err);
    if (status == WB_OK && reading.n_same_cutoff > 0)
        wbi_log(a->reading->log, WB_LOG_WARNING,
                "%llu who may be contacted are on the list of another campaign at the same cutoff (first: %s); "
                "not_contacted_within: leaves such out",
                (unsigned long long)reading.n_same_cutoff, reading.other);
    wbi_free(reading.contacted);
    return status;
}
