/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With n = r + x, s = alpha + T, c = a + b + x - 1 and w = horizon/s, equation 10 of Fader, Hardie, Lee (2005) says of a customer
 * who has not left
 *
 *   c/(a - 1) [ 1 - (1 + w)^-n 2F1(n, b + x; c; w/(1 + w)) ],
 *
 * which is 0/0 at a = 1 and, for small a, the difference of numbers that are nearly equal. By Pfaff's and Euler's transformations
 * the function in brackets is
 *
 *   2F1(n, a - 1; c; -w) = (1 + w)^(1 - a) 2F1(a + b - 1 - r, a - 1; c; z),   z = w/(1 + w),
 *
 * and as (a - 1)_k = (a - 1) (a)_(k-1), the factor a - 1 goes out of every term of the series but the first, which is 1. The first
 * form serves small w, the second large. Where either loses digits (terms far larger than their sum) or takes too many terms, the
 * same is the mean of [1 - (1 + p w)^-n]/p over p, Beta(a, b + x): an integral of a positive function. */
#include "btyd/purchases.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdbool.h>

#include "kernel/gsl.h"

enum { MOST_TERMS = 4000, MOST_INTERVALS = 200 };

/* How many times larger than the sum a term may be: 1e5 costs 5 of 16 digits. */
static const double most_lost = 1e5;

/* The sum over k >= 1 of (first)_k (a)_(k-1) / ((c + 1)_(k-1) k!) z^k, a positive c + 1. */
typedef struct series {
    double sum, largest;
    bool ended;
} series;

static series add_up(double first, double a, double c, double z)
{
    double term = first * z;
    series s = {.sum = term, .largest = fabs(term)};
    const double small = 1e-17 * (1 - fabs(z)); /* the quotient of terms tends to z */
    for (int k = 1; k < MOST_TERMS; k++) {
        const double before = fabs(term);
        term *= z * (first + k) * (a + k - 1) / ((c + k) * (k + 1));
        s.sum += term;
        s.largest = s.largest > fabs(term) ? s.largest : fabs(term);
        if (fabs(term) <= small * fabs(s.sum) && fabs(term) <= before) {
            s.ended = true;
            break;
        }
    }
    return s;
}

/* ---- the integral ---- */

/* The integrand: [1 - (1 + p w)^-n]/p by the density of p, at a distance from 0, or from 1. */
typedef struct mean {
    double n, w, a, rest, log_beta; /* rest: b + x */
    bool from_one;
    bool pole; /* GSL's rule has the power of the distance */
} mean;

static double log_power(double exponent, double log_base)
{
    return exponent == 0 ? 0 : exponent * log_base;
}

static double integrand(double distance, void *given)
{
    const mean *m = given;
    const double p = m->from_one ? 1 - distance : distance;
    const double own = m->from_one ? m->rest : m->a, other = m->from_one ? m->a : m->rest;
    const double bought = p > 0 ? -expm1(-m->n * log1p(p * m->w)) / p : m->n * m->w;
    return bought * exp((m->pole ? 0 : log_power(own - 1, log(distance))) + log_power(other - 1, log1p(-distance)) - m->log_beta);
}

/* Adds the integral between two distances; the nearer is 0 where there is a pole. False when it cannot be had to six digits. */
static bool add_integral(double *sum, mean *m, double from, double to, gsl_integration_workspace *room)
{
    gsl_function function = {integrand, m};
    double part = NAN, error = INFINITY;
    const double exponent = (m->from_one ? m->rest : m->a) - 1;
    m->pole = from == 0 && exponent < 0;
    if (m->pole) {
        gsl_integration_qaws_table *table = gsl_integration_qaws_table_alloc(exponent, 0, 0, 0);
        if (table != NULL)
            gsl_integration_qaws(&function, from, to, table, 0, 1e-11, MOST_INTERVALS, room, &part, &error);
        gsl_integration_qaws_table_free(table);
    } else {
        gsl_integration_qag(&function, from, to, 0, 1e-11, MOST_INTERVALS, GSL_INTEG_GAUSS31, room, &part, &error);
    }
    *sum += part;
    return error <= 1e-6 * fabs(*sum);
}

/* In three parts: below the mean of p, around it, and above, from 1. */
static double by_integral(const wbi_bg_nbd_model *model, double x, double w)
{
    mean m = {.n = model->r + x, .w = w, .a = model->a, .rest = model->b + x};
    const double all = m.a + m.rest, middle = m.a / all, spread = sqrt(middle * (1 - middle) / (all + 1));
    const double high = middle + fmin(8 * spread, (1 - middle) / 2);
    double sum = 0;
    wbi_disarm_gsl();
    gsl_integration_workspace *room = gsl_integration_workspace_alloc(MOST_INTERVALS);
    m.log_beta = gsl_sf_lngamma(m.a) + gsl_sf_lngamma(m.rest) - gsl_sf_lngamma(all);
    bool done = room != NULL && add_integral(&sum, &m, 0, middle, room) && add_integral(&sum, &m, middle, high, room);
    m.from_one = true;
    done = done && add_integral(&sum, &m, 0, 1 - high, room);
    gsl_integration_workspace_free(room);
    return done ? sum : NAN;
}

/* ---- what is expected ---- */

double wbi_bg_nbd_purchases_if_alive(const wbi_bg_nbd_model *model, double x, double t, double horizon)
{
    const double n = model->r + x, w = horizon / (model->alpha + t), a = model->a, c = a + model->b + x - 1;
    if (w <= 0.5) {
        const series s = add_up(n, a, c, -w);
        if (s.ended && s.largest <= most_lost * fabs(s.sum))
            return -s.sum;
        return by_integral(model, x, w);
    }
    const double log_growth = (1 - a) * log1p(w), growth = exp(log_growth);
    const double first = c * (a == 1 ? log1p(w) : expm1(log_growth) / (1 - a));
    const series s = add_up(a + model->b - 1 - model->r, a, c, w / (1 + w));
    const double expected = first - growth * s.sum;
    if (s.ended && fmax(fabs(first), growth * s.largest) <= most_lost * fabs(expected))
        return expected;
    return by_integral(model, x, w);
}

double wbi_bg_nbd_p_alive(const wbi_bg_nbd_model *model, double x, double t_x, double t)
{
    if (x == 0)
        return 1;
    const double log_odds_left = log(model->a / (model->b + x - 1)) +
                                 (model->r + x) * log1p((t - t_x) / (model->alpha + t_x));
    return 1 / (1 + exp(log_odds_left));
}

double wbi_bg_nbd_purchases(const wbi_bg_nbd_model *model, double x, double t_x, double t, double horizon)
{
    return wbi_bg_nbd_p_alive(model, x, t_x, t) * wbi_bg_nbd_purchases_if_alive(model, x, t, horizon);
}
