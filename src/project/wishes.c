/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wanted of the tables: who counts, the label, and models. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "project/records.h"
#include "project/schema.h"

/* ---- population */

#define AT(member) offsetof(wbi_population_def, member)
const wbi_key wbi_population_keys[] = {
    {"table", &wbi_kind_name, AT(table), "`orders`", .meaning = "whose customers count"},
    {"within", &wbi_kind_span, AT(within_us), "no limit",
     .meaning = "only customers with an event so long before the cutoff"},
    {"since", &wbi_kind_placed, AT(since), NULL,
     .meaning = "a time column of the table that must be before the cutoff (missing: out)"},
    {"not_after", &wbi_kind_placed, AT(not_after), NULL,
     .meaning = "a time column of the table that must not be before the cutoff (missing: in)"},
    {"where", &wbi_kind_expression, AT(where), NULL, .meaning = "which of the table's events count"},
    {.name = NULL}};
#undef AT

static wb_status read_population(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_population_def *population = field;
    population->line = wbi_at_line(at);
    WBI_TRY(wbi_read_mapping(population, at, key->children, err));
    return population->table != NULL ? WB_OK : wbi_set_text(&population->table, "orders", err);
}

static wb_status write_population(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return ((const wbi_population_def *)field)->table != NULL ? wbi_write_mapping(out, field, key->children, err)
                                                              : WB_OK;
}

const wbi_kind wbi_kind_population = {"mapping", "", read_population, write_population};

/* ---- label */

/* TABLE.COLUMN */
static wb_status read_table_and_column(wbi_label_def *label, const wbi_at *at, wb_error *err)
{
    const char *text = wbi_at_text(at), *dot = strchr(text, '.');
    if (dot == NULL || !wbi_is_name(dot + 1))
        return wbi_at_refuse(at, err, "a table and its time column (wanted: such as customers.cancelled_at)");
    WBI_TRY(wbi_set_placed(&label->column_at, at, dot + 1, err));
    WBI_TRY(wbi_set_text(&label->table, text, err));
    label->table[dot - text] = '\0';
    return wbi_at_want_name(at, label->table, err);
}

static wb_status read_outcome(wbi_label_def *label, wbi_label_kind kind, const wbi_at *at, wb_error *err)
{
    static const char *const names[] = {[WBI_LABEL_ABSENT] = "absent", [WBI_LABEL_PRESENT] = "present"};
    if (label->kind != WBI_LABEL_NONE)
        return wbi_at_fail(at, err, "and '%s' exclude each other", names[label->kind]);
    WBI_TRY(wbi_at_want_text(at, err));
    label->kind = kind;
    if (kind == WBI_LABEL_AT)
        return read_table_and_column(label, at, err);
    WBI_TRY(wbi_at_want_name(at, wbi_at_text(at), err));
    return wbi_set_text(&label->table, wbi_at_text(at), err);
}

static wb_status read_absent(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return read_outcome(field, WBI_LABEL_ABSENT, at, err);
}

static wb_status write_absent(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_label_def *label = field;
    return label->kind == WBI_LABEL_ABSENT ? wbi_write_string(out, label->table, err) : WB_OK;
}

static wb_status read_present(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return read_outcome(field, WBI_LABEL_PRESENT, at, err);
}

static wb_status write_present(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_label_def *label = field;
    return label->kind == WBI_LABEL_PRESENT ? wbi_write_string(out, label->table, err) : WB_OK;
}

static wb_status read_date(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return read_outcome(field, WBI_LABEL_AT, at, err);
}

static wb_status write_date(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wbi_label_def *label = field;
    if (label->kind != WBI_LABEL_AT)
        return WB_OK;
    *out = json_sprintf("%s.%s", label->table, label->column);
    return *out != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
}

static const wbi_kind kind_date = {"`table.column`", "", read_date, write_date};
static const wbi_kind kind_absent = {"table", "", read_absent, write_absent};
static const wbi_kind kind_present = {"table", "", read_present, write_present};

