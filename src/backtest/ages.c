/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/ages.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/memory.h"
#include "metrics/metrics.h"

enum { LEAST_TRIALS = 3 };
static const double CONFIDENCE = 0.95, TWO_SIDED = 0.975;

/* How many trials the i-th cutoff has; *first: the place of its first one. */
static size_t trials_of(const wb_backtest *b, size_t i, size_t *first)
{
    size_t n = 0;
    while (*first + n < b->n_trials && b->trials[*first + n].tried_at_us == b->cutoffs[i].cutoff_us)
        n++;
    return n;
}

static size_t most_trials(const wb_backtest *b)
{
    size_t most = 0;
    for (size_t i = 0, first = 0; i < b->n_cutoffs; i++) {
        const size_t n = trials_of(b, i, &first);
        most = n > most ? n : most;
        first += n;
    }
    return most;
}

static void fill_headlines(wb_backtest *b)
{
    for (size_t i = 0, first = 0; i < b->n_cutoffs; i++) {
        const size_t n = trials_of(b, i, &first);
        b->cutoffs[i].fresh = b->trials[first];
        b->cutoffs[i].previous = n > 1 ? b->trials[first + 1].metrics : wbi_no_metrics();
        first += n;
    }
}

/* Sums over the cutoffs at which models of one age were tried. */
typedef struct sums {
    double age_days, auc, log_loss, lift_10;
    double auc_lost, log_loss_lost, auc_lost_squared, log_loss_lost_squared; /* squares about the mean, in a second pass */
    size_t n;
} sums;

static void add(sums *s, const wb_backtest_trial *fresh, const wb_backtest_trial *old, const wb_backtest_age *mean)
{
    const double auc_lost = fresh->metrics.auc - old->metrics.auc;
    const double log_loss_lost = old->metrics.log_loss - fresh->metrics.log_loss;
    if (isnan(auc_lost))
        return;
    s->n++;
    s->age_days += (double)(fresh->trained_at_us - old->trained_at_us) / (double)WB_DAY_US;
    s->auc += old->metrics.auc;
    s->log_loss += old->metrics.log_loss;
    s->lift_10 += old->metrics.lift[WB_DEPTH_TENTH];
    s->auc_lost += auc_lost;
    s->log_loss_lost += log_loss_lost;
    s->auc_lost_squared += (auc_lost - mean->auc_lost) * (auc_lost - mean->auc_lost);
    s->log_loss_lost_squared += (log_loss_lost - mean->log_loss_lost) * (log_loss_lost - mean->log_loss_lost);
}

static sums sum_up(const wb_backtest *b, size_t age, const wb_backtest_age *mean)
{
    sums s = {.n = 0};
    for (size_t i = 0, first = 0; i < b->n_cutoffs; i++) {
        const size_t n = trials_of(b, i, &first);
        if (age < n)
            add(&s, &b->trials[first], &b->trials[first + age], mean);
        first += n;
    }
    return s;
}

static double standard_error(double squares, size_t n)
{
    return n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : (double)NAN;
}

/* Student's t, at a probability, for the mean of n. */
static double margin(double se, size_t n, double probability)
{
    return n > 1 ? se * gsl_cdf_tdist_Pinv(probability, (double)(n - 1)) : (double)NAN;
}

static wb_interval interval_of(double mean, double se, size_t n)
{
    const double half = margin(se, n, TWO_SIDED);
    return (wb_interval){mean - half, mean + half};
}

static void fill_age(wb_backtest_age *out, const wb_backtest *b, size_t age)
{
    *out = (wb_backtest_age){.n_trials = 0};
    const sums s = sum_up(b, age, out);
    const double n = (double)s.n;
    *out = (wb_backtest_age){.age_days = s.age_days / n,
                             .n_trials = s.n,
                             .auc = s.auc / n,
                             .log_loss = s.log_loss / n,
                             .lift_10 = s.lift_10 / n,
                             .auc_lost = s.auc_lost / n,
                             .log_loss_lost = s.log_loss_lost / n};
    const sums about = sum_up(b, age, out);
    out->auc_lost_se = standard_error(about.auc_lost_squared, s.n);
    out->log_loss_lost_se = standard_error(about.log_loss_lost_squared, s.n);
    out->auc_lost_95 = interval_of(out->auc_lost, out->auc_lost_se, s.n);
    out->log_loss_lost_95 = interval_of(out->log_loss_lost, out->log_loss_lost_se, s.n);
}

/* ---- advice ---- */

static bool is_loss(double lost, double se, size_t n)
{
    return lost >= WB_BACKTEST_TOLERANCE && lost > margin(se, n, CONFIDENCE);
}

