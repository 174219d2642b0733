/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/clv.h"

#include <math.h>
#include <stdio.h>

enum { N_BEST = 10, ID_COLUMNS = 24 };

static const char *unit_of(const wb_clv_options *o)
{
    return o->unit_us == WB_DAY_US ? "day" : "week";
}

static uint64_t n_without_repeat(const wb_clv *clv)
{
    return wb_clv_bg_nbd(clv)->n_customers - wb_clv_bg_nbd(clv)->n_repeating;
}

/* ---- text ---- */

static const char *figure(char text[CLI_TEXT_CHARS], int n_digits, double value)
{
    if (isnan(value))
        snprintf(text, CLI_TEXT_CHARS, "-");
    else
        snprintf(text, CLI_TEXT_CHARS, "%.*f", n_digits, value);
    return text;
}

static void print_parameter(const char *name, double value, double error)
{
    char estimate[CLI_TEXT_CHARS], uncertain[CLI_TEXT_CHARS];
    printf("  %-8s%12s%18s\n", name, figure(estimate, 4, value), figure(uncertain, 4, error));
}

static void print_models(const wb_clv *clv, const wb_clv_options *o)
{
    char count[CLI_TEXT_CHARS], repeating[CLI_TEXT_CHARS];
    const wb_bg_nbd *b = wb_clv_bg_nbd(clv);
    const wb_gamma_gamma *g = wb_clv_gamma_gamma(clv);
    printf("purchases: BG/NBD, in %ss, of %s customers, %s of them with a repeat\n", unit_of(o), cli_count(count, b->n_customers),
           cli_count(repeating, b->n_repeating));
    printf("  %-8s%12s%18s\n", "", "estimate", "standard error");
    print_parameter("r", b->r, b->r_se);
    print_parameter("alpha", b->alpha, b->alpha_se);
    print_parameter("a", b->a, b->a_se);
    print_parameter("b", b->b, b->b_se);
    printf("  log likelihood %.2f; %llu of %llu starts came to it\n\n", b->log_likelihood, (unsigned long long)b->n_agreed,
           (unsigned long long)b->n_starts);
    if (g->failed) {
        printf("spend: no Gamma-Gamma model (%s), so no spend and no value is expected of anybody\n\n", g->why);
        return;
    }
    printf("spend of a purchase: Gamma-Gamma, of %s customers with a repeat", cli_count(count, g->n_customers));
    if (g->n_left_out > 0)
        printf("; %s left out, whose mean repeat spend is not above 0", cli_count(repeating, g->n_left_out));
    printf("\n  %-8s%12s%18s\n", "", "estimate", "standard error");
    print_parameter("p", g->p, g->p_se);
    print_parameter("q", g->q, g->q_se);
    print_parameter("v", g->v, g->v_se);
    printf("  log likelihood %.2f; mean spend of a purchase %s\n\n", g->log_likelihood, figure(count, 2, g->mean_spend));
}

static void print_sums(const wb_clv *clv, const wb_clv_options *o)
{
    char until[WB_TIME_CHARS], horizon[WB_TIME_CHARS], value[CLI_TEXT_CHARS], mean[CLI_TEXT_CHARS];
    const wb_clv_summary *s = wb_clv_sums(clv);
    const double n = (double)s->n_customers;
    wb_time_format(s->until_us, until);
    wb_duration_format(o->horizon_us, horizon);
    printf("expected from %s on, over %s\n", until, horizon);
    printf("  purchases %.1f, %.3f a customer\n", s->expected_purchases, s->expected_purchases / n);
    printf("  value %s, %s a customer (margin %.10g, discounted by %.10g %% a year)\n\n", figure(value, 2, s->value),
           figure(mean, 2, s->value / n), s->margin, 100 * o->annual_discount);
}

static double worth(const wb_clv_customer *c)
{
    return isnan(c->value) ? c->expected_purchases : c->value;
}

/* Those of the highest value, or of most purchases where there is none; equals in the order of the ids. */
static size_t find_best(const wb_clv_customer *best[N_BEST], const wb_clv *clv)
{
    size_t n = 0;
    for (size_t i = 0; i < wb_clv_n_customers(clv); i++) {
        const wb_clv_customer *c = wb_clv_at(clv, i);
        size_t at = n;
        while (at > 0 && worth(best[at - 1]) < worth(c))
            at--;
        if (at == N_BEST)
            continue;
        n += n < N_BEST;
        for (size_t k = n - 1; k > at; k--)
            best[k] = best[k - 1];
        best[at] = c;
    }
    return n;
}

static void print_best(const wb_clv *clv)
{
    const wb_clv_customer *best[N_BEST];
    const size_t n = find_best(best, clv);
    printf("%-*s%8s%9s%9s%13s%11s%12s%9s%13s\n", ID_COLUMNS + 2, "most is expected of", "x", "t_x", "T", "mean spend", "purchases",
           "spend each", "P(alive)", "value");
    for (size_t i = 0; i < n; i++) {
        const wb_clv_customer *c = best[i];
        char mean[CLI_TEXT_CHARS], spend[CLI_TEXT_CHARS], value[CLI_TEXT_CHARS];
        cli_print_name(c->customer_id, ID_COLUMNS + 2, ID_COLUMNS);
        printf("%8llu%9.2f%9.2f%13s%11.2f%12s%9.3f%13s\n", (unsigned long long)c->x, c->t_x, c->t, figure(mean, 2, c->mean_spend),
               c->expected_purchases, figure(spend, 2, c->expected_spend), c->p_alive, figure(value, 2, c->value));
    }
}

