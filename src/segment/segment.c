/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the engine's features to scores and segments. */
#include "segment/names.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

enum { N_MEASURES = 3 };

/* Columns of the features. */
typedef struct source {
    const wb_table *table;
    size_t id;
    const double *recency_days, *frequency, *monetary;
} source;

static wb_status find_columns(source *out, const wb_features *features, wb_error *err)
{
    const char *const names[N_MEASURES] = {WBI_SEGMENT_RECENCY, WBI_SEGMENT_FREQUENCY, WBI_SEGMENT_MONETARY};
    const double *values[N_MEASURES];
    const wb_table *table = wb_features_table(features);
    for (size_t i = 0; i < N_MEASURES; i++) {
        const size_t column = wb_table_find(table, names[i]);
        values[i] = column == SIZE_MAX ? NULL : wb_table_numbers(table, column);
        if (values[i] == NULL)
            return wbi_fail(err, WB_ERR_ARGUMENT, "the engine is not one for segments: it computes no %s", names[i]);
    }
    *out = (source){table, wb_table_find(table, "customer_id"), values[0], values[1], values[2]};
    return WB_OK;
}

/* How many rows have an order, and the bytes of their ids with their ends. */
static size_t count_customers(size_t *n_bytes, const source *from)
{
    size_t n = 0, length;
    *n_bytes = 0;
    for (size_t i = 0; i < wb_table_n_rows(from->table); i++) {
        if (isnan(from->recency_days[i]))
            continue;
        wb_table_text(from->table, from->id, i, &length);
        *n_bytes += length + 1;
        n++;
    }
    return n;
}

static wb_status reserve(wb_segments *s, size_t n, size_t n_bytes, wb_error *err)
{
    s->ids = wbi_alloc_array(n_bytes, 1);
    s->id_at = wbi_alloc_array(n, sizeof *s->id_at);
    s->recency_days = wbi_alloc_array(n, N_MEASURES * sizeof *s->recency_days);
    s->scores = wbi_alloc_array(n, sizeof *s->scores);
    if (s->ids == NULL || s->id_at == NULL || s->recency_days == NULL || s->scores == NULL)
        return wbi_fail_nomem(err, n_bytes + n * (sizeof *s->id_at + N_MEASURES * sizeof *s->recency_days + sizeof *s->scores));
    s->frequency = s->recency_days + n;
    s->monetary = s->frequency + n;
    return WB_OK;
}

static wb_status copy_customers(wb_segments *s, const source *from, wb_error *err)
{
    size_t n_bytes, length, at = 0;
    const size_t n = count_customers(&n_bytes, from);
    WBI_TRY(reserve(s, n, n_bytes, err));
    for (size_t i = 0; i < wb_table_n_rows(from->table); i++) {
        if (isnan(from->recency_days[i]))
            continue;
        const char *id = wb_table_text(from->table, from->id, i, &length);
        s->id_at[s->n] = at;
        memcpy(s->ids + at, id, length);
        at += length;
        s->ids[at++] = '\0';
        s->recency_days[s->n] = from->recency_days[i];
        s->frequency[s->n] = from->frequency[i];
        s->monetary[s->n++] = from->monetary[i];
    }
    s->n_without = wb_table_n_rows(from->table) - n;
    return WB_OK;
}

static wb_status compute_measures(wb_segments *s, const wb_engine *engine, const wb_segments_options *o, wb_error *err)
{
    const wb_features_options wanted = {.cutoffs_us = &s->cutoff_us, .n_cutoffs = 1, .n_threads = o->n_threads, .log = o->log};
    wb_features *features = NULL;
    source from = {0};
    WBI_TRY(wb_engine_check_cutoff(engine, s->cutoff_us, 0, err));
    WBI_TRY(wb_engine_features(engine, &features, &wanted, err));
    wb_status status = find_columns(&from, features, err);
    if (status == WB_OK)
        status = copy_customers(s, &from, err);
    wb_features_free(features);
    return status;
}

/* ---- edges ---- */

