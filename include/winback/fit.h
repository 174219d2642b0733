/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression on numbers in memory: no tables, terms or files. */
#ifndef WINBACK_FIT_H
#define WINBACK_FIT_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of finite doubles; column j of row i is values[i * row_stride + j]. Borrowed. */
typedef struct wb_matrix {
    const double *values;
    size_t n_rows, n_columns;
    size_t row_stride; /* doubles from one row to the next, at least n_columns */
} wb_matrix;

/* Start from WB_FIT_OPTIONS_INIT. Borrowed during the call. */
typedef struct wb_fit_options {
    double lambda;         /* of the ridge penalty, >= 0; 0: none */
    const double *weights; /* one a row, >= 0 and finite; NULL: all 1 */
    int n_threads;         /* 0: as many as the machine has; results do not depend on it */
    const wb_log *log;     /* hears of columns that are left out; its progress may cancel between steps; NULL: silence */
} wb_fit_options;
#define WB_FIT_OPTIONS_INIT {0, NULL, 0, NULL}

/* How a fit ended. */
typedef struct wb_fit {
    double objective;    /* log_loss and the penalty */
    double log_loss;     /* weighted mean over the rows */
    double gradient_max; /* max-norm of the objective's gradient on standardised columns */
    double eta_step_max; /* no row's log-odds are further than this from where one more Newton step would put them */
    int iterations;      /* passes after the first that moved the coefficients on all rows */
    int converged;       /* both are at most 1e-8 */
    size_t n_left_out;   /* columns that are constant or, without a penalty, determined by those before them */
} wb_fit;

/* Minimises mean weighted log loss + lambda/2 * sum of squared coefficients of the columns divided by their population
 * standard deviation, intercept free (as glmnet). `coefficients` holds 1 + n_columns doubles and becomes the intercept and
 * the slope of each column per unit; 0 for columns left out. `outcome`: one byte a row, 0 or 1. Nothing is copied:
 * memory is about 1 MiB a thread, and 17 bytes for each sixteenth row. Newton's method, begun on every sixteenth row
 * when there are many. Fails with WB_ERR_ARGUMENT (an option or outcome outside its range), WB_ERR_INCONSISTENT (a number
 * that is not finite, with row and column), WB_ERR_DEGENERATE (no row, one class), WB_ERR_CANCELLED. Not converged is no
 * error. May be called from many threads. */
WB_API WB_WARN_UNUSED wb_status wb_fit_logistic(wb_fit *out, double *coefficients, const wb_matrix *x,
                                                const uint8_t *outcome, const wb_fit_options *options, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
