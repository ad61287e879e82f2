// SPDX-License-Identifier: Apache-2.0
// When the engine must run at the latest: events that may fire late do not make it sooner.
#include <glib.h>

#include "core/engine.h"

typedef struct {
    Engine *engine;
    Event *events;
    int n_events;
} WakeRig;

static void fire_nothing(Event *event)
{
    (void)event;
}

static WakeRig *wake_rig_new(int n_events)
{
    WakeRig *rig = g_new0(WakeRig, 1);

    rig->engine = engine_new();
    rig->events = g_new(Event, n_events);
    rig->n_events = n_events;
    for (int n = 0; n < n_events; n++)
        event_init(&rig->events[n], fire_nothing);
    return rig;
}

static void wake_rig_free(WakeRig *rig)
{
    engine_free(rig->engine);
    g_free(rig->events);
    g_free(rig);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WakeRig, wake_rig_free)

static void wake_rig_arm(WakeRig *rig, int n, int64_t due_ns, int64_t slack_ns)
{
    rig->events[n].slack_ns = slack_ns;
    engine_arm(rig->engine, &rig->events[n], due_ns);
}

static void test_nothing_armed_never(void)
{
    g_autoptr(WakeRig) rig = wake_rig_new(1);

    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, ENGINE_NEVER_NS);
    wake_rig_arm(rig, 0, 10, 5);
    engine_disarm(rig->engine, &rig->events[0]);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, ENGINE_NEVER_NS);
}

static void test_without_slack_it_is_the_next_due_time(void)
{
    g_autoptr(WakeRig) rig = wake_rig_new(1000);

    for (int n = 999; n >= 0; n--) {
        wake_rig_arm(rig, n, 1000 + n * 777, 0);
        g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, engine_next_due_ns(rig->engine));
    }
    for (int64_t until_ns = 0; until_ns < 800000; until_ns += 5000) {
        engine_run_until(rig->engine, until_ns);
        g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, engine_next_due_ns(rig->engine));
    }
}

static void test_slack_defers_it(void)
{
    g_autoptr(WakeRig) rig = wake_rig_new(1);

    wake_rig_arm(rig, 0, 100, 900);
    g_assert_cmpint(engine_next_due_ns(rig->engine), ==, 100);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 1000);
}

static void test_another_event_may_come_first(void)
{
    g_autoptr(WakeRig) rig = wake_rig_new(4);

    wake_rig_arm(rig, 0, 100, 900);
    wake_rig_arm(rig, 1, 2000, 0);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 1000);
    wake_rig_arm(rig, 2, 700, 0);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 700);
    wake_rig_arm(rig, 3, 500, 100);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 600);
}

static void test_slack_may_change_while_armed(void)
{
    g_autoptr(WakeRig) rig = wake_rig_new(1);

    wake_rig_arm(rig, 0, 100, 0);
    rig->events[0].slack_ns = 50;
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 150);
    rig->events[0].slack_ns = 0;
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 100);
}

static void test_endless_slack_never_wakes(void)
{
    g_autoptr(WakeRig) rig = wake_rig_new(2);

    wake_rig_arm(rig, 0, 100, INT64_MAX);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, ENGINE_NEVER_NS);
    wake_rig_arm(rig, 1, ENGINE_NEVER_NS - 10, 5);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, ENGINE_NEVER_NS - 5);
    wake_rig_arm(rig, 1, ENGINE_NEVER_NS - 10, 15);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, ENGINE_NEVER_NS);
}

typedef struct {
    Event event;
    Engine *engine;
    int64_t fired_ns[2];
    int n_fired;
} Noting;

static void noting_fire(Event *event)
{
    Noting *self = (Noting *)event;

    self->fired_ns[self->n_fired++] = engine_now(self->engine);
}

static void test_slack_changes_neither_order_nor_time(void)
{
    Engine *engine = engine_new();
    Noting first = {.engine = engine}, second = {.engine = engine};

    event_init(&first.event, noting_fire);
    event_init(&second.event, noting_fire);
    first.event.slack_ns = 1000;
    engine_arm(engine, &first.event, 10);
    engine_arm(engine, &second.event, 20);
    engine_run_until(engine, 15);
    g_assert_cmpint(first.n_fired, ==, 1);
    g_assert_cmpint(first.fired_ns[0], ==, 10);
    g_assert_cmpint(second.n_fired, ==, 0);
    engine_arm(engine, &first.event, 20); // behind its equal
    engine_run_until(engine, 2000);
    g_assert_cmpint(first.fired_ns[1], ==, 20);
    g_assert_cmpint(second.fired_ns[0], ==, 20);
    engine_free(engine);
}

// More events than are looked at, each of which could have been the last that matters: the answer
// is sooner than it need be, but neither too late nor sooner than anything is due.
static void test_too_many_to_look_at_are_not_late(void)
{
    const int n_events = 4 * ENGINE_WAKE_VISITS;
    g_autoptr(WakeRig) rig = wake_rig_new(n_events);
    int64_t wake_ns;

    for (int n = 0; n < n_events; n++)
        wake_rig_arm(rig, n, 1000 + n * 10, 10000000 - n * 1000);
    wake_ns = engine_next_wake_ns(rig->engine);
    g_assert_cmpint(wake_ns, >, 1000); // it has looked at some
    g_assert_cmpint(wake_ns, <=, 1000 + n_events * 10);

    // The one without slack is found when it is among the first, however many come behind it.
    rig->events[ENGINE_WAKE_VISITS / 4].slack_ns = 0;
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 1000 + ENGINE_WAKE_VISITS / 4 * 10);
}

static void test_too_many_at_one_instant_wake_at_it(void)
{
    const int n_events = 4 * ENGINE_WAKE_VISITS;
    g_autoptr(WakeRig) rig = wake_rig_new(n_events);

    for (int n = 0; n < n_events; n++)
        wake_rig_arm(rig, n, 5000, 100);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 5000);
    for (int n = ENGINE_WAKE_VISITS; n < n_events; n++)
        engine_disarm(rig->engine, &rig->events[n]);
    g_assert_cmpint(engine_next_wake_ns(rig->engine), ==, 5100);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/engine/wake/nothing-armed-never", test_nothing_armed_never);
    g_test_add_func("/core/engine/wake/without-slack-it-is-the-next-due-time",
                    test_without_slack_it_is_the_next_due_time);
    g_test_add_func("/core/engine/wake/slack-defers-it", test_slack_defers_it);
    g_test_add_func("/core/engine/wake/another-event-may-come-first",
                    test_another_event_may_come_first);
    g_test_add_func("/core/engine/wake/slack-may-change-while-armed",
                    test_slack_may_change_while_armed);
    g_test_add_func("/core/engine/wake/endless-slack-never-wakes", test_endless_slack_never_wakes);
    g_test_add_func("/core/engine/wake/slack-changes-neither-order-nor-time",
                    test_slack_changes_neither_order_nor_time);
    g_test_add_func("/core/engine/wake/too-many-to-look-at-are-not-late",
                    test_too_many_to_look_at_are_not_late);
    g_test_add_func("/core/engine/wake/too-many-at-one-instant-wake-at-it",
                    test_too_many_at_one_instant_wake_at_it);
    return g_test_run();
}
