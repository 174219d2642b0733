/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges of quintiles: learned, read from JSON, written. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/json.h"
#include "design/quantile.h"
#include "io/input.h"
#include "io/output.h"
#include "segment/segment.h"

#define FORMAT "winback segments"
enum { VERSION = 1, MAX_FILE_BYTES = 1 << 16 };
/* Whole numbers up to here are doubles. */
static const uint64_t MAX_CUSTOMERS = UINT64_C(1) << 53;
static const uint64_t MAX_SPAN_US = (uint64_t)36525 * 86400 * 1000000; /* a hundred years, the longest duration */

/* Type 7 lies (n - 1) k / 5 values above the least. In whole numbers, so that a value that is an edge is not above it. */
void wbi_segment_learn(double edges[WB_SEGMENT_EDGES], const double *values, size_t n, double *spare)
{
    size_t ranks[2 * WB_SEGMENT_EDGES];
    double found[2 * WB_SEGMENT_EDGES];
    for (size_t k = 0; k < WB_SEGMENT_EDGES; k++) {
        const size_t fifths = (n - 1) * (k + 1);
        ranks[2 * k] = fifths / WBI_SEGMENT_BEST;
        ranks[2 * k + 1] = ranks[2 * k] + (fifths % WBI_SEGMENT_BEST > 0);
    }
    wbi_order_statistics(found, ranks, 2 * WB_SEGMENT_EDGES, values, n, spare);
    for (size_t k = 0; k < WB_SEGMENT_EDGES; k++) {
        const double low = found[2 * k], high = found[2 * k + 1];
        const double part = (double)((n - 1) * (k + 1) % WBI_SEGMENT_BEST) / WBI_SEGMENT_BEST;
        edges[k] = fmin(low + part * (high - low), high);
    }
}

int wbi_segment_below(const double edges[WB_SEGMENT_EDGES], double value)
{
    int n = 0;
    while (n < WB_SEGMENT_EDGES && edges[n] < value)
        n++;
    return n;
}

/* ---- JSON ---- */

typedef struct measure {
    const char *key;
    size_t offset;
    double least;
} measure;

static const measure measures[] = {
    {WBI_SEGMENT_RECENCY, offsetof(wb_segment_edges, recency_days), 0},
    {WBI_SEGMENT_FREQUENCY, offsetof(wb_segment_edges, frequency), 0},
    {WBI_SEGMENT_MONETARY, offsetof(wb_segment_edges, monetary), -INFINITY},
};
enum { N_MEASURES = sizeof measures / sizeof measures[0] };

static wb_status read_format(const wbi_json_at *at, wb_error *err)
{
    char *format = NULL;
    uint64_t version;
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(wbi_json_text(&format, at, "format", err));
    const wb_status status = strcmp(format, FORMAT) == 0
                                 ? WB_OK
                                 : wbi_json_wrong(at, "format", err, "expected '%s', found '%.40s'", FORMAT, format);
    wbi_free(format);
    WBI_TRY(status);
    WBI_TRY(wbi_json_count(&version, at, "version", INT64_MAX, err));
    if (version == VERSION)
        return WB_OK;
    return wbi_json_wrong(at, "version", err, "this program reads version %d, not %" PRIu64, VERSION, version);
}

static wb_status read_edges(double edges[WB_SEGMENT_EDGES], const measure *what, const wbi_json_at *at, wb_error *err)
{
    double *numbers = NULL;
    size_t n;
    wb_status status = wbi_json_numbers(&numbers, &n, at, what->key, err);
    if (status == WB_OK && n != WB_SEGMENT_EDGES)
        status = wbi_json_wrong(at, what->key, err, "expected %d numbers, found %zu", WB_SEGMENT_EDGES, n);
    for (size_t k = 0; status == WB_OK && k < WB_SEGMENT_EDGES; k++) {
        if (!isfinite(numbers[k]) || numbers[k] < what->least)
            status = wbi_json_wrong(at, what->key, err, "%.17g is not a number of at least %g", numbers[k], what->least);
        else if (k > 0 && numbers[k] < numbers[k - 1])
            status = wbi_json_wrong(at, what->key, err, "%.17g follows on %.17g, which is more", numbers[k], numbers[k - 1]);
        edges[k] = numbers[k];
    }
    wbi_free(numbers);
    return status;
}

