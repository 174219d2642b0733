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
    *weight = wb_table_numbers(&view->table, column);
    if (*weight == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the weights %s are no numbers", name);
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

/* customer[i] = whether the i-th row belongs to another one than the row before. */
static wb_status find_changes(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const wbi_training *training = context;
    const wbi_part *all = &training->all;
    (void)block, (void)worker, (void)err;
    for (size_t i = begin; i < end; i++)
        all->customer[i] = i > 0 && (training->id == SIZE_MAX ||
                                     !wbi_str_equal(wbi_id_at(training->table, training->id, all->rows[i - 1]),
                                                    wbi_id_at(training->table, training->id, all->rows[i])));
    return WB_OK;
}

static wb_status number_customers(wbi_training *training, wb_error *err)
{
    wbi_part *all = &training->all;
    WBI_TRY(wbi_par_for(all->n, BLOCK_ROWS, training->n_threads, find_changes, training, err));
    for (size_t i = 1; i < all->n; i++)
        all->customer[i] += all->customer[i - 1];
    training->n_customers = all->n == 0 ? 0 : (size_t)all->customer[all->n - 1] + 1;
    return WB_OK;
}

/* Takes the rows that have a label and a weight, and puts them in order. */
static wb_status take_rows(wbi_training *training, const int8_t *label, const double *weight, wb_error *err)
{
    size_t n_rows = wb_table_n_rows(training->table), n = 0;
    for (size_t row = 0; row < n_rows; row++)
        n += label[row] >= 0 && (weight == NULL || weight[row] > 0);
    if (n > UINT32_MAX)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows are more than the %u that can be trained on", n, UINT32_MAX);
    WBI_TRY(wbi_part_allocate(&training->all, n, err));
    wbi_part *all = &training->all;
    size_t at = 0;
    for (size_t row = 0; row < n_rows; row++)
        if (label[row] >= 0 && (weight == NULL || weight[row] > 0))
            all->rows[at++] = row;
    if (training->id != SIZE_MAX)
        WBI_TRY(wbi_order_rows(all->rows, n, training->table, training->id, training->n_threads, err));
    all->n = n;
    for (size_t i = 0; i < n; i++) {
        all->outcome[i] = (uint8_t)label[all->rows[i]];
        all->weight[i] = weight == NULL ? 1 : weight[all->rows[i]];
    }
    return number_customers(training, err);
}

static wb_status check_classes(wbi_training *training, wb_error *err)
{
    const wbi_part *all = &training->all;
    double total = 0, positive = 0;
    const char *name = wb_table_name(training->table, training->target);
    for (size_t i = 0; i < all->n; i++) {
        training->n_positive += all->outcome[i];
        total += all->weight[i];
        positive += all->weight[i] * all->outcome[i];
    }
    training->base_rate = positive / total;
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

/* Rows that name no customer are left out, as they are in scoring. */
static void drop_keyless(const wbi_training *training, int8_t *label)
{
    const size_t n_rows = training->id == SIZE_MAX ? 0 : wb_table_n_rows(training->table);
    size_t n = 0;
    for (size_t row = 0; row < n_rows; row++) {
        if (label[row] < 0 || wbi_id_at(training->table, training->id, row).length > 0)
            continue;
        label[row] = -1;
        n++;
    }
    if (n > 0)
        wbi_log(training->log, WB_LOG_WARNING, "%zu rows without a customer left out", n);
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
    drop_keyless(out, label);
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
