// SPDX-License-Identifier: Apache-2.0
// The section `nodes:` and `defaults: {node:}`.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

#define LINKS "links: [{endpoints: [a, b]}]\n"

static void test_a_plain_list_makes_hosts(void)
{
    g_autoptr(Scenario) scenario = parsed("nodes: [a, b]\n" LINKS);
    const NodeSpec *node = scenario_node(scenario, "a");

    g_assert_cmpuint(scenario->nodes->len, ==, 2);
    g_assert_true(g_ptr_array_index(scenario->nodes, 0) == node);
    g_assert_cmpint(node->kind, ==, NODE_HOST);
    g_assert_cmpint(node->device, ==, DEVICE_TAP);
    g_assert_cmpuint(node->mtu_bytes, ==, 1500);
    g_assert_false(node->forward);
    g_assert_false(node->uses_ipv6);
    g_assert_cmpuint(node->position.line, ==, 1);
    g_assert_cmpuint(node->position.column, ==, 9);
    g_assert_null(scenario_node(scenario, "c"));
}

static void test_every_key_is_kept(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes:\n"
               "  a:\n"
               "    device: tun\n"
               "    mtu: 9216\n"
               "    forward: true\n"
               "    address: [10.1.0.1/24, 'fd00::1/64']\n"
               "    routes: [{to: default, via: 10.1.0.2}, {to: 'fd01::/64', via: 'fd00::2'}]\n"
               "    sysctl: {net.ipv4.tcp_sack: 0, net.core.somaxconn: 9}\n"
               "    env: {LANG: C, EMPTY: ''}\n"
               "  b: {device: tun, mtu: 9216}\n" LINKS);
    const NodeSpec *node = scenario_node(scenario, "a");
    const RouteSpec *routes = (const RouteSpec *)(const void *)node->routes->data;
    const SettingSpec *sysctl = g_ptr_array_index(node->sysctls, 1);
    const SettingSpec *env = g_ptr_array_index(node->env, 1);

    g_assert_cmpint(node->device, ==, DEVICE_TUN);
    g_assert_cmpuint(node->mtu_bytes, ==, 9216);
    g_assert_true(node->forward);
    g_assert_true(node->uses_ipv6);
    assert_addresses(scenario, "a", "eth0 10.1.0.1/24, eth0 fd00::1/64");
    assert_addresses(scenario, "b", "eth0 10.1.0.2/24");
    g_assert_cmpuint(node->routes->len, ==, 2);
    g_assert_cmpint(routes[0].destination.family, ==, AF_INET);
    g_assert_cmpuint(routes[0].destination.prefix_bits, ==, 0);
    g_assert_cmpuint(routes[0].gateway.prefix_bits, ==, 32);
    g_assert_cmpuint(routes[1].destination.prefix_bits, ==, 64);
    g_assert_cmpuint(routes[1].gateway.prefix_bits, ==, 128);
    g_assert_cmpuint(node->sysctls->len, ==, 2);
    g_assert_cmpstr(sysctl->key, ==, "net.core.somaxconn");
    g_assert_cmpstr(sysctl->value, ==, "9");
    g_assert_cmpstr(env->key, ==, "EMPTY");
    g_assert_cmpstr(env->value, ==, "");
}

static void test_switches_age(void)
{
    g_autoptr(Scenario) scenario = parsed("nodes: {a: {kind: switch}, b: {kind: hub}, h: }\n"
                                          "links: [{endpoints: [a, b]}, {endpoints: [b, h]}]\n");

    g_assert_cmpint(scenario_node(scenario, "a")->kind, ==, NODE_SWITCH);
    g_assert_cmpint(scenario_node(scenario, "a")->ageing_ns, ==, INT64_C(300000000000));
    g_assert_cmpint(scenario_node(scenario, "b")->kind, ==, NODE_HUB);
    g_assert_cmpint(scenario_node(scenario, "b")->ageing_ns, ==, 0);
}

