/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points of the curves. Where scores are many, candidates are taken at even steps along the ROC curve and along the logarithm of
 * the depth, and then the one that matters least is left out again and again (Visvalingam and Whyatt 1993). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/figures.h"
#include "metrics/wilson.h"

enum { MANY_GROUPS = 2048, STEPS = 1024, STEPS_AN_OCTAVE = 8, MAX_OCTAVES = 64 };
enum { MAX_CANDIDATES = MANY_GROUPS + 2 * STEPS + STEPS_AN_OCTAVE * MAX_OCTAVES };

typedef struct drawing {
    const wbi_sorted *order;
    const wb_metrics_options *options;
    double *scratch;
    wb_curves *out;
    wbi_weights total;
    size_t n_groups;
    wbi_bin bins[WB_CALIBRATION_BINS];
    wb_curve_point *points; /* candidates: MAX_CANDIDATES + 1 */
    size_t n_points;
    double step, octave; /* of the last one */
} drawing;

typedef void (*take_groups)(drawing *d, const wbi_groups *groups, wbi_weights before);

/* Calls `take` for all groups, some at a time; returns all weights. */
static wbi_weights walk(drawing *d, take_groups take)
{
    wbi_weights before = {0, 0};
    for (size_t begin = 0; begin < d->order->n; begin += WBI_CHUNK) {
        const wbi_ranked ranked = {.order = d->order};
        const size_t left = d->order->n - begin;
        wbi_group_chunk chunk;
        wbi_group_chunk_read(&chunk, &ranked, begin, begin + (left < WBI_CHUNK ? left : WBI_CHUNK), d->scratch);
        take(d, &chunk.groups, before);
        for (size_t k = 0; k < chunk.groups.n; k++) {
            before.negative += chunk.groups.negative[k];
            before.positive += chunk.groups.positive[k];
        }
    }
    return before;
}

static void count(drawing *d, const wbi_groups *g, wbi_weights before)
{
    (void)before;
    d->n_groups += g->n;
    for (size_t k = 0; k < g->n; k++) {
        size_t bin = (size_t)(g->probability[k] * WB_HISTOGRAM_BINS);
        bin = bin < WB_HISTOGRAM_BINS ? bin : WB_HISTOGRAM_BINS - 1;
        d->out->histogram_negative[bin] += g->negative[k];
        d->out->histogram_positive[bin] += g->positive[k];
    }
}

static wb_curve_point point_at(const drawing *d, wbi_weights within, double threshold)
{
    const wb_profit_model *model = &d->options->profit;
    const double weight = within.negative + within.positive, total = d->total.negative + d->total.positive;
    const double keep = model->alpha / (model->alpha + model->beta);
    const double profit = within.positive * (keep * (model->value - model->offer_cost) - model->contact_cost) -
                          within.negative * (model->offer_cost + model->contact_cost);
    return (wb_curve_point){.threshold = threshold,
                            .depth = weight / total,
                            .true_positive_rate = within.positive / d->total.positive,
                            .false_positive_rate = within.negative / d->total.negative,
                            .precision = within.positive / weight,
                            .profit = profit / total};
}

/* Whether enough lies between a point and the last candidate. */
static bool is_far(drawing *d, const wb_curve_point *point)
{
    const double along = d->total.negative > 0 && d->total.positive > 0
                             ? point->true_positive_rate + point->false_positive_rate
                             : 2 * point->depth;
    const double step = floor(along * STEPS), octave = floor(log2(point->depth) * STEPS_AN_OCTAVE);
    const bool far = step != d->step || octave != d->octave;
    d->step = step;
    d->octave = octave;
    return far;
}

static void take_points(drawing *d, const wbi_groups *g, wbi_weights before)
{
    for (size_t k = 0; k < g->n; k++) {
        before.negative += g->negative[k];
        before.positive += g->positive[k];
        if (before.negative + before.positive == 0)
            continue;
        const wb_curve_point point = point_at(d, before, g->probability[k]);
        if (d->n_groups > MANY_GROUPS && point.depth < 1 && !(d->n_points < MAX_CANDIDATES - 1 && is_far(d, &point)))
            continue;
        d->n_points -= d->n_points > 1 && d->points[d->n_points - 1].depth == point.depth; /* which weighed nothing */
        d->points[d->n_points++] = point;
    }
}

