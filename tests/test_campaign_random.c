/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random campaigns from files: nobody is on a list who must not be, and no limit is passed. WINBACK_RANDOM_CAMPAIGNS says how many
 * (300). */
#include "test_util.h"

#include "base/hash.h"
#include "campaign_testing.h"

enum { MOST = 90, N_COUNTRIES = 3, USUAL_CAMPAIGNS = 300 };
static const char *const countries[N_COUNTRIES] = {"DE", "FR", "US"};

typedef struct person {
    char id[16], email[32];
    double probability, worth; /* NaN: not known */
    int country;
    bool consents, objected, suppressed, contacted;
    int arm; /* as the files say: 1 list, 2 control */
    size_t row;
} person;

typedef struct world {
    person people[MOST];
    size_t n;
    double offer, contact, keep, take, holdout, budget; /* NaN: none */
    uint64_t most, cap[N_COUNTRIES];                    /* 0: none; SIZE_MAX: none */
    bool mean, needs_consent, uses_contacts, mails;
} world;

static double uniform(void)
{
    return rand() / (RAND_MAX + 1.0);
}

static bool chance(double share)
{
    return uniform() < share;
}

static void make_person(person *q, size_t i, const world *w)
{
    *q = (person){.probability = (double)(rand() % 100) / 100, .worth = chance(0.1) ? NAN : (double)(rand() % 30000) / 100};
    snprintf(q->id, sizeof q->id, "c%zu", i * 7919 % 1000);
    if (chance(0.9)) /* some have an address together */
        snprintf(q->email, sizeof q->email, "p%d@shop.example", rand() % 60);
    q->country = rand() % N_COUNTRIES;
    q->consents = chance(0.7);
    q->objected = chance(0.1);
    q->suppressed = chance(0.1);
    q->contacted = w->uses_contacts && chance(0.15);
}

static void make_world(world *w)
{
    *w = (world){.n = 1 + (size_t)rand() % (MOST - 1), .offer = (double)(rand() % 1000) / 100, .contact = (double)(rand() % 200) / 1000,
                 .keep = 0.05 + 0.9 * uniform(), .take = uniform(), .holdout = chance(0.2) ? 0 : 0.5 * uniform(),
                 .budget = chance(0.5) ? NAN : 0.5 + 60 * uniform(), .most = chance(0.5) ? 0 : 1 + (uint64_t)rand() % 40,
                 .mean = chance(0.3), .needs_consent = chance(0.7), .uses_contacts = chance(0.5), .mails = chance(0.8)};
    for (size_t c = 0; c < N_COUNTRIES; c++)
        w->cap[c] = chance(0.3) ? (uint64_t)rand() % 10 : SIZE_MAX;
    for (size_t i = 0; i < w->n; i++)
        make_person(&w->people[i], i, w);
}

static void put_customers(const world *w)
{
    static const char *const no[] = {"no", "", "maybe", "0"};
    FILE *file = fopen("customers.csv", "w"), *stop = fopen("stop.csv", "w"), *contacts = fopen("contacts.csv", "w");
    assert_true(file != NULL && stop != NULL && contacts != NULL);
    fprintf(file, "customer_id,%s,ok,against,worth,country\n", w->mails ? "email" : "mail");
    fputs("Customer ID,e-mail\n", stop);
    fputs("customer_id,at,campaign,arm,offer\n", contacts);
    for (size_t i = 0; i < w->n; i++) {
        const person *q = &w->people[i];
        fprintf(file, "%s,%s,%s,%s,", q->id, q->email, q->consents ? "yes" : no[rand() % 4], q->objected ? "yes" : "no");
        if (!isnan(q->worth))
            fprintf(file, "%.2f", q->worth);
        fprintf(file, ",%s\n", countries[q->country]);
        if (q->suppressed)
            fprintf(stop, "%s,\n", q->id);
        if (q->contacted)
            fprintf(contacts, "%s,2024-06-%02d,spring,list,\n", q->id, 10 + rand() % 15);
        else if (chance(0.2)) /* too long ago, held out, or by this campaign: none of them counts */
            fprintf(contacts, "%s,%s\n", q->id, (const char *[]){"2024-04-01,spring,list,", "2024-06-20,spring,control,", "2024-06-20,x,list,"}[rand() % 3]);
    }
    if (w->mails) /* another case, and blanks */
        fprintf(stop, ",\"  P7@Shop.Example \"\n");
    assert_true(fclose(file) == 0 && fclose(stop) == 0 && fclose(contacts) == 0);
}

static void put_scores(const world *w, bool backwards)
{
    FILE *file = fopen("scores.csv", "w");
    assert_non_null(file);
    fputs("customer_id,cutoff,probability\n", file);
    for (size_t i = 0; i < w->n; i++) {
        const person *q = &w->people[backwards ? w->n - 1 - i : i];
        fprintf(file, "%s,2024-07-01,%.2f\n", q->id, q->probability);
    }
    assert_int_equal(fclose(file), 0);
}

