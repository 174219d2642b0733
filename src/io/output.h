/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes out: a file appears whole or not at all. */
#ifndef WINBACK_IO_OUTPUT_H
#define WINBACK_IO_OUTPUT_H

#include "base/error.h"

/* Opens `path` for writing. A regular or new file is written beside its place under a temporary name and renamed by
 * wbi_output_commit; "-" is standard output; anything else (a device, a pipe) is written directly. Missing folders are
 * WB_ERR_IO. Links are followed, permissions of an existing file kept. */
typedef struct wbi_output wbi_output;
WB_WARN_UNUSED wb_status wbi_output_open(wbi_output **out, const char *path, wb_error *err);
/* The same for what only its owner may read: the file gets mode 0600, also in place of one that others could read. */
WB_WARN_UNUSED wb_status wbi_output_open_private(wbi_output **out, const char *path, wb_error *err);
/* Buffered. WB_ERR_IO names file and reason ("No space left on device"). A closed pipe on standard output is success
 * from then on: wbi_output_closed tells, so that work can stop early. */
WB_WARN_UNUSED wb_status wbi_output_write(wbi_output *output, const char *bytes, size_t n, wb_error *err);
int wbi_output_closed(const wbi_output *output);
/* Whether it is a regular file, beside which others may lie, and not standard output, a pipe or a device. */
int wbi_output_is_file(const wbi_output *output);
/* Flushes, closes (every result checked) and renames; the output is freed, whatever the result. */
WB_WARN_UNUSED wb_status wbi_output_commit(wbi_output *output, wb_error *err);
/* Files that appear together: when all of them are whole, one is renamed behind the other. Zero-initialised it is empty. */
typedef struct wbi_output_set {
    wbi_output **outputs;
    size_t n, capacity;
} wbi_output_set;
/* Flushes and closes the output and keeps it in the set, which owns it, whatever the result: what is no file is written then, a
 * file waits beside its place. NULL: commits the output. */
WB_WARN_UNUSED wb_status wbi_output_keep(wbi_output *output, wbi_output_set *set, wb_error *err);
/* Puts the outputs in their places, in the order in which they were kept; the first that cannot be ends it, and the rest is
 * removed. The set is empty then. */
WB_WARN_UNUSED wb_status wbi_output_set_commit(wbi_output_set *set, wb_error *err);
/* Removes what is kept; NULL-safe. */
void wbi_output_set_abort(wbi_output_set *set);
/* Removes what was written so far and frees the output; NULL-safe. */
void wbi_output_abort(wbi_output *output);

/* Makes a directory when it is absent (its parent must exist). */
WB_WARN_UNUSED wb_status wbi_make_directory(const char *path, wb_error *err);

#endif
