/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winback/project.h>

#include "cli/cli.h"

static const struct {
    const char *heading;
    const cli_command *commands[5];
} groups[] = {
    {"data", {&cli_simulate, &cli_features}},
    {"models", {&cli_train, &cli_score, &cli_explain}},
    {"judge", {&cli_evaluate, &cli_backtest, &cli_drift, &cli_report}},
    {"act", {&cli_segment, &cli_clv, &cli_campaign, &cli_readout, &cli_kpi}},
    {"all", {&cli_run}},
};

enum { N_GROUPS = sizeof groups / sizeof groups[0], N_A_GROUP = 5 };

static const cli_command *find_command(const char *name)
{
    for (size_t g = 0; g < N_GROUPS; g++)
        for (size_t i = 0; i < N_A_GROUP && groups[g].commands[i] != NULL; i++)
            if (strcmp(groups[g].commands[i]->name, name) == 0)
                return groups[g].commands[i];
    return NULL;
}

static void print_overview(void)
{
    puts("winback: from event tables to the customers worth winning back\n\n"
         "usage: winback COMMAND [OPTION…]\n");
    for (size_t g = 0; g < N_GROUPS; g++)
        for (size_t i = 0; i < N_A_GROUP && groups[g].commands[i] != NULL; i++)
            printf("  %-8s %-10s %s\n", i == 0 ? groups[g].heading : "", groups[g].commands[i]->name,
                   groups[g].commands[i]->summary);
    puts("           help       what a command does, its options and defaults: winback help COMMAND\n"
         "                      the keys of winback.yml: winback help project [--json, a JSON Schema]\n"
         "           version    the version\n\n"
         "First steps: winback simulate --customers 20000 -o shop; cd shop; winback run\n"
         "exit codes: 0 done, 1 failed, 2 wrong command line, 3 wrong data, 4 cannot be fitted, 5 a check failed");
}

static int unknown_command(const char *name)
{
    const char *names[N_GROUPS * N_A_GROUP + 2] = {"help", "version"};
    size_t n = 2;
    for (size_t g = 0; g < N_GROUPS; g++)
        for (size_t i = 0; i < N_A_GROUP && groups[g].commands[i] != NULL; i++)
            names[n++] = groups[g].commands[i]->name;
    const char *near = cli_nearest(name, names, n);
    if (near != NULL)
        return cli_usage_error("there is no command '%s' (did you mean '%s'?)", name, near);
    return cli_usage_error("there is no command '%s' (winback help lists them)", name);
}

/* The keys of the project file, for people or (--json) for editors. */
static int help_project(int argc, char **argv)
{
    wb_error err;
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    if (argc > (json ? 2 : 1))
        return cli_usage_error("help project: '%s' is not known (only --json is)", argv[json ? 2 : 1]);
    wb_status status = json ? wb_project_write_schema("-", &err) : wb_project_write_reference("-", &err);
    return status == WB_OK ? CLI_DONE : cli_fail(&err);
}

static int help(int argc, char **argv)
{
    if (argc < 1) {
        print_overview();
        return CLI_DONE;
    }
    if (strcmp(argv[0], "project") == 0)
        return help_project(argc, argv);
    const cli_command *command = find_command(argv[0]);
    if (command == NULL)
        return unknown_command(argv[0]);
    cli_help(command);
    return CLI_DONE;
}

static int run_command(const cli_command *command, int argc, char **argv)
{
    bool done = false;
    void *options = malloc(command->options_size);
    if (options == NULL)
        return CLI_FAILED;
    memcpy(options, command->defaults, command->options_size);
    int code = cli_parse(command, argc, argv, options, &done);
    if (code == CLI_DONE && !done)
        code = command->run(options);
    free(options);
    return code;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage_error("a command is needed (winback help lists them)");
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help(argc - 2, argv + 2);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        printf("winback %s\n", wb_version());
        return CLI_DONE;
    }
    const cli_command *command = find_command(name);
    if (command == NULL)
        return unknown_command(name);
    return run_command(command, argc - 2, argv + 2);
}

/* OpenBLAS starts threads when it is loaded, which then spin for a tenth of a second on cores that are wanted, and anew when
 * their number is set after they are gone. Weak: another CBLAS lacks these. */
void openblas_set_num_threads(int n_threads) __attribute__((weak));
int blas_thread_shutdown_(void) __attribute__((weak));

/* Where a standard stream is closed, the next file opened would take its place, and be written over with what belongs to
 * the stream: something takes it that can be used the other way alone. */
static void hold_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            return;
}

int main(int argc, char **argv)
{
    hold_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (openblas_set_num_threads != NULL && blas_thread_shutdown_ != NULL) {
        openblas_set_num_threads(1);
        blas_thread_shutdown_();
    }
    cli_heed_signals();
    int code = dispatch(argc, argv);
    cli_end_by_signal();
    if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
        fprintf(stderr, "winback: (standard output): cannot write: %s\n", strerror(errno));
        return CLI_FAILED;
    }
    return code;
}
