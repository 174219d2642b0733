/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part of vector.h: kernels over a matrix of the caller's, whose rows are neither aligned nor padded. The columns that do not
 * fill a register are done in one that ends with the last column, and so begins with some that another has, too. */

/* Memory is asked for rows about so far ahead. */
enum { BYTES_AHEAD = 4096, LINE_BYTES = 64 };
/* How many registers stand side by side, for which sums are kept while rows pass: one a column and sum. */
enum { TILE_VECS = 4, MOMENT_VECS = 2 };

/* From a row to one that is wanted soon. */
INLINE size_t ahead_of(const wbi_matrix_rows *rows)
{
    return (1 + BYTES_AHEAD / ((1 + rows->n_columns) * sizeof *rows->x)) * rows->stride;
}

INLINE void prefetch(const double *x, size_t n)
{
    for (size_t at = 0; at < n * sizeof *x; at += LINE_BYTES)
        __builtin_prefetch((const char *)x + at);
}

/* Where the register for the columns from j on begins, of n. */
INLINE size_t register_at(size_t j, size_t n)
{
    return j + LANES <= n ? j : n < LANES ? 0 : n - LANES;
}

/* A register of numbers; of rows that have less than LANES what there is, and zeros. */
INLINE vec take(const double *p, size_t width)
{
    double lanes[LANES] = {0};
    if (width == LANES)
        return LOAD(p);
    memcpy(lanes, p, width * sizeof *p);
    return LOAD(lanes);
}

INLINE void put(double *p, vec values, size_t width)
{
    double lanes[LANES];
    if (width == LANES) {
        STORE(p, values);
        return;
    }
    STORE(lanes, values);
    memcpy(p, lanes, width * sizeof *p);
}

/* Adds what a register from `at` on says of the columns from j on. */
INLINE void add_from(double *sums, vec values, size_t at, size_t j, size_t n)
{
    double lanes[LANES];
    STORE(lanes, values);
    for (; j < n && j < at + LANES; j++)
        sums[j] += lanes[j - at];
}

INLINE void moments_tile(const wbi_kernel_moments *to, const wbi_matrix_rows *rows, const double *shift, const double *weight,
                         size_t j, size_t width)
{
    const size_t n = rows->n_columns;
    vec first[MOMENT_VECS], second[MOMENT_VECS], low[MOMENT_VECS], high[MOMENT_VECS];
    size_t at[MOMENT_VECS];
    for (size_t k = 0; k < MOMENT_VECS; k++) {
        at[k] = register_at(j + k * LANES, n);
        first[k] = second[k] = SPLAT(0.0);
        low[k] = take(to->low + at[k], width);
        high[k] = take(to->high + at[k], width);
    }
    for (size_t i = 0; i < rows->n_rows; i++)
        for (size_t k = 0; k < MOMENT_VECS; k++) {
            const vec x = take(rows->x + i * rows->stride + at[k], width), d = x - take(shift + at[k], width);
            const vec wd = SPLAT(weight == NULL ? 1 : weight[i]) * d;
            first[k] += wd;
            second[k] += wd * d;
            low[k] = LOWER(x, low[k]);
            high[k] = HIGHER(x, high[k]);
        }
    for (size_t k = 0; k < MOMENT_VECS; k++) {
        add_from(to->first, first[k], at[k], j + k * LANES, n);
        add_from(to->second, second[k], at[k], j + k * LANES, n);
        put(to->low + at[k], low[k], width);
        put(to->high + at[k], high[k], width);
    }
}

/* Panels are so small that they stay in the first-level cache while all tiles pass over them. */
static void moments(const wbi_kernel_moments *to, const wbi_matrix_rows *rows, const double *shift, const double *weight)
{
    const size_t ahead = ahead_of(rows);
    for (size_t begin = 0; begin < rows->n_rows; begin += PANEL_ROWS) {
        const wbi_matrix_rows panel = panel_at(rows, begin);
        const double *w = weight == NULL ? NULL : weight + begin;
        double total = 0;
        for (size_t i = 0; i < panel.n_rows; i++) {
            prefetch(panel.x + i * rows->stride + ahead, rows->n_columns);
            total += w == NULL ? 1 : w[i];
        }
        *to->weight += total;
        for (size_t j = 0; j < rows->n_columns; j += MOMENT_VECS * LANES)
            if (rows->n_columns < LANES)
                moments_tile(to, &panel, shift, w, j, rows->n_columns);
            else
                moments_tile(to, &panel, shift, w, j, LANES);
    }
}

INLINE void standardise_at(double *out, const double *x, const wbi_kernel_scale *scale, size_t at, size_t width)
{
    put(out + 1 + at, (take(x + at, width) - take(scale->mean + at, width)) * take(scale->inverse_sd + at, width), width);
}

