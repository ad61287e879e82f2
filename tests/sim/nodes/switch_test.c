// SPDX-License-Identifier: Apache-2.0
// The learning switch: what it floods, learns, forgets and refuses, on four ports.
#include "tests/support/ethernet.h"
#include "tests/support/node_rig.h"
#include "tests/support/stream.h"

#define ALICE UINT64_C(0x020000000001)
#define BOB UINT64_C(0x020000000002)
#define CAROL UINT64_C(0x020000000003)
#define MULTICAST_IPV4 UINT64_C(0x01005e000001)
#define MULTICAST_IPV6 UINT64_C(0x333300000001)
#define SPANNING_TREE UINT64_C(0x0180c2000000)

#define AGEING_NS INT64_C(300000000000)

static void rig_open(NodeRig *rig, unsigned n_ports)
{
    static const NodeConfig config = {.ageing_ns = AGEING_NS};

    node_rig_open(rig, &switch_node_class, n_ports, &config, 4 * FRAME_LARGE_SLOT_BYTES);
}

// `address` is seen at `port`; where its frame goes does not matter.
static void rig_teach(NodeRig *rig, unsigned port, uint64_t address)
{
    node_rig_send(rig, port, ETHERNET_BROADCAST, address);
    for (unsigned n = 0; n < rig->n_ports; n++)
        probe_reset(&rig->probe[n]);
}

static void test_floods_what_it_does_not_know(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    node_rig_send(&rig, 2, BOB, ALICE);
    node_rig_assert_reached(&rig, 0xb);
    g_assert_cmpuint(counter_get(&rig.node->counters.in_frames), ==, 1);
    g_assert_cmpuint(counter_get(&rig.node->counters.copied_frames), ==, 2);
    g_assert_cmpuint(counter_get(&rig.node->counters.out_frames), ==, 3);
    node_rig_close(&rig);
}

static void test_sends_to_the_learnt_port_only(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_teach(&rig, 0, ALICE);
    rig_teach(&rig, 3, BOB);
    node_rig_send(&rig, 0, BOB, ALICE);
    node_rig_assert_reached(&rig, 0x8);
    node_rig_send(&rig, 3, ALICE, BOB);
    node_rig_assert_reached(&rig, 0x1);
    node_rig_send(&rig, 1, ALICE, CAROL);
    node_rig_assert_reached(&rig, 0x1);
    node_rig_close(&rig);
}

static void test_floods_groups_whoever_was_learnt(void)
{
    static const uint64_t groups[] = {ETHERNET_BROADCAST, MULTICAST_IPV4, MULTICAST_IPV6};

    for (unsigned n = 0; n < G_N_ELEMENTS(groups); n++) {
        NodeRig rig;

        rig_open(&rig, 4);
        rig_teach(&rig, 1, groups[n]); // a forged source: must not be learnt
        node_rig_send(&rig, 0, groups[n], ALICE);
        node_rig_assert_reached(&rig, 0xe);
        node_rig_close(&rig);
    }
}

static void test_filters_what_would_go_back(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_teach(&rig, 1, ALICE);
    rig_teach(&rig, 1, BOB); // both behind one port
    node_rig_send(&rig, 1, BOB, ALICE);
    node_rig_assert_reached(&rig, 0);
    node_rig_send(&rig, 1, ALICE, ALICE);
    node_rig_assert_reached(&rig, 0);
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_FILTERED), ==, 2);
    node_rig_close(&rig);
}

static void test_follows_an_address_that_moved(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_teach(&rig, 0, ALICE);
    rig_teach(&rig, 2, ALICE);
    node_rig_send(&rig, 3, ALICE, BOB);
    node_rig_assert_reached(&rig, 0x4);
    node_rig_send(&rig, 0, ALICE, BOB); // from where she was, and BOB moves as well
    node_rig_assert_reached(&rig, 0x4);
    node_rig_send(&rig, 2, BOB, ALICE);
    node_rig_assert_reached(&rig, 0x1);
    node_rig_close(&rig);
}

static void test_forgets_after_the_ageing_time(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_teach(&rig, 0, ALICE);
    engine_run_until(rig.engine, AGEING_NS);
    node_rig_send(&rig, 1, ALICE, BOB);
    node_rig_assert_reached(&rig, 0x1);
    engine_run_until(rig.engine, AGEING_NS + 1);
    node_rig_send(&rig, 1, ALICE, BOB);
    node_rig_assert_reached(&rig, 0xd);
    node_rig_close(&rig);
}

