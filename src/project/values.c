/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of single values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "project/schema.h"

wb_status wbi_set_text(char **field, const char *text, wb_error *err)
{
    char *copy = wbi_strdup(text);
    if (copy == NULL)
        return wbi_fail_nomem(err, strlen(text) + 1);
    wbi_free(*field);
    *field = copy;
    return WB_OK;
}

wb_status wbi_write_string(json_t **out, const char *text, wb_error *err)
{
    *out = json_string(text);
    return *out != NULL ? WB_OK : wbi_fail(err, WB_ERR_NOMEM, "out of memory");
}

static wb_status read_mapping(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    return wbi_read_mapping(field, at, key->children, err);
}

static wb_status write_mapping(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    json_t *object = NULL;
    WBI_TRY(wbi_write_mapping(&object, field, key->children, err));
    if (json_object_size(object) > 0)
        *out = object;
    else
        json_decref(object);
    return WB_OK;
}

static wb_status read_text(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    return wbi_set_text(field, wbi_at_text(at), err);
}

/* Whether the text stands in the file character by character, but for quotes. */
static bool stands_as_it_is(const yaml_node_t *node)
{
    yaml_scalar_style_t style = node->data.scalar.style;
    size_t n_quotes = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;
    size_t n = wbi_utf8_characters(wbi_yaml_text(node), node->data.scalar.length);
    return node->start_mark.line == node->end_mark.line && style != YAML_LITERAL_SCALAR_STYLE &&
           style != YAML_FOLDED_SCALAR_STYLE && node->end_mark.index - node->start_mark.index == n + n_quotes;
}

wb_status wbi_set_placed(wbi_placed *placed, const wbi_at *at, const char *text, wb_error *err)
{
    const yaml_node_t *node = at->node;
    WBI_TRY(wbi_set_text(&placed->text, text, err));
    if (at->reader->file == NULL)
        return WB_OK;
    placed->line = node->start_mark.line + 1;
    if (stands_as_it_is(node))
        placed->column = node->start_mark.column + (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 1 : 2) +
                         (size_t)(strstr(wbi_yaml_text(node), text) - wbi_yaml_text(node));
    return WB_OK;
}

static wb_status read_placed(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    return wbi_set_placed(field, at, wbi_at_text(at), err);
}

static wb_status write_text(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const char *text = *(char *const *)field;
    return text != NULL ? wbi_write_string(out, text, err) : WB_OK;
}

static wb_status read_name(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    WBI_TRY(wbi_at_want_name(at, wbi_at_text(at), err));
    return wbi_set_text(field, wbi_at_text(at), err);
}

/* "one of a, b, c (did you mean 'b'?)" after the value that is not. */
wb_status wbi_at_refuse_choice(const wbi_at *at, const char *const *choices, size_t n, wb_error *err)
{
    wbi_buffer wanted = wbi_buffer_make(4096);
    wb_status status = wbi_buffer_append_text(&wanted, "one of ", err);
    for (size_t i = 0; i < n && status == WB_OK; i++)
        status = wbi_buffer_printf(&wanted, err, "%s%s", i == 0 ? "" : ", ", choices[i]);
    const char *nearest = wbi_nearest(wbi_at_text(at), choices, n);
    if (nearest != NULL && status == WB_OK)
        status = wbi_buffer_printf(&wanted, err, " (did you mean '%s'?)", nearest);
    if (status == WB_OK)
        status = wbi_buffer_append(&wanted, "", 1, err);
    if (status == WB_OK)
        status = wbi_at_refuse(at, err, wanted.data);
    wbi_buffer_free(&wanted);
    return status;
}

static wb_status read_choice(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    WBI_TRY(wbi_at_want_text(at, err));
    size_t n = 0;
    for (; key->choices[n] != NULL; n++)
        if (strcmp(key->choices[n], wbi_at_text(at)) == 0)
            return wbi_set_text(field, wbi_at_text(at), err);
    return wbi_at_refuse_choice(at, key->choices, n, err);
}

