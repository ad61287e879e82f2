// SPDX-License-Identifier: Apache-2.0
// One queue of frames behind the interface of queues.
#include "links/queue/fifo.h"

void fifo_init(Queue *queue)
{
    frame_queue_init(&((FifoQueue *)queue)->frames);
}

void fifo_clear(Queue *queue)
{
    frame_queue_clear(&((FifoQueue *)queue)->frames);
}

static void fifo_keep(Stage *stage, Frame *frame)
{
    fifo_append((FifoQueue *)stage_queue(stage), frame);
}

void fifo_enqueue(Queue *queue, Frame *frame)
{
    stage_sift(queue->stage, frame, queue_admits, DROP_QUEUE_FULL, fifo_keep);
}

Frame *fifo_drain(Queue *queue)
{
    Frame *head = frame_queue_take(&((FifoQueue *)queue)->frames);

    if (head != NULL)
        queue_count_out(queue, head);
    return head;
}

uint64_t fifo_held_frames(const Queue *queue)
{
    return frame_queue_count(&((const FifoQueue *)queue)->frames);
}
