/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clv/clv.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "btyd/bg_nbd.h"
#include "btyd/gamma_gamma.h"
#include "btyd/purchases.h"
#include "par/par.h"

enum { TRIPLES_A_BLOCK = 256, DAYS_A_PERIOD = 30 };

static const double days_a_year = 365.25;

/* What all functions here work on. */
typedef struct fitting {
    const wb_clv_options *o;
    int n_threads;
    wbi_orders orders;
    wbi_triples triples;
    double *p_alive, *purchases, *discounted; /* by triple */
    double *todays; /* by period: what money of its middle is worth today */
    double days_a_period;
    size_t n_periods;
    double spend[WBI_GAMMA_GAMMA_N];          /* the Gamma-Gamma model's parameters */
    wb_clv *clv;
} fitting;

static double days_a_unit(const wb_clv_options *o)
{
    return (double)o->unit_us / (double)WB_DAY_US;
}

/* ---- the models ---- */

static wb_status fit_purchases(fitting *f, wb_error *err)
{
    const wbi_purchaser *of = f->orders.purchasers;
    const size_t n = f->orders.n;
    wbi_maximum m;
    size_t n_starts;
    wbi_history *histories = wbi_alloc_array(n, sizeof *histories);
    if (histories == NULL)
        return wbi_fail_nomem(err, n * sizeof *histories);
    for (size_t i = 0; i < n; i++)
        histories[i] = of[i].history;
    wb_status status = wbi_triples_create(&f->triples, histories, n, days_a_unit(f->o), err);
    wbi_free(histories);
    if (status == WB_OK)
        status = wbi_bg_nbd_fit(&m, &n_starts, &f->triples, f->n_threads, err);
    if (status != WB_OK)
        return status;
    f->clv->bg_nbd = (wb_bg_nbd){
        m.values[0], m.values[1], m.values[2], m.values[3],
        m.standard_errors[0], m.standard_errors[1], m.standard_errors[2], m.standard_errors[3],
        m.log_likelihood, f->triples.n_all, f->triples.n_repeating, f->triples.n, n_starts, m.n_agreed};
    return WB_OK;
}

static void keep_spend(fitting *f, const wbi_maximum *m)
{
    wb_gamma_gamma *out = &f->clv->gamma_gamma;
    memcpy(f->spend, m->values, sizeof f->spend);
    out->p = m->values[WBI_GAMMA_GAMMA_P];
    out->q = m->values[WBI_GAMMA_GAMMA_Q];
    out->v = m->values[WBI_GAMMA_GAMMA_V];
    out->p_se = m->standard_errors[WBI_GAMMA_GAMMA_P];
    out->q_se = m->standard_errors[WBI_GAMMA_GAMMA_Q];
    out->v_se = m->standard_errors[WBI_GAMMA_GAMMA_V];
    out->log_likelihood = m->log_likelihood;
    out->mean_spend = wbi_gamma_gamma_spend(f->spend, 0, 0);
}

static void forget_spend(wb_gamma_gamma *out, const char *why)
{
    out->failed = 1;
    out->p = out->q = out->v = out->p_se = out->q_se = out->v_se = out->log_likelihood = out->mean_spend = NAN;
    snprintf(out->why, sizeof out->why, "%.255s", why);
}

static double mean_repeat_spend(const wbi_purchaser *p)
{
    return p->n_repeat_spends > 0 ? p->repeat_spend / p->n_repeat_spends : NAN;
}

