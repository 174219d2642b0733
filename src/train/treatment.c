/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was treated in a campaign whose arms were drawn by lot. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "train/train.h"
#include "train/values.h"

enum { LISTED_CHARS = 400 };

static const char *column_name(const wbi_values *seen)
{
    return wb_table_name(seen->table, seen->column);
}

/* The number that stands for a value, NaN where no row has it. */
static double find_written(const wbi_values *seen, const char *written)
{
    wbi_values one = *seen;
    const size_t n = seen->codes == NULL ? 1 : wb_table_n_levels(seen->table, seen->column);
    for (size_t code = 0; code < n; code++) {
        one.of[0] = (double)code;
        if (seen->codes == NULL && !wbi_double_read(&one.of[0], written, strlen(written), '.'))
            return NAN;
        if (wbi_value_is(&one, 0, written))
            return one.of[0];
    }
    return NAN;
}

static wb_status find_arm(double *value, const wbi_values *seen, const char *written, const char *arm, wb_error *err)
{
    char listed[LISTED_CHARS], texts[WBI_VALUES_SHOWN][WBI_VALUE_CHARS];
    const char *names[WBI_VALUES_SHOWN];
    *value = find_written(seen, written);
    if (!isnan(*value))
        return WB_OK;
    for (size_t k = 0; k < seen->n; k++)
        names[k] = wbi_value_text(texts[k], seen, k);
    const char *near = wbi_nearest(written, names, seen->n);
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the treatment %s is never '%s', which is to mean %s; it is %s%s%s%s",
                    column_name(seen), written, arm, wbi_values_list(listed, sizeof listed, seen),
                    near == NULL ? "" : " (did you mean '", near == NULL ? "" : near, near == NULL ? "" : "'?)");
}

/* Where one arm is named, the other value is the other arm. */
static wb_status find_other(double *other, const wbi_values *seen, double named, const char *option, wb_error *err)
{
    char listed[LISTED_CHARS];
    if (seen->more || seen->n > 2) {
        wbi_fail(err, WB_ERR_INCONSISTENT, "the treatment %s has more than two values: %s", column_name(seen),
                 wbi_values_list(listed, sizeof listed, seen));
        wbi_advise(err, "name the other arm, too (%s); rows of the others are left out", option);
        return WB_ERR_INCONSISTENT;
    }
    for (size_t k = 0; k < seen->n; k++)
        if (seen->of[k] != named)
            *other = seen->of[k];
    return WB_OK;
}

static wb_status arms_by_choice(double of[2], const wbi_values *seen, const wbi_arm_choice *choice, wb_error *err)
{
    of[0] = of[1] = NAN;
    if (choice->treated != NULL)
        WBI_TRY(find_arm(&of[1], seen, choice->treated, "treated", err));
    if (choice->control != NULL)
        WBI_TRY(find_arm(&of[0], seen, choice->control, "not treated", err));
    if (choice->control == NULL)
        return find_other(&of[0], seen, of[1], "--control", err);
    if (choice->treated == NULL)
        return find_other(&of[1], seen, of[0], "--treated", err);
    return of[0] != of[1] ? WB_OK
                          : wbi_fail(err, WB_ERR_ARGUMENT, "'%s' is to mean both treated and not treated", choice->treated);
}

static wb_status arms_by_meaning(double of[2], const wbi_values *seen, wb_error *err)
{
    char listed[LISTED_CHARS];
    bool understood = !seen->more;
    of[0] = of[1] = NAN;
    for (size_t k = 0; k < seen->n; k++) {
        const int8_t arm = wbi_value_meaning(seen, k);
        understood = understood && arm >= 0 && isnan(of[arm]);
        if (arm >= 0)
            of[arm] = seen->of[k];
    }
    if (understood)
        return WB_OK;
    wbi_fail(err, WB_ERR_INCONSISTENT, "the treatment %s is %s: expected 1, true, yes against 0, false, no", column_name(seen),
             wbi_values_list(listed, sizeof listed, seen));
    wbi_advise(err, "say which value means treated, and which not (--treated, --control)");
    return WB_ERR_INCONSISTENT;
}

