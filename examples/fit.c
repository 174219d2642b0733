/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A logistic regression of numbers in memory: rows lie one after the other, and may have more columns than are used.
 *
 *     cc -std=c11 fit.c $(pkg-config --cflags --libs winback) -lm -o fit && ./fit */
#include <winback/fit.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What a row holds; the number in front of the features is not one of them. */
typedef struct customer {
    double number, recency_days, orders;
} customer;

enum { N = 10000 };

/* Customers who have been away for long leave, those with many orders stay: log-odds -1 + 0.02 recency - 0.3 orders. */
static void draw(customer *customers, uint8_t *left)
{
    srand(1);
    for (int i = 0; i < N; i++) {
        customers[i] = (customer){i, rand() % 180, rand() % 12};
        double log_odds = -1 + 0.02 * customers[i].recency_days - 0.3 * customers[i].orders;
        left[i] = rand() / (RAND_MAX + 1.0) < 1 / (1 + exp(-log_odds));
    }
}

/* Called after each step; a return other than 0 would stop the fit. */
static int show(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    (void)total;
    fprintf(stderr, "%s: step %llu\n", what, (unsigned long long)done);
    return 0;
}

int main(void)
{
    static customer customers[N];
    static uint8_t left[N];
    const wb_log log = {NULL, show, NULL};
    const wb_matrix x = {&customers[0].recency_days, N, 2, sizeof(customer) / sizeof(double)};
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    double coefficients[1 + 2];
    wb_fit fit;
    wb_error err;

    draw(customers, left);
    options.lambda = 1e-4;
    options.log = &log;
    if (wb_fit_logistic(&fit, coefficients, &x, left, &options, &err) != WB_OK) {
        char text[1024];
        fprintf(stderr, "fit: %s\n", wb_error_text(&err, text, sizeof text));
        return EXIT_FAILURE;
    }
    printf("intercept    %8.4f\nrecency_days %8.4f\norders       %8.4f\n", coefficients[0], coefficients[1],
           coefficients[2]);
    printf("log loss     %8.4f, %s after %d steps\n", fit.log_loss, fit.converged ? "converged" : "not converged",
           fit.iterations);
    return EXIT_SUCCESS;
}
