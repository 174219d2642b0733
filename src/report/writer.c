/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/writer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { PAGE_CEILING = 64 << 20 };
static const char replacement[] = "\xEF\xBF\xBD";

wbi_writer wbi_writer_make(wb_error *err)
{
    return (wbi_writer){wbi_buffer_make(PAGE_CEILING), WB_OK, err};
}

void wbi_writer_free(wbi_writer *w)
{
    wbi_buffer_free(&w->text);
}

static void put_bytes(wbi_writer *w, const char *bytes, size_t n)
{
    if (w->status == WB_OK)
        w->status = wbi_buffer_append(&w->text, bytes, n, w->err);
}

void wbi_put(wbi_writer *w, const char *markup)
{
    put_bytes(w, markup, strlen(markup));
}

void wbi_putf(wbi_writer *w, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (w->status == WB_OK && (n < 0 || (size_t)n >= sizeof text))
        w->status = wbi_fail(w->err, WB_ERR_INTERNAL, "a line of markup is longer than %zu bytes", sizeof text);
    if (w->status == WB_OK)
        put_bytes(w, text, (size_t)n);
}

/* The code point of a well-formed sequence. */
static uint32_t code_point(const char *bytes, size_t width)
{
    static const unsigned char lead_bits[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = (unsigned char)bytes[0] & lead_bits[width];
    for (size_t i = 1; i < width; i++)
        code = code << 6 | ((unsigned char)bytes[i] & 0x3F);
    return code;
}

/* What must not reach a page: controls, marks that turn the direction of what follows, and what XML 1.0 forbids. */
static bool is_unfit(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F || code == 0x061C ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || (code & 0xFFFE) == 0xFFFE;
}

static const char *escape_of(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
    case '\r':
    case 0x2028:
    case 0x2029:
        return " ";
    default:
        return is_unfit(code) ? replacement : NULL;
    }
}

/* One character of `n` bytes at least; returns its width. */
static size_t put_character(wbi_writer *w, const char *bytes, size_t n)
{
    size_t width = wbi_utf8_width(bytes, n);
    const char *escape = width == 0 ? replacement : escape_of(code_point(bytes, width));
    if (escape != NULL)
        wbi_put(w, escape);
    else
        put_bytes(w, bytes, width);
    return width == 0 ? 1 : width;
}

void wbi_put_text_n(wbi_writer *w, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;)
        at += put_character(w, bytes + at, n - at);
}

void wbi_put_text(wbi_writer *w, const char *text)
{
    if (text != NULL)
        wbi_put_text_n(w, text, strlen(text));
}

void wbi_put_name(wbi_writer *w, const char *name)
{
    for (const char *end; name != NULL && (end = strchr(name, '_')) != NULL; name = end + 1) {
        wbi_put_text_n(w, name, (size_t)(end - name) + 1);
        wbi_put(w, "<wbr/>");
    }
    wbi_put_text(w, name);
}

static size_t letters_of(uint32_t code)
{
    return code >= 0x1100 || is_unfit(code) ? 2 : 1;
}

/* Width in bytes of the next character, `*letters` what it takes of a line. */
static size_t next_character(const char *bytes, size_t n, size_t *letters)
{
    size_t width = wbi_utf8_width(bytes, n);
    *letters = width == 0 ? 2 : letters_of(code_point(bytes, width));
    return width == 0 ? 1 : width;
}

size_t wbi_text_letters(const char *text)
{
    size_t total = 0, letters, n = strlen(text);
    for (size_t at = 0; at < n; total += letters)
        at += next_character(text + at, n - at, &letters);
    return total;
}

void wbi_put_text_cut(wbi_writer *w, const char *text, size_t n_letters)
{
    const size_t n = strlen(text), total = wbi_text_letters(text);
    if (total <= n_letters) {
        wbi_put_text(w, text);
        return;
    }
    const size_t head = n_letters / 2, tail_from = total - (n_letters - 1 - head);
    size_t seen = 0, letters, at = 0, width;
    bool cut = false;
    for (; at < n; at += width, seen += letters) {
        width = next_character(text + at, n - at, &letters);
        if (seen + letters <= head || (cut && seen >= tail_from)) {
            wbi_put_text_n(w, text + at, width);
        } else if (!cut) {
            wbi_put(w, "…");
            cut = true;
        }
    }
}
