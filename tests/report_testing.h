/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results to make reports of: such as might be, and such as nobody would wish for. */
#ifndef WINBACK_REPORT_TESTING_H
#define WINBACK_REPORT_TESTING_H

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <winback/report.h>
#include <winback/time.h>

#include "segment/segment.h"

/* What a feature, a level or a customer may be called. */
static const char *const hostile_texts[] = {
    "<script>alert(1)</script>",
    "\"quoted\" 'twice' & more]]>-->",
    "\x01\x02\x1b[31m\x7f\xc2\x85 control",
    "\xff\xfe\xc0\xaf broken \xe2\x82",
    "abc \xe2\x80\xae txt.exe \xe2\x81\xa6 right",
    "</title></desc></style><img src=x onerror=alert(1)>",
    "{{constructor}} ${x} %s %n %d",
    "\xe9\xa1\xbe\xe5\xae\xa2\xe4\xba\xba\xe6\x95\xb0\xe3\x81\xae\xe5\x90\x88\xe8\xa8\x88\xe5\x80\xa4\xe3\x81\xae\xe9\x95\xb7\xe3\x81\x84\xe5\x90\x8d\xe5\x89\x8d",
    "orders_amount_sum_of_everything_that_was_ever_bought_by_anyone_in_365d",
    "",
    " ",
    "line\nbreak\ttab",
};
enum { N_HOSTILE = sizeof hostile_texts / sizeof hostile_texts[0] };

enum { N_EFFECTS = 16, N_SEGMENTS = 6, N_CUTOFFS = 11, N_POINTS = 33, N_LEVELS = 9, N_RFM = 11, N_MONTHS = 15, MOST_KPIS = 64,
       N_STEPS = 3, N_PARTS = 14 };

/* Parts with what they point to. */
typedef struct fixture {
    wb_report_parts parts;
    wb_evaluation evaluation;
    wb_evaluated groups[2 + N_SEGMENTS];
    wb_curves curves[2];
    wb_evaluated_uplift uplifts[2];
    wb_compared pair;
    wb_explanation explanation;
    wb_effect effects[N_EFFECTS];
    wb_effect_point points[N_EFFECTS][N_POINTS + 1];
    wb_drift drift;
    wb_drift_feature drifted[N_EFFECTS];
    wb_backtest backtest;
    wb_backtest_cutoff cutoffs[N_CUTOFFS];
    wb_backtest_age ages[N_CUTOFFS];
    wb_segments segmented;
    wb_segment segments[N_RFM];
    wb_kpis kpi;
    wb_kpi_period periods[1 + N_MONTHS];
    wb_kpi_figure figures[(1 + N_MONTHS) * 3 * MOST_KPIS];
    char *kpi_groups[3], *why[MOST_KPIS];
    uint64_t cohort_sizes[N_MONTHS], cohort_orders[N_MONTHS * N_MONTHS];
    wb_campaign_summary campaign;
    wb_campaign_step steps[N_STEPS];
    wb_readout readout;
    wb_readout_group parts_of_readout[N_PARTS];
    wb_readout_effect readout_effects[N_PARTS][4];
    wb_readout_measure measures[2];
    wb_readout_worth worth[2];
    const char *arms[2], *sentences[4];
    wb_description descriptions[N_EFFECTS];
    wb_explained_row customer;
    wb_part reasons[4];
    wb_report_fact facts[4];
    bool hostile;
} fixture;

static const char *plain_or_hostile(const fixture *f, const char *plain, size_t i)
{
    return f->hostile ? hostile_texts[i % N_HOSTILE] : plain;
}

/* Scores whose logit is normal: positives about +d/2, negatives about -d/2, a base rate of 0.3. AUC = Phi(d / sqrt 2). */
static double above(double x)
{
    return 0.5 * erfc(x / sqrt(2));
}

