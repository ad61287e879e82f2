// SPDX-License-Identifier: Apache-2.0
// Interfaces over rtnetlink(7), through libnl-route.
#include "sim/host/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/tc.h>

#include "sim/host/netlink.h"
#include "sim/host/refusal.h"

typedef struct rtnl_link RouteLink;
typedef struct rtnl_addr RouteAddress;
typedef struct rtnl_qdisc RouteQdisc;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RouteLink, rtnl_link_put)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RouteAddress, rtnl_addr_put)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RouteQdisc, rtnl_qdisc_put)

// 0 sets `error`. Not if_nametoindex(): it opens a socket, and hides that there was none to have.
static int interface_index(NetlinkSocket *socket, const char *name, GError **error)
{
    g_autoptr(RouteLink) link = NULL;

    return netlink_check(rtnl_link_get_kernel(socket, 0, name, &link), error, "RTM_GETLINK %s",
                         name)
               ? rtnl_link_get_ifindex(link)
               : 0;
}

static bool interface_change(NetlinkSocket *socket, int index, RouteLink *changes, const char *name,
                             GError **error)
{
    g_autoptr(RouteLink) link = rtnl_link_alloc();

    rtnl_link_set_ifindex(link, index);
    return netlink_check(rtnl_link_change(socket, link, changes, 0), error, "RTM_NEWLINK %s", name);
}

static bool interface_set_up(NetlinkSocket *socket, int index, const char *name, GError **error)
{
    g_autoptr(RouteLink) changes = rtnl_link_alloc();

    rtnl_link_set_flags(changes, IFF_UP);
    return interface_change(socket, index, changes, name, error);
}

static bool interface_set_properties(NetlinkSocket *socket, int index, const InterfaceSpec *spec,
                                     GError **error)
{
    g_autoptr(RouteLink) changes = rtnl_link_alloc();
    g_autoptr(NetlinkAddress) mac = nl_addr_build(AF_LLC, spec->mac, sizeof spec->mac);

    if (spec->node->device == DEVICE_TAP)
        rtnl_link_set_addr(changes, mac);
    rtnl_link_set_mtu(changes, spec->mtu_bytes);
    rtnl_link_set_txqlen(changes, INTERFACE_TX_QUEUE_FRAMES);
    return interface_change(socket, index, changes, spec->name, error);
}

// Without a queueing discipline a frame goes to the device at once: the only queue is the link's.
static bool interface_set_noqueue(NetlinkSocket *socket, int index, const InterfaceSpec *spec,
                                  GError **error)
{
    g_autoptr(RouteQdisc) qdisc = rtnl_qdisc_alloc();

    rtnl_tc_set_ifindex(TC_CAST(qdisc), index);
    rtnl_tc_set_parent(TC_CAST(qdisc), TC_H_ROOT);
    return netlink_check(rtnl_tc_set_kind(TC_CAST(qdisc), "noqueue"), error, "noqueue") &&
           netlink_check(rtnl_qdisc_add(socket, qdisc, NLM_F_CREATE | NLM_F_REPLACE), error,
                         "RTM_NEWQDISC %s noqueue", spec->name);
}

// The address with all host bits set, where such an address is for all: RFC 919, RFC 3021.
static void interface_set_broadcast(RouteAddress *request, const Address *address)
{
    struct in_addr all;
    g_autoptr(NetlinkAddress) broadcast = NULL;

    if (address->family != AF_INET || address->prefix_bits > 30)
        return;
    all.s_addr =
        address->v4.s_addr | htonl((uint32_t)(UINT64_C(0xffffffff) >> address->prefix_bits));
    broadcast = nl_addr_build(AF_INET, &all, sizeof all);
    rtnl_addr_set_broadcast(request, broadcast);
}

static bool interface_add_address(NetlinkSocket *socket, int index, const char *name,
                                  const Address *address, GError **error)
{
    size_t size = address->family == AF_INET ? sizeof address->v4 : sizeof address->v6;
    g_autoptr(RouteAddress) request = rtnl_addr_alloc();
    g_autoptr(NetlinkAddress) local = nl_addr_build(address->family, &address->v4, size);
    g_autofree char *text = address_format(address);

    nl_addr_set_prefixlen(local, (int)address->prefix_bits);
    rtnl_addr_set_ifindex(request, index);
    rtnl_addr_set_local(request, local);
    interface_set_broadcast(request, address);
    if (address->family == AF_INET6)
        rtnl_addr_set_flags(request, IFA_F_NODAD); // of use from the first packet on
    return netlink_check(rtnl_addr_add(socket, request, 0), error, "RTM_NEWADDR %s %s", name, text);
}

bool interface_configure(const InterfaceSpec *spec, GError **error)
{
    g_autoptr(NetlinkSocket) socket = netlink_open(error);
    int index;

    if (socket == NULL)
        return false;
    index = interface_index(socket, spec->name, error);
    if (index == 0 || !interface_set_properties(socket, index, spec, error) ||
        !interface_set_noqueue(socket, index, spec, error))
        return false;
    for (guint i = 0; i < spec->addresses->len; i++) {
        const Address *address = &g_array_index(spec->addresses, Address, i);

        if (!interface_add_address(socket, index, spec->name, address, error))
            return false;
    }
    return interface_set_up(socket, index, spec->name, error);
}

bool interface_bring_up(const char *name, GError **error)
{
    g_autoptr(NetlinkSocket) socket = netlink_open(error);
    int index;

    if (socket == NULL)
        return false;
    index = interface_index(socket, name, error);
    return index != 0 && interface_set_up(socket, index, name, error);
}

bool interface_read_stats(const char *name, InterfaceStats *stats, GError **error)
{
    g_autoptr(NetlinkSocket) socket = netlink_open(error);
    g_autoptr(RouteLink) link = NULL;

    if (socket == NULL ||
        !netlink_check(rtnl_link_get_kernel(socket, 0, name, &link), error, "RTM_GETLINK %s", name))
        return false;
    *stats = (InterfaceStats){
        .rx_frames = rtnl_link_get_stat(link, RTNL_LINK_RX_PACKETS),
        .rx_dropped = rtnl_link_get_stat(link, RTNL_LINK_RX_DROPPED),
        .tx_frames = rtnl_link_get_stat(link, RTNL_LINK_TX_PACKETS),
        .tx_dropped = rtnl_link_get_stat(link, RTNL_LINK_TX_DROPPED),
    };
    return true;
}