static void test_defaults_apply_where_they_fit(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults:\n"
               "  node: {mtu: 1400, ageing: 10s, forward: yes, env: {A: '1', B: '2'}}\n"
               "nodes:\n"
               "  a: {env: {B: '3', C: '4'}}\n"
               "  b: {mtu: 1400, forward: no}\n"
               "  s: {kind: switch}\n"
               "  f: {kind: switch, ageing: 1s}\n"
               "links: [{endpoints: [a, s]}, {endpoints: [b, s]}, {endpoints: [s, f]}]\n");
    const NodeSpec *a = scenario_node(scenario, "a");
    const NodeSpec *s = scenario_node(scenario, "s");

    g_assert_cmpuint(a->mtu_bytes, ==, 1400);
    g_assert_true(a->forward);
    g_assert_false(scenario_node(scenario, "b")->forward);
    g_assert_cmpuint(a->env->len, ==, 3);
    g_assert_cmpstr(((SettingSpec *)g_ptr_array_index(a->env, 0))->value, ==, "1");
    g_assert_cmpstr(((SettingSpec *)g_ptr_array_index(a->env, 1))->value, ==, "3");
    g_assert_cmpint(s->ageing_ns, ==, INT64_C(10000000000));
    g_assert_false(s->forward);
    g_assert_cmpuint(s->env->len, ==, 0);
    g_assert_cmpint(scenario_node(scenario, "f")->ageing_ns, ==, INT64_C(1000000000));
}

static void test_a_default_device_is_not_for_switches(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {node: {device: tun}}\n"
               "nodes: {a: , b: , c: {device: tap}, s: {kind: switch}, h: {kind: hub}}\n"
               "links: [{endpoints: [a, b]}, {endpoints: [c, s]}, {endpoints: [s, h]}]\n");

    g_assert_cmpint(scenario_node(scenario, "a")->device, ==, DEVICE_TUN);
    g_assert_cmpint(scenario_node(scenario, "s")->device, ==, DEVICE_TAP);
    g_assert_cmpint(scenario_node(scenario, "h")->device, ==, DEVICE_TAP);
}

static void test_keys_fit_the_kind(void)
{
    ASSERT_ERRORS("nodes:\n"
                  "  a: {kind: switch, mtu: 1500, address: 10.0.0.1/24}\n"
                  "  b: {ageing: 1s}\n"
                  "  c: {kind: hub, ageing: 1s}\n"
                  "links: [{endpoints: [a, b]}, {endpoints: [b, c]}]\n",
                  "2:26: nodes.a.mtu: is for nodes of the kind host, and a is a switch",
                  "2:41: nodes.a.address: is for nodes of the kind host, and a is a switch",
                  "3:15: nodes.b.ageing: is for nodes of the kind switch, and b is a host",
                  "4:26: nodes.c.ageing: is for nodes of the kind switch, and c is a hub");
}

static void test_wrong_values_are_told(void)
{
    ASSERT_ERRORS("nodes:\n"
                  "  a: {adress: 10.0.0.1/24, mtu: 575, kind: swich}\n"
                  "  b: {mtu: 9217, forward: maybe, device: [tap]}\n"
                  "  c: host\n" LINKS,
                  "2:7: nodes.a: \"adress\" is no key of a node: did you mean \"address\"?",
                  "2:33: nodes.a.mtu: \"575\" is out of range: write 576 to 9216",
                  "2:44: nodes.a.kind: \"swich\" is unknown: did you mean \"switch\"? Write host, "
                  "switch or hub",
                  "3:12: nodes.b.mtu: \"9217\" is out of range: write 576 to 9216",
                  "3:27: nodes.b.forward: \"maybe\" is unknown: write yes or no",
                  "3:42: nodes.b.device: is a list and not a single value: write tap or tun",
                  "4:3: nodes.c: has no link: name it in the endpoints of one, or remove it",
                  "4:6: nodes.c: is a single value and not a map: write {key: value}");
}

