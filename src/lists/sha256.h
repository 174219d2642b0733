/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4): the only home of nettle. */
#ifndef WINBACK_LISTS_SHA256_H
#define WINBACK_LISTS_SHA256_H

#include <stddef.h>

enum { WBI_SHA256_HEX = 64 };
/* The digest of `n` bytes as lower-case hex digits, without an end. */
void wbi_sha256_hex(char out[WBI_SHA256_HEX], const char *bytes, size_t n);

#endif
