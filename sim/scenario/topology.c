// SPDX-License-Identifier: Apache-2.0
// Makes one Link for each link of the scenario, one Node for each switch and hub, and joins them.
#include "sim/scenario/topology.h"

#include "sim/scenario/exit_times.h"

struct Topology {
    GPtrArray *links;  // of Link, owned, in the scenario's order
    GHashTable *nodes; // NodeSpec to Node, owned; hosts are not in it
    ExitTimes *exit_times;
};

LinkDirection interface_direction_out(const InterfaceSpec *spec)
{
    return spec->end == 0 ? LINK_FORWARD : LINK_REVERSE;
}

LinkDirection interface_direction_in(const InterfaceSpec *spec)
{
    return spec->end == 0 ? LINK_REVERSE : LINK_FORWARD;
}

static const NodeClass *topology_node_class(NodeKind kind)
{
    switch (kind) {
    case NODE_SWITCH:
        return &switch_node_class;
    case NODE_HUB:
        return &hub_node_class;
    case NODE_HOST:
        break;
    }
    return NULL;
}

static void topology_add_node(Topology *topology, Engine *engine, const NodeSpec *spec)
{
    const NodeClass *class = topology_node_class(spec->kind);
    NodeConfig config = {.ageing_ns = spec->ageing_ns};
    Node *node;

    if (class == NULL)
        return;
    node = node_new(class, engine, spec->interfaces->len, &config);
    g_hash_table_insert(topology->nodes, (gpointer)spec, node);
    for (guint i = 0; i < spec->interfaces->len; i++) {
        const InterfaceSpec *port = g_ptr_array_index(spec->interfaces, i);

        node_connect(node, i, topology_entry(topology, port));
        topology_connect(topology, port, node_port(node, i));
    }
}

Topology *topology_new(const Scenario *scenario, Engine *engine)
{
    Topology *topology = g_new0(Topology, 1);

    topology->links = g_ptr_array_new_with_free_func((GDestroyNotify)link_free);
    topology->nodes = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)node_free);
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(scenario->links, i);

        g_ptr_array_add(topology->links, link_new(engine, scenario->seed, spec->name,
                                                  spec->directions[0], spec->directions[1]));
    }
    for (guint i = 0; i < scenario->nodes->len; i++)
        topology_add_node(topology, engine, g_ptr_array_index(scenario->nodes, i));
    topology->exit_times = exit_times_new(scenario, engine, (Link *const *)topology->links->pdata);
    return topology;
}

void topology_free(Topology *topology)
{
    exit_times_free(topology->exit_times);
    g_ptr_array_unref(topology->links);
    g_hash_table_unref(topology->nodes);
    g_free(topology);
}

Link *topology_link(const Topology *topology, const LinkSpec *spec)
{
    return g_ptr_array_index(topology->links, spec->number);
}

Node *topology_node(const Topology *topology, const NodeSpec *spec)
{
    return g_hash_table_lookup(topology->nodes, spec);
}

Sink *topology_entry(const Topology *topology, const InterfaceSpec *spec)
{
    return link_entry(topology_link(topology, spec->link), interface_direction_out(spec));
}

void topology_connect(Topology *topology, const InterfaceSpec *spec, Sink *out)
{
    link_connect(topology_link(topology, spec->link), interface_direction_in(spec), out);
}

void topology_observe(Topology *topology, const InterfaceSpec *spec, Observer *observer)
{
    guint port;
    bool is_port = g_ptr_array_find(spec->node->interfaces, spec, &port);

    g_assert(is_port);
    node_observe(topology_node(topology, spec->node), port, observer);
}
