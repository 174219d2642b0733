/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From probabilities to a list worth contacting, and a control group that shows what it changed. docs/campaign.md has the
 * formulas. */
#ifndef WINBACK_CAMPAIGN_H
#define WINBACK_CAMPAIGN_H

#include <math.h>
#include <winback/project.h>
#include <winback/segment.h>
#include <winback/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Start from WB_CAMPAIGN_OPTIONS_INIT. Strings are borrowed during the call only. */
typedef struct wb_campaign_options {
    const char *id;          /* customer key of the scores; NULL: customer_id */
    const char *probability; /* column; NULL: probability, or the only one that begins so */
    int64_t at_us;           /* when the scores were made, where they do not say; WB_TIME_MISSING: not known */
    double provable_effect;  /* difference of rates to be shown, more than 0, below 1; NaN: none is asked for */
    const char *edges;       /* of segments, as in wb_segments_options */
} wb_campaign_options;
#define WB_CAMPAIGN_OPTIONS_INIT {NULL, NULL, INT64_MIN, (double)NAN, NULL}

/* What a rule removed. The first that applies to a customer counts. */
typedef struct wb_campaign_step {
    const char *name;
    uint64_t n;
    int is_route; /* not 0: these are in a list of their own, of this name */
} wb_campaign_step;

/* Customers, what contacting them costs, and the profit that is expected; amounts in cents, rounded from sums. */
typedef struct wb_campaign_money {
    uint64_t n;
    int64_t contacts_cents; /* n contacts */
    int64_t offers_cents;   /* the offers expected to be taken */
    int64_t cost_cents;     /* both */
    int64_t worst_cents;    /* when everybody takes the offer */
    int64_t profit_cents;   /* sum of the customers' expected values, each in whole cents */
    double low, high;       /* 95 % interval of the profit, by the distribution of the keep rate, in currency; NaN: none is known */
    double pays;            /* probability that the profit is above 0, by the same; NaN likewise */
} wb_campaign_money;

/* List against control, by tenths of the probability of both together; equal ones stay together. */
enum { WB_CAMPAIGN_TENTHS = 10 };
typedef struct wb_campaign_tenth {
    double low, high;          /* probabilities */
    uint64_t n_list, n_control;
    double value_list, value_control; /* mean expected values; NaN without customers */
} wb_campaign_tenth;

typedef enum wb_campaign_worth {
    WB_CAMPAIGN_BY_AMOUNT = 0, /* campaign.value is an amount */
    WB_CAMPAIGN_BY_COLUMN,     /* … or a column */
    WB_CAMPAIGN_BY_ORDERS      /* margin x expected spend x purchases over the horizon, of customers who have not left */
} wb_campaign_worth;

enum { WB_CAMPAIGN_POINTS = 100, WB_CAMPAIGN_BUDGETS = 6 };

/* Borrowed from the plan. */
typedef struct wb_campaign_summary {
    wb_campaign settings;    /* as used: what was unsaid has its default */
    int costs_unsaid;        /* bits 1, 2, 4: offer_cost, contact_cost, keep_rate are the defaults */
    int64_t cutoff_us;       /* of the scores; WB_TIME_MISSING: not known */
    wb_campaign_worth worth;
    int64_t horizon_us;      /* with WB_CAMPAIGN_BY_ORDERS: over which value is counted */
    int by_uplift;           /* not 0: the scores say how much a contact changes, and keep_rate only says who takes the offer */
    uint64_t n_harmed;       /* of the scored, whose uplift says that a contact makes them likelier to leave */
    double mean_value;       /* of a kept customer, over those of whom it is known */
    uint64_t n_scored;
    const wb_campaign_step *steps; /* in the order in which the rules were asked */
    size_t n_steps;
    uint64_t n_without_value;      /* among the scored, whatever was done with them */
    uint64_t n_eligible;     /* whom no rule removed */
    uint64_t n_worthwhile;   /* of these, whose expected value is above 0 */
    uint64_t n_capped;       /* of these, met when a cap was full */
    uint64_t n_beyond;       /* … and met when budget or max_contacts were used up */
    uint64_t n_control;      /* … and held out */
    wb_campaign_money list;
    double rate;             /* mean probability over list and control */
    double least_effect;     /* difference of rates that is shown with a power of 80 % at 5 %; NaN: a group is empty */
    double holdout_needed;   /* for options->provable_effect, of as many customers; NaN: none is enough, or not asked */
    double customers_needed; /* … of how many customers half would do; NaN: not asked */
    wb_campaign_tenth tenths[WB_CAMPAIGN_TENTHS];
    size_t n_tenths;
    /* The profit by depth: customers who are not held out, in the order of their expected values, within the caps; the list is
     * the first of them. From nobody to everybody, those below 0 too. */
    wb_campaign_money points[WB_CAMPAIGN_POINTS + 1];
    size_t n_points;
    wb_campaign_money best;  /* the depth at which it is greatest */
    wb_campaign_money budgets[WB_CAMPAIGN_BUDGETS]; /* what a quarter of the budget, half of it, … would bring; the last: no limit */
    double budget_factors[WB_CAMPAIGN_BUDGETS];     /* infinite: no limit */
    size_t n_budgets;
    const wb_segments *segments; /* those of the column segment; NULL: there is none, or the scores or customers have it */
    uint64_t n_replaced;       /* rows of this campaign in settings.contacts, which writing the plan replaces */
    uint64_t n_replaced_other; /* of these, who was contacted at another time than cutoff_us, which is then forgotten */
    int64_t replaced_at_us;    /* the time of the first of those; WB_TIME_MISSING: none */
} wb_campaign_summary;

