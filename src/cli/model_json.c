/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/model_json.h"

#include <math.h>

json_t *cli_metrics_json(const wb_metrics *m)
{
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "n", (json_int_t)m->n, "n_positive",
                     (json_int_t)m->n_positive, "base_rate", cli_number_json(m->base_rate), "auc",
                     cli_number_json(m->auc), "log_loss", cli_number_json(m->log_loss), "brier",
                     cli_number_json(m->brier), "lift_10", cli_number_json(m->lift[WB_DEPTH_TENTH]), "capture_10",
                     cli_number_json(m->capture[WB_DEPTH_TENTH]));
}

static json_t *interval_json(wb_interval interval)
{
    return json_pack("[o, o]", cli_number_json(interval.low), cli_number_json(interval.high));
}

static json_t *odds_json(wb_interval logarithms)
{
    return interval_json((wb_interval){exp(logarithms.low), exp(logarithms.high)});
}

static json_t *coefficient_json(const wb_coefficient *c)
{
    json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "column", c->column, "feature", c->feature,
                             "raw", cli_number_json(c->raw), "se_raw", cli_number_json(c->se_raw), "raw_95",
                             interval_json(c->raw_95), "per_sd", cli_number_json(c->per_sd), "se_per_sd",
                             cli_number_json(c->se_per_sd), "per_sd_95", interval_json(c->per_sd_95));
    json_t *rest = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "odds_ratio", cli_number_json(exp(c->raw)),
                             "odds_ratio_95", odds_json(c->raw_95), "odds_ratio_per_sd",
                             cli_number_json(exp(c->per_sd)), "odds_ratio_per_sd_95", odds_json(c->per_sd_95), "z",
                             cli_number_json(c->z), "p", cli_number_json(c->p), "vif", cli_number_json(c->vif));
    json_object_update(json, rest);
    json_decref(rest);
    return json;
}

static json_t *tests_json(const wb_model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; i < wb_model_summarise(model).n_terms; i++) {
        wb_term_test t = wb_model_term_test(model, i);
        json_array_append_new(list, json_pack("{s:s, s:I, s:o, s:o}", "feature", t.feature, "df",
                                              (json_int_t)t.degrees_of_freedom, "chi_square",
                                              cli_number_json(t.chi_square), "p", cli_number_json(t.p)));
    }
    return list;
}

/* null for all but a btyd term. */
static json_t *btyd_json(const wb_model *model, size_t term)
{
    wb_term_btyd of;
    if (!wb_model_term_btyd(model, term, &of))
        return json_null();
    return json_pack("{s:[s, s, s], s:f, s:f, s:f, s:f, s:f}", "reads", of.reads[0], of.reads[1], of.reads[2], "horizon_days",
                     of.horizon_days, "r", of.r, "alpha", of.alpha, "a", of.a, "b", of.b);
}

/* Direction says what a curve does, null for what is none. */
static json_t *terms_json(const wb_model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; i < wb_model_summarise(model).n_terms; i++) {
        wb_term t = wb_model_term(model, i);
        json_t *direction = isnan(t.spread) ? json_null() : json_integer(t.direction);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "feature", t.feature, "kind",
                                              t.kind, "columns", (json_int_t)t.n_columns, "edf",
                                              cli_number_json(t.freedom), "lambda_bend",
                                              cli_number_json(t.lambda_bend), "lambda_slope",
                                              cli_number_json(t.lambda_slope), "spread", cli_number_json(t.spread),
                                              "direction", direction, "btyd", btyd_json(model, i)));
    }
    return list;
}

static json_t *inference_json(const wb_model *model)
{
    wb_model_summary s = wb_model_summarise(model);
    const bool firth = s.penalty == WB_PENALTY_FIRTH;
    return json_pack("{s:s, s:o, s:s, s:o}", "covariance",
                     s.covariance == WB_COVARIANCE_NONE         ? "none"
                     : s.covariance == WB_COVARIANCE_BY_CUSTOMER ? "by_customer"
                                                                 : "hessian",
                     "condition_number", cli_number_json(s.condition_number), "intervals",
                     firth ? "profile_likelihood" : "wald", firth ? "likelihood_ratio" : "wald", tests_json(model));
}

