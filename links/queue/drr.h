// SPDX-License-Identifier: Apache-2.0
// Drr: whose turn it is among flows, by the deficit round robin of FQ-CoDel (RFC 8290,
// section 4.2): flows that have only just begun to send go before those that keep a queue.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { DRR_NOWHERE, DRR_NEW, DRR_OLD } DrrPlace;

typedef struct DrrFlow DrrFlow;

// To be embedded in what a flow is. All zero but the quantum at the start.
struct DrrFlow {
    DrrFlow *next; // in its list
    int64_t deficit_bytes;
    uint32_t quantum_bytes; // what it may send each round; not 0
    DrrPlace place;
};

typedef struct {
    DrrFlow *head;
    DrrFlow **tail;
} DrrList;

typedef struct {
    DrrList new_flows, old_flows;
} Drr;

void drr_init(Drr *drr);

// A packet has come for `flow`: if it is in no list, it joins the end of that of `place` with a
// whole quantum.
void drr_join(Drr *drr, DrrFlow *flow, DrrPlace place);

// The flow whose turn it is, NULL when no flow is in a list. The caller takes a packet of it and
// calls drr_charge(), or finds none and calls drr_rest().
DrrFlow *drr_turn(Drr *drr);

static inline void drr_charge(DrrFlow *flow, uint64_t bytes)
{
    flow->deficit_bytes -= (int64_t)bytes;
}

// Whether the flow whose turn it is, of which there must be one, has no other to wait for.
bool drr_is_alone(const Drr *drr);

// Charges the flow whose turn it is for a group of packets, all but the last of `packet_bytes`, as
// if each had been taken in a turn of its own.
void drr_charge_group(Drr *drr, DrrFlow *flow, unsigned n_packets, uint64_t packet_bytes,
                      uint64_t last_bytes);

// How many packets of `packet_bytes` the flow whose turn it is may send before another has it.
static inline unsigned drr_n_packets(const Drr *drr, const DrrFlow *flow, unsigned n_wanted,
                                     uint64_t packet_bytes)
{
    uint64_t n_turn = ((uint64_t)flow->deficit_bytes - 1) / packet_bytes + 1;

    return n_wanted <= n_turn || drr_is_alone(drr) ? n_wanted : (unsigned)n_turn;
}

// The flow whose turn it is had nothing to send: a new one becomes old, an old one leaves.
void drr_rest(Drr *drr, DrrFlow *flow);
