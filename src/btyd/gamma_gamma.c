/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likelihood of the mean m of x purchases is
 *
 *   G(px+q) / (G(px) G(q))  v^q  m^(px-1)  x^(px)  (v + x m)^-(px+q).
 *
 * A fit sees means over the mean of all of them: a scale of money that the model does not mind. */
#include "btyd/gamma_gamma.h"

#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

#include "base/memory.h"
#include "kernel/gsl.h"
#include "par/par.h"

enum { CUSTOMERS_A_BLOCK = 1 << 16, N = WBI_GAMMA_GAMMA_N, N_SUMS = 1 + N + N * N };
enum { P = WBI_GAMMA_GAMMA_P, Q = WBI_GAMMA_GAMMA_Q, V = WBI_GAMMA_GAMMA_V };
enum { LEAST_CUSTOMERS = 3 };

typedef struct passing {
    const wbi_spenders *spenders;
    double p, q, v;
    bool with_hessian;
} passing;

/* Value, gradient and Hessian by the parameters themselves, in one row of numbers. */
typedef struct sums {
    double *value, *gradient, *hessian;
} sums;

static sums sums_of(double *numbers)
{
    return (sums){numbers, numbers + 1, numbers + 1 + N};
}

/* What depends on x alone, asked for again and again in data where x is small. */
typedef struct gammas {
    uint32_t x;
    double log_quotient;      /* ln G(px+q) - ln G(px) - ln G(q) */
    double psi_all, psi_px;   /* digammas of px+q and px */
    double psi1_all, psi1_px; /* trigammas */
} gammas;

static gammas gammas_of(const passing *pass, uint32_t x)
{
    const double px = pass->p * x, all = px + pass->q;
    return (gammas){x, gsl_sf_lngamma(all) - gsl_sf_lngamma(px) - gsl_sf_lngamma(pass->q), gsl_sf_psi(all), gsl_sf_psi(px),
                    gsl_sf_psi_1(all), gsl_sf_psi_1(px)};
}

/* What is not the same for all parameters. */
static void add_customer(sums s, const passing *pass, const gammas *g, double mean)
{
    const double x = g->x, all = pass->p * x + pass->q, end = pass->v + x * mean, log_end = log(end), inverse = 1 / end;
    *s.value += g->log_quotient - all * log_end;
    s.gradient[P] += x * (g->psi_all - g->psi_px - log_end);
    s.gradient[Q] += g->psi_all - log_end;
    s.gradient[V] -= all * inverse;
    if (!pass->with_hessian)
        return;
    s.hessian[P * N + P] += x * x * (g->psi1_all - g->psi1_px);
    s.hessian[P * N + Q] += x * g->psi1_all;
    s.hessian[P * N + V] -= x * inverse;
    s.hessian[Q * N + Q] += g->psi1_all;
    s.hessian[Q * N + V] -= inverse;
    s.hessian[V * N + V] += all * inverse * inverse;
}

static wb_status add_customers(void *context, size_t block, size_t begin, size_t end, int worker, double *partial, wb_error *err)
{
    enum { KEPT = 64 };
    const passing *pass = context;
    const wbi_spenders *spenders = pass->spenders;
    gammas kept[KEPT] = {{.x = 0}};
    (void)block, (void)worker, (void)err;
    for (size_t i = begin; i < end; i++) {
        const uint32_t x = spenders->x[i];
        gammas *g = &kept[x % KEPT];
        if (g->x != x)
            *g = gammas_of(pass, x);
        add_customer(sums_of(partial), pass, g, spenders->mean[i]);
    }
    return WB_OK;
}

