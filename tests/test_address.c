/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lists/address.h"
#include "lists/guard.h"

typedef struct email_case {
    const char *text;
    wbi_email_state state;
} email_case;

static const email_case emails[] = {
    {"jane@example.com", WBI_EMAIL_OK},
    {"  Jane.Doe+autumn@Example.Co.Uk\t", WBI_EMAIL_OK},
    {"\u00a0jane@example.com\ufeff", WBI_EMAIL_OK},
    {"o'hara_99@sub.example.museum", WBI_EMAIL_OK},
    {"jane@m\u00fcller.de", WBI_EMAIL_OK},
    {"jane@xn--mller-kva.de", WBI_EMAIL_OK},
    {"a@b.co", WBI_EMAIL_OK},
    {"hidden@duck.com", WBI_EMAIL_OK}, /* an alias that its owner wants to be reached by */
    {"", WBI_EMAIL_NONE},
    {" \t\u3000", WBI_EMAIL_NONE},
    {"jane", WBI_EMAIL_INVALID},
    {"jane@", WBI_EMAIL_INVALID},
    {"jane@example", WBI_EMAIL_INVALID},
    {"jane@example.", WBI_EMAIL_INVALID},
    {"jane@.example.com", WBI_EMAIL_INVALID},
    {"jane@example..com", WBI_EMAIL_INVALID},
    {"jane@exam ple.com", WBI_EMAIL_INVALID},
    {"jane@exam\u00a0ple.com", WBI_EMAIL_INVALID},
    {"jane doe@example.com", WBI_EMAIL_INVALID},
    {"jane@doe@example.com", WBI_EMAIL_INVALID},
    {"\"jane doe\"@example.com", WBI_EMAIL_INVALID},
    {"jane@[192.0.2.1]", WBI_EMAIL_INVALID},
    {"jane@192.0.2.1", WBI_EMAIL_INVALID},
    {"jane@-example.com", WBI_EMAIL_INVALID},
    {"jane@example-.com", WBI_EMAIL_INVALID},
    {"jane@example.c", WBI_EMAIL_INVALID},
    {".jane@example.com", WBI_EMAIL_INVALID},
    {"jane.@example.com", WBI_EMAIL_INVALID},
    {"jane..doe@example.com", WBI_EMAIL_INVALID},
    {"j\u00e4ne@example.com", WBI_EMAIL_INVALID},
    {"jane@ex\xff" "ample.com", WBI_EMAIL_INVALID},
    {"jane@example.com,joe@example.com", WBI_EMAIL_INVALID},
    {"Jane <jane@example.com>", WBI_EMAIL_INVALID},
    {"=jane@example.com", WBI_EMAIL_FORMULA},
    {" +jane@example.com", WBI_EMAIL_FORMULA},
    {"-jane@example.com", WBI_EMAIL_FORMULA},
    {"@example.com", WBI_EMAIL_FORMULA},
    {"\uff1djane@example.com", WBI_EMAIL_FORMULA},
    {"=HYPERLINK(\"http://example.com\")", WBI_EMAIL_FORMULA},
    {"x7f3k@marketplace.amazon.co.uk", WBI_EMAIL_RELAY},
    {"x7f3k@Marketplace.Amazon.com", WBI_EMAIL_RELAY},
    {"x7f3k@members.ebay.de", WBI_EMAIL_RELAY},
    {"x7f3k@privaterelay.appleid.com", WBI_EMAIL_RELAY},
    {"info@privaterelay.appleid.com", WBI_EMAIL_RELAY},
    {"jane@notprivaterelay.appleid.com", WBI_EMAIL_OK},
    {"jane@amazon.com", WBI_EMAIL_OK},
    {"info@example.com", WBI_EMAIL_ROLE},
    {"Sales+north@example.com", WBI_EMAIL_ROLE},
    {"NoReply@example.com", WBI_EMAIL_ROLE},
    {"no-reply@example.com", WBI_EMAIL_ROLE},
    {"support@example.com", WBI_EMAIL_ROLE},
    {"informant@example.com", WBI_EMAIL_OK},
};

static void emails_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof emails / sizeof *emails; i++) {
        wbi_email_state got = wbi_email_judge(emails[i].text, strlen(emails[i].text));
        if (got != emails[i].state)
            fail_msg("'%s' is %d, expected %d", emails[i].text, (int)got, (int)emails[i].state);
    }
    assert_int_equal(wbi_email_judge(NULL, 0), WBI_EMAIL_NONE);
    assert_int_equal(wbi_email_judge("jane\0@example.com", 17), WBI_EMAIL_INVALID);
}

