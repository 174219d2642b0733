/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model holds. Training fills it, the file keeps it, scoring reads it. */
#ifndef WINBACK_MODEL_INTERNAL_H
#define WINBACK_MODEL_INTERNAL_H

#include <math.h>
#include <winback/model.h>

#include "design/basis.h"
#include "design/json.h"
#include "model/calibration.h"
#include "model/inference.h"
#include "model/smoothness.h"

/* How probabilities out of fold were spread, by weight. */
enum { WBI_N_TENTHS = WB_N_DECILE_EDGES + 1 };
typedef struct wbi_score_tenths {
    double edges[WB_N_DECILE_EDGES]; /* ascending */
    double shares[WBI_N_TENTHS];     /* from one edge to below the next, lowest first; about a tenth each unless edges tie. NaN: not
                                        known, as of models that were made before there were any */
} wbi_score_tenths;

/* What an uplift model knows beside. */
typedef struct wbi_treatment {
    char *texts[3];     /* the column, and its values for those who are not treated and those who are */
    wb_treatment about; /* its strings are filled when asked for */
    double *adds;       /* by coefficient, as `beta`: what treatment adds to it */
} wbi_treatment;

struct wb_model {
    char *definitions;        /* JSON text; NULL when flat */
    char *target;             /* without the prefix label_ */
    wbi_basis *basis;
    double *importance;       /* by term: weighted mean over the training rows of |what it adds to the log-odds|; NULL: not known,
                                 as of models that were made before it was kept */
    double *beta;             /* of the design's columns (basis->n_columns + 1), standardised: beta[0] is the log-odds
                                 where every column is at its mean */
    wb_model_summary summary; /* its target, n_terms and n_columns are filled when asked for */
    uint64_t seed;            /* of the folds and of the sampled negatives */
    wb_path_point *path;
    size_t n_path;
    wbi_score_tenths tenths;
    size_t n_decile_edges; /* that many, or 0 */
    wbi_calibration calibration;
    wbi_inference *inference; /* NULL: none */
    wbi_smoothness *smoothness; /* NULL: no splines were asked for */
    wbi_treatment *treatment; /* NULL: none; else `beta` is that of customers who are not treated */
};

/* An empty model; `definitions` (NULL: flat) and `target` are copied. */
WB_WARN_UNUSED wb_status wbi_model_create(wb_model **out, const char *target, const char *definitions, wb_error *err);

/* For n coefficients, which are 0. Nothing is borrowed. */
WB_WARN_UNUSED wb_status wbi_treatment_create(wbi_treatment **out, const char *column, char *const arms[2], size_t n,
                                              wb_error *err);
void wbi_treatment_free(wbi_treatment *treatment); /* NULL-safe */
/* Nothing where there is none; non-zero when memory ran out. */
int wbi_treatment_to_json(json_t *object, const wb_model *model);
int wbi_interaction_to_json(json_t *object, const wb_model *model, size_t index);
/* Reads it, when the basis is read. */
WB_WARN_UNUSED wb_status wbi_treatment_from_json(wb_model *model, const wbi_json_at *at, wb_error *err);

/* Of a fit of all rows, each counting as it does. */
wb_imbalance wbi_no_imbalance(uint64_t n_rows);
static inline bool wbi_is_imbalance(const wb_imbalance *imbalance)
{
    return !isnan(imbalance->intercept_shift);
}

/* The member `importance` of a term's object, nothing where it is not known; non-zero when memory ran out. */
int wbi_importance_to_json(json_t *object, const wb_model *model, size_t term);
/* Reads that of all terms, when the basis is read. */
WB_WARN_UNUSED wb_status wbi_importance_from_json(wb_model *model, const wbi_json_at *at, wb_error *err);

/* Whether some term reads a column of that name. */
bool wbi_model_reads(const wb_model *model, const char *name);

/* Fills what a coefficient has beyond name and value. */
void wbi_add_inference(wb_coefficient *out, const wb_model *model, size_t index);

/* Sets a feature of one column, a straight line, to 0 for good, so that the model reads it no more; *log_odds becomes what it
 * added per unit, 0 where the model has no such feature. Before the model is written, with its covariance in memory. */
WB_WARN_UNUSED wb_status wbi_model_fold_at_zero(wb_model *model, const char *feature, double *log_odds, wb_error *err);

/* Coefficient per unit of a column of the basis. */
double wbi_model_raw(const wb_model *model, size_t column);
/* Log-odds where every column is 0. */
double wbi_model_raw_intercept(const wb_model *model);

extern const char *const wbi_lambda_rule_names[2]; /* by wb_lambda_rule, as in the file */
extern const char *const wbi_basis_names[2]; /* by wb_basis, as in the file */

/* Whether coefficients may be exactly 0. */
static inline bool wbi_is_sparse(wb_penalty penalty)
{
    return penalty == WB_PENALTY_LASSO || penalty == WB_PENALTY_ELASTIC_NET;
}

/* Whether lambda says how strong it is. */
static inline bool wbi_takes_lambda(wb_penalty penalty)
{
    return penalty != WB_PENALTY_NONE && penalty != WB_PENALTY_FIRTH;
}

#define WBI_MODEL_FORMAT "winback-model"
enum { WBI_MODEL_VERSION = 1 };

#endif
