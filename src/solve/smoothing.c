/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Near the minimiser at given lambdas the loss is a quadratic, on which other lambdas cost no pass over the data. So each
 * step minimises, finds the best lambdas for the quadratic there, and sees whether they still are at the new minimum. The
 * lambdas are found by Newton's method on their logarithms, which has the same fixed point as the update of Fellner and
 * Schall, lambda (rank - trace) / square, but does not crawl towards it; where it does not apply, the update is made. */
#include "solve/smoothing.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "solve/linear.h"
#include "solve/reml.h"

/* A lambda has arrived where its log likelihood would change by this if it were e times as large. */
static const double SMALL_SCORE = 1e-4, SMALL_ON_QUADRATIC = 1e-5, ROUGH_SCORE = 0.1;
/* Lambdas stay within e to this power of where penalty and information have the same size; past that they are as good as
 * infinite, or 0. */
static const double REACH = 16;
static const double FIRST_SHARE = 0.1; /* of the information that the first penalties have */
static const double LONGEST = 3;       /* step of a logarithm */
static const double ROUNDING = 1e-12;
enum { MAX_STEPS = 60, MAX_ON_QUADRATIC = 60, MAX_HALVINGS = 12 };

struct wbi_smoothing {
    wbi_newton *newton;
    wbi_penalties *penalties;
    const double *ridge;
    wbi_smoothing_options options;
    size_t n, n_blocks; /* columns; penalties, then the ridge where it has columns */
    bool has_ridge;
    size_t *columns; /* all of them in order, then those of the ridge */
    wbi_reml_block *blocks;
    wbi_reml reml;
    double *log_lambda, *middle; /* a block; lambdas stay near the middle */
    double *step, *tried, *room; /* a block; the room is n_blocks x (n_blocks + 2) */
    size_t *moving;
    wbi_smoothing_state state;
};

/* ---- the quadratic at hand ---- */

/* The Hessian that Newton's method goes by, which may be that of a point nearby, and the loss's own gradient. */
static void take_quadratic(wbi_smoothing *s)
{
    const wbi_newton_state at = wbi_newton_now(s->newton);
    wbi_reml *reml = &s->reml;
    wbi_newton_quadratic(s->newton, reml->information, reml->gradient);
    memcpy(reml->origin, at.beta, s->n * sizeof *reml->origin);
}

static double bound(const wbi_smoothing *s, size_t b, double log_lambda)
{
    return fmax(s->middle[b] - REACH, fmin(log_lambda, s->middle[b] + REACH));
}

/* Whether the score pushes the lambda against its bound. */
static bool at_bound(const wbi_smoothing *s, size_t b)
{
    return s->reml.score[b] > 0 ? s->log_lambda[b] >= s->middle[b] + REACH : s->log_lambda[b] <= s->middle[b] - REACH;
}

static double largest_score(const wbi_smoothing *s)
{
    double largest = 0;
    for (size_t b = 0; b < s->n_blocks; b++)
        if (!at_bound(s, b))
            largest = fmax(largest, fabs(s->reml.score[b]));
    return largest;
}

static double clip(double step)
{
    return fmax(-LONGEST, fmin(step, LONGEST));
}

/* Logarithm of the update's factor. */
static void update_step(wbi_smoothing *s)
{
    for (size_t b = 0; b < s->n_blocks; b++) {
        const double left = fmax((double)s->blocks[b].rank - s->reml.trace[b], 1e-12);
        s->step[b] = at_bound(s, b) ? 0 : clip(log(left / fmax(s->reml.square[b], 1e-300)));
    }
}

/* Newton's step for those that have not arrived. Where the value is not concave, as where a lambda is on its way to where
 * nothing is left for it to hold back, each direction is taken as if it were, so that the step still leads up. */
static bool newton_step(wbi_smoothing *s)
{
    const size_t m = s->n_blocks;
    double *matrix = s->room, *score = matrix + m * m, *solution = score + m;
    size_t n_moving = 0;
    for (size_t b = 0; b < m; b++)
        if (!at_bound(s, b) && fabs(s->reml.score[b]) > SMALL_ON_QUADRATIC / 10)
            s->moving[n_moving++] = b;
    for (size_t a = 0; a < n_moving; a++) {
        score[a] = s->reml.score[s->moving[a]];
        for (size_t c = 0; c < n_moving; c++)
            matrix[a * n_moving + c] = -s->reml.curvature[s->moving[a] * m + s->moving[c]];
    }
    memset(s->step, 0, m * sizeof *s->step);
    if (!wbi_solve_as_if_positive(solution, matrix, score, n_moving))
        return false;
    for (size_t a = 0; a < n_moving; a++)
        s->step[s->moving[a]] = clip(solution[a]);
    return true;
}

