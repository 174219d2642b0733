/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of a readout, in the order they are taken: who was in which arm, what became of them, differences, worth, sentences. */
#ifndef WINBACK_READOUT_INTERNAL_H
#define WINBACK_READOUT_INTERNAL_H

#include <winback/readout.h>

#include "base/arena.h"
#include "csv/typed.h"

enum { WBI_READOUT_ARMS_AT_MOST = 20, WBI_READOUT_VALUES_SHOWN = 20, WBI_READOUT_TENTHS = 10 };
enum { WBI_READOUT_CONTROL = 0 }; /* the arm */
extern const char wbi_readout_control_word[], wbi_readout_list_word[]; /* "control", "list" */

/* ---- cells.c: files whose wanted columns are all read as text ---- */

typedef struct wbi_readout_cells_wanted {
    const char *name;
    const char *what; /* it is wanted as; NULL: it may be absent */
} wbi_readout_cells_wanted;
typedef struct wbi_readout_cells_file {
    const char *path; /* as it is shown */
    wb_table *table;
    wbi_row_lines lines;
    char decimal;
} wbi_readout_cells_file;
/* At most 64 columns. */
WB_WARN_UNUSED wb_status wbi_readout_cells_read(wbi_readout_cells_file *out, const char *path, const wbi_readout_cells_wanted *wanted, size_t n,
                                        const wb_read_options *reading, wb_error *err);
/* The same of a table of contacts (contacts/contacts.h): customer_id, arm, campaign, at (a time), and of `more` what there is. */
WB_WARN_UNUSED wb_status wbi_readout_contacts_read(wbi_readout_cells_file *out, const char *path, const wbi_readout_cells_wanted *more,
                                                   size_t n, wb_error *err);
void wbi_readout_cells_free(wbi_readout_cells_file *file);
/* Of length 0 when it is missing, or the column (SIZE_MAX) is. */
wbi_str wbi_readout_cell_at(const wbi_readout_cells_file *file, size_t column, size_t row);
/* "file:line: customer 'ID' stands here twice, first in line N". */
wb_status wbi_readout_cell_twice(const wbi_readout_cells_file *file, size_t column, size_t row, size_t first, wb_error *err);
/* "file:line: NAME 'cell' <expected>", or NAME is missing. */
wb_status wbi_readout_cell_refuse(const wbi_readout_cells_file *file, size_t column, size_t row, const char *expected, wb_error *err);
WB_WARN_UNUSED wb_status wbi_readout_cell_number(double *out, const wbi_readout_cells_file *file, size_t column, size_t row, wb_error *err);
WB_WARN_UNUSED wb_status wbi_readout_cell_cents(int64_t *out, const wbi_readout_cells_file *file, size_t column, size_t row, wb_error *err);
/* 1, true, yes; 0, false, no. */
WB_WARN_UNUSED wb_status wbi_readout_cell_flag(uint8_t *out, const wbi_readout_cells_file *file, size_t column, size_t row, wb_error *err);

/* Amounts up to this are added in cents. */
#define WBI_READOUT_MOST_AMOUNT 1e12
static inline int wbi_readout_is_amount(double amount)
{
    return amount >= -WBI_READOUT_MOST_AMOUNT && amount <= WBI_READOUT_MOST_AMOUNT;
}

/* ---- the customers ---- */

typedef struct wbi_readout_parting { /* by a column's values */
    const char *by;
    int32_t *code;
    wbi_dictionary *values;
} wbi_readout_parting;

typedef struct wbi_readout_trial_rows {
    size_t n, capacity;
    wbi_dictionary *ids;        /* code = row; NULL: a file with outcomes does not say them */
    uint8_t *arm;               /* 0: control */
    const char *arms[WBI_READOUT_ARMS_AT_MOST + 1]; /* names, of the readout's arena */
    size_t n_arms;              /* the control among them */
    double *score;              /* NULL: none */
    wbi_readout_parting *partings;
    size_t n_partings;
    uint8_t *outcome[64];       /* by measure; NULL where it is money */
    int64_t *cents[64];         /* NULL where it is a rate */
    uint8_t *redeemed;          /* NULL: nobody knows */
} wbi_readout_trial_rows;

