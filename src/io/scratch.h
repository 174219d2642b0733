/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that do not fit into memory: a file that nobody else can open and that is gone when it is closed, also where the
 * program is killed. */
#ifndef WINBACK_IO_SCRATCH_H
#define WINBACK_IO_SCRATCH_H

#include "base/error.h"

typedef struct wbi_scratch wbi_scratch;

/* In the folder of the file `beside` ("-": the working folder), of mode 0600. Its name is taken away at once. */
WB_WARN_UNUSED wb_status wbi_scratch_create(wbi_scratch **out, const char *beside, wb_error *err);
void wbi_scratch_free(wbi_scratch *scratch); /* NULL-safe */
/* At any place, from any thread. Fewer bytes than wanted are WB_ERR_IO. */
WB_WARN_UNUSED wb_status wbi_scratch_write(wbi_scratch *scratch, const void *bytes, size_t n, uint64_t offset,
                                           wb_error *err);
WB_WARN_UNUSED wb_status wbi_scratch_read(const wbi_scratch *scratch, void *bytes, size_t n, uint64_t offset,
                                          wb_error *err);
/* Says that what lies there is not what was written. */
wb_status wbi_scratch_corrupt(const wbi_scratch *scratch, wb_error *err);

#endif
