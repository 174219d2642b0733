/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which customers have had a row. Of each the hash is kept, so memory does not depend on how long ids are. */
#ifndef WINBACK_SCORE_IDS_H
#define WINBACK_SCORE_IDS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

typedef struct wbi_ids wbi_ids;

WB_WARN_UNUSED wb_status wbi_ids_create(wbi_ids **out, wb_error *err);
void wbi_ids_free(wbi_ids *ids); /* NULL-safe */
/* Adds a customer at a cutoff; *again says whether it was there. Memory: 22 to 43 bytes each, 64 while it grows. */
WB_WARN_UNUSED wb_status wbi_ids_add(wbi_ids *ids, wbi_str id, int64_t cutoff_us, bool *again, wb_error *err);

#endif
