/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the figures allow to be said, in words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "readout/readout.h"

enum { SENTENCE_CHARS = 768, FIGURE_CHARS = 48, NAME_CHARS = 48 };

typedef struct figure {
    char text[FIGURE_CHARS];
} figure;
typedef struct range {
    char text[4 * FIGURE_CHARS];
} range;

/* "12,345.60"; with a sign where it is asked for. */
static figure amount(double value, int decimals, int with_sign)
{
    char digits[FIGURE_CHARS];
    figure out = {{0}};
    snprintf(digits, sizeof digits, "%.*f", decimals, fabs(value));
    const size_t whole = strcspn(digits, "."), n = strlen(digits);
    const int is_zero = strspn(digits, "0.") == n;
    size_t used = 0;
    if (value < 0 && !is_zero)
        out.text[used++] = '-';
    else if (with_sign && !is_zero)
        out.text[used++] = '+';
    for (size_t k = 0; k < n && used + 2 < sizeof out.text; k++) {
        if (k > 0 && k < whole && (whole - k) % 3 == 0)
            out.text[used++] = ',';
        out.text[used++] = digits[k];
    }
    return out;
}

static figure whole(uint64_t n)
{
    return amount((double)n, 0, 0);
}

/* As many decimals of a share in percent as its size asks for: 18.28, 1.253. */
static int decimals_of(const wb_readout_effect *e)
{
    return fmax(e->mean, e->mean_control) < 0.02 ? 3 : 2;
}

static wb_status say(wbi_readout *r, const char *text, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&r->sentences, &r->sentences_capacity, r->result.n_sentences, sizeof *r->sentences, err));
    r->result.sentences = r->sentences;
    WBI_TRY(wbi_readout_keep(r, &r->sentences[r->result.n_sentences], text, strlen(text), err));
    r->result.n_sentences++;
    return WB_OK;
}

static const char *verdict_words(wb_readout_verdict verdict)
{
    static const char *const words[] = {"no interval can be made", "not distinguishable from zero", "above zero", "below zero"};
    return words[verdict];
}

/* "+2.10 points (95 % interval -0.90 to +5.00), not distinguishable from zero" */
static void put_difference(char *out, size_t size, const wb_readout *r, const wb_readout_estimate *e, double by, int decimals,
                           const char *unit)
{
    const wb_readout_verdict verdict = wbi_readout_verdict_of(e);
    if (verdict == WB_READOUT_UNKNOWN)
        snprintf(out, size, "%s%s (%s)", amount(by * e->value, decimals, 1).text, unit, verdict_words(verdict));
    else
        snprintf(out, size, "%s%s (%g %% interval %s to %s), %s", amount(by * e->value, decimals, 1).text, unit, 100 * r->level,
                 amount(by * e->low, decimals, 1).text, amount(by * e->high, decimals, 1).text, verdict_words(verdict));
}

static const char *arm_name(char text[NAME_CHARS], const wb_readout *r, size_t arm)
{
    return wbi_printable(text, NAME_CHARS, r->arms[arm], strlen(r->arms[arm]));
}

static wb_status say_effect(wbi_readout *r, size_t arm, size_t measure, wb_error *err)
{
    const wb_readout *result = &r->result;
    const wb_readout_effect *e = &r->groups[0].effects[arm * result->n_measures + measure];
    const int is_rate = r->measures[measure].kind == WB_READOUT_RATE, decimals = is_rate ? decimals_of(e) : 2;
    const double by = is_rate ? 100 : 1;
    const char *unit = is_rate ? " points" : " a head", *sign = is_rate ? " %" : "";
    char text[SENTENCE_CHARS], name[NAME_CHARS], own[NAME_CHARS], control[NAME_CHARS], difference[SENTENCE_CHARS / 2];
    put_difference(difference, sizeof difference, result, &e->difference, by, decimals, unit);
    snprintf(text, sizeof text, "%s, %s against %s: %s%s against %s%s, %s.",
             wbi_printable(name, sizeof name, r->measures[measure].name, strlen(r->measures[measure].name)),
             arm_name(own, result, arm), wbi_printable(control, sizeof control, result->control, strlen(result->control)),
             amount(by * e->mean, decimals, 0).text, sign, amount(by * e->mean_control, decimals, 0).text, sign, difference);
    WBI_TRY(say(r, text, err));
    if (isnan(e->adjusted.value))
        return WB_OK;
    put_difference(difference, sizeof difference, result, &e->adjusted, by, decimals, unit);
    snprintf(text, sizeof text, "  Weighted by tenth of the score: %s.", difference);
    return say(r, text, err);
}

