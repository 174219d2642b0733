/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <winback/time.h>
#include <winback/version.h>

#include "report/page.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

/* A row of the table of figures. */
typedef struct figure_row {
    const char *name;
    size_t offset;       /* into wb_metrics */
    wbi_figure (*show)(double value, int decimals);
    int decimals;
    const char *meaning;
} figure_row;

#define AT(member) offsetof(wb_metrics, member)
static const figure_row figure_rows[] = {
    {"AUC", AT(auc), wbi_number, 3, "How often {one} scores above {other}; 0.5 is chance"},
    {"Average precision", AT(pr_auc), wbi_number, 3, "Area under precision and recall; chance is the base rate"},
    {"Log loss", AT(log_loss), wbi_number, 4, "Surprise a customer; less is better"},
    {"Brier score", AT(brier), wbi_number, 4, "Mean squared error; less is better"},
    {"– miscalibration", AT(brier_miscalibration), wbi_number, 4, "What recalibration would save"},
    {"– discrimination", AT(brier_discrimination), wbi_number, 4, "What telling customers apart gains; more is better"},
    {"– uncertainty", AT(brier_uncertainty), wbi_number, 4, "What the base rate alone would have"},
    {"Calibration slope", AT(calibration_slope), wbi_number, 3, "1 is right; below, the probabilities are too extreme"},
    {"Calibration intercept", AT(calibration_intercept), wbi_number, 3, "0 is right; above, the probabilities are too low"},
    {"Calibration error", AT(ece), wbi_number, 4, "Mean distance of predicted and observed, over tenths"},
    {"Kolmogorov–Smirnov", AT(ks), wbi_number, 3, "Largest distance between the outcomes' scores"},
    {"Gini", AT(gini), wbi_number, 3, "2 AUC − 1"},
    {"Expected profit", AT(empc), wbi_number, 3, "EMPC a customer: best campaigns, over what the keep rate may be"},
    {"Share to contact", AT(empc_fraction), wbi_percent, 1, "On average over these; the picture is at the mean keep rate"},
};

static double figure_of(const wb_metrics *m, size_t offset)
{
    double value;
    memcpy(&value, (const char *)m + offset, sizeof value);
    return value;
}

