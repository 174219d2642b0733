/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/targets.h"

#include <stdio.h>

#define COLUMNS(of) .columns = of, .n_columns = sizeof of / sizeof *of
#define EMAIL_ADDRESS (1u << WBI_LIST_EMAIL)
#define PHONE_ADDRESS (1u << WBI_LIST_PHONE)

static const wbi_list_target_column mailchimp[] = {
    {"Email Address", WBI_LIST_EMAIL, WBI_LIST_FORM_EMAIL},        {"First Name", WBI_LIST_FIRST_NAME, WBI_LIST_FORM_TEXT},
    {"Last Name", WBI_LIST_LAST_NAME, WBI_LIST_FORM_TEXT},         {"Phone Number", WBI_LIST_PHONE, WBI_LIST_FORM_DIALLED},
    {"Country", WBI_LIST_COUNTRY, WBI_LIST_FORM_TEXT},             {"Zip Code", WBI_LIST_ZIP, WBI_LIST_FORM_TEXT},
};

/* The first column must be an address: without e-mail it is the phone number. */
static const wbi_list_target_column klaviyo[] = {
    {"Email", WBI_LIST_EMAIL, WBI_LIST_FORM_EMAIL},
    {"Phone Number", WBI_LIST_PHONE, WBI_LIST_FORM_DIALLED},
    {"First Name", WBI_LIST_FIRST_NAME, WBI_LIST_FORM_TEXT},
    {"Last Name", WBI_LIST_LAST_NAME, WBI_LIST_FORM_TEXT},
    {"Country", WBI_LIST_COUNTRY, WBI_LIST_FORM_TEXT},
    {"Zip Code", WBI_LIST_ZIP, WBI_LIST_FORM_TEXT},
    {"Email Marketing Consent", WBI_LIST_EMAIL_CONSENT, WBI_LIST_FORM_CONSENT},
    {"SMS Marketing Consent", WBI_LIST_SMS_CONSENT, WBI_LIST_FORM_CONSENT},
};

static const wbi_list_target_column hubspot[] = {
    {"Email", WBI_LIST_EMAIL, WBI_LIST_FORM_EMAIL},                {"First Name", WBI_LIST_FIRST_NAME, WBI_LIST_FORM_TEXT},
    {"Last Name", WBI_LIST_LAST_NAME, WBI_LIST_FORM_TEXT},         {"Phone Number", WBI_LIST_PHONE, WBI_LIST_FORM_DIALLED},
    {"Country/Region", WBI_LIST_COUNTRY, WBI_LIST_FORM_TEXT},      {"Postal Code", WBI_LIST_ZIP, WBI_LIST_FORM_TEXT},
};

static const wbi_list_target_column brevo[] = {
    {"EMAIL", WBI_LIST_EMAIL, WBI_LIST_FORM_EMAIL},                {"FIRSTNAME", WBI_LIST_FIRST_NAME, WBI_LIST_FORM_TEXT},
    {"LASTNAME", WBI_LIST_LAST_NAME, WBI_LIST_FORM_TEXT},          {"SMS", WBI_LIST_PHONE, WBI_LIST_FORM_DIALLED},
    {"EXT_ID", WBI_LIST_CUSTOMER, WBI_LIST_FORM_TEXT},             {"COUNTRY", WBI_LIST_COUNTRY, WBI_LIST_FORM_TEXT},
    {"ZIP", WBI_LIST_ZIP, WBI_LIST_FORM_TEXT},
};

static const wbi_list_target_column google[] = {
    {"Email", WBI_LIST_EMAIL, WBI_LIST_FORM_EMAIL_HASH},           {"Phone", WBI_LIST_PHONE, WBI_LIST_FORM_PLUS_HASH},
    {"First Name", WBI_LIST_FIRST_NAME, WBI_LIST_FORM_SOLID_HASH}, {"Last Name", WBI_LIST_LAST_NAME, WBI_LIST_FORM_SOLID_HASH},
    {"Country", WBI_LIST_COUNTRY, WBI_LIST_FORM_COUNTRY},          {"Zip", WBI_LIST_ZIP, WBI_LIST_FORM_ZIP},
};

