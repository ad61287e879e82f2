// SPDX-License-Identifier: Apache-2.0
// Looks for subnets of the file that overlap though they are on different segments: no route can
// tell such hosts apart. That may be meant, so it is a warning.
//
// How it works: two subnets overlap only when one contains the other. Sorted by their first
// addresses, larger ones first, every subnet is contained in the last one before it that no other
// contains, or in none.
#include <string.h>

#include "sim/scenario/address.h"
#include "sim/scenario/loader.h"

typedef struct {
    const GivenAddress *given;
    Address subnet;
} GivenSubnet;

// Every link has link-local addresses of its own (RFC 3927, RFC 4291).
static bool subnet_is_link_local(const Address *subnet)
{
    const uint8_t *bytes = address_bytes(subnet);

    return subnet->family == AF_INET ? bytes[0] == 169 && bytes[1] == 254
                                     : bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static int subnet_compare(const void *first, const void *second)
{
    const GivenSubnet *a = first, *b = second;
    int order;

    if (a->subnet.family != b->subnet.family)
        return a->subnet.family < b->subnet.family ? -1 : 1;
    order = memcmp(address_bytes(&a->subnet), address_bytes(&b->subnet),
                   address_family_bits(a->subnet.family) / 8);
    if (order != 0)
        return order;
    if (a->subnet.prefix_bits != b->subnet.prefix_bits)
        return a->subnet.prefix_bits < b->subnet.prefix_bits ? -1 : 1;
    if (a->given->position.line != b->given->position.line)
        return a->given->position.line < b->given->position.line ? -1 : 1;
    return a->given->position.column < b->given->position.column ? -1 : 1;
}

static GArray *overlap_subnets(const Loader *loader)
{
    GArray *subnets = g_array_new(FALSE, FALSE, sizeof(GivenSubnet));

    for (guint i = 0; i < loader->drafts->len; i++) {
        const NodeDraft *draft = g_ptr_array_index(loader->drafts, i);

        for (guint j = 0; j < draft->addresses->len; j++) {
            const GivenAddress *given = &g_array_index(draft->addresses, GivenAddress, j);
            GivenSubnet subnet = {given, address_subnet(&given->address)};

            if (!subnet_is_link_local(&subnet.subnet))
                g_array_append_val(subnets, subnet);
        }
    }
    g_array_sort(subnets, subnet_compare);
    return subnets;
}

static void overlap_warn(const Loader *loader, const GivenSubnet *inner, const GivenSubnet *outer)
{
    const InterfaceSpec *here = inner->given->placed, *there = outer->given->placed;
    g_autofree char *where = node_where(here->node, "address");
    g_autofree char *subnet = address_format(&inner->subnet);
    g_autofree char *other = address_format(&outer->subnet);

    problems_warn(loader->problems, inner->given->position, where,
                  "%s of %s overlaps %s of %s:%s on another segment: no route can tell them apart",
                  subnet, here->name, other, there->node->name, there->name);
}

void overlap_check(Loader *loader, const Segments *segments)
{
    g_autoptr(GArray) subnets = overlap_subnets(loader);
    g_autoptr(GHashTable) warned = g_hash_table_new(NULL, NULL); // segments, of `outer`
    const GivenSubnet *outer = NULL;

    for (guint i = 0; i < subnets->len; i++) {
        const GivenSubnet *subnet = &g_array_index(subnets, GivenSubnet, i);
        Segment *segment = segments_of(segments, subnet->given->placed);

        if (outer == NULL || !address_is_within(&subnet->subnet, &outer->subnet)) {
            outer = subnet;
            g_hash_table_remove_all(warned);
        } else if (segment != segments_of(segments, outer->given->placed) &&
                   g_hash_table_add(warned, segment)) {
            overlap_warn(loader, subnet, outer);
        }
    }
}
