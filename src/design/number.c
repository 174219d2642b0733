/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/number.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/quantile.h"
#include "kernel/kernel.h"

const double *wbi_number_run(wbi_numbers numbers, size_t n, double *room)
{
    if (numbers.decimals == NULL)
        return numbers.wide;
    wbi_kernels_best()->decimals(room, numbers.decimals, n);
    return room;
}

wbi_number wbi_number_complete(void)
{
    wbi_number number = {.median = 0, .missing_share = 0};
    for (size_t i = 0; i < WBI_N_DECILES; i++)
        number.deciles[i] = NAN;
    number.shares[0] = NAN;
    return number;
}

/* Finite values of the sample, and whether all of them weigh the same. */
static size_t gather(double *out, bool *equal, const wbi_sample *sample, wbi_numbers values)
{
    size_t n = 0;
    double weight = NAN;
    *equal = true;
    for (size_t i = 0; i < sample->n; i++) {
        const double value = wbi_numbers_at(values, sample->rows[i]);
        if (!isfinite(value))
            continue;
        *equal &= n == 0 || sample->weight[i] == weight;
        weight = sample->weight[i];
        out[n++] = value;
    }
    return n;
}

wb_status wbi_number_quantiles(wbi_quantiles *out, size_t n_quantiles, const wbi_sample *sample, wbi_numbers values,
                               wb_error *err)
{
    wb_status status = WB_OK;
    double *finite = NULL, *spare = wbi_alloc_array(sample->n, 2 * sizeof *spare);
    if (spare == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, sample->n * 2 * sizeof *spare));
    out->n = sample->n;
    out->equal = true;
    if (sample->n > 0 && sample->one_run && sample->equal_weights &&
        wbi_finite_quantiles(out->at, out->up_to, n_quantiles, wbi_numbers_from(values, sample->rows[0]), sample->n, spare))
        goto cleanup;
    finite = wbi_alloc_array(sample->n, sizeof *finite);
    if (finite == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, sample->n * sizeof *finite));
    out->n = gather(finite, &out->equal, sample, values);
    if (out->n > 0)
        wbi_finite_quantiles(out->at, out->up_to, n_quantiles, (wbi_numbers){.wide = finite}, out->n, spare);
cleanup:
    wbi_free(finite);
    wbi_free(spare);
    return status;
}

static wb_status find_weighted_median(double *median, const wbi_sample *sample, wbi_numbers values, wb_error *err)
{
    wbi_weighted *weighted = wbi_alloc_array(sample->n, sizeof *weighted);
    wbi_weighted *spare = wbi_alloc_array(sample->n, sizeof *spare);
    wb_status status = WB_OK;
    if (weighted == NULL || spare == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, sample->n * sizeof *weighted));
    size_t n = 0;
    for (size_t i = 0; i < sample->n; i++) {
        const double value = wbi_numbers_at(values, sample->rows[i]);
        if (isfinite(value))
            weighted[n++] = (wbi_weighted){value, sample->weight[i]};
    }
    wbi_sort_weighted(weighted, spare, n);
    *median = wbi_weighted_median(weighted, n);
cleanup:
    wbi_free(weighted);
    wbi_free(spare);
    return status;
}

/* `up_to` says how many values are at most as large as a decile. */
static void find_shares(wbi_number *out, const size_t *up_to, size_t n)
{
    for (size_t k = 1, below = 0; k < WBI_N_DECILES; k++) {
        const size_t end = up_to[k] > below ? up_to[k] : below;
        out->shares[k - 1] = (double)(end - below) / (double)n;
        below = end;
    }
}

wb_status wbi_number_learn(wbi_number *out, const wbi_sample *sample, wbi_numbers values, wb_error *err)
{
    wbi_quantiles found;
    WBI_TRY(wbi_number_quantiles(&found, WBI_N_DECILES, sample, values, err));
    *out = wbi_number_complete();
    out->missing_share = (double)(sample->n - found.n) / (double)sample->n;
    if (found.n > 0) {
        memcpy(out->deciles, found.at, sizeof out->deciles);
        out->median = out->deciles[WBI_N_DECILES / 2];
        find_shares(out, found.up_to, found.n);
    }
    return found.equal ? WB_OK : find_weighted_median(&out->median, sample, values, err);
}

wbi_typical wbi_number_typical(const wbi_number *number)
{
    return (wbi_typical){isnan(number->deciles[0]) ? (double)NAN : number->median, NULL};
}

wbi_reference wbi_number_reference(const wbi_number *number)
{
    return (wbi_reference){.missing = number->missing_share,
                           .deciles = isnan(number->deciles[0]) ? NULL : number->deciles,
                           .shares = isnan(number->shares[0]) ? NULL : number->shares};
}

/* ---- the model file ---- */

int wbi_number_to_json(json_t *object, const wbi_number *number)
{
    json_t *reference = json_object();
    json_t *deciles = isnan(number->deciles[0]) ? json_null() : wbi_json_reals(number->deciles, WBI_N_DECILES);
    int failed = json_object_set_new(object, "median", wbi_json_real(number->median));
    failed |= json_object_set_new(reference, "missing", wbi_json_real(number->missing_share));
    failed |= json_object_set_new(reference, "deciles", deciles);
    if (!isnan(number->shares[0]))
        failed |= json_object_set_new(reference, "shares", wbi_json_reals(number->shares, WBI_N_DECILES - 1));
    failed |= json_object_set_new(object, "reference", reference);
    return failed;
}

/* What interpolation between equal values may be off by. */
static const double ROUNDING = 1e-12;

static wb_status read_deciles(wbi_number *out, const wbi_json_at *reference, wb_error *err)
{
    double *deciles = NULL;
    size_t n;
    if (wbi_json_is_null(reference, "deciles"))
        return WB_OK;
    WBI_TRY(wbi_json_numbers(&deciles, &n, reference, "deciles", err));
    wb_status status = n == WBI_N_DECILES ? WB_OK
                                          : wbi_json_wrong(reference, "deciles", err, "expected %d numbers, found %zu",
                                                           WBI_N_DECILES, n);
    for (size_t i = 1; status == WB_OK && i < n; i++)
        if (deciles[i - 1] - deciles[i] > ROUNDING * fmax(fabs(deciles[i - 1]), fabs(deciles[i])))
            status = wbi_json_wrong(reference, "deciles", err, "%g follows on %g, which is more", deciles[i], deciles[i - 1]);
    if (status == WB_OK)
        memcpy(out->deciles, deciles, sizeof out->deciles);
    wbi_free(deciles);
    return status;
}

wb_status wbi_number_from_json(wbi_number *out, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at reference;
    *out = wbi_number_complete();
    WBI_TRY(wbi_json_number(&out->median, at, "median", err));
    WBI_TRY(wbi_json_object(&reference, at, "reference", err));
    WBI_TRY(wbi_json_number(&out->missing_share, &reference, "missing", err));
    if (!(out->missing_share >= 0 && out->missing_share <= 1))
        return wbi_json_wrong(&reference, "missing", err, "%g is not in [0, 1]", out->missing_share);
    WBI_TRY(read_deciles(out, &reference, err));
    if (json_object_get(reference.value, "shares") == NULL)
        return WB_OK;
    return wbi_json_shares(out->shares, WBI_N_DECILES - 1, &reference, "shares", err);
}