// Being heard from keeps an address, being sent to does not.
static void test_only_frames_from_an_address_keep_it(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_teach(&rig, 0, ALICE);
    rig_teach(&rig, 1, BOB);
    engine_run_until(rig.engine, AGEING_NS / 2);
    node_rig_send(&rig, 0, BOB, ALICE);
    node_rig_assert_reached(&rig, 0x2);
    engine_run_until(rig.engine, AGEING_NS + 1);
    node_rig_send(&rig, 3, ALICE, CAROL);
    node_rig_assert_reached(&rig, 0x1);
    node_rig_send(&rig, 3, BOB, CAROL);
    node_rig_assert_reached(&rig, 0x7);
    node_rig_close(&rig);
}

// Neither a source of zeros nor a destination that nobody sent from may match an empty slot.
static void test_zero_address_is_never_learnt(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    node_rig_send(&rig, 0, 0, ALICE);
    node_rig_assert_reached(&rig, 0xe);
    rig_teach(&rig, 2, 0);
    node_rig_send(&rig, 0, 0, ALICE);
    node_rig_assert_reached(&rig, 0xe);
    node_rig_close(&rig);
}

// IEEE 802.1D, table 7-10: these sixteen group addresses are not relayed by any bridge.
static void test_reserved_groups_are_not_relayed(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    node_rig_send(&rig, 0, SPANNING_TREE, ALICE);
    node_rig_assert_reached(&rig, 0);
    node_rig_send(&rig, 0, SPANNING_TREE + 15, ALICE);
    node_rig_assert_reached(&rig, 0);
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_LINK_LOCAL), ==, 2);
    node_rig_send(&rig, 0, SPANNING_TREE + 16, ALICE);
    node_rig_assert_reached(&rig, 0xe);
    node_rig_close(&rig);
}

static void test_short_frames_are_malformed(void)
{
    NodeRig rig;
    Frame *shortest;

    rig_open(&rig, 4);
    for (uint32_t length_bytes = 0; length_bytes < FRAME_ETHERNET_HEADER_BYTES; length_bytes++) {
        Frame *frame = frame_new(rig.pool, 60);

        frame->length_bytes = length_bytes;
        sink_push(node_port(rig.node, 0), frame);
        node_rig_assert_reached(&rig, 0);
    }
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_MALFORMED), ==, FRAME_ETHERNET_HEADER_BYTES);

    shortest = ethernet_frame_new(rig.pool, BOB, ALICE, FRAME_ETHERNET_HEADER_BYTES);
    sink_push(node_port(rig.node, 0), shortest);
    node_rig_assert_reached(&rig, 0xe);
    node_rig_close(&rig);
}

static void test_only_port_drops(void)
{
    NodeRig rig;

    rig_open(&rig, 1);
    node_rig_send(&rig, 0, BOB, ALICE);
    node_rig_assert_reached(&rig, 0);
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_NO_PORT), ==, 1);
    node_rig_close(&rig);
}

// A station's address out of a linear congruential generator (Knuth's MMIX), as hosts have them.
static uint64_t address_next(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return UINT64_C(0x020000000000) | (*random >> 24 & UINT64_C(0xffffffffff));
}

// More hosts than any scenario has: all but a few, whose hashes crowd together, are found again.
static void test_ten_thousand_hosts_stay_learnt(void)
{
    enum { N_HOSTS = 10000 };
    uint64_t teaching = 1, asking = 1;
    unsigned n_flooded = 0;
    NodeRig rig;

    rig_open(&rig, 4);
    for (unsigned host = 0; host < N_HOSTS; host++)
        rig_teach(&rig, host % 3, address_next(&teaching));
    for (unsigned host = 0; host < N_HOSTS; host++) {
        node_rig_send(&rig, 3, address_next(&asking), BOB);
        g_assert_cmpuint(probe_count(&rig.probe[host % 3]), ==, 1);
        n_flooded += probe_count(&rig.probe[(host + 1) % 3]);
        for (unsigned port = 0; port < 4; port++)
            probe_reset(&rig.probe[port]);
    }
    g_assert_cmpuint(n_flooded, <, N_HOSTS / 50);
    node_rig_close(&rig);
}

