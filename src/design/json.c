/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/json.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

wb_status wbi_json_parse(json_t **out, const char *bytes, size_t n, const char *path, const char *what, wb_error *err)
{
    json_error_t where;
    *out = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &where);
    if (*out != NULL)
        return WB_OK;
    const size_t line = where.line > 0 ? (size_t)where.line : 0, column = where.column > 0 ? (size_t)where.column : 0;
    return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){path, line, column}, NULL, 0, "no %s: %s", what, where.text);
}

wb_status wbi_json_wrong(const wbi_json_at *at, const char *key, wb_error *err, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const char *dot = at->path[0] != '\0' && key != NULL ? "." : "", *colon = at->path[0] != '\0' || key != NULL ? ": " : "";
    return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){at->file, 0, 0}, NULL, 0, "%s%s%s%s%s", at->path, dot,
                       key == NULL ? "" : key, colon, what);
}

static const char *kind_name(const json_t *value)
{
    static const char *const names[] = {"an object", "an array", "text",  "a whole number",
                                        "a number",  "true",     "false", "null"};
    return value == NULL ? "nothing" : names[json_typeof(value)];
}

static wb_status not_a(const char *wanted, const wbi_json_at *at, const char *key, wb_error *err)
{
    return wbi_json_wrong(at, key, err, "expected %s, found %s", wanted, kind_name(json_object_get(at->value, key)));
}

/* A place inside `at`; a path that does not fit is cut and says so. */
static wbi_json_at inside(const wbi_json_at *at, const json_t *value, const char *format, ...) WBI_PRINTF(3, 4);
static wbi_json_at inside(const wbi_json_at *at, const json_t *value, const char *format, ...)
{
    wbi_json_at out = {.value = value, .file = at->file};
    size_t length = strlen(at->path);
    memcpy(out.path, at->path, length);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out.path + length, sizeof out.path - length, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof out.path - length)
        memcpy(out.path + sizeof out.path - 4, "...", 4);
    return out;
}

static wbi_json_at member(const wbi_json_at *at, const char *key)
{
    return inside(at, json_object_get(at->value, key), "%s%s", at->path[0] == '\0' ? "" : ".", key);
}

wb_status wbi_json_object(wbi_json_at *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    *out = member(at, key);
    return json_is_object(out->value) ? WB_OK : not_a("an object", at, key, err);
}

wb_status wbi_json_array(wbi_json_at *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    *out = member(at, key);
    return json_is_array(out->value) ? WB_OK : not_a("an array", at, key, err);
}

wb_status wbi_json_number(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    const json_t *value = json_object_get(at->value, key);
    if (!json_is_number(value))
        return not_a("a number", at, key, err);
    *out = json_number_value(value);
    return WB_OK;
}

bool wbi_json_is_null(const wbi_json_at *at, const char *key)
{
    return json_is_null(json_object_get(at->value, key));
}

wb_status wbi_json_number_or_null(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    *out = NAN;
    return wbi_json_is_null(at, key) ? WB_OK : wbi_json_number(out, at, key, err);
}

wb_status wbi_json_count(uint64_t *out, const wbi_json_at *at, const char *key, uint64_t limit, wb_error *err)
{
    const json_t *value = json_object_get(at->value, key);
    if (!json_is_integer(value))
        return not_a("a whole number", at, key, err);
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number > limit)
        return wbi_json_wrong(at, key, err, "%" JSON_INTEGER_FORMAT " is not in 0..%llu", number,
                              (unsigned long long)limit);
    *out = (uint64_t)number;
    return WB_OK;
}

wb_status wbi_json_bool(bool *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    const json_t *value = json_object_get(at->value, key);
    if (!json_is_boolean(value))
        return not_a("true or false", at, key, err);
    *out = json_is_true(value);
    return WB_OK;
}

