/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/table.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "table/spill.h"

enum { FIRST_ROWS = 16, FIRST_BYTES = 256 };

wb_status wbi_table_create(wb_table **out, wb_error *err)
{
    *out = wbi_alloc_zeroed(1, sizeof **out);
    return *out == NULL ? wbi_fail_nomem(err, sizeof **out) : WB_OK;
}

static void free_column(wbi_column *column)
{
    wbi_free(column->name);
    wbi_free(column->numbers);
    wbi_free(column->decimals);
    wbi_free(column->times);
    wbi_free(column->codes);
    wbi_free(column->offsets);
    wbi_free(column->bytes);
    if (!column->dictionary_borrowed)
        wbi_dictionary_free(column->dictionary);
}

void wb_table_free(wb_table *table)
{
    if (table == NULL)
        return;
    for (size_t k = 0; k < table->n_columns; k++)
        free_column(&table->columns[k]);
    wbi_free(table->columns);
    wbi_spill_free(table->spill);
    wbi_free(table);
}

/* Moves `length` elements into a new buffer of `capacity`, aligned for vector loads, which realloc would not keep. */
static wb_status move_values(void **values, size_t length, size_t capacity, size_t size, wb_error *err)
{
    void *moved = wbi_alloc_aligned(capacity, size);
    if (moved == NULL)
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory (%zu values of %zu bytes wanted)", capacity, size);
    if (*values != NULL)
        memcpy(moved, *values, length * size);
    wbi_free(*values);
    *values = moved;
    return WB_OK;
}

#define MOVE_VALUES(values, length, capacity, err)                                                             \
    do {                                                                                                       \
        void *move_buffer = (values);                                                                          \
        WBI_TRY(move_values(&move_buffer, (length), (capacity), sizeof *(values), (err)));                     \
        (values) = move_buffer;                                                                                \
    } while (0)

wb_status wbi_column_set_capacity(wbi_column *column, size_t capacity, wb_error *err)
{
    switch (column->type) {
    case WB_TYPE_NUMBER:
        if (column->decimals != NULL)
            MOVE_VALUES(column->decimals, column->length, capacity, err);
        else
            MOVE_VALUES(column->numbers, column->length, capacity, err);
        break;
    case WB_TYPE_TIME:
        MOVE_VALUES(column->times, column->length, capacity, err);
        break;
    case WB_TYPE_CATEGORY:
        MOVE_VALUES(column->codes, column->length, capacity, err);
        break;
    case WB_TYPE_TEXT:
        MOVE_VALUES(column->offsets, column->length + 1, capacity + 1, err);
        break;
    }
    column->capacity = capacity;
    return WB_OK;
}

/* Room for `n` more rows, at most INT32_MAX. */
static wb_status grow(wbi_column *column, size_t n, wb_error *err)
{
    const size_t wanted = column->length + n;
    if (wanted <= column->capacity)
        return WB_OK;
    if (column->capacity > SIZE_MAX / 2 - 1)
        return wbi_fail(err, WB_ERR_NOMEM, "more than %zu rows", column->capacity);
    return wbi_column_set_capacity(column, column->capacity * 2 > wanted ? column->capacity * 2 : wanted, err);
}

/* The first allocations of a column whose name and type are set. */
static wb_status start_column(wbi_column *column, wb_error *err)
{
    if (column->type == WB_TYPE_TEXT) {
        column->offsets = wbi_alloc_zeroed(1, sizeof *column->offsets);
        column->bytes = wbi_alloc_array(FIRST_BYTES, 1);
        if (column->offsets == NULL || column->bytes == NULL)
            return wbi_fail_nomem(err, FIRST_BYTES);
        column->bytes_capacity = FIRST_BYTES;
    }
    if (column->type == WB_TYPE_CATEGORY && column->dictionary == NULL)
        WBI_TRY(wbi_dictionary_create(&column->dictionary, err));
    return wbi_column_set_capacity(column, FIRST_ROWS, err);
}

static wb_status grow_columns(wb_table *table, wb_error *err)
{
    size_t capacity = table->columns_capacity == 0 ? 8 : table->columns_capacity * 2;
    wbi_column *columns = wbi_realloc_array(table->columns, capacity, sizeof *columns);
    if (columns == NULL)
        return wbi_fail_nomem(err, capacity * sizeof *columns);
    table->columns = columns;
    table->columns_capacity = capacity;
    return WB_OK;
}

