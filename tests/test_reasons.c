/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reasons in words: sentences, which feature is whose, and which features are the reasons. */
#include "test_run.h"

#include <winback/reasons.h>
#include <winback/score.h>

#include "base/hash.h"
#include "base/memory.h"
#include "model/model.h"
#include "project/project.h"
#include "score/reason.h"

enum { SENTENCE_CHARS = 512, MAX_TERMS = 400 };

/* ---- models without coefficients: words need none */

static wbi_term *term_of(const char *json)
{
    wbi_term *term;
    wb_error err;
    json_t *value = json_loads(json, 0, NULL);
    assert_non_null(value);
    assert_ok(wbi_term_from_json(&term, &(wbi_json_at){value, NULL, ""}, &err), &err);
    json_decref(value);
    return term;
}

/* Adds a term of numbers with that training median; NaN: there were no values. */
static void add_number(wb_model *model, const char *kind, const char *feature, double median)
{
    char json[1024], deciles[256] = "null";
    if (!isnan(median))
        snprintf(deciles, sizeof deciles, "[-1e99, -1e99, -1e99, -1e99, -1e99, %.17g, 1e99, 1e99, 1e99, 1e99, 1e99]", median);
    snprintf(json, sizeof json,
             "{\"kind\": \"%s\", \"feature\": \"%s\", \"median\": %.17g, \"knots\": [0, 1], \"reference\": "
             "{\"missing\": 0, \"deciles\": %s}}",
             kind, feature, isnan(median) ? 0 : median, deciles);
    model->basis->terms[model->basis->n_terms++] = term_of(json);
}

static wb_model *empty_model(const char *definitions)
{
    wb_model *model;
    wb_error err;
    assert_ok(wbi_model_create(&model, "churned", definitions, &err), &err);
    model->basis = wbi_alloc_zeroed(1, sizeof *model->basis);
    model->beta = wbi_alloc_zeroed(1, sizeof *model->beta);
    model->basis->terms = wbi_alloc_zeroed(MAX_TERMS, sizeof *model->basis->terms);
    return model;
}

static wb_reasons *reasons_of(wb_model *model)
{
    wb_reasons *reasons;
    wb_error err;
    assert_ok(wb_reasons_create(&reasons, model, &err), &err);
    wb_model_free(model);
    return reasons;
}

#define assert_text(reasons, feature, number, level, expected)                                                 \
    do {                                                                                                       \
        char said[SENTENCE_CHARS];                                                                             \
        const char *of = (level);                                                                              \
        size_t n = wb_reasons_text(said, sizeof said, reasons, feature, number, of, of == NULL ? 0 : strlen(of)); \
        assert_string_equal(said, expected);                                                                   \
        assert_int_equal(n, strlen(expected));                                                                 \
    } while (0)

/* ---- sentences */

