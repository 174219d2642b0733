/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_STRONGEST = 8, N_PATH_LINES = 10 };

static bool read_penalty(wb_penalty *out, const char *text)
{
    enum { N_PENALTIES = WB_PENALTY_FIRTH + 1 };
    const char *names[N_PENALTIES];
    for (int p = 0; p < N_PENALTIES; p++) {
        names[p] = wb_penalty_name((wb_penalty)p);
        if (strcmp(text, names[p]) == 0) {
            *out = (wb_penalty)p;
            return true;
        }
    }
    const char *near = cli_nearest(text, names, N_PENALTIES);
    cli_usage_error("--penalty: '%s' is none of ridge, none, lasso, elastic_net and firth%s%s%s", text,
                    near != NULL ? " (did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?)" : "");
    return false;
}

static bool read_basis(wb_basis *out, const char *text)
{
    if (strcmp(text, "auto") != 0 && strcmp(text, "linear") != 0) {
        cli_usage_error("--basis: '%s' is neither auto nor linear", text);
        return false;
    }
    *out = strcmp(text, "auto") == 0 ? WB_BASIS_AUTO : WB_BASIS_LINEAR;
    return true;
}

bool cli_training_options(wb_train_options *options, const char *penalty, const char *basis, const cli_common *common)
{
    if (basis != NULL && !read_basis(&options->basis, basis))
        return false;
    if (penalty != NULL && !read_penalty(&options->penalty, penalty))
        return false;
    options->seed = common->seed;
    options->n_threads = (int)common->n_threads;
    options->log = cli_log(common);
    return true;
}

bool cli_read_validation(wb_train_options *options, const char *text)
{
    const char *names[] = {wb_validation_name(WB_VALIDATE_CUSTOMERS), wb_validation_name(WB_VALIDATE_TIME)};
    if (text == NULL)
        return true;
    for (size_t i = 0; i < 2; i++)
        if (strcmp(text, names[i]) == 0) {
            options->validate = i == 0 ? WB_VALIDATE_CUSTOMERS : WB_VALIDATE_TIME;
            return true;
        }
    const char *near = cli_nearest(text, names, 2);
    cli_usage_error("--validate: '%s' is neither customers nor time%s%s%s", text, near != NULL ? " (did you mean '" : "",
                    near != NULL ? near : "", near != NULL ? "'?)" : "");
    return false;
}

bool cli_read_calibration(wb_train_options *options, const char *text)
{
    enum { N_CALIBRATIONS = WB_CALIBRATION_AUTO + 1 };
    const char *names[N_CALIBRATIONS];
    if (text == NULL)
        return true;
    for (int c = 0; c < N_CALIBRATIONS; c++) {
        names[c] = wb_calibration_name((wb_calibration)c);
        if (strcmp(text, names[c]) == 0) {
            options->calibrate = (wb_calibration)c;
            return true;
        }
    }
    const char *near = cli_nearest(text, names, N_CALIBRATIONS);
    cli_usage_error("--calibrate: '%s' is none of none, platt, isotonic and auto%s%s%s", text,
                    near != NULL ? " (did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?)" : "");
    return false;
}

bool cli_read_lambda(wb_train_options *options, const char *text)
{
    char *end;
    options->lambda = WB_LAMBDA_AUTO;
    options->lambda_rule = strcmp(text, "1se") == 0 ? WB_LAMBDA_ONE_STANDARD_ERROR : WB_LAMBDA_LEAST;
    if (strcmp(text, "1se") == 0 || strcmp(text, "auto") == 0)
        return true;
    options->lambda = strtod(text, &end);
    return *text != '\0' && *end == '\0' && isfinite(options->lambda) && options->lambda >= 0;
}

bool cli_check_basis(const wb_train_options *options)
{
    if (options->basis != WB_BASIS_AUTO)
        return true;
    if (options->penalty != WB_PENALTY_RIDGE) {
        cli_usage_error("basis auto goes with penalty ridge, not with %s: --basis linear", wb_penalty_name(options->penalty));
        return false;
    }
    if (!isnan(options->lambda) || options->lambda_rule != WB_LAMBDA_LEAST) {
        cli_usage_error("basis auto finds lambda itself: leave lambda out, or --basis linear");
        return false;
    }
    return true;
}

