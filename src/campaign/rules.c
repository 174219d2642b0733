/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "campaign/asking.h"
#include "campaign/wanted.h"
#include "lists/address.h"

enum { MOST_RULES = 65000, NAME_CHARS = 512 };

wb_status wbi_asking_add(wbi_asking *a, uint16_t *rule, wbi_rule_kind kind, const char *to, wb_error *err, const char *format, ...)
{
    wbi_permitted *out = a->out;
    char name[NAME_CHARS];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    if (out->n_rules >= MOST_RULES)
        return wbi_fail(err, WB_ERR_ARGUMENT, "more than %d rules", MOST_RULES);
    wbi_rule_count *rules = wbi_realloc_array(out->rules, out->n_rules + 1, sizeof *rules);
    if (rules == NULL)
        return wbi_fail_nomem(err, (out->n_rules + 1) * sizeof *rules);
    out->rules = rules;
    rules[out->n_rules] = (wbi_rule_count){kind, wbi_strdup(name), to, 0};
    if (rules[out->n_rules].name == NULL)
        return wbi_fail_nomem(err, strlen(name) + 1);
    *rule = (uint16_t)++out->n_rules;
    return WB_OK;
}

wb_status wbi_asking_email(wbi_asking *a, wbi_str *out, wbi_str cell, wb_error *err)
{
    a->key.length = 0;
    WBI_TRY(wbi_buffer_reserve(&a->key, cell.length + 1, err));
    *out = (wbi_str){a->key.data, wbi_email_normalise(a->key.data, cell.data, cell.length)};
    return WB_OK;
}

wb_status wbi_asking_note_email(wbi_asking *a, wbi_dictionary *addresses, wbi_str cell, wb_error *err)
{
    wbi_str key;
    int32_t code;
    WBI_TRY(wbi_asking_email(a, &key, cell, err));
    return key.length > 0 ? wbi_dictionary_intern(addresses, key.data, key.length, &code, err) : WB_OK;
}

wb_status wbi_asking_has_email(wbi_asking *a, bool *has, const wbi_dictionary *addresses, size_t row, wb_error *err)
{
    wbi_str key;
    WBI_TRY(wbi_asking_email(a, &key, wbi_people_cell(a->people, a->email, row), err));
    *has = key.length > 0 && wbi_dictionary_find(addresses, key.data, key.length) >= 0;
    return WB_OK;
}

wb_status wbi_asking_column(const wbi_asking *a, wbi_people_column *out, const char *name, const char *key, wb_error *err)
{
    *out = wbi_people_find_fact(a->people, name);
    return out->where != WBI_PEOPLE_NOWHERE
               ? WB_OK
               : wbi_fail(err, WB_ERR_INCONSISTENT, "%s names the column '%s', which neither the customers nor the scores have", key, name);
}

static wb_status ask_all(wbi_asking *a, wb_error *err)
{
    WBI_TRY(wbi_ask_suppressed(a, err));
    WBI_TRY(wbi_ask_consent(a, err));
    WBI_TRY(wbi_ask_objected(a, err));
    WBI_TRY(wbi_ask_contacted(a, err));
    WBI_TRY(wbi_ask_conditions(a, err));
    WBI_TRY(wbi_ask_addresses(a, err));
    return wbi_warn_of_others(a, err);
}

wb_status wbi_people_permit(wbi_permitted *out, const wbi_people *people, const wb_project *project, const wb_campaign *settings,
                            const int64_t *worth_cents, const wb_read_options *reading, wb_error *err)
{
    wbi_asking a = {.out = out,
                    .people = people,
                    .project = project,
                    .settings = settings,
                    .worth_cents = worth_cents,
                    .reading = reading,
                    .channel = settings->channel != NULL ? settings->channel : "email",
                    .email = wbi_people_find_fact(people, wbi_address_column(settings, WBI_LIST_EMAIL)),
                    .key = wbi_buffer_make(SIZE_MAX)};
    *out = (wbi_permitted){.n = people->n, .rule = wbi_alloc_zeroed(people->n, sizeof *out->rule)};
    const wb_status status = out->rule != NULL ? ask_all(&a, err) : wbi_fail_nomem(err, people->n * sizeof *out->rule);
    wbi_buffer_free(&a.key);
    return status;
}

void wbi_permitted_free(wbi_permitted *permitted)
{
    for (size_t r = 0; r < permitted->n_rules; r++)
        wbi_free(permitted->rules[r].name);
    wbi_free(permitted->rules);
    wbi_free(permitted->rule);
}
