/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan writes: the list, the control group, the lists of routes, and who is in which. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "campaign/plan.h"
#include "campaign/wanted.h"
#include "contacts/contacts.h"
#include "lists/lists.h"

/* Where the cells of a column come from. */
typedef enum source {
    FROM_ID = 0,
    FROM_PROBABILITY,
    FROM_VALUE,
    FROM_TEXT, /* the same in every row */
    FROM_SEGMENT,
    FROM_COLUMN
} source;

typedef struct file_column {
    source source;
    const char *text;
    wbi_people_column column;
} file_column;

/* Written beside their places. */
struct wb_campaign_files {
    const wb_campaign_plan *plan;
    wbi_output_set outputs;
    uint32_t *rows;
    uint8_t *others;
};

enum { MOST_FIXED = 24, NUMBER_CHARS = WBI_PEOPLE_PRINT_CHARS };

typedef struct file {
    const wb_campaign_plan *plan;
    const char *arm;
    const uint32_t *rows;
    wbi_list_column *columns;
    file_column *sources;
    size_t n_columns;
    char *number; /* of the last cell */
} file;

static wbi_str print_cents(char text[NUMBER_CHARS], int64_t cents)
{
    if (cents == WBI_WORTH_UNKNOWN)
        return (wbi_str){"", 0};
    const uint64_t size = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
    const int n = snprintf(text, NUMBER_CHARS, "%s%llu.%02llu", cents < 0 ? "-" : "", (unsigned long long)(size / 100),
                           (unsigned long long)(size % 100));
    return (wbi_str){text, (size_t)n};
}

static wbi_str cell_of(const void *data, size_t index, size_t column)
{
    const file *f = data;
    const uint32_t row = f->rows[index];
    const file_column *from = &f->sources[column];
    switch (from->source) {
    case FROM_ID:
        return wbi_people_id(&f->plan->people, row);
    case FROM_PROBABILITY:
        return (wbi_str){f->number, wbi_double_print(f->number, f->plan->probability[row])};
    case FROM_VALUE:
        return print_cents(f->number, f->plan->worth_cents[row]);
    case FROM_TEXT:
        return wbi_str_from(from->text);
    case FROM_SEGMENT:
        return wbi_plan_segment(f->plan, row);
    case FROM_COLUMN:
        return wbi_people_print(f->number, &f->plan->people, from->column, row);
    }
    return (wbi_str){"", 0};
}

static void add(file *f, const char *name, wbi_list_role role, file_column from)
{
    f->columns[f->n_columns] = (wbi_list_column){name, role};
    f->sources[f->n_columns++] = from;
}

static bool has(const file *f, const char *name)
{
    for (size_t k = 0; k < f->n_columns; k++)
        if (strcmp(f->columns[k].name, name) == 0)
            return true;
    return false;
}

static bool has_role(const file *f, wbi_list_role role)
{
    for (size_t k = 0; k < f->n_columns; k++)
        if (f->columns[k].role == role)
            return true;
    return false;
}

static void add_known(file *f)
{
    const wb_campaign *s = &f->plan->summary.settings;
    const wbi_people_column reason = wbi_people_find(&f->plan->people, "reason_1");
    add(f, "customer_id", WBI_LIST_CUSTOMER, (file_column){.source = FROM_ID});
    add(f, "probability", WBI_LIST_NUMBER, (file_column){.source = FROM_PROBABILITY});
    add(f, "expected_value", WBI_LIST_NUMBER, (file_column){.source = FROM_VALUE});
    add(f, "campaign", WBI_LIST_TEXT, (file_column){.source = FROM_TEXT, .text = s->name});
    add(f, "arm", WBI_LIST_TEXT, (file_column){.source = FROM_TEXT, .text = f->arm});
    if (wbi_plan_has_segments(f->plan))
        add(f, "segment", WBI_LIST_TEXT, (file_column){.source = FROM_SEGMENT});
    if (s->offer != NULL)
        add(f, "offer", WBI_LIST_TEXT, (file_column){.source = FROM_TEXT, .text = s->offer});
    if (s->coupon_code != NULL)
        add(f, "coupon_code", WBI_LIST_TEXT, (file_column){.source = FROM_TEXT, .text = s->coupon_code});
    if (reason.where != WBI_PEOPLE_NOWHERE)
        add(f, "reason_1", WBI_LIST_TEXT, (file_column){.source = FROM_COLUMN, .column = reason});
}

/* `keep:` may name an address, which is then still one. */
static void add_kept(file *f)
{
    const wb_campaign *s = &f->plan->summary.settings;
    for (size_t k = 0; k < s->n_keep; k++) {
        const wbi_people_column column = wbi_people_find(&f->plan->people, s->keep[k]);
        wbi_list_role role = wbi_people_is_number(&f->plan->people, column) ? WBI_LIST_NUMBER : WBI_LIST_TEXT;
        for (wbi_list_role address = WBI_FIRST_ADDRESS; address <= WBI_LAST_ADDRESS; address++)
            if (strcmp(s->keep[k], wbi_address_column(s, address)) == 0)
                role = address;
        if (!has(f, s->keep[k]))
            add(f, s->keep[k], role, (file_column){.source = FROM_COLUMN, .column = column});
    }
}

