/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_features holds. */
#ifndef WINBACK_FEATURES_INTERNAL_H
#define WINBACK_FEATURES_INTERNAL_H

#include <winback/features.h>

struct wb_features {
    wb_table *table;   /* owned */
    char *definitions; /* owned JSON text; NULL when flat */
};

#endif
