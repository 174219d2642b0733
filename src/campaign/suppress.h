/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suppression lists: who is not to be contacted, whatever else is known. */
#ifndef WINBACK_CAMPAIGN_SUPPRESS_H
#define WINBACK_CAMPAIGN_SUPPRESS_H

#include <winback/table.h>

#include "table/dictionary.h"

/* Zero-initialised it may be freed. */
typedef struct wbi_suppressed {
    wbi_dictionary *ids;    /* blanks at the ends left aside */
    wbi_dictionary *emails; /* as wbi_email_normalise has them */
    uint64_t n_rows, n_blank; /* rows, and those that name nobody */
} wbi_suppressed;

/* Reads files (or globs) with a header in which customer_id or email, or both, stand; case, blanks, - and _ in these names do
 * not matter, and "email address" is email. A row suppresses whom either cell names. A file with neither column is
 * WB_ERR_INCONSISTENT, naming its columns; a bad row fails whatever `reading` says of such, for it may name somebody. */
WB_WARN_UNUSED wb_status wbi_suppressed_read(wbi_suppressed *out, const char *const *files, size_t n,
                                             const wb_read_options *reading, wb_error *err);
void wbi_suppressed_free(wbi_suppressed *suppressed);

bool wbi_suppressed_has_id(const wbi_suppressed *suppressed, wbi_str id);

#endif
