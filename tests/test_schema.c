/* SPDX-License-Identifier: GPL-3.0-or-later */
/* docs/winback.schema.json is what the keys of the code make. */
#include "test_run.h"

#include <jansson.h>

#include "base/memory.h"

static void test_the_schema_is_that_of_the_code(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    assert_ok(wb_project_write_schema(path_in(path, *state, "schema.json"), &err), &err);
    char *made = get(path), *kept = get("../docs/winback.schema.json");
    if (strcmp(made, kept) != 0)
        fail_msg("docs/winback.schema.json is not what 'winback help project --json' prints");
    free(made);
    free(kept);
}

static void test_the_reference_is_that_of_the_documents(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    assert_ok(wb_project_write_reference(path_in(path, *state, "keys.md"), &err), &err);
    char *made = get(path), *kept = get("../docs/project.md");
    assert_non_null(strstr(kept, made));
    free(made);
    free(kept);
    assert_int_equal(wb_project_write_schema("/nowhere/schema.json", &err), WB_ERR_IO);
}

static size_t allocations_left;

static void *failing_malloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return malloc(size);
}

/* However early the memory runs out, in jansson for good or in ours, it is said, and there is no file. */
static void test_without_memory(void **state)
{
    char path[RUN_PATH_CHARS], *kept = get("../docs/winback.schema.json");
    wb_status status = WB_ERR_NOMEM;
    wb_error err;
    size_t n = 0;
    path_in(path, *state, "schema.json");
    for (; status != WB_OK; n += n < 500 ? 1 : 7) {
        allocations_left = n;
        json_set_alloc_funcs(failing_malloc, free);
        status = wb_project_write_schema(path, &err);
        json_set_alloc_funcs(malloc, free);
        if (status != WB_OK)
            assert_int_equal(status, WB_ERR_NOMEM);
        assert_int_equal(access(path, F_OK) == 0, status == WB_OK);
    }
    assert_true(n > 500);
    char *made = get(path);
    assert_string_equal(made, kept);
    free(made);
    free(kept);
    unlink(path);
    status = WB_ERR_NOMEM;
    for (uint64_t at = 1; status != WB_OK; at++) {
        wbi_alloc_fail_at(at);
        status = wb_project_write_schema(path, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_schema_is_that_of_the_code, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_reference_is_that_of_the_documents, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_without_memory, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
