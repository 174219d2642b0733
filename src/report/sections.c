/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands under which heading. */
#include <math.h>
#include <string.h>
#include <winback/time.h>

#include "report/page.h"
#include "report/verdict.h"

enum { EFFECTS_OPEN = 12 };

void wbi_put_figure(wbi_writer *w, const wb_report_parts *parts, const char *name)
{
    const wbi_picture *picture = wbi_picture_named(name);
    if (picture == NULL || !picture->has(parts))
        return;
    wbi_putf(w, "<figure><h3>%s</h3>\n", picture->title);
    picture->draw((wbi_canvas){w, WBI_ON_PAGE, 0, 0}, parts);
    wbi_putf(w, "<figcaption>%s</figcaption></figure>\n", wbi_worded(parts, picture->caption).text);
}

static void put_two(wbi_writer *w, const wb_report_parts *parts, const char *first, const char *second)
{
    wbi_put(w, "<div class=\"figures\">\n");
    wbi_put_figure(w, parts, first);
    wbi_put_figure(w, parts, second);
    wbi_put(w, "</div>\n");
}

static bool has_scores(const wb_report_parts *parts)
{
    return wbi_first_score(parts) != NULL;
}

static void put_ranking(wbi_writer *w, const wb_report_parts *parts)
{
    put_two(w, parts, "gains", "lift");
    wbi_put_depths_table(w, parts);
    put_two(w, parts, "roc", "pr");
    wbi_put_confusion(w, parts);
}

static void put_truth(wbi_writer *w, const wb_report_parts *parts)
{
    put_two(w, parts, "calibration", "histogram");
}

/* Profit by the probability of those left alone is nobody's where treatment is what is asked of. */
static bool has_worth(const wb_report_parts *parts)
{
    return wbi_has_profit(parts) && (!wbi_is_of_uplift(parts) || parts->evaluation->profit_from != NULL);
}

static void put_worth(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluation *e = parts->evaluation;
    wbi_putf(w, "<p>A customer who is kept is worth %s, an offer costs %s and a contact %s; ", wbi_short(e->profit.value).text,
             wbi_short(e->profit.offer_cost).text, wbi_short(e->profit.contact_cost).text);
    wbi_putf(w, "of those who would leave, %s take the offer on average. ",
             wbi_percent(e->profit.alpha / (e->profit.alpha + e->profit.beta), 0).text);
    if (e->profit_from != NULL) {
        wbi_put(w, "These come from ");
        wbi_put_text(w, e->profit_from);
        wbi_put(w, ".</p>\n");
    } else {
        wbi_put(w, "These are the usual ones of the literature (R’s EMP), not your own: give them in the project file under "
                   "<code>campaign:</code>.</p>\n");
    }
    wbi_put(w, "<div class=\"figures\">\n");
    wbi_put_figure(w, parts, "profit");
    wbi_put(w, "</div>\n");
}

static void put_uplift(wbi_writer *w, const wb_report_parts *parts)
{
    wbi_put_uplift_text(w, parts);
    wbi_put(w, "<div class=\"figures\">\n");
    wbi_put_figure(w, parts, "qini");
    wbi_put(w, "</div>\n");
    wbi_put_uplift_tables(w, parts);
}

static bool has_segments(const wb_report_parts *parts)
{
    for (size_t i = 0; parts->evaluation != NULL && i < parts->evaluation->n_groups; i++)
        if (parts->evaluation->groups[i].by != NULL)
            return true;
    return false;
}

static void put_segments(wbi_writer *w, const wb_report_parts *parts)
{
    wbi_put(w, "<p>A model that is good on average may fail somewhere. Wide intervals mean few customers.</p>\n");
    wbi_put_segments_table(w, parts);
}

static bool has_pairs(const wb_report_parts *parts)
{
    return parts->evaluation != NULL && parts->evaluation->n_pairs > 0;
}

static void put_over_time(wbi_writer *w, const wb_report_parts *parts)
{
    put_two(w, parts, "backtest", "ageing");
    wbi_put_backtest_tables(w, parts);
}

static void put_effect(wbi_writer *w, const wb_report_parts *parts, size_t at)
{
    const wb_effect *effect = &parts->explanation->effects[at];
    if (effect->n_points == 0)
        return;
    wbi_put(w, "<figure><h3><bdi>");
    wbi_put_name(w, effect->feature);
    wbi_put(w, "</bdi></h3>\n");
    wbi_draw_effect((wbi_canvas){w, WBI_ON_PAGE, 0, 0}, parts, at);
    wbi_put(w, "<figcaption>");
    wbi_put_text(w, effect->sentence);
    wbi_put(w, "</figcaption></figure>\n");
}

