/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/feature_column.h"

#include "base/memory.h"
#include "design/basis.h"

wb_status wbi_feature_column_open(wbi_feature_column *out, const wb_scorer *scorer, size_t feature, const wb_table *table,
                                  wb_error *err)
{
    wb_type type;
    const char *name = wb_scorer_feature(scorer, feature, &type);
    *out = (wbi_feature_column){.numbers = NULL};
    WBI_TRY(wbi_feature_find(&out->column, table, name, type, err));
    out->numbers = wb_table_numbers(table, out->column);
    out->codes = wb_table_codes(table, out->column);
    if (type != WB_TYPE_CATEGORY)
        return WB_OK;
    const size_t n = wb_table_n_levels(table, out->column);
    out->level_of_code = wbi_alloc_array(n, sizeof *out->level_of_code);
    if (out->level_of_code == NULL)
        return wbi_fail_nomem(err, n * sizeof *out->level_of_code);
    for (size_t code = 0; code < n; code++) {
        size_t length;
        const char *level = wb_table_level(table, out->column, (int32_t)code, &length);
        out->level_of_code[code] = wbi_scorer_level(scorer, feature, level, length);
    }
    return WB_OK;
}

void wbi_feature_column_close(wbi_feature_column *column)
{
    wbi_free(column->level_of_code);
}

wbi_score_column wbi_feature_column_rows(const wbi_feature_column *column, size_t begin, size_t n, int32_t *room)
{
    if (column->level_of_code == NULL)
        return (wbi_score_column){column->numbers + begin, NULL};
    for (size_t i = 0; i < n; i++) {
        const int32_t code = column->codes[begin + i];
        room[i] = code < 0 ? -1 : column->level_of_code[code];
    }
    return (wbi_score_column){NULL, room};
}

wb_status wbi_term_columns_open(wbi_term_columns *out, const wb_scorer *scorer, size_t term, const wb_table *table, wb_error *err)
{
    const size_t *reads, n = wbi_scorer_reads(scorer, term, &reads);
    out->scorer = scorer;
    out->term = term;
    for (out->n = 0; out->n < n; out->n++)
        WBI_TRY(wbi_feature_column_open(&out->columns[out->n], scorer, reads[out->n], table, err));
    return WB_OK;
}

void wbi_term_columns_close(wbi_term_columns *columns)
{
    for (size_t k = 0; k < columns->n; k++)
        wbi_feature_column_close(&columns->columns[k]);
}

wbi_score_column wbi_term_columns_rows(wbi_term_columns *columns, size_t begin, size_t n)
{
    wbi_score_column reads[WBI_SCORER_READS];
    for (size_t k = 0; k < columns->n; k++)
        reads[k] = wbi_feature_column_rows(&columns->columns[k], begin, n, columns->levels);
    return wbi_scorer_values(columns->scorer, columns->term, reads, 0, n, columns->made);
}

wb_status wbi_find_key(size_t *id, size_t *cutoff, const wb_table *table, wb_error *err)
{
    *id = wb_table_find(table, "customer_id");
    *cutoff = wb_table_find(table, "cutoff");
    for (size_t k = 0; *id == SIZE_MAX && k < wb_table_n_columns(table); k++)
        if (wb_table_type(table, k) == WB_TYPE_TEXT)
            *id = k;
    if (*id == SIZE_MAX || wb_table_type(table, *id) != WB_TYPE_TEXT)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the features have no customer_id");
    if (*cutoff != SIZE_MAX && wb_table_type(table, *cutoff) != WB_TYPE_TIME)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the column cutoff does not hold times");
    return WB_OK;
}
