/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instants and durations. An instant is an int64_t count of microseconds since 1970-01-01T00:00:00 UTC. */
#ifndef WINBACK_TIME_H
#define WINBACK_TIME_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WB_TIME_MISSING INT64_MIN
#define WB_DAY_US ((int64_t)86400 * 1000000)
#define WB_HOUR_US ((int64_t)3600 * 1000000)
#define WB_TIME_CHARS 40 /* enough for any instant or duration that is printed, terminator included */

/* Reads an ISO 8601 date or instant: YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]][Z|±HH[[:]MM]]]. Without an offset it is taken at
 * `zone_offset_s` seconds east of UTC. The calendar is checked (2023-02-29 fails), as are years outside 0001..9999. Of a
 * fraction's up to nine digits, what is finer than a microsecond is cut off.
 * Fails with WB_ERR_MALFORMED. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_time_parse(int64_t *time_us, const char *text, int32_t zone_offset_s, wb_error *err);

/* Writes a date (YYYY-MM-DD) when `time_us` is midnight UTC, else a UTC instant (YYYY-MM-DDTHH:MM:SS[.ffffff]Z, fraction
 * without trailing zeros); "" when missing. Returns the length. Thread-safe. */
WB_API size_t wb_time_format(int64_t time_us, char text[WB_TIME_CHARS]);

/* Reads a duration: a whole or decimal number followed by h, d or w ("90d", "36h", "4w"), 0 or more, at most 100 years.
 * Fails with WB_ERR_ARGUMENT. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_duration_parse(int64_t *duration_us, const char *text, wb_error *err);

/* Writes a duration as it would be read, in the largest of d and h that is whole ("90d", "36h", else decimal hours).
 * Returns the length. Thread-safe. */
WB_API size_t wb_duration_format(int64_t duration_us, char text[WB_TIME_CHARS]);

#ifdef __cplusplus
}
#endif
#endif
