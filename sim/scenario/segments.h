// SPDX-License-Identifier: Apache-2.0
// Segment: the interfaces of hosts that share a broadcast domain, joined through links, switches
// and hubs: what one subnet is for.
#pragma once

#include <glib.h>

#include "sim/scenario/scenario.h"

typedef enum { FAMILY_IPV4, FAMILY_IPV6, N_FAMILIES } Family;

typedef struct {
    guint index;           // in the order of each segment's first link
    GPtrArray *interfaces; // of hosts only, in the order of the nodes
    // Of each family; prefix_bits 0 for none. Set by addressing.
    Address subnets[N_FAMILIES];
} Segment;

typedef struct Segments Segments;

// Every link of the scenario must have both ends. Interfaces must outlive the segments.
Segments *segments_new(const Scenario *scenario);
void segments_free(Segments *segments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Segments, segments_free)

guint segments_count(const Segments *segments);
Segment *segments_get(const Segments *segments, guint index);
Segment *segments_of(const Segments *segments, const InterfaceSpec *interface);

Family family_of(const Address *address);
