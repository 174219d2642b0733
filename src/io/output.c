/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/memory.h"

enum { BUFFER_BYTES = 1 << 16, MAX_LINKS = 40, MAX_TEMPORARIES = 10000, MODE_BITS = 07777, PRIVATE_MODE = 0600 };

struct wbi_output {
    int fd;
    bool standard; /* standard output, which is not ours to close */
    bool closed;   /* nobody reads standard output any more */
    bool private;  /* for its owner alone */
    bool complete; /* flushed and closed */
    char *name;    /* for messages */
    char *target;  /* what the finished file is renamed to, else NULL */
    char *temporary;
    char *buffer;
    size_t length;
};

static wb_status fail_system(wb_error *err, const char *name, const char *what)
{
    return wbi_fail_at(err, WB_ERR_IO, (wbi_where){.file = name}, NULL, 0, "cannot %s: %s", what, strerror(errno));
}

/* The length of the part of a path that names the folder, its '/' included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* `folder_bytes` bytes of `path` followed by `name`. */
static char *join_path(const char *path, size_t folder_bytes, const char *name)
{
    size_t name_bytes = strlen(name) + 1;
    char *joined = wbi_alloc_array(folder_bytes + name_bytes, 1);
    if (joined != NULL) {
        memcpy(joined, path, folder_bytes);
        memcpy(joined + folder_bytes, name, name_bytes);
    }
    return joined;
}

/* What `path` names once links are followed: realpath fails where the last link leads to a file still to be made. */
static wb_status follow_links(char **target, const char *path, wb_error *err)
{
    *target = wbi_strdup(path);
    for (int links = 0; *target != NULL; links++) {
        char to[PATH_MAX];
        ssize_t n = readlink(*target, to, sizeof to - 1);
        if (n < 0)
            return WB_OK; /* no link; whatever else is wrong shows when it is opened */
        if (links == MAX_LINKS) {
            errno = ELOOP;
            return fail_system(err, path, "open");
        }
        to[n] = '\0';
        char *next = join_path(*target, to[0] == '/' ? 0 : folder_length(*target), to);
        wbi_free(*target);
        *target = next;
    }
    return wbi_fail_nomem(err, strlen(path) + 1);
}

/* A new file in the target's folder. Made with mode 0666, so that the umask decides as for any new file, unless it is private;
 * the process id only keeps concurrent programs from trying the same names. */
static wb_status make_temporary(wbi_output *output, wb_error *err)
{
    for (int i = 0; i < MAX_TEMPORARIES; i++) {
        char name[64];
        snprintf(name, sizeof name, ".winback-%ld-%d.tmp", (long)getpid(), i);
        char *path = join_path(output->target, folder_length(output->target), name);
        if (path == NULL)
            return wbi_fail_nomem(err, strlen(output->target) + sizeof name);
        output->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, output->private ? PRIVATE_MODE : 0666);
        if (output->fd >= 0) {
            output->temporary = path;
            return WB_OK;
        }
        bool taken = errno == EEXIST;
        if (!taken)
            fail_system(err, output->name, "open");
        wbi_free(path);
        if (!taken)
            return WB_ERR_IO;
    }
    return wbi_fail_at(err, WB_ERR_IO, (wbi_where){.file = output->name}, NULL, 0,
                       "cannot open: its folder has %d temporary files already", MAX_TEMPORARIES);
}

static wb_status open_regular(wbi_output *output, const char *path, const struct stat *existing, wb_error *err)
{
    if (existing != NULL && access(path, W_OK) != 0) /* a rename would not ask */
        return fail_system(err, output->name, "open");
    WBI_TRY(follow_links(&output->target, path, err));
    WBI_TRY(make_temporary(output, err));
    if (existing != NULL && !output->private && fchmod(output->fd, existing->st_mode & MODE_BITS) != 0)
        return fail_system(err, output->name, "open");
    return WB_OK;
}

static wb_status open_direct(wbi_output *output, const char *path, wb_error *err)
{
    output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return output->fd < 0 ? fail_system(err, output->name, "open") : WB_OK;
}

/* Whether `about` is what standard output goes to, as for /dev/stdout even when that is a file. */
static bool is_standard_output(const struct stat *about)
{
    struct stat standard;
    return fstat(STDOUT_FILENO, &standard) == 0 && standard.st_dev == about->st_dev &&
           standard.st_ino == about->st_ino;
}

static wb_status open_path(wbi_output *output, const char *path, wb_error *err)
{
    struct stat about;
    bool named = strcmp(path, "-") != 0;
    bool exists = named && stat(path, &about) == 0;
    if (named && !exists && (errno != ENOENT || path[0] == '\0'))
        return fail_system(err, output->name, "open");
    if (!named || (exists && is_standard_output(&about))) {
        output->fd = STDOUT_FILENO;
        output->standard = true;
        return WB_OK;
    }
    if (exists && !S_ISREG(about.st_mode))
        return open_direct(output, path, err);
    return open_regular(output, path, exists ? &about : NULL, err);
}

