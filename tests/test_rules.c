/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may be contacted: each rule by hand, their order, and what is refused. */
#include "test_util.h"

#include "base/memory.h"
#include "people_testing.h"

static void put_tables(const char *campaign)
{
    char text[4096];
    snprintf(text, sizeof text,
             "tables:\n"
             "  customers: {file: customers.csv}\n"
             "  orders: {file: orders.csv}\n"
             "  tickets: {file: tickets.csv}\n"
             "features: {define: [{name: spent, table: orders, agg: sum, of: amount}, {name: spent_double, expr: \"2 * spent\"}]}\n"
             "campaign: {name: spring, %s}\n",
             campaign);
    put("winback.yml", text);
}

/* Runs the rules over scores of the customers a, b, … in this order, probability 0.5. */
static wb_status permit(persons *p, const char *campaign, const char *customers, const char *scored, const int64_t *worth, wb_error *err)
{
    char text[1024] = "customer_id,cutoff,probability\n";
    begin(p);
    put_tables(campaign);
    put("customers.csv", customers);
    for (size_t i = 0; scored[i] != '\0'; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%c,2024-07-01,0.5\n", scored[i]);
    put("scores.csv", text);
    return open_persons(p, 1, worth, err);
}

/* The customers that a rule removed, in the order of the scores; "" when it was not asked. */
static const char *removed_by(const persons *p, const char *name, char out[64])
{
    size_t n = 0, rule = 0;
    while (rule < p->permitted.n_rules && strcmp(p->permitted.rules[rule].name, name) != 0)
        rule++;
    for (size_t row = 0; rule < p->permitted.n_rules && row < p->people.n; row++)
        if (p->permitted.rule[row] == rule + 1)
            out[n++] = wbi_people_id(&p->people, row).data[0];
    assert_true(rule == p->permitted.n_rules || p->permitted.rules[rule].n == n);
    out[n] = '\0';
    return out;
}

static const char *permitted(const persons *p, char out[64])
{
    size_t n = 0;
    uint64_t sum = p->permitted.n;
    for (size_t row = 0; row < p->people.n; row++)
        if (p->permitted.rule[row] == 0)
            out[n++] = wbi_people_id(&p->people, row).data[0];
    assert_int_equal(p->permitted.n, n);
    for (size_t r = 0; r < p->permitted.n_rules; r++)
        sum += p->permitted.rules[r].n;
    assert_int_equal(sum, p->people.n);
    out[n] = '\0';
    return out;
}

#define REMOVED(p, name, expected)                            \
    do {                                                      \
        char removed_text[64];                                \
        assert_string_equal(removed_by(p, name, removed_text), expected); \
    } while (0)
#define PERMITTED(p, expected)                                \
    do {                                                      \
        char permitted_text[64];                              \
        assert_string_equal(permitted(p, permitted_text), expected); \
    } while (0)

/* a by id, b by an address in other case and with blanks, c whose address is that of b, d whose is that of x, who is
 * suppressed by id and has no score. e and f are not meant: ids keep their case, and a part is not the whole. */
static void suppression(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    put("stop1.csv", "Customer ID,why\n a ,asked\nx,asked\nE,\n");
    put("stop2.csv", "why,E-Mail\nasked,\"  B@Example.ORG \"\nasked,\nasked,example.org\n");
    assert_ok(permit(&p, "consent: not_required, suppress: [stop1.csv, stop2.csv]",
                     "customer_id,email\na,a@example.org\nb,b@example.org\nc,B@example.org\nd,x@example.org\ne,e@example.org\n"
                     "f,f@example.org\nx,X@example.org\n",
                     "fedcba", NULL, &err), &err);
    REMOVED(&p, "suppressed", "dcba");
    PERMITTED(&p, "fe");
    assert_says(&p, "suppression lists: 1 of 6 rows name nobody");
    end(&p);
    /* Both columns in one file, and a file that is a glob. */
    put("stop1.csv", "customer_id,Email Address\na,f@example.org\n");
    assert_ok(permit(&p, "consent: not_required, suppress: stop1*.csv", "customer_id,email\na,a@example.org\nf,f@example.org\ng,g@example.org\n",
                     "afg", NULL, &err), &err);
    REMOVED(&p, "suppressed", "af");
    PERMITTED(&p, "g");
    end(&p);
    /* All columns that name somebody count; blanks and case as spreadsheets and domains have them. */
    put("stop1.csv", "email,Email Address,customer_id,Customer ID\n,c@example.org,,\nd@M\u00dcller.de,,,\n,,,a\n,,\u00a0b\u00a0,\n");
    assert_ok(permit(&p, "consent: not_required, suppress: stop1.csv",
                     "customer_id,email\na,a@example.org\nb,b@example.org\nc,c@example.org\nd,d@m\u00fcller.de\n", "abcde", NULL, &err), &err);
    REMOVED(&p, "suppressed", "abcd");
    end(&p);
    put("stop1.csv", "customer_id,Email Address\na,f@example.org\n");
    /* Addresses that nobody can be found by. */
    assert_ok(permit(&p, "consent: not_required, suppress: stop1.csv", "customer_id\na\nf\n", "af", NULL, &err), &err);
    REMOVED(&p, "suppressed", "a");
    assert_says(&p, "nobody is found by these");
    end(&p);
}

/* Without customers, the scores have the addresses: whose a, who is suppressed, o, who objects, and t, who was contacted, have. */
static void addresses_of_scores(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    begin(&p);
    put("winback.yml", "campaign: {name: spring, consent: not_required, suppress: stop.csv, objected: no_ads, contacts: contacts.csv, "
                       "not_contacted_within: 30d}\n");
    put("stop.csv", "customer_id\na\n");
    put("contacts.csv", "customer_id,at,campaign,arm,offer\nt,2024-06-20,winter,list,\n");
    put("scores.csv", "customer_id,cutoff,probability,email,no_ads\nb,2024-07-01,0.5,A@x.org,\na,2024-07-01,0.5,a@x.org,\n"
                      "p,2024-07-01,0.5,o@X.org,no\no,2024-07-01,0.5,o@x.org,yes\nu,2024-07-01,0.5,t@x.org,\nt,2024-07-01,0.5,T@x.org,\n"
                      "z,2024-07-01,0.5,z@x.org,\n");
    assert_ok(open_persons(&p, 1, NULL, &err), &err);
    REMOVED(&p, "suppressed", "ba");
    REMOVED(&p, "objected", "po");
    REMOVED(&p, "contacted within 30d", "ut");
    PERMITTED(&p, "z");
    end(&p);
}

static void suppression_refused(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    static const char campaign[] = "consent: not_required, suppress: stop.csv", customers[] = "customer_id\na\n";
    put("stop.csv", "name,mail\nA,a@b.org\n");
    assert_int_not_equal(permit(&p, campaign, customers, "a", NULL, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "stop.csv", 0, "needs a column customer_id or email; its columns are name, mail");
    end(&p);
    put("stop.csv", "customer_id,email\nA,a@b.org,x\n"); /* a bad row is not left out, whatever is said of such */
    assert_int_not_equal(permit(&p, campaign, customers, "a", NULL, &err), WB_OK);
    assert_told(&err, WB_ERR_MALFORMED, "stop.csv", 2, "3 cells");
    end(&p);
    unlink("stop.csv");
    assert_int_equal(permit(&p, campaign, customers, "a", NULL, &err), WB_ERR_IO);
    end(&p);
}

static void consent(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    static const char customers[] = "customer_id,email,email_consent,phone_consent\n"
                                    "a,a@x.org,yes,\nb,b@x.org,No,\nc,c@x.org,,\nd,d@x.org, TRUE ,\ne,e@x.org,maybe,\nf,f@x.org,1,\ng,g@x.org,perhaps,1\n";
    assert_ok(permit(&p, "consent: {email: email_consent}", customers, "abcdefgh", NULL, &err), &err);
    REMOVED(&p, "no consent to email", "bcegh");
    PERMITTED(&p, "adf");
    assert_says(&p, "email_consent: 2 cells are neither yes nor no, first 'maybe' of customer e: taken for no consent");
    end(&p);
    assert_ok(permit(&p, "channel: phone, consent: {email: email_consent, phone: phone_consent}", customers, "abcdefgh", NULL, &err), &err);
    REMOVED(&p, "no consent to phone", "abcdefh");
    PERMITTED(&p, "g");
    end(&p);
    assert_int_not_equal(permit(&p, "budget: 10", customers, "a", NULL, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "winback.yml", 0, "does not say who has given consent");
    assert_non_null(strstr(err.advice, "not_required"));
    end(&p);
    assert_int_not_equal(permit(&p, "channel: sms, consent: {email: email_consent}", customers, "a", NULL, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "winback.yml", 0, "consent: names no column for 'sms'");
    end(&p);
}

/* a says so, b has a word that nobody understands, c the address of z, who says so and has no score. */
static void objection(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    assert_ok(permit(&p, "consent: not_required, objected: no_ads",
                     "customer_id,email,no_ads\na,a@x.org,yes\nb,b@x.org,!?\nc,Z@x.org,no\nd,d@x.org,\nz,z@x.org,1\n", "abcd", NULL, &err), &err);
    REMOVED(&p, "objected", "abc");
    PERMITTED(&p, "d");
    assert_says(&p, "no_ads: 1 cell is neither yes nor no, first '!?' of customer b: taken for an objection");
    end(&p);
}

/* The cutoff is 2024-07-01, the rule 30 days: later than 2024-06-01. */
static void contacts(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    static const char customers[] = "customer_id\na\nb\nc\nd\ne\nf\ng\nh\n",
                      campaign[] = "consent: not_required, contacts: contacts.csv, not_contacted_within: 30d";
    assert_ok(permit(&p, campaign, customers, "abc", NULL, &err), &err); /* before the first campaign there is no file */
    PERMITTED(&p, "abc");
    end(&p);
    put("contacts.csv", "customer_id,at,campaign,arm,offer\n"
                        "a,2024-06-01,winter,list,\n"            /* 30 days before: no more */
                        "b,2024-06-01T00:00:00.000001Z,winter,list,\n"
                        "c,2024-06-15,winter,control,\n"         /* held out is not contacted */
                        "d,2024-07-01,winter,list,\n"            /* the same cutoff, before ours */
                        "e,2024-06-15,spring,list,\n"            /* ours */
                        "f,2024-07-01,summer,list,\n"            /* the same cutoff, behind ours */
                        "g,2024-07-02,summer,list,\n"            /* later */
                        "h,2024-06-30,autumn,list,\n"            /* behind ours, but earlier */
                        "x,2024-06-30,autumn,list,\n");
    assert_ok(permit(&p, campaign, customers, "abcdefgh", NULL, &err), &err);
    REMOVED(&p, "contacted within 30d", "bdh");
    PERMITTED(&p, "acefg");
    end(&p);
    /* Who has the address of somebody contacted, here of b and of x, who has no score. */
    assert_ok(permit(&p, campaign, "customer_id,email\na,B@y.org\nb,b@y.org\nc,x@y.org\ne,e@y.org\nx,X@y.org\n", "abce", NULL, &err), &err);
    REMOVED(&p, "contacted within 30d", "abc");
    PERMITTED(&p, "e");
    end(&p);
    assert_ok(permit(&p, "consent: not_required, contacts: contacts.csv", customers, "abcdefg", NULL, &err), &err);
    PERMITTED(&p, "abcdefg");
    assert_says(&p, "1 who may be contacted are on the list of another campaign at the same cutoff (first: winter)");
    end(&p);
    assert_int_not_equal(permit(&p, "consent: not_required, not_contacted_within: 30d", customers, "a", NULL, &err), WB_OK);
    assert_told(&err, err.code, err.file, err.line, "not_contacted_within");
    end(&p);
    begin(&p);
    put_tables(campaign);
    put("scores.csv", "customer_id,probability\na,0.5\n");
    assert_int_not_equal(open_persons(&p, 1, NULL, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "scores.csv", 0, "no column cutoff");
    end(&p);
}

static void put_events(void)
{
    put("orders.csv", "order_id,customer_id,ordered_at,amount\n1,a,2024-01-01,10\n2,b,2024-01-01,20\n3,c,2024-01-01,30\n4,d,2024-07-02,99\n"
                      "5,e,2024-06-01,5\n");
    /* Open at the cutoff: a's, and b's, which is resolved later; c's is resolved before, d's comes later; f never ordered. */
    put("tickets.csv", "ticket_id,customer_id,opened_at,resolved_at\n1,a,2024-06-01,\n2,b,2024-06-01,2024-07-05\n3,c,2024-06-01,2024-06-02\n"
                       "4,d,2024-07-03,\n5,f,2024-06-30,\n");
}

static void conditions(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    static const char customers[] = "customer_id,phone_consent\na,yes\nb,no\nc,yes\nd,yes\ne,yes\nf,yes\ng,yes\n";
    put_events();
    assert_ok(permit(&p, "consent: not_required, exclude: [{name: open ticket, when: tickets_open > 0}, {when: spent_double >= 60}]", customers,
                     "gfedcba", NULL, &err), &err);
    REMOVED(&p, "open ticket", "fba");
    REMOVED(&p, "spent_double >= 60", "c");
    PERMITTED(&p, "ged");
    assert_says(&p, "1 of 7 customers have no row in the tables");
    end(&p);
    assert_ok(permit(&p, "channel: phone, consent: {phone: phone_consent}, route: [{to: call, when: tickets_open > 0}, {to: phone, when: spent = 5}]",
                     customers, "gfedcba", NULL, &err), &err);
    REMOVED(&p, "no consent to phone", "b");
    REMOVED(&p, "routed to call", "fa");
    REMOVED(&p, "routed to phone", "e");
    PERMITTED(&p, "gdc");
    end(&p);
    assert_ok(permit(&p, "channel: post, consent: {post: phone_consent, phone: tel}, route: [{to: call, when: tickets_open}]",
                     "customer_id,phone_consent,tel\na,yes,no\nf,yes,yes\ne,yes,yes\n", "aef", NULL, &err), &err);
    REMOVED(&p, "routed to call", "f");
    REMOVED(&p, "to be routed to call, no consent to phone", "a");
    PERMITTED(&p, "e");
    for (size_t r = 0; r < p.permitted.n_rules; r++)
        if (p.permitted.rules[r].kind == WBI_RULE_ROUTED)
            assert_string_equal(p.permitted.rules[r].to, "call");
    end(&p);
}

/* Texts and `cutoff` are there as well; what is unknown does not hold. */
static void conditions_over_texts(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    put_events();
    assert_ok(permit(&p, "consent: not_required, exclude: [{name: Germans, when: \"country = 'DE'\"}, {name: slow, when: tickets_resolution_hours_mean > 1},"
                         " {name: late, when: \"cutoff > '2024-06-30' and spent = 5\"}]",
                     "customer_id,country\na,DE\nb,FR\nc,\nd,de\ne,FR\n", "abcde", NULL, &err), &err);
    REMOVED(&p, "Germans", "a");
    REMOVED(&p, "slow", "bc"); /* b's is open still; d and e have no ticket, so theirs is unknown */
    REMOVED(&p, "late", "e");
    PERMITTED(&p, "d");
    end(&p);
}

static void conditions_refused(void **state)
{
    (void)state;
    static const struct { const char *campaign; wb_status code; const char *part; } all[] = {
        {"exclude: [{when: tickets_opn > 0}]", WB_ERR_INCONSISTENT, "there is no feature 'tickets_opn' (did you mean 'tickets_open'?)"},
        {"exclude: [{when: tickets_csat_mean < 3}]", WB_ERR_INCONSISTENT, "'tickets_csat_mean < 3' asks for tickets_csat_mean, which is left out: "},
        {"exclude: [{when: spent >}]", WB_ERR_MALFORMED, ""},
        {"exclude: [{when: \"'a'\"}]", WB_ERR_INCONSISTENT, "names no feature"},
        {"exclude: [{when: \"spent = 'a'\"}]", WB_ERR_INCONSISTENT, ""},
        {"exclude: [{when: customer_id = 'a'}]", WB_ERR_INCONSISTENT, "there is no feature 'customer_id'"},
        {"channel: post, route: [{to: helpdesk, when: spent > 0}], consent: {post: ok}", WB_ERR_INCONSISTENT, "route to 'helpdesk' needs consent to helpdesk, and consent: names no column for 'helpdesk'"},
    };
    put_events();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char campaign[512];
        persons p;
        wb_error err = {0};
        print_message("case %zu\n", i);
        snprintf(campaign, sizeof campaign, "%s%s", all[i].campaign, strstr(all[i].campaign, "consent:") != NULL ? "" : ", consent: not_required");
        assert_int_not_equal(permit(&p, campaign, "customer_id,ok\na,yes\n", "a", NULL, &err), WB_OK);
        assert_told(&err, all[i].code, "winback.yml", 6, all[i].part);
        end(&p);
    }
    persons p;
    wb_error err;
    begin(&p);
    put_tables("consent: not_required, exclude: [{when: spent > 0}]");
    put("customers.csv", "customer_id\na\n");
    put("scores.csv", "customer_id,probability\na,0.5\n");
    assert_int_not_equal(open_persons(&p, 1, NULL, &err), WB_OK);
    assert_told(&err, WB_ERR_INCONSISTENT, "scores.csv", 0, "no column cutoff, so nobody knows when 'spent > 0' is asked");
    end(&p);
}

/* Of one address the highest worth stays, of equals the first by id, whatever the order of the file. */
static void addresses(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    static const int64_t worth[] = {100, 200, 200, 300, 1, 1, 1, 1, 1, -5, -5};
    assert_ok(permit(&p, "consent: not_required",
                     "customer_id,email\na,one@x.org\nb,ONE@x.org\nc, one@X.ORG \nd,two@x.org\ne,\nf,no at sign\ng,=cmd@x.org\n"
                     "h,abc@marketplace.amazon.de\ni,info@x.org\nj,three@x.org\nk,three@x.org\n",
                     "acbdefghikj", worth, &err), &err);
    assert_true(p.permitted.addresses_asked);
    REMOVED(&p, "no e-mail address", "e");
    REMOVED(&p, "invalid e-mail address", "f");
    REMOVED(&p, "e-mail address that begins like a formula", "g");
    REMOVED(&p, "address of a relay", "h");
    REMOVED(&p, "address of a role", "i");
    REMOVED(&p, "e-mail address of another customer in the list", "ack");
    PERMITTED(&p, "bdj");
    end(&p);
    /* Phone numbers, with the country's code for those without. */
    assert_ok(permit(&p, "channel: sms, consent: not_required, phone: tel, phone_country: 49",
                     "customer_id,tel\na,+49 151 2345678\nb,0151/2345678\nc,x\nd,\n", "abcd", NULL, &err), &err);
    REMOVED(&p, "no phone number", "d");
    REMOVED(&p, "invalid phone number", "c");
    REMOVED(&p, "phone number of another customer in the list", "b");
    PERMITTED(&p, "a");
    end(&p);
}

/* One customer for each rule, each of whom the rules behind would remove, too: the first that applies counts. */
static void order(void **state)
{
    (void)state;
    persons p;
    wb_error err;
    put_events();
    put("tickets.csv", "ticket_id,customer_id,opened_at,resolved_at\n1,a,2024-06-01,\n2,b,2024-06-01,\n3,c,2024-06-01,\n4,d,2024-06-01,\n5,e,2024-06-01,\n");
    put("orders.csv", "order_id,customer_id,ordered_at,amount\n1,a,2024-01-01,10\n2,b,2024-01-01,10\n3,c,2024-01-01,10\n4,d,2024-01-01,10\n5,e,2024-01-01,10\n6,f,2024-01-01,1\n7,g,2024-01-01,1\n");
    put("stop.csv", "email\na@@x\n");
    put("contacts.csv", "customer_id,at,campaign,arm,offer\na,2024-06-30,w,list,\nb,2024-06-30,w,list,\nc,2024-06-30,w,list,\nd,2024-06-30,w,list,\n");
    assert_ok(permit(&p,
                     "consent: {email: ok, phone: ok}, suppress: stop.csv, objected: no_ads, contacts: contacts.csv, not_contacted_within: 1w,"
                     " exclude: [{name: rich, when: spent >= 10}], route: [{to: call, when: spent >= 1}]",
                     "customer_id,ok,no_ads,email\na,no,yes,A@@x\nb,no,yes,@@x\nc,yes,yes,c@@x\nd,yes,,d@@x\ne,yes,,e@@x\nf,yes,,f@@x\nh,yes,,h@@x\n",
                     "hgfedcba", NULL, &err), &err);
    REMOVED(&p, "suppressed", "a");
    REMOVED(&p, "no consent to email", "gb");
    REMOVED(&p, "objected", "c");
    REMOVED(&p, "contacted within 7d", "d");
    REMOVED(&p, "rich", "e");
    REMOVED(&p, "routed to call", "f");
    REMOVED(&p, "invalid e-mail address", "h");
    PERMITTED(&p, "");
    for (size_t r = 1; r < p.permitted.n_rules; r++)
        assert_true(p.permitted.rules[r].kind >= p.permitted.rules[r - 1].kind);
    end(&p);
}

/* Neither threads nor the order of the scores matter. */
static void same_for_any(void **state)
{
    (void)state;
    enum { N = 3000 };
    wb_error err;
    FILE *orders = fopen("orders.csv", "w"), *customers = fopen("customers.csv", "w"), *scores = fopen("scores.csv", "w"),
         *reversed = fopen("reversed.csv", "w");
    fputs("order_id,customer_id,ordered_at,amount\n", orders);
    fputs("customer_id,email,ok\n", customers);
    fputs("customer_id,cutoff,probability\n", scores);
    fputs("customer_id,cutoff,probability\n", reversed);
    for (int i = 0; i < N; i++) {
        fprintf(orders, "%d,c%04d,2024-0%d-01,%d\n", i, i, 1 + i % 9, i % 40);
        fprintf(customers, "c%04d,a%d@x.org,%s\n", i, i % 1700, i % 7 == 0 ? "no" : "yes");
        fprintf(scores, "c%04d,2024-07-01,0.5\n", i);
        fprintf(reversed, "c%04d,2024-07-01,0.5\n", N - 1 - i);
    }
    fclose(orders);
    fclose(customers);
    fclose(scores);
    fclose(reversed);
    put("tickets.csv", "ticket_id,customer_id,opened_at\n1,c0001,2024-06-01\n");
    put_tables("consent: {email: ok, phone: ok}, exclude: [{when: spent > 30}], route: [{to: call, when: spent < 3}]");
    persons one, four, back;
    begin(&one);
    assert_ok(open_persons(&one, 1, NULL, &err), &err);
    begin(&four);
    four.reading.n_threads = 4;
    assert_ok(open_persons(&four, 1, NULL, &err), &err);
    assert_memory_equal(four.permitted.rule, one.permitted.rule, N * sizeof *one.permitted.rule);
    assert_int_equal(rename("reversed.csv", "scores.csv"), 0);
    begin(&back);
    assert_ok(open_persons(&back, 1, NULL, &err), &err);
    for (size_t row = 0; row < N; row++)
        assert_int_equal(back.permitted.rule[N - 1 - row], one.permitted.rule[row]);
    /* By a plain loop: whose first order with an amount was known, consents, and has the first of the customers with its address. */
    uint64_t n = 0;
    for (int i = 0; i < N; i++) {
        int keeps = i % 7 != 0;
        const int known = i % 9 < 6; /* an order of July or later is none yet; of none the sum is 0, less than 3 */
        const int spent = known ? i % 40 : 0;
        keeps = keeps && spent <= 30 && spent >= 3;
        for (int k = i - 1700; keeps && k >= 0; k -= 1700)
            keeps = !(k % 7 != 0 && (k % 9 < 6 ? k % 40 : 0) <= 30 && (k % 9 < 6 ? k % 40 : 0) >= 3);
        n += keeps != 0;
        assert_int_equal(one.permitted.rule[i] == 0, keeps);
    }
    assert_int_equal(one.permitted.n, n);
    end(&one);
    end(&four);
    end(&back);
}

static void allocations_fail(void **state)
{
    (void)state;
    put_events();
    put("stop.csv", "email,customer_id\nx@y.org,x\n");
    put("contacts.csv", "customer_id,at,campaign,arm,offer\nb,2024-06-30,w,list,\n");
    persons p;
    wb_error err;
    assert_ok(permit(&p, "consent: {email: ok, phone: ok}, suppress: stop.csv, objected: no_ads, contacts: contacts.csv, not_contacted_within: 1w,"
                         " exclude: [{when: spent > 25}], route: [{to: call, when: tickets_open > 0}]",
                     "customer_id,ok,no_ads,email\na,1,,a@x.org\nb,1,,b@x.org\nc,1,,c@x.org\nd,1,,d@x.org\ne,1,,d@x.org\n", "abcde", NULL, &err), &err);
    PERMITTED(&p, "d");
    uint64_t n_calls = UINT64_MAX, n_failed = 0;
    for (uint64_t n = 1; n <= n_calls; n += 1 + n / 50) {
        wbi_permitted again;
        wbi_alloc_fail_at(n);
        const wb_status status = wbi_people_permit(&again, &p.people, p.project, &p.settings, NULL, &p.reading, &err);
        if (wbi_alloc_count() < n)
            n_calls = 0; /* none failed any more */
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        if (status == WB_OK)
            assert_memory_equal(again.rule, p.permitted.rule, p.people.n * sizeof *again.rule);
        n_failed += status == WB_ERR_NOMEM;
        wbi_permitted_free(&again);
    }
    assert_true(n_failed > 100);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(suppression), CASE(addresses_of_scores), CASE(suppression_refused), CASE(consent), CASE(objection), CASE(contacts),
                                       CASE(conditions), CASE(conditions_over_texts), CASE(conditions_refused), CASE(addresses),
                                       CASE(order), CASE(same_for_any), CASE(allocations_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
