/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An audit trail of tickets, read through datasets/uci_incident_log: twenty incidents as their rows before 2016-04-15
 * leave them, told by reading those rows. The data lie in the folder $WINBACK_DATA; without it the test is skipped. */
#include "test_run.h"

#include "base/buffer.h"

typedef struct incident {
    const char *number, *caller; /* what is behind "INC" and "Caller " */
    double updates, last_update; /* rows in the caller's name, sys_mod_count of the last */
    const char *state, *priority;
    double reopens, reassignments;
    const char *made_sla, *opened, *first_resolved; /* "": not yet */
} incident;

static const char moderate[] = "3 - Moderate", low[] = "4 - Low";

static const incident incidents[] = {
    /* Its first row is in another caller's name. */
    {"0005103", "290", 3, 3, "Closed", moderate, 0, 0, "false", "2016-03-09T18:39", "2016-03-09T18:41"},
    /* Reopened before the cutoff, resolved again after it: resolved_at is 2016-04-25 in all their rows. */
    {"0001155", "2764", 4, 14, "Active", moderate, 1, 0, "true", "2016-03-02T11:07", "2016-04-06T14:13"},
    {"0001312", "1981", 5, 17, "Awaiting User Info", moderate, 1, 0, "true", "2016-03-02T13:40", "2016-04-06T14:29"},
    {"0002644", "2275", 8, 7, "Active", moderate, 1, 1, "true", "2016-03-04T16:13", "2016-03-07T14:17"},
    /* Reopened after the cutoff, the second eleven hours after it. */
    {"0001894", "5197", 6, 10, "Closed", moderate, 0, 1, "false", "2016-03-03T12:34", "2016-03-22T15:05"},
    {"0012541", "4921", 8, 11, "Resolved", moderate, 0, 3, "true", "2016-03-29T13:05", "2016-04-14T15:02"},
    /* Low, then critical; critical, then moderate; low only after the cutoff. */
    {"0000341", "527", 5, 10, "Awaiting User Info", "1 - Critical", 0, 0, "true", "2016-02-29T15:13", ""},
    {"0000517", "2529", 8, 10, "Active", moderate, 0, 3, "true", "2016-03-01T08:35", ""},
    {"0001349", "1293", 2, 1, "Awaiting User Info", moderate, 0, 0, "true", "2016-03-02T14:13", ""},
    /* The last two rows share a minute: awaiting, then resolved. */
    {"0000173", "64", 7, 20, "Resolved", low, 0, 1, "true", "2016-02-29T10:36", "2016-04-11T14:49"},
    {"0000900", "2868", 8, 8, "Resolved", moderate, 0, 2, "true", "2016-03-01T19:12", "2016-03-07T15:20"},
    {"0000999", "553", 8, 8, "Resolved", "2 - High", 0, 1, "true", "2016-03-02T08:29", "2016-03-07T16:24"},
    /* Rows 2, 1, 2, 3 …: a clock two hours off. */
    {"0000130", "314", 6, 5, "Closed", moderate, 0, 1, "true", "2016-02-29T09:41", "2016-03-03T10:16"},
    {"0000134", "2471", 5, 4, "Closed", low, 0, 1, "true", "2016-02-29T09:44", "2016-03-03T08:21"},
    /* Passed from group to group. */
    {"0000988", "79", 8, 19, "Awaiting User Info", moderate, 0, 3, "true", "2016-03-02T08:11", ""},
    {"0001252", "3038", 6, 5, "Resolved", moderate, 0, 4, "true", "2016-03-02T12:15", "2016-03-10T09:58"},
    {"0000265", "2441", 8, 9, "Closed", moderate, 0, 4, "true", "2016-02-29T13:14", "2016-03-02T15:29"},
    /* Its first row is older than itself. */
    {"0000131", "3763", 4, 3, "Closed", moderate, 0, 0, "true", "2016-02-29T09:41", "2016-03-03T09:27"},
    {"0000045", "2403", 4, 4, "Closed", moderate, 0, 0, "true", "2016-02-29T01:16", "2016-02-29T08:53"},
    {"0000057", "4416", 7, 6, "Closed", moderate, 0, 0, "true", "2016-02-29T06:10", "2016-03-01T02:55"},
};
enum { N_INCIDENTS = sizeof incidents / sizeof incidents[0] };

static const struct {
    const char *name, *agg, *of;
} asked[] = {{"n", "count", NULL},
             {"updates", "sum", "updates"},
             {"last_update", "sum", "sys_mod_count"},
             {"state", "first", "state"},
             {"priority", "first", "priority"},
             {"reopens", "sum", "reopens"},
             {"reassignments", "sum", "reassignments"},
             {"made_sla", "first", "made_sla"},
             {"since", "days_since_first", NULL},
             {"age", "first", "days(cutoff - opened_at)"},
             {"resolved", "first", "days(cutoff - first_resolved)"}};

