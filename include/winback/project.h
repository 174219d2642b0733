/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project: which tables there are, what they mean, which features and labels are wanted. docs/project.md is the
 * reference of the file's keys. */
#ifndef WINBACK_PROJECT_H
#define WINBACK_PROJECT_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wb_project wb_project; /* not to be changed while another thread uses it */

/* An empty project: no tables, UTC, every default of the reference. */
WB_API WB_WARN_UNUSED wb_status wb_project_create(wb_project **out, wb_error *err);

/* Reads a project file. Relative paths in it start at its folder; `${WINBACK_DATA}` is expanded in `file:`. Fails with
 * WB_ERR_IO, or WB_ERR_MALFORMED naming line and column (unknown keys with the nearest known one). */
WB_API WB_WARN_UNUSED wb_status wb_project_read(wb_project **out, const char *path, wb_error *err);

/* Reads what wb_features_definitions or wb_model_definitions returned. The tables then have no files. */
WB_API WB_WARN_UNUSED wb_status wb_project_parse(wb_project **out, const char *text, wb_error *err);

WB_API void wb_project_free(wb_project *project); /* NULL-safe */

/* Adds the table `name` with the conventional columns of that name, or gives an existing one another file. `file` is a
 * path, a glob, or "-". */
WB_API WB_WARN_UNUSED wb_status wb_project_set_file(wb_project *project, const char *table, const char *file,
                                                    wb_error *err);

/* Takes where the data lie, and how old they may be (`max_age`), from `from`'s tables of the same name, and nothing
 * else. A table that `from` lacks has no file then. */
WB_API WB_WARN_UNUSED wb_status wb_project_take_files(wb_project *project, const wb_project *from, wb_error *err);

/* Looks for every file of the project under its own name in another folder, such as an older export's. */
WB_API WB_WARN_UNUSED wb_status wb_project_move_files(wb_project *project, const char *folder, wb_error *err);

/* Replaces the cutoffs, sorted and unique afterwards. */
WB_API WB_WARN_UNUSED wb_status wb_project_set_cutoffs(wb_project *project, const int64_t *cutoffs_us, size_t n,
                                                       wb_error *err);
/* Borrowed until the project changes. */
WB_API const int64_t *wb_project_cutoffs(const wb_project *project, size_t *n);

/* Sets horizon and gap of the project's own label; without any label, `churned` = no orders in the horizon is made. Labels
 * of models keep theirs; where there are only such, WB_ERR_ARGUMENT. Microseconds, horizon > 0. */
WB_API WB_WARN_UNUSED wb_status wb_project_set_horizon(wb_project *project, int64_t horizon_us, wb_error *err);
WB_API WB_WARN_UNUSED wb_status wb_project_set_gap(wb_project *project, int64_t gap_us, wb_error *err);
/* Forgets all labels, for scoring. */
WB_API void wb_project_clear_label(wb_project *project);
/* The name of the first label, NULL without one, and its times, where they are asked for (not NULL). Borrowed. */
WB_API const char *wb_project_label(const wb_project *project, int64_t *gap_us, int64_t *horizon_us);

/* The labels: the project's own first, then those of the models that have one, whose names they bear, in the order of the
 * file. A label's window is [cutoff + gap, cutoff + gap + horizon). */
typedef struct wb_label {
    const char *name; /* borrowed; NULL past the last */
    int64_t gap_us, horizon_us;
} wb_label;
WB_API size_t wb_project_n_labels(const wb_project *project);
WB_API wb_label wb_project_label_at(const wb_project *project, size_t index);

/* The first label as one line of a project file, "label: {name: churned, …}", with another horizon (microseconds, > 0). Fails with
 * WB_ERR_ARGUMENT without a label, or when `size` bytes do not hold it. */
WB_API WB_WARN_UNUSED wb_status wb_project_print_label(char *text, size_t size, const wb_project *project, int64_t horizon_us,
                                                       wb_error *err);

/* Exclusive end of the data; WB_TIME_MISSING: found in the data. */
WB_API void wb_project_set_data_until(wb_project *project, int64_t until_us);

WB_API WB_WARN_UNUSED wb_status wb_project_set_windows(wb_project *project, const int64_t *windows_us, size_t n,
                                                       wb_error *err);

/* Writes the keys of a project file to a file or "-": as a JSON Schema (draft 2020-12) for editors, or as Markdown. */
WB_API WB_WARN_UNUSED wb_status wb_project_write_schema(const char *path, wb_error *err);
WB_API WB_WARN_UNUSED wb_status wb_project_write_reference(const char *path, wb_error *err);

/* Reads a date or instant as the project's file would: without an offset it is in the project's time zone. */
WB_API WB_WARN_UNUSED wb_status wb_project_read_time(const wb_project *project, int64_t *time_us, const char *text,
                                                     wb_error *err);

WB_API size_t wb_project_n_tables(const wb_project *project);
WB_API const char *wb_project_table_name(const wb_project *project, size_t table);
/* The table's file as it will be opened; NULL when none is set. */
WB_API const char *wb_project_table_file(const wb_project *project, size_t table);

/* The table that a bundle of features is bound to by `features: {use: [{BUNDLE: TABLE}]}`; where the project does not say, `usual`:
 * ("rfm", "orders") asks for that of the orders. Borrowed. The project need not have a table of that name. */
WB_API const char *wb_project_bound_table(const wb_project *project, const char *bundle, const char *usual);