void wbi_put_figures_table(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Figure", "#Value", "#Low", "#High", ">What it says"};
    const wb_evaluated *score = wbi_first_score(parts);
    wbi_table_begin(w, "All figures with 95 % intervals", headings, N_OF(headings));
    for (size_t i = 0; i < N_OF(figure_rows); i++) {
        const figure_row *row = &figure_rows[i];
        const double value = figure_of(&score->metrics, row->offset);
        const double low = figure_of(&score->interval.low, row->offset), high = figure_of(&score->interval.high, row->offset);
        wbi_row_begin(w, row->name);
        wbi_cell(w, row->show(value, row->decimals), value);
        wbi_cell(w, row->show(low, row->decimals), low);
        wbi_cell(w, row->show(high, row->decimals), high);
        wbi_cell_sentence(w, wbi_worded(parts, row->meaning).text);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

void wbi_put_depths_table(wbi_writer *w, const wb_report_parts *parts)
{
    const wbi_sentence among = wbi_worded(parts, "#Share of {who}"), share = wbi_worded(parts, "#Of all {who}");
    const char *const headings[] = {"Highest scores", "#Customers", among.text, "#Lift", share.text};
    const wb_evaluated *score = wbi_first_score(parts);
    const wb_metrics *m = &score->metrics, *low = &score->interval.low, *high = &score->interval.high;
    wbi_table_begin(w, "Lift and capture", headings, N_OF(headings));
    for (size_t i = 0; i < WB_N_DEPTHS; i++) {
        const double q = wb_metrics_depth(i), n = ceil((double)m->n * q);
        wbi_row_begin(w, wbi_percent(q, 0).text);
        wbi_cell(w, wbi_number(n, 0), n);
        wbi_cell(w, wbi_percent(m->lift[i] * m->base_rate, 1), m->lift[i] * m->base_rate);
        wbi_cell(w, wbi_with_interval(m->lift[i], low->lift[i], high->lift[i], 2), m->lift[i]);
        wbi_cell(w, wbi_percent_with_interval(m->capture[i], low->capture[i], high->capture[i], 1), m->capture[i]);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

void wbi_put_confusion(wbi_writer *w, const wb_report_parts *parts)
{
    char positive[192];
    const wb_metrics *m = &wbi_first_score(parts)->metrics;
    snprintf(positive, sizeof positive, "#Called (at least %s)", wbi_short(parts->evaluation->threshold).text);
    const char *headings[] = {"Outcome", positive, "#Not called"};
    wbi_table_begin(w, "Who is called at the threshold", headings, N_OF(headings));
    wbi_row_begin(w, wbi_worded(parts, "{who}").text);
    wbi_cell(w, wbi_number(m->true_positive, 0), m->true_positive);
    wbi_cell(w, wbi_number(m->false_negative, 0), m->false_negative);
    wbi_row_end(w);
    wbi_row_begin(w, wbi_worded(parts, "{others}").text);
    wbi_cell(w, wbi_number(m->false_positive, 0), m->false_positive);
    wbi_cell(w, wbi_number(m->true_negative, 0), m->true_negative);
    wbi_row_end(w);
    wbi_table_end(w);
}

static void put_segment(wbi_writer *w, const wb_evaluated *group)
{
    const wb_metrics *m = &group->metrics, *low = &group->interval.low, *high = &group->interval.high;
    wbi_row_begin(w, group->by == NULL ? "all customers" : group->segment == NULL ? "seen within the horizon" : group->segment);
    wbi_cell_text(w, group->segment == NULL ? "" : group->by);
    wbi_cell(w, wbi_count(m->n), (double)m->n);
    wbi_cell(w, wbi_percent(m->base_rate, 1), m->base_rate);
    wbi_cell(w, wbi_with_interval(m->auc, low->auc, high->auc, 3), m->auc);
    wbi_cell(w, wbi_with_interval(m->lift[WB_DEPTH_TENTH], low->lift[WB_DEPTH_TENTH], high->lift[WB_DEPTH_TENTH], 2),
             m->lift[WB_DEPTH_TENTH]);
    wbi_cell(w, wbi_with_interval(m->calibration_intercept, low->calibration_intercept, high->calibration_intercept, 2),
             m->calibration_intercept);
    wbi_cell(w, wbi_number(m->log_loss, 4), m->log_loss);
    wbi_row_end(w);
}

void wbi_put_segments_table(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Segment", "By", "#Customers", "#Base rate", "#AUC", "#Lift, top 10 %", "#Calibration intercept",
                                           "#Log loss"};
    const wb_evaluation *evaluation = parts->evaluation;
    const char *score = wbi_first_score(parts)->score;
    wbi_table_begin(w, "Figures by segment", headings, N_OF(headings));
    for (size_t i = 0; i < evaluation->n_groups; i++)
        if (evaluation->groups[i].score == score ||
            (score != NULL && evaluation->groups[i].score != NULL && strcmp(evaluation->groups[i].score, score) == 0))
            put_segment(w, &evaluation->groups[i]);
    wbi_table_end(w);
}

/* A difference with its interval. */
static void put_difference(wbi_writer *w, const wb_metrics_difference *d, size_t offset, int decimals)
{
    const double value = figure_of(&d->difference, offset);
    wbi_cell(w, wbi_with_interval(value, figure_of(&d->interval.low, offset), figure_of(&d->interval.high, offset), decimals),
             value);
}

void wbi_put_pairs_table(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"First", "Other", "#AUC", "#p", "#Log loss", "#Brier score", "#Lift, top 10 %"};
    const wb_evaluation *evaluation = parts->evaluation;
    wbi_table_begin(w, "First score less the other, with paired 95 % intervals", headings, N_OF(headings));
    for (size_t i = 0; i < evaluation->n_pairs; i++) {
        const wb_compared *pair = &evaluation->pairs[i];
        wbi_row_begin(w, pair->first);
        wbi_cell_text(w, pair->second);
        put_difference(w, &pair->figures, AT(auc), 4);
        wbi_cell(w, wbi_p_value(pair->figures.auc_p), pair->figures.auc_p);
        put_difference(w, &pair->figures, AT(log_loss), 4);
        put_difference(w, &pair->figures, AT(brier), 4);
        put_difference(w, &pair->figures, AT(lift[WB_DEPTH_TENTH]), 2);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static void put_cutoff(wbi_writer *w, const wb_backtest_cutoff *cutoff)
{
    char date[WB_TIME_CHARS];
    const wb_metrics *m = &cutoff->fresh.metrics;
    const wb_interval auc = cutoff->fresh.auc_95;
    const double previous = cutoff->previous.n > 0 ? cutoff->previous.auc : NAN;
    const double recency = cutoff->recency.n > 0 ? cutoff->recency.auc : NAN;
    wb_time_format(cutoff->cutoff_us, date);
    wbi_row_begin(w, date);
    wb_time_format(cutoff->fresh.trained_at_us, date);
    wbi_cell_text(w, date);
    wbi_cell(w, wbi_count(m->n), (double)m->n);
    wbi_cell(w, wbi_percent(m->base_rate, 1), m->base_rate);
    wbi_cell(w, wbi_with_interval(m->auc, auc.low, auc.high, 3), m->auc);
    wbi_cell(w, wbi_number(previous, 3), previous);
    wbi_cell(w, wbi_number(recency, 3), recency);
    wbi_cell(w, wbi_number(m->lift[WB_DEPTH_TENTH], 2), m->lift[WB_DEPTH_TENTH]);
    wbi_cell(w, wbi_number(m->calibration_intercept, 2), m->calibration_intercept);
    wbi_cell(w, wbi_number(m->log_loss, 4), m->log_loss);
    wbi_row_end(w);
}

static void put_age(wbi_writer *w, const wb_backtest_age *age)
{
    const wb_interval auc = age->auc_lost_95, log_loss = age->log_loss_lost_95;
    wbi_row_begin(w, wbi_number(age->age_days, 0).text);
    wbi_cell(w, wbi_count(age->n_trials), (double)age->n_trials);
    wbi_cell(w, wbi_number(age->auc, 3), age->auc);
    wbi_cell(w, wbi_with_interval(age->auc_lost, auc.low, auc.high, 4), age->auc_lost);
    wbi_cell(w, wbi_number(age->log_loss, 4), age->log_loss);
    wbi_cell(w, wbi_with_interval(age->log_loss_lost, log_loss.low, log_loss.high, 4), age->log_loss_lost);
    wbi_cell(w, wbi_number(age->lift_10, 2), age->lift_10);
    wbi_row_end(w);
}

void wbi_put_backtest_tables(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Cutoff", "Trained at", "#Customers", "#Base rate", "#AUC", "#Model before", "#Recency alone",
                                           "#Lift, top 10 %", "#Calibration intercept", "#Log loss"};
    static const char *const by_age[] = {"#Age (days)", "#Trials", "#AUC", "#AUC lost", "#Log loss", "#Log loss lost", "#Lift, top 10 %"};
    const wb_backtest *b = parts->backtest;
    wbi_table_begin(w, "By cutoff", headings, N_OF(headings));
    for (size_t i = 0; i < b->n_cutoffs; i++)
        put_cutoff(w, &b->cutoffs[i]);
    wbi_table_end(w);
    if (b->n_ages == 0)
        return;
    wbi_table_begin(w, "By age of the model", by_age, N_OF(by_age));
    for (size_t i = 0; i < b->n_ages; i++)
        put_age(w, &b->ages[i]);
    wbi_table_end(w);
}

static const char *direction_word(int direction)
{
    return direction > 0 ? "▲ raises" : direction < 0 ? "▼ lowers" : "both or neither";
}

void wbi_put_effects_table(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Feature", "#Importance", "More of it", "#Odds ratio a standard deviation", "#p", ">In words",
                                           "Can be acted on"};
    const wb_explanation *explanation = parts->explanation;
    wbi_table_begin(w, "All terms of the model", headings, N_OF(headings));
    for (size_t i = 0; i < explanation->n_effects; i++) {
        const wb_effect *e = &explanation->effects[i];
        wbi_row_begin(w, e->feature);
        wbi_cell(w, wbi_number(e->importance, 3), e->importance);
        wbi_cell_text(w, direction_word(e->direction));
        wbi_cell(w, wbi_with_interval(e->odds_ratio, e->odds_low, e->odds_high, 2), e->odds_ratio);
        wbi_cell(w, wbi_p_value(e->p), e->p);
        wbi_cell_sentence(w, e->sentence);
        wbi_cell_text(w, e->actionable ? "yes" : "");
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static void put_drifted(wbi_writer *w, const wb_drift_feature *f)
{
    static const char *const verdicts[] = {"none", "some", "major"};
    wbi_row_begin(w, f->feature);
    wbi_cell(w, wbi_number(f->psi, 3), f->psi);
    wbi_cell(w, wbi_number(f->critical, 4), f->critical);
    wbi_cell_text(w, verdicts[f->verdict]);
    wbi_cell(w, wbi_percent(f->missing_before, 1), f->missing_before);
    wbi_cell(w, wbi_percent(f->missing_now, 1), f->missing_now);
    wbi_cell(w, wbi_percent(f->unseen_now, 1), f->unseen_now);
    wbi_cell(w, wbi_number(f->importance, 3), f->importance);
    wbi_row_end(w);
}

void wbi_put_drift_table(wbi_writer *w, const wb_report_parts *parts)
{
    static const char *const headings[] = {"Feature", "#PSI", "#Chance (95 %)", "Drift", "#Missing before", "#Missing now", "#Unseen now",
                                           "#Importance"};
    const wb_drift *drift = parts->drift;
    wbi_table_begin(w, "Drift of every feature", headings, N_OF(headings));
    if (drift->score.n_bins > 0)
        put_drifted(w, &drift->score);
    for (size_t i = 0; i < drift->n_features; i++)
        put_drifted(w, &drift->features[i]);
    wbi_table_end(w);
}
