/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was to be contacted and who was held out: of two lists, of one with both, or of the table of contacts. */
#include <string.h>

#include "base/memory.h"
#include "readout/readout.h"

enum { ID = 0, ARM, CAMPAIGN, AT, N_OF_CONTACTS, SCORE = N_OF_CONTACTS, CUTOFF, N_USUAL, WANTED_AT_MOST = 64 };

/* A file in the making of the rows. */
typedef struct people_file {
    wbi_readout_cells_file cells;
    size_t column[WANTED_AT_MOST];
    size_t n_taken;     /* rows that are of the campaign */
    size_t first_row;   /* of the readout */
    uint32_t *rows;     /* that are of the campaign */
} people_file;

typedef struct people {
    wbi_readout *r;
    const wb_readout_source *source;
    const wb_readout_options *o;
    people_file files[2]; /* list or contacts; control */
    size_t n_files;
    const char *campaign; /* wanted, or the first that was found; NULL: none yet */
    int64_t at_us;        /* of contacts */
    int64_t cutoff_us;    /* the latest that the list says; WB_TIME_MISSING: none */
} people;

/* ---- reading ---- */

/* The usual columns of contacts are theirs to find. */
static wb_status read_file(people *p, const char *path, const wb_read_options *reading, wb_error *err)
{
    people_file *file = &p->files[p->n_files++];
    wbi_readout_cells_wanted wanted[WANTED_AT_MOST] = {
        {"customer_id", "the customer's id"}, {"arm", NULL}, {"campaign", NULL}, {"at", NULL}, {"probability", NULL}, {"cutoff", NULL}};
    if (p->o->n_by > WANTED_AT_MOST - N_USUAL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu columns to part by, expected at most %d", p->o->n_by, WANTED_AT_MOST - N_USUAL);
    for (size_t k = 0; k < p->o->n_by; k++)
        wanted[N_USUAL + k] = (wbi_readout_cells_wanted){p->o->by[k], "a segment"};
    if (p->source->contacts != NULL)
        WBI_TRY(wbi_readout_contacts_read(&file->cells, path, wanted + N_OF_CONTACTS, N_USUAL - N_OF_CONTACTS + p->o->n_by, err));
    else
        WBI_TRY(wbi_readout_cells_read(&file->cells, path, wanted, N_USUAL + p->o->n_by, reading, err));
    for (size_t k = 0; k < N_USUAL + p->o->n_by; k++)
        file->column[k] = wb_table_find(file->cells.table, wanted[k].name);
    return WB_OK;
}

static wb_status read_files(people *p, const wb_read_options *reading, wb_error *err)
{
    const wb_readout_source *s = p->source;
    if (s->contacts != NULL)
        return read_file(p, s->contacts, reading, err);
    if (s->list == NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "neither a list nor contacts are named");
    WBI_TRY(read_file(p, s->list, reading, err));
    return s->control != NULL ? read_file(p, s->control, reading, err) : WB_OK;
}

/* ---- which rows are of the campaign ---- */

static wb_status other_campaign(const people *p, const people_file *file, size_t row, wbi_str name, wb_error *err)
{
    char shown[64];
    const wbi_where where = {file->cells.path, file->cells.lines.of[row], 0};
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name.data, name.length, "campaign '%s', and '%s' before it",
                                   wbi_printable(shown, sizeof shown, name.data, name.length), p->campaign);
    wbi_advise(err, "say which of the campaigns is to be read out (--campaign NAME)");
    return status;
}

/* A list without a column of campaigns is of the one that was asked for. */
static wb_status choose_row(int *take, people *p, const people_file *file, size_t row, wb_error *err)
{
    const wbi_str name = wbi_readout_cell_at(&file->cells, file->column[CAMPAIGN], row);
    *take = 1;
    if (name.length == 0)
        return WB_OK;
    if (p->source->campaign != NULL)
        *take = wbi_str_is(name, p->source->campaign);
    else if (p->campaign == NULL)
        return wbi_readout_keep(p->r, &p->campaign, name.data, name.length, err);
    else if (!wbi_str_is(name, p->campaign))
        return other_campaign(p, file, row, name, err);
    return WB_OK;
}

/* What there is instead of the campaign that was asked for: the nearest name, or the last. */
static wb_status no_campaign(const people *p, const people_file *file, wb_error *err)
{
    const char *wanted = p->source->campaign, *names[WANTED_AT_MOST];
    size_t n = 0;
    wb_status status = WB_OK;
    wbi_arena texts = {0};
    for (size_t row = 0; row < wb_table_n_rows(file->cells.table) && n < WANTED_AT_MOST; row++) {
        wbi_str name = wbi_readout_cell_at(&file->cells, file->column[CAMPAIGN], row);
        if (n > 0 && wbi_str_is(name, names[n - 1]))
            continue;
        char *copy = wbi_strndup(name.data, name.length);
        wbi_str kept = {copy, name.length + 1};
        if (copy == NULL || !wbi_arena_copy(&texts, &kept))
            status = wbi_fail_nomem(err, name.length);
        wbi_free(copy);
        if (status != WB_OK)
            break;
        names[n++] = kept.data;
    }
    if (status == WB_OK) {
        const char *near = wbi_nearest(wanted, names, n);
        status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){file->cells.path, 0, 0}, wanted, strlen(wanted),
                             "no row of a campaign '%s'", wanted);
        if (n > 0)
            wbi_advise(err, near != NULL ? "did you mean '%s'?" : "there is '%s'", near != NULL ? near : names[n - 1]);
    }
    wbi_arena_free(&texts);
    return status;
}

