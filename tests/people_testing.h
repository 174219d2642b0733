/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores, customers and a project in a folder of their own. Include behind test_util.h. */
#ifndef WINBACK_TESTS_PEOPLE_TESTING_H
#define WINBACK_TESTS_PEOPLE_TESTING_H

#include <glob.h>

#include "campaign/rules.h"
#include "csv_testing.h"
#include "project/project.h"

static inline void put(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

/* Removes all that a test left. */
static inline int leave(void **state)
{
    glob_t found;
    static const char *const none[] = {NULL};
    if (glob("*", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            unlink(found.gl_pathv[i]);
        globfree(&found);
    }
    return leave_folder(state, none);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave)

/* A project, its people, and who of them may be contacted. */
typedef struct persons {
    wb_project *project;
    wb_campaign settings;
    wbi_people people;
    wbi_permitted permitted;
    transcript said; /* by the log */
    wb_log log;
    wb_read_options reading;
    wbi_people_options options;
} persons;

static inline void begin(persons *p)
{
    *p = (persons){.reading = WB_READ_OPTIONS_INIT, .options = {.at_us = WB_TIME_MISSING}};
    add_text(&p->said, "");
    p->log = (wb_log){add_log, NULL, &p->said};
    p->reading.log = &p->log;
    p->reading.n_threads = 1;
}

/* Reads scores.csv by winback.yml; then asks the rules, when wanted. */
static inline wb_status open_persons(persons *p, int permit, const int64_t *worth, wb_error *err)
{
    WBI_TRY(wb_project_read(&p->project, "winback.yml", err));
    (void)wb_project_campaign(p->project, &p->settings);
    WBI_TRY(wbi_people_read(&p->people, "scores.csv", p->project, &p->settings, &p->options, &p->reading, err));
    return permit ? wbi_people_permit(&p->permitted, &p->people, p->project, &p->settings, worth, &p->reading, err) : WB_OK;
}

static inline void end(persons *p)
{
    wbi_permitted_free(&p->permitted);
    wbi_people_free(&p->people);
    wb_project_free(p->project);
    free(p->said.text);
}

static inline void assert_says(const persons *p, const char *part)
{
    if (strstr(p->said.text, part) == NULL)
        fail_msg("nothing says '%s' in: %s", part, p->said.text);
}

static inline void assert_told(const wb_error *err, wb_status code, const char *file, size_t line, const char *part)
{
    if (err->code != code || strcmp(err->file, file) != 0 || err->line != line || strstr(err->message, part) == NULL)
        fail_msg("%d %s:%zu: %s (expected %d %s:%zu: %s)", (int)err->code, err->file, err->line, err->message, (int)code, file, line,
                 part);
}

static inline bool is_text(wbi_str text, const char *expected)
{
    return wbi_str_is(text, expected);
}

#endif
