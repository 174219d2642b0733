/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a project file as a JSON Schema (draft 2020-12), for editors; made of the table that reads the file. */
#include <stdlib.h>
#include <string.h>

#include "io/output.h"
#include "project/schema.h"

#define SCALAR "{\"type\": [\"string\", \"number\", \"boolean\"]}"
#define BELOW "{\"$ref\": \"below\"}" /* the keys under it */
#define NAME "\"^[A-Za-z_][A-Za-z0-9_]{0,199}$\""
#define DURATION "{\"type\": \"string\", \"pattern\": \"^[0-9]+([.][0-9]*)?[hdw]$\"}"
#define WHOLE "{\"type\": \"integer\", \"minimum\": 0}"
#define PATH "{\"type\": \"string\", \"minLength\": 1}"
#define SCORE "{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 5}"
#define LIST(item) "{\"type\": \"array\", \"items\": " item "}"
#define EITHER(a, b) "{\"anyOf\": [" a ", " b "]}"

/* What the reference calls a kind of value, and its form. YAML reads 2024 as a number, and may read a date as one. */
static const struct {
    const char *kind, *form;
} forms[] = {
    {"mapping", BELOW},
    {"text", SCALAR},
    {"name", "{\"type\": \"string\", \"pattern\": " NAME "}"},
    {"table", "{\"type\": \"string\", \"pattern\": " NAME "}"},
    {"`table.column`", "{\"type\": \"string\", \"pattern\": \"^[A-Za-z_][A-Za-z0-9_]*[.][A-Za-z_][A-Za-z0-9_]*$\"}"},
    {"expression", SCALAR},
    {"true or false", "{\"type\": \"boolean\"}"},
    {"duration", DURATION},
    {"duration > 0", DURATION},
    {"duration > 0, or `auto`", EITHER(DURATION, "{\"const\": \"auto\"}")},
    {"date or instant", "{\"type\": \"string\"}"},
    {"path", PATH},
    {"path, glob or `-`", PATH},
    {"number > 0, or `balanced`", EITHER("{\"type\": \"number\", \"exclusiveMinimum\": 0}", "{\"const\": \"balanced\"}")},
    {"number > 0, at most 1", "{\"type\": \"number\", \"exclusiveMinimum\": 0, \"maximum\": 1}"},
    {"number, `auto` or `1se`",
     EITHER("{\"type\": \"number\", \"minimum\": 0}", "{\"enum\": [\"auto\", \"1se\"]}")},
    {"number from 0 to 1", "{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}"},
    {"number > 0, less than 1", "{\"type\": \"number\", \"exclusiveMinimum\": 0, \"exclusiveMaximum\": 1}"},
    {"amount >= 0", "{\"type\": \"number\", \"minimum\": 0}"},
    {"amount >= 0, or column", EITHER("{\"type\": \"number\", \"minimum\": 0}", "{\"type\": \"string\", \"minLength\": 1}")},
    {"amount > 0", "{\"type\": \"number\", \"exclusiveMinimum\": 0}"},
    {"number > 0", "{\"type\": \"number\", \"exclusiveMinimum\": 0}"},
    {"number >= 0, less than 1", "{\"type\": \"number\", \"minimum\": 0, \"exclusiveMaximum\": 1}"},
    {"whole number > 0", "{\"type\": \"integer\", \"minimum\": 1}"},
    {"calling code", EITHER("{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 999}",
                            "{\"type\": \"string\", \"pattern\": \"^[+]?[1-9][0-9]{0,2}$\"}")},
    {"`not_required`, or mapping", EITHER("{\"const\": \"not_required\"}", BELOW)},
    {"mapping of columns to whole numbers, or to a mapping of their values",
     "{\"type\": \"object\", \"additionalProperties\": " EITHER(
         WHOLE, "{\"type\": \"object\", \"additionalProperties\": " WHOLE "}") "}"},
    {"path, or list of paths", EITHER(PATH, LIST(PATH))},
    {"one character", "{\"type\": \"string\"}"},
    {"one character, `tab` or `space`", "{\"type\": \"string\", \"minLength\": 1}"},
    {"time format", "{\"type\": \"string\"}"},
    {"`UTC`, an offset, or a zone", "{\"type\": \"string\"}"},
    {"list of texts", LIST(SCALAR)},
    {"list of durations > 0", LIST(DURATION)},
    {"list of mappings", LIST(BELOW)},
    {"mapping, or list of mappings", EITHER(BELOW, LIST("{\"type\": \"object\"}"))},
    {"score from 1 to 5, or two: lowest and highest", EITHER(SCORE, "{\"type\": \"array\", \"items\": " SCORE ", \"minItems\": 2, \"maxItems\": 2}")},
    {"list of bundles, or of `bundle: table`",
     LIST(EITHER("{\"type\": \"string\"}", "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}, "
                                           "\"minProperties\": 1, \"maxProperties\": 1}"))},
    {"column, or list of columns", EITHER(SCALAR, LIST(SCALAR))},
    {"column of the file, or mapping", EITHER(SCALAR, BELOW)},
    {"duration > 0, or mapping", EITHER(DURATION, BELOW)},
    {"list of dates or instants, or mapping", EITHER(LIST("{\"type\": \"string\"}"), BELOW)},
    {"mapping of names",
     "{\"type\": \"object\", \"propertyNames\": {\"pattern\": " NAME "}, \"additionalProperties\": " BELOW "}"},
    {"mapping of names to a type or a mapping",
     "{\"type\": \"object\", \"propertyNames\": {\"pattern\": " NAME "}, \"additionalProperties\": " EITHER(
         "{\"enum\": [\"number\", \"category\", \"text\", \"time\"]}", BELOW) "}"},
};

