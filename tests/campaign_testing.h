/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Campaigns from files in a folder of their own. Include behind test_util.h. */
#ifndef WINBACK_TESTS_CAMPAIGN_TESTING_H
#define WINBACK_TESTS_CAMPAIGN_TESTING_H

#include <sys/stat.h>
#include <winback/campaign.h>

#include "people_testing.h"

/* A plan of scores.csv by winback.yml, and what was said. */
typedef struct planned {
    wb_project *project;
    wb_campaign settings;
    wb_campaign_options options;
    wb_read_options reading;
    transcript said;
    wb_log log;
    wb_campaign_plan *plan;
    const wb_campaign_summary *summary;
} planned;

static inline void begin_plan(planned *p)
{
    *p = (planned){.options = WB_CAMPAIGN_OPTIONS_INIT, .reading = WB_READ_OPTIONS_INIT};
    add_text(&p->said, "");
    p->reading.n_threads = 1;
}

static inline wb_status read_settings(planned *p, wb_error *err)
{
    p->log = (wb_log){add_log, NULL, &p->said};
    p->reading.log = &p->log;
    WBI_TRY(wb_project_read(&p->project, "winback.yml", err));
    (void)wb_project_campaign(p->project, &p->settings);
    return WB_OK;
}

static inline wb_status make_plan(planned *p, wb_error *err)
{
    WBI_TRY(wb_campaign_plan_create(&p->plan, "scores.csv", p->project, &p->settings, &p->options, &p->reading, err));
    p->summary = wb_campaign_plan_summary(p->plan);
    return WB_OK;
}

static inline void end_plan(planned *p)
{
    wb_campaign_plan_free(p->plan);
    wb_project_free(p->project);
    free(p->said.text);
}

/* Plans and writes list.csv and control.csv. */
static inline void plan_files(planned *p)
{
    wb_error err;
    begin_plan(p);
    assert_ok(read_settings(p, &err), &err);
    assert_ok(make_plan(p, &err), &err);
    assert_ok(wb_campaign_plan_write(p->plan, "list.csv", "control.csv", &err), &err);
}

/* A whole file, to be freed. */
static inline char *text_of_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    char *text = calloc(1, 1 << 20);
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
    assert_int_equal(fclose(file), 0);
    return text;
}

static inline void assert_file(const char *name, const char *expected)
{
    char *text = text_of_file(name);
    assert_string_equal(text, expected);
    free(text);
}

static inline void assert_private(const char *name)
{
    struct stat about;
    assert_int_equal(stat(name, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

/* What reading settings or planning says. */
static inline void assert_refused(wb_status code, const char *part)
{
    planned p;
    wb_error err = {0};
    begin_plan(&p);
    wb_status status = read_settings(&p, &err);
    if (status == WB_OK)
        status = make_plan(&p, &err);
    if (status != code || strstr(err.message, part) == NULL)
        fail_msg("%d '%s', expected %d '%s'", (int)status, err.message, (int)code, part);
    end_plan(&p);
}

#endif
