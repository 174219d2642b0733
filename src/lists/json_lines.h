/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of JSON lines. */
#ifndef WINBACK_LISTS_JSON_LINES_H
#define WINBACK_LISTS_JSON_LINES_H

#include "base/buffer.h"
#include "base/text.h"

/* Appends a string. */
WB_WARN_UNUSED wb_status wbi_json_lines_text(wbi_buffer *line, wbi_str text, wb_error *err);
/* Appends a value: null when it is missing, a number where a number is wanted and the digits are JSON's, else a string. */
WB_WARN_UNUSED wb_status wbi_json_lines_value(wbi_buffer *line, wbi_str value, bool number, wb_error *err);

#endif
