/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The portable half of base/digits.h, which machines with SSE2 do not use, against printf. */
#include "test_util.h"

#include <inttypes.h>

#define WBI_PORTABLE_DIGITS
#include "base/digits.h"

static void check_sixteen(uint64_t value)
{
    char text[17], expected[17];
    const wbi_sixteen digits = wbi_split_sixteen(value);
    wbi_put_sixteen(text, digits);
    text[16] = '\0';
    snprintf(expected, sizeof expected, "%016" PRIu64, value);
    assert_string_equal(text, expected);
    if (value == 0)
        return;
    size_t n = 16;
    while (expected[n - 1] == '0')
        n--;
    assert_int_equal(32 - __builtin_clz(digits.some), n);
    wbi_put_eight(text, wbi_first_eight(digits));
    assert_memory_equal(text, expected, 8);
}

static void sixteen_digits_are_as_printf_has_them(void **state)
{
    (void)state;
    uint64_t power = 1;
    check_sixteen(0);
    for (int i = 0; i < 16; i++, power *= 10)
        for (uint64_t digit = 1; digit < 10; digit++) {
            check_sixteen(digit * power);
            check_sixteen(digit * power - 1);
            check_sixteen(digit * power + 1);
        }
    for (uint64_t i = 1; i < 300000; i++)
        check_sixteen(i * UINT64_C(0x9e3779b97f4a7c15) % power);
}

static void eight_digits_are_as_printf_has_them(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < WBI_TEN_8; value += 101) {
        char text[9] = "", expected[9];
        wbi_put_eight(text, wbi_digits_text(wbi_split_eight(value)));
        snprintf(expected, sizeof expected, "%08" PRIu64, value);
        assert_string_equal(text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_digits_are_as_printf_has_them),
        cmocka_unit_test(eight_digits_are_as_printf_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
