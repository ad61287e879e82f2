// SPDX-License-Identifier: Apache-2.0
// Groups, pauses and the order of steps, as what each task has to wait for.
#include <glib.h>

#include "sim/scenario/expect_spec.h"
#include "sim/scenario/probe_spec.h"
#include "sim/scenario/timeline_spec.h"
#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: [a, b]\n"                                                                              \
    "links: [{endpoints: [a, b]}]\n"                                                               \
    "tasks:\n"

// "x: ; y: x; z: x y": each task, by its command, with those it waits for.
static char *order_of(const Scenario *scenario)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < scenario->tasks->len; i++) {
        const TaskSpec *task = g_ptr_array_index(scenario->tasks, i);

        g_string_append_printf(text, "%s%s:", i > 0 ? "; " : "", task->command);
        for (guint j = 0; j < task->after->len; j++)
            g_string_append_printf(text, " %s",
                                   ((TaskSpec *)g_ptr_array_index(task->after, j))->command);
    }
    return g_string_free(text, FALSE);
}

static void assert_order(const char *tasks, const char *expected)
{
    g_autofree char *text = g_strconcat(NETWORK, tasks, NULL);
    g_autoptr(Scenario) scenario = parsed(text);
    g_autofree char *order = order_of(scenario);

    g_assert_cmpstr(order, ==, expected);
}

static void test_steps_wait_for_the_one_before(void)
{
    assert_order("  - {on: a, run: x}\n"
                 "  - {on: b, run: y, background: true}\n"
                 "  - {wait: 2s}\n"
                 "  - {on: a, run: z, wait: 100ms}\n",
                 "x:; y: x; wait 2s: y; z: wait 2s");
}

static void test_groups(void)
{
    assert_order("  - {on: a, run: x}\n"
                 "  - group: parallel\n"
                 "    steps:\n"
                 "      - {on: a, run: p}\n"
                 "      - {on: a, run: q}\n"
                 "      - {group: ordered, steps: [{on: a, run: r}, {on: a, run: s}]}\n"
                 "  - {on: a, run: y}\n",
                 "x:; p: x; q: x; r: x; s: r; y: p q s");
    assert_order("  - {group: parallel, steps: []}\n"
                 "  - {on: a, run: y}\n",
                 "y:");
    assert_order("  - {on: a, run: x}\n"
                 "  - {steps: [{on: a, run: p}, {on: a, run: q}]}\n"
                 "  - {on: a, run: y}\n",
                 "x:; p: x; q: p; y: q");
}

static void test_after_names_what_is_waited_for(void)
{
    assert_order("  - {on: a, run: x, name: first}\n"
                 "  - {on: a, run: y, name: second}\n"
                 "  - {on: a, run: z, after: first}\n"
                 "  - {on: a, run: w, after: [first, second]}\n"
                 "  - {group: parallel, after: second, steps: [{on: a, run: p}]}\n"
                 "  - {on: a, run: v}\n",
                 "x:; y: x; z: x; w: x y; p: y; v: p");
}

static void test_keys_of_a_step_are_kept(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "  - {on: a, run: x, until: 10s, every: 50ms, env: {A: 1, B: two}}\n"
                       "  - {on: a, run: x, until: 10s}\n"
                       "  - {name: rest, wait: 2s}\n");
    const TaskSpec *task = g_ptr_array_index(scenario->tasks, 0);

    g_assert_cmpint(task->until_ns, ==, INT64_C(10000000000));
    g_assert_cmpint(task->every_ns, ==, 50000000);
    g_assert_cmpuint(task->env->len, ==, 2);
    g_assert_cmpstr(((SettingSpec *)g_ptr_array_index(task->env, 1))->value, ==, "two");
    task = g_ptr_array_index(scenario->tasks, 1);
    g_assert_cmpint(task->every_ns, ==, 200000000);
    g_assert_null(task->env);
    task = g_ptr_array_index(scenario->tasks, 2);
    g_assert_null(task->node);
    g_assert_cmpint(task->wait_ns, ==, INT64_C(2000000000));
}

static void test_reachable_is_a_probe_at_a_time(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "  - {on: a, run: x}\n"
                       "expect:\n"
                       "  - {after: 20s, reachable: {from: b, to: a}, within: 5s}\n");
    const ExpectSpec *spec = g_ptr_array_index(scenario->expectations, 0);

    g_assert_cmpstr(spec->name, ==, "reachable b to a after 20s");
    g_assert_cmpstr(spec->expected, ==, "within 5s");
    g_assert_cmpuint(scenario->tasks->len, ==, 2);
    g_assert_true(spec->task == g_ptr_array_index(scenario->tasks, 1));
    g_assert_true(spec->task->node == scenario_node(scenario, "b"));
    g_assert_cmpuint(spec->task->position.line, ==, 6);
    g_assert_cmpint(spec->task->at_ns, ==, INT64_C(20000000000));
    g_assert_cmpint(spec->task->probe->timeout_ns, ==, INT64_C(5000000000));
    g_assert_true(bounds_hold(&spec->bounds, 5e9));
    g_assert_false(bounds_hold(&spec->bounds, 5e9 + 1));
}