static wb_status open_output(wbi_output **out, const char *path, bool private, wb_error *err)
{
    *out = NULL;
    wbi_output *output = wbi_alloc_zeroed(1, sizeof *output);
    if (output == NULL)
        return wbi_fail_nomem(err, sizeof *output);
    output->fd = -1;
    output->private = private;
    output->name = wbi_strdup(strcmp(path, "-") == 0 ? "(standard output)" : path);
    output->buffer = wbi_alloc_array(BUFFER_BYTES, 1);
    wb_status status = output->name == NULL || output->buffer == NULL ? wbi_fail_nomem(err, BUFFER_BYTES)
                                                                       : open_path(output, path, err);
    if (status != WB_OK) {
        wbi_output_abort(output);
        return status;
    }
    *out = output;
    return WB_OK;
}

wb_status wbi_output_open(wbi_output **out, const char *path, wb_error *err)
{
    return open_output(out, path, false, err);
}

wb_status wbi_output_open_private(wbi_output **out, const char *path, wb_error *err)
{
    return open_output(out, path, true, err);
}

static wb_status write_all(wbi_output *output, const char *bytes, size_t n, wb_error *err)
{
    while (n > 0 && !output->closed) {
        ssize_t written = write(output->fd, bytes, n);
        if (written >= 0) {
            bytes += written;
            n -= (size_t)written;
        } else if (errno == EAGAIN) { /* others may have made standard output non-blocking */
            poll(&(struct pollfd){.fd = output->fd, .events = POLLOUT}, 1, -1);
        } else if (errno == EPIPE && output->standard) {
            output->closed = true;
        } else if (errno != EINTR) {
            return fail_system(err, output->name, "write");
        }
    }
    return WB_OK;
}

static wb_status flush(wbi_output *output, wb_error *err)
{
    size_t n = output->length;
    output->length = 0;
    return write_all(output, output->buffer, n, err);
}

wb_status wbi_output_write(wbi_output *output, const char *bytes, size_t n, wb_error *err)
{
    if (n > BUFFER_BYTES - output->length)
        WBI_TRY(flush(output, err));
    if (n >= BUFFER_BYTES)
        return write_all(output, bytes, n, err);
    if (n > 0)
        memcpy(output->buffer + output->length, bytes, n);
    output->length += n;
    return WB_OK;
}

int wbi_output_closed(const wbi_output *output)
{
    return output->closed;
}

int wbi_output_is_file(const wbi_output *output)
{
    return output->target != NULL;
}

static wb_status close_file(wbi_output *output, wb_error *err)
{
    int fd = output->fd;
    output->fd = -1;
    if (fd >= 0 && !output->standard && close(fd) != 0)
        return fail_system(err, output->name, "write");
    return WB_OK;
}

static wb_status complete(wbi_output *output, wb_error *err)
{
    WBI_TRY(flush(output, err));
    output->complete = true;
    return close_file(output, err);
}

static wb_status finish(wbi_output *output, wb_error *err)
{
    if (!output->complete)
        WBI_TRY(complete(output, err));
    if (output->temporary == NULL)
        return WB_OK;
    if (rename(output->temporary, output->target) != 0)
        return fail_system(err, output->name, "write");
    wbi_free(output->temporary);
    output->temporary = NULL;
    return WB_OK;
}

wb_status wbi_output_commit(wbi_output *output, wb_error *err)
{
    wb_status status = finish(output, err);
    wbi_output_abort(output); /* of a finished output only the memory is left */
    return status;
}

wb_status wbi_output_keep(wbi_output *output, wbi_output_set *set, wb_error *err)
{
    if (set == NULL)
        return wbi_output_commit(output, err);
    wb_status status = wbi_array_grow(&set->outputs, &set->capacity, set->n, sizeof *set->outputs, err);
    if (status == WB_OK)
        status = complete(output, err);
    if (status == WB_OK)
        set->outputs[set->n++] = output;
    else
        wbi_output_abort(output);
    return status;
}

wb_status wbi_output_set_commit(wbi_output_set *set, wb_error *err)
{
    wb_status status = WB_OK;
    for (size_t i = 0; i < set->n; i++)
        if (status == WB_OK)
            status = wbi_output_commit(set->outputs[i], err);
        else
            wbi_output_abort(set->outputs[i]);
    set->n = 0;
    wbi_output_set_abort(set);
    return status;
}

void wbi_output_set_abort(wbi_output_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->n; i++)
        wbi_output_abort(set->outputs[i]);
    wbi_free(set->outputs);
    *set = (wbi_output_set){0};
}

void wbi_output_abort(wbi_output *output)
{
    if (output == NULL)
        return;
    if (output->fd >= 0 && !output->standard)
        close(output->fd);
    if (output->temporary != NULL)
        unlink(output->temporary);
    wbi_free(output->name);
    wbi_free(output->target);
    wbi_free(output->temporary);
    wbi_free(output->buffer);
    wbi_free(output);
}

wb_status wbi_make_directory(const char *path, wb_error *err)
{
    if (mkdir(path, 0777) == 0)
        return WB_OK;
    int reason = errno;
    struct stat about;
    if (reason == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return WB_OK;
    errno = reason;
    return fail_system(err, path, "make the folder");
}
