/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { NAMED_DUPLICATES = 5, ID_CHARS = 64 };

wb_status wbi_score_run_plan(wbi_score_run *run, const wb_score_models *models, const wb_score_options *options,
                       const wb_log *log, wb_error *err)
{
    const size_t n = models->n;
    run->log = log;
    WBI_TRY(wbi_score_plan_make(&run->plan, models, options, err));
    run->tallies = wbi_alloc_zeroed(n, sizeof *run->tallies);
    run->sums = wbi_alloc_zeroed(n, sizeof *run->sums);
    if (run->tallies == NULL || run->sums == NULL)
        return wbi_fail_nomem(err, n * sizeof *run->tallies);
    for (size_t m = 0; m < n; m++) {
        run->tallies[m] = wbi_alloc_zeroed(run->plan.each[m].n_terms, sizeof **run->tallies);
        if (run->tallies[m] == NULL)
            return wbi_fail_nomem(err, run->plan.each[m].n_terms * sizeof **run->tallies);
    }
    return WB_OK;
}

static wb_status make_slots(wbi_score_run *run, size_t n, wb_error *err)
{
    run->slots = wbi_alloc_zeroed(n, sizeof *run->slots);
    if (run->slots == NULL)
        return wbi_fail_nomem(err, n * sizeof *run->slots);
    run->n_slots = n;
    for (size_t k = 0; k < n; k++)
        WBI_TRY(wbi_score_slot_make(&run->slots[k], &run->plan, &run->form, err));
    return WB_OK;
}

wb_status wbi_score_run_open(wbi_score_run *run, bool has_cutoff, size_t n_slots, wb_error *err)
{
    const wb_score_options *o = run->plan.options;
    WBI_TRY(wbi_score_form_make(&run->form, &run->plan, has_cutoff, err));
    WBI_TRY(make_slots(run, n_slots, err));
    if (o->n_top > 0)
        WBI_TRY(wbi_top_create(&run->top, o->n_top, err));
    if (o->check_ids)
        WBI_TRY(wbi_ids_create(&run->ids, err));
    WBI_TRY(wbi_output_open(&run->output, o->output, err));
    return wbi_output_write(run->output, run->form.header.data, run->form.header.length, err);
}

static wb_status check_ids(wbi_score_run *run, const wbi_score_rows *rows, wb_error *err)
{
    for (size_t row = 0; row < rows->n_rows; row++) {
        const wbi_str id = rows->texts[0][row];
        const int64_t cutoff_us = rows->cutoffs_us == NULL ? WB_TIME_MISSING : rows->cutoffs_us[row];
        bool again;
        WBI_TRY(wbi_ids_add(run->ids, id, cutoff_us, &again, err));
        if (!again || ++run->n_duplicates > NAMED_DUPLICATES)
            continue;
        char shown[ID_CHARS], cutoff[WB_TIME_CHARS];
        wb_time_format(cutoff_us, cutoff);
        wbi_log(run->log, WB_LOG_WARNING, "customer %s has another row%s%s", wbi_printable(shown, sizeof shown, id.data, id.length),
                cutoff[0] == '\0' ? "" : " at ", cutoff);
    }
    return WB_OK;
}

static wb_status offer_lines(wbi_top *top, const wbi_score_block *block, wb_error *err)
{
    size_t begin = 0;
    for (size_t row = 0; row < block->n_rows; row++) {
        const size_t end = block->lines.ends[row];
        const wbi_rank rank = {block->scored[0].probability[row], block->scored[0].log_odds[row]};
        WBI_TRY(wbi_top_offer(top, rank, (wbi_str){block->lines.text.data + begin, end - begin}, err));
        begin = end;
    }
    return WB_OK;
}

/* Sums go on row by row, so that they do not depend on where blocks end. */
static void count(wbi_score_run *run, const wbi_score_block *block)
{
    run->n_rows += block->n_rows;
    for (size_t m = 0; m < run->plan.models->n; m++) {
        for (size_t row = 0; row < block->n_rows; row++)
            run->sums[m] += block->scored[m].probability[row];
        for (size_t t = 0; t < run->plan.each[m].n_terms; t++) {
            run->tallies[m][t].n_imputed += block->models[m].tallies[t].n_imputed;
            run->tallies[m][t].n_unseen += block->models[m].tallies[t].n_unseen;
            run->tallies[m][t].n_outside += block->models[m].tallies[t].n_outside;
        }
    }
}

wb_status wbi_score_run_take(wbi_score_run *run, const wbi_score_slot *slot, wb_error *err)
{
    const wbi_score_block *block = &slot->block;
    count(run, block);
    if (run->ids != NULL)
        WBI_TRY(check_ids(run, &slot->rows, err));
    WBI_TRY(run->top != NULL ? offer_lines(run->top, block, err)
                             : wbi_output_write(run->output, block->lines.text.data, block->lines.text.length, err));
    run->stopped = wbi_output_closed(run->output);
    return run->stopped ? wbi_fail(err, WB_ERR_CANCELLED, "nobody reads the scores") : WB_OK;
}

/* ---- the end ---- */

