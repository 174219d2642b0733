/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns separate the classes, when an unpenalised fit does not converge: those whose coefficients the last step
 * still moved, for along them the likelihood has no maximum (Albert and Anderson 1984). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/filler.h"
#include "train/train.h"

enum { MAX_SUSPECTS = 5, BLOCK_ROWS = 512 };
/* Of the largest move; the other coefficients come to rest. */
static const double STILL_MOVING = 0.1;

/* A column, and what its values are in the rows of each class. */
typedef struct suspect {
    size_t column; /* of the basis */
    double move;
    double least[2], most[2];
    uint64_t n[2], n_one[2];
    bool binary;
} suspect;

/* Those that moved most, at most MAX_SUSPECTS, in descending order. */
static size_t find_suspects(suspect *out, const double *move, size_t n_columns)
{
    double largest = 0;
    size_t n = 0;
    for (size_t j = 0; j < n_columns; j++)
        largest = fmax(largest, fabs(move[j + 1]));
    for (size_t j = 0; j < n_columns; j++) {
        double size = fabs(move[j + 1]);
        if (!(size > 0 && size >= STILL_MOVING * largest) || (n == MAX_SUSPECTS && size <= out[n - 1].move))
            continue;
        size_t at = n < MAX_SUSPECTS ? n++ : n - 1;
        for (; at > 0 && out[at - 1].move < size; at--)
            out[at] = out[at - 1];
        out[at] = (suspect){.column = j,
                            .move = size,
                            .least = {INFINITY, INFINITY},
                            .most = {-INFINITY, -INFINITY},
                            .binary = true};
    }
    return n;
}

static void count(suspect *of, double value, uint8_t outcome)
{
    double whole = round(value);
    if (fabs(value - whole) < 1e-9) /* it was standardised and back */
        value = whole;
    of->least[outcome] = fmin(of->least[outcome], value);
    of->most[outcome] = fmax(of->most[outcome], value);
    of->n[outcome]++;
    of->n_one[outcome] += value == 1;
    of->binary = of->binary && (value == 0 || value == 1);
}

static wb_status count_rows(suspect *suspects, size_t n, const wbi_training *training, const wbi_basis *basis,
                            wb_error *err)
{
    const wbi_part *all = &training->all;
    wbi_encoder *encoder = NULL;
    wbi_filler *filler = NULL;
    WBI_TRY(wbi_encoder_create(&encoder, basis, training->table, err));
    double *x = wbi_alloc_array(BLOCK_ROWS, encoder->stride * sizeof *x);
    wb_status status = x == NULL ? wbi_fail_nomem(err, BLOCK_ROWS * encoder->stride * sizeof *x)
                                 : wbi_filler_create(&filler, encoder, all->rows, all->n, 1, err);
    for (size_t begin = 0; status == WB_OK && begin < all->n; begin += BLOCK_ROWS) {
        size_t n_rows = all->n - begin < BLOCK_ROWS ? all->n - begin : BLOCK_ROWS;
        status = wbi_filler_fill(filler, 0, x, begin, n_rows, err);
        for (size_t i = 0; status == WB_OK && i < n_rows * n; i++) {
            suspect *of = &suspects[i % n];
            const wbi_basis_column *column = &basis->columns[of->column];
            double value = x[i / n * encoder->stride + of->column + 1] * column->sd + column->mean;
            count(of, value, all->outcome[begin + i / n]);
        }
    }
    wbi_free(x);
    wbi_filler_free(filler);
    wbi_encoder_free(encoder);
    return status;
}

static void tell(const suspect *of, const char *name, const wb_log *log)
{
    if (of->binary)
        wbi_log(log, WB_LOG_WARNING,
                "%s may separate the classes: of the rows where it is 1, %" PRIu64 " are negative and %" PRIu64
                " positive; where it is 0, %" PRIu64 " and %" PRIu64,
                name, of->n_one[0], of->n_one[1], of->n[0] - of->n_one[0], of->n[1] - of->n_one[1]);
    else
        wbi_log(log, WB_LOG_WARNING,
                "%s may separate the classes: it goes from %.6g to %.6g in negative rows, from %.6g to %.6g in positive ones",
                name, of->least[0], of->most[0], of->least[1], of->most[1]);
}

wb_status wbi_warn_separation(const wbi_training *training, const wbi_fit *fit, wb_error *err)
{
    suspect suspects[MAX_SUSPECTS];
    if (training->log == NULL || training->smooth || fit->last.converged || fit->move == NULL)
        return WB_OK;
    size_t n = find_suspects(suspects, fit->move, fit->basis->n_columns);
    if (n > 0)
        WBI_TRY(count_rows(suspects, n, training, fit->basis, err));
    for (size_t k = 0; k < n; k++)
        tell(&suspects[k], fit->basis->columns[suspects[k].column].name, training->log);
    return WB_OK;
}
