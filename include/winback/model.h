/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models: trained from features, kept as JSON, read back for scoring. */
#ifndef WINBACK_MODEL_H
#define WINBACK_MODEL_H

#include <winback/features.h>
#include <winback/metrics.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wb_model wb_model; /* immutable; may be used from many threads */

typedef enum wb_penalty {
    WB_PENALTY_NONE = 0,
    WB_PENALTY_RIDGE,
    WB_PENALTY_LASSO,
    WB_PENALTY_ELASTIC_NET,
    WB_PENALTY_FIRTH
} wb_penalty;
/* "none", "ridge", "lasso", "elastic_net", "firth"; NULL when there is no such penalty. */
WB_API const char *wb_penalty_name(wb_penalty penalty);

/* Which lambda of a path cross-validation chooses. */
typedef enum wb_lambda_rule {
    WB_LAMBDA_LEAST = 0,         /* that of least mean log loss */
    WB_LAMBDA_ONE_STANDARD_ERROR /* the largest whose log loss is within one standard error of it */
} wb_lambda_rule;

/* Which rows cross-validation learns from, and which it tries. */
typedef enum wb_validation {
    WB_VALIDATE_AUTO = 0,  /* by time where that makes two splits, else by customer */
    WB_VALIDATE_CUSTOMERS, /* folds drawn by a hash of the customer */
    WB_VALIDATE_TIME       /* later cutoffs, learning from earlier ones whose label windows had ended by then */
} wb_validation;
/* "customers", "time"; NULL for any other. */
WB_API const char *wb_validation_name(wb_validation validation);

/* What numbers become. */
typedef enum wb_basis {
    WB_BASIS_LINEAR = 0, /* straight lines */
    WB_BASIS_AUTO        /* smooth curves where there are 10 different values or more; the data decide how bent they are */
} wb_basis;

/* What log-odds go through on their way to a probability, so that it is true of customers whom the model has not seen. */
typedef enum wb_calibration {
    WB_CALIBRATION_NONE = 0, /* nothing: it is the logistic function of the log-odds */
    WB_CALIBRATION_PLATT,    /* a rising line over the log-odds (Platt 1999) */
    WB_CALIBRATION_ISOTONIC, /* a function of the probability that never descends: steps with slopes between (Zadrozny and
                                Elkan 2002) */
    WB_CALIBRATION_AUTO      /* to be asked for only: the simplest of these than which none is surely better */
} wb_calibration;
/* "none", "platt", "isotonic", "auto"; NULL when there is no such calibration. */
WB_API const char *wb_calibration_name(wb_calibration calibration);

