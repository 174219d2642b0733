/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of a customer are drawn as if nobody ever left; the hazard that the tickets make then says when this one
 * did, and what comes later is cut off. Nothing before a death depends on it, so this equals drawing step by step. */
#include "simulate/life.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

const char *const wbi_countries[] = {"DE", "FR", "GB", "NL", "US"};
const char *const wbi_order_channels[] = {"web", "app", "store", "phone"};
const char *const wbi_ticket_channels[] = {"email", "chat", "phone", "web"};
const char *const wbi_priorities[] = {"low", "normal", "high", "urgent"};

enum { N_COUNTRIES = 5, N_CHANNELS = 4, N_PRIORITIES = 4 };

static const double country_weights[N_COUNTRIES] = {0.35, 0.20, 0.20, 0.10, 0.15};
static const double order_channel_weights[N_CHANNELS] = {0.50, 0.30, 0.15, 0.05};
static const double ticket_channel_weights[N_CHANNELS] = {0.45, 0.25, 0.20, 0.10};
static const double priority_weights[N_PRIORITIES] = {0.25, 0.50, 0.18, 0.07};
static const double reply_hours[N_PRIORITIES] = {14, 8, 4, 1.5};    /* medians */
static const double handling_hours[N_PRIORITIES] = {36, 24, 14, 8}; /* medians, first reply to resolution */

/* Rates are per day, sigmas those of logarithms. */
static const struct {
    double signup_share; /* of the period in which customers sign up */
    double order_rate_shape, order_rate_mean;
    double amount_median, amount_customer_sigma, amount_order_sigma, least_price_cents;
    double discount_chance, same_channel_chance;
    double first_ticket_chance, ticket_chance, ticket_delay_median, ticket_delay_sigma, ticket_background_rate;
    double reply_customer_sigma, reply_ticket_sigma;
    double handling_customer_sigma, handling_ticket_sigma, handling_reopened;
    double reopen_logit, reopen_customer_sigma, reopen_again_chance;
    double hazard_median, hazard_sigma;
    double memory; /* weight of the newest ticket */
    double reply_typical_hours, resolution_typical_hours;
    double reply_effect, resolution_effect, reopen_effect;
    double csat_chance, nps_panel_share, nps_chance, nps_answer_chance;
} shop = {
    .signup_share = 0.75,
    .order_rate_shape = 1.5,
    .order_rate_mean = 0.0229,
    .amount_median = 45,
    .amount_customer_sigma = 0.5,
    .amount_order_sigma = 0.45,
    .least_price_cents = 100,
    .discount_chance = 0.2,
    .same_channel_chance = 0.8,
    .first_ticket_chance = 0.45,
    .ticket_chance = 0.0915,
    .ticket_delay_median = 3,
    .ticket_delay_sigma = 0.8,
    .ticket_background_rate = 0.0015,
    .reply_customer_sigma = 1.2,
    .reply_ticket_sigma = 0.5,
    .handling_customer_sigma = 0.5,
    .handling_ticket_sigma = 0.8,
    .handling_reopened = 0.8,
    .reopen_logit = -1.7,
    .reopen_customer_sigma = 1.2,
    .reopen_again_chance = 0.3,
    .hazard_median = 1.0 / 6000,
    .hazard_sigma = 0.3,
    .memory = 0.5,
    .reply_typical_hours = 8,
    .resolution_typical_hours = 36,
    .reply_effect = 1.75,
    .resolution_effect = 1.25,
    .reopen_effect = 2.5,
    .csat_chance = 0.55,
    .nps_panel_share = 0.4,
    .nps_chance = 0.15,
    .nps_answer_chance = 0.6,
};

/* What a customer is like beside what the life keeps: drawn once, never seen. */
typedef struct traits {
    double reply_luck, handling_luck, reopen_luck; /* above 0: worse service than others get */
    bool in_panel;
} traits;

/* How support was lately: weighted means over the resolved tickets, 0 for typical service and for none. */
typedef struct experience {
    double reply, resolution, reopen;
} experience;

