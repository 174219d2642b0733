/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "par/par.h"
#include "table/spill.h"
#include "train/train.h"

enum { BLOCK_ROWS = 1 << 14 };

wb_status wbi_part_allocate(wbi_part *part, size_t n, wb_error *err)
{
    *part = (wbi_part){.rows = wbi_alloc_aligned(n, sizeof *part->rows),
                       .outcome = wbi_alloc_aligned(n, sizeof *part->outcome),
                       .weight = wbi_alloc_aligned(n, sizeof *part->weight),
                       .customer = wbi_alloc_aligned(n, sizeof *part->customer)};
    if (part->rows == NULL || part->outcome == NULL || part->weight == NULL || part->customer == NULL)
        return wbi_fail_nomem(err, n * sizeof *part->rows);
    return WB_OK;
}

void wbi_part_free(wbi_part *part)
{
    wbi_free(part->rows);
    wbi_free(part->outcome);
    wbi_free(part->weight);
    wbi_free(part->customer);
    *part = (wbi_part){0};
}

void wbi_part_push(wbi_part *part, const wbi_part *from, size_t i)
{
    const size_t n = part->n++;
    part->rows[n] = from->rows[i];
    part->outcome[n] = from->outcome[i];
    part->weight[n] = from->weight[i];
    part->customer[n] = from->customer[i];
}

bool wbi_part_has_both(const wbi_part *part)
{
    return part->n > 0 && memchr(part->outcome, 0, part->n) != NULL && memchr(part->outcome, 1, part->n) != NULL;
}

size_t wbi_part_n_positive(const wbi_part *part)
{
    size_t n = 0;
    for (size_t i = 0; i < part->n; i++)
        n += part->outcome[i];
    return n;
}

void wbi_part_weigh(double of[2], const wbi_part *part)
{
    enum { LANES = 8 };
    const size_t whole = part->n / LANES * LANES;
    double lanes[2][LANES] = {{0}};
    if (part->alike) {
        const size_t n_positive = wbi_part_n_positive(part);
        of[0] = (double)(part->n - n_positive);
        of[1] = (double)n_positive;
        return;
    }
    of[0] = of[1] = 0;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const double positive = part->weight[i + l] * part->outcome[i + l];
            lanes[0][l] += part->weight[i + l] - positive;
            lanes[1][l] += positive;
        }
    for (size_t i = whole; i < part->n; i++)
        lanes[part->outcome[i]][0] += part->weight[i];
    for (size_t l = 0; l < LANES; l++) {
        of[0] += lanes[0][l];
        of[1] += lanes[1][l];
    }
}

void wbi_training_free(wbi_training *training)
{
    wbi_part_free(&training->all);
    wbi_free(training->features);
    wbi_free(training->forms);
    wbi_free(training->treated);
    wbi_arms_free(&training->arms);
}

wb_status wbi_training_tick(wbi_training *training, wb_error *err)
{
    return wbi_progress(training->log, "train", ++training->n_steps_done, training->n_steps, err);
}

wb_status wbi_need_column(size_t *column, const wb_table *table, const char *name, const char *what, wb_error *err)
{
    *column = wb_table_find(table, name);
    if (*column != SIZE_MAX)
        return WB_OK;
    size_t n = wb_table_n_columns(table);
    const char **names = wbi_alloc_array(n, 2 * sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, n * 2 * sizeof *names);
    for (size_t c = 0; c < n; c++) {
        names[c] = wb_table_name(table, c);
        names[n + c] = wbi_label_name(table, c); /* a target may go without its prefix */
    }
    const char *nearest = wbi_nearest(name, names, 2 * n);
    wbi_free(names);
    return nearest == NULL
               ? wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s' (%s)", name, what)
               : wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s' (%s); did you mean '%s'?", name, what, nearest);
}

/* A named id must be there; the usual one may be absent, and every row is then a customer. */
static wb_status find_id(wbi_training *training, const char *id, wb_error *err)
{
    training->id = wb_table_find(training->table, id == NULL ? "customer_id" : id);
    if (training->id == SIZE_MAX && id != NULL)
        return wbi_need_column(&training->id, training->table, id, "the customer's id", err);
    if (training->id == SIZE_MAX) {
        wbi_log(training->log, WB_LOG_INFO, "no column customer_id: every row counts as a customer of its own");
        return WB_OK;
    }
    wb_type type = wb_table_type(training->table, training->id);
    if (type != WB_TYPE_TEXT && type != WB_TYPE_CATEGORY)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the id column %s was read as %s, expected text",
                        wb_table_name(training->table, training->id), type == WB_TYPE_TIME ? "times" : "numbers");
    if (wbi_is_spilled(training->table, training->id))
        return wbi_fail(err, WB_ERR_ARGUMENT, "the id column %s was read as a feature: it must be named when features are read",
                        wb_table_name(training->table, training->id));
    return WB_OK;
}

