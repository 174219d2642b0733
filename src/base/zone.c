/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/zone.h"

#include <stdatomic.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/zone_parts.h"

/* A bucket is 2^22 seconds, about 48 days: zones have at most a few transitions in one. */
enum { BUCKET_BITS = 22 };
static const int64_t era_s = INT64_C(146097) * 86400; /* 400 years, whole weeks */

/* Where periods begin on one clock, and for each bucket the period at its first moment. */
typedef struct timeline {
    int64_t *start_s; /* by period; that of the first is before all times */
    uint32_t *period; /* by bucket */
    int64_t origin_s;
    size_t n_buckets;
} timeline;

struct wbi_zone {
    atomic_uint n_holders;
    char *name;
    int32_t *offset_s; /* by period */
    size_t n;
    timeline utc, local;
    int64_t cycle_end_s;
};

void wbi_periods_free(wbi_periods *periods)
{
    wbi_free(periods->utc_s);
    wbi_free(periods->offset_s);
    *periods = (wbi_periods){0};
}

wb_status wbi_periods_add(wbi_periods *p, int64_t utc_s, int32_t offset_s, wb_error *err)
{
    if (p->n > 0 && p->offset_s[p->n - 1] == offset_s)
        return WB_OK;
    WBI_TRY(wbi_array_grow(&p->utc_s, &p->capacity_utc, p->n, sizeof *p->utc_s, err));
    WBI_TRY(wbi_array_grow(&p->offset_s, &p->capacity, p->n, sizeof *p->offset_s, err));
    p->utc_s[p->n] = utc_s;
    p->offset_s[p->n++] = offset_s;
    return WB_OK;
}

wbi_zone *wbi_zone_share(wbi_zone *zone)
{
    atomic_fetch_add(&zone->n_holders, 1);
    return zone;
}

void wbi_zone_free(wbi_zone *zone)
{
    if (zone == NULL || atomic_fetch_sub(&zone->n_holders, 1) > 1)
        return;
    wbi_free(zone->name);
    wbi_free(zone->offset_s);
    wbi_free(zone->utc.start_s);
    wbi_free(zone->utc.period);
    wbi_free(zone->local.start_s);
    wbi_free(zone->local.period);
    wbi_free(zone);
}

const char *wbi_zone_name(const wbi_zone *zone)
{
    return zone->name;
}

/* Fills the buckets of a timeline whose starts ascend. */
static wb_status index_timeline(timeline *t, size_t n, wb_error *err)
{
    t->origin_s = n > 1 ? t->start_s[1] : 0;
    t->n_buckets = n > 1 ? (size_t)((t->start_s[n - 1] - t->origin_s) >> BUCKET_BITS) + 1 : 1;
    t->period = wbi_alloc_array(t->n_buckets, sizeof *t->period);
    if (t->period == NULL)
        return wbi_fail_nomem(err, t->n_buckets * sizeof *t->period);
    uint32_t period = 0;
    for (size_t b = 0; b < t->n_buckets; b++) {
        int64_t first_s = t->origin_s + ((int64_t)b << BUCKET_BITS);
        while (period + 1 < n && t->start_s[period + 1] <= first_s)
            period++;
        t->period[b] = period;
    }
    return WB_OK;
}

/* Clocks enter a period when they show the later of what they showed before it and show in it: so what they leap over
 * and what they show twice both belong to the period before. */
static wb_status make_local(timeline *local, const timeline *utc, const int32_t *offset_s, size_t n, wb_error *err)
{
    local->start_s = wbi_alloc_array(n, sizeof *local->start_s);
    if (local->start_s == NULL)
        return wbi_fail_nomem(err, n * sizeof *local->start_s);
    local->start_s[0] = INT64_MIN;
    for (size_t i = 1; i < n; i++) {
        int64_t start_s = utc->start_s[i] + (offset_s[i] > offset_s[i - 1] ? offset_s[i] : offset_s[i - 1]);
        local->start_s[i] = start_s > local->start_s[i - 1] ? start_s : local->start_s[i - 1];
    }
    return index_timeline(local, n, err);
}

wb_status wbi_zone_make(wbi_zone **out, const char *name, wbi_periods *periods, int64_t cycle_end_s, wb_error *err)
{
    wbi_zone *zone = wbi_alloc_zeroed(1, sizeof *zone);
    if (zone == NULL) {
        wbi_periods_free(periods);
        return wbi_fail_nomem(err, sizeof *zone);
    }
    wb_status status;
    atomic_init(&zone->n_holders, 1);
    zone->utc.start_s = periods->utc_s;
    zone->offset_s = periods->offset_s;
    zone->n = periods->n;
    zone->cycle_end_s = cycle_end_s;
    *periods = (wbi_periods){0};
    zone->name = wbi_strdup(name);
    WBI_TRY_CLEANUP(zone->name != NULL ? WB_OK : wbi_fail_nomem(err, strlen(name) + 1));
    WBI_TRY_CLEANUP(index_timeline(&zone->utc, zone->n, err));
    WBI_TRY_CLEANUP(make_local(&zone->local, &zone->utc, zone->offset_s, zone->n, err));
cleanup:
    if (status == WB_OK)
        *out = zone;
    else
        wbi_zone_free(zone);
    return status;
}

static int32_t find(const wbi_zone *zone, const timeline *t, int64_t at_s)
{
    if (at_s >= zone->cycle_end_s)
        at_s -= ((at_s - zone->cycle_end_s) / era_s + 1) * era_s;
    if (zone->n == 1 || at_s < t->origin_s)
        return zone->offset_s[0];
    size_t bucket = (size_t)((at_s - t->origin_s) >> BUCKET_BITS);
    size_t period = t->period[bucket < t->n_buckets ? bucket : t->n_buckets - 1];
    while (period + 1 < zone->n && t->start_s[period + 1] <= at_s)
        period++;
    return zone->offset_s[period];
}

int32_t wbi_zone_offset_at(const wbi_zone *zone, int64_t time_us)
{
    return find(zone, &zone->utc, time_us / 1000000 - (time_us % 1000000 < 0));
}

int32_t wbi_zone_offset_of(const wbi_zone *zone, int64_t local_s)
{
    return find(zone, &zone->local, local_s);
}
