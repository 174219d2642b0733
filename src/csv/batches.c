/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline from chunks of bytes to batches of typed rows. */
#include "csv/batches.h"

#include <assert.h>

#include "base/memory.h"
#include "csv/batch_chunk.h"
#include "csv/reader_rows.h"
#include "par/par.h"

enum { CHUNK_BYTES = 128 << 10, MAX_CHUNK_BYTES = 1 << 20, FIRST_SLOW_ROWS = 64, MAX_SLOW_ROWS = 4096 };

typedef struct reading {
    wbi_csv_reader *reader;
    const wbi_batch_options *options;
    wbi_batch_fn fn;
    void *context;
    size_t chunk_bytes;
    size_t slow_rows; /* how many rows to read one by one before the next chunk is tried */
    wb_status failed; /* what ended the last batch, to be told once its rows have been given */
    wb_error failure;
    wbi_csv_reader **judges; /* by worker; NULL until it needs one */
    int n_threads;
    wbi_batch_memory *batches; /* by slot; zeroed until it is used */
    size_t n_slots;
} reading;

wbi_str wbi_batch_raw(const wbi_batch *batch, size_t row)
{
    const wbi_batch_memory *m = batch->memory;
    if (m->chunk.n_bytes == 0)
        return m->raws[row];
    return wbi_chunk_row(m, m->all_kept ? row : m->origins[row]);
}

size_t wbi_batch_line(const wbi_batch *batch, size_t row)
{
    wbi_batch_memory *m = batch->memory;
    return m->chunk.n_bytes == 0 ? m->lines[row] : wbi_chunk_line(m, wbi_batch_raw(batch, row).data);
}

/* Reads some rows of the file at hand one by one. A failure waits until the rows before it have been given: what is bad
 * among them is told first. */
static wb_status read_slowly(reading *r, wbi_batch_memory *m, size_t *n_rows, wb_error *err)
{
    wbi_batch_begin_rows(m);
    for (*n_rows = 0; *n_rows < r->slow_rows; ++*n_rows) {
        wbi_judged judged;
        r->failed = wbi_csv_next_row(r->reader, &judged, &r->failure);
        if (r->failed != WB_OK || judged.line == 0)
            break;
        WBI_TRY(wbi_batch_add_row(m, &judged, err));
    }
    r->slow_rows = r->slow_rows * 2 > MAX_SLOW_ROWS ? MAX_SLOW_ROWS : r->slow_rows * 2;
    return WB_OK;
}

static wb_status tell_failure(const reading *r, wb_error *err)
{
    if (r->failed != WB_OK && err != NULL)
        *err = r->failure;
    return r->failed;
}

static wb_status next_chunk(void *context, size_t slot, int *more, wb_error *err)
{
    reading *r = context;
    wbi_batch_memory *m = &r->batches[slot];
    WBI_TRY(tell_failure(r, err));
    if (m->reader == NULL)
        WBI_TRY(wbi_batch_create(m, r->reader, r->options, err));
    WBI_TRY(wbi_batch_follow_types(m, r->options->columns, err));
    for (bool any = true; any;) {
        size_t n_rows;
        *more = 1;
        WBI_TRY(wbi_csv_take(r->reader, &m->chunk, r->chunk_bytes, err));
        if (m->chunk.n_bytes > 0) {
            r->slow_rows = FIRST_SLOW_ROWS;
            return WB_OK;
        }
        WBI_TRY(read_slowly(r, m, &n_rows, err));
        if (n_rows > 0)
            return WB_OK;
        WBI_TRY(tell_failure(r, err));
        WBI_TRY(wbi_csv_next_file(r->reader, &any, err));
    }
    *more = 0;
    return WB_OK;
}

static wbi_batch batch_in(const reading *r, size_t slot)
{
    wbi_batch_memory *m = &r->batches[slot];
    return (wbi_batch){&m->rows, m->columns, m->file, m->bad, m->n_bad, m->chunk.n_bytes, slot, m};
}

static wb_status type_chunk(void *context, size_t slot, int worker, wb_error *err)
{
    reading *r = context;
    wbi_batch_memory *m = &r->batches[slot];
    if (m->chunk.n_bytes > 0)
        WBI_TRY(wbi_batch_type_chunk(m, &r->judges[worker], err));
    const wbi_batch batch = batch_in(r, slot);
    return r->options->work == NULL ? WB_OK : r->options->work(r->context, &batch, err);
}

static wb_status give_batch(void *context, size_t slot, wb_error *err)
{
    reading *r = context;
    const wbi_batch batch = batch_in(r, slot);
    return r->fn(r->context, &batch, err);
}

size_t wbi_batch_n_slots(int n_threads)
{
    return 4 * (size_t)wbi_par_threads(n_threads);
}

/* No more threads than chunks, as far as these can be told beforehand. */
static int threads_for(const wbi_csv_reader *reader, int requested, size_t chunk_bytes)
{
    size_t bytes = wbi_csv_n_files(reader) == 1 ? wbi_csv_file_bytes(reader) : 0;
    int n = wbi_par_threads(requested);
    return bytes == 0 || bytes / chunk_bytes + 1 > (size_t)n ? n : (int)(bytes / chunk_bytes + 1);
}

static wb_status prepare(reading *r, wb_error *err)
{
    const wbi_batch_options *o = r->options;
    assert(o->chunk_bytes <= MAX_CHUNK_BYTES);
    r->chunk_bytes = o->chunk_bytes > 0 ? o->chunk_bytes : CHUNK_BYTES;
    r->slow_rows = FIRST_SLOW_ROWS;
    r->n_threads = threads_for(r->reader, o->n_threads, r->chunk_bytes);
    r->n_slots = wbi_batch_n_slots(r->n_threads);
    r->judges = wbi_alloc_zeroed((size_t)r->n_threads, sizeof(wbi_csv_reader *));
    r->batches = wbi_alloc_zeroed(r->n_slots, sizeof *r->batches);
    if (r->judges == NULL || r->batches == NULL)
        return wbi_fail_nomem(err, r->n_slots * sizeof *r->batches);
    return WB_OK;
}

wb_status wbi_csv_read_batches(wbi_csv_reader *reader, const wbi_batch_options *options, wbi_batch_fn fn, void *context,
                               wb_error *err)
{
    reading r = {.reader = reader, .options = options, .fn = fn, .context = context};
    wbi_pipeline pipeline = {next_chunk, type_chunk, give_batch, &r, 0};
    wb_status status;
    WBI_TRY_CLEANUP(prepare(&r, err));
    pipeline.n_slots = r.n_slots;
    status = wbi_par_pipeline(&pipeline, r.n_threads, err);
cleanup:
    for (int w = 0; r.judges != NULL && w < r.n_threads; w++)
        wbi_csv_close(r.judges[w]);
    for (size_t s = 0; r.batches != NULL && s < r.n_slots; s++)
        wbi_batch_free(&r.batches[s]);
    wbi_free(r.judges);
    wbi_free(r.batches);
    return status;
}
