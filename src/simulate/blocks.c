/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/blocks.h"

#include <string.h>
#include <winback/time.h>

#include "base/memory.h"
#include "io/output.h"
#include "par/par.h"

enum { BLOCK_CUSTOMERS = 1024 };
static const size_t block_ceiling_bytes = (size_t)1 << 32; /* of one file's rows in one block */
static const uint64_t most_customers = 100000000;
static const uint32_t most_days = 36500;
static const int64_t last_year_end_us = INT64_C(253402300800000000);    /* 10000-01-01 */
static const int64_t first_year_start_us = -INT64_C(62135596800000000); /* 0001-01-01 */

/* A block in flight. */
typedef struct slot {
    uint64_t first, end; /* customer numbers */
    wbi_buffer rows[WBI_SHOP_N_FILES];
    int64_t counts[WBI_SHOP_MOST_COUNTS];
} slot;

typedef struct run {
    const wbi_shop_blocks *blocks;
    uint64_t next; /* number of the next customer, from 1 */
    wbi_calendar calendar;
    wbi_output *outputs[WBI_SHOP_N_FILES];
    slot *slots;
    size_t n_slots;
    wbi_shop_worker *workers;
    size_t n_workers;
    int64_t counts[WBI_SHOP_MOST_COUNTS];
} run;

wb_status wbi_shop_blocks_check(const wb_simulate_options *options, wb_error *err)
{
    if (options->n_customers < 1 || options->n_customers > most_customers)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%llu customers, wanted 1 to %llu",
                        (unsigned long long)options->n_customers, (unsigned long long)most_customers);
    if (options->n_days < 1 || options->n_days > most_days)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%u days, wanted 1 to %u", (unsigned)options->n_days,
                        (unsigned)most_days);
    if (options->start_us % WB_DAY_US != 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the start is not midnight UTC");
    if (options->start_us < first_year_start_us || options->start_us > last_year_end_us - options->n_days * WB_DAY_US)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the period is not within the years 1 to 9999");
    return WB_OK;
}

static wb_status next_block(void *context, size_t slot_index, int *more, wb_error *err)
{
    (void)err;
    run *r = context;
    slot *s = &r->slots[slot_index];
    uint64_t left = r->blocks->options->n_customers + 1 - r->next;
    s->first = r->next;
    s->end = r->next + (left < BLOCK_CUSTOMERS ? left : BLOCK_CUSTOMERS);
    r->next = s->end;
    *more = s->end > s->first;
    return WB_OK;
}

static wb_status draw_block(void *context, size_t slot_index, int worker, wb_error *err)
{
    run *r = context;
    const wbi_shop_blocks *blocks = r->blocks;
    slot *s = &r->slots[slot_index];
    memset(s->counts, 0, sizeof s->counts);
    for (wbi_shop_file file = blocks->first; file < blocks->end; file++)
        s->rows[file].length = 0;
    for (uint64_t number = s->first; number < s->end; number++)
        WBI_TRY(blocks->draw(blocks->context, &r->workers[worker], number, &r->calendar, s->rows, s->counts, err));
    return WB_OK;
}

static wb_status write_block(void *context, size_t slot_index, wb_error *err)
{
    run *r = context;
    const slot *s = &r->slots[slot_index];
    const wb_simulate_options *options = r->blocks->options;
    for (wbi_shop_file file = r->blocks->first; file < r->blocks->end; file++)
        WBI_TRY(wbi_output_write(r->outputs[file], s->rows[file].data, s->rows[file].length, err));
    for (size_t i = 0; i < WBI_SHOP_MOST_COUNTS; i++)
        r->counts[i] += s->counts[i];
    return wbi_progress(options->log, "simulate", s->end - 1, options->n_customers, err);
}

