/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One YAML document that is safe to walk: bounded in size and depth, without anchors, aliases and tags, its keys plain
 * texts and unique in their mapping, its texts free of characters that JSON and YAML read differently. */
#ifndef WINBACK_PROJECT_YAML_H
#define WINBACK_PROJECT_YAML_H

#include <yaml.h>

#include "base/error.h"

/* `file` is for messages only, NULL when there is none. On success the document is to be deleted by the caller; a text
 * without a document gives one without a root. WB_ERR_MALFORMED with line and column. */
WB_WARN_UNUSED wb_status wbi_yaml_load(yaml_document_t *out, const char *text, size_t n, const char *file,
                                       wb_error *err);

/* The text of a scalar, "" of anything else. Borrowed from the document. */
const char *wbi_yaml_text(const yaml_node_t *node);
wbi_where wbi_yaml_where(const yaml_node_t *node, const char *file);

#endif
