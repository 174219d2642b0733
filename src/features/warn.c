/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/warn.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_CHARS = 128 };

void wbi_warn_odd_times(const wbi_events *events, const wb_log *log)
{
    for (size_t t = 0; t < events->n_tables; t++) {
        const wbi_event_table *table = &events->tables[t];
        if (table->n_odd == 0)
            continue;
        char time[WB_TIME_CHARS], shown[64];
        wbi_str customer = wbi_dictionary_at(events->customers, table->first_odd_customer);
        wb_time_format(table->first_odd_us, time);
        wbi_log(log, WB_LOG_WARNING,
                "%s:%zu: %llu row%s of table %s before the year 1900 or after 2199 (here the first: %s of customer %s); "
                "read as they stand",
                table->first_odd_file, table->first_odd_line, (unsigned long long)table->n_odd,
                table->n_odd == 1 ? "" : "s", table->binding->def->name, time,
                wbi_printable(shown, sizeof shown, customer.data, customer.length));
    }
}

void wbi_warn_silent_tables(const wb_engine *engine, const int64_t *cutoffs_us, size_t n_cutoffs, const wb_log *log)
{
    for (size_t t = 0; t < engine->events.n_tables; t++) {
        const wbi_event_table *table = &engine->events.tables[t];
        const wbi_table_def *def = table->binding->def;
        size_t n = 0;
        if (def->time == NULL)
            continue;
        while (n < n_cutoffs && (table->first_us == WB_TIME_MISSING || table->first_us + def->delay_us >= cutoffs_us[n]))
            n++;
        if (n == 0)
            continue;
        char cutoff[WB_TIME_CHARS], first[WB_TIME_CHARS];
        wb_time_format(cutoffs_us[n - 1], cutoff);
        wb_time_format(table->first_us, first);
        wbi_log(log, WB_LOG_WARNING, "table %s has no row before cutoff %s%s (its first: %s): %zu of %zu cutoffs see none",
                def->name, cutoff, n > 1 ? " and those before it" : "", first[0] != '\0' ? first : "it has none", n,
                n_cutoffs);
    }
}

/* The table whose rows decide of a label, where they have times; else WBI_NONE. */
static size_t timed_table(const wb_engine *engine, size_t label)
{
    const size_t table = engine->plan->labels[label].table;
    return engine->plan->bindings[table]->def->time != NULL ? table : WBI_NONE;
}

static void warn_late_end(const wb_engine *engine, size_t label, const wb_log *log)
{
    enum { HORIZONS_PART = 10 };
    const size_t table = timed_table(engine, label);
    const int64_t last_us = table == WBI_NONE ? engine->last_us : engine->events.tables[table].last_us;
    const int64_t part_us = engine->plan->labels[label].def->horizon_us / HORIZONS_PART;
    if (last_us == WB_TIME_MISSING || engine->until_us - last_us <= (part_us > WB_DAY_US ? part_us : WB_DAY_US))
        return;
    char until[WB_TIME_CHARS], last[WB_TIME_CHARS];
    wb_time_format(engine->until_us, until);
    wb_time_format(last_us, last);
    wbi_log(log, WB_LOG_WARNING,
            "the data are said to end on %s (data_until), %.1f days after the last row of %s%s (%s): a label takes it that "
            "nothing happened in between",
            until, (double)(engine->until_us - last_us) / (double)WB_DAY_US, table == WBI_NONE ? "any table" : "table ",
            table == WBI_NONE ? "" : engine->plan->bindings[table]->def->name, last);
}

void wbi_warn_late_end(const wb_engine *engine, const wb_log *log)
{
    if (engine->plan->project->data_until_us == WB_TIME_MISSING)
        return;
    for (size_t l = 0; l < engine->plan->n_labels; l++) {
        bool told = false;
        for (size_t before = 0; before < l; before++)
            told = told || timed_table(engine, before) == timed_table(engine, l);
        if (!told)
            warn_late_end(engine, l, log);
    }
}

