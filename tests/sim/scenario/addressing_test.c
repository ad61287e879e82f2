// SPDX-License-Identifier: Apache-2.0
// Addresses: which are given out, which not, and which of the file's are refused.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

static void test_each_segment_has_a_subnet(void)
{
    //  b --- s --- c     a --- b, a --- h --- d
    g_autoptr(Scenario) scenario =
        parsed("nodes: {a: , s: {kind: switch}, c: , b: , h: {kind: hub}, d: }\n"
               "links:\n"
               "  - {endpoints: [b, s]}\n"
               "  - {endpoints: [a, b]}\n"
               "  - {endpoints: [s, c]}\n"
               "  - {endpoints: [d, h]}\n"
               "  - {endpoints: [h, a]}\n");

    assert_addresses(scenario, "c", "eth0 10.0.0.1/24"); // before b in the file
    assert_addresses(scenario, "b", "eth0 10.0.0.2/24, eth1 10.0.1.2/24");
    assert_addresses(scenario, "a", "eth0 10.0.1.1/24, eth1 10.0.2.1/24");
    assert_addresses(scenario, "d", "eth0 10.0.2.2/24");
    assert_addresses(scenario, "s", "");
}

static void test_a_given_address_sets_the_subnet(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes: {a: , b: {address: 10.0.0.1/24}, c: , s: {kind: switch}, d: , e: }\n"
               "links:\n"
               "  - {endpoints: [d, e]}\n"
               "  - {endpoints: [a, s]}\n"
               "  - {endpoints: [b, s]}\n"
               "  - {endpoints: [c, s]}\n");

    assert_addresses(scenario, "a", "eth0 10.0.0.2/24");
    assert_addresses(scenario, "b", "eth0 10.0.0.1/24");
    assert_addresses(scenario, "c", "eth0 10.0.0.3/24");
    assert_addresses(scenario, "d", "eth0 10.0.1.1/24"); // 10.0.0.0/24 is the file's
}

static void test_subnets_of_the_file_are_left_out(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes: {a: {address: 10.0.1.7/22}, b: , c: , d: {address: 10.0.4.1/31}, e: , f: }\n"
               "links:\n"
               "  - {endpoints: [c, e]}\n"
               "  - {endpoints: [a, b]}\n"
               "  - {endpoints: [d, f]}\n"
               "  - {endpoints: [e, f]}\n");

    assert_addresses(scenario, "b", "eth0 10.0.0.1/22");
    assert_addresses(scenario, "c", "eth0 10.0.5.1/24");
    assert_addresses(scenario, "e", "eth0 10.0.5.2/24, eth1 10.0.6.1/24");
    assert_addresses(scenario, "f", "eth0 10.0.4.0/31, eth1 10.0.6.2/24");
}

static void test_a_point_to_point_subnet_has_two_addresses(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes: {a: , b: {address: 10.9.0.1/31}}\nlinks: [{endpoints: [a, b]}]\n");

    assert_addresses(scenario, "a", "eth0 10.9.0.0/31");
}

static void test_a_map_addresses_each_interface(void)
{
    g_autoptr(Scenario) scenario = parsed("nodes:\n"
                                          "  r: {address: {eth1: [10.1.1.1/24, 10.1.2.1/24]}}\n"
                                          "  a: {address: 'fd00::7/64'}\n"
                                          "  b:\n"
                                          "links: [{endpoints: [r, a]}, {endpoints: [b, r]}]\n");

    assert_addresses(scenario, "r", "eth0 10.0.0.1/24, eth1 10.1.1.1/24, eth1 10.1.2.1/24");
    assert_addresses(scenario, "a", "eth0 fd00::7/64"); // one is given: none is given out
    assert_addresses(scenario, "b", "eth0 10.1.1.2/24");
    g_assert_true(scenario_node(scenario, "a")->uses_ipv6);
    g_assert_false(scenario_node(scenario, "r")->uses_ipv6);
}

