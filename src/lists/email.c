/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "lists/address.h"
#include "lists/guard.h"
#include "lists/lower.h"

enum { LOCAL_BYTES = 64, LABEL_BYTES = 63, ADDRESS_BYTES = 254 };

/* Domains that forward for a marketplace or for Apple; one that ends in '.' is followed by any country's ending. Aliases that
 * people set up to be reached by (DuckDuckGo, Firefox Relay, SimpleLogin, …) are addresses like others.
 *   Amazon: buyer-seller messages only; eBay: "static aliases", developer.ebay.com member-communications; Apple: only senders
 *   that it knows are let through, developer.apple.com "Communicating using the private email relay service". */
static const char *const relay_domains[] = {
    "marketplace.amazon.",     "members.ebay.",     "privaterelay.appleid.com", "relay.walmart.com", "scs.tiktokw.us",
    "allegromail.pl",          "verkopen.bol.com",  "proxymail.facebook.com",   "reply.craigslist.org",
};

/* RFC 2142's, what mailing services refuse as role addresses, and their usual spellings. */
static const char *const role_names[] = {
    "abuse", "accounting", "accounts", "admin", "administrator", "billing", "bounce", "bounces", "compliance",
    "contact", "customercare", "customerservice", "devnull", "dns", "do-not-reply", "donotreply", "enquiries",
    "enquiry", "feedback", "ftp", "help", "helpdesk", "hostmaster", "hr", "info", "inquiries", "invoice", "invoices",
    "jobs", "legal", "list", "mailer-daemon", "marketing", "media", "news", "newsletter", "no-reply", "no_reply",
    "noc", "noreply", "null", "office", "orders", "phish", "phishing", "postmaster", "press", "privacy", "purchasing",
    "registrar", "root", "sales", "security", "service", "spam", "staff", "support", "sysadmin", "team", "tech",
    "undisclosed-recipients", "unsubscribe", "usenet", "uucp", "webmaster", "www",
};

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

static bool is_alphanumeric(char byte)
{
    return (lower(byte) >= 'a' && lower(byte) <= 'z') || (byte >= '0' && byte <= '9');
}

static bool equal_ignoring_case(wbi_str text, wbi_str lower_case)
{
    if (text.length != lower_case.length)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (lower(text.data[i]) != lower_case.data[i])
            return false;
    return true;
}

static wbi_str trimmed(const char *bytes, size_t n)
{
    size_t blank = wbi_blank_length(bytes, n);
    return (wbi_str){bytes + blank, wbi_trimmed_length(bytes + blank, n - blank)};
}

static bool is_atom(char byte)
{
    return is_alphanumeric(byte) || (byte != '\0' && strchr("!#$%&'*+/=?^_`{|}~-", byte) != NULL);
}

/* RFC 5322's dot-atom. */
static bool is_local_part(wbi_str local)
{
    if (local.length < 1 || local.length > LOCAL_BYTES || local.data[0] == '.' || local.data[local.length - 1] == '.')
        return false;
    for (size_t i = 0; i < local.length; i++) {
        if (local.data[i] == '.' ? local.data[i - 1] == '.' : !is_atom(local.data[i]))
            return false;
    }
    return true;
}

static bool is_label(wbi_str label)
{
    if (label.length < 1 || label.length > LABEL_BYTES || label.data[0] == '-' || label.data[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++)
        if (!is_alphanumeric(label.data[i]) && label.data[i] != '-' && (unsigned char)label.data[i] < 0x80)
            return false;
    return true;
}

static bool has_wide_blank(wbi_str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (wbi_blank_length(text.data + i, text.length - i) > 0)
            return true;
    return false;
}

static bool is_domain(wbi_str domain)
{
    if (wbi_utf8_check(domain.data, domain.length) != domain.length || has_wide_blank(domain))
        return false;
    size_t n_labels = 0, begin = 0;
    wbi_str label = {domain.data, 0};
    for (size_t i = 0; i <= domain.length; i++) {
        if (i < domain.length && domain.data[i] != '.')
            continue;
        label = (wbi_str){domain.data + begin, i - begin};
        if (!is_label(label))
            return false;
        n_labels++;
        begin = i + 1;
    }
    bool only_digits = true;
    for (size_t i = 0; i < label.length; i++)
        only_digits = only_digits && label.data[i] >= '0' && label.data[i] <= '9';
    return n_labels >= 2 && label.length >= 2 && !only_digits;
}

static bool is_relay(wbi_str domain)
{
    for (size_t i = 0; i < sizeof relay_domains / sizeof *relay_domains; i++) {
        wbi_str relay = wbi_str_from(relay_domains[i]);
        bool open = relay.data[relay.length - 1] == '.';
        if (domain.length >= relay.length &&
            equal_ignoring_case((wbi_str){domain.data, open ? relay.length : domain.length}, relay))
            return true;
    }
    return false;
}

/* What stands before a "+tag" counts. */
static bool is_role(wbi_str local)
{
    const char *tag = memchr(local.data, '+', local.length);
    wbi_str name = {local.data, tag == NULL ? local.length : (size_t)(tag - local.data)};
    for (size_t i = 0; i < sizeof role_names / sizeof *role_names; i++)
        if (equal_ignoring_case(name, wbi_str_from(role_names[i])))
            return true;
    return false;
}

wbi_email_state wbi_email_judge(const char *bytes, size_t n)
{
    wbi_str address = trimmed(bytes, n);
    if (address.length == 0)
        return WBI_EMAIL_NONE;
    if (wbi_guard_is_formula(address.data, address.length))
        return WBI_EMAIL_FORMULA;
    const char *at = memchr(address.data, '@', address.length);
    if (at == NULL || address.length > ADDRESS_BYTES)
        return WBI_EMAIL_INVALID;
    wbi_str local = {address.data, (size_t)(at - address.data)};
    wbi_str domain = {at + 1, address.length - local.length - 1}; /* a second '@' is in no label */
    if (!is_local_part(local) || !is_domain(domain))
        return WBI_EMAIL_INVALID;
    if (is_relay(domain))
        return WBI_EMAIL_RELAY;
    return is_role(local) ? WBI_EMAIL_ROLE : WBI_EMAIL_OK;
}

size_t wbi_email_normalise(char *out, const char *bytes, size_t n)
{
    wbi_str address = trimmed(bytes, n);
    const char *at = memchr(address.data, '@', address.length);
    const size_t n_local = at == NULL ? address.length : (size_t)(at - address.data);
    for (size_t i = 0; i < n_local; i++)
        out[i] = lower(address.data[i]);
    return n_local + wbi_lower(out + n_local, address.data + n_local, address.length - n_local);
}
