/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps from out-of-fold scores to outcomes, and what they are worth on rows that they were not fitted on: those of each fold go
 * through the map of the other folds' rows. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <winback/fit.h>

#include "base/memory.h"
#include "metrics/isotonic.h"
#include "train/train.h"

enum { MAX_POOLS = WBI_MAX_KNOTS / 2, NO_FOLD = -1 };

typedef struct held_row {
    double probability, log_odds, weight;
    uint32_t customer;
    uint8_t outcome, fold;
} held_row;

/* Rows ascend by score. */
typedef struct calibrating {
    const wbi_held_rows *from;
    held_row *rows;
    size_t n;
    double *losses[WB_CALIBRATION_AUTO]; /* of each row without and with each map; NULL: it cannot be judged */
    double mean_loss[WB_CALIBRATION_AUTO];
    double total; /* weight */
} calibrating;

static const char *const unfit_reasons[] = {"", "the other rows have one class only", "the out-of-fold scores are all alike",
                                            "the out-of-fold scores separate the classes",
                                            "the out-of-fold scores rank customers no better than chance"};
typedef enum unfit { FITTED = 0, ONE_CLASS, ALIKE, SEPARATED, WRONG_WAY } unfit;

/* Rows that tie are alike, so that every order of them gives the same sums. */
static int by_score(const void *left, const void *right)
{
    const held_row *a = left, *b = right;
    if (a->probability != b->probability)
        return a->probability < b->probability ? -1 : 1;
    if (a->log_odds != b->log_odds)
        return a->log_odds < b->log_odds ? -1 : 1;
    if (a->outcome != b->outcome)
        return a->outcome < b->outcome ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

static bool has_both(const calibrating *work, int left_out)
{
    bool seen[2] = {false, false};
    for (size_t i = 0; i < work->n; i++)
        if (work->rows[i].fold != left_out)
            seen[work->rows[i].outcome] = true;
    return seen[0] && seen[1];
}

/* ---- Platt's line ---- */

/* By maximum likelihood, without Platt's smoothed targets: so the mean of the calibrated scores is the base rate, and their own
 * calibration has slope 1 and intercept 0. */
static wb_status fit_line(wbi_calibration *map, unfit *why, const wb_matrix *x, const uint8_t *outcome,
                          const wb_fit_options *options, wb_error *err)
{
    double line[2];
    wb_fit end;
    WBI_TRY(wb_fit_logistic(&end, line, x, outcome, options, err));
    map->method = WB_CALIBRATION_PLATT;
    map->intercept = line[0];
    map->slope = line[1];
    *why = end.n_left_out > 0 ? ALIKE : !end.converged ? SEPARATED : !(map->slope > 0) ? WRONG_WAY : FITTED;
    return WB_OK;
}

static wb_status fit_platt(wbi_calibration *map, unfit *why, const calibrating *work, int left_out, wb_error *err)
{
    static const double MOST = 36.05; /* log(1 / 2.2e-16): scores beyond count as there, as in the log loss */
    wb_status status = WB_OK;
    size_t n = 0;
    double *log_odds = wbi_alloc_array(work->n, sizeof *log_odds), *weight = wbi_alloc_array(work->n, sizeof *weight);
    uint8_t *outcome = wbi_alloc_array(work->n, sizeof *outcome);
    if (log_odds == NULL || weight == NULL || outcome == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, work->n * sizeof *weight));
    for (size_t i = 0; i < work->n; i++) {
        const held_row *row = &work->rows[i];
        if (row->fold == left_out)
            continue;
        log_odds[n] = fmax(-MOST, fmin(MOST, row->log_odds));
        weight[n] = row->weight;
        outcome[n++] = row->outcome;
    }
    const wb_matrix x = {log_odds, n, 1, 1};
    const wb_fit_options options = {.weights = weight, .n_threads = work->from->n_threads};
    status = fit_line(map, why, &x, outcome, &options, err);
cleanup:
    wbi_free(log_odds);
    wbi_free(weight);
    wbi_free(outcome);
    return status;
}

/* ---- isotonic ---- */

/* The highest scores first. */
typedef struct pools {
    wbi_weights *weight;
    double *low, *high; /* their least and greatest scores */
    size_t n;
    double mean_weight; /* of a row */
} pools;

