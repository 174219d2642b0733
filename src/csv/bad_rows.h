/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reader tells the keeper of bad rows. */
#ifndef WINBACK_CSV_BAD_ROWS_H
#define WINBACK_CSV_BAD_ROWS_H

#include "csv/reader.h"

/* Whether the bytes of rows are to be kept. */
bool wbi_bad_rows_keeps(const wbi_bad_rows *bad);
/* The header line that the rejects file will begin with; the first one given stays. */
WB_WARN_UNUSED wb_status wbi_bad_rows_header(wbi_bad_rows *bad, wbi_str raw, wb_error *err);

#endif
