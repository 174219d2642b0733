/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/people.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "campaign/wanted.h"

enum { PROBABILITY = 0, UPLIFT, N_NUMBERS };
static const wbi_flat_number number_columns[N_NUMBERS] = {[PROBABILITY] = {NULL, {0, 1, "a number from 0 to 1"}},
                                                          [UPLIFT] = {NULL, {-1, 1, "a number from -1 to 1"}}};
static const char usual_id[] = "customer_id", probability_name[] = "probability";
enum { STEM = sizeof probability_name - 1 };

/* ---- the columns of a scores file ---- */

/* probability_NAME, but for the ends of an interval. */
static bool is_named_probability(const char *name)
{
    return strncmp(name, probability_name, STEM) == 0 && name[STEM] == '_' && strncmp(name + STEM, "_low", 4) != 0 &&
           strncmp(name + STEM, "_high", 5) != 0;
}

static size_t find_name(const char *const *names, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(names[k], name) == 0)
            return k;
    return SIZE_MAX;
}

static wb_status fail_no_column(const char *const *names, size_t n, const char *name, const char *what, wb_error *err)
{
    const char *nearest = wbi_nearest(name, names, n);
    return nearest == NULL ? wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s', %s", name, what)
                           : wbi_fail(err, WB_ERR_INCONSISTENT, "no column '%s', %s; did you mean '%s'?", name, what, nearest);
}

/* Where the probabilities are. */
static wb_status choose_probability(size_t *place, const char *const *names, size_t n, const char *said, wb_error *err)
{
    *place = find_name(names, n, said != NULL ? said : probability_name);
    if (*place != SIZE_MAX)
        return WB_OK;
    for (size_t k = 0; said == NULL && k < n; k++) {
        if (!is_named_probability(names[k]))
            continue;
        if (*place != SIZE_MAX)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "both %s and %s hold probabilities: say which is meant", names[*place], names[k]);
        *place = k;
    }
    return *place != SIZE_MAX ? WB_OK
                              : fail_no_column(names, n, said != NULL ? said : probability_name, "the customers' probabilities", err);
}

/* uplift, or with probability_NAME uplift_NAME. */
static size_t find_uplift(const char *const *names, size_t n, const char *probability)
{
    char name[512];
    const char *model = is_named_probability(probability) ? probability + STEM : "";
    snprintf(name, sizeof name, "uplift%s", model);
    return find_name(names, n, name);
}

/* What is known while the header is chosen from, and the numbers that it turns out to name. */
typedef struct header_choice {
    wbi_flat_number *numbers;
    wbi_people *people;
    const wbi_people_options *options;
    const wbi_wanted *wanted;
} header_choice;

/* Sets id, probability, uplift and cutoff to places among `names`. */
static wb_status find_columns(wbi_people *p, const wbi_people_options *o, const char *const *names, size_t n, wb_error *err)
{
    p->id = o->id != NULL ? find_name(names, n, o->id) : SIZE_MAX;
    if (p->id == SIZE_MAX)
        p->id = find_name(names, n, usual_id); /* winback score calls it so, whatever it was */
    if (p->id == SIZE_MAX)
        return fail_no_column(names, n, o->id != NULL ? o->id : usual_id, "the customer's id", err);
    WBI_TRY(choose_probability(&p->probability, names, n, o->probability, err));
    p->uplift = find_uplift(names, n, names[p->probability]);
    p->cutoff = find_name(names, n, "cutoff");
    return WB_OK;
}

static wb_status choose_scores(void *context, const char *const *names, size_t n, uint8_t *wanted, wb_error *err)
{
    const header_choice *choice = context;
    wbi_people *p = choice->people;
    WBI_TRY(find_columns(p, choice->options, names, n, err));
    memset(wanted, 0, n);
    wanted[p->id] = wanted[p->probability] = 1;
    choice->numbers[PROBABILITY].name = names[p->probability];
    if (p->uplift != SIZE_MAX) {
        choice->numbers[UPLIFT].name = names[p->uplift];
        wanted[p->uplift] = 1;
    }
    if (p->cutoff != SIZE_MAX)
        wanted[p->cutoff] = 1;
    for (size_t k = 0; k < choice->wanted->n; k++) {
        const size_t place = find_name(names, n, choice->wanted->facts[k].name);
        if (place != SIZE_MAX)
            wanted[place] = 1;
    }
    return WB_OK;
}

/* ---- the rows of a scores file ---- */

