/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/purchases.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "btyd/bg_nbd.h"
#include "design/term.h"
#include "par/par.h"

enum { DAYS_A_UNIT = 7, BLOCK_ROWS = 4096 };
static const char *const parameter_names[] = {"r", "alpha", "a", "b"};

void wbi_purchases_free(wbi_purchases *purchases)
{
    if (purchases == NULL)
        return;
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++)
        wbi_free(purchases->reads[k]);
    wbi_free(purchases);
}

/* False where the numbers are none: dates are counted in whole days, and at most one purchase a date. */
static bool read_history(wbi_history *out, const double *const columns[WBI_PURCHASES_READS], size_t row)
{
    const double x = columns[0][row], t_x = columns[1][row], t = columns[2][row];
    if (!(x >= 0 && x <= t_x && t_x <= t && t <= WBI_PURCHASES_MOST_DAYS) || (x == 0 && t_x > 0) || floor(x) != x ||
        floor(t_x) != t_x || floor(t) != t)
        return false;
    *out = (wbi_history){(uint32_t)x, (uint32_t)t_x, (uint32_t)t};
    return true;
}

void wbi_purchases_expect(double *out, const wbi_bg_nbd_model *model, double horizon_days,
                          const double *const columns[WBI_PURCHASES_READS], const size_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wbi_history h;
        out[i] = read_history(&h, columns, rows == NULL ? i : rows[i])
                     ? wbi_bg_nbd_purchases(model, h.x, (double)h.t_x_days / DAYS_A_UNIT, (double)h.t_days / DAYS_A_UNIT,
                                            horizon_days / DAYS_A_UNIT)
                     : (double)NAN;
    }
}

size_t wbi_purchases_count(const double *const columns[WBI_PURCHASES_READS], const size_t *rows, size_t n)
{
    size_t n_known = 0;
    wbi_history h;
    for (size_t i = 0; i < n; i++)
        n_known += read_history(&h, columns, rows[i]);
    return n_known;
}

/* ---- fitting ---- */

static wb_status fit_model(wbi_bg_nbd_model *out, const wbi_history *histories, size_t n, const char *name, int n_threads,
                           wb_error *err)
{
    wbi_triples triples;
    wbi_maximum maximum;
    WBI_TRY(wbi_triples_create(&triples, histories, n, DAYS_A_UNIT, err));
    const wb_status status = wbi_bg_nbd_fit_within(&maximum, &triples, n_threads, err);
    wbi_triples_free(&triples);
    if (status == WB_ERR_DEGENERATE)
        wbi_advise(err, "%s cannot be had from these %zu rows; where they are those of an early split, --validate customers may do, else leave the "
                        "btyd term out",
                   name, n);
    if (status == WB_OK)
        *out = (wbi_bg_nbd_model){maximum.values[WBI_BG_NBD_R], maximum.values[WBI_BG_NBD_ALPHA],
                                  maximum.values[WBI_BG_NBD_A], maximum.values[WBI_BG_NBD_B]};
    return status;
}

static wb_status learn(wbi_purchases *purchases, const wbi_sample *sample, const double *const columns[WBI_PURCHASES_READS],
                       const char *name, int n_threads, wb_error *err)
{
    size_t n = 0;
    wbi_history *histories = wbi_alloc_array(sample->n, sizeof *histories);
    if (histories == NULL)
        return wbi_fail_nomem(err, sample->n * sizeof *histories);
    for (size_t i = 0; i < sample->n; i++)
        n += read_history(&histories[n], columns, sample->rows[i]);
    const wb_status status = fit_model(&purchases->model, histories, n, name, n_threads, err);
    wbi_free(histories);
    return status;
}

typedef struct expecting {
    const wbi_purchases *purchases;
    const double *const *columns;
    const size_t *rows;
    double *made;
} expecting;

static wb_status expect_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const expecting *work = context;
    (void)block, (void)worker, (void)err;
    wbi_purchases_expect(work->made + begin, &work->purchases->model, work->purchases->horizon_days, work->columns,
                         work->rows + begin, end - begin);
    return WB_OK;
}