static wb_status choose_rows(people *p, people_file *file, wb_error *err)
{
    const size_t n = wb_table_n_rows(file->cells.table);
    file->rows = wbi_alloc_array(n, sizeof *file->rows);
    if (file->rows == NULL)
        return wbi_fail_nomem(err, n * sizeof *file->rows);
    for (size_t row = 0; row < n; row++) {
        int take;
        WBI_TRY(choose_row(&take, p, file, row, err));
        if (take)
            file->rows[file->n_taken++] = (uint32_t)row;
    }
    if (file->n_taken == 0 && n > 0)
        return no_campaign(p, file, err);
    return WB_OK;
}

/* ---- taking them ---- */

static wb_status arm_of(const people *p, uint8_t *arm, const people_file *file, size_t row, wb_error *err)
{
    const wbi_readout_cells_file *cells = &file->cells;
    const wbi_str name = wbi_readout_cell_at(cells, file->column[ARM], row);
    const int is_control = wbi_str_is(name, wbi_readout_control_word), in_control = file != &p->files[0];
    *arm = WBI_READOUT_CONTROL;
    if (in_control && name.length > 0 && !is_control)
        return wbi_readout_cell_refuse(cells, file->column[ARM], row, "'control', as all of the control file are", err);
    if (!in_control && is_control && p->n_files > 1)
        return wbi_readout_cell_refuse(cells, file->column[ARM], row, "an arm of the list: the control group has its own file", err);
    if (in_control || is_control)
        return WB_OK;
    return wbi_readout_arm(p->r, arm, name.length > 0 ? name : wbi_str_from(wbi_readout_list_word), err);
}

static wb_status fail_twice(const people *p, const people_file *file, size_t row, size_t first, wb_error *err)
{
    char shown[64];
    const people_file *other = first >= file->first_row ? file : &p->files[0];
    const size_t other_row = other->rows[first - other->first_row];
    const wbi_str id = wbi_readout_cell_at(&file->cells, file->column[ID], row);
    if (other == file)
        return wbi_readout_cell_twice(&file->cells, file->column[ID], row, other_row, err);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){file->cells.path, file->cells.lines.of[row], 0}, id.data, id.length,
                       "customer '%s' is in the list, too (%s:%zu): nobody can be contacted and held out",
                       wbi_printable(shown, sizeof shown, id.data, id.length), other->cells.path,
                       (size_t)other->cells.lines.of[other_row]);
}

static wb_status take_at(people *p, const people_file *file, size_t row, wb_error *err)
{
    const int64_t at_us = wb_table_times(file->cells.table, file->column[AT])[row];
    const wbi_where where = {file->cells.path, file->cells.lines.of[row], 0};
    char at[WB_TIME_CHARS];
    if (p->at_us != WB_TIME_MISSING && at_us != p->at_us && p->source->sent_at_us == WB_TIME_MISSING) {
        wb_time_format(at_us, at);
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, at, strlen(at),
                           "at '%s' is not that of the campaign's other rows: say when it was sent", at);
    }
    p->at_us = at_us;
    return WB_OK;
}

/* Cells that are no time are none of ours. */
static void see_cutoff(people *p, const people_file *file, size_t row)
{
    const wbi_str cell = wbi_readout_cell_at(&file->cells, file->column[CUTOFF], row);
    const wbi_time_format iso = {0};
    int64_t cutoff_us;
    if (cell.length > 0 && wbi_time_read(&cutoff_us, cell.data, cell.length, &iso) && cutoff_us > p->cutoff_us)
        p->cutoff_us = cutoff_us; /* missing is the least */
}

static wb_status take_row(people *p, const people_file *file, size_t row, wb_error *err)
{
    wbi_readout_trial_rows *rows = &p->r->rows;
    const wbi_str id = wbi_readout_cell_at(&file->cells, file->column[ID], row);
    int32_t code;
    if (id.length == 0)
        return wbi_readout_cell_refuse(&file->cells, file->column[ID], row, "the id of a customer", err);
    WBI_TRY(wbi_dictionary_intern(rows->ids, id.data, id.length, &code, err));
    if ((size_t)code < rows->n)
        return fail_twice(p, file, row, (size_t)code, err);
    WBI_TRY(arm_of(p, &rows->arm[rows->n], file, row, err));
    if (p->source->contacts != NULL)
        WBI_TRY(take_at(p, file, row, err));
    see_cutoff(p, file, row);
    if (rows->score != NULL)
        WBI_TRY(wbi_readout_cell_number(&rows->score[rows->n], &file->cells, file->column[SCORE], row, err));
    for (size_t k = 0; k < rows->n_partings; k++) {
        const wbi_str value = wbi_readout_cell_at(&file->cells, file->column[N_USUAL + k], row);
        WBI_TRY(wbi_dictionary_intern(rows->partings[k].values, value.data, value.length, &rows->partings[k].code[rows->n], err));
    }
    rows->n++;
    return WB_OK;
}

