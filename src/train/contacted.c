/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows whose customers a campaign mailed within the window of the label. */
#include <winback/contacts.h>

#include <string.h>

#include "base/memory.h"
#include "contacts/contacts.h"
#include "table/dictionary.h"
#include "table/spill.h"
#include "train/contacted.h"
#include "train/train.h"

enum { MAILED = 1, HELD_OUT = 2 };
#define NO_ROW UINT32_MAX
static const double MUCH = 0.05;
static const char column_name[] = "contacted";

/* The rows of each customer, as lists. */
typedef struct rows_of {
    const wb_table *table;
    size_t id;
    const int64_t *cutoff_us;
    wbi_label_window window;
    wbi_dictionary *customers;
    uint32_t *first, *next; /* by code of a customer, by row; NO_ROW: no more */
    uint8_t *flags;         /* by row */
} rows_of;

static void free_rows(rows_of *r)
{
    wbi_dictionary_free(r->customers);
    wbi_free(r->first);
    wbi_free(r->next);
    wbi_free(r->flags);
}

static wb_status find_columns(rows_of *r, const wb_features *features, const wb_train_options *o, wb_error *err)
{
    size_t target, cutoff;
    r->table = wb_features_table(features);
    WBI_TRY(wbi_label_find(&target, r->table, o->target, err));
    WBI_TRY(wbi_need_column(&r->id, r->table, o->id != NULL ? o->id : "customer_id", "the customer's id", err));
    WBI_TRY(wbi_need_column(&cutoff, r->table, "cutoff", "when the features were taken", err));
    r->cutoff_us = wb_table_times(r->table, cutoff);
    if (r->cutoff_us == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the column cutoff does not hold times");
    const char *name = wbi_label_name(r->table, target);
    WBI_TRY(wbi_label_find_window(&r->window, features, name, err));
    if (r->window.known)
        return WB_OK;
    wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT,
                                "the features do not say how far the label %s looks ahead, so nobody knows who was mailed meanwhile", name);
    wbi_advise(err, "train on a file that winback features wrote, with FILE.meta.json beside it");
    return status;
}

static wb_status list_rows(rows_of *r, wb_error *err)
{
    const size_t n = wb_table_n_rows(r->table);
    if (n >= NO_ROW)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows, expected fewer than %u", n, NO_ROW);
    WBI_TRY(wbi_dictionary_create(&r->customers, err));
    r->first = wbi_alloc_array(n, sizeof *r->first);
    r->next = wbi_alloc_array(n, sizeof *r->next);
    r->flags = wbi_alloc_zeroed(n, 1);
    if (r->first == NULL || r->next == NULL || r->flags == NULL)
        return wbi_fail_nomem(err, n * sizeof *r->next);
    for (size_t row = 0; row < n; row++) {
        const wbi_str id = wbi_id_at(r->table, r->id, row);
        const size_t n_before = wbi_dictionary_size(r->customers);
        int32_t code;
        WBI_TRY(wbi_dictionary_intern(r->customers, id.data, id.length, &code, err));
        r->next[row] = (size_t)code == n_before ? NO_ROW : r->first[code];
        r->first[code] = (uint32_t)row;
    }
    return WB_OK;
}

static wb_status note_contact(void *context, const wbi_contact *contact, wb_error *err)
{
    rows_of *r = context;
    (void)err;
    const int32_t code = wbi_dictionary_find(r->customers, contact->customer_id.data, contact->customer_id.length);
    for (uint32_t row = code < 0 ? NO_ROW : r->first[code]; row != NO_ROW; row = r->next[row]) {
        const int64_t from_us = r->cutoff_us[row] + r->window.gap_us;
        if (r->cutoff_us[row] != WB_TIME_MISSING && contact->at_us >= from_us && contact->at_us < from_us + r->window.horizon_us)
            r->flags[row] |= contact->arm == WBI_ARM_LIST ? MAILED : HELD_OUT;
    }
    return WB_OK;
}

/* Rows that are trained on have a label. */
static wb_status count(wb_contacted_rows *out, const rows_of *r, const wb_train_options *o, wb_error *err)
{
    const size_t n = wb_table_n_rows(r->table);
    size_t target;
    int8_t *label = wbi_alloc_array(n, sizeof *label);
    if (label == NULL)
        return wbi_fail_nomem(err, n);
    wb_status status;
    WBI_TRY_CLEANUP(wbi_label_find(&target, r->table, o->target, err));
    WBI_TRY_CLEANUP(wbi_label_values(label, r->table, target, o->positive, o->use_row, err));
    *out = (wb_contacted_rows){0};
    for (size_t row = 0; row < n; row++) {
        if (label[row] < 0)
            continue;
        out->n_rows++;
        out->n_mailed += (r->flags[row] & MAILED) != 0;
        out->n_held_out += (r->flags[row] & HELD_OUT) != 0;
        out->n_left_out += r->flags[row] == MAILED;
    }
cleanup:
    wbi_free(label);
    return status;
}

