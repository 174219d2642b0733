/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/engine.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "events/need.h"
#include "events/redact.h"
#include "features/features.h"
#include "features/warn.h"

void wb_engine_free(wb_engine *engine)
{
    if (engine == NULL)
        return;
    wbi_events_clear(&engine->events);
    wbi_plan_free(engine->plan);
    wbi_free(engine->tables);
    wbi_free(engine);
}

static int64_t end_of_day(int64_t time_us, wbi_clock clock)
{
    return wbi_day_begin(wbi_day_of(time_us, clock) + 1, clock);
}

size_t wbi_engine_end_table(const wb_engine *engine)
{
    const wbi_plan *plan = engine->plan;
    size_t first = WBI_NONE;
    for (size_t l = 0; l < plan->n_labels; l++) {
        const size_t table = plan->labels[l].table;
        const int64_t last_us = engine->events.tables[table].last_us;
        if (plan->bindings[table]->def->time == NULL)
            continue;
        if (first == WBI_NONE || engine->events.tables[first].last_us == WB_TIME_MISSING ||
            (last_us != WB_TIME_MISSING && last_us < engine->events.tables[first].last_us))
            first = table;
    }
    return first;
}

/* The data end where the project says, else with the day of the last row. */
static void find_range(wb_engine *engine)
{
    const wbi_plan *plan = engine->plan;
    int64_t last_us = WB_TIME_MISSING;
    const size_t only = wbi_engine_end_table(engine);
    engine->first_us = WB_TIME_MISSING;
    for (size_t t = 0; t < plan->n_tables; t++) {
        const wbi_event_table *table = &engine->events.tables[t];
        if (table->first_us == WB_TIME_MISSING)
            continue;
        if (engine->first_us == WB_TIME_MISSING || table->first_us < engine->first_us)
            engine->first_us = table->first_us;
        if (table->last_us > last_us && (only == WBI_NONE || only == t))
            last_us = table->last_us;
    }
    engine->last_us = last_us;
    engine->until_us = plan->project->data_until_us;
    if (engine->until_us == WB_TIME_MISSING && last_us != WB_TIME_MISSING)
        engine->until_us = end_of_day(last_us, (wbi_clock){plan->project->zone_offset_s, plan->project->zone});
}

static wb_status fail_no_data(const wb_engine *engine, wb_error *err)
{
    char first[WB_TIME_CHARS], until[WB_TIME_CHARS];
    wb_time_format(engine->first_us, first);
    wb_time_format(engine->until_us, until);
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the data end (%s) before the first event (%s)", until, first);
}

/* Customers with rows in a table, and of these, with rows in the population's table. */
static void count_customers(wb_engine_table *info, const wb_engine *engine, const size_t *first)
{
    const size_t *population = engine->events.tables[engine->plan->population.table].first;
    for (size_t c = 0; c < engine->events.n_customers; c++) {
        bool has_rows = first[c + 1] > first[c];
        info->n_customers += has_rows;
        info->n_matched += has_rows && population[c + 1] > population[c];
    }
}

static wb_status describe_tables(wb_engine *engine, wb_error *err)
{
    size_t n = engine->events.n_tables;
    engine->tables = wbi_alloc_array(n, sizeof *engine->tables);
    if (engine->tables == NULL)
        return wbi_fail_nomem(err, n * sizeof *engine->tables);
    for (size_t i = 0; i < n; i++) {
        const wbi_event_table *t = &engine->events.tables[i];
        engine->tables[i] = (wb_engine_table){.name = t->binding->def->name,
                                              .file = t->binding->def->file,
                                              .n_rows = t->counts.n_rows,
                                              .n_bad = t->counts.n_bad,
                                              .n_without_key = t->counts.n_without_key,
                                              .n_after_end = t->n_after_end,
                                              .last_us = t->last_us,
                                              .max_age_us = t->binding->def->max_age_us};
        count_customers(&engine->tables[i], engine, t->first);
    }
    return WB_OK;
}

static wb_status read_events(wb_engine *engine, const wb_read_options *options, wb_error *err)
{
    wbi_plan *plan = engine->plan;
    WBI_TRY(wbi_events_read(&engine->events, (const wbi_binding *const *)plan->bindings, plan->sources, plan->n_tables,
                            &engine->allowance, err));
    WBI_TRY(wbi_bad_rows_finish(plan->bad, err));
    wbi_plan_close_sources(plan);
    wbi_warn_odd_times(&engine->events, options->log);
    find_range(engine);
    if (engine->until_us == WB_TIME_MISSING)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "there are no events: every table of events is empty");
    if (engine->until_us <= engine->first_us)
        return fail_no_data(engine, err);
    WBI_TRY(wbi_events_arrange(&engine->events, engine->until_us, options->n_threads, err));
    engine->allowance.taken_bytes += wbi_need_of_arranged(&engine->events);
    return describe_tables(engine, err);
}

