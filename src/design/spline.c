/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Smooth functions of a number: cubic B-splines with knots at its quantiles, and constant beyond the training range. The
 * splines add up to 1, as the intercept does, so the last has no column. A missing number takes the training median and, when
 * training had any, a column of its own.
 *
 * The bend of a function is measured by second differences of its coefficients, as in P-splines (Eilers and Marx 1996), each
 * from the chord of its neighbours: knots at quantiles are not equally far apart, and a straight line has coefficients that
 * lie on a line over the Greville abscissae, not over their numbers (Li and Cao 2022). Where knots are equally far apart
 * that is the usual difference; everywhere it is the same whatever the number's unit. What it does not see is the straight
 * line, whose coefficients have a penalty of their own (Marra and Wood 2011), so that the whole can shrink to nothing. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/bspline.h"
#include "design/number.h"

enum { MIN_DISTINCT = 10, PER_INTERVAL = 4, MAX_COLUMNS = WBI_MAX_INTERVALS + 2 };
/* Intervals narrower than this, beside the whole range or the values themselves, are no intervals in double precision. */
static const double NARROW = 1e-10;
static const double EMPTY = 1e-9;

typedef struct spline {
    wbi_term base;
    wbi_number number;
    size_t n_intervals;
    double knots[WBI_MAX_INTERVALS + 1];
    double inner[WBI_MAX_INTERVALS - 1]; /* the knots between the ends, INFINITY behind them */
    double inverse_width[WBI_MAX_INTERVALS];
    double cubics[WBI_MAX_INTERVALS][4][PER_INTERVAL]; /* interval, power, function */
} spline;

static size_t n_smooth(const wbi_term *base)
{
    return ((const spline *)base)->n_intervals + PER_INTERVAL - 2;
}

static void spline_free(wbi_term *term)
{
    wbi_free(term);
}

static wb_status spline_create(spline **out, const wbi_number *number, const double *knots, size_t n_intervals,
                               wb_error *err)
{
    spline *term = wbi_alloc_zeroed(1, sizeof *term);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    term->number = *number;
    term->n_intervals = n_intervals;
    term->base = (wbi_term){.kind = &wbi_term_spline};
    term->base.n_columns = n_smooth(&term->base) + (number->missing_share > 0);
    memcpy(term->knots, knots, (n_intervals + 1) * sizeof *knots);
    for (size_t i = 0; i < WBI_MAX_INTERVALS - 1; i++)
        term->inner[i] = i + 1 < n_intervals ? knots[i + 1] : INFINITY;
    for (size_t i = 0; i < n_intervals; i++)
        term->inverse_width[i] = 1 / (knots[i + 1] - knots[i]);
    wb_status status = wbi_bspline_cubics(term->cubics, term->knots, n_intervals, err);
    if (status == WB_OK)
        *out = term;
    else
        spline_free(&term->base);
    return status;
}

/* The splines' values on the interval that the value lies in; returns the interval, from which on they are numbered. */
static size_t evaluate(double *out, const spline *term, double value)
{
    const double last = term->knots[term->n_intervals];
    const double at = value < term->knots[0] ? term->knots[0] : value > last ? last : value;
    size_t i = 0;
    for (size_t k = 0; k < WBI_MAX_INTERVALS - 1; k++)
        i += at >= term->inner[k];
    const double u = (at - term->knots[i]) * term->inverse_width[i];
    const double (*c)[PER_INTERVAL] = term->cubics[i];
    for (size_t f = 0; f < PER_INTERVAL; f++)
        out[f] = c[0][f] + u * (c[1][f] + u * (c[2][f] + u * c[3][f]));
    return i;
}

/* ---- fitting ---- */

static bool has_enough_values(const wbi_sample *sample, wbi_numbers values)
{
    double seen[MIN_DISTINCT];
    size_t n = 0;
    for (size_t i = 0; i < sample->n && n < MIN_DISTINCT; i++) {
        const double value = wbi_numbers_at(values, sample->rows[i]);
        size_t k = 0;
        while (k < n && seen[k] != value)
            k++;
        if (k == n && isfinite(value))
            seen[n++] = value;
    }
    return n == MIN_DISTINCT;
}

