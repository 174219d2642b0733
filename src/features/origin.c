/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/origin.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

static const int64_t trend_window_us = 90 * WB_DAY_US;

/* ---- whether a definition is an entry's */

/* Whether `text` begins with the name as expressions spell it, in quotes or not; how long that is, 0 when it does not. */
static size_t spelt_name(const char *text, const char *name)
{
    const size_t n = strlen(name);
    if (strncmp(text, name, n) == 0)
        return n;
    if (text[0] != '"')
        return 0;
    size_t at = 1;
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"' && text[at++] != '"')
            return 0;
        if (text[at++] != *c)
            return 0;
    }
    return text[at] == '"' ? at + 1 : 0;
}

/* Whether the pattern of an entry becomes `text` where `own` is its table and other bundles are bound to any. */
static bool is_spelt(const char *pattern, const char *text, const wbi_table_def *own, const wb_project *project)
{
    for (; *pattern != '\0' && *pattern != '{'; pattern++) {
        const char *time = own->time != NULL ? own->time : "time";
        const size_t n = *pattern == '@'   ? strlen(own->name)
                         : *pattern == '#' ? spelt_name(text, time)
                                           : *pattern == *text;
        if (n == 0 || (*pattern == '@' && strncmp(text, own->name, n) != 0))
            return false;
        text += n;
    }
    if (*pattern == '\0')
        return *text == '\0';
    const char *rest = strchr(pattern, '}') + 1;
    for (size_t t = 0; t < project->n_tables; t++) {
        const size_t n = strlen(project->tables[t].name);
        if (strncmp(text, project->tables[t].name, n) == 0 && is_spelt(rest, text + n, own, project))
            return true;
    }
    return false;
}

static bool is_part(const char *pattern, const char *text, const wbi_table_def *own, const wb_project *project)
{
    if (pattern == NULL || text == NULL)
        return pattern == NULL && text == NULL;
    return is_spelt(pattern, text, own, project);
}

static bool is_window(const wbi_feature_def *def, const wbi_entry *entry)
{
    const int64_t from_us = def->window.from_us;
    return def->window.to_us == 0 &&
           (entry->windows == WBI_EACH_WINDOW || from_us == (entry->windows == WBI_LAST_90_DAYS ? trend_window_us : 0));
}

static bool is_name(const wbi_feature_def *def, const wbi_entry *entry, const char *table)
{
    char name[1024], window[WB_TIME_CHARS] = "";
    if (entry->windows == WBI_EACH_WINDOW && def->window.from_us > 0)
        wb_duration_format(def->window.from_us, window);
    snprintf(name, sizeof name, "%s%s%s%s%s", entry->bare ? "" : table, entry->bare ? "" : "_", entry->name,
             window[0] != '\0' ? "_" : "", window);
    return strcmp(name, def->name) == 0;
}

static bool is_of_table(const wbi_feature_def *def, const wbi_entry *entry, const wbi_table_def *own)
{
    if (entry->expr != NULL)
        return def->table == NULL;
    return def->table != NULL && (entry->events_of != NULL || strcmp(def->table, own->name) == 0);
}

static bool is_entry(const wbi_feature_def *def, const wbi_entry *entry, const wbi_table_def *own,
                     const wb_project *project)
{
    return def->agg == entry->aggregate && is_name(def, entry, own->name) && is_window(def, entry) &&
           is_of_table(def, entry, own) && (entry->after != NULL) == (def->after_last != NULL) &&
           def->within_us == entry->within_us && is_part(entry->of, def->of, own, project) &&
           is_part(entry->where, def->where, own, project) && is_part(entry->expr, def->expr, own, project);
}

/* ---- which bundle a table has */

static size_t count_definitions(const wbi_entry *entry, const wbi_table_def *own, const wb_project *project)
{
    size_t n = 0;
    for (size_t f = 0; f < project->n_features; f++)
        n += is_entry(&project->features[f], entry, own, project);
    return n;
}

static bool needs_nothing(const wbi_entry *entry)
{
    return entry->of == NULL && entry->where == NULL && entry->expr == NULL && entry->after == NULL;
}

/* How many definitions are the bundle's; 0 where an entry is missing that nothing can keep from being there. */
static size_t count_of_bundle(const wbi_bundle *bundle, const wbi_table_def *own, const wb_project *project)
{
    const bool usual = strcmp(bundle->table, own->name) == 0;
    size_t n = 0, n_sure = 0;
    for (const wbi_entry *e = bundle->entries; e->name != NULL; e++) {
        const size_t n_found = e->bare ? 0 : count_definitions(e, own, project);
        n += n_found;
        n_sure += needs_nothing(e);
        if (!usual && needs_nothing(e) && n_found == 0)
            return 0;
    }
    return usual || n_sure > 0 ? n : 0;
}

