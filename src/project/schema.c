/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { PATH_CHARS = 512, SHOWN_CHARS = 96, NAME_CHARS = 200, MAX_KEYS = 64 };

bool wbi_at_is_text(const wbi_at *at)
{
    return at->node->type == YAML_SCALAR_NODE;
}

bool wbi_at_is_mapping(const wbi_at *at)
{
    return at->node->type == YAML_MAPPING_NODE;
}

bool wbi_at_is_list(const wbi_at *at)
{
    return at->node->type == YAML_SEQUENCE_NODE;
}

const char *wbi_at_text(const wbi_at *at)
{
    return wbi_yaml_text(at->node);
}

size_t wbi_at_length(const wbi_at *at)
{
    if (wbi_at_is_mapping(at))
        return (size_t)(at->node->data.mapping.pairs.top - at->node->data.mapping.pairs.start);
    if (wbi_at_is_list(at))
        return (size_t)(at->node->data.sequence.items.top - at->node->data.sequence.items.start);
    return 0;
}

static const yaml_node_t *key_node(const wbi_at *at, size_t index)
{
    return yaml_document_get_node(at->reader->document, at->node->data.mapping.pairs.start[index].key);
}

wbi_at wbi_at_child(const wbi_at *at, size_t index)
{
    wbi_at child = {.reader = at->reader, .up = at};
    if (wbi_at_is_mapping(at)) {
        const yaml_node_t *key = key_node(at, index);
        child.name = wbi_yaml_text(key);
        child.line = key->start_mark.line + 1;
        child.node = yaml_document_get_node(at->reader->document, at->node->data.mapping.pairs.start[index].value);
    } else {
        child.node = yaml_document_get_node(at->reader->document, at->node->data.sequence.items.start[index]);
        child.line = child.node->start_mark.line + 1;
    }
    return child;
}

bool wbi_at_find(wbi_at *out, const wbi_at *at, const char *name)
{
    for (size_t i = 0; wbi_at_is_mapping(at) && i < wbi_at_length(at); i++) {
        if (strcmp(wbi_yaml_text(key_node(at, i)), name) == 0) {
            *out = wbi_at_child(at, i);
            return true;
        }
    }
    *out = *at;
    return false;
}

size_t wbi_at_line(const wbi_at *at)
{
    return at->reader->file != NULL ? at->line : 0;
}

/* The keys from the root, joined by dots. */
static size_t print_path(const wbi_at *at, char path[PATH_CHARS])
{
    size_t n = at->up != NULL ? print_path(at->up, path) : 0;
    if (at->name != NULL) {
        char shown[SHOWN_CHARS];
        wbi_printable(shown, sizeof shown, at->name, strlen(at->name));
        int written = snprintf(path + n, PATH_CHARS - n, "%s%s", n > 0 ? "." : "", shown);
        n = written < 0 || (size_t)written >= PATH_CHARS - n ? PATH_CHARS - 1 : n + (size_t)written;
    }
    path[n] = '\0';
    return n;
}

wb_status wbi_at_fail(const wbi_at *at, wb_error *err, const char *format, ...)
{
    char path[PATH_CHARS], message[PATH_CHARS];
    if (print_path(at, path) == 0)
        snprintf(path, sizeof path, "the project");
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const char *value = wbi_at_is_text(at) ? wbi_at_text(at) : NULL;
    return wbi_fail_at(err, WB_ERR_MALFORMED, wbi_yaml_where(at->node, at->reader->file), value,
                       value != NULL ? strlen(value) : 0, "%s %s", path, message);
}

wb_status wbi_at_refuse(const wbi_at *at, wb_error *err, const char *wanted)
{
    WBI_TRY(wbi_at_want_text(at, err));
    char shown[SHOWN_CHARS];
    wbi_printable(shown, sizeof shown, wbi_at_text(at), strlen(wbi_at_text(at)));
    return wbi_at_fail(at, err, "'%s' is not %s", shown, wanted);
}

wb_status wbi_at_want_text(const wbi_at *at, wb_error *err)
{
    if (!wbi_at_is_text(at))
        return wbi_at_fail(at, err, "must be a single value, not a %s", wbi_at_is_list(at) ? "list" : "mapping");
    return wbi_at_text(at)[0] != '\0' ? WB_OK : wbi_at_fail(at, err, "is empty");
}

wb_status wbi_at_want_mapping(const wbi_at *at, wb_error *err)
{
    return wbi_at_is_mapping(at) ? WB_OK : wbi_at_fail(at, err, "must be a mapping");
}

wb_status wbi_at_want_list(const wbi_at *at, wb_error *err)
{
    return wbi_at_is_list(at) ? WB_OK : wbi_at_fail(at, err, "must be a list");
}

bool wbi_is_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t n = strspn(text, all);
    return n > 0 && n <= NAME_CHARS && text[n] == '\0' && strspn(text, letters) > 0;
}

wb_status wbi_at_want_name(const wbi_at *at, const char *text, wb_error *err)
{
    if (wbi_is_name(text))
        return WB_OK;
    char shown[SHOWN_CHARS];
    wbi_printable(shown, sizeof shown, text, strlen(text));
    return wbi_at_fail(at, err, "'%s' is not a name (wanted: a letter or _, then letters, digits and _, at most %d)",
                       shown, NAME_CHARS);
}

