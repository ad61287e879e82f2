// SPDX-License-Identifier: Apache-2.0
// Codel: controlled delay (RFC 8289), which drops from the head of a queue that has not been short
// for an interval. The algorithm alone: it knows when packets were queued, and no frames.
#pragma once

#include "links/queue/aqm.h"

#define CODEL_TARGET_NS INT64_C(5000000) // RFC 8289, sections 4.3 and 4.2
#define CODEL_INTERVAL_NS INT64_C(100000000)
#define CODEL_MAX_INTERVAL_NS INT64_C(100000000000)

typedef struct {
    int64_t target_ns;
    int64_t interval_ns; // 1 to CODEL_MAX_INTERVAL_NS
    uint64_t mtu_bytes;  // a backlog of no more is never too much
} CodelParams;

// All zero at the start.
typedef struct {
    int64_t first_above_ns; // from when on dropping may begin; 0 when not above the target
    int64_t drop_next_ns;
    uint32_t count;      // packets dropped since dropping began
    uint32_t last_count; // what that was at first the last time
    bool is_dropping;
} Codel;

// The control law: interval / sqrt(count) behind `from_ns`, rounded down exactly. `count` is not 0.
int64_t codel_control_law(int64_t from_ns, int64_t interval_ns, uint32_t count);

// Takes packets until one is to be sent, which then is the one at hand; false when the queue is
// empty. Where RFC 8289 drops, a packet that can be marked is marked and sent.
bool codel_dequeue(Codel *codel, const CodelParams *params, int64_t now_ns, const AqmQueue *class,
                   void *queue);

// Whether packets queued at `packet->queued_ns` and dequeued one by one from now to `until_ns`, the
// last of them with `packet->behind_bytes` behind it, would all be sent, and leave behind what
// judging the first alone does: then they can go together.
bool codel_is_calm(const Codel *codel, const CodelParams *params, const AqmPacket *packet,
                   int64_t now_ns, int64_t until_ns);
