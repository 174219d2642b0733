/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes of the test are Python's hashlib.sha256(text).hexdigest(), of the texts that stand beside them. */
#include "test_util.h"

#include <csv.h>
#include <jansson.h>
#include <sys/stat.h>

#include "csv_testing.h"

#include "base/memory.h"
#include "lists/guard.h"
#include "lists/lists.h"
#include "lists/lower.h"
#include "lists/sha256.h"

enum { MOST_COLUMNS = 16 };

/* Columns whose cells are rows of texts. */
typedef struct sheet {
    wbi_list_column columns[MOST_COLUMNS];
    size_t n_columns, n_rows;
    const char *const *cells; /* row-major; NULL is missing */
} sheet;

static wbi_str sheet_cell(const void *data, size_t row, size_t column)
{
    const sheet *s = data;
    const char *text = s->cells[row * s->n_columns + column];
    return text == NULL ? (wbi_str){NULL, 0} : wbi_str_from(text);
}

static wbi_list list_of(const sheet *s)
{
    return (wbi_list){s->columns, s->n_columns, s->n_rows, sheet_cell, s, "49", NULL, NULL};
}

static char *slurp(const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static wbi_list_counts write_sheet(const sheet *s, wbi_list_format format)
{
    wb_error err;
    wbi_list_counts counts;
    wbi_list list = list_of(s);
    assert_ok(wbi_list_write("list", format, &list, &counts, &err), &err);
    struct stat about;
    assert_int_equal(stat("list", &about), 0);
    assert_int_equal(about.st_size, counts.n_bytes);
    assert_int_equal(about.st_mode & 07777, 0600);
    return counts;
}

static void assert_counts(wbi_list_counts got, uint64_t n_rows, uint64_t n_without, uint64_t n_refused, uint64_t n_guarded,
                          uint64_t n_cut)
{
    assert_int_equal(got.n_rows, n_rows);
    assert_int_equal(got.n_without_address, n_without);
    assert_int_equal(got.n_refused_emails, n_refused);
    assert_int_equal(got.n_guarded, n_guarded);
    assert_int_equal(got.n_cut, n_cut);
}

/* A list as a campaign has it: an ordinary customer; one without e-mail; one with neither; one whose name, reason and e-mail are
 * formulas; one with a number that cannot be dialled. */
static const char *const people[] = {
    "C1", "0.25", "-0.42", "autumn", "list", "free shipping", "slow replies", " Jane.Doe@Example.com ",
    "0171 2345678", "\u00c9lodie", "O'Neill", "de", "75001", "yes",
    "C2", "0.5", "12.5", "autumn", "list", "free shipping", NULL, NULL, "+49 171 2345678", "Anne Marie",
    "M\u00fcller", "FR", "SW1A 1AA", "no",
    "C3", "1e-07", "0", "autumn", "list", "free shipping", NULL, "not an address", NULL, "A", "B", NULL, NULL, NULL,
    "C4", "0.75", "3", "autumn", "list", "free shipping", "-1+2", "=cmd@example.com", NULL, "=1+1", "\uff1dx", "US",
    "10001-1234", NULL,
    "C5", "1", "7", "autumn", "list", "a, \"b\"", NULL, "info@example.com", "call me", NULL, NULL, NULL, NULL, "yes",
};
static const sheet campaign = {
    .columns = {{"customer_id", WBI_LIST_CUSTOMER}, {"probability", WBI_LIST_NUMBER}, {"expected_value", WBI_LIST_NUMBER},
                {"campaign", WBI_LIST_TEXT}, {"arm", WBI_LIST_TEXT}, {"offer", WBI_LIST_TEXT}, {"reason_1", WBI_LIST_TEXT},
                {"email", WBI_LIST_EMAIL}, {"phone", WBI_LIST_PHONE}, {"first_name", WBI_LIST_FIRST_NAME},
                {"last_name", WBI_LIST_LAST_NAME}, {"country", WBI_LIST_COUNTRY}, {"zip", WBI_LIST_ZIP},
                {"email_consent", WBI_LIST_EMAIL_CONSENT}},
    .n_columns = 14, .n_rows = 5, .cells = people};

static void csv_has_all_rows_and_columns(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_CSV), 5, 0, 1, 3, 0);
    assert_string_equal(slurp("list"),
                        "customer_id,probability,expected_value,campaign,arm,offer,reason_1,email,phone,first_name,"
                        "last_name,country,zip,email_consent\n"
                        "C1,0.25,-0.42,autumn,list,free shipping,slow replies,Jane.Doe@Example.com,+491712345678,"
                        "\u00c9lodie,O'Neill,de,75001,yes\n"
                        "C2,0.5,12.5,autumn,list,free shipping,,,+491712345678,Anne Marie,M\u00fcller,FR,SW1A 1AA,no\n"
                        "C3,1e-07,0,autumn,list,free shipping,,not an address,,A,B,,,\n"
                        "C4,0.75,3,autumn,list,free shipping,'-1+2,,,'=1+1,'\uff1dx,US,10001-1234,\n"
                        "C5,1,7,autumn,list,\"a, \"\"b\"\"\",,info@example.com,call me,,,,,yes\n");
}