static void put_effects(wbi_writer *w, const wb_report_parts *parts)
{
    const size_t n = parts->explanation->n_effects, n_open = n < EFFECTS_OPEN ? n : EFFECTS_OPEN;
    wbi_put(w, "<p>What each feature adds to the log-odds of the outcome, the others being what they are: above 0 it raises the "
               "probability, below it lowers it. All pictures have the same scale, the most important feature comes first. Between two "
               "strokes on an axis lies a tenth of the training rows.</p>\n<div class=\"figures three\">\n");
    for (size_t i = 0; i < n_open; i++)
        put_effect(w, parts, i);
    wbi_put(w, "</div>\n");
    if (n > n_open) {
        wbi_putf(w, "<details><summary>%zu more, of less importance</summary>\n<div class=\"figures three\">\n", n - n_open);
        for (size_t i = n_open; i < n; i++)
            put_effect(w, parts, i);
        wbi_put(w, "</div></details>\n");
    }
    wbi_put_effects_table(w, parts);
}

static void put_drift(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_drift *d = parts->drift;
    wbi_putf(w, "<p>%s rows now against %s of training. The mean probability was %s and is %s.</p>\n", wbi_count(d->n_now).text,
             wbi_count(d->n_before).text, wbi_percent(d->mean_before, 1).text, wbi_percent(d->mean_now, 1).text);
    wbi_put(w, "<div class=\"figures\">\n");
    wbi_put_figure(w, parts, "drift");
    wbi_put(w, "</div>\n");
    wbi_put_drift_table(w, parts);
}

static void put_rfm(wbi_writer *w, const wb_report_parts *parts)
{
    char cutoff[WB_TIME_CHARS];
    wb_time_format(wb_segments_cutoff(parts->segments), cutoff);
    wbi_putf(w, "<p>%s customers of the project’s population with an order before %s, by how recently (R), how often (F) and for how much (M) they ordered; scores "
                "are quintiles, 5 is best.</p>\n", wbi_count(wb_segments_n_customers(parts->segments)).text, cutoff);
    wbi_put(w, "<div class=\"figures\">\n");
    wbi_put_figure(w, parts, "segments");
    wbi_put(w, "</div>\n");
    wbi_put_rfm_table(w, parts);
}

static void put_kpi(wbi_writer *w, const wb_report_parts *parts)
{
    wbi_put(w, "<div class=\"figures\">\n");
    wbi_put_figure(w, parts, "cohorts");
    wbi_put(w, "</div>\n");
    wbi_put_kpi(w, parts);
}

static bool has_quality(const wb_report_parts *parts)
{
    return parts->n_descriptions > 0 || parts->evaluation != NULL;
}

static bool has_customers(const wb_report_parts *parts)
{
    return parts->n_customers > 0;
}

static bool always(const wb_report_parts *parts)
{
    (void)parts;
    return true;
}

static void put_readout(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_readout *r = parts->readout;
    wbi_putf(w, "<p>%s customers, everybody counted where they were drawn, contacted or not.</p>\n<ul>\n",
             wbi_count(r->n_customers).text);
    for (size_t i = 0; i < r->n_sentences; i++) { /* what goes on about the one before is indented */
        if (i > 0)
            wbi_put(w, r->sentences[i][0] == ' ' ? " " : "</li>\n");
        wbi_put(w, i == 0 || r->sentences[i][0] != ' ' ? "<li>" : "");
        wbi_put_text(w, r->sentences[i] + strspn(r->sentences[i], " "));
    }
    wbi_put(w, r->n_sentences > 0 ? "</li>\n</ul>\n" : "</ul>\n");
    put_two(w, parts, "readout", "readout_money");
    wbi_put_readout_tables(w, parts);
}

static const wbi_section sections[] = {
    {"uplift", "Whom treatment serves", wbi_has_uplift, put_uplift},
    {"ranking", "How well it ranks", wbi_has_curves, put_ranking},
    {"truth", "Are the probabilities true?", wbi_has_curves, put_truth},
    {"worth", "What it is worth", has_worth, put_worth},
    {"campaign", "The campaign", wbi_has_campaign, wbi_put_campaign},
    {"figures", "All figures", has_scores, wbi_put_figures_table},
    {"segments", "Where it works, and where it fails", has_segments, put_segments},
    {"comparison", "Against the other scores", has_pairs, wbi_put_pairs_table},
    {"time", "Does it hold over time?", wbi_has_backtest, put_over_time},
    {"drivers", "What drives the score", wbi_has_effects, put_effects},
    {"moved", "Has anything moved since training?", wbi_has_drift, put_drift},
    {"rfm", "Who the customers are", wbi_has_segments, put_rfm},
    {"kpi", "Who stays, leaves and comes back", wbi_has_kpi, put_kpi},
    {"readout", "Did the campaign pay?", wbi_has_readout, put_readout},
    {"quality", "Data quality", has_quality, wbi_put_quality_tables},
    {"customers", "Single customers", has_customers, wbi_put_customers},
    {"facts", "How this came about", always, wbi_put_facts},
};

const wbi_section *wbi_sections(size_t *n)
{
    *n = sizeof sections / sizeof sections[0];
    return sections;
}
