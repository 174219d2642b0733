/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/guard.h"

#include <string.h>

#include "base/text.h"

/* Unicode's blanks beyond ASCII (White_Space), and the zero-width ones that come with pasted cells. */
static const char *const wide_blanks[] = {
    "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff",
};

static const char *const wide_starts[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"}; /* = + - @ */

static bool is_ascii_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The bytes of the one of `n` texts that `text` begins with; 0: none. No text here is of ASCII, which cells mostly are. */
static size_t wide_at(wbi_str text, const char *const *texts, size_t n)
{
    if (text.length == 0 || (unsigned char)text.data[0] < 0x80)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (wbi_starts_with(text, wbi_str_from(texts[i])))
            return strlen(texts[i]);
    return 0;
}

/* Bytes of the blank that `text` begins with; 0: none. */
static size_t blank_at(wbi_str text)
{
    if (text.length > 0 && is_ascii_blank(text.data[0]))
        return 1;
    return wide_at(text, wide_blanks, sizeof wide_blanks / sizeof *wide_blanks);
}

size_t wbi_blank_length(const char *bytes, size_t n)
{
    size_t at = 0;
    for (size_t blank; (blank = blank_at((wbi_str){bytes + at, n - at})) > 0;)
        at += blank;
    return at;
}

size_t wbi_trimmed_length(const char *bytes, size_t n)
{
    while (n > 0) {
        size_t last = 1; /* bytes of the last character */
        while (last < n && last < 4 && ((unsigned char)bytes[n - last] & 0xc0) == 0x80)
            last++;
        if (blank_at((wbi_str){bytes + n - last, last}) != last)
            return n;
        n -= last;
    }
    return 0;
}

static bool begins_formula(wbi_str text)
{
    if (text.length > 0 && (unsigned char)text.data[0] < 0x80)
        return memchr("=+-@\t\r\n", text.data[0], sizeof "=+-@\t\r\n") != NULL; /* its NUL, too */
    return wide_at(text, wide_starts, sizeof wide_starts / sizeof *wide_starts) > 0;
}

bool wbi_guard_is_formula(const char *bytes, size_t n)
{
    if (begins_formula((wbi_str){bytes, n}))
        return true;
    size_t blank = wbi_blank_length(bytes, n);
    return begins_formula((wbi_str){bytes + blank, n - blank});
}

static size_t digits_at(const char *bytes, size_t n, size_t at)
{
    size_t begin = at;
    while (at < n && bytes[at] >= '0' && bytes[at] <= '9')
        at++;
    return at - begin;
}

/* [+-] digits [. digits]. */
static bool is_plain_number(const char *bytes, size_t n)
{
    size_t at = n > 0 && (bytes[0] == '+' || bytes[0] == '-');
    size_t whole = digits_at(bytes, n, at);
    at += whole;
    if (whole > 0 && at < n && bytes[at] == '.') {
        size_t decimals = digits_at(bytes, n, at + 1);
        at += decimals == 0 ? 0 : 1 + decimals;
    }
    return whole > 0 && at == n;
}

bool wbi_guard_is_needed(const char *bytes, size_t n)
{
    while (n > 0 && bytes[0] == '\'') { /* text that looks guarded gets one too, so that taking it off gives the text */
        bytes++;
        n--;
    }
    return wbi_guard_is_formula(bytes, n) && !is_plain_number(bytes, n);
}

size_t wbi_guard_length(const char *bytes, size_t n)
{
    return n > 0 && bytes[0] == '\'' && wbi_guard_is_needed(bytes + 1, n - 1);
}
