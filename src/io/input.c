/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { RAW_BYTES = 256 * 1024, LARGE_READ_BYTES = 64 * 1024, MAGIC_BYTES = 4, SLURP_BYTES = 64 * 1024 };

typedef enum compression { PLAIN, GZIP, ZSTD } compression;

struct wbi_input {
    int fd;
    bool fd_owned;
    char *name;
    unsigned char *raw; /* as read; [begin, end) is not decoded yet */
    size_t begin, end;
    bool at_end; /* of the file */
    compression compression;
    bool in_frame; /* a gzip member or zstd frame has begun and not ended */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

static wb_status fail_system(wb_error *err, const char *name, const char *what)
{
    return wbi_fail_at(err, WB_ERR_IO, (wbi_where){.file = name}, NULL, 0, "cannot %s: %s", what, strerror(errno));
}

static wb_status fail_malformed(wb_error *err, const wbi_input *input, const char *what)
{
    return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = input->name}, NULL, 0, "broken %s data: %s",
                       input->compression == GZIP ? "gzip" : "zstd", what);
}

static wb_status open_file(wbi_input *input, const char *path, wb_error *err)
{
    if (strcmp(path, "-") == 0) {
        input->fd = STDIN_FILENO;
        return WB_OK;
    }
    input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (input->fd < 0)
        return fail_system(err, input->name, "open");
    input->fd_owned = true;
    struct stat about;
    if (fstat(input->fd, &about) != 0)
        return fail_system(err, input->name, "open");
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return fail_system(err, input->name, "open");
    }
    return WB_OK;
}

/* Appends what one read gives to the raw bytes. */
static wb_status read_some(wbi_input *input, wb_error *err)
{
    ssize_t n;
    do
        n = read(input->fd, input->raw + input->end, RAW_BYTES - input->end);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail_system(err, input->name, "read");
    input->end += (size_t)n;
    input->at_end = n == 0;
    return WB_OK;
}

/* Looks at the first bytes for what compressed them, and starts its decoder. */
static wb_status start_decoder(wbi_input *input, wb_error *err)
{
    static const unsigned char gzip_magic[] = {0x1f, 0x8b}, zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd},
                               zip_magic[] = {'P', 'K', 3, 4};
    while (input->end < MAGIC_BYTES && !input->at_end)
        WBI_TRY(read_some(input, err));
    if (input->end >= sizeof zip_magic && memcmp(input->raw, zip_magic, sizeof zip_magic) == 0)
        return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = input->name}, NULL, 0,
                           "an Excel workbook or a zip file: save its table as CSV");
    if (input->end >= sizeof gzip_magic && memcmp(input->raw, gzip_magic, sizeof gzip_magic) == 0) {
        if (inflateInit2(&input->gzip, 15 + 16) != Z_OK) /* the largest window; only gzip's frame */
            return wbi_fail(err, WB_ERR_NOMEM, "out of memory for decompression");
        input->compression = GZIP;
    } else if (input->end >= sizeof zstd_magic && memcmp(input->raw, zstd_magic, sizeof zstd_magic) == 0) {
        input->zstd = ZSTD_createDStream();
        if (input->zstd == NULL)
            return wbi_fail(err, WB_ERR_NOMEM, "out of memory for decompression");
        input->compression = ZSTD;
    }
    return WB_OK;
}

