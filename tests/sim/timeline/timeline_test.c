// SPDX-License-Identifier: Apache-2.0
// What is in force when: each action, what puts back what, and that an instant is one change.
#include "tests/sim/timeline/timeline_rig.h"

static void test_set_changes_what_it_names(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 20ms, link: a-b, set: {loss: 5%}}]");
    rig_assert(&rig, 19.999999, "a-b", "10ms 1%");
    rig_assert(&rig, 20, "a-b", "10ms 5%");
    rig_assert_reverse(&rig, "a-b", "10ms 5%");
    rig_assert(&rig, 1000, "a-b", "10ms 5%");
    rig_assert(&rig, 1000, "b-c", "1mbit");
    timeline_rig_close(&rig);
}

static void test_one_direction(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 20ms, link: a-b, direction: reverse, set: {loss: 5%}}]");
    rig_assert(&rig, 20, "a-b", "10ms 1%");
    rig_assert_reverse(&rig, "a-b", "10ms 5%");
    timeline_rig_close(&rig);
}

static void test_links_by_tag_glob_and_list(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 1ms, link: \"tag:wan\", set: {delay: 1ms}},\n"
                            " {at: 2ms, link: \"*\", set: {delay: 2ms}},\n"
                            " {at: 3ms, link: [a-b, b-c, a-b], set: {delay: 3ms}}]");
    rig_assert(&rig, 1, "a-b", "10ms 1%");
    rig_assert(&rig, 1, "b-c", "1ms 1mbit");
    rig_assert(&rig, 2, "a-b", "2ms 1%");
    rig_assert(&rig, 2, "b-c", "2ms 1mbit");
    rig_assert(&rig, 3, "a-b", "3ms 1%");
    rig_assert(&rig, 3, "b-c", "3ms 1mbit");
    timeline_rig_close(&rig);
}

static void test_for_puts_back_again_and_again(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, every: 100ms, for: 20ms, link: a-b, set: {loss: 100%}}]");
    for (int round = 0; round < 3; round++) {
        rig_assert(&rig, 100 * round + 9, "a-b", "10ms 1%");
        rig_assert(&rig, 100 * round + 10, "a-b", "10ms 100%");
        rig_assert(&rig, 100 * round + 29.999999, "a-b", "10ms 100%");
        rig_assert(&rig, 100 * round + 30, "a-b", "10ms 1%");
    }
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 6);
    timeline_rig_close(&rig);
}

// As long as its period: what it puts back and what it sets are one change.
static void test_for_as_long_as_every(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 0s, every: 10ms, for: 10ms, link: a-b, set: {loss: 7%}}]");
    rig_assert(&rig, 0, "a-b", "10ms 7%");
    rig_assert(&rig, 10, "a-b", "10ms 7%");
    rig_assert(&rig, 35, "a-b", "10ms 7%");
    timeline_rig_close(&rig);
}

static void test_for_leaves_other_parameters(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, for: 20ms, link: a-b, set: {loss: 5%}},\n"
                            " {at: 15ms, link: a-b, set: {delay: 50ms}}]");
    rig_assert(&rig, 20, "a-b", "50ms 5%");
    rig_assert(&rig, 30, "a-b", "50ms 1%");
    timeline_rig_close(&rig);
}

// Whichever of two ends first, what was before the first is left.
static void test_two_for_a_while_leave_what_was_before(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, for: 20ms, link: a-b, set: {loss: 5%}},\n"
                            " {at: 20ms, for: 20ms, link: a-b, set: {loss: 6%}},\n"
                            " {at: 110ms, for: 50ms, link: a-b, set: {loss: 7%}},\n"
                            " {at: 120ms, for: 20ms, link: a-b, set: {loss: 8%}}]");
    rig_assert(&rig, 25, "a-b", "10ms 6%");
    rig_assert(&rig, 30, "a-b", "10ms 6%");
    rig_assert(&rig, 40, "a-b", "10ms 1%");
    rig_assert(&rig, 120, "a-b", "10ms 8%");
    rig_assert(&rig, 140, "a-b", "10ms 7%");
    rig_assert(&rig, 160, "a-b", "10ms 1%");
    timeline_rig_close(&rig);
}