/* Goes along the step as far as the value does not fall; false where it falls all along, or where there is nowhere to go. */
static bool follow(wbi_smoothing *s)
{
    const double before = s->reml.value, limit = before - ROUNDING * fabs(before);
    double share = 1;
    for (int halvings = 0; halvings <= MAX_HALVINGS; halvings++, share /= 2) {
        for (size_t b = 0; b < s->n_blocks; b++)
            s->tried[b] = bound(s, b, s->log_lambda[b] + share * s->step[b]);
        if (!wbi_reml_evaluate(&s->reml, s->tried) || !(s->reml.value >= limit))
            continue;
        memcpy(s->log_lambda, s->tried, s->n_blocks * sizeof *s->tried);
        return true;
    }
    return false;
}

/* The best lambdas for the quadratic at hand. */
static void improve(wbi_smoothing *s)
{
    for (int i = 0; i < MAX_ON_QUADRATIC && largest_score(s) > SMALL_ON_QUADRATIC; i++) {
        if (newton_step(s) && follow(s))
            continue;
        if (!wbi_reml_evaluate(&s->reml, s->log_lambda))
            return;
        update_step(s);
        if (!follow(s))
            return;
    }
}

/* ---- the data ---- */

static void set_lambdas(wbi_smoothing *s)
{
    for (size_t p = 0; p < s->penalties->n; p++)
        s->penalties->of[p].lambda = exp(s->log_lambda[p]);
    s->state.lambda = s->has_ridge ? exp(s->log_lambda[s->n_blocks - 1]) : 0;
}

/* Minimises at the present lambdas; while they are still to change, not to the last digit, and with the first, which are but
 * guessed, about. */
static wb_status minimise(wbi_smoothing *s, bool to_the_end, wb_error *err)
{
    const double near = s->state.iterations == 0 ? 1e-2 : 1e-6;
    wbi_newton_state at = wbi_newton_now(s->newton);
    while (!at.done && (to_the_end || at.gradient_max > near)) {
        WBI_TRY(wbi_newton_step(s->newton, err));
        at = wbi_newton_now(s->newton);
    }
    return WB_OK;
}

/* Looks at the lambdas from where beta is. With them arrived, beta goes to the last digit and the Hessian is made new, and
 * they are looked at again. */
static wb_status judge(bool *arrived, wbi_smoothing *s, wb_error *err)
{
    const double enough = s->options.roughly ? ROUGH_SCORE : SMALL_SCORE;
    *arrived = false;
    for (int look = 0; look < 2; look++) {
        take_quadratic(s);
        if (!wbi_reml_evaluate(&s->reml, s->log_lambda)) {
            s->state.done = true;
            return WB_OK;
        }
        s->state.score_max = largest_score(s);
        *arrived = s->state.score_max <= enough;
        if (!*arrived || s->options.roughly)
            return WB_OK;
        WBI_TRY(minimise(s, true, err));
        WBI_TRY(wbi_newton_refresh(s->newton, err));
    }
    return WB_OK;
}

wb_status wbi_smoothing_step(wbi_smoothing *s, wb_error *err)
{
    bool arrived;
    if (s->state.done)
        return WB_OK;
    set_lambdas(s);
    WBI_TRY(wbi_newton_set_lambda(s->newton, s->state.lambda, err));
    WBI_TRY(minimise(s, false, err));
    WBI_TRY(judge(&arrived, s, err));
    s->state.iterations++;
    s->state.converged = arrived && (s->options.roughly || wbi_newton_now(s->newton).converged);
    s->state.done = s->state.done || arrived;
    if (!s->state.done && s->state.iterations < MAX_STEPS) {
        improve(s);
        return WB_OK;
    }
    s->state.done = true;
    return arrived ? WB_OK : minimise(s, true, err);
}

