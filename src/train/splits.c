/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows are learned from and which are tried, split by split. By customer, so that a customer's rows stay together; or by
 * time, as the model will be used: a split tries the rows of some cutoffs, and learns from those of earlier cutoffs whose
 * label windows had ended by then. Rows of one customer are on both sides then, as they are in use. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "train/train.h"

enum { MAX_CUTOFFS = 4096, LEAST_SPLITS = 2 };

/* ---- by customer ---- */

/* fold[i] = floor(K u), u the customer's hash. */
static void assign_customers(wbi_splits *out, const wbi_training *training, uint64_t seed)
{
    const wbi_part *all = &training->all;
    char salt[WBI_SALT_CHARS];
    snprintf(salt, sizeof salt, "%" PRIu64, seed);
    for (size_t i = 0; i < all->n; i++) {
        bool same = i > 0 && all->customer[i] == all->customer[i - 1];
        out->fold[i] = same ? out->fold[i - 1]
                            : (uint8_t)(out->n * wbi_customer_hash(training, all->rows[i], "fold", salt));
    }
}

/* ---- by time ---- */

/* The cutoffs of the rows, ascending, and how long after a cutoff its label is known. */
typedef struct calendar {
    const int64_t *of_row; /* of the table; NULL: there are none */
    int64_t cutoffs_us[MAX_CUTOFFS];
    size_t n;
    bool overflows; /* there are more */
    wbi_label_window window;
    size_t first; /* that can be tried; n: none */
} calendar;

