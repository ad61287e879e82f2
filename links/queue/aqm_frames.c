// SPDX-License-Identifier: Apache-2.0
// A packet is the front of the frame at the head, cut off.
#include "links/queue/aqm_frames.h"

AqmPacket aqm_frames_peek(const Queue *queue, const FrameQueue *frames, unsigned n_segments)
{
    const Frame *head = frame_queue_peek(frames);
    uint64_t bytes = n_segments == head->n_segments
                         ? frame_wire_bytes(head)
                         : n_segments * (uint64_t)frame_segment_bytes(head);

    return (AqmPacket){head->wired_ns, queue->waiting.bytes - bytes};
}

static bool aqm_frames_next(void *queue, AqmPacket *packet)
{
    AqmFrames *self = queue;

    self->at_hand = NULL;
    while (self->at_hand == NULL && frame_queue_peek(self->frames) != NULL) {
        *packet = aqm_frames_peek(self->queue, self->frames, self->n_group);
        self->at_hand = queue_take_front(self->queue, self->frames, self->n_group);
        self->n_group = 1;
    }
    return self->at_hand != NULL;
}

static bool aqm_frames_mark(void *queue)
{
    AqmFrames *self = queue;

    return self->may_mark && queue_mark(self->queue, self->at_hand);
}

static void aqm_frames_drop(void *queue)
{
    AqmFrames *self = queue;

    stage_drop(self->queue->stage, self->at_hand, DROP_AQM);
    self->at_hand = NULL;
}

static uint32_t aqm_frames_draw(void *queue)
{
    AqmFrames *self = queue;

    return (uint32_t)(stage_draw(self->queue->stage, self->at_hand, 0, 0) >> 32);
}

const AqmQueue aqm_frames_class = {
    .next = aqm_frames_next,
    .mark = aqm_frames_mark,
    .drop = aqm_frames_drop,
    .draw = aqm_frames_draw,
};
