// SPDX-License-Identifier: Apache-2.0
#include "sim/report/verdict.h"

#include "tests/sim/scenario/parsed.h"

#define NETWORK "nodes: {a: {}, b: {}}\nlinks: [{endpoints: [a, b], delay: 1s}]\n"

// A report of a run in which nothing was sent.
static Report *report_of_nothing(const Scenario *scenario)
{
    const LinkSpec *spec = g_ptr_array_index(scenario->links, 0);
    uint64_t held_frames[N_LINK_DIRECTIONS] = {0};
    Report *report = report_new(scenario, 0);
    Engine *engine = engine_new();
    Link *link = link_new(engine, 1, spec->name, spec->directions[0], spec->directions[1]);
    DeviceReport device = {.interface = spec->ends[0]};
    NodeReport node = {.node = spec->ends[0]->node};

    report_add_link(report, spec, link, held_frames,
                    (const LinkInForce[]){{spec->directions[0]}, {spec->directions[1]}});
    g_array_append_val(report->devices, device);
    g_array_append_val(report->nodes, node);
    link_free(link);
    engine_free(engine);
    return report;
}

static void test_nothing_is_valid(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);
    g_autoptr(Report) report = report_of_nothing(scenario);

    report_conclude(report);
    g_assert_true(report->verdict.valid);
    g_assert_cmpuint(report->verdict.reasons->len, ==, 0);
}

// Wherever it happens: in a device, a node or a direction of a link.
static void test_a_frame_without_memory_is_not_valid(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);

    for (int where = 0; where < 4; where++) {
        g_autoptr(Report) report = report_of_nothing(scenario);
        uint64_t *places[] = {
            g_array_index(report->devices, DeviceReport, 0).dropped_frames,
            g_array_index(report->nodes, NodeReport, 0).dropped_frames,
            g_array_index(report->directions, DirectionReport, LINK_FORWARD).dropped_frames,
            g_array_index(report->directions, DirectionReport, LINK_REVERSE).dropped_frames,
        };

        places[where][DROP_NO_MEMORY] = 3;
        report_conclude(report);
        g_assert_false(report->verdict.valid);
        g_assert_cmpuint(report->verdict.reasons->len, ==, 1);
        g_assert_true(g_str_has_prefix(g_ptr_array_index(report->verdict.reasons, 0),
                                       "3 frames found no memory: "));
    }
}

// What a host sends without a carrier is dropped in its device: no fault of the machine.
static void test_device_drops_count_with_a_carrier(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);

    for (int has_lost_carrier = 0; has_lost_carrier < 2; has_lost_carrier++) {
        g_autoptr(Report) report = report_of_nothing(scenario);
        DeviceReport *device = &g_array_index(report->devices, DeviceReport, 0);

        device->kernel_dropped_to_us = 7;
        device->has_lost_carrier = has_lost_carrier;
        report_conclude(report);
        g_assert_cmpint(report->verdict.valid, ==, has_lost_carrier);
    }
}

// What failed beside others that had the machine says nothing; what passed has passed.
static void test_a_failure_counts_where_the_machine_was_free(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "tasks: [{on: a, run: x}]\n");
    g_autoptr(Scenario) tolerant =
        parsed(NETWORK "tasks: [{on: a, run: x}]\nfidelity: {others_share: 100%}\n");
    const MachineShares taken = {true, .busy = 1, .others = 0.9};
    const MachineShares own = {true, .busy = 1, .others = 0.1};
    const struct {
        const Scenario *scenario;
        MachineShares machine;
        TaskOutcome outcome;
        bool is_valid;
    } cases[] = {
        {scenario, taken, TASK_FAILED, false},   {scenario, taken, TASK_TIMED_OUT, false},
        {scenario, taken, TASK_SUCCEEDED, true}, {scenario, own, TASK_FAILED, true},
        {tolerant, taken, TASK_FAILED, true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Report) report = report_of_nothing(cases[i].scenario);
        TaskReport task = {.task = g_ptr_array_index(cases[i].scenario->tasks, 0),
                           .outcome = cases[i].outcome};

        report->machine = cases[i].machine;
        g_array_append_val(report->tasks, task);
        report_conclude(report);
        g_assert_true(report->verdict.valid);
        verdict_weigh_failure(report);
        g_assert_cmpint(report->verdict.valid, ==, cases[i].is_valid);
        g_assert_cmpuint(report->verdict.reasons->len, ==, !cases[i].is_valid);
    }
}

static void test_late_is_beyond_all_that_was_asked_for(void)
{
    static const struct {
        const char *link;
        int64_t late_ns;
    } cases[] = {
        {"loss: 0%", 1000000},
        {"delay: 10ms", 1000000},
        {"delay: 11ms", 1100000},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "nodes: {a: {}, b: {}}\nlinks: [{endpoints: [a, b], %s}]\n", cases[i].link);
        g_autoptr(Scenario) scenario = parsed(text);
        const LinkSpec *spec = g_ptr_array_index(scenario->links, 0);

        g_assert_cmpint(fidelity_late_ns(&scenario->fidelity, spec->directions[0]), ==,
                        cases[i].late_ns);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/report/verdict/nothing-is-valid", test_nothing_is_valid);
    g_test_add_func("/report/verdict/a-frame-without-memory-is-not-valid",
                    test_a_frame_without_memory_is_not_valid);
    g_test_add_func("/report/verdict/device-drops-count-with-a-carrier",
                    test_device_drops_count_with_a_carrier);
    g_test_add_func("/report/verdict/a-failure-counts-where-the-machine-was-free",
                    test_a_failure_counts_where_the_machine_was_free);
    g_test_add_func("/report/verdict/late-is-beyond-all-that-was-asked-for",
                    test_late_is_beyond_all_that_was_asked_for);
    return g_test_run();
}