#define AT(member) offsetof(wbi_label_def, member)
const wbi_key wbi_label_keys[] = {
    {"name", &wbi_kind_name, AT(name), "`churned`; required with `present` and `at`", .meaning = "the column is `label_<name>`"},
    {"absent", &kind_absent, 0, "`orders`", .meaning = "1 for customers without an event of this table in the window"},
    {"present", &kind_present, 0, NULL, .meaning = "1, instead, for customers with one"},
    {"at", &kind_date, 0, NULL,
     .meaning = "1, instead, for customers whose time in this column of a table lies in the window, as known at its end"},
    {"horizon", &wbi_kind_span, AT(horizon_us), "`90d`", .meaning = "how long the window is"},
    {"gap", &wbi_kind_duration, AT(gap_us), "`0d`", .meaning = "how long after the cutoff it begins"},
    {"where", &wbi_kind_expression, AT(where), NULL, .meaning = "which events of the table count"},
    {.name = NULL}};
#undef AT

/* But for its name. */
static wb_status read_meaning(wbi_label_def *label, const wbi_at *at, const wbi_key *keys, wb_error *err)
{
    label->line = wbi_at_line(at);
    label->horizon_us = WBI_DEFAULT_HORIZON_US;
    WBI_TRY(wbi_read_mapping(label, at, keys, err));
    if (label->kind != WBI_LABEL_NONE)
        return WB_OK;
    label->kind = WBI_LABEL_ABSENT;
    return wbi_set_text(&label->table, "orders", err);
}

/* Of a model's own label, whose name is the model's: all but the first, the name. */
#define OWN_LABEL_KEYS (wbi_label_keys + 1)

static wb_status read_label(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_label_def *label = field;
    WBI_TRY(read_meaning(label, at, key->children, err));
    if (label->name == NULL && label->kind != WBI_LABEL_ABSENT)
        return wbi_at_fail(at, err, "needs the key 'name'");
    return label->name != NULL ? WB_OK : wbi_set_text(&label->name, "churned", err);
}

static wb_status write_label(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    bool said = ((const wbi_label_def *)field)->kind != WBI_LABEL_NONE;
    return said ? wbi_write_mapping(out, field, key->children, err) : WB_OK;
}

const wbi_kind wbi_kind_label = {"mapping", "", read_label, write_label};

/* Plain where YAML takes it so for certain, else quoted as JSON does. */
static wb_status print_word(wbi_buffer *out, json_t *value, wb_error *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    const char *text = json_string_value(value);
    if (text[strspn(text, plain)] == '\0')
        return wbi_buffer_append_text(out, text, err);
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    wb_status status = quoted != NULL ? wbi_buffer_append_text(out, quoted, err) : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    free(quoted);
    return status;
}

static wb_status print_pairs(wbi_buffer *out, json_t *label, wb_error *err)
{
    const char *key, *before = "label: {";
    json_t *value;
    json_object_foreach(label, key, value)
    {
        WBI_TRY(wbi_buffer_append_text(out, before, err));
        WBI_TRY(wbi_buffer_append_text(out, key, err));
        WBI_TRY(wbi_buffer_append_text(out, ": ", err));
        WBI_TRY(print_word(out, value, err));
        before = ", ";
    }
    return wbi_buffer_append(out, "}", 2, err);
}

