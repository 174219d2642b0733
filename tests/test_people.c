/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores and customers become people: what is read, what is matched, and what is refused. */
#include "test_util.h"

#include "base/memory.h"
#include "people_testing.h"

static const char project[] =
    "tables:\n"
    "  customers:\n"
    "    file: customers.csv\n"
    "    dialect: {delimiter: \";\", decimal: \",\", na: [\"NULL\"]}\n"
    "    customer: kunde\n"
    "    columns: {email: {column: mail, type: text}}\n"
    "campaign: {name: spring, consent: not_required, value: worth, keep: [city]}\n";

static const char customers[] = "kunde;mail;worth;city;email_consent\n"
                                "b;\" B@Example.org\";12,5;NULL;yes\n"
                                "a;a@example.org;NULL;\"Bonn; Beuel\";no\n"
                                "x;x@example.org;1;Ulm;yes\n";

static void put_good(void)
{
    put("winback.yml", project);
    put("customers.csv", customers);
    put("scores.csv", "customer_id,cutoff,probability,probability_low,decile,reason_1,uplift\n"
                      "c,2024-07-01,0.25,0.1,3,late,0.5\n"
                      "a,2024-07-01,0.5,0.1,2,,-0.25\n"
                      "b,2024-07-01,0.75,0.1,1,slow reply,0\n");
}

/* By hand: three scores, two of whom the customers know; columns by the project's names, cells by the table's dialect. */
static void reads_what_is_there(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    double worth;
    begin(&p);
    put_good();
    assert_ok(open_persons(&p, 0, NULL, &err), &err);
    const wbi_people *people = &p.people;
    assert_int_equal(people->n, 3);
    assert_int_equal(people->n_without_facts, 1);
    assert_int_equal(people->cutoff_us, INT64_C(1719792000) * 1000000); /* 2024-07-01 UTC */
    const uint32_t by_id[] = {1, 2, 0};
    for (size_t k = 0; k < 3; k++)
        assert_int_equal(people->by_id[k], by_id[k]);
    assert_int_equal(wbi_people_row(people, wbi_str_from("b")), 2);
    assert_true(wbi_people_row(people, wbi_str_from("x")) == SIZE_MAX);
    assert_true(wbi_people_probability(people, 2) == 0.75 && wbi_people_uplift(people, 1) == -0.25);
    const wbi_people_column email = wbi_people_find(people, "email"), value = wbi_people_find(people, "worth"),
                            city = wbi_people_find(people, "city"), reason = wbi_people_find(people, "reason_1"),
                            decile = wbi_people_find(people, "decile");
    assert_true(is_text(wbi_people_cell(people, email, 2), " B@Example.org"));
    assert_true(is_text(wbi_people_cell(people, city, 1), "Bonn; Beuel"));
    assert_int_equal(wbi_people_cell(people, city, 2).length, 0); /* NULL */
    assert_int_equal(wbi_people_cell(people, email, 0).length, 0); /* no such customer */
    assert_true(is_text(wbi_people_cell(people, reason, 2), "slow reply"));
    assert_true(is_text(wbi_people_cell(people, decile, 1), "2"));
    assert_ok(wbi_people_number(&worth, people, value, "worth", 2, &err), &err);
    assert_true(worth == 12.5);
    assert_ok(wbi_people_number(&worth, people, value, "worth", 1, &err), &err);
    assert_true(isnan(worth));
    assert_int_equal(wbi_people_find(people, "email_consent").where, WBI_PEOPLE_NOWHERE); /* nobody asked for it */
    assert_int_equal(wbi_people_find(people, "phone").where, WBI_PEOPLE_NOWHERE);
    end(&p);
}

/* What both have is that of the scores, but for facts. */
static void scores_come_first(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    begin(&p);
    put_good();
    put("scores.csv", "customer_id,probability,city,email\na,0.5,Kiel,old@example.org\n");
    assert_ok(open_persons(&p, 0, NULL, &err), &err);
    assert_true(is_text(wbi_people_cell(&p.people, wbi_people_find(&p.people, "city"), 0), "Kiel"));
    assert_true(is_text(wbi_people_cell(&p.people, wbi_people_find_fact(&p.people, "email"), 0), "a@example.org"));
    assert_true(p.people.cutoff_us == WB_TIME_MISSING);
    end(&p);
}

