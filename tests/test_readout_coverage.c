/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thousand campaigns each: intervals of 95 % hold the truth in 93 to 97 % of them for rates, in 91 to 97 % for money. */
#include "test_util.h"

#include "readout_testing.h"

enum { CAMPAIGNS = 1000 };

static void check_share(const char *what, size_t n, double low, double high)
{
    const double share = (double)n / CAMPAIGNS;
    if (!(share >= low && share <= high))
        fail_msg("%s: %.1f %% of the intervals hold the truth, expected %.0f to %.0f %%", what, 100 * share, 100 * low, 100 * high);
}

static void check(const shop *s)
{
    const coverage c = cover(s, CAMPAIGNS, 0);
    print_message("list %zu, control %zu: rates %.1f %% (by tenths %.1f), money %.1f (%.1f); by tenths as wide: %.2f\n", s->n_list,
                  s->n_control, (double)c.rate / 10, (double)c.rate_adjusted / 10, (double)c.money / 10, (double)c.money_adjusted / 10,
                  c.width_adjusted / c.width);
    check_share("rates", c.rate, 0.93, 0.97);
    check_share("rates by tenths", c.rate_adjusted, 0.93, 0.97);
    check_share("money", c.money, 0.91, 0.97);
    check_share("money by tenths", c.money_adjusted, 0.91, 0.97);
}

static void usual(void **state)
{
    (void)state;
    check(&(shop){2000, 500, 0.03, 0.14, 0.02, 0.04, 0.8});
}

static void no_effect(void **state)
{
    (void)state;
    check(&(shop){1500, 1500, 0.10, 0.20, 0, 0, 1});
}

/* A tenth held out, and few buyers. */
static void small_control(void **state)
{
    (void)state;
    check(&(shop){1800, 200, 0.02, 0.10, 0.03, 0.02, 0.8});
}

/* Most of what decides is in the score, which weighting by tenths takes out. */
static void telling_score(void **state)
{
    (void)state;
    check(&(shop){1000, 400, 0, 0.9, 0.02, 0.05, 0.5});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(usual, enter_folder, leave_campaign),
        cmocka_unit_test_setup_teardown(no_effect, enter_folder, leave_campaign),
        cmocka_unit_test_setup_teardown(small_control, enter_folder, leave_campaign),
        cmocka_unit_test_setup_teardown(telling_score, enter_folder, leave_campaign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