/* A coefficient, or a spline as a whole. */
typedef struct strength {
    double per_sd;
    size_t index; /* of the coefficient, or the term */
    bool is_spline;
} strength;

static int by_strength(const void *left, const void *right)
{
    double a = fabs(((const strength *)left)->per_sd), b = fabs(((const strength *)right)->per_sd);
    return (a < b) - (a > b);
}

static void print_imbalance(const wb_model_summary *s, const cli_common *common)
{
    const wb_imbalance *how = &s->imbalance;
    char rows[CLI_TEXT_CHARS];
    if (isnan(how->intercept_shift))
        return;
    cli_note(common, "class weight %.4g%s · negatives of %.4g %% of the customers · %s rows fitted", how->class_weight,
             how->balanced ? " (balanced)" : "", 100 * how->sample_negatives, cli_count(rows, how->n_rows));
    cli_note(common, "undone: mean prediction %.4g %% as the base rate, not %.4g %% · intercept moved by %+.4f",
             100 * s->base_rate, 100 * how->mean_uncorrected, how->intercept_shift);
}

static bool is_spline(const wb_term *term)
{
    return !isnan(term->spread);
}

/* Splines, and the coefficients that are not theirs. */
static size_t list_strengths(strength *out, const wb_model *model)
{
    size_t n = 0, n_terms = wb_model_summarise(model).n_terms, coefficient = 1;
    for (size_t t = 0; t < n_terms; t++) {
        const wb_term term = wb_model_term(model, t);
        const size_t end = coefficient + term.n_columns;
        if (is_spline(&term))
            out[n++] = (strength){term.spread, t, true};
        for (coefficient += term.n_curve_columns; coefficient < end; coefficient++)
            out[n++] = (strength){wb_model_coefficient(model, coefficient).per_sd, coefficient, false};
    }
    return n;
}

static void print_spline(const wb_model *model, size_t index, const cli_common *common)
{
    static const char *const directions[] = {"lowers", "bends", "raises"};
    const wb_term term = wb_model_term(model, index);
    cli_note(common, "  %-32s × %-6.3g %s (edf %.1f)", term.feature, exp(term.spread), directions[term.direction + 1],
             term.freedom);
}

static void print_coefficient(const wb_coefficient *c, bool certain, const cli_common *common)
{
    char interval[CLI_TEXT_CHARS] = "";
    if (certain)
        snprintf(interval, sizeof interval, "(%.3g to %.3g) ", exp(c->per_sd_95.low), exp(c->per_sd_95.high));
    cli_note(common, "  %-32s × %-6.3g %s%s", c->column, exp(c->per_sd), interval, c->per_sd > 0 ? "raises" : "lowers");
}

/* So that they can be held against those of `winback clv`. */
static void print_btyd(const wb_model *model, const cli_common *common)
{
    wb_term_btyd of;
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++)
        if (wb_model_term_btyd(model, t, &of))
            cli_note(common, "purchases expected by BG/NBD in weeks: r %.4g, alpha %.4g, a %.4g, b %.4g%s", of.r, of.alpha, of.a, of.b,
                     of.a_or_b_at_end ? " · a or b at the end of its range: when customers leave does not show" : "");
}

static void print_strongest(const wb_model *model, const cli_common *common)
{
    strength *order = malloc((wb_model_n_coefficients(model) + 1) * sizeof *order);
    size_t n = order == NULL ? 0 : list_strengths(order, model);
    if (n == 0) {
        free(order);
        return;
    }
    qsort(order, n, sizeof *order, by_strength);
    bool certain = wb_model_summarise(model).covariance != WB_COVARIANCE_NONE;
    cli_note(common, "strongest, odds per standard deviation%s:", certain ? " and 95 % interval" : "");
    for (size_t i = 0; i < n && i < N_STRONGEST; i++) {
        if (order[i].is_spline) {
            print_spline(model, order[i].index, common);
        } else {
            const wb_coefficient c = wb_model_coefficient(model, order[i].index);
            print_coefficient(&c, certain, common);
        }
    }
    free(order);
}