static void fill_curves(wb_curves *c, double d, double base)
{
    c->n_points = 201;
    for (size_t i = 0; i < c->n_points; i++) {
        const double x = 4.5 - 9.0 * (double)i / 200;
        wb_curve_point *p = &c->points[i];
        p->true_positive_rate = i == 0 ? 0 : i == 200 ? 1 : above(x - d / 2);
        p->false_positive_rate = i == 0 ? 0 : i == 200 ? 1 : above(x + d / 2);
        p->depth = base * p->true_positive_rate + (1 - base) * p->false_positive_rate;
        p->precision = p->depth > 0 ? base * p->true_positive_rate / p->depth : NAN;
        p->threshold = 1 / (1 + exp(-(d * x + log(base / (1 - base)))));
        p->profit = 0.3 * 190 * base * p->true_positive_rate - 8 * p->depth;
    }
    c->n_bins = WB_CALIBRATION_BINS;
    for (size_t i = 0; i < c->n_bins; i++) {
        const double p = 0.03 + 0.085 * (double)i;
        c->bins[i] = (wb_calibration_bin){1931, p, p + 0.012 * sin((double)i), p - 0.02, p + 0.025};
    }
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i++) {
        const double p = ((double)i + 0.5) / WB_HISTOGRAM_BINS, logit = log(p / (1 - p)) - log(base / (1 - base));
        const double slope = 1 / (p * (1 - p));
        c->histogram_positive[i] = 5000 * slope * exp(-pow(logit / d - d / 2, 2) / 2);
        c->histogram_negative[i] = 13000 * slope * exp(-pow(logit / d + d / 2, 2) / 2);
    }
}

static wb_metrics metrics_like(double auc, uint64_t n)
{
    wb_metrics m = {.n = n, .n_positive = n * 3 / 10, .base_rate = 0.3, .auc = auc, .pr_auc = 0.69, .log_loss = 0.4417, .brier = 0.1411};
    m.brier_miscalibration = 0.0012;
    m.brier_discrimination = 0.0701;
    m.brier_uncertainty = 0.21;
    m.calibration_slope = 0.982;
    m.calibration_intercept = 0.021;
    m.ece = 0.0114;
    m.ks = 0.52;
    m.gini = 2 * auc - 1;
    for (size_t i = 0; i < WB_N_DEPTHS; i++) {
        m.lift[i] = 3.1 - 0.35 * (double)i;
        m.capture[i] = m.lift[i] * wb_metrics_depth(i);
    }
    m.true_positive = 3120;
    m.false_positive = 1377;
    m.true_negative = 12143;
    m.false_negative = 2674;
    m.empc = 3.41;
    m.empc_fraction = 0.34;
    return m;
}

static wb_metrics_interval interval_like(const wb_metrics *m)
{
    wb_metrics_interval interval = {.low = *m, .high = *m, .auc_se = 0.003, .auc_by = WB_INTERVAL_DELONG, .n_resamples = 1000};
    interval.low.auc -= 0.006;
    interval.high.auc += 0.006;
    interval.low.calibration_slope -= 0.04;
    interval.high.calibration_slope += 0.04;
    interval.low.calibration_intercept -= 0.05;
    interval.high.calibration_intercept += 0.05;
    for (size_t i = 0; i < WB_N_DEPTHS; i++) {
        interval.low.lift[i] -= 0.09;
        interval.high.lift[i] += 0.09;
        interval.low.capture[i] *= 0.97;
        interval.high.capture[i] *= 1.03;
    }
    return interval;
}

static const char *hostile_or_null(const fixture *f)
{
    return f->hostile ? hostile_texts[0] : NULL;
}

