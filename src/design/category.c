/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Categories: an indicator a level. Levels stand in the order of their bytes, then (missing), then (other), which pools
 * the levels of few customers and takes those that training did not see. Unpenalised, the most frequent level is the
 * base that the others are measured against and has no column. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "design/term.h"

const char wbi_missing_level[] = "(missing)", wbi_other_level[] = "(other)";
enum { MIN_CUSTOMERS = 10 };
enum { UNSEEN = -1, NO_LEVEL = -1 };

typedef struct category {
    wbi_term base;
    char **levels; /* by bytes */
    size_t n_named;
    char **pooled; /* levels that (other) stands for, by bytes */
    size_t n_pooled;
    int32_t n_levels; /* named ones, then (missing), then (other) */
    int32_t missing, other; /* level numbers, NO_LEVEL when there is none */
    int32_t reference; /* the level without a column; NO_LEVEL: every level has one */
    double *share;     /* of the training rows, per level */
} category;

static void category_free(wbi_term *base)
{
    category *term = (category *)base;
    wbi_json_texts_free(term->levels, term->n_named);
    wbi_json_texts_free(term->pooled, term->n_pooled);
    wbi_free(term->share);
    wbi_free(term);
}

/* Numbers the levels once it is known which there are. */
static void number_levels(category *term, bool has_missing, bool has_other)
{
    term->n_levels = (int32_t)term->n_named;
    term->missing = has_missing ? term->n_levels++ : NO_LEVEL;
    term->other = has_other ? term->n_levels++ : NO_LEVEL;
}

static void set_reference(category *term, int32_t level)
{
    term->reference = level;
    term->base.n_columns = (size_t)term->n_levels - (level != NO_LEVEL);
}

/* ---- fitting ---- */

typedef struct level_count {
    wbi_str name;
    uint64_t n_rows, n_customers;
    double weight;
} level_count;

static int by_name(const void *left, const void *right)
{
    return wbi_str_compare(((const level_count *)left)->name, ((const level_count *)right)->name);
}

static bool stands_for_missing(wbi_str name)
{
    return wbi_str_is(name, wbi_missing_level);
}

/* Whether a level is frequent enough to have a column of its own. */
static bool named(const level_count *level)
{
    return level->n_customers >= MIN_CUSTOMERS && !wbi_str_is(level->name, wbi_other_level);
}

/* Rows, customers and weight per dictionary code; entry n_codes is for missing cells. */
static void count_codes(level_count *counts, uint32_t *last_customer, const wbi_sample *sample, size_t column)
{
    const int32_t *codes = wb_table_codes(sample->table, column);
    size_t n_codes = wb_table_n_levels(sample->table, column);
    for (size_t i = 0; i < sample->n; i++) {
        int32_t code = codes[sample->rows[i]];
        size_t k = code < 0 || stands_for_missing(counts[code].name) ? n_codes : (size_t)code;
        counts[k].n_customers += counts[k].n_rows == 0 || last_customer[k] != sample->customer[i];
        counts[k].n_rows++;
        counts[k].weight += sample->weight[i];
        last_customer[k] = sample->customer[i];
    }
}

static wb_status level_counts(level_count **out, const wbi_sample *sample, size_t column, wb_error *err)
{
    size_t n = wb_table_n_levels(sample->table, column);
    level_count *counts = wbi_alloc_zeroed(n + 1, sizeof *counts);
    uint32_t *last_customer = wbi_alloc_array(n + 1, sizeof *last_customer);
    if (counts == NULL || last_customer == NULL) {
        wbi_free(counts);
        wbi_free(last_customer);
        return wbi_fail_nomem(err, (n + 1) * sizeof *counts);
    }
    for (size_t k = 0; k < n; k++)
        counts[k].name.data = wb_table_level(sample->table, column, (int32_t)k, &counts[k].name.length);
    count_codes(counts, last_customer, sample, column);
    wbi_free(last_customer);
    *out = counts;
    return WB_OK;
}

static wb_status copy_level(char **out, wbi_str name, wb_error *err)
{
    if (wbi_utf8_check(name.data, name.length) < name.length)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, name.data, name.length, "a level is not UTF-8");
    *out = wbi_strndup(name.data, name.length);
    return *out == NULL ? wbi_fail_nomem(err, name.length + 1) : WB_OK;
}