static wb_status pools_allocate(pools *out, size_t n, wb_error *err)
{
    *out = (pools){.weight = wbi_alloc_array(n, sizeof *out->weight),
                   .low = wbi_alloc_array(n, sizeof *out->low),
                   .high = wbi_alloc_array(n, sizeof *out->high)};
    const bool all = out->weight != NULL && out->low != NULL && out->high != NULL;
    return all ? WB_OK : wbi_fail_nomem(err, n * sizeof *out->weight);
}

static void pools_clear(pools *p)
{
    wbi_free(p->weight);
    wbi_free(p->low);
    wbi_free(p->high);
}

/* Takes in the rows of one score, below those of all pools. */
static void pools_add(pools *p, double score, wbi_weights rows)
{
    const size_t n = wbi_pool_push(p->weight, p->n, rows);
    if (n > p->n)
        p->high[n - 1] = score;
    p->low[n - 1] = score;
    p->n = n;
}

static void pool_rows(pools *out, const calibrating *work, int left_out)
{
    size_t n_rows = 0;
    double total = 0;
    for (size_t i = work->n; i > 0;) {
        const double score = work->rows[i - 1].probability;
        wbi_weights rows = {0, 0};
        for (; i > 0 && work->rows[i - 1].probability == score; i--) {
            const held_row *row = &work->rows[i - 1];
            if (row->fold == left_out)
                continue;
            *(row->outcome ? &rows.positive : &rows.negative) += row->weight;
            n_rows++;
        }
        if (rows.negative + rows.positive == 0)
            continue;
        total += rows.negative + rows.positive;
        pools_add(out, score, rows);
    }
    out->mean_weight = total / (double)n_rows;
}

/* Neighbours become one while there are more than a file takes. */
static void thin(pools *all, size_t most)
{
    while (all->n > most) {
        size_t n = 0;
        for (size_t k = 0; k < all->n; k += 2, n++) {
            const size_t last = k + 1 < all->n ? k + 1 : k;
            all->weight[n] = all->weight[k];
            if (last > k) {
                all->weight[n].negative += all->weight[last].negative;
                all->weight[n].positive += all->weight[last].positive;
            }
            all->high[n] = all->high[k];
            all->low[n] = all->low[last];
        }
        all->n = n;
    }
}

/* A pool's share; that of one outcome alone by Laplace's rule of succession, as far as its neighbour allows: 500 rows that
 * stayed do not make it impossible that the next one leaves. */
static double value_of(const pools *all, size_t k)
{
    const wbi_weights *pool = &all->weight[k];
    const double share = wbi_share(pool), rows = (pool->negative + pool->positive) / all->mean_weight;
    if (share == 0)
        return k > 0 ? fmin(1 / (rows + 2), wbi_share(pool - 1)) : 1 / (rows + 2);
    if (share == 1)
        return k + 1 < all->n ? fmax((rows + 1) / (rows + 2), wbi_share(pool + 1)) : (rows + 1) / (rows + 2);
    return share;
}

/* Each pool is flat from its least to its greatest score. */
static wb_status lay_knots(wbi_calibration *map, const pools *all, wb_error *err)
{
    size_t n = 0;
    for (size_t k = 0; k < all->n; k++)
        n += all->low[k] < all->high[k] ? 2 : 1;
    WBI_TRY(wbi_calibration_reserve(map, n, err));
    map->method = WB_CALIBRATION_ISOTONIC;
    map->n_knots = 0;
    for (size_t k = all->n; k-- > 0;) {
        map->from[map->n_knots] = all->low[k];
        map->to[map->n_knots++] = value_of(all, k);
        if (all->low[k] == all->high[k])
            continue;
        map->from[map->n_knots] = all->high[k];
        map->to[map->n_knots++] = value_of(all, k);
    }
    return WB_OK;
}

/* One pool is no calibration: every customer would have the base rate. */
static wb_status fit_isotonic(wbi_calibration *map, unfit *why, const calibrating *work, int left_out, wb_error *err)
{
    pools all;
    wb_status status = pools_allocate(&all, work->n, err);
    if (status == WB_OK) {
        pool_rows(&all, work, left_out);
        thin(&all, MAX_POOLS);
        if (all.n == 1)
            *why = all.low[0] == all.high[0] ? ALIKE : WRONG_WAY;
        status = lay_knots(map, &all, err);
    }
    pools_clear(&all);
    return status;
}

/* ---- what they are worth ---- */

