/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An end of an interval is looked for as Venzon and Moolgavkar do (A method for computing profile-likelihood-based
 * confidence intervals, 1988): the held coefficient and all others move at once, by the quadratic about where they are. The
 * root of the drop is nearly linear in the distance from the estimate, so Newton's method is applied to that, within the
 * bracket of what is known to be short of the end and beyond it. The penalised likelihood is not concave, and on a handful
 * of rows the others may have several valleys to lie in: what counts is the one that is met on the way out. */
#include "solve/profile.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "solve/linear.h"

static const double QUANTILE_975 = 1.959963984540054;  /* of the standard normal distribution, */
static const double CHI_SQUARE_95 = 3.841458820694124; /* and its square: of chi-square with 1 degree of freedom */
/* More than this to be gained, in the objective, and the quadratic is not trusted: the others are moved alone. */
static const double FAR = 0.05;
/* An objective this much below the optimum's says that the optimum is none. */
static const double SAME = 1e-6;
/* A distance is exact to this share of the standard error, an objective to the second. */
static const double SMALL_DISTANCE = 1e-8, SMALL_GAIN = 1e-10;
static const double LARGEST_GROWTH = 3;
enum { MANY_MOVES = 8, MAX_MOVES = 100 };

typedef struct search {
    wbi_firth *firth;
    const wbi_firth_optimum *at;
    const double *along;
    double *path;  /* how beta goes, to first order, for each unit that the sum of `along` is moved */
    double *trial; /* where to look next */
    double estimate, se;
} search;

static wb_status search_open(search *s, wb_error *err)
{
    const size_t n = s->at->n;
    s->path = wbi_alloc_array(n, sizeof(double));
    s->trial = wbi_alloc_array(n, sizeof(double));
    if (s->path == NULL || s->trial == NULL)
        return wbi_fail_nomem(err, n * sizeof(double));
    for (size_t j = 0; j < n; j++)
        s->path[j] = wbi_dot(s->at->covariance + j * n, s->along, n);
    const double variance = wbi_dot(s->along, s->path, n);
    for (size_t j = 0; j < n; j++)
        s->path[j] /= variance;
    s->estimate = wbi_dot(s->along, s->at->beta, n);
    s->se = sqrt(variance);
    wbi_firth_constrain(s->firth, s->along, 1);
    return WB_OK;
}

static void search_close(search *s)
{
    wbi_firth_constrain(s->firth, NULL, 0);
    wbi_free(s->path);
    wbi_free(s->trial);
}

/* The trial that is `by` from the estimate in a straight line. */
static void try_straight(search *s, double by)
{
    for (size_t j = 0; j < s->at->n; j++)
        s->trial[j] = s->at->beta[j] + by * s->path[j];
}

/* Steps under the constraints until they promise no more than `gain`. */
static wb_status settle(wbi_firth *firth, double gain, wb_error *err)
{
    while (wbi_firth_look(firth).gain > gain && !wbi_firth_now(firth).done)
        WBI_TRY(wbi_firth_step(firth, err));
    return WB_OK;
}

/* ---- the ends of an interval ---- */

/* Distances from the estimate, on one side. */
typedef struct bracket {
    double at, near, far;
    bool found, lost;
} bracket;

/* Moves the bracket's ends where it is certain on which side of the end this is; returns where to look next. */
static double next_distance(bracket *b, const wbi_firth_view *here, double drop, double slope)
{
    const double root = sqrt(2 * fmax(0, drop));
    if (fabs(2 * drop - CHI_SQUARE_95) > 4 * here->gain) {
        if (root < QUANTILE_975)
            b->near = b->at;
        else
            b->far = b->at;
    }
    const double next = fmin(b->at + (QUANTILE_975 - root) * root / slope, LARGEST_GROWTH * b->at);
    if (next > b->near && next < b->far)
        return next;
    return isfinite(b->far) ? (b->near + b->far) / 2 : 2 * b->at;
}

/* One look at where the trial is. */
static wb_status look(bracket *b, search *s, double side, wb_error *err)
{
    bool possible;
    WBI_TRY(wbi_firth_move(s->firth, &possible, s->trial, err));
    if (!possible) {
        b->far = b->at;
        b->at = (b->near + b->far) / 2;
        try_straight(s, side * b->at);
        return WB_OK;
    }
    WBI_TRY(settle(s->firth, FAR, err));
    const wbi_firth_view here = wbi_firth_look(s->firth);
    const double *beta = wbi_firth_now(s->firth).beta;
    const double drop = here.objective - here.gain - s->at->objective;
    const double next = next_distance(b, &here, drop, side * here.multiplier[0]);
    const double by = side * (next - b->at) / wbi_dot(s->along, here.freed, s->at->n);
    b->lost = here.objective < s->at->objective - SAME;
    b->found = fabs(next - b->at) <= SMALL_DISTANCE * s->se && here.gain <= SMALL_GAIN;
    for (size_t j = 0; j < s->at->n; j++)
        s->trial[j] = beta[j] + here.step[j] + by * here.freed[j];
    b->at = next;
    return WB_OK;
}

