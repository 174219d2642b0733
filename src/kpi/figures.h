/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From terms to key figures: the formulas, evaluated and told. */
#ifndef WINBACK_KPI_FIGURES_H
#define WINBACK_KPI_FIGURES_H

#include "kpi/data.h"

/* Fills figures and why of the result from its terms; why_not[need] is why it is not met, NULL where it is. */
WB_WARN_UNUSED wb_status wbi_kpi_make_figures(wb_kpis *kpis, char *const why_not[WBI_N_NEEDS], wb_error *err);

#endif