/* The map of all rows but those of a fold. */
static wb_status fit(wbi_calibration *map, unfit *why, const calibrating *work, wb_calibration method, int left_out,
                     wb_error *err)
{
    *why = has_both(work, left_out) ? FITTED : ONE_CLASS;
    if (*why != FITTED)
        return WB_OK;
    return method == WB_CALIBRATION_PLATT ? fit_platt(map, why, work, left_out, err) : fit_isotonic(map, why, work, left_out, err);
}

static double loss_of(const held_row *row, double probability)
{
    const double clipped = fmin(fmax(probability, DBL_EPSILON), 1 - DBL_EPSILON);
    return -(row->outcome ? log(clipped) : log1p(-clipped));
}

static double mean_loss(const calibrating *work, const double *losses)
{
    double sum = 0;
    for (size_t i = 0; i < work->n; i++)
        sum += work->rows[i].weight * losses[i];
    return sum / work->total;
}

static wb_status judge_fold(double *losses, unfit *why, const calibrating *work, wb_calibration method, int fold,
                            wb_error *err)
{
    wbi_calibration map = {0};
    const wb_status status = fit(&map, why, work, method, fold, err);
    for (size_t i = 0; status == WB_OK && *why == FITTED && i < work->n; i++) {
        double probability;
        if (work->rows[i].fold != fold)
            continue;
        wbi_calibrate(&map, &probability, &work->rows[i].log_odds, 1);
        losses[i] = loss_of(&work->rows[i], probability);
    }
    wbi_calibration_clear(&map);
    return status;
}

/* Fills the losses of a method, unless some fold's rows cannot be judged. */
static wb_status judge(calibrating *work, wb_calibration method, wb_error *err)
{
    unfit why = FITTED;
    wb_status status = WB_OK;
    double *losses = wbi_alloc_array(work->n, sizeof *losses);
    if (losses == NULL)
        return wbi_fail_nomem(err, work->n * sizeof *losses);
    for (int k = 0; status == WB_OK && why == FITTED && k < work->from->n_folds; k++)
        if (work->from->fold_ends[k] > (k == 0 ? 0 : work->from->fold_ends[k - 1]))
            status = judge_fold(losses, &why, work, method, k, err);
    if (status != WB_OK || why != FITTED) {
        wbi_free(losses);
        return status;
    }
    work->losses[method] = losses;
    work->mean_loss[method] = mean_loss(work, losses);
    return WB_OK;
}

/* Standard error of the mean difference between the losses of two methods, from the customers' sums: rows of one customer may
 * be as alike as they like. */
static wb_status difference_se(double *se, const calibrating *work, wb_calibration a, wb_calibration b, wb_error *err)
{
    typedef struct {
        double sum;
        bool seen;
    } of_customer;
    const double mean = work->mean_loss[a] - work->mean_loss[b];
    const size_t n_customers = work->from->n_customers;
    double squares = 0, n = 0;
    of_customer *of = wbi_alloc_zeroed(n_customers, sizeof *of);
    if (of == NULL)
        return wbi_fail_nomem(err, n_customers * sizeof *of);
    for (size_t i = 0; i < work->n; i++) {
        of_customer *to = &of[work->rows[i].customer];
        to->sum += work->rows[i].weight * (work->losses[a][i] - work->losses[b][i] - mean);
        to->seen = true;
    }
    for (size_t c = 0; c < n_customers; c++) {
        squares += of[c].sum * of[c].sum;
        n += of[c].seen;
    }
    *se = n > 1 ? sqrt(squares * n / (n - 1)) / work->total : (double)NAN;
    wbi_free(of);
    return WB_OK;
}

/* From the simplest on, a method takes the place of the one chosen so far where its log loss is lower by more than one standard
 * error. */
static wb_status choose(wb_calibration *chosen, const calibrating *work, wb_error *err)
{
    *chosen = WB_CALIBRATION_NONE;
    for (wb_calibration m = WB_CALIBRATION_PLATT; m < WB_CALIBRATION_AUTO; m++) {
        double se;
        if (work->losses[m] == NULL)
            continue;
        WBI_TRY(difference_se(&se, work, m, *chosen, err));
        if (work->mean_loss[*chosen] - work->mean_loss[m] > se)
            *chosen = m;
    }
    return WB_OK;
}

/* The better of those that could be judged. */
static wb_calibration best_tried(const calibrating *work)
{
    wb_calibration best = WB_CALIBRATION_NONE;
    for (wb_calibration m = WB_CALIBRATION_PLATT; m < WB_CALIBRATION_AUTO; m++)
        if (work->losses[m] != NULL && (best == WB_CALIBRATION_NONE || work->mean_loss[m] < work->mean_loss[best]))
            best = m;
    return best;
}

