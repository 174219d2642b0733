/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CSV reader under any bytes: it neither crashes nor leaks, and neither the size of its reads nor that of its
 * blocks shows in what it gives. The first byte chooses the dialect, the rest is the file. It works in a folder of its
 * own under TMPDIR, so name the corpus by an absolute path. */
#include <stdint.h>

#include "../csv_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void *folder;

static void leave(void)
{
    (void)leave_folder(&folder, (const char *const[]){"t.csv", "rejects.csv", NULL});
}

static void enter_once(void)
{
    if (folder == NULL && (enter_folder(&folder) != 0 || atexit(leave) != 0))
        abort();
}

/* '@' is the usual dialect. */
static reading reading_of(uint8_t choice)
{
    static const char *const names[] = {"p", "q"}, *const na[] = {"NA", "-"};
    reading how = READING_INIT;
    how.dialect.header = (choice & 1) == 0;
    how.dialect.names = names;
    how.dialect.n_names = 2;
    how.dialect.strict_quotes = (choice & 2) == 0;
    how.dialect.comment = (choice & 4) != 0 ? '#' : '\0';
    how.dialect.delimiter = ",;\t "[choice >> 3 & 3];
    how.dialect.na = na;
    how.dialect.n_na = (choice & 32) != 0 ? 2 : 0;
    how.policy = WB_ON_ERROR_REJECT;
    how.rejects = "rejects.csv";
    return how;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const size_t windows[] = {1, 2, 7, 64};
    wb_error err;
    transcript whole, other;
    if (n == 0)
        return 0;
    enter_once();
    reading how = reading_of(bytes[0]);
    write_file("t.csv", (const char *)bytes + 1, n - 1);
    wb_status status = read_all(&whole, "t.csv", &how, &err);
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        how.sizes.window_bytes = windows[i];
        if (read_all(&other, "t.csv", &how, &err) != status || strcmp(whole.text, other.text) != 0)
            abort();
        free(other.text);
    }
    how.max_rows = 3;
    if (read_all(&other, "t.csv", &how, &err) != status)
        abort();
    strip(whole.text);
    strip(other.text);
    /* An error hides the rows of its block. */
    if (strncmp(whole.text, other.text, strlen(other.text)) != 0 ||
        (status == WB_OK && strlen(whole.text) != strlen(other.text)))
        abort();
    free(whole.text);
    free(other.text);
    return 0;
}
