/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi/periods.h"

#include <string.h>

#include "base/memory.h"

enum { DEFAULT_MONTHS = 12 };

/* The calendar month of an instant, from year 0, and the first moment of a month. */
static int64_t month_of(int64_t time_us, wbi_clock clock)
{
    int64_t year;
    unsigned month, day;
    wbi_civil_from_days(wbi_day_of(time_us, clock), &year, &month, &day);
    return 12 * year + month - 1;
}

static int64_t month_begin(int64_t month, wbi_clock clock)
{
    return wbi_day_begin(wbi_days_from_civil(month / 12, (unsigned)(month % 12) + 1, 1), clock);
}

static wbi_clock project_clock(const wbi_kpi_data *data)
{
    return (wbi_clock){data->project->zone_offset_s, data->project->zone};
}

/* Up to `to_us`, where that is said. */
static wb_kpi_period usual_range(const wbi_kpi_data *data, int64_t to_us)
{
    const wbi_clock clock = project_clock(data);
    const bool said = to_us != WB_TIME_MISSING;
    const int64_t first = month_of(data->first_us - 1, clock) + 1, last = month_of(said ? to_us : data->until_us, clock);
    const int64_t begin = last - first > DEFAULT_MONTHS ? last - DEFAULT_MONTHS : first;
    if (begin >= last)
        return (wb_kpi_period){wbi_day_begin(wbi_day_of(data->first_us, clock), clock), said ? to_us : data->until_us};
    return (wb_kpi_period){month_begin(begin, clock), said ? to_us : month_begin(last, clock)};
}

static wb_status check_range(const wb_kpi_period *range, const wbi_kpi_data *data, wb_error *err)
{
    char from[WB_TIME_CHARS], to[WB_TIME_CHARS], first[WB_TIME_CHARS], until[WB_TIME_CHARS];
    wb_time_format(range->from_us, from);
    wb_time_format(range->to_us, to);
    wb_time_format(data->first_us, first);
    wb_time_format(data->until_us, until);
    if (range->to_us <= data->first_us)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, to, strlen(to),
                           "the range ends at %s, not after the first order (%s)", to, first);
    if (range->from_us >= range->to_us)
        return wbi_fail_at(err, WB_ERR_ARGUMENT, (wbi_where){0}, from, strlen(from),
                           "the range begins at %s and ends at %s: it must begin before it ends", from, to);
    if (range->to_us > data->until_us)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, to, strlen(to),
                           "the range ends at %s, after the end of the data (%s)", to, until);
    return WB_OK;
}

static wb_status make_months(wb_kpi_cohorts *cohorts, const wb_kpi_period *range, wbi_clock clock, wb_error *err)
{
    const int64_t first = month_of(range->from_us, clock), last = month_of(range->to_us - 1, clock);
    if (last - first >= WBI_KPI_MONTHS)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the range has %lld months (at most %d)", (long long)(last - first + 1), WBI_KPI_MONTHS);
    const size_t n = (size_t)(last - first) + 1;
    cohorts->months = wbi_alloc_array(n, sizeof *cohorts->months);
    if (cohorts->months == NULL)
        return wbi_fail_nomem(err, n * sizeof *cohorts->months);
    cohorts->n_months = n;
    for (size_t m = 0; m < n; m++)
        cohorts->months[m] = (wb_kpi_period){month_begin(first + (int64_t)m, clock), month_begin(first + (int64_t)m + 1, clock)};
    cohorts->months[0].from_us = range->from_us;
    cohorts->months[n - 1].to_us = range->to_us;
    return WB_OK;
}

wb_status wbi_kpi_make_periods(wb_kpis *kpis, const wbi_kpi_data *data, const wb_kpi_options *options, wb_error *err)
{
    wb_kpi_period range = usual_range(data, options->to_us);
    if (options->from_us != WB_TIME_MISSING)
        range.from_us = options->from_us;
    WBI_TRY(check_range(&range, data, err));
    WBI_TRY(make_months(&kpis->cohorts, &range, project_clock(data), err));
    const size_t n_months = options->by_month ? kpis->cohorts.n_months : 0;
    kpis->periods = wbi_alloc_array(n_months + 1, sizeof *kpis->periods);
    if (kpis->periods == NULL)
        return wbi_fail_nomem(err, (n_months + 1) * sizeof *kpis->periods);
    kpis->n_periods = n_months + 1;
    kpis->periods[0] = range;
    if (n_months > 0)
        memcpy(kpis->periods + 1, kpis->cohorts.months, n_months * sizeof *kpis->periods);
    return WB_OK;
}
