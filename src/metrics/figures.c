/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics/figures.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "par/par.h"
#include "par/team.h"

static const unsigned DEPTHS_PERCENT[WB_N_DEPTHS] = {1, 5, 10, 20, 30};
enum { SCRATCH = WBI_SCRATCH_COLUMNS * WBI_CHUNK };

/* What a chunk adds. */
typedef struct tally {
    double pairs, precision, distance; /* weights of pairs in order; sums for the average precision; the largest distance */
    double log_loss, brier;
    double captured[WB_N_DEPTHS];
    wbi_weights called;
    wbi_bin bins[WB_CALIBRATION_BINS];
    double mean_log_odds;
    double top[2], bottom[2]; /* highest and lowest probability by outcome; NaN */
    wbi_weights *pools;
    size_t n_pools;
} tally;

typedef struct tallying {
    const wbi_ranked *ranked;
    const wb_metrics_options *options;
    size_t n_chunks;
    double *scratch; /* SCRATCH a worker */
    wbi_weights *pools; /* WBI_CHUNK a worker */
    wbi_weights *before; /* each chunk; the last is the end */
    tally *tallies;
    wbi_weights total;
    double depth[WB_N_DEPTHS]; /* weight of the rows to each depth */
} tallying;

double wb_metrics_depth(size_t index)
{
    return DEPTHS_PERCENT[index] / 100.0;
}

void wbi_group_chunk_read(wbi_group_chunk *chunk, const wbi_ranked *ranked, size_t begin, size_t end, double *scratch)
{
    chunk->log_odds = ranked->log_odds == NULL ? NULL : ranked->log_odds + begin;
    if (ranked->order == NULL) {
        const wbi_groups *all = &ranked->groups;
        chunk->groups = (wbi_groups){all->probability + begin, all->negative + begin, all->positive + begin,
                                     all->if_true + begin,     all->if_false + begin, end - begin};
        return;
    }
    chunk->groups = (wbi_groups){scratch,
                                 scratch + WBI_CHUNK,
                                 scratch + 2 * WBI_CHUNK,
                                 scratch + 3 * WBI_CHUNK,
                                 scratch + 4 * WBI_CHUNK,
                                 0};
    wbi_sorted_groups(&chunk->groups, ranked->order, begin, end);
}

static wb_status weigh_chunk(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const tallying *t = context;
    wbi_group_chunk chunk;
    wbi_weights sum = {0, 0};
    (void)err;
    wbi_group_chunk_read(&chunk, t->ranked, begin, end, t->scratch + (size_t)worker * SCRATCH);
    for (size_t k = 0; k < chunk.groups.n; k++) {
        sum.negative += chunk.groups.negative[k];
        sum.positive += chunk.groups.positive[k];
    }
    t->before[block + 1] = sum;
    return WB_OK;
}

static void add_chunks(tallying *t)
{
    const size_t n = t->ranked->n_rows;
    t->before[0] = (wbi_weights){0, 0};
    for (size_t k = 1; k <= t->n_chunks; k++) {
        t->before[k].negative += t->before[k - 1].negative;
        t->before[k].positive += t->before[k - 1].positive;
    }
    t->total = t->before[t->n_chunks];
    for (size_t k = 0; k < WB_N_DEPTHS; k++)
        t->depth[k] = (t->total.negative + t->total.positive) * ((double)((n * DEPTHS_PERCENT[k] + 99) / 100) / (double)n);
}

/* Where groups stand among all. */
static void tally_ranks(tally *to, const wbi_groups *g, const tallying *t, wbi_weights before)
{
    for (size_t k = 0; k < g->n; k++) {
        const double negative = g->negative[k], positive = g->positive[k];
        to->pairs += negative * (before.positive + positive / 2);
        before.negative += negative;
        before.positive += positive;
        if (positive > 0)
            to->precision += positive * (before.positive / (before.positive + before.negative));
        const double distance = fabs(before.positive * t->total.negative - before.negative * t->total.positive);
        to->distance = distance > to->distance ? distance : to->distance;
    }
}