/* Only want of memory is an error: whatever else goes wrong, there is no such model. */
static wb_status fit_spend(fitting *f, wb_error *err)
{
    wb_gamma_gamma *out = &f->clv->gamma_gamma;
    const size_t n = f->orders.n;
    wb_error why;
    wbi_maximum m;
    uint32_t *x = wbi_alloc_array(n, sizeof *x);
    double *means = wbi_alloc_array(n, sizeof *means);
    wb_status status = x == NULL || means == NULL ? wbi_fail_nomem(&why, n * sizeof *means) : WB_OK;
    for (size_t i = 0; status == WB_OK && i < n; i++) {
        const wbi_purchaser *p = &f->orders.purchasers[i];
        const double mean = mean_repeat_spend(p);
        if (mean > 0 && isfinite(mean)) {
            x[out->n_customers] = p->n_repeat_spends;
            means[out->n_customers++] = mean;
        } else {
            out->n_left_out += p->history.x > 0;
        }
    }
    if (status == WB_OK)
        status = wbi_gamma_gamma_fit(&m, x, means, out->n_customers, f->n_threads, &why);
    wbi_free(x);
    wbi_free(means);
    if (status == WB_ERR_NOMEM && err != NULL)
        *err = why;
    if (status == WB_OK)
        keep_spend(f, &m);
    else
        forget_spend(out, f->orders.has_amounts ? why.message : "the orders have no amount");
    return status == WB_ERR_NOMEM ? status : WB_OK;
}

/* ---- what they expect ---- */

/* The end of a period, in days. */
static double period_end(const fitting *f, size_t period)
{
    return fmin((double)(period + 1) * f->days_a_period, (double)f->o->horizon_us / (double)WB_DAY_US);
}

/* Periods of 30 days, each discounted from its middle; without a discount the horizon is one. */
static wb_status lay_out_periods(fitting *f, wb_error *err)
{
    const double horizon_days = (double)f->o->horizon_us / (double)WB_DAY_US;
    f->days_a_period = f->o->annual_discount > 0 ? DAYS_A_PERIOD : horizon_days;
    f->n_periods = (size_t)ceil(horizon_days / f->days_a_period);
    f->todays = wbi_alloc_array(f->n_periods, sizeof *f->todays);
    if (f->todays == NULL)
        return wbi_fail_nomem(err, f->n_periods * sizeof *f->todays);
    for (size_t k = 0; k < f->n_periods; k++) {
        const double middle = ((double)k * f->days_a_period + period_end(f, k)) / 2;
        f->todays[k] = pow(1 + f->o->annual_discount, -middle / days_a_year);
    }
    return WB_OK;
}

static void expect_of(fitting *f, size_t triple)
{
    const wb_bg_nbd *fit = &f->clv->bg_nbd;
    const wbi_bg_nbd_model model = {fit->r, fit->alpha, fit->a, fit->b};
    const double x = f->triples.x[triple], unit = f->triples.days_a_unit, t = f->triples.t_days[triple] / unit;
    const double alive = wbi_bg_nbd_p_alive(&model, x, f->triples.t_x_days[triple] / unit, t);
    double before = 0, discounted = 0;
    for (size_t k = 0; k < f->n_periods; k++) {
        const double by_then = wbi_bg_nbd_purchases_if_alive(&model, x, t, period_end(f, k) / unit);
        discounted += (by_then - before) * f->todays[k];
        before = by_then;
    }
    f->p_alive[triple] = alive;
    f->purchases[triple] = alive * before;
    f->discounted[triple] = alive * discounted;
}

static wb_status expect_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block, (void)worker, (void)err;
    for (size_t i = begin; i < end; i++)
        expect_of(context, i);
    return WB_OK;
}

static wb_status expect(fitting *f, wb_error *err)
{
    const size_t n = f->triples.n;
    WBI_TRY(lay_out_periods(f, err));
    f->p_alive = wbi_alloc_array(n, sizeof(double));
    f->purchases = wbi_alloc_array(n, sizeof(double));
    f->discounted = wbi_alloc_array(n, sizeof(double));
    if (f->p_alive == NULL || f->purchases == NULL || f->discounted == NULL)
        return wbi_fail_nomem(err, n * sizeof(double));
    return wbi_par_for(n, TRIPLES_A_BLOCK, f->n_threads, expect_block, f, err);
}