/* 10,000 treated and 10,000 others: treating all gains 500, and a half of the area between 500 (2 d - d^2) and its chord. */
static void fill_uplift(fixture *f)
{
    for (size_t s = 0; s < 2; s++) {
        wb_qini *q = &f->uplifts[s].qini;
        f->uplifts[s].score = plain_or_hostile(f, s == 0 ? "uplift" : "probability", 3 + s);
        f->uplifts[s].is_uplift = s == 0;
        *q = (wb_qini){.n = 20000, .n_treated = 10000, .n_resamples = 1000, .n_points = 101, .se = 20};
        q->coefficient = s == 0 ? 500.0 / 6 : -2.5;
        q->low = q->coefficient - 40;
        q->high = q->coefficient + 40;
        q->all = (wb_arm_rates){10000, 10000, 0.15, 0.10, 0.05, 0.041, 0.059, 0.048};
        for (size_t k = 0; k < WB_N_TENTHS; k++) {
            const double adds = 0.1 - 0.01 * (double)k;
            q->tenths[k] = (wb_arm_rates){1000, 1000, 0.1 + adds, 0.1, adds, adds - 0.02, adds + 0.02, adds};
        }
        q->tenths[9] = (wb_arm_rates){0, 1000, NAN, 0.1, NAN, NAN, NAN, 0.01};
        for (size_t i = 0; i < q->n_points; i++) {
            const double depth = (double)i / 100;
            q->points[i] = (wb_qini_point){1 - depth, depth, 500 * (s == 0 ? 2 * depth - depth * depth : depth)};
        }
    }
}

static void fill_evaluation(fixture *f)
{
    static const char *const countries[N_SEGMENTS] = {"DE", "FR", "IT", "AT", "ES", "(missing)"};
    const double auc = above(-1.5 / sqrt(2));
    for (size_t i = 0; i < 2; i++) {
        fill_curves(&f->curves[i], i == 0 ? 1.5 : 1.1, 0.3);
        f->groups[i] = (wb_evaluated){.score = plain_or_hostile(f, i == 0 ? "probability_churn" : "probability_recency", i),
                                      .metrics = metrics_like(i == 0 ? auc : 0.78, 19314), .curves = &f->curves[i]};
        f->groups[i].interval = interval_like(&f->groups[i].metrics);
    }
    for (size_t i = 0; i < N_SEGMENTS; i++) {
        wb_evaluated *g = &f->groups[2 + i];
        *g = (wb_evaluated){.score = f->groups[0].score, .by = "country", .segment = plain_or_hostile(f, countries[i], i)};
        g->metrics = metrics_like(0.86 - 0.01 * (double)i, 9000u >> i);
        g->interval = interval_like(&g->metrics);
    }
    f->pair.first = f->groups[0].score;
    f->pair.second = f->groups[1].score;
    f->pair.figures.difference.auc = 0.0731;
    f->pair.figures.auc_p = 3.2e-9;
    f->evaluation = (wb_evaluation){.target = plain_or_hostile(f, "label_churned", 0), .groups = f->groups, .n_groups = 2 + N_SEGMENTS,
                                    .pairs = &f->pair, .n_pairs = 1, .n_scores = 2, .n_rows = 19314, .n_without_label = 12,
                                    .n_customers = 19314, .profit = WB_PROFIT_MODEL_INIT, .profit_from = hostile_or_null(f), .threshold = 0.5};
    fill_uplift(f);
    f->evaluation.treatment = plain_or_hostile(f, "segment", 0);
    f->evaluation.treated = plain_or_hostile(f, "e-mail", 1);
    f->evaluation.control = plain_or_hostile(f, "none", 2);
    f->evaluation.uplifts = f->uplifts;
    f->evaluation.n_uplifts = 2;
    f->evaluation.n_treated = 10000;
    f->parts.evaluation = &f->evaluation;
    f->parts.evaluated_on = plain_or_hostile(f, "customers at 2024-10-02, which training did not see", 5);
}

static void fill_number(const fixture *f, wb_effect *e, wb_effect_point *points, size_t i)
{
    const double size = 1.4 / (1 + (double)i);
    (void)f;
    for (size_t j = 0; j < N_POINTS; j++) {
        const double t = (double)j / (N_POINTS - 1);
        points[j] = (wb_effect_point){.value = 365 * t * t, .share = t, .is_decile = j % 3 == 0, .log_odds = size * (i % 2 == 0 ? tanh(3 * t - 1.4) : 0.8 - t)};
        points[j].low = points[j].log_odds - 0.05 - 0.2 * t * t;
        points[j].high = points[j].log_odds + 0.05 + 0.2 * t * t;
    }
    e->n_points = N_POINTS;
    e->usual_low = points[0].value;
    e->usual_high = points[N_POINTS - 3].value;
    if (i % 3 == 0) {
        points[N_POINTS] = (wb_effect_point){.value = NAN, .log_odds = 0.3, .low = 0.1, .high = 0.5, .share = 0.04};
        e->n_points++;
    }
}

