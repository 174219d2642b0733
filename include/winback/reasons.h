/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a customer has a score, in words: which features push it, and the sentence that somebody in marketing reads. */
#ifndef WINBACK_REASONS_H
#define WINBACK_REASONS_H

#include <stddef.h>
#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The words for a model's features, which are numbered as its terms (wb_model_term). Immutable; may be used from many
 * threads, and outlives the model. */
typedef struct wb_reasons wb_reasons;

/* Phrases are those of the catalogue where a feature's definition, or in a flat model its name, is the catalogue's; else those
 * that the project gives (`reason`), else the feature's name. Definitions that cannot be read are WB_ERR_MALFORMED or
 * WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_reasons_create(wb_reasons **out, const wb_model *model, wb_error *err);
WB_API void wb_reasons_free(wb_reasons *reasons); /* NULL-safe */

WB_API size_t wb_reasons_n_features(const wb_reasons *reasons);
/* Whether the company can act on the feature (below wb_reasons_n_features, here and below): on how soon it replies, not on how
 * long somebody has been a customer. */
WB_API int wb_reasons_actionable(const wb_reasons *reasons, size_t feature);

/* Writes "first reply took 61 h on average; typical is 9 h": the customer's value, and the median of the training rows, or a
 * category's most frequent level. A number (NaN or infinite: missing) is what a feature of numbers has, a `level` of `n_level`
 * bytes (NULL: missing) what a category has; the other is ignored. Returns the length; `text`, of `size` bytes, holds what
 * fits, terminated, as with snprintf. Numbers are rounded for readers; nothing depends on the locale. */
WB_API size_t wb_reasons_text(char *text, size_t size, const wb_reasons *reasons, size_t feature, double number,
                              const char *level, size_t n_level);

/* Chooses the `k` features with the largest contributions above 0 (`down`: the least below 0), the strongest first, of equals
 * the one that comes first; `features` has room for k. Returns how many there are, k at most. NaN counts as 0. */
WB_API size_t wb_reasons_pick(size_t *features, const double *contributions, size_t n_features, size_t k, int down);

#ifdef __cplusplus
}
#endif
#endif