/* "aaa…@ddd….com" with a local part and a domain of so many bytes. */
static wbi_email_state judge_lengths(size_t n_local, size_t n_domain)
{
    char text[1024];
    memset(text, 'a', sizeof text);
    text[n_local] = '@';
    for (size_t i = 40; i + 4 < n_domain; i += 40)
        text[n_local + i] = '.';
    memcpy(text + n_local + 1 + n_domain - 4, ".com", 4);
    return wbi_email_judge(text, n_local + 1 + n_domain);
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(judge_lengths(64, 20), WBI_EMAIL_OK);
    assert_int_equal(judge_lengths(65, 20), WBI_EMAIL_INVALID);
    assert_int_equal(judge_lengths(50, 254 - 51), WBI_EMAIL_OK);
    assert_int_equal(judge_lengths(50, 255 - 51), WBI_EMAIL_INVALID);
    char label[100];
    memset(label, 'd', sizeof label);
    memcpy(label, "jane@", 5);
    memcpy(label + 5 + 63, ".com", 4);
    assert_int_equal(wbi_email_judge(label, 5 + 63 + 4), WBI_EMAIL_OK);
    label[5 + 63] = 'd';
    memcpy(label + 5 + 64, ".com", 4);
    assert_int_equal(wbi_email_judge(label, 5 + 64 + 4), WBI_EMAIL_INVALID);
}

static void assert_normal(const char *text, const char *expected)
{
    char out[256];
    size_t n = wbi_email_normalise(out, text, strlen(text));
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(out, expected, n);
}

static void one_address_has_one_key(void **state)
{
    (void)state;
    assert_normal("  Jane.DOE@Example.COM \n", "jane.doe@example.com");
    assert_normal("JANE@M\u00dcller.de\u00a0", "jane@m\u00fcller.de"); /* names of domains have one case (IDNA) */
    assert_normal("\u00dcnal@x.de", "\u00dcnal@x.de");                  /* no such mailbox is valid */
    assert_normal("\t \u2003", "");
    assert_normal("not an address", "not an address");
}

static size_t random_bytes(char *out, size_t room)
{
    static const char *const pieces[] = {"@", ".", " ", "a", "Z", "9", "-", "+", "=", "\u00e9", "\u00a0", "\uff1d", "\xff",
                                         "example", ".com", "jane@", "info", "\t", "\"", ",", "marketplace.amazon.de"};
    size_t n = 0;
    for (int left = rand() % 9; left > 0; left--) {
        const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)];
        if (n + strlen(piece) > room)
            break;
        memcpy(out + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return n;
}

/* What is found usable has one '@', no blank, ASCII before the '@', and cannot be a formula; a key is its own key and is judged
 * as its text was; upper case changes no state. */
static void properties_of_random_addresses(void **state)
{
    (void)state;
    srand(8);
    size_t n_usable = 0;
    for (int round = 0; round < 200000; round++) {
        char text[256], key[256], again[256];
        size_t n = random_bytes(text, sizeof text), n_key = wbi_email_normalise(key, text, n);
        wbi_email_state judged = wbi_email_judge(text, n);
        assert_int_equal(wbi_email_judge(key, n_key), judged);
        assert_int_equal(wbi_email_normalise(again, key, n_key), n_key);
        assert_memory_equal(again, key, n_key);
        if (judged == WBI_EMAIL_OK || judged == WBI_EMAIL_RELAY || judged == WBI_EMAIL_ROLE) {
            const char *at = memchr(key, '@', n_key);
            assert_non_null(at);
            assert_null(memchr(at + 1, '@', n_key - (size_t)(at + 1 - key)));
            for (size_t i = 0; i < n_key; i++)
                assert_true((unsigned char)key[i] > ' ' && (key + i > at || (unsigned char)key[i] < 0x80));
            assert_int_equal(wbi_utf8_check(key, n_key), n_key);
            assert_false(wbi_guard_is_formula(key, n_key));
            n_usable++;
        }
        for (size_t i = 0; i < n; i++)
            text[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
        assert_int_equal(wbi_email_judge(text, n), judged);
    }
    assert_true(n_usable > 500);
}

typedef struct phone_case {
    const char *text, *country, *digits;
} phone_case;

static const phone_case phones[] = {
    {"+49 171 2345678", NULL, "491712345678"},
    {"+49 (0) 171 / 234-56.78", "1", "491712345678"},
    {"0049 171 2345678", NULL, "491712345678"},
    {"0171 2345678", "49", "491712345678"},
    {"171 2345678", "49", "491712345678"},
    {"\u00a0(0171)\u00a02345678 ", "49", "491712345678"},
    {"0171 2345678", NULL, ""},
    {"49 171 2345678", "49", ""}, /* is it from abroad or from Germany? */
    {"020 7946 0018", "44", "442079460018"},
    {"06 1234 5678", "39", "390612345678"}, /* the 0 belongs to the number in Italy */
    {"+39 06 1234 5678", "49", "390612345678"},
    {"(415) 555-2671", "1", "14155552671"},
    {"1-415-555-2671", "1", "14155552671"},
    {"+1 415 555 2671", "49", "14155552671"},
    {"011 49 171 2345678", "1", "491712345678"},
    {"555-2671", "1", ""},
    {"8 (916) 123-45-67", "7", "79161234567"},
    {"916 123-45-67", "7", "79161234567"},
    {"7 916 123-45-67", "7", "79161234567"},
    {"06 30 123 4567", "36", "36301234567"},
    {"45 12 34 56", "45", "4545123456"}, /* eight digits are a Danish number, whatever they begin with */
    {"45 45 12 34 56", "45", "4545123456"},
    {"45 45 12 3", "45", ""},
    {"612 345 678", "34", "34612345678"},
    {"34 612 345 678", "34", "34612345678"},
    {"", "49", ""},
    {"+", "49", ""},
    {"0", "49", ""},
    {"00", NULL, ""},
    {"+0171 2345678", NULL, ""},
    {"+49 171 2345678 ext. 5", NULL, ""},
    {"call me", "49", ""},
    {"+49171+2345678", NULL, ""},
    {"+123456", NULL, ""},
    {"+1234567", NULL, "1234567"},
    {"+123456789012345", NULL, "123456789012345"},
    {"+1234567890123456", NULL, ""},
    {"+1234567890123456789012345678901234567890", NULL, ""},
    {"0123456789012345", "49", ""}, /* 17 digits with the country's */
};

static void phones_become_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof phones / sizeof *phones; i++) {
        char out[WBI_PHONE_DIGITS + 1];
        size_t n = wbi_phone_digits(out, phones[i].text, strlen(phones[i].text), phones[i].country);
        out[n] = '\0';
        if (strcmp(out, phones[i].digits) != 0)
            fail_msg("'%s' is '%s', expected '%s'", phones[i].text, out, phones[i].digits);
    }
    assert_int_equal(wbi_phone_digits((char[WBI_PHONE_DIGITS]){0}, NULL, 0, "49"), 0);
}