/* How many positives lie within each depth that ends in this chunk, from the weight in front of it on and up to that behind it. */
static void tally_depths(tally *to, const wbi_groups *g, const double depth[], wbi_weights before, wbi_weights after)
{
    double weight = before.negative + before.positive;
    const double end = after.negative + after.positive;
    size_t d = 0, k = 0;
    while (d < WB_N_DEPTHS && depth[d] <= weight)
        d++;
    for (; d < WB_N_DEPTHS && depth[d] <= end; d++) {
        for (; k < g->n && weight + (g->negative[k] + g->positive[k]) < depth[d]; k++) {
            weight += g->negative[k] + g->positive[k];
            before.positive += g->positive[k];
        }
        to->captured[d] = k == g->n ? after.positive
                                    : before.positive + g->positive[k] * ((depth[d] - weight) /
                                                                          (g->negative[k] + g->positive[k]));
    }
}

static void tally_losses(tally *to, const wbi_group_chunk *chunk, double threshold)
{
    const wbi_groups *g = &chunk->groups;
    double odds = 0, weight = 0;
    for (size_t k = 0; k < g->n; k++) {
        const double p = g->probability[k], negative = g->negative[k], positive = g->positive[k];
        to->log_loss += positive * g->if_true[k] + negative * g->if_false[k];
        to->brier += positive * ((1 - p) * (1 - p)) + negative * (p * p);
        odds += (negative + positive) * chunk->log_odds[k];
        weight += negative + positive;
        if (p >= threshold) {
            to->called.negative += negative;
            to->called.positive += positive;
        }
    }
    to->mean_log_odds = weight > 0 ? odds / weight : 0;
}

void wbi_bins_add(wbi_bin bins[WB_CALIBRATION_BINS], const wbi_groups *g, wbi_weights total, size_t n_rows, double weight)
{
    const double all = total.negative + total.positive, way = all - all / (double)n_rows;
    size_t b = WB_CALIBRATION_BINS - 1;
    for (size_t k = 0; k < g->n; k++) {
        const double size = g->negative[k] + g->positive[k];
        weight += size;
        while (b > 0 && !(WB_CALIBRATION_BINS * (all - weight) > way * (double)b))
            b--;
        bins[b].weight += size;
        bins[b].predicted += size * g->probability[k];
        bins[b].positive += g->positive[k];
    }
}

static void find_ends(double *top, double *bottom, const double *weight, const wbi_groups *g)
{
    size_t first = 0, last = g->n;
    while (first < g->n && weight[first] == 0)
        first++;
    while (last > first && weight[last - 1] == 0)
        last--;
    *top = first < last ? g->probability[first] : NAN;
    *bottom = first < last ? g->probability[last - 1] : NAN;
}

static wb_status keep_pools(tally *to, const wbi_groups *g, wbi_weights *pools, wb_error *err)
{
    size_t n = 0;
    for (size_t k = 0; k < g->n; k++)
        n = wbi_pool_push(pools, n, (wbi_weights){g->negative[k], g->positive[k]});
    to->pools = wbi_alloc_array(n, sizeof *pools);
    if (to->pools == NULL)
        return wbi_fail_nomem(err, n * sizeof *pools);
    if (n > 0)
        memcpy(to->pools, pools, n * sizeof *pools);
    to->n_pools = n;
    return WB_OK;
}

static wb_status tally_chunk(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const tallying *t = context;
    tally *to = &t->tallies[block];
    wbi_group_chunk chunk;
    wbi_group_chunk_read(&chunk, t->ranked, begin, end, t->scratch + (size_t)worker * SCRATCH);
    const wbi_groups *g = &chunk.groups;
    if (t->ranked->order != NULL) {
        wbi_kernels_best()->log_losses(g->if_true, g->if_false, g->probability, DBL_EPSILON, g->n);
        for (size_t k = 0; k < g->n; k++)
            chunk.log_odds[k] = g->if_false[k] - g->if_true[k];
    }
    tally_ranks(to, g, t, t->before[block]);
    tally_depths(to, g, t->depth, t->before[block], t->before[block + 1]);
    tally_losses(to, &chunk, t->options->threshold);
    wbi_bins_add(to->bins, g, t->total, t->ranked->n_rows, t->before[block].negative + t->before[block].positive);
    find_ends(&to->top[0], &to->bottom[0], g->negative, g);
    find_ends(&to->top[1], &to->bottom[1], g->positive, g);
    return keep_pools(to, g, t->pools + (size_t)worker * WBI_CHUNK, err);
}