static double normal(gsl_rng *rng, double sigma)
{
    return gsl_ran_gaussian_ziggurat(rng, sigma);
}

static double log_normal(gsl_rng *rng, double median, double sigma)
{
    return median * exp(normal(rng, sigma));
}

static bool chance(gsl_rng *rng, double probability)
{
    return gsl_rng_uniform(rng) < probability;
}

/* An index drawn by weights that sum to 1. */
static unsigned pick(gsl_rng *rng, const double *weights, unsigned n)
{
    double u = gsl_rng_uniform(rng);
    unsigned k = 0;
    while (k + 1 < n && u >= weights[k])
        u -= weights[k++];
    return k;
}

/* A mark from `low` to `high` around `mean`. */
static unsigned mark(gsl_rng *rng, double mean, double sigma, double low, double high)
{
    return (unsigned)fmin(high, fmax(low, round(mean + normal(rng, sigma))));
}

/* Makes room for one more item behind `n`. */
static wb_status grow(void **items, size_t *capacity, size_t n, size_t size, wb_error *err)
{
    if (n < *capacity)
        return WB_OK;
    size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = wbi_realloc_array(*items, wanted, size);
    if (grown == NULL)
        return wbi_fail_nomem(err, wanted * size);
    *items = grown;
    *capacity = wanted;
    return WB_OK;
}

static traits draw_traits(wbi_life *life, double n_days, gsl_rng *rng)
{
    life->signup = shop.signup_share * n_days * gsl_rng_uniform(rng);
    life->country = pick(rng, country_weights, N_COUNTRIES);
    life->channel = pick(rng, order_channel_weights, N_CHANNELS);
    life->hazard = (wbi_hazard){log_normal(rng, shop.hazard_median, shop.hazard_sigma), 1, 1, 1};
    life->order_rate = gsl_ran_gamma(rng, shop.order_rate_shape, shop.order_rate_mean / shop.order_rate_shape);
    life->log_amount = log(shop.amount_median) + normal(rng, shop.amount_customer_sigma);
    traits customer = {
        .reply_luck = normal(rng, shop.reply_customer_sigma),
        .handling_luck = normal(rng, shop.handling_customer_sigma),
        .reopen_luck = normal(rng, shop.reopen_customer_sigma),
        .in_panel = chance(rng, shop.nps_panel_share),
    };
    return customer;
}

/* The first order comes with the signup, the others as a Poisson process. */
static wb_status draw_order_times(wbi_life *life, double n_days, gsl_rng *rng, wb_error *err)
{
    for (double at = life->signup; at < n_days; at += gsl_ran_exponential(rng, 1 / life->order_rate)) {
        WBI_TRY(grow((void **)&life->orders, &life->orders_capacity, life->n_orders, sizeof *life->orders, err));
        life->orders[life->n_orders++] = (wbi_order){.at = at};
    }
    return WB_OK;
}

static wbi_ticket draw_ticket(double opened, const traits *customer, gsl_rng *rng)
{
    wbi_ticket ticket = {
        .opened = opened,
        .priority = pick(rng, priority_weights, N_PRIORITIES),
        .channel = pick(rng, ticket_channel_weights, N_CHANNELS),
    };
    if (chance(rng, 1 / (1 + exp(-shop.reopen_logit - customer->reopen_luck))))
        ticket.reopens = gsl_ran_geometric(rng, 1 - shop.reopen_again_chance);
    double reply = log_normal(rng, reply_hours[ticket.priority], shop.reply_ticket_sigma) * exp(customer->reply_luck);
    double handling = log_normal(rng, handling_hours[ticket.priority], shop.handling_ticket_sigma) *
                      exp(customer->handling_luck) * (1 + shop.handling_reopened * ticket.reopens);
    ticket.replied = opened + reply / 24;
    ticket.resolved = ticket.replied + handling / 24;
    return ticket;
}

static wb_status add_ticket(wbi_life *life, double opened, const traits *customer, gsl_rng *rng, wb_error *err)
{
    WBI_TRY(grow((void **)&life->tickets, &life->tickets_capacity, life->n_tickets, sizeof *life->tickets, err));
    life->tickets[life->n_tickets++] = draw_ticket(opened, customer, rng);
    return WB_OK;
}

