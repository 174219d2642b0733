/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/powers_of_ten.h"

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static const char *print_double(char text[WBI_DOUBLE_CHARS + 1], double value)
{
    text[wbi_double_print(text, value)] = '\0';
    return text;
}

static bool read_text(double *value, const char *text)
{
    return wbi_double_read(value, text, strlen(text), '.');
}

/* Naturals below 2^1280, lowest word first: what it takes to say what a power of ten is. */
enum { WORDS = 20 };

typedef struct natural {
    uint64_t words[WORDS];
} natural;

static natural natural_times_ten(natural a)
{
    wbi_wide carry = 0;
    for (size_t i = 0; i < WORDS; i++) {
        carry += (wbi_wide)a.words[i] * 10;
        a.words[i] = (uint64_t)carry;
        carry >>= 64;
    }
    assert_true(carry == 0);
    return a;
}

static natural natural_shifted(wbi_wide a, unsigned shift)
{
    natural out = {{0}};
    for (unsigned bit = 0; bit < 128; bit++)
        if ((a >> bit & 1) != 0)
            out.words[(bit + shift) / 64] |= UINT64_C(1) << (bit + shift) % 64;
    return out;
}

static int natural_compare(const natural *a, const natural *b)
{
    for (size_t i = WORDS; i-- > 0;)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

/* Is g * 10^m / 2^s >= 1 for m >= 0? */
static bool reaches(wbi_wide g, int m, unsigned s)
{
    natural a = natural_shifted(g, 0), one = natural_shifted(1, s);
    for (int i = 0; i < m; i++)
        a = natural_times_ten(a);
    return natural_compare(&a, &one) >= 0;
}

/* g is the least integer with g >= 10^k * 2^r, where r makes it 128 bits wide. */
static void powers_of_ten_are_exact_roundings(void **state)
{
    (void)state;
    for (int k = WBI_POWER_MIN; k <= WBI_POWER_MAX; k++) {
        const wbi_power power = wbi_power_of_ten(k);
        const wbi_wide g = (wbi_wide)power.high << 64 | power.low;
        const int r = 127 - wbi_floor_log2_pow10(k);
        assert_true(power.high >> 63 == 1);
        if (k < 0) {
            assert_true(reaches(g, -k, (unsigned)r));
            assert_false(reaches(g - 1, -k, (unsigned)r));
            continue;
        }
        natural ten = natural_shifted(1, r > 0 ? (unsigned)r : 0);
        for (int i = 0; i < k; i++)
            ten = natural_times_ten(ten);
        const natural enough = natural_shifted(g, r < 0 ? (unsigned)-r : 0);
        const natural short_by_one = natural_shifted(g - 1, r < 0 ? (unsigned)-r : 0);
        assert_true(natural_compare(&enough, &ten) >= 0);
        assert_true(natural_compare(&short_by_one, &ten) < 0);
    }
}

/* The digits of a printed number without sign, mark, exponent, and zeros at the ends. */
static size_t significant_digits(char digits[WBI_DOUBLE_CHARS], const char *text)
{
    size_t n = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
            digits[n++] = *text;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return n;
}

/* Whether one of the decimals of `n` digits right below or above |value| reads back to it. */
static bool round_trips_with(double value, int n)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    if (strtod(text, NULL) == value)
        return true;
    /* The neighbour on the other side, by counting the digits up or down. */
    int64_t digits = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits = digits * 10 + (*at - '0');
    const int exponent = (int)strtol(at + 1, NULL, 10) - (n - 1);
    for (int step = -1; step <= 1; step += 2) {
        snprintf(text, sizeof text, "%" PRId64 "e%d", digits + step, exponent);
        if (strtod(text, NULL) == value)
            return true;
    }
    return false;
}

static void check_shortest(double value)
{
    char text[WBI_DOUBLE_CHARS + 1], digits[WBI_DOUBLE_CHARS], nearest[64];
    double back;
    print_double(text, value);
    if (bits_of(strtod(text, NULL)) != bits_of(value) || !read_text(&back, text) || bits_of(back) != bits_of(value)) {
        print_error("%a is printed as %s\n", value, text);
        fail();
    }
    const double magnitude = fabs(value);
    const int n = (int)significant_digits(digits, text);
    if (n > 1 && round_trips_with(magnitude, n - 1)) {
        print_error("%a needs fewer digits than %s\n", value, text);
        fail();
    }
    /* Of the shortest, the closest: printf rounds correctly. */
    snprintf(nearest, sizeof nearest, "%.*e", n - 1, magnitude);
    if (strtod(nearest, NULL) == magnitude) {
        char expected[WBI_DOUBLE_CHARS];
        assert_int_equal(significant_digits(expected, nearest), n);
        assert_memory_equal(digits, expected, (size_t)n);
    }
}