/* Cells of a term that training did not see, and what they are. */
typedef struct odd_cells {
    const char *feature; /* NULL: there are none */
    uint64_t n;
    const char *one, *several;
} odd_cells;

static void take_more(odd_cells *most, odd_cells other)
{
    if (other.n > most->n)
        *most = other;
}

static wb_score_tally tally_of(const wbi_score_run *run, size_t m, size_t t)
{
    const wbi_score_tally *tally = &run->tallies[m][t];
    const bool newly = !wbi_scorer_saw_missing(run->plan.each[m].scorer, t);
    return (wb_score_tally){tally->n_imputed, tally->n_unseen, tally->n_outside, newly ? tally->n_imputed : 0};
}

/* Of a term those of its kinds that are most. */
static odd_cells odd_cells_of(const wbi_score_run *run, size_t m, size_t t)
{
    const char *feature = wb_model_term(run->plan.each[m].model, t).feature;
    const wb_score_tally tally = tally_of(run, m, t);
    odd_cells most = {NULL, 0, "", ""};
    take_more(&most, (odd_cells){feature, tally.n_unseen, "has a level that training did not see",
                                 "have a level that training did not see"});
    take_more(&most, (odd_cells){feature, tally.n_outside, "lies outside the range of training",
                                 "lie outside the range of training"});
    take_more(&most, (odd_cells){feature, tally.n_newly_imputed, "is missing, in training none was",
                                 "are missing, in training none was"});
    return most;
}

/* Whether cells are as training saw them, but for what is tolerated. */
static wb_status check_cells(const wbi_score_run *run, wb_error *err)
{
    const double tolerated = run->plan.options->tolerance * (double)run->n_rows;
    size_t n_odd = 0;
    odd_cells most = {NULL, 0, "", ""};
    for (size_t m = 0; m < run->plan.models->n; m++)
        for (size_t t = 0; t < run->plan.each[m].n_terms; t++) {
            const odd_cells of = odd_cells_of(run, m, t);
            n_odd += of.n > 0 && (double)of.n > tolerated;
            take_more(&most, of);
        }
    if (n_odd == 0)
        return WB_OK;
    wbi_fail(err, WB_ERR_INCONSISTENT, "%s: %llu of %llu cells %s", most.feature, (unsigned long long)most.n,
             (unsigned long long)run->n_rows, most.n == 1 ? most.one : most.several);
    wbi_advise(err, "%zu feature%s in all %s more such cells than --tolerance allows; without --strict they are counted", n_odd,
               n_odd == 1 ? "" : "s", n_odd == 1 ? "has" : "have");
    return WB_ERR_INCONSISTENT;
}

static wb_status check_strictly(const wbi_score_run *run, wb_error *err)
{
    if (run->n_rows == 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "there is no row to score");
    WBI_TRY(check_cells(run, err));
    if (run->n_duplicates > 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "%llu row%s of a customer that has a row already",
                        (unsigned long long)run->n_duplicates, run->n_duplicates == 1 ? " is" : "s are");
    return WB_OK;
}

wb_status wbi_score_run_finish(wbi_score_run *run, wb_error *err)
{
    if (run->plan.options->strict)
        WBI_TRY(check_strictly(run, err));
    if (run->top != NULL)
        WBI_TRY(wbi_top_write(run->top, run->output, err));
    wbi_output *written = run->output;
    run->output = NULL;
    return wbi_output_commit(written, err);
}

static void add_tally(wb_score_report *report, const wb_score_tally *tally)
{
    report->n_imputed += tally->n_imputed;
    report->n_unseen += tally->n_unseen;
    report->n_outside += tally->n_outside;
    report->n_newly_imputed += tally->n_newly_imputed;
}

void wbi_score_run_report(const wbi_score_run *run, wb_score_report *reports)
{
    const size_t n_top = run->plan.options->n_top;
    for (size_t m = 0; reports != NULL && m < run->plan.models->n; m++) {
        wb_score_report *report = &reports[m];
        *report = (wb_score_report){.features = report->features,
                                    .n_rows = run->n_rows,
                                    .n_written = n_top > 0 && n_top < run->n_rows ? n_top : run->n_rows,
                                    .n_duplicates = run->n_duplicates,
                                    .mean_probability = run->n_rows > 0 ? run->sums[m] / (double)run->n_rows : (double)NAN};
        for (size_t t = 0; t < run->plan.each[m].n_terms; t++) {
            const wb_score_tally tally = tally_of(run, m, t);
            add_tally(report, &tally);
            if (report->features != NULL)
                report->features[t] = tally;
        }
    }
}

void wbi_score_run_free(wbi_score_run *run)
{
    wbi_output_abort(run->output);
    wbi_top_free(run->top);
    wbi_ids_free(run->ids);
    for (size_t m = 0; run->tallies != NULL && m < run->plan.models->n; m++)
        wbi_free(run->tallies[m]);
    wbi_free(run->tallies);
    wbi_free(run->sums);
    for (size_t k = 0; k < run->n_slots; k++)
        wbi_score_slot_free(&run->slots[k], &run->plan);
    wbi_free(run->slots);
    wbi_score_form_free(&run->form);
    wbi_score_plan_free(&run->plan);
}
