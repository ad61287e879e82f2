// SPDX-License-Identifier: Apache-2.0
// FrameQueue: frames in order, first in, first out. It owns what it holds. A super-frame counts as
// the segments it stands for.
#pragma once

#include "core/frame.h"

typedef struct {
    Frame *head;
    Frame **tail;      // where the next frame is linked in
    uint64_t n_frames; // on the wire
    uint64_t n_bytes;
} FrameQueue;

static inline void frame_queue_init(FrameQueue *queue)
{
    *queue = (FrameQueue){.head = NULL};
    queue->tail = &queue->head;
}

static inline void frame_queue_append(FrameQueue *queue, Frame *frame)
{
    frame->next = NULL;
    *queue->tail = frame;
    queue->tail = &frame->next;
    queue->n_frames += frame->n_segments;
    queue->n_bytes += frame_wire_bytes(frame);
}

static inline Frame *frame_queue_peek(const FrameQueue *queue)
{
    return queue->head;
}

// The oldest frame, or NULL.
static inline Frame *frame_queue_take(FrameQueue *queue)
{
    Frame *frame = queue->head;

    if (frame == NULL)
        return NULL;
    queue->head = frame->next;
    if (queue->head == NULL)
        queue->tail = &queue->head;
    queue->n_frames -= frame->n_segments;
    queue->n_bytes -= frame_wire_bytes(frame);
    frame->next = NULL;
    return frame;
}

// Puts a frame in front of all others.
static inline void frame_queue_prepend(FrameQueue *queue, Frame *frame)
{
    frame->next = queue->head;
    if (queue->head == NULL)
        queue->tail = &frame->next;
    queue->head = frame;
    queue->n_frames += frame->n_segments;
    queue->n_bytes += frame_wire_bytes(frame);
}

// Frees every frame in it.
static inline void frame_queue_clear(FrameQueue *queue)
{
    for (Frame *frame; (frame = frame_queue_take(queue)) != NULL;)
        frame_free(frame);
}

// The frames in it, counted one by one rather than by its own number: for checks.
static inline uint64_t frame_queue_count(const FrameQueue *queue)
{
    uint64_t n_frames = 0;

    for (const Frame *frame = queue->head; frame != NULL; frame = frame->next)
        n_frames += frame->n_segments;
    return n_frames;
}
