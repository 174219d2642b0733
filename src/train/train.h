/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of training, in the order they are taken: label, rows, features, folds, fit. */
#ifndef WINBACK_TRAIN_INTERNAL_H
#define WINBACK_TRAIN_INTERNAL_H

#include <winback/model.h>

#include "base/text.h"
#include "design/basis.h"
#include "model/calibration.h"
#include "model/inference.h"
#include "model/model.h"
#include "model/smoothness.h"
#include "solve/firth.h"

/* Rows with what training needs of each, in one order: by customer id, cutoff, and then all other columns, so that
 * nothing depends on the order of the table. */
typedef struct wbi_part {
    size_t n;
    size_t *rows; /* of the table */
    uint8_t *outcome;
    double *weight;     /* > 0, as given */
    uint32_t *customer; /* numbered in order */
    bool alike;         /* all weigh 1; false where nobody looked */
} wbi_part;

/* Room for `n` rows; there are none yet. */
WB_WARN_UNUSED wb_status wbi_part_allocate(wbi_part *part, size_t n, wb_error *err);
void wbi_part_free(wbi_part *part);
/* Adds row `i` of another part, where there is room. */
void wbi_part_push(wbi_part *part, const wbi_part *from, size_t i);
/* Both classes are there. */
bool wbi_part_has_both(const wbi_part *part);
size_t wbi_part_n_positive(const wbi_part *part);
/* The weight of each outcome's rows. */
void wbi_part_weigh(double of[2], const wbi_part *part);

enum { WBI_SALT_CHARS = 24 };

/* How the classes are weighed while fitting. */
typedef struct wbi_balance {
    double class_weight;     /* of a positive row beside a negative one; NaN: both classes weigh alike */
    double sample_negatives; /* the negative rows of this share of the customers are fitted */
    char salt[WBI_SALT_CHARS];
} wbi_balance;

/* Who was treated, as somebody says it. */
typedef struct wbi_arm_choice {
    const char *column;
    const char *treated, *control; /* values; NULL: not said */
    size_t label;                  /* its column, which cannot be the treatment, too */
} wbi_arm_choice;

/* The arms of a campaign. */
typedef struct wbi_arms {
    size_t column;
    int8_t *of_row;  /* of the table: 1 treated, 0 not, -1 neither */
    char *names[2];  /* values: not treated, treated; "" for an arm that no row is in */
    uint64_t n_missing, n_others; /* rows of neither: without a value, and with another one */
} wbi_arms;

/* What is to be fitted. */
typedef struct wbi_training {
    const wb_table *table;
    wbi_part all;
    size_t id; /* column; SIZE_MAX: the row's number stands for the customer */
    size_t target;
    size_t n_customers, n_positive;
    double base_rate; /* weighted */
    size_t *features; /* columns that become terms */
    size_t n_features;
    wbi_form *forms; /* of each feature */
    wbi_purchases_wanted purchases; /* its name empty: no such term */
    wbi_arms arms;     /* of_row NULL: there is no treatment */
    uint8_t *treated;  /* by row of the table, likewise */
    wb_penalty penalty;
    bool smooth; /* how strong penalties are comes from the data, and numbers may be splines */
    const struct wbi_fit *warm; /* smooth: another fit, to start from; NULL: none */
    wbi_balance balance;
    double alpha;  /* of lasso and elastic_net */
    bool infer;    /* fits say how certain their coefficients are */
    bool on_trial; /* what is fitted predicts rows of this table, and no others */
    wb_calibration calibrate; /* what folds are asked for */
    bool roughly;  /* lasso and elastic_net are fitted as exactly as a log loss needs */
    int n_threads;
    const wb_log *log;
    uint64_t n_steps_done, n_steps; /* of the progress */
} wbi_training;

/* Counts one fit as done. */
WB_WARN_UNUSED wb_status wbi_training_tick(wbi_training *training, wb_error *err);

/* ---- label.c ---- */

/* The target's column: label_<target> or <target>; NULL means the only label_* column. */
WB_WARN_UNUSED wb_status wbi_label_find(size_t *column, const wb_table *table, const char *target, wb_error *err);
/* Its name without label_. */
const char *wbi_label_name(const wb_table *table, size_t column);
bool wbi_is_label(const char *column_name);
/* label[row] = 0, 1, or -1 where it is missing or use_row says no. */
WB_WARN_UNUSED wb_status wbi_label_values(int8_t *label, const wb_table *table, size_t column, const char *positive,
                                          const uint8_t *use_row, wb_error *err);

