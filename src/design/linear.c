/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as they are. A missing one takes the training median and, when training had any, a column of its own. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/quantile.h"
#include "design/term.h"

enum { VALUE = 0, INDICATOR = 1, N_DECILES = 11 };

typedef struct linear {
    wbi_term base;
    double median;
    double missing_share;      /* of the training rows */
    double deciles[N_DECILES]; /* of the values that are not missing, least and greatest included; NaN without any */
} linear;

static linear *linear_create(double median, double missing_share)
{
    linear *term = wbi_alloc_zeroed(1, sizeof *term);
    if (term != NULL) {
        term->base = (wbi_term){&wbi_term_linear, NULL, missing_share > 0 ? 2 : 1};
        term->median = median;
        term->missing_share = missing_share;
        for (size_t i = 0; i < N_DECILES; i++)
            term->deciles[i] = NAN;
    }
    return term;
}

static void linear_free(wbi_term *term)
{
    wbi_free(term);
}

/* Finite values of the sample, and whether all of them weigh the same. */
static size_t gather(double *out, bool *equal, const wbi_sample *sample, const double *values)
{
    size_t n = 0;
    double weight = NAN;
    *equal = true;
    for (size_t i = 0; i < sample->n; i++) {
        const double value = values[sample->rows[i]];
        if (!isfinite(value))
            continue;
        *equal &= n == 0 || sample->weight[i] == weight;
        weight = sample->weight[i];
        out[n++] = value;
    }
    return n;
}

/* Infinite and missing values times 0 are no number, and neither is what they are added to. */
static bool all_finite(const double *values, size_t n)
{
    enum { LANES = 8 };
    double zero[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n / LANES * LANES; i += LANES)
        for (size_t a = 0; a < LANES; a++)
            zero[a] += values[i + a] * 0;
    for (size_t i = n / LANES * LANES; i < n; i++)
        sum += values[i] * 0;
    for (size_t a = 0; a < LANES; a++)
        sum += zero[a];
    return sum == 0;
}

/* The finite values of the sample, where they lie if all of them are wanted, else in `room`. */
static const double *find_finite(size_t *n, bool *equal, double *room, const wbi_sample *sample, const double *values)
{
    *equal = true;
    *n = sample->n;
    if (sample->n > 0 && sample->one_run && sample->equal_weights && all_finite(values + sample->rows[0], sample->n))
        return values + sample->rows[0];
    *n = gather(room, equal, sample, values);
    return room;
}

static wb_status find_weighted_median(double *median, const wbi_sample *sample, const double *values, wb_error *err)
{
    wbi_weighted *weighted = wbi_alloc_array(sample->n, sizeof *weighted);
    wbi_weighted *spare = wbi_alloc_array(sample->n, sizeof *spare);
    wb_status status = WB_OK;
    if (weighted == NULL || spare == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, sample->n * sizeof *weighted));
    size_t n = 0;
    for (size_t i = 0; i < sample->n; i++)
        if (isfinite(values[sample->rows[i]]))
            weighted[n++] = (wbi_weighted){values[sample->rows[i]], sample->weight[i]};
    wbi_sort_weighted(weighted, spare, n);
    *median = wbi_weighted_median(weighted, n);
cleanup:
    wbi_free(weighted);
    wbi_free(spare);
    return status;
}

/* What is learned of a column: deciles, each row counting the same, and the median by weight. */
typedef struct learned {
    size_t n; /* finite values */
    double median, deciles[N_DECILES];
} learned;

static wb_status learn(learned *out, const wbi_sample *sample, const double *values, wb_error *err)
{
    wb_status status = WB_OK;
    bool equal = true;
    double *room = wbi_alloc_array(sample->n, sizeof *room), *spare = wbi_alloc_array(sample->n, 2 * sizeof *spare);
    if (room == NULL || spare == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, sample->n * 2 * sizeof *room));
    const double *finite = find_finite(&out->n, &equal, room, sample, values);
    out->median = 0;
    if (out->n == 0)
        goto cleanup;
    wbi_equal_quantiles(out->deciles, N_DECILES, finite, out->n, spare);
    out->median = out->deciles[N_DECILES / 2];
