/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results in sentences for readers who decide, not model. */
#include <math.h>
#include <string.h>
#include <winback/time.h>

#include "report/page.h"
#include "report/verdict.h"

enum { FEW_ROWS = 50 };

static void put_tile(wbi_writer *w, const char *name, wbi_figure figure, const char *note)
{
    wbi_put(w, "<div><dt>");
    wbi_put(w, name);
    wbi_putf(w, "</dt><dd><b>%s</b><span>", figure.text);
    wbi_put(w, note);
    wbi_put(w, "</span></dd></div>\n");
}

static void put_tiles(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluated *score = wbi_first_score(parts);
    const wb_metrics *m = &score->metrics;
    const double mean = wbi_mean_predicted(score);
    char note[256];
    wbi_put(w, "<dl class=\"tiles\">\n");
    put_tile(w, "Ranking", wbi_number(m->auc, 3), "AUC; 0.5 is chance");
    put_tile(w, "Top tenth holds", wbi_number(m->lift[WB_DEPTH_TENTH], 1), wbi_worded(parts, "times its share of {who}").text);
    put_tile(w, "Top tenth reaches", wbi_percent(m->capture[WB_DEPTH_TENTH], 0), wbi_worded(parts, "of all {who}").text);
    strcpy(note, "observed");
    if (isfinite(mean)) {
        strcat(note, "; predicted ");
        strcat(note, wbi_percent(mean, 1).text);
    }
    put_tile(w, "Base rate", wbi_percent(m->base_rate, 1), note);
    wbi_put(w, "</dl>\n");
}

static void put_target(wbi_writer *w, const char *target)
{
    static const char prefix[] = "label_";
    if (target == NULL)
        target = "the label";
    wbi_put_name(w, strncmp(target, prefix, strlen(prefix)) == 0 ? target + strlen(prefix) : target);
}

static void put_what(wbi_writer *w, const wb_report_parts *parts, const wb_metrics *m)
{
    wbi_put(w, "<p>The model gives each customer the probability of <b><bdi>");
    put_target(w, parts->evaluation->target);
    wbi_putf(w, "</bdi></b>. It was tried on %s", wbi_count(m->n).text);
    wbi_put(w, parts->evaluated_on != NULL ? " " : " customers");
    wbi_put_text(w, parts->evaluated_on);
    wbi_putf(w, "; %s of them %s.", wbi_percent(m->base_rate, 1).text, wbi_words_of(parts).did);
    if (m->n < WB_FEW_ROWS)
        wbi_put(w, " <strong>These are few: all figures are rough.</strong>");
    wbi_put(w, "</p>\n");
}

static void put_chance(wbi_writer *w, const wb_evaluated *score)
{
    const bool is_below = score->interval.high.auc < 0.5;
    wbi_putf(w, "<p><strong>The scores tell %s: do not use these scores to choose whom to contact.</strong> The AUC is %s; 0.5 is "
             "chance.</p>\n", is_below ? "worse than chance" : "no better than chance",
             wbi_with_interval(score->metrics.auc, score->interval.low.auc, score->interval.high.auc, 3).text);
}

static void put_too_good(wbi_writer *w, const wb_report_parts *parts, const wb_evaluated *score)
{
    wbi_putf(w, "<p><strong>An AUC of %s is too good to be true: a feature may know what came after the cutoff.</strong>",
             wbi_number(score->metrics.auc, 3).text);
    if (wbi_has_effects(parts)) {
        wbi_put(w, " Look first at the most important, <b><bdi>");
        wbi_put_name(w, parts->explanation->effects[0].feature);
        wbi_put(w, "</bdi></b>.");
    }
    wbi_put(w, "</p>\n");
}

