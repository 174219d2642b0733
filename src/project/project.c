/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project file as a whole, and as JSON. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/input.h"
#include "project/records.h"
#include "project/schema.h"

enum { MAX_FILE_BYTES = 16 << 20, MAX_JSON_BYTES = 256 << 20 };

static wb_status read_zone(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wb_project *project = field;
    return wbi_read_zone(&project->zone_offset_s, &project->zone, at, err);
}

static wb_status write_zone(json_t **out, const void *field, const wbi_key *key, wb_error *err)
{
    (void)key;
    const wb_project *project = field;
    return wbi_write_zone(out, project->zone_offset_s, project->zone, err);
}

static const wbi_kind kind_zone = {"`UTC`, an offset, or a zone", "", read_zone, write_zone};

#define AT(member) offsetof(wb_project, member)
static const char *const contacted_choices[] = {"keep", "drop", "feature", NULL};
static const wbi_key train_keys[] = {
    {"contacted", &wbi_kind_choice, AT(contacted), "`keep`", .choices = contacted_choices,
     .meaning = "rows of customers who were mailed within the window of their label, by `contacts` of `campaign`: keep them and warn "
                "of more than 5 %; drop them, but for those in a control group; or learn what mailing changes, as a feature that "
                "scoring sets to 0"},
    {.name = NULL}};

const wbi_key wbi_project_keys[] = {
    {"timezone", &kind_zone, 0, "`UTC`", .meaning = "of times without an offset, dates and cutoffs: `+02:00`, `-0530`, `Europe/Berlin`"},
    {"tables", &wbi_kind_tables, 0, NULL, .meaning = "the event tables", .children = wbi_table_keys},
    {"population", &wbi_kind_population, AT(population), "`{table: orders}`", .meaning = "which customers count",
     .children = wbi_population_keys},
    {"label", &wbi_kind_label, AT(label), NULL, .meaning = "what is to be predicted", .children = wbi_label_keys},
    {"data_until", &wbi_kind_instant, AT(data_until_us), "end of the day of the last row of the label's table",
     .meaning = "when the data end, exclusive: a date is its first moment. Rows from then on are left out. Without a label, "
                "or when its table has no time, the last row of any table of events decides"},
    {"cutoffs", &wbi_kind_cutoffs, 0, NULL, .meaning = "the instants at which features are taken",
     .children = wbi_cutoff_keys},
    {"features", &wbi_kind_mapping, 0, NULL, .meaning = "what is computed of each customer",
     .children = wbi_features_keys},
    {"models", &wbi_kind_models, 0, NULL, .meaning = "how models are made", .children = wbi_model_keys},
    {"train", &wbi_kind_mapping, 0, NULL, .meaning = "what past campaigns do to training", .children = train_keys, .local = true},
    {"campaign", &wbi_kind_campaign, AT(campaign), NULL, .meaning = "what contacts cost and bring, in one currency",
     .children = wbi_campaign_keys, .local = true},
    {"segments", &wbi_kind_segments, AT(segments), NULL,
     .meaning = "how customers are grouped by recency, frequency and monetary value; a list stands for its `names`",
     .children = wbi_segments_keys, .local = true},
    {.name = NULL}};
#undef AT

/* No document at all, or one that holds nothing. */
static bool is_empty(const wbi_at *root)
{
    return root->node == NULL || (wbi_at_is_text(root) && wbi_at_text(root)[0] == '\0');
}

/* `file` NULL: a text without a file. */
static wb_status parse(wb_project **out, const char *text, size_t n, const char *file, wb_error *err)
{
    yaml_document_t document;
    WBI_TRY(wbi_yaml_load(&document, text, n, file, err));
    wb_project *project = NULL;
    wb_status status = wb_project_create(&project, err);
    if (status == WB_OK && file != NULL)
        status = wbi_set_text(&project->path, file, err);
    const wbi_reader reader = {&document, file, project};
    const wbi_at root = {.reader = &reader, .node = yaml_document_get_root_node(&document), .line = 1};
    if (status == WB_OK && !is_empty(&root))
        status = wbi_read_mapping(project, &root, wbi_project_keys, err);
    yaml_document_delete(&document);
    if (status == WB_OK)
        *out = project;
    else
        wb_project_free(project);
    return status;
}

wb_status wb_project_parse(wb_project **out, const char *text, wb_error *err)
{
    return parse(out, text, strlen(text), NULL, err);
}

wb_status wb_project_read(wb_project **out, const char *path, wb_error *err)
{
    char *text = NULL;
    size_t n = 0;
    WBI_TRY(wbi_input_slurp(&text, &n, path, MAX_FILE_BYTES, err));
    wb_status status = parse(out, text, n, path, err);
    wbi_free(text);
    return status;
}

typedef struct json_sink {
    wbi_buffer buffer;
    bool failed; /* jansson goes on after a key that could not be written */
} json_sink;

static int append(const char *bytes, size_t n, void *user)
{
    json_sink *sink = user;
    sink->failed = sink->failed || wbi_buffer_append(&sink->buffer, bytes, n, NULL) != WB_OK;
    return sink->failed ? -1 : 0;
}

wb_status wbi_project_to_json(char **text, const wb_project *project, wb_error *err)
{
    json_t *root = NULL;
    WBI_TRY(wbi_write_mapping(&root, project, wbi_project_keys, err));
    json_sink sink = {wbi_buffer_make(MAX_JSON_BYTES), false};
    bool done = json_dump_callback(root, append, &sink, JSON_INDENT(2)) == 0 && append("", 1, &sink) == 0;
    json_decref(root);
    if (!done) {
        wbi_buffer_free(&sink.buffer);
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory");
    }
    *text = sink.buffer.data;
    return WB_OK;
}
