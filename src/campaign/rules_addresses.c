/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses: which can be used, and one row each. */
#include <string.h>

#include "base/memory.h"
#include "campaign/asking.h"
#include "campaign/wanted.h"
#include "lists/address.h"

enum { N_STATES = WBI_EMAIL_ROLE + 1 };

/* ---- which can be used ---- */

static wb_status remove_unusable(wbi_asking *a, wb_error *err)
{
    static const struct { wbi_rule_kind kind; const char *name; wbi_email_state state; } kinds[] = {
        {WBI_RULE_NO_ADDRESS, "no e-mail address", WBI_EMAIL_NONE},
        {WBI_RULE_INVALID_ADDRESS, "invalid e-mail address", WBI_EMAIL_INVALID},
        {WBI_RULE_FORMULA_ADDRESS, "e-mail address that begins like a formula", WBI_EMAIL_FORMULA},
        {WBI_RULE_RELAY_ADDRESS, "address of a relay", WBI_EMAIL_RELAY},
        {WBI_RULE_ROLE_ADDRESS, "address of a role", WBI_EMAIL_ROLE},
    };
    uint16_t rules[N_STATES] = {0};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        WBI_TRY(wbi_asking_add(a, &rules[kinds[k].state], kinds[k].kind, NULL, err, "%s", kinds[k].name));
    for (size_t row = 0; row < a->people->n; row++) {
        const wbi_str cell = wbi_people_cell(a->people, a->email, row);
        const wbi_email_state state = wbi_email_judge(cell.data, cell.length);
        if (state != WBI_EMAIL_OK)
            wbi_asking_remove(a, row, rules[state]);
    }
    return WB_OK;
}

static wb_status remove_undialled(wbi_asking *a, wbi_people_column phone, wb_error *err)
{
    uint16_t none, invalid;
    char digits[WBI_PHONE_DIGITS];
    WBI_TRY(wbi_asking_add(a, &none, WBI_RULE_NO_ADDRESS, NULL, err, "no phone number"));
    WBI_TRY(wbi_asking_add(a, &invalid, WBI_RULE_INVALID_ADDRESS, NULL, err, "invalid phone number"));
    for (size_t row = 0; row < a->people->n; row++) {
        const wbi_str cell = wbi_fact_trim(wbi_people_cell(a->people, phone, row));
        if (cell.length == 0)
            wbi_asking_remove(a, row, none);
        else if (wbi_phone_digits(digits, cell.data, cell.length, a->settings->phone_country) == 0)
            wbi_asking_remove(a, row, invalid);
    }
    return WB_OK;
}

/* ---- one row an address ---- */

static wb_status address_key(wbi_asking *a, wbi_str *key, wbi_str cell, bool phone, wb_error *err)
{
    if (!phone)
        return wbi_asking_email(a, key, cell, err);
    WBI_TRY(wbi_buffer_reserve(&a->key, WBI_PHONE_DIGITS, err));
    *key = (wbi_str){a->key.data, wbi_phone_digits(a->key.data, cell.data, cell.length, a->settings->phone_country)};
    return WB_OK;
}

static bool is_worth_more(const wbi_asking *a, size_t row, size_t than)
{
    if (a->worth_cents != NULL && a->worth_cents[row] != a->worth_cents[than])
        return a->worth_cents[row] > a->worth_cents[than];
    return wbi_str_compare(wbi_people_id(a->people, row), wbi_people_id(a->people, than)) < 0;
}

/* keeper[code] is the row that keeps the address of that code. */
static wb_status remove_shared(wbi_asking *a, wbi_people_column column, bool phone, wbi_dictionary *addresses, uint32_t *keeper,
                               wb_error *err)
{
    uint16_t rule;
    WBI_TRY(wbi_asking_add(a, &rule, WBI_RULE_SHARED_ADDRESS, NULL, err, "%s of another customer in the list",
                           phone ? "phone number" : "e-mail address"));
    for (size_t row = 0; row < a->people->n; row++) {
        wbi_str key;
        int32_t code;
        if (a->out->rule[row] != 0)
            continue;
        const size_t n_before = wbi_dictionary_size(addresses);
        WBI_TRY(address_key(a, &key, wbi_people_cell(a->people, column, row), phone, err));
        WBI_TRY(wbi_dictionary_intern(addresses, key.data, key.length, &code, err));
        if ((size_t)code == n_before) {
            keeper[code] = (uint32_t)row;
            continue;
        }
        const bool takes = is_worth_more(a, row, keeper[code]);
        wbi_asking_remove(a, takes ? keeper[code] : row, rule);
        if (takes)
            keeper[code] = (uint32_t)row;
    }
    return WB_OK;
}

static wb_status ask_shared(wbi_asking *a, wbi_people_column column, bool phone, wb_error *err)
{
    wbi_dictionary *addresses = NULL;
    wb_status status;
    uint32_t *keeper = wbi_alloc_array(a->people->n, sizeof *keeper);
    if (keeper == NULL)
        return wbi_fail_nomem(err, a->people->n * sizeof *keeper);
    WBI_TRY_CLEANUP(wbi_dictionary_create(&addresses, err));
    status = remove_shared(a, column, phone, addresses, keeper, err);
cleanup:
    wbi_dictionary_free(addresses);
    wbi_free(keeper);
    return status;
}

wb_status wbi_ask_addresses(wbi_asking *a, wb_error *err)
{
    const bool email = strcmp(a->channel, "email") == 0, phone = strcmp(a->channel, "phone") == 0 || strcmp(a->channel, "sms") == 0;
    const char *name = wbi_address_column(a->settings, email ? WBI_LIST_EMAIL : WBI_LIST_PHONE);
    if (!email && !phone)
        return WB_OK;
    const wbi_people_column column = email ? a->email : wbi_people_find_fact(a->people, name);
    if (column.where == WBI_PEOPLE_NOWHERE) {
        wbi_log(a->reading->log, WB_LOG_INFO, "neither customers nor scores have a column %s: the rules about addresses are skipped", name);
        return WB_OK;
    }
    a->out->addresses_asked = true;
    WBI_TRY(email ? remove_unusable(a, err) : remove_undialled(a, column, err));
    return ask_shared(a, column, phone, err);
}