static void fill_category(fixture *f, wb_effect *e, wb_effect_point *points)
{
    static const char *const channels[N_LEVELS] = {"phone", "web", "app", "shop", "partner", "fair", "letter", "(other)", "(missing)"};
    for (size_t j = 0; j < N_LEVELS; j++) {
        points[j] = (wb_effect_point){.value = NAN, .log_odds = 0.5 - 0.12 * (double)j, .share = 1.0 / N_LEVELS};
        points[j].level = (char *)plain_or_hostile(f, channels[j], j);
        points[j].low = points[j].log_odds - 0.1 - 0.02 * (double)j;
        points[j].high = points[j].log_odds + 0.1 + 0.02 * (double)j;
    }
    e->n_points = N_LEVELS;
}

static void fill_effects(fixture *f)
{
    static const char *const names[N_EFFECTS] = {
        "orders_days_since_last", "orders_count_90d", "channel", "orders_amount_sum_365d", "tickets_open",
        "tickets_first_reply_hours_mean", "account_age_days", "orders_gap_days_mean", "orders_discount_share", "tickets_csat_mean",
        "country", "orders_amount_mean", "orders_trend_30d", "surveys_score_last", "loyalty_points", "referrals_count"};
    for (size_t i = 0; i < N_EFFECTS; i++) {
        wb_effect *e = &f->effects[i];
        *e = (wb_effect){.feature = (char *)plain_or_hostile(f, names[i], i), .kind = "spline", .unit = i % 2 == 0 ? "days" : "",
                         .importance = 0.6 / (1 + (double)i), .direction = (int)(i % 3) - 1, .odds_ratio = 1.4, .odds_low = 1.3,
                         .odds_high = 1.5, .p = 1e-5, .points = f->points[i], .actionable = i % 4 == 0};
        e->sentence = (char *)plain_or_hostile(f, "fewer days since the last order, lower risk", i + 3);
        if (i == 2 || i == 10)
            fill_category(f, e, f->points[i]);
        else
            fill_number(f, e, f->points[i], i);
        f->drifted[i] = (wb_drift_feature){.feature = e->feature, .psi = 0.42 / (1 + (double)i), .critical = 0.004, .missing_before = 0.02,
                                           .missing_now = 0.03, .importance = e->importance};
        f->drifted[i].verdict = f->drifted[i].psi >= 0.25 ? WB_DRIFT_MAJOR : f->drifted[i].psi >= 0.1 ? WB_DRIFT_SOME : WB_DRIFT_NONE;
        f->descriptions[i] = (wb_description){.feature = e->feature, .type = i == 2 || i == 10 ? WB_TYPE_CATEGORY : WB_TYPE_NUMBER,
                                              .n = 19000, .n_missing = 314 * i, .auc = 0.5 + 0.02 * (double)i, .n_levels = 9};
        f->descriptions[i].quantiles[3] = 12.5 * (double)i;
    }
    f->descriptions[3].suspected_leak = 1;
    f->explanation = (wb_explanation){.target = "churned", .effects = f->effects, .n_effects = N_EFFECTS, .base = -0.8};
    f->parts.explanation = &f->explanation;
    f->drift = (wb_drift){.score = {.feature = (char *)"score", .n_bins = 11, .psi = 0.12, .critical = 0.003, .verdict = WB_DRIFT_SOME},
                          .features = f->drifted, .n_features = N_EFFECTS, .n_before = 46051, .n_now = 19500, .mean_before = 0.312,
                          .mean_now = 0.287, .worst = WB_DRIFT_MAJOR};
    f->parts.drift = &f->drift;
    f->parts.descriptions = f->descriptions;
    f->parts.n_descriptions = N_EFFECTS;
}

static wb_interval interval_around(double mean, double half)
{
    return (wb_interval){mean - half, mean + half};
}

