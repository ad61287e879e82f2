// SPDX-License-Identifier: Apache-2.0
// Routes over rtnetlink(7), through libnl-route.
#include "sim/host/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "sim/host/netlink.h"
#include "sim/host/refusal.h"
#include "sim/scenario/address.h"
#include "sim/scenario/scenario.h"

typedef struct rtnl_route RouteRequest;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RouteRequest, rtnl_route_put)

static NetlinkAddress *route_address_new(const Address *address)
{
    size_t size = address->family == AF_INET ? sizeof address->v4 : sizeof address->v6;
    NetlinkAddress *result = nl_addr_build(address->family, &address->v4, size);

    nl_addr_set_prefixlen(result, (int)address->prefix_bits);
    return result;
}

static bool route_add(NetlinkSocket *socket, const RouteSpec *spec, GError **error)
{
    g_autoptr(RouteRequest) request = rtnl_route_alloc();
    g_autoptr(NetlinkAddress) destination = route_address_new(&spec->destination);
    g_autoptr(NetlinkAddress) gateway = route_address_new(&spec->gateway);
    g_autofree char *to = address_format(&spec->destination);
    g_autofree char *via = address_format_host(&spec->gateway);
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
    int result;

    rtnl_route_nh_set_gateway(hop, gateway);
    rtnl_route_add_nexthop(request, hop); // owns it now
    rtnl_route_set_family(request, (uint8_t)spec->destination.family);
    rtnl_route_set_dst(request, destination);
    rtnl_route_set_scope(request, RT_SCOPE_UNIVERSE);
    rtnl_route_set_protocol(request, RTPROT_STATIC);
    result = rtnl_route_add(socket, request, NLM_F_CREATE | NLM_F_EXCL);
    if (result != -NLE_EXIST)
        return netlink_check(result, error, "RTM_NEWROUTE %s via %s", to, via);
    // Only in a host that is there without us.
    g_set_error(error, REFUSAL_ERROR, EEXIST,
                "RTM_NEWROUTE %s via %s: it has another route to there, which stays (give it "
                "narrower ones: for default, 0.0.0.0/1 and 128.0.0.0/1)",
                to, via);
    return false;
}

bool routes_add(const GArray *routes, GError **error)
{
    g_autoptr(NetlinkSocket) socket = NULL;

    if (routes->len == 0)
        return true;
    socket = netlink_open(error);
    if (socket == NULL)
        return false;
    for (guint i = 0; i < routes->len; i++) {
        if (!route_add(socket, &g_array_index(routes, RouteSpec, i), error))
            return false;
    }
    return true;
}