/* Index of the first cutoff that is not before `cutoff_us`. */
static size_t place_of(const calendar *days, int64_t cutoff_us)
{
    size_t low = 0, high = days->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (days->cutoffs_us[middle] < cutoff_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note_cutoff(calendar *days, int64_t cutoff_us)
{
    size_t at = place_of(days, cutoff_us);
    if (cutoff_us == WB_TIME_MISSING || (at < days->n && days->cutoffs_us[at] == cutoff_us))
        return;
    if (days->n == MAX_CUTOFFS) {
        days->overflows = true;
        return;
    }
    memmove(days->cutoffs_us + at + 1, days->cutoffs_us + at, (days->n - at) * sizeof *days->cutoffs_us);
    days->cutoffs_us[at] = cutoff_us;
    days->n++;
}

/* Whether the label of a cutoff is known at another. */
static bool is_closed(const calendar *days, int64_t cutoff_us, int64_t at_us)
{
    const wbi_label_window *window = &days->window;
    return window->known ? cutoff_us <= at_us - window->gap_us - window->horizon_us : cutoff_us < at_us;
}

static wb_status read_calendar(calendar *days, const wbi_training *training, const wb_features *features, wb_error *err)
{
    const size_t column = wb_table_find(training->table, "cutoff");
    *days = (calendar){.of_row = column == SIZE_MAX ? NULL : wb_table_times(training->table, column)};
    if (days->of_row == NULL)
        return WB_OK;
    WBI_TRY(wbi_label_find_window(&days->window, features, wbi_label_name(training->table, training->target), err));
    for (size_t i = 0; i < training->all.n && !days->overflows; i++)
        note_cutoff(days, days->of_row[training->all.rows[i]]);
    while (days->first < days->n && !is_closed(days, days->cutoffs_us[0], days->cutoffs_us[days->first]))
        days->first++;
    return WB_OK;
}

/* Says why rows cannot be split by time; an error when that was asked for. */
static wb_status refuse(const calendar *days, bool asked, const wb_log *log, wb_error *err)
{
    if (asked && days->of_row == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "there is no column cutoff of times to validate by");
    if (asked && days->overflows)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "there are more than %d cutoffs to validate by", MAX_CUTOFFS);
    if (asked)
        return wbi_fail(err, WB_ERR_DEGENERATE,
                        "none of %zu cutoff%s can be validated by time: no label window of an earlier one had ended",
                        days->n, days->n == 1 ? "" : "s");
    if (days->n > 1)
        wbi_log(log, WB_LOG_INFO, "folds by customer, not by time: %s",
                days->overflows ? "there are too many cutoffs"
                                : "fewer than two cutoffs have an earlier one whose label window had ended");
    return WB_OK;
}

/* Consecutive cutoffs share a split where there are more than splits. */
static void assign_times(wbi_splits *out, const calendar *days, const wbi_part *all)
{
    const size_t n_tried = days->n - days->first;
    for (int k = 0; k < out->n; k++)
        out->begins_us[k] = days->cutoffs_us[days->first + (size_t)k * n_tried / (size_t)out->n];
    for (size_t i = 0; i < all->n; i++) {
        const int64_t cutoff_us = days->of_row[all->rows[i]];
        out->fold[i] = out->learned_from[i] = WBI_NO_SPLIT;
        for (int k = out->n; cutoff_us != WB_TIME_MISSING && k-- > 0;) {
            if (out->fold[i] == WBI_NO_SPLIT && cutoff_us >= out->begins_us[k])
                out->fold[i] = (uint8_t)k;
            if (is_closed(days, cutoff_us, out->begins_us[k]))
                out->learned_from[i] = (uint8_t)k;
        }
    }
}

static void say_times(const wbi_splits *splits, const calendar *days, const wb_log *log)
{
    char begin[WB_TIME_CHARS], gap[WB_TIME_CHARS], horizon[WB_TIME_CHARS];
    wb_time_format(splits->begins_us[0], begin);
    wb_duration_format(days->window.gap_us, gap);
    wb_duration_format(days->window.horizon_us, horizon);
    const char *plural = splits->n == 1 ? "" : "s";
    if (days->window.known)
        wbi_log(log, WB_LOG_INFO,
                "by time: %d split%s of the cutoffs from %s on, learning from earlier ones whose labels (gap %s, horizon %s) "
                "were known",
                splits->n, plural, begin, gap, horizon);
    else
        wbi_log(log, WB_LOG_INFO,
                "by time: %d split%s of the cutoffs from %s on, learning from all earlier ones, for nobody says how far the "
                "label looks ahead",
                splits->n, plural, begin);
}

static wb_status split_by_time(wbi_splits *out, const calendar *days, const wbi_training *training, int most, wb_error *err)
{
    const size_t n_tried = days->n - days->first, n_rows = training->all.n;
    out->n = n_tried < (size_t)most ? (int)n_tried : most;
    out->by_time = true;
    out->learned_from = wbi_alloc_array(n_rows, sizeof *out->learned_from);
    if (out->learned_from == NULL)
        return wbi_fail_nomem(err, n_rows);
    assign_times(out, days, &training->all);
    say_times(out, days, training->log);
    return WB_OK;
}

/* ---- the whole ---- */

wb_status wbi_splits_make(wbi_splits *out, const wbi_training *training, const wb_features *features,
                          const wbi_split_options *options, wb_error *err)
{
    const bool asked = options->by == WB_VALIDATE_TIME;
    calendar *days = NULL;
    wb_status status = WB_OK;
    *out = (wbi_splits){.n = options->most};
    if (out->n == 0)
        return WB_OK;
    out->fold = wbi_alloc_array(training->all.n, sizeof *out->fold);
    if (out->fold == NULL)
        return wbi_fail_nomem(err, training->all.n);
    if (options->by != WB_VALIDATE_CUSTOMERS) {
        days = wbi_alloc_zeroed(1, sizeof *days);
        if (days == NULL)
            return wbi_fail_nomem(err, sizeof *days);
        WBI_TRY_CLEANUP(read_calendar(days, training, features, err));
        if (!days->overflows && days->n - days->first >= (asked ? 1 : LEAST_SPLITS)) {
            status = split_by_time(out, days, training, options->most, err);
            goto cleanup;
        }
        WBI_TRY_CLEANUP(refuse(days, asked, training->log, err));
    }
    assign_customers(out, training, options->seed);
cleanup:
    wbi_free(days);
    return status;
}

void wbi_splits_free(wbi_splits *splits)
{
    wbi_free(splits->fold);
    wbi_free(splits->learned_from);
}