void wbi_tell_of_open_labels(const wb_engine *engine, const int64_t *cutoffs_us, size_t n_cutoffs, const wb_log *log)
{
    char first[WB_TIME_CHARS], until[WB_TIME_CHARS];
    for (size_t l = 0; l < engine->plan->n_labels; l++) {
        const wbi_label_def *label = engine->plan->labels[l].def;
        size_t n = n_cutoffs;
        while (n > 0 && !wbi_label_is_known(label, cutoffs_us[n - 1], engine->until_us))
            n--;
        if (n == n_cutoffs)
            continue;
        wb_time_format(cutoffs_us[n], first);
        wb_time_format(engine->until_us, until);
        wbi_log(log, WB_LOG_INFO, "label_%s is missing at cutoff %s%s: its window ends after the data (%s)", label->name,
                first, n_cutoffs - n > 1 ? " and those after it" : "", until);
    }
}

void wbi_tell_of_where(const wbi_plan *plan, const wbi_line_counts *lines, int64_t cutoff_us, const wb_log *log)
{
    char cutoff[WB_TIME_CHARS], shown[128];
    wb_time_format(cutoff_us, cutoff);
    for (size_t t = 0; t < plan->n_tables; t++) {
        const wbi_table_def *def = plan->bindings[t]->def;
        if (def->where == NULL || lines[t].n_arrived == 0)
            continue;
        wbi_printable(shown, sizeof shown, def->where, strlen(def->where));
        if (lines[t].n_left > 0)
            wbi_log(log, WB_LOG_INFO, "table %s: where '%s' keeps %zu of %zu rows before %s", def->name, shown,
                    lines[t].n_left, lines[t].n_arrived, cutoff);
        else
            wbi_log(log, WB_LOG_WARNING,
                    "table %s: where '%s' keeps none of %zu rows before %s (are its values written as the file writes them?)",
                    def->name, shown, lines[t].n_arrived, cutoff);
    }
}

/* What a label is of everybody: nothing in particular, 0, 1; or that nobody counts. */
typedef enum state { MIXED, ALL_0, ALL_1, NOBODY } state;

static state state_at(const wbi_compute_options *o, const uint64_t *n_positive, size_t j)
{
    const uint64_t n = o->population[j].n_eligible;
    if (n == 0)
        return NOBODY;
    return n_positive == NULL ? MIXED : n_positive[j] == 0 ? ALL_0 : n_positive[j] == n ? ALL_1 : MIXED;
}

/* "cutoff 2024-01-01", or "cutoff 2024-01-01 and 3 more": those among the first `n_cutoffs` in a state, and the first; NULL
 * for none. */
static const char *name_cutoffs(char text[NAMED_CHARS], const wbi_compute_options *o, const uint64_t *n_positive,
                                size_t n_cutoffs, state in, size_t *first)
{
    size_t n = 0;
    char cutoff[WB_TIME_CHARS];
    for (size_t j = n_cutoffs; j-- > 0;)
        if (state_at(o, n_positive, j) == in) {
            *first = j;
            n++;
        }
    if (n == 0)
        return NULL;
    wb_time_format(o->cutoffs_us[*first], cutoff);
    if (n == 1)
        snprintf(text, NAMED_CHARS, "cutoff %s", cutoff);
    else
        snprintf(text, NAMED_CHARS, "cutoff %s and %zu more", cutoff, n - 1);
    return text;
}

void wbi_warn_of_nobody(const wbi_plan *plan, const wbi_compute_options *options)
{
    char text[NAMED_CHARS];
    size_t first;
    const char *where = name_cutoffs(text, options, NULL, options->n_cutoffs, NOBODY, &first);
    if (where != NULL)
        wbi_log(options->log, WB_LOG_WARNING,
                "%s: nobody counts, of %llu known customers (population: table %s and its conditions)", where,
                (unsigned long long)options->population[first].n_known,
                plan->bindings[plan->population.table]->def->name);
}