wb_status wbi_input_open(wbi_input **out, const char *path, wb_error *err)
{
    wb_status status;
    *out = NULL;
    wbi_input *input = wbi_alloc_zeroed(1, sizeof *input);
    if (input == NULL)
        return wbi_fail_nomem(err, sizeof *input);
    input->name = wbi_strdup(strcmp(path, "-") == 0 ? wbi_input_name(NULL) : path);
    input->raw = wbi_alloc_array(RAW_BYTES, 1);
    if (input->name == NULL || input->raw == NULL) {
        status = wbi_fail_nomem(err, RAW_BYTES);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(open_file(input, path, err));
    WBI_TRY_CLEANUP(start_decoder(input, err));
    *out = input;
    input = NULL;
cleanup:
    wbi_input_close(input);
    return status;
}

void wbi_input_close(wbi_input *input)
{
    if (input == NULL)
        return;
    if (input->compression == GZIP)
        inflateEnd(&input->gzip);
    ZSTD_freeDStream(input->zstd);
    if (input->fd_owned)
        close(input->fd);
    wbi_free(input->raw);
    wbi_free(input->name);
    wbi_free(input);
}

const char *wbi_input_name(const wbi_input *input)
{
    return input == NULL ? "(standard input)" : input->name;
}

size_t wbi_input_size(const wbi_input *input)
{
    struct stat about;
    if (input->compression != PLAIN || fstat(input->fd, &about) != 0 || !S_ISREG(about.st_mode))
        return 0;
    return (size_t)about.st_size;
}

static void take_plain(wbi_input *input, char *bytes, size_t size, size_t *n)
{
    size_t left = input->end - input->begin;
    *n = left < size ? left : size;
    memcpy(bytes, input->raw + input->begin, *n);
    input->begin += *n;
}

static wb_status inflate_some(wbi_input *input, char *bytes, size_t size, size_t *n, wb_error *err)
{
    z_stream *z = &input->gzip;
    size_t left = input->end - input->begin;
    uInt room = size > UINT_MAX ? UINT_MAX : (uInt)size;
    if (!input->in_frame) {
        if (left == 0)
            return WB_OK;
        inflateReset(z); /* another member follows, whose header zlib checks */
        input->in_frame = true;
    }
    z->next_in = input->raw + input->begin;
    z->avail_in = (uInt)left;
    z->next_out = (unsigned char *)bytes;
    z->avail_out = room;
    int result = inflate(z, Z_NO_FLUSH);
    input->begin = input->end - z->avail_in;
    *n = room - z->avail_out;
    if (result == Z_STREAM_END)
        input->in_frame = false;
    else if (result == Z_MEM_ERROR)
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory for decompression");
    else if (result != Z_OK && result != Z_BUF_ERROR) /* the latter only asks for more input */
        return fail_malformed(err, input, z->msg != NULL ? z->msg : "invalid stream");
    return WB_OK;
}

static wb_status unzstd_some(wbi_input *input, char *bytes, size_t size, size_t *n, wb_error *err)
{
    if (!input->in_frame && input->begin == input->end)
        return WB_OK;
    ZSTD_inBuffer from = {input->raw, input->end, input->begin};
    ZSTD_outBuffer to = {bytes, size, 0};
    size_t wanted = ZSTD_decompressStream(input->zstd, &to, &from);
    if (ZSTD_isError(wanted))
        return fail_malformed(err, input, ZSTD_getErrorName(wanted));
    input->begin = from.pos;
    input->in_frame = wanted != 0;
    *n = to.pos;
    return WB_OK;
}

static wb_status decode_some(wbi_input *input, char *bytes, size_t size, size_t *n, wb_error *err)
{
    switch (input->compression) {
    case GZIP:
        return inflate_some(input, bytes, size, n, err);
    case ZSTD:
        return unzstd_some(input, bytes, size, n, err);
    case PLAIN:
        break;
    }
    take_plain(input, bytes, size, n);
    return WB_OK;
}

/* Large reads of what is not compressed need no buffer between. */
static wb_status read_plain(wbi_input *input, char *bytes, size_t size, size_t *n, wb_error *err)
{
    ssize_t got;
    do
        got = input->at_end ? 0 : read(input->fd, bytes, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_system(err, input->name, "read");
    input->at_end = got == 0;
    *n = (size_t)got;
    return WB_OK;
}

wb_status wbi_input_read(wbi_input *input, char *bytes, size_t size, size_t *n, wb_error *err)
{
    *n = 0;
    if (input->compression == PLAIN && input->begin == input->end && size >= LARGE_READ_BYTES)
        return read_plain(input, bytes, size, n, err);
    while (*n == 0 && size > 0) {
        /* A decoder may hold bytes back without wanting any, so it is asked even when there are none to give. */
        WBI_TRY(decode_some(input, bytes, size, n, err));
        if (*n > 0 || input->begin < input->end)
            continue;
        if (input->at_end)
            return input->in_frame ? fail_malformed(err, input, "the file is cut short") : WB_OK;
        input->begin = input->end = 0;
        WBI_TRY(read_some(input, err));
    }
    return WB_OK;
}

static wb_status read_all(wbi_input *input, wbi_buffer *buffer, size_t ceiling, wb_error *err)
{
    for (;;) {
        size_t n;
        WBI_TRY(wbi_buffer_reserve(buffer, SLURP_BYTES, err));
        WBI_TRY(wbi_input_read(input, buffer->data + buffer->length, SLURP_BYTES - 1, &n, err));
        if (n > ceiling - buffer->length)
            return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = input->name}, NULL, 0,
                               "larger than the %zu bytes allowed", ceiling);
        buffer->length += n;
        if (n == 0)
            return WB_OK;
    }
}

wb_status wbi_input_slurp(char **bytes, size_t *n, const char *path, size_t ceiling, wb_error *err)
{
    wb_status status;
    wbi_input *input = NULL;
    wbi_buffer buffer = wbi_buffer_make(PTRDIFF_MAX);
    *bytes = NULL;
    *n = 0;
    WBI_TRY_CLEANUP(wbi_input_open(&input, path, err));
    WBI_TRY_CLEANUP(read_all(input, &buffer, ceiling, err));
    buffer.data[buffer.length] = '\0'; /* read_all leaves room for it */
    *bytes = buffer.data;
    *n = buffer.length;
    buffer = wbi_buffer_make(0);
cleanup:
    wbi_buffer_free(&buffer);
    wbi_input_close(input);
    return status;
}