static void redact_at(wbi_plan *plan, int64_t cutoff_us)
{
    for (size_t t = 0; t < plan->n_tables; t++) {
        plan->bindings[t]->redacts = true;
        plan->bindings[t]->redact_us = cutoff_us;
    }
}

static wb_status unmask(wbi_plan *plan, wb_error *err)
{
    for (size_t t = 0; t < plan->n_tables; t++)
        WBI_TRY(wbi_redact_unmask(plan->bindings[t], err));
    return WB_OK;
}

/* What an engine is made for: `redact_us` NULL: with all that was read; `beside` NULL: nothing else is there. */
typedef struct engine_purpose {
    const int64_t *redact_us;
    const wb_engine *beside;
} engine_purpose;

static wb_status create(wb_engine **out, const wb_project *project, const wb_read_options *options,
                        const engine_purpose *purpose, wb_error *err)
{
    static const wb_read_options defaults = WB_READ_OPTIONS_INIT;
    if (options == NULL)
        options = &defaults;
    wb_engine *engine = wbi_alloc_zeroed(1, sizeof *engine);
    if (engine == NULL)
        return wbi_fail_nomem(err, sizeof *engine);
    engine->allowance.limit_bytes = options->memory_limit_bytes;
    engine->allowance.taken_bytes = purpose->beside != NULL ? purpose->beside->allowance.taken_bytes
                                                            : wbi_need_of_program(options->n_threads);
    wb_status status;
    WBI_TRY_CLEANUP(wbi_plan_create(&engine->plan, project, options, err));
    if (purpose->redact_us != NULL)
        redact_at(engine->plan, *purpose->redact_us);
    WBI_TRY_CLEANUP(read_events(engine, options, err));
    if (purpose->redact_us != NULL)
        WBI_TRY_CLEANUP(unmask(engine->plan, err));
    *out = engine;
    return WB_OK;
cleanup:
    wb_engine_free(engine);
    return status;
}

wb_status wb_engine_create(wb_engine **out, const wb_project *project, const wb_read_options *options, wb_error *err)
{
    return create(out, project, options, &(engine_purpose){0}, err);
}

wb_status wbi_engine_create_beside(wb_engine **out, const wb_project *project, const wb_read_options *options,
                                   const wb_engine *beside, wb_error *err)
{
    return create(out, project, options, &(engine_purpose){.beside = beside}, err);
}

wb_status wbi_engine_create_redacted(wb_engine **out, const wb_project *project, const wb_read_options *options,
                                     int64_t cutoff_us, const wb_engine *beside, wb_error *err)
{
    return create(out, project, options, &(engine_purpose){&cutoff_us, beside}, err);
}

void wb_engine_data_range(const wb_engine *engine, int64_t *first_us, int64_t *until_us)
{
    *first_us = engine->first_us;
    *until_us = engine->until_us;
}

const char *wb_engine_end_table(const wb_engine *engine)
{
    const size_t table = wbi_engine_end_table(engine);
    const bool said = engine->plan->project->data_until_us != WB_TIME_MISSING;
    return said || table == WBI_NONE ? NULL : engine->plan->bindings[table]->def->name;
}

size_t wb_engine_n_tables(const wb_engine *engine)
{
    return engine->plan->n_tables;
}

wb_engine_table wb_engine_table_info(const wb_engine *engine, size_t table)
{
    return engine->tables[table];
}

size_t wb_engine_n_features(const wb_engine *engine)
{
    return engine->plan->n_features;
}

const char *wb_engine_left_out(const wb_engine *engine, size_t index)
{
    return index < engine->plan->left_out.n ? engine->plan->left_out.items[index].text : NULL;
}

const char *wb_engine_missing_column(const wb_engine *engine, size_t index, const char **table)
{
    const wbi_note *left_out = &engine->plan->left_out.items[index];
    *table = left_out->table;
    return left_out->column;
}

const wb_project *wb_engine_project(const wb_engine *engine)
{
    return engine->plan->project;
}