static void put_reach(wbi_writer *w, const wb_report_parts *parts, const wb_metrics *m)
{
    const wbi_words words = wbi_words_of(parts);
    const size_t d = WB_DEPTH_TENTH;
    if (!isfinite(m->lift[d]))
        return;
    wbi_putf(w, "<p>Of the 10 %% of customers with the highest %s, %s %s, %s times as many as average. Mailing them reaches %s of "
             "all %s; ", words.risk, wbi_percent(m->lift[d] * m->base_rate, 0).text, words.did, wbi_number(m->lift[d], 1).text,
             wbi_percent(m->capture[d], 0).text, words.who);
    wbi_putf(w, "mailing the highest 30 %% reaches %s.</p>\n", wbi_percent(m->capture[WB_N_DEPTHS - 1], 0).text);
}

static void put_ranking(wbi_writer *w, const wb_report_parts *parts, const wb_evaluated *score)
{
    const wbi_words words = wbi_words_of(parts);
    const wb_metrics *m = &score->metrics;
    if (!isfinite(m->auc)) {
        wbi_put(w, "<p><strong>All customers had the same outcome, so nothing can be said about how well the scores tell.</strong></p>\n");
        return;
    }
    wbi_putf(w, "<p>When %s and %s are drawn at random, the first has the higher score in %s of 100 cases", words.one, words.other, wbi_number(100 * m->auc, 0).text);
    if (isfinite(score->interval.low.auc))
        wbi_putf(w, " (between %s and %s, as far as the data tell)", wbi_number(100 * score->interval.low.auc, 1).text,
                 wbi_number(100 * score->interval.high.auc, 1).text);
    wbi_put(w, "; 50 would be chance.</p>\n");
}

static void put_truth(wbi_writer *w, const wb_evaluated *score)
{
    static const char *const verdicts[] = {
        NULL,
        "The probabilities can be taken at their word: nothing tells them from the shares that were observed.",
        "The probabilities can be taken at their word for practical purposes.",
        "The probabilities are too low.",
        "The probabilities are too high.",
        "High probabilities are too high and low ones too low.",
        "High probabilities are too low and low ones too high."};
    const wbi_trueness found = wbi_truth_of(score);
    if (verdicts[found] == NULL)
        return;
    wbi_putf(w, "<p>%s On average over tenths of the customers, predicted and observed lie %s percentage points apart.</p>\n",
             verdicts[found], wbi_number(100 * score->metrics.ece, 1).text);
}

static void put_seen(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluated *seen = wbi_seen_group(parts);
    if (seen == NULL)
        return;
    wbi_put(w, "<p>Among customers seen within the last ");
    if (parts->evaluation->seen_within_us > 0)
        wbi_putf(w, "%s days", wbi_number((double)parts->evaluation->seen_within_us / WB_DAY_US, 0).text);
    else
        wbi_put(w, "horizon");
    wbi_putf(w, ": AUC %s.</p>\n",
             wbi_with_interval(seen->metrics.auc, seen->interval.low.auc, seen->interval.high.auc, 3).text);
}

static void put_segment_name(wbi_writer *w, const wb_evaluated *group)
{
    wbi_put(w, "<b><bdi>");
    wbi_put_name(w, group->by);
    wbi_put(w, "</bdi> <bdi>");
    wbi_put_name(w, group->segment);
    wbi_put(w, "</bdi></b>");
}

static void put_weakest(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluated *weakest = wbi_weakest_segment(parts), *falsest = wbi_falsest_segment(parts);
    if (weakest == NULL)
        return;
    wbi_put(w, "<p>It ranks worst among ");
    put_segment_name(w, weakest);
    wbi_putf(w, ": AUC %s of %s rows.", wbi_with_interval(weakest->metrics.auc, weakest->interval.low.auc, weakest->interval.high.auc, 3).text,
             wbi_count(weakest->metrics.n).text);
    if (falsest != NULL) {
        wbi_put(w, " Probabilities are furthest off among ");
        put_segment_name(w, falsest);
        wbi_putf(w, ", where they are too %s.", falsest->metrics.calibration_intercept > 0 ? "low" : "high");
    }
    wbi_put(w, "</p>\n");
}

