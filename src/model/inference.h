/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model says of the certainty of its coefficients: in memory, in its file, and in the file beside it. */
#ifndef WINBACK_MODEL_INFERENCE_H
#define WINBACK_MODEL_INFERENCE_H

#include <winback/model.h>

#include "base/hash.h"
#include "design/basis.h"
#include "design/json.h"

/* Quantile of the standard normal distribution, for 95 % about the middle. */
#define WBI_NORMAL_975 1.959963984540054

/* Of standardised coefficients, as wb_model's beta. */
typedef struct wbi_inference {
    wb_covariance kind;
    size_t n, n_terms;       /* coefficients, the intercept included */
    double condition_number; /* INFINITY: singular */
    double *se, *vif;        /* n; vif[0] is NaN */
    double se_intercept;     /* where every column is 0 */
    double *chi_square, *p;  /* n_terms */
    size_t *df;              /* n_terms */
    double *low, *high, *p_each; /* n, of the profile likelihood; [0] is of the intercept where every column is 0; NULL:
                                    Wald's */
    double *covariance;      /* n x n, whole; NULL when the model was read */
    char digest[WBI_DIGEST_CHARS]; /* of the covariance's file */
} wbi_inference;

WB_WARN_UNUSED wb_status wbi_inference_create(wbi_inference **out, size_t n, size_t n_terms, wb_error *err);
/* Room for what the profile likelihood says. */
WB_WARN_UNUSED wb_status wbi_inference_add_profile(wbi_inference *inference, wb_error *err);
void wbi_inference_free(wbi_inference *inference); /* NULL-safe */
/* Fills the standard errors and the digest from the covariance. */
WB_WARN_UNUSED wb_status wbi_inference_complete(wbi_inference *inference, const wbi_basis *basis, wb_error *err);

/* Members of the model's JSON: each adds what there is to an object made for others too, nothing without inference;
 * non-zero when memory ran out. */
int wbi_inference_to_json(json_t *model_object, const wbi_inference *inference);
int wbi_inference_intercept_to_json(json_t *object, const wbi_inference *inference);
int wbi_inference_column_to_json(json_t *object, const wbi_inference *inference, const wbi_basis *basis, size_t column);
int wbi_inference_term_to_json(json_t *object, const wbi_inference *inference, size_t term);
/* Reads them all, when the basis is read; *out stays NULL where the file has none. Whether they are to be of the profile
 * likelihood follows from the penalty. */
WB_WARN_UNUSED wb_status wbi_inference_from_json(wbi_inference **out, const wbi_json_at *at, const wbi_basis *basis,
                                                 bool with_profile, wb_error *err);

/* The covariance as the bytes of its file, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_covariance_bytes(char **out, size_t *n_bytes, const wbi_inference *inference,
                                              wb_error *err);
/* MODEL.cov, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_covariance_path(char **out, const char *model_path, wb_error *err);

#endif
