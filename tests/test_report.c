/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"
#include "report/page.h"
#include "report_testing.h"
#include "xml_testing.h"

/* Scores that are probabilities, without a campaign on the page. */
static fixture *make_plain_fixture(void)
{
    fixture *f = make_fixture(false);
    f->evaluation.treatment = NULL;
    f->evaluation.n_uplifts = 0;
    f->parts.campaign = NULL;
    return f;
}

static char *text_of(void (*put)(wbi_writer *, const char *), const char *text)
{
    wbi_writer w = wbi_writer_make(NULL);
    put(&w, text);
    assert_int_equal(w.status, WB_OK);
    char *out = calloc(w.text.length + 1, 1);
    if (w.text.length > 0)
        memcpy(out, w.text.data, w.text.length);
    wbi_writer_free(&w);
    return out;
}

static void assert_put(const char *text, const char *expected)
{
    char *out = text_of(wbi_put_text, text);
    assert_string_equal(out, expected);
    free(out);
}

static void test_text_is_escaped(void **state)
{
    (void)state;
    assert_put("a<b & \"c\" 'd'>", "a&lt;b &amp; &quot;c&quot; &#39;d&#39;&gt;");
    assert_put("]]>", "]]&gt;");
    assert_put("a\tb\nc", "a b c");
    assert_put("\x01\x1b\x7f", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_put("\xC2\x85", "\xEF\xBF\xBD");                 /* a control of the second half */
    assert_put("\xE2\x80\xAE" "exe.txt", "\xEF\xBF\xBD" "exe.txt"); /* right to left from here */
    assert_put("\xE2\x81\xA6", "\xEF\xBF\xBD");
    assert_put("\xEF\xBF\xBE", "\xEF\xBF\xBD");             /* U+FFFE, no character of XML */
    assert_put("\xC0\xAF\xFF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_put("\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_put("\xE9\xA1\xBE \xC3\xA9 \xF0\x9F\x98\x80", "\xE9\xA1\xBE \xC3\xA9 \xF0\x9F\x98\x80");
    assert_put(NULL, "");
}

/* Any bytes at all become legal character data. */
static void test_any_bytes_are_fit(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 3000; i++) {
        char text[40];
        for (size_t j = 0; j < sizeof text; j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[j] = (char)(seed >> 56);
        }
        text[sizeof text - 1] = '\0';
        char *out = text_of(wbi_put_text, text);
        assert_null(xml_data_fault(out, strlen(out)));
        free(out);
    }
}

static void test_text_is_cut_in_the_middle(void **state)
{
    (void)state;
    for (size_t limit = 4; limit < 30; limit++)
        for (size_t i = 0; i < N_HOSTILE; i++) {
            wbi_writer w = wbi_writer_make(NULL);
            wbi_put_text_cut(&w, hostile_texts[i], limit);
            assert_int_equal(w.status, WB_OK);
            assert_null(xml_data_fault(w.text.data, w.text.length));
            assert_true(xml_letters(w.text.data, w.text.length) <= limit);
            wbi_writer_free(&w);
        }
    wbi_writer w = wbi_writer_make(NULL);
    wbi_put_text_cut(&w, "orders_amount_sum_365d", 11);
    assert_int_equal(w.text.length, strlen("order…_365d"));
    assert_memory_equal(w.text.data, "order…_365d", w.text.length);
    wbi_writer_free(&w);
}

static void test_numbers_are_readable(void **state)
{
    (void)state;
    assert_string_equal(wbi_number(1234567.891, 2).text, "1,234,567.89");
    assert_string_equal(wbi_number(-1234.5, 1).text, "−1,234.5");
    assert_string_equal(wbi_number(-0.04, 1).text, "0.0");
    assert_string_equal(wbi_number(999.95, 1).text, "1,000.0");
    assert_string_equal(wbi_number(0.05, 1).text, "0.1");
    assert_string_equal(wbi_number(100, 0).text, "100");
    assert_string_equal(wbi_number(1000, 0).text, "1,000");
    assert_string_equal(wbi_number(NAN, 3).text, "–");
    assert_string_equal(wbi_number(INFINITY, 3).text, "–");
    assert_string_equal(wbi_number(3e20, 3).text, "1e20");
    assert_string_equal(wbi_fixed(-1234.5, 2).text, "-1234.50");
    assert_string_equal(wbi_at(12).text, "12");
    assert_string_equal(wbi_at(12.34).text, "12.3");
    assert_string_equal(wbi_percent(0.3125, 1).text, "31.3\xC2\xA0%");
    assert_string_equal(wbi_percent(NAN, 1).text, "–");
    assert_string_equal(wbi_count(18446744073709551615u).text, "1e19");
    assert_string_equal(wbi_short(0.0012345).text, "0.00123");
    assert_string_equal(wbi_short(12345).text, "12,345");
    assert_string_equal(wbi_short(2.5).text, "2.5");
    assert_string_equal(wbi_short(0).text, "0");
    assert_string_equal(wbi_with_interval(0.8421, 0.8359, 0.8482, 3).text, "0.842 (0.836–0.848)");
    assert_string_equal(wbi_with_interval(-0.1, -0.2, 0.05, 1).text, "−0.1 (−0.2 to 0.1)");
    assert_string_equal(wbi_with_interval(0.5, NAN, 0.6, 1).text, "0.5");
    assert_string_equal(wbi_percent_with_interval(0.312, 0.301, 0.324, 1).text, "31.2\xC2\xA0% (30.1–32.4\xC2\xA0%)");
    assert_string_equal(wbi_percent_with_interval(0.312, 0.301, NAN, 1).text, "31.2\xC2\xA0%");
    assert_string_equal(wbi_with_interval(-9e18, -9e18, -9e18, 9).text, "−1e18 (−1e18 to −1e18)");
}

static double random_unit(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* 1, 2 or 5 times a power of ten. */
static bool is_round(double step)
{
    const double mantissa = step / pow(10, floor(log10(step) + 1e-9));
    return fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 || fabs(mantissa - 5) < 1e-6;
}

static void test_ticks_are_round(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        const double size = pow(10, 24 * random_unit(&seed) - 12);
        double low = size * (random_unit(&seed) - 0.5), high = low + size * (0.01 + random_unit(&seed));
        const size_t about = 3 + (size_t)(6 * random_unit(&seed));
        const wbi_ticks ticks = wbi_ticks_make(low, high, about);
        assert_true(ticks.n >= 1 && ticks.n <= about + 1);
        for (size_t t = 0; t + 1 < ticks.n; t++) {
            const double step = ticks.at[t + 1] - ticks.at[t];
            assert_true(is_round(step));
            assert_true(ticks.decimals >= 0 && step * pow(10, ticks.decimals) > 0.999);
            assert_close(ticks.at[t] / step, round(ticks.at[t] / step), 1e-9);
        }
        assert_true(ticks.at[0] >= low - 1e-9 * size && ticks.at[ticks.n - 1] <= high + 1e-9 * size);
        double wide_low = low, wide_high = high;
        wbi_ticks_widen(&wide_low, &wide_high, about);
        assert_true(wide_low <= low + 1e-9 * size && wide_high >= high - 1e-9 * size);
        assert_true(wide_high - wide_low < 4 * (high - low));
    }
}

static void test_ticks_of_no_range(void **state)
{
    (void)state;
    const double odd[][2] = {{NAN, 1}, {0, NAN}, {INFINITY, INFINITY}, {-INFINITY, INFINITY}, {2, 1}, {5, 5}, {0, 0}, {-1e300, 1e300},
                             {-1.7e308, 1.7e308}, {1, 1 + 1e-15}, {0, 5e-324}};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        double low = odd[i][0], high = odd[i][1];
        assert_true(wbi_ticks_make(low, high, 5).n <= WBI_TICKS);
        wbi_ticks_widen(&low, &high, 5);
        assert_true(isfinite(low) && isfinite(high) && high > low);
        assert_true(wbi_ticks_make(low, high, 5).n >= 2);
    }
}

