/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/compute.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "events/need.h"
#include "features/block.h"
#include "features/warn.h"
#include "par/par.h"

/* A block has a fixed number of rows of the result, few enough to stay in a core's cache until they are printed, whatever
 * the number of cutoffs. */
enum { CUSTOMERS_A_BLOCK = 512, ROWS_A_BLOCK = 1024, BLOCKS_A_THREAD = 2 };

typedef struct computing {
    const wbi_plan *plan;
    const wbi_events *events;
    const wbi_compute_options *options;
    const wbi_block_user *user;
    wbi_block *blocks; /* by slot */
    size_t n_slots;
    wbi_worker **workers;
    int n_threads;
    uint64_t *n_overflows; /* as of a block, in all */
    wbi_line_counts *lines;
    uint64_t *n_positive; /* by label, then cutoff */
    size_t block_customers, next_customer, n_done;
} computing;

static wb_status next_block(void *context, size_t slot, int *more, wb_error *err)
{
    computing *c = context;
    size_t left = c->events->n_customers - c->next_customer;
    (void)err;
    *more = left > 0;
    c->blocks[slot].first_customer = c->next_customer;
    c->blocks[slot].n_customers = left < c->block_customers ? left : c->block_customers;
    c->next_customer += c->blocks[slot].n_customers;
    return WB_OK;
}

static wb_status compute_block(void *context, size_t slot, int worker, wb_error *err)
{
    computing *c = context;
    wbi_block *block = &c->blocks[slot];
    WBI_TRY(wbi_block_compute(block, c->workers[worker], c->options, err));
    return c->user->work == NULL ? WB_OK : c->user->work(c->user->context, block, slot, err);
}

static void add_population(const computing *c, const wbi_block *block)
{
    for (size_t j = 0; j < c->options->n_cutoffs; j++) {
        wb_population *all = &c->options->population[j];
        const wb_population *part = &block->population[j];
        all->n_known += part->n_known;
        all->n_eligible += part->n_eligible;
        all->n_no_event += part->n_no_event;
        all->n_where += part->n_where;
        all->n_within += part->n_within;
        all->n_since += part->n_since;
        all->n_not_after += part->n_not_after;
        all->n_objected += part->n_objected;
    }
    for (size_t i = 0; c->options->with_labels && i < c->plan->n_labels * c->options->n_cutoffs; i++)
        c->n_positive[i] += block->n_positive[i];
}

static void add_lines(const computing *c, const wbi_block *block)
{
    for (size_t t = 0; t < c->plan->n_tables; t++) {
        c->lines[t].n_arrived += block->lines[t].n_arrived;
        c->lines[t].n_left += block->lines[t].n_left;
    }
}

static wb_status take_block(void *context, size_t slot, wb_error *err)
{
    computing *c = context;
    WBI_TRY(c->user->take(c->user->context, &c->blocks[slot], slot, err));
    add_population(c, &c->blocks[slot]);
    add_lines(c, &c->blocks[slot]);
    for (size_t i = 0; i < c->plan->n_features + c->plan->n_tables; i++)
        c->n_overflows[i] += c->blocks[slot].n_overflows[i];
    c->n_done += c->blocks[slot].n_customers;
    return wbi_progress(c->options->log, "features", c->n_done, c->events->n_customers, err);
}

wbi_str wbi_compute_customer(const wbi_events *events, const wbi_block *block, size_t k)
{
    return wbi_dictionary_at(events->customers, events->code_of[block->first_customer + k]);
}

size_t wbi_compute_slots(int n_threads)
{
    return 2 * (size_t)wbi_par_threads(n_threads);
}

