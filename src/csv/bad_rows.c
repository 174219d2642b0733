/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/bad_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "io/output.h"

enum { N_SHOWN = 5 };

struct wbi_bad_rows {
    wb_on_error policy;
    bool strict;            /* no option changes the policy */
    const char *rejects;
    const wb_log *log;
    uint64_t n;
    char *header;           /* terminated; NULL: none */
    bool header_written;
    wbi_bad_rows *first;    /* in whose output the rows are kept; often this one itself */
    wbi_output *output;     /* opened at the first bad row */
    char file[sizeof((wb_error *)NULL)->file]; /* of the first bad row */
    bool several_files;
};

wb_status wbi_bad_rows_create(wbi_bad_rows **out, wb_on_error policy, const char *rejects, const wb_log *log,
                              wb_error *err)
{
    *out = NULL;
    if (policy == WB_ON_ERROR_REJECT && rejects == NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no file is named to keep bad rows in");
    wbi_bad_rows *bad = wbi_alloc_zeroed(1, sizeof *bad);
    if (bad == NULL)
        return wbi_fail_nomem(err, sizeof *bad);
    bad->policy = policy;
    bad->rejects = rejects;
    bad->log = log;
    bad->first = bad;
    *out = bad;
    return WB_OK;
}

wb_status wbi_bad_rows_create_strict(wbi_bad_rows **out, wb_error *err)
{
    WBI_TRY(wbi_bad_rows_create(out, WB_ON_ERROR_FAIL, NULL, NULL, err));
    (*out)->strict = true;
    return WB_OK;
}

wb_status wbi_bad_rows_create_beside(wbi_bad_rows **out, wbi_bad_rows *first, wb_error *err)
{
    WBI_TRY(wbi_bad_rows_create(out, first->policy, first->rejects, first->log, err));
    (*out)->first = first->first;
    (*out)->strict = first->strict;
    return WB_OK;
}

void wbi_bad_rows_free(wbi_bad_rows *bad)
{
    if (bad == NULL)
        return;
    wbi_output_abort(bad->output);
    wbi_free(bad->header);
    wbi_free(bad);
}

bool wbi_bad_rows_keeps(const wbi_bad_rows *bad)
{
    return bad->policy == WB_ON_ERROR_REJECT;
}

wb_status wbi_bad_rows_header(wbi_bad_rows *bad, wbi_str raw, wb_error *err)
{
    if (bad->header != NULL || !wbi_bad_rows_keeps(bad))
        return WB_OK;
    bad->header = wbi_strndup(raw.data, raw.length);
    return bad->header == NULL ? wbi_fail_nomem(err, raw.length) : WB_OK;
}

static wb_status write_line(wbi_output *output, const char *bytes, size_t n, wb_error *err)
{
    WBI_TRY(wbi_output_write(output, bytes, n, err));
    return wbi_output_write(output, "\n", 1, err);
}

static wb_status keep(wbi_bad_rows *bad, wbi_str raw, wb_error *err)
{
    wbi_output **output = &bad->first->output;
    if (*output == NULL)
        WBI_TRY(wbi_output_open(output, bad->rejects, err));
    if (bad->header != NULL && !bad->header_written)
        WBI_TRY(write_line(*output, bad->header, strlen(bad->header), err));
    bad->header_written = true;
    return write_line(*output, raw.data, raw.length, err);
}

static void note_file(wbi_bad_rows *bad, const char *file)
{
    if (bad->n == 1)
        memcpy(bad->file, file, strlen(file) + 1);
    else if (strcmp(bad->file, file) != 0)
        bad->several_files = true;
}

wb_status wbi_bad_rows_add(wbi_bad_rows *bad, const wb_error *row_error, wbi_str raw, wb_error *err)
{
    char text[1024];
    bad->n++;
    if (bad->policy == WB_ON_ERROR_FAIL) {
        if (err != NULL)
            *err = *row_error;
        if (bad->strict)
            return row_error->code;
        wbi_advise(err, "%s%s1 bad row so far; --on-error skip leaves such rows out, "
                        "--on-error reject --rejects FILE keeps them aside",
                   row_error->advice, row_error->advice[0] != '\0' ? "\n" : "");
        return row_error->code;
    }
    note_file(bad, row_error->file);
    if (bad->n <= N_SHOWN)
        wbi_log(bad->log, WB_LOG_WARNING, "%s", wb_error_text(row_error, text, sizeof text));
    return bad->policy == WB_ON_ERROR_REJECT ? keep(bad, raw, err) : WB_OK;
}

uint64_t wbi_bad_rows_count(const wbi_bad_rows *bad)
{
    return bad->n;
}

wb_status wbi_bad_rows_finish(wbi_bad_rows *bad, wb_error *err)
{
    if (bad->output != NULL) {
        wbi_output *output = bad->output;
        bad->output = NULL;
        WBI_TRY(wbi_output_commit(output, err));
    }
    if (bad->n == 0)
        return WB_OK;
    wbi_log(bad->log, WB_LOG_WARNING, "%s%s: %" PRIu64 " bad row%s left out%s%s", bad->file,
            bad->several_files ? " and others" : "", bad->n, bad->n == 1 ? "" : "s",
            wbi_bad_rows_keeps(bad) ? ", kept in " : "", wbi_bad_rows_keeps(bad) ? bad->rejects : "");
    return WB_OK;
}
