/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of times and durations: cutoffs and windows. */
#include "base/memory.h"
#include "project/records.h"
#include "project/schema.h"

enum { MAX_CUTOFFS = 100000 };

typedef wb_status (*read_one)(int64_t *value, const wbi_at *at, wb_error *err);
typedef wb_status (*write_one)(json_t **out, int64_t value, wb_error *err);

/* Sorted and unique. */
static wb_status read_list(int64_t **values, size_t *n_values, read_one read, const wbi_at *at, wb_error *err)
{
    WBI_TRY(wbi_at_want_list(at, err));
    size_t n = wbi_at_length(at);
    int64_t *list = wbi_alloc_array(n, sizeof *list);
    if (list == NULL)
        return wbi_fail_nomem(err, n * sizeof *list);
    wb_status status = WB_OK;
    for (size_t i = 0; i < n && status == WB_OK; i++) {
        wbi_at item = wbi_at_child(at, i);
        status = read(&list[i], &item, err);
    }
    if (status == WB_OK)
        status = wbi_set_sorted(values, n_values, list, n, err);
    wbi_free(list);
    return status;
}

static wb_status write_list(json_t **out, write_one write, const int64_t *values, size_t n, wb_error *err)
{
    json_t *list = json_array();
    wb_status status = list != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n && status == WB_OK; i++) {
        json_t *value = NULL;
        status = write(&value, values[i], err);
        if (status == WB_OK)
            status = wbi_write_add(list, NULL, value, err);
    }
    if (status == WB_OK)
        *out = list;
    else
        json_decref(list);
    return status;
}

typedef struct cutoff_range {
    int64_t every_us, from_us, to_us;
} cutoff_range;

const wbi_key wbi_cutoff_keys[] = {
    {"every", &wbi_kind_span, offsetof(cutoff_range, every_us), NULL, .meaning = "the step", .required = true},
    {"from", &wbi_kind_instant, offsetof(cutoff_range, from_us), NULL, .meaning = "the first cutoff", .required = true},
    {"to", &wbi_kind_instant, offsetof(cutoff_range, to_us), NULL, .meaning = "no cutoff is later", .required = true},
    {.name = NULL}};

static wb_status read_cutoff_range(wb_project *project, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    cutoff_range range;
    WBI_TRY(wbi_read_mapping(&range, at, key->children, err));
    if (range.to_us < range.from_us)
        return wbi_at_fail(at, err, "must not end ('to') before they begin ('from')");
    int64_t n = (range.to_us - range.from_us) / range.every_us + 1;
    if (n > MAX_CUTOFFS)
        return wbi_at_fail(at, err, "would be %lld; at most %d are allowed", (long long)n, MAX_CUTOFFS);
    int64_t *cutoffs_us = wbi_alloc_array((size_t)n, sizeof *cutoffs_us);
    if (cutoffs_us == NULL)
        return wbi_fail_nomem(err, (size_t)n * sizeof *cutoffs_us);
    for (int64_t i = 0; i < n; i++)
        cutoffs_us[i] = range.from_us + i * range.every_us;
    project->cutoffs_us = cutoffs_us;
    project->n_cutoffs = (size_t)n;
    return WB_OK;
}

static wb_status read_cutoffs(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_project *project = field;
    if (wbi_at_is_mapping(at))
        return read_cutoff_range(project, at, key, err);
    return read_list(&project->cutoffs_us, &project->n_cutoffs, wbi_read_instant, at, err);
}

static wb_status write_cutoffs(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wb_project *project = field;
    if (project->n_cutoffs == 0)
        return WB_OK;
    return write_list(out, wbi_write_instant, project->cutoffs_us, project->n_cutoffs, err);
}

static wb_status read_windows(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wb_project *project = field;
    return read_list(&project->windows_us, &project->n_windows, wbi_read_span, at, err);
}

static wb_status write_windows(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wb_project *project = field;
    return write_list(out, wbi_write_duration, project->windows_us, project->n_windows, err);
}

const wbi_kind wbi_kind_cutoffs = {"list of dates or instants, or mapping", "", read_cutoffs, write_cutoffs};
const wbi_kind wbi_kind_windows = {"list of durations > 0", "", read_windows, write_windows};
