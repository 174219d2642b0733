/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The paper's likelihood of a customer is
 *
 *   G(r+x)/G(r) alpha^r  B(a, b+x)/B(a, b)  [ (alpha+T)^-(r+x) + {x > 0} a/(b+x-1) (alpha+t_x)^-(r+x) ].
 *
 * Quotients of gammas are products of x factors, r+k, b+k and a+b+k for k < x, so all customers' together are one sum over k of
 * logs times the number of customers with x > k. What is in brackets is added as logs; these are of whole days and of whole x, so
 * each is taken once a pass. */
#include "btyd/bg_nbd.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"

enum { TRIPLES_A_BLOCK = 1 << 16, N = WBI_BG_NBD_N, N_PAIRS = N * (N + 1) / 2, N_SUMS = 1 + N + N_PAIRS };
enum { R = WBI_BG_NBD_R, ALPHA = WBI_BG_NBD_ALPHA, A = WBI_BG_NBD_A, B = WBI_BG_NBD_B };

/* Value, gradient, and the lower half of the Hessian, row by row; by the parameters themselves until the end. */
typedef struct sums {
    double value, gradient[N], hessian[N_PAIRS];
} sums;

static size_t pair(size_t i, size_t j)
{
    return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

/* ln(value), and 1/value. */
typedef struct logged {
    double log, inverse;
} logged;

typedef struct passing {
    const wbi_triples *triples;
    double p[N];
    bool with_hessian;
    logged *ends;  /* by days: alpha + t */
    logged *mosts; /* by x: b + x - 1, from 1 on */
} passing;

/* ln of one way to the history (of the two in brackets), with its derivatives. */
typedef struct way {
    double log, gradient[N], r_alpha, alpha_alpha, a_a, b_b;
} way;

static way stayed(const passing *pass, uint32_t x, uint32_t t_days)
{
    const logged *end = &pass->ends[t_days];
    const double n = pass->p[R] + x;
    return (way){-n * end->log, {-end->log, -n * end->inverse, 0, 0}, -end->inverse, n * end->inverse * end->inverse, 0, 0};
}

static way left(const passing *pass, uint32_t x, uint32_t t_x_days)
{
    const logged *end = &pass->ends[t_x_days], *most = &pass->mosts[x];
    const double n = pass->p[R] + x, a = pass->p[A];
    return (way){most->log - n * end->log,
                 {-end->log, -n * end->inverse, 1 / a, -most->inverse},
                 -end->inverse,
                 n * end->inverse * end->inverse,
                 -1 / (a * a),
                 most->inverse * most->inverse};
}

static void add_way(sums *to, const way *w, double weight, bool with_hessian)
{
    for (size_t i = 0; i < N; i++)
        to->gradient[i] += weight * w->gradient[i];
    if (!with_hessian)
        return;
    to->hessian[pair(ALPHA, R)] += weight * w->r_alpha;
    to->hessian[pair(ALPHA, ALPHA)] += weight * w->alpha_alpha;
    to->hessian[pair(A, A)] += weight * w->a_a;
    to->hessian[pair(B, B)] += weight * w->b_b;
}

/* The log of the sum of two ways, and its derivatives: those of each by its share, and how the shares change. */
static void add_both(sums *to, const way *one, const way *other, double weight, bool with_hessian)
{
    const double ahead = other->log - one->log, less = exp(-fabs(ahead));
    const double larger = 1 / (1 + less), share = ahead > 0 ? larger : 1 - larger;
    double apart[N];
    to->value += weight * ((ahead > 0 ? other->log : one->log) + log1p(less));
    add_way(to, one, weight * (1 - share), with_hessian);
    add_way(to, other, weight * share, with_hessian);
    if (!with_hessian)
        return;
    for (size_t i = 0; i < N; i++)
        apart[i] = other->gradient[i] - one->gradient[i];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++)
            to->hessian[pair(i, j)] += weight * share * (1 - share) * apart[i] * apart[j];
}

static wb_status add_triples(void *context, size_t block, size_t begin, size_t end, int worker, double *partial, wb_error *err)
{
    const passing *pass = context;
    const wbi_triples *t = pass->triples;
    sums s = {0};
    (void)block, (void)worker, (void)err;
    for (size_t i = begin; i < end; i++) {
        const way stays = stayed(pass, t->x[i], t->t_days[i]);
        if (t->x[i] == 0) {
            s.value += t->n_customers[i] * stays.log;
            add_way(&s, &stays, t->n_customers[i], pass->with_hessian);
            continue;
        }
        const way leaves = left(pass, t->x[i], t->t_x_days[i]);
        add_both(&s, &stays, &leaves, t->n_customers[i], pass->with_hessian);
    }
    partial[0] = s.value;
    for (size_t i = 0; i < N; i++)
        partial[1 + i] = s.gradient[i];
    for (size_t i = 0; i < N_PAIRS; i++)
        partial[1 + N + i] = s.hessian[i];
    return WB_OK;
}

