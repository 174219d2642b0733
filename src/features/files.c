/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features on disk: F.csv, and F.csv.meta.json that says what they mean and of which bytes it speaks. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/memory.h"
#include "csv/typed.h"
#include "csv/writer.h"
#include "features/features.h"
#include "io/output.h"
#include "table/spill.h"

enum { META_CEILING = 64 * 1024 * 1024 };

static const char meta_format[] = "winback-features";

static wb_status meta_path(char **out, const char *path, wb_error *err)
{
    size_t n = strlen(path);
    char *joined = wbi_alloc_array(n + sizeof ".meta.json", 1);
    if (joined == NULL)
        return wbi_fail_nomem(err, n);
    memcpy(joined, path, n);
    memcpy(joined + n, ".meta.json", sizeof ".meta.json");
    *out = joined;
    return WB_OK;
}

static wb_status meta_text(char **out, const char *definitions, const char *digest, wb_error *err)
{
    json_t *parsed = json_loads(definitions, 0, NULL);
    json_t *meta = json_pack("{s:s, s:i, s:s, s:o*}", "format", meta_format, "version", 1, "hash", digest,
                             "definitions", parsed);
    char *text = meta == NULL ? NULL : json_dumps(meta, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(meta);
    if (text == NULL)
        return wbi_fail(err, WB_ERR_INTERNAL, "the definitions of the features cannot be written as JSON");
    *out = text;
    return WB_OK;
}

/* Writes what the features file `path` means beside it. */
static wb_status write_beside(const char *path, const char *definitions, const char *digest, wb_error *err)
{
    char *target = NULL, *text = NULL;
    wbi_output *output = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(meta_path(&target, path, err));
    WBI_TRY_CLEANUP(meta_text(&text, definitions, digest, err));
    WBI_TRY_CLEANUP(wbi_output_open(&output, target, err));
    WBI_TRY_CLEANUP(wbi_output_write(output, text, strlen(text), err));
    WBI_TRY_CLEANUP(wbi_output_write(output, "\n", 1, err));
    status = wbi_output_commit(output, err);
    output = NULL;
cleanup:
    wbi_output_abort(output);
    free(text);
    wbi_free(target);
    return status;
}

/* Standard output, a pipe or a device can have no file beside it. */
static bool is_regular(const char *path)
{
    struct stat file;
    return strcmp(path, "-") != 0 && stat(path, &file) == 0 && S_ISREG(file.st_mode);
}

wb_status wbi_features_write_meta(const char *path, const char *definitions, const char *digest, wb_error *err)
{
    return is_regular(path) ? write_beside(path, definitions, digest, err) : WB_OK;
}

wb_status wb_features_write(const wb_features *features, const char *path, int n_threads, wb_error *err)
{
    char digest[WBI_DIGEST_CHARS];
    WBI_TRY(wbi_table_in_memory(features->table, "writing", err));
    WBI_TRY(wbi_csv_write_table(features->table, path, n_threads, digest, err));
    return features->definitions == NULL ? WB_OK
                                         : wbi_features_write_meta(path, features->definitions, digest, err);
}

/* The hash of a plain file's bytes; an empty text when it is not to be had (standard input, compression). */
static wb_status file_digest(const char *path, char hex[WBI_DIGEST_CHARS], wb_error *err)
{
    char bytes[65536];
    hex[0] = '\0';
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return WB_OK;
    wbi_digest *digest = wbi_digest_create();
    if (digest == NULL) {
        fclose(file);
        return wbi_fail_nomem(err, sizeof bytes);
    }
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        wbi_digest_update(digest, bytes, n);
    if (!ferror(file))
        wbi_digest_hex(digest, hex);
    wbi_digest_free(digest);
    fclose(file);
    return WB_OK;
}

/* Takes the definitions out of a meta file that speaks of these bytes. */
static wb_status adopt(char **out, const char *text, const char *digest, wb_error *err)
{
    json_t *meta = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const char *hash = json_string_value(json_object_get(meta, "hash"));
    json_t *definitions = json_object_get(meta, "definitions");
    bool known = json_integer_value(json_object_get(meta, "version")) == 1 && json_is_object(definitions);
    wb_status status = WB_OK;
    if (known && hash != NULL && strcmp(hash, digest) == 0) {
        char *dumped = json_dumps(definitions, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        *out = dumped == NULL ? NULL : wbi_strdup(dumped);
        if (*out == NULL)
            status = wbi_fail_nomem(err, strlen(text));
        free(dumped);
    }
    json_decref(meta);
    return status;
}

wb_status wbi_features_read_definitions(char **out, const char *path, const wb_log *log, wb_error *err)
{
    *out = NULL;
    if (strcmp(path, "-") == 0)
        return WB_OK;
    char *meta = NULL, *text = NULL, digest[WBI_DIGEST_CHARS];
    size_t n;
    wb_status status;
    WBI_TRY_CLEANUP(meta_path(&meta, path, err));
    status = wbi_input_slurp(&text, &n, meta, META_CEILING, NULL);
    if (status == WB_ERR_NOMEM)
        wbi_fail_nomem(err, META_CEILING);
    else if (status != WB_OK)
        status = WB_OK; /* no meta file: the features are flat */
    if (text == NULL)
        goto cleanup;
    WBI_TRY_CLEANUP(file_digest(path, digest, err));
    WBI_TRY_CLEANUP(adopt(out, text, digest, err));
    if (*out == NULL)
        wbi_log(log, WB_LOG_WARNING, "%s does not belong to these bytes of %s: the features are taken as a flat table",
                meta, path);
cleanup:
    wbi_free(text);
    wbi_free(meta);
    return status;
}

wb_status wb_features_read(wb_features **out, const char *path, const char *id, const char *const *categories,
                           size_t n_categories, const wb_read_options *options, wb_error *err)
{
    static const wb_read_options defaults = WB_READ_OPTIONS_INIT;
    const char *texts[] = {id != NULL ? id : "customer_id"};
    wbi_flat_options flat = {
        .text_columns = texts, .n_text_columns = 1, .categories = categories, .n_categories = n_categories, .decimals = true};
    if (options == NULL)
        options = &defaults;
    wb_features *features = wbi_alloc_zeroed(1, sizeof *features);
    if (features == NULL)
        return wbi_fail_nomem(err, sizeof *features);
    wb_status status = wbi_typed_read_flat(&features->table, path, &flat, options, err);
    if (status == WB_OK)
        status = wbi_features_read_definitions(&features->definitions, path, options->log, err);
    if (status == WB_OK)
        *out = features;
    else
        wb_features_free(features);
    return status;
}