static void test_settings_stay_inside_the_host(void)
{
    ASSERT_ERRORS("nodes:\n"
                  "  a: {sysctl: {kernel.panic: 1, net..x: 2, net.a/b: 3}}\n"
                  "  b: {env: {1A: x, A=B: y, C: }}\n" LINKS,
                  "2:30: nodes.a.sysctl.kernel.panic: is no setting of a host: those begin with "
                  "net., as net.ipv4.tcp_sack",
                  "2:41: nodes.a.sysctl.net..x: is no setting of a host: those begin with net., as "
                  "net.ipv4.tcp_sack",
                  "2:53: nodes.a.sysctl.net.a/b: is no setting of a host: those begin with net., "
                  "as net.ipv4.tcp_sack",
                  "3:17: nodes.b.env.1A: is no name of a variable: letters, digits and _, no digit "
                  "first",
                  "3:25: nodes.b.env.A=B: is no name of a variable: letters, digits and _, no "
                  "digit first",
                  "3:31: nodes.b.env.C: is empty and not a single value: write a value, in quotes "
                  "if it is empty");
}

static void test_names_are_fit_for_hosts_and_files(void)
{
    g_autofree char *name = g_strnfill(63, 'x');
    g_autofree char *right =
        g_strdup_printf("nodes: [a.b_c-1, %s]\nlinks: [{endpoints: [a.b_c-1, %s]}]\n", name, name);
    g_autoptr(Scenario) scenario = parsed(right);

    g_assert_nonnull(scenario_node(scenario, name));
    ASSERT_ERRORS("nodes: [a/b, -a, '', a b, a, a]\n"
                  "links: [{endpoints: [a/b, -a]}, {endpoints: ['', a b]}, {endpoints: [a, -a]}]\n",
                  "1:9: nodes[0]: \"a/b\" is no name: write letters, digits, _ . and -, up to 63, "
                  "a letter or digit first",
                  "1:14: nodes[1]: \"-a\" is no name: write letters, digits, _ . and -, up to 63, "
                  "a letter or digit first",
                  "1:18: nodes[2]: \"\" is no name: write letters, digits, _ . and -, up to 63, a "
                  "letter or digit first",
                  "1:22: nodes[3]: \"a b\" is no name: write letters, digits, _ . and -, up to 63, "
                  "a letter or digit first",
                  "1:30: nodes[5]: \"a\" is the name of two nodes");
}

static void test_routes_are_whole(void)
{
    ASSERT_ERRORS("nodes:\n"
                  "  a:\n"
                  "    routes:\n"
                  "      - {to: default}\n"
                  "      - {to: 10.0.1.1/24, via: 10.0.0.1}\n"
                  "      - {to: 'fd00::/64', via: 10.0.0.1}\n"
                  "      - {to: default, via: 10.0.0.1/24}\n"
                  "      - default\n"
                  "  b:\n" LINKS,
                  "4:9: nodes.a.routes[0]: needs to: and via:, as {to: 10.0.1.0/24, via: 10.0.0.1}",
                  "5:14: nodes.a.routes[1].to: \"10.0.1.1/24\" is no subnet: write 10.0.1.0/24",
                  "6:9: nodes.a.routes[2]: to: and via: are one an IPv4, the other an IPv6 address",
                  "7:28: nodes.a.routes[3].via: \"10.0.0.1/24\" has a prefix length: write the "
                  "address alone",
                  "8:9: nodes.a.routes[4]: is a single value and not a map: write {to: "
                  "10.0.1.0/24, via: 10.0.0.1}");
}

