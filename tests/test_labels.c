/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several labels in one pass over the features: the project's, and those of models. */
#include "test_run.h"

#include "base/memory.h"

static const char orders[] = "customer_id,ordered_at\n"
                             "A,2024-01-01\nA,2024-02-10\nA,2024-04-09\nB,2024-01-02\nB,2024-03-03\nC,2024-01-03\n"
                             "C,2024-04-20\nD,2024-01-31T23:00\n";
static const char tickets[] = "ticket_id,customer_id,opened_at,priority\n"
                              "1,A,2024-02-05,high\n2,B,2024-02-06,low\n3,C,2024-03-09,high\n4,D,2024-01-15,high\n"
                              "5,B,2024-04-20T12:00,high\n";

#define TABLES                                                                                                         \
    "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"                                             \
    "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n"                                            \
    "data_until: 2024-04-21\n"
#define CHURNED "{name: churned, absent: orders, horizon: 20d}"
#define REPURCHASE "{present: orders, horizon: 60d}"
#define ESCALATION "{present: tickets, where: priority = 'high', horizon: 30d, gap: 7d}"
#define ALL                                                                                                            \
    TABLES "label: " CHURNED "\n"                                                                                      \
           "models: {churn: {target: churned}, repurchase: {label: " REPURCHASE "}, escalation: {label: " ESCALATION   \
           ", penalty: none}}\n"

static void put_tables(const char *folder)
{
    put(folder, "orders.csv", orders);
    put(folder, "tickets.csv", tickets);
}

/* At 1 February: churned looks until 21 February, repurchase until 1 April, escalation from 8 February to 9 March
 * (exclusive: C's ticket of the 9th is too late). At 1 March repurchase would look until 30 April, past the end of the data,
 * and escalation from 8 March to 7 April. */
static void test_windows_by_hand(void **state)
{
    put_tables(*state);
    assert_features(*state, ALL, "2024-02-01 2024-03-01",
                    "customer_id,cutoff,n,label_churned,label_repurchase,label_escalation\n"
                    "A,2024-02-01,1,0,1,0\n"
                    "A,2024-03-01,2,1,,0\n"
                    "B,2024-02-01,1,1,1,0\n"
                    "B,2024-03-01,1,0,,0\n"
                    "C,2024-02-01,1,1,0,0\n"
                    "C,2024-03-01,1,1,,1\n"
                    "D,2024-02-01,1,1,0,0\n"
                    "D,2024-03-01,1,1,,0\n");
}

/* The last column of a features file, a line each. */
static char *last_column(const char *text)
{
    char *out = calloc(strlen(text) + 1, 1), *at = out;
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n"), comma = n;
        while (line[comma - 1] != ',')
            comma--;
        at += sprintf(at, "%.*s\n", (int)(n - comma), line + comma);
        line += n + 1;
    }
    return out;
}

/* The k-th label of the whole beside a project that has no other. */
static void assert_same_label(const char *folder, const char *alone, const char *with_last)
{
    char *one = run(folder, alone, "2024-02-01", 1), *all = run(folder, with_last, "2024-02-01", 2);
    char *expected = last_column(one), *found = last_column(all);
    assert_string_equal(found, expected);
    free(one);
    free(all);
    free(expected);
    free(found);
}

static void test_labels_are_those_of_single_runs(void **state)
{
    put_tables(*state);
    assert_same_label(*state, TABLES "label: {name: repurchase, present: orders, horizon: 60d}\n",
                      TABLES "label: " CHURNED "\nmodels: {e: {label: " ESCALATION "}, repurchase: {label: " REPURCHASE "}}\n");
    assert_same_label(*state,
                      TABLES "label: {name: escalation, present: tickets, where: priority = 'high', horizon: 30d, gap: 7d}\n",
                      ALL);
    assert_same_label(*state, TABLES "label: " CHURNED "\n", TABLES "models: {churned: {label: {horizon: 20d}}}\n");
}

