/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/describe.h>

#include <math.h>
#include <string.h>

#include "audit/folds.h"
#include "base/memory.h"
#include "design/quantile.h"
#include "par/par.h"
#include "table/spill.h"
#include "train/train.h"

enum { LEAK_ROWS_A_CLASS = 10 };
static const double leak_auc = 0.99;

/* What the label of a row is. */
enum { UNKNOWN, NEGATIVE, POSITIVE, N_OUTCOMES };

/* The label of the rows, and which rows have one. */
typedef struct labelled {
    size_t *rows; /* NULL without a label */
    uint8_t *outcome;
    size_t n, n_positive;
    uint8_t *of_row; /* of every row of the table */
} labelled;

typedef struct describing {
    const wb_features *features;
    const wb_table *table;
    labelled label;
    uint8_t *fold; /* by row */
    wb_description *out;
    size_t *columns; /* of the table, by description */
    wbi_weighted **scratch; /* by worker; NULL until it needs any */
} describing;

static bool is_feature(const wb_table *table, size_t column)
{
    const char *name = wb_table_name(table, column);
    wb_type type = wb_table_type(table, column);
    return (type == WB_TYPE_NUMBER || type == WB_TYPE_CATEGORY) && strcmp(name, "cutoff") != 0 && !wbi_is_label(name);
}

static size_t first_label(const wb_table *table)
{
    for (size_t k = 0; k < wb_table_n_columns(table); k++)
        if (wbi_is_label(wb_table_name(table, k)) && wb_table_type(table, k) == WB_TYPE_NUMBER)
            return k;
    return SIZE_MAX;
}

/* As wbi_label_values. */
static wb_status first_label_values(int8_t *known, const wb_table *table, size_t column, wb_error *err)
{
    const double *values = wb_table_numbers(table, column);
    for (size_t i = 0; i < wb_table_n_rows(table); i++) {
        if (!isnan(values[i]) && values[i] != 0 && values[i] != 1)
            return wbi_fail(err, WB_ERR_ARGUMENT, "%s of row %zu is %g (wanted: 0, 1 or missing)",
                            wb_table_name(table, column), i + 1, values[i]);
        known[i] = isnan(values[i]) ? -1 : (int8_t)values[i];
    }
    return WB_OK;
}

static wb_status allocate_label(labelled *label, size_t n, wb_error *err)
{
    label->rows = wbi_alloc_array(n, sizeof *label->rows);
    label->outcome = wbi_alloc_array(n, 1);
    label->of_row = wbi_alloc_array(n, 1);
    const bool all = label->rows != NULL && label->outcome != NULL && label->of_row != NULL;
    return all ? WB_OK : wbi_fail_nomem(err, n * sizeof *label->rows);
}

/* *column: the target's; SIZE_MAX where there is none. */
static wb_status read_label(labelled *label, size_t *column, const wb_table *table, const wb_describe_options *options,
                            wb_error *err)
{
    const size_t n = wb_table_n_rows(table);
    *column = first_label(table);
    if (options->target != NULL)
        WBI_TRY(wbi_label_find(column, table, options->target, err));
    if (*column == SIZE_MAX)
        return WB_OK;
    WBI_TRY(allocate_label(label, n, err));
    int8_t *known = wbi_alloc_array(n, sizeof *known);
    if (known == NULL)
        return wbi_fail_nomem(err, n);
    const wb_status status = options->target == NULL ? first_label_values(known, table, *column, err)
                                                     : wbi_label_values(known, table, *column, options->positive, NULL, err);
    for (size_t i = 0; status == WB_OK && i < n; i++) {
        label->of_row[i] = known[i] < 0 ? UNKNOWN : known[i] == 1 ? POSITIVE : NEGATIVE;
        if (known[i] < 0)
            continue;
        label->rows[label->n] = i;
        label->outcome[label->n++] = (uint8_t)known[i];
        label->n_positive += known[i] == 1;
    }
    wbi_free(known);
    return status;
}

/* Of two areas the one farther from a half, the first on a tie. */
static double farther(double a, double b)
{
    return fabs(b - 0.5) > fabs(a - 0.5) ? b : a;
}

typedef struct outcome_counts {
    double n[N_OUTCOMES];
} outcome_counts;

/* Pairs of a positive and a negative row in which the positive has the higher value, ties counting half; `known` becomes the
 * counts of all rows. The weight of a value is its row's outcome. */
