/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats: https://arrow.apache.org/docs/format/CDataInterface.html; layouts: …/Columnar.html. Sizes of buffers are not part of
 * the interface, so what lies behind a pointer has to be believed; everything else is checked. */
#include "score/arrow_column.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "design/basis.h"

/* ---- binding ---- */

static const char *name_of(const struct ArrowSchema *child)
{
    return child->name == NULL ? "" : child->name;
}

static wb_status no_column(const wbi_arrow_batch *batch, const char *name, wb_error *err)
{
    const size_t n = (size_t)batch->schema->n_children;
    const char **names = wbi_alloc_array(n, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, n * sizeof *names);
    for (size_t k = 0; k < n; k++)
        names[k] = name_of(batch->schema->children[k]);
    const wb_status status = wbi_feature_missing(name, names, n, err);
    wbi_free(names);
    return status;
}

static wb_status find_child(size_t *out, const wbi_arrow_batch *batch, const char *name, wb_error *err)
{
    size_t n_found = 0;
    *out = 0;
    for (size_t k = 0; k < (size_t)batch->schema->n_children; k++)
        if (strcmp(name_of(batch->schema->children[k]), name) == 0 && n_found++ == 0)
            *out = k;
    if (n_found == 0)
        return no_column(batch, name, err);
    if (n_found > 1)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "%zu columns are named '%s'", n_found, name);
    return WB_OK;
}

/* What the format says; false for those that hold neither numbers nor texts. */
static bool read_format(wbi_arrow_values *out, size_t *n_buffers, const char *format)
{
    static const struct {
        const char *format;
        wbi_arrow_layout layout;
        size_t n_buffers;
    } known[] = {{"n", WBI_ARROW_NOTHING, 0}, {"b", WBI_ARROW_BITS, 2},  {"c", WBI_ARROW_NUMBERS, 2},
                 {"C", WBI_ARROW_NUMBERS, 2}, {"s", WBI_ARROW_NUMBERS, 2}, {"S", WBI_ARROW_NUMBERS, 2},
                 {"i", WBI_ARROW_NUMBERS, 2}, {"I", WBI_ARROW_NUMBERS, 2}, {"l", WBI_ARROW_NUMBERS, 2},
                 {"L", WBI_ARROW_NUMBERS, 2}, {"f", WBI_ARROW_NUMBERS, 2}, {"g", WBI_ARROW_NUMBERS, 2},
                 {"u", WBI_ARROW_TEXT, 3},    {"U", WBI_ARROW_LARGE_TEXT, 3}, {"vu", WBI_ARROW_TEXT_VIEW, 3}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(known[k].format, format) == 0) {
            out->layout = known[k].layout;
            out->format = *format;
            *n_buffers = known[k].n_buffers;
            return true;
        }
    return false;
}

static bool is_text(const wbi_arrow_values *values)
{
    return values->layout >= WBI_ARROW_TEXT;
}

static wb_status contradiction(const char *name, wb_error *err, const char *what)
{
    return wbi_fail(err, WB_ERR_ARGUMENT, "column '%s' is no Arrow array: %s", name, what);
}

/* The buffers of views: theirs, the texts', and how long those are. */
static wb_status bind_views(wbi_arrow_values *out, const struct ArrowArray *array, const char *name, wb_error *err)
{
    out->n_buffers = (size_t)array->n_buffers - 3;
    out->buffers = array->buffers + 2;
    out->buffer_bytes = array->buffers[array->n_buffers - 1];
    if (out->n_buffers > 0 && out->buffer_bytes == NULL)
        return contradiction(name, err, "the lengths of its buffers are missing");
    return WB_OK;
}

