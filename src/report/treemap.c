/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/treemap.h"

#include <math.h>

static double sum_of(const double *areas, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += areas[i];
    return sum;
}

/* Rounding may leave nothing to the last tiles. */
static double shorter_side(const wbi_tile *left)
{
    return fmax(fmin(left->width, left->height), 1e-9);
}

/* The longest shape of falling areas that share a strip along a side: 1 is a square. */
static double worst_shape(const double *areas, size_t n, double side)
{
    const double sum = sum_of(areas, n), strip = sum / side;
    return fmax(areas[0] / (strip * strip), strip * strip / areas[n - 1]);
}

/* As many of the areas as share the next strip. */
static size_t strip_length(const double *areas, size_t n, double side)
{
    size_t taken = 1;
    while (taken < n && worst_shape(areas, taken + 1, side) <= worst_shape(areas, taken, side))
        taken++;
    return taken;
}

/* Cuts a strip off the shorter side and lays the areas along it. */
static void lay_strip(wbi_tile *tiles, const double *areas, size_t n, wbi_tile *left)
{
    const int upright = left->width >= left->height; /* the strip stands at the left */
    const double thick = fmin(sum_of(areas, n) / shorter_side(left), fmax(left->width, left->height));
    double along = upright ? left->y : left->x;
    for (size_t i = 0; i < n; i++) {
        const double length = areas[i] / thick;
        tiles[i] = upright ? (wbi_tile){left->x, along, thick, length} : (wbi_tile){along, left->y, length, thick};
        along += length;
    }
    *left = upright ? (wbi_tile){left->x + thick, left->y, left->width - thick, left->height}
                    : (wbi_tile){left->x, left->y + thick, left->width, left->height - thick};
}

void wbi_treemap(wbi_tile *tiles, double *sizes, size_t n, wbi_tile whole)
{
    const double scale = whole.width * whole.height / sum_of(sizes, n);
    size_t done = 0;
    for (size_t i = 0; i < n; i++)
        sizes[i] *= scale;
    while (done < n) {
        const size_t length = strip_length(sizes + done, n - done, shorter_side(&whole));
        lay_strip(tiles + done, sizes + done, length, &whole);
        done += length;
    }
}
