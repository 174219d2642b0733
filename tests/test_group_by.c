/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines that become events: event_time, order_by and agg, on audit trails worked by hand. */
#include "test_run.h"

/* Two tickets of A and one of B. Lines are written when something happens; t1 is resolved, reopened, resolved again. */
static const char trail[] = "ticket,customer_id,at,opened,step,state,effort,closed\n"
                            "t1,A,2024-01-05,2024-01-02,0,new,1,2024-02-10\n"
                            "t1,A,2024-01-06,2024-01-02,10,resolved,4,2024-02-10\n" /* of one moment: step says */
                            "t1,A,2024-01-06,2024-01-02,9,active,2,2024-02-10\n"
                            "t1,A,2024-01-09,2024-01-02,11,,,2024-02-10\n" /* a blank state, no effort */
                            "t1,A,2024-02-03,2024-01-02,12,closed,9,2024-02-10\n"
                            "t2,A,2024-01-07,,0,new,,2024-01-08\n"
                            "t2,A,2024-01-08,2024-01-04,1,new,3,2024-01-08\n"
                            "t3,B,2024-01-20,2024-01-20,0,active,5,\n";

#define TRAIL(more, columns)                                                                                           \
    "tables:\n"                                                                                                        \
    "  trail:\n"                                                                                                       \
    "    file: trail.csv\n"                                                                                            \
    "    time: at\n"                                                                                                   \
    "    group_by: ticket\n" more "    columns: {opened: time, closed: time, step: {type: number, agg: max}" columns   \
    "}\n"                                                                                                              \
    "population: {table: trail}\n"                                                                                     \
    "features:\n"                                                                                                      \
    "  use: []\n"                                                                                                      \
    "  define:\n"

static void test_each_agg(void **state)
{
    const char *project = TRAIL("    order_by: step\n",
                                ", state: {type: category, agg: last}, began: {column: state, type: category}"
                                ", states: {column: state, type: category, agg: distinct}"
                                ", lines: {column: ticket, type: category, agg: count}"
                                ", effort: number, most: {column: effort, type: number, agg: max}"
                                ", least: {column: effort, type: number, agg: min}"
                                ", usual: {column: effort, type: number, agg: mean}"
                                ", start: {column: effort, type: number, agg: first}"
                                ", now: {column: effort, type: number, agg: last}"
                                ", efforts: {column: effort, type: number, agg: count}"
                                ", latest: {column: at, type: time, agg: max}")
        "    - {name: n, table: trail, agg: count}\n"
        "    - {name: step, table: trail, agg: first, of: step}\n"
        "    - {name: state, table: trail, agg: first, of: \"coalesce(state, 'none')\"}\n"
        "    - {name: began, table: trail, agg: first, of: began}\n"
        "    - {name: states, table: trail, agg: first, of: states}\n"
        "    - {name: lines, table: trail, agg: first, of: lines}\n"
        "    - {name: effort, table: trail, agg: first, of: effort}\n"
        "    - {name: most, table: trail, agg: first, of: most}\n"
        "    - {name: least, table: trail, agg: first, of: least}\n"
        "    - {name: usual, table: trail, agg: first, of: usual}\n"
        "    - {name: start, table: trail, agg: sum, of: start}\n"
        "    - {name: now, table: trail, agg: first, of: now}\n"
        "    - {name: efforts, table: trail, agg: first, of: efforts}\n"
        "    - {name: age, table: trail, agg: first, of: days(cutoff - latest)}\n";
    put(*state, "trail.csv", trail);
    /* A's first event is t1 (of t2, whose first line is later, only n and the sum of start tell). */
    assert_features(*state, project, "2024-01-06 2024-01-09 2024-02-01 2024-02-04",
                    "customer_id,cutoff,n,step,state,began,states,lines,effort,most,least,usual,start,now,efforts,age\n"
                    "A,2024-01-06,1,0,new,new,1,1,1,1,1,1,1,1,1,1\n"
                    "A,2024-01-09,2,10,resolved,new,3,3,7,4,1,2.3333333333333335,1,4,3,3\n"
                    "A,2024-02-01,2,11,none,new,3,4,7,4,1,2.3333333333333335,1,3,3,23\n"
                    "A,2024-02-04,2,12,closed,new,4,5,16,9,1,4,1,9,4,1\n"
                    "B,2024-02-01,1,0,active,active,1,1,5,5,5,5,5,5,1,12\n"
                    "B,2024-02-04,1,0,active,active,1,1,5,5,5,5,5,5,1,15\n");
}

/* Without order_by the two lines of one moment are ordered by the bytes of each value: active, resolved. */
static void test_order_by_decides_ties(void **state)
{
    static const char define[] = "    - {name: state, table: trail, agg: first, of: state}\n";
    char by_time[2048], by_step[2048], by_both[2048];
    snprintf(by_time, sizeof by_time, "%s%s", TRAIL("", ", state: {type: category, agg: last}"), define);
    snprintf(by_step, sizeof by_step, "%s%s", TRAIL("    order_by: [opened, step]\n", ", state: {type: category, agg: last}"),
             define);
    snprintf(by_both, sizeof by_both, "%s%s",
             TRAIL("    order_by: [at, falling]\n", ", falling: {expr: 0 - step}, state: {type: category, agg: last}"), define);
    put(*state, "trail.csv", trail);
    assert_features(*state, by_time, "2024-01-07", "customer_id,cutoff,state\nA,2024-01-07,resolved\n");
    assert_features(*state, by_step, "2024-01-07", "customer_id,cutoff,state\nA,2024-01-07,resolved\n");
    assert_features(*state, by_both, "2024-01-07", "customer_id,cutoff,state\nA,2024-01-07,active\n");
}

