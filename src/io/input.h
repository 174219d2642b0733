/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes in: plain, gzip or zstd by content; files and standard input. */
#ifndef WINBACK_IO_INPUT_H
#define WINBACK_IO_INPUT_H

#include "base/error.h"

typedef struct wbi_input wbi_input;

/* Opens a file ("-": standard input). A directory, or a file that cannot be opened, is WB_ERR_IO naming it. */
WB_WARN_UNUSED wb_status wbi_input_open(wbi_input **out, const char *path, wb_error *err);
/* Reads up to `size` decompressed bytes; *n = 0 at the end. Truncated or corrupt compression is WB_ERR_MALFORMED. */
WB_WARN_UNUSED wb_status wbi_input_read(wbi_input *input, char *bytes, size_t size, size_t *n, wb_error *err);
void wbi_input_close(wbi_input *input); /* NULL-safe */
/* How many bytes it has in all; 0 when that is not known beforehand (compressed, a pipe). */
size_t wbi_input_size(const wbi_input *input);
/* What to call it in messages: the path, or "(standard input)". NULL stands for that. */
const char *wbi_input_name(const wbi_input *input);

/* The whole (decompressed) file, terminated by an extra NUL; more than `ceiling` bytes fail. Freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_input_slurp(char **bytes, size_t *n, const char *path, size_t ceiling, wb_error *err);

/* The files a path means: itself when it exists, is "-" or holds no wildcard; else the matches of the glob in byte order,
 * of which there must be one (WB_ERR_IO). Freed by wbi_paths_free. */
typedef struct wbi_paths {
    char **paths;
    size_t n;
} wbi_paths;
WB_WARN_UNUSED wb_status wbi_paths_expand(wbi_paths *out, const char *path, wb_error *err);
size_t wbi_paths_bytes(const wbi_paths *paths); /* of all files as they lie there; what is no file has none */
void wbi_paths_free(wbi_paths *paths);

#endif