static wb_status unknown_key(const wbi_at *at, size_t index, const wbi_key *keys, wb_error *err)
{
    const char *names[MAX_KEYS];
    size_t n = 0;
    for (const wbi_key *key = keys; key->name != NULL && n < MAX_KEYS; key++)
        names[n++] = key->name;
    const yaml_node_t *node = key_node(at, index);
    const char *key = wbi_yaml_text(node);
    const char *nearest = wbi_nearest(key, names, n);
    char shown[SHOWN_CHARS], path[PATH_CHARS], hint[SHOWN_CHARS] = "";
    wbi_printable(shown, sizeof shown, key, strlen(key));
    if (nearest != NULL)
        snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
    const char *in = print_path(at, path) > 0 ? " in " : "";
    return wbi_fail_at(err, WB_ERR_MALFORMED, wbi_yaml_where(node, at->reader->file), key, strlen(key),
                       "unknown key '%s'%s%s%s", shown, in, path, hint);
}

static bool is_key(const wbi_key *keys, const char *name)
{
    for (const wbi_key *key = keys; key->name != NULL; key++)
        if (strcmp(key->name, name) == 0)
            return true;
    return false;
}

wb_status wbi_read_mapping(void *record, const wbi_at *at, const wbi_key *keys, wb_error *err)
{
    WBI_TRY(wbi_at_want_mapping(at, err));
    for (size_t i = 0; i < wbi_at_length(at); i++)
        if (!is_key(keys, wbi_yaml_text(key_node(at, i))))
            return unknown_key(at, i, keys, err);
    for (const wbi_key *key = keys; key->name != NULL; key++) {
        wbi_at value;
        if (wbi_at_find(&value, at, key->name))
            WBI_TRY(key->kind->read((char *)record + key->offset, &value, key, err));
        else if (key->required)
            return wbi_at_fail(at, err, "needs the key '%s'", key->name);
    }
    return WB_OK;
}

wb_status wbi_write_add(json_t *to, const char *name, json_t *value, wb_error *err)
{
    if (value == NULL)
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    int failed = name != NULL ? json_object_set_new(to, name, value) : json_array_append_new(to, value);
    return failed ? wbi_fail(err, WB_ERR_NOMEM, "out of memory") : WB_OK;
}

wb_status wbi_write_mapping(json_t **out, const void *record, const wbi_key *keys, wb_error *err)
{
    json_t *object = json_object();
    wb_status status = object != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    for (const wbi_key *key = keys; key->name != NULL && status == WB_OK; key++) {
        json_t *value = NULL;
        if (!key->local)
            status = key->kind->write(&value, (const char *)record + key->offset, key, err);
        if (value != NULL)
            status = wbi_write_add(object, key->name, value, err);
    }
    if (status != WB_OK) {
        json_decref(object);
        return status;
    }
    *out = object;
    return WB_OK;
}

wb_status wbi_write_records(json_t **out, wbi_shape shape, const void *all, size_t n, size_t size, const wbi_key *keys,
                            wb_error *err)
{
    json_t *values = shape == WBI_NAMED ? json_object() : json_array();
    wb_status status = values != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n && status == WB_OK; i++) {
        const void *record = (const char *)all + i * size;
        json_t *value = NULL;
        status = wbi_write_mapping(&value, record, keys, err);
        if (status == WB_OK)
            status = wbi_write_add(values, shape == WBI_NAMED ? *(char *const *)record : NULL, value, err);
    }
    if (status == WB_OK)
        *out = values;
    else
        json_decref(values);
    return status;
}

static wb_status append_value(wbi_buffer *out, const wbi_key *key, wb_error *err)
{
    if (key->kind->name != NULL)
        return wbi_buffer_append_text(out, key->kind->name, err);
    for (const char *const *choice = key->choices; *choice != NULL; choice++)
        WBI_TRY(wbi_buffer_printf(out, err, "%s`%s`", choice == key->choices ? "" : ", ", *choice));
    return WB_OK;
}

static wb_status append_keys(wbi_buffer *out, const char *path, const wbi_key *keys, wb_error *err)
{
    WBI_TRY(wbi_buffer_printf(out, err, "\n### %s%s%s\n\n", path[0] != '\0' ? "`" : "The file", path,
                              path[0] != '\0' ? "`" : ""));
    WBI_TRY(wbi_buffer_append_text(out, "| key | value | default | meaning |\n|---|---|---|---|\n", err));
    for (const wbi_key *key = keys; key->name != NULL; key++) {
        WBI_TRY(wbi_buffer_printf(out, err, "| `%s` | ", key->name));
        WBI_TRY(append_value(out, key, err));
        const char *fallback = key->required ? "required" : key->fallback != NULL ? key->fallback : "";
        WBI_TRY(wbi_buffer_printf(out, err, " | %s | %s |\n", fallback, key->meaning));
    }
    for (const wbi_key *key = keys; key->name != NULL; key++) {
        if (key->children == NULL)
            continue;
        char below[PATH_CHARS];
        snprintf(below, sizeof below, "%s%s%s%s", path, path[0] != '\0' ? "." : "", key->name, key->kind->below);
        WBI_TRY(append_keys(out, below, key->children, err));
    }
    return WB_OK;
}

wb_status wbi_project_reference(wbi_buffer *out, wb_error *err)
{
    return append_keys(out, "", wbi_project_keys, err);
}
