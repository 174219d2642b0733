/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the figures advise, one item each. */
#include <math.h>

#include "report/page.h"
#include "report/verdict.h"

/* What the campaign on this page comes to. */
static void advise_campaign(wbi_writer *w, const wb_campaign_summary *s)
{
    const wb_campaign_money *list = &s->list;
    if (list->n == 0) {
        wbi_put(w, "<li>Do not contact anybody: <a href=\"#campaign\">the campaign</a> found nobody worth it.</li>\n");
        return;
    }
    wbi_putf(w, "<li>Contact the %s customer%s of <a href=\"#campaign\">the campaign</a>’s list: the expected profit is %s",
             wbi_count(list->n).text, list->n == 1 ? "" : "s", wbi_number((double)list->profit_cents / 100, 2).text);
    if (isfinite(list->low))
        wbi_putf(w, ", between %s and %s", wbi_number(list->low, 2).text, wbi_number(list->high, 2).text);
    if (s->best.n != list->n)
        wbi_putf(w, "; it would be greatest, %s, with %s contacted", wbi_number((double)s->best.profit_cents / 100, 2).text,
                 wbi_count(s->best.n).text);
    wbi_put(w, ".</li>\n");
}

static void advise_contacts(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_curve_point *best;
    if (parts->campaign != NULL) {
        advise_campaign(w, parts->campaign);
        return;
    }
    if (parts->evaluation->profit_from != NULL && parts->evaluation->value_unsaid) {
        wbi_putf(w, "<li>Nobody says what a kept customer is worth (%s is the literature’s, R’s EMP): give <code>value</code> under "
                 "<code>campaign:</code>, or let <code>winback campaign</code> reckon it of the orders; then there is advice on how many "
                 "to contact.</li>\n", wbi_short(parts->evaluation->profit.value).text);
        return;
    }
    if (parts->evaluation->profit_from == NULL) {
        wbi_put(w, "<li>Say in the project file, under <code>campaign:</code>, what a contact and an offer cost and what a kept "
                   "customer is worth; then this page says how many to contact.</li>\n");
        return;
    }
    if ((best = wbi_best_campaign(parts)) == NULL)
        return;
    if (best->depth > 0)
        wbi_putf(w, "<li>Contact the highest %s of the scores: that is where the expected profit is greatest, by <a href=\"#worth\">these "
                 "costs</a>.</li>\n", wbi_percent(best->depth, 0).text);
    else
        wbi_put(w, "<li>Do not contact anybody: by <a href=\"#worth\">these costs</a> no campaign earns what it costs.</li>\n");
}

static void advise_probabilities(wbi_writer *w, const wb_report_parts *parts, const wb_evaluated *score)
{
    const wbi_trueness truth = wbi_truth_of(score);
    const bool is_calibrated = parts->model != NULL && wb_model_summarise(parts->model).calibration.method != WB_CALIBRATION_NONE;
    const double predicted = wbi_mean_predicted(score);
    if (truth == WBI_TRUTH_LOW || truth == WBI_TRUTH_HIGH) {
        wbi_put(w, "<li>The level has moved since training");
        if (isfinite(predicted))
            wbi_putf(w, ", to %s where %s was predicted", wbi_percent(score->metrics.base_rate, 1).text, wbi_percent(predicted, 1).text);
        wbi_put(w, ": train on newer cutoffs.</li>\n");
    } else if (truth > WBI_TRUTH_HIGH && !is_calibrated) {
        wbi_put(w, "<li>Use the scores as a ranking, not as probabilities, or train with <code>--calibrate auto</code>.</li>\n");
    }
}

static void advise_by_score(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluated *score = wbi_first_score(parts);
    if (score == NULL || !isfinite(score->metrics.auc))
        return;
    if (wbi_is_chance(score)) {
        wbi_put(w, "<li><strong>Do not use these scores to choose whom to contact.</strong> Look for features that tell more, and whether "
                   "features and label belong to the same customers.</li>\n");
        return;
    }
    advise_contacts(w, parts);
    advise_probabilities(w, parts, score);
}

/* The probability says who would act if left alone, which is not whom treatment changes. */
static void advise_by_uplift(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_qini *q = &parts->evaluation->uplifts[0].qini;
    if (parts->campaign != NULL)
        advise_campaign(w, parts->campaign);
    else if (!isfinite(q->coefficient))
        return;
    else if (!((isfinite(q->low) ? q->low : q->coefficient) > 0))
        wbi_put(w, "<li><strong>Do not use these scores to choose whom to treat.</strong> What treatment changes on average says whether "
                   "to treat at all.</li>\n");
    else
        wbi_put(w, "<li>Treat those of the highest uplift first; the <a href=\"#uplift\">tenths</a> say how far down treatment still "
                   "changes something. Do not choose by the probability: it tells who acts when left alone, not whom treatment "
                   "changes.</li>\n");
}

static void advise_training(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_backtest *b = parts->backtest;
    if (b != NULL && b->advice.retrain_every_days > 0 && isfinite(b->advice.retrain_every_days))
        wbi_putf(w, "<li>Train again at least every %s days.</li>\n", wbi_number(b->advice.retrain_every_days, 0).text);
    else if (b != NULL && b->advice.lost_days > 0)
        wbi_put(w, "<li>Train again whenever the label allows it: models lose with age.</li>\n");
    if (wbi_has_drift(parts) && wbi_has_moved(parts->drift))
        wbi_put(w, "<li>The scores have moved: look at <a href=\"#moved\">what moved</a>, and train again if the change is there to "
                   "stay.</li>\n");
}

static void advise_leaks(wbi_writer *w, const wb_report_parts *parts)
{
    for (size_t i = 0; i < parts->n_descriptions; i++)
        if (parts->descriptions[i].suspected_leak) {
            wbi_put(w, "<li><strong>Look at the <a href=\"#quality\">features</a> that tell the outcome too well</strong>: they may not "
                       "have been known beforehand, and then the figures are too good to be true.</li>\n");
            return;
        }
}

void wbi_put_advice(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluated *score = wbi_first_score(parts);
    wbi_put(w, "<div><h3>What to do</h3>\n<ul>\n");
    if (wbi_is_of_uplift(parts))
        advise_by_uplift(w, parts);
    else
        advise_by_score(w, parts);
    advise_training(w, parts);
    advise_leaks(w, parts);
    const bool holds_out = parts->campaign != NULL && parts->campaign->n_control > 0;
    if (!holds_out && (score == NULL || wbi_is_of_uplift(parts) || !wbi_is_chance(score)))
        wbi_put(w, "<li>Keep some of the contacted customers aside, at random: only that shows what the campaign changed.</li>\n");
    wbi_put(w, "</ul></div>\n");
}
