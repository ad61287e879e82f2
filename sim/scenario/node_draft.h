// SPDX-License-Identifier: Apache-2.0
// NodeDraft: a node in the making, of sim/scenario/nodes.c, and what other sections must know of it
// while loading.
#pragma once

#include "sim/scenario/node_spec.h"

// An address as the file gives it to a host.
typedef struct {
    Address address;
    char *interface; // NULL: the host's only one
    SourcePosition position;
    const InterfaceSpec *placed; // once it is
} GivenAddress;

// The node, and what is no longer needed of it after loading. Parameters stand here in the types of
// parameter tables until the whole node has been read.
typedef struct {
    NodeSpec *spec;
    int kind, device, offload; // NodeKind, DeviceKind, OffloadMode
    bool forward;
    uint64_t mtu_bytes;
    int64_t ageing_ns;
    GArray *addresses;            // of GivenAddress
    GArray *route_positions;      // of SourcePosition, one for each route of the file
    bool has_routes;              // the file says `routes`
    unsigned next_interface;      // eth numbers below are taken
    GPtrArray *forest;            // of LinkSpec: to other switches and hubs, without loops
    const LinkSpec *reached_from; // in a search through the forest
} NodeDraft;

// A draft with `spec` (taken over), and everything that `defaults` says; NULL for the fallbacks.
NodeDraft *node_draft_new(NodeSpec *spec, const NodeDraft *defaults);
void node_draft_free(NodeDraft *draft);
NodeSpec *node_spec_new(void);
void node_spec_free(NodeSpec *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeSpec, node_spec_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeDraft, node_draft_free)
