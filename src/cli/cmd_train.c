/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/contacted.h"
#include "cli/model_json.h"
#include "cli/training.h"

typedef struct train_options {
    cli_common common;
    const char *target, *positive, *id, *weights, *penalty, *alpha, *basis, *btyd, *lambda, *folds, *validate, *calibrate, *output;
    const char *class_weight, *sample_negatives;
    const char *treatment, *treated, *control;
    cli_list exclude, category, log1p;
} train_options;

#define AT(member) offsetof(train_options, member)

static const cli_option options[] = {
    {"--target", CLI_TEXT, AT(target), "COL", "what to predict: COL or label_COL (default: the only label_*)"},
    {"--positive", CLI_TEXT, AT(positive), "VALUE", "value that counts as 1 (default: 1, true or yes)"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"--exclude", CLI_TEXTS, AT(exclude), "COL,…", "columns that are not to become terms"},
    {"--category", CLI_TEXTS, AT(category), "COL,…", "columns that are categories though they look like numbers"},
    {"--weights", CLI_TEXT, AT(weights), "COL", "row weights"},
    {"--penalty", CLI_TEXT, AT(penalty), "NAME", "ridge, none, lasso, elastic_net or firth: what holds coefficients back"},
    {"--alpha", CLI_TEXT, AT(alpha), "A", "elastic_net: 0 is ridge, 1 is lasso (default: 0.5)"},
    {"--lambda", CLI_TEXT, AT(lambda), "X|auto|1se",
     "how strongly; auto: best in folds, 1se: most within one standard error"},
    {"--basis", CLI_TEXT, AT(basis), "auto|linear", "numbers become curves as bent as the data say, or straight lines"},
    {"--log1p", CLI_TEXTS, AT(log1p), "COL,…", "numbers that become straight lines over log(1 + value)"},
    {"--btyd", CLI_TEXT, AT(btyd), "DURATION|auto",
     "a term more: purchases that BG/NBD expects so far ahead; auto: as the label looks"},
    {"--folds", CLI_TEXT, AT(folds), "K", "folds by customer (default: 5 when lambda is to be chosen, else none)"},
    {"--validate", CLI_TEXT, AT(validate), "customers|time",
     "try on other customers, or on later cutoffs (default: time, if in two splits)"},
    {"--calibrate", CLI_TEXT, AT(calibrate), "none|platt|isotonic|auto",
     "let probabilities come true out of fold; auto: where that helps"},
    {"--class-weight", CLI_TEXT, AT(class_weight), "W|balanced",
     "weight of label 1 beside label 0 while fitting, undone afterwards"},
    {"--sample-negatives", CLI_TEXT, AT(sample_negatives), "R",
     "share of customers whose rows of label 0 are fitted, undone afterwards"},
    {"--treatment", CLI_TEXT, AT(treatment), "COL", "who was treated in a past campaign drawn by lot: learn the uplift, too"},
    {"--treated", CLI_TEXT, AT(treated), "VALUE", "value of it that means treated (default: 1, true or yes)"},
    {"--control", CLI_TEXT, AT(control), "VALUE", "value that means not treated; rows of other values are left out"},
    {"--memory-limit", CLI_SIZE, AT(common.memory_limit_bytes), "SIZE",
     "where more would be needed, keep features in a temporary file beside; 512M, 2G"},
    {"-o", CLI_TEXT, AT(output), "MODEL", "model file; MODEL.cov, the coefficients' covariance, goes beside it"},
};

static const train_options defaults = {
    .common = CLI_COMMON_INIT, .penalty = "ridge", .lambda = "auto", .basis = "linear", .calibrate = "none", .class_weight = "1", .sample_negatives = "1"};

static int parse_numbers(wb_train_options *train, const train_options *o)
{
    char *end;
    if (!cli_read_lambda(train, o->lambda))
        return cli_usage_error("--lambda: '%s' is neither auto, 1se nor a number of at least 0", o->lambda);
    if (strcmp(o->lambda, "auto") != 0 && train->penalty == WB_PENALTY_NONE)
        return cli_usage_error("--lambda %s goes with a penalty", o->lambda);
    if (strcmp(o->lambda, "auto") != 0 && train->penalty == WB_PENALTY_FIRTH)
        return cli_usage_error("--lambda %s does not go with --penalty firth, whose strength the data decide; ridge takes it",
                               o->lambda);
    if (o->alpha != NULL) {
        train->alpha = strtod(o->alpha, &end);
        if (*o->alpha == '\0' || *end != '\0' || !(train->alpha >= 0 && train->alpha <= 1))
            return cli_usage_error("--alpha: '%s' is not a number from 0 to 1", o->alpha);
        if (train->penalty != WB_PENALTY_ELASTIC_NET)
            return cli_usage_error("--alpha %s goes with --penalty elastic_net", o->alpha);
    }
    if (o->folds != NULL) {
        errno = 0;
        long folds = strtol(o->folds, &end, 10);
        if (*o->folds == '\0' || *end != '\0' || errno != 0 || folds < 0 || folds == 1 || folds > 100)
            return cli_usage_error("--folds: '%s' is neither 0 nor a whole number from 2 to 100", o->folds);
        train->n_folds = (int)folds;
    }
    if (!cli_read_validation(train, o->validate) || !cli_read_calibration(train, o->calibrate))
        return CLI_USAGE;
    if (train->calibrate != WB_CALIBRATION_NONE && train->n_folds == 0)
        return cli_usage_error("--calibrate %s goes with --folds of at least 2: it is fitted on out-of-fold scores", o->calibrate);
    if (train->validate == WB_VALIDATE_TIME && train->n_folds == 0)
        return cli_usage_error("--validate time goes with --folds of at least 2: so many splits at most");
    return CLI_DONE;
}