static wb_status no_memory(wb_error *err)
{
    return wbi_fail(err, WB_ERR_NOMEM, "out of memory");
}

/* The words between `…` in what the reference says, when it says nothing but such words. */
static wb_status add_said_words(json_t *words, const char *kind, wb_error *err)
{
    for (const char *at = kind; *at != '\0';) {
        const char *end = *at == '`' ? strchr(at + 1, '`') : NULL;
        if (end == NULL)
            return wbi_fail(err, WB_ERR_INTERNAL, "kind '%s' has no form", kind);
        WBI_TRY(wbi_write_add(words, NULL, json_stringn(at + 1, (size_t)(end - at - 1)), err));
        at = end + 1 + strspn(end + 1, ", ");
        at += strncmp(at, "or ", 3) == 0 ? 3 : 0;
    }
    return WB_OK;
}

/* The words that a key may have. */
static wb_status add_words(json_t *words, const wbi_key *key, wb_error *err)
{
    if (key->kind == &wbi_kind_aggregate) {
        for (int i = WBI_AGG_NONE + 1; wbi_aggregate_name((wbi_aggregate)i) != NULL; i++)
            WBI_TRY(wbi_write_add(words, NULL, json_string(wbi_aggregate_name((wbi_aggregate)i)), err));
        return WB_OK;
    }
    if (key->choices == NULL)
        return add_said_words(words, key->kind->name, err);
    for (const char *const *choice = key->choices; *choice != NULL; choice++)
        WBI_TRY(wbi_write_add(words, NULL, json_string(*choice), err));
    return WB_OK;
}

static wb_status enumeration(json_t **out, const wbi_key *key, wb_error *err)
{
    json_t *words = json_array(), *form = json_object();
    wb_status status = words != NULL && form != NULL ? WB_OK : no_memory(err);
    if (status == WB_OK)
        status = add_words(words, key, err);
    if (status == WB_OK)
        status = wbi_write_add(form, "enum", json_incref(words), err);
    json_decref(words);
    if (status == WB_OK)
        *out = form;
    else
        json_decref(form);
    return status;
}

static wb_status form_of(json_t **out, const wbi_key *key, wb_error *err)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && key->choices == NULL; i++)
        if (strcmp(forms[i].kind, key->kind->name) == 0) {
            *out = json_loads(forms[i].form, 0, NULL);
            return *out != NULL ? WB_OK : no_memory(err);
        }
    return enumeration(out, key, err);
}

