/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading a zone is made of. Private to base. */
#ifndef WINBACK_BASE_ZONE_PARTS_H
#define WINBACK_BASE_ZONE_PARTS_H

#include <stdbool.h>

#include "base/zone.h"

#define WBI_YEAR_1_S INT64_C(-62135596800)
#define WBI_YEAR_10000_S INT64_C(253402300800)

/* The offsets of a zone in the order of time: offset_s[i] from utc_s[i] on; utc_s[0] is before all times. Neighbours
 * differ. */
typedef struct wbi_periods {
    int64_t *utc_s;
    int32_t *offset_s;
    size_t n, capacity;
    size_t capacity_utc; /* of utc_s alone: they grow one after the other */
} wbi_periods;

/* As wbi_zone_open, from a tz database in some folder. */
WB_WARN_UNUSED wb_status wbi_zone_open_in(wbi_zone **out, const char *folder, const char *name, wb_error *err);

void wbi_periods_free(wbi_periods *periods);
/* A period from `utc_s` on, left out when it changes nothing; the caller sees to the order. */
WB_WARN_UNUSED wb_status wbi_periods_add(wbi_periods *periods, int64_t utc_s, int32_t offset_s, wb_error *err);

/* A day of each year: `day` 1 to 365 without 29 February, 0 to 365 with it, or the `week`-th `day` (0: Sunday) of `month`,
 * the 5th being the last. */
typedef struct wbi_zone_day {
    enum { WBI_DAY_JULIAN, WBI_DAY_COUNTED, WBI_DAY_OF_MONTH } kind;
    unsigned month, week, day;
    int32_t time_s; /* of the clocks before, from the day's first moment */
} wbi_zone_day;

/* What holds after the last transition that a file lists. */
typedef struct wbi_zone_rule {
    int32_t standard_s, summer_s;
    bool has_summer;
    wbi_zone_day begin, end; /* of summer time */
} wbi_zone_rule;

/* Reads a POSIX TZ text, with the extensions of RFC 8536 (hours up to ±167); false when it is none. */
bool wbi_zone_rule_read(wbi_zone_rule *rule, const char *text, size_t n);
/* Adds the periods that the rule makes in the years [first_year, end_year), as far as they begin after `after_s`. */
WB_WARN_UNUSED wb_status wbi_zone_rule_add(const wbi_zone_rule *rule, int64_t first_year, int64_t end_year,
                                           int64_t after_s, wbi_periods *periods, wb_error *err);

/* Makes the zone; takes over what `periods` holds, whatever happens. From `cycle_end_s` on (INT64_MAX: never) everything
 * is as 400 years before. */
WB_WARN_UNUSED wb_status wbi_zone_make(wbi_zone **out, const char *name, wbi_periods *periods, int64_t cycle_end_s,
                                       wb_error *err);

#endif
