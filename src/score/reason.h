/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reasons for whoever writes files. */
#ifndef WINBACK_SCORE_REASON_H
#define WINBACK_SCORE_REASON_H

#include <winback/reasons.h>

#include "base/buffer.h"

/* Appends what wb_reasons_text writes. */
WB_WARN_UNUSED wb_status wbi_reasons_append(wbi_buffer *buffer, const wb_reasons *reasons, size_t feature, double number,
                                            const char *level, size_t n_level, wb_error *err);

/* The same without what is typical. */
WB_WARN_UNUSED wb_status wbi_reasons_append_value(wbi_buffer *buffer, const wb_reasons *reasons, size_t feature, double number,
                                                  const char *level, size_t n_level, wb_error *err);
/* Of the catalogue; "" where the feature is not its. */
const char *wbi_reasons_unit(const wb_reasons *reasons, size_t feature);

#endif