/* How far a label looks ahead: [cutoff + gap, cutoff + gap + horizon). */
typedef struct wbi_label_window {
    bool known; /* the definitions tell of it */
    int64_t gap_us, horizon_us;
} wbi_label_window;

WB_WARN_UNUSED wb_status wbi_label_find_window(wbi_label_window *out, const wb_features *features, const char *target,
                                               wb_error *err);

/* ---- treatment.c ---- */

/* The column holds two values, or those that `choice` names. Free `out` also after a failure. */
WB_WARN_UNUSED wb_status wbi_arms_find(wbi_arms *out, const wb_table *table, const wbi_arm_choice *choice,
                                       const uint8_t *use_row, wb_error *err);
void wbi_arms_free(wbi_arms *arms);
/* How many rows are of neither arm, and why. */
void wbi_arms_say_left_out(const wbi_arms *arms, const char *column, const wb_log *log);

/* What a model says of the arms, but for their names. */
void wbi_describe_arms(wb_treatment *out, const wbi_training *training);

/* ---- prepare.c, order.c, candidates.c ---- */

/* Fills everything from the table and the options. Free with wbi_training_free, also after a failure. */
WB_WARN_UNUSED wb_status wbi_training_prepare(wbi_training *out, const wb_table *table,
                                              const wb_train_options *options, wb_error *err);
void wbi_training_free(wbi_training *training);
/* A column by name; an absent one is WB_ERR_INCONSISTENT, saying what it was wanted as. */
WB_WARN_UNUSED wb_status wbi_need_column(size_t *column, const wb_table *table, const char *name, const char *what,
                                         wb_error *err);

/* Bytes of an id, from a text or category column. */
static inline wbi_str wbi_id_at(const wb_table *table, size_t id, size_t row)
{
    const wbi_column *ids = &table->columns[id];
    if (ids->type == WB_TYPE_TEXT)
        return (wbi_str){ids->bytes + ids->offsets[row], (size_t)(ids->offsets[row + 1] - ids->offsets[row])};
    return ids->codes[row] < 0 ? (wbi_str){"", 0} : wbi_dictionary_at(ids->dictionary, ids->codes[row]);
}
/* The hash, in [0, 1), of the customer of a row. Without ids, the row's number (from 1) stands for one. */
double wbi_customer_hash(const wbi_training *training, size_t row, const char *purpose, const char *salt);
/* Sorts table rows by id, cutoff, and all other columns. Those of a table that does not lie in memory must be in the order of
 * id and cutoff already. *apart: no two have the same id; false where nobody looked. */
WB_WARN_UNUSED wb_status wbi_order_rows(bool *apart, size_t *rows, size_t n, const wb_table *table, size_t id, int n_threads,
                                        wb_error *err);

/* Fills features: the columns that can be terms. Says which cannot, and why; refuses a copy of the label. */
WB_WARN_UNUSED wb_status wbi_choose_features(wbi_training *training, const wb_train_options *options, wb_error *err);

/* ---- purchases.c ---- */

/* Finds what a btyd term is made of, where the options want one. */
WB_WARN_UNUSED wb_status wbi_choose_purchases(wbi_training *training, const wb_features *features,
                                              const wb_train_options *options, wb_error *err);

/* ---- memory.c ---- */

/* Where a part of the table does not lie in memory: training keeps to the limit, or WB_ERR_NOMEM. */
WB_WARN_UNUSED wb_status wbi_train_check_memory(const wb_table *table, const wb_train_options *options, int n_folds,
                                                wb_error *err);

/* ---- fit.c ---- */

/* Terms fitted to the rows of a part, and coefficients for each lambda; smooth: for the one that is found. */
typedef struct wbi_fit {
    wbi_basis *basis;
    size_t n_columns; /* with the intercept */
    double *beta;     /* one row of n_columns a lambda */
    wbi_newton_state last; /* how the last lambda ended; its `beta` is NULL */
    double last_lambda;
    wb_imbalance imbalance; /* at the last lambda */
    wbi_inference *inference; /* of the last lambda; NULL where there is none */
    wbi_smoothness *smoothness; /* NULL: not smooth */
    double *move; /* what its last step added to beta, when that was to infer and did not converge; else NULL */
} wbi_fit;

