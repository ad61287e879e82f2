// SPDX-License-Identifier: Apache-2.0
//   a --- office === all stages === lobby --- b
//         switch                    hub   --- c
#include "sim/scenario/topology.h"

#include <glib/gstdio.h>

#include "tests/sim/scenario/parsed.h"
#include "tests/support/calls.h"
#include "tests/support/ethernet.h"

enum { POOL_BYTES = 16 * 1024 * 1024, N_HOSTS = 3, FRAME_BYTES = 1000, GAP_NS = 1000 * 1000 };

#define NETWORK                                                                                    \
    "nodes: {a: {}, b: {}, c: {}, office: {kind: switch}, lobby: {kind: hub}}\n"                   \
    "links:\n"                                                                                     \
    "  - {endpoints: [office, lobby], rate: 7mbit, queue: 5 packets, loss: 10%, delay: 20ms,\n"    \
    "     jitter: 3ms}\n"                                                                          \
    "  - {endpoints: [a, office]}\n"                                                               \
    "  - {endpoints: [b, lobby], delay: 1ms}\n"                                                    \
    "  - {endpoints: [c, lobby], rate: 1mbit}\n"

// A host that sends a frame every millisecond, and frees what reaches it.
typedef struct {
    Event next;
    Sink sink;
    Engine *engine;
    FramePool *pool;
    Sink *to;
    uint64_t address;
    uint64_t n_sent, n_received;
} Talker;

static void talker_fire(Event *event)
{
    Talker *self = (Talker *)event; // its first member
    uint64_t destination = 1 + (self->address + self->n_sent++) % N_HOSTS;

    engine_arm(self->engine, &self->next, engine_now(self->engine) + GAP_NS);
    sink_push(self->to, ethernet_frame_new(self->pool, destination, self->address, FRAME_BYTES));
}

static void talker_push(Sink *sink, Frame *frame)
{
    ((Talker *)(void *)((char *)sink - offsetof(Talker, sink)))->n_received++;
    frame_free(frame);
}

static void test_steady_state_allocates_nothing(void)
{
    static const char *const names[N_HOSTS] = {"a", "b", "c"};
    const int64_t second_ns = INT64_C(1000000000);
    g_autoptr(Scenario) scenario = parsed(NETWORK);
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Topology *topology = topology_new(scenario, engine);
    Talker talkers[N_HOSTS];
    uint64_t n_before;

    for (int i = 0; i < N_HOSTS; i++) {
        InterfaceSpec *interface =
            g_ptr_array_index(scenario_node(scenario, names[i])->interfaces, 0);

        talkers[i] = (Talker){.sink.push = talker_push,
                              .engine = engine,
                              .pool = pool,
                              .to = topology_entry(topology, interface),
                              .address = (uint64_t)i + 1};
        topology_connect(topology, interface, &talkers[i].sink);
        event_init(&talkers[i].next, talker_fire);
        engine_arm(engine, &talkers[i].next, i);
    }
    engine_run_until(engine, second_ns);
    n_before = calls_so_far().allocations;
    engine_run_until(engine, 10 * second_ns);
    if (!calls_are_sanitized()) // else it has an allocator of its own
        g_assert_cmpuint(calls_so_far().allocations - n_before, ==, 0);
    for (int i = 0; i < N_HOSTS; i++) {
        g_assert_cmpuint(talkers[i].n_received, >, 1000);
        engine_disarm(engine, &talkers[i].next);
    }
    topology_free(topology);
    frame_pool_free(pool);
    engine_free(engine);
}

// Pushes a frame from the interface of `name` in, and tells how long the driver may sleep.
static int64_t sleep_after_frame(const char *text, const char *name)
{
    g_autoptr(Scenario) scenario = parsed(text);
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Topology *topology = topology_new(scenario, engine);
    InterfaceSpec *interface = g_ptr_array_index(scenario_node(scenario, name)->interfaces, 0);
    int64_t wake_ns;

    sink_push(topology_entry(topology, interface), ethernet_frame_new(pool, 1, 2, FRAME_BYTES));
    wake_ns = engine_next_wake_ns(engine);
    topology_free(topology);
    frame_pool_free(pool);
    engine_free(engine);
    return wake_ns;
}