static void warn_of_class(const wbi_label_def *label, const wbi_compute_options *options, const uint64_t *n_positive,
                          size_t n_cutoffs, bool positive)
{
    char text[NAMED_CHARS];
    size_t first;
    const char *where = name_cutoffs(text, options, n_positive, n_cutoffs, positive ? ALL_1 : ALL_0, &first);
    const bool nothing = positive == (label->kind == WBI_LABEL_ABSENT);
    if (where == NULL)
        return;
    wbi_log(options->log, WB_LOG_WARNING, "%s: label_%s is %d for everybody: %s of table %s counts in its window (%s?)",
            where, label->name, positive, nothing ? "nothing" : "something", label->table,
            nothing ? "do the rows reach so far, and is the label's where written as they are" : "is the horizon too long");
}

void wbi_warn_of_one_class(const wbi_planned_label *label, const wbi_compute_options *options,
                           const uint64_t *n_positive)
{
    size_t n_known = options->n_cutoffs;
    while (n_known > 0 && !wbi_label_is_known(label->def, options->cutoffs_us[n_known - 1], options->until_us))
        n_known--;
    warn_of_class(label->def, options, n_positive, n_known, true);
    warn_of_class(label->def, options, n_positive, n_known, false);
}

static void warn_feature_overflow(const wbi_feature_def *def, unsigned long long n, const wb_log *log)
{
    const char *what = def->agg == WBI_AGG_NONE ? "expression" : wbi_aggregate_name(def->agg);
    wbi_log(log, WB_LOG_WARNING, "%s: the %s of finite numbers passes 1.8e308 in %llu row%s, where it is missing",
            def->name, what, n, n == 1 ? "" : "s");
}

void wbi_warn_overflows(const wbi_plan *plan, const uint64_t *n_overflows, const wb_log *log)
{
    for (size_t f = 0; f < plan->n_features; f++)
        if (n_overflows[f] > 0)
            warn_feature_overflow(plan->features[f].def, n_overflows[f], log);
    for (size_t t = 0; t < plan->n_tables; t++) {
        unsigned long long n = n_overflows[plan->n_features + t];
        if (n > 0)
            wbi_log(log, WB_LOG_WARNING,
                    "table %s: lines of one event pass 1.8e308 %llu time%s over the cutoffs, where their number is missing",
                    plan->bindings[t]->def->name, n, n == 1 ? "" : "s");
    }
}

static void warn_computed_overflow(const wbi_binding *table, const char *kind, const char *text, uint64_t n,
                                   const wb_log *log)
{
    char shown[128];
    if (n > 0)
        wbi_log(log, WB_LOG_WARNING,
                "table %s: %s '%s' of finite numbers passes 1.8e308 %llu time%s, where it is missing",
                table->def->name, kind, wbi_printable(shown, sizeof shown, text, strlen(text)), (unsigned long long)n,
                n == 1 ? "" : "s");
}

static uint64_t over_workers(uint64_t (*count)(const wbi_view *view, size_t index), wbi_worker *const *workers,
                             size_t n_workers, size_t table, size_t index)
{
    uint64_t n = 0;
    for (size_t w = 0; w < n_workers; w++)
        n += count(wbi_worker_view(workers[w], table), index);
    return n;
}

void wbi_warn_computed_overflows(const wbi_plan *plan, wbi_worker *const *workers, size_t n_workers, const wb_log *log)
{
    for (size_t t = 0; t < plan->n_tables; t++) {
        const wbi_binding *table = plan->bindings[t];
        for (size_t s = 0; s < table->n_slots; s++)
            warn_computed_overflow(table, "column", table->slots[s].name,
                                   over_workers(wbi_view_slot_overflows, workers, n_workers, t, s), log);
        for (size_t e = 0; e < table->n_exprs; e++)
            warn_computed_overflow(table, "the expression", table->exprs[e].text,
                                   over_workers(wbi_view_expr_overflows, workers, n_workers, t, e), log);
    }
}