/* By hand: what a marketer should read. */
static const struct {
    const char *feature;
    double value, typical;
    const char *text;
} examples[] = {
    {"tickets_first_reply_hours_mean", 61.2, 9.04, "first reply took 61 h on average; typical is 9 h"},
    {"tickets_first_reply_hours_mean", 0.75, 290, "first reply took 45 min on average; typical is 12 days"},
    {"tickets_first_reply_hours_mean", NAN, 9, "no ticket so far"},
    {"tickets_resolution_hours_max", 24 * 21.0, 99.4, "the slowest resolution took 21 days; typical is 99 h"},
    {"tickets_count_90d", 3, 1, "3 tickets opened in the last 90 days; typical is 1"},
    {"tickets_count_1d", 1, 0, "1 ticket opened in the last day; typical is none"},
    {"tickets_count_12h", 0, 2, "no tickets opened in the last 12 hours; typical is 2"},
    {"tickets_count", 12, 0.5, "12 tickets opened so far; typical is 0.5"},
    {"tickets_count", NAN, 1, "tickets_count is not known"},
    {"tickets_csat_last", 2, 4.25, "satisfaction with the last rated ticket was 2; typical is 4.25"},
    {"tickets_per_order", 0.8, 1.0 / 3, "the number of tickets per order is 0.8; typical is 0.333"},
    {"tickets_orders_within_30d", 1, 2, "1 order within 30 days after the last ticket; typical is 2"},
    {"tickets_complaint_share", 0.25, 0, "25 % of tickets were complaints; typical is 0 %"},
    {"orders_days_since_last", 41.3, 12.49, "41 days since the last order; typical is 12 days"},
    {"orders_days_since_last", 1, 0.5, "1 day since the last order; typical is 0.5 days"},
    {"orders_amount_sum_365d", 1240.5, 46.2, "spent 1,241 in the last 365 days; typical is 46.20"},
    {"orders_amount_sum", 1234567.4, 0, "spent 1,234,567 so far; typical is 0"},
    {"orders_amount_last", 99.996, 7, "the last order was 100; typical is 7"},
    {"orders_trend_90d", -3, 1, "orders in the last 90 days compared with the 90 before: 3 fewer; typical is 1 more"},
    {"orders_trend_90d", 0, 0, "orders in the last 90 days compared with the 90 before: as many; typical is as many"},
    {"orders_category_distinct", 1, 3, "1 category ordered from; typical is 3"},
    {"orders_late_share", 2.0 / 3, 0.004, "67 % of orders were delivered late or are overdue; typical is 0.4 %"},
    {"orders_returned_amount_share", 1.3, 0.1, "130 % of the amount ordered was returned; typical is 10 %"},
    {"orders_overdue_ratio", 2.304, 0.8, "the time since the last order is 2.3 times the usual pause; typical is 0.8"},
    {"orders_discount_share", 0.5, NAN, "50 % of orders had a discount"},
    {"returns_count_30d", 2, 0, "2 returns in the last 30 days; typical is none"},
    {"surveys_nps_detractor", 1, 0, "the last answer to an NPS survey was 6 or less; typical is 7 or more"},
    {"surveys_nps_detractor", NAN, 0, "no answer to an NPS survey so far"},
    {"visits_minutes_mean", 1.5, 150, "1.5 min per visit on average; typical is 2.5 h"},
    {"visits_active_days", 0, 1, "no dates with a visit so far; typical is 1"},
    {"loyalty_balance", 0, 1500, "a balance of 0 points; typical is 1,500"},
    {"loyalty_balance", 1, 2, "a balance of 1 point; typical is 2"},
    {"loyalty_points_sum", -30, 120, "points earned less points redeemed: -30; typical is 120"},
    {"referrals_joined", 1, 0, "1 referral whose friend has joined; typical is none"},
    {"account_age_days", 70, 400, "signed up 70 days ago; typical is 400 days"},
    {"days_to_first_order", -3, 0.04, "the first order came -3 days after signing up; typical is 0.04 days"},
    /* nobody's names */
    {"big_orders_90d", 3, 1, "big_orders_90d is 3; typical is 1"},
    {"big_orders_90d", INFINITY, 1, "big_orders_90d is not known"},
    {"orders_count_90x", 12.345, -0.0012345, "orders_count_90x is 12.3; typical is -0.00123"},
    {"orders_count_0d", 1e-7, -2.5e16, "orders_count_0d is 1e-7; typical is -25000000000000000"},
    {"orders_amount_mean_90d", 9.999, 0.0000016, "orders_amount_mean_90d is 10; typical is 0.0000016"},
};
enum { N_EXAMPLES = sizeof examples / sizeof examples[0] };

static void test_examples(void **state)
{
    (void)state;
    static const char *const kinds[] = {"linear", "log1p", "spline"};
    wb_model *model = empty_model(NULL);
    for (size_t i = 0; i < N_EXAMPLES; i++)
        add_number(model, kinds[i % 3], examples[i].feature, examples[i].typical);
    wb_reasons *reasons = reasons_of(model);
    assert_int_equal(wb_reasons_n_features(reasons), N_EXAMPLES);
    for (size_t i = 0; i < N_EXAMPLES; i++)
        assert_text(reasons, i, examples[i].value, NULL, examples[i].text);
    assert_true(wb_reasons_actionable(reasons, 0));
    assert_false(wb_reasons_actionable(reasons, 13)); /* recency */
    assert_false(wb_reasons_actionable(reasons, N_EXAMPLES - 1));
    wb_reasons_free(reasons);
}

