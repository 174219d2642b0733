/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/catalogue_entries.h"

#include <string.h>

/* Shares need levels that are known without looking at the data: features have no fitted state. These are the words
 * that shops and help desks export; what is none of them is 'other'. */
#define WEB "'web', 'website', 'online', 'online_store'"
#define APP "'app', 'mobile', 'mobile_app', 'ios', 'android'"
#define STORE "'store', 'shop', 'retail', 'pos', 'in_store'"
#define PHONE "'phone', 'call', 'voice', 'telephone'"
#define MARKETPLACE "'marketplace', 'amazon', 'ebay'"
#define EMAIL "'email', 'e-mail', 'mail'"
#define CHAT "'chat', 'live_chat', 'messaging', 'whatsapp'"
#define FORM "'web', 'form', 'web_form', 'portal', 'website'"
#define SOCIAL "'social', 'facebook', 'instagram', 'twitter', 'x'"
#define CHANNEL_IN(words) WBI_AGG_SHARE, .of = "lower(channel) in (" words ")"
#define CHANNEL_NOT_IN(words) WBI_AGG_SHARE, .of = "lower(channel) not in (" words ")"
#define TYPE_IS(word) WBI_AGG_SHARE, .of = "lower(type) = '" word "'"
#define TAGGED(part) WBI_AGG_SHARE, .of = "contains(lower(coalesce(tags, '')), '" part "')"
#define OF_KIND(kind) .where = "lower(kind) = '" kind "'"

static const wbi_entry rfm[] = {
    {"days_since_last", "days", "recency: since the last order", .aggregate = WBI_AGG_DAYS_SINCE_LAST},
    {"days_since_first", "days", "tenure: since the first order", .aggregate = WBI_AGG_DAYS_SINCE_FIRST},
    {"count", "orders", "frequency", WBI_AGG_COUNT, .windows = WBI_EACH_WINDOW},
    {"amount_sum", "money", "monetary value", WBI_AGG_SUM, .of = "amount", .windows = WBI_EACH_WINDOW},
    {"amount_mean", "money", "mean order", WBI_AGG_MEAN, .of = "amount"},
    {"amount_min", "money", "smallest order", WBI_AGG_MIN, .of = "amount"},
    {"amount_max", "money", "largest order", WBI_AGG_MAX, .of = "amount"},
    {"amount_std", "money", "standard deviation of the orders", WBI_AGG_STD, .of = "amount"},
    {"amount_median", "money", "median order", WBI_AGG_MEDIAN, .of = "amount"},
    {"amount_last", "money", "last order", WBI_AGG_LAST, .of = "amount"},
    {"active_days", "dates", "dates with an order", .aggregate = WBI_AGG_ACTIVE_DAYS},
    {"trend_90d", "orders", "last 90 days minus the 90 before", WBI_AGG_TREND, .windows = WBI_LAST_90_DAYS},
    {"gap_days_mean", "days", "mean time between neighbouring orders", .aggregate = WBI_AGG_GAP_DAYS_MEAN},
    {"gap_days_std", "days", "standard deviation of these gaps", .aggregate = WBI_AGG_GAP_DAYS_STD},
    {"gap_days_max", "days", "longest of these gaps", .aggregate = WBI_AGG_GAP_DAYS_MAX},
    {"gap_days_cv", "ratio", "irregularity: standard deviation of the gaps / their mean",
     .expr = "@_gap_days_std / @_gap_days_mean"},
    {"overdue_ratio", "ratio", "recency / mean gap", .expr = "@_days_since_last / @_gap_days_mean"},
    {"x", "dates", "purchase models' x: dates with an order after the first such date",
     .aggregate = WBI_AGG_REPEAT_DAYS},
    {"t_x", "days", "their t_x: whole days from the first date with an order to the last",
     .aggregate = WBI_AGG_REPEAT_SPAN_DAYS},
    {"T", "days", "their T: whole days from the first date with an order to the last date before the cutoff",
     .aggregate = WBI_AGG_OBSERVED_DAYS},
    {"clumpiness", "0 to 1", "whether orders come in bursts (1) or evenly (0); missing without a repeat",
     .aggregate = WBI_AGG_CLUMPINESS},
    {"discount_share", "share", "orders with discount > 0", WBI_AGG_SHARE, .of = "coalesce(discount, 0) > 0"},
    {"channel_distinct", "channels", "channels ordered through", WBI_AGG_DISTINCT, .of = "channel"},
    {"channel_web_share", "share", "orders through " WEB, CHANNEL_IN(WEB)},
    {"channel_app_share", "share", "orders through " APP, CHANNEL_IN(APP)},
    {"channel_store_share", "share", "orders through " STORE, CHANNEL_IN(STORE)},
    {"channel_phone_share", "share", "orders through " PHONE, CHANNEL_IN(PHONE)},
    {"channel_marketplace_share", "share", "orders through " MARKETPLACE, CHANNEL_IN(MARKETPLACE)},
    {"channel_other_share", "share", "orders through any other channel",
     CHANNEL_NOT_IN(WEB ", " APP ", " STORE ", " PHONE ", " MARKETPLACE)},
    {"category_distinct", "categories", "breadth: categories ordered from", WBI_AGG_DISTINCT, .of = "category"},
    {"late_share", "share", "orders delivered late, or overdue, of those delivered or due", WBI_AGG_SHARE,
     .of = "if(delivered_at is null and promised_at >= cutoff, null, least(delivered_at, cutoff) > promised_at)"},
    {"returned_share", "share", "return rate: orders with a returned_at / orders", WBI_AGG_SHARE,
     .of = "coalesce(returned_at < cutoff, false)"},
    {"returned_amount_sum", "money", "returned", WBI_AGG_SUM, .of = "returned_amount"},
    {"returned_amount_share", "ratio", "amount returned / amount ordered",
     .expr = "@_returned_amount_sum / @_amount_sum"},
    {.name = NULL},
};

