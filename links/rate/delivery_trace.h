// SPDX-License-Identifier: Apache-2.0
// DeliveryTrace: when a link could deliver, as mahimahi records it: a line for each opportunity,
// its time in whole milliseconds from the trace's start.
#pragma once

#include "core/param.h"

enum { DELIVERY_BYTES = 1504 }; // of an opportunity: an IP packet of 1500 and a TUN header of 4

typedef struct {
    ParamObject object;
    uint32_t *at_ms; // never falling; the last, above 0, is where a loop begins anew
    uint64_t n_opportunities;
} DeliveryTrace;

extern const ParamObjectClass delivery_trace_class;

// A place in a trace that is being played: behind what has been used.
typedef struct {
    uint64_t n_loops;    // that are over
    uint64_t next;       // opportunity of the present one
    uint64_t left_bytes; // of the opportunity at `at_ns`, gone with that instant
    int64_t at_ns;
} DeliveryCursor;

// Plays it from `at_ns` on.
void delivery_cursor_init(DeliveryCursor *cursor, int64_t at_ns);

// How a trace is played.
typedef struct {
    const DeliveryTrace *trace;
    int64_t origin_ns; // where its time 0 is
    bool is_looped;
} DeliveryPlay;

// Gives up what is left of the opportunities at `now_ns`.
static inline void delivery_cursor_miss(DeliveryCursor *cursor, int64_t now_ns)
{
    if (cursor->at_ns == now_ns)
        cursor->at_ns--;
}

// When the last of `bytes` is delivered that wait from `from_ns` on; ENGINE_NEVER_NS behind the
// end. They take what is left of an opportunity at that very instant, else those later than it.
int64_t delivery_cursor_pass(DeliveryCursor *cursor, const DeliveryPlay *play, uint64_t bytes,
                             int64_t from_ns);

// How many bytes could be delivered from `from_ns` to `until_ns`; the cursor is there then.
uint64_t delivery_cursor_advance(DeliveryCursor *cursor, const DeliveryPlay *play, int64_t from_ns,
                                 int64_t until_ns);

// The rate of all its opportunities over its length.
uint64_t delivery_trace_rate_bps(const DeliveryTrace *trace);
