// SPDX-License-Identifier: Apache-2.0
// The disciplines of `queue:`: their own defaults, one a direction, and what is wrong with one.
#include "tests/sim/scenario/parsed.h"

#define LINK(keys) "nodes: [a, b]\nlinks: [{endpoints: [a, b], rate: 10mbit, " keys "}]\n"

static void assert_limit(const char *text, LimitUnit unit, uint64_t amount)
{
    g_autoptr(Scenario) scenario = parsed(text);
    const LinkSpec *link = scenario_link(scenario, "a-b");
    Limit limit = link_config_queue_limit(link->directions[0]);

    g_assert_cmpint(limit.unit, ==, unit);
    g_assert_cmpuint(limit.amount, ==, amount);
}

static void test_disciplines_have_limits_of_their_own(void)
{
    assert_limit(LINK("queue: {discipline: drop-head}"), LIMIT_TIME, 100000000);
    assert_limit(LINK("queue: {discipline: codel}"), LIMIT_PACKETS, 1000);
    assert_limit(LINK("queue: {discipline: fq-codel}"), LIMIT_PACKETS, 10240);
    assert_limit(LINK("queue: {discipline: cobalt}"), LIMIT_BYTES, 4 << 20);
    assert_limit(LINK("queue: {discipline: red, min: 10kB, max: 30kB}"), LIMIT_PACKETS, 1000);
    assert_limit(LINK("queue: {discipline: pie, ecn: yes}"), LIMIT_PACKETS, 1000);
    assert_limit(LINK("queue: {discipline: fq-pie, burst: 0ns}"), LIMIT_PACKETS, 10240);
    assert_limit(LINK("queue: {discipline: dualpi2, any-ect: yes}"), LIMIT_PACKETS, 10000);
    assert_limit(LINK("queue: {discipline: classes, classes: 'ef: strict'}"), LIMIT_TIME,
                 100000000);
    assert_limit(LINK("queue: {discipline: codel, limit: 50ms}"), LIMIT_TIME, 50000000);
}

static void test_directions_differ(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LINK("queue: {discipline: fq-codel, flows: 7, ecn: no}, reverse: {queue: "
                    "{discipline: classes, classes: 'ef | tcp: strict, default: weight 2'}}"));
    const LinkSpec *link = scenario_link(scenario, "a-b");
    const StageClass *class = NULL;

    link_config_key(link->directions[0], "queue", &class);
    g_assert_cmpstr(class->variant, ==, "fq-codel");
    link_config_key(link->directions[1], "queue", &class);
    g_assert_cmpstr(class->variant, ==, "classes");
}

static void test_errors(void)
{
    ASSERT_ERRORS(LINK("queue: {discipline: classes}"),
                  "2:50: links[0].queue: needs classes: what belongs to each class, and how it is "
                  "served");
    ASSERT_ERRORS(LINK("queue: {discipline: classes, classes: 'ef: fast'}"),
                  "2:81: links[0].queue.classes: \"fast\" is no service: strict or weight N");
    ASSERT_ERRORS(LINK("queue: {discipline: fq-codel, flows: 65537}"),
                  "2:80: links[0].queue.flows: \"65537\" is out of range: write 1 to 65536");
    ASSERT_ERRORS(LINK("queue: {discipline: codel, interval: 0ms}"),
                  "2:80: links[0].queue.interval: \"0ms\" is out of range: write 1us to 100s");
    ASSERT_ERRORS(LINK("queue: {discipline: codel, flows: 7}"),
                  "2:77: links[0].queue.flows: does not go with discipline: codel, but with "
                  "fq-codel, fq-pie: write one of them as discipline:");
    ASSERT_ERRORS(
        LINK("queue: {discipline: red, min: 10ms}"),
        "2:50: links[0].queue: min and max go together: add the other, or leave out both");
    ASSERT_ERRORS(LINK("queue: {discipline: pie, update: 0ms}"),
                  "2:76: links[0].queue.update: \"0ms\" is out of range: write 100us to 10s");
    ASSERT_ERRORS(LINK("queue: {discipline: dualpi2, coupling: 0}"),
                  "2:82: links[0].queue.coupling: \"0\" is out of range: write 1 to 255");
    ASSERT_ERRORS(LINK("queue: {discipline: classes, classes: 'ef: strict, ef: weight 3'}"),
                  "2:81: links[0].queue.classes: what is in \"ef\" belongs to a class before it "
                  "already: name each traffic once, the narrower first");
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], queue: {discipline: codel}}]\n",
                  "2:36: links[0].queue: without a rate it has no effect: add rate, or remove "
                  "queue");
}

static void test_a_target_is_within_its_interval(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LINK("queue: {discipline: codel, target: 20ms, interval: 20ms}"));

    g_assert_nonnull(scenario);
    ASSERT_ERRORS(LINK("queue: {discipline: codel, target: 200ms}"),
                  "2:50: links[0].queue: the target, 200ms, is above the interval, 100ms: lower "
                  "target (a twentieth of interval is usual), or raise interval");
    ASSERT_ERRORS(LINK("queue: {discipline: fq-codel, interval: 2ms}"),
                  "2:50: links[0].queue: the target, 5ms, is above the interval, 2ms: lower target "
                  "(a twentieth of interval is usual), or raise interval");
    ASSERT_ERRORS(LINK("queue: {discipline: cobalt, target: 1s}"),
                  "2:50: links[0].queue: the target, 1s, is above the interval, 100ms: lower "
                  "target (a twentieth of interval is usual), or raise interval");
}

// Only what the file says: what a direction has from elsewhere may be idle.
static void test_what_has_no_effect_is_told(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LINK("queue: {discipline: dualpi2, scheduler: time-shifted, shift: 30ms}, reverse: "
                    "{queue: {scheduler: weighted}}"));

    g_assert_nonnull(scenario);
    ASSERT_ERRORS(LINK("queue: {discipline: dualpi2, shift: 50ms}"),
                  "2:79: links[0].queue.shift: has no effect without scheduler: time-shifted");
    ASSERT_ERRORS(LINK("queue: {discipline: dualpi2, scheduler: time-shifted, protection: 20%}"),
                  "2:109: links[0].queue.protection: has no effect without scheduler: weighted");
    ASSERT_ERRORS(LINK("queue: {discipline: red, min: 5ms, max: 15ms, target: 5ms}"),
                  "2:97: links[0].queue.target: has no effect beside min and max: leave out one or "
                  "the others");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/queues/disciplines-have-limits-of-their-own",
                    test_disciplines_have_limits_of_their_own);
    g_test_add_func("/sim/scenario/queues/directions-differ", test_directions_differ);
    g_test_add_func("/sim/scenario/queues/errors", test_errors);
    g_test_add_func("/sim/scenario/queues/a-target-is-within-its-interval",
                    test_a_target_is_within_its_interval);
    g_test_add_func("/sim/scenario/queues/what-has-no-effect-is-told",
                    test_what_has_no_effect_is_told);
    return g_test_run();
}