/* All tallies in one, but the pools. */
static tally add_tallies(const tallying *t)
{
    tally sum = {.top = {NAN, NAN}, .bottom = {NAN, NAN}};
    for (size_t i = 0; i < t->n_chunks; i++) {
        const tally *of = &t->tallies[i];
        sum.pairs += of->pairs;
        sum.precision += of->precision;
        sum.distance = fmax(sum.distance, of->distance);
        sum.log_loss += of->log_loss;
        sum.brier += of->brier;
        sum.called.negative += of->called.negative;
        sum.called.positive += of->called.positive;
        for (size_t d = 0; d < WB_N_DEPTHS; d++)
            sum.captured[d] += of->captured[d];
        for (size_t b = 0; b < WB_CALIBRATION_BINS; b++) {
            sum.bins[b].weight += of->bins[b].weight;
            sum.bins[b].predicted += of->bins[b].predicted;
            sum.bins[b].positive += of->bins[b].positive;
        }
        for (size_t y = 0; y < 2; y++) {
            sum.top[y] = fmax(sum.top[y], of->top[y]);
            sum.bottom[y] = fmin(sum.bottom[y], of->bottom[y]);
        }
    }
    return sum;
}

static void fill_ranks(wb_metrics *out, const tally *sum, const tallying *t)
{
    const double negative = t->total.negative, positive = t->total.positive, total = negative + positive;
    out->base_rate = positive / total;
    out->auc = sum->pairs / (negative * positive);
    out->gini = 2 * out->auc - 1;
    out->pr_auc = sum->precision / positive;
    out->ks = negative > 0 && positive > 0 ? sum->distance / (negative * positive) : NAN;
    for (size_t d = 0; d < WB_N_DEPTHS; d++) {
        out->capture[d] = sum->captured[d] / positive;
        out->lift[d] = sum->captured[d] / t->depth[d] / out->base_rate;
    }
    out->true_positive = sum->called.positive;
    out->false_positive = sum->called.negative;
    out->true_negative = negative - sum->called.negative;
    out->false_negative = positive - sum->called.positive;
}

static void fill_losses(wb_metrics *out, const tally *sum, const tallying *t)
{
    const double total = t->total.negative + t->total.positive;
    out->log_loss = sum->log_loss / total;
    out->brier = sum->brier / total;
    out->ece = 0;
    for (size_t b = 0; b < WB_CALIBRATION_BINS; b++)
        out->ece += fabs(sum->bins[b].positive - sum->bins[b].predicted);
    out->ece /= total;
}

/* Brier's score of the pools' own shares is what is left after recalibration. */
static wb_status fill_pooled(wb_metrics *out, const tallying *t, wb_error *err)
{
    const double total = t->total.negative + t->total.positive;
    double left = 0;
    size_t n = 0, n_pools = 0;
    for (size_t i = 0; i < t->n_chunks; i++)
        n += t->tallies[i].n_pools;
    wbi_weights *pools = wbi_alloc_array(n, sizeof *pools);
    if (pools == NULL)
        return wbi_fail_nomem(err, n * sizeof *pools);
    for (size_t i = 0; i < t->n_chunks; i++)
        for (size_t k = 0; k < t->tallies[i].n_pools; k++)
            n_pools = wbi_pool_push(pools, n_pools, t->tallies[i].pools[k]);
    for (size_t k = 0; k < n_pools; k++)
        if (pools[k].negative > 0)
            left += pools[k].negative * (pools[k].positive / (pools[k].negative + pools[k].positive));
    left /= total;
    out->brier_uncertainty = out->base_rate * (1 - out->base_rate);
    out->brier_discrimination = out->brier_uncertainty - left;
    out->brier_miscalibration = out->brier - left;
    wbi_empc(&out->empc, &out->empc_fraction, pools, n_pools, &t->options->profit);
    wbi_free(pools);
    return WB_OK;
}

static double clip(double p)
{
    return fmin(fmax(p, DBL_EPSILON), 1 - DBL_EPSILON);
}

