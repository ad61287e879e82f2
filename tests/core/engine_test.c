// SPDX-License-Identifier: Apache-2.0
// The engine against its contract: order, ties, moving and disarming, also from inside an event,
// and of thousands.
#include "core/engine.h"

#include <glib.h>

enum { MAX_FIRED = 64 };

// What the events of one test share: they note their number and the time when they fire.
typedef struct {
    Engine *engine;
    int fired[MAX_FIRED];
    int64_t at_ns[MAX_FIRED];
    int n_fired;
} Journal;

typedef struct Entry Entry;

struct Entry {
    Event event;
    Journal *journal;
    int id;
    Entry *disarms; // another entry to disarm when this one fires, or NULL
    Entry *arms;    // another, or itself, to arm then
    int64_t arms_after_ns;
    int arms_times; // how often it still does
};

static void journal_note(Event *event)
{
    Entry *entry = (Entry *)event;
    Journal *journal = entry->journal;

    g_assert_false(event_is_armed(event));
    g_assert_cmpint(journal->n_fired, <, MAX_FIRED);
    journal->fired[journal->n_fired] = entry->id;
    journal->at_ns[journal->n_fired++] = engine_now(journal->engine);
    if (entry->disarms != NULL)
        engine_disarm(journal->engine, &entry->disarms->event);
    if (entry->arms != NULL && entry->arms_times-- > 0)
        engine_arm(journal->engine, &entry->arms->event,
                   engine_now(journal->engine) + entry->arms_after_ns);
    g_assert_true(engine_is_consistent(journal->engine));
}

static void journal_open(Journal *journal, Entry *entries, int n_entries)
{
    *journal = (Journal){.engine = engine_new()};
    for (int id = 0; id < n_entries; id++) {
        entries[id] = (Entry){.journal = journal, .id = id};
        event_init(&entries[id].event, journal_note);
    }
}

static void journal_close(Journal *journal)
{
    engine_free(journal->engine);
}

// Expects the numbers of `fired` in this order, and nothing else.
static void journal_assert(const Journal *journal, const int *fired, int n_fired)
{
    g_assert_cmpint(journal->n_fired, ==, n_fired);
    for (int n = 0; n < n_fired; n++)
        g_assert_cmpint(journal->fired[n], ==, fired[n]);
}

#define ASSERT_FIRED(journal, ...)                                                                 \
    do {                                                                                           \
        const int expected[] = {__VA_ARGS__};                                                      \
        journal_assert(journal, expected, G_N_ELEMENTS(expected));                                 \
    } while (0)

static void test_starts_at_zero_with_nothing_due(void)
{
    Engine *engine = engine_new();

    g_assert_cmpint(engine_now(engine), ==, 0);
    g_assert_cmpint(engine_next_due_ns(engine), ==, ENGINE_NEVER_NS);
    g_assert_true(engine_is_consistent(engine));
    engine_run_until(engine, 0);
    g_assert_cmpint(engine_now(engine), ==, 0);
    engine_run_until(engine, 7);
    g_assert_cmpint(engine_now(engine), ==, 7);
    engine_free(engine);
}

static void test_fires_at_due_time(void)
{
    Journal journal;
    Entry entries[2];

    journal_open(&journal, entries, 2);
    engine_arm(journal.engine, &entries[0].event, 50);
    engine_arm(journal.engine, &entries[1].event, 20);
    g_assert_true(event_is_armed(&entries[0].event));
    g_assert_cmpint(engine_next_due_ns(journal.engine), ==, 20);

    engine_run_until(journal.engine, 19);
    g_assert_cmpint(journal.n_fired, ==, 0);
    g_assert_cmpint(engine_now(journal.engine), ==, 19);

    engine_run_until(journal.engine, 1000); // a late driver
    ASSERT_FIRED(&journal, 1, 0);
    g_assert_cmpint(journal.at_ns[0], ==, 20);
    g_assert_cmpint(journal.at_ns[1], ==, 50);
    g_assert_cmpint(engine_now(journal.engine), ==, 1000);
    g_assert_cmpint(engine_next_due_ns(journal.engine), ==, ENGINE_NEVER_NS);
    journal_close(&journal);
}