/* A readout in the making. */
typedef struct wbi_readout {
    wb_readout result; /* first: callers hold its address */
    wbi_arena texts;
    wbi_readout_trial_rows rows;
    wb_readout_measure measures[64];
    const char *arms[WBI_READOUT_ARMS_AT_MOST];
    wb_readout_group *groups;
    size_t groups_capacity;
    wb_readout_worth *worth;
    const char **sentences;
    size_t sentences_capacity;
} wbi_readout;
/* A terminated copy that lives as long as the readout. */
WB_WARN_UNUSED wb_status wbi_readout_keep(wbi_readout *r, const char **out, const char *bytes, size_t n, wb_error *err);
WB_WARN_UNUSED wb_status wbi_readout_add_measure(wbi_readout *r, const char *name, wb_readout_kind kind, wb_error *err);
/* Room for so many rows: arms, partings, and scores where they are wanted. */
WB_WARN_UNUSED wb_status wbi_readout_reserve(wbi_readout *r, size_t n, const wb_readout_options *o, int with_scores, wb_error *err);
/* Room for what became of them, all 0. */
WB_WARN_UNUSED wb_status wbi_readout_reserve_outcomes(wbi_readout *r, wb_error *err);
/* The number of the arm of that name, new or not. */
WB_WARN_UNUSED wb_status wbi_readout_arm(wbi_readout *r, uint8_t *arm, wbi_str name, wb_error *err);

/* people.c: of lists and control, or of contacts. *sent_at_us is set where the contacts say it. */
WB_WARN_UNUSED wb_status wbi_readout_people(wbi_readout *r, const wb_readout_source *source, const wb_readout_options *o,
                                            const wb_read_options *reading, wb_error *err);
/* orders.c: what they ordered. */
WB_WARN_UNUSED wb_status wbi_readout_read_orders(wbi_readout *r, const wb_project *project, const wb_readout_source *source,
                                                 const wb_read_options *reading, wb_error *err);
/* file.c */
WB_WARN_UNUSED wb_status wbi_readout_file(wbi_readout *r, const wb_readout_file *file, const wb_readout_options *o,
                                          const wb_read_options *reading, wb_error *err);

/* ---- strata.c ---- */

/* Tenths of all customers by score, 0 those of the highest; equal scores share one. */
WB_WARN_UNUSED wb_status wbi_readout_tenths_of(uint8_t *tenth, const double *score, size_t n, wb_error *err);
/* into[t] = the stratum of tenth t, so that each has two customers of every arm, or all are one; returns how many there are.
 * counts[t][arm]. */
size_t wbi_readout_pool_tenths(uint8_t into[WBI_READOUT_TENTHS], uint64_t (*counts)[WBI_READOUT_ARMS_AT_MOST + 1], size_t n_arms);

/* ---- rate.c ---- */

/* `level` of wb_readout_rate_difference; p is a share of n customers, which need not be whole. */
wb_readout_estimate wbi_readout_rate_difference(double p1, double n1, double p2, double n2, double level);
/* Weighted by strata: of stratum s, x[a][s] of n[a][s] customers of arm a; n > 1. */
typedef struct wbi_readout_rate_strata {
    const uint64_t *x[2], *n[2];
    size_t n_strata;
} wbi_readout_rate_strata;
wb_readout_estimate wbi_readout_rate_difference_weighted(const wbi_readout_rate_strata *strata, double level);

/* ---- money.c ---- */

/* Values less their mean. */
typedef struct wbi_readout_money_arm {
    const double *values;
    size_t n;
} wbi_readout_money_arm;
typedef struct wbi_readout_bootstrap {
    size_t n_resamples;
    uint64_t seed;
    double level;
    int n_threads;
} wbi_readout_bootstrap;
/* Fills low and high of a difference of means whose value stands there: NaN with fewer than two customers in an arm or without
 * spread. */
WB_WARN_UNUSED wb_status wbi_readout_bootstrap_t(wb_readout_estimate *difference, const wbi_readout_money_arm *treated, const wbi_readout_money_arm *control,
                                         const wbi_readout_bootstrap *how, wb_error *err);

/* ---- effects.c, worth.c, sentences.c ---- */

wb_readout_verdict wbi_readout_verdict_of(const wb_readout_estimate *estimate);
/* Fills the groups. */
WB_WARN_UNUSED wb_status wbi_readout_effects(wbi_readout *r, const wb_readout_options *o, wb_error *err);
WB_WARN_UNUSED wb_status wbi_readout_worths(wbi_readout *r, const wb_readout_options *o, wb_error *err);
WB_WARN_UNUSED wb_status wbi_readout_say(wbi_readout *r, wb_error *err);

#endif