/* Start from WB_TRAIN_OPTIONS_INIT. Strings are borrowed during the call only. */
typedef struct wb_train_options {
    const char *target;          /* column, with or without the prefix label_; NULL: the only label_* column */
    const char *positive;        /* value that means 1; NULL: 1, true, yes against 0, false, no */
    const char *id;              /* NULL: customer_id */
    const char *weights;         /* column of row weights >= 0; NULL: all 1 */
    const char *const *exclude;  /* columns that are not to become terms */
    size_t n_exclude;
    const uint8_t *use_row;      /* one byte a row, 0 leaves the row out; NULL: all rows */
    wb_penalty penalty;
    wb_basis basis;              /* WB_BASIS_AUTO goes with ridge, and finds lambda itself */
    const char *const *log1p;    /* number columns >= 0 that become straight lines over log(1 + value), with either basis */
    size_t n_log1p;
    double lambda;               /* >= 0, ridge with 0 is fitted as none; NaN: chosen, by cross-validation with the linear
                                    basis; not with none and firth */
    wb_lambda_rule lambda_rule;  /* how it is chosen */
    double alpha;                /* 0 to 1, share of the absolute values; NaN: 1 for lasso, 0.5 for elastic_net */
    wb_validation validate;      /* AUTO: customers when n_folds is given */
    int n_folds;                 /* 0: no folds; -1: 5 unless lambda is given, else none; else 2 .. 100. By time it is the
                                    most splits: consecutive cutoffs share one where there are more; -1 is 5 */
    wb_calibration calibrate;    /* fitted on the out-of-fold scores: n_folds -1 is 5 then, and 0 is refused */
    double class_weight;         /* > 0: what a positive row counts beside a negative one while fitting */
    int balanced;                /* not 0, with class_weight 1: as much as makes both classes weigh alike */
    double sample_negatives;     /* 0 < R <= 1: share of the customers whose negative rows are fitted */
    uint64_t seed;               /* salt of the folds and of the sample */
    int n_threads;               /* 0: as many as the machine has */
    const wb_log *log;
    const char *treatment;       /* column that says who was treated in a campaign whose arms were drawn by lot; NULL: none. Goes
                                    with ridge and the linear basis, and features that lie in memory */
    const char *treated, *control; /* its values; NULL: 1, true, yes against 0, false, no, or where one is said the only other.
                                    Rows of others, or without one, are left out, and told of */
    const uint8_t *contacted;    /* one byte a row, 1 where the customer was mailed within the label's window (wb_find_contacted): a
                                    term `contacted` is fitted beside the others, and then set to 0: the model's probability is
                                    that of customers who are not mailed, and it reads no such feature. NULL: there is none. Goes
                                    with features that lie in memory */
    int64_t btyd_horizon_us;     /* 0: no btyd term; how far it looks ahead, WB_HORIZON_OF_LABEL: as far as the label. BG/NBD
                                    (Fader, Hardie, Lee 2005) is fitted to the columns orders_x, orders_t_x and orders_T of the
                                    training rows, each counting once, of a fold to those that it learns from; the purchases that
                                    it expects are a term beside the others, log1p or with WB_BASIS_AUTO a spline. Goes with
                                    features that lie in memory */
} wb_train_options;

#define WB_TRAIN_OPTIONS_INIT \
    {NULL, NULL, NULL, NULL, NULL, 0, NULL, WB_PENALTY_RIDGE, WB_BASIS_LINEAR, NULL, 0, WB_LAMBDA_AUTO, WB_LAMBDA_LEAST, \
     WB_LAMBDA_AUTO, WB_VALIDATE_AUTO, -1, WB_CALIBRATION_NONE, 1, 0, 1, 1, 0, NULL, NULL, NULL, NULL, NULL, 0}
#define WB_LAMBDA_AUTO (__builtin_nan(""))

/* Fits a logistic regression. Objective with the linear basis: mean weighted log loss + lambda * sum over columns of
 * (1 - alpha)/2 * coefficient^2 + alpha * |coefficient|, on columns divided by their population standard deviation, alpha
 * 0 for ridge and 1 for lasso, intercept free, weights normalised to mean 1 (as glmnet). With WB_BASIS_AUTO splines have
 * penalties of their own instead (docs/model.md), and these and lambda come from the data: where the Laplace approximate
 * restricted likelihood is greatest (Wood and Fasiolo 2017); folds, where asked for, each find their own. What lasso and elastic_net leave at
 * 0 is no part of the model: the log names it, and scoring does not need features that nothing else reads. Class weights
 * and the sampling of negatives change what is minimised and are undone afterwards: the mean prediction on all training
 * rows is the base rate to 1e-12. With firth it is the sum of the weighted log loss less half the logarithm of the
 * determinant of the information (Firth, Biometrika 80, 1993); weights are frequencies there (2 is two rows), the mean
 * prediction lies a little beside the base rate, and class weights or a sample of negatives are refused. Fails with
 * WB_ERR_INCONSISTENT (no such column, a label of more than two values), WB_ERR_DEGENERATE (one class, no rows, no negative
 * row in the sample, no cutoff that could be validated by time, one arm only, no BG/NBD for a btyd term). Of features that were too large for their memory limit also
 * with WB_ERR_NOMEM (folds, class weights or row weights would pass it), WB_ERR_INCONSISTENT (rows out of order) and
 * WB_ERR_IO; what is fitted is the same to the byte.
 *
 * With a treatment the columns stand in the design twice: as they are, and, with one of 1s, times 1/2 where the row was treated
 * and -1/2 where it was not (Lo 2002; coded so, both arms are penalised alike). The mean of the arms and what treatment adds are
 * penalised alike, per standard deviation of the column; the intercept and what treatment adds to it are free. Folds try each
 * row as it was treated. The model's probability is that without treatment; see wb_model_treatment. No covariance is kept. */
