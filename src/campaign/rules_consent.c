/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suppression, consent and objection. A customer whose address belongs to somebody who is suppressed or objects is the same
 * person, or shares a mailbox with one: nothing is sent there. */
#include <string.h>

#include "base/memory.h"
#include "campaign/asking.h"
#include "campaign/suppress.h"

/* ---- suppression ---- */

/* The addresses of customers on the lists; where the customers have addresses, of those without a score too. */
static wb_status spread_suppressed(wbi_asking *a, wbi_suppressed *s, wb_error *err)
{
    const wbi_people *people = a->people;
    const wbi_facts *facts = &people->facts;
    for (uint32_t fact = 0; a->email.where == WBI_PEOPLE_FACTS && fact < facts->rows.n_rows; fact++)
        if (wbi_suppressed_has_id(s, wbi_facts_customer(facts, fact)))
            WBI_TRY(wbi_asking_note_email(a, s->emails, wbi_facts_cell(facts, fact, a->email.column), err));
    for (size_t row = 0; a->email.where == WBI_PEOPLE_SCORES && row < people->n; row++)
        if (wbi_suppressed_has_id(s, wbi_people_id(people, row)))
            WBI_TRY(wbi_asking_note_email(a, s->emails, wbi_people_cell(people, a->email, row), err));
    return WB_OK;
}

static wb_status remove_suppressed(wbi_asking *a, const wbi_suppressed *s, uint16_t rule, wb_error *err)
{
    for (size_t row = 0; row < a->people->n; row++) {
        bool shares;
        WBI_TRY(wbi_asking_has_email(a, &shares, s->emails, row, err));
        if (shares || wbi_suppressed_has_id(s, wbi_people_id(a->people, row)))
            wbi_asking_remove(a, row, rule);
    }
    return WB_OK;
}

static void warn_of_lists(const wbi_asking *a, const wbi_suppressed *s)
{
    if (s->n_blank > 0)
        wbi_log(a->reading->log, WB_LOG_WARNING, "suppression lists: %llu of %llu rows name nobody",
                (unsigned long long)s->n_blank, (unsigned long long)s->n_rows);
    if (wbi_dictionary_size(s->emails) > 0 && a->email.where == WBI_PEOPLE_NOWHERE)
        wbi_log(a->reading->log, WB_LOG_WARNING,
                "suppression lists hold e-mail addresses, but neither customers nor scores do: nobody is found by these");
}

wb_status wbi_ask_suppressed(wbi_asking *a, wb_error *err)
{
    uint16_t rule;
    wbi_suppressed suppressed = {0};
    wb_status status;
    if (a->settings->n_suppress == 0)
        return WB_OK;
    WBI_TRY(wbi_asking_add(a, &rule, WBI_RULE_SUPPRESSED, NULL, err, "suppressed"));
    WBI_TRY_CLEANUP(wbi_suppressed_read(&suppressed, a->settings->suppress, a->settings->n_suppress, a->reading, err));
    warn_of_lists(a, &suppressed);
    WBI_TRY_CLEANUP(spread_suppressed(a, &suppressed, err));
    status = remove_suppressed(a, &suppressed, rule, err);
cleanup:
    wbi_suppressed_free(&suppressed);
    return status;
}

/* ---- consent ---- */

/* Words that answer nothing. */
typedef struct unknown_words {
    uint64_t n;
    wbi_str first;
    size_t row;
} unknown_words;

static wbi_answer read_answer(const wbi_asking *a, wbi_people_column column, size_t row, unknown_words *unknown)
{
    const wbi_str cell = wbi_people_cell(a->people, column, row);
    const wbi_answer answer = wbi_answer_read(cell);
    if (answer == WBI_ANSWER_UNKNOWN && unknown->n++ == 0) {
        unknown->first = cell;
        unknown->row = row;
    }
    return answer;
}

static void warn_of_words(const wbi_asking *a, const unknown_words *unknown, const char *column, const char *taken)
{
    char shown[64], customer[128];
    if (unknown->n == 0)
        return;
    const wbi_str id = wbi_people_id(a->people, unknown->row);
    wbi_log(a->reading->log, WB_LOG_WARNING, "%s: %llu cell%s neither yes nor no, first '%s' of customer %s: taken for %s", column,
            (unsigned long long)unknown->n, unknown->n == 1 ? " is" : "s are",
            wbi_printable(shown, sizeof shown, unknown->first.data, unknown->first.length),
            wbi_printable(customer, sizeof customer, id.data, id.length), taken);
}

static const char *column_of(const wb_campaign *settings, const char *channel)
{
    for (size_t k = 0; k < settings->n_consents; k++)
        if (strcmp(settings->consents[k].channel, channel) == 0)
            return settings->consents[k].column;
    return NULL;
}

/* A call list is by phone, any other by the channel that it is called after. */
const char *wbi_channel_of(const wb_campaign *settings, const wb_campaign_rule *route)
{
    if (route == NULL)
        return settings->channel != NULL ? settings->channel : "email";
    return strcmp(route->name, "call") == 0 ? "phone" : route->name;
}

/* That consent: may name a column for. */
static bool is_channel(const char *name)
{
    static const char *const channels[] = {"email", "phone", "sms", "post"};
    for (size_t k = 0; k < sizeof channels / sizeof *channels; k++)
        if (strcmp(channels[k], name) == 0)
            return true;
    return false;
}

