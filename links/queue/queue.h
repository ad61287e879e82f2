// SPDX-License-Identifier: Apache-2.0
// Queue: where frames wait for their turn at a rate. A discipline is one file, a StageClass for the
// key `queue` that names its QueueClass; the server (links/rate/server.h) puts frames in and takes
// them.
#pragma once

#include "core/frame_queue.h"
#include "links/rate/overhead.h"
#include "links/stage.h"

typedef struct Queue Queue;

// Amounts of frames that wait; as bytes of their own and with overhead.
typedef struct {
    uint64_t frames, bytes, wire_bytes;
} Backlog;

struct QueueClass {
    size_t queue_bytes; // of its own structure, which begins with a Queue
    // A frame that finds nothing waiting and the wire free need not pass through it.
    bool is_bypassed;

    void (*init)(Queue *queue);  // all but its configuration is ready, its own part zero; or NULL
    void (*apply)(Queue *queue); // takes over its configuration, limit and rate; or NULL
    void (*clear)(Queue *queue); // frees what it holds, frames included

    // Takes a frame. Whatever finds no room is dropped, segment by segment.
    void (*enqueue)(Queue *queue, Frame *frame);
    // What is to be sent next, at most queue_group_size() segments of one frame; NULL once nothing
    // is left. It may drop others on the way.
    Frame *(*dequeue)(Queue *queue);
    // Any one frame, unjudged, the oldest first where it can; NULL once nothing is left.
    Frame *(*drain)(Queue *queue);
    // Frames it holds, counted one by one.
    uint64_t (*held_frames)(const Queue *queue);
};

struct Queue {
    Backlog waiting; // in it now; kept with queue_count_in() and queue_count_out()
    const QueueClass *class;
    Stage *stage;            // that takes from it: for its draws, drops and engine
    const void *config;      // of the discipline
    OverheadConfig overhead; // by which all that it holds is counted
    uint64_t rate_bps;       // at which it is emptied now
    unsigned (*group_size)(const Stage *stage, const Frame *frame);

    uint64_t limit_frames; // each bound that does not apply is UINT64_MAX
    uint64_t limit_bytes;
    uint64_t limit_wire_bytes;

    // While a frame is put in: with those under way whose own turn has not come, and with what of
    // the frame has been let in so far.
    Backlog backlog;
    bool is_in_room;   // of the lane
    bool is_wire_free; // the next segment need not wait
    bool takes_all;    // that waited elsewhere before a change: none of it is dropped or marked
};

#define QUEUE_DEFAULT_NS INT64_C(100000000)
enum { QUEUE_DEFAULT_FRAMES = 16, QUEUE_FULL_FRAME_BYTES = 1514 };

// The limit in force: as asked, else 100 ms at the rate but never less than 16 full frames.
Limit queue_limit_in_force(Limit asked, uint64_t rate_bps, const OverheadConfig *overhead);

// The parameter every discipline begins with, for a Limit at `offset_` of its configuration.
#define QUEUE_LIMIT_PARAM(offset_, fallback_)                                                      \
    {                                                                                              \
        .name = "limit", .type = PARAM_LIMIT, .offset = (offset_), .fallback = (fallback_),        \
        .min = 1, .summary = "how much may wait: as time at the rate, as bytes or as packets"      \
    }

// Sets limits and rate anew and lets the discipline take over its configuration.
void queue_apply(Queue *queue, Limit asked, uint64_t rate_bps);

// Takes all, without a limit, until queue_apply() sets it anew.
void queue_lift_limit(Queue *queue);

// The queue that a stage takes from, for callbacks that are given the stage.
Queue *stage_queue(Stage *stage);

// For stage_sift(): whether a segment finds room, which it then has taken.
bool queue_admits(Stage *stage, const Frame *frame, unsigned segment);

// How many segments of `frame`, whose turn it is, may leave as one.
static inline unsigned queue_group_size(const Queue *queue, const Frame *frame)
{
    return frame->n_segments == 1 ? 1 : queue->group_size(queue->stage, frame);
}

// Note that `frame` has come to wait from now on, or no longer waits (a super-frame of which the
// front is taken: before and after the cut).
static inline void queue_count_in(Queue *queue, Frame *frame)
{
    frame->wired_ns = engine_now(queue->stage->engine);
    queue->waiting.frames += frame->n_segments;
    queue->waiting.bytes += frame_wire_bytes(frame);
    queue->waiting.wire_bytes += overhead_frame_wire_bytes(&queue->overhead, frame);
}

static inline void queue_count_out(Queue *queue, const Frame *frame)
{
    queue->waiting.frames -= frame->n_segments;
    queue->waiting.bytes -= frame_wire_bytes(frame);
    queue->waiting.wire_bytes -= overhead_frame_wire_bytes(&queue->overhead, frame);
}

// Marks `frame`, with all its segments, as having experienced congestion, and counts them. False,
// with nothing done, when its transport does not know ECN.
bool queue_mark(Queue *queue, Frame *frame);

// How long `frame` has waited, in nanoseconds.
static inline int64_t queue_sojourn_ns(const Queue *queue, const Frame *frame)
{
    return engine_now(queue->stage->engine) - frame->wired_ns;
}

// Takes the first `n_segments` (1 to all) of the head of `frames`; the rest of it stays the head.
// NULL, with these segments dropped, when there is no memory for the cut.
Frame *queue_take_front(Queue *queue, FrameQueue *frames, unsigned n_segments);
