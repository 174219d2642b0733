/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi_testing.h"

/* ---- formulas ---- */

/* Every formula is made of terms and of figures before it, and each key is said once. */
static void formulas_are_sound(void **state)
{
    (void)state;
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        assert_int_equal(wbi_kpi_find(kpi.key), k);
        assert_true(kpi.under != NULL || !kpi.is_share);
        if (wbi_kpi_find_term(kpi.key) != SIZE_MAX) /* a figure of a term's name is that term */
            assert_string_equal(kpi.over, kpi.key);
        for (const char *const *part = (const char *const[]){kpi.over, kpi.under, NULL}; *part != NULL; part++)
            for (const char *from = *part; *(from += strcspn(from, "abcdefghijklmnopqrstuvwxyz")) != '\0';) {
                char key[64];
                const size_t n = strspn(from, "abcdefghijklmnopqrstuvwxyz_");
                snprintf(key, sizeof key, "%.*s", (int)n, from);
                assert_true(wbi_kpi_find_term(key) != SIZE_MAX || wbi_kpi_find(key) < k);
                from += n;
            }
    }
}

/* docs/kpi.md says of every figure and term what the program does. */
static void documented(void **state)
{
    (void)state;
    char row[1024];
    char *text = get("../docs/kpi.md");
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        snprintf(row, sizeof row, "\n| `%s` | %s%s | `%s`%s%s%s | %s |\n", kpi.key, kpi.name + strspn(kpi.name, " "), kpi.is_share ? " (interval)" : "",
                 kpi.over, kpi.under != NULL ? " / `" : "", kpi.under != NULL ? kpi.under : "", kpi.under != NULL ? "`" : "", kpi.meaning);
        if (strstr(text, row) == NULL)
            fail_msg("docs/kpi.md lacks %s", row);
    }
    for (size_t t = 0; t < wb_kpi_n_terms(); t++) {
        const wb_kpi_term term_of = wb_kpi_term_at(t);
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", term_of.key, term_of.name, term_of.meaning);
        if (strstr(text, row) == NULL)
            fail_msg("docs/kpi.md lacks %s", row);
    }
    free(text);
}

static void explained(void **state)
{
    static const struct {
        const char *key, *text;
    } cases[] = {
        {"retention_rate", "retained 2 / active at start 4"},
        {"net_revenue_retention", "(revenue at start 270.00 - churned revenue 90.00 - contraction 20.00 + expansion 40.00) / revenue at start 270.00"},
        {"margin_lost", "value lost to churn, a year 1095.00 * margin 40 %"},
        {"clv", "(margin 40 % * revenue 470.00 / ((active at start 4 + active at end 4) / 2)) / churn rate 50 %"},
        {"nps", "(100 * (promoters 3 - detractors 1)) / answers to NPS surveys 5"},
        {"engagement", "dates with a visit 3 / (customers of the range 7 * days 31)"},
        {"orders", "orders 7"},
    };
    wb_kpis *kpis;
    wb_error err;
    char text[256], few[8];
    const wb_kpi_options options = march();
    put_all(*state);
    assert_ok(compute(&kpis, *state, ALL_TABLES, &options, 1, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(wb_kpi_explain(text, sizeof text, kpis, 0, wbi_kpi_find(cases[i].key)), cases[i].text);
    assert_string_equal(wb_kpi_explain(few, sizeof few, kpis, 0, wbi_kpi_find("orders")), "orders ");
    wb_kpi_free(kpis);
}

static void written(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    char path[RUN_PATH_CHARS];
    wb_kpi_options options = march();
    options.by = "country";
    put_all(*state);
    put(*state, "customers.csv", "customer_id,country\nA,\"a, b\"\nB,\"a, b\"\n");
    assert_ok(compute(&kpis, *state, "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\ndata_until: 2024-04-10\n", &options, 1,
                      &err),
              &err);
    assert_ok(wb_kpi_write(kpis, path_in(path, *state, "kpi.csv"), &err), &err);
    char *text = get(path);
    assert_non_null(strstr(text, "from,to,by,group,kpi,value,over,under,low,high\n2024-03-01,2024-04-01,,,active_start,4,4,,,\n"));
    assert_non_null(strstr(text, "\n2024-03-01,2024-04-01,country,\"a, b\",retention_rate,0.5,1,2,"));
    assert_null(strstr(text, ",nps,"));
    free(text);
    wb_kpi_free(kpis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_are_sound),
        cmocka_unit_test(documented),
        cmocka_unit_test(explained),
        cmocka_unit_test(written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
