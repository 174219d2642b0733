/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/repeat.h"

#include <string.h>

wb_status wbi_repeatable(const wb_project *project, wb_error *err)
{
    for (size_t i = 0; i < project->n_tables; i++) {
        const wbi_table_def *table = &project->tables[i];
        if ((table->file != NULL && strcmp(table->file, "-") == 0) ||
            (table->through_file != NULL && strcmp(table->through_file, "-") == 0))
            return wbi_fail(err, WB_ERR_ARGUMENT,
                            "table %s comes from standard input, which an audit cannot read a second time", table->name);
    }
    return WB_OK;
}

wb_status wbi_repeat_project(wb_project **out, const wb_engine *engine, wb_error *err)
{
    WBI_TRY(wbi_project_copy(out, engine->plan->project, err));
    wb_project_clear_label(*out);
    wb_project_set_data_until(*out, engine->until_us);
    return WB_OK;
}

wb_read_options wbi_repeat_options(const wb_read_options *options)
{
    static const wb_read_options defaults = WB_READ_OPTIONS_INIT;
    wb_read_options quiet = options == NULL ? defaults : *options;
    quiet.log = NULL;
    quiet.rejects = NULL;
    if (quiet.on_error == WB_ON_ERROR_REJECT)
        quiet.on_error = WB_ON_ERROR_SKIP;
    return quiet;
}