static void fill_backtest(fixture *f)
{
    for (size_t i = 0; i < N_CUTOFFS; i++) {
        wb_backtest_cutoff *c = &f->cutoffs[i];
        c->cutoff_us = (19700 + 30 * (int64_t)i) * WB_DAY_US;
        c->fresh = (wb_backtest_trial){.trained_at_us = c->cutoff_us - 90 * WB_DAY_US, .tried_at_us = c->cutoff_us, .n_train_rows = 12000,
                                       .metrics = metrics_like(0.84 + 0.006 * sin((double)i), 15000), .auc_se = 0.004};
        c->fresh.auc_95 = (wb_interval){c->fresh.metrics.auc - 0.008, c->fresh.metrics.auc + 0.008};
        if (i > 0)
            c->previous = metrics_like(0.835 + 0.007 * sin((double)i), 15000);
        c->recency = metrics_like(0.792 + 0.004 * cos((double)i), 15000);
        f->ages[i] = (wb_backtest_age){.age_days = 30 * (double)i, .n_trials = N_CUTOFFS - i, .auc = 0.84 - 0.002 * (double)i,
                                       .log_loss = 0.44, .lift_10 = 2.6, .auc_lost = 0.0018 * (double)i, .log_loss_lost = 0.001 * (double)i,
                                       .auc_lost_se = i == 0 || i == N_CUTOFFS - 1 ? NAN : 0.001, .log_loss_lost_se = 0.0006,
                                       .auc_lost_95 = interval_around(0.0018 * (double)i, i == 0 || i == N_CUTOFFS - 1 ? NAN : 0.0023),
                                       .log_loss_lost_95 = interval_around(0.001 * (double)i, 0.0014)};
    }
    f->backtest = (wb_backtest){.label = (char *)"churned", .horizon_us = 90 * WB_DAY_US, .cutoffs = f->cutoffs, .n_cutoffs = N_CUTOFFS,
                                .ages = f->ages, .n_ages = N_CUTOFFS, .advice = {60, 30, 90}, .seed = 1};
    f->parts.backtest = &f->backtest;
}

static void fill_segments(fixture *f)
{
    static const struct {
        const char *name;
        uint64_t n;
        double r;
    } of[N_RFM] = {{"New", 92, 5},           {"Promising", 148, 4},       {"Champions", 504, 5},      {"Loyal", 723, 3.5},
                   {"Potential loyalists", 177, 4.4}, {"Needs attention", 158, 3}, {"About to sleep", 220, 3}, {"Cannot lose them", 42, 1.6},
                   {"At risk", 435, 1.5},    {"Hibernating", 0, NAN},     {"Lost", 871, 1}};
    const double n = 3370;
    wb_segment *all = &f->segmented.all;
    *all = (wb_segment){.name = "all", .n = 3370, .share = 1, .recency_days = 94.5, .frequency = 3.5, .monetary = 1600, .r = 3, .f = 2.5,
                        .m = 3, .monetary_cents = 3370 * 160000, .monetary_share = 1};
    for (size_t i = 0; i < N_RFM; i++)
        f->segments[i] = (wb_segment){.name = plain_or_hostile(f, of[i].name, i), .n = of[i].n, .share = (double)of[i].n / n,
                                      .recency_days = 250 - 48 * of[i].r, .frequency = of[i].n > 0 ? 3.5 : NAN,
                                      .monetary = of[i].n > 0 ? 1600 : NAN, .r = of[i].r, .f = 2.5, .m = 3,
                                      .monetary_cents = (int64_t)of[i].n * 160000, .monetary_share = (double)of[i].n / n};
    f->segmented.n = 3370;
    f->segmented.segments = f->segments;
    f->segmented.n_segments = N_RFM;
    f->segmented.cutoff_us = 20000 * WB_DAY_US;
    f->parts.segments = &f->segmented;
}

