// SPDX-License-Identifier: Apache-2.0
// Ports lead straight into probes: a node alone, without links.
#include "tests/support/node_rig.h"

#include "tests/support/ethernet.h"

void node_rig_open(NodeRig *rig, const NodeClass *class, unsigned n_ports, const NodeConfig *config,
                   uint64_t pool_bytes)
{
    g_assert_cmpuint(n_ports, <=, NODE_RIG_MAX_PORTS);
    rig->engine = engine_new();
    rig->pool = frame_pool_new(pool_bytes);
    g_assert_nonnull(rig->pool);
    rig->node = node_new(class, rig->engine, n_ports, config);
    rig->n_ports = n_ports;
    for (unsigned port = 0; port < n_ports; port++) {
        probe_init(&rig->probe[port], rig->engine);
        node_connect(rig->node, port, &rig->probe[port].sink);
    }
}

static void node_rig_assert_conservation(const NodeRig *rig)
{
    const NodeCounters *counters = &rig->node->counters;

    g_assert_cmpuint(counter_get(&counters->in_frames) + counter_get(&counters->copied_frames), ==,
                     counter_get(&counters->out_frames) + drop_total(&counters->drops));
}

void node_rig_close(NodeRig *rig)
{
    node_rig_assert_conservation(rig);
    node_free(rig->node);
    for (unsigned port = 0; port < rig->n_ports; port++)
        probe_clear(&rig->probe[port]);
    frame_pool_free(rig->pool); // asserts that no frame is out
    engine_free(rig->engine);
}

void node_rig_send(NodeRig *rig, unsigned port, uint64_t destination, uint64_t source)
{
    sink_push(node_port(rig->node, port), ethernet_frame_new(rig->pool, destination, source, 60));
}

void node_rig_assert_reached(NodeRig *rig, unsigned ports)
{
    for (unsigned port = 0; port < rig->n_ports; port++) {
        g_assert_cmpuint(probe_count(&rig->probe[port]), ==, ports >> port & 1);
        probe_reset(&rig->probe[port]);
    }
    node_rig_assert_conservation(rig);
}

uint64_t node_rig_dropped(const NodeRig *rig, DropReason reason)
{
    return counter_get(&rig->node->counters.drops.frames[reason]);
}
