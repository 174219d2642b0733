/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The features: bundles of the catalogue, and those that the project defines. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "project/records.h"
#include "project/schema.h"

/* ---- bundles: `rfm`, or `rfm: purchases` */

static wb_status read_use(wbi_bundle_use *use, const wbi_at *at, wb_error *err)
{
    use->line = wbi_at_line(at);
    if (wbi_at_is_text(at)) {
        WBI_TRY(wbi_at_want_name(at, wbi_at_text(at), err));
        return wbi_set_text(&use->bundle, wbi_at_text(at), err);
    }
    if (!wbi_at_is_mapping(at) || wbi_at_length(at) != 1)
        return wbi_at_fail(at, err, "must hold names of bundles, or single pairs of bundle and table");
    wbi_at table = wbi_at_child(at, 0);
    WBI_TRY(wbi_at_want_text(&table, err));
    WBI_TRY(wbi_at_want_name(&table, table.name, err));
    WBI_TRY(wbi_at_want_name(&table, wbi_at_text(&table), err));
    WBI_TRY(wbi_set_text(&use->bundle, table.name, err));
    return wbi_set_text(&use->table, wbi_at_text(&table), err);
}

static wb_status read_uses(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wb_project *project = field;
    WBI_TRY(wbi_at_want_list(at, err));
    size_t n = wbi_at_length(at);
    project->uses_said = true;
    project->uses = wbi_alloc_zeroed(n, sizeof *project->uses);
    if (project->uses == NULL)
        return wbi_fail_nomem(err, n * sizeof *project->uses);
    while (project->n_uses < n) {
        wbi_at use = wbi_at_child(at, project->n_uses);
        WBI_TRY(read_use(&project->uses[project->n_uses++], &use, err));
    }
    return WB_OK;
}

static wb_status write_use(json_t *list, const wbi_bundle_use *use, wb_error *err)
{
    if (use->table == NULL)
        return wbi_write_add(list, NULL, json_string(use->bundle), err);
    return wbi_write_add(list, NULL, json_pack("{s:s}", use->bundle, use->table), err);
}

static wb_status write_uses(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wb_project *project = field;
    if (!project->uses_said)
        return WB_OK;
    json_t *list = json_array();
    wb_status status = list != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < project->n_uses && status == WB_OK; i++)
        status = write_use(list, &project->uses[i], err);
    if (status == WB_OK)
        *out = list;
    else
        json_decref(list);
    return status;
}

/* ---- windows of one feature */

static const wbi_key window_keys[] = {{"from", &wbi_kind_span, offsetof(wbi_window, from_us), "all history",
                                       .meaning = "events from so long before the cutoff on"},
                                      {"to", &wbi_kind_duration, offsetof(wbi_window, to_us), "`0d`",
                                       .meaning = "events before so long before the cutoff"},
                                      {.name = NULL}};

static wb_status read_window(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_window *window = field;
    if (!wbi_at_is_mapping(at))
        return wbi_read_span(&window->from_us, at, err);
    WBI_TRY(wbi_read_mapping(window, at, key->children, err));
    if (window->from_us > 0 && window->from_us <= window->to_us)
        return wbi_at_fail(at, err, "must begin ('from') longer before the cutoff than it ends ('to')");
    return WB_OK;
}

static wb_status write_window(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    const wbi_window *window = field;
    if (window->to_us > 0)
        return wbi_write_mapping(out, field, key->children, err);
    return window->from_us > 0 ? wbi_write_duration(out, window->from_us, err) : WB_OK;
}

static const wbi_kind kind_window = {"duration > 0, or mapping", "", read_window, write_window};

/* ---- definitions */

static wb_status read_flag(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    return wbi_kind_bool.read(field, at, key, err);
}

/* Silent unless it is set. */
static wb_status write_flag(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return *(const bool *)field ? wbi_kind_bool.write(out, field, key, err) : WB_OK;
}

static const wbi_kind kind_flag = {"true or false", "", read_flag, write_flag};

#define AT(member) offsetof(wbi_feature_def, member)
static const wbi_key feature_keys[] = {
    {"name", &wbi_kind_name, AT(name), NULL, .meaning = "the feature's name", .required = true},
    {"table", &wbi_kind_name, AT(table), NULL, .meaning = "the table whose events it sums up"},
    {"agg", &wbi_kind_aggregate, AT(agg), NULL, .meaning = "how"},
    {"of", &wbi_kind_expression, AT(of), NULL, .meaning = "what, of each event; for aggregates of values"},
    {"where", &wbi_kind_expression, AT(where), NULL, .meaning = "which events"},
    {"window", &kind_window, AT(window), "all history", .meaning = "since when", .children = window_keys},
    {"after_last", &wbi_kind_name, AT(after_last), NULL,
     .meaning = "instead of a window: a table; only events later than the customer's last event there count, and without "
                "one the feature is missing"},
    {"within", &wbi_kind_span, AT(within_us), "up to the cutoff", .meaning = "with `after_last`: at most so much later"},
    {"expr", &wbi_kind_expression, AT(expr), NULL, .meaning = "computes the feature, instead, from other features"},
    {"reason", &wbi_kind_text, AT(reason), "its name",
     .meaning = "what somebody reads who asks for reasons: `large orders in the last 90 days`"},
    {"actionable", &kind_flag, AT(actionable), "`false`", .meaning = "whether that is a reason to act upon"},
    {.name = NULL}};
