/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cli/evaluation.h"

/* "2 scores have no label: c07, c09" */
static void warn(const cli_common *common, uint64_t n, const char *words, const char *const *ids, bool with_ids)
{
    enum { ID_COLUMNS = 60 };
    char count[CLI_TEXT_CHARS], list[WB_UNMATCHED_SHOWN * (CLI_CELL_BYTES + 2) + 8] = "", id[CLI_CELL_BYTES];
    size_t used = 0, k = 0;
    for (; with_ids && k < WB_UNMATCHED_SHOWN && ids[k] != NULL; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k == 0 ? ": " : ", ", cli_cell(id, ids[k], ID_COLUMNS));
    if (n > 0)
        cli_warn(common, "%s %s%s%s", cli_count(count, n), words, list, with_ids && n > k ? ", …" : "");
}

void cli_warn_unmatched(const wb_evaluation *e, const cli_common *common, bool by_model, bool with_ids)
{
    if (by_model) {
        warn(common, e->n_without_label, e->n_without_label == 1 ? "row has no label" : "rows have no label", e->without_label,
             with_ids);
        return;
    }
    warn(common, e->n_without_label, e->n_without_label == 1 ? "score has no label" : "scores have no label", e->without_label,
         with_ids);
    warn(common, e->n_without_score, e->n_without_score == 1 ? "label has no score" : "labels have no score", e->without_score,
         with_ids);
}