static char *star_text(guint n_hosts)
{
    GString *text = g_string_new("nodes:\n  s: {kind: switch}\n  x:\n  y:\n");

    for (guint i = 0; i < n_hosts; i++)
        g_string_append_printf(text, "  h%u:\n", i);
    g_string_append(text, "links:\n");
    for (guint i = 0; i < n_hosts; i++)
        g_string_append_printf(text, "  - {endpoints: [h%u, s]}\n", i);
    g_string_append(text, "  - {endpoints: [x, y]}\n");
    return g_string_free(text, FALSE);
}

static void test_subnets_widen_with_their_hosts(void)
{
    g_autofree char *full = star_text(254);
    g_autofree char *wider = star_text(255);
    g_autofree char *huge = star_text(10000);
    g_autoptr(Scenario) small = parsed(full);
    g_autoptr(Scenario) medium = parsed(wider);
    g_autoptr(Scenario) large = parsed(huge);

    assert_addresses(small, "h253", "eth0 10.0.0.254/24");
    assert_addresses(small, "x", "eth0 10.0.1.1/24");
    assert_addresses(medium, "h254", "eth0 10.0.0.255/23");
    assert_addresses(medium, "x", "eth0 10.0.2.1/24");
    assert_addresses(large, "h9999", "eth0 10.0.39.16/18");
    assert_addresses(large, "y", "eth0 10.0.64.2/24");
}

static void test_a_full_subnet_is_told(void)
{
    ASSERT_ERRORS("nodes: {a: {address: 10.9.0.1/30}, b: , c: , s: {kind: switch}}\n"
                  "links: [{endpoints: [a, s]}, {endpoints: [b, s]}, {endpoints: [c, s]}]\n",
                  "1:41: nodes.c: no address is left for it in 10.9.0.0/30, the subnet of its "
                  "segment: give the segment's hosts a wider one");
    ASSERT_ERRORS("nodes: {a: {address: 10.9.0.1/8}, b: , c: , d: }\n"
                  "links: [{endpoints: [a, b]}, {endpoints: [c, d]}]\n",
                  "2:30: links[1]: no subnet of 10.0.0.0/8 is left for its 2 hosts: give them an "
                  "address:");
}

static void test_duplicates_are_refused(void)
{
    ASSERT_ERRORS("nodes:\n"
                  "  a: {address: 10.0.0.1/24}\n"
                  "  b: {address: [10.0.0.2/24, 10.0.0.1/16]}\n"
                  "  c: {address: ['fd00::1/64', 'fd00:0::1/64']}\n"
                  "links: [{endpoints: [a, b]}, {endpoints: ['b:eth1', c]}]\n",
                  "3:17: nodes.b.address: b has 2 interfaces: say which one, as address: {eth0: "
                  "10.0.0.1/24}",
                  "3:30: nodes.b.address: 10.0.0.1 is an address of a already, in line 2",
                  "4:31: nodes.c.address: fd00::1 is an address of c already, in line 4");
}

static void test_interfaces_must_exist(void)
{
    ASSERT_ERRORS("nodes: {a: {address: {eth1: 10.0.0.1/24}}, b: {address: {eth0: }}}\n"
                  "links: [{endpoints: [a, b]}]\n",
                  "1:29: nodes.a.address: a has no interface eth1: its links make it eth0 and so "
                  "on, the last is eth0",
                  "1:64: nodes.b.address.eth0: is empty and not a single value: write "
                  "10.0.0.1/24");
}

static void test_foreign_subnets_are_odd(void)
{
    ASSERT_WARNINGS("nodes:\n"
                    "  a: {address: 10.0.0.1/24}\n"
                    "  b: {address: 10.0.1.1/24}\n"
                    "  c: {address: [10.0.1.2/24, 10.0.0.2/24]}\n"
                    "  s: {kind: switch}\n"
                    "links: [{endpoints: [a, s]}, {endpoints: [b, s]}, {endpoints: [c, s]}]\n",
                    "3:3: nodes.b.address: eth0 has no address in the subnet of its segment, "
                    "10.0.0.0/24");
}

