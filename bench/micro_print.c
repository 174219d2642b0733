/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "micro.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/numbers.h"
#include "random.h"

enum { N_VALUES = 200000, MANY = 50, N_KEYS = 1000000, KEY_CHARS = 16 };

/* What is computed goes here, so that it is computed. */
static volatile uint64_t sink;

/* ---- numbers ---- */

static void print_shortest(void *of)
{
    const double *values = of;
    char out[WBI_DOUBLE_CHARS];
    for (size_t i = 0; i < N_VALUES; i++)
        sink += wbi_double_print(out, values[i]);
}

static void print_many(void *of)
{
    wbi_number_rows *rows = of;
    char out[MANY * WBI_SEPARATED_CHARS];
    for (size_t row = 0; row < N_VALUES / MANY; row++) {
        if (row % WBI_ROWS_AT_ONCE == 0)
            wbi_number_rows_find(rows, row, N_VALUES / MANY - row);
        sink += (uint64_t)(wbi_number_rows_print(out, rows, row - rows->first, 0, MANY) - out);
    }
}

static void print_17_digits(void *of)
{
    const double *values = of;
    char out[WBI_DOUBLE_CHARS];
    for (size_t i = 0; i < N_VALUES; i++)
        sink += (uint64_t)snprintf(out, sizeof out, "%.17g", values[i]);
}

static void measure_rows(const double *values, const char *contender)
{
    wbi_number_rows rows;
    if (wbi_number_rows_create(&rows, MANY, ',', NULL) != WB_OK)
        micro_fail("out of memory");
    for (size_t k = 0; k < MANY; k++)
        rows.columns[k] = values + k * (N_VALUES / MANY);
    micro_measure(&(micro_work){contender, print_many, &rows, N_VALUES, "number"});
    wbi_number_rows_free(&rows);
}

static void measure_print(const double *values, const char *what)
{
    char contender[80], out[WBI_DOUBLE_CHARS + 1];
    for (size_t i = 0; i < N_VALUES; i++) {
        out[wbi_double_print(out, values[i])] = '\0';
        if (strtod(out, NULL) != values[i])
            micro_fail("a number is not printed as itself");
    }
    snprintf(contender, sizeof contender, "%s printed, fewest digits", what);
    micro_measure(&(micro_work){contender, print_shortest, (void *)values, N_VALUES, "number"});
    snprintf(contender, sizeof contender, "%s printed, many at a time", what);
    measure_rows(values, contender);
    snprintf(contender, sizeof contender, "%s printed, %%.17g", what);
    micro_measure(&(micro_work){contender, print_17_digits, (void *)values, N_VALUES, "number"});
}

/* ---- keys ---- */

typedef struct key {
    char bytes[KEY_CHARS];
    size_t n;
} key;

static void hash_bytes(void *of)
{
    const key *keys = of;
    for (size_t i = 0; i < N_KEYS; i++)
        sink += wbi_hash_bytes(keys[i].bytes, keys[i].n);
}

static void hash_unit(void *of)
{
    const key *keys = of;
    for (size_t i = 0; i < N_KEYS; i++)
        sink += wbi_hash_unit("fold", "1", keys[i].bytes, keys[i].n) < 0.5;
}

static void measure_hash(void)
{
    key *keys = micro_alloc(N_KEYS * sizeof *keys);
    for (size_t i = 0; i < N_KEYS; i++)
        keys[i].n = (size_t)snprintf(keys[i].bytes, KEY_CHARS, "c%07zu", i);
    micro_measure(&(micro_work){"keys hashed", hash_bytes, keys, N_KEYS, "key"});
    micro_measure(&(micro_work){"keys hashed for a fold", hash_unit, keys, N_KEYS, "key"});
    free(keys);
}

void measure_numbers(void)
{
    double *values = micro_alloc(N_VALUES * sizeof *values);
    uint64_t state = 1;
    for (size_t i = 0; i < N_VALUES; i++)
        values[i] = 1 / (1 + exp(-normal(&state)));
    measure_print(values, "probabilities");
    for (size_t i = 0; i < N_VALUES; i++)
        values[i] = floor(100 * exp(6 + normal(&state))) / 100;
    measure_print(values, "amounts");
    free(values);
    measure_hash();
}
