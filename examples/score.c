/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores a customer in memory: what is known is said, all else is missing. Prints the probability, and what it would be were
 * each of the values not known.
 *
 *     cc -std=c11 score.c $(pkg-config --cflags --libs winback) -lm -o score && ./score model.json orders_days_since_last=200 country=DE */
#include <winback/scorer.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "score: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* Sets the feature of "name=value" in a row; its index, or the number of features where there is none of that name. */
static size_t set(double *row, const wb_scorer *scorer, const char *text)
{
    const size_t length = strcspn(text, "="), n = wb_scorer_n_features(scorer);
    for (size_t f = 0; f < n && text[length] == '='; f++) {
        const char *value = text + length + 1;
        wb_type type;
        const char *name = wb_scorer_feature(scorer, f, &type);
        if (strlen(name) != length || strncmp(name, text, length) != 0)
            continue;
        row[f] = type == WB_TYPE_CATEGORY ? wb_scorer_code(scorer, f, value, strlen(value)) : strtod(value, NULL);
        return f;
    }
    return n;
}

int main(int argc, char **argv)
{
    wb_model *model;
    wb_scorer *scorer;
    wb_error err;
    if (argc < 2)
        return fail("usage", "score MODEL [FEATURE=VALUE ...]");
    if (wb_model_read(&model, argv[1], &err) != WB_OK || wb_scorer_create(&scorer, model, &err) != WB_OK)
        return fail(argv[1], err.message);
    const size_t n = wb_scorer_n_features(scorer), n_rows = (size_t)argc - 1;
    double *x = malloc(n_rows * n * sizeof *x), *probability = malloc(n_rows * sizeof *probability);
    if (x == NULL || probability == NULL)
        return fail(argv[1], "out of memory");
    for (size_t i = 0; i < n_rows * n; i++)
        x[i] = (double)NAN;
    for (size_t row = 0; row < n_rows; row++) /* row k lacks the k-th value, row 0 none */
        for (size_t k = 1; k < n_rows; k++)
            if (k != row && set(x + row * n, scorer, argv[k + 1]) == n)
                return fail(argv[k + 1], "no FEATURE=VALUE of the model");
    wb_scorer_rows(scorer, &(wb_scores){probability, NULL}, x, n, n_rows);
    printf("%.17g\n", probability[0]);
    for (size_t k = 1; k < n_rows; k++)
        printf("%.17g without %s\n", probability[k], argv[k + 1]);
    free(probability);
    free(x);
    wb_scorer_free(scorer);
    wb_model_free(model);
    return EXIT_SUCCESS;
}