static void say(wb_contacted_rows *out, wb_contacted policy, const wb_log *log)
{
    const double share = out->n_rows == 0 ? 0 : (double)out->n_mailed / (double)out->n_rows;
    const unsigned long long mailed = out->n_mailed, rows = out->n_rows, left_out = out->n_left_out;
    if (policy == WB_CONTACTED_DROP && mailed > 0)
        wbi_log(log, WB_LOG_INFO, "%llu of %llu rows left out: their customers were mailed within the window of the label", left_out,
                rows);
    else if (policy == WB_CONTACTED_FEATURE && mailed > 0)
        wbi_log(log, WB_LOG_INFO,
                "%llu of %llu rows are of customers mailed within the window of the label: a feature that scoring sets to 0", mailed,
                rows);
    else if (policy == WB_CONTACTED_KEEP && share > MUCH)
        wbi_log(log, WB_LOG_WARNING,
                "%.1f %% of the rows (%llu of %llu) are of customers who were mailed within the window of the label: the model learns "
                "what they did after that. train: {contacted: drop} leaves them out, {contacted: feature} learns what it changed",
                100 * share, mailed, rows);
    if (policy != WB_CONTACTED_DROP)
        out->n_left_out = 0;
}

wb_status wb_find_contacted(uint8_t *mailed, uint8_t *use_row, wb_contacted_rows *out, const wb_features *features,
                            const wb_train_options *options, wb_contacted policy, const char *contacts, wb_error *err)
{
    rows_of rows = {0};
    wb_status status;
    WBI_TRY_CLEANUP(find_columns(&rows, features, options, err));
    WBI_TRY_CLEANUP(list_rows(&rows, err));
    if (wbi_contacts_exist(contacts))
        WBI_TRY_CLEANUP(wbi_contacts_read(contacts, note_contact, &rows, err));
    WBI_TRY_CLEANUP(count(out, &rows, options, err));
    for (size_t row = 0; row < wb_table_n_rows(rows.table); row++) {
        const bool used = options->use_row == NULL || options->use_row[row];
        mailed[row] = (rows.flags[row] & MAILED) != 0;
        use_row[row] = used && !(policy == WB_CONTACTED_DROP && rows.flags[row] == MAILED);
    }
    say(out, policy, options->log);
cleanup:
    free_rows(&rows);
    return status;
}

/* ---- the column ---- */

wb_status wbi_contacted_join(wbi_contacted_table *out, const wb_table *table, const uint8_t *contacted, wb_error *err)
{
    const size_t n = table->n_columns;
    *out = (wbi_contacted_table){.table = *table};
    WBI_TRY(wbi_table_in_memory(table, "training with the feature contacted", err));
    if (wb_table_find(table, column_name) != SIZE_MAX)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the features have a column %s already", column_name);
    out->columns = wbi_alloc_array(n + 1, sizeof *out->columns);
    out->numbers = wbi_alloc_array(table->n_rows, sizeof *out->numbers);
    if (out->columns == NULL || out->numbers == NULL)
        return wbi_fail_nomem(err, table->n_rows * sizeof *out->numbers);
    memcpy(out->columns, table->columns, n * sizeof *table->columns);
    for (size_t row = 0; row < table->n_rows; row++)
        out->numbers[row] = contacted[row];
    out->columns[n] = (wbi_column){.name = (char *)column_name,
                                   .type = WB_TYPE_NUMBER,
                                   .length = table->n_rows,
                                   .capacity = table->n_rows,
                                   .numbers = out->numbers};
    out->table.columns = out->columns;
    out->table.n_columns = out->table.columns_capacity = n + 1;
    return WB_OK;
}

void wbi_contacted_free(wbi_contacted_table *joined)
{
    wbi_free(joined->columns);
    wbi_free(joined->numbers);
}

wb_status wbi_contacted_fold(wb_model *model, const wb_log *log, wb_error *err)
{
    double log_odds;
    WBI_TRY(wbi_model_fold_at_zero(model, column_name, &log_odds, err));
    wbi_log(log, WB_LOG_INFO, "contacted adds %.3f to the log-odds of customers who were mailed; scores are of those who are not",
            log_odds);
    return WB_OK;
}
