/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a customer is worth who is kept: said, in a column, or from the orders. */
#include <math.h>
#include <string.h>
#include <winback/btyd.h>

#include "base/memory.h"
#include "campaign/plan.h"
#include "campaign/settings.h"

enum { USUAL_HORIZON_DAYS = 90, ID_CHARS = 128 };

static wb_status check_size(const wb_campaign_plan *plan, size_t row, wbi_where where, const char *name, wb_error *err)
{
    char shown[ID_CHARS];
    const wbi_str id = wbi_people_id(&plan->people, row);
    if (!(fabs(plan->value[row]) > WBI_LARGEST_VALUE))
        return WB_OK;
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, NULL, 0, "%s %g of customer '%s' is not an amount up to 1,000,000,000", name,
                       plan->value[row], wbi_printable(shown, sizeof shown, id.data, id.length));
}

static wb_status take_column(wb_campaign_plan *plan, const char *name, wb_error *err)
{
    const wbi_people_column column = wbi_people_find(&plan->people, name);
    if (column.where == WBI_PEOPLE_NOWHERE)
        return wbi_settings_fail(plan->project, err, "campaign.value names the column '%.200s', which neither the scores nor the customers "
                                 "have", name);
    for (size_t row = 0; row < plan->people.n; row++) {
        WBI_TRY(wbi_people_number(&plan->value[row], &plan->people, column, name, row, err));
        WBI_TRY(check_size(plan, row, wbi_people_where(&plan->people, column, row), name, err));
    }
    return WB_OK;
}

/* margin x expected spend of a purchase x purchases over the horizon of a customer who has not left: horizon (r + x)/(alpha + T).
 * Both lists of customers are in the order of the ids' bytes. */
static wb_status take_purchases(wb_campaign_plan *plan, const wb_clv *clv, int64_t unit_us, wb_error *err)
{
    const double units = (double)plan->summary.horizon_us / (double)unit_us;
    const size_t n_known = wb_clv_n_customers(clv);
    for (size_t place = 0, known = 0; place < plan->people.n; place++) {
        const uint32_t row = plan->people.by_id[place];
        const wbi_str id = wbi_people_id(&plan->people, row);
        while (known < n_known && wbi_str_compare(wbi_str_from(wb_clv_at(clv, known)->customer_id), id) < 0)
            known++;
        plan->value[row] = NAN;
        if (known == n_known || !wbi_str_is(id, wb_clv_at(clv, known)->customer_id))
            continue;
        const wb_clv_customer *customer = wb_clv_at(clv, known);
        plan->value[row] = plan->summary.settings.margin * customer->expected_spend * customer->purchase_rate * units;
        WBI_TRY(check_size(plan, row, (wbi_where){0}, "the value", err));
    }
    return WB_OK;
}

static wb_status take_orders(wb_campaign_plan *plan, const wb_read_options *reading, wb_error *err)
{
    wb_clv_options options = WB_CLV_OPTIONS_INIT;
    wb_clv *clv = NULL;
    plan->summary.worth = WB_CAMPAIGN_BY_ORDERS;
    if (wb_project_label(plan->project, NULL, &plan->summary.horizon_us) == NULL)
        plan->summary.horizon_us = USUAL_HORIZON_DAYS * WB_DAY_US;
    options.until_us = plan->people.cutoff_us;
    options.horizon_us = plan->summary.horizon_us;
    wb_status status = wb_clv_fit(&clv, plan->project, &options, reading, err);
    if (status == WB_OK && wb_clv_gamma_gamma(clv)->failed)
        status = wbi_settings_fail(plan->project, err, "campaign.value is needed: what customers spend cannot be told from the orders (%.300s)",
                                   wb_clv_gamma_gamma(clv)->why);
    else if (status != WB_OK && status != WB_ERR_NOMEM)
        wbi_advise(err, "the orders were asked because campaign.value is not said");
    if (status == WB_OK)
        status = take_purchases(plan, clv, options.unit_us, err);
    wb_clv_free(clv);
    return status;
}

/* In the order of the ids, so that the order of rows changes no bit. */
static void fill_missing(wb_campaign_plan *plan)
{
    wb_campaign_summary *s = &plan->summary;
    double sum = 0;
    for (size_t place = 0; place < plan->people.n; place++) {
        const double value = plan->value[plan->people.by_id[place]];
        s->n_without_value += isnan(value) != 0;
        sum += isnan(value) ? 0 : value;
    }
    s->mean_value = sum / (double)(plan->people.n - s->n_without_value);
    if (s->settings.missing_value == WB_MISSING_VALUE_LEAVE_OUT)
        return;
    for (size_t row = 0; row < plan->people.n; row++)
        if (isnan(plan->value[row]))
            plan->value[row] = s->settings.missing_value == WB_MISSING_VALUE_MEAN ? s->mean_value : 0;
}

wb_status wbi_plan_find_values(wb_campaign_plan *plan, const wb_read_options *reading, wb_error *err)
{
    const wb_campaign *s = &plan->summary.settings;
    if (s->value_column != NULL) {
        plan->summary.worth = WB_CAMPAIGN_BY_COLUMN;
        WBI_TRY(take_column(plan, s->value_column, err));
    } else if (isnan(s->value)) {
        WBI_TRY(take_orders(plan, reading, err));
    } else {
        for (size_t row = 0; row < plan->people.n; row++)
            plan->value[row] = s->value;
    }
    fill_missing(plan);
    return WB_OK;
}
