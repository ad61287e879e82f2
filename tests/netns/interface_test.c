// SPDX-License-Identifier: Apache-2.0
// What an interface of a host is set to, read back from the kernel, and what the kernel counts.
//
//     test --- [TAP eth0] host "first" 10.9.0.1/24
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/tc.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/host/netlink.h"
#include "tests/netns/lab_rig.h"

static const char *const one_host[] = {"first", NULL};

typedef struct {
    LabRig *rig;
    Host *host;
    int tap_fd;
} InterfaceRig;

// A host whose eth0 has an MTU of 9216; `uses_ipv6` as told.
static InterfaceRig interface_rig_open(bool uses_ipv6)
{
    InterfaceRig self = {.rig = lab_rig_new(one_host)};
    NodeSpec *spec;

    self.host = lab_rig_host(self.rig, 0);
    spec = (NodeSpec *)host_spec(self.host);
    spec->uses_ipv6 = uses_ipv6;
    spec->mtu_bytes = 9216;
    self.tap_fd = lab_rig_open_tap(self.host, "eth0", lab_rig_add_interface(spec, "10.9.0.1"));
    return self;
}

static void interface_rig_close(InterfaceRig *self)
{
    close(self->tap_fd);
    lab_rig_free(self->rig);
}

static void assert_prints(const InterfaceRig *self, const char *script, const char *expected)
{
    int status;
    g_autofree char *output = lab_rig_run(self->rig, 0, script, &status);

    g_assert_cmpstr(output, ==, expected);
    g_assert_cmpint(status, ==, 0);
}

static void test_has_what_was_asked(void)
{
    InterfaceRig self;

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    assert_prints(&self, "cat /sys/class/net/eth0/mtu", "9216");
    assert_prints(&self, "cat /sys/class/net/eth0/address", "02:10:20:30:40:50");
    assert_prints(&self, "cat /sys/class/net/eth0/operstate", "unknown"); // up, as all TAPs are
    assert_prints(&self, "grep -c 'eth0.0000090A.*00FFFFFF' /proc/net/route", "1");
    interface_rig_close(&self);
}

static void test_has_no_hidden_queue(void)
{
    InterfaceRig self;
    g_autoptr(NetlinkSocket) socket = NULL;
    struct rtnl_link *link = NULL;
    struct nl_cache *qdiscs = NULL;
    int n_noqueue = 0, n_all = 0;

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    g_assert_true(host_enter(self.host, NULL));
    socket = netlink_open(NULL);
    host_leave(self.host);
    g_assert_cmpint(rtnl_link_get_kernel(socket, 0, "eth0", &link), ==, 0);
    g_assert_cmpuint(rtnl_link_get_txqlen(link), ==, INTERFACE_TX_QUEUE_FRAMES);
    g_assert_cmpint(rtnl_qdisc_alloc_cache(socket, &qdiscs), ==, 0);
    for (struct nl_object *at = nl_cache_get_first(qdiscs); at != NULL;
         at = nl_cache_get_next(at)) {
        if (rtnl_tc_get_ifindex((struct rtnl_tc *)at) != rtnl_link_get_ifindex(link))
            continue;
        n_all++;
        n_noqueue += strcmp(rtnl_tc_get_kind((struct rtnl_tc *)at), "noqueue") == 0;
    }
    g_assert_cmpint(n_all, ==, 1);
    g_assert_cmpint(n_noqueue, ==, 1);
    nl_cache_free(qdiscs);
    rtnl_link_put(link);
    interface_rig_close(&self);
}

// Sends broadcast frames out of eth0 as a program in the host would.
static void send_frames(const InterfaceRig *self, unsigned n_frames)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET};
    uint8_t frame[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    int fd;

    g_assert_true(host_enter(self->host, NULL));
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    address.sll_ifindex = (int)if_nametoindex("eth0");
    host_leave(self->host);
    for (unsigned i = 0; i < n_frames; i++) {
        // The kernel tells the sender of a drop with ENOBUFS, and counts it.
        if (sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&address, sizeof address) < 0)
            g_assert_cmpint(errno, ==, ENOBUFS);
    }
    close(fd);
}

