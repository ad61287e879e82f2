// SPDX-License-Identifier: Apache-2.0
// Drop-head: first in, first out; what finds the queue at its limit has its place made free by what
// has waited longest, so that senders learn of a full queue sooner.
#include "links/queue/fifo.h"
#include "links/queue/room.h"

typedef struct {
    Limit limit;
} DropHeadConfig;

static const ParamSpec drop_head_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(DropHeadConfig, limit), NULL),
    PARAM_END,
};

static const StageKey drop_head_keys[] = {
    {"queue", drop_head_params, "what waits for its turn; the oldest makes room for the newest",
     "waits for its turn in a queue of {limit}, in which the oldest makes room when that is full"},
    {NULL, NULL, NULL},
};

// Whether a segment of `bytes` would find room if nothing waited that could be dropped.
static bool drop_head_fits_alone(const Queue *queue, const Room *room, uint64_t bytes)
{
    Backlog alone = {queue->backlog.frames - queue->waiting.frames,
                     queue->backlog.bytes - queue->waiting.bytes,
                     queue->backlog.wire_bytes - queue->waiting.wire_bytes};

    backlog_add(&alone, &queue->overhead, bytes);
    return room_suffices(room, &alone);
}

// Without the segments for which no dropping makes room; NULL for none.
static Frame *drop_head_sift(Queue *queue, const Room *room, Frame *frame)
{
    if (frame->n_segments > 1 && !drop_head_fits_alone(queue, room, frame_segment_bytes(frame)))
        stage_drop_front(queue->stage, frame, frame->n_segments - 1U, DROP_QUEUE_FULL);
    if (drop_head_fits_alone(queue, room, frame_segment_bytes(frame)))
        return frame;
    stage_drop(queue->stage, frame, DROP_QUEUE_FULL);
    return NULL;
}

// Segments of `frame` come one by one; those that came first are the last to be asked to make room.
static void drop_head_make_room(FifoQueue *self, const Room *room, Frame *frame)
{
    Queue *queue = &self->queue;
    Backlog backlog = queue->backlog;
    unsigned n_dropped = 0;

    for (unsigned n = 0; n < frame->n_segments; n++) {
        backlog_add(&backlog, &queue->overhead,
                    n + 1U == frame->n_segments ? frame_last_segment_bytes(frame)
                                                : frame_segment_bytes(frame));
        while (!room_suffices(room, &backlog)) {
            if (frame_queue_peek(&self->frames) != NULL) {
                room_drop_head(queue, &self->frames, 1, &backlog);
            } else {
                backlog_remove(&backlog, &queue->overhead, frame_segment_bytes(frame));
                n_dropped++;
            }
        }
    }
    if (n_dropped > 0)
        stage_drop_front(queue->stage, frame, n_dropped, DROP_QUEUE_FULL);
    fifo_append(self, frame);
}

static void drop_head_enqueue(Queue *queue, Frame *frame)
{
    FifoQueue *self = (FifoQueue *)queue;
    Room room = room_of(queue);
    Frame *first = room_set_first_aside(&room, queue, &frame);

    if (queue->is_wire_free) {
        fifo_append(self, frame);
        return;
    }
    frame = drop_head_sift(queue, &room, frame);
    if (frame != NULL)
        drop_head_make_room(self, &room, frame);
    if (first != NULL) {
        queue_count_in(queue, first);
        frame_queue_prepend(&self->frames, first);
    }
}

static Frame *drop_head_dequeue(Queue *queue)
{
    FifoQueue *self = (FifoQueue *)queue;
    Frame *group = NULL, *head;

    while (group == NULL && (head = frame_queue_peek(&self->frames)) != NULL)
        group = queue_take_front(queue, &self->frames, queue_group_size(queue, head));
    return group;
}

static const QueueClass drop_head_queue_class = {
    .queue_bytes = sizeof(FifoQueue),
    .is_bypassed = true,
    .init = fifo_init,
    .clear = fifo_clear,
    .enqueue = drop_head_enqueue,
    .dequeue = drop_head_dequeue,
    .drain = fifo_drain,
    .held_frames = fifo_held_frames,
};

static bool drop_head_is_needed(const void *config)
{
    (void)config;
    return true;
}

static Limit drop_head_queue_limit(const void *config)
{
    return ((const DropHeadConfig *)config)->limit;
}

const StageClass drop_head_stage_class = {
    .name = "drop_head",
    .summary = "first in, first out; what has waited longest makes room",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "drop-head",
    .needs_rate = true,
    .keys = drop_head_keys,
    .config_bytes = sizeof(DropHeadConfig),
    .queue = &drop_head_queue_class,
    .is_needed = drop_head_is_needed,
    .queue_limit = drop_head_queue_limit,
};
