// SPDX-License-Identifier: Apache-2.0
// Addresses: what an interface can have, what it cannot, and subnets.
#include "sim/scenario/address.h"

#include <glib.h>

static void assert_parses(const char *text)
{
    Address address;
    g_autoptr(GError) error = NULL;
    g_autofree char *back = NULL;

    g_assert_true(address_parse(text, &address, &error));
    g_assert_no_error(error);
    back = address_format(&address);
    g_assert_cmpstr(back, ==, text);
}

static void assert_refused(bool (*parse)(const char *, Address *, GError **), const char *text,
                           const char *message)
{
    Address address;
    g_autoptr(GError) error = NULL;

    g_assert_false(parse(text, &address, &error));
    g_assert_cmpstr(error->message, ==, message);
}

static void test_takes_what_an_interface_can_have(void)
{
    assert_parses("10.0.0.1/24");
    assert_parses("10.0.0.0/31"); // RFC 3021
    assert_parses("10.0.0.1/32");
    assert_parses("192.168.255.254/16");
    assert_parses("fd00::1/64");
    assert_parses("fe80::1/64");
    assert_parses("fd00::1/128");
}

static void test_refuses_what_it_cannot(void)
{
    assert_refused(address_parse, "10.0.0.1",
                   "\"10.0.0.1\" has no prefix length: write 10.0.0.1/24");
    assert_refused(address_parse, "fd00::1", "\"fd00::1\" has no prefix length: write fd00::1/64");
    assert_refused(address_parse, "10.0.0.256/24",
                   "\"10.0.0.256/24\" is no IP address: write it as 10.0.0.1/24 or fd00::1/64");
    assert_refused(address_parse, "10.0.0.1/33",
                   "\"10.0.0.1/33\" has a wrong prefix length: write /1 to /32");
    assert_refused(address_parse, "10.0.0.1/0",
                   "\"10.0.0.1/0\" has a wrong prefix length: write /1 to /32");
    assert_refused(address_parse, "fd00::1/129",
                   "\"fd00::1/129\" has a wrong prefix length: write /1 to /128");
    assert_refused(address_parse, "10.0.0.0/24",
                   "\"10.0.0.0/24\" is the subnet and not an address in it");
    assert_refused(address_parse, "10.0.0.255/24",
                   "\"10.0.0.255/24\" is its subnet's broadcast address");
    assert_refused(address_parse, "224.0.0.1/24",
                   "\"224.0.0.1/24\" cannot be the address of an interface: use 10.0.0.1/24 or "
                   "fd00::1/64, for example");
    assert_refused(address_parse, "127.0.0.1/8",
                   "\"127.0.0.1/8\" cannot be the address of an interface: use 10.0.0.1/24 or "
                   "fd00::1/64, for example");
    assert_refused(address_parse, "::1/64",
                   "\"::1/64\" cannot be the address of an interface: use 10.0.0.1/24 or "
                   "fd00::1/64, for example");
}

static void test_destinations_are_subnets(void)
{
    Address address;

    g_assert_true(address_parse_destination("default", &address, NULL));
    g_assert_cmpuint(address.prefix_bits, ==, 0);
    g_assert_true(address_parse_destination("10.0.1.0/24", &address, NULL));
    g_assert_cmpuint(address.prefix_bits, ==, 24);
    assert_refused(address_parse_destination, "10.0.1.77/26",
                   "\"10.0.1.77/26\" is no subnet: write 10.0.1.64/26");
}

static void test_gateways_are_bare(void)
{
    Address address;

    g_assert_true(address_parse_gateway("10.0.0.1", &address, NULL));
    g_assert_cmpuint(address.prefix_bits, ==, 32);
    assert_refused(address_parse_gateway, "10.0.0.1/24",
                   "\"10.0.0.1/24\" has a prefix length: write the address alone");
}

static void test_subnets_hold_their_addresses(void)
{
    Address address, inside, outside, subnet;

    g_assert_true(address_parse("10.0.1.77/26", &address, NULL));
    g_assert_true(address_parse("10.0.1.126/8", &inside, NULL));
    g_assert_true(address_parse("10.0.1.128/8", &outside, NULL));
    subnet = address_subnet(&address);
    g_assert_cmphex(address_to_ipv4(&subnet), ==, 0x0A000140);
    g_assert_true(address_is_within(&inside, &subnet));
    g_assert_false(address_is_within(&outside, &subnet));
    g_assert_true(address_parse("fd00::1/64", &address, NULL));
    g_assert_false(address_is_within(&address, &subnet));
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/address/takes-what-an-interface-can-have",
                    test_takes_what_an_interface_can_have);
    g_test_add_func("/scenario/address/refuses-what-it-cannot", test_refuses_what_it_cannot);
    g_test_add_func("/scenario/address/destinations-are-subnets", test_destinations_are_subnets);
    g_test_add_func("/scenario/address/gateways-are-bare", test_gateways_are_bare);
    g_test_add_func("/scenario/address/subnets-hold-their-addresses",
                    test_subnets_hold_their_addresses);
    return g_test_run();
}
