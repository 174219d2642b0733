/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/forms.h"

#include <string.h>

#include "lists/address.h"
#include "lists/guard.h"
#include "lists/lower.h"
#include "lists/sha256.h"

static wbi_str trimmed(wbi_str text)
{
    size_t blank = wbi_blank_length(text.data, text.length);
    return (wbi_str){text.data + blank, wbi_trimmed_length(text.data + blank, text.length - blank)};
}

/* The functions below write to `to`, which has room for the value, and return how much. */

static size_t put_email(char *to, wbi_str value)
{
    wbi_email_state state = wbi_email_judge(value.data, value.length);
    bool usable = state == WBI_EMAIL_OK || state == WBI_EMAIL_RELAY || state == WBI_EMAIL_ROLE;
    return usable ? wbi_email_normalise(to, value.data, value.length) : 0;
}

static size_t put_lower(char *to, wbi_str value)
{
    wbi_str text = trimmed(value);
    return wbi_lower(to, text.data, text.length);
}

static size_t without_blanks(char *text, size_t n)
{
    size_t kept = 0;
    for (size_t at = 0; at < n;) {
        size_t blank = wbi_blank_length(text + at, n - at);
        at += blank;
        if (blank == 0)
            text[kept++] = text[at++];
    }
    return kept;
}

static bool is_punctuation(char byte)
{
    return byte != '\0' && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", byte) != NULL;
}

static size_t without_punctuation(char *text, size_t n)
{
    static const char apostrophe[] = "\u2019"; /* as typed by telephones */
    size_t kept = 0;
    for (size_t at = 0; at < n;) {
        if (wbi_starts_with((wbi_str){text + at, n - at}, wbi_str_from(apostrophe)))
            at += sizeof apostrophe - 1;
        else if (is_punctuation(text[at]))
            at++;
        else
            text[kept++] = text[at++];
    }
    return kept;
}

static bool is_two_letters(const char *text, size_t n)
{
    return n == 2 && text[0] >= 'a' && text[0] <= 'z' && text[1] >= 'a' && text[1] <= 'z';
}

static size_t put_country(char *to, wbi_str value)
{
    size_t n = put_lower(to, value);
    return is_two_letters(to, n) ? n : 0;
}

static size_t put_zip(char *to, wbi_str value)
{
    size_t n = without_blanks(to, put_lower(to, value));
    const char *dash = n == 0 ? NULL : memchr(to, '-', n);
    return dash == NULL ? n : (size_t)(dash - to);
}

static size_t put_capitals(char *to, wbi_str value)
{
    size_t n = put_country(to, value);
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(to[i] - ('a' - 'A'));
    return n;
}

static size_t put_text(char *to, wbi_str value)
{
    if (value.length > 0)
        memcpy(to, value.data, value.length);
    return value.length;
}

static size_t put_email_text(char *to, wbi_str value)
{
    return wbi_guard_is_formula(value.data, value.length) ? 0 : put_text(to, trimmed(value));
}

static size_t put_number(char *to, wbi_str value, bool with_plus, const char *country)
{
    char digits[WBI_PHONE_DIGITS];
    size_t n = wbi_phone_digits(digits, value.data, value.length, country);
    if (n == 0)
        return 0;
    to[0] = '+';
    memcpy(to + with_plus, digits, n);
    return with_plus + n;
}

static size_t put_consent(char *to, wbi_str value)
{
    bool yes = wbi_str_is(value, "yes"), no = wbi_str_is(value, "no");
    return put_text(to, wbi_str_from(yes ? "Subscribed" : no ? "Unsubscribed" : "Never subscribed"));
}

static size_t put_phone(char *to, wbi_str value, const char *country)
{
    size_t n = put_number(to, value, true, country);
    return n > 0 ? n : put_text(to, value);
}

static size_t put_normalised(char *to, wbi_list_form form, wbi_str value, const char *country)
{
    switch (form) {
    case WBI_LIST_FORM_TEXT:
    case WBI_LIST_FORM_NUMBER:
        return put_text(to, value);
    case WBI_LIST_FORM_EMAIL_TEXT:
        return put_email_text(to, value);
    case WBI_LIST_FORM_EMAIL:
    case WBI_LIST_FORM_EMAIL_HASH:
        return put_email(to, value);
    case WBI_LIST_FORM_PHONE:
        return put_phone(to, value, country);
    case WBI_LIST_FORM_DIALLED:
    case WBI_LIST_FORM_PLUS_HASH:
        return put_number(to, value, true, country);
    case WBI_LIST_FORM_DIGITS_HASH:
        return put_number(to, value, false, country);
    case WBI_LIST_FORM_CONSENT:
        return put_consent(to, value);
    case WBI_LIST_FORM_COUNTRY:
        return put_capitals(to, value);
    case WBI_LIST_FORM_COUNTRY_HASH:
        return put_country(to, value);
    case WBI_LIST_FORM_ZIP:
        return put_text(to, trimmed(value));
    case WBI_LIST_FORM_ZIP_HASH:
        return put_zip(to, value);
    case WBI_LIST_FORM_SOLID_HASH:
        return without_blanks(to, put_lower(to, value));
    case WBI_LIST_FORM_NAME_HASH:
        return without_punctuation(to, put_lower(to, value));
    }
    return 0;
}

wb_status wbi_list_form_write(wbi_buffer *out, wbi_list_form form, wbi_str value, const char *phone_country, wb_error *err)
{
    out->length = 0;
    WBI_TRY(wbi_buffer_reserve(out, value.length + WBI_SHA256_HEX, err));
    out->length = put_normalised(out->data, form, value, phone_country);
    if (form >= WBI_LIST_FORM_EMAIL_HASH && out->length > 0) {
        char hex[WBI_SHA256_HEX];
        wbi_sha256_hex(hex, out->data, out->length);
        memcpy(out->data, hex, sizeof hex);
        out->length = sizeof hex;
    }
    return WB_OK;
}
