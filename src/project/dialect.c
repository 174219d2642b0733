/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a table's file is written. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "project/records.h"
#include "project/schema.h"

static bool is_one_character(const char *text)
{
    return text[0] != '\0' && text[1] == '\0' && (unsigned char)text[0] < 0x80 && strchr("\"\r\n", text[0]) == NULL;
}

static wb_status write_character(json_t **out, char character, wb_error *err)
{
    return wbi_write_string(out, (const char[2]){character, '\0'}, err);
}

static wb_status read_delimiter(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    if (strcmp(text, "tab") == 0)
        *(char *)field = '\t';
    else if (strcmp(text, "space") == 0)
        *(char *)field = ' ';
    else if (is_one_character(text))
        *(char *)field = text[0];
    else
        return wbi_at_refuse(at, err, "a delimiter (wanted: one character, tab or space)");
    return WB_OK;
}

static wb_status write_delimiter(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    char delimiter = *(const char *)field;
    if (delimiter == '\t' || delimiter == ' ')
        return wbi_write_string(out, delimiter == '\t' ? "tab" : "space", err);
    return write_character(out, delimiter, err);
}

static wb_status read_decimal(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    if (strcmp(wbi_at_text(at), ".") != 0 && strcmp(wbi_at_text(at), ",") != 0)
        return wbi_at_refuse(at, err, "a decimal mark (wanted \".\" or \",\")");
    *(char *)field = wbi_at_text(at)[0];
    return WB_OK;
}

static wb_status read_comment(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    if (!is_one_character(wbi_at_text(at)))
        return wbi_at_refuse(at, err, "one character");
    *(char *)field = wbi_at_text(at)[0];
    return WB_OK;
}

static wb_status write_optional_character(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    char character = *(const char *)field;
    return character != '\0' ? write_character(out, character, err) : WB_OK;
}

static wb_status read_quotes(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    bool strict = strcmp(wbi_at_text(at), "strict") == 0;
    if (!strict && strcmp(wbi_at_text(at), "lenient") != 0)
        return wbi_at_refuse(at, err, "strict or lenient");
    *(bool *)field = strict;
    return WB_OK;
}

static wb_status write_quotes(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_write_string(out, *(const bool *)field ? "strict" : "lenient", err);
}

wb_status wbi_read_words(char ***words, size_t *n_words, const wbi_at *at, wb_error *err)
{
    size_t n = wbi_at_length(at);
    *words = wbi_alloc_zeroed(n, sizeof **words);
    if (*words == NULL)
        return wbi_fail_nomem(err, n * sizeof **words);
    for (; *n_words < n; ++*n_words) {
        wbi_at item = wbi_at_child(at, *n_words);
        if (!wbi_at_is_text(&item))
            return wbi_at_fail(&item, err, "must be a list of texts");
        WBI_TRY(wbi_set_text(&(*words)[*n_words], wbi_at_text(&item), err));
    }
    return WB_OK;
}

wb_status wbi_write_words(json_t **out, char *const *words, size_t n, wb_error *err)
{
    json_t *list = json_array();
    wb_status status = list != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n && status == WB_OK; i++)
        status = wbi_write_add(list, NULL, json_string(words[i]), err);
    if (status == WB_OK)
        *out = list;
    else
        json_decref(list);
    return status;
}

static wb_status read_na(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_dialect_def *dialect = field;
    WBI_TRY(wbi_at_want_list(at, err));
    return wbi_read_words(&dialect->na, &dialect->n_na, at, err);
}

