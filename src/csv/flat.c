/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat files: one row a customer (and cutoff), columns whose types the cells tell. */
#include <string.h>

#include "base/memory.h"
#include "csv/flat_batches.h"
#include "csv/flat_sizes.h"
#include "csv/reader_sizes.h"
#include "par/par.h"
#include "table/spill.h"

static bool listed(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static wb_status open_file(wbi_flat *flat, const char *path, const wbi_flat_options *wanted,
                           const wb_read_options *options, wbi_csv_sizes sizes, wb_error *err)
{
    flat->log = options->log;
    flat->dialect = (wbi_dialect)WBI_DIALECT_INIT;
    flat->dialect.delimiter = options->delimiter;
    flat->dialect.decimal = options->decimal;
    flat->dialect.na = options->na;
    flat->dialect.n_na = options->n_na;
    WBI_TRY(wbi_paths_expand(&flat->paths, path, err));
    flat->n_bytes = wbi_paths_bytes(&flat->paths);
    WBI_TRY(wbi_bad_rows_create(&flat->bad, options->on_error, options->rejects, options->log, err));
    WBI_TRY(wbi_csv_open_sized(&flat->csv, &flat->paths, &flat->dialect, flat->bad, sizes, err));
    for (size_t i = 0; i < wanted->n_categories; i++)
        if (wbi_csv_find(flat->csv, wanted->categories[i]) == SIZE_MAX)
            return wbi_csv_no_column(flat->csv, wanted->categories[i], err);
    return WB_OK;
}

/* places[0..*n_wanted): which columns of the file are read. */
static wb_status choose(size_t *places, size_t *n_wanted, const wbi_flat *flat, const wbi_flat_choice *only, wb_error *err)
{
    const size_t n = wbi_csv_n_columns(flat->csv);
    const char **names = wbi_alloc_array(n, sizeof *names);
    uint8_t *wanted = wbi_alloc_array(n, 1);
    wb_status status = WB_OK;
    if (names == NULL || wanted == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *names));
    for (size_t k = 0; k < n; k++) {
        names[k] = wbi_csv_column(flat->csv, k);
        wanted[k] = 1;
    }
    if (only->choose != NULL)
        WBI_TRY_CLEANUP(only->choose(only->context, names, n, wanted, err));
    *n_wanted = 0;
    for (size_t k = 0; k < n; k++)
        if (wanted[k])
            places[(*n_wanted)++] = k;
cleanup:
    wbi_free(names);
    wbi_free(wanted);
    return status;
}

static wb_status allocate(wbi_flat *flat, size_t n, wb_error *err)
{
    flat->columns = wbi_alloc_zeroed(n, sizeof *flat->columns);
    flat->batched = wbi_alloc_zeroed(n, sizeof *flat->batched);
    flat->numbers = wbi_alloc_array(n, sizeof *flat->numbers);
    flat->undeclared = wbi_alloc_zeroed(n, sizeof *flat->undeclared);
    flat->open = wbi_alloc_zeroed(n, sizeof *flat->open);
    flat->n_seen = wbi_alloc_zeroed(n, sizeof *flat->n_seen);
    flat->written = wbi_alloc_zeroed(n, sizeof *flat->written);
    flat->unread = wbi_alloc_array(n, sizeof *flat->unread);
    flat->values = wbi_alloc_array(n, sizeof *flat->values);
    if (flat->columns == NULL || flat->batched == NULL || flat->numbers == NULL || flat->undeclared == NULL ||
        flat->open == NULL || flat->n_seen == NULL || flat->written == NULL || flat->unread == NULL || flat->values == NULL)
        return wbi_fail_nomem(err, n * sizeof *flat->columns);
    flat->n_columns = n;
    flat->n_slots = wbi_batch_n_slots(flat->n_threads);
    flat->texts = wbi_alloc_zeroed(flat->n_slots, sizeof *flat->texts);
    if (flat->texts == NULL)
        return wbi_fail_nomem(err, flat->n_slots * sizeof *flat->texts);
    return wbi_table_create(&flat->table, err);
}

static wb_type declared_type(const char *name, const wbi_flat_options *wanted)
{
    if (listed(name, wanted->text_columns, wanted->n_text_columns))
        return WB_TYPE_TEXT;
    if (strcmp(name, "cutoff") == 0)
        return WB_TYPE_TIME;
    return listed(name, wanted->categories, wanted->n_categories) ? WB_TYPE_CATEGORY : WB_TYPE_NUMBER;
}