/* Where on the path that was tried lambda lies: at an end, more might be found beyond. */
static const char *place_on_path(const wb_model *chosen)
{
    const wb_path_point *path;
    size_t n = wb_model_path(chosen, &path);
    wb_model_summary s = wb_model_summarise(chosen);
    if (n == 0)
        return "";
    if (s.lambda >= path[0].lambda)
        return " (the most that was tried)";
    if (s.lambda <= path[n - 1].lambda)
        return " (the least that was tried)";
    return s.lambda_rule == WB_LAMBDA_ONE_STANDARD_ERROR ? " (by one standard error)" : "";
}

void cli_print_path(const wb_model *model, const cli_common *common)
{
    const wb_path_point *path;
    size_t n = wb_model_path(model, &path), step = (n + N_PATH_LINES - 1) / N_PATH_LINES;
    double lambda = wb_model_summarise(model).lambda;
    if (n > 0)
        cli_note(common, "%-14s %-10s %-10s columns (%zu lambdas were tried)", "lambda", "log loss", "± s.e.", n);
    for (size_t l = 0; l < n; l++)
        if (l % step == 0 || l + 1 == n || path[l].lambda == lambda)
            cli_note(common, "%-14.3g %-10.5f %-9.5f %zu%s", path[l].lambda, path[l].log_loss, path[l].standard_error,
                     path[l].n_nonzero, path[l].lambda == lambda ? " <" : "");
}

/* Firth's lambda is none. */
static void describe_lambda(char out[2 * CLI_TEXT_CHARS], const wb_model_summary *s, const wb_model *chosen)
{
    int used = 0;
    *out = '\0';
    if (s->penalty == WB_PENALTY_ELASTIC_NET)
        used = snprintf(out, CLI_TEXT_CHARS, " · alpha %g", s->alpha);
    if (s->penalty != WB_PENALTY_FIRTH)
        snprintf(out + used, CLI_TEXT_CHARS, " · lambda %.3g%s", s->lambda, place_on_path(chosen));
}

static const char *covariance_source(const wb_model_summary *s)
{
    return s->covariance == WB_COVARIANCE_BY_CUSTOMER ? "customers' scores" : "curvature";
}

/* "0.8340 ± 0.0121", as far as known. */
static const char *figure(char out[CLI_TEXT_CHARS], double value, int n_digits, double se)
{
    const int n = isnan(value) ? snprintf(out, CLI_TEXT_CHARS, "unknown") : snprintf(out, CLI_TEXT_CHARS, "%.*f", n_digits, value);
    if (!isnan(value) && !isnan(se))
        snprintf(out + n, CLI_TEXT_CHARS - (size_t)n, " ± %.*f", n_digits, se);
    return out;
}

static void print_validation(const wb_model_summary *s, const cli_common *common)
{
    char how[CLI_TEXT_CHARS], tried[CLI_TEXT_CHARS], all[CLI_TEXT_CHARS], auc[CLI_TEXT_CHARS], loss[CLI_TEXT_CHARS];
    char lift[CLI_TEXT_CHARS];
    if (s->n_folds == 0)
        return;
    if (s->validated == WB_VALIDATE_TIME) {
        cli_note(common, "validated by time: %s of %s rows were tried, by models of what was known before",
                 cli_count(tried, s->out_of_fold.n), cli_count(all, s->n_rows));
        snprintf(how, sizeof how, "by time, %d split%s · out of time", s->n_folds, s->n_folds == 1 ? "" : "s");
    } else
        snprintf(how, sizeof how, "%d folds by customer · out of fold", s->n_folds);
    cli_note(common, "%s: AUC %s · log loss %s · lift at 10 %% %s", how,
             figure(auc, s->out_of_fold.auc, 4, s->auc_se), figure(loss, s->out_of_fold.log_loss, 4, s->log_loss_se),
             figure(lift, s->out_of_fold.lift[WB_DEPTH_TENTH], 2, NAN));
}

/* "0.0013 ± 0.0003 less than" */
static const char *against(char text[CLI_TEXT_CHARS], double more, double se)
{
    const double scale = isnan(se) || se <= 0 ? fabs(more) : se;
    const int n_digits = scale > 0 ? (int)fmax(4, fmin(12, 1 - floor(log10(scale)))) : 4;
    const int n = snprintf(text, CLI_TEXT_CHARS, "%.*f", n_digits, fabs(more));
    if (!isnan(se))
        snprintf(text + n, CLI_TEXT_CHARS - (size_t)n, " ± %.*f", n_digits, se);
    return text;
}