static void random_doubles_print_shortest(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        const double value = double_of(next_random(&seed));
        if (isfinite(value) && value != 0)
            check_shortest(value);
    }
    for (int i = 0; i < 100000; i++) {
        check_shortest((double)(1 + next_random(&seed) % (UINT64_C(1) << (i % 51))) / 100);
        check_shortest((double)(int64_t)(next_random(&seed) % 2000000) / 100 + 0.005);
    }
    for (int i = 0; i < 100000; i++)
        check_shortest((double)(next_random(&seed) >> 11) * 0x1p-53 + 0x1p-60);
}

static void every_power_of_two_prints_shortest(void **state)
{
    (void)state;
    for (int e = -1074; e <= 1023; e++) {
        const double power = ldexp(1, e);
        check_shortest(power);
        check_shortest(nextafter(power, INFINITY));
        if (e > -1074)
            check_shortest(nextafter(power, 0));
    }
    for (uint64_t bits = 1; bits < 2000; bits++)
        check_shortest(double_of(bits));
}

/* Scaled by the power of ten that makes the spacing of doubles a fraction of 1, the ends of these rounding intervals are
 * nearest to a whole number, or the doubles nearest to halfway between tenths, without being there. Found by counting,
 * with exact integers, how often (a i + b) mod m is small, for every exponent. */
static void hardest_doubles_print_shortest(void **state)
{
    (void)state;
    static const double hardest[] = {0x1.8823a57adbef8p-497, 0x1.3ae60753af6cap+758, 0x1.090684f5fe997p-650,
                                     0x1.3ae60753af6cap+759, 0x1.ce77c2b3328fbp-486, 0x1.3de005bd620dfp+216,
                                     0x1.7c0747bd76fa1p-814, 0x1.011f2d73116f4p+538};
    for (size_t i = 0; i < sizeof hardest / sizeof *hardest; i++) {
        check_shortest(nextafter(hardest[i], 0));
        check_shortest(hardest[i]);
        check_shortest(nextafter(hardest[i], INFINITY));
    }
}

/* Halves, quarters and eighths around 2^49 .. 2^53 lie halfway between two decimals of 17 digits, or their intervals end
 * at decimals of 16; near powers of ten digits run over. */
static void ties_print_shortest(void **state)
{
    (void)state;
    for (int e = 47; e <= 53; e++)
        for (int i = -2000; i < 2000; i++)
            check_shortest(ldexp(1, e) + i * ldexp(1, e < 53 ? e - 52 : 0));
    for (int e = -300; e <= 300; e++) {
        char text[32];
        snprintf(text, sizeof text, "1e%d", e);
        double value = strtod(text, NULL);
        for (int i = 0; i < 20; i++)
            value = nextafter(value, 0);
        for (int i = 0; i < 40; i++, value = nextafter(value, INFINITY))
            check_shortest(value);
    }
}

/* What features are full of: days from seconds, means of whole hundredths. */
static void means_and_durations_print_shortest(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 100000; i++) {
        check_shortest((double)(next_random(&seed) % 100000000 + 1) / 86400);
        check_shortest((double)(next_random(&seed) % 10000000 + 1) / 100 / (double)(1 + next_random(&seed) % 100));
    }
}

static void millions_of_bit_patterns_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 2000000; i++) {
        const double value = double_of(next_random(&seed));
        char text[WBI_DOUBLE_CHARS];
        double back;
        if (!isfinite(value))
            continue;
        const size_t n = wbi_double_print(text, value);
        assert_true(n <= WBI_DOUBLE_CHARS);
        if (!wbi_double_read(&back, text, n, '.') || bits_of(back) != bits_of(value)) {
            print_error("%a is printed as %.*s\n", value, (int)n, text);
            fail();
        }
    }
}

