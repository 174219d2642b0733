/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computing an engine's features once more. */
#ifndef WINBACK_AUDIT_REPEAT_H
#define WINBACK_AUDIT_REPEAT_H

#include "features/engine.h"

/* WB_ERR_ARGUMENT when a table of the project comes from standard input, which cannot be read twice. */
WB_WARN_UNUSED wb_status wbi_repeatable(const wb_project *project, wb_error *err);
/* The engine's project for the same data: without the label, which looks past the cutoff, and with the same end. */
WB_WARN_UNUSED wb_status wbi_repeat_project(wb_project **out, const wb_engine *engine, wb_error *err);
/* Options of reading for which bad rows have been told of, and kept aside, already. */
wb_read_options wbi_repeat_options(const wb_read_options *options);

#endif