static void test_limit_is_inclusive(void)
{
    Journal journal;
    Entry entries[2];

    journal_open(&journal, entries, 2);
    engine_arm(journal.engine, &entries[0].event, 0); // now is not in the past
    engine_arm(journal.engine, &entries[1].event, 10);
    engine_run_until(journal.engine, 0);
    ASSERT_FIRED(&journal, 0);
    engine_run_until(journal.engine, 10);
    ASSERT_FIRED(&journal, 0, 1);
    journal_close(&journal);
}

static void test_ties_fire_in_arming_order(void)
{
    static const int order[] = {5, 2, 7, 0, 3, 6, 1, 4};
    Journal journal;
    Entry entries[8];

    journal_open(&journal, entries, 8);
    for (unsigned n = 0; n < G_N_ELEMENTS(order); n++)
        engine_arm(journal.engine, &entries[order[n]].event, 100);
    engine_run_until(journal.engine, 100);
    journal_assert(&journal, order, G_N_ELEMENTS(order));
    journal_close(&journal);
}

static void test_moved_event_fires_once_at_its_new_time(void)
{
    Journal journal;
    Entry entries[3];

    journal_open(&journal, entries, 3);
    for (int id = 0; id < 3; id++)
        engine_arm(journal.engine, &entries[id].event, 100);
    engine_arm(journal.engine, &entries[2].event, 10);  // earlier
    engine_arm(journal.engine, &entries[0].event, 200); // later
    engine_run_until(journal.engine, 1000);
    ASSERT_FIRED(&journal, 2, 1, 0);
    g_assert_cmpint(journal.at_ns[0], ==, 10);
    g_assert_cmpint(journal.at_ns[1], ==, 100);
    g_assert_cmpint(journal.at_ns[2], ==, 200);
    journal_close(&journal);
}

static void test_rearming_goes_behind_its_equals(void)
{
    Journal journal;
    Entry entries[3];

    journal_open(&journal, entries, 3);
    for (int id = 0; id < 3; id++)
        engine_arm(journal.engine, &entries[id].event, 100);
    engine_arm(journal.engine, &entries[0].event, 100); // the same time, but armed last
    engine_run_until(journal.engine, 100);
    ASSERT_FIRED(&journal, 1, 2, 0);
    journal_close(&journal);
}

static void test_disarmed_event_does_not_fire(void)
{
    Journal journal;
    Entry entries[3];

    journal_open(&journal, entries, 3);
    engine_disarm(journal.engine, &entries[0].event); // never armed: nothing happens
    for (int id = 0; id < 3; id++)
        engine_arm(journal.engine, &entries[id].event, 10 + id);
    engine_disarm(journal.engine, &entries[0].event);
    g_assert_false(event_is_armed(&entries[0].event));
    engine_disarm(journal.engine, &entries[0].event); // twice: nothing happens
    g_assert_cmpint(engine_next_due_ns(journal.engine), ==, 11);
    engine_run_until(journal.engine, 100);
    ASSERT_FIRED(&journal, 1, 2);
    journal_close(&journal);
}

static void test_event_may_disarm_its_neighbour(void)
{
    Journal journal;
    Entry entries[3];

    journal_open(&journal, entries, 3);
    for (int id = 0; id < 3; id++)
        engine_arm(journal.engine, &entries[id].event, 10); // all due at the same instant
    entries[0].disarms = &entries[1];
    engine_run_until(journal.engine, 10);
    ASSERT_FIRED(&journal, 0, 2);
    journal_close(&journal);
}

static void test_event_may_disarm_itself_while_firing(void)
{
    Journal journal;
    Entry entries[2];

    journal_open(&journal, entries, 2);
    entries[0].disarms = &entries[0];
    engine_arm(journal.engine, &entries[0].event, 10);
    engine_arm(journal.engine, &entries[1].event, 10);
    engine_run_until(journal.engine, 10);
    ASSERT_FIRED(&journal, 0, 1);
    journal_close(&journal);
}

