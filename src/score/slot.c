/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/slot.h"

#include "base/memory.h"

static const size_t cells_ceiling_bytes = (size_t)1 << 31;

static size_t n_texts(const wbi_score_plan *plan)
{
    return 1 + plan->options->n_keep;
}

wb_status wbi_score_slot_make(wbi_score_slot *slot, const wbi_score_plan *plan, const wbi_score_form *form, wb_error *err)
{
    const size_t n_keep = plan->options->n_keep;
    slot->features = wbi_alloc_zeroed(plan->n_features, sizeof *slot->features);
    slot->texts = wbi_alloc_zeroed(n_texts(plan), sizeof *slot->texts);
    slot->cells = wbi_alloc_zeroed(n_keep, sizeof *slot->cells);
    if (slot->features == NULL || slot->texts == NULL || slot->cells == NULL)
        return wbi_fail_nomem(err, plan->n_features * sizeof *slot->features);
    for (size_t k = 0; k < n_keep; k++)
        slot->cells[k] = wbi_buffer_make(cells_ceiling_bytes);
    return wbi_score_block_make(&slot->block, plan, form, err);
}

void wbi_score_slot_free(wbi_score_slot *slot, const wbi_score_plan *plan)
{
    for (size_t k = 0; slot->texts != NULL && k < n_texts(plan); k++)
        wbi_free(slot->texts[k]);
    for (size_t k = 0; slot->cells != NULL && k < plan->options->n_keep; k++)
        wbi_buffer_free(&slot->cells[k]);
    wbi_free(slot->texts);
    wbi_free(slot->cells);
    wbi_free(slot->features);
    wbi_free(slot->cutoffs_us);
    wbi_score_block_free(&slot->block);
}

wb_status wbi_score_slot_reserve(wbi_score_slot *slot, size_t n, wb_error *err)
{
    if (n <= slot->capacity)
        return WB_OK;
    slot->capacity = 0;
    for (size_t k = 0; k < n_texts(slot->block.plan); k++) {
        wbi_free(slot->texts[k]);
        slot->texts[k] = wbi_alloc_array(n, sizeof **slot->texts);
        if (slot->texts[k] == NULL)
            return wbi_fail_nomem(err, n * sizeof **slot->texts);
    }
    wbi_free(slot->cutoffs_us);
    slot->cutoffs_us = wbi_alloc_array(n, sizeof *slot->cutoffs_us);
    if (slot->cutoffs_us == NULL)
        return wbi_fail_nomem(err, n * sizeof *slot->cutoffs_us);
    slot->capacity = n;
    return WB_OK;
}

void wbi_score_slot_place(wbi_score_slot *slot, size_t k, size_t n)
{
    wbi_str *texts = slot->texts[1 + k];
    for (size_t row = 0, begin = 0; row < n; begin += texts[row++].length)
        texts[row].data = slot->cells[k].data + begin;
}

wb_status wbi_score_slot_fill(wbi_score_slot *slot, size_t n, const int64_t *cutoffs_us, bool same_levels, wb_error *err)
{
    slot->rows = (wbi_score_rows){.n_rows = n,
                                  .texts = (const wbi_str *const *)slot->texts,
                                  .cutoffs_us = cutoffs_us,
                                  .features = slot->features,
                                  .same_levels = same_levels};
    return wbi_score_block_fill(&slot->block, &slot->rows, err);
}