static void json_lines_have_numbers_and_texts(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_JSON_LINES), 5, 0, 1, 0, 0);
    char *text = slurp("list");
    json_t *rows[5];
    for (size_t row = 0; row < 5; row++) {
        char *end = strchr(text, '\n');
        rows[row] = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(rows[row]);
        assert_int_equal(json_object_size(rows[row]), 14);
        text = end + 1;
    }
    assert_string_equal(text, "");
    assert_close(json_number_value(json_object_get(rows[0], "expected_value")), -0.42, 0);
    assert_close(json_number_value(json_object_get(rows[2], "probability")), 1e-7, 0);
    assert_true(json_is_null(json_object_get(rows[1], "reason_1")));
    assert_true(json_is_null(json_object_get(rows[3], "email")));
    assert_string_equal(json_string_value(json_object_get(rows[3], "reason_1")), "-1+2"); /* no spreadsheet reads it */
    assert_string_equal(json_string_value(json_object_get(rows[4], "offer")), "a, \"b\"");
    for (size_t row = 0; row < 5; row++)
        json_decref(rows[row]);
}

static void json_numbers_are_numbers(void **state)
{
    (void)state;
    static const char *const cells[] = {"007", "-0.5e+3", "1.", "nan", ".5", "-", "0", "1e5x"};
    const sheet s = {.columns = {{"n", WBI_LIST_NUMBER}}, .n_columns = 1, .n_rows = 8, .cells = cells};
    write_sheet(&s, WBI_LIST_JSON_LINES);
    assert_string_equal(slurp("list"), "{\"n\":\"007\"}\n{\"n\":-0.5e+3}\n{\"n\":\"1.\"}\n{\"n\":\"nan\"}\n{\"n\":\".5\"}\n"
                                       "{\"n\":\"-\"}\n{\"n\":0}\n{\"n\":\"1e5x\"}\n");
}

static void mailchimp_wants_addresses(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_MAILCHIMP), 2, 3, 1, 0, 0);
    assert_string_equal(slurp("list"),
                        "Email Address,First Name,Last Name,Phone Number,Country,Zip Code,customer_id,probability,"
                        "expected_value,campaign,arm,offer,reason_1,email_consent\n"
                        "jane.doe@example.com,\u00c9lodie,O'Neill,+491712345678,de,75001,C1,0.25,-0.42,autumn,list,free shipping,"
                        "slow replies,yes\n"
                        "info@example.com,,,,,,C5,1,7,autumn,list,\"a, \"\"b\"\"\",,yes\n");
}

/* 255 bytes, between characters, the guard included. */
static void mailchimp_cuts_texts(void **state)
{
    (void)state;
    char even[600] = "", odd[600] = "x", formula[600] = "=";
    for (size_t i = 0; i < 150; i++) {
        strcat(even, "\u00e9");
        strcat(odd, "\u00e9");
        strcat(formula, "ab");
    }
    const char *const cells[] = {"a@example.com", even, "b@example.com", odd, "c@example.com", formula};
    const sheet s = {
        .columns = {{"email", WBI_LIST_EMAIL}, {"note", WBI_LIST_TEXT}}, .n_columns = 2, .n_rows = 3, .cells = cells};
    assert_counts(write_sheet(&s, WBI_LIST_MAILCHIMP), 3, 0, 0, 1, 3);
    char *line = strchr(slurp("list"), '\n') + 1;
    static const size_t lengths[] = {254, 255, 255};
    for (size_t row = 0; row < 3; row++) {
        char *note = strchr(line, ',') + 1, *end = strchr(note, '\n');
        assert_int_equal(end - note, lengths[row]);
        assert_int_equal(wbi_utf8_check(note, (size_t)(end - note)), end - note);
        if (row == 2)
            assert_memory_equal(note, "'=abab", 6);
        line = end + 1;
    }
}