/* An event is where event_time says; t2's first line does not know when it was opened: it is at that line. */
static void test_event_time(void **state)
{
    static const char define[] = "    - {name: first, table: trail, agg: days_since_first}\n"
                                 "    - {name: last, table: trail, agg: days_since_last}\n"
                                 "    - {name: n_7d, table: trail, agg: count, window: 7d}\n";
    char project[2048];
    put(*state, "trail.csv", trail);
    snprintf(project, sizeof project, "%s%s", TRAIL("    event_time: opened\n", ""), define);
    assert_features(*state, project, "2024-01-10",
                    "customer_id,cutoff,first,last,n_7d\n"
                    "A,2024-01-10,8,3,1\n"); /* opened on the 2nd; 7th */
    snprintf(project, sizeof project, "%s%s", TRAIL("    event_time: soonest\n", ", soonest: {column: opened, type: time, agg: min}"),
             define);
    assert_features(*state, project, "2024-01-10",
                    "customer_id,cutoff,first,last,n_7d\n"
                    "A,2024-01-10,8,6,1\n"); /* 2nd; 4th, by t2's second line */
    /* closed is in every line from the start, but not known before it has come. */
    snprintf(project, sizeof project, "%s%s", TRAIL("    event_time: closed\n", ""), define);
    assert_features(*state, project, "2024-01-10 2024-02-10 2024-02-11",
                    "customer_id,cutoff,first,last,n_7d\n"
                    "A,2024-01-10,5,2,2\n"
                    "A,2024-02-10,36,33,0\n"
                    "A,2024-02-11,34,1,1\n"
                    "B,2024-02-10,21,21,0\n"
                    "B,2024-02-11,22,22,0\n");
    /* A computed time; undeclared columns of the file are read as times. */
    snprintf(project, sizeof project, "%s%s", TRAIL("    event_time: noon\n", ", noon: {expr: opened + hours(12)}"), define);
    assert_features(*state, project, "2024-01-07",
                    "customer_id,cutoff,first,last,n_7d\n"
                    "A,2024-01-07,4.5,4.5,1\n");
}

/* Events that event_time puts in another order are seen in that order; a label looks where they are put. */
static void test_events_are_ordered_by_event_time(void **state)
{
    put(*state, "trail.csv",
        "ticket,customer_id,at,opened,v\n"
        "a,A,2024-01-02,2024-01-02,1\n"
        "b,A,2024-01-10,2024-01-05,2\n"
        "c,A,2024-01-09,2024-01-08,4\n"
        "d,A,2024-02-20,2024-01-20,8\n"  /* opened before the label's window */
        "e,B,2024-01-01,2024-01-01,16\n"
        "f,B,2024-02-20,2024-02-19,32\n");
    assert_features(*state,
                    "tables:\n"
                    "  trail: {file: trail.csv, time: at, group_by: ticket, event_time: opened,\n"
                    "          columns: {opened: time, v: number}}\n"
                    "population: {table: trail}\n"
                    "label: {name: again, present: trail, horizon: 28d}\n"
                    "data_until: 2024-03-15\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: last, table: trail, agg: last, of: v}\n"
                    "    - {name: gap, table: trail, agg: gap_days_max}\n",
                    "2024-02-01",
                    "customer_id,cutoff,last,gap,label_again\n"
                    "A,2024-02-01,4,3,0\n"
                    "B,2024-02-01,16,,1\n");
}

static void test_what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *table, *columns, *words;
    } cases[] = {
        {"", ", state: {type: category, agg: sum}", "winback.yml:6: agg of table trail: column state is no number"},
        {"", ", state: {type: text, agg: min}", "agg of table trail: column state is neither a number nor a time"},
        {"", ", hot: {expr: effort > 3, agg: count}", "column hot is true or false: first or last, or sum of if("},
        {"    event_time: step\n", "", "event_time of table trail: column step is no time"},
        {"    event_time: first\n", ", first: {column: opened, type: time, agg: count}",
         "event_time of table trail: column first is counted by its agg, and so no time"},
        {"    event_time: due\n", ", due: {column: closed, type: time, known_at: at}",
         "event_time of table trail: column due may be in the future: it is known with its row"},
        {"    event_time: openned\n", "", "no column 'openned' (did you mean 'opened'?)"},
    };
    put(*state, "trail.csv", trail);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char project[2048];
        snprintf(project, sizeof project,
                 "tables:\n  trail:\n    file: trail.csv\n    time: at\n    group_by: ticket\n"
                 "    columns: {opened: time, step: number, effort: number%s}\n%s"
                 "population: {table: trail}\n"
                 "features: {use: [], define: [{name: n, table: trail, agg: count}]}\n",
                 cases[i].columns, cases[i].table);
        assert_refused(*state, project, "2024-02-01", WB_ERR_INCONSISTENT, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_agg, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_order_by_decides_ties, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_event_time, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_events_are_ordered_by_event_time, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_is_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
