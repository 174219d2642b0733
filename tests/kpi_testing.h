/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key figures of folders of tables, and a case that was worked by hand. Include first. */
#ifndef WINBACK_KPI_TESTING_H
#define WINBACK_KPI_TESTING_H

#include "test_run.h"

#include <winback/kpi.h>

#include "kpi/terms.h"

static inline int64_t at(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

static inline wb_status compute(wb_kpis **out, const char *folder, const char *project_text, const wb_kpi_options *options, int n_threads,
                         wb_error *err)
{
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    reading.n_threads = n_threads;
    *out = NULL;
    put(folder, "winback.yml", project_text);
    assert_ok(wb_project_read(&project, path_in(path, folder, "winback.yml"), err), err);
    wb_status status = wb_kpi_compute(out, project, options, &reading, err);
    wb_project_free(project);
    return status;
}

static inline wb_kpi_options range(const char *from, const char *to)
{
    wb_kpi_options options = WB_KPI_OPTIONS_INIT;
    options.from_us = at(from);
    options.to_us = at(to);
    return options;
}

static inline const wb_kpi_figure *figure(const wb_kpis *kpis, size_t cell, const char *key)
{
    const size_t k = wbi_kpi_find(key);
    if (k == SIZE_MAX)
        fail_msg("there is no figure %s", key);
    return &kpis->figures[cell * wb_kpi_n() + k];
}

static inline double term(const wb_kpis *kpis, size_t cell, size_t t)
{
    return kpis->terms[cell * WBI_N_TERMS + t];
}

/* ---- a case by hand ---- */

/* March 2024, active within 30 days: at start who ordered in [Jan 31, Mar 1), at end in [Mar 2, Apr 1). */
static const char orders[] = "customer_id,ordered_at,amount\n"
                             "A,2024-02-10,100\nA,2024-03-05,60\nA,2024-03-15,20\n"
                             "B,2024-02-20,50\n"
                             "C,2024-01-05,30\nC,2024-03-20,40\n"
                             "D,2024-03-03T08:00,25\nD,2024-03-03T20:00,5\n"
                             "E,2024-01-02,10\n"
                             "F,2024-03-01,200\n"
                             "G,2024-02-05,70\nG,2024-02-28,10\nG,2024-03-31T23:59,120\n"
                             "H,2024-02-15,40\nH,2024-04-02,90\n"
                             "I,2024-04-03,11\n";
static const char tickets[] = "customer_id,opened_at,resolved_at,csat\n"
                              "A,2024-03-02,2024-03-03,5\nB,2024-03-04,2024-03-05,4\nC,2024-03-06,2024-03-07,3\nD,2024-03-07,2024-03-08,1\n"
                              "A,2024-03-08,2024-03-08T12:00,\nA,2024-02-20,2024-02-21,1\nG,2024-03-09,2024-03-10,9\n";
static const char surveys[] = "customer_id,kind,sent_at,answered_at,score\n"
                              "A,nps,2024-03-02,2024-03-03,10\nB,nps,2024-03-02,2024-03-03,9\nC,nps,2024-03-02,2024-03-03,9\n"
                              "D,nps,2024-03-02,2024-03-03,8\nE,nps,2024-03-02,2024-03-03,3\nF,nps,2024-03-02,,\nA,nps,2024-02-02,2024-02-03,0\n"
                              "A,csat,2024-03-02,2024-03-03,5\nB,csat,2024-03-02,2024-03-03,4\nD,csat,2024-03-02,2024-03-03,2\n";
static const char visits[] = "customer_id,visited_at\n"
                             "A,2024-03-01T10:00\nA,2024-03-01T12:00\nA,2024-03-05\nB,2024-03-31\nE,2024-03-07\nA,2024-04-01\n";
static const char loyalty[] = "customer_id,booked_at,points\nA,2024-03-02,100\nA,2024-03-20,-40\nD,2024-03-04,60\nB,2024-02-01,40\n";
static const char referrals[] = "customer_id,referred_at,joined_at\nA,2024-03-03,2024-03-09\nA,2024-03-10,\nB,2024-03-05,2024-04-02\n";
static const char cancellations[] = "customer_id,cancelled_at,reason\nB,2024-03-01,moved\nB,2024-03-10,price\nB,2024-03-11,\nA,2024-03-12,moved\n"
                                    "H,2024-04-01,service\n";
static const char costs[] = "spent_at,amount,kind\n2024-03-10,60,acquisition\n2024-03-12,100,retention\n2024-04-01,9,acquisition\n";
static const char customers[] = "customer_id,country,age\nA,DE,30\nB,DE,40\nC,DE,50\nD,FR,60\nE,FR,70\nF,,20\nG,FR,25\nH,DE,35\nI,FR,45\n";

#define ORDERS_ALONE "tables: {orders: {file: orders.csv}}\ndata_until: 2024-04-10\n"
#define ALL_TABLES                                                                                                       \
    "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}, surveys: {file: surveys.csv}, visits: {file: visits.csv}, " \
    "loyalty: {file: loyalty.csv}, referrals: {file: referrals.csv}, cancellations: {file: cancellations.csv}, "         \
    "costs: {file: costs.csv}, customers: {file: customers.csv, columns: {age: number}}}\n"                              \
    "data_until: 2024-04-10\n"

static inline void put_all(const char *folder)
{
    put(folder, "orders.csv", orders);
    put(folder, "tickets.csv", tickets);
    put(folder, "surveys.csv", surveys);
    put(folder, "visits.csv", visits);
    put(folder, "loyalty.csv", loyalty);
    put(folder, "referrals.csv", referrals);
    put(folder, "cancellations.csv", cancellations);
    put(folder, "costs.csv", costs);
    put(folder, "customers.csv", customers);
}

static inline wb_kpi_options march(void)
{
    wb_kpi_options options = range("2024-03-01", "2024-04-01");
    options.active_within_us = 30 * WB_DAY_US;
    options.margin = 0.4;
    return options;
}

#endif
