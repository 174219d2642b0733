/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/print.h"

#include <string.h>

#include "csv/writer.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";

wb_status wbi_score_check(const wb_score_models *models, wb_error *err)
{
    if (models->n == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "there is no model to score with");
    if (models->names == NULL)
        return models->n == 1 ? WB_OK : wbi_fail(err, WB_ERR_ARGUMENT, "%zu models without names", models->n);
    for (size_t k = 0; k < models->n; k++) {
        const char *name = models->names[k];
        if (name[0] == '\0' || name[strspn(name, plain)] != '\0')
            return wbi_fail(err, WB_ERR_ARGUMENT, "'%.100s' cannot name a model's column: expected letters, digits, _, - and .",
                            name);
        for (size_t before = 0; before < k; before++)
            if (strcmp(models->names[before], models->names[k]) == 0)
                return wbi_fail(err, WB_ERR_ARGUMENT, "two models are named %s: both would make the column probability_%s",
                                models->names[k], models->names[k]);
    }
    return WB_OK;
}

wb_status wbi_score_header(wbi_buffer *buffer, const wbi_score_key *key, const wb_score_models *models, wb_error *err)
{
    WBI_TRY(wbi_buffer_append_text(buffer, key->cutoff != SIZE_MAX ? "customer_id,cutoff" : "customer_id", err));
    if (models->names == NULL)
        return wbi_buffer_append_text(buffer, ",probability\n", err);
    for (size_t k = 0; k < models->n; k++)
        WBI_TRY(wbi_buffer_printf(buffer, err, ",probability_%s", models->names[k]));
    return wbi_buffer_append(buffer, "\n", 1, err);
}

wb_status wbi_score_rows(wbi_buffer *buffer, const wb_table *table, const wbi_score_key *key, const wbi_scores *scores,
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
        for (size_t k = 0; k < scores->n_models; k++) {
            WBI_TRY(wbi_buffer_append(buffer, ",", 1, err));
            WBI_TRY(wbi_csv_number(buffer, scores->values[k * scores->stride + row], err));
        }
        WBI_TRY(wbi_buffer_append(buffer, "\n", 1, err));
    }
    return WB_OK;
}
