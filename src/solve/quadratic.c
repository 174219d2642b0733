/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coordinate descent with covariance updates (Friedman, Hastie and Tibshirani 2010, 2.2): the slope of every column is
 * kept, so that a column that stays 0 costs a comparison. Correlated columns make it slow at the end, when all signs are settled;
 * what is left then is a linear system in the columns that are not 0, which is solved as such. A solution that would
 * turn a sign is followed as far as the first column that becomes 0. */
#include "solve/quadratic.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "solve/linear.h"

enum { MAX_SWEEPS = 1000, N_COLUMNS = 8 };

/* What is in play, without gaps. */
typedef struct packed {
    size_t m;
    const size_t *index;
    const double *hessian; /* m x m */
    double *beta, *slope, *absolute, *square;
    /* of a direct solution: by active column its right side and step, by column beta and slope before it */
    size_t *active;
    double *factor, *right, *step, *beta_before, *slope_before;
} packed;

static packed pack(wbi_quadratic *q)
{
    packed p = {.index = q->index, .hessian = q->packed, .active = q->active, .factor = q->factor};
    double **const fields[N_COLUMNS] = {&p.beta,  &p.slope, &p.absolute,    &p.square,
                                        &p.right, &p.step,  &p.beta_before, &p.slope_before};
    for (size_t f = 0; f < N_COLUMNS; f++)
        *fields[f] = q->columns + f * q->n;
    for (size_t j = 0; j < q->n; j++) {
        if (!q->in_play[j])
            continue;
        p.beta[p.m] = q->beta[j];
        p.slope[p.m] = q->slope[j];
        p.absolute[p.m] = q->absolute[j];
        p.square[p.m] = q->square[j];
        q->index[p.m++] = j;
    }
    for (size_t i = 0; i < p.m; i++)
        for (size_t k = 0; k < p.m; k++)
            q->packed[i * p.m + k] = q->hessian[q->index[i] * q->n + q->index[k]];
    return p;
}

static double residual_at(const packed *p, size_t i)
{
    return wbi_quadratic_residual(p->beta[i], p->slope[i], p->absolute[i], p->square[i]);
}

static double residual_max(const packed *p)
{
    double max = 0;
    for (size_t i = 0; i < p->m; i++)
        max = fmax(max, residual_at(p, i));
    return max;
}

static int sign(double value)
{
    return (value > 0) - (value < 0);
}

static void move(packed *p, size_t i, double by)
{
    const double *row = p->hessian + i * p->m;
    for (size_t k = 0; k < p->m; k++)
        p->slope[k] += by * row[k];
}

/* Each column in turn to its own least value; whether a sign changed. */
static bool sweep(packed *p)
{
    bool changed = false;
    for (size_t i = 0; i < p->m; i++) {
        const double bend = p->hessian[i * p->m + i], before = p->beta[i];
        if (!(bend + p->square[i] > 0))
            continue;
        const double pull = bend * before - p->slope[i], held = fmax(fabs(pull) - p->absolute[i], 0);
        const double after = held == 0 ? 0 : copysign(held, pull) / (bend + p->square[i]);
        if (after == before)
            continue;
        p->beta[i] = after;
        move(p, i, after - before);
        changed = changed || sign(after) != sign(before);
    }
    return changed;
}

/* ---- columns that are not 0, all at once ---- */

static size_t list_active(packed *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->m; i++)
        if (p->beta[i] != 0)
            p->active[n++] = i;
    return n;
}

static bool solve_active(packed *p, size_t n)
{
    for (size_t a = 0; a < n; a++) {
        const size_t i = p->active[a];
        for (size_t b = 0; b <= a; b++)
            p->factor[a * n + b] = p->hessian[i * p->m + p->active[b]];
        p->factor[a * n + a] += p->square[i];
        p->right[a] = -(p->slope[i] + p->square[i] * p->beta[i] + copysign(p->absolute[i], p->beta[i]));
    }
    return wbi_solve_positive(p->step, p->factor, p->right, n);
}

/* The share of the step after which a column becomes 0, and which; `n` when none does before the end. */
static double first_zero(const packed *p, size_t n, size_t *which)
{
    double share = 1;
    *which = n;
    for (size_t a = 0; a < n; a++) {
        const double beta = p->beta[p->active[a]];
        if (p->absolute[p->active[a]] > 0 && sign(beta + share * p->step[a]) != sign(beta)) {
            share = -beta / p->step[a];
            *which = a;
        }
    }
    return share;
}

