/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training in tests: a model that must come out, a coefficient of it, its file, what the log said. */
#ifndef WINBACK_TESTS_TRAIN_TESTING_H
#define WINBACK_TESTS_TRAIN_TESTING_H

#include "test_frame.h"

FRAME_FUNCTION wb_model *train(const wb_features *frame, const wb_train_options *options)
{
    wb_model *model = NULL;
    wb_error err = {0};
    assert_ok(wb_train(&model, frame, options, &err), &err);
    return model;
}

FRAME_FUNCTION double raw(const wb_model *model, const char *column)
{
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++)
        if (strcmp(wb_model_coefficient(model, j).column, column) == 0)
            return wb_model_coefficient(model, j).raw;
    fail_msg("no coefficient %s", column);
    return NAN;
}

FRAME_FUNCTION bool has_column(const wb_model *model, const char *column)
{
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++)
        if (strcmp(wb_model_coefficient(model, j).column, column) == 0)
            return true;
    return false;
}

/* The bytes of the model's file. */
FRAME_FUNCTION char *model_bytes(const wb_model *model)
{
    char path[] = "/tmp/winback-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    fclose(fdopen(fd, "w"));
    wb_error err;
    char *bytes = NULL;
    size_t n;
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wbi_input_slurp(&bytes, &n, path, (size_t)1 << 26, &err), &err);
    remove(path);
    char beside[sizeof path + 4];
    snprintf(beside, sizeof beside, "%s.cov", path);
    remove(beside);
    return bytes;
}

/* What the log says. */
typedef struct heard {
    char text[4096];
    size_t n_warnings;
} heard;

FRAME_FUNCTION void hear(void *user, wb_log_level level, const char *text)
{
    heard *ears = user;
    size_t used = strlen(ears->text);
    snprintf(ears->text + used, sizeof ears->text - used, "%s\n", text);
    ears->n_warnings += level == WB_LOG_WARNING;
}

#endif
