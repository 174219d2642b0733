/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/audit.h"

#include <stdio.h>
#include <string.h>

#include "cli/training.h"

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* What stands for a value in a sentence. */
static const char *shown(const char *value)
{
    return value[0] == '\0' ? "missing" : value;
}

static void print_moved(const wb_moved_feature *moved, size_t n, const char *before, const char *after)
{
    for (size_t k = 0; k < n; k++) {
        const wb_moved_feature *m = &moved[k];
        char cutoff[WB_TIME_CHARS], count[CLI_TEXT_CHARS];
        wb_time_format(m->cutoff_us, cutoff);
        printf("  %s (%s%s): %s row%s; customer %s at %s: %s %s, %s %s\n", m->feature == NULL ? "population" : m->feature,
               m->table == NULL ? "from other features" : "table ", m->table == NULL ? "" : m->table,
               cli_count(count, m->n_rows), plural(m->n_rows), m->customer, cutoff, shown(m->before), before,
               shown(m->after), after);
    }
}

static json_t *moved_json(const wb_moved_feature *moved, size_t n)
{
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++) {
        char cutoff[WB_TIME_CHARS];
        wb_time_format(moved[k].cutoff_us, cutoff);
        json_array_append_new(list, json_pack("{s:s?, s:s?, s:I, s:s, s:s, s:s, s:s}", "feature", moved[k].feature, "table",
                                              moved[k].table, "rows", (json_int_t)moved[k].n_rows, "customer",
                                              moved[k].customer, "cutoff", cutoff, "before", moved[k].before, "after",
                                              moved[k].after));
    }
    return list;
}

static void print_assumed(const wb_audit *audit)
{
    if (audit->n_assumed == 0)
        return;
    printf("\nassumed known at event time (no known_at says when):\n");
    for (size_t k = 0; k < audit->n_assumed; k++) {
        const wb_assumed_column *a = &audit->assumed[k];
        if (a->feature == NULL)
            printf("  %s.%s   which rows or customers count", a->table, a->column);
        else
            printf("  %s.%s   %zu feature%s: %s%s", a->table, a->column, a->n_features, plural(a->n_features), a->feature,
                   a->n_features > 1 ? ", …" : "");
        printf("%s\n", a->at_every_cutoff ? "   (at every cutoff: the table has no time)" : "");
    }
    printf("a column that is written once, with its event, is rightly so; --audit-against OLD finds those that are not\n");
}

/* Features that are missing more often at the end (`more`), or less often. */
static void print_missing(const wb_audit *audit, bool more, const char *why)
{
    char until[WB_TIME_CHARS];
    bool any = false;
    wb_time_format(audit->until_us, until);
    for (size_t k = 0; k < audit->n_missing; k++) {
        const wb_missing_shares *m = &audit->missing[k];
        if (!m->differ || (m->at_end > m->at_cutoffs) != more)
            continue;
        if (!any)
            printf("\nmissing %s often at the end of the data (%s) than at the cutoffs (%s):\n", more ? "more" : "less",
                   until, why);
        any = true;
        printf("  %s   %.1f %% at the cutoffs, %.1f %% at the end\n", m->feature, 100 * m->at_cutoffs, 100 * m->at_end);
    }
}

static void print_audit(const wb_audit *audit)
{
    char rows[CLI_TEXT_CHARS];
    if (audit->n_moved == 0)
        printf("audit passed: %s row%s at %zu cutoff%s come out the same without what was not known then\n",
               cli_count(rows, audit->n_rows), plural(audit->n_rows), audit->n_cutoffs, plural(audit->n_cutoffs));
    else
        printf("audit failed: of %s row%s at %zu cutoff%s, these change without what was not known then:\n",
               cli_count(rows, audit->n_rows), plural(audit->n_rows), audit->n_cutoffs, plural(audit->n_cutoffs));
    print_moved(audit->moved, audit->n_moved, "with it", "without");
    print_assumed(audit);
    print_missing(audit, true, "as what is filled in later is");
    print_missing(audit, false, "history has grown, or a column is new");
}