/* What the two arms could have shown: 2.80 = 1.96 + 0.84, for intervals of 95 % that leave zero out in four of five campaigns. */
static wb_status say_power(wbi_readout *r, size_t arm, size_t measure, wb_error *err)
{
    const wb_readout_effect *e = &r->groups[0].effects[arm * r->result.n_measures + measure];
    const double n = (double)e->n, n_control = (double)e->n_control, p = (double)(e->sum + e->sum_control) / (n + n_control);
    const double least = 2.80 * sqrt(p * (1 - p) * (1 / n + 1 / n_control));
    char text[SENTENCE_CHARS], name[NAME_CHARS];
    if (r->measures[measure].kind != WB_READOUT_RATE || e->verdict != WB_READOUT_NOT_DISTINGUISHABLE || !(least > 0))
        return WB_OK;
    wbi_printable(name, sizeof name, r->measures[measure].name, strlen(r->measures[measure].name));
    if (least < 1)
        snprintf(text, sizeof text, "  %s customers against %s show a difference in %s reliably (4 times in 5) only from %s points on.",
                 whole(e->n).text, whole(e->n_control).text, name, amount(100 * least, decimals_of(e), 0).text);
    else
        snprintf(text, sizeof text, "  %s customers against %s are too few to show any difference in %s reliably (4 times in 5).",
                 whole(e->n).text, whole(e->n_control).text, name);
    return say(r, text, err);
}

static range range_of(const wb_readout_estimate *e, double by, int decimals, const char *unit)
{
    range out = {{0}};
    const figure value = amount(by * e->value, decimals, 1);
    if (wbi_readout_verdict_of(e) == WB_READOUT_UNKNOWN)
        snprintf(out.text, sizeof out.text, "%s%s", value.text, unit);
    else
        snprintf(out.text, sizeof out.text, "%s%s (%s to %s%s)", value.text, unit, amount(by * e->low, decimals, 1).text,
                 amount(by * e->high, decimals, 1).text, unit);
    return out;
}

static wb_status say_worth(wbi_readout *r, size_t arm, wb_error *err)
{
    const wb_readout_worth *w = &r->worth[arm];
    const double cost = (double)(w->contact_cents + w->offer_cents) / 100;
    char text[SENTENCE_CHARS], name[NAME_CHARS];
    const range revenue = range_of(&w->revenue, 1, 2, "");
    arm_name(name, &r->result, arm);
    if (isnan(w->margin.value)) {
        snprintf(text, sizeof text, "%s brought %s of revenue beyond what the control says would have come anyway; what is left of it is not known without a margin.",
                 name, revenue.text);
        return say(r, text, err);
    }
    snprintf(text, sizeof text, "%s brought %s of revenue beyond what would have come anyway, a margin of %s, and cost %s.", name, revenue.text,
             range_of(&w->margin, 1, 2, "").text, amount(cost, 2, 0).text);
    WBI_TRY(say(r, text, err));
    snprintf(text, sizeof text, "  That leaves %s, %s.", range_of(&w->profit, 1, 2, "").text, verdict_words(w->verdict));
    WBI_TRY(say(r, text, err));
    if (isnan(w->return_on_cost.value))
        return say(r, "  Without costs there is no return on them (contact_cost, offer_cost).", err);
    snprintf(text, sizeof text, "  Return on cost: %s.", range_of(&w->return_on_cost, 100, 1, " %").text);
    return say(r, text, err);
}

static wb_status say_arm(wbi_readout *r, size_t arm, wb_error *err)
{
    for (size_t m = 0; m < r->result.n_measures; m++) {
        WBI_TRY(say_effect(r, arm, m, err));
        WBI_TRY(say_power(r, arm, m, err));
    }
    return r->worth != NULL ? say_worth(r, arm, err) : WB_OK;
}

static wb_status say_caveats(wbi_readout *r, wb_error *err)
{
    const wb_readout *result = &r->result;
    char text[SENTENCE_CHARS];
    if (result->takes_all)
        WBI_TRY(say(r, "Every buyer of an arm is taken to have redeemed the offer: nothing says who did (--redeemed, take_rate).", err));
    if (result->n_pooled > 0) {
        snprintf(text, sizeof text, "%zu tenth%s of the score %s pooled with a neighbour: fewer than two customers in an arm.",
                 result->n_pooled, result->n_pooled == 1 ? "" : "s", result->n_pooled == 1 ? "was" : "were");
        WBI_TRY(say(r, text, err));
    }
    const size_t n_parts = (result->n_groups - 1) * result->n_arms * result->n_measures;
    if (n_parts == 0)
        return WB_OK;
    snprintf(text, sizeof text, "The parts are looked at one by one: of %zu intervals about %s miss the truth by chance.", n_parts,
             amount((1 - result->level) * (double)n_parts, 1, 0).text);
    return say(r, text, err);
}

wb_status wbi_readout_say(wbi_readout *r, wb_error *err)
{
    for (size_t a = 0; a < r->result.n_arms; a++)
        WBI_TRY(say_arm(r, a, err));
    return say_caveats(r, err);
}