static void test_what_is_set_for_good_stays(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, for: 20ms, link: a-b, set: {loss: 5%, delay: 50ms}},\n"
                            " {at: 20ms, link: a-b, set: {loss: 6%}}]");
    rig_assert(&rig, 20, "a-b", "50ms 6%");
    rig_assert(&rig, 30, "a-b", "10ms 6%");
    timeline_rig_close(&rig);
}

static void test_ramp_is_linear_and_ends_exactly(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 100ms, link: a-b, ramp: {delay: 110ms, loss: 2%}, over: 25ms,\n"
                            "  direction: forward}]");
    rig_assert(&rig, 109.999999, "a-b", "10ms 1%");
    rig_assert(&rig, 110, "a-b", "50ms 1.4%");
    rig_assert(&rig, 120, "a-b", "90ms 1.8%");
    rig_assert(&rig, 124.999999, "a-b", "90ms 1.8%");
    rig_assert(&rig, 125, "a-b", "110ms 2%");
    rig_assert(&rig, 1000, "a-b", "110ms 2%");
    rig_assert_reverse(&rig, "a-b", "10ms 1%");
    timeline_rig_close(&rig);
}

static void test_ramp_down_for_a_while_in_its_own_steps(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 0s, link: b-c, ramp: {rate: 500kbit}, over: 5ms, step: 1ms,\n"
                            "  for: 8ms}]");
    rig_assert(&rig, 0, "b-c", "1mbit");
    rig_assert(&rig, 1, "b-c", "900kbit");
    rig_assert(&rig, 4, "b-c", "600kbit");
    rig_assert(&rig, 7, "b-c", "500kbit");
    rig_assert(&rig, 8, "b-c", "1mbit");
    timeline_rig_close(&rig);
}

// Below a value that holds for a while the ramp goes on; one that is set for good ends it.
static void test_ramp_under_other_changes(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 0s, link: a-b, ramp: {delay: 110ms}, over: 100ms},\n"
                            " {at: 15ms, for: 20ms, link: a-b, set: {delay: 5ms}},\n"
                            " {at: 75ms, link: a-b, set: {delay: 6ms}}]");
    rig_assert(&rig, 10, "a-b", "20ms 1%");
    rig_assert(&rig, 30, "a-b", "5ms 1%");
    rig_assert(&rig, 35, "a-b", "40ms 1%");
    rig_assert(&rig, 70, "a-b", "80ms 1%");
    rig_assert(&rig, 75, "a-b", "6ms 1%");
    rig_assert(&rig, 200, "a-b", "6ms 1%");
    timeline_rig_close(&rig);
}

static void test_down_and_up(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 20ms, link: a-b, down: 10ms},\n"
                            " {at: 50ms, link: a-b, down: true}, {at: 60ms, link: a-b, up: true},\n"
                            " {at: 70ms, link: b-c, carrier: no, down: 5ms}]");
    rig_assert(&rig, 20, "a-b", "10ms 1% down");
    rig_assert_reverse(&rig, "a-b", "10ms 1% down");
    rig_assert(&rig, 30, "a-b", "10ms 1%");
    rig_assert(&rig, 55, "a-b", "10ms 1% down");
    rig_assert(&rig, 60, "a-b", "10ms 1%");
    rig_assert(&rig, 70, "b-c", "1mbit down");
    rig_assert(&rig, 75, "b-c", "1mbit");
    g_assert_cmpstr(rig.calls->str, ==, "@20 a-b down, @30 a-b up, @50 a-b down, @60 a-b up");
    timeline_rig_close(&rig);
}