static void print_simple(const wb_clv *clv)
{
    char order[CLI_TEXT_CHARS], value[CLI_TEXT_CHARS];
    const wb_clv_simple *s = wb_clv_simple_value(clv);
    const double margin = wb_clv_sums(clv)->margin;
    printf("\nthe textbook's formulas, all customers alike\n");
    printf("  order value x orders per year x years x margin: %s x %.3f x %.3f x %.10g = %s\n", figure(order, 2, s->order_value),
           s->orders_per_year, s->horizon_years, margin, figure(value, 2, s->lifetime_value));
    if (isnan(s->churn))
        printf("  margin / churn: not known, for the data do not go back over two such horizons\n");
    else
        printf("  margin / churn, over such a horizon: %s / %.4f = %s\n", figure(order, 2, s->lifetime_value), s->churn,
               figure(value, 2, s->value_by_churn));
}

void cli_print_clv(const wb_clv *clv, const wb_clv_options *options)
{
    char count[CLI_TEXT_CHARS], all[CLI_TEXT_CHARS];
    print_models(clv, options);
    print_sums(clv, options);
    print_best(clv);
    print_simple(clv);
    printf("\nP(alive) is 1 for every customer without a repeat, %s of %s here, so it is no score of leaving: winback train makes one\n",
           cli_count(count, n_without_repeat(clv)), cli_count(all, wb_clv_n_customers(clv)));
}

/* ---- JSON ---- */

static json_t *bg_nbd_json(const wb_bg_nbd *b)
{
    json_t *errors = json_pack("{s:o, s:o, s:o, s:o}", "r", cli_number_json(b->r_se), "alpha", cli_number_json(b->alpha_se), "a",
                               cli_number_json(b->a_se), "b", cli_number_json(b->b_se));
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:o, s:I, s:I, s:I, s:I, s:I}", "r", b->r, "alpha", b->alpha, "a", b->a, "b", b->b,
                     "log_likelihood", b->log_likelihood, "standard_errors", errors, "customers", (json_int_t)b->n_customers,
                     "repeating", (json_int_t)b->n_repeating, "distinct", (json_int_t)b->n_distinct, "starts",
                     (json_int_t)b->n_starts, "starts_agreed", (json_int_t)b->n_agreed);
}

static json_t *gamma_gamma_json(const wb_gamma_gamma *g)
{
    if (g->failed)
        return json_null();
    json_t *errors = json_pack("{s:o, s:o, s:o}", "p", cli_number_json(g->p_se), "q", cli_number_json(g->q_se), "v",
                               cli_number_json(g->v_se));
    return json_pack("{s:f, s:f, s:f, s:f, s:o, s:o, s:I, s:I}", "p", g->p, "q", g->q, "v", g->v, "log_likelihood",
                     g->log_likelihood, "standard_errors", errors, "mean_spend", cli_number_json(g->mean_spend), "customers",
                     (json_int_t)g->n_customers, "left_out", (json_int_t)g->n_left_out);
}

static json_t *simple_json(const wb_clv_simple *s)
{
    return json_pack("{s:o, s:f, s:f, s:o, s:o, s:o}", "order_value", cli_number_json(s->order_value), "orders_per_year",
                     s->orders_per_year, "horizon_years", s->horizon_years, "lifetime_value", cli_number_json(s->lifetime_value),
                     "churn", cli_number_json(s->churn), "value_by_churn", cli_number_json(s->value_by_churn));
}

json_t *cli_clv_json(const wb_clv *clv, const wb_clv_options *options)
{
    char until[WB_TIME_CHARS];
    const wb_clv_summary *s = wb_clv_sums(clv);
    const wb_gamma_gamma *g = wb_clv_gamma_gamma(clv);
    wb_time_format(s->until_us, until);
    json_t *json = json_pack("{s:s, s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:f, s:o}", "until", until, "unit", unit_of(options),
                             "horizon_days", (double)options->horizon_us / (double)WB_DAY_US, "discount", options->annual_discount,
                             "margin", s->margin, "customers", (json_int_t)s->n_customers, "orders", (json_int_t)s->n_orders,
                             "purchases", (json_int_t)s->n_purchases, "expected_purchases", s->expected_purchases, "value",
                             cli_number_json(s->value));
    json_object_set_new(json, "bg_nbd", bg_nbd_json(wb_clv_bg_nbd(clv)));
    json_object_set_new(json, "gamma_gamma", gamma_gamma_json(g));
    if (g->failed)
        json_object_set_new(json, "gamma_gamma_failed", json_string(g->why));
    json_object_set_new(json, "simple", simple_json(wb_clv_simple_value(clv)));
    json_object_set_new(json, "p_alive", json_pack("{s:I, s:s}", "always_1", (json_int_t)n_without_repeat(clv), "warning",
                                                   "1 for every customer without a repeat: no score of leaving"));
    return json;
}
