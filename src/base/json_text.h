/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON strings of rows: the one place that escapes them. Whole documents are jansson's. */
#ifndef WINBACK_BASE_JSON_TEXT_H
#define WINBACK_BASE_JSON_TEXT_H

#include <stddef.h>

/* Room that a string of `n` bytes takes at most. */
static inline size_t wbi_json_text_room(size_t n)
{
    return 6 * n + 2;
}

/* Writes `n` bytes of UTF-8 as a JSON string, quotes included (RFC 8259, section 7), and returns what follows it. */
char *wbi_json_put_text(char *at, const char *bytes, size_t n);

#endif
