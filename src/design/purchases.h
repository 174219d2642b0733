/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A number that a term makes of three columns: the purchases that BG/NBD expects of a customer, by parameters that were fitted
 * to the training rows. The columns are the x, t_x and T of purchase models, in whole days (wbi_history). */
#ifndef WINBACK_DESIGN_PURCHASES_H
#define WINBACK_DESIGN_PURCHASES_H

#include <stdbool.h>

#include "btyd/purchases.h"
#include "design/json.h"
#include "table/table.h"

/* The days are more than anybody has sold anything: histories and horizons are not longer. */
enum { WBI_PURCHASES_READS = 3, WBI_PURCHASES_NAME_CHARS = 64, WBI_PURCHASES_MOST_DAYS = 1000000 };

typedef struct wbi_purchases {
    char *reads[WBI_PURCHASES_READS]; /* names of columns: x, t_x, T */
    wbi_bg_nbd_model model;           /* by weeks, as `winback clv` has it */
    double horizon_days;              /* how far it looks ahead */
} wbi_purchases;

/* What is to be made, of which columns of a table. */
typedef struct wbi_purchases_wanted {
    char name[WBI_PURCHASES_NAME_CHARS]; /* of what is made */
    size_t columns[WBI_PURCHASES_READS];
    double horizon_days;
} wbi_purchases_wanted;

struct wbi_sample;

/* Fits the model to the sample's rows, each counting once; rows whose three numbers are no history are left out. `made` gets
 * what is expected of each row of the sample. WB_ERR_DEGENERATE where there is no maximum. The same bits for any number of
 * threads. */
WB_WARN_UNUSED wb_status wbi_purchases_fit(wbi_purchases **out, double *made, const struct wbi_sample *sample,
                                           const wbi_purchases_wanted *wanted, int n_threads, wb_error *err);
void wbi_purchases_free(wbi_purchases *purchases); /* NULL-safe */

/* out[i] = what is expected by row rows[i] of x, t_x and T (`rows` NULL: row i); NaN where these are no history. */
void wbi_purchases_expect(double *out, const wbi_bg_nbd_model *model, double horizon_days,
                          const double *const columns[WBI_PURCHASES_READS], const size_t *rows, size_t n);

/* How many of these rows are histories. */
size_t wbi_purchases_count(const double *const columns[WBI_PURCHASES_READS], const size_t *rows, size_t n);

/* Whether a or b is held at an end of its range. */
bool wbi_purchases_at_end(const wbi_purchases *purchases);

/* A new object; NULL when memory ran out. */
json_t *wbi_purchases_to_json(const wbi_purchases *purchases);
/* Of the member `key`. */
WB_WARN_UNUSED wb_status wbi_purchases_from_json(wbi_purchases **out, const wbi_json_at *at, const char *key, wb_error *err);

#endif
