/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/catalogue.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"

typedef enum entry_windows {
    ALL_HISTORY = 0, /* one feature over everything before the cutoff */
    EACH_WINDOW,     /* that, and one more for every window of the project */
    LAST_90_DAYS     /* one feature over [cutoff - 90d, cutoff) */
} entry_windows;

/* In texts, '@' stands for the table's name and '#' for its time column. */
typedef struct entry {
    const char *bundle;
    const char *name; /* behind "<table>_" */
    wbi_aggregate aggregate;
    const char *of, *where;
    const char *expr; /* over other features of the bundle */
    entry_windows windows;
} entry;

static const entry entries[] = {
    {"rfm", "days_since_last", WBI_AGG_DAYS_SINCE_LAST, NULL, NULL, NULL, ALL_HISTORY},
    {"rfm", "days_since_first", WBI_AGG_DAYS_SINCE_FIRST, NULL, NULL, NULL, ALL_HISTORY},
    {"rfm", "count", WBI_AGG_COUNT, NULL, NULL, NULL, EACH_WINDOW},
    {"rfm", "amount_sum", WBI_AGG_SUM, "amount", NULL, NULL, EACH_WINDOW},
    {"rfm", "amount_mean", WBI_AGG_MEAN, "amount", NULL, NULL, ALL_HISTORY},
    {"rfm", "amount_min", WBI_AGG_MIN, "amount", NULL, NULL, ALL_HISTORY},
    {"rfm", "amount_max", WBI_AGG_MAX, "amount", NULL, NULL, ALL_HISTORY},
    {"rfm", "amount_std", WBI_AGG_STD, "amount", NULL, NULL, ALL_HISTORY},
    {"rfm", "amount_median", WBI_AGG_MEDIAN, "amount", NULL, NULL, ALL_HISTORY},
    {"rfm", "amount_last", WBI_AGG_LAST, "amount", NULL, NULL, ALL_HISTORY},
    {"rfm", "active_days", WBI_AGG_ACTIVE_DAYS, NULL, NULL, NULL, ALL_HISTORY},
    {"rfm", "trend_90d", WBI_AGG_TREND, NULL, NULL, NULL, LAST_90_DAYS},
    {"rfm", "gap_days_mean", WBI_AGG_GAP_DAYS_MEAN, NULL, NULL, NULL, ALL_HISTORY},
    {"rfm", "gap_days_std", WBI_AGG_GAP_DAYS_STD, NULL, NULL, NULL, ALL_HISTORY},
    {"rfm", "gap_days_max", WBI_AGG_GAP_DAYS_MAX, NULL, NULL, NULL, ALL_HISTORY},
    {"rfm", "overdue_ratio", WBI_AGG_NONE, NULL, NULL, "@_days_since_last / @_gap_days_mean", ALL_HISTORY},
    {"rfm", "discount_share", WBI_AGG_SHARE, "coalesce(discount, 0) > 0", NULL, NULL, ALL_HISTORY},
    {"rfm", "channel_distinct", WBI_AGG_DISTINCT, "channel", NULL, NULL, ALL_HISTORY},

    {"tickets", "count", WBI_AGG_COUNT, NULL, NULL, NULL, EACH_WINDOW},
    {"tickets", "days_since_last", WBI_AGG_DAYS_SINCE_LAST, NULL, NULL, NULL, ALL_HISTORY},
    {"tickets", "open", WBI_AGG_COUNT, NULL, "resolved_at is null", NULL, ALL_HISTORY},
    {"tickets", "unanswered", WBI_AGG_COUNT, NULL, "first_reply_at is null", NULL, ALL_HISTORY},
    {"tickets", "oldest_open_days", WBI_AGG_MAX, "days(cutoff - #)", "resolved_at is null", NULL, ALL_HISTORY},
    {"tickets", "first_reply_hours_mean", WBI_AGG_MEAN, "hours(least(first_reply_at, cutoff) - #)", NULL, NULL,
     ALL_HISTORY},
    {"tickets", "first_reply_hours_max", WBI_AGG_MAX, "hours(least(first_reply_at, cutoff) - #)", NULL, NULL,
     ALL_HISTORY},
    {"tickets", "resolution_hours_mean", WBI_AGG_MEAN, "hours(least(resolved_at, cutoff) - #)", NULL, NULL, ALL_HISTORY},
    {"tickets", "resolution_hours_max", WBI_AGG_MAX, "hours(least(resolved_at, cutoff) - #)", NULL, NULL, ALL_HISTORY},
    {"tickets", "reopened_share", WBI_AGG_SHARE, "reopens > 0", NULL, NULL, ALL_HISTORY},
    {"tickets", "high_priority_share", WBI_AGG_SHARE, "lower(priority) in ('high', 'urgent')", NULL, NULL, ALL_HISTORY},
    {"tickets", "csat_mean", WBI_AGG_MEAN, "csat", NULL, NULL, ALL_HISTORY},
    {"tickets", "csat_min", WBI_AGG_MIN, "csat", NULL, NULL, ALL_HISTORY},
    {"tickets", "rated_share", WBI_AGG_SHARE, "csat is not null", NULL, NULL, ALL_HISTORY},
    {"tickets", "trend_90d", WBI_AGG_TREND, NULL, NULL, NULL, LAST_90_DAYS},
};