static wb_status read_bool(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    bool is_true = strcmp(wbi_at_text(at), "true") == 0;
    if (!is_true && strcmp(wbi_at_text(at), "false") != 0)
        return wbi_at_refuse(at, err, "true or false");
    *(bool *)field = is_true;
    return WB_OK;
}

static wb_status write_bool(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    (void)err;
    *out = json_boolean(*(const bool *)field);
    return WB_OK;
}

static wb_status parse_duration(int64_t *duration_us, const wbi_at *at, wb_error *err)
{
    wb_error cause = {0};
    WBI_TRY(wbi_at_want_text(at, err));
    if (wb_duration_parse(duration_us, wbi_at_text(at), &cause) != WB_OK)
        return wbi_at_fail(at, err, "%s", cause.message);
    return WB_OK;
}

static wb_status read_duration(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return parse_duration(field, at, err);
}

wb_status wbi_write_duration(json_t **out, int64_t duration_us, wb_error *err)
{
    char text[WB_TIME_CHARS];
    wb_duration_format(duration_us, text);
    return wbi_write_string(out, text, err);
}

static wb_status write_duration(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_write_duration(out, *(const int64_t *)field, err);
}

wb_status wbi_read_whole(uint64_t *field, const wbi_at *at, int64_t least, wb_error *err)
{
    int64_t value;
    WBI_TRY(wbi_at_want_text(at, err));
    if (!wbi_int_read(&value, wbi_at_text(at), strlen(wbi_at_text(at))) || value < least) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "a whole number of %lld or more", (long long)least);
        return wbi_at_refuse(at, err, wanted);
    }
    *field = (uint64_t)value;
    return WB_OK;
}

wb_status wbi_read_span(int64_t *span_us, const wbi_at *at, wb_error *err)
{
    WBI_TRY(parse_duration(span_us, at, err));
    return *span_us > 0 ? WB_OK : wbi_at_fail(at, err, "must be more than 0");
}

static wb_status read_span(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_read_span(field, at, err);
}

static wb_status write_span(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    return *(const int64_t *)field > 0 ? write_duration(out, field, key, err) : WB_OK;
}

wb_status wbi_read_instant(int64_t *time_us, const wbi_at *at, wb_error *err)
{
    wb_error cause = {0};
    WBI_TRY(wbi_at_want_text(at, err));
    if (wb_project_read_time(at->reader->project, time_us, wbi_at_text(at), &cause) != WB_OK)
        return wbi_at_fail(at, err, "%s", cause.message);
    return WB_OK;
}

/* Never as a date, which would be read in the project's zone. */
wb_status wbi_write_instant(json_t **out, int64_t time_us, wb_error *err)
{
    char text[WB_TIME_CHARS + 16];
    size_t n = wb_time_format(time_us, text);
    if (strchr(text, 'T') == NULL)
        strcpy(text + n, "T00:00:00Z");
    return wbi_write_string(out, text, err);
}

static wb_status read_instant(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_read_instant(field, at, err);
}

static wb_status write_instant(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    int64_t time_us = *(const int64_t *)field;
    return time_us != WB_TIME_MISSING ? wbi_write_instant(out, time_us, err) : WB_OK;
}

static const char *const aggregate_names[] = {[WBI_AGG_COUNT] = "count",
                                              [WBI_AGG_SUM] = "sum",
                                              [WBI_AGG_MEAN] = "mean",
                                              [WBI_AGG_MIN] = "min",
                                              [WBI_AGG_MAX] = "max",
                                              [WBI_AGG_STD] = "std",
                                              [WBI_AGG_MEDIAN] = "median",
                                              [WBI_AGG_FIRST] = "first",
                                              [WBI_AGG_LAST] = "last",
                                              [WBI_AGG_DISTINCT] = "distinct",
                                              [WBI_AGG_SHARE] = "share",
                                              [WBI_AGG_DAYS_SINCE_LAST] = "days_since_last",
                                              [WBI_AGG_DAYS_SINCE_FIRST] = "days_since_first",
                                              [WBI_AGG_ACTIVE_DAYS] = "active_days",
                                              [WBI_AGG_GAP_DAYS_MEAN] = "gap_days_mean",
                                              [WBI_AGG_GAP_DAYS_STD] = "gap_days_std",
                                              [WBI_AGG_GAP_DAYS_MAX] = "gap_days_max",
                                              [WBI_AGG_TREND] = "trend",
                                              [WBI_AGG_REPEAT_DAYS] = "repeat_days",
                                              [WBI_AGG_REPEAT_SPAN_DAYS] = "repeat_span_days",
                                              [WBI_AGG_OBSERVED_DAYS] = "observed_days",
                                              [WBI_AGG_CLUMPINESS] = "clumpiness"};
