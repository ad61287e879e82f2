// SPDX-License-Identifier: Apache-2.0
// Room: how many segments of a frame fit into a backlog with limits; for disciplines that make room
// rather than turn away what comes.
#pragma once

#include "links/queue/queue.h"

typedef struct {
    uint64_t limit_frames, limit_bytes, limit_wire_bytes;
} Room;

static inline Room room_of(const Queue *queue)
{
    return (Room){queue->limit_frames, queue->limit_bytes, queue->limit_wire_bytes};
}

static inline bool room_suffices(const Room *room, const Backlog *backlog)
{
    return backlog->frames <= room->limit_frames && backlog->bytes <= room->limit_bytes &&
           backlog->wire_bytes <= room->limit_wire_bytes;
}

static inline void backlog_add(Backlog *backlog, const OverheadConfig *overhead, uint64_t bytes)
{
    backlog->frames++;
    backlog->bytes += bytes;
    backlog->wire_bytes += overhead_wire_bytes(overhead, bytes);
}

static inline void backlog_add_frame(Backlog *backlog, const OverheadConfig *overhead,
                                     const Frame *frame)
{
    backlog->frames += frame->n_segments;
    backlog->bytes += frame_wire_bytes(frame);
    backlog->wire_bytes += overhead_frame_wire_bytes(overhead, frame);
}

static inline void backlog_remove(Backlog *backlog, const OverheadConfig *overhead, uint64_t bytes)
{
    backlog->frames--;
    backlog->bytes -= bytes;
    backlog->wire_bytes -= overhead_wire_bytes(overhead, bytes);
}

// How many of the first segments of `frame` may join `backlog`.
static inline unsigned room_n_segments(const Room *room, Backlog backlog,
                                       const OverheadConfig *overhead, const Frame *frame)
{
    for (unsigned n = 0; n < frame->n_segments; n++) {
        backlog_add(&backlog, overhead,
                    n + 1U == frame->n_segments ? frame_last_segment_bytes(frame)
                                                : frame_segment_bytes(frame));
        if (!room_suffices(room, &backlog))
            return n;
    }
    return frame->n_segments;
}

// Drops the first `n_segments` (1 to all) of the head of `frames`, which wait in `queue`, for want
// of room, and takes them off `backlog`.
void room_drop_head(Queue *queue, FrameQueue *frames, unsigned n_segments, Backlog *backlog);

// The first segment of `*frame` when it need not wait and the others would not all fit: it is to
// stand at the head once they have been put in. NULL otherwise, and when the whole frame may be.
Frame *room_set_first_aside(const Room *room, Queue *queue, Frame **frame);
