/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would have happened: models trained at past cutoffs, tried on the ones that came after. */
#ifndef WINBACK_BACKTEST_H
#define WINBACK_BACKTEST_H

#include <winback/features.h>
#include <winback/metrics.h>
#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Start from WB_BACKTEST_OPTIONS_INIT. What it points to is borrowed during the call only. */
typedef struct wb_backtest_options {
    const int64_t *cutoffs_us;     /* ascending; each is tried by the models whose label windows had ended by then. NULL: the
                                      project's; when it has none, up to 12, gap and horizon apart, as far back as there is a
                                      horizon of history */
    size_t n_cutoffs;
    size_t n_train_cutoffs;        /* >= 1; a model learns from so many cutoffs, or as many as there were, up to its last */
    int disjoint;                  /* not 0: no customer is both learned from and tried: those of whom the hash with purpose
                                      "holdout" and salt `seed` is below 1/2 are tried, the others are learned from */
    const wb_train_options *train; /* of each model; NULL: WB_TRAIN_OPTIONS_INIT. Its target, rows, seed, threads and log
                                      are not heeded */
    const char *label;             /* NULL: the project's first */
    wb_metrics_options metrics;
    uint64_t seed;
    int n_threads;                 /* 0: as many as the machine has */
    const wb_log *log;             /* NULL: silence; progress "backtest" over all that is computed */
} wb_backtest_options;
#define WB_BACKTEST_OPTIONS_INIT {NULL, 0, 1, 0, NULL, NULL, WB_METRICS_OPTIONS_INIT, 1, 0, NULL}

/* A model on a cutoff that came after its label windows had ended. */
typedef struct wb_backtest_trial {
    int64_t trained_at_us; /* the last cutoff it learned from */
    int64_t tried_at_us;
    uint64_t n_train_rows;
    wb_metrics metrics;    /* unweighted; figures that cannot be made (one class) are NaN */
    double auc_se;         /* of the AUC, by DeLong; NaN where it cannot be made */
    wb_interval auc_95;    /* its interval, on the logit scale */
} wb_backtest_trial;

/* A cutoff with the freshest model that could have been there, and what it is to be held against, all on the same rows. */
typedef struct wb_backtest_cutoff {
    int64_t cutoff_us;
    wb_backtest_trial fresh;
    wb_metrics previous; /* the model of the period before; n 0: there was none */
    wb_metrics recency;  /* recency alone: an unpenalised logistic regression on the days since the customer's last event in
                            the population's table, of the same rows as `fresh`; n 0: there was none */
} wb_backtest_cutoff;

/* Models that were as many trainings behind the freshest: how far their figures lie from its, on the same cutoffs. */
typedef struct wb_backtest_age {
    double age_days;  /* how much earlier their last cutoff lay than the freshest's: mean over the trials; the first age is 0 */
    size_t n_trials;  /* on cutoffs where both AUCs could be made */
    double auc, log_loss, lift_10; /* means over the trials */
    double auc_lost, log_loss_lost; /* mean difference to the freshest, paired by cutoff; above 0 is worse */
    double auc_lost_se, log_loss_lost_se; /* standard errors of these, from their spread over the cutoffs; NaN with one */
    wb_interval auc_lost_95, log_loss_lost_95; /* their 95 % intervals, by Student's t with n_trials - 1 degrees of freedom */
} wb_backtest_age;

/* How old a model may be, as far as the ages tell. */
typedef struct wb_backtest_advice {
    double retrain_every_days; /* the greatest age of which no loss was shown, below the least of which one was; 0: already
                                  the least age lost. INFINITY: no age lost, and one or more were shown to be as good. NaN: too
                                  few cutoffs to say */
    double kept_days;          /* the greatest age that, with all below it, was shown to be as good; 0: none */
    double lost_days;          /* the least age of which a loss was shown; NaN: none */
} wb_backtest_advice;

/* What counts as lost: so much of AUC or of log loss. An age has lost where the mean loss is at least that and above 0 by more
 * than chance (Student's t, one-sided, 95 %), and is as good where both are below that by more than chance. It takes 3
 * cutoffs to say either. */
#define WB_BACKTEST_TOLERANCE 0.005

typedef struct wb_backtest {
    char *label;
    int64_t gap_us, horizon_us;
    size_t n_train_cutoffs;
    int disjoint;
    uint64_t seed;
    wb_backtest_cutoff *cutoffs; /* that were tried, ascending */
    size_t n_cutoffs;
    wb_backtest_trial *trials; /* every model on every later cutoff: by cutoff, the freshest first */
    size_t n_trials;
    wb_backtest_age *ages; /* ascending */
    size_t n_ages;
    wb_backtest_advice advice;
} wb_backtest;

/* Trains a model at each cutoff from which a later one could have learned, and tries it on all of these. Cutoffs are walked in
 * the order of time; features are computed when their cutoff is reached, from the events that the engine holds, and given up
 * behind it, so memory is that of `n_train_cutoffs` cutoffs' features and of training on them. Where lambda is to be
 * chosen by cross-validation, the first model chooses it, and again one that learns from half as many rows again as the last that
 * did; the log says so. Folds that only give out-of-fold figures are not made.
 *
 * Cutoffs whose label windows end after the data are left out, and the log says so, as it does of trainings that cannot be
 * fitted (one class). Fails with WB_ERR_INCONSISTENT when no cutoff is left, when a cutoff is before the first event, or when no
 * cutoff has an earlier one whose label window had ended, naming the cutoffs that would do; WB_ERR_DEGENERATE when no model
 * could be fitted; WB_ERR_CANCELLED. Thread-safe; the same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_backtest_run(wb_backtest **out, const wb_engine *engine,
                                                const wb_backtest_options *options, wb_error *err);
WB_API void wb_backtest_free(wb_backtest *backtest); /* NULL-safe */

enum { WB_BACKTEST_SENTENCE_CHARS = 512 };
/* The advice with its evidence, as a sentence: "retrain every 56 days (8 weeks): …". Returns `text`. Thread-safe. */
WB_API const char *wb_backtest_sentence(char text[WB_BACKTEST_SENTENCE_CHARS], const wb_backtest *backtest);

/* As JSON, and back; docs/backtest.md lists the keys. "-" is standard output. Reading trusts nothing: what follows from the
 * trials (ages, advice) is computed again, and a file that says otherwise is WB_ERR_MALFORMED, as is any other version. */
WB_API WB_WARN_UNUSED wb_status wb_backtest_write(const wb_backtest *backtest, const char *path, wb_error *err);
WB_API WB_WARN_UNUSED wb_status wb_backtest_read(wb_backtest **out, const char *path, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
