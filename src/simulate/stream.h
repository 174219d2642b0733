/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams of random numbers: each customer has one for each purpose, so that what is drawn for one purpose never moves what is
 * drawn for another. */
#ifndef WINBACK_SIMULATE_STREAM_H
#define WINBACK_SIMULATE_STREAM_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

typedef enum wbi_shop_stream {
    WBI_SHOP_STREAM_LIFE = 0,
    WBI_SHOP_STREAM_CONTACT,  /* e-mail address and consent */
    WBI_SHOP_STREAM_AFTER,    /* orders behind the end of the period */
    WBI_SHOP_STREAM_RESPONSE, /* whether a mailing would be answered */
    WBI_SHOP_STREAM_RETURN    /* the orders of those who come back */
} wbi_shop_stream;

/* Sets `rng` to the stream of a purpose, for customer `number` of the shop with that seed. */
void wbi_shop_stream_set(gsl_rng *rng, wbi_shop_stream stream, uint64_t seed, uint64_t number);

#endif