/* Fills names and shares from the counts, which are sorted by name; counts[n] is for missing cells. */
static wb_status adopt_levels(category *term, const level_count *counts, size_t n, size_t n_rows, wb_error *err)
{
    term->levels = wbi_alloc_zeroed(n, sizeof *term->levels);
    term->pooled = wbi_alloc_zeroed(n, sizeof *term->pooled);
    term->share = wbi_alloc_zeroed(n + 2, sizeof *term->share);
    if (term->levels == NULL || term->pooled == NULL || term->share == NULL)
        return wbi_fail_nomem(err, (n + 2) * sizeof *term->share);
    uint64_t n_other = 0;
    for (size_t k = 0; k < n; k++) {
        if (counts[k].n_rows == 0)
            continue;
        if (named(&counts[k])) {
            term->share[term->n_named] = (double)counts[k].n_rows / (double)n_rows;
            WBI_TRY(copy_level(&term->levels[term->n_named++], counts[k].name, err));
        } else {
            n_other += counts[k].n_rows;
            WBI_TRY(copy_level(&term->pooled[term->n_pooled++], counts[k].name, err));
        }
    }
    number_levels(term, counts[n].n_rows > 0, n_other > 0);
    if (term->missing != NO_LEVEL)
        term->share[term->missing] = (double)counts[n].n_rows / (double)n_rows;
    if (term->other != NO_LEVEL)
        term->share[term->other] = (double)n_other / (double)n_rows;
    return WB_OK;
}

/* The level of the most weight, the first of equals. */
static int32_t most_frequent(const category *term, const level_count *counts, size_t n)
{
    int32_t best = 0, level = 0;
    double best_weight = -1, other_weight = 0;
    for (size_t k = 0; k < n; k++) {
        if (counts[k].n_rows == 0)
            continue;
        if (!named(&counts[k])) {
            other_weight += counts[k].weight;
            continue;
        }
        if (counts[k].weight > best_weight) {
            best = level;
            best_weight = counts[k].weight;
        }
        level++;
    }
    if (term->missing != NO_LEVEL && counts[n].weight > best_weight) {
        best = term->missing;
        best_weight = counts[n].weight;
    }
    return term->other != NO_LEVEL && other_weight > best_weight ? term->other : best;
}

static wb_status category_fit(wbi_term **out, const wbi_sample *sample, size_t column, bool penalised, wb_error *err)
{
    size_t n = wb_table_n_levels(sample->table, column);
    level_count *counts = NULL;
    WBI_TRY(level_counts(&counts, sample, column, err));
    qsort(counts, n, sizeof *counts, by_name);
    category *term = wbi_alloc_zeroed(1, sizeof *term);
    wb_status status = WB_OK;
    if (term == NULL) {
        status = wbi_fail_nomem(err, sizeof *term);
        goto cleanup;
    }
    term->base.kind = &wbi_term_category;
    WBI_TRY_CLEANUP(adopt_levels(term, counts, n, sample->n, err));
    set_reference(term, penalised ? NO_LEVEL : most_frequent(term, counts, n));
    *out = &term->base;
cleanup:
    if (status != WB_OK && term != NULL)
        category_free(&term->base);
    wbi_free(counts);
    return status;
}

/* ---- encoding ---- */

static const char *level_name(const category *term, int32_t level)
{
    return level == term->missing ? wbi_missing_level : level == term->other ? wbi_other_level : term->levels[level];
}

static wb_status category_describe(wbi_buffer *name, const wbi_term *base, size_t part, wb_error *err)
{
    const category *term = (const category *)base;
    int32_t level = (int32_t)part + (term->reference != NO_LEVEL && (int32_t)part >= term->reference);
    WBI_TRY(wbi_buffer_append_text(name, base->feature, err));
    WBI_TRY(wbi_buffer_append_text(name, "=", err));
    return wbi_buffer_append_text(name, level_name(term, level), err);
}

/* Place of `name` among sorted texts, SIZE_MAX when absent. */
static size_t search(char *const *texts, size_t n, wbi_str name)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = wbi_str_compare(name, wbi_str_from(texts[middle]));
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SIZE_MAX;
}

static int32_t find_level(const category *term, wbi_str name)
{
    size_t at = search(term->levels, term->n_named, name);
    if (at != SIZE_MAX)
        return (int32_t)at;
    if (stands_for_missing(name) && term->missing != NO_LEVEL)
        return term->missing;
    return search(term->pooled, term->n_pooled, name) != SIZE_MAX ? term->other : UNSEEN;
}