static int parse_imbalance(wb_train_options *train, const train_options *o)
{
    char *end;
    train->balanced = strcmp(o->class_weight, "balanced") == 0;
    if (!train->balanced) {
        train->class_weight = strtod(o->class_weight, &end);
        if (*o->class_weight == '\0' || *end != '\0' || !(train->class_weight > 0) || !isfinite(train->class_weight))
            return cli_usage_error("--class-weight: '%s' is neither balanced nor a number of more than 0",
                                   o->class_weight);
    }
    train->sample_negatives = strtod(o->sample_negatives, &end);
    if (*o->sample_negatives == '\0' || *end != '\0' || !(train->sample_negatives > 0 && train->sample_negatives <= 1))
        return cli_usage_error("--sample-negatives: '%s' is not a share of more than 0 and at most 1",
                               o->sample_negatives);
    if (train->penalty == WB_PENALTY_FIRTH &&
        (train->balanced || train->class_weight != 1 || train->sample_negatives != 1))
        return cli_usage_error("--penalty firth goes with neither --class-weight nor --sample-negatives: its penalty and "
                               "intervals come from the likelihood of the rows as they are");
    return CLI_DONE;
}

static int check_treatment(wb_train_options *train, const train_options *o)
{
    train->treatment = o->treatment;
    train->treated = o->treated;
    train->control = o->control;
    if (o->treatment == NULL && (o->treated != NULL || o->control != NULL))
        return cli_usage_error("%s goes with --treatment COL", o->treated != NULL ? "--treated" : "--control");
    if (o->treatment != NULL && train->penalty != WB_PENALTY_RIDGE)
        return cli_usage_error("--treatment goes with --penalty ridge, not with %s", wb_penalty_name(train->penalty));
    if (o->treatment != NULL && train->basis != WB_BASIS_LINEAR)
        return cli_usage_error("--treatment goes with --basis linear, not with auto");
    if (o->treatment != NULL && train->lambda == 0)
        return cli_usage_error("--treatment goes with a lambda above 0");
    return CLI_DONE;
}

static int parse_btyd(wb_train_options *train, const train_options *o)
{
    wb_error err;
    if (o->btyd == NULL)
        return CLI_DONE;
    train->btyd_horizon_us = WB_HORIZON_OF_LABEL;
    if (strcmp(o->btyd, "auto") == 0)
        return CLI_DONE;
    if (wb_duration_parse(&train->btyd_horizon_us, o->btyd, &err) != WB_OK || train->btyd_horizon_us == 0)
        return cli_usage_error("--btyd: '%s' is neither auto nor a duration of more than 0 and at most 100 years, such as 90d", o->btyd);
    return CLI_DONE;
}

static int make_options(wb_train_options *train, const train_options *o)
{
    if (!cli_training_options(train, o->penalty, o->basis, &o->common))
        return CLI_USAGE;
    train->target = o->target;
    train->positive = o->positive;
    train->id = o->id;
    train->weights = o->weights;
    train->exclude = o->exclude.items;
    train->n_exclude = o->exclude.n;
    train->log1p = o->log1p.items;
    train->n_log1p = o->log1p.n;
    int code = parse_btyd(train, o);
    if (code == CLI_DONE)
        code = parse_numbers(train, o);
    if (code == CLI_DONE && !cli_check_basis(train))
        return CLI_USAGE;
    if (code == CLI_DONE)
        code = check_treatment(train, o);
    return code == CLI_DONE ? parse_imbalance(train, o) : code;
}

