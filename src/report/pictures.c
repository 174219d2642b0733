/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pictures there are, and what several of them ask of the parts. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "report/page.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

static bool is_leaving(const char *target)
{
    static const char *const words[] = {"churn", "lapse", "cancel", "attrit", "left", "leav", "lost"};
    for (size_t i = 0; target != NULL && i < N_OF(words); i++)
        if (strcasestr(target, words[i]) != NULL)
            return true;
    return false;
}

/* The label's name where it is a plain one. */
static const char *plain_label(const wb_report_parts *parts)
{
    static const char prefix[] = "label_", plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *target = parts->evaluation != NULL ? parts->evaluation->target : NULL;
    enum { LETTERS = 24 };
    if (target != NULL && strncmp(target, prefix, strlen(prefix)) == 0)
        target += strlen(prefix);
    const size_t n = target == NULL ? 0 : strlen(target);
    return n > 0 && n <= LETTERS && strspn(target, plain) == n ? target : "the outcome";
}

wbi_words wbi_words_of(const wb_report_parts *parts)
{
    if (is_leaving(parts->evaluation != NULL ? parts->evaluation->target : NULL))
        return (wbi_words){"leavers", "stayers", "a leaver", "a stayer", "left", "Leavers reached", "risk"};
    wbi_words words = {.others = "customers without", .other = "a customer without", .risk = "score"};
    const char *label = plain_label(parts);
    snprintf(words.who, sizeof words.who, "customers with %s", label);
    snprintf(words.one, sizeof words.one, "a customer with %s", label);
    snprintf(words.did, sizeof words.did, "had %s", label);
    snprintf(words.reached, sizeof words.reached, "Reached of those with %s", label);
    return words;
}

/* What a word in braces stands for; *length is that of the braces and what they hold. */
static const char *word_for(const wbi_words *words, const char *brace, size_t *length)
{
    static const char *const names[] = {"{who}", "{others}", "{one}", "{other}"};
    const char *const of[] = {words->who, words->others, words->one, words->other};
    for (size_t i = 0; i < N_OF(names); i++) {
        *length = strlen(names[i]);
        if (strncmp(brace, names[i], *length) == 0)
            return of[i];
    }
    return NULL;
}

wbi_sentence wbi_worded(const wb_report_parts *parts, const char *text)
{
    const wbi_words words = wbi_words_of(parts);
    wbi_sentence made = {{0}};
    size_t n = 0;
    while (*text != '\0' && n + 1 < sizeof made.text) {
        size_t length;
        const char *word = word_for(&words, text, &length);
        if (word == NULL) {
            made.text[n++] = *text++;
            continue;
        }
        n += (size_t)snprintf(made.text + n, sizeof made.text - n, "%s", word);
        text += length;
    }
    return made;
}

const wb_evaluated *wbi_score_of(const wb_report_parts *parts, size_t n)
{
    const wb_evaluation *e = parts->evaluation;
    for (size_t i = 0; e != NULL && i < e->n_groups; i++)
        if (e->groups[i].by == NULL && e->groups[i].segment == NULL && n-- == 0)
            return &e->groups[i];
    return NULL;
}

const wb_evaluated *wbi_first_score(const wb_report_parts *parts)
{
    return wbi_score_of(parts, 0);
}

/* Of both outcomes: with one class there is nothing to draw. */
bool wbi_has_curves(const wb_report_parts *parts)
{
    const wb_evaluated *score = wbi_first_score(parts);
    return score != NULL && score->curves != NULL && score->curves->n_points > 1 && isfinite(score->metrics.auc);
}

static bool has_bins(const wb_report_parts *parts)
{
    const wb_evaluated *score = wbi_first_score(parts);
    return score != NULL && score->curves != NULL && score->curves->n_bins > 0;
}

bool wbi_has_effects(const wb_report_parts *parts)
{
    return parts->explanation != NULL && parts->explanation->n_effects > 0;
}

