// SPDX-License-Identifier: Apache-2.0
// Cobalt: CoDel and BLUE together, as in CAKE ("Piece of CAKE: A Comprehensive Queue Management
// Solution for Home Gateways", Høiland-Jørgensen, Täht, Morton, 2018; Linux, sch_cake). CoDel acts
// on flows that answer to a signal, BLUE on those that do not.
#pragma once

#include "links/queue/aqm.h"
#include "links/queue/codel.h"

// BLUE's steps, as shares of 2^32: 1/256 up at an overflow, 1/4096 down when empty.
#define COBALT_INCREMENT (UINT32_C(1) << 24)
#define COBALT_DECREMENT (UINT32_C(1) << 20)

typedef struct {
    int64_t target_ns;
    int64_t interval_ns; // 1 to CODEL_MAX_INTERVAL_NS
    int64_t mtu_ns;      // that a full frame takes to send
} CobaltParams;

// All zero at the start.
typedef struct {
    int64_t drop_next_ns;
    int64_t blue_ns;           // when BLUE last changed its mind
    uint32_t drop_probability; // BLUE's, as a share of 2^32
    uint32_t count;
    bool is_dropping;
} Cobalt;

// The parameters in force at a rate: at a slow one a full frame takes longer than the target asked
// for, which then is one and a half of it; the interval grows by as much, to two targets at least.
CobaltParams cobalt_params(int64_t target_ns, int64_t interval_ns, int64_t mtu_ns);

// Tells that a packet was asked for and there was none; cobalt_dequeue() does so itself.
void cobalt_rest(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns);

// Takes packets until one is to be sent, which then is the one at hand; false when the queue is
// empty. The last one is never dropped.
bool cobalt_dequeue(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns,
                    const AqmQueue *class, void *queue);

// Tells that the packet at hand came to an empty queue and was taken at once.
void cobalt_pass(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns, const AqmQueue *class,
                 void *queue);

// Tells that a packet had to be dropped since the queue had reached its limit.
void cobalt_overflow(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns);

// As codel_is_calm().
bool cobalt_is_calm(const Cobalt *cobalt, const CobaltParams *params, const AqmPacket *packet,
                    int64_t now_ns, int64_t until_ns);