/* Where to begin: chunks are narrow in their log-odds, so a line through their means is near. */
static wb_status guess_lines(wbi_logit_line lines[2], const tallying *t, wb_error *err)
{
    const size_t n = t->n_chunks;
    double *columns = wbi_alloc_array(n, 3 * sizeof *columns);
    if (columns == NULL)
        return wbi_fail_nomem(err, n * 3 * sizeof *columns);
    double *negative = columns + n, *positive = negative + n;
    for (size_t i = 0; i < n; i++) {
        columns[i] = t->tallies[i].mean_log_odds;
        negative[i] = t->before[i + 1].negative - t->before[i].negative;
        positive[i] = t->before[i + 1].positive - t->before[i].positive;
    }
    lines[0] = lines[1] = (wbi_logit_line){0, 1};
    if (!wbi_fit_lines_few(lines, columns, negative, positive, n))
        lines[0] = lines[1] = (wbi_logit_line){0, 1};
    wbi_free(columns);
    return WB_OK;
}

/* A line exists when neither outcome has all its probabilities on one side of all those of the other. */
static wb_status fill_calibration(wb_metrics *out, wbi_logit_line lines[2], const tally *sum, const tallying *t, wb_error *err)
{
    const bool both = t->total.negative > 0 && t->total.positive > 0;
    const bool overlap =
        both && clip(sum->top[0]) > clip(sum->bottom[1]) && clip(sum->top[1]) > clip(sum->bottom[0]);
    out->calibration_intercept = out->calibration_slope = NAN;
    if (!both)
        return WB_OK;
    if (t->ranked->start != NULL) {
        memcpy(lines, t->ranked->start, 2 * sizeof *lines);
    } else {
        WBI_TRY(guess_lines(lines, t, err));
    }
    if (!overlap)
        lines[1].slope = NAN;
    WBI_TRY(wbi_fit_lines(lines, t->ranked, t->scratch, err));
    out->calibration_intercept = lines[0].intercept;
    out->calibration_slope = lines[1].slope;
    return WB_OK;
}

static wb_status begin(tallying *t, wb_error *err)
{
    const size_t n_workers = (size_t)wbi_team_size(t->ranked->n_threads, t->n_chunks), n = t->n_chunks;
    t->pools = wbi_alloc_array(n_workers * WBI_CHUNK, sizeof *t->pools);
    t->before = wbi_alloc_array(n + 1, sizeof *t->before);
    t->tallies = wbi_alloc_zeroed(n, sizeof *t->tallies);
    t->scratch = wbi_alloc_aligned(t->ranked->order == NULL ? 0 : n_workers * SCRATCH, sizeof *t->scratch);
    if (t->pools == NULL || t->before == NULL || t->tallies == NULL || t->scratch == NULL)
        return wbi_fail_nomem(err, n_workers * SCRATCH * sizeof *t->scratch);
    return WB_OK;
}

static void end(tallying *t)
{
    for (size_t i = 0; t->tallies != NULL && i < t->n_chunks; i++)
        wbi_free(t->tallies[i].pools);
    wbi_free(t->tallies);
    wbi_free(t->before);
    wbi_free(t->pools);
    wbi_free(t->scratch);
}

wb_status wbi_figures_of(wb_metrics *out, wbi_logit_line lines[2], const wbi_ranked *ranked, const wb_metrics_options *options,
                         wb_error *err)
{
    const size_t n = ranked->n;
    const int n_threads = ranked->n_threads;
    tallying t = {.ranked = ranked, .options = options, .n_chunks = wbi_par_n_blocks(n, WBI_CHUNK)};
    wb_status status;
    *out = wbi_no_metrics();
    WBI_TRY_CLEANUP(begin(&t, err));
    WBI_TRY_CLEANUP(wbi_par_for(n, WBI_CHUNK, n_threads, weigh_chunk, &t, err));
    add_chunks(&t);
    if (!(t.total.negative + t.total.positive > 0))
        goto cleanup;
    WBI_TRY_CLEANUP(wbi_par_for(n, WBI_CHUNK, n_threads, tally_chunk, &t, err));
    const tally sum = add_tallies(&t);
    fill_ranks(out, &sum, &t);
    fill_losses(out, &sum, &t);
    WBI_TRY_CLEANUP(fill_pooled(out, &t, err));
    WBI_TRY_CLEANUP(fill_calibration(out, lines, &sum, &t, err));
cleanup:
    end(&t);
    return status;
}
