/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/row_table.h"

#include "base/error.h"
#include "base/memory.h"

/* What is borrowed is only read. */
static void borrow(wbi_column *column, const double *numbers, const int32_t *codes, size_t n_rows)
{
    column->numbers = (double *)(uintptr_t)numbers;
    column->codes = (int32_t *)(uintptr_t)codes;
    column->length = n_rows;
}

/* Levels that lie as texts get a dictionary and codes of the table's own. */
static wb_status add_texts(wb_table *table, const char *name, const wbi_str *texts, size_t n_rows, wb_error *err)
{
    WBI_TRY(wbi_table_add_column(table, name, WB_TYPE_CATEGORY, NULL, err));
    wbi_column *column = &table->columns[table->n_columns - 1];
    for (size_t row = 0; row < n_rows; row++) {
        int32_t code = -1;
        if (texts[row].length > 0)
            WBI_TRY(wbi_dictionary_intern(column->dictionary, texts[row].data, texts[row].length, &code, err));
        WBI_TRY(wbi_column_push_code(column, code, err));
    }
    return WB_OK;
}

static wb_status add_feature(wb_table *table, const wbi_plan_feature *feature, const wbi_score_source *source, size_t n_rows,
                             wb_error *err)
{
    if (source->texts != NULL)
        return add_texts(table, feature->name, source->texts, n_rows, err);
    /* A table takes a dictionary to change, but does not change one of its own accord. */
    WBI_TRY(wbi_table_add_column(table, feature->name, feature->type, (wbi_dictionary *)(uintptr_t)source->levels, err));
    wbi_column *column = &table->columns[table->n_columns - 1];
    wbi_free(column->numbers);
    wbi_free(column->codes);
    borrow(column, source->numbers, source->codes, n_rows);
    return WB_OK;
}

wb_status wbi_row_table_create(wb_table **out, const wbi_score_plan *plan, const wbi_plan_model *model,
                               const wbi_score_rows *rows, wb_error *err)
{
    wb_table *table;
    wb_status status = wbi_table_create(&table, err);
    if (status != WB_OK)
        return status;
    for (size_t f = 0; f < model->n_features && status == WB_OK; f++)
        status = add_feature(table, &plan->features[model->features[f]], &rows->features[model->features[f]], rows->n_rows, err);
    if (status != WB_OK) {
        wbi_row_table_free(table);
        return status;
    }
    table->n_rows = rows->n_rows;
    *out = table;
    return WB_OK;
}

void wbi_row_table_free(wb_table *table)
{
    for (size_t k = 0; table != NULL && k < table->n_columns; k++)
        if (table->columns[k].type == WB_TYPE_NUMBER || table->columns[k].dictionary_borrowed)
            borrow(&table->columns[k], NULL, NULL, 0);
    wb_table_free(table);
}
