/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model files in tests that say something wrong in one place. */
#ifndef WINBACK_TESTS_EDIT_TESTING_H
#define WINBACK_TESTS_EDIT_TESTING_H

#include <unistd.h>

#include "test_frame.h"

typedef struct file_edit {
    const char *from, *to;
    const char *message; /* a part of it; NULL: any */
} file_edit;

/* Each edit of the good file, where `from` stands in it first, is refused with its message, and names the file. */
FRAME_FUNCTION void assert_edits_refused(const char *good, const file_edit *edits, size_t n)
{
    for (const file_edit *edit = edits; edit < edits + n; edit++) {
        char path[] = "/tmp/winback-test-XXXXXX";
        const char *at = strstr(good, edit->from);
        wb_model *model = NULL;
        wb_error err;
        if (at == NULL)
            fail_msg("no %s in the file", edit->from);
        FILE *file = fdopen(mkstemp(path), "w");
        fprintf(file, "%.*s%s%s", (int)(at - good), good, edit->to, at + strlen(edit->from));
        fclose(file);
        const wb_status status = wb_model_read(&model, path, &err);
        remove(path);
        assert_int_equal(status, WB_ERR_MALFORMED);
        assert_string_equal(err.file, path);
        if (edit->message != NULL && strstr(err.message, edit->message) == NULL)
            fail_msg("'%s' for %s, expected '%s'", err.message, edit->to, edit->message);
    }
}

#endif
