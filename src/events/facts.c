/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/facts.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "events/source.h"

/* Where the table says that the column lies; NULL: it is computed. */
static const char *source_of(const wbi_table_def *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return table->columns[i].expr != NULL ? NULL : table->columns[i].source;
    return name;
}

static wb_status fail_computed(const wbi_table_def *table, const char *name, wb_error *err)
{
    return wbi_fail(err, WB_ERR_INCONSISTENT, "column '%s' of table %s is computed, expected one of its file", name, table->name);
}

typedef struct choice {
    wbi_typed_column *columns;
    size_t n;
} choice;

static wb_status choose(wbi_facts *facts, choice *chosen, const wbi_source *source, const wbi_table_def *table,
                        const wbi_wanted_fact *wanted, size_t n, wb_error *err)
{
    for (size_t k = 0; k < n; k++) {
        const char *name = source_of(table, wanted[k].name);
        if (name == NULL)
            return fail_computed(table, wanted[k].name, err);
        if (wbi_source_has(source, name)) {
            chosen->columns[chosen->n++] = (wbi_typed_column){.name = name, .type = WB_TYPE_CATEGORY};
            facts->names[facts->n_columns++] = wanted[k].name;
        } else if (wanted[k].required) {
            return wbi_source_no_column(source, name, err);
        }
    }
    return WB_OK;
}

static wb_status index_rows(wbi_facts *facts, wb_error *err)
{
    const size_t n = wbi_dictionary_size(facts->customers);
    WBI_TRY(wbi_dictionary_index(facts->customers, err));
    facts->row = wbi_alloc_array(n, sizeof *facts->row);
    if (facts->row == NULL)
        return wbi_fail_nomem(err, n * sizeof *facts->row);
    memset(facts->row, 0xff, n * sizeof *facts->row);
    for (size_t row = 0; row < facts->rows.n_rows; row++) {
        const int32_t code = wbi_packed_code(&facts->rows.columns[0], row);
        if (code >= 0)
            facts->row[code] = (uint32_t)row;
    }
    return WB_OK;
}

static wb_status watch_rows(wbi_bad_rows **out, const wbi_facts *facts, const wb_read_options *reading, wb_error *err)
{
    return facts->strict ? wbi_bad_rows_create_strict(out, err)
                         : wbi_bad_rows_create(out, reading->on_error, reading->rejects, reading->log, err);
}

static wb_status read_rows(wbi_facts *facts, const wbi_table_def *table, const wbi_wanted_fact *wanted, size_t n,
                           const wb_read_options *reading, wb_error *err)
{
    wbi_bad_rows *bad = NULL;
    wbi_source *source = NULL;
    wbi_source_counts counts;
    choice chosen = {wbi_alloc_zeroed(n, sizeof *chosen.columns), 0};
    wb_status status = WB_OK;
    facts->names = wbi_alloc_array(n, sizeof *facts->names);
    if (chosen.columns == NULL || facts->names == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *chosen.columns));
    WBI_TRY_CLEANUP(wbi_dictionary_create(&facts->customers, err));
    WBI_TRY_CLEANUP(watch_rows(&bad, facts, reading, err));
    WBI_TRY_CLEANUP(wbi_source_open(&source, table, bad, reading, err));
    WBI_TRY_CLEANUP(choose(facts, &chosen, source, table, wanted, n, err));
    WBI_TRY_CLEANUP(wbi_source_read(source, &facts->rows, facts->customers, chosen.columns, chosen.n, &counts, NULL, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(bad, err));
    status = index_rows(facts, err);
cleanup:
    wbi_source_close(source);
    wbi_bad_rows_free(bad);
    wbi_free(chosen.columns);
    return status;
}

/* One row a customer, whatever the time of the row. False: the project has no such table, or it no file. */
static bool find_table(wbi_table_def *out, const wb_project *project)
{
    for (size_t t = 0; t < project->n_tables; t++) {
        *out = project->tables[t];
        out->time = NULL;
        if (strcmp(out->name, wbi_project_bound_table(project, "profile", "customers")) == 0 && out->file != NULL)
            return true;
    }
    return false;
}

