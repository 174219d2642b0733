/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the times of many customers tell of the order of their rows, against a plain loop. */
#include "test_util.h"

#include "events/order.h"

enum { MOST_CUSTOMERS = 6, MOST_ROWS = 5 };

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

/* Times that mostly ascend; true when those of each customer do. */
static bool random_times(wbi_packed *times, size_t first[MOST_CUSTOMERS + 1], size_t n_customers, uint64_t *seed)
{
    bool ascend = true;
    first[0] = below(seed, 3);
    for (size_t c = 0; c < n_customers; c++) {
        int32_t second = (int32_t)below(seed, 100);
        first[c + 1] = first[c] + below(seed, MOST_ROWS + 1);
        for (size_t row = first[c]; row < first[c + 1]; row++) {
            const int32_t step = below(seed, 12) == 0 ? -(int32_t)below(seed, 2) : 1 + (int32_t)below(seed, 9);
            ascend &= row == first[c] || step > 0;
            second += step;
            if (times->packing == WBI_PACKED_SECONDS)
                ((int32_t *)times->values)[row] = second;
            else
                ((int64_t *)times->values)[row] = second;
        }
    }
    return ascend;
}

static void test_times_tell_the_order_of_many_customers(void **state)
{
    (void)state;
    static int64_t values[3 + MOST_CUSTOMERS * MOST_ROWS];
    const wbi_table_def def = {.name = "orders", .time = "ordered_at"};
    const wbi_binding binding = {.def = &def, .group_by = WBI_NO_SLOT};
    wbi_packed columns[2] = {{.type = WB_TYPE_CATEGORY}, {.type = WB_TYPE_TIME, .values = values}};
    const wbi_packed_rows rows = {.n_columns = 2, .columns = columns};
    size_t first[MOST_CUSTOMERS + 1], n_ascending = 0;
    uint64_t seed = 1;
    wbi_order *order;
    wb_error err;
    assert_ok(wbi_order_create(&order, &binding, &rows, &err), &err);
    for (int round = 0; round < 20000; round++) {
        const size_t n = 1 + below(&seed, MOST_CUSTOMERS);
        columns[1].packing = round % 2 == 0 ? WBI_PACKED_SECONDS : WBI_PACKED_MICROSECONDS;
        const bool ascend = random_times(&columns[1], first, n, &seed);
        assert_int_equal(wbi_order_is_of_times(order, first, n), ascend);
        for (size_t c = 0; ascend && c < n; c++)
            assert_true(wbi_order_holds(order, first[c], first[c + 1] - first[c]));
        n_ascending += ascend;
    }
    assert_true(n_ascending > 2000 && n_ascending < 18000);
    wbi_order_free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_tell_the_order_of_many_customers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
