/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "base/memory.h"
#include "readout/readout.h"
#include "readout_testing.h"

/* ---- differences of rates ---- */

/* Table II of Newcombe 1998, the row of method 10. */
static void newcombe_as_published(void **state)
{
    static const struct {
        double x1, n1, x2, n2, low, high;
    } published[] = {
        {56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090},   {6, 7, 2, 7, 0.0582, 0.8062},
        {5, 56, 0, 29, -0.0381, 0.1926},  {0, 10, 0, 20, -0.1611, 0.2775},  {0, 10, 0, 10, -0.2775, 0.2775},
        {10, 10, 0, 20, 0.6791, 1.0000},  {10, 10, 0, 10, 0.6075, 1.0000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const wb_readout_estimate e =
            wb_readout_rate_difference(published[i].x1, published[i].n1, published[i].x2, published[i].n2, 0.95);
        assert_close(e.value, published[i].x1 / published[i].n1 - published[i].x2 / published[i].n2, 1e-15);
        assert_close(e.low, published[i].low, 0.5e-4);
        assert_close(e.high, published[i].high, 0.5e-4);
    }
}

/* R: w(x, n) = prop.test(x, n, correct = FALSE)$conf.int for each share, then the root of the sum of squares. */
static void newcombe_as_r_has_it(void **state)
{
    (void)state;
    const wb_readout_estimate lower_level = wb_readout_rate_difference(56, 70, 48, 80, 0.9);
    assert_close(lower_level.low, 0.0765641915440721, 1e-13);
    assert_close(lower_level.high, 0.3136445835829438, 1e-13);
    const wb_readout_estimate many = wb_readout_rate_difference(267, 21307, 122, 21306, 0.95);
    assert_close(many.low, 0.00501434467148153, 1e-14);
    assert_close(many.high, 0.00864072339691783, 1e-14);
}

static void no_interval_of_nonsense(void **state)
{
    const double bad[][5] = {{1, 0, 1, 2, 0.95}, {3, 2, 1, 2, 0.95}, {-1, 2, 1, 2, 0.95}, {1, 2, 1, 2, 1}, {1, 2, 1, 2, 0},
                             {NAN, 2, 1, 2, 0.95}, {1, 2, 1, NAN, 0.95}, {1, 2, 1, 2, NAN}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const wb_readout_estimate e = wb_readout_rate_difference(bad[i][0], bad[i][1], bad[i][2], bad[i][3], bad[i][4]);
        assert_true(isnan(e.value) && isnan(e.low) && isnan(e.high));
    }
}

/* ---- differences of money ---- */

static const double spent[40] = {12.5, 20, 33.75, 8, 15, 60, 41.25, 5, 27, 19.5}, spent_control[30] = {10, 22.5, 14, 31, 9.75};

static wb_readout_estimate bootstrap(const double *values, size_t n, const double *others, size_t n_others, size_t n_resamples)
{
    double centred[100], mean[2] = {0, 0};
    const double *const of[2] = {values, others};
    const size_t numbers[2] = {n, n_others};
    wbi_readout_money_arm arms[2];
    wb_error err;
    for (size_t a = 0, used = 0; a < 2; used += numbers[a++]) {
        for (size_t i = 0; i < numbers[a]; i++)
            mean[a] += of[a][i] / (double)numbers[a];
        for (size_t i = 0; i < numbers[a]; i++)
            centred[used + i] = of[a][i] - mean[a];
        arms[a] = (wbi_readout_money_arm){centred + used, numbers[a]};
    }
    wb_readout_estimate e = {.value = mean[0] - mean[1]};
    assert_ok(wbi_readout_bootstrap_t(&e, &arms[0], &arms[1], &(wbi_readout_bootstrap){n_resamples, 3, 0.95, 1}, &err), &err);
    return e;
}

/* The upper end by NumPy: 400,000 resamples of each arm, t = (difference - 3.1417) / its own standard error, quantile 0.025 of t; twice,
 * with 8.961 and 8.960. The lower would be -1.32, within Welch's of R: t.test(spent, control)$conf.int begins at -1.87489285261006. */
static void bootstrap_as_numpy_and_r_have_it(void **state)
{
    (void)state;
    const wb_readout_estimate e = bootstrap(spent, 40, spent_control, 30, 400000);
    assert_close(e.value, 3.1416666666666666, 1e-14);
    assert_close(e.low, -1.87489285261006, 1e-12);
    assert_close(e.high, 8.96, 0.005);
    const wb_readout_estimate turned = bootstrap(spent_control, 30, spent, 40, 400000);
    assert_close(turned.low, -8.96, 0.005);
    assert_close(turned.high, 1.87489285261006, 1e-12);
}

static void nothing_to_bootstrap(void **state)
{
    const double same[3] = {7, 7, 7};
    (void)state;
    assert_true(isnan(bootstrap(same, 3, same, 3, 100).low));
    assert_true(isnan(bootstrap(spent, 40, same, 1, 100).high));
    assert_true(isnan(bootstrap(spent, 1, spent_control, 30, 100).low));
    assert_true(isfinite(bootstrap(spent, 40, same, 3, 100).low)); /* one arm without spread is no harm */
}

/* ---- tenths of the score ---- */

static void tenths_from_the_top(void **state)
{
    double score[100], tied[10] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
    uint8_t tenth[100];
    wb_error err;
    (void)state;
    for (size_t i = 0; i < 100; i++)
        score[i] = (double)(i * 37 % 100);
    assert_ok(wbi_readout_tenths_of(tenth, score, 100, &err), &err);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(tenth[i], (99 - (int)score[i]) / 10);
    assert_ok(wbi_readout_tenths_of(tenth, tied, 10, &err), &err);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(tenth[i], i < 6 ? 0 : tenth[9]); /* equal scores share one, the highest are the first */
    assert_true(tenth[9] > 0);
}

static void thin_tenths_are_pooled(void **state)
{
    uint64_t counts[WBI_READOUT_TENTHS][WBI_READOUT_ARMS_AT_MOST + 1] = {{0}};
    uint8_t into[WBI_READOUT_TENTHS];
    const uint64_t control[WBI_READOUT_TENTHS] = {2, 1, 0, 1, 3, 0, 5, 2, 2, 1};
    const uint8_t expected[WBI_READOUT_TENTHS] = {0, 1, 1, 1, 2, 3, 3, 4, 5, 5};
    (void)state;
    for (size_t t = 0; t < WBI_READOUT_TENTHS; t++) {
        counts[t][WBI_READOUT_CONTROL] = control[t];
        counts[t][1] = 40;
    }
    assert_int_equal(wbi_readout_pool_tenths(into, counts, 2), 6);
    assert_memory_equal(into, expected, sizeof into);
    counts[0][1] = 0; /* the first waits for its neighbour */
    assert_int_equal(wbi_readout_pool_tenths(into, counts, 2), 5);
    assert_int_equal(into[0], into[1]);
    memset(counts, 0, sizeof counts);
    counts[4][0] = counts[4][1] = 1;
    assert_int_equal(wbi_readout_pool_tenths(into, counts, 2), 1);
    assert_int_equal(into[0] + into[4] + into[9], 0);
}

/* ---- a file with outcomes ---- */

static void put(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

/* Scores of 0.8: of six on the list four bought, of two held out one. Scores of 0.2: one of four, and one of four. */
static const char worked[] = "arm,probability,bought,spend,country\n"
                             "list,0.8,1,10,DE\nlist,0.8,yes,20,DE\nlist,0.8,TRUE,30,FR\nlist,0.8,1,40,FR\nlist,0.8,0,0,FR\nlist,0.8,no,0,DE\n"
                             "control,0.8,1,30,DE\ncontrol,0.8,0,0,FR\n"
                             "list,0.2,1,8,DE\nlist,0.2,0,0,FR\nlist,0.2,0,0,FR\nlist,0.2,false,0,\n"
                             "control,0.2,1,12,FR\ncontrol,0.2,0,0,DE\ncontrol,0.2,0,0,FR\ncontrol,0.2,0,0,FR\n";

static void check_worked(const wb_readout *r)
{
    const wb_readout_effect *rate = &r->groups[0].effects[0], *money = rate + 1, *margin = rate + 2;
    assert_int_equal(r->n_measures, 3);
    assert_int_equal(r->n_arms, 1);
    assert_string_equal(r->arms[0], "list");
    assert_int_equal(rate->n, 10);
    assert_int_equal(rate->n_control, 6);
    assert_int_equal(rate->sum, 5);
    assert_int_equal(rate->sum_control, 2);
    assert_close(rate->mean, 0.5, 1e-15);
    assert_close(rate->difference.value, 1.0 / 6, 1e-15);
    /* R, as above: 5 of 10 and 2 of 6 */
    assert_close(rate->difference.low, -0.284811512968518, 1e-13);
    assert_close(rate->difference.high, 0.520707261816032, 1e-13);
    assert_int_equal(rate->verdict, WB_READOUT_NOT_DISTINGUISHABLE);
    /* Half of the customers have each score: (4/6 - 1/2) / 2 + (1/4 - 1/4) / 2. R: of the list p = 11/24 with variance
     * (4/6 * 2/6 / 5 + 1/4 * 3/4 / 3) / 4, of the control 3/8 with (1/4 + 1/4 * 3/4 / 3) / 4: score intervals of p (1 - p) over these. */
    assert_close(rate->adjusted.value, 1.0 / 12, 1e-14);
    assert_close(rate->adjusted.low, -0.426263703030349, 1e-12);
    assert_close(rate->adjusted.high, 0.494567067439748, 1e-12);
    assert_int_equal(money->sum, 10800);
    assert_int_equal(money->sum_control, 4200);
    assert_close(money->difference.value, 3.8, 1e-14);
    assert_true(isnan(money->difference.low) && isnan(money->adjusted.high)); /* six in the control are too few */
    assert_close(money->adjusted.value, (100.0 / 6 - 15) / 2 + (2.0 - 3) / 2, 1e-14);
    assert_close(margin->difference.value, 0.25 * 3.8, 1e-14);
    assert_close(margin->difference.low, 0.25 * money->difference.low, 1e-14);
    assert_int_equal(margin->sum, 2700);
    assert_int_equal(r->n_strata, 2);
    assert_int_equal(r->n_pooled, 0);
}

/* Ten on the list at 1.50, five buyers of whom all redeem at 2: 25. The list brought 38 more, 9.50 of margin: -15.50, -62 % of the cost. */
static void check_worth(const wb_readout *r)
{
    const wb_readout_effect *money = &r->groups[0].effects[1];
    assert_int_equal(r->worth[0].n_redeemed, 5);
    assert_int_equal(r->worth[0].contact_cents, 1500);
    assert_int_equal(r->worth[0].offer_cents, 1000);
    assert_close(r->worth[0].revenue.value, 38, 1e-14);
    assert_close(r->worth[0].revenue.high, 10 * money->difference.high, 1e-14);
    assert_close(r->worth[0].margin.value, 9.5, 1e-14);
    assert_close(r->worth[0].profit.value, -15.5, 1e-14);
    assert_close(r->worth[0].profit.low, 2.5 * money->difference.low - 25, 1e-14);
    assert_close(r->worth[0].return_on_cost.value, -0.62, 1e-14);
    assert_true(r->takes_all);
}

static const wb_readout_group *group(const wb_readout *r, const char *by, const char *value)
{
    for (size_t g = 1; g < r->n_groups; g++)
        if (strcmp(r->groups[g].by, by) == 0 && strcmp(r->groups[g].value, value) == 0)
            return &r->groups[g];
    fail_msg("there is no group %s %s", by, value);
    return NULL;
}

static wb_readout_options worked_options(void)
{
    static const char *const by[] = {"country"};
    wb_readout_options options = WB_READOUT_OPTIONS_INIT;
    options.costs = (wb_readout_costs){0.25, 1.5, 2, NAN};
    options.by = by;
    options.n_by = 1;
    options.n_threads = 1;
    options.n_resamples = 200;
    return options;
}

static void by_hand(void **state)
{
    wb_readout *r;
    wb_error err;
    const wb_readout_options options = worked_options();
    (void)state;
    put("campaign.csv", worked);
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    check_worked(r);
    check_worth(r);
    assert_int_equal(r->n_groups, 1 + 2 + 3);
    assert_string_equal(r->groups[3].value, "FR"); /* more customers than DE; the missing one last */
    assert_string_equal(r->groups[5].value, "(missing)");
    assert_int_equal(group(r, "decile", "1")->effects[0].sum, 4);
    assert_int_equal(group(r, "country", "DE")->effects[0].n, 4);
    assert_int_equal(group(r, "country", "DE")->effects[0].n_control, 2);
    assert_close(group(r, "country", "DE")->effects[1].difference.value, 38.0 / 4 - 15, 1e-14);
    assert_true(isnan(group(r, "country", "(missing)")->effects[0].difference.value)); /* nobody held out */
    assert_int_equal(group(r, "country", "(missing)")->effects[0].verdict, WB_READOUT_UNKNOWN);
    wb_readout_free(r);
}

static void take_rate_and_no_costs(void **state)
{
    wb_readout *r;
    wb_error err;
    wb_readout_options options = worked_options();
    (void)state;
    put("campaign.csv", worked);
    options.costs = (wb_readout_costs){0.25, NAN, 2, 0.6};
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    assert_int_equal(r->worth[0].n_redeemed, 3);
    assert_int_equal(r->worth[0].offer_cents, 600);
    assert_false(r->takes_all);
    wb_readout_free(r);
    options.costs = (wb_readout_costs){NAN, NAN, NAN, NAN};
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    assert_int_equal(r->n_measures, 2);
    assert_true(isnan(r->worth[0].margin.value) && isnan(r->worth[0].return_on_cost.value));
    assert_close(r->worth[0].revenue.value, 38, 1e-14);
    wb_readout_free(r);
}

static int says(const wb_readout *r, const char *words)
{
    for (size_t i = 0; i < r->n_sentences; i++)
        if (strstr(r->sentences[i], words) != NULL)
            return 1;
    return 0;
}

/* With so few nothing can be told, and the words say so. */
static void sentences_are_honest(void **state)
{
    wb_readout *r;
    wb_error err;
    const wb_readout_options options = worked_options();
    (void)state;
    put("campaign.csv", worked);
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    assert_true(says(r, "bought, list against control: 50.00 % against 33.33 %, +16.67 points"));
    assert_true(says(r, "not distinguishable from zero"));
    /* 2.80 sqrt(7/16 * 9/16 * (1/10 + 1/6)) = 0.71733 */
    assert_true(says(r, "10 customers against 6 show a difference in bought reliably (4 times in 5) only from 71.73 points on"));
    assert_true(says(r, "cost 25.00"));
    assert_true(says(r, "That leaves -15.50"));
    assert_true(says(r, "Every buyer of an arm is taken to have redeemed"));
    assert_true(says(r, "of 15 intervals about 0.8 miss the truth by chance"));
    wb_readout_free(r);
    put("campaign.csv", "arm,probability,bought,spend,country\nlist,0.8,1,5,DE\nlist,0.8,0,0,DE\ncontrol,0.8,1,5,DE\n"
                        "control,0.8,0,0,DE\n");
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    /* 2.80 sqrt(1/2 * 1/2 * (1/2 + 1/2)) = 1.4 */
    assert_true(says(r, "2 customers against 2 are too few to show any difference in bought reliably"));
    wb_readout_free(r);
}

/* Arms are compared with the control each, in the order of their names, whichever rows come first. */
static void several_arms(void **state)
{
    wb_readout *r;
    wb_error err;
    wb_readout_options options = WB_READOUT_OPTIONS_INIT;
    (void)state;
    put("campaign.csv", "arm,bought,spend\npost,1,5\nsms,0,0\ncontrol,0,0\nmail,1,9\nmail,0,0\npost,1,7\nsms,0,0\ncontrol,1,1.23\n");
    options.n_resamples = 50;
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    assert_int_equal(r->n_arms, 3);
    assert_string_equal(r->arms[0], "mail");
    assert_string_equal(r->arms[1], "post");
    assert_string_equal(r->arms[2], "sms");
    assert_string_equal(r->control, "control");
    assert_int_equal(r->groups[0].effects[0].sum, 1);
    assert_int_equal(r->groups[0].effects[3].sum, 1200);
    assert_int_equal(r->groups[0].effects[3].sum_control, 123);
    assert_int_equal(r->groups[0].effects[4].sum, 0);
    assert_int_equal(r->n_strata, 0);
    assert_true(isnan(r->groups[0].effects[0].adjusted.value));
    wb_readout_free(r);
}

static void same_for_any_number_of_threads(void **state)
{
    const shop s = {300, 100, 0.1, 0.2, 0.05, 0.05, 0.8};
    double expected[12] = {0};
    (void)state;
    write_campaign("campaign.csv", &s, 1);
    for (int n_threads = 1; n_threads <= 4; n_threads++) {
        wb_readout *r;
        wb_error err;
        wb_readout_options options = WB_READOUT_OPTIONS_INIT;
        options.n_threads = n_threads;
        options.n_resamples = 100;
        assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
        const wb_readout_effect *e = r->groups[0].effects;
        const double got[12] = {e[0].difference.low, e[0].difference.high, e[0].adjusted.value, e[0].adjusted.low, e[0].adjusted.high,
                                e[1].difference.low, e[1].difference.high, e[1].adjusted.value, e[1].adjusted.low, e[1].adjusted.high,
                                r->groups[1].effects[1].difference.low, r->groups[10].effects[1].difference.high};
        if (n_threads == 1)
            memcpy(expected, got, sizeof got);
        assert_memory_equal(expected, got, sizeof got);
        wb_readout_free(r);
    }
}

/* Twice the amounts are twice the interval, to the bit; and the order of the rows is nothing to it. */
static void amounts_scale_and_rows_move(void **state)
{
    static const char head[] = "arm,bought,spend\n";
    static const double list_spent[12] = {5, 3.25, 8, 12.5}, control_spent[10] = {1.5, 2};
    char texts[3][1024];
    for (size_t i = 0; i < 3; i++) { /* as they are, doubled, the other way round */
        char *at = stpcpy(texts[i], head);
        for (size_t k = 0; k < 22; k++) {
            const size_t row = i == 2 ? 21 - k : k;
            const double spend = (row < 12 ? list_spent[row] : control_spent[row - 12]) * (i == 1 ? 2 : 1);
            at += sprintf(at, "%s,%d,%.2f\n", row < 12 ? "list" : "control", spend > 0, spend);
        }
    }
    wb_readout_estimate of[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        wb_readout *r;
        wb_error err;
        const wb_readout_options options = WB_READOUT_OPTIONS_INIT;
        put("campaign.csv", texts[i]);
        assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
        of[i] = r->groups[0].effects[1].difference;
        wb_readout_free(r);
    }
    assert_true(isfinite(of[0].low) && of[0].low < of[0].high);
    assert_close(of[1].low, 2 * of[0].low, 1e-13);
    assert_close(of[1].high, 2 * of[0].high, 1e-13);
    assert_memory_equal(&of[2], &of[0], sizeof of[0]);
}

/* The long test has a thousand campaigns; of 120 fewer than 106 hold the truth once in a thousand times where 95 % do. */
static void intervals_hold_the_truth(void **state)
{
    (void)state;
    const coverage c = cover(&(shop){400, 150, 0.05, 0.2, 0.03, 0.05, 0.7}, 120, 400);
    assert_in_range(c.rate, 106, 120);
    assert_in_range(c.rate_adjusted, 106, 120);
    assert_in_range(c.money, 104, 120);
    assert_in_range(c.money_adjusted, 104, 120);
    assert_true(c.width_adjusted < c.width);
}

/* Hillstrom 2008: what he published of the test. R: prop.test(267, 21307) and so on give the intervals, as above. */
static void hillstrom(void **state)
{
    static const char *const outcomes[] = {"visit", "conversion"}, *const money[] = {"spend"};
    static const double published[2][2] = {{0.1828, 0.01253}, {0.1514, 0.00884}}, of_control[2] = {0.1062, 0.00573};
    const char *data = getenv("WINBACK_DATA");
    char path[4096];
    wb_readout *r;
    wb_error err;
    wb_readout_options options = WB_READOUT_OPTIONS_INIT;
    (void)state;
    if (data == NULL) {
        print_message("skipped: WINBACK_DATA is not set\n");
        return;
    }
    snprintf(path, sizeof path, "%s/hillstrom_email/hillstrom.csv.gz", data);
    const wb_readout_file file = {.file = path, .arm = "segment", .control = "No E-Mail", .outcomes = outcomes, .n_outcomes = 2,
                                  .money = money, .n_money = 1};
    options.n_resamples = 40;
    assert_ok(wb_readout_outcomes(&r, &file, &options, NULL, &err), &err);
    assert_string_equal(r->arms[0], "Mens E-Mail");
    for (size_t a = 0; a < 2; a++)
        for (size_t m = 0; m < 2; m++) {
            assert_close(r->groups[0].effects[3 * a + m].mean, published[a][m], m == 0 ? 0.5e-4 : 0.5e-5);
            assert_close(r->groups[0].effects[3 * a + m].mean_control, of_control[m], m == 0 ? 0.5e-4 : 0.5e-5);
            assert_int_equal(r->groups[0].effects[3 * a + m].verdict, WB_READOUT_HIGHER);
        }
    assert_int_equal(r->groups[0].effects[0].n, 21307);
    assert_int_equal(r->groups[0].effects[0].n_control, 21306);
    assert_close(r->groups[0].effects[1].difference.low, 0.00501434467148153, 1e-14);
    assert_close(r->groups[0].effects[1].difference.high, 0.00864072339691783, 1e-14);
    wb_readout_free(r);
}

/* ---- refused ---- */

static void refused(const char *text, const wb_readout_options *options, wb_status code, const char *words)
{
    wb_readout *r;
    wb_error err;
    put("campaign.csv", text);
    assert_int_equal(read_out(&r, "campaign.csv", options, &err), code);
    assert_null(r);
    char said[2048];
    if (strstr(wb_error_text(&err, said, sizeof said), words) == NULL)
        fail_msg("'%s' does not say '%s'", said, words);
}

static void bad_files(void **state)
{
    const wb_readout_options o = WB_READOUT_OPTIONS_INIT;
    (void)state;
    refused("arm,bought,spend\nlist,1,5\ncontrol,2,0\n", &o, WB_ERR_MALFORMED, "campaign.csv:3: bought '2' is not 1, true, yes or 0, false, no");
    refused("arm,bought,spend\nlist,1,5\ncontrol,,0\n", &o, WB_ERR_MALFORMED, "campaign.csv:3: bought is missing");
    refused("arm,bought,spend\nlist,1,five\ncontrol,0,0\n", &o, WB_ERR_MALFORMED, "campaign.csv:2: spend 'five' is not a number");
    refused("arm,bought,spend\nlist,1,1e13\ncontrol,0,0\n", &o, WB_ERR_MALFORMED, "spend '1e13' is not an amount from -1e12 to 1e12");
    refused("arm,bought,spend\n,1,5\ncontrol,0,0\n", &o, WB_ERR_MALFORMED, "campaign.csv:2: arm is missing");
    refused("arm,bought,spend,probability\nlist,1,5,high\ncontrol,0,0,1\n", &o, WB_ERR_MALFORMED, "probability 'high' is not a number");
    refused("arm,bougth,spend\nlist,1,5\n", &o, WB_ERR_INCONSISTENT, "no column 'bought', wanted as an outcome; did you mean 'bougth'?");
    refused("arm,bought,spend\nlist,1,5\ncontrl,0,0\n", &o, WB_ERR_INCONSISTENT, "no row has arm 'control', the control; there are 'list', 'contrl'");
    refused("arm,bought,spend\ncontrol,0,0\n", &o, WB_ERR_INCONSISTENT, "every row has arm 'control'");
    refused("arm,bought,spend\n", &o, WB_ERR_INCONSISTENT, "there are no rows");
}

static void too_many_arms(void **state)
{
    const wb_readout_options o = WB_READOUT_OPTIONS_INIT;
    char text[2048] = "arm,bought,spend\ncontrol,0,0\n";
    (void)state;
    for (int a = 0; a < 21; a++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "a%d,1,1\n", a);
    refused(text, &o, WB_ERR_INCONSISTENT, "more than 20 arms");
}

static void bad_options(void **state)
{
    static const struct {
        double margin, contact, offer, take, level;
        const char *words;
    } bad[] = {
        {0, 1, 1, 1, 0.95, "margin"},          {1.01, 1, 1, 1, 0.95, "margin 1.01, expected a share above 0, at most 1"},
        {-0.1, 1, 1, 1, 0.95, "margin"},       {0.5, -1, 1, 1, 0.95, "contact cost -1, expected an amount of 0 or more"},
        {0.5, 1, INFINITY, 1, 0.95, "offer cost"}, {0.5, 1, 1, 1.5, 0.95, "take rate 1.5, expected a share from 0 to 1"},
        {0.5, 1, 1, 1, 1, "level 1 of intervals"}, {0.5, 1, 1, 1, NAN, "level"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wb_readout_options o = WB_READOUT_OPTIONS_INIT;
        o.costs = (wb_readout_costs){bad[i].margin, bad[i].contact, bad[i].offer, bad[i].take};
        o.level = bad[i].level;
        refused(worked, &o, WB_ERR_ARGUMENT, bad[i].words);
    }
    wb_readout_options o = WB_READOUT_OPTIONS_INIT;
    o.n_resamples = 1000001;
    refused(worked, &o, WB_ERR_ARGUMENT, "1000001 resamples, expected at most 1000000");
}

static void each_allocation_may_fail(void **state)
{
    const wb_readout_options options = worked_options();
    wb_readout *r;
    wb_error err;
    (void)state;
    put("campaign.csv", worked);
    wbi_alloc_fail_at(0);
    assert_ok(read_out(&r, "campaign.csv", &options, &err), &err);
    wb_readout_free(r);
    const uint64_t n = wbi_alloc_count();
    for (uint64_t i = 1; i <= n; i++) {
        wbi_alloc_fail_at(i);
        const wb_status status = read_out(&r, "campaign.csv", &options, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK)
            wb_readout_free(r); /* a thread's own, done without */
        else
            assert_int_equal(status, WB_ERR_NOMEM);
    }
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(wb_readout_verdict_name(WB_READOUT_NOT_DISTINGUISHABLE), "not distinguishable from zero");
    assert_null(wb_readout_verdict_name((wb_readout_verdict)4));
    wb_readout_free(NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_campaign)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcombe_as_published), cmocka_unit_test(newcombe_as_r_has_it), cmocka_unit_test(no_interval_of_nonsense),
        cmocka_unit_test(bootstrap_as_numpy_and_r_have_it), cmocka_unit_test(nothing_to_bootstrap), cmocka_unit_test(tenths_from_the_top),
        cmocka_unit_test(thin_tenths_are_pooled), CASE(by_hand), CASE(take_rate_and_no_costs), CASE(sentences_are_honest),
        CASE(several_arms), CASE(same_for_any_number_of_threads), CASE(amounts_scale_and_rows_move), CASE(intervals_hold_the_truth), cmocka_unit_test(hillstrom),
        CASE(bad_files), CASE(too_many_arms), CASE(bad_options), CASE(each_allocation_may_fail), cmocka_unit_test(verdicts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
