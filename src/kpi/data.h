/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of a project that key figures are made from, read and arranged by customer. */
#ifndef WINBACK_KPI_DATA_H
#define WINBACK_KPI_DATA_H

#include "events/events.h"
#include "kpi/terms.h"

typedef enum wbi_kpi_table_id {
    WBI_KPI_ORDERS = 0,
    WBI_KPI_TICKETS,
    WBI_KPI_SURVEYS,
    WBI_KPI_VISITS,
    WBI_KPI_LOYALTY,
    WBI_KPI_REFERRALS,
    WBI_KPI_CANCELLATIONS,
    WBI_KPI_CUSTOMERS,
    WBI_KPI_N_TABLES
} wbi_kpi_table_id;

/* Columns that are looked at: expressions over events, SIZE_MAX where the table lacks them. */
typedef enum wbi_kpi_column_id {
    WBI_KPI_AMOUNT = 0,
    WBI_KPI_CSAT,
    WBI_KPI_SCORE,
    WBI_KPI_KIND,
    WBI_KPI_POINTS,
    WBI_KPI_JOINED_AT,
    WBI_KPI_REASON,
    WBI_KPI_BY,
    WBI_KPI_N_COLUMNS
} wbi_kpi_column_id;
wbi_kpi_table_id wbi_kpi_table_of(wbi_kpi_column_id column);

typedef struct wbi_kpi_data {
    wb_project *project; /* a copy, owned */
    wbi_bad_rows *bad;
    wbi_source *sources[WBI_KPI_N_TABLES + 1]; /* the last: costs */
    wbi_binding *bindings[WBI_KPI_N_TABLES + 1];
    size_t place[WBI_KPI_N_TABLES]; /* index into events.tables; SIZE_MAX: there is no such table */
    size_t column[WBI_KPI_N_COLUMNS];
    size_t cost_amount, cost_kind;  /* likewise of the costs */
    wbi_events events, costs;       /* costs: no tables where there are none */
    wbi_table_def cost_def;         /* borrows from the project */
    char *why[WBI_N_NEEDS];         /* why a need is not met; NULL: it is */
    char *no_reasons;
    int64_t first_us, until_us;     /* of the orders; the exclusive end of the data */
    wbi_clock clock;                /* the orders' own, for dates */
} wbi_kpi_data;

/* Reads what there is. `by`: a column of customers that is wanted, or NULL. */
WB_WARN_UNUSED wb_status wbi_kpi_read(wbi_kpi_data *data, const wb_project *project, const char *by, const wb_read_options *reading,
                                      wb_error *err);
void wbi_kpi_data_clear(wbi_kpi_data *data); /* safe on a zeroed struct */
/* NULL when there is no such table. */
const wbi_event_table *wbi_kpi_table(const wbi_kpi_data *data, wbi_kpi_table_id table);
/* As known when the data end: the cutoff at which views of the table are built. */
int64_t wbi_kpi_cutoff(const wbi_kpi_data *data, const wbi_event_table *table);

#endif
