/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/through.h"

#include "base/array.h"
#include "base/memory.h"
#include "io/input.h"

enum { ROWS_A_BLOCK = 16384 };

struct wbi_through {
    const wbi_table_def *def;
    size_t column_number; /* of the key in the events' file, from 1 */
    wbi_dictionary *keys;
    int32_t *customer; /* by key code */
    size_t n_known;    /* keys that the file has; later codes are unresolved */
    size_t capacity;
};

wbi_dictionary *wbi_through_keys(wbi_through *through)
{
    return through->keys;
}

size_t wbi_through_bytes(const wbi_through *through)
{
    return wbi_dictionary_bytes(through->keys, wbi_dictionary_size(through->keys)) +
           through->capacity * sizeof *through->customer;
}

void wbi_through_free(wbi_through *through)
{
    if (through == NULL)
        return;
    wbi_dictionary_free(through->keys);
    wbi_free(through->customer);
    wbi_free(through);
}

static wb_status add_pair(wbi_through *through, int32_t key, int32_t customer, const wbi_dictionary *customers,
                          wbi_where where, wb_error *err)
{
    size_t k = (size_t)key;
    if (k < through->n_known) {
        if (through->customer[k] == customer)
            return WB_OK;
        wbi_str id = wbi_dictionary_at(through->keys, key), other = wbi_dictionary_at(customers, through->customer[k]);
        char text[128], text_other[128];
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, id.data, id.length,
                           "%s '%s' belongs to %s already (a key leads to one customer)", through->def->through_key,
                           wbi_printable(text, sizeof text, id.data, id.length),
                           wbi_printable(text_other, sizeof text_other, other.data, other.length));
    }
    WBI_TRY(wbi_array_grow(&through->customer, &through->capacity, k, sizeof *through->customer, err));
    through->customer[k] = customer;
    through->n_known = k + 1;
    return WB_OK;
}

static wb_status read_pairs(wbi_through *through, wbi_csv_reader *reader, wbi_dictionary *customers, wb_error *err)
{
    const char *names[2] = {through->def->through_key, through->def->through_customer};
    size_t places[2];
    for (int k = 0; k < 2; k++) {
        places[k] = wbi_csv_find(reader, names[k]);
        if (places[k] == SIZE_MAX)
            return wbi_csv_no_column(reader, names[k], err);
    }
    WBI_TRY(wbi_csv_want(reader, places, 2, err));
    for (;;) {
        const wbi_cells *cells;
        WBI_TRY(wbi_csv_next(reader, ROWS_A_BLOCK, &cells, err));
        if (cells->n_rows == 0)
            return WB_OK;
        for (size_t i = 0; i < cells->n_rows; i++) {
            wbi_str key = cells->cells[2 * i], customer = cells->cells[2 * i + 1];
            int32_t key_code, customer_code;
            if (key.data == NULL || customer.data == NULL)
                continue;
            WBI_TRY(wbi_dictionary_intern(through->keys, key.data, key.length, &key_code, err));
            WBI_TRY(wbi_dictionary_intern(customers, customer.data, customer.length, &customer_code, err));
            WBI_TRY(add_pair(through, key_code, customer_code, customers,
                             (wbi_where){cells->file, cells->lines[i], places[0] + 1}, err));
        }
    }
}

wb_status wbi_through_read(wbi_through **out, const wbi_table_def *def, size_t column_number,
                           wbi_dictionary *customers, wbi_bad_rows *beside, const wb_read_options *options,
                           wb_error *err)
{
    wbi_paths paths = {0};
    wbi_bad_rows *bad = NULL;
    wbi_csv_reader *reader = NULL;
    wbi_dialect dialect = WBI_DIALECT_INIT;
    dialect.delimiter = options->delimiter;
    wbi_through *through = wbi_alloc_zeroed(1, sizeof *through);
    if (through == NULL)
        return wbi_fail_nomem(err, sizeof *through);
    through->def = def;
    through->column_number = column_number;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_dictionary_create(&through->keys, err));
    WBI_TRY_CLEANUP(wbi_paths_expand(&paths, def->through_file, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_create_beside(&bad, beside, err));
    WBI_TRY_CLEANUP(wbi_csv_open(&reader, &paths, &dialect, bad, err));
    WBI_TRY_CLEANUP(read_pairs(through, reader, customers, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(bad, err));
    *out = through;
    through = NULL;
cleanup:
    wbi_csv_close(reader);
    wbi_bad_rows_free(bad);
    wbi_paths_free(&paths);
    wbi_through_free(through);
    return status;
}

wb_status wbi_through_check(const wbi_through *through, const wbi_batch *batch, size_t row, wbi_bad_rows *bad,
                            wb_error *err)
{
    int32_t *code = &wbi_packed_codes(&batch->rows->columns[0])[row];
    if (*code < 0 || (size_t)*code < through->n_known)
        return WB_OK;
    wbi_str key = wbi_dictionary_at(through->keys, *code);
    wb_error unknown;
    char text[128];
    wbi_fail_at(&unknown, WB_ERR_INCONSISTENT,
                (wbi_where){batch->file, wbi_batch_line(batch, row), through->column_number}, key.data, key.length,
                "%s '%s' is not in %s", through->def->customer, wbi_printable(text, sizeof text, key.data, key.length),
                through->def->through_file);
    *code = WBI_ROW_LEFT_OUT;
    return wbi_bad_rows_add(bad, &unknown, wbi_batch_raw(batch, row), err);
}

void wbi_through_resolve(const wbi_through *through, wbi_packed_rows *rows)
{
    int32_t *codes = wbi_packed_codes(&rows->columns[0]);
    for (size_t i = 0; i < rows->n_rows; i++)
        if (codes[i] >= 0)
            codes[i] = through->customer[codes[i]];
}
