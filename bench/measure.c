/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure N OUTPUT COMMAND… [-- OUTPUT COMMAND…]…: runs each command once to warm up, then all of them in turn, N times
 * over, so that a machine that slows down slows all of them down. Prints one row for each command:
 *
 *     wall median, minimum and maximum in seconds · CPU median in seconds · peak memory of any run in KiB
 *
 * The file OUTPUT (`-`: none) is deleted before each run of its command, not in the time that counts: to replace a file
 * of seconds ago waits until the disk has what is thrown away. The commands' standard output is thrown away. The peak is what the kernel counts for the process, and that count
 * begins with the pages of whoever forks: hence a program that has hardly any, and not a script. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N_RUNS_LIMIT = 1000, N_COMMANDS_LIMIT = 32, EXIT_NO_COMMAND = 127 };

typedef struct contender {
    const char *output; /* NULL: none */
    char **command;
    double wall_s[N_RUNS_LIMIT], cpu_s[N_RUNS_LIMIT];
    long peak_kib;
} contender;

typedef struct cost {
    double wall_s, cpu_s;
    long peak_kib;
} cost;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "measure: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

static void become(char **command)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0)
        execvp(command[0], command);
    fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
    _exit(EXIT_NO_COMMAND);
}

static cost run_once(const contender *who)
{
    struct rusage used;
    int ending;
    char **command = who->command;
    if (who->output != NULL && unlink(who->output) != 0 && errno != ENOENT)
        fail(who->output, strerror(errno));
    double start_s = now_s();
    pid_t child = fork();
    if (child < 0)
        fail("cannot fork", strerror(errno));
    if (child == 0)
        become(command);
    while (wait4(child, &ending, 0, &used) < 0)
        if (errno != EINTR)
            fail("cannot wait", strerror(errno));
    double wall_s = now_s() - start_s;
    if (WIFSIGNALED(ending))
        fail(command[0], strsignal(WTERMSIG(ending)));
    if (WEXITSTATUS(ending) != 0) {
        char code[32];
        snprintf(code, sizeof code, "exit code %d", WEXITSTATUS(ending));
        fail(command[0], code);
    }
    return (cost){wall_s, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss};
}

static void run_and_note(contender *who, size_t run)
{
    cost c = run_once(who);
    who->wall_s[run] = c.wall_s;
    who->cpu_s[run] = c.cpu_s;
    who->peak_kib = c.peak_kib > who->peak_kib ? c.peak_kib : who->peak_kib;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(const double *sorted, size_t n)
{
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void print(contender *who, size_t n_runs)
{
    double *wall_s = who->wall_s, *cpu_s = who->cpu_s;
    qsort(wall_s, n_runs, sizeof *wall_s, ascending);
    qsort(cpu_s, n_runs, sizeof *cpu_s, ascending);
    printf("%.4f %.4f %.4f %.4f %ld\n", median(wall_s, n_runs), wall_s[0], wall_s[n_runs - 1], median(cpu_s, n_runs),
           who->peak_kib);
}

static contender contender_of(char **words)
{
    if (words[0] == NULL || words[1] == NULL)
        fail("usage", "a command is empty");
    return (contender){.output = strcmp(words[0], "-") == 0 ? NULL : words[0], .command = words + 1};
}

/* Cuts the words at each `--`, and returns how many commands they make. */
static size_t split(contender *all, char **words)
{
    size_t n = 0;
    for (;;) {
        char **begin = words;
        while (*words != NULL && strcmp(*words, "--") != 0)
            words++;
        bool is_last = *words == NULL;
        *words = NULL;
        if (n == N_COMMANDS_LIMIT)
            fail("usage", "at most 32 commands");
        all[n++] = contender_of(begin);
        if (is_last)
            return n;
        words++;
    }
}

int main(int argc, char **argv)
{
    static contender all[N_COMMANDS_LIMIT];
    char *end = NULL;
    long n_runs = argc > 2 ? strtol(argv[1], &end, 10) : 0;
    if (n_runs < 1 || n_runs > N_RUNS_LIMIT || *end != '\0')
        fail("usage", "measure N OUTPUT COMMAND… [-- OUTPUT COMMAND…]…, N from 1 to 1000");
    size_t n = split(all, argv + 2);
    for (size_t i = 0; i < n; i++)
        run_once(&all[i]);
    for (size_t run = 0; run < (size_t)n_runs; run++)
        for (size_t i = 0; i < n; i++)
            run_and_note(&all[i], run);
    for (size_t i = 0; i < n; i++)
        print(&all[i], (size_t)n_runs);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
