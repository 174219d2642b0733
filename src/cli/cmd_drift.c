/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/drift.h"
#include "cli/model_features.h"

typedef struct drift_options {
    cli_common common;
    cli_tables tables;
    const char *model, *at, *id, *fail_above;
} drift_options;

#define AT(member) offsetof(drift_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--model", CLI_TEXT, AT(model), "MODEL", "model file"},
    {"--at", CLI_TIME, AT(at), "DATE", "compare what events say then"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"--fail-above", CLI_TEXT, AT(fail_above), "some|major|PSI", "exit with 5 when a feature or the score has drifted so much, or\n"
                                             "                              has a PSI above that number and its limit"},
};

static const drift_options defaults = {.common = CLI_COMMON_INIT};

/* What is too much. */
typedef struct ceiling {
    wb_drift_verdict verdict; /* from this one on, or */
    double psi;               /* above this; NaN: the verdict counts */
} ceiling;

static int read_ceiling(ceiling *out, const char *text)
{
    char *end;
    *out = (ceiling){.psi = NAN};
    if (text == NULL)
        return CLI_DONE;
    for (out->verdict = WB_DRIFT_SOME; out->verdict <= WB_DRIFT_MAJOR; out->verdict++)
        if (strcmp(text, wb_drift_verdict_name(out->verdict)) == 0)
            return CLI_DONE;
    out->psi = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || strspn(text, "0123456789.eE+-") != strlen(text) || !(out->psi >= 0 && isfinite(out->psi)))
        return cli_usage_error("--fail-above '%s': expected some, major, or a PSI of at least 0", text);
    return CLI_DONE;
}

static bool passes(const wb_drift_feature *feature, const ceiling *most)
{
    return isnan(most->psi) ? feature->verdict >= most->verdict : feature->psi > most->psi && feature->psi > feature->critical;
}

static size_t count_above(const wb_drift *drift, const ceiling *most)
{
    size_t n = drift->score.n_bins > 0 && passes(&drift->score, most);
    for (size_t f = 0; f < drift->n_features; f++)
        n += passes(&drift->features[f], most);
    return n;
}

static void print(const wb_drift *drift, const drift_options *o, size_t n_above)
{
    if (!o->common.json) {
        cli_print_drift(drift);
        if (n_above > 0)
            printf("check failed: %zu above --fail-above %s\n", n_above, o->fail_above);
        return;
    }
    json_t *json = cli_drift_json(drift);
    if (o->fail_above != NULL)
        json_object_set_new(json, "check", json_pack("{s:s, s:I, s:b}", "fail_above", o->fail_above, "n_above",
                                                     (json_int_t)n_above, "failed", n_above > 0));
    cli_print_json(json);
}

static int run(const void *given)
{
    const drift_options *o = given;
    const cli_model_features from = {&o->common, &o->tables, o->model, o->id, o->at};
    wb_read_options reading;
    wb_model *model = NULL;
    wb_features *features = NULL;
    wb_drift *drift = NULL;
    wb_error err = {0};
    ceiling most;
    int code = cli_check_model_features(&from, "drift", true);
    if (code == CLI_DONE)
        code = read_ceiling(&most, o->fail_above);
    if (code != CLI_DONE)
        return code;
    if (!cli_read_options(&o->common, &reading))
        return CLI_USAGE;
    wb_status status = wb_model_read(&model, o->model, &err);
    if (status == WB_OK)
        status = cli_read_model_features(&features, &from, model, &reading, &err);
    if (status == WB_OK) {
        status = wb_drift_measure(&drift, model, features, reading.n_threads, &err);
        if (status != WB_OK && o->at == NULL)
            cli_blame_file(&err, o->common.arguments.items[0]);
    }
    if (status == WB_OK) {
        const size_t n_above = o->fail_above != NULL ? count_above(drift, &most) : 0;
        print(drift, o, n_above);
        code = n_above > 0 ? CLI_CHECK_FAILED : CLI_DONE;
    } else {
        code = cli_fail(&err);
    }
    wb_drift_free(drift);
    wb_features_free(features);
    wb_model_free(model);
    return code;
}

const cli_command cli_drift = {
    .name = "drift",
    .summary = "whether customers still look like those of the training",
    .usage = "FEATURES --model MODEL [OPTION…]\n       winback drift --at DATE --model MODEL [OPTION…]",
    .text = "Holds the features of today's customers, and the scores they get, against those that the model was trained on,\n"
            "which the model file remembers. The measure is the population stability index (PSI) over the deciles of training\n"
            "and the missing values, or over levels: 0 where nothing changed. Drift counts from 0.1 on (major: 0.25) and only\n"
            "above the limit that chance would seldom pass, so a small file does not cry wolf. A feature that drifts and\n"
            "matters (importance) is a reason to look at the data first, and to train again second.",
    .example = "  winback drift features.csv --model model.json\n"
               "  winback drift --at 2024-10-01 --model model.json --fail-above major || mail -s drift team@example.org\n"
               "  winback drift features.csv --model model.json --json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
