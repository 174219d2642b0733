/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/reason.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "features/origin.h"
#include "features/phrase.h"
#include "model/model.h"

typedef struct reason {
    wb_type type;
    bool actionable;
    const char *unit; /* of the catalogue */
    wbi_phrase phrase;
    char *typical; /* "; typical is 9 h", or empty */
} reason;

struct wb_reasons {
    reason *items; /* one a term of the model */
    size_t n;
};

void wb_reasons_free(wb_reasons *reasons)
{
    if (reasons == NULL)
        return;
    for (size_t i = 0; i < reasons->n; i++) {
        wbi_phrase_free(&reasons->items[i].phrase);
        wbi_free(reasons->items[i].typical);
    }
    wbi_free(reasons->items);
    wbi_free(reasons);
}

/* ---- making */

/* What the model knows of its features: the project inside it and which entries of the catalogue its features are. */
typedef struct knowledge {
    wb_project *project; /* NULL: flat */
    wbi_origin *origins;
} knowledge;

static void forget(knowledge *known)
{
    wbi_free(known->origins);
    wb_project_free(known->project);
}

static wb_status learn(knowledge *known, const wb_model *model, wb_error *err)
{
    const char *definitions = wb_model_definitions(model);
    *known = (knowledge){NULL, NULL};
    if (definitions == NULL)
        return WB_OK;
    WBI_TRY(wb_project_parse(&known->project, definitions, err));
    known->origins = wbi_alloc_zeroed(known->project->n_features, sizeof *known->origins);
    wb_status status = known->origins == NULL
                           ? wbi_fail_nomem(err, known->project->n_features * sizeof *known->origins)
                           : wbi_find_origins(known->origins, known->project, err);
    if (status != WB_OK)
        forget(known);
    return status;
}

static wb_status append_to(char **text, const char *more, size_t n, wb_error *err)
{
    const size_t length = strlen(*text);
    char *longer = wbi_realloc_array(*text, length + n + 1, 1);
    if (longer == NULL)
        return wbi_fail_nomem(err, length + n + 1);
    memcpy(longer + length, more, n);
    longer[length + n] = '\0';
    *text = longer;
    return WB_OK;
}

/* " (purchases)" behind what is said, where other tables have such features too. */
static wb_status name_table(wbi_phrase *phrase, const char *table, wb_error *err)
{
    char **const parts[] = {&phrase->after, &phrase->missing};
    for (size_t i = 0; i < 2; i++) {
        WBI_TRY(append_to(parts[i], " (", 2, err));
        WBI_TRY(append_to(parts[i], table, strlen(table), err));
        WBI_TRY(append_to(parts[i], ")", 1, err));
    }
    return WB_OK;
}

static const wbi_feature_def *find_definition(const knowledge *known, const char *name, wbi_origin *origin)
{
    *origin = (wbi_origin){.entry = NULL};
    if (known->project == NULL)
        *origin = wbi_origin_of_name(name);
    for (size_t f = 0; known->project != NULL && f < known->project->n_features; f++)
        if (strcmp(known->project->features[f].name, name) == 0) {
            *origin = known->origins[f];
            return &known->project->features[f];
        }
    return NULL;
}

static wb_status set_phrase(reason *to, const knowledge *known, const char *name, wb_error *err)
{
    wbi_origin origin;
    const wbi_feature_def *def = find_definition(known, name, &origin);
    const bool suits = origin.entry != NULL &&
                       (to->type == WB_TYPE_NUMBER || strcmp(origin.entry->unit, "category") == 0);
    to->unit = suits ? origin.entry->unit : "";
    if (suits) {
        to->actionable = origin.entry->actionable;
        WBI_TRY(wbi_phrase_of_entry(&to->phrase, origin.entry, origin.window_us, name, err));
        return origin.table == NULL ? WB_OK : name_table(&to->phrase, origin.table, err);
    }
    to->actionable = def != NULL && def->actionable;
    return wbi_phrase_of_name(&to->phrase, name, def == NULL ? NULL : def->reason,
                              def == NULL ? WBI_AS_NUMBER : wbi_manner_of_aggregate(def->agg), err);
}

static wb_status set_purchases(reason *to, const wbi_purchases *purchases, wb_error *err)
{
    to->unit = "purchases";
    return wbi_phrase_of_purchases(&to->phrase, purchases->horizon_days, err);
}

static wb_status set_typical(reason *to, const wbi_term *term, wb_error *err)
{
    static const char is[] = "; typical is ";
    const wbi_typical typical = term->kind->typical(term);
    char value[WBI_VALUE_CHARS];
    to->typical = wbi_strdup("");
    if (to->typical == NULL)
        return wbi_fail_nomem(err, 1);
    if (to->type == WB_TYPE_NUMBER ? !isfinite(typical.number) : typical.level == NULL)
        return WB_OK;
    WBI_TRY(append_to(&to->typical, is, sizeof is - 1, err));
    if (to->type == WB_TYPE_CATEGORY)
        return append_to(&to->typical, typical.level, strlen(typical.level), err);
    return append_to(&to->typical, value, wbi_phrase_value(value, &to->phrase, typical.number, true), err);
}

