/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of buyers for models with a btyd term, and what BG/NBD expects of one by the formula of its paper. */
#ifndef WINBACK_TESTS_BTYD_TESTING_H
#define WINBACK_TESTS_BTYD_TESTING_H

#include "train_testing.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#define EXPECTED "expected_purchases_90d"

/* 2F1(a, b; c; z) for 0 <= z < 1 and positive a, b, c: the sum of its terms, none of which is negative. */
FRAME_FUNCTION long double hypergeometric(long double a, long double b, long double c, long double z)
{
    long double term = 1, sum = 1;
    for (long double n = 0; n < 1e6L; n++) {
        const long double ratio = (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
        term *= ratio;
        sum += term;
        if (ratio < 1 && term / (1 - ratio) < sum * 1e-20L)
            break;
    }
    return sum;
}

/* Fader, Hardie and Lee (2005), equation 10, weeks; of the horizon, the last purchase and now, the days are given. */
FRAME_FUNCTION long double expected_by_paper(const wb_term_btyd *by, double x_, double t_x_days, double t_days, double horizon_days)
{
    const long double r = by->r, alpha = by->alpha, a = by->a, b = by->b, x = x_;
    const long double t_x = t_x_days / 7.0L, now = t_days / 7.0L, ahead = horizon_days / 7.0L;
    const long double f = hypergeometric(r + x, b + x, a + b + x - 1, ahead / (alpha + now + ahead));
    const long double bought = (a + b + x - 1) / (a - 1) * (1 - powl((alpha + now) / (alpha + now + ahead), r + x) * f);
    const long double left = x > 0 ? a / (b + x - 1) * powl((alpha + now) / (alpha + t_x), r + x) : 0;
    return bought / (1 + left);
}

/* What a row holds that is no history; 0: a history. */
FRAME_FUNCTION bool is_history(double x, double t_x, double t)
{
    const bool whole = x == round(x) && t_x == round(t_x) && t == round(t);
    return isfinite(x) && isfinite(t_x) && isfinite(t) && whole && x >= 0 && t_x <= t && x <= t_x && !(x == 0 && t_x > 0);
}

/* NaN where the row is none. */
FRAME_FUNCTION double expected_of_row(const wb_table *table, size_t row, const wb_term_btyd *by)
{
    double h[3];
    for (size_t k = 0; k < 3; k++)
        h[k] = wb_table_numbers(table, wb_table_find(table, by->reads[k]))[row];
    return is_history(h[0], h[1], h[2]) ? (double)expected_by_paper(by, h[0], h[1], h[2], by->horizon_days) : (double)NAN;
}

/* A customer's life by the model itself, days counted whole: a gamma rate of purchases, and after each one a chance to leave. */
FRAME_FUNCTION void live(double h[3], double *later, gsl_rng *rng)
{
    const double rate = gsl_ran_gamma(rng, 0.8, 1 / 30.0), leaves = gsl_ran_beta(rng, 0.7, 2.5);
    double at = 0, last = 0;
    h[2] = 60 + floor(340 * gsl_rng_uniform(rng));
    h[0] = h[1] = *later = 0;
    for (bool there = true; there;) {
        at += gsl_ran_exponential(rng, 1 / rate);
        if (at >= h[2] + 90)
            return;
        there = gsl_rng_uniform(rng) >= leaves;
        if (floor(at) == last) /* of a date there is one */
            continue;
        last = floor(at);
        if (last > h[2]) {
            *later = 1;
            return;
        }
        h[0]++;
        h[1] = last;
    }
}

/* Buyers seen for 60 to 400 days, and whether they left: most who bought nothing in the 90 days after, some more of those who
 * buy in the store, and who are not satisfied. Of every 40th nothing is known of orders, and every 41st has numbers that are no
 * history. */
FRAME_FUNCTION wb_features *frame_buyers(size_t n, unsigned long seed)
{
    static const char *const channels[] = {"web", "app", "store", NULL};
    static const double nonsense[5][3] = {{3, 40, 30}, {1.5, 20, 90}, {0, 12, 100}, {-1, 0, 50}, {4, 3, 200}};
    double *columns[5], later; /* x, t_x, T, csat, label */
    const char **id = wbi_alloc_array(n, sizeof *id), **channel = wbi_alloc_array(n, sizeof *channel);
    char(*names)[24] = wbi_alloc_array(n, sizeof *names);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, seed);
    for (size_t c = 0; c < 5; c++)
        columns[c] = wbi_alloc_array(n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        double h[3];
        live(h, &later, rng);
        snprintf(names[i], sizeof names[i], "c%06zu", i);
        id[i] = names[i];
        for (size_t k = 0; k < 3; k++)
            columns[k][i] = i % 40 == 7 && k < 2 ? (double)NAN : i % 41 == 9 ? nonsense[i / 41 % 5][k] : h[k];
        columns[3][i] = gsl_rng_uniform(rng) < 0.3 ? (double)NAN : 1 + floor(5 * gsl_rng_uniform(rng));
        const size_t kind = gsl_rng_uniform_int(rng, 4);
        channel[i] = channels[kind];
        columns[4][i] = later == 0 || gsl_rng_uniform(rng) < 0.1 + 0.3 * (double)(kind == 2) + 0.2 * (double)(columns[3][i] < 3);
    }
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, n);
    frame_numbers(frame, "csat", columns[3], n);
    frame_numbers(frame, "orders_t_x", columns[1], n);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, channel, n);
    frame_numbers(frame, "orders_x", columns[0], n);
    frame_numbers(frame, "orders_T", columns[2], n);
    frame_numbers(frame, "label_churned", columns[4], n);
    for (size_t c = 0; c < 5; c++)
        wbi_free(columns[c]);
    gsl_rng_free(rng);
    wbi_free(id);
    wbi_free(channel);
    wbi_free(names);
    return frame;
}

FRAME_FUNCTION double *numbers_of(const wb_features *frame, const char *name)
{
    const size_t column = wb_table_find(frame->table, name);
    assert_int_not_equal(column, SIZE_MAX);
    return frame->table->columns[column].numbers;
}

/* `auto`: lambda is found, no folds. The btyd term's columns are its alone where `alone`. */
FRAME_FUNCTION wb_train_options btyd_options(wb_basis basis, bool alone)
{
    static const char *const reads[] = {"orders_x", "orders_t_x", "orders_T"};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.basis = basis;
    options.lambda = basis == WB_BASIS_LINEAR ? 0.01 : WB_LAMBDA_AUTO;
    options.n_folds = 0;
    options.n_threads = 1;
    options.btyd_horizon_us = 90 * WB_DAY_US;
    options.exclude = reads;
    options.n_exclude = alone ? 3 : 0;
    return options;
}

FRAME_FUNCTION size_t btyd_term(const wb_model *model, wb_term_btyd *out)
{
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++)
        if (wb_model_term_btyd(model, t, out) != 0)
            return t;
    fail_msg("no btyd term");
    return SIZE_MAX;
}

/* The rows with the expected purchases by the paper as a column behind the others. */
FRAME_FUNCTION wb_features *with_expected(const wb_features *frame, const wb_term_btyd *by)
{
    const size_t n = wb_table_n_rows(frame->table);
    size_t *order = wbi_alloc_array(n, sizeof *order);
    double *made = wbi_alloc_array(n, sizeof *made);
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
        made[i] = expected_of_row(frame->table, i, by);
    }
    wb_features *out = frame_reorder(frame, order, n);
    frame_numbers(out, EXPECTED, made, n);
    wbi_free(order);
    wbi_free(made);
    return out;
}

#endif