/* ---- the whole ---- */

static wb_status take_rows(calibrating *work, const wbi_held_rows *from, wb_error *err)
{
    int fold = 0;
    work->from = from;
    work->n = from->n;
    work->rows = wbi_alloc_array(from->n, sizeof *work->rows);
    work->losses[WB_CALIBRATION_NONE] = wbi_alloc_array(from->n, sizeof(double));
    if (work->rows == NULL || work->losses[WB_CALIBRATION_NONE] == NULL)
        return wbi_fail_nomem(err, from->n * sizeof *work->rows);
    for (size_t i = 0; i < from->n; i++) {
        while (i >= from->fold_ends[fold])
            fold++;
        const wbi_part *part = from->part;
        work->rows[i] = (held_row){from->probability[i], from->log_odds[i], part->weight[i], part->customer[i],
                                   part->outcome[i], (uint8_t)fold};
        work->total += part->weight[i];
    }
    qsort(work->rows, work->n, sizeof *work->rows, by_score);
    for (size_t i = 0; i < work->n; i++)
        work->losses[WB_CALIBRATION_NONE][i] = loss_of(&work->rows[i], work->rows[i].probability);
    work->mean_loss[WB_CALIBRATION_NONE] = mean_loss(work, work->losses[WB_CALIBRATION_NONE]);
    return WB_OK;
}

/* What is said of the method that was chosen, or else of the best that was tried. */
static wb_status add_figures(wbi_calibration *map, const calibrating *work, wb_calibration tried, wb_error *err)
{
    map->tried = tried;
    map->log_loss = map->difference_se = NAN;
    if (work->losses[tried] == NULL)
        return WB_OK;
    map->log_loss = work->mean_loss[tried];
    return difference_se(&map->difference_se, work, tried, WB_CALIBRATION_NONE, err);
}

/* What was asked for by name is kept even so. */
static void warn_if_worse(const wbi_calibration *map, const calibrating *work, const wb_log *log)
{
    const double more = map->log_loss - work->mean_loss[WB_CALIBRATION_NONE];
    if (map->method != WB_CALIBRATION_NONE && more > map->difference_se)
        wbi_log(log, WB_LOG_WARNING,
                "calibration by %s makes probabilities worse: the out-of-fold log loss rises by %.2g ± %.2g; none or auto would "
                "leave it out",
                wb_calibration_name(map->method), more, map->difference_se);
}

static wb_status find_map(wbi_calibration *out, calibrating *work, wb_calibration asked, const wb_log *log, wb_error *err)
{
    unfit why = FITTED;
    wb_calibration method = asked;
    for (wb_calibration m = WB_CALIBRATION_PLATT; m < WB_CALIBRATION_AUTO; m++)
        if (asked == m || asked == WB_CALIBRATION_AUTO)
            WBI_TRY(judge(work, m, err));
    if (asked == WB_CALIBRATION_AUTO)
        WBI_TRY(choose(&method, work, err));
    const wb_calibration tried = method == WB_CALIBRATION_NONE ? best_tried(work) : method;
    if (tried == WB_CALIBRATION_NONE)
        wbi_log(log, WB_LOG_WARNING, "calibration left out: no fold can be judged by what the others say");
    if (method != WB_CALIBRATION_NONE)
        WBI_TRY(fit(out, &why, work, method, NO_FOLD, err));
    if (why != FITTED) {
        wbi_log(log, WB_LOG_WARNING, "calibration left out: %s", unfit_reasons[why]);
        wbi_calibration_clear(out);
        return WB_OK;
    }
    if (tried != WB_CALIBRATION_NONE)
        WBI_TRY(add_figures(out, work, tried, err));
    warn_if_worse(out, work, log);
    return WB_OK;
}

wb_status wbi_calibration_fit(wbi_calibration *out, const wbi_held_rows *rows, wb_calibration asked, const wb_log *log,
                              wb_error *err)
{
    calibrating work = {0};
    wb_status status = take_rows(&work, rows, err);
    if (status == WB_OK)
        status = find_map(out, &work, asked, log, err);
    wbi_free(work.rows);
    for (size_t m = 0; m < WB_CALIBRATION_AUTO; m++)
        wbi_free(work.losses[m]);
    return status;
}
