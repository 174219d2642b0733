/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define AT(member) offsetof(cli_common, member)

static const cli_option project_options[] = {
    {"--project", CLI_TEXT, AT(project), "FILE", "project file (default: winback.yml where it is there)"},
};
static const cli_option reading_options[] = {
    {"--delimiter", CLI_CHARACTER, AT(delimiter), "C", "one character, or tab or space"},
    {"--decimal", CLI_CHARACTER, AT(decimal), "C", "decimal mark, . or ,"},
    {"--na", CLI_TEXTS, AT(na), "WORD,…", "words that mean missing in unquoted cells, beside the empty cell"},
    {"--on-error", CLI_TEXT, AT(on_error), "fail|skip|reject", "what becomes of bad rows"},
    {"--rejects", CLI_TEXT, AT(rejects), "FILE", "where --on-error reject keeps them"},
};
static const cli_option events_options[] = {
    {"--memory-limit", CLI_SIZE, AT(memory_limit_bytes), "SIZE", "stop as soon as events say that they need more; 512M, 2G"},
};
static const cli_option seed_options[] = {
    {"--seed", CLI_WHOLE, AT(seed), "N", "seed of everything random"},
};
static const cli_option running_options[] = {
    {"--threads", CLI_WHOLE, AT(n_threads), "N", "threads (0: all there are); results do not depend on it"},
    {"--json", CLI_FLAG, AT(json), NULL, "print a summary as JSON on standard output"},
    {"--quiet", CLI_FLAG, AT(quiet), NULL, "say nothing on the way but warnings and errors"},
};

enum { N_GROUPS = 6 };

typedef struct option_group {
    const cli_option *options;
    size_t n;
} option_group;

static size_t groups_of(const cli_command *command, option_group groups[N_GROUPS])
{
    size_t n = 0;
    groups[n++] = (option_group){command->options, command->n_options};
    if (command->groups & CLI_PROJECT)
        groups[n++] = (option_group){project_options, sizeof project_options / sizeof project_options[0]};
    if (command->groups & CLI_READS)
        groups[n++] = (option_group){reading_options, sizeof reading_options / sizeof reading_options[0]};
    if (command->groups & CLI_EVENTS)
        groups[n++] = (option_group){events_options, sizeof events_options / sizeof events_options[0]};
    if (command->groups & CLI_SEEDED)
        groups[n++] = (option_group){seed_options, sizeof seed_options / sizeof seed_options[0]};
    groups[n++] = (option_group){running_options, sizeof running_options / sizeof running_options[0]};
    return n;
}

/* Prints what an option is when nobody sets it, from the defaults themselves. */
static void print_default(const cli_option *option, const char *defaults)
{
    const void *at = defaults + option->offset;
    char text[WB_TIME_CHARS];
    if (option->kind == CLI_TEXT && *(const char *const *)at != NULL)
        printf(" (default: %s)", *(const char *const *)at);
    else if (option->kind == CLI_WHOLE)
        printf(" (default: %llu)", (unsigned long long)*(const uint64_t *)at);
    else if (option->kind == CLI_NUMBER && !isnan(*(const double *)at))
        printf(" (default: %g)", *(const double *)at);
    else if (option->kind == CLI_CHARACTER)
        printf(" (default: %c)", *(const char *)at);
    else if (option->kind == CLI_DURATION && *(const int64_t *)at > 0 &&
             wb_duration_format(*(const int64_t *)at, text) > 0)
        printf(" (default: %s)", text);
}

/* Bytes of UTF-8 that begin no character. */
static int n_continued(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) == 0x80;
    return n;
}

static void print_option(const cli_option *option, const void *defaults)
{
    enum { WIDTH = 26 };
    char left[64];
    snprintf(left, sizeof left, "%s%s%s", option->name, option->argument != NULL ? " " : "",
             option->argument != NULL ? option->argument : "");
    const int room = WIDTH + n_continued(left);
    if ((int)strlen(left) > room)
        printf("  %s\n  %-*s  %s", left, WIDTH, "", option->help);
    else
        printf("  %-*s  %s", room, left, option->help);
    print_default(option, defaults);
    putchar('\n');
}

