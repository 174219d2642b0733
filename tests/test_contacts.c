/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of contacts: read, refused, and rows of a campaign replaced in their place. */
#include "test_util.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "contacts/contacts.h"
#include "people_testing.h"

static const char *const ids[] = {"a", "b,1", "c"};

/* Whose row i is; the second is held out. */
static wbi_str row_of(const void *data, size_t i, wbi_arm *arm)
{
    const char *const *of = data;
    *arm = i == 1 ? WBI_ARM_CONTROL : WBI_ARM_LIST;
    return wbi_str_from(of[i]);
}

static wbi_campaign_contacts contacts_of(const char *campaign, size_t n)
{
    return (wbi_campaign_contacts){campaign, "10 % off", INT64_C(1719792000) * 1000000, n, row_of, ids, NULL};
}

static wb_status write_contacts(const char *campaign, size_t n, wb_error *err)
{
    const wbi_campaign_contacts contacts = contacts_of(campaign, n);
    return wbi_contacts_write("contacts.csv", &contacts, err);
}

static void assert_file(const char *expected)
{
    char bytes[4096] = "";
    FILE *file = fopen("contacts.csv", "rb");
    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(bytes, expected);
}

static int mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

#define HEADER "customer_id,at,campaign,arm,offer\n"
#define SPRING "a,2024-07-01,spring,list,10 % off\n\"b,1\",2024-07-01,spring,control,10 % off\nc,2024-07-01,spring,list,10 % off\n"
#define SUMMER "a,2024-07-01,summer,list,10 % off\n"

static void appends_and_replaces(void **state)
{
    (void)state;
    wb_error err;
    assert_false(wbi_contacts_exist("contacts.csv"));
    assert_ok(write_contacts("spring", 3, &err), &err);
    assert_true(wbi_contacts_exist("contacts.csv"));
    assert_file(HEADER SPRING);
    assert_int_equal(mode_of("contacts.csv"), 0600);
    assert_ok(write_contacts("summer", 1, &err), &err);
    assert_file(HEADER SPRING SUMMER);
    assert_ok(write_contacts("spring", 3, &err), &err); /* in its place, not behind */
    assert_file(HEADER SPRING SUMMER);
    assert_ok(write_contacts("spring", 1, &err), &err);
    assert_file(HEADER "a,2024-07-01,spring,list,10 % off\n" SUMMER);
    assert_ok(write_contacts("spring", 0, &err), &err); /* nobody: its rows are gone */
    assert_file(HEADER SUMMER);
    assert_ok(write_contacts("spring", 3, &err), &err);
    assert_file(HEADER SUMMER SPRING);
}

/* Somebody else's columns and order; rows of a campaign that lie apart come together where the first was. */
static void keeps_what_others_wrote(void **state)
{
    (void)state;
    wb_error err;
    put("contacts.csv", "note,offer,arm,campaign,at,customer_id\n"
                        "\"said \"\"hi\"\"\",,list,winter,2024-01-01T08:00:00Z,z\n"
                        "x,old,list,spring,2024-03-01,q\n"
                        ",5 %,control,winter,2024-01-01,y\n"
                        "x,old,list,spring,2024-03-01,r\n");
    assert_int_equal(chmod("contacts.csv", 0644), 0);
    assert_ok(write_contacts("spring", 2, &err), &err);
    assert_file("note,offer,arm,campaign,at,customer_id\n"
                "\"said \"\"hi\"\"\",,list,winter,2024-01-01T08:00:00Z,z\n"
                ",10 % off,list,spring,2024-07-01,a\n"
                ",10 % off,control,spring,2024-07-01,\"b,1\"\n"
                ",5 %,control,winter,2024-01-01,y\n");
    assert_int_equal(mode_of("contacts.csv"), 0600);
}

typedef struct gathered {
    size_t n, n_list;
    int64_t last_us;
    char ids[256];
} gathered;

static wb_status gather(void *context, const wbi_contact *contact, wb_error *err)
{
    gathered *g = context;
    (void)err;
    g->n++;
    g->n_list += contact->arm == WBI_ARM_LIST;
    g->last_us = contact->at_us;
    const size_t n = strlen(g->ids);
    snprintf(g->ids + n, sizeof g->ids - n, "%.*s@%zu ", (int)contact->customer_id.length, contact->customer_id.data, contact->line);
    return WB_OK;
}

