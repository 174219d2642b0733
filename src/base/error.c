/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void set_text(char *to, size_t size, const char *from)
{
    size_t n = from == NULL ? 0 : strlen(from);
    if (n >= size)
        n = size - 1;
    if (n > 0)
        memcpy(to, from, n);
    to[n] = '\0';
}

static void fill(wb_error *err, wb_status code, wbi_where where, const char *format, va_list args)
{
    err->code = code;
    err->line = where.line;
    err->column = where.column;
    set_text(err->file, sizeof err->file, where.file);
    err->value[0] = '\0';
    err->advice[0] = '\0';
    vsnprintf(err->message, sizeof err->message, format, args);
}

wb_status wbi_fail(wb_error *err, wb_status code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        fill(err, code, (wbi_where){0}, format, args);
        va_end(args);
    }
    return code;
}

wb_status wbi_fail_at(wb_error *err, wb_status code, wbi_where where, const char *value, size_t value_length,
                      const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        fill(err, code, where, format, args);
        va_end(args);
        if (value != NULL)
            wbi_printable(err->value, sizeof err->value, value, value_length);
    }
    return code;
}

void wbi_advise(wb_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(err->advice, sizeof err->advice, format, args);
    va_end(args);
}

wb_status wbi_fail_nomem(wb_error *err, size_t bytes)
{
    return wbi_fail(err, WB_ERR_NOMEM, "out of memory (%zu bytes wanted)", bytes);
}

const char *wbi_printable(char *out, size_t size, const char *bytes, size_t n)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t used = 0, i = 0;
    while (i < n) {
        size_t width = wbi_utf8_width(bytes + i, n - i);
        char cell[8];
        if (width == 0 || (width == 1 && ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f))) {
            snprintf(cell, sizeof cell, "\\x%02x", (unsigned char)bytes[i]);
            width = 1;
        } else {
            memcpy(cell, bytes + i, width);
            cell[width] = '\0';
        }
        size_t length = strlen(cell);
        if (used + length + sizeof ellipsis > size) {
            if (used + sizeof ellipsis <= size) {
                memcpy(out + used, ellipsis, sizeof ellipsis - 1);
                used += sizeof ellipsis - 1;
            }
            break;
        }
        memcpy(out + used, cell, length);
        used += length;
        i += width;
    }
    out[used] = '\0';
    return out;
}

const char *wb_error_text(const wb_error *err, char *text, size_t size)
{
    if (size == 0)
        return text;
    char position[sizeof err->file + 64];
    position[0] = '\0';
    if (err->file[0] != '\0' && err->line != 0 && err->column != 0)
        snprintf(position, sizeof position, "%s:%zu:%zu: ", err->file, err->line, err->column);
    else if (err->file[0] != '\0' && err->line != 0)
        snprintf(position, sizeof position, "%s:%zu: ", err->file, err->line);
    else if (err->file[0] != '\0')
        snprintf(position, sizeof position, "%s: ", err->file);
    snprintf(text, size, "%s%s", position, err->message);
    return text;
}

void wbi_log(const wb_log *log, wb_log_level level, const char *format, ...)
{
    if (log == NULL || log->message == NULL)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log->message(log->user, level, text);
}

wb_status wbi_progress(const wb_log *log, const char *what, uint64_t done, uint64_t total, wb_error *err)
{
    if (log == NULL || log->progress == NULL || log->progress(log->user, what, done, total) == 0)
        return WB_OK;
    return wbi_fail(err, WB_ERR_CANCELLED, "cancelled during %s", what);
}
