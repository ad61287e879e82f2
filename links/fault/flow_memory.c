// SPDX-License-Identifier: Apache-2.0
// How it works: flows stand in a ring in the order in which they came, and a table twice as large
// finds a flow's place in it: open addressing with linear probing. A flow is taken out of the table
// by moving those behind it up (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
#include "links/fault/flow_memory.h"

#include <glib.h>

enum { TABLE_SLOTS = 2 * FLOW_MEMORY_FLOWS, SLOT_MASK = TABLE_SLOTS - 1, NO_FLOW = 0 };

struct FlowMemory {
    uint64_t n_added;
    uint64_t hashes[FLOW_MEMORY_FLOWS]; // the ring
    uint32_t slots[TABLE_SLOTS];        // place in the ring plus one, or NO_FLOW
};

FlowMemory *flow_memory_new(void)
{
    return g_new0(FlowMemory, 1);
}

void flow_memory_free(FlowMemory *memory)
{
    g_free(memory);
}

static uint64_t slot_hash(const FlowMemory *memory, uint32_t slot)
{
    return memory->hashes[memory->slots[slot] - 1];
}

// Where the hash stands, or the empty slot where it would.
static uint32_t flow_slot(const FlowMemory *memory, uint64_t hash)
{
    uint32_t slot = (uint32_t)hash & SLOT_MASK;

    while (memory->slots[slot] != NO_FLOW && slot_hash(memory, slot) != hash)
        slot = (slot + 1) & SLOT_MASK;
    return slot;
}

static void flow_forget(FlowMemory *memory, uint64_t hash)
{
    uint32_t empty = flow_slot(memory, hash), slot = empty;

    for (;;) {
        uint32_t home;

        slot = (slot + 1) & SLOT_MASK;
        if (memory->slots[slot] == NO_FLOW)
            break;
        home = (uint32_t)slot_hash(memory, slot) & SLOT_MASK;
        // It may stand anywhere from its home on, so not in front of that.
        if (((slot - home) & SLOT_MASK) < ((slot - empty) & SLOT_MASK))
            continue;
        memory->slots[empty] = memory->slots[slot];
        empty = slot;
    }
    memory->slots[empty] = NO_FLOW;
}

bool flow_memory_add(FlowMemory *memory, uint64_t hash)
{
    uint32_t place = (uint32_t)(memory->n_added % FLOW_MEMORY_FLOWS);

    if (memory->slots[flow_slot(memory, hash)] != NO_FLOW)
        return false;
    if (memory->n_added >= FLOW_MEMORY_FLOWS)
        flow_forget(memory, memory->hashes[place]);
    memory->slots[flow_slot(memory, hash)] = place + 1;
    memory->hashes[place] = hash;
    memory->n_added++;
    return true;
}
