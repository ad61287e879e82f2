// SPDX-License-Identifier: Apache-2.0
// Routes: given out over hosts that forward, checked where the file gives them.
#include <glib.h>

#include "sim/scenario/address.h"
#include "tests/sim/scenario/parsed.h"

// "10.0.1.0/24 via 10.0.0.2, …"
static void assert_routes(const Scenario *scenario, const char *host, const char *expected)
{
    const GArray *routes = scenario_node(scenario, host)->routes;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < routes->len; i++) {
        const RouteSpec *route = &g_array_index(routes, RouteSpec, i);
        g_autofree char *destination = address_format(&route->destination);
        g_autofree char *gateway = address_format_host(&route->gateway);

        g_assert_cmpuint(route->gateway.prefix_bits, ==,
                         address_family_bits(route->gateway.family));
        g_string_append_printf(text, "%s%s via %s", i > 0 ? ", " : "", destination, gateway);
    }
    g_assert_cmpstr(text->str, ==, expected);
}

//  a --- p === r --- b, where p and r forward
static const char chain[] = "nodes: {a: , p: {forward: true}, r: {forward: true}, b: }\n"
                            "links:\n"
                            "  - {endpoints: [a, p]}\n"
                            "  - {endpoints: [p, r]}\n"
                            "  - {endpoints: [r, b]}\n";

static void test_a_chain_is_routed(void)
{
    g_autoptr(Scenario) scenario = parsed(chain);

    assert_routes(scenario, "a", "10.0.1.0/24 via 10.0.0.2, 10.0.2.0/24 via 10.0.0.2");
    assert_routes(scenario, "p", "10.0.2.0/24 via 10.0.1.2");
    assert_routes(scenario, "r", "10.0.0.0/24 via 10.0.1.1");
    assert_routes(scenario, "b", "10.0.1.0/24 via 10.0.2.1, 10.0.0.0/24 via 10.0.2.1");
}

static void test_hosts_that_do_not_forward_end_the_way(void)
{
    g_autoptr(Scenario) scenario = parsed("nodes: {a: , p: {forward: true}, r: , b: }\n"
                                          "links:\n"
                                          "  - {endpoints: [a, p]}\n"
                                          "  - {endpoints: [p, r]}\n"
                                          "  - {endpoints: [r, b]}\n");

    assert_routes(scenario, "a", "10.0.1.0/24 via 10.0.0.2");
    assert_routes(scenario, "p", "");
    assert_routes(scenario, "b", "");
}

//  a on s with two ways to the net of t: x over one host, y and z over two
static void test_the_shortest_way_is_taken(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {node: {forward: true}}\n"
               "nodes: {s: {kind: switch}, a: {forward: false}, y: , z: , x: , t: }\n"
               "links:\n"
               "  - {endpoints: [a, s]}\n" // 10.0.0.0: a .1, y .2, x .3
               "  - {endpoints: [y, s]}\n"
               "  - {endpoints: [x, s]}\n"
               "  - {endpoints: [y, z]}\n"   // 10.0.1.0
               "  - {endpoints: [z, t]}\n"   // 10.0.2.0
               "  - {endpoints: [x, t]}\n"); // 10.0.3.0

    assert_routes(scenario, "a",
                  "10.0.1.0/24 via 10.0.0.2, 10.0.3.0/24 via 10.0.0.3, 10.0.2.0/24 via 10.0.0.2");
}

static void test_families_are_routed_apart(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes:\n"
               "  a: {address: [10.1.0.1/24, 'fd01::1/64']}\n"
               "  p: {forward: true, address: {eth0: [10.1.0.2/24, 'fd01::2/64'],\n"
               "                               eth1: 'fd02::2/64'}}\n"
               "  b: {address: 'fd02::1/64'}\n"
               "links: [{endpoints: [a, p]}, {endpoints: [p, b]}]\n");

    assert_routes(scenario, "a", "fd02::/64 via fd01::2");
    assert_routes(scenario, "b", "fd01::/64 via fd02::2");
}

static void test_routes_of_the_file_stand_alone(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes:\n"
               "  a: {routes: [{to: default, via: 10.0.0.2}]}\n"
               "  p: {forward: true}\n"
               "  r: {forward: true, routes: []}\n"
               "  b:\n"
               "links: [{endpoints: [a, p]}, {endpoints: [p, r]}, {endpoints: [r, b]}]\n");

    assert_routes(scenario, "a", "0.0.0.0/0 via 10.0.0.2");
    assert_routes(scenario, "r", "");
    assert_routes(scenario, "b", "10.0.1.0/24 via 10.0.2.1, 10.0.0.0/24 via 10.0.2.1");
}

static void test_gateways_must_be_near(void)
{
    ASSERT_ERRORS("nodes:\n"
                  "  a:\n"
                  "    routes:\n"
                  "      - {to: default, via: 10.0.7.1}\n"
                  "      - {to: 10.3.0.0/16, via: 10.0.0.1}\n"
                  "      - {to: 10.4.0.0/16, via: 10.0.0.2}\n"
                  "      - {to: 10.4.0.0/16, via: 10.0.0.2}\n"
                  "  b:\n"
                  "links: [{endpoints: [a, b]}]\n",
                  "4:9: nodes.a.routes: via 10.0.7.1: no other host of a subnet of a can have this "
                  "address",
                  "5:9: nodes.a.routes: via 10.0.0.1: no other host of a subnet of a can have this "
                  "address",
                  "7:9: nodes.a.routes: a second route to the same destination");
}

static void test_too_many_routes_are_refused(void)
{
    GString *text = g_string_new("defaults: {node: {forward: true}}\nnodes:\n");

    for (int i = 0; i < 1100; i++)
        g_string_append_printf(text, "  h%d:\n", i);
    g_string_append(text, "links:\n");
    for (int i = 0; i < 1099; i++)
        g_string_append_printf(text, "  - {endpoints: [h%d, h%d]}\n", i, i + 1);
    {
        g_autofree char *errors = NULL;
        Scenario *scenario = scenario_parse("x.yaml", text->str, text->len, &errors);

        g_assert_null(scenario);
        g_assert_cmpstr(errors, ==,
                        "x.yaml: routes: more than 1000000 would have to be given out: write "
                        "routes: for the hosts, as [{to: default, via: 10.0.0.1}]\n");
    }
    g_string_free(text, TRUE);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/routing/a-chain-is-routed", test_a_chain_is_routed);
    g_test_add_func("/scenario/routing/hosts-that-do-not-forward-end-the-way",
                    test_hosts_that_do_not_forward_end_the_way);
    g_test_add_func("/scenario/routing/the-shortest-way-is-taken", test_the_shortest_way_is_taken);
    g_test_add_func("/scenario/routing/families-are-routed-apart", test_families_are_routed_apart);
    g_test_add_func("/scenario/routing/routes-of-the-file-stand-alone",
                    test_routes_of_the_file_stand_alone);
    g_test_add_func("/scenario/routing/gateways-must-be-near", test_gateways_must_be_near);
    g_test_add_func("/scenario/routing/too-many-routes-are-refused",
                    test_too_many_routes_are_refused);
    return g_test_run();
}
