/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of which nobody has said when they are known. */
#ifndef WINBACK_AUDIT_ASSUMED_H
#define WINBACK_AUDIT_ASSUMED_H

#include <winback/audit.h>

#include "features/plan.h"

/* Numbers and texts that are read from tables with time, have no `known_at`, and on which a feature, the population or a
 * table's `where` depends: by name or through computed columns. Times are left out, which are known when they come, as are
 * `group_by` columns and constants of the customer. */
WB_WARN_UNUSED wb_status wbi_assumed_columns(wb_assumed_column **out, size_t *n, const wbi_plan *plan, wb_error *err);

#endif
