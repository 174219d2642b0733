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
/* The same of what an uplift model says of customers who are treated: its probabilities less those of the scorer above are the
 * uplift. A model without a treatment is WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_scorer_create_treated(wb_scorer **out, const wb_model *model, wb_error *err);
WB_API void wb_scorer_free(wb_scorer *scorer); /* NULL-safe */

/* The features that it reads, in the order of the model's terms, and behind them what only a btyd term reads; names are borrowed
 * from the scorer, types are WB_TYPE_NUMBER or WB_TYPE_CATEGORY. */
WB_API size_t wb_scorer_n_features(const wb_scorer *scorer);
WB_API const char *wb_scorer_feature(const wb_scorer *scorer, size_t feature, wb_type *type);

/* The levels of a category that training saw: those with a coefficient of their own first, then those that (other) stands for,
 * then "(missing)" where training met missing cells. A level's code is its place in this list. Bytes are UTF-8, not
 * terminated, and borrowed from the scorer. A number has none. */
WB_API size_t wb_scorer_n_levels(const wb_scorer *scorer, size_t feature);
WB_API const char *wb_scorer_level(const wb_scorer *scorer, size_t feature, int32_t code, size_t *length);
/* The code of a level of a category; of one that training did not see a code that says so. */
WB_API int32_t wb_scorer_code(const wb_scorer *scorer, size_t feature, const char *level, size_t length);

/* Where scores are written, one a row; either may be NULL. */
typedef struct wb_scores {
    double *probability; /* 0 to 1, calibrated where the model is */
    double *log_odds;    /* of it: log(p / (1 - p)) */
} wb_scores;

/* Scores rows that lie one after the other: row i is the wb_scorer_n_features doubles from x + i * stride on, in the scorer's
 * order; stride is in doubles. Numbers that are not finite are missing. A category holds its level's code (wb_scorer_code):
 * -1 and what is not finite are missing, all other values unseen levels. Missing and unseen are treated as the model's term
 * does.
 *
 * Nothing is allocated (but a few kilobytes for the rare number of a btyd term that needs an integral; where they cannot be had the
 * number is missing) and nothing fails: where numbers are so large that they overflow against the model's scales the
 * log-odds may be infinite or, where infinities cancel, NaN, and then so is the probability. A row's scores do not depend on
 * the rows around it, to the bit, nor on whether it came by rows or columns. */
WB_API void wb_scorer_rows(const wb_scorer *scorer, const wb_scores *out, const double *x, size_t stride, size_t n_rows);

/* A value a row of one feature; only the member of its type is read. */
typedef struct wb_scorer_column {
    const double *numbers; /* not finite: missing */
    const int32_t *codes;  /* of wb_scorer_code; -1: missing, all that are no level's: unseen */
} wb_scorer_column;

/* The same of values that lie in columns, one a feature, in the scorer's order. */
WB_API void wb_scorer_columns(const wb_scorer *scorer, const wb_scores *out, const wb_scorer_column *columns, size_t n_rows);

/* The terms of the model, as wb_model_term numbers them: as many as features that are read, where there is no btyd term, which
 * makes one number of three. */
WB_API size_t wb_scorer_n_terms(const wb_scorer *scorer);
/* What each term adds to the log-odds of such rows: `contributions` has n_rows x wb_scorer_n_terms doubles, row after row. A
 * term's is the sum over its columns of coefficient * (value - mean in training); with the base, the log-odds where all columns
 * are at their means, a row's add up to its log-odds but for rounding; of a calibrated model to those before calibration, of
 * which wb_model_calibrate makes the probability. wb_reasons_pick chooses the strongest. */
WB_API void wb_scorer_contributions(const wb_scorer *scorer, double *contributions, const wb_scorer_column *columns,
                                    size_t n_rows);
WB_API double wb_scorer_base(const wb_scorer *scorer);

/* The two structs of the Arrow C data interface, word for word: https://arrow.apache.org/docs/format/CDataInterface.html */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

/* Scores a batch of Arrow columns: a struct array (format "+s"), whose children are found by the names of the features; others
 * are ignored. A number may be any integer of 8 to 64 bits, float, double or bool; a category utf8, large utf8, a view of utf8,
 * or a dictionary of one of these with indices of 8 to 64 bits; either may be all null. Null is missing, and so is a text
 * without bytes. Doubles without nulls are read where they lie.
 *
 * `schema` and `batch` are borrowed during the call and not released. `out` becomes an array of doubles (format "g", named
 * "probability", without nulls; NaN where a score is none, as wb_scorer_rows says), which is the caller's: call
 * out->release(out) and out_schema->release(out_schema), or have whoever imports them do so. The caller passes both structs
 * uninitialised or released; on failure they are marked as released. One call uses one thread; many may run at once with one
 * scorer. It allocates the result and little else.
 *
 * Fails with WB_ERR_INCONSISTENT where a feature's column is not there (naming the nearest spelling), there twice, or of
 * another format; WB_ERR_ARGUMENT where the structs contradict themselves: released, negative lengths, missing buffers, a text
 * or an index that leads nowhere; WB_ERR_NOMEM. How long buffers are the interface does not tell, so that they are long enough
 * is taken on trust. */
WB_API WB_WARN_UNUSED wb_status wb_scorer_arrow(const wb_scorer *scorer, const struct ArrowSchema *schema,
                                                const struct ArrowArray *batch, struct ArrowSchema *out_schema,
                                                struct ArrowArray *out, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