/* Checks what `n` values from `skip` on need. */
static wb_status bind_values(wbi_arrow_values *out, const struct ArrowArray *array, size_t n_buffers, size_t skip, size_t n,
                             const char *name, wb_error *err)
{
    if (array->length < 0 || array->offset < 0 || array->offset > INT64_MAX - array->length)
        return contradiction(name, err, "its length or offset is negative or too large");
    if ((uint64_t)array->length < skip || (uint64_t)array->length - skip < n)
        return contradiction(name, err, "it is shorter than the batch");
    out->offset = (size_t)array->offset + skip;
    out->length = n;
    if (n == 0 || n_buffers == 0)
        return WB_OK;
    if (array->n_buffers != (int64_t)n_buffers && !(out->layout == WBI_ARROW_TEXT_VIEW && array->n_buffers > 3))
        return contradiction(name, err, "it has another number of buffers than its format");
    if (array->buffers == NULL || array->buffers[1] == NULL)
        return contradiction(name, err, "a buffer is missing");
    if (array->null_count > 0 && array->buffers[0] == NULL)
        return contradiction(name, err, "it has nulls, but no bitmap of them");
    out->valid = array->null_count == 0 ? NULL : array->buffers[0];
    out->data = array->buffers[1];
    if (out->layout == WBI_ARROW_TEXT_VIEW)
        return bind_views(out, array, name, err);
    out->bytes = n_buffers > 2 ? array->buffers[2] : NULL;
    return WB_OK;
}

static wb_status does_not_suit(const wbi_arrow_column *column, wb_type type, const char *format, wb_error *err)
{
    char shown[64];
    wbi_printable(shown, sizeof shown, format, strlen(format));
    return wbi_fail(err, WB_ERR_INCONSISTENT, "column '%s' has the Arrow format '%s', the model reads %s", column->name, shown,
                    type == WB_TYPE_CATEGORY ? "categories: text, or a dictionary of text"
                                             : "numbers: integers, floating point or bool");
}

/* Rows look the entries up one by one where the dictionary has more entries than there are rows. */
static wb_status translate(wbi_arrow_column *column, const wb_scorer *scorer, wb_error *err);

static wb_status bind_dictionary(wbi_arrow_column *out, const wb_scorer *scorer, const struct ArrowSchema *schema,
                                 const struct ArrowArray *array, wb_error *err)
{
    size_t n_buffers;
    out->is_encoded = true;
    if (array->dictionary == NULL || array->dictionary->release == NULL || schema->dictionary->format == NULL)
        return contradiction(out->name, err, "its dictionary is missing");
    if (out->values.layout != WBI_ARROW_NUMBERS || strchr("fg", out->values.format) != NULL)
        return contradiction(out->name, err, "its dictionary is not indexed by integers");
    if (!read_format(&out->levels, &n_buffers, schema->dictionary->format) || !is_text(&out->levels) ||
        schema->dictionary->dictionary != NULL)
        return does_not_suit(out, WB_TYPE_CATEGORY, schema->dictionary->format, err);
    const int64_t n = array->dictionary->length;
    WBI_TRY(bind_values(&out->levels, array->dictionary, n_buffers, 0, n < 0 ? 0 : (size_t)n, out->name, err));
    return out->levels.length <= out->values.length ? translate(out, scorer, err) : WB_OK;
}

wb_status wbi_arrow_column_bind(wbi_arrow_column *out, const wb_scorer *scorer, size_t feature, const wbi_arrow_batch *batch,
                                wb_error *err)
{
    wb_type type;
    size_t child, n_buffers;
    *out = (wbi_arrow_column){.feature = feature};
    out->name = wb_scorer_feature(scorer, feature, &type);
    WBI_TRY(find_child(&child, batch, out->name, err));
    const struct ArrowSchema *schema = batch->schema->children[child];
    const struct ArrowArray *array = batch->array->children[child];
    if (schema->format == NULL)
        return contradiction(out->name, err, "its format is missing");
    if (!read_format(&out->values, &n_buffers, schema->format))
        return does_not_suit(out, type, schema->format, err);
    const bool encoded = schema->dictionary != NULL, empty = out->values.layout == WBI_ARROW_NOTHING;
    if (!empty && (type == WB_TYPE_CATEGORY) != (encoded || is_text(&out->values)))
        return does_not_suit(out, type, encoded ? "dictionary" : schema->format, err);
    WBI_TRY(bind_values(&out->values, array, n_buffers, batch->offset, batch->n_rows, out->name, err));
    return encoded ? bind_dictionary(out, scorer, schema, array, err) : WB_OK;
}