static void other_names(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    begin(&p);
    put_good();
    put("scores.csv", "kunde,probability_churn,probability_low_churn,probability_high_churn,uplift_churn\na,0.5,0.4,0.6,0.1\n");
    p.options = (wbi_people_options){.id = "kunde", .at_us = 86400000000};
    assert_ok(open_persons(&p, 0, NULL, &err), &err);
    assert_true(wbi_people_probability(&p.people, 0) == 0.5 && wbi_people_uplift(&p.people, 0) == 0.1);
    assert_true(p.people.cutoff_us == 86400000000);
    end(&p);
    begin(&p);
    put("scores.csv", "customer_id,probability_a,probability_b,uplift_a\na,0.5,0.25,1\n");
    p.options.probability = "probability_b";
    assert_ok(open_persons(&p, 0, NULL, &err), &err);
    assert_true(wbi_people_probability(&p.people, 0) == 0.25 && isnan(wbi_people_uplift(&p.people, 0)));
    end(&p);
}

/* No scores at all are nobody to contact, no error; without a table of customers nobody has facts. */
static void nobody(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    begin(&p);
    put("winback.yml", "campaign: {name: spring, consent: not_required}\n");
    put("scores.csv", "customer_id,cutoff,probability\n");
    assert_ok(open_persons(&p, 1, NULL, &err), &err);
    assert_int_equal(p.people.n, 0);
    assert_int_equal(p.permitted.n, 0);
    end(&p);
    begin(&p);
    put("scores.csv", "customer_id,probability\na,0.5\n");
    assert_ok(open_persons(&p, 1, NULL, &err), &err);
    assert_int_equal(p.people.n_without_facts, 1);
    assert_int_equal(p.permitted.n, 1);
    assert_false(p.permitted.addresses_asked);
    assert_says(&p, "neither customers nor scores have a column email: the rules about addresses are skipped");
    end(&p);
}

typedef struct refusal {
    const char *scores, *customers, *campaign; /* NULL: the good ones */
    wb_status code;
    const char *file;
    size_t line;
    const char *part;
} refusal;

