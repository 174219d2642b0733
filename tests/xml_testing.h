/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict reader of the XML that reports are made of: elements in pairs, attributes in double quotes, five entities, legal
 * characters, ids once, and references to ids that are there. The contents of script and style are not looked at. */
#ifndef WINBACK_XML_TESTING_H
#define WINBACK_XML_TESTING_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum { XML_DEPTH = 64, XML_NAME = 64, XML_IDS = 4096 };

/* What is wrong with character data; NULL: nothing. */
static const char *xml_data_fault(const char *text, size_t n)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    if (n > 0 && wbi_utf8_check(text, n) != n)
        return "not UTF-8";
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n') || c == 0x7F)
            return "a control character";
        if (c == '<' || c == '>' || c == '"' || c == '\'')
            return "a mark that should be an entity";
        if (c == 0xE2 && n - i > 2 && (unsigned char)text[i + 1] == 0x80 && (unsigned char)text[i + 2] >= 0xAA &&
            (unsigned char)text[i + 2] <= 0xAE)
            return "a mark that turns the direction";
        if (c != '&')
            continue;
        bool known = false;
        for (size_t e = 0; e < sizeof entities / sizeof entities[0]; e++)
            known = known || (n - i >= strlen(entities[e]) && memcmp(text + i, entities[e], strlen(entities[e])) == 0);
        if (!known)
            return "a bare &";
    }
    return NULL;
}

/* Letters of character data, entities as one. */
static inline size_t xml_letters(const char *text, size_t n)
{
    size_t letters = 0;
    for (size_t i = 0; i < n; letters++) {
        const char *end = text[i] == '&' ? memchr(text + i, ';', n - i) : NULL;
        i += end != NULL ? (size_t)(end - (text + i)) + 1 : wbi_utf8_width(text + i, n - i);
    }
    return letters;
}

typedef struct xml_reader {
    const char *at;
    char open[XML_DEPTH][XML_NAME];
    size_t depth;
    char ids[XML_IDS][XML_NAME], wanted[XML_IDS][XML_NAME];
    size_t n_ids, n_wanted;
    const char *fault;
} xml_reader;

static bool xml_fails(xml_reader *x, const char *fault)
{
    if (x->fault == NULL)
        x->fault = fault;
    return false;
}

static bool xml_name(xml_reader *x, char name[XML_NAME])
{
    size_t n = 0;
    while (isalnum((unsigned char)*x->at) || (*x->at != '\0' && strchr("-:_", *x->at) != NULL)) {
        if (n + 1 == XML_NAME)
            return xml_fails(x, "a long name");
        name[n++] = *x->at++;
    }
    name[n] = '\0';
    return n > 0 || xml_fails(x, "no name");
}

static void xml_keep(char list[XML_IDS][XML_NAME], size_t *n, const char *value, size_t length)
{
    if (*n < XML_IDS && length < XML_NAME) {
        memcpy(list[*n], value, length);
        list[(*n)++][length] = '\0';
    }
}

static bool xml_attribute(xml_reader *x)
{
    char name[XML_NAME];
    if (!xml_name(x, name))
        return false;
    if (x->at[0] != '=' || x->at[1] != '"')
        return xml_fails(x, "an attribute without quotes");
    const char *value = x->at + 2, *end = strchr(value, '"');
    if (end == NULL)
        return xml_fails(x, "an open attribute");
    const size_t n = (size_t)(end - value);
    /* An apostrophe is fine within double quotes; ours alone have them, in the policy. */
    if (strcmp(name, "content") != 0 && xml_data_fault(value, n) != NULL)
        return xml_fails(x, xml_data_fault(value, n));
    if (strcmp(name, "id") == 0)
        xml_keep(x->ids, &x->n_ids, value, n);
    if (strcmp(name, "aria-labelledby") == 0 || strcmp(name, "aria-describedby") == 0)
        xml_keep(x->wanted, &x->n_wanted, value, n);
    if (strcmp(name, "href") == 0 && value[0] == '#')
        xml_keep(x->wanted, &x->n_wanted, value + 1, n - 1);
    x->at = end + 1;
    return true;
}

static bool xml_close(xml_reader *x)
{
    char name[XML_NAME];
    x->at += 2;
    if (!xml_name(x, name) || *x->at++ != '>')
        return xml_fails(x, "a bad end tag");
    if (x->depth == 0 || strcmp(x->open[--x->depth], name) != 0)
        return xml_fails(x, "an end tag that closes nothing");
    return true;
}

static bool xml_open(xml_reader *x)
{
    char name[XML_NAME], end[XML_NAME + 4];
    x->at++;
    if (!xml_name(x, name))
        return false;
    while (*x->at == ' ') {
        x->at++;
        if (!xml_attribute(x))
            return false;
    }
    const bool empty = *x->at == '/';
    x->at += empty;
    if (*x->at++ != '>')
        return xml_fails(x, "a bad tag");
    if (empty)
        return true;
    if (x->depth == XML_DEPTH)
        return xml_fails(x, "too deep");
    strcpy(x->open[x->depth++], name);
    if (strcmp(name, "script") != 0 && strcmp(name, "style") != 0)
        return true;
    sprintf(end, "</%s>", name);
    x->at = strstr(x->at, end);
    return x->at != NULL || xml_fails(x, "raw text without an end");
}

static bool xml_step(xml_reader *x)
{
    if (strncmp(x->at, "<!DOCTYPE html>", 15) == 0 || strncmp(x->at, "<?xml ", 6) == 0) {
        x->at = strchr(x->at, '>') + 1;
        return true;
    }
    if (*x->at == '<')
        return x->at[1] == '/' ? xml_close(x) : xml_open(x);
    const size_t n = strcspn(x->at, "<");
    const char *fault = xml_data_fault(x->at, n);
    x->at += n;
    return fault == NULL || xml_fails(x, fault);
}

static bool xml_is_id(const xml_reader *x, const char *id)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n_ids; i++)
        n += strcmp(x->ids[i], id) == 0;
    return n == 1;
}

static const char *xml_fault(xml_reader *x, const char *text)
{
    memset(x, 0, sizeof *x);
    x->at = text;
    while (*x->at != '\0' && xml_step(x))
        ;
    if (x->fault == NULL && x->depth > 0)
        x->fault = "an element that is not closed";
    for (size_t i = 0; i < x->n_ids && x->fault == NULL; i++)
        if (!xml_is_id(x, x->ids[i]))
            x->fault = "an id twice";
    for (size_t i = 0; i < x->n_wanted && x->fault == NULL; i++)
        if (!xml_is_id(x, x->wanted[i]))
            x->fault = "a reference to no id";
    return x->fault;
}

#define assert_xml(text)                                                                                       \
    do {                                                                                                       \
        xml_reader *xml_x = malloc(sizeof *xml_x);                                                             \
        const char *xml_what = xml_fault(xml_x, (text));                                                       \
        if (xml_what != NULL) {                                                                                \
            print_error("%s before: %.120s\n", xml_what, xml_x->at == NULL ? "" : xml_x->at);                  \
            free(xml_x);                                                                                       \
            fail();                                                                                            \
        }                                                                                                      \
        free(xml_x);                                                                                           \
    } while (0)

#endif
