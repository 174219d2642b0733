/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/sha256.h"

#include <nettle/sha2.h>

void wbi_sha256_hex(char out[WBI_SHA256_HEX], const char *bytes, size_t n)
{
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    if (n > 0)
        sha256_update(&context, n, (const uint8_t *)bytes);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
}
