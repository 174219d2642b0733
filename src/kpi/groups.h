/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which group each customer is in. */
#ifndef WINBACK_KPI_GROUPS_H
#define WINBACK_KPI_GROUPS_H

#include "kpi/data.h"

enum {
    WBI_KPI_GROUPS = 1000,
    WBI_KPI_CELLS = 100000 /* groups over periods: some 4 KB each */
};
#define WBI_KPI_NO_GROUP "(none)"
#define WBI_KPI_NO_REASON "(none stated)"

/* A name that none of the levels has: `usual`, in as many more parentheses as it takes. Freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_kpi_name_rest(char **out, const char *usual, const wbi_dictionary *levels, wb_error *err);

/* Fills groups of the result, and group_of[customer] (freed by wbi_free; NULL where nothing was asked for). WB_ERR_INCONSISTENT for
 * more than WBI_KPI_GROUPS, and over the periods more than WBI_KPI_CELLS. */
WB_WARN_UNUSED wb_status wbi_kpi_make_groups(wb_kpis *kpis, uint32_t **group_of, const wbi_kpi_data *data, const wb_kpi_options *options,
                                             wb_error *err);
/* Every reason that the cancellations state; NULL where there are none to look at. */
WB_WARN_UNUSED wb_status wbi_kpi_find_reasons(wbi_dictionary **reasons, const wbi_kpi_data *data, wb_error *err);

#endif