static const refusal refusals[] = {
    {"customer_id,probability\na,1.5\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 2, "probability '1.5' is not a number from 0 to 1"},
    {"customer_id,probability\na,0.5\nb,\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 3, "probability is missing"},
    {"customer_id,probability\na,0.5\nb,high\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 3, "probability 'high' is not a number from 0 to 1"},
    {"customer_id,probability,uplift\na,0.5,-2\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 2, "uplift '-2' is not a number from -1 to 1"},
    {"customer_id,probability\na,0.5\n,0.5\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 3, "customer_id is missing"},
    {"customer_id,probability\na,0.5\nb,0.5\na,0.1\n", NULL, NULL, WB_ERR_INCONSISTENT, "scores.csv", 4,
     "customer 'a' has a row already, in line 2"},
    {"customer_id,cutoff,probability\na,2024-01-01,0.5\nb,2024-02-01,0.5\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 3,
     "cutoff 2024-02-01, expected 2024-01-01 as in line 2"},
    {"customer_id,cutoff,probability\na,,0.5\n", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 2, "cutoff is missing"},
    {"customer,probability\na,0.5\n", NULL, NULL, WB_ERR_INCONSISTENT, "scores.csv", 0, "no column 'customer_id', the customer's id"},
    {"customer_id,p\na,0.5\n", NULL, NULL, WB_ERR_INCONSISTENT, "scores.csv", 0, "no column 'probability'"},
    {"customer_id,probability_a,probability_b\na,0.5,0.1\n", NULL, NULL, WB_ERR_INCONSISTENT, "scores.csv", 0,
     "both probability_a and probability_b hold probabilities"},
    {"", NULL, NULL, WB_ERR_MALFORMED, "scores.csv", 0, "empty file"},
    {NULL, "kunde;mail;worth;city\na;a@b.org;1;Ulm\nb;;;\na;a@b.org;2;Ulm\n", NULL, WB_ERR_INCONSISTENT, "customers.csv", 4,
     "kunde 'a' has a row already, in line 2"},
    {NULL, "kunde;mail;worth;town\na;a@b.org;1;Ulm\n", NULL, WB_ERR_INCONSISTENT, "customers.csv", 1, "no column 'city'"},
    {NULL, "id;mail;worth;city\na;a@b.org;1;Ulm\n", NULL, WB_ERR_INCONSISTENT, "customers.csv", 1, "no column 'kunde'"},
    {NULL, NULL, "campaign: {name: a, consent: {email: e_mail_consent}}\n", WB_ERR_INCONSISTENT, "customers.csv", 1,
     "no column 'e_mail_consent'"},
    {NULL, NULL, "campaign: {name: a, consent: not_required, objected: objection}\n", WB_ERR_INCONSISTENT, "customers.csv", 1,
     "no column 'objection'"},
    {NULL, NULL, "campaign: {name: a, consent: not_required, email: adress}\n", WB_ERR_INCONSISTENT, "customers.csv", 1, "no column 'adress'"},
    {NULL, NULL, "campaign: {name: a, consent: not_required, keep: [double]}\n", WB_ERR_INCONSISTENT, "", 0,
     "column 'double' of table customers is computed"},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        char text[2048];
        persons p;
        wb_error err = {0};
        begin(&p);
        put_good();
        snprintf(text, sizeof text, "%.*s%s", (int)(strstr(project, "campaign:") - project), project,
                 r->campaign != NULL ? r->campaign : strstr(project, "campaign:"));
        char *columns = strstr(text, "{email:"); /* with a computed column beside */
        memmove(columns + 24, columns + 1, strlen(columns + 1) + 1);
        memcpy(columns, "{double: {expr: '2*3'},", 23);
        columns[23] = ' ';
        put("winback.yml", text);
        if (r->scores != NULL)
            put("scores.csv", r->scores);
        if (r->customers != NULL)
            put("customers.csv", r->customers);
        print_message("case %zu\n", i);
        assert_int_not_equal(open_persons(&p, 0, NULL, &err), WB_OK);
        assert_told(&err, r->code, r->file, r->line, r->part);
        end(&p);
    }
}

static void values_that_are_none(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    double worth;
    begin(&p);
    put_good();
    put("customers.csv", "kunde;mail;worth;city\na;;12.5;\n");
    assert_ok(open_persons(&p, 0, NULL, &err), &err);
    assert_int_not_equal(wbi_people_number(&worth, &p.people, wbi_people_find(&p.people, "worth"), "worth", 1, &err), WB_OK);
    assert_told(&err, WB_ERR_MALFORMED, "customers.csv", 0, "worth '12.5' of customer 'a' is not a number");
    end(&p);
}

/* A cutoff that the caller says and the scores deny. */
static void two_cutoffs(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    begin(&p);
    put_good();
    p.options.at_us = 0;
    assert_int_equal(open_persons(&p, 0, NULL, &err), WB_ERR_INCONSISTENT);
    assert_told(&err, WB_ERR_INCONSISTENT, "scores.csv", 2, "the scores are of 2024-07-01, expected 1970-01-01");
    end(&p);
}

static void answers(void **state)
{
    (void)state;
    const char *const yes[] = {"yes", "YES", " y ", "true", "T", "1", "1.0", "on\r"}, *const no[] = {"no", "N", "False", "f", "0", "0.0", "Off"},
                      *const unknown[] = {"ja", "maybe", "2", "yes!", "-1", "truee"}, *const none[] = {"", " ", "\t"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_int_equal(wbi_answer_read(wbi_str_from(yes[i])), WBI_ANSWER_YES);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_int_equal(wbi_answer_read(wbi_str_from(no[i])), WBI_ANSWER_NO);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(wbi_answer_read(wbi_str_from(unknown[i])), WBI_ANSWER_UNKNOWN);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(wbi_answer_read(wbi_str_from(none[i])), WBI_ANSWER_NONE);
}

/* One may be done without (a batch's, which is tried again): what counts is that nothing is lost and nothing else told. */
static void allocations_fail(void **state)
{
    (void)state;
    put_good();
    uint64_t n_calls = UINT64_MAX, n_failed = 0;
    for (uint64_t n = 1; n <= n_calls; n++) {
        persons p;
        wb_error err;
        begin(&p);
        assert_ok(wb_project_read(&p.project, "winback.yml", &err), &err);
        wb_project_campaign(p.project, &p.settings);
        wbi_alloc_fail_at(n);
        const wb_status status = wbi_people_read(&p.people, "scores.csv", p.project, &p.settings, &p.options, &p.reading, &err);
        if (wbi_alloc_count() < n)
            n_calls = 0; /* none failed any more */
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        n_failed += status == WB_ERR_NOMEM;
        end(&p);
    }
    assert_true(n_failed > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(reads_what_is_there), CASE(scores_come_first), CASE(other_names), CASE(nobody),
                                       CASE(refuses), CASE(values_that_are_none), CASE(two_cutoffs), CASE(answers), CASE(allocations_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