/* How the function changed since `before`. */
static double change(const packed *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->m; i++) {
        const double b = p->beta[i], was = p->beta_before[i];
        sum += (b - was) * (p->slope[i] + p->slope_before[i]) / 2 + p->absolute[i] * (fabs(b) - fabs(was)) +
               p->square[i] / 2 * (b - was) * (b + was);
    }
    return sum;
}

/* Takes the step when it helps, else says false: all of it when that brings the columns nearer to optimal, a part when
 * the function falls. Rounding may make a singular system seem solvable. */
static bool solve_directly(packed *p)
{
    const size_t n = list_active(p);
    const double before = residual_max(p);
    size_t zero;
    if (n == 0 || !solve_active(p, n))
        return false;
    const double share = first_zero(p, n, &zero);
    memcpy(p->beta_before, p->beta, p->m * sizeof *p->beta);
    memcpy(p->slope_before, p->slope, p->m * sizeof *p->slope);
    for (size_t a = 0; a < n; a++) {
        const size_t i = p->active[a];
        p->beta[i] = a == zero ? 0 : p->beta[i] + share * p->step[a];
        move(p, i, p->beta[i] - p->beta_before[i]);
    }
    if (zero == n ? residual_max(p) < before || change(p) < 0 : change(p) < 0)
        return true;
    memcpy(p->beta, p->beta_before, p->m * sizeof *p->beta);
    memcpy(p->slope, p->slope_before, p->m * sizeof *p->slope);
    return false;
}

void wbi_quadratic_minimise(wbi_quadratic *quadratic, double tolerance)
{
    packed p = pack(quadratic);
    int pause = 1, next_try = 0; /* sweeps between direct solutions that do not help */
    for (int sweeps = 0; sweeps < MAX_SWEEPS && residual_max(&p) > tolerance; sweeps++) {
        if (sweep(&p) || sweeps < next_try || residual_max(&p) <= tolerance)
            continue;
        pause = solve_directly(&p) ? 1 : 2 * pause;
        next_try = sweeps + pause;
    }
    for (size_t i = 0; i < p.m; i++) {
        quadratic->beta[p.index[i]] = p.beta[i];
        quadratic->slope[p.index[i]] = p.slope[i];
    }
}

/* ---- life ---- */

wb_status wbi_quadratic_init(wbi_quadratic *out, size_t n, wb_error *err)
{
    size_t n_squared;
    *out = (wbi_quadratic){.n = n};
    if (__builtin_mul_overflow(n, n, &n_squared))
        return wbi_fail_nomem(err, SIZE_MAX);
    double **const fields[] = {&out->absolute, &out->square, &out->beta, &out->slope};
    double **const squares[] = {&out->hessian, &out->packed, &out->factor};
    bool failed = false;
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
        failed |= (*fields[f] = wbi_alloc_zeroed(n, sizeof(double))) == NULL;
    for (size_t f = 0; f < sizeof squares / sizeof *squares; f++)
        failed |= (*squares[f] = wbi_alloc_array(n_squared, sizeof(double))) == NULL;
    out->in_play = wbi_alloc_zeroed(n, 1);
    out->index = wbi_alloc_array(n, sizeof *out->index);
    out->active = wbi_alloc_array(n, sizeof *out->active);
    out->columns = wbi_alloc_array(n, N_COLUMNS * sizeof *out->columns);
    failed |= out->in_play == NULL || out->index == NULL || out->active == NULL || out->columns == NULL;
    return failed ? wbi_fail_nomem(err, n_squared * sizeof(double)) : WB_OK;
}

void wbi_quadratic_clear(wbi_quadratic *quadratic)
{
    wbi_free(quadratic->hessian);
    wbi_free(quadratic->absolute);
    wbi_free(quadratic->square);
    wbi_free(quadratic->beta);
    wbi_free(quadratic->slope);
    wbi_free(quadratic->in_play);
    wbi_free(quadratic->index);
    wbi_free(quadratic->active);
    wbi_free(quadratic->packed);
    wbi_free(quadratic->factor);
    wbi_free(quadratic->columns);
    *quadratic = (wbi_quadratic){0};
}
