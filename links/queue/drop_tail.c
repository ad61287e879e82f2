// SPDX-License-Identifier: Apache-2.0
// Drop-tail: first in, first out; what finds the queue at its limit is dropped.
#include "links/queue/drop_tail.h"

typedef struct {
    Queue queue;
    FrameQueue frames;
} DropTailQueue;

static const ParamSpec drop_tail_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(DropTailConfig, limit), NULL),
    PARAM_END,
};

static const StageKey drop_tail_keys[] = {
    {"queue", drop_tail_params, "what waits for its turn; 100 ms and at least 16 full frames",
     "waits for its turn in a queue of {limit}, or is dropped when that is full"},
    {NULL, NULL, NULL},
};

static void drop_tail_init(Queue *queue)
{
    frame_queue_init(&((DropTailQueue *)queue)->frames);
}

static void drop_tail_clear(Queue *queue)
{
    frame_queue_clear(&((DropTailQueue *)queue)->frames);
}

static void drop_tail_keep(Stage *stage, Frame *frame)
{
    DropTailQueue *self = (DropTailQueue *)stage_queue(stage);

    queue_count_in(&self->queue, frame);
    frame_queue_append(&self->frames, frame);
}

static void drop_tail_enqueue(Queue *queue, Frame *frame)
{
    stage_sift(queue->stage, frame, queue_admits, DROP_QUEUE_FULL, drop_tail_keep);
}

static Frame *drop_tail_dequeue(Queue *queue)
{
    DropTailQueue *self = (DropTailQueue *)queue;
    Frame *group = NULL, *head;

    while (group == NULL && (head = frame_queue_peek(&self->frames)) != NULL)
        group = queue_take_front(queue, &self->frames, queue_group_size(queue, head));
    return group;
}

static Frame *drop_tail_drain(Queue *queue)
{
    Frame *head = frame_queue_take(&((DropTailQueue *)queue)->frames);

    if (head != NULL)
        queue_count_out(queue, head);
    return head;
}

static uint64_t drop_tail_held_frames(const Queue *queue)
{
    return frame_queue_count(&((const DropTailQueue *)queue)->frames);
}

static const QueueClass drop_tail_queue_class = {
    .queue_bytes = sizeof(DropTailQueue),
    .is_bypassed = true,
    .init = drop_tail_init,
    .clear = drop_tail_clear,
    .enqueue = drop_tail_enqueue,
    .dequeue = drop_tail_dequeue,
    .drain = drop_tail_drain,
    .held_frames = drop_tail_held_frames,
};

static bool drop_tail_is_needed(const void *config)
{
    return ((const DropTailConfig *)config)->limit.amount != 0;
}

static Limit drop_tail_queue_limit(const void *config)
{
    return ((const DropTailConfig *)config)->limit;
}

const StageClass drop_tail_stage_class = {
    .name = "drop_tail",
    .summary = "first in, first out, up to a limit",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "drop-tail",
    .needs_rate = true,
    .keys = drop_tail_keys,
    .config_bytes = sizeof(DropTailConfig),
    .queue = &drop_tail_queue_class,
    .is_needed = drop_tail_is_needed,
    .queue_limit = drop_tail_queue_limit,
};
