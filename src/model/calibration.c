/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/calibration.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"

static const char key[] = "calibration";

const char *wb_calibration_name(wb_calibration calibration)
{
    switch (calibration) {
    case WB_CALIBRATION_NONE:
        return "none";
    case WB_CALIBRATION_PLATT:
        return "platt";
    case WB_CALIBRATION_ISOTONIC:
        return "isotonic";
    case WB_CALIBRATION_AUTO:
        return "auto";
    }
    return NULL;
}

wb_status wbi_calibration_reserve(wbi_calibration *map, size_t n_knots, wb_error *err)
{
    map->from = wbi_alloc_array(n_knots, sizeof *map->from);
    map->to = wbi_alloc_array(n_knots, sizeof *map->to);
    map->n_knots = n_knots;
    return map->from == NULL || map->to == NULL ? wbi_fail_nomem(err, n_knots * sizeof *map->from) : WB_OK;
}

wb_status wbi_calibration_copy(wbi_calibration *out, const wbi_calibration *from, wb_error *err)
{
    *out = *from;
    out->from = out->to = NULL;
    if (from->n_knots == 0)
        return WB_OK;
    WBI_TRY(wbi_calibration_reserve(out, from->n_knots, err));
    memcpy(out->from, from->from, from->n_knots * sizeof *out->from);
    memcpy(out->to, from->to, from->n_knots * sizeof *out->to);
    return WB_OK;
}

void wbi_calibration_clear(wbi_calibration *map)
{
    wbi_free(map->from);
    wbi_free(map->to);
    *map = (wbi_calibration){0};
}

/* ---- from log-odds to probabilities ---- */

static double interpolate(const wbi_calibration *map, double p)
{
    const double *from = map->from, *to = map->to;
    size_t low = 0, high = map->n_knots - 1;
    if (p <= from[low] || p >= from[high])
        return to[p <= from[low] ? low : high];
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (p >= from[middle])
            low = middle;
        else
            high = middle;
    }
    const double at = to[low] + (to[high] - to[low]) * ((p - from[low]) / (from[high] - from[low]));
    return at > to[high] ? to[high] : at; /* but for rounding it is not */
}

void wbi_calibrate(const wbi_calibration *map, double *probability, const double *log_odds, size_t n)
{
    if (map->method == WB_CALIBRATION_PLATT) {
        for (size_t i = 0; i < n; i++)
            probability[i] = wbi_calibrated_log_odds(map, log_odds[i], NAN);
        log_odds = probability;
    }
    wbi_kernels_best()->sigmoid(probability, log_odds, n);
    if (map->method != WB_CALIBRATION_ISOTONIC)
        return;
    for (size_t i = 0; i < n; i++)
        probability[i] = isnan(probability[i]) ? probability[i] : interpolate(map, probability[i]);
}

double wbi_calibrated_log_odds(const wbi_calibration *map, double log_odds, double probability)
{
    switch (map->method) {
    case WB_CALIBRATION_PLATT:
        return map->slope * log_odds + map->intercept;
    case WB_CALIBRATION_ISOTONIC:
        return log(probability) - log1p(-probability);
    default:
        return log_odds;
    }
}

/* ---- the file ---- */

