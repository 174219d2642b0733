/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which group of a cap each customer is in. */
#include <string.h>

#include "base/memory.h"
#include "campaign/plan.h"
#include "campaign/settings.h"
#include "table/dictionary.h"

/* The caps of one column follow each other. */
static size_t n_of_column(const wb_campaign *s, size_t first)
{
    size_t n = 1;
    while (first + n < s->n_caps && strcmp(s->caps[first + n].column, s->caps[first].column) == 0)
        n++;
    return n;
}

static wb_status find_column(wbi_people_column *out, bool *is_segment, const wb_campaign_plan *plan, const char *name, wb_error *err)
{
    *out = wbi_people_find(&plan->people, name);
    *is_segment = out->where == WBI_PEOPLE_NOWHERE && strcmp(name, "segment") == 0 && wbi_plan_has_segments(plan);
    if (out->where != WBI_PEOPLE_NOWHERE || *is_segment)
        return WB_OK;
    return wbi_settings_fail(plan->project, err, "campaign.caps names the column '%.200s', which neither the scores nor the customers have%s",
                             name, strcmp(name, "segment") == 0 ? ", and there are no orders to make segments from" : "");
}

static wb_status code_rows(uint32_t *group, wbi_dictionary *values, const wb_campaign_plan *plan, const char *name, wb_error *err)
{
    char text[WBI_PEOPLE_PRINT_CHARS];
    wbi_people_column column;
    bool is_segment;
    int32_t code;
    WBI_TRY(find_column(&column, &is_segment, plan, name, err));
    for (size_t row = 0; row < plan->people.n; row++) {
        const wbi_str value = is_segment ? wbi_plan_segment(plan, row) : wbi_people_print(text, &plan->people, column, row);
        WBI_TRY(wbi_dictionary_intern(values, value.data, value.length, &code, err));
        group[row] = (uint32_t)code;
    }
    return WB_OK;
}

/* A cap on a value that nobody has is a slip of the pen, perhaps. */
static void set_most(uint64_t *most, const wbi_dictionary *values, const wb_campaign_cap *caps, size_t n, const wb_log *log)
{
    const size_t n_groups = wbi_dictionary_size(values);
    for (size_t g = 0; g < n_groups; g++)
        most[g] = caps[0].value == NULL ? caps[0].most : UINT64_MAX;
    for (size_t k = 0; k < n && caps[k].value != NULL; k++) {
        const int32_t code = wbi_dictionary_find(values, caps[k].value, strlen(caps[k].value));
        if (code >= 0)
            most[code] = caps[k].most;
        else if (n_groups > 0)
            wbi_log(log, WB_LOG_WARNING, "campaign.caps: no customer has the %.200s '%.200s'", caps[k].column, caps[k].value);
    }
}

static wb_status make_cap(wbi_cap *out, const wb_campaign_plan *plan, const wb_campaign_cap *caps, size_t n, const wb_log *log,
                          wb_error *err)
{
    wbi_dictionary *values = NULL;
    uint32_t *group = wbi_alloc_array(plan->people.n, sizeof *group);
    uint64_t *most = NULL;
    wb_status status = group != NULL ? wbi_dictionary_create(&values, err) : wbi_fail_nomem(err, plan->people.n * sizeof *group);
    if (status == WB_OK)
        status = code_rows(group, values, plan, caps[0].column, err);
    const size_t n_groups = status == WB_OK ? wbi_dictionary_size(values) : 0;
    if (status == WB_OK && (most = wbi_alloc_array(n_groups, sizeof *most)) == NULL)
        status = wbi_fail_nomem(err, n_groups * sizeof *most);
    if (status == WB_OK)
        set_most(most, values, caps, n, log);
    *out = (wbi_cap){group, most, n_groups};
    wbi_dictionary_free(values);
    return status;
}

wb_status wbi_plan_find_caps(wbi_plan_caps *out, const wb_campaign_plan *plan, const wb_read_options *reading, wb_error *err)
{
    const wb_campaign *s = &plan->summary.settings;
    out->caps = wbi_alloc_array(s->n_caps, sizeof *out->caps);
    if (out->caps == NULL)
        return wbi_fail_nomem(err, s->n_caps * sizeof *out->caps);
    for (size_t first = 0; first < s->n_caps; first += n_of_column(s, first))
        WBI_TRY(make_cap(&out->caps[out->n++], plan, &s->caps[first], n_of_column(s, first), reading->log, err));
    return WB_OK;
}

void wbi_plan_caps_free(wbi_plan_caps *caps)
{
    for (size_t c = 0; c < caps->n; c++) {
        wbi_free((void *)caps->caps[c].group);
        wbi_free((void *)caps->caps[c].most);
    }
    wbi_free(caps->caps);
}
