/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validates a ridge regression of a features file, and stops when it has taken too long.
 *
 *     cc -std=c11 validate.c $(pkg-config --cflags --libs winback) -o validate
 *     ./validate features.csv label_churned 60 */
#include <winback/winback.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Called between fits; a return other than 0 cancels the training, which then fails with WB_ERR_CANCELLED. */
static int show(void *user, const char *what, uint64_t done, uint64_t total)
{
    const time_t *deadline = user;
    fprintf(stderr, "%s: %llu of %llu\n", what, (unsigned long long)done, (unsigned long long)total);
    return time(NULL) >= *deadline;
}

static void print(const wb_model *model)
{
    const wb_model_summary s = wb_model_summarise(model);
    const wb_path_point *path;
    const size_t n = wb_model_path(model, &path);
    printf("%12s %9s\n", "lambda", "log loss");
    for (size_t i = 0; i < n; i++)
        printf("%12.6g %9.6f%s\n", path[i].lambda, path[i].log_loss, path[i].lambda == s.lambda ? "  chosen" : "");
    printf("AUC %.4f out of fold, %d folds of %llu customers\n", s.out_of_fold.auc, s.n_folds,
           (unsigned long long)s.n_customers);
}

int main(int argc, char **argv)
{
    wb_features *features = NULL;
    wb_model *model = NULL;
    wb_error err = {.message = "usage: validate FEATURES LABEL SECONDS"};
    int code = EXIT_FAILURE;
    if (argc != 4)
        goto cleanup;

    time_t deadline = time(NULL) + atoi(argv[3]);
    const wb_log log = {NULL, show, &deadline};
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    wb_train_options training = WB_TRAIN_OPTIONS_INIT; /* ridge, lambda by five folds */
    training.target = argv[2];
    training.log = &log;
    if (wb_features_read(&features, argv[1], NULL, NULL, 0, &reading, &err) != WB_OK ||
        wb_train(&model, features, &training, &err) != WB_OK)
        goto cleanup;
    print(model);
    code = EXIT_SUCCESS;
cleanup:
    if (code != EXIT_SUCCESS) {
        char text[1024];
        fprintf(stderr, "validate: %s\n", wb_error_text(&err, text, sizeof text));
    }
    wb_model_free(model);
    wb_features_free(features);
    return code;
}
