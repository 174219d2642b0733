/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/input.h"

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static wb_status copy_paths(wbi_paths *out, char *const *paths, size_t n, wb_error *err)
{
    out->paths = wbi_alloc_zeroed(n, sizeof *out->paths);
    if (out->paths == NULL)
        return wbi_fail_nomem(err, n * sizeof *out->paths);
    for (; out->n < n; out->n++) {
        out->paths[out->n] = wbi_strdup(paths[out->n]);
        if (out->paths[out->n] == NULL) {
            wbi_paths_free(out);
            return wbi_fail_nomem(err, strlen(paths[out->n]) + 1);
        }
    }
    return WB_OK;
}

wb_status wbi_paths_expand(wbi_paths *out, const char *path, wb_error *err)
{
    *out = (wbi_paths){0};
    if (strpbrk(path, "*?[") == NULL || access(path, F_OK) == 0)
        return copy_paths(out, &(char *){(char *)path}, 1, err);

    glob_t found = {0};
    wb_status status;
    int result = glob(path, GLOB_NOSORT, NULL, &found); /* its own order would depend on the locale */
    if (result == GLOB_NOMATCH)
        status = wbi_fail_at(err, WB_ERR_IO, (wbi_where){.file = path}, NULL, 0, "no file matches");
    else if (result != 0)
        status = wbi_fail_at(err, result == GLOB_NOSPACE ? WB_ERR_NOMEM : WB_ERR_IO, (wbi_where){.file = path}, NULL, 0,
                             "cannot look for matching files");
    else {
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
        status = copy_paths(out, found.gl_pathv, found.gl_pathc, err);
    }
    globfree(&found);
    return status;
}

size_t wbi_paths_bytes(const wbi_paths *paths)
{
    size_t bytes = 0;
    for (size_t i = 0; i < paths->n; i++) {
        struct stat at;
        if (stat(paths->paths[i], &at) == 0 && S_ISREG(at.st_mode))
            bytes += (size_t)at.st_size;
    }
    return bytes;
}

void wbi_paths_free(wbi_paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        wbi_free(paths->paths[i]);
    wbi_free(paths->paths);
    *paths = (wbi_paths){0};
}