WB_API WB_WARN_UNUSED wb_status wb_train(wb_model **out, const wb_features *features, const wb_train_options *options,
                                         wb_error *err);

WB_API WB_WARN_UNUSED wb_status wb_model_read(wb_model **out, const char *path, wb_error *err);
/* Also writes PATH.cov, the covariance of the coefficients, when the model has it and `path` is no pipe or device. A model
 * that was read does not have it: its file is to be copied. */
WB_API WB_WARN_UNUSED wb_status wb_model_write(const wb_model *model, const char *path, wb_error *err);
WB_API void wb_model_free(wb_model *model); /* NULL-safe */

/* The definitions of the features the model names, itself a project file without files; NULL for a flat model. */
WB_API const char *wb_model_definitions(const wb_model *model);

/* How the classes were weighed while fitting, and what it took to undo it. */
typedef struct wb_imbalance {
    double class_weight;     /* of a positive row beside a negative one; 1: alike */
    int balanced;            /* not 0: it was chosen so that both classes weigh alike */
    double sample_negatives; /* share of the customers whose negative rows were fitted; 1: all */
    uint64_t n_rows;         /* that were fitted */
    double mean_uncorrected; /* mean prediction on all training rows, had each fitted row counted class_weight or 1 and
                                nothing been undone; to be held against base_rate. NaN: there was nothing to undo */
    double intercept_shift;  /* what undoing it added to the log-odds of every row; NaN as before */
} wb_imbalance;

/* Where the uncertainty of the coefficients was taken from. */
typedef enum wb_covariance {
    WB_COVARIANCE_NONE = 0,   /* none: not converged, or a penalty that allows for none */
    WB_COVARIANCE_HESSIAN,    /* the curvature of the objective; Bayesian with ridge; with firth of the log loss in it */
    WB_COVARIANCE_BY_CUSTOMER /* a sandwich of that and the scores by customer: customers with several rows, or weights */
} wb_covariance;

/* What calibration did, and what it is worth. */
typedef struct wb_calibration_summary {
    wb_calibration method;   /* what scores go through */
    wb_calibration tried;    /* what the figures below are of: `method`, or where auto left it out the better of the two;
                                WB_CALIBRATION_NONE where none was asked for or none could be fitted */
    double slope, intercept; /* platt: log-odds become slope * log-odds + intercept; else NaN */
    size_t n_knots;          /* isotonic, see wb_model_calibration_knots; else 0 */
    double log_loss;         /* out of fold, without calibration: out_of_fold.log_loss */
    double log_loss_calibrated; /* the same with it, the rows of each fold by what the other folds' rows gave; NaN where only
                                   one fold was judged, or some could not be fitted without another */
    double difference_se;    /* standard error of the difference of the two, over customers; NaN likewise */
} wb_calibration_summary;

/* Facts of the training. Strings borrowed from the model. Figures that were not made are NaN. */
typedef struct wb_model_summary {
    const char *target;
    uint64_t n_rows, n_customers, n_positive;
    double base_rate;       /* weighted share of positives */
    size_t n_terms, n_columns; /* columns without the intercept */
    wb_penalty penalty;
    double alpha;           /* 0 for none and ridge */
    wb_basis basis;
    double lambda;          /* of the ridge; 0 where no column has it */
    double freedom;         /* effective degrees of freedom, the intercept's included; NaN with the linear basis */
    wb_lambda_rule lambda_rule; /* how it was chosen, where there is a path */
    int n_folds;            /* or splits by time; 0 when none were made */
    wb_validation validated; /* how they were made; WB_VALIDATE_AUTO: none were */
    wb_metrics out_of_fold; /* pooled over the folds: by time, of the rows that were tried only; never calibrated */
    double auc_se, log_loss_se; /* standard errors of these, from their spread over the folds, each as its rows weigh (as
                                   cv.glmnet); NaN where fewer than two could be judged */
    double mean_log_loss;   /* of the model's probabilities, on all training rows */
    int iterations;
    double gradient_max;    /* largest violation of an optimality condition on standardised columns */
    int converged;
    wb_imbalance imbalance;
    wb_calibration_summary calibration;
    wb_covariance covariance;
    double condition_number; /* of the information (Hessian without penalty, scaled to unit diagonal), largest by least
                                eigenvalue; INFINITY: columns determine each other */
} wb_model_summary;
WB_API wb_model_summary wb_model_summarise(const wb_model *model);