/* Marks each row, and counts those of neither arm. */
static void mark_rows(wbi_arms *arms, const wbi_values *pair, const uint8_t *use_row)
{
    wbi_values_places(arms->of_row, pair);
    for (size_t row = 0; row < wb_table_n_rows(pair->table); row++) {
        if (arms->of_row[row] < 2)
            continue;
        arms->of_row[row] = -1;
        if (use_row != NULL && !use_row[row])
            continue;
        uint64_t *count = isnan(wbi_values_cell(pair, row)) ? &arms->n_missing : &arms->n_others;
        ++*count;
    }
}

static wb_status keep_text(char **out, const wbi_values *pair, size_t k, wb_error *err)
{
    char text[WBI_VALUE_CHARS];
    *out = wbi_strdup(isnan(pair->of[k]) ? "" : wbi_value_text(text, pair, k));
    return *out != NULL ? WB_OK : wbi_fail_nomem(err, WBI_VALUE_CHARS);
}

wb_status wbi_arms_find(wbi_arms *out, const wb_table *table, const wbi_arm_choice *choice, const uint8_t *use_row,
                        wb_error *err)
{
    wbi_values seen;
    *out = (wbi_arms){0};
    WBI_TRY(wbi_need_column(&out->column, table, choice->column, "the treatment", err));
    if (out->column == choice->label)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%s is the label: it cannot be the treatment, too", choice->column);
    WBI_TRY(wbi_values_collect(&seen, table, out->column, use_row, "treatment", err));
    if (seen.n == 0)
        return wbi_fail(err, WB_ERR_DEGENERATE, "the treatment %s is missing in every row", choice->column);
    wbi_values pair = seen;
    pair.n = 2;
    pair.more = false;
    WBI_TRY(choice->treated == NULL && choice->control == NULL ? arms_by_meaning(pair.of, &seen, err)
                                                               : arms_by_choice(pair.of, &seen, choice, err));
    out->of_row = wbi_alloc_array(wb_table_n_rows(table), sizeof *out->of_row);
    if (out->of_row == NULL)
        return wbi_fail_nomem(err, wb_table_n_rows(table));
    mark_rows(out, &pair, use_row);
    WBI_TRY(keep_text(&out->names[0], &pair, 0, err));
    return keep_text(&out->names[1], &pair, 1, err);
}

void wbi_arms_free(wbi_arms *arms)
{
    wbi_free(arms->of_row);
    wbi_free(arms->names[0]);
    wbi_free(arms->names[1]);
    *arms = (wbi_arms){0};
}

void wbi_arms_say_left_out(const wbi_arms *arms, const char *column, const wb_log *log)
{
    if (arms->n_missing > 0)
        wbi_log(log, WB_LOG_WARNING, "%" PRIu64 " row%s left out: the treatment %s is missing", arms->n_missing,
                arms->n_missing == 1 ? "" : "s", column);
    if (arms->n_others > 0)
        wbi_log(log, WB_LOG_INFO, "%" PRIu64 " row%s left out: the treatment %s is neither '%s' nor '%s'", arms->n_others,
                arms->n_others == 1 ? "" : "s", column, arms->names[1], arms->names[0]);
}

void wbi_describe_arms(wb_treatment *out, const wbi_training *training)
{
    const wbi_part *all = &training->all;
    double weight[2] = {0, 0}, positive[2] = {0, 0};
    for (size_t i = 0; i < all->n; i++) {
        const uint8_t arm = training->treated[all->rows[i]];
        weight[arm] += all->weight[i];
        positive[arm] += all->weight[i] * all->outcome[i];
        out->n_treated += arm;
    }
    out->n_control = all->n - out->n_treated;
    out->n_left_out = training->arms.n_missing + training->arms.n_others;
    out->rate_treated = positive[1] / weight[1];
    out->rate_control = positive[0] / weight[0];
}