enum { N_AGGREGATES = WBI_AGG_CLUMPINESS };
_Static_assert(sizeof aggregate_names / sizeof aggregate_names[0] == N_AGGREGATES + 1, "a name for each aggregate");

const char *wbi_aggregate_name(wbi_aggregate aggregate)
{
    if ((unsigned)aggregate > N_AGGREGATES)
        return NULL;
    return aggregate == WBI_AGG_NONE ? "none" : aggregate_names[aggregate];
}

/* What other programs call them. */
static const char *usual_name(const char *typed)
{
    static const char *const pairs[][2] = {
        {"average", "mean"}, {"avg", "mean"},         {"total", "sum"},       {"stdev", "std"},   {"stddev", "std"},
        {"sd", "std"},       {"nunique", "distinct"}, {"unique", "distinct"}, {"minimum", "min"}, {"maximum", "max"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(pairs[i][0], typed) == 0)
            return pairs[i][1];
    return NULL;
}

static wb_status read_aggregate(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    for (size_t i = 1; i <= N_AGGREGATES; i++) {
        if (strcmp(aggregate_names[i], wbi_at_text(at)) == 0) {
            *(wbi_aggregate *)field = (wbi_aggregate)i;
            return WB_OK;
        }
    }
    const char *usual = usual_name(wbi_at_text(at));
    if (usual != NULL)
        return wbi_at_fail(at, err, "'%s' is called '%s' here", wbi_at_text(at), usual);
    return wbi_at_refuse_choice(at, aggregate_names + 1, N_AGGREGATES, err);
}

static wb_status write_aggregate(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_aggregate aggregate = *(const wbi_aggregate *)field;
    return aggregate != WBI_AGG_NONE ? wbi_write_string(out, wbi_aggregate_name(aggregate), err) : WB_OK;
}

/* Appends `text` with ${WINBACK_DATA} replaced. */
static wb_status append_expanded(wbi_buffer *out, const wbi_at *at, const char *text, wb_error *err)
{
    static const char variable[] = "${WINBACK_DATA}";
    const char *dollar;
    while ((dollar = strstr(text, "${")) != NULL) {
        if (strncmp(dollar, variable, sizeof variable - 1) != 0)
            return wbi_at_refuse(at, err, "a file name (only ${WINBACK_DATA} is expanded)");
        const char *value = getenv("WINBACK_DATA");
        if (value == NULL)
            return wbi_at_fail(at, err, "needs the environment variable WINBACK_DATA, which is not set");
        WBI_TRY(wbi_buffer_append(out, text, (size_t)(dollar - text), err));
        WBI_TRY(wbi_buffer_append_text(out, value, err));
        text = dollar + sizeof variable - 1;
    }
    return wbi_buffer_append_text(out, text, err);
}

static wb_status read_file(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    if (strcmp(wbi_at_text(at), "-") == 0)
        return wbi_set_text(field, "-", err);
    const char *file = at->reader->file, *slash = file != NULL ? strrchr(file, '/') : NULL;
    size_t n_folder = slash != NULL ? (size_t)(slash - file) + 1 : 0;
    wbi_buffer path = wbi_buffer_make(1 << 20), joined = wbi_buffer_make(1 << 20);
    wb_status status;
    WBI_TRY_CLEANUP(append_expanded(&path, at, wbi_at_text(at), err));
    WBI_TRY_CLEANUP(wbi_buffer_append(&path, "", 1, err));
    if (path.data[0] != '/')
        WBI_TRY_CLEANUP(wbi_buffer_append(&joined, file, n_folder, err));
    WBI_TRY_CLEANUP(wbi_buffer_append(&joined, path.data, path.length, err));
    status = wbi_set_text(field, joined.data, err);
cleanup:
    wbi_buffer_free(&joined);
    wbi_buffer_free(&path);
    return status;
}

/* Each zone is read once for a project. */
static wb_status need_zone(const wbi_zone **zone, wb_project *project, const char *name, wb_error *err)
{
    for (size_t i = 0; i < project->n_zones; i++)
        if (strcmp(wbi_zone_name(project->zones[i]), name) == 0) {
            *zone = project->zones[i];
            return WB_OK;
        }
    wbi_zone **zones = wbi_realloc_array(project->zones, project->n_zones + 1, sizeof *zones);
    if (zones == NULL)
        return wbi_fail_nomem(err, (project->n_zones + 1) * sizeof *zones);
    project->zones = zones;
    WBI_TRY(wbi_zone_open(&zones[project->n_zones], name, err));
    *zone = zones[project->n_zones++];
    return WB_OK;
}

wb_status wbi_read_zone(int32_t *offset_s, const wbi_zone **zone, const wbi_at *at, wb_error *err)
{
    wb_error cause = {0};
    WBI_TRY(wbi_at_want_text(at, err));
    *offset_s = 0;
    *zone = NULL;
    if (wbi_zone_parse(offset_s, wbi_at_text(at), NULL) == WB_OK)
        return WB_OK;
    wb_status status = need_zone(zone, at->reader->project, wbi_at_text(at), &cause);
    if (status == WB_OK)
        return WB_OK;
    if (status == WB_ERR_NOMEM) {
        if (err != NULL)
            *err = cause;
        return status;
    }
    status = wbi_at_fail(at, err, "%s", cause.message);
    if (cause.advice[0] != '\0')
        wbi_advise(err, "%s", cause.advice);
    return status;
}

wb_status wbi_write_zone(json_t **out, int32_t offset_s, const wbi_zone *zone, wb_error *err)
{
    if (zone != NULL)
        return wbi_write_string(out, wbi_zone_name(zone), err);
    int minutes = abs(offset_s) / 60;
    char text[32];
    snprintf(text, sizeof text, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return wbi_write_string(out, offset_s == 0 ? "UTC" : text, err);
}

wb_status wbi_read_time_format(wbi_time_format *format, const wbi_at *at, wb_error *err)
{
    WBI_TRY(wbi_at_want_text(at, err));
    const wbi_time_format old = *format;
    wb_error cause = {0};
    if (wbi_time_format_parse(format, wbi_at_text(at), &cause) != WB_OK)
        return wbi_at_fail(at, err, "is wrong: %s", cause.message);
    format->zone_offset_s = old.zone_offset_s;
    format->zone = old.zone;
    return WB_OK;
}

wb_status wbi_write_time_format(json_t **out, const wbi_time_format *format, wb_error *err)
{
    static const char *const names[] = {"iso", NULL, "unix", "unix_ms"};
    return wbi_write_string(out, format->kind == WBI_TIME_FORMAT ? format->format : names[format->kind], err);
}

const wbi_kind wbi_kind_mapping = {"mapping", "", read_mapping, write_mapping};
const wbi_kind wbi_kind_text = {"text", "", read_text, write_text};
const wbi_kind wbi_kind_name = {"name", "", read_name, write_text};
const wbi_kind wbi_kind_expression = {"expression", "", read_placed, write_text};
const wbi_kind wbi_kind_placed = {"text", "", read_placed, write_text};
const wbi_kind wbi_kind_choice = {NULL, "", read_choice, write_text};
const wbi_kind wbi_kind_bool = {"true or false", "", read_bool, write_bool};
const wbi_kind wbi_kind_duration = {"duration", "", read_duration, write_duration};
const wbi_kind wbi_kind_span = {"duration > 0", "", read_span, write_span};
const wbi_kind wbi_kind_instant = {"date or instant", "", read_instant, write_instant};
const wbi_kind wbi_kind_aggregate = {"aggregate", "", read_aggregate, write_aggregate};
const wbi_kind wbi_kind_file = {"path, glob or `-`", "", read_file, NULL};
