/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From common options to what the library takes. */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

bool cli_check_threads(const cli_common *common)
{
    if (common->n_threads <= 256)
        return true;
    cli_usage_error("--threads: %llu is more than 256", (unsigned long long)common->n_threads);
    return false;
}

static const char usual_project[] = "winback.yml";

bool cli_read_options(const cli_common *common, wb_read_options *options)
{
    static const char *const policies[] = {
        [WB_ON_ERROR_FAIL] = "fail", [WB_ON_ERROR_SKIP] = "skip", [WB_ON_ERROR_REJECT] = "reject"};
    *options = (wb_read_options)WB_READ_OPTIONS_INIT;
    options->delimiter = common->delimiter;
    options->decimal = common->decimal;
    options->na = common->na.items;
    options->n_na = common->na.n;
    options->rejects = common->rejects;
    options->n_threads = (int)common->n_threads;
    options->memory_limit_bytes = common->memory_limit_bytes;
    options->log = cli_log(common);
    if (!cli_check_threads(common))
        return false;
    if (common->decimal != '.' && common->decimal != ',') {
        cli_usage_error("--decimal: '%c' is neither . nor ,", common->decimal);
        return false;
    }
    bool rejecting = strcmp(common->on_error, "reject") == 0;
    if (rejecting != (common->rejects != NULL)) {
        cli_usage_error(rejecting ? "--on-error reject needs --rejects FILE" : "--rejects goes with --on-error reject");
        return false;
    }
    for (int policy = WB_ON_ERROR_FAIL; policy <= WB_ON_ERROR_REJECT; policy++)
        if (strcmp(common->on_error, policies[policy]) == 0) {
            options->on_error = (wb_on_error)policy;
            return true;
        }
    cli_usage_error("--on-error: '%s' is none of fail, skip, reject", common->on_error);
    return false;
}

const char *cli_project_file(const cli_common *common)
{
    if (common->project != NULL)
        return common->project;
    return access(usual_project, F_OK) == 0 ? usual_project : NULL;
}

wb_status cli_open_project(wb_project **project, const cli_common *common, wb_error *err)
{
    const char *file = cli_project_file(common);
    return file != NULL ? wb_project_read(project, file, err) : wb_project_create(project, err);
}

/* Writes the folder of a path, and returns the name in it. */
static const char *split_path(char folder[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    const int n = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, PATH_MAX, "%.*s", n > 0 ? n : 1, n > 0 ? path : ".");
    return slash == NULL ? path : slash + 1;
}

/* Of files that are yet to be written. */
static bool is_same_place(const char *a, const char *b)
{
    struct stat at_a, at_b;
    char folder_a[PATH_MAX], folder_b[PATH_MAX];
    if (strcmp(split_path(folder_a, a), split_path(folder_b, b)) != 0)
        return false;
    if (stat(folder_a, &at_a) != 0 || stat(folder_b, &at_b) != 0)
        return strcmp(folder_a, folder_b) == 0;
    return at_a.st_dev == at_b.st_dev && at_a.st_ino == at_b.st_ino;
}

