/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/yaml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* No project comes near these; they keep what libyaml allocates within 10 or so times the largest file. */
enum { MAX_DEPTH = 32, MAX_NODES = 1000000 };

typedef struct input {
    const char *text;
    size_t n;
    const char *file;
} input;

static wbi_where where_of(const yaml_mark_t *mark, const char *file)
{
    return (wbi_where){file, mark->line + 1, mark->column + 1};
}

wbi_where wbi_yaml_where(const yaml_node_t *node, const char *file)
{
    return where_of(&node->start_mark, file);
}

const char *wbi_yaml_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

/* Line and character of a byte offset, for errors that libyaml finds before it counts lines. */
static wbi_where where_of_offset(const input *in, size_t offset)
{
    wbi_where where = {in->file, 1, 1};
    for (size_t i = 0; i < offset && i < in->n; i++) {
        bool continuation = ((unsigned char)in->text[i] & 0xc0) == 0x80;
        where.column = in->text[i] == '\n' ? 1 : where.column + !continuation;
        where.line += in->text[i] == '\n';
    }
    return where;
}

/* libyaml's marks count characters. */
static bool at_the_end(const yaml_mark_t *mark, const input *in)
{
    return mark->index >= wbi_utf8_characters(in->text, in->n);
}

static wb_status parser_failed(const yaml_parser_t *parser, const input *in, wb_error *err)
{
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
    if (parser->error == YAML_MEMORY_ERROR)
        return wbi_fail_nomem(err, in->n);
    if (parser->error == YAML_READER_ERROR)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where_of_offset(in, parser->problem_offset), NULL, 0,
                           "not well-formed YAML: %s", problem);
    if (parser->context == NULL)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where_of(&parser->problem_mark, in->file), NULL, 0,
                           "not well-formed YAML: %s", problem);
    if (at_the_end(&parser->problem_mark, in)) /* something was never closed: say where it opens */
        return wbi_fail_at(err, WB_ERR_MALFORMED, where_of(&parser->context_mark, in->file), NULL, 0,
                           "not well-formed YAML: %s up to the end of the file (%s)", parser->context, problem);
    return wbi_fail_at(err, WB_ERR_MALFORMED, where_of(&parser->problem_mark, in->file), NULL, 0,
                       "not well-formed YAML: %s %s that begins on line %zu", problem, parser->context,
                       parser->context_mark.line + 1);
}

/* What was seen of the stream so far. */
typedef struct census {
    size_t n_documents, n_nodes, depth;
} census;

static wb_status take_event(census *seen, const yaml_event_t *event, const input *in, wb_error *err)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        seen->n_documents++;
        break;
    case YAML_ALIAS_EVENT:
        anchor = event->data.alias.anchor;
        break;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        seen->n_nodes++;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        seen->n_nodes++;
        seen->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        seen->n_nodes++;
        seen->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        seen->depth--;
        break;
    default:
        break;
    }
    wbi_where where = where_of(&event->start_mark, in->file);
    if (anchor != NULL)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, (const char *)anchor, strlen((const char *)anchor),
                           "anchors (&) and aliases (*) are not supported; a text that begins so needs quotes");
    if (tag != NULL)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, (const char *)tag, strlen((const char *)tag),
                           "tags (!) are not supported; a text that begins so needs quotes");
    if (seen->n_documents > 1)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "a second document begins; only one is wanted");
    if (seen->depth > MAX_DEPTH)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "nested more than %d deep", MAX_DEPTH);
    if (seen->n_nodes > MAX_NODES)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "more than %d values", MAX_NODES);
    return WB_OK;
}

/* Runs over the stream once before anything is built from it. */
static wb_status check_stream(const input *in, wb_error *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return wbi_fail_nomem(err, sizeof parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)in->text, in->n);
    census seen = {0};
    wb_status status = WB_OK;
    bool at_end = false;
    while (status == WB_OK && !at_end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = parser_failed(&parser, in, err);
            break;
        }
        at_end = event.type == YAML_STREAM_END_EVENT;
        status = take_event(&seen, &event, in, err);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}

/* Characters that one of YAML's and JSON's raw texts cannot hold, or that YAML folds as line breaks: NUL, DEL, C1
 * controls, line and paragraph separators, byte order marks and non-characters. */
