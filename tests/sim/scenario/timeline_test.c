// SPDX-License-Identifier: Apache-2.0
// What entries of `timeline:` become, and every way in which they can be wrong.
#include "sim/scenario/timeline_spec.h"

#include "tests/sim/scenario/parsed.h"

// Five lines; the timeline begins in the sixth.
#define HEAD                                                                                       \
    "nodes: {a: {}, b: {}, c: {}, d: {}, s: {kind: switch}}\n"                                     \
    "links: [{endpoints: [a, b], delay: 10ms, tags: [wan, eu]}, {endpoints: [c, s]},\n"            \
    "        {endpoints: [d, s], rate: 1mbit, name: last-eu}, {endpoints: [a, s]}]\n"              \
    "tasks: [{name: server, on: a, run: x, background: true},\n"                                   \
    "        {name: client, on: b, run: x}]\n"
#define LIST HEAD "timeline:\n"

static const TimelineEntry *entry_of(const Scenario *scenario, guint n)
{
    return g_ptr_array_index(scenario->timeline->entries, n);
}

// "a-b, c-s"; the caller frees it.
static char *links_of(const TimelineEntry *entry)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < entry->links->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               ((LinkSpec *)g_ptr_array_index(entry->links, i))->name);
    return g_string_free(names, FALSE);
}

static void assert_links(const TimelineEntry *entry, const char *expected)
{
    g_autofree char *names = links_of(entry);

    g_assert_cmpstr(names, ==, expected);
}

static void test_set(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LIST "  - {at: 10s, link: a-b, set: {loss: {rate: 5%}, delay: 50ms}}\n");
    const TimelineEntry *entry = entry_of(scenario, 0);

    g_assert_cmpint(entry->action, ==, TIMELINE_SET);
    g_assert_cmpint(entry->at_ns, ==, INT64_C(10000000000));
    g_assert_cmpint(entry->every_ns, ==, 0);
    g_assert_cmpint(entry->for_ns, ==, TIMELINE_FOR_GOOD_NS);
    g_assert_true(entry->in[LINK_FORWARD] && entry->in[LINK_REVERSE]);
    g_assert_cmpuint(entry->position.line, ==, 7);
    g_assert_cmpuint(link_change_count(entry->change), ==, 2);
    g_assert_cmpstr(link_change_name(entry->change, 0), ==, "loss.rate");
    g_assert_cmpstr(link_change_text(entry->change, 0), ==, "5%");
    g_assert_cmpstr(link_change_name(entry->change, 1), ==, "delay");
    assert_links(entry, "a-b");
}

static void test_links_are_named_in_many_ways(void)
{
    g_autoptr(Scenario) scenario = parsed(LIST "  - {at: 1s, link: \"*-eu\", up: true}\n"
                                               "  - {at: 1s, link: \"tag:eu\", up: true}\n"
                                               "  - {at: 1s, link: [c-s, \"?-s\"], up: true}\n"
                                               "  - {at: 1s, link: \"*\", up: true}\n");

    assert_links(entry_of(scenario, 0), "last-eu");
    assert_links(entry_of(scenario, 1), "a-b");
    assert_links(entry_of(scenario, 2), "c-s, a-s");
    assert_links(entry_of(scenario, 3), "a-b, c-s, last-eu, a-s");
}