#undef AT

static bool is_of_values(wbi_aggregate agg)
{
    return agg >= WBI_AGG_SUM && agg <= WBI_AGG_SHARE;
}

static wb_status check_computed(const wbi_at *at, wb_error *err)
{
    static const char *const others[] = {"table", "agg", "of", "where", "window", "after_last", "within"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        wbi_at value;
        if (wbi_at_find(&value, at, others[i]))
            return wbi_at_fail(&value, err, "and 'expr' exclude each other");
    }
    return WB_OK;
}

static wb_status check_feature(const wbi_feature_def *feature, const wbi_at *at, wb_error *err)
{
    wbi_at value;
    if (feature->expr != NULL)
        return check_computed(at, err);
    if (feature->table == NULL)
        return wbi_at_fail(at, err, "needs the key 'table' (or 'expr') for %s", feature->name);
    if (feature->agg == WBI_AGG_NONE)
        return wbi_at_fail(at, err, "needs the key 'agg' for %s", feature->name);
    if (feature->after_last != NULL && wbi_at_find(&value, at, "window"))
        return wbi_at_fail(&value, err, "and 'after_last' exclude each other ('within' says how long after)");
    if (feature->after_last == NULL && wbi_at_find(&value, at, "within"))
        return wbi_at_fail(&value, err, "needs 'after_last'");
    if (is_of_values(feature->agg) && feature->of == NULL)
        return wbi_at_fail(at, err, "needs the key 'of' for %s: %s is of values", feature->name,
                           wbi_aggregate_name(feature->agg));
    if (!is_of_values(feature->agg) && wbi_at_find(&value, at, "of"))
        return wbi_at_fail(&value, err, "does nothing for %s, which looks at the events alone; 'where' chooses them",
                           wbi_aggregate_name(feature->agg));
    return WB_OK;
}

static int compare_features(const void *a, const void *b)
{
    return strcmp((*(const wbi_feature_def *const *)a)->name, (*(const wbi_feature_def *const *)b)->name);
}

static wb_status check_unique(const wb_project *project, const wbi_at *at, wb_error *err)
{
    size_t n = project->n_features;
    const wbi_feature_def **sorted = wbi_alloc_array(n, sizeof(*sorted));
    if (sorted == NULL)
        return wbi_fail_nomem(err, n * sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = &project->features[i];
    qsort(sorted, n, sizeof(*sorted), compare_features);
    wb_status status = WB_OK;
    for (size_t i = 1; i < n && status == WB_OK; i++) {
        if (compare_features(&sorted[i - 1], &sorted[i]) != 0)
            continue;
        size_t later = (size_t)((sorted[i] > sorted[i - 1] ? sorted[i] : sorted[i - 1]) - project->features);
        wbi_at feature = wbi_at_child(at, later), name;
        wbi_at_find(&name, &feature, "name");
        status = wbi_at_fail(&name, err, "'%s' is defined twice", sorted[i]->name);
    }
    wbi_free(sorted);
    return status;
}

static wb_status read_define(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_project *project = field;
    WBI_TRY(wbi_at_want_list(at, err));
    size_t n = wbi_at_length(at);
    project->features = wbi_alloc_zeroed(n, sizeof *project->features);
    if (project->features == NULL)
        return wbi_fail_nomem(err, n * sizeof *project->features);
    while (project->n_features < n) {
        wbi_at item = wbi_at_child(at, project->n_features);
        wbi_feature_def *feature = &project->features[project->n_features++];
        feature->line = wbi_at_line(&item);
        WBI_TRY(wbi_read_mapping(feature, &item, key->children, err));
        WBI_TRY(check_feature(feature, &item, err));
    }
    return check_unique(project, at, err);
}

static wb_status write_define(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    const wb_project *project = field;
    return project->n_features == 0 ? WB_OK
                                    : wbi_write_records(out, WBI_LISTED, project->features, project->n_features,
                                                        sizeof *project->features, key->children, err);
}

static const wbi_kind kind_uses = {"list of bundles, or of `bundle: table`", "", read_uses, write_uses};
static const wbi_kind kind_define = {"list of mappings", "[]", read_define, write_define};

const wbi_key wbi_features_keys[] = {
    {"windows", &wbi_kind_windows, 0, "`[30d, 90d, 180d, 365d]`",
     .meaning = "of the features that are counted in windows"},
    {"use", &kind_uses, 0, "all whose table is there",
     .meaning = "bundles of the catalogue: `rfm`, `tickets`, `profile`, …; `{rfm: purchases}` binds one to a table of "
                "another name"},
    {"define", &kind_define, 0, NULL, .meaning = "features of your own", .children = feature_keys},
    {.name = NULL}};