wb_status wb_reasons_create(wb_reasons **out, const wb_model *model, wb_error *err)
{
    knowledge known;
    wb_status status;
    WBI_TRY(learn(&known, model, err));
    wb_reasons *reasons = wbi_alloc_zeroed(1, sizeof *reasons);
    const size_t n = model->basis->n_terms;
    if (reasons == NULL || (reasons->items = wbi_alloc_zeroed(n, sizeof *reasons->items)) == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *reasons->items));
    for (; reasons->n < n; reasons->n++) {
        reason *to = &reasons->items[reasons->n];
        const wbi_term *term = model->basis->terms[reasons->n];
        to->type = term->kind->type;
        status = term->purchases != NULL ? set_purchases(to, term->purchases, err) : set_phrase(to, &known, term->feature, err);
        if (status == WB_OK)
            status = set_typical(to, term, err);
        if (status != WB_OK) {
            reasons->n++;
            goto cleanup;
        }
    }
    forget(&known);
    *out = reasons;
    return WB_OK;
cleanup:
    forget(&known);
    wb_reasons_free(reasons);
    return status;
}

/* ---- using */

size_t wb_reasons_n_features(const wb_reasons *reasons)
{
    return reasons->n;
}

int wb_reasons_actionable(const wb_reasons *reasons, size_t feature)
{
    return reasons->items[feature].actionable;
}

/* The pieces of a sentence, in order. `value` holds one of them. */
enum { MAX_PIECES = 4 };
static size_t find_pieces(wbi_str out[MAX_PIECES], char value[WBI_VALUE_CHARS], const reason *from, double number,
                          wbi_str level)
{
    wbi_str said = level;
    const bool is_category = from->type == WB_TYPE_CATEGORY;
    if (is_category ? level.data == NULL : !isfinite(number)) {
        out[0] = wbi_str_from(from->phrase.missing);
        return 1;
    }
    if (!is_category)
        said = (wbi_str){value, wbi_phrase_value(value, &from->phrase, number, false)};
    out[0] = wbi_str_from(from->phrase.before);
    out[1] = said;
    out[2] = wbi_str_from(from->phrase.after);
    out[3] = wbi_str_from(from->typical);
    return MAX_PIECES;
}

size_t wb_reasons_text(char *text, size_t size, const wb_reasons *reasons, size_t feature, double number,
                       const char *level, size_t n_level)
{
    char value[WBI_VALUE_CHARS];
    wbi_str pieces[MAX_PIECES];
    const size_t n = find_pieces(pieces, value, &reasons->items[feature], number, (wbi_str){level, n_level});
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t room = length < size ? size - length : 0, fits = pieces[i].length < room ? pieces[i].length : room;
        if (fits > 0)
            memcpy(text + length, pieces[i].data, fits);
        length += pieces[i].length;
    }
    if (size > 0)
        text[length < size ? length : size - 1] = '\0';
    return length;
}

static wb_status append_pieces(wbi_buffer *buffer, const wbi_str *pieces, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++)
        WBI_TRY(wbi_buffer_append(buffer, pieces[i].data, pieces[i].length, err));
    return WB_OK;
}

wb_status wbi_reasons_append(wbi_buffer *buffer, const wb_reasons *reasons, size_t feature, double number,
                             const char *level, size_t n_level, wb_error *err)
{
    char value[WBI_VALUE_CHARS];
    wbi_str pieces[MAX_PIECES];
    const size_t n = find_pieces(pieces, value, &reasons->items[feature], number, (wbi_str){level, n_level});
    return append_pieces(buffer, pieces, n, err);
}

wb_status wbi_reasons_append_value(wbi_buffer *buffer, const wb_reasons *reasons, size_t feature, double number,
                                   const char *level, size_t n_level, wb_error *err)
{
    char value[WBI_VALUE_CHARS];
    wbi_str pieces[MAX_PIECES];
    const size_t n = find_pieces(pieces, value, &reasons->items[feature], number, (wbi_str){level, n_level});
    return append_pieces(buffer, pieces, n == MAX_PIECES ? n - 1 : n, err);
}

const char *wbi_reasons_unit(const wb_reasons *reasons, size_t feature)
{
    return reasons->items[feature].unit;
}

size_t wb_reasons_pick(size_t *features, const double *contributions, size_t n_features, size_t k, int down)
{
    const double sign = down ? -1 : 1;
    size_t n = 0;
    for (size_t f = 0; f < n_features; f++) {
        const double strength = sign * contributions[f];
        if (!(strength > 0) || k == 0 || (n == k && !(strength > sign * contributions[features[k - 1]])))
            continue;
        size_t at = n < k ? n++ : k - 1;
        for (; at > 0 && sign * contributions[features[at - 1]] < strength; at--)
            features[at] = features[at - 1];
        features[at] = f;
    }
    return n;
}
