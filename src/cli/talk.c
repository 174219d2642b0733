/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything the program says to people: errors, steps, progress. Data never passes here. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- interrupts ---- */

static volatile sig_atomic_t the_signal;

static void remember_signal(int number)
{
    the_signal = number;
}

void cli_heed_signals(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before, heed = {.sa_handler = remember_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
        sigemptyset(&heed.sa_mask);
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &heed, NULL);
    }
}

void cli_end_by_signal(void)
{
    if (the_signal == 0)
        return;
    signal(the_signal, SIG_DFL);
    raise(the_signal);
}

/* What the progress line needs between calls. */
typedef struct progress {
    bool quiet, shown, wanted;
    char what[32];
    double began_s, printed_s;
} progress;

static void clear_line(progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

static progress the_progress;

static int exit_code(wb_status status)
{
    switch (status) {
    case WB_OK:
        return CLI_DONE;
    case WB_ERR_ARGUMENT:
        return CLI_USAGE;
    case WB_ERR_MALFORMED:
    case WB_ERR_INCONSISTENT:
        return CLI_BAD_DATA;
    case WB_ERR_DEGENERATE:
        return CLI_CANNOT_FIT;
    case WB_ERR_NOMEM:
    case WB_ERR_IO:
    case WB_ERR_CANCELLED:
    case WB_ERR_INTERNAL:
        return CLI_FAILED;
    }
    return CLI_FAILED;
}

int cli_fail(const wb_error *err)
{
    char text[sizeof(wb_error)], shown[sizeof(wb_error)];
    clear_line(&the_progress);
    wb_error_text(err, text, sizeof text);
    fprintf(stderr, "winback: %s\n", cli_text(shown, sizeof shown, text, strlen(text), SIZE_MAX));
    for (const char *line = err->advice; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        fprintf(stderr, "  %s\n", cli_text(shown, sizeof shown, line, n, SIZE_MAX));
        line += n + (line[n] == '\n');
    }
    return exit_code(err->code);
}

void cli_blame_file(wb_error *err, const char *file)
{
    bool about_data = err->code == WB_ERR_INCONSISTENT || err->code == WB_ERR_DEGENERATE || err->code == WB_ERR_MALFORMED;
    if (about_data && err->file[0] == '\0')
        snprintf(err->file, sizeof err->file, "%s", strcmp(file, "-") == 0 ? "(standard input)" : file);
}

int cli_usage_error(const char *format, ...)
{
    va_list args;
    fputs("winback: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CLI_USAGE;
}

cli_step cli_step_begin(const cli_common *common)
{
    return (cli_step){now_s(), 0, common->quiet};
}

void cli_step_stop(cli_step *step)
{
    step->spent_s = now_s() - step->began_s;
}

void cli_step_end(const cli_step *step, const char *name, const char *format, ...)
{
    char text[1024], shown[sizeof text];
    va_list args;
    if (step->quiet)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    clear_line(&the_progress);
    cli_text(shown, sizeof shown, text, strlen(text), SIZE_MAX);
    const size_t hidden = strlen(shown) - cli_width(shown); /* bytes that take no column */
    fprintf(stderr, "%-9s %-*s %6.2f s\n", name, (int)(90 + hidden), shown, step->spent_s > 0 ? step->spent_s : now_s() - step->began_s);
}

void cli_note(const cli_common *common, const char *format, ...)
{
    va_list args;
    if (common->quiet)
        return;
    clear_line(&the_progress);
    fprintf(stderr, "%-9s ", "");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

const char *cli_count(char text[CLI_TEXT_CHARS], uint64_t n)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), out = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}

static void print_message(void *user, wb_log_level level, const char *text)
{
    progress *p = user;
    if (level == WB_LOG_INFO && p->quiet)
        return;
    clear_line(p);
    fprintf(stderr, "%s%s\n", level == WB_LOG_WARNING ? "winback: warning: " : "winback: ", text);
}

static int print_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    progress *p = user;
    double now = now_s();
    if (the_signal != 0 || !p->wanted)
        return the_signal != 0;
    if (strncmp(p->what, what, sizeof p->what - 1) != 0) {
        snprintf(p->what, sizeof p->what, "%s", what);
        p->began_s = p->printed_s = now;
    }
    if (now - p->printed_s < 0.2)
        return 0;
    char count[CLI_TEXT_CHARS], rate[CLI_TEXT_CHARS];
    double per_s = (double)done / (now - p->began_s);
    p->printed_s = now;
    p->shown = true;
    fprintf(stderr, "\r\033[K%-9s %s · %s/s", what, cli_count(count, done), cli_count(rate, (uint64_t)per_s));
    if (total > 0 && per_s > 0)
        fprintf(stderr, " · %.0f %% · %.0f s to go", 100.0 * (double)done / (double)total,
                (double)(total - done) / per_s);
    return 0;
}

const wb_log *cli_log(const cli_common *common)
{
    static const wb_log log = {print_message, print_progress, &the_progress};
    the_progress.quiet = common->quiet;
    the_progress.wanted = !common->quiet && isatty(STDERR_FILENO);
    return &log;
}

void cli_warn(const cli_common *common, const char *format, ...)
{
    const wb_log *log = cli_log(common);
    char text[2048], shown[sizeof text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log->message(log->user, WB_LOG_WARNING, cli_text(shown, sizeof shown, text, strlen(text), SIZE_MAX));
}
