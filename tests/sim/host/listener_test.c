// SPDX-License-Identifier: Apache-2.0
// Who listens, read from tables as the kernel prints them.
#include "sim/host/listener.h"

static const char tcp_table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
    "   0: 00000000:1451 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0\n"
    "   1: 0100000A:0050 0200000A:C001 01 00000000:00000000 00:00000000 00000000     0        0\n";

static const char tcp6_table[] =
    "  sl  local_address                         remote_address                        st\n"
    "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0\n";

static const char udp_table[] =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    " 1234: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"
    " 1235: 0100000A:2710 0200000A:0035 01 00000000:00000000 00:00000000 00000000     0\n";

static void test_finds_a_listening_port(void)
{
    g_assert_true(listener_is_in_table(tcp_table, READY_TCP_PORT, 5201));
    g_assert_true(listener_is_in_table(tcp6_table, READY_TCP_PORT, 8080));
    g_assert_true(listener_is_in_table(udp_table, READY_UDP_PORT, 53));
}

static void test_ignores_connections(void)
{
    g_assert_false(listener_is_in_table(tcp_table, READY_TCP_PORT, 80));
    g_assert_false(listener_is_in_table(udp_table, READY_UDP_PORT, 10000));
}

static void test_ignores_other_ports(void)
{
    g_assert_false(listener_is_in_table(tcp_table, READY_TCP_PORT, 0x5145));
    g_assert_false(listener_is_in_table("", READY_TCP_PORT, 5201));
    g_assert_false(listener_is_in_table("heading only", READY_TCP_PORT, 5201));
}

static void test_finds_any_port(void)
{
    static const char connected[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   1: 0100000A:0050 0200000A:C001 01 00000000:00000000 00:00000000 00000000     0\n";

    g_assert_true(listener_is_in_table(tcp_table, READY_TCP_PORT, 0));
    g_assert_true(listener_is_in_table(udp_table, READY_UDP_PORT, 0));
    g_assert_false(listener_is_in_table(connected, READY_TCP_PORT, 0));
    g_assert_false(listener_is_in_table(connected, READY_UDP_PORT, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/host/listener/finds-a-listening-port", test_finds_a_listening_port);
    g_test_add_func("/sim/host/listener/ignores-connections", test_ignores_connections);
    g_test_add_func("/sim/host/listener/ignores-other-ports", test_ignores_other_ports);
    g_test_add_func("/sim/host/listener/finds-any-port", test_finds_any_port);
    return g_test_run();
}
