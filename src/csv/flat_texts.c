/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the texts of open columns are as numbers, read where batches are typed, many at once. */
#include "base/memory.h"
#include "csv/convert.h"
#include "csv/flat_batches.h"

static wb_status create(wbi_flat_texts *texts, const wbi_flat *flat, wb_error *err)
{
    const wbi_packing packing = flat->decimals ? WBI_PACKED_DECIMALS : WBI_PACKED_DOUBLES;
    texts->n_cells = wbi_alloc_array(flat->n_columns, sizeof *texts->n_cells);
    if (texts->n_cells == NULL)
        return wbi_fail_nomem(err, flat->n_columns * sizeof *texts->n_cells);
    for (size_t k = 0; k < flat->n_columns; k++)
        WBI_TRY(wbi_packed_add_column(&texts->numbers, packing, NULL, err));
    return WB_OK;
}

void wbi_flat_texts_free(wbi_flat_texts *texts)
{
    wbi_packed_free(&texts->numbers);
    wbi_free(texts->n_cells);
}

/* One cell; false when it is no number. */
static wb_status read_cell(bool *is_number, wbi_packed_rows *numbers, size_t k, size_t row, wbi_str cell, char decimal,
                           wb_error *err)
{
    static const wbi_typed_column number = {.type = WB_TYPE_NUMBER};
    const wbi_typing typing = {&number, NULL, decimal, false};
    wbi_packed *column = &numbers->columns[k];
    wbi_parsed value;
    if (column->packing == WBI_PACKED_DECIMALS &&
        wbi_convert_decimal((int32_t *)column->values + row, cell.data, cell.length, decimal)) {
        *is_number = true;
        return WB_OK;
    }
    *is_number = wbi_typing_parse(&value, cell, 0, &typing);
    return *is_number ? wbi_packed_set_number(numbers, k, row, value.number, row, err) : WB_OK;
}

static wb_status read_column(wbi_flat_texts *texts, size_t k, const wbi_packed *column, size_t n, char decimal, wb_error *err)
{
    texts->n_cells[k] = 0;
    for (size_t row = 0; row < n; row++) {
        const int32_t code = wbi_packed_code(column, row);
        bool is_number;
        if (code < 0) {
            wbi_packed_set_missing(&texts->numbers.columns[k], row);
            continue;
        }
        WBI_TRY(read_cell(&is_number, &texts->numbers, k, row, wbi_dictionary_at(column->dictionary, code), decimal, err));
        if (!is_number) {
            texts->n_cells[k] = WBI_FLAT_NO_NUMBERS;
            return WB_OK;
        }
        texts->n_cells[k]++;
    }
    return WB_OK;
}

wb_status wbi_flat_read_texts(void *context, const wbi_batch *batch, wb_error *err)
{
    const wbi_flat *flat = context;
    wbi_flat_texts *texts = &flat->texts[batch->slot];
    if (texts->n_cells == NULL)
        WBI_TRY(create(texts, flat, err));
    for (size_t k = 0; k < flat->n_columns; k++) {
        texts->n_cells[k] = WBI_FLAT_NO_NUMBERS;
        if (!flat->undeclared[k] || batch->columns[k].type != WB_TYPE_TEXT)
            continue;
        WBI_TRY(wbi_packed_reserve(&texts->numbers, batch->rows->n_rows, err));
        WBI_TRY(read_column(texts, k, &batch->rows->columns[k], batch->rows->n_rows, flat->dialect.decimal, err));
    }
    return WB_OK;
}