/* The last at which some label is known. */
static int64_t last_cutoff(const wb_engine *engine)
{
    int64_t last_us = INT64_MIN;
    for (size_t l = 0; l < engine->plan->n_labels; l++) {
        const wbi_label_def *label = engine->plan->labels[l].def;
        const int64_t known_us = engine->until_us - label->gap_us - label->horizon_us;
        last_us = known_us > last_us ? known_us : last_us;
    }
    return last_us;
}

wb_status wb_engine_check_cutoff(const wb_engine *engine, int64_t cutoff_us, int with_label, wb_error *err)
{
    char cutoff[WB_TIME_CHARS], limit[WB_TIME_CHARS];
    wb_time_format(cutoff_us, cutoff);
    if (cutoff_us <= engine->first_us) {
        wb_time_format(engine->first_us, limit);
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, cutoff, strlen(cutoff),
                           "cutoff %s is not after the first event (%s): nothing is known then", cutoff, limit);
    }
    if (!with_label)
        return WB_OK;
    int64_t last_us = last_cutoff(engine);
    if (cutoff_us <= last_us)
        return WB_OK;
    char until[WB_TIME_CHARS];
    wb_time_format(last_us, limit);
    wb_time_format(engine->until_us, until);
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, cutoff, strlen(cutoff),
                                   "cutoff %s: its label window ends after the data (%s); the last usable cutoff is %s",
                                   cutoff, until, limit);
    wbi_advise(err, "a shorter --horizon moves it later; for scoring: winback features --no-label, or winback score --at");
    return status;
}

wb_status wb_engine_check_age(const wb_engine *engine, int64_t cutoff_us, wb_error *err)
{
    for (size_t t = 0; t < engine->plan->n_tables; t++) {
        const wbi_event_table *table = &engine->events.tables[t];
        const wbi_table_def *def = table->binding->def;
        if (def->max_age_us == 0 || (table->last_us != WB_TIME_MISSING && table->last_us >= cutoff_us - def->max_age_us))
            continue;
        char last[WB_TIME_CHARS], age[WB_TIME_CHARS];
        wb_time_format(table->last_us, last);
        wb_duration_format(def->max_age_us, age);
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){def->file, 0, 0}, last, strlen(last),
                           "the last event of table %s (%s) is older than its max_age, %s", def->name,
                           last[0] != '\0' ? last : "there is none", age);
    }
    return WB_OK;
}

static wb_status describe(char **definitions, const wb_engine *engine, const wb_features_options *o, wb_error *err)
{
    wb_project *project;
    WBI_TRY(wbi_project_copy(&project, engine->plan->project, err));
    wb_status status = wb_project_set_cutoffs(project, o->cutoffs_us, o->n_cutoffs, err);
    if (!o->with_label)
        wb_project_clear_label(project);
    if (status == WB_OK)
        status = wbi_project_to_json(definitions, project, err);
    wb_project_free(project);
    return status;
}

/* Every label must be known somewhere, so at the first cutoff. */
static wb_status check_labels(const wb_engine *engine, int64_t first_us, wb_error *err)
{
    char until[WB_TIME_CHARS], limit[WB_TIME_CHARS];
    for (size_t l = 0; l < engine->plan->n_labels; l++) {
        const wbi_label_def *label = engine->plan->labels[l].def;
        if (wbi_label_is_known(label, first_us, engine->until_us))
            continue;
        wb_time_format(engine->until_us, until);
        wb_time_format(engine->until_us - label->gap_us - label->horizon_us, limit);
        return wbi_fail(err, WB_ERR_INCONSISTENT,
                        "the window of label_%s ends after the data (%s) at every cutoff; its last usable cutoff is %s",
                        label->name, until, limit);
    }
    return WB_OK;
}