static const wbi_bundle *bundle_of(const wbi_table_def *own, const wb_project *project)
{
    const wbi_bundle *best = NULL;
    size_t most = 0;
    for (size_t b = 0; b < WBI_N_BUNDLES; b++) {
        const size_t n = count_of_bundle(&wbi_bundles[b], own, project);
        if (n > 0 && strcmp(wbi_bundles[b].table, own->name) == 0)
            return &wbi_bundles[b];
        if (n >= most)
            best = n > most ? &wbi_bundles[b] : NULL;
        most = n > most ? n : most;
    }
    return best;
}

/* ---- origins */

/* The project's tables with the bundle of each, NULL for none. */
typedef struct bound_tables {
    const wb_project *project;
    const wbi_bundle **bundle;
} bound_tables;

static bool is_one_of_several(const bound_tables *bound, size_t table)
{
    size_t n = 0;
    for (size_t t = 0; t < bound->project->n_tables; t++)
        n += bound->bundle[t] == bound->bundle[table];
    return n > 1 && strcmp(bound->bundle[table]->table, bound->project->tables[table].name) != 0;
}

/* Facts of customers have the same names whatever their table is called. */
static const wbi_entry *find_bare(const wbi_feature_def *def, const wbi_table_def *own, const wb_project *project)
{
    for (size_t b = 0; b < WBI_N_BUNDLES; b++)
        for (const wbi_entry *e = wbi_bundles[b].entries; e->name != NULL; e++)
            if (e->bare && is_entry(def, e, own, project))
                return e;
    return NULL;
}

static wbi_origin origin_of(const wbi_feature_def *def, const bound_tables *bound)
{
    const wb_project *project = bound->project;
    for (size_t t = 0; t < project->n_tables; t++) {
        const wbi_table_def *own = &project->tables[t];
        const wbi_entry *bare = find_bare(def, own, project);
        if (bare != NULL)
            return (wbi_origin){.entry = bare};
        for (const wbi_entry *e = bound->bundle[t] == NULL ? NULL : bound->bundle[t]->entries;
             e != NULL && e->name != NULL; e++)
            if (!e->bare && is_entry(def, e, own, project))
                return (wbi_origin){e, def->window.from_us, is_one_of_several(bound, t) ? own->name : NULL};
    }
    return (wbi_origin){.entry = NULL};
}

wb_status wbi_find_origins(wbi_origin *out, const wb_project *project, wb_error *err)
{
    bound_tables bound = {project, wbi_alloc_zeroed(project->n_tables, sizeof *bound.bundle)};
    if (bound.bundle == NULL)
        return wbi_fail_nomem(err, project->n_tables * sizeof *bound.bundle);
    for (size_t t = 0; t < project->n_tables; t++)
        bound.bundle[t] = bundle_of(&project->tables[t], project);
    for (size_t f = 0; f < project->n_features; f++)
        out[f] = origin_of(&project->features[f], &bound);
    wbi_free(bound.bundle);
    return WB_OK;
}

/* Whether `name` is the entry's in the usual table, in the window that it names. */
static bool is_named(int64_t *window_us, const char *name, const wbi_bundle *bundle, const wbi_entry *entry)
{
    char whole[256];
    const size_t n = (size_t)snprintf(whole, sizeof whole, "%s%s%s", entry->bare ? "" : bundle->table,
                                      entry->bare ? "" : "_", entry->name);
    *window_us = 0;
    if (strncmp(name, whole, n) != 0)
        return false;
    if (name[n] == '\0')
        return true;
    return entry->windows == WBI_EACH_WINDOW && name[n] == '_' &&
           wb_duration_parse(window_us, name + n + 1, NULL) == WB_OK && *window_us > 0;
}

wbi_origin wbi_origin_of_name(const char *name)
{
    wbi_origin origin = {.entry = NULL};
    for (size_t b = 0; b < WBI_N_BUNDLES; b++)
        for (const wbi_entry *e = wbi_bundles[b].entries; e->name != NULL; e++)
            if (is_named(&origin.window_us, name, &wbi_bundles[b], e)) {
                origin.entry = e;
                return origin;
            }
    return (wbi_origin){.entry = NULL};
}