static void klaviyo_wants_an_address_first(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_KLAVIYO), 3, 2, 1, 0, 0);
    assert_string_equal(slurp("list"),
                        "Email,Phone Number,First Name,Last Name,Country,Zip Code,Email Marketing Consent,customer_id,probability,"
                        "expected_value,campaign,arm,offer,reason_1\n"
                        "jane.doe@example.com,+491712345678,\u00c9lodie,O'Neill,de,75001,Subscribed,C1,0.25,-0.42,autumn,list,"
                        "free shipping,slow replies\n"
                        ",+491712345678,Anne Marie,M\u00fcller,FR,SW1A 1AA,Unsubscribed,C2,0.5,12.5,autumn,list,free shipping,\n"
                        "info@example.com,,,,,,Subscribed,C5,1,7,autumn,list,\"a, \"\"b\"\"\",\n");
    static const char *const cells[] = {"C1", "0171 2345678", "", "C2", "", "yes"};
    const sheet s = {.columns = {{"customer_id", WBI_LIST_CUSTOMER}, {"mobile", WBI_LIST_PHONE}, {"sms", WBI_LIST_SMS_CONSENT}},
                     .n_columns = 3, .n_rows = 2, .cells = cells};
    assert_counts(write_sheet(&s, WBI_LIST_KLAVIYO), 1, 1, 0, 0, 0);
    assert_string_equal(slurp("list"), "Phone Number,SMS Marketing Consent,customer_id\n+491712345678,Never subscribed,C1\n");
}

static void hubspot_knows_people_by_email(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_HUBSPOT), 2, 3, 1, 0, 0);
    assert_memory_equal(slurp("list"), "Email,First Name,Last Name,Phone Number,Country/Region,Postal Code,customer_id,probability,", 91);
}

static void brevo_wants_capitals(void **state)
{
    (void)state;
    static const char *const cells[] = {"C1", "jane@example.com", "0171 2345678", "2", "x", "C2", "", "", "3", ""};
    sheet s = {.columns = {{"customer_id", WBI_LIST_CUSTOMER}, {"email", WBI_LIST_EMAIL}, {"phone", WBI_LIST_PHONE},
                           {"e-mail opens", WBI_LIST_NUMBER}, {"reason_1", WBI_LIST_TEXT}},
               .n_columns = 5, .n_rows = 2, .cells = cells};
    assert_counts(write_sheet(&s, WBI_LIST_BREVO), 1, 1, 0, 0, 0);
    assert_string_equal(slurp("list"), "EMAIL,SMS,EXT_ID,E_MAIL_OPENS,REASON_1\njane@example.com,+491712345678,C1,2,x\n");
    s.columns[3].name = "reason 1";
    wb_error err;
    wbi_list list = list_of(&s);
    assert_int_equal(wbi_list_write("none", WBI_LIST_BREVO, &list, NULL, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, "a list of format brevo would have two columns named 'REASON_1'");
    assert_int_equal(access("none", F_OK), -1);
}

static void google_wants_hashes(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_GOOGLE), 4, 1, 1, 0, 0); /* C4: name, country and ZIP code are an address */
    char *text = slurp("list");
    assert_memory_equal(text, "Email,Phone,First Name,Last Name,Country,Zip\n"
                        /* jane.doe@example.com, +491712345678, élodie, o'neill */
                        "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d,"
                        "2618ce4c02da9735127fbbb673cdf6b842e8445cd6947fb6adef79b46719125d,"
                        "36bac2631d17463d569eaf1b869e7bf8d40e4636fd8b2b778ee93f504baf6691,"
                        "4897794243f02aab17572801e8e9629de1efcf107bcc8671f97aeb3d565b3d68,DE,75001\n"
                        /* +491712345678, annemarie, müller */
                        ",2618ce4c02da9735127fbbb673cdf6b842e8445cd6947fb6adef79b46719125d,"
                        "67495eb5715de43c26f7c18b25cc7f62a7540236516bd59d5162a6f743598083,"
                        "2dbd218072117713f2d5996a726a9b216ed791ffd0783b6ba4ab6d61b8333192,FR,SW1A 1AA\n",
                        45 + 4 * 64 + 4 + 8 + 1 + 3 * 64 + 4 + 11 + 1);
}