static const wbi_typed_range *range_of(const char *name, const wbi_flat_options *wanted)
{
    for (size_t i = 0; i < wanted->n_numbers; i++)
        if (wanted->numbers[i].name != NULL && strcmp(wanted->numbers[i].name, name) == 0)
            return &wanted->numbers[i].range;
    return NULL;
}

static wb_status declare_columns(wbi_flat *flat, const size_t *places, const wbi_flat_options *wanted, wb_error *err)
{
    for (size_t k = 0; k < flat->n_columns; k++) {
        const char *name = wbi_csv_column(flat->csv, places[k]);
        const wb_type type = declared_type(name, wanted);
        const wbi_typed_range *range = type == WB_TYPE_NUMBER ? range_of(name, wanted) : NULL;
        flat->columns[k] = flat->batched[k] = (wbi_typed_column){.name = name, .type = type, .range = range};
        flat->open[k] = flat->undeclared[k] = type == WB_TYPE_NUMBER && range == NULL;
        if (flat->open[k])
            flat->batched[k].type = WB_TYPE_TEXT;
        flat->numbers[k] = places[k] + 1;
        WBI_TRY(wbi_table_add_column(flat->table, name, type, NULL, err));
        if (type == WB_TYPE_NUMBER && flat->decimals)
            WBI_TRY(wbi_column_narrow(&flat->table->columns[k], err));
    }
    return wbi_csv_want(flat->csv, places, flat->n_columns, err);
}

static wb_status prepare(wbi_flat *flat, const wbi_flat_options *wanted, wb_error *err)
{
    const size_t n = wbi_csv_n_columns(flat->csv);
    size_t n_wanted, *places = wbi_alloc_array(n, sizeof *places);
    if (places == NULL)
        return wbi_fail_nomem(err, n * sizeof *places);
    wb_status status;
    WBI_TRY_CLEANUP(choose(places, &n_wanted, flat, &wanted->only, err));
    WBI_TRY_CLEANUP(allocate(flat, n_wanted, err));
    WBI_TRY_CLEANUP(declare_columns(flat, places, wanted, err));
cleanup:
    wbi_free(places);
    return status;
}

wb_status wbi_typed_read_flat_sized(wb_table **out, const char *path, const wbi_flat_options *wanted,
                                    const wb_read_options *options, wbi_flat_sizes sizes, wb_error *err)
{
    wb_status status;
    wbi_flat flat = {.n_deciding = sizes.n_deciding,
                     .path = path,
                     .lines = wanted->lines,
                     .limit_bytes = options->memory_limit_bytes,
                     .decimals = wanted->decimals && options->memory_limit_bytes == 0,
                     .n_threads = wbi_par_threads(options->n_threads)};
    *out = NULL;
    WBI_TRY_CLEANUP(open_file(&flat, path, wanted, options, sizes.csv, err));
    WBI_TRY_CLEANUP(prepare(&flat, wanted, err));
    wbi_batch_options batches = {.columns = flat.batched,
                                 .column_numbers = flat.numbers,
                                 .n_columns = flat.n_columns,
                                 .n_threads = options->n_threads,
                                 .chunk_bytes = sizes.chunk_bytes,
                                 .numbers = flat.decimals ? WBI_PACKED_DECIMALS : WBI_PACKED_DOUBLES,
                                 .words_are_text = true,
                                 .work = wbi_flat_read_texts};
    WBI_TRY_CLEANUP(wbi_csv_read_batches(flat.csv, &batches, wbi_flat_take, &flat, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(flat.bad, err));
    WBI_TRY_CLEANUP(wbi_flat_keep_limit(&flat, flat.table->n_rows, err));
    if (flat.table->spill != NULL) {
        WBI_TRY_CLEANUP(wbi_spill_end(flat.table, err));
        wbi_flat_note_need(&flat);
    }
    *out = flat.table;
    flat.table = NULL;
cleanup:
    wbi_flat_free(&flat);
    return status;
}

wb_status wbi_typed_read_flat(wb_table **out, const char *path, const wbi_flat_options *wanted,
                              const wb_read_options *options, wb_error *err)
{
    return wbi_typed_read_flat_sized(out, path, wanted, options, (wbi_flat_sizes)WBI_FLAT_SIZES_INIT, err);
}
