/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/kpi.h>

#include <string.h>

#include "csv/writer.h"
#include "io/output.h"

enum { CEILING_BYTES = 1 << 30 };

static wb_status put_text(wbi_buffer *text, const char *cell, const char *behind, wb_error *err)
{
    WBI_TRY(wbi_csv_text(text, cell == NULL ? "" : cell, cell == NULL ? 0 : strlen(cell), err));
    return wbi_buffer_append_text(text, behind, err);
}

static wb_status put_figure(wbi_buffer *text, const wb_kpis *kpis, size_t cell, size_t k, wb_error *err)
{
    const wb_kpi_period *period = &kpis->periods[cell / kpis->n_groups];
    const wb_kpi_figure *f = &kpis->figures[cell * wb_kpi_n() + k];
    const double numbers[] = {f->value, f->over, f->under, f->low, f->high};
    WBI_TRY(wbi_csv_time(text, period->from_us, err));
    WBI_TRY(wbi_buffer_append_text(text, ",", err));
    WBI_TRY(wbi_csv_time(text, period->to_us, err));
    WBI_TRY(wbi_buffer_append_text(text, ",", err));
    WBI_TRY(put_text(text, cell % kpis->n_groups == 0 ? NULL : kpis->by, ",", err));
    WBI_TRY(put_text(text, kpis->groups[cell % kpis->n_groups], ",", err));
    WBI_TRY(put_text(text, wb_kpi_at(k).key, "", err));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        WBI_TRY(wbi_buffer_append_text(text, ",", err));
        WBI_TRY(wbi_csv_number(text, numbers[i], err));
    }
    return wbi_buffer_append_text(text, "\n", err);
}

static wb_status put_all(wbi_buffer *text, const wb_kpis *kpis, wb_error *err)
{
    WBI_TRY(wbi_buffer_append_text(text, "from,to,by,group,kpi,value,over,under,low,high\n", err));
    for (size_t cell = 0; cell < kpis->n_periods * kpis->n_groups; cell++)
        for (size_t k = 0; k < wb_kpi_n(); k++)
            if (kpis->why[k] == NULL)
                WBI_TRY(put_figure(text, kpis, cell, k, err));
    return WB_OK;
}

wb_status wb_kpi_write(const wb_kpis *kpis, const char *path, wb_error *err)
{
    wbi_buffer text = wbi_buffer_make(CEILING_BYTES);
    wbi_output *output = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(put_all(&text, kpis, err));
    WBI_TRY_CLEANUP(wbi_output_open(&output, path, err));
    status = wbi_output_write(output, text.data, text.length, err);
    if (status == WB_OK)
        status = wbi_output_commit(output, err);
    else
        wbi_output_abort(output);
cleanup:
    wbi_buffer_free(&text);
    return status;
}