/* Most of what is written lies at multiples of LANES: what costs most is writing. */
INLINE void standardise_rows(double *restrict out, size_t stride, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale,
                             size_t width)
{
    const size_t n = rows->n_columns;
    for (size_t i = 0; i < rows->n_rows; i++, out += stride) {
        const double *x = rows->x + i * rows->stride;
        for (size_t j = stride - WBI_KERNEL_PAD; j < stride; j += LANES)
            STORE(out + j, SPLAT(0.0));
        out[0] = 1;
        standardise_at(out, x, scale, 0, width);
        for (size_t j = LANES - 1; j < n; j += LANES)
            standardise_at(out, x, scale, register_at(j, n), width);
    }
}

static void standardise(double *out, size_t stride, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale)
{
    if (rows->n_columns < LANES)
        standardise_rows(out, stride, rows, scale, rows->n_columns);
    else
        standardise_rows(out, stride, rows, scale, LANES);
}

static void matrix_crossproduct(double *sums, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale, const double *v)
{
    double square[WBI_KERNEL_FUSED_COLUMNS * WBI_KERNEL_FUSED_COLUMNS] __attribute__((aligned(64)));
    double x[PANEL_ROWS * WBI_KERNEL_FUSED_COLUMNS] __attribute__((aligned(64)));
    const size_t n = 1 + rows->n_columns, stride = (n + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
    memset(square, 0, stride * stride * sizeof *square);
    for (size_t begin = 0; begin < rows->n_rows; begin += PANEL_ROWS) {
        const wbi_matrix_rows from = panel_at(rows, begin), panel = {x, stride, from.n_rows, n};
        standardise(x, stride, &from, scale);
        crossproduct_panel(square, &panel, v + begin);
    }
    add_lower(sums, square, n, stride);
}

/* Of a register from `at` on the columns from j on; 0 for those before, which another has. */
INLINE vec from_column(vec values, size_t at, size_t j)
{
    static const double lane[] = {0, 1, 2, 3, 4, 5, 6, 7};
    return SELECT(LOAD(lane) < SPLAT((double)(j - at)), SPLAT(0.0), values);
}

/* LANES rows side by side, so that what is said of a column is read once for them. */
INLINE vec eta_of_rows(const double *const *x, size_t n, const wbi_kernel_scale *scale, const double *beta, size_t width)
{
    vec sum[LANES];
    for (size_t a = 0; a < LANES; a++)
        sum[a] = SPLAT(0.0);
    for (size_t j = 0; j < n; j += LANES) {
        const size_t at = register_at(j, n);
        const vec mean = take(scale->mean + at, width);
        const vec slope = from_column(take(scale->inverse_sd + at, width) * take(beta + 1 + at, width), at, j);
        for (size_t a = 0; a < LANES; a++)
            sum[a] += (take(x[a] + at, width) - mean) * slope;
    }
    transpose(sum);
    for (size_t a = 1; a < LANES; a++)
        sum[0] += sum[a];
    return sum[0] + SPLAT(beta[0]);
}

/* Into a register for each of those that the columns fill. */
INLINE void gradient_of_rows(vec *sums, const double *const *x, size_t n, const wbi_kernel_scale *scale, const double *residual,
                             size_t width)
{
    for (size_t j = 0; j < n; j += LANES) {
        const size_t at = register_at(j, n);
        const vec mean = take(scale->mean + at, width);
        vec sum = sums[j / LANES];
        for (size_t a = 0; a < LANES; a++)
            sum += SPLAT(residual[a]) * (take(x[a] + at, width) - mean);
        sums[j / LANES] = sum;
    }
}

/* Those from i on; behind the last there is only that. */
INLINE void find_rows(const double **x, const wbi_matrix_rows *rows, size_t i)
{
    const size_t ahead = ahead_of(rows);
    for (size_t a = 0; a < LANES; a++) {
        x[a] = rows->x + (i + a < rows->n_rows ? i + a : rows->n_rows - 1) * rows->stride;
        prefetch(x[a] + ahead, rows->n_columns);
    }
}

static void matrix_eta(double *eta, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale, const double *beta)
{
    const size_t n = rows->n_columns;
    for (size_t i = 0; i < rows->n_rows; i += LANES) {
        const double *x[LANES];
        find_rows(x, rows, i);
        const vec sum = n < LANES ? eta_of_rows(x, n, scale, beta, n) : eta_of_rows(x, n, scale, beta, LANES);
        put(eta + i, sum, rows->n_rows - i < LANES ? rows->n_rows - i : LANES);
    }
}

INLINE void matrix_gradient_tile(double *sums, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale,
                                 const double *residual, size_t j, size_t width)
{
    const size_t n = rows->n_columns;
    vec sum[TILE_VECS];
    size_t at[TILE_VECS];
    for (size_t k = 0; k < TILE_VECS; k++) {
        at[k] = register_at(j + k * LANES, n);
        sum[k] = SPLAT(0.0);
    }
    for (size_t i = 0; i < rows->n_rows; i++)
        for (size_t k = 0; k < TILE_VECS; k++)
            sum[k] += SPLAT(residual[i]) * (take(rows->x + i * rows->stride + at[k], width) - take(scale->mean + at[k], width));
    for (size_t k = 0; k < TILE_VECS; k++)
        add_from(sums, sum[k] * take(scale->inverse_sd + at[k], width), at[k], j + k * LANES, n);
}

static void matrix_gradient(double *sums, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale, const double *residual)
{
    double sum = 0;
    for (size_t i = 0; i < rows->n_rows; i++)
        sum += residual[i];
    sums[0] += sum;
    for (size_t j = 0; j < rows->n_columns; j += TILE_VECS * LANES)
        if (rows->n_columns < LANES)
            matrix_gradient_tile(sums + 1, rows, scale, residual, j, rows->n_columns);
        else
            matrix_gradient_tile(sums + 1, rows, scale, residual, j, LANES);
}

/* What is found of LANES rows at a time; of the gradient a register for each that the columns fill. */
typedef struct loss_sums {
    double loss[LANES];
    vec intercept, slopes[WBI_KERNEL_FUSED_COLUMNS / LANES];
} loss_sums;

INLINE void loss_of_rows(loss_sums *sums, double *curvature, const double *const *x, size_t n, const wbi_kernel_scale *scale,
                         const double *beta, const uint8_t *outcome, const double *weight, size_t width)
{
    double eta[LANES], residual[LANES];
    STORE(eta, eta_of_rows(x, n, scale, beta, width));
    logistic_lanes(sums->loss, residual, curvature, eta, outcome, weight);
    sums->intercept += LOAD(residual);
    gradient_of_rows(sums->slopes, x, n, scale, residual, width);
}

INLINE void add_gradient(double *sums, const loss_sums *of, size_t n, const wbi_kernel_scale *scale)
{
    double lanes[LANES];
    STORE(lanes, of->intercept);
    sums[0] += sum_lanes(lanes);
    for (size_t j = 0; j < n; j += LANES) {
        const size_t at = register_at(j, n);
        add_from(sums + 1, of->slopes[j / LANES] * take(scale->inverse_sd + at, n < LANES ? n : LANES), at, j, n);
    }
}

/* Rows are looked at for eta and for the gradient while they are at hand. */
static double narrow_loss(double *sums, double *curvature, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale,
                          const double *beta, const uint8_t *outcome, const double *weight)
{
    const size_t n = rows->n_columns;
    loss_sums found = {.intercept = SPLAT(0.0)};
    double ones[LANES];
    for (size_t a = 0; a < LANES; a++)
        ones[a] = 1;
    for (size_t i = 0; i < rows->n_rows; i += LANES) {
        const size_t left = rows->n_rows - i;
        const double *x[LANES], *w = weight == NULL ? ones : weight + i;
        double last_weight[LANES] = {0}, last_curvature[LANES], *v = curvature + i;
        const uint8_t *y = outcome + i;
        uint8_t last_outcome[LANES] = {0};
        if (left < LANES) {
            w = memcpy(last_weight, w, left * sizeof *w);
            y = memcpy(last_outcome, y, left);
            v = last_curvature;
        }
        find_rows(x, rows, i);
        if (n < LANES)
            loss_of_rows(&found, v, x, n, scale, beta, y, w, n);
        else
            loss_of_rows(&found, v, x, n, scale, beta, y, w, LANES);
        if (left < LANES)
            memcpy(curvature + i, v, left * sizeof *v);
    }
    add_gradient(sums, &found, n, scale);
    return sum_lanes(found.loss);
}

static double matrix_loss(double *sums, double *curvature, const wbi_matrix_rows *rows, const wbi_kernel_scale *scale,
                          const double *beta, const uint8_t *outcome, const double *weight)
{
    double residual[PANEL_ROWS], loss = 0;
    if (rows->n_columns <= WBI_KERNEL_FUSED_COLUMNS)
        return narrow_loss(sums, curvature, rows, scale, beta, outcome, weight);
    for (size_t i = 0; i < rows->n_rows; i += PANEL_ROWS) {
        const wbi_matrix_rows panel = panel_at(rows, i);
        matrix_eta(residual, &panel, scale, beta);
        loss += logistic(residual, curvature + i, residual, outcome + i, weight == NULL ? NULL : weight + i, panel.n_rows);
        matrix_gradient(sums, &panel, scale, residual);
    }
    return loss;
}
