/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json_text.h"

/* The letter that a byte is escaped by, behind a backslash; 0: none. */
static char short_escape(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static char *put_escaped(char *at, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    const char letter = short_escape(byte);
    *at++ = '\\';
    if (letter != 0) {
        *at++ = letter;
        return at;
    }
    *at++ = 'u';
    *at++ = '0';
    *at++ = '0';
    *at++ = hex[byte >> 4];
    *at++ = hex[byte & 15];
    return at;
}

char *wbi_json_put_text(char *at, const char *bytes, size_t n)
{
    *at++ = '"';
    for (size_t i = 0; i < n; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        if (byte < ' ' || byte == '"' || byte == '\\')
            at = put_escaped(at, byte);
        else
            *at++ = (char)byte;
    }
    *at++ = '"';
    return at;
}
