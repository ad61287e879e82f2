// SPDX-License-Identifier: Apache-2.0
// The hub: every frame leaves every other port, unchanged and accounted for.
#include "tests/support/ethernet.h"
#include "tests/support/node_rig.h"
#include "tests/support/stream.h"

#define ALICE UINT64_C(0x020000000001)
#define BOB UINT64_C(0x020000000002)

enum { POOL_BYTES = 4 * FRAME_LARGE_SLOT_BYTES };

static const NodeConfig no_config = {0};

static void test_repeats_out_of_all_other_ports(void)
{
    NodeRig rig;

    node_rig_open(&rig, &hub_node_class, 4, &no_config, POOL_BYTES);
    node_rig_send(&rig, 1, BOB, ALICE);
    node_rig_assert_reached(&rig, 0xd);
    node_rig_send(&rig, 0, ALICE, BOB); // it learns nothing
    node_rig_assert_reached(&rig, 0xe);
    node_rig_send(&rig, 3, ETHERNET_BROADCAST, BOB);
    node_rig_assert_reached(&rig, 0x7);
    g_assert_cmpuint(counter_get(&rig.node->counters.in_frames), ==, 3);
    g_assert_cmpuint(counter_get(&rig.node->counters.out_frames), ==, 9);
    g_assert_cmpuint(counter_get(&rig.node->counters.copied_frames), ==, 6);
    g_assert_cmpuint(drop_total(&rig.node->counters.drops), ==, 0);
    node_rig_close(&rig);
}

typedef struct {
    Observer observer;
    GString *seen; // "LENGTH@NS " of each frame
} Watcher;

static void watcher_see(Observer *observer, const Frame *frame, int64_t at_ns)
{
    g_string_append_printf(((Watcher *)observer)->seen, "%u@%" G_GINT64_FORMAT " ",
                           frame->length_bytes, at_ns);
}

static void test_a_port_shows_what_enters_and_leaves(void)
{
    NodeRig rig;
    Watcher watchers[2] = {{{.see = watcher_see}, g_string_new(NULL)},
                           {{.see = watcher_see}, g_string_new(NULL)}};

    node_rig_open(&rig, &hub_node_class, 3, &no_config, POOL_BYTES);
    node_observe(rig.node, 1, &watchers[0].observer);
    node_observe(rig.node, 1, &watchers[1].observer);
    engine_run_until(rig.engine, 5);
    sink_push(node_port(rig.node, 1), ethernet_frame_new(rig.pool, BOB, ALICE, 100));
    engine_run_until(rig.engine, 7);
    sink_push(node_port(rig.node, 0), ethernet_frame_new(rig.pool, ALICE, BOB, 200));
    for (int i = 0; i < 2; i++) {
        g_assert_cmpstr(watchers[i].seen->str, ==, "100@5 200@7 ");
        g_string_free(watchers[i].seen, TRUE);
    }
    node_rig_close(&rig);
}

static void test_two_ports_need_no_copy(void)
{
    NodeRig rig;

    node_rig_open(&rig, &hub_node_class, 2, &no_config, POOL_BYTES);
    node_rig_send(&rig, 0, BOB, ALICE);
    node_rig_assert_reached(&rig, 0x2);
    g_assert_cmpuint(counter_get(&rig.node->counters.copied_frames), ==, 0);
    node_rig_close(&rig);
}

static void test_only_port_drops(void)
{
    NodeRig rig;

    node_rig_open(&rig, &hub_node_class, 1, &no_config, POOL_BYTES);
    node_rig_send(&rig, 0, BOB, ALICE);
    node_rig_assert_reached(&rig, 0);
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_NO_PORT), ==, 1);
    node_rig_close(&rig);
}

