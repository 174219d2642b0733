/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all commands share: one grammar of options, one way to talk. A command is one file with a cli_command. */
#ifndef WINBACK_CLI_CLI_H
#define WINBACK_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winback/winback.h>

/* Exit codes of the program. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_BAD_DATA = 3, CLI_CANNOT_FIT = 4, CLI_CHECK_FAILED = 5 };

enum { CLI_LIST_LIMIT = 256, CLI_TEXT_CHARS = 64 };

typedef struct cli_list {
    const char *items[CLI_LIST_LIMIT];
    size_t n;
} cli_list;

typedef enum cli_kind {
    CLI_FLAG,     /* bool */
    CLI_TEXT,     /* const char * */
    CLI_TEXTS,    /* cli_list: may be given several times, and comma-separated */
    CLI_WHOLE,    /* uint64_t */
    CLI_NUMBER,   /* double, finite, not negative */
    CLI_TIME,     /* const char *, checked when the zone is known */
    CLI_DURATION, /* int64_t microseconds */
    CLI_SIZE,     /* size_t bytes: 512M, 2G, 300MiB, 1GB */
    CLI_CHARACTER /* char: one byte, or the word tab or space */
} cli_kind;

typedef struct cli_option {
    const char *name;     /* "--cutoff"; "-o" stands for "--output" too */
    cli_kind kind;
    size_t offset;        /* into the command's options */
    const char *argument; /* as help shows it, NULL for a flag */
    const char *help;
} cli_option;

/* Options that many commands have; first member of every command's options. */
typedef struct cli_common {
    const char *project; /* --project */
    uint64_t n_threads, seed;
    bool quiet, json;
    char delimiter, decimal;
    cli_list na;
    const char *on_error, *rejects;
    size_t memory_limit_bytes; /* --memory-limit; 0: none */
    cli_list arguments; /* what is not an option */
} cli_common;

#define CLI_COMMON_INIT {.seed = 1, .delimiter = ',', .decimal = '.', .on_error = "fail"}

enum { CLI_READS = 1, CLI_SEEDED = 2, CLI_PROJECT = 4, CLI_EVENTS = 8 }; /* groups of common options */

typedef struct cli_command {
    const char *name, *summary;
    const char *usage;   /* behind "winback NAME " */
    const char *text;    /* paragraphs of help */
    const char *example; /* lines */
    const cli_option *options;
    size_t n_options;
    unsigned groups;
    size_t max_arguments;
    const void *defaults;
    size_t options_size;
    int (*run)(const void *options);
} cli_command;

extern const cli_command cli_simulate, cli_features;
extern const cli_command cli_train, cli_score, cli_explain;
extern const cli_command cli_evaluate, cli_backtest, cli_drift, cli_report;
extern const cli_command cli_segment, cli_clv, cli_campaign, cli_readout, cli_kpi;
extern const cli_command cli_run;

/* Fills `options` (a copy of the defaults) from argv[0..argc). On a mistake prints one line and returns CLI_USAGE; when
 * help was asked for prints it and sets *done. */
int cli_parse(const cli_command *command, int argc, char **argv, void *options, bool *done);
void cli_help(const cli_command *command);

