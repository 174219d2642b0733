/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A heap whose first entry is the one to go next. */
#include "score/top.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"

typedef struct entry {
    wbi_rank rank;
    uint64_t order; /* in which it came */
    char *line;
    size_t length;
} entry;

struct wbi_top {
    entry *entries;
    size_t n, capacity, n_kept; /* n_kept: at most */
    uint64_t n_offered;
};

wb_status wbi_top_create(wbi_top **out, size_t n, wb_error *err)
{
    wbi_top *top = wbi_alloc_zeroed(1, sizeof *top);
    if (top == NULL)
        return wbi_fail_nomem(err, sizeof *top);
    top->n_kept = n;
    *out = top;
    return WB_OK;
}

void wbi_top_free(wbi_top *top)
{
    if (top == NULL)
        return;
    for (size_t i = 0; i < top->n; i++)
        wbi_free(top->entries[i].line);
    wbi_free(top->entries);
    wbi_free(top);
}

/* Whether a is to stand behind b in the end. */
static bool is_behind(const entry *a, const entry *b)
{
    if (a->rank.probability != b->rank.probability)
        return a->rank.probability < b->rank.probability;
    if (a->rank.log_odds != b->rank.log_odds)
        return a->rank.log_odds < b->rank.log_odds;
    return a->order > b->order;
}

static void swap(entry *a, entry *b)
{
    const entry other = *a;
    *a = *b;
    *b = other;
}

static void sift_up(entry *entries, size_t at)
{
    while (at > 0 && is_behind(&entries[at], &entries[(at - 1) / 2])) {
        swap(&entries[at], &entries[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(entry *entries, size_t n, size_t at)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && is_behind(&entries[child + 1], &entries[child]))
            child++;
        if (!is_behind(&entries[child], &entries[at]))
            return;
        swap(&entries[child], &entries[at]);
        at = child;
    }
}

wb_status wbi_top_offer(wbi_top *top, wbi_rank rank, wbi_str line, wb_error *err)
{
    const bool full = top->n == top->n_kept;
    entry e = {rank, top->n_offered++, NULL, line.length};
    if (full && !is_behind(&top->entries[0], &e))
        return WB_OK;
    if (!full)
        WBI_TRY(wbi_array_grow(&top->entries, &top->capacity, top->n, sizeof *top->entries, err));
    e.line = wbi_strndup(line.data, line.length);
    if (e.line == NULL)
        return wbi_fail_nomem(err, line.length);
    if (full) {
        wbi_free(top->entries[0].line);
        top->entries[0] = e;
        sift_down(top->entries, top->n, 0);
    } else {
        top->entries[top->n] = e;
        sift_up(top->entries, top->n++);
    }
    return WB_OK;
}

static int first_to_last(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return is_behind(a, b) - is_behind(b, a);
}

wb_status wbi_top_write(wbi_top *top, wbi_output *output, wb_error *err)
{
    if (top->n > 0)
        qsort(top->entries, top->n, sizeof *top->entries, first_to_last);
    for (size_t i = 0; i < top->n; i++)
        WBI_TRY(wbi_output_write(output, top->entries[i].line, top->entries[i].length, err));
    return WB_OK;
}