static void put_ageing(wbi_writer *w, const wb_backtest_advice *advice)
{
    if (isnan(advice->retrain_every_days))
        wbi_put(w, " These are too few to say how fast models grow old.");
    else if (isinf(advice->retrain_every_days))
        wbi_putf(w, " Models lost nothing with age; those of %s days were shown to be as good as the freshest.",
                 wbi_number(advice->kept_days, 0).text);
    else if (advice->retrain_every_days > 0)
        wbi_putf(w, " Models up to %s days older were not worse beyond chance; of %s days they were.",
                 wbi_number(advice->retrain_every_days, 0).text, wbi_number(advice->lost_days, 0).text);
    else
        wbi_putf(w, " Models only %s days older were worse already.", wbi_number(advice->lost_days, 0).text);
}

static void put_over_time(wbi_writer *w, const wb_backtest *b)
{
    double least = NAN, most = NAN, gain = 0;
    size_t n_gains = 0;
    for (size_t i = 0; i < b->n_cutoffs; i++) {
        const wb_backtest_cutoff *cutoff = &b->cutoffs[i];
        least = fmin(least, cutoff->fresh.metrics.auc);
        most = fmax(most, cutoff->fresh.metrics.auc);
        if (cutoff->recency.n > 0 && isfinite(cutoff->recency.auc) && isfinite(cutoff->fresh.metrics.auc)) {
            gain += cutoff->fresh.metrics.auc - cutoff->recency.auc;
            n_gains++;
        }
    }
    wbi_putf(w, "<p>Tried at %zu past cutoff%s, the AUC was between %s and %s.", b->n_cutoffs, b->n_cutoffs == 1 ? "" : "s",
             wbi_number(least, 3).text, wbi_number(most, 3).text);
    if (n_gains > 0)
        wbi_putf(w, " That is %s %s on average than the time since the last event alone would give.",
                 wbi_number(fabs(gain / (double)n_gains), 3).text, gain >= 0 ? "more" : "less");
    put_ageing(w, &b->advice);
    wbi_put(w, "</p>\n");
}

/* Without a test what the folds of training said. */
static void put_folds(wbi_writer *w, const wb_model *model)
{
    const wb_model_summary s = wb_model_summarise(model);
    wbi_put(w, "<p>The model gives each customer the probability of <b><bdi>");
    put_target(w, s.target);
    wbi_putf(w, "</bdi></b>. It learned from %s rows, of which %s had the outcome, and was not tried on later ones.",
             wbi_count(s.n_rows).text, wbi_percent(s.base_rate, 1).text);
    if (isfinite(s.out_of_fold.auc))
        wbi_putf(w, " Within its training, on customers left out, the AUC was %s.", wbi_number(s.out_of_fold.auc, 3).text);
    wbi_put(w, "</p>\n");
}

static void put_drift(wbi_writer *w, const wb_drift *drift)
{
    static const char *const of_score[] = {"have not moved", "have moved somewhat", "have moved far"};
    const size_t n_major = wbi_n_drifted(drift, WB_DRIFT_MAJOR), n_some = wbi_n_drifted(drift, WB_DRIFT_SOME);
    wbi_put(w, "<p>");
    if (drift->score.n_bins > 0)
        wbi_putf(w, "The scores of today’s customers %s since training. ", of_score[drift->score.verdict]);
    if (n_major + n_some == 0)
        wbi_putf(w, "The customers look like those of training: none of %zu features has moved.</p>\n", drift->n_features);
    else
        wbi_putf(w, "Of %zu features, %zu moved far and %zu somewhat; see <a href=\"#moved\">what moved</a>.</p>\n", drift->n_features,
                 n_major, n_some);
}

static void put_drivers(wbi_writer *w, const wb_explanation *explanation)
{
    const size_t n = explanation->n_effects < 3 ? explanation->n_effects : 3;
    wbi_put(w, "<p>What moves the scores most: ");
    for (size_t i = 0; i < n; i++) {
        wbi_put(w, i == 0 ? "<b><bdi>" : ", <b><bdi>");
        wbi_put_name(w, explanation->effects[i].feature);
        wbi_put(w, "</bdi></b>");
    }
    wbi_put(w, ".</p>\n");
}

