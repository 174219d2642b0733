/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader with other sizes than the usual ones: for tests, to which no block may look different. */
#ifndef WINBACK_CSV_READER_SIZES_H
#define WINBACK_CSV_READER_SIZES_H

#include "csv/lines.h"
#include "csv/reader.h"

/* As wbi_csv_open. */
WB_WARN_UNUSED wb_status wbi_csv_open_sized(wbi_csv_reader **out, const wbi_paths *paths, const wbi_dialect *dialect,
                                            wbi_bad_rows *bad, wbi_csv_sizes sizes, wb_error *err);

#endif
