/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features and their values in words that somebody in marketing reads.
 *
 * A template is one line, "first reply took % on average|no ticket so far": what is said of a value, and, behind the bar, of
 * a missing one. '%' stands for the value in its unit ("61 h", "3 orders", "25 %"), "%%" for a ratio as per cent, "%#" for
 * a bare number, "%+" for a change ("3 fewer"), "{yes/no}" for words for 1 and 0, '@' for the window ("in the last 90 days",
 * or "so far"). A unit that is counted is "no orders" where the template begins with it. */
#ifndef WINBACK_FEATURES_PHRASE_H
#define WINBACK_FEATURES_PHRASE_H

#include "base/text.h"
#include "features/catalogue_entries.h"

typedef enum wbi_manner {
    WBI_AS_NUMBER = 0,
    WBI_AS_COUNT, /* of `unit` */
    WBI_AS_DAYS,
    WBI_AS_HOURS,
    WBI_AS_MINUTES,
    WBI_AS_MONEY,
    WBI_AS_EXPECTED, /* what will be counted, in hundredths where it is little */
    WBI_AS_SHARE,
    WBI_AS_CHANGE,
    WBI_AS_WORDS
} wbi_manner;

typedef struct wbi_phrase {
    char *before, *after, *missing; /* around the value, and instead; owned */
    wbi_manner manner;
    const char *unit;     /* plural, of counts; borrowed */
    wbi_str words[2];     /* of WBI_AS_WORDS: for 1 and for 0; borrowed */
} wbi_phrase;

/* What is said of a catalogue entry's feature called `name`; `window_us` 0: over all history. The entry is borrowed. */
WB_WARN_UNUSED wb_status wbi_phrase_of_entry(wbi_phrase *out, const wbi_entry *entry, int64_t window_us,
                                             const char *name, wb_error *err);
/* What is said of any feature: "NAME is 3", or, where its project says a `reason` (else NULL), "REASON: 3". */
WB_WARN_UNUSED wb_status wbi_phrase_of_name(wbi_phrase *out, const char *name, const char *reason, wbi_manner manner,
                                            wb_error *err);
/* What is said of the purchases that a model expects within so many days. */
WB_WARN_UNUSED wb_status wbi_phrase_of_purchases(wbi_phrase *out, double horizon_days, wb_error *err);
void wbi_phrase_free(wbi_phrase *phrase); /* half-built-safe */

/* How the values of an aggregate are said. */
wbi_manner wbi_manner_of_aggregate(wbi_aggregate aggregate);

/* Writes a finite value as it stands within the phrase, or, `alone`, behind "typical is", where a count needs no unit.
 * Returns the length; no terminator. Locale-independent. */
enum { WBI_VALUE_CHARS = 128 };
size_t wbi_phrase_value(char out[WBI_VALUE_CHARS], const wbi_phrase *phrase, double value, bool alone);

#endif
