// SPDX-License-Identifier: Apache-2.0
// FlowMemory: which flows have been seen, in fixed memory. It knows the last FLOW_MEMORY_FLOWS of
// them; when another comes, the one that was first seen longest ago is forgotten.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct FlowMemory FlowMemory;

enum { FLOW_MEMORY_FLOWS = 1 << 16 };

// Takes 1 MiB of address space, of which only what is used is touched.
FlowMemory *flow_memory_new(void);
void flow_memory_free(FlowMemory *memory);

// Whether the flow of that hash is new; it is known from then on. Hashes of 64 bits that agree are
// one flow: among so many flows that happens once in 10^10 runs.
bool flow_memory_add(FlowMemory *memory, uint64_t hash);
