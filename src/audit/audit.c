/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/audit.h>

#include <math.h>

#include "audit/assumed.h"
#include "audit/compare.h"
#include "audit/repeat.h"
#include "base/memory.h"

enum { KEY_COLUMNS = 2 }; /* customer_id, cutoff */

static wb_status compare_at(wbi_comparison *comparison, const wb_project *project, const wb_features *features,
                            int64_t cutoff_us, const wb_read_options *options, const wb_engine *beside,
                            wb_error *err)
{
    wb_engine *redacted = NULL;
    wb_features *again = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_engine_create_redacted(&redacted, project, options, cutoff_us, beside, err));
    WBI_TRY_CLEANUP(wb_engine_features(redacted, &again,
                                       &(wb_features_options){&cutoff_us, 1, 0, options->n_threads, NULL}, err));
    wbi_comparison_add(comparison, wb_features_table(features), wb_features_table(again), cutoff_us);
cleanup:
    wb_features_free(again);
    wb_engine_free(redacted);
    return status;
}

static wb_status compare_all(wb_audit *out, const wb_engine *engine, const wb_features *features,
                             const wb_read_options *options, wb_error *err)
{
    wbi_comparison comparison;
    wb_project *project = NULL, *described = NULL;
    wb_status status;
    WBI_TRY(wbi_comparison_create(&comparison, engine->plan, err));
    WBI_TRY_CLEANUP(wbi_repeat_project(&project, engine, err));
    WBI_TRY_CLEANUP(wb_project_parse(&described, wb_features_definitions(features), err));
    const int64_t *cutoffs_us = wb_project_cutoffs(described, &out->n_cutoffs);
    for (size_t j = 0; j < out->n_cutoffs; j++)
        WBI_TRY_CLEANUP(compare_at(&comparison, project, features, cutoffs_us[j], options, engine, err));
    out->n_rows = comparison.n_rows;
    wbi_comparison_finish(&comparison, &out->moved, &out->n_moved);
cleanup:
    wbi_comparison_clear(&comparison);
    wb_project_free(project);
    wb_project_free(described);
    return status;
}

static double missing_share(const wb_table *table, size_t column)
{
    size_t n = wb_table_n_rows(table), n_missing = 0;
    const double *numbers = wb_table_numbers(table, column);
    const int32_t *codes = wb_table_codes(table, column);
    for (size_t i = 0; i < n; i++)
        n_missing += numbers != NULL ? (size_t)(isnan(numbers[i]) != 0) : (size_t)(codes[i] < 0);
    return n > 0 ? (double)n_missing / (double)n : (double)NAN;
}

static bool differ(double a, size_t n_a, double b, size_t n_b)
{
    static const double least = 0.1, errors = 4;
    double pooled = (a * (double)n_a + b * (double)n_b) / (double)(n_a + n_b);
    double error = sqrt(pooled * (1 - pooled) * (1 / (double)n_a + 1 / (double)n_b));
    return fabs(a - b) >= least && fabs(a - b) > errors * error;
}

static wb_status compare_missing(wb_audit *out, const wb_engine *engine, const wb_features *features, int n_threads,
                                 wb_error *err)
{
    wb_features *at_end = NULL;
    size_t n = engine->plan->n_features;
    out->missing = wbi_alloc_array(n, sizeof *out->missing);
    if (out->missing == NULL)
        return wbi_fail_nomem(err, n * sizeof *out->missing);
    out->until_us = engine->until_us;
    WBI_TRY(wb_engine_features(engine, &at_end, &(wb_features_options){&engine->until_us, 1, 0, n_threads, NULL}, err));
    const wb_table *then = wb_features_table(features), *now = wb_features_table(at_end);
    for (size_t f = 0; f < n; f++) {
        wb_missing_shares *m = &out->missing[out->n_missing++];
        *m = (wb_missing_shares){.feature = engine->plan->features[f].def->name,
                                 .at_cutoffs = missing_share(then, f + KEY_COLUMNS),
                                 .at_end = missing_share(now, f + KEY_COLUMNS)};
        m->differ = differ(m->at_cutoffs, wb_table_n_rows(then), m->at_end, wb_table_n_rows(now));
    }
    wb_features_free(at_end);
    return WB_OK;
}

wb_status wb_audit_features(wb_audit *out, const wb_engine *engine, const wb_features *features,
                            const wb_read_options *options, wb_error *err)
{
    const wb_read_options quiet = wbi_repeat_options(options);
    wb_status status;
    *out = (wb_audit){0};
    WBI_TRY_CLEANUP(wbi_repeatable(engine->plan->project, err));
    WBI_TRY_CLEANUP(compare_all(out, engine, features, &quiet, err));
    WBI_TRY_CLEANUP(wbi_assumed_columns(&out->assumed, &out->n_assumed, engine->plan, err));
    WBI_TRY_CLEANUP(compare_missing(out, engine, features, quiet.n_threads, err));
    return WB_OK;
cleanup:
    wb_audit_clear(out);
    return status;
}

void wb_audit_clear(wb_audit *audit)
{
    wbi_free(audit->moved);
    wbi_free(audit->assumed);
    wbi_free(audit->missing);
    *audit = (wb_audit){0};
}
