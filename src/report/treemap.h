/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Areas in a rectangle, as near to squares as they go. */
#ifndef WINBACK_REPORT_TREEMAP_H
#define WINBACK_REPORT_TREEMAP_H

#include <stddef.h>

typedef struct wbi_tile {
    double x, y, width, height;
} wbi_tile;

/* Fills `whole` with tiles in proportion to `sizes`, all above 0 and falling, which become their areas (M. Bruls, K. Huizing and
 * J. van Wijk, "Squarified treemaps", 2000). */
void wbi_treemap(wbi_tile *tiles, double *sizes, size_t n, wbi_tile whole);

#endif
