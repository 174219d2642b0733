/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole chain in C: learns from a shop's events who leaves, and prints the five customers most likely to be next.
 *
 *     cc -std=c11 churn.c $(pkg-config --cflags --libs winback) -o churn
 *     winback simulate --customers 500 -o shop && ./churn shop/orders.csv shop/tickets.csv shop/customers.csv */
#include <winback/winback.h>

#include <stdio.h>
#include <stdlib.h>

/* A call that can fail returns a status and, when it fails, fills the error that it was given. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((call) != WB_OK)                                                                                           \
            goto cleanup;                                                                                              \
    } while (0)

static void print_highest(size_t n_wanted, const wb_table *table, double *probability)
{
    size_t n = wb_table_n_rows(table), id_column = wb_table_find(table, "customer_id"), length;
    for (size_t rank = 0; rank < n_wanted && rank < n; rank++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            if (probability[i] > probability[best])
                best = i;
        const char *id = wb_table_text(table, id_column, best, &length); /* the table's own bytes, not terminated */
        printf("%.*s %.4f\n", (int)length, id, probability[best]);
        probability[best] = -1; /* done */
    }
}

int main(int argc, char **argv)
{
    static const char *const tables[] = {"orders", "tickets", "customers"};
    wb_project *project = NULL;
    wb_engine *engine = NULL;
    wb_features *past = NULL, *now = NULL;
    wb_model *model = NULL;
    double *probability = NULL;
    int64_t first_us, until_us, horizon_us = 90 * WB_DAY_US;
    int code = EXIT_FAILURE;
    wb_error err = {.message = "usage: churn ORDERS TICKETS CUSTOMERS"};

    /* A project says what there is: tables in the conventional columns; who buys nothing for 90 days has left. */
    if (argc != 4)
        goto cleanup;
    TRY(wb_project_create(&project, &err));
    for (int i = 0; i < 3; i++)
        TRY(wb_project_set_file(project, tables[i], argv[i + 1], &err));
    TRY(wb_project_set_horizon(project, horizon_us, &err));

    /* An engine reads the events, once, for all that is asked of it later. */
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    TRY(wb_engine_create(&engine, project, &reading, &err));
    wb_engine_data_range(engine, &first_us, &until_us);

    /* Learn from what was known a horizon before the end of the data, for of that day we know who left. */
    int64_t cutoff_us = until_us - horizon_us;
    wb_train_options training = WB_TRAIN_OPTIONS_INIT;
    wb_features_options wanted = WB_FEATURES_OPTIONS_INIT;
    wanted.cutoffs_us = &cutoff_us;
    wanted.n_cutoffs = 1;
    wanted.with_label = 1;
    TRY(wb_engine_features(engine, &past, &wanted, &err));
    TRY(wb_train(&model, past, &training, &err));

    /* Score what is known at the end of the data, where there is no label yet. */
    wanted.cutoffs_us = &until_us;
    wanted.with_label = 0;
    TRY(wb_engine_features(engine, &now, &wanted, &err));
    const wb_table *table = wb_features_table(now);
    probability = malloc((wb_table_n_rows(table) + 1) * sizeof *probability);
    if (probability == NULL) {
        snprintf(err.message, sizeof err.message, "out of memory");
        goto cleanup;
    }
    TRY(wb_score_table(model, table, probability, NULL, 0, &err));
    print_highest(5, table, probability);
    code = EXIT_SUCCESS;

cleanup: /* free functions take NULL, so there is one way out */
    if (code != EXIT_SUCCESS) {
        char text[1024];
        fprintf(stderr, "churn: %s\n", wb_error_text(&err, text, sizeof text));
    }
    free(probability);
    wb_model_free(model);
    wb_features_free(now);
    wb_features_free(past);
    wb_engine_free(engine);
    wb_project_free(project);
    return code;
}
