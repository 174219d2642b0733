/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/warn.h"

#include <string.h>

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
                "table %s: %s '%s' of finite numbers passes 1.8e308 %llu time%s over the cutoffs, where it is missing",
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