static void put_project(const world *w)
{
    FILE *file = fopen("winback.yml", "w");
    assert_non_null(file);
    fprintf(file, "tables: {customers: {file: customers.csv}}\ncampaign:\n  name: x\n  value: worth\n  suppress: stop.csv\n  objected: against\n");
    fprintf(file, "  offer_cost: %.2f\n  contact_cost: %.3f\n  keep_rate: %.17g\n  take_rate: %.17g\n  holdout: %.17g\n", w->offer, w->contact,
            w->keep, w->take, w->holdout);
    fprintf(file, "  consent: %s\n  missing_value: %s\n", w->needs_consent ? "{email: ok}" : "not_required", w->mean ? "mean" : "leave_out");
    if (!isnan(w->budget))
        fprintf(file, "  budget: %.17g\n", w->budget);
    if (w->most > 0)
        fprintf(file, "  max_contacts: %llu\n", (unsigned long long)w->most);
    if (w->uses_contacts)
        fprintf(file, "  contacts: contacts.csv\n  not_contacted_within: 30d\n");
    fprintf(file, "  caps:\n    country: {");
    for (size_t c = 0, n = 0; c < N_COUNTRIES; c++)
        if (w->cap[c] != SIZE_MAX)
            fprintf(file, "%s%s: %llu", n++ > 0 ? ", " : "", countries[c], (unsigned long long)w->cap[c]);
    fprintf(file, "}\n");
    assert_int_equal(fclose(file), 0);
}

/* ---- what the files say */

static person *find(world *w, const char *id)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->people[i].id, id) == 0)
            return &w->people[i];
    fail_msg("%s is nobody", id);
    return NULL;
}

/* The value of a customer without one. */
static double mean_worth(const world *w)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (!isnan(w->people[i].worth)) {
            sum += w->people[i].worth;
            n++;
        }
    return sum / (double)n;
}

static void check_person(const world *w, const person *q, double value)
{
    const double worth = isnan(q->worth) ? mean_worth(w) : q->worth, p = q->probability;
    const double takes = p * w->keep + (1 - p) * w->take;
    assert_true(w->mean || !isnan(q->worth));
    assert_true(fabs(value - (p * w->keep * worth - takes * w->offer - w->contact)) <= 0.005 + 1e-6);
    assert_true(value > 0);
    assert_true(!q->suppressed && !q->objected && !q->contacted && (q->consents || !w->needs_consent));
    assert_true(!w->mails || (q->email[0] != '\0' && strcmp(q->email, "p7@shop.example") != 0));
    assert_true(q->arm == 0); /* nobody is twice in the files */
}

/* Reads list or control; returns the sum of the values in cents. */
static long long read_file_of(world *w, const char *name, int arm, uint64_t *n)
{
    char *text = text_of_file(name), id[16], word[16];
    long long cents = 0;
    double probability, value;
    for (char *line = strchr(text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        assert_int_equal(sscanf(line, "%15[^,],%lf,%lf,x,%15[^,\n]", id, &probability, &value, word), 4);
        person *q = find(w, id);
        assert_string_equal(word, arm == 1 ? "list" : "control");
        check_person(w, q, value);
        assert_true((wbi_hash_unit("holdout", "x", id, strlen(id)) < w->holdout) == (arm == 2));
        q->arm = arm;
        cents += llround(100 * value);
        ++*n;
    }
    free(text);
    return cents;
}

static void check_limits(const world *w, const wb_campaign_summary *s)
{
    double cost = 0;
    uint64_t n = 0, in_country[N_COUNTRIES] = {0};
    for (size_t i = 0; i < w->n; i++) {
        const person *q = &w->people[i];
        for (size_t k = 0; k < w->n && w->mails && q->arm != 0; k++) { /* an address is one person */
            const person *other = &w->people[k];
            const bool is_barred = other->arm != 0 || other->suppressed || other->objected;
            assert_true(k == i || !is_barred || strcmp(other->email, q->email) != 0);
        }
        if (q->arm != 1)
            continue;
        cost += w->contact + (q->probability * w->keep + (1 - q->probability) * w->take) * w->offer;
        in_country[q->country]++;
        n++;
    }
    assert_true(isnan(w->budget) || cost <= w->budget + 1e-6);
    assert_true(w->most == 0 || n <= w->most);
    for (size_t c = 0; c < N_COUNTRIES; c++)
        assert_true(in_country[c] <= w->cap[c]);
    assert_true(fabs((double)s->list.cost_cents / 100 - cost) <= 0.0051 + 1e-6 * (double)n);
}

static void check_sums(const world *w, const wb_campaign_summary *s)
{
    uint64_t n = s->n_eligible;
    for (size_t i = 0; i < s->n_steps; i++)
        n += s->steps[i].n;
    assert_int_equal(s->n_scored, w->n);
    assert_int_equal(n, w->n);
    assert_int_equal(s->n_worthwhile, s->n_capped + s->n_beyond + s->n_control + s->list.n);
}

static void run_campaign(int number)
{
    static world w;
    planned p;
    srand((unsigned)number);
    make_world(&w);
    put_customers(&w);
    put_scores(&w, false);
    put_project(&w);
    plan_files(&p);
    uint64_t n_list = 0, n_control = 0;
    assert_true(read_file_of(&w, "list.csv", 1, &n_list) == p.summary->list.profit_cents);
    (void)read_file_of(&w, "control.csv", 2, &n_control);
    assert_int_equal(n_list, p.summary->list.n);
    assert_int_equal(n_control, p.summary->n_control);
    check_limits(&w, p.summary);
    check_sums(&w, p.summary);
    end_plan(&p);
    if (number % 5 != 0)
        return;
    char *list = text_of_file("list.csv"), *contacts = text_of_file("contacts.csv"); /* again, rows in another order */
    put_scores(&w, true);
    plan_files(&p);
    end_plan(&p);
    assert_file("list.csv", list);
    assert_file("contacts.csv", contacts);
    free(list);
    free(contacts);
}

static void random_campaigns_keep_their_rules(void **state)
{
    (void)state;
    const char *said = getenv("WINBACK_RANDOM_CAMPAIGNS");
    const int n = said != NULL ? atoi(said) : USUAL_CAMPAIGNS;
    for (int i = 0; i < n; i++)
        run_campaign(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(random_campaigns_keep_their_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
