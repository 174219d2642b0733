/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader from inside: row by row, and in chunks of rows that somebody else tells apart. */
#ifndef WINBACK_CSV_READER_ROWS_H
#define WINBACK_CSV_READER_ROWS_H

#include "csv/lines.h"
#include "csv/reader.h"

/* One row; line is 0 at the end of the file. Borrowed until the next call, but for the file's name. */
typedef struct wbi_judged {
    const wbi_cells *cells; /* of this row alone; NULL when it is bad */
    const wb_error *wrong;  /* why it is bad */
    wbi_str raw;
    size_t line;
    const char *file;
} wbi_judged;

/* The next row of the file at hand. Not to be mixed with wbi_csv_next. */
WB_WARN_UNUSED wb_status wbi_csv_next_row(wbi_csv_reader *reader, wbi_judged *judged, wb_error *err);
/* Goes on to the next file; *more is false when there is none. */
WB_WARN_UNUSED wb_status wbi_csv_next_file(wbi_csv_reader *reader, bool *more, wb_error *err);
/* As wbi_lines_take, of the file at hand. Takes nothing of dialects with comments or runs of blanks. */
WB_WARN_UNUSED wb_status wbi_csv_take(wbi_csv_reader *reader, wbi_chunk *chunk, size_t max_bytes, wb_error *err);

/* A reader without files, for one thread, that judges rows of chunks as `reader` does, which it must not outlive. Closed
 * by wbi_csv_close. */
WB_WARN_UNUSED wb_status wbi_csv_judge_create(wbi_csv_reader **out, const wbi_csv_reader *reader, wb_error *err);
/* `bytes` is one row of `file` at `line`, its end (\n, or a \r alone) included when it is blank. */
WB_WARN_UNUSED wb_status wbi_csv_judge(wbi_csv_reader *judge, wbi_judged *judged, wbi_str bytes, const char *file,
                                       size_t line, wb_error *err);

/* Whether an unquoted cell is a word that means missing. */
bool wbi_csv_is_na(const wbi_dialect *dialect, wbi_str cell);
size_t wbi_csv_n_files(const wbi_csv_reader *reader);
const size_t *wbi_csv_wanted(const wbi_csv_reader *reader, size_t *n); /* borrowed */
const wbi_dialect *wbi_csv_dialect(const wbi_csv_reader *reader);      /* borrowed */

#endif
