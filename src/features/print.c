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

typedef struct printing {
    const wbi_plan *plan;
    const wbi_events *events;
    const wbi_compute_options *options;
    char (*cutoffs)[WB_TIME_CHARS]; /* as they are printed */
    wbi_buffer *texts;              /* by slot */
    wbi_number_rows *numbers;       /* by slot */
    uint64_t *rows;                 /* by slot */
    size_t n_slots;
    wb_table *header;               /* no rows, but the levels that were printed */
    wbi_output *output;
    wbi_digest *digest;
    uint64_t n_rows;
    size_t n_customers;
} printing;

/* The most bytes that a row's numbers and commas take. */
static size_t row_bytes(const wbi_plan *plan)
{
    return (plan->n_features + plan->n_labels + 2) * WBI_SEPARATED_CHARS + WB_TIME_CHARS;
}

static wb_status print_text(wbi_buffer *text, wbi_str cell, const wbi_plan *plan, wb_error *err)
{
    WBI_TRY(wbi_csv_text(text, cell.data, cell.length, err));
    return wbi_buffer_reserve(text, row_bytes(plan), err);
}

/* What is printed behind the cutoff: features, then labels. */
static size_t n_columns(const printing *p)
{
    return p->plan->n_features + (p->options->with_labels ? p->plan->n_labels : 0);
}

static void look_at(wbi_number_rows *numbers, const wbi_block *block, const wbi_plan *plan)
{
    for (size_t k = 0; k < numbers->n_columns; k++)
        numbers->columns[k] = k < plan->n_features ? block->numbers[k] : block->labels[k - plan->n_features];
}

/* The first column from k on that holds no numbers. */
static size_t end_of_numbers(const wbi_number_rows *numbers, size_t k)
{
    while (k < numbers->n_columns && numbers->columns[k] != NULL)
        k++;
    return k;
}

/* Behind each text cell there is room for the numbers of a whole row. */
static wb_status print_row(const printing *p, size_t slot, const wbi_block *block, size_t row, wb_error *err)
{
    const wbi_number_rows *numbers = &p->numbers[slot];
    wbi_buffer *text = &p->texts[slot];
    size_t n_cutoffs = p->options->n_cutoffs;
    const char *cutoff = p->cutoffs[row % n_cutoffs];
    size_t cutoff_bytes = strlen(cutoff);
    WBI_TRY(print_text(text, wbi_compute_customer(p->events, block, row / n_cutoffs), p->plan, err));
    char *at = text->data + text->length;
    *at++ = ',';
    memcpy(at, cutoff, cutoff_bytes);
    at += cutoff_bytes;
    for (size_t k = 0, end; k < numbers->n_columns; k = end + 1) {
        end = end_of_numbers(numbers, k);
        at = wbi_number_rows_print(at, numbers, row - numbers->first, k, end);
        if (end == numbers->n_columns)
            break;
        *at++ = ',';
        text->length = (size_t)(at - text->data);
        WBI_TRY(print_text(text, block->texts[end][row], p->plan, err));
        at = text->data + text->length;
    }
    *at++ = '\n';
    text->length = (size_t)(at - text->data);
    return WB_OK;
}

static wb_status print_block(void *context, const wbi_block *block, size_t slot, wb_error *err)
{
    printing *p = context;
    p->texts[slot].length = 0;
    p->rows[slot] = 0;
    look_at(&p->numbers[slot], block, p->plan);
    for (size_t row = 0; row < block->n_rows; row++) {
        if (row % WBI_ROWS_AT_ONCE == 0)
            wbi_number_rows_find(&p->numbers[slot], row, block->n_rows - row);
        if (!block->eligible[row])
            continue;
        WBI_TRY(print_row(p, slot, block, row, err));
        p->rows[slot]++;
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
    p->n_rows += p->rows[slot];
    p->n_customers += wbi_compute_customers_of(block, p->options->n_cutoffs);
    return write_text(p, &p->texts[slot], err);
}

static wb_status start(printing *p, const char *path, wb_error *err)
{
    size_t n_cutoffs = p->options->n_cutoffs, n_slots = wbi_compute_slots(p->options->n_threads);
    p->cutoffs = wbi_alloc_array(n_cutoffs, sizeof *p->cutoffs);
    p->texts = wbi_alloc_array(n_slots, sizeof *p->texts);
    p->rows = wbi_alloc_array(n_slots, sizeof *p->rows);
    p->numbers = wbi_alloc_zeroed(n_slots, sizeof *p->numbers);
    p->digest = wbi_digest_create();
    if (p->cutoffs == NULL || p->texts == NULL || p->rows == NULL || p->numbers == NULL ||
        p->digest == NULL)
        return wbi_fail_nomem(err, n_slots * sizeof *p->texts);
    for (size_t j = 0; j < n_cutoffs; j++)
        wb_time_format(p->options->cutoffs_us[j], p->cutoffs[j]);
    for (; p->n_slots < n_slots; p->n_slots++)
        p->texts[p->n_slots] = wbi_buffer_make(TEXT_CEILING);
    for (size_t s = 0; s < n_slots; s++)
        WBI_TRY(wbi_number_rows_create(&p->numbers[s], n_columns(p), ',', err));
    return wbi_output_open(&p->output, path, err);
}

static wb_status write_header(printing *p, wb_error *err)
{
    WBI_TRY(wbi_compute_header(&p->header, p->plan, p->options->with_labels, err));
    WBI_TRY(wbi_csv_header(&p->texts[0], p->header, err));
    return write_text(p, &p->texts[0], err);
}

static void finish(printing *p)
{
    for (size_t s = 0; s < p->n_slots; s++) {
        wbi_buffer_free(&p->texts[s]);
        wbi_number_rows_free(&p->numbers[s]);
    }
    wbi_free(p->texts);
    wbi_free(p->numbers);
    wbi_free(p->rows);
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
