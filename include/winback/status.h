/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status codes, errors and messages: what every other header builds on. */
#ifndef WINBACK_STATUS_H
#define WINBACK_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WB_API __attribute__((visibility("default")))
#define WB_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define WB_API
#define WB_WARN_UNUSED
#endif

/* What a fallible function returns. 0 is success; the codes are stable. */
typedef enum wb_status {
    WB_OK = 0,
    WB_ERR_NOMEM,        /* memory ran out */
    WB_ERR_IO,           /* a file could not be opened, read or written */
    WB_ERR_ARGUMENT,     /* the caller passed something outside its documented range */
    WB_ERR_MALFORMED,    /* the bytes of a file are wrong */
    WB_ERR_INCONSISTENT, /* files are well formed but disagree, or lack what was asked of them */
    WB_ERR_DEGENERATE,   /* the data cannot be fitted: one class, no rows */
    WB_ERR_CANCELLED,    /* a callback asked to stop */
    WB_ERR_INTERNAL      /* a bug in winback or in a library under it */
} wb_status;

/* Where and why something failed. The caller owns it, usually on the stack; every function that takes one
 * accepts NULL. It is written only on failure. `message` is one line, lower case, without position. */
typedef struct wb_error {
    wb_status code;
    size_t line;       /* 1-based line of `file`, 0 when unknown */
    size_t column;     /* 1-based cell (CSV) or character (project file, expression), 0 when unknown */
    char file[512];    /* "" when no file is concerned */
    char value[128];   /* the offending value, shortened, "" when there is none */
    char message[768]; /* what is wrong, with the value and what was expected */
    char advice[512];  /* what to do, at most two lines separated by '\n', or "" */
} wb_error;

/* Writes "file:line:column: message" (the parts that are known) to `text`, always terminated, cut at `size` bytes.
 * Returns `text`. Thread-safe. */
WB_API const char *wb_error_text(const wb_error *err, char *text, size_t size);

typedef enum wb_log_level { WB_LOG_INFO = 0, WB_LOG_WARNING } wb_log_level;

/* Where messages and progress go; both functions are optional. They are called from the calling thread only. The
 * library itself never prints. */
typedef struct wb_log {
    void (*message)(void *user, wb_log_level level, const char *text);
    /* `done` of `total` units (`total` 0 when unknown) of the step named `what`; a return other than 0 cancels the
     * work, which then fails with WB_ERR_CANCELLED. */
    int (*progress)(void *user, const char *what, uint64_t done, uint64_t total);
    void *user;
} wb_log;

#ifdef __cplusplus
}
#endif
#endif
