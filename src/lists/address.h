/* SPDX-License-Identifier: GPL-3.0-or-later */
/* E-mail addresses and phone numbers: which can be used, and how one address is always written. Safe from many threads. */
#ifndef WINBACK_LISTS_ADDRESS_H
#define WINBACK_LISTS_ADDRESS_H

#include <stddef.h>

typedef enum wbi_email_state {
    WBI_EMAIL_OK = 0,
    WBI_EMAIL_NONE,    /* nothing but blanks */
    WBI_EMAIL_INVALID, /* not an address that the targets take */
    WBI_EMAIL_FORMULA, /* begins as a spreadsheet's formula does (lists/guard.h) */
    WBI_EMAIL_RELAY,   /* a marketplace's or Apple's forwarder: not for advertising, or it bounces */
    WBI_EMAIL_ROLE     /* info@, sales@, noreply@: a desk, not a person */
} wbi_email_state;

/* Judges an address, blanks at its ends (also Unicode's) left aside. Valid is what all targets take, which is less than
 * RFC 5321 allows: one '@'; before it 1 to 64 letters, digits and !#$%&'*+/=?^_`{|}~- in parts joined by single dots; after it
 * at least two names joined by dots, of letters, digits, '-' inside and well-formed UTF-8, the last not all digits; 254 bytes in
 * all. Of the states that fit, the first in this order is given: none, formula, invalid, relay, role. */
wbi_email_state wbi_email_judge(const char *bytes, size_t n);
/* The key of one address: without the blanks at its ends, in lower case: its ASCII letters, and behind the '@' all that
 * lists/lower.h knows, as IDNA has it. Writes at most `n` bytes to `out`, which may be `bytes`, and returns how many. Whether it is
 * valid is not asked. */
size_t wbi_email_normalise(char *out, const char *bytes, size_t n);

enum { WBI_PHONE_DIGITS = 15 }; /* E.164's most, with the country code */
/* The digits of a number that can be dialled from anywhere, country code first, without '+'; returns how many (7 to 15), 0 for
 * what is no such number. `country` is the calling code ("49") of numbers without '+' or '00' (from country 1 also '011'), NULL
 * when those are not to be understood. Blanks, ( ) - . / and a "(0)" behind a country code are passed over. What is dialled
 * inside the country before a number (0, but 8 in Russia, 06 in Hungary, nothing in Italy, …) is left out. */
size_t wbi_phone_digits(char out[WBI_PHONE_DIGITS], const char *bytes, size_t n, const char *country);

#endif
