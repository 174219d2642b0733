/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of customers as text: a key and 30 numbers as an export writes them (amounts with two decimals, shares with four,
 * counts, days with three), and who of them left, by a logistic model of those numbers. */
#ifndef BENCH_CUSTOMERS_H
#define BENCH_CUSTOMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { N_NUMBERS = 30, CUSTOMER_CHARS = 1024 /* a row or the header, its line end included, is shorter */ };

typedef struct customers_form {
    bool quoted;   /* every cell is in quotes */
    bool labelled; /* label_y stands last */
} customers_form;

/* Both return the length. `row` counts from 0; rows come in order, *state being 1 before the first one. */
size_t customers_header(char out[CUSTOMER_CHARS], customers_form form);
size_t customers_row(char out[CUSTOMER_CHARS], size_t row, uint64_t *state, customers_form form);

#endif