// The carrier is there as long as one direction works; it is lost when both fail.
static void test_one_way_failure_keeps_carrier(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, link: a-b, direction: forward, down: 30ms},\n"
                            " {at: 20ms, link: a-b, direction: reverse, down: 30ms}]");
    rig_assert(&rig, 15, "a-b", "10ms 1% down");
    rig_assert_reverse(&rig, "a-b", "10ms 1%");
    g_assert_cmpstr(rig.calls->str, ==, "");
    rig_assert(&rig, 100, "a-b", "10ms 1%");
    g_assert_cmpstr(rig.calls->str, ==, "@20 a-b down, @40 a-b up");
    timeline_rig_close(&rig);
}

static void test_overlapping_outages_end_with_the_last(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig,
                      "[{at: 10ms, link: a-b, down: 30ms}, {at: 20ms, link: a-b, down: 5ms},\n"
                      " {at: 100ms, link: a-b, down: 50ms}, {at: 110ms, link: a-b, up: true},\n"
                      " {at: 120ms, link: a-b, down: true}]");
    rig_assert(&rig, 30, "a-b", "10ms 1% down");
    rig_assert(&rig, 40, "a-b", "10ms 1%");
    rig_assert(&rig, 110, "a-b", "10ms 1%");      // up ends all outages that there are
    rig_assert(&rig, 200, "a-b", "10ms 1% down"); // and none that came later
    timeline_rig_close(&rig);
}

static void test_flap(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, link: a-b, flap: {period: 10ms, duty: 30%}, for: 25ms}]");
    rig_assert(&rig, 10, "a-b", "10ms 1% down");
    rig_assert(&rig, 13, "a-b", "10ms 1%");
    rig_assert(&rig, 20, "a-b", "10ms 1% down");
    rig_assert(&rig, 23, "a-b", "10ms 1%");
    rig_assert(&rig, 30, "a-b", "10ms 1% down");
    rig_assert(&rig, 33, "a-b", "10ms 1%");
    rig_assert(&rig, 40, "a-b", "10ms 1%");
    timeline_rig_close(&rig);
    timeline_rig_open(&rig, "[{at: 0s, link: a-b, flap: {period: 10ms}, for: 12ms}]");
    rig_assert(&rig, 11, "a-b", "10ms 1% down");
    rig_assert(&rig, 12, "a-b", "10ms 1%"); // ended while it was down
    rig_assert(&rig, 50, "a-b", "10ms 1%");
    timeline_rig_close(&rig);
}

static void test_partition_heals(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, partition: [[a, b], [c]], for: 10ms}]");
    rig_assert(&rig, 10, "b-c", "1mbit down");
    rig_assert(&rig, 10, "a-b", "10ms 1%");
    rig_assert(&rig, 20, "b-c", "1mbit");
    g_assert_cmpstr(rig.calls->str, ==, "");
    timeline_rig_close(&rig);
}

static void test_restart_is_told(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, every: 10ms, restart: a}]");
    engine_run_until(rig.engine, 20 * MS);
    g_assert_cmpstr(rig.calls->str, ==, "@10 a restart, @20 a restart");
    timeline_rig_close(&rig);
}

// Later entries see what earlier ones of the same instant set, and links see only the last.
static void test_an_instant_is_one_change(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, link: b-c, set: {rate: 2mbit}},\n"
                            " {at: 10ms, link: b-c, set: {queue: 30ms, rate: 3mbit}},\n"
                            " {at: 10ms, link: \"*\", set: {delay: 4ms}}]");
    rig_assert(&rig, 10, "b-c", "4ms 3mbit");
    g_assert_cmpuint(link_n_changes(rig_link(&rig, "b-c"), LINK_FORWARD), ==, 1);
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 3);
    timeline_rig_close(&rig);
}