/* Puts `below` where a form refers to it. */
static int place(json_t *form, json_t *below)
{
    const char *name;
    json_t *value;
    size_t i;
    int failed = 0;
    json_object_foreach(form, name, value) {
        const char *ref = json_string_value(json_object_get(value, "$ref"));
        failed |= ref != NULL ? json_object_set(form, name, below) : place(value, below);
    }
    json_array_foreach(form, i, value) {
        bool ref = json_object_get(value, "$ref") != NULL;
        failed |= ref ? json_array_set(form, i, below) : place(value, below);
    }
    return failed;
}

static wb_status schema_of(json_t **out, const wbi_key *keys, wb_error *err);

/* Markdown's ticks mean nothing to an editor. */
static json_t *description(const wbi_key *key)
{
    const char *fallback = key->fallback != NULL && !key->required ? key->fallback : NULL;
    return fallback != NULL ? json_sprintf("%s. Default: %s", key->meaning, fallback) : json_string(key->meaning);
}

/* The form of a key's values, with the keys under it. */
static wb_status whole_form_of(json_t **out, const wbi_key *key, wb_error *err)
{
    json_t *form = NULL, *below = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(form_of(&form, key, err));
    if (key->children != NULL)
        WBI_TRY_CLEANUP(schema_of(&below, key->children, err));
    if (json_object_get(form, "$ref") != NULL)
        *out = json_incref(below);
    else if (below == NULL || place(form, below) == 0)
        *out = json_incref(form);
    else
        status = no_memory(err);
cleanup:
    json_decref(form);
    json_decref(below);
    return status;
}

static wb_status property_of(json_t **out, const wbi_key *key, wb_error *err)
{
    json_t *form = NULL, *property = json_object();
    wb_status status = property != NULL ? whole_form_of(&form, key, err) : no_memory(err);
    if (status == WB_OK) {
        status = wbi_write_add(property, "description", description(key), err);
        if (status == WB_OK && json_object_update(property, form) != 0)
            status = no_memory(err);
        json_decref(form);
    }
    if (status == WB_OK)
        *out = property;
    else
        json_decref(property);
    return status;
}

static wb_status schema_of(json_t **out, const wbi_key *keys, wb_error *err)
{
    json_t *properties = json_object(), *required = json_array();
    wb_status status = properties != NULL && required != NULL ? WB_OK : no_memory(err);
    for (const wbi_key *key = keys; key->name != NULL && status == WB_OK; key++) {
        json_t *property = NULL;
        status = property_of(&property, key, err);
        if (status == WB_OK)
            status = wbi_write_add(properties, key->name, property, err);
        if (status == WB_OK && key->required)
            status = wbi_write_add(required, NULL, json_string(key->name), err);
    }
    *out = status == WB_OK ? json_pack("{s:s, s:O, s:O, s:b}", "type", "object", "properties", properties, "required",
                                       required, "additionalProperties", 0)
                           : NULL;
    json_decref(properties);
    json_decref(required);
    return status == WB_OK && *out == NULL ? no_memory(err) : status;
}

static wb_status write_text(const char *path, const char *text, size_t n, wb_error *err)
{
    wbi_output *output;
    WBI_TRY(wbi_output_open(&output, path, err));
    wb_status status = wbi_output_write(output, text, n, err);
    if (status == WB_OK)
        return wbi_output_commit(output, err);
    wbi_output_abort(output);
    return status;
}

wb_status wb_project_write_schema(const char *path, wb_error *err)
{
    json_t *keys = NULL;
    WBI_TRY(schema_of(&keys, wbi_project_keys, err));
    json_t *root = json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title",
                             "winback project file");
    char *text = root != NULL && json_object_update(root, keys) == 0 ? json_dumps(root, JSON_INDENT(1)) : NULL;
    wb_status status = text != NULL ? WB_OK : no_memory(err);
    if (status == WB_OK) {
        size_t n = strlen(text);
        text[n] = '\n'; /* in place of its end */
        status = write_text(path, text, n + 1, err);
    }
    free(text);
    json_decref(keys);
    json_decref(root);
    return status;
}

wb_status wb_project_write_reference(const char *path, wb_error *err)
{
    wbi_buffer text = wbi_buffer_make(1 << 20);
    wb_status status = wbi_project_reference(&text, err);
    if (status == WB_OK)
        status = write_text(path, text.data, text.length, err);
    wbi_buffer_free(&text);
    return status;
}