static void meta_wants_other_hashes(void **state)
{
    (void)state;
    assert_counts(write_sheet(&campaign, WBI_LIST_META), 3, 2, 1, 0, 0);
    char *text = slurp("list");
    static const char expected[] =
        "email,phone,fn,ln,zip,country\n"
        /* jane.doe@example.com, 491712345678, élodie, oneill, 75001, de */
        "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d,"
        "57cd22a4ac12d9ebb5b1f98207134ba4be5e09b8d1a20534c9ebdcabe52d8cd9,"
        "36bac2631d17463d569eaf1b869e7bf8d40e4636fd8b2b778ee93f504baf6691,"
        "fa0fd24b2d0175a5c48e1b82f4d707a8a95f5279c4abdc43fa2f19d8e30eb47d,"
        "3f089dbdff98360a35193e7d401b76b21f5c0d5d6fb76a28660aaaed83a4c3e3,"
        "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578\n"
        /* 491712345678, anne marie, müller, sw1a1aa */
        ",57cd22a4ac12d9ebb5b1f98207134ba4be5e09b8d1a20534c9ebdcabe52d8cd9,"
        "a47ef2055fbfa2d8389507ad217d3b76d2d16546f892e737d73019f630eabca7,"
        "2dbd218072117713f2d5996a726a9b216ed791ffd0783b6ba4ab6d61b8333192,"
        "830e1d4b9838bab1f5c2acdb23e0b502ff13a9832c4632e8d67a1d43d3b7f614,";
    assert_memory_equal(text, expected, sizeof expected - 1);
}

