/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TZif files: RFC 8536. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "base/zone_parts.h"

static const char system_folder[] = "/usr/share/zoneinfo";

enum {
    HEADER_BYTES = 44,
    DAY_S = 86400,
    MAX_FILE_BYTES = 1 << 20,
    MAX_NAME_CHARS = 64,
    MAX_PATH_BYTES = 4096,
    MAX_OFFSET_S = 26 * 3600,
    CYCLE_YEARS = 402, /* the years that the rule spells out: an era, and one on either side */
    MAX_NAMES = 1024
};

/* One block of a file: where its parts are. */
typedef struct block {
    const unsigned char *times, *types, *kinds;
    size_t n_times, n_kinds, time_bytes;
    size_t bytes; /* of the whole block without its header */
    bool has_leaps;
} block;

static uint32_t read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_time(const unsigned char *at, size_t bytes)
{
    if (bytes == 4)
        return (int32_t)read_u32(at);
    return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

static bool is_header(const unsigned char *at, size_t n)
{
    return n >= HEADER_BYTES && memcmp(at, "TZif", 4) == 0;
}

/* The block behind the header at `at`, of which `n` bytes are there; false when they do not hold it. */
static bool find_block(block *out, const unsigned char *at, size_t n, size_t time_bytes)
{
    if (!is_header(at, n))
        return false;
    uint64_t n_utc = read_u32(at + 20), n_std = read_u32(at + 24), n_leaps = read_u32(at + 28);
    uint64_t n_times = read_u32(at + 32), n_kinds = read_u32(at + 36), n_chars = read_u32(at + 40);
    uint64_t bytes =
        n_times * (time_bytes + 1) + n_kinds * 6 + n_chars + n_leaps * (time_bytes + 4) + n_std + n_utc;
    if (bytes > n - HEADER_BYTES)
        return false;
    const unsigned char *data = at + HEADER_BYTES;
    *out = (block){.times = data,
                   .types = data + n_times * time_bytes,
                   .kinds = data + n_times * (time_bytes + 1),
                   .n_times = (size_t)n_times,
                   .n_kinds = (size_t)n_kinds,
                   .time_bytes = time_bytes,
                   .bytes = (size_t)bytes,
                   .has_leaps = n_leaps > 0};
    return true;
}

static wb_status damaged(const char *name, wb_error *err, const char *why)
{
    return wbi_fail(err, WB_ERR_MALFORMED, "the system's file of time zone '%s' %s", name, why);
}

static bool read_offset(int32_t *offset_s, const block *b, size_t kind)
{
    if (kind >= b->n_kinds)
        return false;
    uint32_t bits = read_u32(b->kinds + kind * 6);
    memcpy(offset_s, &bits, sizeof bits);
    return *offset_s >= -MAX_OFFSET_S && *offset_s <= MAX_OFFSET_S;
}

/* Transitions before the year 1 only say what holds then; after 9999 there is nothing to be told. */
static wb_status read_periods(wbi_periods *periods, const block *b, const char *name, wb_error *err)
{
    int32_t offset_s;
    int64_t before_s = INT64_MIN;
    if (!read_offset(&offset_s, b, 0))
        return damaged(name, err, "is damaged: it has no offset");
    for (size_t i = 0; i < b->n_times; i++) {
        int64_t utc_s = read_time(b->times + i * b->time_bytes, b->time_bytes);
        int32_t next_s;
        if (!read_offset(&next_s, b, b->types[i]))
            return damaged(name, err, "is damaged: an offset is not there, or none");
        if (i > 0 && utc_s <= before_s)
            return damaged(name, err, "is damaged: its transitions do not ascend");
        before_s = utc_s;
        if (utc_s < WBI_YEAR_1_S) {
            offset_s = next_s;
            continue;
        }
        if (periods->n == 0)
            WBI_TRY(wbi_periods_add(periods, INT64_MIN, offset_s, err));
        if (utc_s < WBI_YEAR_10000_S)
            WBI_TRY(wbi_periods_add(periods, utc_s, next_s, err));
    }
    return periods->n == 0 ? wbi_periods_add(periods, INT64_MIN, offset_s, err) : WB_OK;
}

/* Where the last transition that is listed lies; before the year 1 when none is. */
static int64_t last_transition_s(const block *b)
{
    int64_t last_s = b->n_times > 0 ? read_time(b->times + (b->n_times - 1) * b->time_bytes, b->time_bytes) : INT64_MIN;
    return last_s < WBI_YEAR_1_S ? WBI_YEAR_1_S - 1 : last_s > WBI_YEAR_10000_S ? WBI_YEAR_10000_S : last_s;
}

/* "\nTZ\n" behind the last block; an empty TZ says nothing. The years that the rule spells out repeat every 400. */
static wb_status add_rule(wbi_periods *periods, int64_t *cycle_end_s, const block *b, const char *footer, size_t n,
                          const char *name, wb_error *err)
{
    const char *end = n > 0 && footer[0] == '\n' ? memchr(footer + 1, '\n', n - 1) : NULL;
    wbi_zone_rule rule;
    if (end == NULL)
        return damaged(name, err, "is damaged: its last line is cut off");
    if (end == footer + 1)
        return WB_OK;
    if (!wbi_zone_rule_read(&rule, footer + 1, (size_t)(end - footer - 1)))
        return damaged(name, err, "is damaged: its last line is no rule");
    if (!rule.has_summer)
        return WB_OK;
    int64_t last_s = last_transition_s(b), year;
    unsigned month, day;
    wbi_civil_from_days(last_s / DAY_S - (last_s % DAY_S < 0), &year, &month, &day);
    *cycle_end_s = wbi_days_from_civil(year + CYCLE_YEARS, 1, 1) * DAY_S;
    return wbi_zone_rule_add(&rule, year, year + CYCLE_YEARS + 1, last_s, periods, err);
}

/* From version 2 on everything stands in a second block once more, with times of 64 bits. */
static wb_status find_data(block *b, const char **footer, size_t *n_footer, const char *name, const char *bytes, size_t n,
                           wb_error *err)
{
    const unsigned char *at = (const unsigned char *)bytes;
    *footer = NULL;
    if (!find_block(b, at, n, 4))
        return damaged(name, err, "is damaged: it is no TZif file, or cut off");
    if (at[4] < '2')
        return WB_OK;
    size_t first = HEADER_BYTES + b->bytes;
    if (!find_block(b, at + first, n - first, 8))
        return damaged(name, err, "is damaged: its second part is cut off");
    size_t used = first + HEADER_BYTES + b->bytes;
    *footer = bytes + used;
    *n_footer = n - used;
    return WB_OK;
}

wb_status wbi_zone_decode(wbi_zone **out, const char *name, const char *bytes, size_t n, wb_error *err)
{
    block b;
    const char *footer;
    size_t n_footer = 0;
    wbi_periods periods = {0};
    int64_t cycle_end_s = INT64_MAX;
    WBI_TRY(find_data(&b, &footer, &n_footer, name, bytes, n, err));
    if (b.has_leaps)
        return damaged(name, err, "counts leap seconds, which winback does not");
    wb_status status = read_periods(&periods, &b, name, err);
    if (status == WB_OK && footer != NULL)
        status = add_rule(&periods, &cycle_end_s, &b, footer, n_footer, name, err);
    if (status == WB_OK)
        return wbi_zone_make(out, name, &periods, cycle_end_s, err);
    wbi_periods_free(&periods);
    return status;
}

/* Names of zones, and no way out of their folder. Beside them lie files that are no place's, and one that is the machine's. */
static bool is_zone_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    static const char *const no_zones[] = {"localtime", "posixrules", "Factory", "leapseconds"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof no_zones / sizeof no_zones[0]; i++)
        if (strcmp(name, no_zones[i]) == 0)
            return false;
    return n > 0 && n <= MAX_NAME_CHARS && strspn(name, letters) == n && name[0] != '/' && name[n - 1] != '/' &&
           strstr(name, "//") == NULL;
}

