/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small feature tables for tests, made column by column; a data set for the tests against reference answers. */
#ifndef WINBACK_TEST_FRAME_H
#define WINBACK_TEST_FRAME_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <winback/winback.h>

#include "base/memory.h"
#include "base/number.h"
#include "features/features.h"
#include "io/input.h"
#include "table/table.h"

#define FRAME_FUNCTION __attribute__((unused)) static

FRAME_FUNCTION wb_features *frame_create(void)
{
    wb_features *frame = wbi_alloc_zeroed(1, sizeof *frame);
    assert_non_null(frame);
    assert_int_equal(wbi_table_create(&frame->table, NULL), WB_OK);
    return frame;
}

FRAME_FUNCTION wbi_column *frame_column(wb_features *frame, const char *name, wb_type type)
{
    frame->table->n_rows = 0; /* columns are added to empty tables only */
    assert_int_equal(wbi_table_add_column(frame->table, name, type, NULL, NULL), WB_OK);
    return &frame->table->columns[frame->table->n_columns - 1];
}

FRAME_FUNCTION void frame_numbers(wb_features *frame, const char *name, const double *values, size_t n)
{
    wbi_column *column = frame_column(frame, name, WB_TYPE_NUMBER);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(wbi_column_push_number(column, values[i], NULL), WB_OK);
    frame->table->n_rows = n;
}

FRAME_FUNCTION void frame_times(wb_features *frame, const char *name, const int64_t *values, size_t n)
{
    wbi_column *column = frame_column(frame, name, WB_TYPE_TIME);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(wbi_column_push_time(column, values[i], NULL), WB_OK);
    frame->table->n_rows = n;
}

/* Texts or, for WB_TYPE_CATEGORY, levels; NULL is missing. */
FRAME_FUNCTION void frame_words(wb_features *frame, const char *name, wb_type type, const char *const *words, size_t n)
{
    wbi_column *column = frame_column(frame, name, type);
    for (size_t i = 0; i < n; i++) {
        const char *word = words[i] == NULL ? "" : words[i];
        int32_t code = -1;
        if (type == WB_TYPE_TEXT) {
            assert_int_equal(wbi_column_push_text(column, word, strlen(word), NULL), WB_OK);
            continue;
        }
        if (words[i] != NULL)
            assert_int_equal(wbi_dictionary_intern(column->dictionary, word, strlen(word), &code, NULL), WB_OK);
        assert_int_equal(wbi_column_push_code(column, code, NULL), WB_OK);
    }
    frame->table->n_rows = n;
}

/* Row k of the result is row order[k] of `from`. */
FRAME_FUNCTION wb_features *frame_reorder(const wb_features *from, const size_t *order, size_t n)
{
    wb_features *out = frame_create();
    for (size_t c = 0; c < from->table->n_columns; c++) {
        wb_type type = wb_table_type(from->table, c);
        wbi_column *column = frame_column(out, wb_table_name(from->table, c), type);
        for (size_t k = 0; k < n; k++) {
            size_t row = order[k], length;
            int32_t code = -1;
            if (type == WB_TYPE_NUMBER) {
                assert_int_equal(wbi_column_push_number(column, wb_table_numbers(from->table, c)[row], NULL), WB_OK);
            } else if (type == WB_TYPE_TIME) {
                assert_int_equal(wbi_column_push_time(column, wb_table_times(from->table, c)[row], NULL), WB_OK);
            } else if (type == WB_TYPE_TEXT) {
                const char *text = wb_table_text(from->table, c, row, &length);
                assert_int_equal(wbi_column_push_text(column, text, length, NULL), WB_OK);
            } else {
                if (wb_table_codes(from->table, c)[row] >= 0) {
                    const char *level = wb_table_level(from->table, c, wb_table_codes(from->table, c)[row], &length);
                    assert_int_equal(wbi_dictionary_intern(column->dictionary, level, length, &code, NULL), WB_OK);
                }
                assert_int_equal(wbi_column_push_code(column, code, NULL), WB_OK);
            }
        }
    }
    out->table->n_rows = n;
    return out;
}