/* What goes into the model says all labels, and nothing else of models; read again, it is the same. */
static void test_definitions_keep_all_labels(void **state)
{
    wb_features *features;
    wb_project *project;
    wb_error err;
    put_tables(*state);
    assert_ok(make_features(&features, *state, ALL, "2024-02-01", 1, &err), &err);
    const char *definitions = wb_features_definitions(features);
    assert_non_null(strstr(definitions, "\"escalation\""));
    assert_null(strstr(definitions, "penalty"));
    assert_null(strstr(definitions, "churn\""));
    assert_ok(wb_project_parse(&project, definitions, &err), &err);
    assert_int_equal(wb_project_n_labels(project), 3);
    wb_label label = wb_project_label_at(project, 2);
    assert_string_equal(label.name, "escalation");
    assert_int_equal(label.gap_us, 7 * WB_DAY_US);
    assert_int_equal(label.horizon_us, 30 * WB_DAY_US);
    assert_null(wb_project_label_at(project, 3).name);
    wb_project_clear_label(project);
    assert_int_equal(wb_project_n_labels(project), 0);
    wb_project_free(project);
    wb_features_free(features);
}

/* Of the labels' tables that one decides which ends first: orders on 20 April, tickets after noon that day. */
static void test_the_data_end_where_the_first_table_does(void **state)
{
    wb_engine *engine;
    wb_error err;
    int64_t first_us, until_us, expected_us;
    put_tables(*state);
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\nA,2024-04-02T09:00\n");
    assert_ok(make_engine(&engine, *state,
                          "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"
                          "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n"
                          "models: {escalation: {label: " ESCALATION "}, repurchase: {label: " REPURCHASE "}}\n",
                          &err),
              &err);
    wb_engine_data_range(engine, &first_us, &until_us);
    assert_ok(wb_time_parse(&expected_us, "2024-04-03", 0, &err), &err);
    assert_int_equal(until_us, expected_us);
    assert_string_equal(wb_engine_end_table(engine), "orders");
    wb_engine_free(engine);
}

static void test_what_is_never_known_is_refused(void **state)
{
    put_tables(*state);
    assert_refused(*state, ALL, "2024-03-01", WB_ERR_INCONSISTENT,
                   "the window of label_repurchase ends after the data (2024-04-21) at every cutoff; its last usable cutoff "
                   "is 2024-02-21");
    assert_refused(*state, ALL, "2024-02-01 2024-04-10", WB_ERR_INCONSISTENT,
                   "cutoff 2024-04-10: its label window ends after the data (2024-04-21); the last usable cutoff is "
                   "2024-04-01");
    assert_refused(*state, TABLES "models: {m: {label: {present: ticket}}}\n", "2024-02-01", WB_ERR_INCONSISTENT,
                   "label of model m: there is no table 'ticket' (did you mean 'tickets'?)");
}

/* The label of the only model, or what is wrong with it. */
static void assert_target(const char *text, size_t model, const char *expected)
{
    wb_project *project;
    wb_error err;
    size_t label;
    assert_ok(wb_project_parse(&project, text, &err), &err);
    if (wb_project_model_label(&label, project, model, &err) == WB_OK)
        assert_string_equal(wb_project_label_at(project, label).name, expected);
    else
        assert_string_equal(err.message, expected);
    wb_project_free(project);
}

static void test_what_models_predict(void **state)
{
    (void)state;
    assert_target("label: {name: gone}\n", 0, "gone");
    assert_target("label: {name: gone}\nmodels: {m: {}}\n", 0, "gone");
    assert_target("label: {name: gone}\nmodels: {m: {target: gone}, n: {label: {}}}\n", 0, "gone");
    assert_target("label: {name: gone}\nmodels: {m: {target: gone}, n: {label: {}}}\n", 1, "n");
    assert_target("models: {m: {target: n}, n: {label: {}}}\n", 0, "n");
    assert_target("label: {name: gone}\nmodels: {m: {}, n: {label: {}}}\n", 0,
                  "model m: it says no target, and there are several labels: gone, n");
    assert_target("models: {m: {}, n: {label: {}}}\n", 0, "model m: it says no target, and the only label is another model's: n");
    assert_target("label: {name: churned}\nmodels: {m: {target: churnd}}\n", 0,
                  "model m: there is no label 'churnd' (did you mean 'churned'?)");
    assert_target("label: {name: churned}\nmodels: {m: {target: escalation}, n: {label: {}}}\n", 0,
                  "model m: there is no label 'escalation' (labels: churned, n)");
    assert_target("models: {m: {}}\n", 0, "model m: there is no label: the project needs one, or the model one of its own");
}