static void test_ramp_outage_and_flap(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LIST "  - {at: 1s, link: a-b, ramp: {delay: 1s}, over: 5s, direction: forward}\n"
                    "  - {every: 1s, link: a-b, down: 20ms}\n"
                    "  - {at: 1s, link: a-b, flap: {period: 2s, duty: 40%}, carrier: no}\n"
                    "  - {at: 1s, restart: a}\n");
    const TimelineEntry *ramp = entry_of(scenario, 0), *down = entry_of(scenario, 1);
    const TimelineEntry *flap = entry_of(scenario, 2), *restart = entry_of(scenario, 3);

    g_assert_cmpint(ramp->action, ==, TIMELINE_RAMP);
    g_assert_cmpint(ramp->over_ns, ==, INT64_C(5000000000));
    g_assert_cmpint(ramp->step_ns, ==, 10000000);
    g_assert_true(ramp->in[LINK_FORWARD] && !ramp->in[LINK_REVERSE]);
    g_assert_cmpint(down->for_ns, ==, 20000000);
    g_assert_cmpint(down->at_ns, ==, 0);
    g_assert_true(down->carrier);
    g_assert_cmpint(flap->period_ns, ==, INT64_C(2000000000));
    g_assert_cmpint(flap->outage_ns, ==, 800000000);
    g_assert_false(flap->carrier);
    g_assert_cmpint(restart->action, ==, TIMELINE_RESTART);
    g_assert_true(g_ptr_array_index(restart->hosts, 0) == scenario_node(scenario, "a"));
}

static void test_partition_cuts_between_its_groups(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LIST "  - {at: 1s, partition: [[a, c, s], [b], [d]], for: 5s}\n");
    const TimelineEntry *entry = entry_of(scenario, 0);

    assert_links(entry, "a-b, last-eu");
    g_assert_false(entry->carrier);
    g_assert_cmpstr(timeline_action_name(entry), ==, "partition");
}

static void test_start(void)
{
    g_autoptr(Scenario) plain = parsed(LIST "  - {at: 1s, link: a-b, up: true}\n");
    g_autoptr(Scenario) launch = parsed(HEAD "timeline: {start: launch, events: []}\n");
    g_autoptr(Scenario) frame = parsed(HEAD "timeline: {start: first-frame, events: []}\n");
    g_autoptr(Scenario) ready = parsed(HEAD "timeline: {start: {ready: [client, server]}}\n");
    g_autoptr(Scenario) without = parsed(HEAD);

    g_assert_cmpint(plain->timeline->start, ==, TIMELINE_AT_LAUNCH);
    g_assert_cmpint(launch->timeline->start, ==, TIMELINE_AT_LAUNCH);
    g_assert_cmpint(frame->timeline->start, ==, TIMELINE_AT_FIRST_FRAME);
    g_assert_cmpint(ready->timeline->start, ==, TIMELINE_AT_READY);
    g_assert_cmpuint(ready->timeline->tasks->len, ==, 2);
    g_assert_cmpstr(((TaskSpec *)g_ptr_array_index(ready->timeline->tasks, 0))->name, ==, "client");
    g_assert_cmpuint(without->timeline->entries->len, ==, 0);
}

static void test_names_that_are_wrong(void)
{
    ASSERT_ERRORS(
        LIST "  - {at: 1s, link: a-c, up: true}\n"
             "  - {at: 1s, link: [\"tag:lan\", \"x*\"], up: true}\n"
             "  - {at: 1s, link: a-b, set: {dely: 1s}}\n"
             "  - {at: 1s, link: a-b, set: {loss: {rat: 3}}}\n"
             "  - {at: 1s, restart: b}\n"
             "  - {at: 1s, link: a-b, sett: {}, up: true}\n",
        "7:20: timeline[0].link: \"a-c\" is no link: did you mean \"a-b\"?",
        "8:21: timeline[1].link[0]: \"tag:lan\" means no link",
        "8:32: timeline[1].link[1]: \"x*\" means no link",
        "9:37: timeline[2].set.dely: \"dely\" is no parameter of a link: did you mean "
        "\"delay\"?",
        "10:43: timeline[3].set.loss.rat: \"loss.rat\" is no parameter of a link: did "
        "you mean \"loss.rate\"?",
        "11:23: timeline[4].restart: b has no task with background: true that could be "
        "restarted",
        "12:25: timeline[5]: \"sett\" is no key of an entry of the timeline: did you mean "
        "\"set\"?");
}