/* Sums and squares of weights are to stay numbers. */
static const double MOST_WEIGHT = 1e100;

/* *weight = numbers of the view, NULL when all rows count alike. */
static wb_status find_weights(const double **weight, wbi_view *view, const wb_table *table, const char *name, wb_error *err)
{
    size_t column;
    *weight = NULL;
    if (name == NULL)
        return WB_OK;
    WBI_TRY(wbi_need_column(&column, table, name, "the weights", err));
    WBI_TRY(wbi_view_open(view, table, column, err));
    if (wb_table_type(table, column) != WB_TYPE_NUMBER)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the weights %s are no numbers", name);
    *weight = wb_table_numbers(&view->table, column);
    if (*weight == NULL)
        return wbi_fail_nomem(err, wb_table_n_rows(table) * sizeof **weight);
    for (size_t row = 0; row < wb_table_n_rows(table); row++) {
        const double w = (*weight)[row];
        if (isnan(w))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "weight %s of row %zu is missing", name, row + 1);
        if (w < 0 || (w != 0 && !(w >= 1 / MOST_WEIGHT && w <= MOST_WEIGHT)))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "weight %s of row %zu is %g, expected a number >= 0%s", name, row + 1, w,
                            w < 0 ? "" : ", and none beyond 1e-100 to 1e100");
    }
    return WB_OK;
}

/* Of the blocks of rows, of the table at first and then of those that are taken, something is counted. */
typedef struct taking {
    wbi_training *training;
    const int8_t *label;
    const double *weight; /* NULL: all 1 */
    size_t *counts; /* by block: its own, and then that of the blocks before it */
    bool apart;     /* it is known that no two rows are of one customer */
} taking;

static bool is_taken(const taking *work, size_t row)
{
    return work->label[row] >= 0 && (work->weight == NULL || work->weight[row] > 0);
}

static wb_status count_taken(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const taking *work = context;
    size_t n = 0;
    (void)worker, (void)err;
    for (size_t row = begin; row < end; row++)
        n += is_taken(work, row);
    work->counts[block] = n;
    return WB_OK;
}

static wb_status list_taken(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const taking *work = context;
    size_t *at = work->training->all.rows + work->counts[block];
    (void)worker, (void)err;
    for (size_t row = begin; row < end; row++)
        if (is_taken(work, row))
            *at++ = row;
    return WB_OK;
}

static bool is_another_customer(const wbi_training *training, size_t i)
{
    const size_t *rows = training->all.rows;
    return !wbi_str_equal(wbi_id_at(training->table, training->id, rows[i - 1]),
                          wbi_id_at(training->table, training->id, rows[i]));
}

/* Customers are numbered from the block's first row on. */
static wb_status describe_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const taking *work = context;
    const wbi_part *all = &work->training->all;
    uint32_t n_changes = 0;
    (void)worker, (void)err;
    for (size_t i = begin; i < end; i++) {
        const size_t row = all->rows[i];
        all->outcome[i] = (uint8_t)work->label[row];
        all->weight[i] = work->weight == NULL ? 1 : work->weight[row];
        n_changes += i > 0 && (work->apart || is_another_customer(work->training, i));
        all->customer[i] = n_changes;
    }
    work->counts[block] = n_changes;
    return WB_OK;
}

static wb_status number_customers(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const taking *work = context;
    (void)worker, (void)err;
    for (size_t i = begin; i < end; i++)
        work->training->all.customer[i] += (uint32_t)work->counts[block];
    return WB_OK;
}

/* Counts become those before each block; returns that of all. */
static size_t accumulate(size_t *counts, size_t n_blocks)
{
    size_t before = 0;
    for (size_t b = 0; b < n_blocks; b++) {
        const size_t own = counts[b];
        counts[b] = before;
        before += own;
    }
    return before;
}

