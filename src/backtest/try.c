/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/try.h"

#include <math.h>
#include <winback/score.h>

#include "base/memory.h"

wb_status wbi_backtest_rows_find(wbi_backtest_rows *out, const wb_table *table, const char *label_column, int64_t cutoff_us,
                                 const uint8_t *leave_out, wb_error *err)
{
    const size_t n = wb_table_n_rows(table);
    const int64_t *cutoff_of = wb_table_times(table, wb_table_find(table, "cutoff"));
    const double *label = wb_table_numbers(table, wb_table_find(table, label_column));
    *out = (wbi_backtest_rows){.rows = wbi_alloc_array(n, sizeof *out->rows),
                               .outcome = wbi_alloc_array(n, sizeof *out->outcome),
                               .scores = wbi_alloc_array(n, sizeof *out->scores),
                               .probability = wbi_alloc_array(n, sizeof *out->probability)};
    if (out->rows == NULL || out->outcome == NULL || out->scores == NULL || out->probability == NULL) {
        wbi_backtest_rows_clear(out);
        return wbi_fail_nomem(err, n * sizeof *out->scores);
    }
    for (size_t i = 0; i < n; i++) {
        if (cutoff_of[i] != cutoff_us || isnan(label[i]) || (leave_out != NULL && leave_out[i]))
            continue;
        out->rows[out->n] = i;
        out->outcome[out->n++] = label[i] > 0;
    }
    return WB_OK;
}

void wbi_backtest_rows_clear(wbi_backtest_rows *rows)
{
    wbi_free(rows->rows);
    wbi_free(rows->outcome);
    wbi_free(rows->scores);
    wbi_free(rows->probability);
    *rows = (wbi_backtest_rows){.rows = NULL};
}

wb_status wbi_backtest_try(wb_metrics *out, wb_backtest_trial *trial, const wbi_backtest_rows *rows, const wb_model *model,
                           const wb_table *table, const wb_backtest_options *options, wb_error *err)
{
    const wb_outcomes tried = {rows->probability, rows->outcome, NULL, NULL, rows->n};
    wb_metrics_options how = options->metrics;
    how.n_threads = options->n_threads;
    WBI_TRY(wb_score_table(model, table, rows->scores, NULL, options->n_threads, err));
    for (size_t i = 0; i < rows->n; i++)
        rows->probability[i] = rows->scores[rows->rows[i]];
    if (trial == NULL)
        return wb_metrics_compute(out, &tried, &how, err);
    wb_interval_options delong = WB_INTERVAL_OPTIONS_INIT;
    wb_metrics_interval interval;
    delong.n_resamples = 0;
    WBI_TRY(wb_metrics_interval_of(&interval, out, &tried, &how, &delong, err));
    trial->auc_se = interval.auc_se;
    trial->auc_95 = (wb_interval){interval.low.auc, interval.high.auc};
    return WB_OK;
}
