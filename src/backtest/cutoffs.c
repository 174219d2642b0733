/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/cutoffs.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { N_USUAL = 12 };

void wbi_backtest_cutoffs_clear(wbi_backtest_cutoffs *cutoffs)
{
    wbi_free(cutoffs->us);
    *cutoffs = (wbi_backtest_cutoffs){.us = NULL};
}

static int64_t span_of(const wb_label *label)
{
    return label->gap_us + label->horizon_us;
}

size_t wbi_backtest_n_closed(const wbi_backtest_cutoffs *c, size_t k)
{
    size_t n = 0;
    while (n < k && c->us[n] + span_of(&c->label) <= c->us[k])
        n++;
    return n;
}

static wb_status find_label(wb_label *out, const wb_project *project, const char *name, wb_error *err)
{
    const size_t n = wb_project_n_labels(project);
    if (n == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the project has no label to be tried on");
    *out = wb_project_label_at(project, 0);
    for (size_t l = 0; name != NULL && l < n; l++) {
        *out = wb_project_label_at(project, l);
        if (strcmp(out->name, name) == 0)
            return WB_OK;
    }
    return name == NULL ? WB_OK : wbi_fail(err, WB_ERR_ARGUMENT, "the project has no label '%s'", name);
}

/* How far the labels look ahead, the farthest: features come with all of them. */
static int64_t longest_span(const wb_project *project)
{
    int64_t longest_us = 0;
    for (size_t l = 0; l < wb_project_n_labels(project); l++) {
        const wb_label label = wb_project_label_at(project, l);
        longest_us = span_of(&label) > longest_us ? span_of(&label) : longest_us;
    }
    return longest_us;
}

/* The last that the data allow, and those before it, a label window apart, that have a horizon of history. */
static size_t choose_usual(int64_t us[N_USUAL], const wb_label *label, int64_t first_us, int64_t last_us)
{
    size_t n = 1;
    while (n < N_USUAL && last_us - (int64_t)n * span_of(label) - label->horizon_us >= first_us)
        n++;
    for (size_t i = 0; i < n; i++)
        us[i] = last_us - (int64_t)(n - 1 - i) * span_of(label);
    return n;
}

static wb_status take(wbi_backtest_cutoffs *out, const int64_t *us, size_t n, wb_error *err)
{
    for (size_t i = 1; i < n; i++)
        if (us[i] <= us[i - 1])
            return wbi_fail(err, WB_ERR_ARGUMENT, "cutoffs are not ascending");
    out->us = wbi_alloc_array(n, sizeof *us);
    if (out->us == NULL)
        return wbi_fail_nomem(err, n * sizeof *us);
    memcpy(out->us, us, n * sizeof *us);
    out->n = n;
    return WB_OK;
}

/* Leaves out those whose label windows the data do not hold. */
static wb_status drop_open(wbi_backtest_cutoffs *c, const wb_engine *engine, int64_t last_us, const wb_log *log, wb_error *err)
{
    char dropped[WB_TIME_CHARS], last[WB_TIME_CHARS], until[WB_TIME_CHARS];
    const size_t n_given = c->n;
    int64_t first_us, until_us;
    wb_engine_data_range(engine, &first_us, &until_us);
    while (c->n > 0 && c->us[c->n - 1] > last_us)
        c->n--;
    wb_time_format(last_us, last);
    wb_time_format(until_us, until);
    if (c->n == n_given)
        return WB_OK;
    wb_time_format(c->us[c->n], dropped);
    const size_t n_dropped = n_given - c->n;
    if (c->n > 0) {
        wbi_log(log, WB_LOG_WARNING,
                "%zu cutoff%s left out, from %s on: the label window ends after the data (%s); the last usable cutoff is %s",
                n_dropped, n_dropped == 1 ? "" : "s", dropped, until, last);
        return WB_OK;
    }
    wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT,
                                "cutoff %s%s: the label window ends after the data (%s); the last usable cutoff is %s", dropped,
                                n_dropped > 1 ? " and those after it" : "", until, last);
    wbi_advise(err, "name cutoffs up to that one, or a shorter horizon");
    return status;
}

/* No model could have been there in time: says what would do. */
static wb_status refuse(const wbi_backtest_cutoffs *c, int64_t last_us, wb_error *err)
{
    char first[WB_TIME_CHARS], ends[WB_TIME_CHARS], last[WB_TIME_CHARS], before[WB_TIME_CHARS];
    char gap[WB_TIME_CHARS], horizon[WB_TIME_CHARS];
    const int64_t ends_us = c->us[0] + span_of(&c->label);
    wb_time_format(c->us[0], first);
    wb_time_format(ends_us, ends);
    wb_time_format(last_us, last);
    wb_time_format(last_us - span_of(&c->label), before);
    wb_duration_format(c->label.gap_us, gap);
    wb_duration_format(c->label.horizon_us, horizon);
    wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT,
                                "none of %zu cutoff%s can be tried: no earlier label window (gap %s, horizon %s) had ended; that "
                                "of the first, %s, ends on %s",
                                c->n, c->n == 1 ? "" : "s", gap, horizon, first, ends);
    if (ends_us <= last_us)
        wbi_advise(err, "a cutoff from %s to %s can be tried by what %s teaches: add one to cutoffs:, or --cutoff", ends, last,
                   first);
    else
        wbi_advise(err, "the last usable cutoff is %s: one of %s or before could teach it; or a shorter horizon", last, before);
    return status;
}

static wb_status find_all(wbi_backtest_cutoffs *out, const wb_engine *engine, const wb_backtest_options *o, int64_t last_us,
                          wb_error *err)
{
    int64_t usual_us[N_USUAL], first_us, until_us;
    size_t n = o->n_cutoffs;
    wb_engine_data_range(engine, &first_us, &until_us);
    const int64_t *us = o->cutoffs_us != NULL ? o->cutoffs_us : wb_project_cutoffs(wb_engine_project(engine), &n);
    if (n == 0) {
        us = usual_us;
        n = choose_usual(usual_us, &out->label, first_us, last_us);
    }
    WBI_TRY(take(out, us, n, err));
    WBI_TRY(wb_engine_check_cutoff(engine, out->us[0], 0, err));
    return drop_open(out, engine, last_us, o->log, err);
}

wb_status wbi_backtest_cutoffs_find(wbi_backtest_cutoffs *out, const wb_engine *engine, const wb_backtest_options *o,
                                    wb_error *err)
{
    const wb_project *project = wb_engine_project(engine);
    int64_t first_us, last_us;
    wb_status status = WB_OK;
    *out = (wbi_backtest_cutoffs){.us = NULL};
    WBI_TRY(find_label(&out->label, project, o->label, err));
    wb_engine_data_range(engine, &first_us, &last_us);
    last_us -= longest_span(project);
    WBI_TRY_CLEANUP(find_all(out, engine, o, last_us, err));
    out->n_trained = wbi_backtest_n_closed(out, out->n - 1);
    if (out->n_trained == 0)
        WBI_TRY_CLEANUP(refuse(out, last_us, err));
    while (wbi_backtest_n_closed(out, out->first_tried) == 0)
        out->first_tried++;
cleanup:
    if (status != WB_OK)
        wbi_backtest_cutoffs_clear(out);
    return status;
}
