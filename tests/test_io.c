/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/memory.h"
#include "io/input.h"
#include "io/output.h"

/* Every test works in a folder of its own, which is the current one meanwhile. */
typedef struct folder {
    char path[64];
    int before;
} folder;

static int enter_folder(void **state)
{
    folder *f = malloc(sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/winback-io-XXXXXX");
    f->before = open(".", O_RDONLY | O_DIRECTORY);
    *state = f;
    return mkdtemp(f->path) == NULL || chdir(f->path) != 0;
}

static int leave_folder(void **state)
{
    folder *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->path);
    int failed = fchdir(f->before) != 0 || system(command) != 0;
    close(f->before);
    free(f);
    return failed;
}

static void put(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *got = malloc(n + 1);
    assert_int_equal(fread(got, 1, n + 1, file), n);
    assert_memory_equal(got, bytes, n);
    free(got);
    fclose(file);
}

static size_t n_files(void)
{
    size_t n = 0;
    DIR *here = opendir(".");
    assert_non_null(here);
    for (struct dirent *entry; (entry = readdir(here)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(here);
    return n;
}

/* Bytes that compress, but not to nothing, and end in a line of their own. */
static char *make_bytes(size_t n)
{
    char *bytes = malloc(n);
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (char)("0123456789,abcd\n"[x >> 28]);
    }
    return bytes;
}

static size_t gzip_bytes(unsigned char *out, size_t room, const char *bytes, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t used = room - z.avail_out;
    deflateEnd(&z);
    return used;
}

static size_t zstd_bytes(unsigned char *out, size_t room, const char *bytes, size_t n)
{
    size_t used = ZSTD_compress(out, room, bytes, n, 3);
    assert_false(ZSTD_isError(used));
    return used;
}

typedef size_t (*compress_fn)(unsigned char *out, size_t room, const char *bytes, size_t n);

/* Reads `path` in pieces of `piece` bytes and compares. */
static void assert_reads(const char *path, const char *bytes, size_t n, size_t piece)
{
    wb_error err;
    wbi_input *input;
    char *got = malloc(n + piece);
    size_t total = 0, some;
    assert_ok(wbi_input_open(&input, path, &err), &err);
    do {
        assert_true(total <= n);
        assert_ok(wbi_input_read(input, got + total, piece, &some, &err), &err);
        assert_true(some <= piece);
        total += some;
    } while (some > 0);
    assert_int_equal(total, n);
    assert_memory_equal(got, bytes, n);
    assert_ok(wbi_input_read(input, got, piece, &some, &err), &err); /* the end stays the end */
    assert_int_equal(some, 0);
    assert_string_equal(wbi_input_name(input), path);
    wbi_input_close(input);
    free(got);
}

static void test_plain(void **state)
{
    (void)state;
    enum { N = 600000 };
    char *bytes = make_bytes(N);
    for (size_t n = 0; n < 6; n++) {
        put("small", bytes, n);
        assert_reads("small", bytes, n, 3);
    }
    put("large", bytes, N);
    assert_reads("large", bytes, N, 1000);
    assert_reads("large", bytes, N, 1 << 20);
    free(bytes);
    wbi_input_close(NULL);
}

/* Reads a file in pieces of these sizes in turn, and compares. */
static void assert_reads_mixed(const char *path, const char *bytes, size_t n, const size_t *sizes, size_t n_sizes)
{
    wb_error err;
    wbi_input *input;
    size_t total = 0, some = 1;
    assert_ok(wbi_input_open(&input, path, &err), &err);
    for (size_t i = 0; some > 0; i++) {
        size_t size = sizes[i % n_sizes];
        char *piece = malloc(size); /* so that the sanitizer sees a byte too many */
        assert_ok(wbi_input_read(input, piece, size, &some, &err), &err);
        assert_true(some <= size && some <= n - total);
        assert_memory_equal(piece, bytes + total, some);
        total += some;
        free(piece);
    }
    assert_int_equal(total, n);
    wbi_input_close(input);
}

/* From 64 KiB on, what is not compressed is read straight into the caller's memory once the buffer is empty. */
static void test_small_and_large_reads(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1 << 20, 100}, {65535, 65536, 65537}, {262144, 7, 100000}, {1 << 21, 3, 1}};
    enum { N = 900001, ROOM = 2 * N };
    char *bytes = make_bytes(N);
    unsigned char *packed = malloc(ROOM);
    put("plain", bytes, N);
    put("packed.gz", packed, gzip_bytes(packed, ROOM, bytes, N));
    put("packed.zst", packed, zstd_bytes(packed, ROOM, bytes, N));
    put("tiny", bytes, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_reads_mixed("plain", bytes, N, sizes[i], 3);
        assert_reads_mixed("packed.gz", bytes, N, sizes[i], 3);
        assert_reads_mixed("packed.zst", bytes, N, sizes[i], 3);
        assert_reads_mixed("tiny", bytes, 3, sizes[i], 3);
    }
    free(packed);
    free(bytes);
}

