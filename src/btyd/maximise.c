/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From each start, BFGS (GSL's) goes near a maximum; Newton's method, which has the Hessian, then says whether it is one, and
 * comes to the last digits. BFGS sees unbounded numbers phi of which logs = L tanh(phi/L): in the middle of the range the logs
 * themselves, and never past its ends. */
#include "btyd/maximise.h"

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <string.h>

#include "kernel/gsl.h"

enum { MOST_BFGS_STEPS = 100, MOST_NEWTON_STEPS = 100, MOST_HALVINGS = 40 };

/* Log likelihoods that differ by less are one. */
static const double same_maximum = 1e-4;

typedef struct search {
    size_t n;
    double limit; /* L */
    wbi_log_likelihood_fn log_likelihood;
    void *context;
    wb_status status; /* of the last evaluation by GSL, which has no way for it */
    wb_error *err;
    bool looked;      /* what follows is of the last evaluation: GSL asks for value and gradient one after the other */
    double phi[WBI_MAXIMISE_MOST], value, gradient[WBI_MAXIMISE_MOST];
} search;

/* A point, and what the likelihood is like there. */
typedef struct place {
    double logs[WBI_MAXIMISE_MOST], value, gradient[WBI_MAXIMISE_MOST], hessian[WBI_MAXIMISE_MOST * WBI_MAXIMISE_MOST];
} place;

/* ---- near a maximum: BFGS ---- */

static bool is_last(const search *s, const gsl_vector *phi)
{
    bool same = s->looked;
    for (size_t i = 0; same && i < s->n; i++)
        same = gsl_vector_get(phi, i) == s->phi[i];
    return same;
}

static void evaluate(search *s, const gsl_vector *phi)
{
    double logs[WBI_MAXIMISE_MOST], slope[WBI_MAXIMISE_MOST];
    if (is_last(s, phi) || s->status != WB_OK)
        return;
    for (size_t i = 0; i < s->n; i++) {
        s->phi[i] = gsl_vector_get(phi, i);
        const double t = tanh(s->phi[i] / s->limit);
        logs[i] = s->limit * t;
        slope[i] = 1 - t * t;
    }
    s->status = s->log_likelihood(s->context, logs, &s->value, s->gradient, NULL, s->err);
    s->looked = true;
    s->value = s->status == WB_OK ? -s->value : NAN;
    for (size_t i = 0; i < s->n; i++)
        s->gradient[i] *= -slope[i];
}

static double minus_value(const gsl_vector *phi, void *given)
{
    search *s = given;
    evaluate(s, phi);
    return s->value;
}

static void minus_gradient(const gsl_vector *phi, void *given, gsl_vector *gradient)
{
    search *s = given;
    evaluate(s, phi);
    for (size_t i = 0; i < s->n; i++)
        gsl_vector_set(gradient, i, s->gradient[i]);
}

static void minus_both(const gsl_vector *phi, void *given, double *value, gsl_vector *gradient)
{
    *value = minus_value(phi, given);
    minus_gradient(phi, given, gradient);
}

/* Takes `logs` near a maximum. That BFGS sees no progress any more is no error: Newton's method judges. */
static wb_status approach(search *s, double *logs, wb_error *err)
{
    gsl_multimin_function_fdf function = {minus_value, minus_gradient, minus_both, s->n, s};
    gsl_multimin_fdfminimizer *bfgs = gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, s->n);
    gsl_vector *phi = gsl_vector_alloc(s->n);
    wb_status status = bfgs == NULL || phi == NULL ? wbi_fail_nomem(err, sizeof *phi) : WB_OK;
    for (size_t i = 0; status == WB_OK && i < s->n; i++)
        gsl_vector_set(phi, i, s->limit * atanh(logs[i] / s->limit));
    if (status == WB_OK && gsl_multimin_fdfminimizer_set(bfgs, &function, phi, 0.1, 0.1) == GSL_SUCCESS) {
        const double flat = 1e-3 * (1 + fabs(bfgs->f));
        for (int step = 0; step < MOST_BFGS_STEPS && gsl_multimin_fdfminimizer_iterate(bfgs) == GSL_SUCCESS &&
                           gsl_multimin_test_gradient(bfgs->gradient, flat) == GSL_CONTINUE;)
            step++;
        for (size_t i = 0; i < s->n; i++)
            if (isfinite(gsl_vector_get(bfgs->x, i)))
                logs[i] = s->limit * tanh(gsl_vector_get(bfgs->x, i) / s->limit);
    }
    gsl_vector_free(phi);
    gsl_multimin_fdfminimizer_free(bfgs);
    return status == WB_OK ? s->status : status;
}

/* ---- to its last digits: Newton ---- */

static wb_status look(place *p, const search *s, wb_error *err)
{
    return s->log_likelihood(s->context, p->logs, &p->value, p->gradient, p->hessian, err);
}

/* factor = Cholesky's of ridge - H; false when that is not definite. */
static bool factorise(double *factor, const place *p, size_t n, double ridge)
{
    for (size_t k = 0; k < n * n; k++)
        factor[k] = -p->hessian[k] + (k % (n + 1) == 0 ? ridge : 0);
    gsl_matrix_view view = gsl_matrix_view_array(factor, n, n);
    return gsl_linalg_cholesky_decomp1(&view.matrix) == GSL_SUCCESS;
}

