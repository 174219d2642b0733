/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in and out. Reading trusts nothing: every accessor checks kind and range and names the place when it fails. */
#ifndef WINBACK_DESIGN_JSON_H
#define WINBACK_DESIGN_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* A JSON value and where it stands. Borrows the value and the file's name. */
typedef struct wbi_json_at {
    const json_t *value;
    const char *file;
    char path[128]; /* "terms[3].median" */
} wbi_json_at;

/* The bytes of the file `path`, which should hold a `what` ("model"); the caller lets go of *out with json_decref. Fails with
 * WB_ERR_MALFORMED, also where an object has a key twice. */
WB_WARN_UNUSED wb_status wbi_json_parse(json_t **out, const char *bytes, size_t n, const char *path, const char *what,
                                        wb_error *err);

/* All return WB_ERR_MALFORMED "file: path: expected ..., got ...". `at` is an object with the member `key`. */
WB_WARN_UNUSED wb_status wbi_json_object(wbi_json_at *out, const wbi_json_at *at, const char *key, wb_error *err);
WB_WARN_UNUSED wb_status wbi_json_array(wbi_json_at *out, const wbi_json_at *at, const char *key, wb_error *err);
WB_WARN_UNUSED wb_status wbi_json_number(double *out, const wbi_json_at *at, const char *key, wb_error *err);
/* null reads as NaN */
WB_WARN_UNUSED wb_status wbi_json_number_or_null(double *out, const wbi_json_at *at, const char *key, wb_error *err);
/* A whole number from 0 to `limit`. */
WB_WARN_UNUSED wb_status wbi_json_count(uint64_t *out, const wbi_json_at *at, const char *key, uint64_t limit,
                                        wb_error *err);
WB_WARN_UNUSED wb_status wbi_json_bool(bool *out, const wbi_json_at *at, const char *key, wb_error *err);
/* A new string, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_json_text(char **out, const wbi_json_at *at, const char *key, wb_error *err);
/* Seeds go up to 2^64, past JSON's whole numbers, so they are text. */
WB_WARN_UNUSED wb_status wbi_json_seed(uint64_t *out, const wbi_json_at *at, const char *key, wb_error *err);
bool wbi_json_is_null(const wbi_json_at *at, const char *key);

/* Items of an array: the item itself, as an object, and all of them as numbers or strings (freed by wbi_free, strings
 * by wbi_json_texts_free). */
wbi_json_at wbi_json_item(const wbi_json_at *array, size_t index);
WB_WARN_UNUSED wb_status wbi_json_expect_object(const wbi_json_at *at, wb_error *err);
WB_WARN_UNUSED wb_status wbi_json_numbers(double **out, size_t *n, const wbi_json_at *at, const char *key,
                                          wb_error *err);
/* An array of n numbers from 0 to 1 that add up to 1. */
WB_WARN_UNUSED wb_status wbi_json_shares(double *out, size_t n, const wbi_json_at *at, const char *key, wb_error *err);
WB_WARN_UNUSED wb_status wbi_json_texts(char ***out, size_t *n, const wbi_json_at *at, const char *key, wb_error *err);
void wbi_json_texts_free(char **texts, size_t n);

/* WB_ERR_MALFORMED at a place, for checks of the caller's own. */
wb_status wbi_json_wrong(const wbi_json_at *at, const char *key, wb_error *err, const char *format, ...)
    WBI_PRINTF(4, 5);

/* null for NaN */
json_t *wbi_json_real(double value);
json_t *wbi_json_reals(const double *values, size_t n);
json_t *wbi_json_strings(char *const *texts, size_t n);
/* Appends the value, indented, its doubles in the fewest digits that read back. */
WB_WARN_UNUSED wb_status wbi_json_print(wbi_buffer *out, const json_t *value, wb_error *err);

#endif