/* Of scores no better than chance nothing that one might act on. */
static void put_told(wbi_writer *w, const wb_report_parts *parts, const wb_evaluated *score)
{
    const bool is_chance = wbi_is_chance(score);
    if (is_chance)
        put_chance(w, score);
    if (wbi_is_too_good(score))
        put_too_good(w, parts, score);
    put_what(w, parts, &score->metrics);
    if (!is_chance)
        put_reach(w, parts, &score->metrics);
    put_ranking(w, parts, score);
    put_seen(w, parts);
    put_weakest(w, parts);
    if (!is_chance)
        put_truth(w, score);
}

/* ---- of uplift ---- */

static void put_uplift_tiles(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_qini *q = &parts->evaluation->uplifts[0].qini;
    const double n = q->all.n_treated + q->all.n_control;
    wbi_put(w, "<dl class=\"tiles\">\n");
    put_tile(w, "Qini", wbi_short(1000 * q->coefficient / n), "gained per 1,000 customers; 0 is chance");
    put_tile(w, "Difference", wbi_points(q->all.difference, 1), "points, treated less others");
    put_tile(w, "Treated", wbi_percent(q->all.rate_treated, 1), "observed");
    put_tile(w, "Others", wbi_percent(q->all.rate_control, 1), "observed");
    wbi_put(w, "</dl>\n");
}

static void put_uplift_told(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluation *e = parts->evaluation;
    const wb_qini *q = &e->uplifts[0].qini;
    const bool is_shown = (isfinite(q->low) ? q->low : q->coefficient) > 0;
    const wbi_figure figure = wbi_with_interval(q->coefficient, q->low, q->high, 1);
    if (is_shown)
        wbi_putf(w, "<p>The scores tell whom treatment serves better than chance: the Qini coefficient is %s; 0 is chance.</p>\n",
                 figure.text);
    else
        wbi_putf(w, "<p><strong>The scores tell whom treatment serves %s chance.</strong> The Qini coefficient is %s; 0 is chance.</p>\n",
                 q->high < 0 ? "worse than" : "no better than", figure.text);
    wbi_put(w, "<p>They say by how much treatment changes the probability of <b><bdi>");
    put_target(w, e->target);
    wbi_putf(w, "</bdi></b>. They were tried on %s treated customers and %s others", wbi_count(e->n_treated).text,
             wbi_count(e->n_rows).text);
    wbi_putf(w, "; over all of them treatment changed the rate by %s.", wbi_points_with_interval(q->all.difference, q->all.low,
             q->all.high, 1).text);
    if (e->n_treated < WB_FEW_ROWS || e->n_rows < WB_FEW_ROWS)
        wbi_put(w, " <strong>These are few: all figures are rough.</strong>");
    wbi_put(w, "</p>\n");
}

void wbi_put_summary(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluated *score = wbi_first_score(parts);
    wbi_put(w, "<section id=\"summary\" class=\"summary\" aria-labelledby=\"summary-heading\">\n"
               "<h2 id=\"summary-heading\">Summary</h2>\n");
    const bool is_of_uplift = wbi_is_of_uplift(parts);
    if (is_of_uplift)
        put_uplift_tiles(w, parts);
    else if (score != NULL && isfinite(score->metrics.auc))
        put_tiles(w, parts);
    wbi_put(w, "<div class=\"telling\">\n<div>\n");
    if (is_of_uplift)
        put_uplift_told(w, parts);
    else if (score != NULL)
        put_told(w, parts, score);
    if (score == NULL && !is_of_uplift && parts->model != NULL)
        put_folds(w, parts->model);
    if (wbi_has_backtest(parts))
        put_over_time(w, parts->backtest);
    if (wbi_has_drift(parts))
        put_drift(w, parts->drift);
    if (wbi_has_effects(parts))
        put_drivers(w, parts->explanation);
    wbi_put(w, "</div>\n");
    wbi_put_advice(w, parts);
    wbi_put(w, "</div>\n</section>\n");
}