static void test_categories(void **state)
{
    (void)state;
    wb_model *model = empty_model(NULL);
    static const char *const terms[] = {
        "{\"kind\": \"category\", \"feature\": \"loyalty_tier\", \"levels\": [\"gold\", \"silver\"], \"pooled\": [\"tin\"], "
        "\"missing\": false, \"other\": true, \"base\": null, \"reference\": {\"shares\": [0.2, 0.3, 0.5]}}",
        "{\"kind\": \"category\", \"feature\": \"country\", \"levels\": [\"DE\", \"FR\"], \"pooled\": [], "
        "\"missing\": true, \"other\": false, \"base\": 0, \"reference\": {\"shares\": [0.2, 0.2, 0.6]}}",
        "{\"kind\": \"category\", \"feature\": \"orders_count\", \"levels\": [\"few\", \"many\"], \"pooled\": [], "
        "\"missing\": true, \"other\": false, \"base\": 0, \"reference\": {\"shares\": [0.4, 0.4, 0.2]}}"};
    for (size_t i = 0; i < 3; i++)
        model->basis->terms[model->basis->n_terms++] = term_of(terms[i]);
    wb_reasons *reasons = reasons_of(model);
    assert_text(reasons, 0, NAN, "gold", "the loyalty tier is gold; typical is silver"); /* no one level of (other) is */
    assert_text(reasons, 0, NAN, "100 %@|{}", "the loyalty tier is 100 %@|{}; typical is silver");
    assert_text(reasons, 0, 1, NULL, "no loyalty tier so far");
    assert_text(reasons, 1, NAN, "FR", "country is FR"); /* most are not known */
    assert_text(reasons, 1, 1, NULL, "country is not known");
    assert_text(reasons, 2, 1, "many", "orders_count is many; typical is few"); /* no count of orders */
    wb_reasons_free(reasons);
}

static void test_text_that_does_not_fit(void **state)
{
    (void)state;
    wb_model *model = empty_model(NULL);
    add_number(model, "linear", "days", 2);
    wb_reasons *reasons = reasons_of(model);
    static const char whole[] = "days is 1,000; typical is 2";
    for (size_t size = 0; size < sizeof whole + 3; size++) {
        char text[sizeof whole + 8];
        memset(text, '?', sizeof text);
        assert_int_equal(wb_reasons_text(text, size, reasons, 0, 1000, NULL, 0), sizeof whole - 1);
        if (size > 0)
            assert_int_equal(strlen(text), size < sizeof whole ? size - 1 : sizeof whole - 1);
        if (size > 0)
            assert_memory_equal(text, whole, strlen(text));
        assert_int_equal(text[size < sizeof whole ? size : sizeof whole], '?');
    }
    wbi_buffer buffer = wbi_buffer_make(1 << 10);
    wb_error err;
    assert_ok(wbi_reasons_append(&buffer, reasons, 0, 1000, NULL, 0, &err), &err);
    assert_int_equal(buffer.length, sizeof whole - 1);
    assert_memory_equal(buffer.data, whole, buffer.length);
    wbi_buffer_free(&buffer);
    wb_reasons_free(reasons);
}

/* ---- whose a feature is */

/* Which definitions the engine makes of a project over such files; to be freed by wbi_free. */
static char *definitions_of(const char *folder, const char *project)
{
    wb_engine *engine;
    wb_error err;
    char *text;
    assert_ok(make_engine(&engine, folder, project, &err), &err);
    assert_ok(wbi_project_to_json(&text, wb_engine_project(engine), &err), &err);
    wb_engine_free(engine);
    return text;
}

/* A model with a term of each feature that the definitions hold. */
static wb_model *model_of(const char *definitions)
{
    wb_project *project;
    wb_error err;
    wb_model *model = empty_model(definitions);
    assert_ok(wb_project_parse(&project, definitions, &err), &err);
    assert_true(project->n_features < MAX_TERMS);
    for (size_t f = 0; f < project->n_features; f++)
        add_number(model, "linear", project->features[f].name, 1);
    wb_project_free(project);
    return model;
}

static size_t find_term(const wb_model *model, const char *feature)
{
    for (size_t i = 0; i < model->basis->n_terms; i++)
        if (strcmp(model->basis->terms[i]->feature, feature) == 0)
            return i;
    fail_msg("no feature %s", feature);
    return SIZE_MAX;
}

/* What is said of `feature` when it is 2. */
#define assert_said(model, reasons, feature, expected) assert_text(reasons, find_term(model, feature), 2, NULL, expected)

