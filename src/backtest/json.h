/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What writer and reader of a backtest's file agree on; docs/backtest.md lists the keys. */
#ifndef WINBACK_BACKTEST_JSON_H
#define WINBACK_BACKTEST_JSON_H

#include <winback/backtest.h>

#define WBI_BACKTEST_FORMAT "winback-backtest"
enum { WBI_BACKTEST_VERSION = 1 };

/* A figure of wb_metrics, and what it may be; NaN, which is null in the file, each may be. */
typedef struct wbi_figure_key {
    const char *key;
    size_t offset;
    double least, most;
} wbi_figure_key;
extern const wbi_figure_key wbi_figure_keys[];
extern const size_t wbi_n_figure_keys;

/* The numbers of an age, in the file's order. */
typedef struct wbi_age_key {
    const char *key;
    size_t offset;
} wbi_age_key;
extern const wbi_age_key wbi_age_keys[];
extern const size_t wbi_n_age_keys;

static inline double *wbi_number_at(void *of, size_t offset)
{
    return (double *)(void *)((char *)of + offset);
}

#endif
