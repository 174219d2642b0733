/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a campaign did: differences from its control group with their intervals. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/page.h"

enum { ROWS_SHOWN = 48, NAME_LETTERS = 26, ROW_PX = 20, FRAME_PX = 58, WIDTH_PX = 560, NAME_BYTES = 256 };
#define LETTER_PX 7.2
/* The axis ends this many half-widths of the whole arm's interval beyond it; small parts' intervals are cut there. */
static const double far = 7;

typedef struct shown_row {
    const wb_readout_group *group;
    size_t arm;
} shown_row;

/* An arm as a whole and its parts, arm after arm. */
static size_t list_rows(shown_row rows[ROWS_SHOWN], const wb_readout *r)
{
    size_t n = 0;
    for (size_t a = 0; a < r->n_arms; a++)
        for (size_t g = 0; g < r->n_groups && n < ROWS_SHOWN; g++)
            rows[n++] = (shown_row){&r->groups[g], a};
    return n;
}

static size_t measure_of(const wb_readout *r, wb_readout_kind kind)
{
    size_t m = 0;
    while (m < r->n_measures && r->measures[m].kind != kind)
        m++;
    return m;
}

static const wb_readout_effect *effect_of(const wb_readout *r, const shown_row *row, size_t measure)
{
    return &row->group->effects[row->arm * r->n_measures + measure];
}

static bool has_kind(const wb_report_parts *parts, wb_readout_kind kind)
{
    return wbi_has_readout(parts) && measure_of(parts->readout, kind) < parts->readout->n_measures;
}

bool wbi_has_readout(const wb_report_parts *parts)
{
    return parts->readout != NULL && parts->readout->n_groups > 0;
}

bool wbi_has_readout_rates(const wb_report_parts *parts)
{
    return has_kind(parts, WB_READOUT_RATE);
}

bool wbi_has_readout_money(const wb_report_parts *parts)
{
    return has_kind(parts, WB_READOUT_MONEY);
}

/* ---- the picture ---- */

static void find_range(wbi_axis *axis, const wb_readout *r, const shown_row *rows, size_t n, size_t measure)
{
    double low = 0, high = 0, least = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        const wb_readout_estimate *e = &effect_of(r, &rows[i], measure)->difference;
        if (isnan(e->low) || isnan(e->high))
            continue;
        const double half = (e->high - e->low) / 2;
        if (rows[i].group->by == NULL) {
            least = fmin(least, e->value - far * half);
            most = fmax(most, e->value + far * half);
        }
        low = fmin(low, e->low);
        high = fmax(high, e->high);
    }
    axis->low = fmax(low, least);
    axis->high = fmin(high, most);
    wbi_ticks_widen(&axis->low, &axis->high, 6);
}

/* "Mens E-Mail", "decile 1", "country DE". */
static void put_label(wbi_writer *w, const wb_readout *r, const shown_row *row)
{
    char text[NAME_BYTES];
    if (row->group->by == NULL)
        snprintf(text, sizeof text, "%s", r->arms[row->arm]);
    else
        snprintf(text, sizeof text, "%s %s", row->group->by, row->group->value);
    wbi_put_text_cut(w, text, NAME_LETTERS);
}

static wbi_figure difference_of(const wb_readout_effect *e, wb_readout_kind kind)
{
    const wb_readout_estimate *d = &e->difference;
    return kind == WB_READOUT_RATE ? wbi_points_with_interval(d->value, d->low, d->high, 2)
                                   : wbi_with_interval(d->value, d->low, d->high, 2);
}

static void draw_row(const wbi_chart *c, const wb_readout *r, const shown_row *row, size_t measure, double y)
{
    wbi_writer *w = c->canvas.w;
    const wb_readout_effect *e = effect_of(r, row, measure);
    const bool is_told = e->verdict == WB_READOUT_HIGHER || e->verdict == WB_READOUT_LOWER, is_all = row->group->by == NULL;
    wbi_putf(w, "<text class=\"%s\" text-anchor=\"end\" x=\"%s\" y=\"%s\">", is_all ? "note" : "level",
             wbi_at(c->across.from - 8).text, wbi_at(wbi_scale_at(&c->up, y) + 4).text);
    put_label(w, r, row);
    wbi_put(w, "</text>\n");
    if (!isfinite(e->difference.value))
        return;
    if (e->verdict != WB_READOUT_UNKNOWN)
        wbi_chart_segment(c, is_all ? "error" : "error part", e->difference.low, y, e->difference.high, y);
    const bool is_beyond = e->difference.value < c->x.low || e->difference.value > c->x.high;
    if (is_beyond)
        wbi_chart_beyond(c, e->verdict == WB_READOUT_UNKNOWN ? "beyond unknown" : "beyond", e->difference.value, y);
    else
        wbi_chart_dot(c, e->verdict == WB_READOUT_UNKNOWN ? "unknown" : is_told ? "one" : "hollow", e->difference.value, y);
    put_label(w, r, row);
    wbi_putf(w, ": %s, %s against %s customers", difference_of(e, r->measures[measure].kind).text, wbi_count(e->n).text,
             wbi_count(e->n_control).text);
    if (is_beyond)
        wbi_chart_beyond_end(c);
    else
        wbi_chart_dot_end(c);
}