static void put_shop(const char *folder)
{
    put(folder, "orders.csv",
        "customer_id,ordered_at,amount,discount,channel,category,promised_at,delivered_at,returned_at,returned_amount\n"
        "A,2024-01-01,1,0,web,toys,2024-01-05,2024-01-04,2024-01-20,40\n");
    put(folder, "tickets.csv",
        "customer_id,opened_at,first_reply_at,resolved_at,due_at,type,priority,channel,tags,messages,reopens,csat\n"
        "A,2024-01-02,2024-01-02,2024-01-04,2024-01-05,question,urgent,Email,vip,3,0,4\n");
    put(folder, "returns.csv", "customer_id,returned_at,amount\nA,2024-01-20,40\n");
    put(folder, "surveys.csv", "customer_id,kind,sent_at,answered_at,score\nA,nps,2024-01-05,2024-01-07,9\n");
    put(folder, "visits.csv", "customer_id,visited_at,pages,seconds\nA,2024-01-01,4,120\n");
    put(folder, "loyalty.csv", "customer_id,booked_at,points,balance,tier\nA,2024-01-01,100,100,silver\n");
    put(folder, "referrals.csv", "customer_id,referred_at,joined_at\nA,2024-01-05,2024-01-10\n");
    put(folder, "customers.csv", "customer_id,signup_date\nA,2023-12-22\n");
}

static void test_all_definitions_of_the_catalogue(void **state)
{
    put_shop(*state);
    char *definitions = definitions_of(*state,
                                       "tables:\n"
                                       "  orders: {file: orders.csv}\n  tickets: {file: tickets.csv}\n"
                                       "  returns: {file: returns.csv}\n  surveys: {file: surveys.csv}\n"
                                       "  visits: {file: visits.csv}\n  loyalty: {file: loyalty.csv}\n"
                                       "  referrals: {file: referrals.csv}\n  customers: {file: customers.csv}\n");
    wb_model *model = model_of(definitions);
    wb_reasons *reasons;
    wb_error err;
    assert_ok(wb_reasons_create(&reasons, model, &err), &err);
    assert_true(wb_reasons_n_features(reasons) > 120);
    for (size_t i = 0; i < wb_reasons_n_features(reasons); i++) {
        char text[SENTENCE_CHARS];
        const char *name = model->basis->terms[i]->feature;
        wb_reasons_text(text, sizeof text, reasons, i, 2, NULL, 0);
        if (strncmp(text, name, strlen(name)) == 0)
            fail_msg("%s is not told", name);
    }
    assert_said(model, reasons, "orders_count_30d", "2 orders in the last 30 days; typical is 1");
    assert_said(model, reasons, "visits_count_30d", "2 visits in the last 30 days; typical is 1");
    assert_said(model, reasons, "tickets_since_last_order", "2 tickets opened since the last order; typical is 1");
    wb_reasons_free(reasons);
    wb_model_free(model);
    wbi_free(definitions);
}

static void test_tables_of_other_names(void **state)
{
    put_shop(*state);
    put(*state, "cases.csv", "customer_id,\"opened \"\"at\",first_reply_at,resolved_at\nA,2024-01-02,2024-01-02,2024-01-04\n");
    char *definitions = definitions_of(
        *state,
        "tables:\n"
        "  orders: {file: orders.csv}\n"
        "  purchases: {file: orders.csv, time: ordered_at, where: amount > 0}\n"
        "  cases: {file: cases.csv, time: {column: 'opened \"at'}, columns: {first_reply_at: time, resolved_at: time}}\n"
        "  mails: {file: visits.csv, time: visited_at}\n"
        "features: {use: [rfm, {rfm: purchases}, {tickets: cases}], windows: [30d], define: [\n"
        "  {name: mails_count, table: mails, agg: count},\n"
        "  {name: mails_days_since_last, table: mails, agg: days_since_last},\n"
        "  {name: mails_active_days, table: mails, agg: active_days},\n"
        "  {name: mails_gap_days_mean, table: mails, agg: gap_days_mean}]}\n");
    wb_model *model = model_of(definitions);
    wb_reasons *reasons;
    wb_error err;
    assert_ok(wb_reasons_create(&reasons, model, &err), &err);
    assert_said(model, reasons, "cases_count", "2 tickets opened so far; typical is 1");
    assert_said(model, reasons, "cases_first_reply_hours_mean", "first reply took 2 h on average; typical is 1 h");
    assert_said(model, reasons, "cases_per_order", "the number of tickets per order is 2; typical is 1");
    assert_said(model, reasons, "orders_count_30d", "2 orders in the last 30 days; typical is 1");
    assert_said(model, reasons, "purchases_count_30d", "2 orders in the last 30 days (purchases); typical is 1");
    assert_said(model, reasons, "purchases_overdue_ratio",
                "the time since the last order is 2 times the usual pause (purchases); typical is 1");
    assert_text(reasons, find_term(model, "purchases_overdue_ratio"), NAN, NULL,
                "the usual pause between orders is not known (purchases)");
    /* as many entries of referrals, surveys and returns are there, and orders would have more: there is no word for it */
    assert_said(model, reasons, "mails_count", "mails_count is 2; typical is 1");
    assert_said(model, reasons, "mails_days_since_last", "mails_days_since_last is 2 days; typical is 1 day");
    wb_reasons_free(reasons);
    wb_model_free(model);
    wbi_free(definitions);
}