static wb_status learn_edges(wb_segments *s, int64_t window_us, wb_error *err)
{
    char cutoff[WB_TIME_CHARS];
    wb_time_format(s->cutoff_us, cutoff);
    if (s->n == 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "nobody has an order before %s, so there are no quintiles to learn", cutoff);
    double *spare = wbi_alloc_array(s->n, 2 * sizeof *spare);
    if (spare == NULL)
        return wbi_fail_nomem(err, s->n * 2 * sizeof *spare);
    s->edges = (wb_segment_edges){.cutoff_us = s->cutoff_us, .n_customers = s->n, .window_us = window_us};
    wbi_segment_learn(s->edges.recency_days, s->recency_days, s->n, spare);
    wbi_segment_learn(s->edges.frequency, s->frequency, s->n, spare);
    wbi_segment_learn(s->edges.monetary, s->monetary, s->n, spare);
    wbi_free(spare);
    return WB_OK;
}

enum { WINDOW_CHARS = 48 };

static const char *window_words(char text[WINDOW_CHARS], int64_t window_us)
{
    if (window_us > 0)
        snprintf(text, WINDOW_CHARS, "the last %.10g days", (double)window_us / (double)WB_DAY_US);
    else
        snprintf(text, WINDOW_CHARS, "all history");
    return text;
}

static wb_status read_edges(wb_segments *s, const char *path, int64_t window_us, wb_error *err)
{
    char theirs[WINDOW_CHARS], ours[WINDOW_CHARS];
    WBI_TRY(wbi_segment_read_edges(&s->edges, path, err));
    if (s->edges.window_us != window_us) {
        wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){path, 0, 0}, NULL, 0,
                    "its edges are of the orders of %s, and the project's segments of those of %s",
                    window_words(theirs, s->edges.window_us), window_words(ours, window_us));
        wbi_advise(err, "--refit learns edges anew and writes the file again");
        return WB_ERR_INCONSISTENT;
    }
    s->edges_file = wbi_strdup(path);
    return s->edges_file != NULL ? WB_OK : wbi_fail_nomem(err, strlen(path) + 1);
}

/* What cannot be looked at is there: reading it says why. */
static bool is_there(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 || errno != ENOENT;
}

static wb_status find_edges(wb_segments *s, const wb_project *project, const wb_segments_options *o, wb_error *err)
{
    const char *path = o->edges != NULL ? o->edges : project->segments.edges;
    const int64_t window_us = project->segments.window_us;
    if (path != NULL && !o->refit && is_there(path))
        return read_edges(s, path, window_us, err);
    return learn_edges(s, window_us, err);
}

/* ---- scores and segments ---- */

static wb_status copy_names(wb_segments *s, const wbi_segment_map *map, wb_error *err)
{
    s->segments = wbi_alloc_zeroed(map->n, sizeof *s->segments);
    s->names = wbi_alloc_zeroed(map->n, sizeof *s->names);
    if (s->segments == NULL || s->names == NULL)
        return wbi_fail_nomem(err, map->n * (sizeof *s->segments + sizeof *s->names));
    for (; s->n_segments < map->n; s->n_segments++) {
        s->names[s->n_segments] = wbi_strdup(map->names[s->n_segments]);
        if (s->names[s->n_segments] == NULL)
            return wbi_fail_nomem(err, strlen(map->names[s->n_segments]) + 1);
        s->segments[s->n_segments].name = s->names[s->n_segments];
    }
    s->all.name = "all";
    return WB_OK;
}

static wbi_segment_scores score(const wb_segments *s, const wbi_segment_map *map, size_t i)
{
    const int r = WBI_SEGMENT_BEST - wbi_segment_below(s->edges.recency_days, s->recency_days[i]);
    const int f = 1 + wbi_segment_below(s->edges.frequency, s->frequency[i]);
    const int m = 1 + wbi_segment_below(s->edges.monetary, s->monetary[i]);
    return (wbi_segment_scores){(uint8_t)r, (uint8_t)f, (uint8_t)m, map->segment[r - 1][f - 1][m - 1]};
}

static void add(wb_segment *to, const wb_segments *s, size_t i)
{
    to->n++;
    to->recency_days += s->recency_days[i];
    to->frequency += s->frequency[i];
    to->monetary += s->monetary[i];
    to->r += s->scores[i].r;
    to->f += s->scores[i].f;
    to->m += s->scores[i].m;
}

