// SPDX-License-Identifier: Apache-2.0
// Makes one Link for each link of the scenario, one Node for each switch and hub, and joins them.
#include "sim/scenario/topology.h"

struct Topology {
    const Scenario *scenario;
    GHashTable *links;       // LinkSpec to Link, owned
    GHashTable *nodes;       // NodeSpec to Node, owned; hosts are not in it
    bool exits_have_changed; // since link_set_beyond() was last told
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

static bool node_is_inside(const NodeSpec *spec)
{
    return topology_node_class(spec->kind) != NULL;
}

// For each node that is not a host: how soon a frame that arrives there may leave the simulation.
// The shortest way to any host, found by relaxation; that back to where it came from counts too.
typedef struct {
    const Topology *topology;
    GHashTable *exit_ns; // NodeSpec to int64_t, owned
} ExitTimes;

static int64_t exit_time_of(const ExitTimes *times, const NodeSpec *spec)
{
    const int64_t *exit_ns = g_hash_table_lookup(times->exit_ns, spec);

    return exit_ns != NULL ? *exit_ns : 0;
}

// Returns whether it has become shorter.
static bool exit_time_relax(ExitTimes *times, const NodeSpec *spec)
{
    int64_t *exit_ns = g_hash_table_lookup(times->exit_ns, spec);
    bool has_changed = false;

    for (guint i = 0; i < spec->interfaces->len; i++) {
        const InterfaceSpec *port = g_ptr_array_index(spec->interfaces, i);
        const NodeSpec *next = port->link->ends[1 - port->end]->node;
        int64_t least_ns = link_least_ns(topology_link(times->topology, port->link),
                                         interface_direction_out(port));
        int64_t beyond_ns = exit_time_of(times, next);

        if (beyond_ns < *exit_ns - least_ns) {
            *exit_ns = least_ns + beyond_ns;
            has_changed = true;
        }
    }
    return has_changed;
}

static void topology_set_beyond(Topology *topology)
{
    const GPtrArray *nodes = topology->scenario->nodes, *links = topology->scenario->links;
    ExitTimes times = {topology, g_hash_table_new_full(NULL, NULL, NULL, g_free)};
    bool has_changed = true;

    for (guint i = 0; i < nodes->len; i++) {
        const NodeSpec *spec = g_ptr_array_index(nodes, i);

        if (node_is_inside(spec))
            g_hash_table_insert(times.exit_ns, (gpointer)spec,
                                g_memdup2(&(int64_t){INT64_MAX / 2}, sizeof(int64_t)));
    }
    while (has_changed) {
        has_changed = false;
        for (guint i = 0; i < nodes->len; i++)
            if (node_is_inside(g_ptr_array_index(nodes, i)))
                has_changed |= exit_time_relax(&times, g_ptr_array_index(nodes, i));
    }
    for (guint i = 0; i < links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(links, i);

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
            link_set_beyond(
                topology_link(topology, spec), direction,
                exit_time_of(&times, spec->ends[direction == LINK_FORWARD ? 1 : 0]->node));
    }
    g_hash_table_unref(times.exit_ns);
}

Topology *topology_new(const Scenario *scenario, Engine *engine)
{
    Topology *topology = g_new0(Topology, 1);

    topology->scenario = scenario;
    topology->links = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)link_free);
    topology->nodes = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)node_free);
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(scenario->links, i);

        g_hash_table_insert(
            topology->links, (gpointer)spec,
            link_new(engine, scenario->seed, spec->name, spec->directions[0], spec->directions[1]));
    }
    for (guint i = 0; i < scenario->nodes->len; i++)
        topology_add_node(topology, engine, g_ptr_array_index(scenario->nodes, i));
    topology_set_beyond(topology);
    return topology;
}

void topology_free(Topology *topology)
{
    g_hash_table_unref(topology->links);
    g_hash_table_unref(topology->nodes);
    g_free(topology);
}

Link *topology_link(const Topology *topology, const LinkSpec *spec)
{
    return g_hash_table_lookup(topology->links, spec);
}

// Frames that leave a host take whatever way they find: only what lies behind a node inside, from
// which the direction leads on, is nearer or farther than it was.
void topology_configure(Topology *topology, const LinkSpec *spec, LinkDirection direction,
                        const LinkConfig *config)
{
    Link *link = topology_link(topology, spec);
    int64_t least_ns = link_least_ns(link, direction);

    link_configure(link, direction, config);
    if (node_is_inside(spec->ends[direction == LINK_FORWARD ? 0 : 1]->node) &&
        link_least_ns(link, direction) != least_ns)
        topology->exits_have_changed = true;
}

void topology_settle(Topology *topology)
{
    if (topology->exits_have_changed)
        topology_set_beyond(topology);
    topology->exits_have_changed = false;
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
