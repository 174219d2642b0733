/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of an expression cut into tokens. */
#ifndef WINBACK_EXPR_LEXER_H
#define WINBACK_EXPR_LEXER_H

#include "expr/tree.h"

typedef enum wbi_token_kind {
    WBI_TOKEN_END = 0,
    WBI_TOKEN_NUMBER,
    WBI_TOKEN_STRING,      /* 'text' */
    WBI_TOKEN_QUOTED_NAME, /* "name" */
    WBI_TOKEN_WORD,        /* keyword, function or plain name */
    WBI_TOKEN_SYMBOL       /* operator or bracket; also any character that belongs nowhere */
} wbi_token_kind;

typedef struct wbi_token {
    wbi_token_kind kind;
    uint32_t start, end; /* bytes of the text */
} wbi_token;

/* All tokens, ending with WBI_TOKEN_END; to be freed with wbi_free. WB_ERR_MALFORMED: an open quote, a bad number. */
WB_WARN_UNUSED wb_status wbi_expr_tokens(wbi_token **out, const wbi_expr *expr, wb_error *err);

#endif