/* A generator for tests: numbers in [0, 1). */
FRAME_FUNCTION double frame_uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

/* Customers with one to three rows: a number, one that is often missing, a category with rare levels, and a label that
 * follows from all of them. */
FRAME_FUNCTION wb_features *frame_shop(size_t n)
{
    static const char *const channels[] = {"web", "app", "store", "phone", NULL};
    double *recency = wbi_alloc_array(n, sizeof *recency), *csat = wbi_alloc_array(n, sizeof *csat);
    double *label = wbi_alloc_array(n, sizeof *label);
    const char **channel = wbi_alloc_array(n, sizeof *channel), **id = wbi_alloc_array(n, sizeof *id);
    int64_t *cutoff = wbi_alloc_array(n, sizeof *cutoff);
    char(*names)[16] = wbi_alloc_array(n, sizeof *names);
    uint64_t state = 11;
    size_t customer = 0;
    for (size_t i = 0; i < n; i++) {
        double u = frame_uniform(&state);
        bool same = i > 0 && frame_uniform(&state) < 0.4;
        customer += !same;
        snprintf(names[i], sizeof names[i], "c%06zu", customer);
        id[i] = names[i];
        cutoff[i] = same ? cutoff[i - 1] + WB_DAY_US : 0;
        recency[i] = floor(-100 * log(1 - frame_uniform(&state)));
        csat[i] = frame_uniform(&state) < 0.3 ? (double)NAN : 1 + floor(5 * frame_uniform(&state));
        channel[i] = u < 0.004 ? "fax" : channels[(size_t)(5 * frame_uniform(&state))];
        double eta = -1 + 0.01 * recency[i] - (isnan(csat[i]) ? 0 : 0.3 * (csat[i] - 3)) +
                     (channel[i] != NULL && strcmp(channel[i], "store") == 0 ? 0.8 : 0);
        label[i] = frame_uniform(&state) < 1 / (1 + exp(-eta));
    }
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, n);
    frame_times(frame, "cutoff", cutoff, n);
    frame_numbers(frame, "recency", recency, n);
    frame_numbers(frame, "csat", csat, n);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, channel, n);
    frame_numbers(frame, "label_churned", label, n);
    wbi_free(recency);
    wbi_free(csat);
    wbi_free(label);
    wbi_free(channel);
    wbi_free(id);
    wbi_free(cutoff);
    wbi_free(names);
    return frame;
}

/* ---- reference data: plain CSV whose cells hold no delimiter ---- */

typedef struct frame_csv {
    char *bytes;
    char **header, **cells; /* cells row-major, quotes stripped */
    size_t n_columns, n_rows;
} frame_csv;

FRAME_FUNCTION char *frame_strip(char *cell)
{
    size_t n = strlen(cell);
    if (n > 0 && cell[n - 1] == '\r')
        cell[--n] = '\0';
    if (n > 1 && cell[0] == '"' && cell[n - 1] == '"') {
        cell[n - 1] = '\0';
        return cell + 1;
    }
    return cell;
}

/* False when the folder in the environment variable, or the file in it, is not there. */
FRAME_FUNCTION bool frame_path(char path[512], const char *variable, const char *name)
{
    const char *folder = getenv(variable);
    if (folder == NULL || *folder == '\0')
        return false;
    snprintf(path, 512, "%s/%s", folder, name);
    return true;
}