static wb_status prepare(computing *c, wb_error *err)
{
    c->block_customers = ROWS_A_BLOCK / c->options->n_cutoffs;
    if (c->block_customers < 1)
        c->block_customers = 1;
    if (c->block_customers > CUSTOMERS_A_BLOCK)
        c->block_customers = CUSTOMERS_A_BLOCK;
    size_t n_worth = wbi_par_n_blocks(c->events->n_customers, BLOCKS_A_THREAD * c->block_customers);
    c->n_threads = wbi_par_threads(c->options->n_threads);
    if (n_worth < (size_t)c->n_threads)
        c->n_threads = n_worth > 0 ? (int)n_worth : 1;
    c->n_slots = wbi_compute_slots(c->n_threads);
    c->blocks = wbi_alloc_zeroed(c->n_slots, sizeof *c->blocks);
    c->workers = wbi_alloc_zeroed((size_t)c->n_threads, sizeof(wbi_worker *));
    c->n_overflows = wbi_alloc_zeroed(c->plan->n_features + c->plan->n_tables, sizeof *c->n_overflows);
    c->lines = wbi_alloc_zeroed(c->plan->n_tables, sizeof *c->lines);
    c->n_positive = wbi_alloc_zeroed(c->plan->n_labels * c->options->n_cutoffs, sizeof *c->n_positive);
    if (c->blocks == NULL || c->workers == NULL || c->n_overflows == NULL || c->lines == NULL || c->n_positive == NULL)
        return wbi_fail_nomem(err, c->n_slots * sizeof *c->blocks);
    for (size_t s = 0; s < c->n_slots; s++)
        WBI_TRY(wbi_block_create(&c->blocks[s], c->plan, c->block_customers, c->options->n_cutoffs, err));
    for (int w = 0; w < c->n_threads; w++)
        WBI_TRY(wbi_worker_create(&c->workers[w], c->plan, c->events, c->block_customers, c->options->n_cutoffs, err));
    return WB_OK;
}

static void count_first_label(const computing *c)
{
    const wbi_compute_options *o = c->options;
    for (size_t j = 0; o->with_labels && c->plan->n_labels > 0 && j < o->n_cutoffs; j++) {
        const bool known = wbi_label_is_known(c->plan->labels[0].def, o->cutoffs_us[j], o->until_us);
        o->population[j].n_labelled = known ? o->population[j].n_eligible : 0;
        o->population[j].n_positive = c->n_positive[j];
    }
}

wb_status wbi_compute_blocks(const wbi_plan *plan, const wbi_events *events, const wbi_compute_options *options,
                             const wbi_block_user *user, wb_error *err)
{
    computing c = {.plan = plan, .events = events, .options = options, .user = user};
    wbi_pipeline pipeline = {next_block, compute_block, take_block, &c, 0};
    wb_status status;
    WBI_TRY_CLEANUP(prepare(&c, err));
    pipeline.n_slots = c.n_slots;
    WBI_TRY_CLEANUP(wbi_par_pipeline(&pipeline, c.n_threads, err));
    wbi_tell_of_where(plan, c.lines, options->cutoffs_us[options->n_cutoffs - 1], options->log);
    wbi_warn_of_nobody(plan, options);
    for (size_t l = 0; options->with_labels && l < plan->n_labels; l++)
        wbi_warn_of_one_class(&plan->labels[l], options, c.n_positive + l * options->n_cutoffs);
    count_first_label(&c);
    wbi_warn_overflows(plan, c.n_overflows, options->log);
    wbi_warn_computed_overflows(plan, c.workers, (size_t)c.n_threads, options->log);
cleanup:
    for (size_t s = 0; c.blocks != NULL && s < c.n_slots; s++)
        wbi_block_free(&c.blocks[s], plan);
    for (int w = 0; c.workers != NULL && w < c.n_threads; w++)
        wbi_worker_free(c.workers[w]);
    wbi_free(c.n_overflows);
    wbi_free(c.lines);
    wbi_free(c.n_positive);
    wbi_free(c.blocks);
    wbi_free(c.workers);
    return status;
}

wb_status wbi_compute_header(wb_table **out, const wbi_plan *plan, bool with_labels, wb_error *err)
{
    char name[256];
    wb_table *table;
    WBI_TRY(wbi_table_create(&table, err));
    wb_status status;
    WBI_TRY_CLEANUP(wbi_table_add_column(table, "customer_id", WB_TYPE_TEXT, NULL, err));
    WBI_TRY_CLEANUP(wbi_table_add_column(table, "cutoff", WB_TYPE_TIME, NULL, err));
    for (size_t f = 0; f < plan->n_features; f++)
        WBI_TRY_CLEANUP(
            wbi_table_add_column(table, plan->features[f].def->name, plan->features[f].type, NULL, err));
    for (size_t l = 0; with_labels && l < plan->n_labels; l++) {
        snprintf(name, sizeof name, "label_%s", plan->labels[l].def->name);
        WBI_TRY_CLEANUP(wbi_table_add_column(table, name, WB_TYPE_NUMBER, NULL, err));
    }
    *out = table;
    return WB_OK;
cleanup:
    wb_table_free(table);
    return status;
}

