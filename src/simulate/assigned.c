/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/assigned.h"

#include "base/memory.h"
#include "base/number.h"
#include "csv/reader.h"

enum { ROWS_A_BLOCK = 16384, ID_CHARS = 10 };

/* C and nine digits; 0: another. */
static uint64_t number_of(wbi_str id)
{
    int64_t number;
    if (id.length != ID_CHARS || id.data[0] != 'C' || id.data[1] < '0' || id.data[1] > '9' ||
        !wbi_int_read(&number, id.data + 1, id.length - 1))
        return 0;
    return (uint64_t)number;
}

static wb_status assign(wbi_shop_assigned *assigned, wbi_str id, wbi_shop_arm arm, wbi_where where, wb_error *err)
{
    uint64_t number = number_of(id);
    char text[64];
    if (number < 1 || number > assigned->n_customers)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, id.data, id.length,
                           "customer '%s' is not of this shop (wanted C000000001 to C%09llu)",
                           wbi_printable(text, sizeof text, id.data, id.length), (unsigned long long)assigned->n_customers);
    wbi_shop_arm before = assigned->arms[number];
    if (before != WBI_SHOP_ARM_NONE)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, id.data, id.length, "customer '%s' is %s already",
                           wbi_printable(text, sizeof text, id.data, id.length),
                           before == WBI_SHOP_ARM_LIST ? "in the list" : "in the control file");
    assigned->arms[number] = (uint8_t)arm;
    *(arm == WBI_SHOP_ARM_LIST ? &assigned->n_list : &assigned->n_control) += 1;
    return WB_OK;
}

static wb_status read_rows(wbi_shop_assigned *assigned, wbi_csv_reader *reader, wbi_shop_arm arm, wb_error *err)
{
    size_t place = wbi_csv_find(reader, "customer_id");
    if (place == SIZE_MAX)
        return wbi_csv_no_column(reader, "customer_id", err);
    WBI_TRY(wbi_csv_want(reader, &place, 1, err));
    for (;;) {
        const wbi_cells *cells;
        WBI_TRY(wbi_csv_next(reader, ROWS_A_BLOCK, &cells, err));
        if (cells->n_rows == 0)
            return WB_OK;
        for (size_t i = 0; i < cells->n_rows; i++)
            WBI_TRY(assign(assigned, cells->cells[i], arm, (wbi_where){cells->file, cells->lines[i], place + 1}, err));
    }
}

static wb_status read_file(wbi_shop_assigned *assigned, const char *path, wbi_shop_arm arm, wb_error *err)
{
    wbi_paths paths = {0};
    wbi_bad_rows *bad = NULL;
    wbi_csv_reader *reader = NULL;
    const wbi_dialect dialect = WBI_DIALECT_INIT;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_paths_expand(&paths, path, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_create_strict(&bad, err));
    WBI_TRY_CLEANUP(wbi_csv_open(&reader, &paths, &dialect, bad, err));
    WBI_TRY_CLEANUP(read_rows(assigned, reader, arm, err));
cleanup:
    wbi_csv_close(reader);
    wbi_bad_rows_free(bad);
    wbi_paths_free(&paths);
    return status;
}

wb_status wbi_shop_assigned_read(wbi_shop_assigned *out, const char *list, const char *control, uint64_t n_customers,
                                 wb_error *err)
{
    *out = (wbi_shop_assigned){.n_customers = n_customers, .arms = wbi_alloc_zeroed(n_customers + 1, 1)};
    if (out->arms == NULL)
        return wbi_fail_nomem(err, n_customers + 1);
    WBI_TRY(read_file(out, list, WBI_SHOP_ARM_LIST, err));
    return control == NULL ? WB_OK : read_file(out, control, WBI_SHOP_ARM_CONTROL, err);
}

void wbi_shop_assigned_free(wbi_shop_assigned *assigned)
{
    wbi_free(assigned->arms);
    *assigned = (wbi_shop_assigned){0};
}