static void print_calibration(const wb_model_summary *s, const cli_common *common)
{
    const wb_calibration_summary *c = &s->calibration;
    const double more = c->log_loss_calibrated - c->log_loss;
    char what[CLI_TEXT_CHARS], difference[CLI_TEXT_CHARS], worth[2 * CLI_TEXT_CHARS] = "";
    if (c->tried == WB_CALIBRATION_NONE)
        return;
    if (c->method == WB_CALIBRATION_NONE) {
        cli_note(common, "calibration: left out, out-of-fold log loss %.5f would be %s %s (%s)", c->log_loss,
                 against(difference, more, c->difference_se), more > 0 ? "more" : "less", wb_calibration_name(c->tried));
        return;
    }
    if (c->method == WB_CALIBRATION_PLATT)
        snprintf(what, sizeof what, "slope %.3f, intercept %+.3f", c->slope, c->intercept);
    else
        snprintf(what, sizeof what, "%zu knots", c->n_knots);
    if (!isnan(c->log_loss_calibrated))
        snprintf(worth, sizeof worth, " · out-of-fold log loss %.5f, %s %s than without", c->log_loss_calibrated,
                 against(difference, more, c->difference_se), more > 0 ? "more" : "less");
    cli_note(common, "calibration: %s, %s%s", wb_calibration_name(c->method), what, worth);
}

static void print_treatment(const wb_model *model, const cli_common *common)
{
    wb_treatment t;
    char treated[CLI_TEXT_CHARS], control[CLI_TEXT_CHARS], names[2][CLI_CELL_BYTES];
    if (!wb_model_treatment(model, &t))
        return;
    cli_note(common, "treated (%s): %s rows, %.2f %% positive · not treated (%s): %s rows, %.2f %% · difference %+.2f points",
             cli_cell(names[1], t.treated, CLI_NAME_COLUMNS), cli_count(treated, t.n_treated), 100 * t.rate_treated,
             cli_cell(names[0], t.control, CLI_NAME_COLUMNS), cli_count(control, t.n_control), 100 * t.rate_control,
             100 * (t.rate_treated - t.rate_control));
}

void cli_describe_model(const wb_model *chosen, const wb_model *model, const cli_common *common)
{
    wb_model_summary s = wb_model_summarise(model);
    print_treatment(model, common);
    print_validation(&s, common);
    print_calibration(&s, common);
    const wb_model_summary before = wb_model_summarise(chosen);
    if (chosen != model && before.validated == WB_VALIDATE_TIME && s.basis == WB_BASIS_LINEAR)
        cli_note(common, "lambda was chosen by time, %d split%s of the cutoffs before the test", before.n_folds,
                 before.n_folds == 1 ? "" : "s");
    char lambda[2 * CLI_TEXT_CHARS], freedom[CLI_TEXT_CHARS] = "";
    describe_lambda(lambda, &s, chosen);
    if (s.basis == WB_BASIS_AUTO)
        snprintf(freedom, sizeof freedom, " · %zu columns with %.1f effective degrees of freedom", s.n_columns + 1,
                 s.freedom);
    cli_note(common, "penalty %s%s%s · %d steps · largest gradient %.1e%s", wb_penalty_name(s.penalty), lambda, freedom,
             s.iterations, s.gradient_max, s.converged ? "" : " · NOT CONVERGED");
    print_imbalance(&s, common);
    if (s.covariance != WB_COVARIANCE_NONE && isfinite(s.condition_number))
        cli_note(common, "standard errors from the %s · condition number %.2g", covariance_source(&s), s.condition_number);
    else if (s.covariance != WB_COVARIANCE_NONE)
        cli_note(common, "standard errors from the %s · some columns determine others", covariance_source(&s));
    if (s.penalty == WB_PENALTY_FIRTH && s.covariance != WB_COVARIANCE_NONE)
        cli_note(common, "intervals and p values from the profile of the penalised likelihood");
    if (s.penalty == WB_PENALTY_LASSO || s.penalty == WB_PENALTY_ELASTIC_NET)
        cli_note(common, "no standard errors: the data chose the columns, which they would know nothing of");
    print_btyd(model, common);
    print_strongest(model, common);
}
