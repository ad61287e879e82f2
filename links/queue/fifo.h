// SPDX-License-Identifier: Apache-2.0
// Fifo: what the disciplines share that keep all frames in one queue, first in, first out.
#pragma once

#include "links/queue/queue.h"

typedef struct {
    Queue queue;
    FrameQueue frames;
} FifoQueue;

// For QueueClass: what does not fit is dropped at the tail.
void fifo_init(Queue *queue);
void fifo_clear(Queue *queue);
void fifo_enqueue(Queue *queue, Frame *frame);
Frame *fifo_drain(Queue *queue);
uint64_t fifo_held_frames(const Queue *queue);

// Appends a frame for which there is room.
static inline void fifo_append(FifoQueue *fifo, Frame *frame)
{
    queue_count_in(&fifo->queue, frame);
    frame_queue_append(&fifo->frames, frame);
}
