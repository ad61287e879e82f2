// SPDX-License-Identifier: Apache-2.0
// Switch: a transparent bridge (IEEE 802.1D, 7.7 to 7.9). It learns at which port a source address
// was last seen, sends frames to a learnt address there, and floods what is unknown or multicast.
// It sends no spanning-tree frames: loops are refused before a run.
//
// How it works: addresses are kept in a table of fixed size, as in a real switch, so learning takes
// no memory. An address is looked for in the few slots behind its hash; when all are taken, the one
// not seen for the longest time is forgotten, and its frames are flooded until it is seen again.
#include <glib.h>

#include "sim/nodes/node.h"

enum {
    SWITCH_TABLE_BITS = 14,
    SWITCH_PROBES = 8,
    SWITCH_N_SLOTS = (1 << SWITCH_TABLE_BITS) + SWITCH_PROBES,
    MAC_BYTES = 6,
};

#define SWITCH_NEVER_NS INT64_MIN

typedef struct {
    uint64_t address; // 48 bits; 0 in an empty slot
    int64_t seen_ns;  // when a frame last came from it; before all time in an empty slot
    unsigned port;
} LearntAddress;

typedef struct {
    Node node;
    int64_t ageing_ns;
    LearntAddress *table; // SWITCH_N_SLOTS slots
} SwitchNode;

#define MAC_GROUP_BIT (UINT64_C(1) << 40)
#define MAC_LINK_LOCAL UINT64_C(0x0180c2000000) // and the 15 after it (802.1D, table 7-10)

static uint64_t mac_load(const uint8_t *bytes)
{
    uint64_t address = 0;

    for (int i = 0; i < MAC_BYTES; i++)
        address = address << 8 | bytes[i];
    return address;
}

static LearntAddress *switch_slots(const SwitchNode *self, uint64_t address)
{
    return &self->table[address * UINT64_C(0x9E3779B97F4A7C15) >> (64 - SWITCH_TABLE_BITS)];
}

static void switch_learn(SwitchNode *self, uint64_t address, unsigned port)
{
    LearntAddress *slots = switch_slots(self, address);
    LearntAddress *slot = slots; // its own, else an empty one, else the one seen longest ago

    for (int i = 0; i < SWITCH_PROBES; i++) {
        if (slots[i].address == address) {
            slot = &slots[i];
            break;
        }
        if (slots[i].seen_ns < slot->seen_ns)
            slot = &slots[i];
    }
    *slot = (LearntAddress){address, engine_now(self->node.engine), port};
}

// The port of a learnt address, or NULL.
static Port *switch_find(SwitchNode *self, uint64_t address)
{
    LearntAddress *slots = switch_slots(self, address);
    int64_t oldest_ns = engine_now(self->node.engine) - self->ageing_ns;

    for (int i = 0; i < SWITCH_PROBES; i++)
        if (slots[i].address == address && slots[i].seen_ns >= oldest_ns)
            return &self->node.ports[slots[i].port];
    return NULL;
}

static void switch_receive(Node *node, Port *port, Frame *frame)
{
    SwitchNode *self = (SwitchNode *)node;
    uint64_t destination, source;
    Port *out;

    if (frame->length_bytes < FRAME_ETHERNET_HEADER_BYTES) {
        node_drop(node, frame, DROP_MALFORMED);
        return;
    }
    destination = mac_load(frame_bytes(frame));
    source = mac_load(frame_bytes(frame) + MAC_BYTES);
    if (source != 0 && (source & MAC_GROUP_BIT) == 0)
        switch_learn(self, source, port->number);

    if ((destination & ~UINT64_C(0xf)) == MAC_LINK_LOCAL) {
        node_drop(node, frame, DROP_LINK_LOCAL);
        return;
    }
    out = (destination & MAC_GROUP_BIT) == 0 ? switch_find(self, destination) : NULL;
    if (out == NULL)
        node_flood(node, port, frame);
    else if (out == port)
        node_drop(node, frame, DROP_FILTERED);
    else
        node_send(node, out, frame);
}

static void switch_init(Node *node, const NodeConfig *config)
{
    SwitchNode *self = (SwitchNode *)node;

    self->ageing_ns = config->ageing_ns;
    self->table = g_new(LearntAddress, SWITCH_N_SLOTS);
    for (int i = 0; i < SWITCH_N_SLOTS; i++)
        self->table[i] = (LearntAddress){.seen_ns = SWITCH_NEVER_NS};
}

static void switch_clear(Node *node)
{
    g_free(((SwitchNode *)node)->table);
}

const NodeClass switch_node_class = {
    .name = "switch",
    .summary = "a learning switch",
    .node_bytes = sizeof(SwitchNode),
    .init = switch_init,
    .clear = switch_clear,
    .receive = switch_receive,
};