static void test_counts_drops_when_nobody_reads(void)
{
    enum { N_DROPPED = 100 };
    InterfaceStats stats;
    InterfaceRig self;
    g_autoptr(GError) error = NULL;
    uint8_t frame[128];
    unsigned n_read = 0;

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    send_frames(&self, INTERFACE_TX_QUEUE_FRAMES + N_DROPPED);
    while (read(self.tap_fd, frame, sizeof frame) > 0)
        n_read++;
    g_assert_true(host_read_stats(self.host, "eth0", &stats, &error));
    g_assert_cmpuint(stats.tx_dropped, ==, N_DROPPED);
    g_assert_cmpuint(stats.tx_frames, ==, INTERFACE_TX_QUEUE_FRAMES);
    g_assert_cmpuint(n_read, ==, INTERFACE_TX_QUEUE_FRAMES);
    interface_rig_close(&self);
}

static void test_counts_what_comes_in(void)
{
    const uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    InterfaceStats stats;
    InterfaceRig self;

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    for (int i = 0; i < 3; i++)
        g_assert_cmpint(write(self.tap_fd, frame, sizeof frame), ==, sizeof frame);
    g_assert_true(host_read_stats(self.host, "eth0", &stats, NULL));
    g_assert_cmpuint(stats.rx_frames, ==, 3);
    interface_rig_close(&self);
}

static void test_is_silent_without_ipv6(void)
{
    InterfaceRig self;
    uint8_t frame[128];

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    assert_prints(&self, "cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1");
    g_assert_cmpint(read(self.tap_fd, frame, sizeof frame), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    interface_rig_close(&self);
}

static void test_loopback_has_ipv6_all_the_same(void)
{
    InterfaceRig self;

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    assert_prints(&self, "grep -c ' lo$' /proc/net/if_inet6", "1");
    interface_rig_close(&self);
}

static void test_names_a_missing_interface(void)
{
    g_autoptr(LabRig) rig = NULL;
    g_autoptr(GError) error = NULL;
    InterfaceStats stats;

    if (!lab_rig_is_possible())
        return;
    rig = lab_rig_new(one_host);
    g_assert_false(host_read_stats(lab_rig_host(rig, 0), "eth7", &stats, &error));
    g_assert_true(g_str_has_prefix(error->message, "host first: RTM_GETLINK eth7: "));
}

static void test_routes_go_through_their_gateway(void)
{
    InterfaceRig self;
    RouteSpec route = {.destination = {.family = AF_INET},
                       .gateway = {.family = AF_INET, .prefix_bits = 32}};
    g_autoptr(GError) error = NULL;

    if (!lab_rig_is_possible())
        return;
    self = interface_rig_open(false);
    route.gateway.v4.s_addr = htonl(0x0a0900fe);
    g_array_append_val(host_spec(self.host)->routes, route);
    g_assert_true(host_configure(self.host, &error));
    assert_prints(&self, "grep -c 'eth0.00000000.FE00090A.*00000000' /proc/net/route", "1");

    route.destination = (Address){.family = AF_INET, .prefix_bits = 16};
    route.destination.v4.s_addr = htonl(0x0a010000);
    route.gateway.v4.s_addr = htonl(0x0b000001); // on no segment of this host
    g_array_set_size(host_spec(self.host)->routes, 0);
    g_array_append_val(host_spec(self.host)->routes, route);
    g_assert_false(host_configure(self.host, &error));
    g_assert_true(
        g_str_has_prefix(error->message, "host first: RTM_NEWROUTE 10.1.0.0/16 via 11.0.0.1: "));
    interface_rig_close(&self);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netns/interface/has-what-was-asked", test_has_what_was_asked);
    g_test_add_func("/netns/interface/has-no-hidden-queue", test_has_no_hidden_queue);
    g_test_add_func("/netns/interface/counts-drops-when-nobody-reads",
                    test_counts_drops_when_nobody_reads);
    g_test_add_func("/netns/interface/counts-what-comes-in", test_counts_what_comes_in);
    g_test_add_func("/netns/interface/is-silent-without-ipv6", test_is_silent_without_ipv6);
    g_test_add_func("/netns/interface/loopback-has-ipv6-all-the-same",
                    test_loopback_has_ipv6_all_the_same);
    g_test_add_func("/netns/interface/names-a-missing-interface", test_names_a_missing_interface);
    g_test_add_func("/netns/interface/routes-go-through-their-gateway",
                    test_routes_go_through_their_gateway);
    return g_test_run();
}