/* A lambda that was tried. */
typedef struct wb_path_point {
    double lambda;
    double log_loss;       /* out of fold, weighted */
    double standard_error; /* of log_loss, from its spread over the folds (as cv.glmnet); 0 when one fold was judged */
    size_t n_nonzero;      /* coefficients beside the intercept that are not 0, fitted to all rows */
} wb_path_point;
/* The path that lambda was chosen from, largest first, borrowed from the model; 0 when it was given. */
WB_API size_t wb_model_path(const wb_model *model, const wb_path_point **points);

enum { WB_N_DECILE_EDGES = 9 };
/* What parts the probabilities of customers that a model has not seen into ten groups of the same weight: the
 * quantiles at 1/10 to 9/10 of the out-of-fold probabilities, each by the model of its fold, as wb_score_table would
 * have given it (class weights and sampling undone, calibrated); by time, of the rows that were tried. R's type 7, where rows have
 * weights its counterpart by weight (Akinshin 2023). *edges: WB_N_DECILE_EDGES numbers in [0, 1], none less than the one
 * before, borrowed from the model. Returns how many there are: 0, and *edges is NULL, where the model was trained
 * without folds or by a winback that kept none. */
WB_API size_t wb_model_decile_edges(const wb_model *model, const double **edges);
/* The group that a probability falls into, 1 (highest risk) to 10: 1 more than there are edges above it, so that one
 * that equals an edge is in the group of higher risk. 0 where the model has no edges, or for NaN. */
WB_API int wb_model_decile(const wb_model *model, double probability);

/* The probability that the model's log-odds `log_odds` (base and contributions, wb_scorer_contributions) stand for:
 * calibrated where the model is, else the logistic function. NaN for NaN. */
WB_API double wb_model_calibrate(const wb_model *model, double log_odds);
/* Of an isotonic calibration: *from, strictly ascending, are uncalibrated probabilities, *to, none less than the one before,
 * what they become; linear between, constant beyond. Borrowed from the model. Returns how many there are, 0 (and NULL) for
 * all other models. */
WB_API size_t wb_model_calibration_knots(const wb_model *model, const double **from, const double **to);

/* Ends of a 95 % interval: estimate -+ 1.96 standard errors; with firth where the profile of the penalised likelihood comes
 * to. */
typedef struct wb_interval {
    double low, high;
} wb_interval;

/* One column of the design: 0 is the intercept. Strings borrowed. Odds ratios, per unit and per standard deviation, and
 * their intervals are the exponentials of these. What is not valid is NaN: everything uncertain without a covariance, z
 * and p with a penalty (lambda > 0), z with firth, per_sd and vif of the intercept. */
typedef struct wb_coefficient {
    const char *column;  /* "recency", "channel=web", "csat (missing)" */
    const char *feature; /* the feature it is made of, "" for the intercept */
    double raw;          /* per unit */
    double per_sd;       /* per standard deviation of the column in training */
    double se_raw, se_per_sd; /* standard errors */
    wb_interval raw_95, per_sd_95;
    double z, p;         /* raw / se_raw; two-sided, from the normal distribution, with firth from the penalised
                            likelihood ratio, by chi-square */
    double vif;          /* variance inflation factor >= 1, from the columns' correlations; INFINITY: others determine it */
} wb_coefficient;
WB_API size_t wb_model_n_coefficients(const wb_model *model);
WB_API wb_coefficient wb_model_coefficient(const wb_model *model, size_t index);

