/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times from text: ISO 8601, strptime-like formats, unix seconds and milliseconds. */
#ifndef WINBACK_BASE_TIME_H
#define WINBACK_BASE_TIME_H

#include <stdbool.h>
#include <winback/time.h>

#include "base/error.h"
#include "base/zone.h"

typedef enum wbi_time_kind { WBI_TIME_ISO = 0, WBI_TIME_FORMAT, WBI_TIME_UNIX, WBI_TIME_UNIX_MS } wbi_time_kind;

enum { WBI_TIME_FORMAT_CHARS = 64 };

/* How a time column is written. Zero-initialised it is ISO in UTC. */
typedef struct wbi_time_format {
    wbi_time_kind kind;
    char format[WBI_TIME_FORMAT_CHARS]; /* for WBI_TIME_FORMAT: %Y %y %m %d %H %I %p %M %S (fraction allowed) %f %b %B %a
                                           %A %j %z %e %T %F %D %% , blanks match a run of blanks, others themselves */
    int32_t zone_offset_s;              /* of times without an offset, unless there is a zone */
    const wbi_zone *zone;               /* borrowed; NULL: a fixed offset */
} wbi_time_format;

/* How clocks are set: by a zone, or (NULL) at a fixed offset. */
typedef struct wbi_clock {
    int32_t offset_s;
    const wbi_zone *zone;
} wbi_clock;

/* Reads what the project file says: "iso", "unix", "unix_ms" or a format with %. Fails with WB_ERR_ARGUMENT on an
 * unknown directive, a format that names a part twice, or one that cannot give a whole date. */
WB_WARN_UNUSED wb_status wbi_time_format_parse(wbi_time_format *out, const char *text, wb_error *err);
/* Reads a fixed-offset zone: UTC, Z, ±HH[[:]MM], UTC±H[H][:MM], at most 18 h. */
WB_WARN_UNUSED wb_status wbi_zone_parse(int32_t *offset_s, const char *text, wb_error *err);

/* Reads `n` bytes as a whole; false when they are no such time (years 1 to 9999, calendar checked, leap seconds
 * refused). */
bool wbi_time_read(int64_t *time_us, const char *bytes, size_t n, const wbi_time_format *format);
/* As wbi_time_read, of a whole text; WB_ERR_MALFORMED when it is no such time. */
WB_WARN_UNUSED wb_status wbi_time_parse(int64_t *time_us, const char *text, const wbi_time_format *format, wb_error *err);
/* What was wanted, for messages: "YYYY-MM-DD or an ISO instant", "a time like %d/%m/%Y", "unix seconds". */
const char *wbi_time_wanted(const wbi_time_format *format, char *text, size_t size);

/* Days from 1970-01-01 of a date that exists, and back. */
int64_t wbi_days_from_civil(int64_t year, unsigned month, unsigned day);
void wbi_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);
wbi_clock wbi_time_format_clock(const wbi_time_format *format);
/* The local day of an instant, from 1970-01-01, and the first moment of a local day. */
int64_t wbi_day_of(int64_t time_us, wbi_clock clock);
int64_t wbi_day_begin(int64_t day, wbi_clock clock);

#endif
