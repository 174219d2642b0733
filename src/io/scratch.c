/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

enum { MAX_NAMES = 10000, NAME_CHARS = 64 };

struct wbi_scratch {
    int fd;
    char *name; /* for messages */
};

static wb_status fail(const wbi_scratch *scratch, const char *what, const char *why, wb_error *err)
{
    return wbi_fail_at(err, WB_ERR_IO, (wbi_where){.file = scratch->name}, NULL, 0, "cannot %s a temporary file here: %s",
                       what, why);
}

/* The process id only keeps concurrent programs from trying the same names. */
static wb_status make(wbi_scratch *scratch, const char *beside, wb_error *err)
{
    const char *slash = strrchr(beside, '/');
    const size_t n_folder = slash == NULL ? 0 : (size_t)(slash - beside) + 1;
    char *path = wbi_alloc_array(n_folder + NAME_CHARS, 1);
    if (path == NULL)
        return wbi_fail_nomem(err, n_folder + NAME_CHARS);
    memcpy(path, beside, n_folder);
    errno = EEXIST;
    for (int i = 0; i < MAX_NAMES && scratch->fd < 0 && errno == EEXIST; i++) {
        snprintf(path + n_folder, NAME_CHARS, ".winback-%ld-cache-%d.tmp", (long)getpid(), i);
        scratch->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    const wb_status status = scratch->fd >= 0 && unlink(path) == 0 ? WB_OK : fail(scratch, "make", strerror(errno), err);
    wbi_free(path);
    return status;
}

wb_status wbi_scratch_create(wbi_scratch **out, const char *beside, wb_error *err)
{
    wbi_scratch *scratch = wbi_alloc_zeroed(1, sizeof *scratch);
    if (scratch == NULL)
        return wbi_fail_nomem(err, sizeof *scratch);
    scratch->fd = -1;
    scratch->name = wbi_strdup(beside);
    const wb_status status = scratch->name == NULL ? wbi_fail_nomem(err, strlen(beside) + 1) : make(scratch, beside, err);
    if (status == WB_OK)
        *out = scratch;
    else
        wbi_scratch_free(scratch);
    return status;
}

void wbi_scratch_free(wbi_scratch *scratch)
{
    if (scratch == NULL)
        return;
    if (scratch->fd >= 0)
        close(scratch->fd);
    wbi_free(scratch->name);
    wbi_free(scratch);
}

wb_status wbi_scratch_write(wbi_scratch *scratch, const void *bytes, size_t n, uint64_t offset, wb_error *err)
{
    for (const char *from = bytes; n > 0;) {
        const ssize_t written = pwrite(scratch->fd, from, n, (off_t)offset);
        if (written < 0 && errno != EINTR)
            return fail(scratch, "write", strerror(errno), err);
        if (written > 0) {
            from += written;
            offset += (uint64_t)written;
            n -= (size_t)written;
        }
    }
    return WB_OK;
}

wb_status wbi_scratch_read(const wbi_scratch *scratch, void *bytes, size_t n, uint64_t offset, wb_error *err)
{
    for (char *to = bytes; n > 0;) {
        const ssize_t n_read = pread(scratch->fd, to, n, (off_t)offset);
        if (n_read == 0)
            return fail(scratch, "read", "it has been cut off", err);
        if (n_read < 0 && errno != EINTR)
            return fail(scratch, "read", strerror(errno), err);
        if (n_read > 0) {
            to += n_read;
            offset += (uint64_t)n_read;
            n -= (size_t)n_read;
        }
    }
    return WB_OK;
}

wb_status wbi_scratch_corrupt(const wbi_scratch *scratch, wb_error *err)
{
    return fail(scratch, "read", "it does not hold what was written to it", err);
}