void cli_help(const cli_command *command)
{
    option_group groups[N_GROUPS];
    size_t n = groups_of(command, groups);
    printf("winback %s: %s\n\nusage: winback %s %s\n\n%s\n\noptions:\n", command->name, command->summary, command->name,
           command->usage, command->text);
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g].n; i++)
            print_option(&groups[g].options[i], command->defaults);
    printf("\nexamples:\n%s\n", command->example);
}

static const cli_option *find_option(const cli_command *command, const char *name)
{
    option_group groups[N_GROUPS];
    size_t n = groups_of(command, groups);
    if (strcmp(name, "--output") == 0)
        name = "-o";
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g].n; i++)
            if (strcmp(groups[g].options[i].name, name) == 0)
                return &groups[g].options[i];
    return NULL;
}

/* The number of single-character edits between two names, for "did you mean". */
static size_t edits(const char *a, const char *b)
{
    size_t row[64], n = strlen(b);
    if (n >= 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *cli_nearest(const char *typed, const char *const *names, size_t n)
{
    size_t best = 4;
    const char *nearest = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edits(typed, names[i]);
        if (distance < best && distance < strlen(names[i])) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

static int unknown_option(const cli_command *command, const char *name)
{
    enum { MAX_OPTIONS = 64 };
    const char *names[MAX_OPTIONS];
    option_group groups[N_GROUPS];
    size_t n = groups_of(command, groups), n_names = 0;
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g].n && n_names < MAX_OPTIONS; i++)
            names[n_names++] = groups[g].options[i].name;
    const char *near = cli_nearest(name, names, n_names);
    if (near != NULL)
        return cli_usage_error("%s has no option '%s' (did you mean '%s'?)", command->name, name, near);
    return cli_usage_error("%s has no option '%s' (winback help %s lists them)", command->name, name,
                           command->name);
}

/* Splits `value` at commas, in place. */
static bool add_to_list(cli_list *list, char *value)
{
    while (value != NULL) {
        char *comma = strchr(value, ',');
        if (list->n == CLI_LIST_LIMIT)
            return false;
        list->items[list->n++] = value;
        if (comma != NULL)
            *comma++ = '\0';
        value = comma;
    }
    return true;
}

static bool set_whole(uint64_t *at, const char *value)
{
    char *end;
    errno = 0;
    *at = strtoull(value, &end, 10);
    return isdigit((unsigned char)value[0]) && *end == '\0' && errno == 0;
}

static bool set_number(double *at, const char *value)
{
    char *end;
    *at = strtod(value, &end);
    return strspn(value, "0123456789.eE+-") == strlen(value) && (isdigit((unsigned char)value[0]) || value[0] == '.') && *end == '\0' && isfinite(*at) && *at >= 0;
}

/* K, M, G, T and KiB … are powers of 1024, KB … of 1000. */
static bool set_size(size_t *at, const char *value)
{
    static const char letters[] = "KMGT";
    char *end;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    const char *letter = *end != '\0' ? strchr(letters, toupper((unsigned char)*end)) : NULL;
    const char *rest = letter != NULL ? end + 1 : end;
    bool decimal = letter != NULL && strcmp(rest, "B") == 0;
    if (decimal || strcmp(rest, letter != NULL ? "iB" : "B") == 0)
        rest = "";
    for (long power = letter != NULL ? letter - letters + 1 : 0; power > 0; power--)
        if (__builtin_mul_overflow(n, decimal ? 1000ULL : 1024ULL, &n))
            errno = ERANGE;
    *at = n;
    return isdigit((unsigned char)value[0]) && *rest == '\0' && n > 0 && errno == 0 && n <= PTRDIFF_MAX;
}

static bool set_character(char *at, const char *value)
{
    if (strcmp(value, "tab") == 0)
        *at = '\t';
    else if (strcmp(value, "space") == 0)
        *at = ' ';
    else
        *at = value[0];
    return strcmp(value, "tab") == 0 || strcmp(value, "space") == 0 || (value[0] != '\0' && value[1] == '\0');
}

static int set_option(const cli_option *option, char *value, char *options)
{
    void *at = options + option->offset;
    wb_error err;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)at = true;
        return CLI_DONE;
    case CLI_TEXT:
        if (strcmp(option->name, "--model") == 0 && (value[0] == '\0' || *(const char **)at != NULL))
            return cli_usage_error(value[0] == '\0' ? "--model: the name is empty" : "--model is given twice, and one is taken");
        *(const char **)at = value;
        return CLI_DONE;
    case CLI_TIME:
        *(const char **)at = value;
        return CLI_DONE;
    case CLI_TEXTS:
        return add_to_list(at, value) ? CLI_DONE : cli_usage_error("%s: more than %d values", option->name,
                                                                   CLI_LIST_LIMIT);
    case CLI_WHOLE:
        if (set_whole(at, value))
            return CLI_DONE;
        return cli_usage_error("%s: '%s' is not a whole number%s", option->name, value,
                               errno == ERANGE ? " below 2^64" : "");
    case CLI_NUMBER:
        return set_number(at, value)
                   ? CLI_DONE
                   : cli_usage_error("%s: '%s' is not a number of at least 0", option->name, value);
    case CLI_DURATION:
        if (wb_duration_parse(at, value, &err) == WB_OK)
            return CLI_DONE;
        return cli_usage_error("%s: %s", option->name, err.message);
    case CLI_SIZE:
        return set_size(at, value)
                   ? CLI_DONE
                   : cli_usage_error("%s: '%s' is not a size (wanted: 512M, 2G, 300MiB or bytes)", option->name, value);
    case CLI_CHARACTER:
        return set_character(at, value)
                   ? CLI_DONE
                   : cli_usage_error("%s: '%s' is not one character (or tab, or space)", option->name, value);
    }
    return CLI_FAILED;
}