static wb_status category_bind(wbi_term_binding *binding, const wbi_term *base, wb_error *err)
{
    const category *term = (const category *)base;
    const size_t n = wb_table_n_levels(binding->table, binding->column);
    binding->level_of_code = wbi_alloc_array(n, sizeof *binding->level_of_code);
    if (binding->level_of_code == NULL)
        return wbi_fail_nomem(err, n * sizeof *binding->level_of_code);
    for (size_t code = 0; code < n; code++) {
        wbi_str name;
        name.data = wb_table_level(binding->table, binding->column, (int32_t)code, &name.length);
        binding->level_of_code[code] = find_level(term, name);
    }
    return WB_OK;
}

/* The part that is the level's column; SIZE_MAX: it has none. */
static size_t part_of(const category *term, int32_t level)
{
    if (level == NO_LEVEL || level == term->reference)
        return SIZE_MAX;
    return (size_t)level - (term->reference != NO_LEVEL && level > term->reference);
}

static void category_encode(wbi_encoding *out, const wbi_term *base, const wbi_term_binding *binding)
{
    const category *term = (const category *)base;
    const int32_t *codes = wb_table_codes(binding->table, binding->column);
    double *x = out->x;
    for (size_t i = 0; i < out->n; i++, x += out->stride) {
        int32_t code = codes[out->rows == NULL ? out->begin + i : out->rows[out->begin + i]];
        int32_t level = code < 0 ? term->missing : binding->level_of_code[code];
        if (level == UNSEEN)
            level = term->other;
        const size_t part = part_of(term, level);
        if (part != SIZE_MAX && out->place[part] != SIZE_MAX)
            x[out->place[part]] = 1;
    }
}

/* ---- scoring ---- */

/* What is added where no level has its column. */
static double none_adds(const category *term, const wbi_weighed *parts)
{
    double adds = 0;
    for (size_t part = 0; part < term->base.n_columns; part++)
        adds -= parts[part].coefficient * parts[part].mean;
    return adds;
}

/* What is added where the level is this one; UNSEEN and NO_LEVEL count as (other). */
static double level_adds(const category *term, const wbi_weighed *parts, double none, int32_t level)
{
    const size_t part = part_of(term, level == UNSEEN ? term->other : level);
    return part == SIZE_MAX ? none : none + parts[part].coefficient;
}

static wb_status add_names(wbi_contribution *out, char *const *names, size_t n, wb_error *err)
{
    int32_t code;
    for (size_t i = 0; i < n; i++)
        WBI_TRY(wbi_dictionary_intern(out->names, names[i], strlen(names[i]), &code, err));
    return WB_OK;
}

static void fill_levels(wbi_score_levels *out, const wbi_dictionary *names, const category *term, const wbi_weighed *parts)
{
    const double none = none_adds(term, parts);
    out->adds[0] = level_adds(term, parts, none, term->missing);
    for (int32_t k = 0; k < out->n; k++)
        out->adds[k + 1] = level_adds(term, parts, none, find_level(term, wbi_dictionary_at(names, k)));
    out->adds[out->n + 1] = level_adds(term, parts, none, UNSEEN);
}

/* Named levels keep their numbers; behind them come those that others stand for. */
static wb_status category_compile(wbi_contribution *out, const wbi_term *base, const wbi_weighed *parts, wb_error *err)
{
    const category *term = (const category *)base;
    int32_t code;
    out->form = WBI_CONTRIBUTION_LEVELS;
    out->saw_missing = term->missing != NO_LEVEL;
    WBI_TRY(wbi_dictionary_create(&out->names, err));
    WBI_TRY(add_names(out, term->levels, term->n_named, err));
    WBI_TRY(add_names(out, term->pooled, term->other == NO_LEVEL ? 0 : term->n_pooled, err));
    if (term->missing != NO_LEVEL)
        WBI_TRY(wbi_dictionary_intern(out->names, wbi_missing_level, strlen(wbi_missing_level), &code, err));
    const size_t n = wbi_dictionary_size(out->names);
    out->levels.adds = wbi_alloc_array(n + 2, sizeof *out->levels.adds);
    if (out->levels.adds == NULL)
        return wbi_fail_nomem(err, (n + 2) * sizeof *out->levels.adds);
    out->levels.n = (int32_t)n;
    fill_levels(&out->levels, out->names, term, parts);
    return WB_OK;
}

/* ---- the model file ---- */