/* A definition of somebody's own is not the catalogue's, whatever it is called. */
static void test_own_definitions(void **state)
{
    put_shop(*state);
    char *definitions = definitions_of(
        *state,
        "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"
        "features: {use: [tickets], define: [\n"
        "  {name: orders_count, table: orders, agg: count, where: amount > 100},\n"
        "  {name: orders_late_share, table: orders, agg: share, of: delivered_at > promised_at},\n"
        "  {name: orders_amount_sum, table: orders, agg: sum, of: amount},\n"
        "  {name: orders_amount_max, table: orders, agg: max, of: amount, window: 90d},\n"
        "  {name: orders_amount_sum_90d, table: orders, agg: sum, of: amount, window: {from: 90d, to: 30d}},\n"
        "  {name: big_orders_90d, table: orders, agg: count, where: amount > 100, window: 90d,\n"
        "   reason: large orders in the last 90 days, actionable: true},\n"
        "  {name: country, table: orders, agg: last, of: channel}]}\n");
    wb_model *model = model_of(definitions);
    wb_reasons *reasons;
    wb_error err;
    assert_ok(wb_reasons_create(&reasons, model, &err), &err);
    assert_said(model, reasons, "orders_count", "orders_count is 2; typical is 1");
    assert_said(model, reasons, "orders_late_share", "orders_late_share is 200 %; typical is 100 %");
    assert_said(model, reasons, "orders_amount_sum", "spent 2 so far; typical is 1");
    assert_said(model, reasons, "orders_amount_max", "orders_amount_max is 2; typical is 1");
    assert_said(model, reasons, "orders_amount_sum_90d", "orders_amount_sum_90d is 2; typical is 1");
    assert_said(model, reasons, "big_orders_90d", "large orders in the last 90 days: 2; typical is 1");
    assert_text(reasons, find_term(model, "big_orders_90d"), NAN, NULL, "large orders in the last 90 days: not known");
    assert_true(wb_reasons_actionable(reasons, find_term(model, "big_orders_90d")));
    assert_false(wb_reasons_actionable(reasons, find_term(model, "orders_late_share")));
    wb_reasons_free(reasons);
    wb_model_free(model);
    wbi_free(definitions);
}

/* Models that differ in nothing but words score together. */
static void test_words_do_not_matter_for_scoring(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{tables: {orders: {}}, features: {define: [{name: a, table: orders, agg: count, reason: all of them}]}}",
        "{tables: {orders: {}}, features: {define: [{name: a, table: orders, agg: count, actionable: true}]}}",
        "{tables: {orders: {}}, features: {define: [{name: a, table: orders, agg: count, where: 'x > 1'}]}}"};
    wb_model *models[3];
    wb_error err;
    for (size_t i = 0; i < 3; i++) {
        wb_project *project;
        char *definitions;
        assert_ok(wb_project_parse(&project, texts[i], &err), &err);
        assert_ok(wbi_project_to_json(&definitions, project, &err), &err);
        models[i] = empty_model(definitions);
        wbi_free(definitions);
        wb_project_free(project);
    }
    for (size_t i = 1; i < 3; i++) {
        const wb_model *const both[] = {models[0], models[i]};
        static const char *const names[] = {"m", "n"};
        wb_project *project = NULL;
        assert_int_equal(wb_models_project(&project, &(wb_score_models){both, names, NULL, 2}, NULL, &err),
                         i == 1 ? WB_OK : WB_ERR_INCONSISTENT);
        wb_project_free(project);
    }
    for (size_t i = 0; i < 3; i++)
        wb_model_free(models[i]);
}

