/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches of typed rows from any bytes: what comes out is what reading row by row gives. The first bytes choose the
 * dialect, the sizes and threads, and the types; the rest is the file, or two files with a \x1d between them. It works in a
 * folder of its own under TMPDIR, so name the corpus by an absolute path. */
#include <stdint.h>

#include "../batches_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void *folder;

static void leave(void)
{
    (void)leave_folder(&folder, (const char *const[]){"m1.csv", "m2.csv", "rejects.csv", NULL});
}

static void enter_once(void)
{
    if (folder == NULL && (enter_folder(&folder) != 0 || atexit(leave) != 0))
        abort();
}

/* "@@@@" is the usual dialect with a number, an ISO time, a category and a date. */
static typed_reading reading_of(const uint8_t *choice, char types[5])
{
    static const char *const names[] = {"p", "q"}, *const na[] = {"NA", "-"};
    static const char letters[] = "ntcfuNCT-nctfcux";
    static const size_t chunks[] = {0, 1, 2, 63, 64, 65, 100, 4096}, windows[] = {4096, 1, 7, 64};
    static const wb_on_error policies[] = {WB_ON_ERROR_SKIP, WB_ON_ERROR_REJECT, WB_ON_ERROR_FAIL, WB_ON_ERROR_REJECT};
    typed_reading how = TYPED_READING_INIT;
    how.how.dialect.header = (choice[0] & 1) == 0;
    how.how.dialect.names = names;
    how.how.dialect.n_names = 2;
    how.how.dialect.strict_quotes = (choice[0] & 2) == 0;
    how.how.dialect.comment = (choice[0] & 4) != 0 ? '#' : '\0';
    how.how.dialect.delimiter = ",;\t "[choice[0] >> 3 & 3];
    how.how.dialect.na = na;
    how.how.dialect.n_na = (choice[0] & 32) != 0 ? 2 : 0;
    how.how.dialect.decimal = (choice[0] & 128) != 0 ? ',' : '.';
    how.chunk_bytes = chunks[choice[1] & 7];
    how.how.sizes.window_bytes = windows[choice[1] >> 3 & 3];
    how.n_threads = (choice[1] & 32) != 0 ? 2 : 1;
    how.how.policy = policies[choice[1] >> 6 ^ 1];
    how.how.rejects = how.how.policy == WB_ON_ERROR_REJECT ? "rejects.csv" : NULL;
    for (size_t k = 0; k < 4; k++)
        types[k] = letters[((size_t)((choice[2 + k / 2] ^ '@') >> (k % 2 * 4)) + k) & 15];
    types[4] = '\0';
    how.types = types;
    how.zone_offset_s = (choice[3] & 1) * 3600;
    return how;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    enum { N_CHOICES = 4 };
    char types[5];
    wb_error err;
    transcript expected;
    if (n < N_CHOICES)
        return 0;
    enter_once();
    typed_reading how = reading_of(bytes, types);
    const char *text = (const char *)bytes + N_CHOICES, *cut = memchr(text, '\x1d', n - N_CHOICES);
    size_t n_text = n - N_CHOICES, n_first = cut == NULL ? n_text : (size_t)(cut - text);
    write_file("m1.csv", text, n_first);
    unlink("m2.csv");
    if (cut != NULL)
        write_file("m2.csv", cut + 1, n_text - n_first - 1);
    (void)!read_typed(&expected, "m*.csv", &how, false, &err);
    if (!same_in_batches(&expected, "m*.csv", &how))
        abort();
    free(expected.text);
    return 0;
}