static void add_address(file *f, wbi_list_role role)
{
    const char *name = wbi_address_column(&f->plan->summary.settings, role);
    const wbi_people_column column = wbi_people_find_fact(&f->plan->people, name);
    if (column.where != WBI_PEOPLE_NOWHERE && !has_role(f, role) && !has(f, name))
        add(f, name, role, (file_column){.source = FROM_COLUMN, .column = column});
}

/* Who mails by another program needs the addresses; those of the list have consented, where that was asked. */
static void add_addresses(file *f)
{
    const wb_campaign *s = &f->plan->summary.settings;
    for (wbi_list_role role = WBI_FIRST_ADDRESS; role <= WBI_LAST_ADDRESS; role++)
        add_address(f, role);
    if (s->consent == WB_CONSENT_BY_COLUMN && strcmp(s->channel, "email") == 0)
        add(f, "email_consent", WBI_LIST_EMAIL_CONSENT, (file_column){.source = FROM_TEXT, .text = "yes"});
    if (s->consent == WB_CONSENT_BY_COLUMN && strcmp(s->channel, "sms") == 0)
        add(f, "sms_consent", WBI_LIST_SMS_CONSENT, (file_column){.source = FROM_TEXT, .text = "yes"});
}

/* The rows of one arm in the order of their expected values. */
static wb_status write_rows(wb_campaign_files *files, const char *path, wbi_list_format format, const char *arm, size_t n, wb_error *err)
{
    const wb_campaign_plan *plan = files->plan;
    const wb_campaign *s = &plan->summary.settings;
    const size_t most = MOST_FIXED + s->n_keep;
    char number[NUMBER_CHARS];
    file f = {.plan = plan, .arm = arm, .rows = files->rows, .number = number};
    f.columns = wbi_alloc_array(most, sizeof *f.columns);
    f.sources = wbi_alloc_array(most, sizeof *f.sources);
    wb_status status = f.columns != NULL && f.sources != NULL ? WB_OK : wbi_fail_nomem(err, most * sizeof *f.sources);
    if (status == WB_OK) {
        add_known(&f);
        add_kept(&f);
        if (format != WBI_LIST_CSV && format != WBI_LIST_JSON_LINES)
            add_addresses(&f);
        if (strcmp(arm, "call") == 0) /* who calls needs the number, in whatever file */
            add_address(&f, WBI_LIST_PHONE);
        const wbi_list list = {.columns = f.columns, .n_columns = f.n_columns, .n_rows = n, .cell = cell_of, .data = &f,
                               .phone_country = s->phone_country, .together = &files->outputs};
        status = wbi_list_write(path, format, &list, NULL, err);
    }
    wbi_free(f.columns);
    wbi_free(f.sources);
    return status;
}

/* Who is in an arm, of the rows that the walk ranked. */
static size_t take_arm(uint32_t *rows, const wbi_walked *w, wbi_chosen chosen)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_eligible; i++)
        if (w->chosen[w->ranked[i]] == chosen)
            rows[n++] = w->ranked[i];
    return n;
}

const char *wb_campaign_route_path(char *path, size_t size, const char *list, const char *route)
{
    const char *slash = strrchr(list, '/'), *name = slash != NULL ? slash + 1 : list, *dot = strrchr(name, '.');
    const size_t stem = dot != NULL && dot != name ? (size_t)(dot - list) : strlen(list);
    snprintf(path, size, "%.*s-%s%s", (int)stem, list, route, list + stem);
    return path;
}

/* Of control groups and routes, which are not for a program that mails. */
static wbi_list_format plain_format(const wb_campaign_plan *plan)
{
    const bool lines = strcmp(plan->summary.settings.format, wbi_list_format_name(WBI_LIST_JSON_LINES)) == 0;
    return lines ? WBI_LIST_JSON_LINES : WBI_LIST_CSV;
}

/* One list for all rules of a route's name. */
static bool is_first_of_route(const wbi_permitted *p, size_t rule)
{
    if (p->rules[rule].kind != WBI_RULE_ROUTED)
        return false;
    for (size_t r = 0; r < rule; r++)
        if (p->rules[r].kind == WBI_RULE_ROUTED && strcmp(p->rules[r].to, p->rules[rule].to) == 0)
            return false;
    return true;
}

