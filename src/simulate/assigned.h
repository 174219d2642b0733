/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was mailed and who was held out, as two files say. */
#ifndef WINBACK_SIMULATE_ASSIGNED_H
#define WINBACK_SIMULATE_ASSIGNED_H

#include "base/error.h"

typedef enum wbi_shop_arm { WBI_SHOP_ARM_NONE = 0, WBI_SHOP_ARM_LIST, WBI_SHOP_ARM_CONTROL } wbi_shop_arm;

/* By customer number, from 1; [0] is nobody. */
typedef struct wbi_shop_assigned {
    uint8_t *arms; /* wbi_shop_arm */
    uint64_t n_customers, n_list, n_control;
} wbi_shop_assigned;

/* Reads the column customer_id of the list and of the control file (NULL: there is none). An id that is not of a shop of so many
 * customers, or that comes twice, is WB_ERR_INCONSISTENT at its place. */
WB_WARN_UNUSED wb_status wbi_shop_assigned_read(wbi_shop_assigned *out, const char *list, const char *control,
                                                uint64_t n_customers, wb_error *err);
void wbi_shop_assigned_free(wbi_shop_assigned *assigned);

#endif