static json_t *audit_json(const wb_audit *audit)
{
    char until[WB_TIME_CHARS];
    json_t *assumed = json_array(), *missing = json_array();
    wb_time_format(audit->until_us, until);
    for (size_t k = 0; k < audit->n_assumed; k++) {
        const wb_assumed_column *a = &audit->assumed[k];
        json_array_append_new(assumed, json_pack("{s:s, s:s, s:I, s:s?, s:b}", "table", a->table, "column", a->column,
                                                 "features", (json_int_t)a->n_features, "first", a->feature,
                                                 "at_every_cutoff", a->at_every_cutoff));
    }
    for (size_t k = 0; k < audit->n_missing; k++) {
        const wb_missing_shares *m = &audit->missing[k];
        json_array_append_new(missing, json_pack("{s:s, s:o, s:o, s:b}", "feature", m->feature, "at_cutoffs",
                                                 cli_number_json(m->at_cutoffs), "at_end", cli_number_json(m->at_end),
                                                 "differ", m->differ));
    }
    return json_pack("{s:b, s:I, s:I, s:s, s:o, s:o, s:o}", "passed", audit->n_moved == 0, "rows",
                     (json_int_t)audit->n_rows, "cutoffs", (json_int_t)audit->n_cutoffs, "data_until", until, "moved",
                     moved_json(audit->moved, audit->n_moved), "assumed_known", assumed, "missing", missing);
}

wb_status cli_audit(const wb_engine *engine, const wb_features *features, const cli_common *common,
                    const wb_read_options *reading, json_t **json, bool *failed, wb_error *err)
{
    wb_audit audit;
    cli_step step = cli_step_begin(common);
    wb_status status = wb_audit_features(&audit, engine, features, reading, err);
    if (status != WB_OK)
        return status;
    cli_step_end(&step, "audit", "%zu cutoff%s computed again", audit.n_cutoffs, plural(audit.n_cutoffs));
    if (common->json)
        *json = audit_json(&audit);
    else
        print_audit(&audit);
    *failed = *failed || audit.n_moved > 0;
    wb_audit_clear(&audit);
    return WB_OK;
}

static const char *type_name(wb_type type)
{
    return type == WB_TYPE_NUMBER ? "number" : type == WB_TYPE_TIME ? "time" : "category";
}

/* The line of the project file that declares what was found; "" when nothing is known to help. */
static void print_remedy(char *text, size_t size, const wb_changed_column *c)
{
    char delay[WB_TIME_CHARS], type[32] = "";
    text[0] = '\0';
    if (!c->declared && c->column != NULL)
        snprintf(type, sizeof type, "type: %s, ", type_name(c->type));
    if (c->kind == WB_CHANGE_LATER && c->delay_us > 0) {
        wb_duration_format(c->delay_us, delay);
        snprintf(text, size, "tables: {%s: {delay: %s}}", c->table, delay);
    } else if (c->kind == WB_CHANGE_VALUE && c->known_at != NULL) {
        snprintf(text, size, "tables: {%s: {columns: {%s: {%sknown_at: %s}}}}", c->table, c->column, type, c->known_at);
    }
}

/* What to write, or why nobody can say. */
static void print_advice(const wb_changed_column *c)
{
    char remedy[1024], changed[CLI_TEXT_CHARS], explained[CLI_TEXT_CHARS], part[2 * CLI_TEXT_CHARS + 32] = "";
    print_remedy(remedy, sizeof remedy, c);
    if (c->kind == WB_CHANGE_LATER && c->n_explained < c->n_changed)
        snprintf(part, sizeof part, "  (it covers %s of the %s)", cli_count(explained, c->n_explained),
                 cli_count(changed, c->n_changed));
    if (remedy[0] != '\0')
        printf("    write  %s%s\n", remedy, part);
    else if (c->kind == WB_CHANGE_LATER)
        printf("    no delay explains it: most other rows of that time were there\n");
    else if (c->kind == WB_CHANGE_VALUE && c->n_filled < c->n_changed)
        printf("    it is overwritten, and no known_at can tell when: leave %s out, or export its history\n", c->column);
    else if (c->kind == WB_CHANGE_VALUE)
        printf("    no time column of %s explains it: known_at: the time at which %s is written, or leave it out\n", c->table,
               c->column);
}