static const wbi_list_target_column meta[] = {
    {"email", WBI_LIST_EMAIL, WBI_LIST_FORM_EMAIL_HASH},           {"phone", WBI_LIST_PHONE, WBI_LIST_FORM_DIGITS_HASH},
    {"fn", WBI_LIST_FIRST_NAME, WBI_LIST_FORM_NAME_HASH},          {"ln", WBI_LIST_LAST_NAME, WBI_LIST_FORM_NAME_HASH},
    {"zip", WBI_LIST_ZIP, WBI_LIST_FORM_ZIP_HASH},                 {"country", WBI_LIST_COUNTRY, WBI_LIST_FORM_COUNTRY_HASH},
};

static const wbi_list_target targets[WBI_LIST_N_FORMATS] = {
    [WBI_LIST_CSV] = {.name = "csv"},
    [WBI_LIST_JSON_LINES] = {.name = "jsonl"},
    [WBI_LIST_MAILCHIMP] = {.name = "mailchimp",
                            .title = "Mailchimp",
                            COLUMNS(mailchimp),
                            .takes_properties = true,
                            .addresses = EMAIL_ADDRESS,
                            .text_bytes = 255},
    [WBI_LIST_KLAVIYO] = {.name = "klaviyo",
                          .title = "Klaviyo",
                          COLUMNS(klaviyo),
                          .takes_properties = true,
                          .addresses = EMAIL_ADDRESS | PHONE_ADDRESS,
                          .most_megabytes = 50},
    [WBI_LIST_HUBSPOT] = {.name = "hubspot",
                          .title = "HubSpot",
                          COLUMNS(hubspot),
                          .takes_properties = true,
                          .addresses = EMAIL_ADDRESS,
                          .most_rows = 1048576,
                          .most_columns = 999,
                          .most_megabytes = 512},
    [WBI_LIST_BREVO] = {.name = "brevo",
                        .title = "Brevo",
                        COLUMNS(brevo),
                        .takes_properties = true,
                        .capital_names = true,
                        .addresses = EMAIL_ADDRESS | PHONE_ADDRESS,
                        .most_megabytes = 250},
    [WBI_LIST_GOOGLE] = {.name = "google",
                         .title = "Google",
                         COLUMNS(google),
                         .fixed_header = true,
                         .addresses = EMAIL_ADDRESS | PHONE_ADDRESS,
                         .takes_post = true},
    [WBI_LIST_META] = {.name = "meta", .title = "Meta", COLUMNS(meta), .addresses = EMAIL_ADDRESS | PHONE_ADDRESS},
};

const wbi_list_target *wbi_list_target_of(wbi_list_format format)
{
    return &targets[format];
}

const char *wbi_list_format_name(wbi_list_format format)
{
    return targets[format].name;
}

wb_status wbi_list_format_find(wbi_list_format *out, const char *name, wb_error *err)
{
    const char *names[WBI_LIST_N_FORMATS];
    *out = WBI_LIST_CSV;
    if (name == NULL)
        return WB_OK;
    for (wbi_list_format f = 0; f < WBI_LIST_N_FORMATS; f++) {
        names[f] = targets[f].name;
        if (wbi_str_is(wbi_str_from(name), names[f])) {
            *out = f;
            return WB_OK;
        }
    }
    const char *near = wbi_nearest(name, names, WBI_LIST_N_FORMATS);
    char meant[64] = "";
    if (near != NULL)
        snprintf(meant, sizeof meant, "; did you mean %s?", near);
    return wbi_fail(err, WB_ERR_ARGUMENT,
                    "no list format is called '%s' (wanted csv, jsonl, mailchimp, klaviyo, hubspot, brevo, google or meta)%s",
                    name, meant);
}
