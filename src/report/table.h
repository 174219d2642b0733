/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of a page; the script makes those sort that have a heading for each column. */
#ifndef WINBACK_REPORT_TABLE_H
#define WINBACK_REPORT_TABLE_H

#include "report/writer.h"

/* `headings` are ours, "#" before those of numbers, which stand to the right, ">" before those of sentences; the caption too. */
void wbi_table_begin(wbi_writer *w, const char *caption, const char *const *headings, size_t n);
void wbi_table_end(wbi_writer *w);
/* The first cell of a row names it. */
void wbi_row_begin(wbi_writer *w, const char *name);
void wbi_row_end(wbi_writer *w);
void wbi_cell_text(wbi_writer *w, const char *text);
/* Likewise a sentence, which on narrow screens stands on a line of its own below the others. */
void wbi_cell_sentence(wbi_writer *w, const char *text);
/* As shown, and the value by which rows sort (not finite: last). */
void wbi_cell(wbi_writer *w, wbi_figure shown, double value);

#endif
