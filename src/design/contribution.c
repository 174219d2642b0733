/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/contribution.h"

#include "base/memory.h"
#include "design/basis.h"

static void find_parts(wbi_weighed *parts, const wbi_basis *basis, const double *beta, size_t term)
{
    for (size_t j = 0; j < basis->n_columns; j++) {
        const wbi_basis_column *column = &basis->columns[j];
        if (column->term == term)
            parts[column->part] = (wbi_weighed){beta[j + 1] / column->sd, column->mean};
    }
}

wb_status wbi_contribution_compile(wbi_contribution *out, const wbi_basis *basis, const double *beta, size_t term,
                                   wb_error *err)
{
    const wbi_term *compiled = basis->terms[term];
    *out = (wbi_contribution){0};
    wbi_weighed *parts = wbi_alloc_zeroed(compiled->n_columns, sizeof *parts);
    if (parts == NULL)
        return wbi_fail_nomem(err, compiled->n_columns * sizeof *parts);
    find_parts(parts, basis, beta, term);
    wb_status status = compiled->kind->compile(out, compiled, parts, err);
    if (status != WB_OK)
        wbi_contribution_clear(out);
    wbi_free(parts);
    return status;
}

void wbi_contribution_clear(wbi_contribution *contribution)
{
    wbi_free(contribution->levels.adds);
    wbi_dictionary_free(contribution->names);
    *contribution = (wbi_contribution){0};
}