static wb_status check_arms(const people *p, wb_error *err)
{
    const wbi_readout_trial_rows *rows = &p->r->rows;
    const people_file *of_control = &p->files[p->n_files - 1];
    size_t n_control = 0;
    for (size_t row = 0; row < rows->n; row++)
        n_control += rows->arm[row] == WBI_READOUT_CONTROL;
    if (rows->n == n_control)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){p->files[0].cells.path, 0, 0}, NULL, 0,
                           n_control == 0 ? "no customers in the list, and none in the control group: there is nothing to compare"
                                          : "no customers in the list: there is nothing to hold against the control group");
    if (n_control > 0)
        return WB_OK;
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){of_control->cells.path, 0, 0}, NULL, 0,
                                   "no customers in the control group: what they would have done anyway is not known");
    wbi_advise(err, p->n_files > 1 || p->source->contacts != NULL ? "holdout: in the project's campaign: draws one"
                                                                  : "name the file of the control group (--control FILE)");
    return status;
}

static wb_status take_files(people *p, wb_error *err)
{
    const size_t n = p->files[0].n_taken + p->files[1].n_taken;
    int with_scores = 1;
    for (size_t f = 0; f < p->n_files; f++)
        with_scores &= p->files[f].column[SCORE] != SIZE_MAX || p->files[f].n_taken == 0;
    WBI_TRY(wbi_readout_reserve(p->r, n, p->o, with_scores, err));
    WBI_TRY(wbi_dictionary_create(&p->r->rows.ids, err));
    for (size_t f = 0; f < p->n_files; f++) {
        p->files[f].first_row = p->r->rows.n;
        for (size_t k = 0; k < p->files[f].n_taken; k++)
            WBI_TRY(take_row(p, &p->files[f], p->files[f].rows[k], err));
    }
    return check_arms(p, err);
}

static wb_status name_campaign(people *p, wb_error *err)
{
    const char *said = p->source->campaign;
    p->r->result.campaign = p->campaign;
    if (said == NULL)
        return WB_OK;
    return wbi_readout_keep(p->r, &p->r->result.campaign, said, strlen(said), err);
}

/* Of contacts `at` is the cutoff. */
static void warn_of_cutoff(const people *p, const wb_log *log)
{
    const int64_t made_us = p->cutoff_us != WB_TIME_MISSING ? p->cutoff_us : p->at_us, sent_us = p->r->result.sent_at_us;
    char made[WB_TIME_CHARS], sent[WB_TIME_CHARS];
    if (made_us == WB_TIME_MISSING || sent_us >= made_us)
        return;
    wb_time_format(made_us, made);
    wb_time_format(sent_us, sent);
    wbi_log(log, WB_LOG_WARNING, "the campaign is said to have been sent at %s, before %s, when %s made: orders that chose the customers "
            "count as what it brought", sent, made, p->source->contacts != NULL ? "the contacts were" : "the list was");
}

wb_status wbi_readout_people(wbi_readout *r, const wb_readout_source *source, const wb_readout_options *o,
                             const wb_read_options *reading, wb_error *err)
{
    people p = {.r = r, .source = source, .o = o, .at_us = WB_TIME_MISSING, .cutoff_us = WB_TIME_MISSING};
    wb_status status;
    uint8_t control;
    WBI_TRY_CLEANUP(wbi_readout_arm(r, &control, wbi_str_from(wbi_readout_control_word), err));
    WBI_TRY_CLEANUP(read_files(&p, reading, err));
    for (size_t f = 0; f < p.n_files; f++)
        WBI_TRY_CLEANUP(choose_rows(&p, &p.files[f], err));
    WBI_TRY_CLEANUP(take_files(&p, err));
    WBI_TRY_CLEANUP(name_campaign(&p, err));
    r->result.sent_at_us = source->sent_at_us != WB_TIME_MISSING ? source->sent_at_us : p.at_us;
    if (r->result.sent_at_us == WB_TIME_MISSING)
        status = wbi_fail(err, WB_ERR_ARGUMENT, "when the campaign was sent is not said");
    else
        warn_of_cutoff(&p, reading->log);
cleanup:
    for (size_t f = 0; f < 2; f++) {
        wbi_readout_cells_free(&p.files[f].cells);
        wbi_free(p.files[f].rows);
    }
    return status;
}