/* Some orders go wrong, and some questions come out of the blue. */
static wb_status draw_tickets(wbi_life *life, const traits *customer, double n_days, gsl_rng *rng, wb_error *err)
{
    for (size_t i = 0; i < life->n_orders; i++) {
        if (!chance(rng, i == 0 ? shop.first_ticket_chance : shop.ticket_chance))
            continue;
        double opened = life->orders[i].at + log_normal(rng, shop.ticket_delay_median, shop.ticket_delay_sigma);
        if (opened < n_days)
            WBI_TRY(add_ticket(life, opened, customer, rng, err));
    }
    double mean_gap = 1 / shop.ticket_background_rate;
    for (double opened = life->signup + gsl_ran_exponential(rng, mean_gap); opened < n_days;
         opened += gsl_ran_exponential(rng, mean_gap))
        WBI_TRY(add_ticket(life, opened, customer, rng, err));
    return WB_OK;
}

static int by_time(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_opened(const void *a, const void *b)
{
    return by_time(((const wbi_ticket *)a)->opened, ((const wbi_ticket *)b)->opened);
}

static int by_resolved(const void *a, const void *b)
{
    return by_time(((const wbi_ticket *)a)->resolved, ((const wbi_ticket *)b)->resolved);
}

/* One ticket on the scale of experiences: logarithms of waiting times against typical ones. */
static experience of_ticket(const wbi_ticket *ticket)
{
    double reply = 24 * (ticket->replied - ticket->opened), resolution = 24 * (ticket->resolved - ticket->opened);
    return (experience){
        .reply = log((1 + reply) / (1 + shop.reply_typical_hours)),
        .resolution = log((1 + resolution) / (1 + shop.resolution_typical_hours)),
        .reopen = ticket->reopens > 0,
    };
}

static void remember(experience *past, const wbi_ticket *ticket)
{
    experience newest = of_ticket(ticket);
    past->reply += shop.memory * (newest.reply - past->reply);
    past->resolution += shop.memory * (newest.resolution - past->resolution);
    past->reopen += shop.memory * (newest.reopen - past->reopen);
}

static void set_hazard(wbi_hazard *hazard, const experience *past)
{
    hazard->reply = exp(shop.reply_effect * past->reply);
    hazard->resolution = exp(shop.resolution_effect * past->resolution);
    hazard->reopen = exp(shop.reopen_effect * past->reopen);
}

double wbi_hazard_per_day(const wbi_hazard *hazard)
{
    return hazard->base * hazard->reply * hazard->resolution * hazard->reopen;
}

/* Death comes when the integrated hazard, constant between resolutions, reaches a standard exponential. The tickets are
 * ordered by resolution. */
static void draw_death(wbi_life *life, double n_days, gsl_rng *rng)
{
    double left = gsl_ran_exponential(rng, 1), now = life->signup;
    experience past = {0, 0, 0};
    for (size_t i = 0; i < life->n_tickets && life->tickets[i].resolved < n_days; i++) {
        double risk = wbi_hazard_per_day(&life->hazard) * (life->tickets[i].resolved - now);
        if (risk >= left)
            break;
        left -= risk;
        now = life->tickets[i].resolved;
        remember(&past, &life->tickets[i]);
        set_hazard(&life->hazard, &past);
    }
    double died = now + left / wbi_hazard_per_day(&life->hazard);
    life->died = died < n_days ? died : INFINITY;
}

/* Customers stop ordering and asking; the desk still answers what it was asked before. */
static void cut_at_death(wbi_life *life)
{
    while (life->n_orders > 0 && life->orders[life->n_orders - 1].at >= life->died)
        life->n_orders--;
    size_t n_kept = 0;
    for (size_t i = 0; i < life->n_tickets; i++)
        if (life->tickets[i].opened < life->died)
            life->tickets[n_kept++] = life->tickets[i];
    life->n_tickets = n_kept;
}

void wbi_order_fill(wbi_order *order, const wbi_life *life, gsl_rng *rng)
{
    double cents = 100 * exp(life->log_amount + normal(rng, shop.amount_order_sigma));
    uint64_t price_cents = (uint64_t)fmax(shop.least_price_cents, round(cents));
    uint64_t percent = chance(rng, shop.discount_chance) ? 5 + 5 * gsl_rng_uniform_int(rng, 4) : 0;
    order->discount_cents = price_cents * percent / 100;
    order->amount_cents = price_cents - order->discount_cents;
    bool same = chance(rng, shop.same_channel_chance);
    order->channel = same ? life->channel : pick(rng, order_channel_weights, N_CHANNELS);
}

/* Ratings of tickets that were resolved in time, by those still there to answer. */
static void rate_tickets(wbi_life *life, double n_days, gsl_rng *rng)
{
    for (size_t i = 0; i < life->n_tickets; i++) {
        wbi_ticket *ticket = &life->tickets[i];
        if (ticket->resolved >= fmin(life->died, n_days) || !chance(rng, shop.csat_chance))
            continue;
        experience felt = of_ticket(ticket);
        double mean = 4.2 - 0.6 * felt.reply - 0.4 * felt.resolution - 0.8 * felt.reopen;
        ticket->csat = mark(rng, mean, 0.8, 1, 5);
    }
}

/* The experience of the tickets resolved before `at`, ordered by resolution. */
static experience experience_at(const wbi_life *life, double at)
{
    experience past = {0, 0, 0};
    for (size_t i = 0; i < life->n_tickets && life->tickets[i].resolved < at; i++)
        remember(&past, &life->tickets[i]);
    return past;
}

/* Panel members are asked some days after some of their orders. */
static wb_status draw_surveys(wbi_life *life, double n_days, gsl_rng *rng, wb_error *err)
{
    for (size_t i = 0; i < life->n_orders; i++) {
        if (!chance(rng, shop.nps_chance))
            continue;
        wbi_survey survey = {.sent = life->orders[i].at + 3 + 7 * gsl_rng_uniform(rng), .answered = INFINITY};
        if (survey.sent >= n_days)
            continue;
        double answered = survey.sent + gsl_ran_exponential(rng, 1.5);
        if (chance(rng, shop.nps_answer_chance) && answered < fmin(life->died, n_days)) {
            experience past = experience_at(life, survey.sent);
            survey.answered = answered;
            survey.score = mark(rng, 8.3 - 1.2 * past.reply - 0.8 * past.resolution - 2 * past.reopen, 1.6, 0, 10);
        }
        WBI_TRY(grow((void **)&life->surveys, &life->surveys_capacity, life->n_surveys, sizeof *life->surveys, err));
        life->surveys[life->n_surveys++] = survey;
    }
    return WB_OK;
}

wb_status wbi_life_draw(wbi_life *life, uint64_t number, double n_days, gsl_rng *rng, wb_error *err)
{
    life->number = number;
    life->n_orders = life->n_tickets = life->n_surveys = 0;
    traits customer = draw_traits(life, n_days, rng);
    WBI_TRY(draw_order_times(life, n_days, rng, err));
    WBI_TRY(draw_tickets(life, &customer, n_days, rng, err));
    if (life->n_tickets > 1)
        qsort(life->tickets, life->n_tickets, sizeof *life->tickets, by_resolved);
    draw_death(life, n_days, rng);
    cut_at_death(life);
    for (size_t i = 0; i < life->n_orders; i++)
        wbi_order_fill(&life->orders[i], life, rng);
    rate_tickets(life, n_days, rng);
    if (customer.in_panel)
        WBI_TRY(draw_surveys(life, n_days, rng, err));
    if (life->n_tickets > 1)
        qsort(life->tickets, life->n_tickets, sizeof *life->tickets, by_opened);
    return WB_OK;
}

void wbi_life_free(wbi_life *life)
{
    wbi_free(life->orders);
    wbi_free(life->tickets);
    wbi_free(life->surveys);
    *life = (wbi_life){0};
}