static json_t *coefficients_json(const wb_model *model)
{
    json_t *list = json_array();
    wb_treatment treatment;
    const bool treated = wb_model_treatment(model, &treatment);
    for (size_t i = 0; i < wb_model_n_coefficients(model); i++) {
        const wb_coefficient c = wb_model_coefficient(model, i);
        const wb_interaction adds = wb_model_interaction(model, i);
        json_t *json = coefficient_json(&c);
        if (treated) {
            json_object_set_new(json, "interaction_raw", cli_number_json(adds.raw));
            json_object_set_new(json, "interaction_per_sd", cli_number_json(adds.per_sd));
        }
        json_array_append_new(list, json);
    }
    return list;
}

json_t *cli_treatment_json(const wb_model *model)
{
    wb_treatment t;
    if (!wb_model_treatment(model, &t))
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "column", t.column, "treated", t.treated, "control", t.control,
                     "rows_treated", (json_int_t)t.n_treated, "rows_control", (json_int_t)t.n_control, "rows_left_out",
                     (json_int_t)t.n_left_out, "rate_treated", cli_number_json(t.rate_treated), "rate_control",
                     cli_number_json(t.rate_control));
}

/* null when there was nothing to undo. */
static json_t *imbalance_json(const wb_imbalance *how)
{
    if (isnan(how->intercept_shift))
        return json_null();
    return json_pack("{s:f, s:b, s:f, s:I, s:f, s:f}", "class_weight", how->class_weight, "balanced", how->balanced,
                     "sample_negatives", how->sample_negatives, "rows", (json_int_t)how->n_rows, "mean_uncorrected",
                     how->mean_uncorrected, "intercept_shift", how->intercept_shift);
}

static json_t *path_json(const wb_model *model)
{
    const wb_path_point *path;
    json_t *list = json_array();
    size_t n = wb_model_path(model, &path);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:f, s:f, s:f, s:I}", "lambda", path[i].lambda, "log_loss",
                                              path[i].log_loss, "standard_error", path[i].standard_error, "nonzero",
                                              (json_int_t)path[i].n_nonzero));
    return list;
}

static json_t *folds_json(const wb_model_summary *s)
{
    if (s->n_folds == 0)
        return json_null();
    json_t *out_of_fold = cli_metrics_json(&s->out_of_fold);
    json_object_set_new(out_of_fold, "auc_se", cli_number_json(s->auc_se));
    json_object_set_new(out_of_fold, "log_loss_se", cli_number_json(s->log_loss_se));
    return out_of_fold;
}

/* null where nothing was tried. */
static json_t *calibration_json(const wb_calibration_summary *c)
{
    if (c->tried == WB_CALIBRATION_NONE)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:o}", "method", wb_calibration_name(c->method), "tried",
                     wb_calibration_name(c->tried), "slope", cli_number_json(c->slope), "intercept",
                     cli_number_json(c->intercept), "knots", (json_int_t)c->n_knots, "log_loss", cli_number_json(c->log_loss),
                     "log_loss_calibrated", cli_number_json(c->log_loss_calibrated), "difference_se",
                     cli_number_json(c->difference_se));
}

json_t *cli_model_json(const wb_model *model)
{
    const wb_model_summary s = wb_model_summarise(model);
    json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:f}", "target", s.target, "rows", (json_int_t)s.n_rows, "customers",
                             (json_int_t)s.n_customers, "positives", (json_int_t)s.n_positive, "base_rate", s.base_rate);
    json_t *fit = json_pack("{s:s, s:s, s:f, s:f, s:i, s:s?, s:o}", "penalty", wb_penalty_name(s.penalty), "basis",
                            s.basis == WB_BASIS_AUTO ? "auto" : "linear", "alpha", s.alpha, "lambda", s.lambda, "folds",
                            s.n_folds, "validated_by", wb_validation_name(s.validated), "out_of_fold", folds_json(&s));
    json_t *end = json_pack("{s:f, s:o, s:i, s:f, s:b}", "mean_log_loss", s.mean_log_loss, "edf", cli_number_json(s.freedom),
                            "iterations", s.iterations, "gradient_max", s.gradient_max, "converged", s.converged);
    json_t *rest = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "imbalance", imbalance_json(&s.imbalance), "calibration",
                             calibration_json(&s.calibration), "path", path_json(model),
                             "inference", inference_json(model), "terms", terms_json(model), "coefficients",
                             coefficients_json(model));
    json_object_set_new(rest, "treatment", cli_treatment_json(model));
    json_t *const parts[] = {fit, end, rest};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        json_object_update(json, parts[k]);
        json_decref(parts[k]);
    }
    return json;
}
