/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/horizon.h"

#include <stdio.h>

#include "cli/json.h"

enum { N_SHARES = 3, SUGGESTED = 1, BAR_CHARS = 40, LABEL_CHARS = 4096 };

static const double shares[N_SHARES] = {0.8, 0.9, 0.95};
static const int64_t shown_days[] = {1, 7, 14, 30, 60, 90, 120, 180, 270, 365, 540, 730, 1095, 1460, 1825, 2555, 3650};

/* The estimate after so many days: that of the last point until then, NULL before the first. */
static const wb_return_point *point_at(const wb_return_curve *curve, int64_t days)
{
    const wb_return_point *point = NULL;
    for (size_t k = 0; k < curve->n_points && curve->points[k].days <= days; k++)
        point = &curve->points[k];
    return point;
}

static uint64_t at_risk_after(const wb_return_curve *curve, int64_t days)
{
    for (size_t k = 0; k < curve->n_points; k++)
        if (curve->points[k].days >= days)
            return curve->points[k].n_at_risk;
    return 0;
}

static void print_line(const wb_return_curve *curve, int64_t days)
{
    char count[CLI_TEXT_CHARS], bar[BAR_CHARS + 1];
    const wb_return_point *point = point_at(curve, days);
    double share = point == NULL ? 0 : point->returned_share;
    int n = (int)(share * BAR_CHARS + 0.5);
    for (int i = 0; i < n; i++)
        bar[i] = '#';
    bar[n] = '\0';
    printf("%8lld%12s%10.1f %%%22.1f %%%s%s\n", (long long)days, cli_count(count, at_risk_after(curve, days)),
           point == NULL ? 0.0 : 100 * point->returned, 100 * share, n > 0 ? "  " : "", bar);
}

static void print_curve(const wb_return_curve *curve)
{
    int64_t last = curve->points[curve->n_points - 1].days;
    printf("%8s%12s%12s%24s\n", "days", "at risk", "returned", "of those who return");
    for (size_t i = 0; i < sizeof shown_days / sizeof shown_days[0] && shown_days[i] < last; i++)
        print_line(curve, shown_days[i]);
    print_line(curve, last);
}

/* With `label`, the project's own but for the horizon. */
static void print_text(const wb_return_curve *curve, const char *label)
{
    char gaps[CLI_TEXT_CHARS], open[CLI_TEXT_CHARS], until[WB_TIME_CHARS];
    wb_time_format(curve->until_us, until);
    printf("time to the next event of %s (Kaplan-Meier): %s gaps between dates, %s of them open at the end of the data (%s)\n\n",
           curve->table, cli_count(gaps, curve->n_gaps), cli_count(open, curve->n_censored), until);
    print_curve(curve);
    printf("\n%.1f %% of gaps end, by this estimate. Of those, ", 100 * curve->ever);
    for (size_t i = 0; i < N_SHARES; i++)
        printf("%s%.0f %% end within %lld days", i == 0 ? "" : i + 1 < N_SHARES ? ", " : " and ", 100 * shares[i],
               (long long)wb_return_curve_days(curve, shares[i]));
    long long days = (long long)wb_return_curve_days(curve, shares[SUGGESTED]);
    printf(".\nA label that waits for %.0f %% of them: --horizon %lldd, or in the project file\n", 100 * shares[SUGGESTED],
           days);
    if (label == NULL)
        printf("  label: {name: churned, absent: %s, horizon: %lldd}\n", curve->table, days);
    else
        printf("  %s\n", label);
}

static void print_json(const wb_return_curve *curve)
{
    char until[WB_TIME_CHARS];
    json_t *horizons = json_array(), *points = json_array();
    wb_time_format(curve->until_us, until);
    for (size_t i = 0; i < N_SHARES; i++)
        json_array_append_new(horizons, json_pack("{s:f, s:I}", "share", shares[i], "days",
                                                  (json_int_t)wb_return_curve_days(curve, shares[i])));
    for (size_t k = 0; k < curve->n_points; k++) {
        const wb_return_point *p = &curve->points[k];
        json_array_append_new(points, json_pack("{s:I, s:I, s:I, s:f, s:f}", "days", (json_int_t)p->days, "at_risk",
                                                (json_int_t)p->n_at_risk, "ended", (json_int_t)p->n_returned,
                                                "returned", p->returned, "of_those_who_return", p->returned_share));
    }
    json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:I, s:o, s:o}", "table", curve->table, "data_until", until,
                             "customers", (json_int_t)curve->n_customers, "gaps", (json_int_t)curve->n_gaps, "open",
                             (json_int_t)curve->n_censored, "ever_returned", curve->ever, "suggested_days",
                             (json_int_t)wb_return_curve_days(curve, shares[SUGGESTED]), "horizons", horizons, "curve",
                             points);
    cli_print_json(json);
}

wb_status cli_suggest_horizon(const wb_engine *engine, const cli_common *common, wb_error *err)
{
    wb_return_curve curve;
    char label[LABEL_CHARS] = "";
    const wb_project *project = wb_engine_project(engine);
    wb_status status = wb_return_curve_compute(&curve, engine, err);
    if (status != WB_OK)
        return status;
    if (wb_project_label(project, NULL, NULL) != NULL)
        status = wb_project_print_label(label, sizeof label, project,
                                        wb_return_curve_days(&curve, shares[SUGGESTED]) * WB_DAY_US, err);
    if (status == WB_OK && common->json)
        print_json(&curve);
    else if (status == WB_OK)
        print_text(&curve, label[0] != '\0' ? label : NULL);
    wb_return_curve_clear(&curve);
    return status;
}