wb_status wbi_table_add_column(wb_table *table, const char *name, wb_type type, wbi_dictionary *dictionary,
                               wb_error *err)
{
    if (table->n_columns == table->columns_capacity)
        WBI_TRY(grow_columns(table, err));
    wbi_column column = {.name = wbi_strdup(name),
                         .type = type,
                         .dictionary = dictionary,
                         .dictionary_borrowed = dictionary != NULL};
    wb_status status = column.name == NULL ? wbi_fail_nomem(err, strlen(name) + 1) : start_column(&column, err);
    if (status == WB_OK)
        table->columns[table->n_columns++] = column;
    else
        free_column(&column);
    return status;
}

wb_status wbi_table_reserve(wb_table *table, size_t n_rows, wb_error *err)
{
    if (n_rows == SIZE_MAX)
        return wbi_fail(err, WB_ERR_NOMEM, "too many rows");
    for (size_t k = 0; k < table->n_columns; k++)
        if (table->columns[k].capacity < n_rows)
            WBI_TRY(wbi_column_set_capacity(&table->columns[k], n_rows, err));
    return WB_OK;
}

void wbi_table_clear(wb_table *table)
{
    table->n_rows = 0;
    for (size_t k = 0; k < table->n_columns; k++)
        table->columns[k].length = 0;
}

/* ---- short decimals ---- */

wb_status wbi_column_narrow(wbi_column *column, wb_error *err)
{
    assert(column->type == WB_TYPE_NUMBER && column->length == 0);
    column->decimals = wbi_alloc_aligned(column->capacity, sizeof *column->decimals);
    if (column->decimals == NULL)
        return wbi_fail_nomem(err, column->capacity * sizeof *column->decimals);
    wbi_free(column->numbers);
    column->numbers = NULL;
    return WB_OK;
}

static wb_status make_doubles(double **out, const wbi_column *column, wb_error *err)
{
    *out = wbi_alloc_aligned(column->capacity, sizeof **out);
    if (*out == NULL)
        return wbi_fail_nomem(err, column->capacity * sizeof **out);
    for (size_t i = 0; i < column->length; i++)
        (*out)[i] = wbi_decimal_number(column->decimals[i]);
    return WB_OK;
}

wb_status wbi_column_widen(wbi_column *column, wb_error *err)
{
    WBI_TRY(make_doubles(&column->numbers, column, err));
    wbi_free(column->decimals);
    column->decimals = NULL;
    return WB_OK;
}

/* What is added to a table that may not be changed otherwise. */
static pthread_mutex_t widening = PTHREAD_MUTEX_INITIALIZER;

static wb_status need_doubles(wbi_column *column, wb_error *err)
{
    double *made = NULL;
    wb_status status = WB_OK;
    if (column->decimals == NULL || __atomic_load_n(&column->numbers, __ATOMIC_ACQUIRE) != NULL)
        return WB_OK;
    pthread_mutex_lock(&widening);
    if (column->numbers == NULL)
        status = make_doubles(&made, column, err);
    if (made != NULL)
        __atomic_store_n(&column->numbers, made, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&widening);
    return status;
}

wb_status wbi_table_need_doubles(const wb_table *table, wb_error *err)
{
    for (size_t k = 0; k < table->n_columns; k++)
        WBI_TRY(need_doubles(&table->columns[k], err));
    return WB_OK;
}

wb_status wbi_column_push_number(wbi_column *column, double value, wb_error *err)
{
    assert(column->type == WB_TYPE_NUMBER);
    WBI_TRY(grow(column, 1, err));
    column->numbers[column->length++] = value;
    return WB_OK;
}

wb_status wbi_column_push_time(wbi_column *column, int64_t time_us, wb_error *err)
{
    assert(column->type == WB_TYPE_TIME);
    WBI_TRY(grow(column, 1, err));
    column->times[column->length++] = time_us;
    return WB_OK;
}

wb_status wbi_column_push_code(wbi_column *column, int32_t code, wb_error *err)
{
    assert(column->type == WB_TYPE_CATEGORY);
    WBI_TRY(grow(column, 1, err));
    column->codes[column->length++] = code;
    return WB_OK;
}

