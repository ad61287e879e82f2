// SPDX-License-Identifier: Apache-2.0
// AqmFrames: frames that wait, as links/queue/aqm.h sees them: packets one by one, each segment of
// a super-frame by itself, unless the algorithm is calm enough for a group of them.
#pragma once

#include "links/queue/aqm.h"
#include "links/queue/queue.h"

// Made for one dequeue. The class's functions take it as their queue.
typedef struct {
    Queue *queue;
    FrameQueue *frames;
    bool may_mark;
    unsigned n_group; // segments that the first packet taken stands for
    Frame *at_hand;   // owned, until it has been dropped or is sent
} AqmFrames;

extern const AqmQueue aqm_frames_class;

// The first `n_segments` of the head of `frames`, not empty, as a packet that has not been taken.
// Behind it waits whatever else does in all of the queue.
AqmPacket aqm_frames_peek(const Queue *queue, const FrameQueue *frames, unsigned n_segments);

// When the last segment of a group that leaves as one would have been taken by itself, at most.
static inline int64_t aqm_frames_until_ns(const Queue *queue)
{
    return engine_now(queue->stage->engine) + queue->stage->lane->spacing_ns;
}