static double ordered_pairs(outcome_counts *known, const wbi_weighted *sorted, size_t n)
{
    double pairs = 0;
    *known = (outcome_counts){{0}};
    for (size_t i = 0; i < n;) {
        outcome_counts tied = {{0}};
        const double value = sorted[i].value;
        for (; i < n && sorted[i].value == value; i++)
            tied.n[(int)sorted[i].weight]++;
        pairs += tied.n[POSITIVE] * (known->n[NEGATIVE] + tied.n[NEGATIVE] / 2);
        for (int k = 0; k < N_OUTCOMES; k++)
            known->n[k] += tied.n[k];
    }
    return pairs;
}

/* The missing ones stand below or above all values. */
static double number_auc(const wbi_weighted *sorted, size_t n, const outcome_counts *missing)
{
    outcome_counts known;
    const double pairs = ordered_pairs(&known, sorted, n) + missing->n[POSITIVE] * missing->n[NEGATIVE] / 2;
    const double all = (known.n[POSITIVE] + missing->n[POSITIVE]) * (known.n[NEGATIVE] + missing->n[NEGATIVE]);
    return farther((pairs + known.n[POSITIVE] * missing->n[NEGATIVE]) / all,
                   (pairs + missing->n[POSITIVE] * known.n[NEGATIVE]) / all);
}

/* Two passes, so that a large mean does not eat the deviations. */
static void moments(wb_description *d, const wbi_weighted *values, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i].value;
    d->mean = n > 0 ? sum / (double)n : (double)NAN;
    for (size_t i = 0; i < n; i++)
        squares += (values[i].value - d->mean) * (values[i].value - d->mean);
    d->std = n > 1 ? sqrt(squares / (double)(n - 1)) : (double)NAN;
}

/* What a worker sorts in, the same for all its features. */
static wb_status scratch_of(wbi_weighted **out, const describing *w, int worker, wb_error *err)
{
    const size_t n_rows = wb_table_n_rows(w->table);
    if (w->scratch[worker] == NULL && n_rows > 0)
        w->scratch[worker] = wbi_alloc_array(n_rows, 2 * sizeof **out);
    *out = w->scratch[worker];
    return *out != NULL || n_rows == 0 ? WB_OK : wbi_fail_nomem(err, n_rows * 2 * sizeof **out);
}

static void describe_number(wb_description *d, const describing *w, size_t column, wbi_weighted *scratch)
{
    static const double shares[WB_DESCRIBED_QUANTILES] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};
    const double *values = wb_table_numbers(w->table, column);
    const uint8_t *outcome = w->label.of_row;
    size_t n_rows = wb_table_n_rows(w->table), n = 0;
    outcome_counts missing = {{0}};
    for (size_t i = 0; i < n_rows; i++) {
        const uint8_t found = outcome == NULL ? UNKNOWN : outcome[i];
        if (isnan(values[i]))
            missing.n[found]++;
        else
            scratch[n++] = (wbi_weighted){values[i], found};
    }
    d->n = n;
    d->n_missing = n_rows - n;
    moments(d, scratch, n);
    wbi_sort_weighted(scratch, scratch + n_rows, n);
    for (size_t q = 0; q < WB_DESCRIBED_QUANTILES; q++)
        d->quantiles[q] = n > 0 ? wbi_quantile(scratch, n, shares[q]) : (double)NAN;
    if (outcome != NULL)
        d->auc = number_auc(scratch, n, &missing);
}

static size_t count_customers(const wb_table *table)
{
    size_t column = wb_table_find(table, "customer_id"), n_rows = wb_table_n_rows(table), n = n_rows > 0;
    if (column == SIZE_MAX || wb_table_type(table, column) != WB_TYPE_TEXT)
        return n_rows;
    for (size_t i = 1; i < n_rows; i++) {
        wbi_str before, id;
        before.data = wb_table_text(table, column, i - 1, &before.length);
        id.data = wb_table_text(table, column, i, &id.length);
        n += !wbi_str_equal(before, id);
    }
    return n;
}

int wb_names_customers(const wb_features *features, size_t column)
{
    const wb_table *table = wb_features_table(features);
    return wb_table_type(table, column) == WB_TYPE_CATEGORY &&
           wb_table_n_levels(table, column) * 2 > count_customers(table);
}

/* Puts a level among the most frequent ones, if it is. */
static void show_level(wb_description *d, wb_described_level level)
{
    size_t at = d->n_shown;
    while (at > 0) {
        const wb_described_level *other = &d->levels[at - 1];
        wbi_str a = {level.name, level.length}, b = {other->name, other->length};
        if (level.n < other->n || (level.n == other->n && wbi_str_compare(a, b) > 0))
            break;
        at--;
    }
    if (at == WB_DESCRIBED_LEVELS)
        return;
    if (d->n_shown < WB_DESCRIBED_LEVELS)
        d->n_shown++;
    memmove(&d->levels[at + 1], &d->levels[at], (d->n_shown - 1 - at) * sizeof d->levels[0]);
    d->levels[at] = level;
}