wb_status wbi_purchases_fit(wbi_purchases **out, double *made, const wbi_sample *sample, const wbi_purchases_wanted *wanted,
                            int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    const double *columns[WBI_PURCHASES_READS];
    wbi_purchases *purchases = wbi_alloc_zeroed(1, sizeof *purchases);
    if (purchases == NULL)
        return wbi_fail_nomem(err, sizeof *purchases);
    purchases->horizon_days = wanted->horizon_days;
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++) {
        columns[k] = wb_table_numbers(sample->table, wanted->columns[k]);
        purchases->reads[k] = wbi_strdup(wb_table_name(sample->table, wanted->columns[k]));
        if (purchases->reads[k] == NULL)
            WBI_TRY_CLEANUP(wbi_fail_nomem(err, 1));
    }
    WBI_TRY_CLEANUP(learn(purchases, sample, columns, wanted->name, n_threads, err));
    expecting work = {purchases, columns, sample->rows, made};
    WBI_TRY_CLEANUP(wbi_par_for(sample->n, BLOCK_ROWS, n_threads, expect_block, &work, err));
    *out = purchases;
    purchases = NULL;
cleanup:
    wbi_purchases_free(purchases);
    return status;
}

bool wbi_purchases_at_end(const wbi_purchases *purchases)
{
    const double of[] = {purchases->model.a, purchases->model.b};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        if (of[k] <= WBI_MAXIMISE_LEAST_VALUE || of[k] >= WBI_MAXIMISE_MOST_VALUE)
            return true;
    return false;
}

/* ---- the model file ---- */

static double *parameter(wbi_bg_nbd_model *model, size_t k)
{
    double *const of[] = {&model->r, &model->alpha, &model->a, &model->b};
    return of[k];
}

json_t *wbi_purchases_to_json(const wbi_purchases *purchases)
{
    wbi_bg_nbd_model model = purchases->model;
    json_t *object = json_object();
    int failed = json_object_set_new(object, "reads", wbi_json_strings(purchases->reads, WBI_PURCHASES_READS));
    failed |= json_object_set_new(object, "horizon_days", wbi_json_real(purchases->horizon_days));
    for (size_t k = 0; k < WBI_BG_NBD_N; k++)
        failed |= json_object_set_new(object, parameter_names[k], wbi_json_real(*parameter(&model, k)));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static wb_status read_parameters(wbi_purchases *out, const wbi_json_at *at, wb_error *err)
{
    WBI_TRY(wbi_json_number(&out->horizon_days, at, "horizon_days", err));
    if (!(out->horizon_days > 0 && out->horizon_days <= WBI_PURCHASES_MOST_DAYS))
        return wbi_json_wrong(at, "horizon_days", err, "%g days cannot be looked ahead", out->horizon_days);
    for (size_t k = 0; k < WBI_BG_NBD_N; k++) {
        double *value = parameter(&out->model, k);
        WBI_TRY(wbi_json_number(value, at, parameter_names[k], err));
        if (!(*value >= WBI_MAXIMISE_LEAST_VALUE && *value <= WBI_MAXIMISE_MOST_VALUE))
            return wbi_json_wrong(at, parameter_names[k], err, "%g is not from %g to %g", *value, WBI_MAXIMISE_LEAST_VALUE,
                                  WBI_MAXIMISE_MOST_VALUE);
    }
    return WB_OK;
}

static wb_status read_reads(wbi_purchases *out, const wbi_json_at *at, wb_error *err)
{
    char **texts = NULL;
    size_t n;
    WBI_TRY(wbi_json_texts(&texts, &n, at, "reads", err));
    wb_status status = n == WBI_PURCHASES_READS ? WB_OK
                                                : wbi_json_wrong(at, "reads", err, "expected %d names, found %zu",
                                                                 WBI_PURCHASES_READS, n);
    for (size_t k = 0; status == WB_OK && k < n; k++)
        for (size_t before = 0; status == WB_OK && before < k; before++)
            if (strcmp(texts[before], texts[k]) == 0)
                status = wbi_json_wrong(at, "reads", err, "'%.100s' is read twice", texts[k]);
    for (size_t k = 0; status == WB_OK && k < n; k++) {
        out->reads[k] = texts[k];
        texts[k] = NULL;
    }
    wbi_json_texts_free(texts, n);
    return status;
}

wb_status wbi_purchases_from_json(wbi_purchases **out, const wbi_json_at *at, const char *key, wb_error *err)
{
    wbi_json_at object;
    WBI_TRY(wbi_json_object(&object, at, key, err));
    wbi_purchases *purchases = wbi_alloc_zeroed(1, sizeof *purchases);
    if (purchases == NULL)
        return wbi_fail_nomem(err, sizeof *purchases);
    wb_status status = read_reads(purchases, &object, err);
    if (status == WB_OK)
        status = read_parameters(purchases, &object, err);
    if (status == WB_OK)
        *out = purchases;
    else
        wbi_purchases_free(purchases);
    return status;
}
