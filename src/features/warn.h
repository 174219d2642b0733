/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is no error, but seldom meant: said once, counted. */
#ifndef WINBACK_FEATURES_WARN_H
#define WINBACK_FEATURES_WARN_H

#include "features/engine.h"

/* Rows whose time is before 1900 or after 2199. */
void wbi_warn_odd_times(const wbi_events *events, const wb_log *log);
/* Tables of events without a row before some of the cutoffs (ascending). */
void wbi_warn_silent_tables(const wb_engine *engine, const int64_t *cutoffs_us, size_t n_cutoffs, const wb_log *log);
/* A `data_until` far behind the last row of a label's table: a tenth of the horizon, or a day if that is more. */
void wbi_warn_late_end(const wb_engine *engine, const wb_log *log);

/* How many lines each table's `where` left of those that had arrived at the (last) cutoff; a warning when it left none. */
void wbi_tell_of_where(const wbi_plan *plan, const wbi_line_counts *lines, int64_t cutoff_us, const wb_log *log);
/* Cutoffs at which nobody is eligible. */
void wbi_warn_of_nobody(const wbi_plan *plan, const wbi_compute_options *options);
/* Labels that are missing at some of the cutoffs, as their windows pass the end of the data. */
void wbi_tell_of_open_labels(const wb_engine *engine, const int64_t *cutoffs_us, size_t n_cutoffs, const wb_log *log);
/* Cutoffs at which a label is 0, or 1, of everybody; `n_positive` by cutoff. */
void wbi_warn_of_one_class(const wbi_planned_label *label, const wbi_compute_options *options,
                           const uint64_t *n_positive);

/* Features that overflew, and tables whose lines did when they were rolled up; counts as of a block. */
void wbi_warn_overflows(const wbi_plan *plan, const uint64_t *n_overflows, const wb_log *log);
/* Columns and expressions of tables that overflew, as the workers computed them. */
void wbi_warn_computed_overflows(const wbi_plan *plan, wbi_worker *const *workers, size_t n_workers, const wb_log *log);

#endif