static wbi_where line_of(const wbi_people *p, size_t row)
{
    return (wbi_where){p->file, row < p->lines.n ? p->lines.of[row] : 0, 0};
}

static wb_status check_number(const wbi_people *p, size_t column, const char *wanted, wb_error *err)
{
    if (column == SIZE_MAX || p->scores->columns[column].type == WB_TYPE_NUMBER)
        return WB_OK;
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){p->file, 0, 0}, NULL, 0, "column %s cannot be both %s and a text of the list",
                       p->scores->columns[column].name, wanted);
}

/* All rows have one cutoff. */
static wb_status find_cutoff(wbi_people *p, int64_t at_us, wb_error *err)
{
    char first[WB_TIME_CHARS], other[WB_TIME_CHARS];
    p->cutoff_us = at_us;
    const int64_t *cutoffs = p->cutoff == SIZE_MAX ? NULL : p->scores->columns[p->cutoff].times;
    for (size_t row = 0; cutoffs != NULL && row < p->n; row++) {
        if (cutoffs[row] == WB_TIME_MISSING)
            return wbi_fail_at(err, WB_ERR_MALFORMED, line_of(p, row), NULL, 0, "cutoff is missing, expected a date or an instant");
        if (row > 0 && cutoffs[row] != cutoffs[0]) {
            wb_time_format(cutoffs[0], first);
            wb_time_format(cutoffs[row], other);
            wb_status status = wbi_fail_at(err, WB_ERR_MALFORMED, line_of(p, row), other, strlen(other),
                                           "cutoff %s, expected %s as in line %zu: a campaign is of one cutoff", other, first,
                                           line_of(p, 0).line);
            wbi_advise(err, "score at one cutoff: winback score --at DATE");
            return status;
        }
    }
    if (cutoffs == NULL || p->n == 0)
        return WB_OK;
    if (at_us != WB_TIME_MISSING && at_us != cutoffs[0]) {
        wb_time_format(cutoffs[0], first);
        wb_time_format(at_us, other);
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, line_of(p, 0), first, strlen(first), "the scores are of %s, expected %s", first,
                           other);
    }
    p->cutoff_us = cutoffs[0];
    return WB_OK;
}

/* ids' code of a customer is its row, so a code that is not new is a row that comes again. */
static wb_status index_ids(wbi_people *p, wb_error *err)
{
    WBI_TRY(wbi_dictionary_create(&p->ids, err));
    for (size_t row = 0; row < p->n; row++) {
        const wbi_str id = wbi_people_id(p, row);
        char shown[128];
        int32_t code;
        if (id.length == 0)
            return wbi_fail_at(err, WB_ERR_MALFORMED, line_of(p, row), NULL, 0, "%s is missing, expected a customer's id",
                               p->scores->columns[p->id].name);
        WBI_TRY(wbi_dictionary_intern(p->ids, id.data, id.length, &code, err));
        if ((size_t)code < row)
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, line_of(p, row), id.data, id.length,
                               "customer '%s' has a row already, in line %zu (one row a customer was expected)",
                               wbi_printable(shown, sizeof shown, id.data, id.length), line_of(p, (size_t)code).line);
    }
    return WB_OK;
}

static wb_status order_ids(wbi_people *p, wb_error *err)
{
    int32_t *ranks = NULL;
    WBI_TRY(wbi_dictionary_ranks(p->ids, &ranks, err));
    p->by_id = wbi_alloc_array(p->n, sizeof *p->by_id);
    for (size_t row = 0; p->by_id != NULL && row < p->n; row++)
        p->by_id[ranks[row]] = (uint32_t)row;
    wbi_free(ranks);
    return p->by_id != NULL ? WB_OK : wbi_fail_nomem(err, p->n * sizeof *p->by_id);
}