/* The campaign that an uplift model was learned from. Strings are borrowed. */
typedef struct wb_treatment {
    const char *column, *treated, *control; /* the column, and its values for the two arms */
    uint64_t n_treated, n_control;          /* rows */
    uint64_t n_left_out;                    /* rows with a label that were in neither arm */
    double rate_treated, rate_control;      /* weighted share of positives */
} wb_treatment;
/* 1 and fills *out for a model that was trained with a treatment, whose probability is that of customers who are not treated;
 * 0 for all others. */
WB_API int wb_model_treatment(const wb_model *model, wb_treatment *out);
/* What treatment adds to a coefficient: 0 is the intercept, per_sd where all columns are at their means. */
typedef struct wb_interaction {
    double raw, per_sd; /* per unit, per standard deviation; NaN for models without a treatment */
} wb_interaction;
WB_API wb_interaction wb_model_interaction(const wb_model *model, size_t index); /* below wb_model_n_coefficients */

/* What makes the number of a btyd term: BG/NBD by weeks, fitted to the training rows. Strings are borrowed. */
typedef struct wb_term_btyd {
    const char *reads[3]; /* features: x, t_x and T, in whole days; rows where these are no history are missing */
    double horizon_days;  /* purchases so far ahead are expected */
    double r, alpha, a, b;
    int a_or_b_at_end;    /* 1: one of them lies at 1e-4 or 1e4, as where rows are chosen by how lately customers bought */
} wb_term_btyd;

/* A term of the model: what one feature became. */
typedef struct wb_term {
    const char *feature; /* borrowed; of a btyd term the name of what it makes of three features */
    const char *kind;    /* "linear", "log1p", "spline" or "category" */
    size_t n_columns;
    size_t n_curve_columns; /* of a spline, the first ones, which make up its curve; else 0 */
    double importance; /* weighted mean, over the training rows, of |what it adds to the log-odds|; NaN: the model was trained by a
                          winback that did not keep it */
    /* NaN with the linear basis; all but the first for terms that are no splines. */
    double freedom; /* effective degrees of freedom: about 1 is a straight line, about 0 nothing */
    double lambda_bend, lambda_slope; /* smoothing parameters, in the units of `lambda`; mgcv's are these times the rows */
    double spread; /* standard deviation, over the training rows, of what the curve adds to the log-odds */
    int direction; /* of a spline: 1 it only rises, -1 it only falls, 0 both */
} wb_term;
WB_API wb_term wb_model_term(const wb_model *model, size_t index); /* below the summary's n_terms */
/* 1 and fills *out for a btyd term (an index as above), 0 for all others. */
WB_API int wb_model_term_btyd(const wb_model *model, size_t index, wb_term_btyd *out);
/* What a spline adds to the log-odds where its feature is `value` (missing: NaN), less its mean over the training rows; NaN for
 * terms that are no splines. */
WB_API double wb_model_contribution(const wb_model *model, size_t index, double value);

/* Wald's test that all columns of a term have coefficient 0; with firth the penalised likelihood ratio's. */
typedef struct wb_term_test {
    const char *feature; /* borrowed */
    size_t degrees_of_freedom; /* its columns; of a spline its effective degrees of freedom, rounded up (Wood 2013) */
    double chi_square, p;      /* NaN without a covariance */
} wb_term_test;
WB_API wb_term_test wb_model_term_test(const wb_model *model, size_t index); /* below the summary's n_terms */

/* Covariance of the standardised coefficients: out has n x n entries, n = wb_model_n_coefficients, row-major. 0 is the
 * intercept where all columns are at their means, the others are per_sd. A model that was read needs the `path` of the
 * file that was written with it (MODEL.cov); for one just trained it may be NULL. Fails with WB_ERR_INCONSISTENT where the
 * model has no covariance or the file is another model's, WB_ERR_MALFORMED, WB_ERR_IO. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_model_covariance(double *out, const wb_model *model, const char *path, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
