/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz entry on every file of the folders named: the corpus as a test, for any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { PATH_CHARS = 4096 };

/* Runs one file; false when it cannot be read. */
static int replay(const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &about) != 0)
        return 0;
    size_t n = (size_t)about.st_size;
    uint8_t *bytes = malloc(n + 1);
    int whole = bytes != NULL && fread(bytes, 1, n, file) == n;
    fclose(file);
    if (whole)
        LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    return whole;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    char path[PATH_CHARS];
    int n_files = 0;
    for (int i = 1; i < argc; i++) {
        char *folder = realpath(argv[i], NULL); /* the entry may move to another folder */
        int n = folder == NULL ? -1 : scandir(folder, &entries, NULL, alphasort);
        if (n < 0) {
            perror(argv[i]);
            return 1;
        }
        for (int k = 0; k < n; k++) {
            snprintf(path, sizeof path, "%s/%s", folder, entries[k]->d_name);
            if (entries[k]->d_name[0] != '.') {
                if (!replay(path)) {
                    perror(path);
                    return 1;
                }
                n_files++;
            }
            free(entries[k]);
        }
        free(entries);
        free(folder);
    }
    printf("%d files\n", n_files);
    return n_files > 0 ? 0 : 1;
}