void wbi_arrow_column_clear(wbi_arrow_column *column)
{
    wbi_free(column->codes);
    column->codes = NULL;
}

/* ---- reading ---- */

static bool bit_at(const uint8_t *bits, size_t at)
{
    return (bits[at / 8] >> at % 8 & 1) != 0;
}

static bool is_valid(const wbi_arrow_values *values, size_t row)
{
    return values->layout != WBI_ARROW_NOTHING && (values->valid == NULL || bit_at(values->valid, values->offset + row));
}

static bool row_is_valid(const wbi_arrow_batch *batch, size_t row)
{
    return batch->valid == NULL || bit_at(batch->valid, batch->offset + row);
}

static wb_status leads_nowhere(const wbi_arrow_column *column, size_t row, wb_error *err, const char *what)
{
    return wbi_fail(err, WB_ERR_ARGUMENT, "column '%s' is no Arrow array: %s %zu leads nowhere", column->name, what, row);
}

/* Values need not be aligned. */
#define READ(type)                                                    \
    for (size_t i = 0; i < n; i++) {                                  \
        type value;                                                   \
        memcpy(&value, from + (begin + i) * sizeof value, sizeof value); \
        room[i] = (double)value;                                      \
    }                                                                 \
    break

static void read_numbers(double *room, const wbi_arrow_values *values, size_t begin, size_t n)
{
    const char *from = (const char *)values->data;
    begin += values->offset;
    switch (values->format) {
    case 'b':
        for (size_t i = 0; i < n; i++)
            room[i] = bit_at(values->data, begin + i);
        break;
    case 'c':
        READ(int8_t);
    case 'C':
        READ(uint8_t);
    case 's':
        READ(int16_t);
    case 'S':
        READ(uint16_t);
    case 'i':
        READ(int32_t);
    case 'I':
        READ(uint32_t);
    case 'l':
        READ(int64_t);
    case 'L':
        READ(uint64_t);
    case 'f':
        READ(float);
    case 'g':
        READ(double);
    default: /* a column of nulls */
        break;
    }
}

/* An index as it is; one that is negative becomes larger than any. */
static uint64_t index_at(const wbi_arrow_values *values, size_t row)
{
    static const char letters[] = "cCsSiIlL";
    const size_t bytes = (size_t)1 << (strchr(letters, values->format) - letters) / 2, at = (values->offset + row) * bytes;
    uint64_t index = 0;
    memcpy(&index, (const char *)values->data + at, bytes);
    const bool negative = strchr("csil", values->format) != NULL && (index >> (8 * bytes - 1) & 1) != 0;
    return negative ? UINT64_MAX : index;
}

static bool view_at(wbi_str *out, const wbi_arrow_values *values, size_t at)
{
    enum { BYTES = 16, INLINED = 12 };
    struct {
        int32_t length;
        char prefix[4];
        int32_t buffer, offset;
    } view;
    const char *from = (const char *)values->data + at * BYTES;
    memcpy(&view, from, sizeof view);
    *out = (wbi_str){from + sizeof view.length, view.length < 0 ? 0 : (size_t)view.length};
    if (view.length >= 0 && view.length <= INLINED)
        return true;
    if (view.length < 0 || view.buffer < 0 || (size_t)view.buffer >= values->n_buffers || view.offset < 0 ||
        values->buffers[view.buffer] == NULL || (int64_t)view.offset + view.length > values->buffer_bytes[view.buffer])
        return false;
    out->data = (const char *)values->buffers[view.buffer] + view.offset;
    return true;
}

