/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL evaluates the splines at four points of an interval, which determine the cubics. The interval's beginning is made the
 * origin, so that no digits are lost to knots far from it. Only functions that GSL 2.7 and 2.8 both have are called. */
#include "design/bspline.h"

#include <gsl/gsl_bspline.h>

#include "kernel/gsl.h"

enum { ORDER = 4, N_POINTS = 4 };

/* From values at u = 0, 1/3, 2/3 and 1. */
static void interpolate(double *cubic, size_t stride, const double value[N_POINTS])
{
    cubic[0] = value[0];
    cubic[stride] = (-11 * value[0] + 18 * value[1] - 9 * value[2] + 2 * value[3]) / 2;
    cubic[2 * stride] = 9 * (2 * value[0] - 5 * value[1] + 4 * value[2] - value[3]) / 2;
    cubic[3 * stride] = 9 * (-value[0] + 3 * value[1] - 3 * value[2] + value[3]) / 2;
}

/* `breaks` and `values` have room for the knots and the splines. */
static void find_cubics(double (*cubics)[4], const double *knots, size_t n_intervals, size_t i, gsl_vector *breaks,
                        gsl_vector *values, gsl_bspline_workspace *workspace)
{
    double at[N_POINTS][ORDER];
    const double width = knots[i + 1] - knots[i];
    for (size_t k = 0; k <= n_intervals; k++)
        gsl_vector_set(breaks, k, knots[k] - knots[i]);
    gsl_bspline_knots(breaks, workspace);
    for (size_t p = 0; p < N_POINTS; p++) {
        gsl_bspline_eval(p == N_POINTS - 1 ? width : width * (double)p / (N_POINTS - 1), values, workspace);
        for (size_t f = 0; f < ORDER; f++)
            at[p][f] = gsl_vector_get(values, i + f);
    }
    for (size_t f = 0; f < ORDER; f++) {
        const double value[N_POINTS] = {at[0][f], at[1][f], at[2][f], at[3][f]};
        interpolate(&cubics[0][f], ORDER, value);
    }
}

wb_status wbi_bspline_cubics(double (*cubics)[4][4], const double *knots, size_t n_intervals, wb_error *err)
{
    wbi_disarm_gsl();
    gsl_bspline_workspace *workspace = gsl_bspline_alloc(ORDER, n_intervals + 1);
    gsl_vector *breaks = gsl_vector_alloc(n_intervals + 1), *values = gsl_vector_alloc(n_intervals + ORDER - 1);
    wb_status status = WB_OK;
    if (workspace == NULL || breaks == NULL || values == NULL)
        status = wbi_fail_nomem(err, n_intervals * sizeof(double));
    for (size_t i = 0; status == WB_OK && i < n_intervals; i++)
        find_cubics(cubics[i], knots, n_intervals, i, breaks, values, workspace);
    if (workspace != NULL)
        gsl_bspline_free(workspace);
    gsl_vector_free(breaks);
    gsl_vector_free(values);
    return status;
}

/* The knots with each end counting four times. */
static double knot_at(const double *knots, size_t n_intervals, size_t i)
{
    return knots[i < ORDER ? 0 : i - (ORDER - 1) < n_intervals ? i - (ORDER - 1) : n_intervals];
}

double wbi_bspline_abscissa(const double *knots, size_t n_intervals, size_t j)
{
    double sum = 0;
    for (size_t k = 1; k < ORDER; k++)
        sum += knot_at(knots, n_intervals, j + k) / (ORDER - 1);
    return sum;
}
