/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected values: XXH3 as python's xxhash computes it. They must never change: splits and digests rest on them. */
#include "test_util.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

static void bytes_hash_as_xxh3(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'a', sizeof text);
    assert_true(wbi_hash_bytes("", 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(wbi_hash_bytes(NULL, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(wbi_hash_bytes("winback", 7) == UINT64_C(0x1c02eebcb229c8a5));
    assert_true(wbi_hash_bytes(text, sizeof text) == UINT64_C(0xb3e7af627147db7c));
}

static void units_are_hashes_of_purpose_salt_and_id(void **state)
{
    (void)state;
    char id[300];
    memset(id, 'x', sizeof id);
    assert_true(wbi_hash_unit("fold", "1", "17", 2) == 0x1.86a19f5f9e5ccp-2);
    assert_true(wbi_hash_unit("holdout", "autumn", "C-0042", 6) == 0x1.1ef1b2a0d5ac6p-1);
    assert_true(wbi_hash_unit("sample", "1", "", 0) == 0x1.7b6b244d93da4p-1);
    assert_true(wbi_hash_unit("fold", "1", id, sizeof id) == 0x1.edf075e464380p-1);
    /* It is the hash of the bytes joined by zeros. */
    assert_true(wbi_hash_unit("fold", "1", "17", 2) == (double)(wbi_hash_bytes("fold\0001\00017", 9) >> 11) * 0x1p-53);
}

/* Chi-squared over 100 cells with 99 degrees of freedom stays below 200 but once in 10^8, and so do cells of pairs of
 * purposes when these are independent. */
static void units_are_uniform_and_independent(void **state)
{
    (void)state;
    enum { N = 100000 };
    double alone[100] = {0}, together[100] = {0}, chi_alone = 0, chi_together = 0;
    for (int i = 0; i < N; i++) {
        char id[16];
        const size_t length = (size_t)snprintf(id, sizeof id, "%d", i);
        const double fold = wbi_hash_unit("fold", "1", id, length), other = wbi_hash_unit("fold", "2", id, length);
        const double held = wbi_hash_unit("holdout", "1", id, length);
        assert_true(fold >= 0 && fold < 1 && held >= 0 && held < 1);
        alone[(int)(100 * fold)]++;
        together[10 * (int)(10 * fold) + (int)(10 * (i % 2 == 0 ? held : other))]++;
    }
    for (int i = 0; i < 100; i++) {
        chi_alone += (alone[i] - N / 100.0) * (alone[i] - N / 100.0) / (N / 100.0);
        chi_together += (together[i] - N / 100.0) * (together[i] - N / 100.0) / (N / 100.0);
    }
    assert_true(chi_alone < 200);
    assert_true(chi_together < 200);
}

static void digests_do_not_depend_on_the_pieces(void **state)
{
    (void)state;
    char text[1000], hex[33];
    memset(text, 'a', sizeof text);
    for (size_t piece = 1; piece <= sizeof text; piece = piece * 3 + 1) {
        wbi_digest *digest = wbi_digest_create();
        assert_non_null(digest);
        wbi_digest_update(digest, NULL, 0);
        for (size_t at = 0; at < sizeof text; at += piece)
            wbi_digest_update(digest, text + at, piece < sizeof text - at ? piece : sizeof text - at);
        wbi_digest_hex(digest, hex);
        assert_string_equal(hex, "b01da365eddaa29cb3e7af627147db7c");
        wbi_digest_free(digest);
    }
    wbi_digest *digest = wbi_digest_create();
    assert_non_null(digest);
    wbi_digest_hex(digest, hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
    wbi_digest_update(digest, "winback", 7);
    wbi_digest_hex(digest, hex);
    assert_string_equal(hex, "5ffc5de7f361c16d7f5b41785c7eb54c");
    wbi_digest_free(digest);
    wbi_digest_free(NULL);
}

static void digests_need_memory(void **state)
{
    (void)state;
    wbi_alloc_fail_at(1);
    assert_null(wbi_digest_create());
    wbi_alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_hash_as_xxh3),
        cmocka_unit_test(units_are_hashes_of_purpose_salt_and_id),
        cmocka_unit_test(units_are_uniform_and_independent),
        cmocka_unit_test(digests_do_not_depend_on_the_pieces),
        cmocka_unit_test(digests_need_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
