/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of features straight to a file: printed by the thread that computed them, written in order. */
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "csv/writer.h"
#include "features/compute.h"
#include "io/output.h"

#define TEXT_CEILING ((size_t)1 << 30)

/* Where the blocks of one slot are printed. */
typedef struct printed_block {
    wbi_buffer text, id; /* of the block, and of the customer at hand */
    wbi_number_rows numbers;
    uint64_t n_rows;
} printed_block;

typedef struct printed_cutoff {
    char text[WB_TIME_CHARS];
    size_t length;
} printed_cutoff;

typedef struct printing {
    const wbi_plan *plan;
    const wbi_events *events;
    const wbi_compute_options *options;
    printed_cutoff *cutoffs;
    size_t n_columns;       /* behind the cutoff: features, then labels */
    size_t *end_of_numbers; /* by column: the first one from it on that holds no numbers */
    printed_block *pages;            /* by slot */
    size_t n_pages;
    wb_table *header;       /* no rows, but the levels that were printed */
    wbi_output *output;
    wbi_digest *digest;
    uint64_t n_rows;
    size_t n_customers;
} printing;

/* The most bytes that a row takes but for its texts. */
static size_t row_bytes(const printing *p)
{
    return (p->n_columns + 2) * WBI_SEPARATED_CHARS + WB_TIME_CHARS;
}

static void look_at(wbi_number_rows *numbers, const wbi_block *block, const wbi_plan *plan)
{
    for (size_t k = 0; k < numbers->n_columns; k++)
        numbers->columns[k] = k < plan->n_features ? block->numbers[k] : block->labels[k - plan->n_features];
}

/* Behind each text there is room for all else of a row. */
static wb_status print_row(const printing *p, printed_block *page, const wbi_block *block, size_t row, size_t j, wb_error *err)
{
    wbi_buffer *text = &page->text;
    const printed_cutoff *cutoff = &p->cutoffs[j];
    WBI_TRY(wbi_buffer_reserve(text, page->id.length + row_bytes(p), err));
    char *at = text->data + text->length;
    memcpy(at, page->id.data, page->id.length);
    at += page->id.length;
    *at++ = ',';
    memcpy(at, cutoff->text, cutoff->length);
    at += cutoff->length;
    for (size_t k = 0, end; k < p->n_columns; k = end + 1) {
        end = p->end_of_numbers[k];
        at = wbi_number_rows_print(at, &page->numbers, row - page->numbers.first, k, end);
        if (end == p->n_columns)
            break;
        *at++ = ',';
        text->length = (size_t)(at - text->data);
        WBI_TRY(wbi_csv_text(text, block->texts[end][row].data, block->texts[end][row].length, err));
        WBI_TRY(wbi_buffer_reserve(text, row_bytes(p), err));
        at = text->data + text->length;
    }
    *at++ = '\n';
    text->length = (size_t)(at - text->data);
    page->n_rows++;
    return WB_OK;
}

static wb_status print_block(void *context, const wbi_block *block, size_t slot, wb_error *err)
{
    const printing *p = context;
    printed_block *page = &p->pages[slot];
    page->text.length = 0;
    page->n_rows = 0;
    look_at(&page->numbers, block, p->plan);
    for (size_t k = 0, row = 0; k < block->n_customers; k++) {
        page->id.length = 0;
        for (size_t j = 0; j < p->options->n_cutoffs; j++, row++) {
            if (row % WBI_ROWS_AT_ONCE == 0)
                wbi_number_rows_find(&page->numbers, row, block->n_rows - row);
            if (!block->eligible[row])
                continue;
            if (page->id.length == 0) {
                const wbi_str id = wbi_compute_customer(p->events, block, k);
                WBI_TRY(wbi_csv_text(&page->id, id.data, id.length, err));
            }
            WBI_TRY(print_row(p, page, block, row, j, err));
        }
    }
    return WB_OK;
}

static wb_status write_text(printing *p, const wbi_buffer *text, wb_error *err)
{
    wbi_digest_update(p->digest, text->data, text->length);
    return wbi_output_write(p->output, text->data, text->length, err);
}

static wb_status count_levels(printing *p, const wbi_block *block, size_t f, wb_error *err)
{
    wbi_dictionary *levels = p->header->columns[f + 2].dictionary;
    int32_t code;
    for (size_t row = 0; row < block->n_rows; row++) {
        wbi_str text = block->texts[f][row];
        if (block->eligible[row] && text.data != NULL)
            WBI_TRY(wbi_dictionary_intern(levels, text.data, text.length, &code, err));
    }
    return WB_OK;
}

