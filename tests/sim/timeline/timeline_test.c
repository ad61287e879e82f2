// SPDX-License-Identifier: Apache-2.0
// What is in force when: each action, what puts back what, and that an instant is one change.
#include "tests/sim/timeline/timeline_rig.h"

enum { STORY_MAX_MOMENTS = 12 };

// What a link is at an instant. Of the reverse direction and of what was told to others NULL says
// nothing.
typedef struct {
    double at_ms;
    const char *link, *forward, *reverse, *calls;
} Moment;

typedef struct {
    const char *path;
    const char *timeline;
    Moment moments[STORY_MAX_MOMENTS + 1]; // ended by a NULL link
    uint64_t n_changes;                    // that are logged by then; 0 says nothing
} Story;

static const Story stories[] = {
    {
        "set/changes-what-it-names",
        "[{at: 20ms, link: a-b, set: {loss: 5%}}]",
        {
            {19.999999, "a-b", "10ms 1%"},
            {20, "a-b", "10ms 5%", .reverse = "10ms 5%"},
            {1000, "a-b", "10ms 5%"},
            {1000, "b-c", "1mbit"},
        },
    },
    {
        "set/one-direction",
        "[{at: 20ms, link: a-b, direction: reverse, set: {loss: 5%}}]",
        {
            {20, "a-b", "10ms 1%", .reverse = "10ms 5%"},
        },
    },
    {
        "set/links-by-tag-glob-and-list",
        "[{at: 1ms, link: \"tag:wan\", set: {delay: 1ms}},\n"
        " {at: 2ms, link: \"*\", set: {delay: 2ms}},\n"
        " {at: 3ms, link: [a-b, b-c, a-b], set: {delay: 3ms}}]",
        {
            {1, "a-b", "10ms 1%"},
            {1, "b-c", "1ms 1mbit"},
            {2, "a-b", "2ms 1%"},
            {2, "b-c", "2ms 1mbit"},
            {3, "a-b", "3ms 1%"},
            {3, "b-c", "3ms 1mbit"},
        },
    },
    {
        "for/puts-back-again-and-again",
        "[{at: 10ms, every: 100ms, for: 20ms, link: a-b, set: {loss: 100%}}]",
        {
            {9, "a-b", "10ms 1%"},
            {10, "a-b", "10ms 100%"},
            {29.999999, "a-b", "10ms 100%"},
            {30, "a-b", "10ms 1%"},
            {109, "a-b", "10ms 1%"},
            {110, "a-b", "10ms 100%"},
            {129.999999, "a-b", "10ms 100%"},
            {130, "a-b", "10ms 1%"},
            {209, "a-b", "10ms 1%"},
            {210, "a-b", "10ms 100%"},
            {229.999999, "a-b", "10ms 100%"},
            {230, "a-b", "10ms 1%"},
        },
        .n_changes = 6,
    },
    // As long as its period: what it puts back and what it sets are one change.
    {
        "for/as-long-as-every",
        "[{at: 0s, every: 10ms, for: 10ms, link: a-b, set: {loss: 7%}}]",
        {
            {0, "a-b", "10ms 7%"},
            {10, "a-b", "10ms 7%"},
            {35, "a-b", "10ms 7%"},
        },
    },
    {
        "for/leaves-other-parameters",
        "[{at: 10ms, for: 20ms, link: a-b, set: {loss: 5%}},\n"
        " {at: 15ms, link: a-b, set: {delay: 50ms}}]",
        {
            {20, "a-b", "50ms 5%"},
            {30, "a-b", "50ms 1%"},
        },
    },
    // Whichever of two ends first, what was before the first is left.
    {
        "for/two-leave-what-was-before",
        "[{at: 10ms, for: 20ms, link: a-b, set: {loss: 5%}},\n"
        " {at: 20ms, for: 20ms, link: a-b, set: {loss: 6%}},\n"
        " {at: 110ms, for: 50ms, link: a-b, set: {loss: 7%}},\n"
        " {at: 120ms, for: 20ms, link: a-b, set: {loss: 8%}}]",
        {
            {25, "a-b", "10ms 6%"},
            {30, "a-b", "10ms 6%"},
            {40, "a-b", "10ms 1%"},
            {120, "a-b", "10ms 8%"},
            {140, "a-b", "10ms 7%"},
            {160, "a-b", "10ms 1%"},
        },
    },
    {
        "for/what-is-set-for-good-stays",
        "[{at: 10ms, for: 20ms, link: a-b, set: {loss: 5%, delay: 50ms}},\n"
        " {at: 20ms, link: a-b, set: {loss: 6%}}]",
        {
            {20, "a-b", "50ms 6%"},
            {30, "a-b", "10ms 6%"},
        },
    },
    {
        "ramp/is-linear-and-ends-exactly",
        "[{at: 100ms, link: a-b, ramp: {delay: 110ms, loss: 2%}, over: 25ms, "
        "direction: forward}]",
        {
            {109.999999, "a-b", "10ms 1%"},
            {110, "a-b", "50ms 1.4%"},
            {120, "a-b", "90ms 1.8%"},
            {124.999999, "a-b", "90ms 1.8%"},
            {125, "a-b", "110ms 2%"},
            {1000, "a-b", "110ms 2%", .reverse = "10ms 1%"},
        },
    },
    {
        "ramp/for-a-while-in-its-own-steps",
        "[{at: 0s, link: b-c, ramp: {rate: 500kbit}, over: 5ms, step: 1ms, for: 8ms}]",
        {
            {0, "b-c", "1mbit"},
            {1, "b-c", "900kbit"},
            {4, "b-c", "600kbit"},
            {7, "b-c", "500kbit"},
            {8, "b-c", "1mbit"},
        },
    },
    // Below a value that holds for a while the ramp goes on; one that is set for good ends it.
    {
        "ramp/under-other-changes",
        "[{at: 0s, link: a-b, ramp: {delay: 110ms}, over: 100ms},\n"
        " {at: 15ms, for: 20ms, link: a-b, set: {delay: 5ms}},\n"
        " {at: 75ms, link: a-b, set: {delay: 6ms}}]",
        {
            {10, "a-b", "20ms 1%"},
            {30, "a-b", "5ms 1%"},
            {35, "a-b", "40ms 1%"},
            {70, "a-b", "80ms 1%"},
            {75, "a-b", "6ms 1%"},
            {200, "a-b", "6ms 1%"},
        },
    },
    {
        "outage/down-and-up",
        "[{at: 20ms, link: a-b, down: 10ms},\n"
        " {at: 50ms, link: a-b, down: true}, {at: 60ms, link: a-b, up: true},\n"
        " {at: 70ms, link: b-c, carrier: no, down: 5ms}]",
        {
            {20, "a-b", "10ms 1% down", .reverse = "10ms 1% down"},
            {30, "a-b", "10ms 1%"},
            {55, "a-b", "10ms 1% down"},
            {60, "a-b", "10ms 1%"},
            {70, "b-c", "1mbit down"},
            {75, "b-c", "1mbit", .calls = "@20 a-b down, @30 a-b up, @50 a-b down, @60 a-b up"},
        },
    },
    // The carrier is there as long as one direction works; it is lost when both fail.
    {
        "outage/one-way-keeps-carrier",
        "[{at: 10ms, link: a-b, direction: forward, down: 30ms},\n"
        " {at: 20ms, link: a-b, direction: reverse, down: 30ms}]",
        {
            {15, "a-b", "10ms 1% down", .reverse = "10ms 1%", .calls = ""},
            {100, "a-b", "10ms 1%", .calls = "@20 a-b down, @40 a-b up"},
        },
    },
    // What keeps the carrier does not give back what something else has taken.
    {
        "outage/carrier-stays-lost-under-a-partition",
        "[{at: 10ms, link: a-b, down: true}, {at: 20ms, partition: [[a], [b]]},\n"
        " {at: 30ms, link: a-b, carrier: no, down: 5ms}, {at: 40ms, link: a-b, up: true}]",
        {
            {39, "a-b", "10ms 1% down", .calls = "@10 a-b down"},
            {40, "a-b", "10ms 1%", .calls = "@10 a-b down, @40 a-b up"},
        },
    },
    {
        "outage/overlapping-end-with-the-last",
        "[{at: 10ms, link: a-b, down: 30ms}, {at: 20ms, link: a-b, down: 5ms},\n"
        " {at: 100ms, link: a-b, down: 50ms}, {at: 110ms, link: a-b, up: true},\n"
        " {at: 120ms, link: a-b, down: true}]",
        {
            {30, "a-b", "10ms 1% down"},
            {40, "a-b", "10ms 1%"},
            {110, "a-b", "10ms 1%"},      // up ends all outages that there are
            {200, "a-b", "10ms 1% down"}, // and none that came later
        },
    },
    {
        "outage/flap",
        "[{at: 10ms, link: a-b, flap: {period: 10ms, duty: 30%}, for: 25ms}]",
        {
            {10, "a-b", "10ms 1% down"},
            {13, "a-b", "10ms 1%"},
            {20, "a-b", "10ms 1% down"},
            {23, "a-b", "10ms 1%"},
            {30, "a-b", "10ms 1% down"},
            {33, "a-b", "10ms 1%"},
            {40, "a-b", "10ms 1%"},
        },
    },
    {
        "outage/flap-ends-while-it-is-down",
        "[{at: 0s, link: a-b, flap: {period: 10ms}, for: 12ms}]",
        {
            {11, "a-b", "10ms 1% down"},
            {12, "a-b", "10ms 1%"},
            {50, "a-b", "10ms 1%"},
        },
    },
    {
        "outage/partition-heals",
        "[{at: 10ms, partition: [[a, b], [c]], for: 10ms}]",
        {
            {10, "b-c", "1mbit down"},
            {10, "a-b", "10ms 1%"},
            {20, "b-c", "1mbit", .calls = ""},
        },
    },
};