/* Leaves those out that are not apart, but neither end; the number of intervals. */
static size_t keep_distinct(double *knots, size_t n)
{
    const double first = knots[0], last = knots[n - 1];
    const double apart = NARROW * fmax(last - first, fmax(fabs(first), fabs(last)));
    size_t n_kept = 1;
    if (!isfinite(last - first) || !(last - first > apart))
        return 0;
    for (size_t i = 1; i < n; i++)
        if (knots[i] - knots[n_kept - 1] > apart && last - knots[i] > apart)
            knots[n_kept++] = knots[i];
    knots[n_kept] = last;
    return n_kept;
}

/* The distinct ones of the quantiles of the finite values; 0 intervals where there are none. */
static wb_status place_knots(double *knots, size_t *n_intervals, const wbi_sample *sample, wbi_numbers values,
                             wb_error *err)
{
    wbi_quantiles found;
    WBI_TRY(wbi_number_quantiles(&found, WBI_MAX_INTERVALS + 1, sample, values, err));
    memcpy(knots, found.at, sizeof found.at);
    *n_intervals = keep_distinct(knots, WBI_MAX_INTERVALS + 1);
    return WB_OK;
}

/* Moves each inner knot down to the next value that there is. Then every spline but those at the ends has a knot, and so a value,
 * within its support; where a quantile fell between two neighbouring values, the support of one may have held none. */
static void move_to_values(double *knots, size_t *n_intervals, const wbi_sample *sample, wbi_numbers values)
{
    double below[WBI_MAX_INTERVALS + 1];
    for (size_t k = 0; k <= *n_intervals; k++)
        below[k] = knots[0];
    for (size_t i = 0; i < sample->n; i++) {
        const double value = wbi_numbers_at(values, sample->rows[i]);
        for (size_t k = 1; k < *n_intervals; k++)
            if (value <= knots[k] && value > below[k])
                below[k] = value;
    }
    memcpy(knots + 1, below + 1, (*n_intervals - 1) * sizeof *knots);
    *n_intervals = keep_distinct(knots, *n_intervals + 1);
}

/* Whether a spline is 0 at all values but for rounding, so that its column would be constant. */
static bool has_empty_spline(const spline *term, const wbi_sample *sample, wbi_numbers values)
{
    double largest[MAX_COLUMNS + 1] = {0}, splines[PER_INTERVAL];
    for (size_t i = 0; i < sample->n; i++) {
        const double value = wbi_numbers_at(values, sample->rows[i]);
        if (!isfinite(value))
            continue;
        const size_t first = evaluate(splines, term, value);
        for (size_t f = 0; f < PER_INTERVAL; f++)
            largest[first + f] = fmax(largest[first + f], splines[f]);
    }
    for (size_t j = 0; j < term->n_intervals + PER_INTERVAL - 1; j++)
        if (!(largest[j] > EMPTY))
            return true;
    return false;
}

static wb_status spline_fit(wbi_term **out, const wbi_sample *sample, size_t column, bool penalised, wb_error *err)
{
    const wbi_numbers values = wbi_table_numbers(sample->table, column);
    double knots[WBI_MAX_INTERVALS + 1];
    size_t n_intervals;
    wbi_number number;
    spline *term;
    if (!penalised || !has_enough_values(sample, values))
        return WB_OK;
    WBI_TRY(place_knots(knots, &n_intervals, sample, values, err));
    if (n_intervals == 0)
        return WB_OK;
    WBI_TRY(wbi_number_learn(&number, sample, values, err));
    WBI_TRY(spline_create(&term, &number, knots, n_intervals, err));
    if (has_empty_spline(term, sample, values) && n_intervals > 1) {
        spline_free(&term->base);
        move_to_values(knots, &n_intervals, sample, values);
        WBI_TRY(spline_create(&term, &number, knots, n_intervals, err));
    }
    if (has_empty_spline(term, sample, values))
        spline_free(&term->base);
    else
        *out = &term->base;
    return WB_OK;
}