static void test_a_host_may_be_there_already(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {node: {sysctl: {net.ipv4.tcp_sack: 0}}}\n"
               "nodes:\n"
               "  a: {attach: /proc/1234/ns/net, forward: yes}\n"
               "  b: {attach: orders.v2}\n"
               "  c: {container: orders-db_1}\n"
               "  d:\n"
               "links: [{endpoints: [a, b]}, {endpoints: ['b:loom0', c]}, {endpoints: [c, d]}]\n");
    const NodeSpec *a = scenario_node(scenario, "a"), *d = scenario_node(scenario, "d");

    g_assert_cmpstr(a->attach, ==, "/proc/1234/ns/net");
    g_assert_true(node_is_attached(a));
    g_assert_true(a->forward);
    g_assert_cmpuint(a->sysctls->len, ==, 0);
    g_assert_cmpstr(scenario_node(scenario, "b")->attach, ==, "/run/netns/orders.v2");
    g_assert_cmpstr(scenario_node(scenario, "c")->container, ==, "orders-db_1");
    g_assert_false(node_is_attached(d));
    g_assert_cmpuint(d->sysctls->len, ==, 1);
    assert_addresses(scenario, "b", "loom1 10.0.0.2/24, loom0 10.0.1.1/24");
    assert_addresses(scenario, "c", "loom0 10.0.1.2/24, loom1 10.0.2.1/24");
    assert_addresses(scenario, "d", "eth0 10.0.2.2/24");
}

static void test_a_host_that_is_there_is_changed_in_nothing_that_stays(void)
{
    ASSERT_ERRORS(
        "nodes:\n"
        "  a: {attach: orders, sysctl: {net.ipv4.tcp_sack: 0}}\n"
        "  b: {attach: orders}\n" LINKS,
        "2:31: nodes.a.sysctl: would outlast the run: set it there yourself, since nothing "
        "that stays is changed in a host that is attached",
        "3:6: nodes.b: is the same network namespace as a");
    ASSERT_ERRORS(
        "nodes:\n"
        "  a: {attach: orders, container: orders}\n"
        "  b: {kind: switch, attach: other}\n" LINKS,
        "2:6: nodes.a: has both attach: and container:, which are two ways to say where it "
        "is",
        "3:29: nodes.b.attach: is for nodes of the kind host, and b is a switch");
    ASSERT_ERRORS(
        "nodes:\n"
        "  a: {attach: ../net}\n"
        "  b: {container: '--all'}\n" LINKS,
        "2:15: nodes.a.attach: is neither a full path, as /proc/1234/ns/net, nor a name of "
        "ip netns",
        "3:18: nodes.b.container: is no name or ID of a container, as db or 4f9c2e61b0aa");
    ASSERT_ERRORS("nodes: {a: {attach: orders}, b: {}}\n"
                  "links: [{endpoints: ['a:eth0', 'b:loom0']}]\n",
                  "2:22: links[0].endpoints[0]: \"eth0\" is no name of an interface: write loom0, "
                  "loom1 and so on, at most 15 bytes",
                  "2:32: links[0].endpoints[1]: \"loom0\" is no name of an interface: write eth0, "
                  "eth1 and so on, at most 15 bytes");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/nodes/a-plain-list-makes-hosts", test_a_plain_list_makes_hosts);
    g_test_add_func("/scenario/nodes/every-key-is-kept", test_every_key_is_kept);
    g_test_add_func("/scenario/nodes/switches-age", test_switches_age);
    g_test_add_func("/scenario/nodes/defaults-apply-where-they-fit",
                    test_defaults_apply_where_they_fit);
    g_test_add_func("/scenario/nodes/a-default-device-is-not-for-switches",
                    test_a_default_device_is_not_for_switches);
    g_test_add_func("/scenario/nodes/keys-fit-the-kind", test_keys_fit_the_kind);
    g_test_add_func("/scenario/nodes/wrong-values-are-told", test_wrong_values_are_told);
    g_test_add_func("/scenario/nodes/settings-stay-inside-the-host",
                    test_settings_stay_inside_the_host);
    g_test_add_func("/scenario/nodes/names-are-fit-for-hosts-and-files",
                    test_names_are_fit_for_hosts_and_files);
    g_test_add_func("/scenario/nodes/routes-are-whole", test_routes_are_whole);
    g_test_add_func("/scenario/nodes/a-host-may-be-there-already",
                    test_a_host_may_be_there_already);
    g_test_add_func("/scenario/nodes/a-host-that-is-there-is-changed-in-nothing-that-stays",
                    test_a_host_that_is_there_is_changed_in_nothing_that_stays);
    return g_test_run();
}
