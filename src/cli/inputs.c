/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From common options to what the library takes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

bool cli_check_threads(const cli_common *common)
{
    if (common->n_threads <= 256)
        return true;
    cli_usage_error("--threads: %llu is more than 256", (unsigned long long)common->n_threads);
    return false;
}

bool cli_read_options(const cli_common *common, wb_read_options *options)
{
    static const char *const policies[] = {
        [WB_ON_ERROR_FAIL] = "fail", [WB_ON_ERROR_SKIP] = "skip", [WB_ON_ERROR_REJECT] = "reject"};
    *options = (wb_read_options)WB_READ_OPTIONS_INIT;
    options->delimiter = common->delimiter;
    options->decimal = common->decimal;
    options->na = common->na.items;
    options->n_na = common->na.n;
    options->rejects = common->rejects;
    options->n_threads = (int)common->n_threads;
    options->log = cli_log(common);
    if (!cli_check_threads(common))
        return false;
    if (common->decimal != '.' && common->decimal != ',') {
        cli_usage_error("--decimal: '%c' is neither . nor ,", common->decimal);
        return false;
    }
    bool rejecting = strcmp(common->on_error, "reject") == 0;
    if (rejecting != (common->rejects != NULL)) {
        cli_usage_error(rejecting ? "--on-error reject needs --rejects FILE" : "--rejects goes with --on-error reject");
        return false;
    }
    for (int policy = WB_ON_ERROR_FAIL; policy <= WB_ON_ERROR_REJECT; policy++)
        if (strcmp(common->on_error, policies[policy]) == 0) {
            options->on_error = (wb_on_error)policy;
            return true;
        }
    cli_usage_error("--on-error: '%s' is none of fail, skip, reject", common->on_error);
    return false;
}

wb_status cli_open_project(wb_project **project, const cli_common *common, wb_error *err)
{
    static const char usual[] = "winback.yml";
    if (common->project != NULL)
        return wb_project_read(project, common->project, err);
    if (access(usual, F_OK) == 0)
        return wb_project_read(project, usual, err);
    return wb_project_create(project, err);
}

wb_status cli_times(int64_t *times_us, const char *option, const cli_list *texts, const wb_project *project,
                    wb_error *err)
{
    for (size_t i = 0; i < texts->n; i++) {
        wb_error cause;
        if (wb_time_parse(&times_us[i], texts->items[i], wb_project_zone_offset_s(project), &cause) == WB_OK)
            continue;
        *err = (wb_error){.code = WB_ERR_ARGUMENT};
        snprintf(err->message, sizeof err->message, "%s: %.700s", option, cause.message);
        return WB_ERR_ARGUMENT;
    }
    return WB_OK;
}
