// SPDX-License-Identifier: Apache-2.0
// Routes: checks those of the file, and gives out those of hosts for which the file has none.
//
// How it works: for each host and address family a breadth-first search goes from the segments the
// host is on through the hosts with `forward: true` to all others. Each segment reached gets one
// route, over the first of these hosts on the way: so routes are the shortest in hosts passed, and
// among equals the one found first in the order of interfaces, then of nodes.
#include "sim/scenario/address.h"
#include "sim/scenario/loader.h"

enum { ROUTING_MAX_ROUTES = 1000 * 1000 }; // given out in all

// A search for the routes of one host in one family.
typedef struct {
    const Segments *segments;
    GPtrArray **forwarders; // of each segment: interfaces of hosts that forward
    GPtrArray *queue;       // of Segment: reached, in order
    Address *gateways;      // of each segment; AF_UNSPEC where the host is itself
    guint *seen;            // of each segment: the number of the last search that reached it
    guint number;           // of this search
    Family family;
    guint n_routes; // given out by all searches
} Search;

// The interface's address in the subnet of its segment, or NULL.
static const Address *interface_address(const Search *search, const InterfaceSpec *interface)
{
    const Address *subnet = &segments_of(search->segments, interface)->subnets[search->family];

    for (guint i = 0; subnet->prefix_bits > 0 && i < interface->addresses->len; i++) {
        const Address *address = &g_array_index(interface->addresses, Address, i);

        if (address_is_within(address, subnet))
            return address;
    }
    return NULL;
}

static void search_reach(Search *search, Segment *segment, const Address *gateway)
{
    if (search->seen[segment->index] == search->number)
        return;
    search->seen[segment->index] = search->number;
    search->gateways[segment->index] = *gateway;
    g_ptr_array_add(search->queue, segment);
}

// Reaches what a forwarding host on `segment` joins to it.
static void search_pass(Search *search, const Segment *segment, const InterfaceSpec *forwarder)
{
    const Address *way = &search->gateways[segment->index];
    const Address *address = interface_address(search, forwarder);
    Address gateway;

    if (address == NULL)
        return;
    gateway = way->family != AF_UNSPEC ? *way : *address;
    gateway.prefix_bits = address_family_bits(gateway.family);
    for (guint i = 0; i < forwarder->node->interfaces->len; i++) {
        const InterfaceSpec *other = g_ptr_array_index(forwarder->node->interfaces, i);

        if (interface_address(search, other) != NULL)
            search_reach(search, segments_of(search->segments, other), &gateway);
    }
}

static void search_run(Search *search, const NodeSpec *host)
{
    const Address here = {.family = AF_UNSPEC};

    search->number++;
    g_ptr_array_set_size(search->queue, 0);
    for (guint i = 0; i < host->interfaces->len; i++) {
        const InterfaceSpec *interface = g_ptr_array_index(host->interfaces, i);

        if (interface_address(search, interface) != NULL)
            search_reach(search, segments_of(search->segments, interface), &here);
    }
    for (guint i = 0; i < search->queue->len; i++) {
        const Segment *segment = g_ptr_array_index(search->queue, i);
        const GPtrArray *forwarders = search->forwarders[segment->index];

        for (guint j = 0; j < forwarders->len; j++) {
            const InterfaceSpec *forwarder = g_ptr_array_index(forwarders, j);

            if (forwarder->node != host)
                search_pass(search, segment, forwarder);
        }
    }
}

static void search_give_out(Search *search, NodeSpec *host)
{
    for (guint i = 0; i < search->queue->len; i++) {
        const Segment *segment = g_ptr_array_index(search->queue, i);
        RouteSpec route = {segment->subnets[search->family], search->gateways[segment->index]};

        if (route.gateway.family == AF_UNSPEC)
            continue;
        g_array_append_val(host->routes, route);
        search->n_routes++;
    }
}

static void search_init(Search *search, const Segments *segments)
{
    guint n_segments = segments_count(segments);

    *search = (Search){.segments = segments, .queue = g_ptr_array_new()};
    search->forwarders = g_new(GPtrArray *, n_segments + 1);
    search->gateways = g_new0(Address, n_segments + 1);
    search->seen = g_new0(guint, n_segments + 1);
    for (guint i = 0; i < n_segments; i++) {
        const Segment *segment = segments_get(segments, i);

        search->forwarders[i] = g_ptr_array_new();
        for (guint j = 0; j < segment->interfaces->len; j++) {
            InterfaceSpec *interface = g_ptr_array_index(segment->interfaces, j);

            if (interface->node->forward)
                g_ptr_array_add(search->forwarders[i], interface);
        }
    }
}

static void search_clear(Search *search)
{
    for (guint i = 0; i < segments_count(search->segments); i++)
        g_ptr_array_unref(search->forwarders[i]);
    g_free(search->forwarders);
    g_free(search->gateways);
    g_free(search->seen);
    g_ptr_array_unref(search->queue);
}

// Whether one of the host's interfaces has an address in whose subnet `gateway` is.
static bool host_is_beside(const NodeSpec *host, const Address *gateway)
{
    for (guint i = 0; i < host->interfaces->len; i++) {
        const InterfaceSpec *interface = g_ptr_array_index(host->interfaces, i);

        for (guint j = 0; j < interface->addresses->len; j++) {
            const Address *address = &g_array_index(interface->addresses, Address, j);
            Address subnet = address_subnet(address);

            if (address_is_within(gateway, &subnet) && !address_is_same(gateway, address))
                return true;
        }
    }
    return false;
}

static void routing_check_route(const Loader *loader, const NodeDraft *draft, guint index,
                                GHashTable *destinations)
{
    const RouteSpec *route = &g_array_index(draft->spec->routes, RouteSpec, index);
    SourcePosition position = g_array_index(draft->route_positions, SourcePosition, index);
    g_autofree char *where = node_where(draft->spec, "routes");
    char *destination = address_format(&route->destination);

    if (!host_is_beside(draft->spec, &route->gateway)) {
        g_autofree char *gateway = address_format_host(&route->gateway);

        problems_error(loader->problems, position, where,
                       "via %s: no other host of a subnet of %s can have this address", gateway,
                       draft->spec->name);
    }
    if (!g_hash_table_add(destinations, destination))
        problems_error(loader->problems, position, where, "a second route to the same destination");
}

static void routing_check(const Loader *loader, const NodeDraft *draft)
{
    NodeSpec *host = draft->spec;
    g_autoptr(GHashTable) destinations =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < host->routes->len; i++) {
        routing_check_route(loader, draft, i, destinations);
        if (g_array_index(host->routes, RouteSpec, i).gateway.family == AF_INET6)
            host->uses_ipv6 = true;
    }
}

void routing_complete(Loader *loader, const Segments *segments)
{
    Search search;

    search_init(&search, segments);
    for (guint i = 0; i < loader->drafts->len && search.n_routes <= ROUTING_MAX_ROUTES; i++) {
        const NodeDraft *draft = g_ptr_array_index(loader->drafts, i);

        if (draft->has_routes) {
            routing_check(loader, draft);
            continue;
        }
        for (search.family = FAMILY_IPV4; search.family < N_FAMILIES; search.family++) {
            search_run(&search, draft->spec);
            search_give_out(&search, draft->spec);
        }
    }
    if (search.n_routes > ROUTING_MAX_ROUTES)
        problems_error(loader->problems, (SourcePosition){0, 0}, "routes",
                       "more than %d would have to be given out: write routes: for the hosts, "
                       "as [{to: default, via: 10.0.0.1}]",
                       ROUTING_MAX_ROUTES);
    search_clear(&search);
}
