/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the program cost in memory. Each measure_…() measures a few contenders that do the same work, and fails
 * when their answers differ. */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <stdbool.h>
#include <stddef.h>

typedef struct micro_work {
    const char *contender;
    void (*pass)(void *of); /* all of the work, once */
    void *of;
    size_t n;             /* how many bytes or other items a pass is */
    const char *item;     /* NULL: bytes */
} micro_work;

/* Runs passes, some to warm up, and prints what they took as a line of JSON: bytes as GB/s, other items as ns each. */
void micro_measure(const micro_work *work);

/* Ends the program. */
void micro_fail(const char *what) __attribute__((noreturn));
/* Memory at a multiple of 64 bytes, or the program ends; free() takes it. */
void *micro_alloc(size_t n_bytes);

void measure_kernels(void); /* micro_kernels.c */
void measure_cells(void);   /* micro_cells.c: finding cells, reading numbers */
void measure_numbers(void); /* micro_print.c: printing numbers, hashing keys */

#endif