/* A child writes in pieces, so that large reads give less than they might. */
static void test_large_reads_of_a_pipe(void **state)
{
    (void)state;
    static const size_t sizes[] = {1 << 20, 65536, 10};
    enum { N = 400000, PIECE = 12345 };
    char *bytes = make_bytes(N);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    pid_t writer = fork();
    if (writer == 0) {
        int fd = open("pipe", O_WRONLY);
        for (size_t done = 0; done < N;) {
            ssize_t n = write(fd, bytes + done, N - done < PIECE ? N - done : PIECE);
            if (n < 0)
                _exit(1);
            done += (size_t)n;
        }
        _exit(0);
    }
    assert_reads_mixed("pipe", bytes, N, sizes, 3);
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    free(bytes);
}

/* A file that grows when its end has been seen has ended nevertheless. */
static void test_the_end_stays_the_end(void **state)
{
    (void)state;
    enum { N = 300000, ROOM = 1 << 20 };
    wb_error err;
    wbi_input *input;
    char *bytes = make_bytes(N), *got = malloc(ROOM);
    put("growing", bytes, N);
    assert_ok(wbi_input_open(&input, "growing", &err), &err);
    size_t n = 1, total = 0;
    for (; n > 0; total += n)
        assert_ok(wbi_input_read(input, got, ROOM, &n, &err), &err);
    assert_int_equal(total, N);
    FILE *file = fopen("growing", "ab");
    assert_int_equal(fwrite(bytes, 1, 100, file), 100);
    assert_int_equal(fclose(file), 0);
    assert_ok(wbi_input_read(input, got, ROOM, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_ok(wbi_input_read(input, got, 10, &n, &err), &err);
    assert_int_equal(n, 0);
    wbi_input_close(input);
    free(got);
    free(bytes);
}

static void check_compressed(compress_fn compress)
{
    enum { N = 700000, ROOM = 2 * N };
    char *bytes = make_bytes(N);
    unsigned char *packed = malloc(ROOM);
    size_t n = compress(packed, ROOM, bytes, N);
    put("one", packed, n);
    assert_reads("one", bytes, N, 1000);
    assert_reads("one", bytes, N, 1 << 20);

    /* Several members, an empty one among them. */
    n = compress(packed, ROOM, bytes, 1000);
    n += compress(packed + n, ROOM - n, bytes, 0);
    n += compress(packed + n, ROOM - n, bytes + 1000, N - 1000);
    put("several", packed, n);
    assert_reads("several", bytes, N, 777);

    /* Far more output than input. */
    memset(bytes, 'x', N);
    n = compress(packed, ROOM, bytes, N);
    put("dense", packed, n);
    assert_reads("dense", bytes, N, 100);
    n = compress(packed, ROOM, bytes, 0);
    put("nothing", packed, n);
    assert_reads("nothing", bytes, 0, 100);
    free(packed);
    free(bytes);
}

static void test_gzip(void **state)
{
    (void)state;
    check_compressed(gzip_bytes);
}

static void test_zstd(void **state)
{
    (void)state;
    check_compressed(zstd_bytes);
}

static wb_status read_through(const char *path, wb_error *err)
{
    wbi_input *input;
    char piece[4096];
    size_t n;
    wb_status status = wbi_input_open(&input, path, err);
    do
        if (status == WB_OK)
            status = wbi_input_read(input, piece, sizeof piece, &n, err);
    while (status == WB_OK && n > 0);
    wbi_input_close(input);
    return status;
}

static void check_broken(compress_fn compress, size_t shortest)
{
    enum { N = 5000, ROOM = 2 * N };
    wb_error err;
    char *bytes = make_bytes(N);
    unsigned char *packed = malloc(ROOM);
    size_t n = compress(packed, ROOM, bytes, N);
    for (size_t cut = shortest; cut < n; cut += cut < 40 || cut + 40 > n ? 1 : 97) {
        put("cut", packed, cut);
        assert_int_equal(read_through("cut", &err), WB_ERR_MALFORMED);
        assert_string_equal(err.file, "cut");
        assert_non_null(strstr(err.message, "cut short"));
    }
    memcpy(packed + n, "garbage", 7);
    put("tail", packed, n + 7);
    assert_int_equal(read_through("tail", &err), WB_ERR_MALFORMED);
    assert_string_equal(err.file, "tail");
    packed[shortest] ^= 0xff;
    put("flipped", packed, n);
    assert_int_equal(read_through("flipped", &err), WB_ERR_MALFORMED);
    free(packed);
    free(bytes);
}

static void test_broken_compression(void **state)
{
    (void)state;
    check_broken(gzip_bytes, 2);
    check_broken(zstd_bytes, 4);
}

static void assert_io_error(wb_status status, const wb_error *err, const char *file, const char *message)
{
    assert_int_equal(status, WB_ERR_IO);
    assert_int_equal(err->code, WB_ERR_IO);
    assert_string_equal(err->file, file);
    assert_string_equal(err->message, message);
}

static void test_cannot_open(void **state)
{
    (void)state;
    wb_error err;
    wbi_input *input;
    assert_io_error(wbi_input_open(&input, "absent.csv", &err), &err, "absent.csv",
                    "cannot open: No such file or directory");
    assert_null(input);
    assert_io_error(wbi_input_open(&input, ".", &err), &err, ".", "cannot open: Is a directory");
    assert_int_equal(wbi_input_open(&input, "absent.csv", NULL), WB_ERR_IO);
}

static void test_standard_input(void **state)
{
    (void)state;
    wb_error err;
    unsigned char packed[200];
    size_t packed_bytes = gzip_bytes(packed, sizeof packed, "a,b\n1,2\n", 8), n;
    int saved = dup(STDIN_FILENO), ends[2];
    assert_int_equal(pipe(ends), 0);
    /* In single bytes: the first read gives less than the magic. */
    for (size_t i = 0; i < packed_bytes; i++)
        assert_int_equal(write(ends[1], packed + i, 1), 1);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    wbi_input *input;
    char got[100];
    assert_ok(wbi_input_open(&input, "-", &err), &err);
    assert_string_equal(wbi_input_name(input), "(standard input)");
    assert_ok(wbi_input_read(input, got, sizeof got, &n, &err), &err);
    assert_int_equal(n, 8);
    assert_memory_equal(got, "a,b\n1,2\n", 8);
    wbi_input_close(input);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0); /* still open */
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
}

static void test_slurp(void **state)
{
    (void)state;
    enum { N = 200000 };
    wb_error err;
    char *bytes = make_bytes(N), *got;
    size_t n;
    put("large", bytes, N);
    assert_ok(wbi_input_slurp(&got, &n, "large", N, &err), &err);
    assert_int_equal(n, N);
    assert_memory_equal(got, bytes, N);
    assert_int_equal(got[N], '\0');
    wbi_free(got);
    assert_int_equal(wbi_input_slurp(&got, &n, "large", N - 1, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.file, "large");
    assert_null(got);
    put("empty", "", 0);
    assert_ok(wbi_input_slurp(&got, &n, "empty", 0, &err), &err);
    assert_int_equal(n, 0);
    assert_string_equal(got, "");
    wbi_free(got);
    assert_int_equal(wbi_input_slurp(&got, &n, "absent", 10, &err), WB_ERR_IO);
    free(bytes);
}

static void test_expand(void **state)
{
    (void)state;
    wb_error err;
    wbi_paths paths;
    const char *const files[] = {"b.csv", "B.csv", "a2.csv", "a10.csv", "_.csv", "a.txt", "odd[1].csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put(files[i], "", 0);
    assert_ok(wbi_paths_expand(&paths, "[!o]*.csv", &err), &err);
    const char *const expected[] = {"B.csv", "_.csv", "a10.csv", "a2.csv", "b.csv"};
    assert_int_equal(paths.n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(paths.paths[i], expected[i]);
    wbi_paths_free(&paths);
    const char *const themselves[] = {"-", "absent.csv", "odd[1].csv"};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(wbi_paths_expand(&paths, themselves[i], &err), &err);
        assert_int_equal(paths.n, 1);
        assert_string_equal(paths.paths[0], themselves[i]);
        wbi_paths_free(&paths);
    }
    assert_io_error(wbi_paths_expand(&paths, "*.parquet", &err), &err, "*.parquet", "no file matches");
    assert_int_equal(paths.n, 0);
    wbi_paths_free(&paths);
}

static wbi_output *start(const char *path)
{
    wb_error err;
    wbi_output *output;
    assert_ok(wbi_output_open(&output, path, &err), &err);
    return output;
}

static void add(wbi_output *output, const char *bytes, size_t n)
{
    wb_error err;
    assert_ok(wbi_output_write(output, bytes, n, &err), &err);
}

static void commit(wbi_output *output)
{
    wb_error err;
    assert_ok(wbi_output_commit(output, &err), &err);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void test_output_appears_whole(void **state)
{
    (void)state;
    mode_t mask = umask(027);
    wbi_output *output = start("new.csv");
    add(output, "a,b\n", 4);
    assert_int_equal(access("new.csv", F_OK), -1);
    commit(output);
    assert_file("new.csv", "a,b\n", 4);
    assert_int_equal(mode_of("new.csv"), 0640);

    output = start("new.csv");
    add(output, "changed\n", 8);
    assert_file("new.csv", "a,b\n", 4);
    wbi_output_abort(output);
    assert_file("new.csv", "a,b\n", 4);
    assert_int_equal(n_files(), 1);

    chmod("new.csv", 0604);
    output = start("new.csv");
    commit(output); /* nothing was written */
    assert_file("new.csv", "", 0);
    assert_int_equal(mode_of("new.csv"), 0604);
    assert_int_equal(n_files(), 1);
    umask(mask);
    wbi_output_abort(NULL);
}

static wb_status keep(wbi_output_set *set, const char *path, wb_error *err)
{
    wbi_output *output = start(path);
    add(output, path, strlen(path));
    return wbi_output_keep(output, set, err);
}

/* All or none: until the set is committed no place is taken, and what cannot be written is found out before that. */
static void test_outputs_appear_together(void **state)
{
    (void)state;
    wbi_output_set set = {0};
    wb_error err;
    assert_ok(keep(&set, "one", &err), &err);
    assert_ok(keep(&set, "two", &err), &err);
    assert_int_not_equal(access("one", F_OK), 0);
    assert_int_not_equal(access("two", F_OK), 0);
    assert_io_error(keep(&set, "/dev/full", &err), &err, "/dev/full", "cannot write: No space left on device");
    wbi_output_set_abort(&set);
    assert_int_not_equal(access("one", F_OK), 0);
    wbi_output_set_abort(NULL);
    assert_ok(wbi_output_set_commit(&set, &err), &err); /* it is empty */
    assert_ok(keep(&set, "one", &err), &err);
    assert_ok(keep(&set, "two", &err), &err);
    assert_ok(wbi_output_set_commit(&set, &err), &err);
    assert_int_equal(access("one", F_OK), 0);
    assert_int_equal(access("two", F_OK), 0);
    assert_ok(keep(NULL, "three", &err), &err); /* at once */
    assert_int_equal(access("three", F_OK), 0);
}

static void test_private_output_is_its_owners(void **state)
{
    (void)state;
    wb_error err;
    wbi_output *output;
    for (int round = 0; round < 2; round++) { /* a new file, then in place of one that anybody could read */
        assert_ok(wbi_output_open_private(&output, "list.csv", &err), &err);
        add(output, "a,b\n", 4);
        commit(output);
        assert_file("list.csv", "a,b\n", 4);
        assert_int_equal(mode_of("list.csv"), 0600);
        chmod("list.csv", 0644);
    }
    assert_int_equal(n_files(), 1);
}

static void test_output_of_many_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 0, 1000000, 100000, 1 << 20, 3000000, (1 << 20) - 1, 1, 5};
    char *bytes = make_bytes(8000000);
    size_t total = 0;
    wbi_output *output = start("large");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        add(output, bytes + total, sizes[i]);
        total += sizes[i];
    }
    commit(output);
    assert_file("large", bytes, total);
    free(bytes);
}

static void test_output_follows_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("sub", 0777), 0);
    put("sub/old.csv", "old", 3);
    assert_int_equal(symlink("sub/old.csv", "link"), 0);
    assert_int_equal(symlink("link", "chain"), 0);
    assert_int_equal(symlink("new.csv", "sub/dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    wbi_output *output = start("chain");
    add(output, "newer", 5);
    commit(output);
    assert_file("sub/old.csv", "newer", 5);
    struct stat about;
    assert_int_equal(lstat("link", &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(lstat("chain", &about), 0);
    assert_true(S_ISLNK(about.st_mode));

    output = start("sub/dangling");
    add(output, "made", 4);
    commit(output);
    assert_file("sub/new.csv", "made", 4);
    wb_error err;
    assert_io_error(wbi_output_open(&output, "loop", &err), &err, "loop",
                    "cannot open: Too many levels of symbolic links");
}

static void test_output_cannot_open(void **state)
{
    (void)state;
    wb_error err;
    wbi_output *output;
    assert_io_error(wbi_output_open(&output, "absent/x.csv", &err), &err, "absent/x.csv",
                    "cannot open: No such file or directory");
    assert_null(output);
    assert_io_error(wbi_output_open(&output, "", &err), &err, "", "cannot open: No such file or directory");
    assert_io_error(wbi_output_open(&output, ".", &err), &err, ".", "cannot open: Is a directory");
    put("file", "", 0);
    assert_io_error(wbi_output_open(&output, "file/x", &err), &err, "file/x", "cannot open: Not a directory");
    if (geteuid() != 0) {
        chmod("file", 0444);
        assert_io_error(wbi_output_open(&output, "file", &err), &err, "file", "cannot open: Permission denied");
    }
}

static void test_full_disk(void **state)
{
    (void)state;
    wb_error err;
    wbi_output *output = start("/dev/full");
    add(output, "x", 1);
    assert_io_error(wbi_output_commit(output, &err), &err, "/dev/full", "cannot write: No space left on device");
    output = start("/dev/full");
    char *bytes = make_bytes(2 << 20);
    assert_io_error(wbi_output_write(output, bytes, 2 << 20, &err), &err, "/dev/full",
                    "cannot write: No space left on device");
    wbi_output_abort(output);
    free(bytes);
    output = start("/dev/null");
    add(output, "x", 1);
    commit(output);
}

static void test_fifo_is_written_directly(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    wbi_output *output = start("fifo");
    add(output, "through", 7);
    commit(output);
    char got[10];
    assert_int_equal(read(reader, got, sizeof got), 7);
    assert_memory_equal(got, "through", 7);
    close(reader);
    struct stat about;
    assert_int_equal(stat("fifo", &about), 0);
    assert_true(S_ISFIFO(about.st_mode));
}

/* Puts `fd` in the place of standard output, and gives what was there. */
static int replace_stdout(int fd)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    return saved;
}

static void restore_stdout(int saved)
{
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

static void test_standard_output(void **state)
{
    (void)state;
    int fd = open("out", O_WRONLY | O_CREAT, 0600);
    int saved = replace_stdout(fd);
    wb_error err;
    wbi_output *output = NULL;
    wb_status status = WB_OK;
    const char *const names[] = {"-", "/dev/stdout", "-"};
    for (size_t i = 0; status == WB_OK && i < 3; i++) {
        status = wbi_output_open(&output, names[i], &err);
        if (status == WB_OK)
            status = wbi_output_write(output, &"abc"[i], 1, &err);
        if (status == WB_OK)
            status = wbi_output_commit(output, &err);
    }
    restore_stdout(saved);
    close(fd);
    assert_ok(status, &err);
    assert_file("out", "abc", 3);
    assert_int_equal(n_files(), 1);
}

static void test_closed_pipe_is_success(void **state)
{
    (void)state;
    int ends[2];
    wb_error err;
    wbi_output *output = NULL;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    char *bytes = make_bytes(3 << 20);
    int saved = replace_stdout(ends[1]);
    wb_status status = wbi_output_open(&output, "-", &err);
    int closed_before = wbi_output_closed(output);
    if (status == WB_OK)
        status = wbi_output_write(output, bytes, 3 << 20, &err);
    int closed_after = wbi_output_closed(output);
    if (status == WB_OK)
        status = wbi_output_write(output, bytes, 10, &err);
    if (status == WB_OK)
        status = wbi_output_commit(output, &err);
    restore_stdout(saved);
    close(ends[1]);
    free(bytes);
    assert_ok(status, &err);
    assert_false(closed_before);
    assert_true(closed_after);

    /* Any other pipe that breaks has lost data. */
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    output = start("fifo");
    close(reader);
    add(output, "lost", 4);
    assert_io_error(wbi_output_commit(output, &err), &err, "fifo", "cannot write: Broken pipe");
}

static void test_make_directory(void **state)
{
    (void)state;
    wb_error err;
    struct stat about;
    assert_ok(wbi_make_directory("out", &err), &err);
    assert_ok(wbi_make_directory("out", &err), &err);
    assert_int_equal(stat("out", &about), 0);
    assert_true(S_ISDIR(about.st_mode));
    put("file", "", 0);
    assert_io_error(wbi_make_directory("file", &err), &err, "file", "cannot make the folder: File exists");
    assert_io_error(wbi_make_directory("a/b", &err), &err, "a/b", "cannot make the folder: No such file or directory");
}

static wb_status use_everything(wb_error *err)
{
    char *bytes = NULL;
    size_t n;
    wbi_paths paths = {0};
    wbi_output *output = NULL;
    wb_status status = wbi_input_slurp(&bytes, &n, "data", 1 << 20, err);
    wbi_free(bytes);
    if (status == WB_OK)
        status = wbi_paths_expand(&paths, "d*", err);
    wbi_paths_free(&paths);
    if (status == WB_OK)
        status = wbi_output_open(&output, "link", err);
    if (status == WB_OK)
        status = wbi_output_commit(output, err);
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    put("data", "some bytes", 10);
    put("old", "", 0);
    assert_int_equal(symlink("old", "link"), 0);
    for (uint64_t n = 1;; n++) {
        wb_error err = {0};
        wbi_alloc_fail_at(n);
        wb_status status = use_everything(&err);
        wbi_alloc_fail_at(0);
        assert_int_equal(n_files(), 3);
        if (status == WB_OK) {
            assert_true(n > 8);
            break;
        }
        assert_int_equal(status, WB_ERR_NOMEM);
        assert_int_equal(err.code, WB_ERR_NOMEM);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_plain),
        IN_FOLDER(test_small_and_large_reads),
        IN_FOLDER(test_large_reads_of_a_pipe),
        IN_FOLDER(test_the_end_stays_the_end),
        IN_FOLDER(test_gzip),
        IN_FOLDER(test_zstd),
        IN_FOLDER(test_broken_compression),
        IN_FOLDER(test_cannot_open),
        IN_FOLDER(test_standard_input),
        IN_FOLDER(test_slurp),
        IN_FOLDER(test_expand),
        IN_FOLDER(test_output_appears_whole),
        IN_FOLDER(test_outputs_appear_together),
        IN_FOLDER(test_private_output_is_its_owners),
        IN_FOLDER(test_output_of_many_sizes),
        IN_FOLDER(test_output_follows_links),
        IN_FOLDER(test_output_cannot_open),
        IN_FOLDER(test_full_disk),
        IN_FOLDER(test_fifo_is_written_directly),
        IN_FOLDER(test_standard_output),
        IN_FOLDER(test_closed_pipe_is_success),
        IN_FOLDER(test_make_directory),
        IN_FOLDER(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