/* `lambdas` from large to small: each starts where the one before ended. `log`: hears of columns that are left out. */
WB_WARN_UNUSED wb_status wbi_fit_path(wbi_fit *out, wbi_training *training, const wbi_part *part,
                                      const double *lambdas, size_t n_lambdas, const wb_log *log, wb_error *err);
void wbi_fit_free(wbi_fit *fit);

enum { WBI_MAX_PATH = 100 };

/* Values of lambda to be tried, largest first, and how many coefficients are not 0 at each. */
typedef struct wbi_path {
    double lambda[WBI_MAX_PATH];
    size_t n_nonzero[WBI_MAX_PATH];
    size_t n;
} wbi_path;

/* The lambdas that glmnet tries for a lasso or an elastic net: from the smallest that leaves no coefficient to where the
 * fit hardly gains any more. */
WB_WARN_UNUSED wb_status wbi_fit_find_path(wbi_path *out, wbi_training *training, wb_error *err);
/* Takes the columns out of the basis whose coefficient is 0 and says which; of a fit at one lambda. */
WB_WARN_UNUSED wb_status wbi_fit_drop_zeros(wbi_fit *fit, const wb_log *log, wb_error *err);

/* ---- smooth.c ---- */

/* Looks for the lambdas of ridge and terms, and the coefficients that go with them, from where `newton` stands. `warm`: the
 * terms' lambdas and *lambda are a start. */
typedef struct wbi_smooth {
    wbi_newton *newton;
    const double *ridge;
    wbi_penalties *terms;
    double lambda; /* of the ridge */
    double n_rows;
    bool warm, roughly;
} wbi_smooth;
/* `out` borrows from newton; `freedom`, a column's share of the effective degrees of freedom, may be NULL. */
WB_WARN_UNUSED wb_status wbi_smooth_minimise(wbi_newton_state *out, double *freedom, wbi_smooth *problem, wb_error *err);
/* Takes lambdas over from a fit whose terms read the same features. */
void wbi_smooth_warm(wbi_smooth *problem, const wbi_basis *basis, const wbi_fit *from);
/* Keeps what was found. */
WB_WARN_UNUSED wb_status wbi_smooth_keep(wbi_fit *fit, const wbi_training *training, const wbi_part *part,
                                         const wbi_smooth *problem, const double *freedom, wb_error *err);

/* ---- imbalance.c ---- */

/* Whether rows are fitted with other weights than their own, or left out. */
bool wbi_rebalances(const wbi_training *training);
/* Both classes are among the rows of `part` that are fitted. */
bool wbi_fittable(const wbi_training *training, const wbi_part *part);
/* The rows of `part` that are fitted, as they weigh then, and how that came. Free `out` also after a failure. */
WB_WARN_UNUSED wb_status wbi_rebalance(wbi_part *out, wb_imbalance *how, const wbi_training *training,
                                       const wbi_part *part, wb_error *err);
/* Undoes it: moves the intercepts of all lambdas to where the mean prediction on the rows of `part`, as they weigh by
 * themselves, is their base rate. `design` is that of these rows. */
WB_WARN_UNUSED wb_status wbi_restore_base_rate(wbi_fit *fit, size_t n_lambdas, const wbi_design *design,
                                               const wbi_part *part, wb_error *err);

/* ---- infer.c, profile.c, separation.c ---- */

typedef struct wbi_infer_options {
    const double *crossproduct; /* of the columns, up to a factor (lower triangle) */
    const double *penalty;      /* a column */
    double lambda;
    const wbi_penalties *terms;
} wbi_infer_options;

/* Fills the fit's inference, where its Hessian allows for one. `newton` has converged on the rows of `part`. */
WB_WARN_UNUSED wb_status wbi_infer(wbi_fit *fit, wbi_newton *newton, const wbi_part *part,
                                   const wbi_infer_options *options, wb_error *err);
