/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Areas of a treemap: the example of the paper, and what holds of any sizes. */
#include "test_util.h"

#include <stdlib.h>

#include "report/treemap.h"

/* Bruls, Huizing and van Wijk, figure 4: 6, 6, 4, 3, 2, 2 and 1 in a rectangle of 6 by 4. The two 6 stand at the left, 3 wide; 4 and 3
 * lie at the top of what is left, 7/3 high; one 2 stands beside them, and the rest beside that. */
static void the_example_of_the_paper(void **state)
{
    (void)state;
    double sizes[] = {6, 6, 4, 3, 2, 2, 1};
    wbi_tile tiles[7];
    wbi_treemap(tiles, sizes, 7, (wbi_tile){0, 0, 6, 4});
    const wbi_tile expected[] = {{0, 0, 3, 2}, {0, 2, 3, 2}, {3, 0, 12.0 / 7, 7.0 / 3}, {3 + 12.0 / 7, 0, 9.0 / 7, 7.0 / 3}, {3, 7.0 / 3, 1.2, 5.0 / 3}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_close(tiles[i].x, expected[i].x, 1e-12);
        assert_close(tiles[i].y, expected[i].y, 1e-12);
        assert_close(tiles[i].width, expected[i].width, 1e-12);
        assert_close(tiles[i].height, expected[i].height, 1e-12);
    }
}

static int falling(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a < b) - (a > b);
}

static double overlap(double from, double length, double other_from, double other_length)
{
    return fmin(from + length, other_from + other_length) - fmax(from, other_from);
}

/* Tiles have their areas, lie within the rectangle, and no two of them overlap; so they cover it. */
static void check(const double *sizes, size_t n, const wbi_tile *tiles, const wbi_tile *whole)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += sizes[i];
    for (size_t i = 0; i < n; i++) {
        const wbi_tile *t = &tiles[i];
        assert_close(t->width * t->height, sizes[i] / sum * whole->width * whole->height, 1e-6);
        assert_true(t->x >= whole->x - 1e-6 && t->x + t->width <= whole->x + whole->width + 1e-6);
        assert_true(t->y >= whole->y - 1e-6 && t->y + t->height <= whole->y + whole->height + 1e-6);
        for (size_t j = 0; j < i; j++)
            assert_true(overlap(t->x, t->width, tiles[j].x, tiles[j].width) < 1e-6 ||
                        overlap(t->y, t->height, tiles[j].y, tiles[j].height) < 1e-6);
    }
}

static void any_sizes_fill_the_rectangle(void **state)
{
    (void)state;
    enum { MOST = 125 };
    const wbi_tile whole = {1, 80, 518, 307};
    uint64_t seed = 5;
    for (int round = 0; round < 500; round++) {
        double sizes[MOST], given[MOST];
        wbi_tile tiles[MOST];
        const size_t n = 1 + (size_t)round % MOST;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            given[i] = 1 + floor(pow(10, (double)(seed >> 40) / (double)(1 << 24) * (round % 8)));
        }
        qsort(given, n, sizeof *given, falling);
        for (size_t i = 0; i < n; i++)
            sizes[i] = given[i];
        wbi_treemap(tiles, sizes, n, whole);
        check(given, n, tiles, &whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_paper),
        cmocka_unit_test(any_sizes_fill_the_rectangle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