static void take_bins(drawing *d, const wbi_groups *g, wbi_weights before)
{
    wbi_bins_add(d->bins, g, d->total, d->order->n, before.negative + before.positive);
}

static double triangle(double ax, double ay, double bx, double by, double cx, double cy)
{
    return fabs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay));
}

/* How much of the ROC and the precision-recall picture goes with b, which lies between a and c. */
static double loss_of(const wb_curve_point *a, const wb_curve_point *b, const wb_curve_point *c)
{
    const double roc = triangle(a->false_positive_rate, a->true_positive_rate, b->false_positive_rate, b->true_positive_rate,
                                c->false_positive_rate, c->true_positive_rate);
    const double precision = triangle(a->true_positive_rate, a->precision, b->true_positive_rate, b->precision,
                                      c->true_positive_rate, c->precision);
    return (isnan(roc) ? 0 : roc) + (isnan(precision) ? 0 : precision);
}

static void leave_out(wb_curve_point *points, size_t *n, size_t most)
{
    while (*n > most) {
        size_t least = 1;
        double loss = INFINITY;
        for (size_t k = 1; k + 1 < *n; k++) {
            const double of = loss_of(&points[k - 1], &points[k], &points[k + 1]);
            if (of < loss) {
                loss = of;
                least = k;
            }
        }
        memmove(points + least, points + least + 1, (--*n - least) * sizeof *points);
    }
}

/* Rows of weight 1 that would tell as much as one unit of weight does (Kish). */
static double rows_a_weight(const drawing *d)
{
    const double total = d->total.negative + d->total.positive;
    double squares = 0;
    if (d->order->n_words == 1)
        return 1;
    for (size_t i = 0; i < d->order->n; i++) {
        double weight[2];
        const wbi_sorted row = {.rows = d->order->rows + 2 * i, .n = 1, .n_words = 2};
        wbi_sorted_next(weight, &row, 0);
        squares += weight[0] * weight[0] + weight[1] * weight[1];
    }
    return total / squares;
}

static void fill_bins(drawing *d)
{
    const double z = 1.959963984540054, rows = rows_a_weight(d);
    for (size_t b = 0; b < WB_CALIBRATION_BINS; b++) {
        const wbi_bin *from = &d->bins[b];
        if (!(from->weight > 0))
            continue;
        const double p = from->positive / from->weight;
        const wbi_wilson ends = wbi_wilson_of(p, from->weight * rows, z);
        d->out->bins[d->out->n_bins++] = (wb_calibration_bin){.n = from->weight,
                                                              .mean_predicted = from->predicted / from->weight,
                                                              .observed = p,
                                                              .low = ends.low,
                                                              .high = ends.high};
    }
}

static void draw(drawing *d)
{
    d->total = walk(d, count);
    d->n_points = 1;
    walk(d, take_points);
    d->points[0] = point_at(d, (wbi_weights){0, 0}, NAN);
    if (d->n_points > 1) {
        d->points[0].precision = d->points[1].precision;
        leave_out(d->points, &d->n_points, WB_CURVE_POINTS + 1);
        d->points[0].precision = d->points[1].precision;
    }
    memcpy(d->out->points, d->points, d->n_points * sizeof *d->points);
    d->out->n_points = d->n_points;
    walk(d, take_bins);
    fill_bins(d);
}

wb_status wb_metrics_curves(wb_curves *out, const wb_outcomes *rows, const wb_metrics_options *options, wb_error *err)
{
    const wb_metrics_options usual = WB_METRICS_OPTIONS_INIT;
    wbi_sorted order = {0};
    wb_status status;
    drawing d = {.order = &order, .options = options == NULL ? &usual : options, .out = out, .step = -1};
    memset(out, 0, sizeof *out);
    WBI_TRY(wbi_check_options(d.options, err));
    WBI_TRY_CLEANUP(wbi_sorted_make(&order, rows, d.options->n_threads, err));
    d.scratch = wbi_alloc_array(WBI_SCRATCH_COLUMNS * WBI_CHUNK, sizeof *d.scratch);
    d.points = wbi_alloc_array(MAX_CANDIDATES + 1, sizeof *d.points);
    if (d.scratch == NULL || d.points == NULL) {
        status = wbi_fail_nomem(err, MAX_CANDIDATES * sizeof *d.points);
        goto cleanup;
    }
    draw(&d);
cleanup:
    wbi_free(d.scratch);
    wbi_free(d.points);
    wbi_sorted_free(&order);
    return status;
}
