/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/contacted.h"

#include <stdio.h>
#include <stdlib.h>

static wb_status refuse(wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_INCONSISTENT};
    snprintf(err->message, sizeof err->message, "train.contacted needs a table of contacts");
    snprintf(err->advice, sizeof err->advice, "campaign: {contacts: contacts.csv} names it");
    return err->code;
}

wb_status cli_take_contacts(cli_contacted *out, wb_train_options *train, const wb_features *features, const wb_project *project,
                            wb_error *err)
{
    wb_campaign campaign;
    const wb_contacted policy = wb_project_contacted(project);
    const size_t n = wb_table_n_rows(wb_features_table(features));
    *out = (cli_contacted){0};
    wb_project_campaign(project, &campaign);
    if (campaign.contacts == NULL)
        return policy == WB_CONTACTED_KEEP ? WB_OK : refuse(err);
    out->mailed = malloc(n + 1);
    out->use_row = malloc(n + 1);
    if (out->mailed == NULL || out->use_row == NULL) {
        *err = (wb_error){.code = WB_ERR_NOMEM};
        snprintf(err->message, sizeof err->message, "out of memory");
        return err->code;
    }
    const wb_status status =
        wb_find_contacted(out->mailed, out->use_row, &out->rows, features, train, policy, campaign.contacts, err);
    if (status != WB_OK || out->rows.n_mailed == 0)
        return status;
    if (policy == WB_CONTACTED_DROP)
        train->use_row = out->use_row;
    if (policy == WB_CONTACTED_FEATURE)
        train->contacted = out->mailed;
    return WB_OK;
}

void cli_contacted_free(cli_contacted *contacted)
{
    free(contacted->mailed);
    free(contacted->use_row);
}
