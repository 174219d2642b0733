/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/guard.h"

#include <string.h>

#include "base/text.h"

/* Unicode's blanks beyond ASCII (White_Space), and the zero-width ones that come with pasted cells. */
static const char *const wide_blanks[] = {
    "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff",
};

static const char *const formula_starts[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};

static bool is_ascii_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Bytes of the blank that `text` begins with; 0: none. */
static size_t blank_at(wbi_str text)
{
    if (text.length > 0 && is_ascii_blank(text.data[0]))
        return 1;
    for (size_t i = 0; i < sizeof wide_blanks / sizeof *wide_blanks; i++)
        if (wbi_starts_with(text, wbi_str_from(wide_blanks[i])))
            return strlen(wide_blanks[i]);
    return 0;
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
    if (text.length > 0 && text.data[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof formula_starts / sizeof *formula_starts; i++)
        if (wbi_starts_with(text, wbi_str_from(formula_starts[i])))
            return true;
    return false;
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
