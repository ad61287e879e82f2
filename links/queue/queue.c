// SPDX-License-Identifier: Apache-2.0
// What all disciplines share: the limit, and the counting of what waits.
#include "links/queue/queue.h"

#include "core/ecn.h"
#include "core/scale.h"

#define NS_PER_S UINT64_C(1000000000)

Limit queue_limit_in_force(Limit asked, uint64_t rate_bps, const OverheadConfig *overhead)
{
    uint64_t at_rate_bytes = rate_bps / 8 * QUEUE_DEFAULT_NS / NS_PER_S;
    uint64_t full_bytes = overhead_wire_bytes(overhead, QUEUE_FULL_FRAME_BYTES);

    if (asked.amount != 0)
        return asked;
    // A limit in time counts overhead as well, one in bytes does not.
    if (at_rate_bytes < QUEUE_DEFAULT_FRAMES * full_bytes)
        return (Limit){LIMIT_BYTES, QUEUE_DEFAULT_FRAMES * QUEUE_FULL_FRAME_BYTES};
    return (Limit){LIMIT_TIME, QUEUE_DEFAULT_NS};
}

void queue_lift_limit(Queue *queue)
{
    queue->limit_frames = queue->limit_bytes = queue->limit_wire_bytes = UINT64_MAX;
    queue->takes_all = true;
}

void queue_apply(Queue *queue, Limit asked, uint64_t rate_bps)
{
    Limit limit = queue_limit_in_force(asked, rate_bps, &queue->overhead);

    queue->rate_bps = rate_bps;
    queue_lift_limit(queue);
    queue->takes_all = false;
    if (limit.unit == LIMIT_PACKETS)
        queue->limit_frames = limit.amount;
    else if (limit.unit == LIMIT_BYTES)
        queue->limit_bytes = limit.amount;
    else if (rate_bps > 0) // else nothing waits for longer than an instant
        queue->limit_wire_bytes = scale(rate_bps, limit.amount, 8 * NS_PER_S);
    if (queue->class->apply != NULL)
        queue->class->apply(queue);
}

bool queue_admits(Stage *stage, const Frame *frame, unsigned segment)
{
    Queue *queue = stage_queue(stage);
    Backlog *backlog = &queue->backlog;
    uint64_t bytes = segment + 1 == frame->n_segments ? frame_last_segment_bytes(frame)
                                                      : frame_segment_bytes(frame);
    uint64_t wire_bytes = overhead_wire_bytes(&queue->overhead, bytes);

    if (queue->is_wire_free) {
        queue->is_wire_free = false;
        return true;
    }
    if (backlog->frames + 1 > queue->limit_frames || backlog->bytes + bytes > queue->limit_bytes ||
        backlog->wire_bytes + wire_bytes > queue->limit_wire_bytes)
        return false;
    backlog->frames++;
    backlog->bytes += bytes;
    backlog->wire_bytes += wire_bytes;
    return true;
}

Frame *queue_take_front(Queue *queue, FrameQueue *frames, unsigned n_segments)
{
    Frame *rest = frame_queue_take(frames);
    int64_t queued_ns = rest->wired_ns;
    Frame *front;

    queue_count_out(queue, rest);
    front = stage_take_front(queue->stage, &rest, n_segments);
    if (rest != NULL) {
        queue_count_in(queue, rest);
        rest->wired_ns = queued_ns;
        frame_queue_prepend(frames, rest);
    }
    return front;
}

bool queue_mark(Queue *queue, Frame *frame)
{
    if (!ecn_mark(frame))
        return false;
    counter_add(&queue->stage->lane->counters->marked_frames, frame->n_segments);
    return true;
}