/* To the cent, as far as a double knows of cents. */
static double round_cents(double value)
{
    return fabs(value) < 1e13 ? (double)llround(value * 100) / 100 : value;
}

static wb_clv_customer customer(const fitting *f, size_t i)
{
    const wbi_purchaser *p = &f->orders.purchasers[i];
    const size_t k = f->triples.of[i];
    const wb_bg_nbd *fit = &f->clv->bg_nbd;
    const double mean = mean_repeat_spend(p), t = p->history.t_days / f->triples.days_a_unit;
    const double spend = f->clv->gamma_gamma.failed
                             ? NAN
                             : wbi_gamma_gamma_spend(f->spend, p->n_repeat_spends, mean > 0 ? mean : 0);
    return (wb_clv_customer){.customer_id = p->id,
                             .x = p->history.x,
                             .t_x = p->history.t_x_days / f->triples.days_a_unit,
                             .t = t,
                             .mean_spend = mean,
                             .expected_purchases = f->purchases[k],
                             .purchase_rate = (fit->r + p->history.x) / (fit->alpha + t),
                             .expected_spend = spend,
                             .p_alive = f->p_alive[k],
                             .value = round_cents(f->clv->summary.margin * spend * f->discounted[k])};
}

/* Amounts are added as cents. */
static double add_values(const wb_clv *clv)
{
    int64_t cents = 0;
    for (size_t i = 0; i < clv->n; i++) {
        const double value = clv->customers[i].value;
        if (!isnan(value) && (!(fabs(value) < 1e13) || __builtin_add_overflow(cents, llround(value * 100), &cents)))
            return NAN;
    }
    return clv->gamma_gamma.failed ? NAN : (double)cents / 100;
}

static wb_status list_customers(fitting *f, wb_error *err)
{
    wb_clv *clv = f->clv;
    wb_clv_summary *sums = &clv->summary;
    clv->customers = wbi_alloc_array(f->orders.n, sizeof *clv->customers);
    if (clv->customers == NULL)
        return wbi_fail_nomem(err, f->orders.n * sizeof *clv->customers);
    for (; clv->n < f->orders.n; clv->n++) {
        clv->customers[clv->n] = customer(f, clv->n);
        sums->expected_purchases += clv->customers[clv->n].expected_purchases;
        sums->n_orders += f->orders.purchasers[clv->n].n_orders;
        sums->n_purchases += f->orders.purchasers[clv->n].history.x + 1;
    }
    sums->first_us = f->orders.first_us;
    sums->until_us = f->orders.until_us;
    sums->n_customers = clv->n;
    sums->value = add_values(clv);
    clv->ids = f->orders.ids;
    f->orders.ids = NULL;
    return WB_OK;
}

/* ---- the textbook's formulas ---- */

static void value_simply(fitting *f)
{
    wb_clv_simple *s = &f->clv->simple;
    uint64_t n_spends = 0, n_before = 0, n_lost = 0;
    double spend = 0, n_purchases = 0, days = 0;
    for (size_t i = 0; i < f->orders.n; i++) {
        const wbi_purchaser *p = &f->orders.purchasers[i];
        n_spends += p->n_spends;
        spend += p->spend;
        n_purchases += p->history.x + 1.0;
        days += p->history.t_days + 1.0;
        n_before += p->bought_before;
        n_lost += p->bought_before && !p->bought_lately;
    }
    const double margin = f->clv->summary.margin;
    s->order_value = n_spends > 0 ? spend / (double)n_spends : NAN;
    s->orders_per_year = n_purchases / (days / days_a_year);
    s->horizon_years = (double)f->o->horizon_us / (double)WB_DAY_US / days_a_year;
    s->lifetime_value = s->order_value * s->orders_per_year * s->horizon_years * margin;
    s->churn = f->orders.has_both_stretches && n_before > 0 ? (double)n_lost / (double)n_before : NAN;
    s->value_by_churn = s->churn > 0 ? s->lifetime_value / s->churn : NAN;
}