cleanup:
    wbi_free(room);
    wbi_free(spare);
    if (status == WB_OK && !equal)
        status = find_weighted_median(&out->median, sample, values, err);
    return status;
}

static bool has_missing(const wb_table *table, size_t column)
{
    const double *values = wb_table_numbers(table, column);
    size_t row = 0;
    while (row < wb_table_n_rows(table) && isfinite(values[row]))
        row++;
    return row < wb_table_n_rows(table);
}

/* Without median and deciles. */
static wb_status fit_complete(wbi_term **out, wb_error *err)
{
    linear *term = linear_create(0, 0);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    *out = &term->base;
    return WB_OK;
}

static wb_status linear_fit(wbi_term **out, const wbi_sample *sample, size_t column, bool penalised, wb_error *err)
{
    (void)penalised;
    if (sample->this_table_only && !has_missing(sample->table, column))
        return fit_complete(out, err);
    learned found;
    WBI_TRY(learn(&found, sample, wb_table_numbers(sample->table, column), err));
    linear *term = linear_create(found.median, (double)(sample->n - found.n) / (double)sample->n);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    if (found.n > 0)
        memcpy(term->deciles, found.deciles, sizeof term->deciles);
    *out = &term->base;
    return WB_OK;
}

static wb_status linear_describe(wbi_buffer *name, const wbi_term *term, size_t part, wb_error *err)
{
    WBI_TRY(wbi_buffer_append_text(name, term->feature, err));
    return part == INDICATOR ? wbi_buffer_append_text(name, " (missing)", err) : WB_OK;
}

static wbi_plain linear_plain(const wbi_term *base, size_t part)
{
    const linear *term = (const linear *)base;
    return part == INDICATOR ? (wbi_plain){.missing = 1, .indicator = true} : (wbi_plain){.missing = term->median};
}

static int linear_to_json(json_t *object, const wbi_term *base)
{
    const linear *term = (const linear *)base;
    json_t *reference = json_object();
    json_t *deciles = isnan(term->deciles[0]) ? json_null() : wbi_json_reals(term->deciles, N_DECILES);
    int failed = json_object_set_new(object, "median", wbi_json_real(term->median));
    failed |= json_object_set_new(reference, "missing", wbi_json_real(term->missing_share));
    failed |= json_object_set_new(reference, "deciles", deciles);
    failed |= json_object_set_new(object, "reference", reference);
    return failed;
}

static wb_status read_deciles(linear *term, const wbi_json_at *reference, wb_error *err)
{
    double *deciles = NULL;
    size_t n;
    if (wbi_json_is_null(reference, "deciles"))
        return WB_OK;
    WBI_TRY(wbi_json_numbers(&deciles, &n, reference, "deciles", err));
    wb_status status = n == N_DECILES ? WB_OK
                                      : wbi_json_wrong(reference, "deciles", err, "expected %d numbers, found %zu",
                                                       N_DECILES, n);
    if (status == WB_OK)
        memcpy(term->deciles, deciles, sizeof term->deciles);
    wbi_free(deciles);
    return status;
}

static wb_status linear_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at reference;
    double median, missing_share;
    WBI_TRY(wbi_json_number(&median, at, "median", err));
    WBI_TRY(wbi_json_object(&reference, at, "reference", err));
    WBI_TRY(wbi_json_number(&missing_share, &reference, "missing", err));
    if (!(missing_share >= 0 && missing_share <= 1))
        return wbi_json_wrong(&reference, "missing", err, "%g is not in [0, 1]", missing_share);
    linear *term = linear_create(median, missing_share);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    wb_status status = read_deciles(term, &reference, err);
    if (status == WB_OK)
        *out = &term->base;
    else
        wbi_term_free(&term->base);
    return status;
}

const wbi_term_kind wbi_term_linear = {
    .name = "linear",
    .type = WB_TYPE_NUMBER,
    .fit = linear_fit,
    .free = linear_free,
    .describe = linear_describe,
    .plain = linear_plain,
    .to_json = linear_to_json,
    .from_json = linear_from_json,
};
