/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "expr/lexer.h"

#include <string.h>

#include "base/memory.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
    return is_word_start(c) || is_digit(c);
}

static size_t skip(const char *text, size_t at, bool (*belongs)(char))
{
    while (belongs(text[at]))
        at++;
    return at;
}

/* The end of digits[.digits][e[+-]digits] or .digits…; the text is terminated, so looking one byte ahead is safe. */
static size_t number_end(const char *text, size_t at)
{
    at = skip(text, at, is_digit);
    if (text[at] == '.')
        at = skip(text, at + 1, is_digit);
    if (text[at] == 'e' || text[at] == 'E') {
        size_t exponent = at + 1;
        if (text[exponent] == '+' || text[exponent] == '-')
            exponent++;
        if (is_digit(text[exponent]))
            at = skip(text, exponent, is_digit);
    }
    return at;
}

static wb_status scan_number(wbi_token *token, const wbi_expr *expr, wb_error *err)
{
    size_t end = number_end(expr->text, token->start);
    size_t glued = skip(expr->text, end, is_word);
    if (glued > end) {
        char quote[WBI_QUOTE_CHARS];
        wbi_str value = {expr->text + token->start, glued - token->start};
        wb_status status = wbi_expr_fail(expr, err, WB_ERR_MALFORMED, token->start, value, "'%s' is not a number",
                                         wbi_expr_quote(quote, value));
        wbi_advise(err, "durations are written minutes(30), hours(12) or days(90); names that start with a digit stand "
                        "in double quotes");
        return status;
    }
    token->kind = WBI_TOKEN_NUMBER;
    token->end = (uint32_t)end;
    return WB_OK;
}

static wb_status scan_quoted(wbi_token *token, const wbi_expr *expr, wb_error *err)
{
    char quote = expr->text[token->start];
    size_t at = token->start + 1;
    for (; expr->text[at] != quote || expr->text[at + 1] == quote; at++) {
        if (expr->text[at] == quote)
            at++;
        else if (expr->text[at] == '\0') {
            char shown[WBI_QUOTE_CHARS];
            wbi_str value = {expr->text + token->start, expr->text_length - token->start};
            return wbi_expr_fail(expr, err, WB_ERR_MALFORMED, token->start, value, "the quote in %s is not closed",
                                 wbi_expr_quote(shown, value));
        }
    }
    token->kind = quote == '"' ? WBI_TOKEN_QUOTED_NAME : WBI_TOKEN_STRING;
    token->end = (uint32_t)(at + 1);
    return WB_OK;
}

static size_t symbol_length(const wbi_expr *expr, size_t at)
{
    static const char *const pairs[] = {"==", "!=", "<>", "<=", ">="};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(expr->text + at, pairs[i], 2) == 0)
            return 2;
    return wbi_utf8_width(expr->text + at, expr->text_length - at);
}

static wb_status scan(wbi_token *token, const wbi_expr *expr, size_t at, wb_error *err)
{
    const char *text = expr->text;
    at = skip(text, at, is_blank);
    *token = (wbi_token){WBI_TOKEN_END, (uint32_t)at, (uint32_t)at};
    if (at == expr->text_length)
        return WB_OK;
    if (is_digit(text[at]) || (text[at] == '.' && is_digit(text[at + 1])))
        return scan_number(token, expr, err);
    if (text[at] == '\'' || text[at] == '"')
        return scan_quoted(token, expr, err);
    bool word = is_word_start(text[at]);
    token->kind = word ? WBI_TOKEN_WORD : WBI_TOKEN_SYMBOL;
    token->end = (uint32_t)(word ? skip(text, at, is_word) : at + symbol_length(expr, at));
    return WB_OK;
}

wb_status wbi_expr_tokens(wbi_token **out, const wbi_expr *expr, wb_error *err)
{
    /* A token has at least one byte, the end has none. */
    wbi_token *tokens = wbi_alloc_array(expr->text_length + 1, sizeof *tokens);
    if (tokens == NULL)
        return wbi_fail_nomem(err, (expr->text_length + 1) * sizeof *tokens);
    size_t n = 0, at = 0;
    do {
        wb_status status = scan(&tokens[n], expr, at, err);
        if (status != WB_OK) {
            wbi_free(tokens);
            return status;
        }
        at = tokens[n].end;
    } while (tokens[n++].kind != WBI_TOKEN_END);
    *out = tokens;
    return WB_OK;
}