/* The same for Firth's penalty, by profiling; `firth` has converged on all rows, which are those of `data`. */
WB_WARN_UNUSED wb_status wbi_infer_firth(wbi_fit *fit, const wbi_firth *firth, const wbi_training *training,
                                         const wbi_likelihood *data, const double *crossproduct, wb_error *err);
/* Names the columns that separate the classes, where the fit did not converge. */
WB_WARN_UNUSED wb_status wbi_warn_separation(const wbi_training *training, const wbi_fit *fit, wb_error *err);
/* Warns where unpenalised columns nearly determine each other. */
void wbi_warn_collinear(const wb_model *model, const wb_log *log);
/* Warns where labels of one customer look at the same days. */
WB_WARN_UNUSED wb_status wbi_warn_overlap(const wbi_training *training, const wb_features *features, wb_error *err);

/* ---- splits.c ---- */

enum { WBI_MAX_SPLITS = 100, WBI_NO_SPLIT = 255 };

/* Rows that are tried, and by what. */
typedef struct wbi_splits {
    int n;
    bool by_time;
    uint8_t *fold; /* the split that tries each row of training->all; WBI_NO_SPLIT: none does */
    uint8_t *learned_from; /* by time: the first split that learns from each row, as do all after it; NULL by customer, where a
                              split learns from all rows that it does not try */
    int64_t begins_us[WBI_MAX_SPLITS]; /* by time: the first cutoff that each split tries */
} wbi_splits;

typedef struct wbi_split_options {
    int most; /* splits, 0 for none; by customer exactly so many */
    uint64_t seed;
    wb_validation by; /* WB_VALIDATE_AUTO: by time where that makes two splits */
} wbi_split_options;

/* Free `out` also after a failure. */
WB_WARN_UNUSED wb_status wbi_splits_make(wbi_splits *out, const wbi_training *training, const wb_features *features,
                                         const wbi_split_options *options, wb_error *err);
void wbi_splits_free(wbi_splits *splits);
/* Whether the k-th split learns from row i. */
static inline bool wbi_split_learns(const wbi_splits *splits, int k, size_t i)
{
    return splits->by_time ? splits->learned_from[i] <= k : splits->fold[i] != k;
}

/* ---- calibrate.c ---- */

/* Rows that folds have tried, those of each fold together. */
typedef struct wbi_held_rows {
    const double *log_odds, *probability; /* by the fold's model */
    const wbi_part *part;    /* their outcomes, weights and customers */
    const size_t *fold_ends; /* of each fold: behind its last row */
    int n_folds;
    size_t n, n_customers;
    int n_threads;
} wbi_held_rows;

/* What such scores are to go through; nothing where it cannot be fitted, which the log says, or WB_CALIBRATION_AUTO finds no gain.
 * `out` is zero-initialised; clear it also after a failure. */
WB_WARN_UNUSED wb_status wbi_calibration_fit(wbi_calibration *out, const wbi_held_rows *rows, wb_calibration asked,
                                             const wb_log *log, wb_error *err);

/* ---- folds.c ---- */

typedef struct wbi_cross_validation {
    size_t best;             /* index of the lambda that is chosen */
    double *log_loss;        /* of each lambda, out of fold, weighted */
    double *standard_error;  /* of each of them */
    wb_metrics metrics;      /* out of fold, at the best */
    double auc_se, log_loss_se; /* of it */
    wbi_calibration calibration; /* fitted to the predictions that they are of */
    wbi_score_tenths tenths; /* of these, calibrated */
} wbi_cross_validation;

WB_WARN_UNUSED wb_status wbi_cross_validate(wbi_cross_validation *out, wbi_training *training, const wbi_splits *splits,
                                            const wbi_path *path, wb_lambda_rule rule, wb_error *err);
void wbi_cross_validation_free(wbi_cross_validation *result);

/* ---- importance.c ---- */

/* Fills model->importance from all training rows. */
WB_WARN_UNUSED wb_status wbi_find_importance(wb_model *model, const wbi_training *training, wb_error *err);

/* ---- deciles.c ---- */

/* Edges between ten groups of the same weight of n >= 1 probabilities, each of a weight > 0, and what falls between them. */
WB_WARN_UNUSED wb_status wbi_find_tenths(wbi_score_tenths *out, const double *probability, const double *weight, size_t n,
                                         wb_error *err);

#endif