static wb_status create_slots(run *r, size_t n, wb_error *err)
{
    r->slots = wbi_alloc_zeroed(n, sizeof *r->slots);
    if (r->slots == NULL)
        return wbi_fail_nomem(err, n * sizeof *r->slots);
    r->n_slots = n;
    for (size_t i = 0; i < n; i++)
        for (size_t file = 0; file < WBI_SHOP_N_FILES; file++)
            r->slots[i].rows[file] = wbi_buffer_make(block_ceiling_bytes);
    return WB_OK;
}

static wb_status create_workers(run *r, size_t n, wb_error *err)
{
    r->workers = wbi_alloc_zeroed(n, sizeof *r->workers);
    if (r->workers == NULL)
        return wbi_fail_nomem(err, n * sizeof *r->workers);
    r->n_workers = n;
    for (size_t i = 0; i < n; i++) {
        r->workers[i].rng.type = gsl_rng_taus2;
        r->workers[i].rng.state = wbi_alloc_zeroed(1, gsl_rng_taus2->size);
        if (r->workers[i].rng.state == NULL)
            return wbi_fail_nomem(err, gsl_rng_taus2->size);
    }
    return WB_OK;
}

static wb_status open_files(run *r, const char *dir, wb_error *err)
{
    WBI_TRY(wbi_make_directory(dir, err));
    for (wbi_shop_file file = r->blocks->first; file < r->blocks->end; file++) {
        wbi_buffer path = wbi_buffer_make(SIZE_MAX);
        wb_status status = wbi_buffer_printf(&path, err, "%s/%s%c", dir, wbi_shop_file_name(file), '\0');
        if (status == WB_OK)
            status = wbi_output_open(&r->outputs[file], path.data, err);
        wbi_buffer_free(&path);
        WBI_TRY(status);
        const char *header = wbi_shop_header(file);
        WBI_TRY(wbi_output_write(r->outputs[file], header, strlen(header), err));
    }
    return WB_OK;
}

static wb_status commit_files(run *r, wb_error *err)
{
    for (wbi_shop_file file = r->blocks->first; file < r->blocks->end; file++) {
        wbi_output *output = r->outputs[file];
        r->outputs[file] = NULL;
        WBI_TRY(wbi_output_commit(output, err));
    }
    return WB_OK;
}

static void free_run(run *r)
{
    for (size_t file = 0; file < WBI_SHOP_N_FILES; file++)
        wbi_output_abort(r->outputs[file]);
    for (size_t i = 0; i < r->n_slots; i++)
        for (size_t file = 0; file < WBI_SHOP_N_FILES; file++)
            wbi_buffer_free(&r->slots[i].rows[file]);
    wbi_free(r->slots);
    for (size_t i = 0; i < r->n_workers; i++) {
        wbi_free(r->workers[i].rng.state);
        wbi_life_free(&r->workers[i].life);
        wbi_shop_outcomes_free(&r->workers[i].outcomes);
    }
    wbi_free(r->workers);
    wbi_calendar_free(&r->calendar);
}

wb_status wbi_shop_blocks_run(const wbi_shop_blocks *blocks, const char *dir, int64_t counts[WBI_SHOP_MOST_COUNTS], wb_error *err)
{
    const wb_simulate_options *options = blocks->options;
    int n_threads = wbi_par_threads(options->n_threads);
    run r = {.blocks = blocks, .next = 1};
    wb_status status;
    WBI_TRY_CLEANUP(wbi_calendar_create(&r.calendar, options->start_us, blocks->n_calendar_days, err));
    WBI_TRY_CLEANUP(create_workers(&r, (size_t)n_threads, err));
    WBI_TRY_CLEANUP(create_slots(&r, 2 * (size_t)n_threads, err));
    WBI_TRY_CLEANUP(open_files(&r, dir, err));
    wbi_pipeline pipeline = {next_block, draw_block, write_block, &r, r.n_slots};
    WBI_TRY_CLEANUP(wbi_par_pipeline(&pipeline, n_threads, err));
    WBI_TRY_CLEANUP(commit_files(&r, err));
    memcpy(counts, r.counts, sizeof r.counts);
cleanup:
    free_run(&r);
    return status;
}