/* "x[3]" for the third spline. */
static wb_status spline_describe(wbi_buffer *name, const wbi_term *term, size_t part, wb_error *err)
{
    char number[24];
    WBI_TRY(wbi_buffer_append_text(name, term->feature, err));
    if (part >= n_smooth(term))
        return wbi_buffer_append_text(name, " (missing)", err);
    snprintf(number, sizeof number, "[%zu]", part + 1);
    return wbi_buffer_append_text(name, number, err);
}

/* ---- encoding ---- */

static void spline_encode(wbi_encoding *out, const wbi_term *base, const wbi_term_binding *binding)
{
    const spline *term = (const spline *)base;
    const wbi_numbers values = wbi_table_numbers(binding->table, binding->column);
    const size_t n = n_smooth(base), indicator_at = base->n_columns > n ? out->place[n] : SIZE_MAX;
    double *x = out->x, splines[PER_INTERVAL];
    for (size_t i = 0; i < out->n; i++, x += out->stride) {
        const double value = wbi_numbers_at(values, out->rows == NULL ? out->begin + i : out->rows[out->begin + i]);
        const bool missing = !isfinite(value);
        const size_t first = evaluate(splines, term, missing ? term->number.median : value);
        for (size_t f = 0; f < PER_INTERVAL && first + f < n; f++)
            if (out->place[first + f] != SIZE_MAX)
                x[out->place[first + f]] = splines[f];
        if (indicator_at != SIZE_MAX)
            x[indicator_at] = missing;
    }
}

/* ---- penalties ---- */

static void add_outer(double *matrix, size_t n, const double *row, size_t first, size_t length)
{
    for (size_t a = 0; a < length && first + a < n; a++)
        for (size_t b = 0; b < length && first + b < n; b++)
            matrix[(first + a) * n + first + b] += row[a] * row[b];
}

/* The coefficient that has no column is 0. */
static void spline_penalties(double *bend, double *slope, const wbi_term *base)
{
    const spline *term = (const spline *)base;
    const size_t n = n_smooth(base);
    double at[MAX_COLUMNS + 1], line[MAX_COLUMNS], squares = 0;
    for (size_t j = 0; j <= n; j++)
        at[j] = wbi_bspline_abscissa(term->knots, term->n_intervals, j);
    memset(bend, 0, n * n * sizeof *bend);
    memset(slope, 0, n * n * sizeof *slope);
    for (size_t j = 0; j + 2 <= n; j++) {
        const double left = at[j + 1] - at[j], right = at[j + 2] - at[j + 1];
        const double row[3] = {2 * right / (left + right), -2, 2 * left / (left + right)};
        add_outer(bend, n, row, j, 3);
    }
    for (size_t j = 0; j < n; j++) {
        line[j] = (at[j] - at[n]) / (at[n] - at[0]);
        squares += line[j] * line[j];
    }
    for (size_t j = 0; j < n; j++)
        line[j] /= sqrt(squares);
    add_outer(slope, n, line, 0, n);
}

static void spline_shape(wbi_shape *out, const wbi_term *base, const double *coefficients)
{
    const spline *term = (const spline *)base;
    const size_t n = n_smooth(base);
    *out = (wbi_shape){.n_intervals = term->n_intervals, .missing = term->number.median};
    memcpy(out->knots, term->knots, sizeof out->knots);
    for (size_t i = 0; i < term->n_intervals; i++)
        for (size_t power = 0; power < 4; power++)
            for (size_t f = 0; f < PER_INTERVAL && i + f < n; f++)
                out->cubic[i][power] += coefficients[i + f] * term->cubics[i][power][f];
}

/* ---- scoring ---- */

_Static_assert((int)WBI_SCORE_INTERVALS == (int)WBI_MAX_INTERVALS, "scoring takes every curve");