static const wbi_entry tickets[] = {
    {"count", "tickets", "opened", WBI_AGG_COUNT, .windows = WBI_EACH_WINDOW},
    {"days_since_last", "days", "since the last was opened", .aggregate = WBI_AGG_DAYS_SINCE_LAST},
    {"open", "tickets", "not resolved at the cutoff: so many resolution times are cut off there", WBI_AGG_COUNT,
     .where = "resolved_at is null"},
    {"unanswered", "tickets", "not answered at the cutoff: so many reply times are cut off there", WBI_AGG_COUNT,
     .where = "first_reply_at is null"},
    {"oldest_open_days", "days", "age of the oldest open ticket", WBI_AGG_MAX, .of = "days(cutoff - #)",
     .where = "resolved_at is null"},
    {"open_days_mean", "days", "mean age of the open tickets", WBI_AGG_MEAN, .of = "days(cutoff - #)",
     .where = "resolved_at is null"},
    {"first_reply_hours_mean", "hours", "to the first reply; an unanswered ticket has waited until the cutoff",
     WBI_AGG_MEAN, .of = "hours(least(first_reply_at, cutoff) - #)"},
    {"first_reply_hours_max", "hours", "the longest of these", WBI_AGG_MAX,
     .of = "hours(least(first_reply_at, cutoff) - #)"},
    {"resolution_hours_mean", "hours", "to the resolution; an open ticket has waited until the cutoff", WBI_AGG_MEAN,
     .of = "hours(least(resolved_at, cutoff) - #)"},
    {"resolution_hours_max", "hours", "the longest of these", WBI_AGG_MAX,
     .of = "hours(least(resolved_at, cutoff) - #)"},
    {"sla_breach_share", "share", "resolved after due_at, or overdue, of those resolved or due", WBI_AGG_SHARE,
     .of = "if(resolved_at is null and due_at >= cutoff, null, least(resolved_at, cutoff) > due_at)"},
    {"reopened_share", "share", "reopened, of those whose reopens are known", WBI_AGG_SHARE, .of = "reopens > 0"},
    {"high_priority_share", "share", "priority high or urgent", WBI_AGG_SHARE,
     .of = "lower(priority) in ('high', 'urgent')"},
    {"messages_mean", "messages", "mean of the tickets whose messages are known", WBI_AGG_MEAN, .of = "messages"},
    {"channel_email_share", "share", "tickets through " EMAIL, CHANNEL_IN(EMAIL)},
    {"channel_chat_share", "share", "tickets through " CHAT, CHANNEL_IN(CHAT)},
    {"channel_phone_share", "share", "tickets through " PHONE, CHANNEL_IN(PHONE)},
    {"channel_web_share", "share", "tickets through " FORM, CHANNEL_IN(FORM)},
    {"channel_social_share", "share", "tickets through " SOCIAL, CHANNEL_IN(SOCIAL)},
    {"channel_other_share", "share", "tickets through any other channel",
     CHANNEL_NOT_IN(EMAIL ", " CHAT ", " PHONE ", " FORM ", " SOCIAL)},
    {"type_question_share", "share", "of type question", TYPE_IS("question")},
    {"type_incident_share", "share", "of type incident", TYPE_IS("incident")},
    {"type_problem_share", "share", "of type problem", TYPE_IS("problem")},
    {"type_task_share", "share", "of type task", TYPE_IS("task")},
    {"complaint_share", "share", "with a tag that contains 'complaint', of all tickets", TAGGED("complaint")},
    {"refund_share", "share", "with a tag that contains 'refund', of all tickets", TAGGED("refund")},
    {"cancel_share", "share", "with a tag that contains 'cancel', of all tickets", TAGGED("cancel")},
    {"csat_mean", "points", "mean satisfaction, as known", WBI_AGG_MEAN, .of = "csat"},
    {"csat_min", "points", "least satisfaction, as known", WBI_AGG_MIN, .of = "csat"},
    {"csat_last", "points", "satisfaction with the last rated ticket, as known", WBI_AGG_LAST, .of = "csat"},
    {"rated_share", "share", "rated, of all tickets", WBI_AGG_SHARE, .of = "csat is not null"},
    {"trend_90d", "tickets", "last 90 days minus the 90 before", WBI_AGG_TREND, .windows = WBI_LAST_90_DAYS},
    {"per_order", "ratio", "tickets / orders", .expr = "@_count / {rfm}_count"},
    {"since_last_order", "tickets", "opened after the last order; missing without an order", .aggregate = WBI_AGG_COUNT,
     .after = "rfm"},
    {"orders_within_30d", "orders", "in the 30 days after the last ticket; missing without a ticket",
     .aggregate = WBI_AGG_COUNT, .events_of = "rfm", .after = "tickets", .within_us = 30 * WB_DAY_US},
    {.name = NULL},
};