/* sign * count * ln(value), where the value's derivative by `i` (and by `j`, unless it is N) is 1. */
static void add_log(sums *to, double count, double value, size_t i, size_t j)
{
    to->value += count * log(value);
    to->gradient[i] += count / value;
    to->hessian[pair(i, i)] -= count / (value * value);
    if (j == N)
        return;
    to->gradient[j] += count / value;
    to->hessian[pair(j, j)] -= count / (value * value);
    to->hessian[pair(i, j)] -= count / (value * value);
}

static void add_factors(sums *to, const wbi_triples *t, const double *p)
{
    const double n = (double)t->n_all;
    for (size_t k = 0; k < t->max_x; k++) {
        add_log(to, t->n_beyond[k], p[R] + (double)k, R, N);
        add_log(to, t->n_beyond[k], p[B] + (double)k, B, N);
        add_log(to, -t->n_beyond[k], p[A] + p[B] + (double)k, A, B);
    }
    to->value += n * p[R] * log(p[ALPHA]);
    to->gradient[R] += n * log(p[ALPHA]);
    to->gradient[ALPHA] += n * p[R] / p[ALPHA];
    to->hessian[pair(ALPHA, R)] += n / p[ALPHA];
    to->hessian[pair(ALPHA, ALPHA)] -= n * p[R] / (p[ALPHA] * p[ALPHA]);
}

static wb_status take_logs(passing *pass, wb_error *err)
{
    const wbi_triples *t = pass->triples;
    pass->ends = wbi_alloc_array(t->max_days + 1, sizeof *pass->ends);
    pass->mosts = wbi_alloc_array(t->max_x + 1, sizeof *pass->mosts);
    if (pass->ends == NULL || pass->mosts == NULL)
        return wbi_fail_nomem(err, (t->max_days + t->max_x) * sizeof *pass->ends);
    for (size_t d = 0; d <= t->max_days; d++) {
        const double end = pass->p[ALPHA] + (double)d / t->days_a_unit;
        pass->ends[d] = (logged){log(end), 1 / end};
    }
    for (size_t x = 1; x <= t->max_x; x++) {
        const double most = pass->p[B] + (double)x - 1;
        pass->mosts[x] = (logged){log(pass->p[A] / most), 1 / most};
    }
    return WB_OK;
}

static wb_status add_up(sums *s, passing *pass, int n_threads, wb_error *err)
{
    double all[N_SUMS];
    WBI_TRY(take_logs(pass, err));
    WBI_TRY(wbi_par_sum(pass->triples->n, TRIPLES_A_BLOCK, n_threads, N_SUMS, add_triples, pass, all, err));
    s->value = all[0];
    for (size_t i = 0; i < N; i++)
        s->gradient[i] = all[1 + i];
    for (size_t i = 0; i < N_PAIRS; i++)
        s->hessian[i] = all[1 + N + i];
    add_factors(s, pass->triples, pass->p);
    return WB_OK;
}

wb_status wbi_bg_nbd_log_likelihood(const wbi_triples *triples, int n_threads, const double *logs, double *value,
                                    double *gradient, double *hessian, wb_error *err)
{
    passing pass = {.triples = triples, .with_hessian = hessian != NULL};
    sums s;
    for (size_t i = 0; i < N; i++)
        pass.p[i] = exp(logs[i]);
    const wb_status status = add_up(&s, &pass, n_threads, err);
    wbi_free(pass.ends);
    wbi_free(pass.mosts);
    if (status != WB_OK)
        return status;
    *value = s.value;
    for (size_t i = 0; i < N; i++)
        gradient[i] = pass.p[i] * s.gradient[i];
    for (size_t i = 0; hessian != NULL && i < N; i++)
        for (size_t j = 0; j < N; j++)
            hessian[i * N + j] = pass.p[i] * pass.p[j] * s.hessian[pair(i, j)] + (i == j ? gradient[i] : 0);
    return WB_OK;
}

static double mean_t(const wbi_triples *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += t->n_customers[i] * t->t_days[i];
    return sum / t->days_a_unit / (double)t->n_all;
}

static double within_range(double value)
{
    return fmin(fmax(value, 10 * WBI_MAXIMISE_LEAST_VALUE), WBI_MAXIMISE_MOST_VALUE / 10);
}

enum { N_STARTS = 4 };

/* A search for some of the parameters, while others are held. */
typedef struct searching {
    const wbi_triples *triples;
    int n_threads;
    double held[N];
    size_t free[N], n_free; /* the parameters that are looked for */
} searching;