wb_status wbi_facts_read(wbi_facts *out, const wb_project *project, const wbi_wanted_fact *wanted, size_t n,
                         const wb_read_options *reading, wb_error *err)
{
    wbi_table_def table;
    *out = (wbi_facts){.decimal = reading->decimal, .strict = project->campaign.settings.objected != NULL};
    if (!find_table(&table, project))
        return WB_OK;
    out->file = table.file;
    if (table.dialect.said)
        out->decimal = table.dialect.dialect.decimal;
    return read_rows(out, &table, wanted, n, reading, err);
}

wb_status wbi_facts_check(bool *has, const wb_project *project, const wbi_wanted_fact *wanted, size_t n,
                          const wb_read_options *reading, wb_error *err)
{
    wbi_table_def table;
    wbi_bad_rows *bad = NULL;
    wbi_source *source = NULL;
    wbi_facts facts = {.names = wbi_alloc_array(n, sizeof *facts.names)};
    choice chosen = {wbi_alloc_zeroed(n, sizeof *chosen.columns), 0};
    wb_status status = WB_OK;
    *has = find_table(&table, project);
    if (chosen.columns == NULL || facts.names == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *chosen.columns));
    if (!*has)
        goto cleanup;
    WBI_TRY_CLEANUP(wbi_bad_rows_create(&bad, WB_ON_ERROR_FAIL, NULL, NULL, err));
    WBI_TRY_CLEANUP(wbi_source_open(&source, &table, bad, reading, err));
    status = choose(&facts, &chosen, source, &table, wanted, n, err);
cleanup:
    wbi_source_close(source);
    wbi_bad_rows_free(bad);
    wbi_free(facts.names);
    wbi_free(chosen.columns);
    return status;
}

void wbi_facts_free(wbi_facts *facts)
{
    wbi_packed_free(&facts->rows);
    wbi_dictionary_free(facts->customers);
    wbi_free(facts->row);
    wbi_free(facts->names);
}

size_t wbi_facts_find(const wbi_facts *facts, const char *name)
{
    for (size_t k = 0; k < facts->n_columns; k++)
        if (strcmp(facts->names[k], name) == 0)
            return k;
    return SIZE_MAX;
}

uint32_t wbi_facts_row(const wbi_facts *facts, wbi_str customer)
{
    if (facts->file == NULL)
        return UINT32_MAX;
    const int32_t code = wbi_dictionary_find(facts->customers, customer.data, customer.length);
    return code < 0 ? UINT32_MAX : facts->row[code];
}

static wbi_str level(const wbi_packed *column, uint32_t row)
{
    const int32_t code = wbi_packed_code(column, row);
    return code < 0 ? (wbi_str){"", 0} : wbi_dictionary_at(column->dictionary, code);
}

wbi_str wbi_facts_cell(const wbi_facts *facts, uint32_t row, size_t column)
{
    return row == UINT32_MAX ? (wbi_str){"", 0} : level(&facts->rows.columns[1 + column], row);
}

wbi_str wbi_facts_customer(const wbi_facts *facts, uint32_t row)
{
    return level(&facts->rows.columns[0], row);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

wbi_str wbi_fact_trim(wbi_str cell)
{
    while (cell.length > 0 && is_blank(cell.data[0])) {
        cell.data++;
        cell.length--;
    }
    while (cell.length > 0 && is_blank(cell.data[cell.length - 1]))
        cell.length--;
    return cell;
}

wbi_answer wbi_answer_read(wbi_str cell)
{
    static const char *const words[2][7] = {{"no", "n", "false", "f", "off", "0", "0.0"}, {"yes", "y", "true", "t", "on", "1", "1.0"}};
    cell = wbi_fact_trim(cell);
    if (cell.length == 0)
        return WBI_ANSWER_NONE;
    for (size_t answer = 0; answer < 2; answer++)
        for (size_t w = 0; w < 7; w++)
            if (strlen(words[answer][w]) == cell.length && strncasecmp(words[answer][w], cell.data, cell.length) == 0)
                return answer == 0 ? WBI_ANSWER_NO : WBI_ANSWER_YES;
    return WBI_ANSWER_UNKNOWN;
}
