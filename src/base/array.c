/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 16 };

wb_status wbi_array_grow(void *array, size_t *capacity, size_t n, size_t size, wb_error *err)
{
    if (n < *capacity)
        return WB_OK;
    size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    if (wanted <= n)
        wanted = n + 1;
    void *elements;
    memcpy(&elements, array, sizeof elements);
    elements = wbi_realloc_array(elements, wanted, size);
    if (elements == NULL)
        return wbi_fail_nomem(err, wanted * size);
    memcpy(array, &elements, sizeof elements);
    *capacity = wanted;
    return WB_OK;
}