static wb_status read_object(wb_segment_edges *out, const wbi_json_at *at, wb_error *err)
{
    uint64_t window_us;
    char *cutoff = NULL;
    WBI_TRY(read_format(at, err));
    WBI_TRY(wbi_json_text(&cutoff, at, "cutoff", err));
    const wb_status status = wb_time_parse(&out->cutoff_us, cutoff, 0, NULL) == WB_OK
                                 ? WB_OK
                                 : wbi_json_wrong(at, "cutoff", err, "'%.40s' is no date or instant", cutoff);
    wbi_free(cutoff);
    WBI_TRY(status);
    WBI_TRY(wbi_json_count(&out->n_customers, at, "n_customers", MAX_CUSTOMERS, err));
    WBI_TRY(wbi_json_count(&window_us, at, "window_us", MAX_SPAN_US, err));
    out->window_us = (int64_t)window_us;
    for (size_t i = 0; i < N_MEASURES; i++)
        WBI_TRY(read_edges((double *)(void *)((char *)out + measures[i].offset), &measures[i], at, err));
    return WB_OK;
}

wb_status wbi_segment_read_edges(wb_segment_edges *out, const char *path, wb_error *err)
{
    char *bytes = NULL;
    size_t n;
    json_t *object;
    *out = (wb_segment_edges){0};
    WBI_TRY(wbi_input_slurp(&bytes, &n, path, MAX_FILE_BYTES, err));
    wb_status status = wbi_json_parse(&object, bytes, n, path, "file of segments' edges", err);
    wbi_free(bytes);
    if (status == WB_OK) {
        const wbi_json_at at = {.value = object, .file = path};
        status = read_object(out, &at, err);
        json_decref(object);
    }
    if (status == WB_ERR_MALFORMED)
        wbi_advise(err, "--refit learns edges anew and writes the file again");
    return status;
}

static json_t *edges_json(const wb_segment_edges *edges)
{
    char cutoff[WB_TIME_CHARS];
    wb_time_format(edges->cutoff_us, cutoff);
    json_t *object = json_object();
    int failed = json_object_set_new(object, "format", json_string(FORMAT));
    failed |= json_object_set_new(object, "version", json_integer(VERSION));
    failed |= json_object_set_new(object, "cutoff", json_string(cutoff));
    failed |= json_object_set_new(object, "n_customers", json_integer((json_int_t)edges->n_customers));
    failed |= json_object_set_new(object, "window_us", json_integer(edges->window_us));
    for (size_t i = 0; i < N_MEASURES; i++) {
        const double *of = (const double *)(const void *)((const char *)edges + measures[i].offset);
        failed |= json_object_set_new(object, measures[i].key, wbi_json_reals(of, WB_SEGMENT_EDGES));
    }
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

wb_status wb_segments_write_edges(const wb_segments *segments, const char *path, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_buffer text = wbi_buffer_make(MAX_FILE_BYTES);
    wbi_output *output = NULL;
    json_t *object = edges_json(&segments->edges);
    if (object == NULL)
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory while edges were written");
    WBI_TRY_CLEANUP(wbi_json_print(&text, object, err));
    WBI_TRY_CLEANUP(wbi_buffer_append_text(&text, "\n", err));
    WBI_TRY_CLEANUP(wbi_output_open(&output, path, err));
    WBI_TRY_CLEANUP(wbi_output_write(output, text.data, text.length, err));
    status = wbi_output_commit(output, err);
    output = NULL;
cleanup:
    wbi_output_abort(output);
    wbi_buffer_free(&text);
    json_decref(object);
    return status;
}
