/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ITU-T E.164 and E.123; how numbers are dialled inside a country: ITU's national numbering plans. */
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "lists/address.h"
#include "lists/guard.h"

enum { LEAST_DIGITS = 7, MOST_WRITTEN = 24 /* with prefixes */ };

/* Countries where the number behind the country code is not simply the national one without its 0. */
static const struct {
    const char *country, *trunk; /* what is left out in front; "": nothing */
    size_t n_digits;             /* of every number behind the country code; 0: various */
} plans[] = {
    {"1", "1", 10},  {"7", "8", 10},   {"36", "06", 0}, {"39", "", 0},   {"225", "", 10}, {"229", "", 10}, {"242", "", 9},
    {"378", "", 0},  {"30", "", 10},   {"34", "", 9},   {"45", "", 8},   {"47", "", 8},   {"48", "", 9},   {"65", "", 8},
    {"351", "", 9},  {"352", "", 0},   {"354", "", 7},  {"356", "", 8},  {"357", "", 8},  {"370", "8", 8}, {"371", "", 8},
    {"372", "", 0},  {"420", "", 9},   {"852", "", 8},
};

/* A number as it was written: its digits, and whether a '+' stood in front. */
typedef struct written {
    char digits[MOST_WRITTEN];
    size_t n;
    bool plus;
} written;

static bool is_separator(char byte)
{
    return byte != '\0' && strchr(" ()-./\t", byte) != NULL;
}

/* False: something else than digits and what separates them, or too many. */
static bool read_written(written *out, const char *bytes, size_t n)
{
    *out = (written){.n = 0};
    size_t at = wbi_blank_length(bytes, n);
    n = at + wbi_trimmed_length(bytes + at, n - at);
    out->plus = at < n && bytes[at] == '+';
    for (at += out->plus; at < n;) {
        size_t blank = wbi_blank_length(bytes + at, n - at);
        if (out->n > 0 && n - at >= 3 && memcmp(bytes + at, "(0)", 3) == 0) {
            at += 3;
        } else if (blank > 0 || is_separator(bytes[at])) {
            at += blank > 0 ? blank : 1;
        } else if (bytes[at] < '0' || bytes[at] > '9' || out->n == MOST_WRITTEN) {
            return false;
        } else {
            out->digits[out->n++] = bytes[at++];
        }
    }
    return true;
}

static bool begins_with(const written *number, const char *prefix)
{
    return wbi_starts_with((wbi_str){number->digits, number->n}, wbi_str_from(prefix));
}

static void drop(written *number, size_t n)
{
    number->n -= n;
    memmove(number->digits, number->digits + n, number->n);
}

/* '+', 00, and 011 from North America. */
static bool is_international(written *number, const char *country)
{
    if (number->plus)
        return true;
    bool from_america = country != NULL && strcmp(country, "1") == 0;
    size_t prefix = begins_with(number, "00") ? 2 : from_america && begins_with(number, "011") ? 3 : 0;
    drop(number, prefix);
    return prefix > 0;
}

/* Leaves what stands behind the country code; false: no number of that country, or one that may have the code already. */
static bool strip_trunk(written *number, const char *country)
{
    const char *trunk = "0";
    size_t n_digits = 0, n_country = strlen(country);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        if (strcmp(plans[i].country, country) == 0) {
            trunk = plans[i].trunk;
            n_digits = plans[i].n_digits;
        }
    size_t n_trunk = strlen(trunk);
    if (n_digits > 0 && number->n == n_digits)
        return true;
    if (n_trunk > 0 && begins_with(number, trunk) && (n_digits == 0 || number->n == n_digits + n_trunk)) {
        drop(number, n_trunk);
        return true;
    }
    if (n_digits > 0 && (!begins_with(number, country) || number->n != n_digits + n_country))
        return false;
    if (n_digits > 0)
        drop(number, n_country);
    return n_digits > 0 || n_trunk == 0 || !begins_with(number, country);
}

size_t wbi_phone_digits(char out[WBI_PHONE_DIGITS], const char *bytes, size_t n, const char *country)
{
    written number;
    size_t n_country = 0;
    if (!read_written(&number, bytes, n))
        return 0;
    if (!is_international(&number, country)) {
        if (country == NULL || number.n == 0 || !strip_trunk(&number, country))
            return 0;
        n_country = strlen(country);
    }
    if (n_country + number.n < LEAST_DIGITS || n_country + number.n > WBI_PHONE_DIGITS ||
        (n_country == 0 && number.digits[0] == '0'))
        return 0;
    memcpy(out, country == NULL ? "" : country, n_country);
    memcpy(out + n_country, number.digits, number.n);
    return n_country + number.n;
}