static searching search_all(const wbi_triples *triples, int n_threads)
{
    return (searching){triples, n_threads, {1, 1, 1, 1}, {R, ALPHA, A, B}, N};
}

static wb_status log_likelihood_of_free(void *context, const double *logs, double *value, double *gradient, double *hessian,
                                        wb_error *err)
{
    const searching *s = context;
    double all[N], all_gradient[N], all_hessian[N * N];
    for (size_t i = 0; i < N; i++)
        all[i] = log(s->held[i]);
    for (size_t i = 0; i < s->n_free; i++)
        all[s->free[i]] = logs[i];
    WBI_TRY(wbi_bg_nbd_log_likelihood(s->triples, s->n_threads, all, value, all_gradient, hessian == NULL ? NULL : all_hessian, err));
    for (size_t i = 0; i < s->n_free; i++)
        gradient[i] = all_gradient[s->free[i]];
    for (size_t i = 0; hessian != NULL && i < s->n_free; i++)
        for (size_t j = 0; j < s->n_free; j++)
            hessian[i * s->n_free + j] = all_hessian[s->free[i] * N + s->free[j]];
    return WB_OK;
}

/* out->values[] and at_end are of the free ones. */
static wb_status maximise_free(wbi_maximum *out, searching *s, wb_error *err)
{
    const double t = mean_t(s->triples);
    const double starts[N_STARTS][N] = {{0.3, within_range(t / 5), 1, 3},
                                        {1, within_range(t), 1, 1},
                                        {3, within_range(2 * t), 0.2, 2},
                                        {1, 1, 1, 1}};
    double of_free[N_STARTS * N];
    if (s->triples->n_repeating == 0)
        return wbi_fail(err, WB_ERR_DEGENERATE, "no customer bought on two dates, so BG/NBD cannot be fitted");
    for (size_t k = 0; k < N_STARTS; k++)
        for (size_t i = 0; i < s->n_free; i++)
            of_free[k * s->n_free + i] = starts[k][s->free[i]];
    return wbi_maximise(out, s->n_free, of_free, N_STARTS, log_likelihood_of_free, s, err);
}

/* Why a search did not come to a maximum. */
static wb_status no_maximum(const wbi_maximum *found, const searching *s, wb_error *err)
{
    static const char *const names[N] = {"r", "alpha", "a", "b"};
    if (found->at_end == SIZE_MAX)
        return wbi_fail(err, WB_ERR_DEGENERATE, "BG/NBD did not converge in any of %d starts", N_STARTS);
    wbi_fail(err, WB_ERR_DEGENERATE, "BG/NBD cannot be fitted: %s ran to %g, the end of its range (expected: inside %g to %g)",
             names[s->free[found->at_end]], wbi_maximum_end(found), WBI_MAXIMISE_LEAST_VALUE, WBI_MAXIMISE_MOST_VALUE);
    wbi_advise(err, "the customers differ too little in how often they buy, or in when they leave, for the model to tell them apart");
    return WB_ERR_DEGENERATE;
}

wb_status wbi_bg_nbd_fit(wbi_maximum *out, size_t *n_starts, const wbi_triples *triples, int n_threads, wb_error *err)
{
    searching s = search_all(triples, n_threads);
    *n_starts = N_STARTS;
    WBI_TRY(maximise_free(out, &s, err));
    return out->converged ? WB_OK : no_maximum(out, &s, err);
}

/* ---- with parameters at the ends of their range ---- */

static bool may_be_held(size_t parameter)
{
    return parameter == A || parameter == B;
}

static void hold(searching *s, size_t at, double end)
{
    s->held[s->free[at]] = end;
    s->n_free--;
    memmove(s->free + at, s->free + at + 1, (s->n_free - at) * sizeof *s->free);
}

static void spread(wbi_maximum *out, const wbi_maximum *found, const searching *s)
{
    *out = *found;
    for (size_t i = 0; i < N; i++) {
        out->values[i] = s->held[i];
        out->standard_errors[i] = NAN;
    }
    for (size_t i = 0; i < s->n_free; i++) {
        out->values[s->free[i]] = found->values[i];
        out->standard_errors[s->free[i]] = found->standard_errors[i];
    }
}

wb_status wbi_bg_nbd_fit_within(wbi_maximum *out, const wbi_triples *triples, int n_threads, wb_error *err)
{
    searching s = search_all(triples, n_threads);
    wbi_maximum found;
    WBI_TRY(maximise_free(&found, &s, err));
    while (!found.converged) {
        if (found.at_end == SIZE_MAX || !may_be_held(s.free[found.at_end]))
            return no_maximum(&found, &s, err);
        hold(&s, found.at_end, wbi_maximum_end(&found));
        WBI_TRY(maximise_free(&found, &s, err));
    }
    spread(out, &found, &s);
    return WB_OK;
}
