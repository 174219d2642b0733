/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making errors. Whoever detects an error writes it; everybody above only cleans up and passes the code on. */
#ifndef WINBACK_BASE_ERROR_H
#define WINBACK_BASE_ERROR_H

#include <winback/status.h>

#define WBI_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* Returns from the calling function when `call` fails. Only where nothing is to be cleaned up. */
#define WBI_TRY(call)                              \
    do {                                           \
        wb_status wbi_try_status = (call);         \
        if (wbi_try_status != WB_OK)               \
            return wbi_try_status;                 \
    } while (0)

/* As WBI_TRY, with `status` set and a jump to `cleanup:`. */
#define WBI_TRY_CLEANUP(call)                      \
    do {                                           \
        status = (call);                           \
        if (status != WB_OK)                       \
            goto cleanup;                          \
    } while (0)

/* A position in an input; `file` may be NULL, line and column 0. */
typedef struct wbi_where {
    const char *file;
    size_t line, column;
} wbi_where;

/* Fills *err (NULL is fine) and returns `code`. Position, value and advice are cleared. */
wb_status wbi_fail(wb_error *err, wb_status code, const char *format, ...) WBI_PRINTF(3, 4);
/* The same with a position and the offending value (`value_length` bytes, may hold anything, shortened and made
 * printable for display; NULL: none). */
wb_status wbi_fail_at(wb_error *err, wb_status code, wbi_where where, const char *value, size_t value_length,
                      const char *format, ...) WBI_PRINTF(6, 7);
/* Adds the lines of advice to an error that is filled already. */
void wbi_advise(wb_error *err, const char *format, ...) WBI_PRINTF(2, 3);
/* "out of memory (N bytes wanted)"; every failed allocation ends here. */
wb_status wbi_fail_nomem(wb_error *err, size_t bytes);

/* Shortens and cleans `n` bytes for a message: at most `size` - 1 bytes, control and invalid bytes as \xNN, "…" when
 * cut. Returns `out`. */
const char *wbi_printable(char *out, size_t size, const char *bytes, size_t n);

/* Sends one line to the log; does nothing without one. */
void wbi_log(const wb_log *log, wb_log_level level, const char *format, ...) WBI_PRINTF(3, 4);
/* Reports progress; WB_ERR_CANCELLED when the callback says so. */
wb_status wbi_progress(const wb_log *log, const char *what, uint64_t done, uint64_t total, wb_error *err);

#endif