FRAME_FUNCTION bool frame_csv_read(frame_csv *out, const char *name)
{
    char path[512];
    size_t n_bytes, capacity = 16;
    if (!frame_path(path, "WINBACK_DATA", name) ||
        wbi_input_slurp(&out->bytes, &n_bytes, path, (size_t)1 << 28, NULL) != WB_OK)
        return false;
    char *rest = out->bytes, *line = strsep(&rest, "\n");
    out->header = wbi_alloc_array(64, sizeof(char *));
    for (out->n_columns = 0; line != NULL; out->n_columns++)
        out->header[out->n_columns] = frame_strip(strsep(&line, ","));
    out->cells = NULL;
    for (out->n_rows = 0; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; out->n_rows++) {
        if (out->n_rows * out->n_columns + out->n_columns > capacity || out->cells == NULL) {
            capacity = 2 * capacity + 2 * out->n_columns;
            out->cells = wbi_realloc_array(out->cells, capacity, sizeof(char *));
        }
        for (size_t c = 0; c < out->n_columns; c++)
            out->cells[out->n_rows * out->n_columns + c] = frame_strip(strsep(&line, ","));
    }
    return true;
}

FRAME_FUNCTION void frame_csv_free(frame_csv *csv)
{
    wbi_free(csv->bytes);
    wbi_free(csv->header);
    wbi_free(csv->cells);
}

FRAME_FUNCTION size_t frame_csv_find(const frame_csv *csv, const char *name)
{
    for (size_t c = 0; c < csv->n_columns; c++)
        if (strcmp(csv->header[c], name) == 0)
            return c;
    fail_msg("no column %s", name);
    return 0;
}

FRAME_FUNCTION const char *frame_csv_at(const frame_csv *csv, size_t row, const char *name)
{
    return csv->cells[row * csv->n_columns + frame_csv_find(csv, name)];
}

/* A reference answer; NULL when the folder or file is not there. */
FRAME_FUNCTION json_t *frame_reference(const char *name)
{
    char path[512];
    return frame_path(path, "WINBACK_REFERENCE", name) ? json_load_file(path, 0, NULL) : NULL;
}

/* Telco as the references take it: rows with a total charge, dummies against the alphabetically first level, named as
 * R names them. */
FRAME_FUNCTION wb_features *frame_telco(const json_t *coefficients)
{
    frame_csv csv;
    if (!frame_csv_read(&csv, "telco_ibm/WA_Fn-UseC_-Telco-Customer-Churn.csv.gz"))
        return NULL;
    static const char *const numbers[] = {"tenure", "MonthlyCharges", "TotalCharges", "SeniorCitizen"};
    static const char *const factors[] = {"Contract", "PaymentMethod", "PaperlessBilling",
                                          "gender",   "Partner",       "Dependents"};
    wb_features *frame = frame_create();
    double *values = wbi_alloc_array(csv.n_rows, sizeof *values);
    const char *name;
    json_t *ignored;
    json_object_foreach((json_t *)coefficients, name, ignored)
    {
        size_t n = 0;
        for (size_t row = 0; row < csv.n_rows; row++) {
            if (strspn(frame_csv_at(&csv, row, "TotalCharges"), " ") ==
                strlen(frame_csv_at(&csv, row, "TotalCharges")))
                continue;
            values[n] = NAN;
            for (size_t k = 0; k < 4; k++)
                if (strcmp(name, numbers[k]) == 0)
                    values[n] = atof(frame_csv_at(&csv, row, numbers[k]));
            for (size_t k = 0; k < 6; k++)
                if (strncmp(name, factors[k], strlen(factors[k])) == 0)
                    values[n] = strcmp(name + strlen(factors[k]), frame_csv_at(&csv, row, factors[k])) == 0;
            n++;
        }
        if (strcmp(name, "(Intercept)") != 0)
            frame_numbers(frame, name, values, n);
    }
    size_t n = 0;
    for (size_t row = 0; row < csv.n_rows; row++)
        if (strspn(frame_csv_at(&csv, row, "TotalCharges"), " ") != strlen(frame_csv_at(&csv, row, "TotalCharges")))
            values[n++] = strcmp(frame_csv_at(&csv, row, "Churn"), "Yes") == 0;
    frame_numbers(frame, "label_churned", values, n);
    wbi_free(values);
    frame_csv_free(&csv);
    return frame;
}

#endif