static wb_status take(taking *work, wb_error *err)
{
    wbi_training *training = work->training;
    wbi_part *all = &training->all;
    const size_t n_rows = wb_table_n_rows(training->table);
    const int n_threads = training->n_threads;
    WBI_TRY(wbi_par_for(n_rows, BLOCK_ROWS, n_threads, count_taken, work, err));
    const size_t n = accumulate(work->counts, wbi_par_n_blocks(n_rows, BLOCK_ROWS));
    if (n > UINT32_MAX)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows are more than the %u that can be trained on", n, UINT32_MAX);
    WBI_TRY(wbi_part_allocate(all, n, err));
    all->n = n;
    all->alike = work->weight == NULL;
    WBI_TRY(wbi_par_for(n_rows, BLOCK_ROWS, n_threads, list_taken, work, err));
    if (training->id != SIZE_MAX)
        WBI_TRY(wbi_order_rows(&work->apart, all->rows, n, training->table, training->id, n_threads, err));
    WBI_TRY(wbi_par_for(n, BLOCK_ROWS, n_threads, describe_rows, work, err));
    const size_t n_changes = accumulate(work->counts, wbi_par_n_blocks(n, BLOCK_ROWS));
    training->n_customers = n == 0 ? 0 : n_changes + 1;
    return wbi_par_for(n, BLOCK_ROWS, n_threads, number_customers, work, err);
}

/* Takes the rows that have a label and a weight, and puts them in order. */
static wb_status take_rows(wbi_training *training, const int8_t *label, const double *weight, wb_error *err)
{
    const size_t n_blocks = wbi_par_n_blocks(wb_table_n_rows(training->table), BLOCK_ROWS);
    taking work = {training, label, weight, wbi_alloc_array(n_blocks, sizeof *work.counts), training->id == SIZE_MAX};
    if (work.counts == NULL)
        return wbi_fail_nomem(err, n_blocks * sizeof *work.counts);
    const wb_status status = take(&work, err);
    wbi_free(work.counts);
    return status;
}

static wb_status check_classes(wbi_training *training, wb_error *err)
{
    const wbi_part *all = &training->all;
    double of[2];
    const char *name = wb_table_name(training->table, training->target);
    training->n_positive = wbi_part_n_positive(all);
    wbi_part_weigh(of, all);
    training->base_rate = of[1] / (of[0] + of[1]);
    if (all->n == 0)
        return wbi_fail(err, WB_ERR_DEGENERATE, "no row has a label %s: nothing to train on", name);
    if (!wbi_part_has_both(all))
        return wbi_fail(err, WB_ERR_DEGENERATE, "the label %s is %d in all %zu rows: both classes are needed", name,
                        all->outcome[0], all->n);
    if (!wbi_fittable(training, all))
        return wbi_fail(err, WB_ERR_DEGENERATE,
                        "none of the %zu negative rows is in the sample of %g: both classes are needed",
                        all->n - training->n_positive, training->balance.sample_negatives);
    return WB_OK;
}

static void say_missing_labels(const wbi_training *training, const int8_t *label, const uint8_t *use_row)
{
    const size_t n_rows = wb_table_n_rows(training->table);
    size_t n = 0;
    for (size_t row = 0; row < n_rows; row++)
        n += label[row] < 0 && (use_row == NULL || use_row[row]);
    if (n > 0)
        wbi_log(training->log, WB_LOG_INFO, "%zu rows without a label left out", n);
}

typedef struct keying {
    const wbi_training *training;
    int8_t *label;
} keying;

static wb_status drop_keyless(void *context, size_t block, size_t begin, size_t end, int worker, double *n_dropped, wb_error *err)
{
    const keying *work = context;
    const wbi_training *training = work->training;
    (void)block, (void)worker, (void)err;
    for (size_t row = begin; row < end; row++) {
        if (work->label[row] < 0 || wbi_id_at(training->table, training->id, row).length > 0)
            continue;
        work->label[row] = -1;
        ++*n_dropped;
    }
    return WB_OK;
}

/* Rows that name no customer are left out, as they are in scoring. */
static wb_status leave_keyless_out(const wbi_training *training, int8_t *label, wb_error *err)
{
    const size_t n_rows = training->id == SIZE_MAX ? 0 : wb_table_n_rows(training->table);
    keying work = {training, label};
    double n;
    WBI_TRY(wbi_par_sum(n_rows, BLOCK_ROWS, training->n_threads, 1, drop_keyless, &work, &n, err));
    if (n > 0)
        wbi_log(training->log, WB_LOG_WARNING, "%.0f rows without a customer left out", n);
    return WB_OK;
}