static wb_status write_na(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_dialect_def *dialect = field;
    return wbi_write_words(out, dialect->na, dialect->n_na, err);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static wb_status check_names(const wbi_dialect_def *dialect, const wbi_at *at, wb_error *err)
{
    char **sorted = wbi_alloc_array(dialect->n_names, sizeof *sorted);
    if (sorted == NULL)
        return wbi_fail_nomem(err, dialect->n_names * sizeof *sorted);
    memcpy(sorted, dialect->names, dialect->n_names * sizeof *sorted);
    qsort(sorted, dialect->n_names, sizeof *sorted, compare_texts);
    wb_status status = WB_OK;
    for (size_t i = 0; i < dialect->n_names && status == WB_OK; i++) {
        char shown[96];
        if (sorted[i][0] == '\0')
            status = wbi_at_fail(at, err, "must not hold an empty name");
        else if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
            status = wbi_at_fail(at, err, "names '%s' twice",
                                 wbi_printable(shown, sizeof shown, sorted[i], strlen(sorted[i])));
    }
    wbi_free(sorted);
    return status;
}

static wb_status read_names(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_dialect_def *dialect = field;
    WBI_TRY(wbi_at_want_list(at, err));
    if (wbi_at_length(at) == 0)
        return wbi_at_fail(at, err, "is empty");
    WBI_TRY(wbi_read_words(&dialect->names, &dialect->n_names, at, err));
    return check_names(dialect, at, err);
}

static wb_status write_names(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_dialect_def *dialect = field;
    return dialect->n_names > 0 ? wbi_write_words(out, dialect->names, dialect->n_names, err) : WB_OK;
}

static const wbi_kind kind_delimiter = {"one character, `tab` or `space`", "", read_delimiter, write_delimiter};
static const wbi_kind kind_na = {"list of texts", "", read_na, write_na};
static const wbi_kind kind_decimal = {"`.` or `,`", "", read_decimal, write_optional_character};
static const wbi_kind kind_names = {"list of texts", "", read_names, write_names};
static const wbi_kind kind_comment = {"one character", "", read_comment, write_optional_character};
static const wbi_kind kind_quotes = {"`strict` or `lenient`", "", read_quotes, write_quotes};

#define AT(member) offsetof(wbi_dialect_def, member)
const wbi_key wbi_dialect_keys[] = {
    {"delimiter", &kind_delimiter, AT(dialect.delimiter), "`,`",
     .meaning = "what stands between cells; `space` means runs of blanks and tabs"},
    {"na", &kind_na, 0, "`[]`",
     .meaning = "words that mean missing where they stand unquoted, as an empty cell always does"},
    {"decimal", &kind_decimal, AT(dialect.decimal), "`.`", .meaning = "the decimal mark of numbers"},
    {"header", &wbi_kind_bool, AT(dialect.header), "`true`", .meaning = "whether the first row names the columns"},
    {"names", &kind_names, 0, NULL, .meaning = "the names of the columns, with `header: false`"},
    {"comment", &kind_comment, AT(dialect.comment), NULL, .meaning = "lines that begin with it are skipped"},
    {"quotes", &kind_quotes, AT(dialect.strict_quotes), "`strict`",
     .meaning = "whether a quote inside an unquoted cell, or text after a closing quote, is an error"},
    {.name = NULL}};

static wb_status read_dialect(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_dialect_def *def = field;
    WBI_TRY(wbi_read_mapping(def, at, key->children, err));
    def->said = true;
    wbi_dialect_bind(def);
    const wbi_dialect *dialect = &def->dialect;
    if (dialect->header && def->n_names > 0)
        return wbi_at_fail(at, err, "has names, which need 'header: false'");
    if (!dialect->header && def->n_names == 0)
        return wbi_at_fail(at, err, "needs the names of the columns with 'header: false'");
    if (dialect->delimiter == dialect->decimal)
        return wbi_at_fail(at, err, "uses '%c' both as delimiter and as decimal mark", dialect->decimal);
    if (dialect->delimiter == dialect->comment)
        return wbi_at_fail(at, err, "uses '%c' both as delimiter and for comments", dialect->comment);
    return WB_OK;
}

static wb_status write_dialect(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return ((const wbi_dialect_def *)field)->said ? wbi_write_mapping(out, field, key->children, err) : WB_OK;
}

const wbi_kind wbi_kind_dialect = {"mapping", "", read_dialect, write_dialect};
