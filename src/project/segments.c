/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How customers are grouped by recency, frequency and monetary value. */
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "project/records.h"
#include "project/schema.h"

enum { BEST = 5 };

static wb_status read_score(int *score, const wbi_at *at, wb_error *err)
{
    int64_t value;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    if (!wbi_int_read(&value, text, strlen(text)) || value < 1 || value > BEST)
        return wbi_at_refuse(at, err, "a score from 1 to 5");
    *score = (int)value;
    return WB_OK;
}

/* 4, or [4, 5] */
static wb_status read_scores(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wbi_scores *scores = field;
    if (!wbi_at_is_list(at)) {
        WBI_TRY(read_score(&scores->low, at, err));
        scores->high = scores->low;
        return WB_OK;
    }
    if (wbi_at_length(at) != 2)
        return wbi_at_fail(at, err, "has %zu items (wanted: two scores, the lowest and the highest)", wbi_at_length(at));
    const wbi_at low = wbi_at_child(at, 0), high = wbi_at_child(at, 1);
    WBI_TRY(read_score(&scores->low, &low, err));
    WBI_TRY(read_score(&scores->high, &high, err));
    return scores->low <= scores->high ? WB_OK : wbi_at_fail(at, err, "must name the lowest score (%d) before the highest (%d)",
                                                             scores->high, scores->low);
}

static const wbi_kind kind_scores = {"score from 1 to 5, or two: lowest and highest", "", read_scores, NULL};

#define AT(member) offsetof(wbi_segment_def, member)
static const wbi_key name_keys[] = {
    {"name", &wbi_kind_text, AT(name), NULL, .meaning = "what they are called; several lines may share a name", .required = true},
    {"recency", &kind_scores, AT(recency), "any", .meaning = "5: who ordered last"},
    {"frequency", &kind_scores, AT(frequency), "any", .meaning = "5: who ordered most often"},
    {"monetary", &kind_scores, AT(monetary), "any", .meaning = "5: who ordered for most"},
    {"fm", &kind_scores, AT(fm), "any", .meaning = "the mean of frequency's score and monetary's, halves upwards"},
    {.name = NULL}};
#undef AT

static bool is_in(const wbi_scores *scores, int score)
{
    return scores->low == 0 || (score >= scores->low && score <= scores->high);
}

bool wbi_segment_fits(const wbi_segment_def *segment, int r, int f, int m)
{
    return is_in(&segment->recency, r) && is_in(&segment->frequency, f) && is_in(&segment->monetary, m) &&
           is_in(&segment->fm, (f + m + 1) / 2);
}

static bool is_taken(const wbi_segment_def *names, size_t n, int r, int f, int m)
{
    for (size_t i = 0; i < n; i++)
        if (wbi_segment_fits(&names[i], r, f, m))
            return true;
    return false;
}

/* Whether the last of `n` lines fits any scores that no line before it does. */
static bool is_reached(const wbi_segment_def *names, size_t n)
{
    for (int r = 1; r <= BEST; r++)
        for (int f = 1; f <= BEST; f++)
            for (int m = 1; m <= BEST; m++)
                if (wbi_segment_fits(&names[n - 1], r, f, m) && !is_taken(names, n - 1, r, f, m))
                    return true;
    return false;
}

/* Each line must be reached, so there are never more than scores can be combined. */
static wb_status read_names(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_segments_def *segments = field;
    WBI_TRY(wbi_at_want_list(at, err));
    const size_t n = wbi_at_length(at);
    if (n == 0)
        return wbi_at_fail(at, err, "is empty (wanted: at least one mapping such as {name: Best, recency: 5, fm: [4, 5]})");
    segments->names = wbi_alloc_zeroed(n, sizeof *segments->names);
    if (segments->names == NULL)
        return wbi_fail_nomem(err, n * sizeof *segments->names);
    while (segments->n_names < n) {
        const wbi_at item = wbi_at_child(at, segments->n_names);
        wbi_segment_def *name = &segments->names[segments->n_names++];
        name->line = wbi_at_line(&item);
        WBI_TRY(wbi_read_mapping(name, &item, key->children, err));
        if (!is_reached(segments->names, segments->n_names))
            return wbi_at_fail(&item, err, "never gives anybody the name '%.100s': no scores are left for it, or none fit all its ranges",
                               name->name);
    }
    return WB_OK;
}

static const wbi_kind kind_names = {"list of mappings", "[]", read_names, NULL};

#define AT(member) offsetof(wbi_segments_def, member)
const wbi_key wbi_segments_keys[] = {
    {"window", &wbi_kind_span, AT(window_us), "all history",
     .meaning = "frequency and monetary are those of so long before the cutoff"},
    {"edges", &wbi_kind_file, AT(edges), "`segments.json` beside the output",
     .meaning = "the file that keeps the edges of the quintiles"},
    {"names", &kind_names, 0, "the usual ones (docs/segment.md)",
     .meaning = "what customers are called by their scores; the first that fits counts, who fits none is `Other`",
     .children = name_keys},
    {.name = NULL}};
#undef AT

static wb_status read_segments(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_at edges;
    if (wbi_at_find(&edges, at, "edges") && strcmp(wbi_at_text(&edges), "-") == 0)
        return wbi_at_refuse(&edges, err, "the name of a file");
    if (wbi_at_is_mapping(at))
        return wbi_read_mapping(field, at, key->children, err);
    if (!wbi_at_is_list(at))
        return wbi_at_fail(at, err, "must be a mapping, or a list of mappings");
    const wbi_key names = {"names", &kind_names, 0, NULL, .children = name_keys};
    return read_names(field, at, &names, err);
}

const wbi_kind wbi_kind_segments = {"mapping, or list of mappings", "", read_segments, NULL};
