/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "model/model.h"

int wbi_importance_to_json(json_t *object, const wb_model *model, size_t term)
{
    return model->importance == NULL ? 0 : json_object_set_new(object, "importance", wbi_json_real(model->importance[term]));
}

/* Models have it of all terms or of none. */
wb_status wbi_importance_from_json(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at terms;
    WBI_TRY(wbi_json_array(&terms, at, "terms", err));
    const size_t n = model->basis->n_terms;
    for (size_t t = 0; t < n; t++) {
        wbi_json_at item = wbi_json_item(&terms, t);
        if (json_object_get(item.value, "importance") == NULL && model->importance == NULL)
            return WB_OK;
        if (model->importance == NULL && (model->importance = wbi_alloc_array(n, sizeof *model->importance)) == NULL)
            return wbi_fail_nomem(err, n * sizeof *model->importance);
        WBI_TRY(wbi_json_number(&model->importance[t], &item, "importance", err));
        if (!(model->importance[t] >= 0))
            return wbi_json_wrong(&item, "importance", err, "%g is below 0", model->importance[t]);
    }
    return WB_OK;
}
