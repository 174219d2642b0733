/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/features.h"

#include "base/memory.h"

void wb_features_free(wb_features *features)
{
    if (features == NULL)
        return;
    wb_table_free(features->table);
    wbi_free(features->population);
    wbi_free(features->definitions);
    wbi_free(features);
}

const wb_table *wb_features_table(const wb_features *features)
{
    return features->table;
}

const wb_population *wb_features_population(const wb_features *features, size_t *n)
{
    *n = features->n_population;
    return features->population;
}

const char *wb_features_definitions(const wb_features *features)
{
    return features->definitions;
}
