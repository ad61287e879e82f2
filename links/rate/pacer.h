// SPDX-License-Identifier: Apache-2.0
// Pacer: a server whose frames take no time of their own to be sent, but wait for an instant that
// depends on what has left before: for credit in a bucket, for an opportunity in a trace. Segments
// whose instants lie within the spacing leave as one, with the last. A frame whose instant is now
// leaves at once.
#pragma once

#include "links/rate/delivery_trace.h"
#include "links/rate/server.h"
#include "links/rate/token_bucket.h"

// What the next instant depends on. A copy of it foretells instants.
typedef union {
    struct {
        TokenBucket mean, peak;
    } bucket;
    DeliveryCursor delivery;
} Pace;

typedef struct Pacer Pacer;

typedef struct {
    // The instant of the next `bytes` on the wire, not before `from_ns` and not before what left
    // last; moves `pace` on to just behind it. ENGINE_NEVER_NS: they never leave.
    int64_t (*pass)(const Pacer *pacer, Pace *pace, uint64_t bytes, int64_t from_ns);
    // How much of the next segment, whose instant is still to come, has been sent by `now_ns`;
    // moves `pace` on to now. NULL for nothing.
    uint64_t (*advance)(const Pacer *pacer, Pace *pace, int64_t from_ns, int64_t now_ns);
    // For what came at `now_ns`: gives up whatever that very instant has left. NULL for nothing.
    void (*miss)(Pace *pace, int64_t now_ns);
} PacerClass;

struct Pacer {
    Server server;
    const PacerClass *class;
    bool is_unlimited;          // all leaves at once
    int32_t frame_extra_bytes;  // added to each Ethernet frame, or
    int32_t packet_extra_bytes; // bare IP packet, besides the overhead; may be negative
    uint64_t sent_bytes;        // of the first segment under way, before `begun_ns`
    int64_t begun_ns;           // when the pace was `before`
    Pace before, pace;          // what is under way, and behind it
};

// For StageClass.init and apply. Between pacer_suspend() and pacer_resume() the stage may change
// the pace and all that it depends on; what is under way goes on from there.
void pacer_init(Pacer *pacer, const PacerClass *class);
void pacer_suspend(Pacer *pacer);
void pacer_resume(Pacer *pacer, bool is_unlimited, uint64_t mean_rate_bps);
