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
        run->tallies[m] = wbi_alloc_zeroed(run->plan.each[m].n_features, sizeof **run->tallies);
        if (run->tallies[m] == NULL)
            return wbi_fail_nomem(err, run->plan.each[m].n_features * sizeof **run->tallies);
    }
    return WB_OK;
}

wb_status wbi_score_run_open(wbi_score_run *run, bool has_cutoff, wb_error *err)
{
    const wb_score_options *o = run->plan.options;
    WBI_TRY(wbi_score_form_make(&run->form, &run->plan, has_cutoff, err));
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
        WBI_TRY(wbi_top_offer(top, block->scored[0].probability[row], (wbi_str){block->lines.text.data + begin, end - begin}, err));
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
        for (size_t f = 0; f < run->plan.each[m].n_features; f++) {
            run->tallies[m][f].n_imputed += block->models[m].tallies[f].n_imputed;
            run->tallies[m][f].n_unseen += block->models[m].tallies[f].n_unseen;
            run->tallies[m][f].n_outside += block->models[m].tallies[f].n_outside;
        }
    }
}

wb_status wbi_score_run_take(wbi_score_run *run, const wbi_score_block *block, const wbi_score_rows *rows, wb_error *err)
{
    count(run, block);
    if (run->ids != NULL)
        WBI_TRY(check_ids(run, rows, err));
    return run->top != NULL ? offer_lines(run->top, block, err)
                            : wbi_output_write(run->output, block->lines.text.data, block->lines.text.length, err);
}

bool wbi_score_run_is_over(const wbi_score_run *run)
{
    return wbi_output_closed(run->output);
}

/* ---- the end ---- */

/* What a strict run does not take from a feature; "" when there is nothing. */
static void say_odd(char *text, size_t size, const wbi_score_run *run, size_t m, size_t f)
{
    static const char *const kinds[3][2] = {{"has a level that training did not see", "have a level that training did not see"},
                                            {"lies outside the range of training", "lie outside the range of training"},
                                            {"is missing, in training none was", "are missing, in training none was"}};
    const wbi_score_tally *tally = &run->tallies[m][f];
    const bool missed = !wbi_scorer_saw_missing(run->plan.each[m].scorer, f);
    const uint64_t counts[3] = {tally->n_unseen, tally->n_outside, missed ? tally->n_imputed : 0};
    size_t k = 0;
    while (k < 3 && counts[k] == 0)
        k++;
    text[0] = '\0';
    if (k < 3)
        snprintf(text, size, "%llu cell%s %s", (unsigned long long)counts[k], counts[k] == 1 ? "" : "s", kinds[k][counts[k] > 1]);
}

static wb_status check_strictly(const wbi_score_run *run, wb_error *err)
{
    size_t n_odd = 0;
    char text[128], first[128] = "";
    const char *name = "";
    for (size_t m = 0; m < run->plan.models->n; m++)
        for (size_t f = 0; f < run->plan.each[m].n_features; f++) {
            say_odd(text, sizeof text, run, m, f);
            if (text[0] == '\0' || n_odd++ > 0)
                continue;
            memcpy(first, text, sizeof first);
            name = run->plan.features[run->plan.each[m].features[f]].name;
        }
    if (n_odd > 0) {
        wbi_fail(err, WB_ERR_INCONSISTENT, "%s: %s", name, first);
        if (n_odd > 1)
            wbi_advise(err, "%zu features in all have such cells; without --strict they are counted", n_odd);
        return WB_ERR_INCONSISTENT;
    }
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

void wbi_score_run_report(const wbi_score_run *run, wb_score_report *reports)
{
    for (size_t m = 0; reports != NULL && m < run->plan.models->n; m++) {
        wb_score_report *report = &reports[m];
        report->n_rows = run->n_rows;
        report->n_duplicates = run->n_duplicates;
        report->n_imputed = report->n_unseen = report->n_outside = 0;
        report->mean_probability = run->n_rows > 0 ? run->sums[m] / (double)run->n_rows : (double)NAN;
        for (size_t f = 0; f < run->plan.each[m].n_features; f++) {
            const wbi_score_tally *tally = &run->tallies[m][f];
            report->n_imputed += tally->n_imputed;
            report->n_unseen += tally->n_unseen;
            report->n_outside += tally->n_outside;
            if (report->features != NULL)
                report->features[f] = (wb_score_tally){tally->n_imputed, tally->n_unseen, tally->n_outside};
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
    wbi_score_form_free(&run->form);
    wbi_score_plan_free(&run->plan);
}