/* The tables of the data set's project, and features of each incident by itself. */
static char *project_text(void)
{
    wb_error err;
    char *text = get("../datasets/uci_incident_log/winback.yml");
    char *rest = strstr(text, "\nlabel:");
    assert_non_null(rest);
    rest[1] = '\0';
    wbi_buffer out = wbi_buffer_make(1 << 20);
    assert_ok(wbi_buffer_printf(&out, &err, "%sfeatures:\n  use: []\n  define:\n", text), &err);
    for (size_t i = 0; i < N_INCIDENTS; i++)
        for (size_t k = 0; k < sizeof asked / sizeof asked[0]; k++)
            assert_ok(wbi_buffer_printf(&out, &err,
                                        "    - {name: i%s_%s, table: incidents, agg: %s, where: \"number = 'INC%s'\"%s%s}\n",
                                        incidents[i].number, asked[k].name, asked[k].agg, incidents[i].number,
                                        asked[k].of != NULL ? ", of: " : "", asked[k].of != NULL ? asked[k].of : ""),
                      &err);
    free(text);
    assert_ok(wbi_buffer_append(&out, "", 1, &err), &err);
    text = strdup(out.data);
    assert_non_null(text);
    wbi_buffer_free(&out);
    return text;
}

static size_t row_of(const wb_table *table, const char *caller)
{
    char id[64];
    snprintf(id, sizeof id, "Caller %s", caller);
    for (size_t row = 0; row < wb_table_n_rows(table); row++) {
        size_t n;
        const char *text = wb_table_text(table, 0, row, &n);
        if (n == strlen(id) && memcmp(text, id, n) == 0)
            return row;
    }
    fail_msg("%s has no row", id);
    return 0;
}

static size_t column_of(const wb_table *table, const char *number, const char *name)
{
    char column[64];
    snprintf(column, sizeof column, "i%s_%s", number, name);
    size_t found = wb_table_find(table, column);
    assert_true(found != SIZE_MAX);
    return found;
}

static void assert_number_is(const wb_table *table, size_t row, const char *number, const char *name, double expected)
{
    double value = wb_table_numbers(table, column_of(table, number, name))[row];
    if (!(value == expected || (isnan(value) && isnan(expected))))
        fail_msg("INC%s: %s is %.17g, not %.17g", number, name, value, expected);
}

static void assert_text_is(const wb_table *table, size_t row, const char *number, const char *name, const char *expected)
{
    size_t n = 0, column = column_of(table, number, name);
    int32_t code = wb_table_codes(table, column)[row];
    const char *text = code < 0 ? NULL : wb_table_level(table, column, code, &n);
    if (text == NULL || n != strlen(expected) || memcmp(text, expected, n) != 0)
        fail_msg("INC%s: %s is '%.*s', not '%s'", number, name, (int)n, text, expected);
}

static double days_before(int64_t cutoff_us, const char *time)
{
    int64_t time_us;
    wb_error err;
    if (time[0] == '\0')
        return NAN;
    assert_ok(wb_time_parse(&time_us, time, 0, &err), &err);
    return (double)(cutoff_us - time_us) / (double)WB_DAY_US;
}

static void test_twenty_incidents_by_hand(void **state)
{
    int64_t cutoffs_us[RUN_CUTOFFS];
    wb_features *features;
    wb_error err;
    const char *folder = getenv("WINBACK_DATA");
    if (folder == NULL || folder[0] == '\0') {
        print_message("skipped: WINBACK_DATA is not set\n");
        skip();
    }
    char *project = project_text();
    assert_ok(make_features(&features, *state, project, "2016-04-15", 2, &err), &err);
    const wb_table *table = wb_features_table(features);
    read_cutoffs(cutoffs_us, "2016-04-15");
    for (size_t i = 0; i < N_INCIDENTS; i++) {
        const incident *e = &incidents[i];
        size_t row = row_of(table, e->caller);
        assert_number_is(table, row, e->number, "n", 1);
        assert_number_is(table, row, e->number, "updates", e->updates);
        assert_number_is(table, row, e->number, "last_update", e->last_update);
        assert_text_is(table, row, e->number, "state", e->state);
        assert_text_is(table, row, e->number, "priority", e->priority);
        assert_number_is(table, row, e->number, "reopens", e->reopens);
        assert_number_is(table, row, e->number, "reassignments", e->reassignments);
        assert_text_is(table, row, e->number, "made_sla", e->made_sla);
        assert_number_is(table, row, e->number, "since", days_before(cutoffs_us[0], e->opened));
        assert_number_is(table, row, e->number, "age", days_before(cutoffs_us[0], e->opened));
        assert_number_is(table, row, e->number, "resolved", days_before(cutoffs_us[0], e->first_resolved));
    }
    /* The other caller of the first incident saw one update of it: it is new. */
    size_t other = row_of(table, "3505");
    assert_number_is(table, other, "0005103", "updates", 1);
    assert_text_is(table, other, "0005103", "state", "New");
    wb_features_free(features);
    free(project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_twenty_incidents_by_hand, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