static wb_status fail_consent(const wb_campaign *settings, const wb_project *project, const wb_campaign_rule *route, wb_error *err)
{
    const char *to = route != NULL ? route->name : NULL, *channel = wbi_channel_of(settings, route);
    const wbi_where where = {project->path, route != NULL ? route->line : 0, 0};
    const bool unsaid = settings->consent == WB_CONSENT_UNSAID;
    wb_status status =
        unsaid ? wbi_fail_at(err, WB_ERR_INCONSISTENT, where, NULL, 0, "the campaign does not say who has given consent")
        : to != NULL
            ? wbi_fail_at(err, WB_ERR_INCONSISTENT, where, channel, strlen(channel),
                          "route to '%s' needs consent to %s, and consent: names no column for '%s'", to, channel, channel)
            : wbi_fail_at(err, WB_ERR_INCONSISTENT, where, channel, strlen(channel), "consent: names no column for '%s'", channel);
    if (is_channel(channel))
        wbi_advise(err, "consent: {%s: %s_consent} names a column of the customers that says yes;%s\n"
                        "consent: not_required where the law asks for none", channel, channel,
                   to == NULL ? "" : " a list to call is by phone;");
    else
        wbi_advise(err, "where consent: names columns, lists go to call (by phone), email, phone, sms or post;\n"
                        "with consent: not_required they may have any name");
    return status;
}

wb_status wbi_consent_check(const wb_campaign *settings, const wb_project *project, const wb_campaign_rule *route, wb_error *err)
{
    if (settings->consent == WB_CONSENT_NOT_REQUIRED)
        return WB_OK;
    return settings->consent == WB_CONSENT_UNSAID || column_of(settings, wbi_channel_of(settings, route)) == NULL
               ? fail_consent(settings, project, route, err)
               : WB_OK;
}

wb_status wbi_consent_find(uint8_t *out, const wbi_asking *a, const wb_campaign_rule *route, wb_error *err)
{
    wbi_people_column column;
    unknown_words unknown = {0};
    const char *name = column_of(a->settings, wbi_channel_of(a->settings, route));
    if (a->settings->consent == WB_CONSENT_NOT_REQUIRED) {
        memset(out, 1, a->people->n);
        return WB_OK;
    }
    WBI_TRY(wbi_consent_check(a->settings, a->project, route, err));
    WBI_TRY(wbi_asking_column(a, &column, name, "consent:", err));
    for (size_t row = 0; row < a->people->n; row++)
        out[row] = read_answer(a, column, row, &unknown) == WBI_ANSWER_YES;
    warn_of_words(a, &unknown, name, "no consent");
    return WB_OK;
}

wb_status wbi_ask_consent(wbi_asking *a, wb_error *err)
{
    uint16_t rule;
    uint8_t *consent = wbi_alloc_array(a->people->n, 1);
    if (consent == NULL)
        return wbi_fail_nomem(err, a->people->n);
    wb_status status;
    WBI_TRY_CLEANUP(wbi_consent_find(consent, a, NULL, err));
    if (a->settings->consent == WB_CONSENT_NOT_REQUIRED)
        goto cleanup;
    WBI_TRY_CLEANUP(wbi_asking_add(a, &rule, WBI_RULE_NO_CONSENT, NULL, err, "no consent to %s", a->channel));
    for (size_t row = 0; row < a->people->n; row++)
        if (!consent[row])
            wbi_asking_remove(a, row, rule);
cleanup:
    wbi_free(consent);
    return status;
}

/* ---- objection ---- */

static bool objects(wbi_answer answer)
{
    return answer == WBI_ANSWER_YES || answer == WBI_ANSWER_UNKNOWN;
}

/* The addresses of all who object; where the customers have both, of those without a score too. */
static wb_status find_objecting(wbi_asking *a, wbi_people_column column, wbi_dictionary *addresses, wb_error *err)
{
    const wbi_people *people = a->people;
    const wbi_facts *facts = &people->facts;
    const bool in_facts = column.where == WBI_PEOPLE_FACTS && a->email.where == WBI_PEOPLE_FACTS;
    for (uint32_t fact = 0; in_facts && fact < facts->rows.n_rows; fact++)
        if (objects(wbi_answer_read(wbi_facts_cell(facts, fact, column.column))))
            WBI_TRY(wbi_asking_note_email(a, addresses, wbi_facts_cell(facts, fact, a->email.column), err));
    for (size_t row = 0; !in_facts && row < people->n; row++)
        if (objects(wbi_answer_read(wbi_people_cell(people, column, row))))
            WBI_TRY(wbi_asking_note_email(a, addresses, wbi_people_cell(people, a->email, row), err));
    return WB_OK;
}

static wb_status remove_objecting(wbi_asking *a, wbi_people_column column, const wbi_dictionary *addresses, uint16_t rule,
                                  wb_error *err)
{
    unknown_words unknown = {0};
    for (size_t row = 0; row < a->people->n; row++) {
        bool shares;
        WBI_TRY(wbi_asking_has_email(a, &shares, addresses, row, err));
        if (objects(read_answer(a, column, row, &unknown)) || shares)
            wbi_asking_remove(a, row, rule);
    }
    warn_of_words(a, &unknown, a->settings->objected, "an objection");
    return WB_OK;
}

wb_status wbi_ask_objected(wbi_asking *a, wb_error *err)
{
    uint16_t rule;
    wbi_people_column column;
    wbi_dictionary *addresses = NULL;
    wb_status status;
    if (a->settings->objected == NULL)
        return WB_OK;
    WBI_TRY(wbi_asking_column(a, &column, a->settings->objected, "objected:", err));
    WBI_TRY(wbi_asking_add(a, &rule, WBI_RULE_OBJECTED, NULL, err, "objected"));
    WBI_TRY_CLEANUP(wbi_dictionary_create(&addresses, err));
    WBI_TRY_CLEANUP(find_objecting(a, column, addresses, err));
    status = remove_objecting(a, column, addresses, rule, err);
cleanup:
    wbi_dictionary_free(addresses);
    return status;
}
