// SPDX-License-Identifier: Apache-2.0
// NodeRig: one node on an engine of its own with a Probe at each port. Every check of where a frame
// went also checks the node's conservation: in + copied = out + dropped.
#pragma once

#include "sim/nodes/node.h"
#include "tests/support/probe.h"

enum { NODE_RIG_MAX_PORTS = 8 };

typedef struct {
    Engine *engine;
    FramePool *pool;
    Node *node;
    unsigned n_ports;
    Probe probe[NODE_RIG_MAX_PORTS];
} NodeRig;

// `pool_bytes` bounds the memory for frames.
void node_rig_open(NodeRig *rig, const NodeClass *class, unsigned n_ports, const NodeConfig *config,
                   uint64_t pool_bytes);
void node_rig_close(NodeRig *rig);

// A frame of 60 bytes arrives at `port`; addresses as in ethernet_frame_new().
void node_rig_send(NodeRig *rig, unsigned port, uint64_t destination, uint64_t source);

// Fails the test unless, since the last call, exactly one frame left each port whose bit is set in
// `ports`, and none any other.
void node_rig_assert_reached(NodeRig *rig, unsigned ports);

uint64_t node_rig_dropped(const NodeRig *rig, DropReason reason);
