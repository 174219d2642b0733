/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "design/basis.h"

/* So few rows that they stay in a cache while column after column is written into them; of plain columns, of which so many are
 * written at once, so many that listing these costs little. */
enum { CHUNK_ROWS = 64, PLAIN_ROWS = 256, PLAIN_AT_ONCE = 8 };

static const char *type_name(wb_type type)
{
    static const char *const names[] = {"numbers", "categories", "text", "times"};
    return names[type];
}

wb_status wbi_feature_missing(const char *feature, const char *const *names, size_t n_names, wb_error *err)
{
    const char *nearest = wbi_nearest(feature, names, n_names);
    return nearest == NULL ? wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s', which the model reads", feature)
                           : wbi_fail(err, WB_ERR_INCONSISTENT,
                                      "no column '%s', which the model reads; did you mean '%s'?", feature, nearest);
}

static wb_status no_column(const wb_table *table, const char *name, wb_error *err)
{
    const size_t n = wb_table_n_columns(table);
    const char **names = wbi_alloc_array(n, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, n * sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = wb_table_name(table, i);
    const wb_status status = wbi_feature_missing(name, names, n, err);
    wbi_free(names);
    return status;
}

wb_status wbi_feature_find(size_t *column, const wb_table *table, const char *feature, wb_type type, wb_error *err)
{
    *column = wb_table_find(table, feature);
    if (*column == SIZE_MAX)
        return no_column(table, feature, err);
    if (wb_table_type(table, *column) != type)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "column '%s' holds %s, the model reads %s", feature,
                        type_name(wb_table_type(table, *column)), type_name(type));
    return WB_OK;
}

static void place_columns(wbi_encoder *encoder, size_t n_parts)
{
    const wbi_basis *basis = encoder->basis;
    for (size_t i = 0; i < n_parts; i++)
        encoder->place[i] = SIZE_MAX;
    for (size_t j = 0; j < encoder->stride; j++)
        encoder->scale[j] = 1;
    for (size_t j = 0; j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        encoder->place[encoder->first_part[column->term] + column->part] = j + 1;
        encoder->mean[j + 1] = column->mean;
        encoder->scale[j + 1] = 1 / column->sd;
    }
}

/* A number that is known everywhere becomes 0 as an indicator, and this when standardised. */
static void list_constant(wbi_encoder *encoder, size_t place, double value)
{
    encoder->plain[encoder->n_plain++] = (wbi_encoder_plain){
        SIZE_MAX, {.place = place, .indicator = true, .mean = -value, .inverse_sd = 1}};
}

/* Once the terms are bound. */
static void list_plain(wbi_encoder *encoder)
{
    const wbi_basis *basis = encoder->basis;
    list_constant(encoder, 0, 1);
    for (size_t j = 0; j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        const wbi_term *term = basis->terms[column->term];
        encoder->any_encoded |= term->kind->plain == NULL;
        if (term->kind->plain == NULL)
            continue;
        const wbi_plain plain = term->kind->plain(term, column->part);
        encoder->plain[encoder->n_plain++] = (wbi_encoder_plain){
            encoder->bindings[column->term].column,
            {.place = j + 1,
             .indicator = plain.indicator,
             .missing = plain.missing,
             .mean = column->mean,
             .inverse_sd = 1 / column->sd}};
    }
    for (size_t j = encoder->n_columns; j < encoder->stride; j++)
        list_constant(encoder, j, 0);
}