static void reads(void **state)
{
    (void)state;
    wb_error err;
    gathered g = {0};
    put("contacts.csv", "customer_id,at,campaign,arm,offer\na,2024-01-01,w,list,\nb,1970-01-02T01:00:00+01:00,w,control,x\n");
    assert_ok(wbi_contacts_read("contacts.csv", gather, &g, &err), &err);
    assert_int_equal(g.n, 2);
    assert_int_equal(g.n_list, 1);
    assert_true(g.last_us == INT64_C(86400000000));
    assert_string_equal(g.ids, "a@2 b@3 ");
    g = (gathered){0};
    put("contacts.csv", HEADER);
    assert_ok(wbi_contacts_read("contacts.csv", gather, &g, &err), &err);
    assert_int_equal(g.n, 0);
}

static void refuses(void **state)
{
    (void)state;
    static const struct { const char *text; wb_status code; size_t line; const char *part; } all[] = {
        {"", WB_ERR_MALFORMED, 0, "empty file"},
        {"customer,at,campaign,arm,offer\n", WB_ERR_INCONSISTENT, 1, "no column 'customer_id'"},
        {"customer_id,at,campaign,arm\n", WB_ERR_INCONSISTENT, 1, "no column 'offer'"},
        {HEADER ",2024-01-01,s,list,\n", WB_ERR_MALFORMED, 2, "customer_id is missing"},
        {HEADER "a,2024-01-01,,list,\n", WB_ERR_MALFORMED, 2, "campaign is missing"},
        {HEADER "a,,s,list,\n", WB_ERR_MALFORMED, 2, "at is missing, expected YYYY-MM-DD"},
        {HEADER "a,2024-01-01,s,list,\na,2023-02-29,s,list,\n", WB_ERR_MALFORMED, 3, "at '2023-02-29' is not YYYY-MM-DD"},
        {HEADER "a,2024-01-01,s,List,\n", WB_ERR_MALFORMED, 2, "arm 'List' is not list or control"},
        {HEADER "a,2024-01-01,s,,\n", WB_ERR_MALFORMED, 2, "arm is missing"},
        {HEADER "a,2024-01-01,s,list\n", WB_ERR_MALFORMED, 2, "4 cells"},
        {HEADER "a,2024-01-01,s,list,\"open\n", WB_ERR_MALFORMED, 2, "quote"},
        {HEADER "\xff,2024-01-01,s,list,\n", WB_ERR_MALFORMED, 2, "UTF-8"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        wb_error err;
        gathered g = {0};
        put("contacts.csv", all[i].text);
        assert_int_not_equal(wbi_contacts_read("contacts.csv", gather, &g, &err), WB_OK);
        assert_told(&err, all[i].code, "contacts.csv", all[i].line, all[i].part);
        assert_int_not_equal(write_contacts("spring", 3, &err), WB_OK);
        assert_told(&err, all[i].code, "contacts.csv", all[i].line, all[i].part);
        assert_file(all[i].text); /* untouched */
    }
    wb_error err;
    unlink("contacts.csv");
    assert_int_equal(wbi_contacts_read("contacts.csv", gather, NULL, &err), WB_ERR_IO);
}

static void allocations_fail(void **state)
{
    (void)state;
    static const char before[] = HEADER "z,2024-01-01,w,list,\n" SUMMER;
    uint64_t n_calls = UINT64_MAX;
    for (uint64_t n = 1; n <= n_calls; n++) {
        wb_error err;
        put("contacts.csv", before);
        wbi_alloc_fail_at(n);
        const wb_status status = write_contacts("spring", 3, &err);
        if (wbi_alloc_count() < n)
            n_calls = 0; /* none failed any more */
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_file(status == WB_OK ? HEADER "z,2024-01-01,w,list,\n" SUMMER SPRING : before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(appends_and_replaces), CASE(keeps_what_others_wrote), CASE(reads), CASE(refuses),
                                       CASE(allocations_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