static void test_all_copies_are_the_frame_that_came(void)
{
    NodeRig rig;

    node_rig_open(&rig, &hub_node_class, 4, &no_config, POOL_BYTES);
    sink_push(node_port(rig.node, 0), ethernet_frame_new(rig.pool, BOB, ALICE, 1514));
    for (unsigned port = 1; port < 4; port++) {
        const ProbeRecord *record = probe_record(&rig.probe[port], 0);

        g_assert_cmpuint(record->length_bytes, ==, 1514);
        g_assert_cmpmem(record->head, 14, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", 14);
    }
    node_rig_assert_reached(&rig, 0xe);
    node_rig_close(&rig);
}

// A pool with room for one long frame only: two of the three copies cannot be made.
static void test_copies_beyond_memory_are_counted(void)
{
    NodeRig rig;
    Frame *frame;

    node_rig_open(&rig, &hub_node_class, 4, &no_config, FRAME_LARGE_SLOT_BYTES);
    frame = ethernet_frame_new(rig.pool, BOB, ALICE, FRAME_MAX_BYTES);
    sink_push(node_port(rig.node, 0), frame);
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_NO_MEMORY), ==, 2);
    node_rig_assert_reached(&rig, 0x8);
    node_rig_close(&rig);
}

// Each copy is the same super-frame; what is counted are its segments.
static void test_super_frame_counts_as_its_segments(void)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448};
    NodeRig rig;

    node_rig_open(&rig, &hub_node_class, 3, &no_config, 2 * FRAME_LARGE_SLOT_BYTES);
    for (unsigned n = 0; n < 2; n++) {
        stream.pool = rig.pool;
        sink_push(node_port(rig.node, 0), stream_next(&stream, &(StreamBurst){10000}, NULL));
    }
    for (unsigned port = 1; port < 3; port++) {
        g_assert_cmpuint(probe_record(&rig.probe[port], 0)->n_segments, ==, 7);
        g_assert_cmpuint(probe_record(&rig.probe[port], 0)->length_bytes, ==, 10066);
        probe_reset(&rig.probe[port]);
    }
    g_assert_cmpuint(counter_get(&rig.node->counters.in_frames), ==, 14);
    g_assert_cmpuint(counter_get(&rig.node->counters.copied_frames), ==, 14);
    g_assert_cmpuint(counter_get(&rig.node->counters.out_frames), ==, 28);
    g_assert_cmpuint(drop_total(&rig.node->counters.drops), ==, 0);
    node_rig_close(&rig);
}

static void test_super_frame_beyond_memory_is_counted(void)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448};
    NodeRig rig;

    node_rig_open(&rig, &hub_node_class, 4, &no_config, FRAME_LARGE_SLOT_BYTES);
    stream.pool = rig.pool;
    sink_push(node_port(rig.node, 0), stream_next(&stream, &(StreamBurst){10000}, NULL));
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_NO_MEMORY), ==, 2 * 7);
    node_rig_assert_reached(&rig, 0x8);
    node_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/nodes/hub/repeats-out-of-all-other-ports",
                    test_repeats_out_of_all_other_ports);
    g_test_add_func("/sim/nodes/hub/a-port-shows-what-enters-and-leaves",
                    test_a_port_shows_what_enters_and_leaves);
    g_test_add_func("/sim/nodes/hub/two-ports-need-no-copy", test_two_ports_need_no_copy);
    g_test_add_func("/sim/nodes/hub/only-port-drops", test_only_port_drops);
    g_test_add_func("/sim/nodes/hub/all-copies-are-the-frame-that-came",
                    test_all_copies_are_the_frame_that_came);
    g_test_add_func("/sim/nodes/hub/copies-beyond-memory-are-counted",
                    test_copies_beyond_memory_are_counted);
    g_test_add_func("/sim/nodes/hub/super-frame-counts-as-its-segments",
                    test_super_frame_counts_as_its_segments);
    g_test_add_func("/sim/nodes/hub/super-frame-beyond-memory-is-counted",
                    test_super_frame_beyond_memory_is_counted);
    return g_test_run();
}