static int category_to_json(json_t *object, const wbi_term *base)
{
    const category *term = (const category *)base;
    json_t *reference = json_object();
    int failed = json_object_set_new(object, "levels", wbi_json_strings(term->levels, term->n_named));
    failed |= json_object_set_new(object, "missing", json_boolean(term->missing != NO_LEVEL));
    failed |= json_object_set_new(object, "other", json_boolean(term->other != NO_LEVEL));
    failed |= json_object_set_new(object, "pooled", wbi_json_strings(term->pooled, term->n_pooled));
    failed |= json_object_set_new(object, "base",
                                  term->reference == NO_LEVEL ? json_null() : json_integer(term->reference));
    failed |= json_object_set_new(reference, "shares", wbi_json_reals(term->share, (size_t)term->n_levels));
    failed |= json_object_set_new(object, "reference", reference);
    return failed;
}

static wbi_typical category_typical(const wbi_term *base)
{
    const category *term = (const category *)base;
    wbi_typical typical = {NAN, NULL};
    double most = term->missing == NO_LEVEL ? 0 : term->share[term->missing];
    for (size_t k = 0; k < term->n_named; k++)
        if (term->share[k] > most) {
            most = term->share[k];
            typical.level = term->levels[k];
        }
    return typical;
}

static wbi_reference category_reference(const wbi_term *base)
{
    const category *term = (const category *)base;
    return (wbi_reference){.missing = term->missing == NO_LEVEL ? 0 : term->share[term->missing],
                           .shares = term->share,
                           .levels = term->levels,
                           .n_levels = term->n_named,
                           .has_missing = term->missing != NO_LEVEL,
                           .has_other = term->other != NO_LEVEL};
}

static wb_status read_sorted(char ***out, size_t *n, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_texts(out, n, at, key, err));
    for (size_t i = 1; i < *n; i++)
        if (strcmp((*out)[i - 1], (*out)[i]) >= 0)
            return wbi_json_wrong(at, key, err, "levels are not in the order of their bytes");
    return WB_OK;
}

static wb_status read_base(category *term, const wbi_json_at *at, wb_error *err)
{
    uint64_t level = 0;
    if (term->n_levels == 0)
        return wbi_json_wrong(at, "levels", err, "a category needs a level");
    if (wbi_json_is_null(at, "base")) {
        set_reference(term, NO_LEVEL);
        return WB_OK;
    }
    WBI_TRY(wbi_json_count(&level, at, "base", (uint64_t)term->n_levels - 1, err));
    set_reference(term, (int32_t)level);
    return WB_OK;
}

static wb_status read_category(category *term, const wbi_json_at *at, wb_error *err)
{
    bool has_missing, has_other;
    wbi_json_at reference;
    size_t n_shares;
    WBI_TRY(read_sorted(&term->levels, &term->n_named, at, "levels", err));
    WBI_TRY(read_sorted(&term->pooled, &term->n_pooled, at, "pooled", err));
    WBI_TRY(wbi_json_bool(&has_missing, at, "missing", err));
    WBI_TRY(wbi_json_bool(&has_other, at, "other", err));
    if (term->n_named > INT32_MAX - 2)
        return wbi_json_wrong(at, "levels", err, "too many levels");
    number_levels(term, has_missing, has_other);
    WBI_TRY(read_base(term, at, err));
    WBI_TRY(wbi_json_object(&reference, at, "reference", err));
    WBI_TRY(wbi_json_numbers(&term->share, &n_shares, &reference, "shares", err));
    if (n_shares != (size_t)term->n_levels)
        return wbi_json_wrong(&reference, "shares", err, "expected %zu numbers, found %zu", (size_t)term->n_levels,
                              n_shares);
    for (size_t k = 0; k < n_shares; k++)
        if (!(term->share[k] >= 0 && term->share[k] <= 1))
            return wbi_json_wrong(&reference, "shares", err, "%g is not in [0, 1]", term->share[k]);
    return WB_OK;
}

static wb_status category_from_json(wbi_term **out, const wbi_json_at *at, wb_error *err)
{
    category *term = wbi_alloc_zeroed(1, sizeof *term);
    if (term == NULL)
        return wbi_fail_nomem(err, sizeof *term);
    term->base.kind = &wbi_term_category;
    wb_status status = read_category(term, at, err);
    if (status == WB_OK)
        *out = &term->base;
    else
        category_free(&term->base);
    return status;
}

const wbi_term_kind wbi_term_category = {
    .name = "category",
    .type = WB_TYPE_CATEGORY,
    .fit = category_fit,
    .free = category_free,
    .describe = category_describe,
    .bind = category_bind,
    .encode = category_encode,
    .to_json = category_to_json,
    .typical = category_typical,
    .reference = category_reference,
    .from_json = category_from_json,
    .compile = category_compile,
};
