/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A temporary folder of CSV files, and runs of the engine over them. The folder's path is cmocka's state. */
#ifndef WINBACK_TEST_RUN_H
#define WINBACK_TEST_RUN_H

#include "test_util.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winback/features.h>

enum { RUN_PATH_CHARS = 1024, RUN_CUTOFFS = 16 };

static inline int make_folder(void **state)
{
    char *folder = strdup("/tmp/winback-test-XXXXXX");
    *state = folder;
    return folder != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    char *folder = *state, path[RUN_PATH_CHARS];
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(directory);
    int status = rmdir(folder);
    free(folder);
    return status;
}

static inline const char *path_in(char path[RUN_PATH_CHARS], const char *folder, const char *name)
{
    if (snprintf(path, RUN_PATH_CHARS, "%s/%s", folder, name) >= RUN_PATH_CHARS)
        abort();
    return path;
}

static inline void put(const char *folder, const char *name, const char *text)
{
    char path[RUN_PATH_CHARS];
    FILE *file = fopen(path_in(path, folder, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* The bytes of a file; to be freed. */
static inline char *get(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, n, file), n);
    text[n] = '\0';
    fclose(file);
    return text;
}

/* "2024-01-01 2024-02-01" as instants; how many. */
static inline size_t read_cutoffs(int64_t cutoffs_us[RUN_CUTOFFS], const char *text)
{
    size_t n = 0;
    wb_error err;
    for (const char *at = text; *at != '\0';) {
        char cutoff[64];
        size_t length = strcspn(at, " ");
        snprintf(cutoff, sizeof cutoff, "%.*s", (int)length, at);
        assert_true(n < RUN_CUTOFFS);
        assert_ok(wb_time_parse(&cutoffs_us[n++], cutoff, 0, &err), &err);
        at += length + strspn(at + length, " ");
    }
    return n;
}

static inline wb_status make_engine(wb_engine **out, const char *folder, const char *project_text, wb_error *err)
{
    char path[RUN_PATH_CHARS];
    wb_project *project;
    put(folder, "winback.yml", project_text);
    wb_status status = wb_project_read(&project, path_in(path, folder, "winback.yml"), err);
    if (status != WB_OK)
        return status;
    status = wb_engine_create(out, project, NULL, err);
    wb_project_free(project);
    return status;
}

static inline bool has_label(const wb_engine *engine)
{
    return wb_project_label(wb_engine_project(engine), NULL, NULL) != NULL;
}

/* Features at the cutoffs, with the label when the project has one. */
static inline wb_status make_features(wb_features **out, const char *folder, const char *project_text,
                                      const char *cutoffs, int n_threads, wb_error *err)
{
    wb_engine *engine;
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, cutoffs);
    wb_status status = make_engine(&engine, folder, project_text, err);
    if (status != WB_OK)
        return status;
    status = wb_engine_features(engine, out,
                                &(wb_features_options){cutoffs_us, n, has_label(engine), n_threads, NULL}, err);
    wb_engine_free(engine);
    return status;
}

/* The bytes that wb_features_write writes; to be freed. */
static inline char *features_text(const wb_features *features, const char *folder, int n_threads)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    assert_ok(wb_features_write(features, path_in(path, folder, "features.csv"), n_threads, &err), &err);
    return get(path);
}

static inline char *run(const char *folder, const char *project_text, const char *cutoffs, int n_threads)
{
    wb_features *features;
    wb_error err;
    assert_ok(make_features(&features, folder, project_text, cutoffs, n_threads, &err), &err);
    char *text = features_text(features, folder, n_threads);
    wb_features_free(features);
    return text;
}

#define assert_features(folder, project_text, cutoffs, expected)                                               \
    do {                                                                                                       \
        char *run_text = run(folder, project_text, cutoffs, 1);                                                \
        assert_string_equal(run_text, expected);                                                               \
        free(run_text);                                                                                        \
    } while (0)

/* The run fails with `code`, and its whole error text contains `words`. */
#define assert_refused(folder, project_text, cutoffs, code, words)                                             \
    do {                                                                                                       \
        wb_features *refused = NULL;                                                                           \
        wb_error refusal;                                                                                      \
        char refusal_text[2048];                                                                               \
        assert_int_equal(make_features(&refused, folder, project_text, cutoffs, 1, &refusal), code);           \
        assert_null(refused);                                                                                  \
        wb_error_text(&refusal, refusal_text, sizeof refusal_text);                                            \
        if (strstr(refusal_text, words) == NULL)                                                               \
            fail_msg("'%s' does not say '%s'", refusal_text, words);                                           \
    } while (0)

#endif