wb_status wbi_json_text(char **out, const wbi_json_at *at, const char *key, wb_error *err)
{
    const json_t *value = json_object_get(at->value, key);
    if (!json_is_string(value))
        return not_a("text", at, key, err);
    *out = wbi_strdup(json_string_value(value));
    return *out == NULL ? wbi_fail_nomem(err, json_string_length(value) + 1) : WB_OK;
}

wb_status wbi_json_seed(uint64_t *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    const json_t *value = json_object_get(at->value, key);
    if (!json_is_string(value))
        return not_a("text", at, key, err);
    const char *text = json_string_value(value);
    const size_t n_digits = strspn(text, "0123456789");
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return n_digits > 0 && text[n_digits] == '\0' && errno == 0 ? WB_OK : wbi_json_wrong(at, key, err, "'%.40s' is no seed", text);
}

wbi_json_at wbi_json_item(const wbi_json_at *array, size_t index)
{
    return inside(array, json_array_get(array->value, index), "[%zu]", index);
}

wb_status wbi_json_expect_object(const wbi_json_at *at, wb_error *err)
{
    return json_is_object(at->value)
               ? WB_OK
               : wbi_json_wrong(at, NULL, err, "expected an object, found %s", kind_name(at->value));
}

wb_status wbi_json_numbers(double **out, size_t *n, const wbi_json_at *at, const char *key, wb_error *err)
{
    wbi_json_at array;
    WBI_TRY(wbi_json_array(&array, at, key, err));
    *n = json_array_size(array.value);
    double *numbers = wbi_alloc_array(*n, sizeof *numbers);
    if (numbers == NULL)
        return wbi_fail_nomem(err, *n * sizeof *numbers);
    for (size_t i = 0; i < *n; i++) {
        const json_t *item = json_array_get(array.value, i);
        if (!json_is_number(item)) {
            wbi_free(numbers);
            return wbi_json_wrong(&array, NULL, err, "item %zu: expected a number, found %s", i, kind_name(item));
        }
        numbers[i] = json_number_value(item);
    }
    *out = numbers;
    return WB_OK;
}

void wbi_json_texts_free(char **texts, size_t n)
{
    for (size_t i = 0; texts != NULL && i < n; i++)
        wbi_free(texts[i]);
    wbi_free(texts);
}

wb_status wbi_json_shares(double *out, size_t n, const wbi_json_at *at, const char *key, wb_error *err)
{
    static const double rounding = 1e-9;
    double *shares = NULL, total = 0;
    size_t n_found;
    WBI_TRY(wbi_json_numbers(&shares, &n_found, at, key, err));
    wb_status status =
        n_found == n ? WB_OK : wbi_json_wrong(at, key, err, "expected %zu numbers, found %zu", n, n_found);
    for (size_t i = 0; status == WB_OK && i < n; i++) {
        total += shares[i];
        if (!(shares[i] >= 0 && shares[i] <= 1))
            status = wbi_json_wrong(at, key, err, "%g is not in [0, 1]", shares[i]);
    }
    if (status == WB_OK && fabs(total - 1) > rounding)
        status = wbi_json_wrong(at, key, err, "the shares add up to %g, not to 1", total);
    if (status == WB_OK)
        memcpy(out, shares, n * sizeof *out);
    wbi_free(shares);
    return status;
}

wb_status wbi_json_texts(char ***out, size_t *n, const wbi_json_at *at, const char *key, wb_error *err)
{
    wbi_json_at array;
    WBI_TRY(wbi_json_array(&array, at, key, err));
    wb_status status = WB_OK;
    *n = json_array_size(array.value);
    char **texts = wbi_alloc_zeroed(*n, sizeof *texts);
    if (texts == NULL)
        return wbi_fail_nomem(err, *n * sizeof *texts);
    for (size_t i = 0; status == WB_OK && i < *n; i++) {
        const json_t *item = json_array_get(array.value, i);
        if (!json_is_string(item))
            status = wbi_json_wrong(&array, NULL, err, "item %zu: expected text, found %s", i, kind_name(item));
        else if ((texts[i] = wbi_strdup(json_string_value(item))) == NULL)
            status = wbi_fail_nomem(err, json_string_length(item) + 1);
    }
    if (status == WB_OK)
        *out = texts;
    else
        wbi_json_texts_free(texts, *n);
    return status;
}