static int parse_option(const cli_command *command, int argc, char **argv, int *i, char *options)
{
    char *equals = strncmp(argv[*i], "--", 2) == 0 ? strchr(argv[*i], '=') : NULL;
    if (equals != NULL)
        *equals = '\0';
    const cli_option *option = find_option(command, argv[*i]);
    if (option == NULL)
        return unknown_option(command, argv[*i]);
    if (option->kind == CLI_FLAG && equals != NULL)
        return cli_usage_error("%s takes no value", option->name);
    char *value = NULL;
    if (equals != NULL)
        value = equals + 1;
    else if (option->kind != CLI_FLAG) {
        if (*i + 1 >= argc)
            return cli_usage_error("%s needs a value (%s)", option->name, option->argument);
        value = argv[++*i];
    }
    return set_option(option, value, options);
}

static int too_many_arguments(const cli_command *command, const char *word)
{
    for (size_t i = 0; i < command->n_options; i++)
        if (command->max_arguments == 0 && strstr(word, ".csv") != NULL && strcmp(command->options[i].name, "--orders") == 0)
            return cli_usage_error("%s: '%s' is one argument too many (a file of orders is --orders %s)", command->name, word,
                                   word);
    return cli_usage_error("%s: '%s' is one argument too many", command->name, word);
}

int cli_parse(const cli_command *command, int argc, char **argv, void *options, bool *done)
{
    cli_common *common = options;
    bool only_arguments = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (!only_arguments && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            cli_help(command);
            *done = true;
            return CLI_DONE;
        }
        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && word[0] == '-' && word[1] != '\0') {
            int code = parse_option(command, argc, argv, &i, options);
            if (code != CLI_DONE)
                return code;
        } else {
            if (common->arguments.n == command->max_arguments || common->arguments.n == CLI_LIST_LIMIT)
                return too_many_arguments(command, word);
            common->arguments.items[common->arguments.n++] = word;
        }
    }
    return CLI_DONE;
}