static void test_event_may_arm_itself_again(void)
{
    Journal journal;
    Entry entries[1];

    journal_open(&journal, entries, 1);
    entries[0].arms = &entries[0];
    entries[0].arms_after_ns = 30;
    entries[0].arms_times = 3;
    engine_arm(journal.engine, &entries[0].event, 10);
    engine_run_until(journal.engine, 70); // 10, 40, 70; the fourth is still to come
    ASSERT_FIRED(&journal, 0, 0, 0);
    g_assert_cmpint(journal.at_ns[2], ==, 70);
    g_assert_cmpint(engine_next_due_ns(journal.engine), ==, 100);
    engine_run_until(journal.engine, 1000);
    g_assert_cmpint(journal.n_fired, ==, 4);
    g_assert_cmpint(journal.at_ns[3], ==, 100);
    journal_close(&journal);
}

static void test_armed_for_now_fires_behind_its_equals(void)
{
    Journal journal;
    Entry entries[3];

    journal_open(&journal, entries, 3);
    entries[0].arms = &entries[2]; // at the instant that is being run
    entries[0].arms_times = 1;
    engine_arm(journal.engine, &entries[0].event, 10);
    engine_arm(journal.engine, &entries[1].event, 10);
    engine_run_until(journal.engine, 10);
    ASSERT_FIRED(&journal, 0, 1, 2);
    g_assert_cmpint(journal.at_ns[2], ==, 10);
    journal_close(&journal);
}

static void test_event_may_bring_forward_another(void)
{
    Journal journal;
    Entry entries[2];

    journal_open(&journal, entries, 2);
    entries[0].arms = &entries[1];
    entries[0].arms_after_ns = 5;
    entries[0].arms_times = 1;
    engine_arm(journal.engine, &entries[0].event, 10);
    engine_arm(journal.engine, &entries[1].event, 1000);
    engine_run_until(journal.engine, 2000);
    ASSERT_FIRED(&journal, 0, 1);
    g_assert_cmpint(journal.at_ns[1], ==, 15);
    journal_close(&journal);
}

static void test_reaches_the_end_of_time(void)
{
    Journal journal;
    Entry entries[1];

    journal_open(&journal, entries, 1);
    engine_arm(journal.engine, &entries[0].event, ENGINE_NEVER_NS - 1);
    engine_run_until(journal.engine, ENGINE_NEVER_NS - 2);
    g_assert_cmpint(journal.n_fired, ==, 0);
    engine_run_until(journal.engine, ENGINE_NEVER_NS - 1);
    ASSERT_FIRED(&journal, 0);
    g_assert_cmpint(journal.at_ns[0], ==, ENGINE_NEVER_NS - 1);
    journal_close(&journal);
}

// Events that note nothing but whether they fire in order; more of them than lie in any short
// array.
enum { N_MANY = 5000 };

typedef struct {
    Event event;
    Engine *engine;
    int id;
    int *next_id;
    int n_fetched; // while armed
} Many;

static void many_fire(Event *event)
{
    Many *self = (Many *)event;

    g_assert_cmpint(self->id, ==, *self->next_id);
    ++*self->next_id;
}

static void many_fetch(const Event *event)
{
    g_assert_true(event_is_armed(event));
    ((Many *)(void *)(uintptr_t)event)->n_fetched++;
}

static Many *many_new(Engine *engine, int *next_id)
{
    Many *many = g_new0(Many, N_MANY);

    for (int id = 0; id < N_MANY; id++) {
        many[id] = (Many){.engine = engine, .id = id, .next_id = next_id};
        event_init(&many[id].event, many_fire);
        many[id].event.fetch = many_fetch;
    }
    return many;
}

static void test_thousands_of_ties_fire_in_arming_order(void)
{
    int next_id = 0;
    Engine *engine = engine_new();
    g_autofree Many *many = many_new(engine, &next_id);

    for (int id = 0; id < N_MANY; id++)
        engine_arm(engine, &many[id].event, 1000000);
    g_assert_true(engine_is_consistent(engine));
    engine_run_until(engine, 1000000);
    g_assert_cmpint(next_id, ==, N_MANY);
    engine_free(engine);
}

