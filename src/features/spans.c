/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/spans.h"

/* How many of n ascending times are before a time: a binary search that branches on n only. */
static uint32_t n_before(const int64_t *times, uint32_t n, int64_t time_us)
{
    const int64_t *from = times;
    if (n == 0)
        return 0;
    while (n > 1) {
        uint32_t half = n / 2;
        from += half & -(uint32_t)(from[half - 1] < time_us);
        n -= half;
    }
    return (uint32_t)(from - times) + (*from < time_us);
}

void wbi_spans_narrow(wbi_span *narrowed, wbi_spans spans, const int64_t *times, int64_t from_us, int64_t to_us)
{
    for (size_t s = 0; s < spans.n; s++) {
        uint32_t begin = spans.items[s].begin, end = spans.items[s].end;
        if (end > begin && times[end - 1] >= to_us)
            end = begin + n_before(times + begin, end - begin, to_us);
        begin += n_before(times + begin, end - begin, from_us);
        narrowed[s] = (wbi_span){spans.items[s].row, begin, end};
    }
}

/* What spans are sorted by: their length, where so many events or more are one. Neighbours differ, so that they do not
 * wait for each other's counter. */
enum { MANY = 64, TURNS = 2, KEYS = (MANY + 1) * TURNS };

static uint32_t key_of(const wbi_span *span, size_t s)
{
    uint32_t length = wbi_span_length(span);
    return (length < MANY ? length : MANY) * TURNS + (uint32_t)(s % TURNS);
}

void wbi_spans_sort(wbi_span *sorted, wbi_spans spans)
{
    uint32_t places[KEYS + 1] = {0};
    for (size_t s = 0; s < spans.n; s++)
        places[key_of(&spans.items[s], s) + 1]++;
    for (size_t key = 1; key < KEYS; key++)
        places[key] += places[key - 1];
    for (size_t s = 0; s < spans.n; s++)
        sorted[places[key_of(&spans.items[s], s)]++] = spans.items[s];
}