static wb_status grow_bytes(wbi_column *column, size_t n, wb_error *err)
{
    size_t used = (size_t)column->offsets[column->length];
    if (n <= column->bytes_capacity - used)
        return WB_OK;
    if (n > PTRDIFF_MAX - used)
        return wbi_fail(err, WB_ERR_NOMEM, "too many bytes in the text column '%s'", column->name);
    size_t capacity = column->bytes_capacity * 2 > used + n ? column->bytes_capacity * 2 : used + n;
    char *bytes = wbi_realloc_array(column->bytes, capacity, 1);
    if (bytes == NULL)
        return wbi_fail_nomem(err, capacity);
    column->bytes = bytes;
    column->bytes_capacity = capacity;
    return WB_OK;
}

wb_status wbi_column_push_text(wbi_column *column, const char *bytes, size_t n, wb_error *err)
{
    assert(column->type == WB_TYPE_TEXT);
    WBI_TRY(grow(column, 1, err));
    WBI_TRY(grow_bytes(column, n, err));
    int64_t begin = column->offsets[column->length];
    if (n > 0)
        memcpy(column->bytes + begin, bytes, n);
    column->length++;
    column->offsets[column->length] = begin + (int64_t)n;
    return WB_OK;
}

wb_status wbi_column_push_texts(wbi_column *column, const wbi_dictionary *entries, wb_error *err)
{
    const size_t n = wbi_dictionary_size(entries);
    const uint32_t *offsets;
    const char *bytes = wbi_dictionary_entries(entries, &offsets);
    assert(column->type == WB_TYPE_TEXT);
    WBI_TRY(grow(column, n, err));
    WBI_TRY(grow_bytes(column, offsets[n], err));
    int64_t *const ends = column->offsets + column->length, begin = ends[0];
    memcpy(column->bytes + begin, bytes, offsets[n]);
    for (size_t i = 1; i <= n; i++)
        ends[i] = begin + offsets[i];
    column->length += n;
    return WB_OK;
}

size_t wb_table_n_rows(const wb_table *table)
{
    return table->n_rows;
}

size_t wb_table_n_columns(const wb_table *table)
{
    return table->n_columns;
}

static const wbi_column *column_at(const wb_table *table, size_t column)
{
    assert(column < table->n_columns);
    return &table->columns[column];
}

const char *wb_table_name(const wb_table *table, size_t column)
{
    return column_at(table, column)->name;
}

wb_type wb_table_type(const wb_table *table, size_t column)
{
    return column_at(table, column)->type;
}

size_t wb_table_find(const wb_table *table, const char *name)
{
    for (size_t k = 0; k < table->n_columns; k++)
        if (strcmp(table->columns[k].name, name) == 0)
            return k;
    return SIZE_MAX;
}

const double *wb_table_numbers(const wb_table *table, size_t column)
{
    assert(column < table->n_columns);
    return need_doubles(&table->columns[column], NULL) == WB_OK ? table->columns[column].numbers : NULL;
}

const int64_t *wb_table_times(const wb_table *table, size_t column)
{
    return column_at(table, column)->times;
}

const int32_t *wb_table_codes(const wb_table *table, size_t column)
{
    return column_at(table, column)->codes;
}

size_t wb_table_n_levels(const wb_table *table, size_t column)
{
    const wbi_dictionary *dictionary = column_at(table, column)->dictionary;
    return dictionary == NULL ? 0 : wbi_dictionary_size(dictionary);
}

const char *wb_table_level(const wb_table *table, size_t column, int32_t code, size_t *length)
{
    *length = 0;
    if (code < 0 || (size_t)code >= wb_table_n_levels(table, column))
        return NULL;
    wbi_str level = wbi_dictionary_at(column_at(table, column)->dictionary, code);
    *length = level.length;
    return level.data;
}

const char *wb_table_text(const wb_table *table, size_t column, size_t row, size_t *length)
{
    const wbi_column *texts = column_at(table, column);
    *length = 0;
    if (texts->type != WB_TYPE_TEXT || row >= texts->length)
        return NULL;
    int64_t begin = texts->offsets[row];
    *length = (size_t)(texts->offsets[row + 1] - begin);
    return texts->bytes + begin;
}
