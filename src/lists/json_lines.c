/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/json_lines.h"

#include "base/json_text.h"

/* How many digits stand at `at`. */
static size_t digits(wbi_str text, size_t at)
{
    size_t n = 0;
    while (at + n < text.length && text.data[at + n] >= '0' && text.data[at + n] <= '9')
        n++;
    return n;
}

static bool stands(wbi_str text, size_t at, char byte)
{
    return at < text.length && text.data[at] == byte;
}

/* RFC 8259, section 6. */
static bool is_number(wbi_str text)
{
    size_t at = stands(text, 0, '-');
    size_t n = digits(text, at);
    if (n == 0 || (n > 1 && stands(text, at, '0')))
        return false;
    at += n;
    if (stands(text, at, '.')) {
        n = digits(text, at + 1);
        if (n == 0)
            return false;
        at += 1 + n;
    }
    if (stands(text, at, 'e') || stands(text, at, 'E')) {
        at += 1;
        at += stands(text, at, '+') || stands(text, at, '-');
        n = digits(text, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == text.length;
}

wb_status wbi_json_lines_text(wbi_buffer *line, wbi_str text, wb_error *err)
{
    WBI_TRY(wbi_buffer_reserve(line, wbi_json_text_room(text.length), err));
    line->length = (size_t)(wbi_json_put_text(line->data + line->length, text.data, text.length) - line->data);
    return WB_OK;
}

wb_status wbi_json_lines_value(wbi_buffer *line, wbi_str value, bool number, wb_error *err)
{
    if (value.length == 0)
        return wbi_buffer_append_text(line, "null", err);
    if (number && is_number(value))
        return wbi_buffer_append(line, value.data, value.length, err);
    return wbi_json_lines_text(line, value, err);
}
