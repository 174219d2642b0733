/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing run of bytes with a declared ceiling. */
#ifndef WINBACK_BASE_BUFFER_H
#define WINBACK_BASE_BUFFER_H

#include "base/error.h"

typedef struct wbi_buffer {
    char *data; /* not terminated */
    size_t length, capacity;
    size_t ceiling; /* growing past it fails with WB_ERR_NOMEM */
} wbi_buffer;

/* An empty buffer; allocates nothing. */
wbi_buffer wbi_buffer_make(size_t ceiling);
void wbi_buffer_free(wbi_buffer *buffer);
/* Room for `n` more bytes behind `length`. */
WB_WARN_UNUSED wb_status wbi_buffer_reserve(wbi_buffer *buffer, size_t n, wb_error *err);
WB_WARN_UNUSED wb_status wbi_buffer_append(wbi_buffer *buffer, const char *bytes, size_t n, wb_error *err);
WB_WARN_UNUSED wb_status wbi_buffer_append_text(wbi_buffer *buffer, const char *text, wb_error *err);
WB_WARN_UNUSED wb_status wbi_buffer_printf(wbi_buffer *buffer, wb_error *err, const char *format, ...)
    WBI_PRINTF(3, 4);

#endif