static wb_status read_scores(wbi_people *p, const wbi_wanted *wanted, const wbi_people_options *o, const wb_read_options *reading,
                             wb_error *err)
{
    wbi_flat_number numbers[N_NUMBERS] = {number_columns[PROBABILITY], number_columns[UPLIFT]};
    header_choice choice = {numbers, p, o, wanted};
    const wbi_flat_options flat = {.text_columns = wanted->texts,
                                   .n_text_columns = wanted->n_texts,
                                   .numbers = numbers,
                                   .n_numbers = N_NUMBERS,
                                   .only = {choose_scores, &choice},
                                   .lines = &p->lines};
    wb_read_options in_memory = *reading;
    in_memory.memory_limit_bytes = 0;
    WBI_TRY(wbi_typed_read_flat(&p->scores, p->file, &flat, &in_memory, err));
    const size_t n = p->scores->n_columns;
    const char **names = wbi_alloc_array(n, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, n * sizeof *names);
    for (size_t k = 0; k < n; k++)
        names[k] = p->scores->columns[k].name;
    const wb_status status = find_columns(p, o, names, n, err);
    wbi_free(names);
    WBI_TRY(status);
    p->n = p->scores->n_rows;
    if (p->n > INT32_MAX)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows of scores, expected at most %d", p->n, INT32_MAX);
    WBI_TRY(check_number(p, p->probability, numbers[PROBABILITY].range.wanted, err));
    WBI_TRY(check_number(p, p->uplift, numbers[UPLIFT].range.wanted, err));
    WBI_TRY(find_cutoff(p, o->at_us, err));
    WBI_TRY(index_ids(p, err));
    return order_ids(p, err);
}

/* ---- the customers ---- */

static wb_status match_facts(wbi_people *p, wb_error *err)
{
    p->fact = wbi_alloc_array(p->n, sizeof *p->fact);
    if (p->fact == NULL)
        return wbi_fail_nomem(err, p->n * sizeof *p->fact);
    for (size_t row = 0; row < p->n; row++) {
        p->fact[row] = wbi_facts_row(&p->facts, wbi_people_id(p, row));
        p->n_without_facts += p->fact[row] == UINT32_MAX;
    }
    return WB_OK;
}

/* What the settings name must be somewhere. */
static wb_status check_required(const wbi_people *p, const wbi_wanted *wanted, wb_error *err)
{
    for (size_t k = 0; k < wanted->n; k++) {
        const wbi_wanted_fact *fact = &wanted->facts[k];
        if (!fact->required || p->facts.file != NULL || wbi_people_find(p, fact->name).where != WBI_PEOPLE_NOWHERE)
            continue;
        wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT,
                                    "column '%s', which the campaign names, is not in the scores, and the project has no customers",
                                    fact->name);
        wbi_advise(err, "name their file in the project: tables: {customers: {file: customers.csv}}");
        return status;
    }
    return WB_OK;
}

/* What the scores have need not be among the customers, too. */
static void release_found(const wbi_people *p, wbi_wanted *wanted)
{
    for (size_t k = 0; k < wanted->n; k++)
        if (wb_table_find(p->scores, wanted->facts[k].name) != SIZE_MAX)
            wanted->facts[k].required = false;
}

static wb_status read_people(wbi_people *p, const wb_project *project, wbi_wanted *wanted, const wbi_people_options *o,
                             const wb_read_options *reading, wb_error *err)
{
    wb_status status = read_scores(p, wanted, o, reading, err);
    if (status != WB_OK && status != WB_ERR_NOMEM && err != NULL && err->file[0] == '\0')
        snprintf(err->file, sizeof err->file, "%s", p->file);
    WBI_TRY(status);
    release_found(p, wanted);
    const wb_read_options beside = wbi_people_beside(reading);
    WBI_TRY(wbi_facts_read(&p->facts, project, wanted->facts, wanted->n, &beside, err));
    WBI_TRY(check_required(p, wanted, err));
    return match_facts(p, err);
}

wb_status wbi_people_read(wbi_people *out, const char *scores, const wb_project *project, const wb_campaign *settings,
                          const wbi_people_options *options, const wb_read_options *reading, wb_error *err)
{
    wbi_wanted wanted = {0};
    *out = (wbi_people){.file = scores, .decimal = reading->decimal};
    wb_status status = wbi_wanted_list(&wanted, settings, options, err);
    if (status == WB_OK)
        status = read_people(out, project, &wanted, options, reading, err);
    wbi_wanted_free(&wanted);
    return status;
}

wb_read_options wbi_people_beside(const wb_read_options *reading)
{
    wb_read_options beside = *reading;
    if (beside.on_error == WB_ON_ERROR_REJECT) {
        beside.on_error = WB_ON_ERROR_SKIP;
        beside.rejects = NULL;
    }
    return beside;
}

void wbi_people_free(wbi_people *people)
{
    wb_table_free(people->scores);
    wbi_free(people->lines.of);
    wbi_facts_free(&people->facts);
    wbi_free(people->fact);
    wbi_dictionary_free(people->ids);
    wbi_free(people->by_id);
}

/* ---- asking ---- */

