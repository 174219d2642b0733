/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "clv/clv.h"
#include "csv/writer.h"

enum { N_NUMBERS = 9 };

static const char *const names[N_NUMBERS] = {"x", "t_x", "T", "mean_spend", "expected_purchases", "purchase_rate",
                                             "expected_spend", "p_alive", "value"};

static wb_status add_columns(wb_table *table, size_t n_rows, wb_error *err)
{
    WBI_TRY(wbi_table_add_column(table, "customer_id", WB_TYPE_TEXT, NULL, err));
    for (size_t k = 0; k < N_NUMBERS; k++)
        WBI_TRY(wbi_table_add_column(table, names[k], WB_TYPE_NUMBER, NULL, err));
    return wbi_table_reserve(table, n_rows, err);
}

static wb_status add_row(wb_table *table, const wb_clv_customer *c, wb_error *err)
{
    const double numbers[N_NUMBERS] = {(double)c->x, c->t_x, c->t, c->mean_spend, c->expected_purchases, c->purchase_rate,
                                       c->expected_spend, c->p_alive, c->value};
    WBI_TRY(wbi_column_push_text(&table->columns[0], c->customer_id, strlen(c->customer_id), err));
    for (size_t k = 0; k < N_NUMBERS; k++)
        WBI_TRY(wbi_column_push_number(&table->columns[1 + k], numbers[k], err));
    table->n_rows++;
    return WB_OK;
}

wb_status wb_clv_write(const wb_clv *clv, const char *path, int n_threads, wb_error *err)
{
    wb_table *table;
    WBI_TRY(wbi_table_create(&table, err));
    wb_status status = add_columns(table, clv->n, err);
    for (size_t i = 0; i < clv->n && status == WB_OK; i++)
        status = add_row(table, &clv->customers[i], err);
    if (status == WB_OK)
        status = wbi_csv_write_table(table, path, n_threads, NULL, err);
    wb_table_free(table);
    return status;
}
