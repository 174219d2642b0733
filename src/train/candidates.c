/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "table/spill.h"
#include "train/train.h"

enum { MIN_PHONE_DIGITS = 7 };

static bool contains_at(wbi_str text)
{
    return text.length > 0 && memchr(text.data, '@', text.length) != NULL;
}

/* At least seven digits and nothing else but what separates them: +49 (30) 123-456. */
static bool looks_like_phone(wbi_str text)
{
    size_t n_digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (isdigit((unsigned char)text.data[i]))
            n_digits++;
        else if (text.data[i] == '\0' || strchr("+-()./ ", text.data[i]) == NULL)
            return false;
    }
    return n_digits >= MIN_PHONE_DIGITS;
}

/* used[code] = 1 for the levels that the training rows have. */
static size_t mark_used(uint8_t *used, const wbi_training *training, const wb_table *table, size_t column)
{
    const int32_t *codes = wb_table_codes(table, column);
    size_t n = 0;
    for (size_t i = 0; i < training->all.n; i++) {
        int32_t code = codes[training->all.rows[i]];
        if (code >= 0 && !used[code]) {
            used[code] = 1;
            n++;
        }
    }
    return n;
}

/* A column of numbers is a category from the first cell on that is none, which is rarely meant. */
static void warn_of_numbers(const wbi_training *training, const wb_table *table, size_t column, const uint8_t *used,
                            size_t n_used)
{
    enum { MIN_VALUES = 10 };
    size_t n_numbers = 0;
    wbi_str other = {NULL, 0};
    for (size_t k = 0; k < wb_table_n_levels(table, column); k++) {
        wbi_str level;
        double number;
        level.data = wb_table_level(table, column, (int32_t)k, &level.length);
        if (used[k] && wbi_double_read(&number, level.data, level.length, '.'))
            n_numbers++;
        else if (used[k] && other.data == NULL)
            other = level;
    }
    if (other.data != NULL && n_used >= MIN_VALUES && n_used - n_numbers <= n_used / MIN_VALUES)
        wbi_log(training->log, WB_LOG_WARNING, "%s is no column of numbers: %zu of its %zu values are numbers, '%.*s' is not (--na WORD for a "
                "word that means missing)",
                wb_table_name(table, column), n_numbers, n_used, (int)(other.length < 40 ? other.length : 40), other.data);
}

/* *why = NULL when a category column is good for a term. */
static wb_status judge_category(const char **why, const wbi_training *training, const wb_table *table, size_t column,
                                wb_error *err)
{
    size_t n_levels = wb_table_n_levels(table, column), n_mail = 0, n_phone = 0;
    uint8_t *used = wbi_alloc_zeroed(n_levels, 1);
    if (used == NULL)
        return wbi_fail_nomem(err, n_levels);
    size_t n_used = mark_used(used, training, table, column);
    warn_of_numbers(training, table, column, used, n_used);
    for (size_t k = 0; k < n_levels; k++) {
        wbi_str level;
        level.data = wb_table_level(table, column, (int32_t)k, &level.length);
        n_mail += used[k] && contains_at(level);
        n_phone += used[k] && looks_like_phone(level);
    }
    *why = n_mail > n_used / 2                 ? "looks like e-mail addresses"
           : n_phone > n_used / 2              ? "looks like telephone numbers"
           : n_used > training->all.n / 2      ? "looks like an identifier, nearly every row has its own value"
                                               : NULL;
    wbi_free(used);
    return WB_OK;
}

/* A number, or a code of a category; missing ones are NaN. */
static double value_at(const wb_table *table, size_t column, size_t row)
{
    if (wb_table_type(table, column) == WB_TYPE_NUMBER)
        return wbi_numbers_at(wbi_table_numbers(table, column), row);
    int32_t code = wb_table_codes(table, column)[row];
    return code < 0 ? (double)NAN : (double)code;
}

/* Whether the column has one value for each outcome, another for the other, and no row otherwise. */
static bool tells_the_label(const wbi_training *training, const wb_table *table, size_t column)
{
    double of[2] = {NAN, NAN};
    for (size_t i = 0; i < training->all.n; i++) {
        double value = value_at(table, column, training->all.rows[i]), *seen = &of[training->all.outcome[i]];
        if (isnan(value) || (!isnan(*seen) && *seen != value))
            return false;
        *seen = value;
    }
    return of[0] != of[1];
}

