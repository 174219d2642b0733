/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_engine holds. */
#ifndef WINBACK_FEATURES_ENGINE_H
#define WINBACK_FEATURES_ENGINE_H

#include <winback/features.h>

#include "features/compute.h"

struct wb_engine {
    wbi_plan *plan;
    wbi_events events;
    int64_t first_us, until_us;
    wb_engine_table *tables; /* what is told of each */
};

#endif
