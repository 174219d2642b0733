/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line a customer. */
#include <string.h>

#include "csv/writer.h"
#include "io/output.h"
#include "segment/segment.h"

enum { FLUSH_BYTES = 1 << 16 };
static const char header[] = "customer_id,cutoff,recency_days,frequency,monetary,r,f,m,segment\n";

static wb_status append_text(wbi_buffer *to, const char *text, wb_error *err)
{
    WBI_TRY(wbi_csv_text(to, text, strlen(text), err));
    return wbi_buffer_append(to, ",", 1, err);
}

static wb_status append_number(wbi_buffer *to, double value, wb_error *err)
{
    WBI_TRY(wbi_csv_number(to, value, err));
    return wbi_buffer_append(to, ",", 1, err);
}

static wb_status append_customer(wbi_buffer *to, const wb_segments *s, size_t index, const char *cutoff, wb_error *err)
{
    const wb_segment_customer c = wb_segments_customer(s, index);
    const char *name = s->segments[c.segment].name;
    WBI_TRY(append_text(to, c.customer_id, err));
    WBI_TRY(append_text(to, cutoff, err));
    WBI_TRY(append_number(to, c.recency_days, err));
    WBI_TRY(append_number(to, c.frequency, err));
    WBI_TRY(append_number(to, c.monetary, err));
    WBI_TRY(wbi_buffer_printf(to, err, "%d,%d,%d,", c.r, c.f, c.m));
    WBI_TRY(wbi_csv_text(to, name, strlen(name), err));
    return wbi_buffer_append(to, "\n", 1, err);
}

static wb_status write_customers(wbi_output *output, wbi_buffer *lines, const wb_segments *s, wb_error *err)
{
    char cutoff[WB_TIME_CHARS];
    wb_time_format(s->cutoff_us, cutoff);
    WBI_TRY(wbi_buffer_append_text(lines, header, err));
    for (size_t i = 0; i < s->n && !wbi_output_closed(output); i++) {
        WBI_TRY(append_customer(lines, s, i, cutoff, err));
        if (lines->length < FLUSH_BYTES)
            continue;
        WBI_TRY(wbi_output_write(output, lines->data, lines->length, err));
        lines->length = 0;
    }
    return wbi_output_write(output, lines->data, lines->length, err);
}

wb_status wb_segments_write(const wb_segments *segments, const char *path, wb_error *err)
{
    wbi_output *output;
    wbi_buffer lines = wbi_buffer_make((size_t)1 << 30);
    WBI_TRY(wbi_output_open(&output, path, err));
    wb_status status = write_customers(output, &lines, segments, err);
    wbi_buffer_free(&lines);
    if (status == WB_OK)
        return wbi_output_commit(output, err);
    wbi_output_abort(output);
    return status;
}
