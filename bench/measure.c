/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure N COMMAND…: runs the command once to warm up, then N times, and prints one row:
 *
 *     wall median, minimum and maximum in seconds · CPU median in seconds · peak memory of any run in KiB
 *
 * The command's standard output is thrown away. The peak is what the kernel counts for the process, and that count
 * begins with the pages of whoever forks: hence a program that has hardly any, and not a script. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N_RUNS_LIMIT = 1000, EXIT_NO_COMMAND = 127 };

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

static cost run_once(char **command)
{
    struct rusage used;
    int ending;
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

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(const double *sorted, size_t n)
{
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

int main(int argc, char **argv)
{
    static double wall_s[N_RUNS_LIMIT], cpu_s[N_RUNS_LIMIT];
    long peak_kib = 0;
    char *end = NULL;
    long n_runs = argc > 2 ? strtol(argv[1], &end, 10) : 0;
    if (n_runs < 1 || n_runs > N_RUNS_LIMIT || *end != '\0')
        fail("usage", "measure N COMMAND…, N from 1 to 1000");
    size_t n = (size_t)n_runs;
    run_once(argv + 2);
    for (size_t i = 0; i < n; i++) {
        cost c = run_once(argv + 2);
        wall_s[i] = c.wall_s;
        cpu_s[i] = c.cpu_s;
        peak_kib = c.peak_kib > peak_kib ? c.peak_kib : peak_kib;
    }
    qsort(wall_s, n, sizeof *wall_s, ascending);
    qsort(cpu_s, n, sizeof *cpu_s, ascending);
    printf("%.4f %.4f %.4f %.4f %ld\n", median(wall_s, n), wall_s[0], wall_s[n - 1], median(cpu_s, n), peak_kib);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