static void describe(wbi_writer *w, const wb_readout *r, size_t measure)
{
    wbi_put(w, "Differences from the control group with their intervals.");
    for (size_t a = 0; a < r->n_arms; a++) {
        const shown_row row = {&r->groups[0], a};
        const wb_readout_effect *e = effect_of(r, &row, measure);
        wbi_put(w, " ");
        wbi_put_text(w, r->arms[a]);
        wbi_putf(w, ": %s, %s.", difference_of(e, r->measures[measure].kind).text, wb_readout_verdict_name(e->verdict));
    }
}

static bool has_unknown(const wb_readout *r, const shown_row *rows, size_t n, size_t measure)
{
    for (size_t i = 0; i < n; i++)
        if (effect_of(r, &rows[i], measure)->verdict == WB_READOUT_UNKNOWN)
            return true;
    return false;
}

static void draw(wbi_canvas canvas, const wb_readout *r, wb_readout_kind kind, const char *id, const char *title)
{
    static const wbi_legend legend[] = {
        {"dot one", "Beyond chance"}, {"dot hollow", "Not distinguishable from zero"}, {"dot unknown", "No interval"}};
    const size_t measure = measure_of(r, kind);
    shown_row rows[ROWS_SHOWN];
    const size_t n = list_rows(rows, r);
    char axis[NAME_BYTES];
    snprintf(axis, sizeof axis, "%s%s: difference", r->measures[measure].name, kind == WB_READOUT_RATE ? "" : " a head");
    wbi_chart c = {.canvas = canvas, .id = id, .title = title, .legend = legend, .width = WIDTH_PX};
    c.n_legend = has_unknown(r, rows, n, measure) ? 3 : 2;
    c.margin_left = 20 + LETTER_PX * NAME_LETTERS;
    c.height = (double)(FRAME_PX + ROW_PX * n);
    c.x = (wbi_axis){.title = axis, .form = kind == WB_READOUT_RATE ? WBI_FORM_POINTS : WBI_FORM_NUMBER};
    find_range(&c.x, r, rows, n, measure);
    c.y = (wbi_axis){.form = WBI_FORM_NONE, .low = 0, .high = (double)n};
    wbi_chart_begin(&c);
    describe(canvas.w, r, measure);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "mark", 0, 0, 0, (double)n);
    for (size_t i = 0; i < n; i++)
        draw_row(&c, r, &rows[i], measure, (double)(n - i) - 0.5);
    wbi_chart_end(&c);
}

void wbi_draw_readout(wbi_canvas canvas, const wb_report_parts *parts)
{
    draw(canvas, parts->readout, WB_READOUT_RATE, "readout", "What the campaign changed");
}

void wbi_draw_readout_money(wbi_canvas canvas, const wb_report_parts *parts)
{
    draw(canvas, parts->readout, WB_READOUT_MONEY, "readout-money", "What the campaign earned a head");
}

/* ---- tables ---- */

static void put_level(wbi_writer *w, double value, wb_readout_kind kind)
{
    wbi_cell(w, kind == WB_READOUT_RATE ? wbi_percent(value, value < 0.02 ? 3 : 2) : wbi_number(value, 2), value);
}

static void put_effect_row(wbi_writer *w, const wb_readout *r, const shown_row *row, size_t measure)
{
    const wb_readout_effect *e = effect_of(r, row, measure);
    const wb_readout_kind kind = r->measures[measure].kind;
    wbi_row_begin(w, r->arms[row->arm]);
    wbi_cell_text(w, r->measures[measure].name);
    put_level(w, e->mean, kind);
    put_level(w, e->mean_control, kind);
    wbi_cell(w, difference_of(e, kind), e->difference.value);
    const wb_readout_effect adjusted = {.difference = e->adjusted};
    wbi_cell(w, difference_of(&adjusted, kind), e->adjusted.value);
    wbi_cell_text(w, wb_readout_verdict_name(e->verdict));
    wbi_row_end(w);
}