/* By month and by two groups; in one month nobody was new, and one figure was left out. */
static void fill_kpi(fixture *f)
{
    for (size_t p = 0; p <= N_MONTHS; p++)
        f->periods[p] = (wb_kpi_period){(19358 + 31 * (int64_t)(p == 0 ? 0 : p - 1)) * WB_DAY_US,
                                        (19358 + 31 * (int64_t)(p == 0 ? N_MONTHS : p)) * WB_DAY_US};
    for (size_t i = 0; i < (1 + N_MONTHS) * 3 * wb_kpi_n(); i++)
        f->figures[i] = (wb_kpi_figure){0.642 * (double)(1 + i % 7), 642, 1000, i % 3 == 0 ? NAN : 0.61, i % 3 == 0 ? NAN : 0.67};
    for (size_t c = 0; c < N_MONTHS; c++) {
        f->cohort_sizes[c] = c == 9 ? 0 : 1143 - 31 * c;
        for (size_t age = 0; c + age < N_MONTHS; age++)
            f->cohort_orders[c * N_MONTHS + age] = age == 0 ? f->cohort_sizes[c] : f->cohort_sizes[c] * 45 / (100 + 10 * age);
    }
    f->kpi_groups[1] = (char *)plain_or_hostile(f, "Germany", 0);
    f->kpi_groups[2] = (char *)plain_or_hostile(f, "France", 1);
    f->why[wb_kpi_n() - 1] = (char *)"there is no table referrals";
    f->kpi = (wb_kpis){.periods = f->periods, .n_periods = 1 + N_MONTHS, .groups = f->kpi_groups, .n_groups = 3, .by = (char *)"country",
                       .figures = f->figures, .why = f->why, .cohorts = {N_MONTHS, f->periods + 1, f->cohort_sizes, f->cohort_orders},
                       .active_within_us = 90 * WB_DAY_US};
    f->parts.kpi = &f->kpi;
}

/* Profit by depth: 40 - depth/10 each, best at 400 contacts; the interval 300 below and 500 above. */
static wb_campaign_money money_of(uint64_t n)
{
    const double profit = 40 * (double)n - (double)n * (double)n / 20;
    return (wb_campaign_money){.n = n, .contacts_cents = 20 * (int64_t)n, .offers_cents = 300 * (int64_t)n, .cost_cents = 320 * (int64_t)n,
                               .worst_cents = 520 * (int64_t)n, .profit_cents = (int64_t)(100 * profit), .low = profit - 300,
                               .high = profit + 500, .pays = 0.9};
}

static void fill_campaign(fixture *f)
{
    wb_campaign_summary *s = &f->campaign;
    *s = (wb_campaign_summary){.n_scored = 3000, .n_eligible = 1200, .n_worthwhile = 420, .n_capped = 8, .n_beyond = 180, .n_control = 32,
                               .rate = 0.4, .least_effect = 0.1234, .steps = f->steps, .n_steps = N_STEPS, .list = money_of(200),
                               .best = money_of(400), .n_points = 11, .n_budgets = 3, .n_tenths = 2};
    s->settings = (wb_campaign){.name = plain_or_hostile(f, "autumn", 1), .budget = 640};
    for (size_t i = 0; i < N_STEPS; i++)
        f->steps[i] = (wb_campaign_step){plain_or_hostile(f, "no consent to email", i), 600, i == 2};
    for (uint64_t i = 0; i < s->n_points; i++)
        s->points[i] = money_of(80 * i);
    for (size_t i = 0; i < s->n_budgets; i++) {
        s->budgets[i] = money_of(UINT64_C(100) << i);
        s->budget_factors[i] = i == 2 ? (double)INFINITY : 0.5 * (double)(i + 1);
    }
    s->tenths[0] = (wb_campaign_tenth){0.1, 0.2, 100, 16, 5.5, 4.5};
    s->tenths[1] = (wb_campaign_tenth){0.3, 0.9, 100, 0, 7.25, (double)NAN};
    f->parts.campaign = s;
}

static wb_readout_effect effect_of_readout(double control, double difference, double half)
{
    wb_readout_effect e = {.n = 900, .n_control = 100, .mean = control + difference, .mean_control = control,
                           .difference = {difference, difference - half, difference + half}, .adjusted = {NAN, NAN, NAN}};
    e.verdict = isnan(half) ? WB_READOUT_UNKNOWN : difference > half ? WB_READOUT_HIGHER : WB_READOUT_NOT_DISTINGUISHABLE;
    return e;
}

