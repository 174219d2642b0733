/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/repeat.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* A pipe gives its bytes once; what is no file at all is told when it is opened. */
static bool is_read_once(const char *file)
{
    struct stat about;
    return file != NULL && (strcmp(file, "-") == 0 || (stat(file, &about) == 0 && !S_ISREG(about.st_mode)));
}

wb_status wbi_repeatable(const wb_project *project, wb_error *err)
{
    for (size_t i = 0; i < project->n_tables; i++) {
        const wbi_table_def *table = &project->tables[i];
        if (is_read_once(table->file) || is_read_once(table->through_file))
            return wbi_fail(err, WB_ERR_ARGUMENT,
                            "table %s comes from standard input or a pipe, which an audit cannot read a second time",
                            table->name);
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