static void put_effects(wbi_writer *w, const wb_readout *r)
{
    static const char *const headings[] = {"Arm", "What", "#Arm's", "#Control's", "#Difference", "#By tenths of the score", "It is"};
    wbi_table_begin(w, "The campaign against its control group", headings, sizeof headings / sizeof *headings);
    for (size_t a = 0; a < r->n_arms; a++)
        for (size_t m = 0; m < r->n_measures; m++)
            put_effect_row(w, r, &(shown_row){&r->groups[0], a}, m);
    wbi_table_end(w);
}

/* Nothing is said of what was not said. */
static void put_worth_row(wbi_writer *w, const char *arm, const char *what, const wb_readout_estimate *e, int decimals,
                          const char *verdict)
{
    if (isnan(e->value))
        return;
    wbi_row_begin(w, arm);
    wbi_cell_text(w, what);
    wbi_cell(w, wbi_number(e->value, decimals), e->value);
    wbi_cell(w, wbi_number(e->low, decimals), e->low);
    wbi_cell(w, wbi_number(e->high, decimals), e->high);
    wbi_cell_text(w, verdict);
    wbi_row_end(w);
}

static wb_readout_estimate known(double amount, double said)
{
    return (wb_readout_estimate){isnan(said) ? NAN : amount, NAN, NAN};
}

static void put_arm_worth(wbi_writer *w, const wb_readout *r, size_t arm)
{
    const wb_readout_worth *worth = &r->worth[arm];
    const wb_readout_estimate contacts = known((double)worth->contact_cents / 100, r->costs.contact_cost);
    const wb_readout_estimate redeemed = known((double)worth->n_redeemed, r->costs.offer_cost);
    const wb_readout_estimate offers = known((double)worth->offer_cents / 100, r->costs.offer_cost), *back = &worth->return_on_cost;
    const wb_readout_estimate percent = {100 * back->value, 100 * back->low, 100 * back->high};
    const char *name = r->arms[arm];
    put_worth_row(w, name, "more revenue", &worth->revenue, 2, "");
    put_worth_row(w, name, "more margin", &worth->margin, 2, "");
    put_worth_row(w, name, "spent on contacts", &contacts, 2, "");
    put_worth_row(w, name, r->takes_all ? "redeemed (every buyer)" : "redeemed", &redeemed, 0, "");
    put_worth_row(w, name, "spent on offers", &offers, 2, "");
    put_worth_row(w, name, "profit", &worth->profit, 2, wb_readout_verdict_name(worth->verdict));
    put_worth_row(w, name, "return on cost, %", &percent, 1, "");
}

static void put_worth(wbi_writer *w, const wb_readout *r)
{
    static const char *const headings[] = {"Arm", "What", "#Amount", "#Low", "#High", "It is"};
    wbi_table_begin(w, "What it brought and cost", headings, sizeof headings / sizeof *headings);
    for (size_t a = 0; a < r->n_arms; a++)
        put_arm_worth(w, r, a);
    wbi_table_end(w);
}

static void put_part_row(wbi_writer *w, const wb_readout *r, const shown_row *row)
{
    const wb_readout_effect *any = effect_of(r, row, 0);
    wbi_row_begin(w, row->group->value);
    wbi_cell_text(w, row->group->by);
    wbi_cell_text(w, r->arms[row->arm]);
    wbi_cell(w, wbi_count(any->n), (double)any->n);
    wbi_cell(w, wbi_count(any->n_control), (double)any->n_control);
    for (int kind = WB_READOUT_RATE; kind <= WB_READOUT_MONEY; kind++) {
        const size_t m = measure_of(r, (wb_readout_kind)kind);
        if (m == r->n_measures)
            continue;
        const wb_readout_effect *e = effect_of(r, row, m);
        wbi_cell(w, difference_of(e, (wb_readout_kind)kind), e->difference.value);
    }
    wbi_row_end(w);
}

static void put_parts(wbi_writer *w, const wb_readout *r)
{
    const char *headings[7] = {"Part", "Of", "Arm", "#Customers", "#Held out"};
    size_t n = 5;
    if (measure_of(r, WB_READOUT_RATE) < r->n_measures)
        headings[n++] = "#Difference in the rate";
    if (measure_of(r, WB_READOUT_MONEY) < r->n_measures)
        headings[n++] = "#Difference a head";
    wbi_table_begin(w, "By tenth of the score and by segment", headings, n);
    for (size_t a = 0; a < r->n_arms; a++)
        for (size_t g = 1; g < r->n_groups; g++)
            put_part_row(w, r, &(shown_row){&r->groups[g], a});
    wbi_table_end(w);
}

void wbi_put_readout_tables(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_readout *r = parts->readout;
    put_effects(w, r);
    if (r->worth != NULL)
        put_worth(w, r);
    if (r->n_groups > 1)
        put_parts(w, r);
}