/* Sums become means, of 0 customers NaN. */
static void conclude(wb_segment *of, const wb_segment *all)
{
    const double n = (double)of->n;
    double *const sums[] = {&of->recency_days, &of->frequency, &of->monetary, &of->r, &of->f, &of->m};
    of->share = n / (double)all->n;
    for (size_t k = 0; k < sizeof sums / sizeof sums[0]; k++)
        *sums[k] /= n;
    of->monetary_share = all->monetary_cents > 0 ? (double)of->monetary_cents / (double)all->monetary_cents : (double)NAN;
}

/* Beyond this, doubles do not tell cents apart. */
static const double most_cents = 9007199254740992; /* 2^53 */

static wb_status add_cents(wb_segment *segment, wb_segment *all, const wb_segments *s, size_t i, wb_error *err)
{
    const double cents = round(s->monetary[i] * 100);
    if (!(fabs(cents) <= most_cents))
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the amounts of customer '%.100s' add up to %g, which is too much to be counted in cents",
                        s->ids + s->id_at[i], s->monetary[i]);
    if (__builtin_add_overflow(segment->monetary_cents, (int64_t)cents, &segment->monetary_cents) ||
        __builtin_add_overflow(all->monetary_cents, (int64_t)cents, &all->monetary_cents))
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the amounts of all customers add up to more than can be counted in cents");
    return WB_OK;
}

static wb_status check_sums(wb_segments *s, wb_error *err)
{
    for (size_t i = 0; i < s->n; i++)
        WBI_TRY(add_cents(&s->segments[s->scores[i].segment], &s->all, s, i, err));
    return WB_OK;
}

static wb_status fill(wb_segments *s, const wb_project *project, const wb_segments_options *o, wb_error *err)
{
    wbi_segment_map map;
    wbi_segment_map_make(&map, project);
    WBI_TRY(copy_names(s, &map, err));
    WBI_TRY(find_edges(s, project, o, err));
    for (size_t i = 0; i < s->n; i++) {
        s->scores[i] = score(s, &map, i);
        add(&s->segments[s->scores[i].segment], s, i);
        add(&s->all, s, i);
    }
    WBI_TRY(check_sums(s, err));
    for (size_t k = 0; k < s->n_segments; k++)
        conclude(&s->segments[k], &s->all);
    conclude(&s->all, &s->all);
    return WB_OK;
}

wb_status wb_segments_compute(wb_segments **out, const wb_engine *engine, const wb_segments_options *o, wb_error *err)
{
    int64_t first_us;
    wb_segments *s = wbi_alloc_zeroed(1, sizeof *s);
    if (s == NULL)
        return wbi_fail_nomem(err, sizeof *s);
    s->cutoff_us = o->cutoff_us;
    if (s->cutoff_us == WB_TIME_MISSING)
        wb_engine_data_range(engine, &first_us, &s->cutoff_us);
    wb_status status = compute_measures(s, engine, o, err);
    if (status == WB_OK)
        status = fill(s, wb_engine_project(engine), o, err);
    if (status == WB_OK)
        *out = s;
    else
        wb_segments_free(s);
    return status;
}

wb_status wb_segments_create(wb_segments **out, const wb_project *project, const wb_segments_options *options,
                             const wb_read_options *reading, wb_error *err)
{
    wb_engine *engine;
    WBI_TRY(wb_segments_engine(&engine, project, reading, err));
    const wb_status status = wb_segments_compute(out, engine, options, err);
    wb_engine_free(engine);
    return status;
}

void wb_segments_free(wb_segments *s)
{
    if (s == NULL)
        return;
    for (size_t k = 0; k < s->n_segments; k++)
        wbi_free(s->names[k]);
    wbi_free(s->names);
    wbi_free(s->segments);
    wbi_free(s->edges_file);
    wbi_free(s->scores);
    wbi_free(s->recency_days);
    wbi_free(s->id_at);
    wbi_free(s->ids);
    wbi_free(s);
}
