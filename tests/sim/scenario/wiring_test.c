// SPDX-License-Identifier: Apache-2.0
// What may be joined to what.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

static void test_nodes_need_links(void)
{
    ASSERT_ERRORS("nodes: {a: , b: , lonely: , s: {kind: switch}}\nlinks: [{endpoints: [a, b]}]\n",
                  "1:19: nodes.lonely: has no link: name it in the endpoints of one, or remove it",
                  "1:29: nodes.s: has no link: name it in the endpoints of one, or remove it");
}

//  s1 --- s2 --- s3 --- h --- s1, and s3 --- s4
static void test_loops_are_named(void)
{
    ASSERT_ERRORS("defaults: {node: {kind: switch}}\n"
                  "nodes: {s1: , s2: , s3: , h: {kind: hub}, s4: }\n"
                  "links:\n"
                  "  - {endpoints: [s1, s2]}\n"
                  "  - {endpoints: [s3, h]}\n"
                  "  - {endpoints: [s2, s3]}\n"
                  "  - {endpoints: [s3, s4]}\n"
                  "  - {endpoints: [h, s1], name: last}\n"
                  "  - {endpoints: [s4, s3]}\n",
                  "8:5: links[4]: closes a loop of switches and hubs (s3-h, s2-s3, s1-s2, last), "
                  "in which frames would circle for ever: remove one of these links",
                  "9:5: links[5]: closes a loop of switches and hubs (s3-s4, s4-s3), in which "
                  "frames would circle for ever: remove one of these links");
}

static void test_hosts_break_loops(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes: {s: {kind: switch}, t: {kind: switch}, a: , b: }\n"
               "links:\n"
               "  - {endpoints: [a, s]}\n"
               "  - {endpoints: ['a:eth1', s], name: again}\n"
               "  - {endpoints: [s, t]}\n"
               "  - {endpoints: [t, b]}\n"
               "  - {endpoints: [a, b]}\n");

    g_assert_cmpuint(scenario->warnings->len, ==, 0);
}

static void test_tun_meets_tun(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {node: {device: tun}}\nnodes: [a, b]\nlinks: [{endpoints: [a, b]}]\n");

    g_assert_cmpint(scenario_node(scenario, "b")->device, ==, DEVICE_TUN);
    ASSERT_ERRORS("nodes: {a: {device: tun}, b: , s: {kind: switch}}\n"
                  "links: [{endpoints: [a, b]}, {endpoints: [s, a]}]\n",
                  "2:9: links[0]: a has a TUN and b a TAP device: give both the same device:",
                  "2:30: links[1]: a has a TUN device, whose IP packets s cannot switch: give it "
                  "device: tap");
}

static void test_mtus_of_a_segment_agree(void)
{
    static const char text[] = "nodes: {a: {mtu: 9000}, b: , s: {kind: switch}}\n"
                               "links: [{endpoints: [a, s]}, {endpoints: [b, s]}]\n";
    g_autoptr(Scenario) scenario = parsed(text);
    const InterfaceSpec *port = g_ptr_array_index(scenario_node(scenario, "s")->interfaces, 1);

    g_assert_cmpuint(port->mtu_bytes, ==, 9000); // the largest on the segment
    ASSERT_WARNINGS(text, "1:25: nodes.b.mtu: b:eth0 has an MTU of 1500, and a:eth0 on the same "
                          "segment one of 9000: packets that one sends may be too long for the "
                          "other");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/wiring/nodes-need-links", test_nodes_need_links);
    g_test_add_func("/scenario/wiring/loops-are-named", test_loops_are_named);
    g_test_add_func("/scenario/wiring/hosts-break-loops", test_hosts_break_loops);
    g_test_add_func("/scenario/wiring/tun-meets-tun", test_tun_meets_tun);
    g_test_add_func("/scenario/wiring/mtus-of-a-segment-agree", test_mtus_of_a_segment_agree);
    return g_test_run();
}