static void assert_malformed(const char *text, const char *expected)
{
    wb_project *project;
    wb_error err;
    assert_int_equal(wb_project_parse(&project, text, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, expected);
}

static void test_bad_models(void **state)
{
    (void)state;
    assert_malformed("models: {m: {label: {}}, m: {label: {}}}\n", "key 'm' stands here twice (first on line 1)");
    assert_malformed("models: {m: {label: {name: x}}}\n", "unknown key 'name' in models.m.label");
    assert_malformed("models: {m: {label: {presnt: orders}}}\n",
                     "unknown key 'presnt' in models.m.label (did you mean 'present'?)");
    assert_malformed("models: {m: {label: {present: orders, absent: orders}}}\n",
                     "models.m.label.present and 'absent' exclude each other");
    assert_malformed("models: {m: {label: {horizon: 0d}}}\n", "models.m.label.horizon must be more than 0");
    assert_malformed("label: {name: x}\nmodels: {m: {target: x, label: {}}}\n",
                     "models.m has a label of its own, which is its target: 'target' and 'label' exclude each other");
    assert_malformed("label: {name: m}\nmodels: {m: {label: {}}}\n",
                     "models.m has a label of its own, and the project's label has the same name");
    assert_malformed("models: {m: {validate: tme}}\n",
                     "models.m.validate 'tme' is not one of customers, time (did you mean 'time'?)");
}

/* horizon and gap are the project's own label's: models keep theirs. */
static void test_the_horizon_is_the_projects(void **state)
{
    wb_project *project;
    wb_error err;
    (void)state;
    assert_ok(wb_project_parse(&project, "label: {}\nmodels: {m: {label: {horizon: 30d}}}\n", &err), &err);
    assert_ok(wb_project_set_horizon(project, 60 * WB_DAY_US, &err), &err);
    assert_int_equal(wb_project_label_at(project, 0).horizon_us, 60 * WB_DAY_US);
    assert_int_equal(wb_project_label_at(project, 1).horizon_us, 30 * WB_DAY_US);
    wb_project_free(project);
    assert_ok(wb_project_parse(&project, "models: {m: {label: {horizon: 30d}}}\n", &err), &err);
    assert_int_equal(wb_project_set_horizon(project, 60 * WB_DAY_US, &err), WB_ERR_ARGUMENT);
    char line[200];
    assert_ok(wb_project_print_label(line, sizeof line, project, 45 * WB_DAY_US, &err), &err);
    assert_string_equal(line, "label: {absent: orders, horizon: 45d, gap: 0d}");
    wb_project_free(project);
}

static void test_allocations(void **state)
{
    wb_status status = WB_ERR_NOMEM;
    put_tables(*state);
    for (size_t n = 1; status == WB_ERR_NOMEM; n++) {
        wb_features *features = NULL;
        wb_error err;
        wbi_alloc_fail_at(n);
        status = make_features(&features, *state, ALL, "2024-02-01 2024-03-01", 1, &err);
        wbi_alloc_fail_at(0);
        wb_features_free(features);
    }
    assert_int_equal(status, WB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_windows_by_hand, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_labels_are_those_of_single_runs, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_definitions_keep_all_labels, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_data_end_where_the_first_table_does, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_is_never_known_is_refused, make_folder, remove_folder),
        cmocka_unit_test(test_what_models_predict),
        cmocka_unit_test(test_bad_models),
        cmocka_unit_test(test_the_horizon_is_the_projects),
        cmocka_unit_test_setup_teardown(test_allocations, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