/* The file through which the table's customers are found, as it will be opened; NULL when there is none. */
WB_API const char *wb_project_table_through(const wb_project *project, size_t table);

/* How many `models:` holds. */
WB_API size_t wb_project_n_models(const wb_project *project);

/* Stands for a horizon: as far as the label at hand looks. */
#define WB_HORIZON_OF_LABEL INT64_C(-1)

/* The settings of a model of `models:`, in the order of the file; past the last, the defaults. Strings borrowed, NULL when
 * unsaid. */
typedef struct wb_project_model {
    const char *name, *target, *penalty, *basis, *validate, *calibrate;
    double lambda; /* NaN: to be chosen */
    double class_weight, sample_negatives; /* as in wb_train_options */
    int balanced;
    int one_standard_error; /* not 0: by the rule of that name */
    double alpha;  /* NaN: unsaid */
    const char *const *log1p; /* features, as in wb_train_options */
    size_t n_log1p;
    int64_t btyd_horizon_us; /* as in wb_train_options; 0: unsaid */
} wb_project_model;
WB_API wb_project_model wb_project_model_at(const wb_project *project, size_t index);
/* Index of the label that a model predicts: its own, or the one its `target` names; unsaid, the project's when there is no
 * other. Without models, of the first label. Fails with WB_ERR_INCONSISTENT naming the model's line. */
WB_API WB_WARN_UNUSED wb_status wb_project_model_label(size_t *label, const wb_project *project, size_t index,
                                                       wb_error *err);

/* What `campaign:` says: what contacts cost and bring, whom they may reach, and what is written. Texts and arrays are
 * borrowed from the project. What is unsaid is NaN, NULL or 0, but for the defaults that are named here. */
typedef struct wb_campaign_consent { /* consent: {email: email_consent} */
    const char *channel, *column;
} wb_campaign_consent;
typedef struct wb_campaign_cap { /* caps: {country: {DE: 100}, segment: 200} */
    const char *column, *value; /* `value` NULL: each value of the column */
    uint64_t most;
} wb_campaign_cap;
typedef struct wb_campaign_rule { /* exclude: [{name: …, when: …}]; route: [{to: …, when: …}], whose `to` is the name */
    const char *name;    /* of an exclude: NULL when unsaid */
    const char *when;    /* an expression */
    size_t line, column; /* where it stands in the file, 0 when unknown */
} wb_campaign_rule;
/* What `train:` says of rows whose customers were mailed within the window of the label. */
typedef enum wb_contacted { WB_CONTACTED_KEEP = 0, WB_CONTACTED_DROP, WB_CONTACTED_FEATURE } wb_contacted;
WB_API wb_contacted wb_project_contacted(const wb_project *project);
typedef enum wb_consent { WB_CONSENT_UNSAID = 0, WB_CONSENT_NOT_REQUIRED, WB_CONSENT_BY_COLUMN } wb_consent;
typedef enum wb_missing_value { WB_MISSING_VALUE_LEAVE_OUT = 0, WB_MISSING_VALUE_MEAN, WB_MISSING_VALUE_ZERO } wb_missing_value;
typedef struct wb_campaign {
    const char *name;            /* what the control group is drawn by */
    double offer_cost, contact_cost; /* of an offer that is taken, of contacting a customer; 0 or more */
    double keep_rate;            /* 0 to 1, exclusive: of the customers about to leave, whom the offer keeps */
    double keep_rate_strength;   /* a + b of the Beta distribution of the keep rate, more than 0; 20 when unsaid */
    double take_rate;            /* 0 to 1: of the customers who stay anyway, who takes the offer; 1 when unsaid */
    double margin;               /* more than 0, at most 1: what is left of revenue */
    double value;                /* of a customer who is kept; NaN, too, where a column says it */
    const char *value_column;    /* of the scores, features or customers; NULL: none */
    wb_missing_value missing_value;
    int returning;               /* not 0: probabilities are of coming back, not of leaving */
    double budget;               /* more than 0 */
    uint64_t max_contacts;       /* 0: no limit */
    const wb_campaign_cap *caps;
    size_t n_caps;
    double holdout;              /* 0 or more, less than 1: of those who would be contacted; 0.1 when unsaid */
    const char *channel;         /* email, phone, sms or post; NULL: email */
    const char *const *suppress; /* files */
    size_t n_suppress;
    wb_consent consent;
    const wb_campaign_consent *consents;
    size_t n_consents;
    const char *objected;        /* a column of customers */
    const char *contacts;        /* file; NULL: nothing is read or written */
    int64_t not_contacted_within_us; /* 0: no such rule */
    const wb_campaign_rule *excludes;
    size_t n_excludes;
    const wb_campaign_rule *routes;
    size_t n_routes;
    const char *email, *phone, *first_name, *last_name, *country, *zip; /* columns of customers; NULL: these names */
    const char *phone_country;   /* calling code, digits only; NULL: none */
    const char *offer, *coupon_code; /* texts for the list */
    const char *const *keep;     /* columns of customers or scores */
    size_t n_keep;
    const char *format;          /* csv, jsonl, mailchimp, klaviyo, hubspot, brevo, google or meta; NULL: csv */
} wb_campaign;
/* 0 when the project does not say. */
WB_API int wb_project_campaign(const wb_project *project, wb_campaign *out);

#ifdef __cplusplus
}
#endif
#endif
