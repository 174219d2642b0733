/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/print.h"

#include "csv/writer.h"

wb_status wbi_score_header(wbi_buffer *buffer, const wbi_score_key *key, wb_error *err)
{
    bool dated = key->cutoff != SIZE_MAX;
    return wbi_buffer_append_text(buffer, dated ? "customer_id,cutoff,probability\n" : "customer_id,probability\n",
                                  err);
}

wb_status wbi_score_rows(wbi_buffer *buffer, const wb_table *table, const wbi_score_key *key, const double *probability,
                         size_t begin, size_t end, wb_error *err)
{
    for (size_t row = begin; row < end; row++) {
        size_t length;
        const char *id = wb_table_text(table, key->id, row, &length);
        WBI_TRY(wbi_csv_text(buffer, id, length, err));
        if (key->cutoff != SIZE_MAX) {
            WBI_TRY(wbi_buffer_append(buffer, ",", 1, err));
            WBI_TRY(wbi_csv_time(buffer, wb_table_times(table, key->cutoff)[row], err));
        }
        WBI_TRY(wbi_buffer_append(buffer, ",", 1, err));
        WBI_TRY(wbi_csv_number(buffer, probability[row], err));
        WBI_TRY(wbi_buffer_append(buffer, "\n", 1, err));
    }
    return WB_OK;
}
