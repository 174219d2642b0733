/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_objections holds. */
#ifndef WINBACK_FEATURES_OBJECTIONS_H
#define WINBACK_FEATURES_OBJECTIONS_H

#include <stdbool.h>
#include <winback/features.h>

#include "base/text.h"
#include "table/dictionary.h"

struct wb_objections {
    wbi_dictionary *customers; /* who object */
};

/* `objections` may be NULL: nobody does. Thread-safe. */
bool wbi_objects(const wb_objections *objections, wbi_str customer);

#endif