static void test_overlapping_segments_are_odd(void)
{
    //  b --- a --- c, d --- e, f --- g
    ASSERT_WARNINGS("nodes:\n"
                    "  a: {address: {eth0: 10.1.2.1/24, eth1: 10.1.2.2/24}}\n"
                    "  b: {address: 10.1.2.3/24}\n"
                    "  c: {address: 10.1.2.9/24}\n"
                    "  d: {address: ['fd00::1/48', 10.3.0.1/24]}\n"
                    "  e: {address: ['fd00::2/48', 10.3.0.2/24]}\n"
                    "  f: {address: ['fd00::3/64', 10.1.2.5/31]}\n"
                    "  g: {address: ['fd00:0::4/64', 10.1.2.4/31]}\n"
                    "links:\n"
                    "  - {endpoints: [a, b]}\n"
                    "  - {endpoints: [a, c]}\n"
                    "  - {endpoints: [d, e]}\n"
                    "  - {endpoints: [f, g]}\n",
                    "2:42: nodes.a.address: 10.1.2.0/24 of eth1 overlaps 10.1.2.0/24 of a:eth0 on "
                    "another segment: no route can tell them apart",
                    "7:17: nodes.f.address: fd00::/64 of eth0 overlaps fd00::/48 of d:eth0 on "
                    "another segment: no route can tell them apart",
                    "7:31: nodes.f.address: 10.1.2.4/31 of eth0 overlaps 10.1.2.0/24 of a:eth0 on "
                    "another segment: no route can tell them apart");
}

static void test_segments_apart_are_not_odd(void)
{
    // Link-local addresses overlap everywhere; those on one segment are expected to.
    ASSERT_WARNINGS("nodes:\n"
                    "  a: {address: ['fe80::1/64', 169.254.0.1/16, 10.0.0.1/24]}\n"
                    "  b: {address: ['fe80::2/64', 169.254.0.2/16, 10.0.0.2/24]}\n"
                    "  c: {address: ['fe80::3/64', 169.254.0.3/16, 10.0.1.1/24]}\n"
                    "  d: {address: ['fe80::4/64', 169.254.0.4/16, 10.0.1.2/24]}\n"
                    "links: [{endpoints: [a, b]}, {endpoints: [c, d]}]\n",
                    NULL);
}

static void test_ipv6_needs_its_mtu(void)
{
    ASSERT_ERRORS("nodes: {a: {address: 'fd00::1/64', mtu: 1279}, b: {mtu: 1279}}\n"
                  "links: [{endpoints: [a, b]}]\n",
                  "1:22: nodes.a.address: IPv6 needs an MTU of 1280, and a has mtu: 1279");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/addressing/each-segment-has-a-subnet",
                    test_each_segment_has_a_subnet);
    g_test_add_func("/scenario/addressing/a-given-address-sets-the-subnet",
                    test_a_given_address_sets_the_subnet);
    g_test_add_func("/scenario/addressing/subnets-of-the-file-are-left-out",
                    test_subnets_of_the_file_are_left_out);
    g_test_add_func("/scenario/addressing/a-point-to-point-subnet-has-two-addresses",
                    test_a_point_to_point_subnet_has_two_addresses);
    g_test_add_func("/scenario/addressing/a-map-addresses-each-interface",
                    test_a_map_addresses_each_interface);
    g_test_add_func("/scenario/addressing/subnets-widen-with-their-hosts",
                    test_subnets_widen_with_their_hosts);
    g_test_add_func("/scenario/addressing/a-full-subnet-is-told", test_a_full_subnet_is_told);
    g_test_add_func("/scenario/addressing/duplicates-are-refused", test_duplicates_are_refused);
    g_test_add_func("/scenario/addressing/interfaces-must-exist", test_interfaces_must_exist);
    g_test_add_func("/scenario/addressing/foreign-subnets-are-odd", test_foreign_subnets_are_odd);
    g_test_add_func("/scenario/addressing/overlapping-segments-are-odd",
                    test_overlapping_segments_are_odd);
    g_test_add_func("/scenario/addressing/segments-apart-are-not-odd",
                    test_segments_apart_are_not_odd);
    g_test_add_func("/scenario/addressing/ipv6-needs-its-mtu", test_ipv6_needs_its_mtu);
    return g_test_run();
}
