// SPDX-License-Identifier: Apache-2.0
// Checks what is joined to what: no node without a link, no loop of switches and hubs, TUN hosts
// only opposite TUN hosts, one MTU on a segment.
#include "sim/scenario/loader.h"

enum { WIRING_MAX_LOOPS = 10 }; // that are followed and told

static bool node_is_bridge(const NodeSpec *node)
{
    return node->kind == NODE_SWITCH || node->kind == NODE_HUB;
}

static bool link_is_whole(const LinkSpec *link)
{
    return link->ends[0] != NULL && link->ends[1] != NULL;
}

static void wiring_check_node(const Loader *loader, const NodeSpec *node)
{
    g_autofree char *where = NULL;

    if (node->interfaces->len > 0 || !loader->links_are_whole)
        return;
    where = node_where(node, NULL);
    problems_error(loader->problems, node->position, where,
                   "has no link: name it in the endpoints of one, or remove it");
}

static void wiring_check_devices(const Loader *loader, const LinkSpec *link)
{
    for (unsigned end = 0; end < 2 && link_is_whole(link); end++) {
        const NodeSpec *tun = link->ends[end]->node, *other = link->ends[!end]->node;
        g_autofree char *where = NULL;

        if (tun->kind != NODE_HOST || tun->device != DEVICE_TUN ||
            (other->kind == NODE_HOST && other->device == DEVICE_TUN))
            continue;
        where = link_where(loader, link);
        if (node_is_bridge(other))
            problems_error(loader->problems, link->position, where,
                           "%s has a TUN device, whose IP packets %s cannot switch: give it "
                           "device: tap",
                           tun->name, other->name);
        else
            problems_error(loader->problems, link->position, where,
                           "%s has a TUN and %s a TAP device: give both the same device:",
                           tun->name, other->name);
    }
}

// The root of a node's tree of bridges, halving the path to it (union-find).
static NodeSpec *bridge_root(GHashTable *parents, NodeSpec *node)
{
    for (;;) {
        NodeSpec *parent = g_hash_table_lookup(parents, node);
        NodeSpec *above = parent != NULL ? g_hash_table_lookup(parents, parent) : NULL;

        if (parent == NULL)
            return node;
        if (above == NULL)
            return parent;
        g_hash_table_insert(parents, node, above);
        node = above;
    }
}

static NodeSpec *link_other_node(const LinkSpec *link, const NodeSpec *node)
{
    return link->ends[link->ends[0]->node == node]->node;
}

// A link whose name is wrong has none.
static const char *link_label(const LinkSpec *link)
{
    return link->name != NULL ? link->name : "?";
}

// The names of the links on the way between the ends of `link` and its own: "a-b, b-c, c-a". The
// forest holds exactly one such way; a breadth-first search from the second end finds it.
static char *wiring_loop(const Loader *loader, const LinkSpec *link)
{
    NodeSpec *to = link->ends[0]->node, *from = link->ends[1]->node;
    g_autoptr(GPtrArray) queue = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GString *names = g_string_new(NULL);

    g_ptr_array_add(queue, from);
    g_hash_table_add(seen, from);
    for (guint i = 0; i < queue->len && !g_hash_table_contains(seen, to); i++) {
        NodeSpec *node = g_ptr_array_index(queue, i);
        const NodeDraft *draft = loader_draft(loader, node);

        for (guint j = 0; j < draft->forest->len; j++) {
            const LinkSpec *branch = g_ptr_array_index(draft->forest, j);
            NodeSpec *next = link_other_node(branch, node);

            if (g_hash_table_add(seen, next)) {
                loader_draft(loader, next)->reached_from = branch;
                g_ptr_array_add(queue, next);
            }
        }
    }
    for (NodeSpec *node = to; node != from;) {
        const LinkSpec *branch = loader_draft(loader, node)->reached_from;

        g_string_append_printf(names, "%s, ", link_label(branch));
        node = link_other_node(branch, node);
    }
    g_string_append(names, link_label(link));
    return g_string_free(names, FALSE);
}