static void sha256_of_known_texts(void **state)
{
    (void)state;
    char hex[WBI_SHA256_HEX], as[64];
    memset(as, 'a', sizeof as);
    wbi_sha256_hex(hex, NULL, 0);
    assert_memory_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 64);
    wbi_sha256_hex(hex, "abc", 3); /* FIPS 180-4's example, as the 56 bytes below */
    assert_memory_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 64);
    wbi_sha256_hex(hex, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    assert_memory_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", 64);
    wbi_sha256_hex(hex, as, 55);
    assert_memory_equal(hex, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318", 64);
    wbi_sha256_hex(hex, as, 64);
    assert_memory_equal(hex, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb", 64);
}

static void assert_lower(const char *text, const char *expected)
{
    char out[256];
    size_t n = wbi_lower(out, text, strlen(text));
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(out, expected, n);
}

static void names_get_small_letters(void **state)
{
    (void)state;
    assert_lower("JOS\u00c9 \u00c5NGSTR\u00d6M \u00de\u00d0", "jos\u00e9 \u00e5ngstr\u00f6m \u00fe\u00f0");
    assert_lower("\u0141\u00d3D\u0179 \u017b\u00d3\u0141W \u010c\u0160\u017d \u0102\u0218\u021a",
                 "\u0142\u00f3d\u017a \u017c\u00f3\u0142w \u010d\u0161\u017e \u0103\u0219\u021b");
    assert_lower("\u0178 \u1e9e \u0130", "\u00ff \u00df i");
    assert_lower("\u0391\u0398\u0397\u039d\u0391 \u0386\u038c\u038f", "\u03b1\u03b8\u03b7\u03bd\u03b1 \u03ac\u03cc\u03ce");
    assert_lower("\u041c\u041e\u0421\u041a\u0412\u0410 \u0401\u0407", "\u043c\u043e\u0441\u043a\u0432\u0430 \u0451\u0457");
    assert_lower("\u1ea4\u01a0\u01af", "\u1ea5\u01a1\u01b0");
    assert_lower("\u018fL\u0130YEV \u0181\u018a\u0198", "\u0259liyev \u0253\u0257\u0199");
    assert_lower("\u00df\u00f7\u00d7\u4e2d\U0001f600\xff 12-3", "\u00df\u00f7\u00d7\u4e2d\U0001f600\xff 12-3");
}

static void formats_have_names(void **state)
{
    (void)state;
    wb_error err;
    wbi_list_format format;
    for (wbi_list_format f = 0; f < WBI_LIST_N_FORMATS; f++) {
        assert_ok(wbi_list_format_find(&format, wbi_list_format_name(f), &err), &err);
        assert_int_equal(format, f);
    }
    assert_ok(wbi_list_format_find(&format, NULL, &err), &err);
    assert_int_equal(format, WBI_LIST_CSV);
    assert_int_equal(wbi_list_format_find(&format, "mailchump", &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "did you mean mailchimp?"));
}

static void targets_without_an_address_are_refused(void **state)
{
    (void)state;
    static const char *const cells[] = {"C1"};
    const sheet s = {.columns = {{"customer_id", WBI_LIST_CUSTOMER}}, .n_columns = 1, .n_rows = 1, .cells = cells};
    wbi_list list = list_of(&s);
    wb_error err;
    for (wbi_list_format f = WBI_LIST_MAILCHIMP; f < WBI_LIST_N_FORMATS; f++) {
        assert_int_equal(wbi_list_write("none", f, &list, NULL, &err), WB_ERR_MALFORMED);
        assert_non_null(strstr(err.message, "there is no such column"));
        assert_int_equal(access("none", F_OK), -1);
    }
}

static void lists_may_be_empty(void **state)
{
    (void)state;
    sheet s = campaign;
    s.n_rows = 0;
    for (wbi_list_format f = 0; f < WBI_LIST_N_FORMATS; f++) {
        assert_counts(write_sheet(&s, f), 0, 0, 0, 0, 0);
        size_t n_lines = 0;
        for (const char *c = slurp("list"); *c != '\0'; c++)
            n_lines += *c == '\n';
        assert_int_equal(n_lines, f != WBI_LIST_JSON_LINES);
    }
}

static void headers_are_guarded(void **state)
{
    (void)state;
    static const char *const cells[] = {"", "x"};
    const sheet s = {.columns = {{"=now()", WBI_LIST_TEXT}}, .n_columns = 1, .n_rows = 2, .cells = cells};
    assert_counts(write_sheet(&s, WBI_LIST_CSV), 2, 0, 0, 1, 0);
    assert_string_equal(slurp("list"), "'=now()\n\"\"\nx\n");
}

static wbi_str wide_cell(const void *data, size_t row, size_t column)
{
    (void)row;
    return column == 0 ? wbi_str_from("a@example.com") : *(const wbi_str *)data;
}

/* Klaviyo takes 50 MB, HubSpot 999 columns. */
static void limits_are_said(void **state)
{
    (void)state;
    transcript said = {0};
    add_text(&said, "");
    const wb_log log = {add_log, NULL, &said};
    char *megabyte = malloc(1000000);
    memset(megabyte, 'x', 1000000);
    const wbi_str large = {megabyte, 1000000};
    static const wbi_list_column two[] = {{"email", WBI_LIST_EMAIL}, {"note", WBI_LIST_TEXT}};
    wbi_list list = {two, 2, 49, wide_cell, &large, NULL, &log, NULL};
    wb_error err;
    assert_ok(wbi_list_write("list", WBI_LIST_KLAVIYO, &list, NULL, &err), &err);
    assert_string_equal(said.text, "");
    list.n_rows = 51;
    assert_ok(wbi_list_write("list", WBI_LIST_KLAVIYO, &list, NULL, &err), &err);
    assert_string_equal(said.text, "! list has 51 MB, and Klaviyo takes 50 MB a file: split it\n");

    static wbi_list_column many[1000];
    static char names[1000][8];
    const wbi_str small = {"x", 1};
    for (size_t k = 0; k < 1000; k++) {
        snprintf(names[k], sizeof names[k], "c%zu", k);
        many[k] = (wbi_list_column){names[k], k == 0 ? WBI_LIST_EMAIL : WBI_LIST_TEXT};
    }
    list = (wbi_list){many, 1000, 1, wide_cell, &small, NULL, &log, NULL};
    said.length = 0;
    assert_ok(wbi_list_write("list", WBI_LIST_HUBSPOT, &list, NULL, &err), &err);
    assert_string_equal(said.text, "! list has 1000 columns, and HubSpot takes 999\n");
    free(megabyte);
    free(said.text);
}

/* What libcsv reads back, in the order of the cells. */
typedef struct read_back {
    const sheet *from;
    size_t n; /* cells so far, the header's included */
} read_back;

static void check_cell(void *bytes, size_t n, void *context)
{
    read_back *r = context;
    if (r->n >= r->from->n_columns) {
        const char *expected = r->from->cells[r->n - r->from->n_columns];
        size_t guard = wbi_guard_length(bytes, n);
        assert_int_equal(n - guard, strlen(expected));
        assert_memory_equal((const char *)bytes + guard, expected, n - guard);
        assert_int_equal(guard, wbi_guard_is_needed(expected, strlen(expected)));
        assert_true(!wbi_guard_is_formula(bytes, n) || !wbi_guard_is_needed(bytes, n));
    }
    r->n++;
}

/* Random texts come back from libcsv as they were, but for the guard, which no cell that needs it lacks. */
static void csv_comes_back(void **state)
{
    (void)state;
    enum { N_ROWS = 2000, N_COLUMNS = 3 };
    static const char *const pieces[] = {"=", "+", "-", "@", "'", "\"", ",", "\n", "\r", "\t", " ", "a", "1", ".5",
                                         "\uff1d", "\u00e9"};
    static char texts[N_ROWS * N_COLUMNS][32];
    static const char *cells[N_ROWS * N_COLUMNS];
    srand(5);
    for (size_t i = 0; i < N_ROWS * N_COLUMNS; i++) {
        texts[i][0] = '\0';
        for (int left = rand() % 7; left > 0; left--)
            strcat(texts[i], pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)]);
        cells[i] = texts[i];
    }
    const sheet s = {.columns = {{"a", WBI_LIST_TEXT}, {"b", WBI_LIST_TEXT}, {"c", WBI_LIST_CUSTOMER}},
                     .n_columns = N_COLUMNS, .n_rows = N_ROWS, .cells = cells};
    wbi_list_counts counts = write_sheet(&s, WBI_LIST_CSV);
    assert_true(counts.n_guarded > 500);
    static char text[1 << 20];
    FILE *file = fopen("list", "rb");
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_int_equal(n, counts.n_bytes);
    struct csv_parser parser;
    read_back r = {.from = &s};
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    assert_int_equal(csv_parse(&parser, text, n, check_cell, NULL, &r), n);
    assert_int_equal(csv_fini(&parser, check_cell, NULL, &r), 0);
    csv_free(&parser);
    assert_int_equal(r.n, (N_ROWS + 1) * N_COLUMNS);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wbi_list list = list_of(&campaign);
    for (wbi_list_format f = 0; f < WBI_LIST_N_FORMATS; f++) {
        wb_error err;
        wb_status status = WB_ERR_NOMEM;
        for (uint64_t n = 1; status != WB_OK; n++) {
            unlink("list");
            wbi_alloc_fail_at(n);
            status = wbi_list_write("list", f, &list, NULL, &err);
            wbi_alloc_fail_at(0);
            assert_true(status == WB_OK || status == WB_ERR_NOMEM);
            assert_int_equal(access("list", F_OK), status == WB_OK ? 0 : -1);
        }
    }
}

static int leave(void **state)
{
    static const char *const files[] = {"list", NULL};
    return leave_folder(state, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_all_rows_and_columns),
        cmocka_unit_test(json_lines_have_numbers_and_texts),
        cmocka_unit_test(json_numbers_are_numbers),
        cmocka_unit_test(mailchimp_wants_addresses),
        cmocka_unit_test(mailchimp_cuts_texts),
        cmocka_unit_test(klaviyo_wants_an_address_first),
        cmocka_unit_test(hubspot_knows_people_by_email),
        cmocka_unit_test(brevo_wants_capitals),
        cmocka_unit_test(google_wants_hashes),
        cmocka_unit_test(meta_wants_other_hashes),
        cmocka_unit_test(sha256_of_known_texts),
        cmocka_unit_test(names_get_small_letters),
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test(targets_without_an_address_are_refused),
        cmocka_unit_test(lists_may_be_empty),
        cmocka_unit_test(headers_are_guarded),
        cmocka_unit_test(limits_are_said),
        cmocka_unit_test(csv_comes_back),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave);
}