/* step = (ridge - H)^-1 g, with as much ridge as it takes; returns what it promises to gain, and whether it took none. */
static double find_step(double *step, bool *definite, const place *p, size_t n)
{
    double factor[WBI_MAXIMISE_MOST * WBI_MAXIMISE_MOST], ridge = 0, scale = 0, gain = 0;
    for (size_t k = 0; k < n * n; k += n + 1)
        scale = fmax(scale, fabs(p->hessian[k]));
    *definite = true;
    while (!factorise(factor, p, n, ridge)) {
        *definite = false;
        ridge = fmax(1e-6 * scale + 1e-12, 4 * ridge);
        if (!isfinite(ridge))
            return NAN;
    }
    gsl_matrix_view view = gsl_matrix_view_array(factor, n, n);
    gsl_vector_const_view gradient = gsl_vector_const_view_array(p->gradient, n);
    gsl_vector_view x = gsl_vector_view_array(step, n);
    gsl_linalg_cholesky_solve(&view.matrix, &gradient.vector, &x.vector);
    for (size_t i = 0; i < n; i++)
        gain += step[i] * p->gradient[i] / 2;
    return gain;
}

/* No step is longer than 2 in any log, nor takes more than nine tenths of what is left to the end of the range. */
static void shorten(double *step, const place *p, const search *s)
{
    double most = 1;
    for (size_t i = 0; i < s->n; i++) {
        const double left = s->limit - (step[i] > 0 ? p->logs[i] : -p->logs[i]);
        most = fmin(most, fmin(2, 0.9 * left) / fabs(step[i]));
    }
    for (size_t i = 0; i < s->n; i++)
        step[i] *= most;
}

static void walk(place *to, const place *from, const double *step, size_t n, double share)
{
    for (size_t i = 0; i < n; i++)
        to->logs[i] = from->logs[i] + share * step[i];
}

/* Goes along the step for as far as it helps; false when nothing of it does. */
static wb_status try_step(bool *moved, place *p, const double *step, double gain, const search *s, wb_error *err)
{
    place next;
    double share = 1;
    *moved = false;
    for (int k = 0; k < MOST_HALVINGS && !*moved; k++, share /= 2) {
        walk(&next, p, step, s->n, share);
        WBI_TRY(look(&next, s, err));
        *moved = next.value >= p->value + 1e-4 * share * gain;
    }
    if (*moved)
        *p = next;
    return WB_OK;
}

static size_t parameter_at_end(const place *p, const search *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->limit - fabs(p->logs[i]) < 1e-3)
            return i;
    return SIZE_MAX;
}

/* How far a Newton step may be from worth taking: below it, sums over all customers are mere rounding. */
static double least_gain(const place *p)
{
    return 1e-9 + 1e-13 * fabs(p->value);
}

static wb_status polish(place *p, bool *converged, const search *s, wb_error *err)
{
    double step[WBI_MAXIMISE_MOST];
    bool definite, moved = true;
    *converged = false;
    WBI_TRY(look(p, s, err));
    for (int k = 0; k < MOST_NEWTON_STEPS && moved && parameter_at_end(p, s) == SIZE_MAX; k++) {
        const double gain = find_step(step, &definite, p, s->n);
        if (isnan(gain))
            break;
        *converged = definite && gain < least_gain(p);
        if (*converged)
            break;
        shorten(step, p, s);
        WBI_TRY(try_step(&moved, p, step, gain, s, err));
    }
    return WB_OK;
}

/* ---- the best of all starts ---- */

double wbi_maximum_end(const wbi_maximum *maximum)
{
    return maximum->values[maximum->at_end] > 1 ? WBI_MAXIMISE_MOST_VALUE : WBI_MAXIMISE_LEAST_VALUE;
}

/* Of two places at one maximum, one that Newton's method came to the end at; else the higher. */
static bool is_better(const wbi_maximum *out, const place *p, bool converged, bool same)
{
    if (same && converged != out->converged)
        return converged;
    return p->value > out->log_likelihood;
}

static void take(wbi_maximum *out, const place *p, bool converged, const search *s)
{
    const bool first = out->n_agreed == 0, same = !first && fabs(p->value - out->log_likelihood) < same_maximum;
    const bool better = first || is_better(out, p, converged, same);
    if (better || same)
        out->n_agreed = same ? out->n_agreed + 1 : 1;
    if (!better)
        return;
    double factor[WBI_MAXIMISE_MOST * WBI_MAXIMISE_MOST];
    const bool definite = factorise(factor, p, s->n, 0);
    gsl_matrix_view view = gsl_matrix_view_array(factor, s->n, s->n);
    if (definite)
        gsl_linalg_cholesky_invert(&view.matrix);
    for (size_t i = 0; i < s->n; i++) {
        out->values[i] = exp(p->logs[i]);
        out->standard_errors[i] = definite ? out->values[i] * sqrt(factor[i * (s->n + 1)]) : NAN;
    }
    out->log_likelihood = p->value;
    out->at_end = parameter_at_end(p, s);
    out->converged = converged;
}

wb_status wbi_maximise(wbi_maximum *out, size_t n, const double *starts, size_t n_starts, wbi_log_likelihood_fn log_likelihood,
                       void *context, wb_error *err)
{
    search s = {.n = n, .limit = log(WBI_MAXIMISE_MOST_VALUE), .log_likelihood = log_likelihood, .context = context, .err = err};
    *out = (wbi_maximum){.at_end = SIZE_MAX};
    wbi_disarm_gsl();
    for (size_t k = 0; k < n_starts; k++) {
        place p;
        bool converged;
        for (size_t i = 0; i < n; i++)
            p.logs[i] = log(starts[k * n + i]);
        WBI_TRY(approach(&s, p.logs, err));
        WBI_TRY(polish(&p, &converged, &s, err));
        if (isfinite(p.value))
            take(out, &p, converged, &s);
    }
    return WB_OK;
}