// Grows a forest of bridges link by link; a link between two nodes of one tree closes a loop.
static void wiring_check_loops(const Loader *loader)
{
    const GPtrArray *links = loader->scenario->links;
    g_autoptr(GHashTable) parents = g_hash_table_new(NULL, NULL);
    unsigned n_loops = 0;

    for (guint i = 0; i < links->len && n_loops < WIRING_MAX_LOOPS; i++) {
        LinkSpec *link = g_ptr_array_index(links, i);
        NodeSpec *roots[2];

        if (!link_is_whole(link) || link->ends[0]->node == link->ends[1]->node ||
            !node_is_bridge(link->ends[0]->node) || !node_is_bridge(link->ends[1]->node))
            continue;
        for (unsigned end = 0; end < 2; end++)
            roots[end] = bridge_root(parents, link->ends[end]->node);
        if (roots[0] == roots[1]) {
            g_autofree char *where = link_where(loader, link);
            g_autofree char *names = wiring_loop(loader, link);

            problems_error(loader->problems, link->position, where,
                           "closes a loop of switches and hubs (%s), in which frames would circle "
                           "for ever: remove one of these links",
                           names);
            n_loops++;
            continue;
        }
        g_hash_table_insert(parents, roots[0], roots[1]);
        for (unsigned end = 0; end < 2; end++)
            g_ptr_array_add(loader_draft(loader, link->ends[end]->node)->forest, link);
    }
}

void wiring_check(Loader *loader)
{
    const Scenario *scenario = loader->scenario;

    for (guint i = 0; i < scenario->nodes->len; i++)
        wiring_check_node(loader, g_ptr_array_index(scenario->nodes, i));
    for (guint i = 0; i < scenario->links->len; i++)
        wiring_check_devices(loader, g_ptr_array_index(scenario->links, i));
    wiring_check_loops(loader);
}

static void wiring_warn_mtu(const Loader *loader, const Segment *segment)
{
    const InterfaceSpec *first = g_ptr_array_index(segment->interfaces, 0);

    for (guint i = 1; i < segment->interfaces->len; i++) {
        const InterfaceSpec *other = g_ptr_array_index(segment->interfaces, i);
        g_autofree char *where = NULL;

        if (other->mtu_bytes == first->mtu_bytes)
            continue;
        where = node_where(other->node, "mtu");
        problems_warn(loader->problems, other->node->position, where,
                      "%s:%s has an MTU of %u, and %s:%s on the same segment one of %u: packets "
                      "that one sends may be too long for the other",
                      other->node->name, other->name, other->mtu_bytes, first->node->name,
                      first->name, first->mtu_bytes);
        return;
    }
}

void wiring_complete(Loader *loader, const Segments *segments)
{
    const Scenario *scenario = loader->scenario;
    g_autofree uint32_t *largest_bytes = g_new0(uint32_t, segments_count(segments) + 1);

    for (guint i = 0; i < segments_count(segments); i++) {
        const Segment *segment = segments_get(segments, i);

        for (guint j = 0; j < segment->interfaces->len; j++) {
            const InterfaceSpec *interface = g_ptr_array_index(segment->interfaces, j);

            largest_bytes[i] = MAX(largest_bytes[i], interface->mtu_bytes);
        }
        if (segment->interfaces->len > 0)
            wiring_warn_mtu(loader, segment);
    }
    for (guint i = 0; i < scenario->nodes->len; i++) {
        NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        for (guint j = 0; node_is_bridge(node) && j < node->interfaces->len; j++) {
            InterfaceSpec *port = g_ptr_array_index(node->interfaces, j);
            uint32_t mtu_bytes = largest_bytes[segments_of(segments, port)->index];

            if (mtu_bytes > 0)
                port->mtu_bytes = mtu_bytes;
            node->mtu_bytes = MAX(node->mtu_bytes, port->mtu_bytes);
        }
    }
}