// The queue makes sense only while there is a rate: an entry that comes too late is left out.
static void test_what_makes_no_sense_is_left_out(void)
{
    TimelineRig rig;
    const ChangeRecord *record;

    timeline_rig_open(&rig, "[{at: 10ms, link: b-c, for: 10ms, set: {rate: unlimited}},\n"
                            " {at: 15ms, link: b-c, set: {queue: 20ms, delay: 3ms}}]");
    rig_assert(&rig, 15, "b-c", "");
    rig_assert(&rig, 20, "b-c", "1mbit");
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 3);
    record = change_log_get(timeline_log(rig.timeline), 1);
    g_assert_cmpint(record->kind, ==, CHANGE_REFUSED);
    g_assert_cmpint(record->at_ns, ==, 15 * MS);
    g_assert_cmpstr(record->reason, ==,
                    "b-c: queue: without a rate it has no effect: add rate, or remove queue");
    timeline_rig_close(&rig);
}

// What is as it was is no change of the link, though the timeline has had its say.
static void test_the_same_again_is_no_change(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, link: a-b, set: {delay: 10ms}},\n"
                            " {at: 20ms, link: a-b, set: {delay: 11ms}},\n"
                            " {at: 30ms, link: a-b, down: 5ms}]");
    engine_run_until(rig.engine, 50 * MS);
    g_assert_cmpuint(link_n_changes(rig_link(&rig, "a-b"), LINK_FORWARD), ==, 1);
    g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, 4);
    timeline_rig_close(&rig);
}

static void test_nothing_happens_before_the_start(void)
{
    TimelineRig rig;

    timeline_rig_open(&rig, "[{at: 10ms, link: a-b, set: {loss: 5%}}]");
    timeline_free(rig.timeline);
    engine_run_until(rig.engine, 50 * MS);
    rig.timeline = timeline_new(rig.scenario, rig.topology, rig.engine, (TimelineEvents){0});
    engine_run_until(rig.engine, 100 * MS);
    timeline_start(rig.timeline);
    rig_assert(&rig, 105, "a-b", "10ms 1%");
    timeline_start(rig.timeline); // a second time means nothing
    rig_assert(&rig, 110, "a-b", "10ms 5%");
    timeline_rig_close(&rig);
}

#define ADD(path, function) g_test_add_func("/timeline/" path, function)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("set/changes-what-it-names", test_set_changes_what_it_names);
    ADD("set/one-direction", test_one_direction);
    ADD("set/links-by-tag-glob-and-list", test_links_by_tag_glob_and_list);
    ADD("for/puts-back-again-and-again", test_for_puts_back_again_and_again);
    ADD("for/as-long-as-every", test_for_as_long_as_every);
    ADD("for/leaves-other-parameters", test_for_leaves_other_parameters);
    ADD("for/two-leave-what-was-before", test_two_for_a_while_leave_what_was_before);
    ADD("for/what-is-set-for-good-stays", test_what_is_set_for_good_stays);
    ADD("ramp/is-linear-and-ends-exactly", test_ramp_is_linear_and_ends_exactly);
    ADD("ramp/for-a-while-in-its-own-steps", test_ramp_down_for_a_while_in_its_own_steps);
    ADD("ramp/under-other-changes", test_ramp_under_other_changes);
    ADD("outage/down-and-up", test_down_and_up);
    ADD("outage/one-way-keeps-carrier", test_one_way_failure_keeps_carrier);
    ADD("outage/overlapping-end-with-the-last", test_overlapping_outages_end_with_the_last);
    ADD("outage/flap", test_flap);
    ADD("outage/partition-heals", test_partition_heals);
    ADD("restart-is-told", test_restart_is_told);
    ADD("an-instant-is-one-change", test_an_instant_is_one_change);
    ADD("what-makes-no-sense-is-left-out", test_what_makes_no_sense_is_left_out);
    ADD("the-same-again-is-no-change", test_the_same_again_is_no_change);
    ADD("nothing-happens-before-the-start", test_nothing_happens_before_the_start);
    return g_test_run();
}
