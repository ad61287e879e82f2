// SPDX-License-Identifier: Apache-2.0
// Puts addresses onto interfaces: first those of the file, then those given out.
//
// How it works: a segment on which the file gives IPv4 addresses takes the subnet of the first of
// them. Every other segment gets a subnet of 10.0.0.0/8, in the order of the segments' first links:
// a /24, or the smallest larger one that has room for its hosts; always the first one, aligned to
// its size, behind the last given out that overlaps no subnet of the file. In its subnet, each
// interface without an address gets the first one that is free, in the order of the nodes.
// IPv6 addresses are never given out.
#include <string.h>

#include "sim/scenario/address.h"
#include "sim/scenario/loader.h"

enum {
    IPV6_MIN_MTU_BYTES = 1280, // RFC 8200, section 5
    POOL_PREFIX_BITS = 8,
    SEGMENT_PREFIX_BITS = 24,
};

#define POOL_FIRST UINT32_C(0x0A000000) // 10.0.0.0
#define POOL_LAST UINT32_C(0x0AFFFFFF)

// A range of IPv4 addresses, both ends included.
typedef struct {
    uint32_t first, last;
} Range;

static bool has_family(const GArray *addresses, int family)
{
    for (guint i = 0; i < addresses->len; i++) {
        if (g_array_index(addresses, Address, i).family == family)
            return true;
    }
    return false;
}

// The interface that `given` is for; NULL after an error.
static InterfaceSpec *given_find_interface(const Loader *loader, const NodeDraft *draft,
                                           const GivenAddress *given)
{
    const GPtrArray *interfaces = draft->spec->interfaces;
    g_autofree char *where = node_where(draft->spec, "address");
    const InterfaceSpec *first = interfaces->len > 0 ? g_ptr_array_index(interfaces, 0) : NULL;

    if (given->interface == NULL && interfaces->len == 1)
        return g_ptr_array_index(interfaces, 0);
    if (given->interface == NULL && interfaces->len > 1)
        problems_error(loader->problems, given->position, where,
                       "%s has %u interfaces: say which one, as address: {%s: 10.0.0.1/24}",
                       draft->spec->name, interfaces->len, first->name);
    for (guint i = 0; given->interface != NULL && i < interfaces->len; i++) {
        InterfaceSpec *interface = g_ptr_array_index(interfaces, i);

        if (strcmp(interface->name, given->interface) == 0)
            return interface;
    }
    if (given->interface != NULL && interfaces->len > 0)
        problems_error(loader->problems, given->position, where,
                       "%s has no interface %s: its links make it eth0 and so on, the last is %s",
                       draft->spec->name, given->interface,
                       ((InterfaceSpec *)g_ptr_array_index(interfaces, interfaces->len - 1))->name);
    return NULL;
}

static void addressing_place_one(const Loader *loader, NodeDraft *draft, GivenAddress *given,
                                 GHashTable *owners)
{
    NodeSpec *node = draft->spec;
    InterfaceSpec *interface;
    g_autofree char *where = node_where(node, "address");
    const NodeSpec *owner = g_hash_table_lookup(owners, &given->address);

    if (owner != NULL) {
        g_autofree char *host = address_format_host(&given->address);

        problems_error(loader->problems, given->position, where,
                       "%s is an address of %s already, in line %zu", host, owner->name,
                       owner->position.line);
        return;
    }
    g_hash_table_insert(owners, &given->address, node);
    if (given->address.family == AF_INET6) {
        node->uses_ipv6 = true;
        if (node->mtu_bytes < IPV6_MIN_MTU_BYTES)
            problems_error(loader->problems, given->position, where,
                           "IPv6 needs an MTU of %d, and %s has mtu: %u", IPV6_MIN_MTU_BYTES,
                           node->name, node->mtu_bytes);
    }
    if (!loader->links_are_whole)
        return;
    given->placed = interface = given_find_interface(loader, draft, given);
    if (interface != NULL)
        g_array_append_val(interface->addresses, given->address);
}

void addressing_place(Loader *loader)
{
    // The keys live in the drafts.
    g_autoptr(GHashTable) owners =
        g_hash_table_new(address_hash, (GEqualFunc)(void (*)(void))address_is_same);

    for (guint i = 0; i < loader->drafts->len; i++) {
        NodeDraft *draft = g_ptr_array_index(loader->drafts, i);

        for (guint j = 0; j < draft->addresses->len; j++)
            addressing_place_one(loader, draft, &g_array_index(draft->addresses, GivenAddress, j),
                                 owners);
    }
}

// The subnets of a segment are those of the first address of each family; addresses of interfaces
// that have none in it are odd.
static void addressing_find_subnets(const Loader *loader, Segment *segment)
{
    for (guint i = 0; i < segment->interfaces->len; i++) {
        const InterfaceSpec *interface = g_ptr_array_index(segment->interfaces, i);
        bool is_inside[N_FAMILIES] = {false};

        for (guint j = 0; j < interface->addresses->len; j++) {
            const Address *address = &g_array_index(interface->addresses, Address, j);
            Address *subnet = &segment->subnets[family_of(address)];

            if (subnet->prefix_bits == 0)
                *subnet = address_subnet(address);
            is_inside[family_of(address)] |= address_is_within(address, subnet);
        }
        for (Family family = FAMILY_IPV4; family < N_FAMILIES; family++) {
            g_autofree char *where = NULL;
            g_autofree char *subnet = NULL;

            if (is_inside[family] ||
                !has_family(interface->addresses, family == FAMILY_IPV4 ? AF_INET : AF_INET6))
                continue;
            where = node_where(interface->node, "address");
            subnet = address_format(&segment->subnets[family]);
            problems_warn(loader->problems, interface->node->position, where,
                          "%s has no address in the subnet of its segment, %s", interface->name,
                          subnet);
        }
    }
}

