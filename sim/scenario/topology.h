// SPDX-License-Identifier: Apache-2.0
// Topology: the links and nodes of a Scenario as objects on an Engine, joined to each other. What
// stands behind a host's interface (a device, or a test) is connected from outside.
#pragma once

#include "core/engine.h"
#include "links/link.h"
#include "sim/nodes/node.h"
#include "sim/scenario/scenario.h"

typedef struct Topology Topology;

// Scenario and engine must outlive it.
Topology *topology_new(const Scenario *scenario, Engine *engine);

// Frees the frames that its links hold.
void topology_free(Topology *topology);

// Never NULL for a link of the scenario; NULL for a node that is a host.
Link *topology_link(const Topology *topology, const LinkSpec *spec);
Node *topology_node(const Topology *topology, const NodeSpec *spec);

// For a host's interface: where frames from the host enter, and, once, where frames to it go.
Sink *topology_entry(const Topology *topology, const InterfaceSpec *spec);
void topology_connect(Topology *topology, const InterfaceSpec *spec, Sink *out);

// For a port of a switch or hub: has `observer` see what enters and leaves there.
void topology_observe(Topology *topology, const InterfaceSpec *spec, Observer *observer);

// The direction of a link in which frames travel from, or to, an interface.
LinkDirection interface_direction_out(const InterfaceSpec *spec);
LinkDirection interface_direction_in(const InterfaceSpec *spec);