static const wbi_entry returns[] = {
    {"count", "returns", "returned", WBI_AGG_COUNT, .windows = WBI_EACH_WINDOW},
    {"days_since_last", "days", "since the last return", .aggregate = WBI_AGG_DAYS_SINCE_LAST},
    {"amount_sum", "money", "returned, whatever its sign in the file", WBI_AGG_SUM, .of = "abs(amount)",
     .windows = WBI_EACH_WINDOW},
    {"per_order", "ratio", "return rate: returns / orders", .expr = "@_count / {rfm}_count"},
    {"amount_share", "ratio", "amount returned / amount ordered", .expr = "@_amount_sum / {rfm}_amount_sum"},
    {.name = NULL},
};

static const wbi_entry surveys[] = {
    {"count", "surveys", "sent", .aggregate = WBI_AGG_COUNT},
    {"days_since_last", "days", "since the last was sent", .aggregate = WBI_AGG_DAYS_SINCE_LAST},
    {"silent_share", "share", "not answered at the cutoff, of all sent", WBI_AGG_SHARE, .of = "answered_at is null"},
    {"nps_last", "points", "last answer to an NPS survey, 0 to 10", WBI_AGG_LAST, .of = "score", OF_KIND("nps")},
    {"nps_mean", "points", "mean answer to NPS surveys", WBI_AGG_MEAN, .of = "score", OF_KIND("nps")},
    {"nps_detractor", "0 or 1", "the last answer was 6 or less", WBI_AGG_LAST,
     .of = "if(score is null, null, if(score <= 6, 1, 0))", OF_KIND("nps")},
    {"nps_days_since", "days", "since the last answer to an NPS survey", WBI_AGG_MIN,
     .of = "days(cutoff - answered_at)", OF_KIND("nps")},
    {"nps_silent_share", "share", "NPS surveys without an answer", WBI_AGG_SHARE, .of = "answered_at is null",
     OF_KIND("nps")},
    {"csat_last", "points", "last answer to a CSAT survey, 1 to 5", WBI_AGG_LAST, .of = "score", OF_KIND("csat")},
    {"csat_mean", "points", "mean answer to CSAT surveys", WBI_AGG_MEAN, .of = "score", OF_KIND("csat")},
    {"csat_detractor", "0 or 1", "the last answer was 2 or less", WBI_AGG_LAST,
     .of = "if(score is null, null, if(score <= 2, 1, 0))", OF_KIND("csat")},
    {"csat_days_since", "days", "since the last answer to a CSAT survey", WBI_AGG_MIN,
     .of = "days(cutoff - answered_at)", OF_KIND("csat")},
    {"csat_silent_share", "share", "CSAT surveys without an answer", WBI_AGG_SHARE, .of = "answered_at is null",
     OF_KIND("csat")},
    {.name = NULL},
};

