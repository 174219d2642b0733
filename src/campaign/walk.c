/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/walk.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct ranked_row {
    int64_t value_cents;
    uint32_t place; /* among the ids */
} ranked_row;

static int by_value(const void *left, const void *right)
{
    const ranked_row *a = left, *b = right;
    if (a->value_cents != b->value_cents)
        return a->value_cents < b->value_cents ? 1 : -1;
    return (a->place > b->place) - (a->place < b->place);
}

wb_status wbi_rank(uint32_t *ranked, size_t *n, const wbi_walk *walk, wb_error *err)
{
    ranked_row *rows = wbi_alloc_array(walk->n, sizeof *rows);
    *n = 0;
    if (rows == NULL)
        return wbi_fail_nomem(err, walk->n * sizeof *rows);
    for (size_t place = 0; place < walk->n; place++) {
        const uint32_t row = walk->by_id[place];
        if (walk->removed[row] == 0)
            rows[(*n)++] = (ranked_row){walk->worth[row].value_cents, (uint32_t)place};
    }
    qsort(rows, *n, sizeof *rows, by_value);
    for (size_t i = 0; i < *n; i++)
        ranked[i] = walk->by_id[rows[i].place];
    wbi_free(rows);
    return WB_OK;
}

/* `used`: what the caps have let through so far, one count a group, cap after cap. */
static bool is_capped(const wbi_walk *walk, const uint64_t *used, uint32_t row)
{
    for (size_t c = 0; c < walk->n_caps; used += walk->caps[c++].n_groups)
        if (used[walk->caps[c].group[row]] >= walk->caps[c].most[walk->caps[c].group[row]])
            return true;
    return false;
}

static void count_capped(const wbi_walk *walk, uint64_t *used, uint32_t row)
{
    for (size_t c = 0; c < walk->n_caps; used += walk->caps[c++].n_groups)
        used[walk->caps[c].group[row]]++;
}

/* All that are ranked are walked, so that `sequence` goes on behind the list. */
static void choose(wbi_walked *out, const wbi_walk *walk, uint64_t *used)
{
    int64_t left_micros = walk->budget_micros;
    bool is_open = true;
    for (size_t i = 0; i < out->n_eligible; i++) {
        const uint32_t row = out->ranked[i];
        const wbi_worth *worth = &walk->worth[row];
        const bool is_worthwhile = worth->value_cents > 0;
        out->n_worthwhile += is_worthwhile;
        is_open = is_open && is_worthwhile && out->n_list < walk->max_contacts;
        if (is_capped(walk, used, row)) {
            out->n_capped += is_open;
            out->n_beyond += !is_open && is_worthwhile;
            continue;
        }
        is_open = is_open && worth->cost_micros <= left_micros;
        out->n_beyond += !is_open && is_worthwhile;
        if (walk->held_out[row]) {
            out->chosen[row] = is_open ? WBI_CHOSEN_CONTROL : WBI_CHOSEN_NONE;
            out->n_control += is_open;
            continue;
        }
        out->sequence[out->n_sequence++] = row;
        count_capped(walk, used, row);
        if (!is_open)
            continue;
        out->chosen[row] = WBI_CHOSEN_LIST;
        out->n_list++;
        if (walk->budget_micros != INT64_MAX)
            left_micros -= worth->cost_micros;
    }
}

wb_status wbi_walk_down(wbi_walked *out, const wbi_walk *walk, wb_error *err)
{
    size_t n_groups = 0;
    for (size_t c = 0; c < walk->n_caps; c++)
        n_groups += walk->caps[c].n_groups;
    *out = (wbi_walked){.chosen = wbi_alloc_zeroed(walk->n, sizeof *out->chosen),
                        .ranked = wbi_alloc_array(walk->n, sizeof *out->ranked),
                        .sequence = wbi_alloc_array(walk->n, sizeof *out->sequence)};
    uint64_t *used = wbi_alloc_zeroed(n_groups, sizeof *used);
    wb_status status = WB_OK;
    if (out->chosen == NULL || out->ranked == NULL || out->sequence == NULL || used == NULL)
        status = wbi_fail_nomem(err, walk->n * (sizeof *out->chosen + sizeof *out->ranked + sizeof *out->sequence));
    if (status == WB_OK)
        status = wbi_rank(out->ranked, &out->n_eligible, walk, err);
    if (status == WB_OK)
        choose(out, walk, used);
    else
        wbi_walked_free(out);
    wbi_free(used);
    return status;
}

void wbi_walked_free(wbi_walked *walked)
{
    wbi_free(walked->chosen);
    wbi_free(walked->ranked);
    wbi_free(walked->sequence);
    *walked = (wbi_walked){0};
}
