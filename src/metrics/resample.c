/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootstrap. Rows are sorted once; a resample is how often each customer was drawn, which is what its rows weigh. */
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/intervals.h"
#include "par/par.h"
#include "par/team.h"

/* What a worker writes to. */
typedef struct desk {
    uint32_t *drawn; /* how often each customer */
    double *weights; /* of the groups: negative, then positive */
} desk;

typedef struct run {
    const wbi_resampling *of;
    double *values;
    desk *desks;
    size_t n_desks, n_slots;
    size_t next, n_done;
    struct result {
        size_t resample;
        wb_metrics figures[2];
    } *results; /* one a slot */
} run;

void wbi_draw(uint32_t *drawn, size_t n, uint64_t seed, size_t resample)
{
    const uint64_t stream = wbi_random_stream(seed, resample);
    memset(drawn, 0, n * sizeof *drawn);
    for (size_t i = 1; i <= n; i++)
        drawn[wbi_random_below(stream, i, n)]++;
}

/* Fills the weights of the groups; returns how many rows there are now. */
static size_t weigh(double *negative, double *positive, const wbi_score_sample *s, const uint32_t *drawn)
{
    size_t n_rows = 0;
    for (size_t group = 0, i = 0; group < s->groups.n; group++) {
        double weight[2] = {0, 0};
        for (; i < s->end[group]; i++) {
            const uint32_t times = drawn[s->customer[i]];
            n_rows += times;
            weight[s->outcome[i]] += s->weight == NULL ? times : times * s->weight[i];
        }
        negative[group] = weight[0];
        positive[group] = weight[1];
    }
    return n_rows;
}

static wb_status source(void *context, size_t slot, int *more, wb_error *err)
{
    run *r = context;
    (void)err;
    *more = r->next < r->of->options->n_resamples;
    if (*more)
        r->results[slot].resample = r->next++;
    return WB_OK;
}

static wb_status work(void *context, size_t slot, int worker, wb_error *err)
{
    const run *r = context;
    const desk *at = &r->desks[worker];
    wbi_draw(at->drawn, r->of->n_customers, r->of->options->seed, r->results[slot].resample);
    for (size_t k = 0; k < r->of->n_scores; k++) {
        const wbi_score_sample *s = r->of->samples[k];
        wbi_logit_line lines[2];
        wbi_ranked ranked = {.groups = s->groups, .log_odds = s->log_odds, .n = s->groups.n, .n_threads = 1};
        ranked.groups.negative = at->weights;
        ranked.groups.positive = at->weights + s->groups.n;
        ranked.start = r->of->start[k];
        ranked.n_rows = weigh(ranked.groups.negative, ranked.groups.positive, s, at->drawn);
        WBI_TRY(wbi_figures_of(&r->results[slot].figures[k], lines, &ranked, r->of->metrics, err));
    }
    return WB_OK;
}

static wb_status sink(void *context, size_t slot, wb_error *err)
{
    run *r = context;
    struct result *result = &r->results[slot];
    const size_t n = r->of->options->n_resamples;
    for (size_t f = 0; f < WBI_N_FIGURES; f++) {
        double value = wbi_figures(&result->figures[0])[f];
        if (r->of->n_scores == 2)
            value -= wbi_figures(&result->figures[1])[f];
        r->values[f * n + result->resample] = value;
    }
    return wbi_progress(r->of->options->log, "resample", ++r->n_done, n, err);
}

static wb_status allocate(run *r, wb_error *err)
{
    size_t n_groups = r->of->samples[0]->groups.n;
    if (r->of->n_scores == 2 && r->of->samples[1]->groups.n > n_groups)
        n_groups = r->of->samples[1]->groups.n;
    r->results = wbi_alloc_array(r->n_slots, sizeof *r->results);
    r->desks = wbi_alloc_zeroed(r->n_desks, sizeof *r->desks);
    bool all = r->results != NULL && r->desks != NULL;
    for (size_t k = 0; all && k < r->n_desks; k++) {
        r->desks[k].drawn = wbi_alloc_array(r->of->n_customers, sizeof *r->desks[k].drawn);
        r->desks[k].weights = wbi_alloc_array(n_groups, 2 * sizeof *r->desks[k].weights);
        all = r->desks[k].drawn != NULL && r->desks[k].weights != NULL;
    }
    return all ? WB_OK : wbi_fail_nomem(err, n_groups * 2 * sizeof *r->desks->weights);
}

wb_status wbi_resample(double *values, const wbi_resampling *resampling, wb_error *err)
{
    const int n_workers = wbi_team_size(resampling->metrics->n_threads, resampling->options->n_resamples);
    run r = {.of = resampling, .values = values, .n_desks = (size_t)n_workers, .n_slots = 2 * (size_t)n_workers};
    wb_status status;
    WBI_TRY_CLEANUP(allocate(&r, err));
    WBI_TRY_CLEANUP(wbi_par_pipeline(&(wbi_pipeline){source, work, sink, &r, r.n_slots}, n_workers, err));
cleanup:
    for (size_t k = 0; r.desks != NULL && k < r.n_desks; k++) {
        wbi_free(r.desks[k].drawn);
        wbi_free(r.desks[k].weights);
    }
    wbi_free(r.desks);
    wbi_free(r.results);
    return status;
}
