/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom treatment serves, as the arms of a campaign tell. */
#include <string.h>

#include "base/memory.h"
#include "evaluate/evaluate.h"

static int8_t arm_of(const wbi_truth *truth, const wbi_trial *trial, size_t i)
{
    return truth->arms.of_row[trial->row[i]];
}

/* Customers of the rows that are left get numbers from 0 on; where nobody has two of the rows, none. */
static wb_status renumber(wbi_trial *trial, wb_error *err)
{
    uint32_t n = 0;
    if (trial->customer == NULL) {
        trial->n_customers = trial->n;
        return WB_OK;
    }
    uint32_t *number = wbi_alloc_array(trial->n_customers, sizeof *number);
    if (number == NULL)
        return wbi_fail_nomem(err, trial->n_customers * sizeof *number);
    memset(number, 0xff, trial->n_customers * sizeof *number);
    for (size_t i = 0; i < trial->n; i++) {
        uint32_t *of = &number[trial->customer[i]];
        if (*of == UINT32_MAX)
            *of = n++;
        trial->customer[i] = *of;
    }
    wbi_free(number);
    trial->n_customers = n;
    if (n < trial->n)
        return WB_OK;
    wbi_free(trial->customer);
    trial->customer = NULL;
    return WB_OK;
}

/* Leaves the rows of these arms in the trial. */
static wb_status keep_arms(wbi_trial *trial, const wbi_truth *truth, int8_t least, int8_t most, wb_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < trial->n; i++) {
        if (arm_of(truth, trial, i) < least || arm_of(truth, trial, i) > most)
            continue;
        for (size_t s = 0; s < trial->n_scores; s++)
            trial->probability[s][n] = trial->probability[s][i];
        trial->outcome[n] = trial->outcome[i];
        trial->row[n] = trial->row[i];
        if (trial->weight != NULL)
            trial->weight[n] = trial->weight[i];
        if (trial->customer != NULL)
            trial->customer[n] = trial->customer[i];
        n++;
    }
    trial->n = n;
    return renumber(trial, err);
}

/* There is nothing but the resamples to make intervals of. */
static size_t resamples(const wbi_trial *trial, size_t asked)
{
    enum { DRAWS = 50000000, MOST = 1000, FEWEST = 100 };
    const size_t n = DRAWS / trial->n;
    return asked != WB_RESAMPLES_AUTO ? asked : n > MOST ? MOST : n < FEWEST ? FEWEST : n - n % 100;
}

static wb_status judge(wb_evaluation *result, const wbi_trial *trial, const uint8_t *treated, const wbi_score_names *names,
                       const wb_evaluate_options *options, wb_error *err)
{
    wb_interval_options intervals = options->intervals;
    intervals.n_resamples = resamples(trial, intervals.n_resamples);
    intervals.log = intervals.log != NULL ? intervals.log : options->log;
    for (size_t k = 0; k < trial->n_scores; k++) {
        const size_t n_uplifts = trial->n_scores - names->n_probabilities;
        const size_t s = k < n_uplifts ? names->n_probabilities + k : k - n_uplifts;
        const wb_trial_rows rows = {trial->probability[s], trial->outcome, treated, trial->weight, trial->customer, trial->n};
        wb_evaluated_uplift *out = &result->uplifts[result->n_uplifts++];
        out->is_uplift = k < n_uplifts;
        WBI_TRY(wb_metrics_qini(&out->qini, &rows, &intervals, options->metrics.n_threads, err));
    }
    return WB_OK;
}

static wb_status keep_names(wbi_evaluation *e, const wbi_trial *trial, const wbi_truth *truth, const wbi_score_names *names,
                            wb_error *err)
{
    wb_evaluation *result = &e->result;
    const char *const texts[] = {wb_table_name(truth->table, truth->treatment), truth->arms.names[1], truth->arms.names[0]};
    const char **const kept[] = {&result->treatment, &result->treated, &result->control};
    for (size_t k = 0; k < 3; k++)
        WBI_TRY(wbi_evaluation_keep(e, kept[k], texts[k], strlen(texts[k]), err));
    for (size_t k = 0; k < trial->n_scores; k++) {
        const size_t n_uplifts = trial->n_scores - names->n_probabilities;
        const char *name = names->of[k < n_uplifts ? names->n_probabilities + k : k - n_uplifts];
        WBI_TRY(wbi_evaluation_keep(e, &result->uplifts[k].score, name, strlen(name), err));
    }
    return WB_OK;
}

static wb_status mark_treated(uint8_t *treated, wb_evaluation *result, const wbi_trial *trial, const wbi_truth *truth, wb_error *err)
{
    for (size_t i = 0; i < trial->n; i++) {
        treated[i] = arm_of(truth, trial, i) == 1;
        result->n_treated += treated[i];
    }
    if (result->n_treated > 0 && result->n_treated < trial->n)
        return WB_OK;
    return wbi_fail(err, WB_ERR_DEGENERATE, "all %zu rows with score and label are of one arm of the treatment %s: uplift needs both",
                    trial->n, wb_table_name(truth->table, truth->treatment));
}

wb_status wbi_evaluation_uplift(wbi_evaluation *e, wbi_trial *trial, const wbi_truth *truth, const wbi_score_names *names,
                                const wb_evaluate_options *options, wb_error *err)
{
    wb_evaluation *result = &e->result;
    wb_status status;
    const size_t n_before = trial->n;
    uint8_t *treated = wbi_alloc_array(trial->n, 1);
    result->uplifts = wbi_alloc_zeroed(trial->n_scores, sizeof *result->uplifts);
    if (treated == NULL || result->uplifts == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, trial->n_scores * sizeof *result->uplifts));
    WBI_TRY_CLEANUP(keep_arms(trial, truth, 0, 1, err));
    result->n_other_arms = n_before - trial->n;
    WBI_TRY_CLEANUP(mark_treated(treated, result, trial, truth, err));
    WBI_TRY_CLEANUP(keep_names(e, trial, truth, names, err));
    WBI_TRY_CLEANUP(judge(result, trial, treated, names, options, err));
    status = keep_arms(trial, truth, 0, 0, err);
cleanup:
    wbi_free(treated);
    return status;
}