static bool awkward(const char *bytes, size_t width)
{
    if (width == 1)
        return bytes[0] == '\0' || bytes[0] == 0x7f;
    if (width == 2)
        return memcmp(bytes, "\xc2\x80", 2) >= 0 && memcmp(bytes, "\xc2\x9f", 2) <= 0;
    return width == 3 && (memcmp(bytes, "\xe2\x80\xa8", 3) == 0 || memcmp(bytes, "\xe2\x80\xa9", 3) == 0 ||
                          memcmp(bytes, "\xef\xbb\xbf", 3) == 0 || memcmp(bytes, "\xef\xbf\xbe", 3) >= 0);
}

static wb_status check_text(const yaml_node_t *node, const input *in, wb_error *err)
{
    const char *text = (const char *)node->data.scalar.value;
    size_t n = node->data.scalar.length;
    for (size_t i = 0; i < n;) {
        size_t width = wbi_utf8_width(text + i, n - i);
        if (width == 0 || awkward(text + i, width))
            return wbi_fail_at(err, WB_ERR_MALFORMED, wbi_yaml_where(node, in->file), text, n,
                               "the text holds a character that is not allowed (byte 0x%02x)", (unsigned char)text[i]);
        i += width;
    }
    return WB_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const yaml_node_t *const *x = a, *const *y = b;
    int order = strcmp(wbi_yaml_text(*x), wbi_yaml_text(*y));
    size_t at_x = (*x)->start_mark.index, at_y = (*y)->start_mark.index;
    return order != 0 ? order : (at_x > at_y) - (at_x < at_y);
}

static wb_status check_keys(yaml_document_t *document, const yaml_node_t *node, const input *in, wb_error *err)
{
    const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
    size_t n = (size_t)(node->data.mapping.pairs.top - pairs);
    const yaml_node_t **keys = wbi_alloc_array(n, sizeof(*keys));
    if (keys == NULL)
        return wbi_fail_nomem(err, n * sizeof(*keys));
    wb_status status = WB_OK;
    for (size_t i = 0; i < n && status == WB_OK; i++) {
        keys[i] = yaml_document_get_node(document, pairs[i].key);
        if (keys[i]->type != YAML_SCALAR_NODE)
            status =
                wbi_fail_at(err, WB_ERR_MALFORMED, wbi_yaml_where(keys[i], in->file), NULL, 0, "a key must be a text");
    }
    if (status == WB_OK)
        qsort(keys, n, sizeof(*keys), compare_keys);
    for (size_t i = 1; i < n && status == WB_OK; i++) {
        const char *key = wbi_yaml_text(keys[i]);
        char shown[96];
        if (strcmp(wbi_yaml_text(keys[i - 1]), key) == 0)
            status =
                wbi_fail_at(err, WB_ERR_MALFORMED, wbi_yaml_where(keys[i], in->file), key, strlen(key),
                            "key '%s' stands here twice (first on line %zu)",
                            wbi_printable(shown, sizeof shown, key, strlen(key)), keys[i - 1]->start_mark.line + 1);
    }
    wbi_free(keys);
    return status;
}

static wb_status check_nodes(yaml_document_t *document, const input *in, wb_error *err)
{
    for (const yaml_node_t *node = document->nodes.start; node < document->nodes.top; node++)
        if (node->type == YAML_SCALAR_NODE)
            WBI_TRY(check_text(node, in, err));
    for (const yaml_node_t *node = document->nodes.start; node < document->nodes.top; node++)
        if (node->type == YAML_MAPPING_NODE)
            WBI_TRY(check_keys(document, node, in, err));
    return WB_OK;
}

wb_status wbi_yaml_load(yaml_document_t *out, const char *text, size_t n, const char *file, wb_error *err)
{
    const input in = {text, n, file};
    WBI_TRY(check_stream(&in, err));
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return wbi_fail_nomem(err, sizeof parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    wb_status status = yaml_parser_load(&parser, out) ? WB_OK : parser_failed(&parser, &in, err);
    yaml_parser_delete(&parser);
    WBI_TRY(status);
    status = check_nodes(out, &in, err);
    if (status != WB_OK)
        yaml_document_delete(out);
    return status;
}
