/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which customers have had a row. */
#include "test_util.h"

#include <string.h>

#include "base/memory.h"
#include "score/ids.h"

static bool had(wbi_ids *ids, const char *id, int64_t cutoff_us)
{
    bool again = false;
    wb_error err;
    assert_ok(wbi_ids_add(ids, wbi_str_from(id), cutoff_us, &again, &err), &err);
    return again;
}

/* 200,000 customers, of whom every 200th comes again much later, a thousand in all. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 200000, EVERY = 200 };
    wbi_ids *ids;
    wb_error err;
    char id[32];
    assert_ok(wbi_ids_create(&ids, &err), &err);
    for (size_t i = 0; i < N; i++) {
        snprintf(id, sizeof id, "%zu", i * 7919);
        assert_false(had(ids, id, 5));
    }
    for (size_t i = 0; i < N; i++) {
        snprintf(id, sizeof id, "%zu", i * 7919 + (i % EVERY == 0 ? 0 : 1));
        assert_int_equal(had(ids, id, 5), i % EVERY == 0);
    }
    wbi_ids_free(ids);
}

/* The key is the customer and the cutoff; bytes are compared, whatever they are. */
static void test_keys(void **state)
{
    (void)state;
    wbi_ids *ids;
    wb_error err;
    bool again;
    assert_ok(wbi_ids_create(&ids, &err), &err);
    assert_false(had(ids, "a", 0));
    assert_false(had(ids, "a", 1));
    assert_false(had(ids, "A", 0));
    assert_false(had(ids, "a ", 0));
    assert_false(had(ids, "", 0));
    assert_false(had(ids, "", INT64_MIN));
    assert_false(had(ids, "a", -1));
    assert_ok(wbi_ids_add(ids, (wbi_str){"a\0b", 3}, 0, &again, &err), &err);
    assert_false(again);
    assert_true(had(ids, "a", 0));
    assert_true(had(ids, "", INT64_MIN));
    assert_true(had(ids, "a", -1));
    assert_ok(wbi_ids_add(ids, (wbi_str){"a\0c", 3}, 0, &again, &err), &err);
    assert_false(again);
    wbi_ids_free(ids);
}

/* What had been added is still known after memory was lacking. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    wb_status status = WB_ERR_NOMEM;
    wb_error err;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_ids *ids = NULL;
        size_t n_added = 0;
        char id[32];
        wbi_alloc_fail_at(n);
        status = wbi_ids_create(&ids, &err);
        for (bool again; status == WB_OK && n_added < 4000; n_added += status == WB_OK) {
            snprintf(id, sizeof id, "%zu", n_added);
            status = wbi_ids_add(ids, wbi_str_from(id), 0, &again, &err);
        }
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        for (size_t i = 0; ids != NULL && i < n_added; i++) {
            snprintf(id, sizeof id, "%zu", i);
            assert_true(had(ids, id, 0));
        }
        wbi_ids_free(ids);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
