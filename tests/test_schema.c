/* SPDX-License-Identifier: GPL-3.0-or-later */
/* docs/winback.schema.json is what the keys of the code make. */
#include "test_run.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_schema_is_that_of_the_code, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_reference_is_that_of_the_documents, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