/* False where the text's place is none. */
static bool text_at(wbi_str *out, const wbi_arrow_values *values, size_t row)
{
    const size_t at = values->offset + row;
    int64_t ends[2];
    int32_t short_ends[2];
    if (values->layout == WBI_ARROW_TEXT_VIEW)
        return view_at(out, values, at);
    if (values->layout == WBI_ARROW_LARGE_TEXT) {
        memcpy(ends, (const char *)values->data + at * sizeof *ends, sizeof ends);
    } else {
        memcpy(short_ends, (const char *)values->data + at * sizeof *short_ends, sizeof short_ends);
        ends[0] = short_ends[0];
        ends[1] = short_ends[1];
    }
    if (ends[0] < 0 || ends[1] < ends[0] || (ends[1] > ends[0] && values->bytes == NULL))
        return false;
    *out = (wbi_str){ends[1] == ends[0] ? "" : values->bytes + ends[0], (size_t)(ends[1] - ends[0])};
    return true;
}

/* The scorer's code of a text; one without bytes is missing, as an empty cell is. */
static wb_status code_of_text(int32_t *code, const wbi_arrow_column *column, const wb_scorer *scorer,
                              const wbi_arrow_values *texts, size_t row, wb_error *err)
{
    wbi_str text;
    *code = -1;
    if (!is_valid(texts, row))
        return WB_OK;
    if (!text_at(&text, texts, row))
        return leads_nowhere(column, row, err, texts == &column->levels ? "dictionary entry" : "the text of row");
    if (text.length > 0)
        *code = wbi_scorer_level(scorer, column->feature, text.data, text.length);
    return WB_OK;
}

static wb_status translate(wbi_arrow_column *column, const wb_scorer *scorer, wb_error *err)
{
    const size_t n = column->levels.length;
    column->codes = wbi_alloc_array(n, sizeof *column->codes);
    if (column->codes == NULL)
        return wbi_fail_nomem(err, n * sizeof *column->codes);
    for (size_t k = 0; k < n; k++)
        WBI_TRY(code_of_text(&column->codes[k], column, scorer, &column->levels, k, err));
    return WB_OK;
}

static wb_status read_code(int32_t *code, const wbi_arrow_column *column, const wb_scorer *scorer, size_t row, wb_error *err)
{
    if (!column->is_encoded)
        return code_of_text(code, column, scorer, &column->values, row, err);
    const uint64_t index = index_at(&column->values, row);
    if (index >= column->levels.length)
        return leads_nowhere(column, row, err, "the index of row");
    if (column->codes == NULL)
        return code_of_text(code, column, scorer, &column->levels, (size_t)index, err);
    *code = column->codes[index];
    return WB_OK;
}

static wb_status read_codes(int32_t *codes, const wbi_arrow_column *column, const wb_scorer *scorer,
                            const wbi_arrow_batch *batch, size_t begin, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++) {
        codes[i] = -1;
        if (is_valid(&column->values, begin + i) && row_is_valid(batch, begin + i))
            WBI_TRY(read_code(&codes[i], column, scorer, begin + i, err));
    }
    return WB_OK;
}

wb_status wbi_arrow_column_read(wbi_score_column *out, const wbi_arrow_column *column, const wb_scorer *scorer,
                                const wbi_arrow_batch *batch, size_t begin, size_t n, double *room, wb_error *err)
{
    const wbi_arrow_values *values = &column->values;
    const bool aligned = (uintptr_t)values->data % _Alignof(double) == 0;
    *out = (wbi_score_column){room, (int32_t *)(void *)room};
    if (column->is_encoded || is_text(values))
        return read_codes((int32_t *)(void *)room, column, scorer, batch, begin, n, err);
    if (values->format == 'g' && aligned && values->valid == NULL && batch->valid == NULL) {
        out->numbers = (const double *)values->data + values->offset + begin;
        return WB_OK;
    }
    read_numbers(room, values, begin, n);
    for (size_t i = 0; i < n; i++)
        if (!is_valid(values, begin + i) || !row_is_valid(batch, begin + i))
            room[i] = (double)NAN;
    return WB_OK;
}
