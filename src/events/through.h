/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys that lead to a customer through another table: subscription -> account, many to one. */
#ifndef WINBACK_EVENTS_THROUGH_H
#define WINBACK_EVENTS_THROUGH_H

#include "csv/batches.h"
#include "project/project.h"

/* Customer code of a row that was read, found bad afterwards, and counted as such (-1: it names no customer). */
enum { WBI_ROW_LEFT_OUT = -2 };

typedef struct wbi_through wbi_through;

/* Reads the table's `through` file; its customers are added to `customers`. A key with two customers is
 * WB_ERR_INCONSISTENT at its second place. Bad rows are kept beside those of `beside`. `column_number` is the place of the
 * key in the events' file, from 1. */
WB_WARN_UNUSED wb_status wbi_through_read(wbi_through **out, const wbi_table_def *def, size_t column_number,
                                          wbi_dictionary *customers, wbi_bad_rows *beside,
                                          const wb_read_options *options, wb_error *err);
void wbi_through_free(wbi_through *through); /* NULL-safe */
size_t wbi_through_bytes(const wbi_through *through); /* of memory */
/* The dictionary to intern keys in, borrowed. */
wbi_dictionary *wbi_through_keys(wbi_through *through);
/* A row of the batch, whose column 0 holds codes of the keys: a key that no row of the other file has is a bad row, and
 * becomes missing. */
WB_WARN_UNUSED wb_status wbi_through_check(const wbi_through *through, const wbi_batch *batch, size_t row,
                                           wbi_bad_rows *bad, wb_error *err);
/* Replaces the key codes in column 0 by customer codes. */
void wbi_through_resolve(const wbi_through *through, wbi_packed_rows *rows);

#endif
