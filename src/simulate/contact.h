/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a customer can be reached: an e-mail address, good or bad, and whether advertising may go there. */
#ifndef WINBACK_SIMULATE_CONTACT_H
#define WINBACK_SIMULATE_CONTACT_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

enum { WBI_SHOP_EMAIL_CHARS = 64 };

typedef struct wbi_shop_contact {
    char email[WBI_SHOP_EMAIL_CHARS]; /* "": none is known */
    const char *consent;         /* "yes", "no" or "" */
} wbi_shop_contact;

/* Draws the contact of customer `number`. docs/simulate.md has the shares. */
void wbi_shop_contact_draw(wbi_shop_contact *out, uint64_t number, gsl_rng *rng);

#endif
