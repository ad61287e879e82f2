// SPDX-License-Identifier: Apache-2.0
// The scenarios of scenarios/rfc8867 have the capacities of RFC 8867: of section 5.1 by its table
// 1, of sections 5.2 and 5.3 by the same table's successors, as the working group's simulations for
// ns-3 (of draft-ietf-rmcat-eval-test-05) have them.
#include "sim/timeline/timeline.h"

#define SECOND_NS INT64_C(1000000000)

// From one second on, how many kilobits a second; ended by a negative second.
typedef struct {
    int from_s;
    uint64_t kbps;
} Capacity;

static const LinkSpec *bottleneck_of(const Scenario *scenario)
{
    const LinkSpec *link = scenario_link(scenario, "bottleneck");

    g_assert_nonnull(link);
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        Limit queue = link_config_queue_limit(link->directions[direction]);

        g_assert_cmpint(link_config_delay_ns(link->directions[direction]), ==, 50000000);
        g_assert_cmpint(queue.unit, ==, LIMIT_TIME);
        g_assert_cmpuint(queue.amount, ==, 300000000);
    }
    return link;
}

// The capacity of a direction in each half second up to 130 s.
static void assert_capacities(const char *name, const Capacity *forward, const Capacity *reverse)
{
    g_autofree char *path =
        g_build_filename(g_getenv("TAPLOOM_SOURCE_ROOT"), "scenarios", "rfc8867", name, NULL);
    g_autofree char *errors = NULL;
    g_autoptr(Scenario) scenario = scenario_load(path, &errors);
    const Capacity *at[] = {forward, reverse};
    Engine *engine = engine_new();
    Topology *topology;
    Timeline *timeline;

    g_assert_cmpstr(errors, ==, NULL);
    topology = topology_new(scenario, engine);
    timeline = timeline_new(scenario, topology, engine, (TimelineEvents){0});
    timeline_start(timeline);
    for (int half = 1; half < 260; half += 2) {
        const Link *link = topology_link(topology, bottleneck_of(scenario));

        engine_run_until(engine, half * SECOND_NS / 2);
        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            if (at[direction][1].from_s >= 0 && 2 * at[direction][1].from_s < half)
                at[direction]++;
            g_assert_cmpuint(link_config_rate_bps(link_config(link, direction)), ==,
                             at[direction]->kbps * 1000);
        }
    }
    timeline_free(timeline);
    topology_free(topology);
    engine_free(engine);
}

static void test_single_flow(void)
{
    assert_capacities("5.1-single-flow.yaml",
                      (const Capacity[]){{0, 1000}, {40, 2500}, {60, 600}, {80, 1000}, {-1, 0}},
                      (const Capacity[]){{0, 1000}, {-1, 0}});
}

static void test_multiple_flows(void)
{
    assert_capacities(
        "5.2-multiple-flows.yaml",
        (const Capacity[]){{0, 4000}, {25, 2000}, {50, 3500}, {75, 1000}, {100, 2000}, {-1, 0}},
        (const Capacity[]){{0, 4000}, {-1, 0}});
}

static void test_congested_feedback(void)
{
    assert_capacities("5.3-congested-feedback.yaml",
                      (const Capacity[]){{0, 2000}, {20, 1000}, {40, 500}, {60, 2000}, {-1, 0}},
                      (const Capacity[]){{0, 2000}, {35, 800}, {70, 2000}, {-1, 0}});
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/timeline/rfc8867/5.1-single-flow", test_single_flow);
    g_test_add_func("/timeline/rfc8867/5.2-multiple-flows", test_multiple_flows);
    g_test_add_func("/timeline/rfc8867/5.3-congested-feedback", test_congested_feedback);
    return g_test_run();
}
