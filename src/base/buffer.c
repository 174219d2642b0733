/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

wbi_buffer wbi_buffer_make(size_t ceiling)
{
    return (wbi_buffer){.ceiling = ceiling};
}

void wbi_buffer_free(wbi_buffer *buffer)
{
    wbi_free(buffer->data);
    *buffer = (wbi_buffer){.ceiling = buffer->ceiling};
}

wb_status wbi_buffer_reserve(wbi_buffer *buffer, size_t n, wb_error *err)
{
    if (n <= buffer->capacity - buffer->length)
        return WB_OK;
    if (n > buffer->ceiling - buffer->length)
        return wbi_fail(err, WB_ERR_NOMEM, "more than %zu bytes in one buffer", buffer->ceiling);
    size_t wanted = buffer->length + n;
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
    if (capacity > buffer->ceiling)
        capacity = buffer->ceiling;
    /* One byte more, for printf's terminator. */
    char *data = wbi_realloc_array(buffer->data, capacity < SIZE_MAX ? capacity + 1 : capacity, 1);
    if (data == NULL)
        return wbi_fail_nomem(err, capacity);
    buffer->data = data;
    buffer->capacity = capacity;
    return WB_OK;
}

wb_status wbi_buffer_append(wbi_buffer *buffer, const char *bytes, size_t n, wb_error *err)
{
    WBI_TRY(wbi_buffer_reserve(buffer, n, err));
    if (n > 0)
        memcpy(buffer->data + buffer->length, bytes, n);
    buffer->length += n;
    return WB_OK;
}

wb_status wbi_buffer_append_text(wbi_buffer *buffer, const char *text, wb_error *err)
{
    return wbi_buffer_append(buffer, text, strlen(text), err);
}

wb_status wbi_buffer_printf(wbi_buffer *buffer, wb_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    wb_status status =
        n < 0 ? wbi_fail(err, WB_ERR_INTERNAL, "formatting failed") : wbi_buffer_reserve(buffer, (size_t)n, err);
    if (status == WB_OK && n > 0) {
        vsnprintf(buffer->data + buffer->length, (size_t)n + 1, format, again);
        buffer->length += (size_t)n;
    }
    va_end(again);
    return status;
}
