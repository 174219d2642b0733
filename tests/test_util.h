/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all tests share. Include first. */
#ifndef WINBACK_TEST_UTIL_H
#define WINBACK_TEST_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <math.h>

#include <winback/status.h>

/* |a - b| <= tolerance * max(1, |b|), NaN equal to NaN. */
#define assert_close(a, b, tolerance)                                                                          \
    do {                                                                                                       \
        double close_a = (a), close_b = (b);                                                                   \
        if (!(isnan(close_a) && isnan(close_b)) &&                                                             \
            !(fabs(close_a - close_b) <= (tolerance) * fmax(1.0, fabs(close_b)))) {                            \
            print_error("%s = %.17g, expected %.17g\n", #a, close_a, close_b);                                 \
            fail();                                                                                            \
        }                                                                                                      \
    } while (0)

#define assert_ok(call, err)                                                                                   \
    do {                                                                                                       \
        if ((call) != WB_OK) {                                                                                 \
            char ok_text[2048];                                                                                \
            print_error("%s: %s\n", #call, wb_error_text((err), ok_text, sizeof ok_text));                     \
            fail();                                                                                            \
        }                                                                                                      \
    } while (0)

#endif
