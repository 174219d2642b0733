/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scores file while it is made: scored blocks come in the order of the input, are written and counted. */
#ifndef WINBACK_SCORE_RUN_H
#define WINBACK_SCORE_RUN_H

#include "io/output.h"
#include "score/ids.h"
#include "score/slot.h"
#include "score/top.h"

/* Zero-initialised it may be freed. */
typedef struct wbi_score_run {
    wbi_score_plan plan;
    wbi_score_form form;
    const wb_log *log;
    wbi_output *output;
    wbi_top *top;  /* NULL: all rows are written */
    wbi_ids *ids;  /* NULL: nobody asks */
    wbi_score_tally **tallies; /* by model, by feature */
    double *sums;  /* by model: of the probabilities */
    uint64_t n_rows, n_duplicates;
    wbi_score_slot *slots; /* where the source puts its rows */
    size_t n_slots;
    bool stopped; /* nobody reads the output any more */
} wbi_score_run;

/* First the plan, from which the caller knows what to read; then, as soon as it is known whether rows have a cutoff, the
 * output. Models, options and log are borrowed. */
WB_WARN_UNUSED wb_status wbi_score_run_plan(wbi_score_run *run, const wb_score_models *models, const wb_score_options *options,
                                      const wb_log *log, wb_error *err);
WB_WARN_UNUSED wb_status wbi_score_run_open(wbi_score_run *run, bool has_cutoff, size_t n_slots, wb_error *err);
/* Takes what is in a slot; slots come in the order of the input. WB_ERR_CANCELLED where nobody reads the output any more. */
WB_WARN_UNUSED wb_status wbi_score_run_take(wbi_score_run *run, const wbi_score_slot *slot, wb_error *err);
/* What the work of a source came to: that nobody reads the output is no failure. */
static inline wb_status wbi_score_run_status(const wbi_score_run *run, wb_status status)
{
    return run->stopped ? WB_OK : status;
}
/* Says what was odd, or fails of it where the options are strict, and has the file appear. */
WB_WARN_UNUSED wb_status wbi_score_run_finish(wbi_score_run *run, wb_error *err);
/* What it counted, one for each model; what only the caller knows is 0. */
void wbi_score_run_report(const wbi_score_run *run, wb_score_report *reports);
void wbi_score_run_free(wbi_score_run *run);

#endif
