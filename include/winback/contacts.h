/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What past campaigns do to training: customers who were mailed within the window of the label did not behave as customers who
 * are left alone, which is what a score is to tell. */
#ifndef WINBACK_CONTACTS_H
#define WINBACK_CONTACTS_H

#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What was found about the rows that are trained on: those with a label that `use_row` does not leave out. */
typedef struct wb_contacted_rows {
    uint64_t n_rows;
    uint64_t n_mailed;   /* whose customer was on some campaign's list within the label's window */
    uint64_t n_held_out; /* whose customer was in some campaign's control group within it */
    uint64_t n_left_out; /* by WB_CONTACTED_DROP: mailed, and in no control group */
} wb_contacted_rows;

/* Reads the table of contacts `contacts` (customer_id, at, campaign, arm, offer) and sets, for each row of the features, mailed[row]
 * to 1 where its customer was mailed at an instant in [cutoff + gap, cutoff + gap + horizon) of the label that `options` names,
 * else 0. By the policy, which `options` is then to be used with:
 *   keep: nothing more; the log is warned when more than 5 % of the rows were mailed
 *   drop: use_row[row] becomes 0 where that is so, unless the customer was held out within the window, too; else what
 *         options->use_row says, or 1. It is for wb_train_options.use_row
 *   feature: mailed is for wb_train_options.contacted
 * `mailed` and `use_row` have a byte a row. A file that is not there yet has nobody mailed. Fails with WB_ERR_INCONSISTENT (rows
 * without customer_id or cutoff, a label whose window the features do not tell), and as reading does. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_find_contacted(uint8_t *mailed, uint8_t *use_row, wb_contacted_rows *out,
                                                  const wb_features *features, const wb_train_options *options,
                                                  wb_contacted policy, const char *contacts, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