static void test_scale(void **state)
{
    (void)state;
    const wbi_scale scale = {10, 20, 100, 300}, down = {0, 1, 300, 100}, none = {1, 1, 0, 10};
    assert_close(wbi_scale_at(&scale, 12.5), 150, 1e-12);
    assert_close(wbi_scale_at(&scale, -5), 100, 1e-12);
    assert_close(wbi_scale_at(&scale, 99), 300, 1e-12);
    assert_close(wbi_scale_at(&down, 0.25), 250, 1e-12);
    assert_close(wbi_scale_at(&none, 1), 5, 1e-12);
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    const long n = ftell(file);
    rewind(file);
    char *text = calloc((size_t)n + 1, 1);
    assert_int_equal(fread(text, 1, (size_t)n, file), (size_t)n);
    fclose(file);
    return text;
}

static const char *path_here(void)
{
    static char path[128];
    snprintf(path, sizeof path, "/tmp/winback_report_%ld", (long)getpid());
    return path;
}

static char *page_of(const wb_report_parts *parts)
{
    wb_error err;
    assert_ok(wb_report_write(parts, path_here(), &err), &err);
    char *text = read_whole(path_here());
    remove(path_here());
    return text;
}

static char *picture_of(const wb_report_parts *parts, const char *picture, const char *feature)
{
    wb_error err;
    assert_ok(wb_report_write_picture(parts, picture, feature, path_here(), &err), &err);
    char *text = read_whole(path_here());
    remove(path_here());
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static void assert_page_is_sound(const wb_report_parts *parts)
{
    char *page = page_of(parts);
    assert_xml(page);
    assert_int_equal(count(page, "<script"), 1);
    assert_int_equal(count(page, "<img"), 0);
    assert_int_equal(count(page, "http:") + count(page, "https:"), 0);
    assert_int_equal(count(page, "nan") + count(page, "inf\""), 0);
    free(page);
}

static void test_page_is_well_formed(void **state)
{
    (void)state;
    for (int hostile = 0; hostile < 2; hostile++) {
        fixture *f = make_fixture(hostile);
        assert_page_is_sound(&f->parts);
        free(f);
    }
}

/* Scores without a name, a column and a level that are no text. */
static void test_category_called_script(void **state)
{
    (void)state;
    fixture *f = make_fixture(true);
    char *page = page_of(&f->parts);
    assert_int_equal(count(page, "<script>alert"), 0);
    assert_true(count(page, "&lt;script&gt;alert(1)&lt;/script&gt;") > 5);
    assert_int_equal(count(page, "onerror=alert(1)>"), 0);
    free(page);
    free(f);
}

static void test_every_picture(void **state)
{
    (void)state;
    for (int hostile = 0; hostile < 2; hostile++) {
        fixture *f = make_fixture(hostile);
        for (size_t i = 0; wb_report_picture(i) != NULL; i++) {
            char *svg = picture_of(&f->parts, wb_report_picture(i), NULL);
            assert_xml(svg);
            assert_non_null(strstr(svg, "xmlns=\"http://www.w3.org/2000/svg\""));
            assert_non_null(strstr(svg, "prefers-color-scheme: dark"));
            assert_true(count(svg, "<script") == 0 && count(svg, "nan") == 0);
            free(svg);
        }
        char *effect = picture_of(&f->parts, "effects", f->effects[2].feature);
        assert_xml(effect);
        free(effect);
        free(f);
    }
}

/* 420 wide, 56 of it left of the plot and 16 right: a tenth of the customers stands at 56 + 0.1 * 348. */
static void test_marks_stand_where_values_say(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    f->evaluation.n_groups = 1;
    char *gains = picture_of(&f->parts, "gains", NULL);
    assert_non_null(strstr(gains, "cx=\"90.8\""));
    /* Title 28, legend 20, frame 12 + 46, plot 242 high: 24 % of it above 302. */
    assert_non_null(strstr(gains, "cy=\"243.9\""));
    free(gains);
    free(f);
}

/* Where a dot of that style stands. */
static void find_dot(const char *svg, const char *style, double *x, double *y)
{
    char start[64];
    snprintf(start, sizeof start, "<circle class=\"%s\"", style);
    const char *dot = strstr(svg, start);
    assert_non_null(dot);
    assert_int_equal(sscanf(strstr(dot, "cx="), "cx=\"%lf\" cy=\"%lf\"", x, y), 2);
}

/* Depths go from 0 to 800 contacts, which stand at 404: 400 are half of the width from there, the list's 200 a quarter more. Profits
 * are drawn from -2,000 to 10,000 over 242 of height. */
static void test_campaigns_by_depth(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    char *svg = picture_of(&f->parts, "campaign", NULL), *page = page_of(&f->parts);
    assert_non_null(strstr(svg, "This list has 200 of them and brings 6,000; it would be greatest, 8,000, with 400."));
    double best_x, best_y, list_x, list_y;
    find_dot(svg, "two", &best_x, &best_y);
    find_dot(svg, "one", &list_x, &list_y);
    assert_true(fabs((404 - best_x) - 2 * (best_x - list_x)) < 0.3);
    assert_true(fabs((list_y - best_y) - 242.0 * 2000 / 12000) < 0.15);
    assert_int_equal(count(svg, "class=\"band"), 1);
    assert_non_null(strstr(page, "<section id=\"campaign\""));
    assert_non_null(strstr(page, "contacts 200 customers and holds out 32. It is expected to cost 640.00"));
    assert_non_null(strstr(page, "(1,040.00 if everybody takes the offer)"));
    assert_non_null(strstr(page, "a difference of 12.34 percentage points"));
    free(svg);
    free(page);
    f->campaign.by_uplift = 1; /* no interval is known */
    svg = picture_of(&f->parts, "campaign", NULL);
    assert_int_equal(count(svg, "class=\"band"), 0);
    free(svg);
    f->parts.campaign = NULL;
    page = page_of(&f->parts);
    assert_null(strstr(page, "id=\"campaign\""));
    free(page);
    free(f);
}

/* Of 10,000 treated 500 are gained, and at half the depth 375, three quarters of the way up from the chord's beginning. */
static void test_uplift(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    char *svg = picture_of(&f->parts, "qini", NULL), *page = page_of(&f->parts);
    assert_non_null(strstr(svg, "for every 1,000 that were treated: 50 where all are. The Qini coefficient is 83.3 (43.3–123.3)"));
    assert_int_equal(count(svg, "class=\"line one\""), 2); /* and in the legend */
    assert_int_equal(count(svg, "class=\"line two\""), 2);
    assert_non_null(strstr(page, "<section id=\"uplift\""));
    assert_non_null(strstr(page, "The rate is 15.0"));
    assert_non_null(strstr(page, " among the 10,000 treated, 10.0"));
    assert_non_null(strstr(page, " among the 19,314 others; the difference is 5.0"));
    assert_non_null(strstr(page, "83.3 (43.3–123.3)"));
    assert_non_null(strstr(page, ">better<"));
    assert_non_null(strstr(page, ">not distinguishable<"));
    free(svg);
    free(page);
    f->evaluation.n_uplifts = 0;
    page = page_of(&f->parts);
    assert_null(strstr(page, "id=\"uplift\""));
    free(page);
    free(f);
}

/* Differences of rates are points; without an interval dots look otherwise, and beyond the axis an arrow stands at its end. */
static void test_readout(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    char *svg = picture_of(&f->parts, "readout", NULL), *page = page_of(&f->parts);
    assert_non_null(strstr(svg, "conversion: difference (points)"));
    assert_non_null(strstr(svg, "mail: 5.00\u00a0points (3.40–6.60), 900 against 100 customers"));
    assert_int_equal(count(svg, "<circle class=\"unknown\""), 2); /* the last part of both arms */
    assert_int_equal(count(svg, "No interval"), 1);
    assert_int_equal(count(svg, "<path class=\"beyond"), 0);
    assert_non_null(strstr(page, ">spent on contacts<"));
    assert_non_null(strstr(page, "data-v=\"900.000000000\">900.00<"));
    free(svg);
    free(page);
    f->readout_effects[N_PARTS - 1][0].difference.value = 0.9;
    f->readout.costs.contact_cost = NAN;
    svg = picture_of(&f->parts, "readout", NULL);
    assert_int_equal(count(svg, "<circle class=\"unknown\""), 1);
    assert_int_equal(count(svg, "<path class=\"beyond unknown\""), 1);
    page = page_of(&f->parts);
    assert_null(strstr(page, ">spent on contacts<"));
    assert_non_null(strstr(page, ">spent on offers<"));
    free(svg);
    free(page);
    free(f);
}

static void test_customers_only_when_given(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    char *page = page_of(&f->parts);
    assert_non_null(strstr(page, "C001042"));
    free(page);
    f->parts.n_customers = 0;
    page = page_of(&f->parts);
    assert_null(strstr(page, "C001042"));
    free(page);
    free(f);
}

/* Each part may be absent, and all. */
static void test_parts_that_are_absent(void **state)
{
    (void)state;
    for (int left_out = 0; left_out < 6; left_out++) {
        fixture *f = make_fixture(false);
        f->parts.evaluation = left_out == 0 || left_out == 5 ? NULL : f->parts.evaluation;
        f->parts.explanation = left_out == 1 || left_out == 5 ? NULL : f->parts.explanation;
        f->parts.drift = left_out == 2 || left_out == 5 ? NULL : f->parts.drift;
        f->parts.backtest = left_out == 3 || left_out == 5 ? NULL : f->parts.backtest;
        f->parts.n_descriptions = left_out == 4 || left_out == 5 ? 0 : f->parts.n_descriptions;
        f->parts.title = left_out == 5 ? NULL : f->parts.title;
        assert_page_is_sound(&f->parts);
        free(f);
    }
    const wb_report_parts nothing = {0};
    assert_page_is_sound(&nothing);
}

static void set_all(wb_metrics *m, double value)
{
    const uint64_t n = m->n;
    double *figures = (double *)(void *)&m->base_rate;
    for (size_t i = 0; i < (sizeof *m - offsetof(wb_metrics, base_rate)) / sizeof *figures; i++)
        figures[i] = value;
    m->n = n;
}

/* One class: figures, and what curves there may be, are NaN. */
static void test_one_class(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    for (size_t i = 0; i < f->evaluation.n_groups; i++) {
        set_all(&f->groups[i].metrics, NAN);
        set_all(&f->groups[i].interval.low, NAN);
        set_all(&f->groups[i].interval.high, NAN);
    }
    set_all(&f->pair.figures.difference, NAN);
    for (size_t i = 0; i < f->curves[0].n_points; i++)
        f->curves[0].points[i] = (wb_curve_point){NAN, NAN, NAN, NAN, NAN, NAN};
    char *page = page_of(&f->parts);
    assert_non_null(strstr(page, "All customers had the same outcome"));
    assert_null(strstr(page, "roc-title"));
    free(page);
    assert_page_is_sound(&f->parts);
    free(f);
}

static void assert_says(const wb_report_parts *parts, const char *text, bool expected)
{
    char *page = page_of(parts);
    if ((strstr(page, text) != NULL) != expected)
        fail_msg("the page %s \"%s\"", expected ? "does not say" : "says", text);
    free(page);
}

/* Nothing is advised on scores whose AUC's interval holds 0.5; that is the first thing said. */
static void test_no_better_than_chance(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    f->evaluation.profit_from = "campaign: of winback.yml";
    f->groups[0].metrics.auc = 0.53;
    f->groups[0].interval.low.auc = 0.49;
    f->groups[0].interval.high.auc = 0.57;
    f->groups[0].metrics.calibration_intercept = 0.9;
    f->groups[0].metrics.ece = 0.1;
    char *page = page_of(&f->parts);
    const char *said = strstr(page, "no better than chance: do not use these scores to choose whom to contact");
    assert_true(said != NULL && said < strstr(page, "The model gives each customer"));
    assert_null(strstr(page, "Mailing them reaches"));
    assert_null(strstr(page, "Contact the highest"));
    assert_null(strstr(page, "as a ranking"));
    assert_null(strstr(page, "level has moved"));
    free(page);
    f->groups[0].interval.low.auc = 0.51;
    assert_says(&f->parts, "better than chance", false);
    assert_says(&f->parts, "Mailing them reaches", true);
    f->groups[0].interval.low.auc = 0.41;
    f->groups[0].interval.high.auc = 0.47;
    assert_says(&f->parts, "worse than chance", true);
    f->groups[0].interval.low.auc = NAN; /* without an interval the AUC alone says it */
    assert_says(&f->parts, "do not use these scores", false);
    f->groups[0].metrics.auc = 0.5;
    assert_says(&f->parts, "do not use these scores", true);
    free(f);
}

static void test_too_good_to_be_true(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    assert_says(&f->parts, "too good to be true: a feature", false);
    f->groups[0].metrics.auc = 0.992;
    f->groups[0].interval = interval_like(&f->groups[0].metrics);
    assert_says(&f->parts, "too good to be true: a feature", true);
    assert_says(&f->parts, "Look first at the most important, <b><bdi>orders_<wbr/>days_<wbr/>since_<wbr/>last", true);
    free(f);
}

/* The dot of the picture and the advice: the greatest profit of the curve, told only where somebody said the costs. */
static void test_how_many_to_contact(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    char advice[128], picture[128];
    size_t best = 0;
    for (size_t i = 1; i < f->curves[0].n_points; i++)
        if (f->curves[0].points[i].profit > f->curves[0].points[best].profit)
            best = i;
    const int percent = (int)lround(100 * f->curves[0].points[best].depth);
    assert_true(percent != 34); /* EMPC's share in the figures */
    snprintf(advice, sizeof advice, "Contact the highest %d\u00a0%% of the scores", percent);
    snprintf(picture, sizeof picture, "a customer, where %d\u00a0%% are contacted", percent);
    assert_says(&f->parts, "Contact the highest", false);
    assert_says(&f->parts, picture, true);
    f->evaluation.profit_from = "campaign: of winback.yml";
    assert_says(&f->parts, advice, true);
    for (size_t i = 0; i < f->curves[0].n_points; i++)
        f->curves[0].points[i].profit = -f->curves[0].points[i].depth;
    assert_says(&f->parts, "Do not contact anybody", true);
    f->evaluation.value_unsaid = 1; /* then the profit is nobody's */
    assert_says(&f->parts, "Do not contact anybody", false);
    assert_says(&f->parts, "Contact the", false);
    assert_says(&f->parts, "Nobody says what a kept customer is worth (200 is the literature’s", true);
    free(f);
}

/* A page with a campaign advises what that chose, whatever the curve of the scores says. */
static void test_advice_of_a_campaign(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    f->evaluation.profit_from = "the campaign autumn";
    f->parts.campaign = &f->campaign;
    assert_says(&f->parts, "Contact the highest", false);
    assert_says(&f->parts, "Contact the 200 customers of <a href=\"#campaign\">the campaign</a>’s list: the expected profit is 6,000.00", true);
    assert_says(&f->parts, "it would be greatest, 8,000.00, with 400 contacted", true);
    assert_says(&f->parts, "Keep some of the contacted customers aside", false);
    f->campaign.n_control = 0;
    assert_says(&f->parts, "Keep some of the contacted customers aside", true);
    f->campaign.list.n = 0;
    assert_says(&f->parts, "Do not contact anybody: <a href=\"#campaign\">", true);
    free(f);
}

/* Of uplift the Qini coefficient comes first, and nothing is advised by the probability of those who were left alone. */
static void test_advice_of_uplift(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    f->parts.campaign = NULL;
    f->evaluation.profit_from = NULL;
    char *page = page_of(&f->parts);
    const char *said = strstr(page, "better than chance: the Qini coefficient is 83.3 (43.3–123.3)");
    assert_true(said != NULL && said < strstr(page, "</section>"));
    assert_true(strstr(page, "<section id=\"uplift\"") < strstr(page, "<section id=\"ranking\""));
    assert_non_null(strstr(page, "Treat those of the highest uplift first"));
    assert_null(strstr(page, "Mailing them reaches"));
    assert_null(strstr(page, "Contact the highest"));
    assert_null(strstr(page, "<section id=\"worth\""));
    assert_non_null(strstr(page, "the difference is 5.0\u00a0points ("));
    free(page);
    f->uplifts[0].qini.low = -1;
    assert_says(&f->parts, "The scores tell whom treatment serves no better than chance", true);
    assert_says(&f->parts, "Do not use these scores to choose whom to treat", true);
    assert_says(&f->parts, "Treat those of the highest uplift first", false);
    f->evaluation.profit_from = "campaign: of winback.yml";
    assert_says(&f->parts, "<section id=\"worth\"", true);
    free(f);
}

static void test_probabilities_that_are_off(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    wb_evaluated *score = &f->groups[0];
    score->metrics.ece = 0.08;
    score->metrics.calibration_slope = 0.7;
    score->interval = interval_like(&score->metrics);
    assert_says(&f->parts, "Use the scores as a ranking", true);
    wbi_basis basis = {.n_terms = 0};
    wb_model model = {.basis = &basis, .target = (char *)"churned"};
    f->parts.model = &model;
    assert_says(&f->parts, "Use the scores as a ranking", true);
    model.calibration.method = WB_CALIBRATION_ISOTONIC; /* more of the same would not mend it */
    assert_says(&f->parts, "Use the scores as a ranking", false);
    f->parts.model = NULL;
    score->metrics.calibration_intercept = 0.4;
    score->interval = interval_like(&score->metrics);
    assert_says(&f->parts, "Use the scores as a ranking", false);
    assert_says(&f->parts, "The level has moved since training", true);
    free(f);
}

/* Features that move alone are said, not acted on. */
static void test_only_moved_scores_are_acted_on(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    assert_int_equal(f->drifted[0].verdict, WB_DRIFT_MAJOR);
    assert_says(&f->parts, "The scores have moved", true);
    f->drift.score.verdict = WB_DRIFT_NONE;
    assert_says(&f->parts, "The scores have moved", false);
    assert_says(&f->parts, "have not moved since training", true);
    f->drift.score.n_bins = 0; /* of a model without folds: by features that matter */
    assert_says(&f->parts, "The scores have moved", true);
    f->drifted[0].importance = 0;
    assert_says(&f->parts, "The scores have moved", false);
    free(f);
}

/* AUCs fall from segment to segment; the last has 9000 / 32 rows. */
static void test_where_it_fails(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    assert_says(&f->parts, "It ranks worst among <b><bdi>country</bdi> <bdi>(missing)</bdi></b>: AUC 0.810 (0.804–0.816) of 281 rows", true);
    assert_says(&f->parts, "furthest off", false);
    f->groups[7].metrics.n = 99;
    f->groups[3].interval.low.calibration_intercept = -0.4;
    f->groups[3].interval.high.calibration_intercept = -0.2;
    f->groups[3].metrics.calibration_intercept = -0.3;
    assert_says(&f->parts, "It ranks worst among <b><bdi>country</bdi> <bdi>ES</bdi></b>", true);
    assert_says(&f->parts, "furthest off among <b><bdi>country</bdi> <bdi>FR</bdi></b>, where they are too high", true);
    f->groups[2].by = "orders_days_since_last";
    f->groups[2].segment = NULL;
    f->evaluation.seen_within_us = 90 * WB_DAY_US;
    assert_says(&f->parts, "Among customers seen within the last 90 days: AUC 0.860 (0.854–0.866)", true);
    free(f);
}

/* One word for an outcome; names that are no plain ones are not taken into sentences. */
static void test_words_of_the_outcome(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    assert_says(&f->parts, "positives", false);
    assert_says(&f->parts, "leavers", true);
    f->evaluation.target = "label_repurchase";
    assert_says(&f->parts, "leavers", false);
    assert_says(&f->parts, "positives", false);
    assert_says(&f->parts, "all customers with repurchase", true);
    f->evaluation.target = "<b>%s";
    assert_says(&f->parts, "all customers with the outcome", true);
    free(f);
}

static void test_figures_that_are_not_finite(void **state)
{
    (void)state;
    const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 0};
    for (size_t o = 0; o < sizeof odd / sizeof odd[0]; o++) {
        fixture *f = make_fixture(false);
        for (size_t e = 0; e < N_EFFECTS; e++) {
            f->effects[e].importance = f->effects[e].odds_ratio = f->drifted[e].psi = f->descriptions[e].auc = odd[o];
            for (size_t i = 0; i < f->effects[e].n_points; i += 3)
                f->points[e][i].log_odds = f->points[e][i].low = odd[o];
        }
        for (size_t i = 0; i < N_CUTOFFS; i += 2)
            f->cutoffs[i].fresh.metrics.auc = f->ages[i].auc_lost = f->ages[i].auc_lost_95.high = odd[o];
        f->backtest.advice = (wb_backtest_advice){odd[o], odd[o], odd[o]};
        for (size_t i = 0; i < f->curves[0].n_points; i += 5)
            f->curves[0].points[i].profit = f->curves[0].points[i].precision = odd[o];
        f->curves[0].bins[3].observed = f->curves[0].bins[3].low = f->curves[0].bins[4].high = odd[o];
        f->curves[0].histogram_negative[0] = odd[o];
        assert_page_is_sound(&f->parts);
        free(f);
    }
}