wbi_smoothing_state wbi_smoothing_now(const wbi_smoothing *s)
{
    wbi_smoothing_state state = s->state;
    state.newton = wbi_newton_now(s->newton);
    state.freedom = s->reml.freedom;
    return state;
}

/* ---- life ---- */

static void list_blocks(wbi_smoothing *s)
{
    size_t n_ridge = 0;
    for (size_t j = 0; j < s->n; j++) {
        s->columns[j] = j;
        if (s->ridge[j] > 0)
            s->columns[s->n + n_ridge++] = j;
    }
    for (size_t p = 0; p < s->penalties->n; p++) {
        const wbi_penalty *from = &s->penalties->of[p];
        s->blocks[p] = (wbi_reml_block){s->columns + from->begin, from->n, from->rank, from->matrix};
    }
    s->blocks[s->penalties->n] = (wbi_reml_block){s->columns + s->n, n_ridge, n_ridge, NULL};
    s->has_ridge = n_ridge > 0;
    s->n_blocks = s->penalties->n + s->has_ridge;
}

/* Where a penalty is as large as the information about its columns. */
static void find_middles(wbi_smoothing *s)
{
    for (size_t b = 0; b < s->n_blocks; b++) {
        const wbi_reml_block *block = &s->blocks[b];
        double information = 0, penalty = 0;
        for (size_t j = 0; j < block->n; j++) {
            information += s->reml.information[block->columns[j] * (s->n + 1)];
            penalty += block->matrix == NULL ? 1 : block->matrix[j * (block->n + 1)];
        }
        s->middle[b] = log(information / penalty);
        s->log_lambda[b] = s->middle[b] + log(FIRST_SHARE);
        if (s->options.warm)
            s->log_lambda[b] = bound(s, b, log(b < s->penalties->n ? s->penalties->of[b].lambda : s->options.lambda));
    }
}

static wb_status allocate(wbi_smoothing *s, wb_error *err)
{
    const size_t most = s->penalties->n + 1;
    s->columns = wbi_alloc_array(s->n, 2 * sizeof *s->columns);
    s->blocks = wbi_alloc_array(most, sizeof *s->blocks);
    s->log_lambda = wbi_alloc_array(most, sizeof(double));
    s->middle = wbi_alloc_array(most, sizeof(double));
    s->step = wbi_alloc_array(most, sizeof(double));
    s->tried = wbi_alloc_array(most, sizeof(double));
    s->moving = wbi_alloc_array(most, sizeof *s->moving);
    s->room = wbi_alloc_array(most, (most + 2) * sizeof(double));
    if (s->columns == NULL || s->blocks == NULL || s->log_lambda == NULL || s->middle == NULL || s->step == NULL ||
        s->tried == NULL || s->moving == NULL || s->room == NULL)
        return wbi_fail_nomem(err, most * (most + 2) * sizeof(double));
    list_blocks(s);
    return wbi_reml_init(&s->reml, s->blocks, s->n_blocks, s->n, err);
}

wb_status wbi_smoothing_create(wbi_smoothing **out, wbi_newton *newton, const double *ridge, wbi_penalties *penalties,
                               const wbi_smoothing_options *options, wb_error *err)
{
    wbi_smoothing *s = wbi_alloc_zeroed(1, sizeof *s);
    if (s == NULL)
        return wbi_fail_nomem(err, sizeof *s);
    s->newton = newton;
    s->penalties = penalties;
    s->ridge = ridge;
    s->options = *options;
    s->n = wbi_newton_likelihood(newton)->design->n_columns;
    wb_status status = allocate(s, err);
    if (status != WB_OK) {
        wbi_smoothing_free(s);
        return status;
    }
    s->reml.n_rows = options->n_rows;
    wbi_newton_quadratic(newton, s->reml.information, s->reml.gradient);
    find_middles(s);
    *out = s;
    return WB_OK;
}

void wbi_smoothing_free(wbi_smoothing *s)
{
    if (s == NULL)
        return;
    wbi_free(s->columns);
    wbi_free(s->blocks);
    wbi_free(s->log_lambda);
    wbi_free(s->middle);
    wbi_free(s->step);
    wbi_free(s->tried);
    wbi_free(s->moving);
    wbi_free(s->room);
    wbi_reml_clear(&s->reml);
    wbi_free(s);
}