wb_status wbi_gamma_gamma_log_likelihood(const wbi_spenders *spenders, int n_threads, const double *logs, double *value,
                                         double *gradient, double *hessian, wb_error *err)
{
    passing pass = {spenders, exp(logs[P]), exp(logs[Q]), exp(logs[V]), hessian != NULL};
    const double values[N] = {pass.p, pass.q, pass.v}, n = (double)spenders->n;
    double all[N_SUMS];
    wbi_disarm_gsl();
    WBI_TRY(wbi_par_sum(spenders->n, CUSTOMERS_A_BLOCK, n_threads, N_SUMS, add_customers, &pass, all, err));
    const sums s = sums_of(all);
    *s.value += n * pass.q * log(pass.v) + pass.p * spenders->sum_x_log_spend - spenders->sum_log_mean;
    s.gradient[P] += spenders->sum_x_log_spend;
    s.gradient[Q] += n * (log(pass.v) - gsl_sf_psi(pass.q));
    s.gradient[V] += n * pass.q / pass.v;
    s.hessian[Q * N + Q] -= n * gsl_sf_psi_1(pass.q);
    s.hessian[Q * N + V] += n / pass.v;
    s.hessian[V * N + V] -= n * pass.q / (pass.v * pass.v);
    *value = *s.value;
    for (size_t i = 0; i < N; i++)
        gradient[i] = values[i] * s.gradient[i];
    for (size_t i = 0; hessian != NULL && i < N; i++)
        for (size_t j = 0; j < N; j++)
            hessian[i * N + j] = values[i] * values[j] * s.hessian[i < j ? i * N + j : j * N + i] + (i == j ? gradient[i] : 0);
    return WB_OK;
}

wbi_spenders wbi_spenders_of(const uint32_t *x, const double *mean, size_t n)
{
    wbi_spenders spenders = {.n = n, .x = x, .mean = mean};
    for (size_t i = 0; i < n; i++) {
        const double log_mean = log(mean[i]);
        spenders.sum_log_mean += log_mean;
        spenders.sum_x_log_spend += x[i] * (log_mean + log(x[i]));
    }
    return spenders;
}

typedef struct fitting {
    wbi_spenders spenders;
    int n_threads;
} fitting;

static wb_status log_likelihood(void *context, const double *logs, double *value, double *gradient, double *hessian,
                                wb_error *err)
{
    const fitting *f = context;
    return wbi_gamma_gamma_log_likelihood(&f->spenders, f->n_threads, logs, value, gradient, hessian, err);
}

static double mean_of(const double *numbers, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += numbers[i];
    return sum / (double)n;
}

static wb_status judge(const wbi_maximum *m, size_t n_starts, wb_error *err)
{
    static const char *const names[N] = {"p", "q", "v over the mean spend"};
    if (m->converged)
        return WB_OK;
    if (m->at_end == SIZE_MAX)
        return wbi_fail(err, WB_ERR_DEGENERATE, "Gamma-Gamma did not converge in any of %zu starts", n_starts);
    return wbi_fail(err, WB_ERR_DEGENERATE, "%s ran to %g, the end of its range (expected: inside %g to %g)", names[m->at_end],
                    wbi_maximum_end(m), WBI_MAXIMISE_LEAST_VALUE, WBI_MAXIMISE_MOST_VALUE);
}

wb_status wbi_gamma_gamma_fit(wbi_maximum *out, const uint32_t *x, const double *mean, size_t n, int n_threads, wb_error *err)
{
    static const double starts[][N] = {{1, 2, 1}, {6, 4, 0.5}, {0.5, 10, 10}};
    enum { N_STARTS = sizeof starts / sizeof starts[0] };
    if (n < LEAST_CUSTOMERS)
        return wbi_fail(err, WB_ERR_DEGENERATE, "%zu customers with a mean repeat spend above 0 (expected: at least %d)", n,
                        LEAST_CUSTOMERS);
    const double scale = mean_of(mean, n);
    double *scaled = wbi_alloc_array(n, sizeof *scaled);
    if (scaled == NULL)
        return wbi_fail_nomem(err, n * sizeof *scaled);
    for (size_t i = 0; i < n; i++)
        scaled[i] = mean[i] / scale;
    fitting f = {wbi_spenders_of(x, scaled, n), n_threads};
    wb_status status = wbi_maximise(out, N, &starts[0][0], N_STARTS, log_likelihood, &f, err);
    wbi_free(scaled);
    if (status == WB_OK)
        status = judge(out, N_STARTS, err);
    if (status != WB_OK)
        return status;
    out->values[V] *= scale;
    out->standard_errors[V] *= scale;
    out->log_likelihood -= (double)n * log(scale);
    return WB_OK;
}

double wbi_gamma_gamma_spend(const double *values, double x, double mean)
{
    const double px = values[P] * x, rest = px + values[Q] - 1;
    if (!(rest > 0))
        return NAN;
    return values[P] * (values[V] + (x > 0 ? x * mean : 0)) / rest;
}