/* Links and spellings do not hide that two paths are one file. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat at_a, at_b;
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return false;
    if (stat(a, &at_a) != 0 || stat(b, &at_b) != 0)
        return is_same_place(a, b);
    return S_ISREG(at_a.st_mode) && at_a.st_dev == at_b.st_dev && at_a.st_ino == at_b.st_ino;
}

static bool matches_glob(const char *output, const char *pattern)
{
    glob_t found;
    bool same = is_same_file(output, pattern);
    if (same || glob(pattern, 0, NULL, &found) != 0)
        return same;
    for (size_t i = 0; i < found.gl_pathc && !same; i++)
        same = is_same_file(output, found.gl_pathv[i]);
    globfree(&found);
    return same;
}

static bool is_read(const char *output, const cli_common *common, const char *const *inputs, const wb_project *project)
{
    for (size_t i = 0; inputs[i] != NULL; i++)
        if (matches_glob(output, inputs[i]))
            return true;
    if (is_same_file(output, common->project != NULL ? common->project : usual_project))
        return true;
    for (size_t t = 0; project != NULL && t < wb_project_n_tables(project); t++) {
        const char *file = wb_project_table_file(project, t), *through = wb_project_table_through(project, t);
        if ((file != NULL && matches_glob(output, file)) || (through != NULL && matches_glob(output, through)))
            return true;
    }
    return false;
}

static wb_status refuse_output(const char *output, const char *why, wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_ARGUMENT};
    snprintf(err->message, sizeof err->message, "'%s' %s: name another file", output, why);
    return err->code;
}

wb_status cli_check_outputs(const cli_common *common, const char *output, const char *const *inputs,
                            const wb_project *project, wb_error *err)
{
    const char *outputs[] = {output, common->rejects};
    for (size_t i = 0; i < 2; i++)
        if (outputs[i] != NULL && is_read(outputs[i], common, inputs, project))
            return refuse_output(outputs[i], "is to be written, and is read", err);
    if (output != NULL && common->rejects != NULL && is_same_file(output, common->rejects))
        return refuse_output(output, "is to hold both the output and the rejected rows", err);
    return WB_OK;
}

static wb_status cannot_open(const char *file, int why, wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_IO};
    snprintf(err->message, sizeof err->message, "cannot open: %s", strerror(why));
    snprintf(err->file, sizeof err->file, "%s", file);
    return err->code;
}

wb_status cli_check_readable(const char *const *inputs, wb_error *err)
{
    struct stat about;
    for (size_t i = 0; inputs[i] != NULL; i++)
        if (strcmp(inputs[i], "-") != 0 && (stat(inputs[i], &about) != 0 || access(inputs[i], R_OK) != 0))
            return cannot_open(inputs[i], errno, err);
    return WB_OK;
}

int cli_check_input_names(const char *const *inputs)
{
    size_t n_standard = 0;
    for (size_t i = 0; inputs[i] != NULL; i++)
        n_standard += strcmp(inputs[i], "-") == 0;
    return n_standard > 1 ? cli_usage_error("standard input is named twice, and can be read once") : CLI_DONE;
}

int cli_check_list(const char *option, const cli_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i][0] == '\0')
            return cli_usage_error("%s: a name is empty", option);
        for (size_t k = 0; k < i; k++)
            if (strcmp(list->items[k], list->items[i]) == 0)
                return cli_usage_error("%s: '%.200s' is named twice", option, list->items[i]);
    }
    return CLI_DONE;
}

wb_status cli_check_folder(const char *output, wb_error *err)
{
    struct stat about;
    if (output != NULL && strcmp(output, "-") != 0 && stat(output, &about) == 0 && S_ISDIR(about.st_mode))
        return cannot_open(output, EISDIR, err);
    if (output == NULL || strcmp(output, "-") == 0 || lstat(output, &about) == 0)
        return WB_OK;
    if (output[0] == '\0') {
        *err = (wb_error){.code = WB_ERR_ARGUMENT, .message = "-o '': expected the name of a file, or -"};
        return err->code;
    }
    char folder[PATH_MAX];
    split_path(folder, output);
    if (access(folder, W_OK | X_OK) == 0)
        return WB_OK;
    return cannot_open(output, errno, err);
}

wb_status cli_check_files(const cli_common *common, const char *const *outputs, size_t n, const char *const *inputs,
                          const wb_project *project, wb_error *err)
{
    wb_status status = cli_check_outputs(common, NULL, inputs, project, err);
    for (size_t i = 0; i < n && status == WB_OK; i++) {
        if (outputs[i] == NULL)
            continue;
        status = cli_check_outputs(common, outputs[i], inputs, project, err);
        for (size_t k = 0; k < i && status == WB_OK; k++)
            if (outputs[k] != NULL && is_same_file(outputs[k], outputs[i]))
                status = refuse_output(outputs[i], "is to be written, and is read", err);
        if (status == WB_OK)
            status = cli_check_folder(outputs[i], err);
    }
    return status;
}

bool cli_is_dash(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

void cli_name_model(char name[CLI_NAME_CHARS], const char *path)
{
    static const char *const ends[] = {".json", ".model"};
    const char *slash = strrchr(path, '/');
    snprintf(name, CLI_NAME_CHARS, "%s", slash == NULL ? path : slash + 1);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(name), n_end = strlen(ends[i]);
        if (n > n_end && strcmp(name + n - n_end, ends[i]) == 0)
            name[n - n_end] = '\0';
    }
}

wb_status cli_time(int64_t *time_us, const char *option, const char *text, const wb_project *project, wb_error *err)
{
    const cli_list one = {{text}, text != NULL};
    return cli_times(time_us, option, &one, project, err);
}

wb_status cli_times(int64_t *times_us, const char *option, const cli_list *texts, const wb_project *project,
                    wb_error *err)
{
    for (size_t i = 0; i < texts->n; i++) {
        wb_error cause;
        if (wb_project_read_time(project, &times_us[i], texts->items[i], &cause) == WB_OK)
            continue;
        *err = (wb_error){.code = WB_ERR_ARGUMENT};
        snprintf(err->message, sizeof err->message, "%s: %.700s", option, cause.message);
        return WB_ERR_ARGUMENT;
    }
    return WB_OK;
}
