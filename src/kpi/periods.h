/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The range of dates, and its calendar months. */
#ifndef WINBACK_KPI_PERIODS_H
#define WINBACK_KPI_PERIODS_H

#include <winback/kpi.h>

#include "kpi/data.h"

enum { WBI_KPI_MONTHS = 1200 };

/* Fills periods and cohorts.months of the result: the range that was asked for, else the last twelve whole months of the data
 * that lie behind their first order; where there is no whole one, all of the data. */
WB_WARN_UNUSED wb_status wbi_kpi_make_periods(wb_kpis *kpis, const wbi_kpi_data *data, const wb_kpi_options *options, wb_error *err);

#endif