json_t *wbi_json_real(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

json_t *wbi_json_reals(const double *values, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < n; i++) {
        if (json_array_append_new(array, wbi_json_real(values[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *wbi_json_strings(char *const *texts, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < n; i++) {
        if (json_array_append_new(array, json_string(texts[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static wb_status print_number(wbi_buffer *out, const json_t *value, wb_error *err)
{
    char digits[WBI_DOUBLE_CHARS];
    size_t n = json_is_integer(value) ? wbi_int_print(digits, json_integer_value(value))
                                      : wbi_double_print(digits, json_real_value(value));
    return wbi_buffer_append(out, digits, n, err);
}

static wb_status print_string(wbi_buffer *out, const json_t *value, wb_error *err)
{
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    if (quoted == NULL)
        return wbi_fail_nomem(err, json_string_length(value));
    wb_status status = wbi_buffer_append_text(out, quoted, err);
    free(quoted); /* jansson's allocator, which is malloc */
    return status;
}

static wb_status print_value(wbi_buffer *out, const json_t *value, int depth, wb_error *err);

static wb_status new_line(wbi_buffer *out, int depth, wb_error *err)
{
    return wbi_buffer_printf(out, err, "\n%*s", 2 * depth, "");
}

static wb_status print_object(wbi_buffer *out, const json_t *object, int depth, wb_error *err)
{
    const char *key, *comma = "{";
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        WBI_TRY(wbi_buffer_append_text(out, comma, err));
        WBI_TRY(new_line(out, depth + 1, err));
        json_t *name = json_string(key);
        wb_status status = name == NULL ? wbi_fail_nomem(err, strlen(key)) : print_string(out, name, err);
        json_decref(name);
        WBI_TRY(status);
        WBI_TRY(wbi_buffer_append_text(out, ": ", err));
        WBI_TRY(print_value(out, value, depth + 1, err));
        comma = ",";
    }
    if (*comma == '{')
        return wbi_buffer_append_text(out, "{}", err);
    WBI_TRY(new_line(out, depth, err));
    return wbi_buffer_append_text(out, "}", err);
}

/* Arrays of objects stand one item a line, others on one line. */
static wb_status print_array(wbi_buffer *out, const json_t *array, int depth, wb_error *err)
{
    bool nested = json_is_object(json_array_get(array, 0)) || json_is_array(json_array_get(array, 0));
    WBI_TRY(wbi_buffer_append_text(out, "[", err));
    for (size_t i = 0; i < json_array_size(array); i++) {
        WBI_TRY(wbi_buffer_append_text(out, i == 0 ? "" : nested ? "," : ", ", err));
        if (nested)
            WBI_TRY(new_line(out, depth + 1, err));
        WBI_TRY(print_value(out, json_array_get(array, i), depth + 1, err));
    }
    if (nested)
        WBI_TRY(new_line(out, depth, err));
    return wbi_buffer_append_text(out, "]", err);
}

static wb_status print_value(wbi_buffer *out, const json_t *value, int depth, wb_error *err)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return print_object(out, value, depth, err);
    case JSON_ARRAY:
        return print_array(out, value, depth, err);
    case JSON_STRING:
        return print_string(out, value, err);
    case JSON_INTEGER:
    case JSON_REAL:
        return print_number(out, value, err);
    case JSON_TRUE:
        return wbi_buffer_append_text(out, "true", err);
    case JSON_FALSE:
        return wbi_buffer_append_text(out, "false", err);
    case JSON_NULL:
        break;
    }
    return wbi_buffer_append_text(out, "null", err);
}

wb_status wbi_json_print(wbi_buffer *out, const json_t *value, wb_error *err)
{
    return print_value(out, value, 0, err);
}