static wb_status check_request(const wb_engine *engine, const wb_features_options *o, wb_error *err)
{
    if (o->n_cutoffs == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no cutoff is given");
    if (o->with_label && engine->plan->n_labels == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the project has no label");
    for (size_t j = 0; j < o->n_cutoffs; j++) {
        WBI_TRY(wb_engine_check_cutoff(engine, o->cutoffs_us[j], o->with_label, err));
        if (j > 0 && o->cutoffs_us[j] <= o->cutoffs_us[j - 1])
            return wbi_fail(err, WB_ERR_ARGUMENT, "cutoffs are not ascending");
    }
    if (o->with_label)
        WBI_TRY(check_labels(engine, o->cutoffs_us[0], err));
    wbi_warn_silent_tables(engine, o->cutoffs_us, o->n_cutoffs, o->log);
    if (o->with_label) {
        wbi_warn_late_end(engine, o->log);
        wbi_tell_of_open_labels(engine, o->cutoffs_us, o->n_cutoffs, o->log);
    }
    return WB_OK;
}

static wbi_compute_options compute_options(const wb_engine *engine, const wb_features_options *o,
                                           wb_population *population)
{
    for (size_t j = 0; j < o->n_cutoffs; j++)
        population[j] = (wb_population){.cutoff_us = o->cutoffs_us[j]};
    return (wbi_compute_options){.cutoffs_us = o->cutoffs_us,
                                 .n_cutoffs = o->n_cutoffs,
                                 .with_labels = o->with_label != 0,
                                 .until_us = engine->until_us,
                                 .n_threads = o->n_threads,
                                 .log = o->log,
                                 .population = population,
                                 .allowance = engine->allowance};
}

static void tell_objections(const wb_population *population, const wb_features_options *o)
{
    char cutoff[WB_TIME_CHARS];
    for (size_t j = 0; j < o->n_cutoffs; j++) {
        wb_time_format(population[j].cutoff_us, cutoff);
        if (population[j].n_objected > 0)
            wbi_log(o->log, WB_LOG_INFO, "%s: %llu customer%s left out, who object%s", cutoff,
                    (unsigned long long)population[j].n_objected, population[j].n_objected == 1 ? " is" : "s are",
                    population[j].n_objected == 1 ? "s" : "");
    }
}

wb_status wb_engine_features_without(const wb_engine *engine, wb_features **out, const wb_features_options *o,
                                     const wb_objections *objections, wb_error *err)
{
    WBI_TRY(check_request(engine, o, err));
    wb_features *features = wbi_alloc_zeroed(1, sizeof *features);
    if (features == NULL)
        return wbi_fail_nomem(err, sizeof *features);
    features->population = wbi_alloc_zeroed(o->n_cutoffs, sizeof *features->population);
    if (features->population == NULL) {
        wb_features_free(features);
        return wbi_fail_nomem(err, o->n_cutoffs * sizeof *features->population);
    }
    features->n_population = o->n_cutoffs;
    wbi_compute_options options = compute_options(engine, o, features->population);
    options.whom.objections = objections;
    wb_status status = describe(&features->definitions, engine, o, err);
    if (status == WB_OK)
        status = wbi_compute_features(&features->table, engine->plan, &engine->events, &options, err);
    if (status != WB_OK) {
        wb_features_free(features);
        return status;
    }
    tell_objections(features->population, o);
    *out = features;
    return WB_OK;
}

wb_status wb_engine_features(const wb_engine *engine, wb_features **out, const wb_features_options *o, wb_error *err)
{
    return wb_engine_features_without(engine, out, o, NULL, err);
}

wb_status wbi_engine_blocks(const wb_engine *engine, const wbi_whom *whom, const wbi_block_user *user, const wb_features_options *o,
                            wb_population *population, wb_error *err)
{
    WBI_TRY(check_request(engine, o, err));
    wbi_compute_options options = compute_options(engine, o, population);
    if (whom != NULL)
        options.whom = *whom;
    WBI_TRY(wbi_compute_blocks(engine->plan, &engine->events, &options, user, err));
    tell_objections(population, o);
    return WB_OK;
}

wb_status wb_engine_write_features(const wb_engine *engine, const char *path, uint64_t *n_rows,
                                   wb_population *population, const wb_features_options *o, wb_error *err)
{
    char *definitions = NULL, digest[WBI_DIGEST_CHARS];
    wb_population *own = population == NULL ? wbi_alloc_array(o->n_cutoffs, sizeof *own) : NULL;
    if (population == NULL && own == NULL)
        return wbi_fail_nomem(err, o->n_cutoffs * sizeof *own);
    wbi_compute_options options = compute_options(engine, o, population == NULL ? own : population);
    wb_status status;
    WBI_TRY_CLEANUP(check_request(engine, o, err));
    WBI_TRY_CLEANUP(describe(&definitions, engine, o, err));
    WBI_TRY_CLEANUP(wbi_compute_to_file(path, n_rows, digest, engine->plan, &engine->events, &options, err));
    status = wbi_features_write_meta(path, definitions, digest, err);
cleanup:
    wbi_free(own);
    wbi_free(definitions);
    return status;
}