static void test_story(const void *data)
{
    const Story *story = data;
    TimelineRig rig;

    timeline_rig_open(&rig, story->timeline);
    for (const Moment *moment = story->moments; moment->link != NULL; moment++) {
        rig_assert(&rig, moment->at_ms, moment->link, moment->forward);
        if (moment->reverse != NULL)
            rig_assert_reverse(&rig, moment->link, moment->reverse);
        if (moment->calls != NULL)
            g_assert_cmpstr(rig.calls->str, ==, moment->calls);
    }
    if (story->n_changes > 0)
        g_assert_cmpuint(change_log_total(timeline_log(rig.timeline)), ==, story->n_changes);
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
    for (unsigned i = 0; i < G_N_ELEMENTS(stories); i++) {
        g_autofree char *path = g_strconcat("/timeline/", stories[i].path, NULL);

        g_test_add_data_func(path, &stories[i], test_story);
    }
    ADD("restart-is-told", test_restart_is_told);
    ADD("an-instant-is-one-change", test_an_instant_is_one_change);
    ADD("what-makes-no-sense-is-left-out", test_what_makes_no_sense_is_left_out);
    ADD("the-same-again-is-no-change", test_the_same_again_is_no_change);
    ADD("nothing-happens-before-the-start", test_nothing_happens_before_the_start);
    return g_test_run();
}
