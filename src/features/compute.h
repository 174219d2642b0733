/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a plan and its events to the table of features, in memory or in a file. */
#ifndef WINBACK_FEATURES_COMPUTE_H
#define WINBACK_FEATURES_COMPUTE_H

#include "features/block.h"

/* What becomes of the blocks, which come in the order of customer_id bytes. */
typedef struct wbi_block_user {
    /* For each of `n_slots` places that hold a block at a time; may be NULL. */
    wb_status (*work)(void *context, const wbi_block *block, size_t slot, wb_error *err); /* by any thread */
    wb_status (*take)(void *context, const wbi_block *block, size_t slot, wb_error *err); /* in order */
    void *context;
} wbi_block_user;

/* How many slots there are for a number of threads. */
size_t wbi_compute_slots(int n_threads);
/* Computes the customers at each cutoff, block by block. Memory: wbi_compute_slots blocks of at most 1,024 rows (or all
 * cutoffs of one customer). */
WB_WARN_UNUSED wb_status wbi_compute_blocks(const wbi_plan *plan, const wbi_events *events,
                                            const wbi_compute_options *options, const wbi_block_user *user,
                                            wb_error *err);
wbi_str wbi_compute_customer(const wbi_events *events, const wbi_block *block, size_t k);
/* The columns of the result, without rows: customer_id, cutoff, features, labels. */
WB_WARN_UNUSED wb_status wbi_compute_header(wb_table **out, const wbi_plan *plan, bool with_labels, wb_error *err);

/* How many customers of the block have a row. */
size_t wbi_compute_customers_of(const wbi_block *block, size_t n_cutoffs);
/* Warns of a category of more levels than half the customers: it names them rather than describing them. */
void wbi_compute_warn_of_levels(const wbi_compute_options *options, const wb_table *features, size_t n_customers);

/* The table customer_id, cutoff, features, labels: the eligible customers at each cutoff, ordered by customer_id bytes,
 * then cutoff. WB_ERR_NOMEM as soon as its first rows show that all will pass options->allowance. */
WB_WARN_UNUSED wb_status wbi_compute_features(wb_table **out, const wbi_plan *plan, const wbi_events *events,
                                              const wbi_compute_options *options, wb_error *err);

/* Writes the same table to `path` as CSV without ever holding it: each block is printed where it was computed. *n_rows is
 * the number of rows; digest_hex (33 chars) receives the hash of the bytes. */
WB_WARN_UNUSED wb_status wbi_compute_to_file(const char *path, uint64_t *n_rows, char *digest_hex, const wbi_plan *plan,
                                             const wbi_events *events, const wbi_compute_options *options,
                                             wb_error *err);

#endif
