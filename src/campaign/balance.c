/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "campaign/depth.h"

typedef struct member {
    double probability;
    uint32_t place, row; /* place among the ids */
} member;

static int by_probability(const void *left, const void *right)
{
    const member *a = left, *b = right;
    if (a->probability != b->probability)
        return a->probability < b->probability ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static void add(wb_campaign_tenth *tenth, const member *m, bool is_control, int64_t value_cents)
{
    if (tenth->n_list + tenth->n_control == 0)
        tenth->low = m->probability;
    tenth->high = m->probability;
    tenth->n_control += is_control;
    tenth->n_list += !is_control;
    *(is_control ? &tenth->value_control : &tenth->value_list) += (double)value_cents / 100;
}

/* Equal probabilities are in the tenth in which the first of them is. */
static void fill_tenths(wb_campaign_summary *out, const member *members, size_t n, const wbi_walked *walked,
                        const wbi_worth *worth)
{
    size_t before = SIZE_MAX;
    for (size_t i = 0, first = 0; i < n; i++) {
        if (members[i].probability > members[first].probability)
            first = i;
        const size_t tenth = first * WB_CAMPAIGN_TENTHS / n;
        out->n_tenths += tenth != before;
        before = tenth;
        const uint32_t row = members[i].row;
        add(&out->tenths[out->n_tenths - 1], &members[i], walked->chosen[row] == WBI_CHOSEN_CONTROL, worth[row].value_cents);
    }
    for (size_t t = 0; t < out->n_tenths; t++) {
        out->tenths[t].value_list /= (double)out->tenths[t].n_list; /* NaN of nobody */
        out->tenths[t].value_control /= (double)out->tenths[t].n_control;
    }
}

wb_status wbi_measure_balance(wb_campaign_summary *out, const wbi_walked *walked, const wbi_worth *worth,
                              const double *probability, const uint32_t *by_id, wb_error *err)
{
    const size_t most = (size_t)(walked->n_list + walked->n_control), n_rows = out->n_scored;
    member *members = wbi_alloc_array(most, sizeof *members);
    if (members == NULL)
        return wbi_fail_nomem(err, most * sizeof *members);
    size_t n = 0;
    double sum = 0;
    for (size_t place = 0; place < n_rows; place++) {
        const uint32_t row = by_id[place];
        if (walked->chosen[row] == WBI_CHOSEN_NONE)
            continue;
        members[n++] = (member){probability[row], (uint32_t)place, row};
        sum += probability[row];
    }
    qsort(members, n, sizeof *members, by_probability);
    fill_tenths(out, members, n, walked, worth);
    out->rate = n > 0 ? sum / (double)n : NAN;
    out->least_effect = wb_campaign_least_effect(out->rate, walked->n_list, walked->n_control);
    wbi_free(members);
    return WB_OK;
}