/* Memory and places of an encoder whose basis is set. */
static wb_status lay_out(wbi_encoder *encoder, wb_error *err)
{
    const wbi_basis *basis = encoder->basis;
    size_t n_parts = 0;
    encoder->n_own = basis->n_columns + 1;
    encoder->n_columns = encoder->treated == NULL ? encoder->n_own : 2 * encoder->n_own;
    encoder->stride = (encoder->n_columns + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
    encoder->first_part = wbi_alloc_array(basis->n_terms, sizeof *encoder->first_part);
    if (encoder->first_part == NULL)
        return wbi_fail_nomem(err, basis->n_terms * sizeof *encoder->first_part);
    for (size_t t = 0; t < basis->n_terms; t++) {
        encoder->first_part[t] = n_parts;
        n_parts += basis->terms[t]->n_columns;
    }
    encoder->bindings = wbi_alloc_zeroed(basis->n_terms, sizeof *encoder->bindings);
    encoder->place = wbi_alloc_array(n_parts, sizeof *encoder->place);
    encoder->plain = wbi_alloc_array(basis->n_columns + 1 + WBI_KERNEL_PAD, sizeof *encoder->plain);
    encoder->mean = wbi_alloc_zeroed(encoder->stride, sizeof *encoder->mean);
    encoder->scale = wbi_alloc_array(encoder->stride, sizeof *encoder->scale);
    if (encoder->bindings == NULL || encoder->place == NULL || encoder->plain == NULL || encoder->mean == NULL ||
        encoder->scale == NULL)
        return wbi_fail_nomem(err, n_parts * sizeof *encoder->place);
    place_columns(encoder, n_parts);
    return WB_OK;
}

static wb_status bind_made(wbi_term_binding *out, const wbi_term *term, const wb_table *table, wb_error *err)
{
    if (term->purchases == NULL)
        return wbi_term_bind(out, term, table, err);
    *out = (wbi_term_binding){.table = table};
    return wbi_feature_find(&out->column, table, term->feature, WB_TYPE_NUMBER, err);
}

/* `made`: the table has what terms make, too. */
static wb_status create(wbi_encoder **out, const wbi_basis *basis, const wb_table *table, const uint8_t *treated, bool made,
                        wb_error *err)
{
    wb_status status = WB_OK;
    wbi_encoder *encoder = wbi_alloc_zeroed(1, sizeof *encoder);
    if (encoder == NULL)
        return wbi_fail_nomem(err, sizeof *encoder);
    encoder->basis = basis;
    encoder->table = table;
    encoder->treated = treated;
    encoder->kernels = wbi_kernels_best();
    WBI_TRY_CLEANUP(lay_out(encoder, err));
    for (size_t t = 0; t < basis->n_terms; t++)
        WBI_TRY_CLEANUP((made ? bind_made : wbi_term_bind)(&encoder->bindings[t], basis->terms[t], table, err));
    list_plain(encoder);
    *out = encoder;
    return WB_OK;
cleanup:
    wbi_encoder_free(encoder);
    return status;
}

wb_status wbi_encoder_create(wbi_encoder **out, const wbi_basis *basis, const wb_table *table, wb_error *err)
{
    return create(out, basis, table, NULL, false, err);
}

wb_status wbi_encoder_create_arms(wbi_encoder **out, const wbi_basis *basis, const wb_table *table, const uint8_t *treated,
                                  wb_error *err)
{
    return create(out, basis, table, treated, false, err);
}

wb_status wbi_encoder_create_made(wbi_encoder **out, const wbi_basis *basis, const wb_table *table, wb_error *err)
{
    return create(out, basis, table, NULL, true, err);
}

void wbi_encoder_free(wbi_encoder *encoder)
{
    if (encoder == NULL)
        return;
    for (size_t t = 0; encoder->bindings != NULL && t < encoder->basis->n_terms; t++)
        wbi_free(encoder->bindings[t].level_of_code);
    wbi_free(encoder->bindings);
    wbi_free(encoder->place);
    wbi_free(encoder->first_part);
    wbi_free(encoder->plain);
    wbi_free(encoder->mean);
    wbi_free(encoder->scale);
    wbi_free(encoder);
}

static void standardise(const wbi_encoder *encoder, double *x, size_t n)
{
    for (size_t i = 0; i < n; i++, x += encoder->stride)
        for (size_t j = 0; j < encoder->stride; j++)
            x[j] = (x[j] - encoder->mean[j]) * encoder->scale[j];
}

/* What a term makes of several columns, encoded as if it were one. */
static void encode_made(const wbi_encoding *out, const wbi_term *term, const wbi_term_binding *binding)
{
    double numbers[CHUNK_ROWS];
    wbi_term_numbers(numbers, term, binding, out->rows, out->begin, out->n);
    wbi_column column = {.type = WB_TYPE_NUMBER, .length = out->n, .numbers = numbers};
    const wb_table table = {.n_rows = out->n, .n_columns = 1, .columns = &column};
    wbi_encoding own = *out;
    own.rows = NULL;
    own.begin = 0;
    term->kind->encode(&own, term, &(wbi_term_binding){.table = &table});
}

/* The columns of terms that encode themselves. */
static void fill_encoded(const wbi_encoder *encoder, wbi_encoding *out)
{
    memset(out->x, 0, out->n * encoder->stride * sizeof *out->x);
    for (size_t t = 0; t < encoder->basis->n_terms; t++) {
        const wbi_term *term = encoder->basis->terms[t];
        if (term->kind->encode == NULL)
            continue;
        out->place = encoder->place + encoder->first_part[t];
        if (encoder->bindings[t].column == SIZE_MAX)
            encode_made(out, term, &encoder->bindings[t]);
        else
            term->kind->encode(out, term, &encoder->bindings[t]);
    }
    standardise(encoder, out->x, out->n);
}

/* Numbers of one column, brought together. */
typedef union gathered {
    double wide[PLAIN_ROWS];
    int32_t decimals[PLAIN_ROWS];
} gathered;

static wbi_numbers gather(gathered *room, wbi_numbers values, const size_t *rows, size_t n)
{
    if (values.decimals == NULL) {
        for (size_t i = 0; i < n; i++)
            room->wide[i] = values.wide[rows[i]];
        return (wbi_numbers){.wide = room->wide};
    }
    for (size_t i = 0; i < n; i++)
        room->decimals[i] = values.decimals[rows[i]];
    return (wbi_numbers){.decimals = room->decimals};
}

/* The numbers of a plain column, where they lie if the rows stand there one behind the other (`run`), else brought together. */
static wbi_numbers plain_values(const wbi_encoder *encoder, size_t k, const wbi_encoding *out, bool run, gathered *room)
{
    static const double known[PLAIN_ROWS];
    const size_t source = encoder->plain[k].source;
    if (source == SIZE_MAX)
        return (wbi_numbers){.wide = known};
    const wbi_numbers values = wbi_table_numbers(encoder->table, source);
    return run ? wbi_numbers_from(values, out->rows == NULL ? out->begin : out->rows[out->begin])
               : gather(room, values, out->rows + out->begin, out->n);
}

static void fill_plain(const wbi_encoder *encoder, const wbi_encoding *out)
{
    gathered room[PLAIN_AT_ONCE];
    wbi_kernel_column columns[PLAIN_AT_ONCE];
    const bool run = out->rows == NULL || wbi_rows_are_run(out->rows + out->begin, out->n);
    for (size_t k = 0; k < encoder->n_plain; k++) {
        const size_t at = k % PLAIN_AT_ONCE;
        const wbi_numbers values = plain_values(encoder, k, out, run, &room[at]);
        columns[at] = encoder->plain[k].column;
        columns[at].values = values.wide;
        columns[at].decimals = values.decimals;
        if (at + 1 == PLAIN_AT_ONCE || k + 1 == encoder->n_plain)
            encoder->kernels->interleave(out->x, out->stride, columns, at + 1, out->n);
    }
}

/* The columns behind the own ones. */
static void fill_arms(const wbi_encoder *encoder, const wbi_encoding *out)
{
    const size_t n_own = encoder->n_own;
    for (size_t i = 0; i < out->n; i++) {
        const size_t row = out->rows == NULL ? out->begin + i : out->rows[out->begin + i];
        const double arm = encoder->treated[row] ? WBI_ARM : -WBI_ARM;
        double *x = out->x + i * out->stride;
        for (size_t j = 0; j < n_own; j++)
            x[n_own + j] = arm * x[j];
    }
}

static void fill_chunk(const wbi_encoder *encoder, double *x, const size_t *rows, size_t begin, size_t n)
{
    wbi_encoding out = {.x = x, .stride = encoder->stride, .rows = rows, .begin = begin, .n = n};
    if (encoder->any_encoded)
        fill_encoded(encoder, &out);
    fill_plain(encoder, &out);
    if (encoder->treated != NULL)
        fill_arms(encoder, &out);
}

void wbi_encoder_fill(const wbi_encoder *encoder, double *x, const size_t *rows, size_t begin, size_t n)
{
    const size_t n_chunk = encoder->any_encoded ? CHUNK_ROWS : PLAIN_ROWS;
    for (size_t at = 0; at < n; at += n_chunk)
        fill_chunk(encoder, x + at * encoder->stride, rows, begin + at, n - at < n_chunk ? n - at : n_chunk);
}