// Later and later, then in between: ids are given in the order in which they are to fire.
static void test_thousands_fire_in_due_order(void)
{
    int next_id = 0;
    Engine *engine = engine_new();
    g_autofree Many *many = many_new(engine, &next_id);

    for (int id = 0; id < N_MANY; id += 2)
        engine_arm(engine, &many[id].event, (int64_t)id * id * 100);
    for (int id = N_MANY - 1; id > 0; id -= 2)
        engine_arm(engine, &many[id].event, (int64_t)id * id * 100);
    g_assert_true(engine_is_consistent(engine));
    for (int64_t until_ns = 0; next_id < N_MANY; until_ns += 10000000) {
        engine_run_until(engine, until_ns);
        g_assert_true(engine_is_consistent(engine));
    }
    engine_free(engine);
}

static void test_thousands_can_be_disarmed(void)
{
    int next_id = 0;
    Engine *engine = engine_new();
    g_autofree Many *many = many_new(engine, &next_id);

    for (int id = 0; id < N_MANY; id++)
        engine_arm(engine, &many[id].event, id * 1000);
    for (int id = 0; id < N_MANY; id++) {
        engine_disarm(engine, &many[id * 7 % N_MANY].event); // all, as 7 does not divide N_MANY
        if (id % 100 == 0)
            g_assert_true(engine_is_consistent(engine));
    }
    g_assert_cmpint(engine_next_due_ns(engine), ==, ENGINE_NEVER_NS);
    engine_run_until(engine, N_MANY * 1000);
    g_assert_cmpint(next_id, ==, 0);
    engine_free(engine);
}

static void test_memory_is_asked_for_before_firing(void)
{
    int next_id = 0, n_fetched = 0;
    Engine *engine = engine_new();
    g_autofree Many *many = many_new(engine, &next_id);

    for (int id = 0; id < N_MANY; id++)
        engine_arm(engine, &many[id].event, 1000000 + id * 10);
    engine_run_until(engine, 2000000);
    g_assert_cmpint(next_id, ==, N_MANY);
    for (int id = 0; id < N_MANY; id++)
        n_fetched += many[id].n_fetched == 1;
    g_assert_cmpint(n_fetched, >=, N_MANY / 2); // the first come too soon, the last are too few
    engine_free(engine);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/engine/starts-at-zero-with-nothing-due",
                    test_starts_at_zero_with_nothing_due);
    g_test_add_func("/core/engine/fires-at-due-time", test_fires_at_due_time);
    g_test_add_func("/core/engine/limit-is-inclusive", test_limit_is_inclusive);
    g_test_add_func("/core/engine/ties-fire-in-arming-order", test_ties_fire_in_arming_order);
    g_test_add_func("/core/engine/moved-event-fires-once-at-its-new-time",
                    test_moved_event_fires_once_at_its_new_time);
    g_test_add_func("/core/engine/rearming-goes-behind-its-equals",
                    test_rearming_goes_behind_its_equals);
    g_test_add_func("/core/engine/disarmed-event-does-not-fire", test_disarmed_event_does_not_fire);
    g_test_add_func("/core/engine/event-may-disarm-its-neighbour",
                    test_event_may_disarm_its_neighbour);
    g_test_add_func("/core/engine/event-may-disarm-itself-while-firing",
                    test_event_may_disarm_itself_while_firing);
    g_test_add_func("/core/engine/event-may-arm-itself-again", test_event_may_arm_itself_again);
    g_test_add_func("/core/engine/armed-for-now-fires-behind-its-equals",
                    test_armed_for_now_fires_behind_its_equals);
    g_test_add_func("/core/engine/event-may-bring-forward-another",
                    test_event_may_bring_forward_another);
    g_test_add_func("/core/engine/reaches-the-end-of-time", test_reaches_the_end_of_time);
    g_test_add_func("/core/engine/thousands-of-ties-fire-in-arming-order",
                    test_thousands_of_ties_fire_in_arming_order);
    g_test_add_func("/core/engine/thousands-fire-in-due-order", test_thousands_fire_in_due_order);
    g_test_add_func("/core/engine/thousands-can-be-disarmed", test_thousands_can_be_disarmed);
    g_test_add_func("/core/engine/memory-is-asked-for-before-firing",
                    test_memory_is_asked_for_before_firing);
    return g_test_run();
}