static void test_tiny(void **state)
{
    (void)state;
    fixture *f = make_plain_fixture();
    f->groups[0].metrics.n = 12;
    f->curves[0].n_points = 2;
    f->curves[0].n_bins = 1;
    f->backtest.n_cutoffs = f->backtest.n_ages = 1;
    f->drift.n_features = 1;
    f->drift.score.n_bins = 0;
    f->explanation.n_effects = 1;
    f->effects[0].n_points = 1;
    char *page = page_of(&f->parts);
    assert_non_null(strstr(page, "These are few"));
    free(page);
    assert_page_is_sound(&f->parts);
    f->effects[0].n_points = 0;
    f->curves[0].n_points = f->curves[0].n_bins = 0;
    f->backtest.n_cutoffs = 0;
    assert_page_is_sound(&f->parts);
    free(f);
}

static void test_wrong_pictures(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    wb_error err;
    assert_int_equal(wb_report_write_picture(&f->parts, "gain", NULL, path_here(), &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "'gains'"));
    assert_int_equal(wb_report_write_picture(&f->parts, "", NULL, path_here(), &err), WB_ERR_ARGUMENT);
    assert_int_equal(wb_report_write_picture(&f->parts, "effects", "no_such", path_here(), &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "no_such"));
    f->parts.drift = NULL;
    assert_int_equal(wb_report_write_picture(&f->parts, "drift", NULL, path_here(), &err), WB_ERR_INCONSISTENT);
    assert_int_equal(wb_report_write(&f->parts, "/no/such/folder/page.html", &err), WB_ERR_IO);
    assert_int_equal(access(path_here(), F_OK), -1);
    free(f);
}