static wb_status write_route(wb_campaign_files *files, size_t rule, const char *list, wb_error *err)
{
    enum { PATH_CHARS = 4096 };
    const wb_campaign_plan *plan = files->plan;
    const wbi_permitted *p = &plan->permitted;
    const char *to = p->rules[rule].to;
    char path[PATH_CHARS];
    size_t n;
    for (size_t row = 0; row < plan->people.n; row++) {
        const wbi_rule_count *by = p->rule[row] == 0 ? NULL : &p->rules[p->rule[row] - 1];
        files->others[row] = by == NULL || by->kind != WBI_RULE_ROUTED || strcmp(by->to, to) != 0;
    }
    const wbi_walk walk = {.worth = plan->worth, .removed = files->others, .by_id = plan->people.by_id, .n = plan->people.n};
    WBI_TRY(wbi_rank(files->rows, &n, &walk, err));
    return write_rows(files, wb_campaign_route_path(path, sizeof path, list, to), plain_format(plan), to, n, err);
}

/* ---- contacts: in the order of the ids */

typedef struct contact_rows {
    const wb_campaign_plan *plan;
    const uint32_t *rows;
} contact_rows;

static wbi_str contact_at(const void *data, size_t i, wbi_arm *arm)
{
    const contact_rows *c = data;
    const uint32_t row = c->rows[i];
    *arm = c->plan->walked.chosen[row] == WBI_CHOSEN_CONTROL ? WBI_ARM_CONTROL : WBI_ARM_LIST;
    return wbi_people_id(&c->plan->people, row);
}

static wb_status write_contacts(wb_campaign_files *files, wb_error *err)
{
    const wb_campaign_plan *plan = files->plan;
    const wb_campaign *s = &plan->summary.settings;
    const contact_rows data = {plan, files->rows};
    wbi_campaign_contacts contacts = {s->name, s->offer, plan->people.cutoff_us, 0, contact_at, &data, &files->outputs};
    if (s->contacts == NULL)
        return WB_OK;
    for (size_t place = 0; place < plan->people.n; place++)
        if (plan->walked.chosen[plan->people.by_id[place]] != WBI_CHOSEN_NONE)
            files->rows[contacts.n++] = plan->people.by_id[place];
    return wbi_contacts_write(s->contacts, &contacts, err);
}

static wb_status write_all(wb_campaign_files *files, const char *list, const char *holdout, wb_error *err)
{
    const wb_campaign_plan *plan = files->plan;
    wbi_list_format format;
    WBI_TRY(wbi_list_format_find(&format, plan->summary.settings.format, err));
    if (holdout == NULL && plan->walked.n_control > 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%llu customers are held out, and there is no file for them",
                        (unsigned long long)plan->walked.n_control);
    size_t n = take_arm(files->rows, &plan->walked, WBI_CHOSEN_LIST);
    WBI_TRY(write_rows(files, list, format, "list", n, err));
    n = take_arm(files->rows, &plan->walked, WBI_CHOSEN_CONTROL);
    if (holdout != NULL)
        WBI_TRY(write_rows(files, holdout, plain_format(plan), "control", n, err));
    for (size_t r = 0; r < plan->permitted.n_rules; r++)
        if (is_first_of_route(&plan->permitted, r))
            WBI_TRY(write_route(files, r, list, err));
    return write_contacts(files, err);
}

wb_status wb_campaign_files_create(wb_campaign_files **out, const wb_campaign_plan *plan, const char *list, const char *holdout,
                                   wb_error *err)
{
    *out = NULL;
    wb_campaign_files *files = wbi_alloc_zeroed(1, sizeof *files);
    if (files == NULL)
        return wbi_fail_nomem(err, sizeof *files);
    files->plan = plan;
    files->rows = wbi_alloc_array(plan->people.n, sizeof *files->rows);
    files->others = wbi_alloc_array(plan->people.n, sizeof *files->others);
    const bool all = files->rows != NULL && files->others != NULL;
    wb_status status = all ? WB_OK : wbi_fail_nomem(err, plan->people.n * (sizeof *files->rows + 1));
    if (status == WB_OK)
        status = write_all(files, list, holdout, err);
    if (status == WB_OK)
        *out = files;
    else
        wb_campaign_files_free(files);
    return status;
}

wb_status wb_campaign_files_commit(wb_campaign_files *files, wb_error *err)
{
    return wbi_output_set_commit(&files->outputs, err);
}

void wb_campaign_files_free(wb_campaign_files *files)
{
    if (files == NULL)
        return;
    wbi_output_set_abort(&files->outputs);
    wbi_free(files->rows);
    wbi_free(files->others);
    wbi_free(files);
}

wb_status wb_campaign_plan_write(const wb_campaign_plan *plan, const char *list, const char *holdout, wb_error *err)
{
    wb_campaign_files *files;
    WBI_TRY(wb_campaign_files_create(&files, plan, list, holdout, err));
    const wb_status status = wb_campaign_files_commit(files, err);
    wb_campaign_files_free(files);
    return status;
}