/* *found is false when there is no such file. */
static wb_status slurp(wbi_buffer *out, const char *folder, const char *name, bool *found, wb_error *err)
{
    char path[MAX_PATH_BYTES], bytes[4096];
    int n_path = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = (size_t)n_path < sizeof path ? fopen(path, "rb") : NULL;
    *found = file != NULL;
    if (file == NULL)
        return WB_OK;
    wb_status status = WB_OK;
    for (size_t n; status == WB_OK && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        status = wbi_buffer_append(out, bytes, n, err);
    *found = !ferror(file); /* a folder, such as Europe */
    fclose(file);
    return status;
}

/* The name in the database's table of places (code, coordinates, name) that is nearest; *nearest is "" for none. */
static wb_status find_nearest(char nearest[MAX_NAME_CHARS + 1], const char *folder, const char *name,
                              bool *has_table, wb_error *err)
{
    wbi_buffer table = wbi_buffer_make(MAX_FILE_BYTES);
    const char *names[MAX_NAMES], *near = NULL;
    size_t n = 0;
    nearest[0] = '\0';
    wb_status status = slurp(&table, folder, "zone.tab", has_table, err);
    if (status == WB_OK)
        status = wbi_buffer_append(&table, "", 1, err);
    for (char *line = table.data, *next; status == WB_OK && line != NULL && n < MAX_NAMES; line = next) {
        char *tab = line;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        for (int i = 0; i < 2 && tab != NULL; i++)
            tab = strchr(tab, '\t') != NULL ? strchr(tab, '\t') + 1 : NULL;
        if (line[0] == '#' || tab == NULL)
            continue;
        tab[strcspn(tab, "\t")] = '\0';
        names[n++] = tab;
    }
    if (n > 0)
        near = wbi_nearest(name, names, n);
    if (near != NULL && strlen(near) <= MAX_NAME_CHARS)
        memcpy(nearest, near, strlen(near) + 1);
    wbi_buffer_free(&table);
    return status;
}

static wb_status fail_unknown(const char *folder, const char *name, wb_error *err)
{
    char nearest[MAX_NAME_CHARS + 1], shown[96], hint[MAX_NAME_CHARS + 32] = "";
    bool has_table;
    WBI_TRY(find_nearest(nearest, folder, name, &has_table, err));
    wbi_printable(shown, sizeof shown, name, strlen(name));
    if (nearest[0] != '\0')
        snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
    wb_status status = wbi_fail_at(
        err, has_table ? WB_ERR_ARGUMENT : WB_ERR_IO, (wbi_where){0}, name, strlen(name),
        "'%s' is not a known time zone (wanted: UTC, an offset such as +02:00, or a name such as Europe/Berlin)%s", shown,
        hint);
    if (!has_table)
        wbi_advise(err, "named zones need the system's tz database in %s, which is not there: apt-get install tzdata",
                   folder);
    return status;
}

wb_status wbi_zone_open_in(wbi_zone **out, const char *folder, const char *name, wb_error *err)
{
    bool found = false;
    wbi_buffer bytes = wbi_buffer_make(MAX_FILE_BYTES);
    wb_status status = is_zone_name(name) ? slurp(&bytes, folder, name, &found, err) : WB_OK;
    if (status == WB_OK)
        status = found ? wbi_zone_decode(out, name, bytes.data, bytes.length, err) : fail_unknown(folder, name, err);
    wbi_buffer_free(&bytes);
    return status;
}

wb_status wbi_zone_open(wbi_zone **out, const char *name, wb_error *err)
{
    return wbi_zone_open_in(out, system_folder, name, err);
}