static wb_status find_end(double *end, search *s, double side, wb_error *err)
{
    bracket b = {.at = QUANTILE_975 * s->se, .far = INFINITY};
    try_straight(s, side * b.at);
    for (int moves = 0; moves < MAX_MOVES && !b.found && !b.lost; moves++) {
        if (moves == MANY_MOVES)
            wbi_firth_sharpen(s->firth);
        WBI_TRY(look(&b, s, side, err));
    }
    *end = b.found ? s->estimate + side * b.at : (double)NAN;
    return WB_OK;
}

/* ---- tests ---- */

/* From the trial, which keeps what is constrained. There is none where the optimum turns out to be none. */
static wb_status find_ratio(double *chi_square, wbi_firth *firth, const wbi_firth_optimum *at, const double *trial,
                            wb_error *err)
{
    bool possible;
    *chi_square = NAN;
    WBI_TRY(wbi_firth_move(firth, &possible, trial, err));
    if (!possible)
        return WB_OK;
    WBI_TRY(settle(firth, SMALL_GAIN, err));
    const wbi_firth_view here = wbi_firth_look(firth);
    const double drop = here.objective - here.gain - at->objective;
    if (drop >= -SAME && (wbi_firth_now(firth).converged || here.gain <= SMALL_GAIN))
        *chi_square = fmax(0, 2 * drop);
    return WB_OK;
}

wb_status wbi_profile_find(wbi_profile *out, wbi_firth *firth, const wbi_firth_optimum *at, const double *along,
                           wb_error *err)
{
    wb_status status = WB_OK;
    search s = {.firth = firth, .at = at, .along = along};
    WBI_TRY_CLEANUP(search_open(&s, err));
    WBI_TRY_CLEANUP(find_end(&out->low, &s, -1, err));
    WBI_TRY_CLEANUP(find_end(&out->high, &s, 1, err));
    try_straight(&s, -s.estimate);
    WBI_TRY_CLEANUP(find_ratio(&out->chi_square, firth, at, s.trial, err));
cleanup:
    search_close(&s);
    return status;
}

/* trial = where the quadratic about the optimum has its least with the coefficients [begin, end) at 0: C the covariance,
 * beta - C[:, held] C[held, held]^-1 beta[held]. False where there is none. */
static bool start_without(double *trial, double *block, double *share, const wbi_firth_optimum *at, size_t begin,
                          size_t end)
{
    const size_t n = at->n, m = end - begin;
    for (size_t k = 0; k < m; k++)
        memcpy(block + k * m, at->covariance + (begin + k) * n + begin, m * sizeof *block);
    if (!wbi_solve_positive(share, block, at->beta + begin, m))
        return false;
    for (size_t j = 0; j < n; j++)
        trial[j] = at->beta[j] - wbi_dot(at->covariance + j * n + begin, share, m);
    for (size_t j = begin; j < end; j++)
        trial[j] = 0;
    return true;
}

wb_status wbi_profile_ratio(double *chi_square, wbi_firth *firth, const wbi_firth_optimum *at, size_t begin, size_t end,
                            wb_error *err)
{
    const size_t n = at->n, m = end - begin;
    double *rows = wbi_alloc_zeroed(m, n * sizeof *rows), *block = wbi_alloc_array(m, m * sizeof *block);
    double *share = wbi_alloc_array(m, sizeof *share), *trial = wbi_alloc_array(n, sizeof *trial);
    wb_status status = WB_OK;
    *chi_square = NAN;
    if (rows == NULL || block == NULL || share == NULL || trial == NULL) {
        status = wbi_fail_nomem(err, m * n * sizeof *rows);
        goto cleanup;
    }
    for (size_t k = 0; k < m; k++)
        rows[k * n + begin + k] = 1;
    wbi_firth_constrain(firth, rows, m);
    if (start_without(trial, block, share, at, begin, end))
        status = find_ratio(chi_square, firth, at, trial, err);
    wbi_firth_constrain(firth, NULL, 0);
cleanup:
    wbi_free(rows);
    wbi_free(block);
    wbi_free(share);
    wbi_free(trial);
    return status;
}