static void known_doubles_print_as_known(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-12, "-12"},
        {10, "10"},
        {0.001, "0.001"},
        {77183.6, "77183.6"},
        {1.5e-12, "1.5e-12"},
        {0.1 + 0.2, "0.30000000000000004"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {5e-324, "5e-324"},
        {1e-323, "1e-323"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {2.2250738585072011e-308, "2.225073858507201e-308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740993.0, "9007199254740992"},
        {9007199254740994.0, "9007199254740994"},
        {1e21, "1000000000000000000000"},
        {1.5e21, "1500000000000000000000"},
        {1e22, "1e22"},
        {1e23, "1e23"},
        {0x1.52d02c7e14af7p+76, "1.0000000000000001e23"},
        {-1e100, "-1e100"},
        {1e-6, "0.000001"},
        {-1.25e-6, "-0.00000125"},
        {1e-7, "1e-7"},
        {9.5367431640625e-7, "9.5367431640625e-7"},
        {123456.789, "123456.789"},
        {0x1p60, "1152921504606847000"},
        {0x1p-44, "5.684341886080802e-14"},
        {2e-44, "2e-44"},
        {9.5e-6, "0.0000095"},
        {1099511627776.5, "1099511627776.5"},
    };
    char text[WBI_DOUBLE_CHARS + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(print_double(text, cases[i].value), cases[i].text);
}

static void whole_numbers_print_and_read(void **state)
{
    (void)state;
    static const int64_t edges[] = {0, 1, -1, 9, 10, 99, 100, 12345, -100000, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    char text[WBI_INT_CHARS + 1], expected[WBI_INT_CHARS + 1];
    uint64_t seed = 3;
    for (size_t i = 0; i < 100000; i++) {
        const int64_t value = i < sizeof edges / sizeof *edges ? edges[i] : (int64_t)(next_random(&seed) >> (i % 64));
        int64_t back;
        const size_t n = wbi_int_print(text, value);
        text[n] = '\0';
        snprintf(expected, sizeof expected, "%" PRId64, value);
        assert_string_equal(text, expected);
        assert_true(wbi_int_read(&back, text, n));
        assert_true(back == value);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "1.0",
                                      " 1",
                                      "1 ",
                                      "1e3",
                                      "0x1",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    int64_t value;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wbi_int_read(&value, bad[i], strlen(bad[i])));
    assert_true(wbi_int_read(&value, "+007", 4) && value == 7);
}

/* A number of up to 40 digits with mark and exponent anywhere. */
static void random_spelling(char *text, uint64_t *seed)
{
    const uint64_t shape = next_random(seed);
    const unsigned n = 1 + (unsigned)(shape % ((shape & 1 << 20) != 0 ? 40 : 19)),
                   mark = (unsigned)(shape >> 8) % (n + 1);
    for (unsigned i = 0; i < n; i++) {
        if (i == mark && (shape >> 32) % 4 != 0)
            *text++ = '.';
        *text++ = (char)('0' + next_random(seed) % 10);
    }
    if ((shape >> 40) % 2 == 0)
        text += sprintf(text, "%c%d", (shape >> 41) % 2 == 0 ? 'e' : 'E', (int)((shape >> 44) % 700) - 360);
    *text = '\0';
}

static void reading_agrees_with_strtod(void **state)
{
    (void)state;
    char text[128];
    uint64_t seed = 4;
    for (int i = 0; i < 600000; i++) {
        random_spelling(text, &seed);
        const double expected = strtod(text, NULL);
        double value;
        const bool read = read_text(&value, text);
        if (read != isfinite(expected) || (read && bits_of(value) != bits_of(expected))) {
            print_error("%s reads as %a, expected %a\n", text, read ? value : NAN, expected);
            fail();
        }
    }
}

/* The exact decimal of a point halfway between two doubles, and a decimal a hair above it. */
static void halfway_points_round_to_even(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        /* 54 bits, the last of them set, and zeros behind. */
        const uint64_t odd = (UINT64_C(1) << 53 | next_random(&seed) >> 11) | 1;
        const int scale = (int)(next_random(&seed) % 11);
        char text[64];
        double value;
        wbi_wide whole = (wbi_wide)odd << scale;
        size_t at = sizeof text - 1;
        for (text[at] = '\0'; whole > 0; whole /= 10)
            text[--at] = (char)('0' + (int)(whole % 10));
        const uint64_t below = odd >> 1, even = below + (below & 1);
        assert_true(read_text(&value, text + at));
        assert_true(value == ldexp((double)even, scale + 1));
        char beside[128];
        snprintf(beside, sizeof beside, "%s.000000000000000000000000000001", text + at);
        assert_true(read_text(&value, beside));
        assert_true(value == ldexp((double)(below + 1), scale + 1));
    }
}

static void long_numbers_are_exact(void **state)
{
    (void)state;
    /* 1 + 2^-53 is halfway between 1 and the next double: 53 decimals. A one after 2000 zeros decides. */
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    char text[4096];
    double value;
    assert_true(read_text(&value, half));
    assert_true(value == 1);
    memset(text, '0', sizeof text);
    memcpy(text, half, sizeof half - 1);
    text[sizeof text - 1] = '1';
    assert_true(wbi_double_read(&value, text, sizeof text, '.'));
    assert_true(value == nextafter(1, 2));

    /* 4000 digits that the exponent takes back, and as many zeros in front. */
    memset(text, '0', sizeof text);
    text[0] = '1';
    const int n = 4001 + snprintf(text + 4001, sizeof text - 4001, "e-4000");
    assert_true(wbi_double_read(&value, text, (size_t)n, '.') && value == 1);
    memset(text, '0', sizeof text);
    text[1] = '.';
    const int m = 4001 + snprintf(text + 4001, sizeof text - 4001, "25e4000");
    assert_true(wbi_double_read(&value, text, (size_t)m, '.') && value == 2.5);
}

static void known_texts_read_as_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"+5", 5},
        {"1.", 1},
        {".5", 0.5},
        {"-.5e1", -5},
        {"1E3", 1000},
        {"1e+3", 1000},
        {"000000000000000000000000000000.1", 0.1},
        {"0.00000000000000000000000000000000", 0},
        {"1.00000000000000000000000000000000", 1},
        {"9007199254740993", 9007199254740992.0},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"2.2250738585072012e-308", 0x1p-1022},
        {"1e23", 0x1.52d02c7e14af6p+76},
        {"8.5e22", 8.5e22},
        {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
        {"1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070"
         "9633028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447"
         "5730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904"
         "174497791.9999999999",
         0x1.fffffffffffffp1023},
        {"2.4703282292062327e-324", 0},
        {"2.4703282292062328e-324", 0x1p-1074},
        {"1e-999", 0},
        {"0e999999999999999999999", 0},
        {"1e-999999999999999999999", 0},
        {"18446744073709551615", 0x1p64},
        {"18446744073709551617", 0x1p64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value;
        if (!read_text(&value, cases[i].text) || bits_of(value) != bits_of(cases[i].value)) {
            print_error("%s\n", cases[i].text);
            fail();
        }
    }
    double value;
    assert_true(wbi_double_read(&value, "1,5", 3, ',') && value == 1.5);
    assert_true(wbi_double_read(&value, "12,3456789012345678901234567890", 31, ',') && value == 12.34567890123456789);
    assert_false(wbi_double_read(&value, "1.5", 3, ','));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ".",
        "e",
        "1e",
        "1e+",
        "0x1",
        "0x1p3",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "infinity",
        " 1",
        "1 ",
        "1,5",
        "1e999",
        "-1e999",
        "1e1.5",
        "1..2",
        "1.2.3",
        "--1",
        "+-1",
        "-",
        "+",
        "1_000",
        "1e5 ",
        "1f",
        ".e1",
        "1e99999999999999999999",
        "17976931348623159e292",
        "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070"
        "9633028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447"
        "5730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904"
        "174497792",
        ("\xef\xbb\xbf"
         "1"),
        "1\n",
        "\xd9\xa1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value;
        if (read_text(&value, bad[i])) {
            print_error("'%s' reads as %g\n", bad[i], value);
            fail();
        }
    }
    double value;
    assert_false(wbi_double_read(&value, "1\0", 2, '.'));
    assert_false(wbi_double_read(&value, "1\0002", 3, '.'));
    assert_true(wbi_double_read(&value, "12", 1, '.') && value == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_ten_are_exact_roundings),
        cmocka_unit_test(random_doubles_print_shortest),
        cmocka_unit_test(every_power_of_two_prints_shortest),
        cmocka_unit_test(hardest_doubles_print_shortest),
        cmocka_unit_test(ties_print_shortest),
        cmocka_unit_test(means_and_durations_print_shortest),
        cmocka_unit_test(millions_of_bit_patterns_round_trip),
        cmocka_unit_test(known_doubles_print_as_known),
        cmocka_unit_test(whole_numbers_print_and_read),
        cmocka_unit_test(reading_agrees_with_strtod),
        cmocka_unit_test(halfway_points_round_to_even),
        cmocka_unit_test(long_numbers_are_exact),
        cmocka_unit_test(known_texts_read_as_known),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