static int range_compare(const void *a, const void *b)
{
    uint32_t first = ((const Range *)a)->first, second = ((const Range *)b)->first;

    return (first > second) - (first < second);
}

static uint32_t subnet_last(const Address *subnet)
{
    return address_to_ipv4(subnet) | (uint32_t)(UINT64_C(0xFFFFFFFF) >> subnet->prefix_bits);
}

// The subnets of all IPv4 addresses in the file, sorted.
static GArray *addressing_taken_ranges(const Loader *loader)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Range));

    for (guint i = 0; i < loader->drafts->len; i++) {
        const NodeDraft *draft = g_ptr_array_index(loader->drafts, i);

        for (guint j = 0; j < draft->addresses->len; j++) {
            Address subnet =
                address_subnet(&g_array_index(draft->addresses, GivenAddress, j).address);
            Range range;

            if (subnet.family != AF_INET)
                continue;
            range = (Range){address_to_ipv4(&subnet), subnet_last(&subnet)};
            g_array_append_val(ranges, range);
        }
    }
    g_array_sort(ranges, range_compare);
    return ranges;
}

// What is left of 10.0.0.0/8.
typedef struct {
    GArray *taken;    // of Range, sorted
    guint next_taken; // ranges below end before `next`
    uint64_t next;    // the first address not given out
} Pool;

// The next aligned subnet of that size that nothing in the file overlaps; false when none is left.
static bool pool_take(Pool *pool, unsigned prefix_bits, Address *subnet)
{
    uint64_t size = UINT64_C(1) << (32 - prefix_bits);
    uint64_t first = (pool->next + size - 1) / size * size;

    for (guint i = pool->next_taken; i < pool->taken->len; i++) {
        const Range *range = &g_array_index(pool->taken, Range, i);

        if (range->first >= first + size)
            break;
        if (range->last >= first)
            first = ((uint64_t)range->last + size) / size * size;
        else if (i == pool->next_taken)
            pool->next_taken++;
    }
    if (first + size - 1 > POOL_LAST)
        return false;
    pool->next = first + size;
    *subnet = address_from_ipv4((uint32_t)first, prefix_bits);
    return true;
}

static guint segment_n_without_address(const Segment *segment)
{
    guint n_without = 0;

    for (guint i = 0; i < segment->interfaces->len; i++) {
        const InterfaceSpec *interface = g_ptr_array_index(segment->interfaces, i);

        n_without += interface->addresses->len == 0;
    }
    return n_without;
}

static bool segment_take_subnet(const Loader *loader, Segment *segment, Pool *pool)
{
    guint n_hosts = segment_n_without_address(segment);
    const InterfaceSpec *first = g_ptr_array_index(segment->interfaces, 0);
    unsigned prefix_bits = SEGMENT_PREFIX_BITS;
    g_autofree char *where = NULL;

    while (prefix_bits > POOL_PREFIX_BITS && (UINT64_C(1) << (32 - prefix_bits)) - 2 < n_hosts)
        prefix_bits--;
    if (pool_take(pool, prefix_bits, &segment->subnets[FAMILY_IPV4]))
        return true;
    where = link_where(loader, first->link);
    problems_error(
        loader->problems, first->link->position, where,
        "no subnet of 10.0.0.0/8 is left for its %u hosts: give them an address:", n_hosts);
    return false;
}

// Gives the interfaces of one segment that have none their addresses.
static void segment_give_out(const Loader *loader, Segment *segment, GHashTable *used)
{
    const Address *subnet = &segment->subnets[FAMILY_IPV4];
    bool has_ends = subnet->prefix_bits < 31; // the subnet's and the broadcast address (RFC 3021)
    uint64_t next = (uint64_t)address_to_ipv4(subnet) + has_ends;
    uint64_t last = (uint64_t)subnet_last(subnet) - has_ends;

    for (guint i = 0; i < segment->interfaces->len; i++) {
        InterfaceSpec *interface = g_ptr_array_index(segment->interfaces, i);
        Address address;

        if (interface->addresses->len > 0)
            continue;
        while (next <= last && g_hash_table_contains(used, GUINT_TO_POINTER(next)))
            next++;
        if (next > last) {
            g_autofree char *where = node_where(interface->node, NULL);
            g_autofree char *text = address_format(subnet);

            problems_error(loader->problems, interface->node->position, where,
                           "no address is left for it in %s, the subnet of its segment: give the "
                           "segment's hosts a wider one",
                           text);
            return;
        }
        address = address_from_ipv4((uint32_t)next++, subnet->prefix_bits);
        g_array_append_val(interface->addresses, address);
    }
}

void addressing_complete(Loader *loader, Segments *segments)
{
    g_autoptr(GArray) taken = addressing_taken_ranges(loader);
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    Pool pool = {.taken = taken, .next = POOL_FIRST};

    for (guint i = 0; i < loader->drafts->len; i++) {
        const NodeDraft *draft = g_ptr_array_index(loader->drafts, i);

        for (guint j = 0; j < draft->addresses->len; j++) {
            const Address *address = &g_array_index(draft->addresses, GivenAddress, j).address;

            if (address->family == AF_INET)
                g_hash_table_add(used, GUINT_TO_POINTER(address_to_ipv4(address)));
        }
    }
    for (guint i = 0; i < segments_count(segments); i++) {
        Segment *segment = segments_get(segments, i);

        addressing_find_subnets(loader, segment);
        if (segment_n_without_address(segment) == 0)
            continue;
        if (segment->subnets[FAMILY_IPV4].prefix_bits == 0 &&
            !segment_take_subnet(loader, segment, &pool))
            return;
        segment_give_out(loader, segment, used);
    }
}
