/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind the figures: the data, single customers, and how the page came about. */
#include <math.h>
#include <winback/version.h>

#include "report/page.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

static void put_count(wbi_writer *w, const char *name, uint64_t n)
{
    wbi_row_begin(w, name);
    wbi_cell(w, wbi_count(n), (double)n);
    wbi_row_end(w);
}

static void put_rows_table(wbi_writer *w, const wb_evaluation *e)
{
    static const char *const headings[] = {"Rows", "#Number"};
    wbi_table_begin(w, "Rows that were evaluated", headings, N_OF(headings));
    put_count(w, "Rows with a score and a label", e->n_rows);
    put_count(w, "Customers among them", e->n_customers);
    put_count(w, "Scores without a label", e->n_without_label);
    put_count(w, "Labels without a score", e->n_without_score);
    wbi_table_end(w);
}

static const char *remark_of(const wb_description *d)
{
    if (d->suspected_leak)
        return "tells the outcome too well to have been known before it";
    if (d->too_many_levels)
        return "tells customers apart rather than describing them";
    if (d->n == 0)
        return "never there";
    return d->n_missing > d->n ? "missing more often than not" : "";
}

static void put_described(wbi_writer *w, const wb_description *d)
{
    const double rows = (double)d->n + (double)d->n_missing, missing = rows > 0 ? (double)d->n_missing / rows : NAN;
    const bool is_number = d->type == WB_TYPE_NUMBER;
    wbi_row_begin(w, d->feature);
    wbi_cell_text(w, is_number ? "number" : "category");
    wbi_cell(w, wbi_percent(missing, 1), missing);
    wbi_cell(w, is_number ? wbi_short(d->quantiles[3]) : wbi_number(NAN, 0), is_number ? d->quantiles[3] : NAN);
    wbi_cell(w, is_number ? wbi_number(NAN, 0) : wbi_count(d->n_levels), is_number ? NAN : (double)d->n_levels);
    wbi_cell(w, wbi_number(d->auc, 3), d->auc);
    wbi_cell_text(w, remark_of(d));
    wbi_row_end(w);
}

void wbi_put_quality_tables(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Feature", "Kind", "#Missing", "#Median", "#Levels", "#AUC alone", "Remark"};
    if (parts->evaluation != NULL)
        put_rows_table(w, parts->evaluation);
    if (parts->n_descriptions == 0)
        return;
    wbi_table_begin(w, "Features", headings, N_OF(headings));
    for (size_t i = 0; i < parts->n_descriptions; i++)
        put_described(w, &parts->descriptions[i]);
    wbi_table_end(w);
}

enum { PARTS_SHOWN = 8 };

static void put_customer(wbi_writer *w, const wb_explained_row *row)
{
    static const char *const headings[] = {"Feature", "Value", "#On the log-odds", "#Probability after", "In words"};
    wbi_put(w, "<h3><bdi>");
    wbi_put_text(w, row->customer);
    wbi_putf(w, "</bdi>: %s", wbi_percent(row->probability, 1).text);
    if (row->cutoff != NULL) {
        wbi_put(w, " at ");
        wbi_put_text(w, row->cutoff);
    }
    wbi_put(w, "</h3>\n");
    wbi_table_begin(w, "Strongest reasons", headings, N_OF(headings));
    for (size_t i = 0; i < row->n_parts && i < PARTS_SHOWN; i++) {
        const wb_part *part = &row->parts[i];
        wbi_row_begin(w, part->feature);
        wbi_cell_text(w, part->value != NULL && part->value[0] != '\0' ? part->value : "(missing)");
        wbi_cell(w, wbi_number(part->contribution, 2), part->contribution);
        wbi_cell(w, wbi_percent(part->probability_after, 1), part->probability_after);
        wbi_cell_text(w, part->sentence);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

void wbi_put_customers(wbi_writer *w, const wb_report_parts *parts)
{
    for (size_t i = 0; i < parts->n_customers; i++)
        put_customer(w, &parts->customers[i]);
}

static void put_fact(wbi_writer *w, const char *name, const char *value)
{
    wbi_put(w, "<dt>");
    wbi_put_text(w, name);
    wbi_put(w, "</dt><dd>");
    wbi_put_text(w, value);
    wbi_put(w, "</dd>\n");
}

static void put_model_facts(wbi_writer *w, const wb_model *model)
{
    const wb_model_summary s = wb_model_summarise(model);
    put_fact(w, "Target", s.target);
    wbi_putf(w, "<dt>Trained on</dt><dd>%s rows of %s customers, base rate %s</dd>\n", wbi_count(s.n_rows).text, wbi_count(s.n_customers).text,
             wbi_percent(s.base_rate, 1).text);
    put_fact(w, "Penalty", wb_penalty_name(s.penalty));
    put_fact(w, "Terms", wbi_count(s.n_terms).text);
    put_fact(w, "Converged", s.converged ? "yes" : "no");
}

void wbi_put_facts(wbi_writer *w, const wb_report_parts *parts)
{
    wbi_put(w, "<dl class=\"facts\">\n");
    put_fact(w, "winback", wb_version());
    if (parts->model != NULL)
        put_model_facts(w, parts->model);
    for (size_t i = 0; i < parts->n_facts; i++)
        put_fact(w, parts->facts[i].name, parts->facts[i].value);
    wbi_put(w, "</dl>\n");
}
