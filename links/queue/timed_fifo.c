// SPDX-License-Identifier: Apache-2.0
// The delay is that of Little's law with the rate known: what waits, over the rate.
#include "links/queue/timed_fifo.h"

#include "core/scale.h"

#define NS_PER_S UINT64_C(1000000000)

void timed_fifo_keep(Queue *queue, Frame *frame)
{
    fifo_append((FifoQueue *)queue, frame);
}

int64_t timed_fifo_sending_ns(const TimedFifo *fifo, uint64_t wire_bytes)
{
    uint64_t rate_bps = fifo->fifo.queue.rate_bps;
    uint64_t ns = rate_bps > 0 ? scale(wire_bytes, 8 * NS_PER_S, rate_bps) : 0;

    return ns < INT64_MAX / 2 ? (int64_t)ns : INT64_MAX / 2;
}

static void timed_fifo_note_group(TimedFifo *fifo, const Frame *group)
{
    const OverheadConfig *overhead = &fifo->fifo.queue.overhead;

    fifo->group_end_ns = engine_now(fifo->fifo.queue.stage->engine);
    if (group->n_segments == 1)
        return;
    fifo->slot_wire_bytes = (uint32_t)overhead_wire_bytes(overhead, frame_segment_bytes(group));
    fifo->last_wire_bytes =
        (uint32_t)overhead_wire_bytes(overhead, frame_last_segment_bytes(group));
    fifo->group_end_ns +=
        timed_fifo_sending_ns(fifo, (group->n_segments - 1) * (uint64_t)fifo->slot_wire_bytes);
}

Frame *timed_fifo_dequeue(Queue *queue)
{
    TimedFifo *self = (TimedFifo *)queue;
    Frame *group = NULL, *head;

    while (group == NULL && (head = frame_queue_peek(&self->fifo.frames)) != NULL)
        group = queue_take_front(queue, &self->fifo.frames, queue_group_size(queue, head));
    if (group != NULL)
        timed_fifo_note_group(self, group);
    return group;
}

int64_t timed_fifo_delay_ns(const TimedFifo *fifo, int64_t at_ns)
{
    uint64_t wire_bytes = fifo->fifo.queue.waiting.wire_bytes;
    int64_t left_ns = fifo->group_end_ns - at_ns;

    if (left_ns > 0) {
        uint64_t slot_ns = (uint64_t)timed_fifo_sending_ns(fifo, fifo->slot_wire_bytes);
        // The last's turn comes at the end, those of the others a slot apart before it.
        uint64_t n_before = slot_ns > 0 ? ((uint64_t)left_ns - 1) / slot_ns : 0;

        wire_bytes += n_before * fifo->slot_wire_bytes + fifo->last_wire_bytes;
    }
    return timed_fifo_sending_ns(fifo, wire_bytes);
}
