/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/objections.h"

#include "base/memory.h"
#include "events/facts.h"

/* Words that answer nothing are taken for an objection. */
typedef struct unknown_words {
    uint64_t n;
    wbi_str first, customer;
} unknown_words;

static wb_status take_rows(wb_objections *objections, const wbi_facts *facts, unknown_words *unknown, wb_error *err)
{
    for (uint32_t row = 0; row < facts->rows.n_rows; row++) {
        const wbi_str customer = wbi_facts_customer(facts, row), cell = wbi_facts_cell(facts, row, 0);
        const wbi_answer answer = wbi_answer_read(cell);
        int32_t code;
        if (customer.length == 0 || answer == WBI_ANSWER_NONE || answer == WBI_ANSWER_NO)
            continue;
        if (answer == WBI_ANSWER_UNKNOWN && unknown->n++ == 0)
            *unknown = (unknown_words){1, cell, customer};
        WBI_TRY(wbi_dictionary_intern(objections->customers, customer.data, customer.length, &code, err));
    }
    return WB_OK;
}

static void warn(const unknown_words *unknown, const char *column, const wb_log *log)
{
    char cell[64], customer[128];
    if (unknown->n > 0)
        wbi_log(log, WB_LOG_WARNING, "%s: %llu cell%s neither yes nor no, first '%s' of customer %s: taken for an objection", column,
                (unsigned long long)unknown->n, unknown->n == 1 ? " is" : "s are",
                wbi_printable(cell, sizeof cell, unknown->first.data, unknown->first.length),
                wbi_printable(customer, sizeof customer, unknown->customer.data, unknown->customer.length));
}

static wb_status read_column(wb_objections *objections, const wb_project *project, const char *column, const wb_read_options *reading,
                             wb_error *err)
{
    wbi_facts facts;
    unknown_words unknown = {0};
    const wbi_wanted_fact wanted = {column, true};
    wb_status status = wbi_dictionary_create(&objections->customers, err);
    if (status == WB_OK) {
        status = wbi_facts_read(&facts, project, &wanted, 1, reading, err);
        if (status == WB_OK && facts.file == NULL) {
            status = wbi_fail(err, WB_ERR_INCONSISTENT, "objected: names the column '%s' of the customers, and the project has none", column);
            wbi_advise(err, "name their file in the project: tables: {customers: {file: customers.csv}}");
        }
        if (status == WB_OK)
            status = take_rows(objections, &facts, &unknown, err);
        if (status == WB_OK)
            warn(&unknown, column, reading->log);
        wbi_facts_free(&facts);
    }
    return status;
}

wb_status wb_objections_read(wb_objections **out, const wb_project *project, const wb_read_options *reading, wb_error *err)
{
    wb_campaign campaign;
    *out = NULL;
    if (!wb_project_campaign(project, &campaign) || campaign.objected == NULL)
        return WB_OK;
    wb_objections *objections = wbi_alloc_zeroed(1, sizeof *objections);
    if (objections == NULL)
        return wbi_fail_nomem(err, sizeof *objections);
    const wb_status status = read_column(objections, project, campaign.objected, reading, err);
    if (status == WB_OK)
        *out = objections;
    else
        wb_objections_free(objections);
    return status;
}

void wb_objections_free(wb_objections *objections)
{
    if (objections == NULL)
        return;
    wbi_dictionary_free(objections->customers);
    wbi_free(objections);
}

uint64_t wb_objections_n(const wb_objections *objections)
{
    return objections == NULL ? 0 : wbi_dictionary_size(objections->customers);
}

bool wbi_objects(const wb_objections *objections, wbi_str customer)
{
    return objections != NULL && wbi_dictionary_find(objections->customers, customer.data, customer.length) >= 0;
}