static void report(const cli_step *step, const wb_model *model, const train_options *o)
{
    char rows[CLI_TEXT_CHARS], customers[CLI_TEXT_CHARS];
    wb_model_summary s = wb_model_summarise(model);
    cli_step_end(step, "train", "%s · %s rows of %s customers · base rate %.1f %% · %zu terms   %s", s.target,
                 cli_count(rows, s.n_rows), cli_count(customers, s.n_customers), 100 * s.base_rate, s.n_terms,
                 o->output);
    cli_describe_model(model, model, &o->common);
    cli_print_path(model, &o->common);
    if (!o->common.json)
        return;
    cli_print_json(cli_model_json(model));
}

/* The project says who was mailed, and what that does to training. */
static wb_status take_contacts(cli_contacted *contacted, wb_project **project, wb_train_options *train, const wb_features *features,
                               const train_options *o, wb_error *err)
{
    wb_campaign campaign;
    wb_status status = cli_open_project(project, &o->common, err);
    if (status == WB_OK && wb_project_campaign(*project, &campaign)) {
        const char *const inputs[] = {campaign.contacts, NULL};
        status = cli_check_outputs(&o->common, o->output, inputs, NULL, err);
    }
    return status == WB_OK ? cli_take_contacts(contacted, train, features, *project, err) : status;
}

static int run(const void *given)
{
    const train_options *o = given;
    wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    wb_read_options reading;
    wb_features *features = NULL;
    wb_model *model = NULL;
    wb_project *project = NULL;
    cli_contacted contacted = {0};
    wb_error err;
    if (o->common.arguments.n == 0)
        return cli_usage_error("train needs a features file");
    if (o->output == NULL)
        return cli_usage_error("train needs a file for the model: -o MODEL");
    if (!cli_read_options(&o->common, &reading))
        return CLI_USAGE;
    int code = make_options(&train, o);
    if (code != CLI_DONE)
        return code;
    const char *const inputs[] = {o->common.arguments.items[0], NULL};
    cli_step step = cli_step_begin(&o->common);
    wb_status status = cli_check_outputs(&o->common, o->output, inputs, NULL, &err);
    if (status == WB_OK)
        status = cli_check_folder(o->output, &err);
    if (status == WB_OK)
        status = wb_features_read(&features, o->common.arguments.items[0], o->id, o->category.items,
                                        o->category.n, &reading, &err);
    if (status == WB_OK && o->common.project != NULL)
        status = take_contacts(&contacted, &project, &train, features, o, &err);
    if (status == WB_OK)
        status = wb_train(&model, features, &train, &err);
    if (status == WB_OK)
        status = wb_model_write(model, o->output, &err);
    if (status == WB_OK) {
        report(&step, model, o);
    } else {
        cli_blame_file(&err, o->common.arguments.items[0]);
        code = cli_fail(&err);
    }
    wb_model_free(model);
    wb_features_free(features);
    wb_project_free(project);
    cli_contacted_free(&contacted);
    return code;
}

const cli_command cli_train = {
    .name = "train",
    .summary = "fit a model to features and a label",
    .usage = "FEATURES --target COL -o MODEL [OPTION…]",
    .text = "Fits a logistic regression and writes it as JSON. FEATURES is what winback features wrote, or any flat table\n"
            "with a key. Other label_* columns, the key and the cutoff never become terms. A column is a number when its\n"
            "first 10,000 cells that are not missing are, else a category; a missing cell is a value of its own. lambda\n"
            "is the one of least log loss among 20 from 10 to 1e-4, tried on customers that were not learned from, or by time\n"
            "on cutoffs at which the label windows of what was learned from had ended. With --basis auto numbers of 10 values\n"
            "or more become smooth curves, and lambda is found beside them. lasso and elastic_net leave columns out, and try\n"
            "100 values from the smallest that leaves none. Class weights and sampling change how the model is fitted, not\n"
            "what its probabilities mean: their mean stays the base rate. firth is for few rows, or features that separate\n"
            "the classes: finite coefficients, with intervals and p values by profile likelihood; their mean prediction lies\n"
            "a little beside the base rate. --calibrate lets probabilities come true of customers that were not learned from:\n"
            "by a line over the log-odds (platt) or by a rising curve over the probabilities (isotonic), fitted out of fold;\n"
            "auto takes a curve over a line, and a line over nothing, where the log loss is lower by more than its error.\n"
            "With --treatment, on customers who were mailed or held out by lot, the model learns beside the probability without\n"
            "treatment what treatment adds to it, for each feature: score writes that as uplift, evaluate --treatment judges it.\n"
            "With --project, who was mailed within the window of the label by contacts: of campaign: is warned of, left out, or\n"
            "learned from, as train: says.",
    .example = "  winback train features.csv --target churned -o model.json\n"
               "  winback train telco.csv --id customerID --target Churn --lambda 0.01 --folds 5 -o telco.json\n"
               "  winback train campaign.csv --target visit --treatment arm --treated mailed --control held -o uplift.json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_SEEDED,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