static void test_what_entries_need(void)
{
    ASSERT_ERRORS(
        LIST "  - {link: a-b, up: true}\n"
             "  - {at: 1s, link: a-b}\n"
             "  - {at: 1s, set: {loss: 1%}}\n"
             "  - {at: 1s, link: a-b, up: true, down: true}\n"
             "  - {at: 1s, link: a-b, ramp: {delay: 1s}}\n"
             "  - {at: 1s, link: a-b, up: true, for: 1s}\n"
             "  - {at: 1s, link: a-b, down: 1s, for: 1s}\n"
             "  - {at: 1s, link: a-b, set: {loss: 1%}, over: 1s}\n"
             "  - {at: 1s, link: a-b, set: {loss: 1%}, every: 1s, for: 2s}\n"
             "  - {at: 1s, link: a-b, flap: {duty: 1%}}\n"
             "  - {at: 1s, link: a-b, up: no}\n"
             "  - 7\n"
             "  - {link: a-b, down: 2s, every: 1s}\n"
             "  - {at: 1s, link: [], up: true}\n"
             "  - {at: 1s, restart: []}\n",
        "7:5: timeline[0]: needs at: when it happens",
        "8:5: timeline[1]: needs one of set:, ramp:, down:, up:, flap:, partition: and restart:",
        "9:5: timeline[2]: needs link: a name, a list, \"*-eu\" or \"tag:wan\"",
        "10:5: timeline[3]: needs one of set:, ramp:, down:, up:, flap:, partition: and restart:",
        "11:5: timeline[4]: needs over: how long the ramp takes",
        "12:5: timeline[5]: for: has no meaning beside up",
        "13:5: timeline[6]: for: has no meaning beside down",
        "14:5: timeline[7]: over: has no meaning beside set",
        "15:5: timeline[8]: for: is longer than every:, so that it would begin before it has ended",
        "16:31: timeline[9].flap: needs period: from one outage to the next",
        "17:29: timeline[10].up: is not true: write up: true, or down: true",
        "18:5: timeline[11]: is a single value and not a map: write {at: 10s, link: atlantic, set: "
        "{loss: 5%}}",
        "19:5: timeline[12]: down: is longer than every:, so that it would begin before it has "
        "ended",
        "20:20: timeline[13].link: is empty: write a name, \"*-eu\" or \"tag:wan\"",
        "21:23: timeline[14].restart: is empty: write the names of hosts");
}

static void test_values_that_are_wrong(void)
{
    ASSERT_ERRORS(
        LIST "  - {at: 1s, link: a-b, set: {loss: 5, delay: 1ms}}\n"
             "  - {at: 1s, link: \"*\", set: {loss: {rate: 101%}}}\n"
             "  - {at: 1s, link: a-b, set: {queue: 5ms}}\n"
             "  - {at: 1s, link: a-b, ramp: {rate: 5mbit}, over: 1s}\n"
             "  - {at: 1s, link: last-eu, ramp: {queue: 10 packets}, over: 1s}\n",
        "7:37: timeline[0].set.loss: \"5\" has no unit: write 5%",
        "8:44: timeline[1].set.loss.rate: on a-b: \"101%\" is more than 100%",
        "9:38: timeline[2].set.queue: without a rate it has no effect: add rate, or remove queue",
        "10:38: timeline[3].ramp.rate: no ramp leads there from nothing: use set",
        "11:43: timeline[4].ramp.queue: no ramp leads there from nothing: use set");
}

// What an earlier entry leaves is what a later one meets, whatever their order in the file.
static void test_values_are_tried_in_the_order_of_time(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LIST "  - {at: 2s, link: a-b, set: {queue: 5ms}}\n"
                    "  - {at: 3s, link: a-b, ramp: {rate: 7mbit}, over: 1s}\n"
                    "  - {at: 1s, link: a-b, set: {rate: 1mbit}}\n");

    g_assert_cmpuint(scenario->timeline->entries->len, ==, 3);
    ASSERT_ERRORS(LIST "  - {at: 1s, link: a-b, set: {queue: 5ms}}\n"
                       "  - {at: 2s, link: a-b, set: {rate: 1mbit}}\n",
                  "7:38: timeline[0].set.queue: without a rate it has no effect: add rate, or "
                  "remove queue");
}