static json_t *to_json(const wbi_calibration *map)
{
    json_t *object = json_object();
    int failed = json_object_set_new(object, "method", json_string(wb_calibration_name(map->method)));
    if (map->method == WB_CALIBRATION_NONE)
        failed |= json_object_set_new(object, "tried", json_string(wb_calibration_name(map->tried)));
    if (map->method == WB_CALIBRATION_PLATT) {
        failed |= json_object_set_new(object, "slope", wbi_json_real(map->slope));
        failed |= json_object_set_new(object, "intercept", wbi_json_real(map->intercept));
    }
    if (map->method == WB_CALIBRATION_ISOTONIC) {
        failed |= json_object_set_new(object, "from", wbi_json_reals(map->from, map->n_knots));
        failed |= json_object_set_new(object, "to", wbi_json_reals(map->to, map->n_knots));
    }
    failed |= json_object_set_new(object, "log_loss", wbi_json_real(map->log_loss));
    failed |= json_object_set_new(object, "difference_se", wbi_json_real(map->difference_se));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

int wbi_calibration_to_json(json_t *model, const wbi_calibration *map)
{
    return map->tried == WB_CALIBRATION_NONE ? 0 : json_object_set_new(model, key, to_json(map));
}

static wb_status read_method(wb_calibration *method, const wbi_json_at *at, const char *member, wb_error *err)
{
    char *text = NULL;
    WBI_TRY(wbi_json_text(&text, at, member, err));
    wb_status status = WB_OK;
    *method = WB_CALIBRATION_NONE;
    while (*method < WB_CALIBRATION_AUTO && strcmp(text, wb_calibration_name(*method)) != 0)
        ++*method;
    if (*method == WB_CALIBRATION_AUTO)
        status = wbi_json_wrong(at, member, err, "expected 'none', 'platt' or 'isotonic', found '%.40s'", text);
    wbi_free(text);
    return status;
}

static wb_status read_line(wbi_calibration *map, const wbi_json_at *at, wb_error *err)
{
    WBI_TRY(wbi_json_number(&map->slope, at, "slope", err));
    WBI_TRY(wbi_json_number(&map->intercept, at, "intercept", err));
    return map->slope > 0 ? WB_OK : wbi_json_wrong(at, "slope", err, "%g is not more than 0", map->slope);
}

static wb_status check_probabilities(const double *values, const wbi_calibration *map, const wbi_json_at *at,
                                     const char *member, wb_error *err)
{
    const bool strictly = values == map->from;
    for (size_t k = 0; k < map->n_knots; k++) {
        if (!(values[k] >= 0 && values[k] <= 1))
            return wbi_json_wrong(at, member, err, "%g is no probability", values[k]);
        if (k > 0 && (strictly ? values[k] <= values[k - 1] : values[k] < values[k - 1]))
            return wbi_json_wrong(at, member, err, "%g follows on %g, which is %s", values[k], values[k - 1],
                                  strictly ? "not less" : "more");
    }
    return WB_OK;
}

static wb_status read_knots(wbi_calibration *map, const wbi_json_at *at, wb_error *err)
{
    size_t n_to;
    WBI_TRY(wbi_json_numbers(&map->from, &map->n_knots, at, "from", err));
    WBI_TRY(wbi_json_numbers(&map->to, &n_to, at, "to", err));
    if (map->n_knots < 1 || map->n_knots > WBI_MAX_KNOTS)
        return wbi_json_wrong(at, "from", err, "expected 1 to %d numbers, found %zu", WBI_MAX_KNOTS, map->n_knots);
    if (n_to != map->n_knots)
        return wbi_json_wrong(at, "to", err, "expected %zu numbers, found %zu", map->n_knots, n_to);
    WBI_TRY(check_probabilities(map->from, map, at, "from", err));
    return check_probabilities(map->to, map, at, "to", err);
}

static wb_status read_figure(double *out, const wbi_json_at *at, const char *member, wb_error *err)
{
    WBI_TRY(wbi_json_number_or_null(out, at, member, err));
    return *out < 0 ? wbi_json_wrong(at, member, err, "%g is less than 0", *out) : WB_OK;
}

wb_status wbi_calibration_from_json(wbi_calibration *map, const wbi_json_at *model, bool has_folds, wb_error *err)
{
    wbi_json_at at;
    if (json_object_get(model->value, key) == NULL)
        return WB_OK;
    WBI_TRY(wbi_json_object(&at, model, key, err));
    if (!has_folds)
        return wbi_json_wrong(model, key, err, "there are no folds that it could come from: training.folds is null");
    WBI_TRY(read_method(&map->method, &at, "method", err));
    map->tried = map->method;
    if (map->method == WB_CALIBRATION_NONE)
        WBI_TRY(read_method(&map->tried, &at, "tried", err));
    if (map->tried == WB_CALIBRATION_NONE)
        return wbi_json_wrong(&at, "tried", err, "expected 'platt' or 'isotonic', found 'none'");
    if (map->method == WB_CALIBRATION_PLATT)
        WBI_TRY(read_line(map, &at, err));
    if (map->method == WB_CALIBRATION_ISOTONIC)
        WBI_TRY(read_knots(map, &at, err));
    WBI_TRY(read_figure(&map->log_loss, &at, "log_loss", err));
    return read_figure(&map->difference_se, &at, "difference_se", err);
}