static const struct {
    const char *name, *table;
} bundles[] = {{"rfm", "orders"}, {"tickets", "tickets"}, {"profile", "customers"}};

enum { N_BUNDLES = sizeof bundles / sizeof bundles[0], TEXT_CHARS = 512 };

const char *wbi_catalogue_table(const char *bundle)
{
    for (size_t i = 0; i < N_BUNDLES; i++)
        if (strcmp(bundles[i].name, bundle) == 0)
            return bundles[i].table;
    return NULL;
}

size_t wbi_catalogue_bundles(const char **names, size_t size)
{
    for (size_t i = 0; i < N_BUNDLES && i < size; i++)
        names[i] = bundles[i].name;
    return N_BUNDLES;
}

static void free_definition(wbi_feature_def *def)
{
    wbi_free(def->name);
    wbi_free(def->table);
    wbi_free(def->of);
    wbi_free(def->where);
    wbi_free(def->expr);
}

void wbi_definitions_free(wbi_definitions *definitions)
{
    for (size_t i = 0; i < definitions->n; i++)
        free_definition(&definitions->items[i]);
    wbi_free(definitions->items);
    *definitions = (wbi_definitions){0};
}

static bool copy_text(char **to, const char *from)
{
    *to = from == NULL ? NULL : wbi_strdup(from);
    return from == NULL || *to != NULL;
}

wb_status wbi_definitions_add(wbi_definitions *definitions, const wbi_feature_def *def, wb_error *err)
{
    for (size_t i = 0; i < definitions->n; i++)
        if (strcmp(definitions->items[i].name, def->name) == 0)
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, def->line, 0}, def->name, strlen(def->name),
                               "two features are called '%s'", def->name);
    WBI_TRY(wbi_array_grow(&definitions->items, &definitions->capacity, definitions->n, sizeof *definitions->items, err));
    wbi_feature_def copy = *def;
    copy.name = copy.table = copy.of = copy.where = copy.expr = NULL;
    if (!copy_text(&copy.name, def->name) || !copy_text(&copy.table, def->table) || !copy_text(&copy.of, def->of) ||
        !copy_text(&copy.where, def->where) || !copy_text(&copy.expr, def->expr)) {
        free_definition(&copy);
        return wbi_fail_nomem(err, strlen(def->name));
    }
    definitions->items[definitions->n++] = copy;
    return WB_OK;
}

void wbi_notes_free(wbi_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++)
        wbi_free(notes->items[i]);
    wbi_free(notes->items);
    *notes = (wbi_notes){0};
}

static wb_status note(wbi_notes *notes, const char *name, const char *table, const char *missing, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&notes->items, &notes->capacity, notes->n, sizeof *notes->items, err));
    char text[2 * TEXT_CHARS];
    snprintf(text, sizeof text, "%s: table %s has no column %s", name, table, missing);
    notes->items[notes->n] = wbi_strdup(text);
    if (notes->items[notes->n] == NULL)
        return wbi_fail_nomem(err, sizeof text);
    notes->n++;
    return WB_OK;
}

/* Writes `pattern` with '@' and '#' replaced; NULL stays NULL. */
static char *spell_out(char *text, const char *pattern, const wbi_table_def *table)
{
    if (pattern == NULL)
        return NULL;
    size_t n = 0;
    for (const char *p = pattern; *p != '\0'; p++) {
        const char *put = *p == '@' ? table->name : *p == '#' ? (table->time != NULL ? table->time : "time") : NULL;
        if (put == NULL)
            text[n++] = *p;
        else
            n += (size_t)snprintf(text + n, TEXT_CHARS - n, "%s", put);
        if (n >= TEXT_CHARS - 1)
            break;
    }
    text[n < TEXT_CHARS ? n : TEXT_CHARS - 1] = '\0';
    return text;
}

static bool has_definition(const wbi_definitions *definitions, const char *name)
{
    for (size_t i = 0; i < definitions->n; i++)
        if (strcmp(definitions->items[i].name, name) == 0)
            return true;
    return false;
}

