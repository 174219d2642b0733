/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_clv holds. */
#ifndef WINBACK_CLV_CLV_H
#define WINBACK_CLV_CLV_H

#include "clv/orders.h"

struct wb_clv {
    wb_bg_nbd bg_nbd;
    wb_gamma_gamma gamma_gamma;
    wb_clv_simple simple;
    wb_clv_summary summary;
    wb_clv_customer *customers;
    size_t n;
    char *ids;
};

#endif