static wb_status describe_category(wb_description *d, const describing *w, size_t column, wb_error *err)
{
    const int32_t *codes = wb_table_codes(w->table, column);
    size_t n_rows = wb_table_n_rows(w->table), n_codes = wb_table_n_levels(w->table, column);
    uint64_t *count = wbi_alloc_zeroed(n_codes, sizeof *count);
    if (count == NULL)
        return wbi_fail_nomem(err, n_codes * sizeof *count);
    for (size_t i = 0; i < n_rows; i++) {
        if (codes[i] < 0)
            d->n_missing++;
        else
            count[codes[i]]++;
    }
    d->n = n_rows - d->n_missing;
    for (size_t c = 0; c < n_codes; c++) {
        wb_described_level level = {.n = count[c]};
        if (count[c] == 0)
            continue;
        d->n_levels++;
        level.name = wb_table_level(w->table, column, (int32_t)c, &level.length);
        show_level(d, level);
    }
    wbi_free(count);
    d->too_many_levels = wb_names_customers(w->features, column);
    if (w->label.rows == NULL)
        return WB_OK;
    wbi_levels_of levels = {codes, n_codes, w->fold, w->label.rows, w->label.outcome, w->label.n};
    return wbi_category_auc(&d->auc, &levels, err);
}

static wb_status describe_one(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    describing *w = context;
    wbi_weighted *scratch;
    (void)block;
    WBI_TRY(scratch_of(&scratch, w, worker, err));
    for (size_t k = begin; k < end; k++) {
        wb_description *d = &w->out[k];
        *d = (wb_description){.feature = wb_table_name(w->table, w->columns[k]),
                              .type = wb_table_type(w->table, w->columns[k]),
                              .mean = NAN,
                              .std = NAN,
                              .auc = NAN};
        for (size_t q = 0; q < WB_DESCRIBED_QUANTILES; q++)
            d->quantiles[q] = NAN;
        if (d->type == WB_TYPE_NUMBER)
            describe_number(d, w, w->columns[k], scratch);
        else
            WBI_TRY(describe_category(d, w, w->columns[k], err));
        size_t n_negative = w->label.n - w->label.n_positive;
        d->suspected_leak = w->label.n_positive >= LEAK_ROWS_A_CLASS && n_negative >= LEAK_ROWS_A_CLASS &&
                            (d->auc >= leak_auc || d->auc <= 1 - leak_auc);
    }
    return WB_OK;
}

wb_status wb_describe(wb_description **out, size_t *n, const wb_features *features, const wb_describe_options *options,
                      wb_error *err)
{
    static const wb_describe_options usual = WB_DESCRIBE_OPTIONS_INIT;
    const wb_table *table = wb_features_table(features);
    const int n_workers = wbi_par_threads(options == NULL ? 0 : options->n_threads);
    size_t n_columns = wb_table_n_columns(table), n_found = 0, target;
    describing w = {.features = features, .table = table};
    wb_status status;
    WBI_TRY(wbi_table_in_memory(table, "describing", err));
    w.columns = wbi_alloc_array(n_columns, sizeof *w.columns);
    w.out = wbi_alloc_array(n_columns, sizeof *w.out);
    w.scratch = wbi_alloc_zeroed((size_t)n_workers, sizeof *w.scratch);
    if (w.columns == NULL || w.out == NULL || w.scratch == NULL) {
        status = wbi_fail_nomem(err, n_columns * sizeof *w.out);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(read_label(&w.label, &target, table, options == NULL ? &usual : options, err));
    for (size_t k = 0; k < n_columns; k++)
        if (k != target && is_feature(table, k))
            w.columns[n_found++] = k;
    WBI_TRY_CLEANUP(wbi_folds_of_customers(&w.fold, table, err));
    WBI_TRY_CLEANUP(wbi_par_for(n_found, 1, n_workers, describe_one, &w, err));
    *out = w.out;
    *n = n_found;
    w.out = NULL;
cleanup:
    wbi_free(w.label.rows);
    wbi_free(w.label.outcome);
    wbi_free(w.label.of_row);
    for (int k = 0; w.scratch != NULL && k < n_workers; k++)
        wbi_free(w.scratch[k]);
    wbi_free(w.scratch);
    wbi_free(w.fold);
    wbi_free(w.columns);
    wbi_free(w.out);
    return status;
}

void wb_descriptions_free(wb_description *descriptions)
{
    wbi_free(descriptions);
}
