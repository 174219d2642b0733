/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_features holds. */
#ifndef WINBACK_FEATURES_INTERNAL_H
#define WINBACK_FEATURES_INTERNAL_H

#include <winback/features.h>

#include "base/error.h"

struct wb_features {
    wb_table *table;   /* owned */
    wb_population *population; /* owned, by cutoff; NULL when they were read */
    size_t n_population;
    char *definitions; /* owned JSON text; NULL when flat */
};

/* Writes PATH.meta.json, unless `path` is no plain file: what the features mean, and the hash of the bytes it speaks of. */
WB_WARN_UNUSED wb_status wbi_features_write_meta(const char *path, const char *definitions, const char *digest,
                                                 wb_error *err);
/* What the features file `path` means, by PATH.meta.json: *out, freed by wbi_free, is NULL where there is no such file, or it
 * speaks of other bytes, which is logged. */
WB_WARN_UNUSED wb_status wbi_features_read_definitions(char **out, const char *path, const wb_log *log, wb_error *err);

#endif