/* Rows that are in neither arm are left out. */
static wb_status find_arms(wbi_training *training, int8_t *label, const wb_train_options *options, wb_error *err)
{
    const wbi_arm_choice choice = {options->treatment, options->treated, options->control, training->target};
    const size_t n_rows = wb_table_n_rows(training->table);
    if (options->treatment == NULL)
        return WB_OK;
    WBI_TRY(wbi_table_in_memory(training->table, "training with a treatment", err));
    uint8_t *labelled = training->treated = wbi_alloc_array(n_rows, 1);
    if (labelled == NULL)
        return wbi_fail_nomem(err, n_rows);
    for (size_t row = 0; row < n_rows; row++)
        labelled[row] = label[row] >= 0;
    WBI_TRY(wbi_arms_find(&training->arms, training->table, &choice, labelled, err));
    wbi_arms_say_left_out(&training->arms, options->treatment, training->log);
    for (size_t row = 0; row < n_rows; row++) {
        if (training->arms.of_row[row] < 0)
            label[row] = -1;
        training->treated[row] = training->arms.of_row[row] == 1;
    }
    return WB_OK;
}

/* Both arms are among the rows. */
static wb_status check_arms(const wbi_training *training, wb_error *err)
{
    const wbi_part *all = &training->all;
    size_t n_treated = 0;
    for (size_t i = 0; training->treated != NULL && i < all->n; i++)
        n_treated += training->treated[all->rows[i]];
    if (training->treated == NULL || (n_treated > 0 && n_treated < all->n))
        return WB_OK;
    return wbi_fail(err, WB_ERR_DEGENERATE, "all %zu rows are of one arm, %s ('%s'): uplift needs both", all->n,
                    n_treated > 0 ? "treated" : "not treated", training->arms.names[n_treated > 0]);
}

static double alpha_of(const wb_train_options *options)
{
    static const double unsaid[] = {[WB_PENALTY_LASSO] = 1, [WB_PENALTY_ELASTIC_NET] = 0.5, [WB_PENALTY_FIRTH] = 0};
    return isnan(options->alpha) ? unsaid[options->penalty] : options->alpha;
}

wb_status wbi_training_prepare(wbi_training *out, const wb_table *table, const wb_train_options *options, wb_error *err)
{
    wb_status status = WB_OK;
    const double *weight;
    wbi_view weights = {.values = NULL};
    *out = (wbi_training){.table = table,
                          .penalty = options->penalty,
                          .smooth = options->basis == WB_BASIS_AUTO,
                          .balance = {.class_weight = options->balanced ? (double)NAN : options->class_weight,
                                      .sample_negatives = options->sample_negatives},
                          .alpha = alpha_of(options),
                          .calibrate = options->calibrate,
                          .n_threads = wbi_par_threads(options->n_threads),
                          .log = options->log};
    snprintf(out->balance.salt, sizeof out->balance.salt, "%" PRIu64, options->seed);
    size_t n_rows = wb_table_n_rows(table);
    int8_t *label = wbi_alloc_array(n_rows, sizeof *label);
    if (label == NULL)
        return wbi_fail_nomem(err, n_rows);
    WBI_TRY_CLEANUP(wbi_label_find(&out->target, table, options->target, err));
    WBI_TRY_CLEANUP(find_id(out, options->id, err));
    WBI_TRY_CLEANUP(find_weights(&weight, &weights, table, options->weights, err));
    WBI_TRY_CLEANUP(wbi_label_values(label, table, out->target, options->positive, options->use_row, err));
    say_missing_labels(out, label, options->use_row);
    WBI_TRY_CLEANUP(leave_keyless_out(out, label, err));
    WBI_TRY_CLEANUP(find_arms(out, label, options, err));
    WBI_TRY_CLEANUP(take_rows(out, label, weight, err));
    WBI_TRY_CLEANUP(check_classes(out, err));
    WBI_TRY_CLEANUP(check_arms(out, err));
    WBI_TRY_CLEANUP(wbi_choose_features(out, options, err));
cleanup:
    wbi_view_close(&weights);
    wbi_free(label);
    return status;
}
