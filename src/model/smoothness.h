/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model with splines says of its terms. */
#ifndef WINBACK_MODEL_SMOOTHNESS_H
#define WINBACK_MODEL_SMOOTHNESS_H

#include <winback/model.h>

#include "design/basis.h"
#include "design/json.h"

typedef struct wbi_smoothness_term {
    double freedom;     /* effective degrees of freedom */
    double bend, slope; /* smoothing parameters; NaN for terms that are no splines */
    double spread;      /* standard deviation of what the spline adds to a training row's log-odds; NaN as before */
} wbi_smoothness_term;

typedef struct wbi_smoothness {
    size_t n_terms;
    wbi_smoothness_term *terms;
} wbi_smoothness;

WB_WARN_UNUSED wb_status wbi_smoothness_create(wbi_smoothness **out, size_t n_terms, wb_error *err);
void wbi_smoothness_free(wbi_smoothness *smoothness); /* NULL-safe */

/* What a term's splines come to, less its mean over the training rows; its coefficients are those of all columns of the
 * basis, standardised. False for terms that are no splines. */
bool wbi_basis_shape(wbi_shape *out, const wbi_basis *basis, const double *beta, size_t term);

/* Members of a term's JSON; non-zero when memory ran out. Nothing without smoothness. */
int wbi_smoothness_to_json(json_t *object, const wbi_smoothness *smoothness, const wbi_basis *basis, const double *beta,
                           size_t term);
/* Reads them all, when the basis is read. */
WB_WARN_UNUSED wb_status wbi_smoothness_from_json(wbi_smoothness **out, const wbi_json_at *at, const wbi_basis *basis,
                                                  const double *beta, wb_error *err);

#endif
