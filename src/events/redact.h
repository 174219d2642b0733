/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was known at a cutoff, by deletion: rows and cells that were not are removed from the rows as they were read, by the
 * table's definition alone. Views mask the same while they look; that both ways give the same features is what the audit
 * checks, so neither may call the other. */
#ifndef WINBACK_EVENTS_REDACT_H
#define WINBACK_EVENTS_REDACT_H

#include "events/binding.h"

/* From when on the cells of one column that is read are known. */
typedef struct wbi_known_rule {
    bool from_own_value;     /* a time: not before it comes */
    size_t known_at;         /* column of the binding, a time, from which on; WBI_NO_SLOT: the row's time */
    bool known_at_computed;  /* known_at is a computed time, which only a view knows */
} wbi_known_rule;

/* One rule for each of the binding's columns; a new array, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_known_rules(wbi_known_rule **rules, const wbi_binding *binding, wb_error *err);
/* Whether the row had arrived. `rows` holds customer, time (if any) and the binding's columns. */
bool wbi_row_known(const wbi_binding *binding, const wbi_packed_rows *rows, size_t row, int64_t cutoff_us);
/* Whether the cell of column `k` of the binding was known. */
bool wbi_cell_known(const wbi_binding *binding, const wbi_known_rule *rules, const wbi_packed_rows *rows, size_t row, size_t k,
                    int64_t cutoff_us);

/* Deletes the rows that had not arrived at the cutoff and empties the cells that were not known. */
WB_WARN_UNUSED wb_status wbi_redact(wbi_packed_rows *rows, const wbi_binding *binding, int64_t cutoff_us, wb_error *err);
/* Switches the masks of a view off, as far as wbi_redact makes them superfluous: what is left to them are computed
 * times, and columns known at one. */
WB_WARN_UNUSED wb_status wbi_redact_unmask(wbi_binding *binding, wb_error *err);

#endif