/* What comes out is E.164 without its '+', so with the '+' it is understood as itself in any country. */
static void properties_of_random_phones(void **state)
{
    (void)state;
    static const char *const countries[] = {NULL, "1", "7", "36", "39", "44", "45", "49", "370"};
    srand(9);
    size_t n_understood = 0;
    for (int round = 0; round < 200000; round++) {
        char text[32], out[WBI_PHONE_DIGITS], again[WBI_PHONE_DIGITS], full[1 + WBI_PHONE_DIGITS] = "+";
        size_t n = 0;
        for (int left = rand() % 20; left > 0; left--)
            text[n++] = "0123456789012345678900+- ()"[rand() % 27];
        const char *country = countries[(size_t)rand() % (sizeof countries / sizeof *countries)];
        size_t n_digits = wbi_phone_digits(out, text, n, country);
        if (n_digits == 0)
            continue;
        n_understood++;
        assert_in_range(n_digits, 7, WBI_PHONE_DIGITS);
        assert_true(out[0] != '0');
        for (size_t i = 0; i < n_digits; i++)
            assert_true(out[i] >= '0' && out[i] <= '9');
        memcpy(full + 1, out, n_digits);
        assert_int_equal(wbi_phone_digits(again, full, n_digits + 1, countries[(size_t)rand() % 9]), n_digits);
        assert_memory_equal(again, out, n_digits);
    }
    assert_true(n_understood > 10000);
}

static void formulas_are_known(void **state)
{
    (void)state;
    static const char *const guarded[] = {"=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1",
                                          "\u00a0=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20A", "-", "+", "--1", "-1.", "+49 171",
                                          "-0.42=1", "'=1", "''@x"};
    static const char *const plain[] = {"", "a=1", "'-0.42", "-0.42", "+491712345678", "42", "1-2", "\u00fc", "\uff1e", "'", "x@y"};
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
        if (!wbi_guard_is_needed(guarded[i], strlen(guarded[i])))
            fail_msg("'%s' goes unguarded", guarded[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (wbi_guard_is_needed(plain[i], strlen(plain[i])))
            fail_msg("'%s' is guarded", plain[i]);
    assert_true(wbi_guard_is_needed("\0=1", 3));
    assert_false(wbi_guard_is_needed(NULL, 0));
    assert_int_equal(wbi_guard_length("'=1", 3), 1);
    assert_int_equal(wbi_guard_length("'-1", 3), 0);
    assert_int_equal(wbi_guard_length("'s Gravenhage", 13), 0);
    assert_int_equal(wbi_guard_length("=1", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emails_are_judged),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(one_address_has_one_key),
        cmocka_unit_test(properties_of_random_addresses),
        cmocka_unit_test(phones_become_digits),
        cmocka_unit_test(properties_of_random_phones),
        cmocka_unit_test(formulas_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