/* ---- all together ---- */

static wb_status check(const wb_clv_options *o, wb_error *err)
{
    if (o->unit_us != WB_DAY_US && o->unit_us != 7 * WB_DAY_US)
        return wbi_fail(err, WB_ERR_ARGUMENT, "unit %lld us: expected a day or a week", (long long)o->unit_us);
    if (o->horizon_us <= 0 || o->horizon_us > 36525 * WB_DAY_US)
        return wbi_fail(err, WB_ERR_ARGUMENT, "horizon %lld us: expected more than 0, at most 100 years", (long long)o->horizon_us);
    if (!(o->annual_discount >= 0 && o->annual_discount <= 10))
        return wbi_fail(err, WB_ERR_ARGUMENT, "annual discount %g: expected 0 to 10", o->annual_discount);
    if (!isnan(o->margin) && !(o->margin >= 0 && o->margin <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "margin %g: expected 0 to 1", o->margin);
    return WB_OK;
}

static double margin_of(const wb_project *project, const wb_clv_options *o)
{
    wb_campaign campaign;
    if (!isnan(o->margin))
        return o->margin;
    return wb_project_campaign(project, &campaign) && !isnan(campaign.margin) ? campaign.margin : 1;
}

static void clear(fitting *f)
{
    wbi_triples_free(&f->triples);
    wbi_orders_free(&f->orders);
    wbi_free(f->p_alive);
    wbi_free(f->purchases);
    wbi_free(f->discounted);
    wbi_free(f->todays);
}

wb_status wb_clv_fit(wb_clv **out, const wb_project *project, const wb_clv_options *options, const wb_read_options *reading,
                     wb_error *err)
{
    static const wb_clv_options defaults = WB_CLV_OPTIONS_INIT;
    static const wb_read_options usual = WB_READ_OPTIONS_INIT;
    fitting f = {.o = options != NULL ? options : &defaults};
    wb_status status;
    if (reading == NULL)
        reading = &usual;
    WBI_TRY(check(f.o, err));
    f.n_threads = reading->n_threads;
    f.clv = wbi_alloc_zeroed(1, sizeof *f.clv);
    if (f.clv == NULL)
        return wbi_fail_nomem(err, sizeof *f.clv);
    f.clv->summary.margin = margin_of(project, f.o);
    WBI_TRY_CLEANUP(wbi_orders_read(&f.orders, project, f.o, reading, err));
    WBI_TRY_CLEANUP(fit_purchases(&f, err));
    WBI_TRY_CLEANUP(fit_spend(&f, err));
    WBI_TRY_CLEANUP(expect(&f, err));
    WBI_TRY_CLEANUP(list_customers(&f, err));
    value_simply(&f);
    *out = f.clv;
    f.clv = NULL;
cleanup:
    wb_clv_free(f.clv);
    clear(&f);
    return status;
}

void wb_clv_free(wb_clv *clv)
{
    if (clv == NULL)
        return;
    wbi_free(clv->customers);
    wbi_free(clv->ids);
    wbi_free(clv);
}

const wb_bg_nbd *wb_clv_bg_nbd(const wb_clv *clv)
{
    return &clv->bg_nbd;
}

const wb_gamma_gamma *wb_clv_gamma_gamma(const wb_clv *clv)
{
    return &clv->gamma_gamma;
}

const wb_clv_simple *wb_clv_simple_value(const wb_clv *clv)
{
    return &clv->simple;
}

const wb_clv_summary *wb_clv_sums(const wb_clv *clv)
{
    return &clv->summary;
}

size_t wb_clv_n_customers(const wb_clv *clv)
{
    return clv->n;
}

const wb_clv_customer *wb_clv_at(const wb_clv *clv, size_t index)
{
    return &clv->customers[index];
}

size_t wb_clv_find(const wb_clv *clv, const char *customer_id)
{
    size_t low = 0, high = clv->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(clv->customers[middle].customer_id, customer_id);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}