static void test_every_failing_allocation(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\n");
    char *definitions = definitions_of(*state,
                                       "tables: {orders: {file: orders.csv}, others: {file: orders.csv, time: ordered_at}}\n"
                                       "features: {use: [rfm, {rfm: others}], windows: []}\n");
    wb_model *model = model_of(definitions);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wb_reasons *reasons = NULL;
        wb_error err;
        wbi_alloc_fail_at(n);
        status = wb_reasons_create(&reasons, model, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK ? reasons != NULL : status == WB_ERR_NOMEM && reasons == NULL);
        wb_reasons_free(reasons);
    }
    wb_model_free(model);
    wbi_free(definitions);
    wb_reasons_free(NULL);
}

static void test_definitions_that_cannot_be_read(void **state)
{
    (void)state;
    wb_model *model = empty_model("{\"features\": {\"define\": [{\"name\": \"x\"}]}}");
    wb_reasons *reasons = NULL;
    wb_error err;
    assert_int_equal(wb_reasons_create(&reasons, model, &err), WB_ERR_MALFORMED);
    assert_null(reasons);
    wb_model_free(model);
}

/* ---- which are the reasons */

/* Repeatedly the strongest that is left. */
static size_t pick_plainly(size_t *features, const double *contributions, size_t n_features, size_t k, bool down)
{
    bool taken[64] = {false};
    size_t n = 0;
    for (; n < k; n++) {
        size_t best = SIZE_MAX;
        for (size_t f = 0; f < n_features; f++) {
            const double c = down ? -contributions[f] : contributions[f];
            if (!taken[f] && c > 0 && (best == SIZE_MAX || c > fabs(contributions[best])))
                best = f;
        }
        if (best == SIZE_MAX)
            return n;
        taken[best] = true;
        features[n] = best;
    }
    return n;
}

static void test_pick(void **state)
{
    (void)state;
    const double contributions[] = {0.1, -2, 0.5, NAN, 0.5, 0, 3, -0.1};
    size_t features[8] = {0};
    assert_int_equal(wb_reasons_pick(features, contributions, 8, 3, 0), 3);
    assert_int_equal(features[0], 6);
    assert_int_equal(features[1], 2);
    assert_int_equal(features[2], 4);
    assert_int_equal(wb_reasons_pick(features, contributions, 8, 8, 0), 4);
    assert_int_equal(features[3], 0);
    assert_int_equal(wb_reasons_pick(features, contributions, 8, 3, 1), 2);
    assert_int_equal(features[0], 1);
    assert_int_equal(features[1], 7);
    assert_int_equal(wb_reasons_pick(features, contributions, 8, 0, 0), 0);
    assert_int_equal(wb_reasons_pick(features, contributions, 0, 3, 0), 0);
}

static void test_pick_against_a_plain_search(void **state)
{
    (void)state;
    enum { N = 40 };
    for (uint64_t round = 0; round < 2000; round++) {
        double contributions[N];
        size_t picked[N], expected[N];
        for (uint64_t f = 0; f < N; f++) /* few values, so that many are equal */
            contributions[f] = (double)(wbi_hash_bytes((uint64_t[]){round, f}, 2 * sizeof f) % 9) - 4;
        const size_t k = round % 12;
        const bool down = round % 2 == 1;
        const size_t n = wb_reasons_pick(picked, contributions, N, k, down);
        assert_int_equal(n, pick_plainly(expected, contributions, N, k, down));
        assert_memory_equal(picked, expected, n * sizeof *picked);
    }
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_text_that_does_not_fit),
        in_folder(test_all_definitions_of_the_catalogue),
        in_folder(test_tables_of_other_names),
        in_folder(test_own_definitions),
        cmocka_unit_test(test_words_do_not_matter_for_scoring),
        in_folder(test_every_failing_allocation),
        cmocka_unit_test(test_definitions_that_cannot_be_read),
        cmocka_unit_test(test_pick),
        cmocka_unit_test(test_pick_against_a_plain_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