bool wbi_has_drift(const wb_report_parts *parts)
{
    return parts->drift != NULL && parts->drift->n_features > 0;
}

static const wbi_picture pictures[] = {
    {"gains", "Cumulative gains",
     "How many of all {who} a campaign reaches when it contacts the highest scores first. The further above the dashed line, the better.",
     wbi_has_curves, wbi_draw_gains},
    {"lift", "Lift", "How many times more {who} there are among those contacted than on average.", wbi_has_curves,
     wbi_draw_lift},
    {"roc", "ROC curve", "How many {who} are found against how many {others} are called by mistake, at every threshold. The nearer to the upper left, the better.",
     wbi_has_curves, wbi_draw_roc},
    {"pr", "Precision and recall", "How many of those called are {who}, as more of all {who} are found.", wbi_has_curves,
     wbi_draw_pr},
    {"calibration", "Calibration",
     "Where the dots lie on the dashed line, probabilities are true. Bars are 95 % intervals; the grey shape says how many customers there are.",
     has_bins, wbi_draw_calibration},
    {"histogram", "Scores by outcome", "The further apart the two shapes, the better the scores tell the outcomes apart.", has_bins,
     wbi_draw_histogram},
    {"profit", "Profit of a campaign", "Expected profit, over all customers, by the share that is contacted. The dot is the best campaign.",
     wbi_has_profit, wbi_draw_profit},
    {"qini", "Qini curve", "What treating customers gains over leaving them alone, the highest scores first. The further above the dashed line, the better the score tells whom treatment serves.",
     wbi_has_uplift, wbi_draw_qini},
    {"backtest", "AUC at later cutoffs", "What a model trained before each cutoff was worth on what came after it.", wbi_has_backtest,
     wbi_draw_backtest},
    {"ageing", "AUC lost as a model ages", "How much worse an older model is than the freshest, on the same cutoffs. Above 0 is worse.",
     wbi_has_ageing, wbi_draw_ageing},
    {"effects", "What drives the score", "What each term adds to the log-odds; above 0 raises the probability.", wbi_has_effects, NULL},
    {"drift", "Drift since training", "How far the customers of today are from those the model learned from. The dashed lines stand at 0.1, some drift, and 0.25, major; bars end at 1.",
     wbi_has_drift, wbi_draw_drift},
    {"segments", "Customers by segment",
     "Areas are numbers of customers. Colours say how long ago the customers of a segment ordered, by their mean score R: 5 for the latest fifth, 1 for those longest gone.",
     wbi_has_segments, wbi_draw_segments},
    {"campaign", "Profit by depth", "What the campaign brings as it reaches further down the customers. The shape is the 95 % interval by "
     "what the keep rate may be.", wbi_has_campaign_depths, wbi_draw_campaign},
    {"cohorts", "Retention by month of the first order (%)",
     "Each row holds the customers whose first order was in that month: how many there are, and what percentage of them ordered so many months later. The darker, the more.",
     wbi_has_cohorts, wbi_draw_cohorts},
    {"readout", "What the campaign changed",
     "Each dot is how much more of those who were to be contacted did it than of those held out, each bar its interval; where the bar crosses the dashed line, the campaign may have done nothing.",
     wbi_has_readout_rates, wbi_draw_readout},
    {"readout_money", "What the campaign earned a head",
     "How much more those who were to be contacted spent a head than those held out, contacted or not, bought or not.",
     wbi_has_readout_money, wbi_draw_readout_money},
};

const wbi_picture *wbi_picture_at(size_t index)
{
    return index < N_OF(pictures) ? &pictures[index] : NULL;
}

const wbi_picture *wbi_picture_named(const char *name)
{
    for (size_t i = 0; i < N_OF(pictures); i++)
        if (strcmp(pictures[i].name, name) == 0)
            return &pictures[i];
    return NULL;
}