static void test_what_is_wrong_is_told(void)
{
    ASSERT_ERRORS(
        NETWORK "  - {on: a, run: x, after: later}\n"
                "  - {on: a, run: x, name: later}\n"
                "  - {group: paralel, steps: [{on: a, run: x}]}\n"
                "  - {group: parallel}\n"
                "  - {on: a, run: x, until: 2s, background: true}\n"
                "  - {on: a, run: x, every: 2s}\n"
                "  - {wait: 2s, background: true}\n"
                "  - {on: a, run: x, env: {1A: x}}\n"
                "  - {group: parallel, steps: [{on: c, run: x}]}\n"
                "expect:\n"
                "  - {reachable: {from: a, to: b}}\n"
                "  - {reachable: {from: a}, within: 1s}\n"
                "  - {reachable: {from: a, to: d}, within: 1s}\n"
                "  - {within: 1s, link: a-b, in: 1}\n",
        "4:28: tasks[0].after: \"later\" is no name of a task above: there is none",
        "6:13: tasks[2].group: \"paralel\" is unknown: did you mean \"parallel\"? Write ordered or "
        "parallel",
        "7:5: tasks[3]: needs steps: [{on: london, run: ping -c 3 newyork}]",
        "8:5: tasks[4]: until: a task in the background is not tried again: wait for it "
        "with ready:",
        "9:5: tasks[5]: every: stands beside until:, which says how long it is tried "
        "again",
        "10:5: tasks[6]: a pause has only wait:, name: and after:",
        "11:31: tasks[7].env.1A: is no name of a variable: letters, digits and _, no "
        "digit first",
        "12:36: tasks[8].steps[0].on: \"c\" is no node: known is a, b",
        "14:17: expect[0].reachable: needs within: beside it, the time that there is "
        "for it",
        "15:17: expect[1].reachable: needs from: and to:, as {from: london, to: newyork}",
        "16:31: expect[2].reachable.to: \"d\" is no node: known is a, b",
        "17:5: expect[3]: after: and within: stand beside reachable: only");
}

// Steps follow one another, whenever the timeline starts.
static void test_after_goes_with_any_start(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "  - {name: x, on: a, run: x}\n  - {on: b, run: y}\n"
                       "  - {after: x, on: a, run: z}\n"
                       "timeline: {start: first-frame, events: [{at: 1s, link: a-b, down: 1s}]}\n");
    const TaskSpec *last = g_ptr_array_index(scenario->tasks, 2);

    g_assert_cmpint(scenario->timeline->start, ==, TIMELINE_AT_FIRST_FRAME);
    g_assert_cmpuint(last->after->len, ==, 1);
    g_assert_true(g_ptr_array_index(last->after, 0) == g_ptr_array_index(scenario->tasks, 0));
}

// What is known after the end only, or by a clock that nobody can tell, is an error.
static void test_a_time_that_never_comes_is_told(void)
{
    ASSERT_ERRORS("duration: 10s\n" NETWORK "  - {on: a, run: x}\n"
                  "timeline: {start: first-frame, events: []}\n"
                  "expect: [{after: 8s, reachable: {from: a, to: b}, within: 5s}]\n",
                  "7:33: expect[0].reachable: counts from the start of the timeline, which must "
                  "not be a frame's: write start: launch or {ready: [TASK]}",
                  "7:33: expect[0].reachable: is known after the end only: duration has to be "
                  "longer");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/steps/steps-wait-for-the-one-before",
                    test_steps_wait_for_the_one_before);
    g_test_add_func("/scenario/steps/groups", test_groups);
    g_test_add_func("/scenario/steps/after-names-what-is-waited-for",
                    test_after_names_what_is_waited_for);
    g_test_add_func("/scenario/steps/after-goes-with-any-start", test_after_goes_with_any_start);
    g_test_add_func("/scenario/steps/keys-of-a-step-are-kept", test_keys_of_a_step_are_kept);
    g_test_add_func("/scenario/steps/reachable-is-a-probe-at-a-time",
                    test_reachable_is_a_probe_at_a_time);
    g_test_add_func("/scenario/steps/what-is-wrong-is-told", test_what_is_wrong_is_told);
    g_test_add_func("/scenario/steps/a-time-that-never-comes-is-told",
                    test_a_time_that_never_comes_is_told);
    return g_test_run();
}