size_t wbi_compute_customers_of(const wbi_block *block, size_t n_cutoffs)
{
    size_t n = 0;
    for (size_t k = 0; k < block->n_customers; k++)
        n += memchr(block->eligible + k * n_cutoffs, 1, n_cutoffs) != NULL;
    return n;
}

void wbi_compute_warn_of_levels(const wbi_compute_options *options, const wb_table *features, size_t n_customers)
{
    for (size_t k = 0; k < features->n_columns; k++) {
        size_t n_levels = wb_table_n_levels(features, k);
        if (n_levels * 2 > n_customers)
            wbi_log(options->log, WB_LOG_WARNING,
                    "%s: %zu levels among %zu customers: such a category names customers rather than describing them",
                    features->columns[k].name, n_levels, n_customers);
    }
}

/* ---- the table ---- */

typedef struct collecting {
    const wbi_plan *plan;
    const wbi_events *events;
    const wbi_compute_options *options;
    wb_table *table;
    size_t n_customers;
} collecting;

static wb_status append_text(wbi_column *column, wbi_str text, wb_error *err)
{
    int32_t code = -1;
    if (text.data != NULL)
        WBI_TRY(wbi_dictionary_intern(column->dictionary, text.data, text.length, &code, err));
    return wbi_column_push_code(column, code, err);
}

static wb_status append_row(collecting *c, const wbi_block *block, size_t k, size_t row, wb_error *err)
{
    const wbi_plan *plan = c->plan;
    wbi_column *columns = c->table->columns + 2;
    wbi_str id = wbi_compute_customer(c->events, block, k);
    WBI_TRY(wbi_column_push_text(&c->table->columns[0], id.data, id.length, err));
    WBI_TRY(wbi_column_push_time(&c->table->columns[1], c->options->cutoffs_us[row % c->options->n_cutoffs], err));
    for (size_t f = 0; f < plan->n_features; f++) {
        if (plan->features[f].type == WB_TYPE_NUMBER)
            WBI_TRY(wbi_column_push_number(&columns[f], block->numbers[f][row], err));
        else
            WBI_TRY(append_text(&columns[f], block->texts[f][row], err));
    }
    for (size_t l = 0; c->options->with_labels && l < plan->n_labels; l++)
        WBI_TRY(wbi_column_push_number(&columns[plan->n_features + l], block->labels[l][row], err));
    return WB_OK;
}

/* The rows of the first `n_done` customers say how large the table will be. */
static wb_status check_need(const collecting *c, size_t n_done, wb_error *err)
{
    const wbi_column *ids = &c->table->columns[0];
    const size_t cell_bytes = sizeof(double);
    double scale = (double)c->events->n_customers / (double)n_done, n_rows = (double)c->table->n_rows * scale;
    double bytes = n_rows * (double)(c->table->n_columns * cell_bytes) + (double)ids->offsets[ids->length] * scale;
    char what[128];
    snprintf(what, sizeof what, "about %.0f rows of %zu columns", n_rows, c->table->n_columns);
    return wbi_need_check(&c->options->allowance, (size_t)bytes, NULL, what, err);
}

static wb_status append_block(void *context, const wbi_block *block, size_t slot, wb_error *err)
{
    collecting *c = context;
    (void)slot;
    c->n_customers += wbi_compute_customers_of(block, c->options->n_cutoffs);
    for (size_t row = 0; row < block->n_rows; row++) {
        if (!block->eligible[row])
            continue;
        WBI_TRY(append_row(c, block, row / c->options->n_cutoffs, row, err));
        c->table->n_rows++;
    }
    if (c->options->allowance.limit_bytes == 0 || c->table->n_rows == 0)
        return WB_OK;
    return check_need(c, block->first_customer + block->n_customers, err);
}

wb_status wbi_compute_features(wb_table **out, const wbi_plan *plan, const wbi_events *events,
                               const wbi_compute_options *options, wb_error *err)
{
    collecting c = {.plan = plan, .events = events, .options = options};
    wbi_block_user user = {NULL, append_block, &c};
    WBI_TRY(wbi_compute_header(&c.table, plan, options->with_labels, err));
    wb_status status = wbi_compute_blocks(plan, events, options, &user, err);
    if (status == WB_OK && options->with_labels)
        wbi_compute_warn_of_levels(options, c.table, c.n_customers);
    if (status == WB_OK)
        *out = c.table;
    else
        wb_table_free(c.table);
    return status;
}