static wb_status write_block(void *context, const wbi_block *block, size_t slot, wb_error *err)
{
    printing *p = context;
    for (size_t f = 0; f < p->plan->n_features; f++)
        if (p->plan->features[f].type == WB_TYPE_CATEGORY)
            WBI_TRY(count_levels(p, block, f, err));
    p->n_rows += p->pages[slot].n_rows;
    p->n_customers += wbi_compute_customers_of(block, p->options->n_cutoffs);
    return write_text(p, &p->pages[slot].text, err);
}

static void find_ends_of_numbers(printing *p)
{
    for (size_t k = p->n_columns, end = k; k-- > 0;) {
        if (k < p->plan->n_features && p->plan->features[k].type != WB_TYPE_NUMBER)
            end = k;
        p->end_of_numbers[k] = end;
    }
}

static wb_status make_page(printed_block *page, size_t n_columns, wb_error *err)
{
    page->text = wbi_buffer_make(TEXT_CEILING);
    page->id = wbi_buffer_make(TEXT_CEILING);
    return wbi_number_rows_create(&page->numbers, n_columns, ',', err);
}

static wb_status start(printing *p, const char *path, wb_error *err)
{
    const size_t n_cutoffs = p->options->n_cutoffs;
    p->n_columns = p->plan->n_features + (p->options->with_labels ? p->plan->n_labels : 0);
    p->n_pages = wbi_compute_slots(p->options->n_threads);
    p->cutoffs = wbi_alloc_array(n_cutoffs, sizeof *p->cutoffs);
    p->end_of_numbers = wbi_alloc_array(p->n_columns, sizeof *p->end_of_numbers);
    p->pages = wbi_alloc_zeroed(p->n_pages, sizeof *p->pages);
    p->digest = wbi_digest_create();
    if (p->cutoffs == NULL || p->end_of_numbers == NULL || p->pages == NULL || p->digest == NULL)
        return wbi_fail_nomem(err, p->n_pages * sizeof *p->pages);
    for (size_t j = 0; j < n_cutoffs; j++) {
        wb_time_format(p->options->cutoffs_us[j], p->cutoffs[j].text);
        p->cutoffs[j].length = strlen(p->cutoffs[j].text);
    }
    find_ends_of_numbers(p);
    for (size_t s = 0; s < p->n_pages; s++)
        WBI_TRY(make_page(&p->pages[s], p->n_columns, err));
    return wbi_output_open(&p->output, path, err);
}

static wb_status write_header(printing *p, wb_error *err)
{
    WBI_TRY(wbi_compute_header(&p->header, p->plan, p->options->with_labels, err));
    WBI_TRY(wbi_csv_header(&p->pages[0].text, p->header, err));
    return write_text(p, &p->pages[0].text, err);
}

static void finish(printing *p)
{
    for (size_t s = 0; p->pages != NULL && s < p->n_pages; s++) {
        wbi_buffer_free(&p->pages[s].text);
        wbi_buffer_free(&p->pages[s].id);
        wbi_number_rows_free(&p->pages[s].numbers);
    }
    wbi_free(p->pages);
    wbi_free(p->end_of_numbers);
    wbi_free(p->cutoffs);
    wb_table_free(p->header);
    wbi_digest_free(p->digest);
    wbi_output_abort(p->output);
}

wb_status wbi_compute_to_file(const char *path, uint64_t *n_rows, char *digest_hex, const wbi_plan *plan,
                              const wbi_events *events, const wbi_compute_options *options, wb_error *err)
{
    printing p = {.plan = plan, .events = events, .options = options};
    wbi_block_user user = {print_block, write_block, &p};
    wb_status status;
    WBI_TRY_CLEANUP(start(&p, path, err));
    WBI_TRY_CLEANUP(write_header(&p, err));
    WBI_TRY_CLEANUP(wbi_compute_blocks(plan, events, options, &user, err));
    wbi_digest_hex(p.digest, digest_hex);
    *n_rows = p.n_rows;
    wbi_compute_warn_of_levels(options, p.header, p.n_customers);
    status = wbi_output_commit(p.output, err);
    p.output = NULL;
cleanup:
    finish(&p);
    return status;
}
