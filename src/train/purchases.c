/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The btyd term: which columns it is made of, and how far it looks ahead. */
#include <stdio.h>
#include <string.h>
#include <winback/time.h>

#include "train/train.h"

/* As the catalogue calls them, behind the name of the table. */
static const char *const endings[WBI_PURCHASES_READS] = {"_x", "_t_x", "_T"};

/* The table's columns whose names begin so; false where one is not there. */
static bool find_columns(size_t columns[WBI_PURCHASES_READS], const wb_table *table, const char *prefix, size_t n)
{
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++) {
        columns[k] = SIZE_MAX;
        for (size_t c = 0; c < wb_table_n_columns(table); c++) {
            const char *name = wb_table_name(table, c);
            if (strncmp(name, prefix, n) == 0 && strcmp(name + n, endings[k]) == 0 && wb_table_type(table, c) == WB_TYPE_NUMBER)
                columns[k] = c;
        }
        if (columns[k] == SIZE_MAX)
            return false;
    }
    return true;
}

/* Which of the usual columns it is that is not there, or holds no numbers. */
static wb_status say_missing(const wb_table *table, wb_error *err)
{
    static const char *const usual[WBI_PURCHASES_READS] = {"orders_x", "orders_t_x", "orders_T"};
    size_t n_there = 0;
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++)
        n_there += wb_table_find(table, usual[k]) != SIZE_MAX;
    for (size_t k = 0; k < WBI_PURCHASES_READS && n_there > 0; k++) {
        const size_t column = wb_table_find(table, usual[k]);
        if (column == SIZE_MAX)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "no column %s: a btyd term is made of orders_x, orders_t_x and orders_T", usual[k]);
        if (wb_table_type(table, column) != WB_TYPE_NUMBER)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s was not read as numbers, which a btyd term is made of", usual[k]);
    }
    wbi_fail(err, WB_ERR_INCONSISTENT, "no columns orders_x, orders_t_x and orders_T, of which a btyd term is made");
    wbi_advise(err, "the rfm features have them: features: {use: [rfm]} in the project file");
    return WB_ERR_INCONSISTENT;
}

/* Those of orders, else of the only table that has some. */
static wb_status find_reads(size_t columns[WBI_PURCHASES_READS], const wb_table *table, wb_error *err)
{
    size_t found[WBI_PURCHASES_READS];
    const char *first = NULL;
    if (find_columns(columns, table, "orders", strlen("orders")))
        return WB_OK;
    for (size_t c = 0; c < wb_table_n_columns(table); c++) {
        const char *name = wb_table_name(table, c);
        const size_t n = strlen(name), n_ending = strlen(endings[1]);
        if (n <= n_ending || strcmp(name + n - n_ending, endings[1]) != 0 || !find_columns(found, table, name, n - n_ending))
            continue;
        if (first != NULL)
            return wbi_fail(err, WB_ERR_INCONSISTENT,
                            "both %.100s and %.100s could be what a btyd term is made of: leave one out of the features", first,
                            name);
        first = name;
        memcpy(columns, found, sizeof found);
    }
    return first != NULL ? WB_OK : say_missing(table, err);
}

/* What the label and the treatment say is not known of a customer who is scored. */
static wb_status check_reads(const wbi_training *training, const size_t columns[WBI_PURCHASES_READS], wb_error *err)
{
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++) {
        const bool is_treatment = training->treated != NULL && columns[k] == training->arms.column;
        if (columns[k] == training->target || is_treatment)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s is the %s, so no btyd term can be made of it",
                            wb_table_name(training->table, columns[k]), is_treatment ? "treatment" : "label");
    }
    return WB_OK;
}

/* How many rows have no number, and why that matters, where there are any. */
static wb_status count_histories(const wbi_training *training, const wbi_purchases_wanted *wanted, wb_error *err)
{
    const double *columns[WBI_PURCHASES_READS];
    const wb_table *table = training->table;
    const char *names[WBI_PURCHASES_READS];
    for (size_t k = 0; k < WBI_PURCHASES_READS; k++) {
        columns[k] = wb_table_numbers(table, wanted->columns[k]);
        names[k] = wb_table_name(table, wanted->columns[k]);
    }
    const size_t n = training->all.n, n_known = wbi_purchases_count(columns, training->all.rows, n);
    if (n_known == 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT,
                        "none of %zu rows is a history of purchases: %s, %s and %s are to be whole numbers, none more than the next", n,
                        names[0], names[1], names[2]);
    if (n_known < n)
        wbi_log(training->log, WB_LOG_WARNING, "%zu of %zu rows are no history of purchases (%s, %s, %s): %s is missing there",
                n - n_known, n, names[0], names[1], names[2], wanted->name);
    return WB_OK;
}

static wb_status find_horizon(int64_t *horizon_us, const wbi_training *training, const wb_features *features,
                              const wb_train_options *options, wb_error *err)
{
    wbi_label_window window;
    *horizon_us = options->btyd_horizon_us;
    if (*horizon_us != WB_HORIZON_OF_LABEL && *horizon_us <= 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "a btyd term looks more than 0 ahead");
    if (*horizon_us > WBI_PURCHASES_MOST_DAYS * WB_DAY_US)
        return wbi_fail(err, WB_ERR_ARGUMENT, "a btyd term looks at most %d days ahead", WBI_PURCHASES_MOST_DAYS);
    if (*horizon_us != WB_HORIZON_OF_LABEL)
        return WB_OK;
    WBI_TRY(wbi_label_find_window(&window, features, wbi_label_name(training->table, training->target), err));
    *horizon_us = window.horizon_us;
    if (window.known && window.horizon_us > 0)
        return WB_OK;
    wbi_fail(err, WB_ERR_INCONSISTENT, "how far the label %s looks ahead is not known, so neither how far the btyd term is to look",
             wb_table_name(training->table, training->target));
    wbi_advise(err, "say it: --btyd 90d, or btyd: 90d in the project file");
    return WB_ERR_INCONSISTENT;
}

wb_status wbi_choose_purchases(wbi_training *training, const wb_features *features, const wb_train_options *options, wb_error *err)
{
    wbi_purchases_wanted wanted;
    int64_t horizon_us;
    char duration[WB_TIME_CHARS];
    if (options->btyd_horizon_us == 0)
        return WB_OK;
    WBI_TRY(find_horizon(&horizon_us, training, features, options, err));
    WBI_TRY(find_reads(wanted.columns, training->table, err));
    WBI_TRY(check_reads(training, wanted.columns, err));
    wb_duration_format(horizon_us, duration);
    snprintf(wanted.name, sizeof wanted.name, "expected_purchases_%s", duration);
    if (wb_table_find(training->table, wanted.name) != SIZE_MAX)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the features have a column %s already, which the btyd term would be called: give it another name",
                        wanted.name);
    wanted.horizon_days = (double)horizon_us / (double)WB_DAY_US;
    training->purchases = wanted;
    return count_histories(training, &wanted, err);
}