/* One line "winback: …" on stderr with the advice below; returns the exit code that the error means. */
int cli_fail(const wb_error *err);
/* Names the file that an error is about, where the library, which got its table, could not. */
void cli_blame_file(wb_error *err, const char *file);
/* The same for mistakes on the command line. */
int cli_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "read      text…      0.08 s" on stderr unless quiet. */
typedef struct cli_step {
    double began_s, spent_s; /* spent_s: what it took, once stopped; else 0 */
    bool quiet;
} cli_step;
cli_step cli_step_begin(const cli_common *common);
/* Stops its clock, for a line that is printed later. */
void cli_step_stop(cli_step *step);
void cli_step_end(const cli_step *step, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line below a step. */
void cli_note(const cli_common *common, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text from data as it may go to a terminal: controls, what turns the direction of text around, and bytes that are no UTF-8
 * become '?'; what passes `columns` or `size` (at least 4) bytes is cut between characters, its last column being "…".
 * Returns `out`. */
const char *cli_text(char *out, size_t size, const char *bytes, size_t n, size_t columns);
/* The same of a name, for a cell of a table. */
enum { CLI_CELL_BYTES = 1024, CLI_NAME_COLUMNS = 60, CLI_SENTENCE_COLUMNS = 240 };
const char *cli_cell(char text[CLI_CELL_BYTES], const char *name, size_t columns);
/* Characters that take a column: bytes that do not continue one of UTF-8. */
size_t cli_width(const char *text);
void cli_print_left(const char *text, size_t width);
void cli_print_right(const char *text, size_t width);
/* A name from data, cut to `columns`, with blanks behind it up to `width`. */
void cli_print_name(const char *name, size_t width, size_t columns);

/* 104,233 */
const char *cli_count(char text[CLI_TEXT_CHARS], uint64_t n);

/* After this, an interrupt (or a hang-up, or a request to end) cancels what the library does at its next progress, so that
 * unfinished files are removed; a second one ends the program at once. Those that are ignored stay so. */
void cli_heed_signals(void);
/* Ends the program by the signal that came, if one did, as whoever sent it expects. */
void cli_end_by_signal(void);

/* Log and progress for the library: warnings on stderr; progress there only when it is a terminal. */
const wb_log *cli_log(const cli_common *common);
/* A warning like the library's own. */
void cli_warn(const cli_common *common, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The name nearest to a mistyped one, NULL when none is near. */
const char *cli_nearest(const char *typed, const char *const *names, size_t n);
/* False (with a message) when --threads is out of range. */
bool cli_check_threads(const cli_common *common);
/* The common options as the library takes them; false (with a message) when one is wrong. */
bool cli_read_options(const cli_common *common, wb_read_options *options);
/* The project file named by --project, else winback.yml when it is there; NULL: none. */
const char *cli_project_file(const cli_common *common);
/* What that file says; without one an empty project. */
wb_status cli_open_project(wb_project **project, const cli_common *common, wb_error *err);
/* WB_ERR_ARGUMENT when a command would write over what it reads, or write one file twice. The inputs are those named
 * (NULL ends the list), the project file and the files of the project's tables (NULL: none); the outputs are `output`
 * (NULL or "-": none) and --rejects. */
wb_status cli_check_outputs(const cli_common *common, const char *output, const char *const *inputs,
                            const wb_project *project, wb_error *err);
/* WB_ERR_IO, before anything is computed, when a file (NULL ends the list, "-" is none) cannot be read. */
wb_status cli_check_readable(const char *const *inputs, wb_error *err);
/* CLI_USAGE, with a message, when standard input is named more than once among the inputs (NULL ends the list). */
int cli_check_input_names(const char *const *inputs);
/* CLI_USAGE, with a message, when a name that an option lists is empty or listed twice. */
int cli_check_list(const char *option, const cli_list *list);
/* WB_ERR_IO, before anything is computed, when `output` (NULL or "-": none) is a folder, or is new and could not be made in
 * its folder. */
wb_status cli_check_folder(const char *output, wb_error *err);
/* Both checks of each output (NULL: none), and that no two of them are one file. */
wb_status cli_check_files(const cli_common *common, const char *const *outputs, size_t n, const char *const *inputs,
                          const wb_project *project, wb_error *err);
/* Whether a path (NULL: none) is "-". */
bool cli_is_dash(const char *path);
/* What a model is called by its file: "churn" of "out/churn.model.json" and of "out/churn.json". */
enum { CLI_NAME_CHARS = 256 };
void cli_name_model(char name[CLI_NAME_CHARS], const char *path);
/* Reads the times that `option` gives as text, in the project's zone. At most CLI_LIST_LIMIT. */
wb_status cli_times(int64_t *times_us, const char *option, const cli_list *texts, const wb_project *project,
                    wb_error *err);
/* The same of one; NULL leaves it as it is. */
wb_status cli_time(int64_t *time_us, const char *option, const char *text, const wb_project *project, wb_error *err);

#endif