wb_status wb_project_print_label(char *text, size_t size, const wb_project *project, int64_t horizon_us, wb_error *err)
{
    const bool own = project->label.kind == WBI_LABEL_NONE; /* a model's */
    json_t *pairs = NULL;
    wbi_buffer line = wbi_buffer_make(1 << 20);
    wb_status status;
    if (wb_project_n_labels(project) == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the project has no label");
    wbi_label_def label = *wbi_project_label_at(project, 0);
    label.horizon_us = horizon_us;
    WBI_TRY_CLEANUP(wbi_write_mapping(&pairs, &label, own ? OWN_LABEL_KEYS : wbi_label_keys, err));
    WBI_TRY_CLEANUP(print_pairs(&line, pairs, err));
    if (line.length > size)
        WBI_TRY_CLEANUP(wbi_fail(err, WB_ERR_ARGUMENT, "the label takes %zu bytes, and there are %zu", line.length, size));
    memcpy(text, line.data, line.length);
cleanup:
    json_decref(pairs);
    wbi_buffer_free(&line);
    return status;
}

/* ---- models */

static const char *const penalties[] = {"none", "ridge", "lasso", "elastic_net", "firth", NULL};
static const char *const validations[] = {"customers", "time", NULL};
static const char *const calibrations[] = {"none", "platt", "isotonic", "auto", NULL};
static const char *const bases[] = {"linear", "auto", NULL};

static wb_status read_lambda(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_lambda_wish *lambda = field;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value = NAN;
    lambda->one_standard_error = strcmp(text, "1se") == 0;
    if (strcmp(text, "auto") != 0 && !lambda->one_standard_error &&
        !(wbi_double_read(&value, text, strlen(text), '.') && value >= 0))
        return wbi_at_refuse(at, err, "a number of 0 or more, auto, or 1se");
    lambda->value = value;
    return WB_OK;
}

static wb_status read_alpha(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value;
    if (!(wbi_double_read(&value, text, strlen(text), '.') && value >= 0 && value <= 1))
        return wbi_at_refuse(at, err, "a number from 0 to 1");
    *(double *)field = value;
    return WB_OK;
}

static const wbi_kind kind_lambda = {"number, `auto` or `1se`", "", read_lambda, NULL};
static const wbi_kind kind_alpha = {"number from 0 to 1", "", read_alpha, NULL};

/* NaN stands for balanced. */
static wb_status read_class_weight(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value = NAN;
    if (strcmp(text, "balanced") != 0 && !(wbi_double_read(&value, text, strlen(text), '.') && value > 0))
        return wbi_at_refuse(at, err, "a number of more than 0, or balanced");
    *(double *)field = value;
    return WB_OK;
}

static wb_status read_sample(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value;
    if (!(wbi_double_read(&value, text, strlen(text), '.') && value > 0 && value <= 1))
        return wbi_at_refuse(at, err, "a share of more than 0 and at most 1");
    *(double *)field = value;
    return WB_OK;
}

static const wbi_kind kind_class_weight = {"number > 0, or `balanced`", "", read_class_weight, NULL};
static const wbi_kind kind_sample = {"number > 0, at most 1", "", read_sample, NULL};

static wb_status read_own_label(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    return read_meaning(field, at, key->children, err);
}

static const wbi_kind kind_own_label = {"mapping", "", read_own_label, NULL};

static wb_status read_log1p(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_model_def *model = field;
    return wbi_read_words(&model->log1p, &model->n_log1p, at, err);
}

static const wbi_kind kind_log1p = {"list of texts", "", read_log1p, NULL};

/* As `auto` is meant: WB_HORIZON_OF_LABEL. */
static wb_status read_btyd(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    int64_t horizon_us = WB_HORIZON_OF_LABEL;
    wb_error unread;
    if (strcmp(text, "auto") != 0 && (wb_duration_parse(&horizon_us, text, &unread) != WB_OK || horizon_us == 0))
        return wbi_at_refuse(at, err, "`auto`, or a duration of more than 0, such as 90d");
    *(int64_t *)field = horizon_us;
    return WB_OK;
}

static const wbi_kind kind_btyd = {"duration > 0, or `auto`", "", read_btyd, NULL};

#define AT(member) offsetof(wbi_model_def, member)
const wbi_key wbi_model_keys[] = {
    {"target", &wbi_kind_name, AT(target), "the only label",
     .meaning = "what the model predicts: the name of a label, the project's or another model's"},
    {"label", &kind_own_label, AT(label), NULL,
     .meaning = "a label of the model's own, instead: the column is `label_NAME`", .children = OWN_LABEL_KEYS},
    {"penalty", &wbi_kind_choice, AT(penalty), "`ridge`", .meaning = "how coefficients are held small",
     .choices = penalties},
    {"basis", &wbi_kind_choice, AT(basis), "`linear`",
     .meaning = "what numbers become: straight lines, or with `ridge` curves as bent as the data say, which find `lambda` too",
     .choices = bases},
    {"log1p", &kind_log1p, 0, NULL, .meaning = "features >= 0 that become straight lines over log(1 + value)"},
    {"btyd", &kind_btyd, AT(btyd_horizon_us), "no such term",
     .meaning = "a term more: the purchases that BG/NBD expects within this time, `auto`: within the label's horizon"},
    {"class_weight", &kind_class_weight, AT(class_weight), "1",
     .meaning = "what a row of label 1 counts beside one of label 0 while fitting; undone in the probabilities"},
    {"sample_negatives", &kind_sample, AT(sample_negatives), "1",
     .meaning = "the share of customers whose rows of label 0 are fitted; undone in the probabilities"},
    {"alpha", &kind_alpha, AT(alpha), "0.5",
     .meaning = "with `elastic_net`: from 0, squares of coefficients only, to 1, absolute values only"},
    {"lambda", &kind_lambda, AT(lambda), "`auto`",
     .meaning = "how strong the penalty is; `auto`: best by cross-validation, `1se`: the most that is one standard error from it"},
    {"validate", &wbi_kind_choice, AT(validate), "`time` where two cutoffs can be tried so, else `customers`",
     .meaning = "how lambda is chosen: on customers that were not learned from, or on later cutoffs", .choices = validations},
    {"calibrate", &wbi_kind_choice, AT(calibrate), "`none`",
     .meaning = "what makes probabilities true of customers not learned from, by the out-of-fold scores; `auto`: what helps",
     .choices = calibrations},
    {.name = NULL}};
#undef AT

static wb_status read_model(wbi_model_def *model, const wbi_at *at, const wbi_key *keys, wb_error *err)
{
    model->class_weight = model->sample_negatives = 1;
    model->lambda.value = model->alpha = NAN;
    model->line = wbi_at_line(at);
    WBI_TRY(wbi_at_want_name(at, at->name, err));
    WBI_TRY(wbi_set_text(&model->name, at->name, err));
    WBI_TRY(wbi_read_mapping(model, at, keys, err));
    if (model->label.kind == WBI_LABEL_NONE)
        return WB_OK;
    if (model->target != NULL)
        return wbi_at_fail(at, err, "has a label of its own, which is its target: 'target' and 'label' exclude each other");
    return wbi_set_text(&model->label.name, at->name, err);
}

static wb_status read_models(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_project *project = field;
    WBI_TRY(wbi_at_want_mapping(at, err));
    size_t n = wbi_at_length(at);
    project->models = wbi_alloc_zeroed(n, sizeof *project->models);
    if (project->models == NULL)
        return wbi_fail_nomem(err, n * sizeof *project->models);
    while (project->n_models < n) {
        wbi_at model = wbi_at_child(at, project->n_models);
        wbi_model_def *def = &project->models[project->n_models++];
        WBI_TRY(read_model(def, &model, key->children, err));
        if (def->label.kind != WBI_LABEL_NONE && project->label.name != NULL &&
            strcmp(def->name, project->label.name) == 0)
            return wbi_at_fail(&model, err, "has a label of its own, and the project's label has the same name");
    }
    return WB_OK;
}

static wb_status add_own_label(json_t *models, const wbi_label_def *label, wb_error *err)
{
    json_t *meaning = NULL, *model = json_object();
    wb_status status = wbi_write_add(models, label->name, model, err);
    if (status == WB_OK)
        status = wbi_write_mapping(&meaning, label, OWN_LABEL_KEYS, err);
    return status == WB_OK ? wbi_write_add(model, "label", meaning, err) : status;
}

/* Of models only the labels belong to what features mean. */
static wb_status write_models(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    const wb_project *project = field;
    const bool own = project->label.kind != WBI_LABEL_NONE; /* the project's comes first */
    json_t *models = json_object();
    wb_status status = models != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    (void)key;
    for (size_t i = own; i < wb_project_n_labels(project) && status == WB_OK; i++)
        status = add_own_label(models, wbi_project_label_at(project, i), err);
    if (status == WB_OK && json_object_size(models) > 0)
        *out = json_incref(models);
    json_decref(models);
    return status;
}

const wbi_kind wbi_kind_models = {"mapping of names", ".NAME", read_models, write_models};