// An attacker with a million addresses costs others some flooding, never memory or a wrong port.
static void test_full_table_forgets_the_oldest(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_teach(&rig, 0, ALICE);
    for (uint64_t n = 0; n < 1000000; n++) {
        engine_run_until(rig.engine, (int64_t)n * 1000);
        rig_teach(&rig, 1, UINT64_C(0x060000000000) + n);
    }
    node_rig_send(&rig, 2, ALICE, BOB); // long forgotten
    node_rig_assert_reached(&rig, 0xb);
    node_rig_send(&rig, 2, UINT64_C(0x060000000000) + 999999, BOB); // the newest is known
    node_rig_assert_reached(&rig, 0x2);
    rig_teach(&rig, 0, ALICE);
    node_rig_send(&rig, 2, ALICE, BOB); // and so is she, as soon as she is heard from
    node_rig_assert_reached(&rig, 0x1);
    node_rig_close(&rig);
}

// The Stream's addresses are Alice's, as the source, and Bob's.
static void rig_push_segments(NodeRig *rig, unsigned port)
{
    Stream stream = {.pool = rig->pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448};

    sink_push(node_port(rig->node, port), stream_next(&stream, &(StreamBurst){10000}, NULL));
}

static void test_super_frame_counts_as_its_segments(void)
{
    NodeRig rig;

    rig_open(&rig, 4);
    rig_push_segments(&rig, 1); // flooded
    node_rig_assert_reached(&rig, 0xd);
    node_rig_send(&rig, 3, ALICE, BOB); // it was learnt
    node_rig_assert_reached(&rig, 0x2);
    rig_push_segments(&rig, 1);
    g_assert_cmpuint(probe_record(&rig.probe[3], 0)->n_segments, ==, 7);
    node_rig_assert_reached(&rig, 0x8);
    rig_push_segments(&rig, 3); // where Bob is
    node_rig_assert_reached(&rig, 0);
    g_assert_cmpuint(node_rig_dropped(&rig, DROP_FILTERED), ==, 7);
    g_assert_cmpuint(counter_get(&rig.node->counters.in_frames), ==, 3 * 7 + 1);
    g_assert_cmpuint(counter_get(&rig.node->counters.copied_frames), ==, 2 * 7);
    g_assert_cmpuint(counter_get(&rig.node->counters.out_frames), ==, 4 * 7 + 1);
    node_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/nodes/switch/floods-what-it-does-not-know",
                    test_floods_what_it_does_not_know);
    g_test_add_func("/sim/nodes/switch/sends-to-the-learnt-port-only",
                    test_sends_to_the_learnt_port_only);
    g_test_add_func("/sim/nodes/switch/floods-groups-whoever-was-learnt",
                    test_floods_groups_whoever_was_learnt);
    g_test_add_func("/sim/nodes/switch/filters-what-would-go-back",
                    test_filters_what_would_go_back);
    g_test_add_func("/sim/nodes/switch/follows-an-address-that-moved",
                    test_follows_an_address_that_moved);
    g_test_add_func("/sim/nodes/switch/forgets-after-the-ageing-time",
                    test_forgets_after_the_ageing_time);
    g_test_add_func("/sim/nodes/switch/only-frames-from-an-address-keep-it",
                    test_only_frames_from_an_address_keep_it);
    g_test_add_func("/sim/nodes/switch/zero-address-is-never-learnt",
                    test_zero_address_is_never_learnt);
    g_test_add_func("/sim/nodes/switch/reserved-groups-are-not-relayed",
                    test_reserved_groups_are_not_relayed);
    g_test_add_func("/sim/nodes/switch/short-frames-are-malformed",
                    test_short_frames_are_malformed);
    g_test_add_func("/sim/nodes/switch/only-port-drops", test_only_port_drops);
    g_test_add_func("/sim/nodes/switch/ten-thousand-hosts-stay-learnt",
                    test_ten_thousand_hosts_stay_learnt);
    g_test_add_func("/sim/nodes/switch/full-table-forgets-the-oldest",
                    test_full_table_forgets_the_oldest);
    g_test_add_func("/sim/nodes/switch/super-frame-counts-as-its-segments",
                    test_super_frame_counts_as_its_segments);
    return g_test_run();
}
