/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file with a row a customer, where arms and outcomes are columns. */
#include <stdio.h>
#include <string.h>

#include "readout/readout.h"

enum { MEASURES_AT_MOST = 32, COLUMNS_AT_MOST = 64 };
static const char usual_score[] = "probability", id_name[] = "customer_id";

/* The wanted columns: arm, id, score, outcomes, money, then those that part. */
typedef struct layout {
    wbi_readout_cells_wanted wanted[COLUMNS_AT_MOST];
    size_t n, id, score, outcomes, money, by;
} layout;

static wb_status check(const wb_readout_file *f, const wb_readout_options *o, wb_error *err)
{
    if (f->n_outcomes + f->n_money == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no outcomes, and no money: there is nothing to compare");
    if (f->n_outcomes + f->n_money > MEASURES_AT_MOST || o->n_by + f->n_outcomes + f->n_money + 3 > COLUMNS_AT_MOST)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu outcomes and %zu columns to part by, expected at most %d in all",
                        f->n_outcomes + f->n_money, o->n_by, MEASURES_AT_MOST);
    return WB_OK;
}

static void lay_out(layout *l, const wb_readout_file *f, const wb_readout_options *o)
{
    *l = (layout){.n = 0};
    l->wanted[l->n++] = (wbi_readout_cells_wanted){f->arm, "the arm"};
    l->id = l->n;
    l->wanted[l->n++] = (wbi_readout_cells_wanted){id_name, NULL};
    l->score = l->n;
    l->wanted[l->n++] = (wbi_readout_cells_wanted){f->score != NULL ? f->score : usual_score, f->score != NULL ? "the score" : NULL};
    l->outcomes = l->n;
    for (size_t k = 0; k < f->n_outcomes; k++)
        l->wanted[l->n++] = (wbi_readout_cells_wanted){f->outcomes[k], "an outcome"};
    l->money = l->n;
    for (size_t k = 0; k < f->n_money; k++)
        l->wanted[l->n++] = (wbi_readout_cells_wanted){f->money[k], "money"};
    l->by = l->n;
    for (size_t k = 0; k < o->n_by; k++)
        l->wanted[l->n++] = (wbi_readout_cells_wanted){o->by[k], "a segment"};
}

/* As in lists: nobody counts twice. */
static wb_status take_id(wbi_readout *r, const wbi_readout_cells_file *cells, size_t column, size_t row, wb_error *err)
{
    const wbi_str id = wbi_readout_cell_at(cells, column, row);
    int32_t code;
    if (id.length == 0)
        return wbi_readout_cell_refuse(cells, column, row, "the id of a customer", err);
    WBI_TRY(wbi_dictionary_intern(r->rows.ids, id.data, id.length, &code, err));
    return (size_t)code < row ? wbi_readout_cell_twice(cells, column, row, (size_t)code, err) : WB_OK;
}

static wb_status take_row(wbi_readout *r, const wbi_readout_cells_file *cells, const size_t *column, const layout *l, size_t row,
                          wb_error *err)
{
    wbi_readout_trial_rows *rows = &r->rows;
    const wbi_str arm = wbi_readout_cell_at(cells, column[0], row);
    if (arm.length == 0)
        return wbi_readout_cell_refuse(cells, column[0], row, "the name of an arm", err);
    WBI_TRY(wbi_readout_arm(r, &rows->arm[row], arm, err));
    if (rows->ids != NULL)
        WBI_TRY(take_id(r, cells, column[l->id], row, err));
    if (rows->score != NULL)
        WBI_TRY(wbi_readout_cell_number(&rows->score[row], cells, column[l->score], row, err));
    for (size_t k = l->outcomes; k < l->money; k++)
        WBI_TRY(wbi_readout_cell_flag(&rows->outcome[k - l->outcomes][row], cells, column[k], row, err));
    for (size_t k = l->money; k < l->by; k++)
        WBI_TRY(wbi_readout_cell_cents(&rows->cents[k - l->outcomes][row], cells, column[k], row, err));
    for (size_t k = l->by; k < l->n; k++) {
        const wbi_str value = wbi_readout_cell_at(cells, column[k], row);
        wbi_readout_parting *parting = &rows->partings[k - l->by];
        WBI_TRY(wbi_dictionary_intern(parting->values, value.data, value.length, &parting->code[row], err));
    }
    return WB_OK;
}

static wb_status take(wbi_readout *r, const wbi_readout_cells_file *cells, const layout *l, const wb_readout_file *f,
                      const wb_readout_options *o, wb_error *err)
{
    size_t column[COLUMNS_AT_MOST];
    uint8_t control;
    for (size_t k = 0; k < l->n; k++)
        column[k] = wb_table_find(cells->table, l->wanted[k].name);
    for (size_t k = 0; k < f->n_outcomes; k++)
        WBI_TRY(wbi_readout_add_measure(r, f->outcomes[k], WB_READOUT_RATE, err));
    for (size_t k = 0; k < f->n_money; k++)
        WBI_TRY(wbi_readout_add_measure(r, f->money[k], WB_READOUT_MONEY, err));
    WBI_TRY(wbi_readout_arm(r, &control, wbi_str_from(f->control), err));
    WBI_TRY(wbi_readout_reserve(r, wb_table_n_rows(cells->table), o, column[l->score] != SIZE_MAX, err));
    r->rows.n = wb_table_n_rows(cells->table);
    if (column[l->id] != SIZE_MAX)
        WBI_TRY(wbi_dictionary_create(&r->rows.ids, err));
    WBI_TRY(wbi_readout_reserve_outcomes(r, err));
    for (size_t row = 0; row < r->rows.n; row++)
        WBI_TRY(take_row(r, cells, column, l, row, err));
    return WB_OK;
}

/* The values that there are, for whoever named one that is not. */
static wb_status no_control(const wbi_readout *r, const wb_readout_file *f, const char *path, wb_error *err)
{
    char list[256] = "";
    size_t used = 0;
    for (size_t a = 1; a < r->rows.n_arms && used < sizeof list; a++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s'%s'", a == 1 ? "" : ", ", r->rows.arms[a]);
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){path, 0, 0}, f->control, strlen(f->control),
                                   "no row has %s '%s', the control; there are %s", f->arm, f->control, used == 0 ? "no rows" : list);
    const char *near = wbi_nearest(f->control, r->rows.arms + 1, r->rows.n_arms - 1);
    if (near != NULL)
        wbi_advise(err, "did you mean '%s'?", near);
    return status;
}

wb_status wbi_readout_file(wbi_readout *r, const wb_readout_file *f, const wb_readout_options *o, const wb_read_options *reading,
                           wb_error *err)
{
    wbi_readout_cells_file cells = {0};
    layout l;
    wb_status status;
    WBI_TRY(check(f, o, err));
    lay_out(&l, f, o);
    WBI_TRY_CLEANUP(wbi_readout_cells_read(&cells, f->file, l.wanted, l.n, reading, err));
    WBI_TRY_CLEANUP(take(r, &cells, &l, f, o, err));
    size_t n_control = 0;
    for (size_t row = 0; row < r->rows.n; row++)
        n_control += r->rows.arm[row] == WBI_READOUT_CONTROL;
    if (n_control == 0)
        WBI_TRY_CLEANUP(no_control(r, f, cells.path, err));
    if (r->rows.n_arms == 1)
        WBI_TRY_CLEANUP(wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){cells.path, 0, 0}, f->control, strlen(f->control),
                                    "every row has %s '%s', the control: there is no arm to hold against it", f->arm, f->control));
cleanup:
    wbi_readout_cells_free(&cells);
    return status;
}
