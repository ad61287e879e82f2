// SPDX-License-Identifier: Apache-2.0
// Finds segments by following links through switches and hubs, each link and node once.
#include "sim/scenario/segments.h"

struct Segments {
    GPtrArray *all;      // of Segment, owned
    GHashTable *of_link; // LinkSpec to Segment
};

static void segment_free(void *item)
{
    Segment *segment = item;

    g_ptr_array_unref(segment->interfaces);
    g_free(segment);
}

static Segment *segment_new(guint index)
{
    Segment *segment = g_new0(Segment, 1);

    segment->index = index;
    segment->interfaces = g_ptr_array_new();
    return segment;
}

// Gives `link` and all that switches and hubs join to it to `segment`.
static void segments_follow(Segments *segments, Segment *segment, LinkSpec *link,
                            GHashTable *seen_nodes)
{
    g_autoptr(GPtrArray) stack = g_ptr_array_new();

    g_hash_table_insert(segments->of_link, link, segment);
    g_ptr_array_add(stack, link);
    while (stack->len > 0) {
        const LinkSpec *next = g_ptr_array_steal_index_fast(stack, stack->len - 1);

        for (unsigned end = 0; end < 2; end++) {
            NodeSpec *node = next->ends[end]->node;

            if (node->kind == NODE_HOST || !g_hash_table_add(seen_nodes, node))
                continue;
            for (guint i = 0; i < node->interfaces->len; i++) {
                const InterfaceSpec *port = g_ptr_array_index(node->interfaces, i);

                if (g_hash_table_insert(segments->of_link, port->link, segment))
                    g_ptr_array_add(stack, port->link);
            }
        }
    }
}

Segments *segments_new(const Scenario *scenario)
{
    Segments *segments = g_new0(Segments, 1);
    g_autoptr(GHashTable) seen_nodes = g_hash_table_new(NULL, NULL);

    segments->all = g_ptr_array_new_with_free_func(segment_free);
    segments->of_link = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < scenario->links->len; i++) {
        LinkSpec *link = g_ptr_array_index(scenario->links, i);

        if (!g_hash_table_contains(segments->of_link, link)) {
            Segment *segment = segment_new(segments->all->len);

            g_ptr_array_add(segments->all, segment);
            segments_follow(segments, segment, link, seen_nodes);
        }
    }
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        for (guint j = 0; node->kind == NODE_HOST && j < node->interfaces->len; j++) {
            InterfaceSpec *interface = g_ptr_array_index(node->interfaces, j);

            g_ptr_array_add(segments_of(segments, interface)->interfaces, interface);
        }
    }
    return segments;
}

void segments_free(Segments *segments)
{
    g_hash_table_unref(segments->of_link);
    g_ptr_array_unref(segments->all);
    g_free(segments);
}

guint segments_count(const Segments *segments)
{
    return segments->all->len;
}

Segment *segments_get(const Segments *segments, guint index)
{
    return g_ptr_array_index(segments->all, index);
}

Segment *segments_of(const Segments *segments, const InterfaceSpec *interface)
{
    return g_hash_table_lookup(segments->of_link, interface->link);
}

Family family_of(const Address *address)
{
    return address->family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
}
