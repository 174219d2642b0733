/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from data on a terminal: nothing in it may move the cursor, turn the line around or break a table. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* Reads the first character of well-formed UTF-8 into *point; returns its bytes, 0 where there is none. */
static size_t read_character(uint32_t *point, const unsigned char *bytes, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t width = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc0 ? 0 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : bytes[0] < 0xf8 ? 4 : 0;
    if (width == 0 || width > n)
        return 0;
    *point = width == 1 ? bytes[0] : bytes[0] & (0xffu >> (width + 1));
    for (size_t i = 1; i < width; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (bytes[i] & 0x3f);
    }
    return *point < least[width] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000) ? 0 : width;
}

/* Controls (C0, DEL, C1), separators of lines, and what changes the direction of the text behind it. */
static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x061c || point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

const char *cli_text(char *out, size_t size, const char *bytes, size_t n, size_t columns)
{
    static const char ellipsis[] = "…";
    size_t used = 0, cut = 0, column = 0; /* cut: where an ellipsis takes the last column */
    for (size_t i = 0; i < n; column++) {
        uint32_t point;
        const size_t read = read_character(&point, (const unsigned char *)bytes + i, n - i);
        const bool shown = read > 0 && !is_control(point);
        const size_t length = shown ? read : 1;
        if (column + 1 <= columns && used + sizeof ellipsis <= size)
            cut = used;
        if (column == columns || used + length >= size) {
            used = cut;
            memcpy(out + used, ellipsis, sizeof ellipsis - 1);
            used += sizeof ellipsis - 1;
            break;
        }
        memcpy(out + used, shown ? bytes + i : "?", length);
        used += length;
        i += read > 0 ? read : 1;
    }
    out[used] = '\0';
    return out;
}

const char *cli_cell(char text[CLI_CELL_BYTES], const char *name, size_t columns)
{
    return cli_text(text, CLI_CELL_BYTES, name, strlen(name), columns);
}

size_t cli_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void print_blanks(const char *text, size_t width)
{
    for (size_t at = cli_width(text); at < width; at++)
        putchar(' ');
}

void cli_print_left(const char *text, size_t width)
{
    fputs(text, stdout);
    print_blanks(text, width);
}

void cli_print_right(const char *text, size_t width)
{
    print_blanks(text, width);
    fputs(text, stdout);
}

void cli_print_name(const char *name, size_t width, size_t columns)
{
    char text[CLI_CELL_BYTES];
    cli_print_left(cli_cell(text, name, columns), width);
}
