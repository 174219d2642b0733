/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time zones by name (Europe/Berlin), from the system's tz database. */
#ifndef WINBACK_BASE_ZONE_H
#define WINBACK_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Immutable; any number of threads may ask one. Finding an offset takes the same time at every instant. */
typedef struct wbi_zone wbi_zone;

/* Reads the zone of that name. WB_ERR_ARGUMENT, with the nearest name, when there is none, WB_ERR_IO when the system has
 * no tz database, WB_ERR_MALFORMED when its file is damaged. */
WB_WARN_UNUSED wb_status wbi_zone_open(wbi_zone **out, const char *name, wb_error *err);
/* Decodes the bytes of a TZif file (RFC 8536, version 1 and up), which may hold anything. */
WB_WARN_UNUSED wb_status wbi_zone_decode(wbi_zone **out, const char *name, const char *bytes, size_t n, wb_error *err);
/* One more holder; each of them frees. Thread-safe. */
wbi_zone *wbi_zone_share(wbi_zone *zone);
void wbi_zone_free(wbi_zone *zone); /* NULL-safe */
const char *wbi_zone_name(const wbi_zone *zone);

/* Seconds east of UTC at an instant. */
int32_t wbi_zone_offset_at(const wbi_zone *zone, int64_t time_us);
/* Seconds east of UTC of the clocks that show `local_s` seconds since 1970-01-01T00:00. A time that the clocks show twice
 * is the first of the two; one that they leap over is read by the offset before the leap, so it lies as long behind the
 * leap as it seems to (02:30 where 02:00 becomes 03:00 is 03:30). */
int32_t wbi_zone_offset_of(const wbi_zone *zone, int64_t local_s);

#endif
