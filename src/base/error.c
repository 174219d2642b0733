/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { LINE_BYTES = 1024 };

static void set_text(char *to, size_t size, const char *from)
{
    size_t n = from == NULL ? 0 : strlen(from);
    if (n >= size)
        n = size - 1;
    if (n > 0)
        memcpy(to, from, n);
    to[n] = '\0';
}

/* Prints a line, whatever names of files or columns it has: what is no text cannot move a terminal's cursor. */
static void print_line(char *to, size_t size, const char *format, va_list args)
{
    char raw[LINE_BYTES];
    const int n = vsnprintf(raw, sizeof raw, format, args);
    wbi_printable(to, size, raw, n < 0 ? 0 : strlen(raw));
}

static void fill(wb_error *err, wb_status code, wbi_where where, const char *format, va_list args)
{
    err->code = code;
    err->line = where.line;
    err->column = where.column;
    set_text(err->file, sizeof err->file, where.file);
    err->value[0] = '\0';
    err->advice[0] = '\0';
    print_line(err->message, sizeof err->message, format, args);
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

/* U+202A to U+202E and U+2066 to U+2069, which turn the direction of what follows around. */
static bool turns_text(const char *bytes)
{
    const unsigned char second = (unsigned char)bytes[1], third = (unsigned char)bytes[2];
    return (unsigned char)bytes[0] == 0xe2 &&
           ((second == 0x80 && third >= 0xaa && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9));
}

/* Writes the first character of `bytes` as it is shown, or its first byte as \xNN where it is a control (C0, DEL, C1),
 * turns the text around, or is no UTF-8. Returns how many bytes it took. */
static size_t show_cell(char cell[8], const char *bytes, size_t n)
{
    const size_t width = wbi_utf8_width(bytes, n);
    const unsigned char first = (unsigned char)bytes[0];
    const bool c1 = width == 2 && first == 0xc2 && (unsigned char)bytes[1] < 0xa0;
    if (width == 0 || first < 0x20 || first == 0x7f || c1 || (width == 3 && turns_text(bytes))) {
        snprintf(cell, 8, "\\x%02x", first);
        return 1;
    }
    memcpy(cell, bytes, width);
    cell[width] = '\0';
    return width;
}

const char *wbi_printable(char *out, size_t size, const char *bytes, size_t n)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    const size_t room = sizeof ellipsis - 1;
    size_t used = 0, cut = 0; /* where an ellipsis would still fit */
    if (size == 0)
        return out;
    for (size_t i = 0; i < n;) {
        char cell[8];
        i += show_cell(cell, bytes + i, n - i);
        const size_t length = strlen(cell);
        if (used + length >= size) {
            used = cut;
            if (cut + room < size) {
                memcpy(out + cut, ellipsis, room);
                used += room;
            }
            break;
        }
        memcpy(out + used, cell, length);
        used += length;
        if (used + room < size)
            cut = used;
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
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    print_line(text, sizeof text, format, args);
    va_end(args);
    log->message(log->user, level, text);
}

wb_status wbi_progress(const wb_log *log, const char *what, uint64_t done, uint64_t total, wb_error *err)
{
    if (log == NULL || log->progress == NULL || log->progress(log->user, what, done, total) == 0)
        return WB_OK;
    return wbi_fail(err, WB_ERR_CANCELLED, "cancelled during %s", what);
}