/* Who is contacted and who is held out; immutable. */
typedef struct wb_campaign_plan wb_campaign_plan;

/* Finds, before there are scores, what of a campaign's settings cannot be done: what must be said and is not, channels without
 * consent, columns of consent, objection and value that the customers lack, conditions, suppress and contacts files. A value
 * in a column of the scores is no such column. Fails as wb_campaign_plan_create does. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_campaign_check(const wb_project *project, const wb_campaign *settings,
                                                  const wb_read_options *reading, wb_error *err);

/* Reads a scores file and what the project says of its customers, applies the rules, and chooses. `settings` is what
 * wb_project_campaign gave, changed at will; name and consent must be said (WB_ERR_INCONSISTENT naming the key), and a value
 * or a margin. Amounts, budget among them, are of the project's currency. Costs are added in millionths, each rounded up, so
 * that the budget holds; expected values in whole cents. Fails with WB_ERR_ARGUMENT on settings outside the ranges of
 * wb_campaign, WB_ERR_MALFORMED and WB_ERR_INCONSISTENT on data as readers do; rejects hold rows of the scores
 * alone. The same for any number of threads and any order of the rows. */
WB_API WB_WARN_UNUSED wb_status wb_campaign_plan_create(wb_campaign_plan **out, const char *scores, const wb_project *project,
                                                        const wb_campaign *settings, const wb_campaign_options *options,
                                                        const wb_read_options *reading, wb_error *err);
WB_API void wb_campaign_plan_free(wb_campaign_plan *plan); /* NULL-safe */
WB_API const wb_campaign_summary *wb_campaign_plan_summary(const wb_campaign_plan *plan);

/* Writes the list to `list`, the control group to `holdout` (NULL: WB_ERR_ARGUMENT if anybody is held out), customers of a
 * route `to` beside the list (list-to.csv), and, with `contacts:`, who is in which into that file. They appear whole and
 * together or not at all, with mode 0600. */
WB_API WB_WARN_UNUSED wb_status wb_campaign_plan_write(const wb_campaign_plan *plan, const char *list, const char *holdout,
                                                       wb_error *err);
/* The same in two steps, for whoever writes more that belongs to it: first the files are written beside their places, then all of
 * them are put there. The plan must outlive them. */
typedef struct wb_campaign_files wb_campaign_files;
WB_API WB_WARN_UNUSED wb_status wb_campaign_files_create(wb_campaign_files **out, const wb_campaign_plan *plan, const char *list,
                                                         const char *holdout, wb_error *err);
WB_API WB_WARN_UNUSED wb_status wb_campaign_files_commit(wb_campaign_files *files, wb_error *err);
WB_API void wb_campaign_files_free(wb_campaign_files *files); /* NULL-safe; what was not committed vanishes */
/* The path of a route's list. Cut at `size` bytes; returns `path`. */
WB_API const char *wb_campaign_route_path(char *path, size_t size, const char *list, const char *route);

/* The least difference of rates that two groups show with a power of 80 % at 5 % (two-sided): 2.80 sqrt(p (1 - p) (1/n_1 + 1/n_2)),
 * where p is the rate without an effect. NaN where a group is empty. */
WB_API double wb_campaign_least_effect(double rate, uint64_t n_list, uint64_t n_control);
/* The smallest share of `n` customers to hold out so that `effect` can be shown; NaN: even half of them are too few. */
WB_API double wb_campaign_holdout_for(double effect, double rate, uint64_t n);
/* How many customers it takes, half of them held out. */
WB_API double wb_campaign_customers_for(double effect, double rate);

#ifdef __cplusplus
}
#endif
#endif
