/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_act.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/campaign.h"
#include "cli/segments.h"

enum { PATH_CHARS = 4096 };

bool cli_run_has_campaign(const wb_project *project)
{
    wb_campaign campaign;
    return wb_project_campaign(project, &campaign) && campaign.name != NULL;
}

/* A file of the project that is gone once it was read, such as a pipe; NULL: none is. */
static const char *find_pipe(const wb_project *project)
{
    struct stat about;
    for (size_t t = 0; t < wb_project_n_tables(project); t++) {
        const char *file = wb_project_table_file(project, t);
        if (file != NULL && (cli_is_dash(file) || (stat(file, &about) == 0 && !S_ISREG(about.st_mode))))
            return file;
    }
    return NULL;
}

wb_status cli_run_check_campaign(const wb_project *project, const wb_read_options *reading, wb_error *err)
{
    wb_campaign campaign;
    const char *pipe = find_pipe(project);
    if (!wb_project_campaign(project, &campaign) || campaign.name == NULL)
        return WB_OK;
    if (pipe == NULL)
        return wb_campaign_check(project, &campaign, reading, err);
    *err = (wb_error){.code = WB_ERR_INCONSISTENT};
    snprintf(err->message, sizeof err->message, "a campaign reads the tables again, and '%.200s' can be read only once", pipe);
    snprintf(err->advice, sizeof err->advice, "write it to a file first");
    return err->code;
}

static wb_status make_campaign(cli_run_act *act, const cli_run_acting *run, wb_error *err)
{
    char edges[PATH_CHARS];
    wb_campaign settings;
    wb_campaign_options how = WB_CAMPAIGN_OPTIONS_INIT;
    cli_step step = cli_step_begin(run->common);
    wb_project_campaign(run->project, &settings);
    how.probability = run->probability;
    how.at_us = run->at_us;
    how.edges = cli_place_edges(edges, sizeof edges, run->project, run->list);
    wb_status status = wb_campaign_plan_create(&act->plan, run->scores, run->project, &settings, &how, run->reading, err);
    if (status == WB_OK)
        status = wb_campaign_plan_write(act->plan, run->list, run->control, err);
    if (status != WB_OK)
        return status;
    const wb_campaign_summary *s = wb_campaign_plan_summary(act->plan);
    cli_end_campaign(&step, s, run->list);
    cli_tell_routes(&settings, run->list, run->common);
    cli_tell_campaign(s, run->common);
    cli_warn_campaign(s, run->common);
    return WB_OK;
}

/* What the data do not allow is left out of a run; anything else ends it. */
static wb_status forgive(wb_status status, const char *what, const cli_common *common, const wb_error *err)
{
    if (status != WB_ERR_INCONSISTENT && status != WB_ERR_ARGUMENT)
        return status;
    cli_note(common, "%s left out: %s", what, err->message);
    return WB_OK;
}

static wb_status make_kpis(cli_run_act *act, const cli_run_acting *run, wb_error *err)
{
    wb_campaign campaign;
    wb_kpi_options how = WB_KPI_OPTIONS_INIT;
    cli_step step = cli_step_begin(run->common);
    wb_project_campaign(run->project, &campaign);
    how.margin = campaign.margin;
    wb_status status = wb_kpi_compute(&act->kpis, run->project, &how, run->reading, err);
    if (status != WB_OK)
        return forgive(status, "key figures", run->common, err);
    status = wb_kpi_write(act->kpis, run->kpi, err);
    if (status == WB_OK) {
        char from[WB_TIME_CHARS], to[WB_TIME_CHARS];
        wb_time_format(act->kpis->periods[0].from_us, from);
        wb_time_format(act->kpis->periods[0].to_us, to);
        cli_step_end(&step, "kpi", "%s to %s   %s", from, to, run->kpi);
    }
    return status;
}

/* Those of the campaign, where it has them: by the same edges, at the same cutoff. */
static wb_status make_segments(cli_run_act *act, const cli_run_acting *run, wb_error *err)
{
    char edges[PATH_CHARS];
    wb_segments_options how = WB_SEGMENTS_OPTIONS_INIT;
    act->segments = act->plan != NULL ? wb_campaign_plan_summary(act->plan)->segments : NULL;
    if (act->segments != NULL)
        return WB_OK;
    how.edges = cli_place_edges(edges, sizeof edges, run->project, run->list);
    how.cutoff_us = run->at_us;
    how.n_threads = run->reading->n_threads;
    const wb_status status = wb_segments_create(&act->own_segments, run->project, &how, run->reading, err);
    act->segments = act->own_segments;
    return forgive(status, "segments", run->common, err);
}

wb_status cli_run_act_make(cli_run_act *act, const cli_run_acting *run, wb_error *err)
{
    /* the tables were read before: what is odd about them was said, and bad rows are kept aside already */
    const wb_log silent = {NULL, run->reading->log->progress, run->reading->log->user};
    const char *pipe = find_pipe(run->project);
    wb_read_options reading = *run->reading;
    cli_run_acting again = *run;
    wb_status status = WB_OK;
    again.reading = &reading;
    if (reading.on_error == WB_ON_ERROR_REJECT) {
        reading.on_error = WB_ON_ERROR_SKIP;
        reading.rejects = NULL;
    }
    if (pipe != NULL) {
        cli_note(run->common, "key figures and segments left out: '%s' can be read only once", pipe);
        return WB_OK;
    }
    if (cli_run_has_campaign(run->project))
        status = make_campaign(act, &again, err);
    reading.log = &silent;
    if (status == WB_OK)
        status = make_kpis(act, &again, err);
    return status == WB_OK ? make_segments(act, &again, err) : status;
}

void cli_run_act_clear(cli_run_act *act)
{
    wb_campaign_plan_free(act->plan);
    wb_kpi_free(act->kpis);
    wb_segments_free(act->own_segments);
}