// What was set for a rate stays behind when that is taken away, and counts again with another.
static void test_a_rate_may_be_taken_from_its_queue(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LIST "  - {at: 1s, link: a-b, set: {rate: 1mbit, queue: 5ms}}\n"
                    "  - {at: 2s, link: a-b, set: {rate: unlimited}}\n"
                    "  - {at: 3s, link: a-b, set: {loss: 1%}}\n");

    g_assert_cmpuint(scenario->timeline->entries->len, ==, 3);
}

static void test_partitions_that_are_wrong(void)
{
    ASSERT_ERRORS(LIST "  - {at: 1s, partition: [[a], [c]]}\n"
                       "  - {at: 1s, partition: [[a, b, c, d, s], []]}\n"
                       "  - {at: 1s, partition: [[a], [a, x]]}\n"
                       "  - {at: 1s, partition: [[a, s], [b]], link: a-b}\n",
                  "7:25: timeline[0].partition: groups still meet at s: put it in one of them",
                  "8:25: timeline[1].partition: no link joins these groups: write [[a, b], [c, d]]",
                  "9:32: timeline[2].partition[1][0]: a is in a group already",
                  "9:35: timeline[2].partition[1][1]: \"x\" is no node: known is a, b, c, d, s",
                  "10:5: timeline[3]: link: has no meaning beside partition");
}

static void test_starts_that_are_wrong(void)
{
    ASSERT_ERRORS(HEAD "timeline: {start: lunch}\n",
                  "6:19: timeline.start: \"lunch\" is no start: did you mean \"launch\"?");
    ASSERT_ERRORS(HEAD "timeline: {start: {ready: [sever]}}\n",
                  "6:28: timeline.start.ready[0]: \"sever\" is no task: did you mean \"server\"?");
    ASSERT_ERRORS(HEAD "timeline: {start: {ready: []}}\n",
                  "6:27: timeline.start.ready: is empty: write the names of tasks");
    ASSERT_ERRORS("nodes: [a, b]\n"
                  "links: [{endpoints: [a, b]}]\n"
                  "tasks: [{name: x, on: a, run: x}, {name: x, on: b, run: x}]\n",
                  "3:42: tasks[1].name: is the name of the task in line 3: write another");
}

static void test_too_many_targets(void)
{
    g_autoptr(GString) text = g_string_new(LIST);
    g_autofree char *errors = NULL;

    for (int i = 0; i < 30000; i++)
        g_string_append(text, "  - {at: 1s, link: \"*\", up: true}\n");
    g_assert_null(scenario_parse("x.yaml", text->str, text->len, &errors));
    g_assert_cmpstr(errors, ==,
                    "x.yaml:7:3: timeline: its entries name links more than 200000 times\n");
}

#define ADD(path, function) g_test_add_func("/scenario/timeline/" path, function)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-rate-may-be-taken-from-its-queue", test_a_rate_may_be_taken_from_its_queue);
    ADD("set", test_set);
    ADD("links-are-named-in-many-ways", test_links_are_named_in_many_ways);
    ADD("ramp-outage-and-flap", test_ramp_outage_and_flap);
    ADD("partition-cuts-between-its-groups", test_partition_cuts_between_its_groups);
    ADD("start", test_start);
    ADD("wrong/names", test_names_that_are_wrong);
    ADD("wrong/what-entries-need", test_what_entries_need);
    ADD("wrong/values", test_values_that_are_wrong);
    ADD("wrong/values-in-the-order-of-time", test_values_are_tried_in_the_order_of_time);
    ADD("wrong/partitions", test_partitions_that_are_wrong);
    ADD("wrong/starts", test_starts_that_are_wrong);
    ADD("wrong/too-many-targets", test_too_many_targets);
    return g_test_run();
}
