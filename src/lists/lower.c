/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/lower.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* Capitals first, first + step, … last, and how far their small letters are (UnicodeData.txt, field 13); of alphabets that are
 * in use. Sorted. */
static const struct {
    uint32_t first, last, step;
    int32_t distance;
} capitals[] = {
    {0x41, 0x5a, 1, 32},      {0xc0, 0xd6, 1, 32},      {0xd8, 0xde, 1, 32},      {0x100, 0x12e, 2, 1},
    {0x130, 0x130, 1, -199},  {0x132, 0x136, 2, 1},     {0x139, 0x147, 2, 1},     {0x14a, 0x176, 2, 1},
    {0x178, 0x178, 1, -121},  {0x179, 0x17d, 2, 1},     {0x181, 0x181, 1, 210},   {0x186, 0x186, 1, 206},
    {0x18a, 0x18a, 1, 205},   {0x18f, 0x18f, 1, 202},   {0x190, 0x190, 1, 203},   {0x193, 0x193, 1, 205},
    {0x198, 0x198, 1, 1},     {0x1a0, 0x1a4, 2, 1},     {0x1af, 0x1af, 1, 1},     {0x1cd, 0x1db, 2, 1},
    {0x1de, 0x1ee, 2, 1},     {0x1f8, 0x21e, 2, 1},     {0x222, 0x232, 2, 1},     {0x386, 0x386, 1, 38},
    {0x388, 0x38a, 1, 37},    {0x38c, 0x38c, 1, 64},    {0x38e, 0x38f, 1, 63},    {0x391, 0x3a1, 1, 32},
    {0x3a3, 0x3ab, 1, 32},    {0x400, 0x40f, 1, 80},    {0x410, 0x42f, 1, 32},    {0x460, 0x480, 2, 1},
    {0x48a, 0x4be, 2, 1},     {0x4c0, 0x4c0, 1, 15},    {0x4c1, 0x4cd, 2, 1},     {0x4d0, 0x52e, 2, 1},
    {0x531, 0x556, 1, 48},    {0x1e00, 0x1e94, 2, 1},   {0x1e9e, 0x1e9e, 1, -7615},
    {0x1ea0, 0x1efe, 2, 1},
};

static uint32_t lower(uint32_t c)
{
    for (size_t i = 0; i < sizeof capitals / sizeof *capitals && c >= capitals[i].first; i++)
        if (c <= capitals[i].last && (c - capitals[i].first) % capitals[i].step == 0)
            return (uint32_t)((int32_t)c + capitals[i].distance);
    return c;
}

/* The character of a well-formed sequence of 1 to 3 bytes. */
static uint32_t decode(const char *bytes, size_t width)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (width == 1)
        return b[0];
    if (width == 2)
        return (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3f);
    return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
}

/* Writes a character below U+10000. */
static size_t encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

size_t wbi_lower(char *out, const char *bytes, size_t n)
{
    size_t length = 0;
    for (size_t at = 0; at < n;) {
        size_t width = wbi_utf8_width(bytes + at, n - at);
        if (width >= 1 && width <= 3) {
            length += encode(out + length, lower(decode(bytes + at, width)));
            at += width;
        } else {
            out[length++] = bytes[at++];
        }
    }
    return length;
}