/* Two arms: the first did something, the second perhaps; ten tenths and three segments, the last without an interval. */
static void fill_readout(fixture *f)
{
    wb_readout *r = &f->readout;
    *r = (wb_readout){.control = plain_or_hostile(f, "control", 2), .arms = f->arms, .n_arms = 2, .measures = f->measures, .n_measures = 2,
                      .groups = f->parts_of_readout, .n_groups = N_PARTS, .worth = f->worth, .n_customers = 2900, .level = 0.95,
                      .n_resamples = 2000, .sentences = f->sentences, .n_sentences = 4};
    f->measures[0] = (wb_readout_measure){plain_or_hostile(f, "conversion", 3), WB_READOUT_RATE};
    f->measures[1] = (wb_readout_measure){plain_or_hostile(f, "revenue", 4), WB_READOUT_MONEY};
    for (size_t g = 0; g < N_PARTS; g++) {
        const double wide = g == 0 ? 1 : g == N_PARTS - 1 ? (double)NAN : 3 + (double)(g % 3);
        f->parts_of_readout[g] = (wb_readout_group){g == 0 ? NULL : g <= 10 ? "decile" : plain_or_hostile(f, "segment", g),
                                                    g == 0 ? NULL : plain_or_hostile(f, "At risk", g), f->readout_effects[g]};
        for (size_t a = 0; a < 2; a++) {
            f->readout_effects[g][2 * a] = effect_of_readout(0.12, a == 0 ? 0.05 + 0.004 * (double)g : 0.01, 0.016 * wide);
            f->readout_effects[g][2 * a + 1] = effect_of_readout(8, a == 0 ? 4 : 1, 1.5 * wide);
        }
    }
    for (size_t a = 0; a < 2; a++) {
        f->arms[a] = plain_or_hostile(f, a == 0 ? "mail" : "post", a);
        f->worth[a] = (wb_readout_worth){.revenue = {3600, 2000, 5200}, .margin = {1440, 800, 2080}, .n_redeemed = 150, .contact_cents = 90000,
                                         .offer_cents = 30000, .profit = {240, -400, 880}, .return_on_cost = {0.2, -0.33, 0.73},
                                         .verdict = WB_READOUT_NOT_DISTINGUISHABLE};
    }
    for (size_t i = 0; i < 4; i++)
        f->sentences[i] = plain_or_hostile(f, i == 1 ? "  Weighted by tenth of the score: +4.8 points." : "conversion: +5.0 points, above zero.", i);
    f->parts.readout = r;
}

/* Everything that a report may show; hostile: with the texts above in every place that holds one. */
static fixture *make_fixture(bool hostile)
{
    fixture *f = calloc(1, sizeof *f);
    f->hostile = hostile;
    fill_evaluation(f);
    fill_effects(f);
    fill_backtest(f);
    fill_segments(f);
    fill_kpi(f);
    fill_campaign(f);
    fill_readout(f);
    for (size_t i = 0; i < 4; i++) {
        f->reasons[i] = (wb_part){.feature = (char *)f->effects[i].feature, .value = (char *)plain_or_hostile(f, "212", i + 2),
                                  .sentence = (char *)plain_or_hostile(f, "last order 212 days ago", i), .contribution = 0.8 - 0.3 * (double)i,
                                  .probability_after = 0.5 + 0.1 * (double)i};
        f->facts[i] = (wb_report_fact){plain_or_hostile(f, "Model", i), plain_or_hostile(f, "out/model.json, XXH3 5f0b21c6d2a9e310", i + 1)};
    }
    f->customer = (wb_explained_row){.customer = (char *)plain_or_hostile(f, "C001042", 4), .cutoff = (char *)"2024-10-02", .base = -0.8,
                                     .log_odds = 1.2, .probability = 0.77, .parts = f->reasons, .n_parts = 4};
    f->parts.customers = &f->customer;
    f->parts.n_customers = 1;
    f->parts.facts = f->facts;
    f->parts.n_facts = 4;
    f->parts.title = plain_or_hostile(f, "Who leaves the shop: churn within 90 days", 5);
    return f;
}

#endif