static const wbi_entry activity[] = {
    {"count", "visits", "made", WBI_AGG_COUNT, .windows = WBI_EACH_WINDOW},
    {"days_since_last", "days", "since the last visit", .aggregate = WBI_AGG_DAYS_SINCE_LAST},
    {"active_days", "dates", "dates with a visit", .aggregate = WBI_AGG_ACTIVE_DAYS},
    {"trend_90d", "visits", "last 90 days minus the 90 before", WBI_AGG_TREND, .windows = WBI_LAST_90_DAYS},
    {"pages_mean", "pages", "mean of a visit", WBI_AGG_MEAN, .of = "pages"},
    {"minutes_mean", "minutes", "mean time on site of a visit", WBI_AGG_MEAN, .of = "seconds / 60"},
    {"minutes_sum", "minutes", "time on site", WBI_AGG_SUM, .of = "seconds / 60", .windows = WBI_EACH_WINDOW},
    {"per_order", "ratio", "visits / orders", .expr = "@_count / {rfm}_count"},
    {"since_last_order", "visits", "after the last order; missing without an order", .aggregate = WBI_AGG_COUNT,
     .after = "rfm"},
    {.name = NULL},
};

static const wbi_entry loyalty[] = {
    {"balance", "points", "balance behind the last booking", WBI_AGG_LAST, .of = "balance"},
    {"points_sum", "points", "earned minus redeemed", WBI_AGG_SUM, .of = "points"},
    {"earned", "points", "sum of the bookings above 0", WBI_AGG_SUM, .of = "points", .where = "points > 0",
     .windows = WBI_EACH_WINDOW},
    {"redeemed", "points", "sum of the bookings below 0, without sign", WBI_AGG_SUM, .of = "-points",
     .where = "points < 0", .windows = WBI_EACH_WINDOW},
    {"redeemed_share", "ratio", "redeemed / earned", .expr = "@_redeemed / @_earned"},
    {"redemptions", "redemptions", "bookings below 0", WBI_AGG_COUNT, .where = "points < 0"},
    {"days_since_redemption", "days", "since the last booking below 0", WBI_AGG_DAYS_SINCE_LAST,
     .where = "points < 0"},
    {"tier", "category", "tier at the last booking", WBI_AGG_LAST, .of = "tier"},
    {.name = NULL},
};

static const wbi_entry referrals[] = {
    {"count", "referrals", "made", WBI_AGG_COUNT, .windows = WBI_EACH_WINDOW},
    {"days_since_last", "days", "since the last was made", .aggregate = WBI_AGG_DAYS_SINCE_LAST},
    {"joined", "referrals", "whose friend has joined", WBI_AGG_COUNT, .where = "joined_at < cutoff"},
    {"joined_share", "share", "whose friend has joined", WBI_AGG_SHARE, .of = "coalesce(joined_at < cutoff, false)"},
    {.name = NULL},
};

static const wbi_entry profile[] = {
    {"account_age_days", "days", "since signup_date", WBI_AGG_LAST, .of = "days(cutoff - signup_date)", .bare = true},
    {"days_to_first_order", "days", "from signup_date to the first order",
     .expr = "account_age_days - {rfm}_days_since_first", .bare = true},
    {.name = NULL},
};

const wbi_bundle wbi_bundles[WBI_N_BUNDLES] = {
    {"rfm", "orders", rfm},         {"tickets", "tickets", tickets}, {"returns", "returns", returns},
    {"surveys", "surveys", surveys}, {"activity", "visits", activity}, {"loyalty", "loyalty", loyalty},
    {"referrals", "referrals", referrals}, {"profile", "customers", profile},
};

const wbi_bundle *wbi_find_bundle(const char *name)
{
    for (size_t i = 0; i < WBI_N_BUNDLES; i++)
        if (strcmp(wbi_bundles[i].name, name) == 0)
            return &wbi_bundles[i];
    return NULL;
}
