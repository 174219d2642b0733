/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/owners.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_RUNS = 1024, RUN_BYTES = sizeof(int32_t) + sizeof(uint32_t), ROW_BYTES = sizeof(int32_t) };

size_t wbi_owners_bytes(const wbi_owners *owners)
{
    return owners->n_runs * (owners->by_row ? ROW_BYTES : RUN_BYTES);
}

void wbi_owners_free(wbi_owners *owners)
{
    wbi_free(owners->codes);
    wbi_free(owners->ends);
    *owners = (wbi_owners){0};
}

static wb_status reserve(wbi_owners *owners, size_t n, wb_error *err)
{
    if (n <= owners->capacity)
        return WB_OK;
    const size_t doubled = owners->capacity == 0 ? FIRST_RUNS : owners->capacity * 2, capacity = n > doubled ? n : doubled;
    int32_t *codes = wbi_realloc_array(owners->codes, capacity, sizeof *codes);
    if (codes == NULL)
        return wbi_fail_nomem(err, capacity * sizeof *codes);
    owners->codes = codes;
    if (!owners->by_row) {
        uint32_t *ends = wbi_realloc_array(owners->ends, capacity, sizeof *ends);
        if (ends == NULL)
            return wbi_fail_nomem(err, capacity * sizeof *ends);
        owners->ends = ends;
    }
    owners->capacity = capacity;
    return WB_OK;
}

/* Each row ends the run so far, and a row that differs from the next one begins another behind it. */
static void append_runs(wbi_owners *owners, const int32_t *codes, size_t n)
{
    int32_t *const code = owners->codes;
    uint32_t *const end = owners->ends;
    size_t run = owners->n_runs;
    run -= run > 0 && code[run - 1] == codes[0];
    for (size_t i = 0; i < n; i++) {
        code[run] = codes[i];
        end[run] = (uint32_t)(owners->n_rows + i + 1);
        run += i + 1 == n || codes[i + 1] != codes[i];
    }
    owners->n_runs = run;
}

wb_status wbi_owners_append(wbi_owners *owners, const int32_t *codes, size_t n, wb_error *err)
{
    if (n == 0)
        return WB_OK;
    WBI_TRY(reserve(owners, owners->n_runs + n, err));
    if (owners->by_row) {
        memcpy(owners->codes + owners->n_runs, codes, n * sizeof *codes);
        owners->n_runs += n;
    } else {
        append_runs(owners, codes, n);
    }
    owners->n_rows += n;
    const bool too_short = owners->n_runs * RUN_BYTES > owners->n_rows * ROW_BYTES;
    return too_short ? wbi_owners_spread(owners, err) : WB_OK;
}

wb_status wbi_owners_spread(wbi_owners *owners, wb_error *err)
{
    if (owners->by_row)
        return WB_OK;
    int32_t *codes = wbi_alloc_array(owners->n_rows, sizeof *codes);
    if (codes == NULL)
        return wbi_fail_nomem(err, owners->n_rows * sizeof *codes);
    for (size_t run = 0, row = 0; run < owners->n_runs; run++)
        for (; row < owners->ends[run]; row++)
            codes[row] = owners->codes[run];
    wbi_free(owners->codes);
    wbi_free(owners->ends);
    owners->codes = codes;
    owners->ends = NULL;
    owners->by_row = true;
    owners->n_runs = owners->capacity = owners->n_rows;
    return WB_OK;
}
