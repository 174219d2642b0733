/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who objects is not judged: the other customers' rows stay as they are. */
#include "test_util.h"

#include "people_testing.h"
#include "features/objections.h"

static void put_shop(const char *campaign)
{
    char text[1024];
    snprintf(text, sizeof text, "tables:\n  orders: {file: orders.csv}\n  customers: {file: customers.csv}\n%s", campaign);
    put("winback.yml", text);
    put("orders.csv", "order_id,customer_id,ordered_at,amount\n1,a,2024-01-01,1\n2,b,2024-01-02,2\n3,c,2024-01-03,3\n4,d,2024-03-01,4\n5,e,2024-01-01,5\n");
    put("customers.csv", "customer_id,no_ads\na,no\nb,Yes\nc,\nd,1\nz,yes\n");
}

typedef struct shop {
    wb_project *project;
    wb_engine *engine;
    wb_objections *objections;
    transcript said;
    wb_log log;
    wb_read_options reading;
} shop;

static void open_shop(shop *s, const char *campaign)
{
    wb_error err;
    *s = (shop){.reading = WB_READ_OPTIONS_INIT};
    put_shop(campaign);
    add_text(&s->said, "");
    s->log = (wb_log){add_log, NULL, &s->said};
    s->reading.log = &s->log;
    s->reading.n_threads = 1;
    assert_ok(wb_project_read(&s->project, "winback.yml", &err), &err);
    assert_ok(wb_engine_create(&s->engine, s->project, &s->reading, &err), &err);
    assert_ok(wb_objections_read(&s->objections, s->project, &s->reading, &err), &err);
}

static void close_shop(shop *s)
{
    wb_objections_free(s->objections);
    wb_engine_free(s->engine);
    wb_project_free(s->project);
    free(s->said.text);
}

/* At 2024-02-01 a, b, c and e have ordered; b objects, d would and has no order yet, z is not known, of e nothing is said. */
static void left_out_and_counted(void **state)
{
    (void)state;
    shop s;
    wb_error err;
    wb_features *all, *rest;
    const int64_t cutoff_us = INT64_C(1706745600) * 1000000;
    open_shop(&s, "campaign: {objected: no_ads}\n");
    assert_int_equal(wb_objections_n(s.objections), 3);
    wb_features_options options = WB_FEATURES_OPTIONS_INIT;
    options.cutoffs_us = &cutoff_us;
    options.n_cutoffs = 1;
    options.log = &s.log;
    assert_ok(wb_engine_features(s.engine, &all, &options, &err), &err);
    assert_ok(wb_engine_features_without(s.engine, &rest, &options, s.objections, &err), &err);
    const wb_table *before = wb_features_table(all), *after = wb_features_table(rest);
    assert_int_equal(wb_table_n_rows(before), 4);
    assert_int_equal(wb_table_n_rows(after), 3);
    for (size_t row = 0; row < 3; row++) {
        size_t n, n_before;
        const size_t was = row == 0 ? 0 : row + 1;
        const char *id = wb_table_text(after, 0, row, &n), *id_before = wb_table_text(before, 0, was, &n_before);
        assert_int_equal(n, n_before);
        assert_memory_equal(id, id_before, n);
        for (size_t k = 2; k < wb_table_n_columns(after); k++)
            if (wb_table_numbers(after, k) != NULL)
                assert_memory_equal(&wb_table_numbers(after, k)[row], &wb_table_numbers(before, k)[was], sizeof(double));
    }
    size_t n;
    const wb_population *p = wb_features_population(rest, &n);
    assert_int_equal(p->n_objected, 1);
    assert_int_equal(p->n_eligible, 3);
    assert_int_equal(p->n_known, p->n_eligible + p->n_no_event + p->n_where + p->n_within + p->n_since + p->n_not_after + p->n_objected);
    assert_non_null(strstr(s.said.text, "2024-02-01: 1 customer is left out, who objects"));
    wb_features_free(all);
    wb_features_free(rest);
    close_shop(&s);
}

static void nobody_objects(void **state)
{
    (void)state;
    shop s;
    open_shop(&s, "campaign: {offer_cost: 1}\n");
    assert_null(s.objections);
    assert_int_equal(wb_objections_n(s.objections), 0);
    assert_false(wbi_objects(s.objections, wbi_str_from("b")));
    wb_objections_free(NULL);
    close_shop(&s);
}

static void refused(void **state)
{
    (void)state;
    shop s;
    wb_error err;
    wb_objections *objections;
    open_shop(&s, "campaign: {objected: no_ads}\n");
    put("customers.csv", "customer_id,no_adds\na,no\n");
    assert_int_not_equal(wb_objections_read(&objections, s.project, &s.reading, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "customers.csv", 1, "no column 'no_ads' (did you mean 'no_adds'?)");
    assert_null(objections);
    put("customers.csv", "customer_id,no_ads\na,perhaps\n");
    assert_ok(wb_objections_read(&objections, s.project, &s.reading, &err), &err);
    assert_true(wbi_objects(objections, wbi_str_from("a")));
    assert_non_null(strstr(s.said.text, "no_ads: 1 cell is neither yes nor no, first 'perhaps' of customer a: taken for an objection"));
    wb_objections_free(objections);
    wb_project_free(s.project);
    put("winback.yml", "tables: {orders: {file: orders.csv}}\ncampaign: {objected: no_ads}\n");
    assert_ok(wb_project_read(&s.project, "winback.yml", &err), &err);
    assert_int_not_equal(wb_objections_read(&objections, s.project, &s.reading, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "", 0, "the project has none");
    close_shop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(left_out_and_counted), CASE(nobody_objects), CASE(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
