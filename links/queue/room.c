// SPDX-License-Identifier: Apache-2.0
// What making room does to frames.
#include "links/queue/room.h"

void room_drop_head(Queue *queue, FrameQueue *frames, unsigned n_segments, Backlog *backlog)
{
    Frame *head = frame_queue_take(frames);
    int64_t queued_ns = head->wired_ns;

    for (unsigned n = 0; n < n_segments; n++)
        backlog_remove(backlog, &queue->overhead,
                       n + 1U == head->n_segments ? frame_last_segment_bytes(head)
                                                  : frame_segment_bytes(head));
    queue_count_out(queue, head);
    if (n_segments == head->n_segments) {
        stage_drop(queue->stage, head, DROP_QUEUE_FULL);
        return;
    }
    stage_drop_front(queue->stage, head, n_segments, DROP_QUEUE_FULL);
    queue_count_in(queue, head);
    head->wired_ns = queued_ns;
    frame_queue_prepend(frames, head);
}

Frame *room_set_first_aside(const Room *room, Queue *queue, Frame **frame)
{
    Backlog others = {0};

    if (!queue->is_wire_free || (*frame)->n_segments == 1)
        return NULL;
    backlog_add_frame(&others, &queue->overhead, *frame);
    backlog_remove(&others, &queue->overhead, frame_segment_bytes(*frame));
    if (room_suffices(room, &others))
        return NULL;
    queue->is_wire_free = false;
    return stage_take_front(queue->stage, frame, 1);
}
