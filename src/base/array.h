/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays that grow by doubling. */
#ifndef WINBACK_BASE_ARRAY_H
#define WINBACK_BASE_ARRAY_H

#include "base/error.h"

/* Room for element number `n` of `size` bytes each: *array holds *capacity of them and is moved when that is too few.
 * `array` points to a pointer of any type; new elements are not initialised. */
WB_WARN_UNUSED wb_status wbi_array_grow(void *array, size_t *capacity, size_t n, size_t size, wb_error *err);

#endif
