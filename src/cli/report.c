/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/evaluation.h"

void cli_report_clear(cli_results *report)
{
    wb_evaluation_free(report->evaluation);
    wb_explanation_free(report->explanation);
    wb_drift_free(report->drift);
    wb_backtest_free(report->backtest);
    wb_descriptions_free(report->descriptions);
    for (size_t i = 0; i < CLI_REPORT_CUSTOMERS; i++)
        wb_explained_rows_free(report->rows[i], report->n_rows[i]);
    *report = (cli_results){0};
}

void cli_report_fact(cli_results *report, const char *name, const char *format, ...)
{
    const size_t n = report->parts.n_facts;
    va_list args;
    if (n == CLI_REPORT_FACTS)
        return;
    va_start(args, format);
    vsnprintf(report->values[n], CLI_FACT_CHARS, format, args);
    va_end(args);
    report->facts[n] = (wb_report_fact){name, report->values[n]};
    report->parts.n_facts++;
}

static const char *interval_words(const wb_evaluation *e, char *text, size_t size)
{
    const wb_interval_method by = e->n_groups > 0 ? e->groups[0].interval.auc_by : WB_INTERVAL_NONE;
    const char *auc = by == WB_INTERVAL_DELONG ? "AUC by DeLong" : by == WB_INTERVAL_BOOTSTRAP ? "AUC by the resamples" : "none of the AUC";
    if (e->n_resamples > 0)
        snprintf(text, size, "%.0f %%, %s, the others by %zu resample%s of customers", 100 * e->level, auc, e->n_resamples,
                 e->n_resamples == 1 ? "" : "s");
    else
        snprintf(text, size, "%.0f %%, %s, none of the others", 100 * e->level, auc);
    return text;
}

void cli_report_usual_facts(cli_results *report, const cli_common *common)
{
    char text[CLI_FACT_CHARS];
    const wb_evaluation *e = report->evaluation;
    if (e != NULL) {
        cli_report_fact(report, "Label", "%s", e->target);
        cli_report_fact(report, "Threshold", "%g", e->threshold);
        cli_report_fact(report, "Intervals", "%s", interval_words(e, text, sizeof text));
        cli_report_fact(report, "Costs", "value %g, offer %g, contact %g, keep rate Beta(%g, %g); %s", e->profit.value,
                        e->profit.offer_cost, e->profit.contact_cost, e->profit.alpha, e->profit.beta,
                        cli_profit_from(e));
        if (e->weights != NULL)
            cli_report_fact(report, "Weights", "%s", e->weights);
    }
    if (report->backtest != NULL)
        cli_report_fact(report, "Backtest", "%s, %zu cutoffs, trained on %zu, seed %llu%s", report->backtest->label,
                        report->backtest->n_cutoffs, report->backtest->n_train_cutoffs, (unsigned long long)report->backtest->seed,
                        report->backtest->disjoint ? ", customers disjoint" : "");
    cli_report_fact(report, "Seed", "%llu", (unsigned long long)common->seed);
}

void cli_report_title(cli_results *report, const char *target)
{
    static const char prefix[] = "label_";
    const char *name = target == NULL ? "scores" : strncmp(target, prefix, strlen(prefix)) == 0 ? target + strlen(prefix) : target;
    snprintf(report->title, sizeof report->title, "%c%s: how far to trust the scores", toupper((unsigned char)name[0]),
             name[0] == '\0' ? "" : name + 1);
    report->parts.title = report->title;
}

void cli_report_assemble(cli_results *report)
{
    wb_report_parts *parts = &report->parts;
    parts->evaluation = report->evaluation;
    parts->explanation = report->explanation;
    parts->drift = report->drift;
    parts->backtest = report->backtest;
    parts->descriptions = report->descriptions;
    parts->customers = report->customers;
    parts->facts = report->facts;
    if (report->evaluated_on[0] != '\0')
        parts->evaluated_on = report->evaluated_on;
}

/* The rows of the highest probabilities, best first; of equals the first. */
static size_t find_top(const double *probability, size_t n_rows, size_t *top, size_t n)
{
    size_t n_top = 0;
    for (size_t i = 0; i < n_rows; i++) {
        size_t at = n_top;
        while (at > 0 && probability[i] > probability[top[at - 1]])
            at--;
        if (at == n)
            continue;
        n_top += n_top < n;
        memmove(top + at + 1, top + at, (n_top - 1 - at) * sizeof *top);
        top[at] = i;
    }
    return n_top;
}

static bool is_listed(const cli_results *report, const char *id)
{
    for (size_t i = 0; i < report->parts.n_customers; i++)
        if (strcmp(report->customers[i].customer, id) == 0)
            return true;
    return false;
}

/* Adds the last row of the customer in a row of the table, unless it is there. */
static wb_status add_customer(cli_results *report, const wb_model *model, const wb_features *features, size_t column, size_t row,
                              wb_error *err)
{
    char id[CLI_FACT_CHARS];
    size_t length;
    const size_t at = report->parts.n_customers;
    const char *text = wb_table_text(wb_features_table(features), column, row, &length);
    if (length >= sizeof id)
        return WB_OK;
    memcpy(id, text, length);
    id[length] = '\0';
    if (is_listed(report, id))
        return WB_OK;
    wb_status status = wb_explain_customer(&report->rows[at], &report->n_rows[at], model, features, id, err);
    if (status == WB_OK) {
        report->customers[at] = report->rows[at][report->n_rows[at] - 1];
        report->parts.n_customers++;
    }
    return status;
}

wb_status cli_report_customers(cli_results *report, const wb_model *model, const wb_features *features, const char *id,
                               int n_threads, wb_error *err)
{
    const wb_table *table = wb_features_table(features);
    const size_t n_rows = wb_table_n_rows(table), column = wb_table_find(table, id == NULL ? "customer_id" : id);
    size_t top[CLI_REPORT_CUSTOMERS];
    double *probability = malloc((n_rows + 1) * sizeof *probability);
    *err = (wb_error){.code = WB_ERR_NOMEM, .message = "out of memory"};
    wb_status status = probability == NULL ? WB_ERR_NOMEM : wb_score_table(model, table, probability, NULL, n_threads, err);
    const size_t n = status == WB_OK && column < wb_table_n_columns(table) ? find_top(probability, n_rows, top, CLI_REPORT_CUSTOMERS) : 0;
    for (size_t i = 0; i < n && status == WB_OK; i++)
        status = add_customer(report, model, features, column, top[i], err);
    free(probability);
    return status;
}
