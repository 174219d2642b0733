/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/contact.h"

#include <stdio.h>

enum { HOUSEHOLD = 10 /* customers back, at most, that an address is shared with */ };

static const double none_share = 0.03, invalid_share = 0.01, role_share = 0.01, relay_share = 0.03, shared_share = 0.02;
static const double yes_share = 0.7, no_share = 0.2;

static const char *const domains[] = {"example.com", "example.net", "example.org"};
static const char *const invalid_forms[] = {"c%09llu", "c%09llu@example", "c%09llu at example.com", "c%09llu@@example.com"};
static const char *const role_forms[] = {"info@firm%llu.example", "office@firm%llu.example", "sales@firm%llu.example"};
static const char *const relay_forms[] = {"c%09llu@marketplace.amazon.de", "c%09llu@members.ebay.com",
                                          "c%09llu@privaterelay.appleid.com"};

#define PICK(rng, of) (of)[gsl_rng_uniform_int((rng), sizeof(of) / sizeof *(of))]
#define PRINT(out, form, number) snprintf((out)->email, sizeof(out)->email, (form), (unsigned long long)(number))

/* The address that most customers have. */
static void print_own(wbi_shop_contact *out, uint64_t number)
{
    snprintf(out->email, sizeof out->email, "c%09llu@%s", (unsigned long long)number,
             domains[number % (sizeof domains / sizeof *domains)]);
}

/* One of a household's addresses, written as the other one typed it. */
static void print_shared(wbi_shop_contact *out, uint64_t number)
{
    print_own(out, number);
    for (char *c = out->email; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - ('a' - 'A')) : *c;
}

static void draw_email(wbi_shop_contact *out, uint64_t number, gsl_rng *rng)
{
    double u = gsl_rng_uniform(rng);
    uint64_t back = 1 + gsl_rng_uniform_int(rng, HOUSEHOLD);
    out->email[0] = '\0';
    if ((u -= none_share) < 0)
        return;
    if ((u -= invalid_share) < 0)
        PRINT(out, PICK(rng, invalid_forms), number);
    else if ((u -= role_share) < 0)
        PRINT(out, PICK(rng, role_forms), number);
    else if ((u -= relay_share) < 0)
        PRINT(out, PICK(rng, relay_forms), number);
    else if ((u -= shared_share) < 0 && number > back)
        print_shared(out, number - back);
    else
        print_own(out, number);
}

void wbi_shop_contact_draw(wbi_shop_contact *out, uint64_t number, gsl_rng *rng)
{
    double u = gsl_rng_uniform(rng);
    out->consent = u < yes_share ? "yes" : u < yes_share + no_share ? "no" : "";
    draw_email(out, number, rng);
}