static void print_change(const wb_changed_column *c)
{
    char changed[CLI_TEXT_CHARS], rows[CLI_TEXT_CHARS], time[WB_TIME_CHARS];
    wb_time_format(c->time_us, time);
    const char *at = time[0] == '\0' ? "" : " at ";
    cli_count(changed, c->n_changed);
    cli_count(rows, c->n_rows);
    if (c->kind == WB_CHANGE_VALUE)
        printf("  %s.%s: %s of %s rows differ, %llu of them empty before; customer %s%s%s: %s before, %s now\n", c->table,
               c->column, changed, rows, (unsigned long long)c->n_filled, c->customer, at, time, shown(c->before),
               shown(c->after));
    else if (c->kind == WB_CHANGE_LATER && c->delay_us == 0)
        printf("  %s: %s row%s of the newer export, before that, %s not in the older one; customer %s%s%s\n", c->table,
               changed, plural(c->n_changed), c->n_changed == 1 ? "is" : "are", c->customer, at, time);
    else
        printf("  %s: %s row%s %s; customer %s%s%s\n", c->table, changed, plural(c->n_changed),
               c->kind == WB_CHANGE_LATER ? "came later" : "are gone now", c->customer, at, time);
    print_advice(c);
}

static void print_export_audit(const wb_export_audit *audit)
{
    char cutoff[WB_TIME_CHARS], rows[CLI_TEXT_CHARS];
    wb_time_format(audit->cutoff_us, cutoff);
    if (audit->n_changed == 0 && audit->n_moved == 0) {
        printf("both exports tell the same of what was known before %s: %s row%s of features are equal\n", cutoff,
               cli_count(rows, audit->n_rows), plural(audit->n_rows));
        return;
    }
    printf("the exports differ in what was known before %s:\n", cutoff);
    for (size_t k = 0; k < audit->n_changed; k++)
        print_change(&audit->changed[k]);
    if (audit->n_changed == 0)
        printf("  no row or cell that both have; a table without time has got rows since\n");
    if (audit->n_moved > 0)
        printf("so these features change, of %s row%s:\n", cli_count(rows, audit->n_rows), plural(audit->n_rows));
    print_moved(audit->moved, audit->n_moved, "before", "now");
}

static json_t *change_json(const wb_changed_column *c)
{
    static const char *const kinds[] = {"value", "later", "gone"};
    char time[WB_TIME_CHARS], remedy[1024];
    wb_time_format(c->time_us, time);
    print_remedy(remedy, sizeof remedy, c);
    return json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I, s:s?, s:I, s:s, s:s, s:s, s:s, s:s}", "kind", kinds[c->kind], "table",
                     c->table, "column", c->column, "rows", (json_int_t)c->n_rows, "differ", (json_int_t)c->n_changed,
                     "empty_before", (json_int_t)c->n_filled, "known_at", c->known_at,
                     "explained", (json_int_t)c->n_explained, "customer", c->customer, "time",
                     time, "before", c->before, "after", c->after, "write", remedy);
}

static json_t *export_audit_json(const wb_export_audit *audit)
{
    char cutoff[WB_TIME_CHARS];
    json_t *changed = json_array();
    wb_time_format(audit->cutoff_us, cutoff);
    for (size_t k = 0; k < audit->n_changed; k++)
        json_array_append_new(changed, change_json(&audit->changed[k]));
    return json_pack("{s:b, s:s, s:I, s:o, s:o}", "passed", audit->n_changed == 0 && audit->n_moved == 0, "cutoff",
                     cutoff, "rows", (json_int_t)audit->n_rows, "changed", changed, "moved",
                     moved_json(audit->moved, audit->n_moved));
}

wb_status cli_audit_against(const wb_engine *engine, const wb_project *old, const cli_common *common,
                            const wb_read_options *reading, json_t **json, bool *failed, wb_error *err)
{
    wb_export_audit audit;
    cli_step step = cli_step_begin(common);
    wb_status status = wb_audit_against(&audit, engine, old, reading, err);
    if (status != WB_OK)
        return status;
    cli_step_end(&step, "audit", "compared with the older export");
    if (common->json)
        *json = export_audit_json(&audit);
    else
        print_export_audit(&audit);
    *failed = *failed || audit.n_changed > 0 || audit.n_moved > 0;
    wb_export_audit_clear(&audit);
    return WB_OK;
}
