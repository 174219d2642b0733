/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What training takes beside the simplest fit, which was allowed for when the table was read. */
#include <math.h>

#include "par/par.h"
#include "table/spill.h"
#include "train/train.h"

/* Of a row in a part, and of the fold it is in. */
enum { PART_BYTES = 21, FOLD_BYTES = 1, MEDIAN_BYTES = 8 /* more than what else is selected, where weights differ */ };
enum { CALIBRATION_BYTES = 105 /* two more probabilities, the rows by score, three losses, what a line is fitted to, customers */ };
static const double mebibyte = 1 << 20;

wb_status wbi_train_check_memory(const wb_table *table, const wb_train_options *options, int n_folds, wb_error *err)
{
    const int n_threads = wbi_par_threads(options->n_threads), n_fitted = n_folds < n_threads ? n_folds : n_threads;
    const bool rebalances = options->balanced || options->class_weight != 1 || options->sample_negatives != 1;
    double bytes = options->weights != NULL ? n_threads * MEDIAN_BYTES : 0;
    if (table->spill == NULL)
        return WB_OK;
    if (n_folds > 0)
        bytes += PART_BYTES + FOLD_BYTES + n_fitted * (rebalances ? 2 : 1) * PART_BYTES;
    else if (rebalances)
        bytes += PART_BYTES;
    if (options->calibrate != WB_CALIBRATION_NONE)
        bytes += CALIBRATION_BYTES;
    const double need = (double)table->spill->kept_bytes + (double)table->n_rows * bytes;
    if (need <= (double)table->spill->limit_bytes)
        return WB_OK;
    const wb_status status =
        wbi_fail(err, WB_ERR_NOMEM,
                 "about %.1f MiB of memory are needed, with numbers and categories in a temporary file, and no more than %.1f "
                 "MiB are allowed",
                 need / mebibyte, (double)table->spill->limit_bytes / mebibyte);
    wbi_advise(err, "--memory-limit %.0fM or more, fewer threads%s would do", ceil(need / mebibyte),
               n_folds > 0 ? ", or a lambda that is given and no folds" : "");
    return status;
}