static wbi_people_column find_in(const wbi_people *p, const char *name, bool facts)
{
    const size_t column = facts ? wbi_facts_find(&p->facts, name) : wb_table_find(p->scores, name);
    if (column == SIZE_MAX)
        return (wbi_people_column){WBI_PEOPLE_NOWHERE, 0};
    return (wbi_people_column){facts ? WBI_PEOPLE_FACTS : WBI_PEOPLE_SCORES, column};
}

wbi_people_column wbi_people_find(const wbi_people *people, const char *name)
{
    const wbi_people_column found = find_in(people, name, false);
    return found.where != WBI_PEOPLE_NOWHERE ? found : find_in(people, name, true);
}

wbi_people_column wbi_people_find_fact(const wbi_people *people, const char *name)
{
    const wbi_people_column found = find_in(people, name, true);
    return found.where != WBI_PEOPLE_NOWHERE ? found : find_in(people, name, false);
}

wbi_str wbi_people_cell(const wbi_people *people, wbi_people_column column, size_t row)
{
    if (column.where == WBI_PEOPLE_FACTS)
        return wbi_facts_cell(&people->facts, people->fact[row], column.column);
    if (column.where == WBI_PEOPLE_NOWHERE || people->scores->columns[column.column].type != WB_TYPE_TEXT)
        return (wbi_str){"", 0};
    size_t length;
    const char *bytes = wb_table_text(people->scores, column.column, row, &length);
    return (wbi_str){bytes, length};
}

bool wbi_people_is_number(const wbi_people *people, wbi_people_column column)
{
    return column.where == WBI_PEOPLE_SCORES && people->scores->columns[column.column].type == WB_TYPE_NUMBER;
}

wbi_str wbi_people_print(char text[WBI_PEOPLE_PRINT_CHARS], const wbi_people *people, wbi_people_column column, size_t row)
{
    const wbi_column *scores = column.where == WBI_PEOPLE_SCORES ? &people->scores->columns[column.column] : NULL;
    if (wbi_people_is_number(people, column) && !isnan(scores->numbers[row]))
        return (wbi_str){text, wbi_double_print(text, scores->numbers[row])};
    if (scores != NULL && scores->type == WB_TYPE_CATEGORY && scores->codes[row] >= 0)
        return wbi_dictionary_at(scores->dictionary, scores->codes[row]);
    if (scores != NULL && scores->type == WB_TYPE_TIME && scores->times[row] != WB_TIME_MISSING) {
        wb_time_format(scores->times[row], text);
        return wbi_str_from(text);
    }
    return wbi_people_cell(people, column, row);
}

wbi_where wbi_people_where(const wbi_people *people, wbi_people_column column, size_t row)
{
    return column.where == WBI_PEOPLE_FACTS ? (wbi_where){people->facts.file, 0, 0} : line_of(people, row);
}

wb_status wbi_people_number(double *out, const wbi_people *people, wbi_people_column column, const char *name, size_t row,
                            wb_error *err)
{
    char shown[64], customer[128], text[WBI_PEOPLE_PRINT_CHARS];
    const wbi_str cell = wbi_people_print(text, people, column, row), id = wbi_people_id(people, row);
    const bool facts = column.where == WBI_PEOPLE_FACTS;
    *out = NAN;
    if (wbi_people_is_number(people, column)) {
        *out = people->scores->columns[column.column].numbers[row];
        return WB_OK;
    }
    if (cell.length == 0 || wbi_double_read(out, cell.data, cell.length, facts ? people->facts.decimal : people->decimal))
        return WB_OK;
    return wbi_fail_at(err, WB_ERR_MALFORMED, wbi_people_where(people, column, row), cell.data,
                       cell.length, "%s '%s' of customer '%s' is not a number", name,
                       wbi_printable(shown, sizeof shown, cell.data, cell.length),
                       wbi_printable(customer, sizeof customer, id.data, id.length));
}

wbi_str wbi_people_id(const wbi_people *people, size_t row)
{
    size_t length;
    const char *bytes = wb_table_text(people->scores, people->id, row, &length);
    return (wbi_str){bytes, length};
}

size_t wbi_people_row(const wbi_people *people, wbi_str id)
{
    const int32_t code = wbi_dictionary_find(people->ids, id.data, id.length);
    return code < 0 ? SIZE_MAX : (size_t)code;
}

double wbi_people_probability(const wbi_people *people, size_t row)
{
    return people->scores->columns[people->probability].numbers[row];
}

double wbi_people_uplift(const wbi_people *people, size_t row)
{
    return people->uplift == SIZE_MAX ? NAN : people->scores->columns[people->uplift].numbers[row];
}