/* Whether what the definition reads is there; else the name of what is not. */
static wb_status check_possible(const wbi_definitions *definitions, const wbi_feature_def *def,
                                const wbi_binding *binding, bool *possible, char missing[64], wb_error *err)
{
    *possible = true;
    if (def->of != NULL)
        WBI_TRY(wbi_binding_can(binding, def->of, possible, missing, err));
    if (*possible && def->where != NULL)
        WBI_TRY(wbi_binding_can(binding, def->where, possible, missing, err));
    if (def->expr == NULL)
        return WB_OK;
    wbi_expr *expr;
    missing[0] = '\0';
    WBI_TRY(wbi_expr_parse(&expr, def->expr, (wbi_where){0}, err));
    for (size_t k = 0; k < wbi_expr_n_names(expr) && *possible; k++) {
        *possible = has_definition(definitions, wbi_expr_name(expr, k));
        if (!*possible)
            strncat(missing, wbi_expr_name(expr, k), 63);
    }
    wbi_expr_free(expr);
    return WB_OK;
}

static wb_status add_entry(wbi_definitions *definitions, wbi_notes *left_out, const entry *e, wbi_window window,
                           const wbi_binding *binding, wb_error *err)
{
    char name[TEXT_CHARS], of[TEXT_CHARS], where[TEXT_CHARS], expr[TEXT_CHARS], duration[WB_TIME_CHARS] = "",
        missing[64];
    const wbi_table_def *table = binding->def;
    if (e->windows == EACH_WINDOW && window.from_us > 0)
        wb_duration_format(window.from_us, duration);
    snprintf(name, sizeof name, "%s_%s%s%s", table->name, e->name, duration[0] != '\0' ? "_" : "", duration);
    wbi_feature_def def = {.name = name,
                           .table = e->expr == NULL ? table->name : NULL,
                           .agg = e->aggregate,
                           .of = spell_out(of, e->of, table),
                           .where = spell_out(where, e->where, table),
                           .expr = spell_out(expr, e->expr, table),
                           .window = window};
    bool possible;
    WBI_TRY(check_possible(definitions, &def, binding, &possible, missing, err));
    if (!possible)
        return note(left_out, name, table->name, missing, err);
    return wbi_definitions_add(definitions, &def, err);
}

static wb_status add_in_windows(wbi_definitions *definitions, wbi_notes *left_out, const entry *e,
                                const wbi_binding *binding, const wb_project *project, wb_error *err)
{
    wbi_window window = {e->windows == LAST_90_DAYS ? 90 * WB_DAY_US : 0, 0};
    WBI_TRY(add_entry(definitions, left_out, e, window, binding, err));
    if (e->windows != EACH_WINDOW)
        return WB_OK;
    for (size_t w = 0; w < project->n_windows; w++)
        WBI_TRY(add_entry(definitions, left_out, e, (wbi_window){project->windows_us[w], 0}, binding, err));
    return WB_OK;
}

/* Attributes of the customer: what is constant or has a time from which it is known; and the age of the account. */
static wb_status add_profile(wbi_definitions *definitions, const wbi_binding *binding, wb_error *err)
{
    static char age_name[] = "account_age_days", age[] = "days(cutoff - signup_date)";
    const wbi_table_def *table = binding->def;
    if (wbi_binding_slot(binding, "signup_date", WBI_EXPR_TIME) != WBI_NO_SLOT) {
        wbi_feature_def def = {.name = age_name, .table = table->name, .agg = WBI_AGG_LAST, .of = age};
        WBI_TRY(wbi_definitions_add(definitions, &def, err));
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        const wbi_column_def *column = &table->columns[i];
        size_t slot = wbi_binding_slot(binding, column->name, WBI_EXPR_ANY);
        if (slot == WBI_NO_SLOT || (!column->fixed && column->known_at == NULL) ||
            (binding->slots[slot].type != WBI_EXPR_NUMBER && binding->slots[slot].type != WBI_EXPR_TEXT))
            continue;
        wbi_feature_def def = {
            .name = column->name, .table = table->name, .agg = WBI_AGG_LAST, .of = column->name, .line = column->line};
        WBI_TRY(wbi_definitions_add(definitions, &def, err));
    }
    return WB_OK;
}

wb_status wbi_catalogue_expand(wbi_definitions *definitions, wbi_notes *left_out, const char *bundle,
                               const wbi_binding *binding, const wb_project *project, wb_error *err)
{
    if (strcmp(bundle, "profile") == 0)
        return add_profile(definitions, binding, err);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (strcmp(entries[i].bundle, bundle) == 0)
            WBI_TRY(add_in_windows(definitions, left_out, &entries[i], binding, project, err));
    return WB_OK;
}