/* *why = NULL when the column, whose values `table` has, is good for a term. */
static wb_status judge(const char **why, const wbi_training *training, const wb_table *table, size_t column, wb_error *err)
{
    *why = NULL;
    switch (wb_table_type(table, column)) {
    case WB_TYPE_NUMBER:
        break;
    case WB_TYPE_CATEGORY:
        WBI_TRY(judge_category(why, training, table, column, err));
        break;
    case WB_TYPE_TEXT:
        *why = "text";
        break;
    case WB_TYPE_TIME:
        *why = "a time";
        break;
    }
    if (*why == NULL && tells_the_label(training, table, column))
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the feature %s says the same as the label %s: exclude it",
                        wb_table_name(table, column), wb_table_name(table, training->target));
    return WB_OK;
}

static wb_status look_at(const char **why, const wbi_training *training, size_t column, wb_error *err)
{
    wbi_view view;
    WBI_TRY(wbi_view_open(&view, training->table, column, err));
    const wb_status status = judge(why, training, &view.table, column, err);
    wbi_view_close(&view);
    return status;
}

/* Columns that are no features by what they are for. */
static bool reserved(const wbi_training *training, size_t column, const wb_train_options *options)
{
    const char *name = wb_table_name(training->table, column);
    bool is_reserved = column == training->target || column == training->id || wbi_is_label(name) ||
                       strcmp(name, "cutoff") == 0 || (training->treated != NULL && column == training->arms.column) ||
                       (options->weights != NULL && strcmp(name, options->weights) == 0);
    for (size_t i = 0; i < options->n_exclude && !is_reserved; i++)
        is_reserved = strcmp(name, options->exclude[i]) == 0;
    return is_reserved;
}

/* What becomes of a number. */
static wbi_form form_of(const wbi_training *training, size_t column, const wb_train_options *options)
{
    for (size_t i = 0; i < options->n_log1p; i++)
        if (strcmp(wb_table_name(training->table, column), options->log1p[i]) == 0)
            return WBI_FORM_LOG1P;
    return training->smooth ? WBI_FORM_SPLINE : WBI_FORM_LINEAR;
}

static wb_status check_log1p(const wbi_training *training, const wb_train_options *options, wb_error *err)
{
    for (size_t i = 0; i < options->n_log1p; i++) {
        size_t column;
        WBI_TRY(wbi_need_column(&column, training->table, options->log1p[i], "for log1p", err));
        if (wb_table_type(training->table, column) != WB_TYPE_NUMBER)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s holds no numbers: log1p takes numbers >= 0",
                            options->log1p[i]);
    }
    return WB_OK;
}

static wb_status check_log1p_used(const wbi_training *training, const wb_train_options *options, wb_error *err)
{
    for (size_t i = 0; i < options->n_log1p; i++) {
        bool used = false;
        for (size_t f = 0; f < training->n_features; f++)
            used |= strcmp(wb_table_name(training->table, training->features[f]), options->log1p[i]) == 0;
        if (!used)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s is none of the features, so log1p of it neither", options->log1p[i]);
    }
    return WB_OK;
}

wb_status wbi_choose_features(wbi_training *training, const wb_train_options *options, wb_error *err)
{
    size_t n_columns = wb_table_n_columns(training->table), excluded;
    for (size_t i = 0; i < options->n_exclude; i++)
        WBI_TRY(wbi_need_column(&excluded, training->table, options->exclude[i], "to be left out", err));
    WBI_TRY(check_log1p(training, options, err));
    training->features = wbi_alloc_array(n_columns, sizeof *training->features);
    training->forms = wbi_alloc_array(n_columns, sizeof *training->forms);
    if (training->features == NULL || training->forms == NULL)
        return wbi_fail_nomem(err, n_columns * sizeof *training->features);
    for (size_t c = 0; c < n_columns; c++) {
        const char *name = wb_table_name(training->table, c), *why;
        if (reserved(training, c, options))
            continue;
        WBI_TRY(look_at(&why, training, c, err));
        if (why != NULL) {
            wbi_log(training->log, WB_LOG_INFO, "%s left out: %s", name, why);
            continue;
        }
        training->forms[training->n_features] = form_of(training, c, options);
        training->features[training->n_features++] = c;
    }
    WBI_TRY(check_log1p_used(training, options, err));
    if (training->n_features == 0)
        wbi_log(training->log, WB_LOG_WARNING, "no feature is left: the model is the base rate");
    return WB_OK;
}