static void test_allocations_that_fail(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    wb_error err;
    wbi_alloc_fail_at(0);
    assert_ok(wb_report_write(&f->parts, path_here(), &err), &err);
    const uint64_t n = wbi_alloc_count();
    remove(path_here());
    assert_true(n > 3);
    for (uint64_t i = 1; i <= n; i++) {
        wbi_alloc_fail_at(i);
        assert_int_equal(wb_report_write(&f->parts, path_here(), &err), WB_ERR_NOMEM);
        assert_int_equal(access(path_here(), F_OK), -1);
    }
    wbi_alloc_fail_at(1);
    assert_int_equal(wb_report_write_picture(&f->parts, "roc", NULL, path_here(), &err), WB_ERR_NOMEM);
    wbi_alloc_fail_at(0);
    free(f);
}

static void test_same_bytes(void **state)
{
    (void)state;
    fixture *f = make_fixture(false);
    char *first = page_of(&f->parts), *second = page_of(&f->parts);
    assert_string_equal(first, second);
    free(first);
    free(second);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_escaped),
        cmocka_unit_test(test_any_bytes_are_fit),
        cmocka_unit_test(test_text_is_cut_in_the_middle),
        cmocka_unit_test(test_numbers_are_readable),
        cmocka_unit_test(test_ticks_are_round),
        cmocka_unit_test(test_ticks_of_no_range),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_page_is_well_formed),
        cmocka_unit_test(test_category_called_script),
        cmocka_unit_test(test_every_picture),
        cmocka_unit_test(test_marks_stand_where_values_say),
        cmocka_unit_test(test_campaigns_by_depth),
        cmocka_unit_test(test_uplift),
        cmocka_unit_test(test_readout),
        cmocka_unit_test(test_customers_only_when_given),
        cmocka_unit_test(test_parts_that_are_absent),
        cmocka_unit_test(test_one_class),
        cmocka_unit_test(test_no_better_than_chance),
        cmocka_unit_test(test_too_good_to_be_true),
        cmocka_unit_test(test_how_many_to_contact),
        cmocka_unit_test(test_advice_of_a_campaign),
        cmocka_unit_test(test_advice_of_uplift),
        cmocka_unit_test(test_probabilities_that_are_off),
        cmocka_unit_test(test_only_moved_scores_are_acted_on),
        cmocka_unit_test(test_where_it_fails),
        cmocka_unit_test(test_words_of_the_outcome),
        cmocka_unit_test(test_figures_that_are_not_finite),
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_wrong_pictures),
        cmocka_unit_test(test_allocations_that_fail),
        cmocka_unit_test(test_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