// What arrives at a switch has the quickest way out before it, over further switches too.
static void test_arrivals_inside_wake_nobody(void)
{
    const char *text = "nodes: {a: {}, b: {}, c: {}, s: {kind: switch}, t: {kind: hub}}\n"
                       "links:\n"
                       "  - {endpoints: [a, s], delay: 400us}\n"
                       "  - {endpoints: [s, t], delay: 50us}\n"
                       "  - {endpoints: [t, b], delay: 200us}\n"
                       "  - {endpoints: [t, c], delay: 300us}\n";

    g_assert_cmpint(sleep_after_frame(text, "a"), ==, 400000 + 50000 + 200000);
    g_assert_cmpint(sleep_after_frame(text, "b"), ==, 200000 + 200000); // or back to itself
    g_assert_cmpint(sleep_after_frame("nodes: [a, b]\n"
                                      "links: [{endpoints: [a, b], delay: 400us}]\n",
                                      "a"),
                    ==, 400000);
}

// Sets the delay of both directions of a link.
static void set_delay(Topology *topology, const LinkSpec *spec, const char *delay)
{
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        g_autoptr(LinkConfig) config = link_config_copy(spec->directions[direction]);
        const StageClass *class;
        const StageKey *key = link_config_key(config, "delay", &class);

        g_assert_true(link_config_set(config, class, key->params, delay, NULL));
        link_configure(topology_link(topology, spec), direction, config);
    }
}

// A delay behind the switch decides how long what arrives there may sleep, also for frames that are
// under way when it changes.
static void test_changes_move_who_wakes(void)
{
    g_autoptr(Scenario) scenario = parsed("nodes: {a: {}, b: {}, s: {kind: switch}}\n"
                                          "links:\n"
                                          "  - {endpoints: [a, s], delay: 400us}\n"
                                          "  - {endpoints: [s, b], delay: 300us}\n");
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Topology *topology = topology_new(scenario, engine);
    InterfaceSpec *interface = g_ptr_array_index(scenario_node(scenario, "a")->interfaces, 0);
    const LinkSpec *far = scenario_link(scenario, "s-b");

    sink_push(topology_entry(topology, interface), ethernet_frame_new(pool, 1, 2, FRAME_BYTES));
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 400000 + 300000);
    set_delay(topology, far, "200us");
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 0); // what follows is told at once
    set_delay(topology, far, "100us");
    engine_run_until(engine, 0);
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 400000 + 100000);
    set_delay(topology, far, "600us");
    engine_run_until(engine, 0);
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 400000 + 400000); // back to a is nearer now
    set_delay(topology, far, "0ns");
    engine_run_until(engine, 0);
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 400000);
    topology_free(topology);
    frame_pool_free(pool);
    engine_free(engine);
}

// So does a trace, which nobody outside the link has a hand in.
static void test_traces_move_who_wakes(void)
{
    g_autofree char *folder = g_dir_make_tmp("taploom-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "x.yaml", NULL);
    g_autofree char *csv = g_build_filename(folder, "x.csv", NULL);
    const char *text = "nodes: {a: {}, b: {}, s: {kind: switch}}\n"
                       "links:\n"
                       "  - {endpoints: [a, s], delay: 400us}\n"
                       "  - {endpoints: [s, b], delay: 300us, trace: {file: x.csv}}\n";
    g_autofree char *errors = NULL;
    g_autoptr(Scenario) scenario = NULL;
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Topology *topology;
    InterfaceSpec *interface;

    g_assert_true(g_file_set_contents(csv, "time_s,delay_ms\n0,0.3\n1,0.1\n", -1, NULL));
    scenario = scenario_parse(path, text, strlen(text), &errors);
    g_assert_cmpstr(errors, ==, NULL);
    topology = topology_new(scenario, engine);
    interface = g_ptr_array_index(scenario_node(scenario, "a")->interfaces, 0);
    engine_run_until(engine, 999900000);
    sink_push(topology_entry(topology, interface), ethernet_frame_new(pool, 1, 2, FRAME_BYTES));
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 1000000000); // the trace's own event
    engine_run_until(engine, 1000000000);
    g_assert_cmpint(engine_next_wake_ns(engine), ==, 999900000 + 400000 + 100000);
    topology_free(topology);
    frame_pool_free(pool);
    engine_free(engine);
    g_assert_cmpint(g_remove(csv), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/topology/steady-state-allocates-nothing",
                    test_steady_state_allocates_nothing);
    g_test_add_func("/scenario/topology/arrivals-inside-wake-nobody",
                    test_arrivals_inside_wake_nobody);
    g_test_add_func("/scenario/topology/changes-move-who-wakes", test_changes_move_who_wakes);
    g_test_add_func("/scenario/topology/traces-move-who-wakes", test_traces_move_who_wakes);
    return g_test_run();
}
