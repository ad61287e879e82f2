// SPDX-License-Identifier: Apache-2.0
// What listens on the loopback, read from tables as a little-endian kernel prints them.
#include "sim/relay/local_services.h"

#include <arpa/inet.h>
#include <glib.h>

#define HEADING                                                                                    \
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
#define REST " 00000000:00000000 00:00000000 00000000     0        0\n"
#define LISTENS(address) "   0: " address " 00000000:0000 0A" REST
#define BOUND(address) "   0: " address " 00000000:0000 07" REST
#define CONNECTED(address) "   0: " address " 0200000A:C001 01" REST
#define V6_NOBODY " 00000000000000000000000000000000:0000"
#define LISTENS_V6(address) "   0: " address V6_NOBODY " 0A" REST

static GArray *list_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(LocalService));
}

static void assert_service(const GArray *services, guint index, ServiceProtocol protocol,
                           uint16_t port, const char *address)
{
    const LocalService *service = &g_array_index(services, LocalService, index);
    const void *bytes = service->address.any.sa_family == AF_INET
                            ? (const void *)&service->address.v4.sin_addr
                            : (const void *)&service->address.v6.sin6_addr;
    char text[INET6_ADDRSTRLEN];

    g_assert_cmpint(service->protocol, ==, protocol);
    g_assert_cmpuint(service->port, ==, port);
    g_assert_cmpuint(ntohs(service->address.v4.sin_port), ==, port);
    g_assert_cmpstr(inet_ntop(service->address.any.sa_family, bytes, text, sizeof text), ==,
                    address);
}

static void test_only_the_loopback(void)
{
    g_autoptr(GArray) services = list_new();

    local_services_add_table(services, SERVICE_TCP, AF_INET,
                             HEADING LISTENS("0100007F:1451") LISTENS("00000000:0050")
                                 LISTENS("0100000A:0051") LISTENS("3500007F:0035"));
    g_assert_cmpuint(services->len, ==, 3);
    assert_service(services, 0, SERVICE_TCP, 5201, "127.0.0.1");
    assert_service(services, 1, SERVICE_TCP, 80, "127.0.0.1");
    assert_service(services, 2, SERVICE_TCP, 53, "127.0.0.53");
}

static void test_only_what_listens(void)
{
    g_autoptr(GArray) services = list_new();

    local_services_add_table(services, SERVICE_TCP, AF_INET,
                             HEADING LISTENS("0100007F:1451") CONNECTED("0100007F:0050"));
    // Connected ones do not end this table, which has no order.
    local_services_add_table(services, SERVICE_UDP, AF_INET,
                             HEADING CONNECTED("0100007F:0050") BOUND("00000000:0035"));
    g_assert_cmpuint(services->len, ==, 2);
    assert_service(services, 0, SERVICE_TCP, 5201, "127.0.0.1");
    assert_service(services, 1, SERVICE_UDP, 53, "127.0.0.1");
}

static void test_over_ipv6(void)
{
    g_autoptr(GArray) services = list_new();

    local_services_add_table(services, SERVICE_TCP, AF_INET6,
                             HEADING LISTENS_V6("00000000000000000000000000000000:1F90")
                                 LISTENS_V6("00000000000000000000000001000000:1F91")
                                     LISTENS_V6("0000000000000000FFFF00000100007F:1F92")
                                         LISTENS_V6("000000FD000000000000000002000000:1F93"));
    g_assert_cmpuint(services->len, ==, 3);
    assert_service(services, 0, SERVICE_TCP, 8080, "::1");
    assert_service(services, 1, SERVICE_TCP, 8081, "::1");
    assert_service(services, 2, SERVICE_TCP, 8082, "127.0.0.1");
}

static void test_a_port_is_there_once_at_its_best_address(void)
{
    g_autoptr(GArray) services = list_new();

    local_services_add_table(services, SERVICE_TCP, AF_INET, HEADING LISTENS("0200007F:0050"));
    assert_service(services, 0, SERVICE_TCP, 80, "127.0.0.2");
    local_services_add_table(services, SERVICE_TCP, AF_INET6,
                             HEADING LISTENS_V6("00000000000000000000000001000000:0050"));
    assert_service(services, 0, SERVICE_TCP, 80, "::1");
    local_services_add_table(services, SERVICE_TCP, AF_INET,
                             HEADING LISTENS("00000000:0050") LISTENS("0300007F:0050"));
    g_assert_cmpuint(services->len, ==, 1);
    assert_service(services, 0, SERVICE_TCP, 80, "127.0.0.1");
    local_services_add_table(services, SERVICE_UDP, AF_INET, HEADING BOUND("0200007F:0050"));
    g_assert_cmpuint(services->len, ==, 2);
}

static void test_odd_tables(void)
{
    g_autoptr(GArray) services = list_new();

    local_services_add_table(services, SERVICE_TCP, AF_INET, "");
    local_services_add_table(services, SERVICE_TCP, AF_INET, HEADING);
    local_services_add_table(services, SERVICE_TCP, AF_INET, LISTENS("0100007:1451"));
    local_services_add_table(services, SERVICE_TCP, AF_INET6, LISTENS("0100007F:1451"));
    g_assert_cmpuint(services->len, ==, 0);
}

int main(int argc, char **argv)
{
    if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
        return 77;
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/relay/local-services/only-the-loopback", test_only_the_loopback);
    g_test_add_func("/sim/relay/local-services/only-what-listens", test_only_what_listens);
    g_test_add_func("/sim/relay/local-services/over-ipv6", test_over_ipv6);
    g_test_add_func("/sim/relay/local-services/a-port-is-there-once-at-its-best-address",
                    test_a_port_is_there_once_at_its_best_address);
    g_test_add_func("/sim/relay/local-services/odd-tables", test_odd_tables);
    return g_test_run();
}
