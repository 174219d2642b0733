/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat tables from any bytes: what comes out is what the plain rule gives. The first two bytes choose the dialect, the sizes
 * and threads; the rest is the file, or two files with a \x1d between them. It works in a folder of its own under TMPDIR, so
 * name the corpus by an absolute path. */
#include <stdint.h>

#include "../flat_testing.h"

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

/* "@@" is the usual dialect, in which three cells decide. */
static flat_reading reading_of(const uint8_t *choice)
{
    static const char *const texts[] = {"id"}, *const categories[] = {"zip"}, *const na[] = {"NA", "-"};
    static const size_t chunks[] = {0, 1, 2, 63, 64, 65, 100, 4096}, windows[] = {4096, 1, 7, 64}, deciding[] = {3, 1, 2, 10000};
    static const wb_on_error policies[] = {WB_ON_ERROR_SKIP, WB_ON_ERROR_REJECT, WB_ON_ERROR_FAIL, WB_ON_ERROR_REJECT};
    flat_reading how = {WB_READ_OPTIONS_INIT,
                        WBI_FLAT_SIZES_INIT,
                        {.text_columns = texts, .n_text_columns = 1, .categories = categories, .n_categories = choice[0] & 1}};
    how.options.decimal = (choice[0] & 2) != 0 ? ',' : '.';
    how.options.n_na = (choice[0] & 4) != 0 ? 2 : 0;
    how.options.na = na;
    how.options.delimiter = ",;\t "[choice[0] >> 3 & 3];
    how.options.on_error = policies[(choice[0] >> 6 ^ 1) & 3];
    how.options.rejects = how.options.on_error == WB_ON_ERROR_REJECT ? "rejects.csv" : NULL;
    how.options.n_threads = (choice[0] & 32) != 0 ? 2 : 1;
    how.sizes.chunk_bytes = chunks[choice[1] & 7];
    how.sizes.csv.window_bytes = windows[choice[1] >> 3 & 3];
    how.sizes.n_deciding = deciding[(choice[1] >> 6 ^ 1) & 3];
    return how;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    enum { N_CHOICES = 2, MOST_BYTES = MAX_FLAT };
    wb_error err;
    transcript expected;
    if (n < N_CHOICES || n > MOST_BYTES) /* no more columns than bytes */
        return 0;
    enter_once();
    flat_reading how = reading_of(bytes);
    const char *text = (const char *)bytes + N_CHOICES, *cut = memchr(text, '\x1d', n - N_CHOICES);
    size_t n_text = n - N_CHOICES, n_first = cut == NULL ? n_text : (size_t)(cut - text);
    write_file("m1.csv", text, n_first);
    unlink("m2.csv");
    if (cut != NULL)
        write_file("m2.csv", cut + 1, n_text - n_first - 1);
    (void)!flat_by_rule(&expected, "m*.csv", &how, &err);
    if (!same_as_rule(&expected, "m*.csv", &how))
        abort();
    free(expected.text);
    return 0;
}