static wb_status spline_compile(wbi_contribution *out, const wbi_term *base, const wbi_weighed *parts, wb_error *err)
{
    (void)err;
    const spline *term = (const spline *)base;
    const size_t n = n_smooth(base);
    const wbi_weighed indicator = base->n_columns > n ? parts[n] : (wbi_weighed){0, 0};
    wbi_score_curve *curve = &out->curve;
    double coefficients[MAX_COLUMNS], mean = indicator.coefficient * indicator.mean;
    wbi_shape shape;
    for (size_t j = 0; j < n; j++) {
        coefficients[j] = parts[j].coefficient;
        mean += parts[j].coefficient * parts[j].mean;
    }
    spline_shape(&shape, base, coefficients);
    out->form = WBI_CONTRIBUTION_CURVE;
    out->saw_missing = term->number.missing_share > 0;
    curve->low = term->number.deciles[0];
    curve->high = term->number.deciles[WBI_N_DECILES - 1];
    curve->missing = wbi_shape_at(&shape, term->number.median) - mean + indicator.coefficient;
    wbi_score_curve_place(curve, term->knots, term->n_intervals);
    for (size_t i = 0; i < term->n_intervals; i++) {
        double *of = curve->intervals + i * WBI_SCORE_INTERVAL;
        memcpy(of, shape.cubic[i], sizeof shape.cubic[i]);
        of[0] -= mean;
    }
    return WB_OK;
}

/* ---- the model file ---- */

static wbi_typical spline_typical(const wbi_term *base)
{
    return wbi_number_typical(&((const spline *)base)->number);
}

static wbi_reference spline_reference(const wbi_term *base)
{
    return wbi_number_reference(&((const spline *)base)->number);
}

static int spline_to_json(json_t *object, const wbi_term *base)
{
    const spline *term = (const spline *)base;
    int failed = wbi_number_to_json(object, &term->number);
    failed |= json_object_set_new(object, "knots", wbi_json_reals(term->knots, term->n_intervals + 1));
    return failed;
}

static wb_status check_knots(const double *knots, size_t n, const wbi_json_at *at, wb_error *err)
{
    if (n < 2 || n > WBI_MAX_INTERVALS + 1)
        return wbi_json_wrong(at, "knots", err, "expected 2 to %d numbers, found %zu", WBI_MAX_INTERVALS + 1, n);
    for (size_t i = 1; i < n; i++)
        if (!(knots[i] > knots[i - 1]))
            return wbi_json_wrong(at, "knots", err, "%.17g does not lie above %.17g", knots[i], knots[i - 1]);
    const double range = knots[n - 1] - knots[0], size = fmax(fabs(knots[0]), fabs(knots[n - 1]));
    for (size_t i = 1; i < n; i++)
        if (!isfinite(range) || !(knots[i] - knots[i - 1] > NARROW / 2 * fmax(range, size)))
            return wbi_json_wrong(at, "knots", err, "%.17g and %.17g are too close to each other", knots[i - 1],
                                  knots[i]);
    return WB_OK;
}

static wb_status spline_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    double *knots = NULL;
    size_t n;
    wbi_number number;
    spline *term = NULL;
    WBI_TRY(wbi_number_from_json(&number, at, err));
    WBI_TRY(wbi_json_numbers(&knots, &n, at, "knots", err));
    wb_status status = check_knots(knots, n, at, err);
    if (status == WB_OK)
        status = spline_create(&term, &number, knots, n - 1, err);
    if (status == WB_OK)
        *out = &term->base;
    wbi_free(knots);
    return status;
}

const wbi_term_kind wbi_term_spline = {
    .name = "spline",
    .type = WB_TYPE_NUMBER,
    .fit = spline_fit,
    .free = spline_free,
    .describe = spline_describe,
    .encode = spline_encode,
    .to_json = spline_to_json,
    .typical = spline_typical,
    .reference = spline_reference,
    .from_json = spline_from_json,
    .compile = spline_compile,
    .n_penalised = n_smooth,
    .penalties = spline_penalties,
    .shape = spline_shape,
};
