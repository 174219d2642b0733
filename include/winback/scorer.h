/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoring in the caller's process: values in memory in, probabilities out. */
#ifndef WINBACK_SCORER_H
#define WINBACK_SCORER_H

#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model made ready. Immutable: any number of threads may score with one at once. */
typedef struct wb_scorer wb_scorer;

/* The model is copied from, and may be freed. Fails with WB_ERR_NOMEM only. */
WB_API WB_WARN_UNUSED wb_status wb_scorer_create(wb_scorer **out, const wb_model *model, wb_error *err);
WB_API void wb_scorer_free(wb_scorer *scorer); /* NULL-safe */

/* The features that it reads, in the order of the model's terms; names are borrowed from the scorer, types are
 * WB_TYPE_NUMBER or WB_TYPE_CATEGORY. */
WB_API size_t wb_scorer_n_features(const wb_scorer *scorer);
WB_API const char *wb_scorer_feature(const wb_scorer *scorer, size_t feature, wb_type *type);

#ifdef __cplusplus
}
#endif
#endif
