/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

wbi_str wbi_str_from(const char *text)
{
    return (wbi_str){text, strlen(text)};
}

bool wbi_str_equal(wbi_str a, wbi_str b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool wbi_str_is(wbi_str a, const char *text)
{
    return wbi_str_equal(a, wbi_str_from(text));
}

int wbi_str_compare(wbi_str a, wbi_str b)
{
    size_t n = a.length < b.length ? a.length : b.length;
    int order = n == 0 ? 0 : memcmp(a.data, b.data, n);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

bool wbi_starts_with(wbi_str text, wbi_str prefix)
{
    return prefix.length <= text.length && (prefix.length == 0 || memcmp(text.data, prefix.data, prefix.length) == 0);
}

bool wbi_contains(wbi_str text, wbi_str part)
{
    for (size_t at = 0; at + part.length <= text.length; at++)
        if (part.length == 0 || memcmp(text.data + at, part.data, part.length) == 0)
            return true;
    return false;
}

static bool continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Unicode 15, table 3-7: well-formed UTF-8 byte sequences. */
size_t wbi_utf8_width(const char *bytes, size_t n)
{
    if (n == 0)
        return 0;
    unsigned char first = (unsigned char)bytes[0];
    if (first < 0x80)
        return 1;
    size_t width = first >= 0xc2 && first <= 0xdf   ? 2
                   : (first & 0xf0) == 0xe0         ? 3
                   : first >= 0xf0 && first <= 0xf4 ? 4
                                                    : 0;
    if (width == 0 || n < width)
        return 0;
    unsigned char second = (unsigned char)bytes[1];
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
        return 0;
    for (size_t i = 1; i < width; i++)
        if (!continuation(bytes[i]))
            return 0;
    return width;
}

/* Eight bytes at once: neither a high bit nor a zero byte. */
static bool plain_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

size_t wbi_utf8_characters(const char *bytes, size_t n)
{
    size_t n_characters = 0;
    for (size_t i = 0; i < n; i++)
        n_characters += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return n_characters;
}

size_t wbi_utf8_check(const char *bytes, size_t n)
{
    size_t i = 0;
    while (i < n) {
        if (n - i >= 8 && plain_word(bytes + i)) {
            i += 8;
            continue;
        }
        size_t width = bytes[i] == '\0' ? 0 : wbi_utf8_width(bytes + i, n - i);
        if (width == 0)
            return i;
        i += width;
    }
    return n;
}

enum { NAME_LIMIT = 64 };

/* Of ASCII alone: what is near may not depend on the locale. */
static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

/* Levenshtein's distance with neighbours swapped counted as one (optimal string alignment). */
static size_t edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][NAME_LIMIT + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            size_t best = last[j - 1] + (x != y);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]) && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[n_b];
}

const char *wbi_nearest(const char *name, const char *const *candidates, size_t n)
{
    size_t length = strlen(name), best = SIZE_MAX;
    const char *nearest = NULL;
    if (length > NAME_LIMIT)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > NAME_LIMIT)
            continue;
        size_t longer = length > other ? length : other;
        size_t limit = longer / 3 > 0 ? longer / 3 : 1;
        size_t distance = edit_distance(name, length, candidates[i], other);
        if (distance <= limit && distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

static const char *skip_marks(const char *name)
{
    return name + strspn(name, " -_");
}

bool wbi_is_alike(const char *a, const char *b)
{
    a = skip_marks(a);
    b = skip_marks(b);
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a = skip_marks(a + 1);
        b = skip_marks(b + 1);
    }
    return *a == *b;
}