static bool has_lost(const wb_backtest_age *age)
{
    return age->n_trials >= LEAST_TRIALS && (is_loss(age->auc_lost, age->auc_lost_se, age->n_trials) ||
                                             is_loss(age->log_loss_lost, age->log_loss_lost_se, age->n_trials));
}

static bool is_kept(const wb_backtest_age *age)
{
    return age->n_trials >= LEAST_TRIALS &&
           age->auc_lost + margin(age->auc_lost_se, age->n_trials, CONFIDENCE) < WB_BACKTEST_TOLERANCE &&
           age->log_loss_lost + margin(age->log_loss_lost_se, age->n_trials, CONFIDENCE) < WB_BACKTEST_TOLERANCE;
}

/* Places among the ages: the last that, with all before it, is as good (0: none), and the first that has lost (n_ages: none). */
static void find_turn(const wb_backtest *b, size_t *kept, size_t *lost)
{
    *kept = 0;
    *lost = 1;
    while (*kept + 1 < b->n_ages && is_kept(&b->ages[*kept + 1]))
        (*kept)++;
    while (*lost < b->n_ages && !has_lost(&b->ages[*lost]))
        (*lost)++;
}

static wb_backtest_advice advise(const wb_backtest *b)
{
    size_t kept, lost;
    find_turn(b, &kept, &lost);
    const bool loses = lost < b->n_ages;
    return (wb_backtest_advice){.retrain_every_days = loses      ? b->ages[lost - 1].age_days
                                                      : kept > 0 ? (double)INFINITY
                                                                 : (double)NAN,
                                .kept_days = kept > 0 ? b->ages[kept].age_days : 0,
                                .lost_days = loses ? b->ages[lost].age_days : (double)NAN};
}

wb_status wbi_backtest_conclude(wb_backtest *b, wb_error *err)
{
    fill_headlines(b);
    b->n_ages = most_trials(b);
    b->ages = wbi_alloc_zeroed(b->n_ages, sizeof *b->ages);
    if (b->ages == NULL)
        return wbi_fail_nomem(err, b->n_ages * sizeof *b->ages);
    for (size_t age = 0; age < b->n_ages; age++)
        fill_age(&b->ages[age], b, age);
    b->advice = advise(b);
    return WB_OK;
}

/* ---- in words ---- */

enum { SPAN_CHARS = 48 };

/* Days, and from two weeks on weeks too, to a tenth. */
static const char *span(char text[SPAN_CHARS], double days)
{
    const double to_tenth = round(10 * days) / 10;
    const int n = snprintf(text, SPAN_CHARS, "%.10g day%s", to_tenth, to_tenth == 1 ? "" : "s");
    if (days >= 14)
        snprintf(text + n, SPAN_CHARS - (size_t)n, " (%.10g weeks)", round(10 * days / 7) / 10);
    return text;
}

static const char *evidence(char *text, size_t size, const wb_backtest_age *age)
{
    snprintf(text, size, "AUC %+.4f ± %.4f, log loss %+.4f ± %.4f, over %zu cutoffs", -age->auc_lost, age->auc_lost_se,
             age->log_loss_lost, age->log_loss_lost_se, age->n_trials);
    return text;
}

const char *wb_backtest_sentence(char text[WB_BACKTEST_SENTENCE_CHARS], const wb_backtest *b)
{
    char every[SPAN_CHARS], old[SPAN_CHARS], why[WB_BACKTEST_SENTENCE_CHARS / 2];
    size_t kept, lost;
    find_turn(b, &kept, &lost);
    if (lost < b->n_ages) {
        span(old, b->ages[lost].age_days);
        evidence(why, sizeof why, &b->ages[lost]);
        if (lost == 1)
            snprintf(text, WB_BACKTEST_SENTENCE_CHARS,
                     "retrain as soon as new labels are complete: models only %s older than the freshest lost (%s)", old, why);
        else
            snprintf(text, WB_BACKTEST_SENTENCE_CHARS, "retrain every %s: models %s older than the freshest lost (%s)",
                     span(every, b->ages[lost - 1].age_days), old, why);
    } else if (kept > 0) {
        snprintf(text, WB_BACKTEST_SENTENCE_CHARS,
                 "no need to retrain was seen: models up to %s older than the freshest were as good (%s)%s",
                 span(old, b->ages[kept].age_days), evidence(why, sizeof why, &b->ages[kept]),
                 kept + 1 < b->n_ages ? "; of older ones too few cutoffs tell" : "");
    } else {
        snprintf(text, WB_BACKTEST_SENTENCE_CHARS,
                 "too few cutoffs to say how often to retrain: it takes %d at which models of one age were tried, and losses that "
                 "vary less",
                 LEAST_TRIALS);
    }
    return text;
}
