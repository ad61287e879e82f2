// SPDX-License-Identifier: Apache-2.0
// What commands change while a timeline runs: all of it or nothing, and what stays of either.
#include "tests/sim/timeline/timeline_rig.h"

// A command: "set a-b loss=5% delay=1ms", "ramp b-c rate=2mbit", "down a-b", "up a-b", "reset *".
static TimelineEntry *command_of(const TimelineRig *rig, const char *text)
{
    static const char *const names[] = {
        [TIMELINE_SET] = "set", [TIMELINE_RAMP] = "ramp",   [TIMELINE_DOWN] = "down",
        [TIMELINE_UP] = "up",   [TIMELINE_RESET] = "reset", NULL};
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    TimelineAction action = TIMELINE_SET;
    TimelineEntry *entry;

    while (g_strcmp0(names[action], words[0]) != 0)
        action++;
    entry = timeline_entry_new(action);
    g_assert_true(links_match(rig->scenario, words[1], seen, entry->links));
    for (char **word = words + 2; *word != NULL; word++) {
        g_auto(GStrv) sides = g_strsplit(*word, "=", 2);

        g_assert_true(link_change_add(entry->change, sides[0], sides[1], NULL));
    }
    return entry;
}

// Carries out up to two commands at `at_ms`, of which `error` (NULL: nothing) is wrong.
static void carry_out(TimelineRig *rig, int64_t at_ms, const char *first, const char *second,
                      int64_t for_ms, int64_t over_ms, const char *expected_error)
{
    TimelineEntry *entries[] = {command_of(rig, first),
                                second != NULL ? command_of(rig, second) : NULL};
    g_autoptr(GError) error = NULL;

    engine_run_until(rig->engine, at_ms * MS);
    for (int i = 0; i < 2 && entries[i] != NULL; i++) {
        entries[i]->for_ns = for_ms * MS;
        entries[i]->over_ns = over_ms * MS;
    }
    g_assert_cmpint(timeline_carry_out(rig->timeline, entries, second != NULL ? 2 : 1, &error), ==,
                    expected_error == NULL);
    g_assert_cmpstr(error != NULL ? error->message : NULL, ==, expected_error);
    timeline_entry_unref(entries[0]);
    timeline_entry_unref(entries[1]);
}

static void test_several_links_at_one_instant(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[]");
    carry_out(&rig, 10, "set a-b loss=5% delay=1ms", "set b-c rate=2mbit", 0, 0, NULL);
    rig_assert(&rig, 10, "a-b", "1ms 5%");
    rig_assert(&rig, 10, "b-c", "2mbit");
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 2);
    timeline_rig_close(&rig);
}

// Each puts back what it has set, not what another of the same instant has.
static void test_two_of_one_link_are_put_back(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[]");
    carry_out(&rig, 10, "set * loss=5%", "set a-b delay=1ms loss=7%", 20, 0, NULL);
    rig_assert(&rig, 10, "a-b", "1ms 7%");
    rig_assert(&rig, 30, "a-b", "10ms 1%");
    rig_assert(&rig, 30, "b-c", "1mbit");
    timeline_rig_close(&rig);
}

static void test_one_mistake_and_nothing_changes(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 30ms, link: a-b, set: {loss: 2%}}]");
    carry_out(&rig, 10, "set a-b loss=5%", "set b-c delay=1ms loss=101%", 0, 0,
              "b-c: loss: \"101%\" is more than 100%");
    carry_out(&rig, 20, "down a-b", "set a-b queue=1ms", 0, 0,
              "a-b: queue: without a rate it has no effect: add rate, or remove queue");
    carry_out(&rig, 20, "ramp a-b rate=1mbit", NULL, 0, 10,
              "a-b: rate: no ramp leads there from nothing: use set");
    rig_assert(&rig, 20, "a-b", "10ms 1%");
    rig_assert(&rig, 20, "b-c", "1mbit");
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 0);
    rig_assert(&rig, 30, "a-b", "10ms 2%"); // nothing of what was refused is left
    timeline_rig_close(&rig);
}

static void test_ramps_and_outages_run_on(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[]");
    carry_out(&rig, 10, "ramp a-b delay=110ms", NULL, 0, 100, NULL);
    carry_out(&rig, 20, "down b-c", "set a-b loss=7%", 20, 0, NULL);
    rig_assert(&rig, 30, "a-b", "30ms 7%");
    rig_assert(&rig, 30, "b-c", "1mbit down");
    rig_assert(&rig, 40, "a-b", "40ms 1%");
    rig_assert(&rig, 40, "b-c", "1mbit");
    rig_assert(&rig, 110, "a-b", "110ms 1%");
    g_assert_cmpstr(rig.calls->str, ==, "@20 b-c down, @40 b-c up");
    timeline_rig_close(&rig);
}

// What the timeline does for a while is over as well; what it still has before it happens.
static void test_reset_is_the_file(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, for: 50ms, link: a-b, set: {loss: 5%}},\n"
                            " {at: 10ms, link: a-b, ramp: {delay: 110ms}, over: 100ms},\n"
                            " {at: 15ms, link: b-c, down: true},\n"
                            " {at: 80ms, link: a-b, set: {loss: 6%}}]");
    rig_assert(&rig, 20, "a-b", "20ms 5%");
    carry_out(&rig, 25, "reset *", NULL, 0, 0, NULL);
    rig_assert(&rig, 25, "a-b", "10ms 1%");
    rig_assert(&rig, 25, "b-c", "1mbit");
    rig_assert(&rig, 70, "a-b", "10ms 1%");
    rig_assert(&rig, 80, "a-b", "10ms 6%");
    rig_assert(&rig, 200, "a-b", "10ms 6%");
    // Of what the reset ended nothing is told later.
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 5);
    timeline_rig_close(&rig);
}

static void test_up_ends_what_the_timeline_began(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, link: a-b, flap: {period: 20ms}}]");
    carry_out(&rig, 15, "up a-b", NULL, 0, 0, NULL);
    rig_assert(&rig, 15, "a-b", "10ms 1%");
    rig_assert(&rig, 29, "a-b", "10ms 1%");
    rig_assert(&rig, 30, "a-b", "10ms 1% down");
    rig_assert(&rig, 40, "a-b", "10ms 1%");
    timeline_rig_close(&rig);
}

#define ADD(path, function) g_test_add_func("/timeline/carry-out/" path, function)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("several-links-at-one-instant", test_several_links_at_one_instant);
    ADD("two-of-one-link-are-put-back", test_two_of_one_link_are_put_back);
    ADD("one-mistake-and-nothing-changes", test_one_mistake_and_nothing_changes);
    ADD("ramps-and-outages-run-on", test_ramps_and_outages_run_on);
    ADD("reset-is-the-file", test_reset_is_the_file);
    ADD("up-ends-what-the-timeline-began", test_up_ends_what_the_timeline_began);
    return g_test_run();
}
